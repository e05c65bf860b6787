/* SPDX-License-Identifier: Apache-2.0
 *
 * Framing of WebAssembly binaries (core 3.0, sections 5.2 and 5.5; component-model Binary.md). A cursor only moves
 * forward and never past its end; numbers are compared with what is left before they are used. */
#include "base/wasm-section.h"

#include "base/limits.h"
#include "base/num.h"

int wp_wasm_fail(const struct wp_wasm_cursor *c, struct wp_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    wp_vfail(err, WP_E_MODULE, fmt, args);
    va_end(args);
    err->has_at = true;
    err->at = (uint64_t)(c->p - c->start);
    return wp_wrap(err, "at byte 0x%zx", (size_t)(c->p - c->start));
}

static size_t left(const struct wp_wasm_cursor *c)
{
    return (size_t)(c->end - c->p);
}

static int preamble_version(const struct wp_wasm_cursor *c, struct wp_err *err)
{
    unsigned version = (unsigned)(c->p[4] | c->p[5] << 8);
    unsigned layer = (unsigned)(c->p[6] | c->p[7] << 8);
    if (layer == 0) {
        return wp_wasm_fail(c, err, "unknown binary version: module version %u, only 1 is known", version);
    }
    if (layer == 1) {
        wp_wasm_fail(c, err, "unknown binary version: component version 0x%x, only 0xd is known", version);
        return version < 0x0d ? wp_hint(err, "it was made by an early component toolchain; build it again") : -1;
    }
    return wp_wasm_fail(c, err, "unknown binary version: layer %u, only 0 (module) and 1 (component) are known", layer);
}

int wp_wasm_preamble(struct wp_wasm_cursor *c, enum wp_wasm_kind *ret, struct wp_err *err)
{
    static const uint8_t module[8] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00};
    static const uint8_t component[8] = {0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00};
    size_t n = WP_MIN(left(c), sizeof(module));
    if (n >= 4 && memcmp(c->p, module, 4) != 0) {
        return wp_wasm_fail(c, err, "magic header not detected: does not begin with the bytes 00 61 73 6d ('\\0asm')");
    }
    if (n < sizeof(module)) {
        return wp_wasm_fail(c, err, "unexpected end after %zu of the 8 bytes that every WebAssembly binary begins with",
                            n);
    }
    if (memcmp(c->p, module, sizeof(module)) == 0) {
        *ret = WP_WASM_MODULE;
    } else if (memcmp(c->p, component, sizeof(component)) == 0) {
        *ret = WP_WASM_COMPONENT;
    } else {
        return preamble_version(c, err);
    }
    c->p += sizeof(module);
    return 0;
}

int wp_wasm_end(const struct wp_wasm_cursor *c, struct wp_err *err)
{
    return wp_wasm_fail(c, err, "unexpected end");
}

/* LEB128 of at most ceil(bits / 7) bytes. Unsigned: the last one holds no bits beyond `bits`; signed: those repeat the
 * sign. */
static int leb(struct wp_wasm_cursor *c, unsigned bits, bool sign, uint64_t *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        uint8_t byte = 0;
        if (wp_wasm_byte(&at, &byte, err) < 0) {
            return -1;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        unsigned room = bits - shift;
        if (room < 7 && (byte & 0x80) == 0) {
            unsigned from = sign ? room - 1 : room; /* the first bit that says nothing new */
            unsigned rest = (byte & 0x7fu) >> from;
            if (rest != 0 && !(sign && rest == 0x7fu >> from)) {
                return wp_wasm_fail(c, err, "integer too large: it has more than %u bits", bits);
            }
        }
        if ((byte & 0x80) == 0) {
            bool negative = sign && (byte & 0x40) != 0 && shift + 7 < 64;
            *ret = negative ? value | UINT64_MAX << (shift + 7) : value;
            *c = at;
            return 0;
        }
    }
    return wp_wasm_fail(c, err, "integer representation too long: it has more than %u bytes", (bits + 6) / 7);
}

/* The same where ten bytes are there, without an error: how many bytes it took; 0: it is wrong. */
__attribute__((always_inline)) static inline size_t leb_there(const uint8_t *p, unsigned bits, bool sign, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        uint8_t byte = p[i++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) != 0) {
            continue;
        }
        if (bits - shift < 7) {
            unsigned from = sign ? bits - shift - 1 : bits - shift;
            unsigned rest = (byte & 0x7fu) >> from;
            if (rest != 0 && !(sign && rest == 0x7fu >> from)) {
                return 0;
            }
        }
        bool negative = sign && (byte & 0x40) != 0 && shift + 7 < 64;
        *ret = negative ? value | UINT64_MAX << (shift + 7) : value;
        return i;
    }
    return 0;
}

