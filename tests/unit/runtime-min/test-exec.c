/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs: loops, calls, tail calls, traps and where they are said to be, the exact count of instructions, budgets, calls
 * between instances and back from the host. The counts are the same with every compiler and dispatcher. */
#include "run-fixture.h"
#include "runtime-min/exec.h"

/* Of (param i32) (result i32) each: count: sums 2 in a loop of 9 instructions; even: by tail calls with $odd; deep:
 * calls within calls, 9 instructions each and 5 at the end; wide: the same without end, 8 locals; load: i32.load
 * offset=70000; div: -2^31 by the parameter; unreachable; trunc: i32.trunc_f32_s of the bits; ask: h.f + 100; ask_last:
 * h.f by return_call; straight: 4 instructions; indirect: through the table with 4; wrong: the same as (param i64)
 * (result i32). The table: $even, h.f, null, null. */
#define MAIN                                                                                                   \
    "010b0260017f017f60017e017f020701016801660000030f0e000000000000000000000000000004040170000405030100010779" \
    "0e066d656d6f7279020005636f756e740001046576656e00020464656570000404776964650005046c6f61640006036469760007" \
    "0b756e726561636861626c650008057472756e6300090361736b000a0861736b5f6c617374000b087374726169676874000c0869" \
    "6e646972656374000d0577726f6e67000e0908010041000b0202000ab2010e1901017f0340200141026a2101200041016b22000d" \
    "000b20010b1200200045044041010f0b200041016b12030b1200200045044041000f0b200041016b12020b150020004504404100" \
    "0f0b200041016b100441016a0b0801087e200010050b0c0041031a20002802f0a2040b0b0041808080807820006d0b0300000b06" \
    "002000bea80b0a002000100041e4006a0b0600200012000b070001010120000b0900410420001100000b0900420420001101000b"
/* Imports m.d (MAIN's div) and a table with $bounce at 1. quotient: m.d + the word at 8, which is 42; size: writes and
 * reads the last byte of 2 pages; bounce: the word at 8, after so many return_call_indirect by turns to the table's
 * element 0 and 1. */
#define FAR                                                                                                    \
    "01060160017f017f020f02016d0164000001680174017000040304030000000503010002071c030871756f7469656e7400010473" \
    "697a65000206626f756e636500030907010041010b01030a3d030c002000100041082802006a0b120041ffff0720003a000041ff" \
    "ff072d00000b1b00200045044041082802000f0b200041016b20004101711300000b0b0a010041080b042a000000"
/* Another bounce, at 0 of the same table, over a memory of one page; gives memory.size. */
#define PEER                                                                                                   \
    "01060160017f017f0209010168017401700004030201000503010001070a0106626f756e636500000907010041000b01000a1a01" \
    "180020004504403f000f0b200041016b20004101711300000b"

struct given {
    struct wrt_value func, table, div;
};

static int give(void *arg, const struct wrt_module *m, const struct wrt_import *import, struct wrt_value *ret,
                struct wp_err *err)
{
    (void)m;
    (void)err;
    const struct given *g = arg;
    *ret = import->name.ptr[0] == 'f' ? g->func : import->name.ptr[0] == 't' ? g->table : g->div;
    return 0;
}

static struct given given(struct run_fixture *r, wrt_host_fn fn, void *env)
{
    struct given g = {.func.kind = WRT_FUNC, .table.kind = WRT_TABLE, .div.kind = WRT_FUNC};
    struct wrt_table table = {.type = WRT_FUNCREF, .limits = {.min = 4, .max = UINT64_MAX}};
    uint32_t type, i32 = WRT_I32;
    assert_int_equal(wrt_types_func(wrt_store_types(r->store), &i32, 1, &i32, 1, &type, &r->err), 0);
    assert_int_equal(wrt_func_new_host(r->store, type, fn, env, &g.func.as.func, &r->err), 0);
    assert_int_equal(wrt_table_new(r->store, &table, 0, &g.table.as.table, &r->err), 0);
    return g;
}

static int plus_one(struct wrt_store *s, void *env, uint64_t *slots)
{
    (void)s;
    (void)env;
    slots[0] = (uint32_t)(slots[0] + 1);
    return 0;
}

