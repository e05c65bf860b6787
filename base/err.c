/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors as plain values (base/err.h). */
#include "base/err.h"

#include "base/text.h"

#include <errno.h>

/* Longer than any msg: escaping never shortens, so text cut here would be cut there as well. */
enum { RAW_MAX = 4096 };

struct code_row {
    const char *slug;
    const char *meaning;
    int status;
};

static const struct code_row codes[] = {
#define CODE_ROW(name, status_, slug_, meaning_) \
    [WP_E_##name] = {.slug = (slug_), .meaning = (meaning_), .status = (status_)},
    WP_ERR_CODES(CODE_ROW)
#undef CODE_ROW
};

static const struct code_row *code_row(enum wp_code code)
{
    return (size_t)code < WP_ARRAY_LEN(codes) ? &codes[code] : &codes[WP_E_OTHER];
}

int wp_code_status(enum wp_code code)
{
    return code_row(code)->status;
}

const char *wp_code_slug(enum wp_code code)
{
    return code_row(code)->slug;
}

const char *wp_code_meaning(enum wp_code code)
{
    return code_row(code)->meaning;
}

static void set_message(struct wp_err *err, enum wp_code code, const char *raw)
{
    err->code = code;
    err->has_at = false;
    err->hint[0] = '\0';
    wp_escape_to(err->msg, sizeof(err->msg), wp_span_str(raw));
}

int wp_vfail(struct wp_err *err, enum wp_code code, const char *fmt, va_list args)
{
    /* By way of a second array: an argument may point into err. */
    char raw[RAW_MAX];
    if (vsnprintf(raw, sizeof(raw), fmt, args) < 0) {
        raw[0] = '\0';
    }
    set_message(err, code, raw);
    return -1;
}

int wp_fail(struct wp_err *err, enum wp_code code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int ret = wp_vfail(err, code, fmt, args);
    va_end(args);
    return ret;
}

static enum wp_code errno_code(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return WP_E_NOT_FOUND;
    case EEXIST:
        return WP_E_EXISTS;
    case EPIPE:
        return WP_E_PIPE;
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
    case ENOTCONN:
        return WP_E_NETWORK;
    default:
        return WP_E_IO;
    }
}

int wp_fail_errno(struct wp_err *err, int errnum, const char *fmt, ...)
{
    char raw[RAW_MAX];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(raw, sizeof(raw), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : WP_MIN((size_t)n, sizeof(raw) - 1);
    char words[128];
    (void)snprintf(raw + len, sizeof(raw) - len, ": %s", strerror_r(errnum, words, sizeof(words)));
    set_message(err, errno_code(errnum), raw);
    return -1;
}

int wp_wrap(struct wp_err *err, const char *fmt, ...)
{
    char raw[RAW_MAX];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(raw, sizeof(raw), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : WP_MIN((size_t)n, sizeof(raw) - 1);
    /* What is escaped already stays as it is: escapes consist of printable ASCII. */
    (void)snprintf(raw + len, sizeof(raw) - len, ": %s", err->msg);
    wp_escape_to(err->msg, sizeof(err->msg), wp_span_str(raw));
    return -1;
}

int wp_hint(struct wp_err *err, const char *fmt, ...)
{
    char raw[RAW_MAX];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(raw, sizeof(raw), fmt, args) < 0) {
        raw[0] = '\0';
    }
    va_end(args);
    /* Line by line: a hint may hold several. */
    size_t used = 0;
    for (const char *line = raw; used + 1 < sizeof(err->hint);) {
        const char *end = strchrnul(line, '\n');
        wp_escape_to(err->hint + used, sizeof(err->hint) - used, wp_span(line, (size_t)(end - line)));
        used += strlen(err->hint + used);
        if (*end == '\0') {
            break;
        }
        if (used + 1 < sizeof(err->hint)) {
            err->hint[used++] = '\n';
            err->hint[used] = '\0';
        }
        line = end + 1;
    }
    return -1;
}

void wp_err_clear(struct wp_err *err)
{
    err->code = WP_E_OK;
    err->has_at = false;
    err->msg[0] = '\0';
    err->hint[0] = '\0';
}
