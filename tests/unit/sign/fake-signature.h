/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures for tests of policies: a format whose candidates say themselves whom they satisfy and which check they
 * fail. */
#pragma once

#include "sign/policy.h"

struct fake_signature {
    const char *satisfies; /* names of demands, each between blanks: " a b "; NULL: none */
    const char *key_id, *identity, *issuer, *signer;
    const char *log; /* NULL: not logged */
    uint64_t log_index;
    const char *failed; /* where it satisfies nobody; NULL: "signature" */
    enum wp_code code;  /* OK: WP_E_UNSATISFIED */
    const char *predicate, *statement;
};

struct sig_candidate fake_candidate(const struct fake_signature *f, const char *where);
/* "registry.example/team/app@sha256:…" with a reference for scopes. */
struct sig_question fake_question(const char *reference, const struct sig_candidate *given, size_t n);
/* "… not found in …" where text does not hold part. */
void assert_holds(const char *text, const char *part);
