/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking a token server (distribution's spec/auth/token.md and oauth.md): GET with Basic credentials or none, POST of
 * a refresh token for those who have one. The reply is bounded, and a token that could end a header line is refused. */
#include "base/json.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/text.h"
#include "oci/http-client.h"
#include "oci/http-retry.h"

enum { LIFETIME_MIN_S = 60, LIFETIME_MAX_S = 24 * 3600 };

static void add_param(struct wp_buf *b, const char *name, const char *value, size_t len)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_add(&text, value, len);
    wp_buf_printf(b, "%s%s=", b->len > 0 ? "&" : "", name);
    wp_percent_encode(b, text.ptr, ":/,");
    explicit_bzero(text.ptr, text.len);
}

static char *get_url(const struct http_token_ask *ask, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf query = WP_BUF_INIT;
    if (ask->service) {
        add_param(&query, "service", ask->service, strlen(ask->service));
    }
    for (const char *p = ask->scope ? ask->scope : ""; *p;) {
        p += strspn(p, " ");
        size_t len = strcspn(p, " ");
        if (len > 0) {
            add_param(&query, "scope", p, len);
        }
        p += len;
    }
    size_t bare = strcspn(ask->realm, "#");
    const char *mark = memchr(ask->realm, '?', bare);
    const char *glue = query.len == 0 ? "" : mark ? "&" : "?";
    return wp_arena_printf(a, "%.*s%s%s", (int)bare, ask->realm, glue, query.ptr);
}

const char *http_basic_value(struct wp_arena *a, const char *user, const char *password)
{
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf coded = WP_BUF_INIT;
    wp_buf_printf(&plain, "%s:%s", user, password);
    wp_base64(&coded, wp_buf_span(&plain), false);
    const char *value = wp_arena_printf(a, "Basic %s", coded.ptr);
    explicit_bzero(plain.ptr, plain.len);
    explicit_bzero(coded.ptr, coded.len);
    return value;
}

static int bad_reply(const struct http_token_ask *ask, struct wp_arena *a, const char *why, struct wp_err *err)
{
    return wp_fail(err, WP_E_OTHER, "token server '%s' sent %s", http_url_shown(a, ask->realm), why);
}

