/* SPDX-License-Identifier: Apache-2.0
 *
 * Content of unknown digest on its way into a layout: uploads to the server, standard input. It lies in .wpack/tmp/
 * and is hashed while it comes; commit proves and names it, in one step. */
#include "base/mem.h"
#include "oci/layout-int.h"

#include <errno.h>
#include <unistd.h>

struct layout_upload {
    struct oci_ingest base;
    struct layout_file file;
    struct wp_hash *hash; /* sha256; another algorithm costs a second reading */
    uint64_t size;
    bool broken; /* a write failed half-way */
};

static int upload_write(struct oci_ingest *in, struct wp_span bytes, struct wp_err *err)
{
    struct layout_upload *u = WP_DOWNCAST(struct layout_upload, in);
    if (u->broken) {
        return wp_fail(err, WP_E_IO, "%s: an earlier write failed", u->file.l->label);
    }
    WP_AUTO_FREE char *shown = layout_shown(u->file.l, ".wpack/tmp");
    if (wp_write_all(u->file.fd, bytes.ptr, bytes.len, shown, err) < 0) {
        u->broken = true;
        return -1;
    }
    wp_hash_add(u->hash, bytes.ptr, bytes.len);
    u->size += bytes.len;
    return 0;
}

static uint64_t upload_size(const struct oci_ingest *in)
{
    return ((const struct layout_upload *)(const void *)in)->size;
}

static void upload_abort(struct oci_ingest *in)
{
    struct layout_upload *u = WP_DOWNCAST(struct layout_upload, in);
    layout_file_drop_p(&u->file);
    wp_hash_free(u->hash);
    free(u);
}

static int upload_digest(struct layout_upload *u, enum wp_hash_alg alg, struct oci_digest *ret, struct wp_err *err)
{
    if (alg == WP_SHA256) {
        *ret = (struct oci_digest){.alg = WP_SHA256};
        wp_hash_end(u->hash, ret->bytes);
        return 0;
    }
    WP_AUTO_FREE char *shown = layout_shown(u->file.l, ".wpack/tmp");
    if (lseek(u->file.fd, 0, SEEK_SET) < 0) {
        return wp_fail_errno(err, errno, "cannot read a file in '%s'", shown);
    }
    return layout_hash_fd(u->file.fd, alg, shown, NULL, NULL, ret, err);
}

static int upload_commit(struct oci_ingest *in, const struct oci_desc *want, uint64_t *ret_size, struct wp_err *err)
{
    struct layout_upload *u = WP_DOWNCAST(struct layout_upload, in);
    struct layout *l = u->file.l;
    if (u->broken) {
        return wp_fail(err, WP_E_IO, "%s: an earlier write failed", l->label);
    }
    u->broken = true;
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&want->digest, text);
    if (want->size != OCI_SIZE_UNKNOWN && want->size != u->size) {
        return wp_fail(err, WP_E_INTEGRITY, "blob %s: has %" PRIu64 " bytes, expected %" PRIu64, text, u->size,
                       want->size);
    }
    struct oci_digest got;
    if (layout_blob_dir(l, want->digest.alg, true, err) < 0 || upload_digest(u, want->digest.alg, &got, err) < 0) {
        return -1;
    }
    if (!oci_digest_equal(&got, &want->digest)) {
        char other[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_INTEGRITY, "blob %s: content does not match, its digest is %s", text,
                       oci_digest_text(&got, other));
    }
    LAYOUT_AUTO_GUARD struct layout_guard guard = LAYOUT_GUARD_INIT;
    if (layout_enter(l, NULL, &guard, err) < 0 || layout_file_publish(&u->file, &want->digest, err) < 0) {
        return -1;
    }
    if (ret_size != NULL) {
        *ret_size = u->size;
    }
    upload_abort(in);
    return 0;
}

int layout_ingest(struct oci_store *s, struct oci_ingest **ret, struct wp_err *err)
{
    static const struct oci_ingest_ops ops = {
        .write = upload_write, .size = upload_size, .commit = upload_commit, .abort = upload_abort};
    struct layout *l = WP_DOWNCAST(struct layout, s);
    /* No lock is held between the calls, an upload may stall for long: gc sees that the file itself is locked. */
    LAYOUT_AUTO_GUARD struct layout_guard guard = LAYOUT_GUARD_INIT;
    LAYOUT_AUTO_FILE struct layout_file f = LAYOUT_FILE_INIT;
    if (layout_enter(l, NULL, &guard, err) < 0 || layout_bear(l, err) < 0 || layout_temp(l, &f, err) < 0) {
        return -1;
    }
    struct layout_upload *u = wp_xcalloc(1, sizeof(*u));
    u->base.ops = &ops;
    u->hash = wp_hash_new(WP_SHA256);
    u->file = f;
    f.fd = -1;
    *ret = &u->base;
    return 0;
}
