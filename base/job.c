/* SPDX-License-Identifier: Apache-2.0
 *
 * A running operation (base/job.h). Items are heap objects that never move, so workers advance counters without a lock;
 * only the table of them is guarded. */
#include "base/job.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wp_item {
    char label[sizeof(((struct wp_item_view *)NULL)->label)];
    uint64_t total;
    uint64_t began_ms;
    _Atomic uint64_t done;
    _Atomic uint64_t moved;
    _Atomic uint64_t ended_ms;
    atomic_int state;
};

struct wp_job {
    atomic_bool cancelled;
    atomic_int signum;
    int wake_fd; /* -1 when the process has no descriptor left: sleepers then look at the flag now and then */
    pthread_mutex_t lock;
    struct wp_item **items;
    size_t count;
    size_t cap;
};

struct wp_job *wp_job_new(void)
{
    struct wp_job *job = wp_xcalloc(1, sizeof(*job));
    job->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&job->lock, NULL);
    return job;
}

void wp_job_free(struct wp_job *job)
{
    if (job == NULL) {
        return;
    }
    for (size_t i = 0; i < job->count; i++) {
        free(job->items[i]);
    }
    free(job->items);
    if (job->wake_fd >= 0) {
        close(job->wake_fd);
    }
    pthread_mutex_destroy(&job->lock);
    free(job);
}

void wp_job_cancel(struct wp_job *job, int signum)
{
    if (job == NULL) {
        return;
    }
    int saved = errno;
    int none = 0;
    atomic_compare_exchange_strong(&job->signum, &none, signum);
    atomic_store(&job->cancelled, true);
    uint64_t one = 1;
    /* Fails only when the counter is at its ceiling, and then the descriptor is readable already. */
    ssize_t n = job->wake_fd >= 0 ? write(job->wake_fd, &one, sizeof(one)) : 0;
    (void)n;
    errno = saved;
}

bool wp_job_cancelled(const struct wp_job *job)
{
    return job != NULL && atomic_load(&job->cancelled);
}

int wp_job_signal(const struct wp_job *job)
{
    return job != NULL ? atomic_load(&job->signum) : 0;
}

int wp_job_check(const struct wp_job *job, struct wp_err *err)
{
    return wp_job_cancelled(job) ? wp_fail(err, WP_E_INTERRUPTED, "interrupted") : 0;
}

int wp_job_wake_fd(const struct wp_job *job)
{
    return job != NULL ? job->wake_fd : -1;
}

int wp_job_sleep(struct wp_job *job, uint64_t ms, struct wp_err *err)
{
    uint64_t start = wp_time_mono_ms();
    uint64_t slice = job != NULL && job->wake_fd < 0 ? 50 : INT_MAX;
    struct pollfd wake = {.fd = wp_job_wake_fd(job), .events = POLLIN};
    for (;;) {
        if (wp_job_check(job, err) < 0) {
            return -1;
        }
        uint64_t slept = wp_time_mono_ms() - start;
        if (slept >= ms) {
            return 0;
        }
        /* A negative descriptor is skipped by poll(), which then just waits. */
        (void)poll(&wake, 1, (int)WP_MIN(ms - slept, slice));
    }
}

struct wp_item *wp_item_begin(struct wp_job *job, const char *label, uint64_t total)
{
    if (job == NULL) {
        return NULL;
    }
    struct wp_item *item = wp_xcalloc(1, sizeof(*item));
    wp_escape_to(item->label, sizeof(item->label), wp_span_str(label));
    item->total = total;
    item->began_ms = wp_time_mono_ms();
    atomic_store(&item->state, WP_ITEM_ACTIVE);
    pthread_mutex_lock(&job->lock);
    if (job->count == job->cap) {
        job->cap = job->cap == 0 ? 16 : 2 * job->cap;
        job->items = wp_xrealloc(job->items, job->cap, sizeof(struct wp_item *));
    }
    job->items[job->count++] = item;
    pthread_mutex_unlock(&job->lock);
    return item;
}

void wp_item_add(struct wp_item *item, uint64_t n, bool moved)
{
    if (item == NULL) {
        return;
    }
    atomic_fetch_add(&item->done, n);
    if (moved) {
        atomic_fetch_add(&item->moved, n);
    }
}

void wp_item_rewind(struct wp_item *item, uint64_t done)
{
    if (item != NULL) {
        atomic_store(&item->done, done);
    }
}

void wp_item_end(struct wp_item *item, enum wp_item_state state)
{
    if (item != NULL) {
        atomic_store(&item->ended_ms, wp_time_mono_ms());
        atomic_store(&item->state, (int)state);
    }
}

enum wp_item_state wp_item_look(const struct wp_item *item, uint64_t *ret_moved)
{
    if (ret_moved != NULL) {
        *ret_moved = atomic_load(&item->moved);
    }
    return (enum wp_item_state)atomic_load(&item->state);
}

/* Readers of a shared job see it as const; its lock is not part of what they see. */
static struct wp_job *lock_table(const struct wp_job *job)
{
    union {
        const struct wp_job *shown;
        struct wp_job *real;
    } table = {.shown = job};
    pthread_mutex_lock(&table.real->lock);
    return table.real;
}

size_t wp_job_items(const struct wp_job *job, size_t from, struct wp_item_view *ret, size_t max)
{
    if (job == NULL) {
        return 0;
    }
    struct wp_job *table = lock_table(job);
    size_t n = from < table->count ? WP_MIN(table->count - from, max) : 0;
    for (size_t i = 0; i < n; i++) {
        const struct wp_item *item = table->items[from + i];
        /* The state first: an item seen as ended has its last counters. */
        ret[i].state = (enum wp_item_state)atomic_load(&item->state);
        ret[i].done = atomic_load(&item->done);
        ret[i].total = item->total;
        ret[i].began_ms = item->began_ms;
        ret[i].ended_ms = atomic_load(&item->ended_ms);
        memcpy(ret[i].label, item->label, sizeof(ret[i].label));
    }
    pthread_mutex_unlock(&table->lock);
    return n;
}

void wp_job_totals(const struct wp_job *job, struct wp_job_totals *ret)
{
    *ret = (struct wp_job_totals){0};
    if (job == NULL) {
        return;
    }
    struct wp_job *table = lock_table(job);
    uint64_t by_state[WP_ITEM_FAILED + 1] = {0};
    for (size_t i = 0; i < table->count; i++) {
        const struct wp_item *item = table->items[i];
        by_state[atomic_load(&item->state)]++;
        ret->bytes_done += atomic_load(&item->done);
        ret->bytes_moved += atomic_load(&item->moved);
        ret->bytes_total += item->total;
    }
    ret->items = table->count;
    pthread_mutex_unlock(&table->lock);
    ret->active = by_state[WP_ITEM_ACTIVE];
    ret->done = by_state[WP_ITEM_DONE];
    ret->present = by_state[WP_ITEM_PRESENT];
    ret->mounted = by_state[WP_ITEM_MOUNTED];
    ret->failed = by_state[WP_ITEM_FAILED];
}
