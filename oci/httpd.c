/* SPDX-License-Identifier: Apache-2.0
 *
 * The server side of HTTP over libmicrohttpd 0.9.75 or newer: epoll in a few threads of the library's (the exception to
 * "threads live in base/pool"), replies from memory or by sendfile. The parser of hostile input is the library's; the
 * checks that it leaves to its user are in framing_problem(). */
#include "oci/httpd.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIBRARY "libmicrohttpd.so.12"
/* Store calls wait for the disk, so there are more threads than processors. None may have 128 events at once: then
 * libmicrohttpd 0.9.75 asks the kernel for more and sleeps until there are, whatever is to be done. */
#define THREADS         16U
#define PER_THREAD      126U
#define HEADER_MEMORY   ((size_t)16 << 10)
#define MAX_CONNECTIONS ((size_t)THREADS * PER_THREAD)
#define MAX_PER_ADDRESS 2048U /* a proxy in front is one address */
#define MIN_CONNECTIONS 64U
#define FULL_MS         100   /* until room is looked for again */
#define LOOK_MS         1000U /* between two looks for slow connections */
#define IDLE_MS         30000U
#define HEADERS_MS      10000U
#define SLOW_BODY_MS    10000U
#define SLOW_BODY_FLOOR 1024U                /* bytes per second */
#define DRAIN           (UINT64_C(16) << 20) /* of a body nobody wants: read, so that the client sees the reply */

#define MHD_SYMBOLS(X)                     \
    X(start_daemon)                        \
    X(stop_daemon)                         \
    X(add_connection)                      \
    X(get_version)                         \
    X(lookup_connection_value)             \
    X(get_connection_values_n)             \
    X(get_connection_info)                 \
    X(create_response_from_buffer)         \
    X(create_response_from_fd_at_offset64) \
    X(add_response_header)                 \
    X(queue_response)                      \
    X(destroy_response)

struct mhd {
    void *handle;
#define MHD_FIELD(name) __typeof__ (&MHD_##name)(name);
    MHD_SYMBOLS(MHD_FIELD)
#undef MHD_FIELD
};

struct conn {
    struct conn *prev, *next;
    int fd;
    _Atomic uint64_t deadline_ms;   /* for the headers of the next request; 0: none */
    _Atomic uint64_t body_since_ms; /* 0: no body is coming */
    _Atomic uint64_t body_bytes;
};

struct httpd {
    struct mhd lib;
    struct MHD_Daemon *daemon;
    struct httpd_handler handler;
    struct oci_serve_limits limits;
    int listen_fd;
    pthread_mutex_t lock; /* conns, open */
    pthread_cond_t idle;
    struct conn *conns;
    size_t open;           /* connections taken, until they end */
    size_t limit;          /* of them */
    _Atomic size_t active; /* requests between their first line and `done` */
    _Atomic bool stopping;
};

struct header {
    struct header *next;
    const char *name;
    char value[];
};

struct request {
    struct httpd_req pub;
    struct httpd *h;
    struct MHD_Connection *con;
    struct conn *conn;
    char *target;
    const char *target_end; /* where the library holds what follows the target */
    char method[16];
    struct header *headers;
    struct wp_buf body;
    int fd;
    uint64_t offset;
    uint64_t began_us;
    uint64_t taken; /* body bytes that the handler was given */
    bool seen, queued;
};

static bool library_open(struct mhd *ret)
{
    static const struct {
        const char *name;
        size_t offset;
    } symbols[] = {
#define MHD_ROW(name) {"MHD_" #name, offsetof(struct mhd, name)},
        MHD_SYMBOLS(MHD_ROW)
#undef MHD_ROW
    };
    *ret = (struct mhd){0};
    ret->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (ret->handle == NULL) {
        return false;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(symbols); i++) {
        void *symbol = dlsym(ret->handle, symbols[i].name);
        if (symbol == NULL) {
            (void)dlclose(ret->handle);
            return false;
        }
        memcpy((char *)ret + symbols[i].offset, &symbol, sizeof(symbol));
    }
    return true;
}

const char *httpd_version(void)
{
    static char text[48];
    struct mhd lib;
    if (!library_open(&lib)) {
        return NULL;
    }
    (void)snprintf(text, sizeof(text), "libmicrohttpd %s", lib.get_version());
    return text;
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
    struct header *h = wp_xmalloc(sizeof(*h) + len + 1);
    h->name = name;
    memcpy(h->value, value, len + 1);
    h->next = q->headers;
    q->headers = h;
}

