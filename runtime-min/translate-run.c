/* SPDX-License-Identifier: Apache-2.0
 *
 * The way through a body: each instruction by its shape; numbers, locals and constants here, everything else in the
 * file of its family. */
#include "runtime-min/translate-parts.h"

uint64_t tr_leb_slow(struct wrt_translator *t, bool sign)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *t->p++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte >= 0x80 && shift < 64);
    if (sign && shift < 64 && (byte & 0x40) != 0) {
        value |= UINT64_MAX << shift;
    }
    return value;
}

/* The number of the instruction; t->p is behind it. */
uint32_t tr_opcode(struct wrt_translator *t)
{
    uint32_t count, byte = *t->p++, base;
    if (byte < 0xfb) {
        return byte;
    }
    base = wrt_op_prefix((uint8_t)byte, &count);
    return base + tr_u32(t);
}

static uint64_t bytes(struct wrt_translator *t, unsigned n)
{
    uint64_t value = 0;
    memcpy(&value, t->p, n); /* both sides are little-endian */
    t->p += n;
    return value;
}

/* ---- numbers ---- */

/* `not` of what was just compared is another comparison. */
static bool invert_last(struct wrt_translator *t, const struct tr_operand *o)
{
    if (!tr_is_last(t, o)) {
        return false;
    }
    uint64_t w = t->code[t->last];
    uint32_t op = wrt_slot_op(w);
    if (op == WRT_S_I32_EQZ || op == WRT_S_I64_EQZ) {
        uint32_t from = wrt_slot_b(w);
        tr_unemit(t);
        tr_emit_abc2(t, op == WRT_S_I32_EQZ ? WRT_S_I32_NE_K : WRT_S_I64_NE_K, o->slot, from, 0, 0);
        return true;
    }
    uint32_t inverse = tr_is_compare(op) ? tr_inverse(op) : 0;
    if (inverse == 0) {
        return false;
    }
    t->code[t->last] = (w & ~UINT64_C(0xffff)) | inverse;
    return true;
}

static void unary(struct wrt_translator *t, const struct tr_row *row)
{
    struct tr_operand *o = tr_pop(t);
    if (row->slot_op == WRT_S_I32_EQZ && invert_last(t, o)) {
        (void)tr_push(t, 1);
        return;
    }
    if (row->slot_op == WRT_S_I64_EXTEND_I32_U) { /* is what the slot of an i32 holds */
        if (o->kind == TR_SUM || o->kind == TR_SUM_LOCAL) {
            (void)tr_source(t, o);
        }
        tr_push_again(t, o);
        return;
    }
    uint32_t from = tr_source(t, o);
    tr_emit_abc(t, row->slot_op, tr_push(t, row->width), from, 0);
}

/* Instructions on i32 look at 32 bits only: they can take the i64 as it is. */
static void see_through(struct wrt_translator *t, uint32_t slot_op, struct tr_operand *o)
{
    bool narrow = (slot_op >= WRT_S_I32_ADD && slot_op <= WRT_S_I32_ROTR_K) ||
                  (slot_op >= WRT_S_I32_EQ && slot_op < WRT_S_I64_EQ);
    if (narrow && tr_made_by(t, o, WRT_S_I32_WRAP_I64)) {
        o->local = wrt_slot_b(t->code[t->last]);
        o->kind = TR_LOCAL; /* popped: nobody waits for it */
        tr_unemit(t);
    }
}

/* An i32 and a constant: added when somebody needs the sum, for addresses by whoever loads or stores. */
static bool put_off(struct wrt_translator *t, const struct tr_operand *o, uint32_t k)
{
    if (o->slot != t->top && !tr_waits(o) && o->kind != TR_CONST) {
        return false; /* it lies where the sum does not */
    }
    struct tr_operand sum = *o;
    sum.value = (uint32_t)((o->kind == TR_IN_SLOT || o->kind == TR_LOCAL ? 0 : o->value) + k);
    sum.kind = (uint8_t)(o->kind == TR_IN_SLOT ? TR_SUM : o->kind == TR_LOCAL ? TR_SUM_LOCAL : o->kind);
    tr_push_again(t, &sum);
    return true;
}

static bool put_off_sum(struct wrt_translator *t, uint32_t slot_op, const struct tr_operand *b,
                        const struct tr_operand *c)
{
    if (slot_op == WRT_S_I32_ADD) {
        return c->kind == TR_CONST ? put_off(t, b, (uint32_t)c->value)
                                   : b->kind == TR_CONST && put_off(t, c, (uint32_t)b->value);
    }
    return slot_op == WRT_S_I32_SUB && c->kind == TR_CONST && put_off(t, b, 0 - (uint32_t)c->value);
}

