/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 keys of OpenSSH (openssh-portable, PROTOCOL.key; RFC 8709) and of wasmsign2 (one byte and the key). */
#include "base/mem.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/pem.h"

#include <sodium.h>

#define LINE        "ssh-ed25519 "
#define TYPE        "ssh-ed25519"
#define MAGIC       "openssh-key-v1" /* and its NUL */
#define WASM_PUB    0x01
#define WASM_SECRET 0x81

static bool take_u32(struct wp_span *in, uint32_t *ret)
{
    if (in->len < 4) {
        return false;
    }
    *ret = (uint32_t)in->ptr[0] << 24 | (uint32_t)in->ptr[1] << 16 | (uint32_t)in->ptr[2] << 8 | in->ptr[3];
    *in = wp_span(in->ptr + 4, in->len - 4);
    return true;
}

static bool take_string(struct wp_span *in, struct wp_span *ret)
{
    uint32_t len = 0;
    if (!take_u32(in, &len) || len > in->len) {
        return false;
    }
    *ret = wp_span(in->ptr, len);
    *in = wp_span(in->ptr + len, in->len - len);
    return true;
}

static bool take_word(struct wp_span *in, const char *word)
{
    struct wp_span got;
    return take_string(in, &got) && got.len == strlen(word) && memcmp(got.ptr, word, got.len) == 0;
}

static bool take_key(struct wp_span *in, size_t len, struct wp_span *ret)
{
    return take_string(in, ret) && ret->len == len;
}

bool sig_pub_openssh_is(struct wp_span file)
{
    return sig_starts(file, LINE);
}

int sig_pub_openssh(struct wp_span file, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    struct wp_span line;
    if (!sig_line(&file, &line) || !sig_blank(file)) {
        return wp_fail(err, WP_E_INPUT, "%s: something follows the first key; one key in a file is read", name);
    }
    const char *text = (const char *)line.ptr + strlen(LINE);
    const char *comment = memchr(text, ' ', line.len - strlen(LINE));
    size_t word = comment != NULL ? (size_t)(comment - text) : line.len - strlen(LINE);
    WP_AUTO_BUF struct wp_buf blob = WP_BUF_INIT;
    bool fine = wp_unbase64(&blob, text, word, false);
    struct wp_span in = wp_buf_span(&blob);
    struct wp_span key;
    if (!fine || !take_word(&in, TYPE) || !take_key(&in, SIG_ED25519_PUB, &key) || in.len != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no ssh-ed25519 key that could be read", name);
    }
    return sig_pub_of_ed25519(key.ptr, name, ret, err);
}

static bool is_none(struct wp_span word)
{
    return word.len == 4 && memcmp(word.ptr, "none", 4) == 0;
}

/* check twice, type, public, secret (seed and public), comment, padding 1 2 3 … */
static bool read_private(struct wp_span in, struct wp_span outer, struct wp_span *ret_secret)
{
    uint32_t check[2];
    struct wp_span pub;
    struct wp_span comment;
    if (!take_u32(&in, &check[0]) || !take_u32(&in, &check[1]) || check[0] != check[1] || !take_word(&in, TYPE) ||
        !take_key(&in, SIG_ED25519_PUB, &pub) || !take_key(&in, SIG_ED25519_SECRET, ret_secret) ||
        !take_string(&in, &comment)) {
        return false;
    }
    bool padded = in.len < 16;
    for (size_t i = 0; padded && i < in.len; i++) {
        padded = in.ptr[i] == i + 1;
    }
    struct wp_span key;
    return padded && take_word(&outer, TYPE) && take_key(&outer, SIG_ED25519_PUB, &key) && outer.len == 0 &&
           memcmp(pub.ptr, key.ptr, key.len) == 0 &&
           memcmp(pub.ptr, ret_secret->ptr + SIG_ED25519_SEED, SIG_ED25519_PUB) == 0;
}

/* The public half in the file must be the seed's. */
static int of_secret(struct wp_span secret, const char *name, struct sig_key **ret, struct wp_err *err)
{
    SIG_AUTO_KEY struct sig_key *k = NULL;
    if (sig_key_of_seed(secret.ptr, name, &k, err) < 0) {
        return -1;
    }
    if (memcmp(k->pub->ed25519, secret.ptr + SIG_ED25519_SEED, SIG_ED25519_PUB) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: the public key inside is not the private one's", name);
    }
    *ret = WP_STEAL(k);
    return 0;
}

int sig_key_openssh(const struct sig_key_file *f, struct wp_span der, struct sig_key **ret, struct wp_err *err)
{
    struct wp_span cipher;
    struct wp_span kdf;
    struct wp_span options;
    struct wp_span pub;
    struct wp_span private;
    struct wp_span secret;
    uint32_t count = 0;
    if (der.len < sizeof(MAGIC) || memcmp(der.ptr, MAGIC, sizeof(MAGIC)) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no OpenSSH key that could be read", f->name);
    }
    struct wp_span in = wp_span(der.ptr + sizeof(MAGIC), der.len - sizeof(MAGIC));
    if (!take_string(&in, &cipher) || !take_string(&in, &kdf) || !take_string(&in, &options) ||
        !take_u32(&in, &count) || count != 1 || !take_string(&in, &pub) || !take_string(&in, &private) || in.len != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no OpenSSH key that could be read", f->name);
    }
    if (!is_none(cipher) || !is_none(kdf)) {
        wp_fail(err, WP_E_INPUT, "%s: an OpenSSH key with a password is not read", f->name);
        return wp_hint(err,
                       "take the password off a copy (ssh-keygen -p -N '' -f COPY), then wpack keygen --import COPY");
    }
    if (!read_private(private, pub, &secret)) {
        return wp_fail(err, WP_E_INPUT, "%s: no Ed25519 key that could be read (OpenSSH); other kinds are not",
                       f->name);
    }
    return of_secret(secret, f->name, ret, err);
}

bool sig_pub_wasmsign_is(struct wp_span file)
{
    return file.len == 1 + SIG_ED25519_PUB && file.ptr[0] == WASM_PUB;
}

bool sig_key_wasmsign_is(struct wp_span file)
{
    return file.len == 1 + SIG_ED25519_SECRET && file.ptr[0] == WASM_SECRET;
}

int sig_key_wasmsign(const struct sig_key_file *f, struct sig_key **ret, struct wp_err *err)
{
    return of_secret(wp_span(f->bytes.ptr + 1, SIG_ED25519_SECRET), f->name, ret, err);
}
