/* SPDX-License-Identifier: Apache-2.0
 *
 * A run: calls by the host, its budget of fuel and time, why it stops (core 3.0, section 4.7.3). */
#include "runtime-min/exec-parts.h"

#include <stdarg.h>
#include <time.h>

/* Instructions between two looks at the clock: some milliseconds. */
#define SLICE (UINT64_C(1) << 20)
/* Calls by host functions within calls by host functions: each takes C stack. */
#define NESTING_MAX 64

const char *wrt_stop_text(enum wrt_stop stop)
{
#define TEXT(name, text) text,
    static const char *const texts[] = {WRT_STOPS(TEXT)};
#undef TEXT
    return (unsigned)stop < WP_ARRAY_LEN(texts) ? texts[stop] : "unknown";
}

bool wrt_stop_is_limit(enum wrt_stop stop)
{
    return stop >= WRT_STOP_CALL_STACK && stop <= WRT_STOP_CANCELLED && stop != WRT_STOP_UNSUPPORTED;
}

static void stop_with(struct wrt_exec *x, enum wrt_stop stop, const char *fmt, va_list ap)
{
    x->stop = stop;
    x->store->detail[0] = '\0';
    if (fmt) {
        (void)vsnprintf(x->store->detail, sizeof x->store->detail, fmt, ap);
    }
}

int wrt_stop(struct wrt_exec *x, enum wrt_stop stop, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    stop_with(x, stop, fmt, ap);
    va_end(ap);
    return WRT_STOPPED;
}

/* ---- fuel and time ---- */

uint64_t wrt_now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t fuel_left(const struct wrt_store *s)
{
    uint64_t fuel = s->budget.fuel == WRT_NO_FUEL ? 0 : s->budget.fuel == 0 ? UINT64_MAX : s->budget.fuel;
    return fuel - s->fuel_taken;
}

void wrt_start_clock(struct wrt_store *s)
{
    if (s->budget.deadline_ms && !s->deadline) {
        s->deadline = wrt_now_ns() + s->budget.deadline_ms * 1000000;
    }
}

int wrt_next_slice(struct wrt_exec *x)
{
    struct wrt_store *s = x->store;
    if (s->watch.cancelled && s->watch.cancelled(s->watch.arg)) {
        return wrt_stop(x, WRT_STOP_CANCELLED, NULL);
    }
    if (s->deadline && wrt_now_ns() >= s->deadline) {
        return wrt_stop(x, WRT_STOP_DEADLINE, "%llu ms", (unsigned long long)s->budget.deadline_ms);
    }
    uint64_t wanted = WP_MAX(SLICE, (uint64_t)-x->fuel), left = fuel_left(s);
    if ((uint64_t)-x->fuel > left) {
        return wrt_stop(x, WRT_STOP_FUEL, "%llu instructions",
                        (unsigned long long)(s->budget.fuel == WRT_NO_FUEL ? 0 : s->budget.fuel));
    }
    wanted = WP_MIN(wanted, left);
    s->fuel_taken += wanted;
    x->fuel += (int64_t)wanted;
    return 0;
}

uint64_t wrt_fuel_used(const struct wrt_exec *x, uint32_t place)
{
    return x->store->fuel_taken - (uint64_t)(x->fuel - (int64_t)place);
}

int exec_slice_at_branch(struct wrt_exec *x)
{
    if (wrt_next_slice(x) < 0) {
        x->ip -= (int32_t)(uint32_t)x->branch;
        x->fuel -= (int64_t)x->branch >> 32;
        return WRT_STOPPED;
    }
    return 0;
}

/* ---- watching ---- */

int exec_watch_enter(struct wrt_exec *x)
{
    const struct wrt_watch *w = &x->store->watch;
    if (w->enter) {
        w->enter(w->arg, x->frame->func, x->fp, wrt_fuel_used(x, wrt_slot_d(*x->ip)));
    }
    x->ip++;
    return 0;
}

