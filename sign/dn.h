/* SPDX-License-Identifier: Apache-2.0
 *
 * Distinguished names as Notary's trusted identities have them (RFC 4514): "C=US, ST=WA, O=example". Every attribute
 * once, none of several values; types compare without case, S is ST, values byte by byte. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <openssl/x509.h>

struct sig_dn_part {
    const char *type; /* upper case: "CN", or "1.2.840.113549.1.9.1" */
    const char *value;
};
struct sig_dn {
    const struct sig_dn_part *parts;
    size_t count;
};

/* WP_E_INPUT: no name, an attribute twice, several in one part, '#' values, more than SIG_DN_PARTS. */
#define SIG_DN_PARTS 32
int sig_dn_read(const char *text, struct wp_arena *a, struct sig_dn *ret, struct wp_err *err) WP_MUST_USE;
/* The same of a certificate's. */
int sig_dn_of_name(const X509_NAME *name, struct wp_arena *a, struct sig_dn *ret, struct wp_err *err) WP_MUST_USE;
/* Every attribute of few is one of all. */
bool sig_dn_within(const struct sig_dn *few, const struct sig_dn *all);
/* NULL: not there. */
const char *sig_dn_get(const struct sig_dn *dn, const char *type);
