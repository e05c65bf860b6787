/* SPDX-License-Identifier: Apache-2.0
 *
 * Every instruction of core WebAssembly 3.0 and of the extensions in feature.h, as rows: number, name, what it takes
 * and gives, the shape of its immediates, the feature it belongs to (core 3.0, section 5.4). Validation and execution
 * are both made from these rows. */
#pragma once

#include "runtime-min/feature.h"
#include "runtime-min/opcode-prefixed.h"
#include "runtime-min/opcode-simd.h"
#include "runtime-min/type.h"

/* X(number, NAME, "name", SIGNATURE, IMMEDIATES, argument, FEATURE). Signatures are WRT_SIGS' rows, SPECIAL where a row
 * cannot say it. The argument is the natural alignment (as a power of two) of MEM, MEM_LANE and ATOMIC, the number of
 * lanes of LANE. */
/* clang-format off */
#define WRT_OPCODES(X) \
    X(0x00, UNREACHABLE, "unreachable", SPECIAL, NONE, 0, NONE) \
    X(0x01, NOP, "nop", _, NONE, 0, NONE) \
    X(0x02, BLOCK, "block", SPECIAL, BLOCK, 0, NONE) \
    X(0x03, LOOP, "loop", SPECIAL, BLOCK, 0, NONE) \
    X(0x04, IF, "if", SPECIAL, BLOCK, 0, NONE) \
    X(0x05, ELSE, "else", SPECIAL, NONE, 0, NONE) \
    X(0x06, TRY, "try", SPECIAL, BLOCK, 0, LEGACY_EXCEPTIONS) \
    X(0x07, CATCH, "catch", SPECIAL, TAG, 0, LEGACY_EXCEPTIONS) \
    X(0x08, THROW, "throw", SPECIAL, TAG, 0, EXCEPTIONS) \
    X(0x09, RETHROW, "rethrow", SPECIAL, LABEL, 0, LEGACY_EXCEPTIONS) \
    X(0x0a, THROW_REF, "throw_ref", SPECIAL, NONE, 0, EXCEPTIONS) \
    X(0x0b, END, "end", SPECIAL, NONE, 0, NONE) \
    X(0x0c, BR, "br", SPECIAL, LABEL, 0, NONE) \
    X(0x0d, BR_IF, "br_if", SPECIAL, LABEL, 0, NONE) \
    X(0x0e, BR_TABLE, "br_table", SPECIAL, LABELS, 0, NONE) \
    X(0x0f, RETURN, "return", SPECIAL, NONE, 0, NONE) \
    X(0x10, CALL, "call", SPECIAL, FUNC, 0, NONE) \
    X(0x11, CALL_INDIRECT, "call_indirect", SPECIAL, INDIRECT, 0, NONE) \
    X(0x12, RETURN_CALL, "return_call", SPECIAL, FUNC, 0, TAIL_CALL) \
    X(0x13, RETURN_CALL_INDIRECT, "return_call_indirect", SPECIAL, INDIRECT, 0, TAIL_CALL) \
    X(0x14, CALL_REF, "call_ref", SPECIAL, TYPE, 0, FUNCTION_REFERENCES) \
    X(0x15, RETURN_CALL_REF, "return_call_ref", SPECIAL, TYPE, 0, FUNCTION_REFERENCES) \
    X(0x18, DELEGATE, "delegate", SPECIAL, LABEL, 0, LEGACY_EXCEPTIONS) \
    X(0x19, CATCH_ALL, "catch_all", SPECIAL, NONE, 0, LEGACY_EXCEPTIONS) \
    X(0x1a, DROP, "drop", SPECIAL, NONE, 0, NONE) \
    X(0x1b, SELECT, "select", SPECIAL, NONE, 0, NONE) \
    X(0x1c, SELECT_TYPED, "select", SPECIAL, SELECT, 0, REFERENCE_TYPES) \
    X(0x1f, TRY_TABLE, "try_table", SPECIAL, CATCHES, 0, EXCEPTIONS) \
    X(0x20, LOCAL_GET, "local.get", SPECIAL, LOCAL, 0, NONE) \
    X(0x21, LOCAL_SET, "local.set", SPECIAL, LOCAL, 0, NONE) \
    X(0x22, LOCAL_TEE, "local.tee", SPECIAL, LOCAL, 0, NONE) \
    X(0x23, GLOBAL_GET, "global.get", SPECIAL, GLOBAL, 0, NONE) \
    X(0x24, GLOBAL_SET, "global.set", SPECIAL, GLOBAL, 0, NONE) \
    X(0x25, TABLE_GET, "table.get", SPECIAL, TABLE, 0, REFERENCE_TYPES) \
    X(0x26, TABLE_SET, "table.set", SPECIAL, TABLE, 0, REFERENCE_TYPES) \
    X(0x28, I32_LOAD, "i32.load", A_I, MEM, 2, NONE) \
    X(0x29, I64_LOAD, "i64.load", A_L, MEM, 3, NONE) \
    X(0x2a, F32_LOAD, "f32.load", A_F, MEM, 2, NONE) \
    X(0x2b, F64_LOAD, "f64.load", A_D, MEM, 3, NONE) \
    X(0x2c, I32_LOAD8_S, "i32.load8_s", A_I, MEM, 0, NONE) \
    X(0x2d, I32_LOAD8_U, "i32.load8_u", A_I, MEM, 0, NONE) \
    X(0x2e, I32_LOAD16_S, "i32.load16_s", A_I, MEM, 1, NONE) \
    X(0x2f, I32_LOAD16_U, "i32.load16_u", A_I, MEM, 1, NONE) \
    X(0x30, I64_LOAD8_S, "i64.load8_s", A_L, MEM, 0, NONE) \
    X(0x31, I64_LOAD8_U, "i64.load8_u", A_L, MEM, 0, NONE) \
    X(0x32, I64_LOAD16_S, "i64.load16_s", A_L, MEM, 1, NONE) \
    X(0x33, I64_LOAD16_U, "i64.load16_u", A_L, MEM, 1, NONE) \
    X(0x34, I64_LOAD32_S, "i64.load32_s", A_L, MEM, 2, NONE) \
    X(0x35, I64_LOAD32_U, "i64.load32_u", A_L, MEM, 2, NONE) \
    X(0x36, I32_STORE, "i32.store", AI_, MEM, 2, NONE) \
    X(0x37, I64_STORE, "i64.store", AL_, MEM, 3, NONE) \
    X(0x38, F32_STORE, "f32.store", AF_, MEM, 2, NONE) \
    X(0x39, F64_STORE, "f64.store", AD_, MEM, 3, NONE) \
    X(0x3a, I32_STORE8, "i32.store8", AI_, MEM, 0, NONE) \
    X(0x3b, I32_STORE16, "i32.store16", AI_, MEM, 1, NONE) \
    X(0x3c, I64_STORE8, "i64.store8", AL_, MEM, 0, NONE) \
    X(0x3d, I64_STORE16, "i64.store16", AL_, MEM, 1, NONE) \
    X(0x3e, I64_STORE32, "i64.store32", AL_, MEM, 2, NONE) \
    X(0x3f, MEMORY_SIZE, "memory.size", _A, MEMORY, 0, NONE) \
    X(0x40, MEMORY_GROW, "memory.grow", A_A, MEMORY, 0, NONE) \
    X(0x41, I32_CONST, "i32.const", _I, I32, 0, NONE) \
    X(0x42, I64_CONST, "i64.const", _L, I64, 0, NONE) \
    X(0x43, F32_CONST, "f32.const", _F, F32, 0, NONE) \
    X(0x44, F64_CONST, "f64.const", _D, F64, 0, NONE) \
    X(0x45, I32_EQZ, "i32.eqz", I_I, NONE, 0, NONE) \
    X(0x46, I32_EQ, "i32.eq", II_I, NONE, 0, NONE) \
    X(0x47, I32_NE, "i32.ne", II_I, NONE, 0, NONE) \
    X(0x48, I32_LT_S, "i32.lt_s", II_I, NONE, 0, NONE) \
    X(0x49, I32_LT_U, "i32.lt_u", II_I, NONE, 0, NONE) \
    X(0x4a, I32_GT_S, "i32.gt_s", II_I, NONE, 0, NONE) \
    X(0x4b, I32_GT_U, "i32.gt_u", II_I, NONE, 0, NONE) \
    X(0x4c, I32_LE_S, "i32.le_s", II_I, NONE, 0, NONE) \
    X(0x4d, I32_LE_U, "i32.le_u", II_I, NONE, 0, NONE) \
    X(0x4e, I32_GE_S, "i32.ge_s", II_I, NONE, 0, NONE) \
    X(0x4f, I32_GE_U, "i32.ge_u", II_I, NONE, 0, NONE) \
    X(0x50, I64_EQZ, "i64.eqz", L_I, NONE, 0, NONE) \
    X(0x51, I64_EQ, "i64.eq", LL_I, NONE, 0, NONE) \
    X(0x52, I64_NE, "i64.ne", LL_I, NONE, 0, NONE) \
    X(0x53, I64_LT_S, "i64.lt_s", LL_I, NONE, 0, NONE) \
    X(0x54, I64_LT_U, "i64.lt_u", LL_I, NONE, 0, NONE) \
    X(0x55, I64_GT_S, "i64.gt_s", LL_I, NONE, 0, NONE) \
    X(0x56, I64_GT_U, "i64.gt_u", LL_I, NONE, 0, NONE) \
    X(0x57, I64_LE_S, "i64.le_s", LL_I, NONE, 0, NONE) \
    X(0x58, I64_LE_U, "i64.le_u", LL_I, NONE, 0, NONE) \
    X(0x59, I64_GE_S, "i64.ge_s", LL_I, NONE, 0, NONE) \
    X(0x5a, I64_GE_U, "i64.ge_u", LL_I, NONE, 0, NONE) \
    X(0x5b, F32_EQ, "f32.eq", FF_I, NONE, 0, NONE) \
    X(0x5c, F32_NE, "f32.ne", FF_I, NONE, 0, NONE) \
    X(0x5d, F32_LT, "f32.lt", FF_I, NONE, 0, NONE) \
    X(0x5e, F32_GT, "f32.gt", FF_I, NONE, 0, NONE) \
    X(0x5f, F32_LE, "f32.le", FF_I, NONE, 0, NONE) \
    X(0x60, F32_GE, "f32.ge", FF_I, NONE, 0, NONE) \
    X(0x61, F64_EQ, "f64.eq", DD_I, NONE, 0, NONE) \
    X(0x62, F64_NE, "f64.ne", DD_I, NONE, 0, NONE) \
    X(0x63, F64_LT, "f64.lt", DD_I, NONE, 0, NONE) \
    X(0x64, F64_GT, "f64.gt", DD_I, NONE, 0, NONE) \
    X(0x65, F64_LE, "f64.le", DD_I, NONE, 0, NONE) \
    X(0x66, F64_GE, "f64.ge", DD_I, NONE, 0, NONE) \
    X(0x67, I32_CLZ, "i32.clz", I_I, NONE, 0, NONE) \
    X(0x68, I32_CTZ, "i32.ctz", I_I, NONE, 0, NONE) \
    X(0x69, I32_POPCNT, "i32.popcnt", I_I, NONE, 0, NONE) \
    X(0x6a, I32_ADD, "i32.add", II_I, NONE, 0, NONE) \
    X(0x6b, I32_SUB, "i32.sub", II_I, NONE, 0, NONE) \
    X(0x6c, I32_MUL, "i32.mul", II_I, NONE, 0, NONE) \
    X(0x6d, I32_DIV_S, "i32.div_s", II_I, NONE, 0, NONE) \
    X(0x6e, I32_DIV_U, "i32.div_u", II_I, NONE, 0, NONE) \
    X(0x6f, I32_REM_S, "i32.rem_s", II_I, NONE, 0, NONE) \
    X(0x70, I32_REM_U, "i32.rem_u", II_I, NONE, 0, NONE) \
    X(0x71, I32_AND, "i32.and", II_I, NONE, 0, NONE) \
    X(0x72, I32_OR, "i32.or", II_I, NONE, 0, NONE) \
    X(0x73, I32_XOR, "i32.xor", II_I, NONE, 0, NONE) \
    X(0x74, I32_SHL, "i32.shl", II_I, NONE, 0, NONE) \
    X(0x75, I32_SHR_S, "i32.shr_s", II_I, NONE, 0, NONE) \
    X(0x76, I32_SHR_U, "i32.shr_u", II_I, NONE, 0, NONE) \
    X(0x77, I32_ROTL, "i32.rotl", II_I, NONE, 0, NONE) \
    X(0x78, I32_ROTR, "i32.rotr", II_I, NONE, 0, NONE) \
    X(0x79, I64_CLZ, "i64.clz", L_L, NONE, 0, NONE) \
    X(0x7a, I64_CTZ, "i64.ctz", L_L, NONE, 0, NONE) \
    X(0x7b, I64_POPCNT, "i64.popcnt", L_L, NONE, 0, NONE) \
    X(0x7c, I64_ADD, "i64.add", LL_L, NONE, 0, NONE) \
    X(0x7d, I64_SUB, "i64.sub", LL_L, NONE, 0, NONE) \
    X(0x7e, I64_MUL, "i64.mul", LL_L, NONE, 0, NONE) \
    X(0x7f, I64_DIV_S, "i64.div_s", LL_L, NONE, 0, NONE) \
    X(0x80, I64_DIV_U, "i64.div_u", LL_L, NONE, 0, NONE) \
    X(0x81, I64_REM_S, "i64.rem_s", LL_L, NONE, 0, NONE) \
    X(0x82, I64_REM_U, "i64.rem_u", LL_L, NONE, 0, NONE) \
    X(0x83, I64_AND, "i64.and", LL_L, NONE, 0, NONE) \
    X(0x84, I64_OR, "i64.or", LL_L, NONE, 0, NONE) \
    X(0x85, I64_XOR, "i64.xor", LL_L, NONE, 0, NONE) \
    X(0x86, I64_SHL, "i64.shl", LL_L, NONE, 0, NONE) \
    X(0x87, I64_SHR_S, "i64.shr_s", LL_L, NONE, 0, NONE) \
    X(0x88, I64_SHR_U, "i64.shr_u", LL_L, NONE, 0, NONE) \
    X(0x89, I64_ROTL, "i64.rotl", LL_L, NONE, 0, NONE) \
    X(0x8a, I64_ROTR, "i64.rotr", LL_L, NONE, 0, NONE) \
    X(0x8b, F32_ABS, "f32.abs", F_F, NONE, 0, NONE) \
    X(0x8c, F32_NEG, "f32.neg", F_F, NONE, 0, NONE) \
    X(0x8d, F32_CEIL, "f32.ceil", F_F, NONE, 0, NONE) \
    X(0x8e, F32_FLOOR, "f32.floor", F_F, NONE, 0, NONE) \
    X(0x8f, F32_TRUNC, "f32.trunc", F_F, NONE, 0, NONE) \
    X(0x90, F32_NEAREST, "f32.nearest", F_F, NONE, 0, NONE) \
    X(0x91, F32_SQRT, "f32.sqrt", F_F, NONE, 0, NONE) \
    X(0x92, F32_ADD, "f32.add", FF_F, NONE, 0, NONE) \
    X(0x93, F32_SUB, "f32.sub", FF_F, NONE, 0, NONE) \
    X(0x94, F32_MUL, "f32.mul", FF_F, NONE, 0, NONE) \
    X(0x95, F32_DIV, "f32.div", FF_F, NONE, 0, NONE) \
    X(0x96, F32_MIN, "f32.min", FF_F, NONE, 0, NONE) \
    X(0x97, F32_MAX, "f32.max", FF_F, NONE, 0, NONE) \
    X(0x98, F32_COPYSIGN, "f32.copysign", FF_F, NONE, 0, NONE) \
    X(0x99, F64_ABS, "f64.abs", D_D, NONE, 0, NONE) \
    X(0x9a, F64_NEG, "f64.neg", D_D, NONE, 0, NONE) \
    X(0x9b, F64_CEIL, "f64.ceil", D_D, NONE, 0, NONE) \
    X(0x9c, F64_FLOOR, "f64.floor", D_D, NONE, 0, NONE) \
    X(0x9d, F64_TRUNC, "f64.trunc", D_D, NONE, 0, NONE) \
    X(0x9e, F64_NEAREST, "f64.nearest", D_D, NONE, 0, NONE) \
    X(0x9f, F64_SQRT, "f64.sqrt", D_D, NONE, 0, NONE) \
    X(0xa0, F64_ADD, "f64.add", DD_D, NONE, 0, NONE) \
    X(0xa1, F64_SUB, "f64.sub", DD_D, NONE, 0, NONE) \
    X(0xa2, F64_MUL, "f64.mul", DD_D, NONE, 0, NONE) \
    X(0xa3, F64_DIV, "f64.div", DD_D, NONE, 0, NONE) \
    X(0xa4, F64_MIN, "f64.min", DD_D, NONE, 0, NONE) \
    X(0xa5, F64_MAX, "f64.max", DD_D, NONE, 0, NONE) \
    X(0xa6, F64_COPYSIGN, "f64.copysign", DD_D, NONE, 0, NONE) \
    X(0xa7, I32_WRAP_I64, "i32.wrap_i64", L_I, NONE, 0, NONE) \
    X(0xa8, I32_TRUNC_F32_S, "i32.trunc_f32_s", F_I, NONE, 0, NONE) \
    X(0xa9, I32_TRUNC_F32_U, "i32.trunc_f32_u", F_I, NONE, 0, NONE) \
    X(0xaa, I32_TRUNC_F64_S, "i32.trunc_f64_s", D_I, NONE, 0, NONE) \
    X(0xab, I32_TRUNC_F64_U, "i32.trunc_f64_u", D_I, NONE, 0, NONE) \
    X(0xac, I64_EXTEND_I32_S, "i64.extend_i32_s", I_L, NONE, 0, NONE) \
    X(0xad, I64_EXTEND_I32_U, "i64.extend_i32_u", I_L, NONE, 0, NONE) \
    X(0xae, I64_TRUNC_F32_S, "i64.trunc_f32_s", F_L, NONE, 0, NONE) \
    X(0xaf, I64_TRUNC_F32_U, "i64.trunc_f32_u", F_L, NONE, 0, NONE) \
    X(0xb0, I64_TRUNC_F64_S, "i64.trunc_f64_s", D_L, NONE, 0, NONE) \
    X(0xb1, I64_TRUNC_F64_U, "i64.trunc_f64_u", D_L, NONE, 0, NONE) \
    X(0xb2, F32_CONVERT_I32_S, "f32.convert_i32_s", I_F, NONE, 0, NONE) \
    X(0xb3, F32_CONVERT_I32_U, "f32.convert_i32_u", I_F, NONE, 0, NONE) \
    X(0xb4, F32_CONVERT_I64_S, "f32.convert_i64_s", L_F, NONE, 0, NONE) \
    X(0xb5, F32_CONVERT_I64_U, "f32.convert_i64_u", L_F, NONE, 0, NONE) \
    X(0xb6, F32_DEMOTE_F64, "f32.demote_f64", D_F, NONE, 0, NONE) \
    X(0xb7, F64_CONVERT_I32_S, "f64.convert_i32_s", I_D, NONE, 0, NONE) \
    X(0xb8, F64_CONVERT_I32_U, "f64.convert_i32_u", I_D, NONE, 0, NONE) \
    X(0xb9, F64_CONVERT_I64_S, "f64.convert_i64_s", L_D, NONE, 0, NONE) \
    X(0xba, F64_CONVERT_I64_U, "f64.convert_i64_u", L_D, NONE, 0, NONE) \
    X(0xbb, F64_PROMOTE_F32, "f64.promote_f32", F_D, NONE, 0, NONE) \
    X(0xbc, I32_REINTERPRET_F32, "i32.reinterpret_f32", F_I, NONE, 0, NONE) \
    X(0xbd, I64_REINTERPRET_F64, "i64.reinterpret_f64", D_L, NONE, 0, NONE) \
    X(0xbe, F32_REINTERPRET_I32, "f32.reinterpret_i32", I_F, NONE, 0, NONE) \
    X(0xbf, F64_REINTERPRET_I64, "f64.reinterpret_i64", L_D, NONE, 0, NONE) \
    X(0xc0, I32_EXTEND8_S, "i32.extend8_s", I_I, NONE, 0, SIGN_EXTENSION) \
    X(0xc1, I32_EXTEND16_S, "i32.extend16_s", I_I, NONE, 0, SIGN_EXTENSION) \
    X(0xc2, I64_EXTEND8_S, "i64.extend8_s", L_L, NONE, 0, SIGN_EXTENSION) \
    X(0xc3, I64_EXTEND16_S, "i64.extend16_s", L_L, NONE, 0, SIGN_EXTENSION) \
    X(0xc4, I64_EXTEND32_S, "i64.extend32_s", L_L, NONE, 0, SIGN_EXTENSION) \
    X(0xd0, REF_NULL, "ref.null", SPECIAL, HEAP, 0, REFERENCE_TYPES) \
    X(0xd1, REF_IS_NULL, "ref.is_null", SPECIAL, NONE, 0, REFERENCE_TYPES) \
    X(0xd2, REF_FUNC, "ref.func", SPECIAL, FUNC, 0, REFERENCE_TYPES) \
    X(0xd3, REF_EQ, "ref.eq", QQ_I, NONE, 0, GC) \
    X(0xd4, REF_AS_NON_NULL, "ref.as_non_null", SPECIAL, NONE, 0, FUNCTION_REFERENCES) \
    X(0xd5, BR_ON_NULL, "br_on_null", SPECIAL, LABEL, 0, FUNCTION_REFERENCES) \
    X(0xd6, BR_ON_NON_NULL, "br_on_non_null", SPECIAL, LABEL, 0, FUNCTION_REFERENCES)
