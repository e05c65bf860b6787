/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack ls`: names of a layout, tags of a repository, repositories of a registry. */
#include "cmd/out.h"
#include "cmd/target.h"
#include "oci/registry.h"

#include <sys/stat.h>

struct opts {
    bool all;
};
static const struct opt rows[] = {
    {.name = "all",
     .kind = OPT_FLAG,
     .offset = offsetof(struct opts, all),
     .help = "also the sha256-... tags that hold referrers"},
    {0},
};

struct listing {
    struct cmd_ctx *c;
    bool with_repo;
    struct wp_json_out *json; /* NULL: text */
};

static int list_name(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    struct listing *l = arg;
    const struct opts *o = l->c->opts;
    (void)err;
    if (!o->all && wp_str_starts(tag, "sha256-")) {
        return 0;
    }
    bool bare = !l->with_repo || repo == NULL || repo[0] == '\0';
    const char *name = bare ? tag : wp_arena_printf(l->c->arena, "%s:%s", repo, tag);
    if (l->json == NULL) {
        out_line(l->c->out, "%s", name);
        return 0;
    }
    wp_jo_object(l->json);
    wp_jo_kstr(l->json, "name", name);
    if (desc != NULL) {
        char digest[OCI_DIGEST_TEXT];
        wp_jo_kstr(l->json, "digest", oci_digest_text(&desc->digest, digest));
        wp_jo_kstr(l->json, "mediaType", desc->media_type);
        wp_jo_ku64(l->json, "size", desc->size);
    }
    wp_jo_object_end(l->json);
    return 0;
}

static int list_repo(void *arg, const char *repo, struct wp_err *err)
{
    struct listing *l = arg;
    (void)err;
    if (l->json == NULL) {
        out_line(l->c->out, "%s", repo);
        return 0;
    }
    wp_jo_object(l->json);
    wp_jo_kstr(l->json, "name", repo);
    wp_jo_object_end(l->json);
    return 0;
}

static int list(struct listing *l, const char *text, struct wp_err *err)
{
    struct cmd_ctx *c = l->c;
    /* "ghcr.io", "localhost:5000": a host alone asks for the catalog. */
    if (strchr(text, '/') == NULL && !wp_str_starts(text, "oci:") && !wp_str_starts(text, "oci-archive:")) {
        struct stat st;
        if (stat(text, &st) == 0 && S_ISDIR(st.st_mode)) {
            wp_fail(err, WP_E_USAGE, "ls: '%s' is a folder", text);
            return wp_hint(err, "a layout is written oci:%s", text);
        }
        struct http_client *client = NULL;
        if (target_client(c, text, &client, err) < 0) {
            return -1;
        }
        return oci_registry_catalog(client, c->job, list_repo, l, err);
    }
    TARGET_AUTO struct cmd_target t = {0};
    if (target_open(c, text, TARGET_READ, &t, err) < 0) {
        return -1;
    }
    l->with_repo = t.ref.kind != OCI_REF_REGISTRY && t.ref.name == NULL;
    return oci_store_each_name(t.store, t.ref.kind == OCI_REF_REGISTRY ? NULL : t.ref.name, list_name, l, err);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    struct listing l = {.c = c, .json = cmd_json(c) ? &j : NULL};
    wp_jo_object(&j);
    wp_jo_key(&j, "names");
    wp_jo_array(&j);
    if (list(&l, c->arg_count == 0 ? "oci:" TARGET_LAYOUT : c->args[0], err) < 0) {
        return -1;
    }
    wp_jo_array_end(&j);
    wp_jo_object_end(&j);
    if (l.json != NULL) {
        out_json(c->out, &b);
    }
    return 0;
}

const struct cmd cmd_ls = {
    .name = "ls",
    .alias = "list",
    .group = "Look",
    .args = "[HOST|REPO|oci:DIR]",
    .summary = "list tags, names or repositories",
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
