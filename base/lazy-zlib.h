/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of zlib that are called, one row each, sorted (base/lazy.h). */
#pragma once

#define WP_LAZY_ZLIB(X) \
    X(inflate)          \
    X(inflateEnd)       \
    X(inflateInit_)
