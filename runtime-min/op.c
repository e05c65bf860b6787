/* SPDX-License-Identifier: Apache-2.0
 *
 * The slow lane's table: one load finds the function of an instruction. */
#include "runtime-min/op.h"

#define ROW(opcode, function)     [WRT_OP_##opcode] = (function),
#define ATOMIC(code, opcode, ...) ROW(opcode, wrt_op_atomic)
const wrt_slow_fn wrt_slow_ops[WRT_OP_COUNT] = {WRT_SLOW_MEMORY(ROW) WRT_SLOW_TABLE(ROW) WRT_SLOW_GC(ROW)
                                                    WRT_OPCODES_FE(ATOMIC)};
