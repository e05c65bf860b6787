/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys: every file format read, written, refused; what they sign verifies. Vectors made by other programs come
 * from WPACK_DATA/signing.tar.gz, unpacked by tests/unit/sign/vectors.h. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/pem.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>

static int tell(void *arg, const char *what, bool confirm, struct sig_secret **ret, struct wp_err *err)
{
    (void)err;
    assert_false(confirm);
    assert_non_null(strstr(what, "password of "));
    *ret = sig_secret_of(arg, strlen(arg));
    return 0;
}

static struct sig_ask asks(const char *password)
{
    return (struct sig_ask){.password = tell, .arg = (void *)(uintptr_t)password};
}

static struct sig_key *read_key(struct wp_span file, const char *password)
{
    struct sig_key *k = NULL;
    struct wp_err err = {0};
    struct sig_ask ask = asks(password);
    if (sig_key_read(file, "test.key", password != NULL ? &ask : NULL, &k, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return k;
}

static void refuses(struct wp_span file, const char *password, const char *why)
{
    struct sig_key *k = NULL;
    struct wp_err err = {0};
    struct sig_ask ask = asks(password);
    assert_int_equal(sig_key_read(file, "test.key", password != NULL ? &ask : NULL, &k, &err), -1);
    assert_null(k);
    if (strstr(err.msg, why) == NULL) {
        fail_msg("'%s' lacks '%s'", err.msg, why);
    }
}

static void signs(struct sig_key *k, enum sig_alg alg)
{
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    struct wp_err err = {0};
    struct sig_message m = {.bytes = wp_span_str("message")};
    if (sig_key_sign(k, alg, &m, &sig, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    enum sig_alg used = alg != SIG_ALG_NONE ? alg : sig_pub_facts(sig_key_pub(k))->alg;
    assert_true(sig_pub_verify(sig_key_pub(k), used, &m, wp_buf_span(&sig)));
}

static void same(const struct sig_key *a, const struct sig_key *b)
{
    assert_string_equal(sig_pub_facts(sig_key_pub(a))->id, sig_pub_facts(sig_key_pub(b))->id);
}

/* Written plain and encrypted, read again. */
static void test_round_trips(void **state)
{
    (void)state;
    SIG_AUTO_SECRET struct sig_secret *password = sig_secret_of("correct horse", 13);
    SIG_AUTO_SECRET struct sig_secret *empty = sig_secret_new(0);
    for (enum sig_key_type type = SIG_KEY_ECDSA_P256; type <= SIG_KEY_MINISIGN; type++) {
        struct wp_err err = {0};
        SIG_AUTO_KEY struct sig_key *k = NULL;
        SIG_AUTO_SECRET struct sig_secret *plain = NULL;
        SIG_AUTO_SECRET struct sig_secret *sealed = NULL;
        if (type == SIG_KEY_RSA_3072 || type == SIG_KEY_RSA_4096) {
            continue; /* slow to make, and nothing else about them */
        }
        assert_int_equal(sig_key_generate(type, &k, &err), 0);
        signs(k, SIG_ALG_NONE);
        assert_int_equal(sig_key_write_pkcs8(k, &plain, &err), 0);
        SIG_AUTO_KEY struct sig_key *of_plain = read_key(wp_span(plain->ptr, plain->len), NULL);
        same(of_plain, k);
        signs(of_plain, SIG_ALG_NONE);
        assert_int_equal(sig_key_write_sigstore(k, type % 2 != 0 ? password : empty, &sealed, &err), 0);
        struct wp_span file = wp_span(sealed->ptr, sealed->len);
        SIG_AUTO_KEY struct sig_key *of_sealed = read_key(file, type % 2 != 0 ? "correct horse" : "");
        same(of_sealed, k);
        if (type == SIG_KEY_ECDSA_P256) {
            refuses(file, "wrong", "password is wrong");
            refuses(file, NULL, "has a password, and none was given");
        }
    }
}

static void test_minisign_round_trip(void **state)
{
    (void)state;
    struct wp_err err = {0};
    SIG_AUTO_KEY struct sig_key *k = NULL;
    SIG_AUTO_SECRET struct sig_secret *password = sig_secret_of("pw", 2);
    SIG_AUTO_SECRET struct sig_secret *plain = NULL;
    SIG_AUTO_SECRET struct sig_secret *sealed = NULL;
    assert_int_equal(sig_key_generate(SIG_KEY_MINISIGN, &k, &err), 0);
    assert_int_equal(sig_key_write_minisign(k, NULL, &plain, &err), 0);
    assert_int_equal(sig_key_write_minisign(k, password, &sealed, &err), 0);
    SIG_AUTO_KEY struct sig_key *a = read_key(wp_span(plain->ptr, plain->len), NULL);
    SIG_AUTO_KEY struct sig_key *b = read_key(wp_span(sealed->ptr, sealed->len), "pw");
    same(a, k);
    same(b, k);
    assert_memory_equal(sig_pub_facts(sig_key_pub(b))->minisign_id, sig_pub_facts(sig_key_pub(k))->minisign_id, 8);
    refuses(wp_span(sealed->ptr, sealed->len), "pW", "password is wrong");

    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    SIG_AUTO_PUB struct sig_pub *p = NULL;
    assert_int_equal(sig_pub_write_minisign(sig_key_pub(k), &text, &err), 0);
    assert_int_equal(sig_pub_read(wp_buf_span(&text), "m.pub", &p, &err), 0);
    assert_true(sig_pub_facts(p)->has_minisign_id);
    assert_string_equal(sig_pub_facts(p)->id, sig_pub_facts(sig_key_pub(k))->id);

    SIG_AUTO_KEY struct sig_key *ec = NULL;
    SIG_AUTO_SECRET struct sig_secret *none = NULL;
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &ec, &err), 0);
    assert_int_equal(sig_key_write_minisign(ec, NULL, &none, &err), -1);
    assert_int_equal(sig_pub_write_minisign(sig_key_pub(ec), &text, &err), -1);
}

static struct wp_span of_bio(BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    return wp_span(text, (size_t)len);
}

/* As OpenSSL writes them: PKCS #8 with and without password, SEC 1, PKCS #1, DER. */
static void test_openssl_files(void **state)
{
    (void)state;
    char pw[] = "secret";
    for (int i = 0; i < 2; i++) {
        EVP_PKEY *k =
            i == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384") : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
        BIO *bio[4] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
        PEM_write_bio_PKCS8PrivateKey(bio[0], k, NULL, NULL, 0, NULL, NULL);
        PEM_write_bio_PKCS8PrivateKey(bio[1], k, EVP_aes_256_cbc(), pw, 6, NULL, NULL);
        if (i == 0) {
            BIO_puts(bio[2], "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n");
        }
        PEM_write_bio_PrivateKey_traditional(bio[2], k, NULL, NULL, 0, NULL, NULL);
        i2d_PKCS8PrivateKeyInfo_bio(bio[3], k);
        for (int j = 0; j < 4; j++) {
            SIG_AUTO_KEY struct sig_key *got = read_key(of_bio(bio[j]), j == 1 ? pw : NULL);
            signs(got, SIG_ALG_NONE);
            SIG_AUTO_PUB struct sig_pub *p = NULL;
            struct wp_err err = {0};
            assert_int_equal(sig_pub_of_evp(k, "k", &p, &err), 0);
            assert_string_equal(sig_pub_facts(p)->id, sig_pub_facts(sig_key_pub(got))->id);
        }
        refuses(of_bio(bio[1]), "other", "password is wrong");
        refuses(of_bio(bio[1]), NULL, "none was given");
        BIO *old = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey_traditional(old, k, EVP_aes_128_cbc(), (uint8_t *)pw, 6, NULL, NULL);
        refuses(of_bio(old), pw, "with headers");
        BIO_free(old);
        for (int j = 0; j < 4; j++) {
            BIO_free(bio[j]);
        }
        EVP_PKEY_free(k);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "is no private key"},
        {"hello", "is no private key"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "block PUBLIC KEY is no private key"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key that could be read"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN X-----", "something follows"},
        {"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "SEC 1"},
        {"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "PKCS #1"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "no OpenSSH key"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "no encrypted key"},
        {"untrusted comment: x", "two lines are expected"},
        {"untrusted comment: x\nAAAA\n", "no minisign or signify private key"},
        {"untrusted comment: x\n????\n", "is not base64"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        refuses(wp_span_str(rows[i].text), "", rows[i].why);
    }
    EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, small, NULL, NULL, 0, NULL, NULL);
    refuses(of_bio(bio), NULL, "1024 bits is not accepted");
    BIO_free(bio);
    EVP_PKEY_free(small);
}

static void sigstore(const char *n, const char *r, const char *p, const char *kdf, const char *cipher, const char *why)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    wp_buf_printf(&json,
                  "{\"kdf\":{\"name\":\"%s\",\"params\":{\"N\":%s,\"r\":%s,\"p\":%s},\"salt\":"
                  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"},\"cipher\":{\"name\":\"%s\",\"nonce\":"
                  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"ciphertext\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
                  kdf, n, r, p, cipher);
    sig_pem_write("ENCRYPTED COSIGN PRIVATE KEY", wp_buf_span(&json), &pem);
    refuses(wp_buf_span(&pem), "x", why);
}

static void test_sigstore_costs(void **state)
{
    (void)state;
    sigstore("32768", "8", "1", "scrypt", "nacl/secretbox", "password is wrong");
    sigstore("1048576", "8", "1", "scrypt", "nacl/secretbox", "is not accepted");
    sigstore("16384", "8", "1", "scrypt", "nacl/secretbox", "is not accepted");
    sigstore("32768", "16", "1", "scrypt", "nacl/secretbox", "is not accepted");
    sigstore("32768", "8", "2", "scrypt", "nacl/secretbox", "is not accepted");
    sigstore("\"32768\"", "8", "1", "scrypt", "nacl/secretbox", "/kdf/params/N");
    sigstore("32768", "8", "1", "argon2", "nacl/secretbox", "'argon2' is not known");
    sigstore("32768", "8", "1", "scrypt", "aes", "'aes' is not known");
}

static void test_requests(void **state)
{
    (void)state;
    struct wp_err err = {0};
    SIG_AUTO_KEY struct sig_key *ed = NULL;
    SIG_AUTO_KEY struct sig_key *ec = NULL;
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    assert_int_equal(sig_key_generate(SIG_KEY_ED25519, &ed, &err), 0);
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &ec, &err), 0);
    signs(ed, SIG_ALG_ED25519);
    signs(ed, SIG_ALG_ED25519_PH);
    uint8_t digest[32] = {1};
    struct sig_message m = {.digest = digest, .digest_len = 32};
    assert_int_equal(sig_key_sign(ed, SIG_ALG_NONE, &m, &sig, &err), -1);
    assert_non_null(strstr(err.msg, "signs whole messages"));
    assert_int_equal(sig_key_sign(ec, SIG_ALG_NONE, &m, &sig, &err), 0);
    assert_true(sig_pub_verify(sig_key_pub(ec), SIG_ALG_ECDSA_P256_SHA256, &m, wp_buf_span(&sig)));
    assert_int_equal(sig_key_sign(ec, SIG_ALG_RSA_PKCS1_SHA256, &m, &sig, &err), -1);
    assert_non_null(strstr(err.msg, "cannot sign with RSA"));
    m.digest_len = 20;
    assert_int_equal(sig_key_sign(ec, SIG_ALG_NONE, &m, &sig, &err), -1);
    assert_non_null(strstr(err.msg, "256 bits"));
}

