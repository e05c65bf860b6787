/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.size, grow, copy, fill and init, data.drop (core 3.0 section 4.4.12). Addresses and counts of 32-bit memories
 * are zero-extended in their slots, so that all are compared as 64 bits. */
#include "runtime-min/op.h"

/* Large ones are done in pieces, so that the clock and the fuel are asked in between. */
enum { BYTES_PER_FUEL = 64, PIECE = 4 << 20 };

static struct wrt_memory_inst *memory_at(const struct wrt_exec *x, uint32_t index)
{
    return x->instance->memories[index];
}

static uint32_t low(uint64_t word)
{
    return (uint32_t)word;
}

static inline int charge_bytes(struct wrt_exec *x, uint64_t n)
{
    return wrt_charge(x, (n + BYTES_PER_FUEL - 1) / BYTES_PER_FUEL); /* n: inside of a memory */
}

static int out_of_bounds(struct wrt_exec *x, const char *what, uint64_t at, uint64_t n, uint64_t size)
{
    return wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, "%s: address 0x%llx + %llu of %llu", what, (unsigned long long)at,
                    (unsigned long long)n, (unsigned long long)size);
}

static bool inside(uint64_t at, uint64_t n, uint64_t size)
{
    return n <= size && at <= size - n;
}

int wrt_op_memory_size(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_memory_inst *m = memory_at(x, wrt_slot_d(ip[0]));
    fp[wrt_slot_a(ip[0])] = m->size >> m->type.page_log2;
    return 2;
}

int wrt_op_memory_grow(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    struct wrt_memory_inst *m = memory_at(x, wrt_slot_d(ip[0]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    int64_t old = wrt_memory_grow(x->store, m, v[0]);
    v[0] = m->type.is64 ? (uint64_t)old : (uint32_t)old;
    return 2;
}

/* In the direction in which nothing is overwritten before it was read. */
static int copy(struct wrt_exec *x, uint8_t *to, const uint8_t *from, uint64_t n)
{
    bool forward = (uintptr_t)to <= (uintptr_t)from;
    for (uint64_t left = n; left > 0;) {
        uint64_t piece = WP_MIN(left, (uint64_t)PIECE), at = forward ? n - left : left - piece;
        if (charge_bytes(x, piece) < 0) {
            return WRT_STOPPED;
        }
        memmove(to + at, from + at, piece);
        left -= piece;
    }
    return 2;
}

/* (dst, src, n); i0: the memory copied to, i1: from */
int wrt_op_memory_copy(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_memory_inst *to = memory_at(x, wrt_slot_d(ip[0])), *from = memory_at(x, low(ip[1]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (!inside(v[1], v[2], from->size)) {
        return out_of_bounds(x, "copy from", v[1], v[2], from->size);
    }
    if (!inside(v[0], v[2], to->size)) {
        return out_of_bounds(x, "copy to", v[0], v[2], to->size);
    }
    return copy(x, to->base + v[0], from->base + v[1], v[2]);
}

/* (dst, value, n) */
int wrt_op_memory_fill(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const struct wrt_memory_inst *m = memory_at(x, wrt_slot_d(ip[0]));
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (!inside(v[0], v[2], m->size)) {
        return out_of_bounds(x, "fill", v[0], v[2], m->size);
    }
    for (uint64_t done = 0; done < v[2]; done += PIECE) {
        uint64_t n = WP_MIN(v[2] - done, (uint64_t)PIECE);
        if (charge_bytes(x, n) < 0) {
            return WRT_STOPPED;
        }
        memset(m->base + v[0] + done, (uint8_t)v[1], n);
    }
    return 2;
}

/* (dst, src, n); i0: the segment, i1: the memory */
int wrt_op_memory_init(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    struct wrt_memory_inst *m = memory_at(x, low(ip[1]));
    struct wp_span data = x->instance->datas[wrt_slot_d(ip[0])];
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    if (!inside(v[1], v[2], data.len)) {
        return out_of_bounds(x, "init from a segment", v[1], v[2], data.len);
    }
    if (!inside(v[0], v[2], m->size)) {
        return out_of_bounds(x, "init", v[0], v[2], m->size);
    }
    if (charge_bytes(x, v[2]) < 0) {
        return WRT_STOPPED;
    }
    return wrt_memory_init(m, v[0], data, v[1], v[2]) ? 2 : out_of_bounds(x, "init", v[0], v[2], m->size);
}

int wrt_op_data_drop(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp WP_UNUSED)
{
    x->instance->datas[wrt_slot_d(ip[0])].len = 0;
    return 2;
}
