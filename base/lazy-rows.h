/* SPDX-License-Identifier: Apache-2.0
 *
 * What base/lazy.h is made of, for the files that hold rows of functions (X(function), sorted): a jump through a slot
 * for each, and what opens its library. A slot first leads to a piece of code that saves the arguments in registers,
 * has the library opened and jumps on; afterwards it leads to the function. The names are this program's own and
 * hidden: no other library is led here. WP_LAZY is 0 on processors without these few lines of assembler: there one
 * links. */
#pragma once

#include "base/base.h"

#include <pthread.h>

struct wp_lazy_row {
    const char *name;
    void **slot;
};

struct wp_lazy_library {
    const char *file, *install;
    const struct wp_lazy_row *rows;
    size_t count;
    pthread_once_t once;
    const char *lacks; /* NULL: all is there */
};

/* Opens the library and fills its slots, once every function has been found; begin (or NULL) readies it first. */
void wp_lazy_open(struct wp_lazy_library *l, int (*begin)(void));
/* Has it opened, once, by open. -1: *ret_lacks says what is missing. */
int wp_lazy_ask(struct wp_lazy_library *l, void (*open)(void), const char **ret_lacks) WP_MUST_USE;
/* The same; ends the program with a line that says what to install. */
void wp_lazy_need(struct wp_lazy_library *l, void (*open)(void));

#if defined(__x86_64__)

#define WP_LAZY                1
#define WP_LAZY_JUMP(function) "jmp *wp_slot_" #function "(%rip)\n"
#define WP_LAZY_CALL(cold)     "call " #cold "\n"
#define WP_LAZY_RETURN_0       "xor %eax, %eax\nret\n"
/* All registers that may hold arguments (AMD64 psABI 3.2.3), none of them a float; 16-byte aligned for the call. */
#define WP_LAZY_COLD(cold, open)                                                                                     \
    __asm__(".text\n.hidden " #cold "\n.globl " #cold "\n.type " #cold ",@function\n" #cold ":\n"                    \
            "push %rdi\npush %rsi\npush %rdx\npush %rcx\npush %r8\npush %r9\npush %rax\npush %rbp\nmov %rsp, %rbp\n" \
            "and $-16, %rsp\ncall " #open "\n"                                                                       \
            "mov %rbp, %rsp\npop %rbp\npop %rax\npop %r9\npop %r8\npop %rcx\npop %rdx\npop %rsi\npop %rdi\nret\n");

#elif defined(__aarch64__)

#define WP_LAZY                1
#define WP_LAZY_JUMP(function) "adrp x16, wp_slot_" #function "\nldr x16, [x16, :lo12:wp_slot_" #function "]\nbr x16\n"
#define WP_LAZY_CALL(cold)     "stp x29, x30, [sp, #-16]!\nbl " #cold "\nldp x29, x30, [sp], #16\n"
#define WP_LAZY_RETURN_0       "mov x0, #0\nret\n"
#define WP_LAZY_COLD(cold, open)                                                                             \
    __asm__(".text\n.hidden " #cold "\n.globl " #cold "\n.type " #cold ",%function\n" #cold ":\n"            \
            "stp x0, x1, [sp, #-96]!\nstp x2, x3, [sp, #16]\nstp x4, x5, [sp, #32]\nstp x6, x7, [sp, #48]\n" \
            "stp x8, x30, [sp, #64]\nbl " #open "\nldp x8, x30, [sp, #64]\nldp x6, x7, [sp, #48]\n"          \
            "ldp x4, x5, [sp, #32]\nldp x2, x3, [sp, #16]\nldp x0, x1, [sp], #96\nret\n");

#else
#define WP_LAZY 0
#endif

#if WP_LAZY

/* One function of a library; for a whole list define a macro of one argument that names the library. */
#define WP_LAZY_ENTRY(function, library)                                                                        \
    __asm__(".text\n.hidden " #function "\n.globl " #function "\n.type " #function ",@function\n" #function     \
            ":\n" WP_LAZY_JUMP(function) "wp_cold_" #function ":\n" WP_LAZY_CALL(wp_lazy_##library##_cold)      \
                WP_LAZY_JUMP(function) ".section .data.rel.local,\"aw\"\n.balign 8\n.hidden wp_slot_" #function \
                                       "\n.globl wp_slot_" #function "\nwp_slot_" #function                     \
                                       ":\n.quad wp_cold_" #function "\n.text\n");                              \
    extern void *wp_slot_##function __attribute__((visibility("hidden")));

#define WP_LAZY_ROW(function) {#function, &wp_slot_##function},

/* What follows from a list: the cold ends of its jumps, `of_LIBRARY` and `open_LIBRARY` for wp_lazy_ask. */
#define WP_LAZY_LIBRARY(library, ROWS, so, package, begin)                                  \
    WP_LAZY_COLD(wp_lazy_##library##_cold, wp_lazy_##library##_need)                        \
    static const struct wp_lazy_row library##_rows[] = {ROWS(WP_LAZY_ROW)};                 \
    static struct wp_lazy_library of_##library = {.file = (so),                             \
                                                  .install = (package),                     \
                                                  .rows = library##_rows,                   \
                                                  .count = WP_ARRAY_LEN(library##_rows),    \
                                                  .once = PTHREAD_ONCE_INIT};               \
    _Static_assert(WP_ARRAY_LEN(library##_rows) <= WP_LAZY_ROWS_MAX, "more rows than fit"); \
    static void open_##library(void)                                                        \
    {                                                                                       \
        wp_lazy_open(&of_##library, (begin));                                               \
    }                                                                                       \
    void wp_lazy_##library##_need(void) __attribute__((visibility("hidden"), used));        \
    void wp_lazy_##library##_need(void)                                                     \
    {                                                                                       \
        wp_lazy_need(&of_##library, open_##library);                                        \
    }

#endif

enum { WP_LAZY_ROWS_MAX = 512 };
