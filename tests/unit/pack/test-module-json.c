/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts as JSON: what is written is read back the same, and nothing else is read. */
#include "../unit.h"
#include "base/limits.h"
#include "pack/module-json.h"

static const struct pack_module full = {
    .kind = WP_WASM_COMPONENT,
    .size = 5000,
    .functions = 3,
    .code_bytes = 100,
    .data_bytes = 7,
    .data_segments = 2,
    .imports = (const struct pack_extern[]){{"m", "n", "func", "(param i32)"}, {"", "a:b/c", "instance", ""}},
    .import_count = 2,
    .exports = (const struct pack_extern[]){{"", "_start", "func", ""}},
    .export_count = 1,
    .sections = (const struct pack_section[]){{"code", 8, 4992}},
    .section_count = 1,
    .parts = (const struct pack_part[]){{"code", 4992, 1}},
    .part_count = 1,
    .producers = (const struct pack_producer[]){{"language", "Rust", "1.95"}},
    .producer_count = 1,
    .memories =
        (const struct pack_memory[]){{0, 1, UINT64_MAX, 65536, true, false, true}, {1, 1, 2, 1, false, true, false}},
    .memory_count = 2,
    .tables = (const struct pack_table[]){{0, 4, 4, "funcref", false, false}},
    .table_count = 1,
    .largest = (const struct pack_function[]){{"main", 0, 1, 100, 50}, {"", 1, 2, 150, 5}},
    .largest_count = 2,
    .groups = (const struct pack_group[]){{"core", 2, 70}, {"", 1, 5}},
    .group_count = 2,
    .capabilities = (const struct pack_capability[]){{"network", "wasi:sockets/tcp", 1}},
    .capability_count = 1,
    .dependencies = (const struct pack_dependency[]){{"serde", "1.0.0", "crates.io", false, false, NULL, 0},
                                                     {"app", "0.1.0", "", false, true, (const uint64_t[]){0}, 1}},
    .dependency_count = 2,
    .nested = (const struct pack_nested[]){{WP_WASM_COMPONENT, 0, 10, 90}, {WP_WASM_MODULE, 1, 20, 70}},
    .nested_count = 2,
    .features = (const char *const[]){"simd", "threads"},
    .feature_count = 2,
    .name = "app",
    .description = "d\n\"",
    .licenses = "MIT",
    .language = "Rust",
    .toolchain = "rustc 1",
    .guessed = true,
    .start = "function 12",
    .wit = "world root {}",
    .world = "library",
    .component_type = true,
};

static void write(struct wp_buf *b, const struct pack_module *m)
{
    struct wp_json_out j = wp_json_out(b);
    pack_module_json(&j, m);
}

static int parse(struct wp_span text, struct wp_arena *a, struct pack_module *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, "facts", false, WP_E_OTHER, &doc, err) < 0) {
        fail_msg("%s", err->msg);
    }
    struct wp_json root = wp_json_root(doc);
    return pack_module_from_json(&root, a, ret, err);
}

