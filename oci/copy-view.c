/* SPDX-License-Identifier: Apache-2.0
 *
 * What is about to be copied, as a store: the question at the door is asked about exactly this. Manifests come from the
 * staged bytes, so that a source that changes its answers cannot show one thing and send another; blobs are read from
 * the source and proven by whoever reads them. */
#include "base/mem.h"
#include "oci/copy-graph.h"
#include "oci/ref.h"
#include "oci/referrers.h"

#include <inttypes.h>

static const struct copy_graph *graph_of(struct oci_store *s)
{
    return WP_DOWNCAST(struct copy_view, s)->graph;
}

static const struct copy_node *staged(const struct copy_graph *g, const struct oci_digest *digest)
{
    size_t at = copy_find_node(g, digest);
    return at != SIZE_MAX && g->nodes[at]->admitted ? g->nodes[at] : NULL;
}

static int not_staged(const struct oci_store *s, const char *name, struct wp_err *err)
{
    return wp_fail(err, WP_E_NOT_FOUND, "%s: '%s' is not among what is copied", s->label, name);
}

static int view_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    const struct copy_graph *g = graph_of(s);
    const struct copy_node *n = staged(g, &d->digest);
    if (n != NULL) {
        return d->size == OCI_SIZE_UNKNOWN || d->size == n->bytes.len ? OCI_PRESENT : OCI_ABSENT;
    }
    size_t at = copy_find_blob(g, &d->digest);
    return at == SIZE_MAX ? OCI_ABSENT : oci_store_exists(g->src, d, proven, err);
}

static int read_from(struct oci_store *s, struct wp_span bytes, uint64_t offset, struct wp_reader **ret,
                     struct wp_err *err)
{
    if (offset > bytes.len) {
        return wp_fail(err, WP_E_OTHER, "%s: offset %" PRIu64 " is beyond %zu bytes", s->label, offset, bytes.len);
    }
    *ret = wp_reader_mem(wp_span(bytes.ptr + offset, bytes.len - (size_t)offset));
    return 0;
}

static int view_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                      struct wp_err *err)
{
    const struct copy_graph *g = graph_of(s);
    const struct copy_node *n = staged(g, &d->digest);
    if (n != NULL) {
        return read_from(s, n->bytes, offset, ret, err);
    }
    size_t at = copy_find_blob(g, &d->digest);
    if (at == SIZE_MAX) {
        char text[OCI_DIGEST_TEXT];
        return not_staged(s, oci_digest_text(&d->digest, text), err);
    }
    const struct oci_desc *blob = &g->blobs[at].desc;
    return blob->data.ptr != NULL ? read_from(s, blob->data, offset, ret, err)
                                  : oci_store_fetch(g->src, blob, offset, ret, err);
}

static const struct copy_node *by_tag(const struct copy_graph *g, const char *tag)
{
    for (size_t i = 0; i < g->tag_count; i++) {
        if (wp_str_eq(g->tags[i].tag, tag)) {
            return g->nodes[g->tags[i].node];
        }
    }
    return NULL;
}

static const struct copy_node *by_name(const struct copy_graph *g, const char *name)
{
    struct oci_digest digest;
    struct wp_err ignored;
    if (name == NULL || (g->src_name != NULL && wp_str_eq(name, g->src_name))) {
        return g->nodes[0];
    }
    if (oci_digest_is(name)) {
        return oci_digest_parse(name, &digest, &ignored) == 0 ? staged(g, &digest) : NULL;
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *repo = NULL;
    const char *tag = NULL;
    oci_name_split(&a, name, &repo, &tag);
    return *repo == '\0' || wp_str_eq(repo, g->src_repo) ? by_tag(g, tag) : NULL;
}

static int view_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                        struct wp_span *ret_bytes, struct wp_err *err)
{
    const struct copy_node *n = by_name(graph_of(s), name);
    if (n == NULL) {
        return not_staged(s, name, err);
    }
    if (ret_desc != NULL) {
        *ret_desc = oci_desc_copy(a, &n->desc);
    }
    if (ret_bytes != NULL) {
        *ret_bytes = wp_arena_bytes(a, n->bytes);
    }
    return 0;
}

static int view_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                          struct wp_err *err)
{
    const struct copy_graph *g = graph_of(s);
    for (size_t i = 0; i < g->order_count; i++) {
        const struct copy_node *n = g->nodes[g->order[i]];
        if (n->m.subject == NULL || !oci_digest_equal(&n->m.subject->digest, &subject->digest)) {
            continue;
        }
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct oci_desc entry = oci_referrers_entry(&a, &n->m, n->bytes);
        entry.digest = n->desc.digest;
        int stop = fn(arg, &entry, err);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static void view_close(struct oci_store *s WP_UNUSED)
{
}

struct copy_view copy_view_of(const struct copy_graph *g)
{
    static const struct oci_store_ops ops = {
        .kind = "view",
        .exists = view_exists,
        .fetch = view_fetch,
        .resolve = view_resolve,
        .referrers = view_referrers,
        .close = view_close,
    };
    return (struct copy_view){.base = {.ops = &ops, .label = g->src->label}, .graph = g};
}
