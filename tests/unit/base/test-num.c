/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers, hex, base64 and UTF-8: what is read, and what is refused. */
#include "base/num.h"
#include "tests/unit/unit.h"

static void test_u64(void **state)
{
    (void)state;
    uint64_t n = 77;
    assert_true(wp_parse_u64("0", 0, 10, &n));
    assert_int_equal(n, 0);
    assert_true(wp_parse_u64("18446744073709551615", 0, UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_true(wp_parse_u64("007", 7, 7, &n));
    assert_int_equal(n, 7);
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x1", "1e3", "18446744073709551616", "1.0", "a", "1\n", "99999999999999999999999"};
    n = 77;
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wp_parse_u64(bad[i], 0, UINT64_MAX, &n));
    }
    assert_false(wp_parse_u64("4", 5, 9, &n));
    assert_false(wp_parse_u64("10", 5, 9, &n));
    assert_int_equal(n, 77);
}

static void test_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } rows[] = {
        {"0", 0},
        {"1048576", 1048576},
        {"64MiB", 67108864},
        {"1.5GiB", 1610612736},
        {"500k", 500000},
        {"500kB", 500000},
        {"2M", 2000000},
        {"2MB", 2000000},
        {"3G", 3000000000},
        {"3GB", 3000000000},
        {"1KiB", 1024},
        {"2TiB", UINT64_C(2199023255552)},
        {"0.5KiB", 512},
        {"16777215TiB", UINT64_C(18446742974197923840)},
        {"1.123456TiB", UINT64_C(1235252935294)},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint64_t n = 0;
        assert_true(wp_parse_size(rows[i].text, &n));
        assert_int_equal(n, rows[i].want);
    }
    static const char *const bad[] = {
        "",       "MiB",    "-1",    "1.5",          "1.",          "1.MiB", "64 MiB", "64mib", "64KB",
        "64MiBx", "1,5GiB", ".5GiB", "1.1234567GiB", "16777216TiB", "1K",    "64B",    "1e3",   "99999999999999999999"};
    uint64_t n = 77;
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wp_parse_size(bad[i], &n));
    }
    assert_int_equal(n, 77);
}

static void test_duration(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } rows[] = {
        {"30s", 30000}, {"5m", 300000}, {"1h", 3600000}, {"250ms", 250}, {"2d", 172800000}, {"7", 7000}, {"0", 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint64_t n = 1;
        assert_true(wp_parse_duration(rows[i].text, &n));
        assert_int_equal(n, rows[i].want);
    }
    static const char *const bad[] = {"", "s", "-1s", "1.5s", "1 s", "1S", "1h30m", "1w", "18446744073709551615s"};
    uint64_t n = 77;
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wp_parse_duration(bad[i], &n));
    }
    assert_int_equal(n, 77);
}

static void test_hex(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    char text[9];
    wp_hex(bytes, sizeof(bytes), text);
    assert_string_equal(text, "000fa5ff");
    wp_hex(bytes, 0, text);
    assert_string_equal(text, "");
    uint8_t back[4] = {1, 1, 1, 1};
    assert_true(wp_unhex("000fa5ff", back, sizeof(back)));
    assert_memory_equal(back, bytes, sizeof(bytes));
    static const char *const bad[] = {"", "0", "000fa5f", "000fa5ff0", "000fA5ff", "000fg5ff", " 00fa5ff", "000fa5f "};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wp_unhex(bad[i], back, sizeof(back)));
    }
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *plain;
        const char *text;
        const char *url;
    } rows[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        for (int url = 0; url < 2; url++) {
            WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
            const char *text = url ? rows[i].url : rows[i].text;
            wp_base64(&b, wp_span_str(rows[i].plain), url != 0);
            assert_string_equal(b.ptr, text);
            wp_buf_cut(&b, 0);
            wp_buf_add_str(&b, "=");
            assert_true(wp_unbase64(&b, text, strlen(text), url != 0));
            assert_string_equal(b.ptr + 1, rows[i].plain);
            /* Without padding. */
            wp_buf_cut(&b, 0);
            assert_true(wp_unbase64(&b, text, strcspn(text, "="), url != 0));
            assert_string_equal(b.ptr, rows[i].plain);
        }
    }
    static const char *const bad[] = {"Z",    "Zm9vY", "Zg=",   "Zg===",  "=",    "====",     "Z===",    "Zm9v====",
                                      "Zh==", "Zm9=",  "Zm 9v", "Zm9v\n", "-__-", "Zg==Zg==", "Zm9vYg=a"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wp_buf_add_str(&b, "kept");
        assert_false(wp_unbase64(&b, bad[i], strlen(bad[i]), false));
        assert_string_equal(b.ptr, "kept");
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_false(wp_unbase64(&b, "+//+", 4, true));
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t cp;
        size_t len;
    } rows[] = {
        {"a", 'a', 1},
        {"\xc2\x80", 0x80, 2},
        {"\xdf\xbf", 0x7ff, 2},
        {"\xe0\xa0\x80", 0x800, 3},
        {"\xed\x9f\xbf", 0xd7ff, 3},
        {"\xee\x80\x80", 0xe000, 3},
        {"\xef\xbf\xbf", 0xffff, 3},
        {"\xf0\x90\x80\x80", 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
        {"\x80", -1, 1},
        {"\xbf", -1, 1},
        {"\xc0\x80", -1, 1},         /* overlong NUL */
        {"\xc1\xbf", -1, 1},         /* overlong */
        {"\xe0\x9f\xbf", -1, 1},     /* overlong */
        {"\xf0\x8f\xbf\xbf", -1, 1}, /* overlong */
        {"\xed\xa0\x80", -1, 1},     /* surrogate */
        {"\xed\xbf\xbf", -1, 1},     /* surrogate */
        {"\xf4\x90\x80\x80", -1, 1}, /* beyond Unicode */
        {"\xf5\x80\x80\x80", -1, 1},
        {"\xff", -1, 1},
        {"\xc2", -1, 1}, /* cut short */
        {"\xe2\x82", -1, 1},
        {"\xf0\x9f\x98", -1, 1},
        {"\xc2\x41", -1, 1},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const uint8_t *p = (const uint8_t *)rows[i].text;
        const uint8_t *start = p;
        assert_int_equal(wp_utf8_next(&p, p + strlen(rows[i].text)), rows[i].cp);
        assert_int_equal(p - start, rows[i].len);
        assert_int_equal(wp_utf8_is(wp_span_str(rows[i].text)), rows[i].cp >= 0);
    }
    const uint8_t zero[] = {0};
    const uint8_t *p = zero;
    assert_int_equal(wp_utf8_next(&p, zero + 1), 0);
    assert_true(wp_utf8_is(wp_span("", 0)));
    assert_true(wp_utf8_is(wp_span_str("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80")));
    assert_false(wp_utf8_is(wp_span_str("ok until \xc3")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64), cmocka_unit_test(test_size),   cmocka_unit_test(test_duration),
        cmocka_unit_test(test_hex), cmocka_unit_test(test_base64), cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
