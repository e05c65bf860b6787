/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs into the registry (distribution-spec, "Pushing blobs"): upload sessions, whose bytes go into the store as they
 * arrive. A session has 128 random bits for a name, belongs to one repository and is used by one request at a time; it
 * ends by commit, cancel, an hour of silence or the end of the server. */
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"
#include "oci/serve-int.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <sys/resource.h>

#define MAX_SESSIONS 1024
#define SESSION_MS   (UINT64_C(3600) * 1000)
#define ID_BYTES     16
#define ID_TEXT      (2 * ID_BYTES + 1)

struct upload {
    char id[ID_TEXT];
    char *repo;
    struct oci_ingest *in;
    bool busy;    /* under the lock; whoever set it owns the rest */
    bool unnamed; /* its id was not told yet: nobody else can come back for it */
    _Atomic uint64_t size;
    uint64_t used_ms;
};

struct serve_uploads {
    pthread_mutex_t lock;
    struct upload *list[MAX_SESSIONS];
    size_t count, max;
};

struct serve_uploads *serve_uploads_new(void)
{
    struct serve_uploads *u = wp_xcalloc(1, sizeof(*u));
    (void)pthread_mutex_init(&u->lock, NULL);
    /* Each may hold an open file; connections and replies need some too. */
    struct rlimit files;
    u->max = getrlimit(RLIMIT_NOFILE, &files) == 0 ? (size_t)WP_MIN(files.rlim_cur / 4, MAX_SESSIONS) : MAX_SESSIONS;
    return u;
}

static void upload_free(WP_OWN struct upload *up)
{
    if (up->in != NULL) {
        up->in->ops->abort(up->in);
    }
    free(up->repo);
    free(up);
}

void serve_uploads_free(WP_OWN struct serve_uploads *u)
{
    for (size_t i = 0; i < u->count; i++) {
        upload_free(u->list[i]);
    }
    (void)pthread_mutex_destroy(&u->lock);
    free(u);
}

void serve_uploads_expire(struct serve_uploads *u)
{
    uint64_t now = wp_time_mono_ms();
    for (;;) {
        struct upload *old = NULL;
        (void)pthread_mutex_lock(&u->lock);
        for (size_t i = 0; i < u->count && old == NULL; i++) {
            if (!u->list[i]->busy && now - u->list[i]->used_ms > SESSION_MS) {
                old = u->list[i];
                u->list[i] = u->list[--u->count];
            }
        }
        (void)pthread_mutex_unlock(&u->lock);
        if (old == NULL) {
            return;
        }
        upload_free(old);
    }
}

/* ---- one session ---- */

static bool random_id(char ret[ID_TEXT])
{
    uint8_t bytes[ID_BYTES];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        return false;
    }
    wp_hex(bytes, sizeof(bytes), ret);
    return true;
}

/* A new session, held by x; false: answered. */
static bool session_new(struct exchange *x)
{
    struct serve_uploads *u = x->sv->uploads;
    struct upload *up = wp_xcalloc(1, sizeof(*up));
    if (!random_id(up->id)) {
        (void)wp_fail_errno(&x->err, errno, "no random bytes");
        upload_free(up);
        serve_store_error(x, "NAME_UNKNOWN");
        return false;
    }
    up->repo = wp_xstrdup(x->repo);
    up->busy = true;
    up->unnamed = true;
    (void)pthread_mutex_lock(&u->lock);
    bool full = u->count >= u->max;
    if (!full) {
        u->list[u->count++] = up;
    }
    (void)pthread_mutex_unlock(&u->lock);
    if (full) {
        upload_free(up);
        serve_error(x, 429, "TOOMANYREQUESTS", NULL, "too many uploads under way");
        httpd_reply_header(x->http, "Retry-After", "10");
        return false;
    }
    x->upload = up;
    if (oci_store_ingest(x->sv->store, &up->in, &x->err) != 0) {
        serve_store_error(x, "NAME_UNKNOWN");
        return false;
    }
    return true;
}

/* The session x->ref, held by x; false: answered. */
static bool session_take(struct exchange *x)
{
    struct serve_uploads *u = x->sv->uploads;
    bool busy = false;
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < u->count; i++) {
        struct upload *up = u->list[i];
        if (wp_str_eq(up->id, x->ref) && wp_str_eq(up->repo, x->repo)) {
            busy = up->busy;
            if (!busy) {
                up->busy = true;
                x->upload = up;
            }
            break;
        }
    }
    (void)pthread_mutex_unlock(&u->lock);
    if (busy) {
        serve_error(x, 409, "BLOB_UPLOAD_INVALID", NULL, "another request writes to this upload");
    } else if (x->upload == NULL) {
        serve_error(x, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "no such upload");
    }
    return x->upload != NULL;
}

