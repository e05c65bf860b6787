/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling the closure of a copy: the root by name, then level by level what it leads to. The manifests of a level are
 * fetched in parallel, a batch at a time, so that what is held stays within what has been counted. */
#include "base/limits.h"
#include "base/pool.h"
#include "oci/copy-graph.h"
#include "oci/ref.h"
#include "oci/verify.h"

#include <inttypes.h>

enum { BATCH = 64, JOBS = 4 };

int copy_side(struct wp_err *err, const char *side, const struct oci_store *s)
{
    if (err->code == WP_E_INTERRUPTED) {
        return -1;
    }
    struct wp_err old = *err;
    /* Stores begin with their label: not twice. */
    size_t len = strlen(s->label);
    bool named = strncmp(old.msg, s->label, len) == 0 && (old.msg[len] == ':' || old.msg[len] == ' ');
    if (named) {
        wp_fail(err, old.code, "%s %s", side, old.msg);
    } else {
        wp_fail(err, old.code, "%s %s: %s", side, s->label, old.msg);
    }
    memcpy(err->hint, old.hint, sizeof(old.hint));
    return -1;
}

static bool is_absent(struct wp_err *err)
{
    if (err->code != WP_E_NOT_FOUND && err->code != WP_E_UNSUPPORTED) {
        return false;
    }
    wp_err_clear(err);
    return true;
}

/* ---- one manifest, on any thread ---- */

static void found_add(struct copy_node *n, const struct oci_desc *d, const char *tag)
{
    n->found = copy_grow(n->found, n->found_count, &n->found_room, sizeof(*n->found));
    n->found[n->found_count++] = (struct copy_found){.desc = oci_desc_copy(&n->arena, d), .tag = tag};
}

static int on_referrer(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    struct copy_node *n = arg;
    if (n->found_count >= WP_LIMIT_REFERRERS) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_LIMIT, "%s has more than %" PRIu64 " referrers",
                       oci_digest_text(&n->desc.digest, text), WP_LIMIT_REFERRERS);
    }
    found_add(n, d, NULL);
    return 0;
}

