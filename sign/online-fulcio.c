/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate for a token (sigstore/fulcio, fulcio.proto: CreateSigningCertificate), and what a token says
 * (RFC 7519; OpenID Connect Core, section 2). */
#include "base/limits.h"
#include "base/num.h"
#include "sign/cert.h"
#include "sign/key-int.h"
#include "sign/online-int.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#define WHAT "certificate authority"

int sig_token_claims(const char *token, struct wp_arena *a, const char **ret_subject, const char **ret_issuer,
                     struct wp_err *err)
{
    const char *first = strchr(token, '.');
    const char *last = first == NULL ? NULL : strchr(first + 1, '.');
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (last == NULL || strchr(last + 1, '.') != NULL || strlen(token) > WP_LIMIT_TOKEN_BODY ||
        !wp_unbase64(&text, first + 1, (size_t)(last - first - 1), true)) {
        return wp_fail(err, WP_E_INPUT, "the identity token is no JSON web token");
    }
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(wp_buf_span(&text), "identity token", false, WP_E_INPUT, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json email = wp_json_get(&root, "email");
    struct wp_json subject = wp_json_get(&root, "sub");
    struct wp_json issuer = wp_json_get(&root, "iss");
    const char *who = NULL;
    const char *by = NULL;
    const bool by_mail = wp_json_kind(&email) == WP_JSON_STRING;
    if (wp_json_str(by_mail ? &email : &subject, &who, err) < 0 || wp_json_str(&issuer, &by, err) < 0) {
        return -1;
    }
    *ret_subject = wp_arena_str(a, who);
    *ret_issuer = wp_arena_str(a, by);
    return 0;
}

static void write_request(const char *token, const char *pem, const char *proof, struct wp_buf *b)
{
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    wp_jo_key(&o, "credentials");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "oidcIdentityToken", token);
    wp_jo_object_end(&o);
    wp_jo_key(&o, "publicKeyRequest");
    wp_jo_object(&o);
    wp_jo_key(&o, "publicKey");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "algorithm", "ECDSA");
    wp_jo_kstr(&o, "content", pem);
    wp_jo_object_end(&o);
    wp_jo_kstr(&o, "proofOfPossession", proof);
    wp_jo_object_end(&o);
    wp_jo_object_end(&o);
}

/* One PEM certificate as DER in the arena. */
static int read_certificate(const struct wp_json *at, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    const char *pem = NULL;
    if (wp_json_str(at, &pem, err) < 0) {
        return -1;
    }
    BIO *bio = BIO_new_mem_buf(pem, (int)strlen(pem));
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    uint8_t *der = NULL;
    int len = x == NULL ? -1 : i2d_X509(x, &der);
    X509_free(x);
    if (len <= 0) {
        return wp_json_fail(at, err, "is no certificate");
    }
    *ret = wp_arena_bytes(a, wp_span(der, (size_t)len));
    CRYPTO_free(der, "", 0);
    return 0;
}

static int read_chain(struct wp_span text, struct wp_arena *a, const struct wp_span **ret, size_t *ret_count,
                      struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, "its reply", false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json embedded = wp_json_get(&root, "signedCertificateEmbeddedSct");
    struct wp_json chain = wp_json_get(&embedded, "chain");
    struct wp_json list = wp_json_get(&chain, "certificates");
    if (wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    size_t n = wp_json_len(&list);
    if (n == 0 || n > WP_LIMIT_CERTIFICATES) {
        return wp_json_fail(&list, err, "has %zu certificates, 1 to %u are understood", n,
                            (unsigned)WP_LIMIT_CERTIFICATES);
    }
    struct wp_span *certificates = wp_arena_alloc(a, n, sizeof(*certificates));
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_certificate(&at, a, &certificates[i], err) < 0) {
            return -1;
        }
    }
    *ret = certificates;
    *ret_count = n;
    return 0;
}

/* The leaf must be about the key that asked. */
static int check_leaf(struct wp_span leaf, const struct sig_pub *pub, struct wp_err *err)
{
    SIG_AUTO_CERT X509 *certificate = NULL;
    SIG_AUTO_PUB struct sig_pub *got = NULL;
    if (sig_cert_of_der(leaf, "the certificate", &certificate, err) < 0 ||
        sig_pub_of_cert(certificate, "the certificate's key", &got, err) < 0) {
        return -1;
    }
    if (!wp_str_eq(sig_pub_facts(got)->id, sig_pub_facts(pub)->id)) {
        return wp_fail(err, WP_E_CERTIFICATE, "the certificate is for another key than the one it was asked for");
    }
    return 0;
}

static int ask(const struct sig_online *on, const char *token, struct sig_key *key, struct wp_arena *a,
               const struct wp_span **ret, size_t *ret_count, struct wp_err *err)
{
    static const int created[] = {200, 201, 0};
    const char *subject = "";
    const char *issuer = "";
    WP_AUTO_BUF struct wp_buf proof = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf request = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf reply = WP_BUF_INIT;
    if (sig_token_claims(token, a, &subject, &issuer, err) < 0) {
        return -1;
    }
    const struct sig_message who = {.bytes = wp_span_str(subject)};
    if (sig_key_sign(key, SIG_ALG_ECDSA_P256_SHA256, &who, &proof, err) < 0) {
        return -1;
    }
    sig_pub_pem(sig_key_pub(key), &pem);
    write_request(token, pem.ptr, online_base64(a, wp_buf_span(&proof)), &request);
    const struct online_post post = {.base = on->services.fulcio,
                                     .path = "/api/v2/signingCert",
                                     .type = "application/json",
                                     .accept = "application/json",
                                     .body = wp_buf_span(&request),
                                     .statuses = created,
                                     .what = WHAT};
    int got = online_post(on, &post, a, &reply, NULL, NULL, err);
    sig_wipe(request.ptr, request.len);
    if (got < 0) {
        return -1;
    }
    if (read_chain(wp_buf_span(&reply), a, ret, ret_count, err) < 0 ||
        check_leaf((*ret)[0], sig_key_pub(key), err) < 0) {
        return wp_wrap(err, WHAT " %s", on->services.fulcio);
    }
    return 0;
}

int sig_online_certificate(const struct sig_online *on, const char *token, struct wp_arena *a, struct sig_key **ret,
                           const struct wp_span **ret_chain, size_t *ret_count, struct wp_err *err)
{
    SIG_AUTO_KEY struct sig_key *key = NULL;
    if (sig_key_generate(SIG_KEY_ECDSA_P256, &key, err) < 0 || ask(on, token, key, a, ret_chain, ret_count, err) < 0) {
        return -1;
    }
    *ret = WP_STEAL(key);
    return 0;
}