static void session_end(struct exchange *x)
{
    struct serve_uploads *u = x->sv->uploads;
    struct upload *up = WP_STEAL(x->upload);
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < u->count; i++) {
        if (u->list[i] == up) {
            u->list[i] = u->list[--u->count];
            break;
        }
    }
    (void)pthread_mutex_unlock(&u->lock);
    upload_free(up);
}

void serve_upload_release(struct exchange *x)
{
    struct upload *up = x->upload;
    if (up == NULL) {
        return;
    }
    if (up->unnamed || up->in == NULL) {
        session_end(x);
        return;
    }
    x->upload = NULL;
    (void)pthread_mutex_lock(&x->sv->uploads->lock);
    up->busy = false;
    up->used_ms = wp_time_mono_ms();
    (void)pthread_mutex_unlock(&x->sv->uploads->lock);
}

/* Location, Range and id, as every reply about a living session carries them. "0-0" also stands for "nothing yet". */
static void session_headers(struct exchange *x, const char *id, uint64_t size)
{
    httpd_reply_header(x->http, "Location", wp_arena_printf(&x->arena, "/v2/%s/blobs/uploads/%s", x->repo, id));
    httpd_reply_header(x->http, "Range",
                       wp_arena_printf(&x->arena, "0-%llu", (unsigned long long)(size > 0 ? size - 1 : 0)));
    httpd_reply_header(x->http, "Docker-Upload-UUID", id);
}

static void reply_accepted(struct exchange *x)
{
    httpd_reply(x->http, 202);
    session_headers(x, x->upload->id, atomic_load(&x->upload->size));
    x->upload->unnamed = false;
}

static void reply_created(struct exchange *x, const struct oci_digest *d)
{
    char text[OCI_DIGEST_TEXT];
    httpd_reply(x->http, 201);
    httpd_reply_header(x->http, "Location",
                       wp_arena_printf(&x->arena, "/v2/%s/blobs/%s", x->repo, oci_digest_text(d, text)));
    serve_header_digest(x, d);
}

/* ---- bytes ---- */

static bool fits(struct exchange *x, uint64_t more)
{
    uint64_t limit = x->sv->opts->max_blob;
    uint64_t size;
    if (limit == 0 || (!wp_add_overflows(atomic_load(&x->upload->size), more, &size) && size <= limit)) {
        return true;
    }
    serve_error(x, 413, "SIZE_INVALID", NULL, "a blob has at most %llu bytes here", (unsigned long long)limit);
    return false;
}

static bool parse_content_range(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
    char first[24];
    const char *dash = strchr(text, '-');
    if (dash == NULL || (size_t)(dash - text) >= sizeof(first)) {
        return false;
    }
    memcpy(first, text, (size_t)(dash - text));
    first[dash - text] = '\0';
    return wp_parse_u64(first, 0, INT64_MAX, ret_first) && wp_parse_u64(dash + 1, *ret_first, INT64_MAX, ret_last);
}

/* Content-Range must go on where the session stands; without one the body is appended. */
static bool begin_chunk(struct exchange *x)
{
    x->range_end = UINT64_MAX;
    const char *text = httpd_req_header(x->http, "Content-Range");
    uint64_t size = atomic_load(&x->upload->size);
    if (x->http->has_length && !fits(x, x->http->length)) {
        return false;
    }
    if (text == NULL) {
        return true;
    }
    uint64_t first;
    uint64_t last;
    if (!parse_content_range(text, &first, &last)) {
        serve_error(x, 400, "BLOB_UPLOAD_INVALID", NULL, "Content-Range is not of the form FIRST-LAST");
        return false;
    }
    if (first != size) {
        serve_error(x, 416, "BLOB_UPLOAD_INVALID", NULL, "the next chunk starts at %llu", (unsigned long long)size);
        session_headers(x, x->upload->id, size);
        return false;
    }
    if (x->http->has_length && x->http->length != last - first + 1) {
        serve_error(x, 400, "SIZE_INVALID", NULL, "Content-Range and Content-Length disagree");
        return false;
    }
    x->range_end = last + 1;
    return true;
}

void serve_upload_body(struct exchange *x, struct wp_span bytes)
{
    struct upload *up = x->upload;
    if (up == NULL || up->in == NULL) {
        return;
    }
    if (!fits(x, bytes.len)) {
        session_end(x);
        return;
    }
    if (atomic_load(&up->size) + bytes.len > x->range_end) {
        serve_error(x, 400, "SIZE_INVALID", NULL, "more bytes came than Content-Range announced");
        session_end(x);
        return;
    }
    if (up->in->ops->write(up->in, bytes, &x->err) != 0) {
        serve_store_error(x, "BLOB_UPLOAD_UNKNOWN");
        session_end(x);
        return;
    }
    atomic_fetch_add(&up->size, bytes.len);
}