/* MAIN in a store of its own, its host function being fn. */
static struct wrt_instance *open_main(struct run_fixture *r, const struct wrt_budget *budget, wrt_host_fn fn, void *env)
{
    run_open(r, budget);
    struct given g = given(r, fn, env);
    struct wrt_instance *i = run_instantiate(r, MAIN, give, &g);
    assert_non_null(i);
    return i;
}

/* One call: its end, its result, the instructions it took. */
static void check(struct run_fixture *r, const struct wrt_instance *i, const char *name, uint64_t arg,
                  enum wrt_stop stop, uint64_t result, uint64_t fuel)
{
    uint64_t before = wrt_store_fuel(r->store), slots[1] = {arg};
    run_call(r, i, name, slots);
    assert_string_equal(wrt_stop_text(r->out.stop), wrt_stop_text(stop));
    if (stop == WRT_STOP_NONE) {
        assert_int_equal(slots[0], result);
        assert_int_equal(r->out.frame_count, 0);
    }
    assert_int_equal(r->out.fuel - before, fuel);
    assert_int_equal(wrt_store_fuel(r->store), r->out.fuel);
}

/* ---- going on for long ---- */

/* Handlers that called one another would have used up the stack. */
static void loops(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct wrt_instance *i = open_main(&r, NULL, plus_one, NULL);
    check(&r, i, "count", 1, WRT_STOP_NONE, 2, 10);
    check(&r, i, "count", 20000000, WRT_STOP_NONE, 40000000, 180000001);
    run_close(&r);
}

static void tail_calls(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct wrt_budget budget = {.frames = 3};
    struct wrt_instance *i = open_main(&r, &budget, plus_one, NULL);
    check(&r, i, "even", 10000000, WRT_STOP_NONE, 1, 7 * 10000000 + 5);
    check(&r, i, "even", 10000001, WRT_STOP_NONE, 0, 7 * 10000001 + 5);
    check(&r, i, "ask_last", 41, WRT_STOP_NONE, 42, 2);
    run_close(&r);
}

/* By turns between two instances: each finds its own memory, frames do not pile up. */
static void tail_calls_between(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct wrt_budget budget = {.frames = 8};
    run_open(&r, &budget);
    struct given g = given(&r, plus_one, NULL);
    struct wrt_instance *main = run_instantiate(&r, MAIN, give, &g);
    g.div = run_export(main, "div");
    struct wrt_instance *far = run_instantiate(&r, FAR, give, &g), *peer = run_instantiate(&r, PEER, give, &g);
    check(&r, far, "bounce", 1000000, WRT_STOP_NONE, 42, 10 * 1000000 + 6);
    check(&r, peer, "bounce", 1000001, WRT_STOP_NONE, 42, 10 * 1000001 + 6);
    check(&r, peer, "bounce", 0, WRT_STOP_NONE, 1, 5);
    run_close(&r);
}

/* ---- traps ---- */

