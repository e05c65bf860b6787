/* SPDX-License-Identifier: Apache-2.0
 *
 * Core instances (component-model Binary.md, "Instance Definitions"): modules with arguments, single things under new
 * names, and what both export. */
#include "runtime-min/component-parts.h"

struct core_arg {
    struct wp_span name, module;
    const struct wrt_mtype *instance;
};
struct core_args {
    struct core_arg *items;
    uint32_t count;
    struct wrt_name_index index;
};

static int core_instance_at(const struct scope *s, uint32_t index, const uint8_t *at, const struct wrt_mtype **ret,
                            struct wp_err *err)
{
    if (comp_at_index(s, &s->core_instances, "core instance", index, at, err) < 0) {
        return -1;
    }
    *ret = ((const struct wrt_mtype *const *)s->core_instances.items)[index];
    return 0;
}

static int read_core_arg(struct scope *s, struct wp_wasm_cursor *c, struct core_arg *a, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t kind;
    uint32_t index;
    if (wp_wasm_name(c, &a->name, err) < 0 || wp_wasm_byte(c, &kind, err) < 0) {
        return -1;
    }
    if (kind != 0x12) {
        return comp_leading(c, "instantiation arg kind", err);
    }
    return wp_wasm_u32(c, &index, err) < 0 ? -1 : core_instance_at(s, index, at, &a->instance, err);
}

static int read_core_args(struct scope *s, struct wp_wasm_cursor *c, struct core_args *args, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t twice;
    if (wrt_read_count(c, "arguments", 0, WP_LIMIT_WASM_NAMES, 3, &args->count, err) < 0) {
        return -1;
    }
    args->items = wrt_alloc(s->l->mem, args->count, sizeof(*args->items), err);
    for (uint32_t i = 0; args->items != NULL && i < args->count; i++) {
        if (read_core_arg(s, c, &args->items[i], err) < 0) {
            return -1;
        }
    }
    int same = args->items == NULL ? -1
                                   : comp_index_build(s->l->mem, &args->index, args->items, args->count,
                                                      sizeof(*args->items), &twice, err);
    return same <= 0 ? same
                     : comp_fail(s->l, at, err, "duplicate module instantiation argument named '%.*s'",
                                 COMP_TEXT(args->items[twice].name));
}

static int check_core_arg(struct cload *l, const struct core_args *args, const struct wrt_mitem *need,
                          struct wp_err *err)
{
    if (comp_work_names(l, need->module, need->name, err) < 0) {
        return -1;
    }
    uint32_t i =
        comp_index_find(&args->index, args->items, args->count, sizeof(*args->items), need->module, wp_span(NULL, 0));
    if (i == WRT_NO_INDEX) {
        return wp_fail(err, WP_E_MODULE, "missing module instantiation argument named '%.*s'", COMP_TEXT(need->module));
    }
    const struct wrt_mitem *have = comp_core_export(args->items[i].instance, need->name);
    if (have == NULL) {
        return wp_fail(err, WP_E_MODULE, "module instantiation argument '%.*s' does not export an item named '%.*s'",
                       COMP_TEXT(need->module), COMP_TEXT(need->name));
    }
    return comp_core_matches(l, have, need, err) < 0
               ? wp_wrap(err, "type mismatch for export '%.*s' of module instantiation argument '%.*s'",
                         COMP_TEXT(need->name), COMP_TEXT(need->module))
               : 0;
}

static int instantiate(struct scope *s, struct wp_wasm_cursor *c, const struct wrt_mtype **ret, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    uint32_t index, id;
    struct core_args args = {.items = NULL};
    if (wp_wasm_u32(c, &index, err) < 0 || comp_id_at(s, &s->core_modules, "module", index, at, &id, err) < 0 ||
        read_core_args(s, c, &args, err) < 0) {
        return -1;
    }
    const struct wrt_mtype *t = wrt_ctype(l->types, id)->as.module;

    for (uint32_t i = 0; i < t->import_count; i++) {
        if (check_core_arg(l, &args, &t->imports[i], err) < 0) {
            return comp_at(l, at, err);
        }
    }
    wrt_give_back(l->mem, args.items, args.count, sizeof(*args.items));
    *ret = t;
    return 0;
}

