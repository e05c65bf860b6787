/* SPDX-License-Identifier: Apache-2.0
 *
 * Uploads of blobs (distribution-spec "Pushing a blob"): mount, else one PUT, else PATCHes with a PUT at the end where
 * the registry names a smallest chunk or refuses the whole. What broke goes on where the registry says it stands, or
 * from the start. Every reply's Location is used as given; a wrong source never completes an upload. */
#include "base/limits.h"
#include "base/num.h"
#include "base/text.h"
#include "oci/registry-body.h"
#include "oci/registry-int.h"

#define RESTART_MAX 8              /* other beginnings of one upload */
#define CHUNK_LEAST (256 * WP_KIB) /* a registry that refuses this much as too large takes nothing */

enum outcome { FAILED = -1, COMPLETE = 0, AGAIN = 1 /* from the start, in another way */ };

struct upload {
    struct oci_registry *r;
    const struct oci_desc *d;
    struct wp_job *job;
    struct wp_item *item;
    struct wp_arena arena;
    char digest[OCI_DIGEST_TEXT];
    const char *location; /* NULL: not begun */
    uint64_t at;          /* bytes the registry has */
    uint64_t best;        /* the most it ever had */
    uint64_t chunk;       /* bytes per PATCH; 0: one PUT */
    uint64_t least;       /* OCI-Chunk-Min-Length */
    bool resumed, no_resume;
    bool lost;               /* the registry did not know the upload any more */
    unsigned idle, restarts; /* idle: breaks in a row behind which nothing more had arrived */
    uint64_t asked_ms;       /* how long the failed request asked to wait */
    struct oci_upload_body body;
};

static void upload_done(struct upload *u)
{
    oci_upload_body_done(&u->body);
    wp_arena_done(&u->arena);
}

static struct http_call upload_call(struct upload *u, const char *method, const char *url)
{
    struct http_call call = oci_registry_call(u->r, method, url, u->r->scope_push);
    call.job = u->job;
    return call;
}

static void set_body(struct upload *u, struct http_call *call, uint64_t len)
{
    u->body.start = u->at;
    u->body.len = len;
    call->req.body = &u->body.base;
    call->req.body_size = len;
    call->req.item = u->item;
    call->req.item_from = u->at;
    /* A second attempt needs to know first what has arrived. */
    call->no_retry = true;
    call->ret_asked_ms = &u->asked_ms;
    wp_item_rewind(u->item, u->at);
}

static int exchange(struct upload *u, const struct http_call *call, struct http_resp *resp, struct wp_buf *body,
                    struct wp_err *err)
{
    if (http_client_read(u->r->client, call, resp, body, err) == 0) {
        return 0;
    }
    if (u->body.failed.code != WP_E_OK) {
        *err = u->body.failed;
    }
    return -1;
}

/* The reply's Location, where it has one. */
static int take_location(struct upload *u, const struct http_resp *resp, bool must, struct wp_err *err)
{
    const char *header = http_resp_header(resp, "Location");
    if (header == NULL || header[0] == '\0') {
        if (must) {
            wp_fail(err, WP_E_OTHER, "%s: the registry began an upload without a Location", u->r->label);
            return -1;
        }
        return 0;
    }
    char *url = NULL;
    if (http_url_join(&u->arena, resp->url, header, &url, err) != 0) {
        return wp_wrap(err, "%s: Location of an upload", u->r->label);
    }
    u->location = url;
    return 0;
}

static const char *with_digest(struct upload *u)
{
    WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
    wp_percent_encode(&value, u->digest, "");
    return wp_arena_printf(&u->arena, "%s%cdigest=%s", u->location, strchr(u->location, '?') == NULL ? '?' : '&',
                           value.ptr);
}

/* ---- beginning ---- */

