/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of numeric instructions (core 3.0, section 4.3), in the words of exec-plain-handlers.h; included behind
 * it. */
#pragma once

/* b, c: the operands, as the type of the second column; the value is put as the third says (exec-arith.h). */
#define UNARY(name, in, out, value)                  \
    OP(name)                                         \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        fp[A] = WRT_PUT_##out(value);                \
        NEXT(1);                                     \
    }
#define BINARY(name, in, out, value)                 \
    OP(name)                                         \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        const WRT_TYPE_##in c = WRT_GET_##in(fp[C]); \
        fp[A] = WRT_PUT_##out(value);                \
        NEXT(1);                                     \
    }                                                \
    OP(name##_K)                                     \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        const WRT_TYPE_##in c = WRT_GET_##in(ip[1]); \
        fp[A] = WRT_PUT_##out(value);                \
        NEXT(2);                                     \
    }
/* Division; overflow: the one quotient that does not fit. */
#define DIVIDE(name, in, out, overflow, value)       \
    OP(name)                                         \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        const WRT_TYPE_##in c = WRT_GET_##in(fp[C]); \
        if (c == 0) {                                \
            TRAP(DIVIDE_BY_ZERO);                    \
        }                                            \
        if (overflow) {                              \
            TRAP(INTEGER_OVERFLOW);                  \
        }                                            \
        fp[A] = WRT_PUT_##out(value);                \
        NEXT(1);                                     \
    }                                                \
    OP(name##_K)                                     \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        const WRT_TYPE_##in c = WRT_GET_##in(ip[1]); \
        if (c == 0) {                                \
            TRAP(DIVIDE_BY_ZERO);                    \
        }                                            \
        if (overflow) {                              \
            TRAP(INTEGER_OVERFLOW);                  \
        }                                            \
        fp[A] = WRT_PUT_##out(value);                \
        NEXT(2);                                     \
    }
