/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that translate function bodies to slot code share: the virtual operand stack, blocks, the code as it
 * grows. Private to runtime-min/translate*.c. The body was validated, so types, indices and lengths are believed.
 *
 * Every operand has a slot of its own: behind parameters, locals and the operands below it. It need not be there yet:
 * it may be a local that nobody has set since, a constant, or one of them added to a number; then it is "pending" and
 * costs no code until somebody wants it in its slot. */
#pragma once

#include "runtime-min/exec.h"
#include "runtime-min/slot.h"
#include "runtime-min/validate.h"

enum {
    TR_SLOTS_MAX = 65000, /* of a frame; fields of slot code have 16 bits */
    TR_FEW = 8,           /* so many values a branch moves one by one */
};
#define TR_NONE UINT32_MAX

enum tr_kind {
    TR_IN_SLOT,
    TR_CONST,
    TR_SUM,      /* i32: what is in its slot, and value */
    TR_LOCAL,    /* this one and the next wait for a local */
    TR_SUM_LOCAL /* i32: the local and value */
};
struct tr_operand {
    uint64_t value; /* TR_CONST: as in a slot; TR_SUM*: what is added, 32 bits */
    uint32_t slot;  /* its own */
    uint32_t local; /* TR_LOCAL, TR_SUM_LOCAL: the local's slot */
    uint32_t below; /* the next operand below that waits for the same local: index + 1; 0: none */
    uint8_t kind;   /* enum tr_kind */
    uint8_t width;  /* slots */
};

/* A branch whose target is not known yet. Those of a block are a list. */
struct tr_fixup {
    uint32_t next;  /* index or TR_NONE */
    uint32_t word;  /* the branch word; of a catch clause its index */
    uint32_t first; /* first word of the branch instruction; TR_NONE: a catch clause */
    uint32_t place; /* P of the branch, itself counted */
};

enum tr_block_kind { TR_FUNC, TR_BLOCK, TR_LOOP, TR_IF, TR_ELSE, TR_TRY };
struct tr_block {
    uint32_t height; /* index of its first operand, parameters included */
    uint32_t slot;   /* of that operand */
    uint32_t param_count, result_count;
    const uint32_t *params, *results; /* results NULL: one */
    uint32_t one;
    uint32_t start, place;             /* TR_LOOP: its word and P; TR_TRY: its first word */
    uint32_t fixups;                   /* branches to its end */
    uint32_t unless;                   /* TR_IF: the branch to `else` */
    uint32_t first_catch, catch_count; /* TR_TRY */
    uint32_t hop; /* br_table: where the values of this label are moved; valid when hop_of is that br_table */
    uint32_t hop_of;
    uint8_t kind; /* enum tr_block_kind */
};

/* How an instruction is translated, by opcode. */
enum tr_shape {
    TR_SPECIAL,
    TR_UNARY,
    TR_BINARY,
    TR_COMPARE,
    TR_LOAD,
    TR_STORE,
    TR_WIDE,
    TR_V_BINARY,
    TR_V_TERNARY,
    TR_V_EXTRACT,
    TR_V_REPLACE,
    TR_V_LOAD,
    TR_V_LOAD_LANE,
    TR_V_STORE_LANE,
    TR_SLOW
};
struct tr_row {
    uint16_t slot_op;
    uint16_t swapped; /* BINARY, COMPARE: the slot op with both operands swapped; 0: none */
    uint8_t shape;    /* enum tr_shape */
    uint8_t charge;
    uint8_t in, out; /* operands taken and given, where the signature says it */
    uint8_t width;   /* of the first result */
    uint8_t imm;
};

struct wrt_translator {
    struct wrt_store *store;
    const struct wrt_instance *instance;
    const struct wrt_module *m;
    const struct wrt_func *f;
    const uint8_t *p, *end; /* behind what was read; end of the body */
    const uint8_t *at;      /* the instruction */
    uint32_t place;         /* P, the instruction counted */
    bool dead;              /* never reached from here on */
    bool failed;            /* a stop is set, or would be */
    bool quiet;             /* set none */

    /* code */
    uint64_t *code;
    uint32_t len;
    uint32_t last, prev; /* the instruction emitted last and the one before it; TR_NONE behind a label */

    /* operands */
    struct tr_operand *ops;
    uint32_t count;
    uint32_t settled; /* none below this index is a local */
    uint32_t firm,
        firm_end;         /* from here to there all are in their slots: 1,000 in two bytes of code cost no look each */
    uint32_t top;         /* the slot behind the operands */
    uint32_t max_slots;   /* the frame's */
    uint32_t local_slots; /* parameters and locals: operands begin there */
    uint32_t local_count;
    uint32_t *locals; /* index -> slot, TR_WIDE_LOCAL set in that of a v128 */
    uint32_t *heads;  /* slot of a local -> operand that waits for it, the highest: index + 1; 0: none */

