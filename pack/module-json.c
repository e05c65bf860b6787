/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of members says how the facts are written and read; a member that is not in it is refused. */
#include "pack/module-json.h"

#include "base/limits.h"

enum kind {
    TEXT,      /* must be there */
    TEXT_OPT,  /* NULL: absent */
    TEXT_ELSE, /* "": absent */
    NUMBER,
    NUMBER_OPT,  /* 0: absent */
    NUMBER_ELSE, /* UINT64_MAX: absent */
    FLAG,        /* false: absent */
    WORDS,       /* array of texts */
    NUMBERS,     /* array of numbers; none: absent */
    LIST,        /* array of objects */
    LIST_OPT,    /* none: absent */
    WASM_KIND,
};

struct record;
struct member {
    const char *key; /* NULL ends the table */
    enum kind kind;
    size_t at, count;        /* offsets: the field; lists: their count */
    const struct record *of; /* of lists of objects */
    const uint64_t *limit;   /* entries of a list */
};
struct record {
    size_t size;
    const struct member *members;
};

#define EXTERN(f) offsetof(struct pack_extern, f)
static const struct record extern_record = {
    sizeof(struct pack_extern), (const struct member[]){{"module", TEXT_ELSE, EXTERN(module), 0, NULL, NULL},
                                                        {"name", TEXT, EXTERN(name), 0, NULL, NULL},
                                                        {"kind", TEXT, EXTERN(kind), 0, NULL, NULL},
                                                        {"type", TEXT_ELSE, EXTERN(type), 0, NULL, NULL},
                                                        {0}}};
#define SECTION(f) offsetof(struct pack_section, f)
static const struct record section_record = {sizeof(struct pack_section),
                                             (const struct member[]){{"title", TEXT, SECTION(title), 0, NULL, NULL},
                                                                     {"offset", NUMBER, SECTION(offset), 0, NULL, NULL},
                                                                     {"size", NUMBER, SECTION(size), 0, NULL, NULL},
                                                                     {0}}};
#define PART(f) offsetof(struct pack_part, f)
static const struct record part_record = {sizeof(struct pack_part),
                                          (const struct member[]){{"title", TEXT, PART(title), 0, NULL, NULL},
                                                                  {"size", NUMBER, PART(size), 0, NULL, NULL},
                                                                  {"count", NUMBER, PART(count), 0, NULL, NULL},
                                                                  {0}}};
#define PRODUCER(f) offsetof(struct pack_producer, f)
static const struct record producer_record = {
    sizeof(struct pack_producer), (const struct member[]){{"field", TEXT, PRODUCER(field), 0, NULL, NULL},
                                                          {"name", TEXT, PRODUCER(name), 0, NULL, NULL},
                                                          {"version", TEXT, PRODUCER(version), 0, NULL, NULL},
                                                          {0}}};
#define MEMORY(f) offsetof(struct pack_memory, f)
static const struct record memory_record = {
    sizeof(struct pack_memory), (const struct member[]){{"module", NUMBER_OPT, MEMORY(module), 0, NULL, NULL},
                                                        {"min", NUMBER, MEMORY(min), 0, NULL, NULL},
                                                        {"max", NUMBER_ELSE, MEMORY(max), 0, NULL, NULL},
                                                        {"page", NUMBER, MEMORY(page), 0, NULL, NULL},
                                                        {"imported", FLAG, MEMORY(imported), 0, NULL, NULL},
                                                        {"is64", FLAG, MEMORY(is64), 0, NULL, NULL},
                                                        {"shared", FLAG, MEMORY(shared), 0, NULL, NULL},
                                                        {0}}};
#define TABLE(f) offsetof(struct pack_table, f)
static const struct record table_record = {sizeof(struct pack_table),
                                           (const struct member[]){{"module", NUMBER_OPT, TABLE(module), 0, NULL, NULL},
                                                                   {"type", TEXT, TABLE(type), 0, NULL, NULL},
                                                                   {"min", NUMBER, TABLE(min), 0, NULL, NULL},
                                                                   {"max", NUMBER_ELSE, TABLE(max), 0, NULL, NULL},
                                                                   {"imported", FLAG, TABLE(imported), 0, NULL, NULL},
                                                                   {"is64", FLAG, TABLE(is64), 0, NULL, NULL},
                                                                   {0}}};
