/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in tokens (PKCS #11), by URI (RFC 7512), through OpenSSL's engine of libp11. The PIN and the module's path are
 * taken out of the URI before the engine, or any message, sees it. */
#define OPENSSL_SUPPRESS_DEPRECATED /* engines: there is no provider for tokens in Debian 12 */

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "sign/key-int.h"

#include <ctype.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>

#define SCHEME "pkcs11:"

struct uri {
    struct wp_buf clean; /* without what follows */
    struct sig_secret *pin;
    char *pin_source, *module;
};

static void uri_done(struct uri *u)
{
    wp_buf_done(&u->clean);
    sig_secret_free(u->pin);
    free(u->pin_source);
    free(u->module);
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* Percent-decoded; NULL: it is wrong. */
static struct sig_secret *decode(const char *text, size_t len)
{
    SIG_AUTO_SECRET struct sig_secret *s = sig_secret_new(len);
    size_t n = 0;
    for (size_t i = 0; i < len; i++, n++) {
        s->ptr[n] = (uint8_t)text[i];
        if (text[i] != '%') {
            continue;
        }
        int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            return NULL;
        }
        s->ptr[n] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    sig_secret_cut(s, n);
    return WP_STEAL(s);
}

static bool is_attribute(const char *part, size_t len, const char *name)
{
    size_t n = strlen(name);
    return len > n && memcmp(part, name, n) == 0 && part[n] == '=';
}

/* One attribute; path and query are read alike, for many write the PIN among the former. */
static int read_part(struct uri *u, const char *part, size_t len, struct wp_err *err)
{
    static const char *const ours[] = {"pin-value", "pin-source", "module-path"};
    size_t which = 0;
    for (; which < WP_ARRAY_LEN(ours) && !is_attribute(part, len, ours[which]); which++) {
    }
    if (which == WP_ARRAY_LEN(ours)) {
        wp_buf_add_str(&u->clean, u->clean.len == strlen(SCHEME) ? "" : ";");
        wp_buf_add(&u->clean, part, len);
        return 0;
    }
    size_t skip = strlen(ours[which]) + 1;
    SIG_AUTO_SECRET struct sig_secret *value = decode(part + skip, len - skip);
    if (value == NULL) {
        return wp_fail(err, WP_E_USAGE, "the URI of the key: %s is not percent-encoded as it should be", ours[which]);
    }
    if (which == 0) {
        sig_secret_free(u->pin);
        u->pin = WP_STEAL(value);
        return 0;
    }
    char **field = which == 1 ? &u->pin_source : &u->module;
    free(*field);
    *field = wp_xstrdup((const char *)value->ptr);
    return 0;
}

static int read_uri(struct uri *u, const char *text, struct wp_err *err)
{
    const char *at = text + strlen(SCHEME);
    wp_buf_add_str(&u->clean, SCHEME);
    while (*at != '\0') {
        size_t len = strcspn(at, ";?&");
        if (len > 0 && read_part(u, at, len, err) < 0) {
            return -1;
        }
        at += len + (at[len] != '\0' ? 1 : 0);
    }
    return 0;
}

static int get_pin(struct uri *u, const struct sig_ask *ask, struct wp_err *err)
{
    if (u->pin == NULL && u->pin_source != NULL) {
        const char *path = wp_str_starts(u->pin_source, "file:") ? u->pin_source + strlen("file:") : u->pin_source;
        path = wp_str_starts(path, "//") ? path + 2 : path;
        if (sig_secret_read(path, WP_LIMIT_KEY_FILE, &u->pin, err) < 0) {
            return wp_wrap(err, "%s: pin-source", u->clean.ptr);
        }
        sig_secret_cut(u->pin, strcspn((const char *)u->pin->ptr, "\r\n"));
    }
    if (u->pin != NULL) {
        return 0;
    }
    if (ask == NULL || ask->pin == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: the PIN of the token is needed, and none was given", u->clean.ptr);
    }
    WP_AUTO_FREE char *what = wp_xasprintf("PIN for %s", u->clean.ptr);
    return ask->pin(ask->arg, what, &u->pin, err);
}

static void engine_done(ENGINE *e)
{
    ENGINE_finish(e);
    ENGINE_free(e);
}

static int open_engine(const struct uri *u, ENGINE **ret, struct wp_err *err)
{
    OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL);
    ENGINE *e = ENGINE_by_id("pkcs11");
    if (e == NULL) {
        ERR_clear_error();
        wp_fail(err, WP_E_UNSUPPORTED, "%s: OpenSSL's engine for PKCS #11 is not installed", u->clean.ptr);
        return wp_hint(err, "Debian: apt install libengine-pkcs11-openssl");
    }
    bool set = (u->module == NULL || ENGINE_ctrl_cmd_string(e, "MODULE_PATH", u->module, 0) == 1) &&
               ENGINE_ctrl_cmd_string(e, "PIN", (const char *)u->pin->ptr, 0) == 1;
    if (!set || ENGINE_init(e) != 1) {
        ENGINE_free(e);
        ERR_clear_error();
        wp_fail(err, WP_E_UNSUPPORTED, "%s: the PKCS #11 module%s%s cannot be started", u->clean.ptr,
                u->module != NULL ? " " : "", u->module != NULL ? u->module : "");
        return wp_hint(err, "name the token's module in the URI: ...?module-path=/usr/lib/.../libNAME.so");
    }
    *ret = e;
    return 0;
}

static void done(struct sig_key *k)
{
    EVP_PKEY_free(k->evp);
    k->evp = NULL;
    engine_done(k->state);
}

static int sign(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                struct wp_err *err)
{
    return sig_hand_evp.sign(k, alg, m, ret, err);
}

static const struct sig_key_hand hand = {.sign = sign, .done = done};

int sig_key_pkcs11(const char *uri, const struct sig_ask *ask, struct sig_key **ret, struct wp_err *err)
{
    WP_CLEANUP(uri_done) struct uri u = {.clean = WP_BUF_INIT};
    ENGINE *e = NULL;
    if (read_uri(&u, uri, err) < 0 || get_pin(&u, ask, err) < 0 || open_engine(&u, &e, err) < 0) {
        return -1;
    }
    /* UI_null: nobody but sig_ask asks for a PIN. */
    EVP_PKEY *pkey = ENGINE_load_private_key(e, u.clean.ptr, (UI_METHOD *)(uintptr_t)UI_null(), NULL);
    ERR_clear_error();
    if (pkey == NULL) {
        engine_done(e);
        wp_fail(err, WP_E_NOT_FOUND, "%s: no such private key in a token, or the PIN is wrong", u.clean.ptr);
        return wp_hint(err, "pkcs11-tool --login --list-objects shows what is there");
    }
    SIG_AUTO_KEY struct sig_key *k = wp_xcalloc(1, sizeof(*k));
    k->hand = &hand;
    k->evp = pkey;
    k->state = e;
    if (sig_pub_of_evp(pkey, u.clean.ptr, &k->pub, err) < 0) {
        return -1;
    }
    *ret = WP_STEAL(k);
    return 0;
}