/* 1: mounted; 0: an upload has begun; -1. from: repository to mount from, or NULL. */
static int begin(struct upload *u, const char *from, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf url = WP_BUF_INIT;
    wp_buf_printf(&url, "%s/blobs/uploads/", u->r->url);
    const char *scope = u->r->scope_push;
    if (from != NULL) {
        wp_buf_add_str(&url, "?mount=");
        wp_percent_encode(&url, u->digest, "");
        wp_buf_add_str(&url, "&from=");
        wp_percent_encode(&url, from, "");
        scope = wp_arena_printf(&u->arena, "%s repository:%s:pull", u->r->scope_push, from);
    }
    const int accept[] = {202, from != NULL ? 201 : 0, 0};
    struct http_call call = upload_call(u, "POST", url.ptr);
    call.scope = scope;
    call.accept = accept;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    if (exchange(u, &call, &resp, &body, err) != 0) {
        return -1;
    }
    if (resp.status == 201) {
        return 1;
    }
    u->at = 0;
    u->resumed = false;
    const char *least = http_resp_header(&resp, "OCI-Chunk-Min-Length");
    if (least != NULL && wp_parse_u64(least, 1, UINT64_MAX / 2, &u->least) && u->chunk < u->least) {
        u->chunk = WP_MAX(u->least, u->r->chunk_size);
    }
    return take_location(u, &resp, true, err);
}

static int begin_or_mount(struct upload *u, const char *from, struct wp_err *err)
{
    if (from == NULL || wp_str_eq(from, u->r->repo)) {
        return begin(u, NULL, err);
    }
    int rc = begin(u, from, err);
    if (rc < 0 && err->code != WP_E_NETWORK && err->code != WP_E_INTERRUPTED) {
        /* Not being allowed to mount is no reason not to upload. */
        wp_err_clear(err);
        rc = begin(u, NULL, err);
    }
    return rc;
}

/* Leave nothing half-finished behind; registries without this verb let it expire. */
static void abandon(struct upload *u)
{
    if (u->location == NULL) {
        return;
    }
    struct wp_err ignored = {0};
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    struct http_call call = upload_call(u, "DELETE", u->location);
    call.no_retry = true;
    u->location = NULL;
    if (http_client_read(u->r->client, &call, &resp, &body, &ignored) != 0) {
        wp_err_clear(&ignored);
    }
}

/* ---- sending ---- */

static int check_stored(const struct upload *u, const struct http_resp *resp, struct wp_err *err)
{
    const char *header = http_resp_header(resp, "Docker-Content-Digest");
    if (header != NULL && wp_str_starts(header, oci_digest_alg_name(u->d->digest.alg)) &&
        !wp_str_eq(header, u->digest)) {
        return wp_fail(err, WP_E_INTEGRITY, "%s: the registry stored %s as '%s'", u->r->label, u->digest, header);
    }
    return 0;
}

static enum outcome put_whole(struct upload *u, struct wp_err *err)
{
    const struct http_header type = {"Content-Type", "application/octet-stream"};
    const int accept[] = {201, 200, 202, 204, 413, 0};
    struct http_call call = upload_call(u, "PUT", with_digest(u));
    call.req.headers = &type;
    call.req.header_count = 1;
    call.accept = accept;
    set_body(u, &call, u->d->size);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    if (exchange(u, &call, &resp, &body, err) != 0) {
        return FAILED;
    }
    if (resp.status == 413) {
        u->chunk = WP_MAX(u->r->chunk_size, u->least);
        return AGAIN;
    }
    return check_stored(u, &resp, err) == 0 ? COMPLETE : FAILED;
}

/* The number of bytes that "0-N" (also "bytes=0-N") stands for; false when it is malformed. */
static bool parse_range(const char *text, uint64_t *ret)
{
    if (wp_str_starts(text, "bytes=")) {
        text += 6;
    }
    uint64_t last = 0;
    if (!wp_str_starts(text, "0-") || !wp_parse_u64(text + 2, 0, UINT64_MAX - 1, &last)) {
        return false;
    }
    *ret = last + 1;
    return true;
}

