/* SPDX-License-Identifier: Apache-2.0
 *
 * From what the user typed to an open store: references, credentials, HTTP clients. One transport and one client per
 * host live as long as the run. */
#pragma once

#include "cmd/cmd.h"
#include "oci/http.h"
#include "oci/ref.h"
#include "oci/store.h"

enum target_use {
    TARGET_READ,
    TARGET_WRITE,
    TARGET_CREATE,  /* a layout that is absent is made */
    TARGET_IMAGINE, /* for a dry run: a layout that is absent is an empty store in memory, nothing is written */
};

struct cmd_target {
    struct oci_ref ref;
    struct oci_store *store; /* owned */
    const char *name;        /* what to resolve or bind: a tag, repo:tag or digest text; NULL: none given */
    const char *base;        /* "host/repo" or "oci:DIR": a digest is appended with '@' */
};

#define TARGET_LAYOUT ".wpack/oci" /* where build leaves things when it is not told otherwise */

int target_open(struct cmd_ctx *c, const char *text, enum target_use use, struct cmd_target *ret,
                struct wp_err *err) WP_MUST_USE;
int target_open_ref(struct cmd_ctx *c, const struct oci_ref *ref, enum target_use use, struct cmd_target *ret,
                    struct wp_err *err) WP_MUST_USE;
/* A layout for a server: made when absent, its lock held per operation; read_only: opened without writing. */
int target_open_serve(struct cmd_ctx *c, const struct oci_ref *ref, bool read_only, struct cmd_target *ret,
                      struct wp_err *err) WP_MUST_USE;
void target_done(struct cmd_target *t);
#define TARGET_AUTO WP_CLEANUP(target_done)

/* The names to bind at a target: its tag, the further tags of "a,b,c", `more`. In the run's arena. */
size_t target_names(struct cmd_ctx *c, const struct cmd_target *t, const char *const **ret);
/* Resolve what t names; where a digest was given it says what, whatever the tag beside it leads to. */
int target_resolve(struct cmd_ctx *c, struct cmd_target *t, struct oci_desc *ret, struct wp_span *ret_bytes,
                   struct wp_err *err) WP_MUST_USE;
/* "base@sha256:…" in the run's arena. */
const char *target_pinned(struct cmd_ctx *c, const struct cmd_target *t, const struct oci_digest *d);
/* The result of commands that name one thing: "base@sha256:…", or {"reference","digest","mediaType","size"}. */
void target_report(struct cmd_ctx *c, const struct cmd_target *t, const struct oci_desc *d);
/* The layout that the command's only argument names (default TARGET_LAYOUT): a folder, no name in it. */
int target_open_folder(struct cmd_ctx *c, enum target_use use, struct cmd_target *ret, struct wp_err *err) WP_MUST_USE;
/* The client of a registry host with this run's credentials and options. Owned by the run. */
int target_client(struct cmd_ctx *c, const char *host, struct http_client **ret, struct wp_err *err) WP_MUST_USE;
/* The client of a service that is no registry, by a URL of it: https, or http on loopback. Registries' credentials and
 * certificates do not go there; creds (borrowed, NULL: none) do. Owned by the run. */
struct oci_creds;
int target_service(struct cmd_ctx *c, const char *url, struct oci_creds *creds, struct http_client **ret,
                   struct wp_err *err) WP_MUST_USE;
/* No more of the clients that were opened with these credentials, which are freed. */
void target_service_end(struct cmd_ctx *c, WP_OWN struct oci_creds *creds);
/* The file login writes to: --registry-config, else $DOCKER_CONFIG/config.json, else ~/.docker/config.json. */
const char *target_login_file(struct cmd_ctx *c);
/* Closes clients and transport. */
void target_net_free(WP_OWN struct cmd_net *net);
