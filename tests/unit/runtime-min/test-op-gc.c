/* SPDX-License-Identifier: Apache-2.0
 *
 * Structs and arrays by running modules: many of them in a small heap, what tables, globals and element segments keep,
 * ranges and what they are charged. */
#include "run-fixture.h"
#include "runtime-min/heap.h"

/* (type $n (struct (field (mut i32)) (field (mut (ref null $n))))) (type $b (array (mut i8))) and arrays of anyref,
 * v128, funcref; (elem $e funcref …three) (elem $x anyref (array.new $b (i32.const 3) (i32.const 5)))
 * (data $d "0123456789") (table $t 2 anyref) (global $g (mut anyref))
 * churn (param i32) (result i64): so many structs, the last 1000 kept in an array; the sum of their numbers
 * list (param i32) (result i64): a list of so many, the sum of its numbers
 * new, default (param i32) (result i32): array.new of i8, array.new_default of v128; data, elem (param i32 i32)
 * (result i32): array.new_data of i8, array.new_elem; their lengths
 * fill (param i32 i32): of an array of ten; copy (param i32 i32 i32) (result i32): within $d's ten bytes, that at 3 and
 * that at 9 << 8; drop: $d and $e
 * keep (param i32): structs in $t and $g; kept (result i32): the number, 1 and 3 of $x added
 * i31 (param i32) (result i32 i32): signed, unsigned */
/* clang-format off */
#define OBJECTS \
    "01410e5f027f016300015e6e015e78015e7b015e700160017f017e60017f017f60027f7f017f60027f7f0060037f7f7f017f6000" \
    "0060017f006000017f60017f027f7f030d0c05050606070708090a0b0c0d0404016e00020606016e01d06e0b07570c0563687572" \
    "6e0000046c6973740001036e657700020764656661756c7400030464617461000404656c656d00050466696c6c000604636f7079" \
    "00070464726f700008046b6565700009046b657074000a03693331000b091802057003d2000bd0700bd2000b056e0141034105fb" \
    "06020b0c01010a8a030c6003016301017f017e41e807fb0701210103402001200241e807702002d000fb0000fb0e01200241016a" \
    "210220022000490d000b410021020340200320012002fb0b01fb1600fb020000ad7c2103200241016a2102200241e807490d000b" \
    "20030b4203016300017f017e034020022001fb00002101200241016a210220022000490d000b034020032001fb020000ad7c2103" \
    "2001fb02000121012001d1450d000b20030b0b0041072000fb0602fb0f0b09002000fb0703fb0f0b0c0020002001fb090200fb0f" \
    "0b0c0020002001fb0a0400fb0f0b1000410afb0702200041012001fb10020b2f010164024100410afb0902002103200320002003" \
    "20012002fb11020220034103fb0d0220034109fb0c024108746a0b0800fc0900fc0d000b1d00410120004101d000fb0000fb0000" \
    "2600410125004103fb060124000b3d010164002300fb16014102fb0b01fb16002100410041004101fc0c01002000fb0200002000" \
    "fb020001d4fb0200006a41002500fb16024104fb0d026a0b0e002000fb1cfb1d2000fb1cfb1e0b0b0d01010a3031323334353637" \
    "3839"
/* clang-format on */

static const struct wrt_instance *open(struct run_fixture *r, uint64_t heap)
{
    run_open(r, &(struct wrt_budget){.heap = heap});
    const struct wrt_instance *i = run_instantiate(r, OBJECTS, NULL, NULL);
    assert_non_null(i);
    return i;
}

static void test_churn(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_instance *i = open(&r, 1 << 20);
    uint64_t n = 300000;
    assert_int_equal(run_call(&r, i, "churn", &n), WRT_STOP_NONE);
    assert_int_equal(n, UINT64_C(299500) * 1000 - 500);
    assert_true(r.store->heap->collections >= 5);
    assert_true(r.store->heap->soft <= 1 << 20);
    run_close(&r);
}

static void test_list(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_instance *i = open(&r, 16 << 20);
    uint64_t n = 500000;
    assert_int_equal(run_call(&r, i, "list", &n), WRT_STOP_NONE);
    assert_int_equal(n, UINT64_C(499999) * 250000);
    n = 1000000;
    assert_int_equal(run_call(&r, i, "list", &n), WRT_STOP_HEAP);
    /* The next call finds the heap empty. */
    n = 500000;
    assert_int_equal(run_call(&r, i, "list", &n), WRT_STOP_NONE);
    run_close(&r);
}

static void test_kept(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_instance *i = open(&r, 1 << 20);
    uint64_t n = 41;
    assert_int_equal(run_call(&r, i, "keep", &n), WRT_STOP_NONE);
    n = 100000;
    assert_int_equal(run_call(&r, i, "churn", &n), WRT_STOP_NONE);
    assert_true(r.store->heap->collections > 0);
    assert_int_equal(run_call(&r, i, "kept", &n), WRT_STOP_NONE);
    assert_int_equal(n, 41 + 1 + 3);
    run_close(&r);
}

