/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry: which request means what, error bodies, start and end (distribution-spec, "Endpoints", "Error Codes").
 * Every reply forbids sniffing and scripts; a path that is not exactly an endpoint's is 404, never a redirect. */
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "oci/ref.h"
#include "oci/serve-int.h"

#include <ctype.h>

#define GRACE_MS 10000
#define MAX_PATH 1024
#define MAX_ARGS 64

static void ping(struct exchange *x)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    wp_buf_add_str(&body, "{}");
    serve_json(x, 200, "application/json", &body);
}

static const struct serve_route ping_routes[] = {{"GET", .end = ping}, {"HEAD", .end = ping}, {.method = NULL}};
static const struct serve_route catalog_routes[] = {
    {"GET", .end = serve_catalog}, {"HEAD", .end = serve_catalog}, {.method = NULL}};
static const struct serve_route tags_routes[] = {
    {"GET", .end = serve_tags}, {"HEAD", .end = serve_tags}, {.method = NULL}};
static const struct serve_route referrers_routes[] = {
    {"GET", .end = serve_referrers}, {"HEAD", .end = serve_referrers}, {.method = NULL}};
static const struct serve_route blob_routes[] = {
    {"GET", .end = serve_blob_get},
    {"HEAD", .end = serve_blob_get},
    {"DELETE", .writes = true, .end = serve_blob_delete},
    {.method = NULL},
};
static const struct serve_route manifest_routes[] = {
    {"GET", .end = serve_manifest_get},
    {"HEAD", .end = serve_manifest_get},
    {"PUT", true, serve_manifest_put_begin, serve_manifest_put_body, serve_manifest_put},
    {"DELETE", .writes = true, .end = serve_manifest_delete},
    {.method = NULL},
};
static const struct serve_route uploads_routes[] = {
    {"POST", true, serve_upload_post_begin, serve_upload_body, serve_upload_post},
    {.method = NULL},
};
static const struct serve_route upload_routes[] = {
    {"PATCH", true, serve_upload_chunk_begin, serve_upload_body, serve_upload_patch},
    {"PUT", true, serve_upload_put_begin, serve_upload_body, serve_upload_put},
    {"GET", .writes = true, .end = serve_upload_status},
    {"HEAD", .writes = true, .end = serve_upload_status},
    {"DELETE", .writes = true, .end = serve_upload_cancel},
    {.method = NULL},
};

/* /v2/<repo><mark><ref> ; with_ref false: the path ends with the mark. */
static const struct {
    const char *mark;
    bool with_ref;
    const struct serve_route *routes;
} endpoints[] = {
    {"/blobs/uploads/", false, uploads_routes},
    {"/blobs/uploads/", true, upload_routes},
    {"/blobs/", true, blob_routes},
    {"/manifests/", true, manifest_routes},
    {"/tags/list", false, tags_routes},
    {"/referrers/", true, referrers_routes},
};

/* ---- replies ---- */

void serve_json(struct exchange *x, int status, const char *media_type, const struct wp_buf *body)
{
    httpd_reply_bytes(x->http, status, wp_buf_span(body));
    httpd_reply_header(x->http, "Content-Type", media_type);
}

/* Words of the request come back in messages: no reader shall take them for markup, whatever it takes the reply for. */
static void add_without_markup(struct wp_buf *b, struct wp_span json)
{
    for (size_t i = 0; i < json.len; i++) {
        char c = (char)json.ptr[i];
        if (c == '<' || c == '>' || c == '&') {
            wp_buf_printf(b, "\\u%04x", (unsigned)c);
        } else {
            wp_buf_add_char(b, c);
        }
    }
}

