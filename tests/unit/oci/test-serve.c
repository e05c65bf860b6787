/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/serve.c: which request means what, what every reply carries, the log, start and refusal to start. */
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

static void assert_common_headers(const struct reply *r)
{
    assert_header(r, "Docker-Distribution-Api-Version", "registry/2.0");
    assert_header(r, "X-Content-Type-Options", "nosniff");
    assert_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
}

static void test_ping(void **state)
{
    (void)state;
    static const char *const paths[] = {"/v2/", "/v2", "/v2/?a=b"};
    for (size_t i = 0; i < WP_ARRAY_LEN(paths); i++) {
        AUTO_REPLY struct reply r = call(&server, "GET", paths[i], "", NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body.ptr, "{}");
        assert_header(&r, "Content-Type", "application/json");
        assert_common_headers(&r);
    }
    expect(&server, 200, "HEAD", "/v2/", "", NULL);
}

/* Never a redirect, never the raw path in the reply. */
static void test_no_such_path(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/",
        "/v1/",
        "/v2//",
        "/v2/../v2/",
        "//v2/",
        "/v2/a",
        "/v2/a/",
        "/v2/a/tags/",
        "/v2/a/tags/list/",
        "/v2//tags/list",
        "/v2/tags/list",
        "/v2/a//b/tags/list",
        "/v2/../tags/list",
        "/v2/a/../b/tags/list",
        "/v2/a/%2e%2e/b/tags/list",
        "/v2/a%2fb/tags/list",
        "/v2/a%00/tags/list",
        "/v2/A/tags/list",
        "/v2/a/./tags/list",
        "/v2/-a/tags/list",
        "/v2/a/manifests/",
        "/v2/a/manifests/1/2",
        "/v2/a/manifests/..",
        "/v2/a/manifests/%2e%2e",
        "/v2/a/manifests/..%2f..%2fetc%2fpasswd",
        "/v2/a/blobs/uploads/../../x/y",
        "/v2/a/blobs/",
        "/v2/a/referrers/",
        "/v2/_catalog/",
        "/v2/a/%3Cscript%3E/tags/list",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(paths); i++) {
        AUTO_REPLY struct reply r = call(&server, "GET", paths[i], "", NULL);
        if (r.status != 404) {
            print_error("%s: %d %s\n", paths[i], r.status, r.body.ptr);
        }
        assert_int_equal(r.status, 404);
        assert_header(&r, "Location", NULL);
        assert_true(wp_str_starts(r.body.ptr, "{\"errors\":[{\"code\":\""));
        assert_null(strstr(r.body.ptr, "script"));
        assert_common_headers(&r);
    }
    AUTO_REPLY struct reply name = call(&server, "GET", "/v2/A/tags/list", "", NULL);
    assert_error(&name, 404, "NAME_INVALID");
    WP_AUTO_BUF struct wp_buf longest = WP_BUF_INIT;
    wp_buf_add_str(&longest, "/v2/");
    for (int i = 0; i < 256; i++) {
        wp_buf_add_char(&longest, 'a');
    }
    wp_buf_add_str(&longest, "/tags/list");
    AUTO_REPLY struct reply large = call(&server, "GET", longest.ptr, "", NULL);
    assert_error(&large, 404, "NAME_INVALID");
}

/* Names may hold the words of the endpoints. */
static void test_odd_names(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    char path[512];
    static const char *const repos[] = {"manifests", "blobs/uploads", "tags/list", "a/manifests/b", "v2", "a/blobs/c"};
    for (size_t i = 0; i < WP_ARRAY_LEN(repos); i++) {
        push_blob(&server, repos[i], repos[i], d);
        (void)snprintf(path, sizeof(path), "/v2/%s/blobs/%s", repos[i], d);
        AUTO_REPLY struct reply r = call(&server, "GET", path, "", NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body.ptr, repos[i]);
    }
}

static void test_methods(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *allow;
    } rows[] = {
        {"POST", "/v2/", "GET, HEAD"},
        {"DELETE", "/v2/_catalog", "GET, HEAD"},
        {"PUT", "/v2/a/tags/list", "GET, HEAD"},
        {"POST", "/v2/a/referrers/" ABSENT, "GET, HEAD"},
        {"PUT", "/v2/a/blobs/" ABSENT, "GET, HEAD, DELETE"},
        {"POST", "/v2/a/manifests/1", "GET, HEAD, PUT, DELETE"},
        {"GET", "/v2/a/blobs/uploads/", "POST"},
        {"POST", "/v2/a/blobs/uploads/x", "PATCH, PUT, GET, HEAD, DELETE"},
        {"OPTIONS", "/v2/", "GET, HEAD"},
        {"get", "/v2/", "GET, HEAD"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        AUTO_REPLY struct reply r = call(&server, rows[i].method, rows[i].path, "", "body");
        assert_error(&r, 405, "UNSUPPORTED");
        assert_header(&r, "Allow", rows[i].allow);
    }
    AUTO_REPLY struct reply query = call(&server, "GET", "/v2/a/tags/list?n=%zz", "", NULL);
    assert_error(&query, 400, "UNSUPPORTED");
    expect(&server, 400, "GET", "/v2/a/tags/list?%0", "", NULL);
    expect(&server, 400, "GET", "/v2/a/tags/list?a=%00", "", NULL);
}

