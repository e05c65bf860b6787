/* SPDX-License-Identifier: Apache-2.0
 *
 * Subtyping between types of the component level (component-model Explainer.md, "Type Checking", Subtyping.md). Value
 * and function types have to be the same; instances may have more exports than asked for; components may ask for less
 * and give more. Instead of rewriting types, the resources that a component type brings get something that they stand
 * for, on the side where it is opened. */
#include "runtime-min/component-parts.h"

/* ---- substitutions ---- */

/* brought by the component type, and nothing stands for it yet */
#define OPEN (WRT_NO_INDEX - 1)

uint32_t comp_subst_get(const struct cload *l, unsigned side, uint32_t resource)
{
    const struct wrt_vec *v = &l->subst[side];
    uint32_t other = resource < v->count ? ((const uint32_t *)v->items)[resource] : WRT_NO_INDEX;
    return other == WRT_NO_INDEX ? resource : other;
}

struct undo {
    unsigned side;
    uint32_t resource, before;
};

static int subst_set(struct cload *l, unsigned side, uint32_t resource, uint32_t other, struct wp_err *err)
{
    struct wrt_vec *v = &l->subst[side];
    if (resource >= v->count) {
        uint32_t more = l->types->resources - v->count;
        if (wrt_vec_reserve(l->mem, v, more, sizeof(uint32_t), err) < 0) {
            return -1;
        }
        memset((uint32_t *)v->items + v->count, 0xff, more * sizeof(uint32_t));
        v->count += more;
    }
    struct undo *u = wrt_vec_add(l->mem, &l->undo, sizeof(*u), err);
    if (u == NULL) {
        return -1;
    }
    uint32_t *place = (uint32_t *)v->items + resource;
    *u = (struct undo){.side = side, .resource = resource, .before = *place};
    *place = other;
    return 0;
}

void comp_subst_undo(struct cload *l, uint32_t count)
{
    while (l->undo.count > count) {
        const struct undo *u = (const struct undo *)l->undo.items + --l->undo.count;
        ((uint32_t *)l->subst[u->side].items)[u->resource] = u->before;
    }
}

/* ---- functions, instances, components ---- */

static int params_match(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b, struct wp_err *err)
{
    if (a->as.list.count != b->as.list.count) {
        return wp_fail(err, WP_E_MODULE, "expected %u parameters, found %u", b->as.list.count, a->as.list.count);
    }
    for (uint32_t i = 0; i < a->as.list.count; i++) {
        const struct wrt_cfield *pa = &a->as.list.items[i], *pb = &b->as.list.items[i];
        if (comp_label_matches(m, pa->name, pb->name, "parameter named", err) < 0) {
            return -1;
        }
        if (comp_value_matches(m, pa->type, pb->type, err) < 0) {
            return wp_wrap(err, "type mismatch in function parameter '%.*s'", COMP_TEXT(pa->name));
        }
    }
    return 0;
}

static int func_matches(const struct match *m, uint32_t ida, uint32_t idb, struct wp_err *err)
{
    const struct wrt_ctype *a = wrt_ctype(m->l->types, ida), *b = wrt_ctype(m->l->types, idb);
    if (a->async != b->async) {
        return wp_fail(err, WP_E_MODULE, "expected %s function, found %s function", b->async ? "async" : "sync",
                       a->async ? "async" : "sync");
    }
    if (comp_work(m->l, 1, err) < 0 || params_match(m, a, b, err) < 0) {
        return -1;
    }
    uint32_t ra = a->as.list.result, rb = b->as.list.result;
    if (ra == WRT_V_NONE || rb == WRT_V_NONE) {
        return ra == rb           ? 0
               : rb == WRT_V_NONE ? wp_fail(err, WP_E_MODULE, "expected no result, found one")
                                  : wp_fail(err, WP_E_MODULE, "expected a result, found none");
    }
    return comp_value_matches(m, ra, rb, err) < 0 ? wp_wrap(err, "type mismatch with result type") : 0;
}

const struct wrt_citem *comp_arg(const struct args *args, struct wp_span name)
{
    uint32_t i = comp_index_find(&args->index, args->items, args->count, sizeof(*args->items), name, wp_span(NULL, 0));
    return i == WRT_NO_INDEX ? NULL : &args->items[i];
}

static struct args exports_of(const struct wrt_ciface *f)
{
    return (struct args){.items = f->exports, .count = f->export_count, .index = f->export_index};
}

static int instance_matches(const struct match *m, uint32_t ida, uint32_t idb, struct wp_err *err)
{
    struct args a = exports_of(wrt_ctype(m->l->types, ida)->as.iface);
    const struct wrt_ciface *b = wrt_ctype(m->l->types, idb)->as.iface;

    for (uint32_t i = 0; i < b->export_count; i++) {
        if (comp_work_names(m->l, b->exports[i].name, b->exports[i].name, err) < 0) {
            return -1;
        }
        if (comp_arg(&a, b->exports[i].name) == NULL) {
            return wp_fail(err, WP_E_MODULE, "missing expected export '%.*s'", COMP_TEXT(b->exports[i].name));
        }
    }
    for (uint32_t i = 0; i < b->export_count; i++) {
        if (comp_item_matches(m, comp_arg(&a, b->exports[i].name), &b->exports[i], err) < 0) {
            return wp_wrap(err, "type mismatch in instance export '%.*s'", COMP_TEXT(b->exports[i].name));
        }
    }
    return 0;
}

