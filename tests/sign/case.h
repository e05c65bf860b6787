/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of Sigstore's conformance suite (sigstore/sigstore-conformance, test/assets/bundle-verify) and bundles beside
 * them, as questions to sig_check. */
#pragma once

#include "sign/bundle.h"
#include "sign/formats.h"

struct sign_case {
    char *name;
    bool good;
    struct wp_buf bundle, artifact;
    struct sig_pub *key;
    struct sig_root *root;
    char *identity, *issuer;
    struct sig_who who;
    struct sig_demand demand;
};
/* The case in the folder `name` of `suite`; root: the trusted root where the case has none. */
void sign_case_open(struct sign_case *c, const char *suite, const char *name, const char *root);
/* A bundle, what it is over (NULL: an empty module), and the key or the identity and issuer that it is by. */
void sign_case_make(struct sign_case *c, const char *bundle, const char *artifact, const char *root, const char *key,
                    const char *identity, const char *issuer);
void sign_case_close(struct sign_case *c);
/* Every case there is in the folder of signing.tar.gz, in the order of their names: the suite's, then bundles that
 * other programs made. The number of cases; non-zero of fn stops and is returned as -1. */
int sign_cases(const char *data, int (*fn)(void *arg, const struct sign_case *c), void *arg);
/* sig_check of `bundle` in place of the case's own; by_digest: of the artifact only its digest is known. */
int sign_case_ask(const struct sign_case *c, struct wp_span bundle, bool by_digest, struct wp_arena *a,
                  struct sig_proof *ret, struct wp_err *err);
