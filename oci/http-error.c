/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies as errors: the registry's own words, what they mean for the caller, and what to do about it. */
#include "base/json.h"
#include "base/num.h"
#include "oci/http-client.h"
#include "oci/http-retry.h"

#include <strings.h>

enum { WORDS_MAX = 300 };

/* text up to WORDS_MAX bytes, never ending inside a character. */
static void add_cut(struct wp_buf *b, const char *text)
{
    size_t len = strlen(text);
    if (len > WORDS_MAX) {
        for (len = WORDS_MAX; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;) {
            len--;
        }
    }
    wp_buf_add(b, text, len);
    if (text[len]) {
        wp_buf_add_str(b, "...");
    }
}

static const char *text_at(const struct wp_json *at, const char *key)
{
    struct wp_json m = wp_json_get(at, key);
    struct wp_err ignored = {0};
    const char *text = NULL;
    return wp_json_kind(&m) == WP_JSON_STRING && wp_json_str(&m, &text, &ignored) == 0 && *text ? text : NULL;
}

static void add_pair(struct wp_buf *ret, const char *code, const char *message)
{
    if (code) {
        add_cut(ret, code);
    }
    if (message && !(code && strcasecmp(code, message) == 0)) {
        wp_buf_add_str(ret, code ? ": " : "");
        add_cut(ret, message);
    }
}

static bool json_words(struct wp_span body, struct wp_buf *ret)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err ignored = {0};
    if (wp_json_parse(body, "error reply", false, WP_E_OTHER, &doc, &ignored) < 0) {
        return false;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json errors = wp_json_get(&root, "errors");
    if (wp_json_kind(&errors) == WP_JSON_ARRAY && wp_json_len(&errors) > 0) {
        struct wp_json first = wp_json_at(&errors, 0);
        add_pair(ret, text_at(&first, "code"), text_at(&first, "message"));
    } else if (text_at(&root, "error")) {
        add_pair(ret, text_at(&root, "error"), text_at(&root, "error_description"));
    } else {
        const char *details = text_at(&root, "details");
        add_pair(ret, NULL, details ? details : text_at(&root, "message"));
    }
    return true;
}

void http_error_words(struct wp_span body, struct wp_buf *ret)
{
    size_t start = 0;
    while (start < body.len && strchr(" \t\r\n", body.ptr[start])) {
        start++;
    }
    if (start == body.len || body.ptr[start] == '\0' || json_words(body, ret)) {
        return;
    }
    char c = (char)body.ptr[start];
    if (c == '<' || c == '{' || !wp_utf8_is(body)) { /* a page for browsers, or half a document */
        return;
    }
    size_t end = start;
    while (end < body.len && body.ptr[end] != '\n' && body.ptr[end] != '\r' && body.ptr[end] != '\0') {
        end++;
    }
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    wp_buf_add(&line, body.ptr + start, end - start);
    add_cut(ret, line.ptr);
}

static int denied(const struct http_client *c, const char *shown, const char *status, int code, const char *login,
                  const struct http_req *req, struct wp_err *err)
{
    if (!http_client_owns(c, req->url)) {
        return wp_fail(err, WP_E_DENIED, "'%s' denied %s (%s); credentials go to %s only", shown, req->method, status,
                       c->base);
    }
    wp_fail(err, WP_E_DENIED, "%s denied %s '%s' (%s)%s%s", c->host, req->method, shown, status, login ? "; " : "",
            login ? login : "");
    if (code == 403 && login && wp_str_starts(login, "logged in")) {
        return wp_hint(err, "check what this account may do, or log in with another one: 'wpack login %s'", c->host);
    }
    return wp_hint(err, "log in with 'wpack login %s'", c->host);
}

int http_error_reply(const struct http_client *c, const struct http_req *req, const struct http_resp *resp,
                     struct wp_span body, const char *login, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf status = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf words = WP_BUF_INIT;
    http_error_words(body, &words);
    wp_buf_printf(&status, "%d%s%s", resp->status, words.len > 0 ? " " : "", words.ptr);
    const char *shown = http_url_shown(&a, resp->url ? resp->url : req->url);
    const char *method = req->method;
    switch (resp->status) {
    case 401:
    case 403:
        return denied(c, shown, status.ptr, resp->status, login, req, err);
    case 404:
        return wp_fail(err, WP_E_NOT_FOUND, "'%s' not found (%s)", shown, status.ptr);
    case 407:
        wp_fail(err, WP_E_OTHER, "the proxy in front of %s asks for credentials (%s)", c->host, status.ptr);
        return wp_hint(err, HTTP_PROXY_LOGIN_HINT);
    case 429:
        return wp_fail(err, WP_E_NETWORK, "%s is limiting us (%s): %s '%s'", c->host, status.ptr, method, shown);
    default:
        break;
    }
    bool later = http_retry_status(resp->status);
    wp_fail(err, later ? WP_E_NETWORK : WP_E_OTHER, "%s failed (%s): %s '%s'", c->host, status.ptr, method, shown);
    if (resp->status == 400 && !c->origin.https && (words.len == 0 || strcasestr(words.ptr, "https"))) {
        return c->opts.plain_http ? wp_hint(err, "if this registry speaks HTTPS, leave out --plain-http")
                                  : wp_hint(err, "if this registry speaks HTTPS, name its certificate: --ca-file FILE");
    }
    return -1;
}
