/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector instructions that move lanes: splat, extract, replace, swizzle, shuffle, loads and stores, with operands and
 * result in the same slots too; and wide arithmetic. */
#include "../unit.h"
#include "base/base.h"
#include "vector-dialect.h"

#define LOW  0x0706050403020100u
#define HIGH 0x8f8e8d8c8b8a8988u

/* Runs op on a frame of b, b+1 = slots 2, 3 and c = 4, 5; result 0, 1. */
static void run(uint64_t *fp, int words, uint32_t op, uint64_t b, uint64_t c, uint64_t word_1, uint64_t word_2)
{
    const uint64_t ip[3] = {wrt_slot_abc(op, 0, (uint32_t)b, (uint32_t)c), word_1, word_2};
    assert_int_equal(vector_run(ip, fp), words);
}

static void test_splat(void **state)
{
    (void)state;
    static const struct {
        uint32_t op;
        uint64_t v, want;
    } cases[] = {{WRT_S_I8X16_SPLAT, 0x123456f8, 0xf8f8f8f8f8f8f8f8},
                 {WRT_S_I16X8_SPLAT, 0x1234f678, 0xf678f678f678f678},
                 {WRT_S_I32X4_SPLAT, 0xf2345678, 0xf2345678f2345678},
                 {WRT_S_I64X2_SPLAT, 0xf23456789abcdef0, 0xf23456789abcdef0},
                 {WRT_S_F32X4_SPLAT, 0xffa00001, 0xffa00001ffa00001},
                 {WRT_S_F64X2_SPLAT, 0xfff4000000000001, 0xfff4000000000001}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t fp[4] = {0, 0, cases[i].v};
        run(fp, 1, cases[i].op, 2, 0, 0, 0);
        assert_int_equal(fp[0], cases[i].want);
        assert_int_equal(fp[1], cases[i].want);
    }
}

static void test_extract(void **state)
{
    (void)state;
    static const struct {
        uint32_t op;
        unsigned lane;
        uint64_t want;
    } cases[] = {{WRT_S_I8X16_EXTRACT_LANE_S, 0, 0},        {WRT_S_I8X16_EXTRACT_LANE_S, 8, 0xffffff88},
                 {WRT_S_I8X16_EXTRACT_LANE_U, 15, 0x8f},    {WRT_S_I16X8_EXTRACT_LANE_S, 7, 0xffff8f8e},
                 {WRT_S_I16X8_EXTRACT_LANE_U, 7, 0x8f8e},   {WRT_S_I16X8_EXTRACT_LANE_U, 1, 0x0302},
                 {WRT_S_I32X4_EXTRACT_LANE, 3, 0x8f8e8d8c}, {WRT_S_I64X2_EXTRACT_LANE, 1, HIGH},
                 {WRT_S_F32X4_EXTRACT_LANE, 2, 0x8b8a8988}, {WRT_S_F64X2_EXTRACT_LANE, 0, LOW}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t fp[4] = {~(uint64_t)0, 5, LOW, HIGH};
        run(fp, 1, cases[i].op, 2, cases[i].lane, 0, 0);
        assert_int_equal(fp[0], cases[i].want);
        assert_int_equal(fp[1], 5);
    }
}

static void test_replace(void **state)
{
    (void)state;
    static const struct {
        uint32_t op;
        unsigned lane;
        uint64_t v, low, high;
    } cases[] = {{WRT_S_I8X16_REPLACE_LANE, 1, 0x1ff, 0x070605040302ff00, HIGH},
                 {WRT_S_I16X8_REPLACE_LANE, 7, 0x12345678, LOW, 0x56788d8c8b8a8988},
                 {WRT_S_I32X4_REPLACE_LANE, 2, 0x12345678, LOW, 0x8f8e8d8c12345678},
                 {WRT_S_I64X2_REPLACE_LANE, 0, 5, 5, HIGH},
                 {WRT_S_F32X4_REPLACE_LANE, 0, 0xffa00001, 0x07060504ffa00001, HIGH},
                 {WRT_S_F64X2_REPLACE_LANE, 1, 0xfff4000000000001, LOW, 0xfff4000000000001}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t fp[5] = {0, 0, LOW, HIGH, cases[i].v};
        run(fp, 2, cases[i].op, 2, 4, cases[i].lane, 0);
        assert_int_equal(fp[0], cases[i].low);
        assert_int_equal(fp[1], cases[i].high);
    }
    uint64_t fp[4] = {7, 8, LOW, HIGH}; /* the number lies where the result goes */
    run(fp, 2, WRT_S_I64X2_REPLACE_LANE, 2, 1, 0, 0);
    assert_int_equal(fp[0], 8);
    assert_int_equal(fp[1], HIGH);
}

