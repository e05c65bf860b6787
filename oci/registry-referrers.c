/* SPDX-License-Identifier: Apache-2.0
 *
 * Referrers of a registry (distribution-spec, "Listing Referrers" and "Referrers Tag Schema"): read by the API where
 * there is one, else from the list under the fallback tag (written by registry-fallback.c). That a listing failed is
 * an error, never "there are none". */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/referrers.h"
#include "oci/registry-int.h"

struct found {
    struct wp_arena arena;
    const char *what;
    struct oci_desc *list;
    size_t count, room;
    bool answered; /* with an index, once at least */
    bool no_api;   /* 200, but not with an index */
};

static void found_done(struct found *f)
{
    free(f->list);
    wp_arena_done(&f->arena);
}

static int add_found(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    struct found *f = arg;
    for (size_t i = 0; i < f->count; i++) {
        if (oci_digest_equal(&f->list[i].digest, &d->digest)) {
            return 0;
        }
    }
    if (f->count == WP_LIMIT_REFERRERS) {
        return wp_fail(err, WP_E_LIMIT, "%s: more than %llu", f->what, (unsigned long long)WP_LIMIT_REFERRERS);
    }
    if (f->count == f->room) {
        f->room = f->room == 0 ? 16 : f->room * 2;
        f->list = wp_xrealloc(f->list, f->room, sizeof(*f->list));
    }
    f->list[f->count++] = oci_desc_copy(&f->arena, d);
    return 0;
}

static int add_index(struct found *f, struct wp_span bytes, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m = {0};
    if (oci_manifest_parse(bytes, OCI_MT_INDEX, f->what, &a, &m, err) != 0) {
        return -1;
    }
    return oci_manifest_each(&m, add_found, f, err);
}

static int api_page(void *arg, const struct http_resp *resp, struct wp_span body, struct wp_err *err)
{
    struct found *f = arg;
    const char *type = http_resp_header(resp, "Content-Type");
    if (type == NULL || oci_mediatype_kind(type) != OCI_INDEX) {
        if (f->answered) {
            return wp_fail(err, WP_E_INTEGRITY, "%s: a page has type '%s'", f->what, type == NULL ? "" : type);
        }
        /* A page of a web server, not a reply of the API. */
        f->no_api = true;
        return 1;
    }
    f->answered = true;
    return add_index(f, body, err);
}

/* 1: answered by the API; 0: there is none; -1. */
static int ask_api(struct oci_registry *r, const struct oci_digest *subject, struct found *f, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    struct oci_registry_listing listing = {
        .url = wp_arena_printf(&f->arena, "%s/referrers/%s", r->url, oci_digest_text(subject, text)),
        .what = f->what,
        .scope = r->scope_pull,
        .accept = OCI_MT_INDEX,
        .job = r->job,
        .none_too = 405,
    };
    struct wp_span error_body = {0};
    int rc = oci_registry_pages(r->client, &listing, api_page, f, &f->arena, &error_body, err);
    if (rc < 0) {
        return -1;
    }
    bool api = rc == 1 && !f->no_api;
    /* A repository that is not there yet says nothing about the API. */
    if (api || !wp_str_eq(oci_registry_error_code(&f->arena, error_body), "NAME_UNKNOWN")) {
        atomic_store(&r->referrers_api, api ? OCI_API_YES : OCI_API_NO);
    }
    return api ? 1 : 0;
}

int oci_registry_fallback_read(struct oci_registry *r, const struct oci_digest *subject, struct wp_arena *a,
                               struct oci_registry_manifest *ret, bool *ret_foreign, struct wp_err *err)
{
    char tag[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(subject, tag);
    *ret_foreign = false;
    int rc = oci_registry_get_manifest(r, tag, a, ret, err);
    if (rc <= 0) {
        return rc;
    }
    struct oci_manifest m = {0};
    const char *what = wp_arena_printf(a, "%s:%s", r->label, tag);
    if (oci_manifest_parse(ret->bytes, ret->media_type, what, a, &m, err) != 0) {
        return -1;
    }
    if (!oci_referrers_is_list(&m, &ret->digest, subject)) {
        *ret_foreign = !oci_digest_equal(&ret->digest, subject);
        return 0;
    }
    return 1;
}

int oci_registry_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                           struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    char text[OCI_DIGEST_TEXT];
    WP_CLEANUP(found_done) struct found f = {0};
    f.what = wp_arena_printf(&f.arena, "referrers of %s@%s", r->label, oci_digest_text(&subject->digest, text));
    int rc = 0;
    if (atomic_load(&r->referrers_api) != OCI_API_NO) {
        rc = ask_api(r, &subject->digest, &f, err);
    }
    if (rc == 0) {
        struct oci_registry_manifest list = {0};
        bool foreign = false;
        rc = oci_registry_fallback_read(r, &subject->digest, &f.arena, &list, &foreign, err);
        if (rc == 1) {
            rc = add_index(&f, list.bytes, err);
        }
    }
    if (rc < 0) {
        return -1;
    }
    for (size_t i = 0; i < f.count; i++) {
        rc = fn(arg, &f.list[i], err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
