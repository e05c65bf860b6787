/* SPDX-License-Identifier: Apache-2.0
 *
 * Running again what an attestation says was run (cmd/verify-replay.h): on the manifest that it is about, or, where
 * that is an index, on the one in it that holds the module. Outcomes that are told are only compared with. */
#include "cmd/verify-replay.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "cmd/out.h"
#include "cmd/tests.h"
#include "cmd/verify-runs.h"

#include <inttypes.h>

struct replay {
    struct cmd_ctx *c;
    const struct replay_request *in;
    struct verify_runs runs;
    struct look_opts look;
    struct attest_subject subject; /* the manifest whose module runs */
    size_t asked;
};

static void replay_done(struct replay *r)
{
    verify_runs_done(&r->runs);
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
    if (!wp_str_eq(k->r->runs.interpreter, "wpack " WPACK_VERSION)) {
        wp_hint(err, "the attestation is of %s, this is wpack %s: try that one", k->r->runs.interpreter, WPACK_VERSION);
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
    struct wp_json test = wp_json_at(&r->runs.list, i);
    struct wp_json said = wp_json_get(&test, "outcome");
    struct wp_json is = wp_json_root(doc);
    struct compare there = {.r = r, .test = r->runs.tests[i].name, .other = is};
    struct compare back = {.r = r, .test = r->runs.tests[i].name, .other = said, .turned = true};
    return wp_json_each(&said, same_member, &there, err) != 0 || wp_json_each(&is, same_member, &back, err) != 0 ? -1
                                                                                                                 : 0;
}

static int run_again(struct replay *r, const struct look_content *content, struct replay_result *ret,
                     struct wp_err *err)
{
    const struct verify_runs *runs = &r->runs;
    const struct pack_project project = {.tests = runs->tests, .test_count = runs->test_count, .limits = runs->limits};
    struct test_suite s = {
        .look = &r->look, .content = content, .name = runs->name, .project = &project, .a = r->c->arena};
    if (tests_run(r->c, &s, NULL, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < runs->test_count; i++) {
        if (s.results[i].failures == NULL) {
            *err = s.results[i].err;
            return wp_wrap(err, "test '%s' could not be run again", runs->tests[i].name);
        }
        if (same_outcome(r, i, &s.results[i].answer, err) < 0) {
            return -1;
        }
        ret->fuel += s.results[i].answer.fuel;
    }
    ret->tests = runs->test_count;
    return 0;
}

/* ---- on which module ---- */

static int check_module(const struct replay *r, const struct look_content *content, struct wp_err *err)
{
    uint8_t hash[WP_HASH_MAX];
    char is[65];
    char said[65];
    wp_hash_bytes(WP_SHA256, content->bytes, hash);
    if (memcmp(hash, r->runs.module, sizeof(r->runs.module)) == 0) {
        return 0;
    }
    wp_hex(hash, 32, is);
    wp_hex(r->runs.module, 32, said);
    return wp_fail(err, WP_E_SMOKE,
                   "the attestation tells of runs of the module sha256:%s, the artifact holds sha256:%s", said, is);
}

static bool holds_module(const struct replay *r, const struct attest_subject *s)
{
    struct oci_digest module = {.alg = WP_SHA256};
    const struct oci_desc *layer = attest_layer(s);
    memcpy(module.bytes, r->runs.module, sizeof(r->runs.module));
    return layer != NULL && oci_digest_equal(&layer->digest, &module);
}

static int find_manifest(struct replay *r, const struct oci_desc *d, struct wp_span bytes, bool within, unsigned depth,
                         struct wp_err *err);

/* Those of an index that the statement may be about; one that is not in the store is not what is looked for. */
static int find_among(struct replay *r, const struct oci_manifest *index, bool within, unsigned depth,
                      struct wp_err *err)
{
    for (size_t i = 0; i < index->manifest_count; i++) {
        const struct oci_desc *d = &index->manifests[i];
        struct wp_span bytes;
        if (!within && oci_mediatype_kind(d->media_type) != OCI_INDEX &&
            !sig_statement_is_about(&r->runs.statement, &d->digest, NULL)) {
            continue;
        }
        if (++r->asked > WP_LIMIT_POLICY_PARTS || depth > WP_LIMIT_GRAPH_DEPTH) {
            return wp_fail(err, WP_E_LIMIT, "the index leads to more manifests than are looked at");
        }
        int found = oci_store_get(r->in->target->store, d, WP_LIMIT_MANIFEST, r->c->arena, &bytes, err);
        if (found == 0) {
            found = find_manifest(r, d, bytes, within, depth + 1, err);
        } else if (err->code == WP_E_NOT_FOUND) {
            wp_err_clear(err);
            found = 0;
        }
        if (found != 0) {
            return found;
        }
    }
    return 0;
}

/* within: the statement is about an index that leads here. 1: r->subject is what it tells of, 0: it is not here. */
static int find_manifest(struct replay *r, const struct oci_desc *d, struct wp_span bytes, bool within, unsigned depth,
                         struct wp_err *err)
{
    struct attest_subject s = {.target = r->in->target, .desc = *d, .bytes = bytes};
    const char *what = target_pinned(r->c, r->in->target, &d->digest);
    if (oci_manifest_parse(bytes, d->media_type, what, r->c->arena, &s.manifest, err) < 0) {
        return -1;
    }
    bool about = sig_statement_is_about(&r->runs.statement, &d->digest, NULL);
    if (s.manifest.kind == OCI_INDEX) {
        return find_among(r, &s.manifest, within || about, depth, err);
    }
    if (!about && !(within && holds_module(r, &s))) {
        return 0;
    }
    r->subject = s;
    return 1;
}

static int fail_not_found(const struct replay *r, struct wp_err *err)
{
    char said[65];
    wp_hex(r->runs.module, 32, said);
    wp_fail(err, WP_E_SMOKE, "the attestation is of an index, none of whose manifests holds the module sha256:%s",
            said);
    return wp_hint(err, "--platform OS/ARCH asks for the attestations of one manifest");
}

int verify_replay(struct cmd_ctx *c, const struct replay_request *in, struct replay_result *ret, struct wp_err *err)
{
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    WP_CLEANUP(replay_done) struct replay r = {.c = c, .in = in, .look = {.sandbox = in->sandbox}};
    const char *file = NULL;
    *ret = (struct replay_result){.tests = 0};
    if (verify_runs_read(in->statement, c->arena, &r.runs, err) < 0) {
        return -1;
    }
    ret->interpreter = r.runs.interpreter;
    r.look.features = r.runs.features;
    int found = find_manifest(&r, &in->desc, in->bytes, false, 0, err);
    if (found <= 0) {
        return found < 0 ? -1 : fail_not_found(&r, err);
    }
    return attest_open_module(c, &r.subject, &content, &file, err) < 0 || check_module(&r, &content, err) < 0
               ? -1
               : run_again(&r, &content, ret, err);
}