void serve_error(struct exchange *x, int status, const char *code, const char *detail, const char *fmt, ...)
{
    WP_AUTO_BUF struct wp_buf raw = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    va_list args;
    va_start(args, fmt);
    wp_buf_vprintf(&raw, fmt, args);
    va_end(args);
    wp_escape(&text, wp_buf_span(&raw));
    struct wp_json_out o = wp_json_out(&body);
    wp_jo_object(&o);
    wp_jo_key(&o, "errors");
    wp_jo_array(&o);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "code", code);
    wp_jo_kstr(&o, "message", text.ptr);
    if (detail != NULL) {
        wp_jo_key(&o, "detail");
        wp_jo_raw(&o, wp_span_str(detail));
    }
    wp_jo_object_end(&o);
    wp_jo_array_end(&o);
    wp_jo_object_end(&o);
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    add_without_markup(&plain, wp_buf_span(&body));
    serve_json(x, status, "application/json", &plain);
}

void serve_store_error(struct exchange *x, const char *absent_code)
{
    switch (x->err.code) {
    case WP_E_NOT_FOUND:
        serve_error(x, 404, absent_code, NULL, "not there");
        return;
    case WP_E_DENIED:
        serve_error(x, 403, "DENIED", NULL, "not allowed");
        return;
    case WP_E_UNSUPPORTED:
        serve_error(x, 405, "UNSUPPORTED", NULL, "this registry's store cannot do that");
        return;
    case WP_E_LIMIT:
        serve_error(x, 413, "SIZE_INVALID", NULL, "larger than this registry takes");
        return;
    default:
        serve_error(x, 500, "UNKNOWN", NULL, "the registry's store failed: its log says why");
    }
}

bool serve_digest(struct exchange *x, const char *text, struct oci_digest *ret)
{
    if (oci_digest_parse(text, ret, &x->err) == 0) {
        return true;
    }
    serve_error(x, 400, "DIGEST_INVALID", NULL, "%s", x->err.msg);
    wp_err_clear(&x->err);
    return false;
}

void serve_header_digest(struct exchange *x, const struct oci_digest *d)
{
    char text[OCI_DIGEST_TEXT];
    httpd_reply_header(x->http, "Docker-Content-Digest", oci_digest_text(d, text));
}

/* ---- the query ---- */

/* '+' stays: nothing that is asked for holds a blank, and "…+json" comes unescaped from some clients. */
static char *decode(struct wp_arena *a, const char *text, size_t len)
{
    char *ret = wp_arena_strn(a, text, len);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        uint8_t byte;
        if (c == '%') {
            char hex[3] = {0};
            if (i + 2 >= len) {
                return NULL;
            }
            for (size_t k = 0; k < 2; k++) {
                unsigned char h = (unsigned char)text[i + 1 + k];
                hex[k] = (char)tolower(h);
            }
            if (!wp_unhex(hex, &byte, 1) || byte == 0) {
                return NULL;
            }
            memcpy(&c, &byte, 1);
            i += 2;
        }
        ret[n++] = c;
    }
    ret[n] = '\0';
    return ret;
}

static bool parse_args(struct exchange *x)
{
    const struct serve_arg **tail = &x->args;
    unsigned count = 0;
    for (const char *p = x->http->query; *p != '\0';) {
        size_t len = strcspn(p, "&");
        const char *equal = memchr(p, '=', len);
        size_t name_len = equal != NULL ? (size_t)(equal - p) : len;
        struct serve_arg *arg = wp_arena_alloc(&x->arena, 1, sizeof(*arg));
        arg->name = decode(&x->arena, p, name_len);
        arg->value = equal != NULL ? decode(&x->arena, equal + 1, len - name_len - 1) : "";
        if (arg->name == NULL || arg->value == NULL || ++count > MAX_ARGS) {
            return false;
        }
        *tail = arg;
        tail = &arg->next;
        p += len + (p[len] == '&' ? 1 : 0);
    }
    return true;
}

const char *serve_arg(const struct exchange *x, const char *name)
{
    for (const struct serve_arg *arg = x->args; arg != NULL; arg = arg->next) {
        if (wp_str_eq(arg->name, name)) {
            return arg->value;
        }
    }
    return NULL;
}

