/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of numeric instructions and of plain memory access, in the words of exec-plain-handlers.h; included
 * behind it. The rows stand in exec-numeric.h. Each has forms for where its operands are (slot.h): in slots, the second
 * one a constant, one of them what the instruction before has left in the accumulator. */
#pragma once

/* The operands b and c as their kind. */
#define SLOT_B(kind) WRT_GET_##kind(fp[B])
#define SLOT_C(kind) WRT_GET_##kind(fp[C])
#define WORD_1(kind) WRT_GET_##kind(ip[1])
#define WORD_2(kind) WRT_GET_##kind(ip[2])
/* The accumulator of each kind. */
#define LAST(kind) LAST_##kind
#define LAST_U32   (uint32_t) acc
#define LAST_S32   (int32_t)(uint32_t) acc
#define LAST_U64   acc
#define LAST_S64   (int64_t) acc
#define LAST_F32   acc32
#define LAST_F64   acc64

/* The result goes to its slot and to the accumulator. */
#define RESULT_U32(v) fp[A] = acc = (uint64_t)(uint32_t)(v)
#define RESULT_U64(v) fp[A] = acc = (uint64_t)(v)
#define RESULT_F32(v) fp[A] = wrt_f32_bits(acc32 = wrt_canonical_32(v))
#define RESULT_N32(v) fp[A] = wrt_f32_bits(acc32 = (v))
#define RESULT_F64(v) RESULT_N64(wrt_canonical_64(v))
#define RESULT_N64(v)                 \
    do {                              \
        const double r = (v);         \
        memcpy(fp + A, &r, sizeof r); \
        acc64 = r;                    \
    } while (0)

#define UNARY_AS(name, in, out, value, from) \
    OP(name)                                 \
    {                                        \
        const WRT_TYPE_##in b = from(in);    \
        RESULT_##out(value);                 \
        NEXT(1);                             \
    }
