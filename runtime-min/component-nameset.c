/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of strongly-unique names (component-model Explainer.md, "Name Uniqueness"). Few names are compared one by one;
 * from then on there is a hash table, whose key is an address: no file can be made of names that collide. */
#include "runtime-min/component-name.h"

#define FEW 8

/* What is compared: a in any case, b in any case or to the byte. */
struct entry {
    struct wp_span text;
    struct wp_span a, b;
    uint64_t hash;
    uint8_t tag;
    bool b_exact;
};

enum { TAG_LABEL, TAG_CONSTRUCTOR, TAG_FUNCTION, TAG_INTERFACE };

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool same_in_any_case(struct wp_span a, struct wp_span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (fold(a.ptr[i]) != fold(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

static bool same_bytes(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool same(const struct entry *x, const struct entry *y)
{
    return x->hash == y->hash && x->tag == y->tag && same_in_any_case(x->a, y->a) &&
           (x->b_exact ? same_bytes(x->b, y->b) : same_in_any_case(x->b, y->b));
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

/* Each byte passes through the key by a full multiplication. */
static uint64_t hash_span(uint64_t h, uint64_t key, struct wp_span s, bool exact)
{
    for (size_t i = 0; i < s.len; i++) {
        h = mix((h ^ (exact ? s.ptr[i] : fold(s.ptr[i]))) + key);
    }
    return mix(h + s.len);
}

static uint64_t hash_entry(const struct entry *e, uint64_t key)
{
    return hash_span(hash_span(key + e->tag, key, e->a, false), key, e->b, e->b_exact);
}

static struct entry entry_of(const struct wrt_name *n)
{
    struct entry e = {.text = n->text, .tag = TAG_LABEL, .a = n->label};
    switch (n->kind) {
    case WRT_NAME_LABEL:
        break;
    case WRT_NAME_CONSTRUCTOR:
        e.tag = TAG_CONSTRUCTOR;
        e.a = n->resource;
        break;
    case WRT_NAME_METHOD:
    case WRT_NAME_STATIC:
        if (!same_in_any_case(n->resource, n->label)) {
            e.tag = TAG_FUNCTION;
            e.a = n->resource;
            e.b = n->label;
        }
        break;
    case WRT_NAME_INTERFACE:
        e.tag = TAG_INTERFACE;
        e.a = wp_span(n->text.ptr, (size_t)(n->interface.ptr - n->text.ptr) + n->interface.len);
        e.b = n->version;
        e.b_exact = true;
        break;
    }
    return e;
}

static const struct entry *entries(const struct wrt_name_set *s)
{
    return s->entries.items;
}

/* The slot that holds an equal one or is free. Slots hold an index + 1. */
static uint32_t *slot_of(const struct wrt_name_set *s, const struct entry *e)
{
    uint32_t mask = s->slot_count - 1;
    for (uint32_t i = (uint32_t)e->hash & mask;; i = (i + 1) & mask) {
        if (s->slots[i] == 0 || same(&entries(s)[s->slots[i] - 1], e)) {
            return &s->slots[i];
        }
    }
}

/* At most half of the slots are taken. */
static int make_room(struct wrt_mem *m, struct wrt_name_set *s, struct wp_err *err)
{
    if (s->entries.count < FEW || s->entries.count < s->slot_count / 2) {
        return 0;
    }
    uint32_t count = s->slot_count == 0 ? 4 * FEW : 2 * s->slot_count;
    uint32_t *slots = wrt_alloc(m, count, sizeof(*slots), err);
    if (slots == NULL) {
        return -1;
    }
    if (s->slots == NULL) {
        s->key = mix((uint64_t)(uintptr_t)slots) | 1;
        struct entry *e = s->entries.items;
        for (uint32_t i = 0; i < s->entries.count; i++) {
            e[i].hash = hash_entry(&e[i], s->key);
        }
    }
    s->slots = slots;
    s->slot_count = count;
    for (uint32_t i = 0; i < s->entries.count; i++) {
        *slot_of(s, &entries(s)[i]) = i + 1;
    }
    return 0;
}

/* An equal one, NULL: none. */
static const struct entry *find(const struct wrt_name_set *s, const struct entry *e, uint32_t **ret_slot)
{
    *ret_slot = NULL;
    if (s->slots != NULL) {
        *ret_slot = slot_of(s, e);
        return **ret_slot == 0 ? NULL : &entries(s)[**ret_slot - 1];
    }
    for (uint32_t i = 0; i < s->entries.count; i++) {
        if (same(&entries(s)[i], e)) {
            return &entries(s)[i];
        }
    }
    return NULL;
}

int wrt_name_set_add(struct wrt_mem *m, struct wrt_name_set *s, const struct wrt_name *n, struct wp_span *ret_before,
                     struct wp_err *err)
{
    if (make_room(m, s, err) < 0) {
        return -1;
    }
    struct entry e = entry_of(n);
    e.hash = s->slots == NULL ? 0 : hash_entry(&e, s->key);
    uint32_t *slot;
    const struct entry *before = find(s, &e, &slot);
    if (before != NULL) {
        *ret_before = before->text;
        return 0;
    }
    struct entry *added = wrt_vec_add(m, &s->entries, sizeof(*added), err);
    if (added == NULL) {
        return -1;
    }
    *added = e;
    if (slot != NULL) {
        *slot = s->entries.count;
    }
    return 1;
}

int wrt_label_set_add(struct wrt_mem *m, struct wrt_name_set *s, struct wp_span label, struct wp_span *ret_before,
                      struct wp_err *err)
{
    struct wrt_name n = {.kind = WRT_NAME_LABEL, .text = label, .label = label};
    return wrt_name_set_add(m, s, &n, ret_before, err);
}
