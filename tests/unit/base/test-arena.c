/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas: zeroed, aligned, never overlapping. */
#include "base/arena.h"
#include "tests/unit/unit.h"

#include <stdalign.h>

static void test_alloc(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    enum { COUNT = 400 };
    unsigned char *list[COUNT];
    size_t size[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size[i] = i % 50 == 49 ? 5000 + i : i;
        list[i] = wp_arena_alloc(&a, 1, size[i]);
        assert_non_null(list[i]);
        assert_int_equal((uintptr_t)list[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < size[i]; j++) {
            assert_int_equal(list[i][j], 0);
        }
        memset(list[i], (int)(i % 251), size[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < size[i]; j++) {
            assert_int_equal(list[i][j], i % 251);
        }
    }
}

static void test_text(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    assert_string_equal(wp_arena_str(&a, "abc"), "abc");
    assert_string_equal(wp_arena_strn(&a, "abc", 2), "ab");
    assert_string_equal(wp_arena_strn(&a, "abc", 9), "abc");
    assert_string_equal(wp_arena_printf(&a, "%d%s", 12, "x"), "12x");
    const char *wide = wp_arena_printf(&a, "%2000d", 5);
    assert_int_equal(strlen(wide), 2000);
    struct wp_span s = wp_arena_bytes(&a, wp_span("a\0b", 3));
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.ptr, "a\0b", 4);
    s = wp_arena_bytes(&a, wp_span(NULL, 0));
    assert_int_equal(s.len, 0);
    assert_non_null(s.ptr);
}

static void test_done_twice(void **state)
{
    (void)state;
    struct wp_arena a = WP_ARENA_INIT;
    wp_arena_str(&a, "x");
    wp_arena_done(&a);
    assert_null(a.blocks);
    wp_arena_done(&a);
    assert_string_equal(wp_arena_str(&a, "again"), "again");
    wp_arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_done_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
