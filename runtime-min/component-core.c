/* SPDX-License-Identifier: Apache-2.0
 *
 * Core things inside a component (component-model Binary.md, "Instance Definitions", core types): types of modules, the
 * instances made of modules and of single functions, and what instances export. */
#include "runtime-min/component-parts.h"

/* ---- core types ---- */

/* No group can be made of modules. A type that nobody writes stands where a module type stands in the index space. */
static int module_mark(struct cload *l, struct wp_err *err)
{
    static const struct wrt_field odd[] = {{WRT_I8, true},  {WRT_I16, true}, {WRT_F64, false}, {WRT_I8, false},
                                           {WRT_F32, true}, {WRT_I16, true}, {WRT_I64, false}, {WRT_I8, true},
                                           {WRT_F32, true}, {WRT_F64, true}, {WRT_I16, false}, {WRT_I32, true}};
    const struct wrt_deftype t = {.kind = WRT_COMP_STRUCT,
                                  .final = true,
                                  .super = WRT_NO_INDEX,
                                  .as.data = {.fields = odd, .field_count = WP_ARRAY_LEN(odd)}};
    return l->module_mark != WRT_NO_INDEX ? 0 : wrt_types_intern(l->core, &t, 1, &l->module_mark, err);
}

int comp_push_core_type(struct scope *s, struct core_type_ref ref, const uint8_t *at, struct wp_err *err)
{
    struct cload *l = s->l;
    if (s->core_types.count >= WP_LIMIT_WASM_COMPONENT_ITEMS) {
        return comp_limit(l, at, "types", WP_LIMIT_WASM_COMPONENT_ITEMS, err);
    }
    if (ref.is_module && module_mark(l, err) < 0) {
        return -1;
    }
    struct core_type_ref *place = wrt_vec_add(l->mem, &s->core_types, sizeof(*place), err);
    uint32_t *id = place == NULL ? NULL : wrt_vec_add(l->mem, &s->core_ids, sizeof(*id), err);
    if (id == NULL) {
        return -1;
    }
    *place = ref;
    *id = ref.is_module ? l->module_mark : ref.id;
    return 0;
}

static bool names_mark(const struct cload *l, uint32_t type)
{
    return wrt_is_concrete(type) && wrt_type_id(type) == l->module_mark;
}

static bool uses_mark(const struct cload *l, const struct wrt_deftype *t)
{
    bool uses = t->super == l->module_mark && t->super != WRT_NO_INDEX;
    if (t->kind == WRT_COMP_FUNC) {
        for (uint32_t i = 0; i < t->as.func.param_count && !uses; i++) {
            uses = names_mark(l, t->as.func.params[i]);
        }
        for (uint32_t i = 0; i < t->as.func.result_count && !uses; i++) {
            uses = names_mark(l, t->as.func.results[i]);
        }
        return uses;
    }
    for (uint32_t i = 0; i < t->as.data.field_count && !uses; i++) {
        uses = names_mark(l, t->as.data.fields[i].type);
    }
    return uses;
}

static int read_group(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    struct wrt_module view = comp_core_view(s);
    uint32_t before = s->core_ids.count;
    if (wrt_read_rectype(&view, &s->core_ids, c, err) < 0) {
        return -1;
    }
    l->used |= view.used;
    for (uint32_t i = before; i < s->core_ids.count; i++) {
        uint32_t id = ((const uint32_t *)s->core_ids.items)[i];
        if (l->module_mark != WRT_NO_INDEX && uses_mark(l, wrt_deftype(l->core, id))) {
            return comp_fail(l, at, err, "a type index is that of a module type, not of a sub type");
        }
        struct core_type_ref *place = wrt_vec_add(l->mem, &s->core_types, sizeof(*place), err);
        if (place == NULL) {
            return -1;
        }
        *place = (struct core_type_ref){.id = id};
    }
    return s->core_types.count <= WP_LIMIT_WASM_COMPONENT_ITEMS
               ? 0
               : comp_limit(l, at, "types", WP_LIMIT_WASM_COMPONENT_ITEMS, err);
}