/* A file with the private half of one key and the public half of another: it is read, and signs nothing. */
static void test_halves_of_two_keys(void **state)
{
    (void)state;
    enum { POINT = 65 };
    struct wp_err err = {0};
    SIG_AUTO_KEY struct sig_key *a = NULL;
    SIG_AUTO_KEY struct sig_key *b = NULL;
    SIG_AUTO_KEY struct sig_key *mixed = NULL;
    SIG_AUTO_SECRET struct sig_secret *of_a = NULL;
    SIG_AUTO_SECRET struct sig_secret *of_b = NULL;
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &a, &err), 0);
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &b, &err), 0);
    assert_int_equal(sig_key_pkcs8(a, &of_a, &err), 0);
    assert_int_equal(sig_key_pkcs8(b, &of_b, &err), 0);
    memcpy(of_a->ptr + of_a->len - POINT, of_b->ptr + of_b->len - POINT, POINT);
    struct sig_message m = {.bytes = wp_span_str("m")};
    assert_int_equal(sig_key_of_pkcs8(wp_span(of_a->ptr, of_a->len), "mixed.key", &mixed, &err), 0);
    assert_int_equal(sig_key_sign(mixed, SIG_ALG_NONE, &m, &sig, &err), -1);
    assert_non_null(strstr(err.msg, "mixed.key: the signature that was made is not one of this key's"));
    /* The private number zero is nobody's. */
    sig_wipe(of_b->ptr + of_b->len - POINT - 5 - 32, 32);
    SIG_AUTO_KEY struct sig_key *zero = NULL;
    assert_int_equal(sig_key_of_pkcs8(wp_span(of_b->ptr, of_b->len), "zero.key", &zero, &err), 0);
    assert_int_equal(sig_key_sign(zero, SIG_ALG_NONE, &m, &sig, &err), -1);
    assert_int_equal(sig.len, 0);
}