/* ---- the path ---- */

static const char *last_of(const char *text, const char *mark)
{
    const char *found = NULL;
    for (const char *p = strstr(text, mark); p != NULL; p = strstr(p + 1, mark)) {
        found = p;
    }
    return found;
}

/* The methods of the endpoint that the path is, or NULL. Names grow to the left, references hold no '/', so the last
 * mark decides. */
static const struct serve_route *find_endpoint(struct exchange *x)
{
    const char *path = x->http->path;
    if (wp_str_eq(path, "/v2/") || wp_str_eq(path, "/v2")) {
        return ping_routes;
    }
    if (!wp_str_starts(path, "/v2/") || strlen(path) > MAX_PATH) {
        return NULL;
    }
    path += strlen("/v2/");
    if (wp_str_eq(path, "_catalog")) {
        return catalog_routes;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(endpoints); i++) {
        const char *at = last_of(path, endpoints[i].mark);
        const char *ref = at != NULL ? at + strlen(endpoints[i].mark) : NULL;
        if (ref != NULL && (*ref != '\0') == endpoints[i].with_ref && strchr(ref, '/') == NULL) {
            x->repo = wp_arena_strn(&x->arena, path, (size_t)(at - path));
            x->ref = ref;
            return endpoints[i].routes;
        }
    }
    return NULL;
}

static void refuse_method(struct exchange *x, const struct serve_route *routes, const char *why)
{
    WP_AUTO_BUF struct wp_buf allow = WP_BUF_INIT;
    for (const struct serve_route *r = routes; r->method != NULL; r++) {
        if (!r->writes || !x->sv->opts->read_only) {
            wp_buf_printf(&allow, "%s%s", allow.len > 0 ? ", " : "", r->method);
        }
    }
    serve_error(x, 405, "UNSUPPORTED", NULL, "%s", why);
    httpd_reply_header(x->http, "Allow", allow.ptr);
}

static void route(struct exchange *x)
{
    const struct serve_route *routes = find_endpoint(x);
    if (routes == NULL) {
        serve_error(x, 404, "UNSUPPORTED", NULL, "no such endpoint");
        return;
    }
    const char *problem = x->repo != NULL ? oci_ref_repo_problem(x->repo) : NULL;
    if (problem != NULL) {
        serve_error(x, 404, "NAME_INVALID", NULL, "the repository's name %s", problem);
        return;
    }
    const struct serve_route *r = routes;
    while (r->method != NULL && !wp_str_eq(r->method, x->http->method)) {
        r++;
    }
    if (r->method == NULL) {
        refuse_method(x, routes, "the endpoint does not have this method");
    } else if (r->writes && x->sv->opts->read_only) {
        refuse_method(x, routes, "this registry is read-only");
    } else if (r->writes && httpd_req_header(x->http, "Origin") != NULL) {
        /* Only browsers say for whose page they ask, and no page has business here: without logins a page of a
         * stranger could write to a registry on the reader's own machine. */
        serve_error(x, 403, "DENIED", NULL, "pages in a browser cannot write to this registry");
    } else if (!parse_args(x)) {
        serve_error(x, 400, "UNSUPPORTED", NULL, "the query is malformed");
    } else {
        x->route = r;
    }
}

/* ---- the handler of oci/httpd.h ---- */

static void on_begin(void *arg, struct httpd_req *r)
{
    struct exchange *x = wp_xmalloc(sizeof(*x));
    memset(x, 0, offsetof(struct exchange, err));
    x->err.code = WP_E_OK;
    wp_err_clear(&x->err);
    x->sv = arg;
    x->http = r;
    x->body = (struct wp_buf)WP_BUF_INIT;
    r->user = x;
    httpd_reply_header(r, "Docker-Distribution-Api-Version", "registry/2.0");
    httpd_reply_header(r, "X-Content-Type-Options", "nosniff");
    httpd_reply_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
    if (r->status != 0) {
        return;
    }
    route(x);
    if (x->route != NULL && x->route->begin != NULL) {
        x->route->begin(x);
    }
}

