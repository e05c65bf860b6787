/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's policy: origins, redirects, retries, bounded bodies, words for errors. */
#include "tests/unit/oci/http-script.h"

static void test_base(void **state)
{
    (void)state;
    const struct {
        const char *host, *base;
        bool plain;
    } rows[] = {
        {"ghcr.io", "https://ghcr.io", false},
        {"docker.io", "https://registry-1.docker.io", false},
        {"index.docker.io", "https://registry-1.docker.io", false},
        {"reg:5000", "http://reg:5000", true},
        {"localhost:5000", "http://localhost:5000", false},
        {"127.0.0.1", "http://127.0.0.1", false},
        {"127.200.0.1:1", "http://127.200.0.1:1", false},
        {"[::1]:5000", "http://[::1]:5000", false},
        {"localhost.example.com", "https://localhost.example.com", false},
        {"10.0.0.1", "https://10.0.0.1", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct fixture f;
        script_begin(&f);
        f.opts.plain_http = rows[i].plain;
        script_play(&f, rows[i].host, NULL, 0);
        assert_string_equal(http_client_base(f.client), rows[i].base);
        script_end(&f);
    }
}

static void test_owns(void **state)
{
    (void)state;
    struct fixture f;
    script_begin(&f);
    script_play(&f, HOST, NULL, 0);
    assert_true(http_client_owns(f.client, BASE "/v2/"));
    assert_true(http_client_owns(f.client, "https://REG.example.com:443/x"));
    assert_false(http_client_owns(f.client, "http://reg.example.com:443/"));
    assert_false(http_client_owns(f.client, "https://reg.example.com:444/"));
    assert_false(http_client_owns(f.client, "https://reg.example.com.evil.com/"));
    assert_false(http_client_owns(f.client, "https://reg.example.com@evil.com/"));
    assert_false(http_client_owns(f.client, "//reg.example.com/"));
    script_end(&f);
}

static void test_redirects(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/0", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, NULL},
        {"GET " BASE "/0", BASIC, 307, {"Location: /1"}, NULL, NULL},
        {"GET " BASE "/1", BASIC, 302, {"Location: https://cdn.test/x?Signature=secret&n=1"}, NULL, NULL},
        {"GET https://cdn.test/x?Signature=secret&n=1", NULL, 303, {"Location: " BASE ":444/y"}, NULL, NULL},
        {"GET " BASE ":444/y", NULL, 308, {"Location: //reg.example.com/z"}, NULL, NULL},
        {"GET " BASE "/z", BASIC, 200, {NULL}, "there", NULL},
    };
    struct fixture f;
    script_login(&f);
    PLAY(&f, turns);
    script_must_get(&f, BASE "/0", "there");
    assert_null(strstr(f.trace.ptr, "secret"));
    assert_non_null(strstr(f.trace.ptr, "> GET https://cdn.test/x?Signature=…&n=1\n"));
    script_end(&f);
}

static void test_redirects_refused(void **state)
{
    (void)state;
    const struct {
        const char *location, *msg;
    } rows[] = {
        {"Location: http://reg.example.com/",
         "URL 'http://reg.example.com/' sent by 'reg.example.com' is refused: it would leave https for http"},
        {"Location: ftp://a/", "URL 'ftp://a/' sent by 'reg.example.com' is refused: it is neither http nor https"},
        {"Location: https://u:p@b.test/",
         "URL 'https://…@b.test/' sent by 'reg.example.com' is refused: it names a user"},
        {"Location: https://127.0.0.1:99/",
         "redirect to 'https://127.0.0.1:99/' is refused: it leads from a public registry into an inner network"},
        {"Location: https://[::ffff:10.0.0.1]/",
         "redirect to 'https://[::ffff:10.0.0.1]/' is refused: it leads from a public registry into an inner network"},
        {"Location: https://2130706433/",
         "redirect to 'https://2130706433/' is refused: it leads from a public registry into an inner network"},
        {"Location: https://metadata.google.internal./",
         "redirect to 'https://metadata.google.internal./' is refused: it leads from a public registry into an inner "
         "network"},
        {"Location: ", "'" BASE "/0' sent an empty URL"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct turn turns[] = {{"GET " BASE "/0", NULL, 307, {rows[i].location}, NULL, NULL}};
        struct fixture f;
        script_login(&f);
        PLAY(&f, turns);
        script_must_fail(&f, BASE "/0", WP_E_OTHER, rows[i].msg);
        script_end(&f);
    }
}

static void test_inner_registry_may_redirect_inside(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET https://10.0.0.1/0", NULL, 307, {"Location: https://10.0.0.2/"}, NULL, NULL},
        {"GET https://10.0.0.2/", NULL, 200, {NULL}, "ok", NULL},
    };
    struct fixture f;
    script_begin(&f);
    script_play(&f, "10.0.0.1", turns, WP_ARRAY_LEN(turns));
    script_must_get(&f, "https://10.0.0.1/0", "ok");
    script_end(&f);
}

