/* SPDX-License-Identifier: Apache-2.0
 *
 * Growable bytes (base/buf.h). */
#include "base/buf.h"

#include "base/mem.h"

char wp_buf_empty[1];

enum { FIRST_CAP = 64 };

void wp_buf_done(struct wp_buf *b)
{
    if (b->cap != 0) {
        free(b->ptr);
    }
    *b = (struct wp_buf)WP_BUF_INIT;
}

void wp_buf_reserve(struct wp_buf *b, size_t more)
{
    size_t need = 0;
    if (__builtin_add_overflow(b->len, more, &need) || __builtin_add_overflow(need, 1, &need)) {
        need = SIZE_MAX; /* no such memory: the allocation below ends the program */
    }
    if (need <= b->cap) {
        return;
    }
    size_t cap = WP_MAX(b->cap, (size_t)FIRST_CAP);
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    char *old = b->cap == 0 ? NULL : b->ptr;
    b->ptr = wp_xrealloc(old, cap, 1);
    b->cap = cap;
    b->ptr[b->len] = '\0';
}

void wp_buf_add(struct wp_buf *b, const void *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    wp_buf_reserve(b, len);
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
    b->ptr[b->len] = '\0';
}

void wp_buf_add_str(struct wp_buf *b, const char *text)
{
    wp_buf_add(b, text, strlen(text));
}

void wp_buf_add_char(struct wp_buf *b, char c)
{
    wp_buf_add(b, &c, 1);
}

void wp_buf_printf(struct wp_buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    wp_buf_vprintf(b, fmt, args);
    va_end(args);
}

void wp_buf_vprintf(struct wp_buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    char small[256];
    int n = vsnprintf(small, sizeof(small), fmt, args);
    if (n > 0) {
        size_t len = (size_t)n;
        if (len < sizeof(small)) {
            wp_buf_add(b, small, len);
        } else {
            wp_buf_reserve(b, len);
            (void)vsnprintf(b->ptr + b->len, len + 1, fmt, again);
            b->len += len;
        }
    }
    va_end(again);
}

void wp_buf_cut(struct wp_buf *b, size_t len)
{
    if (len < b->len) {
        b->len = len;
        b->ptr[len] = '\0';
    }
}

char *wp_buf_take(struct wp_buf *b)
{
    char *p = b->cap == 0 ? wp_xstrdup("") : b->ptr;
    *b = (struct wp_buf)WP_BUF_INIT;
    return p;
}

int wp_buf_add_bounded(struct wp_buf *b, const void *bytes, size_t len, uint64_t limit, const char *what,
                       struct wp_err *err)
{
    if (b->len > limit || len > limit - b->len) {
        return wp_fail(err, WP_E_LIMIT, "%s is larger than %llu bytes", what, (unsigned long long)limit);
    }
    wp_buf_add(b, bytes, len);
    return 0;
}