static void binary(struct wrt_translator *t, const struct tr_row *row)
{
    struct tr_operand *c = tr_pop(t), *b = tr_pop(t);
    if (put_off_sum(t, row->slot_op, b, c)) {
        return;
    }
    see_through(t, row->slot_op, c);
    see_through(t, row->slot_op, b);
    if (c->kind == TR_CONST) {
        uint64_t k = c->value;
        uint32_t from = tr_source(t, b);
        tr_emit_abc2(t, row->slot_op + 1u, tr_push(t, 1), from, 0, k);
        return;
    }
    if (b->kind == TR_CONST && row->swapped != 0) {
        uint64_t k = b->value;
        uint32_t from = tr_source(t, c);
        tr_emit_abc2(t, row->swapped + 1u, tr_push(t, 1), from, 0, k);
        return;
    }
    uint32_t left = tr_source(t, b), right = tr_source(t, c);
    if (!tr_fuse_binary(t, row->slot_op, b, c, t->top)) {
        tr_emit_abc(t, row->slot_op, t->top, left, right);
    }
    (void)tr_push(t, 1);
}

static void wide(struct wrt_translator *t, const struct tr_row *row)
{
    if (row->in == 4) {
        tr_settle_top(t, 4);
        uint32_t first = t->ops[t->count - 4].slot;
        for (unsigned i = 0; i < 4; i++) {
            (void)tr_pop(t);
        }
        tr_emit_abc(t, row->slot_op, first, first, 0);
    } else {
        struct tr_operand *c = tr_pop(t), *b = tr_pop(t);
        uint32_t left = tr_source(t, b), right = tr_source(t, c);
        tr_emit_abc(t, row->slot_op, t->top, left, right);
    }
    (void)tr_push(t, 1);
    (void)tr_push(t, 1);
}

/* ---- variables ---- */

static void local_get(struct wrt_translator *t)
{
    uint32_t word = t->locals[tr_u32(t)];
    tr_push_local(t, word & ~TR_WIDE_LOCAL, (word & TR_WIDE_LOCAL) != 0 ? 2 : 1);
}

static bool is_number(uint32_t type)
{
    return type >= WRT_F64 && type <= WRT_I32;
}

/* Numbers that never change are constants: they were there before any code. */
static void global_get(struct wrt_translator *t)
{
    const struct wrt_global_inst *g = t->instance->globals[tr_u32(t)];
    if (!g->mut && is_number(g->type)) {
        tr_push_const(t, g->cell[0]);
        return;
    }
    uint32_t width = tr_width(g->type), to = tr_push(t, width);
    tr_emit_abc2(t, width == 2 ? WRT_S_GLOBAL_GET_V : WRT_S_GLOBAL_GET, to, 0, 0, (uint64_t)(uintptr_t)g->cell);
}

static void global_set(struct wrt_translator *t)
{
    const struct wrt_global_inst *g = t->instance->globals[tr_u32(t)];
    uint32_t from = tr_source(t, tr_pop(t));
    tr_emit_abc2(t, tr_width(g->type) == 2 ? WRT_S_GLOBAL_SET_V : WRT_S_GLOBAL_SET, from, 0, 0,
                 (uint64_t)(uintptr_t)g->cell);
}

static void select_one(struct wrt_translator *t)
{
    uint32_t test = tr_source(t, tr_pop(t));
    struct tr_operand *c = tr_pop(t), *b = tr_pop(t);
    uint32_t left = tr_source(t, b), right = tr_source(t, c), width = b->width;
    uint32_t to = tr_push(t, width);
    tr_emit_abc2(t, width == 2 ? WRT_S_SELECT_V : WRT_S_SELECT, to, left, right, test);
}

static void select_typed(struct wrt_translator *t)
{
    (void)tr_u32(t);
    tr_skip_type(t);
    select_one(t);
}

/* ---- all ---- */

bool tr_is_legacy(uint32_t op)
{
    return op == WRT_OP_TRY || op == WRT_OP_CATCH || op == WRT_OP_CATCH_ALL || op == WRT_OP_DELEGATE ||
           op == WRT_OP_RETHROW;
}

void tr_fail_legacy(struct wrt_translator *t)
{
    (void)tr_fail(t, WRT_STOP_UNSUPPORTED, "function %u: legacy exceptions are validated, not run", t->f->index);
}

