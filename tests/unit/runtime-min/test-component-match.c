/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances of components: arguments against imports, types of every kind against types of every kind, and resources,
 * which are the same only where they come from the same place. */
#include "component-text.h"
#include "runtime-min/component.h"

#include <cmocka.h>

/* The inner component imports a function x of type T (a type section entry, its last index I); the outer one hands in a
 * function whose type is made of U. */
#define HANDED(T, I, U, J) "4: {7: " T "; 10: 01 00'x'01 " I "}; 7: " U "; 10: 01 00'y'01 " J "; 5: 01 00 00 01'x'01 00"

/* Functions of one parameter p, named or not by a type import, so that they may be imported. */
#define FUNC(T) HANDED("01 40 01'p'" T " 01 00", "00", "01 40 01'p'79 01 00", "00")

static const struct component_case functions[] = {
    {FUNC("79"), NULL},
    {FUNC("73"),
     "type mismatch for import 'x': type mismatch in function parameter 'p': expected primitive 'string' found "
     "primitive 'u32'"},
    {HANDED("01 40 00 01 00", "00", "01 40 01'p'79 01 00", "00"), "expected 0 parameters, found 1"},
    {HANDED("01 40 01'q'79 01 00", "00", "01 40 01'p'79 01 00", "00"), "expected parameter named 'q', found 'p'"},
    {HANDED("01 40 00 00 79", "00", "01 40 00 01 00", "00"), "expected a result, found none"},
    {HANDED("01 40 00 01 00", "00", "01 40 00 00 79", "00"), "expected no result, found one"},
    {HANDED("01 40 00 00 79", "00", "01 40 00 00 73", "00"), "type mismatch with result type"},
    {HANDED("01 43 00 01 00", "00", "01 40 00 01 00", "00"), "expected async function, found sync function"},
    {"4: {7: 01 40 00 01 00; 10: 01 00'x'01 00}; 5: 01 00 00 00", "missing import named 'x'"},
    {"4: {7: 01 42 00; 10: 01 00'x'05 00}; 7: 01 40 00 01 00; 10: 01 00'y'01 00; 5: 01 00 00 01'x'01 00",
     "expected instance, found func"},
    {"4: {}; 7: 01 40 00 01 00; 10: 01 00'y'01 00; 5: 01 00 00 02'x'01 00'x'01 00",
     "instantiation argument 'x' conflicts with previous argument 'x'"},
    {"4: {}; 7: 01 40 00 01 00; 10: 01 00'y'01 00; 5: 01 00 00 01'x'01 00", NULL}, /* more than asked for */
    {"5: 01 02", "invalid leading byte (0x2) for instance"},
    {"5: 01 00 00 00", "unknown component 0"},
};

static void test_functions(void **state)
{
    (void)state;
    component_cases(functions, WP_ARRAY_LEN(functions));
}

/* A type of the inner component against one of the outer, both by a type import with an equality bound. */
struct pair {
    const char *want, *have;
    const char *message;
};

