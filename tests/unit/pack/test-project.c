/* SPDX-License-Identifier: Apache-2.0
 *
 * wpack.json: what is read, where messages point, and the example files of schemas/ with the messages beside them. */
#include "../runtime-min/wasm-hex.h"
#include "base/fs.h"
#include "pack/project.h"

#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define EXAMPLES "schemas/examples"

static int parse(const char *text, const char *folder, struct wp_arena *a, struct pack_project *p, struct wp_err *err)
{
    return pack_project_parse(wp_span_str(text), "wpack.json", folder, a, p, err);
}

static void parses(const char *text, const char *folder, struct wp_arena *a, struct pack_project *p)
{
    struct wp_err err = {.code = WP_E_OK};
    if (parse(text, folder, a, p, &err) != 0) {
        fail_msg("%s", err.msg);
    }
}

static void test_smallest(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_project p;
    parses("{\"module\":\"app.wasm\"}", "", &a, &p);
    assert_string_equal(p.module, "app.wasm");
    assert_null(p.name);
    assert_null(p.version);
    assert_null(p.world);
    assert_int_equal(p.annotation_count, 0);
    assert_string_equal(p.targets[0], "cncf");
    assert_null(p.targets[1]);
    assert_null(p.unused[0]);
}

static void test_all(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_project p;
    parses("{\"$schema\":\"x\",\"x-y\":1,\"module\":\"out/app.wasm\",\"name\":\"acme/app\",\"version\":\"1.2.3\","
           "\"description\":\"d\",\"licenses\":\"MIT\",\"authors\":\"A\",\"source\":\"s\",\"homepage\":\"h\","
           "\"world\":\"wasi:cli/command@0.2.0\",\"annotations\":{\"z\":\"1\",\"a\":\"2\"},\"targets\":[\"artifact\"],"
           "\"tests\":[],\"limits\":{},\"permissions\":{},\"files\":[]}",
           "dir", &a, &p);
    assert_string_equal(p.module, "dir/out/app.wasm");
    assert_string_equal(p.name, "acme/app");
    assert_string_equal(p.version, "1.2.3");
    assert_string_equal(p.description, "d");
    assert_string_equal(p.licenses, "MIT");
    assert_string_equal(p.authors, "A");
    assert_string_equal(p.source, "s");
    assert_string_equal(p.homepage, "h");
    assert_string_equal(p.world, "wasi:cli/command@0.2.0");
    assert_int_equal(p.annotation_count, 2);
    assert_string_equal(p.annotations[0].key, "a");
    assert_string_equal(p.annotations[0].value, "2");
    assert_string_equal(p.annotations[1].key, "z");
    assert_string_equal(p.targets[0], "artifact");
    assert_null(p.targets[1]);
    const char *const unused[] = {"files", "permissions"};
    for (size_t i = 0; i < WP_ARRAY_LEN(unused); i++) {
        assert_string_equal(p.unused[i], unused[i]);
    }
    assert_null(p.unused[WP_ARRAY_LEN(unused)]);
}

static void test_module_paths(void **state)
{
    (void)state;
    const struct {
        const char *module, *folder, *want;
    } rows[] = {
        {"a.wasm", "", "a.wasm"},   {"a.wasm", "dir/", "dir/a.wasm"},
        {"a.wasm", "/", "/a.wasm"}, {"/abs/a.wasm", "dir", "/abs/a.wasm"},
        {"-", "dir", "-"},          {"../a.wasm", "dir", "dir/../a.wasm"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        char text[128];
        snprintf(text, sizeof(text), "{\"module\":\"%s\"}", rows[i].module);
        struct pack_project p;
        parses(text, rows[i].folder, &a, &p);
        assert_string_equal(p.module, rows[i].want);
    }
}

/* Path of an example: EXAMPLES/<kind>/<stem><tail>. */
static void example_path(char *ret, size_t size, const char *kind, const char *name, const char *tail)
{
    size_t stem = strlen(name) - strlen(".json");
    snprintf(ret, size, EXAMPLES "/%s/%.*s%s", kind, (int)stem, name, tail);
}

static bool is_json(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && wp_str_eq(name + n - 5, ".json");
}

static size_t each_example(const char *kind, void (*fn)(const char *name))
{
    char folder[128];
    snprintf(folder, sizeof(folder), EXAMPLES "/%s", kind);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (is_json(e->d_name)) {
            fn(e->d_name);
            n++;
        }
    }
    assert_int_equal(closedir(dir), 0);
    return n;
}

