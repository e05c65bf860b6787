/* SPDX-License-Identifier: Apache-2.0
 *
 * From the types of a component to those of WIT. Every type export and import of a component makes a type id of its
 * own; the first that leads to a definition becomes its declaration in WIT, later ones become `use` or an alias of it.
 * Types without a name are remembered as such and spelled out where they are used.
 *
 * Recursion follows value types into value types, whose depth loading has limited. */
#include "base/limits.h"
#include "runtime-min/wit-parts.h"

static void know(struct wit *w, uint32_t ctype, uint32_t as)
{
    w->known[ctype] = as == WIT_ANONYMOUS ? 1 : as + 2;
}

/* ctype or the nearest before it in its chain of aliases that is known. */
static int known_alias(struct wit *w, uint32_t ctype, uint32_t *ret)
{
    *ret = WIT_NONE;
    for (; *ret == WIT_NONE && ctype != WRT_NO_INDEX; ctype = wrt_ctype(w->ctypes, ctype)->alias_of) {
        *ret = wit_known(w, ctype);
        w->work++;
    }
    return w->work <= WP_LIMIT_WASM_COMPONENT_WORK
               ? 0
               : wp_fail(w->err, WP_E_LIMIT, "the component's types are aliases of each other in too long rows");
}

static void use_value(struct wit *w, uint32_t valtype);

/* Remember the nameless types in it. */
static void use_parts(struct wit *w, const struct wrt_ctype *t)
{
    switch (t->kind) {
    case WRT_T_RECORD:
    case WRT_T_VARIANT:
    case WRT_T_TUPLE:
        for (uint32_t i = 0; i < t->as.list.count; i++) {
            use_value(w, t->as.list.items[i].type);
        }
        break;
    case WRT_T_FUNC:
        for (uint32_t i = 0; i < t->as.list.count; i++) {
            use_value(w, t->as.list.items[i].type);
        }
        use_value(w, t->as.list.result);
        break;
    case WRT_T_LIST:
    case WRT_T_FIXED_LIST:
    case WRT_T_OPTION:
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        use_value(w, t->as.of.elem);
        break;
    case WRT_T_MAP:
    case WRT_T_RESULT:
        use_value(w, t->as.of.elem);
        use_value(w, t->as.of.err);
        break;
    default: /* nothing inside */
        break;
    }
}

static void use_value(struct wit *w, uint32_t valtype)
{
    if (valtype >= WRT_V_TYPE && w->known[valtype - WRT_V_TYPE] == 0) {
        use_parts(w, wrt_ctype_of(w->ctypes, valtype));
        know(w, valtype - WRT_V_TYPE, WIT_ANONYMOUS);
    }
}

int wit_add_type(struct wit *w, uint32_t scope, const struct wrt_citem *item)
{
    const struct wrt_ctype *t = wrt_ctype(w->ctypes, item->of);
    if (t->kind >= WRT_T_INSTANCE || t->kind == WRT_T_FUNC) {
        return wit_unsaid(w, item->name, "it is the type of an instance, component, module or function");
    }
    uint32_t same;
    if (known_alias(w, item->of, &same) < 0) {
        return -1;
    }
    if (same == WIT_NONE) {
        use_parts(w, t);
    }
    struct wit_type *added = wrt_vec_add(&w->mem, &w->types, sizeof(*added), w->err);
    if (added == NULL) {
        return -1;
    }
    *added = (struct wit_type){.name = item->name,
                               .external_id = item->external_id,
                               .source = item->of,
                               .same = same,
                               .scope = scope,
                               .next = WIT_NONE,
                               .funcs = {WIT_NONE, WIT_NONE}};
    uint32_t self = w->types.count - 1;
    WIT_CHAIN(w, &wit_scope(w, scope)->types, self, wit_type);
    if (w->known[item->type] == 0) {
        know(w, item->type, self);
    }
    return wit_map_put(&w->mem, &w->map, WIT_KEY_TYPE, scope, item->name, self, w->err);
}

/* ---- a type that is told again ---- */

static bool meet_value(struct wit *w, uint32_t new, uint32_t old);

