/* SPDX-License-Identifier: Apache-2.0
 *
 * Type definitions with a body of their own (component-model Binary.md, "Type Definitions"):
 * components, instances and resources; the descriptions of imports and exports. Bodies nest, at most
 * WP_LIMIT_WASM_TYPE_DEPTH levels deep. */
#include "runtime-min/component-parts.h"

struct wrt_module comp_core_view(const struct scope *s)
{
    return (struct wrt_module){.types = s->l->core,
                               .base = s->l->base,
                               .features = s->l->features,
                               .type_ids = s->core_ids.items,
                               .type_count = s->core_ids.count};
}

/* ---- resources ---- */

static int check_destructor(struct scope *s, uint32_t func, uint32_t rep, const uint8_t *at, struct wp_err *err)
{
    uint32_t id;
    if (comp_id_at(s, &s->core_funcs, "core function", func, at, &id, err) < 0) {
        return -1;
    }
    const struct wrt_deftype *t = wrt_deftype(s->l->core, id);
    bool fits = t->as.func.param_count == 1 && t->as.func.params[0] == rep && t->as.func.result_count == 0;
    return fits ? 0 : comp_fail(s->l, at, err, "core function %u has wrong signature for a destructor", func);
}

static int read_resource(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p - 1;
    struct wrt_module view = comp_core_view(s);
    uint32_t rep, number, dtor = WRT_NO_INDEX;
    uint8_t there;
    if (wrt_read_valtype(&view, c, &rep, err) < 0 || wp_wasm_byte(c, &there, err) < 0) {
        return -1;
    }
    if (there > 1) {
        return comp_leading(c, "resource destructor", err);
    }
    if (there == 1 && wp_wasm_u32(c, &dtor, err) < 0) {
        return -1;
    }
    if (s->kind != SCOPE_COMPONENT) {
        return comp_fail(s->l, at, err, "resources can only be defined within a concrete component");
    }
    if (rep != WRT_I32 && rep != WRT_I64) {
        return comp_fail(s->l, at, err, "resources can only be represented by 'i32' or 'i64'");
    }
    if ((rep == WRT_I64 && comp_need(s->l, WRT_F_CM64, at, "a resource of 64 bits", err) < 0) ||
        (there == 1 && check_destructor(s, dtor, rep, at, err) < 0) || comp_resource_new(s->l, &number, ret, err) < 0) {
        return -1;
    }
    uint32_t *place = wrt_vec_add(s->l->mem, &s->defined, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = number;
    return idmap_put(s->l->mem, &s->reps, number, rep, err);
}

/* ---- bodies of component and instance types ---- */

static int read_import_decl(struct scope *s, struct wp_wasm_cursor *c, enum scope_side side, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct wrt_citem item = {.kind = WRT_C_TYPE};
    if (comp_extern_name(s->l, c, &item, err) < 0 || comp_read_extern_type(s, c, &item, err) < 0) {
        return -1;
    }
    return comp_add_extern(s, &item, side, at, err);
}

static int read_decl(struct scope *s, struct wp_wasm_cursor *c, unsigned nesting, struct wp_err *err)
{
    uint8_t lead;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    switch (lead) {
    case 0x00:
        return comp_read_core_type(s, c, err);
    case 0x01:
        return comp_read_type(s, c, nesting, err);
    case 0x02:
        return comp_read_alias(s, c, err);
    case 0x03:
        if (s->kind == SCOPE_COMPONENT_TYPE) {
            return read_import_decl(s, c, SIDE_IMPORT, err);
        }
        break;
    case 0x04:
        return read_import_decl(s, c, SIDE_EXPORT, err);
    default:
        break;
    }
    return comp_leading(c, "component or instance type declaration", err);
}

void comp_scope_done(struct scope *s)
{
    struct wrt_mem *mem = s->l->mem;
    struct wrt_vec *ids[] = {&s->core_ids, &s->core_funcs, &s->core_tags, &s->core_modules,
                             &s->types,    &s->funcs,      &s->instances, &s->components};
    for (size_t i = 0; i < WP_ARRAY_LEN(ids); i++) {
        wrt_vec_done(mem, ids[i], sizeof(uint32_t));
    }
    wrt_vec_done(mem, &s->core_types, sizeof(struct core_type_ref));
    wrt_vec_done(mem, &s->values, sizeof(struct value_ref));
}

int comp_iface_type(struct scope *s, enum wrt_ctype_kind kind, const uint8_t *at, uint32_t *ret, struct wp_err *err)
{
    struct cload *l = s->l;
    struct wrt_ctype t = {.kind = kind, .size = s->size, .depth = s->type_depth, .alias_of = WRT_NO_INDEX};
    struct wrt_ciface *iface = wrt_alloc(l->mem, 1, sizeof(*iface), err);
    if (iface == NULL || comp_finish(s, iface, at, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < iface->import_count; i++) {
        t.has_resource |= comp_item_has_resource(l, &iface->imports[i]);
    }
    for (uint32_t i = 0; i < iface->export_count; i++) {
        t.has_resource |= comp_item_has_resource(l, &iface->exports[i]);
    }
    t.as.iface = iface;
    return comp_type_add(l, &t, ret, err);
}

static int read_body(struct scope *up, struct wp_wasm_cursor *c, enum scope_kind kind, unsigned nesting, uint32_t *ret,
                     struct wp_err *err)
{
    const uint8_t *at = c->p - 1;
    struct scope s = {.l = up->l, .up = up, .kind = kind, .depth = up->depth, .size = 1, .type_depth = 1};
    uint32_t count;
    if (nesting >= WP_LIMIT_WASM_TYPE_DEPTH) {
        return comp_limit(s.l, at, "component and instance types within one another", WP_LIMIT_WASM_TYPE_DEPTH, err);
    }
    if (wrt_read_count(c, "declarations", 0, WP_LIMIT_WASM_COMPONENT_ITEMS, 2, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (read_decl(&s, c, nesting + 1, err) < 0) {
            return -1;
        }
    }
    enum wrt_ctype_kind made = kind == SCOPE_INSTANCE_TYPE ? WRT_T_INSTANCE : WRT_T_COMPONENT;
    if (comp_iface_type(&s, made, at, ret, err) < 0) {
        return -1;
    }
    comp_scope_done(&s);
    return 0;
}

int comp_read_type(struct scope *s, struct wp_wasm_cursor *c, unsigned nesting, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t lead;
    uint32_t id = WRT_NO_INDEX;
    int rc;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    switch (lead) {
    case 0x3f:
        rc = read_resource(s, c, &id, err);
        break;
    case 0x40:
    case 0x43:
        rc = comp_read_func_type(s, c, lead == 0x43, &id, err);
        break;
    case 0x41:
        rc = read_body(s, c, SCOPE_COMPONENT_TYPE, nesting, &id, err);
        break;
    case 0x42:
        rc = read_body(s, c, SCOPE_INSTANCE_TYPE, nesting, &id, err);
        break;
    default:
        rc = comp_read_deftype(s, c, lead, &id, err);
        break;
    }
    return rc < 0 ? -1 : comp_push_id(s, &s->types, "types", WP_LIMIT_WASM_COMPONENT_ITEMS, id, at, err);
}

/* ---- descriptions of imports and exports ---- */

static int read_bound(struct scope *s, struct wp_wasm_cursor *c, struct wrt_citem *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t bound;
    uint32_t index, number;
    if (wp_wasm_byte(c, &bound, err) < 0) {
        return -1;
    }
    if (bound > 1) {
        return comp_leading(c, "type bound", err);
    }
    if (bound == 1) {
        if (comp_resource_new(s->l, &number, &ret->type, err) < 0) {
            return -1;
        }
        ret->of = ret->type;
        return 0;
    }
    return wp_wasm_u32(c, &index, err) < 0 || comp_id_at(s, &s->types, "type", index, at, &ret->of, err) < 0
               ? -1
               : comp_type_alias(s->l, ret->of, &ret->type, err);
}

static int read_module_ref(struct scope *s, struct wp_wasm_cursor *c, struct wrt_citem *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t index;
    if (wp_wasm_u32(c, &index, err) < 0 || comp_at_index(s, &s->core_types, "type", index, at, err) < 0) {
        return -1;
    }
    const struct core_type_ref *ref = (const struct core_type_ref *)s->core_types.items + index;
    ret->type = ref->id;
    return ref->is_module ? 0 : comp_fail(s->l, at, err, "core type index %u is not a module type", index);
}

int comp_read_extern_type(struct scope *s, struct wp_wasm_cursor *c, struct wrt_citem *ret, struct wp_err *err)
{
    static const struct {
        enum wrt_ctype_kind want;
        const char *word;
    } rows[] = {[WRT_C_FUNC] = {WRT_T_FUNC, "a function"},
                [WRT_C_INSTANCE] = {WRT_T_INSTANCE, "an instance"},
                [WRT_C_COMPONENT] = {WRT_T_COMPONENT, "a component"}};
    uint32_t index;
    if (comp_sort(c, &ret->kind, err) < 0) {
        return -1;
    }
    const uint8_t *at = c->p;
    switch (ret->kind) {
    case WRT_C_MODULE:
        return read_module_ref(s, c, ret, err);
    case WRT_C_TYPE:
        return read_bound(s, c, ret, err);
    case WRT_C_VALUE:
        return comp_need(s->l, WRT_F_CM_VALUES, at, "a value", err) < 0 ? -1 : comp_read_valtype(s, c, &ret->type, err);
    default:
        break;
    }
    if (wp_wasm_u32(c, &index, err) < 0 || comp_id_at(s, &s->types, "type", index, at, &ret->type, err) < 0) {
        return -1;
    }
    return wrt_ctype(s->l->types, ret->type)->kind == rows[ret->kind].want
               ? 0
               : comp_fail(s->l, at, err, "type index %u is not %s type", index, rows[ret->kind].word);
}