#define FUNCTION(f) offsetof(struct pack_function, f)
static const struct record function_record = {
    sizeof(struct pack_function), (const struct member[]){{"name", TEXT_ELSE, FUNCTION(name), 0, NULL, NULL},
                                                          {"module", NUMBER_OPT, FUNCTION(module), 0, NULL, NULL},
                                                          {"index", NUMBER, FUNCTION(index), 0, NULL, NULL},
                                                          {"offset", NUMBER, FUNCTION(offset), 0, NULL, NULL},
                                                          {"size", NUMBER, FUNCTION(size), 0, NULL, NULL},
                                                          {0}}};
#define GROUP(f) offsetof(struct pack_group, f)
static const struct record group_record = {
    sizeof(struct pack_group), (const struct member[]){{"name", TEXT_ELSE, GROUP(name), 0, NULL, NULL},
                                                       {"functions", NUMBER, GROUP(functions), 0, NULL, NULL},
                                                       {"size", NUMBER, GROUP(size), 0, NULL, NULL},
                                                       {0}}};
#define CAPABILITY(f) offsetof(struct pack_capability, f)
static const struct record capability_record = {
    sizeof(struct pack_capability), (const struct member[]){{"name", TEXT, CAPABILITY(name), 0, NULL, NULL},
                                                            {"via", TEXT, CAPABILITY(via), 0, NULL, NULL},
                                                            {"imports", NUMBER, CAPABILITY(imports), 0, NULL, NULL},
                                                            {0}}};
#define DEPENDENCY(f) offsetof(struct pack_dependency, f)
static const struct record dependency_record = {
    sizeof(struct pack_dependency), (const struct member[]){{"name", TEXT, DEPENDENCY(name), 0, NULL, NULL},
                                                            {"version", TEXT, DEPENDENCY(version), 0, NULL, NULL},
                                                            {"source", TEXT_ELSE, DEPENDENCY(source), 0, NULL, NULL},
                                                            {"build", FLAG, DEPENDENCY(build), 0, NULL, NULL},
                                                            {"root", FLAG, DEPENDENCY(root), 0, NULL, NULL},
                                                            {"needs", NUMBERS, DEPENDENCY(needs),
                                                             DEPENDENCY(need_count), NULL, &WP_LIMIT_FACT_DEPENDENCIES},
                                                            {0}}};

#define NESTED(f) offsetof(struct pack_nested, f)
static const struct record nested_record = {
    sizeof(struct pack_nested), (const struct member[]){{"kind", WASM_KIND, NESTED(kind), 0, NULL, NULL},
                                                        {"parent", NUMBER_OPT, NESTED(parent), 0, NULL, NULL},
                                                        {"offset", NUMBER, NESTED(offset), 0, NULL, NULL},
                                                        {"size", NUMBER, NESTED(size), 0, NULL, NULL},
                                                        {0}}};

#define M(f) offsetof(struct pack_module, f)
#define FIELD(key, kind, f)            \
    {                                  \
        key, kind, M(f), 0, NULL, NULL \
    }
#define ROWS(key, f, n, record, limit)             \
    {                                              \
        key, LIST, M(f), M(n), &(record), &(limit) \
    }