    struct tr_block *blocks;
    uint32_t depth;
    struct tr_fixup *fixups;
    uint32_t free_fixup, table_number;
    struct wrt_catch *catches;
    uint32_t catch_count;
    struct tr_range {
        uint32_t begin, end, first_catch, catch_count;
    } * ranges;
    uint32_t range_count;

    /* wrt_locate */
    uint32_t probe; /* the word that is asked for, TR_NONE: none */
    uint32_t low;   /* least length of the code during this instruction */
    uint32_t kept;  /* words from here on stay those of the instruction that emitted the last one; TR_NONE: none */
    struct tr_owner {
        const uint8_t *at;
        uint32_t place;
    } owner, last_owner;

    struct wrt_vec code_vec, op_vec, local_vec, head_vec, block_vec, fixup_vec, catch_vec, range_vec;
    uint64_t sink[4];
    struct tr_row rows[WRT_OP_COUNT];
};
#define TR_WIDE_LOCAL 0x80000000u

/* ---- translate-table.c ---- */
void tr_rows_make(struct tr_row rows[WRT_OP_COUNT]);
/* A slot op that does nothing but write a result to the slot in a. */
bool tr_has_result(uint32_t slot_op);
static inline bool tr_is_compare(uint32_t slot_op) /* and no branch */
{
    return slot_op >= WRT_S_I32_EQ && slot_op <= WRT_S_F64_GE_K && (slot_op - WRT_S_I32_EQ) % 6 < 2;
}
/* The comparison that is true when this one is not, with the constant form kept; 0: none (floats, NaN). */
uint32_t tr_inverse(uint32_t slot_op);

/* ---- translate.c ---- */
int tr_fail(struct wrt_translator *t, enum wrt_stop stop, const char *fmt, ...) WP_PRINTF(3, 4);
bool tr_reserve(struct wrt_translator *t, struct wrt_vec *v, uint64_t count, size_t size);

/* ---- translate-emit.c ---- */
bool tr_grow(struct wrt_translator *t, uint32_t words);
void tr_move(struct wrt_translator *t, uint32_t to, uint32_t from, uint32_t width);
void tr_const(struct wrt_translator *t, uint32_t to, uint64_t value);
/* Bring the n operands on top to their slots; and take them from the stack then. */
void tr_settle_top(struct wrt_translator *t, uint32_t n);
void tr_take_top(struct wrt_translator *t, uint32_t n);
/* The n operands on top are known to be in their slots. */
void tr_firm_top(struct wrt_translator *t, uint32_t n);
/* All pending locals. */
void tr_settle_locals(struct wrt_translator *t);
/* Write an operand that was popped to a slot that is not its own. */
void tr_put(struct wrt_translator *t, const struct tr_operand *o, uint32_t to);
void tr_local_set(struct wrt_translator *t, bool tee);
void tr_fail_slots(struct wrt_translator *t);
struct tr_operand *tr_too_many(struct wrt_translator *t); /* operands, and validation counted less */

/* ---- translate-run.c ---- */
void tr_run(struct wrt_translator *t);
bool tr_is_legacy(uint32_t op);
void tr_fail_legacy(struct wrt_translator *t);
uint32_t tr_opcode(struct wrt_translator *t);

/* ---- translate-skip.c ---- */
void tr_skip_type(struct wrt_translator *t);
void tr_skip_immediates(struct wrt_translator *t, uint32_t op);
/* Up to the `else` or `end` of the innermost block: only P goes on. */
void tr_skip_dead(struct wrt_translator *t);

/* ---- translate-control.c ---- */
void tr_block_type(struct wrt_translator *t, struct tr_block *b);
void tr_block_push(struct wrt_translator *t, struct tr_block *b);
void tr_block_begin(struct wrt_translator *t, enum tr_block_kind kind);
void tr_else(struct wrt_translator *t);
void tr_end(struct wrt_translator *t);
/* The branches of this list come here. */
void tr_label_here(struct wrt_translator *t, uint32_t *fixups);
void tr_go_dead(struct wrt_translator *t);
void tr_push_types(struct wrt_translator *t, const uint32_t *types, uint32_t n);

