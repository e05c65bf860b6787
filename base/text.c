/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people (base/text.h). */
#include "base/text.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdlib.h>
#include <wchar.h>

enum { UNIT_MAX = 12 }; /* "\u{10ffff}" and NUL */

/* Characters that steer a display or cannot be seen: C1 controls, soft hyphen, zero-width and bidirectional marks, line
 * and paragraph separators, overrides and isolates, invisible operators, BOM, annotation marks, tags. */
static bool steers(int32_t cp)
{
    static const int32_t ranges[][2] = {
        {0x80, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(ranges); i++) {
        if (cp >= ranges[i][0] && cp <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

/* The next character at *p as it may be shown; returns its length in ret. */
static size_t escape_unit(const uint8_t **p, const uint8_t *end, char ret[UNIT_MAX])
{
    const uint8_t *start = *p;
    int32_t cp = wp_utf8_next(p, end);
    int n = 0;
    if (cp < 0) {
        n = snprintf(ret, UNIT_MAX, "\\x%02x", *start);
    } else if (cp == '\n' || cp == '\r' || cp == '\t') {
        n = snprintf(ret, UNIT_MAX, "\\%c", cp == '\n' ? 'n' : cp == '\r' ? 'r' : 't');
    } else if (cp < 0x20 || cp == 0x7f) {
        n = snprintf(ret, UNIT_MAX, "\\x%02x", (unsigned)cp);
    } else if (steers(cp)) {
        n = snprintf(ret, UNIT_MAX, "\\u{%x}", (unsigned)cp);
    } else {
        n = (int)(*p - start);
        memcpy(ret, start, (size_t)n);
    }
    return (size_t)n;
}

void wp_escape(struct wp_buf *b, struct wp_span text)
{
    const uint8_t *end = text.ptr + text.len;
    for (const uint8_t *p = text.ptr; p < end;) {
        char unit[UNIT_MAX];
        size_t n = escape_unit(&p, end, unit);
        wp_buf_add(b, unit, n);
    }
}

char *wp_escape_to(char *ret, size_t ret_size, struct wp_span text)
{
    static const char dots[] = "...";
    if (ret_size == 0) {
        return ret;
    }
    size_t room = ret_size - 1;
    size_t used = 0;
    size_t cut = 0; /* the last place between characters where the dots still fit */
    const uint8_t *end = text.ptr + text.len;
    for (const uint8_t *p = text.ptr; p < end;) {
        char unit[UNIT_MAX];
        size_t n = escape_unit(&p, end, unit);
        if (n > room - used) {
            size_t d = WP_MIN(room - cut, sizeof(dots) - 1);
            memcpy(ret + cut, dots, d);
            used = cut + d;
            break;
        }
        memcpy(ret + used, unit, n);
        used += n;
        if (room - used >= sizeof(dots) - 1) {
            cut = used;
        }
    }
    ret[used] = '\0';
    return ret;
}

char *wp_size_text(uint64_t bytes, char ret[WP_SIZE_TEXT])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1000) {
        (void)snprintf(ret, WP_SIZE_TEXT, "%u B", (unsigned)bytes);
        return ret;
    }
    uint64_t unit = 1;
    for (size_t i = 0; i < WP_ARRAY_LEN(units); i++) {
        unit <<= 10;
        uint64_t tenths = bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
        uint64_t whole = bytes / unit + (bytes % unit >= unit / 2);
        if (tenths < 1000) {
            (void)snprintf(ret, WP_SIZE_TEXT, "%u.%u %s", (unsigned)(tenths / 10), (unsigned)(tenths % 10), units[i]);
            break;
        }
        if (whole < 1000) {
            (void)snprintf(ret, WP_SIZE_TEXT, "%u %s", (unsigned)whole, units[i]);
            break;
        }
    }
    return ret;
}

char *wp_number_text(uint64_t n, char ret[WP_NUMBER_TEXT])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    char *out = ret;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            *out++ = ',';
        }
        *out++ = digits[i];
    }
    *out = '\0';
    return ret;
}

