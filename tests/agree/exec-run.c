/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one module so that another engine can do the same and be compared: exec-run FILE. It is instantiated with
 * imports that do nothing (functions give zeroes, globals are zero, memories and tables are of the least size), every
 * exported function is called with several sets of arguments, and what can be seen is written a line each:
 *
 *   instance OUTCOME                              NONE: it is there; REFUSED and words: an import cannot be made
 *   call EXPORT ARGUMENT… = OUTCOME RESULT…       arguments and results as TYPE:BITS, references as ref:0 (null) or
 * ref:1 global EXPORT RESULT | memory EXPORT BYTES CRC | table EXPORT ENTRIES CRC (of a byte 0 or 1 for each entry)
 *   fuel N                                        instructions, all together
 *
 * exec-run --watch FILE: the same while every call is watched, which must change nothing.
 *
 * After a limit (fuel, stack, heap …) what became of the instance is not shown: no other engine has the same limits. */
#include "base/buf.h"
#include "runtime-min/run.h"
#include "runtime-min/scan.h"

#include <stdio.h>
#include <zlib.h>

enum { SLOTS = 4096, CALLS = 60, SETS = 3, IMPORTS = 1024 };
static const struct wrt_budget budget = {
    .fuel = 200000000, .stack = 256 << 20, .frames = 1000000, .deadline_ms = 20000};

static const char *const stops[] = {
#define STOP_NAME(name, text) #name,
    WRT_STOPS(STOP_NAME)
#undef STOP_NAME
};

struct runner {
    struct wp_buf bytes;
    struct wrt_watch watch; /* nothing, or all calls */
    uint64_t entered, left;
    struct wrt_binary *binary;
    struct wrt_store *store;
    struct wrt_types *types;
    const struct wrt_module *module;
    struct wrt_instance *instance;
    struct wrt_outcome out;
    uint64_t slots[SLOTS];
    unsigned calls, functions; /* in all; imported */
    uint32_t sizes[IMPORTS];   /* of their results */
    struct wrt_value imports[IMPORTS];
};

/* ---- imports ---- */

static int give_zeroes(struct wrt_store *s WP_UNUSED, void *env, uint64_t *slots)
{
    memset(slots, 0, *(const uint32_t *)env * sizeof *slots);
    return 0;
}

static bool defaults(const uint32_t *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (wrt_is_ref(types[i]) && (types[i] & WRT_NULL) == 0) {
            return false;
        }
    }
    return true;
}

static int import_func(struct runner *r, uint32_t type, struct wrt_value *ret, struct wp_err *err)
{
    const struct wrt_deftype *d = wrt_deftype(r->types, type);
    if (!defaults(d->as.func.results, d->as.func.result_count)) {
        return wp_fail(err, WP_E_NOT_FOUND, "no default for a result");
    }
    if (r->functions == IMPORTS) {
        return wp_fail(err, WP_E_NOT_FOUND, "too many functions");
    }
    uint32_t *size = &r->sizes[r->functions++];
    *size = wrt_slots_of(d->as.func.results, d->as.func.result_count);
    return wrt_func_new_host(r->store, type, give_zeroes, size, &ret->as.func, err);
}

static bool same_name(const struct wrt_import *a, const struct wrt_import *b)
{
    return a->module.len == b->module.len && a->name.len == b->name.len &&
           memcmp(a->module.ptr, b->module.ptr, a->module.len) == 0 &&
           memcmp(a->name.ptr, b->name.ptr, a->name.len) == 0;
}

static int import_new(struct runner *r, const struct wrt_module *m, const struct wrt_import *x, struct wrt_value *ret,
                      struct wp_err *err)
{
    static const uint64_t zeroes[2];
    ret->kind = x->kind;
    switch (x->kind) {
    case WRT_FUNC:
        return import_func(r, m->funcs[x->index], ret, err);
    case WRT_TABLE:
        return defaults(&m->tables[x->index].type, 1)
                   ? wrt_table_new(r->store, &m->tables[x->index], 0, &ret->as.table, err)
                   : wp_fail(err, WP_E_NOT_FOUND, "no default for a table");
    case WRT_MEMORY:
        return wrt_memory_new(r->store, &m->memories[x->index], &ret->as.memory, err);
    case WRT_GLOBAL:
        return defaults(&m->globals[x->index].type, 1)
                   ? wrt_global_new(r->store, m->globals[x->index].type, m->globals[x->index].mut, zeroes,
                                    &ret->as.global, err)
                   : wp_fail(err, WP_E_NOT_FOUND, "no default for a global");
    default:
        return wrt_tag_new(r->store, m->tags[x->index], &ret->as.tag, err);
    }
}

