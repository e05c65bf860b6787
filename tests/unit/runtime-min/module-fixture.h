/* SPDX-License-Identifier: Apache-2.0
 *
 * A module decoded from hex text, without its function bodies. */
#pragma once

#include "runtime-min/feature.h"
#include "runtime-min/validate.h"
#include "wasm-hex.h"

#include <cmocka.h>

struct module_fixture {
    struct wp_buf bytes;
    struct wrt_mem mem;
    struct wrt_types types;
    struct wrt_module m;
    struct wp_err err;
    int rc;
};

/* Decode HEX_MODULE and what follows it with these features. */
void module_decode(struct module_fixture *f, const char *hex, uint64_t features);
void module_done(struct module_fixture *f);

struct module_case {
    const char *hex;     /* behind the preamble */
    const char *message; /* NULL: valid */
};
void module_cases(const struct module_case *cases, size_t n, uint64_t features);
