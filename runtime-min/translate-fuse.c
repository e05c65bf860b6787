/* SPDX-License-Identifier: Apache-2.0
 *
 * What two instructions do in one (exec-fused.h): the second finds the first as what was emitted last, its result as
 * one of its own operands, takes it away and does both. */
#include "runtime-min/translate-parts.h"

/* ---- moves and jumps ---- */

static uint64_t last_word(const struct wrt_translator *t)
{
    return t->last != TR_NONE ? t->code[t->last] : 0;
}

/* To neighbours: both are read first, so not where the second reads what the first writes. */
bool tr_fuse_move(struct wrt_translator *t, uint32_t to, uint32_t from)
{
    uint64_t w = last_word(t);
    uint32_t op = wrt_slot_op(w), a = wrt_slot_a(w), b = wrt_slot_b(w), c = wrt_slot_c(w);
    if (op == WRT_S_MOVE && a + 1 == to && a != from) {
        t->code[t->last] = wrt_slot_abc(WRT_S_MOVE_2, a, b, from);
        return true;
    }
    if (op != WRT_S_MOVE && op != WRT_S_MOVE_TWICE) {
        return false;
    }
    uint64_t second = op == WRT_S_MOVE_TWICE ? t->code[t->last + 1] : 0;
    tr_unemit(t);
    if (op == WRT_S_MOVE) {
        tr_emit_abc2(t, WRT_S_MOVE_TWICE, a, b, to, from);
    } else {
        tr_emit_abc2(t, WRT_S_MOVE_THRICE, a, b, c, second | (uint64_t)to << 16 | (uint64_t)from << 32);
    }
    return true;
}

static bool is_short(uint64_t k)
{
    return (int32_t)(uint32_t)k == (int16_t)(uint16_t)k;
}

void tr_fuse_jump(struct wrt_translator *t)
{
    uint64_t w = last_word(t), head = WRT_S_BR;
    if (wrt_slot_op(w) == WRT_S_MOVE) {
        head = wrt_slot_abc(WRT_S_BR_MOVE, wrt_slot_a(w), wrt_slot_b(w), 0);
    } else if (wrt_slot_op(w) == WRT_S_I32_ADD_K && is_short(t->code[t->last + 1])) {
        head = wrt_slot_abc(WRT_S_BR_ADD, wrt_slot_a(w), wrt_slot_b(w), (uint16_t)t->code[t->last + 1]);
    }
    if (head != WRT_S_BR) {
        tr_unemit(t);
    }
    tr_emit(t, 2)[0] = head;
}

bool tr_is_jump(uint32_t slot_op)
{
    return slot_op == WRT_S_BR || slot_op == WRT_S_BR_MOVE || slot_op == WRT_S_BR_ADD;
}

void tr_undo_jump(struct wrt_translator *t)
{
    uint64_t w = last_word(t);
    tr_unemit(t);
    if (wrt_slot_op(w) == WRT_S_BR_MOVE) {
        tr_emit_abc(t, WRT_S_MOVE, wrt_slot_a(w), wrt_slot_b(w), 0);
    } else if (wrt_slot_op(w) == WRT_S_BR_ADD) {
        uint32_t k = (uint32_t)(int16_t)wrt_slot_c(w);
        tr_emit_abc2(t, WRT_S_I32_ADD_K, wrt_slot_a(w), wrt_slot_b(w), 0, k);
    }
}

/* ---- numbers ---- */

/* first's result is the second operand of second (or, either: one of both). */
static const struct pair {
    uint16_t first, second, fused;
    bool either, constant; /* first is of the constant form: its second operand is a number */
} pairs[] = {
    {WRT_S_I32_ADD, WRT_S_I32_ADD, WRT_S_I32_ADD_3, true, false},
    {WRT_S_I32_SHL_K, WRT_S_I32_ADD, WRT_S_I32_ADD_SHL_K, true, true},
    {WRT_S_I32_SHR_U_K, WRT_S_I32_XOR, WRT_S_I32_XOR_SHR_U_K, true, true},
    {WRT_S_I32_ROTL_K, WRT_S_I32_XOR, WRT_S_I32_XOR_ROTL_K, true, true},
    {WRT_S_I64_SHR_U_K, WRT_S_I64_XOR, WRT_S_I64_XOR_SHR_U_K, true, true},
    {WRT_S_I64_ROTL_K, WRT_S_I64_XOR, WRT_S_I64_XOR_ROTL_K, true, true},
    {WRT_S_F32_MUL, WRT_S_F32_ADD, WRT_S_F32_MUL_ADD, true, false},
    {WRT_S_F32_MUL, WRT_S_F32_SUB, WRT_S_F32_MUL_SUB_FROM, false, false},
    {WRT_S_F64_MUL, WRT_S_F64_ADD, WRT_S_F64_MUL_ADD, true, false},
    {WRT_S_F64_MUL, WRT_S_F64_SUB, WRT_S_F64_MUL_SUB_FROM, false, false},
};

