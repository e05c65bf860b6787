/* SPDX-License-Identifier: Apache-2.0
 *
 * Giving and removing names in a layout. All that can fail for reasons of content happens before the lock on index.json
 * is taken; then the file is read again, edited, and replaced only when everything it will name is durable. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/layout-int.h"
#include "oci/ref.h"
#include "oci/referrers.h"
#include "oci/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* One binding whose manifest is there and proven. */
struct change {
    const char *name;
    const struct oci_digest *replaces;
    bool unbind;
    struct oci_desc desc;
    const struct oci_digest *subject; /* NULL: none */
    struct oci_desc entry;            /* with subject: how its list shows this manifest */
};

/* A list of referrers that this bind changes. */
struct pending {
    struct pending *next;
    char tag[OCI_DIGEST_TEXT];
    bool foreign; /* the tag leads to something else, which stays */
    bool changed;
    struct wp_buf bytes;
};

static int stage(struct layout *l, const struct oci_desc *d, struct wp_span bytes, struct wp_err *err)
{
    LAYOUT_AUTO_FILE struct layout_file f = LAYOUT_FILE_INIT;
    int n = layout_stage_bytes(l, d, bytes, &f, err);
    return n == 1 ? layout_publish_later(l, &f, &d->digest, err) : n;
}

static int prove(struct layout *l, const struct oci_binding *b, struct wp_arena *a, struct change *c,
                 struct wp_err *err)
{
    struct oci_manifest m;
    struct wp_span bytes = b->bytes;
    if (bytes.ptr == NULL) {
        /* It may have come with an earlier binding of the list. */
        if (layout_manifest(l, &c->desc, a, &m, &bytes, err) < 0) {
            return -1;
        }
        /* Reading proved it; this makes it last. */
        if (layout_exists(&l->base, &c->desc, true, err) < 0) {
            return -1;
        }
    } else {
        char what[OCI_DIGEST_TEXT + 16] = "manifest ";
        oci_digest_text(&c->desc.digest, what + strlen(what));
        if (bytes.len > WP_LIMIT_MANIFEST) {
            return wp_fail(err, WP_E_LIMIT, "%s is larger than %" PRIu64 " bytes", what, WP_LIMIT_MANIFEST);
        }
        if (oci_verify_bytes(bytes, &c->desc, what, err) < 0 ||
            oci_manifest_parse(bytes, c->desc.media_type, what, a, &m, err) < 0) {
            return -1;
        }
        if (stage(l, &c->desc, bytes, err) < 0) {
            return -1;
        }
    }
    c->desc.size = bytes.len;
    if (m.subject != NULL) {
        c->subject = &m.subject->digest;
        c->entry = oci_referrers_entry(a, &m, bytes);
    }
    return 0;
}

static int prepare(struct layout *l, const struct oci_binding *b, struct wp_arena *a, struct change *c,
                   struct wp_err *err)
{
    c->name = b->name;
    c->replaces = b->replaces;
    c->unbind = b->desc == NULL;
    if (b->name != NULL && !c->unbind && oci_name_check(b->name, l->label, err) < 0) {
        return -1;
    }
    if (c->unbind) {
        return b->name != NULL ? 0 : wp_fail(err, WP_E_OTHER, "%s: a binding without name and content", l->label);
    }
    c->desc = *b->desc;
    c->desc.data = wp_span(NULL, 0);
    if (oci_mediatype_kind(c->desc.media_type) == OCI_NOT_MANIFEST) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_INPUT, "%s: %s is not a manifest ('%s') and cannot be bound", l->label,
                       oci_digest_text(&c->desc.digest, text),
                       c->desc.media_type != NULL ? c->desc.media_type : "no media type");
    }
    return prove(l, b, a, c, err);
}

/* ---- lists of referrers ---- */

static void pending_free_p(struct pending **list)
{
    while (*list != NULL) {
        struct pending *p = *list;
        *list = p->next;
        wp_buf_done(&p->bytes);
        free(p);
    }
}

