/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant expressions (core 3.0 section 3.4.16): initialisers of globals and tables, elements, offsets of segments.
 * Nearly all are one constant and `end`; those are read on the spot. */
#include "runtime-min/module-parts.h"

enum {
    OP_END = 0x0b,
    OP_GLOBAL_GET = 0x23,
    OP_I32_CONST = 0x41,
    OP_I64_CONST = 0x42,
    OP_F32_CONST = 0x43,
    OP_F64_CONST = 0x44,
    OP_I32_ADD = 0x6a,
    OP_I32_MUL = 0x6c,
    OP_I64_ADD = 0x7c,
    OP_I64_MUL = 0x7e,
    OP_REF_NULL = 0xd0,
    OP_REF_FUNC = 0xd2,
    OP_GC = 0xfb,
    OP_VECTOR = 0xfd,
    GC_STRUCT_NEW = 0,
    GC_STRUCT_NEW_DEFAULT = 1,
    GC_ARRAY_NEW = 6,
    GC_ARRAY_NEW_DEFAULT = 7,
    GC_ARRAY_NEW_FIXED = 8,
    GC_ANY_CONVERT_EXTERN = 26,
    GC_EXTERN_CONVERT_ANY = 27,
    GC_REF_I31 = 28,
    VECTOR_CONST = 12,
    FEW = 32, /* operands that need no allocation */
};

struct expr {
    struct wrt_module *m;
    struct wp_wasm_cursor *c;
    const uint8_t *at; /* the instruction */
    uint32_t global_limit;
    struct wrt_vec stack; /* of value types */
    uint32_t few[FEW];
};

static int push(struct expr *e, uint32_t type, struct wp_err *err)
{
    if (e->stack.count == e->stack.room) {
        if (e->stack.items != e->few) {
            if (wrt_vec_reserve(e->m->types->mem, &e->stack, 1, sizeof(type), err) < 0) {
                return -1;
            }
        } else {
            struct wrt_vec larger = {.items = NULL};
            if (wrt_vec_reserve(e->m->types->mem, &larger, 4 * FEW, sizeof(type), err) < 0) {
                return -1;
            }
            memcpy(larger.items, e->few, sizeof(e->few));
            larger.count = FEW;
            e->stack = larger;
        }
    }
    ((uint32_t *)e->stack.items)[e->stack.count++] = type;
    return 0;
}

static int mismatch(struct expr *e, uint32_t want, uint32_t found, struct wp_err *err)
{
    char a[40], b[40];
    wrt_type_text(want, a, sizeof(a));
    wrt_type_text(found, b, sizeof(b));
    return wrt_fail_at(e->m, e->at, err, "type mismatch: expected %s, found %s", a, b);
}

static int pop(struct expr *e, uint32_t want, struct wp_err *err)
{
    if (e->stack.count == 0) {
        char text[40];
        wrt_type_text(want, text, sizeof(text));
        return wrt_fail_at(e->m, e->at, err, "type mismatch: expected %s, nothing is on the stack", text);
    }
    uint32_t found = ((uint32_t *)e->stack.items)[--e->stack.count];
    return wrt_matches(e->m->types, found, want) ? 0 : mismatch(e, want, found, err);
}

static int skip(struct expr *e, uint64_t n, struct wp_err *err)
{
    return wp_wasm_skip(e->c, n, err);
}

static int integer(struct expr *e, unsigned bits, struct wp_err *err)
{
    int64_t value;
    return wp_wasm_signed(e->c, bits, &value, err);
}

/* Is an instruction, or the first byte of some. */
static bool assigned(uint8_t op)
{
    bool gap = (op >= 0x16 && op <= 0x17) || op == 0x1d || op == 0x1e || op == 0x27;
    return op <= 0xc4 ? !gap : (op >= 0xd0 && op <= 0xd6) || (op >= 0xfb && op <= 0xfe);
}

static int not_constant(struct expr *e, struct wp_err *err)
{
    if (!assigned(*e->at)) {
        return wrt_fail_at(e->m, e->at, err, "illegal opcode 0x%02x", *e->at);
    }
    return wrt_fail_at(e->m, e->at, err, "constant expression required: instruction 0x%02x is not constant", *e->at);
}

