/* SPDX-License-Identifier: Apache-2.0
 *
 * base/json.h, writing: commas, escapes, foreign bytes, and that what was written reads back equal. */

#include "base/json.h"
#include "tests/unit/unit.h"

static void test_shapes(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&b);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "s", "text");
    wp_jo_kstr(&o, "none", NULL);
    wp_jo_ku64(&o, "big", UINT64_MAX);
    wp_jo_kbool(&o, "yes", true);
    wp_jo_key(&o, "list");
    wp_jo_array(&o);
    wp_jo_array(&o);
    wp_jo_array_end(&o);
    wp_jo_object(&o);
    wp_jo_object_end(&o);
    wp_jo_u64(&o, 0);
    wp_jo_str(&o, "");
    wp_jo_bool(&o, false);
    wp_jo_null(&o);
    wp_jo_raw(&o, wp_span_str("{\"raw\": 1}"));
    wp_jo_u64(&o, 1);
    wp_jo_array_end(&o);
    wp_jo_key(&o, "empty");
    wp_jo_object(&o);
    wp_jo_object_end(&o);
    wp_jo_kbool(&o, "last", false);
    wp_jo_object_end(&o);
    assert_string_equal(b.ptr, "{\"s\":\"text\",\"none\":null,\"big\":18446744073709551615,\"yes\":true,"
                               "\"list\":[[],{},0,\"\",false,null,{\"raw\": 1},1],\"empty\":{},\"last\":false}");
    assert_int_equal(o.depth, 0);
}

static void test_stream_of_values(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&b);
    wp_jo_u64(&o, 1);
    wp_buf_add_char(&b, '\n');
    wp_jo_array(&o);
    wp_jo_array_end(&o);
    wp_buf_add_char(&b, '\n');
    wp_jo_str(&o, "x");
    assert_string_equal(b.ptr, "1\n[]\n\"x\"");
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        {"plain /<>&' text", "\"plain /<>&' text\""},
        {"\"\\", "\"\\\"\\\\\""},
        {"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
        {"\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\x7f\""},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x98\xe2\x80\xa8", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x98\xe2\x80\xa8\""},
        {"a\xff"
         "b",
         "\"a\xef\xbf\xbd"
         "b\""},
        {"\xc3", "\"\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_json_out o = wp_json_out(&b);
        wp_jo_str(&o, rows[i].text);
        assert_string_equal(b.ptr, rows[i].json);
    }
}

static void test_every_byte_reads_back(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x80; c++) {
        const char text[] = {'<', (char)c, '>', '\0'};
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_json_out o = wp_json_out(&b);
        wp_jo_object(&o);
        wp_jo_kstr(&o, text, text);
        wp_jo_object_end(&o);
        WP_AUTO_JSON struct wp_json_doc *doc = NULL;
        struct wp_err err = {0};
        assert_int_equal(wp_json_parse(wp_buf_span(&b), "x", false, WP_E_OTHER, &doc, &err), 0);
        struct wp_json root = wp_json_root(doc);
        struct wp_json member = wp_json_get(&root, text);
        const char *back = NULL;
        assert_int_equal(wp_json_str(&member, &back, &err), 0);
        assert_string_equal(back, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_stream_of_values),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_every_byte_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
