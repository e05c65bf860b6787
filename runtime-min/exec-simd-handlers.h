/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of the vector instructions and of wide arithmetic, for both dispatchers, which define OP, NEXT, FAR and the
 * fields A, B, C of word 0 before they include this. How operands are encoded stands in slot.h. Operands are read
 * before the result is written: they may share slots. */
#pragma once

#define VECTOR_UNARY(name, result, operand, ...)               \
    OP(name)                                                   \
    {                                                          \
        wrt_##operand v = wrt_get_##operand(fp + B);           \
        wrt_put_##result(fp + A, (wrt_##result)(__VA_ARGS__)); \
        NEXT(1);                                               \
    }
WRT_SIMD_UNARY(VECTOR_UNARY)
#undef VECTOR_UNARY

#define VECTOR_BINARY(name, result, first, second, ...)        \
    OP(name)                                                   \
    {                                                          \
        wrt_##first b = wrt_get_##first(fp + B);               \
        wrt_##second c = wrt_get_##second(fp + C);             \
        wrt_put_##result(fp + A, (wrt_##result)(__VA_ARGS__)); \
        NEXT(1);                                               \
    }
WRT_SIMD_BINARY(VECTOR_BINARY)
#undef VECTOR_BINARY

#define VECTOR_TERNARY(name, result, operand, ...)                 \
    OP(name)                                                       \
    {                                                              \
        wrt_##operand b = wrt_get_##operand(fp + B);               \
        wrt_##operand c = wrt_get_##operand(fp + C);               \
        wrt_##operand d = wrt_get_##operand(fp + (uint16_t)ip[1]); \
        wrt_put_##result(fp + A, (wrt_##result)(__VA_ARGS__));     \
        NEXT(2);                                                   \
    }
WRT_SIMD_TERNARY(VECTOR_TERNARY)
#undef VECTOR_TERNARY

/* Lane n of the vector in a slot. */
#define VECTOR_LANE(lane, slot, n) ((wrt_##lane##_any *)(slot) + (n))

#define VECTOR_EXTRACT(name, lane, result)                              \
    OP(name)                                                            \
    {                                                                   \
        wrt_##result v = (wrt_##result) * VECTOR_LANE(lane, fp + B, C); \
        fp[A] = v;                                                      \
        NEXT(1);                                                        \
    }
WRT_SIMD_EXTRACT(VECTOR_EXTRACT)
#undef VECTOR_EXTRACT

#define VECTOR_REPLACE(name, lane)                       \
    OP(name)                                             \
    {                                                    \
        wrt_##lane v = (wrt_##lane)fp[C];                \
        wrt_put_u64x2(fp + A, wrt_get_u64x2(fp + B));    \
        *VECTOR_LANE(lane, fp + A, (uint16_t)ip[1]) = v; \
        NEXT(2);                                         \
    }
WRT_SIMD_REPLACE(VECTOR_REPLACE)
#undef VECTOR_REPLACE

#define VECTOR_LOAD(name, from, result, ...)                   \
    OP(name)                                                   \
    {                                                          \
        FAR(p, C, fp[B], ip[1], sizeof(wrt_##from));           \
        wrt_##from v = wrt_get_##from(p);                      \
        wrt_put_##result(fp + A, (wrt_##result)(__VA_ARGS__)); \
        NEXT(2);                                               \
    }
WRT_SIMD_LOAD(VECTOR_LOAD)
#undef VECTOR_LOAD

#define VECTOR_LOAD_LANE(name, lane)                                       \
    OP(name)                                                               \
    {                                                                      \
        FAR(p, (uint16_t)(ip[2] >> 16), fp[B], ip[1], sizeof(wrt_##lane)); \
        wrt_##lane v = wrt_get_##lane(p);                                  \
        wrt_put_u64x2(fp + A, wrt_get_u64x2(fp + C));                      \
        *VECTOR_LANE(lane, fp + A, (uint16_t)ip[2]) = v;                   \
        NEXT(3);                                                           \
    }
WRT_SIMD_LOAD_LANE(VECTOR_LOAD_LANE)
#undef VECTOR_LOAD_LANE

#define VECTOR_STORE_LANE(name, lane)                                      \
    OP(name)                                                               \
    {                                                                      \
        FAR(p, (uint16_t)(ip[2] >> 16), fp[A], ip[1], sizeof(wrt_##lane)); \
        wrt_put_##lane(p, *VECTOR_LANE(lane, fp + C, (uint16_t)ip[2]));    \
        NEXT(3);                                                           \
    }
WRT_SIMD_STORE_LANE(VECTOR_STORE_LANE)
#undef VECTOR_STORE_LANE
#undef VECTOR_LANE

OP(V128_STORE)
{
    FAR(p, C, fp[A], ip[1], 16);
    wrt_put_u64x2(p, wrt_get_u64x2(fp + B));
    NEXT(2);
}
OP(I8X16_SHUFFLE)
{
    wrt_put_u64x2(fp + A, wrt_v_shuffle(fp + B, fp + C, ip + 1));
    NEXT(3);
}
