/* SPDX-License-Identifier: Apache-2.0
 *
 * WIT as text: types, their declarations and functions. Recursion follows value types into value types, whose depth
 * loading has limited. */
#include "runtime-min/wit-text.h"

#include <stdio.h>

static const char *primitive_name(uint32_t type)
{
    switch (type) {
    case WRT_V_BOOL:
        return "bool";
    case WRT_V_S8:
        return "s8";
    case WRT_V_U8:
        return "u8";
    case WRT_V_S16:
        return "s16";
    case WRT_V_U16:
        return "u16";
    case WRT_V_S32:
        return "s32";
    case WRT_V_U32:
        return "u32";
    case WRT_V_S64:
        return "s64";
    case WRT_V_U64:
        return "u64";
    case WRT_V_F32:
        return "f32";
    case WRT_V_F64:
        return "f64";
    case WRT_V_CHAR:
        return "char";
    case WRT_V_STRING:
        return "string";
    default:
        return "error-context";
    }
}

/* A failure that only the finished text shows; nothing more is written. */
static void unsaid(struct wit_out *o, const char *what)
{
    if (o->result == 0) {
        o->result = wp_fail(o->err, WP_E_UNSUPPORTED, "the component cannot be said in WIT: a %s has no name", what);
    }
}

/* The name of a resource or of whatever a type is known as, also by an older id of it. */
static void put_named(struct wit_out *o, uint32_t ctype, const char *what)
{
    for (; ctype != WRT_NO_INDEX; ctype = wrt_ctype(o->w->ctypes, ctype)->alias_of) {
        uint32_t known = wit_known(o->w, ctype);
        if (known != WIT_NONE && known != WIT_ANONYMOUS) {
            wit_put_name(o, wit_type(o->w, known)->name);
            return;
        }
    }
    unsaid(o, what);
}

static void put_type(struct wit_out *o, uint32_t valtype);

/* word<a, b>: types that are not there (WRT_V_NONE) are left out from the end, and "_" before another. */
static void put_generic(struct wit_out *o, const char *word, uint32_t a, uint32_t b)
{
    wit_put(o, word);
    if (a == WRT_V_NONE && b == WRT_V_NONE) {
        return;
    }
    wit_put(o, "<");
    if (a == WRT_V_NONE) {
        wit_put(o, "_");
    } else {
        put_type(o, a);
    }
    if (b != WRT_V_NONE) {
        wit_put(o, ", ");
        put_type(o, b);
    }
    wit_put(o, ">");
}

static void put_tuple(struct wit_out *o, const struct wrt_ctype *t)
{
    wit_put(o, "tuple<");
    for (uint32_t i = 0; i < t->as.list.count && o->result == 0; i++) {
        if (i > 0) {
            wit_put(o, ", ");
        }
        put_type(o, t->as.list.items[i].type);
    }
    wit_put(o, ">");
}

