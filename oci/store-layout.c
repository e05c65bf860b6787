/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout store (oci/layout.h): opening and closing, reading content and names. Writing is layout-blob.c and
 * layout-bind.c. Reading takes no lock: files appear whole under their names, index.json is replaced as one. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/layout-int.h"
#include "oci/ref.h"

#include <errno.h>
#include <unistd.h>

#define CANDIDATES 5

struct layout *layout_of(struct oci_store *s, const char *verb, struct wp_err *err)
{
    if (s->ops == &layout_ops) {
        return WP_DOWNCAST(struct layout, s);
    }
    wp_fail(err, WP_E_UNSUPPORTED, "%s: a %s store cannot %s, only a layout folder can", s->label, s->ops->kind, verb);
    return NULL;
}

/* ---- content ---- */

static int absent(const struct layout *l, const struct oci_digest *digest, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    return wp_fail(err, WP_E_NOT_FOUND, "%s has no content %s", l->label, oci_digest_text(digest, text));
}

static int layout_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                        struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    WP_AUTO_FD int fd = -1;
    struct stat st;
    int found = layout_blob_open(l, &d->digest, &fd, &st, err);
    if (found <= 0) {
        return found < 0 ? -1 : absent(l, &d->digest, err);
    }
    char path[OCI_BLOB_PATH];
    oci_digest_blob_path(&d->digest, path);
    if (offset > (uint64_t)st.st_size) {
        return wp_fail(err, WP_E_INTEGRITY, "%s: %s has %" PRIu64 " bytes, cannot start at %" PRIu64, l->label, path,
                       (uint64_t)st.st_size, offset);
    }
    if (offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        return wp_fail_errno(err, errno, "cannot read '%s/%s'", l->path, path);
    }
    WP_AUTO_FREE char *shown = layout_shown(l, path);
    *ret = wp_reader_fd(wp_steal_fd(&fd), shown);
    return 0;
}

static int layout_open_blob(struct oci_store *s, const struct oci_digest *digest, int *ret_fd, uint64_t *ret_size,
                            struct wp_err *err)
{
    struct stat st;
    int found = layout_blob_open(WP_DOWNCAST(struct layout, s), digest, ret_fd, &st, err);
    if (found == 1) {
        *ret_size = (uint64_t)st.st_size;
    }
    return found;
}

/* ---- names ---- */

static bool twin(const struct layout_entry *a, const struct layout_entry *b)
{
    return wp_str_eq(a->repo, b->repo) && wp_str_eq(a->tag, b->tag);
}

/* The names that listings show, the first of equal ones each. */
static size_t list_names(const struct layout_index *x, const struct layout_entry **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < x->named_count; i++) {
        const struct layout_entry *e = x->named[i];
        if (!e->fallback && (n == 0 || !twin(ret[n - 1], e))) {
            ret[n++] = e;
        }
    }
    return n;
}

static void names_text(const struct layout_entry *const *list, size_t n, struct wp_buf *b)
{
    for (size_t i = 0; i < n && i < CANDIDATES; i++) {
        wp_buf_printf(b, "%s%s", i > 0 ? ", " : "", list[i]->name);
    }
    if (n > CANDIDATES) {
        wp_buf_printf(b, " and %zu more", n - CANDIDATES);
    }
}

