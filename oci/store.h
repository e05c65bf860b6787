/* SPDX-License-Identifier: Apache-2.0
 *
 * A place that holds content by digest and names by repository and tag: a layout folder, a registry, memory, a folder
 * of files. push, pull, copy, serve are written once, against this interface. One contract test suite
 * (tests/unit/oci/store-contract.c) runs over all implementations; the memory store is the reference.
 *
 * Names. Stores with many repositories (layout, memory) take "repo:tag" or a bare "tag"; a registry store is one
 * repository and takes tags. Everywhere a digest text may stand in the place of a name for reading.
 * Threads. A store is shared: every operation may run on several threads at once. close is the last call.
 * Errors. Not there: WP_E_NOT_FOUND. A verb an implementation lacks is NULL in its table; the oci_store_* functions
 * then fail with WP_E_UNSUPPORTED and name kind and verb. Everybody calls those functions, never the table. */
#pragma once

#include "base/arena.h"
#include "base/io.h"
#include "base/job.h"
#include "oci/manifest.h"

struct oci_store;

struct oci_push_opts {
    struct wp_job *job;   /* NULL: none */
    struct wp_item *item; /* counters to advance, or NULL; ended by the caller, but for a blob that was mounted, which
                           * the store ends with WP_ITEM_MOUNTED */
    bool until_bind;      /* need not last, nor be seen by others, before the caller's next bind (which must follow) */
    const char *mount_from; /* registry: repository on the same host that may already hold the blob, or NULL */
};

/* What exists proved. */
enum oci_presence {
    OCI_ABSENT = 0,
    OCI_PRESENT = 1, /* there; `proven` was asked: its bytes match */
};

struct oci_binding {
    const char *name;            /* NULL: keep desc reachable without a name (a referrer, an untagged manifest) */
    const struct oci_desc *desc; /* NULL: remove the name */
    struct wp_span bytes;        /* the manifest, where the caller has it (ptr NULL: the store holds it already) */
    const struct oci_digest *replaces; /* what the name must lead to now, else WP_E_EXISTS; NULL: not asked. Stores with
                                        * a settle_ms cannot promise that and do not look */
};

enum oci_bind_flags {
    OCI_BIND_ATOMIC = 1 << 0,     /* all names or none; stores that cannot refuse */
    OCI_BIND_NO_REPLACE = 1 << 1, /* an existing name with another digest is WP_E_EXISTS */
};

/* Content whose digest is not known beforehand. Not shared: one thread at a time. */
struct oci_ingest {
    const struct oci_ingest_ops *ops;
};
struct oci_ingest_ops {
    int (*write)(struct oci_ingest *in, struct wp_span bytes, struct wp_err *err);
    uint64_t (*size)(const struct oci_ingest *in);
    /* Prove against want (whose size may be unknown; then *ret_size tells) and give the content its name. The object is
     * released on success; after a failure only abort is allowed. ret_size may be NULL. */
    int (*commit)(WP_OWN struct oci_ingest *in, const struct oci_desc *want, uint64_t *ret_size, struct wp_err *err);
    /* Release; nothing remains. */
    void (*abort)(WP_OWN struct oci_ingest *in);
};

typedef int(oci_desc_fn)(void *arg, const struct oci_desc *desc, struct wp_err *err);
typedef int(oci_name_fn)(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err);

struct oci_store_ops {
    const char *kind; /* "layout", "registry", "memory", "files" */

