/* SPDX-License-Identifier: Apache-2.0
 *
 * table.get, set, size, grow, fill, copy and init, elem.drop (core 3.0 section 4.4.11). */
#include "runtime-min/op.h"

static struct wrt_table_inst *table_at(const struct wrt_exec *x, uint32_t index)
{
    return x->instance->tables[index];
}

static uint32_t low(uint64_t word)
{
    return (uint32_t)word;
}

static int out_of_bounds(struct wrt_exec *x, const char *what, uint64_t at, uint64_t n, uint64_t size)
{
    return wrt_stop(x, WRT_STOP_TABLE_BOUNDS, "%s: entry %llu + %llu of %llu", what, (unsigned long long)at,
                    (unsigned long long)n, (unsigned long long)size);
}

static bool inside(uint64_t at, uint64_t n, uint64_t size)
{
    return n <= size && at <= size - n;
}

int wrt_op_table_get(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_table_inst *t = table_at(x, wrt_slot_d(ip[0]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (v[0] >= t->size) {
        return out_of_bounds(x, "get", v[0], 1, t->size);
    }
    v[0] = t->items[v[0]];
    return 2;
}

int wrt_op_table_set(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_table_inst *t = table_at(x, wrt_slot_d(ip[0]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (v[0] >= t->size) {
        return out_of_bounds(x, "set", v[0], 1, t->size);
    }
    t->items[v[0]] = v[1];
    return 2;
}

int wrt_op_table_size(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    fp[wrt_slot_a(ip[0])] = table_at(x, wrt_slot_d(ip[0]))->size;
    return 2;
}

/* (value, n) */
int wrt_op_table_grow(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    struct wrt_table_inst *t = table_at(x, wrt_slot_d(ip[0]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    int64_t old = wrt_table_grow(x->store, t, v[1], v[0]);
    if (old >= 0 && wrt_charge(x, v[1]) < 0) {
        return WRT_STOPPED;
    }
    v[0] = t->type.limits.is64 ? (uint64_t)old : (uint32_t)old;
    return 2;
}

/* (at, value, n) */
int wrt_op_table_fill(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_table_inst *t = table_at(x, wrt_slot_d(ip[0]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (!inside(v[0], v[2], t->size)) {
        return out_of_bounds(x, "fill", v[0], v[2], t->size);
    }
    if (wrt_charge(x, v[2]) < 0) {
        return WRT_STOPPED;
    }
    for (uint64_t i = 0; i < v[2]; i++) {
        t->items[v[0] + i] = v[1];
    }
    return 2;
}

/* (dst, src, n); i0: the table copied to, i1: from */
int wrt_op_table_copy(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_table_inst *to = table_at(x, wrt_slot_d(ip[0])), *from = table_at(x, low(ip[1]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (!inside(v[1], v[2], from->size)) {
        return out_of_bounds(x, "copy from", v[1], v[2], from->size);
    }
    if (!inside(v[0], v[2], to->size)) {
        return out_of_bounds(x, "copy to", v[0], v[2], to->size);
    }
    if (wrt_charge(x, v[2]) < 0) {
        return WRT_STOPPED;
    }
    memmove(to->items + v[0], from->items + v[1], v[2] * sizeof(*to->items));
    return 2;
}

/* (dst, src, n); i0: the segment, i1: the table */
int wrt_op_table_init(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    struct wrt_table_inst *t = table_at(x, low(ip[1]));
    const struct wrt_elems *e = &x->instance->elems[wrt_slot_d(ip[0])];
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (!inside(v[1], v[2], e->count)) {
        return out_of_bounds(x, "init from a segment", v[1], v[2], e->count);
    }
    if (!inside(v[0], v[2], t->size)) {
        return out_of_bounds(x, "init", v[0], v[2], t->size);
    }
    if (wrt_charge(x, v[2]) < 0) {
        return WRT_STOPPED;
    }
    return wrt_table_init(t, v[0], e, v[1], v[2]) ? 2 : out_of_bounds(x, "init", v[0], v[2], t->size);
}

int wrt_op_elem_drop(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp WP_UNUSED)
{
    x->instance->elems[wrt_slot_d(ip[0])].count = 0;
    return 2;
}
