/* SPDX-License-Identifier: Apache-2.0
 *
 * poll_oneoff: waits until one of many things happens, a time or a descriptor that is ready, and tells all that did.
 * In the virtual world descriptors are always ready and waiting for a time moves the clock there. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { EVENT_CLOCK, EVENT_READ, EVENT_WRITE };
enum { EVENT_SIZE = 32, HANGUP = 1, ABSOLUTE = 1 };

struct subscription {
    uint64_t userdata, timeout; /* timeout: of a clock, what is left of it when waiting begins */
    uint64_t bytes;             /* of a descriptor */
    uint32_t id;                /* of the clock or the descriptor */
    uint16_t flags;             /* of a clock; then of the event */
    uint16_t error;
    uint8_t type;
    bool happened;
    int32_t polled; /* its place among the pollfds; -1: none */
};

struct poll {
    struct wrt_wasi_call *c;
    struct subscription *subs;
    struct pollfd *fds;
    uint32_t count, fd_count, happened;
    uint64_t shortest; /* of the clocks; UINT64_MAX: none */
};

static void happens(struct poll *p, struct subscription *s, int error)
{
    p->happened += !s->happened;
    s->happened = true;
    s->error = (uint16_t)error;
}

/* ---- what is waited for ---- */

static void read_one(const struct wrt_wasi_call *c, const uint8_t *at, struct subscription *s)
{
    /* wasi_unstable has another number in front of the clock's. */
    const uint8_t *clock = at + (c->unstable ? 24 : 16);
    *s = (struct subscription){.userdata = wrt_wasi_get64(at), .type = at[8], .polled = -1};
    if (s->type == EVENT_CLOCK) {
        s->id = wrt_wasi_get32(clock);
        s->timeout = wrt_wasi_get64(clock + 8);
        s->flags = wrt_wasi_get16(clock + 24);
    } else {
        s->id = wrt_wasi_get32(at + 16);
    }
}

static void begin_clock(struct poll *p, struct subscription *s)
{
    uint64_t now = 0;
    bool known = s->id == WASI_CLOCK_REALTIME || s->id == WASI_CLOCK_MONOTONIC;
    if (!known || s->flags > ABSOLUTE || !wrt_wasi_now(p->c->w, s->id, &now)) {
        happens(p, s, WASI_INVAL);
        return;
    }
    if (s->flags == ABSOLUTE) {
        s->timeout = s->timeout > now ? s->timeout - now : 0;
    }
    p->shortest = WP_MIN(p->shortest, s->timeout);
}

static void begin_descriptor(struct poll *p, struct subscription *s)
{
    struct wrt_wasi_desc *d = NULL;
    uint64_t right = s->type == EVENT_READ ? WASI_FD_READ : WASI_FD_WRITE;
    int code = wrt_wasi_desc(p->c, s->id, WASI_CLOSED, right | WASI_POLL_FD_READWRITE, &d);
    if (code != WASI_SUCCESS) {
        happens(p, s, code);
        return;
    }
    const struct wrt_wasi *w = p->c->w;
    struct stat st;
    if (d->host < 0 && s->type == EVENT_READ) {
        s->bytes = w->input.len - w->input_at;
        s->flags = s->bytes == 0 ? HANGUP : 0;
    } else if (d->type == WASI_TYPE_REGULAR_FILE && d->kind == WASI_FILE && s->type == EVENT_READ) {
        off_t at = lseek(d->host, 0, SEEK_CUR);
        s->bytes = fstat(d->host, &st) == 0 && st.st_size > at && at >= 0 ? (uint64_t)(st.st_size - at) : 0;
    }
    if (d->host < 0 || d->type == WASI_TYPE_REGULAR_FILE || w->virtual_clock) {
        happens(p, s, WASI_SUCCESS);
        return;
    }
    s->polled = (int32_t)p->fd_count;
    p->fds[p->fd_count++] = (struct pollfd){.fd = d->host, .events = s->type == EVENT_READ ? POLLIN : POLLOUT};
}

