/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code in test code: a function of code-module.h translated, and its code as text. */
#pragma once

#include "code-module.h"
#include "slot-text.h"

struct translate_case {
    struct code_case code;
    const char *expected; /* slot_text */
};
/* Each case translates to what is expected, and wrt_locate finds an instruction of the body for every word. */
void translate_check(const struct translate_case *cases, size_t count);

/* A function translated by a store of its own; memory, budget and watch may be set before. */
struct translation {
    struct wrt_store store;
    struct wrt_func funcs[7];
    struct wrt_func *func_list[7];
    struct wrt_global_inst globals[3];
    struct wrt_global_inst *global_list[3];
    struct wrt_tag_inst tags[3];
    struct wrt_tag_inst *tag_list[3];
    struct wrt_instance instance;
    int rc;
    void (*then)(struct translation *t, void *arg); /* may be NULL */
    void *arg;
};
void translation_make(struct translation *t, const struct code_case *c);
