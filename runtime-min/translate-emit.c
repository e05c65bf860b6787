/* SPDX-License-Identifier: Apache-2.0
 *
 * Code as it grows: moves between slots, operands that come to their slots, and locals that are set by whoever made
 * the value. */
#include "runtime-min/translate-parts.h"

bool tr_grow(struct wrt_translator *t, uint32_t words)
{
    if (t->failed) {
        return false;
    }
    t->code_vec.count = t->len;
    bool grown = tr_reserve(t, &t->code_vec, (uint64_t)t->len + words, sizeof(uint64_t));
    t->code = t->code_vec.items;
    return grown;
}

void tr_fail_slots(struct wrt_translator *t)
{
    (void)tr_fail(t, WRT_STOP_CODE, "function %u needs a frame of more than %u slots", t->f->index, TR_SLOTS_MAX);
}

struct tr_operand *tr_too_many(struct wrt_translator *t)
{
    (void)tr_fail(t, WRT_STOP_UNSUPPORTED, "function %u: more operands than were counted", t->f->index);
    return &t->ops[t->count - 1];
}

void tr_move(struct wrt_translator *t, uint32_t to, uint32_t from, uint32_t width)
{
    if (width == 2) {
        tr_emit_abc(t, WRT_S_MOVE_V, to, from, 0);
        return;
    }
    if (!tr_fuse_move(t, to, from)) {
        tr_emit_abc(t, WRT_S_MOVE, to, from, 0);
    }
}

void tr_const(struct wrt_translator *t, uint32_t to, uint64_t value)
{
    if (value <= UINT32_MAX) {
        *tr_emit(t, 1) = wrt_slot_ad(WRT_S_CONST_32, to, (uint32_t)value);
        return;
    }
    uint64_t *w = tr_emit(t, 2);
    w[0] = wrt_slot_ad(WRT_S_CONST_64, to, 0);
    w[1] = value;
}

static void settle(struct wrt_translator *t, struct tr_operand *o)
{
    if (o->kind != TR_IN_SLOT) {
        tr_put(t, o, o->slot);
        o->kind = TR_IN_SLOT;
    }
}

/* The operand may stand anywhere in its local's list only if those above it are settled with it; so locals are taken
 * off the list from above. */
static void unlist(struct wrt_translator *t, uint32_t from)
{
    for (uint32_t i = t->count; i-- > from;) {
        struct tr_operand *o = &t->ops[i];
        if (tr_waits(o)) {
            t->heads[o->local] = o->below;
        }
    }
}

void tr_firm_top(struct wrt_translator *t, uint32_t n)
{
    uint32_t from = t->count - n;
    if (from < t->firm || from > t->firm_end) {
        t->firm = from;
    }
    t->firm_end = t->count;
}

void tr_settle_top(struct wrt_translator *t, uint32_t n)
{
    uint32_t from = t->count - n;
    if (n == 0 || (from >= t->firm && t->count <= t->firm_end)) {
        return;
    }
    unlist(t, from);
    for (uint32_t i = from; i < t->count; i++) {
        settle(t, &t->ops[i]);
    }
    tr_firm_top(t, n);
}

void tr_take_top(struct wrt_translator *t, uint32_t n)
{
    tr_settle_top(t, n);
    if (n > 0) {
        t->count -= n - 1; /* nobody waits for anything */
        (void)tr_pop(t);
    }
}

void tr_settle_locals(struct wrt_translator *t)
{
    unlist(t, t->settled);
    for (uint32_t i = t->settled; i < t->count; i++) {
        if (tr_waits(&t->ops[i])) {
            settle(t, &t->ops[i]);
        }
    }
    t->settled = t->count;
}

void tr_put(struct wrt_translator *t, const struct tr_operand *o, uint32_t to)
{
    if (o->kind == TR_CONST) {
        tr_const(t, to, o->value);
        return;
    }
    if (o->kind == TR_SUM || o->kind == TR_SUM_LOCAL) {
        tr_emit_abc2(t, WRT_S_I32_ADD_K, to, o->kind == TR_SUM ? o->slot : o->local, 0, o->value);
        return;
    }
    if (tr_is_last(t, o)) {
        t->code[t->last] = (t->code[t->last] & ~UINT64_C(0xffff0000)) | (uint64_t)to << 16;
        return;
    }
    uint32_t from = o->kind == TR_LOCAL ? o->local : o->slot;
    if (from != to) {
        tr_move(t, to, from, o->width);
    }
}

/* Those that still want the old value of a local get it now. */
static void settle_readers(struct wrt_translator *t, uint32_t local)
{
    for (uint32_t i = t->heads[local]; i != 0;) {
        struct tr_operand *o = &t->ops[i - 1];
        i = o->below;
        settle(t, o);
    }
    t->heads[local] = 0;
}

/* They come before the instruction that made the new value, which then may write it to the local at once: it reads no
 * slot of theirs, for they lie below its own operands. */
static void settle_before_last(struct wrt_translator *t, uint32_t local)
{
    uint64_t words[3];
    uint32_t n = t->len - t->last;
    memcpy(words, t->code + t->last, n * sizeof(words[0]));
    tr_unemit(t);
    settle_readers(t, local);
    t->kept = t->len;
    memcpy(tr_emit(t, n), words, n * sizeof(words[0]));
}

void tr_local_set(struct wrt_translator *t, bool tee)
{
    uint32_t word = t->locals[tr_u32(t)], local = word & ~TR_WIDE_LOCAL;
    struct tr_operand o = *tr_pop(t);
    if (o.kind == TR_LOCAL && o.local == local) {
        if (tee) {
            tr_push_again(t, &o);
        }
        return;
    }
    bool last = tr_is_last(t, &o), sum = o.kind == TR_SUM || o.kind == TR_SUM_LOCAL;
    if (t->heads[local] != 0) {
        if (last) {
            settle_before_last(t, local);
        } else {
            settle_readers(t, local);
        }
    }
    tr_put(t, &o, local);
    if (!tee) {
        return;
    }
    if (last || sum) { /* the value is nowhere else */
        tr_push_local(t, local, o.width);
    } else {
        tr_push_again(t, &o);
    }
}
