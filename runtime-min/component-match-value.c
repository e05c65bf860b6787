/* SPDX-License-Identifier: Apache-2.0
 *
 * Are two value types the same (component-model Explainer.md, "Type Checking")? By structure, all names included;
 * resources by their numbers, or by what stands for them. */
#include "runtime-min/component-parts.h"

int comp_differ(struct wp_err *err, const char *want, const char *have)
{
    return wp_fail(err, WP_E_MODULE, "expected %s, found %s", want, have);
}

int comp_label_matches(const struct match *m, struct wp_span a, struct wp_span b, const char *what, struct wp_err *err)
{
    if (comp_work_names(m->l, a, wp_span(NULL, 0), err) < 0) {
        return -1;
    }
    return comp_same(a, b)
               ? 0
               : wp_fail(err, WP_E_MODULE, "expected %s '%.*s', found '%.*s'", what, COMP_TEXT(b), COMP_TEXT(a));
}

static int tuple_matches(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b,
                         struct wp_err *err)
{
    if (a->as.list.count != b->as.list.count) {
        return wp_fail(err, WP_E_MODULE, "expected %u types, found %u", b->as.list.count, a->as.list.count);
    }
    for (uint32_t i = 0; i < a->as.list.count; i++) {
        if (comp_value_matches(m, a->as.list.items[i].type, b->as.list.items[i].type, err) < 0) {
            return wp_wrap(err, "type mismatch in tuple field %u", i);
        }
    }
    return 0;
}

static int record_matches(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b,
                          struct wp_err *err)
{
    if (a->as.list.count != b->as.list.count) {
        return wp_fail(err, WP_E_MODULE, "expected %u fields, found %u", b->as.list.count, a->as.list.count);
    }
    for (uint32_t i = 0; i < a->as.list.count; i++) {
        const struct wrt_cfield *fa = &a->as.list.items[i], *fb = &b->as.list.items[i];
        if (comp_label_matches(m, fa->name, fb->name, "field name", err) < 0) {
            return -1;
        }
        if (comp_value_matches(m, fa->type, fb->type, err) < 0) {
            return wp_wrap(err, "type mismatch in record field '%.*s'", COMP_TEXT(fa->name));
        }
    }
    return 0;
}

static int variant_matches(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b,
                           struct wp_err *err)
{
    if (a->as.list.count != b->as.list.count) {
        return wp_fail(err, WP_E_MODULE, "expected %u cases, found %u", b->as.list.count, a->as.list.count);
    }
    for (uint32_t i = 0; i < a->as.list.count; i++) {
        const struct wrt_cfield *ca = &a->as.list.items[i], *cb = &b->as.list.items[i];
        if (comp_label_matches(m, ca->name, cb->name, "case named", err) < 0) {
            return -1;
        }
        if (ca->type == WRT_V_NONE && cb->type != WRT_V_NONE) {
            return wp_fail(err, WP_E_MODULE, "expected case '%.*s' to have a type, found none", COMP_TEXT(ca->name));
        }
        if (ca->type != WRT_V_NONE && cb->type == WRT_V_NONE) {
            return wp_fail(err, WP_E_MODULE, "expected case '%.*s' to have no type", COMP_TEXT(ca->name));
        }
        if (ca->type != WRT_V_NONE && comp_value_matches(m, ca->type, cb->type, err) < 0) {
            return wp_wrap(err, "type mismatch in variant case '%.*s'", COMP_TEXT(ca->name));
        }
    }
    return 0;
}

static int names_match(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b, struct wp_err *err)
{
    bool same = a->as.list.count == b->as.list.count;
    for (uint32_t i = 0; i < a->as.list.count && same; i++) {
        struct wp_span name = a->as.list.items[i].name;
        if (comp_work_names(m->l, name, wp_span(NULL, 0), err) < 0) {
            return -1;
        }
        same = comp_same(name, b->as.list.items[i].name);
    }
    return same ? 0 : wp_fail(err, WP_E_MODULE, "mismatch in %s elements", comp_type_word(a->kind));
}

/* Types that may be missing. */
static int optional_matches(const struct match *m, uint32_t a, uint32_t b, const char *what, const char *where,
                            struct wp_err *err)
{
    if (a == WRT_V_NONE && b == WRT_V_NONE) {
        return 0;
    }
    if (a == WRT_V_NONE) {
        return wp_fail(err, WP_E_MODULE, "expected %s type, but found none", what);
    }
    if (b == WRT_V_NONE) {
        return wp_fail(err, WP_E_MODULE, "expected %s type to not be present", what);
    }
    return comp_value_matches(m, a, b, err) < 0 ? wp_wrap(err, "type mismatch in %s", where) : 0;
}

