/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes that all definitions of a component are made of (component-model Binary.md), the words of refusals, and two
 * tables: names to places in an array, and numbers to numbers. Table keys are addresses: no file can be made of names
 * that collide. */
#include "runtime-min/component-parts.h"

int comp_at(const struct cload *l, const uint8_t *at, struct wp_err *err)
{
    err->has_at = true;
    err->at = (uint64_t)(at - l->base);
    return wp_wrap(err, "at byte 0x%llx", (unsigned long long)err->at);
}

int comp_fail(const struct cload *l, const uint8_t *at, struct wp_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    wp_vfail(err, WP_E_MODULE, fmt, args);
    va_end(args);
    return comp_at(l, at, err);
}

int comp_limit(const struct cload *l, const uint8_t *at, const char *what, uint64_t limit, struct wp_err *err)
{
    wp_fail(err, WP_E_LIMIT, "more than %llu %s", (unsigned long long)limit, what);
    return comp_at(l, at, err);
}

int comp_leading(const struct wp_wasm_cursor *c, const char *what, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    at.p--;
    return wp_wasm_fail(&at, err, "invalid leading byte (0x%x) for %s", *at.p, what);
}

int comp_need(struct cload *l, uint64_t feature, const uint8_t *at, const char *what, struct wp_err *err)
{
    l->used |= feature;
    if ((l->features & feature) == feature) {
        return 0;
    }
    const char *name = wrt_feature_name((unsigned)__builtin_ctzll(feature & ~l->features));
    comp_fail(l, at, err, "%s needs the feature '%s'", what, name);
    return wp_hint(err, "if the host has it: --features %s", name);
}

int comp_bool(struct wp_wasm_cursor *c, bool *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint8_t byte;
    if (wp_wasm_byte(c, &byte, err) < 0) {
        return -1;
    }
    *ret = byte != 0;
    return byte <= 1 ? 0 : wp_wasm_fail(&at, err, "invalid boolean value: 0x%02x", byte);
}

int comp_work(struct cload *l, uint64_t n, struct wp_err *err)
{
    l->work += n;
    return l->work <= WP_LIMIT_WASM_COMPONENT_WORK
               ? 0
               : wp_fail(err, WP_E_LIMIT, "comparing the types of the component takes more than %llu steps",
                         (unsigned long long)WP_LIMIT_WASM_COMPONENT_WORK);
}

int comp_work_names(struct cload *l, struct wp_span a, struct wp_span b, struct wp_err *err)
{
    enum { BYTES = 8 }; /* that are compared or hashed in one step */
    return comp_work(l, 1 + a.len / BYTES + b.len / BYTES, err);
}

/* ---- names and kinds ---- */

static int name_option(struct wp_wasm_cursor *c, struct wrt_citem *ret, uint8_t *seen, struct wp_err *err)
{
    static const char *const words[] = {"implements", "version-suffix", "external-id"};
    struct wp_span *const places[] = {&ret->implements, &ret->version_suffix, &ret->external_id};
    struct wp_wasm_cursor at = *c;
    uint8_t option;
    if (wp_wasm_byte(c, &option, err) < 0) {
        return -1;
    }
    if (option >= WP_ARRAY_LEN(places)) {
        return comp_leading(c, "name option", err);
    }
    if ((*seen & 1u << option) != 0) {
        return wp_wasm_fail(&at, err, "duplicate '%s' option in name", words[option]);
    }
    *seen = (uint8_t)(*seen | 1u << option);
    return wp_wasm_name(c, places[option], err);
}

int comp_extern_name(struct cload *l, struct wp_wasm_cursor *c, struct wrt_citem *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t form, seen = 0;
    uint32_t options = 0;
    if (wp_wasm_byte(c, &form, err) < 0) {
        return -1;
    }
    if (form > 2) {
        return comp_leading(c, "component name", err);
    }
    if (form == 2 && comp_need(l, WRT_F_CM_IMPLEMENTS, at, "a name with options", err) < 0) {
        return -1;
    }
    if (wp_wasm_name(c, &ret->name, err) < 0 || (form == 2 && wp_wasm_u32(c, &options, err) < 0)) {
        return -1;
    }
    for (uint32_t i = 0; i < options; i++) {
        if (name_option(c, ret, &seen, err) < 0) {
            return -1;
        }
    }
    /* An empty one is there, all the same: give it a place. */
    if ((seen & 2) != 0) {
        return comp_fail(l, at, err,
                         "the version suffix of '%.*s' needs the feature 'cm-canon-names', which is not supported",
                         COMP_TEXT(ret->name));
    }
    return 0;
}

int comp_sort(struct wp_wasm_cursor *c, enum wrt_extern_kind *ret, struct wp_err *err)
{
    static const enum wrt_extern_kind kinds[] = {WRT_C_MODULE, WRT_C_FUNC,      WRT_C_VALUE,
                                                 WRT_C_TYPE,   WRT_C_COMPONENT, WRT_C_INSTANCE};
    uint8_t kind, core = 0x11;
    if (wp_wasm_byte(c, &kind, err) < 0) {
        return -1;
    }
    if (kind >= WP_ARRAY_LEN(kinds)) {
        return comp_leading(c, "component external kind", err);
    }
    if (kind == 0 && wp_wasm_byte(c, &core, err) < 0) {
        return -1;
    }
    *ret = kinds[kind];
    return core == 0x11 ? 0 : comp_leading(c, "component external kind", err);
}

