/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of a store: structs, arrays and exceptions (core 3.0 section 4.2.15). Objects never move; what nothing
 * reaches is swept. Made at the first allocation, at most budget.heap bytes and 4 GiB.
 *
 * A reference is a slot word, 0 is null. Functions: struct wrt_func *. In the hierarchies of any, extern and exn, which
 * share one encoding so that conversions between the first two are no work:
 *     bit 0 set            i31: value << 1 | 1, 31 bits
 *     bits 1, 0 are 1, 0   a host's extern number: n << 2 | 2
 *     else                 an object: its offset in the heap, a multiple of 8 below 2^32
 *
 * Reachable is what the globals, tables and element segments of the store lead to, and every word on the value stack up
 * to the end of the frame on top. A reference that a host keeps elsewhere lives until its next call into the store. */
#pragma once

#include "runtime-min/exec.h"

/* The head of an object, its fields behind it. */
struct wrt_object {
    uint32_t type;   /* canonical id; of an exception: the tag's function type */
    uint32_t length; /* arrays: elements */
};

/* How objects of a type lie in memory: fields in order, each at the next multiple of its size (v128: of 8), references
 * 8 bytes; so a subtype's objects begin like its supertype's. Of a function type: exceptions of tags with that type,
 * which have the tag first and the payload in slots behind it. */
struct wrt_layout {
    enum wrt_composite kind;
    uint32_t size;                  /* structs, exceptions: of a whole object; arrays: of one element */
    const uint32_t *offsets;        /* of each field from the object's begin; arrays: of the first element */
    const struct wrt_field *fields; /* structs, arrays */
    uint32_t ref_count;             /* arrays: 1 when the elements are traced */
    const uint32_t *refs;           /* offsets of the words that are traced */
};

/* Bytes of an exception before its payload. */
enum { WRT_EXCEPTION_HEAD = sizeof(struct wrt_object) + sizeof(uint64_t) };

struct wrt_heap {
    uint8_t *base;            /* offset 0; the first object lies at 8 */
    uint64_t next, limit;     /* free room that objects are cut from */
    uint64_t large;           /* where the search for room for a large one goes on */
    uint64_t soft;            /* objects lie below: grows up to most */
    uint64_t most;            /* the budget */
    uint64_t ready;           /* bytes that the machine has been asked for */
    uint64_t reserved;        /* bytes of address space, the maps included */
    uint64_t *starts, *marks; /* a bit for every 8 bytes: an object begins here, is reachable */
    uint64_t since;           /* bytes allocated since the last collection */
    uint64_t live;            /* bytes that the last collection kept */
    uint64_t collections;
    const struct wrt_layout **layouts; /* by type id; NULL: not needed yet */
    uint32_t layout_count;
    const uint64_t *held; /* wrt_heap_hold */
    uint32_t held_count;
    struct wrt_store *store;
};

static inline bool wrt_is_object(uint64_t ref)
{
    return ref != 0 && (ref & 3) == 0;
}
static inline uint64_t wrt_i31(uint32_t value)
{
    return (uint64_t)(value & 0x7fffffffu) << 1 | 1;
}
/* ref: an object of the heap. */
static inline struct wrt_object *wrt_object(const struct wrt_heap *h, uint64_t ref)
{
    return (struct wrt_object *)(void *)(h->base + ref);
}
static inline uint8_t *wrt_object_at(const struct wrt_heap *h, uint64_t ref, uint64_t offset)
{
    return h->base + ref + offset;
}

/* ---- heap.c ---- */

/* The store's heap, made if need be; NULL: x is stopped. */
struct wrt_heap *wrt_heap_of(struct wrt_exec *x) WP_MUST_USE;
void wrt_heap_free(WP_OWN struct wrt_heap *h);
/* Objects are zeroed; WRT_STOPPED: the budget has no more (WRT_STOP_HEAP). May collect: references that are in use must
 * be reachable. */
int wrt_heap_struct(struct wrt_exec *x, uint32_t type, uint64_t *ret) WP_MUST_USE;
int wrt_heap_array(struct wrt_exec *x, uint32_t type, uint64_t length, uint64_t *ret) WP_MUST_USE;
int wrt_heap_exception(struct wrt_exec *x, const struct wrt_tag_inst *tag, const uint64_t *payload,
                       uint64_t *ret) WP_MUST_USE;
/* The tag of an exception, and its payload, the tag's parameters in slots. */
const struct wrt_tag_inst *wrt_exception_tag(const struct wrt_heap *h, uint64_t exn);
const uint64_t *wrt_exception_payload(const struct wrt_heap *h, uint64_t exn);
/* Words outside of the value stack that count as reachable until the next call of this; they may change meanwhile.
 * NULL: none. For constant expressions. */
int wrt_heap_hold(struct wrt_exec *x, const uint64_t *words, uint32_t count) WP_MUST_USE;

/* ---- heap-layout.c ---- */

/* NULL: x is stopped. Of a type that has objects already it is there. */
const struct wrt_layout *wrt_layout_make(struct wrt_exec *x, uint32_t type) WP_MUST_USE;
static inline const struct wrt_layout *wrt_layout(struct wrt_exec *x, uint32_t type)
{
    const struct wrt_heap *h = x->store->heap;
    return h && type < h->layout_count && h->layouts[type] ? h->layouts[type] : wrt_layout_make(x, type);
}
/* Bytes that a field or element of a (packed) type takes. */
uint32_t wrt_storage_size(uint32_t type);
/* From memory to a slot (v128: two) and back; packed ones are zero-extended and cut off. */
void wrt_storage_get(const uint8_t *p, uint32_t type, uint64_t *ret_slots);
void wrt_storage_set(uint8_t *p, uint32_t type, const uint64_t *slots);
/* Does a reference match a reference type, or null one that is nullable, as ref.test has it? The reference is of the
 * type's hierarchy. */
bool wrt_ref_matches(const struct wrt_store *s, uint64_t ref, uint32_t type);
/* Words of this type are traced: references that may be objects. */
bool wrt_is_traced(const struct wrt_types *t, uint32_t type);

/* ---- heap-collect.c ---- */

/* Mark what is reachable and forget the rest; sets live, starts the search for room from the begin. */
void wrt_heap_collect(struct wrt_heap *h);
/* Bytes of an object, head included, a multiple of 8. */
uint64_t wrt_object_size(const struct wrt_heap *h, uint64_t ref);
