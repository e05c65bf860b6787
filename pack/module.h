/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts of a module or component: what it is, what it wants, what it offers, what it says about itself, where its
 * bytes are. Plain values: they cross the wall of the sandboxed child as JSON (module-json.h). */
#pragma once

#include "base/arena.h"
#include "runtime-min/scan.h"

struct pack_extern {
    const char *module; /* core imports; else "" */
    const char *name;
    const char *kind; /* "func", "memory", "instance", ... */
    const char *type; /* "(param i32) (result i32)", "17 32 shared"; components: one line of WIT; "": not known */
};
struct pack_section {
    const char *title;     /* "code", "data", "custom 'name'", "core module", ... */
    uint64_t offset, size; /* of the whole section */
};
/* Bytes of all sections with one title that hold no further sections, whatever their depth. */
struct pack_part {
    const char *title;
    uint64_t size, count;
};
struct pack_producer {
    const char *field, *name, *version; /* "language" "Rust" "1.95.0"; "processed-by" ...; "sdk" ... */
};
struct pack_memory {
    uint64_t module;   /* which core module, in binary order; 0 for a module */
    uint64_t min, max; /* pages, at most INT64_MAX; max UINT64_MAX: none */
    uint64_t page;     /* bytes */
    bool imported, is64, shared;
};
struct pack_table {
    uint64_t module;
    uint64_t min, max; /* as above */
    const char *type;  /* "funcref", ... */
    bool imported, is64;
};
struct pack_function {
    const char *name;      /* from the name section; "": none. At most PACK_FUNCTION_NAME bytes */
    uint64_t module;       /* which core module */
    uint64_t index;        /* in its function index space */
    uint64_t offset, size; /* of its body, in the binary */
};
/* Functions under one namespace or package, made of their names. */
struct pack_group {
    const char *name; /* "": functions that have no name */
    uint64_t functions, size;
};
/* What it can reach in its host, in one word, made of its imports. */
struct pack_capability {
    const char *name; /* "network", "filesystem", ... (capability.h) or "host": functions of no standard */
    const char *via;  /* the first import that says so; "host": the imported module or interface */
    uint64_t imports; /* how many say so */
};
struct pack_dependency {
    const char *name, *version;
    const char *source;    /* "crates.io", "git", "local", ... */
    bool build, root;      /* used while building only; the program itself */
    const uint64_t *needs; /* places in the list of those that it depends on, rising */
    size_t need_count;
};
/* A module or component inside of a component. */
struct pack_nested {
    enum wp_wasm_kind kind;
    uint64_t parent;       /* 0: the binary itself, else 1 + the place in this list of the component around it */
    uint64_t offset, size; /* of it in the binary */
};

#define PACK_FUNCTION_NAME 512

/* Strings live in the arena given to pack_module_read; a NUL byte within a name becomes U+FFFD, so that no name looks
 * shorter than it is. Metadata: depth-0 custom sections `description`, `authors`, `licenses`, `source`, `homepage`,
 * `revision`, `version`; module name from `name` / `component-name`; NULL: absent, empty, longer than
 * WP_LIMIT_WASM_NAME or not UTF-8. What a custom section holds never makes the binary invalid. */
struct pack_module {
    enum wp_wasm_kind kind;
    uint64_t size;
    uint64_t functions; /* defined, nested ones included */
    uint64_t code_bytes, data_bytes, data_segments;
    const struct pack_extern *imports, *exports; /* in binary order */
    size_t import_count, export_count;
    const struct pack_section *sections; /* depth 0, binary order */
    size_t section_count;
    const struct pack_part *parts; /* largest first */
    size_t part_count;
    const struct pack_producer *producers;
    size_t producer_count;
    const struct pack_memory *memories; /* of all core modules, imports first */
    size_t memory_count;
    const struct pack_table *tables;
    size_t table_count;
    const struct pack_function *largest; /* largest first; as many as pack_read asked for */
    size_t largest_count;
    const struct pack_group *groups; /* largest first */
    size_t group_count;
    const struct pack_capability *capabilities;
    size_t capability_count;
    const struct pack_dependency *dependencies; /* sorted by name and version */
    size_t dependency_count;
    const struct pack_nested *nested; /* binary order: a component before what is in it */
    size_t nested_count;
    const char *const *features; /* that it uses, by name */
    size_t feature_count;
    const char *name, *description, *authors, *licenses, *source, *homepage, *revision, *version;
    const char *language;  /* "Rust 1.95.0"; NULL: not known */
    const char *toolchain; /* "rustc 1.95.0"; NULL: not known */
    bool guessed;          /* language: from marks in the binary, not from what it says about itself */
    const char *start;     /* what runs at instantiation: a function's name or "function 12"; NULL: nothing */
    const char *wit;       /* its world and interfaces; NULL: a module, or not asked for */
    const char *world;     /* what it is to a host: "wasi:cli/command", "wasi:http/proxy", "wasip1 command",
                            * "wasip1 reactor", "library"; best guess from its exports */
    bool component_type;   /* a core module with a component-type section: not componentised yet (a warning) */
    bool dylink;           /* a shared library (dylink.0): not an entry point (a warning) */
    bool object;           /* a relocatable object file (linking): not linked yet (a warning) */
};

/* How much is wanted; zero and NULL are the default. */
struct pack_read {
    struct wrt_options load;
    uint64_t functions; /* the largest to keep, with groups of all; at most WP_LIMIT_FACT_FUNCTIONS */
    bool wit;
    bool brief; /* kind, counts, memories, tables and features only: nothing that has a name; world is "" */
    struct wrt_fault *fault; /* filled where the binary is refused; NULL: not asked for */
};

int pack_module_read(struct wp_span bytes, struct wp_arena *a, struct pack_module *ret, struct wp_err *err) WP_MUST_USE;
int pack_module_read_as(struct wp_span bytes, const struct pack_read *how, struct wp_arena *a, struct pack_module *ret,
                        struct wp_err *err) WP_MUST_USE;
