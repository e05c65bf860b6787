/* SPDX-License-Identifier: Apache-2.0
 *
 * A component after decoding and validation (component-model Binary.md, Explainer.md): its types, imports and exports,
 * the modules and components inside, and its canonical definitions. Everything is a number, an index or a borrowed
 * range of the bytes. Filled by component-*.c, then frozen: threads may read it. */
#pragma once

#include "runtime-min/module.h"

/* A value type is a word: a primitive, by its byte in the binary format, or WRT_V_TYPE + the id of a type. */
enum {
    WRT_V_NONE = 0, /* no type: a case without payload, a function without result, flags, enum cases */
    WRT_V_BOOL = 0x7f,
    WRT_V_S8 = 0x7e,
    WRT_V_U8 = 0x7d,
    WRT_V_S16 = 0x7c,
    WRT_V_U16 = 0x7b,
    WRT_V_S32 = 0x7a,
    WRT_V_U32 = 0x79,
    WRT_V_S64 = 0x78,
    WRT_V_U64 = 0x77,
    WRT_V_F32 = 0x76,
    WRT_V_F64 = 0x75,
    WRT_V_CHAR = 0x74,
    WRT_V_STRING = 0x73,
    WRT_V_ERROR_CONTEXT = 0x64,
    WRT_V_TYPE = 0x100,
};

enum wrt_ctype_kind {
    WRT_T_PRIMITIVE, /* a name for a primitive: as.elem */
    WRT_T_RECORD,    /* as.list: fields */
    WRT_T_VARIANT,   /* as.list: cases, type may be WRT_V_NONE */
    WRT_T_TUPLE,     /* as.list: without names */
    WRT_T_FLAGS,     /* as.list: names without types */
    WRT_T_ENUM,      /* as.list: names without types */
    WRT_T_LIST,      /* as.elem */
    WRT_T_FIXED_LIST,
    WRT_T_MAP,    /* as.elem: the key, as.err: the value */
    WRT_T_OPTION, /* as.elem */
    WRT_T_RESULT, /* as.elem, as.err: may be WRT_V_NONE */
    WRT_T_STREAM, /* as.elem may be WRT_V_NONE */
    WRT_T_FUTURE,
    WRT_T_OWN,    /* as.handle: the id of a type of kind WRT_T_RESOURCE */
    WRT_T_BORROW, /* the same */
    WRT_T_FUNC,   /* as.list: parameters; as.list.result */
    WRT_T_RESOURCE,
    WRT_T_INSTANCE,  /* as.iface: exports only */
    WRT_T_COMPONENT, /* as.iface */
    WRT_T_MODULE,    /* as.module */
};

struct wrt_cfield {
    struct wp_span name; /* of a field, case, flag or parameter; empty in tuples */
    uint32_t type;       /* a value type */
};

/* An import or export, of a component or of an instance or component type. */
struct wrt_citem {
    struct wp_span name;   /* the extern name: wasi:io/error@0.2.0, get-stdout, [method]request.path */
    struct wp_span module; /* always empty here; core modules keep their imports in the same tables */
    struct wp_span implements, version_suffix, external_id; /* options of the name, empty: none */
    enum wrt_extern_kind kind;                              /* WRT_C_… */
    /* The id of its type; WRT_C_VALUE: a value type. WRT_C_TYPE: the type that this item made, an id of its own also
     * where it is equal to an older type; `of` is that older one (then also alias_of of `type`), or `type` itself. */
    uint32_t type, of;
};

/* A hash table over the names of an array; private to component-*.c. */
struct wrt_name_index {
    uint32_t *slots; /* NULL: few names, looked through one by one */
    uint32_t slot_count;
};

/* The imports and exports of an instance or component type, in their order. */
struct wrt_ciface {
    const struct wrt_citem *imports, *exports;
    uint32_t import_count, export_count;
    struct wrt_name_index import_index, export_index;
    /* Resources by number (as.resource): those that the imports bring, and those that each instance makes anew. */
    const uint32_t *imported, *defined;
    uint32_t imported_count, defined_count;
};

