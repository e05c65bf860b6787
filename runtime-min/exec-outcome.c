/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run's end looks like to the host: why, the exact count of instructions, and the calls that led there. Words of
 * code become bytes of the module only here, by translating again. */
#include "runtime-min/exec-parts.h"

/* The instruction at ip of f, whose body begins where the module says. */
static struct wrt_trace_frame place_of(struct wrt_exec *x, const struct wrt_func *f, const uint64_t *ip,
                                       uint32_t *ret_place)
{
    const struct wrt_module *m = f->instance->module;
    struct wrt_trace_frame t = {
        .function = f->index, .instance = f->instance, .offset = m->code[f->index - m->func_imports].offset};
    *ret_place = 0;
    if (f->frame_slots != 0) {
        wrt_locate(x->store, f, (uint32_t)(ip - f->entry), &t.offset, ret_place);
    }
    return t;
}

void exec_outcome(struct wrt_exec *x, const struct wrt_frame *bottom, struct wrt_outcome *out)
{
    const uint64_t *ip = x->ip;
    uint32_t top_place = 0, place;
    *out = (struct wrt_outcome){.stop = x->stop};
    for (const struct wrt_frame *f = x->frame; x->stop != WRT_STOP_NONE && f > bottom; f--) {
        if (f->func) {
            if (out->frame_count < WRT_TRACE_MAX) {
                out->frames[out->frame_count++] = place_of(x, f->func, ip, &place);
                top_place = out->frame_count == 1 ? place : top_place;
            }
            out->depth++;
        }
        /* Behind the call; of a stub's code the stub frame below knows more. */
        if (f->ip && f->ip != EXEC_RESTORE) {
            ip = f->ip - 2;
        }
    }
    out->fuel = wrt_fuel_used(x, top_place);
    x->fuel -= top_place;
    if (x->stop == WRT_STOP_NONE) {
        return;
    }
    (void)snprintf(out->detail, sizeof out->detail, "%s", x->store->detail);
    out->exit_status = x->stop == WRT_STOP_EXIT ? x->store->exit_status : 0;
    out->tag = x->stop == WRT_STOP_EXCEPTION ? x->store->thrown : NULL;
}
