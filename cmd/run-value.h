/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of core WebAssembly as text, both ways: what `--invoke` is given and prints, what a test expects. Slots as
 * runtime-min/run.h has them. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "runtime-min/type.h"

/* Slots of one value. */
unsigned run_value_slots(uint32_t type);
/* i32, i64: decimal or 0x hex, with a sign or up to the unsigned maximum. f32, f64: decimal, hex, inf, nan, nan:0x…
 * (its payload). v128: 0x and 32 hex digits, the highest lane first. References: null where the type has it, externref
 * also a number below 2^62. False: not such a value, or a type whose values nobody can type. */
bool run_value_parse(uint32_t type, const char *text, uint64_t *ret_slots) WP_MUST_USE;
/* The same back; integers signed, floats as short as they come back the same. A reference that is neither null nor a
 * host's number is "(ref)". */
void run_value_text(uint32_t type, const uint64_t *slots, struct wp_buf *b);
/* The same value: bits; of NaNs any is as good as another when loose. */
bool run_value_equal(uint32_t type, const uint64_t *a, const uint64_t *b, bool loose);
/* What may be typed for it, in words. */
const char *run_value_form(uint32_t type);
/* "add(i32, i32) -> i64" appended. types holds type. */
void run_signature(const struct wrt_types *types, uint32_t type, const char *name, struct wp_buf *b);
