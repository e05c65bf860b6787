/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries of transparency logs by themselves: as JSON, and whether one that a log answered with is about what it was
 * asked to log. */
#pragma once

#include "sign/material.h"

/* A TransparencyLogEntry (sigstore_rekor.proto): of bundles, Rekor v2's replies. Copies in the arena. */
int sig_log_entry_read(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *ret,
                       struct wp_err *err) WP_MUST_USE;
void sig_log_entry_write(struct wp_json_out *o, const struct sig_log_entry *e);

/* 0 where the body speaks of exactly this signature, its certificate or key (pub: of either) and what it is over, and
 * the proof, if there is one, leads from the body to the root it names. No trust is asked for. WP_E_UNSATISFIED. */
int sig_log_entry_answers(const struct sig_log_entry *e, const struct sig_signed *s, const struct sig_material *m,
                          const struct sig_pub *pub, struct wp_err *err) WP_MUST_USE;
