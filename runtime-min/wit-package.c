/* SPDX-License-Identifier: Apache-2.0
 *
 * What a binary says as a whole: a component becomes the world `root` of the package root:component; a WIT package in
 * binary form (a component whose exports are types of components) becomes that package, with its comments. */
#include "runtime-min/wit-parts.h"

/* The node of one of a world's imports or exports. Exports have a table of their own, but those that nothing imported
 * is called like may stand in the one of the imports. */
static uint32_t item_docs(const struct wit *w, uint32_t world, bool export, struct wp_span name, enum wit_key kind)
{
    uint32_t docs = wit_scope(w, world)->docs;
    uint32_t both = wit_docs(w, docs, kind == WIT_KEY_FUNC ? "funcs" : "interfaces");
    uint32_t exports = wit_docs(w, docs, kind == WIT_KEY_FUNC ? "func_exports" : "interface_exports");
    uint32_t own = export ? wit_docs_at(w, exports, name) : WIT_NONE;
    bool shared = !export || (own == WIT_NONE && wit_map_get(&w->map, kind, world, name) == WIT_NONE);
    return shared ? wit_docs_at(w, both, name) : own;
}

static void add_item_docs(struct wit *w, uint32_t world, bool export, const struct wit_list *list)
{
    for (uint32_t i = list->first; i != WIT_NONE; i = wit_item(w, i)->next) {
        struct wit_item *item = wit_item(w, i);
        if (item->func != WIT_NONE) {
            item->docs = item_docs(w, world, export, item->name, WIT_KEY_FUNC);
        } else if (wit_scope(w, item->scope)->name.len == 0) {
            wit_scope(w, item->scope)->docs = item_docs(w, world, export, item->name, WIT_KEY_INLINE);
        }
    }
}

/* Where the comments of everything in the main package are. */
static int add_docs(struct wit *w)
{
    if (wit_read_docs(w) < 0) {
        return -1;
    }
    const struct wit_package *p = wit_package(w, w->main);
    uint32_t interfaces = wit_docs(w, 0, "interfaces"), worlds = wit_docs(w, 0, "worlds");
    for (uint32_t i = p->interfaces.first; i != WIT_NONE; i = wit_scope(w, i)->next) {
        wit_scope(w, i)->docs = wit_docs_at(w, interfaces, wit_scope(w, i)->name);
    }
    for (uint32_t i = p->worlds.first; i != WIT_NONE; i = wit_scope(w, i)->next) {
        struct wit_scope *world = wit_scope(w, i);
        world->docs = wit_docs_at(w, worlds, world->name);
        add_item_docs(w, i, false, &world->imports);
        add_item_docs(w, i, true, &world->exports);
    }
    return 0;
}

/* The imports of a package's part are interfaces that it uses. */
static int add_used(struct wit *w, const struct wrt_ciface *f)
{
    for (uint32_t i = 0; i < f->import_count; i++) {
        const struct wrt_citem *x = &f->imports[i];
        uint32_t scope;
        if (x->kind != WRT_C_INSTANCE) {
            return wit_unsaid(w, x->name, "it is not an interface");
        }
        if (wit_add_interface(w, x->name, x, &scope) < 0) {
            return -1;
        }
    }
    return 0;
}

/* An interface or world of the main package under its full name. */
static int add_part(struct wit *w, const struct wrt_citem *part)
{
    struct wrt_name n;
    uint32_t package;
    if (wrt_name_parse(part->name, "export", &n, w->err) < 0) {
        return -1;
    }
    if (n.kind != WRT_NAME_INTERFACE) {
        return wit_unsaid(w, part->name, "its package is not known");
    }
    if (wit_find_package(w, n.ns, n.package, n.version, &package) < 0) {
        return -1;
    }
    if (w->main != WIT_NONE && w->main != package) {
        return wit_unsaid(w, part->name, "it belongs to another package");
    }
    w->main = package;
    if (part->kind == WRT_C_COMPONENT) {
        return wit_add_world(w, package, n.interface, wrt_ctype(w->ctypes, part->type)->as.iface, true);
    }
    return part->kind == WRT_C_INSTANCE ? wit_define_interface(w, part)
                                        : wit_unsaid(w, part->name, "it is neither an interface nor a world");
}

static const struct wrt_ciface *part_type(const struct wit *w, uint32_t i)
{
    return wrt_ctype(w->ctypes, w->c->iface.exports[i].type)->as.iface;
}

/* Today's form: one export for each interface and world, a component type that exports just that. The older one: one
 * export ns:package/wit, a component type that exports all of them. */
static int add_parts(struct wit *w, bool older)
{
    const struct wrt_ciface *top = &w->c->iface;
    if (older && top->export_count > 1) {
        return wit_unsaid(w, top->exports[1].name, "it is more than one package");
    }
    for (uint32_t i = 0; i < top->export_count; i++) {
        const struct wrt_ciface *f = part_type(w, i);
        if (!older && f->export_count != 1) {
            return wit_unsaid(w, top->exports[i].name, "it is not one interface or world");
        }
        if (add_used(w, f) < 0) {
            return -1;
        }
        for (uint32_t k = 0; k < f->export_count; k++) {
            if (add_part(w, &f->exports[k]) < 0) {
                return -1;
            }
        }
    }
    struct wit_package *p = wit_package(w, w->main);
    if (p->defined.first != WIT_NONE) {
        uint32_t last = p->defined.last;
        WIT_CHAIN(w, &p->interfaces, p->defined.first, wit_scope);
        p->interfaces.last = last;
    }
    return 0;
}

/* All exports are types of components, and there is one at least. */
static bool is_package(const struct wit *w, struct wrt_name *ret_first, bool *ret_older)
{
    const struct wrt_ciface *top = &w->c->iface;
    if (top->import_count > 0 || top->export_count == 0) {
        return false;
    }
    for (uint32_t i = 0; i < top->export_count; i++) {
        const struct wrt_citem *x = &top->exports[i];
        if (x->kind != WRT_C_TYPE || wrt_ctype(w->ctypes, x->type)->kind != WRT_T_COMPONENT) {
            return false;
        }
    }
    struct wp_err ignored;
    const struct wrt_name *n = ret_first;
    if (wrt_name_parse(top->exports[0].name, "export", ret_first, &ignored) < 0) {
        return false;
    }
    *ret_older = n->kind == WRT_NAME_INTERFACE && n->interface.len == 3 && memcmp(n->interface.ptr, "wit", 3) == 0;
    return *ret_older || n->kind == WRT_NAME_LABEL;
}

int wit_decode(struct wit *w)
{
    bool older;
    struct wrt_name top;
    w->main = WIT_NONE;
    w->known = wrt_alloc(&w->mem, w->ctypes->types.count, sizeof(*w->known), w->err);
    if (w->known == NULL) {
        return -1;
    }
    if (is_package(w, &top, &older)) {
        bool failed = older && wit_find_package(w, top.ns, top.package, top.version, &w->main) < 0;
        return failed || add_parts(w, older) < 0 || add_docs(w) < 0 ? -1 : 0;
    }
    return wit_find_package(w, wp_span_str("root"), wp_span_str("component"), wp_span(NULL, 0), &w->main) < 0
               ? -1
               : wit_add_world(w, w->main, wp_span_str("root"), &w->c->iface, false);
}
