/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap by itself: layouts, references, what a collection keeps and forgets, the budget. Roots are the words of a
 * value stack without frames. */
#include "../unit.h"
#include "runtime-min/heap.h"

enum { ROOTS = 64 };

struct fixture {
    struct wrt_store *s;
    struct wrt_exec *x;
    uint64_t *roots;
    uint32_t leaf, pair, list, bytes, refs, wide, node, tag_type; /* types */
    struct wrt_tag_inst tag;
};

static uint32_t add(struct fixture *f, enum wrt_composite kind, const struct wrt_field *fields, uint32_t n,
                    uint32_t super)
{
    struct wp_err err;
    uint32_t id = WRT_NO_INDEX;
    struct wrt_deftype d = {.kind = kind, .super = super, .as.data = {.fields = fields, .field_count = n}};
    assert_int_equal(wrt_types_intern(wrt_store_types(f->s), &d, 1, &id, &err), 0);
    return id;
}

#define ANYREF (WRT_REF | WRT_NULL | WRT_HEAP_ANY)

static void setup(struct fixture *f, uint64_t budget)
{
    struct wp_err err;
    memset(f, 0, sizeof(*f));
    assert_int_equal(wrt_store_new(&(struct wrt_budget){.heap = budget}, NULL, &f->s, &err), 0);
    f->x = &f->s->exec;
    f->roots = f->x->stack;
    f->x->top = f->x->stack + ROOTS;
    const struct wrt_field i32 = {.type = WRT_I32, .mut = true}, any = {.type = ANYREF, .mut = true},
                           i8 = {.type = WRT_I8, .mut = true};
    f->leaf = add(f, WRT_COMP_STRUCT, &i32, 1, WRT_NO_INDEX);
    f->pair = add(f, WRT_COMP_STRUCT, (struct wrt_field[]){any, any}, 2, WRT_NO_INDEX);
    f->list = add(f, WRT_COMP_STRUCT, (struct wrt_field[]){i32, any}, 2, f->leaf);
    f->bytes = add(f, WRT_COMP_ARRAY, &i8, 1, WRT_NO_INDEX);
    f->refs = add(f, WRT_COMP_ARRAY, &any, 1, WRT_NO_INDEX);
    const struct wrt_field wide[] = {{.type = WRT_I8},       {.type = WRT_V128},    {.type = WRT_I16},
                                     {.type = WRT_I8},       {.type = WRT_FUNCREF}, {.type = WRT_F32},
                                     {.type = WRT_EXTERNREF}};
    f->wide = add(f, WRT_COMP_STRUCT, wide, 7, WRT_NO_INDEX);
    const uint32_t params[] = {WRT_I64, ANYREF, WRT_V128};
    assert_int_equal(wrt_types_func(wrt_store_types(f->s), params, 3, NULL, 0, &f->tag_type, &err), 0);
    f->tag.type = f->tag_type;
}

static uint64_t object(struct fixture *f, uint32_t type)
{
    uint64_t ref = 0;
    assert_int_equal(wrt_heap_struct(f->x, type, &ref), 0);
    return ref;
}

static uint64_t array(struct fixture *f, uint32_t type, uint64_t n)
{
    uint64_t ref = 0;
    assert_int_equal(wrt_heap_array(f->x, type, n, &ref), 0);
    return ref;
}

static uint64_t *word(struct fixture *f, uint64_t ref, uint64_t offset)
{
    return (uint64_t *)(void *)wrt_object_at(f->s->heap, ref, offset);
}

/* ---- layouts ---- */

