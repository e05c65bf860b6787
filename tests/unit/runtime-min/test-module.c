/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections of core modules: what is accepted and recorded, what is refused in which words. */
#include "module-fixture.h"

#define TYPE_V   "01 04 01 60 00 00 "                      /* () */
#define TYPE_IV  "01 08 02 60 00 00 60 01 7f 00 "          /* (), (i32) */
#define TYPE_GC  "01 0b 03 5f 01 7f 00 5e 78 01 60 00 00 " /* struct, array, () */
#define FUNC_V   "03 02 01 00 "
#define CODE_V   "0a 04 01 02 00 0b "
#define MEMORY   "05 03 01 00 01 "
#define TABLE    "04 04 01 70 00 01 "
#define GLOBAL_I "06 06 01 7f 00 41 00 0b "

static const struct module_case framing[] = {
    {"", NULL},
    {TYPE_V FUNC_V CODE_V, NULL},
    {"00 02 01 61 " TYPE_V "00 02 01 61 ", NULL},
    {"0e 00", "at byte 0x8: malformed section id: 14"},
    {"01 01 00 01 01 00", "at byte 0xb: unexpected content after last section: a second type section"},
    {"02 01 00 01 01 00",
     "at byte 0xb: unexpected content after last section: the type section stands after the import section"},
    {"06 01 00 0d 01 00",
     "at byte 0xb: unexpected content after last section: the tag section stands after the global section"},
    {"0a 01 00 0c 01 00",
     "at byte 0xb: unexpected content after last section: the data count section stands after the code section"},
    {TYPE_V FUNC_V, "at byte 0x12: function and code section have inconsistent lengths: 1 and 0"},
    {CODE_V, "at byte 0xa: function and code section have inconsistent lengths: 0 and 1"},
    {"01 02 00 00", "at byte 0xb: section size mismatch: 1 bytes too many in the type section"},
    {"01 03 01 60", "at byte 0x8: unexpected end: section 1 claims 3 bytes, 2 are left"},
    {"01 03 05 60 00", "type section: at byte 0xa: unexpected end: 5 types are claimed in 2 bytes"},
    {"01 05 ffffffff0f", "type section: at byte 0xa: 4294967295 types, at most 1000000 are allowed"},
    {TYPE_V "03 02 01 05", "function section: at byte 0x11: unknown type 5: the module has 1"},
    {TYPE_V FUNC_V "0a 03 01 05 00",
     "code section: function 0: at byte 0x15: unexpected end of section or function: a body of 5 bytes, 1 are left"},
};

static const struct module_case types[] = {
    {TYPE_GC, NULL},
    {"01 06 01 60 01 7f 01 7e", NULL},
    {"01 09 01 60 04 7f 7e 7d 7c 01 7b", NULL},
    {"01 08 01 60 03 70 6f 64 6c 00", NULL},
    {"01 06 01 5f 01 63 00 00", NULL},                   /* a list of itself */
    {"01 0a 01 4e 02 5e 63 01 00 60 00 00", NULL},       /* a group, forward inside */
    {"01 0a 02 50 00 5f 00 4f 01 00 5f 00", NULL},       /* open, and a final sub type */
    {"01 0c 01 4e 02 50 00 5f 00 50 01 00 5f 00", NULL}, /* the same in one group */
    {"01 02 01 4e", "type section: at byte 0xc: unexpected end"},
    {"01 04 01 61 00 00", "type section: at byte 0xb: malformed type: form 0x61 is not known"},
    {"01 05 01 e0 7f 00 00",
     "type section: at byte 0xb: integer representation too long: the form of a type is one byte"},
    {"01 05 01 60 01 40 00", "type section: at byte 0xd: malformed value type: 0x40"},
    {"01 05 01 60 01 78 00", "type section: at byte 0xd: malformed value type: 0x78"},
    {"01 06 01 60 01 63 40 00", "type section: at byte 0xe: malformed heap type: 0x40"},
    {"01 06 01 60 01 63 01 00", "type section: at byte 0xe: unknown type 1: 1 are defined before it"},
    {"01 09 02 5f 01 63 01 00 60 00 00", "type section: at byte 0xe: unknown type 1: 1 are defined before it"},
    {"01 05 01 5f 01 7f 02", "type section: at byte 0xe: malformed mutability: 0x02"},
    {"01 06 01 50 01 00 5f 00",
     "type section: at byte 0xd: unknown type 0: a super type must stand before its sub type 0"},
    {"01 0c 01 4e 02 50 01 01 5f 00 50 00 5f 00",
     "type section: at byte 0xf: unknown type 1: a super type must stand before its sub type 0"},
    {"01 0f 03 50 00 5f 00 50 00 5f 00 50 02 00 01 5f 00",
     "type section: at byte 0x14: sub type of 2 types, at most one is allowed"},
    {"01 08 02 5f 00 50 01 00 5f 00", "type section: at byte 0xd: sub type 1 has type 0 above it, which is final"},
    {"01 0b 02 50 00 5f 00 50 01 00 5e 7f 00", "type section: at byte 0xf: sub type 1 does not match type 0 above it"},
    {"01 0c 02 50 00 5f 01 7f 00 50 01 00 5f 00",
     "type section: at byte 0x11: sub type 1 does not match type 0 above it"},
    {"01 05 01 60 e9 07 00", "type section: at byte 0xc: 1001 parameters, at most 1000 are allowed"},
    {"01 05 01 60 00 e9 07", "type section: at byte 0xd: 1001 results, at most 1000 are allowed"},
    {"01 04 01 5f 91 4e", "type section: at byte 0xc: 10001 fields, at most 10000 are allowed"},
};

