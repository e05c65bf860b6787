/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of places credentials are looked for in (oci/creds.h). Immutable once made: lookups read the files anew. */
#include "oci/creds.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/creds-parts.h"

#include <stdarg.h>

struct oci_creds {
    struct wp_arena arena;
    struct oci_creds_opts opts;
};

static const char *copy(struct oci_creds *c, const char *text)
{
    return text ? wp_arena_str(&c->arena, text) : NULL;
}

struct oci_creds *oci_creds_new(const struct oci_creds_opts *opts)
{
    struct oci_creds *c = wp_xcalloc(1, sizeof *c);
    c->opts = *opts;
    const char **texts[] = {&c->opts.username,           &c->opts.password,      &c->opts.identity_token,
                            &c->opts.registry_token,     &c->opts.only_host,     &c->opts.registry_config,
                            &c->opts.registry_auth_file, &c->opts.docker_config, &c->opts.runtime_auth,
                            &c->opts.home_auth};
    for (size_t i = 0; i < WP_ARRAY_LEN(texts); i++) {
        *texts[i] = copy(c, *texts[i]);
    }
    return c;
}

void oci_creds_free(struct oci_creds *c)
{
    if (c) {
        wp_arena_done(&c->arena);
        free(c);
    }
}

static void warn(const struct oci_creds *c, const char *text)
{
    if (c->opts.warn) {
        c->opts.warn(c->opts.warn_arg, text);
    }
}

static bool is_complete(const struct oci_cred *cred)
{
    return cred->password || cred->identity_token || cred->registry_token;
}

/* What was said on the command line or in the environment. */
static bool from_opts(const struct oci_creds *c, const char *host, struct wp_arena *a, struct oci_cred *ret)
{
    const struct oci_creds_opts *o = &c->opts;
    if (o->only_host && !wp_str_eq(creds_canonical_host(o->only_host), creds_canonical_host(host))) {
        return false;
    }
    struct oci_cred cred = {0};
    if (o->password) {
        cred.username = wp_arena_str(a, o->username ? o->username : "");
        cred.password = wp_arena_str(a, o->password);
    } else if (o->username && o->identity_token) {
        cred.username = wp_arena_str(a, o->username);
    }
    cred.identity_token = o->identity_token ? wp_arena_str(a, o->identity_token) : NULL;
    cred.registry_token = o->registry_token ? wp_arena_str(a, o->registry_token) : NULL;
    cred.source = "the command line or environment";
    if (!is_complete(&cred)) {
        return false;
    }
    *ret = cred;
    return true;
}

/* The helper's answer: true with ret set. A failure is told and remembered in *problem. */
static bool from_helper(const struct oci_creds *c, const char *suffix, const char *host, const char *file,
                        struct wp_arena *a, struct oci_cred *ret, const char **problem)
{
    const char *const *keys = creds_helper_keys(a, host);
    for (size_t i = 0; keys[i]; i++) {
        struct wp_err err = {0};
        enum creds_helper_result result = creds_helper_get(suffix, keys[i], c->opts.helper_timeout_ms, a, ret, &err);
        if (result == CREDS_HELPER_OK) {
            return true;
        }
        if (result == CREDS_HELPER_FAILED) {
            *problem = wp_arena_printf(a, "%s (named in '%s')", err.msg, file);
            warn(c, *problem);
            return false;
        }
    }
    return false;
}

/* 1 found, 0 not there, -1 the file or entry is broken. */
static int from_file(const struct oci_creds *c, const char *file, const char *host, const char *repo,
                     struct wp_arena *a, struct oci_cred *ret, const char **problem, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_fs_read(file, WP_LIMIT_CREDENTIALS, &text, err) < 0) {
        return -1;
    }
    int rc = wp_json_parse(wp_buf_span(&text), file, true, WP_E_INPUT, &doc, err);
    explicit_bzero(text.ptr, text.len);
    if (rc < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    const char *suffix = creds_file_helper(&root, host, a);
    if (suffix && from_helper(c, suffix, host, file, a, ret, problem)) {
        return 1;
    }
    rc = creds_file_entry(&root, host, repo, a, ret, err);
    if (rc < 0) {
        return wp_wrap(err, "%s", file);
    }
    if (rc > 0) {
        ret->source = wp_arena_str(a, file);
    }
    return rc;
}

int oci_creds_get(struct oci_creds *c, const char *host, const char *repo, struct wp_arena *a, struct oci_cred *ret,
                  struct wp_err *err)
{
    struct oci_cred cred = {0};
    const char *problem = NULL;
    if (from_opts(c, host, a, &cred)) {
        *ret = cred;
        return 0;
    }
    const char *docker = c->opts.docker_config ? wp_arena_printf(a, "%s/config.json", c->opts.docker_config) : NULL;
    const struct {
        const char *path;
        bool named; /* by the user: must be there and whole */
    } files[] = {{c->opts.registry_config, true},
                 {c->opts.registry_auth_file, true},
                 {docker, false},
                 {c->opts.runtime_auth, false},
                 {c->opts.home_auth, false}};
    for (size_t i = 0; i < WP_ARRAY_LEN(files); i++) {
        if (!files[i].path) {
            continue;
        }
        struct wp_err local = {0};
        int rc = from_file(c, files[i].path, host, repo, a, &cred, &problem, &local);
        if (rc < 0 && files[i].named) {
            *err = local;
            return -1;
        }
        if (rc < 0 && local.code != WP_E_NOT_FOUND) {
            problem = wp_arena_str(a, local.msg);
            warn(c, problem);
        }
        if (rc > 0) {
            *ret = cred;
            return 0;
        }
    }
    *ret = (struct oci_cred){.problem = problem};
    return 0;
}