static void test_redirect_loop(void **state)
{
    (void)state;
    const struct turn hop = {"GET " BASE "/0", NULL, 307, {"Location: /0"}, NULL, NULL};
    const struct turn turns[] = {hop, hop, hop, hop, hop, hop};
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    script_must_fail(&f, BASE "/0", WP_E_OTHER, "'" BASE "/0' redirects more than 5 times");
    script_end(&f);
}

/* An upload's Location on another host gets nothing of ours, not even after it asks. */
static void test_foreign_location(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/0", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, NULL},
        {"GET " BASE "/0", BASIC, 200, {NULL}, "", NULL},
        {"PUT https://evil.test/up?_state=abc", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, "data"},
    };
    struct fixture f;
    script_login(&f);
    f.opts.tls = (struct http_tls){.insecure = true, .cert_file = "c"};
    PLAY(&f, turns);
    script_must_get(&f, BASE "/0", "");
    struct wp_source_mem src = wp_source_mem(wp_span_str("data"));
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {
        .req = {.method = "PUT", .url = "https://evil.test/up?_state=abc", .body = &src.base, .body_size = 4},
        .scope = SCOPE};
    assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), -1);
    assert_int_equal(f.err.code, WP_E_DENIED);
    assert_string_equal(f.err.msg, "'https://evil.test/up?_state=…' denied PUT (401); credentials go to " BASE " only");
    assert_false(f.script.insecure_seen || f.script.own_cert_seen);
    script_end(&f);
}

static void test_retries(void **state)
{
    (void)state;
    static const int statuses[] = {408, 429, 500, 502, 503, 504, 0, -1};
    for (size_t i = 0; i < WP_ARRAY_LEN(statuses); i++) {
        const struct turn bad = {"GET " BASE "/1", NULL, statuses[i], {NULL}, NULL, NULL};
        const struct turn good = {"GET " BASE "/1", NULL, 200, {NULL}, "one", NULL};
        const struct turn turns[] = {bad, bad, good};
        struct fixture f;
        script_begin(&f);
        PLAY(&f, turns);
        script_must_get(&f, BASE "/1", "one");
        assert_int_equal(f.err.code, WP_E_OK);
        script_end(&f);

        const struct turn never[] = {bad, bad, bad};
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        script_begin(&f);
        PLAY(&f, never);
        assert_int_equal(script_get(&f, BASE "/1", &b), -1);
        assert_int_equal(f.err.code, WP_E_NETWORK);
        assert_true(wp_str_starts(f.err.msg, "after 3 attempts: "));
        script_end(&f);
    }
}

