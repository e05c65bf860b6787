/* SPDX-License-Identifier: Apache-2.0
 *
 * The closure of one copy as a graph (oci/copy-graph.h): what is in it, within which limits, in which order. */
#include "oci/copy-graph.h"

#include "base/limits.h"
#include "base/mem.h"

#include <inttypes.h>

void *copy_grow(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return list;
    }
    *room = *room == 0 ? 8 : 2 * *room;
    return wp_xrealloc(list, *room, size);
}

void copy_graph_done(struct copy_graph *g)
{
    for (size_t i = 0; i < g->node_count; i++) {
        struct copy_node *n = g->nodes[i];
        free(n->found);
        free(n->claims);
        wp_arena_done(&n->arena);
        free(n);
    }
    free(g->nodes);
    free(g->node_map.slots);
    free(g->tags);
    free(g->blobs);
    free(g->blob_map.slots);
    free(g->order);
    free(g->pending);
    wp_arena_done(&g->arena);
}

/* ---- digest to position ---- */

typedef const struct oci_digest *(digest_at_fn)(const struct copy_graph *g, size_t at);

static const struct oci_digest *node_digest(const struct copy_graph *g, size_t at)
{
    return &g->nodes[at]->desc.digest;
}

static const struct oci_digest *blob_digest(const struct copy_graph *g, size_t at)
{
    return &g->blobs[at].desc.digest;
}

static size_t map_find(const struct copy_graph *g, const struct copy_map *map, digest_at_fn *at,
                       const struct oci_digest *digest)
{
    if (map->cap == 0) {
        return SIZE_MAX;
    }
    for (size_t i = (size_t)oci_digest_hash(digest, map->seed);; i++) {
        size_t slot = map->slots[i & (map->cap - 1)];
        if (slot == 0) {
            return SIZE_MAX;
        }
        if (oci_digest_equal(at(g, slot - 1), digest)) {
            return slot - 1;
        }
    }
}

static void map_place(struct copy_map *map, const struct oci_digest *digest, size_t value)
{
    size_t i = (size_t)oci_digest_hash(digest, map->seed);
    while (map->slots[i & (map->cap - 1)] != 0) {
        i++;
    }
    map->slots[i & (map->cap - 1)] = value + 1;
}

/* Position `map->count` is the new one; it is in its list already. */
static void map_add(const struct copy_graph *g, struct copy_map *map, digest_at_fn *at)
{
    if (2 * (map->count + 1) > map->cap) {
        free(map->slots);
        map->seed = map->cap == 0 ? oci_digest_seed() : map->seed;
        map->cap = map->cap == 0 ? 64 : 2 * map->cap;
        map->slots = wp_xcalloc(map->cap, sizeof(size_t));
        for (size_t i = 0; i < map->count; i++) {
            map_place(map, at(g, i), i);
        }
    }
    map_place(map, at(g, map->count), map->count);
    map->count++;
}

size_t copy_find_node(const struct copy_graph *g, const struct oci_digest *digest)
{
    return map_find(g, &g->node_map, node_digest, digest);
}

size_t copy_find_blob(const struct copy_graph *g, const struct oci_digest *digest)
{
    return map_find(g, &g->blob_map, blob_digest, digest);
}

/* ---- manifests ---- */

/* One digest cannot have two sizes, nor be a manifest here and an index there (CVE-2021-41190). */
static int check_same(const struct oci_desc *a, const struct oci_desc *b, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&a->digest, text);
    if (a->size != b->size && a->size != OCI_SIZE_UNKNOWN && b->size != OCI_SIZE_UNKNOWN) {
        return wp_fail(err, WP_E_INTEGRITY, "%s is announced with %" PRIu64 " and with %" PRIu64 " bytes", text,
                       a->size, b->size);
    }
    if (oci_mediatype_kind(a->media_type) != oci_mediatype_kind(b->media_type)) {
        return wp_fail(err, WP_E_INTEGRITY, "%s is announced as '%s' and as '%s'", text, a->media_type, b->media_type);
    }
    return 0;
}

static int new_node(struct copy_graph *g, const struct oci_desc *d, unsigned depth, struct wp_err *err)
{
    if (depth > WP_LIMIT_GRAPH_DEPTH) {
        return wp_fail(err, WP_E_LIMIT, "manifests are nested deeper than %" PRIu64 " levels", WP_LIMIT_GRAPH_DEPTH);
    }
    if (g->node_count >= WP_LIMIT_GRAPH_NODES) {
        return wp_fail(err, WP_E_LIMIT, "more than %" PRIu64 " manifests", WP_LIMIT_GRAPH_NODES);
    }
    uint64_t size = d->size == OCI_SIZE_UNKNOWN ? WP_LIMIT_MANIFEST : d->size;
    if (wp_add_overflows(g->node_bytes, size, &g->node_bytes) || g->node_bytes > WP_LIMIT_GRAPH_BYTES) {
        return wp_fail(err, WP_E_LIMIT, "the manifests have more than %" PRIu64 " bytes", WP_LIMIT_GRAPH_BYTES);
    }
    struct copy_node *n = wp_xcalloc(1, sizeof(*n));
    n->desc = oci_desc_copy(&n->arena, d);
    n->depth = depth;
    g->nodes = copy_grow(g->nodes, g->node_count, &g->node_room, sizeof(struct copy_node *));
    g->nodes[g->node_count++] = n;
    map_add(g, &g->node_map, node_digest);
    return 0;
}

