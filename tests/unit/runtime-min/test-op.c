/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions of the slow lane for memories, tables and threads: edges, what they leave alone when they trap, and what
 * they are charged. */
#include "run-fixture.h"

#include <stdlib.h>

/* (memory (export "mem") 1 300) (memory $n i64 1) (table $t (export "tab") 4 20 externref) (data "0123456789");
 * fill, copy, init, tcopy: (param i32 i32 i32); across: (param i64 i32 i32), to $n; grow: (param i32) (result i32);
 * tfill: (param i32 externref i32); tgrow: (param externref i32) (result i32); tset, tget, tsize */
#define BULK                                                                                                   \
    "012c0860037f7f7f0060037e7f7f0060017f017f60037f6f7f0060026f7f017f60027f6f0060017f016f6000017f030c0b000001" \
    "02000300040506070405016f0104140507020101ac02040107600d036d656d02000374616201000466696c6c000004636f707900" \
    "01066163726f737300020467726f77000304696e69740004057466696c6c00050574636f70790006057467726f77000704747365" \
    "74000804746765740009057473697a65000a0c01010a740b0b00200020012002fc0b000b0c00200020012002fc0a00000b0c0020" \
    "0020012002fc0a01000b0600200040000b0c00200020012002fc0800000b0b00200020012002fc11000b0c00200020012002fc0e" \
    "00000b090020002001fc0f000b08002000200126000b0600200025000b0500fc10000b0b0d01010a30313233343536373839"

/* (memory (export "mem") 1 1 shared) (memory $u 1 1); wait: memory.atomic.wait32 (param i32 i32 i64) (result i32);
 * unshared: the same of $u at 0; notify: (param i32) (result i32); cas: i32.atomic.rmw16.cmpxchg_u
 * (param i32 i32 i32) (result i32) */
#define ATOMIC                                                                                                 \
    "01180460037f7f7e017f6000017f60017f017f60037f7f7f017f03050400010203050702030101010101072805036d656d020004" \
    "77616974000008756e7368617265640001066e6f7469667900020363617300030a34040c00200020012002fe0102000b0d004100" \
    "41004200fe014201000b0a0020004107fe0002000b0c00200020012002fe4b01000b"

/* Fuel that a call takes. */
static uint64_t cost(struct run_fixture *r, const struct wrt_instance *i, const char *name, uint64_t *slots,
                     enum wrt_stop stop)
{
    uint64_t before = wrt_store_fuel(r->store);
    assert_int_equal(run_call(r, i, name, slots), stop);
    return r->out.fuel - before;
}

static void test_bulk_fuel(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    const struct wrt_instance *i = run_instantiate(&r, BULK, NULL, NULL);
    enum { PLAIN = 4 }; /* three local.get and the instruction itself */
    static const struct {
        uint32_t n, more;
    } cases[] = {{0, 0}, {1, 1}, {64, 1}, {65, 2}, {65536, 1024}};
    for (size_t k = 0; k < WP_ARRAY_LEN(cases); k++) {
        uint32_t n = cases[k].n, want = PLAIN + cases[k].more;
        assert_int_equal(cost(&r, i, "fill", (uint64_t[]){0, 1, n}, WRT_STOP_NONE), want);
        assert_int_equal(cost(&r, i, "copy", (uint64_t[]){0, 0, n}, WRT_STOP_NONE), want);
        assert_int_equal(cost(&r, i, "across", (uint64_t[]){0, 0, n}, WRT_STOP_NONE), want);
    }
    assert_int_equal(cost(&r, i, "init", (uint64_t[]){0, 0, 10}, WRT_STOP_NONE), PLAIN + 1);
    assert_int_equal(cost(&r, i, "tfill", (uint64_t[]){0, 0, 3}, WRT_STOP_NONE), PLAIN + 3);
    assert_int_equal(cost(&r, i, "tcopy", (uint64_t[]){0, 1, 3}, WRT_STOP_NONE), PLAIN + 3);
    assert_int_equal(cost(&r, i, "tgrow", (uint64_t[]){0, 2}, WRT_STOP_NONE), 3 + 2);
    /* Out of bounds: nothing is begun. */
    assert_int_equal(cost(&r, i, "fill", (uint64_t[]){1, 1, 65536}, WRT_STOP_MEMORY_BOUNDS), PLAIN);
    assert_int_equal(cost(&r, i, "tfill", (uint64_t[]){5, 0, 3}, WRT_STOP_TABLE_BOUNDS), PLAIN);
    run_close(&r);
}

