/* SPDX-License-Identifier: Apache-2.0
 *
 * Globs, import rules, memory. */
#include "cmd/validate.h"
#include "tests/unit/unit.h"

static void test_globs(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"a", "a", true},
        {"a", "A", false},
        {"*", "", true},
        {"*", "a/b.c", true},
        {"**", "", true},
        {"?", "", false},
        {"?", "a", true},
        {"?", "ab", false},
        {"a*", "a", true},
        {"*a", "ba", true},
        {"*a", "ab", false},
        {"a*b*c", "axxbyyc", true},
        {"a*b*c", "axxbyy", false},
        {"*aab", "aaaab", true},
        {"*?b", "b", false},
        {"a?c", "abc", true},
        {"[ab]", "a", false},
        {"[ab]", "[ab]", true},
        {"\\*", "*", false},
        {"a.b", "axb", false},
        {"wasi:*/x@0.2.*", "wasi:io/x@0.2.3", true},
        {"*x*", "abc", false},
        {"ab", "abc", false},
        {"abc", "ab", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (validate_glob(rows[i].glob, rows[i].text) != rows[i].matches) {
            fail_msg("'%s' and '%s'", rows[i].glob, rows[i].text);
        }
    }
}

static struct opt_list list(const char **items, size_t count)
{
    return (struct opt_list){.items = items, .count = count};
}

static void test_imports(void **state)
{
    (void)state;
    const struct pack_extern imports[] = {
        {"env", "a", "func", ""}, {"env", "b", "func", ""}, {"", "x:y/z", "instance", ""}};
    const struct pack_module m = {.kind = WP_WASM_MODULE, .imports = imports, .import_count = 3};
    const char *env[] = {"env.*"};
    const char *both[] = {"env.?", "x:*"};
    const char *b[] = {"other", "*.b"};
    const struct {
        struct validate_opts o;
        const char *msg, *hint;
    } rows[] = {
        {{.allow = {0}}, NULL, NULL},
        {{.allow = list(both, 2)}, NULL, NULL},
        {{.allow = list(env, 1)}, "it imports 'x:y/z': no --allow-import names it", ""},
        {{.deny = list(b, 2)}, "it imports 'env.b': --deny-import '*.b' forbids it", ""},
        {{.allow = list(both, 2), .deny = list(b, 2)}, "it imports 'env.b': --deny-import '*.b' forbids it", ""},
        {{.deny = list(both, 2)},
         "it imports 'env.a': --deny-import 'env.?' forbids it",
         "so with 2 more: env.b, x:y/z"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        int rc = validate_rules(&rows[i].o, &m, &a, &err);
        assert_int_equal(rc, rows[i].msg == NULL ? 0 : -1);
        if (rc < 0) {
            assert_int_equal(err.code, WP_E_POLICY);
            assert_string_equal(err.msg, rows[i].msg);
            assert_string_equal(err.hint, rows[i].hint);
        }
    }
}

static void test_few_names_in_the_hint(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_extern imports[9];
    const char *all[] = {"*"};
    const struct validate_opts o = {.deny = list(all, 1)};
    for (size_t i = 0; i < 9; i++) {
        imports[i] = (struct pack_extern){.module = "m", .name = wp_arena_printf(&a, "%zu", i), .kind = "func"};
    }
    const struct pack_module m = {.kind = WP_WASM_MODULE, .imports = imports, .import_count = 9};
    struct wp_err err;
    assert_int_equal(validate_rules(&o, &m, &a, &err), -1);
    assert_string_equal(err.hint, "so with 8 more: m.1, m.2, m.3, m.4, m.5, …");
}

static void test_memory(void **state)
{
    (void)state;
    const struct pack_memory two[] = {{.min = 2, .page = 65536, .imported = true}, {.min = 3, .page = 1}};
    const struct pack_memory huge[] = {{.min = INT64_MAX, .page = 65536}};
    const struct pack_memory sum[] = {{.min = INT64_MAX, .page = 2}, {.min = 100, .page = 1}};
    struct pack_module m = {.kind = WP_WASM_MODULE, .memories = two, .memory_count = 2};
    assert_int_equal(validate_memory(&m), 131075);
    m.kind = WP_WASM_COMPONENT;
    assert_int_equal(validate_memory(&m), 3);
    m = (struct pack_module){.kind = WP_WASM_MODULE, .memories = huge, .memory_count = 1};
    assert_true(validate_memory(&m) == UINT64_MAX);
    m = (struct pack_module){.kind = WP_WASM_MODULE, .memories = sum, .memory_count = 2};
    assert_true(validate_memory(&m) == UINT64_MAX);

    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err;
    const struct validate_opts o = {.max_memory = 131074};
    m = (struct pack_module){.kind = WP_WASM_MODULE, .memories = two, .memory_count = 2};
    assert_int_equal(validate_rules(&o, &m, &a, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_string_equal(err.msg, "it declares 128 KiB of memory to start with (131075 bytes, --max-memory is 131074)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_few_names_in_the_hint),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
