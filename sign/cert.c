/* SPDX-License-Identifier: Apache-2.0
 *
 * X.509 certificates over OpenSSL (sign/cert.h). */
#include "sign/cert.h"

#include "base/mem.h"
#include "base/time.h"
#include "sign/pem.h"

#include <limits.h>
#include <openssl/bio.h>
#include <time.h>

void sig_cert_free_p(X509 **cert)
{
    X509_free(*cert);
    *cert = NULL;
}

void sig_certs_done(struct sig_certs *c)
{
    for (size_t i = 0; i < c->count; i++) {
        X509_free(c->items[i]);
    }
    free(c->items);
    *c = (struct sig_certs)SIG_CERTS_INIT;
}

void sig_certs_add(struct sig_certs *c, WP_OWN X509 *cert)
{
    c->items = wp_xrealloc(c->items, c->count + 1, sizeof(X509 *));
    c->items[c->count++] = cert;
}

int sig_cert_of_der(struct wp_span der, const char *name, X509 **ret, struct wp_err *err)
{
    const unsigned char *p = der.ptr;
    SIG_AUTO_CERT X509 *cert = der.len > 0 && der.len <= INT_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;
    if (cert == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: not a certificate", name);
    }
    if (p != der.ptr + der.len) {
        return wp_fail(err, WP_E_INPUT, "%s: more behind the certificate", name);
    }
    *ret = WP_STEAL(cert);
    return 0;
}

static int add_der(struct wp_span der, const char *name, size_t limit, struct sig_certs *ret, struct wp_err *err)
{
    X509 *cert = NULL;
    if (ret->count >= limit) {
        return wp_fail(err, WP_E_LIMIT, "%s: more than %zu certificates", name, limit);
    }
    if (sig_cert_of_der(der, name, &cert, err) < 0) {
        return -1;
    }
    sig_certs_add(ret, cert);
    return 0;
}

static int add_block(const struct sig_pem *block, const char *name, size_t limit, struct sig_certs *ret,
                     struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
    if (!sig_pem_is(block, "CERTIFICATE")) {
        return wp_fail(err, WP_E_INPUT, "%s: a block '%.*s' among the certificates", name,
                       (int)WP_MIN(block->label.len, (size_t)64), (const char *)block->label.ptr);
    }
    if (sig_pem_decode(block, name, &der, err) < 0) {
        return -1;
    }
    return add_der(wp_buf_span(&der), name, limit, ret, err);
}

int sig_certs_read(struct wp_span file, const char *name, size_t limit, struct sig_certs *ret, struct wp_err *err)
{
    enum { SEQUENCE = 0x30 };
    if (file.len > 0 && file.ptr[0] == SEQUENCE) {
        return add_der(file, name, limit, ret, err);
    }
    size_t before = ret->count;
    struct sig_pem block;
    int more = 0;
    while ((more = sig_pem_next(&file, name, &block, err)) == 1) {
        if (add_block(&block, name, limit, ret, err) < 0) {
            return -1;
        }
    }
    if (more == 0 && ret->count == before) {
        return wp_fail(err, WP_E_INPUT, "%s: no certificate in it", name);
    }
    return more;
}

const char *sig_name_text(const X509_NAME *name, struct wp_arena *a)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = NULL;
    if (bio == NULL) {
        wp_out_of_memory();
    }
    long len = 0;
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
        len = BIO_ctrl(bio, BIO_CTRL_INFO, 0, (char *)&text);
    }
    const char *copy = wp_arena_strn(a, text != NULL ? text : "", len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    return copy;
}

const char *sig_cert_subject(const X509 *cert, struct wp_arena *a)
{
    return sig_name_text(X509_get_subject_name(cert), a);
}

struct wp_span sig_cert_der(const X509 *cert, struct wp_arena *a)
{
    int len = i2d_X509(cert, NULL);
    if (len <= 0) {
        return wp_span(NULL, 0);
    }
    unsigned char *bytes = wp_arena_alloc(a, (size_t)len, 1);
    unsigned char *p = bytes;
    (void)i2d_X509(cert, &p);
    return wp_span(bytes, (size_t)len);
}

bool sig_cert_same(const X509 *a, const X509 *b)
{
    return X509_cmp(a, b) == 0;
}

X509 *sig_cert_share(X509 *cert)
{
    if (X509_up_ref(cert) != 1) {
        wp_out_of_memory();
    }
    return cert;
}

bool sig_cert_self_issued(const X509 *cert)
{
    return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

bool sig_asn1_time(const ASN1_TIME *t, int64_t *ret)
{
    struct tm tm = {0};
    if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1) {
        return false;
    }
    *ret = (int64_t)timegm(&tm);
    return true;
}

enum sig_validity sig_cert_at(const X509 *cert, int64_t at)
{
    int64_t from = 0;
    int64_t to = 0;
    if (!sig_asn1_time(X509_get0_notBefore(cert), &from) || !sig_asn1_time(X509_get0_notAfter(cert), &to)) {
        return SIG_CERT_EXPIRED;
    }
    return at < from ? SIG_CERT_EARLY : at > to ? SIG_CERT_EXPIRED : SIG_CERT_VALID;
}

const char *sig_cert_period(const X509 *cert, struct wp_arena *a)
{
    int64_t from = 0;
    int64_t to = 0;
    char from_text[WP_TIME_TEXT];
    char to_text[WP_TIME_TEXT];
    if (!sig_asn1_time(X509_get0_notBefore(cert), &from) || !sig_asn1_time(X509_get0_notAfter(cert), &to)) {
        return "times that cannot be read";
    }
    return wp_arena_printf(a, "%s to %s", wp_time_rfc3339(from, from_text), wp_time_rfc3339(to, to_text));
}

bool sig_cert_issued_by(const X509 *cert, const X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    if (key == NULL || X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0) {
        return false;
    }
    return X509_verify((X509 *)cert, key) == 1;
}
