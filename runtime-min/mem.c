/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena: small allocations are cut from shared blocks, which double in size up to 256 KiB; large ones get a block
 * of their own, so that they can grow in place and go back early. */
#include "runtime-min/mem.h"

#include <stdalign.h>
#include <stdlib.h>

struct wrt_mem_block {
    struct wrt_mem_block *prev, *next;
    size_t size, used; /* head included */
};

enum {
    ALIGN = alignof(max_align_t),
    HEAD = (sizeof(struct wrt_mem_block) + ALIGN - 1) / ALIGN * ALIGN,
    OWN = 16 * 1024, /* from this size on an allocation has its own block */
    FIRST = 8 * 1024,
    MOST = 256 * 1024,
};

static int no_room(const struct wrt_mem *m, size_t bytes, struct wp_err *err)
{
    return wp_fail(err, WP_E_LIMIT, "the module needs more than %llu bytes of memory (%zu more were asked for)",
                   (unsigned long long)m->limit, bytes);
}

static bool fits(const struct wrt_mem *m, size_t bytes)
{
    return m->used <= m->limit && bytes <= m->limit - m->used;
}

static void link_block(struct wrt_mem *m, struct wrt_mem_block *b)
{
    b->prev = NULL;
    b->next = m->blocks;
    if (b->next) {
        b->next->prev = b;
    }
    m->blocks = b;
}

static void unlink_block(struct wrt_mem *m, struct wrt_mem_block *b)
{
    if (b->prev) {
        b->prev->next = b->next;
    } else {
        m->blocks = b->next;
    }
    if (b->next) {
        b->next->prev = b->prev;
    }
}

/* A shared one is not zeroed: what of it is never asked for is never touched. */
static struct wrt_mem_block *add_block(struct wrt_mem *m, size_t bytes, bool shared, struct wp_err *err)
{
    size_t size = bytes + HEAD;
    struct wrt_mem_block *b = !fits(m, size) ? NULL : shared ? malloc(size) : calloc(1, size);
    if (!b) {
        no_room(m, bytes, err);
        return NULL;
    }
    b->size = size;
    b->used = HEAD;
    m->used += size;
    link_block(m, b);
    return b;
}

static void *cut(struct wrt_mem_block *b, size_t bytes)
{
    void *p = (uint8_t *)b + b->used;
    b->used += bytes;
    return p;
}

static bool sized(size_t count, size_t size, size_t *ret)
{
    uint64_t bytes;
    if (wp_mul_overflows(count, size, &bytes) || bytes > SIZE_MAX / 4) {
        return false;
    }
    *ret = ((size_t)bytes + ALIGN - 1) / ALIGN * ALIGN;
    return true;
}

void *wrt_alloc(struct wrt_mem *m, size_t count, size_t size, struct wp_err *err)
{
    size_t bytes;
    if (!sized(count, size, &bytes)) {
        no_room(m, SIZE_MAX, err);
        return NULL;
    }
    if (bytes >= OWN) {
        struct wrt_mem_block *own = add_block(m, bytes, false, err);
        return own ? cut(own, bytes) : NULL;
    }
    if (!m->open || m->open->size - m->open->used < bytes) {
        size_t room = m->open ? WP_MIN(m->open->size * 2, (size_t)MOST) : FIRST;
        room = WP_MAX(room, bytes);
        struct wrt_mem_block *b = add_block(m, fits(m, room + HEAD) ? room : bytes, true, err);
        if (!b) {
            return NULL;
        }
        m->open = b;
    }
    return memset(cut(m->open, bytes), 0, bytes);
}

static struct wrt_mem_block *own_block(void *p)
{
    return (struct wrt_mem_block *)(void *)((uint8_t *)p - HEAD);
}

void wrt_give_back(struct wrt_mem *m, void *p, size_t count, size_t size)
{
    size_t bytes;
    if (!p || !sized(count, size, &bytes) || bytes < OWN) {
        return;
    }
    struct wrt_mem_block *b = own_block(p);
    unlink_block(m, b);
    m->used -= b->size;
    free(b);
}

void wrt_mem_done(struct wrt_mem *m)
{
    while (m->blocks) {
        struct wrt_mem_block *next = m->blocks->next;
        free(m->blocks);
        m->blocks = next;
    }
    m->open = NULL;
    m->used = 0;
}

/* A block of its own becomes larger, in place where the machine can. */
static void *regrow(struct wrt_mem *m, void *p, size_t bytes, struct wp_err *err)
{
    struct wrt_mem_block *b = own_block(p);
    size_t old = b->size, size = bytes + HEAD;
    unlink_block(m, b);
    struct wrt_mem_block *larger = fits(m, size - old) ? realloc(b, size) : NULL;
    if (!larger) {
        link_block(m, b);
        no_room(m, size - old, err);
        return NULL;
    }
    memset((uint8_t *)larger + old, 0, size - old);
    larger->size = size;
    larger->used = size;
    m->used += size - old;
    link_block(m, larger);
    return (uint8_t *)larger + HEAD;
}

static int grow(struct wrt_mem *m, struct wrt_vec *v, uint32_t room, size_t size, struct wp_err *err)
{
    size_t old = 0, bytes = 0;
    if (!sized(v->room, size, &old) || !sized(room, size, &bytes)) {
        return no_room(m, SIZE_MAX, err);
    }
    void *items = v->items && old >= OWN ? regrow(m, v->items, bytes, err) : wrt_alloc(m, room, size, err);
    if (!items) {
        return -1;
    }
    if (v->items && old < OWN) {
        memcpy(items, v->items, (size_t)v->count * size);
    }
    v->items = items;
    v->room = room;
    return 0;
}

int wrt_vec_reserve(struct wrt_mem *m, struct wrt_vec *v, uint32_t n, size_t size, struct wp_err *err)
{
    /* Never without storage afterwards: an empty array has an address, too. */
    if (v->items && n <= v->room - v->count) {
        return 0;
    }
    if (n > UINT32_MAX - v->count) {
        return no_room(m, SIZE_MAX, err);
    }
    uint32_t least = v->count + n;
    uint32_t doubled = v->room < 4 ? 8 : v->room > UINT32_MAX / 2 ? UINT32_MAX : v->room * 2;
    return grow(m, v, WP_MAX(least, doubled), size, err);
}

void *wrt_vec_add(struct wrt_mem *m, struct wrt_vec *v, size_t size, struct wp_err *err)
{
    if (v->count == v->room && wrt_vec_reserve(m, v, 1, size, err) < 0) {
        return NULL;
    }
    void *item = (uint8_t *)v->items + (size_t)v->count++ * size;
    memset(item, 0, size);
    return item;
}

void wrt_vec_done(struct wrt_mem *m, struct wrt_vec *v, size_t size)
{
    wrt_give_back(m, v->items, v->room, size);
    *v = (struct wrt_vec){.items = NULL};
}
