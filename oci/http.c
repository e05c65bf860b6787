/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's policy (oci/http.h): attempts, each of which may take several exchanges (a 401 answered, redirects
 * followed), until a reply is an answer or an error is final. The one place where an Authorization header meets a
 * request is try_once. */
#include "oci/http.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "oci/http-client.h"
#include "oci/http-retry.h"

#include <strings.h>
#include <sys/random.h>

void http_resp_done(struct http_resp *resp)
{
    wp_arena_done(&resp->arena);
    *resp = (struct http_resp){0};
}

const char *http_resp_header(const struct http_resp *resp, const char *name)
{
    for (size_t i = 0; i < resp->header_count; i++) {
        if (strcasecmp(resp->headers[i].name, name) == 0) {
            return resp->headers[i].value;
        }
    }
    return NULL;
}

char *http_resp_joined(struct wp_arena *a, const struct http_resp *resp, const char *name)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    bool any = false;
    for (size_t i = 0; i < resp->header_count; i++) {
        if (strcasecmp(resp->headers[i].name, name) == 0) {
            wp_buf_printf(&b, "%s%s", any ? ", " : "", resp->headers[i].value);
            any = true;
        }
    }
    return any ? wp_arena_str(a, b.ptr) : NULL;
}

/* ---- the client ---- */

static bool is_docker_hub(const char *host)
{
    return wp_str_eq(host, "docker.io") || wp_str_eq(host, "index.docker.io");
}

/* Whoever speaks of certificates means https. */
static bool wants_tls(const struct http_tls *t)
{
    return t->ca_file || t->cert_file || t->certs_dir || t->insecure;
}

struct http_client *http_client_new(struct http_transport *transport, const char *host, struct oci_creds *creds,
                                    const struct http_opts *opts)
{
    struct http_client *c = wp_xcalloc(1, sizeof *c);
    c->transport = transport;
    c->creds = creds;
    c->opts = *opts;
    c->host = wp_xstrdup(host);
    bool plain = opts->plain_http || (http_host_is_loopback(host) && !wants_tls(&opts->tls));
    c->base = wp_xasprintf("%s://%s", plain ? "http" : "https", is_docker_hub(host) ? "registry-1.docker.io" : host);
    /* A host that does not split matches no URL; the first request then says what is wrong with it. */
    if (http_url_split(c->base, &c->origin, NULL)) {
        c->origin = (struct http_origin){0};
    }
    c->auth = http_auth_new(c);
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c) {
        return;
    }
    http_auth_free(c->auth);
    free(c->base);
    free(c->host);
    free(c);
}

const char *http_client_base(const struct http_client *c)
{
    return c->base;
}

unsigned http_client_retries(const struct http_client *c)
{
    return c->opts.retries;
}

bool http_client_owns(const struct http_client *c, const char *url)
{
    struct http_origin o;
    return !http_url_split(url, &o, NULL) && http_origin_eq(&o, &c->origin);
}

static bool is_inner(enum http_host_kind kind)
{
    return kind == HTTP_HOST_PRIVATE || kind == HTTP_HOST_LOOPBACK;
}

int http_client_may_visit(const struct http_client *c, const char *url, const char *what, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct http_origin o;
    const char *problem = http_url_split(url, &o, NULL);
    if (!problem && c->origin.https && !o.https) {
        problem = "would leave https for http";
    }
    if (!problem && is_inner(http_host_kind(o.host)) && !is_inner(http_host_kind(c->origin.host))) {
        problem = "leads from a public registry into an inner network";
    }
    return problem ? wp_fail(err, WP_E_OTHER, "%s '%s' is refused: it %s", what, http_url_shown(&a, url), problem) : 0;
}

/* ---- one exchange ---- */

