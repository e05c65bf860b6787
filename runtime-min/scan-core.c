/* SPDX-License-Identifier: Apache-2.0
 *
 * Core modules (core 3.0 section 5.5): order and counts of sections, and those whose entries a host cares about.
 * Instructions, types and initialisers are framed but not looked into. */
#include "base/limits.h"
#include "runtime-min/scan-parts.h"

enum core_id {
    CORE_CUSTOM,
    CORE_TYPE,
    CORE_IMPORT,
    CORE_FUNCTION,
    CORE_TABLE,
    CORE_MEMORY,
    CORE_GLOBAL,
    CORE_EXPORT,
    CORE_START,
    CORE_ELEMENT,
    CORE_CODE,
    CORE_DATA,
    CORE_DATA_COUNT,
    CORE_TAG,
    CORE_COUNT
};

struct core {
    struct scan *s;
    unsigned depth;
    unsigned seen; /* highest place reached in the order of sections */
    uint32_t functions, bodies, segments, segments_claimed;
    bool data_count;
};

/* place: where the section stands in the one order that is allowed; custom sections stand anywhere. */
struct core_row {
    const char *title;
    unsigned place;
    int (*walk)(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err);
};

static int heap_type(struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    int64_t type;
    if (scan_s33(c, &type, err) < 0) {
        return -1;
    }
    /* 0x69 exn .. 0x74 noexn as negative numbers, or a type index. */
    if (type < 0 && (type < -0x17 || type > -0x0c)) {
        return wp_wasm_fail(&at, err, "heap type %lld is not known", (long long)type);
    }
    return 0;
}

/* numeric: numbers and vectors are allowed too, not only references. */
static int value_type(struct wp_wasm_cursor *c, bool numeric, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint8_t byte;
    if (wp_wasm_byte(c, &byte, err) < 0) {
        return -1;
    }
    if (byte == 0x63 || byte == 0x64) {
        return heap_type(c, err);
    }
    if ((byte >= 0x69 && byte <= 0x74) || (numeric && byte >= 0x7b && byte <= 0x7f)) {
        return 0;
    }
    return wp_wasm_fail(&at, err, "%s type 0x%02x is not known", numeric ? "value" : "reference", byte);
}

/* Flags: 1 a maximum follows, 2 shared, 4 64-bit, 8 a page size follows (memories only). */
static int limits(struct wp_wasm_cursor *c, bool memory, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint8_t flags;
    uint64_t n;
    if (wp_wasm_byte(c, &flags, err) < 0) {
        return -1;
    }
    if (flags > (memory ? 0x0f : 0x07)) {
        return wp_wasm_fail(&at, err, "limits flags 0x%02x are not known", flags);
    }
    if (wp_wasm_u64(c, &n, err) < 0 || ((flags & 1) != 0 && wp_wasm_u64(c, &n, err) < 0)) {
        return -1;
    }
    uint32_t page = 0;
    at = *c;
    if ((flags & 8) != 0 && wp_wasm_u32(c, &page, err) < 0) {
        return -1;
    }
    return page < 64 ? 0 : wp_wasm_fail(&at, err, "a page size of 2^%u bytes", page);
}

static int tag_type(struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint8_t attribute;
    uint32_t type;
    if (wp_wasm_byte(c, &attribute, err) < 0) {
        return -1;
    }
    if (attribute != 0) {
        return wp_wasm_fail(&at, err, "tag attribute 0x%02x is not known", attribute);
    }
    return wp_wasm_u32(c, &type, err);
}

static int global_type(struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint8_t mutable;
    if (value_type(c, true, err) < 0) {
        return -1;
    }
    struct wp_wasm_cursor at = *c;
    if (wp_wasm_byte(c, &mutable, err) < 0) {
        return -1;
    }
    if (mutable > 1) {
        return wp_wasm_fail(&at, err, "mutability 0x%02x is not known", mutable);
    }
    return 0;
}

static int extern_kind(struct wp_wasm_cursor *c, const char *what, enum wrt_extern_kind *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint8_t kind;
    if (wp_wasm_byte(c, &kind, err) < 0) {
        return -1;
    }
    if (kind > WRT_TAG) {
        return wp_wasm_fail(&at, err, "%s kind 0x%02x is not known", what, kind);
    }
    *ret = (enum wrt_extern_kind)kind;
    return 0;
}

static int import_type(struct wp_wasm_cursor *c, enum wrt_extern_kind *ret, struct wp_err *err)
{
    uint32_t index;
    if (extern_kind(c, "import", ret, err) < 0) {
        return -1;
    }
    switch (*ret) {
    case WRT_FUNC:
        return wp_wasm_u32(c, &index, err);
    case WRT_TABLE:
        return value_type(c, false, err) < 0 ? -1 : limits(c, false, err);
    case WRT_MEMORY:
        return limits(c, true, err);
    case WRT_GLOBAL:
        return global_type(c, err);
    default:
        return tag_type(c, err);
    }
}

