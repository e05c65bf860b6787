/* SPDX-License-Identifier: Apache-2.0
 *
 * Credential helpers (docker/docker-credential-helpers): a program in PATH, a verb as its argument, the server's
 * address on standard input, JSON on standard output. It is run without a shell, its output is bounded, its time too.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "base/program.h"
#include "oci/creds-parts.h"

#include <ctype.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000 };

static bool is_name(const char *suffix)
{
    size_t n = 0;
    while (isalnum((unsigned char)suffix[n]) || (suffix[n] && strchr("._-", suffix[n]))) {
        n++;
    }
    return n > 0 && n <= 128 && suffix[n] == '\0';
}

static enum creds_helper_result fail_with_words(const char *program, const char *verb, const struct wp_buf *out,
                                                struct wp_err *err)
{
    if (strstr(out->ptr, "credentials not found")) {
        return CREDS_HELPER_NOT_FOUND;
    }
    /* What a helper prints when it fails is a message, but a broken one may print anything, credentials too: one line,
     * cut, and nothing that looks like JSON. */
    int len = out->ptr[strspn(out->ptr, " \t\r\n")] == '{' ? 0 : (int)WP_MIN(strcspn(out->ptr, "\r\n"), 200);
    wp_fail(err, WP_E_OTHER, "credential helper '%s' failed at '%s'%s%.*s", program, verb, len > 0 ? ": " : "", len,
            out->ptr);
    return CREDS_HELPER_FAILED;
}

enum creds_helper_result creds_helper_run(const char *suffix, const char *verb, const char *input, uint64_t timeout_ms,
                                          struct wp_buf *output, struct wp_err *err)
{
    if (!is_name(suffix)) {
        wp_fail(err, WP_E_INPUT, "'%s' is no name of a credential helper", suffix);
        return CREDS_HELPER_FAILED;
    }
    WP_AUTO_FREE char *program = wp_xasprintf("docker-credential-%s", suffix);
    WP_AUTO_FREE char *what = wp_xasprintf("credential helper '%s'", program);
    const char *const argv[] = {program, verb, NULL};
    const struct wp_program p = {
        .argv = argv,
        .envp = environ,
        .what = what,
        .input = wp_span_str(input),
        .timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS,
        .output_max = WP_LIMIT_HELPER_OUTPUT,
    };
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    bool done = false;
    int rc = wp_program_run(&p, &out, &done, err);
    enum creds_helper_result result = CREDS_HELPER_FAILED;
    if (rc == 0) {
        result = done ? CREDS_HELPER_OK : fail_with_words(program, verb, &out, err);
    }
    if (result == CREDS_HELPER_OK && output) {
        wp_buf_add(output, out.ptr, out.len);
    }
    explicit_bzero(out.ptr, out.len);
    return result;
}

static int parse_get(const char *suffix, struct wp_span out, struct wp_arena *a, struct oci_cred *ret,
                     struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err ignored = {0};
    const char *user = NULL;
    const char *secret = NULL;
    if (wp_json_parse(out, "helper", false, WP_E_OTHER, &doc, &ignored) == 0) {
        struct wp_json root = wp_json_root(doc);
        struct wp_json u = wp_json_get(&root, "Username");
        struct wp_json s = wp_json_get(&root, "Secret");
        if (wp_json_opt_str(&u, &user, &ignored) < 0 || wp_json_str(&s, &secret, &ignored) < 0) {
            secret = NULL;
        }
    }
    if (!secret) {
        /* Without the text: it may hold the secret. */
        return wp_fail(err, WP_E_OTHER,
                       "credential helper 'docker-credential-%s' printed something else than credentials", suffix);
    }
    struct oci_cred cred = {.source = wp_arena_printf(a, "helper '%s'", suffix)};
    if (user && wp_str_eq(user, "<token>")) {
        cred.identity_token = wp_arena_str(a, secret);
    } else {
        cred.username = wp_arena_str(a, user ? user : "");
        cred.password = wp_arena_str(a, secret);
    }
    *ret = cred;
    return 0;
}

enum creds_helper_result creds_helper_get(const char *suffix, const char *key, uint64_t timeout_ms, struct wp_arena *a,
                                          struct oci_cred *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    enum creds_helper_result result = creds_helper_run(suffix, "get", key, timeout_ms, &out, err);
    if (result != CREDS_HELPER_OK) {
        return result;
    }
    struct oci_cred cred = {0};
    int rc = parse_get(suffix, wp_buf_span(&out), a, &cred, err);
    explicit_bzero(out.ptr, out.len);
    if (rc < 0) {
        return CREDS_HELPER_FAILED;
    }
    /* Some helpers answer an unknown server with empty strings. */
    if ((cred.password && !*cred.password) || (cred.identity_token && !*cred.identity_token)) {
        return CREDS_HELPER_NOT_FOUND;
    }
    *ret = cred;
    return CREDS_HELPER_OK;
}
