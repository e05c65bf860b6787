/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/serve-blob.c and oci/serve-upload.c: blobs in by every way there is, out whole and in ranges, and what is left
 * of an upload that goes wrong. */
#include "base/num.h"
#include "tests/unit/oci/serve-client.h"
#include "tests/unit/unit.h"

#include <unistd.h>

#define ABSENT "sha256:0000000000000000000000000000000000000000000000000000000000000000"

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

static char *blob_path(const char *repo, const char *digest, char ret[512])
{
    (void)snprintf(ret, 512, "/v2/%s/blobs/%s", repo, digest);
    return ret;
}

/* Opens a session; ret is its path. */
static char *open_upload(const char *repo, char ret[512])
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "/v2/%s/blobs/uploads/", repo);
    AUTO_REPLY struct reply r = call(&server, "POST", path, "", "");
    assert_int_equal(r.status, 202);
    assert_non_null(reply_header(&r, "Location", 0, ret));
    assert_true(wp_str_starts(ret, path));
    assert_int_equal(strlen(ret), strlen(path) + 32);
    assert_header(&r, "Range", "0-0");
    assert_header(&r, "Docker-Upload-UUID", ret + strlen(path));
    return ret;
}

static void assert_range(const char *upload, const char *range)
{
    AUTO_REPLY struct reply r = call(&server, "GET", upload, "", NULL);
    assert_int_equal(r.status, 204);
    assert_header(&r, "Range", range);
    assert_header(&r, "Location", upload);
}

static void commit(int status, const char *upload, const char *digest, const char *body)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s?digest=%s", upload, digest);
    expect(&server, status, "PUT", path, "", body);
}

static void test_get(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    blob_path("lib/hello", push_blob(&server, "lib/hello", "0123456789", d), path);
    AUTO_REPLY struct reply get = call(&server, "GET", path, "", NULL);
    assert_int_equal(get.status, 200);
    assert_string_equal(get.body.ptr, "0123456789");
    assert_header(&get, "Docker-Content-Digest", d);
    assert_header(&get, "Content-Type", "application/octet-stream");
    assert_header(&get, "Accept-Ranges", "bytes");
    assert_header(&get, "X-Content-Type-Options", "nosniff");
    assert_header(&get, "Content-Security-Policy", "default-src 'none'; sandbox");
    AUTO_REPLY struct reply head = call(&server, "HEAD", path, "Range: bytes=1-2\r\n", NULL);
    assert_int_equal(head.status, 200);
    assert_header(&head, "Content-Length", "10");
    assert_header(&head, "Docker-Content-Digest", d);
    AUTO_REPLY struct reply missing = call(&server, "GET", "/v2/lib/hello/blobs/" ABSENT, "", NULL);
    assert_error(&missing, 404, "BLOB_UNKNOWN");
    AUTO_REPLY struct reply bad = call(&server, "GET", "/v2/lib/hello/blobs/sha256:abc", "", NULL);
    assert_error(&bad, 400, "DIGEST_INVALID");
    expect(&server, 404, "HEAD", "/v2/lib/hello/blobs/" ABSENT, "", NULL);
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *range;
        int status;
        const char *content_range, *body;
    } rows[] = {
        {"bytes=0-0", 206, "bytes 0-0/10", "0"},
        {"bytes=2-4", 206, "bytes 2-4/10", "234"},
        {"BYTES=2-4", 206, "bytes 2-4/10", "234"},
        {"bytes=7-", 206, "bytes 7-9/10", "789"},
        {"bytes=-3", 206, "bytes 7-9/10", "789"},
        {"bytes=-100", 206, "bytes 0-9/10", "0123456789"},
        {"bytes=8-100", 206, "bytes 8-9/10", "89"},
        {"bytes=0-18446744073709551616", 206, "bytes 0-9/10", "0123456789"},
        {"bytes=10-", 416, "bytes */10", NULL},
        {"bytes=5-2", 416, "bytes */10", NULL},
        {"bytes=-0", 416, "bytes */10", NULL},
        {"bytes=18446744073709551615-", 416, "bytes */10", NULL},
        {"bytes=99999999999999999999999-", 416, "bytes */10", NULL},
        {"bytes=0-1,4-5", 200, NULL, "0123456789"},
        {"bytes=a-b", 200, NULL, "0123456789"},
        {"bytes=-", 200, NULL, "0123456789"},
        {"bytes=1", 200, NULL, "0123456789"},
        {"items=0-1", 200, NULL, "0123456789"},
    };
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    blob_path("a", push_blob(&server, "a", "0123456789", d), path);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        char header[128];
        (void)snprintf(header, sizeof(header), "Range: %s\r\n", rows[i].range);
        AUTO_REPLY struct reply r = call(&server, "GET", path, header, NULL);
        assert_int_equal(r.status, rows[i].status);
        assert_header(&r, "Content-Range", rows[i].content_range);
        if (rows[i].body != NULL) {
            assert_string_equal(r.body.ptr, rows[i].body);
        } else {
            assert_error(&r, 416, "SIZE_INVALID");
        }
    }
    AUTO_REPLY struct reply r = call(&server, "GET", path, "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n", NULL);
    assert_int_equal(r.status, 200);
    blob_path("a", push_blob(&server, "a", "", d), path);
    AUTO_REPLY struct reply empty = call(&server, "GET", path, "Range: bytes=0-\r\n", NULL);
    assert_int_equal(empty.status, 416);
    expect(&server, 200, "GET", path, "", NULL);
}

