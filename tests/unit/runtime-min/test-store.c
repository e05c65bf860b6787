/* SPDX-License-Identifier: Apache-2.0
 *
 * Stores by themselves: budgets of memories and tables, what does not move, handles and references. */
#include "run-fixture.h"
#include "runtime-min/exec.h"

static void test_memory_in_place(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_budget budget = {.memory = 10 * 65536};
    struct wrt_limits type = {.min = 1, .max = 8, .has_max = true, .page_log2 = 16};
    struct wrt_memory_inst *m, *n;
    uint64_t size;
    run_open(&r, &budget);
    assert_int_equal(wrt_memory_new(r.store, &type, &m, &r.err), 0);
    uint8_t *base = wrt_memory_bytes(m, &size);
    base[65535] = 7;
    assert_int_equal(wrt_memory_grow(r.store, m, 0), 1);
    assert_int_equal(wrt_memory_grow(r.store, m, 4), 1);
    assert_ptr_equal(wrt_memory_bytes(m, &size), base);
    assert_int_equal(size, 5 * 65536);
    assert_int_equal(base[65535], 7);
    assert_int_equal(base[5 * 65536 - 1], 0);
    base[5 * 65536 - 1] = 1;
    assert_int_equal(wrt_memory_grow(r.store, m, 4), -1); /* its own maximum */
    assert_int_equal(wrt_memory_grow(r.store, m, UINT64_MAX), -1);
    type.min = 3;
    assert_int_equal(wrt_memory_new(r.store, &type, &n, &r.err), 0);
    assert_int_equal(wrt_memory_grow(r.store, n, 3), -1); /* what both have together */
    assert_int_equal(wrt_memory_grow(r.store, n, 2), 3);
    assert_int_equal(wrt_memory_grow(r.store, m, 1), -1);
    assert_int_equal(wrt_store_peak_memory(r.store), 10 * 65536);
    type.min = 1;
    assert_int_equal(wrt_memory_new(r.store, &type, &n, &r.err), -1);
    assert_int_equal(r.err.code, WP_E_LIMIT);
    assert_string_equal(r.err.msg, "a memory of 1 pages of 65536 bytes, the memory budget has 0 bytes left");
    run_close(&r);
}

/* Address space for many: three may become as large as the budget, each of the others has its share. */
static void test_many_memories(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_budget budget = {.memory = 256 * 65536};
    struct wrt_limits type = {.min = 1, .max = UINT64_MAX, .page_log2 = 16};
    struct wrt_memory_inst *m[100];
    uint64_t reserved = 0;
    run_open(&r, &budget);
    for (size_t i = 0; i < WP_ARRAY_LEN(m); i++) {
        assert_int_equal(wrt_memory_new(r.store, &type, &m[i], &r.err), 0);
        reserved += m[i]->reserved;
    }
    assert_in_range(reserved, 2 * budget.memory, 4 * budget.memory);
    assert_int_equal(wrt_memory_grow(r.store, m[0], 150), 1);
    assert_int_equal(wrt_memory_grow(r.store, m[99], 1), -1);
    assert_int_equal(wrt_memory_grow(r.store, m[1], 7), -1); /* the budget itself */
    type.min = 4;                                            /* more than a share */
    assert_int_equal(wrt_memory_new(r.store, &type, &m[0], &r.err), 0);
    run_close(&r);
}

static void test_memory_edges(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_budget budget = {.memory = UINT64_C(8) << 30};
    struct wrt_limits type = {.min = 65535, .max = UINT64_MAX, .page_log2 = 16};
    struct wrt_memory_inst *m;
    uint64_t size;
    run_open(&r, &budget);
    assert_int_equal(wrt_memory_new(r.store, &type, &m, &r.err), 0);
    assert_int_equal(wrt_memory_grow(r.store, m, 2), -1);
    assert_int_equal(wrt_memory_grow(r.store, m, 1), 65535);
    assert_int_equal(wrt_memory_grow(r.store, m, 1), -1); /* 32 bits of address are used up */
    uint8_t *base = wrt_memory_bytes(m, &size);
    assert_int_equal(size, UINT64_C(1) << 32);
    base[size - 1] = 1;
    type = (struct wrt_limits){.min = 5, .max = UINT64_MAX, .page_log2 = 0}; /* pages of one byte */
    assert_int_equal(wrt_memory_new(r.store, &type, &m, &r.err), 0);
    assert_int_equal(wrt_memory_grow(r.store, m, 4096), 5);
    base = wrt_memory_bytes(m, &size);
    assert_int_equal(size, 4101);
    base[4100] = 1;
    type = (struct wrt_limits){.min = UINT64_C(1) << 48, .max = UINT64_MAX, .is64 = true, .page_log2 = 16};
    assert_int_equal(wrt_memory_new(r.store, &type, &m, &r.err), -1);
    assert_int_equal(r.err.code, WP_E_LIMIT);
    type.min = 0;
    assert_int_equal(wrt_memory_new(r.store, &type, &m, &r.err), 0);
    assert_int_equal(wrt_memory_grow(r.store, m, UINT64_C(1) << 48), -1);
    assert_int_equal(wrt_memory_grow(r.store, m, UINT64_MAX), -1);
    assert_int_equal(wrt_memory_grow(r.store, m, 1), 0);
    run_close(&r);
}

