/* SPDX-License-Identifier: Apache-2.0
 *
 * What the scanner's files share: the state of one walk and the doors between modules and components. Private to
 * runtime-min/scan*.c. */
#pragma once

#include "runtime-min/scan.h"

struct scan {
    const struct wrt_visitor *v;
    struct wrt_summary sum;
    uint64_t sections;         /* seen so far at all depths, held against WP_LIMIT_WASM_SECTIONS */
    uint64_t imports, exports; /* of the outermost component, held against WP_LIMIT_WASM_NAMES */
};

/* Walk what follows the preamble up to c->end. depth 0 is the outermost binary. Non-zero: error or the visitor's. */
int scan_core(struct scan *s, struct wp_wasm_cursor *c, unsigned depth, struct wp_err *err) WP_MUST_USE;
int scan_component(struct scan *s, struct wp_wasm_cursor *c, unsigned depth, struct wp_err *err) WP_MUST_USE;

/* Count the section and tell the visitor. */
int scan_section(struct scan *s, unsigned depth, const struct wp_wasm_section *section, const char *title,
                 struct wp_err *err) WP_MUST_USE;
/* A cursor over the section's body; offsets in messages stay those of the whole binary. */
struct wp_wasm_cursor scan_body(const struct wp_wasm_cursor *c, const struct wp_wasm_section *section);
/* The cursor must have reached its end. */
int scan_end(const struct wp_wasm_cursor *c, const char *title, struct wp_err *err) WP_MUST_USE;
/* The count at the head of a vector of imports or exports, within WP_LIMIT_WASM_NAMES. */
int scan_count(struct wp_wasm_cursor *c, const char *what, uint32_t *ret, struct wp_err *err) WP_MUST_USE;
/* A 33-bit signed LEB128: heap types and value types. */
int scan_s33(struct wp_wasm_cursor *c, int64_t *ret, struct wp_err *err) WP_MUST_USE;
