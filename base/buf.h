/* SPDX-License-Identifier: Apache-2.0
 *
 * Growable bytes with a ceiling. `ptr` is never NULL and always followed by a NUL byte that `len` does not count, so a
 * text buffer is a C string. */
#pragma once

#include "base/base.h"
#include "base/err.h"

#include <stdarg.h>

struct wp_buf {
    char *ptr;
    size_t len;
    size_t cap; /* 0: ptr is the shared empty string */
};

/* A value that owns nothing yet: struct wp_buf b = WP_BUF_INIT; with WP_AUTO_BUF it is released at scope end. */
extern char wp_buf_empty[1];
#define WP_BUF_INIT                             \
    {                                           \
        .ptr = wp_buf_empty, .len = 0, .cap = 0 \
    }
void wp_buf_done(struct wp_buf *b);
#define WP_AUTO_BUF WP_CLEANUP(wp_buf_done)

void wp_buf_reserve(struct wp_buf *b, size_t more);
void wp_buf_add(struct wp_buf *b, const void *bytes, size_t len);
void wp_buf_add_str(struct wp_buf *b, const char *text);
void wp_buf_add_char(struct wp_buf *b, char c);
void wp_buf_printf(struct wp_buf *b, const char *fmt, ...) WP_PRINTF(2, 3);
void wp_buf_vprintf(struct wp_buf *b, const char *fmt, va_list args) WP_PRINTF(2, 0);
/* Shorten to len (<= b->len). */
void wp_buf_cut(struct wp_buf *b, size_t len);
/* Hand over the bytes (NUL-terminated, to be freed); b is empty afterwards. */
WP_MUST_USE WP_OWN char *wp_buf_take(struct wp_buf *b);
static inline struct wp_span wp_buf_span(const struct wp_buf *b)
{
    return wp_span(b->ptr, b->len);
}
/* As wp_buf_add for bytes from outside: WP_E_LIMIT "<what> is larger than <limit> bytes" when len would pass limit. */
int wp_buf_add_bounded(struct wp_buf *b, const void *bytes, size_t len, uint64_t limit, const char *what,
                       struct wp_err *err) WP_MUST_USE;
