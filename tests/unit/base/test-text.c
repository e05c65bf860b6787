/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people. */
#include "base/text.h"
#include "tests/unit/unit.h"

#include <locale.h>

static void test_escape(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len;
        const char *want;
    } rows[] = {
        {"", 0, ""},
        {"a b~", 4, "a b~"},
        {"\0", 1, "\\x00"},
        {"\n\r\t\x01\x1f\x7f", 6, "\\n\\r\\t\\x01\\x1f\\x7f"},
        {"\xc2\x80\xc2\x9f\xc2\xa0", 6, "\\u{80}\\u{9f}\xc2\xa0"},
        {"\xc2\xad", 2, "\\u{ad}"},
        {"\xd8\x9c", 2, "\\u{61c}"},
        {"\xe2\x80\x8b\xe2\x80\x8f", 6, "\\u{200b}\\u{200f}"},
        {"\xe2\x80\xa8\xe2\x80\xae", 6, "\\u{2028}\\u{202e}"},
        {"\xe2\x81\xa6\xe2\x81\xa9", 6, "\\u{2066}\\u{2069}"},
        {"\xef\xbb\xbf", 3, "\\u{feff}"},
        {"\xf3\xa0\x81\x81", 4, "\\u{e0041}"},
        {"\xe2\x82\xac\xf0\x9f\x98\x80", 7, "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xe2\x82", 2, "\\xe2\\x82"},
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wp_escape(&b, wp_span(rows[i].in, rows[i].len));
        assert_string_equal(b.ptr, rows[i].want);
        char fixed[64];
        assert_ptr_equal(wp_escape_to(fixed, sizeof(fixed), wp_span(rows[i].in, rows[i].len)), fixed);
        assert_string_equal(fixed, rows[i].want);
    }
}

static void test_escape_xml(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_escape_xml(&b, "a<b>&\"c' \xc3\xa9\n");
    assert_string_equal(b.ptr, "a&lt;b&gt;&amp;&quot;c&#39; \xc3\xa9\n");
}

static void test_escape_cut(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t size;
        const char *want;
    } rows[] = {
        {"abcdef", 7, "abcdef"},
        {"abcdef", 6, "ab..."},
        {"abcdef", 4, "..."},
        {"abcdef", 3, ".."},
        {"abcdef", 1, ""},
        {"ab\n\n\n", 8, "ab\\n..."},
        {"ab\n\n\n", 7, "ab..."},
        {"\x1b\x1b", 8, "\\x1b..."},
        {"", 1, ""},
        {"a", 2, "a"},
        {"\xc3\xbc\xc3\xbc\xc3\xbc", 6, "\xc3\xbc..."},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        char fixed[16];
        memset(fixed, '#', sizeof(fixed));
        wp_escape_to(fixed, rows[i].size, wp_span_str(rows[i].in));
        assert_string_equal(fixed, rows[i].want);
        for (size_t j = rows[i].size; j < sizeof(fixed); j++) {
            assert_int_equal(fixed[j], '#');
        }
    }
    char none = '#';
    wp_escape_to(&none, 0, wp_span_str("x"));
    assert_int_equal(none, '#');
}

static void test_size(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *want;
    } rows[] = {
        {0, "0 B"},
        {133, "133 B"},
        {999, "999 B"},
        {1000, "1.0 KiB"},
        {1024, "1.0 KiB"},
        {25907, "25.3 KiB"},
        {102348, "99.9 KiB"},
        {102400, "100 KiB"},
        {1023487, "999 KiB"},
        {1023488, "1.0 MiB"},
        {1048575, "1.0 MiB"},
        {1992294, "1.9 MiB"},
        {UINT64_C(5) << 30, "5.0 GiB"},
        {UINT64_C(3) << 40, "3.0 TiB"},
        {UINT64_C(7) << 50, "7.0 PiB"},
        {UINT64_MAX, "16.0 EiB"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        char text[WP_SIZE_TEXT];
        assert_string_equal(wp_size_text(rows[i].bytes, text), rows[i].want);
    }
}

static void test_number(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *want;
    } rows[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {13978850, "13,978,850"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        char text[WP_NUMBER_TEXT];
        assert_string_equal(wp_number_text(rows[i].n, text), rows[i].want);
    }
}

