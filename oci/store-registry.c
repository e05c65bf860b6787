/* SPDX-License-Identifier: Apache-2.0
 *
 * A repository of a registry as a store (distribution-spec 1.1): opening, what exists, resolving and removing, and the
 * small things that every request needs. Transfers, manifests and names, lists and referrers are in registry-*.c. */
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "oci/ref.h"
#include "oci/registry-int.h"
#include "oci/verify.h"

#include <strings.h>

#define SETTLE_MS  300
#define CHUNK_SIZE (16 * WP_MIB)

struct http_call oci_registry_call(const struct oci_registry *r, const char *method, const char *url, const char *scope)
{
    return (struct http_call){
        .req = {.method = method, .url = url},
        .scope = scope,
        .job = r->job,
        .body_limit = WP_LIMIT_ERROR_BODY,
    };
}

char *oci_registry_manifest_url(const struct oci_registry *r, struct wp_arena *a, const char *ref)
{
    return wp_arena_printf(a, "%s/manifests/%s", r->url, ref);
}

char *oci_registry_blob_url(const struct oci_registry *r, struct wp_arena *a, const struct oci_digest *digest)
{
    char text[OCI_DIGEST_TEXT];
    return wp_arena_printf(a, "%s/blobs/%s", r->url, oci_digest_text(digest, text));
}

bool oci_registry_is_manifest(const struct oci_desc *d)
{
    return oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST;
}

char *oci_registry_content_url(const struct oci_registry *r, struct wp_arena *a, const struct oci_desc *d)
{
    char text[OCI_DIGEST_TEXT];
    if (oci_registry_is_manifest(d)) {
        return oci_registry_manifest_url(r, a, oci_digest_text(&d->digest, text));
    }
    return oci_registry_blob_url(r, a, &d->digest);
}

int oci_registry_check_tag(const struct oci_registry *r, const char *tag, struct wp_err *err)
{
    const char *problem = oci_ref_tag_problem(tag);
    if (problem != NULL) {
        return wp_fail(err, WP_E_USAGE, "'%s' is not a tag of %s: %s", tag, r->label, problem);
    }
    return 0;
}

/* A member of the first error of an error body, in a; "" when there is none. */
static const char *error_member(struct wp_arena *a, struct wp_span body, const char *member)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err ignored = {0};
    if (body.len == 0 || wp_json_parse(body, "error body", false, WP_E_OTHER, &doc, &ignored) != 0) {
        return "";
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json errors = wp_json_get(&root, "errors");
    struct wp_json first = wp_json_at(&errors, 0);
    struct wp_json at = wp_json_get(&first, member);
    const char *text = "";
    return wp_json_opt_str(&at, &text, &ignored) == 0 ? wp_arena_str(a, text) : "";
}

const char *oci_registry_error_code(struct wp_arena *a, struct wp_span body)
{
    const char *code = error_member(a, body, "code");
    bool is_code = strlen(code) <= 64 && code[strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
    return is_code ? code : "";
}

const char *oci_registry_error_words(struct wp_arena *a, struct wp_span body)
{
    const char *code = oci_registry_error_code(a, body);
    const char *message = error_member(a, body, "message");
    return wp_arena_printf(a, "%s%s%s", code, code[0] == '\0' || message[0] == '\0' ? "" : ": ", message);
}

int oci_registry_not_found(const struct oci_registry *r, const char *ref, struct wp_span body, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *code = oci_registry_error_code(&a, body);
    const char *mark = "";
    if (ref != NULL) {
        mark = oci_digest_is(ref) ? "@" : ":";
    }
    return wp_fail(err, WP_E_NOT_FOUND, "%s%s%s not found (404%s%s)", r->label, mark, ref == NULL ? "" : ref,
                   code[0] == '\0' ? "" : " ", code);
}

int oci_registry_delete(struct oci_registry *r, struct wp_arena *a, const char *url, const char *ref,
                        const char **ret_code, struct wp_err *err)
{
    const int accept[] = {200, 202, 204, 400, 404, 405, 0};
    struct http_call call = oci_registry_call(r, "DELETE", url, r->scope_delete);
    call.accept = accept;
    call.expect_404 = true;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    if (http_client_read(r->client, &call, &resp, &body, err) != 0) {
        return -1;
    }
    if (resp.status == 404) {
        return oci_registry_not_found(r, ref, wp_buf_span(&body), err);
    }
    *ret_code = oci_registry_error_code(a, wp_buf_span(&body));
    return resp.status;
}

int oci_registry_refuse_encoding(const struct http_resp *resp, const char *what, struct wp_err *err)
{
    const char *encoding = http_resp_header(resp, "Content-Encoding");
    if (encoding == NULL || encoding[0] == '\0' || strcasecmp(encoding, "identity") == 0) {
        return 0;
    }
    return wp_fail(err, WP_E_INTEGRITY, "%s: came with Content-Encoding '%s', which was not asked for", what, encoding);
}

int oci_registry_check_digest_header(const struct http_resp *resp, struct wp_span bytes, const char *what,
                                     struct wp_err *err)
{
    const char *header = http_resp_header(resp, "Docker-Content-Digest");
    if (header == NULL || header[0] == '\0') {
        return 0;
    }
    struct oci_digest claimed = {0};
    struct wp_err ignored = {0};
    if (oci_digest_parse(header, &claimed, &ignored) != 0) {
        return wp_fail(err, WP_E_INTEGRITY, "%s: Docker-Content-Digest '%s' is not a digest", what, header);
    }
    struct oci_digest computed = {0};
    oci_digest_of(claimed.alg, bytes, &computed);
    if (!oci_digest_equal(&claimed, &computed)) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_INTEGRITY, "%s: Docker-Content-Digest is %s, but the content has digest %s", what,
                       header, oci_digest_text(&computed, text));
    }
    return 0;
}

