/* SPDX-License-Identifier: Apache-2.0
 *
 * The largest functions in a heap of fixed size, and the sum of all under their namespaces in a table of fixed size:
 * memory does not grow with the module. */
#include "base/limits.h"
#include "base/mem.h"
#include "pack/facts.h"

#include <stdio.h>

enum { SLOTS = 1 << 16, SLOTS_USED = SLOTS / 2, PROBES = 64, FEW = 3 };

struct entry {
    struct wp_span name;
    uint64_t module, offset, size;
    uint32_t index;
};
struct slot {
    struct wp_span name; /* of the group, in the binary or a literal */
    enum facts_group_kind kind;
    uint64_t functions, size; /* functions 0: free */
};
struct exported {
    uint32_t index;
    struct wp_span name;
};

struct facts_functions {
    uint64_t keep;
    struct entry *heap; /* smallest on top */
    size_t count;
    struct slot *slots;
    size_t slots_used;
    struct slot unnamed, others;
    struct facts_names names;
    struct exported *exports; /* of the module at hand, by index: names where the section has none */
    size_t export_count, export_at;
    uint64_t module;
};

struct facts_functions *facts_functions_new(uint64_t keep)
{
    struct facts_functions *f = wp_xcalloc(1, sizeof(*f));
    f->keep = WP_MIN(keep, WP_LIMIT_FACT_FUNCTIONS);
    f->heap = wp_xcalloc(f->keep + 1, sizeof(*f->heap));
    f->slots = wp_xcalloc(SLOTS, sizeof(*f->slots));
    return f;
}

void facts_functions_free(struct facts_functions *f)
{
    if (f != NULL) {
        free(f->heap);
        free(f->slots);
        free(f->exports);
        free(f);
    }
}

void facts_functions_free_p(struct facts_functions **f)
{
    facts_functions_free(*f);
}

static int by_index(const void *a, const void *b)
{
    const struct exported *x = a;
    const struct exported *y = b;
    if (x->index != y->index) {
        return x->index < y->index ? -1 : 1;
    }
    return (x->name.ptr > y->name.ptr) - (x->name.ptr < y->name.ptr);
}

void facts_functions_module(struct facts_functions *f, const struct wrt_module *m, uint64_t number)
{
    f->module = number;
    facts_names_start(&f->names, m->name_section);
    f->exports = wp_xrealloc(f->exports, (size_t)m->export_count + 1, sizeof(*f->exports));
    f->export_count = f->export_at = 0;
    for (uint32_t i = 0; i < m->export_count; i++) {
        const struct wrt_export *x = &m->exports[i];
        if (x->kind == WRT_FUNC) {
            f->exports[f->export_count++] = (struct exported){.index = x->index, .name = x->name};
        }
    }
    if (f->export_count > 0) {
        qsort(f->exports, f->export_count, sizeof(*f->exports), by_index);
    }
}

static struct wp_span name_of(struct facts_functions *f, uint32_t index)
{
    struct wp_span name = facts_names_at(&f->names, index);
    while (f->export_at < f->export_count && f->exports[f->export_at].index < index) {
        f->export_at++;
    }
    bool exported = f->export_at < f->export_count && f->exports[f->export_at].index == index;
    return name.len == 0 && exported ? f->exports[f->export_at].name : name;
}

/* ---- the largest ---- */

/* Size first; where they are equal the one that stands first in the binary is the larger. */
static int compare(const struct entry *x, const struct entry *y)
{
    if (x->size != y->size) {
        return x->size < y->size ? -1 : 1;
    }
    return (x->offset < y->offset) - (x->offset > y->offset);
}

static void sink(struct entry *heap, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            least = compare(&heap[child], &heap[least]) < 0 ? child : least;
        }
        if (least == at) {
            return;
        }
        struct entry held = heap[at];
        heap[at] = heap[least];
        heap[least] = held;
        at = least;
    }
}

static void rise(struct entry *heap, size_t at)
{
    while (at > 0 && compare(&heap[at], &heap[(at - 1) / 2]) < 0) {
        struct entry held = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = held;
        at = (at - 1) / 2;
    }
}

static void offer(struct facts_functions *f, const struct entry *e)
{
    if (f->count < f->keep) {
        f->heap[f->count] = *e;
        rise(f->heap, f->count++);
    } else if (f->keep > 0 && compare(e, &f->heap[0]) > 0) {
        f->heap[0] = *e;
        sink(f->heap, f->count, 0);
    }
}

/* ---- groups ---- */

static uint64_t hash(struct wp_span s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < s.len; i++) {
        h = (h ^ s.ptr[i]) * UINT64_C(0x100000001b3);
    }
    return h ^ h >> 29;
}

