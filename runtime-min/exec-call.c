/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls off the straight way (core 3.0, sections 4.4.10 and 4.6): functions not translated yet, functions of other
 * instances and of the host, indirect calls that need a closer look, and what every call finds too little room for. The
 * handlers in exec-plain-handlers.h do the rest. Each way finds the call instruction at x->ip and leaves it there when
 * it stops, so that the trace and the count of fuel say the same whichever way a call takes. */
#include "runtime-min/exec-parts.h"

const uint64_t wrt_stub_translate[1] = {WRT_S_TRANSLATE};
const uint64_t exec_stub_exit[3] = {0, 0, WRT_S_EXIT};
const uint64_t exec_stub_restore[3] = {0, 0, WRT_S_RESTORE};

static int no_frames(struct wrt_exec *x)
{
    return wrt_stop(x, WRT_STOP_CALL_STACK, "%llu calls within calls", (unsigned long long)x->store->budget.frames);
}

static int no_room(struct wrt_exec *x)
{
    return wrt_stop(x, WRT_STOP_CALL_STACK, "%zu bytes of values",
                    (size_t)(x->stack_end - x->stack) * sizeof *x->stack);
}

/* Take P of the call at x->ip; at WRT_STOPPED nothing is taken. */
static int pay(struct wrt_exec *x)
{
    int64_t place = (int64_t)wrt_slot_d(*x->ip);
    x->fuel -= place;
    if (x->fuel < 0 && wrt_next_slice(x) < 0) {
        x->fuel += place;
        return WRT_STOPPED;
    }
    return 0;
}

int exec_host(struct wrt_exec *x, struct wrt_func *f, uint64_t *slots)
{
    struct wrt_store *s = x->store;
    uint64_t *top = x->top;
    uint32_t n = WP_MAX(f->param_slots, f->result_slots);
    if (!exec_room(x, slots, n)) {
        return no_room(x);
    }
    if (s->watch.enter) {
        s->watch.enter(s->watch.arg, f, slots, wrt_fuel_used(x, 0));
    }
    x->top = slots + n;
    int r = f->host(s, f->env, slots);
    x->top = top;
    if (s->watch.leave) {
        s->watch.leave(s->watch.arg, f, r < 0 ? NULL : slots, wrt_fuel_used(x, 0));
    }
    if (r < 0) {
        return x->stop == WRT_STOP_NONE ? wrt_stop(x, WRT_STOP_HOST, NULL) : WRT_STOPPED;
    }
    return x->fuel < 0 ? wrt_next_slice(x) : 0;
}

int wrt_enter(struct wrt_exec *x, struct wrt_func *f, uint64_t *fp)
{
    int64_t place = (int64_t)wrt_slot_d(*x->ip);
    if (pay(x) < 0) {
        return WRT_STOPPED;
    }
    if (!f->instance) {
        int r = exec_host(x, f, fp);
        x->fuel += place;
        x->ip += r < 0 ? 0 : 2;
        return r;
    }
    bool far = f->instance != x->instance;
    int r = x->frames_end - x->frame <= 1 + far ? no_frames(x) : !exec_room(x, fp, f->frame_slots) ? no_room(x) : 0;
    if (r < 0) {
        x->fuel += place;
        return r;
    }
    const uint64_t *back = x->ip + 2;
    if (far) {
        *++x->frame = (struct wrt_frame){.ip = back, .fp = x->fp};
        back = EXEC_RESTORE;
        x->instance = f->instance;
    }
    *++x->frame = (struct wrt_frame){.func = f, .ip = back, .fp = x->fp};
    x->ip = f->entry;
    x->fp = fp;
    return WRT_MOVED;
}

/* The function that runs returns; its results lie at x->fp, P is paid. */
static void leave_function(struct wrt_exec *x)
{
    const struct wrt_frame *done = x->frame--;
    x->ip = done->ip;
    x->fp = done->fp;
    x->fuel += (int64_t)wrt_slot_d(x->ip[-2]);
}

static int tail_call_host(struct wrt_exec *x, struct wrt_func *f, const uint64_t *args)
{
    int64_t place = (int64_t)wrt_slot_d(*x->ip);
    uint64_t *slots = x->fp + (args - x->fp);
    if (exec_host(x, f, slots) < 0) {
        x->fuel += place;
        return WRT_STOPPED;
    }
    memmove(x->fp, slots, f->result_slots * sizeof *slots);
    leave_function(x);
    return WRT_MOVED;
}

