/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests and tags of a registry: putting, listing under a subject where the registry does not do it by itself,
 * giving and removing names. A registry replaces one tag at a time; what needs more is refused. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/referrers.h"
#include "oci/registry-int.h"
#include "oci/verify.h"

#define PUT_TRIES 3

/* DIGEST_INVALID about bytes that do match: distribution 2.8 says so while another client writes one of the blobs. */
static bool must_be_mistaken(const struct http_resp *resp, const struct wp_buf *reply)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    return resp->status == 400 && wp_str_eq(oci_registry_error_code(&a, wp_buf_span(reply)), "DIGEST_INVALID");
}

static int judge_put(const struct oci_registry *r, const char *ref, struct wp_span bytes, const struct http_resp *resp,
                     const struct wp_buf *reply, bool *ret_subject, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *words = oci_registry_error_words(&a, wp_buf_span(reply));
    if (resp->status == 412) {
        return 0;
    }
    if (resp->status == 400) {
        return wp_fail(err, WP_E_OTHER, "%s: the registry refuses manifest %s (400%s%s)", r->label, ref,
                       words[0] == '\0' ? "" : " ", words);
    }
    const char *what =
        wp_arena_printf(&a, "%s%s%s as stored by the registry", r->label, oci_digest_is(ref) ? "@" : ":", ref);
    if (oci_registry_check_digest_header(resp, bytes, what, err) != 0) {
        return -1;
    }
    if (ret_subject != NULL) {
        *ret_subject = http_resp_header(resp, "OCI-Subject") != NULL;
    }
    return 1;
}

int oci_registry_put_manifest(struct oci_registry *r, const char *ref, const char *media_type, struct wp_span bytes,
                              const char *if_match, bool *ret_subject, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct http_header headers[] = {{"Content-Type", media_type}, {"If-Match", if_match}};
    const int accept[] = {201, 200, 202, 204, 400, 412, 0};
    struct wp_source_mem body = wp_source_mem(bytes);
    struct http_call call = oci_registry_call(r, "PUT", oci_registry_manifest_url(r, &a, ref), r->scope_push);
    call.req.headers = headers;
    call.req.header_count = if_match == NULL ? 1 : 2;
    call.req.body = &body.base;
    call.req.body_size = bytes.len;
    call.accept = accept;
    for (unsigned n = 0;; n++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_BUF struct wp_buf reply = WP_BUF_INIT;
        if (oci_registry_wait(r, n, err) != 0 || http_client_read(r->client, &call, &resp, &reply, err) != 0) {
            return -1;
        }
        if (n + 1 == PUT_TRIES || !must_be_mistaken(&resp, &reply)) {
            return judge_put(r, ref, bytes, &resp, &reply, ret_subject, err);
        }
    }
}

/* Referrers that were put, and that the registry does not list by itself. */
struct unlisted {
    struct wp_arena arena;
    struct oci_registry_listed *list;
    size_t count, room;
};

static void unlisted_done(struct unlisted *u)
{
    free(u->list);
    wp_arena_done(&u->arena);
}

static void unlisted_add(struct unlisted *u, const struct oci_manifest *m, struct wp_span bytes)
{
    if (u->count == u->room) {
        u->room = u->room == 0 ? 8 : u->room * 2;
        u->list = wp_xrealloc(u->list, u->room, sizeof(*u->list));
    }
    u->list[u->count++] = (struct oci_registry_listed){
        .subject = m->subject->digest,
        .entry = oci_referrers_entry(&u->arena, m, bytes),
    };
}

static int list_them(struct oci_registry *r, struct unlisted *u, struct wp_err *err)
{
    size_t n = u->count;
    u->count = 0;
    return n == 0 ? 0 : oci_registry_fallback_edit(r, u->list, n, false, err);
}

