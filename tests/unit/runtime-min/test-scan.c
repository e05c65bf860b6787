/* SPDX-License-Identifier: Apache-2.0
 *
 * The scanner over hand-made binaries: what it tells, and what it refuses in which words. */
#include "base/limits.h"
#include "runtime-min/scan.h"
#include "wasm-hex.h"

#include <cmocka.h>

/* What the visitor heard, one line each. */
static void add_span(struct wp_buf *b, struct wp_span s)
{
    wp_buf_add(b, s.ptr, s.len);
}

static int hear_section(void *arg, unsigned depth, const struct wp_wasm_section *s, const char *title,
                        struct wp_err *err WP_UNUSED)
{
    struct wp_buf *b = arg;
    wp_buf_printf(b, "section %u %s %zu\n", depth, title, s->whole.len);
    return 0;
}

static int hear_extern(struct wp_buf *b, const char *what, const struct wrt_extern *x)
{
    wp_buf_printf(b, "%s ", what);
    add_span(b, x->module);
    wp_buf_add_char(b, '.');
    add_span(b, x->name);
    wp_buf_printf(b, " %s\n", wrt_extern_kind_name(x->kind));
    return 0;
}

static int hear_import(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    return hear_extern(arg, "import", x);
}

static int hear_export(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    return hear_extern(arg, "export", x);
}

static int hear_custom(void *arg, unsigned depth, struct wp_span name, struct wp_span body,
                       struct wp_err *err WP_UNUSED)
{
    struct wp_buf *b = arg;
    wp_buf_printf(b, "custom %u ", depth);
    add_span(b, name);
    wp_buf_printf(b, " %zu\n", body.len);
    return 0;
}

static void scan_tells_bytes(struct wp_span bytes, const char *want)
{
    WP_AUTO_BUF struct wp_buf heard = WP_BUF_INIT;
    struct wrt_visitor v = {
        .section = hear_section, .import = hear_import, .export = hear_export, .custom = hear_custom, .arg = &heard};
    struct wrt_summary sum;
    struct wp_err err = {.code = WP_E_OK};
    int rc = wrt_scan(bytes, NULL, &v, &sum, &err);
    if (rc != 0) {
        fail_msg("%s", err.msg);
    }
    wp_buf_printf(&heard, "%s functions %u code %llu data %llu\n", sum.kind == WP_WASM_MODULE ? "module" : "component",
                  sum.functions, (unsigned long long)sum.code_bytes, (unsigned long long)sum.data_bytes);
    assert_string_equal(heard.ptr, want);
}

static void scan_tells(const char *hex, const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, hex);
    scan_tells_bytes(wp_buf_span(&b), want);
}

static void scan_refuses_bytes(struct wp_span bytes, enum wp_code code, const char *message)
{
    struct wrt_summary sum = {.functions = 77};
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wrt_scan(bytes, NULL, NULL, &sum, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.code, code);
    assert_int_equal(sum.functions, 77);
}

static void scan_refuses(const char *hex, const char *message)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, hex);
    scan_refuses_bytes(wp_buf_span(&b), WP_E_MODULE, message);
}

static void test_smallest(void **state)
{
    (void)state;
    scan_tells(HEX_MODULE, "module functions 0 code 0 data 0\n");
    scan_tells(HEX_COMPONENT, "component functions 0 code 0 data 0\n");
}

static void hex_section(struct wp_buf *b, uint8_t id, const char *hex)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    wasm_hex(&body, hex);
    wasm_section(b, id, wp_buf_span(&body));
}

/* Every kind of import with every form of type that changes its length. */
#define IMPORT_FUNC    "01 61 01 66 00 00 "
#define IMPORT_TABLE   "01 61 01 74 01 70 00 01 "
#define TYPE_FUNC      "01 04 01 60 00 00 "
#define IMPORT_TABLE64 "01 61 01 75 01 63 70 05 01 ffffffffffffffffff01 "
#define IMPORT_MEMORY  "01 61 01 6d 02 07 01 02 "
#define IMPORT_GLOBAL  "01 61 01 67 03 7f 01 "
#define IMPORT_REF     "01 61 01 68 03 64 70 00 "
#define IMPORT_TAG     "01 61 01 78 04 00 00 "

