/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/httpd.c on the wire: requests that two readers could understand differently are refused and end the connection,
 * nothing that follows them is answered; addresses; the graceful end. */
#include "base/mem.h"
#include "oci/httpd.h"
#include "tests/unit/oci/serve-client.h"
#include "tests/unit/unit.h"

#include <unistd.h>

static struct server server;

static int start(void **state)
{
    (void)state;
    server_start(&server, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    server_stop(&server);
    return 0;
}

#define HOST "Host: t\r\n"
/* Bytes with NULs in them. */
#define RAW(text) (text), sizeof(text) - 1

static void read_all(int fd, struct wp_buf *b)
{
    char part[4096];
    ssize_t n;
    while ((n = read(fd, part, sizeof(part))) > 0) {
        wp_buf_add(b, part, (size_t)n);
    }
}

static void test_refused(void **state)
{
    (void)state;
    size_t answered = 0;
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
             "0\r\n\r\nGET /v2/ HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
             "GET /v2/ HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 39\r\n\r\n"
             "GET /v2/ HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"
             "GET /v2/ HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
             "transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v2/ HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length : 0\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nhello")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello")},
        {RAW("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n")},
        {RAW("GET /v2/ HTTP/1.1\r\n\r\n")},
        {RAW("GET /v2/ HTTP/1.1\r\n" HOST "X\0A: b\r\n\r\n")},
        {RAW("GET /v2/\0x HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("GET /v2/?a\0x HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("GET http://t/v2/ HTTP/1.1\r\n" HOST "\r\n")},
        {RAW("GET v2/ HTTP/1.1\r\n" HOST "\r\n")},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf all = WP_BUF_INIT;
        int fd = client_connect(&server);
        client_send(fd, rows[i].text, rows[i].len);
        read_all(fd, &all);
        (void)close(fd);
        if (strstr(all.ptr, "HTTP/1.1 2") != NULL || (all.len > 0 && !wp_str_starts(all.ptr, "HTTP/1.1 4"))) {
            print_error("row %zu: %s\n", i, all.ptr);
            fail();
        }
        answered += strstr(all.ptr, "HTTP/1.1 400 ") != NULL;
    }
    /* The library ends some connections without a word, and answers 413 to a length beyond 64 bits. */
    assert_true(answered >= WP_ARRAY_LEN(rows) - 3);
}

