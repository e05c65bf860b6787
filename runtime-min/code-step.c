/* SPDX-License-Identifier: Apache-2.0
 *
 * Any one instruction: its number, its feature, its immediates, what it takes and gives; by its row in opcode.h, or by
 * the file of its family where a row cannot say it. */
#include "runtime-min/code-parts.h"

int code_feature(struct wrt_scratch *s, uint64_t feature, const char *what)
{
    s->used |= feature;
    return (s->m->features & feature) == feature ? 0 : wrt_need_feature(s->m, feature, s->at, what, s->err);
}

/* Legacy code throws as well. */
static int op_feature(struct wrt_scratch *s, uint32_t op)
{
    uint64_t feature = UINT64_C(1) << (s->op->feature - 1);
    if (op == WRT_OP_THROW && (s->m->features & WRT_F_EXCEPTIONS) == 0 &&
        (s->m->features & WRT_F_LEGACY_EXCEPTIONS) != 0) {
        feature = WRT_F_LEGACY_EXCEPTIONS;
    }
    return code_feature(s, feature, s->op->name);
}

static int opcode(struct wrt_scratch *s, uint32_t *ret)
{
    uint8_t byte = *s->c.p++;
    uint32_t count = 0, base = wrt_op_prefix(byte, &count), number = byte;
    if (base != 0 && code_u32(s, &number) < 0) {
        return -1;
    }
    if ((base != 0 && number >= count) || wrt_ops[base + number].name == NULL) {
        return base != 0 ? code_fail(s, "illegal opcode %02x %02x", byte, number)
                         : code_fail(s, "illegal opcode %02x", byte);
    }
    *ret = base + number;
    s->op = &wrt_ops[*ret];
    return 0;
}

static int lane(struct wrt_scratch *s, uint32_t lanes)
{
    const uint8_t *at;
    if (code_bytes(s, 1, &at) < 0) {
        return -1;
    }
    return *at < lanes ? 0 : code_fail(s, "invalid lane index: %s has %u lanes, found %u", s->op->name, lanes, *at);
}

static int shuffle(struct wrt_scratch *s)
{
    for (unsigned i = 0; i < 16; i++) {
        if (lane(s, 32) < 0) {
            return -1;
        }
    }
    return 0;
}

static int zero(struct wrt_scratch *s)
{
    const uint8_t *at;
    if (code_bytes(s, 1, &at) < 0) {
        return -1;
    }
    return *at == 0 ? 0 : wrt_fail_at(s->m, at, s->err, "zero byte expected: found 0x%02x", *at);
}

/* Immediates of instructions whose types stand in their row. */
static int immediates(struct wrt_scratch *s, uint32_t *ret_address)
{
    const uint8_t *bytes;
    int64_t number;
    uint32_t elem;
    switch (s->op->imm) {
    case WRT_IMM_NONE:
        return 0;
    case WRT_IMM_I32:
        return wp_wasm_signed(&s->c, 32, &number, s->err);
    case WRT_IMM_I64:
        return wp_wasm_signed(&s->c, 64, &number, s->err);
    case WRT_IMM_F32:
        return code_bytes(s, 4, &bytes);
    case WRT_IMM_F64:
        return code_bytes(s, 8, &bytes);
    case WRT_IMM_V128:
        return code_bytes(s, 16, &bytes);
    case WRT_IMM_LANE:
        return lane(s, s->op->arg);
    case WRT_IMM_SHUFFLE:
        return shuffle(s);
    case WRT_IMM_ZERO:
        return zero(s);
    case WRT_IMM_MEM:
    case WRT_IMM_ATOMIC:
        return code_imm_memarg(s, ret_address);
    case WRT_IMM_MEM_LANE:
        return code_imm_memarg(s, ret_address) < 0 ? -1 : lane(s, 16u >> s->op->arg);
    case WRT_IMM_MEMORY:
        return code_imm_memory(s, ret_address);
    case WRT_IMM_DATA:
        return code_imm_data(s);
    case WRT_IMM_DATA_MEMORY:
        return code_imm_data_memory(s, ret_address);
    case WRT_IMM_ELEM:
        return code_imm_elem(s, &elem);
    default:
        return code_fail(s, "illegal opcode");
    }
}

