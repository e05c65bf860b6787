/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts as lists of key, name and words, which diff.c compares. */
#include "base/text.h"
#include "pack/diff-parts.h"
#include "pack/facts-capability.h"

static struct diff_list room(struct wp_arena *a, size_t n)
{
    return (struct diff_list){.items = wp_arena_alloc(a, n, sizeof(struct diff_item))};
}

static void add(struct diff_list *l, const char *key, const char *name, const char *words)
{
    l->items[l->count++] = (struct diff_item){.key = key, .name = name, .words = words == NULL ? "" : words};
}

bool diff_is_interface(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon != NULL && strchr(colon, '/') != NULL;
}

static const char *versionless(struct wp_arena *a, const char *name)
{
    const char *at = diff_is_interface(name) ? strrchr(name, '@') : NULL;
    return at == NULL ? name : wp_arena_strn(a, name, (size_t)(at - name));
}

static struct diff_list externs(const struct pack_extern *list, size_t n, struct wp_arena *a)
{
    struct diff_list l = room(a, n);
    for (size_t i = 0; i < n; i++) {
        const struct pack_extern *x = &list[i];
        const char *words = x->type[0] == '\0' ? x->kind : wp_arena_printf(a, "%s %s", x->kind, x->type);
        if (x->module[0] == '\0') {
            add(&l, versionless(a, x->name), x->name, words);
        } else {
            const char *name = wp_arena_printf(a, "%s.%s", x->module, x->name);
            add(&l, name, name, words);
        }
    }
    return l;
}

static const char *capability_name(enum pack_reach reach, const char *via, struct wp_arena *a)
{
    return reach == PACK_HOST ? wp_arena_printf(a, "host %s", versionless(a, via)) : pack_reach_name(reach);
}

static struct diff_list capabilities(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = room(a, m->capability_count);
    for (size_t i = 0; i < m->capability_count; i++) {
        const struct pack_capability *c = &m->capabilities[i];
        const char *name = capability_name(pack_reach_find(c->name), c->via, a);
        add(&l, name, name, "");
    }
    return l;
}

const char *pack_memory_words(const struct pack_memory *m, struct wp_arena *a)
{
    char min[WP_NUMBER_TEXT];
    char max[WP_NUMBER_TEXT];
    const char *top =
        m->max == UINT64_MAX ? "no maximum" : wp_arena_printf(a, "at most %s", wp_number_text(m->max, max));
    const char *page = m->page == 65536 ? "" : wp_arena_printf(a, " of %llu B", (unsigned long long)m->page);
    return wp_arena_printf(a, "%s %s%s, %s%s%s%s", wp_number_text(m->min, min), m->min == 1 ? "page" : "pages", page,
                           top, m->is64 ? ", 64-bit" : "", m->shared ? ", shared" : "",
                           m->imported ? ", imported" : "");
}

/* "memory", "memory 1"; in a component "core module 2 memory". */
static const char *numbered(const struct pack_module *m, const char *what, uint64_t module, uint64_t index,
                            struct wp_arena *a)
{
    const char *name = index == 0 ? what : wp_arena_printf(a, "%s %llu", what, (unsigned long long)index);
    return m->kind == WP_WASM_MODULE ? name
                                     : wp_arena_printf(a, "core module %llu %s", (unsigned long long)module, name);
}

static struct diff_list memories(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = room(a, m->memory_count);
    uint64_t index = 0;
    for (size_t i = 0; i < m->memory_count; i++) {
        index = i > 0 && m->memories[i].module == m->memories[i - 1].module ? index + 1 : 0;
        const char *name = numbered(m, "memory", m->memories[i].module, index, a);
        add(&l, name, name, pack_memory_words(&m->memories[i], a));
    }
    return l;
}

static struct diff_list tables(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = room(a, m->table_count);
    uint64_t index = 0;
    for (size_t i = 0; i < m->table_count; i++) {
        const struct pack_table *t = &m->tables[i];
        char min[WP_NUMBER_TEXT];
        char max[WP_NUMBER_TEXT];
        index = i > 0 && t->module == m->tables[i - 1].module ? index + 1 : 0;
        const char *top =
            t->max == UINT64_MAX ? "no maximum" : wp_arena_printf(a, "at most %s", wp_number_text(t->max, max));
        const char *name = numbered(m, "table", t->module, index, a);
        add(&l, name, name,
            wp_arena_printf(a, "%s %s, %s%s%s", wp_number_text(t->min, min), t->type, top, t->is64 ? ", 64-bit" : "",
                            t->imported ? ", imported" : ""));
    }
    return l;
}

static struct diff_list features(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = room(a, m->feature_count);
    for (size_t i = 0; i < m->feature_count; i++) {
        add(&l, m->features[i], m->features[i], "");
    }
    return l;
}

