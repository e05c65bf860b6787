/* SPDX-License-Identifier: Apache-2.0
 *
 * How each instruction is translated, made from the rows of opcode.h and slot.h. */
#include "runtime-min/translate-parts.h"

/* By opcode: the slot op and the shape. */
static const struct {
    uint16_t slot_op;
    uint8_t shape;
} shapes[WRT_OP_COUNT] = {
#define ROW(shape, name, ...) [WRT_OP_##name] = {WRT_S_##name, shape},
#define UNARY(...)            ROW(TR_UNARY, __VA_ARGS__, )
#define BINARY(...)           ROW(TR_BINARY, __VA_ARGS__, )
#define COMPARE(...)          ROW(TR_COMPARE, __VA_ARGS__, )
#define WIDE(...)             ROW(TR_WIDE, __VA_ARGS__, )
#define LOAD(...)             ROW(TR_LOAD, __VA_ARGS__, )
#define STORE(...)            ROW(TR_STORE, __VA_ARGS__, )
#define V_BINARY(...)         ROW(TR_V_BINARY, __VA_ARGS__, )
#define V_TERNARY(...)        ROW(TR_V_TERNARY, __VA_ARGS__, )
#define V_EXTRACT(...)        ROW(TR_V_EXTRACT, __VA_ARGS__, )
#define V_REPLACE(...)        ROW(TR_V_REPLACE, __VA_ARGS__, )
#define V_LOAD(...)           ROW(TR_V_LOAD, __VA_ARGS__, )
#define V_LOAD_LANE(...)      ROW(TR_V_LOAD_LANE, __VA_ARGS__, )
#define V_STORE_LANE(...)     ROW(TR_V_STORE_LANE, __VA_ARGS__, )
    WRT_NUM_UNARY(UNARY) WRT_NUM_BINARY(BINARY) WRT_NUM_COMPARE(COMPARE) WRT_NUM_WIDE(WIDE) WRT_MEM_LOAD(LOAD)
        WRT_MEM_STORE(STORE) WRT_SIMD_UNARY(UNARY) WRT_SIMD_BINARY(V_BINARY) WRT_SIMD_TERNARY(V_TERNARY)
            WRT_SIMD_EXTRACT(V_EXTRACT) WRT_SIMD_REPLACE(V_REPLACE) WRT_SIMD_LOAD(V_LOAD)
                WRT_SIMD_LOAD_LANE(V_LOAD_LANE) WRT_SIMD_STORE_LANE(V_STORE_LANE)};

/* Pairs that are each other with the operands swapped; a pair of one is commutative. */
static const uint16_t swaps[][2] = {
#define SAME(name)         {WRT_OP_##name, WRT_OP_##name},
#define PAIR(name, mirror) {WRT_OP_##name, WRT_OP_##mirror}, {WRT_OP_##mirror, WRT_OP_##name},
    SAME(I32_ADD) SAME(I32_MUL) SAME(I32_AND) SAME(I32_OR) SAME(I32_XOR) SAME(I64_ADD) SAME(I64_MUL) SAME(I64_AND)
        SAME(I64_OR) SAME(I64_XOR) SAME(F32_ADD) SAME(F32_MUL) SAME(F32_MIN) SAME(F32_MAX) SAME(F64_ADD) SAME(F64_MUL)
            SAME(F64_MIN) SAME(F64_MAX) SAME(I32_EQ) SAME(I32_NE) SAME(I64_EQ) SAME(I64_NE) SAME(F32_EQ) SAME(F32_NE)
                SAME(F64_EQ) SAME(F64_NE) PAIR(I32_LT_S, I32_GT_S) PAIR(I32_LT_U, I32_GT_U) PAIR(I32_LE_S, I32_GE_S)
                    PAIR(I32_LE_U, I32_GE_U) PAIR(I64_LT_S, I64_GT_S) PAIR(I64_LT_U, I64_GT_U) PAIR(I64_LE_S, I64_GE_S)
                        PAIR(I64_LE_U, I64_GE_U) PAIR(F32_LT, F32_GT) PAIR(F32_LE, F32_GE) PAIR(F64_LT, F64_GT)
                            PAIR(F64_LE, F64_GE)};

