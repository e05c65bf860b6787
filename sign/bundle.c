/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a Sigstore bundle: its shape and what each version asks for (sigstore_bundle.proto). Nothing is believed
 * here. */
#include "sign/bundle.h"

#include "base/limits.h"
#include "base/mem.h"
#include "sign/log.h"
#include "sign/proto-json.h"

/* A statement in base64, and all that stands around it. */
#define TEXT_MAX (WP_LIMIT_STATEMENT / 3 * 4 + WP_LIMIT_SIGNATURE)

static const struct {
    const char *media_type;
    unsigned minor;
} versions[] = {
    {"application/vnd.dev.sigstore.bundle+json;version=0.1", 1},
    {"application/vnd.dev.sigstore.bundle+json;version=0.2", 2},
    {"application/vnd.dev.sigstore.bundle+json;version=0.3", 3},
    {SIG_MT_BUNDLE, 3},
};

static int read_version(const struct wp_json *at, unsigned *ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(versions); i++) {
        if (wp_str_eq(versions[i].media_type, text)) {
            *ret = versions[i].minor;
            return 0;
        }
    }
    return wp_json_fail(at, err, "'%s' is no version of Sigstore bundles known here, v0.1 to v0.3 are", text);
}

/* ---- by whom ---- */

static int read_certificate(const struct wp_json *at, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    static const char *const known[] = {"rawBytes", NULL};
    struct wp_json bytes = sig_pj_get(at, "rawBytes");
    return sig_pj_object(at, known, err) < 0 ? -1 : sig_pj_bytes(&bytes, a, ret, err);
}

static int read_chain(const struct wp_json *at, struct wp_arena *a, struct sig_material *m, struct wp_err *err)
{
    static const char *const known[] = {"certificates", NULL};
    struct wp_json list = sig_pj_get(at, "certificates");
    if (sig_pj_object(at, known, err) < 0 ||
        sig_pj_array(&list, WP_LIMIT_CERTIFICATES, &m->certificate_count, err) < 0) {
        return -1;
    }
    if (m->certificate_count == 0) {
        return wp_json_fail(at, err, "has no certificate");
    }
    struct wp_span *certificates = wp_arena_alloc(a, m->certificate_count, sizeof(*certificates));
    for (size_t i = 0; i < m->certificate_count; i++) {
        struct wp_json one = wp_json_at(&list, i);
        if (read_certificate(&one, a, &certificates[i], err) < 0) {
            return -1;
        }
    }
    m->certificates = certificates;
    return 0;
}

static int read_leaf(const struct wp_json *at, struct wp_arena *a, struct sig_material *m, struct wp_err *err)
{
    struct wp_span *certificate = wp_arena_alloc(a, 1, sizeof(*certificate));
    m->certificates = certificate;
    m->certificate_count = 1;
    return read_certificate(at, a, certificate, err);
}

static int read_hint(const struct wp_json *at, struct wp_arena *a, struct sig_material *m, struct wp_err *err)
{
    static const char *const known[] = {"hint", NULL};
    struct wp_json hint = sig_pj_get(at, "hint");
    if (sig_pj_object(at, known, err) < 0) {
        return -1;
    }
    return sig_pj_has(&hint) ? sig_pj_text(&hint, a, &m->hint, err) : 0;
}

static int read_signer(const struct wp_json *at, unsigned minor, struct wp_arena *a, struct sig_material *m,
                       struct wp_err *err)
{
    struct wp_json key = sig_pj_get(at, "publicKey");
    struct wp_json chain = sig_pj_get(at, "x509CertificateChain");
    struct wp_json leaf = sig_pj_get(at, "certificate");
    if (sig_pj_has(&key) + sig_pj_has(&chain) + sig_pj_has(&leaf) != 1) {
        return wp_json_fail(at, err, "must have one of publicKey, certificate, x509CertificateChain");
    }
    if (sig_pj_has(&key)) {
        return read_hint(&key, a, m, err);
    }
    if (sig_pj_has(&leaf)) {
        return read_leaf(&leaf, a, m, err);
    }
    if (minor >= 3) {
        return wp_json_fail(&chain, err, "bundles of version 0.3 have the signer's certificate alone");
    }
    return read_chain(&chain, a, m, err);
}

