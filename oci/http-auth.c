/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's identity: credentials looked up once per repository, the registry's last challenge, tokens by scope until
 * they expire. One mutex guards all of it and is held while a token is fetched, so that many threads that need the
 * same token cause one request. */
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"
#include "oci/auth.h"
#include "oci/http-client.h"

#include <pthread.h>

struct token {
    struct token *next;
    char *scope;
    char *value; /* "Bearer …" */
    uint64_t expires_ms;
};

struct known_cred {
    struct known_cred *next;
    char *repo; /* "" for none */
    struct oci_cred cred;
};

struct http_auth {
    struct http_client *client;
    pthread_mutex_t lock;
    struct wp_arena arena; /* creds */
    struct known_cred *creds;
    struct token *tokens;
    /* The last challenge; the strings are heap-owned because a registry may change its mind at every request. */
    enum http_auth_scheme scheme;
    char *realm, *service;
    const char *withheld; /* why credentials do not go to realm, or NULL */
    /* The identity token as it is stored, and what a token server has since put in its place; in arena, or NULL. */
    const char *identity_stored, *identity;
};

static void lock_auth(struct http_auth *h)
{
    pthread_mutex_lock(&h->lock);
}

static void unlock_auth(struct http_auth **h)
{
    pthread_mutex_unlock(&(*h)->lock);
}
#define AUTO_UNLOCK WP_CLEANUP(unlock_auth) WP_UNUSED