/* Where the registry says it stands after a PATCH that ended at `end`. */
static int take_range(struct upload *u, const struct http_resp *resp, uint64_t end, struct wp_err *err)
{
    const char *header = http_resp_header(resp, "Range");
    uint64_t has = end;
    if (header != NULL && (!parse_range(header, &has) || has > end)) {
        return wp_fail(err, WP_E_OTHER, "%s: after %llu bytes the registry says it has '%s'", u->r->label,
                       (unsigned long long)end, header);
    }
    u->at = has;
    u->best = WP_MAX(u->best, has);
    return 0;
}

static enum outcome too_large(struct upload *u, struct wp_err *err)
{
    uint64_t floor = WP_MAX(u->least, WP_MIN(CHUNK_LEAST, u->r->chunk_size));
    if (u->chunk <= floor) {
        wp_fail(err, WP_E_OTHER, "%s: the registry refuses even a part of %llu bytes as too large (413)", u->r->label,
                (unsigned long long)u->chunk);
        wp_hint(err, "a proxy in front of the registry limits the size of requests");
        return FAILED;
    }
    u->chunk = WP_MAX(u->chunk / 4, floor);
    return AGAIN;
}

static enum outcome patch(struct upload *u, uint64_t len, struct wp_err *err)
{
    char range[48];
    (void)snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long)u->at, (unsigned long long)(u->at + len - 1));
    const struct http_header headers[] = {{"Content-Type", "application/octet-stream"}, {"Content-Range", range}};
    const int accept[] = {202, 200, 201, 204, 413, 416, 0};
    struct http_call call = upload_call(u, "PATCH", u->location);
    call.req.headers = headers;
    call.req.header_count = WP_ARRAY_LEN(headers);
    call.accept = accept;
    uint64_t end = u->at + len;
    set_body(u, &call, len);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    if (exchange(u, &call, &resp, &body, err) != 0) {
        return FAILED;
    }
    if (resp.status == 413) {
        return too_large(u, err);
    }
    if (resp.status == 416) {
        return AGAIN;
    }
    return take_location(u, &resp, false, err) == 0 && take_range(u, &resp, end, err) == 0 ? COMPLETE : FAILED;
}

static enum outcome finish(struct upload *u, struct wp_err *err)
{
    struct http_call call = upload_call(u, "PUT", with_digest(u));
    call.no_retry = true;
    call.ret_asked_ms = &u->asked_ms;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    if (exchange(u, &call, &resp, &body, err) != 0) {
        return FAILED;
    }
    return check_stored(u, &resp, err) == 0 ? COMPLETE : FAILED;
}

static enum outcome transmit(struct upload *u, struct wp_err *err)
{
    if (u->chunk == 0 && u->at == 0 && u->d->size > 0) {
        return put_whole(u, err);
    }
    uint64_t before = UINT64_MAX;
    while (u->at < u->d->size) {
        if (u->at == before) {
            return AGAIN;
        }
        before = u->at;
        uint64_t left = u->d->size - u->at;
        enum outcome out = patch(u, u->chunk == 0 ? left : WP_MIN(u->chunk, left), err);
        if (out != COMPLETE) {
            return out;
        }
    }
    return finish(u, err);
}

/* ---- after a break ---- */

/* Ask where the upload stands: u->at and u->location; not to be had: location NULL, begin anew. */
static int ask_state(struct upload *u, struct wp_err *err)
{
    const int accept[] = {204, 200, 202, 0};
    struct http_call call = upload_call(u, "GET", u->location);
    call.accept = accept;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    u->at = 0;
    if (exchange(u, &call, &resp, &body, err) != 0) {
        u->location = NULL;
        return err->code == WP_E_NETWORK || err->code == WP_E_INTERRUPTED || err->code == WP_E_DENIED ? -1 : 0;
    }
    const char *range = http_resp_header(&resp, "Range");
    uint64_t has = 0;
    /* "0-0" is what registries say about one byte and about none. */
    if (range == NULL || !parse_range(range, &has) || has <= 1 || has > u->d->size ||
        take_location(u, &resp, false, err) != 0) {
        abandon(u);
        return 0;
    }
    u->at = has;
    u->resumed = true;
    return 0;
}

