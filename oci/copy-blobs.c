/* SPDX-License-Identifier: Apache-2.0
 *
 * The blobs of a copy: ask whether it is there, else send it; several at once. The destination proves what it takes;
 * this file keeps apart which side failed. */
#include "base/mem.h"
#include "base/pool.h"
#include "oci/copy-graph.h"

#include <pthread.h>
#include <stdio.h>

enum { JOBS = 4 };

/* The source's side of one transfer. Its first failure is kept: the destination wraps its own words around it. */
struct side_source {
    struct wp_source base;
    struct oci_store *src;
    const struct oci_desc *desc;
    pthread_mutex_t lock; /* a source may be opened from several threads */
    struct wp_err failed;
};

struct side_reader {
    struct wp_reader base;
    struct wp_reader *inner;
    struct side_source *owner;
};

static int side_failed(struct side_source *s, const struct wp_err *err)
{
    pthread_mutex_lock(&s->lock);
    s->failed = *err;
    pthread_mutex_unlock(&s->lock);
    return -1;
}

static ssize_t side_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct side_reader *s = WP_DOWNCAST(struct side_reader, r);
    ssize_t n = wp_read(s->inner, buf, len, err);
    return n < 0 ? side_failed(s->owner, err) : n;
}

static void side_close(struct wp_reader *r)
{
    struct side_reader *s = WP_DOWNCAST(struct side_reader, r);
    wp_reader_close(s->inner);
    free(s);
}

static int side_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    struct side_source *s = WP_DOWNCAST(struct side_source, src);
    struct wp_reader *inner = NULL;
    if (s->desc->data.ptr != NULL) {
        struct wp_source_mem mem = wp_source_mem(s->desc->data);
        if (mem.base.open(&mem.base, offset, &inner, err) < 0) {
            return side_failed(s, err);
        }
    } else if (oci_store_fetch(s->src, s->desc, offset, &inner, err) < 0) {
        return side_failed(s, err);
    }
    struct side_reader *r = wp_xcalloc(1, sizeof(*r));
    *r = (struct side_reader){.base = {.read = side_read, .close = side_close}, .inner = inner, .owner = s};
    *ret = &r->base;
    return 0;
}

/* Whose failure was it? */
static int blame(struct side_source *s, const struct copy_target *t, struct wp_err *err)
{
    if (s->failed.code != WP_E_OK) {
        *err = s->failed;
        return copy_side(err, "source", s->src);
    }
    /* The destination found that what came is not what was promised. */
    bool content = err->code == WP_E_INTEGRITY;
    return copy_side(err, content ? "source" : "destination", content ? s->src : t->dst);
}

/* Layers that registries were once asked not to hold: there or not, they are never fetched from their URLs. */
static bool may_be_absent(const struct oci_desc *d)
{
    return d->media_type != NULL &&
           (wp_str_starts(d->media_type, "application/vnd.oci.image.layer.nondistributable.") ||
            wp_str_starts(d->media_type, "application/vnd.docker.image.rootfs.foreign."));
}

static const char *label_of(const struct oci_desc *d, char shortened[20])
{
    const char *title = oci_desc_annotation(d, OCI_ANNOTATION_TITLE);
    if (title != NULL && *title != '\0') {
        return title;
    }
    char text[OCI_DIGEST_TEXT];
    memcpy(shortened, oci_digest_text(&d->digest, text), 19);
    shortened[19] = '\0';
    return shortened;
}

static int send_blob(struct copy_graph *g, const struct copy_target *t, struct copy_blob *b, struct wp_item *item,
                     struct wp_err *err)
{
    struct side_source src = {.base = {.open = side_open}, .src = g->src, .desc = &b->desc};
    pthread_mutex_init(&src.lock, NULL);
    const struct oci_push_opts push = {
        .job = g->opts->job, .item = item, .until_bind = true, .mount_from = g->opts->mount_from};
    int rc = oci_store_push(t->dst, &b->desc, &src.base, &push, err);
    if (rc < 0) {
        wp_item_end(item, WP_ITEM_FAILED);
        blame(&src, t, err);
    } else {
        bool mounted = wp_item_look(item, &b->moved) == WP_ITEM_MOUNTED;
        b->state = mounted ? COPY_BLOB_MOUNTED : COPY_BLOB_COPIED;
        if (!mounted) {
            wp_item_end(item, WP_ITEM_DONE);
        }
    }
    pthread_mutex_destroy(&src.lock);
    return rc;
}

