/* SPDX-License-Identifier: Apache-2.0
 *
 * What a diff tells of two sets of facts. */
#include "../unit.h"
#include "pack/diff.h"

#define NOTHING .kind = WP_WASM_MODULE, .world = "library"

static void row_is(const struct pack_change *c, char kind, const char *name, const char *before, const char *after)
{
    assert_int_equal((char)c->kind, kind);
    assert_string_equal(c->name, name);
    assert_string_equal(c->before, before);
    assert_string_equal(c->after, after);
}

static void test_nothing(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    const struct pack_module m = {NOTHING};
    struct pack_diff d;
    pack_diff(&m, &m, &arena, &d);
    assert_false(pack_diff_any(&d));
    assert_int_equal(d.lists[PACK_DIFF_METADATA].same, 2);
    assert_int_equal(d.new_import_count, 0);
}

/* Added, then removed, then changed; overloads of one name pair up. */
static void test_order_and_pairs(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    const struct pack_extern one[] = {{"env", "b", "func", "(param i32)"},
                                      {"env", "b", "func", "(param i64)"},
                                      {"env", "gone", "func", ""},
                                      {"env", "same", "global", "i32"},
                                      {"env", "b", "func", ""}};
    const struct pack_extern two[] = {{"env", "same", "global", "i32"}, {"env", "z", "func", ""},
                                      {"env", "a", "memory", "1"},      {"env", "b", "func", "(param f32)"},
                                      {"env", "b", "func", ""},         {"env", "b", "func", "(param i64)"}};
    const struct pack_module a = {NOTHING, .imports = one, .import_count = 5};
    const struct pack_module b = {NOTHING, .imports = two, .import_count = 6};
    struct pack_diff d;
    pack_diff(&a, &b, &arena, &d);
    const struct pack_changes *l = &d.lists[PACK_DIFF_IMPORTS];
    assert_int_equal(l->count, 4);
    assert_int_equal(l->same, 3);
    row_is(&l->rows[0], '+', "env.a", "", "memory 1");
    row_is(&l->rows[1], '+', "env.z", "", "func");
    row_is(&l->rows[2], '-', "env.gone", "func", "");
    row_is(&l->rows[3], '~', "env.b", "func (param i32)", "func (param f32)");
    assert_int_equal(d.new_import_count, 2);
    assert_string_equal(d.new_imports[0], "env.a");
    assert_string_equal(d.new_imports[1], "env.z");
    assert_true(pack_diff_any(&d));
}