static const struct member module_members[] = {
    FIELD("kind", WASM_KIND, kind),
    FIELD("size", NUMBER, size),
    FIELD("functions", NUMBER, functions),
    FIELD("codeBytes", NUMBER, code_bytes),
    FIELD("dataBytes", NUMBER, data_bytes),
    FIELD("dataSegments", NUMBER, data_segments),
    FIELD("world", TEXT, world),
    FIELD("name", TEXT_OPT, name),
    FIELD("version", TEXT_OPT, version),
    FIELD("description", TEXT_OPT, description),
    FIELD("authors", TEXT_OPT, authors),
    FIELD("licenses", TEXT_OPT, licenses),
    FIELD("source", TEXT_OPT, source),
    FIELD("homepage", TEXT_OPT, homepage),
    FIELD("revision", TEXT_OPT, revision),
    FIELD("language", TEXT_OPT, language),
    FIELD("toolchain", TEXT_OPT, toolchain),
    FIELD("guessed", FLAG, guessed),
    FIELD("start", TEXT_OPT, start),
    FIELD("componentType", FLAG, component_type),
    FIELD("dylink", FLAG, dylink),
    FIELD("object", FLAG, object),
    {"features", WORDS, M(features), M(feature_count), NULL, &WP_LIMIT_FACT_FEATURES},
    ROWS("capabilities", capabilities, capability_count, capability_record, WP_LIMIT_WASM_NAMES),
    ROWS("producers", producers, producer_count, producer_record, WP_LIMIT_WASM_NAMES),
    ROWS("imports", imports, import_count, extern_record, WP_LIMIT_WASM_NAMES),
    ROWS("exports", exports, export_count, extern_record, WP_LIMIT_WASM_NAMES),
    ROWS("memories", memories, memory_count, memory_record, WP_LIMIT_WASM_NAMES),
    ROWS("tables", tables, table_count, table_record, WP_LIMIT_WASM_NAMES),
    ROWS("sections", sections, section_count, section_record, WP_LIMIT_WASM_SECTIONS),
    ROWS("parts", parts, part_count, part_record, WP_LIMIT_WASM_SECTIONS),
    ROWS("largest", largest, largest_count, function_record, WP_LIMIT_FACT_FUNCTIONS),
    ROWS("groups", groups, group_count, group_record, WP_LIMIT_FACT_GROUPS),
    ROWS("dependencies", dependencies, dependency_count, dependency_record, WP_LIMIT_FACT_DEPENDENCIES),
    {"nested", LIST_OPT, M(nested), M(nested_count), &nested_record, &WP_LIMIT_WASM_COMPONENT_PARTS},
    FIELD("wit", TEXT_OPT, wit),
    {0},
};
static const struct record module_record = {sizeof(struct pack_module), module_members};

/* ---- fields by offset ---- */

#define GETTER(name, type)                              \
    static type name(const void *from, size_t at)       \
    {                                                   \
        type v;                                         \
        memcpy(&v, (const char *)from + at, sizeof(v)); \
        return v;                                       \
    }
GETTER(get_ptr, const void *)
GETTER(get_u64, uint64_t)
GETTER(get_size, size_t)
GETTER(get_flag, bool)
GETTER(get_kind, enum wp_wasm_kind)

static void put(void *into, size_t at, const void *value, size_t size)
{
    memcpy((char *)into + at, value, size);
}

/* ---- writing ---- */

static void write_record(struct wp_json_out *j, const struct record *r, const void *from);

static void write_list(struct wp_json_out *j, const struct member *m, const void *from)
{
    const char *rows = get_ptr(from, m->at);
    size_t n = get_size(from, m->count);
    wp_jo_array(j);
    for (size_t i = 0; i < n; i++) {
        if (m->kind == WORDS) {
            wp_jo_str(j, get_ptr(rows, i * sizeof(const char *)));
        } else if (m->kind == NUMBERS) {
            wp_jo_u64(j, get_u64(rows, i * sizeof(uint64_t)));
        } else {
            write_record(j, m->of, rows + i * m->of->size);
        }
    }
    wp_jo_array_end(j);
}

static bool is_absent(const struct member *m, const void *from)
{
    switch (m->kind) {
    case TEXT_OPT:
        return get_ptr(from, m->at) == NULL;
    case TEXT_ELSE: {
        const char *text = get_ptr(from, m->at);
        return text == NULL || text[0] == '\0';
    }
    case NUMBER_OPT:
        return get_u64(from, m->at) == 0;
    case NUMBER_ELSE:
        return get_u64(from, m->at) == UINT64_MAX;
    case FLAG:
        return !get_flag(from, m->at);
    case NUMBERS:
    case LIST_OPT:
        return get_size(from, m->count) == 0;
    default:
        return false;
    }
}

static void write_member(struct wp_json_out *j, const struct member *m, const void *from)
{
    if (is_absent(m, from)) {
        return;
    }
    wp_jo_key(j, m->key);
    switch (m->kind) {
    case TEXT:
    case TEXT_OPT:
    case TEXT_ELSE:
        wp_jo_str(j, get_ptr(from, m->at));
        break;
    case NUMBER:
    case NUMBER_OPT:
    case NUMBER_ELSE:
        wp_jo_u64(j, get_u64(from, m->at));
        break;
    case FLAG:
        wp_jo_bool(j, true);
        break;
    case WASM_KIND:
        wp_jo_str(j, get_kind(from, m->at) == WP_WASM_COMPONENT ? "component" : "module");
        break;
    case WORDS:
    case NUMBERS:
    case LIST:
    case LIST_OPT:
        write_list(j, m, from);
        break;
    }
}

