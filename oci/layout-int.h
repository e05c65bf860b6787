/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the layout store share; nobody else includes this. Lock order: the content lock (byte 0), then
 * layout.edit with byte 1, then layout.subjects_mutex, then layout.flushing, then layout.mutex; layout.cache_mutex with
 * nothing inside. Files get their final name in one place, layout_file_publish, and every folder is reached through a
 * descriptor opened beneath the root, never by a path. */
#pragma once

#include "base/fs.h"
#include "oci/layout.h"
#include "oci/manifest.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/stat.h>

#define LAYOUT_ALGS 3 /* indexed by enum wp_hash_alg */

struct layout_index;
struct layout_subjects;
struct layout_cache;
struct layout_batch;

/* A file that has no final name yet, locked so that gc and other processes leave it alone. */
struct layout_file {
    struct layout *l;
    int fd;
    int dir; /* borrowed: l->tmp or l->part */
    bool keep;
    bool synced; /* nothing was written since the last layout_file_sync */
    char name[OCI_DIGEST_TEXT];
};

struct layout {
    struct oci_store base;
    unsigned flags;
    char *path;
    char *label;
    int root;
    int lock; /* .wpack/lock, .wpack/tmp/, .wpack/part/: -1 when open for reading */
    int tmp;
    int part;

    pthread_mutex_t settling;               /* held while waiting files get their names; guards birth */
    struct layout_file birth;               /* the oci-layout of a new layout, until it has its name */
    pthread_mutex_t flushing;               /* held while folders are synced */
    pthread_mutex_t mutex;                  /* guards the six members below */
    int blobs[LAYOUT_ALGS];                 /* blobs/<alg>/, -1 until it is needed */
    struct wp_fs_later later;               /* folders made or found at creation, to be synced with the next names */
    bool unsynced[LAYOUT_ALGS];             /* a name made in it, or relied on, may not be durable yet */
    struct layout_index *index;             /* as last read */
    struct layout_batch *waiting, *leaving; /* files without a name yet, and those getting it now; NULL: none */

    pthread_mutex_t edit; /* held by the thread that holds byte 1 */

    pthread_mutex_t subjects_mutex;
    struct layout_subjects *subjects;

    pthread_mutex_t cache_mutex;
    struct layout_cache *cache; /* NULL until it is needed */
};

extern const struct oci_store_ops layout_ops;

/* ---- store-layout.c, layout-dir.c: folders and locks ---- */

/* The layout behind s, or NULL with WP_E_UNSUPPORTED. */
struct layout *layout_of(struct oci_store *s, const char *verb, struct wp_err *err);
/* "DIR/name" for messages. */
WP_OWN char *layout_shown(const struct layout *l, const char *name);
/* Open or make what the flags ask for. */
int layout_dir_open(struct layout *l, struct wp_err *err) WP_MUST_USE;
/* Is the content of oci-layout one we understand? WP_E_NOT_FOUND without the file. */
int layout_dir_check(struct layout *l, struct wp_err *err) WP_MUST_USE;
/* Descriptor of blobs/<alg>/ (borrowed); made when create is set. WP_E_NOT_FOUND when absent. */
int layout_blob_dir(struct layout *l, enum wp_hash_alg alg, bool create, struct wp_err *err) WP_MUST_USE;
void layout_blob_dir_touched(struct layout *l, enum wp_hash_alg alg);
/* All names made so far become durable, and with them the file behind fd (shown), if it is not negative. */
int layout_flush(struct layout *l, int fd, const char *shown, struct wp_err *err) WP_MUST_USE;
/* A new layout that nothing was bound in: what it still lacks. */
int layout_dir_finish(struct layout *l, struct wp_err *err) WP_MUST_USE;
#define LAYOUT_MARK "oci-layout"