static void traps(void **state WP_UNUSED)
{
    static const struct {
        const char *name;
        uint64_t arg;
        enum wrt_stop stop;
        const char *detail;
        uint32_t function;
        uint64_t offset, fuel;
    } cases[] = {
        {"unreachable", 0, WRT_STOP_UNREACHABLE, "", 8, 0x13d, 1},
        {"load", 5, WRT_STOP_MEMORY_BOUNDS, "address 0x5 + 70000, memory 0 has 65536 bytes", 6, 0x129, 4},
        {"load", 0xffffffff, WRT_STOP_MEMORY_BOUNDS, "address 0xffffffff + 70000, memory 0 has 65536 bytes", 6, 0x129,
         4},
        {"div", 0, WRT_STOP_DIVIDE_BY_ZERO, "", 7, 0x139, 3},
        {"div", 0xffffffff, WRT_STOP_INTEGER_OVERFLOW, "", 7, 0x139, 3},
        {"trunc", 0x7fc00000, WRT_STOP_INVALID_CONVERSION, "", 9, 0x144, 3},
        {"trunc", 0x4f000000, WRT_STOP_INTEGER_OVERFLOW, "", 9, 0x144, 3},
        {"indirect", 2, WRT_STOP_UNINITIALIZED_ELEMENT, "element 2 of table 0", 13, 0x166, 3},
        {"indirect", 4, WRT_STOP_UNDEFINED_ELEMENT, "element 4 of table 0, which has 4", 13, 0x166, 3},
        {"wrong", 0, WRT_STOP_INDIRECT_TYPE,
         "element 0 of table 0 is (param i32) (result i32), not (param i64) (result i32)", 14, 0x170, 3},
    };
    struct run_fixture r;
    struct wrt_instance *i = open_main(&r, NULL, plus_one, NULL);
    for (size_t n = 0; n < WP_ARRAY_LEN(cases); n++) {
        check(&r, i, cases[n].name, cases[n].arg, cases[n].stop, 0, cases[n].fuel);
        assert_string_equal(r.out.detail, cases[n].detail);
        assert_int_equal(r.out.depth, 1);
        assert_int_equal(r.out.frame_count, 1);
        assert_int_equal(r.out.frames[0].function, cases[n].function);
        assert_int_equal(r.out.frames[0].offset, cases[n].offset);
        assert_ptr_equal(r.out.frames[0].instance, i);
        assert_false(wrt_stop_is_limit(r.out.stop));
    }
    check(&r, i, "div", 2, WRT_STOP_NONE, 0xc0000000, 3);
    check(&r, i, "indirect", 0, WRT_STOP_NONE, 1, 3 + 7 * 4 + 5);
    check(&r, i, "indirect", 1, WRT_STOP_NONE, 5, 3);
    run_close(&r);
}

static void recursion(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct wrt_budget budget = {.frames = 1000, .stack = 65536};
    struct wrt_instance *i = open_main(&r, &budget, plus_one, NULL);
    check(&r, i, "deep", 999, WRT_STOP_NONE, 999, 9 * 999 + 5);
    check(&r, i, "deep", 1000, WRT_STOP_CALL_STACK, 0, 7 * 1000);
    assert_string_equal(r.out.detail, "1000 calls within calls");
    assert_true(wrt_stop_is_limit(r.out.stop));
    assert_int_equal(r.out.depth, 1000);
    assert_int_equal(r.out.frame_count, WRT_TRACE_MAX);
    assert_int_equal(r.out.frames[WRT_TRACE_MAX - 1].offset, 0x113);
    check(&r, i, "wide", 0, WRT_STOP_CALL_STACK, 0, 2 * 910);
    assert_string_equal(r.out.detail, "65536 bytes of values");
    check(&r, i, "deep", 999, WRT_STOP_NONE, 999, 9 * 999 + 5);
    run_close(&r);
}

/* ---- between instances ---- */

static void calls_between(void **state WP_UNUSED)
{
    struct run_fixture r;
    run_open(&r, NULL);
    struct given g = given(&r, plus_one, NULL);
    struct wrt_instance *main = run_instantiate(&r, MAIN, give, &g);
    g.div = run_export(main, "div");
    struct wrt_instance *far = run_instantiate(&r, FAR, give, &g);
    check(&r, far, "quotient", 2, WRT_STOP_NONE, 0xc0000000 + 42, 5 + 3);
    check(&r, far, "size", 7, WRT_STOP_NONE, 7, 5);
    check(&r, far, "quotient", 0, WRT_STOP_DIVIDE_BY_ZERO, 0, 2 + 3);
    assert_int_equal(r.out.depth, 2);
    assert_int_equal(r.out.frames[0].function, 7);
    assert_ptr_equal(r.out.frames[0].instance, main);
    assert_int_equal(r.out.frames[1].function, 1);
    assert_ptr_equal(r.out.frames[1].instance, far);
    check(&r, far, "quotient", 1, WRT_STOP_NONE, 0x80000000 + 42, 5 + 3);
    run_close(&r);
}

/* ---- budgets ---- */

