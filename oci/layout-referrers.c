/* SPDX-License-Identifier: Apache-2.0
 *
 * Who refers to whom in a layout. oras lists referrers as plain descriptors in index.json, regctl in an index under the
 * fallback tag; both are read, and a referrer counts only when its own proven manifest names the subject. What was
 * learnt from manifests is kept as long as index.json stays the same, and taken over for the entries that remain when
 * it changes: content under a digest does not change its mind. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/layout-int.h"
#include "oci/referrers.h"

enum row_state {
    ROW_UNKNOWN, /* not there, or damaged and only there under a name: may be different next time */
    ROW_NONE,
    ROW_SUBJECT,
};

struct row {
    struct oci_digest manifest;
    enum row_state state;
    struct oci_digest subject;
    struct oci_desc entry; /* as referrers lists it */
};

struct layout_subjects {
    struct wp_arena arena;
    struct layout_index *index; /* made for this one, which is held */
    bool complete;              /* no row is unknown */
    struct row *rows;           /* by manifest */
    size_t count;
    const struct row **by_subject;
    size_t referrer_count;
};

int layout_manifest(struct layout *l, const struct oci_desc *d, struct wp_arena *a, struct oci_manifest *ret,
                    struct wp_span *ret_bytes, struct wp_err *err)
{
    char what[OCI_DIGEST_TEXT + 16] = "manifest ";
    oci_digest_text(&d->digest, what + strlen(what));
    /* The file is what later readers get, whatever the descriptor carries inline. */
    struct oci_desc plain = *d;
    plain.data = wp_span(NULL, 0);
    struct wp_span bytes;
    if (oci_store_get(&l->base, &plain, WP_LIMIT_MANIFEST, a, &bytes, err) < 0 ||
        oci_manifest_parse(bytes, d->media_type, what, a, ret, err) < 0) {
        return -1;
    }
    if (ret_bytes != NULL) {
        *ret_bytes = bytes;
    }
    return 0;
}

/* ---- the table ---- */

static const struct row *find_row(const struct layout_subjects *t, const struct oci_digest *manifest)
{
    size_t low = 0;
    size_t high = t != NULL ? t->count : 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = layout_digest_cmp(&t->rows[mid].manifest, manifest);
        if (order == 0) {
            return &t->rows[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

/* Does one of the n entries stand without a name? */
static bool has_plain(const struct layout_entry *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i]->name == NULL) {
            return true;
        }
    }
    return false;
}

static int learn(struct layout *l, const struct layout_entry *const *list, size_t n, struct wp_arena *keep,
                 struct row *ret, struct wp_err *err)
{
    ret->state = ROW_NONE;
    if (oci_mediatype_kind(list[0]->desc.media_type) == OCI_NOT_MANIFEST || list[0]->fallback) {
        return 0;
    }
    WP_AUTO_ARENA struct wp_arena scratch = WP_ARENA_INIT;
    struct oci_manifest m;
    struct wp_span bytes;
    if (layout_manifest(l, &list[0]->desc, &scratch, &m, &bytes, err) < 0) {
        /* A damaged manifest without a name may be a signature: leaving it out would be a lie. */
        if (err->code != WP_E_NOT_FOUND && has_plain(list, n)) {
            return wp_hint(err, "wpack fsck %s tells what else is damaged", l->label);
        }
        wp_err_clear(err);
        ret->state = ROW_UNKNOWN;
        return 0;
    }
    if (m.subject != NULL) {
        ret->state = ROW_SUBJECT;
        ret->subject = m.subject->digest;
        ret->entry = oci_referrers_entry(keep, &m, bytes);
    }
    return 0;
}

static int by_subject_cmp(const void *a, const void *b)
{
    const struct row *x = *(const struct row *const *)a;
    const struct row *y = *(const struct row *const *)b;
    int order = layout_digest_cmp(&x->subject, &y->subject);
    return order != 0 ? order : layout_digest_cmp(&x->manifest, &y->manifest);
}

static void table_free(struct layout *l, struct layout_subjects *t)
{
    layout_index_put(l, t->index);
    wp_arena_done(&t->arena);
    free(t);
}

void layout_subjects_free(struct layout *l, struct layout_subjects *t)
{
    if (t != NULL) {
        table_free(l, t);
    }
}

static int fill_table(struct layout *l, struct layout_subjects *t, const struct layout_subjects *old,
                      struct wp_err *err)
{
    const struct layout_index *x = t->index;
    t->rows = wp_arena_alloc(&t->arena, x->count, sizeof(*t->rows));
    for (size_t i = 0; i < x->count;) {
        size_t n = 0;
        const struct oci_digest *digest = &x->by_digest[i]->desc.digest;
        const struct layout_entry *const *list = layout_index_digest(x, digest, &n);
        struct row *r = &t->rows[t->count];
        const struct row *before = find_row(old, digest);
        if (before != NULL && before->state != ROW_UNKNOWN) {
            *r = *before;
            r->entry = oci_desc_copy(&t->arena, &before->entry);
        } else if (learn(l, list, n, &t->arena, r, err) < 0) {
            return -1;
        }
        r->manifest = *digest;
        t->complete = t->complete && r->state != ROW_UNKNOWN;
        t->referrer_count += r->state == ROW_SUBJECT ? 1 : 0;
        t->count++;
        i += n;
    }
    t->by_subject = wp_arena_alloc(&t->arena, t->referrer_count, sizeof(struct row *));
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].state == ROW_SUBJECT) {
            t->by_subject[n++] = &t->rows[i];
        }
    }
    qsort(t->by_subject, n, sizeof(struct row *), by_subject_cmp);
    return 0;
}

