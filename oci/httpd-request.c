/* SPDX-License-Identifier: Apache-2.0
 *
 * One request on its way through the library's callbacks: target, headers, body, end, and what is said when it is over.
 * GET and HEAD are answered where they arrive; the others, which may wait for the disk, by a worker. */
#include "base/mem.h"
#include "base/time.h"
#include "oci/httpd-int.h"

#include <stdlib.h>

#define DRAIN (UINT64_C(16) << 20) /* of a body nobody wants: read, so that the client sees the reply */

static uint64_t now_us(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void *httpd_on_target(void *cls, const char *target, struct MHD_Connection *con)
{
    struct httpd *h = cls;
    struct request *q = wp_xmalloc(sizeof(*q));
    memset(q, 0, offsetof(struct request, space));
    q->h = h;
    q->con = con;
    q->fd = -1;
    q->body = (struct wp_buf)WP_BUF_INIT;
    size_t len = strlen(target);
    char *path = httpd_request_alloc(q, len + 1);
    memcpy(path, target, len + 1);
    q->target_end = target + len + 1;
    q->pub.path = path;
    char *mark = strchr(path, '?');
    q->pub.query = "";
    if (mark != NULL) {
        *mark = '\0';
        q->pub.query = mark + 1;
    }
    q->began_us = now_us();
    const union MHD_ConnectionInfo *info = h->lib.get_connection_info(con, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    q->conn = info != NULL ? info->socket_context : NULL;
    atomic_fetch_add(&h->active, 1);
    return q;
}

static void refuse(struct request *q, const char *problem)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "{\"errors\":[{\"code\":\"UNSUPPORTED\",\"message\":\"%s\"}]}", problem);
    httpd_reply_bytes(&q->pub, 400, wp_buf_span(&text));
    httpd_reply_header(&q->pub, "Content-Type", "application/json");
    httpd_reply_header(&q->pub, "Connection", "close");
}

/* The rest of the body is not worth reading, or the client waits for leave to send it. */
static bool reply_early(const struct request *q)
{
    const struct httpd_req *r = &q->pub;
    return r->status != 0 && httpd_req_has_body(r) &&
           ((r->has_length && r->length > DRAIN) || httpd_req_header(r, "Expect") != NULL);
}

/* begin is over. */
static enum MHD_Result after_begin(struct request *q)
{
    q->stage = STAGE_BODY;
    if (reply_early(q)) {
        return httpd_queue_reply(q);
    }
    if (q->conn != NULL && httpd_req_has_body(&q->pub)) {
        atomic_store(&q->conn->body_since_ms, wp_time_mono_ms());
    }
    return MHD_YES;
}

static enum MHD_Result begin_request(struct request *q, const char *method, const char *version)
{
    q->seen = true;
    (void)snprintf(q->method, sizeof(q->method), "%s", method);
    q->pub.method = q->method;
    if (q->conn != NULL) {
        atomic_store(&q->conn->body_bytes, 0);
        atomic_store(&q->conn->deadline_ms, 0);
    }
    const char *problem = httpd_framing_problem(q, version);
    if (problem != NULL) {
        refuse(q, problem);
        q->h->handler.begin(q->h->handler.arg, &q->pub);
        q->stage = STAGE_BODY;
        return httpd_queue_reply(q);
    }
    q->waits = !wp_str_eq(q->method, "GET") && !wp_str_eq(q->method, "HEAD");
    q->stage = STAGE_BEGINNING;
    if (q->waits && httpd_work(q)) {
        return MHD_YES;
    }
    httpd_work_now(q);
    return after_begin(q);
}

static enum MHD_Result take_body(struct request *q, const char *bytes, size_t len)
{
    const struct httpd_handler *handler = &q->h->handler;
    if (q->conn != NULL) {
        atomic_fetch_add(&q->conn->body_bytes, len);
    }
    q->pub.received += len;
    if (q->pub.status == 0) {
        handler->body(handler->arg, &q->pub, wp_span(bytes, len));
        q->taken = q->pub.received;
        return MHD_YES;
    }
    return q->pub.received - q->taken > DRAIN ? MHD_NO : MHD_YES;
}

/* The body is complete. */
static enum MHD_Result end_request(struct request *q)
{
    q->stage = STAGE_ENDING;
    if (q->pub.status == 0) {
        if (q->conn != NULL) {
            atomic_store(&q->conn->body_since_ms, 0);
        }
        if (q->waits && httpd_work(q)) {
            return MHD_YES;
        }
        httpd_work_now(q);
    }
    return q->pub.status == 0 ? MHD_NO : httpd_queue_reply(q);
}

enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *con, const char *url, const char *method,
                                 const char *version, const char *body, size_t *body_len, void **con_cls)
{
    (void)cls;
    (void)con;
    (void)url;
    struct request *q = *con_cls;
    if (q == NULL) {
        return MHD_NO;
    }
    switch (q->stage) {
    case STAGE_NEW:
        return begin_request(q, method, version);
    case STAGE_BEGINNING: /* resumed */
        return after_begin(q);
    case STAGE_ENDING: /* resumed */
        return q->pub.status == 0 ? MHD_NO : httpd_queue_reply(q);
    case STAGE_BODY:
        break;
    }
    if (*body_len > 0) {
        enum MHD_Result ret = take_body(q, body, *body_len);
        *body_len = 0;
        return ret;
    }
    return q->queued ? MHD_YES : end_request(q);
}

static void request_free(struct request *q)
{
    wp_close_p(&q->fd);
    wp_buf_done(&q->body);
    wp_arena_done(&q->arena);
    free(q);
}

void httpd_on_completed(void *cls, struct MHD_Connection *con, void **con_cls, enum MHD_RequestTerminationCode why)
{
    (void)con;
    (void)why;
    struct httpd *h = cls;
    struct request *q = *con_cls;
    if (q == NULL) {
        return;
    }
    *con_cls = NULL;
    if (q->seen) {
        q->pub.sent = wp_str_eq(q->method, "HEAD") ? 0 : q->pub.sent;
        q->pub.took_us = now_us() - q->began_us;
        h->handler.done(h->handler.arg, &q->pub);
    }
    if (q->conn != NULL) {
        atomic_store(&q->conn->body_since_ms, 0);
        atomic_store(&q->conn->deadline_ms, wp_time_mono_ms() + h->limits.idle_ms);
    }
    request_free(q);
    if (atomic_fetch_sub(&h->active, 1) == 1 && atomic_load(&h->stopping)) {
        (void)pthread_mutex_lock(&h->lock);
        (void)pthread_cond_signal(&h->idle);
        (void)pthread_mutex_unlock(&h->lock);
    }
}
