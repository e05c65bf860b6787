/* SPDX-License-Identifier: Apache-2.0
 *
 * Index spaces, and what comes into them through imports and exports (component-model Explainer.md, "Index Spaces",
 * "Import and Export Definitions"). A scope is a component, or the body of a component or instance type. */
#include "runtime-min/component-parts.h"

int comp_at_index(const struct scope *s, const struct wrt_vec *space, const char *what, uint32_t index,
                  const uint8_t *at, struct wp_err *err)
{
    if (index < space->count) {
        return 0;
    }
    const char *kind = strncmp(what, "core ", 5) == 0 ? what + 5 : what;
    return comp_fail(s->l, at, err, "unknown %s %u: %s index out of bounds, %u are defined before it", what, index,
                     kind, space->count);
}

int comp_id_at(const struct scope *s, const struct wrt_vec *space, const char *what, uint32_t index, const uint8_t *at,
               uint32_t *ret, struct wp_err *err)
{
    if (comp_at_index(s, space, what, index, at, err) < 0) {
        return -1;
    }
    *ret = ((const uint32_t *)space->items)[index];
    return 0;
}

int comp_defined_at(const struct scope *s, uint32_t index, const uint8_t *at, uint32_t *ret, struct wp_err *err)
{
    if (comp_id_at(s, &s->types, "type", index, at, ret, err) < 0) {
        return -1;
    }
    return comp_is_value_kind(wrt_ctype(s->l->types, *ret)->kind)
               ? 0
               : comp_fail(s->l, at, err, "type index %u is not a defined type", index);
}

int comp_resource_at(const struct scope *s, uint32_t index, const uint8_t *at, uint32_t *ret, struct wp_err *err)
{
    if (comp_id_at(s, &s->types, "type", index, at, ret, err) < 0) {
        return -1;
    }
    return wrt_ctype(s->l->types, *ret)->kind == WRT_T_RESOURCE
               ? 0
               : comp_fail(s->l, at, err, "type index %u is not a resource type", index);
}

