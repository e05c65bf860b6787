/* SPDX-License-Identifier: Apache-2.0
 *
 * Challenges (RFC 9110 section 11) and the rule which token server may see credentials. The challenge grammar is
 * ambiguous at commas: a name followed by '=' and a value belongs to the scheme before it, any other begins one. */
#include "oci/auth.h"

#include "base/buf.h"
#include "oci/http-url.h"

#include <ctype.h>
#include <strings.h>

static bool is_token_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

static size_t token_len(const char *p)
{
    size_t n = 0;
    while (is_token_char(p[n])) {
        n++;
    }
    return n;
}

static bool name_is(const char *p, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(p, name, len) == 0;
}

/* Token or quoted-string after '='. NULL: malformed. */
static const char *read_value(const char *p, struct wp_buf *b)
{
    if (*p != '"') {
        /* Registries send URLs without quotes, too. */
        size_t n = strcspn(p, ", \t\"");
        wp_buf_add(b, p, n);
        return n > 0 ? p + n : NULL;
    }
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        }
        wp_buf_add_char(b, *p);
    }
    return *p == '"' ? p + 1 : NULL;
}

static void set_param(struct wp_arena *a, struct http_challenge *c, const char *name, size_t len, const char *value)
{
    const struct {
        const char *name;
        const char **field;
    } known[] = {{"realm", &c->realm}, {"service", &c->service}, {"scope", &c->scope}, {"error", &c->error}};
    for (size_t i = 0; i < WP_ARRAY_LEN(known); i++) {
        if (name_is(name, len, known[i].name) && !*known[i].field) {
            *known[i].field = wp_arena_str(a, value);
        }
    }
}

static void keep_stronger(struct http_challenge *best, const struct http_challenge *c)
{
    /* A Bearer challenge without a realm names no place to get a token from. */
    bool usable = c->scheme == HTTP_AUTH_BASIC || (c->scheme == HTTP_AUTH_BEARER && c->realm);
    if (usable && c->scheme > best->scheme) {
        *best = *c;
    }
}

/* Does a parameter begin here: name, '=', and something other than the padding of a token68? */
static const char *param_value_at(const char *name, size_t len)
{
    const char *p = skip_blanks(name + len);
    if (len == 0 || *p != '=') {
        return NULL;
    }
    p = skip_blanks(p + 1);
    return *p && *p != '=' && *p != ',' ? p : NULL;
}

static const char *skip_to_comma(const char *p)
{
    bool quoted = false;
    for (; *p && (quoted || *p != ','); p++) {
        if (quoted && *p == '\\' && p[1]) {
            p++;
        } else if (*p == '"') {
            quoted = !quoted;
        }
    }
    return p;
}

void http_challenge_parse(struct wp_arena *a, const char *value, struct http_challenge *ret)
{
    struct http_challenge best = {0};
    struct http_challenge current = {0};
    const char *p = value;
    for (;;) {
        p += strspn(p, ", \t");
        if (!*p) {
            break;
        }
        size_t len = token_len(p);
        const char *param = param_value_at(p, len);
        if (param) {
            WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
            const char *end = read_value(param, &text);
            if (end) {
                set_param(a, &current, p, len, text.ptr);
            }
            p = end ? end : skip_to_comma(param);
            continue;
        }
        if (len > 0 && (p[len] == '\0' || strchr(" \t,", p[len]))) {
            keep_stronger(&best, &current);
            current = (struct http_challenge){0};
            if (name_is(p, len, "bearer")) {
                current.scheme = HTTP_AUTH_BEARER;
            } else if (name_is(p, len, "basic")) {
                current.scheme = HTTP_AUTH_BASIC;
            }
            p += len;
            continue;
        }
        p = skip_to_comma(p);
    }
    keep_stronger(&best, &current);
    *ret = best;
}

/* Suffixes under which strangers are neighbours: a host below one of them is only like itself. The part of the public
 * suffix list that matters where registries and token servers live. */
