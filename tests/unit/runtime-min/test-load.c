/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading: faults in functions by index and name, whatever the number of threads; budgets, features, callbacks of
 * modules and functions, types of imports and exports as text. */
#include "runtime-min/scan.h"
#include "wasm-hex.h"

#include <cmocka.h>

#define TYPE_V "01 04 01 60 00 00 "
/* Function 0 is imported; 1 is fine, 2 leaves a value and is called main. */
#define IMPORT "02 07 01 01 61 01 66 00 00 "
#define BROKEN "03 03 02 00 00 0a 09 02 02 00 0b 04 00 41 00 0b "
#define NAMES  "00 0e 04 6e616d65 01 07 01 02 04 6d61696e "

static int load(const char *hex, const struct wrt_options *o, struct wp_buf *b, struct wrt_binary **ret,
                struct wrt_fault *fault, struct wp_err *err)
{
    wasm_hex(b, HEX_MODULE);
    wasm_hex(b, hex);
    return wrt_load(wp_buf_span(b), o, ret, fault, err);
}

static void test_fault(void **state)
{
    (void)state;
    for (unsigned threads = 0; threads < 4; threads++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wrt_options o = {.threads = threads};
        struct wrt_fault fault = {.offset = 0};
        struct wp_err err = {.code = WP_E_OK};
        struct wrt_binary *bin = NULL;
        assert_int_equal(load(TYPE_V IMPORT BROKEN NAMES, &o, &b, &bin, &fault, &err), -1);
        assert_null(bin);
        assert_int_equal(err.code, WP_E_MODULE);
        assert_int_equal(strncmp(err.msg, "function 2 'main': at byte 0x26: type mismatch", 46), 0);
        assert_int_equal(fault.offset, 0x26);
        assert_int_equal(fault.function, 2);
        assert_int_equal(fault.name.len, 4);
        assert_memory_equal(fault.name.ptr, "main", 4);
        assert_int_equal(fault.depth, 0);
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_fault fault;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *bin = NULL;
    assert_int_equal(load(TYPE_V IMPORT BROKEN, NULL, &b, &bin, &fault, &err), -1);
    assert_int_equal(strncmp(err.msg, "function 2: at byte 0x26: type mismatch", 39), 0);
    wp_buf_cut(&b, 0);
    assert_int_equal(load("03 02 01 00", NULL, &b, &bin, &fault, &err), -1);
    assert_int_equal(fault.function, WRT_NO_INDEX);
    assert_int_equal(fault.offset, 0xb);
}

/* A fault at the end of the first chunk and one at the begin of the second, which is found sooner: always the lower. */
static void test_lowest_fault(void **state)
{
    (void)state;
    enum { FUNCTIONS = 400, PAD = 4000, FIRST = 64, SECOND = 66 };
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf funcs = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf code = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE TYPE_V);
    wasm_leb(&funcs, FUNCTIONS);
    wasm_leb(&code, FUNCTIONS);
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        wp_buf_add_char(&funcs, 0);
        wasm_leb(&code, PAD + 2);
        wp_buf_add_char(&code, 0);
        for (unsigned n = 0; n < PAD; n++) {
            bool wrong = n == PAD - 1 && (i == FIRST || i == SECOND);
            wp_buf_add_char(&code, wrong ? 0x1a : 0x01); /* drop, nop */
        }
        wp_buf_add_char(&code, 0x0b);
    }
    wasm_section(&b, 3, wp_buf_span(&funcs));
    wasm_section(&b, 10, wp_buf_span(&code));
    for (unsigned round = 0; round < 20; round++) {
        struct wrt_options o = {.threads = 1 + round % 4};
        struct wrt_fault fault;
        struct wp_err err = {.code = WP_E_OK};
        struct wrt_binary *bin = NULL;
        assert_int_equal(wrt_load(wp_buf_span(&b), &o, &bin, &fault, &err), -1);
        assert_int_equal(fault.function, FIRST);
        assert_int_equal(strncmp(err.msg, "function 64: at byte ", 21), 0);
    }
}