static void fuel(void **state WP_UNUSED)
{
    static const struct {
        uint64_t budget;
        const char *name;
        uint64_t arg;
        enum wrt_stop stop;
        uint64_t result, fuel;
    } cases[] = {
        {WRT_NO_FUEL, "straight", 3, WRT_STOP_FUEL, 0, 4},
        {3, "straight", 3, WRT_STOP_FUEL, 0, 4},
        {4, "straight", 3, WRT_STOP_NONE, 3, 4},
        {9 * 5 + 1, "count", 5, WRT_STOP_NONE, 10, 9 * 5 + 1},
        {9 * 5, "count", 5, WRT_STOP_FUEL, 0, 9 * 5 + 1},
        {9 * 3, "count", 1000000000, WRT_STOP_FUEL, 0, 9 * 4},
        {3 << 20, "count", 1000000000, WRT_STOP_FUEL, 0, ((3 << 20) / 9 + 1) * 9},
        {70, "deep", 1000, WRT_STOP_FUEL, 0, 77},
    };
    for (size_t n = 0; n < WP_ARRAY_LEN(cases); n++) {
        struct run_fixture r;
        struct wrt_budget budget = {.fuel = cases[n].budget};
        struct wrt_instance *i = open_main(&r, &budget, plus_one, NULL);
        check(&r, i, cases[n].name, cases[n].arg, cases[n].stop, cases[n].result, cases[n].fuel);
        run_close(&r);
    }
}

static void deadline(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct wrt_budget budget = {.deadline_ms = 1};
    struct wrt_instance *i = open_main(&r, &budget, plus_one, NULL);
    uint64_t slots[1] = {0}; /* 2^32 times */
    assert_int_equal(run_call(&r, i, "count", slots), WRT_STOP_DEADLINE);
    assert_string_equal(r.out.detail, "1 ms");
    assert_int_equal(r.out.fuel % 9, 0);
    run_close(&r);
}

struct seen {
    unsigned asked, entered, left, results;
    uint64_t last_fuel;
};

static bool third_time(void *arg)
{
    struct seen *s = arg;
    return ++s->asked == 3;
}
static void entered(void *arg, const struct wrt_func *f WP_UNUSED, const uint64_t *slots WP_UNUSED, uint64_t fuel_now)
{
    struct seen *s = arg;
    s->entered++;
    s->last_fuel = fuel_now;
}
static void left(void *arg, const struct wrt_func *f WP_UNUSED, const uint64_t *slots, uint64_t fuel_now)
{
    struct seen *s = arg;
    s->left++;
    s->last_fuel = fuel_now;
    s->results += slots != NULL; /* none where a tail call leaves */
    assert_true(!slots || slots[0] == 5);
}

static void watching(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct seen seen = {0};
    run_open(&r, NULL);
    r.store->watch = (struct wrt_watch){.enter = entered, .leave = left, .cancelled = third_time, .arg = &seen};
    struct given g = given(&r, plus_one, NULL);
    struct wrt_instance *i = run_instantiate(&r, MAIN, give, &g);
    check(&r, i, "straight", 5, WRT_STOP_NONE, 5, 4);
    assert_int_equal(seen.last_fuel, 4);
    check(&r, i, "ask_last", 4, WRT_STOP_NONE, 5, 2);
    assert_int_equal(seen.entered, 3);
    assert_int_equal(seen.left, 3);
    assert_int_equal(seen.results, 2);
    uint64_t slots[1] = {0};
    assert_int_equal(run_call(&r, i, "count", slots), WRT_STOP_CANCELLED);
    assert_int_equal(seen.asked, 3);
    assert_true(wrt_stop_is_limit(r.out.stop));
    run_close(&r);
}

/* ---- the host ---- */

struct host {
    struct wrt_instance *instance;
    const char *call; /* export that is called with the argument */
    enum wrt_stop inner;
    unsigned calls;
};

/* Calls back, adds one. */
static int again(struct wrt_store *s, void *env, uint64_t *slots)
{
    struct host *h = env;
    struct wrt_outcome out;
    struct wrt_value v;
    h->calls++;
    assert_true(wrt_instance_export(h->instance, wp_span_str(h->call), &v));
    assert_non_null(wrt_caller_memory(s));
    wrt_call(s, v.as.func, slots, &out);
    h->inner = out.stop;
    slots[0] += out.stop == WRT_STOP_NONE ? 1 : 1000;
    return 0;
}