struct http_auth *http_auth_new(struct http_client *c)
{
    struct http_auth *h = wp_xcalloc(1, sizeof *h);
    h->client = c;
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

static void free_secret(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

void http_auth_free(struct http_auth *h)
{
    if (!h) {
        return;
    }
    while (h->tokens) {
        struct token *t = h->tokens;
        h->tokens = t->next;
        free_secret(t->value);
        free(t->scope);
        free(t);
    }
    while (h->creds) {
        struct known_cred *k = h->creds;
        h->creds = k->next;
        free(k->repo);
        free(k);
    }
    wp_arena_done(&h->arena);
    free(h->realm);
    free(h->service);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

/* "a/b" of the first "repository:a/b:pull,push" in scope, in a; "" when there is none. */
static const char *scope_repo(struct wp_arena *a, const char *scope)
{
    static const char kind[] = "repository:";
    if (!scope || !wp_str_starts(scope, kind)) {
        return "";
    }
    const char *name = scope + sizeof kind - 1;
    size_t len = strcspn(name, " ");
    const char *colon = memrchr(name, ':', len);
    return wp_arena_strn(a, name, colon ? (size_t)(colon - name) : len);
}

/* NULL when there is nothing at all: anonymous. */
static int find_cred(struct http_auth *h, const char *scope, struct wp_arena *a, const struct oci_cred **ret,
                     struct wp_err *err)
{
    *ret = NULL;
    if (!h->client->creds) {
        return 0;
    }
    const char *repo = scope_repo(a, scope);
    for (struct known_cred *k = h->creds; k; k = k->next) {
        if (wp_str_eq(k->repo, repo)) {
            *ret = &k->cred;
            return 0;
        }
    }
    struct oci_cred cred = {0};
    if (oci_creds_get(h->client->creds, h->client->host, *repo ? repo : NULL, &h->arena, &cred, err) < 0) {
        return -1;
    }
    if (cred.identity_token && h->identity && wp_str_eq(cred.identity_token, h->identity_stored)) {
        cred.identity_token = h->identity;
    }
    struct known_cred *k = wp_xcalloc(1, sizeof *k);
    k->repo = wp_xstrdup(repo);
    k->cred = cred;
    k->next = h->creds;
    h->creds = k;
    *ret = &k->cred;
    return 0;
}

static bool has_secret(const struct oci_cred *cred)
{
    return cred && (cred->password || cred->identity_token || cred->registry_token);
}

static const char *basic_value(struct wp_arena *a, const struct oci_cred *cred)
{
    if (!cred || !cred->username || !cred->password) {
        return NULL;
    }
    return http_basic_value(a, cred->username, cred->password);
}

/* ---- scopes ---- */

/* Are all comma-separated actions of want among those of have? */
static bool covers_actions(const char *have, size_t have_len, const char *want, size_t want_len)
{
    while (want_len > 0) {
        const char *comma = memchr(want, ',', want_len);
        size_t n = comma ? (size_t)(comma - want) : want_len;
        bool found = false;
        for (size_t at = 0; at < have_len && !found;) {
            const char *end = memchr(have + at, ',', have_len - at);
            size_t m = end ? (size_t)(end - have) - at : have_len - at;
            found = m == n && memcmp(have + at, want, n) == 0;
            at += m + 1;
        }
        if (!found) {
            return false;
        }
        want += n;
        want_len -= n;
        if (want_len > 0) {
            want++;
            want_len--;
        }
    }
    return true;
}

static bool covers_scope(const char *list, const char *one, size_t one_len)
{
    const char *colon = memrchr(one, ':', one_len);
    size_t name = colon ? (size_t)(colon - one) + 1 : one_len;
    while (*list) {
        list += strspn(list, " ");
        size_t len = strcspn(list, " ");
        if (len >= name && memcmp(list, one, name) == 0 &&
            covers_actions(list + name, len - name, one + name, one_len - name)) {
            return true;
        }
        list += len;
    }
    return false;
}

/* What we need and, where that lacks it, what the registry asked for. */
static const char *join_scopes(struct wp_arena *a, const char *ours, const char *asked)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_add_str(&b, ours ? ours : "");
    for (const char *p = asked ? asked : ""; *p;) {
        p += strspn(p, " ");
        size_t len = strcspn(p, " ");
        if (len > 0 && !covers_scope(b.ptr, p, len)) {
            wp_buf_add_str(&b, b.len > 0 ? " " : "");
            wp_buf_add(&b, p, len);
        }
        p += len;
    }
    return b.len > 0 ? wp_arena_str(a, b.ptr) : NULL;
}

/* ---- tokens ---- */

static struct token *find_token(struct http_auth *h, const char *scope)
{
    for (struct token *t = h->tokens; t; t = t->next) {
        if (wp_str_eq(t->scope, scope ? scope : "")) {
            return t;
        }
    }
    return NULL;
}

static void keep_token(struct http_auth *h, const char *scope, const char *value, uint64_t lifetime_ms)
{
    struct token *t = find_token(h, scope);
    if (!t) {
        t = wp_xcalloc(1, sizeof *t);
        t->scope = wp_xstrdup(scope ? scope : "");
        t->next = h->tokens;
        h->tokens = t;
    }
    free_secret(t->value);
    t->value = wp_xasprintf("Bearer %s", value);
    /* Not up to the last moment: the request has to arrive in time. */
    t->expires_ms = wp_time_mono_ms() + lifetime_ms - WP_MIN(lifetime_ms / 4, 10000);
}

/* Nothing is wrong with the credentials: they stayed here. */
static int explain_withheld(const struct http_auth *h, struct wp_err *err)
{
    struct http_origin realm;
    if (http_url_split(h->realm, &realm, NULL)) {
        return -1;
    }
    return wp_hint(err, "the credentials were not sent there: %s; if you trust it, add --realm-host %s", h->withheld,
                   realm.host);
}

/* Servers that renew an identity token at each use take every one of them once (RFC 6749 section 10.4). */
static void renew_identity(struct http_auth *h, const char *used, const char *renewed)
{
    h->identity_stored = h->identity ? h->identity_stored : used;
    h->identity = wp_arena_str(&h->arena, renewed);
    for (struct known_cred *k = h->creds; k; k = k->next) {
        if (k->cred.identity_token && wp_str_eq(k->cred.identity_token, used)) {
            k->cred.identity_token = h->identity;
        }
    }
}

/* A token for scope (the cache's key) that is asked for as want. */
static int new_token(struct http_auth *h, const char *scope, const char *want, struct http_try *t, const char **ret,
                     struct wp_err *err)
{
    const struct oci_cred *cred = NULL;
    if (http_client_may_visit(h->client, h->realm, "token server", err) < 0 ||
        find_cred(h, scope, t->arena, &cred, err) < 0) {
        return -1;
    }
    h->withheld = has_secret(cred) ? http_realm_problem(h->client->base, h->realm, h->client->opts.realm_hosts) : NULL;
    struct http_token_ask ask = {.realm = h->realm,
                                 .service = h->service,
                                 .scope = want,
                                 .cred = h->withheld || !has_secret(cred) ? NULL : cred};
    WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
    uint64_t lifetime_ms = 0;
    const char *renewed = NULL;
    if (http_token_fetch(h->client, &ask, t, &value, &lifetime_ms, &renewed, err) < 0) {
        return h->withheld && err->code == WP_E_DENIED ? explain_withheld(h, err) : -1;
    }
    if (renewed && ask.cred && ask.cred->identity_token) {
        renew_identity(h, ask.cred->identity_token, renewed);
    }
    keep_token(h, scope, value.ptr, lifetime_ms);
    explicit_bzero(value.ptr, value.len);
    *ret = wp_arena_str(t->arena, find_token(h, scope)->value);
    return 0;
}

int http_auth_known(struct http_auth *h, const char *scope, struct http_try *t, const char **ret, struct wp_err *err)
{
    lock_auth(h);
    AUTO_UNLOCK struct http_auth *locked = h;
    *ret = NULL;
    if (h->scheme == HTTP_AUTH_NONE && !h->client->opts.token_unasked) {
        return 0;
    }
    const struct oci_cred *cred = NULL;
    if (find_cred(h, scope, t->arena, &cred, err) < 0) {
        return -1;
    }
    if (cred && cred->registry_token) {
        *ret = wp_arena_printf(t->arena, "Bearer %s", cred->registry_token);
        return 0;
    }
    if (h->scheme == HTTP_AUTH_BASIC) {
        *ret = basic_value(t->arena, cred);
        return 0;
    }
    struct token *have = find_token(h, scope);
    if (have && have->expires_ms > wp_time_mono_ms()) {
        *ret = wp_arena_str(t->arena, have->value);
        return 0;
    }
    /* Without a scope of our own only the challenge knows what to ask for. */
    return scope ? new_token(h, scope, scope, t, ret, err) : 0;
}

static void keep_challenge(struct http_auth *h, const struct http_challenge *c)
{
    h->scheme = c->scheme;
    h->withheld = NULL;
    free(h->realm);
    free(h->service);
    h->realm = c->realm ? wp_xstrdup(c->realm) : NULL;
    h->service = c->service ? wp_xstrdup(c->service) : NULL;
}

int http_auth_answer(struct http_auth *h, const char *challenge, const char *scope, const char *sent,
                     struct http_try *t, const char **ret, struct wp_err *err)
{
    struct http_challenge c = {0};
    http_challenge_parse(t->arena, challenge, &c);
    if (c.scheme == HTTP_AUTH_NONE) {
        return 0;
    }
    lock_auth(h);
    AUTO_UNLOCK struct http_auth *locked = h;
    const struct oci_cred *cred = NULL;
    if (find_cred(h, scope, t->arena, &cred, err) < 0) {
        return -1;
    }
    keep_challenge(h, &c);
    const char *value = NULL;
    if (cred && cred->registry_token) {
        value = wp_arena_printf(t->arena, "Bearer %s", cred->registry_token);
    } else if (c.scheme == HTTP_AUTH_BASIC) {
        value = basic_value(t->arena, cred);
    } else {
        struct token *have = find_token(h, scope);
        bool fresh = have && have->expires_ms > wp_time_mono_ms() && !(sent && wp_str_eq(sent, have->value));
        if (fresh) {
            value = wp_arena_str(t->arena, have->value);
        } else if (new_token(h, scope, join_scopes(t->arena, scope, c.scope), t, &value, err) < 0) {
            return -1;
        }
    }
    if (!value || (sent && wp_str_eq(sent, value))) {
        return 0;
    }
    *ret = value;
    return 1;
}

const char *http_auth_login(struct http_auth *h, const char *scope, struct wp_arena *a)
{
    lock_auth(h);
    AUTO_UNLOCK struct http_auth *locked = h;
    const struct oci_cred *cred = NULL;
    struct wp_err ignored = {0};
    if (find_cred(h, scope, a, &cred, &ignored) < 0) {
        return NULL;
    }
    if (!has_secret(cred)) {
        return cred && cred->problem ? wp_arena_printf(a, "no credentials were sent: %s", cred->problem)
                                     : "no credentials for it were found";
    }
    const char *source = cred->source ? cred->source : "the caller";
    if (h->withheld) {
        return wp_arena_printf(a, "the credentials from %s were not sent to the token server '%s': %s", source,
                               http_url_shown(a, h->realm), h->withheld);
    }
    if (cred->username) {
        return wp_arena_printf(a, "logged in as '%s' from %s", cred->username, source);
    }
    return wp_arena_printf(a, "logged in with a token from %s", source);
}

/* Shorter secrets are words that messages are made of. */
enum { SECRET_LEAST = 6 };

static void blot_out(char *text, const char *secret)
{
    static const char blot[] = {'*', '*', '*'};
    size_t len = secret ? strlen(secret) : 0;
    for (char *p = text; len >= SECRET_LEAST && (p = strstr(p, secret)); p += sizeof blot) {
        memcpy(p, blot, sizeof blot);
        memmove(p + sizeof blot, p + len, strlen(p + len) + 1);
    }
}

void http_auth_redact(struct http_auth *h, char *text)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    lock_auth(h);
    AUTO_UNLOCK struct http_auth *locked = h;
    for (const struct token *t = h->tokens; t; t = t->next) {
        blot_out(text, t->value + strlen("Bearer "));
    }
    for (const struct known_cred *k = h->creds; k; k = k->next) {
        const char *basic = basic_value(&a, &k->cred);
        blot_out(text, basic ? basic + strlen("Basic ") : NULL);
        blot_out(text, k->cred.password);
        blot_out(text, k->cred.identity_token);
        blot_out(text, k->cred.registry_token);
    }
}
