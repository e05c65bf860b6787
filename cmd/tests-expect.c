/* SPDX-License-Identifier: Apache-2.0
 *
 * An outcome against what was expected of it, and the difference in words. */
#include "base/hash.h"
#include "base/num.h"
#include "base/text.h"
#include "cmd/run-value.h"
#include "cmd/tests.h"

#include <inttypes.h>
#include <regex.h>

enum { LINES = 24, SHOWN = 100, CONTEXT = 3 };

struct lines {
    struct wp_arena *a;
    const char **items;
    size_t count;
};

static void say(struct lines *l, const char *text)
{
    if (l->count < LINES) {
        l->items[l->count++] = text;
    }
}

/* One line of an output, quoted as far as it is odd. */
static const char *shown(struct lines *l, struct wp_span line)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_escape(&b, wp_span(line.ptr, WP_MIN(line.len, (size_t)SHOWN)));
    return wp_arena_printf(l->a, "%s%s", b.ptr, line.len > SHOWN ? " …" : "");
}

static struct wp_span next_line(struct wp_span *rest)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
    size_t n = end == NULL ? rest->len : (size_t)(end - rest->ptr) + 1;
    struct wp_span line = wp_span(rest->ptr, n);
    *rest = wp_span(rest->ptr + n, rest->len - n);
    return line;
}

static struct wp_span without_newline(struct wp_span line)
{
    return line.len > 0 && line.ptr[line.len - 1] == '\n' ? wp_span(line.ptr, line.len - 1) : line;
}

static void say_side(struct lines *l, const char *sign, struct wp_span rest)
{
    if (rest.len == 0) {
        say(l, wp_arena_printf(l->a, "  %s (nothing more)", sign));
    }
    for (int i = 0; i < CONTEXT && rest.len > 0; i++) {
        struct wp_span line = next_line(&rest);
        bool cut = rest.len == 0 && (line.len == 0 || line.ptr[line.len - 1] != '\n');
        say(l, wp_arena_printf(l->a, "  %s %s%s", sign, shown(l, without_newline(line)),
                               cut ? "  (no newline at the end)" : ""));
    }
    if (rest.len > 0) {
        say(l, wp_arena_printf(l->a, "  %s …", sign));
    }
}

/* The first line that differs, what was expected there and what came. */
static void check_text(struct lines *l, const char *what, struct wp_span want, struct wp_span got)
{
    struct wp_span a = want;
    struct wp_span b = got;
    if (want.len == got.len && memcmp(want.ptr, got.ptr, got.len) == 0) {
        return;
    }
    for (size_t line = 1;; line++) {
        struct wp_span from_a = a;
        struct wp_span from_b = b;
        struct wp_span x = next_line(&a);
        struct wp_span y = next_line(&b);
        if (x.len != y.len || memcmp(x.ptr, y.ptr, x.len) != 0) {
            say(l, wp_arena_printf(l->a, "%s differs from line %zu on (- expected, + written)", what, line));
            say_side(l, "-", from_a);
            say_side(l, "+", from_b);
            return;
        }
    }
}

static void check_match(struct lines *l, const char *what, const char *pattern, struct wp_span got)
{
    regex_t re;
    regmatch_t at = {.rm_so = 0, .rm_eo = (regoff_t)got.len};
    int rc = regcomp(&re, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
    if (rc != 0) {
        char words[128];
        (void)regerror(rc, &re, words, sizeof(words));
        say(l,
            wp_arena_printf(l->a, "%sMatch: '%s' is no POSIX extended regular expression: %s", what, pattern, words));
        return;
    }
    static const char nothing[1] = "";
    const char *text = got.len == 0 ? nothing : (const char *)got.ptr;
    rc = regexec(&re, text, 1, &at, REG_STARTEND);
    regfree(&re);
    if (rc != 0) {
        say(l, wp_arena_printf(l->a, "%s does not match '%s' (+ written)", what, pattern));
        say_side(l, "+", got);
    }
}

static void check_sha256(struct lines *l, const char *want, struct wp_span got)
{
    uint8_t hash[WP_HASH_MAX];
    char hex[65];
    wp_hash_bytes(WP_SHA256, got, hash);
    wp_hex(hash, 32, hex);
    if (!wp_str_eq(hex, want)) {
        say(l, wp_arena_printf(l->a, "stdoutSha256 is %s, of %zu bytes", hex, got.len));
    }
}

/* ---- results ---- */

static uint32_t type_of(const char *word)
{
    static const struct {
        const char *word;
        uint32_t type;
    } rows[] = {{"i32", WRT_I32},        {"i64", WRT_I64},   {"f32", WRT_F32},
                {"f64", WRT_F64},        {"v128", WRT_V128}, {"externref", WRT_EXTERNREF},
                {"funcref", WRT_FUNCREF}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(rows[i].word, word)) {
            return rows[i].type;
        }
    }
    return WRT_BOTTOM;
}

