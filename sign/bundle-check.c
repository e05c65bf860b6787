/* SPDX-License-Identifier: Apache-2.0
 *
 * What a bundle says about an artifact (sign/bundle.h): its material and signature (sign/material.h), and that what was
 * signed is this artifact, in the way that was asked for. */
#include "base/mem.h"
#include "sign/bundle.h"
#include "sign/claim.h"
#include "sign/material-int.h"

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

static struct sig_message message_of(const struct sig_artifact *art)
{
    return (struct sig_message){
        .bytes = art->bytes, .digest = art->desc.digest.bytes, .digest_len = wp_hash_size(art->desc.digest.alg)};
}

static int check_digest(const struct sig_bundle *b, const struct sig_artifact *art, struct sig_proof *p,
                        struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    uint8_t own[EVP_MAX_MD_SIZE];
    const struct sig_message m = message_of(art);
    if (b->digest_alg == NULL) {
        return 0;
    }
    size_t len = sig_named_digest(&m, b->digest_alg, own);
    if (len == 0) {
        return refuse(p, "digest", err, "the bundle names the artifact by %s, which cannot be compared here",
                      b->digest_alg);
    }
    if (b->digest.len != len || memcmp(b->digest.ptr, own, len) != 0) {
        return refuse(p, "digest", err, "the bundle is about another artifact than %s",
                      oci_digest_text(&art->desc.digest, text));
    }
    return 0;
}

static int check_message(const struct sig_bundle *b, const char *where, const struct sig_artifact *art,
                         const struct sig_demand *d, struct wp_arena *a, struct sig_proof *p, struct wp_err *err)
{
    const struct sig_signed s = {
        .message = message_of(art),
        .signature = b->signature,
    };
    if (check_digest(b, art, p, err) < 0 || sig_material_check(&b->material, &s, art, d, a, p, err) != 1) {
        return wp_wrap(err, "%s", where);
    }
    return sig_claim_plain(where, d, p, err);
}

static int check_envelope(const struct sig_bundle *b, const char *where, const struct sig_artifact *art,
                          const struct sig_demand *d, struct wp_arena *a, struct sig_proof *p, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    sig_dsse_pae(b->payload_type, b->payload, &pae);
    const struct sig_signed s = {.message = {.bytes = wp_buf_span(&pae)},
                                 .signature = b->signature,
                                 .payload_type = b->payload_type,
                                 .payload = b->payload};
    if (sig_material_check(&b->material, &s, art, d, a, p, err) != 1) {
        return wp_wrap(err, "%s", where);
    }
    return sig_claim_statement(where, b->payload_type, b->payload, art, d, a, p, err);
}

int sig_bundle_check(const struct sig_bundle *b, const char *where, const struct sig_artifact *art,
                     const struct sig_demand *d, struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    if (check_no_root(b, ret, err) < 0) {
        wp_wrap(err, "%s", where);
        return 0;
    }
    int r = b->is_dsse ? check_envelope(b, where, art, d, a, ret, err) : check_message(b, where, art, d, a, ret, err);
    return r < 0 ? 0 : 1;
}