/* A type without a name. */
static void put_structure(struct wit_out *o, uint32_t ctype)
{
    const struct wrt_ctype *t = wrt_ctype(o->w->ctypes, ctype);
    char length[16];
    switch (t->kind) {
    case WRT_T_PRIMITIVE:
        put_type(o, t->as.of.elem);
        break;
    case WRT_T_TUPLE:
        put_tuple(o, t);
        break;
    case WRT_T_LIST:
        put_generic(o, "list", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_FIXED_LIST:
        (void)snprintf(length, sizeof(length), ", %u>", (unsigned)t->as.of.length);
        wit_put(o, "list<");
        put_type(o, t->as.of.elem);
        wit_put(o, length);
        break;
    case WRT_T_MAP:
        put_generic(o, "map", t->as.of.elem, t->as.of.err);
        break;
    case WRT_T_OPTION:
        put_generic(o, "option", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_RESULT:
        put_generic(o, "result", t->as.of.elem, t->as.of.err);
        break;
    case WRT_T_STREAM:
        put_generic(o, "stream", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_FUTURE:
        put_generic(o, "future", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_OWN:
        put_named(o, t->as.handle, "resource");
        break;
    case WRT_T_BORROW:
        wit_put(o, "borrow<");
        put_named(o, t->as.handle, "resource");
        wit_put(o, ">");
        break;
    default:
        put_named(o, ctype, "record, variant, enum or flags type");
        break;
    }
}

static void put_type(struct wit_out *o, uint32_t valtype)
{
    if (valtype < WRT_V_TYPE) {
        wit_put(o, primitive_name(valtype));
        return;
    }
    uint32_t known = wit_known(o->w, valtype - WRT_V_TYPE);
    if (known != WIT_NONE && known != WIT_ANONYMOUS) {
        wit_put_name(o, wit_type(o->w, known)->name);
    } else if (o->result == 0) {
        put_structure(o, valtype - WRT_V_TYPE);
    }
}

/* ---- functions ---- */

/* A constructor gives its resource without saying so. */
static bool result_is_implied(const struct wit *w, const struct wit_func *f, uint32_t result)
{
    if (f->kind != WRT_NAME_CONSTRUCTOR || result < WRT_V_TYPE) {
        return false;
    }
    uint32_t known = wit_known(w, result - WRT_V_TYPE), ctype = result - WRT_V_TYPE;
    if (known != WIT_NONE && known != WIT_ANONYMOUS) {
        if (wit_type(w, known)->same != WIT_NONE) {
            return false;
        }
        ctype = wit_type(w, known)->source;
    }
    const struct wrt_ctype *t = wrt_ctype(w->ctypes, ctype);
    return t->kind == WRT_T_OWN && wit_known(w, t->as.handle) == f->resource;
}

void wit_put_func(struct wit_out *o, const struct wit_func *f)
{
    const struct wrt_ctype *t = wrt_ctype(o->w->ctypes, f->type);
    wit_put(o, t->async ? "async " : "");
    wit_put(o, f->kind == WRT_NAME_CONSTRUCTOR ? "constructor(" : "func(");
    uint32_t first = f->kind == WRT_NAME_METHOD ? 1 : 0; /* self goes without saying */
    for (uint32_t i = first; i < t->as.list.count && o->result == 0; i++) {
        if (i > first) {
            wit_put(o, ", ");
        }
        wit_put_name(o, t->as.list.items[i].name);
        wit_put(o, ": ");
        put_type(o, t->as.list.items[i].type);
    }
    wit_put(o, ")");
    if (t->as.list.result != WRT_V_NONE && !result_is_implied(o->w, f, t->as.list.result)) {
        wit_put(o, " -> ");
        put_type(o, t->as.list.result);
    }
    wit_put_end(o);
}

/* The node of a member of a scope: of a type or function. */
static uint32_t member_docs(const struct wit *w, uint32_t scope, const char *kind, struct wp_span name)
{
    return wit_docs_at(w, wit_docs(w, wit_scope(w, scope)->docs, kind), name);
}

static void put_resource(struct wit_out *o, const struct wit_type *r)
{
    wit_put(o, "resource ");
    wit_put_name(o, r->name);
    if (r->funcs.first == WIT_NONE) {
        wit_put_end(o);
        return;
    }
    wit_put_open(o);
    for (uint32_t i = r->funcs.first; i != WIT_NONE; i = wit_func(o->w, i)->next) {
        const struct wit_func *f = wit_func(o->w, i);
        wit_put_docs(o, member_docs(o->w, r->scope, "funcs", f->name));
        wit_put_external_id(o, f->external_id);
        if (f->kind != WRT_NAME_CONSTRUCTOR) {
            wit_put_name(o, f->label);
            wit_put(o, f->kind == WRT_NAME_STATIC ? ": static " : ": ");
        }
        wit_put_func(o, f);
    }
    wit_put_close(o);
}

/* ---- declarations ---- */

/* word name { … }: fields with ": type", cases with "(type)". */
static void put_members(struct wit_out *o, const char *word, const struct wit_type *t, const struct wrt_ctype *c)
{
    bool fields = c->kind == WRT_T_RECORD;
    uint32_t docs = wit_docs(o->w, member_docs(o->w, t->scope, "types", t->name), "items");
    wit_put(o, word);
    wit_put_name(o, t->name);
    wit_put_open(o);
    for (uint32_t i = 0; i < c->as.list.count && o->result == 0; i++) {
        const struct wrt_cfield *m = &c->as.list.items[i];
        wit_put_comment(o, wit_docs_text(o->w, wit_docs_at(o->w, docs, m->name)));
        wit_put_name(o, m->name);
        if (m->type != WRT_V_NONE) {
            wit_put(o, fields ? ": " : "(");
            put_type(o, m->type);
            wit_put(o, fields ? "" : ")");
        }
        wit_put(o, ",");
        wit_put_line(o);
    }
    wit_put_close(o);
}

/* type name = …; an own handle says so here, for `type a = resource` is something else. */
static void put_alias(struct wit_out *o, const struct wit_type *t, const struct wrt_ctype *c)
{
    wit_put(o, "type ");
    wit_put_name(o, t->name);
    wit_put(o, " = ");
    if (t->same != WIT_NONE && t->same != WIT_ANONYMOUS) {
        wit_put_name(o, wit_type(o->w, t->same)->name);
    } else if (t->same == WIT_NONE && c->kind == WRT_T_OWN) {
        wit_put(o, "own<");
        put_named(o, c->as.handle, "resource");
        wit_put(o, ">");
    } else {
        put_structure(o, t->source);
    }
    wit_put_end(o);
}

static void declare(struct wit_out *o, const struct wit_type *t)
{
    const struct wrt_ctype *c = wrt_ctype(o->w->ctypes, t->source);
    wit_put_new_item(o);
    wit_put_docs(o, member_docs(o->w, t->scope, "types", t->name));
    wit_put_external_id(o, t->external_id);
    if (t->same != WIT_NONE) {
        put_alias(o, t, c);
        return;
    }
    switch (c->kind) {
    case WRT_T_RESOURCE:
        put_resource(o, t);
        break;
    case WRT_T_RECORD:
        put_members(o, "record ", t, c);
        break;
    case WRT_T_VARIANT:
        put_members(o, "variant ", t, c);
        break;
    case WRT_T_FLAGS:
        put_members(o, "flags ", t, c);
        break;
    case WRT_T_ENUM:
        put_members(o, "enum ", t, c);
        break;
    default:
        put_alias(o, t, c);
        break;
    }
}

/* The type of another interface that t is a name of; NULL: it is declared here. */
static const struct wit_type *used(const struct wit_out *o, const struct wit_type *t)
{
    if (t->same == WIT_NONE || t->same == WIT_ANONYMOUS) {
        return NULL;
    }
    const struct wit_type *of = wit_type(o->w, t->same);
    return of->scope == t->scope ? NULL : of;
}

/* One that is not there has no place either. */
static bool same_text(struct wp_span a, struct wp_span b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static uint32_t stability_of(const struct wit *w, const struct wit_type *t)
{
    return wit_docs(w, member_docs(w, t->scope, "types", t->name), "stability");
}

static bool same_stability(const struct wit *w, uint32_t a, uint32_t b)
{
    static const char *const words[][2] = {
        {"stable", "since"}, {"stable", "deprecated"}, {"unstable", "feature"}, {"unstable", "deprecated"}};
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        if (!same_text(wit_docs_text(w, wit_docs(w, wit_docs(w, a, words[i][0]), words[i][1])),
                       wit_docs_text(w, wit_docs(w, wit_docs(w, b, words[i][0]), words[i][1])))) {
            return false;
        }
    }
    return true;
}

/* May t stand in the `use` that `open` began? */
static bool same_use(const struct wit_out *o, const struct wit_type *open, const struct wit_type *t)
{
    return open != NULL && used(o, open)->scope == used(o, t)->scope && same_text(open->external_id, t->external_id) &&
           same_stability(o->w, stability_of(o->w, open), stability_of(o->w, t));
}

/* `use path.{a, b as c}`: one for neighbours from the same interface. */
static void put_uses(struct wit_out *o, uint32_t first)
{
    const struct wit_type *open = NULL; /* the first one of the `use` that has not ended yet */
    for (uint32_t i = first; i != WIT_NONE; i = wit_type(o->w, i)->next) {
        const struct wit_type *t = wit_type(o->w, i), *of = used(o, t);
        if (of == NULL) {
            continue;
        }
        if (wit_scope(o->w, of->scope)->name.len == 0 || wit_scope(o->w, of->scope)->is_world) {
            unsaid(o, "used interface");
            return;
        }
        if (same_use(o, open, t)) {
            wit_put(o, ", ");
        } else {
            if (open != NULL) {
                wit_put(o, "}");
                wit_put_end(o);
            }
            open = t;
            wit_put_stability(o, stability_of(o->w, t));
            wit_put_external_id(o, t->external_id);
            wit_put(o, "use ");
            wit_put_path(o, of->scope);
            wit_put(o, ".{");
        }
        wit_put_name(o, of->name);
        if (!same_text(of->name, t->name)) {
            wit_put(o, " as ");
            wit_put_name(o, t->name);
        }
    }
    if (open != NULL) {
        wit_put(o, "}");
        wit_put_end(o);
        o->any_items = true;
    }
}

void wit_put_types(struct wit_out *o, uint32_t scope)
{
    uint32_t first = wit_scope(o->w, scope)->types.first;
    put_uses(o, first);
    for (uint32_t i = first; i != WIT_NONE; i = wit_type(o->w, i)->next) {
        if (used(o, wit_type(o->w, i)) == NULL) {
            declare(o, wit_type(o->w, i));
        }
    }
}
