/* SPDX-License-Identifier: Apache-2.0
 *
 * The order and the answer of a run: round trips, and what neither side takes. */
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

/* A good answer, broken at one place. */
static void test_answers_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *what, *with;
    } rows[] = {
        {"\"stop\":5", "\"stop\":99"},
        {"\"stop\":5", "\"stop\":\"5\""},
        {"\"exit\":0", "\"exit\":4294967296"},
        {"\"fuel\":123", "\"fuel\":-1"},
        {"\"offset\":499", "\"offset\":9999999999"},
        {"\"name\":\"main\"", "\"name\":7"},
        {"\"results\":[", "\"result\":["},
        {"\"stdout\":\"", "\"stdout\":\"*"},
        {"\"frames\":[", "\"frames\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                         "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                         "[],[],[],[],[],[],[],[],"},
        {"{\"cell\"", "{\"error\":{\"code\":\"denied\",\"message\":\"\",\"hint\":\"\"},\"cell\""},
        {"{\"cell\"", "{\"cell"},
    };
    WP_AUTO_BUF struct wp_buf good = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct run_answer r;
    sample_answer(&r);
    run_answer_write(&r, &err, &good);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        const char *at = strstr(good.ptr, rows[i].what);
        assert_non_null(at);
        wp_buf_add(&b, good.ptr, (size_t)(at - good.ptr));
        wp_buf_add_str(&b, rows[i].with);
        wp_buf_add_str(&b, at + strlen(rows[i].what));
        if (run_answer_read(wp_buf_span(&b), &a, &r, &err) == 0) {
            fail_msg("'%s' is believed", rows[i].with);
        }
        assert_int_equal(err.code, WP_E_OTHER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_cut),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_answer_of_an_error),
        cmocka_unit_test(test_answers_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
