/* SPDX-License-Identifier: Apache-2.0
 *
 * 32-bit arithmetic: SHA-256 (FIPS 180-4) of as many bytes. sha256 [BYTES] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t round_words[64];

static uint32_t turn(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* The first 32 bits of the fractional part of a root, by whole numbers: cube 1 or square 0 of a prime. */
static uint32_t root_bits(uint32_t prime, int cube)
{
    uint64_t low = 0;
    uint64_t high = (uint64_t)20 << 32;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        unsigned __int128 power = (unsigned __int128)middle * middle * (cube ? middle : 1);
        if (power > (unsigned __int128)prime << (cube ? 96 : 64)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return (uint32_t)low;
}

static void constants(uint32_t state[8])
{
    unsigned found = 0;
    for (uint32_t n = 2; found < 64; n++) {
        uint32_t d = 2;
        while (d * d <= n && n % d != 0) {
            d++;
        }
        if (d * d <= n) {
            continue;
        }
        round_words[found] = root_bits(n, 1);
        if (found < 8) {
            state[found] = root_bits(n, 0);
        }
        found++;
    }
}

static void block(uint32_t state[8], const uint8_t *p)
{
    uint32_t w[64];
    for (unsigned i = 0; i < 16; i++) {
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    }
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t t = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + round_words[i] + w[i];
        uint32_t u = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t;
        d = c;
        c = b;
        b = a;
        a = t + u;
    }
    uint32_t after[8] = {a, b, c, d, e, f, g, h};
    for (unsigned i = 0; i < 8; i++) {
        state[i] += after[i];
    }
}

int main(int argc, char *argv[])
{
    uint64_t length = argc > 1 ? strtoull(argv[1], NULL, 10) : 16000000;
    uint32_t state[8];
    uint8_t tail[128] = {0};
    uint8_t bytes[64];
    constants(state);
    uint64_t at = 0;
    for (; at + 64 <= length; at += 64) {
        for (unsigned i = 0; i < 64; i++) {
            bytes[i] = (uint8_t)((at + i) * 31 >> 3);
        }
        block(state, bytes);
    }
    size_t rest = (size_t)(length - at);
    for (size_t i = 0; i < rest; i++) {
        tail[i] = (uint8_t)((at + i) * 31 >> 3);
    }
    tail[rest] = 0x80;
    size_t blocks = rest < 56 ? 1 : 2;
    for (unsigned i = 0; i < 8; i++) {
        tail[blocks * 64 - 1 - i] = (uint8_t)(length * 8 >> 8 * i);
    }
    for (size_t i = 0; i < blocks; i++) {
        block(state, tail + 64 * i);
    }
    for (unsigned i = 0; i < 8; i++) {
        printf("%08x", (unsigned)state[i]);
    }
    printf("\n");
    return 0;
}
