/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions behind a prefix byte: garbage-collected references (0xfb), bulk memory, tables, conversions that
 * saturate, wide arithmetic (0xfc), threads (0xfe): rows as in opcode.h. */
#pragma once

/* clang-format off */
#define WRT_OPCODES_FB(X) \
    X(0x00, STRUCT_NEW, "struct.new", SPECIAL, TYPE, 0, GC) \
    X(0x01, STRUCT_NEW_DEFAULT, "struct.new_default", SPECIAL, TYPE, 0, GC) \
    X(0x02, STRUCT_GET, "struct.get", SPECIAL, FIELD, 0, GC) \
    X(0x03, STRUCT_GET_S, "struct.get_s", SPECIAL, FIELD, 0, GC) \
    X(0x04, STRUCT_GET_U, "struct.get_u", SPECIAL, FIELD, 0, GC) \
    X(0x05, STRUCT_SET, "struct.set", SPECIAL, FIELD, 0, GC) \
    X(0x06, ARRAY_NEW, "array.new", SPECIAL, TYPE, 0, GC) \
    X(0x07, ARRAY_NEW_DEFAULT, "array.new_default", SPECIAL, TYPE, 0, GC) \
    X(0x08, ARRAY_NEW_FIXED, "array.new_fixed", SPECIAL, TYPE_COUNT, 0, GC) \
    X(0x09, ARRAY_NEW_DATA, "array.new_data", SPECIAL, TYPE_DATA, 0, GC) \
    X(0x0a, ARRAY_NEW_ELEM, "array.new_elem", SPECIAL, TYPE_ELEM, 0, GC) \
    X(0x0b, ARRAY_GET, "array.get", SPECIAL, TYPE, 0, GC) \
    X(0x0c, ARRAY_GET_S, "array.get_s", SPECIAL, TYPE, 0, GC) \
    X(0x0d, ARRAY_GET_U, "array.get_u", SPECIAL, TYPE, 0, GC) \
    X(0x0e, ARRAY_SET, "array.set", SPECIAL, TYPE, 0, GC) \
    X(0x0f, ARRAY_LEN, "array.len", R_I, NONE, 0, GC) \
    X(0x10, ARRAY_FILL, "array.fill", SPECIAL, TYPE, 0, GC) \
    X(0x11, ARRAY_COPY, "array.copy", SPECIAL, TYPES, 0, GC) \
    X(0x12, ARRAY_INIT_DATA, "array.init_data", SPECIAL, TYPE_DATA, 0, GC) \
    X(0x13, ARRAY_INIT_ELEM, "array.init_elem", SPECIAL, TYPE_ELEM, 0, GC) \
    X(0x14, REF_TEST, "ref.test", SPECIAL, HEAP, 0, GC) \
    X(0x15, REF_TEST_NULL, "ref.test", SPECIAL, HEAP, 0, GC) \
    X(0x16, REF_CAST, "ref.cast", SPECIAL, HEAP, 0, GC) \
    X(0x17, REF_CAST_NULL, "ref.cast", SPECIAL, HEAP, 0, GC) \
    X(0x18, BR_ON_CAST, "br_on_cast", SPECIAL, CAST, 0, GC) \
    X(0x19, BR_ON_CAST_FAIL, "br_on_cast_fail", SPECIAL, CAST, 0, GC) \
    X(0x1a, ANY_CONVERT_EXTERN, "any.convert_extern", SPECIAL, NONE, 0, GC) \
    X(0x1b, EXTERN_CONVERT_ANY, "extern.convert_any", SPECIAL, NONE, 0, GC) \
    X(0x1c, REF_I31, "ref.i31", I_N, NONE, 0, GC) \
    X(0x1d, I31_GET_S, "i31.get_s", J_I, NONE, 0, GC) \
    X(0x1e, I31_GET_U, "i31.get_u", J_I, NONE, 0, GC)

