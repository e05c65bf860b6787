/* SPDX-License-Identifier: Apache-2.0
 *
 * base/schema.h: each keyword accepting and refusing, the words and places of violations, schemas that are refused. */
#include "base/schema.h"
#include "tests/unit/unit.h"

static struct wp_json_doc *parse(const char *text, const char *name, bool lines)
{
    struct wp_json_doc *doc = NULL;
    struct wp_err err = {0};
    if (wp_json_parse(wp_span_str(text), name, lines, WP_E_INPUT, &doc, &err) < 0) {
        fail_msg("%s in %s", err.msg, text);
    }
    return doc;
}

static int check(const char *schema_text, const char *text, bool lines, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *schema = parse(schema_text, "s", false);
    WP_AUTO_JSON struct wp_json_doc *doc = parse(text, "d", lines);
    return wp_schema_check(schema, doc, err);
}

struct row {
    const char *schema;
    const char *doc;
    const char *message; /* NULL: valid */
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct wp_err err = {0};
        int got = check(rows[i].schema, rows[i].doc, false, &err);
        if (rows[i].message == NULL) {
            if (got != 0) {
                fail_msg("row %zu: %s", i, err.msg);
            }
            continue;
        }
        assert_int_equal(got, -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, WP_E_INPUT);
    }
}

static void test_types(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"true", "[1]", NULL},
        {"{}", "null", NULL},
        {"false", "1", "d: is not allowed here"},
        {"{\"type\":\"null\"}", "null", NULL},
        {"{\"type\":\"null\"}", "0", "d: must be null, not an integer"},
        {"{\"type\":\"boolean\"}", "false", NULL},
        {"{\"type\":\"boolean\"}", "\"false\"", "d: must be true or false, not a string"},
        {"{\"type\":\"integer\"}", "-5", NULL},
        {"{\"type\":\"integer\"}", "1.5", "d: must be an integer, not a real number"},
        {"{\"type\":\"integer\"}", "1.0", "d: must be an integer, not a real number"},
        {"{\"type\":\"number\"}", "1", NULL},
        {"{\"type\":\"number\"}", "1.5", NULL},
        {"{\"type\":\"number\"}", "true", "d: must be a number, not true or false"},
        {"{\"type\":\"string\"}", "\"\"", NULL},
        {"{\"type\":\"string\"}", "{}", "d: must be a string, not an object"},
        {"{\"type\":\"array\"}", "[]", NULL},
        {"{\"type\":\"array\"}", "{}", "d: must be an array, not an object"},
        {"{\"type\":\"object\"}", "{}", NULL},
        {"{\"type\":\"object\"}", "[]", "d: must be an object, not an array"},
        {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
        {"{\"type\":[\"string\",\"null\"]}", "1", "d: must be a string or null, not an integer"},
    };
    check_rows(rows, WP_ARRAY_LEN(rows));
}

