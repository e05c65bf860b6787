/* SPDX-License-Identifier: Apache-2.0
 *
 * Components as a whole: sections, index spaces, aliases, imports and exports, nesting, and what is known of a
 * component that was loaded. */
#include "component-text.h"
#include "runtime-min/component.h"

#include <cmocka.h>

/* Types: 0 an instance without anything, 1 a function. */
#define TYPES  "7: 02 42 00 40 00 01 00; "
#define IMPORT "10: 01 00'i'05 00; "

static const struct component_case cases[] = {
    {"", NULL},
    {"0: 'x' 00 01 02", NULL},
    {"12: 00", "malformed section id: 12"},
    {"7: 00; 7: 00", NULL},
    {"1: []", NULL},
    {"1: {}", "expected a version header for a module"},
    {"4: {4: {}}", NULL},
    {"4: []", "expected a version header for a component"},
    {"1: [1: 01 60 00 00; 3: 01 00; 10: 01 03 00 6a 0b]", "type mismatch"},
    /* imports */
    {TYPES "10: 01 00'a'05 00", NULL},
    {TYPES "10: 01 01'a'05 00", NULL},
    {TYPES "10: 01 03'a'05 00", "invalid leading byte (0x3) for component name"},
    {TYPES "10: 01 00'a'05 01", "type index 1 is not an instance type"},
    {TYPES "10: 01 00'a'01 00", "type index 0 is not a function type"},
    {TYPES "10: 01 00'a'04 00", "type index 0 is not a component type"},
    {TYPES "10: 01 00'a'01 02", "unknown type 2: type index out of bounds"},
    {TYPES "10: 01 00'A b'01 01", "import name 'A b' is not a valid extern name"},
    {TYPES "10: 02 00'a'01 01 00'A'01 01", "import name 'A' conflicts with previous name 'a'"},
    {TYPES "10: 02 00'a'01 01 00'b'01 01", NULL},
    {"3: 01 60 00 00; 10: 01 00'm'00 11 00", "core type index 0 is not a module type"},
    {"3: 01 50 00; 10: 01 00'm'00 11 00", NULL},
    {"10: 01 00'm'00 12 00", "invalid leading byte (0x12) for component external kind"},
    {"10: 01 00't'03 01", NULL},
    {"10: 01 00't'03 02", "invalid leading byte (0x2) for type bound"},
    /* names with options */
    {TYPES "10: 01 02'a'01 00'a:b/c'05 00", NULL},
    {TYPES "10: 01 02'a'01 00'a:b/c'01 01", "only instances can have an 'implements'"},
    {TYPES "10: 01 02'a:b/c'01 00'a:b/c'05 00", "is not valid with 'implements'"},
    {TYPES "10: 01 02'a'02 00'a:b/c'00'a:b/c'05 00", "duplicate 'implements' option in name"},
    {TYPES "10: 01 02'a'01 03'x'05 00", "invalid leading byte (0x3) for name option"},
    {TYPES "10: 01 02'a'01 02'x'05 00", NULL},
    {TYPES "10: 01 02'a:b/c@1'01 01'.0.0'05 00", "'cm-canon-names', which is not supported"},
    /* exports */
    {TYPES IMPORT "11: 01 00'e'05 00 00", NULL},
    {TYPES IMPORT "11: 01 00'e'05 00 02", "invalid leading byte (0x2) for optional component export type"},
    {TYPES IMPORT "11: 01 00'e'05 01 00", "unknown instance 1: instance index out of bounds"},
    {TYPES IMPORT "11: 01 00'e'05 00 01 05 00", NULL},
    {TYPES IMPORT "11: 01 00'e'05 00 01 01 01",
     "ascribed type of export is not compatible with the item: expected func, found instance"},
    {TYPES "11: 02 00'e'03 01 00 00'f'03 02 00", NULL},
    {TYPES "11: 01 00'e'02 00 00", "a value needs the feature 'cm-values'"},
    /* types that need names */
    {"7: 02 72 01'a'73 40 01'p'00 01 00; 10: 01 00'f'01 01",
     "func not valid to be used as import: 'f' uses a type that has no name here"},
    {"7: 01 72 01'a'73; 10: 01 00'r'03 00 00; 7: 01 40 01'p'01 01 00; 10: 01 00'f'01 02", NULL},
    {"7: 01 72 01'a'73; 10: 01 00'r'03 00 00; 7: 01 40 01'p'00 01 00; 10: 01 00'f'01 02", "not valid to be used"},
    {"7: 02 70 73 40 01'p'00 01 00; 10: 01 00'f'01 01", NULL},
    /* annotated names */
    {"10: 01 00'r'03 01; 7: 02 69 00 40 00 00 01; 10: 01 00'[constructor]r'01 02", NULL},
    {"10: 01 00'r'03 01; 7: 02 69 00 40 00 00 01; 10: 01 00'[constructor]s'01 02",
     "function does not match expected resource name 'r'"},
    {"10: 01 00'r'03 01; 7: 01 40 00 00 73; 10: 01 00'[constructor]r'01 01", "function should return `(own $T)`"},
    {"10: 01 00'r'03 01; 7: 01 40 00 01 00; 10: 01 00'[constructor]r'01 01", "function should return one value"},
    {"10: 01 00'r'03 01; 7: 02 68 00 40 01'self'01 01 00; 10: 01 00'[method]r.m'01 02", NULL},
    {"10: 01 00'r'03 01; 7: 02 68 00 40 01'it'01 01 00; 10: 01 00'[method]r.m'01 02",
     "function should have a first argument called `self`"},
    {"10: 01 00'r'03 01; 7: 01 40 01'self'73 01 00; 10: 01 00'[method]r.m'01 01",
     "function should take a first argument of `(borrow $T)`"},
    {"10: 01 00'r'03 01; 7: 01 40 00 01 00; 10: 01 00'[method]r.m'01 01", "function should have at least one argument"},
    {"10: 01 00'r'03 01; 7: 01 40 00 01 00; 10: 01 00'[static]r.s'01 01", NULL},
    {"10: 01 00'r'03 01; 7: 01 40 00 01 00; 10: 01 00'[static]q.s'01 01",
     "static resource name is not known in this context"},
    {"10: 01 00'r'03 01; 7: 01 42 00; 10: 01 00'[static]r.s'05 01", "item is not a func"},
    /* aliases */
    {TYPES IMPORT "6: 01 03 00 00'x'", "instance 0 has no export named 'x'"},
    {TYPES IMPORT "6: 01 03 00 01'x'", "unknown instance 1"},
    {"7: 01 42 01 04 00'r'03 01; " IMPORT "6: 01 03 00 00'r'; 7: 01 69 01", NULL},
    {"7: 01 42 01 04 00'r'03 01; " IMPORT "6: 01 01 00 00'r'", "export 'r' for instance 0 is not a func"},
    {TYPES "6: 01 03 02 00 00", NULL},
    {TYPES "6: 01 03 02 01 00", "invalid outer alias count of 1"},
    {TYPES "4: {6: 01 03 02 01 00}", NULL},
    {TYPES "4: {6: 01 03 02 01 09}", "unknown type 9"},
    {TYPES "6: 01 01 02 00 00", "invalid leading byte (0x1) for component outer alias kind"},
    {TYPES "6: 01 03 03 00 00", "invalid leading byte (0x3) for alias"},
    {"1: []; 4: {6: 01 00 11 02 01 00; 2: 01 00 00 00}", NULL},
    {"3: 01 60 00 00; 4: {6: 01 00 10 02 01 00}", NULL},
    {"4: {}; 4: {6: 01 04 02 01 00; 5: 01 00 00 00}", NULL},
    {"7: 01 3f 7f 00; 4: {6: 01 03 02 01 00}", "transitively refers to resources not defined in the current component"},
    {"7: 02 3f 7f 00 69 00; 4: {6: 01 03 02 01 01}", "transitively refers to resources"},
    {"7: 02 3f 7f 00 42 02 02 03 02 01 00 04 00'r'03 00 00", NULL},
    {"7: 01 42 01 02 01 00 00'x'", "may only refer to types or instances"},
    {"7: 01 42 01 02 00 00 01 00'x'", "may only refer to types or instances"},
    /* bodies of types */
    {"7: 01 41 02 03 00'a'03 01 04 00'b'03 01", NULL},
    {"7: 01 42 01 03 00'a'03 01", "invalid leading byte (0x3) for component or instance type declaration"},
    {"7: 01 41 01 05 00", "invalid leading byte (0x5) for component or instance type declaration"},
    {"7: 01 42 02 01 42 00 04 00'i'05 00", NULL},
    {"7: 01 42 01 00 60 00 00", NULL},
    {"7: 01 42 01 04 00'r'03 01; 4: {6: 01 03 02 01 00}", NULL}, /* brings its resource itself */
    /* an instance type names its own types */
    {"7: 01 42 04 01 72 01'a'73 04 00'r'03 00 00 01 40 01'p'01 01 00 04 00'f'01 02; 10: 01 00't'03 00 00", NULL},
    {"7: 01 42 03 01 72 01'a'73 01 40 01'p'00 01 00 04 00'f'01 01; 10: 01 00't'03 00 00",
     "type not valid to be used as import"},
    /* resources have to come out where they are used */
    {"4: {7: 02 3f 7f 00 42 02 02 03 02 01 00 04 00'r'03 00 00}", NULL},
    {"7: 01 3f 7f 00; 11: 01 00'r'03 00 00", NULL},
    {"4: {7: 01 3f 7f 00; 11: 01 00'r'03 00 00}; 5: 02 00 00 00 00 00 00; 6: 02 03 00 00'r'03 00 01'r'", NULL},
};

