/* SPDX-License-Identifier: Apache-2.0
 *
 * Control frames: blocks begin, turn and end (core 3.0, section 3.4.3). */
#include "base/limits.h"
#include "runtime-min/code-parts.h"

int code_block_type(struct wrt_scratch *s, struct block_type *ret)
{
    *ret = (struct block_type){.param_count = 0};
    const uint8_t *at = s->c.p;
    int64_t index;
    if (at == s->c.end) {
        return wp_wasm_end(&s->c, s->err);
    }
    if (*at == 0x40) {
        s->c.p++;
        return 0;
    }
    if ((*at & 0xc0) == 0x40) {
        ret->result_count = 1;
        return code_imm_valtype(s, &ret->one);
    }
    if (wp_wasm_signed(&s->c, 33, &index, s->err) < 0) {
        return -1;
    }
    if (index < 0) {
        return wrt_fail_at(s->m, at, s->err, "malformed block type: 0x%02x", *at);
    }
    if (index >= s->m->type_count) {
        return code_fail(s, "unknown type %lld: the module has %u, counted from 0", (long long)index, s->m->type_count);
    }
    const struct wrt_deftype *type = wrt_deftype(s->m->types, s->m->type_ids[index]);
    if (type->kind != WRT_COMP_FUNC) {
        return code_fail(s, "type mismatch: %s takes a function type, type %lld is none", s->op->name,
                         (long long)index);
    }
    ret->params = type->as.func.params;
    ret->results = type->as.func.results;
    ret->param_count = type->as.func.param_count;
    ret->result_count = type->as.func.result_count;
    return code_feature(s, WRT_F_MULTI_VALUE, "a block with parameters or several results");
}

int code_frame_push(struct wrt_scratch *s, enum frame_kind kind, const struct block_type *type)
{
    if (s->frame_count == s->frame_room) {
        if (s->frame_count >= WP_LIMIT_WASM_LABELS) {
            return code_limit(s, WP_LIMIT_WASM_LABELS, "blocks in blocks");
        }
        if (!code_grow(s, &s->frames, &s->frame_room, s->frame_count + UINT64_C(1), WP_LIMIT_WASM_LABELS,
                       sizeof(*s->frames))) {
            return wp_fail(s->err, WP_E_LIMIT, "no memory for control frames");
        }
    }
    struct frame *f = &s->frames[s->frame_count++];
    *f = (struct frame){.base = (uint32_t)(s->sp - s->stack),
                        .saved = s->sp[-1],
                        .log = s->log_count,
                        .param_count = type->param_count,
                        .result_count = type->result_count,
                        .params = type->params,
                        .results = type->results,
                        .one = type->one,
                        .kind = (uint8_t)kind};
    if (f->result_count == 1) {
        f->one = *code_results(f);
    }
    f->label_count = kind == FRAME_LOOP ? f->param_count : f->result_count;
    f->label_one = f->label_count == 1 ? *code_label_types(f) : 0;
    s->sp[-1] = BARRIER;
    s->max_frames = WP_MAX(s->max_frames, s->frame_count);
    return code_push_list(s, type->params, type->param_count);
}

int code_block(struct wrt_scratch *s, enum frame_kind kind)
{
    struct block_type type;
    if (code_block_type(s, &type) < 0 || (kind == FRAME_IF && code_pop(s, WRT_I32) < 0) ||
        code_pop_list(s, type.params, type.param_count) < 0) {
        return -1;
    }
    return code_frame_push(s, kind, &type);
}

int code_frame_pop(struct wrt_scratch *s, struct frame *ret)
{
    *ret = *code_frame(s);
    if (code_pop_list(s, code_results(ret), ret->result_count) < 0) {
        return -1;
    }
    if (s->sp != code_base(s)) {
        size_t left = (size_t)(s->sp - code_base(s));
        char text[64];
        code_type_text(s, s->sp[-1], text, sizeof(text));
        code_blame_top(s);
        return code_fail(s, "type mismatch: %s returns %u value%s, %zu more left on the stack (%s)", code_subject(s),
                         ret->result_count, ret->result_count == 1 ? "" : "s", left, text);
    }
    code_locals_reset(s, ret->log);
    s->sp[-1] = ret->saved;
    s->frame_count--;
    return 0;
}

int code_else(struct wrt_scratch *s)
{
    struct frame f;
    if (code_frame(s)->kind != FRAME_IF) {
        return code_fail(s, "malformed else: no `if` is open here");
    }
    if (code_frame_pop(s, &f) < 0) {
        return -1;
    }
    struct block_type type = {f.params, f.results, f.param_count, f.result_count, f.one};
    return code_frame_push(s, FRAME_ELSE, &type);
}

/* An `if` without `else` passes its parameters on. */
static int passes_on(struct wrt_scratch *s, const struct frame *f)
{
    bool same = f->param_count == f->result_count && code_list_matches(s, f->params, code_results(f), f->param_count);
    return same ? 0
                : code_fail(s, "type mismatch: `if` has results, so it takes an `else` that gives them, found none");
}

int code_no_end(struct wrt_scratch *s)
{
    s->at = s->c.end;
    if (s->c.end < s->m->bytes.ptr + s->m->bytes.len && *s->c.end == WRT_OP_END) {
        return code_fail(s, "section size mismatch: the function's `end` stands right behind the bytes that it claims");
    }
    return code_fail(s, "unexpected end: the function's bytes end without an `end`");
}

int code_end(struct wrt_scratch *s)
{
    struct frame f;
    if (code_frame(s)->kind == FRAME_IF && passes_on(s, code_frame(s)) < 0) {
        return -1;
    }
    if (code_frame_pop(s, &f) < 0) {
        return -1;
    }
    if (s->frame_count == 0 && s->c.p != s->c.end) {
        return code_fail(s, "section size mismatch: the function ends %zu bytes before its size says",
                         (size_t)(s->c.end - s->c.p));
    }
    return s->frame_count == 0 ? 0 : code_push_list(s, code_results(&f), f.result_count);
}
