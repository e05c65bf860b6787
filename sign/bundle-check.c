/* SPDX-License-Identifier: Apache-2.0
 *
 * What a bundle says about an artifact (sign/bundle.h): its material and signature (sign/material.h), and that what was
 * signed is this artifact, in the way that was asked for. */
#include "base/mem.h"
#include "sign/bundle.h"
#include "sign/cert.h"
#include "sign/proto-json.h"

static int refuse(struct sig_proof *p, const char *failed, struct wp_err *err, const char *fmt, ...) WP_PRINTF(4, 5);
static int refuse(struct sig_proof *p, const char *failed, struct wp_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    p->failed = failed;
    wp_vfail(err, WP_E_UNSATISFIED, fmt, args);
    va_end(args);
    return -1;
}

/* A bundle that brings its own anchor wants to be believed for nothing (sigstore_bundle.proto: "MUST NOT"). */
static int check_no_root(const struct sig_bundle *b, struct sig_proof *p, struct wp_err *err)
{
    for (size_t i = 0; i < b->material.certificate_count; i++) {
        SIG_AUTO_CERT X509 *cert = NULL;
        struct wp_err why = {0};
        if (sig_cert_of_der(b->material.certificates[i], "a certificate", &cert, &why) < 0) {
            return refuse(p, "parse", err, "%s", why.msg);
        }
        if (sig_cert_self_issued(cert)) {
            return refuse(p, "chain", err, "certificate %zu is a root, which bundles must not bring along", i);
        }
    }
    return 0;
}

/* ---- message signatures ---- */

static int check_digest(const struct sig_bundle *b, const struct sig_artifact *art, struct sig_proof *p,
                        struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    struct oci_digest own = art->desc.digest;
    if (b->digest_alg == NULL) {
        return 0;
    }
    if (wp_str_eq(b->digest_alg, sig_pj_hashes[SIG_PJ_SHA2_512]) && art->bytes.ptr != NULL) {
        oci_digest_of(WP_SHA512, art->bytes, &own);
    } else if (!wp_str_eq(b->digest_alg, sig_pj_hashes[SIG_PJ_SHA2_256])) {
        return refuse(p, "digest", err, "the bundle names the artifact by %s, which cannot be compared here",
                      b->digest_alg);
    }
    if (b->digest.len != wp_hash_size(own.alg) || memcmp(b->digest.ptr, own.bytes, b->digest.len) != 0) {
        return refuse(p, "digest", err, "the bundle is about another artifact than %s",
                      oci_digest_text(&art->desc.digest, text));
    }
    return 0;
}

static int check_message(const struct sig_bundle *b, const struct sig_artifact *art, const struct sig_demand *d,
                         struct wp_arena *a, struct sig_proof *p, struct wp_err *err)
{
    if (d->predicate.kind != SIG_MATCH_ANY) {
        return refuse(p, "predicate", err, "a plain signature, no attestation");
    }
    if (d->annotation_count != 0) {
        return refuse(p, "annotation", err, "a signature over the artifact itself, which carries no annotations");
    }
    if (check_digest(b, art, p, err) < 0) {
        return -1;
    }
    const struct sig_signed s = {
        .message = {.bytes = art->bytes,
                    .digest = art->desc.digest.bytes,
                    .digest_len = wp_hash_size(art->desc.digest.alg)},
        .signature = b->signature,
    };
    return sig_material_check(&b->material, &s, art, d, a, p, err) == 1 ? 0 : -1;
}

/* ---- statements ---- */

/* What a plain signature is: of a manifest, what cosign states of it; of a file, any statement about it. */
static bool is_wanted(const struct sig_demand *d, const struct sig_artifact *art, const char *predicate_type)
{
    if (d->predicate.kind != SIG_MATCH_ANY) {
        return sig_match(&d->predicate, predicate_type);
    }
    return art->desc.media_type == NULL || wp_str_eq(predicate_type, SIG_PREDICATE_SIGN);
}

static int check_annotations(const struct wp_json *has, const struct sig_demand *d, struct sig_proof *p,
                             struct wp_err *err)
{
    for (size_t i = 0; i < d->annotation_count; i++) {
        const struct oci_annotation *want = &d->annotations[i];
        struct wp_json at = wp_json_get(has, want->key);
        struct wp_err why = {0};
        const char *value = NULL;
        if (wp_json_str(&at, &value, &why) < 0 || !wp_str_eq(value, want->value)) {
            return refuse(p, "annotation", err, "the signer did not state %s=%s", want->key, want->value);
        }
    }
    return 0;
}

static int check_statement(const struct sig_statement *s, const struct sig_artifact *art, const struct sig_demand *d,
                           struct wp_arena *a, struct sig_proof *p, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    struct wp_json annotations;
    p->predicate_type = wp_arena_str(a, s->predicate_type);
    if (!sig_statement_is_about(s, &art->desc.digest, &annotations)) {
        return refuse(p, "subject", err, "the statement is about other artifacts than %s",
                      oci_digest_text(&art->desc.digest, text));
    }
    if (!is_wanted(d, art, s->predicate_type)) {
        return refuse(p, "predicate", err, "states '%s', which is not what was asked for", p->predicate_type);
    }
    return check_annotations(&annotations, d, p, err);
}

static int check_envelope(const struct sig_bundle *b, const struct sig_artifact *art, const struct sig_demand *d,
                          struct wp_arena *a, struct sig_proof *p, struct wp_err *err)
{
    struct wp_err why = {0};
    SIG_AUTO_STATEMENT struct sig_statement s = {0};
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    sig_dsse_pae(b->payload_type, b->payload, &pae);
    const struct sig_signed sealed = {.message = {.bytes = wp_buf_span(&pae)},
                                      .signature = b->signature,
                                      .payload_type = b->payload_type,
                                      .payload = b->payload};
    if (sig_material_check(&b->material, &sealed, art, d, a, p, err) != 1) {
        return -1;
    }
    p->statement = b->payload;
    if (!wp_str_eq(b->payload_type, SIG_PAYLOAD_INTOTO)) {
        return refuse(p, "subject", err, "what is signed is no in-toto statement but '%s'", b->payload_type);
    }
    if (sig_statement_read(b->payload, "the statement", &s, &why) < 0) {
        return refuse(p, "parse", err, "%s", why.msg);
    }
    return check_statement(&s, art, d, a, p, err);
}

int sig_bundle_check(const struct sig_bundle *b, const struct sig_artifact *art, const struct sig_demand *d,
                     struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    int r = check_no_root(b, ret, err);
    if (r == 0) {
        r = b->is_dsse ? check_envelope(b, art, d, a, ret, err) : check_message(b, art, d, a, ret, err);
    }
    return r < 0 ? 0 : 1;
}
