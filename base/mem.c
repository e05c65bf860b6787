/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation that cannot fail (base/mem.h). */
#include "base/mem.h"

#include <stdarg.h>
#include <unistd.h>

void wp_die(const char *line, int status)
{
    /* Nothing can be done about a failing write here, and stdio may need memory. */
    ssize_t n = write(STDERR_FILENO, line, strlen(line));
    (void)n;
    _exit(status);
}

void wp_out_of_memory(void)
{
    wp_die("wpack: out of memory\n", 23);
}

void *wp_xmalloc(size_t size)
{
    void *p = malloc(size == 0 ? 1 : size);
    if (p == NULL) {
        wp_out_of_memory();
    }
    return p;
}

void *wp_xcalloc(size_t count, size_t size)
{
    void *p = count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);
    if (p == NULL) {
        wp_out_of_memory();
    }
    return p;
}

void *wp_xrealloc(void *ptr, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) {
        wp_out_of_memory();
    }
    void *p = realloc(ptr, total == 0 ? 1 : total);
    if (p == NULL) {
        wp_out_of_memory();
    }
    return p;
}

char *wp_xstrdup(const char *text)
{
    return wp_xstrndup(text, strlen(text));
}

char *wp_xstrndup(const char *text, size_t len)
{
    size_t n = strnlen(text, len);
    char *p = wp_xmalloc(n + 1);
    memcpy(p, text, n);
    p[n] = '\0';
    return p;
}

char *wp_xasprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *p = NULL;
    int n = vasprintf(&p, fmt, args);
    va_end(args);
    if (n < 0) {
        wp_out_of_memory();
    }
    return p;
}

void wp_free_p(void *pointer_to_pointer)
{
    void *p = NULL;
    memcpy(&p, pointer_to_pointer, sizeof(void *));
    free(p);
}

void wp_close_p(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}
