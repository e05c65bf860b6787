/* SPDX-License-Identifier: Apache-2.0
 *
 * The door of the WIT printer: a component becomes packages, the packages are put in order, each after those that it
 * uses, and printed. What that takes comes from what loading left of the component's budget, and goes back. */
#include "runtime-min/wit-parts.h"

/* The package of an interface that a type is used from; WIT_NONE: it is declared where it stands. */
static uint32_t used_package(const struct wit *w, const struct wit_type *t)
{
    if (t->same == WIT_NONE || t->same == WIT_ANONYMOUS) {
        return WIT_NONE;
    }
    uint32_t scope = wit_type(w, t->same)->scope;
    return scope == t->scope ? WIT_NONE : wit_scope(w, scope)->package;
}

/* A package on the way down, and how far its types have been looked at. */
struct visit {
    uint32_t package, scope, type;
};

static struct visit visit_of(const struct wit *w, uint32_t package)
{
    wit_package(w, package)->visited = true;
    uint32_t scope = wit_package(w, package)->interfaces.first;
    return (struct visit){package, scope, scope == WIT_NONE ? WIT_NONE : wit_scope(w, scope)->types.first};
}

/* The next package that the visited one uses; WIT_NONE: no more. */
static uint32_t next_used(const struct wit *w, struct visit *v)
{
    while (v->scope != WIT_NONE) {
        while (v->type != WIT_NONE) {
            const struct wit_type *t = wit_type(w, v->type);
            v->type = t->next;
            uint32_t used = used_package(w, t);
            if (used != WIT_NONE) {
                return used;
            }
        }
        v->scope = wit_scope(w, v->scope)->next;
        v->type = v->scope == WIT_NONE ? WIT_NONE : wit_scope(w, v->scope)->types.first;
    }
    return WIT_NONE;
}

/* Packages in the order they were met, each after those that it uses. */
static int put_in_order(struct wit *w)
{
    uint32_t count = w->packages.count, depth = 0;
    w->order = wrt_alloc(&w->mem, count, sizeof(*w->order), w->err);
    struct visit *stack = wrt_alloc(&w->mem, count, sizeof(*stack), w->err);
    if (w->order == NULL || stack == NULL) {
        return -1;
    }
    wit_package(w, w->main)->visited = true;
    w->order[w->order_count++] = w->main;
    for (uint32_t i = 0; i < count; i++) {
        if (!wit_package(w, i)->visited) {
            stack[depth++] = visit_of(w, i);
        }
        while (depth > 0) {
            uint32_t used = next_used(w, &stack[depth - 1]);
            if (used == WIT_NONE) {
                w->order[w->order_count++] = stack[--depth].package;
            } else if (!wit_package(w, used)->visited) {
                stack[depth++] = visit_of(w, used);
            }
        }
    }
    return 0;
}

/* What cannot be said may show in the last line: nothing is written before all of it has been tried. */
static int discard(void *arg WP_UNUSED, const char *text WP_UNUSED, size_t len WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    return 0;
}

int wrt_wit_print(const struct wrt_component *c, wrt_write_fn write, void *arg, struct wp_err *err)
{
    const struct wrt_mem *budget = c->types->mem;
    struct wit w = {.c = c, .ctypes = c->types, .err = err};
    w.mem.limit = budget->limit - WP_MIN(budget->limit, budget->used);
    int result = wit_decode(&w) < 0 || put_in_order(&w) < 0 ? -1 : wit_print(&w, discard, NULL, err);
    if (result == 0) {
        result = wit_print(&w, write, arg, err);
    }
    wrt_mem_done(&w.mem);
    return result;
}
