/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls (core 3.0, section 3.4.4): the arguments lie side by side on top, the results replace them. */
#include "runtime-min/translate-parts.h"

/* The arguments leave the stack; gives the slot of the first. */
static uint32_t arguments(struct wrt_translator *t, const struct wrt_deftype *type)
{
    tr_take_top(t, type->as.func.param_count);
    return t->top;
}

/* Nothing runs behind a tail call, and validation did not count its results. */
static void results(struct wrt_translator *t, const struct wrt_deftype *type, bool tail)
{
    if (tail) {
        tr_go_dead(t);
        return;
    }
    tr_push_types(t, type->as.func.results, type->as.func.result_count);
}

static void emit(struct wrt_translator *t, uint32_t op, uint32_t first, uint64_t word)
{
    bool tail = op == WRT_S_RETURN_CALL || op == WRT_S_RETURN_CALL_INDIRECT || op == WRT_S_RETURN_CALL_REF;
    if (tail && t->store->watch.leave != NULL) {
        *tr_emit(t, 1) = wrt_slot_ad(WRT_S_WATCH_TAIL, 0, t->place);
    }
    uint64_t *w = tr_emit(t, 2);
    w[0] = wrt_slot_ad(op, first, t->place);
    w[1] = word;
}

static void call(struct wrt_translator *t, bool tail)
{
    uint32_t index = tr_u32(t);
    const struct wrt_deftype *type = wrt_deftype(t->m->types, t->m->funcs[index]);
    uint32_t first = arguments(t, type);
    uint32_t op = tail ? WRT_S_RETURN_CALL : index < t->m->func_imports ? WRT_S_CALL_FAR : WRT_S_CALL;
    emit(t, op, first, (uint64_t)(uintptr_t)t->instance->funcs[index]);
    results(t, type, tail);
}

/* What it is called by is popped first, and read from where it is. */
static void call_indirect(struct wrt_translator *t, bool tail)
{
    uint32_t id = t->m->type_ids[tr_u32(t)], table = tr_u32(t);
    const struct wrt_deftype *type = wrt_deftype(t->m->types, id);
    if (table > UINT16_MAX) {
        (void)tr_fail(t, WRT_STOP_CODE, "function %u calls through table %u, the last that can be is %u", t->f->index,
                      table, UINT16_MAX);
    }
    uint32_t index = tr_source(t, tr_pop(t)), first = arguments(t, type);
    emit(t, tail ? WRT_S_RETURN_CALL_INDIRECT : WRT_S_CALL_INDIRECT, first,
         id | (uint64_t)table << 32 | (uint64_t)index << 48);
    results(t, type, tail);
}

static void call_ref(struct wrt_translator *t, bool tail)
{
    const struct wrt_deftype *type = wrt_deftype(t->m->types, t->m->type_ids[tr_u32(t)]);
    uint32_t ref = tr_source(t, tr_pop(t)), first = arguments(t, type);
    emit(t, tail ? WRT_S_RETURN_CALL_REF : WRT_S_CALL_REF, first, ref);
    results(t, type, tail);
}

void tr_call(struct wrt_translator *t, uint32_t op)
{
    bool tail = op == WRT_OP_RETURN_CALL || op == WRT_OP_RETURN_CALL_INDIRECT || op == WRT_OP_RETURN_CALL_REF;
    switch (op) {
    case WRT_OP_CALL:
    case WRT_OP_RETURN_CALL:
        call(t, tail);
        break;
    case WRT_OP_CALL_INDIRECT:
    case WRT_OP_RETURN_CALL_INDIRECT:
        call_indirect(t, tail);
        break;
    default:
        call_ref(t, tail);
        break;
    }
}
