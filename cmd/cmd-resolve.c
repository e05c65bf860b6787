/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack resolve`: the digest behind a name. */
#include "cmd/target.h"

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    if (target_open(c, c->args[0], TARGET_READ, &t, err) < 0 || target_resolve(c, &t, &desc, NULL, err) < 0) {
        return -1;
    }
    target_report(c, &t, &desc);
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
    .run = run,
};
