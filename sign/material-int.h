/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of sig_material_check: its steps, in the order in which they are taken. Each step returns 0 where what it is
 * about holds, else -1 with the reason, and which check it was, in the proof. */
#pragma once

#include "sign/material.h"
#include "sign/root-int.h"
#include "sign/token.h"

struct sig_checking {
    const struct sig_material *material;
    const struct sig_signed *sealed;
    const struct sig_artifact *artifact;
    const struct sig_demand *demand;
    const struct sig_root *root; /* NULL: nothing is believed of logs and times */
    struct wp_arena *arena;
    struct sig_proof *proof;
    /* The signer's certificate, and the key that must have signed. */
    X509 *leaf;
    const struct sig_pub *key;
    /* What steps before have proven. */
    struct sig_time *times;
    size_t time_count;
    const struct sig_root_log **logs; /* whose each entry is, in their order */
    /* The certificate names whom the demand is for, whether or not it may be believed. */
    bool meant;
    /* The authority that the certificate comes from, at every time. */
    X509 *issuer;
};

/* -1, with failed and err set: WP_E_CERTIFICATE where a certificate that is meant fails as such ("chain", "expired").
 */
int sig_refuse(struct sig_checking *c, const char *failed, struct wp_err *err, const char *fmt, ...) WP_PRINTF(4, 5);

/* log.c: signed entry timestamps, inclusion, checkpoints, bodies. */
int sig_check_entries(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;
/* The logs without promise were trusted at every time proven; where none is, are trusted now. */
int sig_check_entry_times(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;
/* timestamp.c */
int sig_check_timestamps(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;
/* chain.c: the certificate at every time proven, and what it may be used for. */
int sig_check_chain(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;
/* sct.c: a log of certificates has seen it. */
int sig_check_sct(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;
/* identity.c: fills identity and issuer of the proof, and meant; then whether they are those of the demand. */
int sig_read_identity(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;
int sig_check_identity(struct sig_checking *c, struct wp_err *err) WP_MUST_USE;

/* log-body.c: the entry speaks of this signature, of what it is over, and of who made it. */
int sig_check_body(struct sig_checking *c, const struct sig_log_entry *e, struct wp_err *err) WP_MUST_USE;

/* ---- parts without state ---- */

/* log-body.c: the digest of m by the hash function of that name, as Rekor v1 or protobuf write it; 0 where it is not
 * known. */
size_t sig_named_digest(const struct sig_message *m, const char *alg, uint8_t ret[EVP_MAX_MD_SIZE]);

/* merkle.c (RFC 9162, section 2.1.3.2): the root that the proof leads to; false where it is no proof for a leaf of this
 * index in a tree of this size. */
void sig_merkle_leaf(struct wp_span entry, uint8_t ret[32]);
bool sig_merkle_root(const uint8_t leaf[32], uint64_t index, uint64_t size, const struct wp_span *hashes, size_t count,
                     uint8_t ret[32]);

/* checkpoint.c (C2SP signed-note, tlog-checkpoint) */
struct sig_checkpoint {
    struct wp_span signed_text; /* with its last line break */
    struct wp_span origin;
    uint64_t size;
    uint8_t root[32];
    struct wp_span signatures; /* lines */
};
/* WP_E_UNSATISFIED "the checkpoint …". */
int sig_checkpoint_read(struct wp_span note, struct sig_checkpoint *ret, struct wp_err *err) WP_MUST_USE;
/* Whether a signature by log's key is among its lines. */
bool sig_checkpoint_by(const struct sig_checkpoint *cp, const struct sig_root_log *log);
