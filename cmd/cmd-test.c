/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack test`: the tests of wpack.json, on the module beside it or on one that was pulled. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/run-open.h"
#include "cmd/tests.h"

#include <inttypes.h>

struct opts {
    struct look_opts look;
    struct trust_opts trust;
    const char *file, *junit, *filter, *platform;
    bool update;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.letter = 'f',
     .name = "file",
     .kind = OPT_STR,
     .offset = AT(file),
     .arg = "FILE",
     .help = "the project file, or its folder (default: wpack.json)"},
    {.name = "filter",
     .kind = OPT_STR,
     .offset = AT(filter),
     .arg = "WORD",
     .help = "only tests with this in their names",
     .env = ""},
    {.name = "junit", .kind = OPT_STR, .offset = AT(junit), .arg = "FILE", .help = "write a report as JUnit's XML"},
    {.name = "update",
     .kind = OPT_FLAG,
     .offset = AT(update),
     .help = "write what was observed into the project file",
     .env = ""},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    TRUST_ROWS(struct opts, trust),
    RUN_ROWS(struct opts),
    {0},
};

static const char *cost_text(struct cmd_ctx *c, const struct test_result *r)
{
    char fuel[WP_NUMBER_TEXT];
    return wp_arena_printf(c->arena, "%s instructions, %" PRIu64 " ms", wp_number_text(r->answer.fuel, fuel),
                           r->cost.ms);
}

static void show(struct cmd_ctx *c, const struct test_result *r)
{
    out_line(c->out, "%s %s  %s", r->passed ? "✓" : "✗", r->test->name, cost_text(c, r));
    if (r->failures == NULL) {
        out_line(c->out, "    %s", r->err.msg);
        if (r->err.hint[0] != '\0') {
            out_line(c->out, "    %s", r->err.hint);
        }
    }
    for (const char *const *line = r->failures; line != NULL && *line != NULL; line++) {
        out_line(c->out, "    %s", *line);
    }
    for (const char *const *line = r->frames; line != NULL && *line != NULL; line++) {
        out_line(c->out, "      %s", *line);
    }
}

static void write_result(struct wp_json_out *j, const struct test_result *r)
{
    const bool ended = r->answer.stop == WRT_STOP_NONE || r->answer.stop == WRT_STOP_EXIT;
    wp_jo_object(j);
    wp_jo_kstr(j, "name", r->test->name);
    wp_jo_kstr(j, "outcome", r->skipped ? "skipped" : r->passed ? "passed" : r->failures != NULL ? "failed" : "error");
    if (!r->skipped) {
        wp_jo_ku64(j, "fuel", r->answer.fuel);
        wp_jo_ku64(j, "memory", r->answer.memory);
        wp_jo_ku64(j, "ms", r->cost.ms);
    }
    if (r->failures != NULL && ended) {
        wp_jo_ku64(j, "exit", r->answer.exit);
    } else if (r->failures != NULL) {
        wp_jo_kstr(j, "stop", wrt_stop_text(r->answer.stop));
    }
    if (!r->skipped && !r->passed) {
        wp_jo_key(j, "failures");
        wp_jo_array(j);
        for (const char *const *line = r->failures; line != NULL && *line != NULL; line++) {
            wp_jo_str(j, *line);
        }
        if (r->failures == NULL) {
            wp_jo_str(j, r->err.msg);
        }
        wp_jo_array_end(j);
    }
    wp_jo_object_end(j);
}

static void write_json(const struct test_suite *s, const struct run_source *source, struct wp_buf *b)
{
    struct wp_json_out j = wp_json_out(b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "module", source->shown);
    if (source->pinned != NULL) {
        wp_jo_kstr(&j, "reference", source->pinned);
    }
    wp_jo_ku64(&j, "passed", s->passed);
    wp_jo_ku64(&j, "failed", s->failed);
    wp_jo_key(&j, "tests");
    wp_jo_array(&j);
    for (size_t i = 0; i < s->project->test_count; i++) {
        write_result(&j, &s->results[i]);
    }
    wp_jo_array_end(&j);
    wp_jo_object_end(&j);
}

/* The project's file by name, whether that or its folder was given. */
static const char *project_file(struct cmd_ctx *c, const struct opts *o)
{
    const char *path = o->file == NULL ? "wpack.json" : o->file;
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? wp_arena_printf(c->arena, "%s/wpack.json", path) : path;
}

static int read_project(struct cmd_ctx *c, const char *path, struct pack_project *ret, struct wp_err *err)
{
    if (pack_project_read(path, c->arena, ret, err) < 0) {
        if (err->code == WP_E_NOT_FOUND) {
            wp_hint(
                err,
                c->arg_count > 0
                    ? "an artifact does not carry its tests: -f names the wpack.json that has them"
                    : "write {\"module\": \"app.wasm\", \"tests\": [{\"name\": \"help\", \"args\": [\"--help\"]}]}");
        }
        return -1;
    }
    if (ret->test_count > 0) {
        return 0;
    }
    wp_fail(err, WP_E_INPUT, "%s has no tests", path);
    return wp_hint(err,
                   "add \"tests\": [{\"name\": \"help\", \"args\": [\"--help\"]}]; --update writes what comes out");
}

static int update(struct cmd_ctx *c, const char *path, const struct test_suite *s, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf before = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf after = WP_BUF_INIT;
    struct pack_project again;
    if (wp_fs_read(path, WP_LIMIT_PROJECT, &before, err) < 0 ||
        tests_update(wp_buf_span(&before), path, s, &after, err) < 0 ||
        pack_project_parse(wp_buf_span(&after), path, "", c->arena, &again, err) < 0) {
        return wp_wrap(err, "--update");
    }
    if (before.len == after.len && memcmp(before.ptr, after.ptr, after.len) == 0) {
        out_note(c->out, "%s: as it was observed already", path);
        return 0;
    }
    struct stat st;
    unsigned mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0666;
    if (wp_fs_replace(path, wp_buf_span(&after), mode, err) < 0) {
        return -1;
    }
    out_note(c->out, "%s: written", path);
    return 0;
}

/* A test that could not run has nothing to write down: it fails with --update, too. */
static size_t not_run(const struct test_suite *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->project->test_count; i++) {
        n += !s->results[i].skipped && s->results[i].failures == NULL;
    }
    return n;
}

static int conclude(struct cmd_ctx *c, const struct test_suite *s, const char *path, struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (o->junit != NULL) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        tests_junit(s, &b);
        if (wp_fs_replace(o->junit, wp_buf_span(&b), 0666, err) < 0) {
            return wp_wrap(err, "--junit");
        }
    }
    if (s->passed + s->failed == 0) {
        return wp_fail(err, WP_E_NOT_FOUND, "no test has '%s' in its name", o->filter);
    }
    if (o->update && update(c, path, s, err) < 0) {
        return -1;
    }
    size_t failed = o->update ? not_run(s) : s->failed;
    out_line(c->out, "%zu passed, %zu failed", s->passed, s->failed);
    if (failed == 0) {
        return 0;
    }
    return wp_fail(err, WP_E_SMOKE, "%zu of %zu tests failed", failed, s->passed + s->failed);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    TRUST_AUTO struct trust trust = {0};
    struct pack_project project = {.module = NULL};
    struct run_source source;
    const char *path = project_file(c, o);
    if (trust_open(c, &o->trust, &trust, err) < 0 || read_project(c, path, &project, err) < 0) {
        return -1;
    }
    const char *module = c->arg_count > 0 ? c->args[0] : project.module;
    if (run_open(c, module, o->platform, &trust, &content, &source, err) < 0) {
        return -1;
    }
    struct test_suite s = {
        .look = &o->look,
        .content = &content,
        .name = source.name,
        .project = &project,
        .filter = o->filter,
        .a = c->arena,
    };
    if (tests_run(c, &s, show, err) < 0) {
        return -1;
    }
    int rc = conclude(c, &s, path, err);
    if (!cmd_json(c)) {
        return rc;
    }
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    write_json(&s, &source, &json);
    if (rc < 0) {
        out_json_failed(c->out, &json);
    } else {
        out_json(c->out, &json);
    }
    return rc;
}

const struct cmd cmd_test = {
    .name = "test",
    .group = "Core",
    .args = "[FILE|REF]",
    .summary = "run the tests of wpack.json",
    .max_args = 1,
    .uses = CMD_REGISTRY | CMD_LONG | CMD_LOCAL,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
