/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of one loaded binary: an arena with a budget. Nothing in runtime-min allocates outside of it, so that no
 * module can make the program hold more than its caller allowed. Running out is an error (WP_E_LIMIT), never an abort.
 * One writer; read-only once loading is done. */
#pragma once

#include "base/base.h"
#include "base/err.h"

/* Zero but for the limit is an empty one. */
struct wrt_mem {
    struct wrt_mem_block *blocks; /* small allocations share one, large ones have their own */
    struct wrt_mem_block *open;   /* the one that small allocations are cut from */
    uint64_t used, limit;         /* bytes, block heads included */
};

/* Zeroed, aligned for any type; NULL with err set when the budget or the machine has no more. count and size are
 * multiplied with care. Zero bytes give a valid pointer. */
void *wrt_alloc(struct wrt_mem *m, size_t count, size_t size, struct wp_err *err) WP_MUST_USE;
/* No longer needed: large ones go back to the machine and the budget, small ones wait for wrt_mem_done. count and size
 * as they were asked for. */
void wrt_give_back(struct wrt_mem *m, void *p, size_t count, size_t size);
void wrt_mem_done(struct wrt_mem *m);

/* An array that grows within the budget; old storage is given back to it. Zero is an empty one. */
struct wrt_vec {
    void *items;
    uint32_t count, room;
};
/* Room for n more; 0, or -1 with err set. Pointers to earlier items are void after it. */
int wrt_vec_reserve(struct wrt_mem *m, struct wrt_vec *v, uint32_t n, size_t size, struct wp_err *err) WP_MUST_USE;
/* One more, zeroed; NULL with err set. Pointers to earlier items are void after it. */
void *wrt_vec_add(struct wrt_mem *m, struct wrt_vec *v, size_t size, struct wp_err *err) WP_MUST_USE;
/* Give the storage back; the array is empty then. */
void wrt_vec_done(struct wrt_mem *m, struct wrt_vec *v, size_t size);
