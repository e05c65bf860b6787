/* SPDX-License-Identifier: Apache-2.0
 *
 * The type store: groups that are equal are one, matching in all hierarchies, and types as text. */
#include "../unit.h"
#include "runtime-min/type.h"

struct store {
    struct wrt_mem mem;
    struct wrt_types types;
    struct wp_err err;
};

static void store_init(struct store *s)
{
    *s = (struct store){.mem = {.limit = 64 << 20}};
    s->types.mem = &s->mem;
}

static uint32_t add(struct store *s, const struct wrt_deftype *group, uint32_t n)
{
    uint32_t id = WRT_NO_INDEX;
    assert_int_equal(wrt_types_intern(&s->types, group, n, &id, &s->err), 0);
    return id;
}

#define LOCAL_REF(i) (WRT_REF | WRT_NULL | (WRT_CONCRETE + WRT_LOCAL + (i)))

static struct wrt_deftype struct_of(const struct wrt_field *fields, uint32_t n, uint32_t super)
{
    return (struct wrt_deftype){
        .kind = WRT_COMP_STRUCT, .super = super, .as.data = {.fields = fields, .field_count = n}};
}

static void test_functions(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    const uint32_t ints[] = {WRT_I32, WRT_I32}, longs[] = {WRT_I64};
    uint32_t a, b, c, d;
    assert_int_equal(wrt_types_func(&s.types, ints, 2, longs, 1, &a, &s.err), 0);
    assert_int_equal(wrt_types_func(&s.types, ints, 2, NULL, 0, &b, &s.err), 0);
    assert_int_equal(wrt_types_func(&s.types, ints, 1, ints, 1, &c, &s.err), 0);
    assert_int_equal(wrt_types_func(&s.types, ints, 2, longs, 1, &d, &s.err), 0);
    assert_int_equal(a, d);
    assert_true(a != b && b != c && a != c);
    assert_int_equal(wrt_deftype(&s.types, a)->as.func.params[1], WRT_I32);
    assert_true(wrt_deftype(&s.types, a)->as.func.params != ints);
    wrt_mem_done(&s.mem);
}

/* A list and its like: (rec (type (struct (field (ref null 0))))). */
static void test_groups(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    const struct wrt_field to_0 = {.type = LOCAL_REF(0)}, to_1 = {.type = LOCAL_REF(1)}, num = {.type = WRT_I32};
    struct wrt_deftype list = struct_of(&to_0, 1, WRT_NO_INDEX);
    uint32_t filler = add(&s, (struct wrt_deftype[]){struct_of(&num, 1, WRT_NO_INDEX)}, 1);
    uint32_t a = add(&s, &list, 1), b = add(&s, &list, 1);
    assert_int_equal(a, b);
    assert_int_equal(wrt_deftype(&s.types, a)->as.data.fields[0].type, wrt_ref_to(a, true));
    /* The same two types in another order, or as a larger group, are other types. */
    const struct wrt_deftype pair[] = {struct_of(&to_1, 1, WRT_NO_INDEX), struct_of(&to_0, 1, WRT_NO_INDEX)};
    const struct wrt_deftype twist[] = {struct_of(&to_0, 1, WRT_NO_INDEX), struct_of(&to_1, 1, WRT_NO_INDEX)};
    uint32_t p = add(&s, pair, 2), t = add(&s, twist, 2);
    assert_true(p != t && p != a && t != a);
    assert_int_equal(add(&s, pair, 2), p);
    assert_int_equal(wrt_deftype(&s.types, p + 1)->group, p);
    assert_int_equal(wrt_deftype(&s.types, p + 1)->group_pos, 1);
    assert_int_equal(wrt_deftype(&s.types, p + 1)->group_len, 2);
    /* A reference to an older type is not one to its own. */
    const struct wrt_field to_old = {.type = wrt_ref_to(a, true)};
    uint32_t other = add(&s, (struct wrt_deftype[]){struct_of(&to_old, 1, WRT_NO_INDEX)}, 1);
    assert_true(other != a);
    assert_int_equal(add(&s, (struct wrt_deftype[]){struct_of(&to_old, 1, WRT_NO_INDEX)}, 1), other);
    assert_int_equal(add(&s, (struct wrt_deftype[]){struct_of(&num, 1, WRT_NO_INDEX)}, 1), filler);
    assert_int_equal(add(&s, NULL, 0), s.types.types.count);
    wrt_mem_done(&s.mem);
}

