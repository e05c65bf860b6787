/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's older format, judged: layers under the tags sha256-<hex>.sig (a payload, its signature in an annotation) and
 * .att (a DSSE envelope), and referrers that carry such layers. The signature is proven first, words are read after. */
#include "base/limits.h"
#include "base/mem.h"
#include "sign/claim.h"
#include "sign/cosign.h"
#include "sign/formats.h"
#include "sign/proto-json.h"

struct question {
    const struct sig_candidate *c;
    const struct sig_artifact *art;
    const struct sig_demand *d;
    struct wp_arena *a;
    struct sig_proof *ret;
    struct sig_material m;
    struct wp_span signature;
};

/* ---- payloads ---- */

/* "host/repo" of "host/repo:tag@digest". */
static size_t repository_len(const char *reference)
{
    size_t len = strcspn(reference, "@");
    const char *slash = memrchr(reference, '/', len);
    const char *name = slash != NULL ? slash : reference;
    const char *colon = memchr(name, ':', len - (size_t)(name - reference));
    return colon != NULL ? (size_t)(colon - reference) : len;
}

static bool same_name(const struct question *q, const char *reference)
{
    const char *want = q->art->repository;
    switch (q->d->name_rule) {
    case SIG_NAME_IGNORED:
        return true;
    case SIG_NAME_EXACT:
        return want != NULL && wp_str_eq(reference, want);
    default:
        /* A layout's names may say nothing of where it came from. */
        return want == NULL ||
               (repository_len(reference) == strlen(want) && strncmp(reference, want, strlen(want)) == 0);
    }
}

static int check_payload(const struct question *q, struct wp_err *err)
{
    char digest[OCI_DIGEST_TEXT];
    const char *where = q->c->where;
    SIG_AUTO_PAYLOAD struct sig_payload p = {0};
    q->ret->failed = "parse";
    if (sig_payload_read(q->c->bytes, where, &p, err) < 0) {
        return -1;
    }
    q->ret->statement = q->c->bytes;
    if (!wp_str_eq(p.digest, oci_digest_text(&q->art->desc.digest, digest))) {
        q->ret->failed = "subject";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: the signature is for %s, not for %s", where, p.digest, digest);
    }
    if (!same_name(q, p.reference)) {
        q->ret->failed = "name";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: signed as '%s', not as '%s'", where, p.reference,
                       q->art->repository != NULL ? q->art->repository : q->art->name);
    }
    q->ret->failed = NULL;
    return sig_claim_annotations(where, &p.optional, q->d, q->ret, err);
}

static int check_simple(struct question *q, struct wp_err *err)
{
    if (q->signature.ptr == NULL) {
        q->ret->failed = "parse";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: the layer has no annotation " SIG_NOTE_SIGNATURE, q->c->where);
    }
    if (q->d->predicate.kind != SIG_MATCH_ANY) {
        return sig_claim_plain(q->c->where, q->d, q->ret, err);
    }
    const struct sig_signed s = {.message.bytes = q->c->bytes, .signature = q->signature};
    if (sig_material_check(&q->m, &s, q->art, q->d, q->a, q->ret, err) != 1) {
        return wp_wrap(err, "%s", q->c->where);
    }
    return check_payload(q, err);
}

/* ---- envelopes ---- */

/* Of one envelope; more have not been seen. */
enum { SIGNATURES_MAX = 16 };

struct envelope {
    const char *payload_type;
    struct wp_span payload;
    struct wp_span signatures[SIGNATURES_MAX];
    size_t count;
};

static int read_signatures(const struct wp_json *at, struct wp_arena *a, struct envelope *ret, struct wp_err *err)
{
    static const char *const known[] = {"sig", "keyid", NULL};
    if (sig_pj_array(at, WP_ARRAY_LEN(ret->signatures), &ret->count, err) < 0) {
        return -1;
    }
    if (ret->count == 0) {
        return wp_json_fail(at, err, "the envelope has no signature");
    }
    for (size_t i = 0; i < ret->count; i++) {
        struct wp_json one = wp_json_at(at, i);
        struct wp_json sig = sig_pj_get(&one, "sig");
        if (sig_pj_object(&one, known, err) < 0 || sig_pj_bytes(&sig, a, &ret->signatures[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_envelope(const struct question *q, struct envelope *ret, struct wp_err *err)
{
    static const char *const known[] = {"payload", "payloadType", "signatures", NULL};
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(q->c->bytes, q->c->where, false, WP_E_UNSATISFIED, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json payload = sig_pj_get(&root, "payload");
    struct wp_json type = sig_pj_get(&root, "payloadType");
    struct wp_json signatures = sig_pj_get(&root, "signatures");
    if (sig_pj_object(&root, known, err) < 0 || sig_pj_bytes(&payload, q->a, &ret->payload, err) < 0 ||
        sig_pj_text(&type, q->a, &ret->payload_type, err) < 0) {
        return -1;
    }
    return read_signatures(&signatures, q->a, ret, err);
}

/* Several may have signed: one that the demand accepts is enough. */
static int check_signatures(struct question *q, const struct envelope *e, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    sig_dsse_pae(e->payload_type, e->payload, &pae);
    const struct sig_proof empty = *q->ret;
    for (size_t i = 0; i < e->count; i++) {
        const struct sig_signed s = {
            .message.bytes = wp_buf_span(&pae),
            .signature = e->signatures[i],
            .payload_type = e->payload_type,
            .payload = e->payload,
            .envelope = q->c->bytes,
        };
        *q->ret = empty;
        if (sig_material_check(&q->m, &s, q->art, q->d, q->a, q->ret, err) == 1) {
            return 0;
        }
    }
    return wp_wrap(err, "%s", q->c->where);
}

static const struct envelope *envelope_of(const struct question *q, struct wp_err *err)
{
    struct sig_memo own = {.document = NULL};
    struct sig_memo *memo = q->c->memo != NULL ? q->c->memo : &own;
    if (memo->document == NULL && memo->bad == NULL) {
        struct envelope *e = wp_arena_alloc(q->a, 1, sizeof(*e));
        struct wp_err why = {0};
        int rc = read_envelope(q, e, &why);
        memo->document = rc == 0 ? e : NULL;
        memo->bad = rc == 0 ? NULL : wp_arena_str(q->a, why.msg);
    }
    if (memo->bad != NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "%s", memo->bad);
    }
    return memo->document;
}

static int check_envelope(struct question *q, struct wp_err *err)
{
    const struct envelope *e = envelope_of(q, err);
    if (e == NULL) {
        q->ret->failed = "parse";
        return -1;
    }
    if (check_signatures(q, e, err) < 0) {
        return -1;
    }
    return sig_claim_statement(q->c->where, e->payload_type, e->payload, q->art, q->d, q->a, q->ret, err);
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    struct question q = {.c = c, .art = art, .d = d, .a = a, .ret = ret};
    if (sig_cosign_material(c->where, c->annotations, c->annotation_count, a, &q.m, &q.signature, err) < 0) {
        ret->failed = "parse";
        return 0;
    }
    bool envelope = c->media_type != NULL && strcasecmp(c->media_type, SIG_MT_DSSE) == 0;
    int rc = envelope ? check_envelope(&q, err) : check_simple(&q, err);
    return rc == 0 ? 1 : 0;
}

static const char *const layer_types[] = {SIG_MT_SIMPLE, SIG_MT_DSSE, NULL};

const struct sig_format sig_format_cosign = {
    .id = SIG_COSIGN,
    .name = "cosign",
    .summary = "cosign's tags before bundles, sha256-….sig and .att",
    .layer_types = layer_types,
    .check = check,
};
