/* SPDX-License-Identifier: Apache-2.0
 *
 * Running again what an attestation says was run (cmd/verify-replay.h). Its document is foreign and signed: inputs and
 * worlds are taken from it within the limits that everything here has, its outcomes are only compared with. */
#include "cmd/verify-replay.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "cmd/out.h"
#include "cmd/tests.h"
#include "sign/statement.h"

#include <inttypes.h>

struct replay {
    struct cmd_ctx *c;
    struct wp_json runs;
    struct look_opts look;
    struct pack_test *tests;
    size_t test_count;
    struct pack_limits limits;
    const char *name, *interpreter;
    uint8_t module[32];
};

/* ---- what to run ---- */

static int read_words(struct replay *r, const struct wp_json *test, const char *key, struct pack_words *ret,
                      struct wp_err *err)
{
    struct wp_json list = wp_json_get(test, key);
    size_t n = wp_json_len(&list);
    if (wp_json_kind(&list) != WP_JSON_ABSENT && wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    ret->items = wp_arena_alloc(r->c->arena, n + 1, sizeof(*ret->items));
    ret->count = n;
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (wp_json_str(&at, &ret->items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_input(struct replay *r, const struct wp_json *test, struct wp_span *ret, struct wp_err *err)
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
    *ret = wp_arena_bytes(r->c->arena, wp_buf_span(&b));
    return 0;
}

static int read_test(struct replay *r, const struct wp_json *at, struct pack_test *ret, struct wp_err *err)
{
    struct pack_test t = {.name = NULL};
    struct wp_json name = wp_json_get(at, "name");
    struct wp_json invoke = wp_json_get(at, "invoke");
    struct wp_json clock = wp_json_get(at, "clock");
    struct wp_json seed = wp_json_get(at, "seed");
    struct wp_json outcome = wp_json_get(at, "outcome");
    if (wp_json_str(&name, &t.name, err) < 0 || wp_json_opt_str(&invoke, &t.invoke, err) < 0 ||
        wp_json_u64(&clock, &t.clock, err) < 0 || wp_json_u64(&seed, &t.seed, err) < 0 ||
        wp_json_must(&outcome, WP_JSON_OBJECT, err) < 0 || read_words(r, at, "args", &t.args, err) < 0 ||
        read_words(r, at, "env", &t.env, err) < 0 || read_words(r, at, "params", &t.params, err) < 0 ||
        read_input(r, at, &t.bytes, err) < 0) {
        return -1;
    }
    *ret = t;
    return 0;
}

static int read_budget(struct replay *r, struct wp_err *err)
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

static int read_module(struct replay *r, struct wp_err *err)
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

static int read_interpreter(struct replay *r, struct wp_err *err)
{
    struct wp_json at = wp_json_get(&r->runs, "interpreter");
    struct wp_json name = wp_json_get(&at, "name");
    struct wp_json version = wp_json_get(&at, "version");
    struct wp_json features = wp_json_get(&r->runs, "features");
    const char *who = NULL;
    const char *which = NULL;
    if (wp_json_str(&name, &who, err) < 0 || wp_json_str(&version, &which, err) < 0 ||
        wp_json_opt_str(&features, &r->look.features, err) < 0) {
        return -1;
    }
    r->interpreter = wp_arena_printf(r->c->arena, "%s %s", who, which);
    return 0;
}

static int read_runs(struct replay *r, struct wp_err *err)
{
    struct wp_json list = wp_json_get(&r->runs, "tests");
    if (wp_json_must(&r->runs, WP_JSON_OBJECT, err) < 0 || read_interpreter(r, err) < 0 || read_module(r, err) < 0 ||
        read_budget(r, err) < 0 || wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    r->test_count = wp_json_len(&list);
    if (r->test_count == 0 || r->test_count > WP_LIMIT_REPLAY_TESTS) {
        return wp_json_fail(&list, err, r->test_count == 0 ? "no test to run" : "too many tests");
    }
    r->tests = wp_arena_alloc(r->c->arena, r->test_count, sizeof(*r->tests));
    for (size_t i = 0; i < r->test_count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_test(r, &at, &r->tests[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Who reads only what in-toto defines must not be told of more than can be seen here. */
static int check_passed(const struct replay *r, const struct wp_json *predicate, struct wp_err *err)
{
    struct wp_json passed = wp_json_get(predicate, "passedTests");
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

/* ---- what came of it ---- */

struct compare {
    struct replay *r;
    const char *test;
    struct wp_json other;
    bool turned; /* member is of the run, other of the statement */
};

static const char *text_of(struct wp_arena *a, const struct wp_json *at)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (wp_json_kind(at) == WP_JSON_ABSENT) {
        return "nothing";
    }
    wp_json_dump(at, &b);
    return wp_arena_str(a, b.ptr);
}

static int same_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    const struct compare *k = arg;
    struct wp_arena *a = k->r->c->arena;
    struct wp_json other = wp_json_get(&k->other, member->key);
    if (wp_json_equal(member, &other)) {
        return 0;
    }
    const struct wp_json *said = k->turned ? &other : member;
    const struct wp_json *is = k->turned ? member : &other;
    wp_fail(err, WP_E_SMOKE, "test '%s', run again: %s is %s, the attestation says %s", k->test, member->key,
            text_of(a, is), text_of(a, said));
    if (!wp_str_eq(k->r->interpreter, "wpack " WPACK_VERSION)) {
        wp_hint(err, "the attestation is of %s, this is wpack %s: try that one", k->r->interpreter, WPACK_VERSION);
    }
    return -1;
}

/* Both ways: nothing is said that did not come, nothing came that is not said. */
static int same_outcome(struct replay *r, size_t i, const struct run_answer *answer, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_json_out j = wp_json_out(&text);
    attest_outcome(&j, answer);
    if (wp_json_parse(wp_buf_span(&text), "the outcome", false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json list = wp_json_get(&r->runs, "tests");
    struct wp_json test = wp_json_at(&list, i);
    struct wp_json said = wp_json_get(&test, "outcome");
    struct wp_json is = wp_json_root(doc);
    struct compare there = {.r = r, .test = r->tests[i].name, .other = is};
    struct compare back = {.r = r, .test = r->tests[i].name, .other = said, .turned = true};
    return wp_json_each(&said, same_member, &there, err) != 0 || wp_json_each(&is, same_member, &back, err) != 0 ? -1
                                                                                                                 : 0;
}

static int run_again(struct replay *r, const struct look_content *content, struct replay_result *ret,
                     struct wp_err *err)
{
    const struct pack_project project = {.tests = r->tests, .test_count = r->test_count, .limits = r->limits};
    struct test_suite s = {
        .look = &r->look, .content = content, .name = r->name, .project = &project, .a = r->c->arena};
    if (tests_run(r->c, &s, NULL, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < r->test_count; i++) {
        if (s.results[i].failures == NULL) {
            *err = s.results[i].err;
            return wp_wrap(err, "test '%s' could not be run again", r->tests[i].name);
        }
        if (same_outcome(r, i, &s.results[i].answer, err) < 0) {
            return -1;
        }
        ret->fuel += s.results[i].answer.fuel;
    }
    ret->tests = r->test_count;
    return 0;
}

static int check_module(struct replay *r, const struct look_content *content, struct wp_err *err)
{
    uint8_t hash[WP_HASH_MAX];
    char is[65];
    char said[65];
    wp_hash_bytes(WP_SHA256, content->bytes, hash);
    if (memcmp(hash, r->module, sizeof(r->module)) == 0) {
        return 0;
    }
    wp_hex(hash, 32, is);
    wp_hex(r->module, 32, said);
    return wp_fail(err, WP_E_SMOKE,
                   "the attestation tells of runs of the module sha256:%s, the artifact holds sha256:%s", said, is);
}

static int open_module(struct cmd_ctx *c, const struct replay_request *in, struct look_content *ret, struct wp_err *err)
{
    struct attest_subject subject = {.target = in->target, .desc = in->desc, .bytes = in->bytes};
    const char *what = target_pinned(c, in->target, &in->desc.digest);
    const char *file = NULL;
    if (oci_manifest_parse(in->bytes, in->desc.media_type, what, c->arena, &subject.manifest, err) < 0) {
        return -1;
    }
    if (subject.manifest.kind == OCI_INDEX) {
        wp_fail(err, WP_E_SMOKE, "%s is an index, and tests run on a module", what);
        return wp_hint(err, "name the manifest by its digest: wpack verify %s@sha256:...", in->target->base);
    }
    return attest_open_module(c, &subject, ret, &file, err);
}

int verify_replay(struct cmd_ctx *c, const struct replay_request *in, struct replay_result *ret, struct wp_err *err)
{
    SIG_AUTO_STATEMENT struct sig_statement st = {.doc = NULL};
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    struct replay r = {.c = c, .look = {.sandbox = in->sandbox}};
    *ret = (struct replay_result){.tests = 0};
    if (sig_statement_read(in->statement, "the attestation", &st, err) < 0) {
        return -1;
    }
    r.runs = wp_json_get(&st.predicate, ATTEST_RUNS);
    if (!wp_str_eq(st.predicate_type, ATTEST_TEST) || wp_json_kind(&r.runs) == WP_JSON_ABSENT) {
        wp_fail(err, WP_E_SMOKE, "the attestation, of the type %s, holds no runs that could be made again",
                st.predicate_type);
        return wp_hint(err, "'wpack attest REF --type test' makes one that does");
    }
    if (read_runs(&r, err) < 0 || check_passed(&r, &st.predicate, err) < 0) {
        err->code = WP_E_SMOKE;
        return -1;
    }
    ret->interpreter = r.interpreter;
    if (open_module(c, in, &content, err) < 0 || check_module(&r, &content, err) < 0) {
        return -1;
    }
    return run_again(&r, &content, ret, err);
}
