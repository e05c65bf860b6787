/* SPDX-License-Identifier: Apache-2.0
 *
 * The libcurl transport against a server of a few lines on 127.0.0.1 that says exactly what a test wants. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/pool.h"
#include "oci/http.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Serves one connection; the server closes fd afterwards. */
struct server;
typedef void(serve_fn)(struct server *s, int fd);

struct server {
    int listener;
    uint16_t port;
    serve_fn *serve;
    atomic_uint connections, requests;
    atomic_ullong body_bytes; /* of the last request */
    struct wp_job *cancel;    /* to be cancelled by the server's script */
    pthread_mutex_t lock;     /* head, for readers on other threads */
    char head[8192];          /* of the last request */
    struct wp_thread *thread;
};

static void say(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        text += n;
        len -= (size_t)n;
    }
}

static void say_text(int fd, const char *text)
{
    say(fd, text, strlen(text));
}

/* One request head into s->head; false at the connection's end. */
static bool hear_head(struct server *s, int fd)
{
    char head[sizeof s->head];
    size_t len = 0;
    while (len < sizeof head - 1 && read(fd, head + len, 1) == 1) {
        head[++len] = '\0';
        if (len >= 4 && strcmp(head + len - 4, "\r\n\r\n") == 0) {
            pthread_mutex_lock(&s->lock);
            memcpy(s->head, head, len + 1);
            pthread_mutex_unlock(&s->lock);
            atomic_fetch_add(&s->requests, 1);
            return true;
        }
    }
    return false;
}

/* Did the last request's head hold text? */
static bool heard(struct server *s, const char *text)
{
    pthread_mutex_lock(&s->lock);
    bool found = strstr(s->head, text) != NULL;
    pthread_mutex_unlock(&s->lock);
    return found;
}

/* Until the client closes. */
static void hear_rest(struct server *s, int fd)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        atomic_fetch_add(&s->body_bytes, (unsigned long long)n);
    }
}

static void run_server(void *arg)
{
    struct server *s = arg;
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0) {
            return;
        }
        atomic_fetch_add(&s->connections, 1);
        s->serve(s, fd);
        close(fd);
    }
}

static void server_start(struct server *s, serve_fn *serve, struct wp_job *cancel)
{
    struct wp_err err = {0};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    *s = (struct server){.serve = serve, .cancel = cancel, .lock = PTHREAD_MUTEX_INITIALIZER};
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->listener >= 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->listener, 16), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(wp_thread_start("server", run_server, s, &s->thread, &err), 0);
}

static void server_stop(struct server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    wp_thread_join(s->thread);
    close(s->listener);
}

/* ---- the client's side ---- */

struct fixture {
    struct server server;
    struct http_transport *transport;
    char url[64];
    struct http_tls tls;
    struct http_req req;
    struct http_exchange x;
    struct wp_err err;
};

static void begin_job(struct fixture *f, serve_fn *serve, struct wp_job *job)
{
    *f = (struct fixture){0};
    server_start(&f->server, serve, job);
    assert_int_equal(http_curl_open(&f->transport, &f->err), 0);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/v2/", (unsigned)f->server.port);
    f->req = (struct http_req){.method = "GET", .url = f->url};
    f->x = (struct http_exchange){.req = &f->req, .tls = &f->tls, .stall_timeout_ms = 20000, .job = job};
}

static void begin(struct fixture *f, serve_fn *serve)
{
    begin_job(f, serve, NULL);
}

static void end(struct fixture *f)
{
    f->transport->close(f->transport);
    server_stop(&f->server);
}

static int do_send(struct fixture *f, struct http_resp *resp, struct wp_reader **body)
{
    return f->transport->send(f->transport, &f->x, resp, body, &f->err);
}

static void check_text(struct fixture *f, struct wp_reader *body, const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (wp_read_all(body, &b, 1 << 20, "body", &f->err) != 0) {
        fail_msg("%s", f->err.msg);
    }
    assert_string_equal(b.ptr, want);
}

