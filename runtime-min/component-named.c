/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and types at the borders of a component (component-model Explainer.md, "Import and Export Definitions"): what a
 * function or instance uses there must have been imported or exported by name before, and annotated names
 * ([constructor]r, [method]r.f, [static]r.f) must fit the type of their function. */
#include "runtime-min/component-parts.h"

/* ---- do all types have names? 1: yes, 0: no, -1 ---- */

static int value_named(struct cload *l, const struct idmap *names, uint32_t valtype, struct wp_err *err);

static int list_named(struct cload *l, const struct idmap *names, const struct wrt_ctype *t, struct wp_err *err)
{
    int all = 1;
    for (uint32_t i = 0; i < t->as.list.count && all == 1; i++) {
        all = value_named(l, names, t->as.list.items[i].type, err);
    }
    return all;
}

static int pair_named(struct cload *l, const struct idmap *names, uint32_t a, uint32_t b, struct wp_err *err)
{
    int first = value_named(l, names, a, err);
    return first == 1 ? value_named(l, names, b, err) : first;
}

/* The parts of a value type, itself left aside. */
static int parts_named(struct cload *l, const struct idmap *names, uint32_t id, struct wp_err *err)
{
    if (comp_work(l, 1, err) < 0) {
        return -1;
    }
    const struct wrt_ctype *t = wrt_ctype(l->types, id);
    switch (t->kind) {
    case WRT_T_RECORD:
    case WRT_T_VARIANT:
    case WRT_T_TUPLE:
        return list_named(l, names, t, err);
    case WRT_T_LIST:
    case WRT_T_FIXED_LIST:
    case WRT_T_OPTION:
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        return value_named(l, names, t->as.of.elem, err);
    case WRT_T_MAP:
    case WRT_T_RESULT:
        return pair_named(l, names, t->as.of.elem, t->as.of.err, err);
    case WRT_T_OWN:
    case WRT_T_BORROW:
        return idmap_get(names, t->as.handle, NULL);
    default: /* primitives, flags, enums */
        return 1;
    }
}

static int value_named(struct cload *l, const struct idmap *names, uint32_t valtype, struct wp_err *err)
{
    if (valtype < WRT_V_TYPE) {
        return 1;
    }
    uint32_t id = valtype - WRT_V_TYPE;
    switch (wrt_ctype(l->types, id)->kind) {
    case WRT_T_RECORD:
    case WRT_T_VARIANT:
    case WRT_T_FLAGS:
    case WRT_T_ENUM:
        return idmap_get(names, id, NULL);
    default:
        return parts_named(l, names, id, err);
    }
}

static int func_named(struct cload *l, const struct idmap *names, uint32_t id, struct wp_err *err)
{
    const struct wrt_ctype *t = wrt_ctype(l->types, id);
    int params = comp_work(l, t->as.list.count, err) < 0 ? -1 : list_named(l, names, t, err);
    return params == 1 ? value_named(l, names, t->as.list.result, err) : params;
}

static int type_named(struct cload *l, struct idmap *names, uint32_t id, struct wp_err *err);

static int member_named(struct cload *l, struct idmap *names, const struct wrt_citem *item, struct wp_err *err)
{
    switch (item->kind) {
    case WRT_C_FUNC:
        return func_named(l, names, item->type, err);
    case WRT_C_TYPE:
    case WRT_C_INSTANCE:
        return type_named(l, names, item->type, err);
    case WRT_C_VALUE:
        return item->type < WRT_V_TYPE ? 1 : parts_named(l, names, item->type - WRT_V_TYPE, err);
    default:
        return 1;
    }
}

