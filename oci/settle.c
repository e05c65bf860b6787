/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a writer stays (oci/settle.h). */
#include "oci/settle.h"

#include "base/time.h"

#include <sys/random.h>

#define SETTLE_ROUNDS 3    /* times as long as the slowest read and write so far */
#define SETTLE_MAX_MS 5000 /* what one stalled request does not stretch */
#define SPREAD_MAX    4    /* the random part doubles so often, so that writers part */

static uint64_t random_below(uint64_t n)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0) {
        random = wp_time_mono_ms();
    }
    return n == 0 ? 0 : random % n;
}

int oci_settle(struct wp_job *job, uint64_t least_ms, unsigned round, uint64_t slowest_ms, struct wp_err *err)
{
    if (least_ms == 0) {
        return wp_job_check(job, err);
    }
    uint64_t settle_ms = WP_MAX(least_ms, slowest_ms * SETTLE_ROUNDS);
    uint64_t spread_ms = round == 0 ? 0 : slowest_ms << WP_MIN(round, (unsigned)SPREAD_MAX);
    return wp_job_sleep(job, WP_MIN(settle_ms, (uint64_t)SETTLE_MAX_MS) + random_below(spread_ms), err);
}
