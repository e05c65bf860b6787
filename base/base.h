/* SPDX-License-Identifier: Apache-2.0
 *
 * The words every file uses: attributes, ownership marks, byte spans, checked arithmetic.
 * libc only; runtime-min includes it too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WP_MUST_USE          __attribute__((warn_unused_result))
#define WP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define WP_UNUSED            __attribute__((unused))
#define WP_NORETURN          __attribute__((noreturn))
/* Ownership passes with this pointer: a parameter is consumed on success and on failure, a result must be released. */
#define WP_OWN
/* Run fn(&variable) when the variable leaves its scope. */
#define WP_CLEANUP(fn) __attribute__((cleanup(fn)))
/* Take the pointer out of an auto variable, which is left NULL. */
#define WP_STEAL(p)                     \
    __extension__({                     \
        __typeof__(p) wp_stolen_ = (p); \
        (p) = NULL;                     \
        wp_stolen_;                     \
    })
/* From an embedded base object, which must be the first member, to the object around it. */
#define WP_DOWNCAST(type, ptr) ((type *)(void *)(ptr))
#define WP_ARRAY_LEN(a)        (sizeof(a) / sizeof((a)[0]))
#define WP_MIN(a, b)           ((a) < (b) ? (a) : (b))
#define WP_MAX(a, b)           ((a) > (b) ? (a) : (b))

/* Borrowed bytes. */
struct wp_span {
    const uint8_t *ptr;
    size_t len;
};

static inline struct wp_span wp_span(const void *ptr, size_t len)
{
    return (struct wp_span){.ptr = ptr, .len = len};
}

static inline struct wp_span wp_span_str(const char *text)
{
    return wp_span(text, strlen(text));
}

/* True when a + b (a * b) does not fit; *ret is then unspecified. For every sum of numbers from outside. */
static inline bool wp_add_overflows(uint64_t a, uint64_t b, uint64_t *ret)
{
    return __builtin_add_overflow(a, b, ret);
}

static inline bool wp_mul_overflows(uint64_t a, uint64_t b, uint64_t *ret)
{
    return __builtin_mul_overflow(a, b, ret);
}

static inline bool wp_str_eq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static inline bool wp_str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Sanitizers map terabytes and have calls of their own to make when they find something. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WP_SANITIZED 1
#endif
#endif
#ifndef WP_SANITIZED
#define WP_SANITIZED 0
#endif
