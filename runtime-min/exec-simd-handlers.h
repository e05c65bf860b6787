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

#define VECTOR_EXTRACT(name, lane, result)                              \
    OP(name)                                                            \
    {                                                                   \
        lane v;                                                         \
        memcpy(&v, (const uint8_t *)(fp + B) + C * sizeof v, sizeof v); \
        result wide = (result)v;                                        \
        fp[A] = wide;                                                   \
        NEXT(1);                                                        \
    }
WRT_SIMD_EXTRACT(VECTOR_EXTRACT)
#undef VECTOR_EXTRACT

#define VECTOR_REPLACE(name, lane)                                              \
    OP(name)                                                                    \
    {                                                                           \
        lane v = (lane)fp[C];                                                   \
        wrt_put_u64x2(fp + A, wrt_get_u64x2(fp + B));                           \
        memcpy((uint8_t *)(fp + A) + (uint16_t)ip[1] * sizeof v, &v, sizeof v); \
        NEXT(2);                                                                \
    }
WRT_SIMD_REPLACE(VECTOR_REPLACE)
#undef VECTOR_REPLACE

#define VECTOR_LOAD(name, bytes, result, operand, ...)         \
    OP(name)                                                   \
    {                                                          \
        wrt_##operand v = {0};                                 \
        FAR(p, C, fp[B], ip[1], bytes);                        \
        memcpy(&v, p, bytes);                                  \
        wrt_put_##result(fp + A, (wrt_##result)(__VA_ARGS__)); \
        NEXT(2);                                               \
    }
WRT_SIMD_LOAD(VECTOR_LOAD)
#undef VECTOR_LOAD

#define VECTOR_LOAD_LANE(name, lane)                                            \
    OP(name)                                                                    \
    {                                                                           \
        lane v;                                                                 \
        FAR(p, (uint16_t)(ip[2] >> 16), fp[B], ip[1], sizeof v);                \
        memcpy(&v, p, sizeof v);                                                \
        wrt_put_u64x2(fp + A, wrt_get_u64x2(fp + C));                           \
        memcpy((uint8_t *)(fp + A) + (uint16_t)ip[2] * sizeof v, &v, sizeof v); \
        NEXT(3);                                                                \
    }
WRT_SIMD_LOAD_LANE(VECTOR_LOAD_LANE)
#undef VECTOR_LOAD_LANE

#define VECTOR_STORE_LANE(name, lane)                                                        \
    OP(name)                                                                                 \
    {                                                                                        \
        FAR(p, (uint16_t)(ip[2] >> 16), fp[A], ip[1], sizeof(lane));                         \
        memcpy(p, (const uint8_t *)(fp + C) + (uint16_t)ip[2] * sizeof(lane), sizeof(lane)); \
        NEXT(3);                                                                             \
    }
WRT_SIMD_STORE_LANE(VECTOR_STORE_LANE)
#undef VECTOR_STORE_LANE

OP(V128_STORE)
{
    FAR(p, C, fp[A], ip[1], 16);
    memcpy(p, fp + B, 16);
    NEXT(2);
}
OP(I8X16_SHUFFLE)
{
    wrt_put_u64x2(fp + A, wrt_v_shuffle(fp + B, fp + C, ip + 1));
    NEXT(3);
}
