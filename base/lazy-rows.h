/* SPDX-License-Identifier: Apache-2.0
 *
 * What base/lazy.h is made of, for the files that hold rows of functions: a jump through a slot for each. A slot first
 * leads to a piece of code that saves the arguments in registers, has the library opened and the function found, and
 * jumps on; afterwards it leads to the function. The names are this program's own and hidden: no other library is led
 * here. WP_LAZY is 0 on processors without these few lines of assembler: there one links. */
#pragma once

#include "base/base.h"

#include <pthread.h>

struct wp_lazy_library {
    const char *file, *install;
    /* Readies what has just been opened; NULL: nothing to do. Returns what is missing, or NULL. */
    const char *(*begin)(void *handle);
    pthread_once_t once;
    void (*open)(void); /* wp_lazy_open of this one */
    void *handle;
    const char *lacks; /* NULL: it is there */
};

struct wp_lazy_row {
    void *slot;
    const char *name;
    struct wp_lazy_library *library;
};

void wp_lazy_open(struct wp_lazy_library *l);
/* Has it opened, once. -1: *ret_lacks says what is missing. */
int wp_lazy_ask(struct wp_lazy_library *l, const char **ret_lacks) WP_MUST_USE;
/* Fills the slot; ends the program with a line that says what to install where that cannot be. Called by the slots. */
void wp_lazy_find(struct wp_lazy_row *row) __attribute__((visibility("hidden")));

#if defined(__x86_64__)

#define WP_LAZY 1
/* The row in r11, as the psABI leaves it to such code. */
#define WP_LAZY_JUMP(function) "jmp *wp_row_" #function "(%rip)\n"
#define WP_LAZY_COLD(function) "lea wp_row_" #function "(%rip), %r11\njmp wp_lazy_cold\n"
#define WP_LAZY_CALL(function) "call " #function "\n"
#define WP_LAZY_RETURN_0       "xor %eax, %eax\nret\n"

#elif defined(__aarch64__)

#define WP_LAZY 1
#define WP_LAZY_JUMP(function) \
    "adrp x16, wp_row_" #function "\nadd x16, x16, :lo12:wp_row_" #function "\nldr x17, [x16]\nbr x17\n"
#define WP_LAZY_COLD(function) "b wp_lazy_cold\n"
#define WP_LAZY_CALL(function) "bl " #function "\n"
#define WP_LAZY_RETURN_0       "mov x0, #0\nret\n"

#else
#define WP_LAZY 0
#endif

#if WP_LAZY

/* One function of a library that WP_LAZY_LIBRARY has named in the same file before. */
#define WP_LAZY_ENTRY(function, of)                                                                                   \
    __asm__(".text\n.hidden " #function "\n.globl " #function "\n.type " #function ",%function\n" #function           \
            ":\n" WP_LAZY_JUMP(function) "wp_cold_" #function ":\n" WP_LAZY_COLD(                                     \
                function) ".section .rodata.str1.1,\"aMS\",%progbits,1\nwp_name_" #function ":\n.string \"" #function \
                          "\"\n"                                                                                      \
                          ".section .data.rel.local,\"aw\"\n.balign 8\nwp_row_" #function                             \
                          ":\n.quad wp_cold_" #function ", wp_name_" #function ", wp_library_" #of "\n.text\n");

#define WP_LAZY_LIBRARY(of, so, package, ready)                                          \
    extern struct wp_lazy_library wp_library_##of __attribute__((visibility("hidden"))); \
    static void open_##of(void)                                                          \
    {                                                                                    \
        wp_lazy_open(&wp_library_##of);                                                  \
    }                                                                                    \
    struct wp_lazy_library wp_library_##of = {                                           \
        .file = (so), .install = (package), .begin = (ready), .once = PTHREAD_ONCE_INIT, .open = open_##of};

#endif
