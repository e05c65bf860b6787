/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of numbers (core 3.0, section 3.4.10): the form by memory, by how large the offset is and by whether
 * the address is a constant. */
#include "runtime-min/translate-parts.h"

enum { FORM_X = 1, FORM_AT, FORM_FAR };

void tr_memarg(struct wrt_translator *t, uint32_t *ret_memory, uint64_t *ret_offset)
{
    uint32_t flags = tr_u32(t);
    *ret_memory = (flags & 0x40) != 0 ? tr_u32(t) : 0;
    *ret_offset = tr_u64(t);
}

/* A whole address, or false: it has no 64 bits. */
static bool constant_address(const struct tr_operand *o, uint64_t offset, uint64_t *ret)
{
    return o->kind == TR_CONST && !wp_add_overflows(o->value, offset, ret);
}

struct access {
    const struct tr_row *row;
    struct tr_operand *address;
    uint32_t memory, other; /* other: the slot of the value, or of the result */
    uint64_t offset;
    bool store;
};

static void emit(struct wrt_translator *t, const struct access *x, uint32_t op, uint32_t base, uint32_t c,
                 uint64_t word)
{
    tr_emit_abc2(t, op, x->store ? base : x->other, x->store ? x->other : base, c, word);
}

/* The address is a sum that nobody wanted yet, or only this instruction. */
static bool fused(struct wrt_translator *t, const struct access *x)
{
    struct tr_operand *o = x->address;
    uint32_t plain = x->store ? WRT_S_I32_STORE : WRT_S_I32_LOAD, row = (x->row->slot_op - plain) / 4;
    uint32_t op = (x->store ? WRT_S_I32_STORE_ADD : WRT_S_I32_LOAD_ADD) + 2 * row;
    if (x->offset > UINT32_MAX) {
        return false;
    }
    if (o->kind == TR_SUM || o->kind == TR_SUM_LOCAL) {
        emit(t, x, op + 1, o->kind == TR_SUM ? o->slot : o->local, 0, o->value | x->offset << 32);
        return true;
    }
    if (!tr_made_by(t, o, WRT_S_I32_ADD)) {
        return false;
    }
    uint64_t sum = t->code[t->last];
    tr_unemit(t);
    emit(t, x, op, wrt_slot_b(sum), wrt_slot_c(sum), x->offset);
    return true;
}

static void access_memory(struct wrt_translator *t, const struct access *x)
{
    uint64_t whole = 0;
    if (x->memory == 0 && constant_address(x->address, x->offset, &whole)) {
        emit(t, x, x->row->slot_op + (uint32_t)FORM_AT, 0, 0, whole);
        return;
    }
    if (x->memory != 0 || t->m->memories[0].is64) {
        emit(t, x, x->row->slot_op + (uint32_t)FORM_FAR, tr_source(t, x->address), x->memory, x->offset);
        return;
    }
    if (fused(t, x)) {
        return;
    }
    uint32_t base = tr_source(t, x->address);
    if (x->offset <= UINT16_MAX) {
        tr_emit_abc(t, x->row->slot_op, x->store ? base : x->other, x->store ? x->other : base, (uint32_t)x->offset);
    } else {
        emit(t, x, x->row->slot_op + (uint32_t)FORM_X, base, 0, x->offset);
    }
}

/* Only so many bits of it are stored. */
static bool is_small(const struct tr_operand *o, uint32_t slot_op)
{
    int64_t v = (int64_t)o->value;
    if (o->kind != TR_CONST) {
        return false;
    }
    switch (slot_op) {
    case WRT_S_I32_STORE:
        return (int32_t)(uint32_t)v == (int16_t)v;
    case WRT_S_I64_STORE:
    case WRT_S_F32_STORE:
    case WRT_S_F64_STORE:
        return v == (int16_t)v;
    case WRT_S_I64_STORE32:
        return (int32_t)v == (int16_t)v;
    default:
        return true;
    }
}

static bool store_small(struct wrt_translator *t, const struct access *x, const struct tr_operand *value)
{
    if (!is_small(value, x->row->slot_op) || x->memory != 0 || t->m->memories[0].is64 || x->offset > UINT16_MAX ||
        x->address->kind == TR_CONST) {
        return false;
    }
    uint32_t op = WRT_S_I32_STORE_C + ((uint32_t)x->row->slot_op - WRT_S_I32_STORE) / 4;
    tr_emit_abc(t, op, tr_source(t, x->address), (uint16_t)value->value, (uint32_t)x->offset);
    return true;
}

void tr_memory(struct wrt_translator *t, const struct tr_row *row)
{
    struct access x = {.row = row, .store = row->shape == TR_STORE};
    tr_memarg(t, &x.memory, &x.offset);
    if (!x.store) {
        x.address = tr_pop(t);
        x.other = t->top;
        access_memory(t, &x);
        (void)tr_push(t, 1);
        return;
    }
    struct tr_operand *value = tr_pop(t);
    x.address = tr_pop(t);
    if (!store_small(t, &x, value)) {
        x.other = tr_source(t, value);
        access_memory(t, &x);
    }
}
