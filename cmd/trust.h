/* SPDX-License-Identifier: Apache-2.0
 *
 * What the user trusts, from options: --key, --certificate-identity and its like, --trusted-root, --trust-store,
 * --policy. The rows are the same for verify, pull, copy, run, test and tree. Judging happens before anything is
 * fetched or gets a name. */
#pragma once

#include "cmd/target.h"
#include "oci/copy.h"
#include "sign/policy.h"

/* Embedded in the options of a command that verifies; TRUST_ROWS(struct opts, trust) are its rows. */
struct trust_opts {
    struct opt_list keys;
    const char *identity, *identity_regexp, *issuer, *issuer_regexp, *trusted_root, *policy, *trust_dir;
    struct opt_list trust_stores, identities, crls; /* Notary: --trust-store FILE, --trusted-identity DN, --crl */
    bool ignore_log, require_log;
    uint64_t threshold;
    /* verify's own; zero elsewhere */
    struct opt_list annotations;
    const char *type; /* predicate type; NULL: signatures */
    bool any_type;    /* attestations of whatever type, and no signatures */
};
#define TRUST_STR(type, field, word, what, text)                                                        \
    {                                                                                                   \
        .name = (word), .kind = OPT_STR, .offset = offsetof(type, field), .arg = (what), .help = (text) \
    }
#define TRUST_LIST(type, field, word, what, text)                                                        \
    {                                                                                                    \
        .name = (word), .kind = OPT_LIST, .offset = offsetof(type, field), .arg = (what), .help = (text) \
    }
#define TRUST_FLAG(type, field, word, text)                                               \
    {                                                                                     \
        .name = (word), .kind = OPT_FLAG, .offset = offsetof(type, field), .help = (text) \
    }
#define TRUST_ROWS(type, m)                                                                                            \
    TRUST_LIST(type, m.keys, "key", "PUB", "demand a signature by this public key; of several, any"),                  \
        TRUST_STR(type, m.identity, "certificate-identity", "WHO", "demand a certificate for this mail or URI"),       \
        TRUST_STR(type, m.identity_regexp, "certificate-identity-regexp", "RE", "the same, POSIX extended, whole"),    \
        TRUST_STR(type, m.issuer, "certificate-oidc-issuer", "URL", "and by this issuer of identities"),               \
        TRUST_STR(type, m.issuer_regexp, "certificate-oidc-issuer-regexp", "RE", "the same, POSIX extended, whole"),   \
        TRUST_STR(type, m.trusted_root, "trusted-root", "FILE", "Sigstore's authorities and logs that are believed"),  \
        TRUST_LIST(type, m.trust_stores, "trust-store", "FILE",                                                        \
                   "Notary: certificates that are believed (ca:, tsa:FILE)"),                                          \
        TRUST_LIST(type, m.identities, "trusted-identity", "DN", "Notary: 'x509.subject: C=.., ST=.., O=..' or '*'"),  \
        TRUST_LIST(type, m.crls, "crl", "FILE", "Notary: certificates that were revoked"),                             \
        TRUST_STR(type, m.policy, "policy", "FILE", "what must be proven, as a file: wpack's, containers', Notary's"), \
        TRUST_STR(type, m.trust_dir, "trust-dir", "DIR", "Notary's configuration folder, for --policy"),               \
        {.name = "threshold",                                                                                          \
         .kind = OPT_UINT,                                                                                             \
         .offset = offsetof(type, m.threshold),                                                                        \
         .arg = "N",                                                                                                   \
         .help = "so many of the keys and identities must have signed (default 1)"},                                   \
        TRUST_FLAG(type, m.require_log, "require-tlog", "demand an entry in a transparency log also of keys"),         \
        TRUST_FLAG(type, m.ignore_log, "insecure-ignore-tlog", "do not ask whether a signature was logged")

/* What was loaded, owned. policy NULL: the user asked for nothing. */
struct trust {
    struct sig_policy *policy;
    struct trust_parts *parts; /* what demands point at */
};
int trust_open(struct cmd_ctx *c, const struct trust_opts *o, struct trust *ret, struct wp_err *err) WP_MUST_USE;
void trust_done(struct trust *t);
#define TRUST_AUTO WP_CLEANUP(trust_done)

