/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP/1.1 server for oci/serve.c: listening, parsing, threads, time limits. libmicrohttpd stands behind it and is
 * opened at first use; only oci/httpd*.c know it. Private to oci/.
 *
 * What never reaches the handler (400 and the connection ends): Content-Length beside Transfer-Encoding, a repeated
 * one of them, another coding than chunked, a length that is not a number, blanks or control bytes in header names,
 * NUL in the target or a header's name, a target that is not a path. What the library lets through: a bare LF at the
 * end of a line, folded header lines (joined by blanks), NUL in a header's value (which ends there). Its own refusals
 * carry HTML, not JSON (0.9.75 sends their head twice before it ends the connection). */
#pragma once

#include "base/base.h"
#include "base/err.h"
#include "oci/serve.h"

/* One request and the reply being put together for it. Belongs to one thread at a time, lives until `done`. */
struct httpd_req {
    const char *method;
    const char *path;  /* as sent, without the query, nothing decoded */
    const char *query; /* as sent, "" for none */
    bool has_length;   /* Content-Length was sent; else the body, if any, is chunked */
    uint64_t length;
    uint64_t received; /* body bytes so far */
    int status;        /* of the reply; 0: none yet */
    uint64_t sent;     /* length of the reply's body; at done 0 for HEAD */
    uint64_t took_us;  /* at done: since the first line of the request */
    void *user;        /* the handler's */
};

/* Called from several threads, for one request in this order: begin, body (0..n times), end, done. begin and end of GET
 * and HEAD hold up other connections and must not wait for the disk for long; those of other methods may. A reply set
 * in begin or body skips what is left up to done; what is still coming of the body is then read and dropped when it is
 * short, else the connection ends. When the client goes away only done follows. A request refused as above comes to
 * begin with its reply set. */
struct httpd_handler {
    void (*begin)(void *arg, struct httpd_req *r);
    void (*body)(void *arg, struct httpd_req *r, struct wp_span bytes);
    void (*end)(void *arg, struct httpd_req *r);
    void (*done)(void *arg, struct httpd_req *r);
    void *arg;
};

/* The value of a request header, NULL when absent. Valid until done. */
const char *httpd_req_header(const struct httpd_req *r, const char *name);
bool httpd_req_has_body(const struct httpd_req *r);

/* The reply: set the status with one of these, once; then headers. */
void httpd_reply(struct httpd_req *r, int status);
void httpd_reply_bytes(struct httpd_req *r, int status, struct wp_span bytes); /* copied */
/* len bytes from offset of fd, sent by the kernel; to a HEAD only the length. */
void httpd_reply_fd(struct httpd_req *r, int status, WP_OWN int fd, uint64_t offset, uint64_t len);
/* After status, bytes and headers: key stands for all of them, so that a reply that was sent under it may be sent again
 * instead of this one. */
void httpd_reply_keep(struct httpd_req *r, const char *key);
/* value must hold no control bytes: everything from outside is checked before it gets here. */
void httpd_reply_header(struct httpd_req *r, const char *name, const char *value);

#define HTTPD_ADDR_TEXT 64
/* A listening socket. addr and ret_addr as below. */
int httpd_listen(const char *addr, WP_OWN int *ret_fd, char ret_addr[HTTPD_ADDR_TEXT], struct wp_err *err) WP_MUST_USE;
/* Answer a connection of that socket that begins with TLS with 400 and end it; others are left alone. */
void httpd_refuse_tls(int fd);

struct httpd;
/* addr: "127.0.0.1:5000", "[::1]:0". ret_addr receives the address with the port in use. WP_E_USAGE for an address that
 * is none, WP_E_IO for one that cannot be had, WP_E_UNSUPPORTED without the library. handler and limits are copied. */
int httpd_start(const char *addr, const struct httpd_handler *handler, const struct oci_serve_limits *limits,
                WP_OWN struct httpd **ret, char ret_addr[HTTPD_ADDR_TEXT], struct wp_err *err) WP_MUST_USE;
/* To be called again and again until httpd_stop. Takes the connections that come within a second (sooner where the
 * limits ask for it), then ends those that are too slow; returns early when wake, a descriptor, becomes readable. */
void httpd_run(struct httpd *h, int wake);
/* Stop accepting, wait at most grace_ms for replies under way, end all connections, release. */
void httpd_stop(WP_OWN struct httpd *h, uint64_t grace_ms);
/* "libmicrohttpd 0.9.75", or NULL when it cannot be opened. */
const char *httpd_version(void);