/* ---- framing: what two readers could understand differently ---- */

struct framing {
    struct request *q;
    unsigned lengths, codings;
    const char *problem;
};

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL) {
            return false;
        }
    }
    return len > 0;
}

static enum MHD_Result check_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len,
                                    const char *value, size_t value_len)
{
    (void)kind;
    struct framing *f = cls;
    if (!is_token(key, key_len)) {
        f->problem = "a header name holds other characters than a name may";
        return MHD_NO;
    }
    if (value == NULL) {
        return MHD_YES;
    }
    for (size_t i = 0; i < value_len; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            f->problem = "a header holds a control byte";
            return MHD_NO;
        }
    }
    if (strcasecmp(key, "Content-Length") == 0) {
        f->lengths++;
        if (!wp_parse_u64(value, 0, INT64_MAX, &f->q->pub.length)) {
            f->problem = "Content-Length is not a number";
        }
        f->q->pub.has_length = true;
    } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
        f->codings++;
        if (strcasecmp(value, "chunked") != 0) {
            f->problem = "a transfer coding other than chunked";
        }
    }
    return f->problem == NULL ? MHD_YES : MHD_NO;
}

static const char *framing_problem(struct request *q, const char *version)
{
    /* The library keeps target and version in one buffer, one byte apart: a gap hides a NUL. */
    uintptr_t gap = (uintptr_t)version - (uintptr_t)q->target_end;
    if ((gap > 0 && gap < HEADER_MEMORY) || q->pub.path[0] != '/') {
        return "the target is not a path";
    }
    struct framing f = {.q = q};
    (void)q->h->lib.get_connection_values_n(q->con, MHD_HEADER_KIND, check_header, &f);
    if (f.problem != NULL) {
        return f.problem;
    }
    if (f.lengths + f.codings > 1) {
        return "more than one of Content-Length and Transfer-Encoding";
    }
    if (f.codings > 0 && !wp_str_eq(version, "HTTP/1.1")) {
        return "Transfer-Encoding in a request before HTTP/1.1";
    }
    return NULL;
}

static void refuse(struct request *q, const char *problem)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "{\"errors\":[{\"code\":\"UNSUPPORTED\",\"message\":\"%s\"}]}", problem);
    httpd_reply_bytes(&q->pub, 400, wp_buf_span(&text));
    httpd_reply_header(&q->pub, "Content-Type", "application/json");
    httpd_reply_header(&q->pub, "Connection", "close");
}

/* ---- callbacks of the library ---- */

static size_t keep_escapes(void *cls, struct MHD_Connection *con, char *text)
{
    (void)cls;
    (void)con;
    return strlen(text);
}

