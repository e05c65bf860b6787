/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant expressions that make structs, arrays and i31 references, and conversions between the hierarchies (core 3.0
 * section 3.4.16). */
#include "runtime-min/const-parts.h"

enum {
    GC_STRUCT_NEW = 0,
    GC_STRUCT_NEW_DEFAULT = 1,
    GC_ARRAY_NEW = 6,
    GC_ARRAY_NEW_DEFAULT = 7,
    GC_ARRAY_NEW_FIXED = 8,
    GC_ANY_CONVERT_EXTERN = 26,
    GC_EXTERN_CONVERT_ANY = 27,
    GC_REF_I31 = 28,
};

/* The index of a defined type of this kind. */
static int type_index(struct expr *e, enum wrt_composite kind, uint32_t *ret, struct wp_err *err)
{
    uint32_t index;
    if (wp_wasm_u32(e->c, &index, err) < 0) {
        return -1;
    }
    if (index >= e->m->type_count) {
        return wrt_fail_at(e->m, e->at, err, "unknown type %u: the module has %u", index, e->m->type_count);
    }
    *ret = e->m->type_ids[index];
    if (wrt_deftype(e->m->types, *ret)->kind != kind) {
        return wrt_fail_at(e->m, e->at, err, "type mismatch: type %u is not %s", index,
                           kind == WRT_COMP_STRUCT ? "a struct" : "an array");
    }
    return 0;
}

static uint32_t unpacked(uint32_t type)
{
    return type == WRT_I8 || type == WRT_I16 ? WRT_I32 : type;
}

static int all_defaultable(struct expr *e, const struct wrt_deftype *d, struct wp_err *err)
{
    for (uint32_t i = 0; !d->defaultable && i < d->as.data.field_count; i++) {
        if (!wrt_defaultable(d->as.data.fields[i].type)) {
            return wrt_fail_at(e->m, e->at, err, "type mismatch: field %u has no default value", i);
        }
    }
    return 0;
}

static int struct_new(struct expr *e, bool defaults, struct wp_err *err)
{
    uint32_t id = 0;
    if (type_index(e, WRT_COMP_STRUCT, &id, err) < 0) {
        return -1;
    }
    const struct wrt_deftype *d = wrt_deftype(e->m->types, id);
    if (defaults && all_defaultable(e, d, err) < 0) {
        return -1;
    }
    for (uint32_t i = d->as.data.field_count; !defaults && i > 0; i--) {
        if (const_pop(e, unpacked(d->as.data.fields[i - 1].type), err) < 0) {
            return -1;
        }
    }
    return const_push(e, wrt_ref_to(id, false), err);
}

static int array_new(struct expr *e, uint32_t op, struct wp_err *err)
{
    uint32_t id = 0, n = 1;
    if (type_index(e, WRT_COMP_ARRAY, &id, err) < 0) {
        return -1;
    }
    const struct wrt_deftype *d = wrt_deftype(e->m->types, id);
    if (op == GC_ARRAY_NEW_FIXED) {
        if (wp_wasm_u32(e->c, &n, err) < 0) {
            return -1;
        }
    } else if (const_pop(e, WRT_I32, err) < 0) {
        return -1;
    }
    if (op == GC_ARRAY_NEW_DEFAULT) {
        return all_defaultable(e, d, err) < 0 ? -1 : const_push(e, wrt_ref_to(id, false), err);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (const_pop(e, unpacked(d->as.data.fields[0].type), err) < 0) {
            return -1;
        }
    }
    return const_push(e, wrt_ref_to(id, false), err);
}

/* Conversions between the hierarchies keep what is known of null. */
static int convert(struct expr *e, uint32_t from, uint32_t to, struct wp_err *err)
{
    bool null = e->stack.count == 0 || (((uint32_t *)e->stack.items)[e->stack.count - 1] & WRT_NULL) != 0;
    if (const_pop(e, WRT_REF | WRT_NULL | from, err) < 0) {
        return -1;
    }
    return const_push(e, WRT_REF | (null ? WRT_NULL : 0) | to, err);
}

int const_gc(struct expr *e, struct wp_err *err)
{
    uint32_t op;
    if (wp_wasm_u32(e->c, &op, err) < 0) {
        return -1;
    }
    if (wrt_use_feature(e->m, WRT_F_GC, e->at, "a struct, array or i31 in a constant expression", err) < 0) {
        return -1;
    }
    switch (op) {
    case GC_STRUCT_NEW:
    case GC_STRUCT_NEW_DEFAULT:
        return struct_new(e, op == GC_STRUCT_NEW_DEFAULT, err);
    case GC_ARRAY_NEW:
    case GC_ARRAY_NEW_DEFAULT:
    case GC_ARRAY_NEW_FIXED:
        return array_new(e, op, err);
    case GC_ANY_CONVERT_EXTERN:
        return convert(e, WRT_HEAP_EXTERN, WRT_HEAP_ANY, err);
    case GC_EXTERN_CONVERT_ANY:
        return convert(e, WRT_HEAP_ANY, WRT_HEAP_EXTERN, err);
    case GC_REF_I31:
        return const_pop(e, WRT_I32, err) < 0 ? -1 : const_push(e, WRT_REF | WRT_HEAP_I31, err);
    default:
        return wrt_fail_at(e->m, e->at, err, "constant expression required: instruction 0xfb %u is not constant", op);
    }
}
