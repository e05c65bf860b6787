/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling a visitor what was loaded, in the order of the bytes. */
#include "base/limits.h"
#include "runtime-min/scan-parts.h"
#include "runtime-min/validate.h"

#include <stdio.h>

const char *wrt_extern_kind_name(enum wrt_extern_kind kind)
{
    static const char *const names[] = {
        [WRT_FUNC] = "func",   [WRT_TABLE] = "table",           [WRT_MEMORY] = "memory",       [WRT_GLOBAL] = "global",
        [WRT_TAG] = "tag",     [WRT_C_MODULE] = "core module",  [WRT_C_FUNC] = "func",         [WRT_C_VALUE] = "value",
        [WRT_C_TYPE] = "type", [WRT_C_COMPONENT] = "component", [WRT_C_INSTANCE] = "instance",
    };
    return names[kind];
}

int scan_section(struct scan *s, unsigned depth, const struct wp_wasm_section *section, const char *title,
                 struct wp_err *err)
{
    if (++s->sections > WP_LIMIT_WASM_SECTIONS) {
        return wp_fail(err, WP_E_LIMIT, "more than %llu sections", (unsigned long long)WP_LIMIT_WASM_SECTIONS);
    }
    if (s->v->section) {
        int rc = s->v->section(s->v->arg, depth, section, title, err);
        if (rc != 0) {
            return rc;
        }
    }
    if (section->id == 0 && s->v->custom) {
        return s->v->custom(s->v->arg, depth, section->name, section->body, err);
    }
    return 0;
}

static int imports(struct scan *s, const struct wrt_module *m, struct wp_err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < m->import_count; i++) {
        const struct wrt_import *x = &m->imports[i];
        struct wrt_extern told = {.module = x->module, .name = x->name, .kind = x->kind, .m = m, .index = x->index};
        rc = s->v->import(s->v->arg, &told, err);
    }
    return rc;
}

static int exports(struct scan *s, const struct wrt_module *m, struct wp_err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < m->export_count; i++) {
        const struct wrt_export *x = &m->exports[i];
        struct wrt_extern told = {
            .module = wp_span("", 0), .name = x->name, .kind = x->kind, .m = m, .index = x->index};
        rc = s->v->export(s->v->arg, &told, err);
    }
    return rc;
}

static int functions(struct scan *s, const struct wrt_module *m, unsigned depth, struct wp_err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < m->code_count; i++) {
        struct wp_span body = wp_span(m->base + m->code[i].offset, m->code[i].size);
        rc = s->v->function(s->v->arg, depth, m, m->func_imports + i, body, err);
    }
    return rc;
}

static int module_section(struct scan *s, const struct wrt_module *m, const struct wp_wasm_section *section,
                          unsigned depth, struct wp_err *err)
{
    enum { IMPORT = 2, EXPORT = 7, CODE = 10, DATA = 11 };
    int rc = scan_section(s, depth, section, wrt_section_title(section->id), err);
    if (rc != 0) {
        return rc;
    }
    switch (section->id) {
    case IMPORT:
        return depth == 0 && s->v->import ? imports(s, m, err) : 0;
    case EXPORT:
        return depth == 0 && s->v->export ? exports(s, m, err) : 0;
    case CODE:
        s->sum.code_bytes += section->body.len;
        s->sum.functions += m->code_count;
        return s->v->function ? functions(s, m, depth, err) : 0;
    case DATA:
        s->sum.data_bytes += section->body.len;
        return 0;
    default:
        return 0;
    }
}

int scan_module(struct scan *s, const struct wrt_module *m, unsigned depth, struct wp_err *err)
{
    struct wp_wasm_cursor c = {.start = m->base, .p = m->bytes.ptr + 8, .end = m->bytes.ptr + m->bytes.len};
    int rc = s->v->module ? s->v->module(s->v->arg, depth, m, err) : 0;
    while (rc == 0) {
        struct wp_wasm_section section;
        int got = wp_wasm_next(&c, &section, err);
        if (got <= 0) {
            return got;
        }
        rc = module_section(s, m, &section, depth, err);
    }
    return rc;
}

int wrt_visit(const struct wrt_binary *b, const struct wrt_visitor *v, struct wrt_summary *ret, struct wp_err *err)
{
    static const struct wrt_visitor nobody = {.section = NULL};
    struct scan s = {.v = v ? v : &nobody, .sum = {.kind = b->kind, .features = b->used}};
    int rc = b->kind == WP_WASM_MODULE ? scan_module(&s, b->module, 0, err) : scan_component(&s, b->component, err);
    if (rc == 0) {
        *ret = s.sum;
    }
    return rc;
}

/* ---- types of imports and exports as text ---- */

/* "64-bit" as the text format has it, then the sizes. */
static size_t limits_text(const struct wrt_limits *l, char *out, size_t room)
{
    const char *wide = l->is64 ? "i64 " : "";
    int n = l->has_max
                ? snprintf(out, room, "%s%llu %llu", wide, (unsigned long long)l->min, (unsigned long long)l->max)
                : snprintf(out, room, "%s%llu", wide, (unsigned long long)l->min);
    return n < 0 ? 0 : (size_t)n;
}

static size_t finish(char *out, size_t room, const char *fmt, const char *a, const char *b)
{
    int n = snprintf(out, room, fmt, a, b);
    return n < 0 ? 0 : (size_t)n;
}

size_t wrt_extern_text(const struct wrt_extern *x, char *out, size_t room)
{
    char type[40] = "", sizes[64];
    const struct wrt_module *m = x->m;
    if (!m) {
        return finish(out, room, "%s%s", "", "");
    }
    switch (x->kind) {
    case WRT_FUNC:
        return wrt_deftype_text(m->types, m->funcs[x->index], out, room);
    case WRT_TAG:
        return wrt_deftype_text(m->types, m->tags[x->index], out, room);
    case WRT_TABLE:
        limits_text(&m->tables[x->index].limits, sizes, sizeof(sizes));
        wrt_type_text(m->tables[x->index].type, type, sizeof(type));
        return finish(out, room, "%s %s", sizes, type);
    case WRT_MEMORY: {
        const struct wrt_limits *l = &m->memories[x->index];
        limits_text(l, sizes, sizeof(sizes));
        const char *shared = l->shared ? " shared" : "", *page = l->page_log2 == 0 ? " (pagesize 1)" : "";
        finish(type, sizeof(type), "%s%s", shared, page);
        return finish(out, room, "%s%s", sizes, type);
    }
    case WRT_GLOBAL:
        wrt_type_text(m->globals[x->index].type, type, sizeof(type));
        return finish(out, room, m->globals[x->index].mut ? "(mut %s)%s" : "%s%s", type, "");
    default:
        return finish(out, room, "%s%s", "", "");
    }
}
