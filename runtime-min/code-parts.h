/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that validate function bodies share (core 3.0, section 3.4 and appendix "Validation Algorithm"): the
 * operand stack, control frames and locals of the function at hand. Private to runtime-min/code*.c.
 *
 * The word below a frame's operands is replaced by BARRIER while the frame is the innermost one: comparing the word on
 * top with the expected type then also finds an empty stack, in one comparison. */
#pragma once

#include "runtime-min/opcode.h"
#include "runtime-min/validate.h"

enum {
    BARRIER = 1, /* no operand */
    STACK_PAD = 2,
    FLAT_LEAST = 128, /* locals with an index of one byte need no bound */
    LONG_LIST = 16,   /* of types: worth remembering */
};
/* What unreachable code knows to be a reference and no more. */
#define REF_BOTTOM (WRT_REF | 1u)

enum frame_kind {
    FRAME_FUNC,
    FRAME_BLOCK,
    FRAME_LOOP,
    FRAME_IF,
    FRAME_ELSE,
    FRAME_TRY_TABLE,
    FRAME_TRY,
    FRAME_CATCH,
    FRAME_CATCH_ALL
};

struct frame {
    uint32_t base;  /* index of its first operand */
    uint32_t saved; /* the word that BARRIER stands for */
    uint32_t log;   /* locals set before it */
    uint32_t param_count, result_count;
    const uint32_t *params, *results; /* results NULL: one */
    uint32_t one;
    uint32_t label_count, label_one; /* what a branch to it takes; label_one counts when that is one */
    uint8_t kind;                    /* enum frame_kind */
    bool unreachable;
};

struct local_group {
    uint32_t end; /* index behind its last local */
    uint32_t type;
};

/* An instruction that code-run.c can do by itself. */
enum fast_shape {
    FAST_NONE,
    FAST_LOCAL_GET,
    FAST_LOCAL_SET,
    FAST_LOCAL_TEE,
    FAST_I32_CONST,
    FAST_I64_CONST,
    FAST_F32_CONST,
    FAST_F64_CONST,
    FAST_UNARY,
    FAST_SIGN_EXTENSION,
    FAST_BINARY,
    FAST_LOAD,
    FAST_STORE,
    FAST_BLOCK,
    FAST_LOOP,
    FAST_IF,
    FAST_ELSE,
    FAST_END,
    FAST_BR,
    FAST_BR_IF,
    FAST_RETURN,
    FAST_UNREACHABLE,
    FAST_NOP,
    FAST_CALL,
    FAST_CALL_INDIRECT,
    FAST_GLOBAL_GET,
    FAST_GLOBAL_SET,
    FAST_DROP,
    FAST_SELECT,
};
struct fast_op {
    uint32_t in[2], out;
    uint8_t shape;   /* enum fast_shape */
    uint8_t natural; /* alignment */
};

struct wrt_scratch {
    /* the function at hand */
    const struct wrt_module *m;
    struct wp_wasm_cursor c; /* behind what was read; ends with the body */
    const uint8_t *at;       /* the instruction */
    const struct wrt_op *op;
    struct wp_err *err;
    uint32_t *sp;   /* behind the top operand */
    uint32_t *top;  /* behind the highest that was there so far */
    uint32_t *low;  /* behind what the instruction left as it was */
    uint32_t fault; /* index of the operand that is not what was asked for; 0: none to tell about */
    uint32_t max_frames;
    uint32_t local_count, param_count;
    uint32_t flat_count, group_count, log_count;
    uint32_t address; /* of memory 0; no type: there is none */
    bool plain_table; /* table 0 holds functions at 32-bit addresses */

    /* storage, used again */
    uint32_t *stack, *stack_end;
    struct frame *frames;
    uint32_t frame_count, frame_room;
    uint32_t *flat; /* types of the first locals; 0 where only the general way knows: not set yet, or none */
    uint32_t flat_room;
    struct local_group *groups;
    uint32_t group_room;
    uint32_t *log; /* locals without a default that were set, in order */
    uint32_t log_room;
    uint8_t *set;  /* a bit for each of those; all zero between functions */
    uint64_t left; /* bytes by which all of it may still grow */
    uint64_t used;

    /* What was found to match in this function; see code_list_matches. */
    const uint32_t *pushed; /* the long list that was pushed last */
    uint32_t pushed_count;
    bool memo_used;
    struct list_pair {
        const uint32_t *subs, *supers;
        uint32_t n; /* so far: a branch may pass on all but the last */
    } pairs[256];
    struct word_pair {
        uint32_t sub, super;
    } words[256];

    struct fast_op fast[256]; /* instructions of one byte */
};

