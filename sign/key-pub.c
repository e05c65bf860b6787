/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys, made of a SubjectPublicKeyInfo or of 32 bytes. Whatever they came in, what is kept is what OpenSSL
 * writes anew, so that one key has one id. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/pem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sodium.h>

#define RSA_MIN 2048
#define RSA_MAX 16384

void sig_pub_free(struct sig_pub *p)
{
    if (p != NULL) {
        EVP_PKEY_free(p->evp);
        wp_arena_done(&p->arena);
        free(p);
    }
}

void sig_pub_free_p(struct sig_pub **p)
{
    sig_pub_free(*p);
    *p = NULL;
}

const struct sig_pub_facts *sig_pub_facts(const struct sig_pub *p)
{
    return &p->facts;
}

EVP_PKEY *sig_pub_evp(const struct sig_pub *p)
{
    return p->evp;
}

static const struct {
    const char *group;
    unsigned bits;
    enum sig_alg alg;
} curves[] = {
    {"prime256v1", 256, SIG_ALG_ECDSA_P256_SHA256},
    {"secp384r1", 384, SIG_ALG_ECDSA_P384_SHA384},
    {"secp521r1", 521, SIG_ALG_ECDSA_P521_SHA512},
};

static int ecdsa_facts(EVP_PKEY *k, const char *name, struct sig_pub_facts *ret, struct wp_err *err)
{
    char group[64] = "unknown";
    int is_explicit = 0;
    size_t at = WP_ARRAY_LEN(curves);
    if (EVP_PKEY_get_group_name(k, group, sizeof(group), NULL) == 1) {
        for (at = 0; at < WP_ARRAY_LEN(curves) && !wp_str_eq(group, curves[at].group); at++) {
        }
    }
    if (at == WP_ARRAY_LEN(curves)) {
        return wp_fail(err, WP_E_INPUT, "%s: a key on the curve %s is not accepted: P-256, P-384 and P-521 are", name,
                       group);
    }
    EVP_PKEY_get_int_param(k, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k, NULL);
    /* These curves have no points of another order. */
    bool sound = is_explicit == 0 && ctx != NULL && EVP_PKEY_public_check_quick(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!sound) {
        return wp_fail(err, WP_E_INPUT, "%s: %s", name,
                       is_explicit != 0 ? "a key that spells its curve out is not accepted"
                                        : "the key is no point of its curve");
    }
    ret->kind = SIG_KIND_ECDSA;
    ret->bits = curves[at].bits;
    ret->alg = curves[at].alg;
    return 0;
}

/* With the exponent 1 anybody signs. */
static bool exponent_is_sound(EVP_PKEY *k)
{
    BIGNUM *e = NULL;
    bool sound = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) && !BN_is_one(e);
    BN_free(e);
    return sound;
}

static int rsa_facts(EVP_PKEY *k, const char *name, struct sig_pub_facts *ret, struct wp_err *err)
{
    int bits = EVP_PKEY_get_bits(k);
    if (bits < RSA_MIN || bits > RSA_MAX) {
        return wp_fail(err, WP_E_INPUT, "%s: an RSA key of %d bits is not accepted: %d to %d are", name, bits, RSA_MIN,
                       RSA_MAX);
    }
    if (!exponent_is_sound(k)) {
        return wp_fail(err, WP_E_INPUT, "%s: the RSA key's public exponent is 1 or even", name);
    }
    ret->kind = SIG_KIND_RSA;
    ret->bits = (unsigned)bits;
    ret->alg = SIG_ALG_RSA_PKCS1_SHA256;
    return 0;
}

static int ed25519_facts(struct sig_pub *p, const char *name, struct wp_err *err)
{
    size_t len = sizeof(p->ed25519);
    if (EVP_PKEY_get_raw_public_key(p->evp, p->ed25519, &len) != 1 || len != sizeof(p->ed25519) || sodium_init() < 0 ||
        crypto_core_ed25519_is_valid_point(p->ed25519) != 1) {
        return wp_fail(err, WP_E_INPUT, "%s: the Ed25519 key is no point of the curve's main group", name);
    }
    p->facts.kind = SIG_KIND_ED25519;
    p->facts.bits = 256;
    p->facts.alg = SIG_ALG_ED25519_PH;
    p->facts.ed25519 = p->ed25519;
    return 0;
}