#define UNARY(name, in, out, value)        \
    UNARY_AS(name, in, out, value, SLOT_B) \
    UNARY_AS(name##_R, in, out, value, LAST)
WRT_NUM_PLAIN(UNARY)

#define CONVERT_AS(name, in, out, type, fits, from) \
    OP(name)                                        \
    {                                               \
        const WRT_TYPE_##in b = from(in);           \
        if (__builtin_expect(!fits(b), 0)) {        \
            if (b != b) {                           \
                TRAP(INVALID_CONVERSION);           \
            }                                       \
            TRAP(INTEGER_OVERFLOW);                 \
        }                                           \
        RESULT_##out((type)b);                      \
        NEXT(1);                                    \
    }
#define CONVERT(name, in, out, type, fits)        \
    CONVERT_AS(name, in, out, type, fits, SLOT_B) \
    CONVERT_AS(name##_R, in, out, type, fits, LAST)
WRT_NUM_CONVERT(CONVERT)

#define BINARY_AS(name, in, out, value, first, second, words) \
    OP(name)                                                  \
    {                                                         \
        const WRT_TYPE_##in b = first(in), c = second(in);    \
        RESULT_##out(value);                                  \
        NEXT(words);                                          \
    }
#define BINARY(name, in, out, value)                       \
    BINARY_AS(name, in, out, value, SLOT_B, SLOT_C, 1)     \
    BINARY_AS(name##_K, in, out, value, SLOT_B, WORD_1, 2) \
    BINARY_AS(name##_R, in, out, value, LAST, SLOT_C, 1)   \
    BINARY_AS(name##_S, in, out, value, SLOT_B, LAST, 1)   \
    BINARY_AS(name##_RK, in, out, value, LAST, WORD_1, 2)
WRT_NUM_ARITHMETIC(BINARY)

#define DIVIDE_AS(name, in, out, overflow, value, first, second, words) \
    OP(name)                                                            \
    {                                                                   \
        const WRT_TYPE_##in b = first(in), c = second(in);              \
        if (__builtin_expect(c == 0, 0)) {                              \
            TRAP(DIVIDE_BY_ZERO);                                       \
        }                                                               \
        if (__builtin_expect(overflow, 0)) {                            \
            TRAP(INTEGER_OVERFLOW);                                     \
        }                                                               \
        RESULT_##out(value);                                            \
        NEXT(words);                                                    \
    }
#define DIVIDE(name, in, out, overflow, value)                       \
    DIVIDE_AS(name, in, out, overflow, value, SLOT_B, SLOT_C, 1)     \
    DIVIDE_AS(name##_K, in, out, overflow, value, SLOT_B, WORD_1, 2) \
    DIVIDE_AS(name##_R, in, out, overflow, value, LAST, SLOT_C, 1)   \
    DIVIDE_AS(name##_S, in, out, overflow, value, SLOT_B, LAST, 1)   \
    DIVIDE_AS(name##_RK, in, out, overflow, value, LAST, WORD_1, 2)
WRT_NUM_DIVISION(DIVIDE)

#define COMPARE_AS(name, in, op, first, second, words) \
    OP(name)                                           \
    {                                                  \
        RESULT_U32(first(in) op second(in));           \
        NEXT(words);                                   \
    }
#define BRANCH_AS(name, in, op, first, second, words) \
    OP(BR_##name)                                     \
    {                                                 \
        if (first(in) op second(in)) {                \
            BRANCH(ip[1]);                            \
        }                                             \
        NEXT(words);                                  \
    }                                                 \
    OP(BRN_##name)                                    \
    {                                                 \
        if (!(first(in) op second(in))) {             \
            BRANCH(ip[1]);                            \
        }                                             \
        NEXT(words);                                  \
    }
#define COMPARE(name, in, op)                       \
    COMPARE_AS(name, in, op, SLOT_B, SLOT_C, 1)     \
    COMPARE_AS(name##_K, in, op, SLOT_B, WORD_1, 2) \
    COMPARE_AS(name##_R, in, op, LAST, SLOT_C, 1)   \
    COMPARE_AS(name##_S, in, op, SLOT_B, LAST, 1)   \
    COMPARE_AS(name##_RK, in, op, LAST, WORD_1, 2)  \
    BRANCH_AS(name, in, op, SLOT_B, SLOT_C, 2)      \
    BRANCH_AS(name##_K, in, op, SLOT_B, WORD_2, 3)  \
    BRANCH_AS(name##_R, in, op, LAST, SLOT_C, 2)    \
    BRANCH_AS(name##_S, in, op, SLOT_B, LAST, 2)    \
    BRANCH_AS(name##_RK, in, op, LAST, WORD_2, 3)
WRT_NUM_COMPARE(COMPARE)

/* ---- memory 0; addresses have 32 bits, offset is a number, so that a sum does not wrap around ---- */

#define LOAD_AS(name, type, out, address, words)             \
    OP(name)                                                 \
    {                                                        \
        const uint64_t at = (address);                       \
        type v;                                              \
        if (__builtin_expect(at + sizeof v > mem_size, 0)) { \
            LEAVE(trap_memory);                              \
        }                                                    \
        memcpy(&v, mem + at, sizeof v);                      \
        RESULT_##out(v);                                     \
        NEXT(words);                                         \
    }
#define LOAD(name, type, out)                                                 \
    LOAD_AS(name, type, out, fp[B] + C, 1)                                    \
    LOAD_AS(name##_X, type, out, fp[B] + (uint32_t)ip[1], 2)                  \
    LOAD_AS(name##_R, type, out, acc + C, 1)                                  \
    LOAD_AS(name##_XR, type, out, acc + (uint32_t)ip[1], 2)                   \
    OP(name##_AT)                                                             \
    {                                                                         \
        const uint64_t at = ip[1];                                            \
        type v;                                                               \
        if (__builtin_expect(at > mem_size || mem_size - at < sizeof v, 0)) { \
            LEAVE(trap_memory);                                               \
        }                                                                     \
        memcpy(&v, mem + at, sizeof v);                                       \
        RESULT_##out(v);                                                      \
        NEXT(2);                                                              \
    }                                                                         \
    OP(name##_FAR)                                                            \
    {                                                                         \
        type v;                                                               \
        FAR(p, C, fp[B], ip[1], sizeof v);                                    \
        memcpy(&v, p, sizeof v);                                              \
        RESULT_##out(v);                                                      \
        NEXT(2);                                                              \
    }
WRT_MEM_LOAD(LOAD)

#define STORE_AS(name, type, value, address, words)          \
    OP(name)                                                 \
    {                                                        \
        const uint64_t at = (address);                       \
        const type v = (type)(value);                        \
        if (__builtin_expect(at + sizeof v > mem_size, 0)) { \
            LEAVE(trap_memory);                              \
        }                                                    \
        memcpy(mem + at, &v, sizeof v);                      \
        NEXT(words);                                         \
    }
#define STORE(name, type, in)                                                 \
    STORE_AS(name, type, SLOT_B(in), fp[A] + C, 1)                            \
    STORE_AS(name##_X, type, SLOT_B(in), fp[A] + (uint32_t)ip[1], 2)          \
    STORE_AS(name##_R, type, SLOT_B(in), acc + C, 1)                          \
    STORE_AS(name##_XR, type, SLOT_B(in), acc + (uint32_t)ip[1], 2)           \
    STORE_AS(name##_S, type, LAST(in), fp[A] + C, 1)                          \
    STORE_AS(name##_XS, type, LAST(in), fp[A] + (uint32_t)ip[1], 2)           \
    OP(name##_AT)                                                             \
    {                                                                         \
        const uint64_t at = ip[1];                                            \
        const type v = (type)SLOT_B(in);                                      \
        if (__builtin_expect(at > mem_size || mem_size - at < sizeof v, 0)) { \
            LEAVE(trap_memory);                                               \
        }                                                                     \
        memcpy(mem + at, &v, sizeof v);                                       \
        NEXT(2);                                                              \
    }                                                                         \
    OP(name##_FAR)                                                            \
    {                                                                         \
        const type v = (type)SLOT_B(in);                                      \
        FAR(p, C, fp[A], ip[1], sizeof v);                                    \
        memcpy(p, &v, sizeof v);                                              \
        NEXT(2);                                                              \
    }
WRT_MEM_STORE(STORE)
