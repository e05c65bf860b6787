/* SPDX-License-Identifier: Apache-2.0
 *
 * Running core modules: a store holds instances and all that they own, within a budget; nothing of it outlives the
 * store, nothing is allocated outside of it. A run is deterministic: fuel counts WebAssembly instructions, NaNs that
 * arithmetic makes are canonical, relaxed vector instructions do what the standard's deterministic profile says, so
 * that the same module with the same host gives the same bytes and the same fuel on every compiler and processor
 * (core 3.0, section 4 and appendix "Profiles"). One thread at a time per store.
 *
 * Values travel in slots, 64-bit words: i32 and f32 zero-extended bits, i64 and f64 their bits, v128 two slots (low
 * half first), references one opaque word, 0 is null. Parameters and results of a function lie side by side. */
#pragma once

#include "runtime-min/module.h"

struct wrt_store;
struct wrt_instance;
struct wrt_func;
struct wrt_table_inst;
struct wrt_memory_inst;
struct wrt_global_inst;
struct wrt_tag_inst;

/* Ceilings; 0 is the default in brackets. Reaching one that code can see (memory.grow, table.grow) makes that
 * instruction answer -1; the others stop the run with the WRT_STOP_* of their name. */
struct wrt_budget {
    uint64_t fuel;        /* instructions [no limit]; WRT_NO_FUEL: none at all */
    uint64_t memory;      /* bytes of all linear memories together; from the fourth large one on each has room for a
                           * 256th [1 GiB] */
    uint64_t tables;      /* entries of all tables together [10,000,000] */
    uint64_t heap;        /* bytes of structs, arrays and exceptions [256 MiB] */
    uint64_t stack;       /* bytes of value stack [8 MiB] */
    uint64_t frames;      /* calls within calls [100,000] */
    uint64_t code;        /* bytes of instances and translated code [512 MiB] */
    uint64_t deadline_ms; /* wall clock from the first instantiation or call on [none] */
};
#define WRT_NO_FUEL UINT64_MAX

/* X(NAME, text): why a run ended. Words of traps are those of the official test suite. */
#define WRT_STOPS(X)                                            \
    X(NONE, "none")                                             \
    X(UNREACHABLE, "unreachable")                               \
    X(DIVIDE_BY_ZERO, "integer divide by zero")                 \
    X(INTEGER_OVERFLOW, "integer overflow")                     \
    X(INVALID_CONVERSION, "invalid conversion to integer")      \
    X(MEMORY_BOUNDS, "out of bounds memory access")             \
    X(TABLE_BOUNDS, "out of bounds table access")               \
    X(ARRAY_BOUNDS, "out of bounds array access")               \
    X(UNDEFINED_ELEMENT, "undefined element")                   \
    X(UNINITIALIZED_ELEMENT, "uninitialized element")           \
    X(INDIRECT_TYPE, "indirect call type mismatch")             \
    X(NULL_REFERENCE, "null reference")                         \
    X(NULL_FUNC, "null function reference")                     \
    X(NULL_STRUCT, "null structure reference")                  \
    X(NULL_ARRAY, "null array reference")                       \
    X(NULL_I31, "null i31 reference")                           \
    X(NULL_EXN, "null exception reference")                     \
    X(CAST, "cast failure")                                     \
    X(UNALIGNED, "unaligned atomic")                            \
    X(EXPECTED_SHARED, "expected shared memory")                \
    X(EXCEPTION, "uncaught exception")                          \
    X(HOST, "trap in a host function")                          \
    X(CALL_STACK, "call stack exhausted")                       \
    X(FUEL, "out of fuel")                                      \
    X(DEADLINE, "deadline passed")                              \
    X(HEAP, "allocation too large: the heap budget is used up") \
    X(MEMORY, "the memory budget is used up")                   \
    X(CODE, "translated code exceeds its budget")               \
    X(OUTPUT, "too much output")                                \
    X(BLOCKED, "waits for what cannot happen")                  \
    X(UNSUPPORTED, "an instruction that is validated, not run") \
    X(CANCELLED, "cancelled")                                   \
    X(EXIT, "exit")
