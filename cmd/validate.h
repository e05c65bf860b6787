/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of `wpack validate` share: the modules to look at, and the rules they are held against. */
#pragma once

#include "cmd/look.h"
#include "cmd/target.h"

struct validate_opts {
    struct look_opts look;
    struct opt_list deny, allow;   /* globs over imports */
    uint64_t max_size, max_memory; /* 0: no rule */
};

/* One module, wherever it lies, and what became of it. */
struct validate_item {
    const char *shown;
    const char *path;        /* a file, "-": standard input; NULL: a layer */
    struct oci_store *store; /* of the layer */
    struct oci_desc layer;
    struct wp_arena arena;
    struct pack_module module;
    struct wrt_fault fault;
    uint64_t ms;
    bool valid;        /* WebAssembly; rules apart */
    bool done;         /* and err tells how, code WP_E_OK: well */
    struct wp_err err; /* found before: that there is nothing to look at */
};

struct validate_items {
    struct validate_item *list;
    size_t count;
    struct cmd_target *targets; /* whose layers are among them */
    size_t target_count;
};

/* What the arguments name: files, folders (their *.wasm), "-", references (the modules in them). What cannot be found
 * is an item that is done. */
void validate_collect(struct cmd_ctx *c, struct validate_items *ret);
void validate_items_done(struct validate_items *items);

/* "wasi:sockets/…" against '*' and '?'. */
bool validate_glob(const char *glob, const char *text);
/* Imports and memory of a valid module against the options: WP_E_POLICY, WP_E_LIMIT. */
int validate_rules(const struct validate_opts *o, const struct pack_module *m, struct wp_arena *a,
                   struct wp_err *err) WP_MUST_USE;
/* Bytes of memory it declares to start with; UINT64_MAX: more than can be counted. */
uint64_t validate_memory(const struct pack_module *m);
