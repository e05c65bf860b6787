/* SPDX-License-Identifier: Apache-2.0
 *
 * The custom section `.dep-v0`: a zlib stream of JSON that cargo-auditable writes, {"packages":[{"name","version",
 * "source","kind","dependencies":[places in this list],"root"}]}. The one home of zlib. A hint like every custom
 * section: what is wrong with it leaves the list empty. */
#include "base/json.h"
#include "base/limits.h"
#include "pack/facts.h"

#include <stdlib.h>
#include <zlib.h>

/* false: no zlib stream, or more than the limit comes out of it. */
static bool inflate_all(struct wp_span in, struct wp_buf *out)
{
    if (in.len == 0 || in.len > WP_LIMIT_DEPENDENCY_LIST) {
        return false;
    }
    wp_buf_reserve(out, WP_LIMIT_DEPENDENCY_LIST + 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.ptr,
                  .avail_in = (uInt)in.len,
                  .next_out = (Bytef *)out->ptr,
                  .avail_out = (uInt)(WP_LIMIT_DEPENDENCY_LIST + 1)};
    if (inflateInit(&z) != Z_OK) {
        return false;
    }
    int rc = inflate(&z, Z_FINISH);
    out->len = z.total_out;
    out->ptr[out->len] = '\0';
    inflateEnd(&z);
    return rc == Z_STREAM_END && out->len <= WP_LIMIT_DEPENDENCY_LIST;
}

static int read_package(const struct wp_json *at, struct wp_arena *a, struct pack_dependency *ret, struct wp_err *err)
{
    const char *source = "";
    const char *kind = "";
    struct pack_dependency d = {.root = false};
    struct wp_json name = wp_json_get(at, "name");
    struct wp_json version = wp_json_get(at, "version");
    struct wp_json from = wp_json_get(at, "source");
    struct wp_json use = wp_json_get(at, "kind");
    struct wp_json root = wp_json_get(at, "root");
    if (wp_json_str(&name, &d.name, err) < 0 || wp_json_str(&version, &d.version, err) < 0 ||
        wp_json_opt_str(&from, &source, err) < 0 || wp_json_opt_str(&use, &kind, err) < 0 ||
        wp_json_opt_bool(&root, &d.root, err) < 0) {
        return -1;
    }
    d.name = wp_arena_str(a, d.name);
    d.version = wp_arena_str(a, d.version);
    d.source = wp_arena_str(a, source);
    d.build = wp_str_eq(kind, "build");
    *ret = d;
    return 0;
}

/* A package while the list is sorted. */
struct listed {
    struct pack_dependency d;
    size_t place; /* where the section has it */
};

static int by_name(const void *a, const void *b)
{
    const struct listed *x = a;
    const struct listed *y = b;
    int order = strcmp(x->d.name, y->d.name);
    order = order != 0 ? order : strcmp(x->d.version, y->d.version);
    order = order != 0 ? order : strcmp(x->d.source, y->d.source);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x;
    uint64_t y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

/* now: where each package of the section stands in the sorted list of count. */
static int read_needs(const struct wp_json *package, const size_t *now, size_t count, struct wp_arena *a,
                      struct pack_dependency *d, struct wp_err *err)
{
    struct wp_json list = wp_json_get(package, "dependencies");
    size_t n = wp_json_len(&list);
    uint64_t *needs = wp_arena_alloc(a, n, sizeof(*needs));
    if (wp_json_kind(&list) != WP_JSON_ABSENT && wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&list, i);
        uint64_t place;
        if (wp_json_u64(&at, &place, err) < 0) {
            return -1;
        }
        if (place >= count) {
            return wp_json_fail(&at, err, "there is no such package");
        }
        needs[i] = now[place];
    }
    qsort(needs, n, sizeof(*needs), by_number);
    d->needs = needs;
    d->need_count = n;
    return 0;
}

void facts_dependencies(struct wp_span section, struct wp_arena *a, struct pack_module *m)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err ignored = {.code = WP_E_OK};
    if (!inflate_all(section, &text) ||
        wp_json_parse(wp_buf_span(&text), ".dep-v0", false, WP_E_OTHER, &doc, &ignored) < 0) {
        return;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json packages = wp_json_get(&root, "packages");
    size_t n = wp_json_len(&packages);
    if (wp_json_kind(&packages) != WP_JSON_ARRAY || n == 0 || n > WP_LIMIT_FACT_DEPENDENCIES) {
        return;
    }
    struct listed *sorted = wp_arena_alloc(a, n, sizeof(*sorted));
    struct pack_dependency *list = wp_arena_alloc(a, n, sizeof(*list));
    size_t *now = wp_arena_alloc(a, n, sizeof(*now));
    for (size_t i = 0; i < n; i++) {
        struct wp_json package = wp_json_at(&packages, i);
        sorted[i].place = i;
        if (read_package(&package, a, &sorted[i].d, &ignored) < 0) {
            return;
        }
    }
    qsort(sorted, n, sizeof(*sorted), by_name);
    for (size_t i = 0; i < n; i++) {
        now[sorted[i].place] = i;
    }
    for (size_t i = 0; i < n; i++) {
        struct wp_json package = wp_json_at(&packages, sorted[i].place);
        list[i] = sorted[i].d;
        if (read_needs(&package, now, n, a, &list[i], &ignored) < 0) {
            return;
        }
    }
    m->dependencies = list;
    m->dependency_count = n;
}
