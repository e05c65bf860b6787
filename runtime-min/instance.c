/* SPDX-License-Identifier: Apache-2.0
 *
 * Instantiation (core 3.0 section 4.7.2): imports matched, what the module defines made, segments copied, the start
 * function called. Functions cost one record each, nothing of their code is looked at. */
#include "runtime-min/instance-parts.h"

#include <string.h>

static bool span_eq(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ---- imports ---- */

static void put_import(struct wrt_instance *i, const struct wrt_import *import, const struct wrt_value *v)
{
    switch (import->kind) {
    case WRT_FUNC:
        i->funcs[import->index] = v->as.func;
        break;
    case WRT_TABLE:
        i->tables[import->index] = v->as.table;
        break;
    case WRT_MEMORY:
        i->memories[import->index] = v->as.memory;
        break;
    case WRT_GLOBAL:
        i->globals[import->index] = v->as.global;
        break;
    default:
        i->tags[import->index] = v->as.tag;
        break;
    }
}

static int no_import(void *arg WP_UNUSED, const struct wrt_module *m WP_UNUSED, const struct wrt_import *import,
                     struct wrt_value *ret WP_UNUSED, struct wp_err *err)
{
    return wp_fail(err, WP_E_NOT_FOUND, "unknown import: '%.*s' '%.*s'", (int)WP_MIN(import->module.len, 200),
                   (const char *)import->module.ptr, (int)WP_MIN(import->name.len, 200),
                   (const char *)import->name.ptr);
}

static int take_imports(struct wrt_instance *i, wrt_import_fn imports, void *arg, struct wp_err *err)
{
    const struct wrt_module *m = i->module;
    imports = imports ? imports : no_import;
    for (uint32_t n = 0; n < m->import_count; n++) {
        struct wrt_value v = {.kind = m->imports[n].kind};
        if (imports(arg, m, &m->imports[n], &v, err) < 0 || instance_match(i->store, m, &m->imports[n], &v, err) < 0) {
            return -1;
        }
        put_import(i, &m->imports[n], &v);
    }
    return 0;
}

/* ---- what the module defines ---- */

static void make_function(struct wrt_instance *i, struct wrt_func *f, uint32_t index)
{
    uint32_t type = i->module->funcs[index];
    const struct wrt_deftype *d = wrt_deftype(&i->store->types, type);
    f->entry = wrt_stub_translate;
    f->instance = i;
    f->type = type;
    f->index = index;
    f->param_slots = wrt_slots_of(d->as.func.params, d->as.func.param_count);
    f->result_slots = wrt_slots_of(d->as.func.results, d->as.func.result_count);
    i->funcs[index] = f;
}

static int make_functions(struct wrt_instance *i, struct wp_err *err)
{
    const struct wrt_module *m = i->module;
    struct wrt_func *own = wrt_alloc(&i->store->mem, m->func_count - m->func_imports, sizeof(*own), err);
    if (!own) {
        return -1;
    }
    for (uint32_t n = m->func_imports; n < m->func_count; n++) {
        make_function(i, &own[n - m->func_imports], n);
    }
    return 0;
}

static int make_tags(struct wrt_instance *i, struct wp_err *err)
{
    const struct wrt_module *m = i->module;
    for (uint32_t n = m->tag_imports; n < m->tag_count; n++) {
        if (wrt_tag_new(i->store, m->tags[n], &i->tags[n], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int make_memories(struct wrt_instance *i, struct wp_err *err)
{
    const struct wrt_module *m = i->module;
    for (uint32_t n = m->memory_imports; n < m->memory_count; n++) {
        if (wrt_memory_new(i->store, &m->memories[n], &i->memories[n], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int make_globals(struct wrt_exec *x, struct wrt_instance *i, struct wp_err *err)
{
    const struct wrt_module *m = i->module;
    struct wrt_store *s = i->store;
    uint32_t count = m->global_count - m->global_imports;
    struct wrt_global_inst *own = wrt_alloc(&s->mem, count, sizeof(*own), err);
    if (!own || wrt_vec_reserve(&s->mem, &s->globals, count, sizeof(struct wrt_global_inst *), err) < 0) {
        return INSTANCE_ERROR;
    }
    for (uint32_t n = 0; n < count; n++) {
        const struct wrt_global *type = &m->globals[m->global_imports + n];
        struct wrt_global_inst *g = &own[n];
        g->type = type->type;
        g->mut = type->mut;
        ((struct wrt_global_inst **)s->globals.items)[s->globals.count++] = g;
        i->globals[m->global_imports + n] = g;
        if (wrt_const_eval(x, i, type->init, g->cell) < 0) {
            return WRT_STOPPED;
        }
    }
    return 0;
}

static int make_tables(struct wrt_exec *x, struct wrt_instance *i, struct wp_err *err)
{
    const struct wrt_module *m = i->module;
    for (uint32_t n = m->table_imports; n < m->table_count; n++) {
        uint64_t init = 0;
        if (m->tables[n].init.len > 0 && wrt_const_eval(x, i, m->tables[n].init, &init) < 0) {
            return WRT_STOPPED;
        }
        if (wrt_table_new(i->store, &m->tables[n], init, &i->tables[n], err) < 0) {
            return INSTANCE_ERROR;
        }
    }
    return 0;
}

/* ---- all of it ---- */

static struct wrt_instance *blank(struct wrt_store *s, const struct wrt_module *m, struct wp_err *err)
{
    struct wrt_instance *i = wrt_alloc(&s->mem, 1, sizeof(*i), err);
    if (!i) {
        return NULL;
    }
    i->store = s;
    i->module = m;
    i->funcs = wrt_alloc(&s->mem, m->func_count, sizeof(struct wrt_func *), err);
    i->tables = i->funcs ? wrt_alloc(&s->mem, m->table_count, sizeof(struct wrt_table_inst *), err) : NULL;
    i->memories = i->tables ? wrt_alloc(&s->mem, m->memory_count, sizeof(struct wrt_memory_inst *), err) : NULL;
    i->globals = i->memories ? wrt_alloc(&s->mem, m->global_count, sizeof(struct wrt_global_inst *), err) : NULL;
    i->tags = i->globals ? wrt_alloc(&s->mem, m->tag_count, sizeof(struct wrt_tag_inst *), err) : NULL;
    i->datas = i->tags ? wrt_alloc(&s->mem, m->data_count, sizeof(*i->datas), err) : NULL;
    i->elems = i->datas ? wrt_alloc(&s->mem, m->elem_count, sizeof(*i->elems), err) : NULL;
    struct wrt_instance **place =
        i->elems ? wrt_vec_add(&s->mem, &s->instances, sizeof(struct wrt_instance *), err) : NULL;
    if (!place) {
        return NULL;
    }
    *place = i;
    return i;
}

/* Looked for once: a host function asks for it at every call. */
static struct wrt_memory_inst *host_memory(const struct wrt_instance *i)
{
    struct wrt_value v;
    if (wrt_instance_export(i, wp_span_str("memory"), &v) && v.kind == WRT_MEMORY) {
        return v.as.memory;
    }
    return i->module->memory_count > 0 ? i->memories[0] : NULL;
}

/* 0, WRT_STOPPED or INSTANCE_ERROR. */
static int fill(struct wrt_exec *x, struct wrt_instance *i, wrt_import_fn imports, void *arg, struct wp_err *err)
{
    if (take_imports(i, imports, arg, err) < 0 || make_functions(i, err) < 0 || make_tags(i, err) < 0 ||
        make_memories(i, err) < 0) {
        return INSTANCE_ERROR;
    }
    i->host_memory = host_memory(i);
    int rc = make_globals(x, i, err);
    rc = rc == 0 ? make_tables(x, i, err) : rc;
    rc = rc == 0 ? instance_elements(x, i, err) : rc;
    return rc == 0 ? instance_data(x, i) : rc;
}

/* Stopped before any function ran. */
static void report(struct wrt_store *s, struct wrt_outcome *out)
{
    out->stop = s->exec.stop;
    memcpy(out->detail, s->detail, sizeof(out->detail));
    s->exec.stop = WRT_STOP_NONE;
    s->detail[0] = '\0';
}

int wrt_instantiate(struct wrt_store *s, const struct wrt_module *m, wrt_import_fn imports, void *arg,
                    struct wrt_instance **ret, struct wrt_outcome *out, struct wp_err *err)
{
    *ret = NULL;
    memset(out, 0, sizeof(*out));
    if (m->types != &s->types) {
        return wp_fail(err, WP_E_OTHER, "the module was not loaded for this store");
    }
    wrt_start_clock(s);
    struct wrt_instance *i = blank(s, m, err);
    int rc = i ? fill(&s->exec, i, imports, arg, err) : INSTANCE_ERROR;
    out->fuel = wrt_store_fuel(s);
    if (rc == INSTANCE_ERROR) {
        return -1;
    }
    if (rc < 0) {
        report(s, out);
        return 0;
    }
    if (m->start != WRT_NO_INDEX) {
        uint64_t none[1] = {0};
        wrt_call(s, i->funcs[m->start], none, out);
    }
    *ret = out->stop == WRT_STOP_NONE ? i : NULL;
    return 0;
}

/* ---- what stands in an instance ---- */

const struct wrt_module *wrt_instance_module(const struct wrt_instance *i)
{
    return i->module;
}

struct wrt_value wrt_instance_value(const struct wrt_instance *i, enum wrt_extern_kind kind, uint32_t index)
{
    struct wrt_value v = {.kind = kind};
    switch (kind) {
    case WRT_FUNC:
        v.as.func = i->funcs[index];
        break;
    case WRT_TABLE:
        v.as.table = i->tables[index];
        break;
    case WRT_MEMORY:
        v.as.memory = i->memories[index];
        break;
    case WRT_GLOBAL:
        v.as.global = i->globals[index];
        break;
    default:
        v.as.tag = i->tags[index];
        break;
    }
    return v;
}

bool wrt_instance_export(const struct wrt_instance *i, struct wp_span name, struct wrt_value *ret)
{
    const struct wrt_module *m = i->module;
    for (uint32_t n = 0; n < m->export_count; n++) {
        if (span_eq(m->exports[n].name, name)) {
            *ret = wrt_instance_value(i, m->exports[n].kind, m->exports[n].index);
            return true;
        }
    }
    return false;
}
