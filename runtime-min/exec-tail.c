/* SPDX-License-Identifier: Apache-2.0
 *
 * The dispatcher by tail calls: each handler is a function that ends in a jump to the next. The state of a run stays in
 * six registers: those that carry arguments, or with gcc on x86-64, which would move arguments about all the time, six
 * that are set aside. A handler needs no stack. clang is told so (musttail), gcc does it at -O2; tests/lint/tail.sh
 * looks at what came out. */
#include "runtime-min/exec-arith.h"
#include "runtime-min/exec-parts.h"
#include "runtime-min/exec-simd-floats.h"
#include "runtime-min/exec-simd-lanes.h"

#ifndef WRT_LOOP

#if defined(__clang__)
#define RETURN_TO __attribute__((musttail)) return
#else
#define RETURN_TO return
#endif

#if defined(__x86_64__) && !defined(__clang__)
#define SET_ASIDE
__extension__ register const uint64_t *ip __asm__("rbx");
__extension__ register uint64_t *fp __asm__("r12");
__extension__ register uint8_t *mem __asm__("r14");
__extension__ register uint64_t mem_size __asm__("r15");
__extension__ register int64_t fuel __asm__("rbp");
__extension__ register struct wrt_exec *x __asm__("r13");
#define REGISTERS uint64_t acc, double acc64, float acc32
#define GO(to)    RETURN_TO to(acc, acc64, acc32)
#else
#define mem_size x->near
#define REGISTERS                                                                                                 \
    const uint64_t *ip, uint64_t *fp, uint8_t *mem, uint64_t acc, int64_t fuel, struct wrt_exec *x, double acc64, \
        float acc32
#define GO(to) RETURN_TO to(ip, fp, mem, acc, fuel, x, acc64, acc32)
#endif

static inline uint32_t field(const uint64_t *at, unsigned byte)
{
    uint16_t v;
    memcpy(&v, (const uint8_t *)at + byte, sizeof v);
    return v;
}

typedef int handler_fn(REGISTERS);
static handler_fn *const handlers[WRT_SLOT_COUNT];

#define DISPATCH GO(handlers[(uint16_t)*ip])
#define NEXT(n)    \
    do {           \
        ip += (n); \
        DISPATCH;  \
    } while (0)
#define SYNC            \
    do {                \
        x->ip = ip;     \
        x->fp = fp;     \
        x->fuel = fuel; \
    } while (0)
#define TRAP(reason)                 \
    do {                             \
        x->stop = WRT_STOP_##reason; \
        SYNC;                        \
        return WRT_STOPPED;          \
    } while (0)
#define FINISH    \
    do {          \
        SYNC;     \
        return 0; \
    } while (0)
#define LEAVE(way) GO(leave_##way)
#define OP(name)   static int op_##name(REGISTERS)
/* Fields are loaded where they lie: shifts would take more instructions. */
#define A field(ip, 2)
#define B field(ip, 4)
#define C field(ip, 6)
#define D wrt_slot_d(ip[0])
#define FAR(p, memory, base, offset, width)                              \
    uint8_t *const p = exec_far(x, (memory), (base), (offset), (width)); \
    if (__builtin_expect(!(p), 0)) {                                     \
        LEAVE(trap_memory);                                              \
    }

#define WAY(name)                                                 \
    static __attribute__((noinline)) int leave_##name(REGISTERS)  \
    {                                                             \
        SYNC;                                                     \
        if (exec_##name(x) < 0) {                                 \
            return WRT_STOPPED;                                   \
        }                                                         \
        ip = x->ip;                                               \
        fp = x->fp;                                               \
        fuel = x->fuel;                                           \
        const struct wrt_memory_inst *const m = exec_memory_0(x); \
        mem = m ? m->base : NULL;                                 \
        mem_size = m ? m->size : 0;                               \
        DISPATCH;                                                 \
    }
/* A way has no use for what it loads anew. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
EXEC_WAYS(WAY)

/* clang-format off */
#include "runtime-min/exec-plain-handlers.h"
#include "runtime-min/exec-numeric-handlers.h"
#include "runtime-min/exec-fused-handlers.h"
#include "runtime-min/exec-simd-handlers.h"
#include "runtime-min/exec-wide-handlers.h"
/* clang-format on */

