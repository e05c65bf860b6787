/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trap says beside its name: the instruction is read once more, when it is too late for speed. */
#include "runtime-min/exec-parts.h"

/* How an instruction of slot code names its address. */
enum how { UNKNOWN, NEAR, NEAR_WORD, FIXED, ANY_MEMORY, SUM, SUM_K };
struct access {
    enum how how;
    bool store;
};

static const struct access accesses[WRT_SLOT_COUNT] = {
#define CASE(name, how, store) [WRT_S_##name] = {how, store},
#define CASES(name, store)              \
    CASE(name, NEAR, store)             \
    CASE(name##_R, NEAR, store)         \
    CASE(name##_X, NEAR_WORD, store)    \
    CASE(name##_XR, NEAR_WORD, store)   \
    CASE(name##_AT, FIXED, store)       \
    CASE(name##_FAR, ANY_MEMORY, store) \
    CASE(name##_ADD, SUM, store)        \
    CASE(name##_ADD_R, SUM, store)      \
    CASE(name##_ADD_S, SUM, store)      \
    CASE(name##_ADD_K, SUM_K, store)    \
    CASE(name##_ADD_KR, SUM_K, store)
#define LOAD(name, ...) CASES(name, false)
#define STORE(name, ...)             \
    CASES(name, true)                \
    CASE(name##_S, NEAR, true)       \
    CASE(name##_XS, NEAR_WORD, true) \
    CASE(name##_C, NEAR, true)       \
    CASE(name##_CR, NEAR, true)      \
    CASE(name##_ADD_KS, SUM_K, true)
    WRT_MEM_LOAD(LOAD) WRT_MEM_STORE(STORE)};

int exec_trap_memory(struct wrt_exec *x)
{
    const uint64_t *ip = x->ip;
    struct access access = accesses[wrt_slot_op(*ip)];
    if (access.how == UNKNOWN) {
        return wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, NULL);
    }
    uint32_t memory = access.how == ANY_MEMORY ? wrt_slot_c(*ip) : 0;
    uint64_t base = x->fp[access.store ? wrt_slot_a(*ip) : wrt_slot_b(*ip)], offset = ip[1];
    if (access.how == NEAR) {
        offset = wrt_slot_c(*ip);
    } else if (access.how == FIXED) {
        base = 0;
    } else if (access.how == SUM) {
        base = (uint32_t)(base + x->fp[wrt_slot_c(*ip)]);
    } else if (access.how == SUM_K) {
        base = (uint32_t)(base + offset);
        offset >>= 32;
    }
    return wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, "address 0x%llx + %llu, memory %u has %llu bytes",
                    (unsigned long long)base, (unsigned long long)offset, (unsigned)memory,
                    (unsigned long long)x->instance->memories[memory]->size);
}
