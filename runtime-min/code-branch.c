/* SPDX-License-Identifier: Apache-2.0
 *
 * Branches (core 3.0, sections 3.4.3 and 3.4.5): br, br_if, br_table, return, and those on null and on casts. */
#include "runtime-min/code-parts.h"

static int br(struct wrt_scratch *s)
{
    struct frame *f;
    if (code_imm_label(s, &f) < 0 || code_pop_list(s, code_label_types(f), f->label_count) < 0) {
        return -1;
    }
    code_unreachable(s);
    return 0;
}

static int pass(struct wrt_scratch *s, const uint32_t *types, uint32_t n)
{
    return code_pop_list(s, types, n) < 0 ? -1 : code_push_list(s, types, n);
}

static int br_if(struct wrt_scratch *s)
{
    struct frame *f;
    if (code_imm_label(s, &f) < 0 || code_pop(s, WRT_I32) < 0) {
        return -1;
    }
    return pass(s, code_label_types(f), f->label_count);
}

/* Lists that one br_table was found to match: equal lists have equal addresses, mostly. */
enum { SEEN = 64 };
struct seen {
    const uint32_t *types[SEEN];
};

static int check_label(struct wrt_scratch *s, const struct frame *f, struct seen *seen)
{
    const uint32_t *types = code_label_types(f);
    const uint32_t **slot = &seen->types[((uintptr_t)types >> 4) % SEEN];
    if (*slot == types && f->label_count > 1) {
        return 0;
    }
    *slot = types;
    return code_check_list(s, types, f->label_count);
}

/* The labels stand twice here: their number of operands is that of the last. */
static int br_table(struct wrt_scratch *s)
{
    uint32_t count;
    if (code_u32(s, &count) < 0) {
        return -1;
    }
    if (count >= (size_t)(s->c.end - s->c.p)) {
        return wp_wasm_end(&(struct wp_wasm_cursor){s->c.start, s->c.end, s->c.end}, s->err);
    }
    if (code_pop(s, WRT_I32) < 0) {
        return -1;
    }
    struct seen seen = {.types = {NULL}};
    uint32_t operands = 0;
    for (uint32_t i = 0; i <= count; i++) {
        struct frame *f;
        if (code_imm_label(s, &f) < 0) {
            return -1;
        }
        if (i == 0) {
            operands = f->label_count;
        }
        if (f->label_count != operands) {
            return code_fail(s, "type mismatch: labels of br_table take %u operands, found one that takes %u", operands,
                             f->label_count);
        }
        if (operands > 0 && check_label(s, f, &seen) < 0) {
            return -1;
        }
    }
    code_unreachable(s);
    return 0;
}

static int branch_return(struct wrt_scratch *s)
{
    const struct frame *f = &s->frames[0];
    if (code_pop_list(s, code_results(f), f->result_count) < 0) {
        return -1;
    }
    code_unreachable(s);
    return 0;
}

static int br_on_null(struct wrt_scratch *s)
{
    struct frame *f;
    uint32_t type;
    if (code_imm_label(s, &f) < 0 || code_pop_ref(s, &type) < 0 || pass(s, code_label_types(f), f->label_count) < 0) {
        return -1;
    }
    return code_push(s, type & ~WRT_NULL);
}

/* What a branch with a reference takes: it as the last operand of the label. */
static int last_of_label(struct wrt_scratch *s, const struct frame *f, uint32_t type)
{
    char want[64], got[64];
    if (f->label_count == 0) {
        return code_fail(s, "type mismatch: %s takes a label with a reference, found one without operands",
                         s->op->name);
    }
    uint32_t last = code_label_types(f)[f->label_count - 1];
    if (code_matches(s, type, last)) {
        return 0;
    }
    code_type_text(s, last, want, sizeof(want));
    code_type_text(s, type, got, sizeof(got));
    return code_fail(s, "type mismatch: the label of %s takes %s, found %s", s->op->name, want, got);
}

static int br_on_non_null(struct wrt_scratch *s)
{
    struct frame *f;
    uint32_t type;
    if (code_imm_label(s, &f) < 0 || code_pop_ref(s, &type) < 0 || last_of_label(s, f, type & ~WRT_NULL) < 0) {
        return -1;
    }
    return pass(s, code_label_types(f), f->label_count - 1);
}

static int br_on_cast(struct wrt_scratch *s, bool fail)
{
    const uint8_t *flags;
    struct frame *f;
    uint32_t from, to;
    if (code_bytes(s, 1, &flags) < 0) {
        return -1;
    }
    if (*flags > 3) {
        return wrt_fail_at(s->m, flags, s->err, "malformed br_on_cast flags: %u", *flags);
    }
    if (code_imm_label(s, &f) < 0 || code_imm_heaptype(s, &from) < 0 || code_imm_heaptype(s, &to) < 0) {
        return -1;
    }
    from |= WRT_REF | ((*flags & 1) != 0 ? WRT_NULL : 0);
    to |= WRT_REF | ((*flags & 2) != 0 ? WRT_NULL : 0);
    if (!code_matches(s, to, from)) {
        char want[64];
        code_type_text(s, from, want, sizeof(want));
        return code_mismatch(s, want, to);
    }
    uint32_t rest = (to & WRT_NULL) != 0 ? from & ~WRT_NULL : from;
    if (code_pop(s, from) < 0 || last_of_label(s, f, fail ? rest : to) < 0 ||
        pass(s, code_label_types(f), f->label_count - 1) < 0) {
        return -1;
    }
    return code_push(s, fail ? to : rest);
}

int code_branch(struct wrt_scratch *s, uint32_t op)
{
    switch (op) {
    case WRT_OP_BR:
        return br(s);
    case WRT_OP_BR_IF:
        return br_if(s);
    case WRT_OP_BR_TABLE:
        return br_table(s);
    case WRT_OP_RETURN:
        return branch_return(s);
    case WRT_OP_BR_ON_NULL:
        return br_on_null(s);
    case WRT_OP_BR_ON_NON_NULL:
        return br_on_non_null(s);
    default:
        return br_on_cast(s, op == WRT_OP_BR_ON_CAST_FAIL);
    }
}
