/* SPDX-License-Identifier: Apache-2.0
 *
 * The format 'bundle' (sign/sig.h). */
#include "sign/bundle.h"
#include "sign/formats.h"

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    struct sig_bundle b;
    if (sig_bundle_read(c->bytes, c->where, a, &b, err) < 0) {
        ret->failed = "parse";
        return 0;
    }
    return sig_bundle_check(&b, c->where, art, d, a, ret, err);
}

static const char *const layer_types[] = {"application/vnd.dev.sigstore.bundle*", NULL};

const struct sig_format sig_format_bundle = {
    .id = SIG_BUNDLE,
    .name = "bundle",
    .summary = "Sigstore bundle v0.3, what cosign 3 writes",
    .layer_types = layer_types,
    .check = check,
};
