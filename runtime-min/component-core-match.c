/* SPDX-License-Identifier: Apache-2.0
 *
 * Do core things fit where others are asked for (core 3.0 section 3.3, import matching): one by one, and whole modules.
 */
#include "runtime-min/component-parts.h"

#include <stdio.h>

static int limits_match(const struct wrt_limits *a, const struct wrt_limits *b, const char *what, struct wp_err *err)
{
    bool fits = a->min >= b->min && (!b->has_max || (a->has_max && a->max <= b->max));
    return fits ? 0 : wp_fail(err, WP_E_MODULE, "mismatch in %s limits", what);
}

static int table_matches(const struct wrt_mitem *a, const struct wrt_mitem *b, struct wp_err *err)
{
    if (a->type != b->type) {
        char want[40], have[40];
        wrt_type_text(b->type, want, sizeof(want));
        wrt_type_text(a->type, have, sizeof(have));
        return wp_fail(err, WP_E_MODULE, "expected table element type %s, found %s", want, have);
    }
    if (a->limits.is64 != b->limits.is64) {
        return wp_fail(err, WP_E_MODULE, "mismatch in index type used for tables");
    }
    return limits_match(&a->limits, &b->limits, "table", err);
}

static int memory_matches(const struct wrt_mitem *a, const struct wrt_mitem *b, struct wp_err *err)
{
    if (a->limits.shared != b->limits.shared) {
        return wp_fail(err, WP_E_MODULE, "mismatch in the shared flag for memories");
    }
    if (a->limits.is64 != b->limits.is64) {
        return wp_fail(err, WP_E_MODULE, "mismatch in index type used for memories");
    }
    if (a->limits.page_log2 != b->limits.page_log2) {
        return wp_fail(err, WP_E_MODULE, "mismatch in page size for memories");
    }
    return limits_match(&a->limits, &b->limits, "memory", err);
}

static int global_matches(const struct cload *l, const struct wrt_mitem *a, const struct wrt_mitem *b,
                          struct wp_err *err)
{
    if (a->mut != b->mut) {
        return wp_fail(err, WP_E_MODULE, "global types differ in mutability");
    }
    if (wrt_matches(l->core, a->type, b->type) && (!a->mut || wrt_matches(l->core, b->type, a->type))) {
        return 0;
    }
    char want[40], have[40];
    wrt_type_text(b->type, want, sizeof(want));
    wrt_type_text(a->type, have, sizeof(have));
    return wp_fail(err, WP_E_MODULE, "expected global type %s, found %s", want, have);
}

static void func_text(const struct cload *l, uint32_t id, char *out, size_t room)
{
    char text[200];
    wrt_deftype_text(l->core, id, text, sizeof(text));
    snprintf(out, room, "(func%s%s)", text[0] == '\0' ? "" : " ", text);
}

static int func_matches(const struct cload *l, uint32_t a, uint32_t b, struct wp_err *err)
{
    if (wrt_id_matches(l->core, a, b)) {
        return 0;
    }
    char want[220], have[220];
    func_text(l, b, want, sizeof(want));
    func_text(l, a, have, sizeof(have));
    return wp_fail(err, WP_E_MODULE, "expected: %s, found: %s", want, have);
}

int comp_core_matches(const struct cload *l, const struct wrt_mitem *a, const struct wrt_mitem *b, struct wp_err *err)
{
    if (a->kind != b->kind) {
        return wp_fail(err, WP_E_MODULE, "expected %s, found %s", wrt_extern_kind_name(b->kind),
                       wrt_extern_kind_name(a->kind));
    }
    switch (a->kind) {
    case WRT_TABLE:
        return table_matches(a, b, err);
    case WRT_MEMORY:
        return memory_matches(a, b, err);
    case WRT_GLOBAL:
        return global_matches(l, a, b, err);
    case WRT_TAG:
        return func_matches(l, b->type, a->type, err) < 0 ? -1 : func_matches(l, a->type, b->type, err);
    default:
        return func_matches(l, a->type, b->type, err);
    }
}

static const struct wrt_mitem *find(const struct wrt_name_index *x, const struct wrt_mitem *items, uint32_t count,
                                    struct wp_span name, struct wp_span module)
{
    uint32_t i = comp_index_find(x, items, count, sizeof(*items), name, module);
    return i == WRT_NO_INDEX ? NULL : &items[i];
}

const struct wrt_mitem *comp_core_export(const struct wrt_mtype *t, struct wp_span name)
{
    return find(&t->export_index, t->exports, t->export_count, name, wp_span(NULL, 0));
}

int comp_module_matches(struct cload *l, const struct wrt_mtype *a, const struct wrt_mtype *b, struct wp_err *err)
{
    if (a == b) {
        return 0;
    }

    for (uint32_t i = 0; i < a->import_count; i++) {
        const struct wrt_mitem *need = &a->imports[i];
        if (comp_work_names(l, need->module, need->name, err) < 0) {
            return -1;
        }
        const struct wrt_mitem *given = find(&b->import_index, b->imports, b->import_count, need->name, need->module);
        if (given == NULL) {
            return wp_fail(err, WP_E_MODULE, "missing expected import '%.*s::%.*s'", COMP_TEXT(need->module),
                           COMP_TEXT(need->name));
        }
        if (comp_core_matches(l, given, need, err) < 0) {
            return wp_wrap(err, "type mismatch in import '%.*s::%.*s'", COMP_TEXT(need->module), COMP_TEXT(need->name));
        }
    }
    for (uint32_t i = 0; i < b->export_count; i++) {
        const struct wrt_mitem *want = &b->exports[i];
        if (comp_work_names(l, want->module, want->name, err) < 0) {
            return -1;
        }
        const struct wrt_mitem *have = comp_core_export(a, want->name);
        if (have == NULL) {
            return wp_fail(err, WP_E_MODULE, "missing expected export '%.*s'", COMP_TEXT(want->name));
        }
        if (comp_core_matches(l, have, want, err) < 0) {
            return wp_wrap(err, "type mismatch in export '%.*s'", COMP_TEXT(want->name));
        }
    }
    return 0;
}