static const struct module_case imports[] = {
    {TYPE_V "02 07 01 01 61 01 66 00 00", NULL},
    {"02 09 01 01 61 01 74 01 70 00 01", NULL},
    {"02 0b 01 01 61 01 74 01 63 70 05 01 02", NULL},
    {"02 09 01 01 61 01 6d 02 03 01 02", NULL},
    {"02 08 01 01 61 01 67 03 7f 01", NULL},
    {TYPE_V "02 08 01 01 61 01 78 04 00 00", NULL},
    {"02 06 01 01 61 01 66 05", "import section: at byte 0xf: malformed import kind: 0x05"},
    {"02 07 01 01 61 01 66 00 00", "import section: at byte 0x10: unknown type 0: the module has 0"},
    {TYPE_GC "02 07 01 01 61 01 66 00 00", "import section: at byte 0x1d: unknown type 0: it is not a function type"},
    {"02 08 01 01 61 01 6d 02 10 00", "import section: at byte 0x10: malformed limits flags: 0x10"},
    {"02 09 01 01 61 01 74 01 70 08 00", "import section: at byte 0x11: malformed limits flags: 0x08"},
    {"02 0a 01 01 61 01 74 01 70 03 00 00", "import section: at byte 0x11: malformed limits flags: 0x03"},
    {"02 08 01 01 61 01 67 03 7f 02", "import section: at byte 0x11: malformed mutability: 0x02"},
    {"02 08 01 01 61 01 67 03 40 00", "import section: at byte 0x10: malformed value type: 0x40"},
    {"02 09 01 01 61 01 74 01 7f 00 00", "import section: at byte 0x10: malformed reference type: 0x7f"},
    {TYPE_V "02 08 01 01 61 01 78 04 01 00", "import section: at byte 0x16: malformed tag attribute: 0x01"},
    {"02 02 ffff", "import section: at byte 0xc: unexpected end"},
    {"02 05 01 05 61 62 63", "import section: at byte 0xb: unexpected end: a name claims 5 bytes, 3 are left"},
    {"02 07 01 01 ff 01 66 00 00", "import section: at byte 0xc: malformed UTF-8 encoding of a name"},
};

