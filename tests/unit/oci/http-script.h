/* SPDX-License-Identifier: Apache-2.0
 *
 * A scripted transport for tests of the HTTP client: each row of a script is one request that has to come, exactly so,
 * and the reply it gets. */
#pragma once

#include "base/limits.h"
#include "base/mem.h"
#include "oci/http-client.h"
#include "oci/http-retry.h"
#include "tests/unit/unit.h"

struct turn {
    const char *request;       /* "GET https://…" */
    const char *authorization; /* that has to come; NULL: none may */
    int status;                /* 0: a network error; -1: the network breaks in the body */
    const char *headers[3];    /* "Name: value" */
    const char *body;
    const char *sent; /* the request's body, or NULL */
};

struct script {
    struct http_transport base;
    const struct turn *turns;
    size_t count, at;
    bool endless; /* replies come with a body that never ends */
    uint64_t endless_read;
    bool insecure_seen, own_cert_seen;
    struct wp_job *cancel; /* cancelled by the first request */
};

struct fixture {
    struct script script;
    struct oci_creds_opts creds_opts;
    struct oci_creds *creds;
    struct http_opts opts;
    struct http_client *client;
    struct wp_err err;
    struct wp_buf trace;
};

#define HOST  "reg.example.com"
#define BASE  "https://reg.example.com"
#define SCOPE "repository:a/b:pull"

/* Empty, with short waits; creds_opts and opts may be set before script_play. */
void script_begin(struct fixture *f);
/* As script_begin, with user "u" and password "p". */
void script_login(struct fixture *f);
void script_play(struct fixture *f, const char *host, const struct turn *turns, size_t count);
/* All turns were taken. */
void script_end(struct fixture *f);
#define PLAY(f, turns) script_play(f, HOST, turns, WP_ARRAY_LEN(turns))

/* GET of a URL with SCOPE. */
int script_get(struct fixture *f, const char *url, struct wp_buf *b);
void script_must_get(struct fixture *f, const char *url, const char *want);
void script_must_fail(struct fixture *f, const char *url, enum wp_code code, const char *msg);

/* base64 of "u:p" */
#define BASIC  "Basic dTpw"
#define REALM  "https://auth.example.com/token"
#define BEARER "WWW-Authenticate: Bearer realm=\"" REALM "\",service=\"reg\",scope=\"" SCOPE "\""
#define ASK    "GET " REALM "?service=reg&scope=repository:a/b:pull"
