/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading index.json of a layout (image-spec, image-layout.md "index.json"). One version of it is parsed once, kept
 * while the file on disk is the same one, and shared between threads. Members and entries that are not ours are kept as
 * the text they are. */
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/layout-int.h"
#include "oci/ref.h"

#include <errno.h>
#include <fcntl.h>

#define INDEX_FILE "index.json"
/* A file may change twice within one tick of the clock that stamps it. */
#define SETTLE_NS INT64_C(20000000)

static const char *const known[] = {"schemaVersion", "mediaType", "manifests", "annotations", "artifactType",
                                    "subject",       "config",    "layers",    NULL};

bool layout_tag_is_fallback(const char *tag)
{
    if (!wp_str_starts(tag, "sha256-") && !wp_str_starts(tag, "sha512-")) {
        return false;
    }
    return strspn(tag + 7, "0123456789abcdef") == 64 && tag[7 + 64] == '\0';
}

bool layout_tag_is_attached(const char *tag)
{
    static const char *const suffixes[] = {".sig", ".att", ".sbom"};
    if (!wp_str_starts(tag, "sha256-") || strspn(tag + 7, "0123456789abcdef") != 64) {
        return false;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(suffixes); i++) {
        if (wp_str_eq(tag + 7 + 64, suffixes[i])) {
            return true;
        }
    }
    return false;
}

int layout_digest_cmp(const struct oci_digest *a, const struct oci_digest *b)
{
    if (a->alg != b->alg) {
        return a->alg < b->alg ? -1 : 1;
    }
    return memcmp(a->bytes, b->bytes, wp_hash_size(a->alg));
}

/* ---- parsing ---- */

static struct wp_span dump(struct wp_arena *a, const struct wp_json *at)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_json_dump(at, &text);
    return wp_arena_bytes(a, wp_buf_span(&text));
}

static int read_member(void *arg, const struct wp_json *at, struct wp_err *err)
{
    (void)err;
    struct layout_index *x = arg;
    struct layout_member *m = &x->members[x->member_count++];
    m->key = wp_arena_str(&x->arena, at->key);
    if (!wp_str_eq(at->key, "manifests")) {
        m->raw = dump(&x->arena, at);
    }
    return 0;
}

static int read_entry(struct layout_index *x, const struct wp_json *at, struct layout_entry *e, struct wp_err *err)
{
    struct wp_arena *a = &x->arena;
    if (oci_desc_read(at, a, &e->desc, err) < 0) {
        return -1;
    }
    e->raw = dump(a, at);
    const char *name = oci_desc_annotation(&e->desc, OCI_ANNOTATION_REF_NAME);
    if (name == NULL) {
        return 0;
    }
    struct oci_annotation *rest = wp_arena_alloc(a, e->desc.annotation_count, sizeof(*rest));
    size_t n = 0;
    for (size_t i = 0; i < e->desc.annotation_count; i++) {
        if (!wp_str_eq(e->desc.annotations[i].key, OCI_ANNOTATION_REF_NAME)) {
            rest[n++] = e->desc.annotations[i];
        }
    }
    e->desc.annotations = n > 0 ? rest : NULL;
    e->desc.annotation_count = n;
    if (name[0] != '\0') {
        e->name = name;
        oci_name_split(a, name, &e->repo, &e->tag);
        e->fallback = layout_tag_is_fallback(e->tag);
    }
    return 0;
}

