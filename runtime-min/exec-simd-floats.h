/* SPDX-License-Identifier: Apache-2.0
 *
 * What vector instructions compute with floating-point lanes (core 3.0, "Floating-Point Operations"): a NaN that
 * arithmetic gives is the canonical one, positive. Rounding to integers is done by additions, so that no function of
 * the C library is needed; the compiler must not fuse or reorder (-ffp-contract=off, no -ffast-math). */
#pragma once

#include "runtime-min/exec-simd-lanes.h"

/* integral: the least number from which on all are integers. */
#define WRT_V_FLOAT(f, u, sign, nan, one, integral)                                                \
    static inline wrt_##f wrt_##f##_canon(wrt_##f v)                                               \
    {                                                                                              \
        return (wrt_##f)WRT_V_SELECT(v == v, v, (wrt_##u){0} + (nan));                             \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_canon_of(wrt_##f b, wrt_##f c, wrt_##u v)                      \
    {                                                                                              \
        return (wrt_##f)WRT_V_SELECT((b == b) & (c == c), v, (wrt_##u){0} + (nan));                \
    }                                                                                              \
    /* Equal ones differ in the sign of zero at most. */                                           \
    static inline wrt_##f wrt_##f##_min(wrt_##f b, wrt_##f c)                                      \
    {                                                                                              \
        wrt_##u less = (wrt_##u)WRT_V_SELECT(b < c, b, c), both = (wrt_##u)b | (wrt_##u)c;         \
        return wrt_##f##_canon_of(b, c, (wrt_##u)WRT_V_SELECT(b == c, both, less));                \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_max(wrt_##f b, wrt_##f c)                                      \
    {                                                                                              \
        wrt_##u more = (wrt_##u)WRT_V_SELECT(b > c, b, c), both = (wrt_##u)b & (wrt_##u)c;         \
        return wrt_##f##_canon_of(b, c, (wrt_##u)WRT_V_SELECT(b == c, both, more));                \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_madd(wrt_##f b, wrt_##f c, wrt_##f d)                          \
    {                                                                                              \
        wrt_##f product = b * c;                                                                   \
        return wrt_##f##_canon(product + d);                                                       \
    }                                                                                              \
    /* To the nearest integer, of two to the even one, by losing the bits behind the point. */     \
    static inline wrt_##f wrt_##f##_round(wrt_##f v)                                               \
    {                                                                                              \
        wrt_##f size = (wrt_##f)((wrt_##u)v & ~(sign)), near = (size + (integral)) - (integral);   \
        return (wrt_##f)WRT_V_SELECT(size < (integral), (wrt_##u)near | ((wrt_##u)v & (sign)), v); \
    }                                                                                              \
    /* near plus step where so, with the sign of v: also where it is zero. */                      \
    static inline wrt_##f wrt_##f##_step(wrt_##f v, wrt_##f near, wrt_##f step, wrt_##u so)        \
    {                                                                                              \
        wrt_##u size = (wrt_##u)(near + (wrt_##f)((wrt_##u)step & so)) & ~(sign);                  \
        return wrt_##f##_canon((wrt_##f)(size | ((wrt_##u)v & (sign))));                           \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_nearest(wrt_##f v)                                             \
    {                                                                                              \
        return wrt_##f##_canon(wrt_##f##_round(v));                                                \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_floor(wrt_##f v)                                               \
    {                                                                                              \
        wrt_##f near = wrt_##f##_round(v);                                                         \
        return wrt_##f##_step(v, near, (wrt_##f){0} - (one), (wrt_##u)(near > v));                 \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_ceil(wrt_##f v)                                                \
    {                                                                                              \
        wrt_##f near = wrt_##f##_round(v);                                                         \
        return wrt_##f##_step(v, near, (wrt_##f){0} + (one), (wrt_##u)(near < v));                 \
    }                                                                                              \
    static inline wrt_##f wrt_##f##_trunc(wrt_##f v)                                               \
    {                                                                                              \
        wrt_##f size = (wrt_##f)((wrt_##u)v & ~(sign)), near = wrt_##f##_round(size);              \
        return wrt_##f##_step(v, near, (wrt_##f){0} - (one), (wrt_##u)(near > size));              \
    }
WRT_V_FLOAT(f32x4, u32x4, 0x80000000, 0x7fc00000, 1.0f, 0x1p23f)
WRT_V_FLOAT(f64x2, u64x2, 0x8000000000000000, 0x7ff8000000000000, 1.0, 0x1p52)
#undef WRT_V_FLOAT

static inline wrt_f32x4 wrt_f32x4_sqrt(wrt_f32x4 v)
{
    return wrt_f32x4_canon(
        (wrt_f32x4){__builtin_sqrtf(v[0]), __builtin_sqrtf(v[1]), __builtin_sqrtf(v[2]), __builtin_sqrtf(v[3])});
}
static inline wrt_f64x2 wrt_f64x2_sqrt(wrt_f64x2 v)
{
    return wrt_f64x2_canon((wrt_f64x2){__builtin_sqrt(v[0]), __builtin_sqrt(v[1])});
}

/* ---- between formats ---- */

static inline wrt_f32x4 wrt_v_demote(wrt_f64x2 v)
{
    return wrt_f32x4_canon((wrt_f32x4){(float)v[0], (float)v[1], 0, 0});
}
static inline wrt_f64x2 wrt_v_promote_low(wrt_f32x4 v)
{
    return wrt_f64x2_canon((wrt_f64x2){(double)v[0], (double)v[1]});
}
static inline wrt_f64x2 wrt_i32x4_low_to_f64x2(wrt_i32x4 v)
{
    return (wrt_f64x2){v[0], v[1]};
}
static inline wrt_f64x2 wrt_u32x4_low_to_f64x2(wrt_u32x4 v)
{
    return (wrt_f64x2){v[0], v[1]};
}

/* Towards zero; NaN is 0, what does not fit is the nearest that does. */
static inline int32_t wrt_v_to_i32(double v)
{
    if (!(v > -2147483648.0)) {
        return v == v ? INT32_MIN : 0;
    }
    return v < 2147483647.0 ? (int32_t)v : INT32_MAX;
}
static inline uint32_t wrt_v_to_u32(double v)
{
    if (!(v > 0)) {
        return 0;
    }
    return v < 4294967295.0 ? (uint32_t)v : UINT32_MAX;
}
static inline wrt_i32x4 wrt_i32x4_trunc_f32x4(wrt_f32x4 v)
{
    return (wrt_i32x4){wrt_v_to_i32((double)v[0]), wrt_v_to_i32((double)v[1]), wrt_v_to_i32((double)v[2]),
                       wrt_v_to_i32((double)v[3])};
}
static inline wrt_u32x4 wrt_u32x4_trunc_f32x4(wrt_f32x4 v)
{
    return (wrt_u32x4){wrt_v_to_u32((double)v[0]), wrt_v_to_u32((double)v[1]), wrt_v_to_u32((double)v[2]),
                       wrt_v_to_u32((double)v[3])};
}
static inline wrt_i32x4 wrt_i32x4_trunc_f64x2(wrt_f64x2 v)
{
    return (wrt_i32x4){wrt_v_to_i32(v[0]), wrt_v_to_i32(v[1]), 0, 0};
}
static inline wrt_u32x4 wrt_u32x4_trunc_f64x2(wrt_f64x2 v)
{
    return (wrt_u32x4){wrt_v_to_u32(v[0]), wrt_v_to_u32(v[1]), 0, 0};
}