static const char *const shared_suffixes[] = {
    "amazonaws.com",
    "amazonaws.com.cn",
    "app.github.dev",
    "appspot.com",
    "awsapprunner.com",
    "azurecr.cn",
    "azurecr.io",
    "azurecr.us",
    "azureedge.net",
    "azurefd.net",
    "azurewebsites.net",
    "azurecontainer.io",
    "azurecontainerapps.io",
    "azurestaticapps.net",
    "azure-api.net",
    "trafficmanager.net",
    "backblazeb2.com",
    "cloudflarestorage.com",
    "code.run",
    "deno.dev",
    "devtunnels.ms",
    "eu.org",
    "gateway.dev",
    "gitpod.io",
    "glitch.me",
    "hf.space",
    "koyeb.app",
    "loca.lt",
    "myhuaweicloud.com",
    "myqcloud.com",
    "oraclecloud.com",
    "replit.app",
    "replit.dev",
    "surge.sh",
    "uk.com",
    "us.com",
    "de.com",
    "eu.com",
    "wasabisys.com",
    "cloudapp.net",
    "cloudfront.net",
    "azure.com",
    "windows.net",
    "core.windows.net",
    "duckdns.org",
    "elasticbeanstalk.com",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "githubusercontent.com",
    "gitlab.io",
    "herokuapp.com",
    "jfrog.io",
    "netlify.app",
    "ngrok.app",
    "ngrok.io",
    "ngrok-free.app",
    "on.aws",
    "onrender.com",
    "pages.dev",
    "r2.dev",
    "railway.app",
    "render.com",
    "repl.co",
    "run.app",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "workers.dev",
    "scw.cloud",
    "ocir.io",
    "nip.io",
    "sslip.io",
    "dyndns.org",
    "no-ip.org",
    "ddns.net",
    "myfritz.net",
    "googleapis.com",
    "googleusercontent.com",
    "digitaloceanspaces.com",
    "linodeobjects.com",
    "ts.net",
    "svc.cluster.local",
    "cluster.local",
};

/* Second-level labels under two-letter countries that are themselves suffixes: "co.uk", "com.au". */
static bool is_country_suffix(const char *second, size_t len, const char *tld)
{
    static const char *const labels[] = {"ac",   "ad",  "asn",  "biz",    "co",  "com", "ed",    "edu", "firm", "gen",
                                         "go",   "gob", "gouv", "gov",    "gr",  "gub", "gv",    "id",  "idv",  "ind",
                                         "info", "lg",  "ltd",  "me",     "mil", "mod", "ne",    "net", "nhs",  "nom",
                                         "or",   "org", "plc",  "police", "pp",  "sch", "school"};
    if (strlen(tld) != 2) {
        return false;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(labels); i++) {
        if (strlen(labels[i]) == len && memcmp(labels[i], second, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with_label(const char *host, const char *suffix)
{
    size_t h = strlen(host);
    size_t s = strlen(suffix);
    return h >= s && wp_str_eq(host + h - s, suffix) && (h == s || host[h - s - 1] == '.');
}

/* One label up from `at` in host, or NULL. */
static const char *label_before(const char *host, const char *at)
{
    if (at <= host + 1) {
        return NULL;
    }
    at -= 2; /* over the dot */
    while (at > host && at[-1] != '.') {
        at--;
    }
    return at;
}

/* The registrable domain of a host name, or NULL when it has none (one label, or below a shared suffix). */
static const char *registrable(const char *host)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(shared_suffixes); i++) {
        if (ends_with_label(host, shared_suffixes[i])) {
            return NULL;
        }
    }
    const char *tld = strrchr(host, '.');
    const char *second = tld ? label_before(host, tld + 1) : NULL;
    /* "host.": the same name with another spelling, whose last label is not what it seems. */
    if (!second || tld[1] == '\0') {
        return NULL;
    }
    if (is_country_suffix(second, (size_t)(tld - second), tld + 1)) {
        return label_before(host, second);
    }
    return second;
}

const char *http_realm_problem(const char *registry_base, const char *realm, const char *const *extra)
{
    struct http_origin registry;
    struct http_origin target;
    if (http_url_split(registry_base, &registry, NULL)) {
        return "the registry's own address is not understood";
    }
    if (http_url_split(realm, &target, NULL)) {
        return "its address is not a plain http or https URL";
    }
    if (registry.https && !target.https) {
        return "it uses plain HTTP";
    }
    if (wp_str_eq(registry.host, target.host)) {
        return NULL;
    }
    for (size_t i = 0; extra && extra[i]; i++) {
        if (strcasecmp(extra[i], target.host) == 0) {
            return NULL;
        }
    }
    if (http_host_is_address(registry.host) || http_host_is_address(target.host)) {
        return "it is another host";
    }
    const char *a = registrable(registry.host);
    const char *b = registrable(target.host);
    return a && b && wp_str_eq(a, b) ? NULL : "it is a host of another domain";
}
