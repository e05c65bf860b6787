/* SPDX-License-Identifier: Apache-2.0
 *
 * Packages, interfaces and worlds as text (component-model WIT.md), laid out as `wasm-tools component wit` does: an
 * indent of two, blank lines between declarations but not between imports. Types and functions are in wit-text.c. */
#include "runtime-min/wit-text.h"

static void interface_body(struct wit_out *o, uint32_t scope)
{
    bool before = o->any_items;
    o->any_items = false;
    wit_put_types(o, scope);
    uint32_t docs = wit_docs(o->w, wit_scope(o->w, scope)->docs, "funcs");
    for (uint32_t i = wit_scope(o->w, scope)->funcs.first; i != WIT_NONE; i = wit_func(o->w, i)->next) {
        const struct wit_func *f = wit_func(o->w, i);
        wit_put_new_item(o);
        wit_put_docs(o, wit_docs_at(o->w, docs, f->name));
        wit_put_external_id(o, f->external_id);
        wit_put_name(o, f->label);
        wit_put(o, ": ");
        wit_put_func(o, f);
    }
    o->any_items = before;
}

/* Comments stand at the import or export, or at the interface where that is written here. */
static void item_docs(struct wit_out *o, const struct wit_item *item, uint32_t world, bool export)
{
    if (item->func != WIT_NONE) {
        wit_put_docs(o, item->docs);
        return;
    }
    const struct wit *w = o->w;
    uint32_t own = wit_scope(w, world)->docs, interface = wit_scope(w, item->scope)->docs;
    uint32_t comments = wit_docs(w, own, export ? "interface_export_docs" : "interface_import_docs");
    uint32_t stability = wit_docs(w, own, export ? "interface_export_stability" : "interface_import_stability");
    struct wp_span text = wit_docs_text(w, wit_docs_at(w, comments, item->key));
    if (text.len == 0 && item->name.len > 0) {
        text = wit_docs_text(w, wit_docs(w, interface, "docs"));
    }
    wit_put_comment(o, text);
    stability = wit_docs_at(w, stability, item->key);
    if (stability == WIT_NONE && wit_scope(w, item->scope)->name.len == 0) {
        stability = wit_docs(w, interface, "stability");
    }
    wit_put_stability(o, stability);
}

static void world_item(struct wit_out *o, const struct wit_item *item, uint32_t world, bool export)
{
    item_docs(o, item, world, export);
    wit_put_external_id(o, item->external_id);
    wit_put(o, export ? "export" : "import");
    wit_put(o, " ");
    if (item->func != WIT_NONE) {
        const struct wit_func *f = wit_func(o->w, item->func);
        if (f->kind == WRT_NAME_CONSTRUCTOR) {
            wit_put(o, "constructor");
        } else {
            wit_put_name(o, f->label);
        }
        wit_put(o, ": ");
        wit_put_func(o, f);
        return;
    }
    if (item->name.len > 0) {
        wit_put_name(o, item->name);
        wit_put(o, ": ");
    }
    if (wit_scope(o->w, item->scope)->name.len > 0) {
        wit_put_path(o, item->scope);
        wit_put_end(o);
        return;
    }
    wit_put(o, "interface");
    wit_put_open(o);
    interface_body(o, item->scope);
    wit_put_close(o);
}

static void world_imports(struct wit_out *o, uint32_t world, bool funcs)
{
    for (uint32_t i = wit_scope(o->w, world)->imports.first; i != WIT_NONE; i = wit_item(o->w, i)->next) {
        if ((wit_item(o->w, i)->func != WIT_NONE) == funcs) {
            world_item(o, wit_item(o->w, i), world, false);
            o->any_items = true;
        }
    }
}

/* Imported interfaces first, then types, then functions, which may need them. */
static void world_body(struct wit_out *o, uint32_t scope)
{
    const struct wit_scope *s = wit_scope(o->w, scope);
    bool before = o->any_items;
    o->any_items = false;
    world_imports(o, scope, false);
    wit_put_types(o, scope);
    world_imports(o, scope, true);
    if (s->exports.first != WIT_NONE) {
        wit_put_new_item(o);
    }
    for (uint32_t i = s->exports.first; i != WIT_NONE; i = wit_item(o->w, i)->next) {
        world_item(o, wit_item(o->w, i), scope, true);
    }
    o->any_items = before;
}

static void package_text(struct wit_out *o, uint32_t package)
{
    const struct wit_package *p = wit_package(o->w, package);
    bool is_main = package == o->w->main;
    o->package = package;
    if (is_main) {
        wit_put_comment(o, wit_docs_text(o->w, wit_docs(o->w, 0, "docs")));
    }
    wit_put(o, "package ");
    wit_put_name(o, p->ns);
    wit_put(o, ":");
    wit_put_name(o, p->name);
    if (p->version.len > 0) {
        wit_put(o, "@");
        wit_put_span(o, p->version);
    }
    if (is_main) {
        wit_put_end(o);
        wit_put_line(o);
    } else {
        wit_put_open(o);
    }
    for (uint32_t i = p->interfaces.first; i != WIT_NONE; i = wit_scope(o->w, i)->next) {
        wit_put_docs(o, wit_scope(o->w, i)->docs);
        wit_put(o, "interface ");
        wit_put_name(o, wit_scope(o->w, i)->name);
        wit_put_open(o);
        interface_body(o, i);
        wit_put_close(o);
        if (is_main) {
            wit_put_line(o);
        }
    }
    for (uint32_t i = p->worlds.first; i != WIT_NONE; i = wit_scope(o->w, i)->next) {
        wit_put_docs(o, wit_scope(o->w, i)->docs);
        wit_put(o, "world ");
        wit_put_name(o, wit_scope(o->w, i)->name);
        wit_put_open(o);
        world_body(o, i);
        wit_put_close(o);
    }
    if (!is_main) {
        wit_put_close(o);
    }
}

int wit_print(const struct wit *w, wrt_write_fn write, void *arg, struct wp_err *err)
{
    struct wit_out o = {.w = w, .write = write, .arg = arg, .err = err};
    for (uint32_t i = 0; i < w->order_count && o.result == 0; i++) {
        if (i > 1) {
            wit_put_line(&o);
            wit_put_line(&o);
        }
        package_text(&o, w->order[i]);
    }
    return wit_put_flush(&o);
}