#define ROW(name, ...)         [WRT_S_##name] = op_##name,
#define ROW_TWO(name, ...)     ROW(name, ) ROW(name##_K, )
#define ROW_SIX(name, ...)     ROW_TWO(name, ) ROW_TWO(BR_##name, ) ROW_TWO(BRN_##name, )
#define ROW_FOUR(name, ...)    ROW(name, ) ROW(name##_X, ) ROW(name##_AT, ) ROW(name##_FAR, )
#define ROW_FIRST(...)         ROW(__VA_ARGS__, )
#define CHAIN_ONE(name, ...)   ROW(name##_R, )
#define CHAIN_THREE(name, ...) ROW(name##_R, ) ROW(name##_S, ) ROW(name##_RK, )
#define CHAIN_NINE(name, ...)  CHAIN_THREE(name, ) CHAIN_THREE(BR_##name, ) CHAIN_THREE(BRN_##name, )
#define CHAIN_TWO(name, ...)   ROW(name##_R, ) ROW(name##_S, )
#define CHAIN_LOAD(name, ...) \
    ROW(name##_R, ) ROW(name##_XR, ) ROW(name##_ADD_R, ) ROW(name##_ADD_S, ) ROW(name##_ADD_KR, )
#define CHAIN_STORE(name, ...)                           CHAIN_LOAD(name, ) ROW(name##_S, ) ROW(name##_XS, ) ROW(name##_ADD_KS, ) ROW(name##_CR, )
#define ROW_ADDED(name, ...)                             ROW(name##_ADD, ) ROW(name##_ADD_K, )
#define ROW_SMALL(name, ...)                             ROW(name##_C, )
#define ROW_LATCH(name, ...)                             ROW_TWO(NEXT_##name, )
#define SLOW(number, name, text, sig, imm, arg, feature) [WRT_SLOT_SLOW + WRT_OP_##name] = leave_slow,
static handler_fn *const handlers[WRT_SLOT_COUNT] = {
    WRT_SLOT_CONTROL(ROW) WRT_NUM_UNARY(ROW) WRT_NUM_BINARY(ROW_TWO) WRT_NUM_COMPARE(ROW_SIX) WRT_NUM_WIDE(ROW_FIRST)
        WRT_MEM_LOAD(ROW_FOUR) WRT_MEM_STORE(ROW_FOUR) WRT_MEM_LOAD(ROW_ADDED) WRT_MEM_STORE(ROW_ADDED)
            WRT_MEM_STORE(ROW_SMALL) WRT_NUM_LATCH(ROW_LATCH) WRT_FUSED_NUM(ROW) WRT_FUSED_MOVE(ROW_FIRST)
                WRT_SIMD_ALL(ROW_FIRST) WRT_NUM_UNARY(CHAIN_ONE) WRT_NUM_BINARY(CHAIN_THREE) WRT_NUM_COMPARE(CHAIN_NINE)
                    WRT_MEM_LOAD(CHAIN_LOAD) WRT_MEM_STORE(CHAIN_STORE) WRT_FUSED_NUM(CHAIN_TWO) ROW(BR_IF_R, )
                        ROW(BR_UNLESS_R, ) ROW(RETURN_1_R, ) WRT_OPCODES(SLOW) WRT_OPCODES_FB(SLOW) WRT_OPCODES_FC(SLOW)
                            WRT_OPCODES_FE(SLOW)};

#ifdef SET_ASIDE
/* They belong to whoever called. */
int wrt_exec_run(struct wrt_exec *run)
{
    const struct {
        const uint64_t *ip;
        uint64_t *fp;
        uint8_t *mem;
        uint64_t mem_size;
        int64_t fuel;
        struct wrt_exec *x;
    } before = {ip, fp, mem, mem_size, fuel, x};
    const struct wrt_memory_inst *const m = exec_memory_0(run);
    ip = run->ip;
    fp = run->fp;
    mem = m ? m->base : NULL;
    mem_size = m ? m->size : 0;
    fuel = run->fuel;
    x = run;
    int r = handlers[(uint16_t)*ip](0, 0, 0);
    ip = before.ip;
    fp = before.fp;
    mem = before.mem;
    mem_size = before.mem_size;
    fuel = before.fuel;
    x = before.x;
    return r;
}
#else
int wrt_exec_run(struct wrt_exec *x)
{
    const struct wrt_memory_inst *const m = exec_memory_0(x);
    mem_size = m ? m->size : 0;
    return handlers[(uint16_t)*x->ip](x->ip, x->fp, m ? m->base : NULL, 0, x->fuel, x, 0, 0);
}
#endif

#endif
