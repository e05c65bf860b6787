/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry in memory: one list of things ("manifest", "blob", "tag", "upload"), each with repository and key. */
#include "tests/unit/oci/fake-registry.h"

#include "base/mem.h"
#include "base/num.h"
#include "oci/ref.h"
#include "oci/referrers.h"

#include <pthread.h>
#include <strings.h>

struct thing {
    struct thing *next;
    const char *kind; /* static */
    char *repo, *key; /* digest text, tag, upload number */
    char *type;       /* media type; a tag's digest */
    struct wp_buf bytes;
};

struct fake_state {
    pthread_mutex_t lock;
    struct thing *things;
    unsigned uploads; /* ever begun */
};

/* One request being answered. */
struct exchange {
    struct fake_registry *f;
    const struct http_req *req;
    char *path, *query; /* of the URL, query without '?' */
    char *repo;
    struct wp_buf sent; /* its body */
    bool sent_broke;
    struct http_resp *resp;
    struct http_header headers[12];
    struct wp_buf reply;
};

/* ---- things ---- */

static struct thing *find(const struct fake_registry *f, const char *kind, const char *repo, const char *key)
{
    struct thing *t = f->state->things;
    while (t != NULL && (strcmp(t->kind, kind) != 0 || strcmp(t->repo, repo) != 0 || strcmp(t->key, key) != 0)) {
        t = t->next;
    }
    return t;
}

static struct thing *add(struct fake_registry *f, const char *kind, const char *repo, const char *key)
{
    struct thing *t = find(f, kind, repo, key);
    if (t == NULL) {
        t = wp_xcalloc(1, sizeof(*t));
        t->kind = kind;
        t->repo = wp_xstrdup(repo);
        t->key = wp_xstrdup(key);
        t->bytes = (struct wp_buf)WP_BUF_INIT;
        t->next = f->state->things;
        f->state->things = t;
    }
    return t;
}

static void set(struct thing *t, const char *type, struct wp_span bytes)
{
    char *own = type == NULL ? NULL : wp_xstrdup(type);
    free(t->type);
    t->type = own;
    wp_buf_cut(&t->bytes, 0);
    wp_buf_add(&t->bytes, bytes.ptr, bytes.len);
}

static void drop(struct fake_registry *f, const struct thing *gone)
{
    struct thing **link = &f->state->things;
    while (*link != gone) {
        link = &(*link)->next;
    }
    struct thing *t = *link;
    *link = t->next;
    free(t->repo);
    free(t->key);
    free(t->type);
    wp_buf_done(&t->bytes);
    free(t);
}

static bool repo_known(const struct fake_registry *f, const char *repo)
{
    const struct thing *t = f->state->things;
    while (t != NULL && strcmp(t->repo, repo) != 0) {
        t = t->next;
    }
    return t != NULL;
}

/* ---- replies ---- */

static void header(struct exchange *x, const char *name, const char *value)
{
    x->headers[x->resp->header_count++] = (struct http_header){name, wp_arena_str(&x->resp->arena, value)};
}

static int answer(struct exchange *x, int status)
{
    x->resp->status = status;
    return 0;
}

static int refuse(struct exchange *x, int status, const char *code)
{
    wp_buf_printf(&x->reply, "{\"errors\":[{\"code\":\"%s\",\"message\":\"no\"}]}", code);
    header(x, "Content-Type", "application/json");
    return answer(x, status);
}

static const char *asked(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->req->header_count; i++) {
        if (strcasecmp(x->req->headers[i].name, name) == 0) {
            return x->req->headers[i].value;
        }
    }
    return NULL;
}