__attribute__((always_inline)) static inline int leb_any(struct wp_wasm_cursor *c, unsigned bits, bool sign,
                                                         uint64_t *ret, struct wp_err *err)
{
    size_t n = left(c) >= 10 ? leb_there(c->p, bits, sign, ret) : 0;
    c->p += n;
    return n > 0 ? 0 : leb(c, bits, sign, ret, err);
}

int wp_wasm_u32_slow(struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    uint64_t value;
    if (leb_any(c, 32, false, &value, err) < 0) {
        return -1;
    }
    *ret = (uint32_t)value;
    return 0;
}

int wp_wasm_u64_slow(struct wp_wasm_cursor *c, uint64_t *ret, struct wp_err *err)
{
    return leb_any(c, 64, false, ret, err);
}

int wp_wasm_signed_slow(struct wp_wasm_cursor *c, unsigned bits, int64_t *ret, struct wp_err *err)
{
    uint64_t value;
    int rc = bits == 32   ? leb_any(c, 32, true, &value, err)
             : bits == 33 ? leb_any(c, 33, true, &value, err)
                          : leb_any(c, 64, true, &value, err);
    if (rc == 0) {
        *ret = (int64_t)value;
    }
    return rc;
}

int wp_wasm_skip(struct wp_wasm_cursor *c, uint64_t n, struct wp_err *err)
{
    if (n > left(c)) {
        return wp_wasm_fail(c, err, "unexpected end: %llu bytes are claimed, %zu are left", (unsigned long long)n,
                            left(c));
    }
    c->p += n;
    return 0;
}

/* Most names are. */
static bool is_ascii(struct wp_span s)
{
    uint64_t high = 0;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.ptr + i, sizeof(word));
        high |= word;
    }
    for (; i < s.len; i++) {
        high |= s.ptr[i];
    }
    return (high & UINT64_C(0x8080808080808080)) == 0;
}

int wp_wasm_name(struct wp_wasm_cursor *c, struct wp_span *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint32_t len;
    if (wp_wasm_u32(&at, &len, err) < 0) {
        return -1;
    }
    if (len > left(&at)) {
        return wp_wasm_fail(c, err, "unexpected end: a name claims %u bytes, %zu are left", len, left(&at));
    }
    if (len > WP_LIMIT_WASM_NAME) {
        wp_fail(err, WP_E_LIMIT, "a name of %u bytes, at most %llu are allowed", len,
                (unsigned long long)WP_LIMIT_WASM_NAME);
        err->has_at = true;
        err->at = (uint64_t)(c->p - c->start);
        return wp_wrap(err, "at byte 0x%zx", (size_t)(c->p - c->start));
    }
    struct wp_span name = wp_span(at.p, len);
    if (!is_ascii(name) && !wp_utf8_is(name)) {
        return wp_wasm_fail(&at, err, "malformed UTF-8 encoding of a name");
    }
    at.p += len;
    *c = at;
    *ret = name;
    return 0;
}

int wp_wasm_next(struct wp_wasm_cursor *c, struct wp_wasm_section *ret, struct wp_err *err)
{
    if (left(c) == 0) {
        return 0;
    }
    struct wp_wasm_cursor at = *c;
    struct wp_wasm_section s = {.name = wp_span("", 0)};
    uint32_t size;
    if (wp_wasm_byte(&at, &s.id, err) < 0 || wp_wasm_u32(&at, &size, err) < 0) {
        return -1;
    }
    if (size > left(&at)) {
        wp_wasm_fail(c, err, "unexpected end: section %u claims %u bytes, %zu are left", s.id, size, left(&at));
        return wp_hint(err, "the file is damaged or was cut short; fetch or build it again");
    }
    struct wp_wasm_cursor body = {.start = c->start, .p = at.p, .end = at.p + size};
    if (s.id == 0 && wp_wasm_name(&body, &s.name, err) < 0) {
        return wp_wrap(err, "custom section");
    }
    s.body = wp_span(body.p, left(&body));
    s.whole = wp_span(c->p, (size_t)(body.end - c->p));
    c->p = body.end;
    *ret = s;
    return 1;
}
