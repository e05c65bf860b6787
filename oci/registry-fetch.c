/* SPDX-License-Identifier: Apache-2.0
 *
 * Downloads of the registry store: a reader that starts at any byte and goes on behind a broken connection with a
 * Range request (RFC 9110 section 14), as long as bytes keep coming. Bytes are handed on as they arrive; the proof is
 * the receiver's. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "oci/registry-int.h"

#define REOPEN_MAX 1000 /* continuations of one download */

struct blob_reader {
    struct wp_reader base;
    struct oci_registry *r;
    struct wp_arena arena;
    const char *url;
    const char *ref; /* digest text */
    bool manifest;
    uint64_t size; /* or OCI_SIZE_UNKNOWN */
    uint64_t pos;  /* the byte of the content that comes next */
    uint64_t skip; /* bytes of the open body before pos */
    uint64_t opened_at;
    unsigned idle, reopened;
    bool no_range; /* the registry answers ranges wrongly */
    struct wp_reader *body;
    struct wp_err failed; /* code != WP_E_OK: nothing more comes */
};

/* "bytes 5-9/10"; total OCI_SIZE_UNKNOWN for '*'. */
static bool parse_content_range(const char *text, uint64_t *ret_first, uint64_t *ret_total)
{
    if (text == NULL || !wp_str_starts(text, "bytes ")) {
        return false;
    }
    char first[24] = "";
    char last[24] = "";
    char total[24] = "";
    int used = 0;
    uint64_t end = 0;
    if (sscanf(text + 6, "%20[0-9]-%20[0-9]/%20[0-9*]%n", first, last, total, &used) != 3 ||
        text[6 + (size_t)used] != '\0' || !wp_parse_u64(first, 0, UINT64_MAX, ret_first) ||
        !wp_parse_u64(last, *ret_first, UINT64_MAX, &end)) {
        return false;
    }
    if (wp_str_eq(total, "*")) {
        *ret_total = OCI_SIZE_UNKNOWN;
        return true;
    }
    return wp_parse_u64(total, 1, UINT64_MAX - 1, ret_total) && end < *ret_total;
}

/* 1: the body starts at pos; 0: ask again without a range; -1. */
static int judge_partial(const struct blob_reader *b, const struct http_resp *resp, struct wp_err *err)
{
    uint64_t first = 0;
    uint64_t total = 0;
    if (!parse_content_range(http_resp_header(resp, "Content-Range"), &first, &total) || first != b->pos) {
        return 0;
    }
    if (total != OCI_SIZE_UNKNOWN && b->size != OCI_SIZE_UNKNOWN && total != b->size) {
        return wp_fail(err, WP_E_INTEGRITY, "%s@%s: the registry has %llu bytes, expected %llu", b->r->label, b->ref,
                       (unsigned long long)total, (unsigned long long)b->size);
    }
    return 1;
}

static int request_body(struct blob_reader *b, struct http_resp *resp, struct wp_reader **ret, struct wp_err *err)
{
    char range[40] = "";
    (void)snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)b->pos);
    struct http_header headers[3] = {{"Accept-Encoding", "identity"}};
    size_t n = 1;
    if (b->manifest) {
        headers[n++] = (struct http_header){"Accept", oci_mediatype_accept};
    }
    if (b->pos > 0 && !b->no_range) {
        headers[n++] = (struct http_header){"Range", range};
    }
    const int accept[] = {200, 206, 404, 416, 0};
    struct http_call call = oci_registry_call(b->r, "GET", b->url, b->r->scope_pull);
    call.req.headers = headers;
    call.req.header_count = n;
    call.accept = accept;
    call.expect_404 = true;
    return http_client_send(b->r->client, &call, resp, ret, err);
}

static int fail_not_found(const struct blob_reader *b, struct wp_reader *body, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err ignored = {0};
    if (wp_read_all(body, &text, WP_LIMIT_ERROR_BODY, "error body", &ignored) != 0) {
        wp_buf_cut(&text, 0);
    }
    return oci_registry_not_found(b->r, b->ref, wp_buf_span(&text), err);
}