static void control(struct wrt_translator *t, uint32_t op)
{
    switch (op) {
    case WRT_OP_UNREACHABLE:
        *tr_emit(t, 1) = WRT_S_TRAP_UNREACHABLE;
        tr_go_dead(t);
        break;
    case WRT_OP_BLOCK:
        tr_block_begin(t, TR_BLOCK);
        break;
    case WRT_OP_LOOP:
        tr_block_begin(t, TR_LOOP);
        break;
    case WRT_OP_IF:
        tr_block_begin(t, TR_IF);
        break;
    case WRT_OP_ELSE:
        tr_else(t);
        break;
    case WRT_OP_END:
        tr_end(t);
        break;
    case WRT_OP_BR:
    case WRT_OP_BR_IF:
    case WRT_OP_BR_ON_NULL:
    case WRT_OP_BR_ON_NON_NULL:
    case WRT_OP_BR_ON_CAST:
    case WRT_OP_BR_ON_CAST_FAIL:
        tr_branch(t, op);
        break;
    case WRT_OP_BR_TABLE:
        tr_br_table(t);
        break;
    case WRT_OP_RETURN:
        tr_return(t);
        break;
    case WRT_OP_CALL:
    case WRT_OP_CALL_INDIRECT:
    case WRT_OP_CALL_REF:
    case WRT_OP_RETURN_CALL:
    case WRT_OP_RETURN_CALL_INDIRECT:
    case WRT_OP_RETURN_CALL_REF:
        tr_call(t, op);
        break;
    case WRT_OP_TRY:
    case WRT_OP_CATCH:
    case WRT_OP_CATCH_ALL:
    case WRT_OP_DELEGATE:
    case WRT_OP_RETHROW:
        tr_fail_legacy(t);
        break;
    case WRT_OP_TRY_TABLE:
        tr_try_table(t);
        break;
    default:
        tr_slow(t, op);
        break;
    }
}

static void special(struct wrt_translator *t, uint32_t op)
{
    switch (op) {
    case WRT_OP_NOP:
        break;
    case WRT_OP_DROP:
        (void)tr_pop(t);
        break;
    case WRT_OP_LOCAL_GET:
        local_get(t);
        break;
    case WRT_OP_LOCAL_SET:
    case WRT_OP_LOCAL_TEE:
        tr_local_set(t, op == WRT_OP_LOCAL_TEE);
        break;
    case WRT_OP_I32_CONST:
        tr_push_const(t, (uint32_t)tr_signed(t));
        break;
    case WRT_OP_I64_CONST:
        tr_push_const(t, tr_signed(t));
        break;
    case WRT_OP_F32_CONST:
        tr_push_const(t, bytes(t, 4));
        break;
    case WRT_OP_F64_CONST:
        tr_push_const(t, bytes(t, 8));
        break;
    case WRT_OP_GLOBAL_GET:
        global_get(t);
        break;
    case WRT_OP_GLOBAL_SET:
        global_set(t);
        break;
    case WRT_OP_SELECT:
        select_one(t);
        break;
    case WRT_OP_SELECT_TYPED:
        select_typed(t);
        break;
    case WRT_OP_V128_CONST:
    case WRT_OP_V128_STORE:
    case WRT_OP_I8X16_SHUFFLE:
        tr_vector(t, op);
        break;
    case WRT_OP_REF_NULL:
    case WRT_OP_REF_FUNC:
    case WRT_OP_REF_IS_NULL:
    case WRT_OP_REF_EQ:
        tr_reference(t, op);
        break;
    default:
        control(t, op);
        break;
    }
}

static void step(struct wrt_translator *t)
{
    t->at = t->p;
    uint32_t op = tr_opcode(t);
    const struct tr_row *row = &t->rows[op];
    t->place += row->charge;
    switch ((enum tr_shape)row->shape) {
    case TR_SPECIAL:
        special(t, op);
        break;
    case TR_UNARY:
        unary(t, row);
        break;
    case TR_BINARY:
    case TR_COMPARE:
        binary(t, row);
        break;
    case TR_LOAD:
    case TR_STORE:
        tr_memory(t, row);
        break;
    case TR_WIDE:
        wide(t, row);
        break;
    case TR_SLOW:
        tr_slow(t, op);
        break;
    default:
        tr_vector(t, op);
        break;
    }
}

/* Whose word is it that is asked for? Of what this instruction emitted, or changed and emitted anew. */
static void step_probe(struct wrt_translator *t)
{
    t->low = t->len;
    t->kept = TR_NONE;
    step(t);
    struct tr_owner now = {t->at, t->place};
    if (t->probe >= t->low && t->probe < t->len) {
        t->owner = t->probe >= t->kept ? t->last_owner : now;
    }
    if (t->len > t->low && t->kept == TR_NONE) {
        t->last_owner = now;
    }
}

void tr_run(struct wrt_translator *t)
{
    while (t->depth > 0 && !t->failed) {
        if (t->dead) {
            tr_skip_dead(t);
        }
        if (t->failed) {
            return;
        }
        if (t->probe != TR_NONE) {
            step_probe(t);
        } else {
            step(t);
        }
    }
}