static void test_cases(void **state)
{
    (void)state;
    component_cases(cases, WP_ARRAY_LEN(cases));
}

static void test_features(void **state)
{
    (void)state;
    component_needs("7: 01 42 00; 10: 01 02'a'01 00'a:b/c'05 00", "cm-implements");
    component_needs("10: 01 00'v'02 73; 11: 01 00'w'02 00 00", "cm-values");
    struct wrt_options o = {.features = 0};
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *loaded = NULL;
    assert_int_equal(wrt_features_parse("default,-component-model", &o.features, &err), 0);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    component_text(&b, "");
    assert_int_equal(wrt_load(wp_buf_span(&b), &o, &loaded, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "component-model"));
}

static void test_values(void **state)
{
    (void)state;
    const struct {
        const char *text, *message;
    } rows[] = {
        {"10: 01 00'v'02 73; 11: 01 00'w'02 00 00", NULL},
        {"10: 01 00'v'02 73", "value index 0 was not used as part of an instantiation, start function, or export"},
        {"10: 01 00'v'02 73; 11: 02 00'w'02 00 00 00'x'02 00 00", "value 0 cannot be used more than once"},
        {"7: 01 40 01'p'73 00 79; 10: 02 00'v'02 73 00'f'01 00; 9: 00 01 00 01; 11: 01 00'w'02 01 00", NULL},
        {"7: 01 40 01'p'73 00 79; 10: 02 00'v'02 79 00'f'01 00; 9: 00 01 00 01",
         "value type mismatch for component start function argument 0: expected primitive 'string'"},
        {"7: 01 40 01'p'73 00 79; 10: 02 00'v'02 73 00'f'01 00; 9: 00 00 01", "requires 1 arguments but was given 0"},
        {"7: 01 40 01'p'73 00 79; 10: 02 00'v'02 73 00'f'01 00; 9: 00 01 00 00", "has a result count of 0"},
        {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 9: 00 00 00; 9: 00 00 00", "more than one start function"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wrt_options o = {.features = 0};
        struct wp_err err = {.code = WP_E_OK};
        struct wrt_binary *loaded = NULL;
        assert_int_equal(wrt_features_parse("default,cm-values", &o.features, &err), 0);
        component_text(&b, rows[i].text);
        int rc = wrt_load(wp_buf_span(&b), &o, &loaded, NULL, &err);
        if ((rc == 0) != (rows[i].message == NULL) || (rc < 0 && strstr(err.msg, rows[i].message) == NULL)) {
            fail_msg("%s: %s", rows[i].text, err.msg);
        }
        wrt_binary_free(loaded);
    }
}

static void test_limits(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf parts = WP_BUF_INIT;
    for (int i = 0; i < 1000; i++) {
        wp_buf_add_str(&parts, "1: [];");
    }
    component_ok(parts.ptr);
    wp_buf_add_str(&parts, "1: []");
    component_limited(parts.ptr, "more than 1000 modules and components");
    WP_AUTO_BUF struct wp_buf instances = WP_BUF_INIT;
    wp_buf_add_str(&instances, "1: []; 2: 8120");
    for (int i = 0; i < 4097; i++) {
        wp_buf_add_str(&instances, "00 00 00");
    }
    component_limited(instances.ptr, "more than 4096 instances");
    WP_AUTO_BUF struct wp_buf nested = WP_BUF_INIT;
    wp_buf_add_str(&nested, "7: 01 ");
    for (int i = 0; i < 101; i++) {
        wp_buf_add_str(&nested, "42 01 01 ");
    }
    wp_buf_add_str(&nested, "42 00");
    component_limited(nested.ptr, "more than 100 component and instance types within one another");
}

static struct wp_span text(const char *s)
{
    return wp_span_str(s);
}

/* Two imports with a resource, an export: what other rooms read of it. */
static void test_loaded(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_binary *loaded = component_load(&b,
                                               "7: 01 42 02 04 00'r'03 01 04 00's'03 00 00;"
                                               "10: 01 00'a:b/c@1.0.0'05 00; 6: 01 03 00 00'r';"
                                               "10: 01 02't'01 02'id'03 00 01; 1: []; 4: {1: []};"
                                               "8: 01 03 01; 11: 01 00'e'05 00 00",
                                               "default");
    const struct wrt_component *c = wrt_binary_component(loaded);
    assert_int_equal(c->iface.import_count, 2);
    assert_int_equal(c->iface.export_count, 1);
    assert_int_equal(c->module_count, 1);
    assert_int_equal(c->component_count, 1);
    assert_int_equal(c->components[0]->depth, 1);
    assert_int_equal(c->components[0]->module_count, 1);
    assert_int_equal(c->canon_count, 1);
    assert_int_equal(c->canons[0].kind, WRT_CANON_RESOURCE_DROP);
    const struct wrt_citem *i = wrt_citem_find(&c->iface, false, text("a:b/c@1.0.0"));
    assert_int_equal(i->kind, WRT_C_INSTANCE);
    const struct wrt_ctype *t = wrt_ctype(c->types, i->type);
    assert_int_equal(t->kind, WRT_T_INSTANCE);
    assert_true(t->has_resource);
    const struct wrt_citem *r = wrt_citem_find(t->as.iface, true, text("r"));
    const struct wrt_citem *s = wrt_citem_find(t->as.iface, true, text("s"));
    assert_int_equal(r->of, r->type);
    assert_int_equal(s->of, r->type); /* s is r, under a name of its own */
    assert_int_not_equal(s->type, r->type);
    assert_int_equal(wrt_ctype(c->types, s->type)->as.resource, wrt_ctype(c->types, r->type)->as.resource);
    assert_int_equal(wrt_ctype(c->types, s->type)->alias_of, r->type);
    const struct wrt_citem *named = wrt_citem_find(&c->iface, false, text("t"));
    assert_int_equal(named->external_id.len, 2);
    assert_int_equal(named->of, r->type);
    assert_null(wrt_citem_find(&c->iface, true, text("a:b/c@1.0.0")));
    assert_int_equal(c->iface.imported_count, 1);
    assert_int_equal(c->iface.imported[0], wrt_ctype(c->types, r->type)->as.resource);
    wrt_binary_free(loaded);
}

/* A resource that stays inside is no part of the type; one that comes out is. */
static void test_defined(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_binary *loaded =
        component_load(&b, "4: {7: 02 3f 7f 00 3f 7f 00; 11: 01 00'r'03 01 00}; 5: 01 00 00 00", "default");
    const struct wrt_component *c = wrt_binary_component(loaded);
    assert_int_equal(wrt_ctype(c->types, c->components[0]->type)->as.iface->defined_count, 1);
    assert_int_equal(c->iface.defined_count, 0);
    wrt_binary_free(loaded);
}

/* More names than are looked through one by one. */
static void test_many_names(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf source = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_add_str(&source, "7: 01 42 80 02 ");
    for (int i = 0; i < 256; i++) {
        wp_buf_printf(&source, "04 00'n%d'03 01 ", i);
    }
    wp_buf_add_str(&source, "; 10: 01 00'i'05 00; 6: 02 03 00 00'n0' 03 00 00'n255'");
    struct wrt_binary *loaded = component_load(&b, source.ptr, "default");
    const struct wrt_component *c = wrt_binary_component(loaded);
    const struct wrt_ciface *f = wrt_ctype(c->types, c->iface.imports[0].type)->as.iface;
    for (unsigned i = 0; i < 256; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%u", i);
        assert_ptr_equal(wrt_citem_find(f, true, text(name)), &f->exports[i]);
    }
    assert_null(wrt_citem_find(f, true, text("n256")));
    wrt_binary_free(loaded);
}

static void fault_is(const char *source, uint32_t function, unsigned depth, const char *message)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_binary *loaded = NULL;
    struct wrt_fault fault = {.offset = 0};
    struct wp_err err = {.code = WP_E_OK};
    component_text(&b, source);
    assert_int_equal(wrt_load(wp_buf_span(&b), NULL, &loaded, &fault, &err), -1);
    assert_int_equal(fault.function, function);
    assert_int_equal(fault.depth, depth);
    assert_true(fault.offset >= 8 && fault.offset <= b.len);
    assert_non_null(strstr(err.msg, message));
}