/* Another key's signature comes out: it is not handed on. */
static int sign_wrong(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                      struct wp_err *err)
{
    return sig_key_sign(k->state, alg, m, ret, err);
}

static void test_wrong_signature(void **state)
{
    (void)state;
    static const struct sig_key_hand wrong = {.sign = sign_wrong};
    struct wp_err err = {0};
    SIG_AUTO_KEY struct sig_key *a = NULL;
    SIG_AUTO_KEY struct sig_key *b = NULL;
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &a, &err), 0);
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &b, &err), 0);
    a->hand = &wrong;
    a->state = b;
    struct sig_message m = {.bytes = wp_span_str("m")};
    assert_int_equal(sig_key_sign(a, SIG_ALG_NONE, &m, &sig, &err), -1);
    assert_non_null(strstr(err.msg, "is not one of this key's"));
    assert_int_equal(sig.len, 0);
}

/* ---- vectors ---- */

static struct sig_key *vector(const char *name, const char *password)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    vectors_read(name, &file);
    return read_key(wp_buf_span(&file), password);
}

static void test_cosign_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *name, *password;
    } rows[] = {{"cosign/pemcosignkey.pem", "hello"}, {"cosign/pemsigstorekey.pem", "hello"}};
    static const char *const ours[] = {"k_ec", "k_ec384", "k_rsa", "k_ed25519", "k_sig", "k_leg"};
    vectors_or_skip();
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_KEY struct sig_key *k = vector(rows[i].name, rows[i].password);
        signs(k, SIG_ALG_NONE);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(ours); i++) {
        WP_AUTO_FREE char *key = wp_xasprintf("cosign/%s.key", ours[i]);
        WP_AUTO_FREE char *pub = wp_xasprintf("cosign/%s.pub", ours[i]);
        SIG_AUTO_KEY struct sig_key *k = vector(key, "secret");
        WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
        vectors_read(pub, &want);
        sig_pub_pem(sig_key_pub(k), &got);
        assert_string_equal(got.ptr, want.ptr);
    }
    WP_AUTO_BUF struct wp_buf sec1 = WP_BUF_INIT;
    vectors_read("cosign/pemcosigneckey.pem", &sec1);
    refuses(wp_buf_span(&sec1), "hello", "PKCS #8");
}

