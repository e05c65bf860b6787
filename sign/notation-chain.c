/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificate chains as Notary wants them (notaryproject/specifications, signature-specification.md, "Certificate
 * Requirements"): order, completeness, usages, algorithms. */
#include "sign/notation-int.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

enum { RSA_BITS_LEAST = 2048, EC_BITS_LEAST = 256 };

static int fail(const X509 *cert, struct wp_arena *a, struct wp_err *err, const char *what)
{
    return wp_fail(err, WP_E_CERTIFICATE, "certificate '%s': %s", sig_cert_subject(cert, a), what);
}

static bool is_critical(const X509 *cert, int nid)
{
    int at = X509_get_ext_by_NID(cert, nid, -1);
    return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(cert, at)) != 0;
}

static bool key_strong(EVP_PKEY *key)
{
    int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
    int id = key != NULL ? EVP_PKEY_get_id(key) : EVP_PKEY_NONE;
    return (id == EVP_PKEY_RSA && bits >= RSA_BITS_LEAST) || (id == EVP_PKEY_EC && bits >= EC_BITS_LEAST);
}

/* What holds for every one of them. */
static int check_any(X509 *cert, struct wp_arena *a, struct wp_err *err)
{
    int hash = NID_undef;
    uint32_t flags = X509_get_extension_flags(cert);
    if ((flags & EXFLAG_INVALID) != 0) {
        return fail(cert, a, err, "its extensions are malformed");
    }
    if ((flags & EXFLAG_CRITICAL) != 0) {
        return fail(cert, a, err, "it has a critical extension that is not known");
    }
    if (X509_get_signature_info(cert, &hash, NULL, NULL, NULL) != 1 ||
        (hash != NID_sha256 && hash != NID_sha384 && hash != NID_sha512)) {
        return fail(cert, a, err, "it is not signed with SHA-256, SHA-384 or SHA-512");
    }
    if (!key_strong(X509_get0_pubkey(cert))) {
        return fail(cert, a, err, "its key is neither RSA of 2048 bits nor ECDSA of 256 bits or more");
    }
    return is_critical(cert, NID_key_usage) ? 0 : fail(cert, a, err, "key usage is missing or not critical");
}

