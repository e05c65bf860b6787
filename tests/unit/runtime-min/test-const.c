/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant expressions: each is the initial value of a global behind a few types, imported globals and a function. */
#include "module-fixture.h"

/* Types: 0 (), 1 struct i8 i64, 2 array i32, 3 struct (ref func), 4 array funcref. */
#define TYPES "05 60 00 00 5f 02 78 00 7e 00 5e 7f 00 5f 01 64 70 00 5e 70 00"
/* Globals: 0 i32, 1 i64 mutable, 2 externref. */
#define IMPORTS  "03 01 61 01 62 03 7f 00 01 61 01 63 03 7e 01 01 61 01 64 03 6f 00"
#define FUNCTION "03 02 01 00 "
#define CODE     "0a 04 01 02 00 0b "

static void add_section(struct wp_buf *hex, unsigned id, const char *body)
{
    size_t digits = 0;
    for (const char *p = body; *p; p++) {
        digits += *p != ' ';
    }
    wp_buf_printf(hex, "%02x %02x %02x %s ", id, (unsigned)(digits / 2) | 0x80, 0, body);
    assert_true(digits / 2 < 128);
}

/* A module whose only own global has this type and value; *ret_at: where the value begins. */
static void with_global(struct wp_buf *hex, const char *type, const char *expr, size_t *ret_at)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    add_section(hex, 1, TYPES);
    add_section(hex, 2, IMPORTS);
    wp_buf_printf(hex, FUNCTION);
    wasm_hex(&bytes, hex->ptr);
    wp_buf_printf(&body, "01 %s 00 %s", type, expr);
    *ret_at = 8 + bytes.len + 3 + 1 + (strlen(type) + 1) / 3 + 1;
    add_section(hex, 6, body.ptr);
    wp_buf_printf(hex, CODE);
}

struct const_case {
    const char *type, *expr;
    unsigned at;         /* of the fault, counted from the begin of the expression */
    const char *message; /* NULL: valid */
};

static const struct const_case cases[] = {
    {"7f", "41 00 0b", 0, NULL},
    {"7f", "41 ff ff ff ff 07 0b", 0, NULL},
    {"7f", "41 80 80 80 80 78 0b", 0, NULL},
    {"7f", "41 80 80 80 80 08 0b", 1, "integer too large: it has more than 32 bits"},
    {"7f", "41 80 80 80 80 80 00 0b", 1, "integer representation too long: it has more than 5 bytes"},
    {"7e", "42 ff ff ff ff 77 0b", 0, NULL},
    {"7e", "42 80 80 80 80 80 80 80 80 80 7f 0b", 0, NULL},
    {"7e", "42 80 80 80 80 80 80 80 80 80 01 0b", 1, "integer too large: it has more than 64 bits"},
    {"7d", "43 00 00 80 3f 0b", 0, NULL},
    {"7c", "44 00 00 00 00 00 00 f0 3f 0b", 0, NULL},
    {"7b", "fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b", 0, NULL},
    {"7f", "23 00 0b", 0, NULL},
    {"6f", "23 02 0b", 0, NULL},
    {"70", "d0 70 0b", 0, NULL},
    {"6f", "d0 6f 0b", 0, NULL},
    {"70", "d2 00 0b", 0, NULL},
    {"64 00", "d2 00 0b", 0, NULL},
    {"7f", "41 01 41 02 6a 0b", 0, NULL},
    {"7f", "41 01 23 00 6b 41 03 6c 0b", 0, NULL},
    {"7e", "42 01 42 02 7c 42 03 7d 42 04 7e 0b", 0, NULL},
    {"6c", "41 01 fb 1c 0b", 0, NULL},
    {"64 01", "41 01 42 02 fb 00 01 0b", 0, NULL},
    {"64 01", "fb 01 01 0b", 0, NULL},
    {"6e", "41 07 41 03 fb 06 02 0b", 0, NULL},
    {"6a", "41 03 fb 07 02 0b", 0, NULL},
    {"64 02", "41 01 41 02 41 03 fb 08 02 03 0b", 0, NULL},
    {"64 04", "d2 00 d0 70 fb 08 04 02 0b", 0, NULL},
    {"6e", "23 02 fb 1a 0b", 0, NULL},
    {"64 6f", "41 00 fb 1c fb 1b 0b", 0, NULL},
    {"7f", "0b", 0, "type mismatch: expected i32, nothing is on the stack"},
    {"7f", "42 00 0b", 2, "type mismatch: expected i32, found i64"},
    {"7f", "41 00 41 00 0b", 4, "type mismatch: values remain on the stack at the end of the expression"},
    {"7f", "41 00 6a 0b", 2, "type mismatch: expected i32, nothing is on the stack"},
    {"7f", "42 00 42 00 6a 0b", 4, "type mismatch: expected i32, found i64"},
    {"7f", "01 0b", 0, "constant expression required: instruction 0x01 is not constant"},
    {"7f", "41 00 41 00 6d 0b", 4, "constant expression required: instruction 0x6d is not constant"},
    {"7f", "10 00 0b", 0, "constant expression required: instruction 0x10 is not constant"},
    {"7f", "27 0b", 0, "illegal opcode 0x27"},
    {"7f", "ff 0b", 0, "illegal opcode 0xff"},
    {"7e", "23 01 0b", 0, "constant expression required: global 1 is mutable"},
    {"7f", "23 03 0b", 0, "unknown global 3: 3 are defined before it"},
    {"70", "d2 01 0b", 0, "unknown function 1: the module has 1"},
    {"64 70", "d0 70 0b", 2, "type mismatch: expected (ref func), found funcref"},
    {"70", "d0 6f 0b", 2, "type mismatch: expected funcref, found externref"},
    {"7b", "fd 0f 0b", 0, "constant expression required: vector instruction 15 is not constant"},
    {"64 01", "41 01 41 02 fb 00 01 0b", 4, "type mismatch: expected i64, found i32"},
    {"64 01", "42 02 fb 00 01 0b", 2, "type mismatch: expected i32, nothing is on the stack"},
    {"64 03", "fb 01 03 0b", 0, "type mismatch: field 0 has no default value"},
    {"64 01", "fb 01 02 0b", 0, "type mismatch: type 2 is not a struct"},
    {"64 02", "41 03 fb 07 01 0b", 2, "type mismatch: type 1 is not an array"},
    {"64 02", "fb 01 05 0b", 0, "unknown type 5: the module has 5"},
    {"64 02", "41 01 fb 08 02 02 0b", 2, "type mismatch: expected i32, nothing is on the stack"},
    {"6e", "fb 0b 02 00 0b", 0, "constant expression required: instruction 0xfb 11 is not constant"},
    {"64 6e", "23 02 fb 1a 0b", 4, "type mismatch: expected (ref any), found anyref"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
        size_t at;
        struct module_fixture f;
        with_global(&hex, cases[i].type, cases[i].expr, &at);
        module_decode(&f, hex.ptr, wrt_features_default());
        if (cases[i].message) {
            wp_buf_printf(&want, "global section: at byte 0x%zx: %s", at + cases[i].at, cases[i].message);
            assert_string_equal(f.err.msg, want.ptr);
            assert_int_equal(f.err.at, at + cases[i].at);
        } else if (f.rc != 0) {
            fail_msg("%s: %s", cases[i].expr, f.err.msg);
        } else {
            assert_int_equal(f.m.globals[3].init.len, (strlen(cases[i].expr) + 1) / 3);
            assert_int_equal(wrt_declared(&f.m, 0), strstr(cases[i].expr, "d2 00") != NULL);
        }
        module_done(&f);
    }
}

