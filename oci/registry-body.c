/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of uploads (oci/registry-body.h). The verifying reader holds the last byte back until everything has been
 * proven, so the part that would complete a wrong content never does. */
#include "oci/registry-body.h"

#include "base/limits.h"
#include "base/mem.h"

#define SKIP_STEP (64 * WP_KIB)

struct part_reader {
    struct wp_reader base;
    struct oci_upload_body *b;
    uint64_t left;
};

/* One read from the proof; what fails there is final. */
static ssize_t read_proof(struct oci_upload_body *b, void *buf, size_t len, struct wp_err *err)
{
    ssize_t n = wp_read(b->proof, buf, len, err);
    if (n < 0) {
        b->failed = *err;
        return -1;
    }
    b->pos += (uint64_t)n;
    return n;
}

static int go_to(struct oci_upload_body *b, uint64_t offset, struct wp_err *err)
{
    if (b->proof == NULL || b->pos > offset) {
        wp_reader_close(WP_STEAL(b->proof));
        struct wp_reader *raw = NULL;
        if (b->src->open(b->src, 0, &raw, err) != 0) {
            b->failed = *err;
            return -1;
        }
        b->proof = oci_verify_reader(raw, b->want);
        b->pos = 0;
    }
    WP_AUTO_FREE char *waste = b->pos < offset ? wp_xmalloc(SKIP_STEP) : NULL;
    while (b->pos < offset) {
        ssize_t n = read_proof(b, waste, (size_t)WP_MIN(offset - b->pos, SKIP_STEP), err);
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            wp_fail(err, WP_E_INTEGRITY, "content ended at byte %llu of %llu", (unsigned long long)b->pos,
                    (unsigned long long)b->want->size);
            b->failed = *err;
            return -1;
        }
    }
    return 0;
}

static ssize_t part_read(struct wp_reader *reader, void *buf, size_t len, struct wp_err *err)
{
    struct part_reader *p = WP_DOWNCAST(struct part_reader, reader);
    if (p->b->failed.code != WP_E_OK) {
        *err = p->b->failed;
        return -1;
    }
    if (p->left == 0) {
        return 0;
    }
    ssize_t n = read_proof(p->b, buf, (size_t)WP_MIN(p->left, (uint64_t)len), err);
    if (n > 0) {
        p->left -= (uint64_t)n;
    }
    return n;
}

static void part_close(struct wp_reader *reader)
{
    free(WP_DOWNCAST(struct part_reader, reader));
}

static int body_open(struct wp_source *src, uint64_t offset, WP_OWN struct wp_reader **ret, struct wp_err *err)
{
    struct oci_upload_body *b = WP_DOWNCAST(struct oci_upload_body, src);
    if (b->failed.code != WP_E_OK) {
        *err = b->failed;
        return -1;
    }
    if (offset > b->len || go_to(b, b->start + offset, err) != 0) {
        return offset > b->len ? wp_fail(err, WP_E_OTHER, "a part of %llu bytes has no byte %llu",
                                         (unsigned long long)b->len, (unsigned long long)offset)
                               : -1;
    }
    struct part_reader *p = wp_xcalloc(1, sizeof(*p));
    p->base = (struct wp_reader){.read = part_read, .close = part_close};
    p->b = b;
    p->left = b->len - offset;
    *ret = &p->base;
    return 0;
}

void oci_upload_body_init(struct oci_upload_body *b, struct wp_source *src, const struct oci_desc *want)
{
    *b = (struct oci_upload_body){.base = {.open = body_open}, .src = src, .want = want};
}

void oci_upload_body_done(struct oci_upload_body *b)
{
    wp_reader_close(WP_STEAL(b->proof));
}

int oci_upload_body_prove(struct oci_upload_body *b, struct wp_err *err)
{
    if (go_to(b, 0, err) != 0) {
        return -1;
    }
    WP_AUTO_FREE char *waste = wp_xmalloc(SKIP_STEP);
    ssize_t n = 0;
    do {
        n = read_proof(b, waste, SKIP_STEP, err);
    } while (n > 0);
    return n < 0 ? -1 : 0;
}
