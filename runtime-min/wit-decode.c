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

int wit_find_package(struct wit *w, struct wp_span ns, struct wp_span name, struct wp_span version, uint32_t *ret)
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
    *p = (struct wit_package){.ns = ns,
                              .name = name,
                              .version = version,
                              .interfaces = no_members,
                              .worlds = no_members,
                              .defined = no_members};
    return 0;
}

enum scope_kind { INLINE, MENTIONED, DEFINED, WORLD };

static struct wit_list *scopes_of(struct wit_package *p, enum scope_kind kind)
{
    return kind == WORLD ? &p->worlds : kind == DEFINED ? &p->defined : &p->interfaces;
}

static int add_scope(struct wit *w, uint32_t package, struct wp_span name, enum scope_kind kind, uint32_t *ret)
{
    struct wit_scope *s = wrt_vec_add(&w->mem, &w->scopes, sizeof(*s), w->err);
    if (s == NULL) {
        return -1;
    }
    *s = (struct wit_scope){.name = name,
                            .is_world = kind == WORLD,
                            .docs = WIT_NONE,
                            .package = package,
                            .next = WIT_NONE,
                            .types = no_members,
                            .funcs = no_members,
                            .imports = no_members,
                            .exports = no_members};
    *ret = w->scopes.count - 1;
    if (kind == INLINE) {
        return 0;
    }
    struct wit_list *list = scopes_of(wit_package(w, package), kind);
    WIT_CHAIN(w, list, *ret, wit_scope);
    return kind == WORLD ? 0 : wit_map_put(&w->mem, &w->map, WIT_KEY_INTERFACE, package, name, *ret, w->err);
}

static int find_interface(struct wit *w, struct wp_span name, enum scope_kind kind, uint32_t *ret)
{
    uint32_t package;
    struct wrt_name n;
    if (wrt_name_parse(name, "interface", &n, w->err) < 0) {
        return -1;
    }
    if (n.kind != WRT_NAME_INTERFACE) {
        return wit_unsaid(w, name, "it is not the name of an interface");
    }
    if (wit_find_package(w, n.ns, n.package, n.version, &package) < 0) {
        return -1;
    }
    *ret = wit_map_get(&w->map, WIT_KEY_INTERFACE, package, n.interface);
    return *ret != WIT_NONE ? 0 : add_scope(w, package, n.interface, kind, ret);
}

/* ---- members of an interface ---- */

static int may_add(struct wit *w, uint32_t scope, const struct wrt_citem *item)
{
    return wit_scope(w, scope)->complete
               ? wit_unsaid(w, item->name, "it is not part of the interface it is said to be of")
               : 0;
}

static int add_type(struct wit *w, uint32_t scope, const struct wrt_citem *item)
{
    return may_add(w, scope, item) < 0 ? -1 : wit_add_type(w, scope, item);
}

static int add_func(struct wit *w, uint32_t scope, const struct wrt_citem *item)
{
    uint32_t func;
    if (wit_map_get(&w->map, WIT_KEY_FUNC, scope, item->name) != WIT_NONE) {
        return 0;
    }
    if (may_add(w, scope, item) < 0 || wit_add_func(w, scope, item, &func) < 0) {
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
        if ((type != WIT_NONE ? wit_meet_type(w, type, m) : add_type(w, scope, m)) < 0) {
            return -1;
        }
    }
    return 0;
}

int wit_add_interface(struct wit *w, struct wp_span name, const struct wrt_citem *instance, uint32_t *ret)
{
    return find_interface(w, name, MENTIONED, ret) < 0 ? -1 : add_members(w, *ret, instance);
}

int wit_define_interface(struct wit *w, const struct wrt_citem *instance)
{
    uint32_t scope = WIT_NONE;
    if (find_interface(w, instance->name, DEFINED, &scope) < 0 || add_members(w, scope, instance) < 0) {
        return -1;
    }
    wit_scope(w, scope)->complete = true;
    return 0;
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
        if (wit_add_interface(w, x->implements.len > 0 ? x->implements : x->name, x, &item.scope) < 0) {
            return -1;
        }
        return add_item(w, world, export, &item);
    }
    if (n.kind != WRT_NAME_LABEL) {
        return wit_unsaid(w, x->name, "only functions have annotated names");
    }
    item.name = x->name;
    if (add_scope(w, wit_scope(w, world)->package, wp_span(NULL, 0), INLINE, &item.scope) < 0 ||
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

int wit_add_world(struct wit *w, uint32_t package, struct wp_span name, const struct wrt_ciface *f, bool strict)
{
    uint32_t world;
    if (add_scope(w, package, name, WORLD, &world) < 0 || add_world_imports(w, world, f, strict) < 0) {
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
