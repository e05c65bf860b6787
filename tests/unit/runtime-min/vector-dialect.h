/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of vector instructions as plain functions: a dialect without dispatch, for unit tests of what they
 * compute and of how they find their operands. */
#pragma once

#include "runtime-min/exec-simd-floats.h"
#include "runtime-min/slot.h"

/* Two memories of 64 bytes; what a handler may not reach is told by vector_run. */
extern uint8_t vector_memory[2][64];

/* Runs one instruction over the frame fp: the words it takes, or -1 for out of bounds. */
int vector_run(const uint64_t *ip, uint64_t *fp);
