/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers and bytes as text: strict parsing (whole text, no sign, no leading blanks), hex, base64, UTF-8. libc only. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Decimal digits only; false when empty, other characters, or outside min..max. */
bool wp_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
/* "1048576", "64MiB", "1.5GiB", "500k": KiB MiB GiB TiB and k M G (1000s; also kB MB GB). */
bool wp_parse_size(const char *text, uint64_t *ret);
/* "30s", "5m", "1h", "250ms", "2d", plain seconds. Milliseconds. */
bool wp_parse_duration(const char *text, uint64_t *ret_ms);

/* Lower-case hex of len bytes, NUL-terminated: ret has 2 * len + 1 bytes. */
void wp_hex(const uint8_t *bytes, size_t len, char *ret);
/* Lower-case hex only, exactly 2 * len characters. */
bool wp_unhex(const char *text, uint8_t *ret, size_t len);

/* Standard alphabet with padding (RFC 4648 section 4) appended to b; decoding accepts missing padding, nothing else
 * odd. url: the alphabet of section 5, without padding. */
void wp_base64(struct wp_buf *b, struct wp_span bytes, bool url);
bool wp_unbase64(struct wp_buf *b, const char *text, size_t len, bool url);

/* The code point at *p (< end), with *p moved past it; -1 and *p moved by one byte when it is not well-formed UTF-8. */
int32_t wp_utf8_next(const uint8_t **p, const uint8_t *end);
bool wp_utf8_is(struct wp_span bytes);