/* A query parameter, "%3A" and "%2F" decoded; NULL. */
static char *param(const struct exchange *x, const char *name)
{
    for (const char *p = x->query; p != NULL && *p != '\0';) {
        size_t len = strcspn(p, "&");
        if (strncmp(p, name, strlen(name)) == 0 && p[strlen(name)] == '=') {
            WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
            for (size_t i = strlen(name) + 1; i < len; i++) {
                uint8_t byte = 0;
                char hex[3] = {p[i] == '%' ? (char)(p[i + 1] | 0x20) : 'x', p[i] == '%' ? (char)(p[i + 2] | 0x20) : 0};
                if (p[i] == '%' && wp_unhex(hex, &byte, 1)) {
                    i += 2;
                } else {
                    byte = (uint8_t)p[i];
                }
                wp_buf_add_char(&b, (char)byte);
            }
            return wp_arena_str(&x->resp->arena, b.ptr);
        }
        p += len + (p[len] == '&' ? 1 : 0);
    }
    return NULL;
}

static void digest_header(struct exchange *x, const char *digest)
{
    header(x, "Docker-Content-Digest", x->f->digest_header != NULL ? x->f->digest_header : digest);
}

static int send_content(struct exchange *x, const struct thing *t)
{
    struct fake_registry *f = x->f;
    const char *range = asked(x, "Range");
    uint64_t from = 0;
    int status = 200;
    if (range != NULL && !f->no_range && strcmp(t->kind, "blob") == 0) {
        char *end = NULL;
        from = strtoull(range + strlen("bytes="), &end, 10);
        if (from >= t->bytes.len) {
            return refuse(x, 416, "RANGE_INVALID");
        }
        status = 206;
        header(x, "Content-Range",
               f->content_range != NULL ? f->content_range
                                        : wp_arena_printf(&x->resp->arena, "bytes %llu-%zu/%zu",
                                                          (unsigned long long)from, t->bytes.len - 1, t->bytes.len));
    }
    if (f->content_encoding != NULL) {
        header(x, "Content-Encoding", f->content_encoding);
    }
    header(x, "Content-Length", wp_arena_printf(&x->resp->arena, "%zu", t->bytes.len - (size_t)from));
    wp_buf_add(&x->reply, t->bytes.ptr + from, t->bytes.len - (size_t)from);
    return answer(x, status);
}

/* ---- manifests ---- */

static bool parse(struct wp_span bytes, const char *type, struct wp_arena *a, struct oci_manifest *ret)
{
    struct wp_err ignored = {0};
    return oci_manifest_parse(bytes, type, "manifest", a, ret, &ignored) == 0;
}

static const char *etag_of(struct exchange *x, const char *digest)
{
    return wp_arena_printf(&x->resp->arena, "\"%s\"", digest);
}

static struct thing *manifest_of(struct exchange *x, const char *ref, const char **ret_digest)
{
    const struct thing *tag = find(x->f, "tag", x->repo, ref);
    *ret_digest = tag != NULL ? tag->type : ref;
    if (tag == NULL && x->f->answers_digest_tags && wp_str_starts(ref, "sha256-")) {
        *ret_digest = wp_arena_printf(&x->resp->arena, "sha256:%s", ref + 7);
    }
    return find(x->f, "manifest", x->repo, *ret_digest);
}

static int get_manifest(struct exchange *x, const char *ref)
{
    const char *digest = NULL;
    const struct thing *t = manifest_of(x, ref, &digest);
    if (t == NULL) {
        return refuse(x, 404, "MANIFEST_UNKNOWN");
    }
    header(x, "Content-Type", x->f->content_type != NULL ? x->f->content_type : t->type);
    digest_header(x, digest);
    if (x->f->etags) {
        header(x, "ETag", etag_of(x, digest));
    }
    return send_content(x, t);
}

