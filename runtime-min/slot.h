/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code: what functions are translated to before they run. A stream of 64-bit words; an instruction is one word
 *
 *     bits 0-15 op | 16-31 a | 32-47 b | 48-63 c        d: bits 32-63, b and c as one number
 *
 * and as many more as its row says. a, b, c name slots of the frame (fp[a]); a is where the result goes. i32 and f32
 * are zero-extended in their slots, always. A v128 takes two slots and is named by the first.
 *
 * Fuel. P(w) is the number of WebAssembly instructions that stand in the function's text before word w's instruction
 * (the charges of wrt_charge_of below, in the order of the binary). x->fuel is what is left plus P of where it runs, so
 * that straight code costs nothing; a taken branch adds P(target) - P(here), where P(here) counts the branch itself; a
 * call takes P(call), counting itself, and the callee begins with P = 0; return takes P(return) and gives P(call) back.
 * After a taken branch and at a call, fuel below zero leads to wrt_next_slice.
 *
 * The text's order decides, so code that is never reached counts in P as well: whatever jumps over it adds it, and
 * nobody pays. Where the translator adds jumps of its own, P stands still: the end of `if` before its `else` (P at
 * `else`), the way around values that a conditional branch moves, and from br_table by way of such moves (P behind the
 * branch). RETURN stands for return, a branch to the function's label (P counts it) and the end of the body (P is that
 * of all).
 *
 * A branch word holds what a branch needs when it is taken: low half: words from the branch instruction's first word to
 * the target, signed; high half: P(target) - P(branch), signed. */
#pragma once

#include "runtime-min/opcode.h"

/* ---- fast lane: control ----
 * X(NAME, words). "branch": a branch word. */
#define WRT_SLOT_CONTROL(X)                                                                                           \
    X(TRAP_UNREACHABLE, 1)     /* */                                                                                  \
    X(NOP, 1)                  /* never emitted by the translator; keeps 0 from being anything else */                \
    X(TRANSLATE, 1)            /* stub: translate the function of the frame on top, begin it */                       \
    X(RESTORE, 1)              /* stub: a call into another instance came back: pop the frame of the caller */        \
    X(EXIT, 1)                 /* stub: back to the host */                                                           \
    X(ENTER, 1)                /* a: first local, d: how many slots to set to zero */                                 \
    X(WATCH_ENTER, 1)          /* d: P */                                                                             \
    X(WATCH_LEAVE, 1)          /* a: first slot of the results, d: P */                                               \
    X(WATCH_TAIL, 1)           /* d: P; a tail call follows */                                                        \
    X(BR, 2)                   /* branch */                                                                           \
    X(BR_IF, 2)                /* a: i32, branch */                                                                   \
    X(BR_UNLESS, 2)            /* a: i32, branch */                                                                   \
    X(BR_NULL, 2)              /* a: reference (64 bits), branch when 0 */                                            \
    X(BR_NON_NULL, 2)          /* a: reference, branch when not 0 */                                                  \
    X(BR_TABLE, 1)             /* a: i32, d: n; then n + 1 branch words, the last is the default */                   \
    X(RETURN_0, 1)             /* d: P */                                                                             \
    X(RETURN_1, 1)             /* a: slot of the result, d: P */                                                      \
    X(RETURN_2, 1)             /* a: first of two slots, d: P */                                                      \
    X(RETURN_N, 2)             /* a: first slot of the results, d: P; word 1: how many slots */                       \
    X(CALL, 2)                 /* a: first slot of the arguments, d: P; word 1: struct wrt_func * of this instance */ \
    X(CALL_FAR, 2)             /* the same, of any instance or the host */                                            \
    X(CALL_INDIRECT, 2)        /* a, d as CALL; word 1: type id | table << 32 | slot of the index << 48 */            \
    X(CALL_REF, 2)             /* a, d as CALL; word 1: slot of the reference */                                      \
    X(RETURN_CALL, 2)          /* as CALL_FAR */                                                                      \
    X(RETURN_CALL_INDIRECT, 2) /* as CALL_INDIRECT */                                                                 \
    X(RETURN_CALL_REF, 2)      /* as CALL_REF */                                                                      \
    X(MOVE, 1)                 /* a <- b */                                                                           \
    X(MOVE_2, 1)               /* a, a+1 <- b, c: both are read first */                                              \
    X(MOVE_V, 1)               /* v128 a <- b */                                                                      \
    X(MOVE_N, 2)               /* a.. <- b.., word 1: how many slots; as memmove */                                   \
    X(CONST_32, 1)             /* a <- d, zero-extended */                                                            \
    X(CONST_64, 2)             /* a <- word 1 */                                                                      \
    X(CONST_V, 3)              /* v128 a <- words 1, 2 */                                                             \
    X(SELECT, 2)               /* a <- fp[low 16 bits of word 1] (i32) ? b : c; one slot */                           \
    X(SELECT_V, 2)             /* the same of a v128 */                                                               \
    X(GLOBAL_GET, 2)           /* a <- *(const uint64_t *)word 1 */                                                   \
    X(GLOBAL_SET, 2)           /* *(uint64_t *)word 1 <- a */                                                         \
    X(GLOBAL_GET_V, 2)         /* v128 */                                                                             \
    X(GLOBAL_SET_V, 2)         /* v128 */

