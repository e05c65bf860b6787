/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements about tests, as `verify --replay` reads them: what is handed on to run is within its limits, every pass
 * that is claimed has a run, and the same document, written anew, is the same runs. */
#include "base/limits.h"
#include "base/mem.h"
#include "cmd/verify-runs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_words(const struct pack_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        must(words->items[i] != NULL);
    }
    must(words->items[words->count] == NULL);
}

static void check_test(const struct pack_test *t)
{
    must(t->name != NULL && t->bytes.ptr != NULL && t->bytes.len <= WP_LIMIT_RUN_INPUT);
    must(t->input == NULL && t->input_file == NULL && !t->expects);
    check_words(&t->args);
    check_words(&t->env);
    check_words(&t->params);
}

static void check_passed(const struct verify_runs *r)
{
    struct wp_json passed = wp_json_get(&r->statement.predicate, "passedTests");
    for (size_t i = 0; i < wp_json_len(&passed); i++) {
        struct wp_json at = wp_json_at(&passed, i);
        struct wp_err err = {0};
        const char *name = NULL;
        bool found = false;
        must(wp_json_str(&at, &name, &err) == 0);
        for (size_t k = 0; k < r->test_count; k++) {
            found = found || wp_str_eq(r->tests[k].name, name);
        }
        must(found);
    }
}

static bool same_words(const struct pack_words *a, const struct pack_words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = wp_str_eq(a->items[i], b->items[i]);
    }
    return same;
}

static bool same_test(const struct pack_test *a, const struct pack_test *b)
{
    return wp_str_eq(a->name, b->name) && a->clock == b->clock && a->seed == b->seed &&
           (a->invoke == NULL) == (b->invoke == NULL) && (a->invoke == NULL || wp_str_eq(a->invoke, b->invoke)) &&
           a->bytes.len == b->bytes.len && memcmp(a->bytes.ptr, b->bytes.ptr, a->bytes.len) == 0 &&
           same_words(&a->args, &b->args) && same_words(&a->env, &b->env) && same_words(&a->params, &b->params);
}

static void check_again(const struct verify_runs *r)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    VERIFY_RUNS_AUTO struct verify_runs again;
    struct wp_err err = {0};
    struct wp_json root = wp_json_root(r->statement.doc);
    wp_json_dump(&root, &text);
    must(verify_runs_read(wp_buf_span(&text), &a, &again, &err) == 0 && again.test_count == r->test_count);
    must(memcmp(again.module, r->module, sizeof(r->module)) == 0 && again.limits.fuel == r->limits.fuel);
    for (size_t i = 0; i < r->test_count; i++) {
        must(same_test(&r->tests[i], &again.tests[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    VERIFY_RUNS_AUTO struct verify_runs r;
    struct wp_err err = {0};
    if (verify_runs_read(size > 0 ? wp_span(data, size) : wp_span("", 0), &a, &r, &err) < 0) {
        must(wp_str_starts(err.msg, "the attestation") || err.code == WP_E_SMOKE);
        return 0;
    }
    must(r.test_count > 0 && r.test_count <= WP_LIMIT_REPLAY_TESTS);
    must(r.limits.fuel > 0 && r.limits.memory > 0);
    must(r.limits.timeout_ms > 0 && r.limits.timeout_ms <= WP_LIMIT_REPLAY_TIME);
    must(r.name != NULL && r.interpreter != NULL);
    for (size_t i = 0; i < r.test_count; i++) {
        check_test(&r.tests[i]);
    }
    check_passed(&r);
    check_again(&r);
    return 0;
}
