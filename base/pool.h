/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads live here and nowhere else. */
#pragma once

#include "base/err.h"

/* Run fn(arg, i, err) for i = 0..count-1 on up to `threads` threads (the calling one included). The first error wins:
 * no further index starts, those running end, and its err is handed over. Returns 0 or -1. */
int wp_pool_run(unsigned threads, size_t count, int (*fn)(void *arg, size_t i, struct wp_err *err), void *arg,
                struct wp_err *err) WP_MUST_USE;

/* One named helper thread with all signals blocked. Ends when fn returns; join waits for it and releases it. */
struct wp_thread;
int wp_thread_start(const char *name, void (*fn)(void *arg), void *arg, WP_OWN struct wp_thread **ret,
                    struct wp_err *err) WP_MUST_USE;
void wp_thread_join(WP_OWN struct wp_thread *t);
