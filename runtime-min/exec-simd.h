/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector instructions in slot code (slot.h): a row each, by the shape of their operands, with what each computes (core
 * 3.0, "Vector Instructions"; the words stand in exec-simd-lanes.h and its like). The relaxed ones do what they do in
 * the deterministic profile, every choice the first: the same as the strict instruction where there is one,
 * multiply-add rounds twice, dot products are signed and saturate in between.
 *
 *   UNARY    NAME, result, operand, computation of v
 *   BINARY   NAME, result, operand, operand, computation of b and c
 *   TERNARY  NAME, result, operands, computation of b, c and d
 *   EXTRACT  NAME, lane, result         REPLACE, LOAD_LANE, STORE_LANE  NAME, lane
 *   LOAD     NAME, what is read, result, computation of v */
#pragma once

/* clang-format off */
#define WRT_SIMD_UNARY(X) \
    X(I8X16_SPLAT, u8x16, u32, wrt_u8x16_splat(v)) \
    X(I16X8_SPLAT, u16x8, u32, wrt_u16x8_splat(v)) \
    X(I32X4_SPLAT, u32x4, u32, wrt_u32x4_splat(v)) \
    X(I64X2_SPLAT, u64x2, u64, wrt_u64x2_splat(v)) \
    X(F32X4_SPLAT, u32x4, u32, wrt_u32x4_splat(v)) \
    X(F64X2_SPLAT, u64x2, u64, wrt_u64x2_splat(v)) \
    X(V128_NOT, u64x2, u64x2, ~v) \
    X(V128_ANY_TRUE, u64, u64x2, wrt_v_any(v)) \
    X(F32X4_DEMOTE_F64X2_ZERO, f32x4, f64x2, wrt_v_demote(v)) \
    X(F64X2_PROMOTE_LOW_F32X4, f64x2, f32x4, wrt_v_promote_low(v)) \
    X(I8X16_ABS, u8x16, i8x16, wrt_i8x16_abs(v)) \
    X(I8X16_NEG, u8x16, u8x16, -v) \
    X(I8X16_POPCNT, u8x16, u8x16, wrt_v_popcnt(v)) \
    X(I8X16_ALL_TRUE, u64, u8x16, !wrt_v_any((wrt_u64x2)(v == 0))) \
    X(I8X16_BITMASK, u64, u8x16, wrt_u8x16_bitmask(v)) \
    X(F32X4_CEIL, f32x4, f32x4, wrt_f32x4_ceil(v)) \
    X(F32X4_FLOOR, f32x4, f32x4, wrt_f32x4_floor(v)) \
    X(F32X4_TRUNC, f32x4, f32x4, wrt_f32x4_trunc(v)) \
    X(F32X4_NEAREST, f32x4, f32x4, wrt_f32x4_nearest(v)) \
    X(F64X2_CEIL, f64x2, f64x2, wrt_f64x2_ceil(v)) \
    X(F64X2_FLOOR, f64x2, f64x2, wrt_f64x2_floor(v)) \
    X(F64X2_TRUNC, f64x2, f64x2, wrt_f64x2_trunc(v)) \
    X(I16X8_EXTADD_PAIRWISE_I8X16_S, i16x8, i16x8, wrt_i16x8_even(v) + wrt_i16x8_odd(v)) \
    X(I16X8_EXTADD_PAIRWISE_I8X16_U, u16x8, u16x8, wrt_u16x8_even(v) + wrt_u16x8_odd(v)) \
    X(I32X4_EXTADD_PAIRWISE_I16X8_S, i32x4, i32x4, wrt_i32x4_even(v) + wrt_i32x4_odd(v)) \
    X(I32X4_EXTADD_PAIRWISE_I16X8_U, u32x4, u32x4, wrt_u32x4_even(v) + wrt_u32x4_odd(v)) \
    X(I16X8_ABS, u16x8, i16x8, wrt_i16x8_abs(v)) \
    X(I16X8_NEG, u16x8, u16x8, -v) \
    X(I16X8_ALL_TRUE, u64, u16x8, !wrt_v_any((wrt_u64x2)(v == 0))) \
    X(I16X8_BITMASK, u64, u16x8, wrt_u16x8_bitmask(v)) \
    X(I16X8_EXTEND_LOW_I8X16_S, i16x8, i8x16, wrt_i8x16_extend_low(v)) \
    X(I16X8_EXTEND_HIGH_I8X16_S, i16x8, i8x16, wrt_i8x16_extend_high(v)) \
    X(I16X8_EXTEND_LOW_I8X16_U, u16x8, u8x16, wrt_u8x16_extend_low(v)) \
    X(I16X8_EXTEND_HIGH_I8X16_U, u16x8, u8x16, wrt_u8x16_extend_high(v)) \
    X(F64X2_NEAREST, f64x2, f64x2, wrt_f64x2_nearest(v)) \
    X(I32X4_ABS, u32x4, i32x4, wrt_i32x4_abs(v)) \
    X(I32X4_NEG, u32x4, u32x4, -v) \
    X(I32X4_ALL_TRUE, u64, u32x4, !wrt_v_any((wrt_u64x2)(v == 0))) \
    X(I32X4_BITMASK, u64, u32x4, wrt_u32x4_bitmask(v)) \
    X(I32X4_EXTEND_LOW_I16X8_S, i32x4, i16x8, wrt_i16x8_extend_low(v)) \
    X(I32X4_EXTEND_HIGH_I16X8_S, i32x4, i16x8, wrt_i16x8_extend_high(v)) \
    X(I32X4_EXTEND_LOW_I16X8_U, u32x4, u16x8, wrt_u16x8_extend_low(v)) \
    X(I32X4_EXTEND_HIGH_I16X8_U, u32x4, u16x8, wrt_u16x8_extend_high(v)) \
    X(I64X2_ABS, u64x2, i64x2, wrt_i64x2_abs(v)) \
    X(I64X2_NEG, u64x2, u64x2, -v) \
    X(I64X2_ALL_TRUE, u64, u64x2, !wrt_v_any((wrt_u64x2)(v == 0))) \
    X(I64X2_BITMASK, u64, u64x2, wrt_u64x2_bitmask(v)) \
    X(I64X2_EXTEND_LOW_I32X4_S, i64x2, i32x4, wrt_i32x4_extend_low(v)) \
    X(I64X2_EXTEND_HIGH_I32X4_S, i64x2, i32x4, wrt_i32x4_extend_high(v)) \
    X(I64X2_EXTEND_LOW_I32X4_U, u64x2, u32x4, wrt_u32x4_extend_low(v)) \
    X(I64X2_EXTEND_HIGH_I32X4_U, u64x2, u32x4, wrt_u32x4_extend_high(v)) \
    X(F32X4_ABS, u32x4, u32x4, v & 0x7fffffff) \
    X(F32X4_NEG, u32x4, u32x4, v ^ 0x80000000) \
    X(F32X4_SQRT, f32x4, f32x4, wrt_f32x4_sqrt(v)) \
    X(F64X2_ABS, u64x2, u64x2, v & 0x7fffffffffffffff) \
    X(F64X2_NEG, u64x2, u64x2, v ^ 0x8000000000000000) \
    X(F64X2_SQRT, f64x2, f64x2, wrt_f64x2_sqrt(v)) \
    X(I32X4_TRUNC_SAT_F32X4_S, i32x4, f32x4, wrt_i32x4_trunc_f32x4(v)) \
    X(I32X4_TRUNC_SAT_F32X4_U, u32x4, f32x4, wrt_u32x4_trunc_f32x4(v)) \
    X(F32X4_CONVERT_I32X4_S, f32x4, i32x4, __builtin_convertvector(v, wrt_f32x4)) \
    X(F32X4_CONVERT_I32X4_U, f32x4, u32x4, __builtin_convertvector(v, wrt_f32x4)) \
    X(I32X4_TRUNC_SAT_F64X2_S_ZERO, i32x4, f64x2, wrt_i32x4_trunc_f64x2(v)) \
    X(I32X4_TRUNC_SAT_F64X2_U_ZERO, u32x4, f64x2, wrt_u32x4_trunc_f64x2(v)) \
    X(F64X2_CONVERT_LOW_I32X4_S, f64x2, i32x4, wrt_i32x4_low_to_f64x2(v)) \
    X(F64X2_CONVERT_LOW_I32X4_U, f64x2, u32x4, wrt_u32x4_low_to_f64x2(v)) \
    X(I32X4_RELAXED_TRUNC_F32X4_S, i32x4, f32x4, wrt_i32x4_trunc_f32x4(v)) \
    X(I32X4_RELAXED_TRUNC_F32X4_U, u32x4, f32x4, wrt_u32x4_trunc_f32x4(v)) \
    X(I32X4_RELAXED_TRUNC_F64X2_S_ZERO, i32x4, f64x2, wrt_i32x4_trunc_f64x2(v)) \
    X(I32X4_RELAXED_TRUNC_F64X2_U_ZERO, u32x4, f64x2, wrt_u32x4_trunc_f64x2(v))

