/* SPDX-License-Identifier: Apache-2.0
 *
 * References (core 3.0, section 3.4.5): null, functions, tests, casts, conversions. */
#include "runtime-min/code-parts.h"

static int ref_null(struct wrt_scratch *s)
{
    uint32_t heap;
    if (code_imm_heaptype(s, &heap) < 0) {
        return -1;
    }
    return code_push(s, WRT_REF | WRT_NULL | heap);
}

static int ref_func(struct wrt_scratch *s)
{
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= s->m->func_count) {
        return code_fail(s, "unknown function %u: the module has %u, counted from 0", index, s->m->func_count);
    }
    if (!wrt_declared(s->m, index)) {
        return code_fail(s,
                         "undeclared function reference: function %u is not exported, in an element segment or in a "
                         "global",
                         index);
    }
    return code_push(s, wrt_ref_to(s->m->funcs[index], false));
}

/* A test or cast stays in its hierarchy. */
static int ref_cast(struct wrt_scratch *s, uint32_t op)
{
    uint32_t heap;
    if (code_imm_heaptype(s, &heap) < 0 || code_pop(s, WRT_REF | WRT_NULL | wrt_heap_top(s->m->types, heap)) < 0) {
        return -1;
    }
    if (op == WRT_OP_REF_TEST || op == WRT_OP_REF_TEST_NULL) {
        return code_push(s, WRT_I32);
    }
    return code_push(s, WRT_REF | (op == WRT_OP_REF_CAST_NULL ? WRT_NULL : 0) | heap);
}

/* Nullable stays nullable. */
static int convert(struct wrt_scratch *s, uint32_t from, uint32_t to)
{
    uint32_t type = s->sp[-1];
    if (code_pop(s, WRT_REF | WRT_NULL | from) < 0) {
        return -1;
    }
    bool known = wrt_is_ref(type) && type != REF_BOTTOM;
    return code_push(s, WRT_REF | (known ? type & WRT_NULL : 0) | to);
}

int code_reference(struct wrt_scratch *s, uint32_t op)
{
    uint32_t type;
    switch (op) {
    case WRT_OP_REF_NULL:
        return ref_null(s);
    case WRT_OP_REF_FUNC:
        return ref_func(s);
    case WRT_OP_REF_IS_NULL:
        return code_pop_ref(s, &type) < 0 ? -1 : code_push(s, WRT_I32);
    case WRT_OP_REF_AS_NON_NULL:
        return code_pop_ref(s, &type) < 0 ? -1 : code_push(s, type & ~WRT_NULL);
    case WRT_OP_ANY_CONVERT_EXTERN:
        return convert(s, WRT_HEAP_EXTERN, WRT_HEAP_ANY);
    case WRT_OP_EXTERN_CONVERT_ANY:
        return convert(s, WRT_HEAP_ANY, WRT_HEAP_EXTERN);
    default:
        return ref_cast(s, op);
    }
}
