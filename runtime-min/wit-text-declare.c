/* SPDX-License-Identifier: Apache-2.0
 *
 * WIT as text: what an interface or world uses and declares. */
#include "runtime-min/wit-text.h"

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
            wit_put_type(o, m->type);
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
        wit_put_named(o, c->as.handle, "resource");
        wit_put(o, ">");
    } else {
        wit_put_structure(o, t->source);
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
    if (a.ptr == NULL || b.ptr == NULL) {
        return a.ptr == b.ptr;
    }
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
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
            wit_put_unsaid(o, "used interface");
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
