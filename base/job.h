/* SPDX-License-Identifier: Apache-2.0
 *
 * One running operation: a cancel flag that workers poll and a table of items (blobs) whose counters they advance. The
 * coordinator (cmd/progress) reads them at its own pace; workers call nobody back. Every function takes NULL for "no
 * job". Shared between threads. */
#pragma once

#include "base/err.h"

enum wp_item_state {
    WP_ITEM_ACTIVE,
    WP_ITEM_DONE,    /* transferred */
    WP_ITEM_PRESENT, /* was already there */
    WP_ITEM_MOUNTED, /* taken from another repository, no bytes moved */
    WP_ITEM_FAILED,
};

struct wp_job;
struct wp_item;

WP_OWN struct wp_job *wp_job_new(void);
void wp_job_free(WP_OWN struct wp_job *job);

/* Ask for the end; signum (or 0) is kept. Async-signal-safe. */
void wp_job_cancel(struct wp_job *job, int signum);
bool wp_job_cancelled(const struct wp_job *job);
/* The signum of the first cancel; 0: none, or not cancelled. */
int wp_job_signal(const struct wp_job *job);
/* 0, or -1 with WP_E_INTERRUPTED "interrupted" when cancelled. */
int wp_job_check(const struct wp_job *job, struct wp_err *err) WP_MUST_USE;
/* A descriptor that becomes readable when the job is cancelled, for poll(); -1 without a job. */
int wp_job_wake_fd(const struct wp_job *job);
/* Sleep, ending early when cancelled (then -1 with WP_E_INTERRUPTED). */
int wp_job_sleep(struct wp_job *job, uint64_t ms, struct wp_err *err) WP_MUST_USE;

/* Start an item; label is copied (foreign text is fine). Lives as long as the job. */
struct wp_item *wp_item_begin(struct wp_job *job, const char *label, uint64_t total);
/* Bytes proven or sent so far grew by n; n of them crossed a network or disk in this run when `moved`. */
void wp_item_add(struct wp_item *item, uint64_t n, bool moved);
/* The transfer starts again from `done` bytes. */
void wp_item_rewind(struct wp_item *item, uint64_t done);
void wp_item_end(struct wp_item *item, enum wp_item_state state);
/* The state now and, where ret_moved is given, the bytes moved. */
enum wp_item_state wp_item_look(const struct wp_item *item, uint64_t *ret_moved);

/* A snapshot for display: copies up to max items in order of their begin, from index `from` on; returns the number. */
struct wp_item_view {
    char label[96];
    uint64_t done, total;
    enum wp_item_state state;
    uint64_t began_ms, ended_ms;
};
size_t wp_job_items(const struct wp_job *job, size_t from, struct wp_item_view *ret, size_t max);
struct wp_job_totals {
    uint64_t items, active, done, present, mounted, failed;
    uint64_t bytes_done, bytes_total, bytes_moved;
};
void wp_job_totals(const struct wp_job *job, struct wp_job_totals *ret);