static int global_get(struct expr *e, struct wp_err *err)
{
    uint32_t index;
    if (wp_wasm_u32(e->c, &index, err) < 0) {
        return -1;
    }
    if (index >= e->global_limit) {
        return wrt_fail_at(e->m, e->at, err, "unknown global %u: %u are defined before it", index, e->global_limit);
    }
    const struct wrt_global *g = &e->m->globals[index];
    if (g->mut) {
        return wrt_fail_at(e->m, e->at, err, "constant expression required: global %u is mutable", index);
    }
    if (index >= e->m->global_imports) {
        if ((e->m->features & WRT_F_GC) == 0) {
            return wrt_fail_at(e->m, e->at, err, "constant expression required: global %u is not imported", index);
        }
        e->m->used |= WRT_F_GC;
    }
    return push(e, g->type, err);
}

static int ref_func(struct expr *e, struct wp_err *err)
{
    uint32_t index;
    if (wp_wasm_u32(e->c, &index, err) < 0 ||
        wrt_use_feature(e->m, WRT_F_REFERENCE_TYPES, e->at, "ref.func", err) < 0) {
        return -1;
    }
    if (index >= e->m->func_count) {
        return wrt_fail_at(e->m, e->at, err, "unknown function %u: the module has %u", index, e->m->func_count);
    }
    wrt_declare(e->m, index);
    return push(e, wrt_ref_to(e->m->funcs[index], false), err);
}

static int ref_null(struct expr *e, struct wp_err *err)
{
    uint32_t heap;
    if (wrt_read_heaptype(e->m, e->c, &heap, err) < 0 ||
        wrt_use_feature(e->m, WRT_F_REFERENCE_TYPES, e->at, "ref.null", err) < 0) {
        return -1;
    }
    uint32_t type = WRT_REF | WRT_NULL | heap;
    e->m->used |= wrt_type_features(type);
    return push(e, type, err);
}

static int vector(struct expr *e, struct wp_err *err)
{
    uint32_t op;
    if (wp_wasm_u32(e->c, &op, err) < 0) {
        return -1;
    }
    if (op != VECTOR_CONST) {
        return wrt_fail_at(e->m, e->at, err, "constant expression required: vector instruction %u is not constant", op);
    }
    if (wrt_use_feature(e->m, WRT_F_SIMD, e->at, "v128.const", err) < 0 || skip(e, 16, err) < 0) {
        return -1;
    }
    return push(e, WRT_V128, err);
}

static int arithmetic(struct expr *e, uint32_t type, struct wp_err *err)
{
    if ((e->m->features & WRT_F_EXTENDED_CONST) == 0) {
        not_constant(e, err);
        return wp_hint(err, "if the host has it: --features extended-const");
    }
    e->m->used |= WRT_F_EXTENDED_CONST;
    if (pop(e, type, err) < 0 || pop(e, type, err) < 0) {
        return -1;
    }
    return push(e, type, err);
}

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
    uint32_t id;
    if (type_index(e, WRT_COMP_STRUCT, &id, err) < 0) {
        return -1;
    }
    const struct wrt_deftype *d = wrt_deftype(e->m->types, id);
    if (defaults && all_defaultable(e, d, err) < 0) {
        return -1;
    }
    for (uint32_t i = d->as.data.field_count; !defaults && i > 0; i--) {
        if (pop(e, unpacked(d->as.data.fields[i - 1].type), err) < 0) {
            return -1;
        }
    }
    return push(e, wrt_ref_to(id, false), err);
}

static int array_new(struct expr *e, uint32_t op, struct wp_err *err)
{
    uint32_t id, n = 1;
    if (type_index(e, WRT_COMP_ARRAY, &id, err) < 0) {
        return -1;
    }
    const struct wrt_deftype *d = wrt_deftype(e->m->types, id);
    if (op == GC_ARRAY_NEW_FIXED) {
        if (wp_wasm_u32(e->c, &n, err) < 0) {
            return -1;
        }
    } else if (pop(e, WRT_I32, err) < 0) {
        return -1;
    }
    if (op == GC_ARRAY_NEW_DEFAULT) {
        return all_defaultable(e, d, err) < 0 ? -1 : push(e, wrt_ref_to(id, false), err);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (pop(e, unpacked(d->as.data.fields[0].type), err) < 0) {
            return -1;
        }
    }
    return push(e, wrt_ref_to(id, false), err);
}

