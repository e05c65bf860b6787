/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the last writer wins and nobody can lock, a writer stays for a while after its write, longer than another one
 * should be between reading and writing, and looks again (oci_store.settle_ms). */
#pragma once

#include "base/job.h"

#define OCI_SETTLE_ROUNDS                                                                      \
    40 /* 38 writes may be lost to others: the round after the last one that counts only looks \
        */

/* The wait after the write of number round (from 0). least_ms 0: none. slowest_ms: the longest that reading and writing
 * took so far, for others are about as slow. */
int oci_settle(struct wp_job *job, uint64_t least_ms, unsigned round, uint64_t slowest_ms,
               struct wp_err *err) WP_MUST_USE;
