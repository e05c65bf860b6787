/* SPDX-License-Identifier: Apache-2.0
 *
 * A core module after decoding: what validation of its code, the facts and later the executor look up. Everything is
 * a number or a borrowed range of the module's bytes; there is no tree of instructions. Filled by module-*.c, then
 * frozen: threads may read it. */
#pragma once

#include "base/wasm-section.h"
#include "runtime-min/type.h"

enum wrt_extern_kind {
    WRT_FUNC,
    WRT_TABLE,
    WRT_MEMORY,
    WRT_GLOBAL,
    WRT_TAG, /* core; the numbers of the binary format */
    WRT_C_MODULE,
    WRT_C_FUNC,
    WRT_C_VALUE,
    WRT_C_TYPE,
    WRT_C_COMPONENT,
    WRT_C_INSTANCE
};

struct wrt_limits {
    uint64_t min, max; /* max UINT64_MAX: none */
    bool has_max, is64, shared;
    uint8_t page_log2; /* memories: 16, or 0 with custom-page-sizes */
};
struct wrt_table {
    uint32_t type; /* reference type of its elements */
    struct wrt_limits limits;
    struct wp_span init; /* constant expression, empty: null */
};
struct wrt_global {
    uint32_t type;
    bool mut;
    struct wp_span init; /* empty: imported */
};
struct wrt_import {
    struct wp_span module, name;
    enum wrt_extern_kind kind;
    uint32_t index; /* in the index space of its kind */
};
struct wrt_export {
    struct wp_span name;
    enum wrt_extern_kind kind;
    uint32_t index;
};
/* A defined function (imports not among them). */
struct wrt_code {
    uint32_t offset, size; /* of the body (locals and instructions), from the begin of the binary */
    uint32_t max_height;   /* operands, locals not counted; set by wrt_code_validate */
    uint32_t max_labels;   /* nesting of blocks, the function's own counted */
};

struct wrt_module {
    struct wrt_types *types;
    struct wp_span bytes; /* of this module, its preamble first */
    const uint8_t *base;  /* of the outermost binary: offsets in messages and in wrt_code count from here */
    uint64_t features;    /* allowed */
    uint64_t used;        /* features seen so far; per function: wrt_code_validate's scratch */

    const uint32_t *type_ids; /* type index -> canonical id */
    uint32_t type_count;
    const uint32_t *funcs; /* function index -> canonical type id; imports first, so in all spaces */
    uint32_t func_count, func_imports;
    const struct wrt_table *tables;
    uint32_t table_count, table_imports;
    const struct wrt_limits *memories;
    uint32_t memory_count, memory_imports;
    const struct wrt_global *globals;
    uint32_t global_count, global_imports;
    const uint32_t *tags; /* canonical type id */
    uint32_t tag_count, tag_imports;
    const struct wrt_import *imports;
    uint32_t import_count;
    const struct wrt_export *exports;
    uint32_t export_count;
    uint32_t start;             /* function index or WRT_NO_INDEX */
    const uint32_t *elem_types; /* element segment -> reference type */
    uint32_t elem_count;
    uint32_t data_count;
    bool has_data_count; /* the section is there: memory.init, data.drop and array.*_data need it */
    struct wp_span elem_section, data_section; /* read again at instantiation */
    uint8_t *declared;                         /* bit set: functions that ref.func may name (section 3.5.10, C.refs) */
    struct wrt_code *code;
    uint32_t code_count;
    struct wp_span name_section; /* the body of `name`, empty: none */
};

static inline bool wrt_declared(const struct wrt_module *m, uint32_t func)
{
    return (m->declared[func >> 3] >> (func & 7) & 1) != 0;
}

/* The name that the name section gives a function; empty: none. Linear in that section: for messages. */
struct wp_span wrt_function_name(const struct wrt_module *m, uint32_t func);
