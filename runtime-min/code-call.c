/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls (core 3.0, section 3.4.4): of functions, through tables, through references, and the tail calls of each. */
#include "runtime-min/code-parts.h"

static int call(struct wrt_scratch *s, const struct wrt_deftype *type)
{
    if (code_pop_list(s, type->as.func.params, type->as.func.param_count) < 0) {
        return -1;
    }
    return code_push_list(s, type->as.func.results, type->as.func.result_count);
}

static int tail_call(struct wrt_scratch *s, const struct wrt_deftype *type)
{
    const struct frame *f = &s->frames[0];
    const uint32_t *ours = code_results(f), *theirs = type->as.func.results;
    if (type->as.func.result_count != f->result_count) {
        return code_fail(s, "type mismatch: %s takes a function with the %u results of this one, found %u", s->op->name,
                         f->result_count, type->as.func.result_count);
    }
    bool all = code_list_matches(s, theirs, ours, f->result_count);
    for (uint32_t i = 0; !all && i < f->result_count; i++) {
        if (!code_matches(s, theirs[i], ours[i])) {
            char want[64], got[64];
            code_type_text(s, ours[i], want, sizeof(want));
            code_type_text(s, theirs[i], got, sizeof(got));
            return code_fail(s, "type mismatch: %s takes a function with the results of this one, found %s for %s",
                             s->op->name, got, want);
        }
    }
    if (code_pop_list(s, type->as.func.params, type->as.func.param_count) < 0) {
        return -1;
    }
    code_unreachable(s);
    return 0;
}

static int function_type(struct wrt_scratch *s, const struct wrt_deftype **ret)
{
    uint32_t index;
    if (code_u32(s, &index) < 0) {
        return -1;
    }
    if (index >= s->m->func_count) {
        return code_fail(s, "unknown function %u: the module has %u, counted from 0", index, s->m->func_count);
    }
    *ret = wrt_deftype(s->m->types, s->m->funcs[index]);
    return 0;
}

static int indirect_type(struct wrt_scratch *s, const struct wrt_deftype **ret)
{
    uint32_t id;
    const struct wrt_table *table;
    if (code_imm_type(s, WRT_COMP_FUNC, ret, &id) < 0) {
        return -1;
    }
    bool first = s->c.p < s->c.end && *s->c.p == 0;
    if ((!first && code_feature(s, WRT_F_REFERENCE_TYPES, "a call through another table than the first") < 0) ||
        code_imm_table(s, &table) < 0) {
        return -1;
    }
    if (!code_matches(s, table->type, WRT_FUNCREF)) {
        return code_mismatch(s, "a table of functions", table->type);
    }
    return code_pop(s, code_address_of(&table->limits));
}

static int reference_type(struct wrt_scratch *s, const struct wrt_deftype **ret)
{
    uint32_t id;
    if (code_imm_type(s, WRT_COMP_FUNC, ret, &id) < 0) {
        return -1;
    }
    return code_pop(s, wrt_ref_to(id, true));
}

int code_call(struct wrt_scratch *s, uint32_t op)
{
    const struct wrt_deftype *type = NULL;
    int found = 0;
    switch (op) {
    case WRT_OP_CALL:
    case WRT_OP_RETURN_CALL:
        found = function_type(s, &type);
        break;
    case WRT_OP_CALL_INDIRECT:
    case WRT_OP_RETURN_CALL_INDIRECT:
        found = indirect_type(s, &type);
        break;
    default:
        found = reference_type(s, &type);
        break;
    }
    if (found < 0 || type == NULL) {
        return -1;
    }
    bool tail = op == WRT_OP_RETURN_CALL || op == WRT_OP_RETURN_CALL_INDIRECT || op == WRT_OP_RETURN_CALL_REF;
    return tail ? tail_call(s, type) : call(s, type);
}