static void test_not_retried(void **state)
{
    (void)state;
    const struct {
        int status;
        enum wp_code code;
        const char *msg;
    } rows[] = {
        {400, WP_E_OTHER, HOST " failed (400 M: x): GET '" BASE "/1'"},
        {403, WP_E_DENIED, HOST " denied GET '" BASE "/1' (403 M: x); no credentials for it were found"},
        {404, WP_E_NOT_FOUND, "'" BASE "/1' not found (404 M: x)"},
        {409, WP_E_OTHER, HOST " failed (409 M: x): GET '" BASE "/1'"},
        {413, WP_E_OTHER, HOST " failed (413 M: x): GET '" BASE "/1'"},
        {416, WP_E_OTHER, HOST " failed (416 M: x): GET '" BASE "/1'"},
        {501, WP_E_OTHER, HOST " failed (501 M: x): GET '" BASE "/1'"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct turn turns[] = {{"GET " BASE "/1",
                                      NULL,
                                      rows[i].status,
                                      {NULL},
                                      "{\"errors\":[{\"code\":\"M\",\"message\":\"x\"}]}",
                                      NULL}};
        struct fixture f;
        script_begin(&f);
        PLAY(&f, turns);
        script_must_fail(&f, BASE "/1", rows[i].code, rows[i].msg);
        script_end(&f);
    }
}

static void test_no_retry(void **state)
{
    (void)state;
    const struct turn turns[] = {{"GET " BASE "/1", NULL, 503, {NULL}, NULL, NULL}};
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {.req = {.method = "GET", .url = BASE "/1"}, .no_retry = true};
    assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), -1);
    assert_string_equal(f.err.msg, HOST " failed (503): GET '" BASE "/1'");
    script_end(&f);
}

static void test_retry_after_too_long(void **state)
{
    (void)state;
    const struct turn turns[] = {{"GET " BASE "/1", NULL, 429, {"Retry-After: 3600"}, NULL, NULL}};
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    script_must_fail(&f, BASE "/1", WP_E_NETWORK,
                     HOST " is limiting us (429): GET '" BASE "/1'; asked to wait 3600 s, limit is 300 s");
    script_end(&f);
}

static void test_cancelled(void **state)
{
    (void)state;
    const struct turn turns[] = {{"GET " BASE "/1", NULL, 429, {"Retry-After: 200"}, NULL, NULL}};
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    struct wp_job *job = wp_job_new();
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {.req = {.method = "GET", .url = BASE "/1"}, .job = job};
    f.script.cancel = job;
    for (unsigned i = 0; i < 2; i++) { /* while it waits, and before anything is sent */
        wp_err_clear(&f.err);
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), -1);
        assert_int_equal(f.err.code, WP_E_INTERRUPTED);
    }
    script_end(&f);
    wp_job_free(job);
}

/* After a 401 and after a failure the body comes again, and the item counts it once. */
static void test_body_is_sent_anew(void **state)
{
    (void)state;
    const struct turn rows[][2] = {
        {{"PUT " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, "data"},
         {"PUT " BASE "/1", BASIC, 201, {NULL}, NULL, "data"}},
        {{"PUT " BASE "/1", NULL, 503, {NULL}, NULL, "data"}, {"PUT " BASE "/1", NULL, 201, {NULL}, NULL, "data"}},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct fixture f;
        script_login(&f);
        PLAY(&f, rows[i]);
        struct wp_job *job = wp_job_new();
        struct wp_item *item = wp_item_begin(job, "blob", 104);
        wp_item_add(item, 100, true);
        struct wp_source_mem src = wp_source_mem(wp_span_str("data"));
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        struct http_req req = {.method = "PUT", .url = BASE "/1", .body = &src.base, .body_size = 4};
        struct http_call call = {.req = req, .job = job};
        call.req.item = item;
        call.req.item_from = 100;
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), 0);
        struct wp_item_view view;
        assert_int_equal(wp_job_items(job, 0, &view, 1), 1);
        assert_int_equal(view.done, 104);
        script_end(&f);
        wp_job_free(job);
    }
}

static void test_answers(void **state)
{
    (void)state;
    static const int accept[] = {202, 416, 0};
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 404, {NULL}, "gone", NULL},
        {"GET " BASE "/1", NULL, 416, {NULL}, NULL, NULL},
        {"GET " BASE "/1", NULL, 200, {NULL}, NULL, NULL},
    };
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    for (unsigned i = 0; i < 3; i++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        struct http_call call = {.req = {.method = "GET", .url = BASE "/1"}, .expect_404 = i == 0};
        call.accept = i > 0 ? accept : NULL;
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), i == 2 ? -1 : 0);
        assert_int_equal(resp.status, i == 0 ? 404 : i == 1 ? 416 : 0);
    }
    script_end(&f);
}