bool comp_same_resource(const struct match *m, uint32_t a, uint32_t b)
{
    return comp_subst_get(m->l, m->a, a) == comp_subst_get(m->l, m->b, b);
}

static int handle_matches(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b,
                          struct wp_err *err)
{
    const struct wrt_ctypes *types = m->l->types;
    return comp_same_resource(m, wrt_ctype(types, a->as.handle)->as.resource,
                              wrt_ctype(types, b->as.handle)->as.resource)
               ? 0
               : wp_fail(err, WP_E_MODULE, "resource types are not the same");
}

static int primitive_matches(uint32_t a, uint32_t b, struct wp_err *err)
{
    return a == b ? 0
                  : wp_fail(err, WP_E_MODULE, "expected primitive '%s' found primitive '%s'", comp_primitive(b),
                            comp_primitive(a));
}

static int map_matches(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b, struct wp_err *err)
{
    if (comp_value_matches(m, a->as.of.elem, b->as.of.elem, err) < 0) {
        return wp_wrap(err, "type mismatch in map key");
    }
    return comp_value_matches(m, a->as.of.err, b->as.of.err, err) < 0 ? wp_wrap(err, "type mismatch in map value") : 0;
}

/* Both of one kind. */
static int kind_matches(const struct match *m, const struct wrt_ctype *a, const struct wrt_ctype *b, struct wp_err *err)
{
    const char *word = comp_type_word(a->kind);
    switch (a->kind) {
    case WRT_T_PRIMITIVE:
        return primitive_matches(a->as.of.elem, b->as.of.elem, err);
    case WRT_T_RECORD:
        return record_matches(m, a, b, err);
    case WRT_T_TUPLE:
        return tuple_matches(m, a, b, err);
    case WRT_T_VARIANT:
        return variant_matches(m, a, b, err);
    case WRT_T_FLAGS:
    case WRT_T_ENUM:
        return names_match(m, a, b, err);
    case WRT_T_FIXED_LIST:
        if (a->as.of.length != b->as.of.length) {
            return wp_fail(err, WP_E_MODULE, "expected fixed-length %u, found size %u", b->as.of.length,
                           a->as.of.length);
        }
        return comp_value_matches(m, a->as.of.elem, b->as.of.elem, err);
    case WRT_T_LIST:
    case WRT_T_OPTION:
        return comp_value_matches(m, a->as.of.elem, b->as.of.elem, err);
    case WRT_T_MAP:
        return map_matches(m, a, b, err);
    case WRT_T_RESULT:
        return optional_matches(m, a->as.of.elem, b->as.of.elem, "ok", "ok variant", err) < 0
                   ? -1
                   : optional_matches(m, a->as.of.err, b->as.of.err, "err", "err variant", err);
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        return optional_matches(m, a->as.of.elem, b->as.of.elem, word, word, err);
    default: /* own, borrow */
        return handle_matches(m, a, b, err);
    }
}

int comp_defined_matches(const struct match *m, uint32_t ida, uint32_t idb, struct wp_err *err)
{
    const struct wrt_ctype *a = wrt_ctype(m->l->types, ida), *b = wrt_ctype(m->l->types, idb);
    if (ida == idb && !a->has_resource) {
        return 0;
    }
    if (comp_work(m->l, 1, err) < 0) {
        return -1;
    }
    if (a->kind == b->kind) {
        return kind_matches(m, a, b, err);
    }
    return comp_differ(err, comp_type_word(b->kind),
                       a->kind == WRT_T_PRIMITIVE ? comp_primitive(a->as.of.elem) : comp_type_word(a->kind));
}

int comp_value_matches(const struct match *m, uint32_t a, uint32_t b, struct wp_err *err)
{
    if (a >= WRT_V_TYPE && b >= WRT_V_TYPE) {
        return comp_defined_matches(m, a - WRT_V_TYPE, b - WRT_V_TYPE, err);
    }
    if (a < WRT_V_TYPE && b < WRT_V_TYPE) {
        return primitive_matches(a, b, err);
    }
    const struct wrt_ctype *t = wrt_ctype_of(m->l->types, a >= WRT_V_TYPE ? a : b);
    if (t->kind == WRT_T_PRIMITIVE) {
        return a >= WRT_V_TYPE ? primitive_matches(t->as.of.elem, b, err) : primitive_matches(a, t->as.of.elem, err);
    }
    return a >= WRT_V_TYPE ? comp_differ(err, comp_primitive(b), comp_type_word(t->kind))
                           : comp_differ(err, comp_type_word(t->kind), comp_primitive(a));
}
