/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector instructions on integers: each against a computation of one lane in 64 or 128 bits, over all pairs of the
 * numbers at which lanes change their mind; and single cases by hand, from core 3.0, "Integer Operations". */
#include "../unit.h"
#include "base/base.h"
#include "vector-dialect.h"

/* One lane: b and c sign- or zero-extended by the row, the result is cut to the lane. */
__extension__ typedef __int128 wide;
typedef wide (*lane_fn)(wide b, wide c, unsigned bits);

static wide clamp(wide v, wide least, wide most)
{
    return v < least ? least : v > most ? most : v;
}
static wide half(unsigned bits)
{
    return (wide)1 << (bits - 1);
}
#define LANE(name, expr)                                \
    static wide lane_##name(wide b, wide c, unsigned n) \
    {                                                   \
        (void)b, (void)c, (void)n;                      \
        return expr;                                    \
    }
LANE(abs, b < 0 ? -b : b)
LANE(neg, -b)
LANE(popcnt, __builtin_popcountll((unsigned long long)b))
LANE(eq, b == c ? -1 : 0)
LANE(ne, b != c ? -1 : 0)
LANE(lt, b < c ? -1 : 0)
LANE(gt, b > c ? -1 : 0)
LANE(le, b <= c ? -1 : 0)
LANE(ge, b >= c ? -1 : 0)
LANE(add, b + c)
LANE(sub, b - c)
LANE(mul, (wide)((uint64_t)b *(uint64_t)c))
LANE(min, b < c ? b : c)
LANE(max, b > c ? b : c)
LANE(avgr, (b + c + 1) / 2)
LANE(add_sat_s, clamp(b + c, -half(n), half(n) - 1))
LANE(sub_sat_s, clamp(b - c, -half(n), half(n) - 1))
LANE(add_sat_u, clamp(b + c, 0, 2 * half(n) - 1))
LANE(sub_sat_u, clamp(b - c, 0, 2 * half(n) - 1))
LANE(q15mulr, clamp((b * c + 0x4000) >> 15, -half(n), half(n) - 1))

struct row {
    uint32_t op;
    unsigned bits;
    bool sign;
    lane_fn fn;
};
#define EACH(shape, bits, name, sign, fn)             \
    {                                                 \
        WRT_S_##shape##_##name, bits, sign, lane_##fn \
    }
#define COMMON(shape, bits)                                                                                      \
    EACH(shape, bits, EQ, true, eq), EACH(shape, bits, NE, true, ne), EACH(shape, bits, LT_S, true, lt),         \
        EACH(shape, bits, GT_S, true, gt), EACH(shape, bits, LE_S, true, le), EACH(shape, bits, GE_S, true, ge), \
        EACH(shape, bits, ADD, true, add), EACH(shape, bits, SUB, true, sub), EACH(shape, bits, ABS, true, abs), \
        EACH(shape, bits, NEG, true, neg)
#define BELOW_64(shape, bits)                                                                                        \
    COMMON(shape, bits), EACH(shape, bits, LT_U, false, lt), EACH(shape, bits, GT_U, false, gt),                     \
        EACH(shape, bits, LE_U, false, le), EACH(shape, bits, GE_U, false, ge), EACH(shape, bits, MIN_S, true, min), \
        EACH(shape, bits, MAX_S, true, max), EACH(shape, bits, MIN_U, false, min),                                   \
        EACH(shape, bits, MAX_U, false, max)
#define BELOW_32(shape, bits)                                                                          \
    BELOW_64(shape, bits), EACH(shape, bits, ADD_SAT_S, true, add_sat_s),                              \
        EACH(shape, bits, ADD_SAT_U, false, add_sat_u), EACH(shape, bits, SUB_SAT_S, true, sub_sat_s), \
        EACH(shape, bits, SUB_SAT_U, false, sub_sat_u), EACH(shape, bits, AVGR_U, false, avgr)
