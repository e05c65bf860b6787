/* SPDX-License-Identifier: Apache-2.0
 *
 * The way through a body, fast where it is common: instructions whose operands are as expected, of types that are equal
 * and not only match, with short immediates. Each fast_* below either does its instruction whole or leaves everything
 * as it was; code_step then does it, or says what is wrong. So nothing here decides that code is invalid. */
#include "runtime-min/code-fast.h"

/* ---- control ---- */

INLINE bool fast_block(struct run *r, enum frame_kind kind, unsigned pop)
{
    struct wrt_scratch *s = r->s;
    uint32_t type = r->p[1], results = type != 0x40;
    if ((results != 0 && (type < WRT_F64 || type > WRT_I32)) || s->frame_count == s->frame_room ||
        (pop != 0 && r->sp[-1] != WRT_I32)) {
        return false;
    }
    r->sp -= pop;
    uint32_t labels = kind == FRAME_LOOP ? 0 : results;
    *++r->f = (struct frame){.base = (uint32_t)(r->sp - s->stack),
                             .saved = r->sp[-1],
                             .log = s->log_count,
                             .result_count = results,
                             .one = type,
                             .label_count = labels,
                             .label_one = type,
                             .kind = (uint8_t)kind};
    r->sp[-1] = BARRIER;
    if (++s->frame_count > s->max_frames) {
        s->max_frames = s->frame_count;
    }
    r->p += 2;
    return true;
}

/* At most one result, and it is all that is there. */
INLINE bool is_done(const struct run *r)
{
    const struct frame *f = r->f;
    if (f->log != r->s->log_count || f->result_count > 1) {
        return false;
    }
    return f->result_count == 0 ? r->sp[-1] == BARRIER : r->sp[-1] == f->one && r->sp[-2] == BARRIER;
}

INLINE bool fast_else(struct run *r)
{
    if (r->f->kind != FRAME_IF || r->f->param_count != 0 || !is_done(r)) {
        return false;
    }
    r->sp -= r->f->result_count;
    r->f->kind = FRAME_ELSE;
    r->f->unreachable = false;
    r->p++;
    return true;
}

INLINE bool fast_end(struct run *r)
{
    const struct frame *f = r->f;
    if ((f->kind == FRAME_FUNC && r->end - r->p != 1) || (f->kind == FRAME_IF && f->result_count != 0) || !is_done(r)) {
        return false;
    }
    r->sp[-1 - (ptrdiff_t)f->result_count] = f->saved;
    r->f -= f->kind != FRAME_FUNC; /* that one ends the body as well */
    r->s->frame_count--;
    r->p++;
    return true;
}

INLINE void leave(struct run *r)
{
    r->sp = r->s->stack + r->f->base;
    r->f->unreachable = true;
}

INLINE bool fast_br(struct run *r)
{
    const uint8_t *next;
    uint32_t depth = index_at(r->p + 1, &next);
    if (depth >= r->s->frame_count) {
        return false;
    }
    const struct frame *to = r->f - depth;
    if (to->label_count > 1 || (to->label_count == 1 && r->sp[-1] != to->label_one)) {
        return false;
    }
    leave(r);
    r->p = next;
    return true;
}

INLINE bool fast_br_if(struct run *r)
{
    const uint8_t *next;
    uint32_t depth = index_at(r->p + 1, &next);
    if (depth >= r->s->frame_count || r->sp[-1] != WRT_I32) {
        return false;
    }
    const struct frame *to = r->f - depth;
    if (to->label_count > 1 || (to->label_count == 1 && r->sp[-2] != to->label_one)) {
        return false;
    }
    r->sp--;
    r->p = next;
    return true;
}

INLINE bool fast_return(struct run *r)
{
    const struct frame *f = r->s->frames;
    if (f->result_count > 1 || (f->result_count == 1 && r->sp[-1] != f->label_one)) {
        return false;
    }
    leave(r);
    r->p++;
    return true;
}

INLINE bool fast_nop(struct run *r)
{
    r->p++;
    return true;
}

INLINE bool fast_unreachable(struct run *r)
{
    leave(r);
    r->p++;
    return true;
}

/* ---- calls ---- */

