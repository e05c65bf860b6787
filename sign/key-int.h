/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside sign/key*.c, and for those who get keys from certificates. */
#pragma once

#include "sign/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

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

/* The key of an EVP_PKEY (borrowed), of a certificate, of a SubjectPublicKeyInfo, of 32 bytes. Refused as sig_pub_read
 * does. */
int sig_pub_of_evp(EVP_PKEY *pkey, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
int sig_pub_of_cert(const X509 *cert, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
int sig_pub_of_spki(struct wp_span der, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
int sig_pub_of_ed25519(const uint8_t raw[SIG_ED25519_PUB], const char *name, WP_OWN struct sig_pub **ret,
                       struct wp_err *err) WP_MUST_USE;
/* Of the usual form of a SubjectPublicKeyInfo, which OpenSSL writes, too; NULL: another form, or no key. */
WP_OWN EVP_PKEY *sig_spki_plain(struct wp_span der);
/* The same for a P-256 key with both halves in a PrivateKeyInfo; its SubjectPublicKeyInfo besides. That the halves
 * belong together shows when it signs. */
#define SIG_P256_SPKI 91
WP_OWN EVP_PKEY *sig_pkcs8_plain(struct wp_span der, uint8_t ret_spki[SIG_P256_SPKI]);
/* Borrowed. */
EVP_PKEY *sig_pub_evp(const struct sig_pub *p);

/* The digest of m by alg's hash function: len bytes in ret, or 0 where m is only known by another hash, or alg hashes
 * nothing. */
size_t sig_message_digest(enum sig_alg alg, const struct sig_message *m, uint8_t ret[EVP_MAX_MD_SIZE]);
/* Whether a key of these facts signs with alg. */
bool sig_alg_fits(enum sig_alg alg, const struct sig_pub_facts *f);
/* A context that signs or verifies digests with alg; NULL: OpenSSL refuses. init: EVP_PKEY_sign_init, …verify_init. */
EVP_PKEY_CTX *sig_alg_ctx(EVP_PKEY *pkey, enum sig_alg alg, int (*init)(EVP_PKEY_CTX *ctx));

/* ---- private keys: who signs ---- */
struct sig_key_hand {
    /* Signs what sig_key_sign has found to fit. */
    int (*sign)(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                struct wp_err *err);
    void (*done)(struct sig_key *k); /* releases k->state; NULL: nothing there */
};
struct sig_key {
    const struct sig_key_hand *hand;
    struct sig_pub *pub;
    struct sig_secret *ed25519; /* SIG_ED25519_SECRET bytes; NULL: another kind */
    EVP_PKEY *evp;              /* NULL: Ed25519, or elsewhere */
    void *state;                /* the hand's */
};
extern const struct sig_key_hand sig_hand_evp;

/* pkey is taken, also on failure. */
int sig_key_of_evp(WP_OWN EVP_PKEY *pkey, const char *name, WP_OWN struct sig_key **ret,
                   struct wp_err *err) WP_MUST_USE;
int sig_key_of_seed(const uint8_t seed[SIG_ED25519_SEED], const char *name, WP_OWN struct sig_key **ret,
                    struct wp_err *err) WP_MUST_USE;
/* A PrivateKeyInfo and nothing behind it; and the other way. */
int sig_key_of_pkcs8(struct wp_span der, const char *name, WP_OWN struct sig_key **ret, struct wp_err *err) WP_MUST_USE;
int sig_key_pkcs8(const struct sig_key *k, WP_OWN struct sig_secret **ret, struct wp_err *err) WP_MUST_USE;

/* ---- files: each says false where the bytes are not of its format, else what sig_key_open, sig_pub_read return ----
 */
struct sig_key_file {
    struct wp_span bytes;
    const char *name;
    const struct sig_ask *ask;
};
int sig_key_read(struct wp_span file, const char *name, const struct sig_ask *ask, WP_OWN struct sig_key **ret,
                 struct wp_err *err) WP_MUST_USE;
/* The password of this file, from ask. */
int sig_key_password(const struct sig_key_file *f, WP_OWN struct sig_secret **ret, struct wp_err *err) WP_MUST_USE;
/* A key encrypted as cosign does: JSON inside PEM. */
int sig_key_sigstore(const struct sig_key_file *f, struct wp_span json, WP_OWN struct sig_key **ret,
                     struct wp_err *err) WP_MUST_USE;
int sig_key_openssh(const struct sig_key_file *f, struct wp_span der, WP_OWN struct sig_key **ret,
                    struct wp_err *err) WP_MUST_USE;
bool sig_key_minisign_is(struct wp_span file);
int sig_key_minisign(const struct sig_key_file *f, WP_OWN struct sig_key **ret, struct wp_err *err) WP_MUST_USE;
bool sig_pub_minisign_is(struct wp_span file);
int sig_pub_minisign(struct wp_span file, const char *name, WP_OWN struct sig_pub **ret,
                     struct wp_err *err) WP_MUST_USE;
bool sig_pub_openssh_is(struct wp_span file);
int sig_pub_openssh(struct wp_span file, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
bool sig_pub_wasmsign_is(struct wp_span file);
bool sig_key_wasmsign_is(struct wp_span file);
int sig_key_wasmsign(const struct sig_key_file *f, WP_OWN struct sig_key **ret, struct wp_err *err) WP_MUST_USE;

/* Keys in other hands. */
int sig_key_exec(const char *spec, WP_OWN struct sig_key **ret, struct wp_err *err) WP_MUST_USE;
int sig_key_pkcs11(const char *uri, const struct sig_ask *ask, WP_OWN struct sig_key **ret,
                   struct wp_err *err) WP_MUST_USE;
