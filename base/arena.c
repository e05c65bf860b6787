/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that lives and dies together (base/arena.h): a list of blocks, the newest first. */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>

struct wp_arena_block {
    struct wp_arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

enum { BLOCK_SIZE = 4000, LARGE = 1000 };

void wp_arena_done(struct wp_arena *a)
{
    struct wp_arena_block *b = a->blocks;
    while (b != NULL) {
        struct wp_arena_block *next = b->next;
        free(b);
        b = next;
    }
    a->blocks = NULL;
}

static struct wp_arena_block *block_new(size_t size)
{
    size_t total = 0;
    if (__builtin_add_overflow(sizeof(struct wp_arena_block), size, &total)) {
        total = SIZE_MAX; /* no such memory: the allocation below ends the program */
    }
    struct wp_arena_block *b = wp_xcalloc(1, total);
    b->size = size;
    return b;
}

void *wp_arena_alloc(struct wp_arena *a, size_t count, size_t size)
{
    size_t want = 0;
    if (__builtin_mul_overflow(count, size, &want) || want > SIZE_MAX - alignof(max_align_t)) {
        want = SIZE_MAX - sizeof(struct wp_arena_block);
    } else {
        want = (want + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    }
    struct wp_arena_block *head = a->blocks;
    if (head != NULL && want <= head->size - head->used) {
        void *p = head->bytes + head->used;
        head->used += want;
        return p;
    }
    struct wp_arena_block *b = block_new(want >= LARGE ? want : BLOCK_SIZE);
    b->used = want;
    if (want >= LARGE && head != NULL) {
        /* A block of its own goes behind the head, which still has room for small things. */
        b->next = head->next;
        head->next = b;
    } else {
        b->next = head;
        a->blocks = b;
    }
    return b->bytes;
}

char *wp_arena_strn(struct wp_arena *a, const char *text, size_t len)
{
    size_t n = strnlen(text, len);
    char *p = wp_arena_alloc(a, n + 1, 1);
    memcpy(p, text, n);
    return p;
}

char *wp_arena_str(struct wp_arena *a, const char *text)
{
    return wp_arena_strn(a, text, strlen(text));
}

char *wp_arena_printf(struct wp_arena *a, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    char text[256]; /* most are short: formatted once */
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n;
    char *p = wp_arena_alloc(a, len + 1, 1);
    if (len < sizeof(text)) {
        memcpy(p, text, len);
    } else {
        (void)vsnprintf(p, len + 1, fmt, again);
    }
    va_end(again);
    return p;
}

struct wp_span wp_arena_bytes(struct wp_arena *a, struct wp_span bytes)
{
    uint8_t *p = wp_arena_alloc(a, bytes.len + 1, 1);
    if (bytes.len != 0) {
        memcpy(p, bytes.ptr, bytes.len);
    }
    return wp_span(p, bytes.len);
}
