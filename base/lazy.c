/* SPDX-License-Identifier: Apache-2.0
 *
 * The jumps and slots of base/lazy.h. A slot first leads to a piece of code that saves the arguments in registers, has
 * the library opened and jumps on; afterwards it leads to the function. The names are this program's own and hidden:
 * no other library is led here. On processors without these few lines of assembler the libraries are linked. */
#include "base/lazy.h"

#include "base/lazy-crypto.h"
#include "base/lazy-jansson.h"
#include "base/lazy-sodium.h"
#include "base/lazy-zlib.h"
#include "base/mem.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#if defined(__x86_64__)

#define JUMP(function)  "jmp *wp_slot_" #function "(%rip)\n"
#define COLD_CALL(cold) "call " #cold "\n"
/* All registers that may hold arguments (AMD64 psABI 3.2.3), none of them a float; 16-byte aligned for the call. */
#define COLD(cold, open)                                                                                             \
    __asm__(".text\n.hidden " #cold "\n.globl " #cold "\n.type " #cold ",@function\n" #cold ":\n"                    \
            "push %rdi\npush %rsi\npush %rdx\npush %rcx\npush %r8\npush %r9\npush %rax\npush %rbp\nmov %rsp, %rbp\n" \
            "and $-16, %rsp\ncall " #open "\n"                                                                       \
            "mov %rbp, %rsp\npop %rbp\npop %rax\npop %r9\npop %r8\npop %rcx\npop %rdx\npop %rsi\npop %rdi\nret\n");

#elif defined(__aarch64__)

#define JUMP(function)  "adrp x16, wp_slot_" #function "\nldr x16, [x16, :lo12:wp_slot_" #function "]\nbr x16\n"
#define COLD_CALL(cold) "stp x29, x30, [sp, #-16]!\nbl " #cold "\nldp x29, x30, [sp], #16\n"
#define COLD(cold, open)                                                                                     \
    __asm__(".text\n.hidden " #cold "\n.globl " #cold "\n.type " #cold ",%function\n" #cold ":\n"            \
            "stp x0, x1, [sp, #-96]!\nstp x2, x3, [sp, #16]\nstp x4, x5, [sp, #32]\nstp x6, x7, [sp, #48]\n" \
            "stp x8, x30, [sp, #64]\nbl " #open "\nldp x8, x30, [sp, #64]\nldp x6, x7, [sp, #48]\n"          \
            "ldp x4, x5, [sp, #32]\nldp x2, x3, [sp, #16]\nldp x0, x1, [sp], #96\nret\n");

#endif

#ifdef JUMP

#define ENTRY(function, cold)                                                                                     \
    __asm__(".text\n.hidden " #function "\n.globl " #function "\n.type " #function ",@function\n" #function       \
            ":\n" JUMP(function) "wp_cold_" #function ":\n" COLD_CALL(cold)                                       \
                JUMP(function) ".section .data.rel.local,\"aw\"\n.balign 8\n.hidden wp_slot_" #function           \
                               "\n.globl wp_slot_" #function "\nwp_slot_" #function ":\n.quad wp_cold_" #function \
                               "\n.text\n");                                                                      \
    extern void *wp_slot_##function __attribute__((visibility("hidden")));

struct row {
    const char *name;
    void **slot;
};

struct library {
    const char *file, *install;
    const struct row *rows;
    size_t count;
    pthread_once_t once;
    const char *lacks; /* NULL: all is there */
};

/* Slots change only once every function has been found; begin (or NULL) readies the library. */
static void open_library(struct library *l, int (*begin)(void))
{
    void *handle = dlopen(l->file, RTLD_LAZY | RTLD_LOCAL);
    l->lacks = handle == NULL ? l->file : NULL;
    for (size_t i = 0; l->lacks == NULL && i < l->count; i++) {
        l->lacks = dlsym(handle, l->rows[i].name) == NULL ? l->rows[i].name : NULL;
    }
    for (size_t i = 0; l->lacks == NULL && i < l->count; i++) {
        __atomic_store_n(l->rows[i].slot, dlsym(handle, l->rows[i].name), __ATOMIC_RELEASE);
    }
    if (l->lacks == NULL && begin != NULL && begin() < 0) {
        l->lacks = "a source of random numbers";
    }
}