/* ---- fast lane: numbers ----
 * The rows stand in exec-numeric.h, with what each computes, named as in opcode.h:
 *   WRT_NUM_UNARY(X)    X(NAME, …)   a <- b                                     op NAME, 1 word
 *   WRT_NUM_BINARY(X)   X(NAME, …)   a <- b, c                                  op NAME, 1 word
 *                                    a <- b, word 1 (a constant, as in a slot)  op NAME_K, 2 words
 *   WRT_NUM_COMPARE(X)  X(NAME, …)   as BINARY, and fused with a branch:
 *                                    b, c; word 1: branch when true             op BR_NAME, 2 words
 *                                    b, word 2 (a constant); word 1: branch     op BR_NAME_K, 3 words
 *                                    the same when false                        ops BRN_NAME, BRN_NAME_K
 * i32.eqz and i64.eqz are UNARY; as branches the translator uses BR_I32_EQ_K and so on. Wide arithmetic takes two
 * words: i64.add128, i64.sub128: results in a, a+1; b first of four operand slots side by side. i64.mul_wide_*: a, a+1
 * <- b, c.
 *
 * ---- fast lane: memory ----
 *   WRT_MEM_LOAD(X)     X(NAME, …)   NAME      a <- [b + c], c a number        1 word; memory 0 with 32-bit addresses
 *                                    NAME_X    a <- [b + word 1 (32 bits)]     2 words; memory 0, 32-bit addresses
 *                                    NAME_AT   a <- [word 1]                   2 words; memory 0, any; address + offset
 *                                    NAME_FAR  a <- memory c [b + word 1]      2 words; any memory; b 64 bits as it is
 *   WRT_MEM_STORE(X)    the same with a the address (AT: unused) and b the value:
 *                                    NAME [a + c] <- b, NAME_X [a + word 1] <- b, NAME_AT [word 1] <- b,
 *                                    NAME_FAR memory c [a + word 1] <- b
 * i32.load and f32.load are one row each, though they do the same.
 *
 * ---- fast lane: two or three in one: exec-fused.h ----
 *
 * ---- fast lane: vectors (exec-simd.h; names of opcode.h without more) ----
 *   WRT_SIMD_UNARY(X)   a <- b                                       1 word   (splats, any_true, bitmask, conversions
 * too) WRT_SIMD_BINARY(X)  a <- b, c                                    1 word   (shifts too: c an i32)
 *   WRT_SIMD_TERNARY(X) a <- b, c, fp[low 16 bits of word 1]         2 words
 *   WRT_SIMD_EXTRACT(X) a <- lane c of b                             1 word
 *   WRT_SIMD_REPLACE(X) a <- b with lane (low 16 bits of word 1) c   2 words
 *   I8X16_SHUFFLE       a <- b, c by the 16 bytes of words 1, 2      3 words
 *   WRT_SIMD_LOAD(X)    a <- memory c [b + word 1]                   2 words  (v128.load, splats, extending, zero)
 *   V128_STORE          memory c [a + word 1] <- b                   2 words
 *   WRT_SIMD_LOAD_LANE(X)   3 words; word 2: lane (bits 0-15), memory (bits 16-31)
 *                       a <- memory [b + word 1], lane of v128 c; the other lanes are those of c
 *   WRT_SIMD_STORE_LANE(X)  the same words: memory [a + word 1] <- lane of v128 c
 *
 * ---- fast lane: chains ----
 * Where an instruction reads what the one before it has just written, it may read it from a register: when a function
 * is done, wrt_chain changes the ops of such instructions, and nothing else in their words, to
 *   NAME_R (the first operand), NAME_S (the second), NAME_RK (the first, of a form with a constant), loads and stores
 *   NAME_XR, NAME_XS, NAME_ADD_R, NAME_ADD_S, NAME_ADD_KR, NAME_ADD_KS, NAME_CR (R: the first part of the address, S:
 * the second, or a store's value), of the branches BR_NAME_R and so on. Results go to their slots all the same.
 *
 * ---- slow lane: everything else ----
 * Two words: op = WRT_SLOT_SLOW + wasm opcode (enum wrt_opcode). The operands lie side by side from fp[a] on, in order,
 * and the results replace them. Immediates in the order of the binary: i0 = d, i1 = low half of word 1, i2 = high half;
 * type indices as canonical ids, heap types as WRT_HEAP bits (ref.test: WRT_NULL is added for the nullable forms),
 * memarg: i0 = memory, word 1 = offset (64 bits). Of ref.null and ref.func: CONST_64. ref.is_null: I64_EQZ. ref.eq:
 * I64_EQ. br_on_cast*: REF_TEST on a copy, then a branch. ref.as_non_null, throw, throw_ref: slow, i0 = tag; throw: i1
 * = P, throw_ref: i0 = P. i31.get_*, ref.i31: slow. select of references: SELECT. Atomics, table.*, memory.size and the
 * bulk instructions: slow. */