struct wrt_mtype; /* the type of a core module, component-core.h */

/* A type of the component level. Ids of types are indices into wrt_ctypes. */
struct wrt_ctype {
    enum wrt_ctype_kind kind;
    bool async;        /* functions */
    bool has_borrow;   /* somewhere in a value of it */
    bool has_pointer;  /* a value of it reaches into memory: strings, lists */
    bool has_resource; /* names a resource somewhere, so that instantiation may have to rewrite it */
    uint8_t depth;     /* of types within types */
    uint8_t align;     /* of a value in memory */
    uint8_t flat; /* values of core WebAssembly that stand for one value (functions: for all parameters); 17: more */
    uint32_t flat32, flat64; /* their types, two bits each: i32, i64, f32, f64; for memories of 32 and 64 bits */
    uint32_t bytes;          /* of a value in memory */
    uint32_t size;           /* effective size, against WP_LIMIT_WASM_TYPE_SIZE */
    uint32_t alias_of; /* the type that an import, export or type bound gave this new id, WRT_NO_INDEX: made here */
    union {
        struct {
            const struct wrt_cfield *items;
            uint32_t count;
            uint32_t result; /* functions: value type or WRT_V_NONE */
        } list;
        struct {
            uint32_t elem, err; /* value types */
            uint32_t length;    /* fixed-length lists */
        } of;
        uint32_t handle;
        uint32_t resource; /* the number of a resource: the same number is the same resource */
        const struct wrt_ciface *iface;
        const struct wrt_mtype *module;
    } as;
};

/* One store per binary, shared by nested components. */
struct wrt_ctypes {
    struct wrt_mem *mem;
    struct wrt_vec types; /* struct wrt_ctype */
    uint32_t resources;   /* numbers given out */
};

static inline const struct wrt_ctype *wrt_ctype(const struct wrt_ctypes *t, uint32_t id)
{
    return (const struct wrt_ctype *)t->types.items + id;
}
/* The type of a value type that is no primitive. */
static inline const struct wrt_ctype *wrt_ctype_of(const struct wrt_ctypes *t, uint32_t valtype)
{
    return wrt_ctype(t, valtype - WRT_V_TYPE);
}

/* Canonical definitions, by their byte in the binary format. */
enum wrt_canon_kind {
    WRT_CANON_LIFT = 0x00,
    WRT_CANON_LOWER = 0x01,
    WRT_CANON_RESOURCE_NEW = 0x02,
    WRT_CANON_RESOURCE_DROP = 0x03,
    WRT_CANON_RESOURCE_REP = 0x04,
    WRT_CANON_TASK_CANCEL = 0x05,
    WRT_CANON_SUBTASK_CANCEL = 0x06,
    WRT_CANON_TASK_RETURN = 0x09,
    WRT_CANON_CONTEXT_GET = 0x0a,
    WRT_CANON_CONTEXT_SET = 0x0b,
    WRT_CANON_THREAD_YIELD = 0x0c,
    WRT_CANON_SUBTASK_DROP = 0x0d,
    WRT_CANON_STREAM_NEW = 0x0e,
    WRT_CANON_STREAM_READ = 0x0f,
    WRT_CANON_STREAM_WRITE = 0x10,
    WRT_CANON_STREAM_CANCEL_READ = 0x11,
    WRT_CANON_STREAM_CANCEL_WRITE = 0x12,
    WRT_CANON_STREAM_DROP_READABLE = 0x13,
    WRT_CANON_STREAM_DROP_WRITABLE = 0x14,
    WRT_CANON_FUTURE_NEW = 0x15,
    WRT_CANON_FUTURE_READ = 0x16,
    WRT_CANON_FUTURE_WRITE = 0x17,
    WRT_CANON_FUTURE_CANCEL_READ = 0x18,
    WRT_CANON_FUTURE_CANCEL_WRITE = 0x19,
    WRT_CANON_FUTURE_DROP_READABLE = 0x1a,
    WRT_CANON_FUTURE_DROP_WRITABLE = 0x1b,
    WRT_CANON_ERROR_CONTEXT_NEW = 0x1c,
    WRT_CANON_ERROR_CONTEXT_DEBUG_MESSAGE = 0x1d,
    WRT_CANON_ERROR_CONTEXT_DROP = 0x1e,
    WRT_CANON_WAITABLE_SET_NEW = 0x1f,
    WRT_CANON_WAITABLE_SET_WAIT = 0x20,
    WRT_CANON_WAITABLE_SET_POLL = 0x21,
    WRT_CANON_WAITABLE_SET_DROP = 0x22,
    WRT_CANON_WAITABLE_JOIN = 0x23,
    WRT_CANON_BACKPRESSURE_INC = 0x24,
    WRT_CANON_BACKPRESSURE_DEC = 0x25,
    WRT_CANON_THREAD_INDEX = 0x26,
    WRT_CANON_THREAD_NEW_INDIRECT = 0x27,
    WRT_CANON_THREAD_RESUME_LATER = 0x28,
    WRT_CANON_THREAD_SUSPEND = 0x29,
    WRT_CANON_THREAD_SUSPEND_THEN_RESUME = 0x2a,
    WRT_CANON_THREAD_YIELD_THEN_RESUME = 0x2b,
    WRT_CANON_THREAD_SUSPEND_THEN_PROMOTE = 0x2c,
    WRT_CANON_THREAD_YIELD_THEN_PROMOTE = 0x2d,
    WRT_CANON_THREAD_SPAWN_REF = 0x40,
    WRT_CANON_THREAD_SPAWN_INDIRECT = 0x41,
    WRT_CANON_THREAD_AVAILABLE_PARALLELISM = 0x42,
};