/* Conversions between the hierarchies keep what is known of null. */
static int convert(struct expr *e, uint32_t from, uint32_t to, struct wp_err *err)
{
    bool null = e->stack.count == 0 || (((uint32_t *)e->stack.items)[e->stack.count - 1] & WRT_NULL) != 0;
    if (pop(e, WRT_REF | WRT_NULL | from, err) < 0) {
        return -1;
    }
    return push(e, WRT_REF | (null ? WRT_NULL : 0) | to, err);
}

static int gc(struct expr *e, struct wp_err *err)
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
        return pop(e, WRT_I32, err) < 0 ? -1 : push(e, WRT_REF | WRT_HEAP_I31, err);
    default:
        return wrt_fail_at(e->m, e->at, err, "constant expression required: instruction 0xfb %u is not constant", op);
    }
}

static int instruction(struct expr *e, uint8_t op, struct wp_err *err)
{
    switch (op) {
    case OP_I32_CONST:
        return integer(e, 32, err) < 0 ? -1 : push(e, WRT_I32, err);
    case OP_I64_CONST:
        return integer(e, 64, err) < 0 ? -1 : push(e, WRT_I64, err);
    case OP_F32_CONST:
        return skip(e, 4, err) < 0 ? -1 : push(e, WRT_F32, err);
    case OP_F64_CONST:
        return skip(e, 8, err) < 0 ? -1 : push(e, WRT_F64, err);
    case OP_GLOBAL_GET:
        return global_get(e, err);
    case OP_REF_FUNC:
        return ref_func(e, err);
    case OP_REF_NULL:
        return ref_null(e, err);
    case OP_VECTOR:
        return vector(e, err);
    case OP_GC:
        return gc(e, err);
    default:
        break;
    }
    if (op >= OP_I32_ADD && op <= OP_I32_MUL) {
        return arithmetic(e, WRT_I32, err);
    }
    if (op >= OP_I64_ADD && op <= OP_I64_MUL) {
        return arithmetic(e, WRT_I64, err);
    }
    return not_constant(e, err);
}

static int finish(struct expr *e, uint32_t want, struct wp_err *err)
{
    if (pop(e, want, err) < 0) {
        return -1;
    }
    if (e->stack.count != 0) {
        return wrt_fail_at(e->m, e->at, err, "type mismatch: values remain on the stack at the end of the expression");
    }
    return 0;
}

static int whole(struct expr *e, uint32_t want, struct wp_err *err)
{
    for (;;) {
        uint8_t op;
        e->at = e->c->p;
        if (wp_wasm_byte(e->c, &op, err) < 0) {
            return -1;
        }
        if (op == OP_END) {
            return finish(e, want, err);
        }
        if (instruction(e, op, err) < 0) {
            return -1;
        }
    }
}

/* i32.const or i64.const of at most five bytes, and `end`: where the expression ends; NULL: something else, or
 * wrong. */
static const uint8_t *simple(const struct wp_wasm_cursor *c, uint32_t want)
{
    bool known = want == WRT_I32 || want == WRT_I64;
    if (!known || c->end - c->p < 7 || *c->p != (want == WRT_I32 ? OP_I32_CONST : OP_I64_CONST)) {
        return NULL;
    }
    const uint8_t *p = c->p + 1;
    for (int i = 0; i < 4; i++) {
        if (*p++ < 0x80) {
            return *p == OP_END ? p + 1 : NULL;
        }
    }
    /* The fifth byte of an i32 has four bits of value, the rest repeats the sign. */
    bool fits = want == WRT_I32 ? *p < 0x08 || (*p >= 0x78 && *p < 0x80) : *p < 0x80;
    return fits && p[1] == OP_END ? p + 2 : NULL;
}

int wrt_const_validate(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t want, uint32_t global_limit,
                       struct wp_span *ret, struct wp_err *err)
{
    const uint8_t *start = c->p;
    const uint8_t *end = simple(c, want);
    if (end) {
        c->p = end;
        *ret = wp_span(start, (size_t)(end - start));
        return 0;
    }
    struct expr e = {.m = m, .c = c, .global_limit = global_limit};
    e.stack = (struct wrt_vec){.items = e.few, .room = FEW};
    int rc = whole(&e, want, err);
    if (e.stack.items != e.few) {
        wrt_vec_done(m->types->mem, &e.stack, sizeof(uint32_t));
    }
    *ret = wp_span(start, (size_t)(c->p - start));
    return rc;
}