static int ask(struct library *l, void (*open)(void), const char **ret_lacks)
{
    pthread_once(&l->once, open);
    *ret_lacks = l->lacks;
    return l->lacks == NULL ? 0 : -1;
}

static void need(struct library *l, void (*open)(void))
{
    const char *lacks = NULL;
    if (ask(l, open, &lacks) < 0) {
        char line[256];
        (void)snprintf(line, sizeof(line), "wpack: %s: %s is missing: install %s\n", l->file, lacks, l->install);
        wp_die(line, 1);
    }
}

/* What follows from a list of rows: the cold ends of its jumps, and wp_lazy_NAME. */
#define ROW(function) {#function, &wp_slot_##function},
#define LIBRARY(lib, ROWS, so, package, begin)                                   \
    COLD(wp_lazy_##lib##_cold, wp_lazy_##lib##_need)                             \
    static const struct row lib##_rows[] = {ROWS(ROW)};                          \
    static struct library of_##lib = {.file = (so),                              \
                                      .install = (package),                      \
                                      .rows = lib##_rows,                        \
                                      .count = WP_ARRAY_LEN(lib##_rows),         \
                                      .once = PTHREAD_ONCE_INIT};                \
    static void open_##lib(void)                                                 \
    {                                                                            \
        open_library(&of_##lib, (begin));                                        \
    }                                                                            \
    void wp_lazy_##lib##_need(void) __attribute__((visibility("hidden"), used)); \
    void wp_lazy_##lib##_need(void)                                              \
    {                                                                            \
        need(&of_##lib, open_##lib);                                             \
    }                                                                            \
    int wp_lazy_##lib(const char **ret_lacks)                                    \
    {                                                                            \
        return ask(&of_##lib, open_##lib, ret_lacks);                            \
    }

#define CRYPTO_ENTRY(function)  ENTRY(function, wp_lazy_crypto_cold)
#define JANSSON_ENTRY(function) ENTRY(function, wp_lazy_jansson_cold)
#define SODIUM_ENTRY(function)  ENTRY(function, wp_lazy_sodium_cold)
#define ZLIB_ENTRY(function)    ENTRY(function, wp_lazy_zlib_cold)
WP_LAZY_CRYPTO(CRYPTO_ENTRY)
WP_LAZY_JANSSON(JANSSON_ENTRY)
WP_LAZY_SODIUM(SODIUM_ENTRY)
WP_LAZY_ZLIB(ZLIB_ENTRY)
LIBRARY(crypto, WP_LAZY_CRYPTO, "libcrypto.so.3", "OpenSSL 3 (Debian: apt install libssl3)", NULL)
LIBRARY(jansson, WP_LAZY_JANSSON, "libjansson.so.4", "jansson (Debian: apt install libjansson4)", NULL)
LIBRARY(sodium, WP_LAZY_SODIUM, "libsodium.so.23", "libsodium (Debian: apt install libsodium23)", sodium_init)
LIBRARY(zlib, WP_LAZY_ZLIB, "libz.so.1", "zlib (Debian: apt install zlib1g)", NULL)

#else

int wp_lazy_crypto(const char **ret_lacks)
{
    *ret_lacks = NULL;
    return 0;
}

int wp_lazy_jansson(const char **ret_lacks)
{
    *ret_lacks = NULL;
    return 0;
}

int wp_lazy_sodium(const char **ret_lacks)
{
    *ret_lacks = sodium_init() < 0 ? "a source of random numbers" : NULL;
    return *ret_lacks == NULL ? 0 : -1;
}

int wp_lazy_zlib(const char **ret_lacks)
{
    *ret_lacks = NULL;
    return 0;
}

#endif
