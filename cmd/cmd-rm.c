/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack rm`: remove a name, or a manifest with its names. */
#include "cmd/out.h"
#include "cmd/target.h"

static int run(struct cmd_ctx *c, struct wp_err *err)
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
    target_report(c, &t, &desc);
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
    .run = run,
};
