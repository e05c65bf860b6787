/* SPDX-License-Identifier: Apache-2.0
 *
 * Function bodies in test code: a module with one of everything, and instructions as text. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

/* The module's types: 0 (), 1 i32 -> i32, 2 -> i32 i64, 3 i32 i64 ->, 4 i32 i32 -> i32, 5 struct (mut i32) i8
 * (mut externref), 6 array (mut i32), 7 array i8, 8 array (mut funcref), 9 struct (ref 5), 10 f32 ->, 11 array (mut
 * i8), 12 -> (ref 5), 13 (ref null 5) -> , 14 -> i32, 15 a supertype of 16: struct (mut i32), 16 struct (mut i32) i64,
 * 17 array (mut i64), 18 -> 16 i31ref, funcref, 19 -> 16 anyref, externref.
 * Functions 0 type 1, 1 type 0, 2 type 2, 3 type 3, 4 type 0 (not declared), 5 type 12. Tables 0 funcref, 1 externref,
 * 2 funcref with 64-bit addresses. Memories 0 of 32, 1 of 64 bits. Globals 0 (mut i32), 1 i64, 2 (mut externref). Tags
 * 0 type 0, 1 type 3, 2 type 10. Element segments 0 funcref, 1 externref; data segments 0 and 1. */
struct code_case {
    uint32_t type;       /* of the function */
    const char *locals;  /* hex: the vector of locals; NULL: none */
    const char *text;    /* instructions; `end` of the function is added */
    const char *message; /* begin of the message behind its place; NULL: valid */
};
struct code_result {
    int rc;
    uint32_t max_height, max_labels;
    uint64_t used;
    struct wp_err err;
};

/* Instructions by name, immediates as numbers, types and heap types by name ("i32", "externref", "any", "void"), "0x.."
 * for a byte as it is. */
void code_assemble(struct wp_buf *b, const char *text);
/* Without: features that are off. */
struct code_result code_validate(const struct code_case *c, uint64_t without);
struct code_result code_validate_bytes(uint32_t type, struct wp_span body, uint64_t without);
/* With the module while it is there; the case, which has to be valid, is its last function, number 6. */
struct wrt_module;
typedef void (*code_use_fn)(const struct wrt_module *m, void *arg);
void code_use(const struct code_case *c, code_use_fn use, void *arg);
/* Each case gives its message, and so it does without the fast way. */
void code_check(const struct code_case *cases, size_t count);
