/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary envelopes: what one says, whichever encoding it has (notaryproject/specifications, signature-specification.md
 * and its signature-envelope-jws.md, signature-envelope-cose.md). Reading refuses what the specification does not
 * allow, and critical attributes that are not known here; it proves nothing. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "sign/cert.h"
#include "sign/dn.h"
#include "sign/key.h"
#include "sign/notation.h"

#define SIG_NOTARY_PAYLOAD        "application/vnd.cncf.notary.payload.v1+json"
#define SIG_NOTARY_PREFIX         "io.cncf.notary"

#define SIG_NOTARY_SCHEME         SIG_NOTARY_PREFIX ".signingScheme"
#define SIG_NOTARY_SIGNING_TIME   SIG_NOTARY_PREFIX ".signingTime"
#define SIG_NOTARY_AUTHENTIC_TIME SIG_NOTARY_PREFIX ".authenticSigningTime"
#define SIG_NOTARY_EXPIRY         SIG_NOTARY_PREFIX ".expiry"
#define SIG_NOTARY_PLUGIN         SIG_NOTARY_PREFIX ".verificationPlugin"
#define SIG_NOTARY_AGENT          SIG_NOTARY_PREFIX ".signingAgent"
#define SIG_NOTARY_TIMESTAMP      SIG_NOTARY_PREFIX ".timestampSignature"

struct sig_envelope {
    enum sig_alg alg;
    bool authority;       /* scheme notary.x509.signingAuthority, else notary.x509 */
    int64_t signing_time; /* authority: as it vouches; else what the signer says */
    bool has_expiry;
    int64_t expiry;
    struct wp_span protected;    /* JWS: its base64url text; COSE: the bytes within the byte string */
    struct wp_span payload;      /* decoded */
    struct wp_span tbs;          /* what the signature is over; filled by reading */
    struct wp_span signature;    /* ECDSA: r || s */
    const struct wp_span *chain; /* DER, leaf first */
    size_t chain_count;
    struct wp_span timestamp; /* CMS token over signature; ptr NULL: none */
    const char *agent;        /* NULL: none */
};

/* An encoding. */
struct sig_wire {
    const char *media_type;
    /* WP_E_INPUT. Strings live in the arena or in bytes. */
    int (*read)(struct wp_span bytes, struct wp_arena *a, struct sig_envelope *ret, struct wp_err *err);
    /* The protected attributes of e (alg, authority, times), as the member `protected` wants them, appended. */
    void (*protect)(const struct sig_envelope *e, struct wp_buf *ret);
    /* tbs by e's protected and payload, appended. */
    void (*to_be_signed)(const struct sig_envelope *e, struct wp_buf *ret);
    void (*write)(const struct sig_envelope *e, struct wp_buf *ret);
};
extern const struct sig_wire sig_wire_jws, sig_wire_cose;
/* By media type, or NULL. */
const struct sig_wire *sig_wire_of(const char *media_type);

/* What both readers do with attributes: those of the table, whether they are there and critical, and their times. */
enum sig_attribute { SIG_ATTR_SCHEME, SIG_ATTR_SIGNING_TIME, SIG_ATTR_AUTHENTIC_TIME, SIG_ATTR_EXPIRY, SIG_ATTR_COUNT };
struct sig_attributes {
    const char *scheme; /* NULL: not there */
    bool there[SIG_ATTR_COUNT], critical[SIG_ATTR_COUNT];
    int64_t times[SIG_ATTR_COUNT];
};
extern const char *const sig_attribute_names[SIG_ATTR_COUNT];
/* The attribute of that name, or -1. */
int sig_attribute_of(struct wp_span name);
/* One of the list of critical ones; WP_E_INPUT where it is not known here or stands there twice. */
int sig_attributes_critical(struct sig_attributes *at, struct wp_span name, struct wp_err *err) WP_MUST_USE;
/* One that is not of the table; WP_E_INPUT for those of plugins and other reserved ones. */
int sig_attributes_other(struct wp_span name, struct wp_err *err) WP_MUST_USE;
/* The rules of schemes over all of them; fills scheme and times of e. */
int sig_attributes_settle(const struct sig_attributes *at, struct sig_envelope *e, struct wp_err *err) WP_MUST_USE;

/* Chains as Notary wants them (certificate-requirements.md): leaf first, complete, ordered, each with the usages of its
 * place; or one certificate that signed itself. WP_E_CERTIFICATE names the certificate and the rule. */
int sig_chain_check(const struct sig_certs *chain, struct wp_arena *a, struct wp_err *err) WP_MUST_USE;
/* What a leaf's key signs with; SIG_ALG_NONE: none of Notary's. */
enum sig_alg sig_chain_alg(const struct sig_pub_facts *leaf);
/* All are valid at that time. when: "when it signed", for messages; NULL: now. WP_E_CERTIFICATE. */
int sig_chain_at(const struct sig_certs *chain, int64_t at, const char *when, struct wp_arena *a,
                 struct wp_err *err) WP_MUST_USE;

struct sig_store {
    char *name;
    struct sig_certs ca, authority, tsa;
    X509_CRL **crls;
    size_t crl_count;
    bool anyone; /* identities: "*" */
    struct sig_dn *identities;
    size_t identity_count;
    enum sig_notation_check authenticity, timestamp, expiry, revocation;
    bool timestamp_after_expiry_only;
    struct wp_arena arena;
};
/* One of the chain is one of the store. */
bool sig_store_holds(const struct sig_certs *trusted, const struct sig_certs *chain);
/* The leaf's subject is one of the identities. */
bool sig_store_means(const struct sig_store *s, const X509 *leaf, struct wp_arena *a);
/* None of the chain is revoked by a list of the store at `now`, and those that may be have a list. WP_E_CERTIFICATE. */
int sig_store_revoked(const struct sig_store *s, const struct sig_certs *chain, int64_t now, struct wp_arena *a,
                      struct wp_err *err) WP_MUST_USE;
/* A timestamp token over bytes, not from after now, by an authority of the store: when, at most accuracy seconds off.
 * `chain` is appended to with the authority's certificates. WP_E_UNSATISFIED, WP_E_CERTIFICATE. */
struct sig_stamp {
    int64_t at, accuracy;
    const char *authority; /* its subject */
    struct sig_certs chain;
};
int sig_store_stamp(const struct sig_store *s, struct wp_span token, struct wp_span bytes, int64_t now,
                    struct wp_arena *a, struct sig_stamp *ret, struct wp_err *err) WP_MUST_USE;

/* Files of a configuration folder, in the arena; they are appended to the lists of parts. */
struct sig_trust_files {
    const char *folder;
    struct wp_arena arena;
};
/* text: "ca:NAME", "signingAuthority:NAME", "tsa:NAME": all of truststore/x509/TYPE/NAME/. Symlinks, folders and an
 * empty store are refused. */
int sig_trust_files_store(struct sig_trust_files *f, const char *text, struct sig_store_parts *parts,
                          struct wp_err *err) WP_MUST_USE;
/* Revocation lists in truststore/crl/; it need not be there. */
int sig_trust_files_crls(struct sig_trust_files *f, struct sig_store_parts *parts, struct wp_err *err) WP_MUST_USE;