static int put_manifest(struct exchange *x, const char *ref)
{
    struct fake_registry *f = x->f;
    struct oci_manifest m = {0};
    if (!parse(wp_buf_span(&x->sent), asked(x, "Content-Type"), &x->resp->arena, &m)) {
        return refuse(x, 400, "MANIFEST_INVALID");
    }
    const struct thing *old = find(f, "tag", x->repo, ref);
    const char *if_match = asked(x, "If-Match");
    if (if_match != NULL && (old == NULL || strcmp(if_match, etag_of(x, old->type)) != 0)) {
        return refuse(x, 412, "PRECONDITION");
    }
    struct oci_digest digest = {0};
    struct oci_digest want = {0};
    struct wp_err err = {0};
    char text[OCI_DIGEST_TEXT];
    bool by_digest = oci_digest_parse(ref, &want, &err) == 0;
    oci_digest_of(by_digest ? want.alg : WP_SHA256, wp_buf_span(&x->sent), &digest);
    oci_digest_text(&digest, text);
    if (by_digest && strcmp(ref, text) != 0) {
        return refuse(x, 400, "DIGEST_INVALID");
    }
    bool lost = f->drop_tag_puts > 0 && wp_str_starts(ref, "sha256-");
    f->drop_tag_puts -= lost ? 1 : 0;
    if (lost && f->dropped_put_leaves != NULL) {
        set(add(f, "tag", x->repo, ref), f->dropped_put_leaves, wp_span(NULL, 0));
    }
    if (!lost) {
        set(add(f, "manifest", x->repo, text), asked(x, "Content-Type"), wp_buf_span(&x->sent));
        if (!by_digest) {
            set(add(f, "tag", x->repo, ref), text, wp_span(NULL, 0));
        }
    }
    digest_header(x, text);
    if (m.subject != NULL && !f->no_referrers_api) {
        header(x, "OCI-Subject", oci_digest_text(&m.subject->digest, text));
    }
    return answer(x, 201);
}

static int delete_thing(struct exchange *x, const char *kind, const char *ref)
{
    struct fake_registry *f = x->f;
    const struct thing *tag = strcmp(kind, "manifest") == 0 ? find(f, "tag", x->repo, ref) : NULL;
    const struct thing *t = tag != NULL ? tag : find(f, kind, x->repo, ref);
    if (f->no_delete) {
        return refuse(x, 405, "UNSUPPORTED");
    }
    if (t == NULL) {
        return refuse(x, 404, "MANIFEST_UNKNOWN");
    }
    if (tag != NULL && f->no_tag_delete) {
        return refuse(x, 400, "DIGEST_INVALID");
    }
    const struct thing *next = NULL;
    for (const struct thing *p = f->state->things; tag == NULL && p != NULL; p = next) {
        next = p->next;
        if (strcmp(p->kind, "tag") == 0 && strcmp(p->repo, x->repo) == 0 && strcmp(p->type, ref) == 0) {
            drop(f, p);
        }
    }
    drop(f, t);
    return answer(x, 202);
}

/* ---- listings ---- */

static void link_header(struct exchange *x, size_t from, size_t next, size_t total)
{
    if (x->f->link != NULL) {
        header(x, "Link", x->f->link);
    } else if (next < total && next > from) {
        header(x, "Link", wp_arena_printf(&x->resp->arena, "<%s?from=%zu>; rel=\"next\"", x->path, next));
    }
}

static size_t page_of(const struct exchange *x, size_t total, size_t *ret_end)
{
    const char *text = param(x, "from");
    size_t from = text == NULL ? 0 : (size_t)strtoull(text, NULL, 10);
    size_t size = x->f->per_page == 0 ? total : x->f->per_page;
    *ret_end = WP_MIN(from + size, total);
    return from;
}

static int list_tags(struct exchange *x)
{
    struct fake_registry *f = x->f;
    if (!repo_known(f, x->repo)) {
        return refuse(x, 404, "NAME_UNKNOWN");
    }
    size_t total = 0;
    for (const struct thing *t = f->state->things; t != NULL; t = t->next) {
        total += strcmp(t->kind, "tag") == 0 && strcmp(t->repo, x->repo) == 0 ? 1 : 0;
    }
    size_t end = 0;
    size_t from = page_of(x, total, &end);
    struct wp_json_out o = wp_json_out(&x->reply);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "name", x->repo);
    wp_jo_key(&o, "tags");
    if (total == 0) {
        wp_jo_null(&o);
    } else {
        wp_jo_array(&o);
        size_t at = 0;
        for (const struct thing *t = f->state->things; t != NULL; t = t->next) {
            if (strcmp(t->kind, "tag") == 0 && strcmp(t->repo, x->repo) == 0) {
                if (at >= from && at < end) {
                    wp_jo_str(&o, t->key);
                }
                at++;
            }
        }
        wp_jo_array_end(&o);
    }
    wp_jo_object_end(&o);
    link_header(x, from, end, total);
    return answer(x, 200);
}