/* clang-format on */

/* Shapes of immediates: X(NAME). */
/* clang-format off */
#define WRT_IMMEDIATES(X) \
    X(NONE) X(BLOCK) X(LABEL) X(LABELS) X(FUNC) X(TYPE) X(INDIRECT) X(SELECT) X(CATCHES) X(TAG) X(LOCAL) X(GLOBAL) \
    X(TABLE) X(TABLES) X(MEMORY) X(MEMORIES) X(DATA) X(DATA_MEMORY) X(ELEM) X(ELEM_TABLE) X(I32) X(I64) X(F32) X(F64) \
    X(V128) X(MEM) X(MEM_LANE) X(ATOMIC) X(LANE) X(SHUFFLE) X(ZERO) X(HEAP) X(CAST) X(FIELD) X(TYPE_COUNT) \
    X(TYPE_DATA) X(TYPE_ELEM) X(TYPES)
/* clang-format on */
enum wrt_immediate {
#define WRT_IMM_ENUM(name) WRT_IMM_##name,
    WRT_IMMEDIATES(WRT_IMM_ENUM)
#undef WRT_IMM_ENUM
};

/* Operand words that only signatures know: an address is i32 or i64 as its memory or table has it. */
enum { WRT_OPERAND_ADDRESS = 3 };
#define WRT_EQREF    (WRT_REF | WRT_NULL | WRT_HEAP_EQ)
#define WRT_I31REF   (WRT_REF | WRT_NULL | WRT_HEAP_I31)
#define WRT_ARRAYREF (WRT_REF | WRT_NULL | WRT_HEAP_ARRAY)