static void host_calls_back(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct host h = {.call = "deep"};
    h.instance = open_main(&r, NULL, again, &h);
    check(&r, h.instance, "ask", 10, WRT_STOP_NONE, 111, 4 + 9 * 10 + 5);
    assert_int_equal(h.inner, WRT_STOP_NONE);
    h.call = "unreachable"; /* the trap within is the host's business */
    check(&r, h.instance, "ask", 10, WRT_STOP_NONE, 1110, 4 + 1);
    assert_int_equal(h.inner, WRT_STOP_UNREACHABLE);
    h.call = "ask"; /* without end */
    h.calls = 0;
    check(&r, h.instance, "ask", 0, WRT_STOP_NONE, 64 * 100 + 1000 + 63, 64 * 4);
    assert_int_equal(h.calls, 64);
    run_close(&r);
}

static int stops(struct wrt_store *s, void *env, uint64_t *slots)
{
    (void)env;
    switch (slots[0]) {
    case 0:
        return wrt_host_stop(s, WRT_STOP_OUTPUT, "more than %d bytes", 7);
    case 1:
        return wrt_host_exit(s, 42);
    case 2:
        return -1;
    default:
        wrt_host_charge(s, slots[0]);
        return 0;
    }
}

static void host_stops(void **state WP_UNUSED)
{
    struct run_fixture r;
    struct wrt_budget budget = {.fuel = 10000};
    struct wrt_instance *i = open_main(&r, &budget, stops, NULL);
    check(&r, i, "ask", 0, WRT_STOP_OUTPUT, 0, 2);
    assert_string_equal(r.out.detail, "more than 7 bytes");
    assert_int_equal(r.out.frames[0].offset, 0x14a);
    check(&r, i, "ask", 1, WRT_STOP_EXIT, 0, 2);
    assert_int_equal(r.out.exit_status, 42);
    check(&r, i, "ask", 2, WRT_STOP_HOST, 0, 2);
    check(&r, i, "ask_last", 2, WRT_STOP_HOST, 0, 2);
    check(&r, i, "ask", 1000, WRT_STOP_NONE, 1100, 1004);
    check(&r, i, "ask_last", 1000, WRT_STOP_NONE, 1000, 1002);
    check(&r, i, "ask", 9000, WRT_STOP_FUEL, 0, 9002);
    run_close(&r);
}

/* (func $d) (func (export "a") call $d, unreachable) (func (export "b") (result i32) call $d, unreachable, 1) (func
 * (export "c") call $d three times, unreachable) (func (export "e") (param i32) call $d, nop, local.get 0, if, nop,
 * unreachable): frames without a slot are translated once and trap at their place, like any others. */
static void frames_without_slots(void **state WP_UNUSED)
{
    struct run_fixture r;
    run_open(&r, NULL);
    const struct wrt_instance *i = run_instantiate(
        &r,
        "010c036000006000017f60017f000306050000010002071104016100010162000201630003016500040a2a0502000b050010"
        "00000b070010000041010b0900100010001000000b0d001000012000044001000b010b",
        NULL, NULL);
    static const struct {
        const char *name;
        uint64_t fuel, offset;
    } cases[] = {{"a", 2, 0x3b}, {"b", 2, 0x41}, {"c", 4, 0x4d}, {"e", 6, 0x59}, {"a", 2, 0x3b}};
    for (size_t n = 0; n < WP_ARRAY_LEN(cases); n++) {
        const uint64_t *entry = run_export(i, cases[n].name).as.func->entry;
        check(&r, i, cases[n].name, 1, WRT_STOP_UNREACHABLE, 0, cases[n].fuel);
        assert_int_equal(r.out.frames[0].offset, cases[n].offset);
        assert_true(n < 4 || run_export(i, cases[n].name).as.func->entry == entry);
    }
    run_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops),
        cmocka_unit_test(tail_calls),
        cmocka_unit_test(tail_calls_between),
        cmocka_unit_test(traps),
        cmocka_unit_test(recursion),
        cmocka_unit_test(calls_between),
        cmocka_unit_test(fuel),
        cmocka_unit_test(frames_without_slots),
        cmocka_unit_test(deadline),
        cmocka_unit_test(watching),
        cmocka_unit_test(host_calls_back),
        cmocka_unit_test(host_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
