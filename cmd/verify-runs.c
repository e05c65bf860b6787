/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading what was run (cmd/verify-runs.h). The document is foreign and signed: inputs and worlds are taken from it
 * within the limits that everything here has. */
#include "cmd/verify-runs.h"

#include "base/limits.h"
#include "base/num.h"
#include "base/text.h"
#include "cmd/attest.h"

static int read_words(const struct wp_json *test, const char *key, struct wp_arena *a, struct pack_words *ret,
                      struct wp_err *err)
{
    struct wp_json list = wp_json_get(test, key);
    size_t n = wp_json_len(&list);
    if (wp_json_kind(&list) != WP_JSON_ABSENT && wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    ret->items = wp_arena_alloc(a, n + 1, sizeof(*ret->items));
    ret->count = n;
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (wp_json_str(&at, &ret->items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_input(const struct wp_json *test, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json at = wp_json_get(test, "stdin");
    const char *text = "";
    if (wp_json_opt_str(&at, &text, err) < 0) {
        return -1;
    }
    if (!wp_unbase64(&b, text, strlen(text), false)) {
        return wp_json_fail(&at, err, "not base64");
    }
    if (b.len > WP_LIMIT_RUN_INPUT) {
        return wp_json_fail(&at, err, "more than %llu bytes", (unsigned long long)WP_LIMIT_RUN_INPUT);
    }
    *ret = wp_arena_bytes(a, wp_buf_span(&b));
    return 0;
}

static int read_test(const struct wp_json *at, struct wp_arena *a, struct pack_test *ret, struct wp_err *err)
{
    struct pack_test t = {.name = NULL};
    struct wp_json name = wp_json_get(at, "name");
    struct wp_json invoke = wp_json_get(at, "invoke");
    struct wp_json clock = wp_json_get(at, "clock");
    struct wp_json seed = wp_json_get(at, "seed");
    struct wp_json outcome = wp_json_get(at, "outcome");
    if (wp_json_str(&name, &t.name, err) < 0 || wp_json_opt_str(&invoke, &t.invoke, err) < 0 ||
        wp_json_u64(&clock, &t.clock, err) < 0 || wp_json_u64(&seed, &t.seed, err) < 0 ||
        wp_json_must(&outcome, WP_JSON_OBJECT, err) < 0 || read_words(at, "args", a, &t.args, err) < 0 ||
        read_words(at, "env", a, &t.env, err) < 0 || read_words(at, "params", a, &t.params, err) < 0 ||
        read_input(at, a, &t.bytes, err) < 0) {
        return -1;
    }
    *ret = t;
    return 0;
}

static int read_tests(struct verify_runs *r, struct wp_arena *a, struct wp_err *err)
{
    if (wp_json_must(&r->list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    const size_t n = wp_json_len(&r->list);
    if (n == 0 || n > WP_LIMIT_REPLAY_TESTS) {
        return wp_json_fail(&r->list, err, n == 0 ? "no test to run" : "too many tests");
    }
    struct pack_test *tests = wp_arena_alloc(a, n, sizeof(*tests));
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&r->list, i);
        if (read_test(&at, a, &tests[i], err) < 0) {
            return -1;
        }
    }
    r->tests = tests;
    r->test_count = n;
    return 0;
}

static int read_budget(struct verify_runs *r, struct wp_err *err)
{
    struct wp_json budget = wp_json_get(&r->runs, "budget");
    struct wp_json fuel = wp_json_get(&budget, "fuel");
    struct wp_json memory = wp_json_get(&budget, "memory");
    struct wp_json ms = wp_json_get(&budget, "milliseconds");
    struct pack_limits *l = &r->limits;
    if (wp_json_u64(&fuel, &l->fuel, err) < 0 || wp_json_u64(&memory, &l->memory, err) < 0 ||
        wp_json_u64(&ms, &l->timeout_ms, err) < 0) {
        return -1;
    }
    if (l->fuel == 0 || l->memory == 0 || l->timeout_ms == 0) {
        return wp_json_fail(&budget, err, "a budget of nothing");
    }
    l->timeout_ms = WP_MIN(l->timeout_ms, WP_LIMIT_REPLAY_TIME);
    return 0;
}

static int read_module(struct verify_runs *r, struct wp_err *err)
{
    struct wp_json module = wp_json_get(&r->runs, "module");
    struct wp_json name = wp_json_get(&module, "name");
    struct wp_json digest = wp_json_get(&module, "digest");
    struct wp_json sha256 = wp_json_get(&digest, "sha256");
    const char *hex = NULL;
    if (wp_json_str(&name, &r->name, err) < 0 || wp_json_str(&sha256, &hex, err) < 0) {
        return -1;
    }
    return wp_unhex(hex, r->module, sizeof(r->module)) ? 0 : wp_json_fail(&sha256, err, "not a SHA-256");
}

static int read_interpreter(struct verify_runs *r, struct wp_arena *a, struct wp_err *err)
{
    struct wp_json at = wp_json_get(&r->runs, "interpreter");
    struct wp_json name = wp_json_get(&at, "name");
    struct wp_json version = wp_json_get(&at, "version");
    struct wp_json features = wp_json_get(&r->runs, "features");
    const char *who = NULL;
    const char *which = NULL;
    if (wp_json_str(&name, &who, err) < 0 || wp_json_str(&version, &which, err) < 0 ||
        wp_json_opt_str(&features, &r->features, err) < 0) {
        return -1;
    }
    r->interpreter = wp_arena_printf(a, "%s %s", who, which);
    return 0;
}

/* Who reads only what in-toto defines must not be told of more than can be seen here. */
static int check_passed(const struct verify_runs *r, struct wp_err *err)
{
    struct wp_json passed = wp_json_get(&r->statement.predicate, "passedTests");
    if (wp_json_len(&passed) > r->test_count) {
        return wp_fail(err, WP_E_SMOKE, "the attestation says that %zu tests passed, and holds %zu runs",
                       wp_json_len(&passed), r->test_count);
    }
    for (size_t i = 0; i < wp_json_len(&passed); i++) {
        struct wp_json at = wp_json_at(&passed, i);
        const char *name = NULL;
        bool found = false;
        if (wp_json_str(&at, &name, err) < 0) {
            return -1;
        }
        for (size_t k = 0; k < r->test_count && !found; k++) {
            found = wp_str_eq(r->tests[(i + k) % r->test_count].name, name);
        }
        if (!found) {
            return wp_fail(err, WP_E_SMOKE, "the attestation says that '%s' passed, and holds no run of it", name);
        }
    }
    return 0;
}

int verify_runs_read(struct wp_span statement, struct wp_arena *a, struct verify_runs *ret, struct wp_err *err)
{
    *ret = (struct verify_runs){.tests = NULL};
    if (sig_statement_read(statement, "the attestation", &ret->statement, err) < 0) {
        return -1;
    }
    ret->runs = wp_json_get(&ret->statement.predicate, ATTEST_RUNS);
    if (!wp_str_eq(ret->statement.predicate_type, ATTEST_TEST) || wp_json_kind(&ret->runs) == WP_JSON_ABSENT) {
        wp_fail(err, WP_E_SMOKE, "the attestation, of the type %s, holds no runs that could be made again",
                ret->statement.predicate_type);
        return wp_hint(err, "'wpack attest REF --type test' makes one that does");
    }
    ret->list = wp_json_get(&ret->runs, "tests");
    if (wp_json_must(&ret->runs, WP_JSON_OBJECT, err) < 0 || read_interpreter(ret, a, err) < 0 ||
        read_module(ret, err) < 0 || read_budget(ret, err) < 0 || read_tests(ret, a, err) < 0 ||
        check_passed(ret, err) < 0) {
        err->code = WP_E_SMOKE;
        return -1;
    }
    return 0;
}

void verify_runs_done(struct verify_runs *r)
{
    sig_statement_done(&r->statement);
}
