/* SPDX-License-Identifier: Apache-2.0
 *
 * From the imports and exports of a component to packages, interfaces and worlds. A component becomes the world `root`
 * of the package root:component; of interfaces with a name it tells the parts that it uses. A WIT package in binary
 * form (a component whose exports are types of components) becomes that package. */
#include "runtime-min/wit-parts.h"

int wit_unsaid(const struct wit *w, struct wp_span name, const char *why)
{
    return wp_fail(w->err, WP_E_UNSUPPORTED, "'%.*s' cannot be said in WIT: %s", (int)WP_MIN(name.len, (size_t)200),
                   (const char *)name.ptr, why);
}

static const struct wit_list no_members = {WIT_NONE, WIT_NONE};

/* ---- packages and interfaces by name ---- */

/* Steps of the way ns, name, version; each has a number of its own. */
static int step(struct wit *w, enum wit_key kind, uint32_t in, struct wp_span name, uint32_t fresh, uint32_t *ret)
{
    *ret = wit_map_get(&w->map, kind, in, name);
    if (*ret != WIT_NONE) {
        return 0;
    }
    *ret = fresh;
    return wit_map_put(&w->mem, &w->map, kind, in, name, fresh, w->err) < 0 ? -1 : 1;
}

static int find_package(struct wit *w, struct wp_span ns, struct wp_span name, struct wp_span version, uint32_t *ret)
{
    uint32_t way;
    if (step(w, WIT_KEY_NS, 0, ns, w->packages.count, &way) < 0 ||
        step(w, WIT_KEY_NAME, way, name, w->packages.count, &way) < 0) {
        return -1;
    }
    int made = step(w, WIT_KEY_VERSION, way, version, w->packages.count, ret);
    if (made <= 0) {
        return made;
    }
    struct wit_package *p = wrt_vec_add(&w->mem, &w->packages, sizeof(*p), w->err);
    if (p == NULL) {
        return -1;
    }
    *p = (struct wit_package){
        .ns = ns, .name = name, .version = version, .interfaces = no_members, .worlds = no_members};
    return 0;
}

static int add_scope(struct wit *w, uint32_t package, struct wp_span name, bool is_world, uint32_t *ret)
{
    struct wit_scope *s = wrt_vec_add(&w->mem, &w->scopes, sizeof(*s), w->err);
    if (s == NULL) {
        return -1;
    }
    *s = (struct wit_scope){.name = name,
                            .is_world = is_world,
                            .docs = WIT_NONE,
                            .package = package,
                            .next = WIT_NONE,
                            .types = no_members,
                            .funcs = no_members,
                            .imports = no_members,
                            .exports = no_members};
    *ret = w->scopes.count - 1;
    if (name.len == 0) {
        return 0;
    }
    struct wit_package *p = wit_package(w, package);
    WIT_CHAIN(w, is_world ? &p->worlds : &p->interfaces, *ret, wit_scope);
    return is_world ? 0 : wit_map_put(&w->mem, &w->map, WIT_KEY_INTERFACE, package, name, *ret, w->err);
}

static int find_interface(struct wit *w, const struct wrt_name *n, uint32_t *ret)
{
    uint32_t package;
    if (find_package(w, n->ns, n->package, n->version, &package) < 0) {
        return -1;
    }
    *ret = wit_map_get(&w->map, WIT_KEY_INTERFACE, package, n->interface);
    return *ret != WIT_NONE ? 0 : add_scope(w, package, n->interface, false, ret);
}

/* ---- members of an interface ---- */

static int add_func(struct wit *w, uint32_t scope, const struct wrt_citem *item)
{
    uint32_t func;
    if (wit_map_get(&w->map, WIT_KEY_FUNC, scope, item->name) != WIT_NONE) {
        return 0;
    }
    if (wit_add_func(w, scope, item, &func) < 0) {
        return -1;
    }
    uint32_t resource = wit_func(w, func)->resource;
    struct wit_list *list = resource != WIT_NONE ? &wit_type(w, resource)->funcs : &wit_scope(w, scope)->funcs;
    WIT_CHAIN(w, list, func, wit_func);
    return wit_map_put(&w->mem, &w->map, WIT_KEY_FUNC, scope, item->name, func, w->err);
}