static void accept_example(const char *name)
{
    char path[512];
    example_path(path, sizeof(path), "valid", name, ".json");
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_project p;
    struct wp_err err = {.code = WP_E_OK};
    if (pack_project_read(path, &a, &p, &err) != 0) {
        fail_msg("%s: %s", path, err.msg);
    }
}

static void refuse_example(const char *name)
{
    char path[512];
    char beside[512];
    example_path(path, sizeof(path), "invalid", name, ".json");
    example_path(beside, sizeof(beside), "invalid", name, ".expect");
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    struct pack_project p;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wp_fs_read(path, 65536, &text, &err), 0);
    assert_int_equal(wp_fs_read(beside, 65536, &want, &err), 0);
    want.ptr[strcspn(want.ptr, "\n")] = '\0';
    if (pack_project_parse(wp_buf_span(&text), "wpack.json", "", &a, &p, &err) == 0) {
        fail_msg("%s was accepted", path);
    }
    assert_int_equal(err.code, WP_E_INPUT);
    if (!wp_str_eq(err.msg, want.ptr)) {
        fail_msg("%s:\n  have %s\n  want %s", path, err.msg, want.ptr);
    }
}

static void test_examples(void **state)
{
    (void)state;
    assert_true(each_example("valid", accept_example) >= 6);
    assert_true(each_example("invalid", refuse_example) >= 35);
}

static void test_hints(void **state)
{
    (void)state;
    const struct {
        const char *text, *hint;
    } rows[] = {
        {"{\"module\":\"a\",\"version\":\"1.2\"}", "MAJOR.MINOR.PATCH, for example 1.2.0"},
        {"{\"module\":\"a\",\"limits\":{\"memory\":\"64 MB\"}}", "a number of bytes or, for example, 64MiB"},
        {"{\"module\":\"\"}", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct pack_project p;
        struct wp_err err = {.code = WP_E_OK};
        assert_int_equal(parse(rows[i].text, "", &a, &p, &err), -1);
        assert_string_equal(err.hint, rows[i].hint);
    }
}

static void test_syntax(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *const bad[] = {" ", "module", "{\"module\":\"a\",\"module\":\"b\"}", "{\"module\":\"a\"} x",
                               "{\"module\":\"a\",}"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        struct pack_project p;
        struct wp_err err = {.code = WP_E_OK};
        assert_int_equal(parse(bad[i], "", &a, &p, &err), -1);
        assert_int_equal(err.code, WP_E_INPUT);
        assert_true(wp_str_starts(err.msg, "wpack.json:1:"));
    }
}

static void test_reading(void **state)
{
    (void)state;
    char dir[] = "/tmp/wpack-project-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char file[64];
    char module[64];
    snprintf(file, sizeof(file), "%s/wpack.json", dir);
    snprintf(module, sizeof(module), "%s/app.wasm", dir);
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_project p;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(pack_project_read(dir, &a, &p, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_non_null(strstr(err.msg, file));
    assert_string_equal(err.hint, "name the module itself: wpack build app.wasm -t REF");
    assert_int_equal(wp_fs_replace(file, wp_span_str("{\"module\":\"app.wasm\"}"), 0644, &err), 0);
    assert_int_equal(pack_project_read(dir, &a, &p, &err), 0);
    assert_string_equal(p.module, module);
    assert_int_equal(pack_project_read(file, &a, &p, &err), 0);
    assert_string_equal(p.module, module);
    assert_int_equal(wp_fs_replace(file, wp_span_str("{\"module\": 1}"), 0644, &err), 0);
    assert_int_equal(pack_project_read(dir, &a, &p, &err), -1);
    assert_true(wp_str_starts(err.msg, file));
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest), cmocka_unit_test(test_all),    cmocka_unit_test(test_module_paths),
        cmocka_unit_test(test_examples), cmocka_unit_test(test_syntax), cmocka_unit_test(test_hints),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
