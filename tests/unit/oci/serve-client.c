/* SPDX-License-Identifier: Apache-2.0
 *
 * See serve-client.h. */
#include "tests/unit/oci/serve-client.h"

#include "base/mem.h"
#include "base/num.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_ready(void *arg, const char *addr)
{
    struct server *s = arg;
    (void)!write(s->ready[1], addr, strlen(addr));
    (void)close(s->ready[1]);
}

static void on_log(void *arg, const char *line)
{
    struct server *s = arg;
    char leave;
    if (s->hold >= 0) {
        (void)!read(s->hold, &leave, 1);
    }
    pthread_mutex_lock(s->log_lock);
    wp_buf_printf(&s->log, "%s\n", line);
    pthread_mutex_unlock(s->log_lock);
}

static void run(void *arg)
{
    struct server *s = arg;
    s->rc = oci_serve(s->store, &s->opts, &s->err);
}

static void start(struct server *s, const struct oci_serve_opts *opts, int hold)
{
    *s = (struct server){.log = WP_BUF_INIT, .hold = hold};
    s->opts = opts != NULL ? *opts : (struct oci_serve_opts){0};
    s->store = oci_memory_new("memory");
    s->job = wp_job_new();
    s->opts.addr = s->opts.addr != NULL ? s->opts.addr : "127.0.0.1:0";
    s->opts.job = s->job;
    s->opts.ready = on_ready;
    s->opts.log = on_log;
    s->opts.arg = s;
    s->log_lock = wp_xcalloc(1, sizeof(pthread_mutex_t));
    pthread_mutex_init(s->log_lock, NULL);
    assert_int_equal(pipe(s->ready), 0);
    struct wp_err err = {0};
    assert_int_equal(wp_thread_start("serve", run, s, &s->thread, &err), 0);
    char addr[128] = {0};
    assert_true(read(s->ready[0], addr, sizeof(addr) - 1) > 0);
    (void)close(s->ready[0]);
    assert_true(wp_str_starts(addr, "127.0.0.1:"));
    uint64_t port;
    assert_true(wp_parse_u64(addr + strlen("127.0.0.1:"), 1, 65535, &port));
    s->port = (unsigned short)port;
}

void server_start(struct server *s, const struct oci_serve_opts *opts)
{
    start(s, opts, -1);
}

void server_start_held(struct server *s, int hold)
{
    start(s, NULL, hold);
}

void server_end(struct server *s)
{
    wp_job_cancel(s->job, 0);
    wp_thread_join(WP_STEAL(s->thread));
    assert_string_equal(s->err.msg, "");
    assert_int_equal(s->rc, 0);
}

void server_stop(struct server *s)
{
    if (s->thread != NULL) {
        server_end(s);
    }
    oci_store_close(s->store);
    wp_job_free(s->job);
    wp_buf_done(&s->log);
    pthread_mutex_destroy(s->log_lock);
    free(s->log_lock);
}

void reply_done(struct reply *r)
{
    wp_buf_done(&r->head);
    wp_buf_done(&r->body);
}

int client_connect(const struct server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in sa = {
        .sin_family = AF_INET, .sin_port = htons(s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    return fd;
}

void client_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0) {
            /* A server may answer and close before all was sent: its reply is still to be read. */
            assert_true(errno == EPIPE || errno == ECONNRESET);
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

bool client_read(int fd, bool head_only, struct reply *ret)
{
    *ret = (struct reply)REPLY_INIT;
    while (strstr(ret->head.ptr, "\r\n\r\n") == NULL) {
        char c;
        ssize_t n = recv(fd, &c, 1, 0);
        if (n <= 0) {
            assert_int_equal(ret->head.len, 0);
            return false;
        }
        wp_buf_add(&ret->head, &c, 1);
    }
    assert_true(wp_str_starts(ret->head.ptr, "HTTP/1.1 "));
    ret->status = (int)strtol(ret->head.ptr + strlen("HTTP/1.1 "), NULL, 10);
    char text[512];
    uint64_t length = 0;
    if (head_only || ret->status == 204 || ret->status < 200) {
        return true;
    }
    assert_non_null(reply_header(ret, "Content-Length", 0, text));
    assert_true(wp_parse_u64(text, 0, UINT32_MAX, &length));
    while (ret->body.len < length) {
        char part[16384];
        ssize_t n = recv(fd, part, WP_MIN(sizeof(part), length - ret->body.len), 0);
        assert_true(n > 0);
        wp_buf_add(&ret->body, part, (size_t)n);
    }
    return true;
}

void assert_closed(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    if (n > 0) {
        char more[256] = {0};
        (void)!recv(fd, more, sizeof(more) - 1, 0);
        print_error("more came: %c%s\n", c, more);
    }
    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

struct reply call_bytes(const struct server *s, const char *method, const char *path, const char *headers,
                        struct wp_span body)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n%s", method, path, headers);
    if (body.ptr != NULL) {
        wp_buf_printf(&text, "Content-Length: %zu\r\n", body.len);
    }
    wp_buf_add_str(&text, "\r\n");
    wp_buf_add(&text, body.ptr, body.len);
    int fd = client_connect(s);
    client_send(fd, text.ptr, text.len);
    struct reply r;
    assert_true(client_read(fd, wp_str_eq(method, "HEAD"), &r));
    assert_closed(fd);
    (void)close(fd);
    return r;
}

struct reply call(const struct server *s, const char *method, const char *path, const char *headers, const char *body)
{
    return call_bytes(s, method, path, headers, body != NULL ? wp_span_str(body) : wp_span(NULL, 0));
}

void expect(const struct server *s, int status, const char *method, const char *path, const char *headers,
            const char *body)
{
    AUTO_REPLY struct reply r = call(s, method, path, headers, body);
    if (r.status != status) {
        print_error("%s %s: %s\n", method, path, r.body.ptr);
    }
    assert_int_equal(r.status, status);
}

const char *reply_header(const struct reply *r, const char *name, unsigned nth, char ret[512])
{
    size_t name_len = strlen(name);
    for (const char *line = strstr(r->head.ptr, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':' && nth-- == 0) {
            const char *value = line + name_len + 1;
            value += strspn(value, " ");
            (void)snprintf(ret, 512, "%.*s", (int)strcspn(value, "\r"), value);
            return ret;
        }
    }
    return NULL;
}

void assert_header(const struct reply *r, const char *name, const char *value)
{
    char text[512];
    const char *found = reply_header(r, name, 0, text);
    if (value == NULL) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found, value);
}

void assert_error(const struct reply *r, int status, const char *code)
{
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    assert_int_equal(r->status, status);
    wp_buf_printf(&want, "{\"errors\":[{\"code\":\"%s\",\"message\":\"", code);
    if (!wp_str_starts(r->body.ptr, want.ptr)) {
        print_error("body: %s, wanted code %s\n", r->body.ptr, code);
    }
    assert_true(wp_str_starts(r->body.ptr, want.ptr));
    assert_header(r, "Content-Type", "application/json");
}

char *digest_of(enum wp_hash_alg alg, struct wp_span bytes, char ret[OCI_DIGEST_TEXT])
{
    struct oci_digest d;
    oci_digest_of(alg, bytes, &d);
    return oci_digest_text(&d, ret);
}

char *push_blob(const struct server *s, const char *repo, const char *text, char ret[OCI_DIGEST_TEXT])
{
    char path[512];
    digest_of(WP_SHA256, wp_span_str(text), ret);
    (void)snprintf(path, sizeof(path), "/v2/%s/blobs/uploads/?digest=%s", repo, ret);
    expect(s, 201, "POST", path, "", text);
    return ret;
}