static void trace(const struct http_client *c, const char *fmt, ...) WP_PRINTF(2, 3);
static void trace(const struct http_client *c, const char *fmt, ...)
{
    if (!c->opts.trace) {
        return;
    }
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    va_list args;
    va_start(args, fmt);
    wp_buf_vprintf(&line, fmt, args);
    va_end(args);
    c->opts.trace(c->opts.trace_arg, line.ptr);
}

static const char *auth_word(const char *authorization)
{
    if (!authorization) {
        return "";
    }
    return wp_str_starts(authorization, "Bearer ") ? " (authorization: Bearer …)" : " (authorization: Basic …)";
}

int http_client_exchange(struct http_client *c, const struct http_req *req, const char *authorization,
                         struct wp_job *job, struct http_resp *ret, struct wp_reader **ret_body, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct http_header *headers = wp_arena_alloc(&a, req->header_count + 1, sizeof *headers);
    for (size_t i = 0; i < req->header_count; i++) {
        headers[i] = req->headers[i];
    }
    struct http_req full = *req;
    full.headers = headers;
    if (c->opts.user_agent) {
        headers[full.header_count++] = (struct http_header){"User-Agent", c->opts.user_agent};
    }
    /* --insecure and the client's certificate are for the registry itself, not for whom it sends us to. */
    struct http_tls foreign = {
        .ca_bundle = c->opts.tls.ca_bundle, .ca_dir = c->opts.tls.ca_dir, .ca_file = c->opts.tls.ca_file};
    struct http_exchange x = {
        .req = &full,
        .authorization = authorization,
        .tls = http_client_owns(c, req->url) ? &c->opts.tls : &foreign,
        .connect_timeout_ms = c->opts.timeout_ms,
        .stall_timeout_ms = c->opts.stall_ms,
        .limit_rate = c->opts.limit_rate,
        .job = job,
    };
    const char *shown = http_url_shown(&a, req->url);
    trace(c, "> %s %s%s", req->method, shown, auth_word(authorization));
    uint64_t began = wp_time_mono_ms();
    if (c->transport->send(c->transport, &x, ret, ret_body, err) < 0) {
        trace(c, "< %s %s: %s", req->method, shown, err->msg);
        return -1;
    }
    trace(c, "< %d %s %s (%llu ms)", ret->status, req->method, shown, (unsigned long long)(wp_time_mono_ms() - began));
    return 0;
}

void http_client_skim(const struct http_client *c, struct wp_reader *body, uint64_t limit, struct wp_buf *ret)
{
    struct wp_err ignored = {0};
    uint64_t deadline = wp_time_mono_ms() + (c->opts.stall_ms ? c->opts.stall_ms : 30000);
    while (ret->len < limit && wp_time_mono_ms() < deadline) {
        char chunk[4096];
        ssize_t n = wp_read(body, chunk, (size_t)WP_MIN(sizeof chunk, limit - ret->len), &ignored);
        if (n <= 0) {
            return;
        }
        wp_buf_add(ret, chunk, (size_t)n);
    }
}

/* ---- one attempt ---- */

static bool is_redirect(const struct http_req *req, const struct http_resp *resp)
{
    int s = resp->status;
    bool moved = s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
    return moved && (wp_str_eq(req->method, "GET") || wp_str_eq(req->method, "HEAD")) &&
           http_resp_header(resp, "Location");
}

static int follow(struct http_client *c, const struct http_resp *resp, unsigned hops, struct http_try *t,
                  struct http_req *req, struct wp_err *err)
{
    char *next = NULL;
    if (hops > WP_LIMIT_REDIRECTS) {
        return wp_fail(err, WP_E_OTHER, "'%s' redirects more than %llu times", http_url_shown(t->arena, req->url),
                       (unsigned long long)WP_LIMIT_REDIRECTS);
    }
    if (http_url_join(t->arena, req->url, http_resp_header(resp, "Location"), &next, err) < 0 ||
        http_client_may_visit(c, next, "redirect to", err) < 0) {
        return -1;
    }
    req->url = next;
    return 0;
}

