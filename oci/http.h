/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP for registries: one request with everything a registry client needs around it — credentials for exactly the
 * origin they belong to, the 401 dance, redirects, retries with Retry-After and jitter, stall detection, bounded
 * bodies. Beneath it a transport (libcurl in the program, a scripted fake in unit tests). */
#pragma once

#include "base/arena.h"
#include "base/io.h"
#include "base/job.h"
#include "oci/creds.h"

struct http_header {
    const char *name; /* as sent or received; compared without case */
    const char *value;
};

struct http_req {
    const char *method;
    const char *url; /* absolute */
    const struct http_header *headers;
    size_t header_count;
    struct wp_source *body; /* NULL: none. Opened anew at each attempt. */
    uint64_t body_size;
    struct wp_item *item; /* counts body bytes sent */
    uint64_t item_from;   /* where item stands when the body begins; each further attempt rewinds it to here */
};

/* A reply's status and headers; strings live in arena. */
struct http_resp {
    struct wp_arena arena;
    int status;
    const struct http_header *headers;
    size_t header_count;
    const char *url; /* where it came from, after redirects */
};
void http_resp_done(struct http_resp *resp);
#define HTTP_AUTO_RESP WP_CLEANUP(http_resp_done)
/* NULL when absent; the first of several. */
const char *http_resp_header(const struct http_resp *resp, const char *name);

/* ---- transport: one exchange, no policy ---- */
struct http_tls {
    const char *ca_bundle; /* PEM in the place of the system's (SSL_CERT_FILE); NULL: the system's */
    const char *ca_dir;    /* hashed folder in the place of the system's (SSL_CERT_DIR); NULL: the system's */
    const char *ca_file;   /* PEM, in addition to the system's; NULL: none */
    const char *cert_file; /* client certificate and key, PEM; NULL: none */
    const char *key_file;
    const char *certs_dir; /* certs.d/<host> folder with *.crt, *.cert, *.key; NULL: none */
    bool insecure;         /* do not check the server's certificate */
};
struct http_exchange {
    const struct http_req *req;
    const char *authorization; /* header value or NULL */
    const struct http_tls *tls;
    uint64_t connect_timeout_ms, stall_timeout_ms, limit_rate; /* 0: default, default, none */
    struct wp_job *job;
};
struct http_transport {
    /* 0 when a reply's headers came: *ret is filled and *ret_body (never NULL) reads its body as it arrives; redirects
     * are not followed, content is not decoded. A reply that comes before the request's body was sent is a reply. -1:
     * WP_E_NETWORK (worth a retry), WP_E_INTERRUPTED, the request body's own error, or another one (not worth a retry:
     * WP_E_OTHER for certificate or bad URL, WP_E_LIMIT for endless headers). The body reader fails likewise. May be
     * called from several threads. */
    int (*send)(struct http_transport *t, const struct http_exchange *x, struct http_resp *ret,
                WP_OWN struct wp_reader **ret_body, struct wp_err *err);
    void (*close)(WP_OWN struct http_transport *t);
};
/* libcurl, opened at first use. */
int http_curl_open(WP_OWN struct http_transport **ret, struct wp_err *err) WP_MUST_USE;
/* "libcurl/7.88.1 (built in)"; of a library that is opened "libcurl/7.88.1 OpenSSL/3.0.19 nghttp2/1.52.0", or NULL when
 * it cannot be. */
const char *http_curl_version(void);

