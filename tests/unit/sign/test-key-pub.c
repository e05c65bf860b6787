/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys: read, refused, verified with. Signatures are made by OpenSSL and libsodium. */
#include "sign/key-int.h"
#include "sign/pem.h"
#include "tests/unit/unit.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>

static EVP_PKEY *ec(const char *curve)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}

static EVP_PKEY *rsa(size_t bits)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static struct sig_pub *pub_of(EVP_PKEY *k)
{
    struct sig_pub *p = NULL;
    struct wp_err err = {0};
    if (sig_pub_of_evp(k, "test.pub", &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static struct wp_span sign(EVP_PKEY *k, const EVP_MD *md, bool pss, const char *text, uint8_t *buf, size_t size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    assert_int_equal(EVP_DigestSignInit(ctx, &pctx, md, NULL, k), 1);
    if (pss) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx, 6) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, -1) > 0);
    }
    assert_int_equal(EVP_DigestSign(ctx, buf, &size, (const uint8_t *)text, strlen(text)), 1);
    EVP_MD_CTX_free(ctx);
    return wp_span(buf, size);
}

/* The signature holds for alg and for nothing else: no other algorithm, message, digest, signature. */
static void holds_only(const struct sig_pub *p, enum sig_alg alg, const char *text, struct wp_span sig)
{
    struct sig_message m = {.bytes = wp_span_str(text)};
    for (enum sig_alg other = SIG_ALG_NONE; other < SIG_ALG_COUNT; other++) {
        assert_int_equal(sig_pub_verify(p, other, &m, sig), other == alg);
    }
    struct sig_message wrong = {.bytes = wp_span_str("another")};
    assert_false(sig_pub_verify(p, alg, &wrong, sig));
    assert_false(sig_pub_verify(p, alg, &m, wp_span(sig.ptr, sig.len - 1)));
    assert_false(sig_pub_verify(p, alg, &m, wp_span(sig.ptr, 0)));
    assert_false(sig_pub_verify(p, alg, &m, wp_span(NULL, 0)));
    uint8_t bent[600];
    memcpy(bent, sig.ptr, sig.len);
    bent[sig.len - 1] ^= 1;
    assert_false(sig_pub_verify(p, alg, &m, wp_span(bent, sig.len)));

    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = sig_message_digest(alg, &m, digest);
    struct sig_message hashed = {.digest = digest, .digest_len = len};
    bool by_hash = sig_algs[alg].kind != SIG_KIND_ED25519;
    assert_int_equal(sig_pub_verify(p, alg, &hashed, sig), by_hash);
    hashed.digest_len = len > 0 ? len - 1 : 20;
    assert_false(sig_pub_verify(p, alg, &hashed, sig));
}

static void test_ecdsa(void **state)
{
    (void)state;
    static const struct {
        const char *curve;
        enum sig_alg alg;
    } rows[] = {{"P-256", SIG_ALG_ECDSA_P256_SHA256},
                {"P-384", SIG_ALG_ECDSA_P384_SHA384},
                {"P-521", SIG_ALG_ECDSA_P521_SHA512}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint8_t buf[256];
        EVP_PKEY *k = ec(rows[i].curve);
        SIG_AUTO_PUB struct sig_pub *p = pub_of(k);
        const EVP_MD *md = i == 0 ? EVP_sha256() : i == 1 ? EVP_sha384() : EVP_sha512();
        struct wp_span sig = sign(k, md, false, "text", buf, sizeof(buf));
        assert_int_equal(sig_pub_facts(p)->alg, rows[i].alg);
        holds_only(p, rows[i].alg, "text", sig);
        enum sig_alg also = sig_alg_also(rows[i].alg);
        if (also != SIG_ALG_NONE) {
            uint8_t older[256];
            holds_only(p, also, "text", sign(k, EVP_sha256(), false, "text", older, sizeof(older)));
        }

        WP_AUTO_BUF struct wp_buf raw = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
        assert_true(sig_ecdsa_to_raw(p, sig, &raw));
        assert_int_equal(raw.len, 2 * ((sig_pub_facts(p)->bits + 7) / 8));
        assert_true(sig_ecdsa_to_der(p, wp_buf_span(&raw), &der));
        assert_int_equal(der.len, sig.len);
        assert_memory_equal(der.ptr, sig.ptr, sig.len);
        assert_false(sig_ecdsa_to_der(p, wp_span(raw.ptr, raw.len - 1), &der));
        wp_buf_add_char(&der, '\0');
        assert_false(sig_ecdsa_to_raw(p, wp_buf_span(&der), &raw));
        EVP_PKEY_free(k);
    }
}

