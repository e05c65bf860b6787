/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trap says beside its name: the instruction is read once more, when it is too late for speed. */
#include "runtime-min/exec-parts.h"

/* How an instruction of slot code names its address. */
enum address { NEAR, NEAR_WORD, FIXED, FAR_AWAY, SUM, SUM_NUMBER };

static bool find_address(uint32_t op, enum address *ret, bool *ret_store)
{
#define CASES(name, is_store)                     \
    case WRT_S_##name:                            \
    case WRT_S_##name##_X:                        \
    case WRT_S_##name##_AT:                       \
    case WRT_S_##name##_FAR:                      \
        *ret = (enum address)(op - WRT_S_##name); \
        *ret_store = (is_store);                  \
        return true;                              \
    case WRT_S_##name##_ADD:                      \
    case WRT_S_##name##_ADD_K:                    \
        *ret = SUM + (op - WRT_S_##name##_ADD);   \
        *ret_store = (is_store);                  \
        return true;
#define CASES_LOAD(name) CASES(name, false)
#define CASES_STORE(name)  \
    CASES(name, true)      \
    case WRT_S_##name##_C: \
        *ret = NEAR;       \
        *ret_store = true; \
        return true;
    switch (op) {
        WRT_MEM_LOAD(CASES_LOAD)
        WRT_MEM_STORE(CASES_STORE)
    default:
        return false;
    }
}

int exec_trap_memory(struct wrt_exec *x)
{
    const uint64_t *ip = x->ip;
    enum address how = FAR_AWAY;
    bool store = false;
    if (!find_address(wrt_slot_op(*ip), &how, &store)) {
        return wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, NULL);
    }
    uint64_t base = how == FIXED ? 0 : x->fp[store ? wrt_slot_a(*ip) : wrt_slot_b(*ip)];
    uint64_t offset = how == NEAR ? wrt_slot_c(*ip) : ip[1];
    if (how == SUM || how == SUM_NUMBER) {
        base = (uint32_t)(base + (how == SUM ? x->fp[wrt_slot_c(*ip)] : ip[1]));
        offset = how == SUM ? ip[1] : ip[1] >> 32;
    }
    uint32_t memory = how == FAR_AWAY ? wrt_slot_c(*ip) : 0;
    return wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, "address 0x%llx + %llu, memory %u has %llu bytes",
                    (unsigned long long)base, (unsigned long long)offset, (unsigned)memory,
                    (unsigned long long)x->instance->memories[memory]->size);
}
