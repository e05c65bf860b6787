/* SPDX-License-Identifier: Apache-2.0
 *
 * How objects of a type lie in memory, made when the first one is; matching of references by what they refer to (core
 * 3.0 section 4.2.16). */
#include "runtime-min/heap.h"

enum { HEAD = sizeof(struct wrt_object), WORD = 8 };

uint32_t wrt_storage_size(uint32_t type)
{
    switch (type) {
    case WRT_I8:
        return 1;
    case WRT_I16:
        return 2;
    case WRT_I32:
    case WRT_F32:
        return 4;
    case WRT_V128:
        return 16;
    default:
        return 8;
    }
}

void wrt_storage_get(const uint8_t *p, uint32_t type, uint64_t *ret_slots)
{
    ret_slots[0] = 0;
    memcpy(ret_slots, p, wrt_storage_size(type));
}

void wrt_storage_set(uint8_t *p, uint32_t type, const uint64_t *slots)
{
    memcpy(p, slots, wrt_storage_size(type));
}

bool wrt_is_traced(const struct wrt_types *t, uint32_t type)
{
    return wrt_is_ref(type) && wrt_heap_top(t, type & WRT_HEAP) != WRT_HEAP_FUNC;
}

/* ---- layouts ---- */

struct fields {
    const struct wrt_types *types;
    struct wrt_layout *layout;
    uint32_t *offsets, *refs;
    uint64_t end;
    uint32_t count;
};

static void add_field(struct fields *f, uint32_t type, uint32_t size)
{
    uint32_t align = WP_MIN(size, (uint32_t)WORD);
    uint64_t offset = (f->end + align - 1) & ~(uint64_t)(align - 1);
    f->offsets[f->count++] = (uint32_t)offset;
    if (wrt_is_traced(f->types, type)) {
        f->refs[f->layout->ref_count++] = (uint32_t)offset;
    }
    f->end = offset + size;
}

/* Fields are few (base/limits.h), so that the sizes fit. */
static void fill(struct fields *f, const struct wrt_deftype *d)
{
    if (d->kind == WRT_COMP_FUNC) {
        f->end += WORD;
        for (uint32_t i = 0; i < d->as.func.param_count; i++) {
            add_field(f, d->as.func.params[i], WP_MAX(wrt_storage_size(d->as.func.params[i]), (uint32_t)WORD));
        }
    } else {
        for (uint32_t i = 0; i < d->as.data.field_count; i++) {
            add_field(f, d->as.data.fields[i].type, wrt_storage_size(d->as.data.fields[i].type));
        }
    }
    bool array = d->kind == WRT_COMP_ARRAY;
    f->layout->size = (uint32_t)(array ? f->end - HEAD : (f->end + WORD - 1) & ~(uint64_t)(WORD - 1));
}

static struct wrt_layout *make(struct wrt_store *s, uint32_t type)
{
    struct wp_err err = {.code = WP_E_OK};
    const struct wrt_deftype *d = wrt_deftype(&s->types, type);
    uint32_t n = d->kind == WRT_COMP_FUNC ? d->as.func.param_count : d->as.data.field_count;
    struct wrt_layout *l = wrt_alloc(&s->mem, 1, sizeof(*l), &err);
    uint32_t *words = l ? wrt_alloc(&s->mem, n, 2 * sizeof(*words), &err) : NULL;
    if (!words) {
        return NULL;
    }
    l->kind = d->kind;
    l->fields = d->kind == WRT_COMP_FUNC ? NULL : d->as.data.fields;
    l->offsets = words;
    l->refs = words + n;
    fill(&(struct fields){.types = &s->types, .layout = l, .offsets = words, .refs = words + n, .end = HEAD}, d);
    return l;
}

/* Types may have come with further modules. */
static int make_room(struct wrt_heap *h, uint32_t type)
{
    if (type < h->layout_count) {
        return 0;
    }
    struct wp_err err = {.code = WP_E_OK};
    uint32_t n = WP_MAX(h->store->types.types.count, h->layout_count * 2);
    const struct wrt_layout **larger = wrt_alloc(&h->store->mem, n, sizeof(void *), &err);
    if (!larger) {
        return -1;
    }
    if (h->layout_count > 0) {
        memcpy(larger, h->layouts, h->layout_count * sizeof(void *));
    }
    wrt_give_back(&h->store->mem, h->layouts, h->layout_count, sizeof(void *));
    h->layouts = larger;
    h->layout_count = n;
    return 0;
}

const struct wrt_layout *wrt_layout_make(struct wrt_exec *x, uint32_t type)
{
    struct wrt_heap *h = wrt_heap_of(x);
    if (!h) {
        return NULL;
    }
    if (make_room(h, type) == 0 && !h->layouts[type]) {
        h->layouts[type] = make(x->store, type);
    }
    if (type >= h->layout_count || !h->layouts[type]) {
        (void)wrt_stop(x, WRT_STOP_CODE, NULL);
        return NULL;
    }
    return h->layouts[type];
}

/* ---- matching ---- */

static bool object_matches(const struct wrt_store *s, uint32_t type, uint32_t heap)
{
    const struct wrt_deftype *d = wrt_deftype(&s->types, type);
    if (d->kind == WRT_COMP_FUNC) {
        return heap == WRT_HEAP_EXN;
    }
    return heap == WRT_HEAP_EXTERN || wrt_heap_matches(&s->types, WRT_CONCRETE + type, heap);
}

bool wrt_ref_matches(const struct wrt_store *s, uint64_t ref, uint32_t type)
{
    uint32_t heap = type & WRT_HEAP;
    if (ref == 0) {
        return (type & WRT_NULL) != 0;
    }
    if (wrt_heap_top(&s->types, heap) == WRT_HEAP_FUNC) {
        const struct wrt_func *f = (const struct wrt_func *)(uintptr_t)ref;
        return wrt_heap_matches(&s->types, WRT_CONCRETE + f->type, heap);
    }
    if ((ref & 1) != 0) {
        return heap == WRT_HEAP_EXTERN || wrt_heap_matches(&s->types, WRT_HEAP_I31, heap);
    }
    if ((ref & 2) != 0) {
        return heap == WRT_HEAP_EXTERN || heap == WRT_HEAP_ANY;
    }
    return object_matches(s, wrt_object(s->heap, ref)->type, heap);
}
