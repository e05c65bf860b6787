/* SPDX-License-Identifier: Apache-2.0
 *
 * try_table (core 3.0, section 3.4.3): a range of the code and what is caught in it. What was caught goes where the
 * operands of the clause's label are expected. */
#include "runtime-min/translate-parts.h"

static bool add_catch(struct wrt_translator *t, const struct wrt_catch *c, struct tr_block *b)
{
    if (!tr_reserve(t, &t->catch_vec, t->catch_count + UINT64_C(1), sizeof(*t->catches))) {
        return false;
    }
    t->catches = t->catch_vec.items;
    uint32_t i = t->catch_vec.count++;
    t->catch_count = t->catch_vec.count;
    t->catches[i] = *c;
    t->catches[i].slot = (uint16_t)b->slot;
    if (b->kind == TR_LOOP) {
        t->catches[i].target = b->start;
        t->catches[i].place = b->place;
    } else {
        b->fixups = tr_fixup_add(t, b->fixups, i, TR_NONE);
    }
    return true;
}

static uint32_t payload_slots(const struct wrt_translator *t, uint32_t tag)
{
    const struct wrt_deftype *type = wrt_deftype(t->m->types, t->m->tags[tag]);
    return wrt_slots_of(type->as.func.params, type->as.func.param_count);
}

static bool catch_clause(struct wrt_translator *t)
{
    uint32_t kind = *t->p++, slots = 0;
    struct wrt_catch c = {.with_ref = (kind & 1) != 0};
    if (kind < 2) {
        uint32_t tag = tr_u32(t);
        c.tag = t->instance->tags[tag];
        slots = payload_slots(t, tag);
    }
    struct tr_block *b = tr_block_at(t, tr_u32(t));
    tr_need_slots(t, b->slot + slots + c.with_ref);
    return add_catch(t, &c, b);
}

/* The labels are those outside of the block. */
void tr_try_table(struct wrt_translator *t)
{
    struct tr_block b = {.kind = TR_TRY, .fixups = TR_NONE, .unless = TR_NONE};
    tr_block_type(t, &b);
    tr_settle_locals(t);
    b.first_catch = t->catch_count;
    for (uint32_t n = tr_u32(t); n > 0 && !t->failed; n--) {
        (void)catch_clause(t);
    }
    b.catch_count = t->catch_count - b.first_catch;
    b.start = t->len;
    tr_seal(t);
    tr_block_push(t, &b);
}

/* Inner ones end first. */
void tr_try_end(struct wrt_translator *t, const struct tr_block *b)
{
    tr_seal(t); /* what is emitted behind it is outside */
    if (b->catch_count == 0 || b->start == t->len ||
        !tr_reserve(t, &t->range_vec, t->range_count + UINT64_C(1), sizeof(*t->ranges))) {
        return;
    }
    t->ranges = t->range_vec.items;
    t->range_vec.count = t->range_count + 1;
    t->ranges[t->range_count++] = (struct tr_range){b->start, t->len, b->first_catch, b->catch_count};
}

void tr_catch_returns(struct wrt_translator *t, struct tr_block *b)
{
    if (b->fixups != TR_NONE) {
        tr_need_slots(t, b->slot + t->f->result_slots);
        tr_label_here(t, &b->fixups);
        tr_emit_return(t, b->slot);
    }
}
