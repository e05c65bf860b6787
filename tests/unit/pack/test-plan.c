/* SPDX-License-Identifier: Apache-2.0
 *
 * From layers to file names: the names table of hostile titles, duplicates, and what untitled layers are called. */
#include "../runtime-min/wasm-hex.h"
#include "oci/files.h"
#include "pack/format.h"

#include <cmocka.h>

#define HEX12 "b5e5153f12ed"

struct layer {
    const char *media_type;
    const char *title;
};

static int plan(const struct layer *rows, size_t n, const char *fallback, struct wp_arena *a,
                struct oci_files_entry **entries, size_t *count, struct wp_err *err)
{
    struct oci_desc *layers = wp_arena_alloc(a, n, sizeof(*layers));
    for (size_t i = 0; i < n; i++) {
        layers[i] = (struct oci_desc){.media_type = rows[i].media_type, .size = i};
        assert_int_equal(oci_digest_parse("sha256:" HEX12 "20bd55a45c90cd196b35957e19d8d083063b0f3c1b2d77b0b0e6",
                                          &layers[i].digest, err),
                         0);
        if (rows[i].title) {
            struct oci_annotation *title = wp_arena_alloc(a, 1, sizeof(*title));
            *title = (struct oci_annotation){OCI_ANNOTATION_TITLE, rows[i].title};
            layers[i].annotations = title;
            layers[i].annotation_count = 1;
        }
    }
    struct oci_manifest m = {.kind = OCI_MANIFEST, .layers = layers, .layer_count = n};
    return pack_files_plan(&m, fallback, a, entries, count, err);
}

static void plans(const struct layer *rows, size_t n, const char *fallback, const char *const *want, size_t want_count)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_files_entry *entries = NULL;
    size_t count = 77;
    struct wp_err err = {.code = WP_E_OK};
    if (plan(rows, n, fallback, &a, &entries, &count, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(count, want_count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(entries[i].path, want[i]);
    }
}

static void refuses(const struct layer *rows, size_t n, const char *message)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_files_entry *entries = NULL;
    size_t count = 77;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(plan(rows, n, "app", &a, &entries, &count, &err), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    assert_string_equal(err.msg, message);
    assert_null(entries);
    assert_int_equal(count, 77);
}

static void test_titles(void **state)
{
    (void)state;
    const struct layer rows[] = {
        {"application/wasm", "app.wasm"}, {"text/plain", "assets/a.txt"}, {"text/plain", "assets/b"}};
    const char *const want[] = {"app.wasm", "assets/a.txt", "assets/b"};
    plans(rows, 3, "x", want, 3);
}

static void test_untitled(void **state)
{
    (void)state;
    const struct layer wasm[] = {{"application/wasm", NULL}};
    plans(wasm, 1, "hello", (const char *const[]){"hello.wasm"}, 1);
    plans(wasm, 1, "../x", (const char *const[]){HEX12 ".wasm"}, 1);
    plans(wasm, 1, NULL, (const char *const[]){HEX12 ".wasm"}, 1);
    const struct layer old[] = {{"application/vnd.wasm.content.layer.v1+wasm", NULL}};
    plans(old, 1, "hello", (const char *const[]){"hello.wasm"}, 1);
    const struct layer other[] = {{"application/vnd.oci.image.layer.v1.tar+gzip", NULL}};
    plans(other, 1, "hello", (const char *const[]){HEX12}, 1);
    const struct layer two[] = {{"application/wasm", NULL}, {"application/wasm", NULL}};
    plans(two, 2, "hello", (const char *const[]){"hello.wasm", HEX12 ".wasm"}, 2);
    const struct layer empty[] = {{OCI_MT_EMPTY, NULL}};
    plans(empty, 1, "hello", NULL, 0);
    plans(NULL, 0, "hello", NULL, 0);
}

static void test_hostile_titles(void **state)
{
    (void)state;
    char longest[4098];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (size_t i = 100; i < sizeof(longest) - 1; i += 100) {
        longest[i] = '/';
    }
    char wide[257];
    memset(wide, 'a', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    static const char *const bad[] = {
        "",      "/x",       "..",           ".",      "../x",          "a/../../x", "a/./../..", "a/..", "a//b",
        "a/",    "C:\\x",    "C:x",          "a\\b",   "CON",           "nul.txt",   "a/CON/b",   "a\nb", "\x1b[2J",
        "x\x7f", "\xff\xfe", "\xed\xa0\x80", ".wpack", ".wpack/part/x", "./x",       "a/./b",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(bad) + 2; i++) {
        const char *title = i < WP_ARRAY_LEN(bad) ? bad[i] : i == WP_ARRAY_LEN(bad) ? longest : wide;
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        const struct layer rows[] = {{"text/plain", "ok"}, {"text/plain", title}};
        struct oci_files_entry *entries = NULL;
        size_t count = 0;
        struct wp_err err = {.code = WP_E_OK};
        if (plan(rows, 2, "app", &a, &entries, &count, &err) == 0) {
            fail_msg("accepted: %s", title);
        }
        assert_int_equal(err.code, WP_E_INPUT);
        assert_true(wp_str_starts(err.msg, "layer 1: title '"));
        assert_null(entries);
    }
}

static void test_messages(void **state)
{
    (void)state;
    const struct layer up[] = {{"text/plain", "../x"}};
    refuses(up, 1, "layer 0: title '../x' contains '..'");
    const struct layer twice[] = {{"text/plain", "a"}, {"text/plain", "b"}, {"text/plain", "a"}};
    refuses(twice, 3, "layers 0 and 2 have the same title 'a'");
    const struct layer within[] = {
        {"text/plain", "a/b"}, {"text/plain", "a.b"}, {"text/plain", "a!"}, {"text/plain", "a"}};
    refuses(within, 4, "layer 3: title 'a' is a folder in the title 'a/b' of layer 0");
    const struct layer clash[] = {{"text/plain", "app.wasm"}, {"application/wasm", NULL}};
    refuses(clash, 2, "layers 0 and 1 have the same title 'app.wasm'");
}

static void test_neighbours(void **state)
{
    (void)state;
    const struct layer rows[] = {
        {"text/plain", "a/b"}, {"text/plain", "a.b"}, {"text/plain", "ab"}, {"text/plain", "a-/b"}};
    plans(rows, 4, "x", (const char *const[]){"a/b", "a.b", "ab", "a-/b"}, 4);
}

static void test_index(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m = {.kind = OCI_INDEX};
    struct oci_files_entry *entries = NULL;
    size_t count = 0;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(pack_files_plan(&m, "x", &a, &entries, &count, &err), -1);
    assert_string_equal(err.msg, "an index holds no files of its own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_titles),   cmocka_unit_test(test_untitled),   cmocka_unit_test(test_hostile_titles),
        cmocka_unit_test(test_messages), cmocka_unit_test(test_neighbours), cmocka_unit_test(test_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
