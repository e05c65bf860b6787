/* SPDX-License-Identifier: Apache-2.0
 *
 * Structs and arrays (core 3.0, sections 3.4.6 and 3.4.7). */
#include "runtime-min/code-parts.h"

static bool packed(const struct wrt_field *f)
{
    return f->type == WRT_I8 || f->type == WRT_I16;
}

static int default_value(struct wrt_scratch *s, const struct wrt_field *f)
{
    if (wrt_defaultable(f->type)) {
        return 0;
    }
    return code_mismatch(s, "fields with a default value", f->type);
}

static int struct_new(struct wrt_scratch *s, bool defaults)
{
    const struct wrt_deftype *type;
    uint32_t id;
    if (code_imm_type(s, WRT_COMP_STRUCT, &type, &id) < 0) {
        return -1;
    }
    uint32_t left = defaults && type->defaultable ? 0 : type->as.data.field_count;
    while (left > 0) {
        const struct wrt_field *f = &type->as.data.fields[--left];
        if (defaults ? default_value(s, f) < 0 : code_pop(s, code_unpacked(f->type)) < 0) {
            return -1;
        }
        if (!defaults && code_gives_anything(s)) {
            break;
        }
    }
    return code_push(s, wrt_ref_to(id, false));
}

/* …_s and …_u are for packed storage, the plain ones for all other. */
static int packing(struct wrt_scratch *s, const struct wrt_field *f, bool plain)
{
    if (packed(f) != plain) {
        return 0;
    }
    return code_fail(s, "type mismatch: %s takes %s, found %s", s->op->name,
                     plain ? "a field that is not packed" : "a packed field",
                     plain ? "i8 or i16 (read it with …_s or …_u)" : "one that is not");
}

static int struct_get(struct wrt_scratch *s, bool plain)
{
    const struct wrt_field *f;
    uint32_t id;
    if (code_imm_field(s, &id, &f) < 0 || packing(s, f, plain) < 0 || code_pop(s, wrt_ref_to(id, true)) < 0) {
        return -1;
    }
    return code_push(s, code_unpacked(f->type));
}

static int struct_set(struct wrt_scratch *s)
{
    const struct wrt_field *f;
    uint32_t id;
    if (code_imm_field(s, &id, &f) < 0) {
        return -1;
    }
    if (!f->mut) {
        return code_fail(s, "immutable field: struct.set takes one that is mutable");
    }
    return code_pop(s, code_unpacked(f->type)) < 0 ? -1 : code_pop(s, wrt_ref_to(id, true));
}

static int array_type(struct wrt_scratch *s, const struct wrt_field **ret, uint32_t *ret_id)
{
    const struct wrt_deftype *type;
    if (code_imm_type(s, WRT_COMP_ARRAY, &type, ret_id) < 0) {
        return -1;
    }
    *ret = type->as.data.fields;
    return 0;
}

static int array_mutable(struct wrt_scratch *s, const struct wrt_field *f)
{
    return f->mut ? 0 : code_fail(s, "immutable array: %s takes one that is mutable", s->op->name);
}

static int array_new_fixed(struct wrt_scratch *s)
{
    const struct wrt_field *f;
    uint32_t id, n;
    if (array_type(s, &f, &id) < 0 || code_u32(s, &n) < 0) {
        return -1;
    }
    for (; n > 0 && s->sp[-1] != BARRIER; n--) {
        if (code_pop(s, code_unpacked(f->type)) < 0) {
            return -1;
        }
    }
    if (n > 0 && code_pop(s, code_unpacked(f->type)) < 0) { /* unreachable code gives any number of them */
        return -1;
    }
    return code_push(s, wrt_ref_to(id, false));
}

/* The segment, after the type. */
static int array_segment(struct wrt_scratch *s, const struct wrt_field *f, bool elem)
{
    uint32_t type;
    if (!elem) {
        if (code_imm_data(s) < 0) {
            return -1;
        }
        return wrt_is_ref(f->type)
                   ? code_fail(s, "array type is not numeric or vector: %s fills it with bytes", s->op->name)
                   : 0;
    }
    if (code_imm_elem(s, &type) < 0) {
        return -1;
    }
    if (code_matches(s, type, f->type)) {
        return 0;
    }
    char text[64];
    code_type_text(s, f->type, text, sizeof(text));
    return code_mismatch(s, text, type);
}

