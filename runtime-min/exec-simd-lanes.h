/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of 16 bytes as the compilers know them, and what integer instructions compute with them (core 3.0,
 * "Vector Operations"). Lanes are wrt_KIND, KIND one of u8x16, i8x16 .. f64x2; an operation is named after the lanes it
 * reads. Nothing is written for one processor: gcc and clang choose the instructions, results are the same everywhere.
 * Where lanes may wrap around, they are unsigned. */
#pragma once

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first lane is in the lowest bytes");

/* The only way to name these types. */
typedef uint8_t wrt_u8x16 __attribute__((vector_size(16)));
typedef int8_t wrt_i8x16 __attribute__((vector_size(16)));
typedef uint16_t wrt_u16x8 __attribute__((vector_size(16)));
typedef int16_t wrt_i16x8 __attribute__((vector_size(16)));
typedef uint32_t wrt_u32x4 __attribute__((vector_size(16)));
typedef int32_t wrt_i32x4 __attribute__((vector_size(16)));
typedef uint64_t wrt_u64x2 __attribute__((vector_size(16)));
typedef int64_t wrt_i64x2 __attribute__((vector_size(16)));
typedef float wrt_f32x4 __attribute__((vector_size(16)));
typedef double wrt_f64x2 __attribute__((vector_size(16)));
typedef uint8_t wrt_u8;
typedef int8_t wrt_i8;
typedef uint16_t wrt_u16;
typedef int16_t wrt_i16;
typedef uint32_t wrt_u32;
typedef uint64_t wrt_u64;

/* ---- slots and memory: aligned to anything, read as anything; by assignment, since copying into a local keeps it on
 * the stack with clang ---- */

#define WRT_V_SLOT(kind)                                                        \
    typedef wrt_##kind wrt_##kind##_any __attribute__((aligned(1), may_alias)); \
    static inline wrt_##kind wrt_get_##kind(const void *slot)                   \
    {                                                                           \
        return *(const wrt_##kind##_any *)slot;                                 \
    }                                                                           \
    static inline void wrt_put_##kind(void *slot, wrt_##kind value)             \
    {                                                                           \
        *(wrt_##kind##_any *)slot = value;                                      \
    }
WRT_V_SLOT(u8x16)
WRT_V_SLOT(i8x16)
WRT_V_SLOT(u16x8)
WRT_V_SLOT(i16x8)
WRT_V_SLOT(u32x4)
WRT_V_SLOT(i32x4)
WRT_V_SLOT(u64x2)
WRT_V_SLOT(i64x2)
WRT_V_SLOT(f32x4)
WRT_V_SLOT(f64x2)
WRT_V_SLOT(u8)
WRT_V_SLOT(i8)
WRT_V_SLOT(u16)
WRT_V_SLOT(i16)
WRT_V_SLOT(u32)
WRT_V_SLOT(u64)
#undef WRT_V_SLOT

/* ---- whole vectors ---- */

/* By the bits of a mask, of vectors of any lanes. */
#define WRT_V_SELECT(mask, x, y) (((wrt_u64x2)(mask) & (wrt_u64x2)(x)) | (~(wrt_u64x2)(mask) & (wrt_u64x2)(y)))

static inline wrt_u64x2 wrt_v_low(uint64_t v)
{
    return (wrt_u64x2){v, 0};
}

static inline uint32_t wrt_v_any(wrt_u64x2 v)
{
    return (v[0] | v[1]) != 0;
}

/* Byte i of a vector, 0 beyond it. */
static inline uint64_t wrt_v_byte(wrt_u64x2 v, uint64_t i)
{
    uint64_t half = i & 8 ? v[1] : v[0];
    return i < 16 ? half >> (i % 8 * 8) & 0xff : 0;
}
static inline wrt_u64x2 wrt_v_swizzle(wrt_u64x2 b, wrt_u64x2 c)
{
    uint64_t low = 0, high = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        low |= wrt_v_byte(b, c[0] >> i & 0xff) << i;
        high |= wrt_v_byte(b, c[1] >> i & 0xff) << i;
    }
    return (wrt_u64x2){low, high};
}

/* The sixteen lanes are below 32: validation saw them. */
static inline uint64_t wrt_v_shuffle_half(const uint64_t *b, const uint64_t *c, uint64_t lanes)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t lane = lanes >> i & 0xff;
        const uint8_t *from = (const uint8_t *)(lane < 16 ? b : c);
        out |= (uint64_t)from[lane % 16] << i;
    }
    return out;
}
static inline wrt_u64x2 wrt_v_shuffle(const uint64_t *b, const uint64_t *c, const uint64_t *lanes)
{
    return (wrt_u64x2){wrt_v_shuffle_half(b, c, lanes[0]), wrt_v_shuffle_half(b, c, lanes[1])};
}

/* ---- one number for all lanes, sign bits, absolute value, saturation ---- */

