/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules that run: with whatever they import made up, their exports called, within small budgets. Every run ends, with
 * an outcome that makes sense; the same again, watched, and with a heap that is collected less often, gives the same
 * results, the same stop and the same fuel. */
#include "base/mem.h"
#include "runtime-min/run.h"
#include "runtime-min/scan.h"

#include <stdlib.h>

enum { FUEL = 20000, SLOTS = 256, CALLS = 24, HEAP = 1 << 16, LARGE_HEAP = 1 << 22, DEPTH = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* What is known of a store's runs, to be compared. */
struct trail {
    struct wrt_store *store;
    const struct wrt_module *module;
    struct wrt_instance *instance;
    unsigned depth;   /* of calls by host functions */
    uint64_t entered; /* by the watch */
    uint64_t hash;    /* of stops, fuel, results that are numbers, memory */
    bool heap;        /* a budget that may differ was hit */
};

static void note(struct trail *t, uint64_t word)
{
    t->hash = (t->hash ^ word) * UINT64_C(0x100000001b3);
}

/* ---- what modules import ---- */

/* A value of that type; false: there is none to make up. */
static bool some_value(struct wrt_store *s, uint32_t type, uint64_t seed, uint64_t *ret)
{
    static const uint64_t numbers[] = {0, 1, 7, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    ret[0] = numbers[seed % WP_ARRAY_LEN(numbers)];
    if (type == WRT_I64 || type == WRT_F64 || type == WRT_V128) {
        ret[0] *= 0x100000001;
        ret[type == WRT_V128] = ret[0];
    }
    if (!wrt_is_ref(type)) {
        return true;
    }
    ret[0] = (seed & 1) != 0 ? wrt_extern_ref(seed) : 0;
    if ((type & WRT_HEAP) != WRT_HEAP_EXTERN || !wrt_ref_is(s, ret[0], type)) {
        ret[0] = 0;
    }
    return (type & WRT_NULL) != 0 || ret[0] != 0;
}

static bool some_values(struct wrt_store *s, const uint32_t *types, uint32_t n, uint64_t seed, uint64_t *slots)
{
    bool all = true;
    for (uint32_t i = 0; i < n; i++) {
        all = some_value(s, types[i], seed + i, slots) && all;
        slots += types[i] == WRT_V128 ? 2 : 1;
    }
    return all;
}

static void call(struct trail *t, struct wrt_func *f, uint64_t seed);

/* Calls back into the module, then gives made up results. */
static int host(struct wrt_store *s, void *env, uint64_t *slots)
{
    struct trail *t = wrt_store_host(s);
    const struct wrt_deftype *type = wrt_deftype(wrt_store_types(s), (uint32_t)(uintptr_t)env);
    if (t->instance && t->depth < DEPTH && t->module->func_count > t->module->func_imports) {
        uint32_t index = t->module->func_count - 1;
        call(t, wrt_instance_value(t->instance, WRT_FUNC, index).as.func, slots[0]);
    }
    if (!some_values(s, type->as.func.results, type->as.func.result_count, t->depth, slots)) {
        return wrt_host_stop(s, WRT_STOP_HOST, "no such value");
    }
    return 0;
}

static int import(void *arg, const struct wrt_module *m, const struct wrt_import *i, struct wrt_value *ret,
                  struct wp_err *err)
{
    struct trail *t = arg;
    uint64_t slots[2] = {0};
    ret->kind = i->kind;
    switch (i->kind) {
    case WRT_FUNC: {
        uint32_t type = m->funcs[i->index];
        return wrt_func_new_host(t->store, type, host, (void *)(uintptr_t)type, &ret->as.func, err);
    }
    case WRT_TABLE:
        return wrt_table_new(t->store, &m->tables[i->index], 0, &ret->as.table, err);
    case WRT_MEMORY:
        return wrt_memory_new(t->store, &m->memories[i->index], &ret->as.memory, err);
    case WRT_GLOBAL: {
        const struct wrt_global *g = &m->globals[i->index];
        if (!some_value(t->store, g->type, i->index, slots)) {
            return wp_fail(err, WP_E_NOT_FOUND, "no such value");
        }
        return wrt_global_new(t->store, g->type, g->mut, slots, &ret->as.global, err);
    }
    default:
        return wrt_tag_new(t->store, m->tags[i->index], &ret->as.tag, err);
    }
}

/* ---- running ---- */

static void check_outcome(struct trail *t, const struct wrt_outcome *out)
{
    must(out->stop < WRT_STOP_COUNT);
    must(out->frame_count <= out->depth && out->frame_count <= WRT_TRACE_MAX);
    must(out->fuel == wrt_store_fuel(t->store));
    for (uint32_t i = 0; i < out->frame_count; i++) {
        must(out->frames[i].offset < t->module->bytes.len && out->frames[i].function < t->module->func_count);
        note(t, out->frames[i].offset);
    }
    t->heap = t->heap || out->stop == WRT_STOP_HEAP;
    note(t, (uint64_t)out->stop);
    note(t, out->fuel);
}

static void call(struct trail *t, struct wrt_func *f, uint64_t seed)
{
    uint64_t slots[SLOTS] = {0};
    static __thread struct wrt_outcome outs[DEPTH + 1];
    struct wrt_outcome *out = &outs[t->depth];
    const struct wrt_deftype *type = wrt_deftype(wrt_store_types(t->store), wrt_func_type(f));
    const uint32_t *results = type->as.func.results;
    if (wrt_slots_of(type->as.func.params, type->as.func.param_count) > SLOTS ||
        wrt_slots_of(results, type->as.func.result_count) > SLOTS ||
        !some_values(t->store, type->as.func.params, type->as.func.param_count, seed, slots)) {
        return;
    }
    t->depth++;
    wrt_call(t->store, f, slots, out);
    t->depth--;
    check_outcome(t, out);
    const uint64_t *slot = slots;
    for (uint32_t i = 0; out->stop == WRT_STOP_NONE && i < type->as.func.result_count; i++) {
        must(!wrt_is_ref(results[i]) || wrt_ref_is(t->store, *slot, results[i]));
        note(t, wrt_is_ref(results[i]) ? *slot != 0 : *slot);
        slot += results[i] == WRT_V128 ? 2 : 1;
    }
}

static void note_memory(struct trail *t, const struct wrt_memory_inst *m)
{
    uint64_t size;
    const uint8_t *bytes = wrt_memory_bytes(m, &size);
    note(t, size);
    for (uint64_t i = 0; i < WP_MIN(size, (uint64_t)4096); i++) {
        note(t, bytes[i]);
    }
}

static void call_exports(struct trail *t)
{
    for (uint32_t i = 0; i < WP_MIN(t->module->export_count, (uint32_t)CALLS); i++) {
        const struct wrt_export *e = &t->module->exports[i];
        struct wrt_value v = wrt_instance_value(t->instance, e->kind, e->index);
        if (v.kind == WRT_FUNC) {
            call(t, v.as.func, i);
            call(t, v.as.func, i + 3);
        } else if (v.kind == WRT_MEMORY) {
            note_memory(t, v.as.memory);
        }
    }
}

static void on_enter(void *arg, const struct wrt_func *f, const uint64_t *slots, uint64_t fuel)
{
    struct trail *t = arg;
    t->entered += wrt_func_type(f) != WRT_NO_INDEX && slots != NULL && fuel <= UINT64_C(1) << 40;
}

static void on_leave(void *arg, const struct wrt_func *f, const uint64_t *slots WP_UNUSED, uint64_t fuel)
{
    on_enter(arg, f, (const uint64_t *)arg, fuel);
}

/* False: the bytes are no module that can be instantiated. */
static bool run(struct wp_span bytes, uint64_t heap, bool watched, struct trail *t)
{
    struct wrt_budget budget = {
        .fuel = FUEL, .memory = 1 << 21, .tables = 1000, .heap = heap, .stack = 1 << 14, .frames = 64, .code = 8 << 20};
    struct wrt_watch watch = {.enter = on_enter, .leave = on_leave, .arg = t};
    struct wp_err err = {.code = WP_E_OK};
    static __thread struct wrt_outcome out;
    struct wrt_binary *b = NULL;
    *t = (struct trail){.hash = UINT64_C(0xcbf29ce484222325)};
    must(wrt_store_new(&budget, watched ? &watch : NULL, &t->store, &err) == 0);
    wrt_store_set_host(t->store, t);
    struct wrt_options options = {.types = wrt_store_types(t->store), .features = UINT64_MAX};
    bool made = wrt_load(bytes, &options, &b, NULL, &err) == 0 && wrt_binary_module(b);
    if (made) {
        t->module = wrt_binary_module(b);
        made = wrt_instantiate(t->store, t->module, import, t, &t->instance, &out, &err) == 0;
    }
    if (made) {
        check_outcome(t, &out);
        must((t->instance == NULL) == (out.stop != WRT_STOP_NONE));
    }
    if (made && t->instance) {
        call_exports(t);
    }
    wrt_store_free(t->store);
    wrt_binary_free(b);
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_FREE uint8_t *copy = wp_xmalloc(size > 0 ? size : 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    struct wp_span bytes = wp_span(copy, size);
    struct trail first, watched, roomy;
    if (!run(bytes, HEAP, false, &first)) {
        return 0;
    }
    must(run(bytes, HEAP, true, &watched));
    must(first.hash == watched.hash);
    must(run(bytes, LARGE_HEAP, false, &roomy));
    must(first.heap || roomy.heap || first.hash == roomy.hash);
    return 0;
}

static bool valid(const uint8_t *data, size_t size)
{
    struct wrt_options options = {.features = UINT64_MAX};
    struct wrt_binary *b = NULL;
    struct wp_err err = {.code = WP_E_OK};
    bool ok = wrt_load(wp_span(data, size), &options, &b, NULL, &err) == 0;
    wrt_binary_free(b);
    return ok;
}

/* Most changes make a module invalid: several are tried. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    enum { TRIES = 40 };
    WP_AUTO_FREE uint8_t *copy = wp_xmalloc(most);
    size_t n = 0;
    for (unsigned i = 0; i < TRIES; i++) {
        memcpy(copy, data, size);
        size_t at = size > 8 ? 8 + (seed + i * 7919u) % (size - 8) : 0, part = WP_MIN(size - at, (size_t)16);
        if (i % 4 == 3) {
            n = LLVMFuzzerMutate(copy, size, most);
        } else {
            (void)LLVMFuzzerMutate(copy + at, part, part);
            n = size;
        }
        if (valid(copy, n)) {
            break;
        }
    }
    memcpy(data, copy, n);
    return n;
}