static int array_new_segment(struct wrt_scratch *s, bool elem)
{
    const struct wrt_field *f;
    uint32_t id;
    if (array_type(s, &f, &id) < 0 || array_segment(s, f, elem) < 0 || code_pop_i32s(s, 2) < 0) {
        return -1;
    }
    return code_push(s, wrt_ref_to(id, false));
}

static int array_init_segment(struct wrt_scratch *s, bool elem)
{
    const struct wrt_field *f;
    uint32_t id;
    if (array_type(s, &f, &id) < 0 || array_mutable(s, f) < 0 || array_segment(s, f, elem) < 0 ||
        code_pop_i32s(s, 3) < 0) {
        return -1;
    }
    return code_pop(s, wrt_ref_to(id, true));
}

static int array_copy(struct wrt_scratch *s)
{
    const struct wrt_field *to, *from;
    uint32_t to_id, from_id;
    if (array_type(s, &to, &to_id) < 0 || array_type(s, &from, &from_id) < 0 || array_mutable(s, to) < 0) {
        return -1;
    }
    if (!code_matches(s, from->type, to->type)) {
        return code_fail(s, "array types do not match: array.copy copies between equal ones");
    }
    if (code_pop_i32s(s, 2) < 0 || code_pop(s, wrt_ref_to(from_id, true)) < 0 || code_pop(s, WRT_I32) < 0) {
        return -1;
    }
    return code_pop(s, wrt_ref_to(to_id, true));
}

/* array.new, get, set, fill and their variants. */
static int array_plain(struct wrt_scratch *s, uint32_t op)
{
    const struct wrt_field *f;
    uint32_t id;
    if (array_type(s, &f, &id) < 0) {
        return -1;
    }
    uint32_t value = code_unpacked(f->type), ref = wrt_ref_to(id, true);
    switch (op) {
    case WRT_OP_ARRAY_NEW:
        return code_pop(s, WRT_I32) < 0 || code_pop(s, value) < 0 ? -1 : code_push(s, wrt_ref_to(id, false));
    case WRT_OP_ARRAY_NEW_DEFAULT:
        return default_value(s, f) < 0 || code_pop(s, WRT_I32) < 0 ? -1 : code_push(s, wrt_ref_to(id, false));
    case WRT_OP_ARRAY_SET:
        return array_mutable(s, f) < 0 || code_pop(s, value) < 0 || code_pop(s, WRT_I32) < 0 ? -1 : code_pop(s, ref);
    case WRT_OP_ARRAY_FILL:
        return array_mutable(s, f) < 0 || code_pop(s, WRT_I32) < 0 || code_pop(s, value) < 0 || code_pop(s, WRT_I32) < 0
                   ? -1
                   : code_pop(s, ref);
    default: /* array.get, _s, _u */
        return packing(s, f, op == WRT_OP_ARRAY_GET) < 0 || code_pop(s, WRT_I32) < 0 || code_pop(s, ref) < 0
                   ? -1
                   : code_push(s, value);
    }
}

int code_data(struct wrt_scratch *s, uint32_t op)
{
    switch (op) {
    case WRT_OP_STRUCT_NEW:
    case WRT_OP_STRUCT_NEW_DEFAULT:
        return struct_new(s, op == WRT_OP_STRUCT_NEW_DEFAULT);
    case WRT_OP_STRUCT_GET:
    case WRT_OP_STRUCT_GET_S:
    case WRT_OP_STRUCT_GET_U:
        return struct_get(s, op == WRT_OP_STRUCT_GET);
    case WRT_OP_STRUCT_SET:
        return struct_set(s);
    case WRT_OP_ARRAY_NEW_FIXED:
        return array_new_fixed(s);
    case WRT_OP_ARRAY_NEW_DATA:
    case WRT_OP_ARRAY_NEW_ELEM:
        return array_new_segment(s, op == WRT_OP_ARRAY_NEW_ELEM);
    case WRT_OP_ARRAY_INIT_DATA:
    case WRT_OP_ARRAY_INIT_ELEM:
        return array_init_segment(s, op == WRT_OP_ARRAY_INIT_ELEM);
    case WRT_OP_ARRAY_COPY:
        return array_copy(s);
    default:
        return array_plain(s, op);
    }
}