static void test_core_imports(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE TYPE_FUNC);
    hex_section(&b, 2, "07" IMPORT_FUNC IMPORT_TABLE IMPORT_TABLE64 IMPORT_MEMORY IMPORT_GLOBAL IMPORT_REF IMPORT_TAG);
    scan_tells_bytes(wp_buf_span(&b), "section 0 type 6\n"
                                      "section 0 import 66\n"
                                      "import a.f func\n"
                                      "import a.t table\n"
                                      "import a.u table\n"
                                      "import a.m memory\n"
                                      "import a.g global\n"
                                      "import a.h global\n"
                                      "import a.x tag\n"
                                      "module functions 0 code 0 data 0\n");
}

static void test_core_sections(void **state)
{
    (void)state;
    scan_tells(HEX_MODULE "00 03 01 61 ff "                             /* custom a */
                          "01 04 01 60 00 00 "                          /* type */
                          "03 03 02 00 00 "                             /* function */
                          "05 03 01 00 01 "                             /* memory */
                          "0d 03 01 00 00 "                             /* tag */
                          "07 0e 02 01 66 00 00 06 6d656d6f7279 02 00 " /* export */
                          "08 01 00 "                                   /* start */
                          "0c 01 01 "                                   /* data count */
                          "0a 07 02 02 00 0b 02 00 0b "                 /* code */
                          "0b 04 01 01 01 61 "                          /* data */
                          "00 02 01 62 ",                               /* custom b */
               "section 0 custom 5\n"
               "custom 0 a 1\n"
               "section 0 type 6\n"
               "section 0 function 5\n"
               "section 0 memory 5\n"
               "section 0 tag 5\n"
               "section 0 export 16\n"
               "export .f func\n"
               "export .memory memory\n"
               "section 0 start 3\n"
               "section 0 data count 3\n"
               "section 0 code 9\n"
               "section 0 data 6\n"
               "section 0 custom 4\n"
               "custom 0 b 0\n"
               "module functions 2 code 7 data 4\n");
}

static void test_component(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_COMPONENT);
    hex_section(&b, 1, HEX_MODULE TYPE_FUNC "03 02 01 00  07 05 01 01 66 00 00  0a 04 01 02 00 0b");
    hex_section(&b, 4, HEX_COMPONENT "00 02 01 61  07 03 01 42 00  0a 06 01 00 01 6e 05 00");
    hex_section(&b, 7, "02 42 00 40 00 01 00");
    hex_section(&b, 3, "01 50 00"); /* a module type */
    hex_section(&b, 10,
                "05"
                "00 0d 776173693a696f2f6572726f72 05 00" /* wasi:io/error: instance */
                "01 01 66 01 01"                         /* func */
                "00 01 74 03 01"                         /* type, a resource */
                "00 01 6d 00 11 00"                      /* core module */
                "02 01 69 01 00 05 613a622f63 05 00");   /* instance that implements a:b/c */
    hex_section(&b, 11, "02  00 01 65 04 00 00  00 01 76 03 00 00");
    hex_section(&b, 10, "01 00 01 7a 01 01"); /* a second import section */
    scan_tells_bytes(wp_buf_span(&b), "section 0 core module 33\n"
                                      "section 1 type 6\n"
                                      "section 1 function 4\n"
                                      "section 1 export 7\n"
                                      "section 1 code 6\n"
                                      "section 0 component 27\n"
                                      "section 1 custom 4\n"
                                      "custom 1 a 0\n"
                                      "section 1 type 5\n"
                                      "section 1 import 8\n"
                                      "section 0 type 9\n"
                                      "section 0 core type 5\n"
                                      "section 0 import 49\n"
                                      "import .wasi:io/error instance\n"
                                      "import .f func\n"
                                      "import .t type\n"
                                      "import .m core module\n"
                                      "import .i instance\n"
                                      "section 0 export 15\n"
                                      "export .e component\n"
                                      "export .v type\n"
                                      "section 0 import 8\n"
                                      "import .z func\n"
                                      "component functions 1 code 4 data 0\n");
}