static uint64_t now_us(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *con)
{
    struct httpd *h = cls;
    struct request *q = wp_xcalloc(1, sizeof(*q));
    q->h = h;
    q->con = con;
    q->fd = -1;
    q->body = (struct wp_buf)WP_BUF_INIT;
    q->target = wp_xstrdup(target);
    q->target_end = target + strlen(target) + 1;
    q->pub.path = q->target;
    char *mark = strchr(q->target, '?');
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

static enum MHD_Result queue_reply(struct request *q)
{
    const struct mhd *lib = &q->h->lib;
    struct MHD_Response *resp = NULL;
    if (q->conn != NULL) {
        atomic_store(&q->conn->body_since_ms, 0);
    }
    if (q->fd >= 0 && q->pub.sent > 0) {
        resp = lib->create_response_from_fd_at_offset64(q->pub.sent, q->fd, q->offset);
        if (resp != NULL) {
            q->fd = -1;
        }
    } else {
        resp = lib->create_response_from_buffer(q->body.len, q->body.ptr, MHD_RESPMEM_PERSISTENT);
    }
    if (resp == NULL) {
        return MHD_NO;
    }
    for (const struct header *h = q->headers; h != NULL; h = h->next) {
        (void)lib->add_response_header(resp, h->name, h->value);
    }
    if (atomic_load(&q->h->stopping)) {
        (void)lib->add_response_header(resp, "Connection", "close");
    }
    enum MHD_Result ret = lib->queue_response(q->con, (unsigned)q->pub.status, resp);
    lib->destroy_response(resp);
    q->queued = ret == MHD_YES;
    return ret;
}

/* The rest of the body is not worth reading, or the client waits for leave to send it. */
static bool reply_early(const struct request *q)
{
    const struct httpd_req *r = &q->pub;
    return r->status != 0 && httpd_req_has_body(r) &&
           ((r->has_length && r->length > DRAIN) || httpd_req_header(r, "Expect") != NULL);
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
    const char *problem = framing_problem(q, version);
    if (problem != NULL) {
        refuse(q, problem);
        q->h->handler.begin(q->h->handler.arg, &q->pub);
        return queue_reply(q);
    }
    q->h->handler.begin(q->h->handler.arg, &q->pub);
    if (reply_early(q)) {
        return queue_reply(q);
    }
    if (q->conn != NULL && httpd_req_has_body(&q->pub)) {
        atomic_store(&q->conn->body_since_ms, wp_time_mono_ms());
    }
    return MHD_YES;
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

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con, const char *url, const char *method,
                                  const char *version, const char *body, size_t *body_len, void **con_cls)
{
    (void)cls;
    (void)con;
    (void)url;
    struct request *q = *con_cls;
    if (q == NULL) {
        return MHD_NO;
    }
    if (!q->seen) {
        return begin_request(q, method, version);
    }
    if (*body_len > 0) {
        enum MHD_Result ret = take_body(q, body, *body_len);
        *body_len = 0;
        return ret;
    }
    if (q->queued) {
        return MHD_YES;
    }
    const struct httpd_handler *handler = &q->h->handler;
    if (q->pub.status == 0) {
        handler->end(handler->arg, &q->pub);
    }
    return q->pub.status == 0 ? MHD_NO : queue_reply(q);
}

static void request_free(struct request *q)
{
    for (struct header *h = q->headers; h != NULL;) {
        struct header *next = h->next;
        free(h);
        h = next;
    }
    wp_close_p(&q->fd);
    wp_buf_done(&q->body);
    free(q->target);
    free(q);
}

static void on_completed(void *cls, struct MHD_Connection *con, void **con_cls, enum MHD_RequestTerminationCode why)
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

static void on_connection(void *cls, struct MHD_Connection *con, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct httpd *h = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = h->lib.get_connection_info(con, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct conn *c = wp_xcalloc(1, sizeof(*c));
        c->fd = info != NULL ? info->connect_fd : -1;
        atomic_store(&c->deadline_ms, wp_time_mono_ms() + h->limits.headers_ms);
        *context = c;
        httpd_refuse_tls(c->fd);
        (void)pthread_mutex_lock(&h->lock);
        c->next = h->conns;
        if (h->conns != NULL) {
            h->conns->prev = c;
        }
        h->conns = c;
        h->open++;
        (void)pthread_mutex_unlock(&h->lock);
        return;
    }
    struct conn *c = *context;
    *context = NULL;
    (void)pthread_mutex_lock(&h->lock);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        h->conns = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    h->open--;
    (void)pthread_mutex_unlock(&h->lock);
    free(c);
}

/* ---- life ---- */

static bool too_slow(const struct httpd *h, struct conn *c, uint64_t now)
{
    uint64_t deadline = atomic_load(&c->deadline_ms);
    if (deadline != 0 && now > deadline) {
        return true;
    }
    uint64_t since = atomic_load(&c->body_since_ms);
    if (since == 0 || now < since + h->limits.body_ms) {
        return false;
    }
    return atomic_load(&c->body_bytes) < (now - since) * SLOW_BODY_FLOOR / 1000;
}

static void reap(struct httpd *h)
{
    uint64_t now = wp_time_mono_ms();
    (void)pthread_mutex_lock(&h->lock);
    for (struct conn *c = h->conns; c != NULL; c = c->next) {
        if (c->fd >= 0 && too_slow(h, c, now)) {
            (void)shutdown(c->fd, SHUT_RDWR);
        }
    }
    (void)pthread_mutex_unlock(&h->lock);
}

/* Who is full leaves the others in the listening socket's queue. */
static bool has_room(struct httpd *h)
{
    (void)pthread_mutex_lock(&h->lock);
    bool room = h->open < h->limit;
    (void)pthread_mutex_unlock(&h->lock);
    return room;
}

/* Left to itself, the library gives all connections that come together to one of its threads, where they wait for each
 * other's disk. Given one by one they go round. False: there is no room, or no file for another one. */
static bool take_connections(struct httpd *h)
{
    while (has_room(h)) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);
        int fd = accept4(h->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED) {
            return errno == EAGAIN;
        }
        if (fd >= 0) {
            /* It closes fd itself when it does not want it. */
            (void)h->lib.add_connection(h->daemon, fd, (const struct sockaddr *)&from, len);
        }
    }
    return false;
}

