/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted transport (tests/unit/oci/http-script.h). */
#include "tests/unit/oci/http-script.h"

struct endless {
    struct wp_reader base;
    struct script *script;
    bool broken;
};

static ssize_t endless_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct endless *e = WP_DOWNCAST(struct endless, r);
    if (e->broken) {
        return wp_fail(err, WP_E_NETWORK, "broke off");
    }
    e->script->endless_read += len;
    memset(buf, '{', len);
    return (ssize_t)len;
}

static void endless_close(struct wp_reader *r)
{
    free(WP_DOWNCAST(struct endless, r));
}

static void check_sent(const struct turn *t, const struct http_req *req)
{
    struct wp_err err = {0};
    WP_AUTO_READER struct wp_reader *r = NULL;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (!t->sent) {
        assert_null(req->body);
        return;
    }
    assert_int_equal(req->body->open(req->body, 0, &r, &err), 0);
    assert_int_equal(wp_read_all(r, &b, 1000, "sent", &err), 0);
    assert_string_equal(b.ptr, t->sent);
    assert_int_equal(req->body_size, b.len);
    wp_item_add(req->item, b.len, true);
}

static int script_send(struct http_transport *base, const struct http_exchange *x, struct http_resp *ret,
                       struct wp_reader **ret_body, struct wp_err *err)
{
    struct script *s = WP_DOWNCAST(struct script, base);
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    wp_buf_printf(&got, "%s %s", x->req->method, x->req->url);
    if (s->at == s->count) {
        fail_msg("one request too many: %s", got.ptr);
    }
    const struct turn *t = &s->turns[s->at++];
    assert_string_equal(got.ptr, t->request);
    assert_string_equal(x->authorization ? x->authorization : "(none)", t->authorization ? t->authorization : "(none)");
    s->insecure_seen = x->tls->insecure;
    s->own_cert_seen = x->tls->cert_file != NULL;
    check_sent(t, x->req);
    if (s->cancel) {
        wp_job_cancel(s->cancel, 2);
    }
    if (t->status == 0) {
        return wp_fail(err, WP_E_NETWORK, "no connection");
    }
    struct http_resp resp = {.status = t->status > 0 ? t->status : 200};
    struct http_header *headers = wp_arena_alloc(&resp.arena, 3, sizeof *headers);
    for (size_t i = 0; i < 3 && t->headers[i]; i++) {
        const char *colon = strchr(t->headers[i], ':');
        headers[resp.header_count].name = wp_arena_strn(&resp.arena, t->headers[i], (size_t)(colon - t->headers[i]));
        headers[resp.header_count++].value = wp_arena_str(&resp.arena, colon + 2);
    }
    resp.headers = headers;
    if (s->endless || t->status < 0) {
        struct endless *e = wp_xcalloc(1, sizeof *e);
        *e = (struct endless){{endless_read, endless_close}, s, t->status < 0};
        *ret_body = &e->base;
    } else {
        *ret_body = wp_reader_mem(wp_span_str(t->body ? t->body : ""));
    }
    *ret = resp;
    return 0;
}

static void on_trace(void *arg, const char *line)
{
    struct fixture *f = arg;
    wp_buf_add_str(&f->trace, line);
    wp_buf_add_char(&f->trace, '\n');
}

void script_begin(struct fixture *f)
{
    *f = (struct fixture){.opts = {.retries = 2, .retry_first_ms = 1}};
    f->trace = (struct wp_buf)WP_BUF_INIT;
    f->script.base.send = script_send;
    f->opts.trace = on_trace;
    f->opts.trace_arg = f;
}

void script_play(struct fixture *f, const char *host, const struct turn *turns, size_t count)
{
    f->script.turns = turns;
    f->script.count = count;
    f->creds = oci_creds_new(&f->creds_opts);
    f->client = http_client_new(&f->script.base, host, f->creds, &f->opts);
}

void script_end(struct fixture *f)
{
    assert_int_equal(f->script.at, f->script.count);
    http_client_free(f->client);
    oci_creds_free(f->creds);
    wp_buf_done(&f->trace);
}

/* GET of path below BASE with SCOPE. */
int script_get(struct fixture *f, const char *url, struct wp_buf *b)
{
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct http_call call = {.req = {.method = "GET", .url = url}, .scope = SCOPE, .body_limit = 1000};
    wp_buf_cut(b, 0);
    return http_client_read(f->client, &call, &resp, b, &f->err);
}

void script_must_get(struct fixture *f, const char *url, const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (script_get(f, url, &b) != 0) {
        fail_msg("%s", f->err.msg);
    }
    assert_string_equal(b.ptr, want);
}

void script_must_fail(struct fixture *f, const char *url, enum wp_code code, const char *msg)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_int_equal(script_get(f, url, &b), -1);
    assert_string_equal(f->err.msg, msg);
    assert_int_equal(f->err.code, code);
    assert_int_equal(b.len, 0);
}

void script_login(struct fixture *f)
{
    script_begin(f);
    f->creds_opts.username = "u";
    f->creds_opts.password = "p";
}