struct refusal {
    const char *hex;
    const char *message;
};

static const struct refusal refusals[] = {
    {HEX_COMPONENT "0d 00", "at byte 0x8: malformed section id: 13"},
    {HEX_COMPONENT "01 08 " HEX_COMPONENT, "core module section: at byte 0xa: expected a version header for a module"},
    {HEX_COMPONENT "04 08 " HEX_MODULE, "component section: at byte 0xa: expected a version header for a component"},
    {HEX_COMPONENT "01 04 0061736d", "core module section: at byte 0xa: unexpected end after 4 of the 8 bytes that "
                                     "every WebAssembly binary begins with"},
    {HEX_COMPONENT "0a 06 01 03 01 61 01 00",
     "import section: at byte 0xb: invalid leading byte (0x3) for component name"},
    {HEX_COMPONENT "0a 0a 01 02 01 61 01 03 01 78 01 00",
     "import section: at byte 0xf: invalid leading byte (0x3) for name option"},
    {HEX_COMPONENT "0a 06 01 00 01 61 06 00",
     "import section: at byte 0xe: invalid leading byte (0x6) for component external kind"},
    {HEX_COMPONENT "0a 06 01 00 01 61 03 02", "import section: at byte 0xf: invalid leading byte (0x2) for type bound"},
    {HEX_COMPONENT "0a 07 01 00 01 61 00 00 00",
     "import section: at byte 0xf: invalid leading byte (0x0) for component external kind"},
    {HEX_COMPONENT "07 05 01 40 00 01 00 0b 07 01 00 01 65 03 00 02",
     "export section: at byte 0x17: invalid leading byte (0x2) for optional component export type"},
    {HEX_COMPONENT "07 05 01 40 00 01 00 0a 07 01 00 01 61 01 00 ff",
     "import section: at byte 0x17: section size mismatch: 1 bytes too many in the import section"},
    {HEX_COMPONENT "07 02 00 00",
     "type section: at byte 0xb: section size mismatch: 1 bytes too many in the type section"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refusals); i++) {
        scan_refuses(refusals[i].hex, refusals[i].message);
    }
}

/* What people hand in by mistake. */
static void test_lookalikes(void **state)
{
    (void)state;
    char tar[512] = "app.wasm";
    memcpy(tar + 257, "ustar", 5);
    const struct {
        struct wp_span bytes;
        const char *message;
        const char *hint;
    } list[] = {
        {wp_span("", 0), "unexpected end: the file is empty", ""},
        {wp_span_str("(module)"), "this is WebAssembly text; assemble it with wat2wasm first",
         "wat2wasm app.wat -o app.wasm (components: wasm-tools parse)"},
        {wp_span_str("  ;; hello\n(module)"), "this is WebAssembly text; assemble it with wat2wasm first", NULL},
        {wp_span_str("\x1f\x8b\x08"), "this is a gzip file, not WebAssembly", "unpack it first: gunzip FILE"},
        {wp_span_str("\x28\xb5\x2f\xfd"), "this is a zstd file, not WebAssembly", NULL},
        {wp_span(tar, sizeof(tar)), "this is a tar archive, not WebAssembly", "unpack it first: tar xf FILE"},
        {wp_span_str("PK\x03\x04"), "this is a zip archive, not WebAssembly", NULL},
        {wp_span_str("\x7f"
                     "ELF\x02"),
         "this is an ELF file (a native program or shared library), not WebAssembly",
         "build for a WebAssembly target, for example wasm32-wasip1"},
        {wp_span_str("!<arch>\n"), "this is a static library, not WebAssembly", NULL},
        {wp_span_str("{\"module\": 1}"),
         "at byte 0x0: magic header not detected: does not begin with the bytes 00 61 73 6d ('\\0asm')", ""},
        {wp_span("\0as", 3),
         "at byte 0x0: unexpected end after 3 of the 8 bytes that every WebAssembly binary begins with", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(list); i++) {
        struct wrt_summary sum;
        struct wp_err err = {.code = WP_E_OK};
        assert_int_equal(wrt_scan(list[i].bytes, NULL, NULL, &sum, &err), -1);
        assert_int_equal(err.code, WP_E_MODULE);
        assert_string_equal(err.msg, list[i].message);
        if (list[i].hint) {
            assert_string_equal(err.hint, list[i].hint);
        }
    }
}

/* Cut anywhere, a module is refused or is a whole shorter module. */
static void test_truncated(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE "00 03 01 61 ff 01 04 01 60 00 00 03 02 01 00 0a 04 01 02 00 0b");
    size_t accepted = 0;
    for (size_t len = 0; len < b.len; len++) {
        struct wrt_summary sum;
        struct wp_err err = {.code = WP_E_OK};
        int rc = wrt_scan(wp_span(b.ptr, len), NULL, NULL, &sum, &err);
        accepted += rc == 0;
        if (rc != 0) {
            assert_int_equal(err.code, WP_E_MODULE);
        }
    }
    assert_int_equal(accepted, 3); /* after the preamble, the custom and the type section */
    scan_refuses(HEX_MODULE "01 20 01", "at byte 0x8: unexpected end: section 1 claims 32 bytes, 1 are left");
}