static void round_trip(const struct pack_module *m)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf one = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf two = WP_BUF_INIT;
    struct pack_module read;
    struct wp_err err = {.code = WP_E_OK};
    write(&one, m);
    if (parse(wp_buf_span(&one), &a, &read, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    write(&two, &read);
    assert_string_equal(one.ptr, two.ptr);
}

static void test_round_trip(void **state)
{
    (void)state;
    const struct pack_module least = {.kind = WP_WASM_MODULE, .world = "library"};
    round_trip(&full);
    round_trip(&least);
}

static void test_values(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct pack_module m;
    struct wp_err err = {.code = WP_E_OK};
    write(&b, &full);
    assert_int_equal(parse(wp_buf_span(&b), &a, &m, &err), 0);
    assert_int_equal(m.kind, WP_WASM_COMPONENT);
    assert_string_equal(m.imports[1].module, "");
    assert_string_equal(m.imports[0].type, "(param i32)");
    assert_true(m.memories[0].max == UINT64_MAX && m.memories[0].imported && m.memories[0].shared);
    assert_true(m.memories[1].is64 && m.memories[1].page == 1 && m.memories[1].module == 1);
    assert_string_equal(m.features[1], "threads");
    assert_string_equal(m.description, "d\n\"");
    assert_null(m.authors);
    assert_true(m.component_type && !m.dylink && m.guessed);
    assert_true(m.dependencies[1].root && !m.dependencies[0].root);
    assert_true(m.dependencies[1].need_count == 1 && m.dependencies[1].needs[0] == 0);
    assert_true(m.nested[1].parent == 1 && m.nested[1].size == 70 && m.nested[0].kind == WP_WASM_COMPONENT);
    assert_string_equal(m.largest[1].name, "");
}

/* One change to a good document each, and what is said about it. */
static void test_refused(void **state)
{
    (void)state;
    const struct {
        const char *from, *to, *words;
    } rows[] = {
        {"\"kind\":\"component\"", "\"kind\":\"image\"", "/kind: must be 'module' or 'component', not 'image'"},
        {"\"size\":5000,", "", "/size: is missing"},
        {"\"size\":5000,", "\"size\":-1,", "/size: must not be negative"},
        {"\"size\":5000,", "\"size\":\"5000\",", "/size: must be"},
        {"\"size\":5000,", "\"size\":1073741825,", "a size of 1073741825 bytes"},
        {"\"size\":5000,", "\"size\":5000,\"more\":1,", "/more: unknown key"},
        {"\"size\":5000,", "\"size\":100,", "section 0 lies outside of the binary"},
        {"\"offset\":150,\"size\":5", "\"offset\":150,\"size\":4851", "function 1 lies outside of the binary"},
        {"\"count\":1", "\"count\":1,\"x\":null", "/parts/0/x: unknown key"},
        {"{\"title\":\"code\",\"size\":4992,", "{\"title\":\"code\",\"size\":5001,", "part 0 is larger"},
        {"\"functions\":2,\"size\":70", "\"functions\":2,\"size\":5001", "group 0 is larger"},
        {"\"features\":[\"simd\",", "\"features\":[1,", "/features/0: must be"},
        {"\"world\":\"library\",", "", "/world: is missing"},
        {"\"dependencies\":[", "\"dependencies\":[[],", "/dependencies/0: must be"},
        {"\"needs\":[0]", "\"needs\":[2]", "dependency 1 needs one that is not there"},
        {"\"needs\":[0]", "\"needs\":[-1]", "/dependencies/1/needs/0: must not be negative"},
        {"\"offset\":20,\"size\":70", "\"offset\":20,\"size\":4981", "nested 1 lies outside of the binary"},
        {"\"parent\":1", "\"parent\":2", "nested 1 is in one that comes later"},
        {"\"guessed\":true", "\"guessed\":1", "/guessed: must be"},
    };
    WP_AUTO_BUF struct wp_buf good = WP_BUF_INIT;
    write(&good, &full);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct pack_module m = {.size = 77};
        struct wp_err err = {.code = WP_E_OK};
        const char *at = strstr(good.ptr, rows[i].from);
        assert_non_null(at);
        wp_buf_add(&b, good.ptr, (size_t)(at - good.ptr));
        wp_buf_add_str(&b, rows[i].to);
        wp_buf_add_str(&b, at + strlen(rows[i].from));
        assert_int_equal(parse(wp_buf_span(&b), &a, &m, &err), -1);
        if (strstr(err.msg, rows[i].words) == NULL) {
            fail_msg("'%s' lacks '%s'", err.msg, rows[i].words);
        }
        assert_int_equal(err.code, WP_E_OTHER);
        assert_int_equal(m.size, 77);
    }
}

static void test_too_many(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct pack_module many = full;
    const char *words[65];
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        words[i] = "x";
    }
    many.features = words;
    many.feature_count = WP_LIMIT_FACT_FEATURES;
    round_trip(&many);
    many.feature_count = WP_LIMIT_FACT_FEATURES + 1;
    write(&b, &many);
    struct pack_module m;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(parse(wp_buf_span(&b), &a, &m, &err), -1);
    assert_non_null(strstr(err.msg, "/features: 65 entries, at most 64 are allowed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