static int check_leaf(X509 *cert, struct wp_arena *a, struct wp_err *err)
{
    const uint32_t usage = X509_get_key_usage(cert);
    const uint32_t other = XKU_SSL_SERVER | XKU_SSL_CLIENT | XKU_SMIME | XKU_TIMESTAMP | XKU_OCSP_SIGN | XKU_ANYEKU;
    if (check_any(cert, a, err) < 0) {
        return -1;
    }
    if ((X509_get_extension_flags(cert) & EXFLAG_CA) != 0) {
        return fail(cert, a, err, "it signs artifacts and is a certificate authority");
    }
    if ((usage & KU_DIGITAL_SIGNATURE) == 0 || (usage & ~(uint32_t)(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0) {
        return fail(cert, a, err, "its key usage is not digitalSignature alone");
    }
    if ((X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(cert) & other) != 0) {
        return fail(cert, a, err, "its extended key usage is for something other than signing code");
    }
    return 0;
}

static int check_ca(X509 *cert, size_t below, struct wp_arena *a, struct wp_err *err)
{
    long most = X509_get_pathlen(cert);
    if (check_any(cert, a, err) < 0) {
        return -1;
    }
    if ((X509_get_extension_flags(cert) & EXFLAG_CA) == 0 || !is_critical(cert, NID_basic_constraints)) {
        return fail(cert, a, err, "it issues others and is no certificate authority (critical basic constraints)");
    }
    if ((X509_get_key_usage(cert) & KU_KEY_CERT_SIGN) == 0) {
        return fail(cert, a, err, "it issues others and its key usage lacks keyCertSign");
    }
    if (most >= 0 && (size_t)most < below) {
        return fail(cert, a, err, "more authorities below it than its path length allows");
    }
    return 0;
}

/* An authority that may only speak for some names has not issued others. */
static int check_names(const struct sig_certs *chain, size_t ca, struct wp_arena *a, struct wp_err *err)
{
    int critical = 0;
    NAME_CONSTRAINTS *names = X509_get_ext_d2i(chain->items[ca], NID_name_constraints, &critical, NULL);
    int code = names != NULL || critical == -1 ? X509_V_OK : X509_V_ERR_UNSPECIFIED;
    size_t at = ca;
    while (names != NULL && code == X509_V_OK && at > 0) {
        code = NAME_CONSTRAINTS_check(chain->items[--at], names);
    }
    NAME_CONSTRAINTS_free(names);
    return code == X509_V_OK ? 0 : fail(chain->items[at], a, err, "its name is none that its authority may issue");
}

static int check_link(const struct sig_certs *chain, size_t i, struct wp_arena *a, struct wp_err *err)
{
    X509 *cert = chain->items[i];
    bool last = i + 1 == chain->count;
    if (last) {
        return sig_cert_issued_by(cert, cert)
                   ? 0
                   : fail(cert, a, err, "the chain ends here, and it is no root that signed itself");
    }
    if (sig_cert_issued_by(cert, cert)) {
        return fail(cert, a, err, "it signed itself, and the chain goes on");
    }
    if (!sig_cert_issued_by(cert, chain->items[i + 1])) {
        return wp_fail(err, WP_E_CERTIFICATE, "certificate '%s' was not issued by the next of the chain, '%s'",
                       sig_cert_subject(cert, a), sig_cert_subject(chain->items[i + 1], a));
    }
    return 0;
}

int sig_chain_check(const struct sig_certs *chain, struct wp_arena *a, struct wp_err *err)
{
    if (chain->count == 0) {
        return wp_fail(err, WP_E_CERTIFICATE, "there is no certificate");
    }
    for (size_t i = 0; i < chain->count; i++) {
        int rc = i == 0 ? check_leaf(chain->items[i], a, err) : check_ca(chain->items[i], i - 1, a, err);
        if (rc < 0 || check_link(chain, i, a, err) < 0 || check_names(chain, i, a, err) < 0) {
            return -1;
        }
    }
    return 0;
}

enum sig_alg sig_chain_alg(const struct sig_pub_facts *leaf)
{
    static const struct {
        enum sig_kind kind;
        unsigned bits;
        enum sig_alg alg;
    } rows[] = {
        {SIG_KIND_ECDSA, 256, SIG_ALG_ECDSA_P256_SHA256}, {SIG_KIND_ECDSA, 384, SIG_ALG_ECDSA_P384_SHA384},
        {SIG_KIND_ECDSA, 521, SIG_ALG_ECDSA_P521_SHA512}, {SIG_KIND_RSA, 2048, SIG_ALG_RSA_PSS_SHA256},
        {SIG_KIND_RSA, 3072, SIG_ALG_RSA_PSS_SHA384},     {SIG_KIND_RSA, 4096, SIG_ALG_RSA_PSS_SHA512},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (rows[i].kind == leaf->kind && rows[i].bits == leaf->bits) {
            return rows[i].alg;
        }
    }
    return SIG_ALG_NONE;
}

int sig_chain_at(const struct sig_certs *chain, int64_t at, const char *when, struct wp_arena *a, struct wp_err *err)
{
    for (size_t i = 0; i < chain->count; i++) {
        enum sig_validity v = sig_cert_at(chain->items[i], at);
        const char *how = v == SIG_CERT_EARLY ? (when != NULL ? "was not yet valid" : "is not yet valid")
                                              : (when != NULL ? "had expired" : "has expired");
        if (v != SIG_CERT_VALID) {
            return wp_fail(err, WP_E_CERTIFICATE, "certificate '%s' %s%s%s: it is valid from %s",
                           sig_cert_subject(chain->items[i], a), how, when != NULL ? " " : "", when != NULL ? when : "",
                           sig_cert_period(chain->items[i], a));
        }
    }
    return 0;
}