static void test_delete(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    blob_path("a", push_blob(&server, "a", "to go", d), path);
    expect(&server, 202, "DELETE", path, "", NULL);
    AUTO_REPLY struct reply again = call(&server, "DELETE", path, "", NULL);
    assert_error(&again, 404, "BLOB_UNKNOWN");
    expect(&server, 404, "GET", path, "", NULL);
}

static void test_monolithic(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    digest_of(WP_SHA512, wp_span_str("five hundred and twelve"), d);
    (void)snprintf(path, sizeof(path), "/v2/a/blobs/uploads/?digest-algorithm=sha512&digest=%s", d);
    AUTO_REPLY struct reply r = call(&server, "POST", path, "", "five hundred and twelve");
    assert_int_equal(r.status, 201);
    assert_header(&r, "Docker-Content-Digest", d);
    assert_header(&r, "Location", blob_path("a", d, path));
    expect(&server, 200, "GET", path, "", NULL);

    AUTO_REPLY struct reply wrong = call(&server, "POST", "/v2/a/blobs/uploads/?digest=" ABSENT, "", "content");
    assert_error(&wrong, 400, "DIGEST_INVALID");
    expect(&server, 404, "GET", "/v2/a/blobs/" ABSENT, "", NULL);
    blob_path("a", digest_of(WP_SHA256, wp_span_str("content"), d), path);
    expect(&server, 404, "GET", path, "", NULL);
    AUTO_REPLY struct reply bad = call(&server, "POST", "/v2/a/blobs/uploads/?digest=md5:00", "", "content");
    assert_error(&bad, 400, "DIGEST_INVALID");
    AUTO_REPLY struct reply alg = call(&server, "POST", "/v2/a/blobs/uploads/?digest-algorithm=md5", "", "");
    assert_error(&alg, 400, "DIGEST_INVALID");
}

