/* SPDX-License-Identifier: Apache-2.0
 *
 * Framing: numbers, names, sections and preambles, each with what it must refuse. */
#include "../runtime-min/wasm-hex.h"
#include "base/limits.h"
#include "base/wasm-section.h"

#include <cmocka.h>

static struct wp_wasm_cursor cursor(const struct wp_buf *b)
{
    const uint8_t *p = wp_buf_span(b).ptr;
    return (struct wp_wasm_cursor){.start = p, .p = p, .end = p + b->len};
}

struct number_case {
    const char *hex;
    unsigned bits;
    uint64_t value;
    size_t used;
    const char *error; /* NULL: accepted */
};

static const struct number_case numbers[] = {
    {"00", 32, 0, 1, NULL},
    {"7f", 32, 127, 1, NULL},
    {"8001", 32, 128, 2, NULL},
    {"ffffffff0f", 32, UINT32_MAX, 5, NULL},
    {"8080808000", 32, 0, 5, NULL},
    {"ffffffffffffffffff01", 64, UINT64_MAX, 10, NULL},
    {"", 32, 0, 0, "at byte 0x0: unexpected end"},
    {"80", 32, 0, 0, "at byte 0x1: unexpected end"},
    {"ffffffff1f", 32, 0, 0, "at byte 0x0: integer too large: it has more than 32 bits"},
    {"808080808000", 32, 0, 0, "at byte 0x0: integer representation too long: it has more than 5 bytes"},
    {"ffffffffffffffffff03", 64, 0, 0, "at byte 0x0: integer too large: it has more than 64 bits"},
    {"8080808080808080808000", 64, 0, 0, "at byte 0x0: integer representation too long: it has more than 10 bytes"},
};

/* pad: bytes behind the number; with ten of them it is read another, faster way. */
static void number_case(const struct number_case *n, const char *pad)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, n->hex);
    wasm_hex(&b, pad);
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    uint64_t value = 0;
    uint32_t small = 0;
    int rc = n->bits == 64 ? wp_wasm_u64(&c, &value, &err) : wp_wasm_u32(&c, &small, &err);
    value += small;
    if (n->error) {
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, WP_E_MODULE);
        assert_string_equal(err.msg, n->error);
        assert_ptr_equal(c.p, c.start);
    } else {
        assert_int_equal(rc, 0);
        assert_true(value == n->value);
        assert_int_equal(c.p - c.start, n->used);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(numbers); i++) {
        bool cut = numbers[i].error && strstr(numbers[i].error, "unexpected end");
        number_case(&numbers[i], "");
        if (!cut) {
            number_case(&numbers[i], "ffffffffffffffffffff");
        }
    }
}

struct signed_case {
    const char *hex;
    unsigned bits;
    int64_t value;
    const char *error; /* NULL: accepted */
};

static const struct signed_case signed_numbers[] = {
    {"00", 32, 0, NULL},
    {"7f", 32, -1, NULL},
    {"3f", 33, 63, NULL},
    {"40", 33, -64, NULL},
    {"8080808078", 32, INT32_MIN, NULL},
    {"ffffffff07", 32, INT32_MAX, NULL},
    {"ffffffff7f", 32, -1, NULL},
    {"ffffffff0f", 33, UINT32_MAX, NULL},
    {"8080808070", 33, -INT64_C(4294967296), NULL},
    {"8080808080808080807f", 64, INT64_MIN, NULL},
    {"ffffffffffffffffff00", 64, INT64_MAX, NULL},
    {"8080808008", 32, 0, "at byte 0x0: integer too large: it has more than 32 bits"},
    {"ffffffff77", 32, 0, "at byte 0x0: integer too large: it has more than 32 bits"},
    {"8080808010", 33, 0, "at byte 0x0: integer too large: it has more than 33 bits"},
    {"80808080808080808001", 64, 0, "at byte 0x0: integer too large: it has more than 64 bits"},
    {"808080808000", 33, 0, "at byte 0x0: integer representation too long: it has more than 5 bytes"},
    {"ff", 32, 0, "at byte 0x1: unexpected end"},
};

static void signed_case(const struct signed_case *n, const char *pad)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, n->hex);
    size_t len = b.len;
    wasm_hex(&b, pad);
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    int64_t value = 0;
    int rc = wp_wasm_signed(&c, n->bits, &value, &err);
    assert_int_equal(rc, n->error ? -1 : 0);
    if (n->error) {
        assert_string_equal(err.msg, n->error);
        assert_ptr_equal(c.p, c.start);
    } else {
        assert_true(value == n->value);
        assert_int_equal(c.p - c.start, len);
    }
}

static void test_signed_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(signed_numbers); i++) {
        bool cut = signed_numbers[i].error && strstr(signed_numbers[i].error, "unexpected end");
        signed_case(&signed_numbers[i], "");
        if (!cut) {
            signed_case(&signed_numbers[i], "80808080808080808080");
        }
    }
}

static void name_case(const char *hex, const char *want, const char *error, enum wp_code code)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, hex);
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    struct wp_span name = {.ptr = NULL};
    int rc = wp_wasm_name(&c, &name, &err);
    if (error) {
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, code);
        assert_string_equal(err.msg, error);
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(name.len, strlen(want));
    assert_memory_equal(name.ptr, want, name.len);
}

