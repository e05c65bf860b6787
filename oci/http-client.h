/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the HTTP client share with each other; nobody else includes this. */
#pragma once

#include "oci/http-url.h"
#include "oci/http.h"

struct http_auth;

struct http_client {
    struct http_transport *transport;
    struct oci_creds *creds; /* or NULL */
    struct http_opts opts;
    char *host; /* as in the reference */
    char *base;
    struct http_origin origin;
    struct http_auth *auth;
};

/* One attempt at a call, and all that lives as long as it. */
struct http_try {
    struct wp_job *job;
    struct wp_arena *arena;
    const char *retry_after; /* of the reply that made the attempt fail, or NULL */
};

/* One exchange: ownership decides about TLS options, User-Agent is added, trace lines are written. */
int http_client_exchange(struct http_client *c, const struct http_req *req, const char *authorization,
                         struct wp_job *job, struct http_resp *ret, WP_OWN struct wp_reader **ret_body,
                         struct wp_err *err) WP_MUST_USE;
/* 0 when the client may send a request there at all: well-formed, not from https to http, not from a public registry
 * to an inner network. what names the URL's part in the message ("redirect"). */
int http_client_may_visit(const struct http_client *c, const char *url, const char *what,
                          struct wp_err *err) WP_MUST_USE;
/* At most limit bytes of a body whose content is not needed whole: stops silently there, at its end, at an error and
 * when the stall time has passed. */
void http_client_skim(const struct http_client *c, struct wp_reader *body, uint64_t limit, struct wp_buf *ret);
/* All values of a header field, joined with ", "; NULL when there is none. */
char *http_resp_joined(struct wp_arena *a, const struct http_resp *resp, const char *name);

/* ---- http-auth.c: who we are ---- */
WP_OWN struct http_auth *http_auth_new(struct http_client *c);
void http_auth_free(WP_OWN struct http_auth *h);
/* What can be sent without being asked, in t->arena; NULL when the registry has not asked yet. May fetch a token. */
int http_auth_known(struct http_auth *h, const char *scope, struct http_try *t, const char **ret,
                    struct wp_err *err) WP_MUST_USE;
/* What answers a 401 with this challenge to a request that carried sent (or NULL): 1 and *ret, 0 when there is nothing
 * better than sent, -1. */
int http_auth_answer(struct http_auth *h, const char *challenge, const char *scope, const char *sent,
                     struct http_try *t, const char **ret, struct wp_err *err) WP_MUST_USE;
/* For messages: "logged in as 'o' from /home/o/.docker/config.json", "no credentials for it were found". In a. */
const char *http_auth_login(struct http_auth *h, const char *scope, struct wp_arena *a);
/* Blots out every secret the client knows in text, in place: servers may repeat in their errors what they were sent. */
void http_auth_redact(struct http_auth *h, char *text);

/* ---- http-token.c: token servers ---- */
struct http_token_ask {
    const char *realm;
    const char *service;         /* or NULL */
    const char *scope;           /* blank-separated, or NULL */
    const struct oci_cred *cred; /* NULL: anonymous */
};
/* "Basic …" (RFC 7617) in a; nothing of it stays elsewhere. */
const char *http_basic_value(struct wp_arena *a, const char *user, const char *password);
/* The token appended to ret and how long it holds. *ret_renewed, in t's arena: the identity token that takes the place
 * of the one sent, or NULL. */
int http_token_fetch(struct http_client *c, const struct http_token_ask *ask, struct http_try *t, struct wp_buf *ret,
                     uint64_t *ret_lifetime_ms, const char **ret_renewed, struct wp_err *err) WP_MUST_USE;

/* ---- http-error.c: replies as errors ---- */
/* Code and message of an error body (distribution-spec "Error Codes", OAuth2 errors, plain text), bounded and on one
 * line, appended to ret; nothing when there are none. */
void http_error_words(struct wp_span body, struct wp_buf *ret);
/* The error a reply to a request of the registry means. login may be NULL. Returns -1. */
int http_error_reply(const struct http_client *c, const struct http_req *req, const struct http_resp *resp,
                     struct wp_span body, const char *login, struct wp_err *err);