static int list_repos(struct exchange *x)
{
    struct wp_json_out o = wp_json_out(&x->reply);
    wp_jo_object(&o);
    wp_jo_key(&o, "repositories");
    wp_jo_array(&o);
    for (const struct thing *t = x->f->state->things; t != NULL; t = t->next) {
        const struct thing *first = x->f->state->things;
        while (strcmp(first->repo, t->repo) != 0) {
            first = first->next;
        }
        if (first == t) {
            wp_jo_str(&o, t->repo);
        }
    }
    wp_jo_array_end(&o);
    wp_jo_object_end(&o);
    return answer(x, 200);
}

static int list_referrers(struct exchange *x, const char *digest)
{
    struct fake_registry *f = x->f;
    if (f->no_referrers_api) {
        wp_buf_add_str(&x->reply, "404 page not found\n");
        return answer(x, 404);
    }
    if (!repo_known(f, x->repo)) {
        return refuse(x, 404, "NAME_UNKNOWN");
    }
    struct wp_arena *a = &x->resp->arena;
    struct oci_desc list[64];
    size_t total = 0;
    for (const struct thing *t = f->state->things; t != NULL; t = t->next) {
        struct oci_manifest m = {0};
        char text[OCI_DIGEST_TEXT] = "";
        if (strcmp(t->kind, "manifest") == 0 && strcmp(t->repo, x->repo) == 0 &&
            parse(wp_buf_span(&t->bytes), t->type, a, &m) && m.subject != NULL &&
            strcmp(oci_digest_text(&m.subject->digest, text), digest) == 0 && total < WP_ARRAY_LEN(list)) {
            list[total++] = oci_referrers_entry(a, &m, wp_buf_span(&t->bytes));
        }
    }
    size_t end = 0;
    size_t from = page_of(x, total, &end);
    struct oci_manifest index = {
        .kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .manifests = list + from, .manifest_count = end - from};
    oci_manifest_write(&index, &x->reply);
    header(x, "Content-Type", f->content_type != NULL ? f->content_type : OCI_MT_INDEX);
    link_header(x, from, end, total);
    return answer(x, 200);
}

/* ---- uploads ---- */

static void location(struct exchange *x, const struct thing *t)
{
    const char *origin = x->f->relative_locations ? "" : x->f->origin;
    const char *query = x->f->relative_locations ? "?_state=abc" : "";
    header(x, "Location",
           wp_arena_printf(&x->resp->arena, "%s/v2/%s/blobs/uploads/%s%s", origin, x->repo, t->key, query));
}

static void upload_range(struct exchange *x, const struct thing *t)
{
    header(x, "Range", wp_arena_printf(&x->resp->arena, "0-%zu", t->bytes.len == 0 ? 0 : t->bytes.len - 1));
}

static int begin_upload(struct exchange *x)
{
    struct fake_registry *f = x->f;
    const char *mount = param(x, "mount");
    const char *from = param(x, "from");
    const struct thing *held = mount != NULL && from != NULL && !f->no_mount ? find(f, "blob", from, mount) : NULL;
    if (held != NULL) {
        set(add(f, "blob", x->repo, mount), NULL, wp_buf_span(&held->bytes));
        digest_header(x, mount);
        return answer(x, 201);
    }
    const struct thing *t = add(f, "upload", x->repo, wp_arena_printf(&x->resp->arena, "u%u", ++f->state->uploads));
    location(x, t);
    if (f->chunk_min > 0) {
        header(x, "OCI-Chunk-Min-Length", wp_arena_printf(&x->resp->arena, "%llu", (unsigned long long)f->chunk_min));
    }
    return answer(x, 202);
}

static int patch_upload(struct exchange *x, struct thing *t)
{
    const char *range = asked(x, "Content-Range");
    const char *want = wp_arena_printf(&x->resp->arena, "%zu-", t->bytes.len);
    if (range != NULL && !wp_str_starts(range, want)) {
        upload_range(x, t);
        return answer(x, 416);
    }
    wp_buf_add(&t->bytes, x->sent.ptr, x->sent.len);
    location(x, t);
    upload_range(x, t);
    return answer(x, x->f->patch_204 ? 204 : 202);
}

