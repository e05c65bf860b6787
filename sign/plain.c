/* SPDX-License-Identifier: Apache-2.0
 *
 * Bare signatures (sign/plain.h). */
#include "sign/plain.h"

static int refuse(const struct sig_candidate *c, const struct sig_demand *d, const char *check, const char *wanted,
                  struct sig_proof *ret, struct wp_err *err)
{
    ret->failed = check;
    return wp_fail(err, WP_E_UNSATISFIED, "%s: it is a bare signature, and '%s' asks for %s", c->where, d->name,
                   wanted);
}

int sig_plain_admits(const struct sig_candidate *c, const struct sig_demand *d, struct sig_proof *ret,
                     struct wp_err *err)
{
    if (d->key == NULL) {
        return refuse(c, d, "key", "a certificate", ret, err);
    }
    if (sig_pub_facts(d->key)->kind != SIG_KIND_ED25519) {
        ret->failed = "key";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: it is made with an Ed25519 key, and '%s' is another kind", c->where,
                       d->name);
    }
    if (d->predicate.kind != SIG_MATCH_ANY) {
        return refuse(c, d, "predicate", "an attestation", ret, err);
    }
    if (d->log == SIG_LOG_REQUIRED) {
        return refuse(c, d, "log", "an entry of a transparency log", ret, err);
    }
    if (d->timestamp_required) {
        return refuse(c, d, "timestamp", "a timestamp", ret, err);
    }
    if (d->annotation_count > 0) {
        return refuse(c, d, "annotation", "annotations", ret, err);
    }
    return 0;
}

void sig_plain_signer(const struct sig_demand *d, const char *note, struct wp_arena *a, struct sig_proof *ret)
{
    const struct sig_pub_facts *f = sig_pub_facts(d->key);
    ret->alg = SIG_ALG_ED25519;
    ret->key_id = f->id;
    ret->signer = wp_arena_printf(a, "key %s (%s)%s", f->id, f->name, note);
}
