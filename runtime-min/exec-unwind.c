/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an exception goes (core 3.0 section 4.6.7): frames are looked through from the top; the word at which each of
 * them is decides which of its try_tables it is in. Nothing is changed before the one that catches is found, so that
 * the trace of an uncaught exception begins where it was thrown.
 *
 * Fuel (slot.h): every call took P(call) from x->fuel, so that in the frame on top it is what is left + P of the
 * instruction that throws, however deep that is. Where the exception lands it has to be what is left + P there:
 * nothing else is to be done for the frames that are unwound. */
#include "runtime-min/heap.h"
#include "runtime-min/slot.h"

struct landing {
    struct wrt_frame *frame;
    uint64_t *fp;
    const struct wrt_catch *clause;
};

static const struct wrt_catch *clause_for(const struct wrt_func *f, uint32_t word, const struct wrt_tag_inst *tag)
{
    for (uint32_t i = 0; i < f->try_count; i++) {
        const struct wrt_try *t = &f->tries[i];
        for (uint32_t c = 0; word >= t->begin && word < t->end && c < t->catch_count; c++) {
            if (!t->catches[c].tag || t->catches[c].tag == tag) {
                return &t->catches[c];
            }
        }
    }
    return NULL;
}

/* The innermost clause around x->ip and the calls that led there; false: none up to the host. */
static bool find_landing(const struct wrt_exec *x, const struct wrt_tag_inst *tag, struct landing *ret)
{
    const uint64_t *at = x->ip;
    *ret = (struct landing){.frame = x->frame, .fp = x->fp};
    for (;;) {
        const struct wrt_func *f = ret->frame->func;
        ret->clause = f ? clause_for(f, (uint32_t)(at - f->entry), tag) : NULL;
        if (ret->clause) {
            return true;
        }
        if (!ret->frame->ip) {
            return false;
        }
        /* Two words behind the call; of what is called by a stub: in the stub, whose own frame has the caller's. */
        at = ret->frame->ip - 2;
        ret->fp = ret->frame->fp;
        ret->frame--;
    }
}

static void tell_left(struct wrt_exec *x, const struct wrt_frame *to, uint32_t place)
{
    const struct wrt_watch *w = &x->store->watch;
    for (const struct wrt_frame *f = x->frame; w->leave && f > to; f--) {
        if (f->func) {
            w->leave(w->arg, f->func, NULL, wrt_fuel_used(x, place));
        }
    }
}

/* P of the instruction that throws, itself counted. */
static uint32_t place_of_throw(const uint64_t *ip)
{
    return wrt_slot_op(ip[0]) == WRT_SLOT_SLOW + WRT_OP_THROW ? (uint32_t)ip[1] : wrt_slot_d(ip[0]);
}

int wrt_throw(struct wrt_exec *x, uint64_t exn)
{
    const struct wrt_heap *h = x->store->heap;
    const struct wrt_tag_inst *tag = wrt_exception_tag(h, exn);
    uint32_t place = place_of_throw(x->ip);
    struct landing to;
    if (!find_landing(x, tag, &to)) {
        x->store->thrown = tag;
        return wrt_stop(x, WRT_STOP_EXCEPTION, NULL);
    }
    tell_left(x, to.frame, place);
    uint32_t words = to.clause->tag ? h->layouts[tag->type]->size - WRT_EXCEPTION_HEAD : 0;
    uint64_t *slots = to.fp + to.clause->slot;
    memcpy(slots, wrt_exception_payload(h, exn), words);
    if (to.clause->with_ref) {
        slots[words / sizeof(*slots)] = exn;
    }
    x->frame = to.frame;
    x->fp = to.fp;
    x->instance = to.frame->func->instance;
    x->ip = to.frame->func->entry + to.clause->target;
    x->fuel += (int64_t)to.clause->place - (int64_t)place;
    return x->fuel < 0 && wrt_next_slice(x) < 0 ? WRT_STOPPED : WRT_MOVED;
}
