/* SPDX-License-Identifier: Apache-2.0
 *
 * Stores: what instances own together, its budget, and the handles that a host makes for imports (run.h; core 3.0
 * sections 4.2 and 4.7.1). */
#include "runtime-min/heap.h"
#include "runtime-min/op.h"

#include <stdlib.h>
#include <sys/mman.h>

static uint64_t or_usual(uint64_t asked, uint64_t usual)
{
    return asked != 0 ? asked : usual;
}

/* Ceilings that leave room for the arithmetic on them. */
static struct wrt_budget filled(const struct wrt_budget *b)
{
    static const struct wrt_budget none = {.fuel = 0};
    b = b ? b : &none;
    return (struct wrt_budget){
        .fuel = b->fuel,
        .memory = WP_MIN(or_usual(b->memory, UINT64_C(1) << 30), UINT64_C(1) << 46),
        .tables = WP_MIN(or_usual(b->tables, 10000000), UINT64_C(1) << 40),
        .heap = WP_MIN(or_usual(b->heap, UINT64_C(256) << 20), UINT64_C(1) << 46),
        .stack = WP_MIN(or_usual(b->stack, UINT64_C(8) << 20), UINT64_C(1) << 40),
        .frames = WP_MIN(or_usual(b->frames, 100000), UINT64_C(1) << 32),
        .code = or_usual(b->code, UINT64_C(512) << 20),
        .deadline_ms = b->deadline_ms,
    };
}