static void test_rsa(void **state)
{
    (void)state;
    uint8_t buf[512];
    EVP_PKEY *k = rsa(2048);
    SIG_AUTO_PUB struct sig_pub *p = pub_of(k);
    assert_int_equal(sig_pub_facts(p)->bits, 2048);
    holds_only(p, SIG_ALG_RSA_PKCS1_SHA256, "text", sign(k, EVP_sha256(), false, "text", buf, sizeof(buf)));
    holds_only(p, SIG_ALG_RSA_PKCS1_SHA512, "text", sign(k, EVP_sha512(), false, "text", buf, sizeof(buf)));
    holds_only(p, SIG_ALG_RSA_PSS_SHA256, "text", sign(k, EVP_sha256(), true, "text", buf, sizeof(buf)));
    holds_only(p, SIG_ALG_RSA_PSS_SHA384, "text", sign(k, EVP_sha384(), true, "text", buf, sizeof(buf)));
    holds_only(p, SIG_ALG_RSA_PSS_SHA512, "text", sign(k, EVP_sha512(), true, "text", buf, sizeof(buf)));
    assert_string_equal(sig_pub_details(p, SIG_ALG_RSA_PKCS1_SHA256), "PKIX_RSA_PKCS1V15_2048_SHA256");
    assert_null(sig_pub_details(p, SIG_ALG_ED25519));
    EVP_PKEY_free(k);
}

static void test_ed25519(void **state)
{
    (void)state;
    uint8_t pk[32];
    uint8_t sk[64];
    uint8_t sig[64];
    struct wp_err err = {0};
    crypto_sign_keypair(pk, sk);
    SIG_AUTO_PUB struct sig_pub *p = NULL;
    assert_int_equal(sig_pub_of_ed25519(pk, "test.pub", &p, &err), 0);
    assert_memory_equal(sig_pub_facts(p)->ed25519, pk, 32);
    crypto_sign_detached(sig, NULL, (const uint8_t *)"text", 4, sk);
    holds_only(p, SIG_ALG_ED25519, "text", wp_span(sig, 64));
    crypto_sign_state st;
    crypto_sign_init(&st);
    crypto_sign_update(&st, (const uint8_t *)"text", 4);
    crypto_sign_final_create(&st, sig, NULL, sk);
    holds_only(p, SIG_ALG_ED25519_PH, "text", wp_span(sig, 64));
}

/* RFC 8032, 7.3 */
static void test_ed25519ph_vector(void **state)
{
    (void)state;
    static const uint8_t pk[32] = {0xec, 0x17, 0x2b, 0x93, 0xad, 0x5e, 0x56, 0x3b, 0xf4, 0x93, 0x2c,
                                   0x70, 0xe1, 0x24, 0x50, 0x34, 0xc3, 0x54, 0x67, 0xef, 0x2e, 0xfd,
                                   0x4d, 0x64, 0xeb, 0xf8, 0x19, 0x68, 0x34, 0x67, 0xe2, 0xbf};
    static const uint8_t sig[64] = {0x98, 0xa7, 0x02, 0x22, 0xf0, 0xb8, 0x12, 0x1a, 0xa9, 0xd3, 0x0f, 0x81, 0x3d,
                                    0x68, 0x3f, 0x80, 0x9e, 0x46, 0x2b, 0x46, 0x9c, 0x7f, 0xf8, 0x76, 0x39, 0x49,
                                    0x9b, 0xb9, 0x4e, 0x6d, 0xae, 0x41, 0x31, 0xf8, 0x50, 0x42, 0x46, 0x3c, 0x2a,
                                    0x35, 0x5a, 0x20, 0x03, 0xd0, 0x62, 0xad, 0xf5, 0xaa, 0xa1, 0x0b, 0x8c, 0x61,
                                    0xe6, 0x36, 0x06, 0x2a, 0xaa, 0xd1, 0x1c, 0x2a, 0x26, 0x08, 0x34, 0x06};
    struct wp_err err = {0};
    SIG_AUTO_PUB struct sig_pub *p = NULL;
    assert_int_equal(sig_pub_of_ed25519(pk, "rfc", &p, &err), 0);
    struct sig_message m = {.bytes = wp_span_str("abc")};
    assert_true(sig_pub_verify(p, SIG_ALG_ED25519_PH, &m, wp_span(sig, 64)));
}

