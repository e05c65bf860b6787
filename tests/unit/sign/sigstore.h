/* SPDX-License-Identifier: Apache-2.0
 *
 * A Sigstore of one's own for a test: authorities, logs, a trusted root that names them, and bundles by it with
 * whatever is to be wrong with them. */
#pragma once

#include "sign/bundle.h"
#include "tests/unit/sign/notary.h"

#define SIGSTORE_IDENTITY "https://example.com/team/.github/workflows/release.yml@refs/heads/main"
#define SIGSTORE_ISSUER   "https://token.example.com"
/* When things are signed; certificates of people are valid ten minutes around it. */
#define SIGSTORE_AT    NOTARY_NOW
#define SIGSTORE_EARLY (SIGSTORE_AT - 300)
#define SIGSTORE_LATE  (SIGSTORE_AT + 300)

enum sigstore_log { SIGSTORE_NO_LOG, SIGSTORE_V1, SIGSTORE_V2 };

/* What one bundle is like; zero is the usual thing. */
struct sigstore_plan {
    enum sigstore_log log;
    const char *kind;            /* of the entry, "intoto 0.0.1"; NULL: hashedrekord, of envelopes "dsse 0.0.1" in v1 */
    bool older;                  /* as cosign has it under tags: a payload or envelope, the rest in annotations */
    bool no_promise, no_proof;   /* of a v1 entry */
    int64_t integrated, stamped; /* times; 0: integrated is SIGSTORE_AT, not stamped */
    bool dsse;                   /* a statement, by "dsse 0.0.1" in v1 */
    const char *payload;         /* the statement; NULL: cosign's about the artifact */
    const char *identity;        /* "URI:…", "email:…"; NULL: SIGSTORE_IDENTITY */
    const char *authority_uses;  /* "extendedKeyUsage=…"; NULL: code signing */
    const char *leaf_extensions; /* NULL: those of Fulcio */
    int64_t leaf_from, leaf_to;  /* 0: SIGSTORE_EARLY, SIGSTORE_LATE */
    int64_t authority_from, authority_to, root_from, root_to, tsa_from, tsa_to; /* 0: as in notary.h */
    enum { SIGSTORE_SCT, SIGSTORE_NO_SCT, SIGSTORE_STRANGE_SCT, SIGSTORE_EARLY_SCT } sct;
    const char *by_key;   /* no certificate: a key of this kind */
    const char *leaf_key; /* NULL: "P-256#leaf" */
    const char *log_key;  /* of the v1 log; NULL: "P-256#rekor" */
    int64_t log_to;       /* both logs are trusted until then; 0: open */
    const char *ct_key;   /* of the log of certificates; NULL: "P-256#ct" */
    const char *hash;     /* that the signer signs with; NULL: the one of the key */
};

struct sigstore {
    struct wp_arena a;
    struct notary_cert anchor, authority, leaf, tsa_anchor, tsa, rekor, rekor2, ct, signer;
    struct wp_buf root_json;
    struct sig_root *root;
    struct sig_pub *pub; /* of by_key */
    struct sig_who who;
    struct sig_artifact art;
    struct sig_demand d; /* of the identity, or the key */
    struct sig_bundle b;
    struct sig_log_entry log_entry; /* kind NULL: none */
    bool older;
    struct wp_span envelope; /* DSSE: as its signer wrote it */
    struct wp_span hashes[1];
    uint8_t root_hash[32], sibling[32];
};
/* A world and a bundle over "\0asm\1\0\0\0". */
void sigstore_init(struct sigstore *s, const struct sigstore_plan *plan);
void sigstore_done(struct sigstore *s);
/* The signatures of the log over log_entry as it is now. */
void sigstore_log_again(struct sigstore *s, const struct sigstore_plan *plan);
/* The bundle as text. */
void sigstore_text(struct sigstore *s, struct wp_buf *ret);
/* What sig_check says of the bundle, or of what stands for it in the older format. */
int sigstore_ask(struct sigstore *s, struct sig_proof *ret, struct wp_err *err);
/* The verdict, and of a refusal the check and words of its message; failed NULL: it is accepted. */
void sigstore_expect(struct sigstore *s, const char *failed, const char *words);
/* Of one that is made for this. */
void sigstore_expect_of(const struct sigstore_plan *plan, const char *failed, const char *words);
/* Bytes with one bit changed. */
struct wp_span sigstore_bent(struct sigstore *s, struct wp_span bytes, size_t at);
