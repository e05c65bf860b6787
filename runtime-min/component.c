/* SPDX-License-Identifier: Apache-2.0
 *
 * Components (component-model Binary.md, "Component Definitions"): sections in any order, any number of times, and the
 * modules and components inside. One pass: each definition is validated where it is read, against what stands before
 * it. */
#include "runtime-min/component-parts.h"
#include "runtime-min/scan-parts.h"

/* ---- modules and components inside ---- */

static int part_preamble(struct cload *l, struct wp_wasm_cursor *c, enum wp_wasm_kind want, struct wp_err *err)
{
    const uint8_t *at = c->p;
    enum wp_wasm_kind kind;
    if (at != l->base && ++l->parts > WP_LIMIT_WASM_COMPONENT_PARTS) {
        return comp_limit(l, at, "modules and components", WP_LIMIT_WASM_COMPONENT_PARTS, err);
    }
    if (wp_wasm_preamble(c, &kind, err) < 0) {
        return -1;
    }
    return kind == want ? 0
                        : comp_fail(l, at, err, "expected a version header for a %s",
                                    want == WP_WASM_MODULE ? "module" : "component");
}

static int read_module(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    uint32_t type;
    struct wrt_module *m = wrt_alloc(l->mem, 1, sizeof(*m), err);
    const struct wrt_module **place = m == NULL ? NULL : wrt_vec_add(l->mem, &s->modules, sizeof(void *), err);
    if (place == NULL) {
        return -1;
    }
    *place = m;
    *m = (struct wrt_module){
        .types = l->core, .bytes = wp_span(at, (size_t)(c->end - at)), .base = l->base, .features = l->features};
    l->fault->depth = s->depth + 1;
    if (part_preamble(l, c, WP_WASM_MODULE, err) < 0 || wrt_module_decode(m, c, l->mem, err) < 0 ||
        scan_validate_code(m, l->threads, l->mem, l->fault, err) < 0) {
        return -1;
    }
    l->fault->depth = s->depth;
    l->used |= m->used;
    if (comp_module_type(l, m, at, &type, err) < 0) {
        return -1;
    }
    return comp_push_id(s, &s->core_modules, "modules", WP_LIMIT_WASM_COMPONENT_PARTS, type, at, err);
}

static int load(struct cload *l, struct scope *up, struct wp_wasm_cursor *c, struct wrt_component **ret,
                struct wp_err *err);

static int read_component(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct wrt_component *made = NULL;
    if (s->depth + 1 > WP_LIMIT_WASM_DEPTH) {
        return comp_limit(s->l, at, "levels of components within components", WP_LIMIT_WASM_DEPTH, err);
    }
    if (load(s->l, s, c, &made, err) < 0) {
        return -1;
    }
    const struct wrt_component **place = wrt_vec_add(s->l->mem, &s->nested, sizeof(void *), err);
    if (place == NULL) {
        return -1;
    }
    *place = made;
    return comp_push_id(s, &s->components, "components", WP_LIMIT_WASM_COMPONENT_PARTS, made->type, at, err);
}

/* ---- start ---- */

