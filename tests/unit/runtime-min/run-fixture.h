/* SPDX-License-Identifier: Apache-2.0
 *
 * Running small modules in test code: a store, modules from hex text, calls by name. */
#pragma once

#include "runtime-min/run.h"
#include "runtime-min/scan.h"
#include "tests/unit/unit.h"
#include "wasm-hex.h"

enum { RUN_MODULES = 8 };

struct run_fixture {
    struct wrt_store *store;
    struct wp_buf bytes[RUN_MODULES];
    struct wrt_binary *binaries[RUN_MODULES];
    size_t count;
    struct wrt_outcome out; /* of the last call or instantiation */
    struct wp_err err;
};

void run_open(struct run_fixture *r, const struct wrt_budget *budget);
void run_close(struct run_fixture *r);
/* Load HEX_MODULE and what follows it, all features on. */
const struct wrt_module *run_load(struct run_fixture *r, const char *hex);
/* run_load and wrt_instantiate; NULL: r->out or r->err say why. arg is given to imports. */
struct wrt_instance *run_instantiate(struct run_fixture *r, const char *hex, wrt_import_fn imports, void *arg);
/* Call an export with the slots given, which take the results. */
enum wrt_stop run_call(struct run_fixture *r, const struct wrt_instance *i, const char *name, uint64_t *slots);
struct wrt_value run_export(const struct wrt_instance *i, const char *name);
