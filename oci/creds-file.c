/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading docker's config.json and containers' auth.json: one reader for both, since their common members mean the
 * same. */
#include "base/num.h"
#include "oci/creds-parts.h"

struct search {
    const char *host, *repo;
    size_t best;
    struct wp_json found;
    bool any;
};

static int match_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct search *s = arg;
    (void)err;
    size_t match = creds_key_match(member->key, s->host, s->repo);
    /* Docker Desktop leaves an empty object behind where it moved credentials into a helper. */
    if (match > s->best && (wp_json_kind(member) == WP_JSON_STRING || wp_json_len(member) > 0)) {
        s->best = match;
        s->found = *member;
        s->any = true;
    }
    return 0;
}

static bool find_member(const struct wp_json *object, const char *host, const char *repo, struct wp_json *ret)
{
    struct search s = {.host = host, .repo = repo};
    struct wp_err ignored = {0};
    if (wp_json_kind(object) != WP_JSON_OBJECT || wp_json_each(object, match_member, &s, &ignored) != 0 || !s.any) {
        return false;
    }
    *ret = s.found;
    return true;
}

const char *creds_file_helper(const struct wp_json *root, const char *host, struct wp_arena *a)
{
    struct wp_json helpers = wp_json_get(root, "credHelpers");
    struct wp_json at;
    if (!find_member(&helpers, host, NULL, &at)) {
        at = wp_json_get(root, "credsStore");
    }
    const char *name = NULL;
    struct wp_err ignored = {0};
    if (wp_json_kind(&at) != WP_JSON_STRING || wp_json_str(&at, &name, &ignored) < 0 || !*name) {
        return NULL;
    }
    return wp_arena_str(a, name);
}

static const char *text_at(const struct wp_json *entry, const char *key, struct wp_arena *a)
{
    struct wp_json at = wp_json_get(entry, key);
    const char *text = NULL;
    struct wp_err ignored = {0};
    if (wp_json_kind(&at) != WP_JSON_STRING || wp_json_str(&at, &text, &ignored) < 0 || !*text) {
        return NULL;
    }
    return wp_arena_str(a, text);
}

/* base64 of "user:password" */
static int split_auth(const char *auth, struct wp_arena *a, struct oci_cred *ret, const char *host, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    bool good = wp_unbase64(&plain, auth, strlen(auth), false) && strlen(plain.ptr) == plain.len;
    const char *colon = good ? strchr(plain.ptr, ':') : NULL;
    if (colon && colon[1]) {
        ret->username = wp_arena_strn(a, plain.ptr, (size_t)(colon - plain.ptr));
        ret->password = wp_arena_str(a, colon + 1);
    } else if (colon && colon > plain.ptr) {
        ret->username = wp_arena_strn(a, plain.ptr, (size_t)(colon - plain.ptr)); /* beside an identity token */
    }
    explicit_bzero(plain.ptr, plain.len);
    return colon ? 0
                 : wp_fail(err, WP_E_INPUT, "the entry for '%s' has an auth member that is not base64 of user:password",
                           host);
}

int creds_file_entry(const struct wp_json *root, const char *host, const char *repo, struct wp_arena *a,
                     struct oci_cred *ret, struct wp_err *err)
{
    struct wp_json auths = wp_json_get(root, "auths");
    struct wp_json entry;
    if (!find_member(&auths, host, repo, &entry) || wp_json_kind(&entry) != WP_JSON_OBJECT) {
        return 0;
    }
    struct oci_cred cred = {0};
    const char *auth = text_at(&entry, "auth", a);
    if (auth && split_auth(auth, a, &cred, host, err) < 0) {
        return -1;
    }
    if (!cred.password) {
        const char *user = text_at(&entry, "username", a);
        cred.username = user ? user : cred.username;
        cred.password = text_at(&entry, "password", a);
    }
    cred.identity_token = text_at(&entry, "identitytoken", a);
    cred.registry_token = text_at(&entry, "registrytoken", a);
    if (!cred.password && !cred.identity_token && !cred.registry_token) {
        return 0;
    }
    if (cred.password && !cred.username) {
        cred.username = "";
    }
    *ret = cred;
    return 1;
}
