/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the credential lookup share; nobody else includes this. */
#pragma once

#include "base/json.h"
#include "oci/creds.h"

/* ---- creds-key.c: which entry belongs to which host ---- */
/* Docker Hub goes by several names; all of them become "docker.io". Others are returned as they are. */
const char *creds_canonical_host(const char *host);
/* How many bytes of "host/repo" the key of an auths or credHelpers object matches ("https://", "/v1/" and "/v2/" do not
 * count; a namespace has to end where a path component ends): 0 when it is about something else. repo may be NULL. */
size_t creds_key_match(const char *key, const char *host, const char *repo);
/* Addresses a helper may have stored the host under, best first, NULL-terminated, in a. */
const char *const *creds_helper_keys(struct wp_arena *a, const char *host);

/* ---- creds-helper.c: docker-credential-<suffix> ---- */
enum creds_helper_result {
    CREDS_HELPER_OK,
    CREDS_HELPER_NOT_FOUND, /* it knows no such server */
    CREDS_HELPER_FAILED,    /* err says why */
};
/* Runs verb ("get", "store", "erase") with input on its standard input; output (may be NULL) takes what it prints. */
enum creds_helper_result creds_helper_run(const char *suffix, const char *verb, const char *input, uint64_t timeout_ms,
                                          struct wp_buf *output, struct wp_err *err);
/* get, parsed into a. */
enum creds_helper_result creds_helper_get(const char *suffix, const char *key, uint64_t timeout_ms, struct wp_arena *a,
                                          struct oci_cred *ret, struct wp_err *err);

/* ---- creds-file.c: docker's config.json and containers' auth.json ---- */
/* The helper configured for host in the document, in a; NULL: none. */
const char *creds_file_helper(const struct wp_json *root, const char *host, struct wp_arena *a);
/* The auths entry that matches host and repo best: 1, 0 when there is none. -1: it is malformed. */
int creds_file_entry(const struct wp_json *root, const char *host, const char *repo, struct wp_arena *a,
                     struct oci_cred *ret, struct wp_err *err);