static void test_chunks(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char up[512];
    char path[1024];
    open_upload("a/b", up);
    AUTO_REPLY struct reply first = call(&server, "PATCH", up, "Content-Range: 0-4\r\n", "hello");
    assert_int_equal(first.status, 202);
    assert_header(&first, "Range", "0-4");
    assert_header(&first, "Location", up);
    AUTO_REPLY struct reply ahead = call(&server, "PATCH", up, "Content-Range: 9-10\r\n", "xx");
    assert_error(&ahead, 416, "BLOB_UPLOAD_INVALID");
    assert_header(&ahead, "Range", "0-4");
    assert_header(&ahead, "Location", up);
    AUTO_REPLY struct reply back = call(&server, "PATCH", up, "Content-Range: 0-4\r\n", "hello");
    assert_error(&back, 416, "BLOB_UPLOAD_INVALID");
    AUTO_REPLY struct reply differ = call(&server, "PATCH", up, "Content-Range: 5-9\r\n", "xx");
    assert_error(&differ, 400, "SIZE_INVALID");
    static const char *const bad[] = {"bytes 5-6/7", "5", "-", "5-4", "a-b", "-5-6"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        char header[64];
        (void)snprintf(header, sizeof(header), "Content-Range: %s\r\n", bad[i]);
        AUTO_REPLY struct reply r = call(&server, "PATCH", up, header, "xx");
        assert_error(&r, 400, "BLOB_UPLOAD_INVALID");
    }
    assert_range(up, "0-4");
    expect(&server, 202, "PATCH", up, "", " world");
    assert_range(up, "0-10");
    digest_of(WP_SHA256, wp_span_str("hello world!"), d);
    (void)snprintf(path, sizeof(path), "%s?digest=%s", up, d);
    expect(&server, 416, "PUT", path, "Content-Range: 0-0\r\n", "!");
    AUTO_REPLY struct reply put = call(&server, "PUT", path, "Content-Range: 11-11\r\n", "!");
    assert_int_equal(put.status, 201);
    assert_header(&put, "Location", blob_path("a/b", d, path));
    AUTO_REPLY struct reply get = call(&server, "GET", path, "", NULL);
    assert_string_equal(get.body.ptr, "hello world!");
    AUTO_REPLY struct reply gone = call(&server, "GET", up, "", NULL);
    assert_error(&gone, 404, "BLOB_UPLOAD_UNKNOWN");
}

static struct reply send_chunked(const char *method, const char *path, const char *headers, const char *coded)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n%s\r\n%s", method, path, headers,
                  coded);
    int fd = client_connect(&server);
    client_send(fd, text.ptr, text.len);
    struct reply r;
    assert_true(client_read(fd, false, &r));
    (void)close(fd);
    return r;
}

static void test_streamed(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char up[512];
    open_upload("a", up);
    AUTO_REPLY struct reply r = send_chunked("PATCH", up, "", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    assert_int_equal(r.status, 202);
    assert_header(&r, "Range", "0-10");
    commit(201, up, digest_of(WP_SHA256, wp_span_str("hello world"), d), "");

    /* Content-Range holds for a body of unannounced length too. */
    open_upload("a", up);
    AUTO_REPLY struct reply more = send_chunked("PATCH", up, "Content-Range: 0-2\r\n", "5\r\nhello\r\n0\r\n\r\n");
    assert_error(&more, 400, "SIZE_INVALID");
    expect(&server, 404, "GET", up, "", NULL);
    open_upload("a", up);
    AUTO_REPLY struct reply fewer = send_chunked("PATCH", up, "Content-Range: 0-8\r\n", "5\r\nhello\r\n0\r\n\r\n");
    assert_error(&fewer, 400, "SIZE_INVALID");
    expect(&server, 404, "GET", up, "", NULL);
}

static void test_mismatch_leaves_nothing(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char up[512];
    char path[1024];
    open_upload("a", up);
    commit(400, up, ABSENT, "poison");
    expect(&server, 404, "GET", up, "", NULL);
    expect(&server, 404, "HEAD", "/v2/a/blobs/" ABSENT, "", NULL);
    blob_path("a", digest_of(WP_SHA256, wp_span_str("poison"), d), path);
    expect(&server, 404, "HEAD", path, "", NULL);
    /* A malformed digest is refused before the session is touched. */
    open_upload("a", up);
    AUTO_REPLY struct reply none = call(&server, "PUT", up, "", "x");
    assert_error(&none, 400, "DIGEST_INVALID");
    commit(400, up, "sha256:..%2f..", "x");
    commit(400, up, "sha256:00%00", "x");
    commit(201, up, digest_of(WP_SHA256, wp_span_str("fine"), d), "fine");
}

static void test_cancel(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char up[512];
    open_upload("a", up);
    expect(&server, 202, "PATCH", up, "", "half");
    expect(&server, 204, "DELETE", up, "", NULL);
    AUTO_REPLY struct reply again = call(&server, "DELETE", up, "", NULL);
    assert_error(&again, 404, "BLOB_UPLOAD_UNKNOWN");
    commit(404, up, digest_of(WP_SHA256, wp_span_str("half"), d), "");
}

static void test_session_is_bound(void **state)
{
    (void)state;
    char up[512];
    char other[600];
    open_upload("one", up);
    (void)snprintf(other, sizeof(other), "/v2/two/blobs/uploads/%s", strrchr(up, '/') + 1);
    AUTO_REPLY struct reply r = call(&server, "PATCH", other, "", "x");
    assert_error(&r, 404, "BLOB_UPLOAD_UNKNOWN");
    expect(&server, 404, "GET", other, "", NULL);
    expect(&server, 404, "DELETE", other, "", NULL);
    expect(&server, 404, "GET", "/v2/one/blobs/uploads/00000000000000000000000000000000", "", NULL);
    assert_range(up, "0-0");
}

/* A client that went away leaves what it sent; while it is there, nobody else writes. */
static void test_one_writer(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char up[512];
    open_upload("a", up);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "PATCH %s HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhello", up);
    int fd = client_connect(&server);
    client_send(fd, text.ptr, text.len);
    for (;;) {
        char range[512];
        AUTO_REPLY struct reply r = call(&server, "GET", up, "", NULL);
        assert_int_equal(r.status, 204);
        if (wp_str_eq(reply_header(&r, "Range", 0, range), "0-4")) {
            break;
        }
    }
    AUTO_REPLY struct reply busy = call(&server, "PATCH", up, "Content-Range: 5-5\r\n", "!");
    assert_error(&busy, 409, "BLOB_UPLOAD_INVALID");
    expect(&server, 409, "DELETE", up, "", NULL);
    (void)close(fd);
    int status;
    do {
        AUTO_REPLY struct reply r = call(&server, "PATCH", up, "Content-Range: 5-5\r\n", "!");
        status = r.status;
    } while (status == 409);
    assert_int_equal(status, 202);
    commit(201, up, digest_of(WP_SHA256, wp_span_str("hello!"), d), "");
}

