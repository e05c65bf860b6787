/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of libsodium that are called, one row each, sorted (base/lazy.h). */
#pragma once

#include <sodium.h>

#define WP_LAZY_SODIUM(X)                    \
    X(crypto_core_ed25519_is_valid_point)    \
    X(crypto_generichash)                    \
    X(crypto_generichash_final)              \
    X(crypto_generichash_init)               \
    X(crypto_generichash_update)             \
    X(crypto_pwhash_scryptsalsa208sha256)    \
    X(crypto_pwhash_scryptsalsa208sha256_ll) \
    X(crypto_secretbox_easy)                 \
    X(crypto_secretbox_open_easy)            \
    X(crypto_sign_detached)                  \
    X(crypto_sign_final_create)              \
    X(crypto_sign_final_verify)              \
    X(crypto_sign_init)                      \
    X(crypto_sign_seed_keypair)              \
    X(crypto_sign_update)                    \
    X(crypto_sign_verify_detached)           \
    X(randombytes_buf)                       \
    X(sodium_base642bin)                     \
    X(sodium_base64_encoded_len)             \
    X(sodium_bin2base64)                     \
    X(sodium_free)                           \
    X(sodium_init)                           \
    X(sodium_malloc)                         \
    X(sodium_memzero)
