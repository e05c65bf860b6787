/* SPDX-License-Identifier: Apache-2.0
 *
 * The order and the answer of a run: round trips, and what neither side takes. */
#include "base/limits.h"
#include "cmd/run-order.h"
#include "tests/unit/unit.h"

static void sample_order(struct wp_arena *a, struct run_order *ret)
{
    static const char *args[] = {"app", "", "a\xff b"};
    static const char *env[] = {"K=V"};
    *ret = (struct run_order){
        .budget =
            {.fuel = 1, .memory = 2, .tables = 3, .heap = 4, .stack = 5, .frames = 6, .code = 7, .deadline_ms = 8},
        .features = 9,
        .cell = RUN_CELL_REQUIRE,
        .invoke = "f",
        .args = {args, 3},
        .env = {env, 1},
        .own_stdio = true,
        .seeded = true,
        .seed = UINT64_MAX,
        .input = wp_span("in\0put", 6),
        .dir_count = 2,
        .module_fd = 4,
        .trace_fd = RUN_NO_FD,
        .profile_fd = RUN_NO_FD,
    };
    ret->dirs = wp_arena_alloc(a, 2, sizeof(*ret->dirs));
    ret->dirs[0] = (struct wrt_wasi_dir){.guest = "/", .fd = 7};
    ret->dirs[1] = (struct wrt_wasi_dir){.guest = "/data", .fd = 8, .read_only = true};
}

static void test_order(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct run_order o;
    struct run_order back;
    sample_order(&a, &o);
    run_order_write(&o, &b);
    assert_true(run_order_read(wp_buf_span(&b), &a, &back));
    assert_memory_equal(&back.budget, &o.budget, sizeof(o.budget));
    assert_int_equal(back.features, 9);
    assert_int_equal(back.cell, RUN_CELL_REQUIRE);
    assert_string_equal(back.invoke, "f");
    assert_int_equal(back.params.count, 0);
    assert_int_equal(back.args.count, 3);
    assert_string_equal(back.args.items[2], "a\xff b");
    assert_null(back.args.items[3]);
    assert_string_equal(back.env.items[0], "K=V");
    assert_true(back.own_stdio && back.seeded && !back.virtual_clock && !back.instantiate);
    assert_true(back.seed == UINT64_MAX && back.trace_fd == RUN_NO_FD && back.module_fd == 4);
    assert_int_equal(back.input.len, 6);
    assert_memory_equal(back.input.ptr, "in\0put", 6);
    assert_int_equal(back.dir_count, 2);
    assert_string_equal(back.dirs[1].guest, "/data");
    assert_true(back.dirs[1].read_only && !back.dirs[0].read_only && back.dirs[1].fd == 8);
}

static void test_order_cut(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct run_order o;
    struct run_order back;
    sample_order(&a, &o);
    run_order_write(&o, &b);
    for (size_t n = 0; n < b.len; n++) {
        assert_false(run_order_read(wp_span(b.ptr, n), &a, &back));
    }
    wp_buf_add_char(&b, 'x');
    assert_false(run_order_read(wp_buf_span(&b), &a, &back));
}

static const struct run_frame frames[] = {{12, 0x1f3, "main"}, {3, 0x40, "function 3"}};
static const struct run_result results[] = {{"i32", "-5"}, {"f64", "nan"}};
static const struct run_hot hot[] = {{"main", 1, 2, 3}};
static const char *const offers[] = {"add(i32) -> i32"};

static void sample_answer(struct run_answer *ret)
{
    *ret = (struct run_answer){
        .landlock = 7,
        .seccomp = true,
        .ran = "_start",
        .stop = WRT_STOP_MEMORY_BOUNDS,
        .detail = "address 5",
        .fuel = 123,
        .memory = 65536,
        .depth = 2,
        .frames = frames,
        .frame_count = 2,
        .results = results,
        .result_count = 2,
        .hot = hot,
        .hot_count = 1,
        .offers = offers,
        .offer_count = 1,
        .output = {wp_span("out\0\xff", 5), wp_span("", 0)},
    };
}

static void test_answer(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct run_answer r;
    struct run_answer back;
    sample_answer(&r);
    run_answer_write(&r, &err, &b);
    assert_int_equal(run_answer_read(wp_buf_span(&b), &a, &back, &err), 0);
    assert_true(back.landlock == 7 && back.seccomp && back.cell_missing == NULL);
    assert_string_equal(back.ran, "_start");
    assert_int_equal(back.stop, WRT_STOP_MEMORY_BOUNDS);
    assert_true(back.fuel == 123 && back.memory == 65536 && back.depth == 2);
    assert_true(back.frame_count == 2 && back.frames[0].offset == 0x1f3);
    assert_string_equal(back.frames[0].name, "main");
    assert_true(back.result_count == 2 && back.hot_count == 1 && back.offer_count == 1 && back.hot[0].total == 3);
    assert_string_equal(back.results[1].text, "nan");
    assert_int_equal(back.output[0].len, 5);
    assert_memory_equal(back.output[0].ptr, "out\0\xff", 5);
    assert_int_equal(back.output[1].len, 0);
}

