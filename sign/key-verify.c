/* SPDX-License-Identifier: Apache-2.0
 *
 * What a public key says about a signature (sign/key.h). Ed25519 by libsodium (OpenSSL 3.0 has no Ed25519ph), all else
 * by OpenSSL, over the digest. */
#include "sign/key-int.h"

#include <sodium.h>

static bool verify_ed25519(const uint8_t *key, bool ph, struct wp_span bytes, struct wp_span sig)
{
    if (bytes.ptr == NULL || sig.len != SIG_ED25519_SIG || sodium_init() < 0) {
        return false;
    }
    if (!ph) {
        return crypto_sign_verify_detached(sig.ptr, bytes.ptr, bytes.len, key) == 0;
    }
    crypto_sign_state state;
    return crypto_sign_init(&state) == 0 && crypto_sign_update(&state, bytes.ptr, bytes.len) == 0 &&
           crypto_sign_final_verify(&state, sig.ptr, key) == 0;
}

bool sig_pub_verify(const struct sig_pub *p, enum sig_alg alg, const struct sig_message *m, struct wp_span sig)
{
    if (!sig_alg_fits(alg, &p->facts) || sig.ptr == NULL) {
        return false;
    }
    if (p->facts.kind == SIG_KIND_ED25519) {
        return verify_ed25519(p->ed25519, alg == SIG_ALG_ED25519_PH, m->bytes, sig);
    }
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = sig_message_digest(alg, m, digest);
    EVP_PKEY_CTX *ctx = len > 0 ? sig_alg_ctx(p->evp, alg, EVP_PKEY_verify_init) : NULL;
    bool yes = ctx != NULL && EVP_PKEY_verify(ctx, sig.ptr, sig.len, digest, len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return yes;
}