static bool is_subject(const struct copy_node *n, const struct oci_digest *subject)
{
    return n->m.subject != NULL && oci_digest_equal(&n->m.subject->digest, subject);
}

/* Expanding is left to copy_settle's loop: a chain of referrers must not become a chain of calls. */
static void admit(struct copy_graph *g, size_t at)
{
    struct copy_node *n = g->nodes[at];
    if (n->visited && !n->admitted) {
        g->pending = copy_grow(g->pending, g->pending_count, &g->pending_room, sizeof(*g->pending));
        g->pending[g->pending_count++] = at;
    }
    n->admitted = true;
}

int copy_add_node(struct copy_graph *g, const struct oci_desc *d, unsigned depth, const struct oci_digest *subject,
                  size_t *ret, struct wp_err *err)
{
    size_t at = copy_find_node(g, &d->digest);
    if (at == SIZE_MAX) {
        at = g->node_count;
        if (new_node(g, d, depth, err) < 0) {
            return -1;
        }
    } else if (check_same(&g->nodes[at]->desc, d, err) < 0) {
        return -1;
    }
    if (ret != NULL) {
        *ret = at;
    }
    struct copy_node *n = g->nodes[at];
    if (subject == NULL) {
        admit(g, at);
        return 0;
    }
    if (!n->visited) {
        n->claims = copy_grow(n->claims, n->claim_count, &n->claim_room, sizeof(*n->claims));
        n->claims[n->claim_count++] = *subject;
        return 0;
    }
    if (is_subject(n, subject)) {
        admit(g, at);
    } else {
        g->skipped++;
    }
    return 0;
}

int copy_add_tag(struct copy_graph *g, const char *tag, size_t node, struct wp_err *err)
{
    if (g->tag_count >= WP_LIMIT_GRAPH_NODES) {
        return wp_fail(err, WP_E_LIMIT, "more than %" PRIu64 " tags", WP_LIMIT_GRAPH_NODES);
    }
    g->tags = copy_grow(g->tags, g->tag_count, &g->tag_room, sizeof(*g->tags));
    g->nodes[node]->tagged = true;
    g->tags[g->tag_count++] = (struct copy_tag){.tag = wp_arena_str(&g->arena, tag), .node = node};
    return 0;
}

/* What an admitted manifest leads to. */
static int expand(struct copy_graph *g, struct copy_node *n, struct wp_err *err)
{
    for (size_t i = 0; i < n->m.manifest_count; i++) {
        const struct oci_desc *d = &n->m.manifests[i];
        if (oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST &&
            copy_add_node(g, d, n->depth + 1, NULL, NULL, err) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < n->found_count; i++) {
        const struct copy_found *f = &n->found[i];
        size_t at = 0;
        if (copy_add_node(g, &f->desc, n->depth + 1, f->tag == NULL ? &n->desc.digest : NULL, &at, err) < 0) {
            return -1;
        }
        if (f->tag != NULL) {
            g->nodes[at]->no_tags = strstr(f->tag, ".sbom") == NULL;
            if (copy_add_tag(g, f->tag, at, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int copy_settle(struct copy_graph *g, size_t at, struct wp_err *err)
{
    struct copy_node *n = g->nodes[at];
    for (size_t i = 0; i < n->claim_count; i++) {
        if (is_subject(n, &n->claims[i])) {
            n->admitted = true;
        } else {
            g->skipped++;
        }
    }
    n->visited = true;
    if (n->admitted && expand(g, n, err) < 0) {
        return -1;
    }
    while (g->pending_count > 0) {
        if (expand(g, g->nodes[g->pending[--g->pending_count]], err) < 0) {
            return -1;
        }
    }
    return 0;
}

int copy_add_blob(void *graph, const struct oci_desc *d, struct wp_err *err)
{
    struct copy_graph *g = graph;
    size_t at = copy_find_blob(g, &d->digest);
    if (at != SIZE_MAX) {
        struct copy_blob *b = &g->blobs[at];
        if (b->desc.size != d->size) {
            return check_same(&b->desc, d, err);
        }
        if (b->desc.data.ptr == NULL) {
            b->desc.data = d->data;
        }
        return 0;
    }
    g->blobs = copy_grow(g->blobs, g->blob_count, &g->blob_room, sizeof(*g->blobs));
    struct copy_blob *b = &g->blobs[g->blob_count++];
    *b = (struct copy_blob){.desc = *d};
    if (oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST) {
        /* Named as a layer it is content like any other; the type would send it to a registry's manifests. */
        b->desc.media_type = OCI_MT_OCTETS;
    }
    map_add(g, &g->blob_map, blob_digest);
    return 0;
}
