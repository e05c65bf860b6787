/* SPDX-License-Identifier: Apache-2.0
 *
 * A store in front of another one: counts what is asked of it and fails, lies or interrupts where a test says so. */
#pragma once

#include "oci/store.h"

#include <stdatomic.h>

struct spy {
    struct oci_store base;
    struct oci_store_ops ops; /* kind may be changed */
    struct oci_store *inner;  /* borrowed */
    atomic_uint fetches, pushes, binds, resolves, proofs, trusts;
    /* Push number fail_push (from 1; 0: none) fails with fail_code and fail_text. */
    unsigned fail_push;
    enum wp_code fail_code;
    const char *fail_text;
    atomic_int unknown_manifests; /* so many pushes of manifests say that a blob is unknown */
    atomic_int unknown_binds;
    struct oci_digest bound[8]; /* the first ones of the last bind, in order */
    struct wp_job *cancel;      /* cancelled at the first push */
    /* Also listed as referrers of any subject but themselves. */
    const struct oci_desc *liars;
    size_t liar_count, liar_repeat;
    bool forgets;    /* lists no referrer */
    bool list_fails; /* or says that it cannot */
};
void spy_init(struct spy *s, struct oci_store *inner);
