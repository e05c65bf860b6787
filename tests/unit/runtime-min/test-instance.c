/* SPDX-License-Identifier: Apache-2.0
 *
 * Instantiation: what is made, in which order, what stays after a trap, which imports match. */
#include "run-fixture.h"
#include "runtime-min/exec.h"

/* (import "m" "f" (func $f (param i32) (result i32))) (import "m" "g" (global $g i32)) (memory (export "mem") 1 4)
 * (table (export "tab") 3 5 funcref) (global (export "sum") i32 g * 10 + (7 - 5)) (global (export "wide") i64 -3 * 5)
 * (global (export "vec") v128 (i64x2 1 -2)) (global (export "null") externref null) (elem (i32.const 1) $f $two)
 * (elem $two) (data (i32.const 65534) "ab") (data "hello") (func (export "two") (result i32) 2); init, drop, tinit,
 * fill, copy: (param i32 i32 i32); grow, tgrow: (param i32) (result i32) */
#define MODULE                                                                                                 \
    "01130460017f017f6000017f60037f7f7f00600000020e02016d01660000016d0167037f00030908010203020202000004050170" \
    "0103050504010101040631047f002300410a6c410741056b6a0b7e00427d42057e0b7b00fd0c0100000000000000feffffffffff" \
    "ffff0b6f00d06f0b07600e036d656d02000374616201000373756d030104776964650302037665630303046e756c6c0304037477" \
    "6f000104696e697400020464726f7000030574696e697400040466696c6c000504636f707900060467726f770007057467726f77" \
    "0008090c020041010b020001010001010c01020a5308040041020b0c00200020012002fc0801000b0800fc0901fc0d010b0c0020" \
    "0020012002fc0c01000b0b00200020012002fc0b000b0c00200020012002fc0a00000b0600200040000b0900d0702000fc0f000b" \
    "0b11020041feff030b026162010568656c6c6f"

struct given {
    struct wrt_value f, g;
};

static int twice(struct wrt_store *s, void *env, uint64_t *slots)
{
    (void)s;
    (void)env;
    slots[0] = (uint32_t)(slots[0] * 2);
    return 0;
}

static int give(void *arg, const struct wrt_module *m, const struct wrt_import *import, struct wrt_value *ret,
                struct wp_err *err)
{
    (void)m;
    (void)err;
    const struct given *g = arg;
    *ret = import->name.ptr[0] == 'f' ? g->f : g->g;
    return 0;
}

static struct given usual(struct run_fixture *r)
{
    struct given g = {.f.kind = WRT_FUNC, .g.kind = WRT_GLOBAL};
    uint32_t type, i32 = WRT_I32;
    uint64_t four = 4;
    assert_int_equal(wrt_types_func(wrt_store_types(r->store), &i32, 1, &i32, 1, &type, &r->err), 0);
    assert_int_equal(wrt_func_new_host(r->store, type, twice, NULL, &g.f.as.func, &r->err), 0);
    assert_int_equal(wrt_global_new(r->store, WRT_I32, false, &four, &g.g.as.global, &r->err), 0);
    return g;
}

static uint64_t global_of(const struct wrt_instance *i, const char *name, unsigned slot)
{
    uint64_t slots[2] = {0, 0};
    wrt_global_get(run_export(i, name).as.global, slots);
    return slots[slot];
}