static inline struct frame *code_frame(const struct wrt_scratch *s)
{
    return &s->frames[s->frame_count - 1];
}
static inline uint32_t *code_base(const struct wrt_scratch *s)
{
    return s->stack + code_frame(s)->base;
}
static inline const uint32_t *code_results(const struct frame *f)
{
    return f->results != NULL ? f->results : &f->one;
}
static inline const uint32_t *code_label_types(const struct frame *f)
{
    return f->kind == FRAME_LOOP ? f->params : code_results(f);
}

/* ---- code.c ---- */
/* A function's locals and its own frame. */
int code_begin(struct wrt_scratch *s, struct wp_span body, const struct wrt_deftype *func) WP_MUST_USE;
/* Grow *array to at least `need` items, never beyond `limit`; false: no memory, or more than s may hold. */
bool code_grow(struct wrt_scratch *s, void *array, uint32_t *room, uint64_t need, uint64_t limit, size_t size);

/* ---- code-run.c: the fast way through what is common; leaves everything else to code_step ---- */
int code_run(struct wrt_scratch *s) WP_MUST_USE;

/* ---- code-fast.c ---- */
void code_fast_table(struct fast_op table[256]);

/* ---- code-step.c: any one instruction, at s->c.p ---- */
int code_step(struct wrt_scratch *s) WP_MUST_USE;
int code_feature(struct wrt_scratch *s, uint64_t feature, const char *what) WP_MUST_USE;

/* ---- code-stack.c ---- */
int code_fail(struct wrt_scratch *s, const char *fmt, ...) WP_PRINTF(2, 3);
int code_limit(struct wrt_scratch *s, uint64_t limit, const char *what);
/* "type mismatch: OP takes WANT, found GOT"; got BARRIER: nothing. */
int code_mismatch(struct wrt_scratch *s, const char *want, uint32_t got);
void code_blame_top(struct wrt_scratch *s); /* the operand on top is what is wrong */
size_t code_type_text(const struct wrt_scratch *s, uint32_t type, char *out, size_t room);
/* What instruction s->op is about, for messages. */
const char *code_subject(const struct wrt_scratch *s);
bool code_matches(const struct wrt_scratch *s, uint32_t sub, uint32_t super);
/* Each of n types matches its counterpart. */
bool code_list_matches(struct wrt_scratch *s, const uint32_t *subs, const uint32_t *supers, uint32_t n);
void code_forget(struct wrt_scratch *s);                         /* at the begin of a function */
int code_reserve(struct wrt_scratch *s, uint64_t n) WP_MUST_USE; /* room for n more operands */
int code_pop_slow(struct wrt_scratch *s, uint32_t want) WP_MUST_USE;
int code_pop_any(struct wrt_scratch *s, uint32_t *ret) WP_MUST_USE;
/* A reference: REF_BOTTOM where code is unreachable. */
int code_pop_ref(struct wrt_scratch *s, uint32_t *ret) WP_MUST_USE;
int code_pop_list(struct wrt_scratch *s, const uint32_t *types, uint32_t n) WP_MUST_USE;
int code_push_list(struct wrt_scratch *s, const uint32_t *types, uint32_t n) WP_MUST_USE;
/* The top operands match these types; they stay. */
int code_check_list(struct wrt_scratch *s, const uint32_t *types, uint32_t n) WP_MUST_USE;
void code_unreachable(struct wrt_scratch *s);

/* Nothing is left and the code is never reached: whatever is taken from here on is there. */
static inline bool code_gives_anything(const struct wrt_scratch *s)
{
    return s->sp[-1] == BARRIER && code_frame(s)->unreachable;
}
static inline void code_take(struct wrt_scratch *s, uint32_t n)
{
    s->sp -= n;
    s->low = s->sp < s->low ? s->sp : s->low;
}
static inline int code_pop(struct wrt_scratch *s, uint32_t want)
{
    if (s->sp[-1] == want) {
        code_take(s, 1);
        return 0;
    }
    return code_pop_slow(s, want);
}
static inline int code_pop_i32s(struct wrt_scratch *s, unsigned n)
{
    while (n > 0 && code_pop(s, WRT_I32) == 0) {
        n--;
    }
    return n == 0 ? 0 : -1;
}
static inline int code_push(struct wrt_scratch *s, uint32_t type)
{
    if (s->sp == s->top) {
        if (s->top == s->stack_end && code_reserve(s, 1) < 0) {
            return -1;
        }
        s->top++;
    }
    *s->sp++ = type;
    return 0;
}

