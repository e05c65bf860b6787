/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers and plain memory access in slot code (core 3.0, section 4.3): the instructions of the fast lane, a row each,
 * with what they compute of their operands b and c. Kinds of operands and results: U32, S32, U64, S64, F32, F64; of
 * results N32 and N64, floats whose NaNs stay as they are. Functions in the rows are those of exec-arith.h. */
#pragma once

/* clang-format off */
/* X(NAME, operand, result, value) */
#define WRT_NUM_PLAIN(X) \
    X(I32_EQZ, U32, U32, b == 0) \
    X(I64_EQZ, U64, U32, b == 0) \
    X(I32_CLZ, U32, U32, wrt_clz_32(b)) \
    X(I32_CTZ, U32, U32, wrt_ctz_32(b)) \
    X(I32_POPCNT, U32, U32, wrt_popcnt(b)) \
    X(I64_CLZ, U64, U64, wrt_clz_64(b)) \
    X(I64_CTZ, U64, U64, wrt_ctz_64(b)) \
    X(I64_POPCNT, U64, U64, wrt_popcnt(b)) \
    X(F32_ABS, F32, N32, __builtin_fabsf(b)) \
    X(F32_NEG, F32, N32, -b) \
    X(F32_CEIL, F32, F32, wrt_ceil_32(b)) \
    X(F32_FLOOR, F32, F32, wrt_floor_32(b)) \
    X(F32_TRUNC, F32, F32, wrt_trunc_32(b)) \
    X(F32_NEAREST, F32, F32, wrt_nearest_32(b)) \
    X(F32_SQRT, F32, F32, __builtin_sqrtf(b)) \
    X(F64_ABS, F64, N64, __builtin_fabs(b)) \
    X(F64_NEG, F64, N64, -b) \
    X(F64_CEIL, F64, F64, wrt_ceil_64(b)) \
    X(F64_FLOOR, F64, F64, wrt_floor_64(b)) \
    X(F64_TRUNC, F64, F64, wrt_trunc_64(b)) \
    X(F64_NEAREST, F64, F64, wrt_nearest_64(b)) \
    X(F64_SQRT, F64, F64, __builtin_sqrt(b)) \
    X(I32_WRAP_I64, U32, U32, b) \
    X(I64_EXTEND_I32_S, S32, U64, (int64_t)b) \
    X(I64_EXTEND_I32_U, U32, U64, b) \
    X(F32_CONVERT_I32_S, S32, F32, (float)b) \
    X(F32_CONVERT_I32_U, U32, F32, (float)b) \
    X(F32_CONVERT_I64_S, S64, F32, (float)b) \
    X(F32_CONVERT_I64_U, U64, F32, (float)b) \
    X(F32_DEMOTE_F64, F64, F32, (float)b) \
    X(F64_CONVERT_I32_S, S32, F64, (double)b) \
    X(F64_CONVERT_I32_U, U32, F64, (double)b) \
    X(F64_CONVERT_I64_S, S64, F64, (double)b) \
    X(F64_CONVERT_I64_U, U64, F64, (double)b) \
    X(F64_PROMOTE_F32, F32, F64, (double)b) \
    X(I32_REINTERPRET_F32, F32, U32, wrt_f32_bits(b)) \
    X(I64_REINTERPRET_F64, F64, U64, wrt_f64_bits(b)) \
    X(F32_REINTERPRET_I32, U32, N32, wrt_f32(b)) \
    X(F64_REINTERPRET_I64, U64, N64, wrt_f64(b)) \
    X(I32_EXTEND8_S, U32, U32, (int8_t)b) \
    X(I32_EXTEND16_S, U32, U32, (int16_t)b) \
    X(I64_EXTEND8_S, U64, U64, (int8_t)b) \
    X(I64_EXTEND16_S, U64, U64, (int16_t)b) \
    X(I64_EXTEND32_S, U64, U64, (int32_t)b) \
    X(I32_TRUNC_SAT_F32_S, F32, U32, WRT_SAT_S32(b, WRT_FITS_S32_F32(b))) \
    X(I32_TRUNC_SAT_F32_U, F32, U32, WRT_SAT_U32(b, WRT_FITS_U32_F32(b))) \
    X(I32_TRUNC_SAT_F64_S, F64, U32, WRT_SAT_S32(b, WRT_FITS_S32_F64(b))) \
    X(I32_TRUNC_SAT_F64_U, F64, U32, WRT_SAT_U32(b, WRT_FITS_U32_F64(b))) \
    X(I64_TRUNC_SAT_F32_S, F32, U64, WRT_SAT_S64(b, WRT_FITS_S64_F32(b))) \
    X(I64_TRUNC_SAT_F32_U, F32, U64, WRT_SAT_U64(b, WRT_FITS_U64_F32(b))) \
    X(I64_TRUNC_SAT_F64_S, F64, U64, WRT_SAT_S64(b, WRT_FITS_S64_F64(b))) \
    X(I64_TRUNC_SAT_F64_U, F64, U64, WRT_SAT_U64(b, WRT_FITS_U64_F64(b)))

