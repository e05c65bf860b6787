/* SPDX-License-Identifier: Apache-2.0
 *
 * A strict look at a WebAssembly binary: framing, section order and counts, imports, exports, custom sections (core 3.0
 * section 5.5; component-model Binary.md). It says what the binary holds; whether its code is valid is a later
 * question. Allocates nothing that grows with claims inside the binary. */
#pragma once

#include "base/base.h"
#include "base/err.h"
#include "base/wasm-section.h"

enum wrt_extern_kind {
    WRT_FUNC,
    WRT_TABLE,
    WRT_MEMORY,
    WRT_GLOBAL,
    WRT_TAG, /* core */
    WRT_C_MODULE,
    WRT_C_FUNC,
    WRT_C_VALUE,
    WRT_C_TYPE,
    WRT_C_COMPONENT,
    WRT_C_INSTANCE
};

struct wrt_extern {
    struct wp_span module; /* core imports: first name; else empty */
    struct wp_span name;   /* components: the extern name, e.g. wasi:io/error@0.2.0 */
    enum wrt_extern_kind kind;
};

/* Each callback may be NULL; non-zero stops and is returned. depth 0 is the binary itself; nested modules and
 * components of a component have depth 1 and more. Spans point into the bytes given. */
struct wrt_visitor {
    int (*section)(void *arg, unsigned depth, const struct wp_wasm_section *s, const char *title, struct wp_err *err);
    int (*import)(void *arg, const struct wrt_extern *x, struct wp_err *err); /* depth 0 */
    int (*export)(void *arg, const struct wrt_extern *x, struct wp_err *err); /* depth 0 */
    int (*custom)(void *arg, unsigned depth, struct wp_span name, struct wp_span body, struct wp_err *err);
    void *arg;
};

struct wrt_summary {
    enum wp_wasm_kind kind;
    uint32_t functions; /* defined, core modules; nested ones included for components */
    uint64_t code_bytes, data_bytes;
};

/* Walk all of it. WP_E_MODULE "at byte 0x1f: …" for anything that is not well framed: bad preamble, sizes past the
 * end, sections out of order or twice (core), function and code counts that differ, unknown ids, overlong LEB128, names
 * that are not UTF-8, text format ("this is WebAssembly text; assemble it with wat2wasm first"). */
int wrt_scan(struct wp_span bytes, const struct wrt_visitor *v, struct wrt_summary *ret,
             struct wp_err *err) WP_MUST_USE;
const char *wrt_extern_kind_name(enum wrt_extern_kind kind);
