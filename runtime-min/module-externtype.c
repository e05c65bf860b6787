/* SPDX-License-Identifier: Apache-2.0
 *
 * Types of what is imported and exported (core 3.0 sections 5.3.11-5.3.16, 3.2.15-3.2.20): limits, memories, tables,
 * globals, tags. */
#include "runtime-min/module-parts.h"

#include <stdio.h>

enum { HAS_MAX = 1, SHARED = 2, IS_64 = 4, HAS_PAGE = 8 };

int wrt_read_mutability(const struct wrt_module *m, struct wp_wasm_cursor *c, bool *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t byte;
    if (wp_wasm_byte(c, &byte, err) < 0) {
        return -1;
    }
    if (byte > 1) {
        return wrt_fail_at(m, at, err, "malformed mutability: 0x%02x", byte);
    }
    *ret = byte == 1;
    return 0;
}

static int size(const struct wrt_module *m, struct wp_wasm_cursor *c, uint64_t *ret, struct wp_err *err)
{
    if ((m->features & WRT_F_MEMORY64) != 0) {
        return wp_wasm_u64(c, ret, err);
    }
    uint32_t small;
    if (wp_wasm_u32(c, &small, err) < 0) {
        return -1;
    }
    *ret = small;
    return 0;
}

static int page_size(const struct wrt_module *m, struct wp_wasm_cursor *c, uint8_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t log2;
    if (wp_wasm_u32(c, &log2, err) < 0) {
        return -1;
    }
    if (log2 != 0 && log2 != 16) {
        return wrt_fail_at(m, at, err, "invalid custom page size: 2^%u bytes, only 1 and 65536 are allowed", log2);
    }
    *ret = (uint8_t)log2;
    return 0;
}

static int limits(struct wrt_module *m, struct wp_wasm_cursor *c, bool memory, struct wrt_limits *ret,
                  struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t flags;
    if (wp_wasm_byte(c, &flags, err) < 0) {
        return -1;
    }
    if (flags > (memory ? 0x0f : 0x05) || (!memory && (flags & SHARED) != 0)) {
        return wrt_fail_at(m, at, err, "malformed limits flags: 0x%02x", flags);
    }
    if ((flags & HAS_PAGE) != 0 && (m->features & WRT_F_CUSTOM_PAGE_SIZES) == 0) {
        wrt_fail_at(m, at, err, "malformed limits flags: 0x%02x needs the feature 'custom-page-sizes'", flags);
        return wp_hint(err, "if the host has it: --features custom-page-sizes");
    }
    m->used |= (flags & HAS_PAGE) != 0 ? WRT_F_CUSTOM_PAGE_SIZES : 0;
    *ret = (struct wrt_limits){.max = UINT64_MAX, .has_max = (flags & HAS_MAX) != 0, .page_log2 = memory ? 16 : 0};
    ret->is64 = (flags & IS_64) != 0;
    ret->shared = (flags & SHARED) != 0;
    if (size(m, c, &ret->min, err) < 0 || (ret->has_max && size(m, c, &ret->max, err) < 0) ||
        ((flags & HAS_PAGE) != 0 && page_size(m, c, &ret->page_log2, err) < 0)) {
        return -1;
    }
    if (ret->is64 && wrt_use_feature(m, WRT_F_MEMORY64, at, memory ? "a 64-bit memory" : "a 64-bit table", err) < 0) {
        return -1;
    }
    if (ret->max < ret->min) {
        return wrt_fail_at(m, at, err, "size minimum must not be greater than maximum: %llu and %llu",
                           (unsigned long long)ret->min, (unsigned long long)ret->max);
    }
    return 0;
}

static uint64_t largest_memory(const struct wrt_limits *l)
{
    unsigned bits = l->is64 ? 64 : 32;
    unsigned pages = bits - l->page_log2;
    return l->page_log2 == 0 ? UINT64_MAX >> (64 - bits) : UINT64_C(1) << pages;
}

static int memory_size(const struct wrt_module *m, const struct wrt_limits *l, const uint8_t *at, struct wp_err *err)
{
    uint64_t most = largest_memory(l);
    if (l->min <= most && (!l->has_max || l->max <= most)) {
        return 0;
    }
    char text[64];
    snprintf(text, sizeof(text), "%llu pages", (unsigned long long)most);
    bool usual = !l->is64 && l->page_log2 == 16;
    return wrt_fail_at(m, at, err, "memory size must be at most %s", usual ? "65536 pages (4GiB)" : text);
}

