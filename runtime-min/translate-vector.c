/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector instructions of more than one operand, or with immediates, in the shapes of slot.h. */
#include "runtime-min/translate-parts.h"

static void binary(struct wrt_translator *t, const struct tr_row *row)
{
    struct tr_operand *c = tr_pop(t), *b = tr_pop(t);
    uint32_t left = tr_source(t, b), right = tr_source(t, c);
    tr_emit_abc(t, row->slot_op, tr_push(t, row->width), left, right);
}

static void ternary(struct wrt_translator *t, const struct tr_row *row)
{
    struct tr_operand *d = tr_pop(t), *c = tr_pop(t), *b = tr_pop(t);
    uint32_t first = tr_source(t, b), second = tr_source(t, c), third = tr_source(t, d);
    tr_emit_abc2(t, row->slot_op, tr_push(t, 2), first, second, third);
}

static void extract(struct wrt_translator *t, const struct tr_row *row)
{
    uint32_t lane = *t->p++, from = tr_source(t, tr_pop(t));
    tr_emit_abc(t, row->slot_op, tr_push(t, 1), from, lane);
}

static void replace(struct wrt_translator *t, const struct tr_row *row)
{
    uint32_t lane = *t->p++;
    struct tr_operand *c = tr_pop(t), *b = tr_pop(t);
    uint32_t vector = tr_source(t, b), value = tr_source(t, c);
    tr_emit_abc2(t, row->slot_op, tr_push(t, 2), vector, value, lane);
}

static void load(struct wrt_translator *t, const struct tr_row *row)
{
    uint32_t memory;
    uint64_t offset;
    tr_memarg(t, &memory, &offset);
    uint32_t base = tr_source(t, tr_pop(t));
    tr_emit_abc2(t, row->slot_op, tr_push(t, 2), base, memory, offset);
}

static void store(struct wrt_translator *t)
{
    uint32_t memory;
    uint64_t offset;
    tr_memarg(t, &memory, &offset);
    struct tr_operand *value = tr_pop(t), *address = tr_pop(t);
    uint32_t base = tr_source(t, address), from = tr_source(t, value);
    tr_emit_abc2(t, WRT_S_V128_STORE, base, from, memory, offset);
}

static void lane_access(struct wrt_translator *t, const struct tr_row *row)
{
    uint32_t memory;
    uint64_t offset;
    tr_memarg(t, &memory, &offset);
    uint32_t lane = *t->p++;
    struct tr_operand *vector = tr_pop(t), *address = tr_pop(t);
    uint32_t base = tr_source(t, address), from = tr_source(t, vector);
    bool is_load = row->shape == TR_V_LOAD_LANE;
    uint32_t to = is_load ? tr_push(t, 2) : base;
    uint64_t *w = tr_emit(t, 3);
    w[0] = wrt_slot_abc(row->slot_op, to, is_load ? base : 0, from);
    w[1] = offset;
    w[2] = lane | (uint64_t)memory << 16;
}

static void two_words(struct wrt_translator *t, uint64_t *w)
{
    memcpy(w, t->p, 16);
    t->p += 16;
}

static void shuffle(struct wrt_translator *t)
{
    struct tr_operand *c = tr_pop(t), *b = tr_pop(t);
    uint32_t left = tr_source(t, b), right = tr_source(t, c), to = tr_push(t, 2);
    uint64_t *w = tr_emit(t, 3);
    w[0] = wrt_slot_abc(WRT_S_I8X16_SHUFFLE, to, left, right);
    two_words(t, w + 1);
}

static void constant(struct wrt_translator *t)
{
    uint32_t to = tr_push(t, 2);
    uint64_t *w = tr_emit(t, 3);
    w[0] = wrt_slot_ad(WRT_S_CONST_V, to, 0);
    two_words(t, w + 1);
}

void tr_vector(struct wrt_translator *t, uint32_t op)
{
    const struct tr_row *row = &t->rows[op];
    switch (row->shape) {
    case TR_V_BINARY:
        binary(t, row);
        return;
    case TR_V_TERNARY:
        ternary(t, row);
        return;
    case TR_V_EXTRACT:
        extract(t, row);
        return;
    case TR_V_REPLACE:
        replace(t, row);
        return;
    case TR_V_LOAD:
        load(t, row);
        return;
    case TR_V_LOAD_LANE:
    case TR_V_STORE_LANE:
        lane_access(t, row);
        return;
    default:
        break;
    }
    switch (op) {
    case WRT_OP_V128_CONST:
        constant(t);
        break;
    case WRT_OP_V128_STORE:
        store(t);
        break;
    default:
        shuffle(t);
        break;
    }
}
