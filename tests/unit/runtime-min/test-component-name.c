/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of the component level: what is one, what it is made of, and which of them are the same. */
#include "../unit.h"
#include "base/num.h"
#include "runtime-min/component-name.h"

static void labels_are_words_in_one_case(void **state WP_UNUSED)
{
    static const char *const good[] = {"a",
                                       "A",
                                       "a1",
                                       "B1",
                                       "a-b-c",
                                       "A-B-C",
                                       "a1-2-3",
                                       "is-XML",
                                       "a11-B11-123-ABC-abc",
                                       "m1x3d-4CR0NYMS",
                                       "a0-000-3d4a-54FF"};
    static const char *const bad[] = {"",     "-",    "1",        "1-a", "a-",   "-a",
                                      "a--b", "a--",  "aB",       "Ab",  "a_b",  "a.b",
                                      "a b",  "a/b",  "a:b",      "é",   "a-bC", "a0-000-3d4A-54Ff",
                                      "a\n",  "[a]a", "wasi/http"};
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        assert_true(wrt_label_is(wp_span_str(good[i])));
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(wrt_label_is(wp_span_str(bad[i])));
    }
    assert_false(wrt_label_is(wp_span("a\0b", 3)));
    assert_false(wrt_label_is(wp_span(NULL, 0)));
}

static void a_bad_label_is_named_with_its_place(void **state WP_UNUSED)
{
    struct wp_err err;
    assert_int_equal(wrt_label_check(wp_span_str("GoNnA"), "record field name", &err), -1);
    assert_int_equal(err.code, WP_E_MODULE);
    assert_string_equal(err.msg, "record field name 'GoNnA' is not in kebab case");
    assert_int_equal(wrt_label_check(wp_span_str(""), "flag name", &err), -1);
    assert_string_equal(err.msg, "flag name cannot be empty");
    assert_int_equal(wrt_label_check(wp_span_str("a-b"), "flag name", &err), 0);
}

static const struct good_name {
    const char *text;
    enum wrt_name_kind kind;
    const char *resource, *label, *ns, *package, *interface, *version;
} good_names[] = {
    {"a", WRT_NAME_LABEL, "", "a", "", "", "", ""},
    {"get-JSON", WRT_NAME_LABEL, "", "get-JSON", "", "", "", ""},
    {"locked-dep", WRT_NAME_LABEL, "", "locked-dep", "", "", "", ""},
    {"[constructor]a-1", WRT_NAME_CONSTRUCTOR, "a-1", "", "", "", "", ""},
    {"[method]a.b", WRT_NAME_METHOD, "a", "b", "", "", "", ""},
    {"[static]a-0.B-1", WRT_NAME_STATIC, "a-0", "B-1", "", "", "", ""},
    {"wasi:http/types", WRT_NAME_INTERFACE, "", "", "wasi", "http", "types", ""},
    {"ns-1-a:b-1-c/D-2", WRT_NAME_INTERFACE, "", "", "ns-1-a", "b-1-c", "D-2", ""},
    {"wasi:http/types@0.2.12", WRT_NAME_INTERFACE, "", "", "wasi", "http", "types", "0.2.12"},
    {"a:b/c@0.0.0-abcd.1.2+efg.4.ee.5", WRT_NAME_INTERFACE, "", "", "a", "b", "c", "0.0.0-abcd.1.2+efg.4.ee.5"},
};

static void assert_span(struct wp_span got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    if (got.len > 0) {
        assert_memory_equal(got.ptr, want, got.len);
    }
}

static void names_come_apart(void **state WP_UNUSED)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(good_names); i++) {
        const struct good_name *g = &good_names[i];
        struct wrt_name n;
        struct wp_err err;
        if (wrt_name_parse(wp_span_str(g->text), "import", &n, &err) < 0) {
            fail_msg("%s: %s", g->text, err.msg);
        }
        assert_int_equal(n.kind, g->kind);
        assert_span(n.text, g->text);
        assert_span(n.resource, g->resource);
        assert_span(n.label, g->label);
        assert_span(n.ns, g->ns);
        assert_span(n.package, g->package);
        assert_span(n.interface, g->interface);
        assert_span(n.version, g->version);
    }
}