#include "runtime-min/exec-fused.h"
#include "runtime-min/exec-numeric.h"
#include "runtime-min/exec-simd.h"

/* A row begins with its name; columns behind it are the business of the dispatchers. */
enum wrt_slot_op {
#define WRT_SLOT_ENUM(name, ...)  WRT_S_##name,
#define WRT_SLOT_TWO(name, ...)   WRT_S_##name, WRT_S_##name##_K,
#define WRT_SLOT_SIX(name, ...)   WRT_SLOT_TWO(name, ) WRT_SLOT_TWO(BR_##name, ) WRT_SLOT_TWO(BRN_##name, )
#define WRT_SLOT_FOUR(name, ...)  WRT_S_##name, WRT_S_##name##_X, WRT_S_##name##_AT, WRT_S_##name##_FAR,
#define WRT_SLOT_ADDED(name, ...) WRT_S_##name##_ADD, WRT_S_##name##_ADD_K,
#define WRT_SLOT_SMALL(name, ...) WRT_S_##name##_C,
#define WRT_SLOT_LATCH(name, ...) WRT_S_NEXT_##name, WRT_S_NEXT_##name##_K,
#define WRT_SLOT_PLAIN(...)       WRT_SLOT_ENUM(__VA_ARGS__, )
#define WRT_SLOT_BINARY(...)      WRT_SLOT_TWO(__VA_ARGS__, )
#define WRT_SLOT_COMPARE(...)     WRT_SLOT_SIX(__VA_ARGS__, )
#define WRT_SLOT_MEMORY(...)      WRT_SLOT_FOUR(__VA_ARGS__, )
    WRT_SLOT_CONTROL(WRT_SLOT_PLAIN) WRT_NUM_UNARY(WRT_SLOT_PLAIN) WRT_NUM_BINARY(WRT_SLOT_BINARY)
        WRT_NUM_COMPARE(WRT_SLOT_COMPARE) WRT_NUM_WIDE(WRT_SLOT_PLAIN) WRT_MEM_LOAD(WRT_SLOT_MEMORY)
            WRT_MEM_STORE(WRT_SLOT_MEMORY) WRT_MEM_LOAD(WRT_SLOT_ADDED) WRT_MEM_STORE(WRT_SLOT_ADDED)
                WRT_MEM_STORE(WRT_SLOT_SMALL) WRT_NUM_LATCH(WRT_SLOT_LATCH) WRT_FUSED_NUM(WRT_SLOT_PLAIN)
                    WRT_FUSED_MOVE(WRT_SLOT_PLAIN) WRT_SIMD_ALL(WRT_SLOT_PLAIN)
#define WRT_CHAIN_ONE(name, ...)   WRT_S_##name##_R,
#define WRT_CHAIN_THREE(name, ...) WRT_S_##name##_R, WRT_S_##name##_S, WRT_S_##name##_RK,
#define WRT_CHAIN_NINE(name, ...)  WRT_CHAIN_THREE(name, ) WRT_CHAIN_THREE(BR_##name, ) WRT_CHAIN_THREE(BRN_##name, )
#define WRT_CHAIN_TWO(name, ...)   WRT_S_##name##_R, WRT_S_##name##_S,
#define WRT_CHAIN_LOAD(name, ...) \
    WRT_S_##name##_R, WRT_S_##name##_XR, WRT_S_##name##_ADD_R, WRT_S_##name##_ADD_S, WRT_S_##name##_ADD_KR,
#define WRT_CHAIN_STORE(name, ...) \
    WRT_CHAIN_LOAD(name, ) WRT_S_##name##_S, WRT_S_##name##_XS, WRT_S_##name##_ADD_KS, WRT_S_##name##_CR,
                        WRT_NUM_UNARY(WRT_CHAIN_ONE) WRT_NUM_BINARY(WRT_CHAIN_THREE) WRT_NUM_COMPARE(WRT_CHAIN_NINE)
                            WRT_MEM_LOAD(WRT_CHAIN_LOAD) WRT_MEM_STORE(WRT_CHAIN_STORE) WRT_FUSED_NUM(WRT_CHAIN_TWO)
                                WRT_S_BR_IF_R,
    WRT_S_BR_UNLESS_R,
    WRT_S_RETURN_1_R,
#undef WRT_CHAIN_ONE
#undef WRT_CHAIN_THREE
#undef WRT_CHAIN_NINE
#undef WRT_CHAIN_TWO
#undef WRT_CHAIN_LOAD
#undef WRT_CHAIN_STORE
#undef WRT_SLOT_ENUM
#undef WRT_SLOT_TWO
#undef WRT_SLOT_SIX
#undef WRT_SLOT_FOUR
#undef WRT_SLOT_ADDED
#undef WRT_SLOT_SMALL
#undef WRT_SLOT_LATCH
#undef WRT_SLOT_PLAIN
#undef WRT_SLOT_BINARY
#undef WRT_SLOT_COMPARE
#undef WRT_SLOT_MEMORY
    WRT_SLOT_SLOW,
    WRT_SLOT_COUNT = WRT_SLOT_SLOW + WRT_OP_COUNT
};