/* One thing for a name, as in wasmtime's linker. */
static int import(void *arg, const struct wrt_module *m, const struct wrt_import *x, struct wrt_value *ret,
                  struct wp_err *err)
{
    struct runner *r = arg;
    ptrdiff_t n = x - m->imports;
    for (ptrdiff_t i = 0; i < n && n <= IMPORTS; i++) {
        if (same_name(&m->imports[i], x)) {
            *ret = r->imports[i];
            return 0;
        }
    }
    if (import_new(r, m, x, ret, err) < 0) {
        return -1;
    }
    if (n < IMPORTS) {
        r->imports[n] = *ret;
    }
    return 0;
}

/* ---- values ---- */

/* Numbers that make a difference, by their bits; f32 and f64 see NaNs, infinities and limits of integers in them. */
static uint64_t number(uint32_t type, unsigned n)
{
    static const uint32_t small[] = {0,          1,          0xffffffff, 0x80000000, 0x7fffffff, 7,
                                     0x3f800000, 0x7fa00001, 0xff800000, 0x4f000000, 0xbf000000, 0xdeadbeef};
    static const uint64_t large[] = {0,
                                     1,
                                     UINT64_MAX,
                                     0x8000000000000000,
                                     0x7fffffffffffffff,
                                     0x10000,
                                     0x3ff0000000000000,
                                     0x7ff4000000000001,
                                     0xfff0000000000000,
                                     0x43e0000000000000,
                                     0xbfe0000000000000,
                                     0x0123456789abcdef};
    return type == WRT_I32 || type == WRT_F32 ? small[n % WP_ARRAY_LEN(small)] : large[n % WP_ARRAY_LEN(large)];
}

static const char *type_word(uint32_t type)
{
    return type == WRT_I32 ? "i32" : type == WRT_I64 ? "i64" : type == WRT_F32 ? "f32" : "f64";
}

/* A reference's family, as other engines sort them. */
static const char *family(const struct runner *r, uint32_t type)
{
    static const struct {
        uint32_t top;
        const char *word;
    } tops[] = {{WRT_FUNCREF, "null:func"}, {WRT_EXTERNREF, "null:extern"}, {WRT_EXNREF, "null:exn"}};
    for (size_t i = 0; i < WP_ARRAY_LEN(tops); i++) {
        if (wrt_matches(r->types, type | WRT_NULL, tops[i].top)) {
            return tops[i].word;
        }
    }
    return "null:any";
}

/* Writes values; references of arguments with their family. */
static void print_values(const struct runner *r, const uint32_t *types, uint32_t n, const uint64_t *slots, bool args)
{
    for (uint32_t i = 0; i < n; i++) {
        if (wrt_is_ref(types[i])) {
            printf(" %s", args ? family(r, types[i]) : *slots != 0 ? "ref:1" : "ref:0");
            slots++;
        } else if (types[i] == WRT_V128) {
            printf(" v128:%016llx%016llx", (unsigned long long)slots[1], (unsigned long long)slots[0]);
            slots += 2;
        } else {
            printf(" %s:%llx", type_word(types[i]), (unsigned long long)*slots++);
        }
    }
}

static void arguments(struct runner *r, const uint32_t *types, uint32_t n, unsigned seed)
{
    uint64_t *at = r->slots;
    for (uint32_t i = 0; i < n; i++) {
        if (wrt_is_ref(types[i])) {
            *at++ = 0;
            continue;
        }
        *at++ = number(types[i], seed * 5 + i * 7);
        if (types[i] == WRT_V128) {
            *at++ = number(types[i], seed * 3 + i);
        }
    }
}

/* ---- what is done ---- */

static void call(struct runner *r, uint32_t at, struct wrt_func *f, unsigned seed)
{
    const struct wrt_deftype *d = wrt_deftype(r->types, wrt_func_type(f));
    uint32_t in = wrt_slots_of(d->as.func.params, d->as.func.param_count);
    uint32_t out = wrt_slots_of(d->as.func.results, d->as.func.result_count);
    if (in > SLOTS || out > SLOTS || !defaults(d->as.func.params, d->as.func.param_count)) {
        r->out.stop = WRT_STOP_NONE;
        return;
    }
    arguments(r, d->as.func.params, d->as.func.param_count, seed);
    printf("call %u", at);
    print_values(r, d->as.func.params, d->as.func.param_count, r->slots, true);
    fflush(stdout);
    memset(&r->out, 0, sizeof r->out);
    wrt_call(r->store, f, r->slots, &r->out);
    printf(" = %s", stops[r->out.stop]);
    if (r->out.stop == WRT_STOP_NONE) {
        print_values(r, d->as.func.results, d->as.func.result_count, r->slots, false);
    }
    putchar('\n');
}

static void end(struct runner *r)
{
    wrt_store_free(r->store);
    wrt_binary_free(r->binary);
    r->store = NULL;
    r->binary = NULL;
}

