/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code as text. */
#include "slot-text.h"

#include "runtime-min/slot.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* Fields by letter: a b c d of the first word; 1 2 whole words; l the low half of word 1, s the low 16 bits of it; @ a
 * branch in word 1; f a function, g a global, i what an indirect call has; t the words of br_table. */
struct shape {
    const char *name;
    const char *fields;
    uint32_t words;
};
static const struct shape shapes[] = {
#define NAME(name, words, ...)      [WRT_S_##name] = {#name, "", words},
#define WORDS(...)                  NAME(__VA_ARGS__, )
#define ROW(form, words, name, ...) [WRT_S_##name] = {#name, form, words},
#define UNARY(...)                  ROW("ab", 1, __VA_ARGS__, )
#define PLAIN_BINARY(...)           ROW("abc", 1, __VA_ARGS__, )
#define TERNARY(...)                ROW("abcs", 2, __VA_ARGS__, )
#define REPLACE(...)                ROW("abcs", 2, __VA_ARGS__, )
#define V_LOAD(...)                 ROW("abc1", 2, __VA_ARGS__, )
#define LANE(...)                   ROW("abc12", 3, __VA_ARGS__, )
#define TWO(name, ...)              ROW("abc", 1, name, )[WRT_S_##name##_K] = {#name "_K", "ab1", 2},
#define BINARY(...)                 TWO(__VA_ARGS__, )
#define SIX(name, ...)                                                                                 \
    TWO(name, )                                                                                        \
    [WRT_S_BR_##name] = {"BR_" #name, "bc@", 2}, [WRT_S_BR_##name##_K] = {"BR_" #name "_K", "b2@", 3}, \
    [WRT_S_BRN_##name] = {"BRN_" #name, "bc@", 2}, [WRT_S_BRN_##name##_K] = {"BRN_" #name "_K", "b2@", 3},
#define COMPARE(...) SIX(__VA_ARGS__, )
#define FOUR(name, ...)                                                              \
    [WRT_S_##name] = {#name, "abc", 1}, [WRT_S_##name##_X] = {#name "_X", "ab1", 2}, \
    [WRT_S_##name##_AT] = {#name "_AT", "ab1", 2}, [WRT_S_##name##_FAR] = {#name "_FAR", "abc1", 2},
#define MEMORY(...) FOUR(__VA_ARGS__, )
#define ADDED(name, ...) \
    [WRT_S_##name##_ADD] = {#name "_ADD", "abc1", 2}, [WRT_S_##name##_ADD_K] = {#name "_ADD_K", "ab1", 2},
#define SMALL(name, ...) [WRT_S_##name##_C] = {#name "_C", "abc", 1},
#define LATCH(name, ...) \
    [WRT_S_NEXT_##name] = {"NEXT_" #name, "abc2@", 3}, [WRT_S_NEXT_##name##_K] = {"NEXT_" #name "_K", "ab2@", 3},
#define FUSED(...) ROW("abc1", 2, __VA_ARGS__, )
    WRT_SLOT_CONTROL(WORDS) WRT_NUM_UNARY(UNARY) WRT_NUM_BINARY(BINARY) WRT_NUM_COMPARE(COMPARE)
        WRT_NUM_WIDE(PLAIN_BINARY) WRT_MEM_LOAD(MEMORY) WRT_MEM_STORE(MEMORY) WRT_SIMD_UNARY(UNARY)
            WRT_SIMD_BINARY(PLAIN_BINARY) WRT_SIMD_TERNARY(TERNARY) WRT_SIMD_EXTRACT(PLAIN_BINARY)
                WRT_SIMD_REPLACE(REPLACE) WRT_SIMD_LOAD(V_LOAD) WRT_SIMD_LOAD_LANE(LANE) WRT_SIMD_STORE_LANE(LANE)
                    WRT_MEM_LOAD(ADDED) WRT_MEM_STORE(ADDED) WRT_MEM_STORE(SMALL) WRT_NUM_LATCH(LATCH)
                        WRT_FUSED_NUM(FUSED) WRT_FUSED_MOVE(FUSED) ROW("abc1", 2, V128_STORE, )
                            ROW("abc12", 3, I8X16_SHUFFLE, )};

/* Of an op in a chain: the one that it stands for. */
static const uint16_t plain[WRT_SLOT_SLOW] = {
#define CHAINED(form, name)    [WRT_S_##form] = WRT_S_##name,
#define CHAIN_ONE(name, ...)   CHAINED(name##_R, name)
#define CHAIN_THREE(name, ...) CHAINED(name##_R, name) CHAINED(name##_S, name) CHAINED(name##_RK, name##_K)
#define CHAIN_NINE(name, ...)  CHAIN_THREE(name, ) CHAIN_THREE(BR_##name, ) CHAIN_THREE(BRN_##name, )
#define CHAIN_TWO(name, ...)   CHAINED(name##_R, name) CHAINED(name##_S, name)
#define CHAIN_LOAD(name, ...)    \
    CHAINED(name##_R, name)      \
    CHAINED(name##_XR, name##_X) \
    CHAINED(name##_ADD_R, name##_ADD) CHAINED(name##_ADD_S, name##_ADD) CHAINED(name##_ADD_KR, name##_ADD_K)
#define CHAIN_STORE(name, ...) \
    CHAIN_LOAD(name, )         \
    CHAINED(name##_S, name)    \
    CHAINED(name##_XS, name##_X) CHAINED(name##_ADD_KS, name##_ADD_K) CHAINED(name##_CR, name##_C)
    WRT_NUM_UNARY(CHAIN_ONE) WRT_NUM_BINARY(CHAIN_THREE) WRT_NUM_COMPARE(CHAIN_NINE) WRT_MEM_LOAD(CHAIN_LOAD)
        WRT_MEM_STORE(CHAIN_STORE) WRT_FUSED_NUM(CHAIN_TWO) CHAIN_ONE(BR_IF, ) CHAIN_ONE(BR_UNLESS, )
            CHAIN_ONE(RETURN_1, )};

static const struct {
    uint32_t op;
    const char *fields;
} fields[] = {
    {WRT_S_ENTER, "ad"},
    {WRT_S_WATCH_ENTER, "d"},
    {WRT_S_WATCH_LEAVE, "ad"},
    {WRT_S_WATCH_TAIL, "d"},
    {WRT_S_BR, "@"},
    {WRT_S_BR_IF, "a@"},
    {WRT_S_BR_UNLESS, "a@"},
    {WRT_S_BR_NULL, "a@"},
    {WRT_S_BR_NON_NULL, "a@"},
    {WRT_S_BR_TABLE, "at"},
    {WRT_S_RETURN_0, "d"},
    {WRT_S_RETURN_1, "ad"},
    {WRT_S_RETURN_2, "ad"},
    {WRT_S_RETURN_N, "ad1"},
    {WRT_S_BR_MOVE, "ab@"},
    {WRT_S_BR_ADD, "abc@"},
    {WRT_S_CALL, "adf"},
    {WRT_S_CALL_FAR, "adf"},
    {WRT_S_CALL_INDIRECT, "adi"},
    {WRT_S_CALL_REF, "ad1"},
    {WRT_S_RETURN_CALL, "adf"},
    {WRT_S_RETURN_CALL_INDIRECT, "adi"},
    {WRT_S_RETURN_CALL_REF, "ad1"},
    {WRT_S_MOVE, "ab"},
    {WRT_S_MOVE_2, "abc"},
    {WRT_S_MOVE_V, "ab"},
    {WRT_S_MOVE_N, "ab1"},
    {WRT_S_CONST_32, "ad"},
    {WRT_S_CONST_64, "a1"},
    {WRT_S_CONST_V, "a12"},
    {WRT_S_SELECT, "abcs"},
    {WRT_S_SELECT_V, "abcs"},
    {WRT_S_GLOBAL_GET, "ag"},
    {WRT_S_GLOBAL_SET, "ag"},
    {WRT_S_GLOBAL_GET_V, "ag"},
    {WRT_S_GLOBAL_SET_V, "ag"},
};

static struct shape shape_of(uint32_t op)
{
    if (op >= WRT_SLOT_SLOW) {
        return (struct shape){wrt_ops[op - WRT_SLOT_SLOW].name, "ad1", 2};
    }
    op = plain[op] != 0 ? plain[op] : op;
    struct shape s = shapes[op];
    for (size_t i = 0; i < WP_ARRAY_LEN(fields); i++) {
        if (fields[i].op == op) {
            s.fields = fields[i].fields;
        }
    }
    return s;
}

static uint32_t words_of(const uint64_t *w)
{
    uint32_t op = wrt_slot_op(*w);
    return op == WRT_S_BR_TABLE ? 2 + wrt_slot_d(*w) : shape_of(op).words;
}

static uint32_t target(uint32_t at, uint64_t word)
{
    return at + (uint32_t)word;
}

static void mark(uint8_t *marks, uint32_t at, const uint64_t *w)
{
    struct shape s = shape_of(wrt_slot_op(*w));
    if (strchr(s.fields, '@') != NULL) {
        marks[target(at, w[1])] = 1;
    }
    for (uint32_t i = 0; strchr(s.fields, 't') != NULL && i <= wrt_slot_d(*w); i++) {
        marks[target(at, w[1 + i])] = 1;
    }
}

static void branch(struct wp_buf *b, uint32_t at, uint64_t word)
{
    wp_buf_printf(b, " @%u%+d", target(at, word), (int)(int32_t)(word >> 32));
}

static void field(struct wp_buf *b, char letter, uint32_t at, const uint64_t *w)
{
    switch (letter) {
    case 'a':
        wp_buf_printf(b, " %u", wrt_slot_a(*w));
        break;
    case 'b':
        wp_buf_printf(b, " %u", wrt_slot_b(*w));
        break;
    case 'c':
        wp_buf_printf(b, " %u", wrt_slot_c(*w));
        break;
    case 'd':
        wp_buf_printf(b, " %u", wrt_slot_d(*w));
        break;
    case 's':
        wp_buf_printf(b, " %u", (unsigned)(w[1] & 0xffff));
        break;
    case '1':
    case '2':
        wp_buf_printf(b, " %#llx", (unsigned long long)w[letter - '0']);
        break;
    case '@':
        branch(b, at, w[1]);
        break;
    case 't':
        for (uint32_t i = 0; i <= wrt_slot_d(*w); i++) {
            branch(b, at, w[1 + i]);
        }
        break;
    case 'f':
        wp_buf_printf(b, " f%u", ((const struct wrt_func *)(uintptr_t)w[1])->index);
        break;
    case 'i':
        wp_buf_printf(b, " table %u by %u", (unsigned)(w[1] >> 32 & 0xffff), (unsigned)(w[1] >> 48));
        break;
    default:
        wp_buf_printf(b, " %c", letter);
        break;
    }
}

void slot_text(struct wp_buf *b, const struct wrt_func *f)
{
    uint8_t *marks = calloc(f->code_words + 1, 1);
    assert_non_null(marks);
    for (uint32_t at = 0; at < f->code_words; at += words_of(f->entry + at)) {
        mark(marks, at, f->entry + at);
    }
    for (uint32_t at = 0; at < f->code_words; at += words_of(f->entry + at)) {
        const uint64_t *w = f->entry + at;
        struct shape s = shape_of(wrt_slot_op(*w));
        wp_buf_add_str(b, at > 0 ? "; " : "");
        if (marks[at] != 0) {
            wp_buf_printf(b, "%u: ", at);
        }
        wp_buf_printf(b, "%s", s.name);
        for (const char *p = s.fields; *p != '\0'; p++) {
            field(b, *p, at, w);
        }
    }
    free(marks);
}
