/* SPDX-License-Identifier: Apache-2.0
 *
 * Room for objects: one reservation of address space as large as the budget, objects below `soft`, a bit for every
 * object's begin in a map behind it. Small objects are cut from the free room at `next`; where that ends, the map shows
 * where the next free room begins. Dead objects leave with their bits when a collection exchanges the maps, so that
 * sweeping costs nothing by itself. */
#include "runtime-min/heap.h"

#include <sys/mman.h>

enum {
    FIRST = 8,       /* offset of the first object: 0 is null */
    LEAST = 16,      /* bytes of a budget that has room for an object */
    SMALL = 512,     /* larger ones are not worth giving up what is left of the room at `next` */
    SOFT = 1 << 20,  /* collections begin when so much was allocated */
    STEP = 4 << 20,  /* what the machine is asked for at once: a multiple of its page size times MAP_RATIO */
    MAP_RATIO = 64,  /* bytes of objects for a byte of a map */
    STOP_SHARE = 32, /* of what lives must have been allocated since, or a collection is not worth it */
    TAG = sizeof(struct wrt_object), /* where an exception keeps its tag */
};
#define MOST (UINT64_C(0xfffffff8))

/* ---- reservation ---- */

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) / to * to;
}

static bool make_ready(struct wrt_heap *h, uint64_t upto)
{
    uint64_t ready = round_up(upto, STEP);
    if (ready <= h->ready) {
        return true;
    }
    if (mprotect(h->base, ready, PROT_READ | PROT_WRITE) < 0 ||
        mprotect(h->starts, ready / MAP_RATIO, PROT_READ | PROT_WRITE) < 0 ||
        mprotect(h->marks, ready / MAP_RATIO, PROT_READ | PROT_WRITE) < 0) {
        return false;
    }
    h->ready = ready;
    return true;
}

static bool reserve(struct wrt_heap *h, uint64_t budget)
{
    h->most = WP_MIN(budget, MOST) & ~(uint64_t)7;
    uint64_t room = round_up(h->most, STEP), map = room / MAP_RATIO;
    h->reserved = room + 2 * map;
    void *base = mmap(NULL, h->reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return false;
    }
    h->base = base;
    h->starts = (uint64_t *)(void *)(h->base + room);
    h->marks = (uint64_t *)(void *)(h->base + room + map);
    h->soft = WP_MIN(h->most, (uint64_t)SOFT);
    h->next = h->limit = h->large = FIRST;
    return make_ready(h, h->soft);
}

struct wrt_heap *wrt_heap_of(struct wrt_exec *x)
{
    struct wrt_store *s = x->store;
    if (s->heap) {
        return s->heap;
    }
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_heap *h = wrt_alloc(&s->mem, 1, sizeof(*h), &err);
    if (!h || s->budget.heap < LEAST || !reserve(h, s->budget.heap)) {
        wrt_heap_free(h);
        (void)wrt_stop(x, WRT_STOP_HEAP, NULL);
        return NULL;
    }
    h->store = s;
    s->heap = h;
    return h;
}

void wrt_heap_free(struct wrt_heap *h)
{
    if (h && h->base) {
        (void)munmap(h->base, h->reserved);
        h->base = NULL;
    }
}

int wrt_heap_hold(struct wrt_exec *x, const uint64_t *words, uint32_t count)
{
    struct wrt_heap *h = words ? wrt_heap_of(x) : x->store->heap;
    if (!h) {
        return words ? WRT_STOPPED : 0;
    }
    h->held = words;
    h->held_count = words ? count : 0;
    return 0;
}

/* ---- finding room ---- */

static bool starts_at(const struct wrt_heap *h, uint64_t offset)
{
    return (h->starts[offset >> 9] >> (offset >> 3 & 63) & 1) != 0;
}

/* The first object at or behind an offset; soft: none. */
static uint64_t next_object(const struct wrt_heap *h, uint64_t from)
{
    uint64_t end = (h->soft + 511) >> 9, i = from >> 9;
    uint64_t bits = i < end ? h->starts[i] & ~UINT64_C(0) << (from >> 3 & 63) : 0;
    while (bits == 0 && ++i < end) {
        bits = h->starts[i];
    }
    return bits == 0 ? h->soft : (i << 9) + ((uint64_t)__builtin_ctzll(bits) << 3);
}

struct gap {
    uint64_t begin, end;
};

/* The first room of that size from an offset on, where an object or room begins. False: *ret is what is free at the
 * end of the heap. */
static bool find_gap(const struct wrt_heap *h, uint64_t from, uint64_t bytes, struct gap *ret)
{
    struct gap gap = {.begin = from, .end = from};
    for (uint64_t at = from; at < h->soft; at = gap.end) {
        while (at < h->soft && starts_at(h, at)) {
            at += wrt_object_size(h, at);
        }
        gap = (struct gap){.begin = at, .end = at < h->soft ? next_object(h, at) : at};
        if (gap.end - gap.begin >= bytes) {
            *ret = gap;
            return true;
        }
    }
    *ret = gap;
    return false;
}

static uint64_t cut(struct wrt_heap *h, uint64_t at, uint64_t bytes)
{
    h->starts[at >> 9] |= UINT64_C(1) << (at >> 3 & 63);
    h->since += bytes;
    return at;
}