static bool compared(enum wrt_stop stop)
{
    return !wrt_stop_is_limit(stop) && stop != WRT_STOP_UNSUPPORTED && stop != WRT_STOP_HEAP;
}

static void print_state(const struct runner *r)
{
    printf("fuel %llu\n", (unsigned long long)wrt_store_fuel(r->store));
    if (!compared(r->out.stop)) {
        return; /* no other engine is where this one is */
    }
    for (uint32_t i = 0; i < r->module->export_count; i++) {
        struct wrt_value v = wrt_instance_value(r->instance, r->module->exports[i].kind, r->module->exports[i].index);
        uint64_t size = 0, slots[2] = {0};
        if (v.kind == WRT_GLOBAL) {
            bool mut;
            uint32_t type = wrt_global_type(v.as.global, &mut);
            wrt_global_get(v.as.global, slots);
            printf("global %u", i);
            print_values(r, &type, 1, slots, false);
            putchar('\n');
        } else if (v.kind == WRT_MEMORY) {
            const uint8_t *bytes = wrt_memory_bytes(v.as.memory, &size);
            printf("memory %u %llu %08lx\n", i, (unsigned long long)size,
                   crc32_z(0, size ? bytes : (const uint8_t *)"", size));
        } else if (v.kind == WRT_TABLE) {
            unsigned long crc = 0;
            size = wrt_table_size(v.as.table);
            for (uint64_t n = 0; n < size; n++) {
                uint8_t there = wrt_table_get(v.as.table, n) != 0;
                crc = crc32_z(crc, &there, 1);
            }
            printf("table %u %llu %08lx\n", i, (unsigned long long)size, crc);
        }
    }
}

/* A store and an instance in it, with all that was seen in the one before. False: that is the end. */
static bool begin(struct runner *r)
{
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_options options = {0};
    end(r);
    if (wrt_store_new(&budget, r->watch.arg ? &r->watch : NULL, &r->store, &err) < 0 ||
        wrt_features_parse("default,custom-page-sizes,wide-arithmetic", &options.features, &err) != 0) {
        printf("crash: %s\n", err.msg);
        return false;
    }
    r->types = options.types = wrt_store_types(r->store);
    if (wrt_load(wp_buf_span(&r->bytes), &options, &r->binary, NULL, &err) < 0) {
        printf("invalid %s\n", err.msg);
        return false;
    }
    r->module = wrt_binary_module(r->binary);
    r->functions = 0;
    if (wrt_instantiate(r->store, r->module, import, r, &r->instance, &r->out, &err) < 0) {
        printf("instance REFUSED %s\n", err.msg);
        return false;
    }
    printf("instance %s\n", stops[r->out.stop]);
    return r->out.stop == WRT_STOP_NONE;
}

static void run(struct runner *r)
{
    bool ready = begin(r);
    for (unsigned set = 0; ready && set < SETS; set++) {
        for (uint32_t i = 0; ready && i < r->module->export_count && r->calls < CALLS; i++) {
            const struct wrt_export *e = &r->module->exports[i];
            if (e->kind != WRT_FUNC) {
                continue;
            }
            r->calls++;
            call(r, i, wrt_instance_value(r->instance, e->kind, e->index).as.func, set + i);
            if (r->out.stop != WRT_STOP_NONE) {
                print_state(r);
                ready = begin(r);
            }
        }
    }
    if (ready) {
        print_state(r);
    }
}

static bool read_file(const char *path, struct wp_buf *b)
{
    FILE *f = fopen(path, "rb");
    char chunk[65536];
    size_t n;
    while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        wp_buf_add(b, chunk, n);
    }
    return f && fclose(f) == 0;
}

static void enter(void *arg, const struct wrt_func *func WP_UNUSED, const uint64_t *slots WP_UNUSED,
                  uint64_t fuel WP_UNUSED)
{
    ((struct runner *)arg)->entered++;
}

static void leave(void *arg, const struct wrt_func *func WP_UNUSED, const uint64_t *slots WP_UNUSED,
                  uint64_t fuel WP_UNUSED)
{
    ((struct runner *)arg)->left++;
}

int main(int argc, char **argv)
{
    static struct runner r;
    bool watched = argc == 3 && strcmp(argv[1], "--watch") == 0;
    if (argc < 2 || argc != 2 + watched || !read_file(argv[argc - 1], &r.bytes)) {
        fprintf(stderr, "usage: exec-run [--watch] FILE\n");
        return 2;
    }
    if (watched) {
        r.watch = (struct wrt_watch){.enter = enter, .leave = leave, .arg = &r};
    }
    run(&r);
    end(&r);
    wp_buf_done(&r.bytes);
    if (r.left > r.entered) {
        printf("crash: %llu functions left, %llu entered\n", (unsigned long long)r.left, (unsigned long long)r.entered);
    }
    return 0;
}
