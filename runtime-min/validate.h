/* SPDX-License-Identifier: Apache-2.0
 *
 * The doors between the files that decode and validate. Private to runtime-min.
 *
 * Every refusal is WP_E_MODULE and reads "at byte 0x1f: CLASS: detail", CLASS in the words of the official test suite
 * ("type mismatch", "unknown local", "unexpected end", ...), detail what was expected and what was found; the byte is
 * that of the instruction or item at fault. Going past a row of base/limits.h or out of memory is WP_E_LIMIT. */
#pragma once

#include "runtime-min/module.h"

/* ---- module-*.c: sections ---- */

/* Decode and validate all but function bodies; c stands behind the preamble and ends with the module. m->types, base,
 * bytes and features are set by the caller. */
int wrt_module_decode(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_mem *mem,
                      struct wp_err *err) WP_MUST_USE;
/* All bodies, on `threads` threads (base/pool.h); of several faults that of the lowest function wins, whatever the
 * number of threads. Adds to m->used. *ret_func: the function at fault, WRT_NO_INDEX. */
int wrt_module_validate_code(struct wrt_module *m, unsigned threads, struct wrt_mem *mem, uint32_t *ret_func,
                             struct wp_err *err) WP_MUST_USE;

/* One entry of a type section: a recursive group, whose ids are added to *type_ids (of uint32_t), which m borrows. */
int wrt_read_rectype(struct wrt_module *m, struct wrt_vec *type_ids, struct wp_wasm_cursor *c,
                     struct wp_err *err) WP_MUST_USE;
/* What an import is of: the kind byte and the type. */
struct wrt_externtype {
    enum wrt_extern_kind kind;
    union {
        uint32_t type; /* func, tag: canonical id */
        struct wrt_table table;
        struct wrt_limits memory;
        struct wrt_global global;
    } as;
};
int wrt_read_externtype(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_externtype *ret,
                        struct wp_err *err) WP_MUST_USE;

/* The word for a section of a module. */
const char *wrt_section_title(uint8_t id);

/* Readers of types, shared with the code. They check feature bits of m and indices below m->type_count. */
int wrt_read_valtype(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret,
                     struct wp_err *err) WP_MUST_USE;
int wrt_read_reftype(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret,
                     struct wp_err *err) WP_MUST_USE;
/* The heap part only (WRT_HEAP bits). */
int wrt_read_heaptype(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret,
                      struct wp_err *err) WP_MUST_USE;

/* Features that a value type needs; the readers have checked them, callers add them to what is used. */
uint64_t wrt_type_features(uint32_t type);
/* m must allow the feature(s); "unexpected content: WHAT needs the feature 'NAME'" and a hint. */
int wrt_need_feature(const struct wrt_module *m, uint64_t feature, const uint8_t *at, const char *what,
                     struct wp_err *err) WP_MUST_USE;

/* A constant expression up to and with its `end`; its result must match `want`. Globals it names must stand below
 * global_limit. Functions it names become declared. */
int wrt_const_validate(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t want, uint32_t global_limit,
                       struct wp_span *ret, struct wp_err *err) WP_MUST_USE;

/* ---- code-*.c: bodies ---- */

/* What one thread needs to validate functions, used again and again; it grows to at most `most` bytes. */
struct wrt_scratch;
struct wrt_scratch *wrt_scratch_new(uint64_t most); /* NULL: no memory */
void wrt_scratch_free(struct wrt_scratch *s);
uint64_t wrt_scratch_used(const struct wrt_scratch *s); /* features that the bodies seen so far used */
/* Validate the i-th defined function and fill its max_height and max_labels. Nothing else of m is written. */
int wrt_code_validate(const struct wrt_module *m, uint32_t i, struct wrt_scratch *s, struct wp_err *err) WP_MUST_USE;

/* "at byte 0x…: " and the text; sets err->at. Returns -1. */
int wrt_fail_at(const struct wrt_module *m, const uint8_t *at, struct wp_err *err, const char *fmt, ...)
    WP_PRINTF(4, 5);
