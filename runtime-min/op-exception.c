/* SPDX-License-Identifier: Apache-2.0
 *
 * throw and throw_ref (core 3.0 section 4.6.7): an exception is an object of the heap, made here and handed to
 * wrt_throw (exec-unwind.c). */
#include "runtime-min/heap.h"
#include "runtime-min/op.h"

static uint64_t *operands(const uint64_t *ip, uint64_t *fp)
{
    return fp + wrt_slot_a(ip[0]);
}

/* i0: tag; the payload are the operands. */
int wrt_op_throw(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t exn;
    const struct wrt_tag_inst *tag = x->instance->tags[wrt_slot_d(ip[0])];
    if (wrt_heap_exception(x, tag, operands(ip, fp), &exn) < 0) {
        return WRT_STOPPED;
    }
    return wrt_throw(x, exn);
}

int wrt_op_throw_ref(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const uint64_t *exn = operands(ip, fp);
    return *exn == 0 ? wrt_stop(x, WRT_STOP_NULL_EXN, NULL) : wrt_throw(x, *exn);
}