/* ---- translate-branch.c ---- */
/* A condition that was taken from the stack, and the two ways to branch on it. */
struct tr_test {
    uint64_t word;
    uint64_t k;
    uint32_t yes, no; /* slot ops */
    bool has_k;
};
struct tr_test tr_test_take(struct wrt_translator *t);
/* Emits the branch; gives its first word, the branch word is the next. */
uint32_t tr_test_emit(struct wrt_translator *t, const struct tr_test *test, bool when);
void tr_branch(struct wrt_translator *t, uint32_t op);
void tr_return(struct wrt_translator *t);
void tr_return_values(struct wrt_translator *t);
void tr_emit_return(struct wrt_translator *t, uint32_t slot);
void tr_br_table(struct wrt_translator *t);
/* A branch word at `word` to a block, now or later. */
void tr_target(struct wrt_translator *t, uint32_t word, uint32_t first, struct tr_block *b);
uint32_t tr_fixup_add(struct wrt_translator *t, uint32_t next, uint32_t word, uint32_t first);

/* ---- translate-fuse.c: what two instructions do in one (exec-fused.h) ---- */
/* A move behind a move. */
bool tr_fuse_move(struct wrt_translator *t, uint32_t to, uint32_t from);
/* An instruction of two operands, neither a constant, that takes what was emitted last; false: not one of those. */
bool tr_fuse_binary(struct wrt_translator *t, uint32_t slot_op, const struct tr_operand *b, const struct tr_operand *c,
                    uint32_t to);
/* A branch on what was counted up just now; false, or it is emitted. */
bool tr_fuse_latch(struct wrt_translator *t, const struct tr_test *test, bool when);
/* BR, its branch word to be filled in. */
void tr_fuse_jump(struct wrt_translator *t);
bool tr_is_jump(uint32_t slot_op);
void tr_undo_jump(struct wrt_translator *t);

/* ---- one family each ---- */
void tr_call(struct wrt_translator *t, uint32_t op);                /* translate-call.c */
void tr_memory(struct wrt_translator *t, const struct tr_row *row); /* translate-memory.c */
void tr_memarg(struct wrt_translator *t, uint32_t *ret_memory, uint64_t *ret_offset);
void tr_vector(struct wrt_translator *t, uint32_t op); /* translate-vector.c */
void tr_slow(struct wrt_translator *t, uint32_t op);   /* translate-slow.c */
void tr_emit_slow(struct wrt_translator *t, uint32_t op, uint32_t a, uint32_t i0, uint64_t word);
void tr_try_table(struct wrt_translator *t); /* translate-try.c */
void tr_try_end(struct wrt_translator *t, const struct tr_block *b);
/* Where clauses go whose label is that of the function, b. */
void tr_catch_returns(struct wrt_translator *t, struct tr_block *b);
void tr_reference(struct wrt_translator *t, uint32_t op); /* translate-reference.c */
uint32_t tr_heap_type(struct wrt_translator *t);

/* ---- reading ---- */

uint64_t tr_leb_slow(struct wrt_translator *t, bool sign);
static inline uint32_t tr_u32(struct wrt_translator *t)
{
    return *t->p < 0x80 ? *t->p++ : (uint32_t)tr_leb_slow(t, false);
}
static inline uint64_t tr_u64(struct wrt_translator *t)
{
    return *t->p < 0x80 ? *t->p++ : tr_leb_slow(t, false);
}
static inline uint64_t tr_signed(struct wrt_translator *t)
{
    if (*t->p < 0x80) {
        uint64_t byte = *t->p++;
        return (byte & 0x3f) - (byte & 0x40);
    }
    return tr_leb_slow(t, true);
}

/* ---- code ---- */

static inline uint64_t *tr_emit(struct wrt_translator *t, uint32_t words)
{
    if (t->len + words > t->code_vec.room && !tr_grow(t, words)) {
        return t->sink;
    }
    uint64_t *w = t->code + t->len;
    t->prev = t->last;
    t->last = t->len;
    t->len += words;
    return w;
}
static inline void tr_emit_abc(struct wrt_translator *t, uint32_t op, uint32_t a, uint32_t b, uint32_t c)
{
    *tr_emit(t, 1) = wrt_slot_abc(op, a, b, c);
}
static inline void tr_emit_abc2(struct wrt_translator *t, uint32_t op, uint32_t a, uint32_t b, uint32_t c,
                                uint64_t word)
{
    uint64_t *w = tr_emit(t, 2);
    w[0] = wrt_slot_abc(op, a, b, c);
    w[1] = word;
}
/* Nothing that was emitted so far may be changed from here on. */
static inline void tr_seal(struct wrt_translator *t)
{
    t->last = t->prev = TR_NONE;
}
/* Take the instruction emitted last away. */
static inline void tr_unemit(struct wrt_translator *t)
{
    t->len = t->last;
    t->last = t->prev;
    t->prev = TR_NONE;
    t->low = WP_MIN(t->low, t->len);
}
static inline void tr_need_slots(struct wrt_translator *t, uint32_t slots)
{
    if (slots > t->max_slots) {
        t->max_slots = slots;
        if (slots > TR_SLOTS_MAX) {
            tr_fail_slots(t);
        }
    }
}