static int check_start_args(struct scope *s, const struct wrt_ctype *func, const uint32_t *args, uint32_t count,
                            const uint8_t *at, struct wp_err *err)
{
    const struct match m = {.l = s->l, .a = 0, .b = 1};
    if (func->as.list.count != count) {
        return comp_fail(s->l, at, err, "component start function requires %u arguments but was given %u",
                         func->as.list.count, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t type;
        if (comp_value_use(s, args[i], at, &type, err) < 0) {
            return -1;
        }
        if (comp_value_matches(&m, type, func->as.list.items[i].type, err) < 0) {
            wp_wrap(err, "value type mismatch for component start function argument %u", i);
            return comp_at(s->l, at, err);
        }
    }
    return 0;
}

static int read_start(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct cload *l = s->l;
    const uint8_t *at = c->p;
    uint32_t func, count, results, id;
    if (wp_wasm_u32(c, &func, err) < 0 ||
        wrt_read_count(c, "arguments", 0, WP_LIMIT_WASM_COMPONENT_PARAMS, 1, &count, err) < 0) {
        return -1;
    }
    uint32_t *args = wrt_alloc(l->mem, count, sizeof(*args), err);
    for (uint32_t i = 0; args != NULL && i < count; i++) {
        if (wp_wasm_u32(c, &args[i], err) < 0) {
            return -1;
        }
    }
    if (args == NULL || wp_wasm_u32(c, &results, err) < 0 ||
        comp_need(l, WRT_F_CM_VALUES, at, "a start function", err) < 0) {
        return -1;
    }
    if (s->has_start) {
        return comp_fail(l, at, err, "component cannot have more than one start function");
    }
    s->has_start = true;
    if (comp_id_at(s, &s->funcs, "function", func, at, &id, err) < 0) {
        return -1;
    }
    const struct wrt_ctype type = *wrt_ctype(l->types, id);
    if (check_start_args(s, &type, args, count, at, err) < 0) {
        return -1;
    }
    uint32_t has = type.as.list.result != WRT_V_NONE;
    if (results != has) {
        return comp_fail(l, at, err, "component start function has a result count of %u but its type has %u", results,
                         has);
    }
    const struct wrt_citem value = {.kind = WRT_C_VALUE, .type = type.as.list.result};
    return has == 0 ? 0 : comp_push_item(s, &value, false, at, err);
}

/* ---- sections ---- */

enum { SECTION_CUSTOM, SECTION_START = 9, SECTION_COUNT = 12 };

static int read_type(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    return comp_read_type(s, c, 0, err);
}

/* vector: a count and that many definitions; else one. */
static const struct section_row {
    const char *title;
    int (*read)(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err);
    bool vector;
} rows[SECTION_COUNT] = {
    {"custom", NULL, false},
    {"core module", read_module, false},
    {"core instance", comp_read_core_instance, true},
    {"core type", comp_read_core_type, true},
    {"component", read_component, false},
    {"instance", comp_read_instance, true},
    {"alias", comp_read_alias, true},
    {"type", read_type, true},
    {"canon", comp_read_canon, true},
    {"start", read_start, false},
    {"import", comp_read_import, true},
    {"export", comp_read_export, true},
};

static int read_section(struct scope *s, const struct wp_wasm_section *section, struct wp_err *err)
{
    struct cload *l = s->l;
    if (++l->sections > WP_LIMIT_WASM_SECTIONS) {
        return comp_limit(l, section->whole.ptr, "sections", WP_LIMIT_WASM_SECTIONS, err);
    }
    if (section->id == SECTION_CUSTOM) {
        return 0;
    }
    const struct section_row *row = &rows[section->id];
    struct wp_wasm_cursor c = {.start = l->base, .p = section->body.ptr, .end = section->body.ptr + section->body.len};
    uint32_t count = 1;
    if (row->vector && wrt_read_count(&c, "definitions", 0, WP_LIMIT_WASM_COMPONENT_ITEMS, 1, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (row->read(s, &c, err) < 0) {
            return -1;
        }
    }
    return c.p == c.end ? 0
                        : comp_fail(l, c.p, err, "section size mismatch: %zu bytes too many in the %s section",
                                    (size_t)(c.end - c.p), row->title);
}

static int read_sections(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    for (;;) {
        struct wp_wasm_section section;
        if (c->p < c->end && *c->p >= SECTION_COUNT) {
            return comp_fail(s->l, c->p, err, "malformed section id: %u", *c->p);
        }
        int got = wp_wasm_next(c, &section, err);
        if (got <= 0) {
            return got;
        }
        if (read_section(s, &section, err) < 0) {
            /* One title is enough, however deep the place is. */
            return s->depth > 0 || section.id >= SECTION_COUNT ? -1
                                                               : wp_wrap(err, "%s section", rows[section.id].title);
        }
    }
}

static int check_values(const struct scope *s, const uint8_t *at, struct wp_err *err)
{
    const struct value_ref *v = s->values.items;
    for (uint32_t i = 0; i < s->values.count; i++) {
        if (!v[i].used) {
            return comp_fail(s->l, at, err,
                             "value index %u was not used as part of an instantiation, start function, or export", i);
        }
    }
    return 0;
}

/* Everything that stays of the scope. */
static int keep(struct scope *s, struct wrt_component *made, struct wp_err *err)
{
    struct wrt_mem *mem = s->l->mem;
    const void *canons, *modules, *nested;
    if (comp_freeze(mem, &s->canons, sizeof(struct wrt_canon), &canons, &made->canon_count, err) < 0 ||
        comp_freeze(mem, &s->modules, sizeof(void *), &modules, &made->module_count, err) < 0 ||
        comp_freeze(mem, &s->nested, sizeof(void *), &nested, &made->component_count, err) < 0) {
        return -1;
    }
    made->canons = canons;
    made->modules = modules;
    made->components = nested;
    made->iface = *wrt_ctype(s->l->types, made->type)->as.iface;
    made->used = s->l->used;
    comp_scope_done(s);
    return 0;
}

/* c stands at the preamble and ends with the component. */
static int load(struct cload *l, struct scope *up, struct wp_wasm_cursor *c, struct wrt_component **ret,
                struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct scope s = {.l = l, .up = up, .kind = SCOPE_COMPONENT, .size = 1, .type_depth = 1};
    s.depth = up == NULL ? 0 : up->depth + 1;
    struct wrt_component *made = wrt_alloc(l->mem, 1, sizeof(*made), err);
    if (made == NULL) {
        return -1;
    }
    made->bytes = wp_span(at, (size_t)(c->end - at));
    made->base = l->base;
    made->depth = s.depth;
    made->core_types = l->core;
    made->types = l->types;
    l->fault->depth = s.depth;
    if (part_preamble(l, c, WP_WASM_COMPONENT, err) < 0 || read_sections(&s, c, err) < 0 ||
        check_values(&s, c->end, err) < 0 || comp_iface_type(&s, WRT_T_COMPONENT, c->end, &made->type, err) < 0 ||
        keep(&s, made, err) < 0) {
        return -1;
    }
    l->fault->depth = up == NULL ? 0 : up->depth;
    *ret = made;
    return 0;
}

int wrt_component_load(struct wp_span bytes, uint64_t features, unsigned threads, struct wrt_types *core_types,
                       struct wrt_mem *mem, const struct wrt_component **ret, struct wrt_fault *ret_fault,
                       struct wp_err *err)
{
    struct wrt_fault fault = {.offset = UINT64_MAX, .function = WRT_NO_INDEX};
    struct wrt_ctypes *types = wrt_alloc(mem, 1, sizeof(*types), err);
    struct wp_wasm_cursor c = {.start = bytes.ptr, .p = bytes.ptr, .end = bytes.ptr + bytes.len};
    struct wrt_component *made = NULL;
    if (types == NULL) {
        return -1;
    }
    types->mem = mem;
    struct cload l = {.mem = mem,
                      .core = core_types,
                      .types = types,
                      .base = bytes.ptr,
                      .features = features,
                      .used = WRT_F_COMPONENT_MODEL,
                      .threads = threads,
                      .fault = &fault,
                      .module_mark = WRT_NO_INDEX};
    int rc = load(&l, NULL, &c, &made, err);
    if (rc < 0 && ret_fault != NULL) {
        fault.offset = err->has_at ? err->at : UINT64_MAX;
        *ret_fault = fault;
    }
    wrt_vec_done(mem, &l.stamps, sizeof(uint32_t));
    wrt_vec_done(mem, &l.marks, sizeof(uint32_t));
    wrt_vec_done(mem, &l.subst[0], sizeof(uint32_t));
    wrt_vec_done(mem, &l.subst[1], sizeof(uint32_t));
    *ret = made;
    return rc;
}
