/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as text: what is taken, what is refused, what comes back. */
#include "cmd/run-value.h"
#include "tests/unit/unit.h"

#include <inttypes.h>

static const struct {
    uint32_t type;
    const char *text;
    uint64_t low, high;
    const char *back; /* NULL: as it was typed */
} good[] = {
    {WRT_I32, "0", 0, 0, NULL},
    {WRT_I32, "-1", 0xffffffff, 0, NULL},
    {WRT_I32, "4294967295", 0xffffffff, 0, "-1"},
    {WRT_I32, "0xffffffff", 0xffffffff, 0, "-1"},
    {WRT_I32, "-2147483648", 0x80000000, 0, NULL},
    {WRT_I32, "-0x80000000", 0x80000000, 0, "-2147483648"},
    {WRT_I32, "+7", 7, 0, "7"},
    {WRT_I64, "-9223372036854775808", UINT64_C(1) << 63, 0, NULL},
    {WRT_I64, "18446744073709551615", UINT64_MAX, 0, "-1"},
    {WRT_I64, "0xFFFFFFFFFFFFFFFF", UINT64_MAX, 0, "-1"},
    {WRT_F32, "1.5", 0x3fc00000, 0, NULL},
    {WRT_F32, "-0", 0x80000000, 0, NULL},
    {WRT_F32, "0.1", 0x3dcccccd, 0, NULL},
    {WRT_F32, "0x1.8p1", 0x40400000, 0, "3"},
    {WRT_F32, "nan", 0x7fc00000, 0, NULL},
    {WRT_F32, "-nan:0x200000", 0xffa00000, 0, NULL},
    {WRT_F32, "-inf", 0xff800000, 0, NULL},
    {WRT_F64, "0.1", UINT64_C(0x3fb999999999999a), 0, NULL},
    {WRT_F64, "0.30000000000000004", UINT64_C(0x3fd3333333333334), 0, NULL},
    {WRT_F64, "1e300", UINT64_C(0x7e37e43c8800759c), 0, "1e+300"},
    {WRT_F64, "nan:0x1", UINT64_C(0x7ff0000000000001), 0, NULL},
    {WRT_F64, "infinity", UINT64_C(0x7ff0000000000000), 0, "inf"},
    {WRT_V128, "0x0102030405060708090a0b0c0d0e0f10", UINT64_C(0x090a0b0c0d0e0f10), UINT64_C(0x0102030405060708), NULL},
    {WRT_EXTERNREF, "null", 0, 0, NULL},
    {WRT_EXTERNREF, "5", 22, 0, NULL},
    {WRT_FUNCREF, "null", 0, 0, NULL},
};

static const struct {
    uint32_t type;
    const char *text;
} bad[] = {
    {WRT_I32, ""},
    {WRT_I32, "-"},
    {WRT_I32, "0x"},
    {WRT_I32, "4294967296"},
    {WRT_I32, "-2147483649"},
    {WRT_I32, "1.5"},
    {WRT_I32, " 1"},
    {WRT_I32, "--1"},
    {WRT_I32, "0x-1"},
    {WRT_I64, "18446744073709551616"},
    {WRT_I64, "0x10000000000000000"},
    {WRT_F32, "nan:0x800000"},
    {WRT_F32, "nan:0x0"},
    {WRT_F32, "nan(5)"},
    {WRT_F32, "nanx"},
    {WRT_F64, "one"},
    {WRT_F64, "-+1"},
    {WRT_F64, "1 "},
    {WRT_F64, "."},
    {WRT_F64, "1.5.2"},
    {WRT_V128, "0x1"},
    {WRT_V128, "0x0102030405060708090a0b0c0d0e0f1g"},
    {WRT_V128, "1"},
    {WRT_FUNCREF, "5"},
    {WRT_EXTERNREF, "4611686018427387904"},
    {WRT_REF | WRT_HEAP_EXTERN, "null"},
    {WRT_REF | WRT_HEAP_I31, "1"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        uint64_t slots[2] = {0, 0};
        if (!run_value_parse(good[i].type, good[i].text, slots)) {
            fail_msg("'%s' is refused", good[i].text);
        }
        if (slots[0] != good[i].low || slots[1] != good[i].high) {
            fail_msg("'%s' is %" PRIx64 " %" PRIx64, good[i].text, slots[1], slots[0]);
        }
        run_value_text(good[i].type, slots, &b);
        assert_string_equal(b.ptr, good[i].back != NULL ? good[i].back : good[i].text);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        uint64_t slots[2] = {0, 0};
        if (run_value_parse(bad[i].type, bad[i].text, slots)) {
            fail_msg("'%s' is taken for %" PRIx64, bad[i].text, slots[0]);
        }
    }
}

static void test_floats_come_back(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        const uint32_t type = i % 2 == 0 ? WRT_F64 : WRT_F32;
        const uint64_t bits = type == WRT_F64 ? x : x & UINT32_MAX;
        uint64_t back = 0;
        run_value_text(type, &bits, &b);
        assert_true(run_value_parse(type, b.ptr, &back));
        assert_true(run_value_equal(type, &bits, &back, false));
    }
}

static void test_equal(void **state)
{
    (void)state;
    const uint64_t a[2] = {UINT64_C(0x7ff8000000000000), 1};
    const uint64_t b[2] = {UINT64_C(0xfff8000000000001), 2};
    assert_true(run_value_equal(WRT_F64, a, b, true));
    assert_false(run_value_equal(WRT_F64, a, b, false));
    assert_false(run_value_equal(WRT_I64, a, b, true));
    assert_true(run_value_equal(WRT_I64, a, a, true));
    const uint64_t c[2] = {a[0], 2};
    assert_false(run_value_equal(WRT_V128, a, c, true));
    assert_true(run_value_equal(WRT_I64, a, c, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_floats_come_back),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
