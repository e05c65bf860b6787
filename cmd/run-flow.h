/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes between the parent and the child that runs a module (cmd/run-order.h): numbers of eight, texts with their
 * length and a NUL behind them. The same list of fields writes and reads, so that both ways cannot differ; what is read
 * is held against its bounds. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct run_flow {
    struct wp_buf *out; /* NULL: reading */
    struct wp_span in;  /* borrowed by what is read */
    size_t at;
    struct wp_arena *a; /* for lists that are read */
    bool bad;           /* not what can have been written; nothing but zeros is read any more */
};

/* Read, it is at most max. */
void run_flow_number(struct run_flow *f, uint64_t *n, uint64_t max);
void run_flow_flag(struct run_flow *f, bool *b);
void run_flow_bytes(struct run_flow *f, struct wp_span *s);
void run_flow_text(struct run_flow *f, const char **t);
/* How many follow, at most max, and their place: that of `items`, or room for them and one more. Each takes a number at
 * least. */
void *run_flow_list(struct run_flow *f, const void *items, size_t *count, size_t max, size_t size);
/* All was read, and nothing follows. */
bool run_flow_ended(const struct run_flow *f);