/* ---- client: policy ---- */
struct http_opts {
    bool plain_http; /* http for this host; automatic for loopback hosts where tls says nothing */
    struct http_tls tls;
    unsigned retries;           /* further attempts after the first; the caller passes 5 unless told */
    uint64_t retry_max_wait_ms; /* longest single wait that is accepted; 0: 300 s */
    uint64_t retry_first_ms;    /* first backoff; 0: 500 ms (tests set 1) */
    uint64_t timeout_ms;        /* connect; 0: 30 s */
    uint64_t stall_ms;          /* no byte for this long is an error; 0: 30 s */
    uint64_t limit_rate;        /* bytes per second and connection, 0: none */
    const char *user_agent;
    const char *const
        *realm_hosts;   /* further hosts that may receive credentials for tokens, NULL-terminated, or NULL */
    bool token_unasked; /* a ready token goes with the first request already; for services that are no registry */
    /* --debug: one line per request and reply, secrets redacted. NULL: none. May be called from several threads. */
    void (*trace)(void *arg, const char *line);
    void *trace_arg;
};
struct http_client; /* one registry host; shared */
/* host: "name[:port]" as in the reference. transport is borrowed; creds may be NULL (anonymous) and is borrowed; opts
 * is copied, what it points at is borrowed. */
WP_OWN struct http_client *http_client_new(struct http_transport *transport, const char *host, struct oci_creds *creds,
                                           const struct http_opts *opts);
void http_client_free(WP_OWN struct http_client *c);
/* "https://registry-1.docker.io" — scheme and authority for the host, no slash at the end. */
const char *http_client_base(const struct http_client *c);
/* Further attempts after a failed one, for those who go on behind a break by themselves. */
unsigned http_client_retries(const struct http_client *c);
/* For them, too: the wait before further attempt number `again` (1: the first), at least asked_ms (0: nobody asked).
 * -1: interrupted, or asked for more than is accepted; the failure in *err is then told with it. */
int http_client_pause(const struct http_client *c, unsigned again, uint64_t asked_ms, struct wp_job *job,
                      struct wp_err *err) WP_MUST_USE;

struct http_call {
    struct http_req req;
    const char *scope; /* token scope(s), blank-separated: "repository:a/b:pull,push"; NULL: none */
    struct wp_job *job;
    bool no_retry;          /* one attempt only */
    bool expect_404;        /* 404 is an answer: returned, not an error */
    const int *accept;      /* statuses that are answers, ends with 0; NULL: 200..299. Others become errors. */
    uint64_t body_limit;    /* for http_client_read; 0: WP_LIMIT_MANIFEST */
    uint64_t *ret_asked_ms; /* with no_retry: how long a failing reply's Retry-After asks to wait, or 0; or NULL */
};
/* Retries, follows redirects (GET and HEAD: at most WP_LIMIT_REDIRECTS hops; never https to http, never from a public
 * registry to an address of an inner network; credentials only to scheme, host and port equal to the client's), answers
 * 401 once per token. req.url may belong to another host (an upload's Location): the same rules hold. Errors: 401/403
 * WP_E_DENIED, 404 WP_E_NOT_FOUND, 408, 429, 500, 502, 503 and 504 after all retries WP_E_NETWORK, else WP_E_OTHER,
 * each with the registry's own words (code and message of its error body, bounded) and a hint. */
int http_client_send(struct http_client *c, const struct http_call *call, struct http_resp *ret,
                     WP_OWN struct wp_reader **ret_body, struct wp_err *err) WP_MUST_USE;
/* The same with the body appended to ret_body (at most call->body_limit bytes); a body that breaks off is retried. */
int http_client_read(struct http_client *c, const struct http_call *call, struct http_resp *ret,
                     struct wp_buf *ret_body, struct wp_err *err) WP_MUST_USE;
/* Same origin as the client's registry (scheme, host, port). */
bool http_client_owns(const struct http_client *c, const char *url);
/* An absolute URL from a Location or Link target and the URL it came with; in a. Refused: other schemes than http(s),
 * user information, https to http. */
int http_url_join(struct wp_arena *a, const char *base, const char *target, char **ret, struct wp_err *err) WP_MUST_USE;
/* The rel="next" target of a Link header (RFC 8288), in a; NULL when there is none. */
char *http_link_next(struct wp_arena *a, const char *value);
bool http_host_is_loopback(const char *host);
