/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/httpd.c and clients that take their time: their connections end, nobody else's does. The limits are short here;
 * no test waits for more than what the server itself does. */
#include "base/mem.h"
#include "tests/unit/oci/serve-client.h"
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define NEVER_MS UINT32_C(3600000)

static void start(struct server *s, struct oci_serve_limits limits)
{
    server_start(s, &(struct oci_serve_opts){.limits = limits});
}

/* A server that does not end the connection fails the test instead of hanging it. */
static int connect_patiently(const struct server *s)
{
    int fd = client_connect(s);
    const struct timeval limit = {.tv_sec = 20};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    client_send(fd, text, strlen(text));
}

static void test_headers_that_never_end(void **state)
{
    (void)state;
    enum { SLOW = 100 };
    struct server s;
    start(&s, (struct oci_serve_limits){.headers_ms = 60, .idle_ms = NEVER_MS, .body_ms = NEVER_MS});
    static const char *const parts[] = {"", "GET", "GET /v2/ HTTP/1.1\r\n", "GET /v2/ HTTP/1.1\r\nHost: t\r\nX-A: "};
    int fds[SLOW];
    for (size_t i = 0; i < SLOW; i++) {
        fds[i] = connect_patiently(&s);
        say(fds[i], parts[i % WP_ARRAY_LEN(parts)]);
    }
    expect(&s, 200, "GET", "/v2/", "", NULL);
    for (size_t i = 0; i < SLOW; i++) {
        assert_closed(fds[i]);
        (void)close(fds[i]);
    }
    server_stop(&s);
}

static void test_silence_between_requests(void **state)
{
    (void)state;
    struct server s;
    start(&s, (struct oci_serve_limits){.headers_ms = NEVER_MS, .idle_ms = 60, .body_ms = NEVER_MS});
    int fd = connect_patiently(&s);
    say(fd, "GET /v2/ HTTP/1.1\r\nHost: t\r\n\r\n");
    AUTO_REPLY struct reply r = REPLY_INIT;
    assert_true(client_read(fd, false, &r));
    assert_int_equal(r.status, 200);
    say(fd, "GET /v2/ HTTP/1.1\r\nHost");
    assert_closed(fd);
    (void)close(fd);
    server_stop(&s);
}

static void test_body_that_trickles(void **state)
{
    (void)state;
    struct server s;
    start(&s, (struct oci_serve_limits){.headers_ms = NEVER_MS, .idle_ms = NEVER_MS, .body_ms = 60});
    static const char *const heads[] = {
        "PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n{",
        "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(heads); i++) {
        int fd = connect_patiently(&s);
        say(fd, heads[i]);
        assert_closed(fd);
        (void)close(fd);
    }
    /* What is sent at a good rate lives on, past the same limit. */
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    for (unsigned i = 0; i < 4U << 20; i++) {
        wp_buf_add_char(&body, (char)('a' + i % 23));
    }
    char d[OCI_DIGEST_TEXT];
    push_blob(&s, "a", body.ptr, d);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_that_never_end),
        cmocka_unit_test(test_silence_between_requests),
        cmocka_unit_test(test_body_that_trickles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
