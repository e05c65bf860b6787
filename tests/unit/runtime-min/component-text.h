/* SPDX-License-Identifier: Apache-2.0
 *
 * Components in test code: sections as text, and what the validator says of them. */
#pragma once

#include "runtime-min/scan.h"
#include "wasm-hex.h"

/* "7: 01 42 00; 10: 01 00'a' 05 00": sections by id, their bodies in hex; 'a' is a name with its length, {7: …} in a
 * body a component with its preamble, [1: …] a module. */
void component_text(struct wp_buf *b, const char *text);

/* It loads with the features that are on by default and those words more ("", "cm-values"); the test fails otherwise.
 * b keeps the bytes. Release with wrt_binary_free. */
struct wrt_binary *component_load(struct wp_buf *b, const char *text, const char *features);
void component_ok(const char *text);
/* It is refused (WP_E_MODULE); the message ends in, or with a place holds, what is given. */
void component_refused(const char *text, const char *message);
void component_limited(const char *text, const char *message); /* WP_E_LIMIT */
/* Refused without the feature, accepted with it. */
void component_needs(const char *text, const char *feature);

struct component_case {
    const char *text;
    const char *message; /* NULL: valid */
};
void component_cases(const struct component_case *cases, size_t count);