struct gated_case {
    uint64_t feature;
    const char *type, *expr, *message;
};

static void test_features(void **state)
{
    (void)state;
    const struct gated_case gated[] = {
        {WRT_F_EXTENDED_CONST, "7f", "41 01 41 02 6a 0b",
         "constant expression required: instruction 0x6a is not constant"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(gated); i++) {
        WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
        size_t at;
        struct module_fixture f;
        with_global(&hex, gated[i].type, gated[i].expr, &at);
        module_decode(&f, hex.ptr, wrt_features_default() & ~gated[i].feature);
        assert_non_null(strstr(f.err.msg, gated[i].message));
        assert_string_equal(f.err.hint, "if the host has it: --features extended-const");
        module_done(&f);
        module_decode(&f, hex.ptr, wrt_features_default());
        assert_int_equal(f.rc, 0);
        assert_true((f.m.used & gated[i].feature) != 0);
        module_done(&f);
    }
}

/* Before GC only imported globals were constants. */
static void test_earlier_global(void **state)
{
    (void)state;
    const char *hex = "06 0b 02 7f 00 41 00 0b 7f 00 23 00 0b";
    struct module_fixture f;
    module_decode(&f, hex, wrt_features_default());
    assert_int_equal(f.rc, 0);
    module_done(&f);
    module_decode(&f, hex, wrt_features_default() & ~WRT_F_GC);
    assert_string_equal(f.err.msg,
                        "global section: at byte 0x12: constant expression required: global 0 is not imported");
    module_done(&f);
    module_decode(&f, "06 06 01 7f 00 23 00 0b", wrt_features_default());
    assert_string_equal(f.err.msg, "global section: at byte 0xd: unknown global 0: 0 are defined before it");
    module_done(&f);
}

/* More operands than a few, and none left over. */
static void test_many_operands(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
    unsigned n = 1000, size = 4 + 2 * n + (n - 1);
    wp_buf_printf(&hex, "06 %02x %02x 01 7f 00 ", (size & 0x7f) | 0x80, size >> 7);
    for (unsigned i = 0; i < n; i++) {
        wp_buf_printf(&hex, "41 00 ");
    }
    for (unsigned i = 1; i < n; i++) {
        wp_buf_printf(&hex, "6a ");
    }
    wp_buf_printf(&hex, "0b ");
    struct module_fixture f;
    module_decode(&f, hex.ptr, wrt_features_default());
    if (f.rc != 0) {
        fail_msg("%s", f.err.msg);
    }
    module_done(&f);
}

/* Cut anywhere, an expression is refused. */
static void test_truncated(void **state)
{
    (void)state;
    const char *const all[] = {"41 80 80 80 80 78 0b",
                               "fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b",
                               "44 00 00 00 00 00 00 f0 3f 0b",
                               "41 01 42 02 fb 00 01 0b",
                               "d2 00 0b",
                               "23 00 0b"};
    for (size_t i = 0; i < WP_ARRAY_LEN(all); i++) {
        for (size_t len = 0; len + 3 <= strlen(all[i]); len += 3) {
            WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
            wp_buf_printf(&hex, "06 %02zx 01 7f 00 %.*s", 3 + len / 3, (int)len, all[i]);
            struct module_fixture f;
            module_decode(&f, hex.ptr, wrt_features_default());
            assert_int_equal(f.rc, -1);
            module_done(&f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),         cmocka_unit_test(test_features),  cmocka_unit_test(test_earlier_global),
        cmocka_unit_test(test_many_operands), cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