enum wrt_string_encoding { WRT_STRING_UTF8, WRT_STRING_UTF16, WRT_STRING_LATIN1_UTF16 };

struct wrt_canon {
    enum wrt_canon_kind kind;
    enum wrt_string_encoding encoding;
    bool async, gc, cancellable;
    bool is64;          /* the memory has 64-bit addresses */
    uint32_t func;      /* lift: core function; lower: function; index */
    uint32_t type;      /* of the function, resource, stream or future: id; task.return: value type */
    uint32_t core_type; /* of the core function that it takes or makes: id in wrt_types */
    uint32_t memory, realloc, post_return; /* indices of core things, WRT_NO_INDEX: none */
    uint32_t callback, core_type_option;
    uint32_t table, slot; /* thread.new-indirect; context.get and set */
};

struct wrt_component {
    struct wp_span bytes; /* of this component, its preamble first */
    const uint8_t *base;  /* of the outermost binary */
    unsigned depth;       /* 0: the outermost */
    struct wrt_types *core_types;
    struct wrt_ctypes *types;
    uint64_t used; /* features, nested ones included */

    struct wrt_ciface iface;        /* its own imports and exports, as bindings in it see them */
    uint32_t type;                  /* id of its type (WRT_T_COMPONENT) */
    const struct wrt_canon *canons; /* in their order */
    uint32_t canon_count;
    const struct wrt_module *const *modules; /* those inside, in their order */
    uint32_t module_count;
    const struct wrt_component *const *components;
    uint32_t component_count;
};

/* Decode and validate the component in `bytes` with all that is inside of it, the bodies of functions on `threads`
 * threads; mem outlives the result. core_types and base are those of the outermost binary. ret_fault (may be NULL) gets
 * the function and the depth of a refusal. */
struct wrt_fault;
int wrt_component_load(struct wp_span bytes, uint64_t features, unsigned threads, struct wrt_types *core_types,
                       struct wrt_mem *mem, const struct wrt_component **ret, struct wrt_fault *ret_fault,
                       struct wp_err *err) WP_MUST_USE;

/* The item of that name, NULL: none. Constant time. */
const struct wrt_citem *wrt_citem_find(const struct wrt_ciface *iface, bool exports, struct wp_span name);
