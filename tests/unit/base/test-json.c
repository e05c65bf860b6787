/* SPDX-License-Identifier: Apache-2.0
 *
 * base/json.h, reading: what is refused and in which words, the cursor, places, pointers, equality. */

#include "base/json.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

static struct wp_json_doc *parse(const char *text, bool lines)
{
    struct wp_json_doc *doc = NULL;
    struct wp_err err = {0};
    if (wp_json_parse(wp_span_str(text), "x.json", lines, WP_E_INPUT, &doc, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return doc;
}

struct refusal {
    const char *text;
    const char *with_lines;
    const char *without;
};

static void test_refused(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"", "x.json: empty, not JSON", "x.json: empty, not JSON"},
        {"{\"a\": 1,\n  \"b\" 2}", "x.json:2:7: invalid JSON: ':' expected near '2'",
         "x.json: invalid JSON at byte 15: ':' expected near '2'"},
        {"{\"a\": 1\n  \"b\": 2}", "x.json:2:3: invalid JSON: '}' expected near '\"b\"'",
         "x.json: invalid JSON at byte 10: '}' expected near '\"b\"'"},
        {"{\"a\":1,\n \"a\":2}", "x.json:2:2: invalid JSON: duplicate key \"a\"",
         "x.json: invalid JSON at byte 9: duplicate key \"a\""},
        {"{\"a\":{\"b\":1,\"\\u0062\":2}}", "x.json:1:13: invalid JSON: duplicate key \"\\u0062\"",
         "x.json: invalid JSON at byte 12: duplicate key \"\\u0062\""},
        {"[1,2", "x.json:1:4: invalid JSON: ']' expected near end of file",
         "x.json: invalid JSON at byte 3: ']' expected near end of file"},
        {"[1,]", "x.json:1:4: invalid JSON: unexpected token near ']'",
         "x.json: invalid JSON at byte 3: unexpected token near ']'"},
        {"{} {}", "x.json:1:4: invalid JSON: end of file expected near '{'",
         "x.json: invalid JSON at byte 3: end of file expected near '{'"},
        {"// no\n{}", "x.json:1:1: invalid JSON: invalid token near '/'",
         "x.json: invalid JSON at byte 0: invalid token near '/'"},
        {"{'a':1}", "x.json:1:2: invalid JSON: string or '}' expected near '''",
         "x.json: invalid JSON at byte 1: string or '}' expected near '''"},
        {"[NaN]", "x.json:1:2: invalid JSON: invalid token near 'NaN'",
         "x.json: invalid JSON at byte 1: invalid token near 'NaN'"},
        {"[01]", "x.json:1:2: invalid JSON: invalid token near '0'",
         "x.json: invalid JSON at byte 1: invalid token near '0'"},
        {"[9223372036854775808]", "x.json:1:2: invalid JSON: too big integer near '9223372036854775808'",
         "x.json: invalid JSON at byte 1: too big integer near '9223372036854775808'"},
        {"[1e999]", "x.json:1:2: invalid JSON: real number overflow near '1e999'",
         "x.json: invalid JSON at byte 1: real number overflow near '1e999'"},
        {"[\"\\u0000\"]", "x.json:1:2: invalid JSON: a string with \\u0000 in it",
         "x.json: invalid JSON at byte 1: a string with \\u0000 in it"},
        {"{\"a\\u0000b\":1}", "x.json:1:2: invalid JSON: a string with \\u0000 in it",
         "x.json: invalid JSON at byte 1: a string with \\u0000 in it"},
        {"[\"\\ud800\"]", "x.json:1:2: invalid JSON: invalid Unicode '\\uD800' near '\"\\ud800\"'",
         "x.json: invalid JSON at byte 1: invalid Unicode '\\uD800' near '\"\\ud800\"'"},
        {"[\"\xc3\xa4\", \"\xff\"]", "x.json:1:8: invalid JSON: not UTF-8",
         "x.json: invalid JSON at byte 8: not UTF-8"},
        {"[\"\xed\xa0\x80\"]", "x.json:1:3: invalid JSON: not UTF-8", "x.json: invalid JSON at byte 2: not UTF-8"},
        {"\xef\xbb\xbf{}", "x.json:1:1: invalid JSON: it starts with a byte order mark",
         "x.json: invalid JSON at byte 0: it starts with a byte order mark"},
        {"[\"a\nb\"]", "x.json:1:2: invalid JSON: unexpected newline near '\"a'",
         "x.json: invalid JSON at byte 1: unexpected newline near '\"a'"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_json_doc *doc = NULL;
        struct wp_err err = {0};
        assert_int_equal(wp_json_parse(wp_span_str(rows[i].text), "x.json", true, WP_E_INPUT, &doc, &err), -1);
        assert_null(doc);
        assert_string_equal(err.msg, rows[i].with_lines);
        assert_int_equal(err.code, WP_E_INPUT);
        assert_int_equal(wp_json_parse(wp_span_str(rows[i].text), "x.json", false, WP_E_INTEGRITY, &doc, &err), -1);
        assert_string_equal(err.msg, rows[i].without);
        assert_int_equal(err.code, WP_E_INTEGRITY);
    }
}

static void test_nul_byte_refused(void **state)
{
    (void)state;
    static const struct {
        struct wp_span text;
        const char *message;
    } rows[] = {
        {{(const uint8_t *)"[\"a\0b\"]", 7}, "x: invalid JSON at byte 3: a NUL byte"},
        {{(const uint8_t *)"[]\0", 3}, "x: invalid JSON at byte 2: a NUL byte"},
        {{(const uint8_t *)"5\0 ", 3}, "x: invalid JSON at byte 1: a NUL byte"},
        {{(const uint8_t *)"[1\0,2]", 6}, "x: invalid JSON at byte 2: a NUL byte"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_json_doc *doc = NULL;
        struct wp_err err = {0};
        assert_int_equal(wp_json_parse(rows[i].text, "x", false, WP_E_OTHER, &doc, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
    }
}

static void test_depth(void **state)
{
    (void)state;
    for (size_t depth = 31; depth <= 33; depth++) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        for (size_t i = 0; i < depth; i++) {
            wp_buf_add_str(&text, i % 2 == 0 ? "[" : "{\"a\":");
        }
        wp_buf_add_str(&text, "\"[[[[\"");
        for (size_t i = depth; i > 0; i--) {
            wp_buf_add_char(&text, (i - 1) % 2 == 0 ? ']' : '}');
        }
        WP_AUTO_JSON struct wp_json_doc *doc = NULL;
        struct wp_err err = {0};
        int got = wp_json_parse(wp_buf_span(&text), "x", false, WP_E_OTHER, &doc, &err);
        if (depth <= 32) {
            assert_int_equal(got, 0);
        } else {
            assert_int_equal(got, -1);
            assert_string_equal(err.msg, "x: invalid JSON at byte 96: nested deeper than 32 levels");
        }
    }
}

static void test_getters(void **state)
{
    (void)state;
    WP_AUTO_JSON struct wp_json_doc *doc =
        parse("{\"s\":\"t\\u00e4\",\"n\":18,\"neg\":-1,\"r\":1.0,\"t\":true,\"f\":false,\"z\":null,\"o\":{},\"l\":[1]}",
              false);
    struct wp_json root = wp_json_root(doc);
    struct wp_err err = {0};
    const char *s = NULL;
    uint64_t n = 0;
    bool b = false;
    struct wp_json at = wp_json_get(&root, "s");
    assert_int_equal(wp_json_str(&at, &s, &err), 0);
    assert_string_equal(s, "t\xc3\xa4");
    assert_int_equal(wp_json_u64(&at, &n, &err), -1);
    assert_string_equal(err.msg, "x.json: /s: must be an integer, not a string");
    assert_int_equal(wp_json_must(&at, WP_JSON_REAL, &err), -1);
    assert_string_equal(err.msg, "x.json: /s: must be a number, not a string");
    at = wp_json_get(&root, "n");
    assert_int_equal(wp_json_u64(&at, &n, &err), 0);
    assert_int_equal(n, 18);
    assert_int_equal(wp_json_must(&at, WP_JSON_REAL, &err), 0);
    assert_int_equal(wp_json_str(&at, &s, &err), -1);
    assert_string_equal(err.msg, "x.json: /n: must be a string, not an integer");
    at = wp_json_get(&root, "neg");
    assert_int_equal(wp_json_u64(&at, &n, &err), -1);
    assert_string_equal(err.msg, "x.json: /neg: must not be negative");
    at = wp_json_get(&root, "r");
    assert_int_equal(wp_json_u64(&at, &n, &err), -1);
    assert_string_equal(err.msg, "x.json: /r: must be an integer, not a real number");
    at = wp_json_get(&root, "t");
    assert_int_equal(wp_json_bool(&at, &b, &err), 0);
    assert_true(b);
    at = wp_json_get(&root, "f");
    assert_int_equal(wp_json_opt_bool(&at, &b, &err), 0);
    assert_false(b);
    at = wp_json_get(&root, "z");
    assert_int_equal(wp_json_kind(&at), WP_JSON_NULL);
    assert_int_equal(wp_json_opt_str(&at, &s, &err), -1);
    assert_string_equal(err.msg, "x.json: /z: must be a string, not null");
    at = wp_json_get(&root, "gone");
    assert_int_equal(wp_json_kind(&at), WP_JSON_ABSENT);
    assert_int_equal(wp_json_str(&at, &s, &err), -1);
    assert_string_equal(err.msg, "x.json: /gone: is missing");
    s = "kept";
    assert_int_equal(wp_json_opt_str(&at, &s, &err), 0);
    assert_string_equal(s, "kept");
    n = 7;
    assert_int_equal(wp_json_opt_u64(&at, &n, &err), 0);
    assert_int_equal(n, 7);
    struct wp_json deeper = wp_json_get(&at, "a/b~c");
    struct wp_json deepest = wp_json_at(&deeper, 3);
    assert_int_equal(wp_json_kind(&deepest), WP_JSON_ABSENT);
    assert_int_equal(wp_json_bool(&deepest, &b, &err), -1);
    assert_string_equal(err.msg, "x.json: /gone/a~1b~0c/3: is missing");
    assert_int_equal(wp_json_str(&root, &s, &err), -1);
    assert_string_equal(err.msg, "x.json: must be a string, not an object");
    at = wp_json_get(&root, "l");
    assert_int_equal(wp_json_len(&at), 1);
    assert_int_equal(wp_json_len(&root), 9);
    struct wp_json outside = wp_json_at(&at, 1);
    assert_int_equal(wp_json_kind(&outside), WP_JSON_ABSENT);
    struct wp_json no_object = wp_json_get(&at, "s");
    assert_int_equal(wp_json_kind(&no_object), WP_JSON_ABSENT);
}

static int collect(void *arg, const struct wp_json *member, struct wp_err *err)
{
    (void)err;
    struct wp_buf *b = arg;
    wp_json_path(member, b);
    wp_buf_add_char(b, ' ');
    return member->key != NULL && wp_str_eq(member->key, "stop") ? 5 : 0;
}

static void test_each(void **state)
{
    (void)state;
    WP_AUTO_JSON struct wp_json_doc *doc = parse("{\"z\":1,\"a\":[true,null],\"stop\":0,\"m\":2}", false);
    WP_AUTO_BUF struct wp_buf seen = WP_BUF_INIT;
    struct wp_json root = wp_json_root(doc);
    struct wp_err err = {0};
    assert_int_equal(wp_json_each(&root, collect, &seen, &err), 5);
    assert_string_equal(seen.ptr, "/z /a /stop ");
    wp_buf_cut(&seen, 0);
    struct wp_json list = wp_json_get(&root, "a");
    assert_int_equal(wp_json_each(&list, collect, &seen, &err), 0);
    assert_string_equal(seen.ptr, "/a/0 /a/1 ");
    struct wp_json number = wp_json_get(&root, "z");
    assert_int_equal(wp_json_each(&number, collect, &seen, &err), 0);
}

static void test_places(void **state)
{
    (void)state;
    WP_AUTO_JSON struct wp_json_doc *doc = parse("\n{\n  \"a{\\\"\": [1, {\"x\":\n  true}, \"\xc3\xa4\xc3\xb6\", -3],\n"
                                                 "\t\"b\" : {\"deep\": [[ ]]}\n}",
                                                 true);
    struct wp_json root = wp_json_root(doc);
    struct wp_json a = wp_json_get(&root, "a{\"");
    struct wp_json a1 = wp_json_at(&a, 1);
    struct wp_json x = wp_json_get(&a1, "x");
    struct wp_json a3 = wp_json_at(&a, 3);
    struct wp_json b = wp_json_get(&root, "b");
    struct wp_json deep = wp_json_get(&b, "deep");
    struct wp_json deep0 = wp_json_at(&deep, 0);
    struct wp_json gone = wp_json_get(&b, "gone");
    struct wp_json gone_below = wp_json_at(&gone, 4);
    const struct {
        const struct wp_json *at;
        const char *value;
        const char *key;
    } rows[] = {
        {&root, "x.json:2:1: no", "x.json:2:1: no"},
        {&a, "x.json:3:11: /a{\": no", "x.json:3:3: /a{\": no"},
        {&a1, "x.json:3:15: /a{\"/1: no", NULL},
        {&x, "x.json:4:3: /a{\"/1/x: no", "x.json:3:16: /a{\"/1/x: no"},
        {&a3, "x.json:4:16: /a{\"/3: no", NULL},
        {&b, "x.json:5:8: /b: no", "x.json:5:2: /b: no"},
        {&deep0, "x.json:5:18: /b/deep/0: no", NULL},
        {&gone, "x.json:5:8: /b/gone: no", NULL},
        {&gone_below, "x.json:5:8: /b/gone/4: no", NULL},
    };
    struct wp_json_places *all = wp_json_places_new(doc);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        WP_AUTO_BUF struct wp_buf told = WP_BUF_INIT;
        assert_int_equal(wp_json_fail(rows[i].at, &err, "%s", "no"), -1);
        assert_string_equal(err.msg, rows[i].value);
        wp_json_places_tell(all, rows[i].at, &told);
        const char *value = rows[i].at == &x ? rows[2].value : rows[i].value; /* `true` has no place of its own */
        assert_memory_equal(told.ptr, value, told.len);
        assert_true(value[told.len] == ':' && value[told.len + 1] == ' ');
        if (rows[i].key != NULL) {
            assert_int_equal(wp_json_fail_key(rows[i].at, &err, "no"), -1);
            assert_string_equal(err.msg, rows[i].key);
        }
    }
    wp_json_places_free(all);
}

static void test_case_twins(void **state)
{
    (void)state;
    static const char *const known[] = {"mediaType", "layers", "k", NULL};
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"{\"mediaType\":1,\"layers\":2,\"unknown\":3,\"layer\":4,\"layerss\":5,\"mediaTyp\":6}", NULL},
        {"{\"mediaType\":1,\"MediaType\":2}",
         "x.json: /MediaType: differs from the key 'mediaType' in case only, readers would disagree"},
        {"{\"LAYERS\":2}", "x.json: /LAYERS: differs from the key 'layers' in case only, readers would disagree"},
        {"{\"layer\xc5\xbf\":2}", "x.json: /layer\xc5\xbf: differs from the key 'layers' in case only, readers would "
                                  "disagree"},
        {"{\"\xe2\x84\xaa\":2}",
         "x.json: /\xe2\x84\xaa: differs from the key 'k' in case only, readers would disagree"},
        {"[\"MediaType\"]", NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_JSON struct wp_json_doc *doc = parse(rows[i].text, false);
        struct wp_json root = wp_json_root(doc);
        struct wp_err err = {0};
        assert_int_equal(wp_json_no_case_twins(&root, known, &err), rows[i].message == NULL ? 0 : -1);
        assert_string_equal(err.msg, rows[i].message == NULL ? "" : rows[i].message);
    }
}

static void test_pointer(void **state)
{
    (void)state;
    WP_AUTO_JSON struct wp_json_doc *doc =
        parse("{\"\":0,\"a/b\":1,\"m~n\":[10,[20,21]],\"$defs\":{\"x\":{\"y\":5}}}", false);
    struct wp_json root = wp_json_root(doc);
    static const struct {
        const char *pointer;
        const char *value; /* NULL: absent */
    } rows[] = {
        {"/", "0"},
        {"/a~1b", "1"},
        {"/m~0n/1/0", "20"},
        {"/$defs/x", "{\"y\":5}"},
        {"/m~0n/2", NULL},
        {"/m~0n/01", NULL},
        {"/m~0n/-", NULL},
        {"/m~0n/", NULL},
        {"x", NULL},
        {"/a/b", NULL},
        {"/m~2n", NULL},
        {"/m~", NULL},
        {"/m~0n/99999999999999999999", NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_json found = wp_json_pointer(&root, rows[i].pointer);
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wp_json_dump(&found, &b);
        assert_string_equal(b.ptr, rows[i].value == NULL ? "" : rows[i].value);
    }
    struct wp_json whole = wp_json_pointer(&root, "");
    assert_ptr_equal(whole.node, root.node);
}

static void test_dump(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"z\":1,\"a\":[true,false,null,-9223372036854775808,9223372036854775807]}",
        "{\"m\":{\"\":\"\\u0001\\n\\\"\\\\/\"},\"a\":1}",
        "[0.1,1.5,-2.25,1e+100,1.0,123456789.125,100000.0,1.7976931348623157e+308]",
        "\"t\xc3\xa4\xf0\x9f\x90\x98\"",
        "[]",
        "17",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(same); i++) {
        WP_AUTO_JSON struct wp_json_doc *doc = parse(same[i], false);
        struct wp_json root = wp_json_root(doc);
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wp_json_dump(&root, &b);
        assert_string_equal(b.ptr, same[i]);
    }
    WP_AUTO_JSON struct wp_json_doc *doc = parse(" { \"a\" : [ 1 , \"\\u00e4\\/\" ] } ", false);
    struct wp_json root = wp_json_root(doc);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_json_dump(&root, &b);
    assert_string_equal(b.ptr, "{\"a\":[1,\"\xc3\xa4/\"]}");
}

static void test_equal(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } rows[] = {
        {"1", "1.0", true},
        {"1", "2", false},
        {"9007199254740993", "9007199254740992.0", false},
        {"{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1}", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,2]", false},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"a\"", "\"b\"", false},
        {"true", "false", false},
        {"null", "null", true},
        {"0", "false", false},
        {"[]", "{}", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_JSON struct wp_json_doc *a = parse(rows[i].a, false);
        WP_AUTO_JSON struct wp_json_doc *b = parse(rows[i].b, false);
        struct wp_json ra = wp_json_root(a);
        struct wp_json rb = wp_json_root(b);
        assert_int_equal(wp_json_equal(&ra, &rb), rows[i].equal);
    }
}

static void test_number_cmp(void **state)
{
    (void)state;
    WP_AUTO_JSON struct wp_json_doc *doc = parse("[-1,0,0.5,1,9223372036854775806,9223372036854775807]", false);
    struct wp_json root = wp_json_root(doc);
    for (size_t i = 0; i < wp_json_len(&root); i++) {
        for (size_t j = 0; j < wp_json_len(&root); j++) {
            struct wp_json a = wp_json_at(&root, i);
            struct wp_json b = wp_json_at(&root, j);
            assert_int_equal(wp_json_number_cmp(&a, &b), (i > j) - (i < j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_nul_byte_refused),
        cmocka_unit_test(test_depth),      cmocka_unit_test(test_getters),
        cmocka_unit_test(test_each),       cmocka_unit_test(test_places),
        cmocka_unit_test(test_case_twins), cmocka_unit_test(test_pointer),
        cmocka_unit_test(test_dump),       cmocka_unit_test(test_equal),
        cmocka_unit_test(test_number_cmp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