#define COMPARE(name, in, op)                               \
    OP(name)                                                \
    {                                                       \
        fp[A] = WRT_GET_##in(fp[B])op WRT_GET_##in(fp[C]);  \
        NEXT(1);                                            \
    }                                                       \
    OP(name##_K)                                            \
    {                                                       \
        fp[A] = WRT_GET_##in(fp[B])op WRT_GET_##in(ip[1]);  \
        NEXT(2);                                            \
    }                                                       \
    OP(BR_##name)                                           \
    {                                                       \
        if (WRT_GET_##in(fp[B])op WRT_GET_##in(fp[C])) {    \
            BRANCH(ip[1]);                                  \
        }                                                   \
        NEXT(2);                                            \
    }                                                       \
    OP(BR_##name##_K)                                       \
    {                                                       \
        if (WRT_GET_##in(fp[B])op WRT_GET_##in(ip[2])) {    \
            BRANCH(ip[1]);                                  \
        }                                                   \
        NEXT(3);                                            \
    }                                                       \
    OP(BRN_##name)                                          \
    {                                                       \
        if (!(WRT_GET_##in(fp[B])op WRT_GET_##in(fp[C]))) { \
            BRANCH(ip[1]);                                  \
        }                                                   \
        NEXT(2);                                            \
    }                                                       \
    OP(BRN_##name##_K)                                      \
    {                                                       \
        if (!(WRT_GET_##in(fp[B])op WRT_GET_##in(ip[2]))) { \
            BRANCH(ip[1]);                                  \
        }                                                   \
        NEXT(3);                                            \
    }
/* Float to integer; what does not fit traps. */
#define CONVERT(name, in, out, type, fits)           \
    OP(name)                                         \
    {                                                \
        const WRT_TYPE_##in b = WRT_GET_##in(fp[B]); \
        if (!fits(b)) {                              \
            if (b != b) {                            \
                TRAP(INVALID_CONVERSION);            \
            }                                        \
            TRAP(INTEGER_OVERFLOW);                  \
        }                                            \
        fp[A] = WRT_PUT_##out((type)b);              \
        NEXT(1);                                     \
    }

UNARY(I32_EQZ, U32, U32, b == 0)
UNARY(I64_EQZ, U64, U32, b == 0)
UNARY(I32_CLZ, U32, U32, wrt_clz_32(b))
UNARY(I32_CTZ, U32, U32, wrt_ctz_32(b))
UNARY(I32_POPCNT, U32, U32, wrt_popcnt(b))
UNARY(I64_CLZ, U64, U64, wrt_clz_64(b))
UNARY(I64_CTZ, U64, U64, wrt_ctz_64(b))
UNARY(I64_POPCNT, U64, U64, wrt_popcnt(b))
UNARY(F32_ABS, U32, RAW, b & 0x7fffffff)
UNARY(F32_NEG, U32, RAW, b ^ 0x80000000)
UNARY(F32_CEIL, F32, F32, wrt_ceil_32(b))
UNARY(F32_FLOOR, F32, F32, wrt_floor_32(b))
UNARY(F32_TRUNC, F32, F32, wrt_trunc_32(b))
UNARY(F32_NEAREST, F32, F32, wrt_nearest_32(b))
UNARY(F32_SQRT, F32, F32, __builtin_sqrtf(b))
UNARY(F64_ABS, U64, RAW, b &INT64_MAX)
UNARY(F64_NEG, U64, RAW, b ^ UINT64_C(1) << 63)
UNARY(F64_CEIL, F64, F64, wrt_ceil_64(b))
UNARY(F64_FLOOR, F64, F64, wrt_floor_64(b))
UNARY(F64_TRUNC, F64, F64, wrt_trunc_64(b))
UNARY(F64_NEAREST, F64, F64, wrt_nearest_64(b))
UNARY(F64_SQRT, F64, F64, __builtin_sqrt(b))
UNARY(I32_WRAP_I64, U32, U32, b)
UNARY(I64_EXTEND_I32_S, S32, U64, (int64_t)b)
UNARY(I64_EXTEND_I32_U, U32, U64, b)
UNARY(F32_CONVERT_I32_S, S32, F32, (float)b)
UNARY(F32_CONVERT_I32_U, U32, F32, (float)b)
UNARY(F32_CONVERT_I64_S, S64, F32, (float)b)
UNARY(F32_CONVERT_I64_U, U64, F32, (float)b)
UNARY(F32_DEMOTE_F64, F64, F32, (float)b)
UNARY(F64_CONVERT_I32_S, S32, F64, (double)b)
UNARY(F64_CONVERT_I32_U, U32, F64, (double)b)
UNARY(F64_CONVERT_I64_S, S64, F64, (double)b)
UNARY(F64_CONVERT_I64_U, U64, F64, (double)b)
UNARY(F64_PROMOTE_F32, F32, F64, (double)b)
UNARY(I32_REINTERPRET_F32, U32, RAW, b)
UNARY(I64_REINTERPRET_F64, U64, RAW, b)
UNARY(F32_REINTERPRET_I32, U32, RAW, b)
UNARY(F64_REINTERPRET_I64, U64, RAW, b)
UNARY(I32_EXTEND8_S, U32, U32, (int8_t)b)
UNARY(I32_EXTEND16_S, U32, U32, (int16_t)b)
UNARY(I64_EXTEND8_S, U64, U64, (int8_t)b)
UNARY(I64_EXTEND16_S, U64, U64, (int16_t)b)
UNARY(I64_EXTEND32_S, U64, U64, (int32_t)b)
UNARY(I32_TRUNC_SAT_F32_S, F32, U32, WRT_SAT_S32(b, WRT_FITS_S32_F32(b)))
UNARY(I32_TRUNC_SAT_F32_U, F32, U32, WRT_SAT_U32(b, WRT_FITS_U32_F32(b)))
UNARY(I32_TRUNC_SAT_F64_S, F64, U32, WRT_SAT_S32(b, WRT_FITS_S32_F64(b)))
UNARY(I32_TRUNC_SAT_F64_U, F64, U32, WRT_SAT_U32(b, WRT_FITS_U32_F64(b)))
UNARY(I64_TRUNC_SAT_F32_S, F32, U64, WRT_SAT_S64(b, WRT_FITS_S64_F32(b)))
UNARY(I64_TRUNC_SAT_F32_U, F32, U64, WRT_SAT_U64(b, WRT_FITS_U64_F32(b)))
UNARY(I64_TRUNC_SAT_F64_S, F64, U64, WRT_SAT_S64(b, WRT_FITS_S64_F64(b)))
UNARY(I64_TRUNC_SAT_F64_U, F64, U64, WRT_SAT_U64(b, WRT_FITS_U64_F64(b)))
CONVERT(I32_TRUNC_F32_S, F32, U32, int32_t, WRT_FITS_S32_F32)
CONVERT(I32_TRUNC_F32_U, F32, U32, uint32_t, WRT_FITS_U32_F32)
CONVERT(I32_TRUNC_F64_S, F64, U32, int32_t, WRT_FITS_S32_F64)
CONVERT(I32_TRUNC_F64_U, F64, U32, uint32_t, WRT_FITS_U32_F64)
CONVERT(I64_TRUNC_F32_S, F32, U64, int64_t, WRT_FITS_S64_F32)
CONVERT(I64_TRUNC_F32_U, F32, U64, uint64_t, WRT_FITS_U64_F32)
CONVERT(I64_TRUNC_F64_S, F64, U64, int64_t, WRT_FITS_S64_F64)
CONVERT(I64_TRUNC_F64_U, F64, U64, uint64_t, WRT_FITS_U64_F64)

BINARY(I32_ADD, U32, U32, b + c)
BINARY(I32_SUB, U32, U32, b - c)
BINARY(I32_MUL, U32, U32, b *c)
DIVIDE(I32_DIV_S, S32, U32, b == INT32_MIN && c == -1, b / c)
DIVIDE(I32_DIV_U, U32, U32, false, b / c)
DIVIDE(I32_REM_S, S32, U32, false, c == -1 ? 0 : b % c)
DIVIDE(I32_REM_U, U32, U32, false, b % c)
BINARY(I32_AND, U32, U32, b &c)
BINARY(I32_OR, U32, U32, b | c)
BINARY(I32_XOR, U32, U32, b ^ c)
BINARY(I32_SHL, U32, U32, b << (c & 31))
BINARY(I32_SHR_S, S32, U32, b >> (c & 31))
BINARY(I32_SHR_U, U32, U32, b >> (c & 31))
BINARY(I32_ROTL, U32, U32, wrt_rotl_32(b, c))
BINARY(I32_ROTR, U32, U32, wrt_rotl_32(b, -c))
BINARY(I64_ADD, U64, U64, b + c)
BINARY(I64_SUB, U64, U64, b - c)
BINARY(I64_MUL, U64, U64, b *c)
DIVIDE(I64_DIV_S, S64, U64, b == INT64_MIN && c == -1, b / c)
DIVIDE(I64_DIV_U, U64, U64, false, b / c)
DIVIDE(I64_REM_S, S64, U64, false, c == -1 ? 0 : b % c)
DIVIDE(I64_REM_U, U64, U64, false, b % c)
BINARY(I64_AND, U64, U64, b &c)
BINARY(I64_OR, U64, U64, b | c)
BINARY(I64_XOR, U64, U64, b ^ c)
BINARY(I64_SHL, U64, U64, b << (c & 63))
BINARY(I64_SHR_S, S64, U64, b >> (c & 63))
BINARY(I64_SHR_U, U64, U64, b >> (c & 63))
BINARY(I64_ROTL, U64, U64, wrt_rotl_64(b, c))
BINARY(I64_ROTR, U64, U64, wrt_rotl_64(b, -c))
BINARY(F32_ADD, F32, F32, b + c)
BINARY(F32_SUB, F32, F32, b - c)
BINARY(F32_MUL, F32, F32, b *c)
BINARY(F32_DIV, F32, F32, b / c)
BINARY(F32_MIN, F32, RAW, wrt_min_32(b, c))
BINARY(F32_MAX, F32, RAW, wrt_max_32(b, c))
BINARY(F32_COPYSIGN, U32, RAW, (b & 0x7fffffff) | (c & 0x80000000))
BINARY(F64_ADD, F64, F64, b + c)
BINARY(F64_SUB, F64, F64, b - c)
BINARY(F64_MUL, F64, F64, b *c)
BINARY(F64_DIV, F64, F64, b / c)
BINARY(F64_MIN, F64, RAW, wrt_min_64(b, c))
BINARY(F64_MAX, F64, RAW, wrt_max_64(b, c))
BINARY(F64_COPYSIGN, U64, RAW, (b & INT64_MAX) | (c & UINT64_C(1) << 63))

COMPARE(I32_EQ, U32, ==)
COMPARE(I32_NE, U32, !=)
COMPARE(I32_LT_S, S32, <)
COMPARE(I32_LT_U, U32, <)
COMPARE(I32_GT_S, S32, >)
COMPARE(I32_GT_U, U32, >)
COMPARE(I32_LE_S, S32, <=)
COMPARE(I32_LE_U, U32, <=)
COMPARE(I32_GE_S, S32, >=)
COMPARE(I32_GE_U, U32, >=)
COMPARE(I64_EQ, U64, ==)
COMPARE(I64_NE, U64, !=)
COMPARE(I64_LT_S, S64, <)
COMPARE(I64_LT_U, U64, <)
COMPARE(I64_GT_S, S64, >)
COMPARE(I64_GT_U, U64, >)
COMPARE(I64_LE_S, S64, <=)
COMPARE(I64_LE_U, U64, <=)
COMPARE(I64_GE_S, S64, >=)
COMPARE(I64_GE_U, U64, >=)
COMPARE(F32_EQ, F32, ==)
COMPARE(F32_NE, F32, !=)
COMPARE(F32_LT, F32, <)
COMPARE(F32_GT, F32, >)
COMPARE(F32_LE, F32, <=)
COMPARE(F32_GE, F32, >=)
COMPARE(F64_EQ, F64, ==)
COMPARE(F64_NE, F64, !=)
COMPARE(F64_LT, F64, <)
COMPARE(F64_GT, F64, >)
COMPARE(F64_LE, F64, <=)
COMPARE(F64_GE, F64, >=)
