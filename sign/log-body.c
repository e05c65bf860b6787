/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of log entries (sigstore/rekor, pkg/types; sigstore/rekor-tiles, hashedrekord.proto and dsse.proto): an entry
 * counts only where it is about this very signature, over this message, by this key or certificate. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/cert.h"
#include "sign/key-int.h"
#include "sign/material-int.h"
#include "sign/pem.h"
#include "sign/proto-json.h"

struct body {
    struct sig_checking *c;
    const struct wp_json *root;
};

static int other(struct body *b, struct wp_err *err, const char *what)
{
    return sig_refuse(b->c, "log", err, "the log entry is about another %s", what);
}

static int malformed(struct body *b, struct wp_err *err, const struct wp_err *why)
{
    return sig_refuse(b->c, "log", err, "%s", why->msg);
}

static bool equal(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* ---- parts ---- */

static int must_bytes(struct body *b, const struct wp_json *at, struct wp_span *ret, struct wp_err *err)
{
    struct wp_err why = {0};
    return sig_pj_bytes(at, b->c->arena, ret, &why) < 0 ? malformed(b, err, &why) : 0;
}

size_t sig_named_digest(const struct sig_message *m, const char *alg, uint8_t ret[EVP_MAX_MD_SIZE])
{
    static const struct {
        const char *v1, *v2;
        enum sig_alg by; /* one that hashes so */
    } rows[] = {
        {"sha256", "SHA2_256", SIG_ALG_ECDSA_P256_SHA256},
        {"sha384", "SHA2_384", SIG_ALG_ECDSA_P384_SHA384},
        {"sha512", "SHA2_512", SIG_ALG_ECDSA_P521_SHA512},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(rows[i].v1, alg) || wp_str_eq(rows[i].v2, alg)) {
            return sig_message_digest(rows[i].by, m, ret);
        }
    }
    return 0;
}

static int check_hash(struct body *b, const struct sig_message *m, const char *alg, struct wp_span claimed,
                      const char *what, struct wp_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = sig_named_digest(m, alg, digest);
    if (len == 0) {
        return sig_refuse(b->c, "log", err, "the log entry has a %s hash, which cannot be compared here", alg);
    }
    return equal(wp_span(digest, len), claimed) ? 0 : other(b, err, what);
}

/* {"algorithm":"sha256","value":hex} */
static int check_hex_hash(struct body *b, const struct wp_json *at, const struct sig_message *m, const char *what,
                          struct wp_err *err)
{
    struct wp_err why = {0};
    struct wp_json alg = sig_pj_get(at, "algorithm");
    struct wp_json value = sig_pj_get(at, "value");
    const char *name = NULL;
    const char *hex = NULL;
    uint8_t claimed[EVP_MAX_MD_SIZE];
    if (wp_json_str(&alg, &name, &why) < 0 || wp_json_str(&value, &hex, &why) < 0) {
        return malformed(b, err, &why);
    }
    size_t len = strlen(hex) / 2;
    if (len > sizeof(claimed) || strlen(hex) % 2 != 0 || !wp_unhex(hex, claimed, len)) {
        wp_json_fail(&value, &why, "is no hash");
        return malformed(b, err, &why);
    }
    return check_hash(b, m, name, wp_span(claimed, len), what, err);
}

static int check_signature(struct body *b, const struct wp_json *at, struct wp_err *err)
{
    struct wp_span signature = {0};
    if (must_bytes(b, at, &signature, err) < 0) {
        return -1;
    }
    return equal(signature, b->c->sealed->signature) ? 0 : other(b, err, "signature");
}

static int check_certificate(struct body *b, struct wp_span der, struct wp_err *err)
{
    if (b->c->leaf == NULL || !equal(der, b->c->material->certificates[0])) {
        return other(b, err, "certificate");
    }
    return 0;
}

static int check_key(struct body *b, struct wp_span der, struct wp_err *err)
{
    struct wp_err why = {0};
    SIG_AUTO_PUB struct sig_pub *key = NULL;
    if (sig_pub_of_spki(der, "the log entry's key", &key, &why) < 0) {
        return malformed(b, err, &why);
    }
    if (b->c->leaf != NULL || !equal(sig_pub_facts(key)->spki, sig_pub_facts(b->c->key)->spki)) {
        return other(b, err, "key");
    }
    return 0;
}

/* base64 of PEM of who signed */
static int check_pem(struct body *b, const struct wp_json *at, struct wp_err *err)
{
    struct wp_err why = {0};
    struct wp_span text = {0};
    struct sig_pem block;
    WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
    if (must_bytes(b, at, &text, err) < 0) {
        return -1;
    }
    int found = sig_pem_next(&text, "the log entry's key", &block, &why);
    if (found < 0 || (found > 0 && sig_pem_decode(&block, "the log entry's key", &der, &why) < 0)) {
        return malformed(b, err, &why);
    }
    if (found == 0 || !sig_blank(text)) {
        return sig_refuse(b->c, "log", err, "the log entry names no key or certificate");
    }
    return sig_pem_is(&block, "CERTIFICATE") ? check_certificate(b, wp_buf_span(&der), err)
                                             : check_key(b, wp_buf_span(&der), err);
}

