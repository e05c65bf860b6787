/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of the reader of wpack-policy.json share: requirements by their names. */
#pragma once

#include "sign/policy-int.h"

struct policy_entry {
    const char *id;
    struct sig_need need; /* id NULL: not read yet */
    struct wp_json at;
    const struct sig_rule *rule; /* the last one that asked for it, as its need of that place */
    size_t place;
    bool attestation;
    bool used; /* by anyOf, allOf, signedBy */
};
/* Requirements of a rule, or those that all rules share. */
struct policy_table {
    struct policy_entry *entries;
    size_t count;
    struct policy_entry **by_id;
    const struct policy_table *outer; /* NULL: none */
};
/* By the name at this place; NULL with err where there is none. */
struct policy_entry *policy_table_find(const struct policy_table *t, const struct wp_json *at, struct wp_err *err);

bool policy_is_attestation(const struct wp_json *at);
/* table: what signedBy may name. */
int policy_require_read(struct sig_policy *p, const struct wp_json *at, const struct policy_table *table,
                        struct sig_need *need, struct wp_err *err) WP_MUST_USE;
