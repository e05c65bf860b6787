/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs: splitting, joining (the examples of RFC 3986 section 5.4 among others), kinds of hosts, what is shown; and the
 * next page of Link headers. */
#include "oci/http-url.h"
#include "oci/http.h"
#include "tests/unit/unit.h"

static void test_split(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool https;
        const char *host;
        unsigned port;
        const char *rest;
    } good[] = {
        {"http://a", false, "a", 80, ""},
        {"HTTPS://A.b/c?d", true, "a.b", 443, "/c?d"},
        {"https://a:5000?x@y", true, "a", 5000, "?x@y"},
        {"http://[::1]:1/", false, "::1", 1, "/"},
        {"http://a_b.c#f", false, "a_b.c", 80, "#f"},
    };
    static const struct {
        const char *url, *problem;
    } bad[] = {
        {"", "is neither http nor https"},
        {"//a/", "is neither http nor https"},
        {"file:///x", "is neither http nor https"},
        {"http:/a", "is neither http nor https"},
        {"http://", "names no valid host"},
        {"http:///x", "names no valid host"},
        {"http://a:/", "names no valid host"},
        {"http://a:0/", "names no valid host"},
        {"http://a:65536/", "names no valid host"},
        {"http://a:1x/", "names no valid host"},
        {"http://a:000080/", "names no valid host"},
        {"http://a%2fb/", "names no valid host"},
        {"http://\xc3\xa9/", "names no valid host"},
        {"http://[::1/", "names no valid host"},
        {"http://[::1]x/", "names no valid host"},
        {"http://[fe80::1%25eth0]/", "names no valid host"},
        {"http://[127.0.0.1]/", "names no valid host"},
        {"http://u@a/", "names a user"},
        {"http://u:p@a/", "names a user"},
        {"http://a\\b/", "contains a blank, a control byte or a backslash"},
        {"http://a/ b", "contains a blank, a control byte or a backslash"},
        {"http://a/\r\nX: y", "contains a blank, a control byte or a backslash"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        struct http_origin o;
        const char *rest = NULL;
        assert_null(http_url_split(good[i].url, &o, &rest));
        assert_int_equal(o.https, good[i].https);
        assert_string_equal(o.host, good[i].host);
        assert_int_equal(o.port, good[i].port);
        assert_string_equal(rest, good[i].rest);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        struct http_origin o;
        const char *problem = http_url_split(bad[i].url, &o, NULL);
        if (!problem || strcmp(problem, bad[i].problem) != 0) {
            fail_msg("'%s': %s", bad[i].url, problem ? problem : "accepted");
        }
    }
}