static int put_upload(struct exchange *x, struct thing *t)
{
    const char *digest = param(x, "digest");
    struct oci_desc want = {.size = OCI_SIZE_UNKNOWN};
    struct wp_err err = {0};
    wp_buf_add(&t->bytes, x->sent.ptr, x->sent.len);
    struct oci_digest got = {0};
    if (digest == NULL || oci_digest_parse(digest, &want.digest, &err) != 0) {
        return refuse(x, 400, "DIGEST_INVALID");
    }
    oci_digest_of(want.digest.alg, wp_buf_span(&t->bytes), &got);
    if (!oci_digest_equal(&got, &want.digest)) {
        drop(x->f, t);
        return refuse(x, 400, "DIGEST_INVALID");
    }
    set(add(x->f, "blob", x->repo, digest), NULL, wp_buf_span(&t->bytes));
    drop(x->f, t);
    digest_header(x, digest);
    return answer(x, 201);
}

static int upload(struct exchange *x, const char *key)
{
    struct thing *t = find(x->f, "upload", x->repo, key);
    const char *method = x->req->method;
    if (t == NULL) {
        return refuse(x, 404, "BLOB_UPLOAD_UNKNOWN");
    }
    if (x->sent_broke) {
        wp_buf_add(&t->bytes, x->sent.ptr, x->sent.len);
        return -1;
    }
    if (strcmp(method, "PATCH") == 0) {
        return patch_upload(x, t);
    }
    if (strcmp(method, "PUT") == 0) {
        return put_upload(x, t);
    }
    if (strcmp(method, "DELETE") == 0) {
        drop(x->f, t);
        return answer(x, 204);
    }
    if (strcmp(method, "GET") != 0 || x->f->no_upload_state) {
        return refuse(x, 404, "BLOB_UPLOAD_UNKNOWN");
    }
    location(x, t);
    upload_range(x, t);
    return answer(x, 204);
}

/* ---- the way of a request ---- */

static int route_content(struct exchange *x, const char *kind, const char *ref)
{
    bool head = strcmp(x->req->method, "HEAD") == 0;
    bool manifest = strcmp(kind, "manifest") == 0;
    if (head && x->f->head_405) {
        return answer(x, 405);
    }
    if (strcmp(x->req->method, "DELETE") == 0) {
        return delete_thing(x, kind, ref);
    }
    if (strcmp(x->req->method, "PUT") == 0 && manifest) {
        return put_manifest(x, ref);
    }
    int rc = 0;
    const struct thing *t = find(x->f, "blob", x->repo, ref);
    if (manifest) {
        rc = get_manifest(x, ref);
    } else {
        rc = t == NULL ? refuse(x, 404, "BLOB_UNKNOWN") : send_content(x, t);
    }
    if (head) {
        wp_buf_cut(&x->reply, 0);
    }
    return rc;
}

static int route(struct exchange *x)
{
    struct fake_registry *f = x->f;
    static const struct {
        const char *mark, *kind;
    } ways[] = {{"/manifests/", "manifest"},
                {"/blobs/uploads/", "upload"},
                {"/blobs/", "blob"},
                {"/tags/list", "tags"},
                {"/referrers/", "referrers"}};
    if (f->fail_count > 0 && strcmp(x->req->method, f->fail_method) == 0) {
        f->fail_count--;
        return refuse(x, f->fail_status, f->fail_code != NULL ? f->fail_code : "TOOMANYREQUESTS");
    }
    if (f->max_body > 0 && x->req->body_size > f->max_body) {
        return refuse(x, 413, "SIZE_INVALID");
    }
    if (strcmp(x->path, "/v2/_catalog") == 0) {
        return list_repos(x);
    }
    if (strcmp(x->path, "/v2/") == 0) {
        return answer(x, 200);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(ways); i++) {
        char *mark = strstr(x->path, ways[i].mark);
        if (mark == NULL || !wp_str_starts(x->path, "/v2/")) {
            continue;
        }
        x->repo = wp_arena_strn(&x->resp->arena, x->path + 4, (size_t)(mark - x->path) - 4);
        const char *rest = mark + strlen(ways[i].mark);
        switch (i) {
        case 1:
            return rest[0] == '\0' ? begin_upload(x) : upload(x, rest);
        case 3:
            return list_tags(x);
        case 4:
            return list_referrers(x, rest);
        default:
            return route_content(x, ways[i].kind, rest);
        }
    }
    return refuse(x, 404, "UNSUPPORTED");
}

