/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures: what is signed, what was found, what is demanded, what was proven. One question is asked everywhere —
 * does this candidate satisfy this demand for this artifact? — and sig_check is the only place that answers yes. */
#pragma once

#include "oci/desc.h"
#include "sign/key.h"

/* What a signature is to be about. */
struct sig_artifact {
    const char *name;       /* for messages: "host/repo@sha256:…", a file's name */
    const char *repository; /* "host/repo"; NULL: a file, or a layout whose names have no repository */
    struct oci_desc desc;   /* media_type NULL: a file. Always a sha256 digest. */
    struct wp_span bytes;   /* of the manifest or file; ptr NULL: only the digest is known */
};

/* One thing that may be a signature, as it was found. Strings and bytes live in the finder's arena. */
struct sig_candidate {
    const struct sig_format *format;
    const char *where; /* for messages: "referrer sha256:…", "tag sha256-….sig, layer 0", "app.wasm.minisig" */
    struct oci_desc manifest; /* it came in; media_type NULL: a file */
    struct wp_span bytes;     /* proven content: the bundle, the envelope, the payload, the signature file */
    const char *media_type;   /* of bytes; NULL: a file */
    const struct oci_annotation *annotations; /* of the layer: where cosign's older format keeps the signature */
    size_t annotation_count;
    const char
        *announced; /* predicate type that the manifest announces, not proven; NULL: none, or a plain signature */
    struct sig_memo *memo; /* NULL: every sig_check reads it anew */
};

/* What a format has read of a candidate, for the demands that follow: a document of megabytes is read once, however
 * many keys are asked. Zero at first; in the arena of sig_check. */
struct sig_memo {
    const void *document;
    const char *bad; /* it is none, and why */
};

enum sig_log_rule {
    SIG_LOG_OPTIONAL, /* entries that are there must hold where a trusted root is given; without one they prove nothing
                       */
    SIG_LOG_REQUIRED,
    SIG_LOG_IGNORED,
};

/* A text as it must be, whole. */
struct sig_match {
    enum { SIG_MATCH_ANY, SIG_MATCH_EXACT, SIG_MATCH_GLOB, SIG_MATCH_REGEXP } kind;
    const char *text; /* GLOB: '*' stands for any characters but '/', "**" for any; REGEXP: POSIX extended, anchored */
};
/* WP_E_INPUT where a regexp cannot be compiled or uses what only other dialects know (\d, (?…). */
int sig_match_check(const struct sig_match *m, struct wp_err *err) WP_MUST_USE;
bool sig_match(const struct sig_match *m, const char *text);

struct sig_claim {
    const char *name; /* "sourceRepositoryURI", "buildTrigger", … as in Fulcio's oid-info, lower camel case */
    struct sig_match value;
};

/* Who a certificate must speak of (Fulcio: subject alternative name and issuer; further extensions by their name). */
struct sig_who {
    struct sig_match identity, issuer;
    const struct sig_claim *claims;
    size_t claim_count;
};

struct sig_root;  /* sign/root.h: Sigstore's trusted root */
struct sig_store; /* sign/notation.h: certificates of a Notary trust store and who of them is meant */

/* One way to be trusted. Exactly one of key, who (with root) and store says by whom. */
struct sig_demand {
    const char *name; /* for messages and reports: "wpack.pub", "release-key", "dev@example.com" */
    const struct sig_pub *key;
    const struct sig_who *who;
    const struct sig_store *store;
    const struct sig_root *root;              /* with key: for log entries and timestamps; NULL: these prove nothing */
    enum sig_log_rule log;                    /* with who: REQUIRED unless IGNORED was asked for */
    bool timestamp_required;                  /* a time from an authority (RFC 3161), a log's own does not do */
    bool any_time_source_missing;             /* with who: accept without proven time (never set from files) */
    int64_t not_before, not_after;            /* limits of the signing time; 0: none. A key's signature without a proven
                                               * time fails a not_after that has passed. */
    int64_t now;                              /* seconds; wp_time_now() unless a test says otherwise */
    unsigned formats;                         /* bits 1 << enum sig_format_id; 0: all */
    struct sig_match predicate;               /* ANY: a plain signature; else an attestation of this predicate type */
    const struct oci_annotation *annotations; /* that the signer must have put under the signature */
    size_t annotation_count;
    /* Older format: docker-reference against the artifact's repository, without its tag and digest, or byte for byte.
     */
    enum {
        SIG_NAME_REPOSITORY, /* the artifact's, with whatever tag or digest; any where the artifact has none */
        SIG_NAME_EXACT,      /* the artifact's, and nothing behind it */
        SIG_NAME_IGNORED
    } name_rule;
};

struct sig_time {
    int64_t at;         /* seconds since the epoch */
    const char *source; /* "transparency log rekor.sigstore.dev", "timestamp authority …" */
};

/* What a candidate proved, or which check it failed first. Filled as far as was got, also on failure. In the arena. */
struct sig_proof {
    const struct sig_candidate *candidate;
    const struct sig_demand *demand;
    const char *signer; /* NULL: nobody is named. For people: "key 3q2+…" , "dev@example.com (https://issuer.example)",
                           "CN=…" */
    enum sig_alg alg;
    const char *identity, *issuer; /* of the certificate, NULL: a key */
    const char *key_id;            /* sig_pub_id of the key or of the certificate's */
    const struct sig_time *times;
    size_t time_count;
    bool logged; /* an entry of a trusted log holds */
    uint64_t log_index;
    const char *log_name;
    bool unproven; /* log entries or timestamps came along that nothing was believed of: ignored, or no root for them */
    const char *predicate_type; /* of a statement; NULL: none */
    struct wp_span statement;   /* the in-toto statement or signed payload; ptr NULL: none */
    const char *const *notes;   /* what was not looked at, or failed and is not enforced; sentences for people */
    size_t note_count;
    const char *failed; /* NULL: proven. "parse", "digest", "subject", "predicate", "signature", "key", "log",
                         * "timestamp", "chain", "sct", "identity", "expired", "revoked", "time-limit", "annotation",
                         * "name", "format"; of a policy's need: "condition" */
    const char *why;    /* sig_check sets it to the message where failed is set; NULL: proven */
};

enum sig_format_id { SIG_BUNDLE, SIG_COSIGN, SIG_NOTATION, SIG_MINISIGN, SIG_MODULE, SIG_FORMATS };

/* A row: one file sig-NAME.c each. */
struct sig_format {
    enum sig_format_id id;
    const char *name;    /* "bundle" */
    const char *summary; /* "Sigstore bundle v0.3, what cosign 3 writes" */
    /* Layers of these media types hold candidates (a row that ends with '*' is a prefix); ends with NULL. */
    const char *const *layer_types;
    /* 1: proven. 0: not; err says why (WP_E_UNSATISFIED, or WP_E_CERTIFICATE where the signer is the demanded one or
     * may be, but its certificate is expired, not yet valid, revoked, or its chain breaks) and ret->failed which check.
     * Never -1: nothing here reads more than it was given. */
    int (*check)(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err);
};
extern const struct sig_format *const sig_formats[SIG_FORMATS];
/* By layer media type, or NULL. */
const struct sig_format *sig_format_of(const char *media_type);
/* WP_E_USAGE with the nearest name when unknown. */
int sig_format_find(const char *name, const struct sig_format **ret, struct wp_err *err) WP_MUST_USE;

/* Does c satisfy d for art? As sig_format.check, after the demand's formats and with its time limits. */
int sig_check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
              struct wp_arena *a, struct sig_proof *ret, struct wp_err *err) WP_MUST_USE;
