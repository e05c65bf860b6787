/* SPDX-License-Identifier: Apache-2.0
 *
 * Atomic instructions (threads proposal) for one thread: plain access with the proposal's traps. Whoever waits without
 * a timeout for another thread would wait forever, and stops. The opcodes stand in the order of the proposal: seven
 * widths of each kind. */
#include "runtime-min/op.h"

enum kind { LOAD, STORE, ADD, SUB, AND, OR, XOR, XCHG, CMPXCHG };
enum { WAIT_NOT_EQUAL = 1, WAIT_TIMED_OUT = 2, WIDTHS = 7 };

/* The address, checked; NULL: stopped. */
static uint8_t *address(struct wrt_exec *x, const uint64_t *ip, uint64_t base, unsigned width)
{
    const struct wrt_memory_inst *m = x->instance->memories[wrt_slot_d(ip[0])];
    uint64_t at;
    bool beyond = wp_add_overflows(base, ip[1], &at);
    if (!beyond && at % width != 0) {
        (void)wrt_stop(x, WRT_STOP_UNALIGNED, "address 0x%llx, %u bytes", (unsigned long long)at, width);
        return NULL;
    }
    if (beyond || width > m->size || at > m->size - width) {
        (void)wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, "address 0x%llx + %llu of %llu", (unsigned long long)base,
                       (unsigned long long)ip[1], (unsigned long long)m->size);
        return NULL;
    }
    return m->base + at;
}

static uint64_t load(const uint8_t *p, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        value |= (uint64_t)p[i] << 8 * i;
    }
    return value;
}

static void store(uint8_t *p, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint64_t combine(enum kind kind, uint64_t old, uint64_t operand)
{
    switch (kind) {
    case ADD:
        return old + operand;
    case SUB:
        return old - operand;
    case AND:
        return old & operand;
    case OR:
        return old | operand;
    case XOR:
        return old ^ operand;
    default:
        return operand;
    }
}

static int access_memory(struct wrt_exec *x, const uint64_t *ip, uint64_t *v, uint32_t row)
{
    static const uint8_t widths[WIDTHS] = {4, 8, 1, 2, 1, 2, 4};
    enum kind kind = (enum kind)(row / WIDTHS);
    unsigned width = widths[row % WIDTHS];
    uint8_t *p = address(x, ip, v[0], width);
    if (!p) {
        return WRT_STOPPED;
    }
    if (kind == STORE) {
        store(p, width, v[1]);
        return 2;
    }
    uint64_t old = load(p, width);
    if (kind == CMPXCHG) {
        /* What is expected is taken as narrow as what is there. */
        store(p, width, (old ^ v[1]) << (64 - 8 * width) == 0 ? v[2] : old);
    } else if (kind != LOAD) {
        store(p, width, combine(kind, old, v[1]));
    }
    v[0] = old;
    return 2;
}

/* (address, expected, timeout in ns, negative: none) */
static int wait(struct wrt_exec *x, const uint64_t *ip, uint64_t *v, unsigned width)
{
    const uint8_t *p = address(x, ip, v[0], width);
    if (!p) {
        return WRT_STOPPED;
    }
    if (!x->instance->memories[wrt_slot_d(ip[0])]->type.shared) {
        return wrt_stop(x, WRT_STOP_EXPECTED_SHARED, NULL);
    }
    bool equal = load(p, width) == v[1];
    if (equal && (int64_t)v[2] < 0) {
        return wrt_stop(x, WRT_STOP_BLOCKED, "no other thread can notify address 0x%llx", (unsigned long long)v[0]);
    }
    v[0] = equal ? WAIT_TIMED_OUT : WAIT_NOT_EQUAL;
    return 2;
}

int wrt_op_atomic(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *v = &fp[wrt_slot_a(ip[0])];
    uint32_t opcode = wrt_slot_op(ip[0]) - WRT_SLOT_SLOW;
    switch (opcode) {
    case WRT_OP_MEMORY_ATOMIC_NOTIFY:
        if (!address(x, ip, v[0], 4)) {
            return WRT_STOPPED;
        }
        v[0] = 0; /* nobody waits */
        return 2;
    case WRT_OP_MEMORY_ATOMIC_WAIT32:
        return wait(x, ip, v, 4);
    case WRT_OP_MEMORY_ATOMIC_WAIT64:
        return wait(x, ip, v, 8);
    case WRT_OP_ATOMIC_FENCE:
        return 2;
    default:
        return access_memory(x, ip, v, opcode - WRT_OP_I32_ATOMIC_LOAD);
    }
}