/* Float to integer; what does not fit traps. X(NAME, operand, result, type, fits) */
#define WRT_NUM_CONVERT(X) \
    X(I32_TRUNC_F32_S, F32, U32, int32_t, WRT_FITS_S32_F32) \
    X(I32_TRUNC_F32_U, F32, U32, uint32_t, WRT_FITS_U32_F32) \
    X(I32_TRUNC_F64_S, F64, U32, int32_t, WRT_FITS_S32_F64) \
    X(I32_TRUNC_F64_U, F64, U32, uint32_t, WRT_FITS_U32_F64) \
    X(I64_TRUNC_F32_S, F32, U64, int64_t, WRT_FITS_S64_F32) \
    X(I64_TRUNC_F32_U, F32, U64, uint64_t, WRT_FITS_U64_F32) \
    X(I64_TRUNC_F64_S, F64, U64, int64_t, WRT_FITS_S64_F64) \
    X(I64_TRUNC_F64_U, F64, U64, uint64_t, WRT_FITS_U64_F64)

#define WRT_NUM_UNARY(X) WRT_NUM_PLAIN(X) WRT_NUM_CONVERT(X)

/* X(NAME, operands, result, value) */
#define WRT_NUM_ARITHMETIC(X) \
    X(I32_ADD, U32, U32, b + c) \
    X(I32_SUB, U32, U32, b - c) \
    X(I32_MUL, U32, U32, b * c) \
    X(I32_AND, U32, U32, b & c) \
    X(I32_OR, U32, U32, b | c) \
    X(I32_XOR, U32, U32, b ^ c) \
    X(I32_SHL, U32, U32, b << (c & 31)) \
    X(I32_SHR_S, S32, U32, b >> (c & 31)) \
    X(I32_SHR_U, U32, U32, b >> (c & 31)) \
    X(I32_ROTL, U32, U32, wrt_rotl_32(b, c)) \
    X(I32_ROTR, U32, U32, wrt_rotl_32(b, -c)) \
    X(I64_ADD, U64, U64, b + c) \
    X(I64_SUB, U64, U64, b - c) \
    X(I64_MUL, U64, U64, b * c) \
    X(I64_AND, U64, U64, b & c) \
    X(I64_OR, U64, U64, b | c) \
    X(I64_XOR, U64, U64, b ^ c) \
    X(I64_SHL, U64, U64, b << (c & 63)) \
    X(I64_SHR_S, S64, U64, b >> (c & 63)) \
    X(I64_SHR_U, U64, U64, b >> (c & 63)) \
    X(I64_ROTL, U64, U64, wrt_rotl_64(b, c)) \
    X(I64_ROTR, U64, U64, wrt_rotl_64(b, -c)) \
    X(F32_ADD, F32, F32, b + c) \
    X(F32_SUB, F32, F32, b - c) \
    X(F32_MUL, F32, F32, b * c) \
    X(F32_DIV, F32, F32, b / c) \
    X(F32_MIN, F32, N32, wrt_min_32(b, c)) \
    X(F32_MAX, F32, N32, wrt_max_32(b, c)) \
    X(F32_COPYSIGN, F32, N32, __builtin_copysignf(b, c)) \
    X(F64_ADD, F64, F64, b + c) \
    X(F64_SUB, F64, F64, b - c) \
    X(F64_MUL, F64, F64, b * c) \
    X(F64_DIV, F64, F64, b / c) \
    X(F64_MIN, F64, N64, wrt_min_64(b, c)) \
    X(F64_MAX, F64, N64, wrt_max_64(b, c)) \
    X(F64_COPYSIGN, F64, N64, __builtin_copysign(b, c))

