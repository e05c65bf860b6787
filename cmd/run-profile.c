/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls as a tree: a node for each path of functions, with the instructions spent in its last one. Deep recursion is
 * folded into the node where it passes the depth that is kept, and when the tree is full, new paths into their
 * callers, so that no module can make it grow without end. */
#include "base/io.h"
#include "base/mem.h"
#include "cmd/run-int.h"

#include <stdlib.h>

enum { MOST_NODES = 1 << 20, MOST_DEPTH = 256, FLUSH = 64 * 1024 };

struct node {
    const struct wrt_func *func;
    uint32_t parent; /* the root is its own */
    uint64_t calls, self, total;
};

struct run_profile {
    struct node *nodes; /* parents before their children; 0 is the root: before and between calls */
    uint32_t count, room;
    uint32_t *slots; /* hash of (parent, func) -> node, 0 is free */
    uint32_t slot_count;
    uint32_t here;
    uint32_t depth;
    uint64_t folded; /* calls deep that have no node of their own */
    uint64_t last;   /* fuel when `here` was last charged */
};

struct run_profile *run_profile_new(void)
{
    struct run_profile *p = wp_xcalloc(1, sizeof(*p));
    p->room = 256;
    p->nodes = wp_xcalloc(p->room, sizeof(*p->nodes));
    p->count = 1;
    p->slot_count = 1024;
    p->slots = wp_xcalloc(p->slot_count, sizeof(*p->slots));
    return p;
}

void run_profile_free(struct run_profile *p)
{
    if (p != NULL) {
        free(p->nodes);
        free(p->slots);
        free(p);
    }
}

static uint32_t place_of(const struct run_profile *p, uint32_t parent, const struct wrt_func *f)
{
    uint64_t h = ((uint64_t)(uintptr_t)f >> 4) * UINT64_C(0x9e3779b97f4a7c15) + parent;
    h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    uint32_t at = (uint32_t)(h >> 32) & (p->slot_count - 1);
    while (p->slots[at] != 0 && (p->nodes[p->slots[at]].parent != parent || p->nodes[p->slots[at]].func != f)) {
        at = (at + 1) & (p->slot_count - 1);
    }
    return at;
}

static void grow(struct run_profile *p)
{
    if (p->count == p->room) {
        p->room *= 2;
        p->nodes = wp_xrealloc(p->nodes, p->room, sizeof(*p->nodes));
    }
    if (p->count < p->slot_count / 2) {
        return;
    }
    free(p->slots);
    p->slot_count *= 2;
    p->slots = wp_xcalloc(p->slot_count, sizeof(*p->slots));
    for (uint32_t i = 1; i < p->count; i++) {
        p->slots[place_of(p, p->nodes[i].parent, p->nodes[i].func)] = i;
    }
}

static void charge(struct run_profile *p, uint64_t fuel)
{
    p->nodes[p->here].self += fuel - p->last;
    p->last = fuel;
}

void run_profile_enter(struct run_profile *p, const struct wrt_func *f, uint64_t fuel)
{
    charge(p, fuel);
    uint32_t at = place_of(p, p->here, f);
    if (p->folded > 0 || p->depth == MOST_DEPTH || (p->slots[at] == 0 && p->count == MOST_NODES)) {
        p->folded++;
        return;
    }
    if (p->slots[at] == 0) {
        grow(p);
        at = place_of(p, p->here, f);
        p->nodes[p->count] = (struct node){.func = f, .parent = p->here};
        p->slots[at] = p->count++;
    }
    p->here = p->slots[at];
    p->nodes[p->here].calls++;
    p->depth++;
}

void run_profile_leave(struct run_profile *p, uint64_t fuel)
{
    charge(p, fuel);
    if (p->folded > 0) {
        p->folded--;
    } else if (p->here != 0) {
        p->here = p->nodes[p->here].parent;
        p->depth--;
    }
}

