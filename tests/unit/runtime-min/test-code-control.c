/* SPDX-License-Identifier: Apache-2.0
 *
 * Function bodies: blocks, branches, calls, exceptions, code that is never reached; what is recorded of a function and
 * what it may not exceed. */
#include "base/limits.h"
#include "code-module.h"
#include "runtime-min/opcode.h"
#include "tests/unit/unit.h"

static void blocks(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {0, NULL, "block void end loop void end i32.const 0 if void else end", NULL},
        {14, NULL, "block i32 i32.const 1 end", NULL},
        {14, NULL, "i32.const 0 if i32 i32.const 1 else i32.const 2 end", NULL},
        {14, NULL, "i32.const 1 block 1 i32.eqz end", NULL},
        {14, NULL, "block 2 i32.const 1 i64.const 2 end drop", NULL},
        {14, NULL, "i32.const 1 i32.const 1 if 1 end", NULL}, /* i32 -> i32 passes on */
        {14, NULL, "i32.const 1 i32.const 2 block 4 i32.add end", NULL},
        {14, NULL, "i32.const 1 loop 1 end", NULL},
        {14, NULL, "i32.const 5 block void drop end i32.const 1", "type mismatch: drop takes a value, found nothing"},
        {14, NULL, "block i32 end", "type mismatch: the block's end takes i32, found nothing"},
        {14, NULL, "block i32 i64.const 1 end", "type mismatch: the block's end takes i32, found i64"},
        {0, NULL, "block void i32.const 1 end",
         "type mismatch: the block's end returns 0 values, 1 more left on the stack (i32)"},
        {0, NULL, "loop void i32.const 1 end", "type mismatch: the loop's end returns 0 values"},
        {14, NULL, "i32.const 0 if i32 i32.const 1 end", "type mismatch: `if` has results, so it takes an `else`"},
        {14, NULL, "i32.const 0 if i32 i32.const 1 else end",
         "type mismatch: the end of else takes i32, found nothing"},
        {14, NULL, "i32.const 0 if i32 else i32.const 1 end", "type mismatch: the end of if takes i32, found nothing"},
        {0, NULL, "if void end", "type mismatch: if takes i32, found nothing"},
        {0, NULL, "else", "malformed else: no `if` is open here"},
        {0, NULL, "block 20 end", "unknown type 20: the module has 20, counted from 0"},
        {0, NULL, "block 5 end", "type mismatch: block takes a function type, type 5 is none"},
        {0, NULL, "block 0x80 0x7f end", "malformed block type: 0x80"},
        {0, NULL, "block void", "unexpected end: the function's bytes end without an `end`"},
        {0, NULL, "end", "section size mismatch: the function ends 1 bytes before its size says"},
        {0, NULL, "block exnref ref.null exn end drop block 12 call 5 end drop", NULL},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void branches(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {0, NULL, "br 0", NULL},
        {14, NULL, "block i32 i32.const 1 br 0 end", NULL},
        {14, NULL, "block i32 i32.const 1 i32.const 0 br_if 0 end", NULL},
        {0, NULL, "loop void br 0 end", NULL},
        {0, NULL, "i32.const 1 loop 1 br 0 end drop", NULL},
        {14, NULL, "i32.const 1 return", NULL},
        {0, NULL, "block void i32.const 0 br_table 2 0 1 0 end", NULL},
        {14, NULL, "block i32 block i32 i32.const 1 i32.const 0 br_table 1 0 1 end end", NULL},
        {2, NULL, "block 2 i32.const 1 i64.const 2 i32.const 0 br_table 3 0 1 0 1 end", NULL},
        {0, NULL, "br 1", "unknown label 1: 1 are open here, counted from 0"},
        {0, NULL, "block void br 2 end", "unknown label 2"},
        {0, NULL, "i32.const 0 br_if 1", "unknown label 1"},
        {0, NULL, "block void i32.const 0 br_if 200 end", "unknown label 200"},
        {14, NULL, "block i32 br 0 end", "type mismatch: br takes i32, found nothing"},
        {14, NULL, "block i32 i64.const 1 br 0 end", "type mismatch: br takes i32, found i64"},
        {14, NULL, "block i32 i32.const 0 br_if 0 end", "type mismatch: br_if takes i32, found nothing"},
        {0, NULL, "i64.const 0 br_if 0", "type mismatch: br_if takes i32, found i64"},
        {14, NULL, "return", "type mismatch: return takes i32, found nothing"},
        {0, NULL, "i32.const 0 br_table 1 0 1", "unknown label 1"},
        {0, NULL, "i64.const 0 br_table 0 0", "type mismatch: br_table takes i32, found i64"},
        {0, NULL, "block i32 i32.const 0 br_table 0 0 end drop", "type mismatch: br_table takes i32, found nothing"},
        {0, NULL, "block i32 i32.const 1 i32.const 0 br_table 1 0 1 end drop",
         "type mismatch: labels of br_table take 1 operands, found one that takes 0"},
        {0, NULL, "block i64 block i32 i32.const 1 i32.const 0 br_table 1 0 1 end drop i64.const 1 end drop",
         "type mismatch: br_table takes i64, found i32"},
        {0, NULL, "i32.const 0 br_table 100 0 0", "unexpected end"},
        /* null and casts */
        {0, NULL, "block void call 5 br_on_null 0 drop end", NULL},
        {12, NULL, "block 12 ref.null 5 br_on_non_null 0 unreachable end", NULL},
        {0, NULL, "ref.null 5 br_on_non_null 0", "type mismatch: br_on_non_null takes a label with a reference"},
        {0, NULL, "block i32 i32.const 0 br_on_null 0 drop i32.const 0 end drop",
         "type mismatch: br_on_null takes a reference, found i32"},
        {0, NULL, "block 0x63 15 ref.null 15 0xfb 0x18 3 0 15 16 end drop", NULL},
        {0, NULL, "block 0x63 16 ref.null 15 0xfb 0x18 3 0 15 16 drop ref.null 16 end drop", NULL},
        {0, NULL, "block 0x63 15 ref.null 15 0xfb 0x19 3 0 15 16 drop ref.null 15 end drop", NULL},
        /* what is left over may be null unless a null branches, too */
        {0, "01 01 64 0f", "block 0x63 16 ref.null 15 0xfb 0x18 3 0 15 16 local.set 0 ref.null 16 end drop", NULL},
        {0, "01 01 64 0f", "block 0x63 16 ref.null 15 0xfb 0x18 1 0 15 16 local.set 0 ref.null 16 end drop",
         "type mismatch: local.set takes (ref 15), found (ref null 15)"},
        {0, "01 01 64 10", "block 0x63 15 ref.null 15 0xfb 0x19 1 0 15 16 local.set 0 ref.null 15 end drop", NULL},
        {0, "01 01 64 10", "block 0x63 15 ref.null 15 0xfb 0x19 3 0 15 16 local.set 0 ref.null 15 end drop",
         "type mismatch: local.set takes (ref 16), found (ref null 16)"},
        {0, NULL, "block 0x63 15 ref.null 15 0xfb 0x18 3 0 16 15 end drop",
         "type mismatch: br_on_cast takes (ref null 16), found (ref null 15)"},
        {0, NULL, "block i32 ref.null 15 0xfb 0x18 3 0 15 16 end drop",
         "type mismatch: the label of br_on_cast takes i32, found (ref null 16)"},
        {0, NULL, "block void ref.null 15 0xfb 0x18 4 0 15 16 end", "malformed br_on_cast flags: 4"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void calls(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "i32.const 1 call 0", NULL},
        {2, NULL, "call 2", NULL},
        {0, NULL, "call 2 call 3", NULL},
        {14, NULL, "i32.const 1 i32.const 0 call_indirect 1 0", NULL},
        {14, NULL, "i32.const 1 i64.const 0 call_indirect 1 2", NULL},
        {14, NULL, "i32.const 1 ref.func 0 call_ref 1", NULL},
        {14, NULL, "i32.const 1 return_call 0", NULL},
        {14, NULL, "i32.const 1 i32.const 0 return_call_indirect 1 0", NULL},
        {14, NULL, "i32.const 1 ref.func 0 return_call_ref 1", NULL},
        {0, NULL, "call 1", NULL},
        {0, NULL, "call 7", "unknown function 7: the module has 7, counted from 0"},
        {0, NULL, "call 0 drop", "type mismatch: call takes i32, found nothing"},
        {0, NULL, "i64.const 0 call 0 drop", "type mismatch: call takes i32, found i64"},
        {0, NULL, "i64.const 1 i64.const 2 call 3", "type mismatch: call takes i32, found i64"},
        {0, NULL, "i32.const 0 call_indirect 20 0", "unknown type 20"},
        {0, NULL, "i32.const 0 call_indirect 0 3", "unknown table 3"},
        {0, NULL, "i32.const 0 call_indirect 0 1",
         "type mismatch: call_indirect takes a table of functions, found extern"},
        {0, NULL, "i32.const 0 call_indirect 5 0",
         "type mismatch: call_indirect takes a function type, type 5 is a struct"},
        {0, NULL, "i32.const 0 call_indirect 0 2", "type mismatch: call_indirect takes i64, found i32"},
        {0, NULL, "ref.func 1 call_ref 1 drop", "type mismatch: call_ref takes (ref null 1), found (ref 0)"},
        {0, NULL, "i32.const 1 return_call 0", "type mismatch: return_call takes a function with the 0 results"},
        {12, NULL, "i32.const 1 return_call 0", "type mismatch: return_call takes a function with the results of this"},
        {14, NULL, "i64.const 1 return_call 0", "type mismatch: return_call takes i32, found i64"},
        {14, NULL, "i32.const 1 i64.const 1 return_call_indirect 1 0", "type mismatch: return_call_indirect takes i32"},
        {0, NULL, "ref.func 4 drop", "undeclared function reference: function 4"},
        {0, NULL, "ref.func 9 drop", "unknown function 9"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void exceptions(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {0, NULL, "throw 0", NULL},
        {0, NULL, "i32.const 1 i64.const 2 throw 1", NULL},
        {0, NULL, "ref.null exn throw_ref", NULL},
        {0, NULL, "try_table void 0 end", NULL},
        {0, NULL, "try_table void 2 0x00 0 0 0x02 0 end", NULL},
        {2, NULL, "block 2 try_table void 1 0x00 1 0 end unreachable end", NULL},
        {0, NULL, "block exnref try_table void 1 0x03 0 end ref.null exn end drop", NULL},
        {0, NULL, "throw 3", "unknown tag 3: the module has 3, counted from 0"},
        {0, NULL, "throw 1", "type mismatch: throw takes i64, found nothing"},
        {0, NULL, "throw_ref", "type mismatch: throw_ref takes exnref, found nothing"},
        {0, NULL, "try_table void 1 0x00 1 0 end", "type mismatch: a catch clause gives 2 operands, its label takes 0"},
        {0, NULL, "block i32 try_table void 1 0x03 0 end i32.const 0 end drop",
         "type mismatch: the label of a catch clause takes i32, found (ref exn)"},
        {0, NULL, "try_table void 1 0x04 0 end", "malformed catch clause: 0x04"},
        {0, NULL, "try_table void 1 0x02 1 end", "unknown label 1"},
        /* legacy */
        {0, NULL, "try void throw 0 catch 0 rethrow 0 catch_all rethrow 0 end", NULL},
        {0, NULL, "try void catch 2 drop end", NULL},
        {14, NULL, "try i32 i32.const 1 catch 1 drop catch_all i32.const 2 end", NULL},
        {0, NULL, "try void delegate 0", NULL},
        {14, NULL, "try i32 i32.const 1 delegate 0", NULL},
        {0, NULL, "block void try void delegate 1 end", NULL},
        {0, NULL, "try void delegate 1", "unknown label 1"},
        {0, NULL, "block void delegate 0", "malformed delegate: it does not end a `try`"},
        {0, NULL, "catch 0", "malformed catch: no `try` is open here"},
        {0, NULL, "try void catch_all catch_all end", "malformed catch_all: no `try` is open here"},
        {0, NULL, "try void rethrow 0 end", "invalid rethrow label: it takes one of a catch"},
        {14, NULL, "try i32 catch_all i32.const 1 end", "type mismatch: the end of"},
    };
    code_check(cases, WP_ARRAY_LEN(cases) - 1);
    /* `catch` ends what is before it, and is the instruction at fault. */
    struct code_result r = code_validate(&cases[WP_ARRAY_LEN(cases) - 1], 0);
    assert_non_null(strstr(r.err.msg, "type mismatch: catch_all takes i32, found nothing"));
}

static void never_reached(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "unreachable", NULL},
        {14, NULL, "unreachable i32.add", NULL},
        {14, NULL, "unreachable i64.const 1 i32.wrap_i64 i32.add", NULL},
        {0, NULL, "unreachable drop drop select drop", NULL},
        {14, NULL, "unreachable select", NULL},
        {14, NULL, "br 0 i32.add", "type mismatch: br takes i32"},
        {0, NULL, "block i32 unreachable br_if 0 end drop", NULL},
        {2, NULL, "unreachable i32.const 0 br_table 1 0 0", NULL},
        {2, NULL, "unreachable call 2", NULL},
        {0, NULL, "unreachable i64.const 1 i32.eqz drop", "type mismatch: i32.eqz takes i32, found i64"},
        {0, NULL, "unreachable i32.const 1",
         "type mismatch: the function's end returns 0 values, 1 more left on the stack (i32)"},
        {14, NULL, "unreachable f32.const", "type mismatch: the function's end takes i32, found f32"},
        {0, NULL, "unreachable i32.const 0 if void drop end", "type mismatch: drop takes a value, found nothing"},
        {0, NULL, "unreachable local.set 0", "unknown local 0"},
        {1, "01 01 7e", "unreachable select local.set 1", NULL},
        {0, NULL, "unreachable select local.set 0", "unknown local 0"},
        {0, NULL, "unreachable select local.set 5", "unknown local 5"},
        {0, NULL, "unreachable ref.as_non_null i32.eqz drop", "type mismatch: i32.eqz takes i32, found a reference"},
        {0, NULL, "unreachable ref.as_non_null call_ref 0", NULL},
        {0, NULL, "unreachable br_on_null 0 drop", NULL},
        {0, NULL, "unreachable array.new_fixed 6 4294967295 drop", NULL},
        {0, NULL, "unreachable i64.const 0 array.new_fixed 6 4294967295 drop",
         "type mismatch: array.new_fixed takes i32"},
        {0, NULL, "unreachable 0x16", "illegal opcode 16"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

/* What the executor will reserve. */
static void records(void **state WP_UNUSED)
{
    static const struct {
        struct code_case c;
        uint32_t height, labels;
    } cases[] = {
        {{0, NULL, "", NULL}, 0, 1},
        {{14, NULL, "i32.const 1", NULL}, 1, 1},
        {{14, NULL, "i32.const 1 i32.const 2 i32.const 3 i32.add i32.add", NULL}, 3, 1},
        {{14, NULL, "block i32 i32.const 1 end block i32 i32.const 1 end i32.add", NULL}, 2, 2},
        {{0, NULL, "block void block void loop void end end end block void end", NULL}, 0, 4},
        {{0, NULL, "call 2 drop drop", NULL}, 2, 1},
        {{0, NULL, "i32.const 1 block void i32.const 2 i32.const 3 drop drop end drop", NULL}, 3, 2},
        {{0, NULL, "i32.const 1 if void i32.const 1 drop else i32.const 1 i32.const 1 drop drop end", NULL}, 2, 2},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        struct code_result r = code_validate(&cases[i].c, 0);
        assert_int_equal(r.rc, 0);
        assert_int_equal(r.max_height, cases[i].height);
        assert_int_equal(r.max_labels, cases[i].labels);
    }
}

static struct code_result repeated(const char *text, size_t times, const char *tail)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT, one = WP_BUF_INIT;
    code_assemble(&one, text);
    wp_buf_add_char(&body, 0);
    for (size_t i = 0; i < times; i++) {
        wp_buf_add(&body, one.ptr, one.len);
    }
    code_assemble(&body, tail);
    wp_buf_add_char(&body, WRT_OP_END);
    return code_validate_bytes(0, wp_buf_span(&body), 0);
}

/* The stack grows where it is full, whatever pushes. */
static void growth(void **state WP_UNUSED)
{
    static const struct {
        const char *tail;
        uint32_t pushed;
    } cases[] = {
        {"call 5 unreachable", 1}, {"call 2 unreachable", 2}, {"i64.const 1 unreachable", 1}, {"local.get 0", 0}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        for (size_t n = 1015; n < 1030; n++) {
            struct code_result r = repeated("i32.const 1", n, cases[i].tail);
            assert_int_equal(r.rc, cases[i].pushed > 0 ? 0 : -1);
            assert_int_equal(r.max_height, n + cases[i].pushed);
        }
    }
}

static void limits(void **state WP_UNUSED)
{
    struct code_result r = repeated("i32.const 1", WP_LIMIT_WASM_OPERANDS, "unreachable");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.max_height, WP_LIMIT_WASM_OPERANDS);
    r = repeated("i32.const 1", WP_LIMIT_WASM_OPERANDS + 1, "unreachable");
    assert_int_equal(r.rc, -1);
    assert_int_equal(r.err.code, WP_E_LIMIT);
    assert_non_null(strstr(r.err.msg, "more than 1000000 operands in one function"));
    assert_int_equal(r.err.at, 1 + 2 * WP_LIMIT_WASM_OPERANDS);
    r = repeated("block void", WP_LIMIT_WASM_LABELS, "");
    assert_int_equal(r.err.code, WP_E_LIMIT);
    assert_non_null(strstr(r.err.msg, "more than 500000 blocks in blocks"));
    r = repeated("block void", WP_LIMIT_WASM_LABELS - 1, "");
    assert_int_equal(r.err.code, WP_E_MODULE);
    assert_non_null(strstr(r.err.msg, "unexpected end"));
}

/* The place is the instruction's first byte; a body that stops anywhere is refused, and not read beyond. */
static void places(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    wp_buf_add_char(&body, 0);
    code_assemble(&body, "i32.const 300 i32.const 0 i32.load 2 1000 f64.const drop i32.add i64.eqz drop");
    wp_buf_add_char(&body, WRT_OP_END);
    struct code_result r = code_validate_bytes(0, wp_buf_span(&body), 0);
    assert_int_equal(r.rc, -1);
    assert_int_equal(r.err.at, body.len - 3);
    assert_non_null(strstr(r.err.msg, ": type mismatch: i64.eqz takes i64, found i32"));
    body.ptr[body.len - 3] = WRT_OP_I32_EQZ;
    assert_int_equal(code_validate_bytes(0, wp_buf_span(&body), 0).rc, 0);
    for (size_t len = 0; len < body.len; len++) {
        assert_int_equal(code_validate_bytes(0, wp_span(body.ptr, len), 0).rc, -1);
    }
    for (size_t i = 1; i + 1 < body.len; i++) { /* a number that swallows the last `end` */
        WP_AUTO_BUF struct wp_buf cut = WP_BUF_INIT;
        wp_buf_add(&cut, body.ptr, i);
        wp_buf_add_char(&cut, WRT_OP_END);
        (void)code_validate_bytes(0, wp_buf_span(&cut), 0);
    }
}

/* Long lists are compared once, and only as far as they were compared. */
static void long_lists(void **state WP_UNUSED)
{
#define I31_4  "ref.null i31 ref.null i31 ref.null i31 ref.null i31 "
#define I31_16 I31_4 I31_4 I31_4 I31_4
    static const struct code_case cases[] = {
        {0, NULL, "block 18 " I31_16 "ref.null func br 0 end unreachable", NULL},
        {0, NULL, "block 19 " I31_16 "ref.null extern end unreachable", NULL},
        {0, NULL, "block 19 " I31_16 "ref.null func end unreachable",
         "type mismatch: the block's end takes externref, found"},
        {0, NULL, "block 19 block 18 unreachable end end unreachable",
         "type mismatch: the block's end takes externref"},
        {0, NULL, "block 19 block 18 unreachable end drop ref.null extern end unreachable", NULL},
        {0, NULL,
         "block 19 block 18 unreachable end drop ref.null extern br 0 end block 19 block 18 unreachable end br 0 end "
         "unreachable",
         "type mismatch: br takes externref, found funcref"},
        {0, NULL,
         "block 19 block 18 " I31_16 "ref.null func br_on_non_null 0 ref.null extern br_on_non_null 1 unreachable end "
         "end unreachable",
         "type mismatch: the block's end takes externref, found funcref"},
        {0, NULL, "block 18 block 19 unreachable end drop ref.null func end unreachable",
         "type mismatch: the block's end takes i31ref, found anyref"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

/* Which instruction gave the operand that is wrong, though others came and went since. */
static void origins(void **state WP_UNUSED)
{
    static const struct {
        struct code_case c;
        const char *end;
    } cases[] = {
        {{0, NULL, "f32.const i32.eqz drop", NULL}, "found f32, pushed by f32.const at byte 0x1"},
        {{1, "01 01 7e", "i32.const 5 local.get 1 nop i32.add", NULL}, "found i64, pushed by local.get at byte 0x5"},
        {{1, NULL, "f32.const f32.const f32.eq f64.const drop f32.const i32.const 1 drop i32.add", NULL},
         "found f32, pushed by f32.const at byte 0x16"},
        {{0, NULL, "call 2 i32.eqz drop drop", NULL}, "found i64, pushed by call at byte 0x1"},
        {{0, NULL, "i32.const 1 block void nop end", NULL}, "(i32), pushed by i32.const at byte 0x1"},
        {{0, NULL, "block i64 i64.const 1 end i32.eqz drop", NULL}, "found i64, pushed by end at byte 0x5"},
        {{0, NULL, "block i64 i64.const 1 i32.const 0 br_table 1 0 0 end i32.eqz drop", NULL},
         "pushed by end at byte 0xb"},
        {{0, NULL, "i32.const 0 br_on_null 0 drop", NULL}, "found i32, pushed by i32.const at byte 0x1"},
        {{0, NULL, "i32.eqz drop", NULL}, "found nothing"},
        {{0, NULL, "ref.null extern i32.const 0 i32.const 0 i32.const 0 table.copy 0 1", NULL}, "found externref"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        struct code_result r = code_validate(&cases[i].c, 0);
        size_t len = strlen(r.err.msg), end = strlen(cases[i].end);
        if (r.rc == 0 || len < end || !wp_str_eq(r.err.msg + len - end, cases[i].end)) {
            fail_msg("%s\n  gives '%s', expected ... %s", cases[i].c.text, r.err.msg, cases[i].end);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks),     cmocka_unit_test(branches),      cmocka_unit_test(calls),
        cmocka_unit_test(exceptions), cmocka_unit_test(never_reached), cmocka_unit_test(records),
        cmocka_unit_test(origins),    cmocka_unit_test(long_lists),    cmocka_unit_test(limits),
        cmocka_unit_test(growth),     cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