/* PUT under ref; a referrer that the registry does not list joins u. */
static int put_one(struct oci_registry *r, const char *ref, const struct oci_desc *d, struct wp_span bytes,
                   struct unlisted *u, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    const char *what = wp_arena_printf(&u->arena, "manifest %s", oci_digest_text(&d->digest, text));
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m = {0};
    bool listed = false;
    if (oci_manifest_parse(bytes, d->media_type, what, &a, &m, err) != 0 ||
        oci_registry_put_manifest(r, ref, d->media_type, bytes, NULL, &listed, err) < 0) {
        return -1;
    }
    if (m.subject == NULL) {
        return 0;
    }
    if (listed) {
        atomic_store(&r->referrers_api, OCI_API_YES);
        return 0;
    }
    unlisted_add(u, &m, bytes);
    return 0;
}

int oci_registry_push_manifest(struct oci_registry *r, const struct oci_desc *d, struct wp_source *src,
                               struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    struct wp_reader *raw = NULL;
    if (src->open(src, 0, &raw, err) != 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *proof = oci_verify_reader(raw, d);
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (wp_read_all(proof, &bytes, WP_LIMIT_MANIFEST, text, err) != 0) {
        return -1;
    }
    WP_CLEANUP(unlisted_done) struct unlisted u = {0};
    return put_one(r, text, d, wp_buf_span(&bytes), &u, err) == 0 ? list_them(r, &u, err) : -1;
}

/* ---- names ---- */

/* The digest under tag: 1, 0 when the tag is free, -1. */
static int tag_digest(struct oci_registry *r, const char *tag, struct oci_digest *ret, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct http_header headers[] = {{"Accept", oci_mediatype_accept}};
    const int accept[] = {200, 404, 405, 0};
    struct http_call call = oci_registry_call(r, "HEAD", oci_registry_manifest_url(r, &a, tag), r->scope_pull);
    call.req.headers = headers;
    call.req.header_count = 1;
    call.accept = accept;
    call.expect_404 = true;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf none = WP_BUF_INIT;
    if (http_client_read(r->client, &call, &resp, &none, err) != 0) {
        return -1;
    }
    if (resp.status == 404) {
        return 0;
    }
    const char *header = http_resp_header(&resp, "Docker-Content-Digest");
    struct wp_err ignored = {0};
    if (resp.status == 200 && header != NULL && oci_digest_parse(header, ret, &ignored) == 0) {
        return 1;
    }
    struct oci_registry_manifest m = {0};
    int rc = oci_registry_get_manifest(r, tag, &a, &m, err);
    *ret = m.digest;
    return rc;
}

static int check_free(struct oci_registry *r, const struct oci_binding *b, struct wp_err *err)
{
    struct oci_digest there = {0};
    int rc = tag_digest(r, b->name, &there, err);
    if (rc <= 0 || oci_digest_equal(&there, &b->desc->digest)) {
        return rc < 0 ? -1 : 0;
    }
    char text[OCI_DIGEST_TEXT];
    return wp_fail(err, WP_E_EXISTS, "%s:%s exists already and is %s", r->label, b->name,
                   oci_digest_text(&there, text));
}

static int check_binding(struct oci_registry *r, const struct oci_binding *b, struct wp_err *err)
{
    if (b->name == NULL && b->desc == NULL) {
        return wp_fail(err, WP_E_OTHER, "%s: a binding without name and content", r->label);
    }
    if (b->name != NULL && oci_registry_check_tag(r, b->name, err) != 0) {
        return -1;
    }
    if (b->desc == NULL) {
        return 0;
    }
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&b->desc->digest, text);
    if (!oci_registry_is_manifest(b->desc)) {
        return wp_fail(err, WP_E_INPUT, "%s: %s is not a manifest ('%s') and cannot be bound", r->label, text,
                       b->desc->media_type == NULL ? "no media type" : b->desc->media_type);
    }
    return b->bytes.ptr == NULL ? 0 : oci_verify_bytes(b->bytes, b->desc, text, err);
}