static const struct module_case definitions[] = {
    {TABLE MEMORY GLOBAL_I, NULL},
    {"04 09 01 40 00 70 00 01 d0 70 0b", NULL},
    {"05 04 01 00 80 02", NULL},
    {"05 05 01 00 81 80 04", "memory section: at byte 0xb: memory size must be at most 65536 pages (4GiB)"},
    {"05 06 01 01 00 81 80 04", "memory section: at byte 0xb: memory size must be at most 65536 pages (4GiB)"},
    {"05 09 01 04 80 80 80 80 80 80 40", NULL},
    {"05 09 01 04 81 80 80 80 80 80 40",
     "memory section: at byte 0xb: memory size must be at most 281474976710656 pages"},
    {"05 04 01 01 02 01", "memory section: at byte 0xb: size minimum must not be greater than maximum: 2 and 1"},
    {"05 03 01 02 01", "memory section: at byte 0xb: shared memory must have maximum"},
    {"05 04 01 08 01 00",
     "memory section: at byte 0xb: malformed limits flags: 0x08 needs the feature 'custom-page-sizes'"},
    {"05 02 e5 00", "memory section: at byte 0xa: 101 memories, at most 100 are allowed"},
    {"04 05 01 64 70 00 01", "table section: at byte 0xb: type mismatch: a table of (ref func) needs an initial value"},
    {"04 08 01 70 00 81 80 80 80 10", "table section: at byte 0xc: table size must be at most 2^32-1 entries"},
    {"04 06 01 40 01 70 00 01", "table section: at byte 0xc: malformed table: 0x01 after 0x40"},
    {"04 09 01 40 00 70 00 01 41 00 0b", "table section: at byte 0x12: type mismatch: expected funcref, found i32"},
    {"0d 03 01 00 00", "tag section: at byte 0xc: unknown type 0: the module has 0"},
    {"01 05 01 60 00 01 7f 0d 03 01 00 00", "tag section: at byte 0x13: non-empty tag result type"},
    {TYPE_V "0d 03 01 00 00", NULL},
};

static const struct module_case exports[] = {
    {TYPE_V FUNC_V "07 09 02 01 61 00 00 01 62 00 00 " CODE_V, NULL},
    {TYPE_V FUNC_V "07 09 02 01 61 00 00 01 61 00 00 " CODE_V,
     "export section: at byte 0x19: duplicate export name: 'a' is exported twice"},
    {TYPE_V FUNC_V "07 05 01 01 61 00 01 " CODE_V,
     "export section: at byte 0x18: unknown function 1: the module has 1"},
    {"07 05 01 01 61 01 00", "export section: at byte 0xe: unknown table 0: the module has 0"},
    {"07 05 01 01 61 02 00", "export section: at byte 0xe: unknown memory 0: the module has 0"},
    {"07 05 01 01 61 03 00", "export section: at byte 0xe: unknown global 0: the module has 0"},
    {"07 05 01 01 61 04 00", "export section: at byte 0xe: unknown tag 0: the module has 0"},
    {"07 05 01 01 66 05 00", "export section: at byte 0xd: malformed export kind: 0x05"},
    {TYPE_V FUNC_V "08 01 00 " CODE_V, NULL},
    {"08 01 00", "start section: at byte 0xa: unknown function 0: the module has 0"},
    {TYPE_IV "03 02 01 01 08 01 00 " CODE_V,
     "start section: at byte 0x18: start function: function 0 takes or gives values"},
    {"08 02 00 00", "start section: at byte 0xa: unknown function 0: the module has 0"},
};

/* All eight forms of element segments; functions 0 of type (), tables of funcref. */
#define WITH_FUNC        TYPE_V FUNC_V TABLE
#define ELEM(size, body) WITH_FUNC "09 " size " 01 " body CODE_V

static const struct module_case elements[] = {
    {ELEM("07", "00 41 00 0b 01 00 "), NULL},
    {ELEM("05", "01 00 01 00 "), NULL},
    {ELEM("09", "02 00 41 00 0b 00 01 00 "), NULL},
    {ELEM("05", "03 00 01 00 "), NULL},
    {ELEM("09", "04 41 00 0b 01 d2 00 0b "), NULL},
    {ELEM("07", "05 70 01 d0 70 0b "), NULL},
    {ELEM("0b", "06 00 41 00 0b 70 01 d2 00 0b "), NULL},
    {ELEM("07", "07 6f 01 d0 6f 0b "), NULL},
    {ELEM("04", "08 00 00 "), "element section: at byte 0x1b: malformed element segment: flags 0x08"},
    {ELEM("05", "01 01 01 00 "), "element section: at byte 0x1c: malformed element kind: 0x01"},
    {ELEM("07", "00 41 00 0b 01 01 "), "element section: at byte 0x20: unknown function 1: the module has 1"},
    {ELEM("09", "02 01 41 00 0b 00 01 00 "), "element section: at byte 0x1c: unknown table 1: the module has 1"},
    {ELEM("07", "00 42 00 0b 01 00 "), "element section: at byte 0x1e: type mismatch: expected i32, found i64"},
    {ELEM("0b", "06 00 41 00 0b 6f 01 d0 6f 0b "),
     "element section: at byte 0x20: type mismatch: elements of externref in a table of funcref"},
    {ELEM("07", "05 70 01 d0 6f 0b "),
     "element section: at byte 0x20: type mismatch: expected funcref, found externref"},
    {ELEM("05", "01 00 09 00 "), "element section: at byte 0x1d: unexpected end: 9 elements are claimed in 1 bytes"},
    {"09 04 a1 8d 06 00", "element section: at byte 0xa: 100001 element segments, at most 100000 are allowed"},
};

