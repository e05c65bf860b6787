/* SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions on their way: through frames, instances and the host; what they carry, what they cost, who is told. */
#include "run-fixture.h"
#include "runtime-min/exec.h"

/* (import "h" "back" (func $back (param i32))) (import "h" "e" (tag $e (param i32 i64)))
 * (tag $v (param v128 externref)) (tag $n)
 * thrower (param $v i32): throws $e with $v and 7
 * deep (param $d i32) (param $v i32): thrower by return_call after $d calls of itself
 * same (param i32) (result i32 i64): throws and catches $e, with a clause for $v before
 * catches (param $d i32) (param $v i32) (result i32 i64): catches what deep throws
 * again: the same, caught by catch_ref, thrown by throw_ref and caught
 * wide (param externref) (result i64 i64 externref): throws $v with 11, 12 and what it was given
 * spin: (loop $l (try_table (catch_all $l) (throw $n)))
 * outside (param i32) (result i32): calls $back; 1, or 2 when it threw
 * t: a table of one; set (param funcref): its element; grow: by 4
 * other (param i32) (result i32 i64): calls the element, catches $e, adds table.size to the number
 * hop (param i32): return_call_indirect of the element with 100 more
 * null: throws a null reference */
/* clang-format off */
#define UNWIND \
    "01440d60017f0060027f7e0060027b6f0060000060027f7f0060017f027f7e6000027b6f6000027f7e60027f7f027f7e6000037f" \
    "7e6960016f037e7e6f60017f017f600170000211020168046261636b000001680165040001030e0d00040508080a030b0c030500" \
    "030404017000010d05020002000307690e077468726f7765720001046465657000020473616d6500030763617463686573000405" \
    "616761696e000504776964650006047370696e0007076f7574736964650008017401000373657400090467726f77000a056f7468" \
    "6572000b03686f70000c046e756c6c000d0a92020d08002000420708000b15002000450440200112010b200041016b200110020b" \
    "1b00020602071f40020001010000002000420908000b000b0f0b000b130002071f40010000002000200110020b000b0b1f000207" \
    "1f400100000002091f40010100002000200110020b000b0a0b000b0b3702017b016f02061f4001000100fd0c0b00000000000000" \
    "0c00000000000000200008010b000b210221012001fd1d002001fd1d0120020b0d0003401f4001020008020b0b0b140002401f40" \
    "010200200010000b41010f0b41020b08004100200026000b0a00d0704104fc0f001a0b1e01017e02071f40010000002000410011" \
    "00000b000b2101fc10006a20010b0d00200041e4006a41001300000b0500d0690a0b"
/* clang-format on */

struct scene {
    struct run_fixture r;
    struct wrt_tag_inst *tag;
    const struct wrt_instance *a, *b;
    uint32_t entered, left;
    uint64_t fuel_at_leave;
};

/* Calls thrower of the other instance, in which nothing catches. */
static int back(struct wrt_store *s, void *env, uint64_t *slots)
{
    struct scene *scene = env;
    static struct wrt_outcome out;
    uint64_t inner[2] = {slots[0]};
    wrt_call(s, run_export(scene->b, "thrower").as.func, inner, &out);
    assert_int_equal(out.stop, WRT_STOP_EXCEPTION);
    assert_ptr_equal(out.tag, scene->tag);
    return slots[0] == 1 ? 0 : wrt_host_stop(s, WRT_STOP_HOST, "no");
}

static int imports(void *arg, const struct wrt_module *m, const struct wrt_import *i, struct wrt_value *ret,
                   struct wp_err *err)
{
    struct scene *scene = arg;
    ret->kind = i->kind;
    if (i->kind == WRT_FUNC) {
        return wrt_func_new_host(scene->r.store, m->funcs[i->index], back, scene, &ret->as.func, err);
    }
    if (!scene->tag && wrt_tag_new(scene->r.store, m->tags[i->index], &scene->tag, err) < 0) {
        return -1;
    }
    ret->as.tag = scene->tag;
    return 0;
}

static void on_enter(void *arg, const struct wrt_func *f, const uint64_t *slots WP_UNUSED, uint64_t fuel WP_UNUSED)
{
    ((struct scene *)arg)->entered += f != NULL;
}

static void on_leave(void *arg, const struct wrt_func *f WP_UNUSED, const uint64_t *slots, uint64_t fuel)
{
    struct scene *s = arg;
    s->left++;
    s->fuel_at_leave = slots ? s->fuel_at_leave : fuel;
}

static void scene_open(struct scene *s, const struct wrt_budget *budget)
{
    memset(s, 0, sizeof(*s));
    run_open(&s->r, budget);
}

static void scene_load(struct scene *s)
{
    s->a = run_instantiate(&s->r, UNWIND, imports, s);
    s->b = run_instantiate(&s->r, UNWIND, imports, s);
    assert_true(s->a && s->b);
}

