/* SPDX-License-Identifier: Apache-2.0
 *
 * Branches (core 3.0, sections 3.4.3 and 3.4.5): conditions are fused with the comparison before them; values that a
 * label wants elsewhere are moved on the way, conditional branches then go around the moves. */
#include "runtime-min/translate-parts.h"

/* ---- targets ---- */

uint32_t tr_fixup_add(struct wrt_translator *t, uint32_t next, uint32_t word, uint32_t first)
{
    uint32_t i = t->free_fixup;
    if (i != TR_NONE) {
        t->free_fixup = t->fixups[i].next;
    } else {
        if (!tr_reserve(t, &t->fixup_vec, t->fixup_vec.count + UINT64_C(1), sizeof(*t->fixups))) {
            return TR_NONE;
        }
        t->fixups = t->fixup_vec.items;
        i = t->fixup_vec.count++;
    }
    t->fixups[i] = (struct tr_fixup){next, word, first, t->place};
    return i;
}

void tr_target(struct wrt_translator *t, uint32_t word, uint32_t first, struct tr_block *b)
{
    if (b->kind != TR_LOOP) {
        b->fixups = tr_fixup_add(t, b->fixups, word, first);
    } else if (!t->failed) {
        t->code[word] = (uint32_t)(b->start - first) | (uint64_t)(b->place - t->place) << 32;
    }
}

/* ---- conditions ---- */

static struct tr_test test_slot(uint32_t slot, uint32_t yes, uint32_t no)
{
    return (struct tr_test){.word = (uint64_t)slot << 16, .yes = yes, .no = no};
}

static struct tr_test inverse(struct tr_test test)
{
    return (struct tr_test){test.word, test.k, test.no, test.yes, test.has_k};
}

static struct tr_test compare_test(const uint64_t *w)
{
    uint32_t op = wrt_slot_op(w[0]), constant = (op - WRT_S_I32_EQ) % 6;
    if (constant != 0 && w[1] == 0) {
        switch (op) {
        case WRT_S_I32_EQ_K:
            return test_slot(wrt_slot_b(w[0]), WRT_S_BR_UNLESS, WRT_S_BR_IF);
        case WRT_S_I32_NE_K:
            return test_slot(wrt_slot_b(w[0]), WRT_S_BR_IF, WRT_S_BR_UNLESS);
        case WRT_S_I64_EQ_K:
            return test_slot(wrt_slot_b(w[0]), WRT_S_BR_NULL, WRT_S_BR_NON_NULL);
        case WRT_S_I64_NE_K:
            return test_slot(wrt_slot_b(w[0]), WRT_S_BR_NON_NULL, WRT_S_BR_NULL);
        default:
            break;
        }
    }
    return (struct tr_test){.word = w[0] & ~UINT64_C(0xffffffff),
                            .k = constant != 0 ? w[1] : 0,
                            .yes = op + 2,
                            .no = op + 4,
                            .has_k = constant != 0};
}

/* `not` of a comparison that has no inverse: both go into the branch. */
static struct tr_test not_test(struct wrt_translator *t, uint32_t slot)
{
    if (slot >= t->local_slots && tr_last_result(t) == slot && tr_is_compare(wrt_slot_op(t->code[t->last]))) {
        struct tr_test test = inverse(compare_test(t->code + t->last));
        tr_unemit(t);
        return test;
    }
    return test_slot(slot, WRT_S_BR_UNLESS, WRT_S_BR_IF);
}

struct tr_test tr_test_take(struct wrt_translator *t)
{
    struct tr_operand *o = tr_pop(t);
    if (!tr_is_last(t, o)) {
        return test_slot(tr_source(t, o), WRT_S_BR_IF, WRT_S_BR_UNLESS);
    }
    uint64_t w = t->code[t->last];
    uint32_t op = wrt_slot_op(w);
    if (tr_is_compare(op)) {
        struct tr_test test = compare_test(t->code + t->last);
        tr_unemit(t);
        return test;
    }
    if (op == WRT_S_I32_EQZ) {
        tr_unemit(t);
        return not_test(t, wrt_slot_b(w));
    }
    if (op == WRT_S_I32_WRAP_I64) { /* branches look at 32 bits */
        tr_unemit(t);
        return test_slot(wrt_slot_b(w), WRT_S_BR_IF, WRT_S_BR_UNLESS);
    }
    if (op == WRT_S_I64_EQZ) {
        tr_unemit(t);
        return test_slot(wrt_slot_b(w), WRT_S_BR_NULL, WRT_S_BR_NON_NULL);
    }
    return test_slot(o->slot, WRT_S_BR_IF, WRT_S_BR_UNLESS);
}

