/* SPDX-License-Identifier: Apache-2.0
 *
 * Streaming SHA-2 (base/hash.h). libcrypto is opened at the first hash, not at start-up: it is the largest library of
 * all, and many commands hash nothing. Without it, or where it cannot start or continue a hash, there is no content the
 * program could still vouch for, so it ends. */
#include "base/hash.h"

#include "base/mem.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define LIBRARY "libcrypto.so.3"

/* X(function): the member has its name and its type. */
#define CRYPTO_FUNCTIONS(X) \
    X(EVP_MD_CTX_new)       \
    X(EVP_MD_CTX_free)      \
    X(EVP_DigestInit_ex)    \
    X(EVP_DigestUpdate)     \
    X(EVP_DigestFinal_ex)   \
    X(EVP_sha256)           \
    X(EVP_sha512)           \
    X(OpenSSL_version)

static struct {
    pthread_once_t once;
    const char *lacks; /* NULL: all is there */
    struct {
#define CRYPTO_MEMBER(function) __typeof__ (&(function))(function);
        CRYPTO_FUNCTIONS(CRYPTO_MEMBER)
#undef CRYPTO_MEMBER
    } api;
} library = {.once = PTHREAD_ONCE_INIT};

struct wp_hash {
    EVP_MD_CTX *ctx;
    enum wp_hash_alg alg;
};

static void open_library(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
#define CRYPTO_ROW(function) {#function, offsetof(__typeof__(library.api), function)},
        CRYPTO_FUNCTIONS(CRYPTO_ROW)
#undef CRYPTO_ROW
    };
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    library.lacks = handle == NULL ? "the library" : NULL;
    for (size_t i = 0; library.lacks == NULL && i < WP_ARRAY_LEN(rows); i++) {
        void *symbol = dlsym(handle, rows[i].name);
        if (symbol == NULL) {
            library.lacks = rows[i].name;
        }
        memcpy((char *)&library.api + rows[i].offset, &symbol, sizeof(symbol));
    }
}

static void need_library(void)
{
    pthread_once(&library.once, open_library);
    if (library.lacks != NULL) {
        char line[256];
        (void)snprintf(line, sizeof(line),
                       "wpack: " LIBRARY ": %s is missing: install OpenSSL 3 (Debian: apt install libssl3)\n",
                       library.lacks);
        wp_die(line, 1);
    }
}

/* The EVP calls used here fail for want of memory only. */
static void must(bool ok)
{
    if (!ok) {
        wp_out_of_memory();
    }
}

struct wp_hash *wp_hash_new(enum wp_hash_alg alg)
{
    need_library();
    struct wp_hash *h = wp_xcalloc(1, sizeof(*h));
    h->alg = alg;
    h->ctx = library.api.EVP_MD_CTX_new();
    must(h->ctx != NULL);
    wp_hash_reset(h);
    return h;
}

void wp_hash_free(struct wp_hash *h)
{
    if (h != NULL) {
        library.api.EVP_MD_CTX_free(h->ctx);
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
    must(library.api.EVP_DigestUpdate(h->ctx, bytes, len) == 1);
}

void wp_hash_end(struct wp_hash *h, uint8_t ret[WP_HASH_MAX])
{
    unsigned len = 0;
    must(library.api.EVP_DigestFinal_ex(h->ctx, ret, &len) == 1 && len == wp_hash_size(h->alg));
}

void wp_hash_reset(struct wp_hash *h)
{
    must(library.api.EVP_DigestInit_ex(
             h->ctx, h->alg == WP_SHA512 ? library.api.EVP_sha512() : library.api.EVP_sha256(), NULL) == 1);
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
    pthread_once(&library.once, open_library);
    return library.lacks == NULL ? library.api.OpenSSL_version(OPENSSL_VERSION) : NULL;
}