struct run {
    struct copy_graph *g;
    const struct copy_target *t;
    struct wp_job *items; /* the caller's job, or one of our own to count with */
};

static int one_blob(const struct run *run, struct copy_blob *b, bool ask, struct wp_err *err)
{
    struct copy_graph *g = run->g;
    if (wp_job_check(g->opts->job, err) < 0) {
        return -1;
    }
    char shortened[20];
    struct wp_item *item = wp_item_begin(run->items, label_of(&b->desc, shortened), b->desc.size);
    int there = ask ? oci_store_exists(run->t->dst, &b->desc, run->t->prove, err) : OCI_ABSENT;
    if (there < 0) {
        wp_item_end(item, WP_ITEM_FAILED);
        return copy_side(err, "destination", run->t->dst);
    }
    if (there == OCI_PRESENT) {
        b->state = COPY_BLOB_PRESENT;
        wp_item_add(item, b->desc.size, false);
        wp_item_end(item, WP_ITEM_PRESENT);
        return 0;
    }
    if (may_be_absent(&b->desc) && b->desc.data.ptr == NULL) {
        there = oci_store_exists(g->src, &b->desc, false, err);
        if (there != OCI_PRESENT) {
            b->state = COPY_BLOB_LEFT;
            wp_item_end(item, there < 0 ? WP_ITEM_FAILED : WP_ITEM_PRESENT);
            return there < 0 ? copy_side(err, "source", g->src) : 0;
        }
    }
    if (g->opts->dry_run) {
        b->state = COPY_BLOB_COPIED;
        b->moved = b->desc.size;
        wp_item_end(item, WP_ITEM_DONE);
        return 0;
    }
    return send_blob(g, run->t, b, item, err);
}

static int blob_at(void *arg, size_t i, struct wp_err *err)
{
    const struct run *run = arg;
    return one_blob(run, &run->g->blobs[i], true, err);
}

static void job_free_p(struct wp_job **job)
{
    wp_job_free(*job);
}

/* What a manifest carries inline is there already and no reason for another thread. */
static unsigned useful_jobs(const struct copy_graph *g)
{
    size_t far = 0;
    for (size_t i = 0; i < g->blob_count; i++) {
        far += g->blobs[i].desc.data.ptr == NULL;
    }
    unsigned jobs = g->opts->jobs == 0 ? JOBS : g->opts->jobs;
    return (unsigned)WP_MAX(1, WP_MIN(far, jobs));
}

int copy_blobs(struct copy_graph *g, const struct copy_target *t, struct wp_err *err)
{
    WP_CLEANUP(job_free_p) struct wp_job *own = g->opts->job == NULL ? wp_job_new() : NULL;
    struct run run = {.g = g, .t = t, .items = own != NULL ? own : g->opts->job};
    return wp_pool_run(useful_jobs(g), g->blob_count, blob_at, &run, err);
}

int copy_blobs_again(struct copy_graph *g, const struct copy_target *t, const struct copy_node *n, struct wp_err *err)
{
    WP_CLEANUP(job_free_p) struct wp_job *own = g->opts->job == NULL ? wp_job_new() : NULL;
    const struct run run = {.g = g, .t = t, .items = own != NULL ? own : g->opts->job};
    for (size_t i = 0; i < g->blob_count; i++) {
        struct copy_blob *b = &g->blobs[i];
        bool mine = n->m.config.media_type != NULL && oci_digest_equal(&n->m.config.digest, &b->desc.digest);
        for (size_t j = 0; !mine && j < n->m.layer_count; j++) {
            mine = oci_digest_equal(&n->m.layers[j].digest, &b->desc.digest);
        }
        if (mine && b->state != COPY_BLOB_LEFT && one_blob(&run, b, false, err) < 0) {
            return -1;
        }
    }
    return 0;
}
