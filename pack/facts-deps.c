/* SPDX-License-Identifier: Apache-2.0
 *
 * The custom section `.dep-v0`: a zlib stream of JSON that cargo-auditable writes, {"packages":[{"name","version",
 * "source","kind","root"}]}. The one home of zlib. A hint like every custom section: what is wrong with it leaves the
 * list empty. */
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

static int by_name(const void *a, const void *b)
{
    const struct pack_dependency *x = a;
    const struct pack_dependency *y = b;
    int order = strcmp(x->name, y->name);
    order = order != 0 ? order : strcmp(x->version, y->version);
    return order != 0 ? order : strcmp(x->source, y->source);
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
    struct pack_dependency *list = wp_arena_alloc(a, n, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        struct wp_json package = wp_json_at(&packages, i);
        if (read_package(&package, a, &list[i], &ignored) < 0) {
            return;
        }
    }
    qsort(list, n, sizeof(*list), by_name);
    m->dependencies = list;
    m->dependency_count = n;
}