/* A body that starts at pos, or before it with skip set. */
static int open_body(struct blob_reader *b, struct wp_err *err)
{
    for (;;) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        if (request_body(b, &resp, &body, err) != 0) {
            return -1;
        }
        if (resp.status == 404) {
            return fail_not_found(b, body, err);
        }
        if (oci_registry_refuse_encoding(&resp, b->r->label, err) != 0) {
            return -1;
        }
        bool ranged = b->pos > 0 && !b->no_range;
        int rc = resp.status == 200 ? 1 : 0;
        if (resp.status == 206 && ranged) {
            rc = judge_partial(b, &resp, err);
        }
        if (rc < 0) {
            return -1;
        }
        if (rc == 1) {
            b->skip = resp.status == 200 ? b->pos : 0;
            b->opened_at = b->pos;
            b->body = WP_STEAL(body);
            return 0;
        }
        if (!ranged) {
            return wp_fail(err, WP_E_INTEGRITY, "%s@%s: answered %d to a request for all of it", b->r->label, b->ref,
                           resp.status);
        }
        b->no_range = true;
    }
}

/* 0: go on reading behind the break in err; -1: it stays. */
static int after_break(struct blob_reader *b, struct wp_err *err)
{
    wp_reader_close(WP_STEAL(b->body));
    b->idle = b->pos > b->opened_at ? 0 : b->idle + 1;
    if (b->idle > http_client_retries(b->r->client) || ++b->reopened > REOPEN_MAX) {
        return wp_wrap(err, "%s@%s: broke off at byte %llu and did not go on", b->r->label, b->ref,
                       (unsigned long long)b->pos);
    }
    if (oci_registry_wait(b->r, b->idle, err) != 0) {
        return -1;
    }
    wp_err_clear(err);
    return open_body(b, err);
}

static ssize_t read_some(struct blob_reader *b, void *buf, size_t len, struct wp_err *err)
{
    for (;;) {
        char waste[16384];
        bool skipping = b->skip > 0;
        ssize_t n = skipping ? wp_read(b->body, waste, (size_t)WP_MIN(b->skip, (uint64_t)sizeof(waste)), err)
                             : wp_read(b->body, buf, len, err);
        if (n > 0 && !skipping) {
            b->pos += (uint64_t)n;
            return n;
        }
        if (n > 0) {
            b->skip -= (uint64_t)n;
            continue;
        }
        if (n == 0 && skipping) {
            return wp_fail(err, WP_E_INTEGRITY, "%s@%s: ended before byte %llu", b->r->label, b->ref,
                           (unsigned long long)b->pos);
        }
        if (n == 0) {
            return 0;
        }
        if (err->code == WP_E_NETWORK && b->pos == b->size) {
            wp_err_clear(err);
            return 0;
        }
        if (err->code != WP_E_NETWORK || after_break(b, err) != 0) {
            return -1;
        }
    }
}

static ssize_t blob_read(struct wp_reader *reader, void *buf, size_t len, struct wp_err *err)
{
    struct blob_reader *b = WP_DOWNCAST(struct blob_reader, reader);
    if (b->failed.code != WP_E_OK) {
        *err = b->failed;
        return -1;
    }
    ssize_t n = read_some(b, buf, len, err);
    if (n < 0) {
        b->failed = *err;
    }
    return n;
}

static void blob_close(struct wp_reader *reader)
{
    struct blob_reader *b = WP_DOWNCAST(struct blob_reader, reader);
    wp_reader_close(b->body);
    wp_arena_done(&b->arena);
    free(b);
}

int oci_registry_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, WP_OWN struct wp_reader **ret,
                       struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    if (d->size != OCI_SIZE_UNKNOWN && offset > d->size) {
        return wp_fail(err, WP_E_OTHER, "%s@%s: byte %llu asked of %llu", r->label, text, (unsigned long long)offset,
                       (unsigned long long)d->size);
    }
    struct blob_reader *b = wp_xcalloc(1, sizeof(*b));
    b->base = (struct wp_reader){.read = blob_read, .close = blob_close};
    b->r = r;
    b->url = oci_registry_content_url(r, &b->arena, d);
    b->ref = wp_arena_str(&b->arena, text);
    b->manifest = oci_registry_is_manifest(d);
    b->size = d->size;
    b->pos = offset;
    /* No range begins at the end; the whole is asked for and passed over. */
    b->no_range = offset == d->size;
    if (open_body(b, err) != 0) {
        blob_close(&b->base);
        return -1;
    }
    *ret = &b->base;
    return 0;
}
