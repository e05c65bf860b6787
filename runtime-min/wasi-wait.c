/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting on behalf of a guest: in pieces, between which the run's deadline and its watch are asked. The only part of
 * WASI that looks into a store (exec.h). */
#include "runtime-min/exec.h"
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <poll.h>

enum { PIECE_NS = 10000000 };

int wrt_wasi_alive(const struct wrt_wasi_call *c)
{
    struct wrt_store *s = c->w->store;
    if (s->deadline != 0 && wrt_now_ns() >= s->deadline) {
        wrt_host_stop(s, WRT_STOP_DEADLINE, "in a host function");
        return WASI_STOPPED;
    }
    if (s->watch.cancelled && s->watch.cancelled(s->watch.arg)) {
        wrt_host_stop(s, WRT_STOP_CANCELLED, "in a host function");
        return WASI_STOPPED;
    }
    return 0;
}

int wrt_wasi_wait(const struct wrt_wasi_call *c, struct pollfd *fds, uint32_t count, uint64_t ns)
{
    const struct wrt_store *s = c->w->store;
    uint64_t begin = wrt_now_ns();
    for (;;) {
        uint64_t passed = wrt_now_ns() - begin;
        uint64_t left = passed >= ns ? 0 : ns - passed;
        if (s->deadline != 0 || s->watch.cancelled) {
            left = WP_MIN(left, (uint64_t)PIECE_NS);
        }
        const struct timespec wait = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
        int ready = ppoll(fds, count, &wait, NULL);
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            return ready > 0 ? ready : 0; /* what cannot be waited for is tried */
        }
        if (wrt_wasi_alive(c) != 0) {
            return WASI_STOPPED;
        }
        if (wrt_now_ns() - begin >= ns) {
            return 0;
        }
    }
}
