/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields in bytes, written and read (cmd/run-flow.h). */
#include "cmd/run-flow.h"

void run_flow_number(struct run_flow *f, uint64_t *n, uint64_t max)
{
    if (f->out != NULL) {
        wp_buf_add(f->out, n, sizeof(*n));
        return;
    }
    *n = 0;
    if (f->bad || f->in.len - f->at < sizeof(*n)) {
        f->bad = true;
        return;
    }
    memcpy(n, f->in.ptr + f->at, sizeof(*n));
    f->at += sizeof(*n);
    if (*n > max) {
        f->bad = true;
        *n = 0;
    }
}

void run_flow_flag(struct run_flow *f, bool *b)
{
    uint64_t n = f->out != NULL && *b;
    run_flow_number(f, &n, 1);
    if (f->out == NULL) {
        *b = n != 0;
    }
}

void run_flow_bytes(struct run_flow *f, struct wp_span *s)
{
    uint64_t len = f->out != NULL ? s->len : 0;
    run_flow_number(f, &len, SIZE_MAX);
    if (f->out != NULL) {
        wp_buf_add(f->out, s->ptr, s->len);
        wp_buf_add_char(f->out, '\0');
        return;
    }
    *s = wp_span("", 0);
    if (f->bad || len >= f->in.len - f->at || f->in.ptr[f->at + len] != '\0') {
        f->bad = true;
        return;
    }
    *s = wp_span(f->in.ptr + f->at, (size_t)len);
    f->at += (size_t)len + 1;
}

void run_flow_text(struct run_flow *f, const char **t)
{
    struct wp_span s = f->out != NULL && *t != NULL ? wp_span_str(*t) : wp_span("", 0);
    run_flow_bytes(f, &s);
    if (f->out == NULL) {
        f->bad = f->bad || memchr(s.ptr, '\0', s.len) != NULL;
        *t = f->bad ? "" : (const char *)s.ptr;
    }
}

void *run_flow_list(struct run_flow *f, const void *items, size_t *count, size_t max, size_t size)
{
    uint64_t many = f->out != NULL ? *count : 0;
    run_flow_number(f, &many, max);
    if (f->out != NULL) {
        return (void *)(uintptr_t)items;
    }
    if (many > (f->in.len - f->at) / sizeof(many)) {
        f->bad = true;
        many = 0;
    }
    *count = (size_t)many;
    return wp_arena_alloc(f->a, *count + 1, size);
}

bool run_flow_ended(const struct run_flow *f)
{
    return !f->bad && f->at == f->in.len;
}
