/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the front door share: the loaded binary, and the state of one visit. Private to
 * runtime-min/scan*.c. */
#pragma once

#include "runtime-min/component.h"
#include "runtime-min/scan.h"

struct wrt_binary {
    struct wrt_mem mem;
    struct wrt_types own_types;
    struct wrt_types *types; /* own_types, or those of others */
    struct wp_span bytes;
    enum wp_wasm_kind kind;
    uint64_t features; /* allowed */
    uint64_t used;
    unsigned threads;
    struct wrt_module *module;             /* a module */
    const struct wrt_component *component; /* a component */
};

struct scan {
    const struct wrt_visitor *v;
    struct wrt_summary sum;
    uint64_t sections; /* seen so far at all depths, held against WP_LIMIT_WASM_SECTIONS */
};

/* All bodies of a module; of a refusal the function is put down in fault and named in the message. */
int scan_validate_code(struct wrt_module *m, unsigned threads, struct wrt_mem *mem, struct wrt_fault *fault,
                       struct wp_err *err) WP_MUST_USE;
/* Tell the visitor of a module. Non-zero: error or the visitor's. */
int scan_module(struct scan *s, const struct wrt_module *m, unsigned depth, struct wp_err *err) WP_MUST_USE;
int scan_component(struct scan *s, const struct wrt_component *component, struct wp_err *err) WP_MUST_USE;

/* Count the section and tell the visitor. */
int scan_section(struct scan *s, unsigned depth, const struct wp_wasm_section *section, const char *title,
                 struct wp_err *err) WP_MUST_USE;
/* Fails with a name for what was handed in, when it is something well known but not WebAssembly. */
int scan_lookalike(struct wp_span bytes, struct wp_err *err) WP_MUST_USE;
