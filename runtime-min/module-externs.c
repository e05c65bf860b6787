/* SPDX-License-Identifier: Apache-2.0
 *
 * What a module takes and defines (core 3.0 sections 5.3.11-5.3.16, 5.5.5-5.5.9, 5.5.15): imports, functions, tables,
 * memories, tags and globals, with their types. */
#include "base/limits.h"
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

static int memory_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_limits *ret, struct wp_err *err)
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

static int table_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_table *ret, struct wp_err *err)
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

static int global_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_global *ret, struct wp_err *err)
{
    *ret = (struct wrt_global){.type = 0};
    if (wrt_read_valtype(m, c, &ret->type, err) < 0) {
        return -1;
    }
    m->used |= wrt_type_features(ret->type);
    return wrt_read_mutability(m, c, &ret->mut, err);
}

/* The index of a function type. */
static int func_type(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
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

static int tag_type(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
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
    if (func_type(m, c, ret, err) < 0) {
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
        return func_type(m, c, &ret->as.type, err);
    case WRT_TABLE:
        return table_type(m, c, &ret->as.table, err);
    case WRT_MEMORY:
        return memory_type(m, c, &ret->as.memory, err);
    case WRT_GLOBAL:
        return global_type(m, c, &ret->as.global, err);
    case WRT_TAG:
        return tag_type(m, c, &ret->as.type, err);
    default:
        return wrt_fail_at(m, at, err, "malformed import kind: 0x%02x", kind);
    }
}

/* ---- the index spaces ---- */

static int over(const char *what, uint64_t limit, struct wp_err *err)
{
    return wp_fail(err, WP_E_LIMIT, "more than %llu %s", (unsigned long long)limit, what);
}

static int add_func(struct decode *d, uint32_t type, struct wp_err *err)
{
    if (d->funcs.count >= WP_LIMIT_WASM_FUNCTIONS) {
        return over("functions", WP_LIMIT_WASM_FUNCTIONS, err);
    }
    uint32_t *f = wrt_vec_add(d->mem, &d->funcs, sizeof(*f), err);
    if (!f) {
        return -1;
    }
    *f = type;
    d->m->funcs = d->funcs.items;
    d->m->func_count = d->funcs.count;
    return 0;
}

static int add_table(struct decode *d, const struct wrt_table *table, const uint8_t *at, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    if (m->table_count == 1 && (m->features & WRT_F_REFERENCE_TYPES) == 0) {
        return wrt_fail_at(m, at, err, "multiple tables: a second one needs the feature 'reference-types'");
    }
    if (m->table_count >= WP_LIMIT_WASM_TABLES) {
        return over("tables", WP_LIMIT_WASM_TABLES, err);
    }
    struct wrt_table *t = wrt_vec_add(d->mem, &d->tables, sizeof(*t), err);
    if (!t) {
        return -1;
    }
    *t = *table;
    m->tables = d->tables.items;
    m->table_count = d->tables.count;
    m->used |= m->table_count > 1 ? WRT_F_REFERENCE_TYPES : 0;
    return 0;
}

static int add_memory(struct decode *d, const struct wrt_limits *memory, const uint8_t *at, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    if (m->memory_count == 1 && (m->features & WRT_F_MULTI_MEMORY) == 0) {
        return wrt_fail_at(m, at, err, "multiple memories: a second one needs the feature 'multi-memory'");
    }
    if (m->memory_count >= WP_LIMIT_WASM_MEMORIES) {
        return over("memories", WP_LIMIT_WASM_MEMORIES, err);
    }
    struct wrt_limits *l = wrt_vec_add(d->mem, &d->memories, sizeof(*l), err);
    if (!l) {
        return -1;
    }
    *l = *memory;
    m->memories = d->memories.items;
    m->memory_count = d->memories.count;
    m->used |= m->memory_count > 1 ? WRT_F_MULTI_MEMORY : 0;
    return 0;
}

static int add_global(struct decode *d, const struct wrt_global *global, struct wp_err *err)
{
    if (d->globals.count >= WP_LIMIT_WASM_GLOBALS) {
        return over("globals", WP_LIMIT_WASM_GLOBALS, err);
    }
    struct wrt_global *g = wrt_vec_add(d->mem, &d->globals, sizeof(*g), err);
    if (!g) {
        return -1;
    }
    *g = *global;
    d->m->globals = d->globals.items;
    d->m->global_count = d->globals.count;
    return 0;
}

static int add_tag(struct decode *d, uint32_t type, struct wp_err *err)
{
    if (d->tags.count >= WP_LIMIT_WASM_TAGS) {
        return over("tags", WP_LIMIT_WASM_TAGS, err);
    }
    uint32_t *t = wrt_vec_add(d->mem, &d->tags, sizeof(*t), err);
    if (!t) {
        return -1;
    }
    *t = type;
    d->m->tags = d->tags.items;
    d->m->tag_count = d->tags.count;
    return 0;
}

/* ---- sections ---- */

static int add_import(struct decode *d, const struct wrt_externtype *x, const uint8_t *at, uint32_t *ret_index,
                      struct wp_err *err)
{
    struct wrt_module *m = d->m;
    switch (x->kind) {
    case WRT_FUNC:
        *ret_index = m->func_imports++;
        return add_func(d, x->as.type, err);
    case WRT_TABLE:
        *ret_index = m->table_imports++;
        return add_table(d, &x->as.table, at, err);
    case WRT_MEMORY:
        *ret_index = m->memory_imports++;
        return add_memory(d, &x->as.memory, at, err);
    case WRT_GLOBAL:
        *ret_index = m->global_imports++;
        if (x->as.global.mut && wrt_use_feature(m, WRT_F_MUTABLE_GLOBAL, at, "an imported mutable global", err) < 0) {
            return -1;
        }
        return add_global(d, &x->as.global, err);
    default:
        *ret_index = m->tag_imports++;
        return add_tag(d, x->as.type, err);
    }
}

static int one_import(struct decode *d, struct wp_wasm_cursor *c, struct wrt_import *import, struct wp_err *err)
{
    struct wrt_externtype x;
    if (wp_wasm_name(c, &import->module, err) < 0 || wp_wasm_name(c, &import->name, err) < 0) {
        return -1;
    }
    const uint8_t *at = c->p;
    if (wrt_read_externtype(d->m, c, &x, err) < 0 || add_import(d, &x, at, &import->index, err) < 0) {
        return -1;
    }
    import->kind = x.kind;
    return 0;
}

int wrt_decode_imports(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "imports", 0, WP_LIMIT_WASM_NAMES, 3, &n, err) < 0) {
        return -1;
    }
    struct wrt_import *imports = wrt_alloc(d->mem, n, sizeof(*imports), err);
    if (!imports) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (one_import(d, c, &imports[i], err) < 0) {
            return -1;
        }
    }
    d->m->imports = imports;
    d->m->import_count = n;
    return 0;
}

