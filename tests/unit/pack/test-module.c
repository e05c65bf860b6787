/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of modules: what is read, what is guessed, and what custom sections of all kinds may hold without harm. */
#include "../runtime-min/wasm-hex.h"
#include "base/limits.h"
#include "pack/module.h"
#include "samples.h"

#include <cmocka.h>

static void read_bytes(struct wp_span bytes, struct wp_arena *a, struct pack_module *m)
{
    struct wp_err err = {.code = WP_E_OK};
    if (pack_module_read(bytes, a, m, &err) != 0) {
        fail_msg("%s", err.msg);
    }
}

static void test_hello(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, SAMPLE_HELLO);
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_int_equal(m.kind, WP_WASM_MODULE);
    assert_int_equal(m.size, 133);
    assert_int_equal(m.functions, 1);
    assert_int_equal(m.code_bytes, 15);
    assert_int_equal(m.data_bytes, 25);
    assert_int_equal(m.import_count, 1);
    assert_string_equal(m.imports[0].module, "wasi_snapshot_preview1");
    assert_string_equal(m.imports[0].name, "fd_write");
    assert_string_equal(m.imports[0].kind, "func");
    assert_int_equal(m.export_count, 2);
    assert_string_equal(m.exports[0].module, "");
    assert_string_equal(m.exports[0].name, "memory");
    assert_string_equal(m.exports[0].kind, "memory");
    assert_string_equal(m.exports[1].name, "_start");
    assert_string_equal(m.world, "wasip1 command");
    assert_int_equal(m.section_count, 7);
    assert_string_equal(m.sections[0].title, "type");
    assert_int_equal(m.sections[0].offset, 8);
    assert_int_equal(m.sections[0].size, 14);
    uint64_t end = 8;
    for (size_t i = 0; i < m.section_count; i++) {
        assert_int_equal(m.sections[i].offset, end);
        end += m.sections[i].size;
    }
    assert_int_equal(end, m.size);
    assert_null(m.name);
    assert_null(m.description);
    assert_int_equal(m.producer_count, 0);
    assert_false(m.component_type || m.dylink || m.object);
}

static void test_brief_meets_no_names(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, SAMPLE_HELLO);
    struct wp_err err = {.code = WP_E_OK};
    struct pack_module m;
    const struct pack_read how = {.brief = true};
    assert_int_equal(pack_module_read_as(wp_buf_span(&b), &how, &a, &m, &err), 0);
    assert_int_equal(m.functions, 1);
    assert_int_equal(m.code_bytes, 15);
    assert_int_equal(m.memory_count, 1);
    assert_int_equal(m.import_count + m.export_count + m.section_count + m.capability_count, 0);
    assert_string_equal(m.world, "");
}

static void test_component(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, SAMPLE_COMPONENT);
    /* The name of a nested module is not the component's. */
    WP_AUTO_BUF struct wp_buf inner = WP_BUF_INIT;
    wasm_hex(&inner, HEX_MODULE);
    wasm_custom(&inner, "name", wp_span("\0\3\2in", 5));
    wasm_custom(&inner, "description", wp_span_str("inner"));
    wasm_section(&b, 1, wp_buf_span(&inner));
    wasm_custom(&b, "component-name", wp_span("\0\4\3out", 6));
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_int_equal(m.kind, WP_WASM_COMPONENT);
    assert_int_equal(m.import_count, 2);
    assert_string_equal(m.imports[0].name, "wasi:io/error@0.2.0");
    assert_string_equal(m.imports[0].module, "");
    assert_string_equal(m.imports[0].kind, "instance");
    assert_string_equal(m.imports[1].name, "wasi:cli/environment@0.2.0");
    assert_string_equal(m.exports[0].name, "wasi:cli/run@0.2.0");
    assert_string_equal(m.world, "wasi:cli/command");
    assert_string_equal(m.name, "out");
    assert_null(m.description);
    assert_int_equal(m.section_count, 5);
    assert_string_equal(m.sections[3].title, "core module");
    assert_string_equal(m.sections[4].title, "custom 'component-name'");
}

