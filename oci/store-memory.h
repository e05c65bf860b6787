/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the memory store, shared by its files: content (store-memory.c) and names (store-memory-names.c). */
#pragma once

#include "oci/store.h"

#include <pthread.h>
#include <stdatomic.h>

/* Immutable once made; readers keep it alive after the store has dropped it. */
struct mem_content {
    atomic_uint refs;
    uint64_t size;
    struct wp_source *src; /* NULL: the bytes are here */
    uint8_t *bytes;
};

struct mem_blob {
    struct mem_blob *next;
    struct oci_digest digest;
    char *media_type;
    struct mem_content *content;
};

/* A name, or a manifest that has a subject: both are descriptors with a key. */
struct mem_entry {
    struct wp_arena arena;
    const char *repo, *tag;    /* names */
    struct oci_digest subject; /* referrers */
    struct oci_desc desc;
};
struct mem_table {
    struct mem_entry **rows;
    size_t count;
    size_t cap;
};

#define MEM_BUCKETS 1024

struct mem_store {
    struct oci_store base;
    char *label;
    pthread_mutex_t lock; /* guards all below */
    struct mem_blob *buckets[MEM_BUCKETS];
    struct mem_table names;     /* sorted by repository, then tag */
    struct mem_table referrers; /* in the order of their first bind */
};

/* With the lock held. */
struct mem_blob *mem_find(struct mem_store *m, const struct oci_digest *digest);
/* content is consumed. A second holder of the same digest is dropped; its media type counts where it tells more. */
void mem_add(struct mem_store *m, const struct oci_desc *d, WP_OWN struct mem_content *content);

/* Proven bytes as content of their own. */
WP_OWN struct mem_content *mem_content_copy(struct wp_span bytes);
void mem_content_unref(WP_OWN struct mem_content *c);

void mem_table_insert(struct mem_table *t, size_t at, WP_OWN struct mem_entry *e);
void mem_table_remove(struct mem_table *t, size_t at);
void mem_table_done(struct mem_table *t);

int mem_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                struct wp_span *ret_bytes, struct wp_err *err);
int mem_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err);
int mem_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err);
int mem_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg, struct wp_err *err);
