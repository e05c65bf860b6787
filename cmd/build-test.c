/* SPDX-License-Identifier: Apache-2.0
 *
 * What a module has to pass before build and push pack it: the tests of its project, or that it can be instantiated. */
#include "base/text.h"
#include "cmd/build.h"
#include "cmd/out.h"
#include "cmd/tests.h"

#include <inttypes.h>

static void show_failure(struct cmd_ctx *c, const struct test_result *r)
{
    if (r->passed) {
        return;
    }
    out_after(c->out, wp_arena_printf(c->arena, "✗ %s", r->test->name));
    if (r->failures == NULL) {
        out_after(c->out, wp_arena_printf(c->arena, "    %s", r->err.msg));
    }
    for (const char *const *line = r->failures; line != NULL && *line != NULL; line++) {
        out_after(c->out, wp_arena_printf(c->arena, "    %s", *line));
    }
    for (const char *const *line = r->frames; line != NULL && *line != NULL; line++) {
        out_after(c->out, wp_arena_printf(c->arena, "      %s", *line));
    }
}

static int run_tests(struct cmd_ctx *c, struct test_suite *s, struct wp_err *err)
{
    uint64_t ms = 0;
    char time[LOOK_TEXT];
    if (tests_run(c, s, show_failure, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < s->project->test_count; i++) {
        ms += s->results[i].cost.ms;
    }
    if (s->failed > 0) {
        wp_fail(err, WP_E_SMOKE, "%s: %zu of %zu tests failed: it is not packed", s->name, s->failed,
                s->passed + s->failed);
        return wp_hint(err, "--no-test packs it all the same");
    }
    out_fact(c->out, "tests ok", "%zu passed, %s", s->passed, look_time_text(ms, time));
    return 0;
}

/* An import that only another host can provide, known without asking the process that would run the module; NULL: none.
 */
static const struct pack_extern *foreign_import(const struct pack_module *m)
{
    for (size_t i = 0; i < m->import_count; i++) {
        const char *from = m->imports[i].module;
        if (!wp_str_eq(from, "wasi_snapshot_preview1") && !wp_str_eq(from, "wasi_unstable")) {
            return &m->imports[i];
        }
    }
    return NULL;
}

/* Instantiating may do anything, in a start function; and how much memory it asks for shows here. */
static int run_implicit(struct cmd_ctx *c, const struct test_suite *s, struct wp_err *err)
{
    struct test_result r;
    char time[LOOK_TEXT];
    char fuel[WP_NUMBER_TEXT];
    switch (tests_instantiate(c, s, &r)) {
    case TESTS_OK:
        out_fact(c->out, "instantiated", "%s instructions, %s", wp_number_text(r.answer.fuel, fuel),
                 look_time_text(r.cost.ms, time));
        return 0;
    case TESTS_SKIPPED:
        out_fact(c->out, "not run", "%s", r.err.msg);
        return 0;
    case TESTS_FAILED:
        break;
    }
    *err = r.err;
    if (err->code != WP_E_SMOKE && err->code != WP_E_LIMIT) {
        return wp_wrap(err, "%s", s->name);
    }
    for (const char *const *line = r.frames; line != NULL && *line != NULL; line++) {
        out_after(c->out, wp_arena_printf(c->arena, "  %s", *line));
    }
    err->code = WP_E_SMOKE;
    wp_wrap(err, "%s cannot be instantiated", s->name);
    return wp_hint(err, "--no-test packs it all the same; limits in wpack.json give it more");
}

int build_test(struct cmd_ctx *c, const struct build_plan *plan, const struct build_result *r, struct wp_err *err)
{
    const char *slash = strrchr(r->project.module, '/');
    struct test_suite s = {
        .look = plan->look,
        .content = &r->content,
        .name = slash == NULL ? r->project.module : slash + 1,
        .project = &r->project,
        .a = c->arena,
    };
    if (plan->no_test) {
        return 0;
    }
    if (r->module.kind == WP_WASM_COMPONENT) {
        if (r->project.test_count > 0) {
            out_warn(c->out, "%s is a component: its tests cannot be run yet", s.name);
        } else {
            out_fact(c->out, "not run", "it is a component: validated only");
        }
        return 0;
    }
    if (r->project.test_count > 0) {
        return run_tests(c, &s, err);
    }
    const struct pack_extern *foreign = foreign_import(&r->module);
    if (foreign != NULL) {
        out_fact(c->out, "not run", "nothing here provides its import '%s.%s'", foreign->module, foreign->name);
        return 0;
    }
    return run_implicit(c, &s, err);
}
