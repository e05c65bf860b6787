/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory store: names and referrers. Everything that can fail happens before the lock is taken for the change, so
 * that one bind is all or nothing. Callbacks run over a snapshot. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/mediatype.h"
#include "oci/ref.h"
#include "oci/referrers.h"
#include "oci/store-memory.h"
#include "oci/verify.h"

#include <inttypes.h>

#define CANDIDATES 5

static struct mem_entry *entry_new(void)
{
    struct mem_entry *e = wp_xcalloc(1, sizeof(*e));
    e->arena = (struct wp_arena)WP_ARENA_INIT;
    return e;
}

static void entry_free(struct mem_entry *e)
{
    if (e != NULL) {
        wp_arena_done(&e->arena);
        free(e);
    }
}

void mem_table_insert(struct mem_table *t, size_t at, struct mem_entry *e)
{
    if (t->count == t->cap) {
        t->cap = t->cap == 0 ? 8 : 2 * t->cap;
        t->rows = wp_xrealloc(t->rows, t->cap, sizeof(struct mem_entry *));
    }
    memmove(t->rows + at + 1, t->rows + at, (t->count - at) * sizeof(struct mem_entry *));
    t->rows[at] = e;
    t->count++;
}

void mem_table_remove(struct mem_table *t, size_t at)
{
    entry_free(t->rows[at]);
    t->count--;
    memmove(t->rows + at, t->rows + at + 1, (t->count - at) * sizeof(struct mem_entry *));
}

void mem_table_done(struct mem_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        entry_free(t->rows[i]);
    }
    free(t->rows);
    *t = (struct mem_table){0};
}

/* True and the row's place, or false and the place where it belongs. */
static bool find_name(const struct mem_table *t, const char *repo, const char *tag, size_t *ret_at)
{
    size_t low = 0;
    size_t high = t->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(t->rows[mid]->repo, repo);
        order = order != 0 ? order : strcmp(t->rows[mid]->tag, tag);
        if (order == 0) {
            *ret_at = mid;
            return true;
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    *ret_at = low;
    return false;
}

/* ---- resolve ---- */

/* "a:1, a:2, b and 4 more" of the names there are; with the lock held. */
static void list_names(const struct mem_table *t, struct wp_buf *b)
{
    for (size_t i = 0; i < t->count && i < CANDIDATES; i++) {
        const struct mem_entry *e = t->rows[i];
        wp_buf_printf(b, "%s%s%s%s", i > 0 ? ", " : "", e->repo, e->repo[0] != '\0' ? ":" : "", e->tag);
    }
    if (t->count > CANDIDATES) {
        wp_buf_printf(b, " and %zu more", t->count - CANDIDATES);
    }
}

static int no_such_name(const struct mem_store *m, const char *name, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf names = WP_BUF_INIT;
    list_names(&m->names, &names);
    if (m->names.count == 0) {
        return wp_fail(err, WP_E_NOT_FOUND, name != NULL ? "%s has no name '%s', and no other" : "%s has no names",
                       m->label, name);
    }
    if (name == NULL) {
        wp_fail(err, WP_E_USAGE, "%s has %zu names: which one?", m->label, m->names.count);
        return wp_hint(err, "name one of: %s", names.ptr);
    }
    wp_fail(err, WP_E_NOT_FOUND, "%s has no name '%s'", m->label, name);
    return wp_hint(err, "it has: %s", names.ptr);
}

static int find_by_name(struct mem_store *m, const char *name, struct wp_arena *a, struct oci_desc *ret,
                        struct wp_err *err)
{
    const char *repo = NULL;
    const char *tag = NULL;
    if (name != NULL) {
        oci_name_split(a, name, &repo, &tag);
    }
    size_t at = 0;
    pthread_mutex_lock(&m->lock);
    bool found = name != NULL ? find_name(&m->names, repo, tag, &at) : m->names.count == 1;
    if (found) {
        *ret = oci_desc_copy(a, &m->names.rows[at]->desc);
    }
    int n = found ? 0 : no_such_name(m, name, err);
    pthread_mutex_unlock(&m->lock);
    return n;
}

static int find_by_digest(struct mem_store *m, const char *text, struct wp_arena *a, struct oci_desc *ret,
                          struct wp_err *err)
{
    struct oci_desc d = {0};
    if (oci_digest_parse(text, &d.digest, err) < 0) {
        return -1;
    }
    pthread_mutex_lock(&m->lock);
    const struct mem_blob *b = mem_find(m, &d.digest);
    if (b != NULL) {
        d.size = b->content->size;
        d.media_type = b->media_type != NULL ? wp_arena_str(a, b->media_type) : NULL;
    }
    pthread_mutex_unlock(&m->lock);
    if (b == NULL) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s has no content %s", m->label, text);
    }
    if (oci_mediatype_kind(d.media_type) == OCI_NOT_MANIFEST) {
        /* Pushed as a blob, or by somebody who knew no type: its own words decide. */
        struct wp_span bytes;
        struct oci_manifest parsed;
        struct wp_err ignored = {0};
        if (oci_store_get(&m->base, &d, WP_LIMIT_MANIFEST, a, &bytes, &ignored) < 0 ||
            oci_manifest_parse(bytes, NULL, text, a, &parsed, &ignored) < 0) {
            return wp_fail(err, WP_E_NOT_FOUND, "%s: %s is not a manifest", m->label, text);
        }
        d.media_type = parsed.media_type;
    }
    *ret = d;
    return 0;
}

