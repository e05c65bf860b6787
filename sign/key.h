/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys: public ones that verify, private ones that sign, in every file format that users have. Algorithms are rows of
 * one table; what a signature is made with comes from the key and the format, never from what is verified. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "sign/secret.h"

/* X(NAME, for people, kind of key, curve or 0, name in Sigstore's trust material (PublicKeyDetails), hash bits, JOSE
 * alg or NULL, COSE alg or 0). ECDSA signatures are ASN.1 DER, except in JOSE and COSE. */
#define SIG_ALGS(X)                                                                                             \
    X(ECDSA_P256_SHA256, "ECDSA P-256 with SHA-256", ECDSA, 256, "PKIX_ECDSA_P256_SHA_256", 256, "ES256", -7)   \
    X(ECDSA_P384_SHA384, "ECDSA P-384 with SHA-384", ECDSA, 384, "PKIX_ECDSA_P384_SHA_384", 384, "ES384", -35)  \
    X(ECDSA_P521_SHA512, "ECDSA P-521 with SHA-512", ECDSA, 521, "PKIX_ECDSA_P521_SHA_512", 512, "ES512", -36)  \
    X(ECDSA_P384_SHA256, "ECDSA P-384 with SHA-256", ECDSA, 384, "PKIX_ECDSA_P384_SHA_256", 256, NULL, 0)       \
    X(ECDSA_P521_SHA256, "ECDSA P-521 with SHA-256", ECDSA, 521, "PKIX_ECDSA_P521_SHA_256", 256, NULL, 0)       \
    X(RSA_PKCS1_SHA256, "RSA PKCS #1 v1.5 with SHA-256", RSA, 0, "PKIX_RSA_PKCS1V15_2048_SHA256", 256, NULL, 0) \
    X(RSA_PKCS1_SHA512, "RSA PKCS #1 v1.5 with SHA-512", RSA, 0, NULL, 512, NULL, 0)                            \
    X(RSA_PSS_SHA256, "RSA PSS with SHA-256", RSA, 0, "PKIX_RSA_PSS_2048_SHA256", 256, "PS256", -37)            \
    X(RSA_PSS_SHA384, "RSA PSS with SHA-384", RSA, 0, NULL, 384, "PS384", -38)                                  \
    X(RSA_PSS_SHA512, "RSA PSS with SHA-512", RSA, 0, NULL, 512, "PS512", -39)                                  \
    X(ED25519, "Ed25519", ED25519, 0, "PKIX_ED25519", 0, NULL, 0)                                               \
    X(ED25519_PH, "Ed25519ph", ED25519, 0, "PKIX_ED25519_PH", 512, NULL, 0)

enum sig_alg {
    SIG_ALG_NONE,
#define SIG_ALG_ENUM(name, shown, kind, curve, details, bits, jose, cose) SIG_ALG_##name,
    SIG_ALGS(SIG_ALG_ENUM)
#undef SIG_ALG_ENUM
        SIG_ALG_COUNT
};

enum sig_kind { SIG_KIND_ECDSA, SIG_KIND_RSA, SIG_KIND_ED25519 };

struct sig_alg_row {
    const char *name;    /* "ECDSA P-256 with SHA-256" */
    enum sig_kind kind;  /* of the keys it fits */
    unsigned curve;      /* of these keys; 0: any */
    const char *details; /* PublicKeyDetails, or NULL */
    unsigned hash_bits;  /* 0: signs the message itself */
    const char *jose;
    int cose;
};
extern const struct sig_alg_row sig_algs[SIG_ALG_COUNT];

/* Signatures by a key whose own algorithm is alg may also be by this one; SIG_ALG_NONE: by no other. cosign took
 * SHA-256 for every curve before 2.6, containers/image still does (sigstore-go, pkg/verify/signature.go:
 * compatVerifier); keys of 4096 bits in clouds sign with SHA-512 (cosign, --signature-digest-algorithm); Ed25519 signs
 * messages, too. */
enum sig_alg sig_alg_also(enum sig_alg alg);

/* What is signed: the message, or where only that is known its hash by the algorithm's hash function. */
struct sig_message {
    struct wp_span bytes;  /* ptr NULL: see digest */
    const uint8_t *digest; /* or NULL */
    size_t digest_len;
};

/* ---- public keys: immutable, shared ---- */
struct sig_pub;
struct sig_pub_facts {
    const char *name; /* as given when it was read: a file's name */
    enum sig_kind kind;
    unsigned bits;          /* 256, 384, 521; RSA modulus */
    enum sig_alg alg;       /* what signs by default: ECDSA by curve, RSA PKCS #1 v1.5 SHA-256, ED25519_PH */
    struct wp_span spki;    /* SubjectPublicKeyInfo, DER */
    const char *id;         /* base64(sha256(spki)): the hint of Sigstore bundles */
    bool has_minisign_id;   /* read from a minisign or signify file */
    uint8_t minisign_id[8]; /* as in the file */
    const uint8_t *ed25519; /* 32 bytes; NULL: another kind */
};
/* PEM ("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE": its key), SubjectPublicKeyInfo and certificates in DER, minisign
 * and signify files, OpenSSH ssh-ed25519 lines, wasmsign2's 33 bytes. Refused with WP_E_INPUT: private keys (in words),
 * RSA under 2048 or over 16384 bits, other curves, trailing content, Ed25519 points of small order. name is copied. */