static bool same_name(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool meet_list(struct wit *w, const struct wrt_ctype *new, const struct wrt_ctype *old)
{
    if (new->as.list.count != old->as.list.count) {
        return false;
    }
    for (uint32_t i = 0; i < new->as.list.count; i++) {
        const struct wrt_cfield *a = &new->as.list.items[i], *b = &old->as.list.items[i];
        if (!same_name(a->name, b->name) || !meet_value(w, a->type, b->type)) {
            return false;
        }
    }
    return true;
}

static bool has_parts(enum wrt_ctype_kind kind)
{
    return kind != WRT_T_PRIMITIVE && kind != WRT_T_FLAGS && kind != WRT_T_ENUM && kind < WRT_T_OWN;
}

/* Structures that ought to be equal: what is nameless in the new one is what it is in the old one. As other tools do,
 * look at the shape only. */
static bool meet_parts(struct wit *w, const struct wrt_ctype *new, const struct wrt_ctype *old)
{
    if (!has_parts(new->kind) || new->kind != old->kind) {
        return !has_parts(new->kind);
    }
    switch (new->kind) {
    case WRT_T_RECORD:
    case WRT_T_VARIANT:
    case WRT_T_TUPLE:
        return meet_list(w, new, old);
    case WRT_T_FIXED_LIST:
        return new->as.of.length == old->as.of.length &&meet_value(w, new->as.of.elem, old->as.of.elem);
    case WRT_T_LIST:
    case WRT_T_OPTION:
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        return meet_value(w, new->as.of.elem, old->as.of.elem);
    case WRT_T_MAP:
    case WRT_T_RESULT:
        return meet_value(w, new->as.of.elem, old->as.of.elem) && meet_value(w, new->as.of.err, old->as.of.err);
    default: /* nothing inside */
        return true;
    }
}

static bool meet_value(struct wit *w, uint32_t new, uint32_t old)
{
    if (new < WRT_V_TYPE || old < WRT_V_TYPE) {
        return (new < WRT_V_TYPE) == (old < WRT_V_TYPE) && (new == WRT_V_NONE) == (old == WRT_V_NONE);
    }
    if (w->known[new - WRT_V_TYPE] != 0) {
        return true;
    }
    uint32_t as = wit_known(w, old - WRT_V_TYPE);
    know(w, new - WRT_V_TYPE, as == WIT_NONE ? WIT_ANONYMOUS : as);
    return meet_parts(w, wrt_ctype_of(w->ctypes, new), wrt_ctype_of(w->ctypes, old));
}

int wit_meet_type(struct wit *w, uint32_t type, const struct wrt_citem *item)
{
    const struct wit_type *t = wit_type(w, type);
    if (t->same == WIT_NONE && !meet_parts(w, wrt_ctype(w->ctypes, item->of), wrt_ctype(w->ctypes, t->source))) {
        return wit_unsaid(w, item->name, "one interface has two types of that name");
    }
    if (w->known[item->type] == 0) {
        know(w, item->type, type);
    }
    return 0;
}

int wit_add_func(struct wit *w, uint32_t scope, const struct wrt_citem *item, uint32_t *ret)
{
    struct wrt_name n;
    if (wrt_name_parse(item->name, "function", &n, w->err) < 0) {
        return -1;
    }
    if (n.kind == WRT_NAME_INTERFACE) {
        return wit_unsaid(w, item->name, "a function has the name of an interface");
    }
    struct wit_func f = {.name = item->name,
                         .label = n.label,
                         .external_id = item->external_id,
                         .kind = n.kind,
                         .type = item->type,
                         .resource = WIT_NONE,
                         .next = WIT_NONE};
    if (n.kind != WRT_NAME_LABEL) {
        f.resource = wit_map_get(&w->map, WIT_KEY_TYPE, scope, n.resource);
        if (f.resource == WIT_NONE || wit_type(w, f.resource)->same != WIT_NONE) {
            return wit_unsaid(w, item->name, "its resource is not declared beside it");
        }
    }
    use_parts(w, wrt_ctype(w->ctypes, item->type));
    struct wit_func *added = wrt_vec_add(&w->mem, &w->funcs, sizeof(*added), w->err);
    if (added == NULL) {
        return -1;
    }
    *added = f;
    *ret = w->funcs.count - 1;
    return 0;
}