static inline uint32_t wrt_slot_op(uint64_t w)
{
    return (uint32_t)(w & 0xffff);
}
static inline uint32_t wrt_slot_a(uint64_t w)
{
    return (uint32_t)(w >> 16 & 0xffff);
}
static inline uint32_t wrt_slot_b(uint64_t w)
{
    return (uint32_t)(w >> 32 & 0xffff);
}
static inline uint32_t wrt_slot_c(uint64_t w)
{
    return (uint32_t)(w >> 48);
}
static inline uint32_t wrt_slot_d(uint64_t w)
{
    return (uint32_t)(w >> 32);
}
static inline uint64_t wrt_slot_abc(uint32_t op, uint32_t a, uint32_t b, uint32_t c)
{
    return op | (uint64_t)a << 16 | (uint64_t)b << 32 | (uint64_t)c << 48;
}
static inline uint64_t wrt_slot_ad(uint32_t op, uint32_t a, uint32_t d)
{
    return op | (uint64_t)a << 16 | (uint64_t)d << 32;
}

/* What an instruction is charged: 1; 0 for block, loop, else, end, try_table and the catches of legacy exceptions. The
 * bulk instructions are charged more when they run: one for every 64 bytes (memory.*, array.*_data) or for every
 * element (table.*, array.*) begun; throw and throw_ref: one for every 64 frames, try_tables and clauses looked at. */
static inline uint32_t wrt_charge_of(uint32_t opcode)
{
    return opcode == WRT_OP_BLOCK || opcode == WRT_OP_LOOP || opcode == WRT_OP_ELSE || opcode == WRT_OP_END ||
                   opcode == WRT_OP_TRY_TABLE || opcode == WRT_OP_TRY || opcode == WRT_OP_CATCH ||
                   opcode == WRT_OP_CATCH_ALL || opcode == WRT_OP_DELEGATE
               ? 0
               : 1;
}
