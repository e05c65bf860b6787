/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in bytes: numbers of eight, texts with their length and a NUL behind them. One list of fields serves both
 * directions, so that they cannot differ. */
#include "cmd/run-order.h"

struct flow {
    struct wp_buf *out; /* NULL: reading */
    struct wp_span in;
    size_t at;
    struct wp_arena *a;
    bool bad;
};

static void number(struct flow *f, uint64_t *n)
{
    if (f->out != NULL) {
        wp_buf_add(f->out, n, sizeof(*n));
    } else if (f->in.len - f->at < sizeof(*n)) {
        f->bad = true;
        *n = 0;
    } else {
        memcpy(n, f->in.ptr + f->at, sizeof(*n));
        f->at += sizeof(*n);
    }
}

static void flag(struct flow *f, bool *b)
{
    uint64_t n = *b;
    number(f, &n);
    *b = n != 0;
}

static void bytes(struct flow *f, struct wp_span *s)
{
    uint64_t len = s->len;
    number(f, &len);
    if (f->out != NULL) {
        wp_buf_add(f->out, s->ptr, s->len);
        wp_buf_add_char(f->out, '\0');
    } else if (len >= f->in.len - f->at || f->in.ptr[f->at + len] != '\0') {
        f->bad = true;
        *s = wp_span("", 0);
    } else {
        *s = wp_span(f->in.ptr + f->at, (size_t)len);
        f->at += (size_t)len + 1;
    }
}

static void text(struct flow *f, const char **t)
{
    struct wp_span s = f->out != NULL && *t != NULL ? wp_span_str(*t) : wp_span("", 0);
    bytes(f, &s);
    *t = (const char *)s.ptr;
}

/* How many follow: each takes a number at least. */
static size_t count(struct flow *f, size_t n)
{
    uint64_t many = n;
    number(f, &many);
    if (f->out == NULL && many > (f->in.len - f->at) / sizeof(uint64_t)) {
        f->bad = true;
        return 0;
    }
    return (size_t)many;
}

static void texts(struct flow *f, struct run_texts *t)
{
    t->count = count(f, t->count);
    if (f->out == NULL) {
        t->items = wp_arena_alloc(f->a, t->count + 1, sizeof(*t->items));
    }
    for (size_t i = 0; i < t->count; i++) {
        text(f, &t->items[i]);
    }
}

static void folders(struct flow *f, struct run_order *o)
{
    o->dir_count = count(f, o->dir_count);
    if (f->out == NULL) {
        o->dirs = wp_arena_alloc(f->a, o->dir_count + 1, sizeof(*o->dirs));
    }
    for (size_t i = 0; i < o->dir_count; i++) {
        struct wrt_wasi_dir *d = &o->dirs[i];
        uint64_t fd = (uint64_t)d->fd;
        text(f, &d->guest);
        number(f, &fd);
        flag(f, &d->read_only);
        d->fd = (int)fd;
    }
}

static void fields(struct flow *f, struct run_order *o)
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
        number(f, numbers[i]);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(flags); i++) {
        flag(f, flags[i]);
    }
    text(f, &o->invoke);
    texts(f, &o->params);
    texts(f, &o->args);
    texts(f, &o->env);
    bytes(f, &o->input);
    folders(f, o);
}

void run_order_write(const struct run_order *o, struct wp_buf *b)
{
    struct run_order copy = *o; /* writing changes nothing but what texts point to, by the same */
    struct flow f = {.out = b};
    fields(&f, &copy);
}

bool run_order_read(struct wp_span in, struct wp_arena *a, struct run_order *ret)
{
    struct flow f = {.in = in, .a = a};
    *ret = (struct run_order){0};
    fields(&f, ret);
    return !f.bad && f.at == in.len;
}
