/* SPDX-License-Identifier: Apache-2.0
 *
 * What the user trusts, from options: --key, --certificate-identity and its like, --trusted-root, --trust-store,
 * --policy. The rows are the same for verify, pull, copy and run, which ask at the door through trust_admit. */
#pragma once

#include "cmd/target.h"
#include "oci/copy.h"
#include "sign/policy.h"

/* Embedded in the options of a command that verifies; TRUST_OPTS(struct opts, trust) are its rows. */
struct trust_opts {
    struct opt_list keys;
    const char *identity, *identity_regexp, *issuer, *issuer_regexp, *trusted_root, *policy, *trust_dir;
    struct opt_list trust_stores, identities, crls; /* Notary: --trust-store FILE, --trusted-identity DN, --crl */
    struct opt_list annotations;
    const char *type; /* predicate type; NULL: signatures */
    bool ignore_log, require_log;
    uint64_t threshold;
};

/* What was loaded, owned. policy NULL: the user asked for nothing. */
struct trust {
    struct sig_policy *policy;
    /* … what demands point at … */
    struct trust_parts *parts;
};
int trust_open(struct cmd_ctx *c, const struct trust_opts *o, struct trust *ret, struct wp_err *err) WP_MUST_USE;
void trust_done(struct trust *t);
#define TRUST_AUTO WP_CLEANUP(trust_done)

/* Judge what target t resolved to, before anything is fetched or bound: of the store itself. 0 where t->policy is NULL.
 */
int trust_judge(struct cmd_ctx *c, const struct trust *t, struct cmd_target *target, const struct oci_desc *root,
                struct wp_span bytes, struct sig_report *ret, struct wp_err *err) WP_MUST_USE;
/* For oci_copy_opts.admit: arg is a struct trust_door. */
struct trust_door {
    struct cmd_ctx *c;
    const struct trust *trust;
    struct cmd_target *source; /* whose reference scopes are compared with */
    struct sig_report report;  /* of the answer */
};
int trust_admit(void *door, struct oci_store *view, const struct oci_desc *root, struct wp_err *err);
/* The report for people (notes on stderr), and as members inside an open JSON object. */
void trust_note(struct cmd_ctx *c, const struct sig_report *r);
void trust_json(struct wp_json_out *o, const struct sig_report *r);