static int parse_reply(const struct http_token_ask *ask, struct wp_span body, struct wp_arena *a, struct wp_buf *ret,
                       uint64_t *ret_lifetime_ms, const char **ret_renewed, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err ignored = {0};
    if (wp_json_parse(body, "token reply", false, WP_E_OTHER, &doc, &ignored) < 0) {
        /* The parser's message could quote the token. */
        return bad_reply(ask, a, "a reply that is not JSON", err);
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json token = wp_json_get(&root, "token");
    if (wp_json_kind(&token) != WP_JSON_STRING) {
        token = wp_json_get(&root, "access_token");
    }
    const char *value = NULL;
    if (wp_json_kind(&token) != WP_JSON_STRING || wp_json_str(&token, &value, &ignored) < 0 || !*value) {
        return bad_reply(ask, a, "no token", err);
    }
    for (const char *p = value; *p; p++) {
        if (*p <= ' ' || *p > '~') {
            return bad_reply(ask, a, "a token with a blank or control byte", err);
        }
    }
    uint64_t seconds = LIFETIME_MIN_S;
    struct wp_json lifetime = wp_json_get(&root, "expires_in");
    if (wp_json_kind(&lifetime) == WP_JSON_INT && wp_json_u64(&lifetime, &seconds, &ignored) < 0) {
        seconds = LIFETIME_MIN_S;
    }
    *ret_lifetime_ms = WP_MAX(WP_MIN(seconds, LIFETIME_MAX_S), 1) * 1000;
    wp_buf_add_str(ret, value);
    struct wp_json renewed = wp_json_get(&root, "refresh_token");
    const char *identity = NULL;
    if (wp_json_kind(&renewed) == WP_JSON_STRING && wp_json_str(&renewed, &identity, &ignored) == 0 && *identity) {
        *ret_renewed = wp_arena_str(a, identity);
    }
    return 0;
}

static int refuse(const struct http_client *c, const struct http_token_ask *ask, const struct http_resp *resp,
                  struct wp_span body, struct http_try *t, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf words = WP_BUF_INIT;
    http_error_words(body, &words);
    const char *shown = http_url_shown(t->arena, ask->realm);
    const char *gap = words.len > 0 ? " " : "";
    if (http_retry_status(resp->status)) {
        const char *after = http_resp_header(resp, "Retry-After");
        t->retry_after = after ? wp_arena_str(t->arena, after) : NULL;
        return wp_fail(err, WP_E_NETWORK, "token server '%s' failed (%d%s%s)", shown, resp->status, gap, words.ptr);
    }
    if (resp->status != 400 && resp->status != 401 && resp->status != 403) {
        return wp_fail(err, WP_E_OTHER, "token server '%s' answered %d%s%s", shown, resp->status, gap, words.ptr);
    }
    const struct oci_cred *cred = ask->cred;
    if (!cred) {
        wp_fail(err, WP_E_DENIED, "token server '%s' gives no token without credentials (%d%s%s)", shown, resp->status,
                gap, words.ptr);
    } else {
        wp_fail(err, WP_E_DENIED, "token server '%s' refused the %s%s%s%s from %s (%d%s%s)", shown,
                cred->identity_token ? "identity token" : "password", cred->username ? " of '" : "",
                cred->username ? cred->username : "", cred->username ? "'" : "",
                cred->source ? cred->source : "the caller", resp->status, gap, words.ptr);
    }
    return wp_hint(err, "log in with 'wpack login %s'", c->host);
}

/* One request to the token server; its status, with the body in ret_body. */
static int ask_server(struct http_client *c, const struct http_req *req, const char *authorization, struct http_try *t,
                      struct http_resp *ret, struct wp_buf *ret_body, struct wp_err *err)
{
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    if (http_client_exchange(c, req, authorization, t->job, &resp, &body, err) < 0) {
        return wp_wrap(err, "token server");
    }
    if (resp.status == 200) {
        if (wp_read_all(body, ret_body, WP_LIMIT_TOKEN_BODY, "the token server's reply", err) < 0) {
            return -1;
        }
    } else {
        http_client_skim(c, body, WP_LIMIT_ERROR_BODY, ret_body);
    }
    *ret = resp;
    resp = (struct http_resp){0};
    return 0;
}

static int post_refresh(struct http_client *c, const struct http_token_ask *ask, struct http_try *t,
                        struct http_resp *ret, struct wp_buf *ret_body, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf form = WP_BUF_INIT;
    add_param(&form, "grant_type", "refresh_token", strlen("refresh_token"));
    add_param(&form, "client_id", "wpack", strlen("wpack"));
    if (ask->service) {
        add_param(&form, "service", ask->service, strlen(ask->service));
    }
    if (ask->scope) {
        add_param(&form, "scope", ask->scope, strlen(ask->scope));
    }
    add_param(&form, "refresh_token", ask->cred->identity_token, strlen(ask->cred->identity_token));
    const struct http_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                          {"Accept", "application/json"}};
    struct wp_source_mem source = wp_source_mem(wp_buf_span(&form));
    struct http_req req = {.method = "POST",
                           .url = ask->realm,
                           .headers = headers,
                           .header_count = WP_ARRAY_LEN(headers),
                           .body = &source.base,
                           .body_size = form.len};
    int rc = ask_server(c, &req, NULL, t, ret, ret_body, err);
    explicit_bzero(form.ptr, form.len);
    return rc;
}

int http_token_fetch(struct http_client *c, const struct http_token_ask *ask, struct http_try *t, struct wp_buf *ret,
                     uint64_t *ret_lifetime_ms, const char **ret_renewed, struct wp_err *err)
{
    *ret_renewed = NULL;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    const struct oci_cred *cred = ask->cred;
    bool refresh = cred && cred->identity_token;
    if (refresh && post_refresh(c, ask, t, &resp, &body, err) < 0) {
        return -1;
    }
    if (!refresh || resp.status == 404 || resp.status == 405) {
        const char *authorization = NULL;
        if (refresh) {
            authorization =
                http_basic_value(t->arena, cred->username ? cred->username : "<token>", cred->identity_token);
        } else if (cred && cred->username && cred->password) {
            authorization = http_basic_value(t->arena, cred->username, cred->password);
        }
        const struct http_header accept = {"Accept", "application/json"};
        struct http_req req = {.method = "GET", .url = get_url(ask, t->arena), .headers = &accept, .header_count = 1};
        http_resp_done(&resp);
        wp_buf_cut(&body, 0);
        if (ask_server(c, &req, authorization, t, &resp, &body, err) < 0) {
            return -1;
        }
    }
    if (resp.status != 200) {
        return refuse(c, ask, &resp, wp_buf_span(&body), t, err);
    }
    int rc = parse_reply(ask, wp_buf_span(&body), t->arena, ret, ret_lifetime_ms, ret_renewed, err);
    explicit_bzero(body.ptr, body.len);
    return rc;
}
