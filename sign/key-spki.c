/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in the one form that nearly all files have: a named curve, the point not compressed (RFC 5480, RFC 5915), or
 * Ed25519 (RFC 8410). Ten times faster than OpenSSL's decoders, which policies with many keys notice, and who signs
 * often. */
#include "sign/key-int.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

static const struct form {
    const char *group; /* NULL: Ed25519 */
    size_t prefix_len, key_len;
    uint8_t prefix[26];
} forms[] = {
    {"prime256v1", 26, 65, {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                            0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00}},
    {"secp384r1", 23, 97, {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                           0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00}},
    {"secp521r1", 25, 133, {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                            0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00}},
    {NULL, 12, SIG_ED25519_PUB, {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}},
};

static EVP_PKEY *of_point(const char *group, const uint8_t *point, size_t len)
{
    EVP_PKEY *k = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    const OSSL_PARAM params[] = {
        {"group", OSSL_PARAM_UTF8_STRING, (void *)(uintptr_t)group, strlen(group), OSSL_PARAM_UNMODIFIED},
        {"pub", OSSL_PARAM_OCTET_STRING, (void *)(uintptr_t)point, len, OSSL_PARAM_UNMODIFIED},
        {NULL, 0, NULL, 0, 0},
    };
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)(uintptr_t)params);
    }
    EVP_PKEY_CTX_free(ctx);
    return k;
}

EVP_PKEY *sig_spki_plain(struct wp_span der)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(forms); i++) {
        const struct form *f = &forms[i];
        if (der.len != f->prefix_len + f->key_len || memcmp(der.ptr, f->prefix, f->prefix_len) != 0) {
            continue;
        }
        const uint8_t *key = der.ptr + f->prefix_len;
        if (f->group == NULL) {
            return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, f->key_len);
        }
        return key[0] == 4 ? of_point(f->group, key, f->key_len) : NULL;
    }
    return NULL;
}

/* PrivateKeyInfo of a P-256 key with its public half, as OpenSSL and cosign write it: before the private number,
 * between both, and how long they are. */
static const uint8_t p256_head[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                    0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t p256_middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
enum { P256_PRIVATE = 32, P256_POINT = 65 };
#define P256_POINT_AT (sizeof(p256_head) + P256_PRIVATE + sizeof(p256_middle))

static EVP_PKEY *of_pair(const uint8_t *private, const uint8_t *point)
{
    EVP_PKEY *k = NULL;
    uint8_t number[P256_PRIVATE]; /* as the processor has it */
    for (size_t i = 0; i < sizeof(number); i++) {
        number[i] = private[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? sizeof(number) - 1 - i : i];
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    const OSSL_PARAM params[] = {
        {"group", OSSL_PARAM_UTF8_STRING, (void *)(uintptr_t)forms[0].group, strlen(forms[0].group),
         OSSL_PARAM_UNMODIFIED},
        {"pub", OSSL_PARAM_OCTET_STRING, (void *)(uintptr_t)point, P256_POINT, OSSL_PARAM_UNMODIFIED},
        {"priv", OSSL_PARAM_UNSIGNED_INTEGER, number, sizeof(number), OSSL_PARAM_UNMODIFIED},
        {NULL, 0, NULL, 0, 0},
    };
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_KEYPAIR, (OSSL_PARAM *)(uintptr_t)params);
    }
    EVP_PKEY_CTX_free(ctx);
    sig_wipe(number, sizeof(number));
    return k;
}

EVP_PKEY *sig_pkcs8_plain(struct wp_span der, uint8_t ret_spki[SIG_P256_SPKI])
{
    if (der.len != P256_POINT_AT + P256_POINT || memcmp(der.ptr, p256_head, sizeof(p256_head)) != 0 ||
        memcmp(der.ptr + sizeof(p256_head) + P256_PRIVATE, p256_middle, sizeof(p256_middle)) != 0 ||
        der.ptr[P256_POINT_AT] != 4) {
        return NULL;
    }
    EVP_PKEY *k = of_pair(der.ptr + sizeof(p256_head), der.ptr + P256_POINT_AT);
    memcpy(ret_spki, forms[0].prefix, forms[0].prefix_len);
    memcpy(ret_spki + forms[0].prefix_len, der.ptr + P256_POINT_AT, P256_POINT);
    return k;
}
