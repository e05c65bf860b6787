/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena: alignment, zeroes, growth, and that the budget is never passed. */
#include "../unit.h"
#include "runtime-min/mem.h"

#include <stdalign.h>

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_alloc(void **state)
{
    (void)state;
    struct wrt_mem m = {.limit = 1 << 20};
    struct wp_err err = {.code = WP_E_OK};
    const size_t sizes[] = {0, 1, 7, 16, 100, 5000, 20000, 100000, 3};
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        uint8_t *p = wrt_alloc(&m, sizes[i], 1, &err);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_true(all_zero(p, sizes[i]));
        memset(p, 0xff, sizes[i]);
    }
    assert_true(m.used <= m.limit);
    wrt_mem_done(&m);
    assert_int_equal(m.used, 0);
}

static void test_budget(void **state)
{
    (void)state;
    struct wrt_mem m = {.limit = 64 * 1024};
    struct wp_err err = {.code = WP_E_OK};
    unsigned got = 0;
    while (wrt_alloc(&m, 1, 1000, &err)) {
        got++;
    }
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_non_null(strstr(err.msg, "more than 65536 bytes of memory"));
    assert_in_range(got, 40, 65);
    assert_true(m.used <= m.limit);
    wrt_mem_done(&m);
    err.code = WP_E_OK;
    assert_null(wrt_alloc(&m, SIZE_MAX / 2, 16, &err)); /* the product does not fit */
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_null(wrt_alloc(&m, 1, 70000, &err));
    assert_non_null(wrt_alloc(&m, 1, 60000, &err));
    wrt_mem_done(&m);
}

static void test_give_back(void **state)
{
    (void)state;
    struct wrt_mem m = {.limit = 100000};
    struct wp_err err = {.code = WP_E_OK};
    for (int i = 0; i < 10; i++) {
        void *large = wrt_alloc(&m, 60000, 1, &err);
        assert_non_null(large);
        wrt_give_back(&m, large, 60000, 1);
    }
    assert_int_equal(m.used, 0);
    void *small = wrt_alloc(&m, 1, 100, &err);
    uint64_t used = m.used;
    wrt_give_back(&m, small, 1, 100);
    assert_true(m.used == used);
    wrt_mem_done(&m);
}

static void test_vec(void **state)
{
    (void)state;
    struct wrt_mem m = {.limit = 1 << 20};
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_vec v = {.items = NULL};
    for (uint32_t i = 0; i < 30000; i++) {
        uint32_t *item = wrt_vec_add(&m, &v, sizeof(*item), &err);
        assert_non_null(item);
        assert_int_equal(*item, 0);
        *item = i;
    }
    for (uint32_t i = 0; i < v.count; i++) {
        assert_int_equal(((uint32_t *)v.items)[i], i);
    }
    uint64_t before = m.used;
    wrt_vec_done(&m, &v, sizeof(uint32_t));
    assert_true(m.used < before);
    assert_int_equal(v.count, 0);
    /* Past the budget the array stays as it was. */
    struct wrt_vec big = {.items = NULL};
    while (wrt_vec_add(&m, &big, 64, &err)) {
        continue;
    }
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_true(big.count > 1000);
    assert_true(m.used <= m.limit);
    assert_int_equal(wrt_vec_reserve(&m, &big, UINT32_MAX, 64, &err), -1);
    assert_non_null(big.items);
    wrt_mem_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_give_back),
        cmocka_unit_test(test_vec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
