/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests in and out of the registry (distribution-spec, "Pulling manifests", "Pushing Manifests", "Deleting
 * Manifests", "Pushing Manifests with Subject"). What is pushed must parse, be of a known media type, match its digest,
 * and have its blobs here unless the server is sparse; manifests of an index and a subject may be missing. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/ref.h"
#include "oci/serve-int.h"

#define MAX_TAGS 64

/* ---- out ---- */

/* The manifest under x->ref; false: answered. */
static bool resolve(struct exchange *x, struct oci_desc *ret, struct wp_span *ret_bytes)
{
    struct oci_store *s = x->sv->store;
    bool by_digest = strchr(x->ref, ':') != NULL;
    struct oci_digest digest;
    if (by_digest && !serve_digest(x, x->ref, &digest)) {
        return false;
    }
    if (!by_digest && oci_ref_tag_problem(x->ref) != NULL) {
        serve_error(x, 404, "MANIFEST_UNKNOWN", NULL, "no such manifest");
        return false;
    }
    const char *name = by_digest ? x->ref : serve_name(x, x->repo, x->ref);
    int rc = oci_store_resolve(s, name, &x->arena, ret, ret_bytes, &x->err);
    if (rc != 0 && x->err.code == WP_E_NOT_FOUND && wp_str_eq(name, x->ref) && !by_digest) {
        name = wp_arena_printf(&x->arena, "%s:%s", x->repo, x->ref);
        rc = oci_store_resolve(s, name, &x->arena, ret, ret_bytes, &x->err);
    }
    if (rc == 0 && oci_mediatype_kind(ret->media_type) != OCI_NOT_MANIFEST) {
        return true;
    }
    if (rc != 0 && x->err.code != WP_E_NOT_FOUND) {
        serve_store_error(x, "MANIFEST_UNKNOWN");
        return false;
    }
    bool unknown = !by_digest && serve_repo_known(x, x->repo) == 0;
    serve_error(x, 404, unknown ? "NAME_UNKNOWN" : "MANIFEST_UNKNOWN", NULL,
                unknown ? "no repository of this name" : "no such manifest");
    return false;
}

void serve_manifest_get(struct exchange *x)
{
    struct oci_desc d;
    struct wp_span bytes;
    if (!resolve(x, &d, &bytes)) {
        return;
    }
    char digest[OCI_DIGEST_TEXT];
    httpd_reply_bytes(x->http, 200, bytes);
    httpd_reply_header(x->http, "Content-Type", d.media_type);
    httpd_reply_header(x->http, "ETag", wp_arena_printf(&x->arena, "\"%s\"", oci_digest_text(&d.digest, digest)));
    serve_header_digest(x, &d.digest);
    httpd_reply_keep(x->http, wp_arena_printf(&x->arena, "%s %s", digest, d.media_type));
}

/* ---- in ---- */

static void too_large(struct exchange *x)
{
    serve_error(x, 413, "SIZE_INVALID", NULL, "a manifest has at most %llu bytes",
                (unsigned long long)WP_LIMIT_MANIFEST);
}

void serve_manifest_put_begin(struct exchange *x)
{
    if (x->http->has_length && x->http->length > WP_LIMIT_MANIFEST) {
        too_large(x);
    }
}

void serve_manifest_put_body(struct exchange *x, struct wp_span bytes)
{
    if (wp_buf_add_bounded(&x->body, bytes.ptr, bytes.len, WP_LIMIT_MANIFEST, "the manifest", &x->err) != 0) {
        wp_err_clear(&x->err);
        too_large(x);
    }
}

struct push {
    struct exchange *x;
    struct oci_manifest manifest;
    struct oci_desc desc;
    struct oci_binding bindings[MAX_TAGS];
    const char *tags[MAX_TAGS];
    size_t tag_count;
};

static bool add_tag(struct push *p, const char *tag)
{
    struct exchange *x = p->x;
    const char *problem = oci_ref_tag_problem(tag);
    if (problem != NULL || p->tag_count == MAX_TAGS) {
        serve_error(x, 400, "MANIFEST_INVALID", NULL, "the tag %s", problem != NULL ? problem : "is one too many");
        return false;
    }
    p->tags[p->tag_count] = tag;
    p->bindings[p->tag_count] =
        (struct oci_binding){.name = serve_name(x, x->repo, tag), .desc = &p->desc, .bytes = wp_buf_span(&x->body)};
    p->tag_count++;
    return true;
}

/* Where the manifest is to be found: x->ref and ?tag=. The digest is checked against the bytes. */
static bool read_target(struct push *p)
{
    struct exchange *x = p->x;
    enum wp_hash_alg alg = WP_SHA256;
    struct oci_digest want = {0};
    if (strchr(x->ref, ':') != NULL) {
        if (!serve_digest(x, x->ref, &want)) {
            return false;
        }
        alg = want.alg;
    } else if (!add_tag(p, x->ref)) {
        return false;
    }
    oci_digest_of(alg, wp_buf_span(&x->body), &p->desc.digest);
    if (want.alg != 0 && !oci_digest_equal(&want, &p->desc.digest)) {
        serve_error(x, 400, "DIGEST_INVALID", NULL, "the manifest has another digest");
        return false;
    }
    for (const struct serve_arg *arg = x->args; arg != NULL; arg = arg->next) {
        if (wp_str_eq(arg->name, "tag") && !add_tag(p, arg->value)) {
            return false;
        }
    }
    return true;
}

static bool read_manifest(struct push *p)
{
    struct exchange *x = p->x;
    const char *announced = httpd_req_header(x->http, "Content-Type");
    if (announced != NULL) {
        size_t len = strcspn(announced, "; \t");
        announced = wp_arena_strn(&x->arena, announced, len);
        if (oci_mediatype_kind(announced) == OCI_NOT_MANIFEST) {
            serve_error(x, 400, "MANIFEST_INVALID", NULL, "Content-Type is not a manifest's");
            return false;
        }
    }
    if (oci_manifest_parse(wp_buf_span(&x->body), announced, "the manifest", &x->arena, &p->manifest, &x->err) != 0) {
        serve_error(x, 400, "MANIFEST_INVALID", NULL, "%s", x->err.msg);
        wp_err_clear(&x->err);
        return false;
    }
    p->desc.media_type = p->manifest.media_type;
    p->desc.size = x->body.len;
    return true;
}

/* Layers that may not be distributed stay at their urls. */
static bool is_foreign(const struct oci_desc *d)
{
    return strstr(d->media_type, ".nondistributable.") != NULL || strstr(d->media_type, ".foreign.") != NULL;
}

static int check_blob(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    struct push *p = arg;
    if (is_foreign(d)) {
        return 0;
    }
    int rc = oci_store_exists(p->x->sv->store, d, false, err);
    if (rc == OCI_ABSENT) {
        char text[OCI_DIGEST_TEXT];
        char detail[OCI_DIGEST_TEXT + 16];
        (void)snprintf(detail, sizeof(detail), "{\"digest\":\"%s\"}", oci_digest_text(&d->digest, text));
        serve_error(p->x, 400, "MANIFEST_BLOB_UNKNOWN", detail, "a blob of the manifest is not here: %s", text);
        return 1;
    }
    return rc < 0 ? -1 : 0;
}

static bool check_blobs(struct push *p)
{
    if (p->manifest.kind != OCI_MANIFEST || p->x->sv->opts->sparse) {
        return true;
    }
    int rc = oci_manifest_each(&p->manifest, check_blob, p, &p->x->err);
    if (rc < 0 && p->x->http->status == 0) {
        serve_store_error(p->x, "MANIFEST_UNKNOWN");
    }
    return rc == 0;
}

static bool store_manifest(struct push *p)
{
    struct oci_store *s = p->x->sv->store;
    struct wp_err *err = &p->x->err;
    if (p->tag_count == 0) {
        p->bindings[0] = (struct oci_binding){.desc = &p->desc, .bytes = wp_buf_span(&p->x->body)};
    }
    if (oci_store_put(s, &p->desc, wp_buf_span(&p->x->body), err) != 0 ||
        oci_store_bind(s, p->bindings, WP_MAX(p->tag_count, 1), 0, err) != 0) {
        serve_store_error(p->x, "MANIFEST_UNKNOWN");
        return false;
    }
    return true;
}

void serve_manifest_put(struct exchange *x)
{
    struct push p = {.x = x};
    if (!read_manifest(&p) || !read_target(&p) || !check_blobs(&p) || !store_manifest(&p)) {
        return;
    }
    char text[OCI_DIGEST_TEXT];
    httpd_reply(x->http, 201);
    httpd_reply_header(
        x->http, "Location",
        wp_arena_printf(&x->arena, "/v2/%s/manifests/%s", x->repo, oci_digest_text(&p.desc.digest, text)));
    serve_header_digest(x, &p.desc.digest);
    if (p.manifest.subject != NULL && !x->sv->opts->no_referrers_api) {
        httpd_reply_header(x->http, "OCI-Subject", oci_digest_text(&p.manifest.subject->digest, text));
    }
    for (size_t i = 0; i < p.tag_count; i++) {
        httpd_reply_header(x->http, "OCI-Tag", p.tags[i]);
    }
}

/* ---- away ---- */

static bool unbind(struct exchange *x, const char *name)
{
    const struct oci_binding away = {.name = name};
    if (oci_store_bind(x->sv->store, &away, 1, 0, &x->err) == 0 || x->err.code == WP_E_NOT_FOUND) {
        return true;
    }
    serve_store_error(x, "MANIFEST_UNKNOWN");
    return false;
}

struct named {
    struct exchange *x;
    const struct oci_digest *digest;
    const char **own; /* store names in this repository */
    size_t own_count;
    bool elsewhere;
};

static void named_done(struct named *n)
{
    free(n->own);
}

static int find_names(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    (void)err;
    struct named *n = arg;
    if (desc == NULL || !oci_digest_equal(&desc->digest, n->digest)) {
        return 0;
    }
    const char *own = n->x->sv->opts->default_repo;
    bool bare = repo[0] == '\0';
    if (!wp_str_eq(repo, n->x->repo) && !(bare && own != NULL && wp_str_eq(own, n->x->repo))) {
        n->elsewhere = true;
        return 0;
    }
    n->own = wp_xrealloc(n->own, n->own_count + 1, sizeof(*n->own));
    n->own[n->own_count++] = wp_arena_printf(&n->x->arena, "%s%s%s", repo, bare ? "" : ":", tag);
    return 0;
}

/* The content itself stays while another repository has a name for it. */
static void delete_digest(struct exchange *x, const struct oci_desc *d)
{
    WP_CLEANUP(named_done) struct named n = {.x = x, .digest = &d->digest};
    int rc = oci_store_each_name(x->sv->store, NULL, find_names, &n, &x->err);
    if (rc != 0 || (!n.elsewhere && oci_store_remove(x->sv->store, d, &x->err) != 0)) {
        serve_store_error(x, "MANIFEST_UNKNOWN");
        return;
    }
    if (n.elsewhere && n.own_count == 0) {
        serve_error(x, 404, "MANIFEST_UNKNOWN", NULL, "no such manifest");
        return;
    }
    for (size_t i = 0; n.elsewhere && i < n.own_count; i++) {
        if (!unbind(x, n.own[i])) {
            return;
        }
    }
    httpd_reply(x->http, 202);
}

void serve_manifest_delete(struct exchange *x)
{
    struct oci_desc d;
    struct wp_span bytes;
    if (!resolve(x, &d, &bytes)) {
        return;
    }
    if (strchr(x->ref, ':') != NULL) {
        delete_digest(x, &d);
        return;
    }
    if (unbind(x, serve_name(x, x->repo, x->ref)) && unbind(x, wp_arena_printf(&x->arena, "%s:%s", x->repo, x->ref))) {
        httpd_reply(x->http, 202);
    }
}