static void write_record(struct wp_json_out *j, const struct record *r, const void *from)
{
    wp_jo_object(j);
    for (const struct member *m = r->members; m->key != NULL; m++) {
        write_member(j, m, from);
    }
    wp_jo_object_end(j);
}

void pack_module_json(struct wp_json_out *j, const struct pack_module *m)
{
    write_record(j, &module_record, m);
}

/* ---- reading ---- */

static int read_record(const struct wp_json *at, const struct record *r, struct wp_arena *a, void *into,
                       struct wp_err *err);

static int read_text(const struct wp_json *at, struct wp_arena *a, const char **ret, struct wp_err *err)
{
    const char *text;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    *ret = wp_arena_str(a, text);
    return 0;
}

static int read_entry(const struct wp_json *at, const struct member *m, struct wp_arena *a, void *into,
                      struct wp_err *err)
{
    if (m->of != NULL) {
        return read_record(at, m->of, a, into, err);
    }
    if (m->kind == NUMBERS) {
        uint64_t number;
        if (wp_json_u64(at, &number, err) < 0) {
            return -1;
        }
        put(into, 0, &number, sizeof(number));
        return 0;
    }
    const char *text;
    if (read_text(at, a, &text, err) < 0) {
        return -1;
    }
    put(into, 0, &text, sizeof(text));
    return 0;
}

static size_t entry_size(const struct member *m)
{
    return m->of != NULL ? m->of->size : m->kind == NUMBERS ? sizeof(uint64_t) : sizeof(const char *);
}

static int read_list(const struct wp_json *at, const struct member *m, struct wp_arena *a, void *into,
                     struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    size_t n = wp_json_len(at);
    size_t size = entry_size(m);
    if (n > *m->limit) {
        return wp_json_fail(at, err, "%zu entries, at most %llu are allowed", n, (unsigned long long)*m->limit);
    }
    char *rows = wp_arena_alloc(a, n, size);
    for (size_t i = 0; i < n; i++) {
        struct wp_json entry = wp_json_at(at, i);
        if (read_entry(&entry, m, a, rows + i * size, err) < 0) {
            return -1;
        }
    }
    put(into, m->at, &rows, sizeof(rows));
    put(into, m->count, &n, sizeof(n));
    return 0;
}

static int read_kind(const struct wp_json *at, enum wp_wasm_kind *ret, struct wp_err *err)
{
    const char *text;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    bool component = wp_str_eq(text, "component");
    if (!component && !wp_str_eq(text, "module")) {
        return wp_json_fail(at, err, "must be 'module' or 'component', not '%s'", text);
    }
    *ret = component ? WP_WASM_COMPONENT : WP_WASM_MODULE;
    return 0;
}

/* What an absent member means; an error where it has to be there. */
static int read_absent(const struct wp_json *at, const struct member *m, void *into, struct wp_err *err)
{
    static const char *const empty = "";
    static const uint64_t none = UINT64_MAX;
    switch (m->kind) {
    case TEXT_ELSE:
        put(into, m->at, &empty, sizeof(const char *));
        return 0;
    case NUMBER_ELSE:
        put(into, m->at, &none, sizeof(none));
        return 0;
    case TEXT_OPT:
    case NUMBER_OPT:
    case NUMBERS:
    case LIST_OPT:
    case FLAG:
        return 0;
    default:
        return wp_json_fail(at, err, "is missing");
    }
}

