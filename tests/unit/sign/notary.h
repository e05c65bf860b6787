/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates, revocation lists and timestamps made for a test. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <openssl/x509.h>

/* Everything here is valid from NOTARY_FROM to NOTARY_TO unless it says otherwise. */
#define NOTARY_FROM            INT64_C(1767225600) /* 2026-01-01 */
#define NOTARY_NOW             INT64_C(1780272000) /* 2026-06-01 */
#define NOTARY_TO              INT64_C(1798761600) /* 2027-01-01 */

#define NOTARY_CA_EXTENSIONS   "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign"
#define NOTARY_LEAF_EXTENSIONS "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature"
#define NOTARY_TSA_EXTENSIONS  "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping"

struct notary_cert {
    X509 *cert;
    EVP_PKEY *key;
};
struct notary_spec {
    const char *key;        /* "P-256", "P-384", "P-521", "RSA2048", … */
    const char *name;       /* "C=US/ST=WA/O=acme/CN=leaf" */
    const char *extensions; /* lines of name=value, as in an OpenSSL configuration */
    int64_t from, to;       /* 0: as above */
    const char *hash;       /* NULL: SHA256 */
};
/* issuer NULL: signed by itself. A kind of key is made once and shared by certificates that say so with the same
 * number behind it: "P-256", "P-256#2". */
struct notary_cert notary_issue(const struct notary_spec *spec, const struct notary_cert *issuer);
void notary_cert_done(struct notary_cert *c);
void notary_pem(const X509 *cert, struct wp_buf *ret);
/* A list by issuer with serial revoked, or an empty one. */
void notary_crl(const struct notary_cert *issuer, const X509 *revoked, int64_t from, int64_t to, bool partial,
                struct wp_buf *ret);
/* A TimeStampResp over bytes by tsa at that time. chain: certificates besides the tsa's own; NULL: none. */
struct wp_span notary_stamp(const struct notary_cert *tsa, struct wp_span bytes, int64_t at, struct wp_arena *a);
