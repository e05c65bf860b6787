/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the last writer wins and nobody can lock, a writer stays for a while after its write, longer than another one
 * should be between reading and writing, and looks again (oci_store.settle_ms). Whoever is longer between reading and
 * writing undoes what others wrote who have left: it looks on while its write is under way, and knows what it replaced,
 * or that it does not know. */
#pragma once

#include "base/job.h"

#include <stdatomic.h>

#define OCI_SETTLE_ROUNDS                                                                      \
    40 /* 38 writes may be lost to others: the round after the last one that counts only looks \
        */

/* How long a writer stays whose reading and writing took slowest_ms at most, chance apart. */
uint64_t oci_settle_stay(uint64_t least_ms, uint64_t slowest_ms);
/* The wait after the write of number round (from 0). least_ms 0: none. slowest_ms: the longest that reading and writing
 * took so far, for others are about as slow. */
int oci_settle(struct wp_job *job, uint64_t least_ms, unsigned round, uint64_t slowest_ms,
               struct wp_err *err) WP_MUST_USE;

/* What somebody writes stays to be seen for stay_ms, or its writer is there still and puts it back: so often it is
 * looked at, from a look before the write until that is done. Not shared; look is called by one thread at a time. */
struct oci_watch {
    int (*look)(void *arg, struct wp_err *err); /* reads once and keeps what it saw */
    void *arg;
    uint64_t stay_ms;
    uint64_t looked_ms;        /* when the last look began that succeeded (wp_time_boot_ms) */
    uint64_t gap_ms;           /* the longest time that nothing was seen in */
    _Atomic uint64_t ended_ms; /* when the write was done; 0: it is not */
    struct wp_job *stop;
    struct wp_thread *thread;
};
/* One look, here and now: what it returns. */
int oci_watch_look(struct oci_watch *w, struct wp_err *err) WP_MUST_USE;
/* True where the last look is too old to write on its word. */
bool oci_watch_is_old(const struct oci_watch *w);
/* Looks on while the caller writes. */
void oci_watch_begin(struct oci_watch *w);
/* The write is done. False where more than stay_ms passed unseen: this process was stopped or cut off, and what others
 * wrote then may have been replaced. */
bool oci_watch_end(struct oci_watch *w);