/* What tells two types apart: kind, finality, mutability, packing, supertype. */
static void test_differences(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    const struct wrt_field i8 = {.type = WRT_I8}, i16 = {.type = WRT_I16}, mut = {.type = WRT_I8, .mut = true};
    struct wrt_deftype types[6];
    for (size_t i = 0; i < WP_ARRAY_LEN(types); i++) {
        types[i] = struct_of(&i8, 1, WRT_NO_INDEX);
    }
    types[1].as.data.fields = &i16;
    types[2].as.data.fields = &mut;
    types[3].kind = WRT_COMP_ARRAY;
    types[4].final = true;
    types[5].super = add(&s, &types[0], 1);
    uint32_t ids[6];
    for (uint32_t i = 0; i < 6; i++) {
        ids[i] = add(&s, &types[i], 1);
        for (uint32_t j = 0; j < i; j++) {
            assert_int_not_equal(ids[i], ids[j]);
        }
    }
    assert_int_equal(wrt_deftype(&s.types, ids[5])->depth, 1);
    wrt_mem_done(&s.mem);
}

static void test_many(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            uint32_t params[13], id;
            for (uint32_t b = 0; b < 13; b++) {
                params[b] = (i >> b & 1) != 0 ? WRT_I32 : WRT_I64;
            }
            assert_int_equal(wrt_types_func(&s.types, params, 13, NULL, 0, &id, &s.err), 0);
            assert_int_equal(id, i);
        }
    }
    wrt_mem_done(&s.mem);
}

/* ---- matching ---- */

static const uint32_t abstract[] = {WRT_HEAP_ANY,    WRT_HEAP_EQ,       WRT_HEAP_I31,  WRT_HEAP_STRUCT,
                                    WRT_HEAP_ARRAY,  WRT_HEAP_NONE,     WRT_HEAP_FUNC, WRT_HEAP_NOFUNC,
                                    WRT_HEAP_EXTERN, WRT_HEAP_NOEXTERN, WRT_HEAP_EXN,  WRT_HEAP_NOEXN};
/* Row: sub, column: super, in the order above. */
static const char *const matches[] = {
    "100000000000", "110000000000", "111000000000", "110100000000", "110010000000", "111111000000",
    "000000100000", "000000110000", "000000001000", "000000001100", "000000000010", "000000000011",
};

static void test_abstract(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    for (size_t i = 0; i < WP_ARRAY_LEN(abstract); i++) {
        for (size_t j = 0; j < WP_ARRAY_LEN(abstract); j++) {
            bool want = matches[i][j] == '1';
            assert_int_equal(wrt_heap_matches(&s.types, abstract[i], abstract[j]), want);
            assert_int_equal(wrt_matches(&s.types, WRT_REF | abstract[i], WRT_REF | WRT_NULL | abstract[j]), want);
            assert_int_equal(wrt_matches(&s.types, WRT_REF | WRT_NULL | abstract[i], WRT_REF | abstract[j]), false);
        }
    }
    assert_true(wrt_matches(&s.types, WRT_BOTTOM, WRT_I32));
    assert_false(wrt_matches(&s.types, WRT_I32, WRT_I64));
    assert_false(wrt_matches(&s.types, WRT_I32, WRT_FUNCREF));
    assert_false(wrt_matches(&s.types, WRT_FUNCREF, WRT_I32));
    assert_int_equal(wrt_heap_top(&s.types, WRT_HEAP_NONE), WRT_HEAP_ANY);
    assert_int_equal(wrt_heap_top(&s.types, WRT_HEAP_I31), WRT_HEAP_ANY);
    assert_int_equal(wrt_heap_top(&s.types, WRT_HEAP_NOFUNC), WRT_HEAP_FUNC);
    assert_int_equal(wrt_heap_top(&s.types, WRT_HEAP_NOEXTERN), WRT_HEAP_EXTERN);
    assert_int_equal(wrt_heap_top(&s.types, WRT_HEAP_NOEXN), WRT_HEAP_EXN);
    assert_true(wrt_defaultable(WRT_I32) && wrt_defaultable(WRT_FUNCREF));
    assert_false(wrt_defaultable(WRT_REF | WRT_HEAP_FUNC));
}