#define WRT_SIMD_BINARY(X) \
    X(I8X16_SWIZZLE, u64x2, u64x2, u64x2, wrt_v_swizzle(b, c)) \
    X(I8X16_EQ, u8x16, u8x16, u8x16, b == c) \
    X(I8X16_NE, u8x16, u8x16, u8x16, b != c) \
    X(I8X16_LT_S, u8x16, i8x16, i8x16, b < c) \
    X(I8X16_LT_U, u8x16, u8x16, u8x16, b < c) \
    X(I8X16_GT_S, u8x16, i8x16, i8x16, b > c) \
    X(I8X16_GT_U, u8x16, u8x16, u8x16, b > c) \
    X(I8X16_LE_S, u8x16, i8x16, i8x16, b <= c) \
    X(I8X16_LE_U, u8x16, u8x16, u8x16, b <= c) \
    X(I8X16_GE_S, u8x16, i8x16, i8x16, b >= c) \
    X(I8X16_GE_U, u8x16, u8x16, u8x16, b >= c) \
    X(I16X8_EQ, u16x8, u16x8, u16x8, b == c) \
    X(I16X8_NE, u16x8, u16x8, u16x8, b != c) \
    X(I16X8_LT_S, u16x8, i16x8, i16x8, b < c) \
    X(I16X8_LT_U, u16x8, u16x8, u16x8, b < c) \
    X(I16X8_GT_S, u16x8, i16x8, i16x8, b > c) \
    X(I16X8_GT_U, u16x8, u16x8, u16x8, b > c) \
    X(I16X8_LE_S, u16x8, i16x8, i16x8, b <= c) \
    X(I16X8_LE_U, u16x8, u16x8, u16x8, b <= c) \
    X(I16X8_GE_S, u16x8, i16x8, i16x8, b >= c) \
    X(I16X8_GE_U, u16x8, u16x8, u16x8, b >= c) \
    X(I32X4_EQ, u32x4, u32x4, u32x4, b == c) \
    X(I32X4_NE, u32x4, u32x4, u32x4, b != c) \
    X(I32X4_LT_S, u32x4, i32x4, i32x4, b < c) \
    X(I32X4_LT_U, u32x4, u32x4, u32x4, b < c) \
    X(I32X4_GT_S, u32x4, i32x4, i32x4, b > c) \
    X(I32X4_GT_U, u32x4, u32x4, u32x4, b > c) \
    X(I32X4_LE_S, u32x4, i32x4, i32x4, b <= c) \
    X(I32X4_LE_U, u32x4, u32x4, u32x4, b <= c) \
    X(I32X4_GE_S, u32x4, i32x4, i32x4, b >= c) \
    X(I32X4_GE_U, u32x4, u32x4, u32x4, b >= c) \
    X(F32X4_EQ, i32x4, f32x4, f32x4, b == c) \
    X(F32X4_NE, i32x4, f32x4, f32x4, b != c) \
    X(F32X4_LT, i32x4, f32x4, f32x4, b < c) \
    X(F32X4_GT, i32x4, f32x4, f32x4, b > c) \
    X(F32X4_LE, i32x4, f32x4, f32x4, b <= c) \
    X(F32X4_GE, i32x4, f32x4, f32x4, b >= c) \
    X(F64X2_EQ, i64x2, f64x2, f64x2, b == c) \
    X(F64X2_NE, i64x2, f64x2, f64x2, b != c) \
    X(F64X2_LT, i64x2, f64x2, f64x2, b < c) \
    X(F64X2_GT, i64x2, f64x2, f64x2, b > c) \
    X(F64X2_LE, i64x2, f64x2, f64x2, b <= c) \
    X(F64X2_GE, i64x2, f64x2, f64x2, b >= c) \
    X(V128_AND, u64x2, u64x2, u64x2, b & c) \
    X(V128_ANDNOT, u64x2, u64x2, u64x2, b & ~c) \
    X(V128_OR, u64x2, u64x2, u64x2, b | c) \
    X(V128_XOR, u64x2, u64x2, u64x2, b ^ c) \
    X(I8X16_NARROW_I16X8_S, u8x16, i16x8, i16x8, wrt_i16x8_narrow(b, c, INT8_MIN, INT8_MAX)) \
    X(I8X16_NARROW_I16X8_U, u8x16, i16x8, i16x8, wrt_i16x8_narrow(b, c, 0, UINT8_MAX)) \
    X(I8X16_SHL, u8x16, u8x16, u32, b << wrt_u8x16_splat(c % 8)) \
    X(I8X16_SHR_S, i8x16, i8x16, u32, b >> wrt_i8x16_splat(c % 8)) \
    X(I8X16_SHR_U, u8x16, u8x16, u32, b >> wrt_u8x16_splat(c % 8)) \
    X(I8X16_ADD, u8x16, u8x16, u8x16, b + c) \
    X(I8X16_ADD_SAT_S, u8x16, u8x16, u8x16, wrt_i8x16_add_sat(b, c)) \
    X(I8X16_ADD_SAT_U, u8x16, u8x16, u8x16, wrt_u8x16_add_sat(b, c)) \
    X(I8X16_SUB, u8x16, u8x16, u8x16, b - c) \
    X(I8X16_SUB_SAT_S, u8x16, u8x16, u8x16, wrt_i8x16_sub_sat(b, c)) \
    X(I8X16_SUB_SAT_U, u8x16, u8x16, u8x16, wrt_u8x16_sub_sat(b, c)) \
    X(I8X16_MIN_S, i8x16, i8x16, i8x16, WRT_V_SELECT(b < c, b, c)) \
    X(I8X16_MIN_U, u8x16, u8x16, u8x16, WRT_V_SELECT(b < c, b, c)) \
    X(I8X16_MAX_S, i8x16, i8x16, i8x16, WRT_V_SELECT(b > c, b, c)) \
    X(I8X16_MAX_U, u8x16, u8x16, u8x16, WRT_V_SELECT(b > c, b, c)) \
    X(I8X16_AVGR_U, u8x16, u8x16, u8x16, (b | c) - ((b ^ c) >> 1)) \
    X(I16X8_Q15MULR_SAT_S, i16x8, i16x8, i16x8, wrt_v_q15mulr(b, c)) \
    X(I16X8_NARROW_I32X4_S, u16x8, i32x4, i32x4, wrt_i32x4_narrow(b, c, INT16_MIN, INT16_MAX)) \
    X(I16X8_NARROW_I32X4_U, u16x8, i32x4, i32x4, wrt_i32x4_narrow(b, c, 0, UINT16_MAX)) \
    X(I16X8_SHL, u16x8, u16x8, u32, b << wrt_u16x8_splat(c % 16)) \
    X(I16X8_SHR_S, i16x8, i16x8, u32, b >> wrt_i16x8_splat(c % 16)) \
    X(I16X8_SHR_U, u16x8, u16x8, u32, b >> wrt_u16x8_splat(c % 16)) \
    X(I16X8_ADD, u16x8, u16x8, u16x8, b + c) \
    X(I16X8_ADD_SAT_S, u16x8, u16x8, u16x8, wrt_i16x8_add_sat(b, c)) \
    X(I16X8_ADD_SAT_U, u16x8, u16x8, u16x8, wrt_u16x8_add_sat(b, c)) \
    X(I16X8_SUB, u16x8, u16x8, u16x8, b - c) \
    X(I16X8_SUB_SAT_S, u16x8, u16x8, u16x8, wrt_i16x8_sub_sat(b, c)) \
    X(I16X8_SUB_SAT_U, u16x8, u16x8, u16x8, wrt_u16x8_sub_sat(b, c)) \
    X(I16X8_MUL, u16x8, u16x8, u16x8, b * c) \
    X(I16X8_MIN_S, i16x8, i16x8, i16x8, WRT_V_SELECT(b < c, b, c)) \
    X(I16X8_MIN_U, u16x8, u16x8, u16x8, WRT_V_SELECT(b < c, b, c)) \
    X(I16X8_MAX_S, i16x8, i16x8, i16x8, WRT_V_SELECT(b > c, b, c)) \
    X(I16X8_MAX_U, u16x8, u16x8, u16x8, WRT_V_SELECT(b > c, b, c)) \
    X(I16X8_AVGR_U, u16x8, u16x8, u16x8, (b | c) - ((b ^ c) >> 1)) \
    X(I16X8_EXTMUL_LOW_I8X16_S, i16x8, i8x16, i8x16, wrt_i8x16_extend_low(b) * wrt_i8x16_extend_low(c)) \
    X(I16X8_EXTMUL_HIGH_I8X16_S, i16x8, i8x16, i8x16, wrt_i8x16_extend_high(b) * wrt_i8x16_extend_high(c)) \
    X(I16X8_EXTMUL_LOW_I8X16_U, u16x8, u8x16, u8x16, wrt_u8x16_extend_low(b) * wrt_u8x16_extend_low(c)) \
    X(I16X8_EXTMUL_HIGH_I8X16_U, u16x8, u8x16, u8x16, wrt_u8x16_extend_high(b) * wrt_u8x16_extend_high(c)) \
    X(I32X4_SHL, u32x4, u32x4, u32, b << wrt_u32x4_splat(c % 32)) \
    X(I32X4_SHR_S, i32x4, i32x4, u32, b >> wrt_i32x4_splat(c % 32)) \
    X(I32X4_SHR_U, u32x4, u32x4, u32, b >> wrt_u32x4_splat(c % 32)) \
    X(I32X4_ADD, u32x4, u32x4, u32x4, b + c) \
    X(I32X4_SUB, u32x4, u32x4, u32x4, b - c) \
    X(I32X4_MUL, u32x4, u32x4, u32x4, b * c) \
    X(I32X4_MIN_S, i32x4, i32x4, i32x4, WRT_V_SELECT(b < c, b, c)) \
    X(I32X4_MIN_U, u32x4, u32x4, u32x4, WRT_V_SELECT(b < c, b, c)) \
    X(I32X4_MAX_S, i32x4, i32x4, i32x4, WRT_V_SELECT(b > c, b, c)) \
    X(I32X4_MAX_U, u32x4, u32x4, u32x4, WRT_V_SELECT(b > c, b, c)) \
    X(I32X4_DOT_I16X8_S, u32x4, i32x4, i32x4, wrt_v_dot(b, c)) \
    X(I32X4_EXTMUL_LOW_I16X8_S, i32x4, i16x8, i16x8, wrt_i16x8_extend_low(b) * wrt_i16x8_extend_low(c)) \
    X(I32X4_EXTMUL_HIGH_I16X8_S, i32x4, i16x8, i16x8, wrt_i16x8_extend_high(b) * wrt_i16x8_extend_high(c)) \
    X(I32X4_EXTMUL_LOW_I16X8_U, u32x4, u16x8, u16x8, wrt_u16x8_extend_low(b) * wrt_u16x8_extend_low(c)) \
    X(I32X4_EXTMUL_HIGH_I16X8_U, u32x4, u16x8, u16x8, wrt_u16x8_extend_high(b) * wrt_u16x8_extend_high(c)) \
    X(I64X2_SHL, u64x2, u64x2, u32, b << wrt_u64x2_splat(c % 64)) \
    X(I64X2_SHR_S, i64x2, i64x2, u32, b >> wrt_i64x2_splat(c % 64)) \
    X(I64X2_SHR_U, u64x2, u64x2, u32, b >> wrt_u64x2_splat(c % 64)) \
    X(I64X2_ADD, u64x2, u64x2, u64x2, b + c) \
    X(I64X2_SUB, u64x2, u64x2, u64x2, b - c) \
    X(I64X2_MUL, u64x2, u64x2, u64x2, b * c) \
    X(I64X2_EQ, u64x2, u64x2, u64x2, b == c) \
    X(I64X2_NE, u64x2, u64x2, u64x2, b != c) \
    X(I64X2_LT_S, u64x2, i64x2, i64x2, b < c) \
    X(I64X2_GT_S, u64x2, i64x2, i64x2, b > c) \
    X(I64X2_LE_S, u64x2, i64x2, i64x2, b <= c) \
    X(I64X2_GE_S, u64x2, i64x2, i64x2, b >= c) \
    X(I64X2_EXTMUL_LOW_I32X4_S, i64x2, i32x4, i32x4, wrt_i32x4_extend_low(b) * wrt_i32x4_extend_low(c)) \
    X(I64X2_EXTMUL_HIGH_I32X4_S, i64x2, i32x4, i32x4, wrt_i32x4_extend_high(b) * wrt_i32x4_extend_high(c)) \
    X(I64X2_EXTMUL_LOW_I32X4_U, u64x2, u32x4, u32x4, wrt_u32x4_extend_low(b) * wrt_u32x4_extend_low(c)) \
    X(I64X2_EXTMUL_HIGH_I32X4_U, u64x2, u32x4, u32x4, wrt_u32x4_extend_high(b) * wrt_u32x4_extend_high(c)) \
    X(F32X4_ADD, f32x4, f32x4, f32x4, wrt_f32x4_canon(b + c)) \
    X(F32X4_SUB, f32x4, f32x4, f32x4, wrt_f32x4_canon(b - c)) \
    X(F32X4_MUL, f32x4, f32x4, f32x4, wrt_f32x4_canon(b * c)) \
    X(F32X4_DIV, f32x4, f32x4, f32x4, wrt_f32x4_canon(b / c)) \
    X(F32X4_MIN, f32x4, f32x4, f32x4, wrt_f32x4_min(b, c)) \
    X(F32X4_MAX, f32x4, f32x4, f32x4, wrt_f32x4_max(b, c)) \
    X(F32X4_PMIN, u64x2, f32x4, f32x4, WRT_V_SELECT(c < b, c, b)) \
    X(F32X4_PMAX, u64x2, f32x4, f32x4, WRT_V_SELECT(b < c, c, b)) \
    X(F64X2_ADD, f64x2, f64x2, f64x2, wrt_f64x2_canon(b + c)) \
    X(F64X2_SUB, f64x2, f64x2, f64x2, wrt_f64x2_canon(b - c)) \
    X(F64X2_MUL, f64x2, f64x2, f64x2, wrt_f64x2_canon(b * c)) \
    X(F64X2_DIV, f64x2, f64x2, f64x2, wrt_f64x2_canon(b / c)) \
    X(F64X2_MIN, f64x2, f64x2, f64x2, wrt_f64x2_min(b, c)) \
    X(F64X2_MAX, f64x2, f64x2, f64x2, wrt_f64x2_max(b, c)) \
    X(F64X2_PMIN, u64x2, f64x2, f64x2, WRT_V_SELECT(c < b, c, b)) \
    X(F64X2_PMAX, u64x2, f64x2, f64x2, WRT_V_SELECT(b < c, c, b)) \
    X(I8X16_RELAXED_SWIZZLE, u64x2, u64x2, u64x2, wrt_v_swizzle(b, c)) \
    X(F32X4_RELAXED_MIN, f32x4, f32x4, f32x4, wrt_f32x4_min(b, c)) \
    X(F32X4_RELAXED_MAX, f32x4, f32x4, f32x4, wrt_f32x4_max(b, c)) \
    X(F64X2_RELAXED_MIN, f64x2, f64x2, f64x2, wrt_f64x2_min(b, c)) \
    X(F64X2_RELAXED_MAX, f64x2, f64x2, f64x2, wrt_f64x2_max(b, c)) \
    X(I16X8_RELAXED_Q15MULR_S, i16x8, i16x8, i16x8, wrt_v_q15mulr(b, c)) \
    X(I16X8_RELAXED_DOT_I8X16_I7X16_S, u16x8, i16x8, i16x8, wrt_v_dot_sat(b, c))