int wrt_read_memory_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_limits *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    if (limits(m, c, true, ret, err) < 0) {
        return -1;
    }
    if (ret->shared && wrt_use_feature(m, WRT_F_THREADS, at, "a shared memory", err) < 0) {
        return -1;
    }
    if (memory_size(m, ret, at, err) < 0) {
        return -1;
    }
    if (ret->shared && !ret->has_max) {
        return wrt_fail_at(m, at, err, "shared memory must have maximum");
    }
    return 0;
}

int wrt_read_table_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_table *ret, struct wp_err *err)
{
    *ret = (struct wrt_table){.type = WRT_FUNCREF};
    /* funcref is as old as tables. */
    if (c->p < c->end && *c->p == WRT_HEAP_FUNC) {
        c->p++;
    } else if (wrt_read_reftype(m, c, &ret->type, err) < 0) {
        return -1;
    } else {
        m->used |= wrt_type_features(ret->type);
    }
    const uint8_t *at = c->p;
    if (limits(m, c, false, &ret->limits, err) < 0) {
        return -1;
    }
    uint64_t most = ret->limits.is64 ? UINT64_MAX : UINT32_MAX;
    if (ret->limits.min > most || (ret->limits.has_max && ret->limits.max > most)) {
        return wrt_fail_at(m, at, err, "table size must be at most 2^32-1 entries");
    }
    return 0;
}

int wrt_read_global_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_global *ret, struct wp_err *err)
{
    *ret = (struct wrt_global){.type = 0};
    if (wrt_read_valtype(m, c, &ret->type, err) < 0) {
        return -1;
    }
    m->used |= wrt_type_features(ret->type);
    return wrt_read_mutability(m, c, &ret->mut, err);
}

/* The index of a function type. */
int wrt_read_func_type(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t index;
    if (wp_wasm_u32(c, &index, err) < 0) {
        return -1;
    }
    if (index >= m->type_count) {
        return wrt_fail_at(m, at, err, "unknown type %u: the module has %u", index, m->type_count);
    }
    *ret = m->type_ids[index];
    if (wrt_deftype(m->types, *ret)->kind != WRT_COMP_FUNC) {
        return wrt_fail_at(m, at, err, "unknown type %u: it is not a function type", index);
    }
    return 0;
}

int wrt_read_tag_type(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t attribute;
    if (wp_wasm_byte(c, &attribute, err) < 0) {
        return -1;
    }
    if (attribute != 0) {
        return wrt_fail_at(m, at, err, "malformed tag attribute: 0x%02x", attribute);
    }
    at = c->p;
    if (wrt_read_func_type(m, c, ret, err) < 0) {
        return -1;
    }
    /* Tags came with the older form of exceptions, too. */
    if ((m->features & WRT_F_LEGACY_EXCEPTIONS) == 0 && wrt_use_feature(m, WRT_F_EXCEPTIONS, at, "a tag", err) < 0) {
        return -1;
    }
    if (wrt_deftype(m->types, *ret)->as.func.result_count != 0) {
        return wrt_fail_at(m, at, err, "non-empty tag result type");
    }
    return 0;
}

int wrt_read_externtype(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_externtype *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t kind;
    if (wp_wasm_byte(c, &kind, err) < 0) {
        return -1;
    }
    ret->kind = (enum wrt_extern_kind)kind;
    switch (kind) {
    case WRT_FUNC:
        return wrt_read_func_type(m, c, &ret->as.type, err);
    case WRT_TABLE:
        return wrt_read_table_type(m, c, &ret->as.table, err);
    case WRT_MEMORY:
        return wrt_read_memory_type(m, c, &ret->as.memory, err);
    case WRT_GLOBAL:
        return wrt_read_global_type(m, c, &ret->as.global, err);
    case WRT_TAG:
        return wrt_read_tag_type(m, c, &ret->as.type, err);
    default:
        return wrt_fail_at(m, at, err, "malformed import kind: 0x%02x", kind);
    }
}