static bool below(const struct store *s, uint32_t id, uint32_t heap)
{
    return wrt_heap_matches(&s->types, WRT_CONCRETE + id, heap);
}

static void test_concrete(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    const struct wrt_field num = {.type = WRT_I32};
    uint32_t chain[5];
    struct wrt_deftype d = struct_of(&num, 1, WRT_NO_INDEX);
    for (uint32_t i = 0; i < 5; i++) {
        chain[i] = add(&s, &d, 1);
        d.super = chain[i];
    }
    uint32_t func,
        array =
            add(&s, (struct wrt_deftype[]){{.kind = WRT_COMP_ARRAY, .super = WRT_NO_INDEX, .as.data = {&num, 1}}}, 1);
    assert_int_equal(wrt_types_func(&s.types, NULL, 0, NULL, 0, &func, &s.err), 0);
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t j = 0; j < 5; j++) {
            assert_int_equal(wrt_id_matches(&s.types, chain[i], chain[j]), i >= j);
        }
    }
    assert_true(below(&s, chain[4], WRT_HEAP_STRUCT) && below(&s, chain[4], WRT_HEAP_EQ) &&
                below(&s, chain[4], WRT_HEAP_ANY));
    assert_false(below(&s, chain[4], WRT_HEAP_ARRAY) || below(&s, chain[4], WRT_HEAP_FUNC) ||
                 below(&s, chain[4], WRT_HEAP_NONE));
    assert_true(below(&s, array, WRT_HEAP_ARRAY) && below(&s, array, WRT_HEAP_EQ));
    assert_false(below(&s, array, WRT_HEAP_STRUCT));
    assert_true(below(&s, func, WRT_HEAP_FUNC));
    assert_false(below(&s, func, WRT_HEAP_ANY) || below(&s, func, WRT_HEAP_EXTERN));
    assert_true(wrt_heap_matches(&s.types, WRT_HEAP_NONE, WRT_CONCRETE + array));
    assert_true(wrt_heap_matches(&s.types, WRT_HEAP_NOFUNC, WRT_CONCRETE + func));
    assert_false(wrt_heap_matches(&s.types, WRT_HEAP_NOFUNC, WRT_CONCRETE + array));
    assert_false(wrt_heap_matches(&s.types, WRT_HEAP_NONE, WRT_CONCRETE + func));
    assert_false(wrt_heap_matches(&s.types, WRT_HEAP_STRUCT, WRT_CONCRETE + chain[0]));
    assert_int_equal(wrt_heap_top(&s.types, WRT_CONCRETE + func), WRT_HEAP_FUNC);
    assert_int_equal(wrt_heap_top(&s.types, WRT_CONCRETE + array), WRT_HEAP_ANY);
    wrt_mem_done(&s.mem);
}

