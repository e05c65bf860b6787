/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON by protobuf's rules over the cursor of base/json.h (sign/proto-json.h). */
#include "sign/proto-json.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"

#include <ctype.h>

const char *const sig_pj_hashes[SIG_PJ_HASHES] = {
    NULL, "SHA2_256", "SHA2_384", "SHA2_512", "SHA3_256", "SHA3_384",
};

/* Longest name of a field here, and its snake_case. */
#define NAME_MAX_LEN 48

static const char *snake(const char *camel, char ret[2 * NAME_MAX_LEN])
{
    size_t n = 0;
    for (const char *c = camel; *c != '\0' && n + 2 < (size_t)2 * NAME_MAX_LEN; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            ret[n++] = '_';
        }
        ret[n++] = (char)tolower((unsigned char)*c);
    }
    ret[n] = '\0';
    return ret;
}

struct wp_json sig_pj_get(const struct wp_json *at, const char *key)
{
    struct wp_json member = wp_json_get(at, key);
    if (member.node == NULL) {
        char other[2 * NAME_MAX_LEN];
        member.node = wp_json_get(at, snake(key, other)).node;
    }
    if (wp_json_kind(&member) == WP_JSON_NULL) {
        member.node = NULL;
    }
    return member;
}

static int check_key(void *arg, const struct wp_json *member, struct wp_err *err)
{
    char other[2 * NAME_MAX_LEN];
    for (const char *const *k = arg; *k != NULL; k++) {
        if (wp_str_eq(*k, member->key)) {
            return 0;
        }
        if (wp_str_eq(snake(*k, other), member->key)) {
            struct wp_json twin = wp_json_get(member->up, *k);
            return twin.node == NULL ? 0 : wp_json_fail_key(member, err, "is there as '%s', too", *k);
        }
    }
    return wp_json_fail_key(member, err, "a field that is not known");
}

int sig_pj_object(const struct wp_json *at, const char *const *known, struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    return wp_json_each(at, check_key, (void *)known, err);
}

int sig_pj_array(const struct wp_json *at, uint64_t limit, size_t *ret_len, struct wp_err *err)
{
    *ret_len = 0;
    if (!sig_pj_has(at)) {
        return 0;
    }
    if (wp_json_must(at, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    size_t len = wp_json_len(at);
    if (len > limit) {
        return wp_json_fail(at, err, "%zu elements, at most %llu are looked at", len, (unsigned long long)limit);
    }
    *ret_len = len;
    return 0;
}

int sig_pj_text(const struct wp_json *at, struct wp_arena *a, const char **ret, struct wp_err *err)
{
    const char *text = "";
    if (wp_json_opt_str(at, &text, err) < 0) {
        return -1;
    }
    *ret = wp_arena_str(a, text);
    return 0;
}

/* Writers of PEM-like habits break lines: blanks mean nothing. */
static size_t without_blanks(const char *text, char *ret, bool *ret_url)
{
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '\n' && *c != '\r' && *c != ' ' && *c != '\t') {
            *ret_url = *ret_url || *c == '-' || *c == '_';
            ret[n++] = *c;
        }
    }
    return n;
}

int sig_pj_bytes(const struct wp_json *at, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    WP_AUTO_FREE char *plain = wp_xmalloc(strlen(text) + 1);
    bool url = false;
    size_t len = without_blanks(text, plain, &url);
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (!wp_unbase64(&bytes, plain, len, url)) {
        return wp_json_fail(at, err, "is not base64");
    }
    if (bytes.len == 0) {
        return wp_json_fail(at, err, "is empty");
    }
    *ret = wp_arena_bytes(a, wp_buf_span(&bytes));
    return 0;
}

int sig_pj_int64(const struct wp_json *at, uint64_t *ret, struct wp_err *err)
{
    *ret = 0;
    if (wp_json_kind(at) != WP_JSON_STRING) {
        return wp_json_opt_u64(at, ret, err);
    }
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (!wp_parse_u64(text, 0, INT64_MAX, ret)) {
        return wp_json_fail(at, err, "'%s' is not a number from 0 to 2^63 - 1", text);
    }
    return 0;
}

int sig_pj_enum(const struct wp_json *at, const char *const *names, size_t count, size_t *ret, struct wp_err *err)
{
    *ret = 0;
    if (wp_json_kind(at) == WP_JSON_INT) {
        uint64_t n = 0;
        if (wp_json_u64(at, &n, err) < 0) {
            return -1;
        }
        if (n >= count || (n != 0 && names[n] == NULL)) {
            return wp_json_fail(at, err, "%llu is a value that is not known", (unsigned long long)n);
        }
        *ret = (size_t)n;
        return 0;
    }
    const char *text = NULL;
    if (wp_json_opt_str(at, &text, err) < 0) {
        return -1;
    }
    if (text == NULL) {
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        if (names[i] != NULL && wp_str_eq(names[i], text)) {
            *ret = i;
            return 0;
        }
    }
    return wp_json_fail(at, err, "'%s' is a value that is not known", text);
}

int sig_pj_time(const struct wp_json *at, int64_t *ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (!wp_time_parse_rfc3339(text, ret)) {
        return wp_json_fail(at, err, "'%s' is not a time as 2024-01-01T00:00:00Z", text);
    }
    return 0;
}