int exec_watch_leave(struct wrt_exec *x)
{
    const struct wrt_watch *w = &x->store->watch;
    if (w->leave) {
        w->leave(w->arg, x->frame->func, x->fp + wrt_slot_a(*x->ip), wrt_fuel_used(x, wrt_slot_d(*x->ip)));
    }
    x->ip++;
    return 0;
}

/* There are no results to show: whoever is called next gives them. */
int exec_watch_tail(struct wrt_exec *x)
{
    const struct wrt_watch *w = &x->store->watch;
    if (w->leave) {
        w->leave(w->arg, x->frame->func, NULL, wrt_fuel_used(x, wrt_slot_d(*x->ip)));
    }
    x->ip++;
    return 0;
}

/* ---- the slow lane ---- */

int exec_slow(struct wrt_exec *x)
{
    int r = wrt_slow_op(wrt_slot_op(*x->ip) - WRT_SLOT_SLOW)(x, x->ip, x->fp);
    x->ip += WP_MAX(r, 0);
    return r < 0 ? WRT_STOPPED : 0;
}

/* ---- the host ---- */

int wrt_host_stop(struct wrt_store *s, enum wrt_stop stop, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    stop_with(&s->exec, stop, fmt, ap);
    va_end(ap);
    return WRT_STOPPED;
}

int wrt_host_exit(struct wrt_store *s, uint32_t status)
{
    s->exit_status = status;
    return wrt_stop(&s->exec, WRT_STOP_EXIT, NULL);
}

void wrt_host_charge(struct wrt_store *s, uint64_t fuel)
{
    s->fuel_extra += fuel;
    s->exec.fuel -= (int64_t)WP_MIN(fuel, UINT64_C(1) << 60);
}

struct wrt_memory_inst *wrt_caller_memory(struct wrt_store *s)
{
    return s->exec.instance ? s->exec.instance->host_memory : NULL;
}

/* Push f over the stub of its host and run it; its parameters lie at fp. */
static int run(struct wrt_exec *x, struct wrt_func *f, uint64_t *fp)
{
    if (!f->instance) {
        return exec_host(x, f, fp);
    }
    if (x->frames_end - x->frame <= 2) {
        return wrt_stop(x, WRT_STOP_CALL_STACK, NULL);
    }
    *++x->frame = (struct wrt_frame){0};
    *++x->frame = (struct wrt_frame){.func = f, .ip = EXEC_EXIT, .fp = fp};
    x->instance = f->instance;
    x->fp = fp;
    if (exec_begin(x) < 0 || wrt_exec_run(x) < 0) {
        return WRT_STOPPED;
    }
    return x->fuel < 0 ? wrt_next_slice(x) : 0;
}

/* None may lie nowhere. */
static void copy_slots(uint64_t *to, const uint64_t *from, uint32_t n)
{
    if (n > 0) {
        memcpy(to, from, n * sizeof *to);
    }
}

void wrt_call(struct wrt_store *s, struct wrt_func *f, uint64_t *slots, struct wrt_outcome *out)
{
    struct wrt_exec *x = &s->exec;
    if (!x->top) { /* the first of this store */
        x->frame = x->frames;
        x->top = x->stack;
    }
    wrt_start_clock(s);
    const struct wrt_exec before = *x;
    x->stop = WRT_STOP_NONE;
    s->detail[0] = '\0';
    s->nesting++;
    int r;
    if (s->nesting > NESTING_MAX) {
        r = wrt_stop(x, WRT_STOP_CALL_STACK, "%d calls by host functions within one another", NESTING_MAX);
    } else if (!exec_room(x, x->top, WP_MAX(f->param_slots, f->result_slots))) {
        r = wrt_stop(x, WRT_STOP_CALL_STACK, NULL);
    } else {
        copy_slots(before.top, slots, f->param_slots);
        r = run(x, f, before.top);
    }
    exec_outcome(x, before.frame, out);
    if (r == 0) {
        copy_slots(slots, before.top, f->result_slots);
    }
    s->nesting--;
    x->ip = before.ip;
    x->fp = before.fp;
    x->instance = before.instance;
    x->frame = before.frame;
    x->top = before.top;
    x->stop = WRT_STOP_NONE;
}