int oci_registry_wait(const struct oci_registry *r, unsigned n, struct wp_err *err)
{
    if (n == 0) {
        return wp_job_check(r->job, err);
    }
    return http_client_pause(r->client, n, 0, r->job, err);
}

/* ---- exists ---- */

/* 1, 0 or -1: not known to the method (405). */
static int ask_presence(struct oci_registry *r, const struct oci_desc *d, const char *method, bool *ret_refused,
                        struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct http_header headers[] = {{"Accept", oci_mediatype_accept}, {"Accept-Encoding", "identity"}};
    const int accept[] = {200, 404, 405, 0};
    bool manifest = oci_registry_is_manifest(d);
    struct http_call call = oci_registry_call(r, method, oci_registry_content_url(r, &a, d), r->scope_pull);
    call.req.headers = manifest ? headers : headers + 1;
    call.req.header_count = manifest ? 2 : 1;
    call.expect_404 = true;
    call.accept = accept;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    *ret_refused = false;
    if (http_client_send(r->client, &call, &resp, &body, err) != 0) {
        return -1;
    }
    if (resp.status == 405) {
        *ret_refused = true;
        return wp_fail(err, WP_E_UNSUPPORTED, "%s answers %s of %s with 405", r->label, method,
                       manifest ? "a manifest" : "a blob");
    }
    if (resp.status == 404) {
        return OCI_ABSENT;
    }
    const char *length = http_resp_header(&resp, "Content-Length");
    uint64_t size = 0;
    /* A blob of another length is not this blob; lengths of manifests in replies to HEAD are not to be relied on. */
    if (!manifest && d->size != OCI_SIZE_UNKNOWN && length != NULL && wp_parse_u64(length, 0, UINT64_MAX, &size) &&
        size != d->size) {
        return OCI_ABSENT;
    }
    return OCI_PRESENT;
}

static int prove_presence(struct oci_store *s, const struct oci_desc *d, struct wp_err *err)
{
    struct wp_reader *raw = NULL;
    if (oci_registry_fetch(s, d, 0, &raw, err) != 0) {
        if (err->code == WP_E_NOT_FOUND) {
            wp_err_clear(err);
            return OCI_ABSENT;
        }
        return -1;
    }
    WP_AUTO_READER struct wp_reader *proof = oci_verify_reader(raw, d);
    if (wp_read_drain(proof, err) == 0) {
        return OCI_PRESENT;
    }
    if (err->code != WP_E_INTEGRITY) {
        return -1;
    }
    wp_err_clear(err);
    return OCI_ABSENT;
}

static int registry_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    if (proven) {
        return prove_presence(s, d, err);
    }
    bool refused = false;
    int rc = ask_presence(r, d, "HEAD", &refused, err);
    if (rc < 0 && refused) {
        wp_err_clear(err);
        rc = ask_presence(r, d, "GET", &refused, err);
    }
    return rc;
}

/* ---- resolve ---- */

static const char *manifest_type(struct wp_arena *a, const struct http_resp *resp)
{
    const char *header = http_resp_header(resp, "Content-Type");
    if (header == NULL || oci_mediatype_kind(header) == OCI_NOT_MANIFEST) {
        return NULL;
    }
    size_t len = strcspn(header, "; \t");
    for (const struct oci_mediatype_row *row = oci_mediatypes; row->name != NULL; row++) {
        if (strlen(row->name) == len && strncasecmp(row->name, header, len) == 0) {
            return row->name;
        }
    }
    return wp_arena_strn(a, header, len);
}

