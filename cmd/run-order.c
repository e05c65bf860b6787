/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in bytes (cmd/run-flow.h). */
#include "cmd/run-order.h"

#include "cmd/run-flow.h"

static void texts(struct run_flow *f, struct run_texts *t)
{
    t->items = run_flow_list(f, t->items, &t->count, SIZE_MAX, sizeof(*t->items));
    for (size_t i = 0; i < t->count; i++) {
        run_flow_text(f, &t->items[i]);
    }
}

static void folders(struct run_flow *f, struct run_order *o)
{
    o->dirs = run_flow_list(f, o->dirs, &o->dir_count, SIZE_MAX, sizeof(*o->dirs));
    for (size_t i = 0; i < o->dir_count; i++) {
        struct wrt_wasi_dir *d = &o->dirs[i];
        uint64_t fd = (uint64_t)d->fd;
        run_flow_text(f, &d->guest);
        run_flow_number(f, &fd, INT32_MAX);
        run_flow_flag(f, &d->read_only);
        d->fd = (int)fd;
    }
}

static void fields(struct run_flow *f, struct run_order *o)
{
    uint64_t *const numbers[] = {
        &o->budget.fuel,        &o->budget.memory, &o->budget.tables, &o->budget.heap,
        &o->budget.stack,       &o->budget.frames, &o->budget.code,   &o->features,
        &o->budget.deadline_ms, &o->threads,       &o->cell,          &o->output_max,
        &o->clock_ns,           &o->seed,          &o->module_fd,     &o->module_size,
        &o->answer_fd,          &o->trace_fd,      &o->profile_fd,
    };
    bool *const flags[] = {&o->instantiate, &o->own_stdio, &o->virtual_clock, &o->seeded, &o->trace_now};
    for (size_t i = 0; i < WP_ARRAY_LEN(numbers); i++) {
        run_flow_number(f, numbers[i], UINT64_MAX);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(flags); i++) {
        run_flow_flag(f, flags[i]);
    }
    run_flow_text(f, &o->invoke);
    texts(f, &o->params);
    texts(f, &o->args);
    texts(f, &o->env);
    run_flow_bytes(f, &o->input);
    folders(f, o);
}

void run_order_write(const struct run_order *o, struct wp_buf *b)
{
    struct run_order copy = *o; /* writing changes nothing but what texts point to, by the same */
    struct run_flow f = {.out = b};
    fields(&f, &copy);
}

bool run_order_read(struct wp_span in, struct wp_arena *a, struct run_order *ret)
{
    struct run_flow f = {.in = in, .a = a};
    *ret = (struct run_order){0};
    fields(&f, ret);
    return run_flow_ended(&f);
}
