/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of a module, read in two walks over what was loaded: one that counts, one that fills arrays of just that size.
 */
#include "pack/module.h"

#include "base/limits.h"
#include "base/mem.h"
#include "pack/facts-capability.h"
#include "pack/facts.h"
#include "runtime-min/wit.h"

struct reader {
    struct wp_arena *a;
    struct pack_module *m;
    const uint8_t *start;
    bool fill;                         /* second walk: the arrays are there */
    bool brief;                        /* no walk that meets names */
    struct facts_functions *functions; /* second walk, where asked for */
    struct pack_extern *imports, *exports;
    struct pack_section *sections;
    struct pack_part *parts;
    struct pack_producer *producers;
    struct pack_memory *memories;
    struct pack_table *tables;
    struct pack_nested *nested;
    size_t import_count, export_count, section_count, part_count, producer_count, memory_count, table_count;
    size_t nested_count;
    uint64_t modules;  /* core modules so far */
    size_t type_bytes; /* of the texts of types so far */
    bool producers_seen;
    bool dependencies_seen;      /* of the binary itself, whose list is the one to believe */
    struct pack_producer *inner; /* of the first module in a component that tells its language */
    size_t inner_count;
};

static const char *title_of(const struct reader *r, const struct wp_wasm_section *s, const char *title)
{
    return s->id == 0 ? wp_arena_printf(r->a, "custom '%s'", facts_text(r->a, s->name)) : title;
}

/* Around it is the one told before, or what is around that. */
static void add_nested(struct reader *r, const struct wp_wasm_section *s, enum wp_wasm_kind kind)
{
    struct pack_nested n = {.kind = kind, .offset = (uint64_t)(s->body.ptr - r->start), .size = s->body.len};
    n.parent = r->nested_count;
    while (n.parent > 0 && n.offset - r->nested[n.parent - 1].offset >= r->nested[n.parent - 1].size) {
        n.parent = r->nested[n.parent - 1].parent;
    }
    r->nested[r->nested_count++] = n;
}

static int on_section(void *arg, unsigned depth, const struct wp_wasm_section *s, const char *title,
                      struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    bool holds_more = wp_str_eq(title, "core module") || wp_str_eq(title, "component");
    size_t section = r->section_count;
    size_t part = r->part_count;
    r->section_count += depth == 0;
    r->part_count += !holds_more;
    if (!r->fill) {
        r->nested_count += holds_more;
        return 0;
    }
    if (holds_more) {
        add_nested(r, s, wp_str_eq(title, "component") ? WP_WASM_COMPONENT : WP_WASM_MODULE);
    }
    const char *text = title_of(r, s, title);
    if (depth == 0) {
        r->sections[section] =
            (struct pack_section){.title = text, .offset = (uint64_t)(s->whole.ptr - r->start), .size = s->whole.len};
    }
    if (!holds_more) {
        r->parts[part] = (struct pack_part){.title = text, .size = s->whole.len, .count = 1};
    }
    return 0;
}

/* A function may have a thousand parameters, and there may be very many of them: one, and all of them. */
enum { TYPE_TEXT = 1024, TYPES_TEXT = 4 * 1024 * 1024 };

static const char *type_of(struct reader *r, const struct wrt_extern *x)
{
    static const char more[] = "…";
    char text[TYPE_TEXT + sizeof(more)];
    if (x->m == NULL) {
        return "";
    }
    if (r->type_bytes > TYPES_TEXT) {
        return more;
    }
    size_t len = wrt_extern_text(x, text, TYPE_TEXT);
    if (len >= TYPE_TEXT) {
        memcpy(text + TYPE_TEXT - 1, more, sizeof(more));
    }
    r->type_bytes += len;
    return wp_arena_str(r->a, text);
}

static struct pack_extern extern_of(struct reader *r, const struct wrt_extern *x)
{
    return (struct pack_extern){.module = facts_text(r->a, x->module),
                                .name = facts_text(r->a, x->name),
                                .kind = wrt_extern_kind_name(x->kind),
                                .type = type_of(r, x)};
}

static int on_import(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    size_t i = r->import_count++;
    if (r->fill) {
        r->imports[i] = extern_of(r, x);
    }
    return 0;
}

static int on_export(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    size_t i = r->export_count++;
    if (r->fill) {
        r->exports[i] = extern_of(r, x);
    }
    return 0;
}

static void take_producers(struct reader *r, struct wp_span body)
{
    size_t count = 0;
    if (r->producers_seen) {
        return;
    }
    r->producers_seen = true;
    if (!facts_producers(r->a, body, NULL, &count)) {
        return;
    }
    r->producer_count = count;
    if (r->fill) {
        count = 0;
        (void)facts_producers(r->a, body, r->producers, &count);
    }
}