/* ---- names to places ---- */

#define FEW 8

struct named {
    struct wp_span name, module;
};

bool comp_same(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static uint64_t hash_span(uint64_t h, uint64_t key, struct wp_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        h = mix((h ^ s.ptr[i]) + key);
    }
    return mix(h + s.len);
}

static uint32_t first_slot(const struct wrt_name_index *x, struct wp_span name, struct wp_span module)
{
    uint64_t key = mix((uint64_t)(uintptr_t)x->slots) | 1;
    return (uint32_t)hash_span(hash_span(key, key, name), key, module) & (x->slot_count - 1);
}

static bool is_called(const void *items, uint32_t i, size_t stride, struct wp_span name, struct wp_span module)
{
    const struct named *n = (const struct named *)(const void *)((const uint8_t *)items + i * stride);
    return comp_same(n->name, name) && comp_same(n->module, module);
}

uint32_t comp_index_find(const struct wrt_name_index *x, const void *items, uint32_t count, size_t stride,
                         struct wp_span name, struct wp_span module)
{
    if (x->slots == NULL) {
        for (uint32_t i = 0; i < count; i++) {
            if (is_called(items, i, stride, name, module)) {
                return i;
            }
        }
        return WRT_NO_INDEX;
    }
    for (uint32_t at = first_slot(x, name, module);; at = (at + 1) & (x->slot_count - 1)) {
        uint32_t i = x->slots[at];
        if (i == 0) {
            return WRT_NO_INDEX;
        }
        if (is_called(items, i - 1, stride, name, module)) {
            return i - 1;
        }
    }
}

static void insert(struct wrt_name_index *x, const void *items, uint32_t i, size_t stride)
{
    const struct named *n = (const struct named *)(const void *)((const uint8_t *)items + i * stride);
    uint32_t at = first_slot(x, n->name, n->module);
    while (x->slots[at] != 0) {
        at = (at + 1) & (x->slot_count - 1);
    }
    x->slots[at] = i + 1;
}

int comp_index_add(struct wrt_mem *m, struct wrt_name_index *x, const void *items, uint32_t i, size_t stride,
                   struct wp_err *err)
{
    if (i < FEW) {
        return 0;
    }
    if (x->slots != NULL && 2 * i < x->slot_count) {
        insert(x, items, i, stride);
        return 0;
    }
    struct wrt_name_index big = {.slot_count = x->slots == NULL ? 4 * FEW : 2 * x->slot_count};
    big.slots = wrt_alloc(m, big.slot_count, sizeof(*big.slots), err);
    if (big.slots == NULL) {
        return -1;
    }
    for (uint32_t k = 0; k <= i; k++) {
        insert(&big, items, k, stride);
    }
    wrt_give_back(m, x->slots, x->slot_count, sizeof(*x->slots));
    *x = big;
    return 0;
}

int comp_index_build(struct wrt_mem *m, struct wrt_name_index *x, const void *items, uint32_t count, size_t stride,
                     uint32_t *ret_twice, struct wp_err *err)
{
    *x = (struct wrt_name_index){.slots = NULL};
    for (uint32_t i = 0; i < count; i++) {
        const struct named *n = (const struct named *)(const void *)((const uint8_t *)items + i * stride);
        if (comp_index_find(x, items, i, stride, n->name, n->module) != WRT_NO_INDEX) {
            *ret_twice = i;
            return 1;
        }
        if (comp_index_add(m, x, items, i, stride, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- numbers to numbers ---- */

static uint32_t *idmap_slot(const struct idmap *m, uint32_t key)
{
    size_t at = (uint32_t)mix(key) & (m->slot_count - 1);
    while (m->slots[2 * at] != 0 && m->slots[2 * at] != key + 1) {
        at = (at + 1) & (m->slot_count - 1);
    }
    return &m->slots[2 * at];
}

bool idmap_get(const struct idmap *m, uint32_t key, uint32_t *ret)
{
    const uint32_t *slot = m->slots == NULL ? NULL : idmap_slot(m, key);
    if (slot == NULL || slot[0] == 0 || slot[1] == WRT_NO_INDEX) {
        return false;
    }
    if (ret != NULL) {
        *ret = slot[1];
    }
    return true;
}

int idmap_put(struct wrt_mem *mem, struct idmap *m, uint32_t key, uint32_t value, struct wp_err *err)
{
    if (2 * m->count >= m->slot_count) {
        struct idmap big = {.slot_count = m->slot_count == 0 ? 8 : 2 * m->slot_count, .count = m->count};
        big.slots = wrt_alloc(mem, (size_t)2 * big.slot_count, sizeof(*big.slots), err);
        if (big.slots == NULL) {
            return -1;
        }
        for (size_t i = 0; i < m->slot_count; i++) {
            if (m->slots[2 * i] != 0) {
                memcpy(idmap_slot(&big, m->slots[2 * i] - 1), &m->slots[2 * i], 2 * sizeof(*big.slots));
            }
        }
        wrt_give_back(mem, m->slots, (size_t)2 * m->slot_count, sizeof(*m->slots));
        *m = big;
    }
    uint32_t *slot = idmap_slot(m, key);
    m->count += slot[0] == 0;
    slot[0] = key + 1;
    slot[1] = value;
    return 0;
}

void idmap_remove(struct idmap *m, uint32_t key)
{
    idmap_slot(m, key)[1] = WRT_NO_INDEX;
}
