/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the slow lane (exec.h) for references, structs, arrays and exceptions: X(OPCODE, function), the opcode
 * without WRT_OP_. The functions stand in op-ref.c, op-gc.c, op-gc-array.c and op-exception.c. */
#pragma once

#include "runtime-min/exec.h"

/* clang-format off */
#define WRT_SLOW_GC(X) \
    X(REF_AS_NON_NULL, wrt_op_ref_as_non_null) \
    X(REF_TEST, wrt_op_ref_test) \
    X(REF_TEST_NULL, wrt_op_ref_test) \
    X(REF_CAST, wrt_op_ref_cast) \
    X(REF_CAST_NULL, wrt_op_ref_cast) \
    X(REF_I31, wrt_op_ref_i31) \
    X(I31_GET_S, wrt_op_i31_get_s) \
    X(I31_GET_U, wrt_op_i31_get_u) \
    X(ANY_CONVERT_EXTERN, wrt_op_convert) \
    X(EXTERN_CONVERT_ANY, wrt_op_convert) \
    X(STRUCT_NEW, wrt_op_struct_new) \
    X(STRUCT_NEW_DEFAULT, wrt_op_struct_new_default) \
    X(STRUCT_GET, wrt_op_struct_get) \
    X(STRUCT_GET_S, wrt_op_struct_get_s) \
    X(STRUCT_GET_U, wrt_op_struct_get) \
    X(STRUCT_SET, wrt_op_struct_set) \
    X(ARRAY_NEW, wrt_op_array_new) \
    X(ARRAY_NEW_DEFAULT, wrt_op_array_new_default) \
    X(ARRAY_NEW_FIXED, wrt_op_array_new_fixed) \
    X(ARRAY_NEW_DATA, wrt_op_array_new_data) \
    X(ARRAY_NEW_ELEM, wrt_op_array_new_elem) \
    X(ARRAY_GET, wrt_op_array_get) \
    X(ARRAY_GET_S, wrt_op_array_get_s) \
    X(ARRAY_GET_U, wrt_op_array_get) \
    X(ARRAY_SET, wrt_op_array_set) \
    X(ARRAY_LEN, wrt_op_array_len) \
    X(ARRAY_FILL, wrt_op_array_fill) \
    X(ARRAY_COPY, wrt_op_array_copy) \
    X(ARRAY_INIT_DATA, wrt_op_array_init_data) \
    X(ARRAY_INIT_ELEM, wrt_op_array_init_elem) \
    X(THROW, wrt_op_throw) \
    X(THROW_REF, wrt_op_throw_ref)
/* clang-format on */

#define WRT_SLOW_DECLARE(opcode, function) int function(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp);
WRT_SLOW_GC(WRT_SLOW_DECLARE)
#undef WRT_SLOW_DECLARE
