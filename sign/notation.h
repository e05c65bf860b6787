/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary Project signatures (notaryproject/specifications): JWS and COSE envelopes, trust stores. */
#pragma once

#include "sign/sig.h"

#define SIG_MT_JWS          "application/jose+json"
#define SIG_MT_COSE         "application/cose"
#define SIG_NOTATION_TYPE   "application/vnd.cncf.notary.signature"
#define SIG_NOTATION_THUMBS "io.cncf.notary.x509chain.thumbprint#S256"

enum sig_notation_check { SIG_NOTATION_ENFORCE, SIG_NOTATION_LOG, SIG_NOTATION_SKIP };

/* Certificates that are trusted, who of those they vouch for is meant, and how strictly. Immutable. */
struct sig_store;
struct sig_store_file {
    const char *name; /* for messages */
    struct wp_span bytes;
};
struct sig_store_parts {
    const char *name;                                  /* for messages */
    const struct sig_store_file *ca, *authority, *tsa; /* stores ca, signingAuthority, tsa: PEM or DER */
    size_t ca_count, authority_count, tsa_count;
    const char *const *identities; /* "x509.subject: C=US, ST=WA, O=…" or "*"; at least one */
    size_t identity_count;
    const struct sig_store_file *crls; /* revocation lists, PEM or DER */
    size_t crl_count;
    /* Of the trust policy's level and overrides. revocation: nobody is asked over the network; enforced, a certificate
     * that names a list or a responder fails where no list of its issuer is given. */
    enum sig_notation_check authenticity, timestamp, expiry, revocation;
    bool timestamp_after_expiry_only; /* verifyTimestamp: afterCertExpiry */
};
/* WP_E_INPUT: a file that holds no certificate, an identity that is no distinguished name with C, ST and O, overlapping
 * ones. */
int sig_store_new(const struct sig_store_parts *parts, WP_OWN struct sig_store **ret, struct wp_err *err) WP_MUST_USE;
void sig_store_free(WP_OWN struct sig_store *s);

/* An envelope around the Notary payload of `target`, appended. chain: PEM, leaf first, root last; the key is the
 * leaf's. WP_E_INPUT where chain and key do not belong together or the leaf may not sign by Notary's rules. */
struct sig_notation_sign {
    bool cose;
    const struct oci_desc *target;
    const struct oci_annotation *annotations; /* user metadata; "io.cncf.notary…" refused */
    size_t annotation_count;
    struct wp_span chain;
    int64_t signing_time, expiry; /* expiry 0: none */
    const char *agent;            /* "wpack/0.1.0" */
    /* A TimeStampResp over the signature's bytes, as sig_online_timestamp gives it; NULL: none. */
    int (*stamp)(void *arg, struct wp_span signature, struct wp_arena *a, struct wp_span *ret, struct wp_err *err);
    void *stamp_arg;
};
/* ret_thumbprints: the value of the annotation SIG_NOTATION_THUMBS, in the arena. */
int sig_notation_seal(struct sig_key *key, const struct sig_notation_sign *in, struct wp_buf *ret,
                      const char **ret_thumbprints, struct wp_arena *a, struct wp_err *err) WP_MUST_USE;