static int begin(struct poll *p, const uint8_t *in)
{
    uint32_t size = p->c->unstable ? 56 : 48;
    for (uint32_t i = 0; i < p->count; i++) {
        struct subscription *s = &p->subs[i];
        read_one(p->c, in + (size_t)i * size, s);
        if (s->type > EVENT_WRITE) {
            return WASI_INVAL;
        }
        if (s->type == EVENT_CLOCK) {
            begin_clock(p, s);
        } else {
            begin_descriptor(p, s);
        }
    }
    return WASI_SUCCESS;
}

/* ---- waiting ---- */

static void end_clocks(struct poll *p, uint64_t waited)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct subscription *s = &p->subs[i];
        if (s->type == EVENT_CLOCK && !s->happened && s->timeout <= waited) {
            s->flags = 0;
            happens(p, s, WASI_SUCCESS);
        }
    }
}

static void end_descriptors(struct poll *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct subscription *s = &p->subs[i];
        int what = s->polled >= 0 ? p->fds[s->polled].revents : 0;
        if (what != 0) {
            s->flags = (what & POLLHUP) != 0 ? HANGUP : 0;
            s->bytes = (what & (POLLIN | POLLOUT)) != 0; /* one at least */
            happens(p, s, (what & POLLNVAL) != 0 ? WASI_BADF : WASI_SUCCESS);
        }
    }
}

static int wait_virtual(struct poll *p)
{
    if (p->happened == 0) {
        p->c->w->elapsed_ns += p->shortest;
        end_clocks(p, p->shortest);
    } else {
        end_clocks(p, 0);
    }
    return WASI_SUCCESS;
}

static int wait_real(struct poll *p)
{
    uint64_t ns = p->happened > 0 ? 0 : p->shortest;
    int ready = wrt_wasi_wait(p->c, p->fds, p->fd_count, ns);
    if (ready == WASI_STOPPED) {
        return WASI_STOPPED;
    }
    end_descriptors(p);
    end_clocks(p, ready == 0 ? ns : 0);
    return WASI_SUCCESS;
}

static uint32_t put_events(const struct poll *p, uint8_t *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct subscription *s = &p->subs[i];
        if (!s->happened) {
            continue;
        }
        uint8_t *at = out + (size_t)EVENT_SIZE * n++;
        memset(at, 0, EVENT_SIZE);
        wrt_wasi_put64(at, s->userdata);
        wrt_wasi_put16(at + 8, s->error);
        at[10] = s->type;
        if (s->type != EVENT_CLOCK && s->error == WASI_SUCCESS) {
            wrt_wasi_put64(at + 16, s->bytes);
            wrt_wasi_put16(at + 24, s->flags);
        }
    }
    return n;
}

int wrt_wasi_poll_oneoff(struct wrt_wasi_call *c)
{
    uint32_t count = wrt_wasi_arg(c, 2);
    const uint8_t *in = wrt_wasi_at(c, wrt_wasi_arg(c, 0), (uint64_t)count * (c->unstable ? 56 : 48));
    uint8_t *out = wrt_wasi_at(c, wrt_wasi_arg(c, 1), (uint64_t)count * EVENT_SIZE);
    uint8_t *ret = wrt_wasi_at(c, wrt_wasi_arg(c, 3), 4);
    if (!in || !out || !ret) {
        return WASI_STOPPED;
    }
    if (count == 0 || count > WP_LIMIT_WASI_SUBSCRIPTIONS) {
        return WASI_INVAL;
    }
    wrt_wasi_charge(c, (uint64_t)count * 64);
    struct poll p = {.c = c, .count = count, .shortest = UINT64_MAX};
    p.subs = calloc(count, sizeof *p.subs);
    p.fds = calloc(count, sizeof *p.fds);
    int code = p.subs && p.fds ? begin(&p, in) : WASI_NOMEM;
    if (code == WASI_SUCCESS) {
        code = c->w->virtual_clock ? wait_virtual(&p) : wait_real(&p);
    }
    if (code == WASI_SUCCESS) {
        wrt_wasi_put32(ret, put_events(&p, out));
    }
    free(p.subs);
    free(p.fds);
    return code;
}
