/* SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions: throw, throw_ref, try_table (core 3.0, section 3.4.3), and the legacy try with catch, catch_all, delegate
 * and rethrow. */
#include "runtime-min/code-parts.h"

static int throw(struct wrt_scratch * s)
{
    const struct wrt_deftype *tag;
    if (code_imm_tag(s, &tag) < 0 || code_pop_list(s, tag->as.func.params, tag->as.func.param_count) < 0) {
        return -1;
    }
    code_unreachable(s);
    return 0;
}

/* What a clause gives has to match what its label takes. */
static int catch_matches(struct wrt_scratch *s, const struct frame *f, const struct wrt_deftype *tag, bool ref)
{
    const uint32_t *types = code_label_types(f);
    uint32_t given = tag != NULL ? tag->as.func.param_count : 0, i = 0;
    if (given + ref != f->label_count) {
        return code_fail(s, "type mismatch: a catch clause gives %u operands, its label takes %u", given + ref,
                         f->label_count);
    }
    if (given > 0 && code_list_matches(s, tag->as.func.params, types, given)) {
        i = given;
    }
    for (; i < f->label_count; i++) {
        uint32_t type = i < given ? tag->as.func.params[i] : WRT_REF | WRT_HEAP_EXN;
        if (!code_matches(s, type, types[i])) {
            char want[64], got[64];
            code_type_text(s, types[i], want, sizeof(want));
            code_type_text(s, type, got, sizeof(got));
            return code_fail(s, "type mismatch: the label of a catch clause takes %s, found %s", want, got);
        }
    }
    return 0;
}

static int catch_clause(struct wrt_scratch *s)
{
    const uint8_t *kind;
    const struct wrt_deftype *tag = NULL;
    struct frame *f;
    if (code_bytes(s, 1, &kind) < 0) {
        return -1;
    }
    if (*kind > 3) {
        return wrt_fail_at(s->m, kind, s->err, "malformed catch clause: 0x%02x", *kind);
    }
    if ((*kind < 2 && code_imm_tag(s, &tag) < 0) || code_imm_label(s, &f) < 0) {
        return -1;
    }
    return catch_matches(s, f, tag, (*kind & 1) != 0);
}

static int try_table(struct wrt_scratch *s)
{
    struct block_type type;
    uint32_t clauses;
    if (code_block_type(s, &type) < 0 || code_pop_list(s, type.params, type.param_count) < 0 ||
        code_u32(s, &clauses) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < clauses; i++) {
        if (catch_clause(s) < 0) {
            return -1;
        }
    }
    return code_frame_push(s, FRAME_TRY_TABLE, &type);
}

/* Ends the try or catch before it and begins another, with what it caught as operands. */
static int legacy_catch(struct wrt_scratch *s, bool all)
{
    const struct wrt_deftype *tag = NULL;
    struct frame f;
    uint8_t kind = code_frame(s)->kind;
    if (!all && code_imm_tag(s, &tag) < 0) {
        return -1;
    }
    if (kind != FRAME_TRY && kind != FRAME_CATCH) {
        return code_fail(s, "malformed %s: no `try` is open here", s->op->name);
    }
    if (code_frame_pop(s, &f) < 0) {
        return -1;
    }
    struct block_type type = {NULL, f.results, 0, f.result_count, f.one};
    if (tag != NULL) {
        type.params = tag->as.func.params;
        type.param_count = tag->as.func.param_count;
    }
    return code_frame_push(s, all ? FRAME_CATCH_ALL : FRAME_CATCH, &type);
}

static int delegate(struct wrt_scratch *s)
{
    struct frame f, *outer;
    if (code_frame(s)->kind != FRAME_TRY) {
        return code_fail(s, "malformed delegate: it does not end a `try`");
    }
    if (code_frame_pop(s, &f) < 0 || code_imm_label(s, &outer) < 0) {
        return -1;
    }
    return code_push_list(s, code_results(&f), f.result_count);
}

static int rethrow(struct wrt_scratch *s)
{
    struct frame *f;
    if (code_imm_label(s, &f) < 0) {
        return -1;
    }
    if (f->kind != FRAME_CATCH && f->kind != FRAME_CATCH_ALL) {
        return code_fail(s, "invalid rethrow label: it takes one of a catch");
    }
    code_unreachable(s);
    return 0;
}

static int throw_ref(struct wrt_scratch *s)
{
    if (code_pop(s, WRT_EXNREF) < 0) {
        return -1;
    }
    code_unreachable(s);
    return 0;
}

int code_exception(struct wrt_scratch *s, uint32_t op)
{
    switch (op) {
    case WRT_OP_THROW:
        return throw(s);
    case WRT_OP_THROW_REF:
        return throw_ref(s);
    case WRT_OP_TRY_TABLE:
        return try_table(s);
    case WRT_OP_TRY:
        return code_block(s, FRAME_TRY);
    case WRT_OP_CATCH:
    case WRT_OP_CATCH_ALL:
        return legacy_catch(s, op == WRT_OP_CATCH_ALL);
    case WRT_OP_DELEGATE:
        return delegate(s);
    default:
        return rethrow(s);
    }
}