static void test_values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"enum\":[\"wasm\",1,null]}", "1", NULL},
        {"{\"enum\":[\"wasm\",1,null]}", "1.0", NULL},
        {"{\"enum\":[\"wasm\",1,null]}", "null", NULL},
        {"{\"enum\":[\"wasm\",\"wat\",\"wit\"]}", "\"wasn\"",
         "d: must be 'wasm', 'wat' or 'wit', not 'wasn'; did you mean 'wasm'?"},
        {"{\"enum\":[\"wasm\",{\"a\":[1]}]}", "[2,\"x\"]", "d: must be 'wasm' or {\"a\":[1]}, not [2,\"x\"]"},
        {"{\"enum\":[1,2,3,4,5,6,7,8,9]}", "10", "d: must be 1, 2, 3, 4, 5, 6, 7, 8, ..., not 10"},
        {"{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2,\"a\":1}", NULL},
        {"{\"const\":\"v1\"}", "\"v2\"", "d: must be 'v1', not 'v2'"},
        {"{\"minimum\":1,\"maximum\":65535}", "1", NULL},
        {"{\"minimum\":1,\"maximum\":65535}", "65535", NULL},
        {"{\"minimum\":1,\"maximum\":65535}", "0", "d: must be at least 1, not 0"},
        {"{\"minimum\":1,\"maximum\":65535}", "65536", "d: must be at most 65535, not 65536"},
        {"{\"minimum\":0.5}", "0.25", "d: must be at least 0.5, not 0.25"},
        {"{\"minimum\":1}", "\"0\"", NULL},
        {"{\"maximum\":9223372036854775806}", "9223372036854775807",
         "d: must be at most 9223372036854775806, not 9223372036854775807"},
        {"{\"minLength\":1}", "\"\"", "d: must not be empty"},
        {"{\"minLength\":2}", "\"\xc3\xa4\"", "d: must have at least 2 characters, not 1"},
        {"{\"maxLength\":2}", "\"\xc3\xa4\xf0\x9f\x90\x98\"", NULL},
        {"{\"maxLength\":2}", "\"abc\"", "d: must have at most 2 characters, not 3"},
        {"{\"maxLength\":2}", "[1,2,3]", NULL},
        {"{\"pattern\":\"^[a-z]+(-[a-z0-9]+)*$\"}", "\"a-b2\"", NULL},
        {"{\"pattern\":\"^[a-z]+(-[a-z0-9]+)*$\"}", "\"a-\"",
         "d: 'a-' does not match the pattern ^[a-z]+(-[a-z0-9]+)*$"},
        {"{\"pattern\":\"b\"}", "\"abc\"", NULL},
        {"{\"pattern\":\"^a\\\\.b$\"}", "\"axb\"", "d: 'axb' does not match the pattern ^a\\.b$"},
        {"{\"pattern\":\"^a\"}", "5", NULL},
    };
    check_rows(rows, WP_ARRAY_LEN(rows));
}

static void test_arrays(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"items\":{\"type\":\"integer\"}}", "[1,2]", NULL},
        {"{\"items\":{\"type\":\"integer\"}}", "[1,\"2\"]", "d: /1: must be an integer, not a string"},
        {"{\"items\":{\"type\":\"integer\"}}", "{\"a\":\"x\"}", NULL},
        {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\"]", NULL},
        {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[]", NULL},
        {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\",1]", "d: /1: is not allowed here"},
        {"{\"prefixItems\":[{\"type\":\"string\"}]}", "[1]", "d: /0: must be a string, not an integer"},
        {"{\"prefixItems\":[{\"type\":\"string\"}]}", "[\"a\",1]", NULL},
        {"{\"minItems\":1}", "[]", "d: must have at least 1 entry, not 0"},
        {"{\"minItems\":2}", "[1,2]", NULL},
        {"{\"maxItems\":2}", "[1,2,3]", "d: must have at most 2 entries, not 3"},
        {"{\"uniqueItems\":true}", "[1,2,\"1\",[],{}]", NULL},
        {"{\"uniqueItems\":true}", "[1,2,1.0]", "d: /2: is the same as entry 0"},
        {"{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "d: /1: is the same as entry 0"},
        {"{\"uniqueItems\":false}", "[1,1]", NULL},
    };
    check_rows(rows, WP_ARRAY_LEN(rows));
}