static void returns(struct scene *s, const char *name, uint64_t *slots, const uint64_t *results, uint32_t n,
                    uint64_t fuel)
{
    uint64_t before = wrt_store_fuel(s->r.store);
    assert_int_equal(run_call(&s->r, s->a, name, slots), WRT_STOP_NONE);
    assert_memory_equal(slots, results, n * sizeof(*slots));
    assert_int_equal(s->r.out.fuel - before, fuel);
}

static void test_frames(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    scene_load(&s);
    returns(&s, "same", (uint64_t[]){5, 0}, (uint64_t[]){5, 9}, 2, 4);
    /* Three instructions, eight for a call of itself, five and three to throw; one to throw again. */
    returns(&s, "catches", (uint64_t[]){0, 5}, (uint64_t[]){5, 7}, 2, 11);
    returns(&s, "catches", (uint64_t[]){20, 6}, (uint64_t[]){6, 7}, 2, 11 + 160);
    returns(&s, "again", (uint64_t[]){20, 6}, (uint64_t[]){6, 7}, 2, 12 + 160);
    /* More than 63 frames and clauses looked at: one for 64. */
    returns(&s, "catches", (uint64_t[]){1000, 6}, (uint64_t[]){6, 7}, 2, 11 + 8000 + 15);
    returns(&s, "wide", (uint64_t[]){wrt_extern_ref(3), 0, 0}, (uint64_t[]){11, 12, wrt_extern_ref(3)}, 3, 10);
    run_close(&s.r);
}

static void test_uncaught(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    scene_load(&s);
    assert_int_equal(run_call(&s.r, s.a, "deep", (uint64_t[]){3, 1}), WRT_STOP_EXCEPTION);
    assert_ptr_equal(s.r.out.tag, s.tag);
    /* thrower took the place of the deepest; the trace begins where it threw. */
    assert_int_equal(s.r.out.depth, 4);
    assert_int_equal(s.r.out.frames[0].function, 1);
    assert_int_equal(s.r.out.frames[3].function, 2);
    assert_int_equal(run_call(&s.r, s.a, "null", NULL), WRT_STOP_NULL_EXN);
    run_close(&s.r);
}

static void test_instances(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    scene_load(&s);
    /* a's other calls b's hop, which goes on as a's thrower: the frame between is a stub. */
    uint64_t hop = (uint64_t)(uintptr_t)run_export(s.b, "hop").as.func;
    uint64_t thrower = (uint64_t)(uintptr_t)run_export(s.a, "thrower").as.func;
    assert_int_equal(run_call(&s.r, s.a, "set", &hop), WRT_STOP_NONE);
    assert_int_equal(run_call(&s.r, s.b, "set", &thrower), WRT_STOP_NONE);
    assert_int_equal(run_call(&s.r, s.a, "grow", NULL), WRT_STOP_NONE);
    returns(&s, "other", (uint64_t[]){6, 0}, (uint64_t[]){100 + 6 + 5, 7}, 2, 15);
    /* b's own thrower, and a's again */
    thrower = (uint64_t)(uintptr_t)run_export(s.b, "thrower").as.func;
    hop = thrower;
    assert_int_equal(run_call(&s.r, s.a, "set", &hop), WRT_STOP_NONE);
    returns(&s, "other", (uint64_t[]){6, 0}, (uint64_t[]){6 + 5, 7}, 2, 10);
    run_close(&s.r);
}

static void test_host(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    scene_load(&s);
    uint64_t one = 1, two = 2;
    assert_int_equal(run_call(&s.r, s.a, "outside", &one), WRT_STOP_NONE);
    assert_int_equal(one, 1);
    /* Nothing of the host's is caught. */
    assert_int_equal(run_call(&s.r, s.a, "outside", &two), WRT_STOP_HOST);
    run_close(&s.r);
}

static void test_watched(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    s.r.store->watch = (struct wrt_watch){.enter = on_enter, .leave = on_leave, .arg = &s};
    scene_load(&s);
    returns(&s, "catches", (uint64_t[]){20, 6}, (uint64_t[]){6, 7}, 2, 11 + 160);
    /* catches, 21 times deep, thrower; the last deep is left by its tail call */
    assert_int_equal(s.entered, 23);
    assert_int_equal(s.left, 23);
    assert_int_equal(s.fuel_at_leave, 11 + 160);
    run_close(&s.r);
}

static void test_fuel(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, &(struct wrt_budget){.fuel = 100000});
    scene_load(&s);
    assert_int_equal(run_call(&s.r, s.a, "spin", NULL), WRT_STOP_FUEL);
    assert_in_range(s.r.out.fuel, 100000, 100002);
    assert_int_equal(s.r.out.depth, 1);
    run_close(&s.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames), cmocka_unit_test(test_uncaught), cmocka_unit_test(test_instances),
        cmocka_unit_test(test_host),   cmocka_unit_test(test_watched),  cmocka_unit_test(test_fuel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
