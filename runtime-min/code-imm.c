/* SPDX-License-Identifier: Apache-2.0
 *
 * Immediates of instructions (core 3.0, section 5.4): indices that must be there, memory arguments. */
#include "runtime-min/code-parts.h"

int code_bytes(struct wrt_scratch *s, size_t n, const uint8_t **ret)
{
    if ((size_t)(s->c.end - s->c.p) < n) {
        return wp_wasm_end(&s->c, s->err);
    }
    *ret = s->c.p;
    s->c.p += n;
    return 0;
}

static int unknown(struct wrt_scratch *s, const char *what, uint32_t index, uint32_t count)
{
    if (count == 0) {
        return code_fail(s, "unknown %s %u: the module has none", what, index);
    }
    return code_fail(s, "unknown %s %u: the module has %u, counted from 0", what, index, count);
}

static int memory_at(struct wrt_scratch *s, uint32_t index, uint32_t *ret_address)
{
    if (index >= s->m->memory_count) {
        return unknown(s, "memory", index, s->m->memory_count);
    }
    *ret_address = code_address_of(&s->m->memories[index]);
    return 0;
}

int code_imm_memory(struct wrt_scratch *s, uint32_t *ret_address)
{
    const uint8_t *at = s->c.p;
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if ((index != 0 || s->c.p - at > 1) && code_feature(s, WRT_F_MULTI_MEMORY, "another memory than the first") < 0) {
        return -1;
    }
    return memory_at(s, index, ret_address);
}

static int memory_offset(struct wrt_scratch *s, uint64_t *ret)
{
    uint32_t low;
    if ((s->m->features & WRT_F_MEMORY64) != 0) {
        return wp_wasm_u64(&s->c, ret, s->err);
    }
    if (code_u32(s, &low) < 0) {
        return -1;
    }
    *ret = low;
    return 0;
}

int code_imm_memarg(struct wrt_scratch *s, uint32_t *ret_address)
{
    const uint8_t *at = s->c.p;
    uint32_t flags, index = 0, natural = s->op->arg;
    uint64_t offset;
    if (code_u32(s, &flags) < 0) {
        return -1;
    }
    if ((flags & 0x40) != 0) {
        if (code_feature(s, WRT_F_MULTI_MEMORY, "another memory than the first") < 0 || code_u32(s, &index) < 0) {
            return -1;
        }
        flags &= ~UINT32_C(0x40);
    }
    if (flags >= 0x40) {
        return wrt_fail_at(s->m, at, s->err, "malformed memop flags: %u", flags);
    }
    if (memory_offset(s, &offset) < 0 || memory_at(s, index, ret_address) < 0) {
        return -1;
    }
    if (s->op->imm == WRT_IMM_ATOMIC ? flags != natural : flags > natural) {
        bool larger = flags > natural;
        return code_fail(s, "%s: %s has 2^%u bytes, natural are %u",
                         larger ? "alignment must not be larger than natural" : "atomic alignment must be natural",
                         s->op->name, flags, 1u << natural);
    }
    if (*ret_address == WRT_I32 && offset > UINT32_MAX) {
        return code_fail(s, "offset out of range: memory %u has 32-bit addresses", index);
    }
    return 0;
}

int code_imm_table(struct wrt_scratch *s, const struct wrt_table **ret)
{
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= s->m->table_count) {
        return unknown(s, "table", index, s->m->table_count);
    }
    *ret = &s->m->tables[index];
    return 0;
}

static int data_at(struct wrt_scratch *s, uint32_t index)
{
    if (!s->m->has_data_count) {
        return code_fail(s, "data count section required: %s names a data segment", s->op->name);
    }
    return index < s->m->data_count ? 0 : unknown(s, "data segment", index, s->m->data_count);
}

int code_imm_data(struct wrt_scratch *s)
{
    uint32_t index;
    return code_u32(s, &index) < 0 ? -1 : data_at(s, index);
}

/* The memory stands second and is looked at first; so with tables. */
int code_imm_data_memory(struct wrt_scratch *s, uint32_t *ret_address)
{
    uint32_t index;
    return code_u32(s, &index) < 0 || code_imm_memory(s, ret_address) < 0 ? -1 : data_at(s, index);
}

static int elem_at(struct wrt_scratch *s, uint32_t index, uint32_t *ret_type)
{
    if (index >= s->m->elem_count) {
        return unknown(s, "elem segment", index, s->m->elem_count);
    }
    *ret_type = s->m->elem_types[index];
    return 0;
}

int code_imm_elem(struct wrt_scratch *s, uint32_t *ret_type)
{
    uint32_t index;
    return code_u32(s, &index) < 0 ? -1 : elem_at(s, index, ret_type);
}

int code_imm_elem_table(struct wrt_scratch *s, uint32_t *ret_type, const struct wrt_table **ret)
{
    uint32_t index;
    return code_u32(s, &index) < 0 || code_imm_table(s, ret) < 0 ? -1 : elem_at(s, index, ret_type);
}

int code_imm_tag(struct wrt_scratch *s, const struct wrt_deftype **ret)
{
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= s->m->tag_count) {
        return unknown(s, "tag", index, s->m->tag_count);
    }
    *ret = wrt_deftype(s->m->types, s->m->tags[index]);
    return 0;
}

int code_imm_valtype(struct wrt_scratch *s, uint32_t *ret)
{
    if (wrt_read_valtype(s->m, &s->c, ret, s->err) < 0) {
        return -1;
    }
    s->used |= wrt_type_features(*ret);
    return 0;
}

int code_imm_heaptype(struct wrt_scratch *s, uint32_t *ret)
{
    if (wrt_read_heaptype(s->m, &s->c, ret, s->err) < 0) {
        return -1;
    }
    s->used |= wrt_type_features(WRT_REF | WRT_NULL | *ret);
    return 0;
}

int code_imm_label(struct wrt_scratch *s, struct frame **ret)
{
    uint32_t depth;
    if (code_u32(s, &depth) < 0) {
        return -1;
    }
    if (depth >= s->frame_count) {
        return code_fail(s, "unknown label %u: %u are open here, counted from 0", depth, s->frame_count);
    }
    *ret = &s->frames[s->frame_count - 1 - depth];
    return 0;
}

int code_imm_type(struct wrt_scratch *s, enum wrt_composite kind, const struct wrt_deftype **ret, uint32_t *ret_id)
{
    static const char *const kinds[] = {
        [WRT_COMP_FUNC] = "a function", [WRT_COMP_STRUCT] = "a struct", [WRT_COMP_ARRAY] = "an array"};
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= s->m->type_count) {
        return unknown(s, "type", index, s->m->type_count);
    }
    *ret_id = s->m->type_ids[index];
    *ret = wrt_deftype(s->m->types, *ret_id);
    if ((*ret)->kind != kind) {
        return code_fail(s, "type mismatch: %s takes %s type, type %u is %s", s->op->name, kinds[kind], index,
                         kinds[(*ret)->kind]);
    }
    return 0;
}

int code_imm_field(struct wrt_scratch *s, uint32_t *ret_id, const struct wrt_field **ret)
{
    const struct wrt_deftype *type = NULL;
    uint32_t index = 0;
    if (code_imm_type(s, WRT_COMP_STRUCT, &type, ret_id) < 0 || type == NULL || code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= type->as.data.field_count) {
        return code_fail(s, "unknown field %u: the struct has %u, counted from 0", index, type->as.data.field_count);
    }
    *ret = &type->as.data.fields[index];
    return 0;
}