/* The content lock around one writing operation. Refuses layouts that are open for reading. */
struct layout_guard {
    int fd; /* -1: the handle itself holds the lock */
};
#define LAYOUT_GUARD_INIT \
    {                     \
        .fd = -1          \
    }
int layout_enter(struct layout *l, struct wp_job *job, struct layout_guard *g, struct wp_err *err) WP_MUST_USE;
void layout_leave_p(struct layout_guard *g);
#define LAYOUT_AUTO_GUARD WP_CLEANUP(layout_leave_p)

/* The right to replace index.json. */
struct layout_edit {
    struct layout *l; /* NULL: not held */
};
int layout_edit_begin(struct layout *l, struct layout_edit *e, struct wp_err *err) WP_MUST_USE;
void layout_edit_end_p(struct layout_edit *e);
#define LAYOUT_AUTO_EDIT WP_CLEANUP(layout_edit_end_p)

/* The content lock, exclusively: no other handle writes, and none of this one may. */
int layout_alone_begin(struct layout *l, struct wp_job *job, struct wp_err *err) WP_MUST_USE;
void layout_alone_end(struct layout *l);

/* ---- layout-blob.c: content ---- */

#define LAYOUT_FILE_INIT                              \
    {                                                 \
        .l = NULL, .fd = -1, .dir = -1, .keep = false \
    }
int layout_temp(struct layout *l, struct layout_file *f, struct wp_err *err) WP_MUST_USE;
int layout_file_sync(struct layout_file *f, const struct oci_digest *digest, struct wp_err *err) WP_MUST_USE;
/* The final name for what is synced. On return f is empty. */
int layout_file_name(struct layout_file *f, const struct oci_digest *digest, struct wp_err *err) WP_MUST_USE;
/* fsync where that is still to do, then the final name. On success f is empty. */
int layout_file_publish(struct layout_file *f, const struct oci_digest *digest, struct wp_err *err) WP_MUST_USE;
/* Close; the file goes too unless keep is set. */
void layout_file_drop_p(struct layout_file *f);
#define LAYOUT_AUTO_FILE WP_CLEANUP(layout_file_drop_p)
/* Replace a small file of the root folder, once all names made so far are durable. */
int layout_put_root(struct layout *l, const char *name, struct wp_span bytes, struct wp_err *err) WP_MUST_USE;
/* Make what is under that name durable, if there is something, and all names made so far. */
int layout_sync_root(struct layout *l, const char *name, struct wp_err *err) WP_MUST_USE;

/* ---- layout-batch.c: names later ---- */

/* Proven content in f gets its name with the next layout_settle; f is empty on success. */
int layout_publish_later(struct layout *l, struct layout_file *f, const struct oci_digest *digest,
                         struct wp_err *err) WP_MUST_USE;
/* All that waits is synced and has its name on return, whichever thread did it. */
int layout_settle(struct layout *l, struct wp_err *err) WP_MUST_USE;
/* A new layout is one from here on, even if this run is cut short. */
int layout_bear(struct layout *l, struct wp_err *err) WP_MUST_USE;
bool layout_waits(struct layout *l, const struct oci_digest *digest);

/* ---- layout-blob.c again ---- */

/* Put proven bytes under their digest unless they are there. */
int layout_put_bytes(struct layout *l, const struct oci_desc *d, struct wp_span bytes, struct wp_err *err) WP_MUST_USE;

/* The same up to the name: 1 when f is to be published, 0 when the content is there, -1. */
int layout_stage_bytes(struct layout *l, const struct oci_desc *d, struct wp_span bytes, struct layout_file *f,
                       struct wp_err *err) WP_MUST_USE;

/* Open a blob for reading: 1, 0 when there is no regular file of that name, -1. */
int layout_blob_open(struct layout *l, const struct oci_digest *digest, WP_OWN int *ret_fd, struct stat *ret_st,
                     struct wp_err *err) WP_MUST_USE;
