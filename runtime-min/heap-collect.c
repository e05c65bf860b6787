/* SPDX-License-Identifier: Apache-2.0
 *
 * Collection: everything that the roots lead to is marked, then the map of marks becomes the map of objects.
 *
 * Marking keeps its way back in the objects themselves: when it goes from a word of an object into the object that the
 * word refers to, the word holds the way back until it returns (Schorr, Waite, Deutsch). So it needs no memory,
 * whatever the shape of the data, and visits each word twice. */
#include "runtime-min/heap.h"

enum { HEAD = sizeof(struct wrt_object) };

uint64_t wrt_object_size(const struct wrt_heap *h, uint64_t ref)
{
    const struct wrt_object *o = wrt_object(h, ref);
    const struct wrt_layout *l = h->layouts[o->type];
    return l->kind == WRT_COMP_ARRAY ? (HEAD + (uint64_t)o->length * l->size + 7) & ~UINT64_C(7) : l->size;
}

/* ---- marking ---- */

/* How many words of an object are traced. */
static uint32_t traced_words(const struct wrt_heap *h, uint64_t ref)
{
    const struct wrt_object *o = wrt_object(h, ref);
    const struct wrt_layout *l = h->layouts[o->type];
    return l->kind == WRT_COMP_ARRAY && l->ref_count != 0 ? o->length : l->ref_count;
}

static uint64_t *traced_word(const struct wrt_heap *h, uint64_t ref, uint32_t i)
{
    const struct wrt_layout *l = h->layouts[wrt_object(h, ref)->type];
    uint64_t offset = l->kind == WRT_COMP_ARRAY ? HEAD + (uint64_t)i * 8 : l->refs[i];
    return (uint64_t *)(void *)wrt_object_at(h, ref, offset);
}

/* An object not marked yet; it is marked then. */
static bool mark_first(struct wrt_heap *h, uint64_t ref)
{
    uint64_t *word = &h->marks[ref >> 9], bit = UINT64_C(1) << (ref >> 3 & 63);
    if ((*word & bit) != 0) {
        return false;
    }
    *word |= bit;
    h->live += wrt_object_size(h, ref);
    return true;
}

/* From the object `at`, word i of n; back: the word to return to, as offset | index << 32, 0 at the root. */
static void mark(struct wrt_heap *h, uint64_t ref)
{
    if (!wrt_is_object(ref) || !mark_first(h, ref)) {
        return;
    }
    uint64_t at = ref, back = 0;
    uint32_t i = 0, n = traced_words(h, ref);
    while (i < n || back != 0) {
        if (i == n) {
            uint64_t done = at;
            at = back & UINT32_MAX;
            i = (uint32_t)(back >> 32);
            n = traced_words(h, at);
            uint64_t *word = traced_word(h, at, i++);
            back = *word;
            *word = done;
            continue;
        }
        uint64_t *word = traced_word(h, at, i), to = *word;
        if (!wrt_is_object(to) || !mark_first(h, to) || traced_words(h, to) == 0) {
            i++;
            continue;
        }
        *word = back;
        back = at | (uint64_t)i << 32;
        at = to;
        i = 0;
        n = traced_words(h, to);
    }
}

/* ---- roots ---- */

static void mark_words(struct wrt_heap *h, const uint64_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        mark(h, words[i]);
    }
}

/* Words of any type: those that are an object's offset count. */
static void mark_maybe(struct wrt_heap *h, const uint64_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t w = words[i];
        if (w < h->soft && (w & 7) == 0 && (h->starts[w >> 9] >> (w >> 3 & 63) & 1) != 0) {
            mark(h, w);
        }
    }
}

static void mark_stack(struct wrt_heap *h)
{
    const struct wrt_exec *x = &h->store->exec;
    const uint64_t *end = x->top;
    if (x->frame && x->frame->func) {
        const uint64_t *top = x->fp + x->frame->func->frame_slots;
        end = end > top ? end : top;
    }
    if (x->stack && end > x->stack) {
        mark_maybe(h, x->stack, (uint64_t)(WP_MIN(end, x->stack_end) - x->stack));
    }
}

static void mark_instance(struct wrt_heap *h, const struct wrt_instance *instance)
{
    const struct wrt_module *m = instance->module;
    for (uint32_t i = 0; instance->elems && i < m->elem_count; i++) {
        if (wrt_is_traced(&h->store->types, m->elem_types[i])) {
            mark_words(h, instance->elems[i].items, instance->elems[i].count);
        }
    }
}

static void mark_roots(struct wrt_heap *h)
{
    const struct wrt_store *s = h->store;
    struct wrt_global_inst *const *globals = s->globals.items;
    for (uint32_t i = 0; i < s->globals.count; i++) {
        if (wrt_is_traced(&s->types, globals[i]->type)) {
            mark(h, globals[i]->cell[0]);
        }
    }
    struct wrt_table_inst *const *tables = s->tables.items;
    for (uint32_t i = 0; i < s->tables.count; i++) {
        if (wrt_is_traced(&s->types, tables[i]->type.type)) {
            mark_words(h, tables[i]->items, tables[i]->size);
        }
    }
    struct wrt_instance *const *instances = s->instances.items;
    for (uint32_t i = 0; i < s->instances.count; i++) {
        mark_instance(h, instances[i]);
    }
    mark_maybe(h, h->held, h->held_count);
    mark_stack(h);
}

void wrt_heap_collect(struct wrt_heap *h)
{
    h->live = 0;
    memset(h->marks, 0, (h->soft + 511) / 512 * 8);
    mark_roots(h);
    uint64_t *starts = h->marks;
    h->marks = h->starts;
    h->starts = starts;
    h->next = h->limit = h->large = 8;
    h->since = 0;
    h->collections++;
}