static void serve_hello(struct server *s, int fd)
{
    while (hear_head(s, fd)) {
        say_text(fd, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two:  b \r\nx-two: c\r\nEmpty:\r\n\r\nhello");
    }
}

static void test_reply(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hello);
    const struct http_header headers[] = {{"Accept", "a/b"}, {"User-Agent", "wpack/test"}};
    f.req.headers = headers;
    f.req.header_count = 2;
    f.x.authorization = "Basic abc";
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), 0);
    assert_int_equal(resp.status, 200);
    assert_int_equal(resp.header_count, 4);
    assert_string_equal(http_resp_header(&resp, "x-TWO"), "b");
    assert_string_equal(http_resp_header(&resp, "empty"), "");
    assert_null(http_resp_header(&resp, "Link"));
    assert_string_equal(resp.url, f.url);
    check_text(&f, body, "hello");
    wp_reader_close(body);
    assert_true(heard(&f.server, "GET /v2/ HTTP/1.1\r\n"));
    assert_true(heard(&f.server, "\r\nAccept: a/b\r\n"));
    assert_true(heard(&f.server, "\r\nUser-Agent: wpack/test\r\n"));
    assert_true(heard(&f.server, "\r\nAuthorization: Basic abc\r\n"));
    assert_true(heard(&f.server, "\r\nAccept-Encoding: identity\r\n"));
    end(&f);
}

static void test_connection_is_reused(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hello);
    for (unsigned i = 0; i < 6; i++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        struct wp_reader *body = NULL;
        f.req.method = "GET";
        assert_int_equal(do_send(&f, &resp, &body), 0);
        if (i % 2) { /* a body nobody reads costs no connection when it is short */
            check_text(&f, body, "hello");
        }
        wp_reader_close(body);
    }
    assert_int_equal(atomic_load(&f.server.requests), 6);
    assert_int_equal(atomic_load(&f.server.connections), 1);
    end(&f);
}

static void serve_bodies(struct server *s, int fd)
{
    while (hear_head(s, fd)) {
        const char *at = strstr(s->head, "Content-Length: ");
        unsigned long left = at ? strtoul(at + 16, NULL, 10) : 0;
        atomic_store(&s->body_bytes, left);
        if (strstr(s->head, "Expect: 100-continue")) {
            say_text(fd, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        char chunk[4096];
        while (left > 0) {
            ssize_t n = read(fd, chunk, WP_MIN(left, sizeof chunk));
            if (n <= 0) {
                return;
            }
            left -= (unsigned long)n;
        }
        say_text(fd, strstr(s->head, "HEAD ") ? "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"
                                              : "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    }
}

static void test_upload(void **state)
{
    (void)state;
    const struct {
        const char *method;
        size_t size;
        const char *line; /* in the request's head */
        bool expects;
    } rows[] = {
        {"PUT", 3, "PUT /v2/ HTTP/1.1\r\n", false},           {"POST", 100000, "POST /v2/ HTTP/1.1\r\n", false},
        {"PATCH", 3u << 20, "PATCH /v2/ HTTP/1.1\r\n", true}, {"POST", 0, "\r\nContent-Length: 0\r\n", false},
        {"PUT", 0, "\r\nContent-Length: 0\r\n", false},       {"DELETE", 0, "DELETE /v2/ HTTP/1.1\r\n", false},
        {"HEAD", 0, "HEAD /v2/ HTTP/1.1\r\n", false},
    };
    struct fixture f;
    begin(&f, serve_bodies);
    WP_AUTO_FREE char *bytes = wp_xcalloc(3u << 20, 1);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_source_mem src = wp_source_mem(wp_span(bytes, rows[i].size));
        HTTP_AUTO_RESP struct http_resp resp = {0};
        struct wp_reader *body = NULL;
        f.req.method = rows[i].method;
        f.req.body = rows[i].size > 0 || i == 4 ? &src.base : NULL;
        f.req.body_size = rows[i].size;
        if (do_send(&f, &resp, &body) != 0) {
            fail_msg("%s: %s", rows[i].method, f.err.msg);
        }
        assert_int_equal(resp.status, wp_str_eq(rows[i].method, "HEAD") ? 200 : 201);
        check_text(&f, body, "");
        wp_reader_close(body);
        assert_true(heard(&f.server, rows[i].line));
        assert_int_equal(heard(&f.server, "Expect:"), rows[i].expects);
        assert_false(heard(&f.server, "Content-Type"));
        assert_false(heard(&f.server, "chunked"));
        assert_int_equal(atomic_load(&f.server.body_bytes), rows[i].size);
    }
    assert_int_equal(atomic_load(&f.server.connections), 1);
    end(&f);
}

static void serve_413(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        say_text(fd, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
        hear_rest(s, fd);
    }
}

static void test_early_reply(void **state)
{
    (void)state;
    const size_t sizes[] = {900 * 1024, 8u << 20};
    WP_AUTO_FREE char *bytes = wp_xcalloc(8u << 20, 1);
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        struct fixture f;
        begin(&f, serve_413);
        struct wp_source_mem src = wp_source_mem(wp_span(bytes, sizes[i]));
        f.req.method = "PUT";
        f.req.body = &src.base;
        f.req.body_size = sizes[i];
        HTTP_AUTO_RESP struct http_resp resp = {0};
        struct wp_reader *body = NULL;
        if (do_send(&f, &resp, &body) != 0) {
            fail_msg("%s", f.err.msg);
        }
        assert_int_equal(resp.status, 413);
        check_text(&f, body, "big");
        wp_reader_close(body);
        end(&f);
        assert_true(atomic_load(&f.server.body_bytes) <= sizes[i]);
    }
}

/* A source that turns out to be wrong before its last byte, as the verifying reader does. */
struct bad_reader {
    struct wp_reader base;
    unsigned turns;
};

static ssize_t bad_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct bad_reader *b = WP_DOWNCAST(struct bad_reader, r);
    if (b->turns++ > 0) {
        return wp_fail(err, WP_E_INTEGRITY, "blob has other bytes");
    }
    memset(buf, 'x', WP_MIN(len, 1000));
    return (ssize_t)WP_MIN(len, 1000);
}

static void bad_close(struct wp_reader *r)
{
    free(WP_DOWNCAST(struct bad_reader, r));
}

static int bad_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    (void)src;
    (void)err;
    assert_int_equal(offset, 0);
    struct bad_reader *b = wp_xcalloc(1, sizeof *b);
    b->base = (struct wp_reader){.read = bad_read, .close = bad_close};
    *ret = &b->base;
    return 0;
}

