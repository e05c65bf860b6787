/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code of small bodies: sums that are put off, and what does two instructions in one. */
#include "tests/unit/unit.h"
#include "translate-module.h"

static void sums(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{4, NULL, "local.get 0 i32.const 4 i32.add local.get 1 i32.const 4 i32.sub i32.mul", NULL},
         "I32_ADD_K 2 0 0x4; I32_ADD_K 3 1 0xfffffffc; I32_MUL 2 2 3; RETURN_1 2 7"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add i32.const -4 i32.add", NULL}, "I32_ADD_K 2 0 0; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add i32.const 3 i32.sub i32.load 2 8", NULL},
         "I32_LOAD_ADD_K 2 0 0x800000001; RETURN_1 2 6"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add local.get 1 local.set 0 local.get 0 i32.mul", NULL},
         "I32_ADD_K 2 0 0x4; MOVE 0 1; I32_MUL 2 2 0; RETURN_1 2 7"},
        {{4, NULL, "local.get 0 i32.load 2 0 i32.const 4 i32.add i32.load 2 8", NULL},
         "I32_LOAD 2 0 0; I32_LOAD_ADD_K 2 2 0x800000004; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add local.get 1 local.get 1 i32.mul i32.store 2 8 local.get 0", NULL},
         "I32_MUL 3 1 1; I32_STORE_ADD_K 0 3 0x800000004; RETURN_1 0 8"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add local.tee 0 local.tee 1", NULL},
         "I32_ADD_K 0 0 0x4; MOVE 1 0; RETURN_1 0 5"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add local.get 0 i32.const 5 i32.add local.set 0", NULL},
         "I32_ADD_K 2 0 0x4; I32_ADD_K 0 0 0x5; RETURN_1 2 7"},
        {{4, NULL, "block void local.get 0 i32.const 4 i32.add local.get 1 br_if 0 drop end local.get 1", NULL},
         "BR_IF 1 @2+1; 2: RETURN_1 1 7"},
        {{4, NULL, "block i32 i32.const 1 local.get 0 i32.const 4 i32.add local.get 1 br_if 0 drop end", NULL},
         "BR_UNLESS 1 @4+0; BR_ADD 2 0 4 @5+1; 4: CONST_32 2 1; 5: RETURN_1 2 7"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add block void local.get 1 br_if 0 end", NULL},
         "I32_ADD_K 2 0 0x4; BR_IF 1 @4+0; 4: RETURN_1 2 5"},
        {{4, NULL, "local.get 0 i32.const 4 i32.add call 0", NULL}, "I32_ADD_K 2 0 0x4; CALL_FAR 2 4 f0; RETURN_1 2 4"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void fused(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{4, NULL, "local.get 0 local.get 1 i32.add i32.load 2 4", NULL}, "I32_LOAD_ADD 2 0 1 0x4; RETURN_1 2 4"},
        {{4, NULL, "local.get 0 local.get 1 i32.add local.get 1 i32.store 2 4 local.get 1", NULL},
         "I32_STORE_ADD 0 1 1 0x4; RETURN_1 1 6"},
        {{4, NULL, "local.get 0 local.get 1 i32.add i32.const 7 i32.store 2 4 local.get 1", NULL},
         "I32_ADD 2 0 1; I32_STORE_C 2 7 4; RETURN_1 1 6"},
        {{4, NULL, "local.get 0 i32.const -1 i32.store8 0 4 local.get 1", NULL},
         "I32_STORE8_C 0 65535 4; RETURN_1 1 4"},
        {{4, NULL, "local.get 0 i32.const 40000 i32.store 2 4 local.get 1", NULL},
         "CONST_32 3 40000; I32_STORE 0 3 4; RETURN_1 1 4"},
        {{4, NULL, "local.get 0 i64.const -1 i64.store 2 0 local.get 1", NULL}, "I64_STORE_C 0 65535 0; RETURN_1 1 4"},
        {{4, NULL, "local.get 0 f64.const f64.store 2 0 local.get 1", NULL}, "F64_STORE_C 0 0 0; RETURN_1 1 4"},
        {{4, NULL, "local.get 0 local.get 1 i32.add local.get 0 i32.add", NULL}, "I32_ADD_3 2 0 1 0; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 local.get 0 local.get 1 i32.add i32.add", NULL}, "I32_ADD_3 2 0 1 0; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 local.get 1 i32.const 2 i32.shl i32.add", NULL},
         "I32_ADD_SHL_K 2 0 1 0x2; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 i32.const 7 i32.shr_u local.get 0 i32.xor", NULL},
         "I32_XOR_SHR_U_K 2 0 0 0x7; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 i32.const 7 i32.rotl local.get 0 i32.xor", NULL},
         "I32_XOR_ROTL_K 2 0 0 0x7; RETURN_1 2 5"},
        {{0, "01 03 7c", "local.get 0 local.get 1 f64.mul local.get 2 f64.add local.set 0", NULL},
         "ENTER 0 3; F64_MUL_ADD 0 0 1 0x2; RETURN_0 6"},
        {{0, "01 03 7c", "local.get 2 local.get 0 local.get 1 f64.mul f64.sub local.set 0", NULL},
         "ENTER 0 3; F64_MUL_SUB_FROM 0 0 1 0x2; RETURN_0 6"},
        {{0, "01 03 7c", "local.get 0 local.get 1 f64.mul local.get 2 f64.sub local.set 0", NULL},
         "ENTER 0 3; F64_MUL 3 0 1; F64_SUB 0 3 2; RETURN_0 6"},
        {{0, "01 04 7f", "local.get 0 local.set 2 local.get 1 local.set 0 local.get 3 local.set 1", NULL},
         "ENTER 0 4; MOVE_THRICE 2 0 0 0x300010001; RETURN_0 6"},
        {{0, "01 04 7f", "local.get 0 local.set 1 local.get 1 local.set 2", NULL},
         "ENTER 0 4; MOVE_TWICE 1 0 2 0x1; RETURN_0 4"},
        {{0, "01 02 7f", "loop void local.get 0 local.set 1 br 0 end", NULL}, "ENTER 0 2; 1: BR_MOVE 1 0 @1-3"},
        {{0, "01 02 7f", "loop void local.get 0 i32.const -3 i32.add local.set 0 br 0 end", NULL},
         "ENTER 0 2; 1: BR_ADD 0 0 65533 @1-5"},
        {{0, "01 02 7f", "block void local.get 0 local.set 1 br 0 end", NULL}, "ENTER 0 2; MOVE 1 0; RETURN_0 3"},
        {{0, "01 02 7f", "block void local.get 0 i32.const 3 i32.add local.set 1 br 0 end local.get 1 drop", NULL},
         "ENTER 0 2; I32_ADD_K 1 0 0x3; RETURN_0 7"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void latches(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, "01 02 7f", "loop void local.get 0 i32.const 1 i32.add local.tee 0 local.get 1 i32.ne br_if 0 end", NULL},
         "ENTER 0 2; 1: NEXT_I32_NE 0 0 1 0x1 @1-7; RETURN_0 7"},
        {{0, "01 02 7f", "loop void local.get 0 i32.const 1 i32.add local.tee 0 i32.const 10 i32.lt_s br_if 0 end",
          NULL},
         "ENTER 0 2; 1: NEXT_I32_LT_S_K 0 0 0xa00000001 @1-7; RETURN_0 7"},
        {{0, "01 02 7f", "loop void local.get 0 i32.const -1 i32.add local.tee 0 br_if 0 end", NULL},
         "ENTER 0 2; 1: NEXT_I32_NE_K 0 0 0xffffffff @1-5; RETURN_0 5"},
        {{0, "01 02 7f", "loop void local.get 0 i32.const -1 i32.add local.tee 0 i32.eqz br_if 0 end", NULL},
         "ENTER 0 2; 1: NEXT_I32_EQ_K 0 0 0xffffffff @1-6; RETURN_0 6"},
        {{0, "01 02 7f", "loop void local.get 1 local.get 0 i32.const -1 i32.add local.tee 0 i32.lt_u br_if 0 end",
          NULL},
         "ENTER 0 2; 1: NEXT_I32_GT_U 0 0 1 0xffffffff @1-7; RETURN_0 7"},
        {{0, "01 02 7f",
          "loop void local.get 0 i32.const 2 i32.add local.set 1 local.get 1 local.get 1 i32.ge_u br_if 0 end", NULL},
         "ENTER 0 2; 1: NEXT_I32_GE_U 1 0 1 0x2 @1-8; RETURN_0 8"},
        {{0, "01 02 7e", "loop void local.get 0 i64.const 1 i64.add local.tee 0 local.get 1 i64.ne br_if 0 end", NULL},
         "ENTER 0 2; 1: NEXT_I64_NE 0 0 1 0x1 @1-7; RETURN_0 7"},
        {{0, "01 02 7e",
          "loop void local.get 0 i64.const 1 i64.add local.tee 0 i64.const 0x80 0x80 0x80 0x80 0x10 i64.ne br_if 0 end",
          NULL},
         "ENTER 0 2; 1: I64_ADD_K 0 0 0x1; BR_I64_NE_K 0 0x100000000 @1-7; RETURN_0 7"},
        {{0, "01 02 7e", "loop void local.get 0 i64.const -1 i64.add local.tee 0 i64.eqz i32.eqz br_if 0 end", NULL},
         "ENTER 0 2; 1: NEXT_I64_NE_K 0 0 0xffffffff @1-7; RETURN_0 7"},
        {{0, "01 02 7f", "local.get 0 i32.const 1 i32.add local.tee 0 i32.const 5 i32.ge_s if void nop end", NULL},
         "ENTER 0 2; NEXT_I32_LT_S_K 0 0 0x500000001 @4+1; 4: RETURN_0 8"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void widths(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{2, "01 01 7f", "i32.const 1 local.get 0 i64.extend_i32_u", NULL},
         "ENTER 0 1; CONST_32 1 1; MOVE 2 0; RETURN_2 1 3"},
        {{2, "01 01 7f", "i32.const 1 local.get 0 local.get 0 i32.mul i64.extend_i32_u", NULL},
         "ENTER 0 1; I32_MUL 2 0 0; CONST_32 1 1; RETURN_2 1 5"},
        {{2, "01 01 7f", "i32.const 1 local.get 0 i32.const 7 i32.add i64.extend_i32_u", NULL},
         "ENTER 0 1; I32_ADD_K 2 0 0x7; CONST_32 1 1; RETURN_2 1 5"},
        {{4, "01 01 7e", "local.get 2 i32.wrap_i64 i32.const 3 i32.shl", NULL},
         "ENTER 2 1; I32_SHL_K 3 2 0x3; RETURN_1 3 4"},
        {{4, "01 01 7e", "local.get 0 local.get 2 i32.wrap_i64 i32.const 3 i32.shl i32.add", NULL},
         "ENTER 2 1; I32_ADD_SHL_K 3 0 2 0x3; RETURN_1 3 6"},
        {{4, "01 01 7e", "local.get 0 local.get 2 i32.wrap_i64 i32.const 3 i32.add i32.mul", NULL},
         "ENTER 2 1; I32_WRAP_I64 4 2; I32_ADD_K 4 4 0x3; I32_MUL 3 0 4; RETURN_1 3 6"},
        {{4, "01 01 7e", "local.get 2 i32.wrap_i64 i32.load 2 0", NULL},
         "ENTER 2 1; I32_WRAP_I64 3 2; I32_LOAD 3 3 0; RETURN_1 3 3"},
        {{4, "01 01 7e", "block void local.get 2 i32.wrap_i64 br_if 0 end local.get 0", NULL},
         "ENTER 2 1; BR_IF 2 @3+0; 3: RETURN_1 0 4"},
        {{4, "01 01 7e", "block void local.get 2 i32.wrap_i64 i32.eqz br_if 0 end local.get 0", NULL},
         "ENTER 2 1; I32_WRAP_I64 3 2; BR_UNLESS 3 @4+0; 4: RETURN_1 0 5"},
        {{4, "01 01 7e", "block void local.get 2 i32.wrap_i64 local.get 0 i32.lt_u br_if 0 end local.get 0", NULL},
         "ENTER 2 1; BR_I32_LT_U 2 0 @3+0; 3: RETURN_1 0 6"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(fused),
        cmocka_unit_test(latches),
        cmocka_unit_test(widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
