/* SPDX-License-Identifier: Apache-2.0
 *
 * Running a module in a process of its own: the program executed anew, in a cell of base/sandbox.h that allows what the
 * order grants and nothing else. run, test and build go through here. */
#pragma once

#include "cmd/look.h"
#include "cmd/run-order.h"

/* Options of commands that run modules: a member `struct look_opts look`. */
#define RUN_ROWS(type)                                                                                            \
    {.name = "features",                                                                                          \
     .kind = OPT_STR,                                                                                             \
     .offset = offsetof(type, look.features),                                                                     \
     .arg = "LIST",                                                                                               \
     .help = "what modules may use: -gc,wide-arithmetic; all, default or mvp first"},                             \
    {                                                                                                             \
        .name = "sandbox", .kind = OPT_ENUM, .offset = offsetof(type, look.sandbox), .arg = "MODE",               \
        .choices = "auto require off", .help = "run modules in a process that can do nothing else (default auto)" \
    }

struct run_request {
    struct run_order
        order; /* descriptors, features, cell and threads are filled in; folders and files given stay open */
    const struct look_opts *look;
    const struct look_content *content;
    int standard[3];  /* what becomes 0, 1 and 2; -1: nothing to read, a closed end to write to */
    int signals;      /* a signalfd: what it takes goes to the child and ends the run; -1: the job's cancelling does */
    uint64_t kill_ms; /* after so long without an answer; 0: never */
};
struct run_cost {
    uint64_t ms, cpu_ms; /* of the child, all of it */
    uint64_t resident;   /* bytes, its peak */
    int signal;          /* that interrupted it; 0: none */
};
/* 0: it ran, *ret says how. -1: it did not, or nobody knows (WP_E_INTERRUPTED: *ret_cost has the signal). Lives in a.
 */
int run_module(struct cmd_ctx *c, const struct run_request *r, struct wp_arena *a, struct run_answer *ret,
               struct run_cost *ret_cost, struct wp_err *err) WP_MUST_USE;

/* ---- words ---- */

/* "trap: out of bounds memory access (address 0x10000 + 4 of 65536)", "out of fuel"; a trap is WP_E_SMOKE, the end of a
 * budget WP_E_LIMIT with a hint. Only for ends that are neither a return nor an exit. Returns -1. */
int run_fail_stop(const struct run_answer *r, struct wp_err *err);
/* "#0 name (function 12) at byte 0x1f3" of the i-th frame, in a. */
const char *run_frame_text(const struct run_answer *r, size_t i, struct wp_arena *a);

/* ---- the child ---- */

#define RUN_WORD "__run" /* what it is called with */
_Noreturn int run_child(int argc, char *argv[]);
/* Its life without those words, in a process that has what the order names. */
_Noreturn void run_child_ordered(const struct run_order *o);
