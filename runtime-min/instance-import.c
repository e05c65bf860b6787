/* SPDX-License-Identifier: Apache-2.0
 *
 * Matching what a host gives for an import with the type that the module asks for (core 3.0 section 3.5.3, "external
 * types"): functions and tags by their canonical ids, limits as they are now. */
#include "runtime-min/instance-parts.h"
#include "runtime-min/scan.h"

#include <stdio.h>

/* size: what it has now, which is its minimum. */
static bool limits_match(uint64_t size, const struct wrt_limits *given, const struct wrt_limits *want)
{
    bool most = !want->has_max || (given->has_max && given->max <= want->max);
    return size >= want->min && most && given->is64 == want->is64 && given->shared == want->shared &&
           given->page_log2 == want->page_log2;
}

static bool global_matches(const struct wrt_types *t, const struct wrt_global_inst *g, const struct wrt_global *want)
{
    bool type = want->mut ? g->type == want->type : wrt_matches(t, g->type, want->type);
    return g->mut == want->mut && type;
}

static bool matches(const struct wrt_store *s, const struct wrt_module *m, const struct wrt_import *import,
                    const struct wrt_value *v)
{
    if (v->kind != import->kind) {
        return false;
    }
    switch (v->kind) {
    case WRT_FUNC:
        return wrt_id_matches(&s->types, v->as.func->type, m->funcs[import->index]);
    case WRT_TABLE:
        return v->as.table->type.type == m->tables[import->index].type &&
               limits_match(v->as.table->size, &v->as.table->type.limits, &m->tables[import->index].limits);
    case WRT_MEMORY:
        return limits_match(v->as.memory->size >> v->as.memory->type.page_log2, &v->as.memory->type,
                            &m->memories[import->index]);
    case WRT_GLOBAL:
        return global_matches(&s->types, v->as.global, &m->globals[import->index]);
    case WRT_TAG:
        return v->as.tag->type == m->tags[import->index];
    default:
        return false;
    }
}

/* ---- words ---- */

static void limits_text(uint64_t size, const struct wrt_limits *l, char *out, size_t room)
{
    int n = snprintf(out, room, "%s%llu", l->is64 ? "i64 " : "", (unsigned long long)size);
    if (l->has_max && n > 0 && (size_t)n < room) {
        snprintf(out + n, room - (size_t)n, " %llu", (unsigned long long)l->max);
    }
}

static void given_text(const struct wrt_store *s, const struct wrt_value *v, char *out, size_t room)
{
    char type[64], limits[64];
    switch (v->kind) {
    case WRT_FUNC:
        wrt_deftype_text(&s->types, v->as.func->type, out, room);
        break;
    case WRT_TAG:
        wrt_deftype_text(&s->types, v->as.tag->type, out, room);
        break;
    case WRT_TABLE:
        wrt_type_text(v->as.table->type.type, type, sizeof(type));
        limits_text(v->as.table->size, &v->as.table->type.limits, limits, sizeof(limits));
        snprintf(out, room, "%s %s", limits, type);
        break;
    case WRT_MEMORY:
        limits_text(v->as.memory->size >> v->as.memory->type.page_log2, &v->as.memory->type, limits, sizeof(limits));
        snprintf(out, room, "%s%s%s", limits, v->as.memory->type.shared ? " shared" : "",
                 v->as.memory->type.page_log2 == 0 ? " (pagesize 1)" : "");
        break;
    default:
        wrt_type_text(v->as.global->type, type, sizeof(type));
        snprintf(out, room, v->as.global->mut ? "(mut %s)" : "%s", type);
        break;
    }
}

int instance_match(const struct wrt_store *s, const struct wrt_module *m, const struct wrt_import *import,
                   const struct wrt_value *given, struct wp_err *err)
{
    if (matches(s, m, import, given)) {
        return 0;
    }
    struct wrt_extern want = {
        .module = import->module, .name = import->name, .kind = import->kind, .m = m, .index = import->index};
    char wanted[256] = "", found[256] = "";
    wrt_extern_text(&want, wanted, sizeof(wanted));
    given_text(s, given, found, sizeof(found));
    return wp_fail(err, WP_E_MODULE, "incompatible import type: '%.*s' '%.*s': %s %s is wanted, %s %s was given",
                   (int)WP_MIN(import->module.len, 200), (const char *)import->module.ptr,
                   (int)WP_MIN(import->name.len, 200), (const char *)import->name.ptr,
                   wrt_extern_kind_name(import->kind), wanted, wrt_extern_kind_name(given->kind), found);
}
