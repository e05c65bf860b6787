/* SPDX-License-Identifier: Apache-2.0
 *
 * From the layers of an artifact to files. Titles come from strangers: each becomes a path only after the name check,
 * and one bad title means that nothing is written. */
#include "base/fs.h"
#include "base/limits.h"
#include "oci/files.h"
#include "pack/format.h"

static bool ends_with(const char *text, const char *tail)
{
    size_t n = strlen(text);
    size_t k = strlen(tail);
    return n >= k && wp_str_eq(text + n - k, tail);
}

static bool is_wasm(const char *media_type)
{
    return ends_with(media_type, "/wasm") || ends_with(media_type, "+wasm");
}

static int path_of(const struct oci_desc *layer, size_t i, const char *fallback, struct wp_arena *a, const char **ret,
                   struct wp_err *err)
{
    const char *title = oci_desc_annotation(layer, OCI_ANNOTATION_TITLE);
    if (!title) {
        char digest[OCI_DIGEST_TEXT];
        const char *hex = strchr(oci_digest_text(&layer->digest, digest), ':') + 1;
        bool named = fallback && !wp_fs_name_problem(fallback);
        *ret = !is_wasm(layer->media_type)
                   ? wp_arena_strn(a, hex, 12)
                   : wp_arena_printf(a, "%s.wasm", named ? fallback : wp_arena_strn(a, hex, 12));
        return 0;
    }
    const char *problem = wp_fs_path_problem(title);
    if (problem) {
        /* "is '..'" is said of one component. */
        bool part = wp_str_starts(problem, "is '") && strchr(title, '/');
        wp_fail(err, WP_E_INPUT, "layer %zu: title '%s' %s%s", i, title, part ? "contains " : "",
                part ? problem + strlen("is ") : problem);
        return wp_hint(err, "nothing was written; to get the content as it is, pull into a layout: -o oci:DIR");
    }
    *ret = wp_arena_str(a, title);
    return 0;
}

struct named {
    const char *path;
    size_t layer;
};

/* Byte order with '/' before all else: what lies in a folder follows its name at once. */
static int compare(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    int x = *a == '/' ? 1 : (unsigned char)*a;
    int y = *b == '/' ? 1 : (unsigned char)*b;
    return x - y;
}

static int by_path(const void *x, const void *y)
{
    const struct named *a = x;
    const struct named *b = y;
    int order = compare(a->path, b->path);
    return order != 0 ? order : (a->layer > b->layer) - (a->layer < b->layer);
}

/* No path twice, and none that is a folder of another. */
static int check_distinct(struct named *list, size_t n, struct wp_err *err)
{
    if (n > 0) {
        qsort(list, n, sizeof(*list), by_path);
    }
    for (size_t i = 1; i < n; i++) {
        const struct named *a = &list[i - 1];
        const struct named *b = &list[i];
        size_t len = strlen(a->path);
        if (wp_str_eq(a->path, b->path)) {
            return wp_fail(err, WP_E_INPUT, "layers %zu and %zu have the same title '%s'", a->layer, b->layer, a->path);
        }
        if (wp_str_starts(b->path, a->path) && b->path[len] == '/') {
            return wp_fail(err, WP_E_INPUT, "layer %zu: title '%s' is a folder in the title '%s' of layer %zu",
                           a->layer, a->path, b->path, b->layer);
        }
    }
    return 0;
}

int pack_files_plan(const struct oci_manifest *m, const char *fallback, struct wp_arena *a,
                    struct oci_files_entry **ret, size_t *ret_count, struct wp_err *err)
{
    if (m->kind != OCI_MANIFEST) {
        return wp_fail(err, WP_E_INPUT, "an index holds no files of its own");
    }
    struct oci_files_entry *entries = wp_arena_alloc(a, m->layer_count, sizeof(*entries));
    struct named *list = wp_arena_alloc(a, m->layer_count, sizeof(*list));
    size_t n = 0;
    bool fallback_used = false;
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct oci_desc *layer = &m->layers[i];
        bool titled = oci_desc_annotation(layer, OCI_ANNOTATION_TITLE) != NULL;
        if (!titled && wp_str_eq(layer->media_type, OCI_MT_EMPTY)) {
            continue;
        }
        bool takes_fallback = !titled && is_wasm(layer->media_type);
        const char *path = NULL;
        if (path_of(layer, i, takes_fallback && fallback_used ? NULL : fallback, a, &path, err) < 0) {
            return -1;
        }
        fallback_used = fallback_used || takes_fallback;
        entries[n] = (struct oci_files_entry){.desc = oci_desc_copy(a, layer), .path = path};
        list[n] = (struct named){.path = path, .layer = i};
        n++;
    }
    if (check_distinct(list, n, err) < 0) {
        return -1;
    }
    *ret = entries;
    *ret_count = n;
    return 0;
}