static void test_other_vectors(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"minisign/m.key", "minisign/m.pub"},
                                          {"minisign/s.sec", "minisign/s.pub"},
                                          {"wasmsig/key.sec", "wasmsig/key.pub"}};
    vectors_or_skip();
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_KEY struct sig_key *k = vector(rows[i][0], NULL);
        WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
        SIG_AUTO_PUB struct sig_pub *p = NULL;
        struct wp_err err = {0};
        vectors_read(rows[i][1], &file);
        assert_int_equal(sig_pub_read(wp_buf_span(&file), rows[i][1], &p, &err), 0);
        assert_string_equal(sig_pub_facts(p)->id, sig_pub_facts(sig_key_pub(k))->id);
        assert_int_equal(sig_pub_facts(p)->has_minisign_id, i < 2);
        assert_memory_equal(sig_pub_facts(p)->minisign_id, sig_pub_facts(sig_key_pub(k))->minisign_id, 8);
        signs(k, SIG_ALG_ED25519);
        refuses(wp_buf_span(&file), NULL, i < 2 ? "is a public key" : "is no private key");
        WP_AUTO_BUF struct wp_buf secret = WP_BUF_INIT;
        SIG_AUTO_PUB struct sig_pub *none = NULL;
        vectors_read(rows[i][0], &secret);
        assert_int_equal(sig_pub_read(wp_buf_span(&secret), rows[i][0], &none, &err), -1);
        assert_non_null(strstr(err.msg, "is a private key"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),     cmocka_unit_test(test_minisign_round_trip),
        cmocka_unit_test(test_openssl_files),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sigstore_costs),  cmocka_unit_test(test_requests),
        cmocka_unit_test(test_wrong_signature), cmocka_unit_test(test_halves_of_two_keys),
        cmocka_unit_test(test_cosign_vectors),  cmocka_unit_test(test_other_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
