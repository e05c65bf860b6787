/* SPDX-License-Identifier: Apache-2.0
 *
 * The transport over libcurl: lanes, and what every request is told. The exchange itself is in http-curl-stream.c. */
#include "oci/http-curl.h"

#include "base/mem.h"

enum { BUFFER_BYTES = 512 * 1024, UPLOAD_BUFFER_BYTES = 256 * 1024, EXPECT_FROM_BYTES = 1024 * 1024 };
enum { CONNECT_MS = 30000, STALL_MS = 30000 };

/* ---- lanes ---- */

static void lane_free(const struct curl_api *api, struct curl_lane *lane)
{
    if (lane->easy) {
        api->easy_cleanup(lane->easy);
    }
    if (lane->multi) {
        api->multi_cleanup(lane->multi);
    }
    free(lane);
}

/* NULL when libcurl gives no handle. */
static struct curl_lane *lane_take(struct curl_transport *t)
{
    pthread_mutex_lock(&t->lock);
    struct curl_lane *lane = t->lanes;
    if (lane) {
        t->lanes = lane->next;
    }
    pthread_mutex_unlock(&t->lock);
    if (!lane) {
        lane = wp_xcalloc(1, sizeof *lane);
        lane->multi = t->api->multi_init();
        lane->easy = t->api->easy_init();
    }
    if (!lane->multi || !lane->easy) {
        lane_free(t->api, lane);
        return NULL;
    }
    lane->next = NULL;
    return lane;
}

void curl_lane_release(struct curl_transport *t, struct curl_lane *lane, bool broken)
{
    if (broken) {
        lane_free(t->api, lane);
        return;
    }
    pthread_mutex_lock(&t->lock);
    lane->next = t->lanes;
    t->lanes = lane;
    pthread_mutex_unlock(&t->lock);
}

/* ---- one request ---- */

static int add_header(struct curl_stream *s, const char *name, const char *value, struct wp_err *err)
{
    for (const char *p = name; *p; p++) {
        if (*p <= ' ' || *p == ':' || *p > '~') {
            return wp_fail(err, WP_E_OTHER, "'%s' is no name of a header", name);
        }
    }
    if (strpbrk(value, "\r\n")) {
        return wp_fail(err, WP_E_OTHER, "the value of header '%s' contains a line break", name);
    }
    /* "Name;" is libcurl's way to send an empty value, "Name:" to send none of its own. */
    WP_AUTO_FREE char *line = *value ? wp_xasprintf("%s: %s", name, value) : wp_xasprintf("%s;", name);
    struct curl_slist *list = s->api->slist_append(s->request_headers, line);
    if (!list) {
        return wp_fail(err, WP_E_OTHER, "libcurl is out of memory");
    }
    s->request_headers = list;
    return 0;
}

static bool has_header(const struct http_req *req, const char *name)
{
    for (size_t i = 0; i < req->header_count; i++) {
        if (strcasecmp(req->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void suppress(struct curl_stream *s, const char *line)
{
    struct curl_slist *list = s->api->slist_append(s->request_headers, line);
    s->request_headers = list ? list : s->request_headers;
}

static int set_headers(struct curl_stream *s, const struct http_exchange *x, struct wp_err *err)
{
    const struct http_req *req = x->req;
    for (size_t i = 0; i < req->header_count; i++) {
        if (add_header(s, req->headers[i].name, req->headers[i].value, err) < 0) {
            return -1;
        }
    }
    if (x->authorization && add_header(s, "Authorization", x->authorization, err) < 0) {
        return -1;
    }
    if (!has_header(req, "Accept-Encoding") && add_header(s, "Accept-Encoding", "identity", err) < 0) {
        return -1;
    }
    if (!has_header(req, "Content-Type")) {
        suppress(s, "Content-Type:");
    }
    /* Worth a round trip only for what would hurt to send twice. */
    if (req->body_size <= EXPECT_FROM_BYTES) {
        suppress(s, "Expect:");
    }
    s->api->easy_setopt(s->lane->easy, CURLOPT_HTTPHEADER, s->request_headers);
    return 0;
}

/* An empty body is proven by whoever reads it, and libcurl would not. */
static int prove_empty(struct wp_source *source, struct wp_err *err)
{
    WP_AUTO_READER struct wp_reader *r = NULL;
    char byte;
    if (source->open(source, 0, &r, err) < 0) {
        return -1;
    }
    ssize_t n = wp_read(r, &byte, 1, err);
    return n > 0 ? wp_fail(err, WP_E_IO, "content to be sent is longer than 0 bytes") : (int)n;
}

static int set_method(struct curl_stream *s, const struct http_req *req, struct wp_err *err)
{
    const struct curl_api *api = s->api;
    CURL *easy = s->lane->easy;
    bool head = wp_str_eq(req->method, "HEAD");
    bool get = wp_str_eq(req->method, "GET");
    if (req->body && req->body_size == 0 && prove_empty(req->body, err) < 0) {
        return -1;
    }
    if (req->body && req->body_size > 0) {
        s->source = req->body;
        s->upload_size = req->body_size;
        s->item = req->item;
        s->item_from = req->item_from;
        api->easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        api->easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)req->body_size);
    } else if (head) {
        api->easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (!get && !wp_str_eq(req->method, "DELETE")) {
        api->easy_setopt(easy, CURLOPT_POSTFIELDS, ""); /* Content-Length: 0 */
        api->easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    }
    if (!head && !get) {
        api->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, req->method);
    }
    return 0;
}

static void set_limits(struct curl_stream *s, const struct http_exchange *x)
{
    const struct curl_api *api = s->api;
    CURL *easy = s->lane->easy;
    long buffer = BUFFER_BYTES;
    if (x->limit_rate > 0) {
        curl_off_t rate = (curl_off_t)WP_MIN(x->limit_rate, INT64_MAX);
        api->easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, rate);
        api->easy_setopt(easy, CURLOPT_MAX_SEND_SPEED_LARGE, rate);
        /* A whole buffer arrives at once and is then waited for. */
        buffer = (long)WP_MAX(WP_MIN(x->limit_rate / 4, BUFFER_BYTES), 1024);
    }
    api->easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer);
    api->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    api->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)WP_MIN(s->connect_ms, INT32_MAX));
}

