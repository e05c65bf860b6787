/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains in slot code (slot.h): an instruction that reads what the one before it has just written gets the op that
 * reads it from a register instead of memory, where it would have to wait for the store. Between two such instructions
 * no branch comes in. */
#include "runtime-min/exec.h"
#include "runtime-min/slot.h"

/* Kinds of accumulators; a result stands in one of them, an operand may be read from one. */
enum kind { NONE, INT, F32, F64 };
#define KIND_U32 INT
#define KIND_S32 INT
#define KIND_U64 INT
#define KIND_S64 INT
#define KIND_F32 F32
#define KIND_F64 F64
#define KIND_N32 F32
#define KIND_N64 F64

struct link {
    uint8_t words;
    uint8_t gives;         /* kind of the result, in a */
    uint8_t first, second; /* kinds of the operands that may be chained */
    uint8_t at;            /* which field is the first: shift of it; the second lies 16 bits higher */
    bool branches;         /* word 1 is a branch word */
    uint16_t with_first, with_second;
};
enum { AT_A = 16, AT_B = 32 };

#define WORDS(name, n)            [WRT_S_##name] = {.words = (n)},
#define WORDS_1(name, ...)        WORDS(name, 1)
#define WORDS_2(name, ...)        WORDS(name, 2)
#define WORDS_3(name, ...)        WORDS(name, 3)
#define ONE(...)                  WORDS_1(__VA_ARGS__, )
#define UNARY(name, in, out, ...) [WRT_S_##name] = {1, KIND_##out, KIND_##in, NONE, AT_B, false, WRT_S_##name##_R, 0},
#define BINARY(name, in, out, ...)                                                                           \
    [WRT_S_##name] = {1, KIND_##out, KIND_##in, KIND_##in, AT_B, false, WRT_S_##name##_R, WRT_S_##name##_S}, \
    [WRT_S_##name##_K] = {2, KIND_##out, KIND_##in, NONE, AT_B, false, WRT_S_##name##_RK, 0},
#define BRANCH(name, kind)                                                                  \
    [WRT_S_##name] = {2, NONE, kind, kind, AT_B, true, WRT_S_##name##_R, WRT_S_##name##_S}, \
    [WRT_S_##name##_K] = {3, NONE, kind, NONE, AT_B, true, WRT_S_##name##_RK, 0},
#define COMPARE(name, in, op) BINARY(name, in, U32, ) BRANCH(BR_##name, KIND_##in) BRANCH(BRN_##name, KIND_##in)
#define LOAD(name, type, out)                                                           \
    [WRT_S_##name] = {1, KIND_##out, INT, NONE, AT_B, false, WRT_S_##name##_R, 0},      \
    [WRT_S_##name##_X] = {2, KIND_##out, INT, NONE, AT_B, false, WRT_S_##name##_XR, 0}, \
    [WRT_S_##name##_AT] = {.words = 2, .gives = KIND_##out}, [WRT_S_##name##_FAR] = {.words = 2, .gives = KIND_##out},
#define STORE(name, type, in)                                                                          \
    [WRT_S_##name] = {1, NONE, INT, KIND_##in, AT_A, false, WRT_S_##name##_R, WRT_S_##name##_S},       \
    [WRT_S_##name##_X] = {2, NONE, INT, KIND_##in, AT_A, false, WRT_S_##name##_XR, WRT_S_##name##_XS}, \
    WORDS(name##_AT, 2) WORDS(name##_FAR, 2)
#define ADDED(name, type, out)                                                                                 \
    [WRT_S_##name##_ADD] = {2, KIND_##out, INT, INT, AT_B, false, WRT_S_##name##_ADD_R, WRT_S_##name##_ADD_S}, \
    [WRT_S_##name##_ADD_K] = {2, KIND_##out, INT, NONE, AT_B, false, WRT_S_##name##_ADD_KR, 0},
#define STORED(name, type, in)                                                                                     \
    [WRT_S_##name##_ADD] = {2, NONE, INT, KIND_##in, AT_A, false, WRT_S_##name##_ADD_R, WRT_S_##name##_ADD_S},     \
    [WRT_S_##name##_ADD_K] = {2, NONE, INT, KIND_##in, AT_A, false, WRT_S_##name##_ADD_KR, WRT_S_##name##_ADD_KS}, \
    [WRT_S_##name##_C] = {1, NONE, INT, NONE, AT_A, false, WRT_S_##name##_CR, 0},
#define LATCH(name, ...) \
    [WRT_S_NEXT_##name] = {.words = 3, .branches = true}, [WRT_S_NEXT_##name##_K] = {.words = 3, .branches = true},
#define FUSED(name, kind, ...) \
    [WRT_S_##name] = {2, KIND_##kind, KIND_##kind, KIND_##kind, AT_B, false, WRT_S_##name##_R, WRT_S_##name##_S},
static const struct link links[WRT_SLOT_SLOW] = {
    WRT_NUM_UNARY(UNARY) WRT_NUM_BINARY(BINARY) WRT_NUM_COMPARE(COMPARE) WRT_NUM_WIDE(ONE) WRT_MEM_LOAD(LOAD)
        WRT_MEM_STORE(STORE) WRT_MEM_LOAD(ADDED) WRT_MEM_STORE(STORED) WRT_NUM_LATCH(LATCH) WRT_FUSED_NUM(FUSED)
            WORDS(MOVE_TWICE, 2) WORDS(MOVE_THRICE, 2)[WRT_S_BR_MOVE] = {.words = 2, .branches = true},
    [WRT_S_BR_ADD] = {.words = 2, .branches = true},
    WRT_SIMD_UNARY(WORDS_1) WRT_SIMD_BINARY(WORDS_1) WRT_SIMD_TERNARY(WORDS_2) WRT_SIMD_EXTRACT(WORDS_1)
        WRT_SIMD_REPLACE(WORDS_2) WRT_SIMD_LOAD(WORDS_2) WRT_SIMD_LOAD_LANE(WORDS_3) WRT_SIMD_STORE_LANE(WORDS_3)
            WORDS(V128_STORE, 2) WORDS(I8X16_SHUFFLE, 3)};

static struct link link_of(uint32_t op)
{
    static const uint8_t control[] = {
#define CONTROL(name, words) [WRT_S_##name] = (words),
        WRT_SLOT_CONTROL(CONTROL)};
    if (op >= WRT_SLOT_SLOW) {
        return (struct link){.words = 2};
    }
    switch (op) {
    case WRT_S_BR_IF:
        return (struct link){2, NONE, INT, NONE, AT_A, true, WRT_S_BR_IF_R, 0};
    case WRT_S_BR_UNLESS:
        return (struct link){2, NONE, INT, NONE, AT_A, true, WRT_S_BR_UNLESS_R, 0};
    case WRT_S_RETURN_1:
        return (struct link){1, NONE, INT, NONE, AT_A, false, WRT_S_RETURN_1_R, 0};
    case WRT_S_BR:
    case WRT_S_BR_NULL:
    case WRT_S_BR_NON_NULL:
        return (struct link){.words = 2, .branches = true};
    default:
        return op < WP_ARRAY_LEN(control) ? (struct link){.words = control[op]} : links[op];
    }
}

/* Marks in the code itself: somebody branches here. */
#define TARGET UINT64_C(0x8000)
_Static_assert(WRT_SLOT_COUNT <= TARGET, "the mark is no part of an op");

static uint32_t op_of(uint64_t w)
{
    return (uint32_t)(w & (TARGET - 1));
}

/* Words of the instruction at w, branch words of a table among them. */
static uint32_t length_of(const uint64_t *w, const struct link *l)
{
    return l->words + (op_of(*w) == WRT_S_BR_TABLE ? wrt_slot_d(*w) + 1 : 0);
}

static void mark_targets(const struct wrt_func *f, uint64_t *code)
{
    for (uint32_t i = 0; i < f->code_words;) {
        const struct link l = link_of(op_of(code[i]));
        uint32_t length = length_of(code + i, &l), branches = l.branches ? 1 : length - l.words;
        for (uint32_t n = 1; n <= branches; n++) {
            code[i + (uint32_t)code[i + n]] |= TARGET;
        }
        i += length;
    }
    for (uint32_t i = 0; i < f->try_count; i++) {
        for (uint32_t n = 0; n < f->tries[i].catch_count; n++) {
            code[f->tries[i].catches[n].target] |= TARGET;
        }
    }
}

static uint32_t field(uint64_t w, uint32_t at)
{
    return (uint32_t)(w >> at & 0xffff);
}

void wrt_chain(const struct wrt_func *f, uint64_t *code)
{
    uint32_t kind = NONE, slot = 0;
    mark_targets(f, code);
    for (uint32_t i = 0; i < f->code_words;) {
        const struct link l = link_of(op_of(code[i]));
        uint64_t *w = code + i;
        if (*w & TARGET) {
            *w &= ~TARGET;
            kind = NONE;
        }
        i += length_of(w, &l);
        if (kind != NONE && l.first == kind && field(*w, l.at) == slot) {
            *w = (*w & ~(uint64_t)0xffff) | l.with_first;
        } else if (kind != NONE && l.second == kind && field(*w, l.at + 16u) == slot) {
            *w = (*w & ~(uint64_t)0xffff) | l.with_second;
        }
        kind = l.gives;
        slot = wrt_slot_a(*w);
    }
}