static void test_versions(void **state)
{
    (void)state;
    const struct {
        const char *before, *after;
        size_t fresh;
    } rows[] = {
        {"a:b/c@0.2.0", "a:b/c@0.2.6", 0},  {"a:b/c@0.2.0", "a:b/c@0.3.0", 1},  {"a:b/c@1.0.0", "a:b/c@1.2.0", 0},
        {"a:b/c@1.0.0", "a:b/c@2.0.0", 1},  {"a:b/c@0.0.1", "a:b/c@0.0.2", 1},  {"a:b/c@0.0.1", "a:b/c@0.0.1", 0},
        {"a:b/c@1.0.0", "a:b/c@11.0.0", 1}, {"a:b/c@0.2.0", "a:b/c@0.20.0", 1}, {"a:b/c", "a:b/c@0.1.0", 1},
        {"a:b/c@1.0.0", "a:b/d@1.0.0", 1},  {"a:b/c@1", "a:b/c@1.0.0", 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
        const struct pack_extern one[] = {{"", rows[i].before, "instance", ""}};
        const struct pack_extern two[] = {{"", rows[i].after, "instance", ""}};
        const struct pack_module a = {NOTHING, .imports = one, .import_count = 1};
        const struct pack_module b = {NOTHING, .imports = two, .import_count = 1};
        struct pack_diff d;
        pack_diff(&a, &b, &arena, &d);
        if (d.new_import_count != rows[i].fresh) {
            fail_msg("%s, %s: %zu new", rows[i].before, rows[i].after, d.new_import_count);
        }
        assert_true(d.new_import_count == 0 || wp_str_eq(d.new_imports[0], rows[i].after));
    }
}

static void test_sizes(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    const struct pack_function one[] = {{"big", 0, 0, 0, 1000},
                                        {"twice", 0, 1, 0, 10},
                                        {"twice", 0, 2, 0, 20},
                                        {"", 0, 3, 0, 500},
                                        {"r::f::h0123456789abcdef", 0, 4, 0, 7},
                                        {"r::f::h0123456789abcdeg", 0, 5, 0, 8}};
    const struct pack_function two[] = {{"big", 0, 0, 0, 900},
                                        {"twice", 0, 1, 0, 31},
                                        {"fresh", 0, 2, 0, 60},
                                        {"", 0, 3, 0, 9},
                                        {"r::f::hffffffffffffffff", 0, 4, 0, 7}};
    const struct pack_module a = {NOTHING, .functions = 6, .largest = one, .largest_count = 6};
    struct pack_module b = {NOTHING, .functions = 5, .largest = two, .largest_count = 5};
    struct pack_diff d;
    pack_diff(&a, &b, &arena, &d);
    assert_int_equal(d.functions.count, 4);
    assert_int_equal(d.functions.added, 1);
    assert_int_equal(d.functions.removed, 1);
    assert_int_equal(d.functions.changed, 2);
    assert_int_equal(d.functions.same, 1);
    assert_string_equal(d.functions.rows[0].name, "big");
    assert_string_equal(d.functions.rows[1].name, "fresh");
    assert_string_equal(d.functions.rows[2].name, "r::f::h0123456789abcdeg");
    assert_string_equal(d.functions.rows[3].name, "twice");
    assert_int_equal(d.functions.rows[3].before, 30);
    assert_int_equal(d.functions.rows[3].after, 31);
    assert_false(d.functions_cut);
    b.functions = 6;
    pack_diff(&a, &b, &arena, &d);
    assert_true(d.functions_cut);
}

static void test_memories(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    const struct pack_memory one[] = {{0, 17, UINT64_MAX, 65536, false, false, false}};
    const struct pack_memory two[] = {{0, 33, 4096, 65536, true, true, true}, {0, 1, 1, 1, false, false, false}};
    const struct pack_module a = {NOTHING, .memories = one, .memory_count = 1};
    const struct pack_module b = {NOTHING, .memories = two, .memory_count = 2};
    struct pack_diff d;
    pack_diff(&a, &b, &arena, &d);
    const struct pack_changes *l = &d.lists[PACK_DIFF_MEMORIES];
    assert_int_equal(l->count, 2);
    row_is(&l->rows[0], '+', "memory 1", "", "1 page of 1 B, at most 1");
    row_is(&l->rows[1], '~', "memory", "17 pages, no maximum", "33 pages, at most 4,096, 64-bit, shared, imported");
}

static void test_interfaces(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    const struct pack_module a = {.kind = WP_WASM_COMPONENT,
                                  .world = "library",
                                  .wit =
                                      "package root:component;\n\nworld root {\n  import a:b/c@1.0.0;\n"
                                      "  import log: func(text: string);\n\n  export own: interface {\n"
                                      "    run: func();\n  }\n}\n"
                                      "package a:b@1.0.0 {\n  interface c {\n    use a:b/types@1.0.0.{t};\n\n"
                                      "    resource r {\n      go: func(n: u32) -> u32;\n      stop: func();\n    }\n"
                                      "    type id = u32;\n  }\n  interface gone {\n    f: func();\n  }\n}\n"};
    const struct pack_module b = {.kind = WP_WASM_COMPONENT,
                                  .world = "library",
                                  .wit = "package root:component;\n\nworld root {\n  import a:b/c@1.1.0;\n"
                                         "  export own: interface {\n    run: func() -> u8;\n  }\n}\n"
                                         "package a:b@1.1.0 {\n  interface c {\n    /// new words\n"
                                         "    resource r {\n      go: func(n: u64) -> u32;\n    }\n"
                                         "    type id = u64;\n    more: func();\n  }\n"
                                         "  interface fresh {\n    f: func();\n  }\n}\n"};
    struct pack_diff d;
    pack_diff(&a, &b, &arena, &d);
    const struct pack_changes *l = &d.lists[PACK_DIFF_INTERFACES];
    assert_int_equal(l->count, 5);
    row_is(&l->rows[0], '+', "a:b/c more", "", "func()");
    row_is(&l->rows[1], '-', "a:b/c resource r stop", "func()", "");
    row_is(&l->rows[2], '~', "a:b/c resource r go", "func(n: u32) -> u32", "func(n: u64) -> u32");
    row_is(&l->rows[3], '~', "a:b/c type id", "= u32", "= u64");
    row_is(&l->rows[4], '~', "own run", "func()", "func() -> u8");
}

static void test_capability_notes(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    const struct pack_extern one[] = {{"", "wasi:random/random@0.2.0", "instance", ""}};
    const struct pack_extern two[] = {{"", "wasi:random/insecure@0.2.0", "instance", ""},
                                      {"", "wasi:sockets/tcp@0.2.0", "instance", ""},
                                      {"", "wasi:io/poll@0.2.0", "instance", ""},
                                      {"", "acme:kv/get@1.0.0", "instance", ""}};
    const struct pack_capability had[] = {{"random", "wasi:random/random@0.2.0", 1}};
    const struct pack_capability has[] = {
        {"network", "wasi:sockets/tcp@0.2.0", 1}, {"random", "wasi:random/insecure@0.2.0", 1}, {"host", "acme:kv", 1}};
    const struct pack_module a = {.kind = WP_WASM_COMPONENT,
                                  .world = "library",
                                  .imports = one,
                                  .import_count = 1,
                                  .capabilities = had,
                                  .capability_count = 1};
    const struct pack_module b = {.kind = WP_WASM_COMPONENT,
                                  .world = "library",
                                  .imports = two,
                                  .import_count = 4,
                                  .capabilities = has,
                                  .capability_count = 3};
    struct pack_diff d;
    pack_diff(&a, &b, &arena, &d);
    const struct pack_changes *l = &d.lists[PACK_DIFF_IMPORTS];
    assert_int_equal(l->count, 5);
    assert_string_equal(l->rows[0].name, "acme:kv/get@1.0.0");
    assert_string_equal(l->rows[0].note, "host acme:kv");
    assert_string_equal(l->rows[1].note, "");
    assert_string_equal(l->rows[2].name, "wasi:random/insecure@0.2.0");
    assert_string_equal(l->rows[2].note, "");
    assert_string_equal(l->rows[3].name, "wasi:sockets/tcp@0.2.0");
    assert_string_equal(l->rows[3].note, "network");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),    cmocka_unit_test(test_order_and_pairs),
        cmocka_unit_test(test_versions),   cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_memories),   cmocka_unit_test(test_capability_notes),
        cmocka_unit_test(test_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
