/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry (distribution-spec 1.1) over any store that can ingest and open blobs: the layout in the program, memory
 * in tests. oci/serve*.c knows the protocol, oci/httpd.c the HTTP library. */
#pragma once

#include "oci/store.h"

/* When a connection is too slow, in milliseconds; zeros are replaced by the defaults. */
struct oci_serve_limits {
    uint32_t headers_ms; /* from the connection to the end of its first headers: 10 s */
    uint32_t idle_ms;    /* from a reply to the end of the next headers: 30 s */
    uint32_t body_ms;    /* then a body must have come with 1 KiB/s on the average: 10 s */
};

struct oci_serve_opts {
    const char *addr; /* "127.0.0.1:5000", "[::1]:0"; port 0 picks a free one */
    bool read_only;
    bool sparse;              /* take manifests whose blobs are not here */
    bool no_referrers_api;    /* answer 404, as old registries do (for tests of clients) */
    uint64_t max_blob;        /* bytes, 0: none */
    const char *default_repo; /* repository that bare tags of the layout appear in; NULL: they are not served */
    struct oci_serve_limits limits;
    struct wp_job *job; /* cancelled: stop accepting, let running replies end (at most 10 s), return */
    /* Called once when it listens, with "127.0.0.1:41234". */
    void (*ready)(void *arg, const char *addr);
    /* One line per request: 'GET /v2/a/manifests/1 200 1234 B 0.8 ms'. NULL: none. From several threads. */
    void (*log)(void *arg, const char *line);
    void *arg;
};
/* Serves until the job is cancelled (then 0) or the address cannot be had. */
int oci_serve(struct oci_store *s, const struct oci_serve_opts *opts, struct wp_err *err) WP_MUST_USE;
/* "libmicrohttpd 0.9.75", or NULL when the library cannot be opened. */
const char *oci_serve_version(void);
