/* SPDX-License-Identifier: Apache-2.0
 *
 * Files with public keys: which format it is, and out of it the key. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "sign/key-int.h"
#include "sign/pem.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* NULL: it is none, or something follows it. */
static X509 *certificate(struct wp_span der)
{
    const uint8_t *at = der.ptr;
    X509 *cert = d2i_X509(NULL, &at, (long)der.len);
    ERR_clear_error();
    if (cert != NULL && at != der.ptr + der.len) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

static int of_certificate(struct wp_span der, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    X509 *cert = certificate(der);
    EVP_PKEY *k = cert != NULL ? X509_get0_pubkey(cert) : NULL;
    int r = k != NULL ? sig_pub_of_evp(k, name, ret, err)
                      : wp_fail(err, WP_E_INPUT, "%s: no certificate whose key could be read", name);
    X509_free(cert);
    return r;
}

/* A key far more often than a certificate. */
static int of_der(struct wp_span der, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    if (sig_pub_of_spki(der, name, ret, err) == 0) {
        return 0;
    }
    X509 *cert = certificate(der);
    X509_free(cert);
    return cert != NULL ? of_certificate(der, name, ret, err) : -1;
}

static int of_pkcs1(struct wp_span der, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    const uint8_t *at = der.ptr;
    EVP_PKEY *k = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)der.len);
    ERR_clear_error();
    int r = k != NULL && at == der.ptr + der.len
                ? sig_pub_of_evp(k, name, ret, err)
                : wp_fail(err, WP_E_INPUT, "%s: no RSA public key that could be read (PKCS #1)", name);
    EVP_PKEY_free(k);
    return r;
}

static const struct {
    const char *label;
    int (*read)(struct wp_span der, const char *name, struct sig_pub **ret, struct wp_err *err);
} blocks[] = {
    {"PUBLIC KEY", sig_pub_of_spki},
    {"RSA PUBLIC KEY", of_pkcs1},
    {"CERTIFICATE", of_certificate},
};

static int private_key(const char *name, struct wp_err *err)
{
    wp_fail(err, WP_E_INPUT, "%s: is a private key, a public one is needed", name);
    return wp_hint(err, "wpack keygen --public %s prints its public key", name);
}

static int of_block(const struct sig_pem *pem, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(blocks); i++) {
        if (sig_pem_is(pem, blocks[i].label)) {
            WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
            return sig_pem_decode(pem, name, &der, err) < 0 ? -1 : blocks[i].read(wp_buf_span(&der), name, ret, err);
        }
    }
    static const char tail[] = "PRIVATE KEY";
    if (memmem(pem->label.ptr, pem->label.len, tail, strlen(tail)) != NULL) {
        return private_key(name, err);
    }
    return wp_fail(err, WP_E_INPUT, "%s: a block %.*s is no public key", name, (int)pem->label.len,
                   (const char *)pem->label.ptr);
}

static int of_pem(struct wp_span text, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    struct sig_pem pem;
    int more = sig_pem_next(&text, name, &pem, err);
    if (more <= 0) {
        return more < 0
                   ? -1
                   : wp_fail(err, WP_E_INPUT, "%s: is no public key: neither PEM, DER, minisign nor OpenSSH", name);
    }
    if (!sig_blank(text)) {
        return wp_fail(err, WP_E_INPUT, "%s: something follows the first key; one key in a file is read", name);
    }
    return of_block(&pem, name, ret, err);
}

int sig_pub_read(struct wp_span file, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    if (file.len > WP_LIMIT_KEY_FILE) {
        return wp_fail(err, WP_E_LIMIT, "%s is larger than %llu bytes", name, (unsigned long long)WP_LIMIT_KEY_FILE);
    }
    if (file.len > 0 && file.ptr[0] == 0x30) {
        return of_der(file, name, ret, err);
    }
    if (sig_pub_wasmsign_is(file)) {
        return sig_pub_of_ed25519(file.ptr + 1, name, ret, err);
    }
    if (sig_key_wasmsign_is(file)) {
        return private_key(name, err);
    }
    if (sig_pub_minisign_is(file)) {
        return sig_pub_minisign(file, name, ret, err);
    }
    if (sig_pub_openssh_is(file)) {
        return sig_pub_openssh(file, name, ret, err);
    }
    return of_pem(file, name, ret, err);
}

int sig_pub_load(const char *path, struct sig_pub **ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    int r = wp_fs_read(path, WP_LIMIT_KEY_FILE, &file, err) < 0 ? -1 : sig_pub_read(wp_buf_span(&file), path, ret, err);
    /* It may be a private one, given by mistake. */
    sig_wipe(file.ptr, file.len);
    return r;
}
