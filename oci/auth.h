/* SPDX-License-Identifier: Apache-2.0
 *
 * WWW-Authenticate challenges (RFC 9110 section 11.6) and the token dance of registries (distribution's token and oauth
 * documents). Used by the client; parsers stand here for tests and fuzzing. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum http_auth_scheme { HTTP_AUTH_NONE, HTTP_AUTH_BASIC, HTTP_AUTH_BEARER };

struct http_challenge {
    enum http_auth_scheme scheme;
    const char *realm, *service, *scope, *error; /* NULL: absent */
};
/* The strongest challenge that wpack can answer (Bearer before Basic) out of one header value, which may hold several.
 * Malformed parts are skipped; scheme NONE when nothing is left. Strings live in a. */
void http_challenge_parse(struct wp_arena *a, const char *value, struct http_challenge *ret);
/* May credentials for registry_host go to realm? https (or plain http where the registry itself is plain http), and the
 * same host, the same registrable domain (docker.io and auth.docker.io) or one of extra. Returns
 * NULL when allowed, else why not. IP addresses only match themselves. */
const char *http_realm_problem(const char *registry_base, const char *realm, const char *const *extra);
