/* SPDX-License-Identifier: Apache-2.0
 *
 * The proof (oci/verify.h): bytes pass through a hash, the newest one stays behind until the source has ended and size
 * and digest have matched. */
#include "oci/verify.h"

#include "base/mem.h"
#include "oci/mediatype.h"

#include <inttypes.h>

struct verify_reader {
    struct wp_reader base;
    struct wp_reader *src;
    struct wp_hash *hash;
    struct oci_digest want;
    uint64_t want_size;
    bool is_manifest;
    uint64_t size; /* hashed so far */
    bool has_held;
    uint8_t held;
    bool proven;
    struct wp_err failed; /* code OK: none */
};

static int size_problem(uint64_t size, uint64_t want, const char *what, struct wp_err *err)
{
    return wp_fail(err, WP_E_INTEGRITY, "%s: has %" PRIu64 " bytes, expected %" PRIu64, what, size, want);
}

static int digest_problem(const struct oci_digest *got, const char *what, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    return wp_fail(err, WP_E_INTEGRITY, "%s: content does not match, its digest is %s", what,
                   oci_digest_text(got, text));
}

/* "blob sha256:…" into ret. */
static const char *reader_name(const struct verify_reader *v, char *ret, size_t ret_size)
{
    char text[OCI_DIGEST_TEXT];
    snprintf(ret, ret_size, "%s %s", v->is_manifest ? "manifest" : "blob", oci_digest_text(&v->want, text));
    return ret;
}

static int prove_end(struct verify_reader *v, struct wp_err *err)
{
    char what[OCI_DIGEST_TEXT + 16];
    reader_name(v, what, sizeof(what));
    if (v->want_size != OCI_SIZE_UNKNOWN && v->size != v->want_size) {
        return size_problem(v->size, v->want_size, what, err);
    }
    struct oci_digest got = {.alg = v->want.alg};
    wp_hash_end(v->hash, got.bytes);
    if (!oci_digest_equal(&got, &v->want)) {
        return digest_problem(&got, what, err);
    }
    v->proven = true;
    return 0;
}

static int take_in(struct verify_reader *v, const uint8_t *bytes, size_t n, struct wp_err *err)
{
    /* want_size - size cannot wrap: each step has checked it. An unknown size is larger than anything. */
    if (n > v->want_size - v->size) {
        char what[OCI_DIGEST_TEXT + 16];
        return wp_fail(err, WP_E_INTEGRITY, "%s: has more than the %" PRIu64 " bytes expected",
                       reader_name(v, what, sizeof(what)), v->want_size);
    }
    wp_hash_add(v->hash, bytes, n);
    v->size += n;
    return 0;
}

/* One step: bytes placed in buf (>= 0; 0 does not mean the end), or -1. */
static ssize_t step(struct verify_reader *v, uint8_t *buf, size_t len, struct wp_err *err)
{
    uint8_t single = 0;
    size_t head = v->has_held ? 1 : 0;
    uint8_t *into = len > head ? buf + head : &single;
    ssize_t n = wp_read(v->src, into, len > head ? len - head : 1, err);
    if (n < 0) {
        return -1;
    }
    if (n == 0) {
        if (prove_end(v, err) < 0) {
            return -1;
        }
        buf[0] = v->held;
        v->has_held = false;
        return (ssize_t)head;
    }
    if (take_in(v, into, (size_t)n, err) < 0) {
        return -1;
    }
    uint8_t newest = into[n - 1];
    if (head == 1) {
        buf[0] = v->held;
    }
    v->held = newest;
    v->has_held = true;
    return (ssize_t)head + n - 1;
}

static ssize_t verify_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct verify_reader *v = WP_DOWNCAST(struct verify_reader, r);
    ssize_t n = 0;
    while (v->failed.code == WP_E_OK && !v->proven && n == 0) {
        n = step(v, buf, len, &v->failed);
    }
    if (v->failed.code != WP_E_OK) {
        *err = v->failed;
        return -1;
    }
    return n;
}

static void verify_close(struct wp_reader *r)
{
    struct verify_reader *v = WP_DOWNCAST(struct verify_reader, r);
    wp_reader_close(v->src);
    wp_hash_free(v->hash);
    free(v);
}

struct wp_reader *oci_verify_reader(struct wp_reader *src, const struct oci_desc *want)
{
    struct verify_reader *v = wp_xcalloc(1, sizeof(*v));
    v->base = (struct wp_reader){.read = verify_read, .close = verify_close};
    v->src = src;
    v->want = want->digest;
    v->want_size = want->size;
    v->is_manifest = oci_mediatype_kind(want->media_type) != OCI_NOT_MANIFEST;
    if (want->digest.alg == WP_SHA256 || want->digest.alg == WP_SHA512) {
        v->hash = wp_hash_new(want->digest.alg);
    } else {
        wp_fail(&v->failed, WP_E_INTEGRITY, "content without a digest cannot be proven");
    }
    return &v->base;
}

int oci_verify_bytes(struct wp_span bytes, const struct oci_desc *want, const char *what, struct wp_err *err)
{
    if (want->size != OCI_SIZE_UNKNOWN && bytes.len != want->size) {
        return size_problem(bytes.len, want->size, what, err);
    }
    if (want->digest.alg != WP_SHA256 && want->digest.alg != WP_SHA512) {
        return wp_fail(err, WP_E_INTEGRITY, "%s: without a digest it cannot be proven", what);
    }
    struct oci_digest got = {0};
    oci_digest_of(want->digest.alg, bytes, &got);
    return oci_digest_equal(&got, &want->digest) ? 0 : digest_problem(&got, what, err);
}