#define WRT_OPCODES_FC(X) \
    X(0x00, I32_TRUNC_SAT_F32_S, "i32.trunc_sat_f32_s", F_I, NONE, 0, SAT_FLOAT) \
    X(0x01, I32_TRUNC_SAT_F32_U, "i32.trunc_sat_f32_u", F_I, NONE, 0, SAT_FLOAT) \
    X(0x02, I32_TRUNC_SAT_F64_S, "i32.trunc_sat_f64_s", D_I, NONE, 0, SAT_FLOAT) \
    X(0x03, I32_TRUNC_SAT_F64_U, "i32.trunc_sat_f64_u", D_I, NONE, 0, SAT_FLOAT) \
    X(0x04, I64_TRUNC_SAT_F32_S, "i64.trunc_sat_f32_s", F_L, NONE, 0, SAT_FLOAT) \
    X(0x05, I64_TRUNC_SAT_F32_U, "i64.trunc_sat_f32_u", F_L, NONE, 0, SAT_FLOAT) \
    X(0x06, I64_TRUNC_SAT_F64_S, "i64.trunc_sat_f64_s", D_L, NONE, 0, SAT_FLOAT) \
    X(0x07, I64_TRUNC_SAT_F64_U, "i64.trunc_sat_f64_u", D_L, NONE, 0, SAT_FLOAT) \
    X(0x08, MEMORY_INIT, "memory.init", AII_, DATA_MEMORY, 0, BULK_MEMORY) \
    X(0x09, DATA_DROP, "data.drop", _, DATA, 0, BULK_MEMORY) \
    X(0x0a, MEMORY_COPY, "memory.copy", SPECIAL, MEMORIES, 0, BULK_MEMORY) \
    X(0x0b, MEMORY_FILL, "memory.fill", AIA_, MEMORY, 0, BULK_MEMORY) \
    X(0x0c, TABLE_INIT, "table.init", SPECIAL, ELEM_TABLE, 0, BULK_MEMORY) \
    X(0x0d, ELEM_DROP, "elem.drop", _, ELEM, 0, BULK_MEMORY) \
    X(0x0e, TABLE_COPY, "table.copy", SPECIAL, TABLES, 0, BULK_MEMORY) \
    X(0x0f, TABLE_GROW, "table.grow", SPECIAL, TABLE, 0, REFERENCE_TYPES) \
    X(0x10, TABLE_SIZE, "table.size", SPECIAL, TABLE, 0, REFERENCE_TYPES) \
    X(0x11, TABLE_FILL, "table.fill", SPECIAL, TABLE, 0, REFERENCE_TYPES) \
    X(0x13, I64_ADD128, "i64.add128", LLLL_LL, NONE, 0, WIDE_ARITHMETIC) \
    X(0x14, I64_SUB128, "i64.sub128", LLLL_LL, NONE, 0, WIDE_ARITHMETIC) \
    X(0x15, I64_MUL_WIDE_S, "i64.mul_wide_s", LL_LL, NONE, 0, WIDE_ARITHMETIC) \
    X(0x16, I64_MUL_WIDE_U, "i64.mul_wide_u", LL_LL, NONE, 0, WIDE_ARITHMETIC)

