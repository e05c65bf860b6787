/* SPDX-License-Identifier: Apache-2.0
 *
 * The dispatcher as a loop around a switch: what every compiler can do, whatever its options. */
#include "runtime-min/exec-arith.h"
#include "runtime-min/exec-parts.h"
#include "runtime-min/exec-simd-floats.h"
#include "runtime-min/exec-simd-lanes.h"

#ifdef WRT_LOOP

#define DISPATCH goto next
#define NEXT(n)    \
    do {           \
        ip += (n); \
        goto next; \
    } while (0)
#define TRAP(reason)                 \
    do {                             \
        x->stop = WRT_STOP_##reason; \
        goto finish;                 \
    } while (0)
#define FINISH goto finish
#define LEAVE(name)        \
    do {                   \
        way = exec_##name; \
        goto leave;        \
    } while (0)
#define OP(name) case WRT_S_##name:
#define A        wrt_slot_a(ip[0])
#define B        wrt_slot_b(ip[0])
#define C        wrt_slot_c(ip[0])
#define D        wrt_slot_d(ip[0])
#define FAR(p, memory, base, offset, width)                              \
    uint8_t *const p = exec_far(x, (memory), (base), (offset), (width)); \
    if (__builtin_expect(!(p), 0)) {                                     \
        LEAVE(trap_memory);                                              \
    }

/* Where there is no memory: of no bytes, but no null pointer either. */
static uint8_t nothing[1];

/* One function: that is the point of it. */
/* NOLINTNEXTLINE(readability-function-size) */
int wrt_exec_run(struct wrt_exec *x)
{
    int (*way)(struct wrt_exec *);
    const struct wrt_memory_inst *m = exec_memory_0(x);
    const uint64_t *ip = x->ip;
    uint64_t *fp = x->fp;
    uint8_t *mem = m ? m->base : nothing;
    uint64_t mem_size = m ? m->size : 0;
    int64_t fuel = x->fuel;
    uint64_t acc = 0;
    double acc64 = 0;
    float acc32 = 0;
next:
    switch (*ip & 0xffff) {
/* clang-format off */
#include "runtime-min/exec-plain-handlers.h"
#include "runtime-min/exec-numeric-handlers.h"
#include "runtime-min/exec-fused-handlers.h"
#include "runtime-min/exec-simd-handlers.h"
#include "runtime-min/exec-wide-handlers.h"
        /* clang-format on */
    default:
        LEAVE(slow);
    }
leave:
    x->ip = ip;
    x->fp = fp;
    x->fuel = fuel;
    if (way(x) < 0) {
        return WRT_STOPPED;
    }
    ip = x->ip;
    fp = x->fp;
    fuel = x->fuel;
    m = exec_memory_0(x);
    mem = m ? m->base : nothing;
    mem_size = m ? m->size : 0;
    goto next;
finish:
    x->ip = ip;
    x->fp = fp;
    x->fuel = fuel;
    return x->stop == WRT_STOP_NONE ? 0 : WRT_STOPPED;
}

#endif
