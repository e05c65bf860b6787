/* SPDX-License-Identifier: Apache-2.0
 *
 * A component's world in the words of WIT (component-model WIT.md): what it imports and exports, with every type that
 * they need. */
#pragma once

#include "runtime-min/component.h"

/* Where text goes; non-zero stops and is returned. */
typedef int (*wrt_write_fn)(void *arg, const char *text, size_t len, struct wp_err *err);

/* `package root:component; world root { … }` and the packages of all interfaces that it names, as `wasm-tools component
 * wit` prints them. */
int wrt_wit_print(const struct wrt_component *c, wrt_write_fn write, void *arg, struct wp_err *err) WP_MUST_USE;
