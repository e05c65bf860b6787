/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of OpenSSL's libcrypto that are called, one row each, sorted (base/lazy.h). */
#pragma once

#define WP_LAZY_CRYPTO(X) \
    X(EVP_DigestFinal_ex) \
    X(EVP_DigestInit_ex)  \
    X(EVP_DigestUpdate)   \
    X(EVP_MD_CTX_free)    \
    X(EVP_MD_CTX_new)     \
    X(EVP_sha256)         \
    X(EVP_sha512)         \
    X(OpenSSL_version)
