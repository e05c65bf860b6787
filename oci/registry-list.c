/* SPDX-License-Identifier: Apache-2.0
 *
 * Listings of a registry: pages that follow each other by Link (RFC 8288), tags, repositories, and whether the registry
 * answers at all. A next page is only ever fetched from the registry itself, and no more than WP_LIMIT_PAGES of them
 * (oras-go GHSA-h7vf-4x9w-h99v). */
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/ref.h"
#include "oci/registry-int.h"

/* The page after resp: its URL in a; NULL in *ret when there is none. */
static int next_page(struct http_client *client, const struct oci_registry_listing *listing,
                     const struct http_resp *resp, struct wp_arena *a, const char **ret, struct wp_err *err)
{
    const char *header = http_resp_header(resp, "Link");
    const char *target = header == NULL ? NULL : http_link_next(a, header);
    *ret = NULL;
    if (target == NULL) {
        return 0;
    }
    char *url = NULL;
    if (http_url_join(a, resp->url, target, &url, err) != 0) {
        return wp_wrap(err, "%s: next page", listing->what);
    }
    if (!http_client_owns(client, url)) {
        return wp_fail(err, WP_E_INTEGRITY, "%s: the next page '%s' is not on the same origin as the registry",
                       listing->what, target);
    }
    *ret = url;
    return 0;
}

static bool seen_before(const char *const *seen, size_t n, const char *url)
{
    for (size_t i = 0; i < n; i++) {
        if (wp_str_eq(seen[i], url)) {
            return true;
        }
    }
    return false;
}

static int read_page(struct http_client *client, const struct oci_registry_listing *listing, const char *url,
                     bool first, struct http_resp *resp, struct wp_buf *body, struct wp_err *err)
{
    const struct http_header headers[] = {{"Accept-Encoding", "identity"}, {"Accept", listing->accept}};
    const int accept[] = {200, 404, listing->none_too, 0};
    const int later[] = {200, 0};
    struct http_call call = {
        .req = {.method = "GET", .url = url, .headers = headers, .header_count = listing->accept == NULL ? 1 : 2},
        .scope = listing->scope,
        .job = listing->job,
        .expect_404 = first,
        .accept = first ? accept : later,
        .body_limit = WP_LIMIT_LISTING,
    };
    return http_client_read(client, &call, resp, body, err);
}

int oci_registry_pages(struct http_client *client, const struct oci_registry_listing *listing, oci_registry_page_fn *fn,
                       void *arg, struct wp_arena *a, struct wp_span *ret_error, struct wp_err *err)
{
    WP_AUTO_FREE const char **seen = wp_xcalloc(WP_LIMIT_PAGES, sizeof(*seen));
    const char *url = listing->url;
    for (size_t n = 0; url != NULL; n++) {
        if (n == WP_LIMIT_PAGES) {
            return wp_fail(err, WP_E_LIMIT, "%s: more than %llu pages", listing->what,
                           (unsigned long long)WP_LIMIT_PAGES);
        }
        if (seen_before(seen, n, url)) {
            return wp_fail(err, WP_E_INTEGRITY, "%s: page '%s' comes again and again", listing->what, url);
        }
        seen[n] = url;
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
        if (read_page(client, listing, url, n == 0, &resp, &body, err) != 0) {
            /* Half a list is not the same as none. */
            err->code = n > 0 && err->code == WP_E_NOT_FOUND ? WP_E_INTEGRITY : err->code;
            return wp_wrap(err, "%s", listing->what);
        }
        if (resp.status != 200) {
            *ret_error = wp_arena_bytes(a, wp_buf_span(&body));
            return 0;
        }
        if (oci_registry_refuse_encoding(&resp, listing->what, err) != 0) {
            return -1;
        }
        int rc = fn(arg, &resp, wp_buf_span(&body), err);
        if (rc != 0) {
            return rc;
        }
        if (next_page(client, listing, &resp, a, &url, err) != 0) {
            return -1;
        }
    }
    return 1;
}

/* ---- names ---- */

struct names {
    struct wp_arena arena;
    const char *what, *member; /* "tags" or "repositories" */
    const char *(*problem)(const char *name);
    const char **list;
    size_t count, room;
};

static void names_done(struct names *n)
{
    free((void *)n->list);
    wp_arena_done(&n->arena);
}

