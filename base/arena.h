/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that lives and dies together: all that was parsed from one document. One writer; once filled it may be read
 * from any thread. */
#pragma once

#include "base/base.h"

struct wp_arena {
    struct wp_arena_block *blocks;
};

#define WP_ARENA_INIT  \
    {                  \
        .blocks = NULL \
    }
void wp_arena_done(struct wp_arena *a);
#define WP_AUTO_ARENA WP_CLEANUP(wp_arena_done)

/* Zeroed, aligned for any type, never NULL. */
void *wp_arena_alloc(struct wp_arena *a, size_t count, size_t size);
char *wp_arena_str(struct wp_arena *a, const char *text);
char *wp_arena_strn(struct wp_arena *a, const char *text, size_t len);
char *wp_arena_printf(struct wp_arena *a, const char *fmt, ...) WP_PRINTF(2, 3);
struct wp_span wp_arena_bytes(struct wp_arena *a, struct wp_span bytes);
