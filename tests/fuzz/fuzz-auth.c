/* SPDX-License-Identifier: Apache-2.0
 *
 * What a registry sends in headers: challenges, Link, Location and Retry-After. The input is one header value. What
 * the parsers let through must hold for whoever relies on it. */
#include "base/json.h"
#include "base/mem.h"
#include "oci/auth.h"
#include "oci/creds-parts.h"
#include "oci/http-client.h"
#include "oci/http-retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_url(struct wp_arena *a, const char *base, const char *target)
{
    struct wp_err err = {0};
    struct http_origin from;
    struct http_origin to;
    char *url = NULL;
    must(http_url_shown(a, target) != NULL);
    if (http_url_join(a, base, target, &url, &err) != 0) {
        must(err.code == WP_E_OTHER && err.msg[0] != '\0');
        return;
    }
    must(http_url_split(base, &from, NULL) == NULL && http_url_split(url, &to, NULL) == NULL);
    must(to.https || !from.https);
    must(strchr(url, '#') == NULL && strpbrk(url, " \r\n\\") == NULL);
    (void)http_host_kind(to.host);
    /* A second join changes nothing. */
    char *again = NULL;
    must(http_url_join(a, base, url, &again, &err) == 0 && wp_str_eq(url, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf words = WP_BUF_INIT;
    WP_AUTO_FREE char *text = wp_xmalloc(size + 1);
    size_t len = strnlen((const char *)data, size);
    memcpy(text, data, len);
    text[len] = '\0';

    struct http_challenge c;
    http_challenge_parse(&a, text, &c);
    must(c.scheme != HTTP_AUTH_BEARER || c.realm);
    if (c.scheme == HTTP_AUTH_BEARER && !http_realm_problem("https://reg.example.com", c.realm, NULL)) {
        struct http_origin o;
        must(http_url_split(c.realm, &o, NULL) == NULL && o.https);
        size_t n = strlen(o.host);
        must(n >= 11 && wp_str_eq(o.host + n - 11, "example.com"));
    }
    const char *next = http_link_next(&a, text);
    check_url(&a, "https://reg.example.com/v2/a/tags/list?n=1", next ? next : text);
    check_url(&a, "http://127.0.0.1:5000", text);
    uint64_t ms = 0;
    (void)http_retry_after_ms(text, 1700000000, &ms);
    (void)creds_key_match(text, "reg.example.com", "a/b");
    http_error_words(wp_span(data, size), &words);
    must(words.len <= 2 * 303 + 2);
    return 0;
}