static void on_body(void *arg, struct httpd_req *r, struct wp_span bytes)
{
    (void)arg;
    struct exchange *x = r->user;
    if (x->route->body != NULL) {
        x->route->body(x, bytes);
    }
}

static void on_end(void *arg, struct httpd_req *r)
{
    (void)arg;
    struct exchange *x = r->user;
    x->route->end(x);
    /* Before the reply leaves: its reader may go on with the upload at once, on another connection. */
    serve_upload_release(x);
}

static void write_log(const struct exchange *x)
{
    const struct oci_serve_opts *opts = x->sv->opts;
    if (opts->log == NULL) {
        return;
    }
    const struct httpd_req *r = x->http;
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    uint64_t us = r->took_us;
    wp_escape(&line, wp_span_str(r->method));
    wp_buf_add_char(&line, ' ');
    wp_escape(&line, wp_span(r->path, WP_MIN(strlen(r->path), MAX_PATH)));
    wp_buf_printf(&line, " %d %llu B %llu.%llu ms", r->status, (unsigned long long)r->sent,
                  (unsigned long long)(us / 1000), (unsigned long long)(us / 100 % 10));
    if (x->err.code != WP_E_OK && x->err.code != WP_E_NOT_FOUND) {
        wp_buf_printf(&line, " (%s)", x->err.msg);
    }
    opts->log(opts->arg, line.ptr);
}

static void on_done(void *arg, struct httpd_req *r)
{
    (void)arg;
    struct exchange *x = r->user;
    write_log(x);
    serve_upload_release(x);
    wp_buf_done(&x->body);
    wp_arena_done(&x->arena);
    free(x);
}

/* ---- start and end ---- */

static int check_store(struct oci_store *s, const struct oci_serve_opts *opts, struct wp_err *err)
{
    const struct oci_store_ops *ops = s->ops;
    if (ops->open_blob == NULL || ops->resolve == NULL || ops->each_name == NULL || ops->referrers == NULL ||
        (!opts->read_only && (ops->ingest == NULL || ops->bind == NULL))) {
        return wp_fail(err, WP_E_UNSUPPORTED, "a store of kind %s cannot be served", ops->kind);
    }
    const char *problem = opts->default_repo != NULL ? oci_ref_repo_problem(opts->default_repo) : NULL;
    if (problem != NULL) {
        return wp_fail(err, WP_E_USAGE, "'%s' is not a repository name: it %s", opts->default_repo, problem);
    }
    return 0;
}

static void run(struct serve *sv, struct httpd *h)
{
    while (!wp_job_cancelled(sv->opts->job)) {
        httpd_run(h, wp_job_wake_fd(sv->opts->job));
        serve_uploads_expire(sv->uploads);
    }
}

int oci_serve(struct oci_store *s, const struct oci_serve_opts *opts, struct wp_err *err)
{
    if (check_store(s, opts, err) != 0) {
        return -1;
    }
    struct serve sv = {.store = s, .opts = opts};
    const struct httpd_handler handler = {on_begin, on_body, on_end, on_done, &sv};
    char addr[HTTPD_ADDR_TEXT];
    struct httpd *h = NULL;
    sv.uploads = serve_uploads_new();
    if (httpd_start(opts->addr, &handler, &opts->limits, &h, addr, err) != 0) {
        serve_uploads_free(sv.uploads);
        return -1;
    }
    if (opts->ready != NULL) {
        opts->ready(opts->arg, addr);
    }
    run(&sv, h);
    httpd_stop(h, GRACE_MS);
    serve_uploads_free(sv.uploads);
    return 0;
}

const char *oci_serve_version(void)
{
    return httpd_version();
}