static void test_budget(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_options o = {.memory = 1000};
    struct wrt_fault fault;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *bin = NULL;
    assert_int_equal(load(TYPE_V, &o, &b, &bin, &fault, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_non_null(strstr(err.msg, "more than 1000 bytes of memory"));
    assert_true(fault.offset == UINT64_MAX);
}

static void test_features(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *bin = NULL;
    /* A shared memory and a bulk operation in code. */
    const char *hex = TYPE_V "03 02 01 00 05 04 01 03 01 02 0a 0d 01 0b 00 41 00 41 00 41 00 fc 0b 00 0b";
    assert_int_equal(load(hex, NULL, &b, &bin, NULL, &err), 0);
    assert_true(wrt_binary_features(bin) == (WRT_F_THREADS | WRT_F_BULK_MEMORY));
    assert_int_equal(wrt_binary_kind(bin), WP_WASM_MODULE);
    assert_int_equal(wrt_binary_module(bin)->memory_count, 1);
    assert_null(wrt_binary_component(bin));
    wrt_binary_free(bin);
    struct wrt_options o = {.features = wrt_features_default() & ~WRT_F_BULK_MEMORY};
    wp_buf_cut(&b, 0);
    assert_int_equal(load(hex, &o, &b, &bin, NULL, &err), -1);
    assert_string_equal(err.hint, "if the host has it: --features bulk-memory");
    assert_int_equal(wrt_features_parse("mvp", &o.features, &err), 0);
    wp_buf_cut(&b, 0);
    assert_int_equal(load("05 04 01 03 01 02", &o, &b, &bin, NULL, &err), -1);
    assert_string_equal(err.hint, "if the host has it: --features threads");
    WP_AUTO_BUF struct wp_buf c = WP_BUF_INIT;
    wasm_hex(&c, HEX_COMPONENT);
    o.features = wrt_features_default() & ~WRT_F_COMPONENT_MODEL;
    assert_int_equal(wrt_load(wp_buf_span(&c), &o, &bin, NULL, &err), -1);
    assert_string_equal(err.hint, "if the host has it: --features component-model");
}

/* ---- callbacks ---- */

static int on_module(void *arg, unsigned depth, const struct wrt_module *m, struct wp_err *err WP_UNUSED)
{
    wp_buf_printf(arg, "module %u %u\n", depth, m->func_count);
    return 0;
}

static int on_function(void *arg, unsigned depth, const struct wrt_module *m WP_UNUSED, uint32_t index,
                       struct wp_span body, struct wp_err *err WP_UNUSED)
{
    wp_buf_printf(arg, "function %u %u %zu\n", depth, index, body.len);
    return 0;
}

static int on_extern(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    char text[80];
    size_t len = wrt_extern_text(x, text, sizeof(text));
    assert_int_equal(len, strlen(text));
    wp_buf_printf(arg, "%s %.*s: %s\n", wrt_extern_kind_name(x->kind), (int)x->name.len, (const char *)x->name.ptr,
                  text);
    return 0;
}

static void test_visit(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf heard = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *bin = NULL;
    assert_int_equal(load("01 0b 02 60 02 7f 7f 01 7e 60 01 7f 00 "
                          "02 3c 08 01 61 01 66 00 00 01 61 01 74 01 70 00 01 01 61 01 75 01 6f 05 01 02 "
                          "01 61 01 6d 02 03 11 20 01 61 01 6e 02 04 01 01 61 01 67 03 7f 01 01 61 01 68 03 6f 00 "
                          "01 61 01 78 04 00 01 "
                          "03 02 01 01 07 05 01 01 72 00 01 0a 04 01 02 00 0b",
                          NULL, &b, &bin, NULL, &err),
                     0);
    struct wrt_visitor v = {
        .module = on_module, .function = on_function, .import = on_extern, .export = on_extern, .arg = &heard};
    struct wrt_summary sum;
    assert_int_equal(wrt_visit(bin, &v, &sum, &err), 0);
    assert_string_equal(heard.ptr, "module 0 2\n"
                                   "func f: (param i32 i32) (result i64)\n"
                                   "table t: 1 funcref\n"
                                   "table u: i64 1 2 externref\n"
                                   "memory m: 17 32 shared\n"
                                   "memory n: i64 1\n"
                                   "global g: (mut i32)\n"
                                   "global h: externref\n"
                                   "tag x: (param i32)\n"
                                   "func r: (param i32)\n"
                                   "function 0 1 2\n");
    assert_int_equal(sum.functions, 1);
    assert_true((sum.features & (WRT_F_THREADS | WRT_F_MEMORY64 | WRT_F_MULTI_MEMORY)) ==
                (WRT_F_THREADS | WRT_F_MEMORY64 | WRT_F_MULTI_MEMORY));
    wrt_binary_free(bin);
}

static void test_pages_text(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf heard = WP_BUF_INIT;
    struct wrt_options o = {.features = wrt_features_default() | WRT_F_CUSTOM_PAGE_SIZES};
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *bin = NULL;
    assert_int_equal(load("02 09 01 01 61 01 6d 02 08 05 00", &o, &b, &bin, NULL, &err), 0);
    struct wrt_visitor v = {.import = on_extern, .arg = &heard};
    struct wrt_summary sum;
    assert_int_equal(wrt_visit(bin, &v, &sum, &err), 0);
    assert_string_equal(heard.ptr, "memory m: 5 (pagesize 1)\n");
    wrt_binary_free(bin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault),    cmocka_unit_test(test_lowest_fault), cmocka_unit_test(test_budget),
        cmocka_unit_test(test_features), cmocka_unit_test(test_visit),        cmocka_unit_test(test_pages_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