/* The same connection carries many requests; a body that nobody wants is read past. */
/* Who tries TLS is told that this is HTTP, whatever the random bytes of the hello look like. */
static void test_tls_is_answered(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\nabc")},
        {RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 x\n\n")},
        {RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03no line ends")},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf all = WP_BUF_INIT;
        int fd = client_connect(&server);
        client_send(fd, rows[i].text, rows[i].len);
        read_all(fd, &all);
        (void)close(fd);
        assert_true(wp_str_starts(all.ptr, "HTTP/1.1 400 "));
        assert_non_null(strstr(all.ptr, "\r\n\r\nthis is HTTP, and the request was TLS\r\n"));
    }
}

static void test_keep_alive(void **state)
{
    (void)state;
    static const char two[] = "GET /v2/ HTTP/1.1\r\n" HOST "Content-Length: 7\r\n\r\nignored"
                              "PUT /v2/_catalog HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
                              "HEAD /v2/ HTTP/1.1\r\n" HOST "\r\n"
                              "GET /v2/_catalog HTTP/1.1\r\n" HOST "\r\n";
    int fd = client_connect(&server);
    client_send(fd, two, sizeof(two) - 1);
    static const int want[] = {200, 405, 200, 200};
    for (size_t i = 0; i < WP_ARRAY_LEN(want); i++) {
        AUTO_REPLY struct reply r = REPLY_INIT;
        assert_true(client_read(fd, i == 2, &r));
        assert_int_equal(r.status, want[i]);
    }
    (void)close(fd);
}

static void test_expect_continue(void **state)
{
    (void)state;
    static const char wanted[] =
        "POST /v2/a/blobs/uploads/?digest="
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 HTTP/1.1\r\n" HOST
        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    int fd = client_connect(&server);
    client_send(fd, wanted, sizeof(wanted) - 1);
    AUTO_REPLY struct reply go = REPLY_INIT;
    assert_true(client_read(fd, false, &go));
    assert_int_equal(go.status, 100);
    client_send(fd, "hello", 5);
    AUTO_REPLY struct reply r = REPLY_INIT;
    assert_true(client_read(fd, false, &r));
    assert_int_equal(r.status, 201);
    (void)close(fd);

    /* Refused by its headers: the body is never asked for. */
    static const char refused[] =
        "PUT /v2/a/manifests/1 HTTP/1.1\r\n" HOST "Content-Length: 5000000\r\nExpect: 100-continue\r\n\r\n";
    fd = client_connect(&server);
    client_send(fd, refused, sizeof(refused) - 1);
    AUTO_REPLY struct reply no = REPLY_INIT;
    assert_true(client_read(fd, false, &no));
    assert_error(&no, 413, "SIZE_INVALID");
    assert_closed(fd);
    (void)close(fd);
}

static void test_large_headers(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_add_str(&text, "GET /v2/ HTTP/1.1\r\n" HOST "X-Large: ");
    for (unsigned i = 0; i < 70000; i++) {
        wp_buf_add_char(&text, 'x');
    }
    wp_buf_add_str(&text, "\r\n\r\n");
    int fd = client_connect(&server);
    client_send(fd, text.ptr, text.len);
    struct reply r;
    if (client_read(fd, false, &r)) {
        assert_int_equal(r.status, 431);
    }
    reply_done(&r);
    (void)close(fd);
    expect(&server, 200, "GET", "/v2/", "", NULL);
}

static void assert_no_listen(const char *addr, enum wp_code code, const char *msg)
{
    struct wp_err err = {0};
    int fd = -1;
    char text[HTTPD_ADDR_TEXT];
    assert_int_equal(httpd_listen(addr, &fd, text, &err), -1);
    assert_int_equal(err.code, code);
    assert_string_equal(err.msg, msg);
    assert_true(err.hint[0] != '\0');
}

static void test_addresses(void **state)
{
    (void)state;
    char taken[64];
    char msg[128];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", server.port);
    (void)snprintf(msg, sizeof(msg), "cannot listen on '%s': Address already in use", taken);
    assert_no_listen(taken, WP_E_IO, msg);
    assert_no_listen("192.0.2.1:0", WP_E_IO, "cannot listen on '192.0.2.1:0': Cannot assign requested address");
#define BAD(addr, why) assert_no_listen(addr, WP_E_USAGE, "'" addr "' is not an address to listen on: " why)
    BAD("", "it has no port");
    BAD("5000", "it has no port");
    BAD(":5000", "it has no host");
    BAD("[]:5000", "it has no host");
    BAD("127.0.0.1:", "its port is not a number from 0 to 65535");
    BAD("127.0.0.1:65536", "its port is not a number from 0 to 65535");
    BAD("127.0.0.1:http", "its port is not a number from 0 to 65535");
    BAD("::1:5000", "an IPv6 address stands in brackets");
    BAD("300.1.1.1.1.:1", "Name or service not known");
    struct wp_err err = {0};
    WP_AUTO_FD int fd = -1;
    char text[HTTPD_ADDR_TEXT];
    assert_int_equal(httpd_listen("127.0.0.1:0", &fd, text, &err), 0);
    assert_true(wp_str_starts(text, "127.0.0.1:"));
    assert_string_not_equal(text, "127.0.0.1:0");
}

/* Cancelled while a body is on its way: no new connection, this one gets its reply. */
static void test_graceful_end(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, NULL);
    static const char head[] =
        "POST /v2/a/blobs/uploads/?digest="
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 HTTP/1.1\r\n" HOST
        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    int fd = client_connect(&s);
    client_send(fd, head, sizeof(head) - 1);
    AUTO_REPLY struct reply go = REPLY_INIT;
    assert_true(client_read(fd, false, &go));
    assert_int_equal(go.status, 100);
    wp_job_cancel(s.job, 0);
    client_send(fd, "hel", 3);
    client_send(fd, "lo", 2);
    AUTO_REPLY struct reply r = REPLY_INIT;
    assert_true(client_read(fd, false, &r));
    assert_int_equal(r.status, 201);
    assert_closed(fd);
    (void)close(fd);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_tls_is_answered),
        cmocka_unit_test(test_keep_alive),    cmocka_unit_test(test_expect_continue),
        cmocka_unit_test(test_large_headers), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_graceful_end),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