/* After a 401: 1 when the request should be sent again with *authorization, 0 when the 401 stands, -1. */
static int answer_401(struct http_client *c, const struct http_call *call, const struct http_resp *resp,
                      const char **authorization, struct http_try *t, struct wp_err *err)
{
    const char *challenge = http_resp_joined(t->arena, resp, "WWW-Authenticate");
    return challenge ? http_auth_answer(c->auth, challenge, call->scope, *authorization, t, authorization, err) : 0;
}

static int try_once(struct http_client *c, const struct http_call *call, struct http_try *t, struct http_resp *ret,
                    struct wp_reader **ret_body, struct wp_err *err)
{
    struct http_req req = call->req;
    const char *authorization = NULL;
    unsigned hops = 0;
    bool answered = false;
    if (http_client_may_visit(c, req.url, "URL", err) < 0) {
        return -1;
    }
    if (http_client_owns(c, req.url) && http_auth_known(c->auth, call->scope, t, &authorization, err) < 0) {
        return -1;
    }
    for (;;) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        bool owns = http_client_owns(c, req.url);
        if (http_client_exchange(c, &req, owns ? authorization : NULL, t->job, &resp, &body, err) < 0) {
            return -1;
        }
        resp.url = wp_arena_str(&resp.arena, req.url);
        if (is_redirect(&req, &resp)) {
            if (follow(c, &resp, ++hops, t, &req, err) < 0) {
                return -1;
            }
            continue;
        }
        if (resp.status == 401 && owns && !answered) {
            answered = true;
            WP_AUTO_BUF struct wp_buf words = WP_BUF_INIT;
            http_client_skim(c, body, WP_LIMIT_ERROR_BODY, &words);
            int again = answer_401(c, call, &resp, &authorization, t, err);
            if (again < 0) {
                return -1;
            }
            if (again > 0) {
                wp_item_rewind(req.item, req.item_from);
                continue;
            }
            wp_reader_close(body);
            body = wp_reader_mem(wp_arena_bytes(&resp.arena, wp_buf_span(&words)));
        }
        *ret = resp;
        resp = (struct http_resp){0};
        *ret_body = WP_STEAL(body);
        return 0;
    }
}

/* ---- attempts ---- */

static bool is_answer(const struct http_call *call, int status)
{
    if (call->expect_404 && status == 404) {
        return true;
    }
    if (!call->accept) {
        return status >= 200 && status <= 299;
    }
    for (size_t i = 0; call->accept[i]; i++) {
        if (call->accept[i] == status) {
            return true;
        }
    }
    return false;
}

static int refuse_reply(struct http_client *c, const struct http_call *call, const struct http_resp *resp,
                        struct wp_reader *body, struct http_try *t, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf words = WP_BUF_INIT;
    http_client_skim(c, body, WP_LIMIT_ERROR_BODY, &words);
    bool denied = resp->status == 401 || resp->status == 403;
    struct http_req asked = call->req;
    asked.url = resp->url;
    const char *after = http_resp_header(resp, "Retry-After");
    t->retry_after = after ? wp_arena_str(t->arena, after) : NULL;
    return http_error_reply(c, &asked, resp, wp_buf_span(&words),
                            denied ? http_auth_login(c->auth, call->scope, t->arena) : NULL, err);
}

/* One attempt up to an answer, with its body read into sink unless sink is NULL. */
static int attempt(struct http_client *c, const struct http_call *call, struct http_try *t, struct wp_buf *sink,
                   struct http_resp *ret, struct wp_reader **ret_body, struct wp_err *err)
{
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    if (try_once(c, call, t, &resp, &body, err) < 0) {
        return -1;
    }
    if (!is_answer(call, resp.status)) {
        return refuse_reply(c, call, &resp, body, t, err);
    }
    if (sink && resp.status >= 400) {
        http_client_skim(c, body, WP_LIMIT_ERROR_BODY, sink);
    } else if (sink) {
        size_t mark = sink->len;
        WP_AUTO_BUF struct wp_buf what = WP_BUF_INIT;
        wp_buf_printf(&what, "the reply of '%s'", http_url_shown(t->arena, resp.url));
        uint64_t limit = call->body_limit ? call->body_limit : WP_LIMIT_MANIFEST;
        if (wp_read_all(body, sink, limit, what.ptr, err) < 0) {
            wp_buf_cut(sink, mark);
            return -1;
        }
    } else {
        *ret_body = WP_STEAL(body);
    }
    *ret = resp;
    resp = (struct http_resp){0};
    return 0;
}

