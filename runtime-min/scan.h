/* SPDX-License-Identifier: Apache-2.0
 *
 * The door of runtime-min: load a module or component, which validates all of it (core 3.0 section 3, component-model
 * Explainer and Binary), and tell what it is. What was loaded borrows the bytes and allocates within a budget only. */
#pragma once

#include "runtime-min/feature.h"
#include "runtime-min/module.h"

struct wrt_component;

struct wrt_options {         /* zero is the default */
    uint64_t features;       /* 0: wrt_features_default() */
    uint64_t memory;         /* bytes that may be allocated; 0: wrt_budget(size) */
    unsigned threads;        /* for function bodies; 0: one */
    struct wrt_types *types; /* shared with others, e.g. of a store (wrt_store_types); NULL: its own */
};

/* What a binary of that size may cost: WP_LIMIT_WASM_MEMORY and 16 times its size, of large ones twice their size. */
uint64_t wrt_budget(uint64_t size);

struct wrt_binary; /* valid */

/* Where a refusal stands, for machines; the words are in wp_err. */
struct wrt_fault {
    uint64_t offset;     /* from the begin of the binary; UINT64_MAX: none */
    uint32_t function;   /* index, WRT_NO_INDEX: outside of functions */
    struct wp_span name; /* of the function, borrowed from the bytes, empty: none */
    unsigned depth;      /* 0: the binary itself, else nested in a component */
};

/* WP_E_MODULE "global section: at byte 0x1f: type mismatch: …", in a function "function 12 'main': at byte …";
 * WP_E_LIMIT. Text format and other lookalikes are named, with a hint. ret_fault (may be NULL) is set on failure. */
int wrt_load(struct wp_span bytes, const struct wrt_options *o, WP_OWN struct wrt_binary **ret,
             struct wrt_fault *ret_fault, struct wp_err *err) WP_MUST_USE;
void wrt_binary_free(WP_OWN struct wrt_binary *b);

enum wp_wasm_kind wrt_binary_kind(const struct wrt_binary *b);
const struct wrt_module *wrt_binary_module(const struct wrt_binary *b);       /* NULL: a component */
const struct wrt_component *wrt_binary_component(const struct wrt_binary *b); /* NULL: a module */
uint64_t wrt_binary_features(const struct wrt_binary *b);                     /* that it uses, nested ones included */

struct wrt_extern {
    struct wp_span module; /* core imports: first name; else empty */
    struct wp_span name;   /* components: the extern name, e.g. wasi:io/error@0.2.0 */
    enum wrt_extern_kind kind;
    const struct wrt_module *m; /* core: whose index it is; else NULL */
    uint32_t index;
};

/* Each callback may be NULL; non-zero stops and is returned. depth 0 is the binary itself; nested modules and
 * components of a component have depth 1 and more. Spans point into the bytes given. */
struct wrt_visitor {
    int (*section)(void *arg, unsigned depth, const struct wp_wasm_section *s, const char *title, struct wp_err *err);
    int (*import)(void *arg, const struct wrt_extern *x, struct wp_err *err); /* depth 0 */
    int (*export)(void *arg, const struct wrt_extern *x, struct wp_err *err); /* depth 0 */
    int (*custom)(void *arg, unsigned depth, struct wp_span name, struct wp_span body, struct wp_err *err);
    /* Defined functions of every core module, in binary order; index counts the module's imports. */
    int (*function)(void *arg, unsigned depth, const struct wrt_module *m, uint32_t index, struct wp_span body,
                    struct wp_err *err);
    /* Each core module, depth 0 or nested, before its functions. */
    int (*module)(void *arg, unsigned depth, const struct wrt_module *m, struct wp_err *err);
    void *arg;
};

struct wrt_summary {
    enum wp_wasm_kind kind;
    uint32_t functions; /* defined; nested ones included for components */
    uint64_t code_bytes, data_bytes;
    uint64_t features; /* used */
};

/* Tell the visitor what was loaded. */
int wrt_visit(const struct wrt_binary *b, const struct wrt_visitor *v, struct wrt_summary *ret,
              struct wp_err *err) WP_MUST_USE;
/* wrt_load, wrt_visit, wrt_binary_free: pack's only door. */
int wrt_scan(struct wp_span bytes, const struct wrt_options *o, const struct wrt_visitor *v, struct wrt_summary *ret,
             struct wp_err *err) WP_MUST_USE;
const char *wrt_extern_kind_name(enum wrt_extern_kind kind);
/* The type of a core import or export in the text format's words, without its kind: "(param i32) (result i32)",
 * "17 32 shared", "(mut i32)", "1 funcref". Components: wit.h. snprintf's manners. */
size_t wrt_extern_text(const struct wrt_extern *x, char *out, size_t room);