INLINE bool call_type(struct run *r, const struct wrt_deftype *type, unsigned pop)
{
    uint32_t n = type->as.func.param_count, results = type->as.func.result_count;
    const uint32_t *params = type->as.func.params;
    uint32_t *sp = r->sp - pop;
    if (n > LONG_LIST || results > 1) { /* code_pop_list does not look at each */
        return false;
    }
    while (n > 0) { /* BARRIER is no type: this stops there */
        if (*--sp != params[--n]) {
            return false;
        }
    }
    if (results == 1 && sp == r->stack_end) {
        return false;
    }
    r->sp = sp;
    if (results == 1) {
        *r->sp++ = type->as.func.results[0];
        r->top = r->sp > r->top ? r->sp : r->top;
    }
    return true;
}

INLINE bool fast_call(struct run *r)
{
    const struct wrt_module *m = r->s->m;
    const uint8_t *next;
    uint32_t index = index_at(r->p + 1, &next);
    if (index >= m->func_count || !call_type(r, wrt_deftype(m->types, m->funcs[index]), 0)) {
        return false;
    }
    r->p = next;
    return true;
}

/* Through table 0, whose elements are functions at 32-bit addresses. */
INLINE bool fast_call_indirect(struct run *r)
{
    const struct wrt_module *m = r->s->m;
    const uint8_t *next;
    uint32_t index = index_at(r->p + 1, &next);
    if (index >= m->type_count || next >= r->end || *next != 0 || !r->s->plain_table || r->sp[-1] != WRT_I32) {
        return false;
    }
    const struct wrt_deftype *type = wrt_deftype(m->types, m->type_ids[index]);
    if (type->kind != WRT_COMP_FUNC || !call_type(r, type, 1)) {
        return false;
    }
    r->p = next + 1;
    return true;
}

/* One jump for each instruction: the processor learns what follows what. Addresses of labels are an extension of both
 * compilers, hence no -Wpedantic here; a label's name cannot stand in parentheses, hence the NOLINT below. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#define SHAPES(X)                                  \
    X(LOCAL_GET, fast_local_get(&r))               \
    X(LOCAL_SET, fast_local_set(&r, 1))            \
    X(LOCAL_TEE, fast_local_set(&r, 0))            \
    X(I32_CONST, fast_const(&r, op, false))        \
    X(I64_CONST, fast_const(&r, op, true))         \
    X(F32_CONST, fast_bytes(&r, op, 4))            \
    X(F64_CONST, fast_bytes(&r, op, 8))            \
    X(UNARY, fast_unary(&r, op))                   \
    X(SIGN_EXTENSION, fast_sign_extension(&r, op)) \
    X(BINARY, fast_binary(&r, op))                 \
    X(LOAD, fast_load(&r, op))                     \
    X(STORE, fast_store(&r, op))                   \
    X(BLOCK, fast_block(&r, FRAME_BLOCK, 0))       \
    X(LOOP, fast_block(&r, FRAME_LOOP, 0))         \
    X(IF, fast_block(&r, FRAME_IF, 1))             \
    X(ELSE, fast_else(&r))                         \
    X(END, fast_end(&r))                           \
    X(BR, fast_br(&r))                             \
    X(BR_IF, fast_br_if(&r))                       \
    X(RETURN, fast_return(&r))                     \
    X(UNREACHABLE, fast_unreachable(&r))           \
    X(NOP, fast_nop(&r))                           \
    X(CALL, fast_call(&r))                         \
    X(CALL_INDIRECT, fast_call_indirect(&r))       \
    X(GLOBAL_GET, fast_global(&r, false))          \
    X(GLOBAL_SET, fast_global(&r, true))           \
    X(DROP, fast_drop(&r))                         \
    X(SELECT, fast_select(&r))

int code_run(struct wrt_scratch *s)
{
    static const void *const labels[] = {[FAST_NONE] = &&slow,
#define LABEL(name, call) [FAST_##name] = &&name, /* NOLINT(bugprone-macro-parentheses) */
                                         SHAPES(LABEL)
#undef LABEL
    };
    struct run r = load(s);
    const struct fast_op *op;
#define NEXT                     \
    do {                         \
        if (r.p >= r.end) {      \
            goto end;            \
        }                        \
        op = &s->fast[*r.p];     \
        goto *labels[op->shape]; \
    } while (0)
    NEXT;
#define HANDLER(name, call) \
    name:                   \
    if (!(call)) {          \
        goto slow;          \
    }                       \
    NEXT;
    SHAPES(HANDLER)
#undef HANDLER
slow:
    store(&r);
    if (code_step(s) < 0) {
        return -1;
    }
    if (s->frame_count == 0) {
        return 0;
    }
    r = load(s);
    NEXT;
#undef NEXT
end:
    store(&r);
    return s->frame_count == 0 ? 0 : code_no_end(s);
}
#pragma GCC diagnostic pop
