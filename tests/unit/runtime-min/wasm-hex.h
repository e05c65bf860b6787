/* SPDX-License-Identifier: Apache-2.0
 *
 * Small WebAssembly binaries in test code: hex text with blanks, and the preambles. */
#pragma once

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#define HEX_MODULE    "0061736d 01000000 "
#define HEX_COMPONENT "0061736d 0d000100 "

/* The bytes of hex text (blanks ignored) appended to b; fails the test when it is not hex. */
void wasm_hex(struct wp_buf *b, const char *hex);
/* A section: id, size as LEB128, body. */
void wasm_section(struct wp_buf *b, uint8_t id, struct wp_span body);
/* A custom section with raw payload. */
void wasm_custom(struct wp_buf *b, const char *name, struct wp_span payload);
/* A length as LEB128. */
void wasm_leb(struct wp_buf *b, uint64_t n);