static const struct pair pairs[] = {
    {"72 01'a'73", "72 01'a'73", NULL},
    {"72 01'a'73", "72 01'b'73", "expected field name 'a', found 'b'"},
    {"72 01'a'73", "72 01'a'79", "type mismatch in record field 'a'"},
    {"72 01'a'73", "72 02'a'73'b'73", "expected 1 fields, found 2"},
    {"72 01'a'73", "73", "expected record, found string"},
    {"73", "72 01'a'73", "expected primitive, found record"},
    {"71 01'a'00 00", "71 01'a'00 00", NULL},
    {"71 01'a'00 00", "71 01'b'00 00", "expected case named 'a', found 'b'"},
    {"71 01'a'00 00", "71 02'a'00 00'b'00 00", "expected 1 cases, found 2"},
    {"71 01'a'01 73 00", "71 01'a'00 00", "expected case 'a' to have a type, found none"},
    {"71 01'a'00 00", "71 01'a'01 73 00", "expected case 'a' to have no type"},
    {"71 01'a'01 73 00", "71 01'a'01 79 00", "type mismatch in variant case 'a'"},
    {"6f 02 73 79", "6f 02 73 79", NULL},
    {"6f 02 73 79", "6f 02 79 79", "type mismatch in tuple field 0"},
    {"6f 02 73 79", "6f 01 73", "expected 2 types, found 1"},
    {"6e 01'a'", "6e 01'a'", NULL},
    {"6e 01'a'", "6e 01'b'", "mismatch in flags elements"},
    {"6d 02'a''b'", "6d 01'a'", "mismatch in enum elements"},
    {"6d 02'a''b'", "6d 02'b''a'", "mismatch in enum elements"},
    {"6d 01'a'", "6e 01'a'", "expected enum, found flags"},
    {"70 73", "70 73", NULL},
    {"70 73", "70 79", "expected primitive 'string' found primitive 'u32'"},
    {"70 73", "6b 73", "expected list, found option"},
    {"6b 73", "6b 79", "expected primitive 'string' found primitive 'u32'"},
    {"67 7f 02", "67 7f 02", NULL},
    {"67 7f 02", "67 7f 03", "expected fixed-length 2, found size 3"},
    {"63 73 7f", "63 73 7f", NULL},
    {"63 73 7f", "63 79 7f", "type mismatch in map key"},
    {"63 73 7f", "63 73 79", "type mismatch in map value"},
    {"6a 01 73 00", "6a 01 73 00", NULL},
    {"6a 01 73 00", "6a 00 00", "expected ok type, but found none"},
    {"6a 00 00", "6a 01 73 00", "expected ok type to not be present"},
    {"6a 00 01 73", "6a 00 00", "expected err type, but found none"},
    {"6a 00 00", "6a 00 01 73", "expected err type to not be present"},
    {"6a 01 73 00", "6a 01 79 00", "type mismatch in ok variant"},
    {"6a 00 01 73", "6a 00 01 79", "type mismatch in err variant"},
    {"66 01 7d", "66 01 7d", NULL},
    {"66 01 7d", "66 00", "expected stream type, but found none"},
    {"65 00", "65 01 7d", "expected future type to not be present"},
    {"66 01 7d", "66 01 7f", "type mismatch in stream"},
    {"40 00 01 00", "40 00 01 00", NULL},
    {"40 00 01 00", "73", "expected func, found defined type"},
    {"42 00", "42 00", NULL},
    {"42 00", "41 00", "expected instance, found component"},
    {"41 00", "41 00", NULL},
    {"41 00", "41 01 03 00'a'03 01", "missing import named 'a'"},
    {"41 01 03 00'a'03 01", "41 00", NULL}, /* asks for less */
    {"41 01 04 00'a'03 01", "41 00", "missing export named 'a'"},
    {"41 00", "41 01 04 00'a'03 01", NULL}, /* gives more */
    {"41 02 03 00'a'03 01 04 00'b'03 00 00", "41 02 03 00'a'03 01 04 00'b'03 00 00", NULL},
    {"41 02 03 00'a'03 01 04 00'b'03 00 00", "41 02 03 00'a'03 01 04 00'b'03 01", "resource types are not the same"},
    {"41 02 03 00'a'03 01 04 00'b'03 01", "41 02 03 00'a'03 01 04 00'b'03 00 00", NULL}, /* any resource will do */
    {"42 02 01 40 00 01 00 04 00'f'01 00", "42 00", "missing expected export 'f'"},
    {"42 00", "42 02 01 40 00 01 00 04 00'f'01 00", NULL},
    {"42 02 01 40 00 01 00 04 00'f'01 00", "42 02 01 40 00 00 73 04 00'f'01 00",
     "type mismatch in instance export 'f'"},
};

static void test_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(pairs); i++) {
        const struct pair *p = &pairs[i];
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        wp_buf_printf(&text, "4: {7: 01 %s; 10: 01 00'x'03 00 00}; 7: 01 %s; 5: 01 00 00 01'x'03 00", p->want, p->have);
        struct component_case one = {text.ptr, p->message};
        component_cases(&one, 1);
    }
}

/* A component that defines a resource, and one that imports two resources that have to be one. */
#define MAKER "4: {7: 01 3f 7f 00; 11: 01 00'r'03 00 00};"
#define TAKER "4: {10: 02 00'a'03 01 00'b'03 00 00};"
#define TWO   "5: 02 00 00 00 00 00 00; 6: 02 03 00 00'r' 03 00 01'r';"

