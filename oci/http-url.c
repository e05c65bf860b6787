/* SPDX-License-Identifier: Apache-2.0
 *
 * Splitting, joining and classifying URLs (RFC 3986), and the next page of a Link header (RFC 8288). Strict where
 * libcurl is lenient: two parsers that disagree about the host of a URL would send credentials astray. */
#include "oci/http-url.h"

#include "base/buf.h"
#include "base/num.h"
#include "oci/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <strings.h>

static bool is_host_char(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

static bool parse_port(const char *text, size_t len, uint16_t *ret)
{
    char digits[6] = {0};
    uint64_t port = 0;
    if (len == 0 || len >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, len);
    if (!wp_parse_u64(digits, 1, 65535, &port)) {
        return false;
    }
    *ret = (uint16_t)port;
    return true;
}

/* "host[:port]" of len bytes. */
static bool split_authority(const char *text, size_t len, struct http_origin *ret)
{
    const char *host = text;
    size_t host_len = 0;
    bool bracket = len > 0 && text[0] == '[';
    if (bracket) {
        const char *close = memchr(text, ']', len);
        if (!close) {
            return false;
        }
        host++;
        host_len = (size_t)(close - host);
    } else {
        while (host_len < len && is_host_char(text[host_len])) {
            host_len++;
        }
    }
    if (host_len == 0 || host_len >= sizeof ret->host) {
        return false;
    }
    struct http_origin o = {.https = ret->https, .port = ret->port};
    for (size_t i = 0; i < host_len; i++) {
        o.host[i] = (char)tolower((unsigned char)host[i]);
    }
    struct in6_addr v6;
    if (bracket && inet_pton(AF_INET6, o.host, &v6) != 1) {
        return false;
    }
    size_t used = host_len + (bracket ? 2 : 0);
    if (used < len && (text[used] != ':' || !parse_port(text + used + 1, len - used - 1, &o.port))) {
        return false;
    }
    *ret = o;
    return true;
}

bool http_host_split(const char *text, struct http_origin *ret)
{
    struct http_origin o = {0};
    if (!split_authority(text, strlen(text), &o)) {
        return false;
    }
    *ret = o;
    return true;
}

const char *http_url_split(const char *url, struct http_origin *ret, const char **ret_rest)
{
    for (const char *p = url; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '\\') {
            return "contains a blank, a control byte or a backslash";
        }
    }
    struct http_origin o = {0};
    const char *authority = NULL;
    if (strncasecmp(url, "https://", 8) == 0) {
        o.https = true;
        o.port = 443;
        authority = url + 8;
    } else if (strncasecmp(url, "http://", 7) == 0) {
        o.port = 80;
        authority = url + 7;
    } else {
        return "is neither http nor https";
    }
    size_t len = strcspn(authority, "/?#");
    if (memchr(authority, '@', len)) {
        return "names a user";
    }
    if (!split_authority(authority, len, &o)) {
        return "names no valid host";
    }
    *ret = o;
    if (ret_rest) {
        *ret_rest = authority + len;
    }
    return NULL;
}

bool http_origin_eq(const struct http_origin *a, const struct http_origin *b)
{
    return a->https == b->https && a->port == b->port && wp_str_eq(a->host, b->host);
}

static enum http_host_kind ipv4_kind(uint32_t ip)
{
    static const struct {
        uint32_t net, mask;
        enum http_host_kind kind;
    } nets[] = {
        {0x7f000000, 0xff000000, HTTP_HOST_LOOPBACK}, {0x00000000, 0xff000000, HTTP_HOST_PRIVATE},
        {0x0a000000, 0xff000000, HTTP_HOST_PRIVATE},  {0x64400000, 0xffc00000, HTTP_HOST_PRIVATE},
        {0xa9fe0000, 0xffff0000, HTTP_HOST_PRIVATE},  {0xac100000, 0xfff00000, HTTP_HOST_PRIVATE},
        {0xc0000000, 0xffffff00, HTTP_HOST_PRIVATE},  {0xc0a80000, 0xffff0000, HTTP_HOST_PRIVATE},
        {0xc6120000, 0xfffe0000, HTTP_HOST_PRIVATE},  {0xe0000000, 0xe0000000, HTTP_HOST_PRIVATE},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(nets); i++) {
        if ((ip & nets[i].mask) == nets[i].net) {
            return nets[i].kind;
        }
    }
    return HTTP_HOST_PUBLIC;
}