static void take_inner(struct reader *r, struct wp_span body)
{
    size_t count = 0;
    if (!r->fill || r->inner != NULL || !facts_producers(r->a, body, NULL, &count)) {
        return;
    }
    struct pack_producer *list = wp_arena_alloc(r->a, count, sizeof(*list));
    size_t told = count;
    count = 0;
    (void)facts_producers(r->a, body, list, &count);
    for (size_t i = 0; i < told && r->inner == NULL; i++) {
        r->inner = wp_str_eq(list[i].field, "language") ? list : NULL;
    }
    r->inner_count = r->inner == NULL ? 0 : told;
}

static int on_custom(void *arg, unsigned depth, struct wp_span name, struct wp_span body, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    if (facts_is(name, "producers")) {
        if (depth > 0) {
            take_inner(r, body);
            return 0;
        }
        take_producers(r, body);
    }
    if (r->fill && depth == 0) {
        facts_custom(r->m, r->a, name, body);
    }
    if (r->fill && facts_is(name, ".dep-v0") && (depth == 0 ? !r->dependencies_seen : r->m->dependency_count == 0)) {
        facts_dependencies(body, r->a, r->m);
        r->dependencies_seen = depth == 0;
    }
    return 0;
}

/* JSON numbers end there. */
static uint64_t told(uint64_t n)
{
    return WP_MIN(n, (uint64_t)INT64_MAX);
}

static struct pack_memory memory_of(const struct wrt_limits *l, uint64_t module, bool imported)
{
    return (struct pack_memory){.module = module,
                                .min = told(l->min),
                                .max = l->has_max ? told(l->max) : UINT64_MAX,
                                .page = UINT64_C(1) << (l->page_log2 & 63),
                                .imported = imported,
                                .is64 = l->is64,
                                .shared = l->shared};
}

static struct pack_table table_of(struct wp_arena *a, const struct wrt_table *t, uint64_t module, bool imported)
{
    char type[256];
    (void)wrt_type_text(t->type, type, sizeof(type));
    return (struct pack_table){.module = module,
                               .min = told(t->limits.min),
                               .max = t->limits.has_max ? told(t->limits.max) : UINT64_MAX,
                               .type = wp_arena_str(a, type),
                               .imported = imported,
                               .is64 = t->limits.is64};
}

static void take_start(struct reader *r, unsigned depth, const struct wrt_module *m)
{
    if (depth > 0 || m->start == WRT_NO_INDEX) {
        return;
    }
    struct facts_names names;
    facts_names_start(&names, m->name_section);
    struct wp_span name = facts_names_at(&names, m->start);
    r->m->start = name.len > 0 ? facts_text(r->a, name) : wp_arena_printf(r->a, "function %u", m->start);
}

static int on_module(void *arg, unsigned depth, const struct wrt_module *m, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    uint64_t number = r->modules++;
    size_t memory = r->memory_count;
    size_t table = r->table_count;
    r->memory_count += m->memory_count;
    r->table_count += m->table_count;
    if (!r->fill) {
        return 0;
    }
    for (uint32_t i = 0; i < m->memory_count; i++) {
        r->memories[memory + i] = memory_of(&m->memories[i], number, i < m->memory_imports);
    }
    for (uint32_t i = 0; i < m->table_count; i++) {
        r->tables[table + i] = table_of(r->a, &m->tables[i], number, i < m->table_imports);
    }
    r->m->data_segments += m->data_count;
    take_start(r, depth, m);
    if (r->functions != NULL) {
        facts_functions_module(r->functions, m, number);
    }
    return 0;
}

static int on_function(void *arg, unsigned depth WP_UNUSED, const struct wrt_module *m WP_UNUSED, uint32_t index,
                       struct wp_span body, struct wp_err *err WP_UNUSED)
{
    struct reader *r = arg;
    facts_functions_add(r->functions, index, (uint64_t)(body.ptr - r->start), body.len);
    return 0;
}

static int visit(struct reader *r, const struct wrt_binary *b, struct wrt_summary *ret, struct wp_err *err)
{
    const struct wrt_visitor brief = {.module = on_module, .arg = r};
    const struct wrt_visitor whole = {.section = on_section,
                                      .import = on_import,
                                      .export = on_export,
                                      .custom = on_custom,
                                      .function = r->functions == NULL ? NULL : on_function,
                                      .module = on_module,
                                      .arg = r};
    r->import_count = r->export_count = r->section_count = r->part_count = r->producer_count = 0;
    r->memory_count = r->table_count = r->nested_count = 0;
    r->modules = 0;
    r->producers_seen = false;
    return wrt_visit(b, r->brief ? &brief : &whole, ret, err);
}