static void test_permute(void **state)
{
    (void)state;
    uint64_t fp[6] = {0, 0, LOW | 0x40, HIGH, 0x0f0e010000080710, 0xff80201f1011110f};
    run(fp, 1, WRT_S_I8X16_SWIZZLE, 2, 4, 0, 0);
    assert_int_equal(fp[0], 0x8f8e014040880700);
    assert_int_equal(fp[1], 0x000000000000008f);
    run(fp, 1, WRT_S_I8X16_RELAXED_SWIZZLE, 2, 4, 0, 0);
    assert_int_equal(fp[0], 0x8f8e014040880700);
    uint64_t two[6] = {0, 0, LOW, HIGH, 0x1716151413121110, 0x1f1e1d1c1b1a1918};
    run(two, 3, WRT_S_I8X16_SHUFFLE, 2, 4, 0x1f100f0001020310, 0x0808080818181818);
    assert_int_equal(two[0], 0x1f108f0001020310);
    assert_int_equal(two[1], 0x8888888818181818);
    uint64_t same[2] = {LOW, HIGH};
    run(same, 3, WRT_S_I8X16_SHUFFLE, 0, 0, 0x08090a0b0c0d0e0f, 0x1011121314151617);
    assert_int_equal(same[0], 0x88898a8b8c8d8e8f);
    assert_int_equal(same[1], 0x0001020304050607);
    uint64_t swizzle[2] = {LOW, 0x0001020304050607};
    run(swizzle, 1, WRT_S_I8X16_SWIZZLE, 0, 0, 0, 0);
    assert_int_equal(swizzle[0], LOW);
    assert_int_equal(swizzle[1], 0x0001020304050607);
}

static void fill(void)
{
    for (unsigned m = 0; m < 2; m++) {
        for (unsigned i = 0; i < 64; i++) {
            vector_memory[m][i] = (uint8_t)(0x70 + 64 * m + i);
        }
    }
}

static void test_load(void **state)
{
    (void)state;
    static const struct {
        uint32_t op;
        unsigned bytes;
        uint64_t low, high;
    } cases[] = {{WRT_S_V128_LOAD, 16, 0x84838281807f7e7d, 0x8c8b8a8988878685},
                 {WRT_S_V128_LOAD8X8_S, 8, 0xff80007f007e007d, 0xff84ff83ff82ff81},
                 {WRT_S_V128_LOAD8X8_U, 8, 0x0080007f007e007d, 0x0084008300820081},
                 {WRT_S_V128_LOAD16X4_S, 8, 0xffff807f00007e7d, 0xffff8483ffff8281},
                 {WRT_S_V128_LOAD16X4_U, 8, 0x0000807f00007e7d, 0x0000848300008281},
                 {WRT_S_V128_LOAD32X2_S, 8, 0xffffffff807f7e7d, 0xffffffff84838281},
                 {WRT_S_V128_LOAD32X2_U, 8, 0x00000000807f7e7d, 0x0000000084838281},
                 {WRT_S_V128_LOAD8_SPLAT, 1, 0x7d7d7d7d7d7d7d7d, 0x7d7d7d7d7d7d7d7d},
                 {WRT_S_V128_LOAD16_SPLAT, 2, 0x7e7d7e7d7e7d7e7d, 0x7e7d7e7d7e7d7e7d},
                 {WRT_S_V128_LOAD32_SPLAT, 4, 0x807f7e7d807f7e7d, 0x807f7e7d807f7e7d},
                 {WRT_S_V128_LOAD64_SPLAT, 8, 0x84838281807f7e7d, 0x84838281807f7e7d},
                 {WRT_S_V128_LOAD32_ZERO, 4, 0x807f7e7d, 0},
                 {WRT_S_V128_LOAD64_ZERO, 8, 0x84838281807f7e7d, 0}};
    fill();
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t fp[3] = {9, 9, 10};
        run(fp, 2, cases[i].op, 2, 0, 3, 0);
        assert_int_equal(fp[0], cases[i].low);
        assert_int_equal(fp[1], cases[i].high);
        fp[2] = 64 - cases[i].bytes;
        run(fp, 2, cases[i].op, 2, 1, 0, 0);
        assert_int_equal(fp[0] & 0xff, (0x70 + 128 - cases[i].bytes) & 0xff); /* of the other memory */
        run(fp, -1, cases[i].op, 2, 1, 1, 0);
        run(fp, -1, cases[i].op, 2, 1, UINT64_MAX, 0);
    }
}

