/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a writer stays (oci/settle.h). */
#include "oci/settle.h"

#include "base/pool.h"
#include "base/time.h"

#include <sys/random.h>

#define SETTLE_ROUNDS 3    /* times as long as the slowest read and write so far */
#define SETTLE_MAX_MS 5000 /* what one stalled request does not stretch */
#define SPREAD_MAX    4    /* the random part doubles so often, so that writers part */
#define LOOKS         4    /* in the time that what others write can be seen */

static uint64_t random_below(uint64_t n)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0) {
        random = wp_time_mono_ms();
    }
    return n == 0 ? 0 : random % n;
}

uint64_t oci_settle_stay(uint64_t least_ms, uint64_t slowest_ms)
{
    return WP_MIN(WP_MAX(least_ms, slowest_ms * SETTLE_ROUNDS), (uint64_t)SETTLE_MAX_MS);
}

int oci_settle(struct wp_job *job, uint64_t least_ms, unsigned round, uint64_t slowest_ms, struct wp_err *err)
{
    if (least_ms == 0) {
        return wp_job_check(job, err);
    }
    uint64_t spread_ms = round == 0 ? 0 : slowest_ms << WP_MIN(round, (unsigned)SPREAD_MAX);
    return wp_job_sleep(job, oci_settle_stay(least_ms, slowest_ms) + random_below(spread_ms), err);
}

/* ---- looking on ---- */

/* Until now, or until the write was done: what a look sees later is no gap. */
static void note_gap(struct oci_watch *w)
{
    const uint64_t ended_ms = atomic_load(&w->ended_ms);
    const uint64_t until_ms = ended_ms != 0 ? ended_ms : wp_time_boot_ms();
    if (w->looked_ms != 0 && w->looked_ms < until_ms) {
        w->gap_ms = WP_MAX(w->gap_ms, until_ms - w->looked_ms);
    }
}

int oci_watch_look(struct oci_watch *w, struct wp_err *err)
{
    const uint64_t start_ms = wp_time_boot_ms();
    int rc = w->look(w->arg, err);
    if (rc >= 0) {
        /* The registry read it at some time between: the gap is as long as it can have been. */
        note_gap(w);
        w->looked_ms = start_ms;
    }
    return rc;
}

bool oci_watch_is_old(const struct oci_watch *w)
{
    return wp_time_boot_ms() - w->looked_ms > w->stay_ms / 2;
}

static void look_on(void *arg)
{
    struct oci_watch *w = arg;
    struct wp_err err = {0};
    while (wp_job_sleep(w->stop, WP_MAX(w->stay_ms / LOOKS, (uint64_t)1), &err) == 0) {
        if (oci_watch_look(w, &err) < 0) {
            wp_err_clear(&err); /* the next one may succeed; that this one did not shows as a gap */
        }
    }
}

void oci_watch_begin(struct oci_watch *w)
{
    struct wp_err ignored = {0};
    w->stop = wp_job_new();
    if (wp_thread_start("wpack-watch", look_on, w, &w->thread, &ignored) < 0) {
        w->thread = NULL; /* unseen, and so it is told where the write takes long */
    }
}

bool oci_watch_end(struct oci_watch *w)
{
    atomic_store(&w->ended_ms, wp_time_boot_ms());
    wp_job_cancel(w->stop, 0);
    if (w->thread != NULL) {
        wp_thread_join(WP_STEAL(w->thread));
    }
    wp_job_free(WP_STEAL(w->stop));
    note_gap(w);
    return w->gap_ms <= w->stay_ms;
}
