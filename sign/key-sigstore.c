/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files as cosign encrypts them (secure-systems-lab/go-securesystemslib, encrypted/encrypted.go): JSON in PEM, the
 * key from the password by scrypt, the content a NaCl secretbox of PKCS #8. Only scrypt's costs that cosign itself
 * accepts are tried: a file cannot ask for more memory. */
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/pem.h"

#include <sodium.h>

#define SALT_LEN 32
#define COST     65536
#define LABEL    "ENCRYPTED SIGSTORE PRIVATE KEY"
#define KEY_LEN  crypto_secretbox_KEYBYTES
#define NONCE    crypto_secretbox_NONCEBYTES
#define TAG      crypto_secretbox_MACBYTES

struct box {
    uint64_t n;
    struct wp_buf salt, nonce, sealed;
};

static void box_done(struct box *b)
{
    wp_buf_done(&b->salt);
    wp_buf_done(&b->nonce);
    wp_buf_done(&b->sealed);
}

static int bytes_at(const struct wp_json *at, size_t min, size_t max, struct wp_buf *ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (!wp_unbase64(ret, text, strlen(text), false) || ret->len < min || ret->len > max) {
        return wp_json_fail(at, err, "must be base64 of %zu to %zu bytes", min, max);
    }
    return 0;
}

static int must_be(const struct wp_json *at, const char *word, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    return wp_str_eq(text, word) ? 0 : wp_json_fail(at, err, "'%s' is not known, '%s' is", text, word);
}

static int read_costs(const struct wp_json *params, uint64_t *ret, struct wp_err *err)
{
    struct wp_json n = wp_json_get(params, "N");
    struct wp_json r = wp_json_get(params, "r");
    struct wp_json p = wp_json_get(params, "p");
    uint64_t costs[3];
    if (wp_json_u64(&n, &costs[0], err) < 0 || wp_json_u64(&r, &costs[1], err) < 0 ||
        wp_json_u64(&p, &costs[2], err) < 0) {
        return -1;
    }
    if ((costs[0] != 32768 && costs[0] != 65536 && costs[0] != 131072) || costs[1] != 8 || costs[2] != 1) {
        return wp_json_fail(params, err,
                            "scrypt with N %llu, r %llu, p %llu is not accepted: N 32768, 65536 or 131072, "
                            "r 8, p 1",
                            (unsigned long long)costs[0], (unsigned long long)costs[1], (unsigned long long)costs[2]);
    }
    *ret = costs[0];
    return 0;
}

static int read_box(const struct wp_json *root, size_t limit, struct box *ret, struct wp_err *err)
{
    struct wp_json kdf = wp_json_get(root, "kdf");
    struct wp_json kdf_name = wp_json_get(&kdf, "name");
    struct wp_json params = wp_json_get(&kdf, "params");
    struct wp_json salt = wp_json_get(&kdf, "salt");
    struct wp_json cipher = wp_json_get(root, "cipher");
    struct wp_json cipher_name = wp_json_get(&cipher, "name");
    struct wp_json nonce = wp_json_get(&cipher, "nonce");
    struct wp_json sealed = wp_json_get(root, "ciphertext");
    if (must_be(&kdf_name, "scrypt", err) < 0 || read_costs(&params, &ret->n, err) < 0 ||
        must_be(&cipher_name, "nacl/secretbox", err) < 0) {
        return -1;
    }
    return bytes_at(&salt, 8, 64, &ret->salt, err) < 0 || bytes_at(&nonce, NONCE, NONCE, &ret->nonce, err) < 0 ||
                   bytes_at(&sealed, TAG + 1, limit, &ret->sealed, err) < 0
               ? -1
               : 0;
}

static int derive(const struct sig_secret *password, struct wp_span salt, uint64_t n, struct sig_secret **ret,
                  struct wp_err *err)
{
    SIG_AUTO_SECRET struct sig_secret *key = sig_secret_new(KEY_LEN);
    if (crypto_pwhash_scryptsalsa208sha256_ll(password->ptr, password->len, salt.ptr, salt.len, n, 8, 1, key->ptr,
                                              key->len) != 0) {
        wp_fail(err, WP_E_LIMIT, "scrypt needs %llu MiB of memory, and they are not there",
                (unsigned long long)(n / 1024));
        return -1;
    }
    *ret = WP_STEAL(key);
    return 0;
}

