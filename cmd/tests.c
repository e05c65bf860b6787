/* SPDX-License-Identifier: Apache-2.0
 *
 * Running the tests of wpack.json (cmd/tests.h). */
#include "cmd/tests.h"

#include "base/fs.h"
#include "base/limits.h"

enum { DEFAULT_FUEL = 1000000000, DEFAULT_TIMEOUT_MS = 30000, KILL_GRACE_MS = 2000 };

struct wrt_budget tests_budget(const struct pack_limits *l)
{
    return (struct wrt_budget){
        .fuel = l->fuel == 0 ? DEFAULT_FUEL : l->fuel,
        .memory = l->memory == 0 ? 256 * WP_MIB : l->memory,
        .deadline_ms = l->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : l->timeout_ms,
    };
}

static struct run_request request_of(const struct test_suite *s)
{
    const struct wrt_budget budget = tests_budget(&s->project->limits);
    return (struct run_request){
        .look = s->look,
        .content = s->content,
        .standard = {-1, -1, -1},
        .signals = -1,
        .kill_ms = budget.deadline_ms + KILL_GRACE_MS,
        .order = {.budget = budget,
                  .invoke = "",
                  .virtual_clock = true,
                  .seeded = true,
                  .trace_fd = RUN_NO_FD,
                  .profile_fd = RUN_NO_FD},
    };
}

static int check_params(const struct pack_test *t, struct wp_err *err)
{
    for (size_t i = 0; i < t->params.count; i++) {
        if (t->params.items[i] == NULL) {
            return wp_fail(err, WP_E_INPUT, "params/%zu: neither a number, a text nor null", i);
        }
    }
    return 0;
}

static int run_one(struct cmd_ctx *c, const struct test_suite *s, struct test_result *r)
{
    const struct pack_test *t = r->test;
    WP_AUTO_BUF struct wp_buf input = WP_BUF_INIT;
    struct run_request request = request_of(s);
    struct run_order *o = &request.order;
    const char **args = wp_arena_alloc(s->a, t->args.count + 2, sizeof(*args));
    args[0] = s->name;
    for (size_t i = 0; i < t->args.count; i++) {
        args[i + 1] = t->args.items[i];
    }
    const bool from_file = t->bytes.ptr == NULL && t->input_file != NULL;
    if (check_params(t, &r->err) < 0 ||
        (from_file && wp_fs_read(t->input_file, WP_LIMIT_RUN_INPUT, &input, &r->err) < 0)) {
        return -1;
    }
    o->args = (struct run_texts){args, t->args.count + 1};
    o->env = (struct run_texts){t->env.items, t->env.count};
    o->params = (struct run_texts){t->params.items, t->params.count};
    o->invoke = t->invoke == NULL ? "" : t->invoke;
    o->input = from_file              ? wp_buf_span(&input)
               : t->bytes.ptr != NULL ? t->bytes
                                      : wp_span_str(t->input == NULL ? "" : t->input);
    o->clock_ns = t->clock * UINT64_C(1000000000);
    o->seed = t->seed;
    return run_module(c, &request, s->a, &r->answer, &r->cost, &r->err);
}

static void keep_frames(const struct test_suite *s, struct test_result *r)
{
    size_t n = WP_MIN(r->answer.frame_count, (size_t)8);
    const char **lines = wp_arena_alloc(s->a, n + 1, sizeof(*lines));
    for (size_t i = 0; i < n; i++) {
        lines[i] = run_frame_text(&r->answer, i, s->a);
    }
    r->frames = lines;
}

static void judge(const struct test_suite *s, struct test_result *r)
{
    r->failures = tests_expect(r->test, &r->answer, s->a);
    r->passed = r->failures[0] == NULL;
    const bool stopped = r->answer.stop != WRT_STOP_NONE && r->answer.stop != WRT_STOP_EXIT;
    if (!r->passed && stopped && !r->test->expect.trap) {
        keep_frames(s, r);
    }
}

int tests_run(struct cmd_ctx *c, struct test_suite *s, void (*show)(struct cmd_ctx *c, const struct test_result *r),
              struct wp_err *err)
{
    s->results = wp_arena_alloc(s->a, s->project->test_count + 1, sizeof(*s->results));
    for (size_t i = 0; i < s->project->test_count; i++) {
        struct test_result *r = &s->results[i];
        r->test = &s->project->tests[i];
        r->answer = (struct run_answer){.ran = "", .detail = ""};
        r->skipped = s->filter != NULL && strstr(r->test->name, s->filter) == NULL;
        if (r->skipped) {
            continue;
        }
        if (run_one(c, s, r) == 0) {
            judge(s, r);
        }
        if (wp_job_check(c->job, err) < 0) {
            return -1;
        }
        s->passed += r->passed;
        s->failed += !r->passed;
        if (show != NULL) {
            show(c, r);
        }
    }
    return 0;
}

enum tests_implicit tests_instantiate(struct cmd_ctx *c, const struct test_suite *s, struct test_result *r)
{
    static const char *items[] = {NULL, NULL};
    struct run_request request = request_of(s);
    *r = (struct test_result){.answer = {.ran = "", .detail = ""}};
    items[0] = s->name;
    request.order.args = (struct run_texts){items, 1};
    request.order.instantiate = true;
    if (run_module(c, &request, s->a, &r->answer, &r->cost, &r->err) < 0) {
        return r->answer.missing_count > 0 ? TESTS_SKIPPED : TESTS_FAILED;
    }
    if (r->answer.stop == WRT_STOP_NONE || (r->answer.stop == WRT_STOP_EXIT && r->answer.exit == 0)) {
        return TESTS_OK;
    }
    if (r->answer.stop == WRT_STOP_EXIT) {
        wp_fail(&r->err, WP_E_SMOKE, "it ends with status %u when it is instantiated", (unsigned)r->answer.exit);
    } else {
        run_fail_stop(&r->answer, &r->err);
        keep_frames(s, r);
    }
    return TESTS_FAILED;
}