static struct slot *slot_of(struct facts_functions *f, struct wp_span name, enum facts_group_kind kind)
{
    size_t at = hash(name) % SLOTS;
    /* Names made to collide end in the common group, not in a long search. */
    for (size_t probe = 0; probe < PROBES; probe++, at = (at + 1) % SLOTS) {
        struct slot *s = &f->slots[at];
        if (s->functions == 0) {
            if (f->slots_used == SLOTS_USED) {
                return &f->others;
            }
            f->slots_used++;
            *s = (struct slot){.name = name, .kind = kind};
            return s;
        }
        if (s->kind == kind && s->name.len == name.len && memcmp(s->name.ptr, name.ptr, name.len) == 0) {
            return s;
        }
    }
    return &f->others;
}

void facts_functions_add(struct facts_functions *f, uint32_t index, uint64_t offset, uint64_t size)
{
    const struct entry e = {
        .name = name_of(f, index), .module = f->module, .offset = offset, .size = size, .index = index};
    struct wp_span group;
    enum facts_group_kind kind = e.name.len == 0 ? FACTS_NO_GROUP : facts_group(e.name, &group);
    struct slot *s = e.name.len == 0 ? &f->unnamed : kind == FACTS_NO_GROUP ? &f->others : slot_of(f, group, kind);
    s->functions++;
    s->size += size;
    offer(f, &e);
}

/* ---- the result ---- */

static int largest_first(const void *a, const void *b)
{
    return compare(b, a);
}

/* At most PACK_FUNCTION_NAME bytes, cut between characters. */
static struct wp_span shorten(struct wp_span s)
{
    size_t len = WP_MIN(s.len, PACK_FUNCTION_NAME);
    while (len < s.len && len > 0 && (s.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    return wp_span(s.ptr, len);
}

static void finish_largest(const struct facts_functions *f, struct wp_arena *a, struct pack_module *m)
{
    WP_AUTO_FREE struct entry *sorted = wp_xcalloc(f->count + 1, sizeof(*sorted));
    struct pack_function *out = wp_arena_alloc(a, f->count, sizeof(*out));
    memcpy(sorted, f->heap, f->count * sizeof(*sorted));
    qsort(sorted, f->count, sizeof(*sorted), largest_first);
    for (size_t i = 0; i < f->count; i++) {
        out[i] = (struct pack_function){.name = facts_text(a, shorten(sorted[i].name)),
                                        .module = sorted[i].module,
                                        .index = sorted[i].index,
                                        .offset = sorted[i].offset,
                                        .size = sorted[i].size};
    }
    m->largest = out;
    m->largest_count = f->count;
}

static int largest_group_first(const void *a, const void *b)
{
    const struct pack_group *x = a;
    const struct pack_group *y = b;
    return x->size != y->size ? (x->size < y->size ? 1 : -1) : strcmp(x->name, y->name);
}

static void finish_groups(const struct facts_functions *f, struct wp_arena *a, struct pack_module *m)
{
    WP_AUTO_FREE struct pack_group *all = wp_xcalloc(f->slots_used + 2, sizeof(*all));
    struct pack_group others = {.name = "(other)", .functions = f->others.functions, .size = f->others.size};
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct slot *s = &f->slots[i];
        if (s->functions == 0) {
            continue;
        }
        if (s->kind == FACTS_PREFIX && s->functions < FEW) {
            others.functions += s->functions;
            others.size += s->size;
            continue;
        }
        const char *name = facts_text(a, shorten(s->name));
        all[n++] = (struct pack_group){.name = s->kind == FACTS_PREFIX ? wp_arena_printf(a, "%s_*", name) : name,
                                       .functions = s->functions,
                                       .size = s->size};
    }
    if (n > 0) {
        qsort(all, n, sizeof(*all), largest_group_first);
    }
    while (n > WP_LIMIT_FACT_GROUPS - 2) {
        others.functions += all[--n].functions;
        others.size += all[n].size;
    }
    if (f->unnamed.functions > 0) {
        all[n++] = (struct pack_group){.name = "", .functions = f->unnamed.functions, .size = f->unnamed.size};
    }
    if (others.functions > 0) {
        all[n++] = others;
    }
    struct pack_group *out = wp_arena_alloc(a, n, sizeof(*out));
    if (n > 0) {
        qsort(all, n, sizeof(*all), largest_group_first);
        memcpy(out, all, n * sizeof(*out));
    }
    m->groups = out;
    m->group_count = n;
}

void facts_functions_finish(const struct facts_functions *f, struct wp_arena *a, struct pack_module *m)
{
    finish_largest(f, a, m);
    finish_groups(f, a, m);
}
