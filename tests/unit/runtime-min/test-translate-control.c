/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code of small bodies: blocks, branches, code that is never reached. "@3+2": to word 3, two instructions of the
 * text are jumped over; br and br_if themselves are counted. */
#include "tests/unit/unit.h"
#include "translate-module.h"

static void control(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, NULL, "block void end", NULL}, "RETURN_0 0"},
        {{0, NULL, "block void br 0 end", NULL}, "RETURN_0 1"},
        {{0, NULL, "block void br 0 nop end", NULL}, "BR @2+1; 2: RETURN_0 2"},
        {{0, NULL, "br 0", NULL}, "RETURN_0 1"},
        {{14, NULL, "i32.const 1 br 0", NULL}, "CONST_32 0 1; RETURN_1 0 2"},
        {{0, NULL, "block void i32.const 1 br_if 0 end", NULL}, "CONST_32 0 1; BR_IF 0 @3+0; 3: RETURN_0 2"},
        {{4, NULL, "block void local.get 0 br_if 0 nop end local.get 1", NULL}, "BR_IF 0 @2+1; 2: RETURN_1 1 4"},
        {{4, NULL, "block void local.get 0 local.get 1 i32.lt_s br_if 0 i32.const 1 local.set 0 end local.get 0", NULL},
         "BR_I32_LT_S 0 1 @3+2; CONST_32 0 1; 3: RETURN_1 0 7"},
        {{4, NULL, "loop void local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 1", NULL},
         "0: NEXT_I32_NE_K 0 0 0xffffffff @0-5; RETURN_1 1 6"},
        {{4, NULL,
          "loop void local.get 0 i32.const 1 i32.add local.set 0 local.get 0 local.get 1 i32.lt_u br_if 0 end "
          "local.get 1",
          NULL},
         "0: NEXT_I32_LT_U 0 0 1 0x1 @0-8; RETURN_1 1 9"},
        {{4, NULL, "local.get 0 i32.eqz if void i32.const 1 local.set 1 end local.get 1", NULL},
         "BR_IF 0 @3+2; CONST_32 1 1; 3: RETURN_1 1 6"},
        {{4, NULL, "local.get 0 if i32 i32.const 1 else i32.const 2 end", NULL},
         "BR_UNLESS 0 @5+1; CONST_32 2 1; BR @6+1; 5: CONST_32 2 2; 6: RETURN_1 2 4"},
        {{4, NULL, "local.get 0 if i32 local.get 1 else local.get 0 i32.const 1 i32.add end", NULL},
         "BR_UNLESS 0 @4+1; BR_MOVE 2 1 @6+3; 4: I32_ADD_K 2 0 0x1; 6: RETURN_1 2 6"},
        {{4, NULL, "local.get 0 if i32 i32.const 1 return else i32.const 2 end", NULL},
         "BR_UNLESS 0 @4+2; CONST_32 2 1; RETURN_1 2 4; 4: CONST_32 2 2; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 if i32 i32.const 1 return else i32.const 2 return end", NULL},
         "BR_UNLESS 0 @4+2; CONST_32 2 1; RETURN_1 2 4; 4: CONST_32 2 2; RETURN_1 2 6"},
        {{0, "01 02 7d", "block void local.get 0 local.get 1 f32.lt i32.eqz br_if 0 end", NULL},
         "ENTER 0 2; BRN_F32_LT 0 1 @3+0; 3: RETURN_0 5"},
        {{0, "01 02 7d", "block void local.get 0 local.get 1 f32.lt br_if 0 end", NULL},
         "ENTER 0 2; BR_F32_LT 0 1 @3+0; 3: RETURN_0 4"},
        {{0, "01 02 7d", "block void local.get 0 local.get 1 f32.ne i32.eqz br_if 0 end", NULL},
         "ENTER 0 2; BR_F32_EQ 0 1 @3+0; 3: RETURN_0 5"},
        {{0, "01 02 7e", "block void local.get 0 i64.eqz br_if 0 end", NULL},
         "ENTER 0 2; BR_NULL 0 @3+0; 3: RETURN_0 3"},
        {{0, "01 02 7e", "block void local.get 0 i64.eqz i32.eqz br_if 0 end", NULL},
         "ENTER 0 2; BR_NON_NULL 0 @3+0; 3: RETURN_0 4"},
        {{0, "01 02 7e", "block void local.get 0 i64.const 0 i64.ne br_if 0 end", NULL},
         "ENTER 0 2; BR_NON_NULL 0 @3+0; 3: RETURN_0 4"},
        {{4, NULL, "block void local.get 0 i32.const 0 i32.eq br_if 0 end local.get 1", NULL},
         "BR_UNLESS 0 @2+0; 2: RETURN_1 1 5"},
        {{4, NULL, "block void local.get 0 local.get 1 i32.and br_if 0 end local.get 1", NULL},
         "I32_AND 2 0 1; BR_IF 2 @3+0; 3: RETURN_1 1 5"},
        {{4, NULL, "block i32 local.get 0 local.get 1 br_if 0 end", NULL}, "MOVE 2 0; BR_IF 1 @3+0; 3: RETURN_1 2 3"},
        {{4, NULL, "block i32 i32.const 7 local.get 0 local.get 1 br_if 0 drop end", NULL},
         "BR_UNLESS 1 @4+0; BR_MOVE 2 0 @5+1; 4: CONST_32 2 7; 5: RETURN_1 2 5"},
        {{4, NULL, "block i32 i32.const 7 local.get 0 i32.const 1 i32.add local.get 1 br_if 0 drop end", NULL},
         "BR_UNLESS 1 @4+0; BR_ADD 2 0 1 @5+1; 4: CONST_32 2 7; 5: RETURN_1 2 7"},
        {{4, NULL, "block i32 i32.const 7 local.get 0 i32.const 1 i32.add br 0 end", NULL},
         "I32_ADD_K 2 0 0x1; RETURN_1 2 5"},
        {{4, NULL, "local.get 0 local.get 1 br_if 0 drop i32.const 3", NULL},
         "BR_UNLESS 1 @3+0; RETURN_1 0 3; 3: CONST_32 2 3; RETURN_1 2 5"},
        {{2, NULL, "block 2 i32.const 1 i64.const 2 global.get 0 br_if 0 end", NULL},
         "GLOBAL_GET 2 g; CONST_32 0 1; CONST_32 1 2; BR_IF 2 @6+0; 6: RETURN_2 0 4"},
        {{2, NULL, "block 2 i32.const 9 i32.const 1 i64.const 2 global.get 0 br_if 0 br 0 end", NULL},
         "GLOBAL_GET 3 g; BR_UNLESS 3 @8+0; CONST_32 0 1; CONST_32 1 2; BR @10+1; 8: CONST_32 0 1; CONST_32 1 2; 10: "
         "RETURN_2 0 6"},
        {{2, NULL, "i32.const 1 i64.const 2 global.get 0 br_if 0", NULL},
         "GLOBAL_GET 2 g; BR_UNLESS 2 @7+0; CONST_32 0 1; CONST_32 1 2; RETURN_2 0 4; 7: CONST_32 0 1; CONST_32 1 2; "
         "RETURN_2 0 4"},
        {{4, NULL, "local.get 0 local.get 1 loop 4 i32.add local.get 0 local.get 0 br_if 0 drop end", NULL},
         "MOVE_2 2 0 1; 1: I32_ADD 2 2 3; MOVE 3 0; BR_IF 0 @1-4; RETURN_1 2 7"},
        {{1, NULL, "local.get 0 loop 1 i32.const 1 i32.sub local.tee 0 local.get 0 br_if 0 end", NULL},
         "MOVE 1 0; 1: I32_ADD_K 0 1 0xffffffff; MOVE 1 0; BR_IF 0 @1-5; RETURN_1 1 6"},
        {{1, NULL, "local.get 0 block 1 i32.const 1 i32.sub end", NULL},
         "MOVE 1 0; I32_ADD_K 1 1 0xffffffff; RETURN_1 1 3"},
        {{1, NULL, "local.get 0 global.get 0 if 1 i32.const 1 i32.add end", NULL},
         "GLOBAL_GET 2 g; MOVE 1 0; BR_UNLESS 2 @7+2; I32_ADD_K 1 1 0x1; 7: RETURN_1 1 5"},
        {{1, NULL, "local.get 0 global.get 0 if 1 else i32.const 1 i32.add end", NULL},
         "GLOBAL_GET 2 g; MOVE 1 0; BR_UNLESS 2 @7+0; BR @9+2; 7: I32_ADD_K 1 1 0x1; 9: RETURN_1 1 5"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void dead_code(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{4, NULL, "local.get 0 br 0 unreachable nop block void nop end", NULL}, "RETURN_1 0 2"},
        {{4, NULL, "block void unreachable i32.const 1 i32.add drop loop void br 1 end end local.get 0", NULL},
         "TRAP_UNREACHABLE"},
        {{4, NULL, "block void block void br 1 end nop end local.get 0", NULL}, "BR @2+1; 2: RETURN_1 0 3"},
        {{4, NULL, "block void block void br 0 br 1 end nop end local.get 0", NULL}, "BR @2+1; 2: RETURN_1 0 4"},
        {{4, NULL, "local.get 0 if void unreachable else nop end local.get 1", NULL},
         "BR_UNLESS 0 @3+1; TRAP_UNREACHABLE; 3: RETURN_1 1 5"},
        {{4, NULL, "local.get 0 if void else unreachable end local.get 1", NULL},
         "BR_UNLESS 0 @4+0; BR @5+1; 4: TRAP_UNREACHABLE; 5: RETURN_1 1 4"},
        {{4, NULL, "block void local.get 0 if void br 1 end unreachable end local.get 1", NULL},
         "BR_UNLESS 0 @4+1; BR @5+1; 4: TRAP_UNREACHABLE; 5: RETURN_1 1 5"},
        {{0, NULL, "loop void br 0 end", NULL}, "0: BR @0-1"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void tables_of_labels(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, NULL, "block void block void global.get 0 br_table 2 0 1 2 nop end nop end", NULL},
         "GLOBAL_GET 0 g; BR_TABLE 0 @7+1 @7+2 @6+0; 6: RETURN_0 2; 7: RETURN_0 4"},
        {{4, NULL, "block void block void local.get 0 br_table 1 0 1 end i32.const 1 local.set 1 end local.get 1",
          NULL},
         "BR_TABLE 0 @3+0 @4+2; 3: CONST_32 1 1; 4: RETURN_1 1 5"},
        {{4, NULL, "block i32 block i32 local.get 1 local.get 0 br_table 1 0 1 end i32.const 1 i32.add end", NULL},
         "MOVE 2 1; BR_TABLE 0 @4+0 @6+2; 4: I32_ADD_K 2 2 0x1; 6: RETURN_1 2 5"},
        {{4, NULL, "block i32 i32.const 3 local.get 1 local.get 0 br_table 3 0 0 1 1 end", NULL},
         "MOVE 3 1; BR_TABLE 0 @6+0 @6+0 @8+0 @8+0; 6: BR_MOVE 2 3 @9+0; 8: RETURN_1 3 4; 9: RETURN_1 2 4"},
        {{4, NULL, "loop i32 i32.const 3 block i32 local.get 1 local.get 0 br_table 1 0 2 end i32.add end", NULL},
         "MOVE 3 1; BR_TABLE 0 @5+0 @4+0; 4: RETURN_1 3 4; 5: I32_ADD_K 2 3 0x3; RETURN_1 2 5"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void many_values(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, NULL,
          "block 18 i32.const 1 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null "
          "i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
          "ref.null i31 ref.null func br 0 end drop drop drop drop drop drop drop drop drop drop drop drop drop drop "
          "drop drop drop",
          NULL},
         "CONST_32 1 0; CONST_32 2 0; CONST_32 3 0; CONST_32 4 0; CONST_32 5 0; CONST_32 6 0; CONST_32 7 0; CONST_32 8 "
         "0; CONST_32 9 0; CONST_32 10 0; CONST_32 11 0; CONST_32 12 0; CONST_32 13 0; CONST_32 14 0; CONST_32 15 0; "
         "CONST_32 16 0; CONST_32 17 0; MOVE_N 0 1 0x11; RETURN_0 36"},
        {{0, NULL,
          "block 18 i32.const 1 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null "
          "i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
          "ref.null i31 ref.null func global.get 0 br_if 0 unreachable end drop drop drop drop drop drop drop drop "
          "drop drop drop drop drop drop drop drop drop",
          NULL},
         "GLOBAL_GET 18 g; CONST_32 1 0; CONST_32 2 0; CONST_32 3 0; CONST_32 4 0; CONST_32 5 0; CONST_32 6 0; "
         "CONST_32 7 0; CONST_32 8 0; CONST_32 9 0; CONST_32 10 0; CONST_32 11 0; CONST_32 12 0; CONST_32 13 0; "
         "CONST_32 14 0; CONST_32 15 0; CONST_32 16 0; CONST_32 17 0; BR_UNLESS 18 @25+0; MOVE_N 0 1 0x11; BR @26+1; "
         "25: TRAP_UNREACHABLE; 26: RETURN_0 38"},
        {{18, NULL,
          "ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
          "ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
          "ref.null func",
          NULL},
         "CONST_32 0 0; CONST_32 1 0; CONST_32 2 0; CONST_32 3 0; CONST_32 4 0; CONST_32 5 0; CONST_32 6 0; CONST_32 7 "
         "0; CONST_32 8 0; CONST_32 9 0; CONST_32 10 0; CONST_32 11 0; CONST_32 12 0; CONST_32 13 0; CONST_32 14 0; "
         "CONST_32 15 0; CONST_32 16 0; RETURN_N 0 17 0x11"},
        {{18, NULL,
          "ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
          "ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
          "ref.null func global.get 0 br_if 0",
          NULL},
         "GLOBAL_GET 17 g; CONST_32 0 0; CONST_32 1 0; CONST_32 2 0; CONST_32 3 0; CONST_32 4 0; CONST_32 5 0; "
         "CONST_32 6 0; CONST_32 7 0; CONST_32 8 0; CONST_32 9 0; CONST_32 10 0; CONST_32 11 0; CONST_32 12 0; "
         "CONST_32 13 0; CONST_32 14 0; CONST_32 15 0; CONST_32 16 0; BR_UNLESS 17 @23+0; RETURN_N 0 19 0x11; 23: "
         "RETURN_N 0 19 0x11"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(control),
        cmocka_unit_test(dead_code),
        cmocka_unit_test(tables_of_labels),
        cmocka_unit_test(many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