uint32_t tr_test_emit(struct wrt_translator *t, const struct tr_test *test, bool when)
{
    if (tr_fuse_latch(t, test, when)) {
        return t->last;
    }
    uint64_t *w = tr_emit(t, test->has_k ? 3 : 2);
    w[0] = test->word | (when ? test->yes : test->no);
    if (test->has_k) {
        w[2] = test->k;
    }
    return t->last;
}

/* ---- values ---- */

/* Before anything branches: true where the values of the label are in its slots already. */
static bool prepare(struct wrt_translator *t, const struct tr_block *b, uint32_t n)
{
    bool in_place = b->kind != TR_FUNC && (n == 0 || t->ops[t->count - n].slot == b->slot);
    if (n > TR_FEW || (in_place && n > 0)) {
        tr_settle_top(t, n);
    }
    return in_place;
}

/* The values stay on the stack. A label's slots lie below those of the values, so that moving from below overwrites
 * nothing that is still to be moved. */
static void move_values(struct wrt_translator *t, const struct tr_block *b, uint32_t n)
{
    const struct tr_operand *o = &t->ops[t->count - n];
    if (n == 0 || o->slot == b->slot) {
        return;
    }
    if (n > TR_FEW) {
        tr_emit_abc2(t, WRT_S_MOVE_N, b->slot, o->slot, 0, t->top - o->slot);
        return;
    }
    uint32_t to = b->slot;
    for (uint32_t i = 0; i < n; i++) {
        tr_put(t, &o[i], to);
        to += o[i].width;
    }
}

/* The results to their own slots; the first of them. One that is a local is returned from there. */
static uint32_t result_slot(struct wrt_translator *t, uint32_t n)
{
    const struct tr_operand *o = &t->ops[t->count - n];
    if (n == 0) {
        return t->top;
    }
    if (n == 1 && o->kind == TR_LOCAL) {
        return o->local;
    }
    if (n > TR_FEW) { /* where it is not always reached they are there already */
        tr_settle_top(t, n);
        return o->slot;
    }
    for (uint32_t i = 0; i < n; i++) {
        tr_put(t, &o[i], o[i].slot);
    }
    return o->slot;
}

void tr_emit_return(struct wrt_translator *t, uint32_t slot)
{
    static const uint16_t ops[] = {WRT_S_RETURN_0, WRT_S_RETURN_1, WRT_S_RETURN_2};
    uint32_t slots = t->f->result_slots;
    if (t->store->watch.leave != NULL) {
        *tr_emit(t, 1) = wrt_slot_ad(WRT_S_WATCH_LEAVE, slot, t->place);
    }
    if (slots <= 2) {
        *tr_emit(t, 1) = wrt_slot_ad(ops[slots], slot, t->place);
        return;
    }
    uint64_t *w = tr_emit(t, 2);
    w[0] = wrt_slot_ad(WRT_S_RETURN_N, slot, t->place);
    w[1] = slots;
}

void tr_return_values(struct wrt_translator *t)
{
    tr_emit_return(t, result_slot(t, t->blocks[0].result_count));
}

void tr_return(struct wrt_translator *t)
{
    tr_return_values(t);
    tr_go_dead(t);
}

static void jump(struct wrt_translator *t, struct tr_block *b)
{
    tr_fuse_jump(t);
    tr_target(t, t->len - 1, t->len - 2, b);
}

/* The values go, and so does the control. */
static void leave(struct wrt_translator *t, struct tr_block *b, uint32_t n)
{
    if (b->kind == TR_FUNC) {
        tr_return_values(t);
    } else {
        move_values(t, b, n);
        jump(t, b);
    }
}

/* Branch to b with the n values on top when the test says `when`. */
static void branch_when(struct wrt_translator *t, const struct tr_test *test, bool when, struct tr_block *b, uint32_t n)
{
    if (prepare(t, b, n)) {
        uint32_t first = tr_test_emit(t, test, when);
        tr_target(t, first + 1, first, b);
        return;
    }
    uint32_t first = tr_test_emit(t, test, !when);
    uint32_t around = tr_fixup_add(t, TR_NONE, first + 1, first);
    leave(t, b, n);
    tr_label_here(t, &around);
}

/* ---- instructions ---- */

static void br(struct wrt_translator *t, struct tr_block *b)
{
    uint32_t n = tr_label_count(b);
    (void)prepare(t, b, n);
    leave(t, b, n);
    tr_go_dead(t);
}

