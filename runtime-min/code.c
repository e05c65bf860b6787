/* SPDX-License-Identifier: Apache-2.0
 *
 * Validation of function bodies (core 3.0, section 3.4 and appendix "Validation Algorithm"): one pass over the bytes,
 * no tree. Here: what one thread holds, and a function from its locals to its last `end`. */
#include "base/limits.h"
#include "runtime-min/code-parts.h"

struct wrt_scratch *wrt_scratch_new(uint64_t most)
{
    struct wrt_scratch *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return NULL;
    }
    s->left = WP_MAX(most, 8192);
    uint32_t room = 0;
    s->set = calloc(1, WP_LIMIT_WASM_LOCALS / 8 + 1);
    if (s->set == NULL || !code_grow(s, &s->stack, &room, 1024, 1024, sizeof(*s->stack))) {
        wrt_scratch_free(s);
        return NULL;
    }
    s->stack_end = s->stack + room;
    for (unsigned i = 0; i < STACK_PAD; i++) {
        s->stack[i] = BARRIER;
    }
    code_fast_table(s->fast);
    return s;
}

void wrt_scratch_free(struct wrt_scratch *s)
{
    if (s != NULL) {
        free(s->stack);
        free(s->frames);
        free(s->flat);
        free(s->groups);
        free(s->log);
        free(s->set);
        free(s);
    }
}

uint64_t wrt_scratch_used(const struct wrt_scratch *s)
{
    return s->used;
}

int code_begin(struct wrt_scratch *s, struct wp_span body, const struct wrt_deftype *func)
{
    const struct block_type type = {.results = func->as.func.results, .result_count = func->as.func.result_count};
    s->c = (struct wp_wasm_cursor){s->m->base, body.ptr, body.ptr + body.len};
    s->sp = s->top = s->low = s->stack + STACK_PAD;
    s->frame_count = s->max_frames = 0;
    s->op = &wrt_ops[WRT_OP_NOP];
    s->fault = 0;
    code_forget(s);
    if (code_locals_read(s, func) < 0) {
        return -1;
    }
    /* Numbers cannot lead beyond a last byte like this. */
    if (s->c.p == s->c.end || s->c.end[-1] != WRT_OP_END) {
        return code_no_end(s);
    }
    return code_frame_push(s, FRAME_FUNC, &type);
}

int wrt_code_validate(const struct wrt_module *m, uint32_t i, struct wrt_scratch *s, struct wp_err *err)
{
    struct wrt_code *code = &m->code[i];
    const struct wp_span body = {m->base + code->offset, code->size};
    const struct wrt_deftype *func = wrt_deftype(m->types, m->funcs[m->func_imports + i]);
    s->m = m;
    s->address = m->memory_count > 0 ? code_address_of(&m->memories[0]) : WRT_OPERAND_ADDRESS;
    s->plain_table = m->table_count > 0 && m->tables[0].type == WRT_FUNCREF && !m->tables[0].limits.is64;
    s->err = err;
    int done = code_begin(s, body, func) < 0 ? -1 : code_run(s);
    code->max_height = (uint32_t)(s->top - s->stack) - STACK_PAD;
    code->max_labels = s->max_frames;
    if (done < 0 && s->fault != 0) {
        code_tell_origin(s, body, func);
    }
    code_locals_reset(s, 0);
    return done;
}