/* What Retry-After asks for; 0: nothing. */
static uint64_t asked_ms(const struct http_try *t)
{
    uint64_t ms = 0;
    return t->retry_after && http_retry_after_ms(t->retry_after, wp_time_now(), &ms) ? ms : 0;
}

int http_client_pause(const struct http_client *c, unsigned again, uint64_t asked_ms, struct wp_job *job,
                      struct wp_err *err)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0) {
        random = (uint32_t)wp_time_mono_ms();
    }
    uint64_t wait = http_retry_backoff_ms(c->opts.retry_first_ms ? c->opts.retry_first_ms : 500, again, random);
    uint64_t limit = c->opts.retry_max_wait_ms ? c->opts.retry_max_wait_ms : 300000;
    if (asked_ms > limit) {
        wp_fail(err, WP_E_NETWORK, "%s; asked to wait %llu s, limit is %llu s", err->msg,
                (unsigned long long)(asked_ms / 1000), (unsigned long long)(limit / 1000));
        return wp_hint(err, "run it again later, or allow the wait with --retry-max-wait");
    }
    if (asked_ms > 0) {
        /* Everybody was told the same time: come a little later than the rest, never earlier. */
        wait = asked_ms + random % (WP_MIN(asked_ms, 4000) / 4 + 1);
    }
    trace(c, "  waiting %llu ms before attempt %u", (unsigned long long)WP_MIN(wait, limit), again + 1);
    struct wp_err stopped = {0};
    if (wp_job_sleep(job, WP_MIN(wait, limit), &stopped) < 0) {
        *err = stopped;
        return -1;
    }
    return 0;
}

static int run(struct http_client *c, const struct http_call *call, struct wp_buf *sink, struct http_resp *ret,
               struct wp_reader **ret_body, struct wp_err *err)
{
    for (unsigned again = 0;; again++) {
        WP_AUTO_ARENA struct wp_arena arena = WP_ARENA_INIT;
        struct http_try t = {.job = call->job, .arena = &arena};
        if (again > 0) {
            wp_item_rewind(call->req.item, call->req.item_from);
        }
        if (wp_job_check(call->job, err) < 0) {
            return -1;
        }
        if (attempt(c, call, &t, sink, ret, ret_body, err) == 0) {
            wp_err_clear(err);
            return 0;
        }
        http_auth_redact(c->auth, err->msg);
        if (call->ret_asked_ms) {
            *call->ret_asked_ms = asked_ms(&t);
        }
        if (err->code != WP_E_NETWORK || call->no_retry) {
            return -1;
        }
        if (again >= c->opts.retries) {
            return again > 0 ? wp_wrap(err, "after %u attempts", again + 1) : -1;
        }
        if (http_client_pause(c, again + 1, asked_ms(&t), t.job, err) < 0) {
            return -1;
        }
    }
}

int http_client_send(struct http_client *c, const struct http_call *call, struct http_resp *ret,
                     struct wp_reader **ret_body, struct wp_err *err)
{
    return run(c, call, NULL, ret, ret_body, err);
}

int http_client_read(struct http_client *c, const struct http_call *call, struct http_resp *ret,
                     struct wp_buf *ret_body, struct wp_err *err)
{
    struct wp_reader *none = NULL;
    return run(c, call, ret_body, ret, &none, err);
}
