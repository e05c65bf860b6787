/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that execute share: the shapes behind the handles of run.h and the state of a run. Private to
 * runtime-min/ translate*, exec*, store*, instance*, op-*.
 *
 * A function runs as slot code (slot.h) over a frame of slots: parameters, locals, operands. The caller's operands
 * that are the arguments are the callee's first slots; results replace them. There is no recursion in C: calls push a
 * struct wrt_frame. */
#pragma once

#include "runtime-min/mem.h"
#include "runtime-min/run.h"

struct wrt_exec;

struct wrt_func {
    const uint64_t *entry;         /* slot code; until the first call that of a stub which translates */
    struct wrt_instance *instance; /* NULL: a host function */
    uint32_t type;                 /* canonical id */
    uint32_t index;                /* in its module */
    uint32_t param_slots, result_slots;
    uint32_t frame_slots; /* that the frame takes, parameters included; 0: not translated yet */
    uint32_t code_words;
    const struct wrt_try *tries; /* innermost first where they nest */
    uint32_t try_count;
    wrt_host_fn host;
    void *env;
};

/* A range of a function's slot code in which exceptions are caught (try_table). */
struct wrt_catch {
    const struct wrt_tag_inst *tag; /* NULL: any */
    bool with_ref;                  /* the exception reference goes behind the payload */
    uint16_t slot;                  /* where the payload goes */
    uint32_t target;                /* word of the function's code */
    uint32_t place;                 /* P there, see slot.h */
};
struct wrt_try {
    uint32_t begin, end; /* words */
    const struct wrt_catch *catches;
    uint32_t catch_count;
};

struct wrt_memory_inst {
    uint8_t *base;
    uint64_t size;     /* bytes */
    uint64_t reserved; /* bytes of address space behind base: growing never moves it */
    struct wrt_limits type;
};
struct wrt_table_inst {
    uint64_t *items;
    uint64_t size, room;
    struct wrt_table type; /* init empty */
};
struct wrt_global_inst {
    uint64_t cell[2];
    uint32_t type;
    bool mut;
};
struct wrt_tag_inst {
    uint32_t type;
};

struct wrt_instance {
    struct wrt_store *store;
    const struct wrt_module *module;
    struct wrt_func **funcs; /* of the index spaces, imports first */
    struct wrt_table_inst **tables;
    struct wrt_memory_inst **memories;
    struct wrt_memory_inst *host_memory; /* what wrt_caller_memory gives; NULL: none */
    struct wrt_global_inst **globals;
    struct wrt_tag_inst **tags;
    struct wp_span *datas; /* data segment -> its bytes; dropped: empty */
    struct wrt_elems *elems;
};
/* An element segment, evaluated at instantiation. */
struct wrt_elems {
    uint64_t *items;
    uint32_t count; /* dropped: 0 */
};

/* A call. func returns to ip and fp: two words behind a call instruction of the frame below, whose P is in its d. A
 * call from elsewhere has a stub frame in between (func NULL), and func returns to the stub's code:
 * - from the host: the stub frame has ip NULL. Nobody unwinds beyond it;
 * - from another instance: the stub frame has the caller's ip and fp. Who pops it sets x->instance to that of the frame
 *   below. Tail calls between instances turn the frame of who leaves into such a stub.
 * Host functions have no frame: while one runs, x->ip is the call instruction. */
struct wrt_frame {
    struct wrt_func *func; /* that runs; NULL: a stub */
    const uint64_t *ip;
    uint64_t *fp;
};

/* A run. ip, fp, fuel and the frame on top are true whenever a C function outside of the dispatchers sees it. */
struct wrt_exec {
    const uint64_t *ip;
    uint64_t *fp;
    int64_t fuel; /* what is left of the slice + P(ip), see slot.h */
    struct wrt_instance *instance;
    struct wrt_frame *frame; /* the one on top */
    struct wrt_frame *frames, *frames_end;
    uint64_t *stack, *stack_end;
    uint64_t *top;   /* where the arguments of a call by the host go: behind those of the host function that runs */
    uint64_t branch; /* the word of a branch that used up its slice */
    uint64_t near;   /* bytes of the memory that plain accesses mean, while a dispatcher runs */
    struct wrt_store *store;
    enum wrt_stop stop; /* why it ends */
};

struct wrt_store {
    struct wrt_exec exec;
    struct wrt_budget budget; /* defaults filled in */
    struct wrt_watch watch;
    struct wrt_mem mem; /* instances, code; limit budget.code */
    struct wrt_mem type_mem;
    struct wrt_types types;
    struct wrt_heap *heap;             /* heap.h; made at first use */
    struct wrt_translator *translator; /* what translating needs, used again; in mem */
    void *host;
    uint64_t memory_used, memory_peak, memory_reserved, table_used;
    uint64_t fuel_taken;      /* handed out in slices so far */
    uint64_t fuel_extra;      /* charged by hosts: in fuel as well */
    uint64_t deadline;        /* CLOCK_MONOTONIC ns; 0: none */
    struct wrt_vec memories;  /* struct wrt_memory_inst *: what to unmap */
    struct wrt_vec tables;    /* struct wrt_table_inst *: roots */
    struct wrt_vec globals;   /* struct wrt_global_inst *: roots */
    struct wrt_vec instances; /* struct wrt_instance *: roots (elems) */
    uint32_t exit_status;
    const struct wrt_tag_inst *thrown; /* uncaught */
    uint32_t nesting;                  /* wrt_call within host functions */
    char detail[192];
};

