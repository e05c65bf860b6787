/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling a visitor of a component: sections, modules and components within in the order of the bytes, and the names
 * and kinds of its imports and exports. The component has been validated. */
#include "runtime-min/scan-parts.h"

enum component_id { COMP_MODULE = 1, COMP_COMPONENT = 4, COMP_IMPORT = 10, COMP_EXPORT = 11 };

static const char *const titles[] = {
    "custom", "core module", "core instance", "core type", "component", "instance",
    "alias",  "type",        "canon",         "start",     "import",    "export",
};

/* What has been told of one component so far. */
struct told {
    const struct wrt_component *c;
    uint32_t modules, components, imports, exports;
};

/* The entries of one section of imports or exports. */
static int externs(struct scan *s, const struct wp_wasm_section *section, const struct wrt_citem *items, uint32_t *next,
                   int (*tell)(void *, const struct wrt_extern *, struct wp_err *), struct wp_err *err)
{
    struct wp_wasm_cursor c = {
        .start = section->body.ptr, .p = section->body.ptr, .end = section->body.ptr + section->body.len};
    uint32_t count;
    if (wp_wasm_u32(&c, &count, err) < 0) {
        return -1;
    }
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        const struct wrt_citem *item = &items[(*next)++];
        struct wrt_extern x = {.module = wp_span("", 0), .name = item->name, .kind = item->kind, .index = *next - 1};
        rc = tell != NULL ? tell(s->v->arg, &x, err) : 0;
    }
    return rc;
}

static int one_section(struct scan *s, struct told *t, const struct wp_wasm_section *section, struct wp_err *err)
{
    const struct wrt_component *c = t->c;
    int rc = scan_section(s, c->depth, section, titles[section->id], err);
    if (rc != 0) {
        return rc;
    }
    switch (section->id) {
    case COMP_MODULE:
        return scan_module(s, c->modules[t->modules++], c->depth + 1, err);
    case COMP_COMPONENT:
        return scan_component(s, c->components[t->components++], err);
    case COMP_IMPORT:
        return c->depth == 0 ? externs(s, section, c->iface.imports, &t->imports, s->v->import, err) : 0;
    case COMP_EXPORT:
        return c->depth == 0 ? externs(s, section, c->iface.exports, &t->exports, s->v->export, err) : 0;
    default:
        return 0;
    }
}

int scan_component(struct scan *s, const struct wrt_component *component, struct wp_err *err)
{
    struct wp_span bytes = component->bytes;
    struct wp_wasm_cursor c = {.start = component->base, .p = bytes.ptr + 8, .end = bytes.ptr + bytes.len};
    struct told t = {.c = component};
    for (;;) {
        struct wp_wasm_section section;
        int got = wp_wasm_next(&c, &section, err);
        if (got <= 0) {
            return got;
        }
        int rc = one_section(s, &t, &section, err);
        if (rc != 0) {
            return rc;
        }
    }
}