static const struct component_case resources[] = {
    {MAKER TAKER TWO "5: 01 00 01 02'a'03 00'b'03 00", NULL},
    {MAKER TAKER TWO "5: 01 00 01 02'a'03 00'b'03 01", "type mismatch for import 'b': resource types are not the same"},
    {TAKER "7: 01 3f 7f 00; 5: 01 00 00 02'a'03 00'b'03 00", NULL},
    {TAKER "7: 02 3f 7f 00 3f 7f 00; 5: 01 00 00 02'a'03 00'b'03 01", "resource types are not the same"},
    {TAKER "7: 01 73; 5: 01 00 00 02'a'03 00'b'03 00", "expected resource, found defined type"},
    {"4: {7: 01 73; 10: 01 00'a'03 00 00}; 7: 01 3f 7f 00; 5: 01 00 00 01'a'03 00",
     "expected defined type, found resource"},
    /* what comes out of an instance is what went in */
    {"4: {10: 01 00'a'03 01; 11: 01 00'b'03 00 00}; 7: 01 3f 7f 00; 5: 01 00 00 01'a'03 00; 6: 01 03 00 00'b';" TAKER
     "5: 01 00 01 02'a'03 00'b'03 01",
     NULL},
    /* inside of instances, too */
    {"4: {7: 01 42 01 04 00'r'03 01; 10: 01 00'i'05 00; 6: 01 03 00 00'r'; 10: 01 00's'03 00 01};"
     "7: 02 3f 7f 00 3f 7f 00; 5: 01 01 01 00'r'03 00; 5: 01 00 00 02'i'05 00's'03 00",
     NULL},
    {"4: {7: 01 42 01 04 00'r'03 01; 10: 01 00'i'05 00; 6: 01 03 00 00'r'; 10: 01 00's'03 00 01};"
     "7: 02 3f 7f 00 3f 7f 00; 5: 01 01 01 00'r'03 00; 5: 01 00 00 02'i'05 00's'03 01",
     "type mismatch for import 's': resource types are not the same"},
    /* a type that was handed in is the one that comes out */
    {"4: {7: 01 72 01'a'73; 10: 01 00't'03 00 00; 7: 01 40 01'p'01 01 00; 10: 01 00'g'01 02; 11: 01 00'h'01 00 00};"
     "7: 01 72 01'a'73; 10: 01 00't'03 00 00; 7: 01 40 01'p'01 01 00; 10: 01 00'g'01 02;"
     "5: 01 00 00 02't'03 01'g'01 00; 6: 01 01 00 00'h'; 11: 01 00'h'01 01 00",
     NULL},
    /* handles */
    {"4: {10: 01 00'r'03 01; 7: 02 69 00 40 01'p'01 01 00; 10: 01 00'f'01 02};"
     "10: 01 00'r'03 01; 7: 02 69 00 40 01'p'01 01 00; 10: 01 00'f'01 02; 5: 01 00 00 02'r'03 00'f'01 00",
     NULL},
    {"4: {10: 01 00'r'03 01; 7: 02 68 00 40 01'p'01 01 00; 10: 01 00'f'01 02};"
     "10: 01 00'r'03 01; 7: 02 69 00 40 01'p'01 01 00; 10: 01 00'f'01 02; 5: 01 00 00 02'r'03 00'f'01 00",
     "expected borrow, found own"},
    {"4: {10: 01 00'r'03 01; 7: 02 69 00 40 01'p'01 01 00; 10: 01 00'f'01 02};"
     "10: 02 00'r'03 01 00's'03 01; 7: 02 69 00 40 01'p'02 01 00; 10: 01 00'f'01 03; 5: 01 00 00 02'r'03 01'f'01 00",
     "resource types are not the same"},
    /* components as arguments: their resources are what they are opened with */
    {"4: {7: 01 41 02 03 00'a'03 01 04 00'b'03 00 00; 10: 01 00'c'04 00};"
     "4: {10: 01 00'a'03 01; 11: 01 00'b'03 00 00}; 5: 01 00 00 01'c'04 01",
     NULL},
    {"4: {7: 01 41 02 03 00'a'03 01 04 00'b'03 00 00; 10: 01 00'c'04 00};"
     "4: {10: 01 00'a'03 01; 7: 01 3f 7f 00; 11: 01 00'b'03 01 00}; 5: 01 00 00 01'c'04 01",
     "type mismatch for export 'b': resource types are not the same"},
    /* exports have to tell of the resources that they use */
    {"4: {7: 02 3f 7f 00 42 02 02 03 02 01 00 04 00'r'03 00 00}; 5: 01 00 00 00", NULL},
    {"7: 01 3f 7f 00; 11: 01 00'r'03 00 00; 7: 02 69 01 40 00 00 02; 10: 01 00'f'01 03",
     "func not valid to be used as import"},
};