static void test_layout(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 1 << 20);
    assert_null(f.s->heap);
    const struct wrt_layout *l = wrt_layout(f.x, f.wide);
    /* i8 at 8, v128 at 16, i16 at 32, i8 at 34, funcref at 40, f32 at 48, externref at 56: of all only the last is
     * traced */
    const uint32_t offsets[] = {8, 16, 32, 34, 40, 48, 56};
    assert_memory_equal(l->offsets, offsets, sizeof(offsets));
    assert_int_equal(l->size, 64);
    assert_int_equal(l->ref_count, 1);
    assert_int_equal(l->refs[0], 56);
    l = wrt_layout(f.x, f.bytes);
    assert_int_equal(l->size, 1);
    assert_int_equal(l->ref_count, 0);
    l = wrt_layout(f.x, f.tag_type);
    assert_int_equal(l->size, 16 + 8 + 8 + 16);
    assert_int_equal(l->refs[0], 24);
    assert_int_equal(l->ref_count, 1);
    /* A subtype begins like its supertype. */
    assert_int_equal(wrt_layout(f.x, f.leaf)->offsets[0], wrt_layout(f.x, f.list)->offsets[0]);
    assert_ptr_equal(wrt_layout(f.x, f.wide), wrt_layout(f.x, f.wide));
    /* Types that come later. */
    const struct wrt_field i64 = {.type = WRT_I64};
    uint32_t late = 0;
    for (uint32_t i = 0; i < 100; i++) {
        const struct wrt_field to = {.type = wrt_ref_to(i == 0 ? f.leaf : late, true)};
        late = add(&f, WRT_COMP_STRUCT, (struct wrt_field[]){i64, to}, 2, WRT_NO_INDEX);
    }
    assert_int_equal(wrt_layout(f.x, late)->size, 24);
    wrt_store_free(f.s);
}

static void test_storage(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, size;
        uint64_t low, high;
    } rows[] = {{WRT_I8, 1, 0xf8, 7},
                {WRT_I16, 2, 0xf7f8, 7},
                {WRT_I32, 4, 0xf5f6f7f8, 7},
                {WRT_F32, 4, 0xf5f6f7f8, 7},
                {WRT_I64, 8, 0xf1f2f3f4f5f6f7f8, 7},
                {WRT_FUNCREF, 8, 0xf1f2f3f4f5f6f7f8, 7},
                {WRT_V128, 16, 0xf1f2f3f4f5f6f7f8, 0xe1e2e3e4e5e6e7e8}};
    const uint64_t value[] = {0xf1f2f3f4f5f6f7f8, 0xe1e2e3e4e5e6e7e8};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint8_t memory[17] = {[16] = 0x55};
        uint64_t slots[] = {7, 7};
        memory[rows[i].size] = 0x55;
        wrt_storage_set(memory, rows[i].type, value);
        assert_int_equal(memory[rows[i].size], 0x55);
        wrt_storage_get(memory, rows[i].type, slots);
        assert_int_equal(wrt_storage_size(rows[i].type), rows[i].size);
        assert_int_equal(slots[0], rows[i].low);
        assert_int_equal(slots[1], rows[i].high);
    }
}

/* ---- references ---- */