static void test_tables(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_budget budget = {.tables = 100};
    struct wrt_table type = {.type = WRT_EXTERNREF, .limits = {.min = 2, .max = 50, .has_max = true}};
    struct wrt_table_inst *t, *u;
    run_open(&r, &budget);
    assert_int_equal(wrt_table_new(r.store, &type, wrt_extern_ref(3), &t, &r.err), 0);
    assert_int_equal(wrt_extern_number(wrt_table_get(t, 1)), 3);
    assert_int_equal(wrt_table_grow(r.store, t, 0, 0), 2);
    assert_int_equal(wrt_table_grow(r.store, t, 48, wrt_extern_ref(0)), 2);
    assert_int_equal(wrt_table_size(t), 50);
    assert_int_equal(wrt_extern_number(wrt_table_get(t, 1)), 3);
    assert_int_equal(wrt_table_get(t, 49), wrt_extern_ref(0));
    assert_int_not_equal(wrt_extern_ref(0), 0);
    assert_int_equal(wrt_table_grow(r.store, t, 1, 0), -1);
    type.limits = (struct wrt_limits){.min = 0, .max = UINT64_MAX, .is64 = true};
    assert_int_equal(wrt_table_new(r.store, &type, 0, &u, &r.err), 0);
    assert_int_equal(wrt_table_grow(r.store, u, UINT64_MAX, 0), -1);
    assert_int_equal(wrt_table_grow(r.store, u, 51, 0), -1);
    assert_int_equal(wrt_table_grow(r.store, u, 50, 0), 0);
    type.limits.min = 1;
    assert_int_equal(wrt_table_new(r.store, &type, 0, &u, &r.err), -1);
    assert_string_equal(r.err.msg, "a table of 1 entries, the budget of tables has 0 left");
    run_close(&r);
}

/* Instances and code have a budget of their own. */
static void test_code_budget(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_budget budget = {.code = 300};
    run_open(&r, &budget);
    uint64_t zero = 0;
    struct wrt_global_inst *g;
    int rc = 0;
    for (int i = 0; rc == 0 && i < 100; i++) {
        rc = wrt_global_new(r.store, WRT_I64, true, &zero, &g, &r.err);
    }
    assert_int_equal(rc, -1);
    assert_int_equal(r.err.code, WP_E_LIMIT);
    run_close(&r);
}

static void test_references(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    uint64_t ref = wrt_extern_ref(UINT64_C(1) << 61);
    assert_int_equal(wrt_extern_number(ref), UINT64_C(1) << 61);
    assert_true(wrt_ref_is(r.store, ref, WRT_EXTERNREF));
    assert_true(wrt_ref_is(r.store, ref, WRT_REF | WRT_HEAP_ANY));
    assert_false(wrt_ref_is(r.store, ref, WRT_REF | WRT_HEAP_EQ));
    assert_true(wrt_ref_is(r.store, 0, WRT_EXTERNREF));
    assert_false(wrt_ref_is(r.store, 0, WRT_REF | WRT_HEAP_EXTERN));
    int host;
    wrt_store_set_host(r.store, &host);
    assert_ptr_equal(wrt_store_host(r.store), &host);
    run_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_in_place), cmocka_unit_test(test_many_memories),
        cmocka_unit_test(test_memory_edges),    cmocka_unit_test(test_tables),
        cmocka_unit_test(test_code_budget),     cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
