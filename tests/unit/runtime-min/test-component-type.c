/* SPDX-License-Identifier: Apache-2.0
 *
 * Value and function types of components: which ones are refused in which words, and what is known of the others. */
#include "component-text.h"
#include "runtime-min/component.h"

#include <cmocka.h>

static const struct component_case cases[] = {
    {"7: 01 73", NULL},
    {"7: 01", "unexpected end"},
    {"7: 01 62", "at byte 0xb: invalid leading byte (0x62) for component defined type"},
    {"7: 01 70 62", "invalid leading byte (0x62) for component value type"},
    {"7: 01 70 00", "unknown type 0: type index out of bounds, 0 are defined before it"},
    {"7: 02 40 00 01 00 70 00", "type index 0 is not a defined type"},
    {"7: 01 72 00", "record type must have at least one field"},
    {"7: 01 72 01'a'73", NULL},
    {"7: 01 72 01''73", "record field name cannot be empty"},
    {"7: 01 72 01'aB'73", "record field name 'aB' is not in kebab case"},
    {"7: 01 72 02'a'73'A'73", "record field name 'A' conflicts with previous field name 'a'"},
    {"7: 01 71 00", "variant type must have at least one case"},
    {"7: 01 71 01'a'00 00", NULL},
    {"7: 01 71 01'a'01 73 00", NULL},
    {"7: 01 71 01'a'02", "invalid leading byte (0x2) for optional component value type"},
    {"7: 01 71 01'a'00 01", "invalid leading byte (0x1) for zero byte required"},
    {"7: 01 71 02'a'00 00'a'00 00", "variant case name 'a' conflicts with previous case name 'a'"},
    {"7: 01 6f 00", "tuple type must have at least one type"},
    {"7: 01 6f 02 73 7f", NULL},
    {"7: 01 6e 00", "flags must have at least one entry"},
    {"7: 01 6e 02'a''A'", "flag name 'A' conflicts with previous flag name 'a'"},
    {"7: 01 6d 00", "enum type must have at least one variant"},
    {"7: 01 6d 02'a''b'", NULL},
    {"7: 01 6d 02'x''X'", "enum tag name 'X' conflicts with previous tag name 'x'"},
    {"7: 01 6b 73", NULL},
    {"7: 01 6a 00 00", NULL},
    {"7: 01 6a 01 73 01 7f", NULL},
    {"7: 01 67 7f 00", "Fixed-length lists must have more than zero elements"},
    {"7: 01 67 77 ffffffff0f", "exceeds maximum byte size"},
    {"7: 02 67 77 80808004 6f 02 00 00", NULL},
    {"7: 02 67 77 80808008 6f 02 00 00", "exceeds maximum byte size"},
    {"7: 01 63 73 7f", NULL},
    {"7: 01 63 76 7f", "invalid map key type"},
    {"7: 02 73 63 00 7f", NULL},
    {"7: 02 70 73 63 00 7f", "invalid map key type"},
    {"7: 01 69 00", "type index out of bounds"},
    {"7: 02 73 69 00", "type index 0 is not a resource type"},
    {"7: 02 3f 7f 00 69 00", NULL},
    {"7: 01 3f 7c 00", "resources can only be represented by 'i32' or 'i64'"},
    {"7: 01 3f 7f 02", "invalid leading byte (0x2) for resource destructor"},
    {"7: 01 3f 7f 01 00", "unknown core function 0: function index out of bounds"},
    {"7: 01 42 01 01 3f 7f 00", "resources can only be defined within a concrete component"},
    {"7: 01 66 00", NULL},
    {"7: 01 66 01 74", "'stream<char>' is not valid at this time"},
    {"7: 02 74 66 01 00", "'stream<char>' is not valid at this time"},
    {"7: 03 3f 7f 00 68 00 65 01 01", "'future' payload cannot contain a 'borrow' type"},
    {"7: 03 3f 7f 00 68 00 66 01 01", "'stream' payload cannot contain a 'borrow' type"},
    {"7: 01 40 01'a'73 01 00", NULL},
    {"7: 01 40 00 00 73", NULL},
    {"7: 01 40 00 02", "invalid leading byte (0x2) for component function results"},
    {"7: 01 40 00 01 01", "invalid leading byte (0x1) for number of results"},
    {"7: 01 40 02'a'73'a'73 01 00", "function parameter name 'a' conflicts with previous parameter name 'a'"},
    {"7: 01 40 01'A-b'73 01 00", NULL},
    {"7: 03 3f 7f 00 68 00 40 00 00 01", "function result cannot contain a 'borrow' type"},
    {"7: 04 3f 7f 00 68 00 70 01 40 00 00 02", "function result cannot contain a 'borrow' type"},
    {"7: 01 43 00 01 00", NULL},
    {"7: 01 44", "invalid leading byte (0x44) for component defined type"},
    {"7: 02 73", "unexpected end"},
    {"7: 01 73 73", "section size mismatch: 1 bytes too many in the type section"},
};

static void test_cases(void **state)
{
    (void)state;
    component_cases(cases, WP_ARRAY_LEN(cases));
}