static void test_made(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    struct given g = usual(&r);
    struct wrt_instance *i = run_instantiate(&r, MODULE, give, &g);
    assert_int_equal(global_of(i, "sum", 0), 42);
    assert_int_equal(global_of(i, "wide", 0), (uint64_t)-15);
    assert_int_equal(global_of(i, "vec", 0), 1);
    assert_int_equal(global_of(i, "vec", 1), (uint64_t)-2);
    assert_int_equal(global_of(i, "null", 0), 0);

    uint64_t size;
    const uint8_t *bytes = wrt_memory_bytes(run_export(i, "mem").as.memory, &size);
    assert_int_equal(size, 65536);
    assert_memory_equal(bytes + 65533, "\0ab", 3);

    const struct wrt_table_inst *t = run_export(i, "tab").as.table;
    assert_int_equal(wrt_table_size(t), 3);
    assert_int_equal(wrt_table_get(t, 0), 0);
    assert_ptr_equal((void *)wrt_table_get(t, 1), g.f.as.func);
    assert_ptr_equal((void *)wrt_table_get(t, 2), run_export(i, "two").as.func);

    uint64_t slots[3] = {0};
    assert_int_equal(run_call(&r, i, "two", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 2);
    uint32_t index;
    assert_ptr_equal(wrt_func_instance(run_export(i, "two").as.func, &index), i);
    assert_int_equal(index, 1);
    assert_null(wrt_func_instance(g.f.as.func, &index));
    struct wrt_value none;
    assert_false(wrt_instance_export(i, wp_span_str("tw"), &none));
    run_close(&r);
}

/* Segments: the kept ones until they are dropped, the active one from the begin. */
static void test_segments(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    struct given g = usual(&r);
    struct wrt_instance *i = run_instantiate(&r, MODULE, give, &g);
    uint64_t size;
    const uint8_t *bytes = wrt_memory_bytes(run_export(i, "mem").as.memory, &size);
    assert_int_equal(run_call(&r, i, "init", (uint64_t[]){10, 1, 3}), WRT_STOP_NONE);
    assert_memory_equal(bytes + 9, "\0ell\0", 5);
    assert_int_equal(run_call(&r, i, "init", (uint64_t[]){10, 3, 3}), WRT_STOP_MEMORY_BOUNDS);
    assert_int_equal(run_call(&r, i, "init", (uint64_t[]){65534, 0, 3}), WRT_STOP_MEMORY_BOUNDS);
    assert_memory_equal(bytes + 65534, "ab", 2);
    assert_int_equal(run_call(&r, i, "tinit", (uint64_t[]){0, 0, 1}), WRT_STOP_NONE);
    assert_int_equal(wrt_table_get(run_export(i, "tab").as.table, 0), wrt_table_get(run_export(i, "tab").as.table, 2));
    assert_int_equal(run_call(&r, i, "tinit", (uint64_t[]){0, 0, 2}), WRT_STOP_TABLE_BOUNDS);
    assert_int_equal(run_call(&r, i, "drop", (uint64_t[]){0}), WRT_STOP_NONE);
    assert_int_equal(run_call(&r, i, "init", (uint64_t[]){10, 0, 1}), WRT_STOP_MEMORY_BOUNDS);
    assert_int_equal(run_call(&r, i, "init", (uint64_t[]){10, 0, 0}), WRT_STOP_NONE);
    assert_int_equal(run_call(&r, i, "tinit", (uint64_t[]){0, 0, 1}), WRT_STOP_TABLE_BOUNDS);
    run_close(&r);
}

/* ---- traps on the way ---- */

struct shared {
    struct wrt_value memory, table;
};

static int share(void *arg, const struct wrt_module *m, const struct wrt_import *import, struct wrt_value *ret,
                 struct wp_err *err)
{
    (void)m;
    (void)err;
    const struct shared *s = arg;
    *ret = import->kind == WRT_MEMORY ? s->memory : s->table;
    return 0;
}

static struct shared make_shared(struct run_fixture *r)
{
    struct shared s = {.memory.kind = WRT_MEMORY, .table.kind = WRT_TABLE};
    struct wrt_limits memory = {.min = 1, .max = UINT64_MAX, .page_log2 = 16};
    struct wrt_table table = {.type = WRT_FUNCREF, .limits = {.min = 3, .max = UINT64_MAX}};
    assert_int_equal(wrt_memory_new(r->store, &memory, &s.memory.as.memory, &r->err), 0);
    assert_int_equal(wrt_table_new(r->store, &table, 0, &s.table.as.table, &r->err), 0);
    return s;
}

/* What was done before the trap stays, what stands behind it is not done; the function in the table still runs. */
static void test_trap_in_segment(void **state)
{
    (void)state;
    struct run_fixture r;
    uint64_t size;
    run_open(&r, NULL);
    struct shared s = make_shared(&r);
    const uint8_t *bytes = wrt_memory_bytes(s.memory.as.memory, &size);
    /* (import memory 1, table 3) (func $one (result i32) 1) (elem (i32.const 0) $one) (elem (i32.const 3) $one)
     * (data (i32.const 0) "x") */
    assert_null(run_instantiate(&r,
                                "0105016000017f021402016d036d656d020001016d037461620170000303020100090d020041000b010000"
                                "41030b01000a0601040041010b0b07010041000b0178",
                                share, &s));
    assert_int_equal(r.out.stop, WRT_STOP_TABLE_BOUNDS);
    assert_string_equal(r.out.detail, "element segment 1: entries 3 to 4 of 3");
    assert_int_equal(bytes[0], 0);
    uint64_t slots[1] = {0};
    wrt_call(r.store, (struct wrt_func *)wrt_table_get(s.table.as.table, 0), slots, &r.out);
    assert_int_equal(r.out.stop, WRT_STOP_NONE);
    assert_int_equal(slots[0], 1);

    /* (import memory 1) (data (i32.const 0) "xy") (data (i32.const 65535) "zz") */
    assert_null(run_instantiate(&r, "020a01016d036d656d0200010b11020041000b0278790041ffff030b027a7a", share, &s));
    assert_int_equal(r.out.stop, WRT_STOP_MEMORY_BOUNDS);
    assert_memory_equal(bytes, "xy", 2);
    assert_int_equal(bytes[65535], 0);

    /* (import memory 1) (start: mem[5] = 9, unreachable) */
    assert_null(run_instantiate(&r, "010401600000020a01016d036d656d020001030201000801000a0c010a00410541093a0000000b",
                                share, &s));
    assert_int_equal(r.out.stop, WRT_STOP_UNREACHABLE);
    assert_int_equal(r.out.frame_count, 1);
    assert_int_equal(bytes[5], 9);
    run_close(&r);
}

/* ---- imports ---- */

static void unlinked(struct run_fixture *r, const char *hex, wrt_import_fn imports, void *arg, const char *message)
{
    assert_null(run_instantiate(r, hex, imports, arg));
    assert_string_equal(r->err.msg, message);
}

static void test_imports(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    struct given g = usual(&r), other = g;
    struct shared s = make_shared(&r);
    unlinked(&r, MODULE, NULL, NULL, "unknown import: 'm' 'f'");
    other.f = g.g;
    unlinked(&r, MODULE, give, &other,
             "incompatible import type: 'm' 'f': func (param i32) (result i32) is wanted, global i32 was given");
    uint32_t type;
    other = g;
    assert_int_equal(wrt_types_func(wrt_store_types(r.store), NULL, 0, NULL, 0, &type, &r.err), 0);
    assert_int_equal(wrt_func_new_host(r.store, type, twice, NULL, &other.f.as.func, &r.err), 0);
    unlinked(&r, MODULE, give, &other,
             "incompatible import type: 'm' 'f': func (param i32) (result i32) is wanted, func  was given");
    other = g;
    assert_int_equal(wrt_global_new(r.store, WRT_I32, true, (uint64_t[]){1}, &other.g.as.global, &r.err), 0);
    unlinked(&r, MODULE, give, &other,
             "incompatible import type: 'm' 'g': global i32 is wanted, global (mut i32) was given");
    /* (import "m" "mem" (memory 2)) */
    unlinked(&r, "020a01016d036d656d020002", share, &s,
             "incompatible import type: 'm' 'mem': memory 2 is wanted, memory 1 was given");
    struct shared bytewise = s;
    struct wrt_limits pages = {.min = 2, .max = 9, .has_max = true};
    assert_int_equal(wrt_memory_new(r.store, &pages, &bytewise.memory.as.memory, &r.err), 0);
    unlinked(&r, "020a01016d036d656d020002", share, &bytewise,
             "incompatible import type: 'm' 'mem': memory 2 is wanted, memory 2 9 (pagesize 1) was given");
    assert_int_equal(wrt_memory_grow(r.store, s.memory.as.memory, 1), 1); /* what it has now counts */
    assert_non_null(run_instantiate(&r, "020a01016d036d656d020002", share, &s));
    run_close(&r);
}

static void test_not_for_this_store(void **state)
{
    (void)state;
    struct run_fixture r, other;
    struct wrt_instance *i;
    run_open(&r, NULL);
    run_open(&other, NULL);
    const struct wrt_module *m = run_load(&other, "");
    assert_int_equal(wrt_instantiate(r.store, m, NULL, NULL, &i, &r.out, &r.err), -1);
    assert_string_equal(r.err.msg, "the module was not loaded for this store");
    run_close(&r);
    run_close(&other);
}

/* (type $s (struct i32 (mut v128) i8)) (type $a (array (mut i16))) (type $p (array (ref null $s)))
 * (global $x (ref $s) (struct.new $s 5 (i64x2 3 4) 0x1ff)) (global $y (ref $a) (array.new $a 0x12345 3))
 * (global (export "pair") (ref $p) (array.new_fixed $p 3 $x null (struct.new_default $s)))
 * (global (export "ext") externref (extern.convert_any (ref.i31 -1)))
 * (func (export "run") (result i32) $x.0 + $x.2 + $y[2] + (array.len (array.new_default $a 9))) */
static void test_objects_in_constants(void **state)
{
    (void)state;
    struct run_fixture r;
    run_open(&r, NULL);
    struct wrt_instance *i = run_instantiate(
        &r,
        "0114045f037f007b0178005e77015e6300006000017f030201030644046400004105fd0c03000000000000000400000000000000"
        "41ff03fb00000b64010041c5c6044103fb06010b6402002300d000fb0100fb0802030b6f00417ffb1cfb1b0b0714030470616972"
        "03020365787403030372756e00000a21011f002300fb0200002300fb04000223014102fb0d014109fb0701fb0f6a6a6a0b",
        NULL, NULL);
    uint64_t slots[1] = {0};
    assert_int_equal(run_call(&r, i, "run", slots), WRT_STOP_NONE);
    assert_int_equal(slots[0], 5 + 0xff + 0x2345 + 9);
    assert_int_equal(global_of(i, "ext", 0), 0xffffffff); /* i31 of -1: all 31 bits, and the mark */
    assert_true(wrt_ref_is(r.store, global_of(i, "pair", 0), WRT_REF | WRT_HEAP_ARRAY));
    assert_false(wrt_ref_is(r.store, global_of(i, "pair", 0), WRT_REF | WRT_HEAP_STRUCT));
    run_close(&r);
}

static void repeat(struct wp_buf *b, const char *hex, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        wp_buf_add_str(b, hex);
    }
}

/* (type (array i8)) (global (export "sum") i32 1 + 1 + … 200 times) (global (export "all") (ref 0)
 * (array.new_fixed 0 300 7 …)): more than the first stack has room for */
static void test_long_constants(void **state)
{
    (void)state;
    struct run_fixture r;
    WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
    run_open(&r, NULL);
    repeat(&hex, "0104015e7800 06bc0902 7f00", 1); /* 1212 bytes of globals */
    repeat(&hex, "4101", 200);
    repeat(&hex, "6a", 199);
    repeat(&hex, "0b 640000", 1);
    repeat(&hex, "4107", 300);
    repeat(&hex, "fb0800ac02 0b", 1);
    repeat(&hex, "070d020373756d030003616c6c0301", 1);
    struct wrt_instance *i = run_instantiate(&r, hex.ptr, NULL, NULL);
    assert_int_equal(global_of(i, "sum", 0), 200);
    assert_true(wrt_ref_is(r.store, global_of(i, "all", 0), WRT_REF | WRT_HEAP_ARRAY));
    run_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_trap_in_segment),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_not_for_this_store),
        cmocka_unit_test(test_objects_in_constants),
        cmocka_unit_test(test_long_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