    /* OCI_PRESENT, OCI_ABSENT or -1. proven: re-hash what is there; wrong content counts as absent. */
    int (*exists)(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err);
    /* Raw bytes from offset (<= size); the proof is the receiver's. A manifest media type selects the manifest
     * endpoint of a registry. */
    int (*fetch)(struct oci_store *s, const struct oci_desc *d, uint64_t offset, WP_OWN struct wp_reader **ret,
                 struct wp_err *err);
    /* Afterwards the store holds d, proven; wrong content under its name is replaced. Idempotent. Reads src through the
     * proof, from an offset where an earlier attempt left a part. A manifest with a subject is listed by referrers
     * from its bind on (layout, memory) or at once (registry, which also maintains the fallback tag where the
     * registry lacks the referrers API). */
    int (*push)(struct oci_store *s, const struct oci_desc *d, struct wp_source *src, const struct oci_push_opts *opts,
                struct wp_err *err);
    int (*ingest)(struct oci_store *s, WP_OWN struct oci_ingest **ret, struct wp_err *err);
    /* name: tag, repo:tag or digest text; NULL: the only name there is (several: WP_E_USAGE with up to five of them in
     * the hint; none: WP_E_NOT_FOUND). The digest of content that is no manifest is WP_E_NOT_FOUND. ret_desc and
     * ret_bytes (may be NULL) live in a; bytes are proven and at most WP_LIMIT_MANIFEST long: no second request is
     * needed. */
    int (*resolve)(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                   struct wp_span *ret_bytes, struct wp_err *err);
    /* Give and remove names; the manifests named are there already or come along as bytes. Durable on return. A name to
     * be removed that is not there, and a manifest that is neither there nor given, are WP_E_NOT_FOUND. What the
     * grammar of names refuses is WP_E_USAGE. */
    int (*bind)(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err);
    /* Remove content; for a manifest also its names (all repositories, or the store's one). */
    int (*remove)(struct oci_store *s, const struct oci_desc *d, struct wp_err *err);
    /* Every name: repo NULL for all repositories, else that one ("" : bare tags). Sorted by repository, then tag, in
     * byte order. A registry gives desc NULL; the fallback tags of referrers are left out by layouts. */
    int (*each_name)(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err);
    /* Manifests whose subject is d, with artifact_type and annotations set; each at most once. A registry without the
     * API answers from the fallback tag. */
    int (*referrers)(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                     struct wp_err *err);
    /* Does a manifest that is listed here, or that such a one reaches, name the content: 1 or 0. Reads them all. */
    int (*needed)(struct oci_store *s, const struct oci_digest *digest, struct wp_err *err);
    /* A descriptor of the blob's bytes for sendfile, and its size: 1, or 0 when absent. For the server. */
    int (*open_blob)(struct oci_store *s, const struct oci_digest *digest, WP_OWN int *ret_fd, uint64_t *ret_size,
                     struct wp_err *err);
    void (*close)(WP_OWN struct oci_store *s);
};

/* Embedded first in each implementation. */
struct oci_store {
    const struct oci_store_ops *ops;
    const char *label;  /* for messages: "oci:DIR", "host/repo"; owned by the implementation */
    uint64_t settle_ms; /* a name that was given may be taken back by a writer who had not seen that: whoever changes
                         * what a name leads to looks again after so long (oci/settle.h); 0: bind tells them apart */
};

int oci_store_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err) WP_MUST_USE;
int oci_store_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, WP_OWN struct wp_reader **ret,
                    struct wp_err *err) WP_MUST_USE;
int oci_store_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                   const struct oci_push_opts *opts, struct wp_err *err) WP_MUST_USE;
int oci_store_ingest(struct oci_store *s, WP_OWN struct oci_ingest **ret, struct wp_err *err) WP_MUST_USE;
int oci_store_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                      struct wp_span *ret_bytes, struct wp_err *err) WP_MUST_USE;
int oci_store_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags,
                   struct wp_err *err) WP_MUST_USE;
int oci_store_remove(struct oci_store *s, const struct oci_desc *d, struct wp_err *err) WP_MUST_USE;
int oci_store_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg,
                        struct wp_err *err) WP_MUST_USE;
int oci_store_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                        struct wp_err *err) WP_MUST_USE;
int oci_store_needed(struct oci_store *s, const struct oci_digest *digest, struct wp_err *err) WP_MUST_USE;
int oci_store_open_blob(struct oci_store *s, const struct oci_digest *digest, WP_OWN int *ret_fd, uint64_t *ret_size,
                        struct wp_err *err) WP_MUST_USE;
/* NULL is fine. */
void oci_store_close(WP_OWN struct oci_store *s);
void oci_store_close_p(struct oci_store **s);
#define OCI_AUTO_STORE WP_CLEANUP(oci_store_close_p)

/* The proven bytes of d, at most limit, in a: the only way content reaches a parser. Uses d->data where it is there. */
int oci_store_get(struct oci_store *s, const struct oci_desc *d, uint64_t limit, struct wp_arena *a,
                  struct wp_span *ret, struct wp_err *err) WP_MUST_USE;
/* Push bytes that are in memory. */
int oci_store_put(struct oci_store *s, const struct oci_desc *d, struct wp_span bytes, struct wp_err *err) WP_MUST_USE;
/* A source that fetches d from s; a value that borrows both. */
struct oci_source {
    struct wp_source base;
    struct oci_store *store;
    const struct oci_desc *desc;
};
struct oci_source oci_store_source(struct oci_store *s, const struct oci_desc *d);

/* ---- the implementations ---- */

/* Memory: the reference, and the place where builds are put together. */
WP_OWN struct oci_store *oci_memory_new(const char *label);
/* Hold d by reference: its bytes come from src (a value to be kept alive by the caller) at each fetch. Not proven here;
 * every receiver proves. */
int oci_memory_add_source(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                          struct wp_err *err) WP_MUST_USE;
