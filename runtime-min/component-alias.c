/* SPDX-License-Identifier: Apache-2.0
 *
 * Aliases (component-model Binary.md, "Alias Definitions"): exports of instances and things of the components around.
 * What comes into a component from outside must not name resources. */
#include "runtime-min/component-parts.h"

struct alias {
    const uint8_t *at;
    uint8_t sort, core; /* core: the second byte, when sort is 0 */
};

static int leading_at(const struct scope *s, const uint8_t *at, const char *what, struct wp_err *err)
{
    return comp_fail(s->l, at, err, "invalid leading byte (0x%x) for %s", *at, what);
}

static int alias_export(struct scope *s, struct wp_wasm_cursor *c, const struct alias *a, struct wp_err *err)
{
    struct wp_wasm_cursor sort = {.start = c->start, .p = a->at, .end = c->end};
    enum wrt_extern_kind kind;
    uint32_t index, id;
    struct wp_span name;
    if (comp_sort(&sort, &kind, err) < 0 || wp_wasm_u32(c, &index, err) < 0 || wp_wasm_name(c, &name, err) < 0) {
        return -1;
    }
    if (s->kind != SCOPE_COMPONENT && kind != WRT_C_TYPE && kind != WRT_C_INSTANCE) {
        return comp_fail(s->l, a->at, err,
                         "aliases in a component or instance type may only refer to types or instances");
    }
    if ((kind == WRT_C_VALUE && comp_need(s->l, WRT_F_CM_VALUES, a->at, "a value", err) < 0) ||
        comp_id_at(s, &s->instances, "instance", index, a->at, &id, err) < 0) {
        return -1;
    }
    const struct wrt_citem *item = wrt_citem_find(wrt_ctype(s->l->types, id)->as.iface, true, name);
    if (item == NULL) {
        return comp_fail(s->l, a->at, err, "instance %u has no export named '%.*s'", index, COMP_TEXT(name));
    }
    if (item->kind != kind) {
        return comp_fail(s->l, a->at, err, "export '%.*s' for instance %u is not a %s", COMP_TEXT(name), index,
                         comp_item_word(kind));
    }
    return comp_push_item(s, item, false, a->at, err);
}

static int alias_core(struct scope *s, struct wp_wasm_cursor *c, const struct alias *a, struct wp_err *err)
{
    uint32_t index;
    struct wp_span name;
    if (a->sort != 0) {
        return leading_at(s, a->at, "core instance export kind", err);
    }
    if (a->core > WRT_TAG) {
        return leading_at(s, a->at + 1, "external kind", err);
    }
    if (wp_wasm_u32(c, &index, err) < 0 || wp_wasm_name(c, &name, err) < 0) {
        return -1;
    }
    if (s->kind != SCOPE_COMPONENT) {
        return comp_fail(s->l, a->at, err,
                         "aliases in a component or instance type may only refer to types or instances");
    }
    return comp_alias_core_export(s, a->core, index, name, a->at, err);
}

struct scope *comp_outer(struct scope *s, uint32_t count, const uint8_t *at, struct wp_err *err)
{
    struct scope *outer = s;
    for (uint32_t i = 0; i < count && outer != NULL; i++) {
        outer = outer->up;
    }
    if (outer == NULL) {
        comp_fail(s->l, at, err, "invalid outer alias count of %u", count);
    }
    return outer;
}

/* Components are closed: what they bring in from outside names no resources. */
static int check_captures(struct scope *s, struct scope *outer, uint32_t id, const uint8_t *at, struct wp_err *err)
{
    struct scope *border = s;
    while (border != outer && border->up != outer) {
        border = border->up;
    }
    if (border == outer || border->kind != SCOPE_COMPONENT) {
        return 0;
    }
    const struct wrt_ctype *t = wrt_ctype(s->l->types, id);
    uint8_t depth = 0;
    if (comp_grow(s->l, at, &border->outer_size, &depth, t->size, 0, err) < 0 || comp_free_begin(s->l, err) < 0 ||
        comp_free_type(s->l, id, err) < 0) {
        return -1;
    }
    return comp_free_any(s->l) ? comp_fail(s->l, at, err,
                                           "cannot alias outer type which transitively refers to resources not defined "
                                           "in the current component")
                               : 0;
}

static int alias_outer_core_type(struct scope *s, const struct scope *outer, uint32_t index, const uint8_t *at,
                                 struct wp_err *err)
{
    if (comp_at_index(outer, &outer->core_types, "type", index, at, err) < 0) {
        return -1;
    }
    return comp_push_core_type(s, ((const struct core_type_ref *)outer->core_types.items)[index], at, err);
}

static int alias_outer(struct scope *s, struct wp_wasm_cursor *c, const struct alias *a, struct wp_err *err)
{
    bool core_type = a->sort == 0 && a->core == 0x10, module = a->sort == 0 && a->core == 0x11;
    struct wrt_citem item = {.kind = module ? WRT_C_MODULE : a->sort == 0x04 ? WRT_C_COMPONENT : WRT_C_TYPE};
    uint32_t count, index;
    if (!core_type && !module && a->sort != 0x03 && a->sort != 0x04) {
        return leading_at(s, a->at + (a->sort == 0), "component outer alias kind", err);
    }
    if (wp_wasm_u32(c, &count, err) < 0 || wp_wasm_u32(c, &index, err) < 0) {
        return -1;
    }
    if (s->kind != SCOPE_COMPONENT && (module || a->sort == 0x04)) {
        return comp_fail(s->l, a->at, err,
                         "aliases in a component or instance type may only refer to types or instances");
    }
    struct scope *outer = comp_outer(s, count, a->at, err);
    if (outer == NULL) {
        return -1;
    }
    if (core_type) {
        return alias_outer_core_type(s, outer, index, a->at, err);
    }
    if (comp_item_at(outer, item.kind, index, a->at, &item, err) < 0 ||
        (item.kind == WRT_C_TYPE && check_captures(s, outer, item.type, a->at, err) < 0)) {
        return -1;
    }
    return comp_push_item(s, &item, false, a->at, err);
}

int comp_read_alias(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct alias a = {.at = c->p};
    uint8_t target;
    if (wp_wasm_byte(c, &a.sort, err) < 0 || (a.sort == 0 && wp_wasm_byte(c, &a.core, err) < 0) ||
        wp_wasm_byte(c, &target, err) < 0) {
        return -1;
    }
    switch (target) {
    case 0x00:
        return alias_export(s, c, &a, err);
    case 0x01:
        return alias_core(s, c, &a, err);
    case 0x02:
        return alias_outer(s, c, &a, err);
    default:
        return comp_leading(c, "alias", err);
    }
}
