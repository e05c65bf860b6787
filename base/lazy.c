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

/* All registers that may hold arguments, none of them a float: then the slot is filled. */
#if defined(__x86_64__) /* AMD64 psABI 3.2.3; 16-byte aligned for the call */
__asm__(".text\n.hidden wp_lazy_cold\n.globl wp_lazy_cold\n.type wp_lazy_cold,@function\nwp_lazy_cold:\n"
        "push %rdi\npush %rsi\npush %rdx\npush %rcx\npush %r8\npush %r9\npush %rax\npush %r11\nsub $8, %rsp\n"
        "mov %r11, %rdi\ncall wp_lazy_find\n"
        "add $8, %rsp\npop %r11\npop %rax\npop %r9\npop %r8\npop %rcx\npop %rdx\npop %rsi\npop %rdi\njmp *(%r11)\n");
#else /* AAPCS64 6.8.2 */
__asm__(".text\n.hidden wp_lazy_cold\n.globl wp_lazy_cold\n.type wp_lazy_cold,%function\nwp_lazy_cold:\n"
        "stp x0, x1, [sp, #-96]!\nstp x2, x3, [sp, #16]\nstp x4, x5, [sp, #32]\nstp x6, x7, [sp, #48]\n"
        "stp x8, x30, [sp, #64]\nstr x16, [sp, #80]\nmov x0, x16\nbl wp_lazy_find\n"
        "ldr x16, [sp, #80]\nldp x8, x30, [sp, #64]\nldp x6, x7, [sp, #48]\nldp x4, x5, [sp, #32]\n"
        "ldp x2, x3, [sp, #16]\nldp x0, x1, [sp], #96\nldr x17, [x16]\nbr x17\n");
#endif

void wp_lazy_open(struct wp_lazy_library *l)
{
    l->handle = dlopen(l->file, RTLD_LAZY | RTLD_LOCAL);
    l->lacks = l->handle == NULL ? l->file : l->begin != NULL ? l->begin(l->handle) : NULL;
}

int wp_lazy_ask(struct wp_lazy_library *l, const char **ret_lacks)
{
    pthread_once(&l->once, l->open);
    *ret_lacks = l->lacks;
    return l->lacks == NULL ? 0 : -1;
}

void wp_lazy_find(struct wp_lazy_row *row)
{
    const char *lacks = NULL;
    void *function = wp_lazy_ask(row->library, &lacks) == 0 ? dlsym(row->library->handle, row->name) : NULL;
    if (function == NULL) {
        char line[256];
        const char *what = lacks == NULL ? row->name : lacks == row->library->file ? NULL : lacks;
        (void)snprintf(line, sizeof(line), "wpack: %s%s%s is missing: install %s\n", row->library->file,
                       what != NULL ? ": " : "", what != NULL ? what : "", row->library->install);
        wp_die(line, 1);
    }
    __atomic_store_n(&row->slot, function, __ATOMIC_RELEASE);
}

/* Inside of wp_lazy_ask: by the handle, not by the slots. */
static const char *begin_sodium(void *handle)
{
    __typeof__(sodium_init) *init = NULL;
    *(void **)&init = dlsym(handle, "sodium_init");
    return init == NULL || init() < 0 ? "a source of random numbers" : NULL;
}

/* Nothing of its own is cleaned up when the program ends: the system takes the memory back faster. Random numbers come
 * of a hash (SP 800-90A, Hash_DRBG) unless openssl.cnf says otherwise: for the usual kind every cipher is looked up. */
static const char *begin_crypto(void *handle)
{
    __typeof__(OPENSSL_init_crypto) *init = NULL;
    __typeof__(RAND_set_DRBG_type) *set_random = NULL;
    *(void **)&init = dlsym(handle, "OPENSSL_init_crypto");
    *(void **)&set_random = dlsym(handle, "RAND_set_DRBG_type");
    if (init == NULL || set_random == NULL || init(OPENSSL_INIT_NO_ATEXIT, NULL) != 1) {
        return "its start";
    }
    (void)set_random(NULL, "HASH-DRBG", NULL, NULL, "SHA512"); /* too late where TLS has made some: they are as good */
    return NULL;
}

WP_LAZY_LIBRARY(crypto, "libcrypto.so.3", "OpenSSL 3 (Debian: apt install libssl3)", begin_crypto)
WP_LAZY_LIBRARY(jansson, "libjansson.so.4", "jansson (Debian: apt install libjansson4)", NULL)
WP_LAZY_LIBRARY(sodium, "libsodium.so.23", "libsodium (Debian: apt install libsodium23)", begin_sodium)
WP_LAZY_LIBRARY(zlib, "libz.so.1", "zlib (Debian: apt install zlib1g)", NULL)
#define CRYPTO_ENTRY(function)  WP_LAZY_ENTRY(function, crypto)
#define JANSSON_ENTRY(function) WP_LAZY_ENTRY(function, jansson)
#define SODIUM_ENTRY(function)  WP_LAZY_ENTRY(function, sodium)
#define ZLIB_ENTRY(function)    WP_LAZY_ENTRY(function, zlib)
WP_LAZY_CRYPTO(CRYPTO_ENTRY)
WP_LAZY_JANSSON(JANSSON_ENTRY)
WP_LAZY_SODIUM(SODIUM_ENTRY)
WP_LAZY_ZLIB(ZLIB_ENTRY)

#define ASK(of)                                          \
    int wp_lazy_##of(const char **ret_lacks)             \
    {                                                    \
        return wp_lazy_ask(&wp_library_##of, ret_lacks); \
    }
ASK(crypto)
ASK(jansson)
ASK(sodium)
ASK(zlib)

#else

/* Linked: there since the program started. */
#define ASK(of, ready)                                              \
    int wp_lazy_##of(const char **ret_lacks)                        \
    {                                                               \
        *ret_lacks = (ready) ? NULL : "a source of random numbers"; \
        return (ready) ? 0 : -1;                                    \
    }
ASK(crypto, true)
ASK(jansson, true)
ASK(sodium, sodium_init() >= 0)
ASK(zlib, true)

#endif