static void test_objects(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"required\":[\"a\"]}", "{\"a\":null}", NULL},
        {"{\"required\":[\"a\",\"b\"]}", "{\"a\":null}", "d: /b: is missing"},
        {"{\"required\":[\"a\"]}", "[]", NULL},
        {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":\"\",\"b\":1}", NULL},
        {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":1}", "d: /a: must be a string, not an integer"},
        {"{\"properties\":{\"a\":false}}", "{\"a\":1}", "d: /a: is not allowed here"},
        {"{\"properties\":{\"module\":true,\"memory\":true},\"required\":[\"module\"],\"additionalProperties\":false}",
         "{\"modle\":1}", "d: /modle: unknown key; did you mean 'module'?"},
        {"{\"properties\":{\"module\":true},\"additionalProperties\":false}", "{\"zzz\":1}", "d: /zzz: unknown key"},
        {"{\"additionalProperties\":false}", "{\"zzz\":1}", "d: /zzz: unknown key"},
        {"{\"additionalProperties\":{\"type\":\"string\"}}", "{\"zzz\":1}",
         "d: /zzz: must be a string, not an integer"},
        {"{\"patternProperties\":{\"^x-\":true},\"additionalProperties\":false}", "{\"x-a\":1}", NULL},
        {"{\"patternProperties\":{\"^x-\":{\"type\":\"string\"}},\"additionalProperties\":false}", "{\"x-a\":1}",
         "d: /x-a: must be a string, not an integer"},
        {"{\"patternProperties\":{\"^x-\":true},\"additionalProperties\":false}", "{\"y-a\":1}",
         "d: /y-a: unknown key"},
        {"{\"properties\":{\"ab\":{\"minimum\":5}},\"patternProperties\":{\"^a\":{\"maximum\":9}}}", "{\"ab\":4}",
         "d: /ab: must be at least 5, not 4"},
        {"{\"properties\":{\"ab\":{\"minimum\":5}},\"patternProperties\":{\"^a\":{\"maximum\":9}}}", "{\"ab\":10}",
         "d: /ab: must be at most 9, not 10"},
        {"{\"propertyNames\":{\"pattern\":\"^[a-z]+$\"}}", "{\"abc\":1}", NULL},
        {"{\"propertyNames\":{\"pattern\":\"^[a-z]+$\"}}", "{\"a/C\":1}",
         "d: /a~1C: the key 'a/C' does not match the pattern ^[a-z]+$"},
        {"{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
         "d: /abc: the key must have at most 2 characters, not 3"},
        {"{\"propertyNames\":{\"enum\":[\"red\",\"blue\"]}}", "{\"rad\":1}",
         "d: /rad: the key must be 'red' or 'blue', not 'rad'; did you mean 'red'?"},
        {"{\"propertyNames\":{\"const\":\"x\"}}", "{\"y\":1}", "d: /y: the key must be 'x', not 'y'"},
        {"{\"propertyNames\":false}", "{\"y\":1}", "d: /y: the key is not allowed here"},
    };
    check_rows(rows, WP_ARRAY_LEN(rows));
}

#define FORMS \
    "[{\"type\":\"string\"},{\"$ref\":\"#/$defs/o\"}],\"$defs\":{\"o\":{\"type\":\"object\",\"required\":[\"a\"]}}"

static void test_combined(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"anyOf\":" FORMS "}", "\"x\"", NULL},
        {"{\"anyOf\":" FORMS "}", "{\"a\":1}", NULL},
        {"{\"anyOf\":" FORMS "}", "{\"b\":1}", "d: /a: is missing"},
        {"{\"anyOf\":" FORMS "}", "7", "d: must be a string or an object, not an integer"},
        {"{\"oneOf\":" FORMS "}", "{\"b\":1}", "d: /a: is missing"},
        {"{\"anyOf\":[{\"minimum\":5},{\"const\":1}]}", "2", "d: fits none of the 2 forms allowed here"},
        {"{\"anyOf\":[{\"minimum\":1},{\"minimum\":2}]}", "3", NULL},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "3", "d: fits 2 forms where only one may fit"},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", NULL},
        {"{\"not\":{\"type\":\"string\"}}", "1", NULL},
        {"{\"not\":{\"type\":\"string\"}}", "\"1\"", "d: is not allowed here"},
        {"{\"not\":{\"not\":{\"type\":\"string\"}}}", "\"1\"", NULL},
        {"{\"$ref\":\"#/$defs/a~1b\",\"maximum\":9,\"$defs\":{\"a/b\":{\"minimum\":5}}}", "7", NULL},
        {"{\"$ref\":\"#/$defs/a~1b\",\"maximum\":9,\"$defs\":{\"a/b\":{\"minimum\":5}}}", "4",
         "d: must be at least 5, not 4"},
        {"{\"$ref\":\"#/$defs/a~1b\",\"maximum\":9,\"$defs\":{\"a/b\":{\"minimum\":5}}}", "10",
         "d: must be at most 9, not 10"},
        {"{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}", "[[],[[[]]]]", NULL},
        {"{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}", "[[],[[1]]]",
         "d: /1/0/0: must be an array, not an integer"},
        {"{\"items\":{\"anyOf\":[{\"items\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\","
         "\"properties\":{\"k\":true},\"additionalProperties\":false}]},\"type\":\"array\"},{\"type\":\"string\"}]}}",
         "[\"a\",[null,{\"kk\":1}]]", "d: /1/1/kk: unknown key; did you mean 'k'?"},
        {"{\"$schema\":\"x\",\"$id\":\"y\",\"$comment\":\"z\",\"title\":\"t\",\"description\":\"d\",\"default\":1,"
         "\"examples\":[{\"if\":1}],\"deprecated\":true,\"readOnly\":true,\"writeOnly\":true}",
         "1", NULL},
    };
    check_rows(rows, WP_ARRAY_LEN(rows));
}