static void test_join(void **state)
{
    (void)state;
    static const char base[] = "http://a/b/c/d;p?q";
    static const struct {
        const char *base, *target, *url;
    } rows[] = {
        {base, "g", "http://a/b/c/g"},
        {base, "./g", "http://a/b/c/g"},
        {base, "g/", "http://a/b/c/g/"},
        {base, "/g", "http://a/g"},
        {base, "//g", "http://g"},
        {base, "?y", "http://a/b/c/d;p?y"},
        {base, "g?y", "http://a/b/c/g?y"},
        {base, "#s", "http://a/b/c/d;p"},
        {base, "g#s", "http://a/b/c/g"},
        {base, ";x", "http://a/b/c/;x"},
        {base, ".", "http://a/b/c/"},
        {base, "./", "http://a/b/c/"},
        {base, "..", "http://a/b/"},
        {base, "../g", "http://a/b/g"},
        {base, "../..", "http://a/"},
        {base, "../../../g", "http://a/g"},
        {base, "/../g", "http://a/g"},
        {base, "g.", "http://a/b/c/g."},
        {base, "..g", "http://a/b/c/..g"},
        {base, "./../g", "http://a/b/g"},
        {base, "g/./h/../i", "http://a/b/c/g/i"},
        {base, "g?y/./x", "http://a/b/c/g?y/./x"},
        {base, "https://x/../y?z#f", "https://x/../y?z"},
        {"http://a", "g", "http://a/g"},
        {"http://a", "?q", "http://a/?q"},
        {"http://a?x", "g", "http://a/g"},
        {"https://r/v2/", "/v2/a/blobs/uploads/1?_state=x%2F", "https://r/v2/a/blobs/uploads/1?_state=x%2F"},
        {"https://r/", "caf\xc3\xa9", "https://r/caf%C3%A9"},
        {"http://r/", "https://s/", "https://s/"},
    };
    static const struct {
        const char *base, *target, *msg;
    } bad[] = {
        {base, "", "'http://a/b/c/d;p?q' sent an empty URL"},
        {base, "ftp://x", "URL 'ftp://x' sent by 'a' is refused: it is neither http nor https"},
        {base, "javascript:x", "URL 'javascript:x' sent by 'a' is refused: it is neither http nor https"},
        {base, "//u:p@h/", "URL 'http://…@h/' sent by 'a' is refused: it names a user"},
        {base, "a b",
         "URL 'http://a/b/c/a b' sent by 'a' is refused: it contains a blank, a control byte or a "
         "backslash"},
        {"https://r/", "http://r/", "URL 'http://r/' sent by 'r' is refused: it would leave https for http"},
        {"x", "y", "URL 'x' is neither http nor https"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        char *url = NULL;
        if (http_url_join(&a, rows[i].base, rows[i].target, &url, &err) != 0) {
            fail_msg("%s", err.msg);
        }
        assert_string_equal(url, rows[i].url);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        char *url = NULL;
        assert_int_equal(http_url_join(&a, bad[i].base, bad[i].target, &url, &err), -1);
        assert_int_equal(err.code, WP_E_OTHER);
        assert_string_equal(err.msg, bad[i].msg);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum http_host_kind kind;
        bool loopback; /* plain HTTP without being asked */
    } rows[] = {
        {"127.0.0.1", HTTP_HOST_LOOPBACK, true},
        {"127.1", HTTP_HOST_LOOPBACK, true},
        {"0x7f000001", HTTP_HOST_LOOPBACK, true},
        {"2130706433", HTTP_HOST_LOOPBACK, true},
        {"127.0.0.1.", HTTP_HOST_LOOPBACK, true},
        {"::1", HTTP_HOST_LOOPBACK, true},
        {"::ffff:127.0.0.1", HTTP_HOST_LOOPBACK, true},
        {"localhost", HTTP_HOST_LOOPBACK, true},
        {"LOCALHOST", HTTP_HOST_LOOPBACK, true},
        {"a.localhost", HTTP_HOST_LOOPBACK, false},
        {"localhost.", HTTP_HOST_LOOPBACK, false},
        {"0.0.0.0", HTTP_HOST_PRIVATE, false},
        {"::", HTTP_HOST_PRIVATE, false},
        {"10.1.1.1", HTTP_HOST_PRIVATE, false},
        {"172.31.0.1", HTTP_HOST_PRIVATE, false},
        {"192.168.0.1", HTTP_HOST_PRIVATE, false},
        {"169.254.169.254", HTTP_HOST_PRIVATE, false},
        {"100.64.0.1", HTTP_HOST_PRIVATE, false},
        {"fe80::1", HTTP_HOST_PRIVATE, false},
        {"fd00::1", HTTP_HOST_PRIVATE, false},
        {"64:ff9b::a00:1", HTTP_HOST_PRIVATE, false},
        {"2002:a00:1::", HTTP_HOST_PRIVATE, false},
        {"metadata.google.internal", HTTP_HOST_PRIVATE, false},
        {"registry", HTTP_HOST_PRIVATE, false},
        {"172.32.0.1", HTTP_HOST_PUBLIC, false},
        {"8.8.8.8", HTTP_HOST_PUBLIC, false},
        {"2001:4860::1", HTTP_HOST_PUBLIC, false},
        {"::ffff:8.8.8.8", HTTP_HOST_PUBLIC, false},
        {"ghcr.io", HTTP_HOST_NAME, false},
        {"localhost.example.com", HTTP_HOST_NAME, false},
        {"notlocalhost.example", HTTP_HOST_NAME, false},
        {"127.0.0.1.nip.io", HTTP_HOST_NAME, false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (http_host_kind(rows[i].host) != rows[i].kind || http_host_is_loopback(rows[i].host) != rows[i].loopback) {
            fail_msg("%s: kind %d, loopback %d", rows[i].host, (int)http_host_kind(rows[i].host),
                     http_host_is_loopback(rows[i].host));
        }
    }
    assert_true(http_host_is_loopback("[::1]:5000"));
    assert_true(http_host_is_loopback("localhost:5000"));
    assert_false(http_host_is_loopback("127.0.0.1:x"));
    assert_false(http_host_is_loopback(""));
}

static void test_shown(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"https://a/b", "https://a/b"},
        {"https://a/b?digest=sha256:x&_state=secret&n=1", "https://a/b?digest=sha256:x&_state=…&n=1"},
        {"https://a/b?X-Amz-Signature=1&sig", "https://a/b?X-Amz-Signature=…&sig"},
        {"https://a?digest=?&DIGEST=1", "https://a?digest=?&DIGEST=…"},
        {"https://u:p@a/b@c", "https://…@a/b@c"},
        {"nonsense", "nonsense"},
        {"", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        assert_string_equal(http_url_shown(&a, rows[i].url), rows[i].shown);
    }
}

static void test_link(void **state)
{
    (void)state;
    static const struct {
        const char *value, *next;
    } rows[] = {
        {"</v2/_catalog?last=a&n=1>; rel=\"next\"", "/v2/_catalog?last=a&n=1"},
        {"</x>;rel=next", "/x"},
        {"</x> ; REL = \"prev NEXT\"", "/x"},
        {"</a>; rel=\"prev\", </b>; title=\"x, </c>; rel=next\"; rel=\"next\"", "/b"},
        {"</a,b>; rel=next", "/a,b"},
        {"<>; rel=next", ""},
        {"</a>; rel=prev; rel=next", NULL},
        {"</a>; rel=next; anchor=\"#x\"", NULL},
        {"</a>; rel=\"nextish\"", NULL},
        {"</a>", NULL},
        {"/a; rel=next", NULL},
        {"</a; rel=next", NULL},
        {"</a>; rel=\"next", NULL},
        {"", NULL},
        {",,,", NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        const char *next = http_link_next(&a, rows[i].value);
        if (strcmp(next ? next : "(none)", rows[i].next ? rows[i].next : "(none)") != 0) {
            fail_msg("'%s': %s", rows[i].value, next ? next : "(none)");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split), cmocka_unit_test(test_join), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_shown), cmocka_unit_test(test_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
