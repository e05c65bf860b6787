/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions of slot code that do the work of two or three: pairs that compiled code is full of. The translator makes
 * them of what it emitted last; nothing else tells them from the instructions they stand for. Names and shapes; the
 * semantics are in exec-fused-handlers.h.
 *
 * Loads and stores of memory 0 with 32-bit addresses, the address a sum of 32 bits that wraps, the offset added
 * without: NAME_ADD    a <- [(b + c) + word 1];  stores: [(a + c) + word 1] <- b                        2 words
 *   NAME_ADD_K  a <- [(b + low half of word 1) + high half];  stores: [(a + low) + high] <- b    2 words
 *   NAME_C      stores: [a + c] <- b itself, a signed number of 16 bits                          1 word
 * Of WRT_NUM_LATCH, where loops turn; the sum is of the same 32 or 64 bits:
 *   NEXT_NAME   a <- b + low half of word 2 (signed); branch (word 1) when NAME(a, c)            3 words
 *   NEXT_NAME_K the same with NAME(a, high half of word 2, signed)                               3 words
 * WRT_FUSED:
 *   I32_ADD_3        a <- b + c + fp[word 1]                                                     2 words
 *   I32_ADD_SHL_K    a <- b + (c << word 1)                                                      2 words
 *   *_XOR_SHR_U_K    a <- b ^ (c >> word 1)                                                      2 words
 *   *_XOR_ROTL_K     a <- b ^ rotl(c, word 1)                                                    2 words
 *   *_MUL_ADD        a <- b * c + fp[word 1], rounded twice                                      2 words
 *   *_MUL_SUB_FROM   a <- fp[word 1] - b * c, rounded twice                                      2 words
 *   MOVE_TWICE       a <- b, then c <- fp[word 1]                                                2 words
 *   MOVE_THRICE      a <- b, c <- fp[bits 0-15 of word 1], bits 16-31 <- fp[bits 32-47]          2 words
 *   BR_MOVE          a <- b, branch (word 1)                                                     2 words
 *   BR_ADD           a <- b + c, a signed number, 32 bits; branch (word 1)                       2 words */
#pragma once

/* clang-format off */
/* X(NAME, operands, type of the sum, comparison) */
#define WRT_NUM_LATCH(X) \
    X(I32_EQ, U32, uint32_t, ==) \
    X(I32_NE, U32, uint32_t, !=) \
    X(I32_LT_S, S32, uint32_t, <) \
    X(I32_LT_U, U32, uint32_t, <) \
    X(I32_GT_S, S32, uint32_t, >) \
    X(I32_GT_U, U32, uint32_t, >) \
    X(I32_LE_S, S32, uint32_t, <=) \
    X(I32_LE_U, U32, uint32_t, <=) \
    X(I32_GE_S, S32, uint32_t, >=) \
    X(I32_GE_U, U32, uint32_t, >=) \
    X(I64_EQ, U64, uint64_t, ==) \
    X(I64_NE, U64, uint64_t, !=) \
    X(I64_LT_S, S64, uint64_t, <) \
    X(I64_LT_U, U64, uint64_t, <) \
    X(I64_GT_S, S64, uint64_t, >) \
    X(I64_GT_U, U64, uint64_t, >) \
    X(I64_LE_S, S64, uint64_t, <=) \
    X(I64_LE_U, U64, uint64_t, <=) \
    X(I64_GE_S, S64, uint64_t, >=) \
    X(I64_GE_U, U64, uint64_t, >=)

/* With a result in a and nothing else. k: word 1. X(NAME, kind, value) */
#define WRT_FUSED_NUM(X) \
    X(I32_ADD_3, U32, b + c + (uint32_t)fp[k]) \
    X(I32_ADD_SHL_K, U32, b + (c << k)) \
    X(I32_XOR_SHR_U_K, U32, b ^ c >> k) \
    X(I32_XOR_ROTL_K, U32, b ^ wrt_rotl_32(c, (uint32_t)k)) \
    X(I64_XOR_SHR_U_K, U64, b ^ c >> k) \
    X(I64_XOR_ROTL_K, U64, b ^ wrt_rotl_64(c, k)) \
    X(F32_MUL_ADD, F32, b * c + wrt_f32(fp[k])) \
    X(F32_MUL_SUB_FROM, F32, wrt_f32(fp[k]) - b * c) \
    X(F64_MUL_ADD, F64, b * c + wrt_f64(fp[k])) \
    X(F64_MUL_SUB_FROM, F64, wrt_f64(fp[k]) - b * c)

#define WRT_FUSED_MOVE(X) \
    X(MOVE_TWICE) \
    X(MOVE_THRICE) \
    X(BR_MOVE) \
    X(BR_ADD)
/* clang-format on */