/* Hash fd from its position to its end. job and item may be NULL. */
int layout_hash_fd(int fd, enum wp_hash_alg alg, const char *shown, struct wp_job *job, struct wp_item *item,
                   struct oci_digest *ret, struct wp_err *err) WP_MUST_USE;
int layout_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err);
int layout_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src, const struct oci_push_opts *opts,
                struct wp_err *err);
int layout_ingest(struct oci_store *s, WP_OWN struct oci_ingest **ret, struct wp_err *err);

/* ---- layout-index.c: index.json ---- */

struct layout_entry {
    struct oci_desc desc; /* without the ref.name annotation */
    const char *name;     /* NULL: plain descriptor */
    const char *repo;     /* NULL as name is */
    const char *tag;
    bool fallback;      /* the tag is one of the referrers' fallback tags */
    struct wp_span raw; /* as it stands in the document */
};
struct layout_member {
    const char *key;
    struct wp_span raw; /* ptr NULL: the place of `manifests` */
};
/* What one version of index.json says. Immutable, shared, counted. */
struct layout_index {
    unsigned refs;
    struct wp_arena arena;
    struct stat st;
    bool present; /* false: there is no index.json, which reads as an empty one */
    bool settled; /* old enough when read for its times to identify it */
    struct layout_member *members;
    size_t member_count;
    struct layout_entry *entries; /* in document order */
    size_t count;
    const struct layout_entry **named; /* by repository, tag, place in the document */
    size_t named_count;
    const struct layout_entry **by_digest; /* all, by digest, place */
};
/* The current version; to be released with layout_index_put. */
int layout_index_get(struct layout *l, WP_OWN struct layout_index **ret, struct wp_err *err) WP_MUST_USE;
void layout_index_put(struct layout *l, WP_OWN struct layout_index *x);
/* For cleanup: the pair of both. */
struct layout_index_ref {
    struct layout *l;
    struct layout_index *x;
};
void layout_index_ref_p(struct layout_index_ref *r);
#define LAYOUT_AUTO_INDEX WP_CLEANUP(layout_index_ref_p)
/* Is x still what stands on disk? */
bool layout_index_current(struct layout *l, const struct layout_index *x);
/* The same file with the same content, provided that it was settled when a was taken. */
bool layout_same_file(const struct stat *a, const struct stat *b);
/* Did the last change happen so long ago that another one would show in the times? */
bool layout_settled(const struct stat *st);
/* The entries of a name or digest: the first one, and how many follow in the array. NULL: none. */
const struct layout_entry *const *layout_index_name(const struct layout_index *x, const char *repo, const char *tag,
                                                    size_t *ret_count);
const struct layout_entry *const *layout_index_digest(const struct layout_index *x, const struct oci_digest *d,
                                                      size_t *ret_count);
int layout_digest_cmp(const struct oci_digest *a, const struct oci_digest *b);
/* "sha256-<64 hex>" or "sha512-<64 hex>" */
bool layout_tag_is_fallback(const char *tag);
/* "sha256-<64 hex>.sig", ".att", ".sbom": what cosign puts beside the artifact of that digest. */
bool layout_tag_is_attached(const char *tag);

/* A changed list of entries on its way to disk. */
struct layout_draft_row {
    const char *name; /* NULL: plain */
    struct oci_digest digest;
    struct wp_span raw;
    bool dropped;
};
struct layout_draft {
    const struct layout_index *from; /* borrowed */
    struct wp_arena arena;
    struct layout_draft_row *rows;
    size_t count, cap;
    bool changed;
};
void layout_draft_init(struct layout_draft *dr, const struct layout_index *from);
void layout_draft_done(struct layout_draft *dr);
#define LAYOUT_AUTO_DRAFT WP_CLEANUP(layout_draft_done)
/* The live row of a name, or NULL. */
const struct layout_draft_row *layout_draft_find(const struct layout_draft *dr, const char *name);
/* A row that has the digest already stays as it is. */
void layout_draft_set(struct layout_draft *dr, const char *name, const struct oci_desc *d);
bool layout_draft_unset(struct layout_draft *dr, const char *name);
void layout_draft_plain(struct layout_draft *dr, const struct oci_desc *d);
/* The row of an entry of the index the draft began with, by the entry's place. */
void layout_draft_drop_at(struct layout_draft *dr, size_t entry);
/* Every row of the digest; returns whether there was one. */
bool layout_draft_drop(struct layout_draft *dr, const struct oci_digest *digest);
/* To disk, durably, when anything changed. The edit lock is held. */
int layout_draft_write(struct layout *l, struct layout_draft *dr, struct wp_err *err) WP_MUST_USE;

