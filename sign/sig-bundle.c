/* SPDX-License-Identifier: Apache-2.0
 *
 * The format 'bundle' (sign/sig.h). */
#include "sign/bundle.h"
#include "sign/formats.h"

static const struct sig_bundle *read_once(const struct sig_candidate *c, struct wp_arena *a, struct wp_err *err)
{
    struct sig_memo own = {.document = NULL};
    struct sig_memo *memo = c->memo != NULL ? c->memo : &own;
    if (memo->document == NULL && memo->bad == NULL) {
        struct sig_bundle *b = wp_arena_alloc(a, 1, sizeof(*b));
        struct wp_err why = {0};
        int rc = sig_bundle_read(c->bytes, c->where, a, b, &why);
        memo->document = rc == 0 ? b : NULL;
        memo->bad = rc == 0 ? NULL : wp_arena_str(a, why.msg);
    }
    if (memo->bad != NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "%s", memo->bad);
    }
    return memo->document;
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    const struct sig_bundle *b = read_once(c, a, err);
    if (b == NULL) {
        ret->failed = "parse";
        return 0;
    }
    return sig_bundle_check(b, c->where, art, d, a, ret, err);
}

static const char *const layer_types[] = {"application/vnd.dev.sigstore.bundle*", NULL};

const struct sig_format sig_format_bundle = {
    .id = SIG_BUNDLE,
    .name = "bundle",
    .summary = "Sigstore bundle v0.3, what cosign 3 writes",
    .layer_types = layer_types,
    .check = check,
};
