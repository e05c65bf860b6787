/* SPDX-License-Identifier: Apache-2.0
 *
 * References that need no instruction of their own (core 3.0, section 3.4.5): null and functions are constants, and
 * two references are equal when their words are. */
#include "runtime-min/translate-parts.h"

uint32_t tr_heap_type(struct wrt_translator *t)
{
    struct wp_wasm_cursor c = {t->m->base, t->p, t->end};
    struct wp_err err = {.code = WP_E_OK};
    uint32_t heap = 0;
    if (wrt_read_heaptype(t->m, &c, &heap, &err) < 0) {
        (void)tr_fail(t, WRT_STOP_UNSUPPORTED, "function %u: %s", t->f->index, err.msg);
    }
    t->p = c.p;
    return heap;
}

void tr_reference(struct wrt_translator *t, uint32_t op)
{
    struct tr_operand *b, *c;
    uint32_t left, right;
    switch (op) {
    case WRT_OP_REF_NULL:
        (void)tr_signed(t);
        tr_push_const(t, 0);
        break;
    case WRT_OP_REF_FUNC:
        tr_push_const(t, (uint64_t)(uintptr_t)t->instance->funcs[tr_u32(t)]);
        break;
    case WRT_OP_REF_IS_NULL:
        left = tr_source(t, tr_pop(t));
        tr_emit_abc(t, WRT_S_I64_EQZ, tr_push(t, 1), left, 0);
        break;
    default: /* ref.eq */
        c = tr_pop(t);
        b = tr_pop(t);
        left = tr_source(t, b);
        right = tr_source(t, c);
        tr_emit_abc(t, WRT_S_I64_EQ, tr_push(t, 1), left, right);
        break;
    }
}