static void test_store(void **state)
{
    (void)state;
    fill();
    uint64_t fp[4] = {5, 0, LOW, HIGH}; /* the address in slot 0 */
    run(fp, 2, WRT_S_V128_STORE, 2, 1, 4, 0);
    assert_memory_equal(&vector_memory[1][9], fp + 2, 16);
    assert_int_equal(vector_memory[1][8], 0xb8);
    assert_int_equal(vector_memory[1][25], 0xc9);
    assert_int_equal(vector_memory[0][9], 0x79);
    run(fp, -1, WRT_S_V128_STORE, 2, 1, 44, 0);
}

static void test_lanes_in_memory(void **state)
{
    (void)state;
    static const struct {
        uint32_t load, store;
        unsigned bytes, lane;
    } cases[] = {{WRT_S_V128_LOAD8_LANE, WRT_S_V128_STORE8_LANE, 1, 15},
                 {WRT_S_V128_LOAD16_LANE, WRT_S_V128_STORE16_LANE, 2, 1},
                 {WRT_S_V128_LOAD32_LANE, WRT_S_V128_STORE32_LANE, 4, 2},
                 {WRT_S_V128_LOAD64_LANE, WRT_S_V128_STORE64_LANE, 8, 1}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        unsigned at = cases[i].bytes * cases[i].lane, n = cases[i].bytes;
        uint64_t fp[5] = {0, 0, LOW, HIGH, 20}, where = 1 << 16 | cases[i].lane;
        uint8_t want[16], got[16], before[64];
        fill();
        memcpy(want, fp + 2, 16);
        memcpy(want + at, &vector_memory[1][21], n);
        run(fp, 3, cases[i].load, 4, 2, 1, where);
        memcpy(got, fp, 16);
        assert_memory_equal(got, want, 16);

        memcpy(before, vector_memory[1], 64);
        fp[0] = 20;
        run(fp, 3, cases[i].store, 0, 2, 30, where);
        memcpy(before + 50, (const uint8_t *)(fp + 2) + at, n);
        assert_memory_equal(vector_memory[1], before, 64);
        run(fp, -1, cases[i].load, 4, 2, 45 - n, where);
        run(fp, -1, cases[i].store, 0, 2, 45 - n, where);
    }
    uint64_t fp[2] = {20, HIGH}; /* result, vector and address begin at the same slot */
    run(fp, 3, WRT_S_V128_LOAD64_LANE, 0, 0, 0, 1);
    assert_int_equal(fp[0], 20);
    assert_int_equal(fp[1], 0x8b8a898887868584);
}

static void test_wide(void **state)
{
    (void)state;
    static const struct {
        uint32_t op;
        uint64_t v[4], low, high;
    } cases[] = {{WRT_S_I64_ADD128, {1, 2, 3, 4}, 4, 6},
                 {WRT_S_I64_ADD128, {UINT64_MAX, 1, 1, 2}, 0, 4},
                 {WRT_S_I64_ADD128, {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, UINT64_MAX - 1, UINT64_MAX},
                 {WRT_S_I64_SUB128, {4, 6, 3, 4}, 1, 2},
                 {WRT_S_I64_SUB128, {0, 0, 1, 0}, UINT64_MAX, UINT64_MAX},
                 {WRT_S_I64_SUB128, {5, 0, 5, 1}, 0, UINT64_MAX},
                 {WRT_S_I64_MUL_WIDE_S, {UINT64_MAX, 0, UINT64_MAX, 0}, 1, 0},
                 {WRT_S_I64_MUL_WIDE_S, {(uint64_t)1 << 63, 0, (uint64_t)1 << 63, 0}, 0, (uint64_t)1 << 62},
                 {WRT_S_I64_MUL_WIDE_S, {(uint64_t)1 << 63, 0, 2, 0}, 0, UINT64_MAX},
                 {WRT_S_I64_MUL_WIDE_U, {UINT64_MAX, 0, UINT64_MAX, 0}, 1, UINT64_MAX - 1},
                 {WRT_S_I64_MUL_WIDE_U, {(uint64_t)1 << 63, 0, 2, 0}, 0, 1}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        for (unsigned a = 0; a < 7; a++) { /* the result anywhere, on the operands too */
            uint64_t fp[8] = {0};
            const uint64_t ip[2] = {wrt_slot_abc(cases[i].op, a, 2, 4), 0};
            memcpy(fp + 2, cases[i].v, sizeof cases[i].v);
            assert_true(vector_run(ip, fp) > 0);
            assert_int_equal(fp[a], cases[i].low);
            assert_int_equal(fp[a + 1], cases[i].high);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splat),           cmocka_unit_test(test_extract), cmocka_unit_test(test_replace),
        cmocka_unit_test(test_permute),         cmocka_unit_test(test_load),    cmocka_unit_test(test_store),
        cmocka_unit_test(test_lanes_in_memory), cmocka_unit_test(test_wide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