/* The request's body into x->sent; what the source says is the transport's error. */
static int receive(struct exchange *x, struct wp_err *err)
{
    struct fake_registry *f = x->f;
    if (x->req->body == NULL) {
        return 0;
    }
    WP_AUTO_READER struct wp_reader *r = NULL;
    if (x->req->body->open(x->req->body, 0, &r, err) != 0) {
        return -1;
    }
    bool upload_body = strstr(x->req->url, "/blobs/uploads/") != NULL;
    for (;;) {
        char buf[4096];
        size_t room = sizeof(buf);
        if (upload_body && f->upload_breaks > 0) {
            room = WP_MIN(room, f->upload_break_at - x->sent.len);
        }
        if (room == 0) {
            f->upload_breaks--;
            x->sent_broke = true;
            return 0;
        }
        ssize_t n = wp_read(r, buf, room, err);
        if (n <= 0) {
            return n == 0 && x->sent.len != x->req->body_size
                       ? wp_fail(err, WP_E_OTHER, "fake: body has another size than was told")
                       : (int)n;
        }
        wp_buf_add(&x->sent, buf, (size_t)n);
        wp_item_add(x->req->item, (uint64_t)n, true);
    }
}

struct reply_reader {
    struct wp_reader base;
    struct wp_buf bytes;
    size_t at, end;
    bool breaks;
};

static ssize_t reply_read(struct wp_reader *reader, void *buf, size_t len, struct wp_err *err)
{
    struct reply_reader *r = WP_DOWNCAST(struct reply_reader, reader);
    size_t n = WP_MIN(len, r->end - r->at);
    if (n == 0 && r->breaks) {
        return wp_fail(err, WP_E_NETWORK, "fake: connection reset");
    }
    memcpy(buf, r->bytes.ptr + r->at, n);
    r->at += n;
    return (ssize_t)n;
}

static void reply_close(struct wp_reader *reader)
{
    struct reply_reader *r = WP_DOWNCAST(struct reply_reader, reader);
    wp_buf_done(&r->bytes);
    free(r);
}

static struct wp_reader *reply_reader(struct exchange *x)
{
    struct fake_registry *f = x->f;
    struct reply_reader *r = wp_xcalloc(1, sizeof(*r));
    r->base = (struct wp_reader){.read = reply_read, .close = reply_close};
    r->bytes = x->reply;
    x->reply = (struct wp_buf)WP_BUF_INIT;
    r->end = r->bytes.len;
    if (f->breaks > 0 && strcmp(x->req->method, "GET") == 0 && x->resp->status < 300 && r->bytes.len > f->break_at) {
        f->breaks--;
        r->breaks = true;
        r->end = f->break_at;
    }
    return &r->base;
}