static int find_tags(const struct copy_graph *g, struct copy_node *n, struct wp_err *err)
{
    static const char *const endings[] = {"sig", "att", "sbom"};
    if (n->no_tags || n->desc.digest.alg != WP_SHA256) {
        return 0;
    }
    char base[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(&n->desc.digest, base);
    for (size_t i = 0; i < WP_ARRAY_LEN(endings); i++) {
        const char *tag = wp_arena_printf(&n->arena, "%s.%s", base, endings[i]);
        const char *name = *g->src_repo == '\0' ? tag : wp_arena_printf(&n->arena, "%s:%s", g->src_repo, tag);
        struct oci_desc d;
        if (oci_store_resolve(g->src, name, &n->arena, &d, NULL, err) == 0) {
            found_add(n, &d, tag);
        } else if (!is_absent(err)) {
            return -1;
        }
    }
    return 0;
}

static int visit(struct copy_graph *g, struct copy_node *n, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    const char *what = wp_arena_printf(&n->arena, "manifest %s", oci_digest_text(&n->desc.digest, text));
    if (wp_job_check(g->opts->job, err) < 0) {
        return -1;
    }
    if (n->bytes.ptr == NULL) {
        if (oci_store_get(g->src, &n->desc, WP_LIMIT_MANIFEST, &n->arena, &n->bytes, err) < 0) {
            if (n->claim_count > 0 && !n->admitted && err->code == WP_E_NOT_FOUND) {
                wp_wrap(err, "a referrer is listed, but not there");
                wp_hint(err, "to leave signatures and other referrers behind, use --no-referrers");
            }
            return -1;
        }
    }
    if (oci_manifest_parse(n->bytes, n->desc.media_type, what, &n->arena, &n->m, err) < 0) {
        return -1;
    }
    /* What an index or a layout said around it (platform, name) does not travel along. */
    n->desc = (struct oci_desc){.media_type = n->m.media_type, .digest = n->desc.digest, .size = n->bytes.len};
    if (g->opts->no_referrers) {
        return 0;
    }
    if (oci_store_referrers(g->src, &n->desc, on_referrer, n, err) < 0 && !is_absent(err)) {
        return -1;
    }
    return find_tags(g, n, err);
}

static int visit_one(void *arg, size_t i, struct wp_err *err)
{
    struct copy_graph *g = arg;
    return visit(g, g->nodes[g->visited + i], err);
}

/* ---- the root ---- */

static int no_platform(const struct oci_manifest *m, const char *platform, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
    for (size_t i = 0; i < m->manifest_count && list.len < 400; i++) {
        const struct oci_platform *p = m->manifests[i].platform;
        if (p != NULL) {
            wp_buf_printf(&list, "%s%s/%s%s%s", list.len > 0 ? ", " : "", p->os, p->architecture,
                          p->variant != NULL ? "/" : "", p->variant != NULL ? p->variant : "");
        }
    }
    wp_fail(err, WP_E_NOT_FOUND, "no manifest for platform '%s'", platform);
    return list.len > 0 ? wp_hint(err, "it has: %s", list.ptr) : -1;
}

/* The one manifest of an index that is for the platform takes the index's place. */
static int choose_platform(struct copy_graph *g, struct oci_desc *root, struct wp_span *bytes, struct wp_err *err)
{
    struct oci_manifest m;
    char text[OCI_DIGEST_TEXT];
    if (oci_manifest_parse(*bytes, root->media_type, oci_digest_text(&root->digest, text), &g->arena, &m, err) < 0) {
        return -1;
    }
    if (m.kind != OCI_INDEX) {
        return 0;
    }
    for (size_t i = 0; i < m.manifest_count; i++) {
        const struct oci_desc *d = &m.manifests[i];
        if (d->platform != NULL && oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST &&
            oci_platform_match(g->opts->platform, d->platform)) {
            *root = *d;
            *bytes = wp_span(NULL, 0);
            return 0;
        }
    }
    return no_platform(&m, g->opts->platform, err);
}

struct whose {
    struct copy_graph *g;
    const struct oci_digest *digest;
};

static int on_name(void *arg, const char *repo, const char *tag WP_UNUSED, const struct oci_desc *d,
                   struct wp_err *err WP_UNUSED)
{
    const struct whose *w = arg;
    if (d == NULL || repo == NULL || !oci_digest_equal(&d->digest, w->digest)) {
        return 0;
    }
    w->g->src_repo = wp_arena_str(&w->g->arena, repo);
    return 1;
}

/* In which repository of the source do the signature tags stand? For a digest: in the first that has a name for it. */
static int find_repo(struct copy_graph *g, const struct oci_desc *root, struct wp_err *err)
{
    g->src_repo = "";
    if (g->src_name != NULL && !oci_digest_is(g->src_name)) {
        const char *tag = NULL;
        oci_name_split(&g->arena, g->src_name, &g->src_repo, &tag);
        return 0;
    }
    if (g->opts->no_referrers || wp_str_eq(g->src->ops->kind, "registry")) {
        return 0;
    }
    struct whose w = {.g = g, .digest = &root->digest};
    return oci_store_each_name(g->src, NULL, on_name, &w, err) < 0 && !is_absent(err) ? -1 : 0;
}

static int find_root(struct copy_graph *g, struct wp_err *err)
{
    struct oci_desc root;
    struct wp_span bytes = g->opts->root_bytes;
    if (g->opts->root != NULL) {
        root = *g->opts->root;
    } else if (oci_store_resolve(g->src, g->src_name, &g->arena, &root, &bytes, err) < 0) {
        return -1;
    }
    if (find_repo(g, &root, err) < 0) {
        return -1;
    }
    if (oci_verify_bytes(bytes, &root, "the manifest", err) < 0 ||
        (g->opts->platform != NULL && choose_platform(g, &root, &bytes, err) < 0) ||
        copy_add_node(g, &root, 0, NULL, NULL, err) < 0) {
        return -1;
    }
    g->nodes[0]->bytes = bytes;
    return 0;
}

static int fill(struct copy_graph *g, struct wp_err *err)
{
    if (find_root(g, err) < 0) {
        return -1;
    }
    unsigned jobs = g->opts->jobs == 0 ? JOBS : g->opts->jobs;
    while (g->visited < g->node_count) {
        size_t n = WP_MIN(g->node_count - g->visited, (size_t)BATCH);
        if (wp_pool_run(jobs, n, visit_one, g, err) < 0) {
            return -1;
        }
        for (size_t i = 0; i < n; i++) {
            if (copy_settle(g, g->visited + i, err) < 0) {
                return -1;
            }
        }
        g->visited += n;
    }
    return 0;
}

int copy_graph_fill(struct copy_graph *g, struct wp_err *err)
{
    if (fill(g, err) < 0) {
        return copy_side(err, "source", g->src);
    }
    return copy_finish(g, err);
}
