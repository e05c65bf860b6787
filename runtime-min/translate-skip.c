/* SPDX-License-Identifier: Apache-2.0
 *
 * Code that is never reached: its instructions count where P is concerned, nothing else of them matters. */
#include "runtime-min/translate-parts.h"

static void leb(struct wrt_translator *t)
{
    while (*t->p++ >= 0x80) {
    }
}

void tr_skip_type(struct wrt_translator *t)
{
    uint8_t byte = *t->p++;
    if (byte == 0x63 || byte == 0x64) {
        leb(t);
    }
}

static void block_type(struct wrt_translator *t)
{
    if ((*t->p & 0xc0) == 0x40) {
        tr_skip_type(t);
    } else {
        leb(t);
    }
}

static void memarg(struct wrt_translator *t)
{
    uint32_t flags = tr_u32(t);
    if ((flags & 0x40) != 0) {
        leb(t);
    }
    leb(t);
}

static void labels(struct wrt_translator *t)
{
    for (uint64_t n = tr_u32(t) + UINT64_C(1); n > 0; n--) {
        leb(t);
    }
}

static void catches(struct wrt_translator *t)
{
    block_type(t);
    for (uint32_t n = tr_u32(t); n > 0; n--) {
        if (*t->p++ < 2) {
            leb(t);
        }
        leb(t);
    }
}

void tr_skip_immediates(struct wrt_translator *t, uint32_t op)
{
    switch ((enum wrt_immediate)t->rows[op].imm) {
    case WRT_IMM_NONE:
        break;
    case WRT_IMM_BLOCK:
        block_type(t);
        break;
    case WRT_IMM_LABELS:
        labels(t);
        break;
    case WRT_IMM_SELECT:
        leb(t);
        tr_skip_type(t);
        break;
    case WRT_IMM_CATCHES:
        catches(t);
        break;
    case WRT_IMM_MEM:
    case WRT_IMM_ATOMIC:
        memarg(t);
        break;
    case WRT_IMM_MEM_LANE:
        memarg(t);
        t->p++;
        break;
    case WRT_IMM_LANE:
    case WRT_IMM_ZERO:
        t->p++;
        break;
    case WRT_IMM_F32:
        t->p += 4;
        break;
    case WRT_IMM_F64:
        t->p += 8;
        break;
    case WRT_IMM_V128:
    case WRT_IMM_SHUFFLE:
        t->p += 16;
        break;
    case WRT_IMM_CAST:
        t->p++;
        leb(t);
        leb(t);
        leb(t);
        break;
    case WRT_IMM_INDIRECT:
    case WRT_IMM_TABLES:
    case WRT_IMM_MEMORIES:
    case WRT_IMM_DATA_MEMORY:
    case WRT_IMM_ELEM_TABLE:
    case WRT_IMM_FIELD:
    case WRT_IMM_TYPE_COUNT:
    case WRT_IMM_TYPE_DATA:
    case WRT_IMM_TYPE_ELEM:
    case WRT_IMM_TYPES:
        leb(t);
        leb(t);
        break;
    default:
        leb(t);
        break;
    }
}

void tr_skip_dead(struct wrt_translator *t)
{
    for (uint32_t depth = 0; !t->failed;) {
        const uint8_t *at = t->p;
        uint32_t op = tr_opcode(t);
        if (depth == 0 && (op == WRT_OP_ELSE || op == WRT_OP_END)) {
            t->p = at;
            return;
        }
        t->at = at;
        t->place += t->rows[op].charge;
        if (op == WRT_OP_BLOCK || op == WRT_OP_LOOP || op == WRT_OP_IF || op == WRT_OP_TRY_TABLE) {
            depth++;
        } else if (op == WRT_OP_END) {
            depth--;
        } else if (tr_is_legacy(op)) {
            tr_fail_legacy(t);
        }
        tr_skip_immediates(t, op);
    }
}
