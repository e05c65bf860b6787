/* SPDX-License-Identifier: Apache-2.0
 *
 * Components as WIT: how they are laid out, what is refused, and that nothing is written then. tests/spec/wit-oracle.py
 * compares many more with another printer. */
#include "../unit.h"
#include "runtime-min/scan.h"
#include "runtime-min/wit.h"
#include "wasm-hex.h"

/* An interface with a resource that a world and an inline interface use; names that are keywords. */
static const char world_hex[] = HEX_COMPONENT
    "078c0101420e040001720301016900016a0101017301680001707d017102046e6f6e650000037573650104000400017603000501"
    "4000000104000e5b636f6e7374727563746f725d720107016b790140020473656c6603047479706506000804000d5b6d6574686f"
    "645d722e6765740109014001047061746873000204000e5b7374617469635d722e6f70656e010a0a1401000f613a622f74797065"
    "7340312e322e330500060b02030000017203000001760a0701000176030002070d016e020472656164046c6973740a0b01000570"
    "65726d73030004070e0370736f027606400101700500070a0801000372756e01080728014205020302010104000668616e646c65"
    "03000001680101400101680201000400047065656b01030a06010001780509";
static const char world_text[] = "package root:component;\n"
                                 "\n"
                                 "world root {\n"
                                 "  import a:b/types@1.2.3;\n"
                                 "  import x: interface {\n"
                                 "    use a:b/types@1.2.3.{r as handle};\n"
                                 "\n"
                                 "    peek: func(h: borrow<handle>);\n"
                                 "  }\n"
                                 "  use a:b/types@1.2.3.{v};\n"
                                 "\n"
                                 "  flags perms {\n"
                                 "    read,\n"
                                 "    %list,\n"
                                 "  }\n"
                                 "  import run: func(p: perms) -> tuple<f32, list<string>>;\n"
                                 "}\n"
                                 "package a:b@1.2.3 {\n"
                                 "  interface types {\n"
                                 "    resource r {\n"
                                 "      constructor();\n"
                                 "      get: func(%type: v) -> option<u32>;\n"
                                 "      open: static func(path: string) -> result<r, string>;\n"
                                 "    }\n"
                                 "\n"
                                 "    variant v {\n"
                                 "      none,\n"
                                 "      %use(list<u8>),\n"
                                 "    }\n"
                                 "  }\n"
                                 "}\n";

/* A package of an interface and a world. */
static const char package_hex[] = HEX_COMPONENT
    "0733014102014204017201017879040003726563030000014001017201010004000166010204000b613a622f6940302e312e3005"
    "000b0701000169030000074e01410201410601420201720101787904000372656303000003000b613a622f6940302e312e300500"
    "0140000100030001670101014000010004000167010204000b613a622f7740302e312e3004000b0701000177030200";
static const char package_text[] = "package a:b@0.1.0;\n"
                                   "\n"
                                   "interface i {\n"
                                   "  record rec {\n"
                                   "    x: u32,\n"
                                   "  }\n"
                                   "\n"
                                   "  f: func(r: rec);\n"
                                   "}\n"
                                   "\n"
                                   "world w {\n"
                                   "  import i;\n"
                                   "  import g: func();\n"
                                   "\n"
                                   "  export g: func();\n"
                                   "}\n";

static int to_buf(void *arg, const char *text, size_t len, struct wp_err *err WP_UNUSED)
{
    wp_buf_add(arg, text, len);
    return 0;
}

/* The WIT of the bytes, or "" and err. */
static int print(struct wp_span bytes, uint64_t memory, struct wp_buf *text, struct wp_err *err)
{
    const struct wrt_options options = {.memory = memory};
    struct wrt_binary *b = NULL;
    if (wrt_load(bytes, &options, &b, NULL, err) != 0) {
        return -1;
    }
    assert_non_null(wrt_binary_component(b));
    int result = wrt_wit_print(wrt_binary_component(b), to_buf, text, err);
    wrt_binary_free(b);
    return result;
}

static void prints(struct wp_span bytes, const char *want)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    if (print(bytes, 0, &text, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    assert_string_equal(text.ptr, want);
}

static void a_component_is_a_world(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, world_hex);
    prints(wp_buf_span(&b), world_text);
}

static void a_component_that_wants_nothing_is_an_empty_world(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_COMPONENT);
    prints(wp_buf_span(&b), "package root:component;\n\nworld root {\n}\n");
}

static void a_package_is_itself(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, package_hex);
    prints(wp_buf_span(&b), package_text);
}

static void prints_with_docs(const char *docs, size_t len, const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, package_hex);
    wasm_custom(&b, "package-docs", wp_span(docs, len));
    prints(wp_buf_span(&b), want);
}