static uint32_t ipv4_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static enum http_host_kind ipv6_kind(const uint8_t *ip)
{
    static const uint8_t zero[16];
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(ip, zero, 15) == 0 && ip[15] <= 1) {
        return ip[15] == 1 ? HTTP_HOST_LOOPBACK : HTTP_HOST_PRIVATE;
    }
    bool mapped = memcmp(ip, zero, 10) == 0 && ip[10] == 0xff && ip[11] == 0xff;
    if (mapped || memcmp(ip, zero, 12) == 0 || memcmp(ip, nat64, sizeof nat64) == 0) {
        return ipv4_kind(ipv4_at(ip + 12));
    }
    if (ip[0] == 0x20 && ip[1] == 0x02) { /* 6to4 carries the IPv4 address */
        return ipv4_kind(ipv4_at(ip + 2));
    }
    bool inner = (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0x80)) || ip[0] == 0xff;
    return inner ? HTTP_HOST_PRIVATE : HTTP_HOST_PUBLIC;
}

static bool address_kind(const char *host, enum http_host_kind *ret)
{
    struct in6_addr v6;
    if (inet_pton(AF_INET6, host, &v6) == 1) {
        *ret = ipv6_kind(v6.s6_addr);
        return true;
    }
    /* inet_aton, not inet_pton: what getaddrinfo would take as an address has to be seen as one here. */
    char text[256];
    size_t len = strlen(host);
    if (len == 0 || len >= sizeof text || strchr(host, ' ')) {
        return false;
    }
    memcpy(text, host, len + 1);
    if (text[len - 1] == '.') {
        text[len - 1] = '\0';
    }
    struct in_addr v4;
    if (inet_aton(text, &v4) == 0) {
        return false;
    }
    *ret = ipv4_kind(ntohl(v4.s_addr));
    return true;
}

bool http_host_is_address(const char *host)
{
    enum http_host_kind kind;
    return address_kind(host, &kind);
}

/* Do the first len bytes of host end with label as a whole? */
static bool is_below(const char *host, size_t len, const char *label)
{
    size_t n = strlen(label);
    return len >= n && strncasecmp(host + len - n, label, n) == 0 && (len == n || host[len - n - 1] == '.');
}

enum http_host_kind http_host_kind(const char *host)
{
    static const char *const inner[] = {"internal", "local", "lan", "intranet", "corp", "home.arpa", "svc"};
    enum http_host_kind kind = HTTP_HOST_NAME;
    if (address_kind(host, &kind)) {
        return kind;
    }
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.') {
        len--;
    }
    if (is_below(host, len, "localhost")) {
        return HTTP_HOST_LOOPBACK;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(inner); i++) {
        if (is_below(host, len, inner[i])) {
            return HTTP_HOST_PRIVATE;
        }
    }
    return memchr(host, '.', len) ? HTTP_HOST_NAME : HTTP_HOST_PRIVATE;
}

bool http_host_is_loopback(const char *host)
{
    struct http_origin o;
    if (inet_pton(AF_INET6, host, &(struct in6_addr){0}) == 1) {
        return http_host_kind(host) == HTTP_HOST_LOOPBACK;
    }
    if (!http_host_split(host, &o)) {
        return false;
    }
    /* Names below localhost are left out: resolvers may send them to a name server. */
    return wp_str_eq(o.host, "localhost") ||
           (http_host_is_address(o.host) && http_host_kind(o.host) == HTTP_HOST_LOOPBACK);
}

/* RFC 3986 section 5.2.4 on the path in b, in place. */
static void remove_dot_segments(char *path)
{
    char *out = path;
    const char *in = path;
    while (*in) {
        size_t seg = 1 + strcspn(in + 1, "/");
        bool last = in[seg] == '\0';
        if (seg == 2 && in[1] == '.') {
            if (last) {
                *out++ = '/';
            }
        } else if (seg == 3 && in[1] == '.' && in[2] == '.') {
            while (out > path && *--out != '/') {
            }
            if (last) {
                *out++ = '/';
            }
        } else {
            memmove(out, in, seg);
            out += seg;
        }
        in += seg;
    }
    *out = '\0';
}

static bool has_scheme(const char *target)
{
    size_t n = strcspn(target, ":/?#");
    return n > 0 && target[n] == ':' && isalpha((unsigned char)target[0]);
}

