/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances of components (component-model Explainer.md, "Instance Definitions"): arguments against imports, and the
 * type of what comes out: its own resources are new ones, those of its imports are the arguments'. Instances made of
 * single things. And the exports of the component itself. */
#include "runtime-min/component-parts.h"

static int read_arg(struct scope *s, struct wp_wasm_cursor *c, struct wrt_citem *a, struct wp_err *err)
{
    const uint8_t *at = c->p;
    enum wrt_extern_kind kind;
    uint32_t index;
    if (wp_wasm_name(c, &a->name, err) < 0 || comp_sort(c, &kind, err) < 0 || wp_wasm_u32(c, &index, err) < 0) {
        return -1;
    }
    return comp_item_at(s, kind, index, at, a, err);
}

static int read_args(struct scope *s, struct wp_wasm_cursor *c, struct args *ret, struct wp_err *err)
{
    struct wrt_mem *mem = s->l->mem;
    const uint8_t *at = c->p;
    uint32_t twice;
    if (wrt_read_count(c, "arguments", 0, WP_LIMIT_WASM_NAMES, 3, &ret->count, err) < 0) {
        return -1;
    }
    struct wrt_citem *items = wrt_alloc(mem, ret->count, sizeof(*items), err);
    if (items == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < ret->count; i++) {
        if (read_arg(s, c, &items[i], err) < 0) {
            return -1;
        }
    }
    ret->items = items;
    int same = comp_index_build(mem, &ret->index, items, ret->count, sizeof(*items), &twice, err);
    return same <= 0 ? same
                     : comp_fail(s->l, at, err, "instantiation argument '%.*s' conflicts with previous argument '%.*s'",
                                 COMP_TEXT(items[twice].name), COMP_TEXT(items[twice].name));
}