struct range {
    const char *name;
    uint64_t args[3];
    enum wrt_stop stop;
    uint64_t result;
    uint32_t fuel;
};

static void check(struct run_fixture *r, const struct wrt_instance *i, const struct range *row)
{
    uint64_t slots[3], before = wrt_store_fuel(r->store);
    memcpy(slots, row->args, sizeof(slots));
    assert_int_equal(run_call(r, i, row->name, slots), row->stop);
    assert_int_equal(r->out.fuel - before, row->fuel);
    if (row->stop == WRT_STOP_NONE && !wp_str_eq(row->name, "fill")) {
        assert_int_equal(slots[0], row->result);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_instance *i = open(&r, 1 << 20);
    static const struct range rows[] = {
        {"new", {0}, WRT_STOP_NONE, 0, 4},
        {"new", {100}, WRT_STOP_NONE, 100, 104},
        {"new", {UINT32_MAX}, WRT_STOP_HEAP, 0, 3},
        {"default", {100}, WRT_STOP_NONE, 100, 103},
        {"default", {UINT32_MAX}, WRT_STOP_HEAP, 0, 2},
        {"data", {0, 10}, WRT_STOP_NONE, 10, 5},
        {"data", {10, 0}, WRT_STOP_NONE, 0, 4},
        {"data", {11, 0}, WRT_STOP_MEMORY_BOUNDS, 0, 3},
        {"data", {1, 10}, WRT_STOP_MEMORY_BOUNDS, 0, 3},
        {"data", {UINT32_MAX, UINT32_MAX}, WRT_STOP_MEMORY_BOUNDS, 0, 3},
        {"elem", {1, 2}, WRT_STOP_NONE, 2, 6},
        {"elem", {1, 3}, WRT_STOP_TABLE_BOUNDS, 0, 3},
        {"fill", {0, 10}, WRT_STOP_NONE, 0, 6 + 10 + 10},
        {"fill", {10, 0}, WRT_STOP_NONE, 0, 6 + 10},
        {"fill", {1, 10}, WRT_STOP_ARRAY_BOUNDS, 0, 6 + 10},
        {"fill", {UINT32_MAX, 1}, WRT_STOP_ARRAY_BOUNDS, 0, 6 + 10},
        {"copy", {1, 0, 9}, WRT_STOP_NONE, '2' | '8' << 8, 20 + 9},
        {"copy", {0, 1, 9}, WRT_STOP_NONE, '4' | '9' << 8, 20 + 9},
        {"copy", {10, 10, 0}, WRT_STOP_NONE, '3' | '9' << 8, 20},
        {"copy", {2, 0, 9}, WRT_STOP_ARRAY_BOUNDS, 0, 11},
        {"copy", {0, 2, 9}, WRT_STOP_ARRAY_BOUNDS, 0, 11},
    };
    static const struct range dropped[] = {
        {"data", {0, 0}, WRT_STOP_NONE, 0, 4},
        {"data", {0, 1}, WRT_STOP_MEMORY_BOUNDS, 0, 3},
        {"elem", {0, 0}, WRT_STOP_NONE, 0, 4},
        {"elem", {0, 1}, WRT_STOP_TABLE_BOUNDS, 0, 3},
    };
    for (size_t k = 0; k < WP_ARRAY_LEN(rows); k++) {
        check(&r, i, &rows[k]);
    }
    assert_int_equal(run_call(&r, i, "drop", NULL), WRT_STOP_NONE);
    for (size_t k = 0; k < WP_ARRAY_LEN(dropped); k++) {
        check(&r, i, &dropped[k]);
    }
    run_close(&r);
}

static void test_i31(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_instance *i = open(&r, 1 << 20);
    static const uint32_t rows[][3] = {{0, 0, 0},
                                       {1, 1, 1},
                                       {0x3fffffff, 0x3fffffff, 0x3fffffff},
                                       {0x40000000, 0xc0000000, 0x40000000},
                                       {0x7fffffff, 0xffffffff, 0x7fffffff},
                                       {0x80000000, 0, 0},
                                       {0xffffffff, 0xffffffff, 0x7fffffff}};
    for (size_t k = 0; k < WP_ARRAY_LEN(rows); k++) {
        uint64_t slots[2] = {rows[k][0]};
        assert_int_equal(run_call(&r, i, "i31", slots), WRT_STOP_NONE);
        assert_int_equal(slots[0], rows[k][1]);
        assert_int_equal(slots[1], rows[k][2]);
    }
    run_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_churn),  cmocka_unit_test(test_list), cmocka_unit_test(test_kept),
        cmocka_unit_test(test_ranges), cmocka_unit_test(test_i31),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
