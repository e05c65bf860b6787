/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory store: content (oci/store.h is the contract; this is its reference). One lock guards the tables; it is
 * never held while bytes move or callers are called. */
#include "oci/store-memory.h"

#include "base/limits.h"
#include "base/mem.h"
#include "oci/mediatype.h"
#include "oci/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK ((size_t)128 * 1024)

struct mem_content *mem_content_copy(struct wp_span bytes)
{
    struct mem_content *c = wp_xcalloc(1, sizeof(*c));
    atomic_store(&c->refs, 1);
    c->bytes = wp_xmalloc(bytes.len + 1);
    if (bytes.len > 0) {
        memcpy(c->bytes, bytes.ptr, bytes.len);
    }
    c->size = bytes.len;
    return c;
}

/* b's bytes change hands. */
static struct mem_content *content_take(struct wp_buf *b)
{
    struct mem_content *c = wp_xcalloc(1, sizeof(*c));
    atomic_store(&c->refs, 1);
    c->size = b->len;
    c->bytes = (uint8_t *)wp_buf_take(b);
    return c;
}

void mem_content_unref(struct mem_content *c)
{
    if (c != NULL && atomic_fetch_sub(&c->refs, 1) == 1) {
        free(c->bytes);
        free(c);
    }
}

static void content_unref_p(struct mem_content **c)
{
    mem_content_unref(*c);
    *c = NULL;
}

static struct mem_blob **bucket_of(struct mem_store *m, const struct oci_digest *digest)
{
    return &m->buckets[((unsigned)digest->bytes[0] << 8 | digest->bytes[1]) % MEM_BUCKETS];
}

struct mem_blob *mem_find(struct mem_store *m, const struct oci_digest *digest)
{
    struct mem_blob *b = *bucket_of(m, digest);
    while (b != NULL && !oci_digest_equal(&b->digest, digest)) {
        b = b->next;
    }
    return b;
}

void mem_add(struct mem_store *m, const struct oci_desc *d, struct mem_content *content)
{
    struct mem_blob *b = mem_find(m, &d->digest);
    if (b == NULL) {
        struct mem_blob **bucket = bucket_of(m, &d->digest);
        b = wp_xcalloc(1, sizeof(*b));
        b->digest = d->digest;
        b->next = *bucket;
        *bucket = b;
    }
    if (b->content == NULL || b->content->src != NULL) {
        struct mem_content *old = b->content;
        b->content = content;
        content = old;
    }
    mem_content_unref(content);
    bool tells_more = b->media_type == NULL || oci_mediatype_kind(b->media_type) == OCI_NOT_MANIFEST;
    if (d->media_type != NULL && tells_more) {
        free(b->media_type);
        b->media_type = wp_xstrdup(d->media_type);
    }
}

static void add_locked(struct mem_store *m, const struct oci_desc *d, struct mem_content *content)
{
    pthread_mutex_lock(&m->lock);
    mem_add(m, d, content);
    pthread_mutex_unlock(&m->lock);
}

/* The content of digest with a reference of the caller's, or NULL. */
static struct mem_content *content_of(struct mem_store *m, const struct oci_digest *digest)
{
    pthread_mutex_lock(&m->lock);
    const struct mem_blob *b = mem_find(m, digest);
    struct mem_content *c = b != NULL ? b->content : NULL;
    if (c != NULL) {
        atomic_fetch_add(&c->refs, 1);
    }
    pthread_mutex_unlock(&m->lock);
    return c;
}

static int not_found(const struct oci_store *s, const struct oci_digest *digest, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    return wp_fail(err, WP_E_NOT_FOUND, "%s has no content %s", s->label, oci_digest_text(digest, text));
}

/* ---- reading ---- */

struct content_reader {
    struct wp_reader base;
    struct mem_content *content;
    struct wp_reader *inner;
};

static ssize_t content_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    return wp_read(WP_DOWNCAST(struct content_reader, r)->inner, buf, len, err);
}

static void content_close(struct wp_reader *r)
{
    struct content_reader *c = WP_DOWNCAST(struct content_reader, r);
    wp_reader_close(c->inner);
    mem_content_unref(c->content);
    free(c);
}

static int mem_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                     struct wp_err *err)
{
    WP_CLEANUP(content_unref_p) struct mem_content *c = content_of(WP_DOWNCAST(struct mem_store, s), &d->digest);
    if (c == NULL) {
        return not_found(s, &d->digest, err);
    }
    if (offset > c->size) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_OTHER, "%s: %s has %" PRIu64 " bytes, cannot start at %" PRIu64, s->label,
                       oci_digest_text(&d->digest, text), c->size, offset);
    }
    struct wp_reader *inner = NULL;
    if (c->src == NULL) {
        inner = wp_reader_mem(wp_span(c->bytes + offset, (size_t)(c->size - offset)));
    } else if (c->src->open(c->src, offset, &inner, err) < 0) {
        return -1;
    }
    struct content_reader *r = wp_xcalloc(1, sizeof(*r));
    r->base = (struct wp_reader){.read = content_read, .close = content_close};
    r->inner = inner;
    r->content = WP_STEAL(c);
    *ret = &r->base;
    return 0;
}

