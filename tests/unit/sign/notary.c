/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sign/notary.h"

#include "base/mem.h"
#include "tests/unit/unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#define KEYS 32

static EVP_PKEY *key_of(const char *kind)
{
    static struct {
        const char *kind;
        EVP_PKEY *key;
    } made[KEYS];
    size_t i = 0;
    for (; made[i].kind != NULL; i++) {
        if (wp_str_eq(made[i].kind, kind)) {
            return made[i].key;
        }
    }
    assert_true(i < KEYS - 1);
    WP_AUTO_FREE char *curve = wp_xstrndup(kind, strcspn(kind, "#"));
    EVP_PKEY *key = wp_str_starts(kind, "RSA")   ? EVP_RSA_gen((unsigned)strtoul(kind + 3, NULL, 10))
                    : wp_str_eq(kind, "ED25519") ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                                 : EVP_EC_gen(curve);
    assert_non_null(key);
    made[i].kind = kind;
    made[i].key = key;
    return key;
}

static X509_NAME *name_of(const char *text)
{
    X509_NAME *name = X509_NAME_new();
    WP_AUTO_FREE char *copy = wp_xstrdup(text);
    char *rest = NULL;
    for (char *part = strtok_r(copy, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        char *value = strchr(part, '=');
        *value++ = '\0';
        assert_int_equal(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0),
                         1);
    }
    return name;
}

static void add_extensions(X509 *cert, X509 *issuer, const char *lines)
{
    X509V3_CTX ctx;
    WP_AUTO_FREE char *copy = wp_xstrdup(lines != NULL ? lines : "");
    char *rest = NULL;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');
        *value++ = '\0';
        X509_EXTENSION *ext = X509V3_EXT_conf(NULL, &ctx, line, value);
        if (ext == NULL) {
            fail_msg("%s=%s", line, value);
        }
        assert_int_equal(X509_add_ext(cert, ext, -1), 1);
        X509_EXTENSION_free(ext);
    }
}

struct notary_cert notary_issue(const struct notary_spec *spec, const struct notary_cert *issuer)
{
    static long serial = 1000;
    struct notary_cert c = {.cert = X509_new(), .key = key_of(spec->key)};
    X509_NAME *name = name_of(spec->name);
    X509 *by = issuer != NULL ? issuer->cert : c.cert;
    EVP_PKEY *key = issuer != NULL ? issuer->key : c.key;
    X509_set_version(c.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c.cert), serial++);
    X509_set_subject_name(c.cert, name);
    X509_set_issuer_name(c.cert, issuer != NULL ? X509_get_subject_name(issuer->cert) : name);
    ASN1_TIME_set(X509_getm_notBefore(c.cert), spec->from != 0 ? spec->from : NOTARY_FROM);
    ASN1_TIME_set(X509_getm_notAfter(c.cert), spec->to != 0 ? spec->to : NOTARY_TO);
    X509_set_pubkey(c.cert, c.key);
    add_extensions(c.cert, by, spec->extensions);
    const EVP_MD *hash = EVP_get_digestbyname(spec->hash != NULL ? spec->hash : "SHA256");
    assert_true(X509_sign(c.cert, key, EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : hash) > 0);
    X509_NAME_free(name);
    return c;
}

void notary_cert_done(struct notary_cert *c)
{
    X509_free(c->cert);
}

static void take(BIO *bio, struct wp_buf *ret)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    wp_buf_add(ret, text, (size_t)len);
    BIO_free(bio);
}

void notary_pem(const X509 *cert, struct wp_buf *ret)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
    take(bio, ret);
}

void notary_crl(const struct notary_cert *issuer, const X509 *revoked, int64_t from, int64_t to, bool partial,
                struct wp_buf *ret)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, from);
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
    X509_CRL_set1_lastUpdate(crl, time);
    if (revoked != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)X509_get0_serialNumber(revoked));
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);
    }
    ASN1_TIME_set(time, to);
    X509_CRL_set1_nextUpdate(crl, time);
    ASN1_TIME_free(time);
    if (partial) {
        X509_EXTENSION *ext = X509V3_EXT_conf(NULL, NULL, "issuingDistributionPoint", "critical,onlyuser:TRUE");
        assert_non_null(ext);
        X509_CRL_add_ext(crl, ext, -1);
        X509_EXTENSION_free(ext);
    }
    assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
    X509_CRL_free(crl);
    take(bio, ret);
}

static int stamp_time(TS_RESP_CTX *ctx, void *arg, long *sec, long *usec)
{
    (void)ctx;
    *sec = (long)*(const int64_t *)arg;
    *usec = 0;
    return 1;
}

static TS_REQ *request_of(struct wp_span bytes)
{
    TS_REQ *req = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *alg = X509_ALGOR_new();
    uint8_t digest[32];
    X509_ALGOR_set0(alg, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL);
    assert_int_equal(EVP_Digest(bytes.ptr, bytes.len, digest, NULL, EVP_sha256(), NULL), 1);
    TS_MSG_IMPRINT_set_algo(imprint, alg);
    TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest));
    TS_REQ_set_version(req, 1);
    TS_REQ_set_msg_imprint(req, imprint);
    TS_REQ_set_cert_req(req, 1);
    TS_MSG_IMPRINT_free(imprint);
    X509_ALGOR_free(alg);
    return req;
}

struct wp_span notary_stamp(const struct notary_cert *tsa, struct wp_span bytes, int64_t at, struct wp_arena *a)
{
    TS_RESP_CTX *ctx = TS_RESP_CTX_new();
    TS_REQ *req = request_of(bytes);
    BIO *in = BIO_new(BIO_s_mem());
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4", 1);
    assert_int_equal(i2d_TS_REQ_bio(in, req), 1);
    TS_RESP_CTX_set_signer_cert(ctx, tsa->cert);
    TS_RESP_CTX_set_signer_key(ctx, tsa->key);
    TS_RESP_CTX_set_def_policy(ctx, policy);
    TS_RESP_CTX_add_md(ctx, EVP_sha256());
    TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256());
    TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256());
    TS_RESP_CTX_set_accuracy(ctx, 1, 0, 0);
    TS_RESP_CTX_set_time_cb(ctx, stamp_time, &at);
    TS_RESP *resp = TS_RESP_create_response(ctx, in);
    assert_non_null(resp);
    unsigned char *der = NULL;
    int len = i2d_TS_RESP(resp, &der);
    assert_true(len > 0);
    struct wp_span ret = wp_arena_bytes(a, wp_span(der, (size_t)len));
    OPENSSL_free(der);
    TS_RESP_free(resp);
    TS_REQ_free(req);
    BIO_free(in);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(ctx);
    return ret;
}
