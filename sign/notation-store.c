/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary's trust stores: which certificates are trusted, who of those they vouch for is meant, and which are revoked
 * (trust-store-trust-policy.md). */
#include "base/limits.h"
#include "base/mem.h"
#include "sign/notation-int.h"
#include "sign/pem.h"

#include <limits.h>
#include <openssl/x509v3.h>

#define SUBJECT "x509.subject:"

void sig_store_free(WP_OWN struct sig_store *s)
{
    if (s == NULL) {
        return;
    }
    sig_certs_done(&s->ca);
    sig_certs_done(&s->authority);
    sig_certs_done(&s->tsa);
    for (size_t i = 0; i < s->crl_count; i++) {
        X509_CRL_free(s->crls[i]);
    }
    free(s->crls);
    free(s->name);
    wp_arena_done(&s->arena);
    free(s);
}

static void store_free_p(struct sig_store **s)
{
    sig_store_free(*s);
    *s = NULL;
}

/* ---- certificates ---- */

/* A certificate that is trusted vouches for others, or for itself alone. */
static int check_trusted(X509 *cert, bool root, const char *file, struct wp_arena *a, struct wp_err *err)
{
    bool self = sig_cert_issued_by(cert, cert);
    if (root ? !self : !self && (X509_get_extension_flags(cert) & EXFLAG_CA) == 0) {
        return wp_fail(err, WP_E_INPUT, "%s: '%s' %s", file, sig_cert_subject(cert, a),
                       root ? "is no root: it did not sign itself"
                            : "is neither a certificate authority nor signed by itself");
    }
    return 0;
}

