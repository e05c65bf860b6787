/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys that sign. Whatever made a signature — OpenSSL, libsodium, a program, a token — it is verified with the
 * public key before anybody gets it: a fault while signing, or another key behind the same name, gives nothing away. */
#include "base/mem.h"
#include "sign/key-int.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sodium.h>

/* AlgorithmIdentifier and all else before the seed (RFC 8410, 7). */
static const uint8_t pkcs8_ed25519[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                        0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

void sig_key_free(struct sig_key *k)
{
    if (k != NULL) {
        if (k->hand != NULL && k->hand->done != NULL) {
            k->hand->done(k);
        }
        sig_secret_free(k->ed25519);
        EVP_PKEY_free(k->evp);
        sig_pub_free(k->pub);
        free(k);
    }
}

void sig_key_free_p(struct sig_key **k)
{
    sig_key_free(*k);
    *k = NULL;
}

const struct sig_pub *sig_key_pub(const struct sig_key *k)
{
    return k->pub;
}

static int sign_evp(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                    struct wp_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = sig_message_digest(alg, m, digest);
    uint8_t *sig = NULL;
    size_t size = 0;
    EVP_PKEY_CTX *ctx = len > 0 ? sig_alg_ctx(k->evp, alg, EVP_PKEY_sign_init) : NULL;
    bool done = ctx != NULL && EVP_PKEY_sign(ctx, NULL, &size, digest, len) == 1;
    if (done) {
        sig = wp_xcalloc(1, size + 1);
        done = EVP_PKEY_sign(ctx, sig, &size, digest, len) == 1;
    }
    if (done) {
        wp_buf_add(ret, sig, size);
    }
    free(sig);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return done
               ? 0
               : wp_fail(err, WP_E_OTHER, "%s: the key made no signature (%s)", k->pub->facts.name, sig_algs[alg].name);
}

static int sign_ed25519(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                        struct wp_err *err)
{
    uint8_t sig[SIG_ED25519_SIG];
    crypto_sign_state state;
    bool done = alg == SIG_ALG_ED25519
                    ? crypto_sign_detached(sig, NULL, m->bytes.ptr, m->bytes.len, k->ed25519->ptr) == 0
                    : crypto_sign_init(&state) == 0 && crypto_sign_update(&state, m->bytes.ptr, m->bytes.len) == 0 &&
                          crypto_sign_final_create(&state, sig, NULL, k->ed25519->ptr) == 0;
    if (!done) {
        return wp_fail(err, WP_E_OTHER, "%s: the key made no signature", k->pub->facts.name);
    }
    wp_buf_add(ret, sig, sizeof(sig));
    return 0;
}

const struct sig_key_hand sig_hand_evp = {.sign = sign_evp};
static const struct sig_key_hand hand_ed25519 = {.sign = sign_ed25519};

static int check_request(const struct sig_pub *p, enum sig_alg alg, const struct sig_message *m, struct wp_err *err)
{
    if (!sig_alg_fits(alg, &p->facts)) {
        return wp_fail(err, WP_E_INPUT, "%s: this key cannot sign with %s, it signs with %s", p->facts.name,
                       sig_algs[alg].name, sig_algs[p->facts.alg].name);
    }
    if (p->facts.kind == SIG_KIND_ED25519 && m->bytes.ptr == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: an Ed25519 key signs whole messages, and only the digest is known",
                       p->facts.name);
    }
    if (m->bytes.ptr == NULL && (m->digest == NULL || m->digest_len * 8 != sig_algs[alg].hash_bits)) {
        return wp_fail(err, WP_E_INPUT, "%s: %s needs a digest of %u bits, and one of %zu is known", p->facts.name,
                       sig_algs[alg].name, sig_algs[alg].hash_bits, m->digest_len * 8);
    }
    return 0;
}

int sig_key_sign(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                 struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    alg = alg != SIG_ALG_NONE ? alg : k->pub->facts.alg;
    if (check_request(k->pub, alg, m, err) < 0 || k->hand->sign(k, alg, m, &sig, err) < 0) {
        return -1;
    }
    if (!sig_pub_verify(k->pub, alg, m, wp_buf_span(&sig))) {
        return wp_fail(err, WP_E_OTHER, "%s: the signature that was made is not one of this key's", k->pub->facts.name);
    }
    wp_buf_add(ret, sig.ptr, sig.len);
    return 0;
}

/* ---- making ---- */

int sig_key_of_seed(const uint8_t seed[SIG_ED25519_SEED], const char *name, struct sig_key **ret, struct wp_err *err)
{
    uint8_t pub[SIG_ED25519_PUB];
    SIG_AUTO_KEY struct sig_key *k = wp_xcalloc(1, sizeof(*k));
    k->hand = &hand_ed25519;
    k->ed25519 = sig_secret_new(SIG_ED25519_SECRET);
    if (crypto_sign_seed_keypair(pub, k->ed25519->ptr, seed) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no Ed25519 key", name);
    }
    if (sig_pub_of_ed25519(pub, name, &k->pub, err) < 0) {
        return -1;
    }
    *ret = WP_STEAL(k);
    return 0;
}