static void test_mount(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    push_blob(&server, "from/here", "mounted", d);
    (void)snprintf(path, sizeof(path), "/v2/to/blobs/uploads/?mount=%s&from=from%%2Fhere", d);
    AUTO_REPLY struct reply r = call(&server, "POST", path, "", "");
    assert_int_equal(r.status, 201);
    assert_header(&r, "Location", blob_path("to", d, path));
    AUTO_REPLY struct reply no = call(&server, "POST", "/v2/to/blobs/uploads/?mount=" ABSENT "&from=x", "", "");
    assert_int_equal(no.status, 202);
    AUTO_REPLY struct reply bad = call(&server, "POST", "/v2/to/blobs/uploads/?mount=x&from=x", "", "");
    assert_error(&bad, 400, "DIGEST_INVALID");
}

static void test_max_blob(void **state)
{
    (void)state;
    struct server small;
    server_start(&small, &(struct oci_serve_opts){.max_blob = 4});
    char d[OCI_DIGEST_TEXT];
    push_blob(&small, "a", "four", d);
    char path[1024];
    (void)snprintf(path, sizeof(path), "/v2/a/blobs/uploads/?digest=%s", digest_of(WP_SHA256, wp_span_str("fives"), d));
    AUTO_REPLY struct reply r = call(&small, "POST", path, "", "fives");
    assert_error(&r, 413, "SIZE_INVALID");
    AUTO_REPLY struct reply opened = call(&small, "POST", "/v2/a/blobs/uploads/", "", "");
    assert_non_null(reply_header(&opened, "Location", 0, path));
    expect(&small, 202, "PATCH", path, "", "abc");
    expect(&small, 413, "PATCH", path, "", "de");
    expect(&small, 202, "PATCH", path, "", "d");
    server_stop(&small);
}

