/* SPDX-License-Identifier: Apache-2.0
 *
 * Types of core WebAssembly 3.0 (sections 2.3, 3.1-3.4): value types as 32-bit words, defined types made canonical.
 * Recursive type groups are hash-consed: two defined types are equal exactly when their ids are, also between the
 * modules of one component, which share a store. */
#pragma once

#include "runtime-min/mem.h"

/* A value type is a word. Numbers and packed types: the byte of the binary format. References: WRT_REF, maybe
 * WRT_NULL, and a heap type: the byte of an abstract one, or WRT_CONCRETE + the id of a defined type. */
enum {
    WRT_BOTTOM = 0, /* an operand that unreachable code may take for anything */
    WRT_I32 = 0x7f,
    WRT_I64 = 0x7e,
    WRT_F32 = 0x7d,
    WRT_F64 = 0x7c,
    WRT_V128 = 0x7b,
    WRT_I8 = 0x78,
    WRT_I16 = 0x77,
    WRT_HEAP_NOEXN = 0x74,
    WRT_HEAP_NOFUNC = 0x73,
    WRT_HEAP_NOEXTERN = 0x72,
    WRT_HEAP_NONE = 0x71,
    WRT_HEAP_FUNC = 0x70,
    WRT_HEAP_EXTERN = 0x6f,
    WRT_HEAP_ANY = 0x6e,
    WRT_HEAP_EQ = 0x6d,
    WRT_HEAP_I31 = 0x6c,
    WRT_HEAP_STRUCT = 0x6b,
    WRT_HEAP_ARRAY = 0x6a,
    WRT_HEAP_EXN = 0x69,
    WRT_CONCRETE = 0x100,
};
#define WRT_REF       0x80000000u
#define WRT_NULL      0x40000000u
#define WRT_HEAP      0x3fffffffu /* mask */

#define WRT_FUNCREF   (WRT_REF | WRT_NULL | WRT_HEAP_FUNC)
#define WRT_EXTERNREF (WRT_REF | WRT_NULL | WRT_HEAP_EXTERN)
#define WRT_EXNREF    (WRT_REF | WRT_NULL | WRT_HEAP_EXN)

#define WRT_NO_INDEX  UINT32_MAX

static inline bool wrt_is_ref(uint32_t type)
{
    return (type & WRT_REF) != 0;
}
static inline bool wrt_is_concrete(uint32_t type)
{
    return (type & WRT_REF) != 0 && (type & WRT_HEAP) >= WRT_CONCRETE;
}
static inline uint32_t wrt_type_id(uint32_t type)
{
    return (type & WRT_HEAP) - WRT_CONCRETE;
}
static inline uint32_t wrt_ref_to(uint32_t id, bool nullable)
{
    return WRT_REF | (nullable ? WRT_NULL : 0) | (WRT_CONCRETE + id);
}

#define WRT_DEPTH_MAX 63

enum wrt_composite { WRT_COMP_FUNC, WRT_COMP_STRUCT, WRT_COMP_ARRAY };

struct wrt_field {
    uint32_t type; /* may be packed */
    bool mut;
};

/* A defined type. All ids in it are canonical. */
struct wrt_deftype {
    enum wrt_composite kind;
    bool final;
    bool defaultable;                     /* structs, arrays: every field is; filled in by the store */
    uint8_t depth;                        /* supertypes above it, at most WRT_DEPTH_MAX in what was validated */
    uint32_t super;                       /* id or WRT_NO_INDEX */
    uint32_t group, group_pos, group_len; /* first id, place and size of its recursive group */
    union {
        struct {
            const uint32_t *params, *results;
            uint32_t param_count, result_count;
        } func;
        struct {
            const struct wrt_field *fields; /* array: one */
            uint32_t field_count;
        } data;
    } as;
};

/* One store per binary; ids are indices into it. Zero but for mem is an empty one. Filled while decoding, then frozen
 * and shared by threads. */
struct wrt_types {
    struct wrt_mem *mem;
    struct wrt_vec types; /* struct wrt_deftype */
    uint32_t *buckets;    /* of groups: hash and first id + 1, open addressing */
    uint32_t bucket_count, group_count;
    uint64_t seed; /* of the hash: nobody can prepare collisions */
};

static inline const struct wrt_deftype *wrt_deftype(const struct wrt_types *t, uint32_t id)
{
    return (const struct wrt_deftype *)t->types.items + id;
}

/* Put a group of n types into the store: inside it, WRT_CONCRETE + WRT_LOCAL + i stands for the group's own i-th type
 * (super: WRT_LOCAL + i). Gives the id of its first type, an older one where an equal group is there. Arrays are
 * copied; depth (it stops at WRT_DEPTH_MAX + 1), defaultable and the places in the group are filled in. */
#define WRT_LOCAL 0x20000000u
int wrt_types_intern(struct wrt_types *t, const struct wrt_deftype *group, uint32_t n, uint32_t *ret,
                     struct wp_err *err) WP_MUST_USE;
/* The common case of one plain final function type. */
int wrt_types_func(struct wrt_types *t, const uint32_t *params, uint32_t param_count, const uint32_t *results,
                   uint32_t result_count, uint32_t *ret, struct wp_err *err) WP_MUST_USE;

/* Matching, section 3.3. WRT_BOTTOM matches everything. */
bool wrt_matches_slow(const struct wrt_types *t, uint32_t sub, uint32_t super);
static inline bool wrt_matches(const struct wrt_types *t, uint32_t sub, uint32_t super)
{
    return sub == super || wrt_matches_slow(t, sub, super);
}
bool wrt_id_matches(const struct wrt_types *t, uint32_t sub, uint32_t super); /* ids of defined types */
/* Heap types (WRT_HEAP bits). */
bool wrt_heap_matches(const struct wrt_types *t, uint32_t sub, uint32_t super);
/* Do the composite parts match as section 3.3.10 asks of a declared supertype? Both in the store. */
bool wrt_composite_matches(const struct wrt_types *t, uint32_t sub, uint32_t super);
/* The abstract heap type at the top of its hierarchy: any, func, extern or exn. */
uint32_t wrt_heap_top(const struct wrt_types *t, uint32_t heap);
bool wrt_defaultable(uint32_t type);

/* "i32", "(ref null 12)": as the text format has it; concrete types by canonical id. snprintf's manners. */
size_t wrt_type_text(uint32_t type, char *out, size_t room);
/* "(param i32 i32) (result i64)", "(struct (field i8))": the composite part. snprintf's manners, but where it does not
 * fit, the number is only some number that is too large. */
size_t wrt_deftype_text(const struct wrt_types *t, uint32_t id, char *out, size_t room);