static void serve_hear(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        hear_rest(s, fd);
    }
}

static void test_source_error_wins(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hear);
    struct wp_source src = {.open = bad_open};
    f.req.method = "PUT";
    f.req.body = &src;
    f.req.body_size = 2000;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_INTEGRITY);
    assert_string_equal(f.err.msg, "blob has other bytes");
    end(&f);
    assert_true(atomic_load(&f.server.body_bytes) < 2000);
}

static void test_short_source(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hear);
    struct wp_source_mem src = wp_source_mem(wp_span_str("abc"));
    f.req.method = "PUT";
    f.req.body = &src.base;
    f.req.body_size = 4;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_IO);
    assert_string_equal(f.err.msg, "content to be sent ended after 3 of 4 bytes");
    end(&f);
}

/* An empty blob whose proof fails must not be sent at all. */
static void test_empty_source_is_proven(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_bodies);
    struct wp_source_mem src = wp_source_mem(wp_span_str("x"));
    f.req.method = "PUT";
    f.req.body = &src.base;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_string_equal(f.err.msg, "content to be sent is longer than 0 bytes");
    assert_int_equal(atomic_load(&f.server.requests), 0);
    end(&f);
}

static void test_stall(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hear);
    f.x.stall_timeout_ms = 50;
    f.x.connect_timeout_ms = 50;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_NETWORK);
    assert_non_null(strstr(f.err.msg, "'127.0.0.1' has sent and taken nothing for 0."));
    end(&f);
}

static void serve_half(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        hear_rest(s, fd);
    }
}

static void test_stall_in_body(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_half);
    f.x.stall_timeout_ms = 300; /* a busy machine must get the head across in that time */
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), 0);
    char got[16];
    assert_int_equal(wp_read(body, got, sizeof got, &f.err), 4);
    assert_int_equal(wp_read(body, got, sizeof got, &f.err), -1);
    assert_int_equal(f.err.code, WP_E_NETWORK);
    wp_err_clear(&f.err);
    assert_int_equal(wp_read(body, got, sizeof got, &f.err), -1);
    assert_int_equal(f.err.code, WP_E_NETWORK);
    wp_reader_close(body);
    end(&f);
}