/* ---- code-origin.c ---- */
/* After a refusal: who pushed the operand s->fault, added to the message. */
void code_tell_origin(struct wrt_scratch *s, struct wp_span body, const struct wrt_deftype *func);

/* ---- code-imm.c: immediates ---- */
static inline int code_u32(struct wrt_scratch *s, uint32_t *ret)
{
    return wp_wasm_u32(&s->c, ret, s->err);
}
int code_bytes(struct wrt_scratch *s, size_t n, const uint8_t **ret) WP_MUST_USE;
int code_imm_memory(struct wrt_scratch *s, uint32_t *ret_address) WP_MUST_USE;
int code_imm_memarg(struct wrt_scratch *s, uint32_t *ret_address) WP_MUST_USE;
int code_imm_table(struct wrt_scratch *s, const struct wrt_table **ret) WP_MUST_USE;
int code_imm_data(struct wrt_scratch *s) WP_MUST_USE;
int code_imm_data_memory(struct wrt_scratch *s, uint32_t *ret_address) WP_MUST_USE;
int code_imm_elem(struct wrt_scratch *s, uint32_t *ret_type) WP_MUST_USE;
int code_imm_elem_table(struct wrt_scratch *s, uint32_t *ret_type, const struct wrt_table **ret) WP_MUST_USE;
int code_imm_tag(struct wrt_scratch *s, const struct wrt_deftype **ret) WP_MUST_USE;
/* Types in the code: those that they need are used. */
int code_imm_valtype(struct wrt_scratch *s, uint32_t *ret) WP_MUST_USE;
int code_imm_heaptype(struct wrt_scratch *s, uint32_t *ret) WP_MUST_USE;
int code_imm_label(struct wrt_scratch *s, struct frame **ret) WP_MUST_USE;
/* A type index of the kind given; ret_id is the canonical id. */
int code_imm_type(struct wrt_scratch *s, enum wrt_composite kind, const struct wrt_deftype **ret,
                  uint32_t *ret_id) WP_MUST_USE;
int code_imm_field(struct wrt_scratch *s, uint32_t *ret_id, const struct wrt_field **ret) WP_MUST_USE;
static inline uint32_t code_address_of(const struct wrt_limits *l)
{
    return l->is64 ? WRT_I64 : WRT_I32;
}
static inline uint32_t code_unpacked(uint32_t type)
{
    return type == WRT_I8 || type == WRT_I16 ? WRT_I32 : type;
}

/* ---- code-local.c ---- */
int code_locals_read(struct wrt_scratch *s, const struct wrt_deftype *func) WP_MUST_USE;
int code_local_type(struct wrt_scratch *s, uint32_t index, uint32_t *ret) WP_MUST_USE;
int code_local_get(struct wrt_scratch *s) WP_MUST_USE;
int code_local_set(struct wrt_scratch *s, bool tee) WP_MUST_USE;
/* Forget which locals were set beyond the first `count` of the log. */
void code_locals_reset(struct wrt_scratch *s, uint32_t count);

/* ---- code-control.c ---- */
struct block_type {
    const uint32_t *params, *results; /* results NULL: one */
    uint32_t param_count, result_count, one;
};
int code_frame_push(struct wrt_scratch *s, enum frame_kind kind, const struct block_type *type) WP_MUST_USE;
/* The innermost frame's results are there and nothing else; the frame is gone then, its results are not pushed. */
int code_frame_pop(struct wrt_scratch *s, struct frame *ret) WP_MUST_USE;
int code_block(struct wrt_scratch *s, enum frame_kind kind) WP_MUST_USE;
int code_block_type(struct wrt_scratch *s, struct block_type *ret) WP_MUST_USE;
int code_else(struct wrt_scratch *s) WP_MUST_USE;
int code_end(struct wrt_scratch *s) WP_MUST_USE;
int code_no_end(struct wrt_scratch *s); /* what is wrong where the bytes end in a block */

/* ---- one family of instructions each: code_* of code-step.c's table ---- */
int code_branch(struct wrt_scratch *s, uint32_t op) WP_MUST_USE;    /* code-branch.c */
int code_call(struct wrt_scratch *s, uint32_t op) WP_MUST_USE;      /* code-call.c */
int code_exception(struct wrt_scratch *s, uint32_t op) WP_MUST_USE; /* code-exception.c */
int code_variable(struct wrt_scratch *s, uint32_t op) WP_MUST_USE;  /* code-variable.c: globals, tables, memories */
int code_reference(struct wrt_scratch *s, uint32_t op) WP_MUST_USE; /* code-reference.c */
int code_data(struct wrt_scratch *s, uint32_t op) WP_MUST_USE;      /* code-data.c: structs and arrays */
