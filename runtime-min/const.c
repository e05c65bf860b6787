/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant expressions (core 3.0 section 3.4.16): initialisers of globals and tables, elements, offsets of segments.
 * Nearly all are one constant and `end`; those are read on the spot. */
#include "runtime-min/const-parts.h"

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
    VECTOR_CONST = 12,
};

int const_push(struct expr *e, uint32_t type, struct wp_err *err)
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

int const_pop(struct expr *e, uint32_t want, struct wp_err *err)
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
    return const_push(e, g->type, err);
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
    return const_push(e, wrt_ref_to(e->m->funcs[index], false), err);
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
    return const_push(e, type, err);
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
    return const_push(e, WRT_V128, err);
}

static int arithmetic(struct expr *e, uint32_t type, struct wp_err *err)
{
    if ((e->m->features & WRT_F_EXTENDED_CONST) == 0) {
        not_constant(e, err);
        return wp_hint(err, "if the host has it: --features extended-const");
    }
    e->m->used |= WRT_F_EXTENDED_CONST;
    for (unsigned operand = 0; operand < 2; operand++) {
        if (const_pop(e, type, err) < 0) {
            return -1;
        }
    }
    return const_push(e, type, err);
}

static int instruction(struct expr *e, uint8_t op, struct wp_err *err)
{
    switch (op) {
    case OP_I32_CONST:
        return integer(e, 32, err) < 0 ? -1 : const_push(e, WRT_I32, err);
    case OP_I64_CONST:
        return integer(e, 64, err) < 0 ? -1 : const_push(e, WRT_I64, err);
    case OP_F32_CONST:
        return skip(e, 4, err) < 0 ? -1 : const_push(e, WRT_F32, err);
    case OP_F64_CONST:
        return skip(e, 8, err) < 0 ? -1 : const_push(e, WRT_F64, err);
    case OP_GLOBAL_GET:
        return global_get(e, err);
    case OP_REF_FUNC:
        return ref_func(e, err);
    case OP_REF_NULL:
        return ref_null(e, err);
    case OP_VECTOR:
        return vector(e, err);
    case OP_GC:
        return const_gc(e, err);
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
    if (const_pop(e, want, err) < 0) {
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