static int add_name(void *arg, const struct wp_json *at, struct wp_err *err)
{
    struct names *n = arg;
    const char *name = NULL;
    if (wp_json_str(at, &name, err) != 0) {
        return -1;
    }
    const char *problem = n->problem(name);
    if (problem != NULL) {
        return wp_json_fail(at, err, "'%s': %s", name, problem);
    }
    if (n->count == WP_LIMIT_NAMES) {
        return wp_fail(err, WP_E_LIMIT, "%s: more than %llu", n->what, (unsigned long long)WP_LIMIT_NAMES);
    }
    if (n->count == n->room) {
        n->room = n->room == 0 ? 64 : n->room * 2;
        n->list = wp_xrealloc((void *)n->list, n->room, sizeof(*n->list));
    }
    n->list[n->count++] = wp_arena_str(&n->arena, name);
    return 0;
}

static int names_page(void *arg, const struct http_resp *resp WP_UNUSED, struct wp_span body, struct wp_err *err)
{
    struct names *n = arg;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(body, n->what, false, WP_E_INTEGRITY, &doc, err) != 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json list = wp_json_get(&root, n->member);
    enum wp_json_kind kind = wp_json_kind(&list);
    /* Registries write null for a repository whose last tag is gone. */
    if (kind == WP_JSON_NULL) {
        return 0;
    }
    if (wp_json_must(&list, WP_JSON_ARRAY, err) != 0) {
        return -1;
    }
    return wp_json_each(&list, add_name, n, err) == 0 ? 0 : -1;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

int oci_registry_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    if (repo != NULL && repo[0] != '\0' && !wp_str_eq(repo, r->repo)) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s is one repository, not '%s'", r->label, repo);
    }
    WP_CLEANUP(names_done) struct names names = {.member = "tags", .problem = oci_ref_tag_problem};
    names.what = wp_arena_printf(&names.arena, "tags of %s", r->label);
    struct oci_registry_listing listing = {
        .url = wp_arena_printf(&names.arena, "%s/tags/list?n=1000", r->url),
        .what = names.what,
        .scope = r->scope_pull,
        .job = r->job,
    };
    struct wp_span error_body = {0};
    int rc = oci_registry_pages(r->client, &listing, names_page, &names, &names.arena, &error_body, err);
    if (rc <= 0) {
        return rc < 0 ? -1 : oci_registry_not_found(r, NULL, error_body, err);
    }
    if (names.count > 1) {
        qsort((void *)names.list, names.count, sizeof(*names.list), compare_names);
    }
    for (size_t i = 0; i < names.count; i++) {
        if (i > 0 && wp_str_eq(names.list[i], names.list[i - 1])) {
            continue;
        }
        rc = fn(arg, r->repo, names.list[i], NULL, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int oci_registry_catalog(struct http_client *client, struct wp_job *job,
                         int (*fn)(void *arg, const char *repo, struct wp_err *err), void *arg, struct wp_err *err)
{
    WP_CLEANUP(names_done) struct names names = {.member = "repositories", .problem = oci_ref_repo_problem};
    names.what = wp_arena_printf(&names.arena, "repositories of %s", http_client_base(client));
    struct oci_registry_listing listing = {
        .url = wp_arena_printf(&names.arena, "%s/v2/_catalog?n=1000", http_client_base(client)),
        .what = names.what,
        .scope = "registry:catalog:*",
        .job = job,
        .none_too = 405,
    };
    struct wp_span error_body = {0};
    int rc = oci_registry_pages(client, &listing, names_page, &names, &names.arena, &error_body, err);
    if (rc < 0) {
        return -1;
    }
    if (rc == 0) {
        wp_fail(err, WP_E_UNSUPPORTED, "%s does not list its repositories", http_client_base(client));
        return wp_hint(err, "name the repository: many registries keep /v2/_catalog closed");
    }
    for (size_t i = 0; i < names.count; i++) {
        rc = fn(arg, names.list[i], err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int oci_registry_ping(struct http_client *client, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const int accept[] = {200, 404, 0};
    struct http_call call = {
        .req = {.method = "GET", .url = wp_arena_printf(&a, "%s/v2/", http_client_base(client))},
        .expect_404 = true,
        .accept = accept,
        .body_limit = WP_LIMIT_LISTING,
    };
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    if (http_client_read(client, &call, &resp, &body, err) != 0) {
        return -1;
    }
    if (resp.status == 404) {
        wp_fail(err, WP_E_OTHER, "%s answers 404 to /v2/: no registry is there", http_client_base(client));
        return wp_hint(err, "check the host name and port");
    }
    return 0;
}
