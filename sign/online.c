/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests to Sigstore's services, and which services there are (sign/online.h; sigstore/protobuf-specs,
 * sigstore_trustroot.proto, SigningConfig). */
#include "base/fs.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/time.h"
#include "sign/online-int.h"

static char *url_of(struct wp_arena *a, const struct online_post *p)
{
    size_t len = strlen(p->base);
    while (p->path != NULL && len > 0 && p->base[len - 1] == '/') {
        len--;
    }
    return wp_arena_printf(a, "%.*s%s", (int)len, p->base, p->path == NULL ? "" : p->path);
}

static int wrap_service(struct wp_err *err, const char *what, const char *url)
{
    return err->code == WP_E_INTERRUPTED ? -1 : wp_wrap(err, "%s %s", what, url);
}

int online_post(const struct sig_online *on, const struct online_post *p, struct wp_arena *a, struct wp_buf *ret,
                int *ret_status, const char **ret_location, struct wp_err *err)
{
    const char *url = url_of(a, p);
    struct http_client *client = NULL;
    if (on->client(on->arg, url, &client, err) < 0) {
        return wrap_service(err, p->what, url);
    }
    const struct http_header headers[] = {{"Content-Type", p->type}, {"Accept", p->accept}};
    struct wp_source_mem body = wp_source_mem(p->body);
    struct http_call call = {.job = on->job, .accept = p->statuses, .body_limit = WP_LIMIT_SIGNATURE};
    call.req = (struct http_req){.method = "POST",
                                 .url = url,
                                 .headers = headers,
                                 .header_count = WP_ARRAY_LEN(headers),
                                 .body = &body.base,
                                 .body_size = p->body.len};
    HTTP_AUTO_RESP struct http_resp resp = {0};
    if (http_client_read(client, &call, &resp, ret, err) < 0) {
        return wrap_service(err, p->what, url);
    }
    if (ret_status != NULL) {
        *ret_status = resp.status;
    }
    if (ret_location != NULL) {
        const char *target = http_resp_header(&resp, "Location");
        char *joined = NULL;
        if (target != NULL && http_url_join(a, url, target, &joined, err) < 0) {
            return wrap_service(err, p->what, url);
        }
        *ret_location = joined;
    }
    return 0;
}

int online_get(const struct sig_online *on, const char *url, const char *what, struct wp_buf *ret, struct wp_err *err)
{
    struct http_client *client = NULL;
    const struct http_header accept = {"Accept", "application/json"};
    struct http_call call = {.job = on->job, .body_limit = WP_LIMIT_SIGNATURE};
    call.req = (struct http_req){.method = "GET", .url = url, .headers = &accept, .header_count = 1};
    HTTP_AUTO_RESP struct http_resp resp = {0};
    if (on->client(on->arg, url, &client, err) < 0 || http_client_read(client, &call, &resp, ret, err) < 0) {
        return wrap_service(err, what, url);
    }
    return 0;
}

const char *online_base64(struct wp_arena *a, struct wp_span bytes)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_base64(&b, bytes, false);
    return wp_arena_strn(a, b.ptr, b.len);
}

/* ---- the signing configuration ---- */

struct choice {
    const char *url;
    uint64_t version;
    int64_t start;
};

/* A service that is valid at `now` and speaks a version known here. Its start in ret. */
static int read_service(const struct wp_json *row, int64_t now, uint64_t newest, struct choice *ret, bool *ret_fits,
                        struct wp_err *err)
{
    const char *start = NULL;
    const char *end = NULL;
    int64_t end_at = INT64_MAX;
    struct wp_json url = wp_json_get(row, "url");
    struct wp_json version = wp_json_get(row, "majorApiVersion");
    struct wp_json valid = wp_json_get(row, "validFor");
    struct wp_json from = wp_json_get(&valid, "start");
    struct wp_json until = wp_json_get(&valid, "end");
    if (wp_json_str(&url, &ret->url, err) < 0 || wp_json_u64(&version, &ret->version, err) < 0 ||
        wp_json_str(&from, &start, err) < 0 || wp_json_opt_str(&until, &end, err) < 0) {
        return -1;
    }
    if (!wp_time_parse_rfc3339(start, &ret->start)) {
        return wp_json_fail(&from, err, "'%s' is no point in time", start);
    }
    if (end != NULL && !wp_time_parse_rfc3339(end, &end_at)) {
        return wp_json_fail(&until, err, "'%s' is no point in time", end);
    }
    *ret_fits = ret->start <= now && now <= end_at && ret->version >= 1 && ret->version <= newest;
    return 0;
}

/* Of the services of one kind the one with the highest version, then the latest start (SigningConfig's rule for one of
 * several). */
static int choose(const struct wp_json *root, const char *key, int64_t now, uint64_t newest, struct choice *ret,
                  struct wp_err *err)
{
    struct wp_json list = wp_json_get(root, key);
    for (size_t i = 0; i < wp_json_len(&list); i++) {
        struct wp_json row = wp_json_at(&list, i);
        struct choice c = {0};
        bool fits = false;
        if (read_service(&row, now, newest, &c, &fits, err) < 0) {
            return -1;
        }
        bool newer = c.version > ret->version || (c.version == ret->version && c.start > ret->start);
        if (fits && (ret->url == NULL || newer)) {
            *ret = c;
        }
    }
    return 0;
}

int sig_services_load(const char *path, int64_t now, struct wp_arena *a, struct sig_services *ret, struct wp_err *err)
{
    static const char media_type[] = "application/vnd.dev.sigstore.signingconfig.v0.2+json";
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_fs_read(path, WP_LIMIT_TRUST_FILE, &text, err) < 0 ||
        wp_json_parse(wp_buf_span(&text), path, true, WP_E_INPUT, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json type = wp_json_get(&root, "mediaType");
    const char *is = NULL;
    if (wp_json_str(&type, &is, err) < 0) {
        return -1;
    }
    if (!wp_str_eq(is, media_type)) {
        return wp_json_fail(&type, err, "'%s' is not %s", is, media_type);
    }
    struct choice ca = {0};
    struct choice log = {0};
    struct choice tsa = {0};
    if (choose(&root, "caUrls", now, 1, &ca, err) < 0 || choose(&root, "rekorTlogUrls", now, 2, &log, err) < 0 ||
        choose(&root, "tsaUrls", now, 1, &tsa, err) < 0) {
        return -1;
    }
    *ret = (struct sig_services){
        .fulcio = ca.url == NULL ? NULL : wp_arena_str(a, ca.url),
        .rekor = log.url == NULL ? NULL : wp_arena_str(a, log.url),
        .timestamp = tsa.url == NULL ? NULL : wp_arena_str(a, tsa.url),
        .rekor_version = (unsigned)log.version,
    };
    return 0;
}