static int prepare(struct curl_stream *s, const struct http_exchange *x, struct wp_err *err)
{
    static const struct http_tls plain;
    const struct curl_api *api = s->api;
    CURL *easy = s->lane->easy;
    if (set_headers(s, x, err) < 0 || set_method(s, x->req, err) < 0) {
        return -1;
    }
    api->easy_setopt(easy, CURLOPT_URL, x->req->url);
    api->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    api->easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    api->easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    api->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    api->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    api->easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    api->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    api->easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set_limits(s, x);
    curl_stream_attach(s);
    return s->origin.https ? curl_tls_set(s->transport, easy, x->tls ? x->tls : &plain, err) : 0;
}

/* The headers move into the reply together with the arena their strings live in. */
static void hand_over_headers(struct curl_stream *s, const char *url, struct http_resp *ret)
{
    struct http_resp resp = {.arena = s->arena, .status = s->status, .header_count = s->header_count};
    s->arena = (struct wp_arena)WP_ARENA_INIT;
    struct http_header *headers = wp_arena_alloc(&resp.arena, s->header_count + 1, sizeof *headers);
    for (size_t i = 0; i < s->header_count; i++) {
        headers[i] = s->headers[i];
    }
    resp.headers = headers;
    resp.url = wp_arena_str(&resp.arena, url);
    *ret = resp;
}

static int transport_send(struct http_transport *base, const struct http_exchange *x, struct http_resp *ret,
                          struct wp_reader **ret_body, struct wp_err *err)
{
    struct curl_transport *t = WP_DOWNCAST(struct curl_transport, base);
    struct http_origin origin;
    const char *problem = http_url_split(x->req->url, &origin, NULL);
    if (problem) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        return wp_fail(err, WP_E_OTHER, "URL '%s' %s", http_url_shown(&a, x->req->url), problem);
    }
    if (wp_job_check(x->job, err) < 0) {
        return -1;
    }
    struct curl_lane *lane = lane_take(t);
    if (!lane) {
        return wp_fail(err, WP_E_OTHER, "libcurl gives no handle");
    }
    struct curl_stream *s = wp_xcalloc(1, sizeof *s);
    s->transport = t;
    s->api = t->api;
    s->lane = lane;
    s->job = x->job;
    s->origin = origin;
    s->in = (struct wp_buf)WP_BUF_INIT;
    s->connect_ms = x->connect_timeout_ms ? x->connect_timeout_ms : CONNECT_MS;
    s->stall_ms = x->stall_timeout_ms ? x->stall_timeout_ms : STALL_MS;
    curl_stream_reader(s);
    WP_AUTO_READER struct wp_reader *body = &s->base;
    if (prepare(s, x, err) < 0) {
        return -1;
    }
    CURLMcode mc = t->api->multi_add_handle(lane->multi, lane->easy);
    if (mc != CURLM_OK) {
        return wp_fail(err, WP_E_OTHER, "libcurl: %s", t->api->multi_strerror(mc));
    }
    s->added = true;
    if (curl_stream_headers(s, err) < 0) {
        return -1;
    }
    hand_over_headers(s, x->req->url, ret);
    *ret_body = WP_STEAL(body);
    return 0;
}

static void transport_close(struct http_transport *base)
{
    struct curl_transport *t = WP_DOWNCAST(struct curl_transport, base);
    while (t->lanes) {
        struct curl_lane *lane = t->lanes;
        t->lanes = lane->next;
        lane_free(t->api, lane);
    }
    curl_tls_free(t);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int http_curl_open(struct http_transport **ret, struct wp_err *err)
{
    const char *why = NULL;
    const struct curl_api *api = curl_api_get(&why);
    if (!api) {
        wp_fail(err, WP_E_UNSUPPORTED, "registries cannot be reached: %s", why);
        return wp_hint(err, "install libcurl (Debian: apt install libcurl4)");
    }
    struct curl_transport *t = wp_xcalloc(1, sizeof *t);
    t->base.send = transport_send;
    t->base.close = transport_close;
    t->api = api;
    pthread_mutex_init(&t->lock, NULL);
    *ret = &t->base;
    return 0;
}