static int walk_imports(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (scan_count(c, "imports", &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wrt_extern x;
        if (wp_wasm_name(c, &x.module, err) < 0 || wp_wasm_name(c, &x.name, err) < 0 ||
            import_type(c, &x.kind, err) < 0) {
            return wp_wrap(err, "import %u", i);
        }
        int rc = m->depth == 0 && m->s->v->import ? m->s->v->import(m->s->v->arg, &x, err) : 0;
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int walk_exports(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (scan_count(c, "exports", &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wrt_extern x = {.module = wp_span("", 0)};
        uint32_t index;
        if (wp_wasm_name(c, &x.name, err) < 0 || extern_kind(c, "export", &x.kind, err) < 0 ||
            wp_wasm_u32(c, &index, err) < 0) {
            return wp_wrap(err, "export %u", i);
        }
        int rc = m->depth == 0 && m->s->v->export ? m->s->v->export(m->s->v->arg, &x, err) : 0;
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int walk_functions(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    if (wp_wasm_u32(c, &m->functions, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < m->functions; i++) {
        uint32_t type;
        if (wp_wasm_u32(c, &type, err) < 0) {
            return wp_wrap(err, "function %u", i);
        }
    }
    return 0;
}

static int walk_memories(struct core *m WP_UNUSED, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (wp_wasm_u32(c, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (limits(c, true, err) < 0) {
            return wp_wrap(err, "memory %u", i);
        }
    }
    return 0;
}

static int walk_tags(struct core *m WP_UNUSED, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (wp_wasm_u32(c, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (tag_type(c, err) < 0) {
            return wp_wrap(err, "tag %u", i);
        }
    }
    return 0;
}

static int walk_start(struct core *m WP_UNUSED, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t index;
    return wp_wasm_u32(c, &index, err);
}

static int walk_code(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    m->s->sum.code_bytes += (uint64_t)(c->end - c->p);
    if (wp_wasm_u32(c, &m->bodies, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < m->bodies; i++) {
        uint32_t size;
        if (wp_wasm_u32(c, &size, err) < 0 || wp_wasm_skip(c, size, err) < 0) {
            return wp_wrap(err, "function body %u", i);
        }
    }
    return 0;
}

/* The rest of a segment hangs on instructions, whose length only a decoder knows. */
static int walk_data(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    m->s->sum.data_bytes += (uint64_t)(c->end - c->p);
    if (wp_wasm_u32(c, &m->segments, err) < 0) {
        return -1;
    }
    bool empty = m->segments == 0;
    size_t left = (size_t)(c->end - c->p);
    if (m->segments > left) {
        return wp_wasm_fail(c, err, "%u data segments are claimed in %zu bytes", m->segments, left);
    }
    return empty ? scan_end(c, "data", err) : wp_wasm_skip(c, left, err);
}

static int walk_data_count(struct core *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    m->data_count = true;
    return wp_wasm_u32(c, &m->segments_claimed, err);
}

/* Sections that begin with a count of entries of at least one byte each; the entries stay unread. */
static int walk_vector(struct core *m WP_UNUSED, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (wp_wasm_u32(c, &count, err) < 0) {
        return -1;
    }
    size_t left = (size_t)(c->end - c->p);
    if (count > left || (count == 0 && left > 0)) {
        return wp_wasm_fail(c, err, "%u entries are claimed in %zu bytes", count, left);
    }
    return wp_wasm_skip(c, left, err);
}

static const struct core_row rows[CORE_COUNT] = {
    [CORE_CUSTOM] = {"custom", 0, NULL},
    [CORE_TYPE] = {"type", 1, walk_vector},
    [CORE_IMPORT] = {"import", 2, walk_imports},
    [CORE_FUNCTION] = {"function", 3, walk_functions},
    [CORE_TABLE] = {"table", 4, walk_vector},
    [CORE_MEMORY] = {"memory", 5, walk_memories},
    [CORE_TAG] = {"tag", 6, walk_tags},
    [CORE_GLOBAL] = {"global", 7, walk_vector},
    [CORE_EXPORT] = {"export", 8, walk_exports},
    [CORE_START] = {"start", 9, walk_start},
    [CORE_ELEMENT] = {"element", 10, walk_vector},
    [CORE_DATA_COUNT] = {"data count", 11, walk_data_count},
    [CORE_CODE] = {"code", 12, walk_code},
    [CORE_DATA] = {"data", 13, walk_data},
};

static const char *title_at(unsigned place)
{
    for (size_t i = 0; i < CORE_COUNT; i++) {
        if (rows[i].place == place) {
            return rows[i].title;
        }
    }
    return "custom";
}

static int one_section(struct core *m, const struct wp_wasm_cursor *before, const struct wp_wasm_section *section,
                       struct wp_err *err)
{
    if (section->id >= CORE_COUNT) {
        return wp_wasm_fail(before, err, "section id %u is not known", section->id);
    }
    const struct core_row *row = &rows[section->id];
    int rc = scan_section(m->s, m->depth, section, row->title, err);
    if (rc != 0 || section->id == CORE_CUSTOM) {
        return rc;
    }
    if (row->place == m->seen) {
        return wp_wasm_fail(before, err, "a second %s section", row->title);
    }
    if (row->place < m->seen) {
        return wp_wasm_fail(before, err, "the %s section stands after the %s section", row->title, title_at(m->seen));
    }
    m->seen = row->place;
    struct wp_wasm_cursor body = scan_body(before, section);
    rc = row->walk(m, &body, err);
    if (rc != 0) {
        return rc < 0 ? wp_wrap(err, "%s section", row->title) : rc;
    }
    return scan_end(&body, row->title, err);
}

int scan_core(struct scan *s, struct wp_wasm_cursor *c, unsigned depth, struct wp_err *err)
{
    struct core m = {.s = s, .depth = depth};
    for (;;) {
        struct wp_wasm_cursor before = *c;
        struct wp_wasm_section section;
        int got = wp_wasm_next(c, &section, err);
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        int rc = one_section(&m, &before, &section, err);
        if (rc != 0) {
            return rc;
        }
    }
    if (m.functions != m.bodies) {
        return wp_wasm_fail(c, err, "%u functions are declared, %u have code", m.functions, m.bodies);
    }
    if (m.data_count && m.segments_claimed != m.segments) {
        return wp_wasm_fail(c, err, "the data count section says %u segments, the data section has %u",
                            m.segments_claimed, m.segments);
    }
    s->sum.functions += m.functions;
    return 0;
}
