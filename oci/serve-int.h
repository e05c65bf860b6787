/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the server share. One exchange is one request on its way through them. Private to oci/serve*.c. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "oci/httpd.h"
#include "oci/serve.h"

#define SERVE_PAGE_MAX 1000 /* names in one page of a listing */

struct serve_uploads;
struct upload;
struct exchange;

/* Shared between the server's threads, constant while it runs. */
struct serve {
    struct oci_store *store;
    const struct oci_serve_opts *opts;
    struct serve_uploads *uploads;
};

struct serve_arg {
    const char *name;
    const char *value;
    const struct serve_arg *next;
};

/* What a method does at an endpoint. begin sees the headers, body gets the bytes (NULL: dropped), end answers; each may
 * answer early with serve_error. */
struct serve_route {
    const char *method;
    bool writes;
    void (*begin)(struct exchange *x);
    void (*body)(struct exchange *x, struct wp_span bytes);
    void (*end)(struct exchange *x);
};

struct exchange {
    struct serve *sv;
    struct httpd_req *http;
    struct wp_arena arena;
    const struct serve_route *route; /* NULL until found */
    const char *repo;                /* checked; NULL at endpoints without one */
    const char *ref;                 /* last part of the path: tag, digest or upload id, not checked */
    const struct serve_arg *args;    /* of the query, decoded, in order */
    struct wp_buf body;              /* a manifest on its way in */
    struct upload *upload;           /* held by this exchange */
    uint64_t range_end;              /* upload: where this chunk ends, UINT64_MAX when not announced */
    struct wp_err err;               /* for the log: what the store said. Last: it is large and need not be zeroed */
};

/* First value of an argument of the query, or NULL. */
const char *serve_arg(const struct exchange *x, const char *name);
/* Answer with an error body; detail (a JSON value) may be NULL. */
void serve_error(struct exchange *x, int status, const char *code, const char *detail, const char *fmt, ...)
    WP_PRINTF(5, 6);
/* Answer what x->err of the store means; absent_code with 404 for WP_E_NOT_FOUND. Paths of this machine stay here. */
void serve_store_error(struct exchange *x, const char *absent_code);
/* Parse x->ref or an argument; false: answered with 400 DIGEST_INVALID. */
bool serve_digest(struct exchange *x, const char *text, struct oci_digest *ret);
void serve_header_digest(struct exchange *x, const struct oci_digest *d);
void serve_json(struct exchange *x, int status, const char *media_type, const struct wp_buf *body);

/* ---- serve-list.c: names, tags, catalog, referrers ---- */
/* The store's name of a tag in the exchange's repository. */
const char *serve_name(struct exchange *x, const char *repo, const char *tag);
/* Is there any name in the repository? -1 with x->err. */
int serve_repo_known(struct exchange *x, const char *repo);
void serve_tags(struct exchange *x);
void serve_catalog(struct exchange *x);
void serve_referrers(struct exchange *x);

/* ---- serve-blob.c ---- */
void serve_blob_get(struct exchange *x);
void serve_blob_delete(struct exchange *x);

/* ---- serve-manifest.c ---- */
void serve_manifest_get(struct exchange *x);
void serve_manifest_put_begin(struct exchange *x);
void serve_manifest_put_body(struct exchange *x, struct wp_span bytes);
void serve_manifest_put(struct exchange *x);
void serve_manifest_delete(struct exchange *x);

/* ---- serve-upload.c: sessions ---- */
WP_OWN struct serve_uploads *serve_uploads_new(void);
/* Aborts every session. */
void serve_uploads_free(WP_OWN struct serve_uploads *u);
/* Aborts sessions that lay still for an hour. */
void serve_uploads_expire(struct serve_uploads *u);
/* The exchange is over, however it went: its session is free for the next one. */
void serve_upload_release(struct exchange *x);
void serve_upload_post_begin(struct exchange *x);
void serve_upload_post(struct exchange *x);
void serve_upload_chunk_begin(struct exchange *x);
void serve_upload_body(struct exchange *x, struct wp_span bytes);
void serve_upload_patch(struct exchange *x);
void serve_upload_put_begin(struct exchange *x);
void serve_upload_put(struct exchange *x);
void serve_upload_status(struct exchange *x);
void serve_upload_cancel(struct exchange *x);