/* ---- log and time ---- */

static int read_entries(const struct wp_json *at, unsigned minor, struct wp_arena *a, struct sig_material *m,
                        struct wp_err *err)
{
    if (sig_pj_array(at, WP_LIMIT_LOG_ENTRIES, &m->entry_count, err) < 0) {
        return -1;
    }
    struct sig_log_entry *entries = wp_arena_alloc(a, m->entry_count, sizeof(*entries));
    for (size_t i = 0; i < m->entry_count; i++) {
        struct wp_json one = wp_json_at(at, i);
        struct sig_log_entry *e = &entries[i];
        if (sig_log_entry_read(&one, a, e, err) < 0) {
            return -1;
        }
        e->proof_required = minor >= 2;
        if (minor == 1 && e->set.ptr == NULL) {
            return wp_json_fail(&one, err, "bundles of version 0.1 need an inclusionPromise");
        }
        if (e->proof_required && (!e->has_proof || e->checkpoint.ptr == NULL)) {
            return wp_json_fail(&one, err, "needs an inclusionProof with a checkpoint");
        }
    }
    m->entries = entries;
    return 0;
}

static int read_timestamps(const struct wp_json *at, struct wp_arena *a, struct sig_material *m, struct wp_err *err)
{
    static const char *const known[] = {"rfc3161Timestamps", NULL};
    static const char *const known_one[] = {"signedTimestamp", NULL};
    if (!sig_pj_has(at)) {
        return 0;
    }
    struct wp_json list = sig_pj_get(at, "rfc3161Timestamps");
    if (sig_pj_object(at, known, err) < 0 || sig_pj_array(&list, WP_LIMIT_LOG_ENTRIES, &m->timestamp_count, err) < 0) {
        return -1;
    }
    struct wp_span *timestamps = wp_arena_alloc(a, m->timestamp_count, sizeof(*timestamps));
    for (size_t i = 0; i < m->timestamp_count; i++) {
        struct wp_json one = wp_json_at(&list, i);
        struct wp_json bytes = sig_pj_get(&one, "signedTimestamp");
        if (sig_pj_object(&one, known_one, err) < 0 || sig_pj_bytes(&bytes, a, &timestamps[i], err) < 0) {
            return -1;
        }
    }
    m->timestamps = timestamps;
    return 0;
}

static int read_material(const struct wp_json *at, unsigned minor, struct wp_arena *a, struct sig_material *m,
                         struct wp_err *err)
{
    static const char *const known[] = {"publicKey",   "x509CertificateChain",      "certificate",
                                        "tlogEntries", "timestampVerificationData", NULL};
    struct wp_json entries = sig_pj_get(at, "tlogEntries");
    struct wp_json timestamps = sig_pj_get(at, "timestampVerificationData");
    if (sig_pj_object(at, known, err) < 0 || read_signer(at, minor, a, m, err) < 0 ||
        read_entries(&entries, minor, a, m, err) < 0) {
        return -1;
    }
    return read_timestamps(&timestamps, a, m, err);
}

/* ---- what is signed ---- */

