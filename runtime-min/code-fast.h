/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of code-run.c that knows no control: its state, and numbers, memories and variables. A fast_* either does
 * its instruction whole and returns true or leaves everything as it was.
 *
 * The last byte of a body is `end`, below 0x80: a number that begins inside of the body ends inside of it. */
#pragma once

#include "runtime-min/code-parts.h"

#define INLINE static inline __attribute__((always_inline))

/* The state of a scratch in registers. */
struct run {
    const uint8_t *p, *end;
    uint32_t *sp, *top, *stack_end;
    struct frame *f;
    struct wrt_scratch *s;
    uint32_t address;
};

INLINE struct run load(struct wrt_scratch *s)
{
    return (struct run){s->c.p, s->c.end, s->sp, s->top, s->stack_end, code_frame(s), s, s->address};
}

INLINE void store(const struct run *r)
{
    r->s->c.p = r->p;
    r->s->sp = r->sp;
    r->s->top = r->top;
}

INLINE bool push(struct run *r, uint32_t type)
{
    if (r->sp == r->top) {
        if (r->top == r->stack_end) {
            return false;
        }
        r->top++;
    }
    *r->sp++ = type;
    return true;
}

/* Behind a number of at most `most` bytes; NULL: it is longer. */
INLINE const uint8_t *skip(const uint8_t *p, unsigned most)
{
    for (unsigned i = 0; i < most; i++) {
        if (p[i] < 0x80) {
            return p + i + 1;
        }
    }
    return NULL;
}

/* The same with 32 bits: linkers leave five bytes for what they fill in later. */
INLINE const uint8_t *skip32(const uint8_t *p, bool sign)
{
    const uint8_t *next = skip(p, 4);
    if (next != NULL) {
        return next;
    }
    return p[4] < 0x08 || (sign ? p[4] >= 0x78 && p[4] < 0x80 : p[4] < 0x10) ? p + 5 : NULL;
}

/* An index, WRT_NO_INDEX where it is none; *ret is behind it. */
INLINE uint32_t index_at(const uint8_t *p, const uint8_t **ret)
{
    if (p[0] < 0x80) {
        *ret = p + 1;
        return p[0];
    }
    uint32_t value = p[0] & 0x7fu;
    for (unsigned i = 1; i < 5; i++) {
        value |= (p[i] & 0x7fu) << (7 * i);
        if (p[i] < 0x80) {
            *ret = p + i + 1;
            return i < 4 || p[4] < 0x10 ? value : WRT_NO_INDEX;
        }
    }
    *ret = p;
    return WRT_NO_INDEX;
}

INLINE bool two_are(const uint32_t *sp, const uint32_t want[2])
{
    return memcmp(sp - 2, want, 2 * sizeof(*want)) == 0;
}

/* ---- numbers and memory ---- */

INLINE bool fast_unary(struct run *r, const struct fast_op *op)
{
    if (r->sp[-1] != op->in[0]) {
        return false;
    }
    r->sp[-1] = op->out;
    r->p++;
    return true;
}

/* Its first use is code_step's, which counts it. */
INLINE bool fast_sign_extension(struct run *r, const struct fast_op *op)
{
    return (r->s->used & r->s->m->features & WRT_F_SIGN_EXTENSION) != 0 && fast_unary(r, op);
}

INLINE bool fast_binary(struct run *r, const struct fast_op *op)
{
    if (!two_are(r->sp, op->in)) {
        return false;
    }
    r->sp[-2] = op->out;
    r->sp--;
    r->p++;
    return true;
}

INLINE bool fast_load(struct run *r, const struct fast_op *op)
{
    const uint8_t *next;
    if (r->sp[-1] != r->address || r->p[1] > op->natural || (next = skip32(r->p + 2, false)) == NULL) {
        return false;
    }
    r->sp[-1] = op->out;
    r->p = next;
    return true;
}

INLINE bool fast_store(struct run *r, const struct fast_op *op)
{
    const uint8_t *next;
    if (r->sp[-1] != op->in[1] || r->sp[-2] != r->address || r->p[1] > op->natural ||
        (next = skip32(r->p + 2, false)) == NULL) {
        return false;
    }
    r->sp -= 2;
    r->p = next;
    return true;
}

INLINE bool fast_const(struct run *r, const struct fast_op *op, bool wide)
{
    const uint8_t *next = wide ? skip(r->p + 1, 9) : skip32(r->p + 1, true);
    if (next == NULL || !push(r, op->out)) {
        return false;
    }
    r->p = next;
    return true;
}

INLINE bool fast_bytes(struct run *r, const struct fast_op *op, ptrdiff_t n)
{
    if (r->end - r->p <= n || !push(r, op->out)) {
        return false;
    }
    r->p += n + 1;
    return true;
}

/* ---- variables ---- */

INLINE uint32_t local_type(const struct run *r, const uint8_t **next)
{
    uint32_t index = index_at(r->p + 1, next);
    return index < r->s->flat_count ? r->s->flat[index] : 0;
}

INLINE bool fast_local_get(struct run *r)
{
    const uint8_t *next;
    uint32_t type = local_type(r, &next);
    if (type == 0 || !push(r, type)) {
        return false;
    }
    r->p = next;
    return true;
}

INLINE bool fast_local_set(struct run *r, unsigned pop)
{
    const uint8_t *next;
    uint32_t type = local_type(r, &next);
    if (type == 0 || type != r->sp[-1]) {
        return false;
    }
    r->sp -= pop;
    r->p = next;
    return true;
}

INLINE bool fast_global(struct run *r, bool set)
{
    const uint8_t *next;
    uint32_t index = index_at(r->p + 1, &next);
    const struct wrt_module *m = r->s->m;
    if (index >= m->global_count) {
        return false;
    }
    const struct wrt_global *g = &m->globals[index];
    if (set ? !g->mut || g->type != r->sp[-1] : !push(r, g->type)) {
        return false;
    }
    r->sp -= set;
    r->p = next;
    return true;
}

INLINE bool fast_drop(struct run *r)
{
    if (r->sp[-1] == BARRIER) {
        return false;
    }
    r->sp--;
    r->p++;
    return true;
}

INLINE bool fast_select(struct run *r)
{
    uint32_t type = r->sp[-2];
    if (r->sp[-1] != WRT_I32 || type < WRT_V128 || type > WRT_I32 || type != r->sp[-3]) {
        return false;
    }
    r->sp -= 2;
    r->p++;
    return true;
}
