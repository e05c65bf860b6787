/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs as a registry client meets them: http and https only, split strictly, classified by the kind of their host, and
 * shown without secrets. Every URL a request goes to has passed http_url_split. */
#pragma once

#include "base/arena.h"

/* Proxies are named in the environment, and so are the credentials for them. */
#define HTTP_PROXY_LOGIN_HINT "name them where the proxy is named: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"

struct http_origin {
    bool https;
    uint16_t port;
    char host[256]; /* lower case; IPv6 without brackets */
};

/* NULL when url is an absolute http(s) URL without user information, blanks and control bytes; else why not ("names a
 * user", "is neither http nor https"). ret_rest (may be NULL): where the path begins, in url. */
const char *http_url_split(const char *url, struct http_origin *ret, const char **ret_rest);
bool http_origin_eq(const struct http_origin *a, const struct http_origin *b);
/* "host[:port]", "[v6][:port]"; false when malformed. Port 0 when none is given. */
bool http_host_split(const char *text, struct http_origin *ret);

enum http_host_kind {
    HTTP_HOST_NAME,
    HTTP_HOST_PUBLIC,   /* an address out on the internet */
    HTTP_HOST_PRIVATE,  /* an address of a private, link-local or otherwise inner network, or an inner name */
    HTTP_HOST_LOOPBACK, /* this machine; also "localhost" and names below it */
};
/* host without brackets and port. Inner names: one label, or below ".internal", ".local", ".lan" and the like.
 * Addresses in every form that resolvers take ("127.1", "0x7f000001"). */
enum http_host_kind http_host_kind(const char *host);
/* An IPv4 or IPv6 address. */
bool http_host_is_address(const char *host);

/* url for messages and traces: values of query parameters that may be secret are replaced by "…". In a. */
char *http_url_shown(struct wp_arena *a, const char *url);
