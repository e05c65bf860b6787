/* SPDX-License-Identifier: Apache-2.0
 *
 * Globals, tables and the copies between memories (core 3.0, sections 3.4.8 to 3.4.10), as far as their types depend on
 * more than a row of opcode.h says. */
#include "runtime-min/code-parts.h"

static int global(struct wrt_scratch *s, bool set)
{
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= s->m->global_count) {
        return code_fail(s, "unknown global %u: the module has %u, counted from 0", index, s->m->global_count);
    }
    const struct wrt_global *g = &s->m->globals[index];
    if (!set) {
        return code_push(s, g->type);
    }
    if (!g->mut) {
        return code_fail(s, "immutable global %u: global.set takes one that is mutable", index);
    }
    return code_pop(s, g->type);
}

static int table_one(struct wrt_scratch *s, uint32_t op)
{
    const struct wrt_table *t;
    if (code_imm_table(s, &t) < 0) {
        return -1;
    }
    uint32_t address = code_address_of(&t->limits);
    switch (op) {
    case WRT_OP_TABLE_GET:
        return code_pop(s, address) < 0 ? -1 : code_push(s, t->type);
    case WRT_OP_TABLE_SET:
        return code_pop(s, t->type) < 0 ? -1 : code_pop(s, address);
    case WRT_OP_TABLE_SIZE:
        return code_push(s, address);
    case WRT_OP_TABLE_GROW:
        return code_pop(s, address) < 0 || code_pop(s, t->type) < 0 ? -1 : code_push(s, address);
    default: /* table.fill */
        return code_pop(s, address) < 0 || code_pop(s, t->type) < 0 ? -1 : code_pop(s, address);
    }
}

/* The length of a copy has the smaller of both addresses. */
static int pop_copy(struct wrt_scratch *s, uint32_t to, uint32_t from)
{
    uint32_t length = to == WRT_I64 && from == WRT_I64 ? WRT_I64 : WRT_I32;
    return code_pop(s, length) < 0 || code_pop(s, from) < 0 ? -1 : code_pop(s, to);
}

static int elements_match(struct wrt_scratch *s, uint32_t got, uint32_t want)
{
    if (code_matches(s, got, want)) {
        return 0;
    }
    char text[64];
    code_type_text(s, want, text, sizeof(text));
    return code_mismatch(s, text, got);
}

static int table_copy(struct wrt_scratch *s)
{
    const struct wrt_table *to, *from;
    if (code_imm_table(s, &to) < 0 || code_imm_table(s, &from) < 0 || elements_match(s, from->type, to->type) < 0) {
        return -1;
    }
    return pop_copy(s, code_address_of(&to->limits), code_address_of(&from->limits));
}

static int table_init(struct wrt_scratch *s)
{
    const struct wrt_table *t;
    uint32_t type;
    if (code_imm_elem_table(s, &type, &t) < 0 || elements_match(s, type, t->type) < 0) {
        return -1;
    }
    return code_pop_i32s(s, 2) < 0 ? -1 : code_pop(s, code_address_of(&t->limits));
}

static int memory_copy(struct wrt_scratch *s)
{
    uint32_t to, from;
    if (code_imm_memory(s, &to) < 0 || code_imm_memory(s, &from) < 0) {
        return -1;
    }
    return pop_copy(s, to, from);
}

int code_variable(struct wrt_scratch *s, uint32_t op)
{
    switch (op) {
    case WRT_OP_LOCAL_GET:
        return code_local_get(s);
    case WRT_OP_LOCAL_SET:
    case WRT_OP_LOCAL_TEE:
        return code_local_set(s, op == WRT_OP_LOCAL_TEE);
    case WRT_OP_GLOBAL_GET:
    case WRT_OP_GLOBAL_SET:
        return global(s, op == WRT_OP_GLOBAL_SET);
    case WRT_OP_MEMORY_COPY:
        return memory_copy(s);
    case WRT_OP_TABLE_COPY:
        return table_copy(s);
    case WRT_OP_TABLE_INIT:
        return table_init(s);
    default:
        return table_one(s, op);
    }
}