static void test_endless_bodies(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 200, {NULL}, NULL, NULL},
        {"GET " BASE "/1", NULL, 404, {NULL}, NULL, NULL},
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {ASK, NULL, 200, {NULL}, NULL, NULL},
    };
    struct fixture f;
    script_begin(&f);
    f.script.endless = true;
    PLAY(&f, turns);
    script_must_fail(&f, BASE "/1", WP_E_LIMIT, "the reply of '" BASE "/1' is larger than 1000 bytes");
    script_must_fail(&f, BASE "/1", WP_E_NOT_FOUND, "'" BASE "/1' not found (404)");
    script_must_fail(&f, BASE "/1", WP_E_LIMIT, "the token server's reply is larger than 65536 bytes");
    assert_true(f.script.endless_read < 4 * WP_LIMIT_TOKEN_BODY);
    script_end(&f);
}

static void test_error_words(void **state)
{
    (void)state;
    const struct {
        const char *body, *words;
    } rows[] = {
        {"", ""},
        {"{\"errors\":[]}", ""},
        {"{\"errors\":[{\"code\":\"A\"},{\"code\":\"B\"}]}", "A"},
        {"{\"errors\":[{\"code\":\"denied\",\"message\":\"DENIED\"}]}", "denied"},
        {"{\"errors\":[{\"message\":\"m\"}]}", "m"},
        {"{\"errors\":[3]}", ""},
        {"{\"details\":\"bad\"}", "bad"},
        {"{\"message\":\"bad\"}", "bad"},
        {"  page not found\nmore", "page not found"},
        {"<html>oh</html>", ""},
        {"{\"errors\":[{\"code\":\"A\"", ""},
        {"\xff\xfe", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        http_error_words(wp_span_str(rows[i].body), &b);
        assert_string_equal(b.ptr, rows[i].words);
    }
    char longer[1000];
    memset(longer, 'a', sizeof longer);
    memcpy(longer + 299, "é", 2);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    http_error_words(wp_span(longer, sizeof longer), &b);
    assert_int_equal(b.len, 299 + 3);
    assert_string_equal(b.ptr + 297, "aa...");
}

static void test_retry_arithmetic(void **state)
{
    (void)state;
    assert_int_equal(http_retry_backoff_ms(500, 1, 0), 375);
    assert_int_equal(http_retry_backoff_ms(500, 1, 250), 625);
    assert_int_equal(http_retry_backoff_ms(500, 3, 0), 1500);
    assert_int_equal(http_retry_backoff_ms(500, 100, 15000), 37500);
    assert_int_equal(http_retry_backoff_ms(UINT64_MAX, 2, 0), 22500);
    const struct {
        const char *value;
        bool good;
        uint64_t ms;
    } rows[] = {
        {"0", true, 0},
        {"120", true, 120000},
        {"99999999999999999999", true, UINT64_C(4294967295000)},
        {"-1", false, 0},
        {"1.5", false, 0},
        {"", false, 0},
        {"soon", false, 0},
        {"Thu, 01 Jan 1970 00:16:50 GMT", true, 10000},
        {"Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint64_t ms = 0;
        assert_int_equal(http_retry_after_ms(rows[i].value, 1000, &ms), rows[i].good);
        assert_int_equal(ms, rows[i].ms);
    }
    assert_false(http_retry_status(501));
    assert_false(http_retry_status(404));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_owns),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_redirects_refused),
        cmocka_unit_test(test_inner_registry_may_redirect_inside),
        cmocka_unit_test(test_redirect_loop),
        cmocka_unit_test(test_foreign_location),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_not_retried),
        cmocka_unit_test(test_no_retry),
        cmocka_unit_test(test_retry_after_too_long),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_body_is_sent_anew),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_endless_bodies),
        cmocka_unit_test(test_error_words),
        cmocka_unit_test(test_retry_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
