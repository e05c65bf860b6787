/* SPDX-License-Identifier: Apache-2.0
 *
 * X.509 certificates as every format needs them: reading files, names, times, who issued whom. What a chain must be is
 * each format's own rule. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <openssl/x509.h>

struct sig_certs {
    X509 **items;
    size_t count;
};
#define SIG_CERTS_INIT            \
    {                             \
        .items = NULL, .count = 0 \
    }
void sig_certs_done(struct sig_certs *c);
#define SIG_AUTO_CERTS WP_CLEANUP(sig_certs_done)
void sig_certs_add(struct sig_certs *c, WP_OWN X509 *cert);

void sig_cert_free_p(X509 **cert);
#define SIG_AUTO_CERT WP_CLEANUP(sig_cert_free_p)
/* Exactly one certificate. WP_E_INPUT "<name>: …". */
int sig_cert_of_der(struct wp_span der, const char *name, X509 **ret, struct wp_err *err) WP_MUST_USE;
/* A file's: PEM blocks "CERTIFICATE", or one in DER; appended, at most limit of them. WP_E_INPUT where there is none,
 * or another kind of block. */
int sig_certs_read(struct wp_span file, const char *name, size_t limit, struct sig_certs *ret,
                   struct wp_err *err) WP_MUST_USE;

/* "CN=dev,O=example,C=US" (RFC 4514). In the arena. */
const char *sig_cert_subject(const X509 *cert, struct wp_arena *a);
const char *sig_name_text(const X509_NAME *name, struct wp_arena *a);
/* The encoding. In the arena. */
struct wp_span sig_cert_der(const X509 *cert, struct wp_arena *a);
bool sig_cert_same(const X509 *a, const X509 *b);
/* One more owner. */
WP_OWN X509 *sig_cert_share(X509 *cert);
/* Its subject is its issuer: an anchor. */
bool sig_cert_self_issued(const X509 *cert);
/* Seconds since the epoch; false: no time. */
bool sig_asn1_time(const ASN1_TIME *t, int64_t *ret);
/* Both ends belong to it. One whose times cannot be read has expired. */
enum sig_validity { SIG_CERT_EARLY, SIG_CERT_VALID, SIG_CERT_EXPIRED };
enum sig_validity sig_cert_at(const X509 *cert, int64_t at);
/* "2026-01-02T03:04:05Z to 2027-…", for messages. */
const char *sig_cert_period(const X509 *cert, struct wp_arena *a);
/* The issuer's name stands in cert, and its key verifies the signature. */
bool sig_cert_issued_by(const X509 *cert, const X509 *issuer);