static uint64_t look_ms(const struct httpd *h)
{
    uint64_t least = WP_MIN(WP_MIN(h->limits.headers_ms, h->limits.idle_ms), h->limits.body_ms);
    return WP_MAX(WP_MIN(least / 2, LOOK_MS), 1);
}

void httpd_run(struct httpd *h, int wake)
{
    uint64_t end = wp_time_mono_ms() + look_ms(h);
    for (;;) {
        bool room = take_connections(h);
        uint64_t now = wp_time_mono_ms();
        if (now >= end) {
            break;
        }
        struct pollfd fds[2] = {{.fd = wake, .events = POLLIN}, {.fd = h->listen_fd, .events = POLLIN}};
        int left = (int)(end - now);
        if ((poll(fds, room ? 2 : 1, room ? left : WP_MIN(left, FULL_MS)) < 0 && errno != EINTR) ||
            fds[0].revents != 0) {
            break;
        }
    }
    reap(h);
}

/* Half of the files that may be open: each connection may be sending one. */
static unsigned connection_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return MAX_CONNECTIONS;
    }
    return (unsigned)WP_MAX(WP_MIN(files.rlim_cur / 2, MAX_CONNECTIONS), MIN_CONNECTIONS);
}

static void start_daemon(struct httpd *h)
{
    /* The library's threads inherit the mask: signals stay with the program's own. */
    sigset_t all;
    sigset_t old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    h->daemon = h->lib.start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, h,
        MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)h->limit, MHD_OPTION_PER_IP_CONNECTION_LIMIT, MAX_PER_ADDRESS,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_MS / 1000, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, h, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void httpd_free(struct httpd *h)
{
    wp_close_p(&h->listen_fd);
    (void)pthread_cond_destroy(&h->idle);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given != 0 ? given : otherwise;
}

int httpd_start(const char *addr, const struct httpd_handler *handler, const struct oci_serve_limits *limits,
                WP_OWN struct httpd **ret, char ret_addr[HTTPD_ADDR_TEXT], struct wp_err *err)
{
    struct mhd lib;
    if (!library_open(&lib)) {
        (void)wp_fail(err, WP_E_UNSUPPORTED, "serving needs the library " LIBRARY ", which is not there");
        return wp_hint(err, "install libmicrohttpd (Debian: apt install libmicrohttpd12)");
    }
    int fd = -1;
    if (httpd_listen(addr, &fd, ret_addr, err) != 0) {
        return -1;
    }
    struct httpd *h = wp_xcalloc(1, sizeof(*h));
    h->lib = lib;
    h->handler = *handler;
    h->listen_fd = fd;
    h->limit = connection_limit();
    h->limits = (struct oci_serve_limits){.headers_ms = or_default(limits->headers_ms, HEADERS_MS),
                                          .idle_ms = or_default(limits->idle_ms, IDLE_MS),
                                          .body_ms = or_default(limits->body_ms, SLOW_BODY_MS)};
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&h->idle, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&h->lock, NULL);
    start_daemon(h);
    if (h->daemon == NULL) {
        httpd_free(h);
        return wp_fail(err, WP_E_IO, "the HTTP server for '%s' does not start", addr);
    }
    *ret = h;
    return 0;
}

static void wait_idle(struct httpd *h, uint64_t grace_ms)
{
    uint64_t end = wp_time_mono_ms() + grace_ms;
    for (;;) {
        reap(h);
        uint64_t now = wp_time_mono_ms();
        uint64_t until = WP_MIN(end, now + 1000);
        struct timespec ts = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000 * 1000000)};
        (void)pthread_mutex_lock(&h->lock);
        bool idle = atomic_load(&h->active) == 0;
        if (!idle && now < end) {
            (void)pthread_cond_timedwait(&h->idle, &h->lock, &ts);
            idle = atomic_load(&h->active) == 0;
        }
        (void)pthread_mutex_unlock(&h->lock);
        if (idle || now >= end) {
            return;
        }
    }
}

void httpd_stop(WP_OWN struct httpd *h, uint64_t grace_ms)
{
    atomic_store(&h->stopping, true);
    wp_close_p(&h->listen_fd);
    h->listen_fd = -1;
    wait_idle(h, grace_ms);
    h->lib.stop_daemon(h->daemon);
    httpd_free(h);
}