int wrt_enter_tail(struct wrt_exec *x, struct wrt_func *f, const uint64_t *args)
{
    struct wrt_frame *frame = x->frame;
    if (pay(x) < 0) {
        return WRT_STOPPED;
    }
    if (!f->instance) {
        return tail_call_host(x, f, args);
    }
    /* Who called from this instance expects it back; stubs see to that themselves. */
    bool far = f->instance != x->instance && frame->ip != EXEC_RESTORE && frame->ip != EXEC_EXIT;
    int r = x->frames_end - frame <= far ? no_frames(x) : !exec_room(x, x->fp, f->frame_slots) ? no_room(x) : 0;
    if (r < 0) {
        x->fuel += (int64_t)wrt_slot_d(*x->ip);
        return r;
    }
    memmove(x->fp, args, f->param_slots * sizeof *args);
    if (far) {
        frame->func = NULL;
        *++x->frame = (struct wrt_frame){.ip = EXEC_RESTORE, .fp = x->fp};
    }
    x->frame->func = f;
    x->instance = f->instance;
    x->ip = f->entry;
    return WRT_MOVED;
}

/* The call that entered the function on top did not take place after all. */
static void take_back(struct wrt_exec *x)
{
    leave_function(x);
    if (x->ip == EXEC_RESTORE) {
        leave_function(x);
        x->instance = x->frame->func->instance;
    }
    if (x->ip != EXEC_EXIT) {
        x->ip -= 2;
    }
}

int exec_begin(struct wrt_exec *x)
{
    struct wrt_func *f = x->frame->func;
    if (f->frame_slots == 0 && wrt_translate(x, f) < 0) {
        take_back(x);
        return WRT_STOPPED;
    }
    if (!exec_room(x, x->fp, f->frame_slots)) {
        take_back(x);
        return no_room(x);
    }
    x->ip = f->entry;
    return 0;
}

int exec_restore(struct wrt_exec *x)
{
    leave_function(x);
    x->instance = x->frame->func->instance;
    return 0;
}

static uint64_t *args_of(const struct wrt_exec *x)
{
    return x->fp + wrt_slot_a(*x->ip);
}

int exec_call(struct wrt_exec *x)
{
    return wrt_enter(x, exec_func(x->ip[1]), args_of(x));
}

int exec_return_call(struct wrt_exec *x)
{
    return wrt_enter_tail(x, exec_func(x->ip[1]), args_of(x));
}

/* The function that an indirect call means; NULL: it traps. */
static struct wrt_func *indirect(struct wrt_exec *x)
{
    uint64_t w = x->ip[1], index = x->fp[w >> 48];
    uint32_t type = (uint32_t)w, table = (uint32_t)(w >> 32 & 0xffff);
    const struct wrt_table_inst *t = x->instance->tables[table];
    if (index >= t->size) {
        (void)wrt_stop(x, WRT_STOP_UNDEFINED_ELEMENT, "element %llu of table %u, which has %llu",
                       (unsigned long long)index, (unsigned)table, (unsigned long long)t->size);
        return NULL;
    }
    struct wrt_func *f = exec_func(t->items[index]);
    if (!f) {
        (void)wrt_stop(x, WRT_STOP_UNINITIALIZED_ELEMENT, "element %llu of table %u", (unsigned long long)index,
                       (unsigned)table);
        return NULL;
    }
    if (f->type != type && !wrt_id_matches(&x->store->types, f->type, type)) {
        char has[80], wants[80];
        (void)wrt_deftype_text(&x->store->types, f->type, has, sizeof has);
        (void)wrt_deftype_text(&x->store->types, type, wants, sizeof wants);
        (void)wrt_stop(x, WRT_STOP_INDIRECT_TYPE, "element %llu of table %u is %s, not %s", (unsigned long long)index,
                       (unsigned)table, has, wants);
        return NULL;
    }
    return f;
}

int exec_call_indirect(struct wrt_exec *x)
{
    struct wrt_func *f = indirect(x);
    return f ? wrt_enter(x, f, args_of(x)) : WRT_STOPPED;
}

int exec_return_call_indirect(struct wrt_exec *x)
{
    struct wrt_func *f = indirect(x);
    return f ? wrt_enter_tail(x, f, args_of(x)) : WRT_STOPPED;
}

int exec_call_ref(struct wrt_exec *x)
{
    struct wrt_func *f = exec_func(x->fp[x->ip[1] & 0xffff]);
    return f ? wrt_enter(x, f, args_of(x)) : wrt_stop(x, WRT_STOP_NULL_FUNC, NULL);
}

int exec_return_call_ref(struct wrt_exec *x)
{
    struct wrt_func *f = exec_func(x->fp[x->ip[1] & 0xffff]);
    return f ? wrt_enter_tail(x, f, args_of(x)) : wrt_stop(x, WRT_STOP_NULL_FUNC, NULL);
}