static const struct module_case data[] = {
    {MEMORY "0b 07 01 00 41 00 0b 01 61", NULL},
    {MEMORY "0b 08 01 02 00 41 00 0b 01 61", NULL},
    {"0b 04 01 01 01 61", NULL},
    {"0c 01 01 0b 04 01 01 01 61", NULL},
    {"0c 01 00", NULL},
    {"0b 07 01 00 41 00 0b 01 61", "data section: at byte 0xb: unknown memory 0: the module has 0"},
    {MEMORY "0b 08 01 02 01 41 00 0b 01 61", "data section: at byte 0x10: unknown memory 1: the module has 1"},
    {"0b 04 01 03 01 61", "data section: at byte 0xb: malformed data segment: flags 0x03"},
    {"0b 04 01 01 05 61",
     "data section: at byte 0xc: unexpected end of section or function: a segment of 5 bytes, 1 are left"},
    {MEMORY "0b 07 01 00 42 00 0b 01 61", "data section: at byte 0x13: type mismatch: expected i32, found i64"},
    {"0c 01 02 0b 04 01 01 01 61",
     "data section: at byte 0xd: data count and data section have inconsistent lengths: 2 and 1"},
    {"0c 01 01", "at byte 0xb: data count and data section have inconsistent lengths: 1 and 0"},
    {"0b 02 05 00", "data section: at byte 0xa: unexpected end: 5 data segments are claimed in 1 bytes"},
    {"0b 03 a1 8d 06", "data section: at byte 0xa: 100001 data segments, at most 100000 are allowed"},
};

#define RUN(name)                                                       \
    static void test_##name(void **state)                               \
    {                                                                   \
        (void)state;                                                    \
        module_cases(name, WP_ARRAY_LEN(name), wrt_features_default()); \
    }
RUN(framing)
RUN(types)
RUN(imports)
RUN(definitions)
RUN(exports)
RUN(elements)
RUN(data)

/* What each feature opens. */
struct feature_case {
    uint64_t feature;
    const char *hex, *message;
};

static const struct feature_case gated[] = {
    {UINT64_C(1) << WRT_BIT_SIMD, "01 05 01 60 01 7b 00",
     "type section: at byte 0xd: unexpected content: v128 needs the feature 'simd'"},
    {UINT64_C(1) << WRT_BIT_MULTI_VALUE, "01 06 01 60 00 02 7f 7f",
     "type section: at byte 0xc: unexpected content: a function with several results needs the feature 'multi-value'"},
    {UINT64_C(1) << WRT_BIT_REFERENCE_TYPES, "01 05 01 60 01 6f 00",
     "type section: at byte 0xd: unexpected content: externref needs the feature 'reference-types'"},
    {UINT64_C(1) << WRT_BIT_GC, "01 03 01 5f 00",
     "type section: at byte 0xb: unexpected content: a struct type needs the feature 'gc'"},
    {UINT64_C(1) << WRT_BIT_GC, "01 05 01 60 01 6e 00",
     "type section: at byte 0xd: unexpected content: anyref needs the feature 'gc'"},
    {UINT64_C(1) << WRT_BIT_FUNCTION_REFERENCES, "01 06 01 60 01 64 70 00",
     "type section: at byte 0xd: unexpected content: (ref func) needs the feature 'function-references'"},
    {UINT64_C(1) << WRT_BIT_EXCEPTIONS, "01 05 01 60 01 69 00",
     "type section: at byte 0xd: unexpected content: exnref needs the feature 'exceptions'"},
    {UINT64_C(1) << WRT_BIT_MEMORY64, "05 03 01 04 01",
     "memory section: at byte 0xb: unexpected content: a 64-bit memory needs the feature 'memory64'"},
    {UINT64_C(1) << WRT_BIT_MULTI_MEMORY, "05 05 02 00 01 00 01",
     "memory section: at byte 0xd: multiple memories: a second one needs the feature 'multi-memory'"},
    {UINT64_C(1) << WRT_BIT_REFERENCE_TYPES, "04 07 02 70 00 01 70 00 01",
     "table section: at byte 0xe: multiple tables: a second one needs the feature 'reference-types'"},
    {UINT64_C(1) << WRT_BIT_THREADS, "05 04 01 03 01 02",
     "memory section: at byte 0xb: unexpected content: a shared memory needs the feature 'threads'"},
    {UINT64_C(1) << WRT_BIT_CUSTOM_PAGE_SIZES, "05 04 01 08 01 00",
     "memory section: at byte 0xb: malformed limits flags: 0x08 needs the feature 'custom-page-sizes'"},
    {UINT64_C(1) << WRT_BIT_MUTABLE_GLOBAL, "02 08 01 01 61 01 67 03 7f 01",
     "import section: at byte 0xf: unexpected content: an imported mutable global needs the feature 'mutable-global'"},
    {UINT64_C(1) << WRT_BIT_BULK_MEMORY, "0b 04 01 01 01 61",
     "data section: at byte 0xb: unexpected content: a passive data segment needs the feature 'bulk-memory'"},
    {UINT64_C(1) << WRT_BIT_BULK_MEMORY, "0c 01 00",
     "data count section: at byte 0xa: unexpected content: a data count section needs the feature 'bulk-memory'"},
    {UINT64_C(1) << WRT_BIT_FUNCTION_REFERENCES, "04 09 01 40 00 70 00 01 d0 70 0b",
     "table section: at byte 0xb: unexpected content: a table with an initial value needs the feature "
     "'function-references'"},
};