static int check_head(const struct wp_json *root, struct wp_err *err)
{
    if (wp_json_must(root, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(root, known, err) < 0) {
        return -1;
    }
    struct wp_json at = wp_json_get(root, "schemaVersion");
    uint64_t version = 2;
    const char *type = OCI_MT_INDEX;
    if (wp_json_opt_u64(&at, &version, err) < 0) {
        return -1;
    }
    if (version != 2) {
        return wp_json_fail(&at, err, "is %" PRIu64 ", only 2 is known", version);
    }
    at = wp_json_get(root, "mediaType");
    if (wp_json_opt_str(&at, &type, err) < 0) {
        return -1;
    }
    if (oci_mediatype_kind(type) != OCI_INDEX) {
        return wp_json_fail(&at, err, "'%s' is not the type of an index", type);
    }
    at = wp_json_get(root, "layers");
    if (wp_json_kind(&at) != WP_JSON_ABSENT) {
        return wp_json_fail(&at, err, "does not belong into an index");
    }
    return 0;
}

static int by_name_cmp(const void *a, const void *b)
{
    const struct layout_entry *x = *(const struct layout_entry *const *)a;
    const struct layout_entry *y = *(const struct layout_entry *const *)b;
    int order = strcmp(x->repo, y->repo);
    order = order != 0 ? order : strcmp(x->tag, y->tag);
    if (order == 0) {
        order = x < y ? -1 : 1;
    }
    return order;
}

static int by_digest_cmp(const void *a, const void *b)
{
    const struct layout_entry *x = *(const struct layout_entry *const *)a;
    const struct layout_entry *y = *(const struct layout_entry *const *)b;
    int order = layout_digest_cmp(&x->desc.digest, &y->desc.digest);
    if (order == 0) {
        order = x < y ? -1 : 1;
    }
    return order;
}

static void sort_entries(struct layout_index *x)
{
    x->named = wp_arena_alloc(&x->arena, x->count, sizeof(struct layout_entry *));
    x->by_digest = wp_arena_alloc(&x->arena, x->count, sizeof(struct layout_entry *));
    for (size_t i = 0; i < x->count; i++) {
        x->by_digest[i] = &x->entries[i];
        if (x->entries[i].name != NULL) {
            x->named[x->named_count++] = &x->entries[i];
        }
    }
    qsort(x->named, x->named_count, sizeof(struct layout_entry *), by_name_cmp);
    qsort(x->by_digest, x->count, sizeof(struct layout_entry *), by_digest_cmp);
}

static int parse_index(struct layout_index *x, struct wp_span text, const char *shown, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, shown, false, WP_E_INTEGRITY, &doc, err) < 0) {
        return wp_hint(err, "the file was cut short or written by two programs at once: restore it, or bind the names "
                            "again; the content under blobs/ is not affected");
    }
    struct wp_json root = wp_json_root(doc);
    if (check_head(&root, err) < 0) {
        return -1;
    }
    struct wp_json list = wp_json_get(&root, "manifests");
    /* null is how Go writes an empty list. */
    if (wp_json_kind(&list) != WP_JSON_NULL && wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    x->members = wp_arena_alloc(&x->arena, wp_json_len(&root), sizeof(*x->members));
    if (wp_json_each(&root, read_member, x, err) < 0) {
        return -1;
    }
    x->count = wp_json_len(&list);
    x->entries = wp_arena_alloc(&x->arena, x->count, sizeof(*x->entries));
    for (size_t i = 0; i < x->count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_entry(x, &at, &x->entries[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- which version ---- */

bool layout_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* 1, 0 when there is none, -1 */
static int stat_index(struct layout *l, struct stat *ret, struct wp_err *err)
{
    if (fstatat(l->root, INDEX_FILE, ret, AT_SYMLINK_NOFOLLOW) == 0) {
        return 1;
    }
    return errno == ENOENT ? 0 : wp_fs_fail(err, errno, "cannot read '%s/" INDEX_FILE "'", l->path);
}

bool layout_settled(const struct stat *st)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t seconds = (int64_t)now.tv_sec - (int64_t)st->st_ctim.tv_sec;
    return seconds > 1 || seconds * INT64_C(1000000000) + now.tv_nsec - st->st_ctim.tv_nsec > SETTLE_NS;
}

static void index_free(struct layout_index *x)
{
    if (x != NULL) {
        wp_arena_done(&x->arena);
        free(x);
    }
}

static int read_once(struct layout *l, struct layout_index **ret, struct wp_err *err)
{
    struct layout_index *x = wp_xcalloc(1, sizeof(*x));
    x->refs = 1;
    WP_AUTO_FREE char *shown = layout_shown(l, INDEX_FILE);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    int there = stat_index(l, &x->st, err);
    x->present = there == 1;
    x->settled = there == 1 && layout_settled(&x->st);
    int n = there < 0 ? -1 : 0;
    if (there == 1) {
        n = wp_fs_read_at(l->root, INDEX_FILE, WP_LIMIT_LAYOUT_INDEX, shown, &text, err);
        n = n == 0 ? parse_index(x, wp_buf_span(&text), shown, err) : n;
    }
    if (n < 0) {
        /* Kept, for the comparison of what was read with what is there now. */
        x->count = 0;
        x->member_count = 0;
    }
    sort_entries(x);
    *ret = x;
    return n;
}

bool layout_index_current(struct layout *l, const struct layout_index *x)
{
    struct stat now;
    struct wp_err ignored = {0};
    int there = stat_index(l, &now, &ignored);
    return there >= 0 && x->present == (there == 1) && (there == 0 || layout_same_file(&now, &x->st));
}

/* Writers that replace the file in place show half of it for a moment. */
static int read_index(struct layout *l, struct layout_index **ret, struct wp_err *err)
{
    for (int tries = 0;; tries++) {
        struct layout_index *x = NULL;
        int n = read_once(l, &x, err);
        bool stable = layout_index_current(l, x);
        if (n == 0 && (stable || tries == 5)) {
            x->settled = x->settled && stable;
            *ret = x;
            return 0;
        }
        index_free(x);
        if (n < 0 && (stable || tries == 5)) {
            return -1;
        }
        wp_err_clear(err);
    }
}

int layout_index_get(struct layout *l, struct layout_index **ret, struct wp_err *err)
{
    pthread_mutex_lock(&l->mutex);
    struct layout_index *last = l->index != NULL && l->index->settled ? l->index : NULL;
    if (last != NULL) {
        last->refs++;
    }
    pthread_mutex_unlock(&l->mutex);
    if (last != NULL && layout_index_current(l, last)) {
        *ret = last;
        return 0;
    }
    layout_index_put(l, last);
    struct layout_index *fresh = NULL;
    if (read_index(l, &fresh, err) < 0) {
        return -1;
    }
    pthread_mutex_lock(&l->mutex);
    struct layout_index *old = l->index;
    l->index = fresh;
    fresh->refs++;
    pthread_mutex_unlock(&l->mutex);
    layout_index_put(l, old);
    *ret = fresh;
    return 0;
}

void layout_index_put(struct layout *l, struct layout_index *x)
{
    if (x == NULL) {
        return;
    }
    pthread_mutex_lock(&l->mutex);
    bool last = --x->refs == 0;
    pthread_mutex_unlock(&l->mutex);
    if (last) {
        index_free(x);
    }
}

void layout_index_ref_p(struct layout_index_ref *r)
{
    layout_index_put(r->l, r->x);
    r->x = NULL;
}

/* ---- looking up ---- */

const struct layout_entry *const *layout_index_name(const struct layout_index *x, const char *repo, const char *tag,
                                                    size_t *ret_count)
{
    size_t low = 0;
    size_t high = x->named_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(x->named[mid]->repo, repo);
        order = order != 0 ? order : strcmp(x->named[mid]->tag, tag);
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    size_t n = 0;
    while (low + n < x->named_count && wp_str_eq(x->named[low + n]->repo, repo) &&
           wp_str_eq(x->named[low + n]->tag, tag)) {
        n++;
    }
    *ret_count = n;
    return n > 0 ? &x->named[low] : NULL;
}

const struct layout_entry *const *layout_index_digest(const struct layout_index *x, const struct oci_digest *d,
                                                      size_t *ret_count)
{
    size_t low = 0;
    size_t high = x->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (layout_digest_cmp(&x->by_digest[mid]->desc.digest, d) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    size_t n = 0;
    while (low + n < x->count && oci_digest_equal(&x->by_digest[low + n]->desc.digest, d)) {
        n++;
    }
    *ret_count = n;
    return n > 0 ? &x->by_digest[low] : NULL;
}