/* Fields: width, depth where they do not change, nothing where they do. Functions: against the arrow for parameters. */
static void test_composite(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    const uint32_t any = WRT_REF | WRT_NULL | WRT_HEAP_ANY, eq = WRT_REF | WRT_NULL | WRT_HEAP_EQ;
    const struct wrt_field wide[] = {{.type = eq}, {.type = WRT_I32}}, base[] = {{.type = any}};
    const struct wrt_field wide_mut[] = {{.type = eq, .mut = true}}, base_mut[] = {{.type = any, .mut = true}};
    uint32_t w = add(&s, (struct wrt_deftype[]){struct_of(wide, 2, WRT_NO_INDEX)}, 1);
    uint32_t b = add(&s, (struct wrt_deftype[]){struct_of(base, 1, WRT_NO_INDEX)}, 1);
    uint32_t wm = add(&s, (struct wrt_deftype[]){struct_of(wide_mut, 1, WRT_NO_INDEX)}, 1);
    uint32_t bm = add(&s, (struct wrt_deftype[]){struct_of(base_mut, 1, WRT_NO_INDEX)}, 1);
    assert_true(wrt_composite_matches(&s.types, w, b));
    assert_false(wrt_composite_matches(&s.types, b, w));
    assert_false(wrt_composite_matches(&s.types, wm, bm));
    assert_false(wrt_composite_matches(&s.types, wm, b));
    assert_true(wrt_composite_matches(&s.types, wm, wm));
    uint32_t eq_to_any, any_to_eq;
    assert_int_equal(wrt_types_func(&s.types, &eq, 1, &any, 1, &eq_to_any, &s.err), 0);
    assert_int_equal(wrt_types_func(&s.types, &any, 1, &eq, 1, &any_to_eq, &s.err), 0);
    assert_true(wrt_composite_matches(&s.types, any_to_eq, eq_to_any));
    assert_false(wrt_composite_matches(&s.types, eq_to_any, any_to_eq));
    assert_false(wrt_composite_matches(&s.types, eq_to_any, b));
    wrt_mem_done(&s.mem);
}

static void type_is(uint32_t type, const char *want)
{
    char text[40];
    assert_int_equal(wrt_type_text(type, text, sizeof(text)), strlen(want));
    assert_string_equal(text, want);
}

static void deftype_is(struct store *s, uint32_t id, const char *want)
{
    char text[200], small[8];
    assert_int_equal(wrt_deftype_text(&s->types, id, text, sizeof(text)), strlen(want));
    assert_string_equal(text, want);
    assert_int_equal(wrt_deftype_text(&s->types, id, small, sizeof(small)) >= sizeof(small),
                     strlen(want) >= sizeof(small));
    assert_int_equal(strncmp(small, want, sizeof(small) - 1), 0);
    assert_int_equal(wrt_deftype_text(&s->types, id, NULL, 0), strlen(want));
}

static void test_text(void **state)
{
    (void)state;
    struct store s;
    store_init(&s);
    type_is(WRT_I32, "i32");
    type_is(WRT_V128, "v128");
    type_is(WRT_FUNCREF, "funcref");
    type_is(WRT_EXNREF, "exnref");
    type_is(WRT_REF | WRT_NULL | WRT_HEAP_NONE, "nullref");
    type_is(WRT_REF | WRT_NULL | WRT_HEAP_NOEXTERN, "nullexternref");
    type_is(WRT_REF | WRT_HEAP_I31, "(ref i31)");
    type_is(wrt_ref_to(12, true), "(ref null 12)");
    type_is(wrt_ref_to(3, false), "(ref 3)");
    const uint32_t params[] = {WRT_I32, WRT_FUNCREF}, results[] = {WRT_I64};
    uint32_t id;
    assert_int_equal(wrt_types_func(&s.types, params, 2, results, 1, &id, &s.err), 0);
    deftype_is(&s, id, "(param i32 funcref) (result i64)");
    assert_int_equal(wrt_types_func(&s.types, NULL, 0, results, 1, &id, &s.err), 0);
    deftype_is(&s, id, "(result i64)");
    assert_int_equal(wrt_types_func(&s.types, NULL, 0, NULL, 0, &id, &s.err), 0);
    deftype_is(&s, id, "");
    const struct wrt_field fields[] = {{.type = WRT_I8, .mut = true}, {.type = WRT_F64}};
    deftype_is(&s, add(&s, (struct wrt_deftype[]){struct_of(fields, 2, WRT_NO_INDEX)}, 1),
               "(struct (field (mut i8)) (field f64))");
    deftype_is(
        &s, add(&s, (struct wrt_deftype[]){{.kind = WRT_COMP_ARRAY, .super = WRT_NO_INDEX, .as.data = {fields, 1}}}, 1),
        "(array (mut i8))");
    wrt_mem_done(&s.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_groups),   cmocka_unit_test(test_differences),
        cmocka_unit_test(test_many),      cmocka_unit_test(test_abstract), cmocka_unit_test(test_concrete),
        cmocka_unit_test(test_composite), cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