/* More than one piece, both ways over each other. */
static void test_large_copies(void **state)
{
    (void)state;
    enum { MIB = 1 << 20, N = 9 * MIB + 77 };
    struct run_fixture r;
    run_open(&r, NULL);
    const struct wrt_instance *i = run_instantiate(&r, BULK, NULL, NULL);
    assert_int_equal(run_call(&r, i, "grow", (uint64_t[]){250}), WRT_STOP_NONE);
    uint64_t size;
    uint8_t *bytes = wrt_memory_bytes(run_export(i, "mem").as.memory, &size);
    assert_int_equal(size, 251 * 65536);
    for (uint32_t k = 0; k < N; k++) {
        bytes[k] = (uint8_t)(k * 7 + (k >> 8) * 13 + (k >> 16));
    }
    uint8_t *want = malloc(N);
    assert_non_null(want);
    memcpy(want, bytes, N);
    uint64_t before = wrt_store_fuel(r.store);
    assert_int_equal(run_call(&r, i, "copy", (uint64_t[]){MIB + 3, 0, N}), WRT_STOP_NONE);
    assert_memory_equal(bytes + MIB + 3, want, N);
    assert_int_equal(r.out.fuel - before, 4 + (N + 63) / 64);
    assert_int_equal(run_call(&r, i, "copy", (uint64_t[]){5, MIB + 3, N}), WRT_STOP_NONE);
    assert_memory_equal(bytes + 5, want, N);
    assert_int_equal(run_call(&r, i, "fill", (uint64_t[]){9, 0x1ff, N}), WRT_STOP_NONE);
    assert_int_equal(bytes[8], want[3]);
    memset(want, 0xff, N);
    assert_memory_equal(bytes + 9, want, N);
    assert_int_equal(run_call(&r, i, "copy", (uint64_t[]){(uint32_t)size - 5, 0, 6}), WRT_STOP_MEMORY_BOUNDS);
    assert_string_equal(r.out.detail, "copy to: address 0xfafffb + 6 of 16449536");
    free(want);
    run_close(&r);
}

static void test_out_of_fuel(void **state)
{
    (void)state;
    struct run_fixture r;
    const struct wrt_budget budget = {.fuel = 100};
    run_open(&r, &budget);
    const struct wrt_instance *i = run_instantiate(&r, BULK, NULL, NULL);
    assert_int_equal(run_call(&r, i, "fill", (uint64_t[]){0, 1, 64 * 50}), WRT_STOP_NONE);
    assert_int_equal(run_call(&r, i, "fill", (uint64_t[]){0, 2, 64 * 50}), WRT_STOP_FUEL);
    uint64_t size;
    assert_int_equal(wrt_memory_bytes(run_export(i, "mem").as.memory, &size)[0], 1);
    run_close(&r);
}

static void test_table(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    const struct wrt_instance *i = run_instantiate(&r, BULK, NULL, NULL);
    uint64_t a = wrt_extern_ref(1), b = wrt_extern_ref(2), slots[3] = {0, a};
    assert_int_equal(run_call(&r, i, "tset", slots), WRT_STOP_NONE);
    assert_int_equal(run_call(&r, i, "tset", (uint64_t[]){3, b}), WRT_STOP_NONE);
    assert_int_equal(run_call(&r, i, "tset", (uint64_t[]){4, b}), WRT_STOP_TABLE_BOUNDS);
    assert_int_equal(run_call(&r, i, "tcopy", (uint64_t[]){1, 0, 3}), WRT_STOP_NONE);
    slots[0] = 1;
    assert_int_equal(run_call(&r, i, "tget", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], a);
    slots[0] = 4;
    assert_int_equal(run_call(&r, i, "tget", slots), WRT_STOP_TABLE_BOUNDS);
    slots[0] = b;
    slots[1] = 16;
    assert_int_equal(run_call(&r, i, "tgrow", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 4);
    slots[0] = b;
    slots[1] = 1;
    assert_int_equal(run_call(&r, i, "tgrow", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], UINT32_MAX);
    assert_int_equal(run_call(&r, i, "tsize", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 20);
    run_close(&r);
}

static void test_threads(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    const struct wrt_instance *i = run_instantiate(&r, ATOMIC, NULL, NULL);
    uint64_t size, slots[3] = {8, 7, (uint64_t)-1};
    uint8_t *bytes = wrt_memory_bytes(run_export(i, "mem").as.memory, &size);
    assert_int_equal(run_call(&r, i, "wait", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 1); /* not equal */
    assert_int_equal(run_call(&r, i, "wait", (uint64_t[]){8, 0, (uint64_t)-1}), WRT_STOP_BLOCKED);
    memcpy(slots, (uint64_t[]){8, 0, UINT64_C(1) << 62}, sizeof(slots));
    assert_int_equal(run_call(&r, i, "wait", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 2); /* timed out */
    assert_int_equal(run_call(&r, i, "wait", (uint64_t[]){6, 0, 0}), WRT_STOP_UNALIGNED);
    assert_int_equal(run_call(&r, i, "wait", (uint64_t[]){65536, 0, 0}), WRT_STOP_MEMORY_BOUNDS);
    assert_int_equal(run_call(&r, i, "unshared", slots), WRT_STOP_EXPECTED_SHARED);
    slots[0] = 4;
    assert_int_equal(run_call(&r, i, "notify", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 0);
    memcpy(bytes + 2, "\x34\x12\x78", 3);
    memcpy(slots, (uint64_t[]){2, 0xffff1234, 0xabcdef01}, sizeof(slots));
    assert_int_equal(run_call(&r, i, "cas", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 0x1234);
    assert_memory_equal(bytes + 2, "\x01\xef\x78", 3);
    memcpy(slots, (uint64_t[]){2, 0x1234, 0}, sizeof(slots));
    assert_int_equal(run_call(&r, i, "cas", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 0xef01);
    assert_memory_equal(bytes + 2, "\x01\xef\x78", 3);
    assert_int_equal(run_call(&r, i, "cas", (uint64_t[]){3, 0, 0}), WRT_STOP_UNALIGNED);
    run_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bulk_fuel), cmocka_unit_test(test_large_copies), cmocka_unit_test(test_out_of_fuel),
        cmocka_unit_test(test_table),     cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