#define WRT_OPCODES_FE(X) \
    X(0x00, MEMORY_ATOMIC_NOTIFY, "memory.atomic.notify", AI_I, ATOMIC, 2, THREADS) \
    X(0x01, MEMORY_ATOMIC_WAIT32, "memory.atomic.wait32", AIL_I, ATOMIC, 2, THREADS) \
    X(0x02, MEMORY_ATOMIC_WAIT64, "memory.atomic.wait64", ALL_I, ATOMIC, 3, THREADS) \
    X(0x03, ATOMIC_FENCE, "atomic.fence", _, ZERO, 0, THREADS) \
    X(0x10, I32_ATOMIC_LOAD, "i32.atomic.load", A_I, ATOMIC, 2, THREADS) \
    X(0x11, I64_ATOMIC_LOAD, "i64.atomic.load", A_L, ATOMIC, 3, THREADS) \
    X(0x12, I32_ATOMIC_LOAD8_U, "i32.atomic.load8_u", A_I, ATOMIC, 0, THREADS) \
    X(0x13, I32_ATOMIC_LOAD16_U, "i32.atomic.load16_u", A_I, ATOMIC, 1, THREADS) \
    X(0x14, I64_ATOMIC_LOAD8_U, "i64.atomic.load8_u", A_L, ATOMIC, 0, THREADS) \
    X(0x15, I64_ATOMIC_LOAD16_U, "i64.atomic.load16_u", A_L, ATOMIC, 1, THREADS) \
    X(0x16, I64_ATOMIC_LOAD32_U, "i64.atomic.load32_u", A_L, ATOMIC, 2, THREADS) \
    X(0x17, I32_ATOMIC_STORE, "i32.atomic.store", AI_, ATOMIC, 2, THREADS) \
    X(0x18, I64_ATOMIC_STORE, "i64.atomic.store", AL_, ATOMIC, 3, THREADS) \
    X(0x19, I32_ATOMIC_STORE8, "i32.atomic.store8", AI_, ATOMIC, 0, THREADS) \
    X(0x1a, I32_ATOMIC_STORE16, "i32.atomic.store16", AI_, ATOMIC, 1, THREADS) \
    X(0x1b, I64_ATOMIC_STORE8, "i64.atomic.store8", AL_, ATOMIC, 0, THREADS) \
    X(0x1c, I64_ATOMIC_STORE16, "i64.atomic.store16", AL_, ATOMIC, 1, THREADS) \
    X(0x1d, I64_ATOMIC_STORE32, "i64.atomic.store32", AL_, ATOMIC, 2, THREADS) \
    X(0x1e, I32_ATOMIC_RMW_ADD, "i32.atomic.rmw.add", AI_I, ATOMIC, 2, THREADS) \
    X(0x1f, I64_ATOMIC_RMW_ADD, "i64.atomic.rmw.add", AL_L, ATOMIC, 3, THREADS) \
    X(0x20, I32_ATOMIC_RMW8_ADD_U, "i32.atomic.rmw8.add_u", AI_I, ATOMIC, 0, THREADS) \
    X(0x21, I32_ATOMIC_RMW16_ADD_U, "i32.atomic.rmw16.add_u", AI_I, ATOMIC, 1, THREADS) \
    X(0x22, I64_ATOMIC_RMW8_ADD_U, "i64.atomic.rmw8.add_u", AL_L, ATOMIC, 0, THREADS) \
    X(0x23, I64_ATOMIC_RMW16_ADD_U, "i64.atomic.rmw16.add_u", AL_L, ATOMIC, 1, THREADS) \
    X(0x24, I64_ATOMIC_RMW32_ADD_U, "i64.atomic.rmw32.add_u", AL_L, ATOMIC, 2, THREADS) \
    X(0x25, I32_ATOMIC_RMW_SUB, "i32.atomic.rmw.sub", AI_I, ATOMIC, 2, THREADS) \
    X(0x26, I64_ATOMIC_RMW_SUB, "i64.atomic.rmw.sub", AL_L, ATOMIC, 3, THREADS) \
    X(0x27, I32_ATOMIC_RMW8_SUB_U, "i32.atomic.rmw8.sub_u", AI_I, ATOMIC, 0, THREADS) \
    X(0x28, I32_ATOMIC_RMW16_SUB_U, "i32.atomic.rmw16.sub_u", AI_I, ATOMIC, 1, THREADS) \
    X(0x29, I64_ATOMIC_RMW8_SUB_U, "i64.atomic.rmw8.sub_u", AL_L, ATOMIC, 0, THREADS) \
    X(0x2a, I64_ATOMIC_RMW16_SUB_U, "i64.atomic.rmw16.sub_u", AL_L, ATOMIC, 1, THREADS) \
    X(0x2b, I64_ATOMIC_RMW32_SUB_U, "i64.atomic.rmw32.sub_u", AL_L, ATOMIC, 2, THREADS) \
    X(0x2c, I32_ATOMIC_RMW_AND, "i32.atomic.rmw.and", AI_I, ATOMIC, 2, THREADS) \
    X(0x2d, I64_ATOMIC_RMW_AND, "i64.atomic.rmw.and", AL_L, ATOMIC, 3, THREADS) \
    X(0x2e, I32_ATOMIC_RMW8_AND_U, "i32.atomic.rmw8.and_u", AI_I, ATOMIC, 0, THREADS) \
    X(0x2f, I32_ATOMIC_RMW16_AND_U, "i32.atomic.rmw16.and_u", AI_I, ATOMIC, 1, THREADS) \
    X(0x30, I64_ATOMIC_RMW8_AND_U, "i64.atomic.rmw8.and_u", AL_L, ATOMIC, 0, THREADS) \
    X(0x31, I64_ATOMIC_RMW16_AND_U, "i64.atomic.rmw16.and_u", AL_L, ATOMIC, 1, THREADS) \
    X(0x32, I64_ATOMIC_RMW32_AND_U, "i64.atomic.rmw32.and_u", AL_L, ATOMIC, 2, THREADS) \
    X(0x33, I32_ATOMIC_RMW_OR, "i32.atomic.rmw.or", AI_I, ATOMIC, 2, THREADS) \
    X(0x34, I64_ATOMIC_RMW_OR, "i64.atomic.rmw.or", AL_L, ATOMIC, 3, THREADS) \
    X(0x35, I32_ATOMIC_RMW8_OR_U, "i32.atomic.rmw8.or_u", AI_I, ATOMIC, 0, THREADS) \
    X(0x36, I32_ATOMIC_RMW16_OR_U, "i32.atomic.rmw16.or_u", AI_I, ATOMIC, 1, THREADS) \
    X(0x37, I64_ATOMIC_RMW8_OR_U, "i64.atomic.rmw8.or_u", AL_L, ATOMIC, 0, THREADS) \
    X(0x38, I64_ATOMIC_RMW16_OR_U, "i64.atomic.rmw16.or_u", AL_L, ATOMIC, 1, THREADS) \
    X(0x39, I64_ATOMIC_RMW32_OR_U, "i64.atomic.rmw32.or_u", AL_L, ATOMIC, 2, THREADS) \
    X(0x3a, I32_ATOMIC_RMW_XOR, "i32.atomic.rmw.xor", AI_I, ATOMIC, 2, THREADS) \
    X(0x3b, I64_ATOMIC_RMW_XOR, "i64.atomic.rmw.xor", AL_L, ATOMIC, 3, THREADS) \
    X(0x3c, I32_ATOMIC_RMW8_XOR_U, "i32.atomic.rmw8.xor_u", AI_I, ATOMIC, 0, THREADS) \
    X(0x3d, I32_ATOMIC_RMW16_XOR_U, "i32.atomic.rmw16.xor_u", AI_I, ATOMIC, 1, THREADS) \
    X(0x3e, I64_ATOMIC_RMW8_XOR_U, "i64.atomic.rmw8.xor_u", AL_L, ATOMIC, 0, THREADS) \
    X(0x3f, I64_ATOMIC_RMW16_XOR_U, "i64.atomic.rmw16.xor_u", AL_L, ATOMIC, 1, THREADS) \
    X(0x40, I64_ATOMIC_RMW32_XOR_U, "i64.atomic.rmw32.xor_u", AL_L, ATOMIC, 2, THREADS) \
    X(0x41, I32_ATOMIC_RMW_XCHG, "i32.atomic.rmw.xchg", AI_I, ATOMIC, 2, THREADS) \
    X(0x42, I64_ATOMIC_RMW_XCHG, "i64.atomic.rmw.xchg", AL_L, ATOMIC, 3, THREADS) \
    X(0x43, I32_ATOMIC_RMW8_XCHG_U, "i32.atomic.rmw8.xchg_u", AI_I, ATOMIC, 0, THREADS) \
    X(0x44, I32_ATOMIC_RMW16_XCHG_U, "i32.atomic.rmw16.xchg_u", AI_I, ATOMIC, 1, THREADS) \
    X(0x45, I64_ATOMIC_RMW8_XCHG_U, "i64.atomic.rmw8.xchg_u", AL_L, ATOMIC, 0, THREADS) \
    X(0x46, I64_ATOMIC_RMW16_XCHG_U, "i64.atomic.rmw16.xchg_u", AL_L, ATOMIC, 1, THREADS) \
    X(0x47, I64_ATOMIC_RMW32_XCHG_U, "i64.atomic.rmw32.xchg_u", AL_L, ATOMIC, 2, THREADS) \
    X(0x48, I32_ATOMIC_RMW_CMPXCHG, "i32.atomic.rmw.cmpxchg", AII_I, ATOMIC, 2, THREADS) \
    X(0x49, I64_ATOMIC_RMW_CMPXCHG, "i64.atomic.rmw.cmpxchg", ALL_L, ATOMIC, 3, THREADS) \
    X(0x4a, I32_ATOMIC_RMW8_CMPXCHG_U, "i32.atomic.rmw8.cmpxchg_u", AII_I, ATOMIC, 0, THREADS) \
    X(0x4b, I32_ATOMIC_RMW16_CMPXCHG_U, "i32.atomic.rmw16.cmpxchg_u", AII_I, ATOMIC, 1, THREADS) \
    X(0x4c, I64_ATOMIC_RMW8_CMPXCHG_U, "i64.atomic.rmw8.cmpxchg_u", ALL_L, ATOMIC, 0, THREADS) \
    X(0x4d, I64_ATOMIC_RMW16_CMPXCHG_U, "i64.atomic.rmw16.cmpxchg_u", ALL_L, ATOMIC, 1, THREADS) \
    X(0x4e, I64_ATOMIC_RMW32_CMPXCHG_U, "i64.atomic.rmw32.cmpxchg_u", ALL_L, ATOMIC, 2, THREADS)
/* clang-format on */