/* ---- kinds ---- */

static int check_record_v1(struct body *b, struct wp_err *err)
{
    struct wp_json hash = wp_json_pointer(b->root, "/spec/data/hash");
    struct wp_json signature = wp_json_pointer(b->root, "/spec/signature/content");
    struct wp_json key = wp_json_pointer(b->root, "/spec/signature/publicKey/content");
    if (check_signature(b, &signature, err) < 0 || check_pem(b, &key, err) < 0) {
        return -1;
    }
    return check_hex_hash(b, &hash, &b->c->sealed->message, "artifact", err);
}

/* What came before hashedrekord: the log has seen the content itself, too. Minisign's and other formats' signatures are
 * not those that are checked here. */
static int check_rekord(struct body *b, struct wp_err *err)
{
    struct wp_json format = wp_json_pointer(b->root, "/spec/signature/format");
    const char *name = NULL;
    struct wp_err why = {0};
    if (wp_json_str(&format, &name, &why) < 0) {
        return malformed(b, err, &why);
    }
    return wp_str_eq(name, "x509") ? check_record_v1(b, err) : other(b, err, "kind of signature");
}

/* ---- kinds of version 2 ---- */

/* {"algorithm":"SHA2_256","digest":base64} */
static int check_hash_v2(struct body *b, const struct wp_json *at, const struct sig_message *m, const char *what,
                         struct wp_err *err)
{
    struct wp_err why = {0};
    struct wp_json alg = sig_pj_get(at, "algorithm");
    struct wp_json digest = sig_pj_get(at, "digest");
    const char *name = NULL;
    struct wp_span claimed = {0};
    if (wp_json_str(&alg, &name, &why) < 0) {
        return malformed(b, err, &why);
    }
    return must_bytes(b, &digest, &claimed, err) < 0 ? -1 : check_hash(b, m, name, claimed, what, err);
}

/* The algorithm is one of the key's: the log has checked the signature by it. */
static int check_details(struct body *b, const struct wp_json *at, struct wp_err *err)
{
    struct wp_err why = {0};
    const char *name = NULL;
    if (wp_json_str(at, &name, &why) < 0) {
        return malformed(b, err, &why);
    }
    for (enum sig_alg alg = SIG_ALG_NONE; alg < SIG_ALG_COUNT; alg++) {
        const char *details = sig_pub_details(b->c->key, alg);
        if (details != NULL && wp_str_eq(details, name)) {
            return 0;
        }
    }
    return other(b, err, "algorithm");
}

/* {"content":base64,"verifier":{"keyDetails":…,"x509Certificate"|"publicKey":{"rawBytes":base64}}} */
static int check_signature_v2(struct body *b, const struct wp_json *at, struct wp_err *err)
{
    struct wp_json signature = sig_pj_get(at, "content");
    struct wp_json verifier = sig_pj_get(at, "verifier");
    struct wp_json details = sig_pj_get(&verifier, "keyDetails");
    struct wp_json cert = sig_pj_get(&verifier, "x509Certificate");
    struct wp_json key = sig_pj_get(&verifier, "publicKey");
    struct wp_json bytes = sig_pj_get(sig_pj_has(&cert) ? &cert : &key, "rawBytes");
    struct wp_span der = {0};
    if (check_signature(b, &signature, err) < 0 || must_bytes(b, &bytes, &der, err) < 0) {
        return -1;
    }
    if (sig_pj_has(&cert) == sig_pj_has(&key)) {
        return sig_refuse(b->c, "log", err, "the log entry names a certificate and a key");
    }
    if ((sig_pj_has(&cert) ? check_certificate(b, der, err) : check_key(b, der, err)) < 0) {
        return -1;
    }
    return check_details(b, &details, err);
}

static int check_record_v2(struct body *b, struct wp_err *err)
{
    struct wp_json data = wp_json_pointer(b->root, "/spec/hashedRekordV002/data");
    struct wp_json signature = wp_json_pointer(b->root, "/spec/hashedRekordV002/signature");
    if (check_signature_v2(b, &signature, err) < 0) {
        return -1;
    }
    return check_hash_v2(b, &data, &b->c->sealed->message, "artifact", err);
}

static int must_envelope(struct body *b, const struct wp_json *signatures, struct wp_err *err)
{
    if (b->c->sealed->payload_type == NULL) {
        return other(b, err, "kind of signature");
    }
    return wp_json_len(signatures) == 1 ? 0 : other(b, err, "number of signatures");
}

static int check_dsse(struct body *b, struct wp_err *err)
{
    const struct sig_message payload = {.bytes = b->c->sealed->payload};
    struct wp_json list = wp_json_pointer(b->root, "/spec/signatures");
    struct wp_json hash = wp_json_pointer(b->root, "/spec/payloadHash");
    struct wp_json one = wp_json_at(&list, 0);
    struct wp_json signature = wp_json_get(&one, "signature");
    struct wp_json key = wp_json_get(&one, "verifier");
    if (must_envelope(b, &list, err) < 0 || check_signature(b, &signature, err) < 0 || check_pem(b, &key, err) < 0) {
        return -1;
    }
    return check_hex_hash(b, &hash, &payload, "payload", err);
}