/* Pages cost nothing until they are touched. */
static void *map(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Both at least as large as one call from the host takes. */
static int make_stacks(struct wrt_store *s, struct wp_err *err)
{
    struct wrt_exec *x = &s->exec;
    uint64_t slots = WP_MAX(s->budget.stack / sizeof(uint64_t), 1024), frames = s->budget.frames + 2;
    x->stack = map(slots * sizeof(uint64_t));
    if (!x->stack) {
        return wp_fail(err, WP_E_LIMIT, "no room for a value stack of %llu bytes", (unsigned long long)slots * 8);
    }
    x->stack_end = x->stack + slots;
    x->fp = x->stack;
    x->top = x->stack;
    x->frames = map(frames * sizeof(*x->frames));
    if (!x->frames) {
        return wp_fail(err, WP_E_LIMIT, "no room for %llu calls within calls", (unsigned long long)frames);
    }
    x->frames_end = x->frames + frames;
    x->frame = x->frames;
    return 0;
}

int wrt_store_new(const struct wrt_budget *budget, const struct wrt_watch *watch, struct wrt_store **ret,
                  struct wp_err *err)
{
    struct wrt_store *s = calloc(1, sizeof(*s));
    if (!s) {
        return wp_fail(err, WP_E_LIMIT, "out of memory");
    }
    s->budget = filled(budget);
    if (watch) {
        s->watch = *watch;
    }
    s->mem.limit = s->budget.code;
    s->type_mem.limit = s->budget.code;
    s->types.mem = &s->type_mem;
    s->exec.store = s;
    if (make_stacks(s, err) < 0) {
        wrt_store_free(s);
        return -1;
    }
    *ret = s;
    return 0;
}

static void unmap_stacks(struct wrt_exec *x)
{
    if (x->stack) {
        munmap(x->stack, (size_t)(x->stack_end - x->stack) * sizeof(*x->stack));
    }
    if (x->frames) {
        munmap(x->frames, (size_t)(x->frames_end - x->frames) * sizeof(*x->frames));
    }
}

void wrt_store_free(struct wrt_store *s)
{
    if (!s) {
        return;
    }
    for (uint32_t i = 0; i < s->memories.count; i++) {
        const struct wrt_memory_inst *m = ((struct wrt_memory_inst **)s->memories.items)[i];
        if (m->reserved > 0) {
            munmap(m->base, m->reserved);
        }
    }
    for (uint32_t i = 0; i < s->tables.count; i++) {
        free(((struct wrt_table_inst **)s->tables.items)[i]->items);
    }
    wrt_heap_free(s->heap);
    unmap_stacks(&s->exec);
    wrt_mem_done(&s->mem);
    wrt_mem_done(&s->type_mem);
    free(s);
}

struct wrt_types *wrt_store_types(struct wrt_store *s)
{
    return &s->types;
}

void wrt_store_set_host(struct wrt_store *s, void *host)
{
    s->host = host;
}

void *wrt_store_host(const struct wrt_store *s)
{
    return s->host;
}

uint64_t wrt_store_fuel(const struct wrt_store *s)
{
    return wrt_fuel_used(&s->exec, 0);
}

uint64_t wrt_store_peak_memory(const struct wrt_store *s)
{
    return s->memory_peak;
}

/* ---- handles ---- */

uint32_t wrt_slots_of(const uint32_t *types, uint32_t n)
{
    uint32_t slots = n;
    for (uint32_t i = 0; i < n; i++) {
        slots += types[i] == WRT_V128;
    }
    return slots;
}

int wrt_func_new_host(struct wrt_store *s, uint32_t type, wrt_host_fn fn, void *env, struct wrt_func **ret,
                      struct wp_err *err)
{
    const struct wrt_deftype *d = wrt_deftype(&s->types, type);
    struct wrt_func *f = wrt_alloc(&s->mem, 1, sizeof(*f), err);
    if (!f) {
        return -1;
    }
    f->type = type;
    f->index = WRT_NO_INDEX;
    f->param_slots = wrt_slots_of(d->as.func.params, d->as.func.param_count);
    f->result_slots = wrt_slots_of(d->as.func.results, d->as.func.result_count);
    f->frame_slots = WP_MAX(f->param_slots, f->result_slots);
    f->host = fn;
    f->env = env;
    *ret = f;
    return 0;
}

int wrt_global_new(struct wrt_store *s, uint32_t type, bool mut, const uint64_t *slots, struct wrt_global_inst **ret,
                   struct wp_err *err)
{
    struct wrt_global_inst *g = wrt_alloc(&s->mem, 1, sizeof(*g), err);
    struct wrt_global_inst **place =
        g ? wrt_vec_add(&s->mem, &s->globals, sizeof(struct wrt_global_inst *), err) : NULL;
    if (!place) {
        return -1;
    }
    *place = g;
    g->type = type;
    g->mut = mut;
    wrt_global_set(g, slots);
    *ret = g;
    return 0;
}

int wrt_tag_new(struct wrt_store *s, uint32_t type, struct wrt_tag_inst **ret, struct wp_err *err)
{
    struct wrt_tag_inst *t = wrt_alloc(&s->mem, 1, sizeof(*t), err);
    if (!t) {
        return -1;
    }
    t->type = type;
    *ret = t;
    return 0;
}

uint32_t wrt_func_type(const struct wrt_func *f)
{
    return f->type;
}

const struct wrt_instance *wrt_func_instance(const struct wrt_func *f, uint32_t *ret_index)
{
    *ret_index = f->index;
    return f->instance;
}

uint32_t wrt_global_type(const struct wrt_global_inst *g, bool *ret_mut)
{
    *ret_mut = g->mut;
    return g->type;
}

void wrt_global_get(const struct wrt_global_inst *g, uint64_t *ret_slots)
{
    memcpy(ret_slots, g->cell, g->type == WRT_V128 ? 16 : 8);
}

void wrt_global_set(struct wrt_global_inst *g, const uint64_t *slots)
{
    memcpy(g->cell, slots, g->type == WRT_V128 ? 16 : 8);
}

/* ---- references ---- */

uint64_t wrt_extern_ref(uint64_t number)
{
    return number << 2 | 2;
}

uint64_t wrt_extern_number(uint64_t ref)
{
    return ref >> 2;
}

bool wrt_ref_is(const struct wrt_store *s, uint64_t ref, uint32_t type)
{
    return wrt_ref_matches(s, ref, type);
}
