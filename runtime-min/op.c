/* SPDX-License-Identifier: Apache-2.0
 *
 * The slow lane's table: one load finds the function of an instruction. */
#include "runtime-min/op.h"

#define ROW(name) [WRT_OP_##name] = wrt_op_##name,
const wrt_slow_fn wrt_slow_ops[WRT_OP_COUNT] = {WRT_OPS(ROW)};