static void test_features(void **state)
{
    (void)state;
    const uint64_t all = (UINT64_C(1) << WRT_BIT_COUNT) - 1;
    for (size_t i = 0; i < WP_ARRAY_LEN(gated); i++) {
        struct module_fixture f;
        module_decode(&f, gated[i].hex, all & ~gated[i].feature);
        assert_string_equal(f.err.msg, gated[i].message);
        module_done(&f);
        module_decode(&f, gated[i].hex, all);
        if (f.rc != 0) {
            fail_msg("%s: %s", gated[i].hex, f.err.msg);
        }
        assert_true((f.m.used & gated[i].feature) != 0);
        module_done(&f);
    }
    struct module_fixture f;
    module_decode(&f, TYPE_V FUNC_V MEMORY CODE_V, 0);
    assert_int_equal(f.rc, 0);
    assert_true(f.m.used == 0);
    module_done(&f);
}

static void test_custom_pages(void **state)
{
    (void)state;
    const struct module_case cases[] = {
        {"05 04 01 08 01 00", NULL},
        {"05 04 01 08 01 10", NULL},
        {"05 04 01 08 01 01",
         "memory section: at byte 0xd: invalid custom page size: 2^1 bytes, only 1 and 65536 are allowed"},
        {"05 04 01 08 01 40",
         "memory section: at byte 0xd: invalid custom page size: 2^64 bytes, only 1 and 65536 are allowed"},
        {"05 08 01 08 80 80 80 80 10 00", "memory section: at byte 0xb: memory size must be at most 4294967295 pages"},
        {"05 08 01 08 ff ff ff ff 0f 00", NULL},
    };
    module_cases(cases, WP_ARRAY_LEN(cases), (UINT64_C(1) << WRT_BIT_COUNT) - 1);
}