static int read_message(const struct wp_json *at, struct wp_arena *a, struct sig_bundle *b, struct wp_err *err)
{
    static const char *const known[] = {"messageDigest", "signature", NULL};
    static const char *const known_digest[] = {"algorithm", "digest", NULL};
    struct wp_json signature = sig_pj_get(at, "signature");
    struct wp_json digest = sig_pj_get(at, "messageDigest");
    if (sig_pj_object(at, known, err) < 0 || sig_pj_bytes(&signature, a, &b->signature, err) < 0) {
        return -1;
    }
    if (!sig_pj_has(&digest)) {
        return 0;
    }
    struct wp_json algorithm = sig_pj_get(&digest, "algorithm");
    struct wp_json bytes = sig_pj_get(&digest, "digest");
    size_t which = 0;
    if (sig_pj_object(&digest, known_digest, err) < 0 ||
        sig_pj_enum(&algorithm, sig_pj_hashes, SIG_PJ_HASHES, &which, err) < 0 ||
        sig_pj_bytes(&bytes, a, &b->digest, err) < 0) {
        return -1;
    }
    if (which == 0) {
        return wp_json_fail(&algorithm, err, "does not say which hash function");
    }
    b->digest_alg = sig_pj_hashes[which];
    return 0;
}

static int read_envelope(const struct wp_json *at, struct wp_arena *a, struct sig_bundle *b, struct wp_err *err)
{
    static const char *const known[] = {"payload", "payloadType", "signatures", NULL};
    static const char *const known_one[] = {"sig", "keyid", NULL};
    struct wp_json payload = sig_pj_get(at, "payload");
    struct wp_json type = sig_pj_get(at, "payloadType");
    struct wp_json list = sig_pj_get(at, "signatures");
    size_t count = 0;
    b->is_dsse = true;
    if (sig_pj_object(at, known, err) < 0 || sig_pj_bytes(&payload, a, &b->payload, err) < 0 ||
        wp_json_must(&type, WP_JSON_STRING, err) < 0 || sig_pj_text(&type, a, &b->payload_type, err) < 0 ||
        sig_pj_array(&list, WP_LIMIT_SIGNATURES, &count, err) < 0) {
        return -1;
    }
    if (count != 1) {
        return wp_json_fail(&list, err, "an envelope in a bundle has one signature, this one has %zu", count);
    }
    struct wp_json one = wp_json_at(&list, 0);
    struct wp_json sig = sig_pj_get(&one, "sig");
    struct wp_json keyid = sig_pj_get(&one, "keyid");
    const char *ignored = NULL; /* whoever made the envelope chose it */
    if (sig_pj_object(&one, known_one, err) < 0 || sig_pj_text(&keyid, a, &ignored, err) < 0) {
        return -1;
    }
    return sig_pj_bytes(&sig, a, &b->signature, err);
}

static int read_bundle(const struct wp_json *root, struct wp_arena *a, struct sig_bundle *b, struct wp_err *err)
{
    static const char *const known[] = {"mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope", NULL};
    struct wp_json type = sig_pj_get(root, "mediaType");
    struct wp_json material = sig_pj_get(root, "verificationMaterial");
    struct wp_json message = sig_pj_get(root, "messageSignature");
    struct wp_json envelope = sig_pj_get(root, "dsseEnvelope");
    if (wp_json_must(root, WP_JSON_OBJECT, err) < 0 || read_version(&type, &b->minor, err) < 0 ||
        sig_pj_object(root, known, err) < 0 || read_material(&material, b->minor, a, &b->material, err) < 0) {
        return -1;
    }
    if (sig_pj_has(&message) == sig_pj_has(&envelope)) {
        return wp_json_fail(root, err, "must have one of messageSignature, dsseEnvelope");
    }
    return sig_pj_has(&message) ? read_message(&message, a, b, err) : read_envelope(&envelope, a, b, err);
}

int sig_bundle_read(struct wp_span text, const char *name, struct wp_arena *a, struct sig_bundle *ret,
                    struct wp_err *err)
{
    if (text.len > TEXT_MAX) {
        return wp_fail(err, WP_E_LIMIT, "%s: %zu bytes, at most %llu are looked at", name, text.len,
                       (unsigned long long)TEXT_MAX);
    }
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, name, false, WP_E_UNSATISFIED, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct sig_bundle b = {0};
    if (read_bundle(&root, a, &b, err) < 0) {
        return -1;
    }
    *ret = b;
    return 0;
}
