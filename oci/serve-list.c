/* SPDX-License-Identifier: Apache-2.0
 *
 * Listings of the registry: tags, repositories, referrers (distribution-spec, "Listing Tags", "Listing Referrers"), in
 * byte order, in pages of at most SERVE_PAGE_MAX names; and how tags become names of the store. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "oci/serve-int.h"

struct names {
    struct wp_arena *arena;
    const char **list;
    size_t count, cap;
    const char *skip; /* names up to and including this one were on earlier pages */
    const char *default_repo;
};

static void names_done(struct names *n)
{
    free(n->list);
}
#define AUTO_NAMES WP_CLEANUP(names_done)

static bool is_default(const struct exchange *x, const char *repo)
{
    const char *own = x->sv->opts->default_repo;
    return own != NULL && wp_str_eq(own, repo);
}

const char *serve_name(struct exchange *x, const char *repo, const char *tag)
{
    return is_default(x, repo) ? tag : wp_arena_printf(&x->arena, "%s:%s", repo, tag);
}

static int stop_at_first(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    (void)repo;
    (void)tag;
    (void)desc;
    (void)err;
    *(bool *)arg = true;
    return 1;
}

int serve_repo_known(struct exchange *x, const char *repo)
{
    bool found = false;
    int rc = oci_store_each_name(x->sv->store, repo, stop_at_first, &found, &x->err);
    if (!found && rc == 0 && is_default(x, repo)) {
        rc = oci_store_each_name(x->sv->store, "", stop_at_first, &found, &x->err);
    }
    return found ? 1 : rc;
}

static void names_add(struct names *n, const char *name)
{
    if (n->skip != NULL && strcmp(name, n->skip) <= 0) {
        return;
    }
    if (n->count > 0 && wp_str_eq(n->list[n->count - 1], name)) {
        return;
    }
    if (n->count == n->cap) {
        n->cap = n->cap == 0 ? 64 : 2 * n->cap;
        n->list = wp_xrealloc(n->list, n->cap, sizeof(*n->list));
    }
    n->list[n->count++] = wp_arena_str(n->arena, name);
}

static int add_tag(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    (void)repo;
    (void)desc;
    (void)err;
    names_add(arg, tag);
    return 0;
}

static int add_repo(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    (void)tag;
    (void)desc;
    (void)err;
    struct names *n = arg;
    const char *name = repo[0] != '\0' ? repo : n->default_repo;
    if (name != NULL) {
        names_add(n, name);
    }
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void names_sort(struct names *n)
{
    if (n->count < 2) {
        return;
    }
    qsort(n->list, n->count, sizeof(*n->list), by_bytes);
    size_t kept = 1;
    for (size_t i = 1; i < n->count; i++) {
        if (!wp_str_eq(n->list[i], n->list[kept - 1])) {
            n->list[kept++] = n->list[i];
        }
    }
    n->count = kept;
}

/* Larger numbers are cut, other text is refused. */
static bool page_size(struct exchange *x, size_t *ret)
{
    const char *text = serve_arg(x, "n");
    *ret = SERVE_PAGE_MAX;
    if (text == NULL) {
        return true;
    }
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0') {
        serve_error(x, 400, "PAGINATION_NUMBER_INVALID", NULL, "n is not a number");
        return false;
    }
    uint64_t n;
    if (wp_parse_u64(text, 0, SERVE_PAGE_MAX, &n)) {
        *ret = (size_t)n;
    }
    return true;
}

static void write_names(struct wp_json_out *o, const char *key, const struct names *n, size_t page)
{
    wp_jo_key(o, key);
    wp_jo_array(o);
    for (size_t i = 0; i < n->count && i < page; i++) {
        wp_jo_str(o, n->list[i]);
    }
    wp_jo_array_end(o);
}

static void link_next(struct exchange *x, const struct names *n, size_t page)
{
    if (page == 0 || n->count <= page) {
        return;
    }
    WP_AUTO_BUF struct wp_buf link = WP_BUF_INIT;
    wp_buf_printf(&link, "<%s?n=%zu&last=", x->http->path, page);
    wp_percent_encode(&link, n->list[page - 1], "/");
    wp_buf_add_str(&link, ">; rel=\"next\"");
    httpd_reply_header(x->http, "Link", link.ptr);
}

