/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys in the one form that nearly all files have: a named curve, the point not compressed (RFC 5480), or
 * Ed25519 (RFC 8410). Ten times faster than OpenSSL's decoders, which policies with many keys notice. */
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