static int unseal(const struct sig_key_file *f, const struct box *b, struct sig_secret **ret, struct wp_err *err)
{
    SIG_AUTO_SECRET struct sig_secret *password = NULL;
    SIG_AUTO_SECRET struct sig_secret *key = NULL;
    if (sig_key_password(f, &password, err) < 0) {
        return -1;
    }
    if (derive(password, wp_buf_span(&b->salt), b->n, &key, err) < 0) {
        wp_wrap(err, "%s", f->name);
        return -1;
    }
    SIG_AUTO_SECRET struct sig_secret *plain = sig_secret_new(b->sealed.len - TAG);
    if (crypto_secretbox_open_easy(plain->ptr, (const uint8_t *)b->sealed.ptr, b->sealed.len,
                                   (const uint8_t *)b->nonce.ptr, key->ptr) != 0) {
        wp_fail(err, WP_E_INPUT, "%s: the password is wrong, or the file is damaged", f->name);
        return -1;
    }
    *ret = WP_STEAL(plain);
    return 0;
}

int sig_key_sigstore(const struct sig_key_file *f, struct wp_span json, struct sig_key **ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(json, f->name, false, WP_E_INPUT, &doc, err) < 0) {
        return -1;
    }
    WP_CLEANUP(box_done) struct box b = {.salt = WP_BUF_INIT, .nonce = WP_BUF_INIT, .sealed = WP_BUF_INIT};
    SIG_AUTO_SECRET struct sig_secret *plain = NULL;
    struct wp_json root = wp_json_root(doc);
    if (read_box(&root, json.len, &b, err) < 0 || unseal(f, &b, &plain, err) < 0) {
        return -1;
    }
    return sig_key_of_pkcs8(wp_span(plain->ptr, plain->len), f->name, ret, err);
}

/* ---- writing ---- */

static void key_bytes(struct wp_json_out *o, const char *key, const void *bytes, size_t len)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_base64(&text, wp_span(bytes, len), false);
    wp_jo_kstr(o, key, text.ptr);
}

static void write_box(struct wp_span salt, const uint8_t nonce[NONCE], struct wp_span sealed, struct wp_buf *json)
{
    struct wp_json_out o = wp_json_out(json);
    wp_jo_object(&o);
    wp_jo_key(&o, "kdf");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "name", "scrypt");
    wp_jo_key(&o, "params");
    wp_jo_object(&o);
    wp_jo_ku64(&o, "N", COST);
    wp_jo_ku64(&o, "r", 8);
    wp_jo_ku64(&o, "p", 1);
    wp_jo_object_end(&o);
    key_bytes(&o, "salt", salt.ptr, salt.len);
    wp_jo_object_end(&o);
    wp_jo_key(&o, "cipher");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "name", "nacl/secretbox");
    key_bytes(&o, "nonce", nonce, NONCE);
    wp_jo_object_end(&o);
    key_bytes(&o, "ciphertext", sealed.ptr, sealed.len);
    wp_jo_object_end(&o);
}

int sig_key_write_sigstore(const struct sig_key *k, const struct sig_secret *password, struct sig_secret **ret,
                           struct wp_err *err)
{
    if (password == NULL) {
        return sig_key_write_pkcs8(k, ret, err);
    }
    uint8_t salt[SALT_LEN];
    uint8_t nonce[NONCE];
    SIG_AUTO_SECRET struct sig_secret *key = NULL;
    SIG_AUTO_SECRET struct sig_secret *der = NULL;
    randombytes_buf(salt, sizeof(salt));
    randombytes_buf(nonce, sizeof(nonce));
    if (sig_key_pkcs8(k, &der, err) < 0 || derive(password, wp_span(salt, sizeof(salt)), COST, &key, err) < 0) {
        return -1;
    }
    WP_AUTO_FREE uint8_t *sealed = wp_xcalloc(1, der->len + TAG);
    crypto_secretbox_easy(sealed, der->ptr, der->len, nonce, key->ptr);
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    write_box(wp_span(salt, sizeof(salt)), nonce, wp_span(sealed, der->len + TAG), &json);
    sig_pem_write(LABEL, wp_buf_span(&json), &pem);
    *ret = sig_secret_of(pem.ptr, pem.len);
    return 0;
}

int sig_key_write_pkcs8(const struct sig_key *k, struct sig_secret **ret, struct wp_err *err)
{
    SIG_AUTO_SECRET struct sig_secret *der = NULL;
    if (sig_key_pkcs8(k, &der, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    sig_pem_write("PRIVATE KEY", wp_span(der->ptr, der->len), &pem);
    *ret = sig_secret_of(pem.ptr, pem.len);
    sig_wipe(pem.ptr, pem.len);
    return 0;
}
