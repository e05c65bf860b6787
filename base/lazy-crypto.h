/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of OpenSSL's libcrypto that are called, one row each, sorted (base/lazy.h). */
#pragma once

#define WP_LAZY_CRYPTO(X)               \
    X(BN_bin2bn)                        \
    X(BN_bn2binpad)                     \
    X(BN_free)                          \
    X(BN_is_negative)                   \
    X(BN_is_odd)                        \
    X(BN_is_one)                        \
    X(CRYPTO_free)                      \
    X(ECDSA_SIG_free)                   \
    X(ECDSA_SIG_get0_r)                 \
    X(ECDSA_SIG_get0_s)                 \
    X(ECDSA_SIG_new)                    \
    X(ECDSA_SIG_set0)                   \
    X(ERR_clear_error)                  \
    X(EVP_Digest)                       \
    X(EVP_DigestFinal_ex)               \
    X(EVP_DigestInit_ex)                \
    X(EVP_DigestUpdate)                 \
    X(EVP_MD_CTX_free)                  \
    X(EVP_MD_CTX_new)                   \
    X(EVP_PKEY_CTX_free)                \
    X(EVP_PKEY_CTX_new)                 \
    X(EVP_PKEY_CTX_set_rsa_padding)     \
    X(EVP_PKEY_CTX_set_rsa_pss_saltlen) \
    X(EVP_PKEY_CTX_set_signature_md)    \
    X(EVP_PKEY_free)                    \
    X(EVP_PKEY_get_base_id)             \
    X(EVP_PKEY_get_bits)                \
    X(EVP_PKEY_get_bn_param)            \
    X(EVP_PKEY_get_group_name)          \
    X(EVP_PKEY_get_int_param)           \
    X(EVP_PKEY_get_raw_public_key)      \
    X(EVP_PKEY_new_raw_public_key)      \
    X(EVP_PKEY_public_check)            \
    X(EVP_PKEY_verify)                  \
    X(EVP_PKEY_verify_init)             \
    X(EVP_sha256)                       \
    X(EVP_sha384)                       \
    X(EVP_sha512)                       \
    X(OpenSSL_version)                  \
    X(X509_free)                        \
    X(X509_get0_pubkey)                 \
    X(d2i_ECDSA_SIG)                    \
    X(d2i_PUBKEY)                       \
    X(d2i_PublicKey)                    \
    X(d2i_X509)                         \
    X(i2d_ECDSA_SIG)                    \
    X(i2d_PUBKEY)
