/* SPDX-License-Identifier: Apache-2.0
 *
 * Framing of WebAssembly binaries: preamble, LEB128 numbers, sections (id, size, content) and names, for core modules
 * and components alike (WebAssembly core 3.0, section 5; component-model Binary.md). Cursors never pass their end. libc
 * only, no allocation. */
#pragma once

#include "base/base.h"
#include "base/err.h"

struct wp_wasm_cursor {
    const uint8_t *start; /* of the whole binary: messages give byte offsets from here */
    const uint8_t *p;
    const uint8_t *end;
};

enum wp_wasm_kind { WP_WASM_MODULE = 1, WP_WASM_COMPONENT = 2 };

struct wp_wasm_section {
    uint8_t id;
    struct wp_span body;  /* content after the size; for id 0 after the name */
    struct wp_span name;  /* id 0: the name (UTF-8 checked); else empty */
    struct wp_span whole; /* id byte .. end of content */
};

/* Reads the 8-byte preamble. All failures here are WP_E_MODULE "at byte 0x…: …". */
int wp_wasm_preamble(struct wp_wasm_cursor *c, enum wp_wasm_kind *ret, struct wp_err *err) WP_MUST_USE;
/* The next section: 1 with *ret set, 0 at the end, -1. Sizes are checked against the end; LEB128 must be minimal in
 * length bound (at most 5 bytes, no bits beyond 32). */
int wp_wasm_next(struct wp_wasm_cursor *c, struct wp_wasm_section *ret, struct wp_err *err) WP_MUST_USE;
int wp_wasm_u32_slow(struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err) WP_MUST_USE;
int wp_wasm_u64_slow(struct wp_wasm_cursor *c, uint64_t *ret, struct wp_err *err) WP_MUST_USE;
int wp_wasm_signed_slow(struct wp_wasm_cursor *c, unsigned bits, int64_t *ret, struct wp_err *err) WP_MUST_USE;
int wp_wasm_end(const struct wp_wasm_cursor *c, struct wp_err *err); /* "unexpected end" */

static inline int wp_wasm_u32(struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    if (c->p < c->end && *c->p < 0x80) {
        *ret = *c->p++;
        return 0;
    }
    return wp_wasm_u32_slow(c, ret, err);
}

static inline int wp_wasm_u64(struct wp_wasm_cursor *c, uint64_t *ret, struct wp_err *err)
{
    if (c->p < c->end && *c->p < 0x80) {
        *ret = *c->p++;
        return 0;
    }
    return wp_wasm_u64_slow(c, ret, err);
}

/* Signed, of 32, 33 or 64 bits. */
static inline int wp_wasm_signed(struct wp_wasm_cursor *c, unsigned bits, int64_t *ret, struct wp_err *err)
{
    if (c->p < c->end && *c->p < 0x80) {
        *ret = (int64_t)(*c->p & 0x3f) - (*c->p & 0x40);
        c->p++;
        return 0;
    }
    return wp_wasm_signed_slow(c, bits, ret, err);
}

static inline int wp_wasm_byte(struct wp_wasm_cursor *c, uint8_t *ret, struct wp_err *err)
{
    if (c->p == c->end) {
        (void)wp_wasm_end(c, err);
        return -1;
    }
    *ret = *c->p++;
    return 0;
}
/* Length-prefixed UTF-8, at most WP_LIMIT_WASM_NAME bytes. */
int wp_wasm_name(struct wp_wasm_cursor *c, struct wp_span *ret, struct wp_err *err) WP_MUST_USE;
int wp_wasm_skip(struct wp_wasm_cursor *c, uint64_t n, struct wp_err *err) WP_MUST_USE;
int wp_wasm_fail(const struct wp_wasm_cursor *c, struct wp_err *err, const char *fmt, ...) WP_PRINTF(3, 4);