static bool is_result(const struct run_result *r, const char *want)
{
    uint32_t type = type_of(r->type);
    uint64_t a[2] = {0, 0};
    uint64_t b[2] = {0, 0};
    if (want == NULL) {
        return false;
    }
    if (type == WRT_BOTTOM || !run_value_parse(type, want, a) || !run_value_parse(type, r->text, b)) {
        return wp_str_eq(want, r->text);
    }
    return run_value_equal(type, a, b, true);
}

static const char *results_text(const struct run_answer *r, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < r->result_count; i++) {
        wp_buf_printf(&b, "%s%s", i == 0 ? "" : ", ", r->results[i].text);
    }
    return wp_arena_str(a, b.len == 0 ? "nothing" : b.ptr);
}

static const char *words_text(const struct pack_words *w, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < w->count; i++) {
        wp_buf_printf(&b, "%s%s", i == 0 ? "" : ", ", w->items[i] == NULL ? "?" : w->items[i]);
    }
    return wp_arena_str(a, b.len == 0 ? "nothing" : b.ptr);
}

static void check_results(struct lines *l, const struct pack_words *want, const struct run_answer *r)
{
    bool same = want->count == r->result_count;
    for (size_t i = 0; same && i < want->count; i++) {
        same = is_result(&r->results[i], want->items[i]);
    }
    if (!same) {
        say(l, wp_arena_printf(l->a, "result is %s, expected %s", results_text(r, l->a), words_text(want, l->a)));
    }
}

/* ---- how it ended ---- */

static const char *ending(const struct run_answer *r, struct wp_arena *a)
{
    if (r->stop == WRT_STOP_NONE || r->stop == WRT_STOP_EXIT) {
        return wp_arena_printf(a, "exit %" PRIu64, r->exit);
    }
    struct wp_err e = {.code = WP_E_OK};
    run_fail_stop(r, &e);
    return wp_arena_str(a, e.msg);
}

static void check_end(struct lines *l, const struct pack_expect *x, const struct run_answer *r)
{
    const char *end = ending(r, l->a);
    const bool stopped = r->stop != WRT_STOP_NONE && r->stop != WRT_STOP_EXIT;
    if (x->trap && x->trap_text != NULL) {
        if (!stopped || strstr(end, x->trap_text) == NULL) {
            say(l, wp_arena_printf(l->a, "it ended with '%s', expected a trap with '%s'", end, x->trap_text));
        }
    } else if (x->trap) {
        if (!stopped || wrt_stop_is_limit(r->stop)) {
            say(l, wp_arena_printf(l->a, "it ended with '%s', expected a trap", end));
        }
    } else if (stopped || r->exit != x->exit) {
        say(l, wp_arena_printf(l->a, "it ended with '%s', expected exit %" PRIu64, end, x->exit));
    }
}

const char *const *tests_expect(const struct pack_test *t, const struct run_answer *r, struct wp_arena *a)
{
    const struct pack_expect *x = &t->expect;
    struct lines l = {.a = a, .items = wp_arena_alloc(a, LINES + 1, sizeof(*l.items))};
    check_end(&l, x, r);
    if (x->has_result) {
        check_results(&l, &x->result, r);
    }
    if (x->out != NULL) {
        check_text(&l, "stdout", wp_span_str(x->out), r->output[0]);
    }
    if (x->out_match != NULL) {
        check_match(&l, "stdout", x->out_match, r->output[0]);
    }
    if (x->out_sha256 != NULL) {
        check_sha256(&l, x->out_sha256, r->output[0]);
    }
    if (x->err_match != NULL) {
        check_match(&l, "stderr", x->err_match, r->output[1]);
    }
    if (x->max_fuel != 0 && r->fuel > x->max_fuel) {
        char is[WP_NUMBER_TEXT];
        char most[WP_NUMBER_TEXT];
        say(&l, wp_arena_printf(a, "it took %s instructions, at most %s were expected", wp_number_text(r->fuel, is),
                                wp_number_text(x->max_fuel, most)));
    }
    return l.items;
}
