/* SPDX-License-Identifier: Apache-2.0
 *
 * The front door: load a binary, which validates all of it, and keep what was found. */
#include "runtime-min/scan.h"

#include "base/limits.h"
#include "runtime-min/scan-parts.h"
#include "runtime-min/validate.h"

#include <stdlib.h>

int scan_validate_code(struct wrt_module *m, unsigned threads, struct wrt_mem *mem, struct wrt_fault *fault,
                       struct wp_err *err)
{
    uint32_t func;
    if (wrt_module_validate_code(m, threads, mem, &func, err) == 0) {
        return 0;
    }
    if (func == WRT_NO_INDEX) {
        return -1;
    }
    fault->function = func;
    fault->name = wrt_function_name(m, func);
    return fault->name.len == 0 ? wp_wrap(err, "function %u", func)
                                : wp_wrap(err, "function %u '%.*s'", func, (int)WP_MIN(fault->name.len, 200),
                                          (const char *)fault->name.ptr);
}

static int load_module(struct wrt_binary *b, struct wrt_fault *fault, struct wp_err *err)
{
    struct wrt_module *m = wrt_alloc(&b->mem, 1, sizeof(*m), err);
    struct wp_wasm_cursor c = {.start = b->bytes.ptr, .p = b->bytes.ptr, .end = b->bytes.ptr + b->bytes.len};
    enum wp_wasm_kind kind;
    if (!m || wp_wasm_preamble(&c, &kind, err) < 0) {
        return -1;
    }
    m->types = b->types;
    m->bytes = b->bytes;
    m->base = b->bytes.ptr;
    m->features = b->features;
    if (wrt_module_decode(m, &c, &b->mem, err) < 0 || scan_validate_code(m, b->threads, &b->mem, fault, err) < 0) {
        return -1;
    }
    b->used |= m->used;
    b->module = m;
    return 0;
}

static int load_component(struct wrt_binary *b, struct wrt_fault *fault, struct wp_err *err)
{
    if ((b->features & WRT_F_COMPONENT_MODEL) == 0) {
        wp_fail(err, WP_E_MODULE, "unexpected content: a component needs the feature 'component-model'");
        return wp_hint(err, "if the host has it: --features component-model");
    }
    if (wrt_component_load(b->bytes, b->features, b->threads, b->types, &b->mem, &b->component, fault, err) < 0) {
        return -1;
    }
    b->used |= b->component->used;
    return 0;
}

static int load(struct wrt_binary *b, struct wrt_fault *fault, struct wp_err *err)
{
    struct wp_wasm_cursor c = {.start = b->bytes.ptr, .p = b->bytes.ptr, .end = b->bytes.ptr + b->bytes.len};
    bool magic = b->bytes.len >= 4 && memcmp(b->bytes.ptr, "\0asm", 4) == 0;
    if ((!magic && scan_lookalike(b->bytes, err) < 0) || wp_wasm_preamble(&c, &b->kind, err) < 0) {
        return -1;
    }
    return b->kind == WP_WASM_MODULE ? load_module(b, fault, err) : load_component(b, fault, err);
}

uint64_t wrt_budget(uint64_t size)
{
    return WP_LIMIT_WASM_MEMORY + WP_MIN(16 * size, WP_MAX(2 * size, WP_GIB));
}

int wrt_load(struct wp_span bytes, const struct wrt_options *o, struct wrt_binary **ret, struct wrt_fault *ret_fault,
             struct wp_err *err)
{
    static const struct wrt_options usual = {.features = 0};
    o = o ? o : &usual;
    struct wrt_fault fault = {.offset = UINT64_MAX, .function = WRT_NO_INDEX};
    if (bytes.len > WP_LIMIT_MODULE) {
        return wp_fail(err, WP_E_LIMIT, "%zu bytes, at most %llu are allowed", bytes.len,
                       (unsigned long long)WP_LIMIT_MODULE);
    }
    struct wrt_binary *b = calloc(1, sizeof(*b));
    if (!b) {
        return wp_fail(err, WP_E_LIMIT, "out of memory");
    }
    b->mem.limit = o->memory != 0 ? o->memory : wrt_budget(bytes.len);
    b->own_types.mem = &b->mem;
    b->types = o->types ? o->types : &b->own_types;
    b->bytes = bytes;
    b->features = o->features != 0 ? o->features : wrt_features_default();
    b->threads = o->threads;
    wp_err_clear(err);
    if (load(b, &fault, err) < 0) {
        fault.offset = err->has_at ? err->at : UINT64_MAX;
        if (ret_fault) {
            *ret_fault = fault;
        }
        wrt_binary_free(b);
        return -1;
    }
    *ret = b;
    return 0;
}

void wrt_binary_free(struct wrt_binary *b)
{
    if (b) {
        wrt_mem_done(&b->mem);
        free(b);
    }
}

enum wp_wasm_kind wrt_binary_kind(const struct wrt_binary *b)
{
    return b->kind;
}

const struct wrt_module *wrt_binary_module(const struct wrt_binary *b)
{
    return b->module;
}

const struct wrt_component *wrt_binary_component(const struct wrt_binary *b)
{
    return b->component;
}

uint64_t wrt_binary_features(const struct wrt_binary *b)
{
    return b->used;
}

int wrt_scan(struct wp_span bytes, const struct wrt_options *o, const struct wrt_visitor *v, struct wrt_summary *ret,
             struct wp_err *err)
{
    struct wrt_binary *b = NULL;
    if (wrt_load(bytes, o, &b, NULL, err) < 0) {
        return -1;
    }
    int rc = wrt_visit(b, v, ret, err);
    wrt_binary_free(b);
    return rc;
}
