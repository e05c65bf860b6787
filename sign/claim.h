/* SPDX-License-Identifier: Apache-2.0
 *
 * What a demand asks of the words under a signature, the same for every format that signs words. Asked when the
 * signature has been proven, never before. 0, or -1 with WP_E_UNSATISFIED and ret->failed. */
#pragma once

#include "sign/statement.h"

/* The payload of a DSSE envelope: an in-toto statement about art; of the predicate type that d demands, or where d
 * demands a plain signature cosign's own, for a file any; with d's annotations at the subject. Fills statement
 * (payload, which lives as long as ret) and predicate_type. */
int sig_claim_statement(const char *where, const char *payload_type, struct wp_span payload,
                        const struct sig_artifact *art, const struct sig_demand *d, struct wp_arena *a,
                        struct sig_proof *ret, struct wp_err *err) WP_MUST_USE;
/* A signature without words of its own (a message signature): no attestation, no annotations. */
int sig_claim_plain(const char *where, const struct sig_demand *d, struct sig_proof *ret,
                    struct wp_err *err) WP_MUST_USE;
/* Every annotation that d demands is a member of the object at, which may be absent. */
int sig_claim_annotations(const char *where, const struct wp_json *at, const struct sig_demand *d,
                          struct sig_proof *ret, struct wp_err *err) WP_MUST_USE;
