/* SPDX-License-Identifier: Apache-2.0
 *
 * One constant expression while it is read. Private to runtime-min/const*.c. */
#pragma once

#include "runtime-min/module-parts.h"

enum { FEW = 32 }; /* operands that need no allocation */

struct expr {
    struct wrt_module *m;
    struct wp_wasm_cursor *c;
    const uint8_t *at; /* the instruction */
    uint32_t global_limit;
    struct wrt_vec stack; /* of value types */
    uint32_t few[FEW];
};

/* The operand stack; a message stands at e->at. */
int const_push(struct expr *e, uint32_t type, struct wp_err *err) WP_MUST_USE;
int const_pop(struct expr *e, uint32_t want, struct wp_err *err) WP_MUST_USE;
/* Instructions with the prefix 0xfb: structs, arrays, i31, conversions. */
int const_gc(struct expr *e, struct wp_err *err) WP_MUST_USE;
