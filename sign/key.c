/* SPDX-License-Identifier: Apache-2.0
 *
 * Algorithms: their table, what they hash, which keys they fit, ECDSA's two spellings. */
#include "sign/key-int.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

const struct sig_alg_row sig_algs[SIG_ALG_COUNT] = {[SIG_ALG_NONE] = {.name = "none"},
#define ROW(alg, shown, of, on, pkd, bits, j, c) \
    [SIG_ALG_##alg] = {.name = (shown),          \
                       .kind = SIG_KIND_##of,    \
                       .curve = (on),            \
                       .details = (pkd),         \
                       .hash_bits = (bits),      \
                       .jose = (j),              \
                       .cose = (c)},
                                                    SIG_ALGS(ROW)
#undef ROW
};

enum sig_alg sig_alg_also(enum sig_alg alg)
{
    static const enum sig_alg also[SIG_ALG_COUNT] = {
        [SIG_ALG_ECDSA_P384_SHA384] = SIG_ALG_ECDSA_P384_SHA256,
        [SIG_ALG_ECDSA_P521_SHA512] = SIG_ALG_ECDSA_P521_SHA256,
        [SIG_ALG_RSA_PKCS1_SHA256] = SIG_ALG_RSA_PKCS1_SHA512,
        [SIG_ALG_ED25519_PH] = SIG_ALG_ED25519,
    };
    return also[alg];
}

static const EVP_MD *md_of(enum sig_alg alg)
{
    switch (sig_algs[alg].hash_bits) {
    case 256:
        return EVP_sha256();
    case 384:
        return EVP_sha384();
    case 512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

size_t sig_message_digest(enum sig_alg alg, const struct sig_message *m, uint8_t ret[EVP_MAX_MD_SIZE])
{
    const EVP_MD *md = md_of(alg);
    size_t len = sig_algs[alg].hash_bits / 8;
    unsigned done = 0;
    if (md == NULL) {
        return 0;
    }
    if (m->bytes.ptr != NULL) {
        return EVP_Digest(m->bytes.ptr, m->bytes.len, ret, &done, md, NULL) == 1 && done == len ? len : 0;
    }
    if (m->digest == NULL || m->digest_len != len) {
        return 0;
    }
    memcpy(ret, m->digest, len);
    return len;
}

bool sig_alg_fits(enum sig_alg alg, const struct sig_pub_facts *f)
{
    const struct sig_alg_row *row = &sig_algs[alg];
    return alg != SIG_ALG_NONE && row->kind == f->kind && (row->curve == 0 || row->curve == f->bits);
}

const char *sig_pub_details(const struct sig_pub *p, enum sig_alg alg)
{
    const struct sig_pub_facts *f = sig_pub_facts(p);
    if (!sig_alg_fits(alg, f)) {
        return NULL;
    }
    if (f->kind != SIG_KIND_RSA || f->bits == 2048) {
        return sig_algs[alg].details;
    }
    if (alg == SIG_ALG_RSA_PKCS1_SHA256) {
        return f->bits == 3072   ? "PKIX_RSA_PKCS1V15_3072_SHA256"
               : f->bits == 4096 ? "PKIX_RSA_PKCS1V15_4096_SHA256"
                                 : NULL;
    }
    if (alg == SIG_ALG_RSA_PSS_SHA256) {
        return f->bits == 3072 ? "PKIX_RSA_PSS_3072_SHA256" : f->bits == 4096 ? "PKIX_RSA_PSS_4096_SHA256" : NULL;
    }
    return NULL;
}

/* PSS salts are as long as the hash, as JOSE (RFC 7518, 3.5) and Notary want them. */
static bool set_padding(EVP_PKEY_CTX *ctx, enum sig_alg alg)
{
    if (alg == SIG_ALG_RSA_PKCS1_SHA256 || alg == SIG_ALG_RSA_PKCS1_SHA512) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
    }
    return sig_algs[alg].kind != SIG_KIND_RSA || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
                                                  EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
}

EVP_PKEY_CTX *sig_alg_ctx(EVP_PKEY *pkey, enum sig_alg alg, int (*init)(EVP_PKEY_CTX *ctx))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    if (ctx == NULL || init(ctx) <= 0 || !set_padding(ctx, alg) ||
        EVP_PKEY_CTX_set_signature_md(ctx, md_of(alg)) <= 0) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* Bytes of one of the two numbers of a signature; 0: no ECDSA key. */
static size_t half(const struct sig_pub *p)
{
    const struct sig_pub_facts *f = sig_pub_facts(p);
    return f->kind == SIG_KIND_ECDSA ? (f->bits + 7) / 8 : 0;
}

static bool encode(ECDSA_SIG *sig, struct wp_buf *ret)
{
    uint8_t *der = NULL;
    int len = i2d_ECDSA_SIG(sig, &der);
    if (len > 0) {
        wp_buf_add(ret, der, (size_t)len);
    }
    CRYPTO_free(der, __FILE__, __LINE__);
    return len > 0;
}

bool sig_ecdsa_to_der(const struct sig_pub *p, struct wp_span raw, struct wp_buf *ret)
{
    size_t n = half(p);
    if (n == 0 || raw.len != 2 * n) {
        return false;
    }
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.ptr, (int)n, NULL);
    BIGNUM *s = BN_bin2bn(raw.ptr + n, (int)n, NULL);
    bool owned = sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1;
    bool done = owned && encode(sig, ret);
    if (!owned) {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    return done;
}

/* What was decoded must be written the same: one spelling only. */
bool sig_ecdsa_to_raw(const struct sig_pub *p, struct wp_span der, struct wp_buf *ret)
{
    size_t n = half(p);
    const uint8_t *at = der.ptr;
    if (n == 0 || der.len > 256) {
        return false;
    }
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    WP_AUTO_BUF struct wp_buf again = WP_BUF_INIT;
    uint8_t raw[2 * 66];
    bool same = sig != NULL && encode(sig, &again) && again.len == der.len && memcmp(again.ptr, der.ptr, der.len) == 0;
    bool fits = same && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)n) == (int)n &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + n, (int)n) == (int)n &&
                BN_is_negative(ECDSA_SIG_get0_r(sig)) == 0 && BN_is_negative(ECDSA_SIG_get0_s(sig)) == 0;
    ECDSA_SIG_free(sig);
    if (fits) {
        wp_buf_add(ret, raw, 2 * n);
    }
    return fits;
}
