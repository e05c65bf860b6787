/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack tag`, `wpack resolve`, `wpack rm`: names. */
#include "cmd/out.h"
#include "cmd/transfer.h"

struct tag_opts {
    bool no_clobber;
};
static const struct opt tag_rows[] = {
    {.name = "no-clobber",
     .kind = OPT_FLAG,
     .offset = offsetof(struct tag_opts, no_clobber),
     .help = "fail where a tag has other content"},
    {0},
};

static void report_pinned(struct cmd_ctx *c, const struct cmd_target *t, const struct oci_desc *d)
{
    const char *pinned = target_pinned(c, t, &d->digest);
    if (!cmd_json(c)) {
        out_line(c->out, "%s", pinned);
        return;
    }
    char digest[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "reference", pinned);
    wp_jo_kstr(&j, "digest", oci_digest_text(&d->digest, digest));
    wp_jo_kstr(&j, "mediaType", d->media_type);
    wp_jo_ku64(&j, "size", d->size);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

/* A new tag stays in the repository of the name it is given to. */
static int new_name(struct cmd_ctx *c, const struct cmd_target *t, const char *text, const char **ret,
                    struct wp_err *err)
{
    const char *repo = "";
    const char *tag = text;
    const char *own_repo = "";
    const char *own_tag = NULL;
    if (t->ref.kind != OCI_REF_REGISTRY) {
        oci_name_split(c->arena, text, &repo, &tag);
        if (t->ref.name != NULL) {
            oci_name_split(c->arena, t->ref.name, &own_repo, &own_tag);
        }
        repo = repo[0] == '\0' ? own_repo : repo;
    }
    const char *problem = oci_ref_tag_problem(tag);
    if (problem != NULL) {
        return wp_fail(err, WP_E_USAGE, "tag '%s': %s", tag, problem);
    }
    *ret = repo[0] == '\0' ? tag : wp_arena_printf(c->arena, "%s:%s", repo, tag);
    return 0;
}

static int run_tag(struct cmd_ctx *c, struct wp_err *err)
{
    const struct tag_opts *o = c->opts;
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    if (target_open(c, c->args[0], TARGET_WRITE, &t, err) < 0 || target_resolve(c, &t, &desc, &bytes, err) < 0) {
        return -1;
    }
    size_t n = c->arg_count - 1;
    struct oci_binding *list = wp_arena_alloc(c->arena, n, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i].desc = &desc;
        list[i].bytes = bytes;
        if (new_name(c, &t, c->args[i + 1], &list[i].name, err) < 0) {
            return -1;
        }
    }
    if (oci_store_bind(t.store, list, n, o->no_clobber ? OCI_BIND_NO_REPLACE : 0, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        out_fact(c->out, "tagged", "%s", list[i].name);
    }
    report_pinned(c, &t, &desc);
    return 0;
}

const struct cmd cmd_tag = {
    .name = "tag",
    .group = "Setup",
    .args = "SRC NEWTAG...",
    .summary = "give an artifact further tags",
    .min_args = 2,
    .max_args = SIZE_MAX,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct tag_opts),
    .opts = tag_rows,
    .run = run_tag,
};

static int run_resolve(struct cmd_ctx *c, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    if (target_open(c, c->args[0], TARGET_READ, &t, err) < 0 || target_resolve(c, &t, &desc, NULL, err) < 0) {
        return -1;
    }
    report_pinned(c, &t, &desc);
    return 0;
}

const struct cmd cmd_resolve = {
    .name = "resolve",
    .alias = "digest",
    .group = "Look",
    .args = "REF",
    .summary = "print the digest that a name leads to",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .run = run_resolve,
};

static int run_rm(struct cmd_ctx *c, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    if (target_open(c, c->args[0], TARGET_WRITE, &t, err) < 0) {
        return -1;
    }
    if (t.ref.name == NULL && !t.ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "rm: '%s' names no tag and no digest", c->args[0]);
        return wp_hint(err, "'wpack ls %s' lists the tags", c->args[0]);
    }
    if (target_resolve(c, &t, &desc, NULL, err) < 0) {
        return -1;
    }
    int rc = 0;
    if (t.ref.has_digest) {
        rc = oci_store_remove(t.store, &desc, err);
    } else {
        const struct oci_binding unbind = {.name = t.ref.name};
        rc = oci_store_bind(t.store, &unbind, 1, 0, err);
    }
    if (rc < 0) {
        return -1;
    }
    out_fact(c->out, "removed", "%s", t.ref.has_digest ? "the manifest and its names" : t.ref.name);
    report_pinned(c, &t, &desc);
    return 0;
}

const struct cmd cmd_rm = {
    .name = "rm",
    .group = "Setup",
    .args = "REF",
    .summary = "remove a tag, or with a digest a manifest and its tags",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .run = run_rm,
};
