/* SPDX-License-Identifier: Apache-2.0
 *
 * Function bodies: numbers, variables, memories, tables; what an invalid one is told. */
#include "code-module.h"
#include "runtime-min/opcode.h"
#include "tests/unit/unit.h"
#include "wasm-hex.h"

static void numbers(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {0, NULL, "", NULL},
        {0, NULL, "nop nop", NULL},
        {14, NULL, "i32.const 1 i32.const -2 i32.add", NULL},
        {14, NULL, "i32.const -2147483648", NULL},
        {14, NULL, "i64.const -9223372036854775808 i32.wrap_i64", NULL},
        {14, NULL, "f64.const f64.const f64.lt", NULL},
        {14, NULL, "f32.const i32.trunc_f32_s i32.extend8_s", NULL},
        {14, NULL, "f32.const i32.trunc_sat_f32_u", NULL},
        {2, NULL, "i32.const 1 i64.const 2", NULL},
        {0, NULL, "i64.const 1 i64.const 2 i64.const 3 i64.const 4 i64.add128 drop drop", NULL},
        {0, NULL, "i64.const 1 i64.const 2 i64.mul_wide_s drop drop", NULL},
        {14, NULL, "", "type mismatch: the function's end takes i32, found nothing"},
        {14, NULL, "i64.const 1", "type mismatch: the function's end takes i32, found i64"},
        {0, NULL, "i32.const 1", "type mismatch: the function's end returns 0 values, 1 more left on the stack (i32)"},
        {14, NULL, "i32.const 1 i32.const 1",
         "type mismatch: the function's end returns 1 value, 1 more left on the stack (i32)"},
        {14, NULL, "i32.const 1 i32.add", "type mismatch: i32.add takes i32, found nothing"},
        {14, NULL, "i32.const 1 f32.const i32.add", "type mismatch: i32.add takes i32, found f32"},
        {14, NULL, "f32.const i32.const 1 i32.add", "type mismatch: i32.add takes i32, found f32"},
        {14, NULL, "i32.const 1 i64.eqz", "type mismatch: i64.eqz takes i64, found i32"},
        {0, NULL, "i64.const 1 i64.const 2 i64.const 3 i64.add128 drop drop",
         "type mismatch: i64.add128 takes i64, found nothing"},
        {0, NULL, "drop", "type mismatch: drop takes a value, found nothing"},
        {0, NULL, "0x16", "illegal opcode 16"},
        {0, NULL, "0xfc 0x18", "illegal opcode fc 18"},
        {0, NULL, "0xfd 0x9a 0x01", "illegal opcode fd 9a"},
        {0, NULL, "0xfe 0x04", "illegal opcode fe 04"},
        {0, NULL, "0xff", "illegal opcode ff"},
        {0, NULL, "0xfc 0x80 0x80 0x80 0x80 0x80 0x00", "integer representation too long"},
        {0, NULL, "0x41 0x80 0x80 0x80 0x80 0x70 drop", "integer too large"},
        {0, NULL, "0x41 0x80 0x80 0x80 0x80 0x78 drop", NULL},
        {0, NULL, "0x41 0x80 0x80 0x80 0x80 0x80 0x00 drop", "integer representation too long"},
        {0, NULL, "0x42 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x7e drop", "integer too large"},
        {0, NULL, "0x42 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x7f drop", NULL},
        {0, NULL, "0x44 0x00", "unexpected end"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void variables(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {1, NULL, "local.get 0", NULL},
        {1, "01 01 7e", "i64.const 1 local.set 1 local.get 0 local.tee 0", NULL},
        {4, "03 c801 7f 01 7d c801 7e", "i64.const 0 local.set 300 f32.const local.set 202 local.get 201", NULL},
        {1, NULL, "local.get 1", "unknown local 1: the function has 1, counted from 0"},
        {1, "01 01 7e", "local.get 1", "type mismatch: the function's end takes i32, found i64"},
        {4, "03 c801 7f 01 7d c801 7e", "i32.const 0 local.set 202 local.get 0",
         "type mismatch: local.set takes f32, found i32"},
        {4, "03 c801 7f 01 7d c801 7e", "local.get 403", "unknown local 403"},
        {0, "01 ffffffff0f 7f", "", "more than 50000 locals"},
        {0, "02 ffffffff0f 7f 01 7e", "", "too many locals"},
        {0, "02 01 7f", "", "unexpected end"},
        {0, "01 01 40", "", "malformed value type: 0x40"},
        {0, "01 808080808000 7f", "", "integer representation too long"},
        {0, "808080808000", "", "integer representation too long"},
        {1, "01 cf8603 7f", "local.get 0", NULL},
        {1, "01 d08603 7f", "local.get 0", "more than 50000 locals"},
        {0, NULL, "i32.const 1 global.set 0 global.get 0 drop global.get 1 drop", NULL},
        {14, NULL, "global.get 0 global.get 0 i32.add", NULL},
        {0, NULL, "i64.const 1 global.set 1", "immutable global 1: global.set takes one that is mutable"},
        {0, NULL, "i64.const 1 global.set 0", "type mismatch: global.set takes i32, found i64"},
        {0, NULL, "global.get 3", "unknown global 3: the module has 3, counted from 0"},
        /* locals without a default value */
        {0, "01 01 64 05", "call 5 local.set 0 local.get 0 drop", NULL},
        {0, "01 01 64 05", "local.get 0 drop", "uninitialized local 0: (ref 5) has no default value"},
        {0, "01 01 64 05", "block void call 5 local.set 0 local.get 0 drop end local.get 0 drop",
         "uninitialized local 0"},
        {0, "01 01 64 05", "call 5 local.set 0 block void local.get 0 drop end local.get 0 drop", NULL},
        {0, "01 01 64 05", "i32.const 1 if void call 5 local.set 0 else local.get 0 drop end", "uninitialized local 0"},
        {0, "01 01 64 05", "call 5 local.tee 0 drop local.get 0 drop", NULL},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void memories(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {14, NULL, "i32.const 0 i32.load 2 4", NULL},
        {14, NULL, "i32.const 0 i32.load 2 100000000", NULL},
        {0, NULL, "i32.const 0 f64.const f64.store 3 0", NULL},
        {14, NULL, "i64.const 0 i32.load 66 1 4", NULL},
        {14, NULL, "i64.const 0 i32.load 66 1 4294967296", NULL},
        {14, NULL, "i32.const 0 i32.load 2 4294967296", "offset out of range: memory 0 has 32-bit addresses"},
        {0, NULL, "i32.const 0 f64.const f64.store 3 4294967296", "offset out of range: memory 0 has 32-bit addresses"},
        {0, NULL, "i64.const 0 f64.const f64.store 67 1 4294967296", NULL},
        {14, NULL, "i32.const 0 i32.load 66 1 4", "type mismatch: i32.load takes i64, found i32"},
        {14, NULL, "i32.const 0 i32.load 66 2 4", "unknown memory 2: the module has 2, counted from 0"},
        {14, NULL, "i32.const 0 i32.load 3 4", "alignment must not be larger than natural: i32.load has 2^3 bytes"},
        {14, NULL, "i32.const 0 0x28 0x80 0x01 0x00", "malformed memop flags: 128"},
        {14, NULL, "i64.const 0 i32.load 2 4", "type mismatch: i32.load takes i32, found i64"},
        {0, NULL, "i32.const 0 f32.const f64.store 3 0", "type mismatch: f64.store takes f64, found f32"},
        {0, NULL, "f32.const f64.const f64.store 3 0", "type mismatch: f64.store takes i32, found f32"},
        {14, NULL, "memory.size 0 memory.grow 0", NULL},
        {14, NULL, "memory.size 1", "type mismatch: the function's end takes i32, found i64"},
        {14, NULL, "memory.size 2", "unknown memory 2"},
        {0, NULL, "i32.const 0 i32.const 0 i32.const 0 memory.copy 0 0", NULL},
        {0, NULL, "i64.const 0 i32.const 0 i32.const 0 memory.copy 1 0", NULL},
        {0, NULL, "i64.const 0 i64.const 0 i64.const 0 memory.copy 1 1", NULL},
        {0, NULL, "i64.const 0 i32.const 0 i64.const 0 memory.copy 1 0", "type mismatch: memory.copy takes i32"},
        {0, NULL, "i64.const 0 i32.const 0 i64.const 0 memory.fill 1", NULL},
        {0, NULL, "i64.const 0 i32.const 0 i32.const 0 memory.init 1 1", NULL},
        {0, NULL, "i64.const 0 i32.const 0 i32.const 0 memory.init 2 1", "unknown data segment 2"},
        {0, NULL, "data.drop 1", NULL},
        {0, NULL, "data.drop 2", "unknown data segment 2: the module has 2, counted from 0"},
        {14, NULL, "i32.const 0 i32.const 1 i32.atomic.rmw.add 2 0", NULL},
        {14, NULL, "i32.const 0 i32.const 1 i32.atomic.rmw.add 1 0", "atomic alignment must be natural"},
        {14, NULL, "i32.const 0 i32.const 1 i32.atomic.rmw.add 3 0", "alignment must not be larger than natural"},
        {14, NULL, "i32.const 0 i64.const 1 i64.const 2 memory.atomic.wait64 3 0", NULL},
        {14, NULL, "i32.const 0 i32.const 1 memory.atomic.notify 2 0", NULL},
        {0, NULL, "atomic.fence", NULL},
        {0, NULL, "0xfe 0x03 0x01", "zero byte expected"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void vectors(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {0, NULL, "v128.const v128.const i8x16.add drop", NULL},
        {0, NULL, "i32.const 0 v128.load 4 0 drop", NULL},
        {0, NULL, "i32.const 0 v128.load 5 0 drop", "alignment must not be larger than natural"},
        {0, NULL, "i32.const 0 v128.const v128.load8_lane 0 0 15 drop", NULL},
        {0, NULL, "i32.const 0 v128.const v128.load8_lane 0 0 16 drop", "invalid lane index"},
        {0, NULL, "i32.const 0 v128.const v128.store64_lane 3 0 1", NULL},
        {0, NULL, "i32.const 0 v128.const v128.store64_lane 3 0 2",
         "invalid lane index: v128.store64_lane has 2 lanes"},
        {14, NULL, "v128.const i16x8.extract_lane_s 7", NULL},
        {14, NULL, "v128.const i16x8.extract_lane_s 8",
         "invalid lane index: i16x8.extract_lane_s has 8 lanes, found 8"},
        {0, NULL, "v128.const f64.const f64x2.replace_lane 1 drop", NULL},
        {0, NULL, "v128.const f32.const f64x2.replace_lane 1 drop", "type mismatch: f64x2.replace_lane takes f64"},
        {0, NULL, "v128.const v128.const i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 drop", NULL},
        {0, NULL, "v128.const v128.const i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32 drop",
         "invalid lane index: i8x16.shuffle has 32 lanes, found 32"},
        {0, NULL, "v128.const i32.const 1 i32x4.shl drop", NULL},
        {0, NULL, "v128.const v128.const i32x4.shl drop", "type mismatch: i32x4.shl takes i32, found v128"},
        {0, NULL, "v128.const v128.const v128.const f32x4.relaxed_madd drop", NULL},
        {0, NULL, "v128.const v128.const i32x4.relaxed_dot_i8x16_i7x16_add_s drop",
         "type mismatch: i32x4.relaxed_dot_i8x16_i7x16_add_s takes v128, found nothing"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

static void tables(void **state WP_UNUSED)
{
    static const struct code_case cases[] = {
        {0, NULL, "i32.const 0 table.get 0 drop", NULL},
        {0, NULL, "i64.const 0 table.get 2 drop", NULL},
        {0, NULL, "i32.const 0 table.get 2 drop", "type mismatch: table.get takes i64, found i32"},
        {0, NULL, "i32.const 0 ref.null extern table.set 1", NULL},
        {0, NULL, "i32.const 0 ref.null extern table.set 0", "type mismatch: table.set takes funcref, found externref"},
        {0, NULL, "table.size 2 drop ref.null func i64.const 1 table.grow 2 drop", NULL},
        {0, NULL, "i32.const 0 ref.null func i32.const 1 table.fill 0", NULL},
        {0, NULL, "i32.const 0 i64.const 0 i32.const 0 table.copy 0 2", NULL},
        {0, NULL, "i32.const 0 i32.const 0 i32.const 0 table.copy 0 1", "type mismatch: table.copy takes funcref"},
        {0, NULL, "i64.const 0 i32.const 0 i32.const 0 table.init 0 2", NULL},
        {0, NULL, "i64.const 0 i32.const 0 i32.const 0 table.init 1 2", "type mismatch: table.init takes funcref"},
        {0, NULL, "i32.const 0 i32.const 0 i32.const 0 table.init 2 0", "unknown elem segment 2"},
        {0, NULL, "i32.const 0 i32.const 0 i32.const 0 table.init 2 3", "unknown table 3"},
        {0, NULL, "elem.drop 1", NULL},
        {0, NULL, "elem.drop 2", "unknown elem segment 2: the module has 2, counted from 0"},
    };
    code_check(cases, WP_ARRAY_LEN(cases));
}

/* What one word of the row needs on the stack. */
static const char *push_of(uint32_t type)
{
    switch (type) {
    case WRT_I32:
    case WRT_OPERAND_ADDRESS:
        return "i32.const 0 ";
    case WRT_I64:
        return "i64.const 0 ";
    case WRT_F32:
        return "f32.const ";
    case WRT_F64:
        return "f64.const ";
    case WRT_V128:
        return "v128.const ";
    case WRT_ARRAYREF:
        return "ref.null array ";
    default:
        return "ref.null i31 ";
    }
}

static const char *immediates_of(const struct wrt_op *op)
{
    switch (op->imm) {
    case WRT_IMM_I32:
    case WRT_IMM_I64:
    case WRT_IMM_MEMORY:
    case WRT_IMM_LANE:
    case WRT_IMM_DATA:
    case WRT_IMM_ELEM:
        return " 0 ";
    case WRT_IMM_MEM:
    case WRT_IMM_ATOMIC:
        return op->arg == 0   ? " 0 0 "
               : op->arg == 1 ? " 1 0 "
               : op->arg == 2 ? " 2 0 "
               : op->arg == 3 ? " 3 0 "
                              : " 4 0 ";
    case WRT_IMM_MEM_LANE:
        return op->arg == 0 ? " 0 0 0 " : op->arg == 1 ? " 1 0 0 " : op->arg == 2 ? " 2 0 0 " : " 3 0 0 ";
    case WRT_IMM_DATA_MEMORY:
        return " 0 0 ";
    case WRT_IMM_SHUFFLE:
        return " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 ";
    default:
        return " ";
    }
}

/* Every row: valid with its operands, not without the lowest of them, not without its feature. */
static void rows(void **state WP_UNUSED)
{
    unsigned seen = 0;
    for (uint32_t i = 0; i < WRT_OP_COUNT; i++) {
        const struct wrt_op *op = &wrt_ops[i];
        const struct wrt_sig *sig = &wrt_sigs[op->sig];
        if (op->name == NULL || op->sig == WRT_SIG_SPECIAL) {
            continue;
        }
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        for (unsigned k = 0; k < sig->in_count; k++) {
            wp_buf_add_str(&text, push_of(sig->in[k]));
        }
        size_t first = sig->in_count > 0 ? strlen(push_of(sig->in[0])) : 0;
        wp_buf_printf(&text, "%s%s%s%s", op->name, immediates_of(op), sig->out_count > 0 ? "drop " : "",
                      sig->out_count > 1 ? "drop " : "");
        struct code_case c = {0, NULL, text.ptr, NULL};
        code_check(&c, 1);
        if (sig->in_count > 0) {
            c = (struct code_case){0, NULL, text.ptr + first, "type mismatch: "};
            code_check(&c, 1);
            c.text = text.ptr;
        }
        if (op->feature != 0) {
            struct code_result r = code_validate(&c, UINT64_C(1) << (op->feature - 1));
            assert_int_equal(r.rc, -1);
            assert_non_null(strstr(r.err.hint, wrt_feature_name(op->feature - 1u)));
            r = code_validate(&c, 0);
            assert_true((r.used >> (op->feature - 1) & 1) != 0);
        }
        seen++;
    }
    assert_int_equal(seen, 502);
}

/* Immediates that are numbers, from the first on, and a good value for the first. */
static unsigned numbers_of(uint32_t imm, uint8_t *ret_first)
{
    *ret_first = 0;
    switch (imm) {
    case WRT_IMM_MEM:
    case WRT_IMM_MEM_LANE:
    case WRT_IMM_INDIRECT:
    case WRT_IMM_TABLES:
    case WRT_IMM_MEMORIES:
    case WRT_IMM_DATA_MEMORY:
    case WRT_IMM_ELEM_TABLE:
        return 2;
    case WRT_IMM_FIELD:
        *ret_first = 5;
        return 2;
    case WRT_IMM_TYPES:
    case WRT_IMM_TYPE_COUNT:
    case WRT_IMM_TYPE_DATA:
        *ret_first = 6;
        return 2;
    case WRT_IMM_TYPE_ELEM:
        *ret_first = 8;
        return 2;
    case WRT_IMM_CATCHES:
        *ret_first = 0x40;
        return 2;
    case WRT_IMM_NONE:
    case WRT_IMM_CAST:
    case WRT_IMM_F32:
    case WRT_IMM_F64:
    case WRT_IMM_V128:
    case WRT_IMM_LANE:
    case WRT_IMM_SHUFFLE:
    case WRT_IMM_ZERO:
        return 0;
    default:
        return 1;
    }
}

static void put_opcode(struct wp_buf *b, uint32_t op)
{
    uint8_t prefix = op >= WRT_OP_FD ? 0xfd : op >= WRT_OP_FE ? 0xfe : op >= WRT_OP_FC ? 0xfc : 0xfb;
    uint32_t count = 0;
    if (op < WRT_OP_FB) {
        wp_buf_add_char(b, (char)op);
        return;
    }
    wp_buf_add_char(b, (char)prefix);
    wasm_leb(b, op - wrt_op_prefix(prefix, &count));
}

/* Numbers that are longer than any may be, and bodies that end within an instruction. */
static void bad_numbers(void **state WP_UNUSED)
{
    static const uint8_t longest[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                      0x80, 0x80, 0x80, 0x80, 0x00, 0x00, 0x0b};
    for (uint32_t op = 0; op < WRT_OP_COUNT; op++) {
        uint8_t first = 0;
        unsigned count = wrt_ops[op].name != NULL ? numbers_of(wrt_ops[op].imm, &first) : 0;
        for (unsigned good = 0; good < count && op != WRT_OP_DELEGATE; good++) {
            WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
            wp_buf_add_char(&body, 0);
            wp_buf_add_char(&body, WRT_OP_UNREACHABLE);
            put_opcode(&body, op);
            if (good == 1) {
                wp_buf_add_char(&body, (char)first);
            }
            wp_buf_add(&body, longest, sizeof(longest));
            struct code_result r = code_validate_bytes(0, wp_buf_span(&body), 0);
            if (r.rc == 0 || strstr(r.err.msg, "integer representation too long") == NULL) {
                fail_msg("%s: '%s'", wrt_ops[op].name, r.err.msg);
            }
            wp_buf_cut(&body, body.len - sizeof(longest));
            wp_buf_add_char(&body, WRT_OP_END); /* is an immediate here, if not too large for one */
            assert_int_equal(code_validate_bytes(0, wp_buf_span(&body), 0).rc, -1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),     cmocka_unit_test(variables), cmocka_unit_test(memories),
        cmocka_unit_test(vectors),     cmocka_unit_test(tables),    cmocka_unit_test(rows),
        cmocka_unit_test(bad_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