static struct diff_list metadata(const struct pack_module *m, struct wp_arena *a)
{
    const struct {
        const char *name, *words;
    } rows[] = {
        {"kind", m->kind == WP_WASM_COMPONENT ? "component" : "core module"},
        {"world", m->world},
        {"name", m->name},
        {"version", m->version},
        {"description", m->description},
        {"authors", m->authors},
        {"licenses", m->licenses},
        {"source", m->source},
        {"homepage", m->homepage},
        {"revision", m->revision},
        {"language", m->language},
        {"starts with", m->start},
    };
    struct diff_list l = room(a, WP_ARRAY_LEN(rows));
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (rows[i].words != NULL) {
            add(&l, rows[i].name, rows[i].name, rows[i].words);
        }
    }
    return l;
}

static struct diff_list producers(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = room(a, m->producer_count);
    for (size_t i = 0; i < m->producer_count; i++) {
        const struct pack_producer *p = &m->producers[i];
        const char *name = wp_arena_printf(a, "%s %s", p->field, p->name);
        add(&l, name, name, p->version);
    }
    return l;
}

static struct diff_list dependencies(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = room(a, m->dependency_count);
    for (size_t i = 0; i < m->dependency_count; i++) {
        const struct pack_dependency *d = &m->dependencies[i];
        if (!d->root) {
            add(&l, d->name, d->name, d->version);
        }
    }
    return l;
}

struct diff_list diff_items(const struct pack_module *m, enum pack_diff_list list, struct wp_arena *a)
{
    switch (list) {
    case PACK_DIFF_CAPABILITIES:
        return capabilities(m, a);
    case PACK_DIFF_IMPORTS:
        return externs(m->imports, m->import_count, a);
    case PACK_DIFF_EXPORTS:
        return externs(m->exports, m->export_count, a);
    case PACK_DIFF_MEMORIES:
        return memories(m, a);
    case PACK_DIFF_TABLES:
        return tables(m, a);
    case PACK_DIFF_FEATURES:
        return features(m, a);
    case PACK_DIFF_METADATA:
        return metadata(m, a);
    case PACK_DIFF_PRODUCERS:
        return producers(m, a);
    case PACK_DIFF_DEPENDENCIES:
        return dependencies(m, a);
    case PACK_DIFF_INTERFACES: /* diff-wit.c */
    case PACK_DIFF_LISTS:
        break;
    }
    return room(a, 0);
}

const char *pack_diff_list_name(enum pack_diff_list list)
{
    static const char *const names[PACK_DIFF_LISTS] = {
        [PACK_DIFF_CAPABILITIES] = "capabilities", [PACK_DIFF_IMPORTS] = "imports",
        [PACK_DIFF_EXPORTS] = "exports",           [PACK_DIFF_INTERFACES] = "interfaces",
        [PACK_DIFF_MEMORIES] = "memories",         [PACK_DIFF_TABLES] = "tables",
        [PACK_DIFF_FEATURES] = "features",         [PACK_DIFF_METADATA] = "metadata",
        [PACK_DIFF_PRODUCERS] = "producers",       [PACK_DIFF_DEPENDENCIES] = "dependencies",
    };
    return names[list];
}

/* ---- what is new with an import ---- */

/* The first of the added rows, which stand first and sorted, whose name is not less. */
static size_t place(const struct pack_change *rows, size_t n, const char *name)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(rows[mid].name, name) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static size_t added_rows(const struct pack_changes *c)
{
    size_t n = 0;
    while (n < c->count && c->rows[n].kind == PACK_ADDED) {
        n++;
    }
    return n;
}

void diff_note_capabilities(struct pack_diff *d, struct wp_arena *a)
{
    const struct pack_changes *capabilities = &d->lists[PACK_DIFF_CAPABILITIES];
    const struct pack_changes *imports = &d->lists[PACK_DIFF_IMPORTS];
    struct pack_change *rows = (struct pack_change *)(uintptr_t)imports->rows;
    size_t fresh = added_rows(capabilities);
    size_t added = added_rows(imports);
    for (size_t i = 0; i < d->b->import_count && added > 0 && fresh > 0; i++) {
        const struct pack_extern *x = &d->b->imports[i];
        const char *via;
        enum pack_reach reach = pack_reach_of(x, a, &via);
        const char *capability = capability_name(reach, via, a);
        size_t at = place(capabilities->rows, fresh, capability);
        if (reach == PACK_REACH_NONE || at == fresh || !wp_str_eq(capabilities->rows[at].name, capability)) {
            continue;
        }
        const char *name = x->module[0] == '\0' ? x->name : wp_arena_printf(a, "%s.%s", x->module, x->name);
        for (at = place(rows, added, name); at < added && wp_str_eq(rows[at].name, name); at++) {
            rows[at].note = capability;
        }
    }
}