/* Types that an instance type exports are names for what follows in it. */
static int instance_named(struct cload *l, struct idmap *names, uint32_t id, struct wp_err *err)
{
    const struct wrt_ciface *iface = wrt_ctype(l->types, id)->as.iface;
    struct wrt_vec added = {.items = NULL};
    int all = comp_work(l, iface->export_count, err) < 0 ? -1 : 1;
    for (uint32_t i = 0; i < iface->export_count && all == 1; i++) {
        const struct wrt_citem *item = &iface->exports[i];
        all = member_named(l, names, item, err);
        if (all == 1 && item->kind == WRT_C_TYPE && !idmap_get(names, item->type, NULL)) {
            uint32_t *place = wrt_vec_add(l->mem, &added, sizeof(*place), err);
            if (place == NULL || idmap_put(l->mem, names, item->type, 1, err) < 0) {
                return -1;
            }
            *place = item->type;
        }
    }
    for (uint32_t i = 0; i < added.count; i++) {
        idmap_remove(names, ((const uint32_t *)added.items)[i]);
    }
    wrt_vec_done(l->mem, &added, sizeof(uint32_t));
    return all;
}

static int type_named(struct cload *l, struct idmap *names, uint32_t id, struct wp_err *err)
{
    switch (wrt_ctype(l->types, id)->kind) {
    case WRT_T_RESOURCE:
    case WRT_T_COMPONENT:
        return 1;
    case WRT_T_FUNC:
        return func_named(l, names, id, err);
    case WRT_T_INSTANCE:
        return instance_named(l, names, id, err);
    default:
        return parts_named(l, names, id, err);
    }
}

/* A type import or export: its parts must have names, and it has one from now on. */
static int name_type(struct scope *s, enum scope_side side, const struct wrt_citem *item, struct wp_err *err)
{
    struct cload *l = s->l;
    bool import = side == SIDE_IMPORT;
    if (import && idmap_get(&s->named[SIDE_EXPORT], item->of, NULL) &&
        !idmap_get(&s->named[SIDE_IMPORT], item->of, NULL)) {
        return 0;
    }
    int named = type_named(l, &s->named[side], item->of, err);
    if (named == 1 && ((import && idmap_put(l->mem, &s->named[SIDE_IMPORT], item->type, 1, err) < 0) ||
                       idmap_put(l->mem, &s->named[SIDE_EXPORT], item->type, 1, err) < 0)) {
        return -1;
    }
    return named;
}

static int name_item(struct scope *s, enum scope_side side, const struct wrt_citem *item, struct wp_err *err)
{
    struct cload *l = s->l;
    switch (item->kind) {
    case WRT_C_TYPE:
        return name_type(s, side, item, err);
    case WRT_C_FUNC:
        return func_named(l, &s->named[side], item->type, err);
    case WRT_C_VALUE:
        return value_named(l, &s->named[side], item->type, err);
    case WRT_C_INSTANCE:
        break;
    default:
        return 1;
    }
    const struct wrt_ciface *iface = wrt_ctype(l->types, item->type)->as.iface;
    int all = comp_work(l, iface->export_count, err) < 0 ? -1 : 1;
    for (uint32_t i = 0; i < iface->export_count && all == 1; i++) {
        all = name_item(s, side, &iface->exports[i], err);
    }
    return all;
}

int comp_name_types(struct scope *s, enum scope_side side, const struct wrt_citem *item, struct wp_err *err)
{
    return s->kind == SCOPE_INSTANCE_TYPE ? 1 : name_item(s, side, item, err);
}

/* ---- annotated names ---- */

int comp_register_resource(struct scope *s, const struct wrt_citem *item, enum scope_side side, struct wp_err *err)
{
    if (item->kind != WRT_C_TYPE || wrt_ctype(s->l->types, item->type)->kind != WRT_T_RESOURCE) {
        return 0;
    }
    uint32_t place = side == SIDE_IMPORT ? s->imports.count : s->exports.count;
    return idmap_put(s->l->mem, &s->resource_names[side], item->type, place, err);
}

/* What one check of a name needs. */
struct check {
    const struct scope *s;
    enum scope_side side;
    const struct wrt_name *name;
    const struct wrt_ctype *func;
};

/* The resource type must be called like that on this side. */
static int resource_called(const struct check *k, uint32_t id, struct wp_err *err)
{
    const struct wrt_vec *items = k->side == SIDE_IMPORT ? &k->s->imports : &k->s->exports;
    uint32_t place;
    if (!idmap_get(&k->s->resource_names[k->side], id, &place)) {
        return wp_fail(err, WP_E_MODULE, "resource used in function does not have a name in this context");
    }
    struct wp_span name = ((const struct wrt_citem *)items->items)[place].name;
    return comp_same(name, k->name->resource)
               ? 0
               : wp_fail(err, WP_E_MODULE, "function does not match expected resource name '%.*s'", COMP_TEXT(name));
}