static void test_features(void **state)
{
    (void)state;
    component_needs("7: 01 64", "cm-error-context");
    component_needs("7: 01 70 64", "cm-error-context");
    component_needs("7: 01 67 7f 02", "cm-fixed-length-lists");
    component_needs("7: 01 63 73 7f", "cm-map");
    component_needs("7: 01 66 00", "cm-async");
    component_needs("7: 01 43 00 01 00", "cm-async");
    component_needs("7: 01 3f 7e 00", "cm64");
    component_needs("7: 01 42 01 04 00'a'02 73", "cm-values");
}

static void test_limits(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf flags = WP_BUF_INIT;
    wp_buf_add_str(&flags, "7: 01 6e 21");
    for (int i = 0; i < 33; i++) {
        wp_buf_printf(&flags, "'a%d'", i);
    }
    component_refused(flags.ptr, "cannot have more than 32 flags: 33");
    component_limited("7: 01 6d 914e", "10001 enum cases, at most 10000 are allowed");
    component_limited("7: 01 40 e907", "1001 function parameters, at most 1000 are allowed");
    WP_AUTO_BUF struct wp_buf deep = WP_BUF_INIT;
    wp_buf_add_str(&deep, "7: 63 70 73");
    for (int i = 0; i < 98; i++) {
        wp_buf_printf(&deep, "70 %02x%s", i < 64 ? i : (i & 0x7f) | 0x80, i < 64 ? "" : "00");
    }
    component_ok(deep.ptr);
    WP_AUTO_BUF struct wp_buf deeper = WP_BUF_INIT;
    wp_buf_printf(&deeper, "%s; 7: 01 70 e200", deep.ptr);
    component_limited(deeper.ptr, "type nesting is too deep");
    WP_AUTO_BUF struct wp_buf wide = WP_BUF_INIT;
    wp_buf_add_str(&wide, "7: 14 6f 02 73 73");
    for (int i = 0; i < 19; i++) {
        wp_buf_printf(&wide, "6f 02 %02x %02x", i, i);
    }
    component_limited(wide.ptr, "effective type size exceeds the limit of 1000000");
}

/* Type `index` of the component. */
struct props {
    const char *types; /* the entries of the type section, the last one is asked */
    unsigned count;
    uint8_t flat;
    const char *core; /* i32 i, i64 l, f32 f, f64 d, of 32-bit memories */
    const char *core64;
    uint32_t bytes;
    uint8_t align;
    bool pointer, borrow, resource;
};

static const struct props props[] = {
    {"7f", 1, 1, "i", "i", 1, 1, false, false, false},
    {"77", 1, 1, "l", "l", 8, 8, false, false, false},
    {"73", 1, 2, "ii", "ll", 16, 8, true, false, false},
    {"72 03'a'7f'b'76'c'75", 1, 3, "ifd", "ifd", 16, 8, false, false, false},
    {"6f 02 7d 7b", 1, 2, "ii", "ii", 4, 2, false, false, false},
    {"71 03'a'00 00'b'01 76 00'c'01 79 00", 1, 2, "ii", "ii", 8, 4, false, false, false},
    {"71 02'a'01 76 00'b'01 75 00", 1, 2, "il", "il", 16, 8, false, false, false},
    {"6b 73", 1, 3, "iii", "ill", 24, 8, true, false, false},
    {"6a 01 77 01 73", 1, 3, "ili", "ill", 24, 8, true, false, false},
    {"6a 00 00", 1, 1, "i", "i", 1, 1, false, false, false},
    {"6e 09'a''b''c''d''e''f''g''h''i'", 1, 1, "i", "i", 2, 2, false, false, false},
    {"6d 02'a''b'", 1, 1, "i", "i", 1, 1, false, false, false},
    {"70 77", 1, 2, "ii", "ll", 16, 8, true, false, false},
    {"67 7d 05", 1, 5, "iiiii", "iiiii", 5, 1, false, false, false},
    {"67 7d 11", 1, 17, "", "", 17, 1, false, false, false},
    {"6b 7d 6f 02 00 77", 2, 3, "iil", "iil", 16, 8, false, false, false},
    {"3f 7f 00 69 00", 2, 1, "i", "i", 4, 4, false, false, true},
    {"3f 7f 00 68 00 70 01", 3, 2, "ii", "ll", 16, 8, true, true, true},
    {"66 01 73", 1, 1, "i", "i", 4, 4, false, false, false},
};

static char letter(uint32_t type)
{
    return type == 0 ? 'i' : type == 1 ? 'l' : type == 2 ? 'f' : 'd';
}

static void check_flat(const struct wrt_ctype *t, uint32_t bits, const char *want)
{
    for (unsigned i = 0; i < t->flat && t->flat <= 16; i++) {
        assert_int_equal(letter(bits >> 2 * i & 3), want[i]);
    }
}

static void test_properties(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(props); i++) {
        const struct props *p = &props[i];
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wp_buf_printf(&text, "7: %02x %s", p->count, p->types);
        struct wrt_binary *loaded = component_load(&b, text.ptr, "default");
        const struct wrt_ctype *t = wrt_ctype(wrt_binary_component(loaded)->types, p->count - 1);
        assert_int_equal(t->flat, p->flat);
        check_flat(t, t->flat32, p->core);
        check_flat(t, t->flat64, p->core64);
        assert_int_equal(t->bytes, p->bytes);
        assert_int_equal(t->align, p->align);
        assert_int_equal(t->has_pointer, p->pointer);
        assert_int_equal(t->has_borrow, p->borrow);
        assert_int_equal(t->has_resource, p->resource);
        wrt_binary_free(loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