/* Make l->subjects the table of x. subjects_mutex is held. */
static int refresh(struct layout *l, struct layout_index *x, struct wp_err *err)
{
    struct layout_subjects *old = l->subjects;
    if (old != NULL && old->index == x && old->complete) {
        return 0;
    }
    struct layout_subjects *t = wp_xcalloc(1, sizeof(*t));
    t->arena = (struct wp_arena)WP_ARENA_INIT;
    t->complete = true;
    pthread_mutex_lock(&l->mutex);
    x->refs++;
    pthread_mutex_unlock(&l->mutex);
    t->index = x;
    if (fill_table(l, t, old, err) < 0) {
        table_free(l, t);
        return -1;
    }
    l->subjects = t;
    layout_subjects_free(l, old);
    return 0;
}

int layout_subject(struct layout *l, struct layout_index *x, const struct oci_digest *manifest, struct oci_digest *ret,
                   struct wp_err *err)
{
    pthread_mutex_lock(&l->subjects_mutex);
    int n = refresh(l, x, err);
    const struct row *r = n == 0 ? find_row(l->subjects, manifest) : NULL;
    if (r != NULL && r->state == ROW_SUBJECT) {
        *ret = r->subject;
        n = 1;
    }
    pthread_mutex_unlock(&l->subjects_mutex);
    return n;
}

/* ---- listing ---- */

struct found {
    struct layout *l;
    const struct oci_digest *subject;
    struct wp_arena *arena;
    struct oci_desc *list;
    size_t count, cap;
};

static bool found_has(const struct found *f, const struct oci_digest *d)
{
    for (size_t i = 0; i < f->count; i++) {
        if (oci_digest_equal(&f->list[i].digest, d)) {
            return true;
        }
    }
    return false;
}

static int found_add(struct found *f, const struct oci_desc *d, struct wp_err *err)
{
    if (f->count == WP_LIMIT_REFERRERS) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_LIMIT, "%s: %s has more than %" PRIu64 " referrers", f->l->label,
                       oci_digest_text(f->subject, text), WP_LIMIT_REFERRERS);
    }
    if (f->count == f->cap) {
        f->cap = f->cap == 0 ? 8 : 2 * f->cap;
        f->list = wp_xrealloc(f->list, f->cap, sizeof(*f->list));
    }
    f->list[f->count++] = oci_desc_copy(f->arena, d);
    return 0;
}

static int find_plain(struct found *f, struct layout_index *x, struct wp_err *err)
{
    struct layout *l = f->l;
    pthread_mutex_lock(&l->subjects_mutex);
    int n = refresh(l, x, err);
    const struct layout_subjects *t = l->subjects;
    size_t low = 0;
    size_t high = n == 0 ? t->referrer_count : 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (layout_digest_cmp(&t->by_subject[mid]->subject, f->subject) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (; n == 0 && low < t->referrer_count && oci_digest_equal(&t->by_subject[low]->subject, f->subject); low++) {
        n = found_add(f, &t->by_subject[low]->entry, err);
    }
    pthread_mutex_unlock(&l->subjects_mutex);
    return n;
}

static int find_listed(struct found *f, const struct oci_desc *d, struct wp_err *err)
{
    if (found_has(f, &d->digest)) {
        return 0;
    }
    WP_AUTO_ARENA struct wp_arena scratch = WP_ARENA_INIT;
    struct oci_manifest m;
    struct wp_span bytes;
    if (layout_manifest(f->l, d, &scratch, &m, &bytes, err) < 0) {
        if (err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    if (m.subject == NULL || !oci_digest_equal(&m.subject->digest, f->subject)) {
        return 0;
    }
    struct oci_desc entry = oci_referrers_entry(&scratch, &m, bytes);
    return found_add(f, &entry, err);
}

static int find_fallback(struct found *f, const struct layout_entry *e, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena scratch = WP_ARENA_INIT;
    struct oci_manifest m;
    if (layout_manifest(f->l, &e->desc, &scratch, &m, NULL, err) < 0) {
        if (err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    if (!oci_referrers_is_list(&m, &e->desc.digest, f->subject)) {
        return 0;
    }
    for (size_t i = 0; i < m.manifest_count; i++) {
        if (oci_mediatype_kind(m.manifests[i].media_type) != OCI_NOT_MANIFEST &&
            find_listed(f, &m.manifests[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int find_all(struct found *f, struct wp_err *err)
{
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = f->l};
    if (layout_index_get(f->l, &index.x, err) < 0 || find_plain(f, index.x, err) < 0) {
        return -1;
    }
    char tag[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(f->subject, tag);
    for (size_t i = 0; i < index.x->named_count; i++) {
        const struct layout_entry *e = index.x->named[i];
        if (e->fallback && wp_str_eq(e->tag, tag) && find_fallback(f, e, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int layout_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                     struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
    struct found f = {.l = WP_DOWNCAST(struct layout, s), .subject = &subject->digest, .arena = &arena};
    int n = find_all(&f, err);
    for (size_t i = 0; i < f.count && n == 0; i++) {
        n = fn(arg, &f.list[i], err);
    }
    free(f.list);
    return n;
}
