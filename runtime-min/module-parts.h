/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that decode a module share. Private to runtime-min/module-*.c and const.c. */
#pragma once

#include "runtime-min/feature.h"
#include "runtime-min/validate.h"

/* A module being decoded: the arrays that m borrows; they may move while they grow, so m is told after each. */
struct decode {
    struct wrt_module *m;
    struct wrt_mem *mem;
    struct wrt_vec type_ids, funcs, tables, memories, globals, tags, imports;
    uint32_t claimed_data;  /* of the data count section */
    const uint8_t *code_at; /* the count of bodies; NULL: no code section */
};

/* wrt_need_feature; and it counts as used then. */
static inline int wrt_use_feature(struct wrt_module *m, uint64_t feature, const uint8_t *at, const char *what,
                                  struct wp_err *err)
{
    m->used |= feature;
    return (m->features & feature) == feature ? 0 : wrt_need_feature(m, feature, at, what, err);
}
/* The count of a vector whose items take at least `least` bytes each, held against a limit before anything is
 * allocated. have: items of the same space that are there already. */
int wrt_read_count(struct wp_wasm_cursor *c, const char *what, uint64_t have, uint64_t limit, size_t least,
                   uint32_t *ret, struct wp_err *err) WP_MUST_USE;
/* As wrt_read_heaptype, of a module whose current recursive group adds `local` types to those that are complete. */
int wrt_read_heap_in(const struct wrt_module *m, uint32_t local, struct wp_wasm_cursor *c, uint32_t *ret,
                     struct wp_err *err) WP_MUST_USE;
int wrt_read_valtype_in(const struct wrt_module *m, uint32_t local, struct wp_wasm_cursor *c, uint32_t *ret,
                        struct wp_err *err) WP_MUST_USE;

int wrt_read_mutability(const struct wrt_module *m, struct wp_wasm_cursor *c, bool *ret,
                        struct wp_err *err) WP_MUST_USE;

/* The parts of wrt_read_externtype. */
int wrt_read_func_type(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret,
                       struct wp_err *err) WP_MUST_USE;
int wrt_read_table_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_table *ret,
                        struct wp_err *err) WP_MUST_USE;
int wrt_read_memory_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_limits *ret,
                         struct wp_err *err) WP_MUST_USE;
int wrt_read_global_type(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_global *ret,
                         struct wp_err *err) WP_MUST_USE;
int wrt_read_tag_type(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err) WP_MUST_USE;

/* ref.func may name it. */
static inline void wrt_declare(struct wrt_module *m, uint32_t func)
{
    m->declared[func >> 3] |= (uint8_t)(1u << (func & 7));
}

/* One per section; c ends with it. */

int wrt_decode_types(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_imports(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_functions(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_tables(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_memories(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_tags(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_globals(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_exports(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_start(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_elements(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_data_count(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_code(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int wrt_decode_data(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