enum wrt_stop {
#define WRT_STOP_ENUM(name, text) WRT_STOP_##name,
    WRT_STOPS(WRT_STOP_ENUM)
#undef WRT_STOP_ENUM
        WRT_STOP_COUNT
};
const char *wrt_stop_text(enum wrt_stop stop);
/* A budget or the user ended it (CALL_STACK .. CANCELLED but UNSUPPORTED), not what the module did. */
bool wrt_stop_is_limit(enum wrt_stop stop);

/* Deepest first. */
struct wrt_trace_frame {
    uint32_t function; /* index in its module */
    uint64_t offset;   /* byte of the instruction, from the begin of the binary */
    const struct wrt_instance *instance;
};
enum { WRT_TRACE_MAX = 64 };
struct wrt_outcome {
    enum wrt_stop stop;             /* NONE: returned */
    uint32_t exit_status;           /* of EXIT */
    uint64_t fuel;                  /* instructions since the store was made, exact in every case */
    const struct wrt_tag_inst *tag; /* of EXCEPTION */
    char detail[192];               /* more words, or empty: "address 0x10000 + 4 of 65536" */
    uint32_t depth;                 /* frames there were */
    uint32_t frame_count;           /* those kept: the deepest WRT_TRACE_MAX */
    struct wrt_trace_frame frames[WRT_TRACE_MAX];
};

/* ---- store ---- */

/* What watches a run; each may be NULL. Set before anything is instantiated; costs nothing when absent. */
struct wrt_watch {
    /* fuel used so far. func is entered; its parameters lie in slots. */
    void (*enter)(void *arg, const struct wrt_func *func, const uint64_t *slots, uint64_t fuel);
    /* func left by return, tail call or unwinding; slots: its results, NULL when it has none to show. */
    void (*leave)(void *arg, const struct wrt_func *func, const uint64_t *slots, uint64_t fuel);
    bool (*cancelled)(void *arg); /* asked every few milliseconds */
    void *arg;
};
int wrt_store_new(const struct wrt_budget *budget, const struct wrt_watch *watch, WP_OWN struct wrt_store **ret,
                  struct wp_err *err) WP_MUST_USE;
void wrt_store_free(WP_OWN struct wrt_store *s);
/* Types of everything that lives in the store: give it to wrt_load (wrt_options.types) for modules to run here. */
struct wrt_types *wrt_store_types(struct wrt_store *s);
/* The host's own pointer, for its functions. */
void wrt_store_set_host(struct wrt_store *s, void *host);
void *wrt_store_host(const struct wrt_store *s);
uint64_t wrt_store_fuel(const struct wrt_store *s); /* instructions so far, outside of a call */
uint64_t wrt_store_peak_memory(const struct wrt_store *s);

/* ---- what is imported and exported ---- */

struct wrt_value {             /* a handle; owned by the store */
    enum wrt_extern_kind kind; /* WRT_FUNC .. WRT_TAG */
    union {
        struct wrt_func *func;
        struct wrt_table_inst *table;
        struct wrt_memory_inst *memory;
        struct wrt_global_inst *global;
        struct wrt_tag_inst *tag;
    } as;
};

/* A host function. slots holds the parameters and takes the results (room for the larger of both). Returns 0, or -1
 * after wrt_host_stop. May use the memory of the caller, wrt_caller_memory, and call into the store by wrt_call. */
typedef int (*wrt_host_fn)(struct wrt_store *s, void *env, uint64_t *slots);
int wrt_host_stop(struct wrt_store *s, enum wrt_stop stop, const char *fmt, ...) WP_PRINTF(3, 4); /* returns -1 */
int wrt_host_exit(struct wrt_store *s, uint32_t status);                                          /* returns -1 */
/* Instructions that a host function costs beside its call. Running out shows after it returned. */
void wrt_host_charge(struct wrt_store *s, uint64_t fuel);
/* Memory of the instance that called the host function: the export "memory" of it, else its first; NULL: none. */
struct wrt_memory_inst *wrt_caller_memory(struct wrt_store *s);