/* Takes pkey. spki: its public half; ptr NULL: pkey is asked. */
static int of_halves(EVP_PKEY *pkey, struct wp_span spki, const char *name, struct sig_key **ret, struct wp_err *err)
{
    SIG_AUTO_KEY struct sig_key *k = wp_xcalloc(1, sizeof(*k));
    k->hand = &sig_hand_evp;
    k->evp = pkey;
    int r = spki.ptr != NULL ? sig_pub_of_spki(spki, name, &k->pub, err) : sig_pub_of_evp(pkey, name, &k->pub, err);
    if (r < 0) {
        return -1;
    }
    *ret = WP_STEAL(k);
    return 0;
}

/* Ed25519 keys move into memory of ours. */
int sig_key_of_evp(EVP_PKEY *pkey, const char *name, struct sig_key **ret, struct wp_err *err)
{
    if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519) {
        SIG_AUTO_SECRET struct sig_secret *seed = sig_secret_new(SIG_ED25519_SEED);
        size_t len = seed->len;
        bool got = EVP_PKEY_get_raw_private_key(pkey, seed->ptr, &len) == 1 && len == seed->len;
        EVP_PKEY_free(pkey);
        return got ? sig_key_of_seed(seed->ptr, name, ret, err) : wp_fail(err, WP_E_INPUT, "%s: no Ed25519 key", name);
    }
    return of_halves(pkey, wp_span(NULL, 0), name, ret, err);
}

int sig_key_of_pkcs8(struct wp_span der, const char *name, struct sig_key **ret, struct wp_err *err)
{
    uint8_t spki[SIG_P256_SPKI];
    EVP_PKEY *usual = sig_pkcs8_plain(der, spki);
    if (usual != NULL) {
        return of_halves(usual, wp_span(spki, sizeof(spki)), name, ret, err);
    }
    ERR_clear_error();
    const uint8_t *at = der.ptr;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    EVP_PKEY *k = info != NULL && at == der.ptr + der.len ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return k != NULL ? sig_key_of_evp(k, name, ret, err)
                     : wp_fail(err, WP_E_INPUT, "%s: no private key that could be read (PKCS #8)", name);
}

int sig_key_pkcs8(const struct sig_key *k, struct sig_secret **ret, struct wp_err *err)
{
    if (k->ed25519 != NULL) {
        *ret = sig_secret_new(sizeof(pkcs8_ed25519) + SIG_ED25519_SEED);
        memcpy((*ret)->ptr, pkcs8_ed25519, sizeof(pkcs8_ed25519));
        memcpy((*ret)->ptr + sizeof(pkcs8_ed25519), k->ed25519->ptr, SIG_ED25519_SEED);
        return 0;
    }
    if (k->hand != &sig_hand_evp || k->evp == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: the key is in other hands and cannot be written", k->pub->facts.name);
    }
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->evp);
    int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
    if (len > 0) {
        SIG_AUTO_SECRET struct sig_secret *der = sig_secret_new((size_t)len);
        uint8_t *at = der->ptr;
        i2d_PKCS8_PRIV_KEY_INFO(info, &at);
        *ret = WP_STEAL(der);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return len > 0 ? 0 : wp_fail(err, WP_E_INPUT, "%s: the key cannot be written", k->pub->facts.name);
}

int sig_key_generate(enum sig_key_type type, struct sig_key **ret, struct wp_err *err)
{
    static const char name[] = "new key";
    static const struct {
        const char *curve;
        size_t bits;
    } rows[] = {[SIG_KEY_ECDSA_P256] = {"P-256", 0},
                [SIG_KEY_ECDSA_P384] = {"P-384", 0},
                [SIG_KEY_RSA_2048] = {NULL, 2048},
                [SIG_KEY_RSA_3072] = {NULL, 3072},
                [SIG_KEY_RSA_4096] = {NULL, 4096}};
    if (type == SIG_KEY_ED25519 || type == SIG_KEY_MINISIGN) {
        SIG_AUTO_SECRET struct sig_secret *seed = sig_secret_new(SIG_ED25519_SEED);
        randombytes_buf(seed->ptr, seed->len);
        if (sig_key_of_seed(seed->ptr, name, ret, err) < 0) {
            return -1;
        }
        if (type == SIG_KEY_MINISIGN) {
            (*ret)->pub->facts.has_minisign_id = true;
            randombytes_buf((*ret)->pub->facts.minisign_id, sizeof((*ret)->pub->facts.minisign_id));
        }
        return 0;
    }
    EVP_PKEY *k = rows[type].curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[type].curve)
                                           : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", rows[type].bits);
    return k != NULL ? sig_key_of_evp(k, name, ret, err)
                     : wp_fail(err, WP_E_OTHER, "OpenSSL could not make a key: not enough random bytes");
}
