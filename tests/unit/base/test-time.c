/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in time and their texts. */
#include "base/time.h"
#include "tests/unit/unit.h"

static void test_rfc3339(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *want;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1704067200, "2024-01-01T00:00:00Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
        {INT64_C(-62167219200), "0000-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        char text[WP_TIME_TEXT];
        assert_string_equal(wp_time_rfc3339(rows[i].seconds, text), rows[i].want);
        int64_t back = 77;
        assert_true(wp_time_parse_rfc3339(rows[i].want, &back));
        assert_int_equal(back, rows[i].seconds);
    }
    char text[WP_TIME_TEXT];
    assert_string_equal(wp_time_rfc3339(INT64_MAX, text), "9999-12-31T23:59:59Z");
    assert_string_equal(wp_time_rfc3339(INT64_MIN, text), "0000-01-01T00:00:00Z");
}

static void test_parse_rfc3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"2024-01-01T01:00:00+01:00", 1704067200},      {"2023-12-31T22:30:00-01:30", 1704067200},
        {"2024-01-01T00:00:00.123456789Z", 1704067200}, {"2024-01-01t00:00:00z", 1704067200},
        {"2024-01-01T00:00:00-00:00", 1704067200},      {"2016-12-31T23:59:60Z", 1483228800},
        {"2024-02-29T00:00:00Z", 1709164800},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        int64_t n = 0;
        assert_true(wp_time_parse_rfc3339(rows[i].text, &n));
        assert_int_equal(n, rows[i].want);
    }
    static const char *const bad[] = {
        "",
        "2024",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00Z",
        "2024-1-1T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+0100",
        "2024-01-01T00:00:00+01:60",
        "2024-01-01T00:00:00Zx",
        "2024-01-01T00:00:00Z ",
        "-024-01-01T00:00:00Z",
        "x2024-01-01T00:00:00Z",
    };
    int64_t n = 77;
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wp_time_parse_rfc3339(bad[i], &n));
    }
    assert_int_equal(n, 77);
}

static void test_http(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},         {"Wed Nov 16 08:49:37 1994", 784975777},
        {"Saturday, 01-Jan-00 00:00:00 GMT", 946684800},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        int64_t n = 0;
        assert_true(wp_time_parse_http(rows[i].text, &n));
        assert_int_equal(n, rows[i].want);
    }
    static const char *const bad[] = {
        "",
        "120",
        "Sun",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday Nov  6 08:49:37 1994",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMTx",
        "Sun, 06 Nov 1994 25:49:37 GMT",
    };
    int64_t n = 77;
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wp_time_parse_http(bad[i], &n));
    }
    assert_int_equal(n, 77);
}

static void test_clocks(void **state)
{
    (void)state;
    assert_true(wp_time_now() > 1704067200);
    uint64_t before = wp_time_mono_ms();
    assert_true(before > 0);
    assert_true(wp_time_mono_ms() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc3339),
        cmocka_unit_test(test_parse_rfc3339),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
