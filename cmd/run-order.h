/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parent and the child that runs a module say to each other: an order and an answer, both in bytes (cmd/
 * run-flow.h). The order comes from whoever started the child; the answer from a process that may have fallen to its
 * module, so that nothing in it is believed before it was checked. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "runtime-min/wasi.h"

struct run_texts {
    const char **items; /* NULL-terminated */
    size_t count;
};
enum run_cell { RUN_CELL_OFF, RUN_CELL_AUTO, RUN_CELL_REQUIRE };

struct run_order { /* zero but for the descriptors: instantiate and run it, seeing nothing */
    struct wrt_budget budget;
    uint64_t features;  /* 0: the default ones */
    uint64_t threads;   /* for validation */
    uint64_t cell;      /* enum run_cell */
    bool instantiate;   /* no further than that, and _initialize */
    const char *invoke; /* an exported function; "": what a host would run */
    struct run_texts params, args, env;

    bool own_stdio;
    struct wp_span input;
    uint64_t output_max;
    bool virtual_clock, seeded;
    uint64_t clock_ns, seed;
    struct wrt_wasi_dir *dirs;
    size_t dir_count;

    uint64_t module_fd, module_size, answer_fd;
    uint64_t trace_fd, profile_fd; /* RUN_NO_FD: not asked for */
    bool trace_now;                /* each line at once */
};
#define RUN_NO_FD UINT64_MAX

void run_order_write(const struct run_order *o, struct wp_buf *b);
/* Borrows bytes. False: not an order. */
bool run_order_read(struct wp_span bytes, struct wp_arena *a, struct run_order *ret) WP_MUST_USE;

/* ---- the answer ---- */

struct run_frame {
    uint64_t function, offset;
    const char *name; /* "": none */
};
struct run_result {
    const char *type, *text; /* "i32", "-5" (run-value.h) */
};
/* Of the functions that used the most: instructions of their own, and with what they called. */
struct run_hot {
    const char *name;
    uint64_t calls, self, total;
};
struct run_answer {
    uint64_t landlock; /* ABI; 0: none */
    bool seccomp;
    const char *cell_missing; /* "Landlock (Function not implemented)"; NULL: nothing */

    const char *ran; /* "_start", "_initialize", a function's name; "": instantiated only */
    bool started;    /* the module has a start function */
    enum wrt_stop stop;
    uint64_t exit; /* as the guest gave it */
    const char *detail;
    uint64_t fuel, memory, depth;
    const struct run_frame *frames;
    size_t frame_count;
    const struct run_result *results;
    size_t result_count;
    const char *const *offers; /* signatures of exported functions */
    size_t offer_count;
    const char *const *missing; /* imports that there are none for: nothing ran, and the error tells it, too */
    size_t missing_count;
    const struct run_hot *hot;
    size_t hot_count;
    struct wp_span output[2]; /* what it wrote to 1 and 2 in memory */
};

enum { RUN_OFFERS = 64, RUN_MISSING = 64, RUN_HOT = 64 };

/* The members "frames" and "results" of an object. */
void run_frames_json(struct wp_json_out *j, const struct run_answer *r);
void run_results_json(struct wp_json_out *j, const struct run_answer *r);
/* How it went; or with e->code not WP_E_OK, why it did not (of ret only cell and missing then). */
void run_answer_write(const struct run_answer *r, const struct wp_err *e, struct wp_buf *b);
/* Borrows bytes. 0; -1: the error that it tells, or nonsense (WP_E_OTHER). *ret is filled as far as it is known in each
 * case. */
int run_answer_read(struct wp_span bytes, struct wp_arena *a, struct run_answer *ret, struct wp_err *err) WP_MUST_USE;