/* X(NAME, taken, given, P(taken...), P(given...)): I i32, L i64, F f32, D f64, V v128, A address, Q eqref, J i31ref,
 * N (ref i31), R arrayref; before the underscore what is taken, the last one on top, behind it what is given. */
/* clang-format off */
#define WRT_SIGS(X, P) \
    X(_, 0, 0, P(0), P(0)) \
    X(_A, 0, 1, P(0), P(WRT_OPERAND_ADDRESS)) \
    X(_D, 0, 1, P(0), P(WRT_F64)) \
    X(_F, 0, 1, P(0), P(WRT_F32)) \
    X(_I, 0, 1, P(0), P(WRT_I32)) \
    X(_L, 0, 1, P(0), P(WRT_I64)) \
    X(_V, 0, 1, P(0), P(WRT_V128)) \
    X(AD_, 2, 0, P(WRT_OPERAND_ADDRESS, WRT_F64), P(0)) \
    X(AF_, 2, 0, P(WRT_OPERAND_ADDRESS, WRT_F32), P(0)) \
    X(AI_, 2, 0, P(WRT_OPERAND_ADDRESS, WRT_I32), P(0)) \
    X(AL_, 2, 0, P(WRT_OPERAND_ADDRESS, WRT_I64), P(0)) \
    X(AV_, 2, 0, P(WRT_OPERAND_ADDRESS, WRT_V128), P(0)) \
    X(A_A, 1, 1, P(WRT_OPERAND_ADDRESS), P(WRT_OPERAND_ADDRESS)) \
    X(A_D, 1, 1, P(WRT_OPERAND_ADDRESS), P(WRT_F64)) \
    X(A_F, 1, 1, P(WRT_OPERAND_ADDRESS), P(WRT_F32)) \
    X(A_I, 1, 1, P(WRT_OPERAND_ADDRESS), P(WRT_I32)) \
    X(A_L, 1, 1, P(WRT_OPERAND_ADDRESS), P(WRT_I64)) \
    X(A_V, 1, 1, P(WRT_OPERAND_ADDRESS), P(WRT_V128)) \
    X(D_D, 1, 1, P(WRT_F64), P(WRT_F64)) \
    X(D_F, 1, 1, P(WRT_F64), P(WRT_F32)) \
    X(D_I, 1, 1, P(WRT_F64), P(WRT_I32)) \
    X(D_L, 1, 1, P(WRT_F64), P(WRT_I64)) \
    X(F_D, 1, 1, P(WRT_F32), P(WRT_F64)) \
    X(F_F, 1, 1, P(WRT_F32), P(WRT_F32)) \
    X(F_I, 1, 1, P(WRT_F32), P(WRT_I32)) \
    X(F_L, 1, 1, P(WRT_F32), P(WRT_I64)) \
    X(I_D, 1, 1, P(WRT_I32), P(WRT_F64)) \
    X(I_F, 1, 1, P(WRT_I32), P(WRT_F32)) \
    X(I_I, 1, 1, P(WRT_I32), P(WRT_I32)) \
    X(I_L, 1, 1, P(WRT_I32), P(WRT_I64)) \
    X(I_N, 1, 1, P(WRT_I32), P(WRT_REF | WRT_HEAP_I31)) \
    X(J_I, 1, 1, P(WRT_I31REF), P(WRT_I32)) \
    X(L_D, 1, 1, P(WRT_I64), P(WRT_F64)) \
    X(L_F, 1, 1, P(WRT_I64), P(WRT_F32)) \
    X(L_I, 1, 1, P(WRT_I64), P(WRT_I32)) \
    X(L_L, 1, 1, P(WRT_I64), P(WRT_I64)) \
    X(R_I, 1, 1, P(WRT_ARRAYREF), P(WRT_I32)) \
    X(V_D, 1, 1, P(WRT_V128), P(WRT_F64)) \
    X(V_F, 1, 1, P(WRT_V128), P(WRT_F32)) \
    X(V_I, 1, 1, P(WRT_V128), P(WRT_I32)) \
    X(V_L, 1, 1, P(WRT_V128), P(WRT_I64)) \
    X(V_V, 1, 1, P(WRT_V128), P(WRT_V128)) \
    X(I_V, 1, 1, P(WRT_I32), P(WRT_V128)) \
    X(L_V, 1, 1, P(WRT_I64), P(WRT_V128)) \
    X(F_V, 1, 1, P(WRT_F32), P(WRT_V128)) \
    X(D_V, 1, 1, P(WRT_F64), P(WRT_V128)) \
    X(AIA_, 3, 0, P(WRT_OPERAND_ADDRESS, WRT_I32, WRT_OPERAND_ADDRESS), P(0)) \
    X(AII_, 3, 0, P(WRT_OPERAND_ADDRESS, WRT_I32, WRT_I32), P(0)) \
    X(AI_I, 2, 1, P(WRT_OPERAND_ADDRESS, WRT_I32), P(WRT_I32)) \
    X(AL_L, 2, 1, P(WRT_OPERAND_ADDRESS, WRT_I64), P(WRT_I64)) \
    X(AV_V, 2, 1, P(WRT_OPERAND_ADDRESS, WRT_V128), P(WRT_V128)) \
    X(DD_D, 2, 1, P(WRT_F64, WRT_F64), P(WRT_F64)) \
    X(DD_I, 2, 1, P(WRT_F64, WRT_F64), P(WRT_I32)) \
    X(FF_F, 2, 1, P(WRT_F32, WRT_F32), P(WRT_F32)) \
    X(FF_I, 2, 1, P(WRT_F32, WRT_F32), P(WRT_I32)) \
    X(II_I, 2, 1, P(WRT_I32, WRT_I32), P(WRT_I32)) \
    X(LL_I, 2, 1, P(WRT_I64, WRT_I64), P(WRT_I32)) \
    X(LL_L, 2, 1, P(WRT_I64, WRT_I64), P(WRT_I64)) \
    X(QQ_I, 2, 1, P(WRT_EQREF, WRT_EQREF), P(WRT_I32)) \
    X(VD_V, 2, 1, P(WRT_V128, WRT_F64), P(WRT_V128)) \
    X(VF_V, 2, 1, P(WRT_V128, WRT_F32), P(WRT_V128)) \
    X(VI_V, 2, 1, P(WRT_V128, WRT_I32), P(WRT_V128)) \
    X(VL_V, 2, 1, P(WRT_V128, WRT_I64), P(WRT_V128)) \
    X(VV_V, 2, 1, P(WRT_V128, WRT_V128), P(WRT_V128)) \
    X(AII_I, 3, 1, P(WRT_OPERAND_ADDRESS, WRT_I32, WRT_I32), P(WRT_I32)) \
    X(AIL_I, 3, 1, P(WRT_OPERAND_ADDRESS, WRT_I32, WRT_I64), P(WRT_I32)) \
    X(ALL_I, 3, 1, P(WRT_OPERAND_ADDRESS, WRT_I64, WRT_I64), P(WRT_I32)) \
    X(ALL_L, 3, 1, P(WRT_OPERAND_ADDRESS, WRT_I64, WRT_I64), P(WRT_I64)) \
    X(LL_LL, 2, 2, P(WRT_I64, WRT_I64), P(WRT_I64, WRT_I64)) \
    X(VVV_V, 3, 1, P(WRT_V128, WRT_V128, WRT_V128), P(WRT_V128)) \
    X(LLLL_LL, 4, 2, P(WRT_I64, WRT_I64, WRT_I64, WRT_I64), P(WRT_I64, WRT_I64)) \
    X(SPECIAL, 0, 0, P(0), P(0))
