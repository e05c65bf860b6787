/* SPDX-License-Identifier: Apache-2.0
 *
 * Test runs that anybody can repeat (cmd/attest.h): every input of each test, the world it ran in, and what came of it.
 * Running is deterministic, so that cmd/verify-replay.c may demand the very same. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "cmd/attest.h"
#include "cmd/out.h"
#include "cmd/tests.h"

#include <sys/stat.h>

static void write_hash(struct wp_json_out *j, const char *key, struct wp_span bytes)
{
    uint8_t hash[WP_HASH_MAX];
    char hex[65];
    wp_hash_bytes(WP_SHA256, bytes, hash);
    wp_hex(hash, 32, hex);
    wp_jo_kstr(j, key, hex);
}

void attest_outcome(struct wp_json_out *j, const struct run_answer *r)
{
    wp_jo_object(j);
    if (r->stop == WRT_STOP_NONE || r->stop == WRT_STOP_EXIT) {
        wp_jo_kstr(j, "end", "exit");
        wp_jo_ku64(j, "exit", r->exit);
    } else {
        struct wp_err e = {.code = WP_E_OK};
        run_fail_stop(r, &e);
        wp_jo_kstr(j, "end", e.msg);
    }
    if (r->result_count > 0) {
        run_results_json(j, r);
    }
    write_hash(j, "stdoutSha256", r->output[0]);
    wp_jo_ku64(j, "stdoutSize", r->output[0].len);
    write_hash(j, "stderrSha256", r->output[1]);
    wp_jo_ku64(j, "stderrSize", r->output[1].len);
    wp_jo_ku64(j, "fuel", r->fuel);
    wp_jo_object_end(j);
}

static void write_words(struct wp_json_out *j, const char *key, const struct pack_words *words)
{
    if (words->count == 0) {
        return;
    }
    wp_jo_key(j, key);
    wp_jo_array(j);
    for (size_t i = 0; i < words->count; i++) {
        wp_jo_str(j, words->items[i]);
    }
    wp_jo_array_end(j);
}

static void write_test(struct wp_json_out *j, const struct test_result *r)
{
    const struct pack_test *t = r->test;
    wp_jo_object(j);
    wp_jo_kstr(j, "name", t->name);
    write_words(j, "args", &t->args);
    write_words(j, "env", &t->env);
    if (t->bytes.len > 0) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        wp_base64(&text, t->bytes, false);
        wp_jo_kstr(j, "stdin", text.ptr);
    }
    if (t->invoke != NULL) {
        wp_jo_kstr(j, "invoke", t->invoke);
    }
    write_words(j, "params", &t->params);
    wp_jo_ku64(j, "clock", t->clock);
    wp_jo_ku64(j, "seed", t->seed);
    wp_jo_key(j, "outcome");
    attest_outcome(j, &r->answer);
    wp_jo_object_end(j);
}

static void write_runs(struct wp_json_out *j, const struct test_suite *s)
{
    const struct wrt_budget budget = tests_budget(&s->project->limits);
    wp_jo_key(j, ATTEST_RUNS);
    wp_jo_object(j);
    wp_jo_key(j, "interpreter");
    wp_jo_object(j);
    wp_jo_kstr(j, "name", "wpack");
    wp_jo_kstr(j, "version", WPACK_VERSION);
    wp_jo_object_end(j);
    wp_jo_key(j, "module");
    wp_jo_object(j);
    wp_jo_kstr(j, "name", s->name);
    wp_jo_key(j, "digest");
    wp_jo_object(j);
    write_hash(j, "sha256", s->content->bytes);
    wp_jo_object_end(j);
    wp_jo_object_end(j);
    if (s->look->features != NULL) {
        wp_jo_kstr(j, "features", s->look->features);
    }
    wp_jo_key(j, "budget");
    wp_jo_object(j);
    wp_jo_ku64(j, "fuel", budget.fuel);
    wp_jo_ku64(j, "memory", budget.memory);
    wp_jo_ku64(j, "milliseconds", budget.deadline_ms);
    wp_jo_object_end(j);
    wp_jo_key(j, "tests");
    wp_jo_array(j);
    for (size_t i = 0; i < s->project->test_count; i++) {
        write_test(j, &s->results[i]);
    }
    wp_jo_array_end(j);
    wp_jo_object_end(j);
}

static void empty_list(struct wp_json_out *j, const char *key)
{
    wp_jo_key(j, key);
    wp_jo_array(j);
    wp_jo_array_end(j);
}

static void write_predicate(const struct test_suite *s, struct wp_span project, struct wp_buf *b)
{
    struct wp_json_out j = wp_json_out(b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "result", "PASSED");
    wp_jo_key(&j, "configuration");
    wp_jo_array(&j);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "name", "wpack.json");
    wp_jo_key(&j, "digest");
    wp_jo_object(&j);
    write_hash(&j, "sha256", project);
    wp_jo_object_end(&j);
    wp_jo_object_end(&j);
    wp_jo_array_end(&j);
    wp_jo_key(&j, "passedTests");
    wp_jo_array(&j);
    for (size_t i = 0; i < s->project->test_count; i++) {
        wp_jo_str(&j, s->project->tests[i].name);
    }
    wp_jo_array_end(&j);
    empty_list(&j, "warnedTests");
    empty_list(&j, "failedTests");
    write_runs(&j, s);
    wp_jo_object_end(&j);
}

/* What stands in files now is what the tests are given and what the statement says of them. */
static int read_inputs(struct cmd_ctx *c, struct pack_project *p, struct wp_err *err)
{
    struct pack_test *tests = wp_arena_alloc(c->arena, p->test_count, sizeof(*tests));
    for (size_t i = 0; i < p->test_count; i++) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        tests[i] = p->tests[i];
        if (tests[i].input_file != NULL && wp_fs_read(tests[i].input_file, WP_LIMIT_RUN_INPUT, &text, err) < 0) {
            return wp_wrap(err, "test '%s'", tests[i].name);
        }
        tests[i].bytes = tests[i].input_file != NULL ? wp_arena_bytes(c->arena, wp_buf_span(&text))
                                                     : wp_span_str(tests[i].input == NULL ? "" : tests[i].input);
    }
    p->tests = tests;
    return 0;
}

