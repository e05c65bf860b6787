/* SPDX-License-Identifier: Apache-2.0
 *
 * What the picture shows: every section, in the code its packages, in those the functions that were kept. */
#include "base/mem.h"
#include "pack/facts.h"
#include "pack/report-parts.h"

#include <stdlib.h>

static int by_largest(const void *a, const void *b)
{
    const struct report_box *x = a;
    const struct report_box *y = b;
    return x->size != y->size ? (x->size < y->size ? 1 : -1) : strcmp(x->label, y->label);
}

static void sort_boxes(struct report_box *boxes, size_t n)
{
    if (n > 1) {
        qsort(boxes, n, sizeof(*boxes), by_largest);
    }
}

enum { BOXES = 400 };

/* The smallest of too many become one. */
static size_t fold(struct report_box *boxes, size_t n, const char *label)
{
    sort_boxes(boxes, n);
    if (n <= BOXES) {
        return n;
    }
    struct report_box rest = {.label = label, .color = REPORT_GREY};
    for (size_t i = BOXES - 1; i < n; i++) {
        rest.size += boxes[i].size;
    }
    boxes[BOXES - 1] = rest;
    sort_boxes(boxes, BOXES);
    return BOXES;
}

struct named {
    const char *name;
    size_t index;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    return strcmp(x->name, y->name);
}

static size_t find_group(const struct named *sorted, size_t n, const char *name, size_t otherwise)
{
    const struct named key = {.name = name};
    const struct named *hit = n == 0 ? NULL : bsearch(&key, sorted, n, sizeof(*sorted), by_name);
    return hit == NULL ? otherwise : hit->index;
}

/* The name of the group a function was counted under. */
static const char *group_name(struct wp_arena *a, const struct pack_function *f)
{
    struct wp_span group;
    enum facts_group_kind kind = f->name[0] == '\0' ? FACTS_NO_GROUP : facts_group(wp_span_str(f->name), &group);
    if (f->name[0] == '\0') {
        return "";
    }
    if (kind == FACTS_NO_GROUP) {
        return "(other)";
    }
    const char *name = wp_arena_strn(a, (const char *)group.ptr, group.len);
    return kind == FACTS_PREFIX ? wp_arena_printf(a, "%s_*", name) : name;
}

static const char *function_label(struct wp_arena *a, const struct pack_function *f)
{
    return f->name[0] != '\0' ? f->name : wp_arena_printf(a, "function %llu", (unsigned long long)f->index);
}

/* "init.0" of "github.com_itchyny_gojq.init.0" in the box of that package. */
static const char *without_group(const char *label, const char *group)
{
    size_t len = strlen(group);
    if (len == 0 || strncmp(label, group, len) != 0) {
        return NULL;
    }
    const char *rest = label + len + strspn(label + len, ".:");
    return rest[0] == '\0' || rest == label + len ? NULL : rest;
}

/* The functions of each group; what was not kept is one box at the end. */
static void fill_groups(const struct pack_module *m, struct wp_arena *a, struct report_box *groups)
{
    WP_AUTO_FREE struct named *sorted = wp_xcalloc(m->group_count + 1, sizeof(*sorted));
    WP_AUTO_FREE size_t *group_of = wp_xcalloc(m->largest_count + 1, sizeof(*group_of));
    WP_AUTO_FREE size_t *counts = wp_xcalloc(m->group_count + 1, sizeof(*counts));
    for (size_t i = 0; i < m->group_count; i++) {
        sorted[i] = (struct named){.name = m->groups[i].name, .index = i};
    }
    if (m->group_count > 1) {
        qsort(sorted, m->group_count, sizeof(*sorted), by_name);
    }
    size_t others = find_group(sorted, m->group_count, "(other)", m->group_count);
    for (size_t i = 0; i < m->largest_count; i++) {
        group_of[i] = find_group(sorted, m->group_count, group_name(a, &m->largest[i]), others);
        counts[group_of[i]]++;
    }
    for (size_t g = 0; g < m->group_count; g++) {
        groups[g].inside = wp_arena_alloc(a, counts[g] + 1, sizeof(*groups));
    }
    for (size_t i = 0; i < m->largest_count; i++) {
        size_t g = group_of[i];
        if (g < m->group_count) {
            struct report_box *inside = (struct report_box *)(uintptr_t)groups[g].inside;
            const char *label = function_label(a, &m->largest[i]);
            inside[groups[g].inside_count++] = (struct report_box){.label = label,
                                                                   .shown = without_group(label, groups[g].label),
                                                                   .size = m->largest[i].size,
                                                                   .color = groups[g].color};
        }
    }
    for (size_t g = 0; g < m->group_count; g++) {
        struct report_box *inside = (struct report_box *)(uintptr_t)groups[g].inside;
        uint64_t told = 0;
        for (size_t i = 0; i < groups[g].inside_count; i++) {
            told += inside[i].size;
        }
        if (groups[g].size > told) {
            inside[groups[g].inside_count++] = (struct report_box){
                .label = "smaller functions", .size = groups[g].size - told, .color = groups[g].color};
        }
        sort_boxes(inside, groups[g].inside_count);
    }
}

static void fill_code(const struct pack_module *m, struct wp_arena *a, struct report_box *code)
{
    struct report_box *groups = wp_arena_alloc(a, m->group_count + 1, sizeof(*groups));
    for (size_t i = 0; i < m->group_count; i++) {
        const struct pack_group *g = &m->groups[i];
        groups[i] = (struct report_box){.label = g->name[0] == '\0' ? "(no name)" : g->name,
                                        .size = g->size,
                                        .color = (unsigned)(i % REPORT_COLORS)};
    }
    fill_groups(m, a, groups);
    code->inside_count = fold(groups, m->group_count, "smaller packages");
    code->inside = groups;
}

size_t report_boxes(const struct pack_module *m, struct wp_arena *a, const struct report_box **ret)
{
    struct report_box *boxes = wp_arena_alloc(a, m->part_count, sizeof(*boxes));
    for (size_t i = 0; i < m->part_count; i++) {
        boxes[i] = (struct report_box){
            .label = m->parts[i].title, .size = m->parts[i].size, .color = REPORT_GREY + (unsigned)(i % 2)};
        if (wp_str_eq(m->parts[i].title, "code")) {
            fill_code(m, a, &boxes[i]);
        }
    }
    *ret = boxes;
    return fold(boxes, m->part_count, "smaller sections");
}