static void br_if(struct wrt_translator *t, struct tr_block *b)
{
    struct tr_test test = tr_test_take(t);
    branch_when(t, &test, true, b, tr_label_count(b));
}

/* The reference stays where it is when it is not null. */
static void br_on_null(struct wrt_translator *t, struct tr_block *b)
{
    struct tr_operand o = *tr_pop(t);
    struct tr_test test = test_slot(tr_source(t, &o), WRT_S_BR_NULL, WRT_S_BR_NON_NULL);
    branch_when(t, &test, true, b, tr_label_count(b));
    tr_push_again(t, &o);
}

static void br_on_non_null(struct wrt_translator *t, struct tr_block *b)
{
    struct tr_operand o = *tr_pop(t);
    struct tr_test test = test_slot(tr_source(t, &o), WRT_S_BR_NON_NULL, WRT_S_BR_NULL);
    tr_push_again(t, &o);
    branch_when(t, &test, true, b, tr_label_count(b));
    (void)tr_pop(t);
}

/* The test runs on a copy of the reference, which is the last value of the label and goes on behind the branch. */
static void br_on_cast(struct wrt_translator *t, bool fail)
{
    uint32_t flags = *t->p++;
    struct tr_block *b = tr_block_at(t, tr_u32(t));
    (void)tr_heap_type(t);
    uint32_t to = tr_heap_type(t) | ((flags & 2) != 0 ? WRT_NULL : 0);
    struct tr_operand o = *tr_pop(t);
    uint32_t from = tr_source(t, &o);
    tr_push_again(t, &o);
    tr_need_slots(t, t->top + 1);
    tr_move(t, t->top, from, 1);
    tr_emit_slow(t, WRT_OP_REF_TEST, t->top, to, 0);
    struct tr_test test = test_slot(t->top, WRT_S_BR_IF, WRT_S_BR_UNLESS);
    branch_when(t, &test, !fail, b, tr_label_count(b));
}

void tr_branch(struct wrt_translator *t, uint32_t op)
{
    if (op == WRT_OP_BR_ON_CAST || op == WRT_OP_BR_ON_CAST_FAIL) {
        br_on_cast(t, op == WRT_OP_BR_ON_CAST_FAIL);
        return;
    }
    struct tr_block *b = tr_block_at(t, tr_u32(t));
    switch (op) {
    case WRT_OP_BR:
        br(t, b);
        break;
    case WRT_OP_BR_IF:
        br_if(t, b);
        break;
    case WRT_OP_BR_ON_NULL:
        br_on_null(t, b);
        break;
    default:
        br_on_non_null(t, b);
        break;
    }
}

/* ---- br_table ---- */

static void table_word(struct wrt_translator *t, struct tr_block *b, uint32_t first, uint32_t n)
{
    uint32_t before = t->last, older = t->prev;
    (void)tr_emit(t, 1);
    t->last = before;
    t->prev = older;
    if (b->kind != TR_FUNC && (n == 0 || t->ops[t->count - n].slot == b->slot)) {
        tr_target(t, t->len - 1, first, b);
        return;
    }
    if (b->hop_of != t->table_number) {
        b->hop_of = t->table_number;
        b->hop = TR_NONE;
    }
    b->hop = tr_fixup_add(t, b->hop, t->len - 1, first);
}

/* Labels that want the values elsewhere are reached by way of code that moves them. */
static void hops(struct wrt_translator *t, const uint8_t *labels, uint32_t count, uint32_t n)
{
    const uint8_t *behind = t->p;
    t->p = labels;
    for (uint64_t i = 0; i <= count && !t->failed; i++) {
        struct tr_block *b = tr_block_at(t, tr_u32(t));
        if (b->hop_of == t->table_number && b->hop != TR_NONE) {
            tr_label_here(t, &b->hop);
            leave(t, b, n);
        }
    }
    t->p = behind;
}

void tr_br_table(struct wrt_translator *t)
{
    uint32_t count = tr_u32(t), index = tr_source(t, tr_pop(t));
    const uint8_t *labels = t->p;
    uint32_t n = tr_label_count(tr_block_at(t, tr_u32(t)));
    t->p = labels;
    tr_settle_top(t, n);
    t->table_number++;
    *tr_emit(t, 1) = wrt_slot_ad(WRT_S_BR_TABLE, index, count);
    uint32_t first = t->last;
    for (uint64_t i = 0; i <= count && !t->failed; i++) {
        table_word(t, tr_block_at(t, tr_u32(t)), first, n);
    }
    hops(t, labels, count, n);
    tr_go_dead(t);
    tr_seal(t);
}
