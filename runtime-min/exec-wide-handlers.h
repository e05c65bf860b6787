/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of wide arithmetic (proposal wide-arithmetic), included as exec-simd-handlers.h is: 128 bits in two slots,
 * the low half first. */
#pragma once

OP(I64_ADD128)
{
    uint64_t low = fp[B] + fp[B + 2], high = fp[B + 1] + fp[B + 3] + (low < fp[B]);
    fp[A] = low;
    fp[A + 1] = high;
    NEXT(1);
}
OP(I64_SUB128)
{
    uint64_t low = fp[B] - fp[B + 2], high = fp[B + 1] - fp[B + 3] - (low > fp[B]);
    fp[A] = low;
    fp[A + 1] = high;
    NEXT(1);
}
OP(I64_MUL_WIDE_S)
{
    __extension__ __int128 product = (__int128)(int64_t)fp[B] * (int64_t)fp[C];
    fp[A] = (uint64_t)product;
    fp[A + 1] = (uint64_t)(product >> 64);
    NEXT(1);
}
OP(I64_MUL_WIDE_U)
{
    __extension__ unsigned __int128 product = (unsigned __int128)fp[B] * fp[C];
    fp[A] = (uint64_t)product;
    fp[A + 1] = (uint64_t)(product >> 64);
    NEXT(1);
}
