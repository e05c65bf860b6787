/* SPDX-License-Identifier: Apache-2.0
 *
 * Editing index.json of a layout: a draft of the entries, made from the version on disk while the lock on it is held,
 * written back as a whole. Entries and members that the edit does not concern keep their text. */
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/layout-int.h"

void layout_draft_init(struct layout_draft *dr, const struct layout_index *from)
{
    *dr = (struct layout_draft){.from = from, .arena = WP_ARENA_INIT, .cap = from->count + 8};
    dr->rows = wp_xcalloc(dr->cap, sizeof(*dr->rows));
    for (size_t i = 0; i < from->count; i++) {
        const struct layout_entry *e = &from->entries[i];
        dr->rows[dr->count++] = (struct layout_draft_row){.name = e->name, .digest = e->desc.digest, .raw = e->raw};
    }
}

void layout_draft_done(struct layout_draft *dr)
{
    free(dr->rows);
    dr->rows = NULL;
    wp_arena_done(&dr->arena);
}

const struct layout_draft_row *layout_draft_find(const struct layout_draft *dr, const char *name)
{
    for (size_t i = 0; i < dr->count; i++) {
        const struct layout_draft_row *r = &dr->rows[i];
        if (!r->dropped && r->name != NULL && wp_str_eq(r->name, name)) {
            return r;
        }
    }
    return NULL;
}

static void drop_row(struct layout_draft *dr, struct layout_draft_row *r)
{
    r->dropped = true;
    dr->changed = true;
}

/* name NULL: a plain descriptor. Inline data would make the file grow with the content. */
static struct layout_draft_row new_row(struct layout_draft *dr, const char *name, const struct oci_desc *d)
{
    struct oci_desc copy = *d;
    copy.data = wp_span(NULL, 0);
    struct oci_annotation *list = wp_arena_alloc(&dr->arena, d->annotation_count + 1, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < d->annotation_count; i++) {
        if (!wp_str_eq(d->annotations[i].key, OCI_ANNOTATION_REF_NAME)) {
            list[n++] = d->annotations[i];
        }
    }
    if (name != NULL) {
        list[n++] = (struct oci_annotation){.key = OCI_ANNOTATION_REF_NAME, .value = name};
    }
    copy.annotation_count = oci_annotations_sort(list, n);
    copy.annotations = copy.annotation_count > 0 ? list : NULL;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&text);
    oci_desc_write(&o, &copy);
    return (struct layout_draft_row){.name = name != NULL ? wp_arena_str(&dr->arena, name) : NULL,
                                     .digest = d->digest,
                                     .raw = wp_arena_bytes(&dr->arena, wp_buf_span(&text))};
}

static void add_row(struct layout_draft *dr, const struct layout_draft_row *row)
{
    if (dr->count == dr->cap) {
        dr->cap *= 2;
        dr->rows = wp_xrealloc(dr->rows, dr->cap, sizeof(*dr->rows));
    }
    dr->rows[dr->count++] = *row;
    dr->changed = true;
}

void layout_draft_set(struct layout_draft *dr, const char *name, const struct oci_desc *d)
{
    struct layout_draft_row *kept = NULL;
    for (size_t i = 0; i < dr->count; i++) {
        struct layout_draft_row *r = &dr->rows[i];
        if (r->dropped || r->name == NULL || !wp_str_eq(r->name, name)) {
            continue;
        }
        if (kept != NULL) {
            drop_row(dr, r);
        } else if (!oci_digest_equal(&r->digest, &d->digest)) {
            *r = new_row(dr, name, d);
            dr->changed = true;
            kept = r;
        } else {
            kept = r;
        }
    }
    if (kept == NULL) {
        struct layout_draft_row row = new_row(dr, name, d);
        add_row(dr, &row);
    }
}

bool layout_draft_unset(struct layout_draft *dr, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < dr->count; i++) {
        struct layout_draft_row *r = &dr->rows[i];
        if (!r->dropped && r->name != NULL && wp_str_eq(r->name, name)) {
            drop_row(dr, r);
            found = true;
        }
    }
    return found;
}

void layout_draft_plain(struct layout_draft *dr, const struct oci_desc *d)
{
    for (size_t i = 0; i < dr->count; i++) {
        const struct layout_draft_row *r = &dr->rows[i];
        if (!r->dropped && r->name == NULL && oci_digest_equal(&r->digest, &d->digest)) {
            return;
        }
    }
    struct layout_draft_row row = new_row(dr, NULL, d);
    add_row(dr, &row);
}

void layout_draft_drop_at(struct layout_draft *dr, size_t entry)
{
    if (!dr->rows[entry].dropped) {
        drop_row(dr, &dr->rows[entry]);
    }
}

bool layout_draft_drop(struct layout_draft *dr, const struct oci_digest *digest)
{
    bool found = false;
    for (size_t i = 0; i < dr->count; i++) {
        struct layout_draft_row *r = &dr->rows[i];
        if (!r->dropped && oci_digest_equal(&r->digest, digest)) {
            drop_row(dr, r);
            found = true;
        }
    }
    return found;
}

static void write_rows(const struct layout_draft *dr, struct wp_json_out *o)
{
    wp_jo_key(o, "manifests");
    wp_jo_array(o);
    for (size_t i = 0; i < dr->count; i++) {
        if (!dr->rows[i].dropped) {
            wp_jo_raw(o, dr->rows[i].raw);
        }
    }
    wp_jo_array_end(o);
}

int layout_draft_write(struct layout *l, struct layout_draft *dr, struct wp_err *err)
{
    if (!dr->changed) {
        /* Whoever wrote it may have been stopped before it was durable, and now it is promised. */
        return layout_sync_root(l, "index.json", err);
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&text);
    wp_jo_object(&o);
    if (!dr->from->present) {
        wp_jo_ku64(&o, "schemaVersion", 2);
        wp_jo_kstr(&o, "mediaType", OCI_MT_INDEX);
        write_rows(dr, &o);
    }
    for (size_t i = 0; i < dr->from->member_count; i++) {
        const struct layout_member *m = &dr->from->members[i];
        if (m->raw.ptr == NULL) {
            write_rows(dr, &o);
        } else {
            wp_jo_key(&o, m->key);
            wp_jo_raw(&o, m->raw);
        }
    }
    wp_jo_object_end(&o);
    if (text.len > WP_LIMIT_LAYOUT_INDEX) {
        return wp_fail(err, WP_E_LIMIT, "%s: index.json would be larger than %" PRIu64 " bytes", l->label,
                       WP_LIMIT_LAYOUT_INDEX);
    }
    return layout_put_root(l, "index.json", wp_buf_span(&text), err);
}
