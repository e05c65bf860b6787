/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files behind cmd/look.h share: the question as arguments, the answer as JSON. */
#pragma once

#include "cmd/look.h"

/* What the child says about its cell. */
struct look_cell {
    uint64_t landlock; /* ABI; 0: none */
    bool seccomp;
    const char *missing; /* "Landlock (Function not implemented)"; NULL: nothing */
};

/* {"cell":{…},"module":{…}} or {"cell":{…},"error":{…}}. cell NULL: looked at in this process. */
void look_answer_write(struct wp_span bytes, const struct pack_read *how, const struct look_cell *cell,
                       struct wp_buf *out);
void look_answer_error(const struct wp_err *e, const struct wrt_fault *fault, const struct look_cell *cell,
                       struct wp_buf *out);
/* size: of the binary. The error that the answer tells is the error here; nonsense is WP_E_OTHER. */
int look_answer_read(struct wp_span text, uint64_t size, struct wp_arena *a, struct pack_module *ret,
                     struct wrt_fault *ret_fault, struct look_cell *ret_cell, struct wp_err *err) WP_MUST_USE;

/* LOOK_WORD, "auto" or "require", features, memory, threads, functions, flags, NULL. */
enum { LOOK_ARGS = 7, LOOK_NUMBER = 24 };
struct look_args {
    char numbers[5][LOOK_NUMBER];
    char *argv[LOOK_ARGS + 2];
};
void look_args_write(const char *sandbox, const struct pack_read *how, struct look_args *ret);
/* False: not a call of ours. */
bool look_args_read(int argc, char *const argv[], bool *ret_require, struct pack_read *ret_how);
