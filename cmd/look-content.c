/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes that a child is given: a file it maps itself, or memory filled and sealed here. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/memfile.h"
#include "cmd/look.h"
#include "oci/verify.h"

#include <inttypes.h>
#include <unistd.h>

void look_content_done(struct look_content *content)
{
    wp_unmap(&content->bytes);
    wp_close_p(&content->fd);
}

int look_open_file(const char *path, uint64_t limit, struct look_content *ret, struct wp_err *err)
{
    struct look_content made = LOOK_CONTENT_INIT;
    made.fd = wp_fs_open_file(path, &made.size, err);
    if (made.fd < 0) {
        return -1;
    }
    if (fstat(made.fd, &made.st) != 0 || made.size > limit) {
        look_content_done(&made);
        return wp_fail(err, WP_E_LIMIT, "'%s' is larger than %" PRIu64 " bytes", path, limit);
    }
    made.is_file = true;
    *ret = made;
    return 0;
}

int look_open_reader(struct wp_reader *r, uint64_t limit, const char *what, struct look_content *ret,
                     struct wp_err *err)
{
    struct look_content made = LOOK_CONTENT_INIT;
    if (wp_memfile_read(r, limit, what, &made.fd, &made.size, err) < 0) {
        return -1;
    }
    if (wp_map(made.fd, made.size, &made.bytes, err) < 0) {
        look_content_done(&made);
        return wp_wrap(err, "%s", what);
    }
    *ret = made;
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t e = strlen(end);
    return n > e && wp_str_eq(text + n - e, end);
}

bool look_is_module(const struct oci_desc *layer)
{
    static const char *const packed[] = {"+gzip", "+zstd", "+json", ".tar", "+tar"};
    const char *title = oci_desc_annotation(layer, OCI_ANNOTATION_TITLE);
    if (title != NULL && ends_with(title, ".wasm")) {
        return true;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(packed); i++) {
        if (ends_with(layer->media_type, packed[i])) {
            return false;
        }
    }
    return strstr(layer->media_type, "wasm") != NULL;
}

int look_open_blob(struct oci_store *s, const struct oci_desc *d, uint64_t limit, struct look_content *ret,
                   struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    if (d->size != OCI_SIZE_UNKNOWN && d->size > limit) {
        return wp_fail(err, WP_E_LIMIT, "%s: %s is larger than %" PRIu64 " bytes", s->label, text, limit);
    }
    if (d->data.ptr != NULL) {
        WP_AUTO_READER struct wp_reader *inlined = oci_verify_reader(wp_reader_mem(d->data), d);
        return look_open_reader(inlined, limit, text, ret, err);
    }
    struct wp_reader *raw = NULL;
    if (oci_store_fetch(s, d, 0, &raw, err) < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(raw, d);
    return look_open_reader(r, limit, text, ret, err);
}