static void test_answer_of_an_error(void **state)
{
    (void)state;
    static const char *const missing[] = {"env.log"};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct run_answer r = {.cell_missing = "Landlock (no)", .missing = missing, .missing_count = 1};
    struct run_answer back;
    wp_fail(&err, WP_E_NOT_FOUND, "nothing provides 'env.log'");
    wp_hint(&err, "do this");
    run_answer_write(&r, &err, &b);
    wp_err_clear(&err);
    assert_int_equal(run_answer_read(wp_buf_span(&b), &a, &back, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_string_equal(err.msg, "nothing provides 'env.log'");
    assert_string_equal(err.hint, "do this");
    assert_string_equal(back.cell_missing, "Landlock (no)");
    assert_string_equal(back.missing[0], "env.log");
}

static void not_believed(struct wp_span bytes, const char *what)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct run_answer back;
    if (run_answer_read(bytes, &a, &back, &err) == 0) {
        fail_msg("%s is believed", what);
    }
    assert_int_equal(err.code, WP_E_OTHER);
    assert_true(back.frame_count == 0 && back.output[0].len == 0);
}

/* Numbers beyond what a run can have. */
static void test_answers_not_believed(void **state)
{
    (void)state;
    static const struct run_frame far[] = {{12, WP_LIMIT_MODULE + 1, "main"}};
    static struct run_frame many[WRT_TRACE_MAX + 1];
    struct run_answer rows[7];
    for (size_t i = 0; i < WP_ARRAY_LEN(many); i++) {
        many[i].name = "";
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        sample_answer(&rows[i]);
    }
    rows[0].stop = WRT_STOP_COUNT;
    rows[1].exit = UINT64_C(1) << 32;
    rows[2].frames = far;
    rows[2].frame_count = 1;
    rows[3].frames = many;
    rows[3].frame_count = WP_ARRAY_LEN(many);
    rows[4].offer_count = RUN_OFFERS + 1;
    rows[5].hot_count = RUN_HOT + 1;
    rows[6].landlock = UINT64_C(1) << 32;
    static const char *offered[RUN_OFFERS + 1];
    static struct run_hot hotter[RUN_HOT + 1];
    for (size_t i = 0; i <= RUN_HOT; i++) {
        offered[i] = hotter[i].name = "f";
    }
    rows[4].offers = offered;
    rows[5].hot = hotter;
    const struct wp_err fine = {.code = WP_E_OK};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        char what[32];
        (void)snprintf(what, sizeof(what), "row %zu", i);
        run_answer_write(&rows[i], &fine, &b);
        not_believed(wp_buf_span(&b), what);
    }
    /* An error that no run gives. */
    const struct wp_err denied = {.code = WP_E_DENIED, .msg = "no"};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    run_answer_write(&rows[0], &denied, &b);
    not_believed(wp_buf_span(&b), "a refusal of a registry");
}

/* Bytes that nobody wrote: cut, longer, a text that is none, a flag that is neither. */
static void test_answers_that_are_none(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf good = WP_BUF_INIT;
    const struct wp_err fine = {.code = WP_E_OK};
    struct run_answer r;
    sample_answer(&r);
    run_answer_write(&r, &fine, &good);
    for (size_t n = 0; n < good.len; n++) {
        not_believed(wp_span(good.ptr, n), "an answer that was cut");
    }
    char *name = memmem(good.ptr, good.len, "main", 4);
    assert_non_null(name);
    name[1] = '\0';
    not_believed(wp_buf_span(&good), "a name with a NUL");
    name[1] = (char)0xff;
    not_believed(wp_buf_span(&good), "a name that is not UTF-8");
    name[1] = 'a';
    good.ptr[8] = 2; /* behind the number of Landlock's ABI */
    not_believed(wp_buf_span(&good), "a flag of 2");
    good.ptr[8] = 1;
    wp_buf_add_char(&good, '\0');
    not_believed(wp_buf_span(&good), "more than an answer");
}

/* What cannot be shown is escaped by the writer already. */
static void test_answer_in_utf8(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct run_answer back;
    struct run_answer r;
    sample_answer(&r);
    r.ran = "f\xff";
    run_answer_write(&r, &err, &b);
    assert_int_equal(run_answer_read(wp_buf_span(&b), &a, &back, &err), 0);
    assert_string_equal(back.ran, "f\\xff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_cut),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_answer_of_an_error),
        cmocka_unit_test(test_answers_not_believed),
        cmocka_unit_test(test_answers_that_are_none),
        cmocka_unit_test(test_answer_in_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
