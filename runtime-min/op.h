/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the slow lane (exec.h) for memories and tables: X(OPCODE, function), the opcode without WRT_OP_; one function
 * has all of the threads proposal. Private to runtime-min/ op*.c, exec*.c. */
#pragma once

#include "runtime-min/op-gc.h"
#include "runtime-min/slot.h"

/* clang-format off */
#define WRT_SLOW_MEMORY(X) \
    X(MEMORY_SIZE, wrt_op_memory_size) \
    X(MEMORY_GROW, wrt_op_memory_grow) \
    X(MEMORY_COPY, wrt_op_memory_copy) \
    X(MEMORY_FILL, wrt_op_memory_fill) \
    X(MEMORY_INIT, wrt_op_memory_init) \
    X(DATA_DROP, wrt_op_data_drop)

#define WRT_SLOW_TABLE(X) \
    X(TABLE_GET, wrt_op_table_get) \
    X(TABLE_SET, wrt_op_table_set) \
    X(TABLE_SIZE, wrt_op_table_size) \
    X(TABLE_GROW, wrt_op_table_grow) \
    X(TABLE_FILL, wrt_op_table_fill) \
    X(TABLE_COPY, wrt_op_table_copy) \
    X(TABLE_INIT, wrt_op_table_init) \
    X(ELEM_DROP, wrt_op_elem_drop)
/* clang-format on */

#define WRT_SLOW_DECLARE(opcode, function) int function(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp);
WRT_SLOW_MEMORY(WRT_SLOW_DECLARE)
WRT_SLOW_TABLE(WRT_SLOW_DECLARE)
int wrt_op_atomic(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp);
#undef WRT_SLOW_DECLARE
