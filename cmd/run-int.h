/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the child share: names of functions, the trace, the profile, and the run itself. */
#pragma once

#include "cmd/run-order.h"
#include "runtime-min/scan.h"

/* ---- names (run-names.c) ---- */

/* A host function is known by the import it was made for. */
struct run_host {
    const struct wrt_func *func;
    const struct wrt_import *import;
};
struct run_names {
    const struct wrt_module *m;
    struct wp_span *functions; /* by index; NULL until all were asked for */
    struct run_host *hosts;
    size_t host_count;
};
/* The name of a function of the module, else what it is exported or imported as, else "function 12". Escaped, and
 * without
 * ';' where plain. Of one: looks through the module. */
void run_name(struct run_names *n, uint32_t index, struct wp_buf *b);
/* All of them at once: for those who ask often. */
void run_names_fill(struct run_names *n, struct wp_arena *a);
void run_name_of(struct run_names *n, const struct wrt_func *f, struct wp_buf *b);

/* ---- the watch (run-watch.c: calls as lines; run-profile.c: calls as a tree) ---- */

struct run_profile;
struct run_watch {
    struct run_names *names;
    const struct wrt_types *types;
    int trace_fd; /* -1: none */
    bool trace_now;
    struct wp_buf lines;
    uint64_t depth;
    struct run_profile *profile; /* NULL: none */
};
/* enter and leave of w->..., for wrt_store_new; arg is the struct run_watch. */
struct wrt_watch run_watch_of(struct run_watch *w);
void run_watch_flush(struct run_watch *w);

WP_OWN struct run_profile *run_profile_new(void);
void run_profile_free(WP_OWN struct run_profile *p);
void run_profile_enter(struct run_profile *p, const struct wrt_func *f, uint64_t fuel);
void run_profile_leave(struct run_profile *p, uint64_t fuel);
/* The functions that used the most, into a. */
void run_profile_end(struct run_profile *p, uint64_t fuel);
size_t run_profile_hot(struct run_profile *p, struct run_names *names, struct wp_arena *a, const struct run_hot **ret);
/* "a;b;c 12" for each path with instructions of its own. */
int run_profile_write(struct run_profile *p, struct run_names *names, int fd, struct wp_err *err) WP_MUST_USE;

/* ---- the run (run-exec.c) ---- */

/* Called when all is prepared and before a byte of the module is looked at: the place to close the cell; and when it is
 * valid, before any of it runs: nothing needs threads any more. */
enum run_stage { RUN_PREPARED, RUN_VALID };
typedef int (*run_enter_fn)(void *arg, enum run_stage stage, struct wp_err *err);
/* Load the module and do what the order says. -1: it did not run, err says why (and ret->missing, where that is why).
 */
int run_execute(const struct run_order *o, struct wp_span module, run_enter_fn enter, void *enter_arg,
                struct wp_arena *a, struct run_answer *ret, struct wp_err *err) WP_MUST_USE;
