/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector instructions on floating-point lanes: rounding, signs of zero, NaN (canonical from arithmetic, untouched by
 * what only moves bits), conversions at their limits; core 3.0, "Floating-Point Operations". */
#include "../unit.h"
#include "base/base.h"
#include "vector-dialect.h"

#define NAN32     0x7fc00000u
#define NAN64     0x7ff8000000000000u
#define INF32     0x7f800000u
#define INF64     0x7ff0000000000000u
#define MINUS64   0x8000000000000000u
#define STRANGE64 0xfff4000000000001u /* a negative signalling NaN */
#define STRANGE32 0xffa00001u

static uint64_t bits64(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
static uint32_t bits32(double v)
{
    float narrow = (float)v;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}
static uint64_t two(uint32_t low, uint32_t high)
{
    return low | (uint64_t)high << 32;
}

/* b, c, d in slots 2, 4, 6, each lane the same. */
static void run64(uint32_t op, unsigned words, uint64_t b, uint64_t c, uint64_t d, uint64_t want)
{
    uint64_t fp[8] = {0, 0, b, b, c, c, d, d};
    const uint64_t ip[3] = {wrt_slot_abc(op, 0, 2, 4), 6, 0};
    assert_int_equal(vector_run(ip, fp), words);
    if (fp[0] != want || fp[1] != want) {
        fail_msg("op %u of %llx, %llx, %llx: %llx, not %llx", op, (long long)b, (long long)c, (long long)d,
                 (long long)fp[0], (long long)want);
    }
}
static void run32(uint32_t op, unsigned words, uint32_t b, uint32_t c, uint32_t d, uint32_t want)
{
    run64(op, words, two(b, b), two(c, c), two(d, d), two(want, want));
}

static void test_rounding(void **state)
{
    (void)state;
    static const struct {
        double v, ceil, floor, trunc, nearest;
    } cases[] = {
        {0, 0, 0, 0, 0},
        {-0.0, -0.0, -0.0, -0.0, -0.0},
        {0.25, 1, 0, 0, 0},
        {-0.25, -0.0, -1, -0.0, -0.0},
        {0.5, 1, 0, 0, 0},
        {-0.5, -0.0, -1, -0.0, -0.0},
        {0.75, 1, 0, 0, 1},
        {-0.75, -0.0, -1, -0.0, -1},
        {1, 1, 1, 1, 1},
        {1.5, 2, 1, 1, 2},
        {-1.5, -1, -2, -1, -2},
        {2.5, 3, 2, 2, 2},
        {-2.5, -2, -3, -2, -2},
        {3.5, 4, 3, 3, 4},
        {4194303.5, 4194304, 4194303, 4194303, 4194304},
        {-4194303.5, -4194303, -4194304, -4194303, -4194304},
        {8388607, 8388607, 8388607, 8388607, 8388607},
        {8388609, 8388609, 8388609, 8388609, 8388609},
        {-16777216, -16777216, -16777216, -16777216, -16777216},
        {0x1p100, 0x1p100, 0x1p100, 0x1p100, 0x1p100},
        {0x1p-120, 1, 0, 0, 0},
        {-0x1p-120, -0.0, -1, -0.0, -0.0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        run64(WRT_S_F64X2_CEIL, 1, bits64(cases[i].v), 0, 0, bits64(cases[i].ceil));
        run64(WRT_S_F64X2_FLOOR, 1, bits64(cases[i].v), 0, 0, bits64(cases[i].floor));
        run64(WRT_S_F64X2_TRUNC, 1, bits64(cases[i].v), 0, 0, bits64(cases[i].trunc));
        run64(WRT_S_F64X2_NEAREST, 1, bits64(cases[i].v), 0, 0, bits64(cases[i].nearest));
        run32(WRT_S_F32X4_CEIL, 1, bits32(cases[i].v), 0, 0, bits32(cases[i].ceil));
        run32(WRT_S_F32X4_FLOOR, 1, bits32(cases[i].v), 0, 0, bits32(cases[i].floor));
        run32(WRT_S_F32X4_TRUNC, 1, bits32(cases[i].v), 0, 0, bits32(cases[i].trunc));
        run32(WRT_S_F32X4_NEAREST, 1, bits32(cases[i].v), 0, 0, bits32(cases[i].nearest));
    }
    run64(WRT_S_F64X2_NEAREST, 1, bits64(4503599627370495.5), 0, 0, bits64(4503599627370496));
    run64(WRT_S_F64X2_TRUNC, 1, bits64(-4503599627370495.5), 0, 0, bits64(-4503599627370495));
    run64(WRT_S_F64X2_FLOOR, 1, bits64(0.49999999999999994), 0, 0, 0);
    run64(WRT_S_F64X2_NEAREST, 1, bits64(0.49999999999999994), 0, 0, 0);
    run64(WRT_S_F64X2_CEIL, 1, 1, 0, 0, bits64(1)); /* subnormal */
}

static void test_one_operand(void **state)
{
    (void)state;
    static const uint32_t to_nan[] = {WRT_S_F64X2_CEIL, WRT_S_F64X2_FLOOR, WRT_S_F64X2_TRUNC, WRT_S_F64X2_NEAREST,
                                      WRT_S_F64X2_SQRT};
    static const uint32_t to_nan32[] = {WRT_S_F32X4_CEIL, WRT_S_F32X4_FLOOR, WRT_S_F32X4_TRUNC, WRT_S_F32X4_NEAREST,
                                        WRT_S_F32X4_SQRT};
    for (size_t i = 0; i < WP_ARRAY_LEN(to_nan); i++) {
        run64(to_nan[i], 1, STRANGE64, 0, 0, NAN64);
        run64(to_nan[i], 1, INF64, 0, 0, INF64);
        run32(to_nan32[i], 1, STRANGE32, 0, 0, NAN32);
        run32(to_nan32[i], 1, INF32, 0, 0, INF32);
    }
    run64(WRT_S_F64X2_FLOOR, 1, INF64 | MINUS64, 0, 0, INF64 | MINUS64);
    run64(WRT_S_F64X2_SQRT, 1, bits64(2), 0, 0, 0x3ff6a09e667f3bcd);
    run64(WRT_S_F64X2_SQRT, 1, bits64(-0.0), 0, 0, bits64(-0.0));
    run64(WRT_S_F64X2_SQRT, 1, bits64(-1), 0, 0, NAN64);
    run32(WRT_S_F32X4_SQRT, 1, bits32(2), 0, 0, 0x3fb504f3);
    run32(WRT_S_F32X4_SQRT, 1, bits32(-2), 0, 0, NAN32);
    run64(WRT_S_F64X2_ABS, 1, STRANGE64, 0, 0, STRANGE64 & ~MINUS64);
    run64(WRT_S_F64X2_NEG, 1, STRANGE64, 0, 0, STRANGE64 & ~MINUS64);
    run64(WRT_S_F64X2_NEG, 1, 0, 0, 0, MINUS64);
    run32(WRT_S_F32X4_ABS, 1, STRANGE32, 0, 0, STRANGE32 & 0x7fffffff);
    run32(WRT_S_F32X4_NEG, 1, 0x7fa00001, 0, 0, STRANGE32);
}

struct pair_case {
    double b, c, add, sub, mul, div;
};
static void test_arithmetic(void **state)
{
    (void)state;
    static const struct pair_case cases[] = {
        {1, 2, 3, -1, 2, 0.5},
        {-0.0, 0.0, 0, -0.0, -0.0, __builtin_nan("")},
        {__builtin_inf(), 2, __builtin_inf(), __builtin_inf(), __builtin_inf(), __builtin_inf()},
        {__builtin_inf(), -__builtin_inf(), __builtin_nan(""), __builtin_inf(), -__builtin_inf(), __builtin_nan("")},
        {0, __builtin_inf(), __builtin_inf(), -__builtin_inf(), __builtin_nan(""), 0},
        {-3, 0, -3, -3, -0.0, -__builtin_inf()},
    };
    static const uint32_t ops64[] = {WRT_S_F64X2_ADD, WRT_S_F64X2_SUB, WRT_S_F64X2_MUL, WRT_S_F64X2_DIV};
    static const uint32_t ops32[] = {WRT_S_F32X4_ADD, WRT_S_F32X4_SUB, WRT_S_F32X4_MUL, WRT_S_F32X4_DIV};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        const struct pair_case *p = &cases[i];
        const double want[] = {p->add, p->sub, p->mul, p->div};
        for (unsigned op = 0; op < 4; op++) {
            run64(ops64[op], 1, bits64(p->b), bits64(p->c), 0, want[op] == want[op] ? bits64(want[op]) : NAN64);
            run32(ops32[op], 1, bits32(p->b), bits32(p->c), 0, want[op] == want[op] ? bits32(want[op]) : NAN32);
        }
    }
    for (unsigned op = 0; op < 4; op++) {
        run64(ops64[op], 1, STRANGE64, bits64(1), 0, NAN64);
        run64(ops64[op], 1, bits64(1), STRANGE64, 0, NAN64);
        run32(ops32[op], 1, bits32(1), STRANGE32, 0, NAN32);
    }
}

static void test_min_max(void **state)
{
    (void)state;
    static const struct {
        double b, c, min, max, pmin, pmax;
    } cases[] = {{1, 2, 1, 2, 1, 2},
                 {2, 1, 1, 2, 1, 2},
                 {-0.0, 0.0, -0.0, 0, -0.0, -0.0},
                 {0.0, -0.0, -0.0, 0, 0, 0},
                 {-1, -1, -1, -1, -1, -1},
                 {-__builtin_inf(), 5, -__builtin_inf(), 5, -__builtin_inf(), 5}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t b = bits64(cases[i].b), c = bits64(cases[i].c);
        uint32_t b32 = bits32(cases[i].b), c32 = bits32(cases[i].c);
        run64(WRT_S_F64X2_MIN, 1, b, c, 0, bits64(cases[i].min));
        run64(WRT_S_F64X2_MAX, 1, b, c, 0, bits64(cases[i].max));
        run64(WRT_S_F64X2_RELAXED_MIN, 1, b, c, 0, bits64(cases[i].min));
        run64(WRT_S_F64X2_RELAXED_MAX, 1, b, c, 0, bits64(cases[i].max));
        run64(WRT_S_F64X2_PMIN, 1, b, c, 0, bits64(cases[i].pmin));
        run64(WRT_S_F64X2_PMAX, 1, b, c, 0, bits64(cases[i].pmax));
        run32(WRT_S_F32X4_MIN, 1, b32, c32, 0, bits32(cases[i].min));
        run32(WRT_S_F32X4_MAX, 1, b32, c32, 0, bits32(cases[i].max));
        run32(WRT_S_F32X4_RELAXED_MIN, 1, b32, c32, 0, bits32(cases[i].min));
        run32(WRT_S_F32X4_RELAXED_MAX, 1, b32, c32, 0, bits32(cases[i].max));
        run32(WRT_S_F32X4_PMIN, 1, b32, c32, 0, bits32(cases[i].pmin));
        run32(WRT_S_F32X4_PMAX, 1, b32, c32, 0, bits32(cases[i].pmax));
    }
    static const uint32_t arithmetic[] = {WRT_S_F64X2_MIN, WRT_S_F64X2_MAX, WRT_S_F64X2_RELAXED_MIN,
                                          WRT_S_F64X2_RELAXED_MAX};
    for (size_t i = 0; i < WP_ARRAY_LEN(arithmetic); i++) {
        run64(arithmetic[i], 1, STRANGE64, bits64(1), 0, NAN64);
        run64(arithmetic[i], 1, bits64(1), STRANGE64, 0, NAN64);
        run64(arithmetic[i], 1, STRANGE64, STRANGE64, 0, NAN64);
    }
    run32(WRT_S_F32X4_MIN, 1, STRANGE32, bits32(1), 0, NAN32);
    run32(WRT_S_F32X4_MAX, 1, bits32(1), STRANGE32, 0, NAN32);
    run64(WRT_S_F64X2_PMIN, 1, STRANGE64, bits64(1), 0, STRANGE64); /* bits of the first, nothing is smaller */
    run64(WRT_S_F64X2_PMAX, 1, bits64(1), STRANGE64, 0, bits64(1));
    run32(WRT_S_F32X4_PMIN, 1, STRANGE32, bits32(1), 0, STRANGE32);
}

static void test_compare(void **state)
{
    (void)state;
    static const struct {
        uint32_t f32, f64;
        bool less, equal, more, nan;
    } ops[] = {{WRT_S_F32X4_EQ, WRT_S_F64X2_EQ, false, true, false, false},
               {WRT_S_F32X4_NE, WRT_S_F64X2_NE, true, false, true, true},
               {WRT_S_F32X4_LT, WRT_S_F64X2_LT, true, false, false, false},
               {WRT_S_F32X4_GT, WRT_S_F64X2_GT, false, false, true, false},
               {WRT_S_F32X4_LE, WRT_S_F64X2_LE, true, true, false, false},
               {WRT_S_F32X4_GE, WRT_S_F64X2_GE, false, true, true, false}};
    for (size_t i = 0; i < WP_ARRAY_LEN(ops); i++) {
        run64(ops[i].f64, 1, bits64(1), bits64(2), 0, ops[i].less ? UINT64_MAX : 0);
        run64(ops[i].f64, 1, bits64(-0.0), bits64(0), 0, ops[i].equal ? UINT64_MAX : 0);
        run64(ops[i].f64, 1, bits64(2), bits64(-1), 0, ops[i].more ? UINT64_MAX : 0);
        run64(ops[i].f64, 1, NAN64, NAN64, 0, ops[i].nan ? UINT64_MAX : 0);
        run32(ops[i].f32, 1, bits32(1), bits32(2), 0, ops[i].less ? UINT32_MAX : 0);
        run32(ops[i].f32, 1, bits32(-0.0), bits32(0), 0, ops[i].equal ? UINT32_MAX : 0);
        run32(ops[i].f32, 1, bits32(2), bits32(-1), 0, ops[i].more ? UINT32_MAX : 0);
        run32(ops[i].f32, 1, STRANGE32, bits32(1), 0, ops[i].nan ? UINT32_MAX : 0);
    }
}

/* The product is rounded before the addition. */
static void test_madd(void **state)
{
    (void)state;
    uint64_t third = bits64(1.0 / 3), b = bits64(1 + 0x1p-52), square = bits64(1 + 0x1p-51), minus = square | MINUS64;
    run64(WRT_S_F64X2_RELAXED_MADD, 2, b, b, minus, 0); /* fused: 2^-104 */
    run64(WRT_S_F64X2_RELAXED_NMADD, 2, b, b, square, 0);
    run64(WRT_S_F64X2_RELAXED_MADD, 2, third, bits64(3), bits64(-1), 0);
    run64(WRT_S_F64X2_RELAXED_NMADD, 2, bits64(2), bits64(3), bits64(1), bits64(-5));
    run64(WRT_S_F64X2_RELAXED_MADD, 2, 0, INF64, bits64(1), NAN64);
    run64(WRT_S_F64X2_RELAXED_NMADD, 2, bits64(1), bits64(1), STRANGE64, NAN64);
    uint32_t near = bits32(1 + 0x1p-23);
    run32(WRT_S_F32X4_RELAXED_MADD, 2, near, near, bits32(-1 - 0x1p-22), 0);
    run32(WRT_S_F32X4_RELAXED_NMADD, 2, bits32(2), bits32(3), bits32(1), bits32(-5));
    run32(WRT_S_F32X4_RELAXED_MADD, 2, STRANGE32, bits32(3), bits32(1), NAN32);
}

static void test_to_integer(void **state)
{
    (void)state;
    static const struct {
        double v;
        int32_t s;
        uint32_t u;
    } cases[] = {{0, 0, 0},
                 {-0.0, 0, 0},
                 {0.9, 0, 0},
                 {-0.9, 0, 0},
                 {1.5, 1, 1},
                 {-1.5, -1, 0},
                 {2147483520, 2147483520, 2147483520},
                 {2147483648, INT32_MAX, 2147483648},
                 {-2147483648, INT32_MIN, 0},
                 {-2147483904, INT32_MIN, 0},
                 {4294967040, INT32_MAX, 4294967040},
                 {4294967296, INT32_MAX, UINT32_MAX},
                 {__builtin_inf(), INT32_MAX, UINT32_MAX},
                 {-__builtin_inf(), INT32_MIN, 0},
                 {__builtin_nan(""), 0, 0}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        uint64_t v = bits64(cases[i].v), s = (uint32_t)cases[i].s;
        uint32_t narrow = bits32(cases[i].v);
        run32(WRT_S_I32X4_TRUNC_SAT_F32X4_S, 1, narrow, 0, 0, (uint32_t)s);
        run32(WRT_S_I32X4_TRUNC_SAT_F32X4_U, 1, narrow, 0, 0, cases[i].u);
        run32(WRT_S_I32X4_RELAXED_TRUNC_F32X4_S, 1, narrow, 0, 0, (uint32_t)s);
        run32(WRT_S_I32X4_RELAXED_TRUNC_F32X4_U, 1, narrow, 0, 0, cases[i].u);
        const uint32_t from64[4] = {WRT_S_I32X4_TRUNC_SAT_F64X2_S_ZERO, WRT_S_I32X4_TRUNC_SAT_F64X2_U_ZERO,
                                    WRT_S_I32X4_RELAXED_TRUNC_F64X2_S_ZERO, WRT_S_I32X4_RELAXED_TRUNC_F64X2_U_ZERO};
        for (unsigned op = 0; op < 4; op++) {
            uint64_t fp[4] = {0, 7, v, bits64(3)}, ip = wrt_slot_abc(from64[op], 0, 2, 0);
            assert_int_equal(vector_run(&ip, fp), 1);
            assert_int_equal(fp[0], (op % 2 ? cases[i].u : s) | (uint64_t)3 << 32);
            assert_int_equal(fp[1], 0);
        }
    }
    uint64_t fp[4] = {0, 0, bits64(2147483647.9), bits64(-2147483648.9)},
             ip = wrt_slot_abc(WRT_S_I32X4_TRUNC_SAT_F64X2_S_ZERO, 0, 2, 0);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], 0x800000007fffffff);
    fp[2] = bits64(4294967295.9);
    fp[3] = bits64(-0.99);
    ip = wrt_slot_abc(WRT_S_I32X4_TRUNC_SAT_F64X2_U_ZERO, 0, 2, 0);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], 0xffffffff);
}