static int unbind(struct oci_registry *r, const char *tag, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *code = NULL;
    int status = oci_registry_delete(r, &a, oci_registry_manifest_url(r, &a, tag), tag, &code, err);
    if (status < 0) {
        return -1;
    }
    if (status >= 400) {
        wp_fail(err, WP_E_UNSUPPORTED, "%s:%s stays: the registry does not remove single tags (%d%s%s)", r->label, tag,
                status, code[0] == '\0' ? "" : " ", code);
        return wp_hint(err, "remove the manifest by digest, which takes all its tags along");
    }
    return 0;
}

/* The bytes for binding at: its own, those of another binding of the same manifest, what was fetched last, the
 * registry's. */
static int bytes_for(struct oci_registry *r, const struct oci_binding *list, size_t n, size_t at, struct wp_arena *a,
                     struct oci_registry_manifest *last, struct wp_span *ret, struct wp_err *err)
{
    const struct oci_desc *d = list[at].desc;
    for (size_t i = 0; i < n; i++) {
        size_t j = (at + i) % n;
        if (list[j].desc != NULL && list[j].bytes.ptr != NULL && oci_digest_equal(&list[j].desc->digest, &d->digest)) {
            *ret = list[j].bytes;
            return 0;
        }
    }
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    if (!oci_digest_equal(&last->digest, &d->digest)) {
        int rc = oci_registry_get_manifest(r, text, a, last, err);
        if (rc <= 0) {
            return rc < 0 ? -1 : oci_registry_not_found(r, text, last->error_body, err);
        }
    }
    *ret = last->bytes;
    return 0;
}

/* What one bind has at hand. */
struct binding_run {
    struct wp_arena arena;
    struct oci_registry_manifest last; /* fetched */
    struct unlisted unlisted;
};

static void binding_run_done(struct binding_run *run)
{
    unlisted_done(&run->unlisted);
    wp_arena_done(&run->arena);
}

static int apply(struct oci_registry *r, const struct oci_binding *list, size_t n, size_t at, struct binding_run *run,
                 struct wp_err *err)
{
    const struct oci_binding *b = &list[at];
    /* A name never shows content without its referrers: they are listed before it. */
    if (b->name != NULL && list_them(r, &run->unlisted, err) != 0) {
        return -1;
    }
    if (b->desc == NULL) {
        return unbind(r, b->name, err);
    }
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&b->desc->digest, text);
    if (b->name == NULL && b->bytes.ptr == NULL) {
        int rc = oci_store_exists(&r->base, b->desc, false, err);
        return rc == OCI_ABSENT ? oci_registry_not_found(r, text, wp_span(NULL, 0), err) : WP_MIN(rc, 0);
    }
    struct wp_span bytes = {0};
    if (bytes_for(r, list, n, at, &run->arena, &run->last, &bytes, err) != 0) {
        return -1;
    }
    return put_one(r, b->name == NULL ? text : b->name, b->desc, bytes, &run->unlisted, err);
}

int oci_registry_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    WP_CLEANUP(binding_run_done) struct binding_run run = {0};
    size_t names = 0;
    for (size_t i = 0; i < n; i++) {
        names += list[i].name != NULL ? 1 : 0;
        if (check_binding(r, &list[i], err) != 0) {
            return -1;
        }
    }
    if (names > 1 && (flags & OCI_BIND_ATOMIC) != 0) {
        wp_fail(err, WP_E_UNSUPPORTED, "%s: a registry cannot change %zu names in one step", r->label, names);
        return wp_hint(err, "bind them one by one, or without asking for all or none");
    }
    for (size_t i = 0; i < n && (flags & OCI_BIND_NO_REPLACE) != 0; i++) {
        if (list[i].name != NULL && list[i].desc != NULL && check_free(r, &list[i], err) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (apply(r, list, n, i, &run, err) != 0) {
            return -1;
        }
    }
    return list_them(r, &run.unlisted, err);
}