#define WRT_SIMD_TERNARY(X) \
    X(V128_BITSELECT, u64x2, u64x2, (b & d) | (c & ~d)) \
    X(F32X4_RELAXED_MADD, f32x4, f32x4, wrt_f32x4_madd(b, c, d)) \
    X(F32X4_RELAXED_NMADD, f32x4, f32x4, wrt_f32x4_madd(-b, c, d)) \
    X(F64X2_RELAXED_MADD, f64x2, f64x2, wrt_f64x2_madd(b, c, d)) \
    X(F64X2_RELAXED_NMADD, f64x2, f64x2, wrt_f64x2_madd(-b, c, d)) \
    X(I8X16_RELAXED_LANESELECT, u64x2, u64x2, (b & d) | (c & ~d)) \
    X(I16X8_RELAXED_LANESELECT, u64x2, u64x2, (b & d) | (c & ~d)) \
    X(I32X4_RELAXED_LANESELECT, u64x2, u64x2, (b & d) | (c & ~d)) \
    X(I64X2_RELAXED_LANESELECT, u64x2, u64x2, (b & d) | (c & ~d)) \
    X(I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S, u32x4, u32x4, wrt_v_dot_add((wrt_i16x8)b, (wrt_i16x8)c, d))

#define WRT_SIMD_EXTRACT(X) \
    X(I8X16_EXTRACT_LANE_S, i8, u32) \
    X(I8X16_EXTRACT_LANE_U, u8, u32) \
    X(I16X8_EXTRACT_LANE_S, i16, u32) \
    X(I16X8_EXTRACT_LANE_U, u16, u32) \
    X(I32X4_EXTRACT_LANE, u32, u32) \
    X(I64X2_EXTRACT_LANE, u64, u64) \
    X(F32X4_EXTRACT_LANE, u32, u32) \
    X(F64X2_EXTRACT_LANE, u64, u64)