static bool chunk_complete(struct exchange *x)
{
    if (x->range_end == UINT64_MAX || x->range_end == atomic_load(&x->upload->size)) {
        return true;
    }
    serve_error(x, 400, "SIZE_INVALID", NULL, "fewer bytes came than Content-Range announced");
    session_end(x);
    return false;
}

/* The session ends here, one way or the other. */
static void commit(struct exchange *x, const struct oci_digest *digest)
{
    struct upload *up = x->upload;
    const struct oci_desc want = {.media_type = OCI_MT_OCTETS, .digest = *digest, .size = OCI_SIZE_UNKNOWN};
    if (up->in->ops->commit(up->in, &want, NULL, &x->err) == 0) {
        up->in = NULL;
        reply_created(x, digest);
    } else if (x->err.code == WP_E_INTEGRITY) {
        serve_error(x, 400, "DIGEST_INVALID", NULL, "the content has another digest");
        wp_err_clear(&x->err);
    } else {
        serve_store_error(x, "BLOB_UPLOAD_UNKNOWN");
    }
    session_end(x);
}

/* ---- POST ---- */

void serve_upload_post_begin(struct exchange *x)
{
    const char *digest = serve_arg(x, "digest");
    const char *alg = serve_arg(x, "digest-algorithm");
    struct oci_digest parsed;
    enum wp_hash_alg known;
    x->range_end = UINT64_MAX;
    if (alg != NULL && !oci_digest_alg_parse(alg, &known)) {
        serve_error(x, 400, "DIGEST_INVALID", NULL, "this registry knows sha256 and sha512");
        return;
    }
    if (digest == NULL || !serve_digest(x, digest, &parsed) || !session_new(x)) {
        return;
    }
    if (x->http->has_length) {
        (void)fits(x, x->http->length);
    }
}

/* 1: answered, -1: answered with an error, 0: the blob has to be sent. */
static int mount(struct exchange *x, const char *text)
{
    struct oci_desc d = {.media_type = OCI_MT_OCTETS, .size = OCI_SIZE_UNKNOWN};
    if (!serve_digest(x, text, &d.digest)) {
        return -1;
    }
    int rc = oci_store_exists(x->sv->store, &d, false, &x->err);
    if (rc < 0) {
        serve_store_error(x, "BLOB_UNKNOWN");
        return -1;
    }
    if (rc == OCI_PRESENT) {
        reply_created(x, &d.digest);
    }
    return rc == OCI_PRESENT;
}

void serve_upload_post(struct exchange *x)
{
    const char *digest = serve_arg(x, "digest");
    if (digest != NULL) {
        struct oci_digest parsed;
        if (serve_digest(x, digest, &parsed)) {
            commit(x, &parsed);
        }
        return;
    }
    const char *blob = serve_arg(x, "mount");
    if (blob != NULL && mount(x, blob) != 0) {
        return;
    }
    if (session_new(x)) {
        reply_accepted(x);
    }
}

/* ---- PATCH, PUT, GET, DELETE ---- */

void serve_upload_chunk_begin(struct exchange *x)
{
    if (session_take(x)) {
        (void)begin_chunk(x);
    }
}

void serve_upload_patch(struct exchange *x)
{
    if (chunk_complete(x)) {
        reply_accepted(x);
    }
}

void serve_upload_put_begin(struct exchange *x)
{
    const char *text = serve_arg(x, "digest");
    struct oci_digest digest;
    if (text == NULL) {
        serve_error(x, 400, "DIGEST_INVALID", NULL, "?digest= is missing");
    } else if (serve_digest(x, text, &digest)) {
        serve_upload_chunk_begin(x);
    }
}

void serve_upload_put(struct exchange *x)
{
    struct oci_digest digest;
    if (chunk_complete(x) && serve_digest(x, serve_arg(x, "digest"), &digest)) {
        commit(x, &digest);
    }
}

void serve_upload_status(struct exchange *x)
{
    struct serve_uploads *u = x->sv->uploads;
    uint64_t size = 0;
    bool found = false;
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < u->count && !found; i++) {
        const struct upload *up = u->list[i];
        if (wp_str_eq(up->id, x->ref) && wp_str_eq(up->repo, x->repo)) {
            size = atomic_load(&up->size);
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&u->lock);
    if (!found) {
        serve_error(x, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "no such upload");
        return;
    }
    httpd_reply(x->http, 204);
    session_headers(x, x->ref, size);
}

void serve_upload_cancel(struct exchange *x)
{
    if (session_take(x)) {
        session_end(x);
        httpd_reply(x->http, 204);
    }
}