/* What the tag leads to now. A list that is gone or damaged is begun anew: the plain descriptors still tell. */
static int load_list(struct layout *l, const struct layout_draft *dr, const struct oci_digest *subject,
                     struct pending *p, struct wp_err *err)
{
    const struct layout_draft_row *row = layout_draft_find(dr, p->tag);
    if (row == NULL) {
        return 0;
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_desc d = {.digest = row->digest, .size = OCI_SIZE_UNKNOWN};
    struct oci_manifest m;
    struct wp_span bytes;
    if (layout_manifest(l, &d, &a, &m, &bytes, err) < 0) {
        if (err->code != WP_E_NOT_FOUND && err->code != WP_E_INTEGRITY) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    p->foreign = !oci_referrers_is_list(&m, &row->digest, subject);
    wp_buf_add(&p->bytes, bytes.ptr, bytes.len);
    return 0;
}

static int edit_list(struct layout *l, const struct layout_draft *dr, struct pending **list,
                     const struct oci_digest *subject, const struct oci_desc *entry, bool remove, struct wp_err *err)
{
    char tag[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(subject, tag);
    struct pending *p = *list;
    while (p != NULL && !wp_str_eq(p->tag, tag)) {
        p = p->next;
    }
    if (p == NULL) {
        p = wp_xcalloc(1, sizeof(*p));
        p->bytes = (struct wp_buf)WP_BUF_INIT;
        memcpy(p->tag, tag, sizeof(tag));
        p->next = *list;
        *list = p;
        if (load_list(l, dr, subject, p, err) < 0) {
            return -1;
        }
    }
    if (p->foreign || (remove && p->bytes.len == 0)) {
        return 0;
    }
    WP_AUTO_BUF struct wp_buf next = WP_BUF_INIT;
    int n = oci_referrers_edit(wp_buf_span(&p->bytes), entry, 1, remove, &next, err);
    if (n < 0) {
        return wp_wrap(err, "%s: '%s'", l->label, tag);
    }
    if (n == 1) {
        wp_buf_cut(&p->bytes, 0);
        wp_buf_add(&p->bytes, next.ptr, next.len);
        p->changed = true;
    }
    return 0;
}

static int write_lists(struct layout *l, struct layout_draft *dr, const struct pending *p, struct wp_err *err)
{
    for (; p != NULL; p = p->next) {
        if (!p->changed) {
            continue;
        }
        struct oci_desc d = {.media_type = OCI_MT_INDEX, .size = p->bytes.len};
        oci_digest_of(WP_SHA256, wp_buf_span(&p->bytes), &d.digest);
        if (layout_put_bytes(l, &d, wp_buf_span(&p->bytes), err) < 0) {
            return -1;
        }
        layout_draft_set(dr, p->tag, &d);
    }
    return 0;
}

/* ---- bind ---- */

/* May the name, which is old's (NULL: nobody's), become the change's? */
static int may_replace(const struct layout *l, const struct layout_draft_row *old, const struct change *c,
                       unsigned flags, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    if (old == NULL) {
        return c->replaces == NULL ? 0 : wp_fail(err, WP_E_EXISTS, "%s: '%s' is gone", l->label, c->name);
    }
    bool fixed = (flags & OCI_BIND_NO_REPLACE) != 0 && !oci_digest_equal(&old->digest, &c->desc.digest);
    if (!fixed && (c->replaces == NULL || oci_digest_equal(&old->digest, c->replaces))) {
        return 0;
    }
    return wp_fail(err, WP_E_EXISTS, "%s: '%s' exists already and is %s", l->label, c->name,
                   oci_digest_text(&old->digest, text));
}

static int apply(struct layout *l, struct layout_draft *dr, struct pending **lists, const struct change *c,
                 unsigned flags, struct wp_err *err)
{
    if (c->unbind) {
        return layout_draft_unset(dr, c->name) ? 0
                                               : wp_fail(err, WP_E_NOT_FOUND, "%s has no name '%s'", l->label, c->name);
    }
    if (c->name != NULL) {
        if (may_replace(l, layout_draft_find(dr, c->name), c, flags, err) < 0) {
            return -1;
        }
        layout_draft_set(dr, c->name, &c->desc);
    } else {
        layout_draft_plain(dr, c->subject != NULL ? &c->entry : &c->desc);
    }
    return c->subject != NULL ? edit_list(l, dr, lists, c->subject, &c->entry, false, err) : 0;
}

static int bind_all(struct layout *l, const struct change *changes, size_t n, unsigned flags, struct wp_err *err)
{
    LAYOUT_AUTO_EDIT struct layout_edit edit = {.l = NULL};
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = l};
    if (layout_edit_begin(l, &edit, err) < 0 || layout_index_get(l, &index.x, err) < 0) {
        return -1;
    }
    LAYOUT_AUTO_DRAFT struct layout_draft dr;
    layout_draft_init(&dr, index.x);
    WP_CLEANUP(pending_free_p) struct pending *lists = NULL;
    for (size_t i = 0; i < n; i++) {
        if (apply(l, &dr, &lists, &changes[i], flags, err) < 0) {
            return -1;
        }
    }
    return write_lists(l, &dr, lists, err) < 0 ? -1 : layout_draft_write(l, &dr, err);
}

int layout_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    LAYOUT_AUTO_GUARD struct layout_guard guard = LAYOUT_GUARD_INIT;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    if (layout_enter(l, NULL, &guard, err) < 0) {
        return -1;
    }
    struct change *changes = wp_arena_alloc(&a, n, sizeof(*changes));
    for (size_t i = 0; i < n; i++) {
        if (prepare(l, &list[i], &a, &changes[i], err) < 0) {
            return -1;
        }
    }
    /* Blobs that waited for this bind go with the manifests. */
    if (layout_settle(l, err) < 0) {
        return -1;
    }
    return bind_all(l, changes, n, flags, err);
}

/* ---- remove ---- */

/* What index.json says about d goes first: a name must never lead to nothing. 1: something was there. */
static int remove_names(struct layout *l, const struct oci_desc *d, struct wp_err *err)
{
    LAYOUT_AUTO_EDIT struct layout_edit edit = {.l = NULL};
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = l};
    if (layout_edit_begin(l, &edit, err) < 0 || layout_index_get(l, &index.x, err) < 0) {
        return -1;
    }
    LAYOUT_AUTO_DRAFT struct layout_draft dr;
    layout_draft_init(&dr, index.x);
    bool found = layout_draft_drop(&dr, &d->digest);
    WP_CLEANUP(pending_free_p) struct pending *lists = NULL;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_desc plain = {.digest = d->digest, .size = OCI_SIZE_UNKNOWN};
    struct oci_manifest m;
    struct wp_err ignored = {0};
    bool manifest = found || d->media_type == NULL || oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST;
    /* Damaged or gone: then nobody can tell whose list it is on, and listings will leave it out. */
    if (manifest && layout_manifest(l, &plain, &a, &m, NULL, &ignored) == 0 && m.subject != NULL &&
        edit_list(l, &dr, &lists, &m.subject->digest, &plain, true, err) < 0) {
        return -1;
    }
    if (write_lists(l, &dr, lists, err) < 0 || layout_draft_write(l, &dr, err) < 0) {
        return -1;
    }
    return found ? 1 : 0;
}