#define WRT_SIMD_REPLACE(X) \
    X(I8X16_REPLACE_LANE, u8) \
    X(I16X8_REPLACE_LANE, u16) \
    X(I32X4_REPLACE_LANE, u32) \
    X(I64X2_REPLACE_LANE, u64) \
    X(F32X4_REPLACE_LANE, u32) \
    X(F64X2_REPLACE_LANE, u64)

#define WRT_SIMD_LOAD(X) \
    X(V128_LOAD, u64x2, u64x2, v) \
    X(V128_LOAD8X8_S, u64, i16x8, wrt_i8x16_extend_low((wrt_i8x16)wrt_v_low(v))) \
    X(V128_LOAD8X8_U, u64, u16x8, wrt_u8x16_extend_low((wrt_u8x16)wrt_v_low(v))) \
    X(V128_LOAD16X4_S, u64, i32x4, wrt_i16x8_extend_low((wrt_i16x8)wrt_v_low(v))) \
    X(V128_LOAD16X4_U, u64, u32x4, wrt_u16x8_extend_low((wrt_u16x8)wrt_v_low(v))) \
    X(V128_LOAD32X2_S, u64, i64x2, wrt_i32x4_extend_low((wrt_i32x4)wrt_v_low(v))) \
    X(V128_LOAD32X2_U, u64, u64x2, wrt_u32x4_extend_low((wrt_u32x4)wrt_v_low(v))) \
    X(V128_LOAD8_SPLAT, u8, u8x16, wrt_u8x16_splat(v)) \
    X(V128_LOAD16_SPLAT, u16, u16x8, wrt_u16x8_splat(v)) \
    X(V128_LOAD32_SPLAT, u32, u32x4, wrt_u32x4_splat(v)) \
    X(V128_LOAD64_SPLAT, u64, u64x2, wrt_u64x2_splat(v)) \
    X(V128_LOAD32_ZERO, u32, u64x2, wrt_v_low(v)) \
    X(V128_LOAD64_ZERO, u64, u64x2, wrt_v_low(v))

#define WRT_SIMD_LOAD_LANE(X) \
    X(V128_LOAD8_LANE, u8) \
    X(V128_LOAD16_LANE, u16) \
    X(V128_LOAD32_LANE, u32) \
    X(V128_LOAD64_LANE, u64)

#define WRT_SIMD_STORE_LANE(X) \
    X(V128_STORE8_LANE, u8) \
    X(V128_STORE16_LANE, u16) \
    X(V128_STORE32_LANE, u32) \
    X(V128_STORE64_LANE, u64)

#define WRT_SIMD_OTHER(X) \
    X(V128_STORE) \
    X(I8X16_SHUFFLE)
/* clang-format on */
#define WRT_SIMD_ALL(X) \
    WRT_SIMD_UNARY(X)   \
    WRT_SIMD_BINARY(X)  \
    WRT_SIMD_TERNARY(X) \
    WRT_SIMD_EXTRACT(X) \
    WRT_SIMD_REPLACE(X) WRT_SIMD_LOAD(X) WRT_SIMD_LOAD_LANE(X) WRT_SIMD_STORE_LANE(X) WRT_SIMD_OTHER(X)
