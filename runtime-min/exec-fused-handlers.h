/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of exec-fused.h, in the words of exec-plain-handlers.h; included behind exec-numeric-handlers.h. */
#pragma once

/* ---- memory ---- */

#define LOAD_FROM(name, type, as, address, words)            \
    OP(name)                                                 \
    {                                                        \
        const uint64_t at = (address);                       \
        type v;                                              \
        if (__builtin_expect(at + sizeof v > mem_size, 0)) { \
            LEAVE(trap_memory);                              \
        }                                                    \
        memcpy(&v, mem + at, sizeof v);                      \
        fp[A] = (uint64_t)(as)v;                             \
        NEXT(words);                                         \
    }
#define STORE_TO(name, type, address, value, words)          \
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
#define SUM(a, b) ((uint64_t)(uint32_t)((a) + (b)))
#define LOADS(name, type, as)                                     \
    LOAD_FROM(name##_ADD, type, as, SUM(fp[B], fp[C]) + ip[1], 2) \
    LOAD_FROM(name##_ADD_K, type, as, SUM(fp[B], ip[1]) + (ip[1] >> 32), 2)
#define STORES(name, type)                                                    \
    STORE_TO(name##_ADD, type, SUM(fp[A], fp[C]) + ip[1], fp[B], 2)           \
    STORE_TO(name##_ADD_K, type, SUM(fp[A], ip[1]) + (ip[1] >> 32), fp[B], 2) \
    STORE_TO(name##_C, type, fp[A] + C, (int16_t)B, 1)

LOADS(I32_LOAD, uint32_t, uint32_t)
LOADS(I64_LOAD, uint64_t, uint64_t)
LOADS(F32_LOAD, uint32_t, uint32_t)
LOADS(F64_LOAD, uint64_t, uint64_t)
LOADS(I32_LOAD8_S, int8_t, uint32_t)
LOADS(I32_LOAD8_U, uint8_t, uint32_t)
LOADS(I32_LOAD16_S, int16_t, uint32_t)
LOADS(I32_LOAD16_U, uint16_t, uint32_t)
LOADS(I64_LOAD8_S, int8_t, uint64_t)
LOADS(I64_LOAD8_U, uint8_t, uint64_t)
LOADS(I64_LOAD16_S, int16_t, uint64_t)
LOADS(I64_LOAD16_U, uint16_t, uint64_t)
LOADS(I64_LOAD32_S, int32_t, uint64_t)
LOADS(I64_LOAD32_U, uint32_t, uint64_t)
STORES(I32_STORE, uint32_t)
STORES(I64_STORE, uint64_t)
STORES(F32_STORE, uint32_t)
STORES(F64_STORE, uint64_t)
STORES(I32_STORE8, uint8_t)
STORES(I32_STORE16, uint16_t)
STORES(I64_STORE8, uint8_t)
STORES(I64_STORE16, uint16_t)
STORES(I64_STORE32, uint32_t)

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
LATCH(I32_EQ, U32, uint32_t, ==)
LATCH(I32_NE, U32, uint32_t, !=)
LATCH(I32_LT_S, S32, uint32_t, <)
LATCH(I32_LT_U, U32, uint32_t, <)
LATCH(I32_GT_S, S32, uint32_t, >)
LATCH(I32_GT_U, U32, uint32_t, >)
LATCH(I32_LE_S, S32, uint32_t, <=)
LATCH(I32_LE_U, U32, uint32_t, <=)
LATCH(I32_GE_S, S32, uint32_t, >=)
LATCH(I32_GE_U, U32, uint32_t, >=)
LATCH(I64_EQ, U64, uint64_t, ==)
LATCH(I64_NE, U64, uint64_t, !=)
LATCH(I64_LT_S, S64, uint64_t, <)
LATCH(I64_LT_U, U64, uint64_t, <)
LATCH(I64_GT_S, S64, uint64_t, >)
LATCH(I64_GT_U, U64, uint64_t, >)
LATCH(I64_LE_S, S64, uint64_t, <=)
LATCH(I64_LE_U, U64, uint64_t, <=)
LATCH(I64_GE_S, S64, uint64_t, >=)
LATCH(I64_GE_U, U64, uint64_t, >=)

/* ---- numbers ---- */

#define FUSED(name, in, value)                       \
    OP(name)                                         \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        const WRT_TYPE_##in c = WRT_GET_##in(fp[C]); \
        const uint64_t k = ip[1];                    \
        fp[A] = WRT_PUT_##in(value);                 \
        NEXT(2);                                     \
    }
FUSED(I32_ADD_3, U32, b + c + (uint32_t)fp[k])
FUSED(I32_ADD_SHL_K, U32, b + (c << k))
FUSED(I32_XOR_SHR_U_K, U32, b ^ c >> k)
FUSED(I32_XOR_ROTL_K, U32, b ^ wrt_rotl_32(c, (uint32_t)k))
FUSED(I64_XOR_SHR_U_K, U64, b ^ c >> k)
FUSED(I64_XOR_ROTL_K, U64, b ^ wrt_rotl_64(c, k))
FUSED(F32_MUL_ADD, F32, b *c + wrt_f32(fp[k]))
FUSED(F32_MUL_SUB_FROM, F32, wrt_f32(fp[k]) - b * c)
FUSED(F64_MUL_ADD, F64, b *c + wrt_f64(fp[k]))
FUSED(F64_MUL_SUB_FROM, F64, wrt_f64(fp[k]) - b * c)

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
