/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of exec-fused.h, in the words of exec-plain-handlers.h; included behind exec-numeric-handlers.h. */
#pragma once

/* ---- memory ---- */

#define SUM(a, b) ((uint64_t)(uint32_t)((a) + (b)))
#define LOAD_SUM(name, type, out)                                          \
    LOAD_AS(name##_ADD, type, out, SUM(fp[B], fp[C]) + ip[1], 2)           \
    LOAD_AS(name##_ADD_R, type, out, SUM(acc, fp[C]) + ip[1], 2)           \
    LOAD_AS(name##_ADD_S, type, out, SUM(fp[B], acc) + ip[1], 2)           \
    LOAD_AS(name##_ADD_K, type, out, SUM(fp[B], ip[1]) + (ip[1] >> 32), 2) \
    LOAD_AS(name##_ADD_KR, type, out, SUM(acc, ip[1]) + (ip[1] >> 32), 2)
#define STORE_SUM(name, type, in)                                                  \
    STORE_AS(name##_ADD, type, SLOT_B(in), SUM(fp[A], fp[C]) + ip[1], 2)           \
    STORE_AS(name##_ADD_R, type, SLOT_B(in), SUM(acc, fp[C]) + ip[1], 2)           \
    STORE_AS(name##_ADD_S, type, LAST(in), SUM(fp[A], fp[C]) + ip[1], 2)           \
    STORE_AS(name##_ADD_K, type, SLOT_B(in), SUM(fp[A], ip[1]) + (ip[1] >> 32), 2) \
    STORE_AS(name##_ADD_KR, type, SLOT_B(in), SUM(acc, ip[1]) + (ip[1] >> 32), 2)  \
    STORE_AS(name##_ADD_KS, type, LAST(in), SUM(fp[A], ip[1]) + (ip[1] >> 32), 2)  \
    STORE_AS(name##_C, type, SMALL_##in, fp[A] + C, 1)                             \
    STORE_AS(name##_CR, type, SMALL_##in, acc + C, 1)
/* Bits, of floats too: these are few. */
#define SMALL_U64 (int16_t) B
#define SMALL_F32 wrt_f32((uint64_t)(int64_t)(int16_t)B)
#define SMALL_F64 wrt_f64((uint64_t)(int64_t)(int16_t)B)
WRT_MEM_LOAD(LOAD_SUM)
WRT_MEM_STORE(STORE_SUM)

/* ---- where loops turn ---- */

#define LATCH(name, in, unsigned_type, op)                                                        \
    OP(NEXT_##name)                                                                               \
    {                                                                                             \
        const unsigned_type sum = (unsigned_type)fp[B] + (unsigned_type)(int32_t)(uint32_t)ip[2]; \
        fp[A] = sum;                                                                              \
        if (WRT_GET_##in((uint64_t)sum)op WRT_GET_##in(fp[C])) {                                  \
            BRANCH(ip[1]);                                                                        \
        }                                                                                         \
        NEXT(3);                                                                                  \
    }                                                                                             \
    OP(NEXT_##name##_K)                                                                           \
    {                                                                                             \
        const unsigned_type sum = (unsigned_type)fp[B] + (unsigned_type)(int32_t)(uint32_t)ip[2]; \
        fp[A] = sum;                                                                              \
        if (WRT_GET_##in((uint64_t)sum)op WRT_GET_##in((uint64_t)((int64_t)ip[2] >> 32))) {       \
            BRANCH(ip[1]);                                                                        \
        }                                                                                         \
        NEXT(3);                                                                                  \
    }
WRT_NUM_LATCH(LATCH)

/* ---- numbers ---- */

#define FUSED_AS(name, in, value, first, second)           \
    OP(name)                                               \
    {                                                      \
        const WRT_TYPE_##in b = first(in), c = second(in); \
        const uint64_t k = ip[1];                          \
        RESULT_##in(value);                                \
        NEXT(2);                                           \
    }
#define FUSED(name, in, value)                  \
    FUSED_AS(name, in, value, SLOT_B, SLOT_C)   \
    FUSED_AS(name##_R, in, value, LAST, SLOT_C) \
    FUSED_AS(name##_S, in, value, SLOT_B, LAST)
WRT_FUSED_NUM(FUSED)

/* ---- moves ---- */

OP(MOVE_TWICE)
{
    fp[A] = fp[B];
    fp[C] = fp[ip[1]];
    NEXT(2);
}
OP(MOVE_THRICE)
{
    const uint64_t w = ip[1];
    fp[A] = fp[B];
    fp[C] = fp[w & 0xffff];
    fp[w >> 16 & 0xffff] = fp[w >> 32];
    NEXT(2);
}
OP(BR_MOVE)
{
    fp[A] = fp[B];
    BRANCH(ip[1]);
}
OP(BR_ADD)
{
    fp[A] = (uint32_t)fp[B] + (uint32_t)(int16_t)C;
    BRANCH(ip[1]);
}
