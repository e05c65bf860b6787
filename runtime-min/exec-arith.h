/* SPDX-License-Identifier: Apache-2.0
 *
 * What the numeric instructions compute (core 3.0, section 4.3), as functions over slots' values. The same bits on
 * every machine: NaNs that arithmetic makes are canonical, nothing depends on the rounding mode's being touched or on
 * instructions newer than the baseline. Private to the dispatchers. */
#pragma once

#include "base/base.h"
#include "runtime-min/run.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "linear memory is read as it lies");
_Static_assert(__FLT_EVAL_METHOD__ == 0, "float and double must not have excess precision");

/* ---- slots ---- */

static inline float wrt_f32(uint64_t w)
{
    uint32_t bits = (uint32_t)w;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
static inline double wrt_f64(uint64_t w)
{
    double v;
    memcpy(&v, &w, sizeof v);
    return v;
}
static inline uint64_t wrt_f32_bits(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
static inline uint64_t wrt_f64_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
#define WRT_NAN_32     0x7fc00000u
#define WRT_NAN_64     UINT64_C(0x7ff8000000000000)

#define WRT_GET_U32(w) ((uint32_t)(w))
#define WRT_GET_S32(w) ((int32_t)(uint32_t)(w))
#define WRT_GET_U64(w) (w)
#define WRT_GET_S64(w) ((int64_t)(w))
#define WRT_GET_F32(w) wrt_f32(w)
#define WRT_GET_F64(w) wrt_f64(w)
#define WRT_TYPE_U32   uint32_t
#define WRT_TYPE_S32   int32_t
#define WRT_TYPE_U64   uint64_t
#define WRT_TYPE_S64   int64_t
#define WRT_TYPE_F32   float
#define WRT_TYPE_F64   double

static inline float wrt_canonical_32(float v)
{
    return __builtin_expect(v == v, 1) ? v : wrt_f32(WRT_NAN_32);
}
static inline double wrt_canonical_64(double v)
{
    return __builtin_expect(v == v, 1) ? v : wrt_f64(WRT_NAN_64);
}

/* ---- integers ---- */

static inline uint32_t wrt_clz_32(uint32_t v)
{
    return v ? (uint32_t)__builtin_clz(v) : 32;
}
static inline uint32_t wrt_ctz_32(uint32_t v)
{
    return v ? (uint32_t)__builtin_ctz(v) : 32;
}
static inline uint64_t wrt_clz_64(uint64_t v)
{
    return v ? (uint64_t)__builtin_clzll(v) : 64;
}
static inline uint64_t wrt_ctz_64(uint64_t v)
{
    return v ? (uint64_t)__builtin_ctzll(v) : 64;
}
/* Adding neighbours up: the builtin is a call where the processor may lack the instruction. */
static inline uint64_t wrt_popcnt(uint64_t v)
{
    v -= v >> 1 & UINT64_C(0x5555555555555555);
    v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
    v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return v * UINT64_C(0x0101010101010101) >> 56;
}
static inline uint32_t wrt_rotl_32(uint32_t v, uint32_t n)
{
    return v << (n & 31) | v >> (-n & 31);
}
static inline uint64_t wrt_rotl_64(uint64_t v, uint64_t n)
{
    return v << (n & 63) | v >> (-n & 63);
}

/* ---- rounding: adding and taking away 2^23 (2^52) rounds to an integer, ties to even ---- */

static inline float wrt_nearest_32(float v)
{
    float big = __builtin_copysignf(0x1p23f, v);
    return __builtin_fabsf(v) < 0x1p23f ? __builtin_copysignf((v + big) - big, v) : v;
}
static inline float wrt_floor_32(float v)
{
    float r = wrt_nearest_32(v);
    return r > v ? r - 1.0f : r;
}
static inline float wrt_ceil_32(float v)
{
    float r = wrt_nearest_32(v);
    return r < v ? __builtin_copysignf(r + 1.0f, v) : r;
}
static inline float wrt_trunc_32(float v)
{
    return __builtin_fabsf(v) < 0x1p23f ? __builtin_copysignf((float)(int32_t)v, v) : v;
}
static inline double wrt_nearest_64(double v)
{
    double big = __builtin_copysign(0x1p52, v);
    return __builtin_fabs(v) < 0x1p52 ? __builtin_copysign((v + big) - big, v) : v;
}
static inline double wrt_floor_64(double v)
{
    double r = wrt_nearest_64(v);
    return r > v ? r - 1.0 : r;
}
static inline double wrt_ceil_64(double v)
{
    double r = wrt_nearest_64(v);
    return r < v ? __builtin_copysign(r + 1.0, v) : r;
}
static inline double wrt_trunc_64(double v)
{
    return __builtin_fabs(v) < 0x1p52 ? __builtin_copysign((double)(int64_t)v, v) : v;
}

/* ---- minimum and maximum: a NaN wins, -0 is less than 0 ---- */

static inline float wrt_min_32(float b, float c)
{
    if (b < c) {
        return b;
    }
    if (b > c) {
        return c;
    }
    return wrt_f32(b == c ? wrt_f32_bits(b) | wrt_f32_bits(c) : WRT_NAN_32);
}
static inline float wrt_max_32(float b, float c)
{
    if (b > c) {
        return b;
    }
    if (b < c) {
        return c;
    }
    return wrt_f32(b == c ? wrt_f32_bits(b) & wrt_f32_bits(c) : WRT_NAN_32);
}
static inline double wrt_min_64(double b, double c)
{
    if (b < c) {
        return b;
    }
    if (b > c) {
        return c;
    }
    return wrt_f64(b == c ? wrt_f64_bits(b) | wrt_f64_bits(c) : WRT_NAN_64);
}
static inline double wrt_max_64(double b, double c)
{
    if (b > c) {
        return b;
    }
    if (b < c) {
        return c;
    }
    return wrt_f64(b == c ? wrt_f64_bits(b) & wrt_f64_bits(c) : WRT_NAN_64);
}

/* ---- floats to integers ---- */

/* Does v, cut off, fit? Written so that NaN does not. */
#define WRT_FITS_S32_F32(v) ((v) >= -0x1p31f && (v) < 0x1p31f)
#define WRT_FITS_U32_F32(v) ((v) > -1.0f && (v) < 0x1p32f)
#define WRT_FITS_S64_F32(v) ((v) >= -0x1p63f && (v) < 0x1p63f)
#define WRT_FITS_U64_F32(v) ((v) > -1.0f && (v) < 0x1p64f)
#define WRT_FITS_S32_F64(v) ((v) > -2147483649.0 && (v) < 0x1p31)
#define WRT_FITS_U32_F64(v) ((v) > -1.0 && (v) < 0x1p32)
#define WRT_FITS_S64_F64(v) ((v) >= -0x1p63 && (v) < 0x1p63)
#define WRT_FITS_U64_F64(v) ((v) > -1.0 && (v) < 0x1p64)
/* The nearest that fits; of NaN 0. */
#define WRT_SAT_S32(v, fits) ((fits) ? (int32_t)(v) : (v) < 0 ? INT32_MIN : (v) > 0 ? INT32_MAX : 0)
#define WRT_SAT_U32(v, fits) ((fits) ? (uint32_t)(v) : (v) > 0 ? UINT32_MAX : 0)
#define WRT_SAT_S64(v, fits) ((fits) ? (int64_t)(v) : (v) < 0 ? INT64_MIN : (v) > 0 ? INT64_MAX : 0)
#define WRT_SAT_U64(v, fits) ((fits) ? (uint64_t)(v) : (v) > 0 ? UINT64_MAX : 0)