static int component_matches(const struct match *m, uint32_t ida, uint32_t idb, struct wp_err *err)
{
    const struct wrt_ciface *a = wrt_ctype(m->l->types, ida)->as.iface, *b = wrt_ctype(m->l->types, idb)->as.iface;
    const struct match swapped = {.l = m->l, .a = m->b, .b = m->a};
    struct args imports = {.items = b->imports, .count = b->import_count, .index = b->import_index};
    struct args exports = exports_of(a);
    uint32_t before = m->l->undo.count;
    int rc = comp_args_match(&swapped, &imports, a, SIDE_IMPORT, err) < 0
                 ? -1
                 : comp_args_match(m, &exports, b, SIDE_EXPORT, err);
    comp_subst_undo(m->l, before);
    return rc;
}

static int type_matches(const struct match *m, uint32_t ida, uint32_t idb, struct wp_err *err)
{
    const struct wrt_ctype *a = wrt_ctype(m->l->types, ida), *b = wrt_ctype(m->l->types, idb);
    if (comp_is_value_kind(a->kind) && comp_is_value_kind(b->kind)) {
        return comp_defined_matches(m, ida, idb, err);
    }
    if (a->kind != b->kind) {
        return comp_differ(err, comp_type_class(b->kind), comp_type_class(a->kind));
    }
    switch (a->kind) {
    case WRT_T_RESOURCE:
        return comp_same_resource(m, a->as.resource, b->as.resource)
                   ? 0
                   : wp_fail(err, WP_E_MODULE, "resource types are not the same");
    case WRT_T_FUNC:
        return func_matches(m, ida, idb, err);
    case WRT_T_INSTANCE:
        return instance_matches(m, ida, idb, err);
    default:
        return component_matches(m, ida, idb, err);
    }
}

int comp_item_matches(const struct match *m, const struct wrt_citem *a, const struct wrt_citem *b, struct wp_err *err)
{
    if (a->kind != b->kind) {
        return comp_differ(err, comp_item_word(b->kind), comp_item_word(a->kind));
    }
    switch (a->kind) {
    case WRT_C_MODULE:
        return comp_module_matches(m->l, wrt_ctype(m->l->types, a->type)->as.module,
                                   wrt_ctype(m->l->types, b->type)->as.module, err);
    case WRT_C_VALUE:
        return comp_value_matches(m, a->type, b->type, err);
    case WRT_C_TYPE:
        return type_matches(m, a->of, b->of, err);
    default:
        return type_matches(m, a->type, b->type, err);
    }
}

/* ---- arguments ---- */

/* What the argument has where the component type brings a resource stands for it. */
static int bind(const struct match *m, const struct wrt_citem *arg, const struct wrt_citem *want, struct wp_err *err)
{
    struct cload *l = m->l;
    if (arg == NULL || arg->kind != want->kind || !comp_item_has_resource(l, want)) {
        return 0;
    }
    if (comp_work_names(l, want->name, want->module, err) < 0) {
        return -1;
    }
    const struct wrt_ctype *b = wrt_ctype(l->types, want->type);
    if (want->kind == WRT_C_TYPE && b->kind == WRT_T_RESOURCE) {
        const struct wrt_ctype *a = wrt_ctype(l->types, arg->type);
        return a->kind == WRT_T_RESOURCE && comp_subst_get(l, m->b, b->as.resource) == OPEN
                   ? subst_set(l, m->b, b->as.resource, comp_subst_get(l, m->a, a->as.resource), err)
                   : 0;
    }
    if (want->kind != WRT_C_INSTANCE) {
        return 0;
    }
    struct args args = exports_of(wrt_ctype(l->types, arg->type)->as.iface);
    for (uint32_t i = 0; i < b->as.iface->export_count; i++) {
        const struct wrt_citem *inner = &b->as.iface->exports[i];
        if (bind(m, comp_arg(&args, inner->name), inner, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int bind_all(const struct match *m, const struct args *args, const struct wrt_ciface *want, enum scope_side side,
                    struct wp_err *err)
{
    const uint32_t *numbers = side == SIDE_IMPORT ? want->imported : want->defined;
    uint32_t count = side == SIDE_IMPORT ? want->imported_count : want->defined_count;
    const struct wrt_citem *items = side == SIDE_IMPORT ? want->imports : want->exports;
    uint32_t item_count = side == SIDE_IMPORT ? want->import_count : want->export_count;
    for (uint32_t i = 0; i < count; i++) {
        if (subst_set(m->l, m->b, numbers[i], OPEN, err) < 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < item_count && count > 0; i++) {
        if (bind(m, comp_arg(args, items[i].name), &items[i], err) < 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (comp_subst_get(m->l, m->b, numbers[i]) == OPEN &&
            subst_set(m->l, m->b, numbers[i], WRT_NO_INDEX, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int comp_args_match(const struct match *m, const struct args *args, const struct wrt_ciface *want, enum scope_side side,
                    struct wp_err *err)
{
    const struct wrt_citem *items = side == SIDE_IMPORT ? want->imports : want->exports;
    uint32_t count = side == SIDE_IMPORT ? want->import_count : want->export_count;
    const char *word = side == SIDE_IMPORT ? "import" : "export";
    if (bind_all(m, args, want, side, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (comp_work_names(m->l, items[i].name, items[i].name, err) < 0) {
            return -1;
        }
        if (comp_arg(args, items[i].name) == NULL) {
            return wp_fail(err, WP_E_MODULE, "missing %s named '%.*s'", word, COMP_TEXT(items[i].name));
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (comp_item_matches(m, comp_arg(args, items[i].name), &items[i], err) < 0) {
            return wp_wrap(err, "type mismatch for %s '%.*s'", word, COMP_TEXT(items[i].name));
        }
    }
    return 0;
}
