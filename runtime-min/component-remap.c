/* SPDX-License-Identifier: Apache-2.0
 *
 * Types made anew from old ones: with other resources, where an instance brings its own, and with other names for
 * types, where an argument took the place of an import. Types without either stay what they are. */
#include "runtime-min/component-parts.h"

static int remap_type(struct cload *l, struct remap *r, uint32_t id, uint32_t *ret, struct wp_err *err);

static int remap_value(struct cload *l, struct remap *r, uint32_t *valtype, bool *changed, struct wp_err *err)
{
    uint32_t id;
    if (*valtype < WRT_V_TYPE) {
        return 0;
    }
    if (remap_type(l, r, *valtype - WRT_V_TYPE, &id, err) < 0) {
        return -1;
    }
    *changed |= id != *valtype - WRT_V_TYPE;
    *valtype = WRT_V_TYPE + id;
    return 0;
}

static int remap_list(struct cload *l, struct remap *r, struct wrt_ctype *t, bool *changed, struct wp_err *err)
{
    uint32_t count = t->as.list.count;
    struct wrt_cfield *own = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct wrt_cfield f = t->as.list.items[i];
        bool other = false;
        if (remap_value(l, r, &f.type, &other, err) < 0) {
            return -1;
        }
        if (other && own == NULL) {
            own = wrt_alloc(l->mem, count, sizeof(*own), err);
            if (own == NULL) {
                return -1;
            }
            memcpy(own, t->as.list.items, count * sizeof(*own));
            t->as.list.items = own;
        }
        if (other) {
            own[i] = f;
        }
    }
    *changed |= own != NULL;
    return t->kind == WRT_T_FUNC ? remap_value(l, r, &t->as.list.result, changed, err) : 0;
}

static bool same_item(const struct wrt_citem *a, const struct wrt_citem *b)
{
    return a->type == b->type && a->of == b->of;
}

int comp_remap_item(struct cload *l, struct remap *r, struct wrt_citem *item, struct wp_err *err)
{
    bool changed = false;
    uint32_t type = item->type;
    if (item->kind == WRT_C_MODULE) {
        return 0;
    }
    if (item->kind == WRT_C_VALUE) {
        return remap_value(l, r, &item->type, &changed, err);
    }
    if (remap_type(l, r, type, &item->type, err) < 0) {
        return -1;
    }
    if (item->kind != WRT_C_TYPE) {
        return 0;
    }
    if (item->of == type) {
        item->of = item->type;
        return 0;
    }
    return remap_type(l, r, item->of, &item->of, err);
}

