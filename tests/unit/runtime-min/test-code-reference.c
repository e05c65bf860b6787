/* SPDX-License-Identifier: Apache-2.0
 *
 * Function bodies: references, structs, arrays, casts; select; what needs which feature. */
#include "code-module.h"
#include "runtime-min/opcode.h"
#include "tests/unit/unit.h"

static void references(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "ref.null any ref.is_null", NULL},
        {14, NULL, "ref.null 5 ref.is_null", NULL},
        {14, NULL, "ref.null 5 ref.null eq ref.eq", NULL},
        {12, NULL, "ref.null 5 ref.as_non_null", NULL},
        {0, NULL, "ref.func 0 drop", NULL},
        {14, NULL, "i32.const 1 ref.i31 i31.get_s", NULL},
        {14, NULL, "ref.null i31 i31.get_u", NULL},
        {0, NULL, "ref.null extern any.convert_extern drop ref.null any extern.convert_any drop", NULL},
        {0, "01 01 64 6e", "i32.const 1 ref.i31 extern.convert_any any.convert_extern local.set 0", NULL},
        {0, "01 01 64 6e", "ref.null extern any.convert_extern local.set 0",
         "type mismatch: local.set takes (ref any), found anyref"},
        {12, NULL, "ref.null 5", "type mismatch: the function's end takes (ref 5), found (ref null 5)"},
        {12, NULL, "ref.null none", "type mismatch: the function's end takes (ref 5), found nullref"},
        {14, NULL, "ref.null func ref.null eq ref.eq", "type mismatch: ref.eq takes eqref, found funcref"},
        {14, NULL, "i32.const 1 ref.is_null", "type mismatch: ref.is_null takes a reference, found i32"},
        {14, NULL, "ref.null 20 ref.is_null", "unknown type 20"},
        {14, NULL, "ref.null 0x40 ref.is_null", "malformed heap type"},
        {14, NULL, "ref.null none i31.get_u", NULL},
        {14, NULL, "ref.null struct i31.get_u", "type mismatch: i31.get_u takes i31ref, found structref"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void casts(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "ref.null any ref.test 5", NULL},
        {14, NULL, "ref.null any ref.test_null i31", NULL},
        {14, NULL, "ref.null func ref.test 0", NULL},
        {14, NULL, "ref.null extern ref.test noextern", NULL},
        {12, NULL, "ref.null struct ref.cast 5", NULL},
        {0, "01 01 63 05", "ref.null any ref.cast_null 5 local.set 0", NULL},
        {12, NULL, "ref.null struct ref.cast_null 5",
         "type mismatch: the function's end takes (ref 5), found (ref null 5)"},
        {14, NULL, "ref.null func ref.test 5", "type mismatch: ref.test takes anyref, found funcref"},
        {14, NULL, "ref.null any ref.test func", "type mismatch: ref.test takes funcref, found anyref"},
        {14, NULL, "ref.null any ref.test 20", "unknown type 20"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void structs(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {12, NULL, "i32.const 1 i32.const 2 ref.null extern struct.new 5", NULL},
        {12, NULL, "struct.new_default 5", NULL},
        {14, NULL, "struct.new_default 5 struct.get 5 0", NULL},
        {14, NULL, "struct.new_default 5 struct.get_s 5 1", NULL},
        {14, NULL, "ref.null 5 struct.get_u 5 1", NULL},
        {14, NULL, "ref.null 16 struct.get 15 0", NULL},
        {0, NULL, "ref.null 5 i32.const 1 struct.set 5 0", NULL},
        {12, NULL, "i64.const 1 i32.const 2 ref.null extern struct.new 5",
         "type mismatch: struct.new takes i32, found i64"},
        {12, NULL, "i32.const 2 ref.null extern struct.new 5", "type mismatch: struct.new takes i32, found nothing"},
        {0, NULL, "struct.new_default 9 drop",
         "type mismatch: struct.new_default takes fields with a default value, found (ref 5)"},
        {0, NULL, "struct.new_default 6 drop",
         "type mismatch: struct.new_default takes a struct type, type 6 is an array"},
        {0, NULL, "struct.new_default 20 drop", "unknown type 20"},
        {14, NULL, "ref.null 5 struct.get 5 3", "unknown field 3: the struct has 3, counted from 0"},
        {14, NULL, "ref.null 5 struct.get 5 1", "type mismatch: struct.get takes a field that is not packed"},
        {14, NULL, "ref.null 5 struct.get_s 5 0", "type mismatch: struct.get_s takes a packed field"},
        {14, NULL, "ref.null 15 struct.get 16 0", "type mismatch: struct.get takes (ref null 16), found (ref null 15)"},
        {0, NULL, "ref.null 5 i32.const 1 struct.set 5 1", "immutable field: struct.set takes one that is mutable"},
        {0, NULL, "ref.null 5 i64.const 1 struct.set 5 0", "type mismatch: struct.set takes i32, found i64"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void arrays(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "i32.const 1 i32.const 2 array.new 6 array.len", NULL},
        {14, NULL, "i32.const 2 array.new_default 8 array.len", NULL},
        {14, NULL, "i32.const 1 i32.const 2 i32.const 3 array.new_fixed 6 3 array.len", NULL},
        {14, NULL, "array.new_fixed 6 0 array.len", NULL},
        {14, NULL, "i32.const 0 i32.const 1 array.new_data 6 1 array.len", NULL},
        {14, NULL, "i32.const 0 i32.const 1 array.new_elem 8 0 array.len", NULL},
        {14, NULL, "ref.null 6 i32.const 0 array.get 6", NULL},
        {14, NULL, "ref.null 7 i32.const 0 array.get_u 7", NULL},
        {0, NULL, "ref.null 6 i32.const 0 i32.const 1 array.set 6", NULL},
        {0, NULL, "ref.null 6 i32.const 0 i32.const 1 i32.const 2 array.fill 6", NULL},
        {0, NULL, "ref.null 6 i32.const 0 ref.null 6 i32.const 1 i32.const 2 array.copy 6 6", NULL},
        {0, NULL, "ref.null 11 i32.const 0 ref.null 7 i32.const 1 i32.const 2 array.copy 11 7", NULL},
        {0, NULL, "ref.null 6 i32.const 0 i32.const 1 i32.const 2 array.init_data 6 0", NULL},
        {0, NULL, "ref.null 8 i32.const 0 i32.const 1 i32.const 2 array.init_elem 8 0", NULL},
        {0, "01 01 64 06", "i32.const 1 i32.const 2 array.new 6 local.set 0", NULL},
        {0, "01 01 64 06", "i32.const 2 array.new_default 6 local.set 0", NULL},
        {0, "01 01 64 06", "array.new_fixed 6 0 local.set 0", NULL},
        {0, "01 01 64 06", "i32.const 0 i32.const 1 array.new_data 6 1 local.set 0", NULL},
        {0, "01 01 64 08", "i32.const 0 i32.const 1 array.new_elem 8 0 local.set 0", NULL},
        {0, NULL, "ref.null 6 i32.const 1 array.set 6", "type mismatch: array.set takes i32, found (ref null 6)"},
        {0, NULL, "i32.const 1 ref.null 5 struct.set 5 0", "type mismatch: struct.set takes i32, found (ref null 5)"},
        {0, NULL, "i32.const 1 array.new_fixed 6 2 drop", "type mismatch: array.new_fixed takes i32, found nothing"},
        {0, NULL, "array.new_fixed 6 4294967295 drop", "type mismatch: array.new_fixed takes i32, found nothing"},
        {14, NULL, "i32.const 0 i32.const 1 array.new_data 6 2 array.len", "unknown data segment 2"},
        {14, NULL, "i32.const 0 i32.const 1 array.new_data 8 0 array.len", "array type is not numeric or vector"},
        {14, NULL, "i32.const 0 i32.const 1 array.new_elem 8 1 array.len",
         "type mismatch: array.new_elem takes funcref, found externref"},
        {14, NULL, "i32.const 0 i32.const 1 array.new_elem 8 2 array.len", "unknown elem segment 2"},
        {14, NULL, "ref.null 7 i32.const 0 array.get 7", "type mismatch: array.get takes a field that is not packed"},
        {14, NULL, "ref.null 6 i32.const 0 array.get_s 6", "type mismatch: array.get_s takes a packed field"},
        {0, NULL, "ref.null 7 i32.const 0 i32.const 1 array.set 7",
         "immutable array: array.set takes one that is mutable"},
        {0, NULL, "ref.null 7 i32.const 0 i32.const 1 i32.const 2 array.fill 7", "immutable array"},
        {0, NULL, "ref.null 7 i32.const 0 ref.null 7 i32.const 1 i32.const 2 array.copy 7 7", "immutable array"},
        {0, NULL, "ref.null 6 i32.const 0 ref.null 7 i32.const 1 i32.const 2 array.copy 6 7",
         "array types do not match"},
        {0, NULL, "ref.null 6 i32.const 0 ref.null 17 i32.const 1 i32.const 2 array.copy 6 17",
         "array types do not match"},
        {0, NULL, "ref.null 7 i32.const 0 i32.const 1 i32.const 2 array.init_data 7 0", "immutable array"},
        {0, NULL, "ref.null 8 i32.const 0 i32.const 1 i32.const 2 array.init_data 8 0",
         "array type is not numeric or vector"},
        {14, NULL, "ref.null struct array.len", "type mismatch: array.len takes arrayref, found structref"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void selections(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "i32.const 1 i32.const 2 i32.const 3 select", NULL},
        {0, NULL, "v128.const v128.const i32.const 3 select drop", NULL},
        {0, NULL, "ref.null extern ref.null extern i32.const 0 select_typed externref drop", NULL},
        {0, NULL, "ref.null 5 ref.null none i32.const 0 select_typed eqref drop", NULL},
        {0, NULL, "ref.null extern ref.null extern i32.const 0 select drop",
         "type mismatch: select takes numbers or vectors unless it names a type, found externref"},
        {0, NULL, "i32.const 1 i64.const 2 i32.const 3 select drop", "type mismatch: select takes i32, found i64"},
        {0, NULL, "i32.const 1 i32.const 3 select drop", "type mismatch: select takes a value, found nothing"},
        {0, NULL, "i32.const 1 i32.const 1 i64.const 3 select drop", "type mismatch: select takes i32, found i64"},
        {0, NULL, "0x1c 0x02 0x7f 0x7f", "invalid result arity: select takes one type, found 2"},
        {0, NULL, "0x1c 0x00", "invalid result arity: select takes one type, found 0"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void features(void **state WP_UNUSED)
{
    static const struct {
        uint64_t without;
        const char *text, *name;
    } cases[] = {
        {1ull << WRT_BIT_MULTI_VALUE, "block 0 end", "multi-value"},
        {1ull << WRT_BIT_MULTI_MEMORY, "i64.const 0 i32.load 66 1 0 drop", "multi-memory"},
        {1ull << WRT_BIT_MULTI_MEMORY, "memory.size 1 drop", "multi-memory"},
        {1ull << WRT_BIT_REFERENCE_TYPES, "i64.const 0 call_indirect 0 2", "reference-types"},
        {1ull << WRT_BIT_REFERENCE_TYPES, "ref.null func drop", "reference-types"},
        {1ull << WRT_BIT_TAIL_CALL, "return_call 1", "tail-call"},
        {1ull << WRT_BIT_GC, "struct.new_default 5 drop", "gc"},
        {1ull << WRT_BIT_LEGACY_EXCEPTIONS, "try void end", "legacy-exceptions"},
        {1ull << WRT_BIT_EXCEPTIONS, "try_table void 0 end", "exceptions"},
        {1ull << WRT_BIT_EXCEPTIONS | 1ull << WRT_BIT_LEGACY_EXCEPTIONS, "throw 0", "exceptions"},
        {1ull << WRT_BIT_FUNCTION_REFERENCES, "ref.func 1 call_ref 0", "function-references"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        struct code_case c = {0, NULL, cases[i].text, NULL};
        code_check(&c, 1);
        struct code_result r = code_validate(&c, cases[i].without);
        if (r.rc == 0 || strstr(r.err.hint, cases[i].name) == NULL) {
            fail_msg("%s\n  without %s gives '%s' (%s)", cases[i].text, cases[i].name, r.err.msg, r.err.hint);
        }
    }
    struct code_case legacy = {0, NULL, "throw 0", NULL};
    assert_int_equal(code_validate(&legacy, 1ull << WRT_BIT_EXCEPTIONS).rc, 0);
    assert_true(code_validate(&legacy, 1ull << WRT_BIT_EXCEPTIONS).used == 1ull << WRT_BIT_LEGACY_EXCEPTIONS);
    struct code_case plain = {0, NULL, "i32.const 0 drop", NULL};
    assert_true(code_validate(&plain, 0).used == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references), cmocka_unit_test(casts),      cmocka_unit_test(structs),
        cmocka_unit_test(arrays),     cmocka_unit_test(selections), cmocka_unit_test(features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