/* Before hashedrekord took envelopes, too, as what their signatures are over. */
static int check_dsse_v2(struct body *b, struct wp_err *err)
{
    const struct sig_message payload = {.bytes = b->c->sealed->payload};
    struct wp_json list = wp_json_pointer(b->root, "/spec/dsseV002/signatures");
    struct wp_json hash = wp_json_pointer(b->root, "/spec/dsseV002/payloadHash");
    struct wp_json one = wp_json_at(&list, 0);
    if (must_envelope(b, &list, err) < 0 || check_signature_v2(b, &one, err) < 0) {
        return -1;
    }
    return check_hash_v2(b, &hash, &payload, "payload", err);
}

/* Names no signature, but the bytes of the envelope that holds it. Old ones have no hash of the payload alone. */
static int check_intoto_v1(struct body *b, struct wp_err *err)
{
    const struct sig_message payload = {.bytes = b->c->sealed->payload};
    const struct sig_message envelope = {.bytes = b->c->sealed->envelope};
    struct wp_json key = wp_json_pointer(b->root, "/spec/publicKey");
    struct wp_json whole = wp_json_pointer(b->root, "/spec/content/hash");
    struct wp_json part = wp_json_pointer(b->root, "/spec/content/payloadHash");
    if (b->c->sealed->payload_type == NULL) {
        return other(b, err, "kind of signature");
    }
    if (envelope.bytes.ptr == NULL) {
        return sig_refuse(b->c, "log", err,
                          "the log entry knows an envelope by its bytes, which a bundle has not kept");
    }
    if (check_pem(b, &key, err) < 0 || check_hex_hash(b, &whole, &envelope, "envelope", err) < 0) {
        return -1;
    }
    return sig_pj_has(&part) ? check_hex_hash(b, &part, &payload, "payload", err) : 0;
}

/* Here the signature is base64 of base64, inside by either alphabet (DSSE, protocol.md). */
static int check_intoto_v2(struct body *b, struct wp_err *err)
{
    const struct sig_message payload = {.bytes = b->c->sealed->payload};
    struct wp_json list = wp_json_pointer(b->root, "/spec/content/envelope/signatures");
    struct wp_json hash = wp_json_pointer(b->root, "/spec/content/payloadHash");
    struct wp_json one = wp_json_at(&list, 0);
    struct wp_json signature = wp_json_get(&one, "sig");
    struct wp_json key = wp_json_get(&one, "publicKey");
    struct wp_span text = {0};
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (must_envelope(b, &list, err) < 0 || must_bytes(b, &signature, &text, err) < 0) {
        return -1;
    }
    bool url = memchr(text.ptr, '-', text.len) != NULL || memchr(text.ptr, '_', text.len) != NULL;
    if (!wp_unbase64(&bytes, (const char *)text.ptr, text.len, url) ||
        !equal(wp_buf_span(&bytes), b->c->sealed->signature)) {
        return other(b, err, "signature");
    }
    return check_pem(b, &key, err) < 0 ? -1 : check_hex_hash(b, &hash, &payload, "payload", err);
}

static const struct {
    const char *kind, *version;
    int (*check)(struct body *b, struct wp_err *err);
} kinds[] = {
    {"hashedrekord", "0.0.1", check_record_v1},
    {"hashedrekord", "0.0.2", check_record_v2},
    {"dsse", "0.0.1", check_dsse},
    {"dsse", "0.0.2", check_dsse_v2},
    {"intoto", "0.0.1", check_intoto_v1},
    {"intoto", "0.0.2", check_intoto_v2},
    {"rekord", "0.0.1", check_rekord},
};

static bool says(const struct wp_json *root, const char *key, const char *value)
{
    struct wp_err why = {0};
    struct wp_json at = wp_json_get(root, key);
    const char *text = NULL;
    return wp_json_str(&at, &text, &why) == 0 && wp_str_eq(text, value);
}

int sig_check_body(struct sig_checking *c, const struct sig_log_entry *e, struct wp_err *err)
{
    struct wp_err why = {0};
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(e->canonical_body, "the log entry's body", false, WP_E_UNSATISFIED, &doc, &why) < 0) {
        return sig_refuse(c, "log", err, "%s", why.msg);
    }
    struct wp_json root = wp_json_root(doc);
    struct body b = {.c = c, .root = &root};
    if (!says(&root, "kind", e->kind) || !says(&root, "apiVersion", e->version)) {
        return sig_refuse(c, "log", err, "the log entry's body is not of the kind %s %s", e->kind, e->version);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(kinds); i++) {
        if (wp_str_eq(kinds[i].kind, e->kind) && wp_str_eq(kinds[i].version, e->version)) {
            return kinds[i].check(&b, err);
        }
    }
    return sig_refuse(c, "log", err, "log entries of the kind %s %s are not known here", e->kind, e->version);
}