static int plain(struct wrt_scratch *s)
{
    const struct wrt_sig *sig = &wrt_sigs[s->op->sig];
    uint32_t address = WRT_BOTTOM;
    if (immediates(s, &address) < 0) {
        return -1;
    }
    for (unsigned i = sig->in_count; i-- > 0;) {
        if (code_pop(s, sig->in[i] == WRT_OPERAND_ADDRESS ? address : sig->in[i]) < 0) {
            return -1;
        }
    }
    for (unsigned i = 0; i < sig->out_count; i++) {
        if (code_push(s, sig->out[i] == WRT_OPERAND_ADDRESS ? address : sig->out[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Both of one type, no references. */
static int select_plain(struct wrt_scratch *s)
{
    uint32_t a, b;
    if (code_pop(s, WRT_I32) < 0 || code_pop_any(s, &a) < 0 || code_pop_any(s, &b) < 0) {
        return -1;
    }
    if (wrt_is_ref(a) || wrt_is_ref(b)) {
        return code_mismatch(s, "numbers or vectors unless it names a type", wrt_is_ref(a) ? a : b);
    }
    if (a != b && a != WRT_BOTTOM && b != WRT_BOTTOM) {
        char want[64];
        code_type_text(s, b, want, sizeof(want));
        return code_mismatch(s, want, a);
    }
    return code_push(s, a == WRT_BOTTOM ? b : a);
}

static int select_typed(struct wrt_scratch *s)
{
    uint32_t count, type;
    if (code_u32(s, &count) < 0) {
        return -1;
    }
    if (count != 1) {
        return code_fail(s, "invalid result arity: select takes one type, found %u", count);
    }
    if (code_imm_valtype(s, &type) < 0 || code_pop(s, WRT_I32) < 0 || code_pop(s, type) < 0 || code_pop(s, type) < 0) {
        return -1;
    }
    return code_push(s, type);
}

static int structure(struct wrt_scratch *s, uint32_t op)
{
    uint32_t any;
    switch (op) {
    case WRT_OP_UNREACHABLE:
        code_unreachable(s);
        return 0;
    case WRT_OP_BLOCK:
        return code_block(s, FRAME_BLOCK);
    case WRT_OP_LOOP:
        return code_block(s, FRAME_LOOP);
    case WRT_OP_IF:
        return code_block(s, FRAME_IF);
    case WRT_OP_ELSE:
        return code_else(s);
    case WRT_OP_END:
        return code_end(s);
    case WRT_OP_DROP:
        return code_pop_any(s, &any);
    case WRT_OP_SELECT:
        return select_plain(s);
    default:
        return select_typed(s);
    }
}

static int special(struct wrt_scratch *s, uint32_t op)
{
    switch (s->op->imm) {
    case WRT_IMM_LABEL:
        return op == WRT_OP_RETHROW || op == WRT_OP_DELEGATE ? code_exception(s, op) : code_branch(s, op);
    case WRT_IMM_LABELS:
    case WRT_IMM_CAST:
        return code_branch(s, op);
    case WRT_IMM_TAG:
    case WRT_IMM_CATCHES:
        return code_exception(s, op);
    case WRT_IMM_FUNC:
        return op == WRT_OP_REF_FUNC ? code_reference(s, op) : code_call(s, op);
    case WRT_IMM_INDIRECT:
        return code_call(s, op);
    case WRT_IMM_TYPE:
        return op < WRT_OP_FB ? code_call(s, op) : code_data(s, op);
    case WRT_IMM_FIELD:
    case WRT_IMM_TYPES:
    case WRT_IMM_TYPE_COUNT:
    case WRT_IMM_TYPE_DATA:
    case WRT_IMM_TYPE_ELEM:
        return code_data(s, op);
    case WRT_IMM_HEAP:
        return code_reference(s, op);
    case WRT_IMM_NONE:
        break;
    case WRT_IMM_BLOCK:
    case WRT_IMM_SELECT:
        return op == WRT_OP_TRY ? code_exception(s, op) : structure(s, op);
    default:
        return code_variable(s, op);
    }
    switch (op) {
    case WRT_OP_RETURN:
        return code_branch(s, op);
    case WRT_OP_THROW_REF:
    case WRT_OP_CATCH_ALL:
        return code_exception(s, op);
    case WRT_OP_REF_IS_NULL:
    case WRT_OP_REF_AS_NON_NULL:
    case WRT_OP_ANY_CONVERT_EXTERN:
    case WRT_OP_EXTERN_CONVERT_ANY:
        return code_reference(s, op);
    default:
        return structure(s, op);
    }
}

int code_step(struct wrt_scratch *s)
{
    uint32_t op = 0;
    s->at = s->c.p;
    s->low = s->sp;
    if (opcode(s, &op) < 0 || (s->op->feature != 0 && op_feature(s, op) < 0)) {
        return -1;
    }
    return s->op->sig != WRT_SIG_SPECIAL ? plain(s) : special(s, op);
}
