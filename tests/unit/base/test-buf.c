/* SPDX-License-Identifier: Apache-2.0
 *
 * Growable bytes. */
#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

static void test_empty(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_string_equal(b.ptr, "");
    wp_buf_cut(&b, 0);
    wp_buf_add(&b, NULL, 0);
    wp_buf_add_str(&b, "");
    assert_int_equal(b.cap, 0);
    WP_AUTO_FREE char *taken = wp_buf_take(&b);
    assert_string_equal(taken, "");
    assert_ptr_not_equal(taken, wp_buf_empty);
}

static void test_grow(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (int i = 0; i < 1000; i++) {
        wp_buf_add_char(&b, (char)('a' + i % 26));
        assert_int_equal(b.len, (size_t)i + 1);
        assert_int_equal(b.ptr[b.len], 0);
        assert_true(b.cap > b.len);
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(b.ptr[i], 'a' + i % 26);
    }
    wp_buf_cut(&b, 3);
    assert_string_equal(b.ptr, "abc");
    wp_buf_add(&b, "\0x", 2);
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.ptr, "abc\0x", 6);
    struct wp_span s = wp_buf_span(&b);
    assert_int_equal(s.len, 5);
    assert_ptr_equal(s.ptr, b.ptr);
}

static void test_reserve(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_reserve(&b, 5000);
    const char *before = b.ptr;
    assert_string_equal(b.ptr, "");
    for (int i = 0; i < 5000; i++) {
        wp_buf_add_char(&b, 'x');
    }
    assert_ptr_equal(b.ptr, before);
}

static void test_printf(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_printf(&b, "%s=%d;", "a", 1);
    /* Both sides of the size of the array on the stack. */
    for (int width = 250; width < 262; width++) {
        size_t before = b.len;
        wp_buf_printf(&b, "%*d", width, 7);
        assert_int_equal(b.len - before, width);
        assert_int_equal(b.ptr[b.len - 1], '7');
        assert_int_equal(b.ptr[b.len], 0);
    }
    assert_memory_equal(b.ptr, "a=1; ", 5);
}

static void test_take(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_add_str(&b, "mine");
    WP_AUTO_FREE char *taken = wp_buf_take(&b);
    assert_string_equal(taken, "mine");
    assert_int_equal(b.len, 0);
    assert_string_equal(b.ptr, "");
    wp_buf_add_str(&b, "again");
    assert_string_equal(b.ptr, "again");
}

static void test_bounded(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err = {0};
    assert_int_equal(wp_buf_add_bounded(&b, "12345", 5, 8, "the reply", &err), 0);
    assert_int_equal(wp_buf_add_bounded(&b, "678", 3, 8, "the reply", &err), 0);
    assert_int_equal(wp_buf_add_bounded(&b, "", 0, 8, "the reply", &err), 0);
    assert_int_equal(wp_buf_add_bounded(&b, "9", 1, 8, "the reply", &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_string_equal(err.msg, "the reply is larger than 8 bytes");
    assert_string_equal(b.ptr, "12345678");
    assert_int_equal(wp_buf_add_bounded(&b, "", SIZE_MAX, 8, "x", &err), -1);
    assert_int_equal(wp_buf_add_bounded(&b, "", 0, 4, "x", &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),  cmocka_unit_test(test_grow), cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_printf), cmocka_unit_test(test_take), cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