#define WRT_V_LANES(u, i, utype, itype)                                                \
    static inline wrt_##u wrt_##u##_splat(uint64_t v)                                  \
    {                                                                                  \
        return (wrt_##u){0} + (utype)v;                                                \
    }                                                                                  \
    static inline wrt_##i wrt_##i##_splat(uint64_t v)                                  \
    {                                                                                  \
        return (wrt_##i){0} + (itype)v;                                                \
    }                                                                                  \
    static inline wrt_##u wrt_##i##_abs(wrt_##i v)                                     \
    {                                                                                  \
        wrt_##u minus = (wrt_##u)(v < 0);                                              \
        return ((wrt_##u)v ^ minus) - minus;                                           \
    }                                                                                  \
    static inline wrt_##u wrt_##u##_add_sat(wrt_##u b, wrt_##u c)                      \
    {                                                                                  \
        wrt_##u sum = b + c;                                                           \
        return sum | (wrt_##u)(sum < b);                                               \
    }                                                                                  \
    static inline wrt_##u wrt_##u##_sub_sat(wrt_##u b, wrt_##u c)                      \
    {                                                                                  \
        return (b - c) & (wrt_##u)(b > c);                                             \
    }                                                                                  \
    /* What overflows ends at the limit that has the sign of b. */                     \
    static inline wrt_##u wrt_##i##_limit(wrt_##u b, wrt_##u result, wrt_##u overflow) \
    {                                                                                  \
        wrt_##u limit = (b >> (sizeof(utype) * 8 - 1)) + ((utype) ~(utype)0 >> 1);     \
        return (wrt_##u)WRT_V_SELECT((wrt_##i)overflow < 0, limit, result);            \
    }                                                                                  \
    static inline wrt_##u wrt_##i##_add_sat(wrt_##u b, wrt_##u c)                      \
    {                                                                                  \
        wrt_##u sum = b + c;                                                           \
        return wrt_##i##_limit(b, sum, (b ^ sum) & (c ^ sum));                         \
    }                                                                                  \
    static inline wrt_##u wrt_##i##_sub_sat(wrt_##u b, wrt_##u c)                      \
    {                                                                                  \
        wrt_##u difference = b - c;                                                    \
        return wrt_##i##_limit(b, difference, (b ^ c) & (b ^ difference));             \
    }
WRT_V_LANES(u8x16, i8x16, uint8_t, int8_t)
WRT_V_LANES(u16x8, i16x8, uint16_t, int16_t)
WRT_V_LANES(u32x4, i32x4, uint32_t, int32_t)
WRT_V_LANES(u64x2, i64x2, uint64_t, int64_t)
#undef WRT_V_LANES

/* The multiplication brings the top bits of eight bytes into the topmost byte. */
static inline uint32_t wrt_u8x16_bitmask(wrt_u8x16 v)
{
    wrt_u64x2 bits = (wrt_u64x2)(v >> 7) * 0x0102040810204080;
    return (uint32_t)(bits[0] >> 56 | bits[1] >> 56 << 8);
}
static inline uint32_t wrt_u16x8_bitmask(wrt_u16x8 v)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < 8; i++) {
        mask |= (uint32_t)(v[i] >> 15) << i;
    }
    return mask;
}
static inline uint32_t wrt_u32x4_bitmask(wrt_u32x4 v)
{
    return v[0] >> 31 | v[1] >> 31 << 1 | v[2] >> 31 << 2 | v[3] >> 31 << 3;
}
static inline uint32_t wrt_u64x2_bitmask(wrt_u64x2 v)
{
    return (uint32_t)(v[0] >> 63 | v[1] >> 63 << 1);
}

static inline wrt_u8x16 wrt_v_popcnt(wrt_u8x16 v)
{
    v = v - (v >> 1 & 0x55);
    v = (v & 0x33) + (v >> 2 & 0x33);
    return (v + (v >> 4)) & 0x0f;
}

/* ---- lanes of twice the width ---- */

/* The lower or the upper halves of two vectors, lane by lane in turn. */
#define WRT_V_LOW_8(x, y)   __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define WRT_V_HIGH_8(x, y)  __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define WRT_V_LOW_16(x, y)  __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define WRT_V_HIGH_16(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#define WRT_V_LOW_32(x, y)  __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define WRT_V_HIGH_32(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)

/* extend; and the even and the odd ones of the narrow lanes, seen from the wide ones that they make up. */
#define WRT_V_WIDEN(bits, u, i, wide_u, wide_i)                    \
    static inline wrt_##wide_i wrt_##i##_extend_low(wrt_##i v)     \
    {                                                              \
        return (wrt_##wide_i)WRT_V_LOW_##bits(v, v) >> bits;       \
    }                                                              \
    static inline wrt_##wide_i wrt_##i##_extend_high(wrt_##i v)    \
    {                                                              \
        return (wrt_##wide_i)WRT_V_HIGH_##bits(v, v) >> bits;      \
    }                                                              \
    static inline wrt_##wide_u wrt_##u##_extend_low(wrt_##u v)     \
    {                                                              \
        return (wrt_##wide_u)WRT_V_LOW_##bits(v, (wrt_##u){0});    \
    }                                                              \
    static inline wrt_##wide_u wrt_##u##_extend_high(wrt_##u v)    \
    {                                                              \
        return (wrt_##wide_u)WRT_V_HIGH_##bits(v, (wrt_##u){0});   \
    }                                                              \
    static inline wrt_##wide_i wrt_##wide_i##_even(wrt_##wide_i v) \
    {                                                              \
        return (wrt_##wide_i)((wrt_##wide_u)v << bits) >> bits;    \
    }                                                              \
    static inline wrt_##wide_i wrt_##wide_i##_odd(wrt_##wide_i v)  \
    {                                                              \
        return v >> bits;                                          \
    }                                                              \
    static inline wrt_##wide_u wrt_##wide_u##_even(wrt_##wide_u v) \
    {                                                              \
        return v << bits >> bits;                                  \
    }                                                              \
    static inline wrt_##wide_u wrt_##wide_u##_odd(wrt_##wide_u v)  \
    {                                                              \
        return v >> bits;                                          \
    }
WRT_V_WIDEN(8, u8x16, i8x16, u16x8, i16x8)
WRT_V_WIDEN(16, u16x8, i16x8, u32x4, i32x4)
WRT_V_WIDEN(32, u32x4, i32x4, u64x2, i64x2)
#undef WRT_V_WIDEN

/* ---- lanes of half the width ---- */

static inline wrt_i16x8 wrt_i16x8_clamp(wrt_i16x8 v, wrt_i16x8 least, wrt_i16x8 most)
{
    v = (wrt_i16x8)WRT_V_SELECT(v < least, least, v);
    return (wrt_i16x8)WRT_V_SELECT(v > most, most, v);
}
static inline wrt_i32x4 wrt_i32x4_clamp(wrt_i32x4 v, wrt_i32x4 least, wrt_i32x4 most)
{
    v = (wrt_i32x4)WRT_V_SELECT(v < least, least, v);
    return (wrt_i32x4)WRT_V_SELECT(v > most, most, v);
}
static inline wrt_u8x16 wrt_i16x8_narrow(wrt_i16x8 b, wrt_i16x8 c, int16_t least, int16_t most)
{
    wrt_i16x8 from = (wrt_i16x8){0} + least, to = (wrt_i16x8){0} + most;
    return __builtin_shufflevector((wrt_u8x16)wrt_i16x8_clamp(b, from, to), (wrt_u8x16)wrt_i16x8_clamp(c, from, to), 0,
                                   2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
static inline wrt_u16x8 wrt_i32x4_narrow(wrt_i32x4 b, wrt_i32x4 c, int32_t least, int32_t most)
{
    wrt_i32x4 from = (wrt_i32x4){0} + least, to = (wrt_i32x4){0} + most;
    return __builtin_shufflevector((wrt_u16x8)wrt_i32x4_clamp(b, from, to), (wrt_u16x8)wrt_i32x4_clamp(c, from, to), 0,
                                   2, 4, 6, 8, 10, 12, 14);
}

/* ---- products ---- */

static inline wrt_i16x8 wrt_v_q15mulr(wrt_i16x8 b, wrt_i16x8 c)
{
    wrt_i32x4 low = (wrt_i16x8_extend_low(b) * wrt_i16x8_extend_low(c) + 0x4000) >> 15;
    wrt_i32x4 high = (wrt_i16x8_extend_high(b) * wrt_i16x8_extend_high(c) + 0x4000) >> 15;
    return (wrt_i16x8)wrt_i32x4_narrow(low, high, INT16_MIN, INT16_MAX);
}
/* All four factors -32768: the sum wraps around. */
static inline wrt_u32x4 wrt_v_dot(wrt_i32x4 b, wrt_i32x4 c)
{
    return (wrt_u32x4)(wrt_i32x4_even(b) * wrt_i32x4_even(c)) + (wrt_u32x4)(wrt_i32x4_odd(b) * wrt_i32x4_odd(c));
}
/* All four factors -128: the sum saturates. */
static inline wrt_u16x8 wrt_v_dot_sat(wrt_i16x8 b, wrt_i16x8 c)
{
    return wrt_i16x8_add_sat((wrt_u16x8)(wrt_i16x8_even(b) * wrt_i16x8_even(c)),
                             (wrt_u16x8)(wrt_i16x8_odd(b) * wrt_i16x8_odd(c)));
}
static inline wrt_u32x4 wrt_v_dot_add(wrt_i16x8 b, wrt_i16x8 c, wrt_u32x4 d)
{
    wrt_i32x4 dot = (wrt_i32x4)wrt_v_dot_sat(b, c);
    return (wrt_u32x4)(wrt_i32x4_even(dot) + wrt_i32x4_odd(dot)) + d;
}