static void test_from_integer(void **state)
{
    (void)state;
    static const struct {
        uint32_t v, s, u; /* as bits of f32 */
    } cases[] = {{0, 0, 0},
                 {1, 0x3f800000, 0x3f800000},
                 {0xffffffff, 0xbf800000, 0x4f800000},
                 {0x80000000, 0xcf000000, 0x4f000000},
                 {0x7fffffff, 0x4f000000, 0x4f000000},
                 {0x01000001, 0x4b800000, 0x4b800000}, /* a tie, to even */
                 {0x01000003, 0x4b800002, 0x4b800002},
                 {0x80000080, 0xceffffff, 0x4f000000}, /* a tie */
                 {0x80000081, 0xceffffff, 0x4f000001},
                 {0x80000180, 0xcefffffd, 0x4f000002},
                 {0xffffff80, 0xc3000000, 0x4f800000}};
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        run32(WRT_S_F32X4_CONVERT_I32X4_S, 1, cases[i].v, 0, 0, cases[i].s);
        run32(WRT_S_F32X4_CONVERT_I32X4_U, 1, cases[i].v, 0, 0, cases[i].u);
    }
    uint64_t fp[4] = {0, 0, 0x80000000ffffffff, 5}, ip = wrt_slot_abc(WRT_S_F64X2_CONVERT_LOW_I32X4_S, 0, 2, 0);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], bits64(-1));
    assert_int_equal(fp[1], bits64(-2147483648.0));
    ip = wrt_slot_abc(WRT_S_F64X2_CONVERT_LOW_I32X4_U, 0, 2, 0);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], bits64(4294967295.0));
    assert_int_equal(fp[1], bits64(2147483648.0));
}

static void test_precision(void **state)
{
    (void)state;
    uint64_t fp[4] = {9, 9, bits64(1.1), STRANGE64}, ip = wrt_slot_abc(WRT_S_F32X4_DEMOTE_F64X2_ZERO, 0, 2, 0);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], two(0x3f8ccccd, NAN32));
    assert_int_equal(fp[1], 0);
    fp[2] = bits64(1e300);
    fp[3] = bits64(-1e-300);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], two(INF32, 0x80000000));
    fp[2] = two(bits32(1.5), STRANGE32);
    ip = wrt_slot_abc(WRT_S_F64X2_PROMOTE_LOW_F32X4, 0, 2, 0);
    assert_int_equal(vector_run(&ip, fp), 1);
    assert_int_equal(fp[0], bits64(1.5));
    assert_int_equal(fp[1], NAN64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding),   cmocka_unit_test(test_one_operand),  cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_min_max),    cmocka_unit_test(test_compare),      cmocka_unit_test(test_madd),
        cmocka_unit_test(test_to_integer), cmocka_unit_test(test_from_integer), cmocka_unit_test(test_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