static int no_such_name(const struct layout *l, const struct layout_index *x, const char *name, struct wp_err *err)
{
    WP_AUTO_FREE const struct layout_entry **list = wp_xcalloc(x->named_count + 1, sizeof(struct layout_entry *));
    size_t n = list_names(x, list);
    if (n == 0) {
        return name != NULL ? wp_fail(err, WP_E_NOT_FOUND, "%s has no name '%s', and no other", l->label, name)
                            : wp_fail(err, WP_E_NOT_FOUND, "%s has no names", l->label);
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    names_text(list, n, &text);
    if (name == NULL) {
        wp_fail(err, WP_E_USAGE, "%s has %zu names: which one?", l->label, n);
        return wp_hint(err, "name one of: %s", text.ptr);
    }
    wp_fail(err, WP_E_NOT_FOUND, "%s has no name '%s'", l->label, name);
    return wp_hint(err, "it has: %s", text.ptr);
}

static const struct layout_entry *only_entry(const struct layout_index *x)
{
    const struct layout_entry *only = NULL;
    for (size_t i = 0; i < x->named_count; i++) {
        const struct layout_entry *e = x->named[i];
        if (e->fallback || layout_tag_is_attached(e->tag) || (only != NULL && twin(only, e))) {
            continue;
        }
        if (only != NULL) {
            return NULL;
        }
        only = e;
    }
    /* Other tools write a single image without a name. */
    return only == NULL && x->count == 1 && x->named_count == 0 ? &x->entries[0] : only;
}

static int find_by_name(struct layout *l, const char *name, struct wp_arena *a, struct oci_desc *ret,
                        struct wp_err *err)
{
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = l};
    if (layout_index_get(l, &index.x, err) < 0) {
        return -1;
    }
    const struct layout_index *x = index.x;
    const struct layout_entry *e = NULL;
    if (name == NULL) {
        e = only_entry(x);
    }
    const char *repo = NULL;
    const char *tag = NULL;
    oci_name_split(a, name != NULL ? name : (e != NULL && e->name != NULL ? e->name : ""), &repo, &tag);
    size_t n = 0;
    const struct layout_entry *const *list = layout_index_name(x, repo, tag, &n);
    for (size_t i = 0; i < n; i++) {
        if (!oci_digest_equal(&list[i]->desc.digest, &list[0]->desc.digest)) {
            wp_fail(err, WP_E_INTEGRITY, "%s: '%s' stands in index.json more than once, for different content",
                    l->label, list[0]->name);
            return wp_hint(err, "name the one that is meant by its digest, or bind the name again");
        }
        e = list[0];
    }
    if (e == NULL) {
        return no_such_name(l, x, name, err);
    }
    *ret = oci_desc_copy(a, &e->desc);
    return 0;
}

/* What index.json does not list is a manifest when it reads as one. */
static int find_unlisted(struct layout *l, const char *text, struct wp_arena *a, struct oci_desc *d, struct wp_err *err)
{
    WP_AUTO_FD int fd = -1;
    struct stat st;
    int found = layout_blob_open(l, &d->digest, &fd, &st, err);
    if (found <= 0) {
        return found < 0 ? -1 : absent(l, &d->digest, err);
    }
    d->size = (uint64_t)st.st_size;
    struct wp_span bytes;
    if (d->size > WP_LIMIT_MANIFEST) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s: %s is not a manifest", l->label, text);
    }
    if (layout_cached(l, d, WP_LIMIT_MANIFEST, a, &bytes, err) < 0) {
        return -1;
    }
    struct oci_manifest m;
    struct wp_err ignored = {0};
    if (oci_manifest_parse(bytes, NULL, text, a, &m, &ignored) < 0) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s: %s is not a manifest", l->label, text);
    }
    d->media_type = m.media_type;
    return 0;
}

static int find_by_digest(struct layout *l, const char *text, struct wp_arena *a, struct oci_desc *ret,
                          struct wp_err *err)
{
    struct oci_desc d = {.size = OCI_SIZE_UNKNOWN};
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = l};
    if (oci_digest_parse(text, &d.digest, err) < 0 || layout_index_get(l, &index.x, err) < 0) {
        return -1;
    }
    size_t n = 0;
    const struct layout_entry *const *list = layout_index_digest(index.x, &d.digest, &n);
    if (n > 0) {
        *ret = oci_desc_copy(a, &list[0]->desc);
        return 0;
    }
    if (find_unlisted(l, text, a, &d, err) < 0) {
        return -1;
    }
    *ret = d;
    return 0;
}