static int prove_manifest(const struct oci_registry *r, const char *ref, const struct http_resp *resp,
                          struct oci_registry_manifest *m, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err ignored = {0};
    if (oci_digest_is(ref)) {
        const char *what = wp_arena_printf(&a, "%s@%s", r->label, ref);
        struct oci_desc want = {.size = OCI_SIZE_UNKNOWN};
        if (oci_digest_parse(ref, &want.digest, err) != 0 || oci_verify_bytes(m->bytes, &want, what, err) != 0) {
            return -1;
        }
        m->digest = want.digest;
        return 0;
    }
    const char *what = wp_arena_printf(&a, "%s:%s", r->label, ref);
    if (oci_registry_check_digest_header(resp, m->bytes, what, err) != 0) {
        return -1;
    }
    const char *header = http_resp_header(resp, "Docker-Content-Digest");
    if (header == NULL || oci_digest_parse(header, &m->digest, &ignored) != 0) {
        oci_digest_of(WP_SHA256, m->bytes, &m->digest);
    }
    return 0;
}

int oci_registry_get_manifest(struct oci_registry *r, const char *ref, struct wp_arena *a,
                              struct oci_registry_manifest *ret, struct wp_err *err)
{
    const struct http_header headers[] = {{"Accept", oci_mediatype_accept}, {"Accept-Encoding", "identity"}};
    const int accept[] = {200, 404, 0};
    struct http_call call = oci_registry_call(r, "GET", oci_registry_manifest_url(r, a, ref), r->scope_pull);
    call.req.headers = headers;
    call.req.header_count = WP_ARRAY_LEN(headers);
    call.expect_404 = true;
    call.accept = accept;
    call.body_limit = WP_LIMIT_MANIFEST;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    struct oci_registry_manifest m = {0};
    if (http_client_read(r->client, &call, &resp, &body, err) != 0) {
        return -1;
    }
    if (resp.status == 404) {
        m.error_body = wp_arena_bytes(a, wp_buf_span(&body));
        *ret = m;
        return 0;
    }
    if (oci_registry_refuse_encoding(&resp, r->label, err) != 0) {
        return -1;
    }
    m.bytes = wp_arena_bytes(a, wp_buf_span(&body));
    m.media_type = manifest_type(a, &resp);
    const char *etag = http_resp_header(&resp, "ETag");
    m.etag = etag == NULL ? NULL : wp_arena_str(a, etag);
    if (prove_manifest(r, ref, &resp, &m, err) != 0) {
        return -1;
    }
    *ret = m;
    return 1;
}

#define CANDIDATES 5

struct only_tag {
    struct wp_arena *a;
    const char *tag;
    unsigned count;
    struct wp_buf hint;
};

/* "sha256-<hex>", also with an ending: a list of referrers, or a signature of old. */
static bool belongs_to_digest(const char *tag)
{
    return wp_str_starts(tag, "sha256-") && strspn(tag + 7, "0123456789abcdef") == 64;
}

static int keep_tag(void *arg, const char *repo WP_UNUSED, const char *tag, const struct oci_desc *desc WP_UNUSED,
                    struct wp_err *err WP_UNUSED)
{
    struct only_tag *only = arg;
    if (belongs_to_digest(tag)) {
        return 0;
    }
    if (only->count++ < CANDIDATES) {
        wp_buf_printf(&only->hint, "%s%s", only->hint.len > 0 ? ", " : "", tag);
        only->tag = wp_arena_str(only->a, tag);
    }
    return 0;
}

static const char *the_only_tag(struct oci_registry *r, struct wp_arena *a, struct wp_err *err)
{
    struct only_tag only = {.a = a, .hint = WP_BUF_INIT};
    const char *tag = NULL;
    if (oci_registry_each_name(&r->base, NULL, keep_tag, &only, err) == 0) {
        if (only.count == 0) {
            wp_fail(err, WP_E_NOT_FOUND, "%s has no tags", r->label);
        } else if (only.count > 1) {
            wp_fail(err, WP_E_USAGE, "%s has %u tags: which one?", r->label, only.count);
            wp_hint(err, "name one of: %s%s", only.hint.ptr, only.count > CANDIDATES ? ", ..." : "");
        } else {
            tag = only.tag;
        }
    }
    wp_buf_done(&only.hint);
    return tag;
}

static int registry_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                            struct wp_span *ret_bytes, struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    const char *ref = name != NULL ? name : the_only_tag(r, a, err);
    if (ref == NULL || (!oci_digest_is(ref) && oci_registry_check_tag(r, ref, err) != 0)) {
        return -1;
    }
    struct oci_registry_manifest m = {0};
    int rc = oci_registry_get_manifest(r, ref, a, &m, err);
    if (rc <= 0) {
        return rc < 0 ? -1 : oci_registry_not_found(r, ref, m.error_body, err);
    }
    if (m.media_type == NULL) {
        struct oci_manifest doc = {0};
        const char *what = wp_arena_printf(a, "%s%s%s", r->label, oci_digest_is(ref) ? "@" : ":", ref);
        if (oci_manifest_parse(m.bytes, NULL, what, a, &doc, err) != 0) {
            return -1;
        }
        m.media_type = doc.media_type;
    }
    if (ret_desc != NULL) {
        *ret_desc = (struct oci_desc){.media_type = m.media_type, .digest = m.digest, .size = m.bytes.len};
    }
    if (ret_bytes != NULL) {
        *ret_bytes = m.bytes;
    }
    return 0;
}

