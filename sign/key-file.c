/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys from files: which format it is, and out of it the key. Bytes of the file stay in guarded memory. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "sign/key-int.h"
#include "sign/pem.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sys/stat.h>

int sig_key_password(const struct sig_key_file *f, struct sig_secret **ret, struct wp_err *err)
{
    if (f->ask == NULL || f->ask->password == NULL) {
        wp_fail(err, WP_E_INPUT, "%s: the key has a password, and none was given", f->name);
        return -1;
    }
    WP_AUTO_FREE char *what = wp_xasprintf("password of %s", f->name);
    return f->ask->password(f->ask->arg, what, false, ret, err);
}

static int pkcs8(const struct sig_key_file *f, struct wp_span der, struct sig_key **ret, struct wp_err *err)
{
    return sig_key_of_pkcs8(der, f->name, ret, err);
}

static int pkcs8_encrypted(const struct sig_key_file *f, struct wp_span der, struct sig_key **ret, struct wp_err *err)
{
    const uint8_t *at = der.ptr;
    X509_SIG *box = d2i_X509_SIG(NULL, &at, (long)der.len);
    SIG_AUTO_SECRET struct sig_secret *password = NULL;
    if (box == NULL || at != der.ptr + der.len || sig_key_password(f, &password, err) < 0) {
        ERR_clear_error();
        bool asked = box != NULL && at == der.ptr + der.len;
        X509_SIG_free(box);
        return asked ? -1 : wp_fail(err, WP_E_INPUT, "%s: no encrypted key that could be read (PKCS #8)", f->name);
    }
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(box, (const char *)password->ptr, (int)password->len);
    EVP_PKEY *k = info != NULL ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    X509_SIG_free(box);
    ERR_clear_error();
    return k != NULL ? sig_key_of_evp(k, f->name, ret, err)
                     : wp_fail(err, WP_E_INPUT, "%s: the password is wrong, or the file is damaged", f->name);
}

static int traditional(int type, const struct sig_key_file *f, struct wp_span der, struct sig_key **ret,
                       struct wp_err *err)
{
    const uint8_t *at = der.ptr;
    EVP_PKEY *k = d2i_PrivateKey(type, NULL, &at, (long)der.len);
    ERR_clear_error();
    if (k != NULL && (at != der.ptr + der.len || EVP_PKEY_get_base_id(k) != type)) {
        EVP_PKEY_free(k);
        k = NULL;
    }
    return k != NULL ? sig_key_of_evp(k, f->name, ret, err)
                     : wp_fail(err, WP_E_INPUT, "%s: no private key that could be read (%s)", f->name,
                               type == EVP_PKEY_EC ? "SEC 1" : "PKCS #1");
}

static int sec1(const struct sig_key_file *f, struct wp_span der, struct sig_key **ret, struct wp_err *err)
{
    return traditional(EVP_PKEY_EC, f, der, ret, err);
}

static int pkcs1(const struct sig_key_file *f, struct wp_span der, struct sig_key **ret, struct wp_err *err)
{
    return traditional(EVP_PKEY_RSA, f, der, ret, err);
}

/* PKCS #8, or what `openssl … -outform DER` writes instead of it. */
static int any_der(const struct sig_key_file *f, struct sig_key **ret, struct wp_err *err)
{
    struct wp_err ignored = {0};
    if (pkcs8(f, f->bytes, ret, err) == 0 || sec1(f, f->bytes, ret, &ignored) == 0) {
        return 0;
    }
    return pkcs1(f, f->bytes, ret, &ignored) == 0 ? 0 : -1;
}

static const struct {
    const char *label;
    int (*read)(const struct sig_key_file *f, struct wp_span der, struct sig_key **ret, struct wp_err *err);
} blocks[] = {
    {"ENCRYPTED SIGSTORE PRIVATE KEY", sig_key_sigstore},
    {"ENCRYPTED COSIGN PRIVATE KEY", sig_key_sigstore},
    {"PRIVATE KEY", pkcs8},
    {"ENCRYPTED PRIVATE KEY", pkcs8_encrypted},
    {"EC PRIVATE KEY", sec1},
    {"RSA PRIVATE KEY", pkcs1},
    {"OPENSSH PRIVATE KEY", sig_key_openssh},
};