/* Sessions are limited; one that ends makes room. */
static void test_many_sessions(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, NULL);
    int fd = client_connect(&s);
    static const char post[] = "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
    char last[512] = "";
    unsigned opened = 0;
    for (;; opened++) {
        struct reply r;
        client_send(fd, post, sizeof(post) - 1);
        assert_true(client_read(fd, false, &r));
        int status = r.status;
        if (status == 202) {
            assert_non_null(reply_header(&r, "Location", 0, last));
        } else {
            assert_error(&r, 429, "TOOMANYREQUESTS");
            assert_header(&r, "Retry-After", "10");
        }
        reply_done(&r);
        if (status != 202) {
            break;
        }
        assert_true(opened < 1024);
    }
    assert_true(opened >= 64);
    expect(&s, 204, "DELETE", last, "", NULL);
    expect(&s, 202, "POST", "/v2/a/blobs/uploads/", "", "");
    (void)close(fd);
    server_stop(&s);
}

#define LARGE (3 << 20)

static int push_many(void *arg, size_t i, struct wp_err *err)
{
    (void)err;
    char *bytes = arg;
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    /* Each its own content: a window of a common pattern. */
    struct wp_span span = wp_span(bytes + i, LARGE);
    char up[512];
    open_upload("many", up);
    for (size_t at = 0; at < LARGE; at += LARGE / 3) {
        AUTO_REPLY struct reply r = call_bytes(&server, "PATCH", up, "", wp_span(span.ptr + at, LARGE / 3));
        assert_int_equal(r.status, 202);
    }
    (void)snprintf(path, sizeof(path), "%s?digest=%s", up, digest_of(WP_SHA256, span, d));
    expect(&server, 201, "PUT", path, "", "");
    AUTO_REPLY struct reply get = call(&server, "GET", blob_path("many", d, path), "", NULL);
    assert_int_equal(get.body.len, LARGE);
    assert_memory_equal(get.body.ptr, span.ptr, LARGE);
    return 0;
}

static void test_eight_threads(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    for (uint32_t i = 0, x = 1; i < LARGE + 16; i++) {
        x = x * 1664525U + 1013904223U;
        wp_buf_add_char(&bytes, (char)(x >> 25));
    }
    struct wp_err err = {0};
    assert_int_equal(wp_pool_run(8, 16, push_many, bytes.ptr, &err), 0);
}

/* On a connection that stays, so that nothing but the reply tells of the request's end. */
static void ask(int fd, const char *method, const char *path, const char *body, int status, struct reply *ret)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n%s", method, path, strlen(body),
                  body);
    client_send(fd, text.ptr, text.len);
    assert_true(client_read(fd, false, ret));
    assert_int_equal(ret->status, status);
}

/* A reply about a session leaves when the session is free: its reader goes on over another connection while the thread
 * that sent it is not done with the request. */
static void test_reply_means_free(void **state)
{
    (void)state;
    struct server s;
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    server_start_held(&s, gate[0]);
    char upload[512];
    char path[1024];
    char d[OCI_DIGEST_TEXT];
    int ends[3];
    AUTO_REPLY struct reply opened = REPLY_INIT;
    AUTO_REPLY struct reply sent = REPLY_INIT;
    AUTO_REPLY struct reply done = REPLY_INIT;
    ends[0] = client_connect(&s);
    ask(ends[0], "POST", "/v2/a/blobs/uploads/", "", 202, &opened);
    assert_non_null(reply_header(&opened, "Location", 0, upload));
    ends[1] = client_connect(&s);
    ask(ends[1], "PATCH", upload, "ab", 202, &sent);
    (void)snprintf(path, sizeof(path), "%s?digest=%s", upload, digest_of(WP_SHA256, wp_span_str("abc"), d));
    ends[2] = client_connect(&s);
    ask(ends[2], "PUT", path, "c", 201, &done);
    assert_int_equal(write(gate[1], "...", 3), 3);
    for (size_t i = 0; i < WP_ARRAY_LEN(ends); i++) {
        (void)close(ends[i]);
    }
    server_stop(&s);
    (void)close(gate[0]);
    (void)close(gate[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_monolithic),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_streamed),
        cmocka_unit_test(test_mismatch_leaves_nothing),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_session_is_bound),
        cmocka_unit_test(test_one_writer),
        cmocka_unit_test(test_mount),
        cmocka_unit_test(test_max_blob),
        cmocka_unit_test(test_many_sessions),
        cmocka_unit_test(test_eight_threads),
        cmocka_unit_test(test_reply_means_free),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