static void serve_truncated(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        say_text(fd, s->body_bytes == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
                                        : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n6\r\nx");
    }
}

static void test_truncated(void **state)
{
    (void)state;
    for (unsigned chunked = 0; chunked < 2; chunked++) {
        struct fixture f;
        begin(&f, serve_truncated);
        atomic_store(&f.server.body_bytes, chunked);
        HTTP_AUTO_RESP struct http_resp resp = {0};
        struct wp_reader *body = NULL;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        int rc = do_send(&f, &resp, &body);
        if (rc == 0) {
            rc = wp_read_all(body, &b, 100, "body", &f.err);
        }
        assert_int_equal(rc, -1);
        assert_int_equal(f.err.code, WP_E_NETWORK);
        wp_reader_close(body);
        end(&f);
    }
}

static void serve_nothing(struct server *s, int fd)
{
    (void)hear_head(s, fd);
}

static void test_closed_without_reply(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_nothing);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_NETWORK);
    end(&f);
}

static void serve_headers(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        say_text(fd, "HTTP/1.1 200 OK\r\n");
        char line[1003];
        memset(line, 'a', sizeof line);
        memcpy(line, "X: ", 3);
        memcpy(line + sizeof line - 2, "\r\n", 2);
        for (unsigned i = 0; i < 200; i++) {
            say(fd, line, sizeof line);
        }
        hear_rest(s, fd);
    }
}

static void test_endless_headers(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_headers);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_LIMIT);
    assert_string_equal(f.err.msg, "'127.0.0.1' sends more than 65536 bytes of headers");
    end(&f);
}

static void serve_tls_alert(struct server *s, int fd)
{
    (void)s;
    char first[8];
    if (read(fd, first, sizeof first) > 0) {
        say_text(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    }
    hear_rest(s, fd);
}

static void test_https_to_http_server(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_tls_alert);
    snprintf(f.url, sizeof f.url, "https://127.0.0.1:%u/v2/", (unsigned)f.server.port);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_OTHER);
    assert_string_equal(f.err.msg, "'127.0.0.1' speaks HTTP, not HTTPS");
    assert_string_equal(f.err.hint, "add --plain-http");
    end(&f);
}

static void serve_no_http(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        say(fd, "\x15\x03\x01\x00\x02\x02\x0a", 7);
    }
}

static void test_http_to_something_else(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_no_http);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_OTHER);
    assert_non_null(strstr(f.err.msg, "does not speak HTTP"));
    assert_string_equal(f.err.hint, "if it speaks HTTPS, leave out --plain-http");
    end(&f);
}

static void serve_cancel(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        wp_job_cancel(s->cancel, 0);
        hear_rest(s, fd);
    }
}

static void test_cancel(void **state)
{
    (void)state;
    struct fixture f;
    struct wp_job *job = wp_job_new();
    begin_job(&f, serve_cancel, job);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_INTERRUPTED);
    end(&f);
    wp_job_free(job);
}

static void serve_big(struct server *s, int fd)
{
    while (hear_head(s, fd)) {
        if (!strstr(s->head, "GET /v2/big")) {
            say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            continue;
        }
        say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n");
        char chunk[65536];
        for (unsigned i = 0; i < 64; i++) {
            memset(chunk, (int)('a' + i % 26), sizeof chunk);
            say(fd, chunk, sizeof chunk);
        }
    }
}

/* Far more than the transport holds at once, read in small pieces; then one that is given up early. */
static void test_big_body(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_big);
    char big[80];
    snprintf(big, sizeof big, "%sbig", f.url);
    f.req.url = big;
    for (unsigned round = 0; round < 2; round++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        struct wp_reader *body = NULL;
        assert_int_equal(do_send(&f, &resp, &body), 0);
        uint64_t at = 0;
        char piece[3000];
        ssize_t n;
        while ((n = wp_read(body, piece, sizeof piece, &f.err)) > 0) {
            for (ssize_t i = 0; i < n; i++) {
                assert_int_equal(piece[i], 'a' + ((at + (uint64_t)i) / 65536) % 26);
            }
            at += (uint64_t)n;
            if (round == 1) {
                break;
            }
        }
        assert_true(n >= 0);
        assert_true(round == 1 || at == 4194304);
        wp_reader_close(body);
    }
    /* The lane is as good as new. */
    f.req.url = f.url;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), 0);
    check_text(&f, body, "hello");
    wp_reader_close(body);
    assert_int_equal(atomic_load(&f.server.connections), 2);
    end(&f);
}

