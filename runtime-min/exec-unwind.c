/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an exception goes (core 3.0 section 4.6.7): frames are looked through from the top; the word at which each of
 * them is decides which of its try_tables it is in. Nothing is changed before the one that catches is found, so that
 * the trace of an uncaught exception begins where it was thrown.
 *
 * Looking takes time that grows with what is looked at, so that 64 frames, try_tables and clauses cost an instruction.
 *
 * Fuel (slot.h): every call took P(call) from x->fuel, so that in the frame on top it is what is left + P of the
 * instruction that throws, however deep that is. Where the exception lands it has to be what is left + P there:
 * nothing else is to be done for the frames that are unwound. */
#include "runtime-min/heap.h"
#include "runtime-min/slot.h"

enum { LOOKED_AT = 64 };

struct landing {
    struct wrt_frame *frame;
    uint64_t *fp;
    const struct wrt_catch *clause;
    uint64_t looked_at;
};

static const struct wrt_catch *clause_of(const struct wrt_try *t, const struct wrt_tag_inst *tag, uint64_t *looked_at)
{
    for (uint32_t i = 0; i < t->catch_count; i++, ++*looked_at) {
        if (!t->catches[i].tag || t->catches[i].tag == tag) {
            return &t->catches[i];
        }
    }
    return NULL;
}

static const struct wrt_catch *clause_for(const struct wrt_func *f, uint32_t word, const struct wrt_tag_inst *tag,
                                          uint64_t *looked_at)
{
    const struct wrt_catch *clause = NULL;
    for (uint32_t i = 0; i < f->try_count && !clause; i++, ++*looked_at) {
        if (word >= f->tries[i].begin && word < f->tries[i].end) {
            clause = clause_of(&f->tries[i], tag, looked_at);
        }
    }
    return clause;
}

/* The innermost clause around x->ip and the calls that led there; false: none up to the host. */
static bool find_landing(const struct wrt_exec *x, const struct wrt_tag_inst *tag, struct landing *ret)
{
    const uint64_t *at = x->ip;
    *ret = (struct landing){.frame = x->frame, .fp = x->fp};
    for (;;) {
        const struct wrt_func *f = ret->frame->func;
        ret->clause = f ? clause_for(f, (uint32_t)(at - f->entry), tag, &ret->looked_at) : NULL;
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
        ret->looked_at++;
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

/* x->fuel for the place where it lands; the throw counts as the last instruction when it is used up. */
static int pay(struct wrt_exec *x, int64_t difference, uint64_t looked_at)
{
    if (looked_at >= LOOKED_AT && wrt_charge(x, looked_at / LOOKED_AT) < 0) {
        return WRT_STOPPED;
    }
    x->fuel += difference;
    if (x->fuel < 0 && wrt_next_slice(x) < 0) {
        x->fuel -= difference;
        return WRT_STOPPED;
    }
    return 0;
}

static void land(struct wrt_exec *x, const struct landing *to, uint64_t exn)
{
    const struct wrt_heap *h = x->store->heap;
    const struct wrt_catch *c = to->clause;
    uint32_t bytes = c->tag ? h->layouts[c->tag->type]->size - WRT_EXCEPTION_HEAD : 0;
    uint64_t *slots = to->fp + c->slot;
    memcpy(slots, wrt_exception_payload(h, exn), bytes);
    if (c->with_ref) {
        slots[bytes / sizeof(*slots)] = exn;
    }
    x->frame = to->frame;
    x->fp = to->fp;
    x->instance = to->frame->func->instance;
    x->ip = to->frame->func->entry + c->target;
}

int wrt_throw(struct wrt_exec *x, uint64_t exn)
{
    const struct wrt_tag_inst *tag = wrt_exception_tag(x->store->heap, exn);
    uint32_t place = place_of_throw(x->ip);
    struct landing to;
    if (!find_landing(x, tag, &to)) {
        x->store->thrown = tag;
        return wrt_stop(x, WRT_STOP_EXCEPTION, NULL);
    }
    tell_left(x, to.frame, place);
    if (pay(x, (int64_t)to.clause->place - (int64_t)place, to.looked_at) < 0) {
        return WRT_STOPPED;
    }
    land(x, &to, exn);
    return WRT_MOVED;
}