static const struct row rows[] = {
    BELOW_32(I8X16, 8),
    EACH(I8X16, 8, POPCNT, false, popcnt),
    BELOW_32(I16X8, 16),
    EACH(I16X8, 16, MUL, true, mul),
    EACH(I16X8, 16, Q15MULR_SAT_S, true, q15mulr),
    EACH(I16X8, 16, RELAXED_Q15MULR_S, true, q15mulr),
    BELOW_64(I32X4, 32),
    EACH(I32X4, 32, MUL, true, mul),
    COMMON(I64X2, 64),
    EACH(I64X2, 64, MUL, true, mul),
};

static wide lane_of(const uint64_t *v, unsigned i, unsigned bits, bool sign)
{
    uint64_t x = v[i * bits / 64] >> (i * bits % 64) & (UINT64_MAX >> (64 - bits));
    return sign && x >> (bits - 1) ? (wide)x - 2 * half(bits) : (wide)x;
}
static void set_lane(uint64_t *v, unsigned i, unsigned bits, wide x)
{
    uint64_t mask = UINT64_MAX >> (64 - bits), *word = &v[i * bits / 64];
    unsigned shift = i * bits % 64;
    *word = (*word & ~(mask << shift)) | ((uint64_t)x & mask) << shift;
}

/* Numbers around every limit of the lane, as its bits. */
enum { EDGES = 24 };
static uint64_t edge(unsigned i, unsigned bits)
{
    static const uint64_t low[] = {0, 1, 2, 3, 0x55, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x4000};
    uint64_t top = (uint64_t)half(bits);
    return i < 12 ? low[i] : i < 18 ? top + i - 15 : 0 - (uint64_t)(i - 17);
}

/* b in slots 2 and 3, c in 4 and 5, d in 6 and 7; the result in 0 and 1. */
static void run(uint32_t op, unsigned words, uint64_t *fp)
{
    const uint64_t ip[3] = {wrt_slot_abc(op, 0, 2, 4), 6, 0};
    assert_int_equal(vector_run(ip, fp), words);
}

static void test_lanes(void **state)
{
    (void)state;
    for (size_t r = 0; r < WP_ARRAY_LEN(rows); r++) {
        const struct row *row = &rows[r];
        unsigned lanes = 128 / row->bits;
        for (unsigned pair = 0; pair < EDGES * EDGES; pair++) {
            uint64_t fp[8] = {0};
            for (unsigned i = 0; i < lanes; i++) { /* every lane another pair */
                unsigned other = (pair + i * 29) % (EDGES * EDGES);
                set_lane(fp + 2, i, row->bits, (wide)edge(other / EDGES, row->bits));
                set_lane(fp + 4, i, row->bits, (wide)edge(other % EDGES, row->bits));
            }
            run(row->op, 1, fp);
            for (unsigned i = 0; i < lanes; i++) {
                wide b = lane_of(fp + 2, i, row->bits, row->sign), c = lane_of(fp + 4, i, row->bits, row->sign);
                uint64_t want[2] = {0};
                set_lane(want, i, row->bits, row->fn(b, c, row->bits));
                if (lane_of(want, i, row->bits, false) != lane_of(fp, i, row->bits, false)) {
                    fail_msg("row %zu (%u bits), lane %u: %llx, %llx gives %llx", r, row->bits, i, (long long)b,
                             (long long)c, (long long)lane_of(fp, i, row->bits, false));
                }
            }
        }
    }
}