static void test_places(void **state)
{
    (void)state;
    static const char schema[] = "{\"type\":\"object\",\"properties\":{\"module\":{\"type\":\"string\"},\"limits\":{"
                                 "\"properties\":{\"memory\":{\"type\":\"integer\"}},\"required\":[\"fuel\"]}},"
                                 "\"additionalProperties\":false}";
    static const struct {
        const char *doc;
        const char *message;
        const char *hint;
    } rows[] = {
        {"{\n  \"module\": \"a\",\n    \"modle\": 1\n}", "d:3:5: /modle: unknown key; did you mean 'module'?", ""},
        {"{\n  \"qqqqqq\": 1\n}", "d:2:3: /qqqqqq: unknown key", "known keys here: module, limits"},
        {"{\n  \"limits\": {\n    \"memory\": \"1\"}\n}", "d:3:15: /limits/memory: must be an integer, not a string",
         ""},
        {"{\n  \"limits\": {\n    \"memory\": 1}\n}", "d:2:13: /limits/fuel: is missing", ""},
        {"\n []", "d:2:2: must be an object, not an array", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        assert_int_equal(check(schema, rows[i].doc, true, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_string_equal(err.hint, rows[i].hint);
    }
}

static void test_faulty_schemas(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        const char *message;
    } rows[] = {
        {"7", "s: must be an object, not an integer"},
        {"{\"minProperties\":1}", "s: /minProperties: a keyword that this checker does not know"},
        {"{\"format\":\"uri\"}", "s: /format: a keyword that this checker does not know"},
        {"{\"properties\":{\"a\":{\"if\":true}}}", "s: /properties/a/if: a keyword that this checker does not know"},
        {"{\"$defs\":{\"unused\":{\"allOf\":[]}}}",
         "s: /$defs/unused/allOf: a keyword that this checker does not know"},
        {"{\"type\":\"int\"}", "s: /type: 'int' is not a type"},
        {"{\"type\":[\"string\",\"text\"]}", "s: /type/1: 'text' is not a type"},
        {"{\"type\":[]}", "s: /type: must not be empty"},
        {"{\"enum\":[]}", "s: /enum: must not be empty"},
        {"{\"required\":[1]}", "s: /required/0: must be a string, not an integer"},
        {"{\"required\":true}", "s: /required: must be an array, not true or false"},
        {"{\"minItems\":-1}", "s: /minItems: must not be negative"},
        {"{\"minimum\":\"1\"}", "s: /minimum: must be a number, not a string"},
        {"{\"uniqueItems\":1}", "s: /uniqueItems: must be true or false, not an integer"},
        {"{\"properties\":[]}", "s: /properties: must be an object, not an array"},
        {"{\"items\":[{}]}", "s: /items: must be an object, not an array"},
        {"{\"anyOf\":[]}", "s: /anyOf: must not be empty"},
        {"{\"anyOf\":{}}", "s: /anyOf: must be an array, not an object"},
        {"{\"not\":[]}", "s: /not: must be an object, not an array"},
        {"{\"$ref\":\"other.json\"}", "s: /$ref: 'other.json' points outside of the schema"},
        {"{\"$ref\":\"#/$defs/x\"}", "s: /$ref: '#/$defs/x' points to no schema"},
        {"{\"$ref\":\"#anchor\"}", "s: /$ref: '#anchor' points to no schema"},
        {"{\"$ref\":\"#/default\",\"default\":{\"if\":1}}",
         "s: /$ref: '#/default' points neither to the root nor to one of $defs"},
        {"{\"$ref\":\"#/$defs/a/default\",\"$defs\":{\"a\":{\"default\":{\"if\":1}}}}",
         "s: /$ref: '#/$defs/a/default' points neither to the root nor to one of $defs"},
        {"{\"pattern\":\"(\"}", "s: /pattern: pattern '(': Unmatched ( or \\("},
        {"{\"patternProperties\":{\"[\":true}}", "s: /patternProperties/[: pattern '[': brackets without an end"},
        {"{\"pattern\":\"^\\\\d+$\"}", "s: /pattern: pattern '^\\d+$': '\\' before a letter, digit or nothing"},
        {"{\"pattern\":\"(a)\\\\1\"}", "s: /pattern: pattern '(a)\\1': '\\' before a letter, digit or nothing"},
        {"{\"pattern\":\"a\\\\\"}", "s: /pattern: pattern 'a\\': '\\' before a letter, digit or nothing"},
        {"{\"pattern\":\"\\\\<a\"}", "s: /pattern: pattern '\\<a': '\\' before a character that needs none"},
        {"{\"pattern\":\"(?:a)\"}", "s: /pattern: pattern '(?:a)': a group with '?'"},
        {"{\"pattern\":\"a*?\"}", "s: /pattern: pattern 'a*?': a quantifier after a quantifier"},
        {"{\"pattern\":\"a{1,2}+\"}", "s: /pattern: pattern 'a{1,2}+': a quantifier after a quantifier"},
        {"{\"pattern\":\"[\\\\w]\"}", "s: /pattern: pattern '[\\w]': '\\' or '[' in brackets"},
        {"{\"pattern\":\"[[:alpha:]]\"}", "s: /pattern: pattern '[[:alpha:]]': '\\' or '[' in brackets"},
        {"{\"pattern\":\"[]a]\"}", "s: /pattern: pattern '[]a]': ']' first in brackets"},
        {"{\"pattern\":\"[^]a]\"}", "s: /pattern: pattern '[^]a]': ']' first in brackets"},
        {"{\"pattern\":\"[a\"}", "s: /pattern: pattern '[a': brackets without an end"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        assert_int_equal(check(rows[i].schema, "{}", false, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, WP_E_OTHER);
    }
}

static void test_circles_end(void **state)
{
    (void)state;
    static const char *const schemas[] = {
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}}}",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"not\":{\"$ref\":\"#\"}}",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(schemas); i++) {
        struct wp_err err = {0};
        assert_int_equal(check(schemas[i], "1", false, &err), -1);
        assert_string_equal(err.msg, "d: the schema goes round in circles here");
        assert_int_equal(err.code, WP_E_OTHER);
    }
}

static void test_too_many_for_unique(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    for (int i = 0; i <= 4096; i++) {
        wp_buf_printf(&text, "%c%d", i == 0 ? '[' : ',', i);
    }
    wp_buf_add_char(&text, ']');
    struct wp_err err = {0};
    assert_int_equal(check("{\"uniqueItems\":true}", text.ptr, false, &err), -1);
    assert_string_equal(err.msg, "d: 4097 entries, the limit is 4096");
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_int_equal(check("{\"anyOf\":[{\"uniqueItems\":true},true]}", text.ptr, false, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
}

static void test_many_unique_texts(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err err = {0};
    for (int i = 0; i <= 4096; i++) {
        wp_buf_printf(&text, "%c\"%d\"", i == 0 ? '[' : ',', i);
    }
    size_t end = text.len;
    wp_buf_add_char(&text, ']');
    assert_int_equal(check("{\"uniqueItems\":true}", text.ptr, false, &err), 0);
    wp_buf_cut(&text, end);
    wp_buf_add_str(&text, ",\"4000\",\"7\"]");
    assert_int_equal(check("{\"uniqueItems\":true}", text.ptr, false, &err), -1);
    assert_string_equal(err.msg, "d: /4097: is the same as entry 4000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_unique_texts),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_combined),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_faulty_schemas),
        cmocka_unit_test(test_circles_end),
        cmocka_unit_test(test_too_many_for_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