static int fake_send(struct http_transport *t, const struct http_exchange *e, struct http_resp *ret,
                     WP_OWN struct wp_reader **ret_body, struct wp_err *err)
{
    struct fake_registry *f = WP_DOWNCAST(struct fake_registry, t);
    struct http_resp resp = {.arena = WP_ARENA_INIT};
    struct exchange x = {.f = f, .req = e->req, .resp = &resp, .sent = WP_BUF_INIT, .reply = WP_BUF_INIT};
    int rc = -1;
    pthread_mutex_lock(&f->state->lock);
    wp_buf_printf(&f->log, "%s %s\n", e->req->method,
                  wp_str_starts(e->req->url, f->origin) ? e->req->url + strlen(f->origin) : e->req->url);
    if (!wp_str_starts(e->req->url, f->origin)) {
        wp_fail(err, WP_E_OTHER, "fake: request to another host '%s'", e->req->url);
    } else if (receive(&x, err) == 0) {
        x.path = wp_arena_str(&resp.arena, e->req->url + strlen(f->origin));
        x.query = strchr(x.path, '?');
        if (x.query != NULL) {
            *x.query++ = '\0';
        }
        rc = route(&x);
        if (rc != 0) {
            wp_fail(err, WP_E_NETWORK, "fake: connection reset");
        }
    }
    if (rc == 0) {
        struct http_header *own = wp_arena_alloc(&resp.arena, WP_ARRAY_LEN(x.headers), sizeof(*own));
        memcpy(own, x.headers, sizeof(x.headers));
        resp.headers = own;
        resp.url = wp_arena_str(&resp.arena, e->req->url);
        *ret_body = reply_reader(&x);
        *ret = resp;
    } else {
        wp_arena_done(&resp.arena);
    }
    pthread_mutex_unlock(&f->state->lock);
    wp_buf_done(&x.sent);
    wp_buf_done(&x.reply);
    return rc;
}

static void fake_close(struct http_transport *t WP_UNUSED)
{
}

/* ---- for tests ---- */

struct fake_registry *fake_registry_new(const char *origin)
{
    struct fake_registry *f = wp_xcalloc(1, sizeof(*f));
    f->base = (struct http_transport){.send = fake_send, .close = fake_close};
    f->origin = origin;
    f->log = (struct wp_buf)WP_BUF_INIT;
    f->state = wp_xcalloc(1, sizeof(*f->state));
    pthread_mutex_init(&f->state->lock, NULL);
    return f;
}

void fake_registry_clear(struct fake_registry *f)
{
    while (f->state->things != NULL) {
        drop(f, f->state->things);
    }
}

void fake_registry_free(struct fake_registry *f)
{
    fake_registry_clear(f);
    pthread_mutex_destroy(&f->state->lock);
    wp_buf_done(&f->log);
    free(f->state);
    free(f);
}

unsigned fake_registry_count(const struct fake_registry *f, const char *prefix)
{
    unsigned n = 0;
    for (const char *line = f->log.ptr; *line != '\0'; line = strchr(line, '\n') + 1) {
        n += wp_str_starts(line, prefix) ? 1 : 0;
    }
    return n;
}

void fake_registry_forget_log(struct fake_registry *f)
{
    wp_buf_cut(&f->log, 0);
}

size_t fake_registry_open_uploads(const struct fake_registry *f)
{
    size_t n = 0;
    for (const struct thing *t = f->state->things; t != NULL; t = t->next) {
        n += strcmp(t->kind, "upload") == 0 ? 1 : 0;
    }
    return n;
}

void fake_registry_corrupt(struct fake_registry *f, const char *digest, struct wp_span bytes)
{
    for (struct thing *t = f->state->things; t != NULL; t = t->next) {
        if (strcmp(t->key, digest) == 0) {
            wp_buf_cut(&t->bytes, 0);
            wp_buf_add(&t->bytes, bytes.ptr, bytes.len);
        }
    }
}

void fake_registry_plant(struct fake_registry *f, const char *repo, const char *kind, const char *digest,
                         const char *type, struct wp_span bytes, const char *tag)
{
    set(add(f, strcmp(kind, "blob") == 0 ? "blob" : "manifest", repo, digest), type, bytes);
    if (tag != NULL) {
        set(add(f, "tag", repo, tag), digest, wp_span(NULL, 0));
    }
}

struct wp_span fake_registry_blob(const struct fake_registry *f, const char *repo, const char *digest)
{
    const struct thing *t = find(f, "blob", repo, digest);
    return t == NULL ? wp_span(NULL, 0) : wp_buf_span(&t->bytes);
}

const char *fake_registry_tag(const struct fake_registry *f, const char *repo, const char *tag)
{
    const struct thing *t = find(f, "tag", repo, tag);
    return t == NULL ? NULL : t->type;
}