int mem_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                struct wp_span *ret_bytes, struct wp_err *err)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    struct oci_desc d;
    bool by_digest = name != NULL && oci_digest_is(name);
    if ((by_digest ? find_by_digest(m, name, a, &d, err) : find_by_name(m, name, a, &d, err)) < 0) {
        return -1;
    }
    struct wp_span bytes;
    if (ret_bytes != NULL) {
        if (oci_store_get(s, &d, WP_LIMIT_MANIFEST, a, &bytes, err) < 0) {
            return -1;
        }
        *ret_bytes = bytes;
    }
    if (ret_desc != NULL) {
        *ret_desc = d;
    }
    return 0;
}

/* ---- bind ---- */

/* One binding, ready to be applied. */
struct change {
    const struct oci_binding *want;
    struct mem_entry *name;      /* with desc, or only the key when the name is to go; NULL: no name */
    struct mem_entry *referrer;  /* NULL: has no subject */
    struct mem_content *content; /* NULL: held already */
};

static void change_done(struct change *c)
{
    entry_free(c->name);
    entry_free(c->referrer);
    mem_content_unref(c->content);
    *c = (struct change){0};
}

static struct mem_entry *name_entry(const char *name)
{
    struct mem_entry *e = entry_new();
    oci_name_split(&e->arena, name, &e->repo, &e->tag);
    return e;
}

/* The manifest's bytes: with this binding, with an earlier one of the list, or in the store. */
static int manifest_bytes(struct oci_store *s, const struct oci_binding *list, size_t at, struct wp_arena *a,
                          struct wp_span *ret, struct wp_err *err)
{
    for (size_t i = at + 1; i > 0; i--) {
        const struct oci_binding *b = &list[i - 1];
        if (b->desc != NULL && b->bytes.ptr != NULL && oci_digest_equal(&b->desc->digest, &list[at].desc->digest)) {
            *ret = b->bytes;
            return 0;
        }
    }
    return oci_store_get(s, list[at].desc, WP_LIMIT_MANIFEST, a, ret, err);
}

static int prepare_manifest(struct oci_store *s, const struct oci_binding *list, size_t at, struct oci_desc *d,
                            struct change *c, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena scratch = WP_ARENA_INIT;
    char digest[OCI_DIGEST_TEXT];
    char what[OCI_DIGEST_TEXT + 16];
    snprintf(what, sizeof(what), "manifest %s", oci_digest_text(&d->digest, digest));
    struct wp_span bytes;
    if (manifest_bytes(s, list, at, &scratch, &bytes, err) < 0 || oci_verify_bytes(bytes, d, what, err) < 0) {
        return -1;
    }
    d->size = bytes.len;
    struct oci_manifest parsed;
    if (oci_manifest_parse(bytes, d->media_type, what, &scratch, &parsed, err) < 0) {
        return -1;
    }
    c->content = mem_content_copy(bytes);
    if (parsed.subject != NULL) {
        c->referrer = entry_new();
        c->referrer->subject = parsed.subject->digest;
        struct oci_desc entry = oci_referrers_entry(&scratch, &parsed, bytes);
        entry.digest = d->digest;
        c->referrer->desc = oci_desc_copy(&c->referrer->arena, &entry);
    }
    return 0;
}

static int prepare(struct oci_store *s, const struct oci_binding *list, size_t at, struct change *c, struct wp_err *err)
{
    const struct oci_binding *b = &list[at];
    c->want = b;
    if (b->name != NULL) {
        c->name = name_entry(b->name);
        if (oci_name_check(b->name, s->label, err) < 0) {
            return -1;
        }
    }
    if (b->desc == NULL) {
        return b->name != NULL ? 0 : wp_fail(err, WP_E_OTHER, "%s: a binding without name and content", s->label);
    }
    struct oci_desc d = *b->desc;
    d.data = wp_span(NULL, 0);
    if (oci_mediatype_kind(d.media_type) == OCI_NOT_MANIFEST) {
        char digest[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_INPUT, "%s: %s is not a manifest ('%s') and cannot be bound", s->label,
                       oci_digest_text(&d.digest, digest), d.media_type != NULL ? d.media_type : "no media type");
    }
    if (prepare_manifest(s, list, at, &d, c, err) < 0) {
        return -1;
    }
    if (c->name != NULL) {
        c->name->desc = oci_desc_copy(&c->name->arena, &d);
    }
    return 0;
}

