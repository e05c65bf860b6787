/* SPDX-License-Identifier: Apache-2.0
 *
 * The face of a store (oci/store.h): verbs that an implementation lacks, proven bytes into memory, sources. */
#include "oci/store.h"

#include "oci/verify.h"

#include <inttypes.h>

static int lacks(const struct oci_store *s, const char *verb, struct wp_err *err)
{
    return wp_fail(err, WP_E_UNSUPPORTED, "%s: a %s store cannot %s", s->label, s->ops->kind, verb);
}

int oci_store_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    return s->ops->exists != NULL ? s->ops->exists(s, d, proven, err) : lacks(s, "tell what it holds (exists)", err);
}

int oci_store_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                    struct wp_err *err)
{
    return s->ops->fetch != NULL ? s->ops->fetch(s, d, offset, ret, err) : lacks(s, "be read from (fetch)", err);
}

int oci_store_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                   const struct oci_push_opts *opts, struct wp_err *err)
{
    static const struct oci_push_opts none;
    if (s->ops->push == NULL) {
        return lacks(s, "take content (push)", err);
    }
    return s->ops->push(s, d, src, opts != NULL ? opts : &none, err);
}

int oci_store_ingest(struct oci_store *s, struct oci_ingest **ret, struct wp_err *err)
{
    return s->ops->ingest != NULL ? s->ops->ingest(s, ret, err)
                                  : lacks(s, "take content of unknown digest (ingest)", err);
}

int oci_store_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                      struct wp_span *ret_bytes, struct wp_err *err)
{
    return s->ops->resolve != NULL ? s->ops->resolve(s, name, a, ret_desc, ret_bytes, err)
                                   : lacks(s, "look up names (resolve)", err);
}

int oci_store_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err)
{
    return s->ops->bind != NULL ? s->ops->bind(s, list, n, flags, err) : lacks(s, "give names (bind)", err);
}

int oci_store_remove(struct oci_store *s, const struct oci_desc *d, struct wp_err *err)
{
    return s->ops->remove != NULL ? s->ops->remove(s, d, err) : lacks(s, "remove content (remove)", err);
}

int oci_store_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    return s->ops->each_name != NULL ? s->ops->each_name(s, repo, fn, arg, err)
                                     : lacks(s, "list names (each_name)", err);
}

int oci_store_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                        struct wp_err *err)
{
    return s->ops->referrers != NULL ? s->ops->referrers(s, subject, fn, arg, err)
                                     : lacks(s, "list referrers (referrers)", err);
}

int oci_store_needed(struct oci_store *s, const struct oci_digest *digest, struct wp_err *err)
{
    return s->ops->needed != NULL ? s->ops->needed(s, digest, err) : lacks(s, "tell what is needed (needed)", err);
}

int oci_store_open_blob(struct oci_store *s, const struct oci_digest *digest, int *ret_fd, uint64_t *ret_size,
                        struct wp_err *err)
{
    return s->ops->open_blob != NULL ? s->ops->open_blob(s, digest, ret_fd, ret_size, err)
                                     : lacks(s, "hand out a file (open_blob)", err);
}

void oci_store_close(struct oci_store *s)
{
    if (s != NULL) {
        s->ops->close(s);
    }
}

void oci_store_close_p(struct oci_store **s)
{
    oci_store_close(*s);
    *s = NULL;
}

/* r proves that exactly d->size bytes come; one read more sees its end. */
static int read_known(struct wp_reader *r, size_t size, uint8_t *bytes, struct wp_err *err)
{
    size_t got = 0;
    uint8_t beyond = 0;
    for (;;) {
        ssize_t n = wp_read(r, got < size ? bytes + got : &beyond, got < size ? size - got : 1, err);
        if (n <= 0) {
            return n < 0 ? -1 : 0;
        }
        got += (size_t)n;
    }
}

static int fetch_proven(struct oci_store *s, const struct oci_desc *d, uint64_t limit, struct wp_arena *a,
                        struct wp_span *ret, struct wp_err *err)
{
    struct wp_reader *raw = NULL;
    if (oci_store_fetch(s, d, 0, &raw, err) < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(raw, d);
    if (d->size != OCI_SIZE_UNKNOWN) {
        uint8_t *bytes = wp_arena_alloc(a, (size_t)d->size + 1, 1);
        if (read_known(r, (size_t)d->size, bytes, err) < 0) {
            return wp_wrap(err, "%s", s->label);
        }
        *ret = wp_span(bytes, (size_t)d->size);
        return 0;
    }
    char text[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (wp_read_all(r, &b, limit, oci_digest_text(&d->digest, text), err) < 0) {
        return wp_wrap(err, "%s", s->label);
    }
    *ret = wp_arena_bytes(a, wp_buf_span(&b));
    return 0;
}

int oci_store_get(struct oci_store *s, const struct oci_desc *d, uint64_t limit, struct wp_arena *a,
                  struct wp_span *ret, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    if (d->size != OCI_SIZE_UNKNOWN && d->size > limit) {
        return wp_fail(err, WP_E_LIMIT, "%s: %s has %" PRIu64 " bytes, the limit is %" PRIu64, s->label, text, d->size,
                       limit);
    }
    if (d->data.ptr == NULL) {
        return fetch_proven(s, d, limit, a, ret, err);
    }
    if (d->data.len > limit) {
        return wp_fail(err, WP_E_LIMIT, "%s has %zu bytes, the limit is %" PRIu64, text, d->data.len, limit);
    }
    if (oci_verify_bytes(d->data, d, "inline data of a descriptor", err) < 0) {
        return -1;
    }
    *ret = wp_arena_bytes(a, d->data);
    return 0;
}

int oci_store_put(struct oci_store *s, const struct oci_desc *d, struct wp_span bytes, struct wp_err *err)
{
    struct wp_source_mem src = wp_source_mem(bytes);
    return oci_store_push(s, d, &src.base, NULL, err);
}

static int source_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    const struct oci_source *from = WP_DOWNCAST(struct oci_source, src);
    return oci_store_fetch(from->store, from->desc, offset, ret, err);
}

struct oci_source oci_store_source(struct oci_store *s, const struct oci_desc *d)
{
    return (struct oci_source){.base = {.open = source_open}, .store = s, .desc = d};
}