/* clang-format on */
enum wrt_sig_id {
#define WRT_SIG_P(...)
#define WRT_SIG_ENUM(name, in, out, ins, outs) WRT_SIG_##name,
    WRT_SIGS(WRT_SIG_ENUM, WRT_SIG_P)
#undef WRT_SIG_ENUM
#undef WRT_SIG_P
        WRT_SIG_COUNT
};
struct wrt_sig {
    uint8_t in_count, out_count;
    uint32_t in[4], out[2];
};
extern const struct wrt_sig wrt_sigs[WRT_SIG_COUNT];

/* One number for all: the byte itself, or where the instructions of a prefix begin plus the number behind it. */
enum {
    WRT_OP_FB = 0x100,
    WRT_OP_FC = 0x120,
    WRT_OP_FE = 0x140,
    WRT_OP_FD = 0x190,
    WRT_OP_COUNT = 0x2a4,
};
enum wrt_opcode {
#define WRT_OP_ENUM(base, code, name)                          WRT_OP_##name = (base) + (code),
#define WRT_OP_PLAIN(code, name, text, sig, imm, arg, feature) WRT_OP_ENUM(0, code, name)
#define WRT_OP_IN_FB(code, name, text, sig, imm, arg, feature) WRT_OP_ENUM(WRT_OP_FB, code, name)
#define WRT_OP_IN_FC(code, name, text, sig, imm, arg, feature) WRT_OP_ENUM(WRT_OP_FC, code, name)
#define WRT_OP_IN_FD(code, name, text, sig, imm, arg, feature) WRT_OP_ENUM(WRT_OP_FD, code, name)
#define WRT_OP_IN_FE(code, name, text, sig, imm, arg, feature) WRT_OP_ENUM(WRT_OP_FE, code, name)
    WRT_OPCODES(WRT_OP_PLAIN) WRT_OPCODES_FB(WRT_OP_IN_FB) WRT_OPCODES_FC(WRT_OP_IN_FC) WRT_OPCODES_FD(WRT_OP_IN_FD)
        WRT_OPCODES_FE(WRT_OP_IN_FE)
#undef WRT_OP_ENUM
#undef WRT_OP_PLAIN
#undef WRT_OP_IN_FB
#undef WRT_OP_IN_FC
#undef WRT_OP_IN_FD
#undef WRT_OP_IN_FE
};

struct wrt_op {
    const char *name; /* NULL: no such instruction */
    uint8_t sig, imm, arg;
    uint8_t feature; /* its bit + 1, 0: there from the beginning */
};
extern const struct wrt_op wrt_ops[WRT_OP_COUNT];
/* Where the numbers behind a prefix byte begin and how many there are; 0 where the byte is no prefix. */
uint32_t wrt_op_prefix(uint8_t byte, uint32_t *ret_count);
