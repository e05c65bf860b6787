/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of vector instructions as plain functions (vector-dialect.h). */
#include "vector-dialect.h"

uint8_t vector_memory[2][64];

#define A           wrt_slot_a(*ip)
#define B           wrt_slot_b(*ip)
#define C           wrt_slot_c(*ip)
#define OP(name)    static int op_##name(const uint64_t *ip, uint64_t *fp)
#define NEXT(words) return words
#define FAR(p, memory, base, offset, width)       \
    uint64_t place = (base) + (offset);           \
    if (place < (base) || place > 64 - (width)) { \
        return -1;                                \
    }                                             \
    uint8_t *p = &vector_memory[memory][place]
#include "runtime-min/exec-simd-handlers.h"
#include "runtime-min/exec-wide-handlers.h"

int vector_run(const uint64_t *ip, uint64_t *fp)
{
    switch (wrt_slot_op(*ip)) {
#define CASE(name, ...) \
    case WRT_S_##name:  \
        return op_##name(ip, fp);
#define PLAIN(...) CASE(__VA_ARGS__, )
        WRT_SIMD_ALL(PLAIN)
        WRT_NUM_WIDE(PLAIN)
    default:
        return -2;
    }
}