char *wp_duration_text(uint64_t ms, char ret[WP_SIZE_TEXT])
{
    uint64_t tenths = ms / 100 + (ms % 100 >= 50);
    uint64_t s = ms / 1000 + (ms % 1000 >= 500);
    if (tenths < 100) {
        (void)snprintf(ret, WP_SIZE_TEXT, "%u.%u s", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
    } else if (s < 60) {
        (void)snprintf(ret, WP_SIZE_TEXT, "%u s", (unsigned)s);
    } else if (s < 3600) {
        (void)snprintf(ret, WP_SIZE_TEXT, "%u m %02u s", (unsigned)(s / 60), (unsigned)(s % 60));
    } else if (s < 1000 * UINT64_C(3600)) {
        (void)snprintf(ret, WP_SIZE_TEXT, "%u h %02u m", (unsigned)(s / 3600), (unsigned)(s % 3600 / 60));
    } else {
        (void)snprintf(ret, WP_SIZE_TEXT, "%llu d", (unsigned long long)(s / 86400));
    }
    return ret;
}

enum { WORD_MAX = 64 };

/* Levenshtein distance where two swapped neighbours count once. Both are at most WORD_MAX long. */
static size_t distance(const char *a, size_t an, const char *b, size_t bn)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *now = rows[2];
    memset(rows, 0, sizeof(rows));
    for (size_t j = 0; j <= bn; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= an; i++) {
        now[0] = i;
        for (size_t j = 1; j <= bn; j++) {
            size_t d = WP_MIN(above[j], now[j - 1]) + 1;
            d = WP_MIN(d, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d = WP_MIN(d, before[j - 2] + 1);
            }
            now[j] = d;
        }
        size_t *spare = before;
        before = above;
        above = now;
        now = spare;
    }
    return above[bn];
}

const char *wp_nearest(const char *word, const char *const *candidates)
{
    size_t len = strlen(word);
    if (len > WORD_MAX) {
        return NULL;
    }
    const char *best = NULL;
    size_t best_distance = 1 + len / 3 + 1;
    for (; *candidates != NULL; candidates++) {
        size_t n = strlen(*candidates);
        if (n > WORD_MAX) {
            continue;
        }
        size_t d = distance(word, len, *candidates, n);
        if (d < best_distance) {
            best = *candidates;
            best_distance = d;
        }
    }
    return best;
}

struct placed_text {
    const char *text;
    size_t place;
};

static int by_text(const void *a, const void *b)
{
    const struct placed_text *x = a;
    const struct placed_text *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : x->place < y->place ? -1 : 1;
}

size_t wp_first_repeat(const char *const *list, size_t n, size_t *ret_earlier)
{
    WP_AUTO_FREE struct placed_text *sorted = wp_xcalloc(n + 1, sizeof(*sorted));
    size_t first = n;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = (struct placed_text){.text = list[i], .place = i};
    }
    if (n > 1) {
        qsort(sorted, n, sizeof(*sorted), by_text);
    }
    for (size_t i = 1; i < n; i++) {
        if (sorted[i].place < first && wp_str_eq(sorted[i].text, sorted[i - 1].text)) {
            first = sorted[i].place;
            *ret_earlier = sorted[i - 1].place;
        }
    }
    return first;
}

void wp_percent_encode(struct wp_buf *b, const char *text, const char *keep)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        char c = *text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || strchr("-._~", c) != NULL || strchr(keep, c) != NULL) {
            wp_buf_add_char(b, c);
        } else {
            char three[3] = {'%', hex[(unsigned char)c >> 4], hex[(unsigned char)c & 15]};
            wp_buf_add(b, three, sizeof(three));
        }
    }
}

size_t wp_columns(const char *text)
{
    size_t columns = 0;
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + strlen(text);
    while (p < end) {
        int32_t cp = wp_utf8_next(&p, end);
        int w = cp < 0 ? 1 : wcwidth((wchar_t)cp);
        if (w < 0) {
            /* Control bytes take no column; what the locale does not know is taken for one. */
            w = cp < 0xa0 ? 0 : 1;
        }
        columns += (size_t)w;
    }
    return columns;
}

void wp_escape_xml(struct wp_buf *b, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            wp_buf_add_str(b, "&amp;");
            break;
        case '<':
            wp_buf_add_str(b, "&lt;");
            break;
        case '>':
            wp_buf_add_str(b, "&gt;");
            break;
        case '"':
            wp_buf_add_str(b, "&quot;");
            break;
        case '\'':
            wp_buf_add_str(b, "&#39;");
            break;
        default:
            wp_buf_add_char(b, *p);
        }
    }
}