static int check_passed(const struct test_suite *s, struct wp_err *err)
{
    for (size_t i = 0; i < s->project->test_count; i++) {
        const struct test_result *r = &s->results[i];
        if (!r->passed) {
            const char *why = r->failures == NULL ? r->err.msg : r->failures[0];
            wp_fail(err, WP_E_SMOKE, "%zu of %zu tests failed; the first, '%s': %s", s->failed, s->project->test_count,
                    r->test->name, why);
            return wp_hint(err, "only what passed is attested; 'wpack test' shows all of it");
        }
    }
    return 0;
}

/* The project's text is parsed from the very bytes that are hashed. */
static int read_project(struct cmd_ctx *c, const char *path, struct wp_buf *text, struct pack_project *ret,
                        struct wp_err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        path = wp_arena_printf(c->arena, "%s/wpack.json", path);
    }
    if (wp_fs_read(path, WP_LIMIT_PROJECT, text, err) < 0) {
        return err->code == WP_E_NOT_FOUND
                   ? wp_hint(err, "an artifact does not carry its tests: -f names the wpack.json that has them")
                   : -1;
    }
    const char *slash = strrchr(path, '/');
    const char *folder = slash == NULL ? "" : wp_arena_strn(c->arena, path, (size_t)(slash - path) + 1);
    if (pack_project_parse(wp_buf_span(text), path, folder, c->arena, ret, err) < 0) {
        return -1;
    }
    if (ret->test_count == 0) {
        return wp_fail(err, WP_E_INPUT, "%s has no tests", path);
    }
    return ret->test_count <= WP_LIMIT_REPLAY_TESTS
               ? 0
               : wp_fail(err, WP_E_LIMIT, "%s has %zu tests: at most %llu can be made again", path, ret->test_count,
                         (unsigned long long)WP_LIMIT_REPLAY_TESTS);
}

int attest_test(struct cmd_ctx *c, const struct attest_subject *s, const char *project, struct wp_buf *b,
                struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    struct pack_project p = {.module = NULL};
    struct test_suite suite = {.look = s->look, .content = &content, .project = &p, .a = c->arena};
    if (read_project(c, project == NULL ? "wpack.json" : project, &text, &p, err) < 0 || read_inputs(c, &p, err) < 0 ||
        attest_open_module(c, s, &content, &suite.name, err) < 0 || tests_run(c, &suite, NULL, err) < 0 ||
        check_passed(&suite, err) < 0) {
        return -1;
    }
    out_fact(c->out, "tests ok", "%zu passed", suite.passed);
    write_predicate(&suite, wp_buf_span(&text), b);
    return 0;
}