void run_profile_end(struct run_profile *p, uint64_t fuel)
{
    charge(p, fuel);
    for (uint32_t i = p->count; i-- > 1;) {
        p->nodes[i].total += p->nodes[i].self;
        p->nodes[p->nodes[i].parent].total += p->nodes[i].total;
    }
}

/* Within a call of the same function already: it would count twice. */
static bool is_recursive(const struct run_profile *p, uint32_t node)
{
    for (uint32_t i = p->nodes[node].parent; i != 0; i = p->nodes[i].parent) {
        if (p->nodes[i].func == p->nodes[node].func) {
            return true;
        }
    }
    return false;
}

struct sum {
    const struct wrt_func *func;
    uint64_t calls, self, total;
};

static int by_function(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct sum *)a)->func;
    uintptr_t y = (uintptr_t)((const struct sum *)b)->func;
    return x < y ? -1 : x > y;
}

static int by_self(const void *a, const void *b)
{
    const struct sum *x = a;
    const struct sum *y = b;
    uint64_t most_x = x->self != y->self ? x->self : x->total;
    uint64_t most_y = x->self != y->self ? y->self : y->total;
    return most_x > most_y ? -1 : most_x < most_y;
}

/* A sum for each function; the number of them. */
static size_t sums(const struct run_profile *p, struct sum *list)
{
    size_t n = 0;
    for (uint32_t i = 1; i < p->count; i++) {
        const struct node *at = &p->nodes[i];
        list[i - 1] = (struct sum){at->func, at->calls, at->self, is_recursive(p, i) ? 0 : at->total};
    }
    qsort(list, p->count - 1, sizeof(*list), by_function);
    for (uint32_t i = 0; i + 1 < p->count; i++) {
        if (n > 0 && list[n - 1].func == list[i].func) {
            list[n - 1].calls += list[i].calls;
            list[n - 1].self += list[i].self;
            list[n - 1].total += list[i].total;
        } else {
            list[n++] = list[i];
        }
    }
    return n;
}

size_t run_profile_hot(struct run_profile *p, struct run_names *names, struct wp_arena *a, const struct run_hot **ret)
{
    WP_AUTO_FREE struct sum *list = wp_xcalloc(p->count, sizeof(*list));
    size_t n = sums(p, list);
    qsort(list, n, sizeof(*list), by_self);
    n = WP_MIN(n, (size_t)RUN_HOT);
    struct run_hot *hot = wp_arena_alloc(a, n + 1, sizeof(*hot));
    for (size_t i = 0; i < n; i++) {
        WP_AUTO_BUF struct wp_buf name = WP_BUF_INIT;
        run_name_of(names, list[i].func, &name);
        hot[i] = (struct run_hot){wp_arena_str(a, name.ptr), list[i].calls, list[i].self, list[i].total};
    }
    *ret = hot;
    return n;
}

static void path(const struct run_profile *p, uint32_t node, struct run_names *names, struct wp_buf *b)
{
    uint32_t way[MOST_DEPTH];
    size_t n = 0;
    for (uint32_t i = node; i != 0 && n < MOST_DEPTH; i = p->nodes[i].parent) {
        way[n++] = i;
    }
    while (n-- > 0) {
        run_name_of(names, p->nodes[way[n]].func, b);
        wp_buf_add_str(b, n > 0 ? ";" : "");
    }
}

int run_profile_write(struct run_profile *p, struct run_names *names, int fd, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->nodes[i].self == 0) {
            continue;
        }
        if (i == 0) {
            wp_buf_add_str(&b, "(host)");
        }
        path(p, i, names, &b);
        wp_buf_printf(&b, " %llu\n", (unsigned long long)p->nodes[i].self);
        if (b.len >= FLUSH) {
            if (wp_write_all(fd, b.ptr, b.len, "the profile", err) < 0) {
                return -1;
            }
            wp_buf_cut(&b, 0);
        }
    }
    return wp_write_all(fd, b.ptr, b.len, "the profile", err);
}