static int read_member(const struct wp_json *at, const struct member *m, struct wp_arena *a, void *into,
                       struct wp_err *err)
{
    const char *text = NULL;
    uint64_t number = 0;
    bool flag = false;
    enum wp_wasm_kind kind = WP_WASM_MODULE;
    int rc = 0;
    switch (m->kind) {
    case TEXT:
    case TEXT_OPT:
    case TEXT_ELSE:
        rc = read_text(at, a, &text, err);
        put(into, m->at, &text, sizeof(text));
        return rc;
    case NUMBER:
    case NUMBER_OPT:
    case NUMBER_ELSE:
        rc = wp_json_u64(at, &number, err);
        put(into, m->at, &number, sizeof(number));
        return rc;
    case FLAG:
        rc = wp_json_bool(at, &flag, err);
        put(into, m->at, &flag, sizeof(flag));
        return rc;
    case WASM_KIND:
        rc = read_kind(at, &kind, err);
        put(into, m->at, &kind, sizeof(kind));
        return rc;
    case WORDS:
    case NUMBERS:
    case LIST:
    case LIST_OPT:
        return read_list(at, m, a, into, err);
    }
    return rc;
}

static int refuse_unknown(void *arg, const struct wp_json *at, struct wp_err *err)
{
    const struct record *r = arg;
    for (const struct member *m = r->members; m->key != NULL; m++) {
        if (wp_str_eq(m->key, at->key)) {
            return 0;
        }
    }
    return wp_json_fail_key(at, err, "unknown key");
}

static int read_record(const struct wp_json *at, const struct record *r, struct wp_arena *a, void *into,
                       struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    size_t known = 0;
    for (const struct member *m = r->members; m->key != NULL; m++) {
        struct wp_json field = wp_json_get(at, m->key);
        bool there = wp_json_kind(&field) != WP_JSON_ABSENT;
        known += there;
        if ((there ? read_member(&field, m, a, into, err) : read_absent(&field, m, into, err)) < 0) {
            return -1;
        }
    }
    return known == wp_json_len(at) ? 0 : wp_json_each(at, refuse_unknown, (void *)(uintptr_t)r, err);
}

static bool outside(uint64_t offset, uint64_t size, uint64_t all)
{
    return offset > all || size > all - offset;
}

/* Places in lists that later code goes to. */
static int check_places(const struct wp_json *at, const struct pack_module *m, struct wp_err *err)
{
    for (size_t i = 0; i < m->nested_count; i++) {
        if (outside(m->nested[i].offset, m->nested[i].size, m->size)) {
            return wp_json_fail(at, err, "nested %zu lies outside of the binary", i);
        }
        if (m->nested[i].parent > i) {
            return wp_json_fail(at, err, "nested %zu is in one that comes later", i);
        }
    }
    for (size_t i = 0; i < m->dependency_count; i++) {
        for (size_t k = 0; k < m->dependencies[i].need_count; k++) {
            if (m->dependencies[i].needs[k] >= m->dependency_count) {
                return wp_json_fail(at, err, "dependency %zu needs one that is not there", i);
            }
        }
    }
    return 0;
}

/* Ranges that later code counts with. */
static int check_ranges(const struct wp_json *at, const struct pack_module *m, struct wp_err *err)
{
    if (m->size > WP_LIMIT_MODULE) {
        return wp_json_fail(at, err, "a size of %llu bytes", (unsigned long long)m->size);
    }
    for (size_t i = 0; i < m->section_count; i++) {
        if (outside(m->sections[i].offset, m->sections[i].size, m->size)) {
            return wp_json_fail(at, err, "section %zu lies outside of the binary", i);
        }
    }
    for (size_t i = 0; i < m->largest_count; i++) {
        if (outside(m->largest[i].offset, m->largest[i].size, m->size)) {
            return wp_json_fail(at, err, "function %zu lies outside of the binary", i);
        }
    }
    for (size_t i = 0; i < m->part_count; i++) {
        if (m->parts[i].size > m->size) {
            return wp_json_fail(at, err, "part %zu is larger than the binary", i);
        }
    }
    for (size_t i = 0; i < m->group_count; i++) {
        if (m->groups[i].size > m->size) {
            return wp_json_fail(at, err, "group %zu is larger than the binary", i);
        }
    }
    return 0;
}

int pack_module_from_json(const struct wp_json *at, struct wp_arena *a, struct pack_module *ret, struct wp_err *err)
{
    struct pack_module m = {0};
    if (read_record(at, &module_record, a, &m, err) < 0 || check_ranges(at, &m, err) < 0 ||
        check_places(at, &m, err) < 0) {
        return -1;
    }
    *ret = m;
    return 0;
}
