/* SPDX-License-Identifier: Apache-2.0
 *
 * What a module takes and defines (core 3.0 sections 5.5.5-5.5.9, 5.5.15): imports, functions, tables, memories, tags
 * and globals. */
#include "base/limits.h"
#include "runtime-min/module-parts.h"

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
        if (wrt_read_func_type(m, c, &funcs[i], err) < 0) {
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
    if (wrt_read_table_type(m, c, &t, err) < 0) {
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
        if (wrt_read_memory_type(d->m, c, &l, err) < 0 || add_memory(d, &l, at, err) < 0) {
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
        if (wrt_read_tag_type(d->m, c, &type, err) < 0 || add_tag(d, type, err) < 0) {
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
        if (wrt_read_global_type(d->m, c, &g, err) < 0 ||
            wrt_const_validate(d->m, c, g.type, d->m->global_count, &g.init, err) < 0 || add_global(d, &g, err) < 0) {
            return -1;
        }
    }
    return 0;
}