int comp_remap_items(struct cload *l, struct remap *r, const struct wrt_citem *items, uint32_t count,
                     const struct wrt_citem **ret, struct wp_err *err)
{
    struct wrt_citem *own = NULL;
    if (comp_work(l, count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wrt_citem item = items[i];
        if (comp_remap_item(l, r, &item, err) < 0) {
            return -1;
        }
        if (own == NULL && !same_item(&item, &items[i])) {
            own = wrt_alloc(l->mem, count, sizeof(*own), err);
            if (own == NULL) {
                return -1;
            }
            memcpy(own, items, count * sizeof(*own));
        }
        if (own != NULL) {
            own[i] = item;
        }
    }
    *ret = own == NULL ? items : own;
    return 0;
}

static int remap_iface(struct cload *l, struct remap *r, struct wrt_ctype *t, bool *changed, struct wp_err *err)
{
    const struct wrt_ciface *old = t->as.iface;
    struct wrt_ciface f = *old;
    if (comp_remap_items(l, r, old->imports, old->import_count, &f.imports, err) < 0 ||
        comp_remap_items(l, r, old->exports, old->export_count, &f.exports, err) < 0) {
        return -1;
    }
    if (f.imports == old->imports && f.exports == old->exports) {
        return 0;
    }
    struct wrt_ciface *own = wrt_alloc(l->mem, 1, sizeof(*own), err);
    if (own == NULL) {
        return -1;
    }
    *own = f;
    t->as.iface = own;
    *changed = true;
    return 0;
}

static int remap_resource(struct cload *l, struct remap *r, struct wrt_ctype *t, bool *changed, struct wp_err *err)
{
    uint32_t number;
    if (!idmap_get(&r->resources, t->as.resource, &number)) {
        return 0;
    }
    t->as.resource = number;
    *changed = true;
    return t->alias_of == WRT_NO_INDEX ? 0 : remap_type(l, r, t->alias_of, &t->alias_of, err);
}

static int remap_handle(struct cload *l, struct remap *r, struct wrt_ctype *t, bool *changed, struct wp_err *err)
{
    uint32_t old = t->as.handle;
    if (remap_type(l, r, old, &t->as.handle, err) < 0) {
        return -1;
    }
    *changed = t->as.handle != old;
    return 0;
}

static int remap_parts(struct cload *l, struct remap *r, struct wrt_ctype *t, bool *changed, struct wp_err *err)
{
    switch (t->kind) {
    case WRT_T_RECORD:
    case WRT_T_VARIANT:
    case WRT_T_TUPLE:
    case WRT_T_FUNC:
        return remap_list(l, r, t, changed, err);
    case WRT_T_LIST:
    case WRT_T_FIXED_LIST:
    case WRT_T_OPTION:
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        return remap_value(l, r, &t->as.of.elem, changed, err);
    case WRT_T_MAP:
    case WRT_T_RESULT:
        return remap_value(l, r, &t->as.of.elem, changed, err) < 0 ? -1
                                                                   : remap_value(l, r, &t->as.of.err, changed, err);
    case WRT_T_OWN:
    case WRT_T_BORROW:
        return remap_handle(l, r, t, changed, err);
    case WRT_T_RESOURCE:
        return remap_resource(l, r, t, changed, err);
    case WRT_T_INSTANCE:
    case WRT_T_COMPONENT:
        return remap_iface(l, r, t, changed, err);
    default:
        return 0;
    }
}

static int remap_type(struct cload *l, struct remap *r, uint32_t id, uint32_t *ret, struct wp_err *err)
{
    struct wrt_ctype t = *wrt_ctype(l->types, id);
    bool changed = false;
    *ret = id;
    if ((!t.has_resource && !r->renames) || idmap_get(&r->types, id, ret)) {
        return 0;
    }
    if (comp_work(l, 1, err) < 0 || remap_parts(l, r, &t, &changed, err) < 0) {
        return -1;
    }
    if (changed) {
        t.alias_of = t.kind == WRT_T_RESOURCE ? t.alias_of : WRT_NO_INDEX;
        if (comp_type_add(l, &t, ret, err) < 0) {
            return -1;
        }
    }
    return idmap_put(l->mem, &r->types, id, *ret, err);
}

int comp_open_instance(struct cload *l, uint32_t *type, struct wrt_vec *numbers, struct wp_err *err)
{
    struct wrt_ctype t = *wrt_ctype(l->types, *type);
    struct wrt_ciface f = *t.as.iface;
    struct remap r = {.renames = false};
    if (f.defined_count == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < f.defined_count; i++) {
        uint32_t *place = wrt_vec_add(l->mem, numbers, sizeof(*place), err);
        if (place == NULL || comp_resource_new(l, place, NULL, err) < 0 ||
            idmap_put(l->mem, &r.resources, f.defined[i], *place, err) < 0) {
            return -1;
        }
    }
    struct wrt_ciface *own = wrt_alloc(l->mem, 1, sizeof(*own), err);
    if (own == NULL || comp_remap_items(l, &r, f.exports, f.export_count, &f.exports, err) < 0) {
        return -1;
    }
    f.defined = NULL;
    f.defined_count = 0;
    *own = f;
    t.as.iface = own;
    t.alias_of = WRT_NO_INDEX;
    return comp_type_add(l, &t, type, err);
}