static void test_names(void **state)
{
    (void)state;
    name_case("00", "", NULL, WP_E_OK);
    name_case("03616263", "abc", NULL, WP_E_OK);
    name_case("02c3a9", "\xc3\xa9", NULL, WP_E_OK);
    name_case("036162", NULL, "at byte 0x0: unexpected end: a name claims 3 bytes, 2 are left", WP_E_MODULE);
    name_case("ffffffff0f61", NULL, "at byte 0x0: unexpected end: a name claims 4294967295 bytes, 1 are left",
              WP_E_MODULE);
    name_case("02c328", NULL, "at byte 0x1: malformed UTF-8 encoding of a name", WP_E_MODULE);
    name_case("03eda080", NULL, "at byte 0x1: malformed UTF-8 encoding of a name", WP_E_MODULE);
    name_case("01ff", NULL, "at byte 0x1: malformed UTF-8 encoding of a name", WP_E_MODULE);
}

static void test_long_name(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_leb(&b, WP_LIMIT_WASM_NAME + 1);
    for (uint64_t i = 0; i <= WP_LIMIT_WASM_NAME; i++) {
        wp_buf_add_char(&b, 'a');
    }
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    struct wp_span name;
    assert_int_equal(wp_wasm_name(&c, &name, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_string_equal(err.msg, "at byte 0x0: a name of 100001 bytes, at most 100000 are allowed");
}

static void test_sections(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, "01 02 aabb  00 05 02 6869 cc dd  0a 00");
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    struct wp_wasm_section s;
    assert_int_equal(wp_wasm_next(&c, &s, &err), 1);
    assert_int_equal(s.id, 1);
    assert_int_equal(s.name.len, 0);
    assert_ptr_equal(s.whole.ptr, c.start);
    assert_int_equal(s.whole.len, 4);
    assert_ptr_equal(s.body.ptr, c.start + 2);
    assert_int_equal(s.body.len, 2);
    assert_int_equal(wp_wasm_next(&c, &s, &err), 1);
    assert_int_equal(s.id, 0);
    assert_memory_equal(s.name.ptr, "hi", 2);
    assert_int_equal(s.name.len, 2);
    assert_int_equal(s.body.len, 2);
    assert_int_equal(s.body.ptr[0], 0xcc);
    assert_int_equal(s.whole.len, 7);
    assert_int_equal(wp_wasm_next(&c, &s, &err), 1);
    assert_int_equal(s.id, 10);
    assert_int_equal(s.body.len, 0);
    assert_int_equal(wp_wasm_next(&c, &s, &err), 0);
    assert_int_equal(wp_wasm_next(&c, &s, &err), 0);
}

static void section_error(const char *hex, const char *error)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, hex);
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    struct wp_wasm_section s;
    assert_int_equal(wp_wasm_next(&c, &s, &err), -1);
    assert_int_equal(err.code, WP_E_MODULE);
    assert_string_equal(err.msg, error);
    assert_ptr_equal(c.p, c.start);
}

static void test_section_errors(void **state)
{
    (void)state;
    section_error("01", "at byte 0x1: unexpected end");
    section_error("01 03 aabb", "at byte 0x0: unexpected end: section 1 claims 3 bytes, 2 are left");
    section_error("01 ffffffff0f", "at byte 0x0: unexpected end: section 1 claims 4294967295 bytes, 0 are left");
    section_error("00 00", "custom section: at byte 0x2: unexpected end");
    section_error("00 02 02 61 62", "custom section: at byte 0x2: unexpected end: a name claims 2 bytes, 1 are left");
}

static void preamble_case(const char *hex, enum wp_wasm_kind kind, const char *error)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, hex);
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    enum wp_wasm_kind got = 0;
    int rc = wp_wasm_preamble(&c, &got, &err);
    if (error) {
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, WP_E_MODULE);
        assert_string_equal(err.msg, error);
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(got, kind);
    assert_int_equal(c.p - c.start, 8);
}

static void test_preambles(void **state)
{
    (void)state;
    preamble_case(HEX_MODULE, WP_WASM_MODULE, NULL);
    preamble_case(HEX_COMPONENT, WP_WASM_COMPONENT, NULL);
    preamble_case("0061736e 01000000", 0,
                  "at byte 0x0: magic header not detected: does not begin with the bytes 00 61 73 6d ('\\0asm')");
    preamble_case("0061736d 0100", 0,
                  "at byte 0x0: unexpected end after 6 of the 8 bytes that every WebAssembly binary begins with");
    preamble_case("0061736d 02000000", 0, "at byte 0x0: unknown binary version: module version 2, only 1 is known");
    preamble_case("0061736d 0a000100", 0,
                  "at byte 0x0: unknown binary version: component version 0xa, only 0xd is known");
    preamble_case("0061736d 01000200", 0,
                  "at byte 0x0: unknown binary version: layer 2, only 0 (module) and 1 (component) are known");
}

static void test_skip(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, "010203");
    struct wp_wasm_cursor c = cursor(&b);
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wp_wasm_skip(&c, 2, &err), 0);
    assert_int_equal(c.p - c.start, 2);
    assert_int_equal(wp_wasm_skip(&c, UINT64_MAX, &err), -1);
    assert_string_equal(err.msg, "at byte 0x2: unexpected end: 18446744073709551615 bytes are claimed, 1 are left");
    uint8_t byte;
    assert_int_equal(wp_wasm_byte(&c, &byte, &err), 0);
    assert_int_equal(byte, 3);
    assert_int_equal(wp_wasm_byte(&c, &byte, &err), -1);
    assert_string_equal(err.msg, "at byte 0x3: unexpected end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),        cmocka_unit_test(test_signed_numbers), cmocka_unit_test(test_names),
        cmocka_unit_test(test_long_name),      cmocka_unit_test(test_sections),       cmocka_unit_test(test_skip),
        cmocka_unit_test(test_section_errors), cmocka_unit_test(test_preambles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
