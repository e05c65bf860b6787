/* SPDX-License-Identifier: Apache-2.0
 *
 * Which foreign names may become files. */
#include "base/fs.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *problem; /* NULL: fine */
    } table[] = {
        {"app.wasm", NULL},
        {"a b", NULL},
        {"...", NULL},
        {".hidden", NULL},
        {"-rf", NULL},
        {"\xc3\xa4\xe2\x82\xac", NULL},
        {"app:1.wasm", NULL},
        {"console", NULL},
        {"com10", NULL},
        {".wpacked", NULL},
        {"", "is empty"},
        {".", "is '.'"},
        {"..", "is '..'"},
        {"a/b", "contains '/'"},
        {"/", "contains '/'"},
        {"../x", "contains '/'"},
        {"a\\b", "contains '\\'"},
        {"..\\x", "contains '\\'"},
        {"a\nb", "contains a control byte"},
        {"\x1b[2J", "contains a control byte"},
        {"a\x7f", "contains a control byte"},
        {"\xff", "is not UTF-8"},
        {"a\xc3", "is not UTF-8"},
        {"\xc0\xae\xc0\xae", "is not UTF-8"},
        {"\xed\xa0\x80", "is not UTF-8"},
        {"C:", "starts with a drive letter"},
        {"c:x", "starts with a drive letter"},
        {"CON", "is a reserved name"},
        {"nul.txt", "is a reserved name"},
        {"aux .wasm", "is a reserved name"},
        {"LPT9.tar.gz", "is a reserved name"},
        {".wpack", "is a reserved name"},
        {".WPACK", "is a reserved name"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        const char *problem = wp_fs_name_problem(table[i].name);
        assert_string_equal(problem != NULL ? problem : "fine", table[i].problem != NULL ? table[i].problem : "fine");
    }
}

static void test_name_length(void **state)
{
    (void)state;
    char name[257];
    memset(name, 'a', sizeof(name));
    name[255] = '\0';
    assert_null(wp_fs_name_problem(name));
    name[255] = 'a';
    name[256] = '\0';
    assert_string_equal(wp_fs_name_problem(name), "is longer than 255 bytes");
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *problem;
    } table[] = {
        {"app.wasm", NULL},
        {"assets/app.wasm", NULL},
        {"a/b/c/d", NULL},
        {"", "is empty"},
        {"/", "is absolute"},
        {"/etc/passwd", "is absolute"},
        {"a/", "has an empty component"},
        {"a//b", "has an empty component"},
        {"..", "is '..'"},
        {"../x", "is '..'"},
        {"a/../../x", "is '..'"},
        {"a/./../..", "is '.'"},
        {"a/b/..", "is '..'"},
        {"C:\\x", "contains '\\'"},
        {"a/C:x", "starts with a drive letter"},
        {"a/nul", "is a reserved name"},
        {".wpack/part/x", "is a reserved name"},
        {"a/b\r", "contains a control byte"},
        {"a/\xff", "is not UTF-8"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        const char *problem = wp_fs_path_problem(table[i].path);
        assert_string_equal(problem != NULL ? problem : "fine", table[i].problem != NULL ? table[i].problem : "fine");
    }
}

static void test_path_length(void **state)
{
    (void)state;
    char path[4098];
    for (size_t i = 0; i < sizeof(path); i++) {
        path[i] = i % 100 == 99 ? '/' : 'a';
    }
    path[4096] = '\0';
    assert_null(wp_fs_path_problem(path));
    path[4096] = 'a';
    path[4097] = '\0';
    assert_string_equal(wp_fs_path_problem(path), "is longer than 4096 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_name_length),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_path_length),
    };
    return cmocka_run_group_tests_name("fs-name", tests, NULL, NULL);
}
