/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact names to numbers. The hash is keyed with an address: no file can be made of names that collide. */
#include "runtime-min/wit-parts.h"

struct entry {
    struct wp_span name;
    uint64_t hash;
    uint32_t in, value;
    enum wit_key kind;
};

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static uint64_t hash_of(const struct wit_map *m, enum wit_key kind, uint32_t in, struct wp_span name)
{
    uint64_t h = mix(m->key ^ in) + kind;
    for (size_t i = 0; i < name.len; i++) {
        h = mix((h ^ name.ptr[i]) + m->key);
    }
    return mix(h + name.len);
}

static const struct entry *entries(const struct wit_map *m)
{
    return m->entries.items;
}

/* The slot that holds it or is free. Slots hold an index + 1. */
static uint32_t *slot_of(const struct wit_map *m, enum wit_key kind, uint32_t in, struct wp_span name, uint64_t hash)
{
    uint32_t mask = m->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t at = m->slots[i];
        if (at == 0) {
            return &m->slots[i];
        }
        const struct entry *e = &entries(m)[at - 1];
        if (e->hash == hash && e->kind == kind && e->in == in && e->name.len == name.len &&
            (name.len == 0 || memcmp(e->name.ptr, name.ptr, name.len) == 0)) {
            return &m->slots[i];
        }
    }
}

uint32_t wit_map_get(const struct wit_map *m, enum wit_key kind, uint32_t in, struct wp_span name)
{
    if (m->slots == NULL) {
        return WIT_NONE;
    }
    uint32_t at = *slot_of(m, kind, in, name, hash_of(m, kind, in, name));
    return at == 0 ? WIT_NONE : entries(m)[at - 1].value;
}

/* At most half of the slots are taken. */
static int make_room(struct wrt_mem *mem, struct wit_map *m, struct wp_err *err)
{
    if (m->entries.count < m->slot_count / 2) {
        return 0;
    }
    uint32_t count = m->slot_count == 0 ? 64 : 2 * m->slot_count;
    uint32_t *slots = wrt_alloc(mem, count, sizeof(*slots), err);
    if (slots == NULL) {
        return -1;
    }
    if (m->slots == NULL) {
        m->key = mix((uint64_t)(uintptr_t)slots) | 1;
    }
    m->slots = slots;
    m->slot_count = count;
    for (uint32_t i = 0; i < m->entries.count; i++) {
        const struct entry *e = &entries(m)[i];
        *slot_of(m, e->kind, e->in, e->name, e->hash) = i + 1;
    }
    return 0;
}

int wit_map_put(struct wrt_mem *mem, struct wit_map *m, enum wit_key kind, uint32_t in, struct wp_span name,
                uint32_t value, struct wp_err *err)
{
    if (make_room(mem, m, err) < 0) {
        return -1;
    }
    struct entry *e = wrt_vec_add(mem, &m->entries, sizeof(*e), err);
    if (e == NULL) {
        return -1;
    }
    *e = (struct entry){.name = name, .in = in, .value = value, .kind = kind, .hash = hash_of(m, kind, in, name)};
    *slot_of(m, kind, in, name, e->hash) = m->entries.count;
    return 0;
}