/* One artifact to be judged, as it was resolved. */
struct trust_subject {
    const struct cmd_target *target; /* whose reference scopes are compared with; NULL: a file */
    const char *file;                /* its name; NULL: an artifact */
    const char *name;                /* the name in the target's store, where it is not the target's own; else NULL */
    struct oci_store *store;         /* NULL: the target's; else what stands for it, such as oci_copy's view */
    const struct oci_desc *desc;
    struct wp_span bytes;
    const struct sig_candidate *given; /* besides what is found in the store */
    size_t given_count;
    bool given_only; /* nothing is looked for in the store */
    bool recursive;
};
/* 0 where it is as the policy wants it; else the answer as an error. The report lives in the run's arena. */
int trust_judge(struct cmd_ctx *c, const struct trust *t, const struct trust_subject *s, struct sig_report *ret,
                struct wp_err *err) WP_MUST_USE;
/* A manifest that was fetched. */
struct trust_manifest {
    const struct oci_desc *desc;
    struct wp_span bytes;
};
/* Before a manifest is taken from a target: root is what was resolved, chosen is what an index led to from there (or
 * root again). An index that is trusted vouches for what it names; else the chosen manifest has to be trusted by
 * itself. Does nothing where the user asked for nothing: *ret then has no results. */
int trust_gate(struct cmd_ctx *c, const struct trust *t, const struct cmd_target *target,
               const struct trust_manifest *root, const struct trust_manifest *chosen, struct sig_report *ret,
               struct wp_err *err) WP_MUST_USE;

/* oci_copy with the question asked of exactly what is copied, signatures and all. */
struct trust_door {
    struct cmd_ctx *c;
    const struct trust *trust;
    struct cmd_target *source;
    const char *name; /* as in trust_subject */
    bool asked;
    struct sig_report report; /* of the answer */
};
/* As oci_copy from source's store under `from`; admit is set here. A list of signatures that cannot be read is
 * WP_E_CANNOT_TELL where the user asked for proof. */
int trust_copy(struct trust_door *door, const char *from, struct oci_store *dst, const char *const *names, size_t n,
               const struct oci_copy_opts *opts, struct oci_copy_result *ret, struct wp_err *err) WP_MUST_USE;

/* ---- signatures that are files (cmd/trust-files.c) ---- */

int trust_signature(struct cmd_ctx *c, const char *path, struct sig_candidate *ret, struct wp_err *err) WP_MUST_USE;
/* PATH.sigstore.json, PATH.sigstore, PATH.minisig, PATH.sig: those that are there. */
int trust_beside(struct cmd_ctx *c, const char *path, struct sig_candidate **ret, size_t *ret_count,
                 struct wp_err *err) WP_MUST_USE;

/* ---- words (cmd/trust-words.c) ---- */

/* The report for people: facts on stderr. Nothing where nothing was asked (policy NULL). */
void trust_note(struct cmd_ctx *c, const struct sig_report *r);
/* What did not count and why, as lines behind the error of the run. */
void trust_after(struct cmd_ctx *c, const struct sig_report *r);
/* Members inside an open JSON object: verdict, policy, requirements[], found[]. */
void trust_json(struct wp_json_out *o, const struct sig_report *r);
/* "release.pub, key 3q2+..." of what was proven: as what somebody is trusted, and what the signature tells; in a. */
const char *trust_signer_text(const struct sig_proof *p, struct wp_arena *a);
/* Of what nobody was asked about: "says it is by key 3q2+...: unverified"; in a. */
const char *trust_claim_text(const struct sig_candidate *c, struct wp_arena *a);
/* Members of an open object: format, where, digest, announced. */
void trust_candidate_json(struct wp_json_out *o, const struct sig_candidate *k);
/* "signature (Sigstore bundle)", "attestation https://spdx.dev/Document (Sigstore bundle)"; in a. */
const char *trust_candidate_text(const struct sig_candidate *c, struct wp_arena *a);