/* The reason, after "import name '…' is not a valid extern name: ". */
static const struct bad_name {
    const char *text, *why;
} bad_names[] = {
    {"", "'' is not in kebab case"},
    {"1", "'1' is not in kebab case"},
    {"aBc", "'aBc' is not in kebab case"},
    {"Foo", "'Foo' is not in kebab case"},
    {"[foo]a", "'[foo]a' is not in kebab case"},
    {"[get]a", "'[get]a' is not in kebab case"},
    {"[async]a", "'[async]a' is not in kebab case"},
    {"locked-dep=<a>", "'locked-dep=<a>' is not in kebab case"},
    {"url=<https://a.b>", "expected ':' at '=<https://a.b>'"},
    {"integrity=<sha256-aaaa>", "'integrity=<sha256-aaaa>' is not in kebab case"},
    {"[constructor]", "'' is not in kebab case"},
    {"[constructor]a.b", "'a.b' is not in kebab case"},
    {"[method]", "failed to find '.' character"},
    {"[method]a", "failed to find '.' character"},
    {"[method]a.", "'' is not in kebab case"},
    {"[method].a", "'' is not in kebab case"},
    {"[method]a.b.c", "'b.c' is not in kebab case"},
    {"[static]a", "failed to find '.' character"},
    {"wasi/http", "'wasi/http' is not in kebab case"},
    {"wasi:", "'' is not in kebab case"},
    {"wasi:/", "'' is not in kebab case"},
    {":/", "'' is not in kebab case"},
    {"wasi:http/TyPeS", "'TyPeS' is not in kebab case"},
    {"WaSi:http/types", "'WaSi' is not in kebab case"},
    {"A:b/c", "character 'A' is not lowercase in package name/namespace"},
    {"ns:pkg-A/b", "character 'A' is not lowercase in package name/namespace"},
    {"1:b/c", "'1' is not in kebab case"},
    {"ns:1/a", "'1' is not in kebab case"},
    {"a:b", "expected '/' after package name"},
    {"foo:bar:baz/qux", "expected '/' after package name"},
    {"foo:bar/baz/qux", "trailing characters found: '/qux'"},
    {"a b:c/d", "expected ':' at ' b:c/d'"},
    {"a:b/c@", "invalid interface version: empty string, expected a semantic version"},
    {"a:b/c@.", "invalid interface version: unexpected character '.' while parsing major version number"},
    {"a:b/c@1", "invalid interface version: unexpected end of input while parsing major version number"},
    {"a:b/c@1.", "invalid interface version: unexpected end of input while parsing minor version number"},
    {"a:b/c@a.2", "invalid interface version: unexpected character 'a' while parsing major version number"},
    {"a:b/c@2.b", "invalid interface version: unexpected character 'b' while parsing minor version number"},
    {"a:b/c@2.0x0", "invalid interface version: unexpected character 'x' after minor version number"},
    {"a:b/c@2.0.0+", "invalid interface version: empty identifier segment in build metadata"},
    {"a:b/c@2.0.0-", "invalid interface version: empty identifier segment in pre-release identifier"},
    {"a:b/c@2.0.0-a..b", "invalid interface version: empty identifier segment in pre-release identifier"},
    {"a:b/c@2.0.0-01", "invalid interface version: invalid leading zero in pre-release identifier"},
    {"a:b/c@02.0.0", "invalid interface version: invalid leading zero in major version number"},
    {"a:b/c@1.18446744073709551616.0", "invalid interface version: value of minor version number exceeds 64 bits"},
    {"a:b/c@1.0.0/d", "invalid interface version: unexpected character '/' after patch version number"},
    {"a:b/c@1.0.0é", "invalid interface version: unexpected character 'é' after patch version number"},
    {"a:b/c@1.0.0+a_b", "invalid interface version: unexpected character '_' after build metadata"},
};

static void bad_names_say_why(void **state WP_UNUSED)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(bad_names); i++) {
        const struct bad_name *b = &bad_names[i];
        struct wrt_name n = {.kind = WRT_NAME_STATIC};
        struct wp_err err;
        assert_int_equal(wrt_name_parse(wp_span_str(b->text), "import", &n, &err), -1);
        assert_int_equal(err.code, WP_E_MODULE);
        char want[512];
        (void)snprintf(want, sizeof(want), "import name '%s' is not a valid extern name: %s", b->text, b->why);
        assert_string_equal(err.msg, want);
        assert_int_equal(n.kind, WRT_NAME_STATIC);
    }
}