static int core_item_at(struct scope *s, uint8_t sort, uint32_t index, const uint8_t *at, struct wrt_mitem *ret,
                        struct wp_err *err)
{
    const struct {
        const struct wrt_vec *space;
        const char *word;
    } rows[] = {{&s->core_funcs, "core function"},
                {&s->core_tables, "table"},
                {&s->core_memories, "memory"},
                {&s->core_globals, "global"},
                {&s->core_tags, "tag"}};
    if (comp_at_index(s, rows[sort].space, rows[sort].word, index, at, err) < 0) {
        return -1;
    }
    struct wp_span name = ret->name;
    if (sort == WRT_FUNC || sort == WRT_TAG) {
        *ret = (struct wrt_mitem){.type = ((const uint32_t *)rows[sort].space->items)[index]};
    } else {
        *ret = ((const struct wrt_mitem *)rows[sort].space->items)[index];
    }
    ret->kind = (enum wrt_extern_kind)sort;
    ret->name = name;
    ret->module = wp_span(NULL, 0);
    return 0;
}

static int read_core_export(struct scope *s, struct wp_wasm_cursor *c, struct wrt_mitem *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t sort;
    uint32_t index;
    if (wp_wasm_name(c, &ret->name, err) < 0 || wp_wasm_byte(c, &sort, err) < 0) {
        return -1;
    }
    if (sort > WRT_TAG) {
        return comp_leading(c, "external kind", err);
    }
    return wp_wasm_u32(c, &index, err) < 0 ? -1 : core_item_at(s, sort, index, at, ret, err);
}

static int from_exports(struct scope *s, struct wp_wasm_cursor *c, const struct wrt_mtype **ret, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    uint32_t count, twice;
    if (wrt_read_count(c, "exports", 0, WP_LIMIT_WASM_NAMES, 3, &count, err) < 0) {
        return -1;
    }
    struct wrt_mtype *t = wrt_alloc(l->mem, 1, sizeof(*t), err);
    struct wrt_mitem *items = t == NULL ? NULL : wrt_alloc(l->mem, count, sizeof(*items), err);
    for (uint32_t i = 0; items != NULL && i < count; i++) {
        if (read_core_export(s, c, &items[i], err) < 0) {
            return -1;
        }
    }
    if (items == NULL) {
        return -1;
    }
    *t = (struct wrt_mtype){.exports = items, .export_count = count};
    *ret = t;
    int same = comp_index_build(l->mem, &t->export_index, items, count, sizeof(*items), &twice, err);
    return same <= 0 ? same
                     : comp_fail(l, at, err, "duplicate instantiation export name '%.*s' already defined",
                                 COMP_TEXT(items[twice].name));
}

int comp_read_core_instance(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    const struct wrt_mtype *t = NULL;
    uint8_t lead;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    if (lead > 1) {
        return comp_leading(c, "core instance", err);
    }
    if (s->core_instances.count + s->instances.count >= WP_LIMIT_WASM_INSTANCES) {
        return comp_limit(s->l, at, "instances", WP_LIMIT_WASM_INSTANCES, err);
    }
    if ((lead == 0 ? instantiate(s, c, &t, err) : from_exports(s, c, &t, err)) < 0) {
        return -1;
    }
    const struct wrt_mtype **place = wrt_vec_add(s->l->mem, &s->core_instances, sizeof(void *), err);
    if (place == NULL) {
        return -1;
    }
    *place = t;
    return 0;
}

static int push_core_item(struct scope *s, const struct wrt_mitem *item, const uint8_t *at, struct wp_err *err)
{
    struct wrt_vec *spaces[] = {&s->core_funcs, &s->core_tables, &s->core_memories, &s->core_globals, &s->core_tags};
    struct wrt_vec *space = spaces[item->kind];
    if (item->kind == WRT_FUNC || item->kind == WRT_TAG) {
        return comp_push_id(s, space, "core functions", WP_LIMIT_WASM_COMPONENT_ITEMS, item->type, at, err);
    }
    if (space->count >= WP_LIMIT_WASM_COMPONENT_ITEMS) {
        return comp_limit(s->l, at, "core definitions", WP_LIMIT_WASM_COMPONENT_ITEMS, err);
    }
    struct wrt_mitem *place = wrt_vec_add(s->l->mem, space, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = *item;
    return 0;
}

int comp_alias_core_export(struct scope *s, uint8_t sort, uint32_t instance, struct wp_span name, const uint8_t *at,
                           struct wp_err *err)
{
    static const char *const words[] = {"function", "table", "memory", "global", "tag"};
    const struct wrt_mtype *t = NULL;
    if (core_instance_at(s, instance, at, &t, err) < 0) {
        return -1;
    }
    const struct wrt_mitem *item = comp_core_export(t, name);
    if (item == NULL) {
        return comp_fail(s->l, at, err, "core instance %u has no export named '%.*s'", instance, COMP_TEXT(name));
    }
    if ((uint8_t)item->kind != sort) {
        return comp_fail(s->l, at, err, "export '%.*s' for core instance %u is not a %s", COMP_TEXT(name), instance,
                         words[sort]);
    }
    return push_core_item(s, item, at, err);
}
