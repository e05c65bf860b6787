/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparing facts. Everything becomes a list of (key, words) sorted by key; one merge makes added, removed and changed
 * of any two lists. Interfaces are keyed without their version, so that a new version is a change and not a new
 * import. */
#include "pack/diff.h"

#include "base/mem.h"
#include "pack/diff-parts.h"
#include "pack/facts-capability.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    const struct diff_item *x = a;
    const struct diff_item *y = b;
    int order = strcmp(x->key, y->key);
    order = order != 0 ? order : strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->words, y->words);
}

static int by_kind(const void *a, const void *b)
{
    const struct pack_change *x = a;
    const struct pack_change *y = b;
    static const char order[] = "+-~";
    long kinds = strchr(order, (char)x->kind) - strchr(order, (char)y->kind);
    if (kinds != 0) {
        return kinds < 0 ? -1 : 1;
    }
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : strcmp(x->after, y->after);
}

static size_t run_of(const struct diff_item *list, size_t n, size_t at)
{
    size_t end = at + 1;
    while (end < n && wp_str_eq(list[end].key, list[at].key)) {
        end++;
    }
    return end - at;
}

static bool equal(const struct diff_item *x, const struct diff_item *y)
{
    return wp_str_eq(x->name, y->name) && wp_str_eq(x->words, y->words);
}

/* Name and words as they are told of a change: what differs stands left and right of the arrow. */
static struct pack_change changed(const struct diff_item *x, const struct diff_item *y)
{
    struct pack_change c = {.kind = PACK_CHANGED, .name = y->name, .before = x->words, .after = y->words, .note = ""};
    if (!wp_str_eq(x->name, y->name)) {
        c.name = y->key;
        c.before = x->name;
        c.after = y->name;
    }
    return c;
}

/* Items with one key on both sides: equal ones first leave the field, the rest pair up in order. */
static void merge_run(const struct diff_item *x, size_t nx, const struct diff_item *y, size_t ny,
                      struct pack_change *out, struct pack_changes *ret)
{
    size_t i = 0;
    size_t j = 0;
    while (i < nx && j < ny && equal(&x[i], &y[j])) {
        i++;
        j++;
        ret->same++;
    }
    while (nx > i && ny > j && equal(&x[nx - 1], &y[ny - 1])) {
        nx--;
        ny--;
        ret->same++;
    }
    for (; i < nx && j < ny; i++, j++) {
        out[ret->count++] = changed(&x[i], &y[j]);
    }
    for (; i < nx; i++) {
        out[ret->count++] = (struct pack_change){
            .kind = PACK_REMOVED, .name = x[i].name, .before = x[i].words, .after = "", .note = ""};
    }
    for (; j < ny; j++) {
        out[ret->count++] =
            (struct pack_change){.kind = PACK_ADDED, .name = y[j].name, .before = "", .after = y[j].words, .note = ""};
    }
}

struct pack_changes diff_lists(struct diff_list *x, struct diff_list *y, struct wp_arena *a)
{
    struct pack_changes ret = {.count = 0};
    struct pack_change *out = wp_arena_alloc(a, x->count + y->count, sizeof(*out));
    if (x->count > 1) {
        qsort(x->items, x->count, sizeof(*x->items), by_key);
    }
    if (y->count > 1) {
        qsort(y->items, y->count, sizeof(*y->items), by_key);
    }
    size_t i = 0;
    size_t j = 0;
    while (i < x->count || j < y->count) {
        int order = i == x->count ? 1 : j == y->count ? -1 : strcmp(x->items[i].key, y->items[j].key);
        size_t nx = order <= 0 ? run_of(x->items, x->count, i) : 0;
        size_t ny = order >= 0 ? run_of(y->items, y->count, j) : 0;
        merge_run(x->items + i, nx, y->items + j, ny, out, &ret);
        i += nx;
        j += ny;
    }
    if (ret.count > 1) {
        qsort(out, ret.count, sizeof(*out), by_kind);
    }
    ret.rows = out;
    return ret;
}

/* ---- sizes ---- */

struct sized {
    const char *name;
    uint64_t size;
};

static int by_sized_name(const void *a, const void *b)
{
    const struct sized *x = a;
    const struct sized *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static uint64_t distance(const struct pack_size_change *c)
{
    return c->before > c->after ? c->before - c->after : c->after - c->before;
}

static int by_distance(const void *a, const void *b)
{
    const struct pack_size_change *x = a;
    const struct pack_size_change *y = b;
    uint64_t dx = distance(x);
    uint64_t dy = distance(y);
    return dx != dy ? (dx < dy ? 1 : -1) : strcmp(x->name, y->name);
}

/* One of each name with the sum of its sizes. */
static size_t sum(struct sized *list, size_t count)
{
    size_t n = 0;
    if (count > 1) {
        qsort(list, count, sizeof(*list), by_sized_name);
    }
    for (size_t i = 0; i < count; i++) {
        if (n > 0 && wp_str_eq(list[n - 1].name, list[i].name)) {
            list[n - 1].size += list[i].size;
        } else {
            list[n++] = list[i];
        }
    }
    return n;
}

static struct pack_size_changes diff_sizes(struct sized *x, size_t nx, struct sized *y, size_t ny, struct wp_arena *a)
{
    struct pack_size_changes ret = {.count = 0};
    nx = sum(x, nx);
    ny = sum(y, ny);
    struct pack_size_change *out = wp_arena_alloc(a, nx + ny, sizeof(*out));
    size_t i = 0;
    size_t j = 0;
    while (i < nx || j < ny) {
        int order = i == nx ? 1 : j == ny ? -1 : strcmp(x[i].name, y[j].name);
        struct pack_size_change c = {.name = order <= 0 ? x[i].name : y[j].name};
        c.before = order <= 0 ? x[i++].size : 0;
        c.after = order >= 0 ? y[j++].size : 0;
        ret.removed += order < 0;
        ret.added += order > 0;
        ret.same += order == 0 && c.before == c.after;
        ret.changed += order == 0 && c.before != c.after;
        if (order != 0 || c.before != c.after) {
            out[ret.count++] = c;
        }
    }
    if (ret.count > 1) {
        qsort(out, ret.count, sizeof(*out), by_distance);
    }
    ret.rows = out;
    return ret;
}

static size_t sized_parts(const struct pack_module *m, struct sized *out)
{
    for (size_t i = 0; i < m->part_count; i++) {
        out[i] = (struct sized){.name = m->parts[i].title, .size = m->parts[i].size};
    }
    return m->part_count;
}

/* The hash that Rust puts behind each name changes with every compiler; it says nothing to people either. */
static const char *stable_name(const char *name, struct wp_arena *a)
{
    size_t len = strlen(name);
    const size_t tail = strlen("::h0123456789abcdef");
    if (len <= tail || strncmp(name + len - tail, "::h", 3) != 0 || strspn(name + len - 16, "0123456789abcdef") != 16) {
        return name;
    }
    return wp_arena_strn(a, name, len - tail);
}

static size_t sized_functions(const struct pack_module *m, struct wp_arena *a, struct sized *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->largest_count; i++) {
        if (m->largest[i].name[0] != '\0') {
            out[n++] = (struct sized){.name = stable_name(m->largest[i].name, a), .size = m->largest[i].size};
        }
    }
    return n;
}

