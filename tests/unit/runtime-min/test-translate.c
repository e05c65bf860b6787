/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code of small bodies: numbers, locals, constants, memory, vectors. Operands begin behind the locals. */
#include "tests/unit/unit.h"
#include "translate-module.h"

static void numbers(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, NULL, "", NULL}, "RETURN_0 0"},
        {{1, NULL, "local.get 0", NULL}, "RETURN_1 0 1"},
        {{14, NULL, "i32.const 5", NULL}, "CONST_32 0 5; RETURN_1 0 1"},
        {{4, NULL, "local.get 0 local.get 1 i32.add", NULL}, "I32_ADD 2 0 1; RETURN_1 2 3"},
        {{4, NULL, "local.get 0 i32.const 3 i32.sub", NULL}, "I32_ADD_K 2 0 0xfffffffd; RETURN_1 2 3"},
        {{4, NULL, "i32.const 3 local.get 0 i32.add", NULL}, "I32_ADD_K 2 0 0x3; RETURN_1 2 3"},
        {{4, NULL, "i32.const 3 local.get 0 i32.sub", NULL}, "CONST_32 2 3; I32_SUB 2 2 0; RETURN_1 2 3"},
        {{4, NULL, "i32.const 3 local.get 0 i32.lt_s", NULL}, "I32_GT_S_K 2 0 0x3; RETURN_1 2 3"},
        {{4, NULL, "i32.const 3 i32.const 4 i32.add", NULL}, "CONST_32 2 7; RETURN_1 2 3"},
        {{14, NULL, "i64.const -1 i32.wrap_i64", NULL},
         "CONST_64 0 0xffffffffffffffff; I32_WRAP_I64 0 0; RETURN_1 0 2"},
        {{4, NULL, "local.get 0 local.get 1 i32.lt_u i32.eqz", NULL}, "I32_GE_U 2 0 1; RETURN_1 2 4"},
        {{4, NULL, "local.get 0 i32.eqz i32.eqz", NULL}, "I32_NE_K 2 0 0; RETURN_1 2 3"},
        {{2, NULL, "i32.const 1 i64.const 2 i64.const 3 i64.const 4 i64.const 5 i64.add128 drop", NULL},
         "CONST_32 1 2; CONST_32 2 3; CONST_32 3 4; CONST_32 4 5; I64_ADD128 1 1 0; CONST_32 0 1; RETURN_2 0 7"},
        {{2, "01 02 7e", "i32.const 0 local.get 0 local.get 1 i64.mul_wide_u drop", NULL},
         "ENTER 0 2; I64_MUL_WIDE_U 3 0 1; CONST_32 2 0; RETURN_2 2 5"},
        {{4, NULL, "local.get 0 local.get 1 i32.const 9 select", NULL}, "CONST_32 4 9; SELECT 2 0 1 4; RETURN_1 2 4"},
        {{4, NULL, "local.get 0 i32.const 1 local.get 1 select", NULL}, "CONST_32 3 1; SELECT 2 0 3 1; RETURN_1 2 4"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void locals(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{4, NULL, "local.get 0 local.get 1 i32.add local.set 0 local.get 0", NULL}, "I32_ADD 0 0 1; RETURN_1 0 5"},
        {{4, NULL, "local.get 0 local.get 0 i32.const 1 i32.add local.set 0", NULL},
         "MOVE 2 0; I32_ADD_K 0 0 0x1; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 local.get 0 local.get 0 i32.const 1 i32.add local.set 0 i32.sub", NULL},
         "MOVE_TWICE 3 0 2 0; I32_ADD_K 0 0 0x1; I32_SUB 2 2 3; RETURN_1 2 7"},
        {{4, NULL, "local.get 0 local.get 1 local.set 0 local.set 1 local.get 0", NULL},
         "MOVE_THRICE 2 0 0 0x200010001; RETURN_1 0 5"},
        {{4, NULL, "local.get 0 local.get 1 i32.add local.tee 0 local.tee 1", NULL},
         "I32_ADD 0 0 1; MOVE 1 0; RETURN_1 0 5"},
        {{4, NULL, "i32.const 3 local.tee 0 local.tee 1", NULL},
         "CONST_32 0 3; CONST_32 1 3; CONST_32 2 3; RETURN_1 2 3"},
        {{4, NULL, "local.get 0 local.tee 0", NULL}, "RETURN_1 0 2"},
        {{4, NULL, "local.get 0 local.set 0 local.get 1", NULL}, "RETURN_1 1 3"},
        {{4, NULL, "local.get 0 i32.const 1 i32.const 1 i32.add local.tee 0 i32.add", NULL},
         "MOVE 2 0; CONST_32 0 2; I32_ADD_K 2 2 0x2; RETURN_1 2 6"},
        {{4, NULL, "local.get 0 i32.load 2 0 local.set 0 local.get 0", NULL}, "I32_LOAD 0 0 0; RETURN_1 0 4"},
        {{4, NULL, "local.get 0 local.get 0 i32.load 2 0 local.set 0 local.get 0 i32.add", NULL},
         "MOVE 2 0; I32_LOAD 0 0 0; I32_ADD 2 2 0; RETURN_1 2 6"},
        {{1, "01 02 7e", "local.get 0", NULL}, "ENTER 1 2; RETURN_1 0 1"},
        {{0, "01 02 7b", "local.get 0 local.get 1 local.set 0 local.set 1", NULL},
         "ENTER 0 4; MOVE_V 4 0; MOVE_V 0 2; MOVE_V 2 4; RETURN_0 4"},
        {{0, "02 01 7f 01 7b",
          "local.get 1 local.get 0 i32.const 5 i32.add local.set 0 local.get 1 v128.and local.set 1", NULL},
         "ENTER 0 3; I32_ADD_K 0 0 0x5; V128_AND 1 1 1; RETURN_0 8"},
        {{0, "01 01 7b", "v128.const local.set 0", NULL}, "ENTER 0 2; CONST_V 0 0 0; RETURN_0 2"},
        {{14, "01 01 7b", "i32.const 7 local.get 0 i8x16.all_true i32.add", NULL},
         "ENTER 0 2; I8X16_ALL_TRUE 3 0; I32_ADD_K 2 3 0x7; RETURN_1 2 4"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void memory(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{4, NULL, "local.get 0 i32.load 2 4", NULL}, "I32_LOAD 2 0 4; RETURN_1 2 2"},
        {{4, NULL, "local.get 0 i32.load 2 0x80 0x80 0x04", NULL}, "I32_LOAD_X 2 0 0x10000; RETURN_1 2 2"},
        {{4, NULL, "i32.const 16 i32.load 2 4", NULL}, "I32_LOAD_AT 2 0 0x14; RETURN_1 2 2"},
        {{4, NULL, "i64.const 16 i32.load 0x42 1 4", NULL}, "CONST_32 2 16; I32_LOAD_FAR 2 2 1 0x4; RETURN_1 2 2"},
        {{4, NULL, "i64.const -1 i32.load 0x42 1 4", NULL},
         "CONST_64 2 0xffffffffffffffff; I32_LOAD_FAR 2 2 1 0x4; RETURN_1 2 2"},
        {{4, NULL, "local.get 0 local.get 1 i32.store 2 4 local.get 0", NULL}, "I32_STORE 0 1 4; RETURN_1 0 4"},
        {{4, NULL, "local.get 0 i32.const 9 i32.store 2 4 local.get 0", NULL}, "I32_STORE_C 0 9 4; RETURN_1 0 4"},
        {{4, NULL, "i32.const 8 local.get 1 i32.store 2 4 local.get 0", NULL}, "I32_STORE_AT 0 1 0xc; RETURN_1 0 4"},
        {{4, NULL, "local.get 0 local.get 0 i32.load 2 0 i32.store 2 4 local.get 0", NULL},
         "I32_LOAD 3 0 0; I32_STORE 0 3 4; RETURN_1 0 5"},
        {{0, "01 01 7b", "i32.const 1 local.get 0 v128.store 4 0", NULL},
         "ENTER 0 2; CONST_32 2 1; V128_STORE 2 0 0 0; RETURN_0 3"},
        {{0, "02 01 7f 01 7b", "local.get 0 v128.load 4 0 local.set 1", NULL},
         "ENTER 0 3; V128_LOAD 1 0 0 0; RETURN_0 3"},
        {{0, "02 01 7f 01 7b", "local.get 0 local.get 1 v128.load8_lane 0 3 7 local.set 1", NULL},
         "ENTER 0 3; V128_LOAD8_LANE 1 0 1 0x3 0x7; RETURN_0 4"},
        {{0, "02 01 7f 01 7b", "local.get 0 local.get 1 v128.store8_lane 0 3 7", NULL},
         "ENTER 0 3; V128_STORE8_LANE 0 0 1 0x3 0x7; RETURN_0 3"},
        {{0, "02 01 7f 01 7b", "local.get 1 local.get 0 i8x16.replace_lane 5 local.set 1", NULL},
         "ENTER 0 3; I8X16_REPLACE_LANE 1 1 0 5; RETURN_0 4"},
        {{4, "01 01 7b", "local.get 2 i8x16.extract_lane_u 5", NULL},
         "ENTER 2 2; I8X16_EXTRACT_LANE_U 4 2 5; RETURN_1 4 2"},
        {{0, "01 02 7b", "local.get 0 local.get 1 i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 local.set 1",
          NULL},
         "ENTER 0 4; I8X16_SHUFFLE 2 0 2 0x706050403020100 0xf0e0d0c0b0a0908; RETURN_0 4"},
        {{0, "01 03 7b", "local.get 0 local.get 1 local.get 2 v128.bitselect local.set 1", NULL},
         "ENTER 0 6; V128_BITSELECT 2 0 2 4; RETURN_0 5"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void globals(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{14, NULL, "global.get 0", NULL}, "GLOBAL_GET 0 g; RETURN_1 0 1"},
        {{2, NULL, "i32.const 1 global.get 1", NULL}, "CONST_32 0 1; CONST_32 1 7; RETURN_2 0 2"},
        {{0, NULL, "i32.const 4 global.set 0", NULL}, "CONST_32 0 4; GLOBAL_SET 0 g; RETURN_0 2"},
        {{0, NULL, "global.get 0 i32.const 16 i32.sub global.set 0", NULL},
         "GLOBAL_GET 0 g; I32_ADD_K 0 0 0xfffffff0; GLOBAL_SET 0 g; RETURN_0 4"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void vectors(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, "02 01 7f 01 7b", "block v128 local.get 1 local.get 0 br_if 0 end local.set 1", NULL},
         "ENTER 0 3; MOVE_V 3 1; BR_IF 0 @4+0; 4: MOVE_V 1 3; RETURN_0 4"},
        {{0, "02 01 7f 01 7b",
          "block v128 i32.const 1 local.get 1 local.get 0 br_if 0 drop drop v128.const end local.set 1", NULL},
         "ENTER 0 3; BR_UNLESS 0 @6+0; MOVE_V 3 1; BR @9+3; 6: CONST_V 3 0 0; 9: MOVE_V 1 3; RETURN_0 8"},
        {{0, "02 01 7f 01 7b", "local.get 1 v128.const local.get 0 select local.set 1", NULL},
         "ENTER 0 3; CONST_V 5 0 0; SELECT_V 1 1 5 0; RETURN_0 5"},
        {{0, "02 01 7f 01 7b", "local.get 0 if v128 local.get 1 else local.get 1 local.get 1 i32x4.add end local.set 1",
          NULL},
         "ENTER 0 3; BR_UNLESS 0 @6+1; MOVE_V 3 1; BR @7+3; 6: I32X4_ADD 3 1 1; 7: MOVE_V 1 3; RETURN_0 7"},
        {{0, "02 01 7f 02 7b", "local.get 1 local.tee 2 local.get 1 i32x4.add local.set 1", NULL},
         "ENTER 0 5; MOVE_V 3 1; I32X4_ADD 1 1 1; RETURN_0 5"},
        {{0, "02 01 7b 01 7f", "i32.const 3 local.get 0 i32x4.extract_lane 2 i32.add local.set 1", NULL},
         "ENTER 0 3; I32X4_EXTRACT_LANE 4 0 2; I32_ADD_K 2 4 0x3; RETURN_0 5"},
        {{0, "02 01 7b 01 7f", "local.get 1 i32x4.splat local.get 1 i32x4.shl local.set 0", NULL},
         "ENTER 0 3; I32X4_SPLAT 3 2; I32X4_SHL 0 3 2; RETURN_0 5"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(locals),  cmocka_unit_test(memory),
        cmocka_unit_test(globals), cmocka_unit_test(vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
