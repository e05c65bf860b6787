/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the server: oci_serve over a memory store in a thread, and a client that speaks HTTP/1.1 byte by byte,
 * so that tests can say what no library would. Everything asserts. */
#pragma once

#include "base/buf.h"
#include "base/pool.h"
#include "oci/serve.h"

struct server {
    struct oci_store *store;
    struct wp_job *job;
    struct wp_thread *thread;
    struct oci_serve_opts opts;
    int ready[2]; /* a pipe: the address comes through */
    unsigned short port;
    int rc;
    struct wp_err err;
    struct wp_buf log;
    void *log_lock;
    int hold; /* where each line of the log waits for a byte, -1: nowhere */
};
/* opts NULL: defaults. The store is a fresh memory store. */
void server_start(struct server *s, const struct oci_serve_opts *opts);
/* The thread that answered a request ends it, and goes on, only when a byte was written to the pipe behind hold. */
void server_start_held(struct server *s, int hold);
/* Cancels, waits, and asserts that oci_serve returned 0. The log is complete then. */
void server_end(struct server *s);
/* server_end unless that was done, and release. */
void server_stop(struct server *s);

struct reply {
    int status;
    struct wp_buf head; /* all header lines */
    struct wp_buf body;
};
void reply_done(struct reply *r);
#define AUTO_REPLY WP_CLEANUP(reply_done)
#define REPLY_INIT                               \
    {                                            \
        .head = WP_BUF_INIT, .body = WP_BUF_INIT \
    }

int client_connect(const struct server *s);
void client_send(int fd, const char *bytes, size_t len);
/* One reply; head_only for HEAD. false: the connection ended before its first byte. */
bool client_read(int fd, bool head_only, struct reply *ret);
/* Nothing more comes: the server closes. */
void assert_closed(int fd);
/* One request on a connection of its own. headers: lines that end in \r\n, or "". body NULL: none; else Content-Length
 * is added. */
struct reply call(const struct server *s, const char *method, const char *path, const char *headers, const char *body);
struct reply call_bytes(const struct server *s, const char *method, const char *path, const char *headers,
                        struct wp_span body);
/* call + assert on the status, reply dropped. */
void expect(const struct server *s, int status, const char *method, const char *path, const char *headers,
            const char *body);
/* The value of a header into ret, NULL when absent. The n-th of several. */
const char *reply_header(const struct reply *r, const char *name, unsigned nth, char ret[512]);
void assert_header(const struct reply *r, const char *name, const char *value);
/* The error body has exactly this code. */
void assert_error(const struct reply *r, int status, const char *code);
/* "sha256:…" of text. */
char *digest_of(enum wp_hash_alg alg, struct wp_span bytes, char ret[OCI_DIGEST_TEXT]);
/* POST ?digest= with text; returns the digest. */
char *push_blob(const struct server *s, const char *repo, const char *text, char ret[OCI_DIGEST_TEXT]);