/* type: canonical id in the store's types. */
int wrt_func_new_host(struct wrt_store *s, uint32_t type, wrt_host_fn fn, void *env, struct wrt_func **ret,
                      struct wp_err *err) WP_MUST_USE;
int wrt_table_new(struct wrt_store *s, const struct wrt_table *type, uint64_t init_ref, struct wrt_table_inst **ret,
                  struct wp_err *err) WP_MUST_USE;
int wrt_memory_new(struct wrt_store *s, const struct wrt_limits *type, struct wrt_memory_inst **ret,
                   struct wp_err *err) WP_MUST_USE;
/* slots: one, or two of a v128 */
int wrt_global_new(struct wrt_store *s, uint32_t type, bool mut, const uint64_t *slots, struct wrt_global_inst **ret,
                   struct wp_err *err) WP_MUST_USE;
int wrt_tag_new(struct wrt_store *s, uint32_t type, struct wrt_tag_inst **ret, struct wp_err *err) WP_MUST_USE;

/* Canonical type id. */
uint32_t wrt_func_type(const struct wrt_func *f);
/* Where it is defined; NULL and WRT_NO_INDEX: the host. */
const struct wrt_instance *wrt_func_instance(const struct wrt_func *f, uint32_t *ret_index);
/* The bytes of a memory as they are now: any call may move the end, never the begin. */
uint8_t *wrt_memory_bytes(const struct wrt_memory_inst *m, uint64_t *ret_size);
uint32_t wrt_global_type(const struct wrt_global_inst *g, bool *ret_mut);
void wrt_global_get(const struct wrt_global_inst *g, uint64_t *ret_slots);
void wrt_global_set(struct wrt_global_inst *g, const uint64_t *slots);
uint64_t wrt_table_size(const struct wrt_table_inst *t);
uint64_t wrt_table_get(const struct wrt_table_inst *t, uint64_t index); /* index below the size */
/* A host's reference as an externref word and back; number below 2^62. */
uint64_t wrt_extern_ref(uint64_t number);
uint64_t wrt_extern_number(uint64_t ref);
/* Does a reference match the reference type (as ref.test does)? */
bool wrt_ref_is(const struct wrt_store *s, uint64_t ref, uint32_t type);

/* ---- instances ---- */

/* Gives the value for an import, or -1 with err set: WP_E_POLICY or WP_E_NOT_FOUND "unknown import …". The type is
 * checked afterwards. */
typedef int (*wrt_import_fn)(void *arg, const struct wrt_module *m, const struct wrt_import *import,
                             struct wrt_value *ret, struct wp_err *err);
/* Core 3.0 section 4.7.2, start function included. m and its bytes must outlive the store, its types be the store's.
 * -1 with err: imports are missing or do not match ("incompatible import type: …", WP_E_MODULE), limits. 0 and
 * out->stop not NONE: a segment or the start function trapped; what it did to imports stays, *ret is NULL. */
int wrt_instantiate(struct wrt_store *s, const struct wrt_module *m, wrt_import_fn imports, void *arg,
                    struct wrt_instance **ret, struct wrt_outcome *out, struct wp_err *err) WP_MUST_USE;
const struct wrt_module *wrt_instance_module(const struct wrt_instance *i);
bool wrt_instance_export(const struct wrt_instance *i, struct wp_span name, struct wrt_value *ret);
struct wrt_value wrt_instance_value(const struct wrt_instance *i, enum wrt_extern_kind kind, uint32_t index);

/* ---- calls ---- */

/* slots: the parameters, and room for the larger of parameters and results; results on return (out->stop NONE). NULL
 * will do where there are none. */
void wrt_call(struct wrt_store *s, struct wrt_func *f, uint64_t *slots, struct wrt_outcome *out);
uint32_t wrt_slots_of(const uint32_t *types, uint32_t n);