static void emit_pair(struct wrt_translator *t, const struct pair *p, uint32_t other, uint32_t to)
{
    uint64_t w = t->code[t->last], k = p->constant ? t->code[t->last + 1] : 0;
    tr_unemit(t);
    if (p->constant) {
        tr_emit_abc2(t, p->fused, to, other, wrt_slot_b(w), k & (p->second == WRT_S_I64_XOR ? 63 : 31));
    } else {
        tr_emit_abc2(t, p->fused, to, wrt_slot_b(w), wrt_slot_c(w), other);
    }
}

bool tr_fuse_binary(struct wrt_translator *t, uint32_t slot_op, const struct tr_operand *b, const struct tr_operand *c,
                    uint32_t to)
{
    bool right = tr_is_last(t, c), left = tr_is_last(t, b);
    if (!left && !right) {
        return false;
    }
    uint32_t first = wrt_slot_op(t->code[t->last]);
    for (size_t i = 0; i < WP_ARRAY_LEN(pairs); i++) {
        const struct pair *p = &pairs[i];
        if (p->first == first && p->second == slot_op && (right || p->either)) {
            const struct tr_operand *other = right ? b : c;
            emit_pair(t, p, other->kind == TR_LOCAL ? other->local : other->slot, to);
            return true;
        }
    }
    return false;
}

/* ---- where loops turn ---- */

/* A comparison of integers by its place in WRT_NUM_LATCH. */
struct condition {
    uint32_t index, c;
    uint64_t k;
    bool has_k;
};
enum { EQ, NE, LATCHES = 20, I64S = 10 };

static bool is_test_of(uint64_t word, uint32_t slot)
{
    return wrt_slot_a(word) == slot;
}

/* slot was counted up; the branch is to be taken when the condition holds. */
static bool condition_of(const struct tr_test *test, bool when, uint32_t slot, bool wide, struct condition *ret)
{
    static const uint8_t mirrored[] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7};
    uint32_t op = when ? test->yes : test->no, base = wide ? I64S : 0;
    *ret = (struct condition){.c = wrt_slot_c(test->word), .k = test->k, .has_k = test->has_k};
    if (op == (wide ? WRT_S_BR_NON_NULL : WRT_S_BR_IF) || op == (wide ? WRT_S_BR_NULL : WRT_S_BR_UNLESS)) {
        ret->index = base + (op == WRT_S_BR_NON_NULL || op == WRT_S_BR_IF ? NE : EQ);
        ret->has_k = true;
        return is_test_of(test->word, slot);
    }
    if (op < WRT_S_I32_EQ || op > WRT_S_F64_GE_K) {
        return false;
    }
    uint32_t compare = (op - WRT_S_I32_EQ) / 6, form = (op - WRT_S_I32_EQ) % 6;
    if (compare < base || compare >= base + I64S) {
        return false;
    }
    uint32_t plain = WRT_S_I32_EQ + 6 * compare;
    ret->index = form < 4 ? compare : (tr_inverse(plain) - WRT_S_I32_EQ) / 6;
    if (wrt_slot_b(test->word) == slot) {
        return true;
    }
    ret->index = base + mirrored[ret->index - base];
    ret->c = wrt_slot_b(test->word);
    return !test->has_k && wrt_slot_c(test->word) == slot;
}

static bool fits(uint64_t k, bool wide)
{
    return !wide || (int64_t)k == (int32_t)(uint32_t)k;
}

bool tr_fuse_latch(struct wrt_translator *t, const struct tr_test *test, bool when)
{
    uint64_t w = last_word(t);
    bool wide = wrt_slot_op(w) == WRT_S_I64_ADD_K;
    struct condition c;
    if ((!wide && wrt_slot_op(w) != WRT_S_I32_ADD_K) || !condition_of(test, when, wrt_slot_a(w), wide, &c)) {
        return false;
    }
    uint64_t k = t->code[t->last + 1];
    if (!fits(k, wide) || (c.has_k && !fits(c.k, wide))) {
        return false;
    }
    tr_unemit(t);
    uint64_t *to = tr_emit(t, 3);
    to[0] = wrt_slot_abc(WRT_S_NEXT_I32_EQ + 2 * c.index + c.has_k, wrt_slot_a(w), wrt_slot_b(w), c.has_k ? 0 : c.c);
    to[2] = (uint32_t)k | (c.has_k ? c.k << 32 : 0);
    return true;
}
