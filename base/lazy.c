/* SPDX-License-Identifier: Apache-2.0
 *
 * The libraries of base/lazy.h, and the opening of any. */
#include "base/lazy.h"

#include "base/lazy-crypto.h"
#include "base/lazy-jansson.h"
#include "base/lazy-rows.h"
#include "base/lazy-sodium.h"
#include "base/lazy-zlib.h"
#include "base/mem.h"

#include <dlfcn.h>
#include <stdio.h>

#if WP_LAZY

void wp_lazy_open(struct wp_lazy_library *l, int (*begin)(void))
{
    void *found[WP_LAZY_ROWS_MAX];
    void *handle = dlopen(l->file, RTLD_LAZY | RTLD_LOCAL);
    l->lacks = handle == NULL ? l->file : NULL;
    for (size_t i = 0; l->lacks == NULL && i < l->count; i++) {
        found[i] = dlsym(handle, l->rows[i].name);
        l->lacks = found[i] == NULL ? l->rows[i].name : NULL;
    }
    for (size_t i = 0; l->lacks == NULL && i < l->count; i++) {
        __atomic_store_n(l->rows[i].slot, found[i], __ATOMIC_RELEASE);
    }
    if (l->lacks == NULL && begin != NULL && begin() < 0) {
        l->lacks = "a source of random numbers";
    }
}

int wp_lazy_ask(struct wp_lazy_library *l, void (*open)(void), const char **ret_lacks)
{
    pthread_once(&l->once, open);
    *ret_lacks = l->lacks;
    return l->lacks == NULL ? 0 : -1;
}

void wp_lazy_need(struct wp_lazy_library *l, void (*open)(void))
{
    const char *lacks = NULL;
    if (wp_lazy_ask(l, open, &lacks) < 0) {
        char line[256];
        (void)snprintf(line, sizeof(line), "wpack: %s: %s is missing: install %s\n", l->file, lacks, l->install);
        wp_die(line, 1);
    }
}

#define CRYPTO_ENTRY(function)  WP_LAZY_ENTRY(function, crypto)
#define JANSSON_ENTRY(function) WP_LAZY_ENTRY(function, jansson)
#define SODIUM_ENTRY(function)  WP_LAZY_ENTRY(function, sodium)
#define ZLIB_ENTRY(function)    WP_LAZY_ENTRY(function, zlib)
WP_LAZY_CRYPTO(CRYPTO_ENTRY)
WP_LAZY_JANSSON(JANSSON_ENTRY)
WP_LAZY_SODIUM(SODIUM_ENTRY)
WP_LAZY_ZLIB(ZLIB_ENTRY)
WP_LAZY_LIBRARY(crypto, WP_LAZY_CRYPTO, "libcrypto.so.3", "OpenSSL 3 (Debian: apt install libssl3)", NULL)
WP_LAZY_LIBRARY(jansson, WP_LAZY_JANSSON, "libjansson.so.4", "jansson (Debian: apt install libjansson4)", NULL)
WP_LAZY_LIBRARY(sodium, WP_LAZY_SODIUM, "libsodium.so.23", "libsodium (Debian: apt install libsodium23)", sodium_init)
WP_LAZY_LIBRARY(zlib, WP_LAZY_ZLIB, "libz.so.1", "zlib (Debian: apt install zlib1g)", NULL)

#define ASK(library)                                                  \
    int wp_lazy_##library(const char **ret_lacks)                     \
    {                                                                 \
        return wp_lazy_ask(&of_##library, open_##library, ret_lacks); \
    }
ASK(crypto)
ASK(jansson)
ASK(sodium)
ASK(zlib)

#else

/* Linked: there since the program started. */
#define ASK(library, ready)                                         \
    int wp_lazy_##library(const char **ret_lacks)                   \
    {                                                               \
        *ret_lacks = (ready) ? NULL : "a source of random numbers"; \
        return (ready) ? 0 : -1;                                    \
    }
ASK(crypto, true)
ASK(jansson, true)
ASK(sodium, sodium_init() >= 0)
ASK(zlib, true)

#endif