int wrt_decode_functions(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    uint32_t n;
    if (wrt_read_count(c, "functions", d->funcs.count, WP_LIMIT_WASM_FUNCTIONS, 1, &n, err) < 0 ||
        wrt_vec_reserve(d->mem, &d->funcs, n, sizeof(uint32_t), err) < 0) {
        return -1;
    }
    uint32_t *funcs = (uint32_t *)d->funcs.items + d->funcs.count;
    for (uint32_t i = 0; i < n; i++) {
        if (func_type(m, c, &funcs[i], err) < 0) {
            return -1;
        }
    }
    d->funcs.count += n;
    m->funcs = d->funcs.items;
    m->func_count = d->funcs.count;
    return 0;
}

static int one_table(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    const uint8_t *at = c->p;
    struct wrt_table t;
    bool init = c->p < c->end && *c->p == 0x40;
    if (init) {
        uint8_t zero;
        c->p++;
        if (wp_wasm_byte(c, &zero, err) < 0) {
            return -1;
        }
        if (zero != 0) {
            return wrt_fail_at(m, c->p - 1, err, "malformed table: 0x%02x after 0x40", zero);
        }
    }
    if (table_type(m, c, &t, err) < 0) {
        return -1;
    }
    if (!init && !wrt_defaultable(t.type)) {
        char text[40];
        wrt_type_text(t.type, text, sizeof(text));
        return wrt_fail_at(m, at, err, "type mismatch: a table of %s needs an initial value", text);
    }
    if (init && (wrt_use_feature(m, WRT_F_FUNCTION_REFERENCES, at, "a table with an initial value", err) < 0 ||
                 wrt_const_validate(m, c, t.type, m->global_imports, &t.init, err) < 0)) {
        return -1;
    }
    return add_table(d, &t, at, err);
}

int wrt_decode_tables(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "tables", d->tables.count, WP_LIMIT_WASM_TABLES, 2, &n, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (one_table(d, c, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int wrt_decode_memories(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "memories", d->memories.count, WP_LIMIT_WASM_MEMORIES, 1, &n, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *at = c->p;
        struct wrt_limits l;
        if (memory_type(d->m, c, &l, err) < 0 || add_memory(d, &l, at, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int wrt_decode_tags(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "tags", d->tags.count, WP_LIMIT_WASM_TAGS, 2, &n, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t type;
        if (tag_type(d->m, c, &type, err) < 0 || add_tag(d, type, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int wrt_decode_globals(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "globals", d->globals.count, WP_LIMIT_WASM_GLOBALS, 2, &n, err) < 0 ||
        wrt_vec_reserve(d->mem, &d->globals, n, sizeof(struct wrt_global), err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct wrt_global g;
        if (global_type(d->m, c, &g, err) < 0 ||
            wrt_const_validate(d->m, c, g.type, d->m->global_count, &g.init, err) < 0 || add_global(d, &g, err) < 0) {
            return -1;
        }
    }
    return 0;
}
