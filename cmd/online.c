/* SPDX-License-Identifier: Apache-2.0
 *
 * Where identity tokens come from (cmd/online.h): a file, the environment, GitHub's token service (GitHub Docs,
 * "OpenID Connect reference", "Methods for requesting the OIDC token"). */
#include "cmd/online.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/time.h"
#include "oci/creds.h"

#include <errno.h>
#include <unistd.h>

#define AUDIENCE "sigstore"

bool online_wanted(const struct online_opts *o)
{
    return o->keyless || o->fulcio != NULL || o->rekor != NULL || o->timestamp != NULL || o->config != NULL;
}

static int client_of(void *arg, const char *url, struct http_client **ret, struct wp_err *err)
{
    return target_service(arg, url, NULL, ret, err);
}

int online_open(struct cmd_ctx *c, const struct online_opts *o, struct sig_online *ret, struct wp_err *err)
{
    *ret = (struct sig_online){.client = client_of, .arg = c, .job = c->job};
    struct sig_services *s = &ret->services;
    if (o->config != NULL && sig_services_load(o->config, wp_time_now(), c->arena, s, err) < 0) {
        return -1;
    }
    if (o->rekor_version > 2) {
        return wp_fail(err, WP_E_USAGE, "--rekor-version %llu: there are 1 and 2",
                       (unsigned long long)o->rekor_version);
    }
    s->fulcio = o->fulcio != NULL ? o->fulcio : s->fulcio;
    s->timestamp = o->timestamp != NULL ? o->timestamp : s->timestamp;
    if (o->rekor != NULL) {
        s->rekor = o->rekor;
        s->rekor_version = o->rekor_version == 0 ? 1 : (unsigned)o->rekor_version;
    }
    if (!o->keyless) {
        s->fulcio = NULL;
        return 0;
    }
    if (s->fulcio == NULL) {
        wp_fail(err, WP_E_USAGE, "--keyless: which certificate authority is to vouch for the identity?");
        return wp_hint(
            err, "--signing-config FILE (Sigstore's signing_config.json), or --fulcio-url URL and --rekor-url URL");
    }
    if (s->rekor_version == 2 && s->timestamp == NULL) {
        wp_fail(err, WP_E_USAGE, "--keyless: entries of Rekor v2 hold no time, and nothing else would prove one");
        return wp_hint(err, "--timestamp-url URL");
    }
    if (s->rekor == NULL && s->timestamp == NULL) {
        wp_fail(err, WP_E_USAGE,
                "--keyless: the certificate lives for minutes, and nothing would prove when it signed");
        return wp_hint(err, "--rekor-url URL, --timestamp-url URL, or --signing-config FILE");
    }
    return 0;
}

static void trim(struct wp_buf *b)
{
    while (b->len > 0 && strchr(" \t\r\n", b->ptr[b->len - 1]) != NULL) {
        wp_buf_cut(b, b->len - 1);
    }
}

static int token_from_file(struct cmd_ctx *c, const char *path, char **ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    int got = wp_fs_read(path, WP_LIMIT_TOKEN_BODY, &text, err);
    trim(&text);
    *ret = got < 0 ? NULL : wp_arena_str(c->arena, text.ptr);
    sig_wipe(text.ptr, text.len);
    return got < 0 ? wp_wrap(err, "--oidc-token") : 0;
}

static int read_token(struct cmd_ctx *c, struct wp_span reply, const char *shown, char **ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    const char *value = NULL;
    if (wp_json_parse(reply, shown, false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json at = wp_json_get(&root, "value");
    if (wp_json_str(&at, &value, err) < 0) {
        return -1;
    }
    *ret = wp_arena_str(c->arena, value);
    return 0;
}

static int ask_github(struct cmd_ctx *c, const char *service, const char *bearer, char **ret, struct wp_err *err)
{
    const char *url =
        wp_arena_printf(c->arena, "%s%caudience=" AUDIENCE, service, strchr(service, '?') == NULL ? '?' : '&');
    const struct oci_creds_opts o = {.registry_token = bearer};
    struct oci_creds *creds = oci_creds_new(&o);
    struct http_client *client = NULL;
    WP_AUTO_BUF struct wp_buf reply = WP_BUF_INIT;
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct http_call call = {.job = c->job, .body_limit = WP_LIMIT_TOKEN_BODY};
    call.req = (struct http_req){.method = "GET", .url = url};
    int got = target_service(c, url, creds, &client, err);
    if (got == 0) {
        got = http_client_read(client, &call, &resp, &reply, err);
    }
    if (got == 0) {
        got = read_token(c, wp_buf_span(&reply), "the token service's reply", ret, err);
    }
    sig_wipe(reply.ptr, reply.len);
    target_service_end(c, creds);
    return got < 0 ? wp_wrap(err, "GitHub's token service") : 0;
}

/* Where there is a token: a file, the token itself, or the service that GitHub Actions names. */
struct token_source {
    const char *file, *given, *service, *bearer;
};

static int fail_no_token(struct wp_err *err)
{
    wp_fail(err, WP_E_USAGE, "--keyless: there is no identity token");
    if (getenv("GITHUB_ACTIONS") != NULL) {
        return wp_hint(err, "give the job 'permissions: id-token: write'");
    }
    if (getenv("GITLAB_CI") != NULL) {
        return wp_hint(err, "give the job 'id_tokens: SIGSTORE_ID_TOKEN: aud: " AUDIENCE "'");
    }
    return wp_hint(err, "--oidc-token FILE, or SIGSTORE_ID_TOKEN; in GitHub Actions 'permissions: id-token: write'");
}

static int find_token(const struct online_opts *o, struct token_source *ret, struct wp_err *err)
{
    const char *given = getenv("SIGSTORE_ID_TOKEN");
    const char *service = getenv("ACTIONS_ID_TOKEN_REQUEST_URL");
    const char *bearer = getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    *ret = (struct token_source){.file = o->token};
    if (ret->file != NULL) {
        return access(ret->file, R_OK) == 0 ? 0
                                            : wp_fail_errno(err, errno, "--oidc-token: cannot open '%s'", ret->file);
    }
    if (given != NULL && given[0] != '\0') {
        ret->given = given;
        return 0;
    }
    ret->service = service;
    ret->bearer = bearer;
    return service != NULL && bearer != NULL ? 0 : fail_no_token(err);
}

int online_check_token(const struct online_opts *o, struct wp_err *err)
{
    struct token_source ignored;
    return find_token(o, &ignored, err);
}

int online_token(struct cmd_ctx *c, const struct online_opts *o, char **ret, struct wp_err *err)
{
    struct token_source from;
    if (find_token(o, &from, err) < 0) {
        return -1;
    }
    if (from.file != NULL) {
        return token_from_file(c, from.file, ret, err);
    }
    if (from.service != NULL) {
        return ask_github(c, from.service, from.bearer, ret, err);
    }
    *ret = wp_arena_str(c->arena, from.given);
    (void)unsetenv("SIGSTORE_ID_TOKEN");
    return 0;
}