static int mem_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    WP_CLEANUP(content_unref_p) struct mem_content *c = content_of(WP_DOWNCAST(struct mem_store, s), &d->digest);
    if (c == NULL || (d->size != OCI_SIZE_UNKNOWN && d->size != c->size)) {
        return OCI_ABSENT;
    }
    if (!proven || c->src == NULL) {
        return OCI_PRESENT;
    }
    struct wp_reader *raw = NULL;
    if (c->src->open(c->src, 0, &raw, err) < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(raw, d);
    if (wp_read_drain(r, err) == 0) {
        return OCI_PRESENT;
    }
    if (err->code != WP_E_INTEGRITY) {
        return -1;
    }
    wp_err_clear(err);
    return OCI_ABSENT;
}

static int is_digest(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    (void)err;
    return oci_digest_equal(arg, &d->digest);
}

static bool names_digest(const struct mem_blob *b, const struct oci_digest *digest)
{
    if (oci_mediatype_kind(b->media_type) == OCI_NOT_MANIFEST || b->content->src != NULL) {
        return false;
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m;
    struct oci_digest want = *digest;
    struct wp_err ignored = {0};
    return oci_manifest_parse(wp_span(b->content->bytes, (size_t)b->content->size), NULL, "the manifest", &a, &m,
                              &ignored) == 0 &&
           oci_manifest_each(&m, is_digest, &want, &ignored) == 1;
}

/* All manifests count here, whether something leads to them or not. */
static int mem_needed(struct oci_store *s, const struct oci_digest *digest, struct wp_err *err WP_UNUSED)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    bool found = false;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < MEM_BUCKETS && !found; i++) {
        for (const struct mem_blob *b = m->buckets[i]; b != NULL && !found; b = b->next) {
            found = names_digest(b, digest);
        }
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

static int mem_open_blob(struct oci_store *s, const struct oci_digest *digest, int *ret_fd, uint64_t *ret_size,
                         struct wp_err *err)
{
    struct oci_desc d = {.digest = *digest, .size = OCI_SIZE_UNKNOWN};
    if (mem_exists(s, &d, false, err) == OCI_ABSENT) {
        return 0;
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_span bytes;
    if (oci_store_get(s, &d, WP_LIMIT_MODULE, &a, &bytes, err) < 0) {
        return -1;
    }
    WP_AUTO_FD int fd = memfd_create("wpack-blob", MFD_CLOEXEC);
    if (fd < 0) {
        return wp_fail_errno(err, errno, "%s: cannot make a file in memory", s->label);
    }
    if (wp_write_all(fd, bytes.ptr, bytes.len, s->label, err) < 0) {
        return -1;
    }
    if (lseek(fd, 0, SEEK_SET) < 0) {
        return wp_fail_errno(err, errno, "%s: cannot read a file in memory", s->label);
    }
    *ret_fd = wp_steal_fd(&fd);
    *ret_size = bytes.len;
    return 1;
}

/* ---- writing ---- */

static int collect(struct wp_reader *r, const struct oci_push_opts *opts, struct wp_buf *b, struct wp_err *err)
{
    for (;;) {
        if (wp_job_check(opts->job, err) < 0) {
            return -1;
        }
        wp_buf_reserve(b, CHUNK);
        ssize_t n = wp_read(r, b->ptr + b->len, CHUNK, err);
        if (n <= 0) {
            b->ptr[b->len] = '\0';
            return n < 0 ? -1 : 0;
        }
        b->len += (size_t)n;
        if (b->len > WP_LIMIT_MODULE) {
            return wp_fail(err, WP_E_LIMIT, "content is larger than %" PRIu64 " bytes", WP_LIMIT_MODULE);
        }
        wp_item_add(opts->item, (uint64_t)n, true);
    }
}

static int mem_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                    const struct oci_push_opts *opts, struct wp_err *err)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    if (d->size != OCI_SIZE_UNKNOWN && d->size > WP_LIMIT_MODULE) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_LIMIT, "%s: %s has %" PRIu64 " bytes, the limit is %" PRIu64, s->label,
                       oci_digest_text(&d->digest, text), d->size, WP_LIMIT_MODULE);
    }
    WP_CLEANUP(content_unref_p) struct mem_content *held = content_of(m, &d->digest);
    if (held != NULL && held->src == NULL && (d->size == OCI_SIZE_UNKNOWN || d->size == held->size)) {
        /* Nothing moves; the descriptor may still tell more about the media type. */
        add_locked(m, d, WP_STEAL(held));
        return 0;
    }
    struct wp_reader *raw = NULL;
    if (src->open(src, 0, &raw, err) < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(raw, d);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (collect(r, opts, &b, err) < 0) {
        return wp_wrap(err, "%s", s->label);
    }
    add_locked(m, d, content_take(&b));
    return 0;
}

