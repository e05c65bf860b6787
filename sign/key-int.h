/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside sign/key*.c, and for those who get keys from certificates. */
#pragma once

#include "sign/key.h"

#include <openssl/evp.h>

#define SIG_ED25519_PUB    32
#define SIG_ED25519_SEED   32
#define SIG_ED25519_SECRET 64 /* seed and public key, as libsodium has them */
#define SIG_ED25519_SIG    64

struct sig_pub {
    struct sig_pub_facts facts;
    uint8_t ed25519[SIG_ED25519_PUB];
    EVP_PKEY *evp;
    struct wp_arena arena;
};

/* The key of an EVP_PKEY (borrowed), of a SubjectPublicKeyInfo, of 32 bytes. Refused as sig_pub_read does. */
int sig_pub_of_evp(EVP_PKEY *pkey, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
int sig_pub_of_spki(struct wp_span der, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
int sig_pub_of_ed25519(const uint8_t raw[SIG_ED25519_PUB], const char *name, WP_OWN struct sig_pub **ret,
                       struct wp_err *err) WP_MUST_USE;
/* Borrowed. */
EVP_PKEY *sig_pub_evp(const struct sig_pub *p);

/* The digest of m by alg's hash function: len bytes in ret, or 0 where m is only known by another hash, or alg hashes
 * nothing. */
size_t sig_message_digest(enum sig_alg alg, const struct sig_message *m, uint8_t ret[EVP_MAX_MD_SIZE]);
/* Whether a key of these facts signs with alg. */
bool sig_alg_fits(enum sig_alg alg, const struct sig_pub_facts *f);
/* A context that signs or verifies digests with alg; NULL: OpenSSL refuses. init: EVP_PKEY_sign_init, …verify_init. */
EVP_PKEY_CTX *sig_alg_ctx(EVP_PKEY *pkey, enum sig_alg alg, int (*init)(EVP_PKEY_CTX *ctx));