static int layout_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                          struct wp_span *ret_bytes, struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    struct oci_desc d;
    bool by_digest = name != NULL && oci_digest_is(name);
    if ((by_digest ? find_by_digest(l, name, a, &d, err) : find_by_name(l, name, a, &d, err)) < 0) {
        return -1;
    }
    /* The file is what counts, whatever index.json carries inline. */
    d.data = wp_span(NULL, 0);
    if (ret_bytes != NULL) {
        if (layout_cached(l, &d, WP_LIMIT_MANIFEST, a, ret_bytes, err) < 0) {
            return -1;
        }
    } else {
        int found = layout_exists(s, &d, false, err);
        if (found <= 0) {
            return found < 0 ? -1 : absent(l, &d.digest, err);
        }
    }
    if (ret_desc != NULL) {
        *ret_desc = d;
    }
    return 0;
}

static int layout_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = l};
    if (layout_index_get(l, &index.x, err) < 0) {
        return -1;
    }
    WP_AUTO_FREE const struct layout_entry **list = wp_xcalloc(index.x->named_count + 1, sizeof(struct layout_entry *));
    size_t n = list_names(index.x, list);
    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++) {
        if (repo == NULL || wp_str_eq(list[i]->repo, repo)) {
            result = fn(arg, list[i]->repo, list[i]->tag, &list[i]->desc, err);
        }
    }
    return result;
}

/* ---- the store ---- */

static void layout_free(struct layout *l)
{
    layout_subjects_free(l, l->subjects);
    layout_index_put(l, l->index);
    layout_cache_free(l->cache);
    layout_file_drop_p(&l->birth);
    wp_fs_later_done(&l->later);
    for (size_t i = 0; i < LAYOUT_ALGS; i++) {
        wp_close_p(&l->blobs[i]);
    }
    wp_close_p(&l->tmp);
    wp_close_p(&l->part);
    wp_close_p(&l->lock);
    wp_close_p(&l->root);
    pthread_mutex_destroy(&l->settling);
    pthread_mutex_destroy(&l->flushing);
    pthread_mutex_destroy(&l->mutex);
    pthread_mutex_destroy(&l->edit);
    pthread_mutex_destroy(&l->subjects_mutex);
    pthread_mutex_destroy(&l->cache_mutex);
    free(l->path);
    free(l->label);
    free(l);
}

static void layout_close(struct oci_store *s)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    struct wp_err ignored = {0};
    /* Nothing that was promised depends on it: bind has synced all that it named. */
    (void)(layout_settle(l, &ignored) < 0 || layout_flush(l, -1, NULL, &ignored) < 0 ||
           ((l->flags & OCI_LAYOUT_LATE) != 0 && layout_dir_finish(l, &ignored) < 0));
    layout_free(l);
}

const struct oci_store_ops layout_ops = {
    .kind = "layout",
    .exists = layout_exists,
    .fetch = layout_fetch,
    .push = layout_push,
    .ingest = layout_ingest,
    .resolve = layout_resolve,
    .bind = layout_bind,
    .remove = layout_remove,
    .each_name = layout_each_name,
    .referrers = layout_referrers,
    .needed = layout_needed,
    .open_blob = layout_open_blob,
    .close = layout_close,
};

int oci_layout_open(const char *path, unsigned flags, struct oci_store **ret, struct wp_err *err)
{
    struct layout *l = wp_xcalloc(1, sizeof(*l));
    l->base.ops = &layout_ops;
    l->flags = flags | ((flags & OCI_LAYOUT_CREATE) != 0 ? (unsigned)OCI_LAYOUT_WRITE : 0);
    l->path = wp_xstrdup(path);
    l->label = wp_xasprintf("oci:%s", path);
    l->base.label = l->label;
    l->root = -1;
    l->lock = -1;
    l->tmp = -1;
    l->part = -1;
    l->birth.fd = -1;
    for (size_t i = 0; i < LAYOUT_ALGS; i++) {
        l->blobs[i] = -1;
    }
    pthread_mutex_init(&l->settling, NULL);
    pthread_mutex_init(&l->flushing, NULL);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_mutex_init(&l->edit, NULL);
    pthread_mutex_init(&l->subjects_mutex, NULL);
    pthread_mutex_init(&l->cache_mutex, NULL);
    if (layout_dir_open(l, err) < 0) {
        layout_free(l);
        return -1;
    }
    *ret = &l->base;
    return 0;
}