/* 0: go on with transmit or begin; -1: err stays. */
static int recover(struct upload *u, struct wp_err *err)
{
    if (u->body.failed.code != WP_E_OK) {
        return -1;
    }
    if (err->code == WP_E_NOT_FOUND && !u->lost) {
        /* It expired, or is complete already and the reply to that was lost on a connection that libcurl then renewed.
         */
        u->lost = true;
        u->location = NULL;
        wp_err_clear(err);
        return 0;
    }
    if (err->code != WP_E_NETWORK) {
        if (!u->resumed) {
            return -1;
        }
        /* The registry tells where an upload stands, but does not let it go on. */
        u->no_resume = true;
        abandon(u);
        return 0;
    }
    /* Asked to wait, not even the state is asked for before. */
    bool asked = u->asked_ms > 0 && u->idle < http_client_retries(u->r->client);
    if (asked && http_client_pause(u->r->client, u->idle + 1, u->asked_ms, u->job, err) != 0) {
        return -1;
    }
    struct wp_err why = *err;
    wp_err_clear(err);
    if (u->no_resume) {
        abandon(u);
    } else if (ask_state(u, err) != 0) {
        return -1;
    }
    u->idle = u->at > u->best ? 0 : u->idle + 1;
    u->best = WP_MAX(u->best, u->at);
    if (u->idle > http_client_retries(u->r->client)) {
        *err = why;
        return wp_wrap(err, "%s: upload of %s does not get on", u->r->label, u->digest);
    }
    wp_err_clear(err);
    return asked ? 0 : oci_registry_wait(u->r, u->idle, err);
}

/* 1: mounted; 0: uploaded; -1. */
static int run(struct upload *u, const char *mount_from, struct wp_err *err)
{
    for (;;) {
        if (u->location == NULL) {
            int rc = begin_or_mount(u, u->restarts == 0 && u->idle == 0 ? mount_from : NULL, err);
            if (rc != 0) {
                return rc;
            }
        }
        enum outcome out = transmit(u, err);
        if (out == COMPLETE) {
            return 0;
        }
        if (out == AGAIN) {
            abandon(u);
            if (++u->restarts > RESTART_MAX) {
                return wp_fail(err, WP_E_OTHER, "%s: the registry takes no part of %s", u->r->label, u->digest);
            }
        } else if (recover(u, err) != 0) {
            return -1;
        }
    }
}

int oci_registry_upload(struct oci_registry *r, const struct oci_desc *d, struct wp_source *src,
                        const struct oci_push_opts *opts, struct wp_err *err)
{
    WP_CLEANUP(upload_done) struct upload u = {.r = r, .d = d, .item = opts->item};
    u.job = opts->job != NULL ? opts->job : r->job;
    oci_digest_text(&d->digest, u.digest);
    if (d->size == OCI_SIZE_UNKNOWN) {
        return wp_fail(err, WP_E_UNSUPPORTED, "%s: %s cannot be uploaded before its size is known", r->label, u.digest);
    }
    oci_upload_body_init(&u.body, src, d);
    if (d->size == 0 && oci_upload_body_prove(&u.body, err) != 0) {
        return -1;
    }
    int rc = run(&u, opts->mount_from, err);
    if (rc == 1) {
        wp_item_end(u.item, WP_ITEM_MOUNTED);
    }
    if (rc < 0 && err->code != WP_E_NETWORK && err->code != WP_E_INTERRUPTED) {
        abandon(&u);
    }
    return WP_MIN(rc, 0);
}
