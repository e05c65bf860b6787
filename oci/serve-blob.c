/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs out of the registry (distribution-spec, "Pulling blobs"; RFC 9110 section 14 for ranges): from the store's
 * descriptor to the socket without a copy in between. */
#include "base/mem.h"
#include "oci/serve-int.h"

#include <strings.h>
#include <unistd.h>

enum range { RANGE_NONE, RANGE_ONE, RANGE_BAD };

/* Digits at *p, moved past them; more than 64 bits count as the largest number. False when there are none. */
static bool take_number(const char **p, uint64_t *ret)
{
    if (**p < '0' || **p > '9') {
        return false;
    }
    *ret = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        uint64_t tens;
        if (wp_mul_overflows(*ret, 10, &tens) || wp_add_overflows(tens, (uint64_t)(**p - '0'), ret)) {
            *ret = UINT64_MAX;
        }
    }
    return true;
}

/* One range is answered; several, other units and text that is no range get the whole content. */
static enum range parse_range(const char *text, uint64_t size, uint64_t *ret_first, uint64_t *ret_len)
{
    if (text == NULL || strncasecmp(text, "bytes=", 6) != 0) {
        return RANGE_NONE;
    }
    const char *p = text + 6;
    uint64_t first = 0;
    uint64_t last = UINT64_MAX;
    bool has_first = take_number(&p, &first);
    if (*p++ != '-') {
        return RANGE_NONE;
    }
    bool has_last = take_number(&p, &last);
    if (*p != '\0' || (!has_first && !has_last)) {
        return RANGE_NONE;
    }
    if (!has_first) {
        first = last < size ? size - last : 0;
        last = UINT64_MAX;
        if (first == size) {
            return RANGE_BAD;
        }
    }
    if (first >= size || last < first) {
        return RANGE_BAD;
    }
    *ret_first = first;
    *ret_len = WP_MIN(last, size - 1) - first + 1;
    return RANGE_ONE;
}

static bool range_wanted(const struct exchange *x, const char *etag)
{
    const char *condition = httpd_req_header(x->http, "If-Range");
    return wp_str_eq(x->http->method, "GET") && (condition == NULL || wp_str_eq(condition, etag));
}

void serve_blob_get(struct exchange *x)
{
    struct oci_digest digest;
    if (!serve_digest(x, x->ref, &digest)) {
        return;
    }
    WP_AUTO_FD int fd = -1;
    uint64_t size = 0;
    int rc = oci_store_open_blob(x->sv->store, &digest, &fd, &size, &x->err);
    if (rc < 0) {
        serve_store_error(x, "BLOB_UNKNOWN");
        return;
    }
    if (rc == 0) {
        serve_error(x, 404, "BLOB_UNKNOWN", NULL, "no such blob");
        return;
    }
    const char *etag = wp_arena_printf(&x->arena, "\"%s\"", x->ref);
    uint64_t first = 0;
    uint64_t len = size;
    enum range range =
        range_wanted(x, etag) ? parse_range(httpd_req_header(x->http, "Range"), size, &first, &len) : RANGE_NONE;
    if (range == RANGE_BAD) {
        serve_error(x, 416, "SIZE_INVALID", NULL, "the blob has no such range");
        httpd_reply_header(x->http, "Content-Range",
                           wp_arena_printf(&x->arena, "bytes */%llu", (unsigned long long)size));
        return;
    }
    httpd_reply_fd(x->http, range == RANGE_ONE ? 206 : 200, fd, first, len);
    fd = -1;
    if (range == RANGE_ONE) {
        httpd_reply_header(x->http, "Content-Range",
                           wp_arena_printf(&x->arena, "bytes %llu-%llu/%llu", (unsigned long long)first,
                                           (unsigned long long)(first + len - 1), (unsigned long long)size));
    }
    httpd_reply_header(x->http, "Content-Type", OCI_MT_OCTETS);
    httpd_reply_header(x->http, "Accept-Ranges", "bytes");
    httpd_reply_header(x->http, "ETag", etag);
    serve_header_digest(x, &digest);
}

/* Manifests lie among the blobs of a store; taken away here, their tags would point nowhere. */
static bool is_manifest(struct exchange *x)
{
    struct oci_desc d;
    struct wp_err ignored = {0};
    return oci_store_resolve(x->sv->store, x->ref, &x->arena, &d, NULL, &ignored) == 0 &&
           oci_mediatype_kind(d.media_type) != OCI_NOT_MANIFEST;
}

void serve_blob_delete(struct exchange *x)
{
    struct oci_desc d = {.media_type = OCI_MT_OCTETS, .size = OCI_SIZE_UNKNOWN};
    if (!serve_digest(x, x->ref, &d.digest)) {
        return;
    }
    if (is_manifest(x)) {
        serve_error(x, 405, "UNSUPPORTED", NULL, "this is a manifest, to be deleted as one");
        return;
    }
    int rc = oci_store_exists(x->sv->store, &d, false, &x->err);
    if (rc == OCI_ABSENT) {
        serve_error(x, 404, "BLOB_UNKNOWN", NULL, "no such blob");
        return;
    }
    /* All repositories share it: one that lets go of its image must not break the others'. */
    rc = rc < 0 ? -1 : oci_store_needed(x->sv->store, &d.digest, &x->err);
    if (rc == 1) {
        serve_error(x, 405, "DENIED", NULL, "a manifest needs this blob: delete that one first");
        return;
    }
    if (rc < 0 || oci_store_remove(x->sv->store, &d, &x->err) != 0) {
        serve_store_error(x, "BLOB_UNKNOWN");
        return;
    }
    httpd_reply(x->http, 202);
}
