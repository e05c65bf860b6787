/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of a module, read in two scans: one that counts, one that fills arrays of just that size. Custom sections are
 * hints by nature (core 3.0 section 7.4): what cannot be read in them is left out and never refuses the binary. */
#include "pack/module.h"

#include "base/limits.h"
#include "base/num.h"

struct reader {
    struct wp_arena *a;
    struct pack_module *m;
    const uint8_t *start;
    bool fill; /* second scan: the arrays are there */
    struct pack_extern *imports, *exports;
    struct pack_section *sections;
    struct pack_producer *producers;
    size_t import_count, export_count, section_count, producer_count;
    bool producers_seen;
};

/* A C string of bytes that may hold NUL. */
static const char *text(struct wp_arena *a, struct wp_span s)
{
    static const uint8_t instead[] = {0xef, 0xbf, 0xbd};
    size_t nuls = 0;
    for (size_t i = 0; i < s.len; i++) {
        nuls += s.ptr[i] == 0;
    }
    if (nuls == 0) {
        return wp_arena_strn(a, (const char *)s.ptr, s.len);
    }
    char *copy = wp_arena_alloc(a, s.len + 2 * nuls + 1, 1);
    char *out = copy;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == 0) {
            memcpy(out, instead, sizeof(instead));
            out += sizeof(instead);
        } else {
            *out++ = (char)s.ptr[i];
        }
    }
    return copy;
}

static bool span_is(struct wp_span s, const char *want)
{
    return s.len == strlen(want) && memcmp(s.ptr, want, s.len) == 0;
}

static bool span_starts(struct wp_span s, const char *prefix)
{
    return s.len >= strlen(prefix) && memcmp(s.ptr, prefix, strlen(prefix)) == 0;
}

static int on_section(void *arg, unsigned depth, const struct wp_wasm_section *s, const char *title,
                      struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    if (depth > 0) {
        return 0;
    }
    size_t i = r->section_count++;
    if (r->fill) {
        r->sections[i] = (struct pack_section){
            .title = s->id == 0 ? wp_arena_printf(r->a, "custom '%s'", text(r->a, s->name)) : title,
            .offset = (uint64_t)(s->whole.ptr - r->start),
            .size = s->whole.len,
        };
    }
    return 0;
}

static struct pack_extern fact(struct wp_arena *a, const struct wrt_extern *x)
{
    return (struct pack_extern){
        .module = text(a, x->module), .name = text(a, x->name), .kind = wrt_extern_kind_name(x->kind), .type = ""};
}

static int on_import(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    size_t i = r->import_count++;
    if (r->fill) {
        r->imports[i] = fact(r->a, x);
    }
    return 0;
}

static int on_export(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    size_t i = r->export_count++;
    if (r->fill) {
        r->exports[i] = fact(r->a, x);
    }
    return 0;
}

static struct wp_wasm_cursor over(struct wp_span body)
{
    return (struct wp_wasm_cursor){.start = body.ptr, .p = body.ptr, .end = body.ptr + body.len};
}

/* Subsection 0 of `name` and `component-name`. */
static const char *module_name(struct wp_arena *a, struct wp_span body)
{
    struct wp_wasm_cursor c = over(body);
    struct wp_err ignored;
    while (c.p < c.end) {
        uint8_t id;
        uint32_t size;
        struct wp_span name;
        if (wp_wasm_byte(&c, &id, &ignored) < 0 || wp_wasm_u32(&c, &size, &ignored) < 0) {
            return NULL;
        }
        if (id == 0) {
            return wp_wasm_name(&c, &name, &ignored) == 0 && name.len > 0 ? text(a, name) : NULL;
        }
        if (wp_wasm_skip(&c, size, &ignored) < 0) {
            return NULL;
        }
    }
    return NULL;
}

/* tool-conventions ProducersSection.md. Counts into *count; writes them too where out is there. */
static bool read_producers(struct wp_arena *a, struct wp_span body, struct pack_producer *out, size_t *count)
{
    struct wp_wasm_cursor c = over(body);
    struct wp_err ignored;
    uint32_t fields;
    if (wp_wasm_u32(&c, &fields, &ignored) < 0) {
        return false;
    }
    for (uint32_t f = 0; f < fields; f++) {
        struct wp_span field;
        struct wp_span name;
        struct wp_span version;
        uint32_t values;
        if (wp_wasm_name(&c, &field, &ignored) < 0 || wp_wasm_u32(&c, &values, &ignored) < 0) {
            return false;
        }
        for (uint32_t i = 0; i < values; i++) {
            if (wp_wasm_name(&c, &name, &ignored) < 0 || wp_wasm_name(&c, &version, &ignored) < 0 ||
                *count >= WP_LIMIT_WASM_NAMES) {
                return false;
            }
            if (out) {
                out[*count] = (struct pack_producer){text(a, field), text(a, name), text(a, version)};
            }
            ++*count;
        }
    }
    return true;
}

static void take_producers(struct reader *r, struct wp_span body)
{
    size_t count = 0;
    if (r->producers_seen) {
        return;
    }
    r->producers_seen = true;
    if (!read_producers(r->a, body, NULL, &count)) {
        return;
    }
    r->producer_count = count;
    if (r->fill) {
        count = 0;
        (void)read_producers(r->a, body, r->producers, &count);
    }
}

