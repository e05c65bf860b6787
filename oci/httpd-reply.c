/* SPDX-License-Identifier: Apache-2.0
 *
 * The request as its handler sees it, and the reply: headers, bytes or a file, and replies that are kept. Building one
 * costs the library three allocations for each header; what is asked for again and again is built once. */
#include "base/mem.h"
#include "base/time.h"
#include "oci/httpd-int.h"

#include <stdalign.h>
#include <time.h>

enum { PLACES = 64, KEY = 256, LARGEST = 16 << 10 };

struct place {
    char key[KEY];
    struct MHD_Response *resp; /* NULL: free */
    time_t second;             /* of its Date */
};
struct httpd_kept {
    pthread_mutex_t lock;
    struct place places[PLACES];
};

void *httpd_request_alloc(struct request *q, size_t size)
{
    size_t want = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (want > sizeof(q->space) - q->used) {
        return wp_arena_alloc(&q->arena, size, 1);
    }
    void *p = q->space + q->used;
    q->used += want;
    return p;
}

/* ---- the request as the handler sees it ---- */

const char *httpd_req_header(const struct httpd_req *r, const char *name)
{
    const struct request *q = (const struct request *)(const void *)r;
    return q->h->lib.lookup_connection_value(q->con, MHD_HEADER_KIND, name);
}

bool httpd_req_has_body(const struct httpd_req *r)
{
    return r->has_length ? r->length > 0 : httpd_req_header(r, "Transfer-Encoding") != NULL;
}

void httpd_reply(struct httpd_req *r, int status)
{
    r->status = status;
}

void httpd_reply_bytes(struct httpd_req *r, int status, struct wp_span bytes)
{
    struct request *q = WP_DOWNCAST(struct request, r);
    wp_buf_cut(&q->body, 0);
    wp_buf_add(&q->body, bytes.ptr, bytes.len);
    r->status = status;
    r->sent = bytes.len;
}

void httpd_reply_fd(struct httpd_req *r, int status, WP_OWN int fd, uint64_t offset, uint64_t len)
{
    struct request *q = WP_DOWNCAST(struct request, r);
    wp_close_p(&q->fd);
    q->fd = fd;
    q->offset = offset;
    r->status = status;
    r->sent = len;
}

void httpd_reply_header(struct httpd_req *r, const char *name, const char *value)
{
    struct request *q = WP_DOWNCAST(struct request, r);
    size_t len = strlen(value);
    struct header *h = httpd_request_alloc(q, sizeof(*h) + len + 1);
    h->name = name;
    memcpy(h->value, value, len + 1);
    h->next = q->headers;
    q->headers = h;
}

void httpd_reply_keep(struct httpd_req *r, const char *key)
{
    struct request *q = WP_DOWNCAST(struct request, r);
    size_t len = strlen(key);
    if (len < KEY && q->fd < 0 && q->body.len <= LARGEST) {
        char *copy = httpd_request_alloc(q, len + 1);
        memcpy(copy, key, len + 1);
        q->key = copy;
    }
}

/* ---- replies that are kept ---- */

struct httpd_kept *httpd_kept_new(void)
{
    struct httpd_kept *k = wp_xcalloc(1, sizeof(*k));
    (void)pthread_mutex_init(&k->lock, NULL);
    return k;
}

void httpd_kept_free(const struct mhd *lib, WP_OWN struct httpd_kept *k)
{
    for (size_t i = 0; k != NULL && i < PLACES; i++) {
        if (k->places[i].resp != NULL) {
            lib->destroy_response(k->places[i].resp);
        }
    }
    if (k != NULL) {
        (void)pthread_mutex_destroy(&k->lock);
    }
    free(k);
}

static struct place *place_of(struct httpd_kept *k, const char *key)
{
    uint32_t hash = 2166136261U;
    for (const char *p = key; *p != '\0'; p++) {
        hash = (hash ^ (unsigned char)*p) * 16777619U;
    }
    return &k->places[hash % PLACES];
}

/* The library formats a date for each reply that has none. */
static void add_date(const struct mhd *lib, struct MHD_Response *resp, time_t second)
{
    char text[WP_TIME_TEXT];
    struct tm tm;
    if (gmtime_r(&second, &tm) != NULL && strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0) {
        (void)lib->add_response_header(resp, "Date", text);
    }
}

/* Under the lock the response cannot be replaced; queueing it takes a reference. */
static bool queue_kept(struct request *q, time_t second, enum MHD_Result *ret)
{
    struct httpd_kept *k = q->h->kept;
    (void)pthread_mutex_lock(&k->lock);
    const struct place *p = place_of(k, q->key);
    bool found = p->resp != NULL && p->second == second && wp_str_eq(p->key, q->key);
    if (found) {
        *ret = q->h->lib.queue_response(q->con, (unsigned)q->pub.status, p->resp);
    }
    (void)pthread_mutex_unlock(&k->lock);
    return found;
}

/* What was in its place goes when the last connection that is sending it is done. */
static void keep(struct request *q, time_t second, WP_OWN struct MHD_Response *resp)
{
    struct httpd_kept *k = q->h->kept;
    (void)pthread_mutex_lock(&k->lock);
    struct place *p = place_of(k, q->key);
    if (p->resp != NULL) {
        q->h->lib.destroy_response(p->resp);
    }
    memcpy(p->key, q->key, strlen(q->key) + 1);
    p->resp = resp;
    p->second = second;
    (void)pthread_mutex_unlock(&k->lock);
}

/* ---- sending it ---- */

static struct MHD_Response *new_response(struct request *q)
{
    const struct mhd *lib = &q->h->lib;
    struct MHD_Response *resp = NULL;
    if (q->fd >= 0 && q->pub.sent > 0) {
        resp = lib->create_response_from_fd_at_offset64(q->pub.sent, q->fd, q->offset);
        if (resp != NULL) {
            q->fd = -1;
        }
    } else {
        resp = lib->create_response_from_buffer(q->body.len, q->body.ptr,
                                                q->key != NULL ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
    }
    for (const struct header *h = q->headers; resp != NULL && h != NULL; h = h->next) {
        (void)lib->add_response_header(resp, h->name, h->value);
    }
    return resp;
}

enum MHD_Result httpd_queue_reply(struct request *q)
{
    const struct mhd *lib = &q->h->lib;
    enum MHD_Result ret = MHD_NO;
    bool stopping = atomic_load(&q->h->stopping);
    if (q->conn != NULL) {
        atomic_store(&q->conn->body_since_ms, 0);
    }
    if (stopping) {
        q->key = NULL;
    }
    time_t second = q->key != NULL ? time(NULL) : 0;
    if (q->key == NULL || !queue_kept(q, second, &ret)) {
        struct MHD_Response *resp = new_response(q);
        if (resp == NULL) {
            return MHD_NO;
        }
        if (stopping) {
            (void)lib->add_response_header(resp, "Connection", "close");
        }
        if (q->key != NULL) {
            add_date(lib, resp, second);
        }
        ret = lib->queue_response(q->con, (unsigned)q->pub.status, resp);
        if (q->key != NULL) {
            keep(q, second, resp);
        } else {
            lib->destroy_response(resp);
        }
    }
    q->queued = ret == MHD_YES;
    return ret;
}