static void comments_and_stability_stand_before_things(void **state WP_UNUSED)
{
    static const char docs[] =
        "\1{\"docs\": \"one\\r\\n\\n  tw\\u00f6 \\ud83e\\udd80\", \"interfaces\": {\"i\": {\"docs\": \"int\\\"\\\\\", "
        "\"stability\":"
        "{\"stable\": {\"since\": \"0.1.0\", \"deprecated\": \"0.2.0\"}}, \"types\": {\"rec\": {\"docs\": null,"
        "\"items\": {\"x\": \"field\"}}}, \"funcs\": {\"f\": \"just text\"}}}, \"worlds\": {\"w\": {"
        "\"stability\": {\"unstable\": {\"feature\": \"magic\"}}, \"funcs\": {\"g\": {\"docs\": \"in\"}},"
        "\"interface_import_docs\": {\"a:b/i@0.1.0\": \"used\"}}}}";
    static const char want[] =
        "/// one\n///\n///   tw\xc3\xb6 \xf0\x9f\xa6\x80\npackage a:b@0.1.0;\n\n"
        "/// int\"\\\n@since(version = 0.1.0)\n@deprecated(version = 0.2.0)\ninterface i {\n  record rec {\n    /// "
        "field\n"
        "    x: u32,\n  }\n\n  /// just text\n  f: func(r: rec);\n}\n\n"
        "@unstable(feature = magic)\nworld w {\n  /// used\n  import i;\n  /// in\n  import g: func();\n\n"
        "  export g: func();\n}\n";
    prints_with_docs(docs, sizeof(docs) - 1, want);
}

static void an_export_that_nothing_imports_may_have_its_comment_with_the_imports(void **state WP_UNUSED)
{
    static const char docs[] = "\1{\"worlds\": {\"w\": {\"func_exports\": {\"g\": {\"docs\": \"out\"}}}}}";
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err err;
    wasm_hex(&b, package_hex);
    wasm_custom(&b, "package-docs", wp_span(docs, sizeof(docs) - 1));
    assert_int_equal(print(wp_buf_span(&b), 0, &text, &err), 0);
    assert_non_null(strstr(text.ptr, "  import g: func();\n\n  /// out\n  export g: func();\n"));
}

static void comments_cannot_steer_a_terminal(void **state WP_UNUSED)
{
    static const char docs[] = "\1{\"docs\": \"a\x1b[31mb\\u001b\\u009b\\u202e\xe2\x80\xae\\u0000\tc\"}";
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    wp_buf_printf(&want, "/// a\\u{1b}[31mb\\u{1b}\\u{9b}\\u{202e}\\u{202e}\\u{0}\tc\n%s", package_text);
    prints_with_docs(docs, sizeof(docs) - 1, want.ptr);
}

static void comments_that_cannot_be_read_are_left_out(void **state WP_UNUSED)
{
    static const char *const bad[] = {
        "",
        "\2{\"docs\": \"a\"}",
        "\1",
        "\1{",
        "\1{\"docs\": \"a\"",
        "\1{\"docs\": \"a\"} x",
        "\1{\"docs\": \"a}",
        "\1{\"docs\": \"a\\\"}",
        "\1{\"docs\": \"a\\x\"}",
        "\1{\"docs\": \"\\u12\"}",
        "\1{\"docs\": \"\\ud83e\"}",
        "\1{\"docs\": \"\\ud83e\\u0041\"}",
        "\1{\"docs\": \"\\udd80\"}",
        "\1{\"docs\": \"a\", \"docs\": \"b\"}",
        "\1{\"docs\": \"a\",}",
        "\1{\"docs\": 1}",
        "\1[]",
        "\1{\"docs\": \"\xff\"}",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        prints_with_docs(bad[i], strlen(bad[i]), package_text);
    }
}

static void nested(struct wp_buf *docs, unsigned levels)
{
    wp_buf_add_str(docs, "\1{\"docs\": \"a\"");
    for (unsigned i = 1; i < levels; i++) {
        wp_buf_add_str(docs, i == 1 ? ", \"b\": {" : "\"b\": {");
    }
    for (unsigned i = 0; i < levels; i++) {
        wp_buf_add_char(docs, '}');
    }
}

static void comments_are_not_read_at_any_depth(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf deep = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf deeper = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    wp_buf_printf(&want, "/// a\n%s", package_text);
    nested(&deep, 16);
    prints_with_docs(deep.ptr, deep.len, want.ptr);
    nested(&deeper, 17);
    prints_with_docs(deeper.ptr, deeper.len, package_text);
}

