/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack tag`: further names for what has one. */
#include "cmd/out.h"
#include "cmd/transfer.h"

struct opts {
    bool no_clobber;
};
static const struct opt rows[] = {
    {.name = "no-clobber",
     .kind = OPT_FLAG,
     .offset = offsetof(struct opts, no_clobber),
     .help = "fail where a tag has other content"},
    {0},
};

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

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
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
    target_report(c, &t, &desc);
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
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