static void nested(struct wp_buf *b, unsigned levels)
{
    wasm_hex(b, HEX_COMPONENT);
    for (unsigned i = 0; i < levels; i++) {
        WP_AUTO_BUF struct wp_buf outer = WP_BUF_INIT;
        wasm_hex(&outer, HEX_COMPONENT);
        wasm_section(&outer, 4, wp_buf_span(b));
        wp_buf_cut(b, 0);
        wp_buf_add(b, outer.ptr, outer.len);
    }
}

static void test_depth(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf fits = WP_BUF_INIT;
    nested(&fits, (unsigned)WP_LIMIT_WASM_DEPTH);
    struct wrt_summary sum;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wrt_scan(wp_buf_span(&fits), NULL, NULL, &sum, &err), 0);
    WP_AUTO_BUF struct wp_buf deep = WP_BUF_INIT;
    nested(&deep, 2000);
    assert_int_equal(wrt_scan(wp_buf_span(&deep), NULL, NULL, &sum, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_non_null(strstr(err.msg, "more than 16 levels of components within components"));
}

static void test_counts(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf many = WP_BUF_INIT;
    wasm_hex(&many, HEX_MODULE);
    for (uint64_t i = 0; i < WP_LIMIT_WASM_SECTIONS; i++) {
        wasm_hex(&many, "00 01 00");
    }
    struct wrt_summary sum;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wrt_scan(wp_buf_span(&many), NULL, NULL, &sum, &err), 0);
    wasm_hex(&many, "00 01 00");
    scan_refuses_bytes(wp_buf_span(&many), WP_E_LIMIT, "more than 100000 sections");
    WP_AUTO_BUF struct wp_buf names = WP_BUF_INIT;
    wasm_hex(&names, HEX_MODULE "02 05 ffffffff0f");
    scan_refuses_bytes(wp_buf_span(&names), WP_E_LIMIT,
                       "import section: at byte 0xa: 4294967295 imports, at most 1000000 are allowed");
}

static int stop_at_once(void *arg, const struct wrt_extern *x WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    int *calls = arg;
    ++*calls;
    return 7;
}

static void test_visitor_stops(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE TYPE_FUNC);
    hex_section(&b, 2, "02" IMPORT_FUNC IMPORT_GLOBAL);
    int calls = 0;
    struct wrt_visitor v = {.import = stop_at_once, .arg = &calls};
    struct wrt_summary sum;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wrt_scan(wp_buf_span(&b), NULL, &v, &sum, &err), 7);
    assert_int_equal(calls, 1);
    assert_int_equal(err.code, WP_E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest),      cmocka_unit_test(test_core_imports), cmocka_unit_test(test_core_sections),
        cmocka_unit_test(test_component),     cmocka_unit_test(test_refusals),     cmocka_unit_test(test_lookalikes),
        cmocka_unit_test(test_truncated),     cmocka_unit_test(test_depth),        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_visitor_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