void serve_tags(struct exchange *x)
{
    size_t page;
    if (!page_size(x, &page)) {
        return;
    }
    int known = serve_repo_known(x, x->repo);
    if (known == 0) {
        serve_error(x, 404, "NAME_UNKNOWN", NULL, "no repository of this name");
        return;
    }
    AUTO_NAMES struct names n = {.arena = &x->arena, .skip = serve_arg(x, "last")};
    int rc = known < 0 ? -1 : oci_store_each_name(x->sv->store, x->repo, add_tag, &n, &x->err);
    if (rc == 0 && is_default(x, x->repo)) {
        rc = oci_store_each_name(x->sv->store, "", add_tag, &n, &x->err);
    }
    if (rc != 0) {
        serve_store_error(x, "NAME_UNKNOWN");
        return;
    }
    names_sort(&n);
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&body);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "name", x->repo);
    write_names(&o, "tags", &n, page);
    wp_jo_object_end(&o);
    serve_json(x, 200, "application/json", &body);
    link_next(x, &n, page);
}

void serve_catalog(struct exchange *x)
{
    size_t page;
    if (!page_size(x, &page)) {
        return;
    }
    AUTO_NAMES struct names n = {
        .arena = &x->arena, .skip = serve_arg(x, "last"), .default_repo = x->sv->opts->default_repo};
    int rc = oci_store_each_name(x->sv->store, NULL, add_repo, &n, &x->err);
    if (rc != 0) {
        serve_store_error(x, "NAME_UNKNOWN");
        return;
    }
    names_sort(&n);
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&body);
    wp_jo_object(&o);
    write_names(&o, "repositories", &n, page);
    wp_jo_object_end(&o);
    serve_json(x, 200, "application/json", &body);
    link_next(x, &n, page);
}

/* ---- referrers ---- */

struct referrers {
    struct wp_json_out out;
    const char *artifact_type; /* NULL: all */
    const struct oci_digest *skip;
    struct oci_digest after; /* where skipping ends */
    struct oci_digest last;
    bool more;
};

static int add_referrer(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    (void)err;
    struct referrers *r = arg;
    if (r->skip != NULL) {
        if (oci_digest_equal(r->skip, &d->digest)) {
            r->skip = NULL;
        }
        return 0;
    }
    if (r->artifact_type != NULL && (d->artifact_type == NULL || !wp_str_eq(d->artifact_type, r->artifact_type))) {
        return 0;
    }
    /* A page is at most LISTING bytes, its first entry always stands. */
    size_t before = r->out.b->len;
    struct wp_json_out undo = r->out;
    oci_desc_write(&r->out, d);
    if (r->out.b->len > WP_LIMIT_LISTING - 256 && r->last.alg != 0) {
        wp_buf_cut(r->out.b, before);
        r->out = undo;
        r->more = true;
        return 1;
    }
    r->last = d->digest;
    return 0;
}

static void link_referrers(struct exchange *x, const struct referrers *r)
{
    char digest[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf link = WP_BUF_INIT;
    wp_buf_printf(&link, "<%s?last=%s", x->http->path, oci_digest_text(&r->last, digest));
    if (r->artifact_type != NULL) {
        wp_buf_add_str(&link, "&artifactType=");
        wp_percent_encode(&link, r->artifact_type, "/");
    }
    wp_buf_add_str(&link, ">; rel=\"next\"");
    httpd_reply_header(x->http, "Link", link.ptr);
}

void serve_referrers(struct exchange *x)
{
    struct oci_desc subject = {.media_type = OCI_MT_MANIFEST, .size = OCI_SIZE_UNKNOWN};
    if (x->sv->opts->no_referrers_api) {
        serve_error(x, 404, "UNSUPPORTED", NULL, "no such endpoint");
        return;
    }
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    struct referrers r = {.out = wp_json_out(&body), .artifact_type = serve_arg(x, "artifactType")};
    const char *last = serve_arg(x, "last");
    if (!serve_digest(x, x->ref, &subject.digest) || (last != NULL && !serve_digest(x, last, &r.after))) {
        return;
    }
    r.skip = last != NULL ? &r.after : NULL;
    wp_jo_object(&r.out);
    wp_jo_key(&r.out, "manifests");
    wp_jo_array(&r.out);
    int rc = oci_store_referrers(x->sv->store, &subject, add_referrer, &r, &x->err);
    if (rc != 0 && !r.more && x->err.code != WP_E_NOT_FOUND) {
        serve_store_error(x, "MANIFEST_UNKNOWN");
        return;
    }
    wp_jo_array_end(&r.out);
    wp_jo_kstr(&r.out, "mediaType", OCI_MT_INDEX);
    wp_jo_ku64(&r.out, "schemaVersion", 2);
    wp_jo_object_end(&r.out);
    serve_json(x, 200, OCI_MT_INDEX, &body);
    if (r.artifact_type != NULL) {
        httpd_reply_header(x->http, "OCI-Filters-Applied", "artifactType");
    }
    if (r.more) {
        link_referrers(x, &r);
    }
}