static void test_duration(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *want;
    } rows[] = {
        {0, "0.0 s"},
        {49, "0.0 s"},
        {50, "0.1 s"},
        {849, "0.8 s"},
        {9949, "9.9 s"},
        {9950, "10 s"},
        {12400, "12 s"},
        {59499, "59 s"},
        {59500, "1 m 00 s"},
        {185000, "3 m 05 s"},
        {3599499, "59 m 59 s"},
        {3599500, "1 h 00 m"},
        {7500000, "2 h 05 m"},
        {UINT64_C(3600000) * 1000, "41 d"},
        {UINT64_MAX, "213503982334 d"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        char text[WP_SIZE_TEXT];
        assert_string_equal(wp_duration_text(rows[i].ms, text), rows[i].want);
    }
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"module", "limits", "permissions", "push", "pull", "name", NULL};
    assert_string_equal(wp_nearest("modle", words), "module");
    assert_string_equal(wp_nearest("moduel", words), "module");
    assert_string_equal(wp_nearest("limit", words), "limits");
    assert_string_equal(wp_nearest("pusj", words), "push");
    assert_string_equal(wp_nearest("psuh", words), "push");
    assert_string_equal(wp_nearest("premisions", words), "permissions");
    assert_string_equal(wp_nearest("pull", words), "pull");
    assert_null(wp_nearest("zebra", words));
    assert_null(wp_nearest("", words));
    static const char *const short_words[] = {"a", NULL};
    assert_string_equal(wp_nearest("", short_words), "a");
    static const char *const none[] = {NULL};
    assert_null(wp_nearest("module", none));
    static char flood[200];
    memset(flood, 'm', sizeof(flood) - 1);
    assert_null(wp_nearest(flood, words));
    const char *const long_words[] = {flood, "mmm", NULL};
    assert_string_equal(wp_nearest("mmmm", long_words), "mmm");
}

static void test_first_repeat(void **state)
{
    (void)state;
    static const char *const different[] = {"b", "a", "ab", ""};
    static const char *const same[] = {"d", "b", "c", "a", "c", "b", "b", "a"};
    size_t earlier = 99;
    assert_int_equal(wp_first_repeat(different, WP_ARRAY_LEN(different), &earlier), WP_ARRAY_LEN(different));
    assert_int_equal(wp_first_repeat(different, 1, &earlier), 1);
    assert_int_equal(wp_first_repeat(different, 0, &earlier), 0);
    assert_int_equal(earlier, 99);
    assert_int_equal(wp_first_repeat(same, WP_ARRAY_LEN(same), &earlier), 4);
    assert_int_equal(earlier, 2);
}

static void test_percent(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_percent_encode(&b, "aZ09-._~ /:?&=%+\xc3\xbc\n", "");
    assert_string_equal(b.ptr, "aZ09-._~%20%2F%3A%3F%26%3D%25%2B%C3%BC%0A");
    wp_buf_cut(&b, 0);
    wp_percent_encode(&b, "a/b:c d", "/:");
    assert_string_equal(b.ptr, "a/b:c%20d");
}

static void test_columns(void **state)
{
    (void)state;
    assert_int_equal(wp_columns(""), 0);
    assert_int_equal(wp_columns("abc"), 3);
    assert_int_equal(wp_columns("a\x1b"
                                "b"),
                     2);
    assert_int_equal(wp_columns("gr\xc3\xbcn"), 4);
    assert_int_equal(wp_columns("\xff\xff"), 2);
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    assert_int_equal(wp_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two wide characters */
    assert_int_equal(wp_columns("e\xcc\x81"), 1);                /* a combining accent */
    assert_non_null(setlocale(LC_CTYPE, "C"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),       cmocka_unit_test(test_escape_xml), cmocka_unit_test(test_escape_cut),
        cmocka_unit_test(test_size),         cmocka_unit_test(test_number),     cmocka_unit_test(test_duration),
        cmocka_unit_test(test_nearest),      cmocka_unit_test(test_percent),    cmocka_unit_test(test_columns),
        cmocka_unit_test(test_first_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
