/* SPDX-License-Identifier: Apache-2.0
 *
 * Streaming SHA-256 and SHA-512 (OpenSSL EVP behind it) and comparison in constant time. */
#pragma once

#include "base/base.h"

enum wp_hash_alg { WP_SHA256 = 1, WP_SHA512 = 2 };
#define WP_HASH_MAX 64

struct wp_hash;
WP_OWN struct wp_hash *wp_hash_new(enum wp_hash_alg alg);
void wp_hash_free(WP_OWN struct wp_hash *h);
void wp_hash_free_p(struct wp_hash **h);
#define WP_AUTO_HASH WP_CLEANUP(wp_hash_free_p)
void wp_hash_add(struct wp_hash *h, const void *bytes, size_t len);
/* Writes wp_hash_size(alg) bytes to ret. The object can only be freed or reset afterwards. */
void wp_hash_end(struct wp_hash *h, uint8_t ret[WP_HASH_MAX]);
/* The hash of what came so far; more may come. */
void wp_hash_peek(const struct wp_hash *h, uint8_t ret[WP_HASH_MAX]);
void wp_hash_reset(struct wp_hash *h);
size_t wp_hash_size(enum wp_hash_alg alg);
void wp_hash_bytes(enum wp_hash_alg alg, struct wp_span bytes, uint8_t ret[WP_HASH_MAX]);
bool wp_equal_secret(const void *a, const void *b, size_t len);
/* "OpenSSL 3.0.19 …": of the library behind this. NULL: there is none; the first hash will end the program. */
const char *wp_hash_version(void);
