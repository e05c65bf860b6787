/* SPDX-License-Identifier: Apache-2.0
 *
 * Components (component-model Binary.md): sections in any order, modules and components within, and the names and
 * kinds of imports and exports. Types, aliases, instances and canonical functions are framed but not looked into. */
#include "base/limits.h"
#include "runtime-min/scan-parts.h"

enum component_id {
    COMP_CUSTOM,
    COMP_MODULE,
    COMP_CORE_INSTANCE,
    COMP_CORE_TYPE,
    COMP_COMPONENT,
    COMP_INSTANCE,
    COMP_ALIAS,
    COMP_TYPE,
    COMP_CANON,
    COMP_START,
    COMP_IMPORT,
    COMP_EXPORT,
    COMP_VALUE,
    COMP_COUNT
};

static const char *const titles[COMP_COUNT] = {
    "custom", "core module", "core instance", "core type", "component", "instance", "alias",
    "type",   "canon",       "start",         "import",    "export",    "value",
};

static struct wp_wasm_cursor scan_body(const struct wp_wasm_cursor *c, const struct wp_wasm_section *section)
{
    return (struct wp_wasm_cursor){
        .start = c->start, .p = section->body.ptr, .end = section->body.ptr + section->body.len};
}

static int scan_end(const struct wp_wasm_cursor *c, const char *title, struct wp_err *err)
{
    if (c->p != c->end) {
        return wp_wasm_fail(c, err, "%zu bytes too many in the %s section", (size_t)(c->end - c->p), title);
    }
    return 0;
}

static int scan_count(struct wp_wasm_cursor *c, const char *what, uint32_t *ret, struct wp_err *err)
{
    if (wp_wasm_u32(c, ret, err) < 0) {
        return -1;
    }
    if (*ret > WP_LIMIT_WASM_NAMES) {
        return wp_fail(err, WP_E_LIMIT, "%u %s, at most %llu are allowed", *ret, what,
                       (unsigned long long)WP_LIMIT_WASM_NAMES);
    }
    return 0;
}

static int nested_module(struct scan *s, struct wp_span bytes, unsigned depth, struct wp_err *err)
{
    struct wrt_module **items = s->b->modules.items;
    if (!s->loading) {
        return scan_module(s, items[s->next_module++], depth, err);
    }
    struct wrt_module **m = wrt_vec_add(&s->b->mem, &s->b->modules, sizeof(struct wrt_module *), err);
    s->fault.depth = depth;
    return m ? scan_load_module(s->b, bytes, m, &s->fault, err) : -1;
}

static int one_of(struct wp_wasm_cursor *c, uint8_t highest, const char *what, uint8_t *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    if (wp_wasm_byte(c, ret, err) < 0) {
        return -1;
    }
    return *ret > highest ? wp_wasm_fail(&at, err, "%s 0x%02x is not known", what, *ret) : 0;
}

