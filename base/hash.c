/* SPDX-License-Identifier: Apache-2.0
 *
 * Streaming SHA-2 (base/hash.h). libcrypto is opened at the first hash (base/lazy.h). Without it, or where it cannot
 * start or continue a hash, there is no content the program could still vouch for, so it ends. */
#include "base/hash.h"

#include "base/lazy.h"
#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

struct wp_hash {
    EVP_MD_CTX *ctx;
    enum wp_hash_alg alg;
};

/* The EVP calls used here fail for want of memory only. */
static void must(bool ok)
{
    if (!ok) {
        wp_out_of_memory();
    }
}

/* Found among the providers once, not for every hash. */
static struct {
    pthread_once_t once;
    EVP_MD *sha256, *sha512;
} digests = {.once = PTHREAD_ONCE_INIT};

static void fetch_digests(void)
{
    digests.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digests.sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
    must(digests.sha256 != NULL && digests.sha512 != NULL);
}

struct wp_hash *wp_hash_new(enum wp_hash_alg alg)
{
    struct wp_hash *h = wp_xcalloc(1, sizeof(*h));
    h->alg = alg;
    h->ctx = EVP_MD_CTX_new();
    must(h->ctx != NULL);
    wp_hash_reset(h);
    return h;
}

void wp_hash_free(struct wp_hash *h)
{
    if (h != NULL) {
        EVP_MD_CTX_free(h->ctx);
        free(h);
    }
}

void wp_hash_free_p(struct wp_hash **h)
{
    wp_hash_free(*h);
    *h = NULL;
}

void wp_hash_add(struct wp_hash *h, const void *bytes, size_t len)
{
    must(EVP_DigestUpdate(h->ctx, bytes, len) == 1);
}

void wp_hash_end(struct wp_hash *h, uint8_t ret[WP_HASH_MAX])
{
    unsigned len = 0;
    must(EVP_DigestFinal_ex(h->ctx, ret, &len) == 1 && len == wp_hash_size(h->alg));
}

void wp_hash_peek(const struct wp_hash *h, uint8_t ret[WP_HASH_MAX])
{
    WP_AUTO_HASH struct wp_hash *copy = wp_hash_new(h->alg);
    must(EVP_MD_CTX_copy_ex(copy->ctx, h->ctx) == 1);
    wp_hash_end(copy, ret);
}

void wp_hash_reset(struct wp_hash *h)
{
    pthread_once(&digests.once, fetch_digests);
    must(EVP_DigestInit_ex(h->ctx, h->alg == WP_SHA512 ? digests.sha512 : digests.sha256, NULL) == 1);
}

size_t wp_hash_size(enum wp_hash_alg alg)
{
    switch (alg) {
    case WP_SHA256:
        return 32;
    case WP_SHA512:
        return 64;
    default:
        return 0;
    }
}

void wp_hash_bytes(enum wp_hash_alg alg, struct wp_span bytes, uint8_t ret[WP_HASH_MAX])
{
    WP_AUTO_HASH struct wp_hash *h = wp_hash_new(alg);
    wp_hash_add(h, bytes.ptr, bytes.len);
    wp_hash_end(h, ret);
}

bool wp_equal_secret(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    unsigned different = 0;
    for (size_t i = 0; i < len; i++) {
        different |= (unsigned)(x[i] ^ y[i]);
    }
    return different == 0;
}

const char *wp_hash_version(void)
{
    const char *lacks = NULL;
    return wp_lazy_crypto(&lacks) == 0 ? OpenSSL_version(OPENSSL_VERSION) : NULL;
}