static void take_metadata(struct reader *r, struct wp_span name, struct wp_span body)
{
    struct pack_module *m = r->m;
    const struct {
        const char *section;
        const char **field;
    } rows[] = {
        {"description", &m->description}, {"authors", &m->authors},   {"licenses", &m->licenses},
        {"source", &m->source},           {"homepage", &m->homepage}, {"revision", &m->revision},
        {"version", &m->version},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        bool wanted = !*rows[i].field && span_is(name, rows[i].section);
        if (wanted && body.len > 0 && body.len <= WP_LIMIT_WASM_NAME && wp_utf8_is(body)) {
            *rows[i].field = text(r->a, body);
        }
    }
}

static int on_custom(void *arg, unsigned depth, struct wp_span name, struct wp_span body, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    struct pack_module *m = r->m;
    if (depth > 0) {
        return 0;
    }
    if (span_is(name, "producers")) {
        take_producers(r, body);
    }
    if (!r->fill) {
        return 0;
    }
    bool core = m->kind == WP_WASM_MODULE;
    if (!m->name && span_is(name, core ? "name" : "component-name")) {
        m->name = module_name(r->a, body);
    }
    m->component_type = m->component_type || (core && span_starts(name, "component-type"));
    m->dylink = m->dylink || (core && (span_is(name, "dylink.0") || span_is(name, "dylink")));
    m->object = m->object || (core && span_is(name, "linking"));
    take_metadata(r, name, body);
    return 0;
}

static bool exports_named(const struct pack_module *m, const char *name)
{
    for (size_t i = 0; i < m->export_count; i++) {
        if (wp_str_eq(m->exports[i].name, name) && wp_str_eq(m->exports[i].kind, "func")) {
            return true;
        }
    }
    return false;
}

static bool exports_interface(const struct pack_module *m, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < m->export_count; i++) {
        const char *have = m->exports[i].name;
        if (strncmp(have, name, len) == 0 && (have[len] == '\0' || have[len] == '@')) {
            return true;
        }
    }
    return false;
}

static bool imports_wasip1(const struct pack_module *m)
{
    for (size_t i = 0; i < m->import_count; i++) {
        const char *module = m->imports[i].module;
        if (wp_str_eq(module, "wasi_snapshot_preview1") || wp_str_eq(module, "wasi_unstable")) {
            return true;
        }
    }
    return false;
}

static const char *guess_world(const struct pack_module *m)
{
    if (m->kind == WP_WASM_COMPONENT) {
        static const struct {
            const char *interface;
            const char *world;
        } rows[] = {
            {"wasi:cli/run", "wasi:cli/command"},
            {"wasi:http/incoming-handler", "wasi:http/proxy"},
            {"wasi:http/handler", "wasi:http/service"},
        };
        for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
            if (exports_interface(m, rows[i].interface)) {
                return rows[i].world;
            }
        }
        return "library";
    }
    if (m->dylink || m->object) {
        return "library";
    }
    if (exports_named(m, "_start")) {
        return "wasip1 command";
    }
    return exports_named(m, "_initialize") || imports_wasip1(m) ? "wasip1 reactor" : "library";
}

static int visit(struct reader *r, const struct wrt_binary *b, struct wrt_summary *ret, struct wp_err *err)
{
    struct wrt_visitor v = {
        .section = on_section, .import = on_import, .export = on_export, .custom = on_custom, .arg = r};
    r->import_count = r->export_count = r->section_count = r->producer_count = 0;
    r->producers_seen = false;
    return wrt_visit(b, &v, ret, err);
}

int pack_module_read(struct wp_span bytes, struct wp_arena *a, struct pack_module *ret, struct wp_err *err)
{
    const struct pack_read how = {0};
    return pack_module_read_as(bytes, &how, a, ret, err);
}

static int read_loaded(const struct wrt_binary *b, struct wp_span bytes, struct wp_arena *a, struct pack_module *ret,
                       struct wp_err *err)
{
    struct pack_module m = {.size = bytes.len};
    struct reader r = {.a = a, .m = &m, .start = bytes.ptr};
    struct wrt_summary sum;
    if (visit(&r, b, &sum, err) != 0) {
        return -1;
    }
    m.kind = sum.kind;
    m.functions = sum.functions;
    m.code_bytes = sum.code_bytes;
    m.data_bytes = sum.data_bytes;
    m.imports = r.imports = wp_arena_alloc(a, r.import_count, sizeof(*r.imports));
    m.exports = r.exports = wp_arena_alloc(a, r.export_count, sizeof(*r.exports));
    m.sections = r.sections = wp_arena_alloc(a, r.section_count, sizeof(*r.sections));
    m.producers = r.producers = wp_arena_alloc(a, r.producer_count, sizeof(*r.producers));
    r.fill = true;
    if (visit(&r, b, &sum, err) != 0) {
        return -1;
    }
    m.import_count = r.import_count;
    m.export_count = r.export_count;
    m.section_count = r.section_count;
    m.producer_count = r.producer_count;
    m.world = guess_world(&m);
    *ret = m;
    return 0;
}

int pack_module_read_as(struct wp_span bytes, const struct pack_read *how, struct wp_arena *a, struct pack_module *ret,
                        struct wp_err *err)
{
    struct wrt_binary *b = NULL;
    if (wrt_load(bytes, &how->load, &b, how->fault, err) < 0) {
        return -1;
    }
    int rc = read_loaded(b, bytes, a, ret, err);
    wrt_binary_free(b);
    return rc;
}
