/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of constant expressions (core 3.0 sections 3.4.16 and 4.7.2), which validation proved. Nearly all are one
 * instruction and `end`; the rest runs on a small stack of slots, where what makes structs and arrays are the functions
 * of the slow lane, called with instruction words made here. */
#include "runtime-min/heap.h"
#include "runtime-min/op.h"
#include "runtime-min/validate.h"

enum { FEW = 64 };

struct eval {
    struct wrt_exec *x;
    struct wrt_instance *i;
    struct wp_wasm_cursor *c;
    uint64_t *stack;
    uint32_t room, top; /* slots */
    bool held;          /* the collector knows the stack */
    uint64_t few[FEW];
};

/* ---- immediates ---- */

static uint32_t number(struct wp_wasm_cursor *c)
{
    struct wp_err ignored;
    uint32_t n = 0;
    (void)(wp_wasm_u32(c, &n, &ignored) < 0);
    return n;
}

static int64_t integer(struct wp_wasm_cursor *c, unsigned bits)
{
    struct wp_err ignored;
    int64_t n = 0;
    (void)(wp_wasm_signed(c, bits, &n, &ignored) < 0);
    return n;
}

static uint64_t bytes(struct wp_wasm_cursor *c, unsigned n)
{
    uint64_t value = 0;
    for (unsigned k = 0; k < n; k++) {
        value |= (uint64_t)*c->p++ << 8 * k;
    }
    return value;
}

/* An instruction that needs no operand: how many slots its value takes, 0: another one. */
static uint32_t leaf(struct wrt_instance *i, struct wp_wasm_cursor *c, uint32_t op, uint64_t *ret)
{
    struct wp_err ignored;
    uint32_t heap;
    switch (op) {
    case WRT_OP_I32_CONST:
        *ret = (uint32_t)integer(c, 32);
        return 1;
    case WRT_OP_I64_CONST:
        *ret = (uint64_t)integer(c, 64);
        return 1;
    case WRT_OP_F32_CONST:
        *ret = bytes(c, 4);
        return 1;
    case WRT_OP_F64_CONST:
        *ret = bytes(c, 8);
        return 1;
    case WRT_OP_REF_NULL:
        (void)(wrt_read_heaptype(i->module, c, &heap, &ignored) < 0);
        *ret = 0;
        return 1;
    case WRT_OP_REF_FUNC:
        *ret = (uint64_t)(uintptr_t)i->funcs[number(c)];
        return 1;
    case WRT_OP_GLOBAL_GET: {
        const struct wrt_global_inst *g = i->globals[number(c)];
        wrt_global_get(g, ret);
        return g->type == WRT_V128 ? 2 : 1;
    }
    case WRT_OP_V128_CONST:
        ret[0] = bytes(c, 8);
        ret[1] = bytes(c, 8);
        return 2;
    default:
        return 0;
    }
}

static uint32_t opcode(struct wp_wasm_cursor *c)
{
    uint32_t count, byte = *c->p++, base = wrt_op_prefix((uint8_t)byte, &count);
    return base == 0 ? byte : base + number(c);
}

/* ---- with operands ---- */

static int hold(struct eval *e)
{
    e->held = true;
    return wrt_heap_hold(e->x, e->stack, e->room);
}

static int make_room(struct eval *e)
{
    struct wp_err err;
    if (e->room - e->top >= 2) {
        return 0;
    }
    uint64_t *larger = wrt_alloc(&e->x->store->mem, (size_t)e->room * 2, sizeof(*larger), &err);
    if (!larger) {
        return wrt_stop(e->x, WRT_STOP_CODE, "a constant expression of %u operands", e->room);
    }
    memcpy(larger, e->stack, e->top * sizeof(*larger));
    if (e->stack != e->few) {
        wrt_give_back(&e->x->store->mem, e->stack, e->room, sizeof(*larger));
    }
    e->stack = larger;
    e->room *= 2;
    return e->held ? hold(e) : 0;
}

