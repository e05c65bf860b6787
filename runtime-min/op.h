/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions of the slow lane: a list for each op-*.c file that has them. X(NAME): wrt_op_NAME executes the
 * instruction of that name in opcode.h, as slot.h says. Private to runtime-min/ op*.c, exec*.c. */
#pragma once

#include "runtime-min/exec.h"
#include "runtime-min/slot.h"

#define WRT_OPS_MEMORY(X) X(MEMORY_SIZE) X(MEMORY_GROW) X(MEMORY_COPY) X(MEMORY_FILL) X(MEMORY_INIT) X(DATA_DROP)
#define WRT_OPS_TABLE(X) \
    X(TABLE_GET)         \
    X(TABLE_SET) X(TABLE_SIZE) X(TABLE_GROW) X(TABLE_FILL) X(TABLE_COPY) X(TABLE_INIT) X(ELEM_DROP)

#define WRT_OPS(X)           WRT_OPS_MEMORY(X) WRT_OPS_TABLE(X)

#define WRT_OP_DECLARE(name) int wrt_op_##name(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp);
WRT_OPS(WRT_OP_DECLARE)
#undef WRT_OP_DECLARE