static void test_resources(void **state)
{
    (void)state;
    component_cases(resources, WP_ARRAY_LEN(resources));
}

/* Instances made of single things. */
static const struct component_case inline_instances[] = {
    {"5: 01 01 00", NULL},
    {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 5: 01 01 01 00'g'01 00; 6: 01 01 00 00'g'", NULL},
    {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 5: 01 01 02 00'g'01 00 00'G'01 00",
     "export name 'G' conflicts with previous name 'g'"},
    {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 5: 01 01 01 00'g g'01 00", "export name 'g g' is not a valid extern name"},
    {"7: 01 73; 5: 01 01 01 00't'03 00; 6: 01 03 00 00't'; 7: 01 70 01", NULL},
    {"1: []; 5: 01 01 01 00'm'00 11 00; 6: 01 00 11 00 00'm'; 2: 01 00 00 00", NULL},
    {"4: {}; 5: 01 01 01 00'c'04 00; 6: 01 04 00 00'c'; 5: 01 00 01 00", NULL},
};

static void test_inline(void **state)
{
    (void)state;
    component_cases(inline_instances, WP_ARRAY_LEN(inline_instances));
}

/* Core: a module that imports a.f of the type, one that exports f of another. */
#define CORE(WANT, HAVE)                                                    \
    "1: [1: 01 60 " HAVE "; 3: 01 00; 7: 01 'f'00 00; 10: 01 03 00 00 0b];" \
    "1: [1: 01 60 " WANT "; 2: 01 'a''f'00 00]; 2: 02 00 00 00 00 01 01'a'12 00"
/* The same of another kind of thing: what is imported, the section that defines it and its export. */
#define THING(WANT, SECTION, KIND) \
    "1: [" SECTION "; 7: 01 'f'" KIND " 00]; 1: [2: 01 'a''f'" KIND " " WANT "]; 2: 02 00 00 00 00 01 01'a'12 00"
/* A module type with that declarator, for which a module with one import of a function and one export is handed in. */
#define MODULE_TYPE(DECLARATORS)                           \
    "4: {3: 01 50 " DECLARATORS "; 10: 01 00'm'00 11 00};" \
    "1: [1: 01 60 00 00; 2: 01 'a''f'00 00; 7: 01 'g'00 00]; 5: 01 00 00 01'm'00 11 00"

static const struct component_case core[] = {
    {CORE("00 00", "00 00"), NULL},
    {CORE("01 7f 00", "00 00"), "type mismatch for export 'f' of module instantiation argument 'a': expected: (func "
                                "(param i32)), found: (func)"},
    {"1: []; 2: 01 00 01 00", "unknown module 1: module index out of bounds"},
    {"1: []; 2: 01 02", "invalid leading byte (0x2) for core instance"},
    {"1: []; 2: 01 00 00 01'a'11 00", "invalid leading byte (0x11) for instantiation arg kind"},
    {"1: []; 2: 02 00 00 00 00 00 02'a'12 00'a'12 00", "duplicate module instantiation argument named 'a'"},
    {"1: [1: 01 60 00 00; 2: 01 'a''f'00 00]; 2: 01 00 00 00", "missing module instantiation argument named 'a'"},
    {"1: []; 1: [1: 01 60 00 00; 2: 01 'a''f'00 00]; 2: 02 00 00 00 00 01 01'a'12 00",
     "module instantiation argument 'a' does not export an item named 'f'"},
    {"1: [1: 01 60 00 00; 2: 02 'a''f'00 00'a''f'00 00]", "module has a duplicate import name 'a:f'"},
    {THING("00 01", "5: 01 00 01", "02"), NULL},
    {THING("00 02", "5: 01 00 01", "02"), "mismatch in memory limits"},
    {THING("01 00 01", "5: 01 00 01", "02"), "mismatch in memory limits"},
    {THING("03 00 01", "5: 01 01 00 01", "02"), "mismatch in the shared flag for memories"},
    {THING("04 01", "5: 01 00 01", "02"), "mismatch in index type used for memories"},
    {THING("70 00 01", "4: 01 70 00 01", "01"), NULL},
    {THING("6f 00 01", "4: 01 70 00 01", "01"), "expected table element type externref, found funcref"},
    {THING("70 00 02", "4: 01 70 00 01", "01"), "mismatch in table limits"},
    {THING("70 04 01", "4: 01 70 00 01", "01"), "mismatch in index type used for tables"},
    {THING("7f 00", "6: 01 7f 00 41 00 0b", "03"), NULL},
    {THING("7f 01", "6: 01 7f 00 41 00 0b", "03"), "global types differ in mutability"},
    {THING("7e 00", "6: 01 7f 00 41 00 0b", "03"), "expected global type i64, found i32"},
    /* module types */
    {MODULE_TYPE("03 01 60 00 00 00'a''f'00 00 03'g'00 00"), NULL},
    {MODULE_TYPE("02 01 60 00 00 00'a''f'00 00"), NULL}, /* gives more */
    {MODULE_TYPE("02 01 60 00 00 03'g'00 00"), "missing expected import 'a::f'"},
    {MODULE_TYPE("03 01 60 00 00 00'a''f'00 00 03'h'00 00"), "missing expected export 'h'"},
    {MODULE_TYPE("03 01 60 01 7f 00 00'a''f'00 00 03'g'00 00"), "type mismatch in import 'a::f': expected: (func)"},
    {MODULE_TYPE("04 01 60 00 00 01 60 01 7f 00 00'a''f'00 00 03'g'00 01"), "type mismatch in export 'g'"},
    {"3: 01 50 02 01 60 00 00 02 10 01 00 01", "unknown type 1"},
    {"3: 01 50 03 01 60 00 00 02 10 01 00 00 03'a'00 01", NULL},
    {"3: 02 60 00 00 50 02 02 10 01 01 00 03'a'00 00", NULL},
    {"3: 01 50 01 02 11 01 00 00", "invalid leading byte (0x11) for outer alias kind"},
    {"3: 01 50 01 02 10 02 00 00", "invalid leading byte (0x2) for outer alias target"},
    {"3: 01 50 01 04 00", "invalid leading byte (0x4) for type definition"},
    {"3: 02 50 00 50 01 02 10 01 01 00", "a module type cannot be aliased into a module type"},
    {"3: 02 50 00 60 01 64 00 00", "a type index is that of a module type"},
    {"3: 02 60 00 00 60 01 64 00 00", NULL},
    /* instances of single things, and their exports */
    {"1: [5: 01 00 01; 7: 01 'm'02 00]; 2: 01 00 00 00; 6: 01 00 02 01 00'm'; 2: 01 01 01 'n'02 00; 6: 01 00 02 01 "
     "01'n'",
     NULL},
    {"2: 01 01 01 'n'02 00", "unknown memory 0: memory index out of bounds"},
    {"2: 01 01 01 'n'05 00", "invalid leading byte (0x5) for external kind"},
    {"1: [5: 01 00 01; 7: 01 'm'02 00]; 2: 01 00 00 00; 6: 01 00 00 01 00'm'",
     "export 'm' for core instance 0 is not a function"},
    {"1: [5: 01 00 01; 7: 01 'm'02 00]; 2: 01 00 00 00; 6: 01 00 02 01 00'n'",
     "core instance 0 has no export named 'n'"},
    {"2: 01 01 00; 6: 01 00 02 01 01'n'", "unknown core instance 1: instance index out of bounds"},
    {"1: [5: 01 00 01; 7: 01 'm'02 00]; 2: 01 00 00 00; 6: 01 00 02 01 00'm'; 2: 01 01 02 'n'02 00'n'02 00",
     "duplicate instantiation export name 'n' already defined"},
};

static void test_core(void **state)
{
    (void)state;
    component_cases(core, WP_ARRAY_LEN(core));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_types), cmocka_unit_test(test_resources),
        cmocka_unit_test(test_inline),    cmocka_unit_test(test_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
