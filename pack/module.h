/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts of a module or component: what it is, what it wants, what it offers, what it says about itself. */
#pragma once

#include "base/arena.h"
#include "runtime-min/scan.h"

struct pack_extern {
    const char *module; /* core imports; else "" */
    const char *name;
    const char *kind; /* "func", "memory", "instance", ... */
};
struct pack_section {
    const char *title;     /* "code", "data", "custom 'name'", "core module", ... */
    uint64_t offset, size; /* of the whole section */
};
struct pack_producer {
    const char *field, *name, *version; /* "language" "Rust" "1.95.0"; "processed-by" ...; "sdk" ... */
};

/* Strings live in the arena given to pack_module_read; a NUL byte within a name becomes U+FFFD, so that no name looks
 * shorter than it is. Metadata: depth-0 custom sections `description`, `authors`, `licenses`, `source`, `homepage`,
 * `revision`, `version`; module name from `name` / `component-name`; NULL: absent, empty, longer than
 * WP_LIMIT_WASM_NAME or not UTF-8. What a custom section holds never makes the binary invalid. */
struct pack_module {
    enum wp_wasm_kind kind;
    uint64_t size;
    uint32_t functions;
    uint64_t code_bytes, data_bytes;
    const struct pack_extern *imports, *exports; /* in binary order */
    size_t import_count, export_count;
    const struct pack_section *sections; /* depth 0, binary order */
    size_t section_count;
    const struct pack_producer *producers;
    size_t producer_count;
    const char *name, *description, *authors, *licenses, *source, *homepage, *revision, *version;
    const char *world;   /* what it is to a host: "wasi:cli/command", "wasi:http/proxy", "wasip1 command",
                          * "wasip1 reactor", "library"; best guess from its exports */
    bool component_type; /* a core module with a component-type section: not componentised yet (a warning) */
    bool dylink;         /* a shared library (dylink.0): not an entry point (a warning) */
    bool object;         /* a relocatable object file (linking): not linked yet (a warning) */
};
int pack_module_read(struct wp_span bytes, struct wp_arena *a, struct pack_module *ret, struct wp_err *err) WP_MUST_USE;