static void test_read_only(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, &(struct oci_serve_opts){.read_only = true});
    static const char *const writes[][2] = {
        {"POST", "/v2/a/blobs/uploads/"},   {"POST", "/v2/a/blobs/uploads/?mount=" ABSENT "&from=b"},
        {"PATCH", "/v2/a/blobs/uploads/x"}, {"PUT", "/v2/a/blobs/uploads/x?digest=" ABSENT},
        {"DELETE", "/v2/a/blobs/" ABSENT},  {"PUT", "/v2/a/manifests/1"},
        {"DELETE", "/v2/a/manifests/1"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(writes); i++) {
        AUTO_REPLY struct reply r = call(&s, writes[i][0], writes[i][1], "", "");
        assert_error(&r, 405, "UNSUPPORTED");
        assert_non_null(strstr(r.body.ptr, "read-only"));
    }
    expect(&s, 200, "GET", "/v2/_catalog", "", NULL);
    expect(&s, 404, "GET", "/v2/a/manifests/1", "", NULL);
    AUTO_REPLY struct reply allow = call(&s, "DELETE", "/v2/a/manifests/1", "", NULL);
    assert_header(&allow, "Allow", "GET, HEAD");
    server_stop(&s);
}

/* A page of a stranger, and one whose name leads to this machine all of a sudden: both may ask, neither may write. */
static void test_pages_cannot_write(void **state)
{
    (void)state;
    char digest[OCI_DIGEST_TEXT];
    digest_of(WP_SHA256, wp_span_str("x"), digest);
    char path[256];
    snprintf(path, sizeof(path), "/v2/a/blobs/uploads/?digest=%s", digest);
    AUTO_REPLY struct reply blob = call(&server, "POST", path, "Origin: http://evil.test\r\n", "x");
    assert_error(&blob, 403, "DENIED");
    snprintf(path, sizeof(path), "/v2/a/blobs/%s", digest);
    expect(&server, 404, "GET", path, "Origin: http://evil.test\r\n", NULL);
    expect(&server, 403, "PUT", "/v2/a/manifests/1", "Origin: null\r\n", "{}");
    expect(&server, 403, "DELETE", "/v2/a/manifests/1", "Origin: http://evil.test\r\n", NULL);
    expect(&server, 200, "GET", "/v2/", "Origin: http://evil.test\r\n", NULL);
}

/* One line per request; foreign bytes cannot steer the terminal that shows it. */
static void test_log(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, NULL);
    expect(&s, 200, "GET", "/v2/?secret=1", "", NULL);
    expect(&s, 404, "GET", "/v2/\x1b[31m\xff", "", NULL);
    expect(&s, 404, "HEAD", "/v2/a/manifests/1", "", NULL);
    server_end(&s);
    assert_true(wp_str_starts(s.log.ptr, "GET /v2/ 200 2 B "));
    assert_non_null(strstr(s.log.ptr, " ms\n"));
    assert_null(strstr(s.log.ptr, "secret"));
    assert_null(strchr(s.log.ptr, '\x1b'));
    assert_non_null(strstr(s.log.ptr, "\nGET /v2/\\x1b[31m\\xff 404 "));
    assert_non_null(strstr(s.log.ptr, "\nHEAD /v2/a/manifests/1 404 0 B "));
    server_stop(&s);
}

static void test_does_not_start(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct oci_store *store = oci_memory_new("memory");
    struct wp_job *job = wp_job_new();
    struct oci_serve_opts opts = {.addr = "nowhere", .job = job};
    assert_int_equal(oci_serve(store, &opts, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    assert_string_equal(err.msg, "'nowhere' is not an address to listen on: it has no port");
    char taken[64];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", server.port);
    opts.addr = taken;
    assert_int_equal(oci_serve(store, &opts, &err), -1);
    assert_int_equal(err.code, WP_E_IO);
    assert_non_null(strstr(err.msg, "Address already in use"));
    opts.addr = "127.0.0.1:0";
    opts.default_repo = "No";
    assert_int_equal(oci_serve(store, &opts, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    opts.default_repo = NULL;
    static const struct oci_store_ops none = {.kind = "none"};
    struct oci_store bare = {.ops = &none, .label = "none"};
    assert_int_equal(oci_serve(&bare, &opts, &err), -1);
    assert_int_equal(err.code, WP_E_UNSUPPORTED);
    assert_string_equal(err.msg, "a store of kind none cannot be served");
    wp_job_free(job);
    oci_store_close(store);
    assert_true(wp_str_starts(oci_serve_version(), "libmicrohttpd "));
}

/* A store that fails says so in the log, not to the client. */
static int broken_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    (void)s;
    (void)repo;
    (void)fn;
    (void)arg;
    return wp_fail(err, WP_E_IO, "cannot read '/secret/path'");
}

static void test_store_fails(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, NULL);
    const struct oci_store_ops *whole = s.store->ops;
    struct oci_store_ops broken = *whole;
    broken.each_name = broken_each_name;
    s.store->ops = &broken;
    static const char *const paths[] = {"/v2/_catalog", "/v2/a/tags/list"};
    for (size_t i = 0; i < WP_ARRAY_LEN(paths); i++) {
        AUTO_REPLY struct reply r = call(&s, "GET", paths[i], "", NULL);
        assert_error(&r, 500, "UNKNOWN");
        assert_null(strstr(r.body.ptr, "secret"));
    }
    server_end(&s);
    assert_non_null(strstr(s.log.ptr, " ms (cannot read '/secret/path')\n"));
    s.store->ops = whole;
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ping),
        cmocka_unit_test(test_no_such_path),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_pages_cannot_write),
        cmocka_unit_test(test_store_fails),
        cmocka_unit_test(test_does_not_start),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