void tr_rows_make(struct tr_row rows[WRT_OP_COUNT])
{
    for (uint32_t i = 0; i < WRT_OP_COUNT; i++) {
        const struct wrt_op *op = &wrt_ops[i];
        const struct wrt_sig *sig = &wrt_sigs[op->sig];
        bool slow = shapes[i].slot_op == 0 && op->sig != WRT_SIG_SPECIAL;
        rows[i] = (struct tr_row){.slot_op = slow ? (uint16_t)(WRT_SLOT_SLOW + i) : shapes[i].slot_op,
                                  .shape = slow ? TR_SLOW : shapes[i].shape,
                                  .charge = (uint8_t)wrt_charge_of(i),
                                  .in = sig->in_count,
                                  .out = sig->out_count,
                                  .width = (uint8_t)tr_width(sig->out[0]),
                                  .imm = op->imm};
    }
    static const uint16_t special[] = {WRT_OP_NOP,       WRT_OP_I32_CONST,  WRT_OP_I64_CONST,
                                       WRT_OP_F32_CONST, WRT_OP_F64_CONST,  WRT_OP_V128_CONST,
                                       WRT_OP_REF_EQ,    WRT_OP_V128_STORE, WRT_OP_I8X16_SHUFFLE};
    for (size_t i = 0; i < WP_ARRAY_LEN(special); i++) {
        rows[special[i]].shape = TR_SPECIAL;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(swaps); i++) {
        rows[swaps[i][0]].swapped = rows[swaps[i][1]].slot_op;
    }
}

static const bool results[WRT_SLOT_COUNT] = {
#define RESULT(name, ...)  [WRT_S_##name] = true,
#define RESULTS(name, ...) [WRT_S_##name] = true, [WRT_S_##name##_K] = true,
#define LOADS(name, ...) \
    [WRT_S_##name] = true, [WRT_S_##name##_X] = true, [WRT_S_##name##_AT] = true, [WRT_S_##name##_FAR] = true,
#define ADDED(name, ...) [WRT_S_##name##_ADD] = true, [WRT_S_##name##_ADD_K] = true,
#define ONE(...)         RESULT(__VA_ARGS__, )
#define TWO(...)         RESULTS(__VA_ARGS__, )
#define FOUR(...)        LOADS(__VA_ARGS__, )
    WRT_NUM_UNARY(ONE) WRT_NUM_BINARY(TWO) WRT_NUM_COMPARE(TWO) WRT_MEM_LOAD(FOUR) WRT_MEM_LOAD(ADDED)
        WRT_FUSED_NUM(ONE) WRT_SIMD_UNARY(ONE) WRT_SIMD_BINARY(ONE) WRT_SIMD_TERNARY(ONE) WRT_SIMD_EXTRACT(ONE)
            WRT_SIMD_REPLACE(ONE) WRT_SIMD_LOAD(ONE) WRT_SIMD_LOAD_LANE(ONE) ONE(I8X16_SHUFFLE) ONE(MOVE) ONE(MOVE_V)
                ONE(CONST_32) ONE(CONST_64) ONE(CONST_V) ONE(SELECT) ONE(SELECT_V) ONE(GLOBAL_GET) ONE(GLOBAL_GET_V)};

bool tr_has_result(uint32_t slot_op)
{
    return results[slot_op];
}

/* In the order of WRT_NUM_COMPARE. */
uint32_t tr_inverse(uint32_t slot_op)
{
    static const uint16_t inverses[] = {WRT_S_I32_NE,
                                        WRT_S_I32_EQ,
                                        WRT_S_I32_GE_S,
                                        WRT_S_I32_GE_U,
                                        WRT_S_I32_LE_S,
                                        WRT_S_I32_LE_U,
                                        WRT_S_I32_GT_S,
                                        WRT_S_I32_GT_U,
                                        WRT_S_I32_LT_S,
                                        WRT_S_I32_LT_U,
                                        WRT_S_I64_NE,
                                        WRT_S_I64_EQ,
                                        WRT_S_I64_GE_S,
                                        WRT_S_I64_GE_U,
                                        WRT_S_I64_LE_S,
                                        WRT_S_I64_LE_U,
                                        WRT_S_I64_GT_S,
                                        WRT_S_I64_GT_U,
                                        WRT_S_I64_LT_S,
                                        WRT_S_I64_LT_U,
                                        WRT_S_F32_NE,
                                        WRT_S_F32_EQ,
                                        0,
                                        0,
                                        0,
                                        0,
                                        WRT_S_F64_NE,
                                        WRT_S_F64_EQ,
                                        0,
                                        0,
                                        0,
                                        0};
    uint32_t i = (slot_op - WRT_S_I32_EQ) / 6, k = (slot_op - WRT_S_I32_EQ) % 6;
    return inverses[i] == 0 ? 0 : inverses[i] + k;
}