struct shift_row {
    uint32_t shl, shr_s, shr_u;
    unsigned bits;
};
static void test_shifts(void **state)
{
    (void)state;
    static const struct shift_row shifts[] = {{WRT_S_I8X16_SHL, WRT_S_I8X16_SHR_S, WRT_S_I8X16_SHR_U, 8},
                                              {WRT_S_I16X8_SHL, WRT_S_I16X8_SHR_S, WRT_S_I16X8_SHR_U, 16},
                                              {WRT_S_I32X4_SHL, WRT_S_I32X4_SHR_S, WRT_S_I32X4_SHR_U, 32},
                                              {WRT_S_I64X2_SHL, WRT_S_I64X2_SHR_S, WRT_S_I64X2_SHR_U, 64}};
    static const uint32_t counts[] = {0, 1, 7, 8, 9, 15, 16, 31, 32, 33, 63, 64, 65, 255, 256, 0x80000000, 0xffffffff};
    for (size_t s = 0; s < WP_ARRAY_LEN(shifts); s++) {
        unsigned bits = shifts[s].bits;
        for (size_t n = 0; n < WP_ARRAY_LEN(counts); n++) {
            uint64_t left[8] = {0, 0, 0x8123456789abcdef, 0xfedcba9876543281, counts[n]}, right[8], zeros[8];
            unsigned count = counts[n] % bits;
            memcpy(right, left, sizeof left);
            memcpy(zeros, left, sizeof left);
            run(shifts[s].shl, 1, left);
            run(shifts[s].shr_s, 1, right);
            run(shifts[s].shr_u, 1, zeros);
            for (unsigned i = 0; i < 128 / bits; i++) {
                wide whole = lane_of(left + 2, i, bits, false), sign = lane_of(left + 2, i, bits, true);
                uint64_t mask = UINT64_MAX >> (64 - bits);
                assert_int_equal(lane_of(left, i, bits, false), (uint64_t)whole << count & mask);
                assert_int_equal(lane_of(right, i, bits, false), (uint64_t)(sign >> count) & mask);
                assert_int_equal(lane_of(zeros, i, bits, false), (uint64_t)whole >> count);
            }
        }
    }
}

