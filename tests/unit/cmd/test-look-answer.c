/* SPDX-License-Identifier: Apache-2.0
 *
 * The child's answer: a round trip, and what a parent must not believe. */
#include "cmd/look-int.h"
#include "tests/unit/unit.h"

#define MODULE                                                                                                       \
    "\"module\":{\"kind\":\"module\",\"size\":8,\"functions\":0,\"codeBytes\":0,\"dataBytes\":0,\"dataSegments\":0," \
    "\"world\":\"library\",\"features\":[],\"capabilities\":[],\"producers\":[],\"imports\":[],\"exports\":[],"      \
    "\"memories\":[],\"tables\":[],\"sections\":[],\"parts\":[],\"largest\":[],\"groups\":[],\"dependencies\":[]}"
#define CELL "\"cell\":{\"landlock\":7,\"seccomp\":true},"

static const uint8_t empty_module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

struct answer {
    struct wp_arena a;
    struct pack_module m;
    struct wrt_fault fault;
    struct look_cell cell;
    struct wp_err err;
};

static int take(const char *text, uint64_t size, struct answer *ret)
{
    *ret = (struct answer){.a = WP_ARENA_INIT, .fault = {.offset = UINT64_MAX, .function = WRT_NO_INDEX}};
    return look_answer_read(wp_span_str(text), size, &ret->a, &ret->m, &ret->fault, &ret->cell, &ret->err);
}

static void test_round_trip(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct pack_read how = {.functions = 0};
    const struct look_cell cell = {.landlock = 7, .seccomp = true, .missing = "nothing much"};
    struct answer r;
    look_answer_write(wp_span(empty_module, sizeof(empty_module)), &how, &cell, &b);
    assert_int_equal(b.ptr[b.len - 1], '\n');
    assert_int_equal(take(b.ptr, sizeof(empty_module), &r), 0);
    assert_int_equal(r.m.kind, WP_WASM_MODULE);
    assert_int_equal(r.cell.landlock, 7);
    assert_true(r.cell.seccomp);
    assert_string_equal(r.cell.missing, "nothing much");
    wp_arena_done(&r.a);
    assert_int_equal(take(b.ptr, sizeof(empty_module) + 1, &r), -1);
    wp_arena_done(&r.a);
}

static void test_errors_round_trip(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err e = {.code = WP_E_OK};
    const struct wrt_fault fault = {.offset = 31, .function = 12, .depth = 1, .name = wp_span("ma\0in", 5)};
    struct answer r;
    wp_fail(&e, WP_E_MODULE, "at byte 0x1f: '%s'", "\x1b[2J\xff");
    wp_hint(&e, "do this");
    look_answer_error(&e, &fault, NULL, &b);
    assert_int_equal(take(b.ptr, 31, &r), -1);
    assert_int_equal(r.err.code, WP_E_MODULE);
    assert_string_equal(r.err.msg, e.msg);
    assert_string_equal(r.err.hint, "do this");
    assert_true(r.err.has_at);
    assert_int_equal(r.err.at, 31);
    assert_int_equal(r.fault.function, 12);
    assert_int_equal(r.fault.depth, 1);
    assert_int_equal(r.fault.name.len, 2);
    assert_memory_equal(r.fault.name.ptr, "ma", 2);
    wp_arena_done(&r.a);
    assert_int_equal(take(b.ptr, 30, &r), -1);
    assert_int_equal(r.err.code, WP_E_OTHER); /* an offset outside of the binary */
    wp_arena_done(&r.a);
}

static void test_invalid_module(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct pack_read how = {.functions = 0};
    struct answer r;
    look_answer_write(wp_span(empty_module, 7), &how, NULL, &b);
    assert_int_equal(take(b.ptr, 7, &r), -1);
    assert_int_equal(r.err.code, WP_E_MODULE);
    wp_arena_done(&r.a);
}

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "\n",
        "Segmentation fault\n",
        "{}",
        "[]",
        "null",
        "{" CELL MODULE "}{" MODULE "}",
        "{" CELL MODULE,
        "{\"module\":{}}",
        "{\"module\":null}",
        "{\"error\":null}",
        "{\"error\":{}}",
        "{\"error\":{\"code\":\"module-invalid\"}}",
        "{\"error\":{\"code\":\"ok\",\"message\":\"x\"}}",
        "{\"error\":{\"code\":\"denied\",\"message\":\"x\"}}",
        "{\"error\":{\"code\":\"interrupted\",\"message\":\"x\"}}",
        "{\"error\":{\"code\":20,\"message\":\"x\"}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":7}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":\"x\",\"hint\":[]}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":\"x\",\"offset\":-1}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":\"x\",\"offset\":9}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":\"x\",\"function\":4294967295}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":\"x\",\"function\":1,\"depth\":99}}",
        "{\"error\":{\"code\":\"module-invalid\",\"message\":\"x\",\"name\":1}}",
        "{\"cell\":{\"landlock\":7}," MODULE "}",
        "{\"cell\":{\"landlock\":\"7\",\"seccomp\":true}," MODULE "}",
        "{\"cell\":[]," MODULE "}",
        "{\"cell\":{\"landlock\":7,\"seccomp\":true,\"missing\":1}," MODULE "}",
        "{" MODULE "," MODULE "}",
    };
    struct answer r;
    assert_int_equal(take("{" CELL MODULE "}\n", 8, &r), 0);
    wp_arena_done(&r.a);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        int rc = take(rows[i], 8, &r);
        if (rc == 0 || r.err.code != WP_E_OTHER || strstr(r.err.msg, "the answer of the reader of modules") == NULL) {
            fail_msg("%s: %d %s", rows[i], rc, r.err.msg);
        }
        wp_arena_done(&r.a);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    const struct pack_read how = {
        .load = {.features = UINT64_MAX, .memory = 7, .threads = 3}, .functions = 9, .wit = true};
    struct look_args args;
    struct pack_read back;
    bool require = false;
    look_args_write("require", &how, &args);
    int argc = 0;
    while (args.argv[argc] != NULL) {
        argc++;
    }
    assert_true(look_args_read(argc, args.argv, &require, &back));
    assert_true(require);
    assert_true(back.load.features == UINT64_MAX && back.load.memory == 7 && back.load.threads == 3);
    assert_true(back.functions == 9 && back.wit);
    assert_false(look_args_read(argc - 1, args.argv, &require, &back));
    look_args_write("auto", &how, &args);
    assert_true(look_args_read(argc, args.argv, &require, &back));
    assert_false(require);
    char wrong[] = "x";
    args.argv[4] = wrong;
    assert_false(look_args_read(argc, args.argv, &require, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_errors_round_trip),
        cmocka_unit_test(test_invalid_module), cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
