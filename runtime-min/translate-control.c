/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks: they begin, turn and end (core 3.0, section 3.4.3). Where ways meet, every operand of the label is in its
 * slot; so before a way may part, locals that are pending are brought to their slots, too. */
#include "runtime-min/translate-parts.h"

void tr_block_type(struct wrt_translator *t, struct tr_block *b)
{
    uint8_t byte = *t->p;
    if ((byte & 0xc0) == 0x40) {
        tr_skip_type(t);
        b->result_count = byte != 0x40;
        b->one = byte; /* only its width counts */
        return;
    }
    const struct wrt_deftype *type = wrt_deftype(t->m->types, t->m->type_ids[tr_signed(t)]);
    b->params = type->as.func.params;
    b->results = type->as.func.results;
    b->param_count = type->as.func.param_count;
    b->result_count = type->as.func.result_count;
}

void tr_block_push(struct wrt_translator *t, struct tr_block *b)
{
    b->height = t->count - b->param_count;
    b->slot = b->param_count > 0 ? t->ops[b->height].slot : t->top;
    t->blocks[t->depth++] = *b;
}

void tr_block_begin(struct wrt_translator *t, enum tr_block_kind kind)
{
    struct tr_block b = {.kind = (uint8_t)kind, .fixups = TR_NONE, .unless = TR_NONE};
    struct tr_test test = {.has_k = false};
    tr_block_type(t, &b);
    if (kind == TR_IF) {
        test = tr_test_take(t);
    }
    if (kind != TR_BLOCK) { /* others branch to where the parameters are expected */
        tr_settle_top(t, b.param_count);
    }
    tr_settle_locals(t);
    if (kind == TR_LOOP) {
        tr_seal(t);
        b.start = t->len;
        b.place = t->place;
    } else if (kind == TR_IF) {
        uint32_t first = tr_test_emit(t, &test, false);
        b.unless = tr_fixup_add(t, TR_NONE, first + 1, first);
    }
    tr_block_push(t, &b);
}

/* Operands above `height` are gone. */
static void drop_to(struct wrt_translator *t, uint32_t height)
{
    while (t->count > height) {
        (void)tr_pop(t);
    }
}

void tr_go_dead(struct wrt_translator *t)
{
    drop_to(t, t->blocks[t->depth - 1].height);
    t->dead = true;
}

void tr_push_types(struct wrt_translator *t, const uint32_t *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        (void)tr_push(t, tr_width(types[i]));
    }
    if (n > 0 && !t->failed) {
        tr_firm_top(t, n);
    }
}

void tr_label_here(struct wrt_translator *t, uint32_t *fixups)
{
    uint32_t i = *fixups;
    if (i == TR_NONE || t->failed) {
        return;
    }
    while (i != TR_NONE) {
        struct tr_fixup *f = &t->fixups[i];
        uint32_t next = f->next;
        if (f->first == TR_NONE) {
            t->catches[f->word].target = t->len;
            t->catches[f->word].place = t->place;
        } else {
            t->code[f->word] = (t->len - f->first) | (uint64_t)(t->place - f->place) << 32;
        }
        f->next = t->free_fixup;
        t->free_fixup = i;
        i = next;
    }
    *fixups = TR_NONE;
    tr_seal(t);
}

void tr_else(struct wrt_translator *t)
{
    struct tr_block *b = &t->blocks[t->depth - 1];
    if (!t->dead) {
        tr_settle_top(t, b->result_count);
        tr_fuse_jump(t);
        tr_target(t, t->len - 1, t->len - 2, b);
    }
    drop_to(t, b->height);
    tr_label_here(t, &b->unless);
    tr_push_types(t, b->params, b->param_count);
    b->kind = TR_ELSE;
    t->dead = false;
}

/* A branch to what stands right behind it. */
static bool is_idle(const struct wrt_translator *t, const struct tr_block *b)
{
    if (!t->dead || b->fixups == TR_NONE || t->last == TR_NONE || t->failed) {
        return false;
    }
    const struct tr_fixup *f = &t->fixups[b->fixups];
    return f->first == t->last && t->len == t->last + 2 && f->place == t->place &&
           tr_is_jump(wrt_slot_op(t->code[t->last]));
}

static void drop_idle(struct wrt_translator *t, struct tr_block *b)
{
    struct tr_fixup *f = &t->fixups[b->fixups];
    uint32_t next = f->next;
    f->next = t->free_fixup;
    t->free_fixup = b->fixups;
    b->fixups = next;
    tr_undo_jump(t);
    tr_push_types(t, tr_results(b), b->result_count);
    t->dead = false;
}

static void end_function(struct wrt_translator *t)
{
    if (!t->dead) {
        tr_return_values(t);
    }
    tr_catch_returns(t, &t->blocks[0]);
    t->depth = 0;
}

void tr_end(struct wrt_translator *t)
{
    struct tr_block *b = &t->blocks[t->depth - 1];
    if (b->kind == TR_FUNC) {
        end_function(t);
        return;
    }
    if (b->kind == TR_TRY) {
        tr_try_end(t, b);
    }
    if (is_idle(t, b)) {
        drop_idle(t, b);
    }
    bool joined = b->fixups != TR_NONE || b->unless != TR_NONE;
    if (joined) {
        if (!t->dead) {
            tr_settle_top(t, b->result_count);
        } else {
            tr_push_types(t, tr_results(b), b->result_count);
        }
        tr_label_here(t, &b->fixups);
        tr_label_here(t, &b->unless);
        t->dead = false;
    }
    t->depth--;
    if (t->dead) {
        tr_go_dead(t);
    }
}
