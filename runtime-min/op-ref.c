/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions on references of any kind and i31 (core 3.0 section 4.6.5). The encoding of heap.h makes the conversions
 * between the hierarchies of any and extern nothing at all. */
#include "runtime-min/heap.h"
#include "runtime-min/op.h"

enum { WORDS = 2 };

static uint64_t *operand(const uint64_t *ip, uint64_t *fp)
{
    return fp + wrt_slot_a(ip[0]);
}

int wrt_op_ref_as_non_null(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    return *operand(ip, fp) == 0 ? wrt_stop(x, WRT_STOP_NULL_REFERENCE, NULL) : WORDS;
}

int wrt_op_ref_test(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operand(ip, fp);
    *a = wrt_ref_matches(x->store, *a, WRT_REF | wrt_slot_d(ip[0]));
    return WORDS;
}

int wrt_op_ref_cast(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    bool matches = wrt_ref_matches(x->store, *operand(ip, fp), WRT_REF | wrt_slot_d(ip[0]));
    return matches ? WORDS : wrt_stop(x, WRT_STOP_CAST, NULL);
}

int wrt_op_convert(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    (void)x, (void)operand(ip, fp);
    return WORDS;
}

int wrt_op_ref_i31(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    (void)x;
    uint64_t *a = operand(ip, fp);
    *a = wrt_i31((uint32_t)*a);
    return WORDS;
}

int wrt_op_i31_get_u(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operand(ip, fp);
    if (*a == 0) {
        return wrt_stop(x, WRT_STOP_NULL_I31, NULL);
    }
    *a = *a >> 1;
    return WORDS;
}

int wrt_op_i31_get_s(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    int words = wrt_op_i31_get_u(x, ip, fp);
    uint64_t *a = operand(ip, fp);
    /* bit 30 is the sign */
    *a = words > 0 ? (uint32_t)((*a ^ 0x40000000) - 0x40000000) : *a;
    return words;
}