static int read_files(const struct sig_store_file *files, size_t count, bool root, struct sig_store *s,
                      struct sig_certs *ret, struct wp_err *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t before = ret->count;
        if (sig_certs_read(files[i].bytes, files[i].name, WP_LIMIT_TRUST_CERTIFICATES, ret, err) < 0) {
            return -1;
        }
        for (size_t j = before; j < ret->count; j++) {
            if (check_trusted(ret->items[j], root, files[i].name, &s->arena, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* ---- revocation lists ---- */

static int add_crl(struct wp_span der, const char *name, struct sig_store *s, struct wp_err *err)
{
    const unsigned char *p = der.ptr;
    X509_CRL *crl = der.len > 0 && der.len <= INT_MAX ? d2i_X509_CRL(NULL, &p, (long)der.len) : NULL;
    if (crl == NULL || p != der.ptr + der.len) {
        X509_CRL_free(crl);
        return wp_fail(err, WP_E_INPUT, "%s: not a certificate revocation list", name);
    }
    s->crls = wp_xrealloc(s->crls, s->crl_count + 1, sizeof(X509_CRL *));
    s->crls[s->crl_count++] = crl;
    /* Partial, indirect and delta lists say so by one. */
    if (X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0) {
        return wp_fail(err, WP_E_INPUT, "%s: a revocation list with critical extensions (partial, indirect or delta)",
                       name);
    }
    return 0;
}

static int read_crl_file(const struct sig_store_file *f, struct sig_store *s, struct wp_err *err)
{
    enum { SEQUENCE = 0x30 };
    struct wp_span text = f->bytes;
    struct sig_pem block;
    size_t before = s->crl_count;
    int more = 0;
    if (text.len > 0 && text.ptr[0] == SEQUENCE) {
        return add_crl(text, f->name, s, err);
    }
    while ((more = sig_pem_next(&text, f->name, &block, err)) == 1) {
        WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
        if (!sig_pem_is(&block, "X509 CRL")) {
            return wp_fail(err, WP_E_INPUT, "%s: a block that is no X509 CRL", f->name);
        }
        if (s->crl_count >= WP_LIMIT_TRUST_CERTIFICATES) {
            return wp_fail(err, WP_E_LIMIT, "%s: more than %llu revocation lists", f->name,
                           (unsigned long long)WP_LIMIT_TRUST_CERTIFICATES);
        }
        if (sig_pem_decode(&block, f->name, &der, err) < 0 || add_crl(wp_buf_span(&der), f->name, s, err) < 0) {
            return -1;
        }
    }
    if (more == 0 && s->crl_count == before) {
        return wp_fail(err, WP_E_INPUT, "%s: no revocation list in it", f->name);
    }
    return more;
}

/* ---- identities ---- */

static int read_identity(const char *text, struct wp_arena *a, struct sig_dn *ret, struct wp_err *err)
{
    if (!wp_str_starts(text, SUBJECT)) {
        wp_fail(err, WP_E_INPUT, "the trusted identity '%s' is not supported", text);
        return wp_hint(err, "'x509.subject: C=US, ST=WA, O=example, CN=dev', or '*' for anybody");
    }
    if (sig_dn_read(text + strlen(SUBJECT), a, ret, err) < 0) {
        return wp_wrap(err, "trusted identity '%s'", text);
    }
    static const char *const musts[] = {"C", "ST", "O"};
    for (size_t i = 0; i < WP_ARRAY_LEN(musts); i++) {
        if (sig_dn_get(ret, musts[i]) == NULL) {
            return wp_fail(err, WP_E_INPUT, "trusted identity '%s': %s is missing, C, ST and O must be there", text,
                           musts[i]);
        }
    }
    return 0;
}

static int check_overlap(const struct sig_store *s, size_t i, const char *const *texts, struct wp_err *err)
{
    for (size_t j = 0; j < i; j++) {
        if (sig_dn_within(&s->identities[i], &s->identities[j]) ||
            sig_dn_within(&s->identities[j], &s->identities[i])) {
            return wp_fail(err, WP_E_INPUT, "the trusted identities '%s' and '%s' overlap", texts[j], texts[i]);
        }
    }
    return 0;
}

static int read_identities(const struct sig_store_parts *p, struct sig_store *s, struct wp_err *err)
{
    if (p->identity_count == 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no trusted identity", p->name);
    }
    s->identities = wp_arena_alloc(&s->arena, p->identity_count, sizeof(*s->identities));
    for (size_t i = 0; i < p->identity_count; i++) {
        if (wp_str_eq(p->identities[i], "*")) {
            s->anyone = p->identity_count == 1;
            return s->anyone ? 0
                             : wp_fail(err, WP_E_INPUT, "%s: the trusted identity '*' stands beside others", p->name);
        }
        if (read_identity(p->identities[i], &s->arena, &s->identities[i], err) < 0 ||
            check_overlap(s, i, p->identities, err) < 0) {
            return -1;
        }
        s->identity_count++;
    }
    return 0;
}

int sig_store_new(const struct sig_store_parts *parts, WP_OWN struct sig_store **ret, struct wp_err *err)
{
    WP_CLEANUP(store_free_p) struct sig_store *s = wp_xcalloc(1, sizeof(*s));
    s->name = wp_xstrdup(parts->name);
    s->authenticity = parts->authenticity;
    s->timestamp = parts->timestamp;
    s->expiry = parts->expiry;
    s->revocation = parts->revocation;
    s->timestamp_after_expiry_only = parts->timestamp_after_expiry_only;
    if (parts->ca_count + parts->authority_count == 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no certificate is trusted", parts->name);
    }
    if (read_files(parts->ca, parts->ca_count, false, s, &s->ca, err) < 0 ||
        read_files(parts->authority, parts->authority_count, false, s, &s->authority, err) < 0 ||
        read_files(parts->tsa, parts->tsa_count, true, s, &s->tsa, err) < 0 || read_identities(parts, s, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < parts->crl_count; i++) {
        if (read_crl_file(&parts->crls[i], s, err) < 0) {
            return -1;
        }
    }
    *ret = WP_STEAL(s);
    return 0;
}

/* ---- questions ---- */

bool sig_store_holds(const struct sig_certs *trusted, const struct sig_certs *chain)
{
    for (size_t i = 0; i < trusted->count; i++) {
        for (size_t j = 0; j < chain->count; j++) {
            if (sig_cert_same(trusted->items[i], chain->items[j])) {
                return true;
            }
        }
    }
    return false;
}

bool sig_store_means(const struct sig_store *s, const X509 *leaf, struct wp_arena *a)
{
    struct sig_dn subject;
    struct wp_err ignored = {0};
    if (s->anyone) {
        return true;
    }
    if (sig_dn_of_name(X509_get_subject_name(leaf), a, &subject, &ignored) < 0) {
        return false;
    }
    for (size_t i = 0; i < s->identity_count; i++) {
        if (sig_dn_within(&s->identities[i], &subject)) {
            return true;
        }
    }
    return false;
}

/* Whether its issuer says where it would be revoked. */
static bool names_source(X509 *cert)
{
    STACK_OF(OPENSSL_STRING) *responders = X509_get1_ocsp(cert);
    bool any = responders != NULL || X509_get_ext_by_NID(cert, NID_crl_distribution_points, -1) >= 0;
    X509_email_free(responders);
    return any;
}

/* 1: a current list of the issuer's, cert is not on it. 0: no such list, err says why. -1: revoked. */
static int check_list(X509_CRL *crl, X509 *cert, X509 *issuer, int64_t now, struct wp_arena *a, struct wp_err *err)
{
    int64_t from = 0;
    int64_t to = 0;
    X509_REVOKED *entry = NULL;
    const char *subject = sig_cert_subject(cert, a);
    const char *why = NULL;
    if ((X509_get_extension_flags(issuer) & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0) {
        why = "is by an issuer that may not sign lists";
    } else if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1) {
        why = "is not signed by the issuer";
    } else if (X509_CRL_get0_by_cert(crl, &entry, cert) == 1) {
        return wp_fail(err, WP_E_CERTIFICATE, "certificate '%s' is revoked", subject);
    } else if (!sig_asn1_time(X509_CRL_get0_lastUpdate(crl), &from) ||
               !sig_asn1_time(X509_CRL_get0_nextUpdate(crl), &to) || now < from || now > to) {
        why = "is out of date";
    }
    if (why == NULL) {
        return 1;
    }
    wp_fail(err, WP_E_CERTIFICATE, "the revocation list for '%s' %s", subject, why);
    return 0;
}

/* One good list is enough; what revokes does so whatever the others say. */
static int check_one(const struct sig_store *s, X509 *cert, X509 *issuer, int64_t now, struct wp_arena *a,
                     struct wp_err *err)
{
    bool good = false;
    bool bad = false;
    for (size_t i = 0; i < s->crl_count; i++) {
        if (X509_NAME_cmp(X509_CRL_get_issuer(s->crls[i]), X509_get_issuer_name(cert)) != 0) {
            continue;
        }
        int rc = check_list(s->crls[i], cert, issuer, now, a, err);
        if (rc < 0) {
            return -1;
        }
        good = good || rc == 1;
        bad = bad || rc == 0;
    }
    if (good) {
        wp_err_clear(err);
        return 0;
    }
    if (bad || !names_source(cert)) {
        return bad ? -1 : 0;
    }
    wp_fail(err, WP_E_CERTIFICATE, "whether certificate '%s' is revoked is not known: nobody is asked",
            sig_cert_subject(cert, a));
    return wp_hint(err,
                   "give the revocation list of '%s' (--crl FILE; beside a trust policy in truststore/crl/), or set "
                   "revocation to log or skip",
                   sig_name_text(X509_get_issuer_name(cert), a));
}

int sig_store_revoked(const struct sig_store *s, const struct sig_certs *chain, int64_t now, struct wp_arena *a,
                      struct wp_err *err)
{
    for (size_t i = 0; i + 1 < chain->count; i++) {
        if (check_one(s, chain->items[i], chain->items[i + 1], now, a, err) < 0) {
            return -1;
        }
    }
    return 0;
}
