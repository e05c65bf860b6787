/* SPDX-License-Identifier: Apache-2.0
 *
 * Clocks and chance, real or made up. The virtual clock goes on by one microsecond at each look. Seeded chance is the
 * key stream of ChaCha20 (RFC 8439): the key is the seed's eight bytes, lowest first, then zeros; nonce 0; blocks from
 * 0 on; bytes are given out in order. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <sys/random.h>

static const clockid_t host_clocks[WASI_CLOCK_COUNT] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                                        CLOCK_THREAD_CPUTIME_ID};
enum { LOOK_NS = 1000, CHUNK = 1 << 20 };

bool wrt_wasi_now(struct wrt_wasi *w, uint32_t clock, uint64_t *ret)
{
    if (clock >= WASI_CLOCK_COUNT) {
        return false;
    }
    if (w->virtual_clock) {
        w->elapsed_ns += LOOK_NS;
        bool used = clock == WASI_CLOCK_PROCESS || clock == WASI_CLOCK_THREAD; /* these begin at 0 */
        *ret = (used ? 0 : w->clock_ns) + w->elapsed_ns;
        return true;
    }
    struct timespec t;
    if (clock_gettime(host_clocks[clock], &t) != 0) {
        return false;
    }
    *ret = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    *ret -= clock == WASI_CLOCK_MONOTONIC ? w->monotonic_start : 0; /* how long the machine runs is its own matter */
    return true;
}

int wrt_wasi_clock_time_get(struct wrt_wasi_call *c)
{
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 2), 8);
    uint64_t now = 0;
    if (!at) {
        return WASI_STOPPED;
    }
    if (!wrt_wasi_now(c->w, wrt_wasi_arg(c, 0), &now)) {
        return WASI_INVAL;
    }
    wrt_wasi_put64(at, now);
    return WASI_SUCCESS;
}

int wrt_wasi_clock_res_get(struct wrt_wasi_call *c)
{
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 1), 8);
    uint32_t clock = wrt_wasi_arg(c, 0);
    struct timespec t = {.tv_nsec = LOOK_NS};
    if (!at) {
        return WASI_STOPPED;
    }
    if (clock >= WASI_CLOCK_COUNT || (!c->w->virtual_clock && clock_getres(host_clocks[clock], &t) != 0)) {
        return WASI_INVAL;
    }
    wrt_wasi_put64(at, (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec);
    return WASI_SUCCESS;
}

int wrt_wasi_sched_yield(struct wrt_wasi_call *c)
{
    (void)c; /* one thread: there is nobody to go first */
    return WASI_SUCCESS;
}

/* ---- chance ---- */

void wrt_wasi_random_begin(struct wrt_wasi *w, uint64_t seed)
{
    static const uint32_t words[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}; /* "expand 32-byte k" */
    memset(w->chacha, 0, sizeof w->chacha);
    memcpy(w->chacha, words, sizeof words);
    w->chacha[4] = (uint32_t)seed;
    w->chacha[5] = (uint32_t)(seed >> 32);
    w->chacha_used = sizeof w->chacha_block;
    w->seeded = true;
}

static uint32_t turn(uint32_t v, unsigned by)
{
    return v << by | v >> (32 - by);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b];
    x[d] = turn(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = turn(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = turn(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = turn(x[b] ^ x[c], 7);
}

static void next_block(struct wrt_wasi *w)
{
    uint32_t x[16];
    memcpy(x, w->chacha, sizeof x);
    for (int i = 0; i < 10; i++) {
        for (unsigned k = 0; k < 4; k++) {
            quarter(x, k, 4 + k, 8 + k, 12 + k);
        }
        for (unsigned k = 0; k < 4; k++) {
            quarter(x, k, 4 + (k + 1) % 4, 8 + (k + 2) % 4, 12 + (k + 3) % 4);
        }
    }
    for (unsigned i = 0; i < 16; i++) {
        wrt_wasi_put32(w->chacha_block + (size_t)4 * i, x[i] + w->chacha[i]);
    }
    /* The counter and the first word of the nonce: longer than anybody runs. */
    w->chacha[12]++;
    w->chacha[13] += w->chacha[12] == 0;
    w->chacha_used = 0;
}

static void seeded(struct wrt_wasi *w, uint8_t *at, size_t len)
{
    while (len > 0) {
        if (w->chacha_used == sizeof w->chacha_block) {
            next_block(w);
        }
        size_t n = WP_MIN(len, sizeof w->chacha_block - w->chacha_used);
        memcpy(at, w->chacha_block + w->chacha_used, n);
        w->chacha_used += (uint32_t)n;
        at += n;
        len -= n;
    }
}

int wrt_wasi_random_get(struct wrt_wasi_call *c)
{
    size_t len = wrt_wasi_arg(c, 1);
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 0), len);
    if (!at) {
        return WASI_STOPPED;
    }
    wrt_wasi_charge(c, len);
    while (len > 0) {
        size_t n = WP_MIN(len, (size_t)CHUNK);
        if (c->w->seeded) {
            seeded(c->w, at, n);
        } else {
            ssize_t got = getrandom(at, n, 0);
            if (got < 0 && errno != EINTR) {
                return wrt_wasi_errno(errno);
            }
            n = got < 0 ? 0 : (size_t)got;
        }
        at += n;
        len -= n;
        if (len > 0 && wrt_wasi_alive(c) != 0) {
            return WASI_STOPPED;
        }
    }
    return WASI_SUCCESS;
}