static void test_metadata(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE);
    wasm_custom(&b, "name", wp_span("\1\0\0\3\2hi", 7)); /* an empty subsection 1 before the name */
    wasm_custom(&b, "description", wp_span_str("says hello"));
    wasm_custom(&b, "description", wp_span_str("a second one"));
    wasm_custom(&b, "authors", wp_span_str("A. Author"));
    wasm_custom(&b, "licenses", wp_span_str("Apache-2.0"));
    wasm_custom(&b, "source", wp_span_str("https://example.com/src"));
    wasm_custom(&b, "homepage", wp_span_str("https://example.com"));
    wasm_custom(&b, "revision", wp_span_str("abc123"));
    wasm_custom(&b, "version", wp_span_str("1.2.3"));
    wasm_custom(&b, "producers",
                wp_span("\2\10language\1\4Rust\6"
                        "1.95.0\14processed-by\1\5rustc\3"
                        "1.9",
                        47));
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_string_equal(m.name, "hi");
    assert_string_equal(m.description, "says hello");
    assert_string_equal(m.authors, "A. Author");
    assert_string_equal(m.licenses, "Apache-2.0");
    assert_string_equal(m.source, "https://example.com/src");
    assert_string_equal(m.homepage, "https://example.com");
    assert_string_equal(m.revision, "abc123");
    assert_string_equal(m.version, "1.2.3");
    assert_int_equal(m.producer_count, 2);
    assert_string_equal(m.producers[0].field, "language");
    assert_string_equal(m.producers[0].name, "Rust");
    assert_string_equal(m.producers[0].version, "1.95.0");
    assert_string_equal(m.producers[1].field, "processed-by");
    assert_string_equal(m.world, "library");
}

/* Custom sections that make no sense are left out; the module stays usable. */
static void test_hostile_metadata(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf big = WP_BUF_INIT;
    while (big.len <= WP_LIMIT_WASM_NAME) {
        wp_buf_add_str(&big, "0123456789abcdef");
    }
    wasm_hex(&b, HEX_MODULE);
    wasm_custom(&b, "name", wp_span("\0\x7f\x7f", 3));
    wasm_custom(&b, "description", wp_span("\xff\xfe", 2));
    wasm_custom(&b, "authors", wp_span("", 0));
    wasm_custom(&b, "licenses", wp_buf_span(&big));
    wasm_custom(&b, "source", wp_span("a\0b", 3));
    wasm_custom(&b, "producers", wp_span("\xff\xff\xff\xff\x0f\1x", 7));
    wasm_custom(&b, "producers", wp_span("\1\3sdk\1\1a\1b", 10));
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_null(m.name);
    assert_null(m.description);
    assert_null(m.authors);
    assert_null(m.licenses);
    assert_string_equal(m.source, "a\xef\xbf\xbd"
                                  "b");
    assert_int_equal(m.producer_count, 0);
}

/* One function of type [] -> [], and a memory. */
#define TYPE     "01 04 01 60 00 00 "
#define FUNCTION TYPE "03 02 01 00 "
#define MEMORY   "05 03 01 00 01 "
#define CODE     "0a 04 01 02 00 0b "

static void test_nul_in_import(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE TYPE "02 09 01 03 61 00 62 01 00 00 00");
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_string_equal(m.imports[0].module, "a\xef\xbf\xbd"
                                             "b");
    assert_string_equal(m.imports[0].name, "\xef\xbf\xbd");
}

static void world_is(const char *hex, const char *custom, const char *world)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, hex);
    if (custom) {
        wasm_custom(&b, custom, wp_span("", 0));
    }
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_string_equal(m.world, world);
}