static int facts_by_kind(struct sig_pub *p, const char *name, struct wp_err *err)
{
    switch (EVP_PKEY_get_base_id(p->evp)) {
    case EVP_PKEY_EC:
        return ecdsa_facts(p->evp, name, &p->facts, err);
    case EVP_PKEY_RSA:
        return rsa_facts(p->evp, name, &p->facts, err);
    case EVP_PKEY_ED25519:
        return ed25519_facts(p, name, err);
    default:
        return wp_fail(err, WP_E_INPUT, "%s: keys of this kind are not accepted: ECDSA, RSA and Ed25519 are", name);
    }
}

static struct wp_span write_spki(struct sig_pub *p)
{
    uint8_t *der = NULL;
    if (p->facts.kind == SIG_KIND_ECDSA) {
        /* Compressed points stay so otherwise, and one key would have two ids. */
        (void)EVP_PKEY_set_utf8_string_param(p->evp, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    }
    int len = i2d_PUBKEY(p->evp, &der);
    if (len <= 0) {
        wp_out_of_memory();
    }
    struct wp_span spki = wp_arena_bytes(&p->arena, wp_span(der, (size_t)len));
    CRYPTO_free(der, __FILE__, __LINE__);
    return spki;
}

/* Takes pkey. plain: what OpenSSL would write; ptr NULL: it is asked. */
static int make(EVP_PKEY *pkey, struct wp_span plain, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    SIG_AUTO_PUB struct sig_pub *p = wp_xcalloc(1, sizeof(*p));
    p->evp = pkey;
    if (facts_by_kind(p, name, err) < 0) {
        ERR_clear_error();
        return -1;
    }
    p->facts.spki = plain.ptr != NULL ? wp_arena_bytes(&p->arena, plain) : write_spki(p);
    uint8_t hash[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA256, p->facts.spki, hash);
    WP_AUTO_BUF struct wp_buf id = WP_BUF_INIT;
    wp_base64(&id, wp_span(hash, wp_hash_size(WP_SHA256)), false);
    p->facts.id = wp_arena_str(&p->arena, id.ptr);
    p->facts.name = wp_arena_str(&p->arena, name);
    *ret = WP_STEAL(p);
    return 0;
}

int sig_pub_of_spki(struct wp_span der, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    const uint8_t *at = der.ptr;
    EVP_PKEY *k = sig_spki_plain(der);
    if (k != NULL) {
        return make(k, der, name, ret, err);
    }
    k = d2i_PUBKEY(NULL, &at, (long)der.len);
    ERR_clear_error();
    if (k == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: no public key that could be read (SubjectPublicKeyInfo)", name);
    }
    if (at != der.ptr + der.len) {
        EVP_PKEY_free(k);
        return wp_fail(err, WP_E_INPUT, "%s: something follows the public key", name);
    }
    return make(k, (struct wp_span){.ptr = NULL}, name, ret, err);
}

/* By its bytes: what is signed with elsewhere (an engine, a certificate) verifies here like any other. */
int sig_pub_of_evp(EVP_PKEY *pkey, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    ERR_clear_error();
    if (len <= 0) {
        return wp_fail(err, WP_E_INPUT, "%s: has no public key that could be written", name);
    }
    int r = sig_pub_of_spki(wp_span(der, (size_t)len), name, ret, err);
    CRYPTO_free(der, __FILE__, __LINE__);
    return r;
}

/* As the certificate has it: nothing is taken apart and put together again. */
int sig_pub_of_cert(const X509 *cert, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    if (len <= 0) {
        wp_out_of_memory();
    }
    int r = sig_pub_of_spki(wp_span(der, (size_t)len), name, ret, err);
    CRYPTO_free(der, __FILE__, __LINE__);
    return r;
}

int sig_pub_of_ed25519(const uint8_t raw[SIG_ED25519_PUB], const char *name, struct sig_pub **ret, struct wp_err *err)
{
    EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, SIG_ED25519_PUB);
    if (k == NULL) {
        wp_out_of_memory();
    }
    return make(k, (struct wp_span){.ptr = NULL}, name, ret, err);
}

void sig_pub_pem(const struct sig_pub *p, struct wp_buf *b)
{
    sig_pem_write("PUBLIC KEY", p->facts.spki, b);
}