int sig_pub_read(struct wp_span file, const char *name, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
int sig_pub_load(const char *path, WP_OWN struct sig_pub **ret, struct wp_err *err) WP_MUST_USE;
void sig_pub_free(WP_OWN struct sig_pub *p);
void sig_pub_free_p(struct sig_pub **p);
#define SIG_AUTO_PUB WP_CLEANUP(sig_pub_free_p)
const struct sig_pub_facts *sig_pub_facts(const struct sig_pub *p);
/* "-----BEGIN PUBLIC KEY-----" appended. */
void sig_pub_pem(const struct sig_pub *p, struct wp_buf *b);
/* PublicKeyDetails for p's signatures with alg (RSA names the size of the key); NULL: there is none. */
const char *sig_pub_details(const struct sig_pub *p, enum sig_alg alg);
/* True where sig (as the algorithm writes it, ECDSA in DER) is p's over m. False too where alg does not fit the key, or
 * the message is known by a hash that the algorithm does not use (Ed25519 needs the bytes). */
bool sig_pub_verify(const struct sig_pub *p, enum sig_alg alg, const struct sig_message *m, struct wp_span sig);
/* ECDSA r || s (JOSE, COSE) to DER and back; false where the length or the encoding is not exactly right for the key.
 */
bool sig_ecdsa_to_der(const struct sig_pub *p, struct wp_span raw, struct wp_buf *ret);
bool sig_ecdsa_to_raw(const struct sig_pub *p, struct wp_span der, struct wp_buf *ret);

/* ---- private keys: one thread at a time ---- */
struct sig_key;
/* Where passwords come from: cmd/ asks the terminal, the environment, a descriptor. Never called for plain keys. */
struct sig_ask {
    /* what: "password of release.key". confirm: asked twice, for a key that is being made. *ret is the caller's. */
    int (*password)(void *arg, const char *what, bool confirm, WP_OWN struct sig_secret **ret, struct wp_err *err);
    /* As password, for a token (PKCS #11). NULL: there is none but the URI's. */
    int (*pin)(void *arg, const char *what, WP_OWN struct sig_secret **ret, struct wp_err *err);
    void *arg;
    /* A line the user should read: a key file that others may read. NULL: none. */
    void (*warn)(void *arg, const char *line);
};
/* spec: a file; "exec:PROGRAM [ARG...]" (wpack-keygen(1), "Keys in other hands"); "pkcs11:…" (RFC 7512). Files:
 * cosign's encrypted PEM, PKCS #8 plain and encrypted, SEC 1 and PKCS #1 PEM, OpenSSH ed25519 without password,
 * minisign and signify, wasmsign2's 65 bytes. */
int sig_key_open(const char *spec, const struct sig_ask *ask, WP_OWN struct sig_key **ret,
                 struct wp_err *err) WP_MUST_USE;
void sig_key_free(WP_OWN struct sig_key *k);
void sig_key_free_p(struct sig_key **k);
#define SIG_AUTO_KEY WP_CLEANUP(sig_key_free_p)
const struct sig_pub *sig_key_pub(const struct sig_key *k);
/* The signature appended to ret. SIG_ALG_NONE: the key's default. */
int sig_key_sign(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                 struct wp_err *err) WP_MUST_USE;

enum sig_key_type {
    SIG_KEY_ECDSA_P256,
    SIG_KEY_ECDSA_P384,
    SIG_KEY_RSA_2048,
    SIG_KEY_RSA_3072,
    SIG_KEY_RSA_4096,
    SIG_KEY_ED25519,
    SIG_KEY_MINISIGN
};
int sig_key_generate(enum sig_key_type type, WP_OWN struct sig_key **ret, struct wp_err *err) WP_MUST_USE;
/* Key files as text. password NULL: plain PKCS #8 (minisign: unencrypted). */
int sig_key_write_sigstore(const struct sig_key *k, const struct sig_secret *password, WP_OWN struct sig_secret **ret,
                           struct wp_err *err) WP_MUST_USE;
int sig_key_write_pkcs8(const struct sig_key *k, WP_OWN struct sig_secret **ret, struct wp_err *err) WP_MUST_USE;
int sig_key_write_minisign(const struct sig_key *k, const struct sig_secret *password, WP_OWN struct sig_secret **ret,
                           struct wp_err *err) WP_MUST_USE;
/* minisign's public key file, appended. WP_E_INPUT: no Ed25519 key. */
int sig_pub_write_minisign(const struct sig_pub *p, struct wp_buf *ret, struct wp_err *err) WP_MUST_USE;
/* The number minisign knows the key by: of its file, or where it came from elsewhere, made of the key itself. */
void sig_pub_minisign_id(const struct sig_pub *p, uint8_t ret[8]);
