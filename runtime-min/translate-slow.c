/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions of the slow lane: their operands lie side by side, results replace them, immediates stand in the order
 * of the binary (slot.h). */
#include "runtime-min/translate-parts.h"

enum { IMM_MAX = 3 };

void tr_emit_slow(struct wrt_translator *t, uint32_t op, uint32_t a, uint32_t i0, uint64_t word)
{
    uint64_t *w = tr_emit(t, 2);
    w[0] = wrt_slot_ad(WRT_SLOT_SLOW + op, a, i0);
    w[1] = word;
}

static const struct wrt_deftype *type_of(const struct wrt_translator *t, uint32_t id)
{
    return wrt_deftype(t->m->types, id);
}

static uint32_t type_id(struct wrt_translator *t)
{
    return t->m->type_ids[tr_u32(t)];
}

/* i0, i1, i2. */
static void immediates(struct wrt_translator *t, uint32_t op, uint32_t imm[IMM_MAX])
{
    switch ((enum wrt_immediate)t->rows[op].imm) {
    case WRT_IMM_NONE:
        break;
    case WRT_IMM_ZERO:
        t->p++;
        break;
    case WRT_IMM_HEAP:
        imm[0] = tr_heap_type(t) | (op == WRT_OP_REF_TEST_NULL || op == WRT_OP_REF_CAST_NULL ? WRT_NULL : 0);
        break;
    case WRT_IMM_TYPE:
        imm[0] = type_id(t);
        break;
    case WRT_IMM_FIELD:
    case WRT_IMM_TYPE_COUNT:
    case WRT_IMM_TYPE_DATA:
    case WRT_IMM_TYPE_ELEM:
        imm[0] = type_id(t);
        imm[1] = tr_u32(t);
        break;
    case WRT_IMM_TYPES:
        imm[0] = type_id(t);
        imm[1] = type_id(t);
        break;
    case WRT_IMM_TABLES:
    case WRT_IMM_MEMORIES:
    case WRT_IMM_DATA_MEMORY:
    case WRT_IMM_ELEM_TABLE:
        imm[0] = tr_u32(t);
        imm[1] = tr_u32(t);
        break;
    default:
        imm[0] = tr_u32(t);
        break;
    }
}

/* Takes n operands, gives one result of this width, or none: 0. */
static void emit(struct wrt_translator *t, uint32_t op, uint32_t n, uint32_t width, const uint32_t imm[IMM_MAX])
{
    tr_take_top(t, n);
    tr_emit_slow(t, op, t->top, imm[0], imm[1] | (uint64_t)imm[2] << 32);
    if (width > 0) {
        (void)tr_push(t, width);
    }
}

/* Atomics. */
static void memory_access(struct wrt_translator *t, uint32_t op)
{
    const struct tr_row *row = &t->rows[op];
    uint32_t memory;
    uint64_t offset;
    tr_memarg(t, &memory, &offset);
    emit(t, op, row->in, row->out == 0 ? 0 : row->width,
         (const uint32_t[]){memory, (uint32_t)offset, (uint32_t)(offset >> 32)});
}

static void throw(struct wrt_translator * t, uint32_t op, uint32_t imm[IMM_MAX])
{
    uint32_t n = 1;
    if (op == WRT_OP_THROW) {
        n = type_of(t, t->m->tags[imm[0]])->as.func.param_count;
        imm[1] = t->place;
    } else {
        imm[0] = t->place;
    }
    emit(t, op, n, 0, imm);
    tr_go_dead(t);
}

/* Structs and arrays. */
static void data(struct wrt_translator *t, uint32_t op, const uint32_t imm[IMM_MAX])
{
    const struct wrt_deftype *type = type_of(t, imm[0]);
    switch (op) {
    case WRT_OP_STRUCT_NEW:
        emit(t, op, type->as.data.field_count, 1, imm);
        break;
    case WRT_OP_STRUCT_NEW_DEFAULT:
        emit(t, op, 0, 1, imm);
        break;
    case WRT_OP_STRUCT_GET:
    case WRT_OP_STRUCT_GET_S:
    case WRT_OP_STRUCT_GET_U:
        emit(t, op, 1, tr_width(type->as.data.fields[imm[1]].type), imm);
        break;
    case WRT_OP_ARRAY_GET:
    case WRT_OP_ARRAY_GET_S:
    case WRT_OP_ARRAY_GET_U:
        emit(t, op, 2, tr_width(type->as.data.fields[0].type), imm);
        break;
    case WRT_OP_ARRAY_NEW_FIXED:
        emit(t, op, imm[1], 1, imm);
        break;
    case WRT_OP_ARRAY_NEW_DEFAULT:
        emit(t, op, 1, 1, imm);
        break;
    case WRT_OP_ARRAY_NEW:
    case WRT_OP_ARRAY_NEW_DATA:
    case WRT_OP_ARRAY_NEW_ELEM:
        emit(t, op, 2, 1, imm);
        break;
    case WRT_OP_STRUCT_SET:
        emit(t, op, 2, 0, imm);
        break;
    case WRT_OP_ARRAY_SET:
        emit(t, op, 3, 0, imm);
        break;
    case WRT_OP_ARRAY_COPY:
        emit(t, op, 5, 0, imm);
        break;
    default: /* array.fill, array.init_* */
        emit(t, op, 4, 0, imm);
        break;
    }
}

static void special(struct wrt_translator *t, uint32_t op, uint32_t imm[IMM_MAX])
{
    switch (op) {
    case WRT_OP_THROW:
    case WRT_OP_THROW_REF:
        throw(t, op, imm);
        break;
    case WRT_OP_TABLE_SIZE:
        emit(t, op, 0, 1, imm);
        break;
    case WRT_OP_TABLE_GET:
    case WRT_OP_REF_TEST:
    case WRT_OP_REF_TEST_NULL:
    case WRT_OP_REF_CAST:
    case WRT_OP_REF_CAST_NULL:
    case WRT_OP_REF_AS_NON_NULL:
    case WRT_OP_ANY_CONVERT_EXTERN:
    case WRT_OP_EXTERN_CONVERT_ANY:
        emit(t, op, 1, 1, imm);
        break;
    case WRT_OP_TABLE_GROW:
        emit(t, op, 2, 1, imm);
        break;
    case WRT_OP_TABLE_SET:
        emit(t, op, 2, 0, imm);
        break;
    case WRT_OP_TABLE_FILL:
    case WRT_OP_TABLE_COPY:
    case WRT_OP_TABLE_INIT:
    case WRT_OP_MEMORY_COPY:
        emit(t, op, 3, 0, imm);
        break;
    default:
        data(t, op, imm);
        break;
    }
}

void tr_slow(struct wrt_translator *t, uint32_t op)
{
    const struct tr_row *row = &t->rows[op];
    uint32_t imm[IMM_MAX] = {0, 0, 0};
    if (row->imm == WRT_IMM_ATOMIC) {
        memory_access(t, op);
        return;
    }
    immediates(t, op, imm);
    if (row->shape == TR_SPECIAL) {
        special(t, op, imm);
    } else {
        emit(t, op, row->in, row->out == 0 ? 0 : row->width, imm);
    }
}
