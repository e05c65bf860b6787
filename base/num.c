/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers and bytes as text (base/num.h). */
#include "base/num.h"

/* Digits at *p, moved past them; false when there is none or the value does not fit. */
static bool digits(const char **p, uint64_t *ret)
{
    const char *s = *p;
    uint64_t n = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        if (wp_mul_overflows(n, 10, &n) || wp_add_overflows(n, (uint64_t)(*s - '0'), &n)) {
            return false;
        }
    }
    if (s == *p) {
        return false;
    }
    *p = s;
    *ret = n;
    return true;
}

bool wp_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;
    if (!digits(&text, &n) || *text != '\0' || n < min || n > max) {
        return false;
    }
    *ret = n;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
    {"TiB", UINT64_C(1) << 40},
    {"k", 1000},
    {"kB", 1000},
    {"M", 1000000},
    {"MB", 1000000},
    {"G", 1000000000},
    {"GB", 1000000000},
};

static const struct unit duration_units[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

static const struct unit *unit_find(const struct unit *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (wp_str_eq(list[i].name, name)) {
            return &list[i];
        }
    }
    return NULL;
}

bool wp_parse_size(const char *text, uint64_t *ret)
{
    uint64_t whole = 0;
    if (!digits(&text, &whole)) {
        return false;
    }
    uint64_t fraction = 0;
    uint64_t scale = 1;
    bool dot = *text == '.';
    if (dot) {
        const char *start = ++text;
        /* Six places keep fraction * factor within 64 bits. */
        if (!digits(&text, &fraction) || text - start > 6) {
            return false;
        }
        for (const char *s = start; s < text; s++) {
            scale *= 10;
        }
    }
    const struct unit *u = unit_find(size_units, WP_ARRAY_LEN(size_units), text);
    if (u == NULL || (dot && u->factor == 1)) {
        return false;
    }
    uint64_t n = 0;
    if (wp_mul_overflows(whole, u->factor, &n) || wp_add_overflows(n, fraction * u->factor / scale, &n)) {
        return false;
    }
    *ret = n;
    return true;
}

bool wp_parse_duration(const char *text, uint64_t *ret_ms)
{
    uint64_t n = 0;
    if (!digits(&text, &n)) {
        return false;
    }
    const struct unit *u = unit_find(duration_units, WP_ARRAY_LEN(duration_units), text);
    if (u == NULL || wp_mul_overflows(n, u->factor, &n)) {
        return false;
    }
    *ret_ms = n;
    return true;
}

void wp_hex(const uint8_t *bytes, size_t len, char *ret)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = hex[bytes[i] >> 4];
        ret[2 * i + 1] = hex[bytes[i] & 15];
    }
    ret[2 * len] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool wp_unhex(const char *text, uint8_t *ret, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(text[2 * i]);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * len] == '\0';
}

static const char alphabet_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=";

void wp_base64(struct wp_buf *b, struct wp_span bytes, bool url)
{
    const char *alphabet = url ? alphabet_url : alphabet_std;
    wp_buf_reserve(b, bytes.len / 3 * 4 + 4);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = WP_MIN(bytes.len - i, (size_t)3);
        uint32_t v = (uint32_t)bytes.ptr[i] << 16;
        v |= n > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0;
        v |= n > 2 ? (uint32_t)bytes.ptr[i + 2] : 0;
        enum { PAD = 64 };
        char four[4] = {alphabet[v >> 18 & 63], alphabet[v >> 12 & 63], alphabet[n > 1 ? v >> 6 & 63 : PAD],
                        alphabet[n > 2 ? v & 63 : PAD]};
        wp_buf_add(b, four, url ? n + 1 : 4);
    }
}

static int base64_value(char c, bool url)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == (url ? '-' : '+')) {
        return 62;
    }
    return c == (url ? '_' : '/') ? 63 : -1;
}

bool wp_unbase64(struct wp_buf *b, const char *text, size_t len, bool url)
{
    if (len != 0 && len % 4 == 0 && text[len - 1] == '=') {
        len -= text[len - 2] == '=' ? 2 : 1;
    }
    if (len % 4 == 1) {
        return false;
    }
    size_t before = b->len;
    wp_buf_reserve(b, len / 4 * 3 + 3);
    uint32_t acc = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < len; i++) {
        int v = base64_value(text[i], url);
        if (v < 0) {
            wp_buf_cut(b, before);
            return false;
        }
        acc = (acc << 6 | (uint32_t)v) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            uint8_t byte = (uint8_t)(acc >> bits & 0xff);
            wp_buf_add(b, &byte, 1);
        }
    }
    if ((acc & ((1U << bits) - 1)) != 0) { /* left-over bits: two texts would mean the same bytes */
        wp_buf_cut(b, before);
        return false;
    }
    return true;
}

int32_t wp_utf8_next(const uint8_t **p, const uint8_t *end)
{
    const uint8_t *s = *p;
    uint8_t first = *s;
    *p = s + 1;
    if (first < 0x80) {
        return first;
    }
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || (size_t)(end - s) <= more) {
        return -1;
    }
    int32_t cp = first & (0x3f >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return -1;
        }
        cp = cp << 6 | (s[i] & 0x3f);
    }
    /* Longer forms than needed, surrogates, and what lies beyond Unicode. */
    if ((more == 2 && cp < 0x800) || (more == 3 && cp < 0x10000) || (cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff) {
        return -1;
    }
    *p = s + 1 + more;
    return cp;
}

bool wp_utf8_is(struct wp_span bytes)
{
    const uint8_t *end = bytes.ptr + bytes.len;
    for (const uint8_t *p = bytes.ptr; p < end;) {
        if (wp_utf8_next(&p, end) < 0) {
            return false;
        }
    }
    return true;
}