static uint64_t arithmetic(uint32_t op, uint64_t a, uint64_t b)
{
    switch (op) {
    case WRT_OP_I32_ADD:
        return (uint32_t)(a + b);
    case WRT_OP_I32_SUB:
        return (uint32_t)(a - b);
    case WRT_OP_I32_MUL:
        return (uint32_t)(a * b);
    case WRT_OP_I64_ADD:
        return a + b;
    case WRT_OP_I64_SUB:
        return a - b;
    default:
        return a * b;
    }
}

static uint32_t field_slots(const struct wrt_deftype *d)
{
    uint32_t slots = d->as.data.field_count;
    for (uint32_t k = 0; k < d->as.data.field_count; k++) {
        slots += d->as.data.fields[k].type == WRT_V128;
    }
    return slots;
}

/* Structs, arrays, i31: immediates to a word of slot code; operands are on the stack as the slow lane has them. */
static int make(struct eval *e, uint32_t op)
{
    bool typed = op != WRT_OP_REF_I31 && op != WRT_OP_ANY_CONVERT_EXTERN && op != WRT_OP_EXTERN_CONVERT_ANY;
    uint32_t id = typed ? e->i->module->type_ids[number(e->c)] : 0, count = 1, operands = 1;
    uint32_t fields = typed ? field_slots(wrt_deftype(&e->x->store->types, id)) : 0;
    if (op == WRT_OP_ARRAY_NEW_FIXED) {
        count = number(e->c);
        operands = count * fields;
    } else if (op == WRT_OP_STRUCT_NEW) {
        operands = fields;
    } else if (op == WRT_OP_STRUCT_NEW_DEFAULT) {
        operands = 0;
    } else if (op == WRT_OP_ARRAY_NEW) {
        operands = fields + 1;
    }
    if (make_room(e) < 0 || hold(e) < 0) {
        return WRT_STOPPED;
    }
    const uint64_t words[2] = {wrt_slot_ad(WRT_SLOT_SLOW + op, 0, id), count};
    e->top -= operands;
    return wrt_slow_op(op)(e->x, words, e->stack + e->top++) < 0 ? WRT_STOPPED : 0;
}

static int step(struct eval *e, uint32_t op)
{
    if (make_room(e) < 0) {
        return WRT_STOPPED;
    }
    uint32_t slots = leaf(e->i, e->c, op, e->stack + e->top);
    if (slots > 0) {
        e->top += slots;
        return 0;
    }
    if (op >= WRT_OP_FB) {
        return make(e, op);
    }
    e->top--;
    e->stack[e->top - 1] = arithmetic(op, e->stack[e->top - 1], e->stack[e->top]);
    return 0;
}

static int run(struct eval *e, uint64_t *ret)
{
    while (*e->c->p != WRT_OP_END) {
        if (step(e, opcode(e->c)) < 0) {
            return WRT_STOPPED;
        }
    }
    e->c->p++;
    memcpy(ret, e->stack, e->top * sizeof(*ret));
    return 0;
}

int wrt_const_next(struct wrt_exec *x, struct wrt_instance *i, struct wp_wasm_cursor *c, uint64_t *ret_slots)
{
    const uint8_t *begin = c->p;
    uint64_t value[2];
    uint32_t slots = leaf(i, c, opcode(c), value);
    if (slots > 0 && *c->p == WRT_OP_END) {
        c->p++;
        memcpy(ret_slots, value, slots * sizeof(*value));
        return 0;
    }
    c->p = begin;
    struct eval e = {.x = x, .i = i, .c = c, .room = FEW};
    e.stack = e.few;
    int rc = run(&e, ret_slots);
    if (e.held && wrt_heap_hold(x, NULL, 0) < 0) {
        rc = WRT_STOPPED;
    }
    if (e.stack != e.few) {
        wrt_give_back(&x->store->mem, e.stack, e.room, sizeof(*e.stack));
    }
    return rc;
}

int wrt_const_eval(struct wrt_exec *x, struct wrt_instance *i, struct wp_span expr, uint64_t *ret_slots)
{
    struct wp_wasm_cursor c = {.start = expr.ptr, .p = expr.ptr, .end = expr.ptr + expr.len};
    return wrt_const_next(x, i, &c, ret_slots);
}
