/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the libcurl transport share; nobody else includes this. libcurl is opened at first use: programs
 * that never talk to a registry do not pay for it. */
#pragma once

/* The options below are passed through a function pointer, which curl's type checks do not know. */
#define CURL_DISABLE_TYPECHECK
#include "base/buf.h"
#include "oci/http-url.h"
#include "oci/http.h"

#include <curl/curl.h>
#include <pthread.h>

/* X(member, function) */
#define CURL_FUNCTIONS(X)                            \
    X(global_init, curl_global_init)                 \
    X(version_info, curl_version_info)               \
    X(slist_append, curl_slist_append)               \
    X(slist_free_all, curl_slist_free_all)           \
    X(easy_init, curl_easy_init)                     \
    X(easy_setopt, curl_easy_setopt)                 \
    X(easy_getinfo, curl_easy_getinfo)               \
    X(easy_reset, curl_easy_reset)                   \
    X(easy_pause, curl_easy_pause)                   \
    X(easy_strerror, curl_easy_strerror)             \
    X(easy_cleanup, curl_easy_cleanup)               \
    X(multi_init, curl_multi_init)                   \
    X(multi_setopt, curl_multi_setopt)               \
    X(multi_add_handle, curl_multi_add_handle)       \
    X(multi_remove_handle, curl_multi_remove_handle) \
    X(multi_perform, curl_multi_perform)             \
    X(multi_poll, curl_multi_poll)                   \
    X(multi_info_read, curl_multi_info_read)         \
    X(multi_strerror, curl_multi_strerror)           \
    X(multi_cleanup, curl_multi_cleanup)

struct curl_api {
#define CURL_MEMBER(member, function) __typeof__(function) *member;
    CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
};
/* ---- http-curl-lib.c ---- */
/* The functions, or NULL with *why set to the reason. */
const struct curl_api *curl_api_get(const char **why);

/* A connection's home: taken by one exchange at a time, so that the next one finds the connection open. */
struct curl_lane {
    struct curl_lane *next;
    CURLM *multi;
    CURL *easy;
};

/* CA certificates put together for one http_tls: kept as long as the transport, so that connections can be reused. */
struct curl_ca {
    struct curl_ca *next;
    char *key;
    struct wp_buf pem;
};

struct curl_transport {
    struct http_transport base;
    const struct curl_api *api;
    pthread_mutex_t lock; /* lanes, cas */
    struct curl_lane *lanes;
    struct curl_ca *cas;
};

/* One exchange, from request to the end of its reply's body. */
struct curl_stream {
    struct wp_reader base;
    struct curl_transport *transport;
    const struct curl_api *api;
    struct curl_lane *lane;
    struct curl_slist *request_headers;
    struct wp_job *job;
    uint64_t connect_ms, stall_ms;
    struct http_origin origin;
    char errbuf[CURL_ERROR_SIZE];

    /* progress */
    bool added, connected, reply_begun, paused, finished;
    uint64_t progress_ms; /* when bytes moved last */
    struct wp_err fail;   /* code WP_E_OK: none; final */

    /* the request's body */
    struct wp_source *source;
    struct wp_reader *upload;
    uint64_t upload_size, upload_sent;
    struct wp_item *item;
    uint64_t item_from;

    /* the reply */
    struct wp_arena arena; /* headers of the block being read; moved into the http_resp */
    struct http_header *headers;
    size_t header_count, header_cap;
    uint64_t header_bytes;
    int status;
    bool headers_done;
    struct wp_buf in;
    size_t in_at;
};

/* ---- http-curl-stream.c ---- */
/* Sets the callbacks on the lane's easy handle. */
void curl_stream_attach(struct curl_stream *s);
/* Runs the exchange until the reply's headers are there. */
int curl_stream_headers(struct curl_stream *s, struct wp_err *err) WP_MUST_USE;
/* The reader over the body; close gives the lane back and releases s. */
void curl_stream_reader(struct curl_stream *s);

/* ---- http-curl-error.c ---- */
/* libcurl's result as an error of the exchange. Returns -1. */
int curl_stream_fail(const struct curl_stream *s, CURLcode code, struct wp_err *err);

/* ---- http-curl-tls.c ---- */
/* Certificates, verification, client certificate. */
int curl_tls_set(struct curl_transport *t, CURL *easy, const struct http_tls *tls, struct wp_err *err) WP_MUST_USE;
void curl_tls_free(struct curl_transport *t);

/* ---- http-curl.c ---- */
/* broken: none of its connections is used again. */
void curl_lane_release(struct curl_transport *t, WP_OWN struct curl_lane *lane, bool broken);
