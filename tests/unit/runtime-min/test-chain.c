/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains: which instructions read what the one before has written from a register, and that nothing but their ops
 * changes. */
#include "runtime-min/exec.h"
#include "runtime-min/slot.h"
#include "tests/unit/unit.h"

#define OP(name, a, b, c) wrt_slot_abc(WRT_S_##name, a, b, c)
#define WORDS             8

static void check(const uint64_t *before, const uint64_t *after, const struct wrt_func *f)
{
    uint64_t code[WORDS];
    memcpy(code, before, sizeof code);
    wrt_chain(f, code);
    for (unsigned i = 0; i < WORDS; i++) {
        assert_int_equal(code[i], after[i]);
    }
}

static void chains(void **state WP_UNUSED)
{
    const struct {
        uint64_t before[WORDS], after[WORDS];
        uint32_t words;
    } cases[] = {
        /* the first operand, the second, both */
        {{OP(I32_ADD, 2, 0, 1), OP(I32_MUL, 3, 2, 1), OP(I32_SUB, 4, 1, 3), OP(I32_AND, 2, 4, 4),
          OP(RETURN_1, 2, 9, 0)},
         {OP(I32_ADD, 2, 0, 1), OP(I32_MUL_R, 3, 2, 1), OP(I32_SUB_S, 4, 1, 3), OP(I32_AND_R, 2, 4, 4),
          OP(RETURN_1_R, 2, 9, 0)},
         5},
        /* not what came before the one before; not the slot that was not written */
        {{OP(I32_ADD, 2, 0, 1), OP(I32_ADD, 3, 0, 1), OP(I32_MUL, 4, 2, 0), OP(RETURN_1, 3, 9, 0)},
         {OP(I32_ADD, 2, 0, 1), OP(I32_ADD, 3, 0, 1), OP(I32_MUL, 4, 2, 0), OP(RETURN_1, 3, 9, 0)},
         4},
        /* constants; words that are none of an instruction stay */
        {{OP(I32_ADD_K, 2, 0, 0), OP(I32_MUL, 3, 2, 1), OP(I32_SUB_K, 2, 2, 0), OP(I32_MUL, 3, 2, 1),
          OP(BR_I32_EQ_K, 0, 2, 0), 3, 7, OP(RETURN_0, 0, 0, 0)},
         {OP(I32_ADD_K, 2, 0, 0), OP(I32_MUL, 3, 2, 1), OP(I32_SUB_RK, 2, 2, 0), OP(I32_MUL, 3, 2, 1),
          OP(BR_I32_EQ_RK, 0, 2, 0), 3, 7, OP(RETURN_0, 0, 0, 0)},
         8},
        /* kinds: the float that was loaded is no integer */
        {{OP(F64_LOAD, 2, 0, 0), OP(I64_STORE, 0, 2, 0), OP(F64_LOAD, 2, 0, 0), OP(F64_STORE, 0, 2, 0),
          OP(I64_LOAD32_U, 2, 0, 0), OP(I32_STORE8, 2, 2, 0), OP(RETURN_0, 0, 0, 0)},
         {OP(F64_LOAD, 2, 0, 0), OP(I64_STORE, 0, 2, 0), OP(F64_LOAD, 2, 0, 0), OP(F64_STORE_S, 0, 2, 0),
          OP(I64_LOAD32_U, 2, 0, 0), OP(I32_STORE8_R, 2, 2, 0), OP(RETURN_0, 0, 0, 0)},
         7},
        /* where a branch comes in */
        {{OP(I32_ADD, 2, 0, 1), OP(I32_MUL, 2, 2, 1), OP(BR_IF, 2, 0, 0), (uint32_t)-1, OP(I32_CLZ, 2, 2, 0),
          OP(RETURN_1, 2, 9, 0)},
         {OP(I32_ADD, 2, 0, 1), OP(I32_MUL, 2, 2, 1), OP(BR_IF_R, 2, 0, 0), (uint32_t)-1, OP(I32_CLZ, 2, 2, 0),
          OP(RETURN_1_R, 2, 9, 0)},
         6},
        {{OP(I32_ADD, 2, 0, 1), wrt_slot_ad(WRT_S_BR_TABLE, 2, 1), (uint32_t)4, (uint32_t)3, OP(I32_CLZ, 2, 2, 0),
          OP(I32_CTZ, 2, 2, 0), OP(RETURN_1, 2, 9, 0)},
         {OP(I32_ADD, 2, 0, 1), wrt_slot_ad(WRT_S_BR_TABLE, 2, 1), (uint32_t)4, (uint32_t)3, OP(I32_CLZ, 2, 2, 0),
          OP(I32_CTZ, 2, 2, 0), OP(RETURN_1_R, 2, 9, 0)},
         7},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        struct wrt_func f = {.code_words = cases[i].words};
        check(cases[i].before, cases[i].after, &f);
    }
}

/* So does an exception. */
static void catches(void **state WP_UNUSED)
{
    const uint64_t before[WORDS] = {OP(I32_ADD, 2, 0, 1), OP(I32_CLZ, 2, 2, 0), OP(RETURN_1, 2, 9, 0)};
    const uint64_t after[WORDS] = {OP(I32_ADD, 2, 0, 1), OP(I32_CLZ, 2, 2, 0), OP(RETURN_1_R, 2, 9, 0)};
    struct wrt_catch clause = {.target = 1};
    struct wrt_try try = {.end = 1, .catches = &clause, .catch_count = 1};
    struct wrt_func f = {.code_words = 3, .tries = &try, .try_count = 1};
    check(before, after, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(chains), cmocka_unit_test(catches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