/* Types of arguments take the place of the imported ones, in instances, too. */
static int rename_types(struct cload *l, struct remap *r, const struct wrt_citem *arg, const struct wrt_citem *want,
                        struct wp_err *err)
{
    if (comp_work_names(l, want->name, want->module, err) < 0) {
        return -1;
    }
    if (want->kind == WRT_C_TYPE) {
        r->renames = true;
        return idmap_put(l->mem, &r->types, want->type, arg->type, err);
    }
    if (want->kind != WRT_C_INSTANCE) {
        return 0;
    }
    const struct wrt_ciface *have = wrt_ctype(l->types, arg->type)->as.iface;
    const struct wrt_ciface *need = wrt_ctype(l->types, want->type)->as.iface;
    for (uint32_t i = 0; i < need->export_count; i++) {
        if (rename_types(l, r, wrt_citem_find(have, true, need->exports[i].name), &need->exports[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What the imports of the component are in this instance. */
static int bind_imports(struct scope *s, const struct args *args, const struct wrt_ciface *f, struct remap *r,
                        struct wp_err *err)
{
    struct cload *l = s->l;
    const struct match m = {.l = l, .a = 0, .b = 1};
    int rc = comp_args_match(&m, args, f, SIDE_IMPORT, err);
    for (uint32_t i = 0; i < f->imported_count && rc == 0; i++) {
        uint32_t other = comp_subst_get(l, 1, f->imported[i]);
        rc = other == f->imported[i] ? 0 : idmap_put(l->mem, &r->resources, f->imported[i], other, err);
    }
    comp_subst_undo(l, 0);
    for (uint32_t i = 0; i < f->import_count && rc == 0; i++) {
        rc = rename_types(l, r, comp_arg(args, f->imports[i].name), &f->imports[i], err);
    }
    return rc;
}

static int make_resources(struct scope *s, const struct wrt_ciface *f, struct remap *r, struct wp_err *err)
{
    for (uint32_t i = 0; i < f->defined_count; i++) {
        uint32_t *place = wrt_vec_add(s->l->mem, &s->defined, sizeof(*place), err);
        if (place == NULL || comp_resource_new(s->l, place, NULL, err) < 0 ||
            idmap_put(s->l->mem, &r->resources, f->defined[i], *place, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* An instance type of nothing but exports. */
static int add_instance_type(struct cload *l, const struct wrt_ciface *f, const uint8_t *at, uint32_t *ret,
                             struct wp_err *err)
{
    struct wrt_ctype t = {.kind = WRT_T_INSTANCE, .size = 1, .depth = 1, .alias_of = WRT_NO_INDEX};
    struct wrt_ciface *own = wrt_alloc(l->mem, 1, sizeof(*own), err);
    if (own == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < f->export_count; i++) {
        if (comp_grow_item(l, at, &t.size, &t.depth, &f->exports[i], err) < 0) {
            return -1;
        }
        t.has_resource |= comp_item_has_resource(l, &f->exports[i]);
    }
    *own = *f;
    t.as.iface = own;
    return comp_type_add(l, &t, ret, err);
}

static int instantiate(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    uint32_t index, id;
    struct args args = {.items = NULL};
    struct remap r = {.renames = false};
    if (wp_wasm_u32(c, &index, err) < 0 || comp_id_at(s, &s->components, "component", index, at, &id, err) < 0 ||
        read_args(s, c, &args, err) < 0) {
        return -1;
    }
    const struct wrt_ciface *f = wrt_ctype(l->types, id)->as.iface;
    struct wrt_ciface made = {.export_count = f->export_count, .export_index = f->export_index};
    if (bind_imports(s, &args, f, &r, err) < 0 || make_resources(s, f, &r, err) < 0 ||
        comp_remap_items(l, &r, f->exports, f->export_count, &made.exports, err) < 0) {
        return comp_at(l, at, err);
    }
    return add_instance_type(l, &made, at, ret, err);
}

static int read_inline_export(struct scope *s, struct scope *made, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct wrt_citem item = {.kind = WRT_C_TYPE};
    enum wrt_extern_kind kind;
    uint32_t index;
    if (comp_extern_name(s->l, c, &item, err) < 0 || comp_sort(c, &kind, err) < 0 || wp_wasm_u32(c, &index, err) < 0 ||
        comp_item_at(s, kind, index, at, &item, err) < 0) {
        return -1;
    }
    return comp_check_exported_value(s, &item, at, err) < 0 ? -1 : comp_enter(made, &item, SIDE_EXPORT, at, err);
}

static int from_exports(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct scope made = {.l = s->l, .kind = SCOPE_INSTANCE_TYPE, .size = 1, .type_depth = 1};
    struct wrt_ciface f = {.export_count = 0};
    uint32_t count;
    if (wrt_read_count(c, "exports", 0, WP_LIMIT_WASM_NAMES, 4, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (read_inline_export(s, &made, c, err) < 0) {
            return -1;
        }
    }
    return comp_finish(&made, &f, at, err) < 0 ? -1 : add_instance_type(s->l, &f, at, ret, err);
}

int comp_read_instance(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t lead;
    uint32_t id = WRT_NO_INDEX;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    if (lead > 1) {
        return comp_leading(c, "instance", err);
    }
    if (s->core_instances.count + s->instances.count >= WP_LIMIT_WASM_INSTANCES) {
        return comp_limit(s->l, at, "instances", WP_LIMIT_WASM_INSTANCES, err);
    }
    if ((lead == 0 ? instantiate(s, c, &id, err) : from_exports(s, c, &id, err)) < 0) {
        return -1;
    }
    return comp_push_id(s, &s->instances, "instances", WP_LIMIT_WASM_INSTANCES, id, at, err);
}

/* ---- imports and exports of a component ---- */

int comp_read_import(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct wrt_citem item = {.kind = WRT_C_TYPE};
    if (comp_extern_name(s->l, c, &item, err) < 0 || comp_read_extern_type(s, c, &item, err) < 0) {
        return -1;
    }
    return comp_add_extern(s, &item, SIDE_IMPORT, at, err);
}

/* The type that the exporter gives it, which may say less than it is. */
static int ascribe(struct scope *s, struct wp_wasm_cursor *c, struct wrt_citem *item, const uint8_t *at,
                   struct wp_err *err)
{
    const struct match m = {.l = s->l, .a = 0, .b = 1};
    struct wrt_citem ascribed = *item;
    if (comp_read_extern_type(s, c, &ascribed, err) < 0) {
        return -1;
    }
    int rc = comp_item_matches(&m, item, &ascribed, err);
    comp_subst_undo(s->l, 0);
    if (rc < 0) {
        wp_wrap(err, "ascribed type of export is not compatible with the item");
        return comp_at(s->l, at, err);
    }
    *item = ascribed;
    return 0;
}

int comp_read_export(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct wrt_citem item = {.kind = WRT_C_TYPE};
    enum wrt_extern_kind kind;
    uint32_t index;
    uint8_t typed;
    if (comp_extern_name(s->l, c, &item, err) < 0 || comp_sort(c, &kind, err) < 0 || wp_wasm_u32(c, &index, err) < 0 ||
        comp_item_at(s, kind, index, at, &item, err) < 0 || wp_wasm_byte(c, &typed, err) < 0) {
        return -1;
    }
    if (typed > 1) {
        return comp_leading(c, "optional component export type", err);
    }
    if (kind == WRT_C_TYPE && comp_type_alias(s->l, item.of, &item.type, err) < 0) {
        return -1;
    }
    if (typed == 1 && ascribe(s, c, &item, at, err) < 0) {
        return -1;
    }
    return comp_add_extern(s, &item, SIDE_EXPORT, at, err);
}
