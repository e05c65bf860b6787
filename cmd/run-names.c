/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of functions for traces, profiles and backtraces (core 3.0, appendix "Name Section"). */
#include "base/text.h"
#include "cmd/run-int.h"
#include "pack/facts.h"

static void put(struct wp_buf *b, struct wp_span name)
{
    size_t begin = b->len;
    wp_escape(b, wp_span(name.ptr, WP_MIN(name.len, (size_t)PACK_FUNCTION_NAME)));
    for (size_t i = begin; i < b->len; i++) {
        b->ptr[i] = (char)(b->ptr[i] == ';' ? ':' : b->ptr[i]); /* folded stacks are split there */
    }
}

static void put_import(struct wp_buf *b, const struct wrt_import *import)
{
    put(b, import->module);
    wp_buf_add_char(b, '.');
    put(b, import->name);
}

static const struct wrt_import *import_of(const struct wrt_module *m, uint32_t index)
{
    for (uint32_t i = 0; i < m->import_count; i++) {
        if (m->imports[i].kind == WRT_FUNC && m->imports[i].index == index) {
            return &m->imports[i];
        }
    }
    return NULL;
}

static struct wp_span export_of(const struct wrt_module *m, uint32_t index)
{
    for (uint32_t i = 0; i < m->export_count; i++) {
        if (m->exports[i].kind == WRT_FUNC && m->exports[i].index == index) {
            return m->exports[i].name;
        }
    }
    return wp_span("", 0);
}

void run_name(struct run_names *n, uint32_t index, struct wp_buf *b)
{
    struct wp_span name =
        n->functions != NULL && index < n->m->func_count ? n->functions[index] : wrt_function_name(n->m, index);
    const struct wrt_import *import = index < n->m->func_imports ? import_of(n->m, index) : NULL;
    name = name.len == 0 && n->functions == NULL ? export_of(n->m, index) : name;
    if (name.len > 0) {
        put(b, name);
    } else if (import != NULL) {
        put_import(b, import);
    } else {
        wp_buf_printf(b, "function %u", index);
    }
}

void run_names_fill(struct run_names *n, struct wp_arena *a)
{
    const struct wrt_module *m = n->m;
    struct facts_names walk;
    facts_names_start(&walk, m->name_section);
    n->functions = wp_arena_alloc(a, (size_t)m->func_count + 1, sizeof(*n->functions));
    for (uint32_t i = 0; i < m->func_count; i++) {
        n->functions[i] = facts_names_at(&walk, i);
    }
    for (uint32_t i = 0; i < m->export_count; i++) {
        const struct wrt_export *x = &m->exports[i];
        if (x->kind == WRT_FUNC && n->functions[x->index].len == 0) {
            n->functions[x->index] = x->name;
        }
    }
}

void run_name_of(struct run_names *n, const struct wrt_func *f, struct wp_buf *b)
{
    uint32_t index = WRT_NO_INDEX;
    if (wrt_func_instance(f, &index) != NULL) {
        run_name(n, index, b);
        return;
    }
    for (size_t i = 0; i < n->host_count; i++) {
        if (n->hosts[i].func == f) {
            put_import(b, n->hosts[i].import);
            return;
        }
    }
    wp_buf_add_str(b, "host");
}
