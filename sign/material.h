/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes along with a signature to be believed: a certificate chain, log entries, timestamps. The bundle and
 * cosign's older annotations are two spellings of it; it is checked in one place (Sigstore client spec,
 * "Verification"). */
#pragma once

#include "sign/root.h"
#include "sign/sig.h"

struct sig_log_entry {
    struct wp_span canonical_body;
    struct wp_span log_id;   /* 32 bytes */
    uint64_t log_index;      /* of the whole log */
    int64_t integrated_time; /* 0: none */
    struct wp_span set;      /* signed entry timestamp; ptr NULL: none */
    bool has_proof;
    uint64_t proof_index, proof_size;
    struct wp_span proof_root;
    const struct wp_span *proof_hashes;
    size_t proof_hash_count;
    struct wp_span checkpoint;  /* the note's text; ptr NULL: none */
    const char *kind, *version; /* "hashedrekord" "0.0.1" */
    bool proof_required;        /* bundles from v0.2 on */
};

struct sig_material {
    const struct wp_span *certificates; /* DER, leaf first; NULL: a key's signature */
    size_t certificate_count;
    const char *hint; /* of the key; NULL: none */
    const struct sig_log_entry *entries;
    size_t entry_count;
    const struct wp_span *timestamps; /* RFC 3161 TimeStampResp, DER, over the signature's bytes */
    size_t timestamp_count;
};

/* The signature itself and what the log entry must say. */
struct sig_signed {
    struct sig_message message; /* what the signature is over: the artifact, or the PAE of an envelope */
    struct wp_span signature;
    const char *payload_type; /* DSSE; NULL: a message signature */
    struct wp_span payload;
    struct wp_span envelope; /* as its signer wrote it; ptr NULL: only its parts are known, as in a bundle */
};

/* 1: the signature is the demand's key's, or that of a certificate which the demand's root and identities accept, at
 * every time proven; entries and timestamps hold as the demand asks. 0 as sig_format.check. Fills signer, identity,
 * times, log of ret. */
int sig_material_check(const struct sig_material *m, const struct sig_signed *s, const struct sig_artifact *art,
                       const struct sig_demand *d, struct wp_arena *a, struct sig_proof *ret, struct wp_err *err);