static int name_options(struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (wp_wasm_u32(c, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint8_t option;
        struct wp_span text;
        if (one_of(c, 2, "name option", &option, err) < 0 || wp_wasm_name(c, &text, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* 0x00 and 0x01: a name; 0x02: a name and options (what it implements, its version suffix, an external id). */
static int extern_name(struct wp_wasm_cursor *c, struct wp_span *ret, struct wp_err *err)
{
    uint8_t form;
    if (one_of(c, 2, "name form", &form, err) < 0 || wp_wasm_name(c, ret, err) < 0) {
        return -1;
    }
    return form == 2 ? name_options(c, err) : 0;
}

/* The kind byte; core things need a second one, of which only modules may stand at a component's border. */
static int sort(struct wp_wasm_cursor *c, enum wrt_extern_kind *ret, struct wp_err *err)
{
    static const enum wrt_extern_kind kinds[] = {WRT_C_MODULE, WRT_C_FUNC,      WRT_C_VALUE,
                                                 WRT_C_TYPE,   WRT_C_COMPONENT, WRT_C_INSTANCE};
    uint8_t kind;
    if (one_of(c, WP_ARRAY_LEN(kinds) - 1, "kind", &kind, err) < 0) {
        return -1;
    }
    *ret = kinds[kind];
    struct wp_wasm_cursor at = *c;
    uint8_t core = 0x11;
    if (kind == 0 && wp_wasm_byte(c, &core, err) < 0) {
        return -1;
    }
    return core == 0x11 ? 0 : wp_wasm_fail(&at, err, "core kind 0x%02x is not a module", core);
}

static int extern_type(struct wp_wasm_cursor *c, enum wrt_extern_kind *ret, struct wp_err *err)
{
    uint8_t bound = 0;
    uint32_t index;
    int64_t type;
    if (sort(c, ret, err) < 0) {
        return -1;
    }
    bool bounded = *ret == WRT_C_TYPE || *ret == WRT_C_VALUE;
    if (bounded && one_of(c, 1, "bound", &bound, err) < 0) {
        return -1;
    }
    if (bound == 0) {
        return wp_wasm_u32(c, &index, err);
    }
    return *ret == WRT_C_VALUE ? wp_wasm_signed(c, 33, &type, err) : 0;
}

static int one_import(struct wp_wasm_cursor *c, struct wrt_extern *x, struct wp_err *err)
{
    return extern_name(c, &x->name, err) < 0 ? -1 : extern_type(c, &x->kind, err);
}

static int one_export(struct wp_wasm_cursor *c, struct wrt_extern *x, struct wp_err *err)
{
    uint32_t index;
    uint8_t typed;
    enum wrt_extern_kind type;
    if (extern_name(c, &x->name, err) < 0 || sort(c, &x->kind, err) < 0 || wp_wasm_u32(c, &index, err) < 0 ||
        one_of(c, 1, "type mark", &typed, err) < 0) {
        return -1;
    }
    return typed != 0 ? extern_type(c, &type, err) : 0;
}

static int walk_externs(struct scan *s, struct wp_wasm_cursor *c, bool exports, unsigned depth, struct wp_err *err)
{
    const char *what = exports ? "export" : "import";
    int (*tell)(void *, const struct wrt_extern *, struct wp_err *) = exports ? s->v->export : s->v->import;
    uint32_t count;
    if (scan_count(c, exports ? "exports" : "imports", &count, err) < 0) {
        return -1;
    }
    uint64_t *total = exports ? &s->exports : &s->imports;
    *total += depth == 0 ? count : 0;
    if (*total > WP_LIMIT_WASM_NAMES) {
        return wp_fail(err, WP_E_LIMIT, "more than %llu %ss", (unsigned long long)WP_LIMIT_WASM_NAMES, what);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wrt_extern x = {.module = wp_span("", 0)};
        if ((exports ? one_export(c, &x, err) : one_import(c, &x, err)) < 0) {
            return wp_wrap(err, "%s %u", what, i);
        }
        int rc = depth == 0 && tell ? tell(s->v->arg, &x, err) : 0;
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int walk_nested(struct scan *s, struct wp_wasm_cursor *c, enum wp_wasm_kind want, unsigned depth,
                       struct wp_err *err)
{
    enum wp_wasm_kind kind;
    struct wp_wasm_cursor at = *c;
    if (depth + 1 > WP_LIMIT_WASM_DEPTH) {
        return wp_fail(err, WP_E_LIMIT, "components are nested more than %llu levels deep",
                       (unsigned long long)WP_LIMIT_WASM_DEPTH);
    }
    if (wp_wasm_preamble(c, &kind, err) < 0) {
        return -1;
    }
    if (kind != want) {
        return wp_wasm_fail(&at, err, "a %s where a %s belongs", kind == WP_WASM_MODULE ? "core module" : "component",
                            want == WP_WASM_MODULE ? "core module" : "component");
    }
    return kind == WP_WASM_MODULE ? nested_module(s, wp_span(at.p, (size_t)(at.end - at.p)), depth + 1, err)
                                  : scan_component(s, c, depth + 1, err);
}

/* Vectors whose entries stay unread; each takes at least one byte. */
static int walk_vector(struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (wp_wasm_u32(c, &count, err) < 0) {
        return -1;
    }
    size_t left = (size_t)(c->end - c->p);
    if (count > left || (count == 0 && left > 0)) {
        return wp_wasm_fail(c, err, "%u entries are claimed in %zu bytes", count, left);
    }
    return 0;
}

static int one_section(struct scan *s, const struct wp_wasm_cursor *before, const struct wp_wasm_section *section,
                       unsigned depth, struct wp_err *err)
{
    if (section->id >= COMP_COUNT) {
        return wp_wasm_fail(before, err, "malformed section id: %u", section->id);
    }
    int rc = scan_section(s, depth, section, titles[section->id], err);
    if (rc != 0) {
        return rc;
    }
    struct wp_wasm_cursor body = scan_body(before, section);
    switch (section->id) {
    case COMP_CUSTOM:
    case COMP_START:
        return 0;
    case COMP_MODULE:
        rc = walk_nested(s, &body, WP_WASM_MODULE, depth, err);
        break;
    case COMP_COMPONENT:
        rc = walk_nested(s, &body, WP_WASM_COMPONENT, depth, err);
        break;
    case COMP_IMPORT:
    case COMP_EXPORT:
        rc = walk_externs(s, &body, section->id == COMP_EXPORT, depth, err);
        if (rc == 0) {
            return scan_end(&body, titles[section->id], err);
        }
        break;
    default:
        rc = walk_vector(&body, err);
        break;
    }
    /* One "component section" in front is enough, however deep the place is. */
    bool silent = section->id == COMP_COMPONENT && depth > 0;
    return rc < 0 && !silent ? wp_wrap(err, "%s section", titles[section->id]) : rc;
}

int scan_component(struct scan *s, struct wp_wasm_cursor *c, unsigned depth, struct wp_err *err)
{
    for (;;) {
        struct wp_wasm_cursor before = *c;
        struct wp_wasm_section section;
        int got = wp_wasm_next(c, &section, err);
        if (got <= 0) {
            return got;
        }
        int rc = one_section(s, &before, &section, depth, err);
        if (rc != 0) {
            return rc;
        }
    }
}
