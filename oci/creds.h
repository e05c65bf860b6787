/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials exactly as users have them: flags, environment, --registry-config, REGISTRY_AUTH_FILE, docker's
 * config.json (credHelpers, credsStore, auths, identitytoken, registrytoken), containers' auth.json (keys may be
 * namespaces, the longest match wins). cmd/ reads the environment and hands it in. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct oci_creds_opts {
    const char *username, *password; /* flags or WPACK_USERNAME / WPACK_REGISTRY_PASSWORD; NULL: not given */
    const char *identity_token;      /* OAuth2 refresh token */
    const char *registry_token;      /* a ready bearer token */
    const char *only_host;           /* the four above belong to this host; NULL: to any host asked */
    /* Files in order of trust; NULL: not given. A file named by the user must exist, the others may be absent. */
    const char *registry_config;               /* --registry-config */
    const char *registry_auth_file;            /* REGISTRY_AUTH_FILE */
    const char *docker_config;                 /* folder: DOCKER_CONFIG, else ~/.docker */
    const char *runtime_auth;                  /* $XDG_RUNTIME_DIR/containers/auth.json */
    const char *home_auth;                     /* ~/.config/containers/auth.json */
    uint64_t helper_timeout_ms;                /* 0: 30 s */
    void (*warn)(void *arg, const char *text); /* "credential helper 'docker-credential-x' is not in PATH" */
    void *warn_arg;
};
struct oci_creds;                                                          /* shared */
WP_OWN struct oci_creds *oci_creds_new(const struct oci_creds_opts *opts); /* copies all strings */
void oci_creds_free(WP_OWN struct oci_creds *c);

struct oci_cred {
    const char *username, *password; /* both or neither */
    const char *identity_token;
    const char *registry_token;
    const char *source;  /* where it came from, for messages: "/home/o/.docker/config.json", "helper 'ecr-login'" */
    const char *problem; /* why the entry found could not be used (helper failed), or NULL */
};
/* Always succeeds but for a broken file the user named: what is not found is left NULL (anonymous). A failing helper is
 * a warning and sets problem; it never falls through to another host's entry. Docker Hub's aliases are tried in turn.
 */
int oci_creds_get(struct oci_creds *c, const char *host, const char *repo, struct wp_arena *a, struct oci_cred *ret,
                  struct wp_err *err) WP_MUST_USE;

/* login and logout: into file (docker config.json form, other members kept in order, mode 0600, replaced atomically) or
 * into the helper configured there. ret_where (in a) tells where. */
int oci_creds_store(const char *file, const char *host, const struct oci_cred *cred, struct wp_arena *a,
                    const char **ret_where, struct wp_err *err) WP_MUST_USE;
/* WP_E_NOT_FOUND when there was none. */
int oci_creds_erase(const char *file, const char *host, struct wp_arena *a, const char **ret_where,
                    struct wp_err *err) WP_MUST_USE;
