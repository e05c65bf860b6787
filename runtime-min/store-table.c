/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables (core 3.0 section 4.2.7): words of references, room doubles as they grow. */
#include "runtime-min/exec.h"

#include <stdlib.h>

static void fill(struct wrt_table_inst *t, uint64_t from, uint64_t ref)
{
    for (uint64_t i = from; i < t->size; i++) {
        t->items[i] = ref;
    }
}

int wrt_table_new(struct wrt_store *s, const struct wrt_table *type, uint64_t init_ref, struct wrt_table_inst **ret,
                  struct wp_err *err)
{
    uint64_t size = type->limits.min, left = s->budget.tables - s->table_used;
    if (size > left) {
        return wp_fail(err, WP_E_LIMIT, "a table of %llu entries, the budget of tables has %llu left",
                       (unsigned long long)size, (unsigned long long)left);
    }
    struct wrt_table_inst *t = wrt_alloc(&s->mem, 1, sizeof(*t), err);
    struct wrt_table_inst **place = t ? wrt_vec_add(&s->mem, &s->tables, sizeof(struct wrt_table_inst *), err) : NULL;
    if (!place) {
        return -1;
    }
    *place = t;
    t->type = *type;
    t->type.init = wp_span("", 0);
    t->items = calloc(WP_MAX(size, 1), sizeof(*t->items));
    if (!t->items) {
        return wp_fail(err, WP_E_LIMIT, "no room for a table of %llu entries", (unsigned long long)size);
    }
    t->size = size;
    t->room = WP_MAX(size, 1);
    s->table_used += size;
    if (init_ref != 0) {
        fill(t, 0, init_ref);
    }
    *ret = t;
    return 0;
}

static bool make_room(struct wrt_table_inst *t, uint64_t size, uint64_t most)
{
    if (size <= t->room) {
        return true;
    }
    uint64_t room = WP_MAX(size, WP_MIN(t->room * 2, most));
    uint64_t *items = realloc(t->items, room * sizeof(*items));
    if (!items) {
        return false;
    }
    t->items = items;
    t->room = room;
    return true;
}

int64_t wrt_table_grow(struct wrt_store *s, struct wrt_table_inst *t, uint64_t n, uint64_t ref)
{
    const struct wrt_limits *l = &t->type.limits;
    uint64_t old = t->size, most = l->has_max ? l->max : l->is64 ? UINT64_MAX : UINT32_MAX;
    if (n > most - old || n > s->budget.tables - s->table_used || !make_room(t, old + n, s->budget.tables)) {
        return -1;
    }
    t->size = old + n;
    s->table_used += n;
    fill(t, old, ref);
    return (int64_t)old;
}

bool wrt_table_init(struct wrt_table_inst *t, uint64_t dst, const struct wrt_elems *e, uint64_t src, uint64_t n)
{
    if (n > e->count || src > e->count - n || n > t->size || dst > t->size - n) {
        return false;
    }
    if (n > 0) {
        memcpy(t->items + dst, e->items + src, n * sizeof(*t->items));
    }
    return true;
}

uint64_t wrt_table_size(const struct wrt_table_inst *t)
{
    return t->size;
}

uint64_t wrt_table_get(const struct wrt_table_inst *t, uint64_t index)
{
    return t->items[index];
}
