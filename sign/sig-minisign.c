/* SPDX-License-Identifier: Apache-2.0
 *
 * The format 'minisign' (sign/sig.h). */
#include "sign/formats.h"

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    (void)art;
    (void)d;
    (void)a;
    ret->failed = "format";
    wp_fail(err, WP_E_UNSATISFIED, "%s: signatures in the format minisign cannot be verified", c->where);
    return 0;
}

static const char *const layer_types[] = {NULL};

const struct sig_format sig_format_minisign = {
    .id = SIG_MINISIGN,
    .name = "minisign",
    .summary = "minisign's and signify's signature files",
    .layer_types = layer_types,
    .check = check,
};
