/* SPDX-License-Identifier: Apache-2.0
 *
 * Which resources does a type name without bringing them itself? One walk visits each type once: both types and
 * resources carry the number of the walk that saw them last. */
#include "runtime-min/component-parts.h"

static int fit(struct wrt_mem *m, struct wrt_vec *v, uint32_t count, struct wp_err *err)
{
    if (v->count >= count) {
        return 0;
    }
    if (wrt_vec_reserve(m, v, count - v->count, sizeof(uint32_t), err) < 0) {
        return -1;
    }
    memset((uint32_t *)v->items + v->count, 0, (size_t)(count - v->count) * sizeof(uint32_t));
    v->count = count;
    return 0;
}

int comp_free_begin(struct cload *l, struct wp_err *err)
{
    l->stamp++;
    l->marked = 0;
    return fit(l->mem, &l->stamps, l->types->types.count, err) < 0 ? -1
                                                                   : fit(l->mem, &l->marks, l->types->resources, err);
}

bool comp_free_marked(const struct cload *l, uint32_t resource)
{
    return resource < l->marks.count && ((const uint32_t *)l->marks.items)[resource] == l->stamp;
}

static void mark(struct cload *l, uint32_t resource, bool on)
{
    uint32_t *place = (uint32_t *)l->marks.items + resource;
    l->marked += on && *place != l->stamp;
    l->marked -= !on && *place == l->stamp;
    *place = on ? l->stamp : 0;
}

/* True the first time in this walk. */
static bool first_visit(struct cload *l, uint32_t type)
{
    uint32_t *stamp = (uint32_t *)l->stamps.items + type;
    bool first = *stamp != l->stamp;
    *stamp = l->stamp;
    return first;
}

static int free_value(struct cload *l, uint32_t valtype, struct wp_err *err)
{
    return valtype < WRT_V_TYPE ? 0 : comp_free_type(l, valtype - WRT_V_TYPE, err);
}

static int free_list(struct cload *l, const struct wrt_ctype *t, struct wp_err *err)
{
    for (uint32_t i = 0; i < t->as.list.count; i++) {
        if (free_value(l, t->as.list.items[i].type, err) < 0) {
            return -1;
        }
    }
    return t->kind == WRT_T_FUNC ? free_value(l, t->as.list.result, err) : 0;
}

static int free_items(struct cload *l, const struct wrt_citem *items, uint32_t count, struct wp_err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (comp_free_item(l, &items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int free_iface(struct cload *l, const struct wrt_ciface *f, struct wp_err *err)
{
    if (free_items(l, f->imports, f->import_count, err) < 0 || free_items(l, f->exports, f->export_count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < f->imported_count; i++) {
        mark(l, f->imported[i], false);
    }
    for (uint32_t i = 0; i < f->defined_count; i++) {
        mark(l, f->defined[i], false);
    }
    return 0;
}

int comp_free_type(struct cload *l, uint32_t type, struct wp_err *err)
{
    const struct wrt_ctype *t = wrt_ctype(l->types, type);
    if (!t->has_resource || !first_visit(l, type)) {
        return 0;
    }
    if (comp_work(l, 1, err) < 0) {
        return -1;
    }
    switch (t->kind) {
    case WRT_T_RECORD:
    case WRT_T_VARIANT:
    case WRT_T_TUPLE:
    case WRT_T_FUNC:
        return free_list(l, t, err);
    case WRT_T_RESOURCE:
        mark(l, t->as.resource, true);
        return 0;
    case WRT_T_OWN:
    case WRT_T_BORROW:
        mark(l, wrt_ctype(l->types, t->as.handle)->as.resource, true);
        return 0;
    case WRT_T_INSTANCE:
    case WRT_T_COMPONENT:
        return free_iface(l, t->as.iface, err);
    case WRT_T_MAP:
    case WRT_T_RESULT:
        return free_value(l, t->as.of.elem, err) < 0 ? -1 : free_value(l, t->as.of.err, err);
    case WRT_T_LIST:
    case WRT_T_FIXED_LIST:
    case WRT_T_OPTION:
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        return free_value(l, t->as.of.elem, err);
    default:
        return 0;
    }
}

int comp_free_item(struct cload *l, const struct wrt_citem *item, struct wp_err *err)
{
    if (comp_work(l, 1, err) < 0) {
        return -1;
    }
    return item->kind == WRT_C_VALUE    ? free_value(l, item->type, err)
           : item->kind == WRT_C_MODULE ? 0
                                        : comp_free_type(l, item->type, err);
}

int comp_explicit(struct cload *l, const struct wrt_citem *items, uint32_t count, struct wp_err *err)
{
    if (comp_work(l, count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct wrt_ctype *t = items[i].kind == WRT_C_VALUE ? NULL : wrt_ctype(l->types, items[i].type);
        if (items[i].kind == WRT_C_TYPE && t->kind == WRT_T_RESOURCE) {
            mark(l, t->as.resource, true);
        }
        if (items[i].kind == WRT_C_INSTANCE && first_visit(l, items[i].type) &&
            comp_explicit(l, t->as.iface->exports, t->as.iface->export_count, err) < 0) {
            return -1;
        }
    }
    return 0;
}