/* ---- operands ---- */

static inline uint32_t tr_width(uint32_t type)
{
    return type == WRT_V128 ? 2 : 1;
}
static inline bool tr_waits(const struct tr_operand *o)
{
    return o->kind >= TR_LOCAL;
}
static inline struct tr_operand *tr_push_kind(struct wrt_translator *t, uint32_t width, enum tr_kind kind)
{
    if (t->count == t->op_vec.room) {
        return tr_too_many(t);
    }
    struct tr_operand *o = &t->ops[t->count++];
    o->slot = t->top;
    o->kind = (uint8_t)kind;
    o->width = (uint8_t)width;
    t->top += width;
    tr_need_slots(t, t->top);
    return o;
}
static inline struct tr_operand *tr_push_waiting(struct wrt_translator *t, uint32_t local, uint32_t width,
                                                 enum tr_kind kind)
{
    struct tr_operand *o = tr_push_kind(t, width, kind);
    o->local = local;
    o->below = t->heads[local];
    t->heads[local] = t->count;
    return o;
}
static inline void tr_push_local(struct wrt_translator *t, uint32_t local, uint32_t width)
{
    (void)tr_push_waiting(t, local, width, TR_LOCAL);
}
/* What was popped just now; its value may have come to its slot meanwhile. */
static inline void tr_push_again(struct wrt_translator *t, const struct tr_operand *popped)
{
    enum tr_kind kind = (enum tr_kind)popped->kind;
    uint64_t value = popped->value;
    struct tr_operand *o = tr_waits(popped) ? tr_push_waiting(t, popped->local, popped->width, kind)
                                            : tr_push_kind(t, popped->width, kind);
    o->value = value;
}
/* A result that the instruction writes to the slot returned. */
static inline uint32_t tr_push(struct wrt_translator *t, uint32_t width)
{
    return tr_push_kind(t, width, TR_IN_SLOT)->slot;
}
static inline void tr_push_const(struct wrt_translator *t, uint64_t value)
{
    tr_push_kind(t, 1, TR_CONST)->value = value;
}
/* Valid until the next push. */
static inline struct tr_operand *tr_pop(struct wrt_translator *t)
{
    struct tr_operand *o = &t->ops[--t->count];
    t->top = o->slot;
    if (tr_waits(o)) {
        t->heads[o->local] = o->below;
    }
    if (t->settled > t->count) {
        t->settled = t->count;
    }
    if (t->firm_end > t->count) {
        t->firm_end = t->count;
    }
    return o;
}
/* Where the value of a popped operand can be read. */
static inline uint32_t tr_source(struct wrt_translator *t, struct tr_operand *o)
{
    if (o->kind == TR_IN_SLOT) {
        return o->slot;
    }
    if (o->kind == TR_LOCAL) {
        return o->local;
    }
    tr_put(t, o, o->slot);
    o->kind = TR_IN_SLOT;
    return o->slot;
}

/* The slot that the instruction emitted last gives its result to, TR_NONE: it has none that could be given elsewhere.
 */
static inline uint32_t tr_last_result(const struct wrt_translator *t)
{
    return t->last != TR_NONE && tr_has_result(wrt_slot_op(t->code[t->last])) ? wrt_slot_a(t->code[t->last]) : TR_NONE;
}
/* The operand is what the instruction emitted last gave; nothing else knows of it. */
static inline bool tr_is_last(const struct wrt_translator *t, const struct tr_operand *o)
{
    return o->kind == TR_IN_SLOT && tr_last_result(t) == o->slot;
}
static inline bool tr_made_by(const struct wrt_translator *t, const struct tr_operand *o, uint32_t slot_op)
{
    return tr_is_last(t, o) && wrt_slot_op(t->code[t->last]) == slot_op;
}
static inline struct tr_block *tr_block_at(struct wrt_translator *t, uint32_t label)
{
    return &t->blocks[t->depth - 1 - label];
}
static inline const uint32_t *tr_results(const struct tr_block *b)
{
    return b->results != NULL ? b->results : &b->one;
}
static inline uint32_t tr_label_count(const struct tr_block *b)
{
    return b->kind == TR_LOOP ? b->param_count : b->result_count;
}