/* May the name, which is old's (NULL: nobody's), become the change's? */
static int may_replace(const struct mem_store *m, const struct oci_desc *old, const struct oci_binding *b,
                       unsigned flags, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    if (old == NULL) {
        return b->replaces == NULL ? 0 : wp_fail(err, WP_E_EXISTS, "%s: '%s' is gone", m->label, b->name);
    }
    bool fixed = (flags & OCI_BIND_NO_REPLACE) != 0 && !oci_digest_equal(&old->digest, &b->desc->digest);
    if (!fixed && (b->replaces == NULL || oci_digest_equal(&old->digest, b->replaces))) {
        return 0;
    }
    return wp_fail(err, WP_E_EXISTS, "%s: '%s' exists already and is %s", m->label, b->name,
                   oci_digest_text(&old->digest, text));
}

/* With the lock held. */
static int check_change(const struct mem_store *m, const struct change *c, unsigned flags, struct wp_err *err)
{
    if (c->name == NULL) {
        return 0;
    }
    size_t at = 0;
    bool there = find_name(&m->names, c->name->repo, c->name->tag, &at);
    if (c->want->desc == NULL) {
        return there ? 0 : no_such_name(m, c->want->name, err);
    }
    return may_replace(m, there ? &m->names.rows[at]->desc : NULL, c->want, flags, err);
}

static bool has_referrer(const struct mem_table *t, const struct oci_digest *digest)
{
    for (size_t i = 0; i < t->count; i++) {
        if (oci_digest_equal(&t->rows[i]->desc.digest, digest)) {
            return true;
        }
    }
    return false;
}

/* With the lock held; cannot fail. */
static void apply(struct mem_store *m, struct change *c)
{
    if (c->content != NULL) {
        mem_add(m, c->want->desc, WP_STEAL(c->content));
    }
    if (c->referrer != NULL && !has_referrer(&m->referrers, &c->referrer->desc.digest)) {
        mem_table_insert(&m->referrers, m->referrers.count, WP_STEAL(c->referrer));
    }
    if (c->name == NULL) {
        return;
    }
    size_t at = 0;
    if (find_name(&m->names, c->name->repo, c->name->tag, &at)) {
        mem_table_remove(&m->names, at);
    }
    if (c->want->desc != NULL) {
        mem_table_insert(&m->names, at, WP_STEAL(c->name));
    }
}

int mem_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    struct change *changes = wp_xcalloc(n + 1, sizeof(*changes));
    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++) {
        result = prepare(s, list, i, &changes[i], err);
    }
    if (result == 0) {
        pthread_mutex_lock(&m->lock);
        for (size_t i = 0; i < n && result == 0; i++) {
            result = check_change(m, &changes[i], flags, err);
        }
        for (size_t i = 0; i < n && result == 0; i++) {
            apply(m, &changes[i]);
        }
        pthread_mutex_unlock(&m->lock);
    }
    for (size_t i = 0; i < n; i++) {
        change_done(&changes[i]);
    }
    free(changes);
    return result;
}

/* ---- listings ---- */

/* Copies of the rows of one repository (NULL: of any) and about one subject (NULL: about any). */
static size_t snapshot(struct mem_store *m, const struct mem_table *t, const char *repo,
                       const struct oci_digest *subject, struct wp_arena *a, struct mem_entry **ret)
{
    pthread_mutex_lock(&m->lock);
    struct mem_entry *rows = wp_arena_alloc(a, t->count, sizeof(*rows));
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct mem_entry *e = t->rows[i];
        if ((subject != NULL && !oci_digest_equal(&e->subject, subject)) ||
            (repo != NULL && !wp_str_eq(e->repo, repo))) {
            continue;
        }
        rows[n].repo = e->repo != NULL ? wp_arena_str(a, e->repo) : NULL;
        rows[n].tag = e->tag != NULL ? wp_arena_str(a, e->tag) : NULL;
        rows[n].desc = oci_desc_copy(a, &e->desc);
        n++;
    }
    pthread_mutex_unlock(&m->lock);
    *ret = rows;
    return n;
}

int mem_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct mem_entry *rows = NULL;
    size_t n = snapshot(m, &m->names, repo, NULL, &a, &rows);
    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++) {
        result = fn(arg, rows[i].repo, rows[i].tag, &rows[i].desc, err);
    }
    return result;
}

int mem_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg, struct wp_err *err)
{
    struct mem_store *m = WP_DOWNCAST(struct mem_store, s);
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct mem_entry *rows = NULL;
    size_t n = snapshot(m, &m->referrers, NULL, &subject->digest, &a, &rows);
    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++) {
        result = fn(arg, &rows[i].desc, err);
    }
    return result;
}
