/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs as a statement tells them: all that a test is given, and what is refused, in which words. */
#include "base/limits.h"
#include "cmd/verify-runs.h"
#include "tests/unit/unit.h"

#define HASH "abababababababababababababababababababababababababababababababab"
#define TEXT                                                                                                    \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":\"" HASH "\"}}],"      \
    "\"predicateType\":\"https://in-toto.io/attestation/test-result/v0.1\",\"predicate\":{"                     \
    "\"passedTests\":[\"bare\",\"all\"],\"https://wpack.dev/test-run/v1\":{"                                    \
    "\"interpreter\":{\"name\":\"wpack\",\"version\":\"0.0.9\"},"                                               \
    "\"module\":{\"name\":\"app.wasm\",\"digest\":{\"sha256\":\"" HASH "\"}},\"features\":\"all\","             \
    "\"budget\":{\"fuel\":1000,\"memory\":65536,\"milliseconds\":9223372036854775807},"                         \
    "\"tests\":[{\"name\":\"bare\",\"clock\":0,\"seed\":0,\"outcome\":{}},{\"name\":\"all\",\"args\":[\"a\"],"  \
    "\"env\":[\"K=v\",\"L=\"],\"params\":[\"1\"],\"invoke\":\"add\",\"stdin\":\"AAE=\",\"clock\":7,\"seed\":8," \
    "\"outcome\":{\"fuel\":1}}]}}}"

/* TEXT with the first `from` as `to`. */
static const char *changed(struct wp_arena *a, const char *from, const char *to)
{
    const char *at = strstr(TEXT, from);
    assert_non_null(at);
    return wp_arena_printf(a, "%.*s%s%s", (int)(at - TEXT), TEXT, to, at + strlen(from));
}

static void test_all_that_is_given(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    VERIFY_RUNS_AUTO struct verify_runs r;
    struct wp_err err = {0};
    assert_int_equal(verify_runs_read(wp_span_str(TEXT), &a, &r, &err), 0);
    assert_string_equal(r.interpreter, "wpack 0.0.9");
    assert_string_equal(r.name, "app.wasm");
    assert_string_equal(r.features, "all");
    assert_int_equal(r.module[31], 0xab);
    assert_int_equal(r.limits.fuel, 1000);
    assert_int_equal(r.limits.memory, 65536);
    assert_int_equal(r.limits.timeout_ms, WP_LIMIT_REPLAY_TIME);
    assert_int_equal(r.test_count, 2);
    const struct pack_test *bare = &r.tests[0];
    assert_string_equal(bare->name, "bare");
    assert_null(bare->invoke);
    assert_non_null(bare->bytes.ptr);
    assert_int_equal(bare->bytes.len + bare->args.count + bare->env.count + bare->params.count, 0);
    const struct pack_test *all = &r.tests[1];
    assert_string_equal(all->args.items[0], "a");
    assert_string_equal(all->env.items[1], "L=");
    assert_string_equal(all->params.items[0], "1");
    assert_string_equal(all->invoke, "add");
    assert_memory_equal(all->bytes.ptr, "\0\1", 2);
    assert_int_equal(all->bytes.len, 2);
    assert_int_equal(all->clock, 7);
    assert_int_equal(all->seed, 8);
    struct wp_json second = wp_json_at(&r.list, 1);
    struct wp_json outcome = wp_json_get(&second, "outcome");
    assert_int_equal(wp_json_len(&outcome), 1);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *words;
    } all[] = {
        {"test-result/v0.1", "test-result/v0.2", "of the type https://in-toto.io/attestation/test-result/v0.2, holds"},
        {"wpack.dev", "other.dev", "holds no runs that could be made again"},
        {"\"interpreter\":{\"name\":\"wpack\",", "\"interpreter\":{", "/interpreter/name: is missing"},
        {"\"name\":\"app.wasm\",", "", "/module/name: is missing"},
        {"/v1\":{\"int", "/v1\":null,\"x\":{\"int", "must be an object, not null"},
        {"\"fuel\":1000", "\"fuel\":0", "a budget of nothing"},
        {"\"memory\":65536,", "", "/budget/memory: is missing"},
        {"9223372036854775807", "0", "a budget of nothing"},
        {"\"tests\":[{", "\"tests\":[],\"x\":[{", "/tests: no test to run"},
        {"\"tests\":[{", "\"tests\":{},\"x\":[{", "/tests: must be an array, not an object"},
        {"\"name\":\"bare\",\"clock\"", "\"clock\"", "/tests/0/name: is missing"},
        {"\"clock\":7", "\"clock\":-7", "/tests/1/clock: must not be negative"},
        {"\"seed\":8", "\"seed\":1.5", "/tests/1/seed: must be"},
        {"\"outcome\":{}", "\"outcome\":[]", "/tests/0/outcome: must be an object, not an array"},
        {"[\"a\"]", "[7]", "/tests/1/args/0: must be a string"},
        {"\"env\":[", "\"env\":{},\"x\":[", "/tests/1/env: must be an array"},
        {"AAE=", "AA%=", "/tests/1/stdin: not base64"},
        {"[\"bare\",\"all\"]", "[\"bare\",\"more\"]", "says that 'more' passed, and holds no run of it"},
        {"[\"bare\",\"all\"]", "[\"all\",\"all\",\"all\"]", "says that 3 tests passed, and holds 2 runs"},
        {"[\"bare\",\"all\"]", "[7]", "/passedTests/0: must be a string"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(all); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        VERIFY_RUNS_AUTO struct verify_runs r;
        struct wp_err err = {0};
        const char *text = changed(&a, all[i].from, all[i].to);
        int got = verify_runs_read(wp_span_str(text), &a, &r, &err);
        if (got != -1 || strstr(err.msg, all[i].words) == NULL || err.code != WP_E_SMOKE) {
            fail_msg("'%s' for '%s': %s", all[i].to, all[i].from, err.msg);
        }
    }
}

static void test_a_digest_that_is_none(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    VERIFY_RUNS_AUTO struct verify_runs r;
    struct wp_err err = {0};
    const char *text = changed(&a, "app.wasm\",\"digest\":{\"sha256\":\"ab", "app.wasm\",\"digest\":{\"sha256\":\"aB");
    assert_int_equal(verify_runs_read(wp_span_str(text), &a, &r, &err), -1);
    assert_non_null(strstr(err.msg, "/module/digest/sha256: not a SHA-256"));
}

/* What is no statement at all has its own code: whether it was signed was another question. */
static void test_no_statement(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    VERIFY_RUNS_AUTO struct verify_runs r;
    struct wp_err err = {0};
    assert_int_equal(verify_runs_read(wp_span_str("{}"), &a, &r, &err), -1);
    assert_int_equal(err.code, WP_E_UNSATISFIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_given),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_digest_that_is_none),
        cmocka_unit_test(test_no_statement),
    };
    return cmocka_run_group_tests_name("cmd/verify-runs", tests, NULL, NULL);
}