static void versions_have_three_numbers(void **state WP_UNUSED)
{
    static const char *const good[] = {
        "0.0.0",        "1.2.3",   "18446744073709551615.0.0", "1.0.0-a-b.0.01a",           "1.0.0-0",
        "1.0.0+01.001", "1.0.0--", "1.0.0-rc.1+b-c.d",         "1.0.0-99999999999999999999"};
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        struct wp_err err;
        assert_int_equal(wrt_semver_check(wp_span_str(good[i]), &err), 0);
    }
}

static void implements_is_for_instances_with_plain_names(void **state WP_UNUSED)
{
    struct wp_err err;
    struct wrt_name plain, interface;
    assert_int_equal(wrt_name_parse(wp_span_str("a"), "export", &plain, &err), 0);
    assert_int_equal(wrt_name_parse(wp_span_str("a1:b/c"), "export", &interface, &err), 0);
    assert_int_equal(wrt_name_implements(&plain, true, wp_span_str("a:b/c@1.0.0"), &err), 0);
    assert_int_equal(wrt_name_implements(&plain, true, wp_span_str("not-valid"), &err), -1);
    assert_string_equal(err.msg, "name 'not-valid' must be an interface");
    assert_int_equal(wrt_name_implements(&plain, true, wp_span_str(""), &err), -1);
    assert_string_equal(err.msg, "'' is not a valid name: '' is not in kebab case");
    assert_int_equal(wrt_name_implements(&plain, false, wp_span_str("a:b/c"), &err), -1);
    assert_string_equal(err.msg, "only instances can have an 'implements'");
    assert_int_equal(wrt_name_implements(&interface, true, wp_span_str("a:b/c"), &err), -1);
    assert_string_equal(err.msg, "name 'a1:b/c' is not valid with 'implements'");
}

/* Words separated by blanks are put into one set; a word that is there already is marked with the one before it. */
static void put_all(struct wrt_mem *m, const char *words, const char *want)
{
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    struct wrt_name_set set = {.key = 0};
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        struct wrt_name n;
        struct wp_span before;
        struct wp_err err;
        assert_int_equal(wrt_name_parse(wp_span(words, len), "import", &n, &err), 0);
        int added = wrt_name_set_add(m, &set, &n, &before, &err);
        assert_true(added >= 0);
        if (added == 0) {
            wp_buf_printf(&got, "%.*s=%.*s ", (int)len, words, (int)before.len, (const char *)before.ptr);
        }
        words += len + (words[len] == ' ');
    }
    assert_string_equal(got.ptr, want);
}

/* The explainer's own list: all of them may stand beside each other. */
#define UNIQUE "foo foo-bar [constructor]foo [method]foo.bar [static]foo.baz foo:bar/baz"
/* The same in a set that has left its linear beginnings. */
#define MANY " q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 q11 q12 q13 q14 q15 q16 q17 q18 q19 q20 q21 q22 q23 q24 q25"

static void names_are_strongly_unique(void **state WP_UNUSED)
{
    struct wrt_mem m = {.limit = 1 << 20};
    put_all(&m, UNIQUE, "");
    put_all(&m, UNIQUE MANY, "");
    static const char clash[] = " FOO foo-BAR [constructor]FOO [method]foo.BAR [static]foo.bar [method]foo.baz "
                                "[method]foo.foo [static]foo.FOO foo:bar/BAZ";
    static const char found[] = "FOO=foo foo-BAR=foo-bar [constructor]FOO=[constructor]foo "
                                "[method]foo.BAR=[method]foo.bar [static]foo.bar=[method]foo.bar "
                                "[method]foo.baz=[static]foo.baz [method]foo.foo=foo [static]foo.FOO=foo "
                                "foo:bar/BAZ=foo:bar/baz ";
    char words[1024];
    (void)snprintf(words, sizeof(words), "%s%s", UNIQUE, clash);
    put_all(&m, words, found);
    (void)snprintf(words, sizeof(words), "%s%s%s", UNIQUE, MANY, clash);
    put_all(&m, words, found);
    /* Hyphens count, versions count to the letter, a method of one resource is not that of another. */
    put_all(&m, "a1 a-1 B1 B-1 a:b/c a:b/c@1.0.0 a:b/c@2.0.0 a:b/c@1.0.0-a a:b/c@1.0.0-A [method]a.b [method]b.b", "");
    put_all(&m, "wasi:http/types@1.0.0 wasi:http/types@1.0.0", "wasi:http/types@1.0.0=wasi:http/types@1.0.0 ");
    wrt_mem_done(&m);
}

