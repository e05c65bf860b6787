/* SPDX-License-Identifier: Apache-2.0
 *
 * The signatures of one node of `wpack tree`, with verdicts where the user says whom to trust. */
#pragma once

#include "cmd/trust.h"

struct tree_trust {
    struct trust signatures, attestations; /* a policy file says it of both: the latter is then empty */
};
int tree_trust_open(struct cmd_ctx *c, const struct trust_opts *o, struct tree_trust *ret,
                    struct wp_err *err) WP_MUST_USE;
void tree_trust_done(struct tree_trust *t);

struct tree_signatures {
    struct sig_list list;
    struct sig_report reports[2]; /* where somebody is trusted: of signatures, of attestations */
    size_t report_count;
};
/* A manifest and its referrers, as they were listed. */
struct tree_subject {
    const struct oci_desc *desc;
    const struct oci_desc *referrers;
    size_t referrer_count;
};
/* What cannot be read is a warning: the tree is told all the same. */
void tree_signatures_find(struct cmd_ctx *c, const struct tree_trust *trust, const struct cmd_target *t,
                          const struct tree_subject *subject, struct tree_signatures *ret);
/* The next candidate from *at on that came in this manifest; NULL: none. d NULL: those that came by a tag. */
const struct sig_candidate *tree_signatures_next(const struct tree_signatures *s, const struct oci_desc *d, size_t *at);
/* "signature (Sigstore bundle)", "signed by release.pub ..." or "unverified" or "NOT TRUSTED: ..."; in the run's arena.
 */
const char *tree_signature_text(struct cmd_ctx *c, const struct sig_candidate *k);
const char *tree_signature_verdict(struct cmd_ctx *c, const struct tree_signatures *s, const struct sig_candidate *k);
/* "signatures": [...] into an open object; nothing where there are none. */
void tree_signatures_json(struct wp_json_out *o, const struct tree_signatures *s, struct wp_arena *a);
