/* SPDX-License-Identifier: Apache-2.0
 *
 * Which instructions code-run.c may do by itself, from the rows of opcode.h. */
#include "runtime-min/code-parts.h"

static enum fast_shape special(uint32_t op)
{
    switch (op) {
    case WRT_OP_LOCAL_GET:
        return FAST_LOCAL_GET;
    case WRT_OP_LOCAL_SET:
        return FAST_LOCAL_SET;
    case WRT_OP_LOCAL_TEE:
        return FAST_LOCAL_TEE;
    case WRT_OP_BLOCK:
        return FAST_BLOCK;
    case WRT_OP_LOOP:
        return FAST_LOOP;
    case WRT_OP_IF:
        return FAST_IF;
    case WRT_OP_ELSE:
        return FAST_ELSE;
    case WRT_OP_END:
        return FAST_END;
    case WRT_OP_BR:
        return FAST_BR;
    case WRT_OP_BR_IF:
        return FAST_BR_IF;
    case WRT_OP_RETURN:
        return FAST_RETURN;
    case WRT_OP_UNREACHABLE:
        return FAST_UNREACHABLE;
    case WRT_OP_CALL:
        return FAST_CALL;
    case WRT_OP_CALL_INDIRECT:
        return FAST_CALL_INDIRECT;
    case WRT_OP_GLOBAL_GET:
        return FAST_GLOBAL_GET;
    case WRT_OP_GLOBAL_SET:
        return FAST_GLOBAL_SET;
    case WRT_OP_DROP:
        return FAST_DROP;
    case WRT_OP_SELECT:
        return FAST_SELECT;
    default:
        return FAST_NONE;
    }
}

static enum fast_shape by_row(const struct wrt_op *op, const struct wrt_sig *sig)
{
    switch (op->imm) {
    case WRT_IMM_I32:
        return FAST_I32_CONST;
    case WRT_IMM_I64:
        return FAST_I64_CONST;
    case WRT_IMM_F32:
        return FAST_F32_CONST;
    case WRT_IMM_F64:
        return FAST_F64_CONST;
    case WRT_IMM_MEM:
        return sig->out_count == 1 ? FAST_LOAD : FAST_STORE;
    case WRT_IMM_NONE:
        if (sig->in_count == 0 && sig->out_count == 0) {
            return FAST_NOP;
        }
        if (sig->out_count != 1 || sig->in_count < 1 || sig->in_count > 2) {
            return FAST_NONE;
        }
        return sig->in_count == 1 ? FAST_UNARY : FAST_BINARY;
    default:
        return FAST_NONE;
    }
}

void code_fast_table(struct fast_op table[256])
{
    for (uint32_t i = 0; i < 256; i++) {
        const struct wrt_op *op = &wrt_ops[i];
        const struct wrt_sig *sig = &wrt_sigs[op->sig];
        table[i] = (struct fast_op){{sig->in[0], sig->in[1]}, sig->out[0], FAST_NONE, op->arg};
        if (op->name != NULL && op->feature == 0) {
            table[i].shape = (uint8_t)(op->sig == WRT_SIG_SPECIAL ? special(i) : by_row(op, sig));
        } else if (op->feature == WRT_BIT_SIGN_EXTENSION + 1) {
            table[i].shape = FAST_SIGN_EXTENSION;
        }
    }
}
