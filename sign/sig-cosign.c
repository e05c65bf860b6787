/* SPDX-License-Identifier: Apache-2.0
 *
 * The format 'cosign' (sign/sig.h). */
#include "sign/formats.h"

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    (void)art;
    (void)d;
    (void)a;
    ret->failed = "format";
    wp_fail(err, WP_E_UNSATISFIED, "%s: signatures in the format cosign cannot be verified", c->where);
    return 0;
}

static const char *const layer_types[] = {"application/vnd.dev.cosign.simplesigning.v1+json",
                                          "application/vnd.dsse.envelope.v1+json", NULL};

const struct sig_format sig_format_cosign = {
    .id = SIG_COSIGN,
    .name = "cosign",
    .summary = "cosign's tags before bundles, sha256-….sig and .att",
    .layer_types = layer_types,
    .check = check,
};