/* By zero traps. X(NAME, operands, result, the quotient that does not fit, value) */
#define WRT_NUM_DIVISION(X) \
    X(I32_DIV_S, S32, U32, b == INT32_MIN && c == -1, b / c) \
    X(I32_DIV_U, U32, U32, false, b / c) \
    X(I32_REM_S, S32, U32, false, c == -1 ? 0 : b % c) \
    X(I32_REM_U, U32, U32, false, b % c) \
    X(I64_DIV_S, S64, U64, b == INT64_MIN && c == -1, b / c) \
    X(I64_DIV_U, U64, U64, false, b / c) \
    X(I64_REM_S, S64, U64, false, c == -1 ? 0 : b % c) \
    X(I64_REM_U, U64, U64, false, b % c)

#define WRT_NUM_BINARY(X) WRT_NUM_ARITHMETIC(X) WRT_NUM_DIVISION(X)

/* X(NAME, operands, comparison) */
#define WRT_NUM_COMPARE(X) \
    X(I32_EQ, U32, ==) \
    X(I32_NE, U32, !=) \
    X(I32_LT_S, S32, <) \
    X(I32_LT_U, U32, <) \
    X(I32_GT_S, S32, >) \
    X(I32_GT_U, U32, >) \
    X(I32_LE_S, S32, <=) \
    X(I32_LE_U, U32, <=) \
    X(I32_GE_S, S32, >=) \
    X(I32_GE_U, U32, >=) \
    X(I64_EQ, U64, ==) \
    X(I64_NE, U64, !=) \
    X(I64_LT_S, S64, <) \
    X(I64_LT_U, U64, <) \
    X(I64_GT_S, S64, >) \
    X(I64_GT_U, U64, >) \
    X(I64_LE_S, S64, <=) \
    X(I64_LE_U, U64, <=) \
    X(I64_GE_S, S64, >=) \
    X(I64_GE_U, U64, >=) \
    X(F32_EQ, F32, ==) \
    X(F32_NE, F32, !=) \
    X(F32_LT, F32, <) \
    X(F32_GT, F32, >) \
    X(F32_LE, F32, <=) \
    X(F32_GE, F32, >=) \
    X(F64_EQ, F64, ==) \
    X(F64_NE, F64, !=) \
    X(F64_LT, F64, <) \
    X(F64_GT, F64, >) \
    X(F64_LE, F64, <=) \
    X(F64_GE, F64, >=)

#define WRT_NUM_WIDE(X) \
    X(I64_ADD128) \
    X(I64_SUB128) \
    X(I64_MUL_WIDE_S) \
    X(I64_MUL_WIDE_U)

/* X(NAME, type as it lies in memory, result) */
#define WRT_MEM_LOAD(X) \
    X(I32_LOAD, uint32_t, U32) \
    X(I64_LOAD, uint64_t, U64) \
    X(F32_LOAD, float, N32) \
    X(F64_LOAD, double, N64) \
    X(I32_LOAD8_S, int8_t, U32) \
    X(I32_LOAD8_U, uint8_t, U32) \
    X(I32_LOAD16_S, int16_t, U32) \
    X(I32_LOAD16_U, uint16_t, U32) \
    X(I64_LOAD8_S, int8_t, U64) \
    X(I64_LOAD8_U, uint8_t, U64) \
    X(I64_LOAD16_S, int16_t, U64) \
    X(I64_LOAD16_U, uint16_t, U64) \
    X(I64_LOAD32_S, int32_t, U64) \
    X(I64_LOAD32_U, uint32_t, U64)

/* X(NAME, type as it lies in memory, value) */
#define WRT_MEM_STORE(X) \
    X(I32_STORE, uint32_t, U64) \
    X(I64_STORE, uint64_t, U64) \
    X(F32_STORE, float, F32) \
    X(F64_STORE, double, F64) \
    X(I32_STORE8, uint8_t, U64) \
    X(I32_STORE16, uint16_t, U64) \
    X(I64_STORE8, uint8_t, U64) \
    X(I64_STORE16, uint16_t, U64) \
    X(I64_STORE32, uint32_t, U64)
/* clang-format on */