/* ---- layout-bind.c ---- */

int layout_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err);
int layout_remove(struct oci_store *s, const struct oci_desc *d, struct wp_err *err);

/* ---- layout-cache.c ---- */

/* oci_store_get for manifests, without reading and hashing again what it proved before of a file that is unchanged.
 * d->data is not to be set. */
int layout_cached(struct layout *l, const struct oci_desc *d, uint64_t limit, struct wp_arena *a, struct wp_span *ret,
                  struct wp_err *err) WP_MUST_USE;
void layout_cache_free(WP_OWN struct layout_cache *c);

/* ---- layout-referrers.c ---- */

/* The proven, parsed manifest d. */
int layout_manifest(struct layout *l, const struct oci_desc *d, struct wp_arena *a, struct oci_manifest *ret,
                    struct wp_span *ret_bytes, struct wp_err *err) WP_MUST_USE;
/* The subject that an entry of x names: 1, 0 for none (or not there), -1. */
int layout_subject(struct layout *l, struct layout_index *x, const struct oci_digest *manifest, struct oci_digest *ret,
                   struct wp_err *err) WP_MUST_USE;
int layout_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                     struct wp_err *err);
void layout_subjects_free(struct layout *l, WP_OWN struct layout_subjects *t);

/* ---- layout-graph.c: reachability ---- */

struct layout_set {
    struct oci_digest *slots; /* alg 0: free */
    size_t cap, count;
    uint64_t seed;
};
void layout_set_done(struct layout_set *s);
bool layout_set_has(const struct layout_set *s, const struct oci_digest *d);
/* false when it was there already */
bool layout_set_add(struct layout_set *s, const struct oci_digest *d);

enum layout_problem { LAYOUT_MISSING, LAYOUT_DAMAGED };
struct layout_graph {
    struct layout *l;
    struct wp_job *job;
    struct layout_set seen;   /* all that is reachable */
    struct layout_set opened; /* of those, what was followed as a manifest */
    /* Tells of content that is named and not as it should be. Non-zero stops. */
    int (*problem)(struct layout_graph *g, enum layout_problem kind, const struct oci_desc *d, const char *text,
                   struct wp_err *err);
    void *arg;
};
/* Mark d and all that it reaches; by is who names it, for messages. */
int layout_graph_add(struct layout_graph *g, const struct oci_desc *d, const char *by, struct wp_err *err) WP_MUST_USE;
void layout_graph_done(struct layout_graph *g);
int layout_needed(struct oci_store *s, const struct oci_digest *digest, struct wp_err *err);

/* What a folder holds, whatever kind it is of (st tells). dir is open while fn runs. Non-zero stops. */
typedef int(layout_file_fn)(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err);
int layout_each_file(int dir, const char *shown, layout_file_fn *fn, void *arg, struct wp_err *err) WP_MUST_USE;
/* "blobs/sha256" */
const char *layout_blob_folder(enum wp_hash_alg alg);
/* hex digits of the algorithm's length: fills ret */
bool layout_blob_name(enum wp_hash_alg alg, const char *name, struct oci_digest *ret);
/* Can nobody be writing this part or temporary file? */
bool layout_file_idle(int dir, const char *name);
