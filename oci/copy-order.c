/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of staging a copy: which blobs there are, and in which order manifests may be written. */
#include "base/mem.h"
#include "oci/copy-graph.h"

static int add_blobs(struct copy_graph *g, const struct copy_node *n, struct wp_err *err)
{
    if (n->m.kind == OCI_MANIFEST) {
        return oci_manifest_each(&n->m, copy_add_blob, g, err);
    }
    for (size_t i = 0; i < n->m.manifest_count; i++) {
        if (oci_mediatype_kind(n->m.manifests[i].media_type) == OCI_NOT_MANIFEST &&
            copy_add_blob(g, &n->m.manifests[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

struct step {
    size_t node;
    size_t next; /* of its dependencies */
};

/* The next dependency of the step's node that has not been seen, or SIZE_MAX. */
static size_t next_dependency(const struct copy_graph *g, struct step *s)
{
    const struct copy_node *n = g->nodes[s->node];
    while (s->next <= n->m.manifest_count) {
        size_t i = s->next++;
        const struct oci_desc *d = i < n->m.manifest_count ? &n->m.manifests[i] : n->m.subject;
        size_t at = d == NULL ? SIZE_MAX : copy_find_node(g, &d->digest);
        if (at != SIZE_MAX && g->nodes[at]->admitted && !g->nodes[at]->seen) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Depth first, with a stack of its own: a chain may be as long as there are manifests. */
static void walk(struct copy_graph *g, struct step *stack, size_t from)
{
    size_t depth = 1;
    stack[0] = (struct step){.node = from};
    g->nodes[from]->seen = true;
    while (depth > 0) {
        size_t at = next_dependency(g, &stack[depth - 1]);
        if (at == SIZE_MAX) {
            g->order[g->order_count++] = stack[--depth].node;
        } else {
            g->nodes[at]->seen = true;
            stack[depth++] = (struct step){.node = at};
        }
    }
}

int copy_finish(struct copy_graph *g, struct wp_err *err)
{
    g->order = wp_xcalloc(g->node_count, sizeof(size_t));
    WP_AUTO_FREE struct step *stack = wp_xcalloc(g->node_count, sizeof(*stack));
    for (size_t i = 0; i < g->node_count; i++) {
        if (g->nodes[i]->admitted && !g->nodes[i]->seen) {
            walk(g, stack, i);
        }
    }
    g->nodes[0]->primary = true;
    for (size_t i = g->order_count; i > 0; i--) {
        const struct copy_node *n = g->nodes[g->order[i - 1]];
        for (size_t j = 0; n->primary && j < n->m.manifest_count; j++) {
            size_t at = copy_find_node(g, &n->m.manifests[j].digest);
            if (at != SIZE_MAX) {
                g->nodes[at]->primary = true;
            }
        }
    }
    for (size_t i = 0; i < g->order_count; i++) {
        if (add_blobs(g, g->nodes[g->order[i]], err) < 0) {
            return copy_side(err, "source", g->src);
        }
    }
    return 0;
}