/* 0: there is no such room now. */
static uint64_t place(struct wrt_heap *h, uint64_t bytes)
{
    struct gap gap;
    if (h->limit - h->next < bytes) {
        bool small = bytes <= SMALL;
        bool found = find_gap(h, small ? h->limit : WP_MAX(h->large, h->limit), bytes, &gap);
        if (!small) {
            h->large = found ? gap.begin + bytes : gap.begin;
        }
        if (!found) {
            return 0;
        }
        if (!small) {
            return cut(h, gap.begin, bytes);
        }
        h->next = gap.begin;
        h->limit = gap.end;
    }
    uint64_t at = h->next;
    h->next += bytes;
    return cut(h, at, bytes);
}

/* Objects may lie below `soft`, if the budget has it. */
static bool grow(struct wrt_heap *h, uint64_t soft)
{
    soft = WP_MIN(soft, h->most) & ~(uint64_t)7;
    if (soft <= h->soft || !make_ready(h, soft)) {
        return false;
    }
    if (h->limit == h->soft) {
        h->limit = soft;
    }
    h->soft = soft;
    return true;
}

/* Between two collections as much is allocated as lived after the first, or the heap grows. At the end of the budget a
 * collection that would be paid by next to nothing is not made: the heap is full for all practical purposes, and
 * nobody can make the store collect all the time. */
static uint64_t place_slowly(struct wrt_heap *h, uint64_t bytes)
{
    uint64_t at = place(h, bytes);
    if (at == 0 && h->since >= h->live / 2 && h->since > 0) {
        wrt_heap_collect(h);
        (void)grow(h, 2 * h->live);
        at = place(h, bytes);
    }
    if (at == 0 && grow(h, h->soft + WP_MAX(bytes, h->soft / 4))) {
        at = place(h, bytes);
    }
    if (at == 0 && h->since > h->live / STOP_SHARE) {
        wrt_heap_collect(h);
        at = place(h, bytes);
    }
    return at;
}

static int allocate(struct wrt_exec *x, struct wrt_heap *h, uint64_t bytes, uint64_t *ret)
{
    uint64_t at = 0;
    if (h->limit - h->next >= bytes) {
        at = h->next;
        h->next += bytes;
        *ret = cut(h, at, bytes);
        return 0;
    }
    if (bytes <= h->most - FIRST) {
        at = place_slowly(h, bytes);
    }
    if (at == 0) {
        uint64_t used = h->live + h->since;
        h->since = h->most; /* the next run may find less alive */
        return wrt_stop(x, WRT_STOP_HEAP, "%llu bytes more; %llu of %llu used", (unsigned long long)bytes,
                        (unsigned long long)used, (unsigned long long)h->most);
    }
    *ret = at;
    return 0;
}

/* ---- objects ---- */

static int new_object(struct wrt_exec *x, uint32_t type, uint32_t length, uint64_t bytes, uint64_t *ret)
{
    struct wrt_heap *h = x->store->heap;
    uint64_t at = 0;
    if (allocate(x, h, bytes, &at) < 0) {
        return WRT_STOPPED;
    }
    struct wrt_object *o = wrt_object(h, at);
    memset(o, 0, bytes);
    o->type = type;
    o->length = length;
    *ret = at;
    return 0;
}

int wrt_heap_struct(struct wrt_exec *x, uint32_t type, uint64_t *ret)
{
    const struct wrt_layout *l = wrt_layout(x, type);
    return l ? new_object(x, type, 0, l->size, ret) : WRT_STOPPED;
}

int wrt_heap_array(struct wrt_exec *x, uint32_t type, uint64_t length, uint64_t *ret)
{
    const struct wrt_layout *l = wrt_layout(x, type);
    if (!l) {
        return WRT_STOPPED;
    }
    if (length > UINT32_MAX) {
        return wrt_stop(x, WRT_STOP_HEAP, NULL);
    }
    uint64_t bytes = round_up(sizeof(struct wrt_object) + length * l->size, 8);
    return new_object(x, type, (uint32_t)length, bytes, ret);
}

int wrt_heap_exception(struct wrt_exec *x, const struct wrt_tag_inst *tag, const uint64_t *payload, uint64_t *ret)
{
    const struct wrt_layout *l = wrt_layout(x, tag->type);
    uint64_t at = 0;
    if (!l || new_object(x, tag->type, 0, l->size, &at) < 0) {
        return WRT_STOPPED;
    }
    uint8_t *p = wrt_object_at(x->store->heap, at, TAG);
    memcpy(p, &tag, sizeof(void *));
    memcpy(p + 8, payload, l->size - WRT_EXCEPTION_HEAD);
    *ret = at;
    return 0;
}

const struct wrt_tag_inst *wrt_exception_tag(const struct wrt_heap *h, uint64_t exn)
{
    const struct wrt_tag_inst *tag;
    memcpy(&tag, wrt_object_at(h, exn, TAG), sizeof(void *));
    return tag;
}

const uint64_t *wrt_exception_payload(const struct wrt_heap *h, uint64_t exn)
{
    return (const uint64_t *)(const void *)wrt_object_at(h, exn, WRT_EXCEPTION_HEAD);
}
