/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of numbers (core 3.0, section 3.4.10): the form by memory, by how large the offset is and by whether
 * the address is a constant. */
#include "runtime-min/translate-parts.h"

enum { FORM_NEAR, FORM_X, FORM_AT, FORM_FAR };

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

/* a and b as they stand in the instruction: one of them is the address, in `place` of the word. */
static void emit(struct wrt_translator *t, const struct tr_row *row, struct tr_operand *address, uint32_t other,
                 bool store)
{
    uint32_t memory;
    uint64_t offset, whole = 0;
    tr_memarg(t, &memory, &offset);
    if (memory == 0 && constant_address(address, offset, &whole)) {
        tr_emit_abc2(t, row->slot_op + (uint32_t)FORM_AT, store ? 0 : other, store ? other : 0, 0, whole);
        return;
    }
    uint32_t base = tr_source(t, address), a = store ? base : other, b = store ? other : base;
    bool near = memory == 0 && !t->m->memories[0].is64;
    if (near && offset <= UINT16_MAX) {
        tr_emit_abc(t, row->slot_op, a, b, (uint32_t)offset);
    } else {
        tr_emit_abc2(t, row->slot_op + (uint32_t)(near ? FORM_X : FORM_FAR), a, b, near ? 0 : memory, offset);
    }
}

void tr_memory(struct wrt_translator *t, const struct tr_row *row)
{
    if (row->shape == TR_STORE) {
        uint32_t value = tr_source(t, tr_pop(t));
        emit(t, row, tr_pop(t), value, true);
        return;
    }
    struct tr_operand address = *tr_pop(t);
    emit(t, row, &address, t->top, false);
    (void)tr_push(t, 1);
}