static void test_matching(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 1 << 20);
    struct wrt_func func = {.type = f.tag_type};
    uint64_t payload[4] = {0}, exn = 0;
    assert_int_equal(wrt_heap_exception(f.x, &f.tag, payload, &exn), 0);
    const uint64_t leaf = object(&f, f.leaf), list = object(&f, f.list), bytes = array(&f, f.bytes, 3),
                   i31 = wrt_i31(UINT32_MAX), host = 5 << 2 | 2, fun = (uint64_t)(uintptr_t)&func;
    const struct {
        uint64_t ref;
        uint32_t type;
        bool matches;
    } rows[] = {
        {0, WRT_REF | WRT_HEAP_ANY, false},
        {0, WRT_REF | WRT_NULL | WRT_HEAP_NONE, true},
        {0, WRT_FUNCREF, true},
        {leaf, WRT_REF | WRT_HEAP_ANY, true},
        {leaf, WRT_REF | WRT_HEAP_EQ, true},
        {leaf, WRT_REF | WRT_HEAP_STRUCT, true},
        {leaf, WRT_REF | WRT_HEAP_ARRAY, false},
        {leaf, WRT_REF | WRT_HEAP_I31, false},
        {leaf, WRT_REF | WRT_HEAP_NONE, false},
        {leaf, WRT_REF | WRT_HEAP_EXTERN, true},
        {leaf, WRT_REF | WRT_HEAP_NOEXTERN, false},
        {leaf, wrt_ref_to(f.leaf, false), true},
        {leaf, wrt_ref_to(f.list, true), false},
        {list, wrt_ref_to(f.list, false), true},
        {list, wrt_ref_to(f.leaf, false), true},
        {list, wrt_ref_to(f.pair, false), false},
        {bytes, WRT_REF | WRT_HEAP_ARRAY, true},
        {bytes, WRT_REF | WRT_HEAP_STRUCT, false},
        {bytes, wrt_ref_to(f.bytes, false), true},
        {bytes, wrt_ref_to(f.refs, false), false},
        {i31, WRT_REF | WRT_HEAP_I31, true},
        {i31, WRT_REF | WRT_HEAP_EQ, true},
        {i31, WRT_REF | WRT_HEAP_STRUCT, false},
        {i31, wrt_ref_to(f.leaf, false), false},
        {i31, WRT_REF | WRT_HEAP_EXTERN, true},
        {host, WRT_REF | WRT_HEAP_EXTERN, true},
        {host, WRT_REF | WRT_HEAP_ANY, true},
        {host, WRT_REF | WRT_HEAP_EQ, false},
        {host, wrt_ref_to(f.leaf, false), false},
        {fun, WRT_REF | WRT_HEAP_FUNC, true},
        {fun, WRT_REF | WRT_HEAP_NOFUNC, false},
        {fun, wrt_ref_to(f.tag_type, false), true},
        {exn, WRT_REF | WRT_HEAP_EXN, true},
        {exn, WRT_REF | WRT_HEAP_NOEXN, false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wrt_ref_matches(f.s, rows[i].ref, rows[i].type) != rows[i].matches) {
            fail_msg("row %zu", i);
        }
    }
    wrt_store_free(f.s);
}

static void test_exception(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 1 << 20);
    const uint64_t payload[] = {11, object(&f, f.leaf), 12, 13};
    assert_int_equal(wrt_heap_exception(f.x, &f.tag, payload, &f.roots[0]), 0);
    wrt_heap_collect(f.s->heap);
    assert_ptr_equal(wrt_exception_tag(f.s->heap, f.roots[0]), &f.tag);
    assert_memory_equal(wrt_exception_payload(f.s->heap, f.roots[0]), payload, sizeof(payload));
    assert_int_equal(f.s->heap->live, 48 + 16);
    wrt_store_free(f.s);
}

/* ---- what is kept ---- */

static uint64_t live(struct fixture *f)
{
    wrt_heap_collect(f->s->heap);
    return f->s->heap->live;
}

static void test_kept(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 1 << 20);
    const uint64_t leaf = 16, pair = 24;
    f.roots[3] = object(&f, f.pair);
    *word(&f, f.roots[3], 8) = object(&f, f.leaf);
    *word(&f, f.roots[3], 16) = object(&f, f.leaf);
    assert_int_equal(live(&f), pair + 2 * leaf);
    *word(&f, f.roots[3], 8) = wrt_i31(4);
    assert_int_equal(live(&f), pair + leaf);
    /* a cycle, and one that nothing reaches */
    *word(&f, f.roots[3], 8) = f.roots[3];
    assert_int_equal(live(&f), pair + leaf);
    uint64_t lost = object(&f, f.pair);
    *word(&f, lost, 8) = lost;
    assert_int_equal(live(&f), pair + leaf);
    /* the same object twice, words that look like references: inside of one, behind all, odd */
    f.roots[4] = f.roots[3];
    f.roots[5] = f.roots[3] + 8;
    f.roots[6] = (1 << 20) - 8;
    f.roots[7] = UINT64_MAX;
    f.roots[8] = f.roots[3] + 4;
    f.roots[9] = f.roots[3] | UINT64_C(1) << 32;
    assert_int_equal(live(&f), pair + leaf);
    memset(f.roots, 0, ROOTS * sizeof(*f.roots));
    assert_int_equal(live(&f), 0);
    /* arrays of references, and those that only look so */
    f.roots[0] = array(&f, f.refs, 1000);
    for (uint64_t i = 0; i < 1000; i += 2) {
        *word(&f, f.roots[0], 8 + 8 * i) = object(&f, f.leaf);
    }
    f.roots[1] = array(&f, f.bytes, 801);
    *word(&f, f.roots[1], 8) = object(&f, f.leaf);
    assert_int_equal(live(&f), 8008 + 500 * leaf + 816);
    wrt_store_free(f.s);
}

