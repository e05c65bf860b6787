/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the dispatchers share. Private to exec*.c.
 *
 * Which dispatcher: tail calls need a compiler that makes jumps of them, so the loop is for -O0, for sanitizers and for
 * whoever asks for it (WRT_LOOP, set by the Makefile). Both are made of exec-plain-handlers.h. */
#pragma once

#include "runtime-min/exec.h"
#include "runtime-min/slot.h"

#if !defined(__OPTIMIZE__) && !defined(WRT_LOOP)
#define WRT_LOOP
#endif

/* X(name): out of the straight way. Handlers leave to exec_NAME with everything in x; it gives 0 to go on from x, or
 * WRT_STOPPED. */
#define EXEC_WAYS(X)        \
    X(slice_at_branch)      \
    X(begin)                \
    X(restore)              \
    X(call)                 \
    X(call_indirect)        \
    X(call_ref)             \
    X(return_call)          \
    X(return_call_indirect) \
    X(return_call_ref)      \
    X(watch_enter)          \
    X(watch_leave)          \
    X(watch_tail)           \
    X(trap_memory)          \
    X(slow)
#define EXEC_DECLARE(name) int exec_##name(struct wrt_exec *x) WP_MUST_USE;
EXEC_WAYS(EXEC_DECLARE)
#undef EXEC_DECLARE

/* Return addresses: two words before each, so that a return finds P = 0 there. */
extern const uint64_t exec_stub_exit[3], exec_stub_restore[3];
#define EXEC_EXIT    (exec_stub_exit + 2)
#define EXEC_RESTORE (exec_stub_restore + 2)

/* Call a host function with its parameters at slots, where its results go; x->fuel has P = 0. */
int exec_host(struct wrt_exec *x, struct wrt_func *f, uint64_t *slots) WP_MUST_USE;

/* Room for n slots from fp on? */
static inline bool exec_room(const struct wrt_exec *x, const uint64_t *fp, uint32_t n)
{
    return (uintptr_t)fp + (uintptr_t)n * sizeof *fp <= (uintptr_t)x->stack_end;
}

/* The memory that plain accesses mean; NULL: there is none. */
static inline const struct wrt_memory_inst *exec_memory_0(const struct wrt_exec *x)
{
    return x->instance->module->memory_count ? x->instance->memories[0] : NULL;
}

/* Where width bytes at base + offset of a memory lie; NULL: out of its bounds. */
static inline uint8_t *exec_far(const struct wrt_exec *x, uint32_t memory, uint64_t base, uint64_t offset,
                                uint64_t width)
{
    const struct wrt_memory_inst *m = x->instance->memories[memory];
    uint64_t at = base + offset;
    return at < base || at > m->size || m->size - at < width ? NULL : m->base + at;
}

/* Function references are the functions themselves. */
static inline struct wrt_func *exec_func(uint64_t ref)
{
    return (struct wrt_func *)(uintptr_t)ref;
}

/* Fill in why and where the run stopped. bottom: the stub frame of its host. */
void exec_outcome(struct wrt_exec *x, const struct wrt_frame *bottom, struct wrt_outcome *out);
