/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation that cannot fail: out of memory prints one line and exits with status 23. Sizes from outside are held
 * against base/limits.h before they get here. Not for runtime-min, which has budgets. */
#pragma once

#include "base/base.h"

/* The end, with one line on standard error: for what no caller could do anything about. */
WP_NORETURN void wp_die(const char *line, int status);
/* The end for a library that reports failure only when memory is gone. */
WP_NORETURN void wp_out_of_memory(void);
WP_MUST_USE void *wp_xmalloc(size_t size);
WP_MUST_USE void *wp_xcalloc(size_t count, size_t size);
/* For arrays: grows to count elements of the given size, overflow-checked. */
WP_MUST_USE void *wp_xrealloc(void *ptr, size_t count, size_t size);
WP_MUST_USE char *wp_xstrdup(const char *text);
WP_MUST_USE char *wp_xstrndup(const char *text, size_t len);
WP_MUST_USE char *wp_xasprintf(const char *fmt, ...) WP_PRINTF(1, 2);

/* Cleanup handlers: WP_AUTO_FREE char *s = NULL; WP_AUTO_FD int fd = -1; */
void wp_free_p(void *pointer_to_pointer);
void wp_close_p(int *fd);
#define WP_AUTO_FREE WP_CLEANUP(wp_free_p)
#define WP_AUTO_FD   WP_CLEANUP(wp_close_p)
/* Take the descriptor out of an auto variable, which is left -1. */
static inline int wp_steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}