static void test_roots(void **state)
{
    (void)state;
    struct fixture f;
    struct wp_err err;
    setup(&f, 1 << 20);
    uint64_t held[2] = {object(&f, f.leaf), 3};
    assert_int_equal(wrt_heap_hold(f.x, held, 2), 0);
    assert_int_equal(live(&f), 16);
    struct wrt_global_inst *global;
    struct wrt_table_inst *table;
    uint64_t ref = object(&f, f.leaf);
    assert_int_equal(wrt_global_new(f.s, ANYREF, true, &ref, &global, &err), 0);
    assert_int_equal(live(&f), 32);
    const struct wrt_table type = {.type = WRT_EXTERNREF, .limits = {.min = 5, .max = UINT64_MAX}};
    assert_int_equal(wrt_table_new(f.s, &type, object(&f, f.leaf), &table, &err), 0);
    table->items[1] = table->items[3] = 0;
    assert_int_equal(live(&f), 48);
    table->items[3] = object(&f, f.leaf);
    assert_int_equal(live(&f), 64);
    assert_int_equal(wrt_heap_hold(f.x, NULL, 0), 0);
    assert_int_equal(live(&f), 48);
    /* a number that looks like a reference */
    global->type = WRT_I64;
    assert_int_equal(live(&f), 32);
    wrt_store_free(f.s);
}

/* As deep as there is room for: a list, a list by the first of two words, a list whose every node has a leaf. */
static void test_deep(void **state)
{
    (void)state;
    enum { N = 300000 };
    struct fixture f;
    setup(&f, 64 << 20);
    for (uint64_t i = 0; i < N; i++) {
        uint64_t node = object(&f, f.pair);
        *word(&f, node, 8 + 8 * (i & 1)) = f.roots[0];
        f.roots[0] = node;
        uint64_t leaf = object(&f, f.leaf);
        *word(&f, leaf, 8) = i;
        *word(&f, node, 16 - 8 * (i & 1)) = leaf;
    }
    assert_int_equal(live(&f), N * (24 + 16));
    assert_int_equal(live(&f), N * (24 + 16));
    uint64_t at = f.roots[0];
    for (uint64_t i = N; i-- > 0;) {
        assert_int_equal(*word(&f, *word(&f, at, 16 - 8 * (i & 1)), 8), i);
        at = *word(&f, at, 8 + 8 * (i & 1));
    }
    assert_int_equal(at, 0);
    wrt_store_free(f.s);
}

/* ---- room ---- */

/* A model beside it: objects of all sizes come and go; what is held keeps its bytes. */
static void test_churn(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 2 << 20);
    uint64_t seed = 1, lengths[ROOTS] = {0};
    for (uint32_t i = 0; i < 200000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t slot = (uint32_t)(seed >> 33) % ROOTS;
        uint64_t n = seed >> 50 & (i % 50 == 0 ? 0x3fff : 0x3f);
        for (uint64_t k = 0; f.roots[slot] != 0 && k < lengths[slot]; k++) {
            assert_int_equal(*wrt_object_at(f.s->heap, f.roots[slot], 8 + k), slot + 1);
        }
        f.roots[slot] = array(&f, f.bytes, n);
        lengths[slot] = n;
        for (uint64_t k = 0; k < n; k++) {
            assert_int_equal(*wrt_object_at(f.s->heap, f.roots[slot], 8 + k), 0);
        }
        memset(wrt_object_at(f.s->heap, f.roots[slot], 8), (int)slot + 1, n);
    }
    assert_true(f.s->heap->collections > 5);
    assert_true(f.s->heap->soft <= 2 << 20);
    wrt_store_free(f.s);
}

