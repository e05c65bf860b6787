/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code of small bodies: calls, references, the slow lane, exceptions; what stops the translator; places. */
#include "runtime-min/slot.h"
#include "tests/unit/unit.h"
#include "translate-module.h"

static void calls(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{14, NULL, "i32.const 5 call 0", NULL}, "CONST_32 0 5; CALL_FAR 0 2 f0; RETURN_1 0 2"},
        {{4, NULL, "local.get 0 local.get 1 call 0 i32.add", NULL},
         "MOVE 3 1; CALL_FAR 3 3 f0; I32_ADD 2 0 3; RETURN_1 2 4"},
        {{0, NULL, "call 2 call 3", NULL}, "CALL_FAR 0 1 f2; CALL_FAR 0 2 f3; RETURN_0 2"},
        {{0, NULL, "call 6", NULL}, "CALL 0 1 f6; RETURN_0 1"},
        {{4, NULL, "local.get 0 local.get 0 local.get 1 call 6 i32.add call 0", NULL},
         "MOVE_2 3 0 1; CALL 3 4 f6; I32_ADD 2 0 3; CALL_FAR 2 6 f0; RETURN_1 2 6"},
        {{0, NULL, "i32.const 1 call_indirect 0 0", NULL}, "CONST_32 0 1; CALL_INDIRECT 0 2 table 0 by 0; RETURN_0 2"},
        {{1, NULL, "local.get 0 i32.const 3 call_indirect 1 0", NULL},
         "CONST_32 2 3; MOVE 1 0; CALL_INDIRECT 1 3 table 0 by 2; RETURN_1 1 3"},
        {{1, NULL, "local.get 0 return_call 0", NULL}, "MOVE 1 0; RETURN_CALL 1 2 f0"},
        {{1, NULL, "local.get 0 local.get 0 return_call_indirect 1 0", NULL},
         "MOVE 1 0; RETURN_CALL_INDIRECT 1 3 table 0 by 0"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void references(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, NULL, "ref.null extern global.set 2", NULL}, "CONST_32 0 0; GLOBAL_SET 0 g; RETURN_0 2"},
        {{0, NULL, "block void global.get 2 br_on_null 0 drop end", NULL},
         "GLOBAL_GET 0 g; BR_NULL 0 @4+1; 4: RETURN_0 3"},
        {{0, NULL, "block externref global.get 2 br_on_non_null 0 ref.null extern end drop", NULL},
         "GLOBAL_GET 0 g; BR_NON_NULL 0 @5+1; CONST_32 0 0; 5: RETURN_0 4"},
        {{14, NULL, "block anyref ref.null any br_on_cast 0x03 0 any i31 end ref.is_null", NULL},
         "CONST_32 0 0; MOVE 1 0; ref.test 1 1073741932 0; BR_IF 1 @6+0; 6: I64_EQZ 0 0; RETURN_1 0 3"},
        {{14, NULL, "i32.const 0 table.get 0 ref.is_null", NULL},
         "CONST_32 0 0; table.get 0 0 0; I64_EQZ 0 0; RETURN_1 0 3"},
        {{0, NULL, "i32.const 0 i32.const 1 i32.const 2 memory.fill 0", NULL},
         "CONST_32 0 0; CONST_32 1 1; CONST_32 2 2; memory.fill 0 0 0; RETURN_0 4"},
        {{0, NULL, "i32.const 0 i32.const 1 i32.const 2 memory.copy 0 0", NULL},
         "CONST_32 0 0; CONST_32 1 1; CONST_32 2 2; memory.copy 0 0 0; RETURN_0 4"},
        {{14, NULL, "memory.size 0", NULL}, "memory.size 0 0 0; RETURN_1 0 1"},
        {{14, NULL, "i32.const 1 memory.grow 0", NULL}, "CONST_32 0 1; memory.grow 0 0 0; RETURN_1 0 2"},
        {{14, NULL, "i32.const 1 struct.new_default 5 struct.get 5 0 i32.add", NULL},
         "struct.new_default 1 5 0; struct.get 1 5 0; I32_ADD_K 0 1 0x1; RETURN_1 0 4"},
        {{14, NULL, "i32.const 8 i32.atomic.load 2 4", NULL}, "CONST_32 0 8; i32.atomic.load 0 0 0x4; RETURN_1 0 2"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void casts(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{14, NULL, "block anyref ref.null any br_on_cast 0x03 0 any i31 end ref.is_null", NULL},
         "CONST_32 0 0; MOVE 1 0; ref.test 1 1073741932 0; BR_IF 1 @6+0; 6: I64_EQZ 0 0; RETURN_1 0 3"},
        {{14, NULL, "block anyref ref.null any br_on_cast_fail 0x03 0 any i31 end ref.is_null", NULL},
         "CONST_32 0 0; MOVE 1 0; ref.test 1 1073741932 0; BR_UNLESS 1 @6+0; 6: I64_EQZ 0 0; RETURN_1 0 3"},
        {{0, "01 01 6f", "block void i32.const 5 local.get 0 br_on_null 0 drop drop end", NULL},
         "ENTER 0 1; BR_NULL 0 @3+2; 3: RETURN_0 5"},
        {{0, "01 01 6f", "block externref i32.const 5 local.get 0 br_on_non_null 0 drop ref.null extern end drop",
          NULL},
         "ENTER 0 1; BR_NULL 0 @5+0; BR_MOVE 1 0 @6+2; 5: CONST_32 1 0; 6: RETURN_0 6"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

static void exceptions(void **state WP_UNUSED)
{
    static const struct translate_case cases[] = {
        {{0, NULL, "throw 0", NULL}, "throw 0 0 0x1"},
        {{0, NULL, "block void try_table void 1 0x00 0 0 call 1 end end", NULL}, "CALL_FAR 0 1 f1; RETURN_0 1"},
        {{0, NULL, "block 2 try_table void 1 0x00 1 0 call 1 end i32.const 1 i64.const 2 end drop drop", NULL},
         "CALL_FAR 0 1 f1; CONST_32 0 1; CONST_32 1 2; RETURN_0 5"},
        {{0, NULL, "try_table void 1 0x02 0 call 1 end", NULL}, "CALL_FAR 0 1 f1; RETURN_0 1; RETURN_0 1"},
        {{14, NULL, "block exnref try_table void 1 0x03 0 call 1 end ref.null exn end throw_ref", NULL},
         "CALL_FAR 0 1 f1; CONST_32 0 0; throw_ref 0 3 0"},
    };
    translate_check(cases, WP_ARRAY_LEN(cases));
}

/* ---- what is not in the text of the code ---- */

static void tries_of(struct translation *t, void *arg WP_UNUSED)
{
    const struct wrt_func *f = &t->funcs[6];
    const struct wrt_try *inner = &f->tries[0], *outer = &f->tries[1];
    assert_int_equal(f->try_count, 2);
    assert_int_equal(inner->begin, 2);
    assert_int_equal(inner->end, 4);
    assert_int_equal(inner->catch_count, 1);
    assert_ptr_equal(inner->catches[0].tag, &t->tags[1]);
    assert_false(inner->catches[0].with_ref);
    assert_int_equal(inner->catches[0].slot, 0);
    assert_int_equal(inner->catches[0].target, 8);
    assert_int_equal(inner->catches[0].place, 5);
    assert_int_equal(outer->begin, 0);
    assert_int_equal(outer->end, 6);
    assert_int_equal(outer->catch_count, 2);
    assert_int_equal(outer->catches[0].target, 8);
    assert_null(outer->catches[1].tag);
    assert_int_equal(outer->catches[1].target, 9); /* behind the rest: from there it returns */
    assert_int_equal(outer->catches[1].place, 7);
}

static void ranges(void **state WP_UNUSED)
{
    struct translation t = {.then = tries_of};
    struct code_case c = {0, NULL,
                          "block 2 try_table void 2 0x00 1 0 0x02 1 call 1 try_table void 1 0x00 1 1 call 1 end call 1 "
                          "end i32.const 1 i64.const 2 end drop drop",
                          NULL};
    translation_make(&t, &c);
    assert_int_equal(t.rc, 0);
}

static void first_word(struct translation *t, void *arg WP_UNUSED)
{
    assert_int_equal(wrt_slot_op(t->funcs[6].entry[0]), WRT_S_CONST_64);
    assert_int_equal(t->funcs[6].entry[1], (uintptr_t)&t->funcs[0]);
}

static void functions_as_constants(void **state WP_UNUSED)
{
    struct translation t = {.then = first_word};
    struct code_case c = {14, NULL, "ref.func 0 ref.is_null", NULL};
    translation_make(&t, &c);
    assert_int_equal(t.rc, 0);
}

static void entered(void *arg WP_UNUSED, const struct wrt_func *f WP_UNUSED, const uint64_t *slots WP_UNUSED,
                    uint64_t fuel WP_UNUSED)
{
}

static void watched_text(struct translation *t, void *arg WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    slot_text(&text, &t->funcs[6]);
    assert_string_equal(text.ptr, "ENTER 2 1; WATCH_ENTER 0; BR_UNLESS 1 @6+0; WATCH_LEAVE 0 3; RETURN_1 0 3; "
                                  "6: WATCH_LEAVE 0 3; RETURN_1 0 3");
}

static void watched(void **state WP_UNUSED)
{
    struct translation t = {.then = watched_text};
    struct code_case c = {4, "01 01 7f", "local.get 0 local.get 1 br_if 0", NULL};
    t.store.watch.enter = entered;
    t.store.watch.leave = entered;
    translation_make(&t, &c);
    assert_int_equal(t.rc, 0);
}

static void stops(const struct code_case *c, uint64_t limit, enum wrt_stop stop, const char *words)
{
    struct translation t = {.then = NULL};
    t.store.mem.limit = limit;
    translation_make(&t, c);
    assert_int_equal(t.rc, -1);
    assert_int_equal(t.store.exec.stop, stop);
    assert_non_null(strstr(t.store.detail, words));
    assert_int_equal(t.funcs[6].frame_slots, 0);
}

static void legacy(void **state WP_UNUSED)
{
    static const struct code_case live = {0, NULL, "try void catch_all end", NULL},
                                  dead = {0, NULL, "br 0 block void try void catch_all end end", NULL};
    stops(&live, 0, WRT_STOP_UNSUPPORTED, "legacy exceptions are validated, not run");
    stops(&dead, 0, WRT_STOP_UNSUPPORTED, "legacy exceptions are validated, not run");
}

static void large_frames(void **state WP_UNUSED)
{
    static const struct code_case locals = {0, "01 f4fb01 7b", "", NULL}, /* 32,244 vectors and 513, 511 numbers more */
        more = {0, "02 f4fb01 7b 8104 7f", "", NULL}, operands = {0, "02 f4fb01 7b ff03 7f", "v128.const drop", NULL};
    struct translation t = {.then = NULL};
    translation_make(&t, &locals);
    assert_int_equal(t.rc, 0);
    stops(&more, 0, WRT_STOP_CODE, "65000 slots");
    stops(&operands, 0, WRT_STOP_CODE, "65000 slots");
}

static void small_budget(void **state WP_UNUSED)
{
    static const struct code_case c = {0, "01 90ce00 7f", "", NULL}; /* 10,000 locals */
    stops(&c, 100, WRT_STOP_CODE, "no room");
    stops(&c, 40000, WRT_STOP_CODE, "no room");
}

struct place {
    uint32_t word;
    uint64_t offset;
    uint32_t place;
};

static void places_of(struct translation *t, void *arg)
{
    const struct place *p = arg;
    for (; p->offset != 0; p++) {
        uint64_t offset = 0;
        uint32_t place = 0;
        wrt_locate(&t->store, &t->funcs[6], p->word, &offset, &place);
        assert_int_equal(offset, p->offset);
        assert_int_equal(place, p->place);
    }
}

/* A word belongs to the instruction that wrote it, though another one moved it or took it into its own. */
static void places(void **state WP_UNUSED)
{
    static const struct {
        struct code_case code;
        struct place places[5];
    } cases[] = {
        {{4, NULL, "local.get 0 i32.load 2 0 local.get 1 i32.div_u", NULL}, {{0, 3, 2}, {1, 8, 4}, {2, 9, 4}}},
        /* MOVE, I32_LOAD, I32_ADD */
        {{4, NULL, "local.get 0 local.get 0 i32.load 2 0 local.set 0 local.get 0 i32.add", NULL},
         {{0, 8, 4}, {1, 5, 3}, {2, 12, 6}}},
        /* I32_LOAD_ADD; MOVE, I32_LOAD_ADD */
        {{4, NULL, "local.get 1 local.get 0 i32.add i32.load 2 4", NULL}, {{0, 6, 4}, {1, 6, 4}, {2, 9, 4}}},
        {{4, NULL, "local.get 1 local.get 1 local.get 0 i32.add i32.load 2 4 local.set 1", NULL},
         {{0, 11, 6}, {1, 8, 5}, {2, 8, 5}, {3, 13, 6}}},
        /* BR_I32_LT_S, TRAP_UNREACHABLE */
        {{4, NULL, "block void local.get 0 local.get 1 i32.lt_s br_if 0 unreachable end local.get 0", NULL},
         {{0, 8, 4}, {1, 8, 4}, {2, 10, 5}, {3, 14, 6}}},
        /* CALL counts itself, and so does what stands in code that is never reached. */
        {{0, NULL, "call 1 br 0 block void nop end", NULL}, {{0, 1, 1}, {1, 1, 1}, {2, 3, 2}}},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        struct place copy[5];
        memcpy(copy, cases[i].places, sizeof(copy));
        struct translation t = {.then = places_of, .arg = copy};
        translation_make(&t, &cases[i].code);
        assert_int_equal(t.rc, 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),        cmocka_unit_test(references), cmocka_unit_test(casts),
        cmocka_unit_test(exceptions),   cmocka_unit_test(ranges),     cmocka_unit_test(functions_as_constants),
        cmocka_unit_test(watched),      cmocka_unit_test(legacy),     cmocka_unit_test(large_frames),
        cmocka_unit_test(small_budget), cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