int comp_push_id(struct scope *s, struct wrt_vec *space, const char *what, uint64_t limit, uint32_t id,
                 const uint8_t *at, struct wp_err *err)
{
    if (space->count >= limit) {
        return comp_limit(s->l, at, what, limit, err);
    }
    uint32_t *place = wrt_vec_add(s->l->mem, space, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = id;
    return 0;
}

static int push_value(struct scope *s, uint32_t valtype, bool used, struct wp_err *err)
{
    struct value_ref *v = wrt_vec_add(s->l->mem, &s->values, sizeof(*v), err);
    if (v == NULL) {
        return -1;
    }
    *v = (struct value_ref){.type = valtype, .used = used};
    return 0;
}

int comp_push_item(struct scope *s, const struct wrt_citem *item, bool used, const uint8_t *at, struct wp_err *err)
{
    const uint64_t most = WP_LIMIT_WASM_COMPONENT_ITEMS;
    switch (item->kind) {
    case WRT_C_MODULE:
        return comp_push_id(s, &s->core_modules, "modules", WP_LIMIT_WASM_COMPONENT_PARTS, item->type, at, err);
    case WRT_C_COMPONENT:
        return comp_push_id(s, &s->components, "components", WP_LIMIT_WASM_COMPONENT_PARTS, item->type, at, err);
    case WRT_C_INSTANCE:
        return comp_push_id(s, &s->instances, "instances", WP_LIMIT_WASM_INSTANCES, item->type, at, err);
    case WRT_C_FUNC:
        return comp_push_id(s, &s->funcs, "functions", most, item->type, at, err);
    case WRT_C_VALUE:
        return push_value(s, item->type, used, err);
    default:
        return comp_push_id(s, &s->types, "types", most, item->type, at, err);
    }
}

int comp_value_use(struct scope *s, uint32_t index, const uint8_t *at, uint32_t *ret, struct wp_err *err)
{
    if (comp_at_index(s, &s->values, "value", index, at, err) < 0) {
        return -1;
    }
    struct value_ref *v = (struct value_ref *)s->values.items + index;
    if (v->used) {
        return comp_fail(s->l, at, err, "value %u cannot be used more than once", index);
    }
    v->used = true;
    *ret = v->type;
    return 0;
}

int comp_item_at(struct scope *s, enum wrt_extern_kind kind, uint32_t index, const uint8_t *at, struct wrt_citem *ret,
                 struct wp_err *err)
{
    ret->kind = kind;
    switch (kind) {
    case WRT_C_MODULE:
        return comp_id_at(s, &s->core_modules, "module", index, at, &ret->type, err);
    case WRT_C_COMPONENT:
        return comp_id_at(s, &s->components, "component", index, at, &ret->type, err);
    case WRT_C_INSTANCE:
        return comp_id_at(s, &s->instances, "instance", index, at, &ret->type, err);
    case WRT_C_FUNC:
        return comp_id_at(s, &s->funcs, "function", index, at, &ret->type, err);
    case WRT_C_VALUE:
        return comp_need(s->l, WRT_F_CM_VALUES, at, "a value", err) < 0 ? -1
                                                                        : comp_value_use(s, index, at, &ret->type, err);
    default:
        if (comp_id_at(s, &s->types, "type", index, at, &ret->type, err) < 0) {
            return -1;
        }
        ret->of = ret->type;
        return 0;
    }
}

/* ---- imports and exports ---- */

static int append_numbers(struct scope *s, struct wrt_vec *to, uint32_t number, struct wp_err *err)
{
    uint32_t *place = wrt_vec_add(s->l->mem, to, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = number;
    return 0;
}

/* Resources that come with it belong to the scope from now on. */
static int own_resources(struct scope *s, struct wrt_citem *item, enum scope_side side, struct wp_err *err)
{
    struct wrt_vec *numbers = side == SIDE_IMPORT ? &s->imported : &s->defined;
    if (item->kind == WRT_C_INSTANCE) {
        return comp_open_instance(s->l, &item->type, numbers, err);
    }
    if (item->kind != WRT_C_TYPE || item->of != item->type) {
        return 0;
    }
    const struct wrt_ctype *t = wrt_ctype(s->l->types, item->type);
    return t->kind == WRT_T_RESOURCE ? append_numbers(s, numbers, t->as.resource, err) : 0;
}

int comp_check_exported_value(const struct scope *s, const struct wrt_citem *item, const uint8_t *at,
                              struct wp_err *err)
{
    struct wrt_ctype props;
    if (item->kind != WRT_C_VALUE) {
        return 0;
    }
    comp_value_props(s->l, item->type, &props);
    return props.has_borrow ? comp_fail(s->l, at, err, "exported value type cannot contain a 'borrow' type") : 0;
}

/* The names of one side must be strongly unique. */
static int add_name(struct scope *s, const struct wrt_name *n, enum scope_side side, const uint8_t *at,
                    struct wp_err *err)
{
    struct wp_span before;
    int new = wrt_name_set_add(s->l->mem, &s->name_sets[side], n, &before, err);
    return new != 0 ? WP_MIN(new, 0)
                    : comp_fail(s->l, at, err, "%s name '%.*s' conflicts with previous name '%.*s'",
                                side == SIDE_IMPORT ? "import" : "export", COMP_TEXT(n->text), COMP_TEXT(before));
}

int comp_enter(struct scope *s, const struct wrt_citem *item, enum scope_side side, const uint8_t *at,
               struct wp_err *err)
{
    struct cload *l = s->l;
    struct wrt_vec *items = side == SIDE_IMPORT ? &s->imports : &s->exports;
    struct wrt_name name;
    if (items->count >= WP_LIMIT_WASM_NAMES) {
        return comp_limit(l, at, side == SIDE_IMPORT ? "imports" : "exports", WP_LIMIT_WASM_NAMES, err);
    }
    if (wrt_name_parse(item->name, side == SIDE_IMPORT ? "import" : "export", &name, err) < 0) {
        return comp_at(l, at, err);
    }
    if (comp_check_name(s, side, &name, item, at, err) < 0 || add_name(s, &name, side, at, err) < 0 ||
        comp_grow_item(l, at, &s->size, &s->type_depth, item, err) < 0) {
        return -1;
    }
    struct wrt_citem *place = wrt_vec_add(l->mem, items, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = *item;
    return comp_index_add(l->mem, &s->index[side], items->items, items->count - 1, sizeof(*place), err);
}

int comp_add_extern(struct scope *s, struct wrt_citem *item, enum scope_side side, const uint8_t *at,
                    struct wp_err *err)
{
    bool export = side == SIDE_EXPORT;
    if ((export && comp_check_exported_value(s, item, at, err) < 0) || own_resources(s, item, side, err) < 0 ||
        comp_push_item(s, item, export, at, err) < 0 || comp_register_resource(s, item, side, err) < 0) {
        return -1;
    }
    int named = comp_name_types(s, side, item, err);
    if (named < 0) {
        return comp_at(s->l, at, err);
    }
    if (named == 0) {
        return comp_fail(s->l, at, err, "%s not valid to be used as %s: '%.*s' uses a type that has no name here",
                         comp_item_word(item->kind), export ? "export" : "import", COMP_TEXT(item->name));
    }
    return comp_enter(s, item, side, at, err);
}

/* ---- the type of a finished scope ---- */

static bool has_number(const struct cload *l, const struct wrt_vec *numbers, uint32_t *ret)
{
    const uint32_t *n = numbers->items;
    for (uint32_t i = 0; i < numbers->count; i++) {
        if (comp_free_marked(l, n[i])) {
            *ret = n[i];
            return true;
        }
    }
    return false;
}

static int mark_items(struct scope *s, const struct wrt_vec *items, struct wp_err *err)
{
    if (comp_free_begin(s->l, err) < 0) {
        return -1;
    }
    const struct wrt_citem *item = items->items;
    for (uint32_t i = 0; i < items->count; i++) {
        if (comp_free_item(s->l, &item[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Of the resources defined here only those that exports name are part of the type; they have to be exported. */
static int keep_defined(struct scope *s, const uint8_t *at, struct wp_err *err)
{
    uint32_t *numbers = s->defined.items;
    uint32_t kept = 0;
    if (mark_items(s, &s->exports, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < s->defined.count; i++) {
        if (comp_free_marked(s->l, numbers[i])) {
            numbers[kept++] = numbers[i];
        }
    }
    s->defined.count = kept;
    if (kept == 0) {
        return 0;
    }
    if (comp_free_begin(s->l, err) < 0 || comp_explicit(s->l, s->exports.items, s->exports.count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < kept; i++) {
        if (!comp_free_marked(s->l, numbers[i])) {
            return comp_fail(s->l, at, err, "local resource type found in export but not exported itself");
        }
    }
    return 0;
}

int comp_finish(struct scope *s, struct wrt_ciface *ret, const uint8_t *at, struct wp_err *err)
{
    struct cload *l = s->l;
    uint32_t number;
    if (s->kind != SCOPE_INSTANCE_TYPE && s->defined.count > 0) {
        if (mark_items(s, &s->imports, err) < 0) {
            return comp_at(l, at, err);
        }
        if (has_number(l, &s->defined, &number)) {
            return comp_fail(l, at, err, "local resource type found in imports");
        }
        if (keep_defined(s, at, err) < 0) {
            return -1;
        }
    }
    const void *imports, *exports, *imported, *defined;
    if (comp_freeze(l->mem, &s->imports, sizeof(struct wrt_citem), &imports, &ret->import_count, err) < 0 ||
        comp_freeze(l->mem, &s->exports, sizeof(struct wrt_citem), &exports, &ret->export_count, err) < 0 ||
        comp_freeze(l->mem, &s->imported, sizeof(uint32_t), &imported, &ret->imported_count, err) < 0 ||
        comp_freeze(l->mem, &s->defined, sizeof(uint32_t), &defined, &ret->defined_count, err) < 0) {
        return -1;
    }
    ret->imports = imports;
    ret->exports = exports;
    ret->imported = imported;
    ret->defined = defined;
    ret->import_index = s->index[SIDE_IMPORT];
    ret->export_index = s->index[SIDE_EXPORT];
    return 0;
}

const struct wrt_citem *wrt_citem_find(const struct wrt_ciface *iface, bool exports, struct wp_span name)
{
    const struct wrt_citem *items = exports ? iface->exports : iface->imports;
    uint32_t count = exports ? iface->export_count : iface->import_count;
    uint32_t i = comp_index_find(exports ? &iface->export_index : &iface->import_index, items, count, sizeof(*items),
                                 name, wp_span(NULL, 0));
    return i == WRT_NO_INDEX ? NULL : &items[i];
}