static void test_budget(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 1 << 20);
    uint64_t ref = 0;
    assert_int_equal(wrt_heap_array(f.x, f.refs, UINT32_MAX, &ref), WRT_STOPPED);
    assert_int_equal(f.x->stop, WRT_STOP_HEAP);
    assert_int_equal(wrt_heap_array(f.x, f.bytes, UINT64_C(1) << 32, &ref), WRT_STOPPED);
    assert_int_equal(wrt_heap_array(f.x, f.bytes, (1 << 20) - 15, &ref), WRT_STOPPED);
    f.roots[0] = array(&f, f.bytes, (1 << 20) - 16);
    assert_int_equal(wrt_heap_struct(f.x, f.leaf, &ref), WRT_STOPPED);
    f.roots[0] = 0;
    f.roots[0] = object(&f, f.leaf);
    /* a list that grows until there is no more */
    for (;;) {
        f.x->stop = WRT_STOP_NONE;
        if (wrt_heap_struct(f.x, f.pair, &ref) < 0) {
            break;
        }
        *word(&f, ref, 8) = f.roots[0];
        f.roots[0] = ref;
    }
    assert_int_equal(f.x->stop, WRT_STOP_HEAP);
    uint64_t kept = live(&f);
    assert_true(kept > (1 << 20) * 15 / 16);
    /* Nearly full: it stops instead of collecting for every object. */
    uint64_t collections = f.s->heap->collections, made = 0;
    for (f.x->stop = WRT_STOP_NONE; f.x->stop == WRT_STOP_NONE && made < 10000; made++) {
        f.roots[0] = *word(&f, f.roots[0], 8);
        assert_true(wrt_heap_struct(f.x, f.pair, &ref) == 0 || f.x->stop == WRT_STOP_HEAP);
    }
    assert_true(made < 10000);
    assert_true(f.s->heap->collections - collections < 10);
    f.roots[0] = 0;
    assert_int_equal(live(&f), 0);
    wrt_store_free(f.s);
    /* none at all */
    setup(&f, 8);
    assert_int_equal(wrt_heap_struct(f.x, f.leaf, &ref), WRT_STOPPED);
    assert_null(f.s->heap);
    wrt_store_free(f.s);
}

/* Large ones find room between small ones that stay, and the heap grows when there is none. */
static void test_large(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 8 << 20);
    f.roots[0] = array(&f, f.refs, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        *word(&f, f.roots[0], 8 + 8 * i) = object(&f, f.leaf);
        (void)array(&f, f.bytes, 500);
    }
    for (uint32_t i = 0; i < 2000; i++) {
        f.roots[1] = array(&f, f.bytes, 100000);
        f.roots[2] = object(&f, f.pair);
    }
    f.roots[1] = 0;
    assert_int_equal(live(&f), 8008 + 1000 * 16 + 24);
    assert_true(f.s->heap->soft < 4 << 20);
    f.roots[1] = array(&f, f.bytes, 7 << 20);
    assert_int_equal(live(&f), 8008 + 1000 * 16 + 24 + 8 + (7 << 20));
    wrt_store_free(f.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),    cmocka_unit_test(test_storage), cmocka_unit_test(test_matching),
        cmocka_unit_test(test_exception), cmocka_unit_test(test_kept),    cmocka_unit_test(test_roots),
        cmocka_unit_test(test_deep),      cmocka_unit_test(test_churn),   cmocka_unit_test(test_budget),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