/* ---- module types ---- */

static struct wrt_mitem item_of(struct wp_span name, const struct wrt_externtype *x)
{
    struct wrt_mitem item = {.name = name, .kind = x->kind};
    switch (x->kind) {
    case WRT_TABLE:
        item.type = x->as.table.type;
        item.limits = x->as.table.limits;
        break;
    case WRT_MEMORY:
        item.limits = x->as.memory;
        break;
    case WRT_GLOBAL:
        item.type = x->as.global.type;
        item.mut = x->as.global.mut;
        break;
    default:
        item.type = x->as.type;
        break;
    }
    return item;
}

/* The body of a module type: the index space of its types is its own. */
struct mbody {
    struct scope *s;
    struct wrt_module view;
    struct wrt_vec ids, imports, exports;
};

static int read_mitem(struct mbody *b, struct wp_wasm_cursor *c, bool import, struct wp_err *err)
{
    struct wp_span module = wp_span(NULL, 0), name;
    struct wrt_externtype x;
    if ((import && wp_wasm_name(c, &module, err) < 0) || wp_wasm_name(c, &name, err) < 0 ||
        wrt_read_externtype(&b->view, c, &x, err) < 0) {
        return -1;
    }
    struct wrt_mitem *place = wrt_vec_add(b->s->l->mem, import ? &b->imports : &b->exports, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = item_of(name, &x);
    place->module = module;
    return 0;
}

static int set_ids(struct mbody *b, uint32_t id, struct wp_err *err)
{
    uint32_t *place = wrt_vec_add(b->s->l->mem, &b->ids, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = id;
    b->view.type_ids = b->ids.items;
    b->view.type_count = b->ids.count;
    return 0;
}

static int read_malias(struct mbody *b, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct cload *l = b->s->l;
    const uint8_t *at = c->p;
    uint8_t sort, target;
    uint32_t count, index;
    if (wp_wasm_byte(c, &sort, err) < 0) {
        return -1;
    }
    if (sort != 0x10) {
        return comp_leading(c, "outer alias kind", err);
    }
    if (wp_wasm_byte(c, &target, err) < 0) {
        return -1;
    }
    if (target != 0x01) {
        return comp_leading(c, "outer alias target", err);
    }
    if (wp_wasm_u32(c, &count, err) < 0 || wp_wasm_u32(c, &index, err) < 0) {
        return -1;
    }
    if (count == 0) {
        uint32_t id;
        return comp_id_at(b->s, &b->ids, "type", index, at, &id, err) < 0 ? -1 : set_ids(b, id, err);
    }
    const struct scope *outer = comp_outer(b->s, count - 1, at, err);
    if (outer == NULL || comp_at_index(outer, &outer->core_types, "type", index, at, err) < 0) {
        return -1;
    }
    const struct core_type_ref *ref = (const struct core_type_ref *)outer->core_types.items + index;
    return ref->is_module ? comp_fail(l, at, err, "a module type cannot be aliased into a module type")
                          : set_ids(b, ref->id, err);
}

static int read_mdecl(struct mbody *b, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint8_t lead;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    switch (lead) {
    case 0x00:
        return read_mitem(b, c, true, err);
    case 0x01:
        return wrt_read_rectype(&b->view, &b->ids, c, err);
    case 0x02:
        return read_malias(b, c, err);
    case 0x03:
        return read_mitem(b, c, false, err);
    default:
        return comp_leading(c, "type definition", err);
    }
}

static int add_mtype(struct cload *l, struct wrt_mtype *t, const uint8_t *at, uint32_t *ret, struct wp_err *err)
{
    uint32_t twice = 0;
    int same =
        comp_index_build(l->mem, &t->import_index, t->imports, t->import_count, sizeof(*t->imports), &twice, err);
    if (same > 0) {
        return comp_fail(l, at, err, "module has a duplicate import name '%.*s:%.*s' that is not allowed in components",
                         COMP_TEXT(t->imports[twice].module), COMP_TEXT(t->imports[twice].name));
    }
    if (same == 0) {
        same =
            comp_index_build(l->mem, &t->export_index, t->exports, t->export_count, sizeof(*t->exports), &twice, err);
    }
    if (same > 0) {
        return comp_fail(l, at, err, "duplicate export name '%.*s' already defined", COMP_TEXT(t->exports[twice].name));
    }
    struct wrt_ctype made = {.kind = WRT_T_MODULE, .size = 1, .depth = 1, .alias_of = WRT_NO_INDEX, .as.module = t};
    made.size = (uint32_t)WP_MIN(1 + (uint64_t)t->import_count + t->export_count, WP_LIMIT_WASM_TYPE_SIZE - 1);
    return same < 0 ? -1 : comp_type_add(l, &made, ret, err);
}

static int read_module_type(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    struct mbody b = {.s = s, .view = {.types = l->core, .base = l->base, .features = l->features}};
    struct wrt_mtype *t = wrt_alloc(l->mem, 1, sizeof(*t), err);
    uint32_t count;
    c->p++;
    if (t == NULL || wrt_read_count(c, "declarations", 0, WP_LIMIT_WASM_NAMES, 2, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (read_mdecl(&b, c, err) < 0) {
            return -1;
        }
    }
    l->used |= b.view.used;
    wrt_vec_done(l->mem, &b.ids, sizeof(uint32_t));
    const void *imports, *exports;
    if (comp_freeze(l->mem, &b.imports, sizeof(struct wrt_mitem), &imports, &t->import_count, err) < 0 ||
        comp_freeze(l->mem, &b.exports, sizeof(struct wrt_mitem), &exports, &t->export_count, err) < 0) {
        return -1;
    }
    t->imports = imports;
    t->exports = exports;
    return add_mtype(l, t, at, ret, err);
}

int comp_read_core_type(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct core_type_ref ref = {.is_module = true};
    if (c->p < c->end && *c->p == 0x50) {
        return read_module_type(s, c, &ref.id, err) < 0 ? -1 : comp_push_core_type(s, ref, at, err);
    }
    /* 0x50 means "sub" inside of modules; here it needs a zero in front. */
    if (c->p < c->end && *c->p == 0x00) {
        c->p++;
        if (c->p < c->end && *c->p != 0x50) {
            c->p++;
            return comp_leading(c, "non-final sub type", err);
        }
    }
    return read_group(s, c, err);
}

static struct wrt_mitem module_item(const struct wrt_module *m, struct wp_span name, enum wrt_extern_kind kind,
                                    uint32_t index)
{
    struct wrt_externtype x = {.kind = kind};
    switch (kind) {
    case WRT_FUNC:
        x.as.type = m->funcs[index];
        break;
    case WRT_TABLE:
        x.as.table = m->tables[index];
        break;
    case WRT_MEMORY:
        x.as.memory = m->memories[index];
        break;
    case WRT_GLOBAL:
        x.as.global = m->globals[index];
        break;
    default:
        x.as.type = m->tags[index];
        break;
    }
    return item_of(name, &x);
}

int comp_module_type(struct cload *l, const struct wrt_module *m, const uint8_t *at, uint32_t *ret, struct wp_err *err)
{
    struct wrt_mtype *t = wrt_alloc(l->mem, 1, sizeof(*t), err);
    struct wrt_mitem *imports = t == NULL ? NULL : wrt_alloc(l->mem, m->import_count, sizeof(*imports), err);
    struct wrt_mitem *exports = imports == NULL ? NULL : wrt_alloc(l->mem, m->export_count, sizeof(*exports), err);
    if (exports == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < m->import_count; i++) {
        imports[i] = module_item(m, m->imports[i].name, m->imports[i].kind, m->imports[i].index);
        imports[i].module = m->imports[i].module;
    }
    for (uint32_t i = 0; i < m->export_count; i++) {
        exports[i] = module_item(m, m->exports[i].name, m->exports[i].kind, m->exports[i].index);
    }
    *t = (struct wrt_mtype){
        .imports = imports, .exports = exports, .import_count = m->import_count, .export_count = m->export_count};
    return add_mtype(l, t, at, ret, err);
}