struct mem_ingest {
    struct oci_ingest base;
    struct mem_store *store;
    struct wp_buf bytes;
};

static int ingest_write(struct oci_ingest *in, struct wp_span bytes, struct wp_err *err)
{
    struct mem_ingest *i = WP_DOWNCAST(struct mem_ingest, in);
    return wp_buf_add_bounded(&i->bytes, bytes.ptr, bytes.len, WP_LIMIT_MODULE, "content", err);
}

static uint64_t ingest_size(const struct oci_ingest *in)
{
    return ((const struct mem_ingest *)(const void *)in)->bytes.len;
}

static void ingest_abort(struct oci_ingest *in)
{
    struct mem_ingest *i = WP_DOWNCAST(struct mem_ingest, in);
    wp_buf_done(&i->bytes);
    free(i);
}

static int ingest_commit(struct oci_ingest *in, const struct oci_desc *want, uint64_t *ret_size, struct wp_err *err)
{
    struct mem_ingest *i = WP_DOWNCAST(struct mem_ingest, in);
    char text[OCI_DIGEST_TEXT];
    if (oci_verify_bytes(wp_buf_span(&i->bytes), want, oci_digest_text(&want->digest, text), err) < 0) {
        return -1;
    }
    if (ret_size != NULL) {
        *ret_size = i->bytes.len;
    }
    add_locked(i->store, want, content_take(&i->bytes));
    ingest_abort(in);
    return 0;
}

static int mem_ingest_begin(struct oci_store *s, struct oci_ingest **ret, struct wp_err *err WP_UNUSED)
{
    static const struct oci_ingest_ops ops = {
        .write = ingest_write, .size = ingest_size, .commit = ingest_commit, .abort = ingest_abort};
    struct mem_ingest *i = wp_xcalloc(1, sizeof(*i));
    i->base.ops = &ops;
    i->store = WP_DOWNCAST(struct mem_store, s);
    i->bytes = (struct wp_buf)WP_BUF_INIT;
    *ret = &i->base;
    return 0;
}

static void blob_free(struct mem_blob *b)
{
    mem_content_unref(b->content);
    free(b->media_type);
    free(b);
}

static void remove_rows(struct mem_table *t, const struct oci_digest *digest)
{
    for (size_t i = t->count; i > 0; i--) {
        if (oci_digest_equal(&t->rows[i - 1]->desc.digest, digest)) {
            mem_table_remove(t, i - 1);
        }
    }
}

static int mem_remove(struct oci_store *s, const struct oci_desc *d, struct wp_err *err)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    pthread_mutex_lock(&m->lock);
    struct mem_blob *b = mem_find(m, &d->digest);
    if (b != NULL) {
        struct mem_blob **link = bucket_of(m, &d->digest);
        while (*link != b) {
            link = &(*link)->next;
        }
        *link = b->next;
        remove_rows(&m->names, &d->digest);
        remove_rows(&m->referrers, &d->digest);
        blob_free(b);
    }
    pthread_mutex_unlock(&m->lock);
    return b != NULL ? 0 : not_found(s, &d->digest, err);
}

/* ---- the store ---- */

static void mem_close(struct oci_store *s)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    for (size_t i = 0; i < MEM_BUCKETS; i++) {
        while (m->buckets[i] != NULL) {
            struct mem_blob *b = m->buckets[i];
            m->buckets[i] = b->next;
            blob_free(b);
        }
    }
    mem_table_done(&m->names);
    mem_table_done(&m->referrers);
    pthread_mutex_destroy(&m->lock);
    free(m->label);
    free(m);
}

struct oci_store *oci_memory_new(const char *label)
{
    static const struct oci_store_ops ops = {
        .kind = "memory",
        .exists = mem_exists,
        .fetch = mem_fetch,
        .push = mem_push,
        .ingest = mem_ingest_begin,
        .resolve = mem_resolve,
        .bind = mem_bind,
        .remove = mem_remove,
        .each_name = mem_each_name,
        .referrers = mem_referrers,
        .needed = mem_needed,
        .open_blob = mem_open_blob,
        .close = mem_close,
    };
    struct mem_store *m = wp_xcalloc(1, sizeof(*m));
    pthread_mutex_init(&m->lock, NULL);
    m->label = wp_xstrdup(label);
    m->base = (struct oci_store){.ops = &ops, .label = m->label};
    return &m->base;
}

int oci_memory_add_source(struct oci_store *s, const struct oci_desc *d, struct wp_source *src, struct wp_err *err)
{
    if (d->size == OCI_SIZE_UNKNOWN) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_OTHER, "%s: the size of %s must be known", s->label,
                       oci_digest_text(&d->digest, text));
    }
    struct mem_content *c = wp_xcalloc(1, sizeof(*c));
    atomic_store(&c->refs, 1);
    c->size = d->size;
    c->src = src;
    add_locked(WP_DOWNCAST(struct mem_store, s), d, c);
    return 0;
}