static void diff_all_sizes(const struct pack_module *x, const struct pack_module *y, struct wp_arena *a,
                           struct pack_diff *ret)
{
    size_t room_x = WP_MAX(x->part_count, x->largest_count) + 1;
    size_t room_y = WP_MAX(y->part_count, y->largest_count) + 1;
    WP_AUTO_FREE struct sized *sx = wp_xcalloc(room_x, sizeof(*sx));
    WP_AUTO_FREE struct sized *sy = wp_xcalloc(room_y, sizeof(*sy));
    size_t nx = sized_parts(x, sx);
    size_t ny = sized_parts(y, sy);
    ret->sections = diff_sizes(sx, nx, sy, ny, a);
    nx = sized_functions(x, a, sx);
    ny = sized_functions(y, a, sy);
    ret->functions = diff_sizes(sx, nx, sy, ny, a);
    ret->functions_cut = x->largest_count < x->functions || y->largest_count < y->functions;
}

/* ---- new imports ---- */

/* Where the version begins: at the last '@', the end when there is none. */
static size_t version_at(const char *name)
{
    const char *at = strrchr(name, '@');
    return at == NULL ? strlen(name) : (size_t)(at - name);
}

/* "1" of @1.4.0, "0.2" of @0.2.6, "0.0.3" of @0.0.3: what compatible versions share. */
static size_t track(const char *version)
{
    size_t end = strcspn(version, ".-+");
    for (int parts = 1; parts < 3 && version[0] != '\0' && strspn(version, "0.") >= end && version[end] == '.';
         parts++) {
        end += 1 + strcspn(version + end + 1, ".-+");
    }
    return end;
}

static bool compatible(const char *x, const char *y)
{
    size_t ax = version_at(x);
    size_t ay = version_at(y);
    if (ax != ay || strncmp(x, y, ax) != 0) {
        return false;
    }
    const char *vx = x[ax] == '@' ? x + ax + 1 : "";
    const char *vy = y[ay] == '@' ? y + ay + 1 : "";
    size_t tx = track(vx);
    if (strpbrk(vx, "-") != NULL || strpbrk(vy, "-") != NULL) {
        return wp_str_eq(vx, vy); /* pre-releases promise nothing */
    }
    return tx == track(vy) && strncmp(vx, vy, tx) == 0 && (vx[0] == '\0') == (vy[0] == '\0');
}

/* Imports of B that are no import of A: those added, and those whose version is of another track. */
static void find_new_imports(struct wp_arena *a, struct pack_diff *ret)
{
    const struct pack_changes *imports = &ret->lists[PACK_DIFF_IMPORTS];
    const char **names = wp_arena_alloc(a, imports->count, sizeof(*names));
    for (size_t i = 0; i < imports->count; i++) {
        const struct pack_change *c = &imports->rows[i];
        bool renamed = c->kind == PACK_CHANGED && diff_is_interface(c->after);
        if (c->kind == PACK_ADDED) {
            names[ret->new_import_count++] = c->name;
        } else if (renamed && !compatible(c->before, c->after)) {
            names[ret->new_import_count++] = c->after;
        }
    }
    ret->new_imports = names;
}

void pack_diff(const struct pack_module *a, const struct pack_module *b, struct wp_arena *arena, struct pack_diff *ret)
{
    *ret = (struct pack_diff){.a = a, .b = b};
    for (enum pack_diff_list list = 0; list < PACK_DIFF_LISTS; list++) {
        struct diff_list x = diff_items(a, list, arena);
        struct diff_list y = diff_items(b, list, arena);
        ret->lists[list] = diff_lists(&x, &y, arena);
    }
    ret->lists[PACK_DIFF_INTERFACES] = diff_interfaces(a, b, arena);
    diff_note_capabilities(ret, arena);
    diff_all_sizes(a, b, arena, ret);
    find_new_imports(arena, ret);
}

bool pack_diff_any(const struct pack_diff *d)
{
    for (enum pack_diff_list list = 0; list < PACK_DIFF_LISTS; list++) {
        if (d->lists[list].count > 0) {
            return true;
        }
    }
    return d->a->size != d->b->size || d->sections.count > 0 || d->functions.count > 0;
}