/* The reference target against base, without fragment. base has been split already. */
static void resolve(const char *base, const char *base_rest, const char *target, struct wp_buf *ret)
{
    size_t target_len = strcspn(target, "#");
    if (has_scheme(target)) {
        wp_buf_add(ret, target, target_len);
        return;
    }
    if (wp_str_starts(target, "//")) {
        wp_buf_add(ret, base, strcspn(base, ":") + 1);
        wp_buf_add(ret, target, target_len);
        return;
    }
    wp_buf_add(ret, base, (size_t)(base_rest - base));
    WP_AUTO_BUF struct wp_buf path = WP_BUF_INIT;
    size_t base_path = strcspn(base_rest, "?#");
    size_t path_len = WP_MIN(strcspn(target, "?"), target_len);
    if (path_len == 0) {
        wp_buf_add(&path, base_rest, base_path);
    } else if (target[0] == '/') {
        wp_buf_add(&path, target, path_len);
    } else {
        while (base_path > 0 && base_rest[base_path - 1] != '/') {
            base_path--;
        }
        wp_buf_add(&path, base_rest, base_path);
        if (base_path == 0) {
            wp_buf_add_char(&path, '/');
        }
        wp_buf_add(&path, target, path_len);
    }
    if (path.len > 0) {
        remove_dot_segments(path.ptr);
        wp_buf_add_str(ret, path.ptr);
    } else {
        wp_buf_add_char(ret, '/');
    }
    wp_buf_add(ret, target + path_len, target_len - path_len);
}

int http_url_join(struct wp_arena *a, const char *base, const char *target, char **ret, struct wp_err *err)
{
    struct http_origin from;
    struct http_origin to;
    const char *rest = NULL;
    const char *problem = http_url_split(base, &from, &rest);
    if (problem) {
        return wp_fail(err, WP_E_OTHER, "URL '%s' %s", http_url_shown(a, base), problem);
    }
    if (target[0] == '\0') {
        return wp_fail(err, WP_E_OTHER, "'%s' sent an empty URL", http_url_shown(a, base));
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    resolve(base, rest, target, &b);
    problem = http_url_split(b.ptr, &to, NULL);
    if (!problem && from.https && !to.https) {
        problem = "would leave https for http";
    }
    if (problem) {
        return wp_fail(err, WP_E_OTHER, "URL '%s' sent by '%s' is refused: it %s", http_url_shown(a, b.ptr), from.host,
                       problem);
    }
    WP_AUTO_BUF struct wp_buf clean = WP_BUF_INIT;
    for (size_t i = 0; i < b.len; i++) {
        if ((unsigned char)b.ptr[i] >= 0x80) {
            wp_buf_printf(&clean, "%%%02X", (unsigned char)b.ptr[i]);
        } else {
            wp_buf_add_char(&clean, b.ptr[i]);
        }
    }
    *ret = wp_arena_str(a, clean.ptr);
    return 0;
}

/* One query parameter "name=value" of len bytes. Only what registries define is known to be harmless. */
static bool is_harmless_param(const char *param, size_t len)
{
    static const char *const names[] = {"digest",           "mount", "from",  "n",       "last", "artifactType",
                                        "digest-algorithm", "tag",   "scope", "service", "ns",   NULL};
    const char *eq = memchr(param, '=', len);
    size_t name_len = eq ? (size_t)(eq - param) : len;
    for (size_t i = 0; names[i]; i++) {
        if (strlen(names[i]) == name_len && memcmp(names[i], param, name_len) == 0) {
            return true;
        }
    }
    return !eq;
}

char *http_url_shown(struct wp_arena *a, const char *url)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    /* User information first: it is refused elsewhere, but the refusal shows the URL. */
    const char *authority = strstr(url, "//");
    size_t path = authority ? (size_t)(authority + 2 - url) + strcspn(authority + 2, "/?#") : 0;
    const char *at = path ? memrchr(url, '@', path) : NULL;
    const char *p = url;
    if (at) {
        wp_buf_add(&b, url, (size_t)(authority + 2 - url));
        wp_buf_add_str(&b, "…");
        p = at;
    }
    size_t head = strcspn(p, "?");
    wp_buf_add(&b, p, head);
    p += head;
    while (*p) {
        wp_buf_add_char(&b, *p++); /* '?' or '&' */
        size_t len = strcspn(p, "&");
        if (is_harmless_param(p, len)) {
            wp_buf_add(&b, p, len);
        } else {
            wp_buf_add(&b, p, strcspn(p, "="));
            wp_buf_add_str(&b, "=…");
        }
        p += len;
    }
    return wp_arena_str(a, b.ptr);
}