static struct sig_pub *read_text(const char *text)
{
    struct sig_pub *p = NULL;
    struct wp_err err = {0};
    if (sig_pub_read(wp_span_str(text), "k.pub", &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static void test_spellings(void **state)
{
    (void)state;
    EVP_PKEY *k = ec("P-256");
    SIG_AUTO_PUB struct sig_pub *p = pub_of(k);
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    sig_pub_pem(p, &pem);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, k);
    char *theirs = NULL;
    long len = BIO_get_mem_data(bio, &theirs);
    assert_int_equal(len, pem.len);
    assert_memory_equal(theirs, pem.ptr, pem.len);
    BIO_free(bio);

    SIG_AUTO_PUB struct sig_pub *again = read_text(pem.ptr);
    assert_string_equal(sig_pub_facts(again)->id, sig_pub_facts(p)->id);
    assert_string_equal(sig_pub_facts(again)->name, "k.pub");
    struct wp_err err = {0};
    SIG_AUTO_PUB struct sig_pub *der = NULL;
    assert_int_equal(sig_pub_read(sig_pub_facts(p)->spki, "k.der", &der, &err), 0);
    assert_string_equal(sig_pub_facts(der)->id, sig_pub_facts(p)->id);

    X509 *cert = X509_new();
    X509_set_pubkey(cert, k);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 60);
    X509_sign(cert, k, EVP_sha256());
    bio = BIO_new(BIO_s_mem());
    BIO_puts(bio, "Certificate:\n  words of openssl x509 -text\n");
    PEM_write_bio_X509(bio, cert);
    len = BIO_get_mem_data(bio, &theirs);
    SIG_AUTO_PUB struct sig_pub *of_cert = NULL;
    assert_int_equal(sig_pub_read(wp_span(theirs, (size_t)len), "k.crt", &of_cert, &err), 0);
    assert_string_equal(sig_pub_facts(of_cert)->id, sig_pub_facts(p)->id);
    BIO_free(bio);
    uint8_t *cert_der = NULL;
    len = i2d_X509(cert, &cert_der);
    SIG_AUTO_PUB struct sig_pub *of_der = NULL;
    assert_int_equal(sig_pub_read(wp_span(cert_der, (size_t)len), "k.der", &of_der, &err), 0);
    assert_string_equal(sig_pub_facts(of_der)->id, sig_pub_facts(p)->id);
    OPENSSL_free(cert_der);
    X509_free(cert);
    EVP_PKEY_free(k);
}

static void refuses(struct wp_span file, const char *why)
{
    struct sig_pub *p = NULL;
    struct wp_err err = {0};
    assert_int_equal(sig_pub_read(file, "k.pub", &p, &err), -1);
    assert_null(p);
    if (strstr(err.msg, why) == NULL) {
        fail_msg("'%s' lacks '%s'", err.msg, why);
    }
}

static void refuses_key(EVP_PKEY *k, const char *why)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(k, &der);
    assert_true(len > 0);
    refuses(wp_span(der, (size_t)len), why);
    OPENSSL_free(der);
    EVP_PKEY_free(k);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "is no public key"},
        {"hello", "is no public key"},
        {"-----BEGIN PUBLIC KEY-----\n", "has no end"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "has no end"},
        {"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "not base64"},
        {"-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n", "not base64"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key that could be read"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\nmore", "something follows"},
        {"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "is a private key"},
        {"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
         "is a private key"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"},
        {"-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n", "no RSA public key"},
        {"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "is no public key"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        refuses(wp_span_str(rows[i].text), rows[i].why);
    }
    refuses_key(rsa(1024), "1024 bits is not accepted");
    refuses_key(ec("secp256k1"), "curve secp256k1 is not accepted");
    refuses_key(ec("P-224"), "is not accepted");
    refuses_key(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "of this kind");
    refuses_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "of this kind");
    static const uint8_t small_order[32] = {1};
    refuses_key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, small_order, 32), "main group");

    EVP_PKEY *k = ec("P-256");
    SIG_AUTO_PUB struct sig_pub *p = pub_of(k);
    WP_AUTO_BUF struct wp_buf longer = WP_BUF_INIT;
    wp_buf_add(&longer, sig_pub_facts(p)->spki.ptr, sig_pub_facts(p)->spki.len);
    wp_buf_add_char(&longer, 'x');
    refuses(wp_buf_span(&longer), "something follows");
    WP_AUTO_BUF struct wp_buf off_curve = WP_BUF_INIT;
    wp_buf_add(&off_curve, sig_pub_facts(p)->spki.ptr, sig_pub_facts(p)->spki.len);
    off_curve.ptr[off_curve.len - 1] = (char)(off_curve.ptr[off_curve.len - 1] ^ 1);
    refuses(wp_buf_span(&off_curve), "no public key that could be read");
    EVP_PKEY_set_utf8_string_param(k, "encoding", "explicit");
    refuses_key(k, "spells its curve out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdsa),     cmocka_unit_test(test_rsa),
        cmocka_unit_test(test_ed25519),   cmocka_unit_test(test_ed25519ph_vector),
        cmocka_unit_test(test_spellings), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