static void test_refused_requests(void **state)
{
    (void)state;
    static const struct http_header split = {"X", "a\r\nEvil: 1"};
    static const struct http_header name = {"X y", "a"};
    const struct {
        const char *url;
        const struct http_header *header;
        const char *msg;
    } rows[] = {
        {"http://u:p@127.0.0.1/", NULL, "URL 'http://…@127.0.0.1/' names a user"},
        {"file:///etc/passwd", NULL, "URL 'file:///etc/passwd' is neither http nor https"},
        {NULL, &split, "the value of header 'X' contains a line break"},
        {NULL, &name, "'X y' is no name of a header"},
    };
    struct fixture f;
    begin(&f, serve_hello);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        f.req.url = rows[i].url ? rows[i].url : f.url;
        f.req.headers = rows[i].header;
        f.req.header_count = rows[i].header ? 1 : 0;
        HTTP_AUTO_RESP struct http_resp resp = {0};
        struct wp_reader *body = NULL;
        assert_int_equal(do_send(&f, &resp, &body), -1);
        assert_int_equal(f.err.code, WP_E_OTHER);
        assert_string_equal(f.err.msg, rows[i].msg);
    }
    assert_int_equal(atomic_load(&f.server.requests), 0);
    end(&f);
}

static void test_connection_refused(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hello);
    server_stop(&f.server);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_int_equal(f.err.code, WP_E_NETWORK);
    assert_non_null(strstr(f.err.msg, "'127.0.0.1': failed to connect"));
    f.transport->close(f.transport);
}

static void test_ca_file_problems(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_hello);
    snprintf(f.url, sizeof f.url, "https://127.0.0.1:%u/", (unsigned)f.server.port);
    f.tls.ca_file = "/dev/null/none.pem";
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct wp_reader *body = NULL;
    assert_int_equal(do_send(&f, &resp, &body), -1);
    assert_non_null(strstr(f.err.msg, "--ca-file: "));
    assert_non_null(strstr(f.err.msg, "/dev/null/none.pem"));
    assert_int_equal(atomic_load(&f.server.connections), 0);
    end(&f);
}

static void serve_once(struct server *s, int fd)
{
    if (hear_head(s, fd)) {
        say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nonce");
    }
}

static int fetch_one(void *arg, size_t i, struct wp_err *err)
{
    struct fixture *f = arg;
    (void)i;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (f->transport->send(f->transport, &f->x, &resp, &body, err) < 0 || wp_read_all(body, &b, 100, "body", err) < 0) {
        return -1;
    }
    return wp_str_eq(b.ptr, "once") ? 0 : wp_fail(err, WP_E_OTHER, "got '%s'", b.ptr);
}

static void test_many_threads(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, serve_once);
    if (wp_pool_run(4, 40, fetch_one, &f, &f.err) != 0) {
        fail_msg("%s", f.err.msg);
    }
    assert_int_equal(atomic_load(&f.server.requests), 40);
    end(&f);
}

static void test_version(void **state)
{
    (void)state;
    assert_non_null(http_curl_version());
    assert_true(wp_str_starts(http_curl_version(), "libcurl/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply),
        cmocka_unit_test(test_connection_is_reused),
        cmocka_unit_test(test_upload),
        cmocka_unit_test(test_early_reply),
        cmocka_unit_test(test_source_error_wins),
        cmocka_unit_test(test_short_source),
        cmocka_unit_test(test_empty_source_is_proven),
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_stall_in_body),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_closed_without_reply),
        cmocka_unit_test(test_endless_headers),
        cmocka_unit_test(test_https_to_http_server),
        cmocka_unit_test(test_http_to_something_else),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_big_body),
        cmocka_unit_test(test_refused_requests),
        cmocka_unit_test(test_connection_refused),
        cmocka_unit_test(test_ca_file_problems),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