/* What an instance has that its interface does not have yet. */
static int add_members(struct wit *w, uint32_t scope, const struct wrt_citem *instance)
{
    const struct wrt_ciface *members = wrt_ctype(w->ctypes, instance->type)->as.iface;
    for (uint32_t i = 0; i < members->export_count; i++) {
        const struct wrt_citem *m = &members->exports[i];
        if (m->kind == WRT_C_FUNC) {
            if (add_func(w, scope, m) < 0) {
                return -1;
            }
            continue;
        }
        if (m->kind != WRT_C_TYPE) {
            return wit_unsaid(w, m->name, "an interface has types and functions only");
        }
        uint32_t type = wit_map_get(&w->map, WIT_KEY_TYPE, scope, m->name);
        if (type != WIT_NONE) {
            wit_meet_type(w, type, m);
        } else if (wit_add_type(w, scope, m) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The interface called `name`, with the members of that instance. */
static int add_interface(struct wit *w, struct wp_span name, const struct wrt_citem *instance, uint32_t *ret)
{
    struct wrt_name n;
    if (wrt_name_parse(name, "interface", &n, w->err) < 0) {
        return -1;
    }
    if (n.kind != WRT_NAME_INTERFACE) {
        return wit_unsaid(w, name, "it is not the name of an interface");
    }
    return find_interface(w, &n, ret) < 0 ? -1 : add_members(w, *ret, instance);
}

/* ---- worlds ---- */

static int add_item(struct wit *w, uint32_t world, bool export, const struct wit_item *item)
{
    struct wit_item *added = wrt_vec_add(&w->mem, &w->items, sizeof(*added), w->err);
    if (added == NULL) {
        return -1;
    }
    *added = *item;
    added->next = WIT_NONE;
    struct wit_scope *s = wit_scope(w, world);
    WIT_CHAIN(w, export ? &s->exports : &s->imports, w->items.count - 1, wit_item);
    return 0;
}

static int add_world_instance(struct wit *w, uint32_t world, bool export, const struct wrt_citem *x)
{
    struct wrt_name n;
    struct wit_item item = {.key = x->name, .func = WIT_NONE, .docs = WIT_NONE, .external_id = x->external_id};
    if (wrt_name_parse(x->name, "instance", &n, w->err) < 0) {
        return -1;
    }
    if (x->implements.len > 0 || n.kind == WRT_NAME_INTERFACE) {
        item.name = x->implements.len > 0 ? x->name : wp_span(NULL, 0);
        if (add_interface(w, x->implements.len > 0 ? x->implements : x->name, x, &item.scope) < 0) {
            return -1;
        }
        return add_item(w, world, export, &item);
    }
    if (n.kind != WRT_NAME_LABEL) {
        return wit_unsaid(w, x->name, "only functions have annotated names");
    }
    item.name = x->name;
    if (add_scope(w, wit_scope(w, world)->package, wp_span(NULL, 0), false, &item.scope) < 0 ||
        add_members(w, item.scope, x) < 0 ||
        (!export && wit_map_put(&w->mem, &w->map, WIT_KEY_INLINE, world, x->name, item.scope, w->err) < 0)) {
        return -1;
    }
    return add_item(w, world, export, &item);
}

static int add_world_func(struct wit *w, uint32_t world, bool export, const struct wrt_citem *x)
{
    struct wit_item item = {
        .name = x->name, .key = x->name, .scope = WIT_NONE, .docs = WIT_NONE, .external_id = x->external_id};
    if (wit_add_func(w, world, x, &item.func) < 0 ||
        (!export && wit_map_put(&w->mem, &w->map, WIT_KEY_FUNC, world, x->name, item.func, w->err) < 0)) {
        return -1;
    }
    uint32_t resource = wit_func(w, item.func)->resource;
    if (resource != WIT_NONE && !export) {
        WIT_CHAIN(w, &wit_type(w, resource)->funcs, item.func, wit_func);
        return 0;
    }
    return add_item(w, world, export, &item);
}

/* strict: a WIT package; a component may also import modules and components, of which its world says nothing. */
static int add_world_imports(struct wit *w, uint32_t world, const struct wrt_ciface *f, bool strict)
{
    for (uint32_t i = 0; i < f->import_count; i++) {
        const struct wrt_citem *x = &f->imports[i];
        int done = 0;
        if (x->kind == WRT_C_INSTANCE) {
            done = add_world_instance(w, world, false, x);
        } else if (x->kind == WRT_C_FUNC) {
            done = add_world_func(w, world, false, x);
        } else if (x->kind == WRT_C_TYPE) {
            done = wit_add_type(w, world, x);
        } else if (strict) {
            done = wit_unsaid(w, x->name, "a world imports interfaces, functions and types only");
        }
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

static int add_world(struct wit *w, uint32_t package, struct wp_span name, const struct wrt_ciface *f, bool strict)
{
    uint32_t world;
    if (add_scope(w, package, name, true, &world) < 0 || add_world_imports(w, world, f, strict) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < f->export_count; i++) {
        const struct wrt_citem *x = &f->exports[i];
        int done = x->kind == WRT_C_INSTANCE ? add_world_instance(w, world, true, x)
                   : x->kind == WRT_C_FUNC   ? add_world_func(w, world, true, x)
                                             : wit_unsaid(w, x->name, "a world exports interfaces and functions only");
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- WIT packages in binary form ---- */

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
        if (add_interface(w, x->name, x, &scope) < 0) {
            return -1;
        }
    }
    return 0;
}

/* An interface or world of the main package under its full name. */
static int add_part(struct wit *w, const struct wrt_citem *part)
{
    struct wrt_name n;
    uint32_t package, scope;
    if (wrt_name_parse(part->name, "export", &n, w->err) < 0) {
        return -1;
    }
    if (n.kind != WRT_NAME_INTERFACE) {
        return wit_unsaid(w, part->name, "its package is not known");
    }
    if (find_package(w, n.ns, n.package, n.version, &package) < 0) {
        return -1;
    }
    if (w->main != WIT_NONE && w->main != package) {
        return wit_unsaid(w, part->name, "it belongs to another package");
    }
    w->main = package;
    if (part->kind == WRT_C_COMPONENT) {
        return add_world(w, package, n.interface, wrt_ctype(w->ctypes, part->type)->as.iface, true);
    }
    return part->kind == WRT_C_INSTANCE ? add_interface(w, part->name, part, &scope)
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
        bool failed = older && find_package(w, top.ns, top.package, top.version, &w->main) < 0;
        return failed || add_parts(w, older) < 0 || add_docs(w) < 0 ? -1 : 0;
    }
    return find_package(w, wp_span_str("root"), wp_span_str("component"), wp_span(NULL, 0), &w->main) < 0
               ? -1
               : add_world(w, w->main, wp_span_str("root"), &w->c->iface, false);
}
