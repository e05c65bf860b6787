/* SPDX-License-Identifier: Apache-2.0
 *
 * The one copy (oci/copy.h): stage, ask, move blobs, move manifests, bind. */
#include "oci/copy.h"

#include "base/mem.h"
#include "oci/copy-graph.h"
#include "oci/ref.h"

bool oci_platform_match(const char *want, const struct oci_platform *p)
{
    size_t os = strcspn(want, "/");
    if (p == NULL || want[os] == '\0' || p->os == NULL || p->architecture == NULL) {
        return false;
    }
    const char *arch = want + os + 1;
    size_t len = strcspn(arch, "/");
    if (strlen(p->os) != os || memcmp(p->os, want, os) != 0 || strlen(p->architecture) != len ||
        memcmp(p->architecture, arch, len) != 0) {
        return false;
    }
    return arch[len] == '\0' || (p->variant != NULL && wp_str_eq(p->variant, arch + len + 1));
}

/* ---- manifests ---- */

/* Does the destination miss what it had said it holds? */
static bool misses_content(const struct wp_err *err)
{
    return strstr(err->msg, "BLOB_UNKNOWN") != NULL || strstr(err->msg, "MANIFEST_UNKNOWN") != NULL;
}

static int put_again(struct copy_graph *g, const struct copy_target *t, const struct copy_node *n, struct wp_err *err)
{
    if (copy_blobs_again(g, t, n, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < n->m.manifest_count; i++) {
        size_t at = copy_find_node(g, &n->m.manifests[i].digest);
        if (at == SIZE_MAX || !g->nodes[at]->admitted) {
            continue;
        }
        const struct copy_node *child = g->nodes[at];
        if (copy_blobs_again(g, t, child, err) < 0) {
            return -1;
        }
        if (oci_store_put(t->dst, &child->desc, child->bytes, err) < 0) {
            return copy_side(err, "destination", t->dst);
        }
    }
    return 0;
}

static int put_manifest(struct copy_graph *g, const struct copy_target *t, struct copy_node *n,
                        struct oci_copy_result *r, struct wp_err *err)
{
    if (wp_job_check(g->opts->job, err) < 0) {
        return -1;
    }
    if (!n->fresh) {
        int there = oci_store_exists(t->dst, &n->desc, t->prove, err);
        if (there < 0) {
            return copy_side(err, "destination", t->dst);
        }
        if (there == OCI_PRESENT) {
            return 0;
        }
    }
    r->bytes_copied += n->bytes.len;
    if (g->opts->dry_run || oci_store_put(t->dst, &n->desc, n->bytes, err) == 0) {
        return 0;
    }
    if (!misses_content(err)) {
        return copy_side(err, "destination", t->dst);
    }
    if (put_again(g, t, n, err) < 0) {
        return -1;
    }
    return oci_store_put(t->dst, &n->desc, n->bytes, err) == 0 ? 0 : copy_side(err, "destination", t->dst);
}

/* A manifest with a subject is listed from its bind on: it goes there. */
static bool is_bound(const struct copy_graph *g, size_t at)
{
    return at == 0 || g->nodes[at]->m.subject != NULL;
}

/* Everything but what the final bind brings along. The root goes ahead by digest where referrers follow it: they must
 * find their subject, and its name must come last. */
static int put_manifests(struct copy_graph *g, const struct copy_target *t, struct oci_copy_result *r,
                         struct wp_err *err)
{
    bool followed = g->tag_count > 0;
    for (size_t i = 0; i < g->order_count; i++) {
        followed = followed || (g->order[i] != 0 && is_bound(g, g->order[i]));
    }
    for (size_t i = 0; i < g->order_count; i++) {
        size_t at = g->order[i];
        struct copy_node *n = g->nodes[at];
        bool rides = at == 0 ? !followed : is_bound(g, at) || n->tagged;
        if (!rides) {
            if (put_manifest(g, t, n, r, err) < 0) {
                return -1;
            }
        } else {
            r->bytes_copied += n->bytes.len;
        }
    }
    return 0;
}

/* ---- names ---- */

struct names {
    const char *const *list;
    size_t count;
};

static const char *tag_name(const struct names *names, struct wp_arena *a, const char *tag)
{
    const char *repo = "";
    const char *ignored = NULL;
    if (names->count > 0) {
        oci_name_split(a, names->list[0], &repo, &ignored);
    }
    return *repo == '\0' ? tag : wp_arena_printf(a, "%s:%s", repo, tag);
}

static struct oci_binding binding_of(const struct copy_node *n, const char *name)
{
    return (struct oci_binding){.name = name, .desc = &n->desc, .bytes = n->bytes};
}

/* Referrers first, signature tags next, the names asked for last: a name never shows content without its signatures. */
static size_t bindings(const struct copy_graph *g, const struct names *names, struct wp_arena *a,
                       struct oci_binding **ret)
{
    struct oci_binding *list = wp_arena_alloc(a, g->order_count + g->tag_count + names->count + 1, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < g->order_count; i++) {
        size_t at = g->order[i];
        if (at != 0 && is_bound(g, at) && !g->nodes[at]->tagged) {
            list[n++] = binding_of(g->nodes[at], NULL);
        }
    }
    for (size_t i = 0; i < g->tag_count; i++) {
        list[n++] = binding_of(g->nodes[g->tags[i].node], tag_name(names, a, g->tags[i].tag));
    }
    for (size_t i = 0; i < names->count; i++) {
        list[n++] = binding_of(g->nodes[0], names->list[i]);
    }
    if (names->count == 0) {
        list[n++] = binding_of(g->nodes[0], NULL);
    }
    *ret = list;
    return n;
}

static int bind_names(struct copy_graph *g, const struct copy_target *t, const struct names *names, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_binding *list = NULL;
    size_t n = bindings(g, names, &a, &list);
    if (wp_job_check(g->opts->job, err) < 0) {
        return -1;
    }
    if (oci_store_bind(t->dst, list, n, g->opts->bind_flags, err) == 0) {
        return 0;
    }
    if (!misses_content(err)) {
        return copy_side(err, "destination", t->dst);
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = copy_find_node(g, &list[i].desc->digest);
        if (put_again(g, t, g->nodes[at], err) < 0) {
            return -1;
        }
    }
    return oci_store_bind(t->dst, list, n, g->opts->bind_flags, err) == 0 ? 0 : copy_side(err, "destination", t->dst);
}

/* ---- the whole ---- */

/* Content under a name that is there already was proven when it came; everything else is hashed before it counts. A
 * registry has proven what it took in, and proving it again would mean to download it. */
static bool must_prove(const struct copy_graph *g, struct oci_store *dst, const struct names *names)
{
    if (wp_str_eq(dst->ops->kind, "registry")) {
        return false;
    }
    if (names->count == 0) {
        return true;
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_desc d;
    struct wp_err ignored;
    return oci_store_resolve(dst, names->list[0], &a, &d, NULL, &ignored) != 0 ||
           !oci_digest_equal(&d.digest, &g->nodes[0]->desc.digest);
}

static int add_bytes(struct oci_copy_result *r, uint64_t n, struct wp_err *err)
{
    return wp_add_overflows(r->bytes, n, &r->bytes) ? wp_fail(err, WP_E_LIMIT, "the sizes add up beyond 64 bits") : 0;
}

static int count_plan(const struct copy_graph *g, struct oci_copy_result *r, struct wp_err *err)
{
    r->manifests = g->order_count;
    r->skipped_referrers = g->skipped;
    r->blobs = g->blob_count;
    for (size_t i = 0; i < g->order_count; i++) {
        const struct copy_node *n = g->nodes[g->order[i]];
        r->referrers += !n->primary;
        if (add_bytes(r, n->bytes.len, err) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < g->blob_count; i++) {
        if (add_bytes(r, g->blobs[i].desc.size, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void count_blobs(struct copy_graph *g, struct oci_copy_result *r)
{
    for (size_t i = 0; i < g->blob_count; i++) {
        const struct copy_blob *b = &g->blobs[i];
        r->blobs_present += b->state == COPY_BLOB_PRESENT;
        r->blobs_mounted += b->state == COPY_BLOB_MOUNTED;
        r->blobs_copied += b->state == COPY_BLOB_COPIED;
        r->bytes_copied += b->moved;
    }
    for (size_t i = 0; i < g->order_count; i++) {
        struct copy_node *n = g->nodes[g->order[i]];
        for (size_t j = 0; j < n->m.layer_count && !n->fresh; j++) {
            size_t at = copy_find_blob(g, &n->m.layers[j].digest);
            n->fresh = at != SIZE_MAX && g->blobs[at].state == COPY_BLOB_COPIED;
        }
    }
}

static int run(struct copy_graph *g, struct oci_store *dst, const struct names *names, struct oci_copy_result *r,
               struct wp_err *err)
{
    if (wp_job_check(g->opts->job, err) < 0 || copy_graph_fill(g, err) < 0) {
        return -1;
    }
    if (count_plan(g, r, err) < 0) {
        return copy_side(err, "source", g->src);
    }
    if (g->opts->admit != NULL) {
        struct copy_view view = copy_view_of(g);
        if (g->opts->admit(g->opts->admit_arg, &view.base, &g->nodes[0]->desc, err) != 0) {
            return -1;
        }
    }
    const struct copy_target t = {.dst = dst, .prove = must_prove(g, dst, names)};
    if (copy_blobs(g, &t, err) < 0) {
        return -1;
    }
    count_blobs(g, r);
    if (put_manifests(g, &t, r, err) < 0) {
        return -1;
    }
    if (g->opts->dry_run) {
        return 0;
    }
    return bind_names(g, &t, names, err) < 0 ? -1 : copy_check_listed(g, dst, err);
}

/* Two places with their names, and where the answer goes: there are nine.
 * NOLINTNEXTLINE(readability-function-size) */
int oci_copy(struct oci_store *src, const char *src_name, struct oci_store *dst, const char *const *dst_names, size_t n,
             const struct oci_copy_opts *opts, struct wp_arena *a, struct oci_copy_result *ret, struct wp_err *err)
{
    static const struct oci_copy_opts none;
    WP_CLEANUP(copy_graph_done)
    struct copy_graph g = {.src = src, .src_name = src_name, .opts = opts != NULL ? opts : &none};
    const struct names names = {.list = dst_names, .count = n};
    struct oci_copy_result r = {0};
    if (run(&g, dst, &names, &r, err) < 0) {
        return -1;
    }
    r.root = oci_desc_copy(a, &g.nodes[0]->desc);
    *ret = r;
    return 0;
}