int layout_remove(struct oci_store *s, const struct oci_desc *d, struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    LAYOUT_AUTO_GUARD struct layout_guard guard = LAYOUT_GUARD_INIT;
    if (layout_enter(l, NULL, &guard, err) < 0 || layout_settle(l, err) < 0) {
        return -1;
    }
    int named = remove_names(l, d, err);
    if (named < 0) {
        return -1;
    }
    char path[OCI_BLOB_PATH];
    oci_digest_blob_path(&d->digest, path);
    int dir = layout_blob_dir(l, d->digest.alg, false, err);
    if (dir < 0 && err->code != WP_E_NOT_FOUND) {
        return -1;
    }
    wp_err_clear(err);
    if (dir >= 0 && unlinkat(dir, strrchr(path, '/') + 1, 0) == 0) {
        layout_blob_dir_touched(l, d->digest.alg);
        return (l->flags & OCI_LAYOUT_LOCK_OPS) != 0 ? layout_flush(l, -1, NULL, err) : 0;
    }
    if (dir >= 0 && errno != ENOENT) {
        return wp_fail_errno(err, errno, "cannot remove '%s/%s'", l->path, path);
    }
    char text[OCI_DIGEST_TEXT];
    return named == 1
               ? 0
               : wp_fail(err, WP_E_NOT_FOUND, "%s has no content %s", l->label, oci_digest_text(&d->digest, text));
}