static void what_cannot_be_said_is_refused(void **state WP_UNUSED)
{
    static const struct {
        const char *hex, *message;
    } rows[] = {
        {HEX_COMPONENT "01080061736d01000000 0b080100016d00110000",
         "'m' cannot be said in WIT: a world exports interfaces and functions only"},
        {HEX_COMPONENT "070501400001000a1401000f776173693a687474702f74797065730100",
         "'wasi:http/types' cannot be said in WIT: a function has the name of an interface"},
        /* Two imports of one interface, whose records have different fields. */
        {HEX_COMPONENT "071001420201720101787d040001720300000a0a010005613a622f63050007100142020172010179"
                       "7d040001720300000a12010205616761696e010005613a622f630501",
         "'r' cannot be said in WIT: one interface has two types of that name"},
        /* A package whose world knows more of its interface than the interface. */
        {HEX_COMPONENT "071b0141020142020140000100040001660100040005613a622f6905000b070100016903000007280141020141"
                       "020142020140000100040001670100030005613a622f690500040005613a622f7704000b0701000177030200",
         "'g' cannot be said in WIT: it is not part of the interface it is said to be of"},
        /* An interface that uses a type of its world. */
        {HEX_COMPONENT "0a06010001740301071201420202030201000400046d696e650300000a06010001690501",
         "the component cannot be said in WIT: a used interface has no name"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        struct wp_err err = {.code = WP_E_OK};
        wasm_hex(&b, rows[i].hex);
        assert_int_equal(print(wp_buf_span(&b), 0, &text, &err), -1);
        assert_int_equal(err.code, WP_E_UNSUPPORTED);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(text.len, 0);
    }
}

/* A function with `params` parameters of a type whose name has `len` letters. */
static void long_name(struct wp_buf *b, size_t len, unsigned params)
{
    WP_AUTO_BUF struct wp_buf import = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf type = WP_BUF_INIT;
    wasm_hex(b, HEX_COMPONENT "0705016d010161"); /* (enum "a") */
    wp_buf_add(&import, "\1\0", 2);
    wasm_leb(&import, len);
    for (size_t i = 0; i < len; i++) {
        wp_buf_add_char(&import, 'n');
    }
    wp_buf_add(&import, "\3\0\0", 3); /* (type (eq 0)) */
    wasm_section(b, 10, wp_buf_span(&import));
    wp_buf_add(&type, "\1\x40", 2);
    wasm_leb(&type, params);
    for (unsigned i = 0; i < params; i++) {
        char name[16];
        int name_len = snprintf(name, sizeof(name), "p%u", i);
        wasm_leb(&type, (uint64_t)name_len);
        wp_buf_add(&type, name, (size_t)name_len);
        wp_buf_add_char(&type, 1);
    }
    wp_buf_add(&type, "\1\0", 2);
    wasm_section(b, 7, wp_buf_span(&type));
    wasm_section(b, 10, wp_span("\1\0\1f\1\2", 6)); /* (import "f" (func (type 2))) */
}

static void text_without_end_is_refused(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf small = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf large = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    long_name(&small, 3, 2);
    prints(wp_buf_span(&small), "package root:component;\n\nworld root {\n  enum nnn {\n    a,\n  }\n"
                                "  import f: func(p0: nnn, p1: nnn);\n}\n");
    long_name(&large, 50000, 500);
    assert_true(large.len < 60000);
    assert_int_equal(print(wp_buf_span(&large), 0, &text, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_string_equal(err.msg, "the component's WIT is longer than 16777216 bytes");
    assert_int_equal(text.len, 0);
}

static void little_memory_is_an_error(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    unsigned failed = 0, printed = 0;
    wasm_hex(&b, world_hex);
    for (uint64_t memory = 1 << 10; memory < 1 << 18; memory += 1 << 9) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        struct wp_err err = {.code = WP_E_OK};
        if (print(wp_buf_span(&b), memory, &text, &err) == 0) {
            assert_string_equal(text.ptr, world_text);
            printed++;
            continue;
        }
        assert_int_equal(err.code, WP_E_LIMIT);
        assert_int_equal(text.len, 0);
        failed++;
    }
    assert_true(failed > 0 && printed > 0);
}

static int stop(void *arg, const char *text WP_UNUSED, size_t len WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    ++*(int *)arg;
    return 7;
}

static void the_writer_may_stop(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct wrt_options options = {.features = 0};
    struct wrt_binary *binary = NULL;
    struct wp_err err;
    int calls = 0;
    long_name(&b, 10000, 3); /* several times what is written at once */
    assert_int_equal(wrt_load(wp_buf_span(&b), &options, &binary, NULL, &err), 0);
    assert_int_equal(wrt_wit_print(wrt_binary_component(binary), stop, &calls, &err), 7);
    assert_int_equal(calls, 1);
    wrt_binary_free(binary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_component_is_a_world),
        cmocka_unit_test(a_component_that_wants_nothing_is_an_empty_world),
        cmocka_unit_test(a_package_is_itself),
        cmocka_unit_test(comments_and_stability_stand_before_things),
        cmocka_unit_test(an_export_that_nothing_imports_may_have_its_comment_with_the_imports),
        cmocka_unit_test(comments_cannot_steer_a_terminal),
        cmocka_unit_test(comments_that_cannot_be_read_are_left_out),
        cmocka_unit_test(comments_are_not_read_at_any_depth),
        cmocka_unit_test(what_cannot_be_said_is_refused),
        cmocka_unit_test(text_without_end_is_refused),
        cmocka_unit_test(little_memory_is_an_error),
        cmocka_unit_test(the_writer_may_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