static void labels_of_a_record_are_unique(void **state WP_UNUSED)
{
    struct wrt_mem m = {.limit = 1 << 20};
    struct wrt_name_set set = {.key = 0};
    struct wp_span before;
    struct wp_err err;
    assert_int_equal(wrt_label_set_add(&m, &set, wp_span_str("a-B-c-D"), &before, &err), 1);
    assert_int_equal(wrt_label_set_add(&m, &set, wp_span_str("x"), &before, &err), 1);
    assert_int_equal(wrt_label_set_add(&m, &set, wp_span_str("A-b-C-d"), &before, &err), 0);
    assert_span(before, "a-B-c-D");
    wrt_mem_done(&m);
}

static void many_names_stay_within_the_budget(void **state WP_UNUSED)
{
    struct wrt_mem m = {.limit = 64 << 10};
    struct wrt_name_set set = {.key = 0};
    struct wp_span before;
    struct wp_err err = {.code = WP_E_OK};
    static char words[10000][8];
    int added = 1;
    size_t n = 0;
    for (; n < WP_ARRAY_LEN(words) && added == 1; n++) {
        (void)snprintf(words[n], sizeof(words[n]), "a%zu", n);
        added = wrt_label_set_add(&m, &set, wp_span_str(words[n]), &before, &err);
    }
    assert_int_equal(added, -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_true(m.used <= m.limit);
    wrt_mem_done(&m);
    m = (struct wrt_mem){.limit = 8 << 20};
    set = (struct wrt_name_set){.key = 0};
    for (n = 0; n < WP_ARRAY_LEN(words); n++) {
        (void)snprintf(words[n], sizeof(words[n]), "a%zu", n);
        assert_int_equal(wrt_label_set_add(&m, &set, wp_span_str(words[n]), &before, &err), 1);
    }
    for (n = 0; n < WP_ARRAY_LEN(words); n++) {
        assert_int_equal(wrt_label_set_add(&m, &set, wp_span_str(words[n]), &before, &err), 0);
        assert_ptr_equal(before.ptr, words[n]);
    }
    wrt_mem_done(&m);
}

/* Whatever the bytes: a verdict without reading beyond them, and the parts of a good name make the whole. */
static void any_bytes_get_a_verdict(void **state WP_UNUSED)
{
    static const char alphabet[] = "aB1-:/@.[]+=<>\xc3\xa9\0methodstaticconstructor";
    uint64_t seed = 1;
    for (unsigned round = 0; round < 200000; round++) {
        uint8_t bytes[40];
        size_t len = 0;
        for (; len < sizeof(bytes); len++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            if (seed >> 60 == 0) {
                break;
            }
            bytes[len] = (uint8_t)alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
        }
        uint8_t *exact = malloc(len + (len == 0));
        assert_non_null(exact);
        memcpy(exact, bytes, len);
        struct wrt_name n;
        struct wp_err err = {.code = WP_E_OK};
        if (wrt_name_parse(wp_span(exact, len), "import", &n, &err) < 0) {
            assert_int_equal(err.code, WP_E_MODULE);
        } else {
            assert_true(n.text.ptr == exact && n.text.len == len);
            assert_true(n.kind != WRT_NAME_LABEL || n.label.len == len);
        }
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_words_in_one_case),
        cmocka_unit_test(a_bad_label_is_named_with_its_place),
        cmocka_unit_test(names_come_apart),
        cmocka_unit_test(bad_names_say_why),
        cmocka_unit_test(versions_have_three_numbers),
        cmocka_unit_test(implements_is_for_instances_with_plain_names),
        cmocka_unit_test(names_are_strongly_unique),
        cmocka_unit_test(labels_of_a_record_are_unique),
        cmocka_unit_test(many_names_stay_within_the_budget),
        cmocka_unit_test(any_bytes_get_a_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