/* The handle's resource type; false: it is no such handle. */
static bool handle_of(const struct check *k, uint32_t valtype, enum wrt_ctype_kind kind, uint32_t *ret)
{
    if (valtype < WRT_V_TYPE) {
        return false;
    }
    const struct wrt_ctype *t = wrt_ctype_of(k->s->l->types, valtype);
    *ret = t->as.handle;
    return t->kind == kind;
}

static int check_constructor(const struct check *k, struct wp_err *err)
{
    uint32_t result = k->func->as.list.result, id;
    if (k->func->async) {
        return wp_fail(err, WP_E_MODULE, "constructor function cannot be async");
    }
    if (result == WRT_V_NONE) {
        return wp_fail(err, WP_E_MODULE, "function should return one value");
    }
    if (result >= WRT_V_TYPE && wrt_ctype_of(k->s->l->types, result)->kind == WRT_T_RESULT) {
        result = wrt_ctype_of(k->s->l->types, result)->as.of.elem;
    }
    if (!handle_of(k, result, WRT_T_OWN, &id)) {
        return wp_fail(err, WP_E_MODULE, "function should return `(own $T)` or `(result (own $T))`");
    }
    return resource_called(k, id, err);
}

static int check_method(const struct check *k, struct wp_err *err)
{
    uint32_t id;
    if (k->func->as.list.count == 0) {
        return wp_fail(err, WP_E_MODULE, "function should have at least one argument");
    }
    const struct wrt_cfield *self = &k->func->as.list.items[0];
    if (!comp_same(self->name, wp_span_str("self"))) {
        return wp_fail(err, WP_E_MODULE, "function should have a first argument called `self`");
    }
    if (!handle_of(k, self->type, WRT_T_BORROW, &id)) {
        return wp_fail(err, WP_E_MODULE, "function should take a first argument of `(borrow $T)`");
    }
    return resource_called(k, id, err);
}

static int check_static(const struct check *k, struct wp_err *err)
{
    const struct wrt_vec *items = k->side == SIDE_IMPORT ? &k->s->imports : &k->s->exports;
    const struct wrt_citem *item = items->items;
    uint32_t i =
        comp_index_find(&k->s->index[k->side], item, items->count, sizeof(*item), k->name->resource, wp_span(NULL, 0));
    bool there = i != WRT_NO_INDEX && item[i].kind == WRT_C_TYPE &&
                 wrt_ctype(k->s->l->types, item[i].type)->kind == WRT_T_RESOURCE;
    return there ? 0 : wp_fail(err, WP_E_MODULE, "static resource name is not known in this context");
}

static int check_kind(const struct check *k, const struct wrt_citem *item, struct wp_err *err)
{
    if (item->implements.ptr != NULL &&
        wrt_name_implements(k->name, item->kind == WRT_C_INSTANCE, item->implements, err) < 0) {
        return -1;
    }
    if (k->name->kind == WRT_NAME_LABEL || k->name->kind == WRT_NAME_INTERFACE) {
        return 0;
    }
    if (item->kind != WRT_C_FUNC) {
        return wp_fail(err, WP_E_MODULE, "item is not a func");
    }
    return k->name->kind == WRT_NAME_CONSTRUCTOR ? check_constructor(k, err)
           : k->name->kind == WRT_NAME_METHOD    ? check_method(k, err)
                                                 : check_static(k, err);
}

int comp_check_name(const struct scope *s, enum scope_side side, const struct wrt_name *n, const struct wrt_citem *item,
                    const uint8_t *at, struct wp_err *err)
{
    struct check k = {.s = s, .side = side, .name = n};
    if (item->kind == WRT_C_FUNC) {
        k.func = wrt_ctype(s->l->types, item->type);
    }
    if (check_kind(&k, item, err) == 0) {
        return 0;
    }
    wp_wrap(err, "%s name '%.*s' is not valid", side == SIDE_IMPORT ? "import" : "export", COMP_TEXT(n->text));
    return comp_at(s->l, at, err);
}