/* From lanes of `bits` to lanes of twice as many: extend, extmul, extadd_pairwise, dot. */
struct widen_row {
    uint32_t op;
    unsigned bits;
    bool sign;
    enum { LOW, HIGH, MUL_LOW, MUL_HIGH, PAIRS, DOT, DOT_SAT } what;
};
#define WIDEN(wide, narrow, bits, letter, sign)                               \
    {WRT_S_##wide##_EXTEND_LOW_##narrow##_##letter, bits, sign, LOW},         \
        {WRT_S_##wide##_EXTEND_HIGH_##narrow##_##letter, bits, sign, HIGH},   \
        {WRT_S_##wide##_EXTMUL_LOW_##narrow##_##letter, bits, sign, MUL_LOW}, \
    {                                                                         \
        WRT_S_##wide##_EXTMUL_HIGH_##narrow##_##letter, bits, sign, MUL_HIGH  \
    }
#define PAIRWISE(wide, narrow, bits)                                    \
    {WRT_S_##wide##_EXTADD_PAIRWISE_##narrow##_S, bits, true, PAIRS},   \
    {                                                                   \
        WRT_S_##wide##_EXTADD_PAIRWISE_##narrow##_U, bits, false, PAIRS \
    }
static const struct widen_row widen[] = {
    WIDEN(I16X8, I8X16, 8, S, true),
    WIDEN(I16X8, I8X16, 8, U, false),
    WIDEN(I32X4, I16X8, 16, S, true),
    WIDEN(I32X4, I16X8, 16, U, false),
    WIDEN(I64X2, I32X4, 32, S, true),
    WIDEN(I64X2, I32X4, 32, U, false),
    PAIRWISE(I16X8, I8X16, 8),
    PAIRWISE(I32X4, I16X8, 16),
    {WRT_S_I32X4_DOT_I16X8_S, 16, true, DOT},
    {WRT_S_I16X8_RELAXED_DOT_I8X16_I7X16_S, 8, true, DOT_SAT},
};
static wide widened(const struct widen_row *row, const uint64_t *b, const uint64_t *c, unsigned i)
{
    unsigned n = row->bits, lanes = 128 / n, at = i + (row->what == HIGH || row->what == MUL_HIGH ? lanes / 2 : 0);
    wide even = lane_of(b, 2 * i, n, row->sign), odd = lane_of(b, 2 * i + 1, n, row->sign);
    wide dot = even * lane_of(c, 2 * i, n, row->sign) + odd * lane_of(c, 2 * i + 1, n, row->sign);
    switch (row->what) {
    case LOW:
    case HIGH:
        return lane_of(b, at, n, row->sign);
    case MUL_LOW:
    case MUL_HIGH:
        return lane_of(b, at, n, row->sign) * lane_of(c, at, n, row->sign);
    case PAIRS:
        return even + odd;
    case DOT:
        return dot;
    default:
        return clamp(dot, -half(2 * n), half(2 * n) - 1);
    }
}
static void test_widen(void **state)
{
    (void)state;
    for (size_t r = 0; r < WP_ARRAY_LEN(widen); r++) {
        unsigned bits = widen[r].bits, lanes = 128 / bits;
        for (unsigned pair = 0; pair < EDGES * EDGES; pair++) {
            uint64_t fp[8] = {0}, want[2] = {0};
            for (unsigned i = 0; i < lanes; i++) {
                unsigned other = (pair + i / 2 * 29) % (EDGES * EDGES); /* neighbours the same: sums overflow */
                set_lane(fp + 2, i, bits, (wide)edge(other / EDGES, bits));
                set_lane(fp + 4, i, bits, (wide)edge(other % EDGES, bits));
            }
            run(widen[r].op, 1, fp);
            for (unsigned i = 0; i < lanes / 2; i++) {
                set_lane(want, i, 2 * bits, widened(&widen[r], fp + 2, fp + 4, i));
            }
            if (memcmp(want, fp, sizeof want) != 0) {
                fail_msg("widening row %zu, pair %u", r, pair);
            }
        }
    }
}

static void test_narrow(void **state)
{
    (void)state;
    static const struct {
        uint32_t op;
        unsigned bits;
        bool sign;
    } narrow[] = {{WRT_S_I8X16_NARROW_I16X8_S, 16, true},
                  {WRT_S_I8X16_NARROW_I16X8_U, 16, false},
                  {WRT_S_I16X8_NARROW_I32X4_S, 32, true},
                  {WRT_S_I16X8_NARROW_I32X4_U, 32, false}};
    for (size_t r = 0; r < WP_ARRAY_LEN(narrow); r++) {
        unsigned bits = narrow[r].bits, lanes = 128 / bits;
        wide least = narrow[r].sign ? -half(bits / 2) : 0,
             most = narrow[r].sign ? half(bits / 2) - 1 : 2 * half(bits / 2) - 1;
        for (unsigned pair = 0; pair < EDGES * 8; pair++) {
            uint64_t fp[8] = {0}, want[2] = {0};
            for (unsigned i = 0; i < 2 * lanes; i++) {
                uint64_t x = edge((pair + i * 5) % EDGES, pair % 2 ? bits : bits / 2);
                set_lane(fp + 2, i, bits, (wide)x);
                set_lane(want, i, bits / 2, clamp(lane_of(fp + 2, i, bits, true), least, most));
            }
            run(narrow[r].op, 1, fp);
            assert_memory_equal(fp, want, sizeof want);
        }
    }
}

static void test_one_number(void **state)
{
    (void)state;
    const uint64_t zero_lane[4][2] = {{0x0101010101010101, 0x0101010100010101},
                                      {0x0001000100010001, 0x0001000100000001},
                                      {0x0000000100000001, 0x0000000000000001},
                                      {1, 0}};
    const uint32_t all_true[] = {WRT_S_I8X16_ALL_TRUE, WRT_S_I16X8_ALL_TRUE, WRT_S_I32X4_ALL_TRUE,
                                 WRT_S_I64X2_ALL_TRUE};
    const uint32_t bitmask[] = {WRT_S_I8X16_BITMASK, WRT_S_I16X8_BITMASK, WRT_S_I32X4_BITMASK, WRT_S_I64X2_BITMASK};
    for (unsigned r = 0; r < 4; r++) {
        unsigned bits = 8u << r, lanes = 128 / bits;
        uint64_t fp[8] = {9, 9, zero_lane[r][0], zero_lane[r][1]};
        run(all_true[r], 1, fp);
        assert_int_equal(fp[0], 0);
        assert_int_equal(fp[1], 9); /* an i32 has one slot */
        fp[3] |= zero_lane[r][0];
        run(all_true[r], 1, fp);
        assert_int_equal(fp[0], 1);
        for (unsigned mask = 1; mask < 1u << lanes; mask = mask * 3 + 1) {
            uint64_t v[8] = {0, 9};
            for (unsigned i = 0; i < lanes; i++) {
                set_lane(v + 2, i, bits, mask >> i & 1 ? half(bits) + (wide)i : half(bits) - 1 - (wide)(i % 2));
            }
            run(bitmask[r], 1, v);
            assert_int_equal(v[0], mask);
            assert_int_equal(v[1], 9);
        }
    }
    uint64_t any[8] = {9, 9, 0, 0};
    run(WRT_S_V128_ANY_TRUE, 1, any);
    assert_int_equal(any[0], 0);
    for (unsigned bit = 0; bit < 128; bit++) {
        uint64_t v[8] = {0, 9};
        v[2 + bit / 64] = (uint64_t)1 << bit % 64;
        run(WRT_S_V128_ANY_TRUE, 1, v);
        assert_int_equal(v[0], 1);
    }
}

static void test_bits(void **state)
{
    (void)state;
    const uint64_t b = 0x00ff00ff0f0f3355, c = 0x0f0f33550ff00123, d = 0xffff0000ff00aa55;
    const struct {
        uint32_t op;
        uint64_t want;
        unsigned words;
    } cases[] = {{WRT_S_V128_NOT, ~b, 1},
                 {WRT_S_V128_AND, b & c, 1},
                 {WRT_S_V128_ANDNOT, b & ~c, 1},
                 {WRT_S_V128_OR, b | c, 1},
                 {WRT_S_V128_XOR, b ^ c, 1},
                 {WRT_S_V128_BITSELECT, (b & d) | (c & ~d), 2},
                 {WRT_S_I8X16_RELAXED_LANESELECT, (b & d) | (c & ~d), 2},
                 {WRT_S_I16X8_RELAXED_LANESELECT, (b & d) | (c & ~d), 2},
                 {WRT_S_I32X4_RELAXED_LANESELECT, (b & d) | (c & ~d), 2},
                 {WRT_S_I64X2_RELAXED_LANESELECT, (b & d) | (c & ~d), 2}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t fp[8] = {0, 0, b, ~b, c, c, d, ~d};
        run(cases[i].op, cases[i].words, fp);
        assert_int_equal(fp[0], cases[i].want);
    }
}

static void test_dot(void **state)
{
    (void)state;
    uint64_t fp[8] = {0, 0, 0x8000800080008000, 0x7fff7fff00010002, 0x8000800080008000, 0x7fff7fff00030004};
    run(WRT_S_I32X4_DOT_I16X8_S, 1, fp);
    assert_int_equal(fp[0], 0x8000000080000000); /* wraps */
    assert_int_equal(fp[1], 0x7ffe00020000000b);
    /* Four products of -128 each: 2 * 16384 saturates to 32767, the two sums are added to d. */
    uint64_t add[8] = {
        0, 0, 0x8080808001020304, 0x7f7f7f7f80808080, 0x8080808005060708, 0x7f7f7f7f7f7f7f7f, 0xffffffff00000001, 5};
    run(WRT_S_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S, 2, add);
    assert_int_equal(add[0], (uint64_t)(65534 - 1) << 32 | (1 + 5 + 12 + 21 + 32));
    assert_int_equal(add[1], (uint64_t)(4 * 127 * 127) << 32 | (uint32_t)(5 - 4 * 128 * 127));
    uint64_t q15[8] = {0, 0, 0x80007fff80004000, 1, 0x80007fff7fff0001, 0x4000};
    run(WRT_S_I16X8_Q15MULR_SAT_S, 1, q15);
    assert_int_equal(q15[0], 0x7fff7ffe80010001);
    assert_int_equal(q15[1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes),  cmocka_unit_test(test_shifts),     cmocka_unit_test(test_widen),
        cmocka_unit_test(test_narrow), cmocka_unit_test(test_one_number), cmocka_unit_test(test_bits),
        cmocka_unit_test(test_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