/* ---- for everything that stops a run ---- */

/* Set the reason (with words, NULL: none). Returns WRT_STOPPED, so that an operation reads `return wrt_stop(x, …)`. */
enum { WRT_STOPPED = -1, WRT_MOVED = 0 };
int wrt_stop(struct wrt_exec *x, enum wrt_stop stop, const char *fmt, ...) WP_PRINTF(3, 4);
/* The deadline counts from the first of these on. */
void wrt_start_clock(struct wrt_store *s);
/* The slice is used up (fuel < 0): asks the clock and the watch, takes the next. 0 or WRT_STOPPED. */
int wrt_next_slice(struct wrt_exec *x);
/* What deadlines are held against: CLOCK_MONOTONIC. */
uint64_t wrt_now_ns(void);
/* Charge n more instructions; WRT_STOPPED when that was the last fuel, else 0. */
static inline int wrt_charge(struct wrt_exec *x, uint64_t n)
{
    x->fuel -= (int64_t)WP_MIN(n, UINT64_C(1) << 60);
    return x->fuel < 0 ? wrt_next_slice(x) : 0;
}
/* Instructions executed so far; place: P of x->ip. */
uint64_t wrt_fuel_used(const struct wrt_exec *x, uint32_t place);

/* ---- translate*.c ---- */

/* Slot code of f, a function of a module; sets entry, frame_slots, tries. -1: WRT_STOP_CODE or _UNSUPPORTED is set. */
int wrt_translate(struct wrt_exec *x, struct wrt_func *f) WP_MUST_USE;
/* Which instruction of the module a word of f's code belongs to: its byte offset from the begin of the binary, and P
 * including it. Translates anew; for traps and traces. */
void wrt_locate(struct wrt_store *s, const struct wrt_func *f, uint32_t word, uint64_t *ret_offset,
                uint32_t *ret_place);

/* ---- chain.c ---- */

/* The code of f is done but for this: see "chains" in slot.h. */
void wrt_chain(const struct wrt_func *f, uint64_t *code);

/* ---- exec*.c ---- */

/* One word, WRT_S_TRANSLATE: the entry of a function of a module that did not run yet. (A host function: entry NULL.)
 */
extern const uint64_t wrt_stub_translate[1];

/* Run from x->ip until the stub of the host is reached (0) or something stops (WRT_STOPPED): the same handlers, by tail
 * calls or in a loop. */
int wrt_exec_run(struct wrt_exec *x) WP_MUST_USE;
/* Enter f with its arguments at fp: pushes a frame, translates if need be; host functions are called and done with.
 * For an instruction at x->ip of two words that has its P in d. WRT_MOVED or WRT_STOPPED. */
int wrt_enter(struct wrt_exec *x, struct wrt_func *f, uint64_t *fp) WP_MUST_USE;
/* The same in place of the running function, whose frame goes: arguments lie at args. */
int wrt_enter_tail(struct wrt_exec *x, struct wrt_func *f, const uint64_t *args) WP_MUST_USE;

/* ---- exec-unwind.c ---- */

/* An exception (a reference to it, heap.h) is thrown at x->ip: goes on where it is caught, or stops. */
int wrt_throw(struct wrt_exec *x, uint64_t exn) WP_MUST_USE;

/* ---- op-*.c: one function for each instruction of the slow lane; see slot.h ---- */

/* Gives the number of words to go on by (2), WRT_MOVED when it set x->ip and x->fp itself, or WRT_STOPPED. */
typedef int (*wrt_slow_fn)(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp);
/* By wasm opcode (enum wrt_opcode); NULL: not of the slow lane. Made of the rows in op.h. */
extern const wrt_slow_fn wrt_slow_ops[];
static inline wrt_slow_fn wrt_slow_op(uint32_t opcode)
{
    return wrt_slow_ops[opcode];
}

/* ---- memory and tables, shared by op-memory.c, op-table.c and instantiation (store-memory.c, store-table.c) ---- */

/* The number of pages before, or -1: the budget, the limits or the machine have no more. */
int64_t wrt_memory_grow(struct wrt_store *s, struct wrt_memory_inst *m, uint64_t pages);
/* The size before, or -1. */
int64_t wrt_table_grow(struct wrt_store *s, struct wrt_table_inst *t, uint64_t n, uint64_t ref);
/* Bounds are checked; false: nothing was written. */
bool wrt_memory_init(struct wrt_memory_inst *m, uint64_t dst, struct wp_span data, uint64_t src, uint64_t n);
bool wrt_table_init(struct wrt_table_inst *t, uint64_t dst, const struct wrt_elems *e, uint64_t src, uint64_t n);

/* ---- const-eval.c ---- */

/* The value of a validated constant expression. slots: one, v128 two. WRT_STOPPED: heap. */
int wrt_const_eval(struct wrt_exec *x, struct wrt_instance *i, struct wp_span expr, uint64_t *ret_slots) WP_MUST_USE;
/* The same of one that stands at the cursor, which goes behind it. */
int wrt_const_next(struct wrt_exec *x, struct wrt_instance *i, struct wp_wasm_cursor *c,
                   uint64_t *ret_slots) WP_MUST_USE;