static void test_faults(void **state)
{
    (void)state;
    fault_is("7: 01 62", WRT_NO_INDEX, 0, "type section: at byte 0xb: ");
    fault_is("4: {7: 01 62}", WRT_NO_INDEX, 1, "component section: at byte 0x15: ");
    fault_is("1: []; 7: 01 62", WRT_NO_INDEX, 0, "type section: at byte ");
    fault_is("4: {}; 7: 01 62", WRT_NO_INDEX, 0, "type section: at byte ");
    fault_is("1: [1: 01 60 00 00; 3: 02 00 00; 10: 02 02 00 0b 03 00 6a 0b]", 1, 1,
             "core module section: function 1: at byte ");
    fault_is("4: {1: [1: 01 62]}", WRT_NO_INDEX, 2, "component section: type section: at byte ");
}

/* Every end is a refusal, never a read past it; and so is every lack of memory. */
static void test_truncated(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    component_text(&b, "7: 04 42 01 04 00'r'03 01 72 01'a'73 40 01'p'73 00 73 41 00; 10: 01 00'i'05 00;"
                       "1: [1: 01 60 00 00]; 2: 01 00 00 00; 4: {7: 01 42 00; 10: 01 00'i'05 00};"
                       "5: 01 00 00 01'i'05 00; 6: 01 03 00 00'r'; 8: 01 03 04; 11: 01 00'e'05 01 00");
    for (size_t len = 0; len < b.len; len++) {
        struct wrt_binary *loaded = NULL;
        struct wp_err err = {.code = WP_E_OK};
        if (wrt_load(wp_span(b.ptr, len), NULL, &loaded, NULL, &err) == 0) {
            wrt_binary_free(loaded); /* between two sections */
        }
    }
    unsigned limited = 0;
    for (uint64_t memory = 64; memory < 64 * 1024; memory += 512) {
        const struct wrt_options o = {.memory = memory};
        struct wrt_binary *loaded = NULL;
        struct wp_err err = {.code = WP_E_OK};
        if (wrt_load(wp_buf_span(&b), &o, &loaded, NULL, &err) == 0) {
            wrt_binary_free(loaded);
            continue;
        }
        assert_int_equal(err.code, WP_E_LIMIT);
        limited++;
    }
    assert_true(limited > 0 && limited < 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),   cmocka_unit_test(test_features), cmocka_unit_test(test_values),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_loaded),   cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_defined), cmocka_unit_test(test_faults),   cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
