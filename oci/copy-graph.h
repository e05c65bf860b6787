/* SPDX-License-Identifier: Apache-2.0
 *
 * The closure of one copy: every manifest reached from the root, their referrers and signature tags, proven and in
 * memory, and the blobs they point at. Private to oci/copy*.c. Filled by one thread; while a batch of manifests is
 * fetched, each thread touches its own node only. */
#pragma once

#include "oci/copy.h"

/* Digest to position in a list. */
struct copy_map {
    size_t *slots; /* position + 1; 0: free */
    size_t cap;    /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

struct copy_found {
    struct oci_desc desc;
    const char *tag; /* "sha256-<hex>.sig" and the like; NULL: listed as a referrer */
};

struct copy_node {
    struct wp_arena arena; /* all that follows */
    struct oci_desc desc;
    struct wp_span bytes; /* proven; ptr NULL: not fetched yet */
    struct oci_manifest m;
    struct copy_found *found;
    size_t found_count, found_room;
    struct oci_digest *claims; /* subjects this one was listed under before it was fetched */
    size_t claim_count, claim_room;
    unsigned depth;
    bool no_tags;  /* a signature by tag: nobody signs signatures */
    bool visited;  /* fetched, parsed, and its referrers listed */
    bool admitted; /* belongs to the closure */
    bool tagged;   /* a signature tag names it */
    bool primary;  /* reached from the root through indexes alone; else a referrer */
    bool seen;     /* in copy_order's walk */
    bool listed;   /* as a referrer, at the destination */
    bool fresh;    /* a blob of it had to be copied: no use in asking whether it is there */
};

struct copy_tag {
    const char *tag; /* without repository */
    size_t node;
};

enum copy_blob_state { COPY_BLOB_ABSENT, COPY_BLOB_PRESENT, COPY_BLOB_COPIED, COPY_BLOB_MOUNTED, COPY_BLOB_LEFT };

struct copy_blob {
    struct oci_desc desc; /* borrowed from the first manifest that names it */
    enum copy_blob_state state;
    uint64_t moved;
};

struct copy_graph {
    struct oci_store *src;
    const struct oci_copy_opts *opts;
    const char *src_repo; /* prefix of names in src: "" or "repo" */
    const char *src_name; /* as asked for; NULL: the only one */
    struct wp_arena arena;
    struct copy_node **nodes; /* 0 is the root */
    size_t node_count, node_room;
    struct copy_map node_map;
    size_t visited; /* nodes before this position have been fetched */
    uint64_t node_bytes;
    struct copy_tag *tags;
    size_t tag_count, tag_room;
    struct copy_blob *blobs;
    size_t blob_count, blob_room;
    struct copy_map blob_map;
    size_t *order; /* admitted nodes: children before parents, subjects before referrers */
    size_t order_count;
    size_t *pending; /* admitted after their visit, to be expanded */
    size_t pending_count, pending_room;
    uint64_t skipped;
};

void copy_graph_done(struct copy_graph *g);
/* Resolve the root, choose the platform, and stage everything. Messages name the source. */
int copy_graph_fill(struct copy_graph *g, struct wp_err *err) WP_MUST_USE;

/* Position of digest, or SIZE_MAX. */
size_t copy_find_node(const struct copy_graph *g, const struct oci_digest *digest);
size_t copy_find_blob(const struct copy_graph *g, const struct oci_digest *digest);
/* Take a manifest into the closure (subject NULL) or note that it is listed as a referrer of subject. */
int copy_add_node(struct copy_graph *g, const struct oci_desc *d, unsigned depth, const struct oci_digest *subject,
                  size_t *ret, struct wp_err *err) WP_MUST_USE;
int copy_add_tag(struct copy_graph *g, const char *tag, size_t node, struct wp_err *err) WP_MUST_USE;
/* graph is a struct copy_graph (the shape of oci_manifest_each's callback). */
int copy_add_blob(void *graph, const struct oci_desc *d, struct wp_err *err) WP_MUST_USE;
/* After a node has been visited: is it admitted, and what does it lead to? */
int copy_settle(struct copy_graph *g, size_t at, struct wp_err *err) WP_MUST_USE;
/* Collects the blobs and computes the order. */
int copy_finish(struct copy_graph *g, struct wp_err *err) WP_MUST_USE;
/* Grow *list (of elements of the given size) so that one more fits. */
void *copy_grow(void *list, size_t count, size_t *room, size_t size);

/* A store that answers with exactly the closure, its blobs read through from the source. A value; nothing to close. */
struct copy_view {
    struct oci_store base;
    const struct copy_graph *graph;
};
struct copy_view copy_view_of(const struct copy_graph *g);

/* A destination and what is known of it. */
struct copy_target {
    struct oci_store *dst;
    bool prove; /* re-hash what is there */
};
/* All blobs, in parallel. */
int copy_blobs(struct copy_graph *g, const struct copy_target *t, struct wp_err *err) WP_MUST_USE;
/* The blobs of one manifest once more, without asking whether they are there. */
int copy_blobs_again(struct copy_graph *g, const struct copy_target *t, const struct copy_node *n,
                     struct wp_err *err) WP_MUST_USE;

/* Put "source <label>: " or "destination <label>: " in front of the message, but for an interruption. Returns -1. */
int copy_side(struct wp_err *err, const char *side, const struct oci_store *s);
/* Does dst list the referrers that were brought? Sets listed. */
int copy_check_listed(struct copy_graph *g, struct oci_store *dst, struct wp_err *err) WP_MUST_USE;