static void make_room(struct reader *r)
{
    struct pack_module *m = r->m;
    m->imports = r->imports = wp_arena_alloc(r->a, r->import_count, sizeof(*r->imports));
    m->exports = r->exports = wp_arena_alloc(r->a, r->export_count, sizeof(*r->exports));
    m->sections = r->sections = wp_arena_alloc(r->a, r->section_count, sizeof(*r->sections));
    m->parts = r->parts = wp_arena_alloc(r->a, r->part_count, sizeof(*r->parts));
    m->producers = r->producers = wp_arena_alloc(r->a, r->producer_count, sizeof(*r->producers));
    m->memories = r->memories = wp_arena_alloc(r->a, r->memory_count, sizeof(*r->memories));
    m->tables = r->tables = wp_arena_alloc(r->a, r->table_count, sizeof(*r->tables));
    m->nested = r->nested = wp_arena_alloc(r->a, r->nested_count, sizeof(*r->nested));
    r->fill = true;
}

static void take_features(struct pack_module *m, struct wp_arena *a, uint64_t used)
{
    const char **names = wp_arena_alloc(a, WRT_BIT_COUNT, sizeof(*names));
    for (unsigned bit = 0; bit < WRT_BIT_COUNT; bit++) {
        if ((used >> bit & 1) != 0) {
            names[m->feature_count++] = wrt_feature_name(bit);
        }
    }
    m->features = names;
}

static void conclude(struct reader *r, const struct wrt_summary *sum)
{
    struct pack_module *m = r->m;
    m->functions = sum->functions;
    m->code_bytes = sum->code_bytes;
    m->data_bytes = sum->data_bytes;
    m->import_count = r->import_count;
    m->export_count = r->export_count;
    m->section_count = r->section_count;
    m->part_count = facts_sum_parts(r->parts, r->part_count);
    m->producer_count = r->producer_count;
    m->memory_count = r->memory_count;
    m->table_count = r->table_count;
    m->nested_count = r->nested_count;
    take_features(m, r->a, sum->features);
    if (r->brief) {
        m->world = "";
        return;
    }
    m->capability_count = pack_capabilities(m->imports, m->import_count, r->a, &m->capabilities);
    facts_language(m, r->a, r->inner, r->inner_count);
    m->world = facts_world(m);
    if (r->functions != NULL) {
        facts_functions_finish(r->functions, r->a, m);
    }
}

static int add_wit(void *arg, const char *text, size_t len, struct wp_err *err WP_UNUSED)
{
    wp_buf_add(arg, text, len);
    return 0;
}

static int take_wit(const struct wrt_binary *b, struct wp_arena *a, struct pack_module *m, struct wp_err *err)
{
    const struct wrt_component *c = wrt_binary_component(b);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (c == NULL) {
        return 0;
    }
    if (wrt_wit_print(c, add_wit, &text, err) != 0) {
        return -1;
    }
    m->wit = facts_text(a, wp_buf_span(&text));
    return 0;
}

static int read_loaded(const struct wrt_binary *b, struct wp_span bytes, const struct pack_read *how,
                       struct wp_arena *a, struct pack_module *ret, struct wp_err *err)
{
    struct pack_module m = {.kind = wrt_binary_kind(b), .size = bytes.len};
    struct reader r = {.a = a, .m = &m, .start = bytes.ptr, .brief = how->brief};
    struct wrt_summary sum;
    if (visit(&r, b, &sum, err) != 0) {
        return -1;
    }
    make_room(&r);
    FACTS_AUTO_FUNCTIONS struct facts_functions *functions = NULL;
    if (how->functions > 0) {
        functions = facts_functions_new(how->functions);
        r.functions = functions;
    }
    if (visit(&r, b, &sum, err) != 0) {
        return -1;
    }
    conclude(&r, &sum);
    if (how->wit && take_wit(b, a, &m, err) < 0) {
        return -1;
    }
    *ret = m;
    return 0;
}

int pack_module_read(struct wp_span bytes, struct wp_arena *a, struct pack_module *ret, struct wp_err *err)
{
    const struct pack_read how = {0};
    return pack_module_read_as(bytes, &how, a, ret, err);
}

int pack_module_read_as(struct wp_span bytes, const struct pack_read *how, struct wp_arena *a, struct pack_module *ret,
                        struct wp_err *err)
{
    struct wrt_binary *b = NULL;
    if (wrt_load(bytes, &how->load, &b, how->fault, err) < 0) {
        return -1;
    }
    int rc = read_loaded(b, bytes, how, a, ret, err);
    wrt_binary_free(b);
    return rc;
}
