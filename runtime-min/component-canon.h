/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of canonical definitions share. Private to runtime-min/component-canon.c, -option.c and -builtin.c. */
#pragma once

#include "runtime-min/component-parts.h"

/* A definition under construction. */
struct canon {
    struct scope *s;
    const uint8_t *at;
    struct wrt_canon c;
    bool has_encoding;
};

/* A core function type: 16 parameters and one for the place of the result. */
struct sig {
    uint32_t params[17], results[2];
    uint32_t param_count, result_count;
};

static inline uint32_t canon_pointer(const struct canon *k)
{
    return k->c.is64 ? WRT_I64 : WRT_I32;
}

int canon_options(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
/* How options go together; after all of the definition has been read. */
int canon_check_options(struct canon *k, struct wp_err *err) WP_MUST_USE;
int canon_check_lower(const struct canon *k, struct wp_err *err) WP_MUST_USE;
int canon_memory(struct canon *k, uint32_t index, struct wp_err *err) WP_MUST_USE;
int canon_func_at(const struct canon *k, uint32_t index, const struct wrt_deftype **ret,
                  struct wp_err *err) WP_MUST_USE;
/* The core function of an option has `params` parameters and one result, all of one type. */
int canon_check_helper(struct canon *k, uint32_t index, const char *word, uint32_t params, uint32_t type,
                       struct wp_err *err) WP_MUST_USE;
int canon_need_memory(const struct canon *k, struct wp_err *err) WP_MUST_USE;
int canon_need_realloc(const struct canon *k, struct wp_err *err) WP_MUST_USE;
/* The core signature of a function: params as comp_flat_append made them. */
int canon_flatten(const struct canon *k, const struct wrt_ctype *params, uint32_t result_type, bool lift,
                  struct sig *ret, struct wp_err *err) WP_MUST_USE;
/* The definition makes a core function of that type. */
int canon_push(struct canon *k, const struct sig *g, struct wp_err *err) WP_MUST_USE;
int canon_builtin(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