static void component_world_is(const char *exported, const char *world)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    wasm_hex(&b, HEX_COMPONENT "05 03 01 01 00"); /* an instance without anything */
    wasm_hex(&body, "01 00");
    wasm_leb(&body, strlen(exported));
    wp_buf_add_str(&body, exported);
    wasm_hex(&body, "05 00 00");
    wasm_section(&b, 11, wp_buf_span(&body));
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_string_equal(m.world, world);
}

#define EXPORT_START      "07 0a 01 06 5f7374617274 00 00"
#define EXPORT_START_MEM  "07 0a 01 06 5f7374617274 02 00"
#define EXPORT_INITIALIZE "07 0f 01 0b 5f696e697469616c697a65 00 00"

static void test_worlds(void **state)
{
    (void)state;
    world_is(HEX_MODULE, NULL, "library");
    world_is(HEX_MODULE FUNCTION EXPORT_START CODE, NULL, "wasip1 command");
    world_is(HEX_MODULE MEMORY EXPORT_START_MEM, NULL, "library");
    world_is(HEX_MODULE FUNCTION EXPORT_INITIALIZE CODE, NULL, "wasip1 reactor");
    world_is(HEX_MODULE FUNCTION EXPORT_START CODE, "dylink.0", "library");
    world_is(HEX_MODULE FUNCTION EXPORT_START CODE, "linking", "library");
    component_world_is("wasi:cli/run@0.2.6", "wasi:cli/command");
    component_world_is("wasi:cli/run", "wasi:cli/command");
    component_world_is("wasi:cli/runner@0.2.6", "library");
    component_world_is("wasi:http/incoming-handler@0.2.0", "wasi:http/proxy");
    component_world_is("wasi:http/handler@0.3.0", "wasi:http/service");
    component_world_is("acme:math/add@1.0.0", "library");
}

static void test_marks(void **state)
{
    (void)state;
    const struct {
        const char *section;
        bool component_type, dylink, object;
    } rows[] = {
        {"dylink.0", false, true, false},
        {"linking", false, false, true},
        {"component-type:wit-bindgen", true, false, false},
        {"dylinkx", false, false, false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wasm_hex(&b, HEX_MODULE);
        wasm_custom(&b, rows[i].section, wp_span("", 0));
        struct pack_module m;
        read_bytes(wp_buf_span(&b), &a, &m);
        assert_int_equal(m.component_type, rows[i].component_type);
        assert_int_equal(m.dylink, rows[i].dylink);
        assert_int_equal(m.object, rows[i].object);
    }
}

/* Very many imports of a type of very many words: the first are told, all of them would be megabytes. */
static void test_wide_types(void **state)
{
    (void)state;
    enum { IMPORTS = 6000 };
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf types = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf imports = WP_BUF_INIT;
    wasm_hex(&types, "01 60 e8 07");
    for (unsigned i = 0; i < 1000; i++) {
        wp_buf_add_char(&types, 0x7f);
    }
    wasm_hex(&types, "00");
    wasm_leb(&imports, IMPORTS);
    for (unsigned i = 0; i < IMPORTS; i++) {
        wasm_hex(&imports, "00 00 00 00");
    }
    wasm_hex(&b, HEX_MODULE);
    wasm_section(&b, 1, wp_buf_span(&types));
    wasm_section(&b, 2, wp_buf_span(&imports));
    struct pack_module m;
    read_bytes(wp_buf_span(&b), &a, &m);
    assert_int_equal(m.import_count, IMPORTS);
    assert_int_equal(strncmp(m.imports[0].type, "(param i32 i32", 14), 0);
    assert_in_range(strlen(m.imports[0].type), 1000, 1100);
    assert_string_equal(m.imports[IMPORTS - 1].type, "…");
}

static void test_invalid(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_module m = {.size = 77};
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(pack_module_read(wp_span_str("(module)"), &a, &m, &err), -1);
    assert_int_equal(err.code, WP_E_MODULE);
    assert_int_equal(m.size, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_brief_meets_no_names),
        cmocka_unit_test(test_component),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_hostile_metadata),
        cmocka_unit_test(test_nul_in_import),
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_wide_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