/* ---- remove ---- */

/* What must be known before the manifest is gone: whom it refers to. 1: it has a subject. */
static int subject_of(struct oci_registry *r, const struct oci_desc *d, struct oci_digest *ret, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    struct oci_registry_manifest m = {0};
    int rc = oci_registry_get_manifest(r, text, &a, &m, err);
    if (rc <= 0) {
        return rc < 0 ? -1 : oci_registry_not_found(r, text, m.error_body, err);
    }
    struct oci_manifest doc = {0};
    struct wp_err unreadable = {0};
    /* What cannot be read is nobody's referrer, and is worth removing all the more. */
    if (oci_manifest_parse(m.bytes, m.media_type, text, &a, &doc, &unreadable) != 0 || doc.subject == NULL) {
        return 0;
    }
    *ret = doc.subject->digest;
    return 1;
}

static int registry_remove(struct oci_store *s, const struct oci_desc *d, struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    struct oci_digest subject = {0};
    int listed = 0;
    if (oci_registry_is_manifest(d) && atomic_load(&r->referrers_api) != OCI_API_YES) {
        listed = subject_of(r, d, &subject, err);
        if (listed < 0) {
            return -1;
        }
    }
    const char *code = NULL;
    int status = oci_registry_delete(r, &a, oci_registry_content_url(r, &a, d), text, &code, err);
    if (status < 0) {
        return -1;
    }
    if (status >= 400) {
        wp_fail(err, WP_E_UNSUPPORTED, "%s does not delete %s (%d %s)", r->label,
                oci_registry_is_manifest(d) ? "manifests" : "blobs", status, code);
        return wp_hint(err, "deleting has to be enabled at the registry");
    }
    const struct oci_registry_listed gone = {.subject = subject, .entry = *d};
    return listed == 1 ? oci_registry_fallback_edit(r, &gone, 1, true, err) : 0;
}

/* ---- push, open, close ---- */

static int registry_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                         const struct oci_push_opts *opts, struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    if (oci_registry_is_manifest(d)) {
        if (wp_job_check(opts->job, err) != 0) {
            return -1;
        }
        return oci_registry_push_manifest(r, d, src, err);
    }
    return oci_registry_upload(r, d, src, opts, err);
}

static void registry_close(WP_OWN struct oci_store *s)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    free(r->label);
    free(r->repo);
    free(r->url);
    free(r->scope_pull);
    free(r->scope_push);
    free(r->scope_delete);
    free(r);
}

static const struct oci_store_ops registry_ops = {
    .kind = "registry",
    .exists = registry_exists,
    .fetch = oci_registry_fetch,
    .push = registry_push,
    .resolve = registry_resolve,
    .bind = oci_registry_bind,
    .remove = registry_remove,
    .each_name = oci_registry_each_name,
    .referrers = oci_registry_referrers,
    .close = registry_close,
};

int oci_registry_open(struct http_client *client, const char *host, const char *repo, WP_OWN struct oci_store **ret,
                      struct wp_err *err)
{
    const char *problem = oci_ref_repo_problem(repo);
    if (problem != NULL) {
        return wp_fail(err, WP_E_USAGE, "'%s/%s' is not a repository: %s", host, repo, problem);
    }
    struct oci_registry *r = wp_xcalloc(1, sizeof(*r));
    r->base.ops = &registry_ops;
    r->client = client;
    r->label = wp_xasprintf("%s/%s", host, repo);
    r->base.label = r->label;
    r->repo = wp_xstrdup(repo);
    r->url = wp_xasprintf("%s/v2/%s", http_client_base(client), repo);
    r->scope_pull = wp_xasprintf("repository:%s:pull", repo);
    r->scope_push = wp_xasprintf("repository:%s:pull,push", repo);
    r->scope_delete = wp_xasprintf("repository:%s:pull,push,delete", repo);
    r->chunk_size = CHUNK_SIZE;
    r->base.settle_ms = SETTLE_MS;
    atomic_init(&r->referrers_api, OCI_API_UNKNOWN);
    *ret = &r->base;
    return 0;
}

void oci_registry_set_job(struct oci_store *s, struct wp_job *job)
{
    WP_DOWNCAST(struct oci_registry, s)->job = job;
}