static void test_record(void **state)
{
    (void)state;
    struct module_fixture f;
    module_decode(&f,
                  TYPE_IV "02 0e 02 01 61 01 66 00 01 01 61 01 67 03 7e 00 " /* func 0 (i32), global 0 i64 */
                          "03 03 02 00 00 " TABLE MEMORY "0d 03 01 00 01 "
                          "06 06 01 7f 01 41 07 0b "
                          "07 07 01 03 72 75 6e 00 01 "
                          "08 01 02 "
                          "09 08 01 00 41 00 0b 02 00 02 "
                          "0c 01 01 "
                          "0a 0a 02 03 00 01 0b 04 01 01 7f 0b "
                          "0b 07 01 00 41 00 0b 01 61 "
                          "00 0e 04 6e616d65 01 07 01 02 04 6d61696e ",
                  wrt_features_default());
    if (f.rc != 0) {
        fail_msg("%s", f.err.msg);
    }
    const struct wrt_module *m = &f.m;
    assert_int_equal(m->type_count, 2);
    assert_int_equal(m->func_count, 3);
    assert_int_equal(m->func_imports, 1);
    assert_int_equal(m->funcs[0], m->type_ids[1]);
    assert_int_equal(m->funcs[2], m->type_ids[0]);
    assert_int_equal(m->import_count, 2);
    assert_int_equal(m->imports[1].kind, WRT_GLOBAL);
    assert_int_equal(m->imports[1].index, 0);
    assert_int_equal(m->global_count, 2);
    assert_int_equal(m->globals[0].type, WRT_I64);
    assert_int_equal(m->globals[0].init.len, 0);
    assert_true(m->globals[1].mut);
    assert_int_equal(m->globals[1].init.len, 3);
    assert_int_equal(m->table_count, 1);
    assert_int_equal(m->tables[0].type, WRT_FUNCREF);
    assert_int_equal(m->tables[0].limits.min, 1);
    assert_false(m->tables[0].limits.has_max);
    assert_int_equal(m->memory_count, 1);
    assert_int_equal(m->memories[0].page_log2, 16);
    assert_int_equal(m->tag_count, 1);
    assert_int_equal(m->export_count, 1);
    assert_memory_equal(m->exports[0].name.ptr, "run", 3);
    assert_int_equal(m->start, 2);
    assert_int_equal(m->elem_count, 1);
    assert_true(m->has_data_count);
    assert_int_equal(m->data_count, 1);
    assert_int_equal(m->code_count, 2);
    assert_memory_equal(m->base + m->code[0].offset, "\x00\x01\x0b", 3);
    assert_int_equal(m->code[1].size, 4);
    assert_true(wrt_declared(m, 0) && wrt_declared(m, 1) && wrt_declared(m, 2));
    struct wp_span name = wrt_function_name(m, 2);
    assert_int_equal(name.len, 4);
    assert_memory_equal(name.ptr, "main", 4);
    assert_int_equal(wrt_function_name(m, 1).len, 0);
    module_done(&f);
}

/* Malformed content of custom sections is nobody's business. */
static void test_odd_names(void **state)
{
    (void)state;
    const char *const names[] = {"00 05 04 6e616d65", "00 07 04 6e616d65 01 7f", "00 08 04 6e616d65 01 01 ff",
                                 "00 0a 04 6e616d65 01 03 01 00 7f"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        struct module_fixture f;
        module_decode(&f, names[i], 0);
        assert_int_equal(f.rc, 0);
        assert_int_equal(wrt_function_name(&f.m, 0).len, 0);
        module_done(&f);
    }
}

/* 63 types above one are allowed, 64 are not. */
static void test_depth(void **state)
{
    (void)state;
    for (unsigned n = 64; n <= 65; n++) {
        WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
        unsigned size = 1 + 4 + (n - 1) * 5;
        wp_buf_printf(&hex, "01 %02x %02x %02x 50 00 5f 00 ", (size & 0x7f) | 0x80, size >> 7, n);
        for (unsigned i = 1; i < n; i++) {
            wp_buf_printf(&hex, "50 01 %02x 5f 00 ", i - 1);
        }
        struct module_fixture f;
        module_decode(&f, hex.ptr, wrt_features_default());
        assert_int_equal(f.rc, n == 64 ? 0 : -1);
        if (n == 65) {
            assert_non_null(strstr(f.err.msg, "sub type 64 has more than 63 types above it"));
        }
        module_done(&f);
    }
}

/* A group of many types costs a bounded amount each. */
static void test_memory_budget(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
    wp_buf_printf(&hex, "01 f4 2e 01 4e d0 0f "); /* a group of 2000 types */
    for (unsigned i = 0; i < 2000; i++) {
        wp_buf_printf(&hex, "60 00 00 ");
    }
    struct module_fixture f;
    module_decode(&f, hex.ptr, wrt_features_default());
    if (f.rc != 0) {
        fail_msg("%s", f.err.msg);
    }
    assert_int_equal(f.m.type_count, 2000);
    assert_int_not_equal(f.m.type_ids[0], f.m.type_ids[1]);
    assert_true(f.mem.used < 2000 * 200);
    module_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_framing),       cmocka_unit_test(test_types),     cmocka_unit_test(test_imports),
        cmocka_unit_test(test_definitions),   cmocka_unit_test(test_exports),   cmocka_unit_test(test_elements),
        cmocka_unit_test(test_data),          cmocka_unit_test(test_features),  cmocka_unit_test(test_custom_pages),
        cmocka_unit_test(test_record),        cmocka_unit_test(test_odd_names), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memory_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