static int of_block(const struct sig_key_file *f, const struct sig_pem *pem, struct sig_key **ret, struct wp_err *err)
{
    size_t at = 0;
    for (; at < WP_ARRAY_LEN(blocks) && !sig_pem_is(pem, blocks[at].label); at++) {
    }
    if (at == WP_ARRAY_LEN(blocks)) {
        return wp_fail(err, WP_E_INPUT, "%s: a block %.*s is no private key", f->name, (int)pem->label.len,
                       (const char *)pem->label.ptr);
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    int r = sig_pem_decode(pem, f->name, &text, err);
    SIG_AUTO_SECRET struct sig_secret *der = sig_secret_of(text.ptr, text.len);
    sig_wipe(text.ptr, text.len);
    return r < 0 ? -1 : blocks[at].read(f, wp_span(der->ptr, der->len), ret, err);
}

/* `openssl ecparam -genkey` writes the curve's name in front of the key. */
static int of_pem(const struct sig_key_file *f, struct sig_key **ret, struct wp_err *err)
{
    struct wp_span text = f->bytes;
    struct sig_pem pem;
    int more = sig_pem_next(&text, f->name, &pem, err);
    if (more == 1 && sig_pem_is(&pem, "EC PARAMETERS")) {
        more = sig_pem_next(&text, f->name, &pem, err);
    }
    if (more == 0) {
        return wp_fail(err, WP_E_INPUT, "%s: is no private key: neither PEM, DER, minisign nor wasmsign2", f->name);
    }
    if (more < 0) {
        return -1;
    }
    if (!sig_blank(text)) {
        return wp_fail(err, WP_E_INPUT, "%s: something follows the key; one key in a file is read", f->name);
    }
    return of_block(f, &pem, ret, err);
}

int sig_key_read(struct wp_span file, const char *name, const struct sig_ask *ask, struct sig_key **ret,
                 struct wp_err *err)
{
    struct sig_key_file f = {.bytes = file, .name = name, .ask = ask};
    if (file.len > WP_LIMIT_KEY_FILE) {
        return wp_fail(err, WP_E_LIMIT, "%s is larger than %llu bytes", name, (unsigned long long)WP_LIMIT_KEY_FILE);
    }
    if (sig_key_wasmsign_is(file)) {
        return sig_key_wasmsign(&f, ret, err);
    }
    if (file.len > 0 && file.ptr[0] == 0x30) {
        return any_der(&f, ret, err);
    }
    return sig_key_minisign_is(file) ? sig_key_minisign(&f, ret, err) : of_pem(&f, ret, err);
}

static void warn_of_mode(int fd, const char *path, const struct sig_ask *ask)
{
    struct stat st;
    if (ask != NULL && ask->warn != NULL && fstat(fd, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        WP_AUTO_FREE char *line = wp_xasprintf("%s: others may read this private key (mode %04o); chmod 600 %s", path,
                                               (unsigned)(st.st_mode & 07777), path);
        ask->warn(ask->arg, line);
    }
}

static int open_file(const char *path, const struct sig_ask *ask, struct sig_key **ret, struct wp_err *err)
{
    uint64_t size = 0;
    SIG_AUTO_SECRET struct sig_secret *file = NULL;
    WP_AUTO_FD int fd = wp_fs_open_file(path, &size, err);
    if (fd < 0 || sig_secret_read_fd(fd, size, WP_LIMIT_KEY_FILE, path, &file, err) < 0) {
        return -1;
    }
    warn_of_mode(fd, path, ask);
    return sig_key_read(wp_span(file->ptr, file->len), path, ask, ret, err);
}

int sig_key_open(const char *spec, const struct sig_ask *ask, struct sig_key **ret, struct wp_err *err)
{
    if (wp_str_starts(spec, "exec:")) {
        return sig_key_exec(spec, ret, err);
    }
    if (wp_str_starts(spec, "pkcs11:")) {
        return sig_key_pkcs11(spec, ask, ret, err);
    }
    if (strstr(spec, "://") != NULL) {
        wp_fail(err, WP_E_UNSUPPORTED, "%s: keys are read from files, or are in the hands of programs and tokens",
                spec);
        return wp_hint(err, "exec:PROGRAM for key management services (wpack-keygen(1)), pkcs11:... for tokens");
    }
    return open_file(spec, ask, ret, err);
}
