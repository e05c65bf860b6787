/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing: files, and the three streams, which are the process's own or lie in memory. What may block is
 * waited for first, so that no guest outlives its deadline in a system call. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* A read or write as the guest asked for it. */
struct move {
    struct wrt_wasi_call *c;
    struct wrt_wasi_desc *d;
    struct iovec iovs[WASI_IOVS_MAX];
    int count;
    size_t size;
    bool writing;
    int64_t at; /* -1: where the file is */
};

static void shorten(struct move *m, size_t size)
{
    int n = 0;
    for (size_t sum = 0; n < m->count && sum < size; n++) {
        m->iovs[n].iov_len = WP_MIN(m->iovs[n].iov_len, size - sum);
        sum += m->iovs[n].iov_len;
    }
    m->count = n;
    m->size = WP_MIN(m->size, size);
}

/* ---- in memory ---- */

static ssize_t read_input(struct move *m)
{
    struct wrt_wasi *w = m->c->w;
    size_t done = 0;
    for (int i = 0; i < m->count; i++) {
        size_t n = WP_MIN(m->iovs[i].iov_len, w->input.len - w->input_at);
        if (n > 0) {
            memcpy(m->iovs[i].iov_base, w->input.ptr + w->input_at, n);
        }
        w->input_at += n;
        done += n;
    }
    return (ssize_t)done;
}

static ssize_t keep_output(struct move *m)
{
    struct wrt_wasi_output *out = &m->c->w->output[m->d->stream == 2];
    if (m->size > out->room - out->len) {
        /* Twice as much, but never far beyond what may be written at all. */
        uint64_t room = WP_MAX(WP_MIN(2 * (uint64_t)out->room, m->c->w->output_max), out->len + (uint64_t)m->size);
        uint8_t *more = room <= SIZE_MAX ? realloc(out->bytes, (size_t)room) : NULL;
        if (!more) {
            return -ENOMEM;
        }
        out->bytes = more;
        out->room = (size_t)room;
    }
    for (int i = 0; i < m->count; i++) {
        memcpy(out->bytes + out->len, m->iovs[i].iov_base, m->iovs[i].iov_len);
        out->len += m->iovs[i].iov_len;
    }
    return (ssize_t)m->size;
}

/* ---- of the host ---- */

enum { STOPPED = INT_MIN };

static ssize_t ask_host(const struct move *m)
{
    int fd = m->d->host;
    ssize_t n = 0;
    if (m->at >= 0) {
        n = m->writing ? pwritev(fd, m->iovs, m->count, m->at) : preadv(fd, m->iovs, m->count, m->at);
    } else {
        n = m->writing ? writev(fd, m->iovs, m->count) : readv(fd, m->iovs, m->count);
    }
    return n >= 0 ? n : -errno;
}

/* Until there is something to read or room to write; 0, an errno negated, or STOPPED. */
static ssize_t wait_for_host(const struct move *m)
{
    struct pollfd p = {.fd = m->d->host, .events = m->writing ? POLLOUT : POLLIN};
    if ((m->d->flags & WASI_F_NONBLOCK) != 0) {
        return poll(&p, 1, 0) == 0 ? -EAGAIN : 0;
    }
    return wrt_wasi_wait(m->c, &p, 1, UINT64_MAX) < 0 ? STOPPED : 0;
}

/* Of what may block: pipes, terminals. */
static ssize_t move_slowly(struct move *m)
{
    for (;;) {
        ssize_t n = wait_for_host(m);
        n = n == 0 ? ask_host(m) : n;
        if (n != -EINTR && (n != -EAGAIN || (m->d->flags & WASI_F_NONBLOCK) != 0)) {
            return n;
        }
        if (wrt_wasi_alive(m->c) != 0) {
            return STOPPED;
        }
    }
}

/* All of it, so that a guest runs the same way whatever its output is; in pieces that fit for certain where there is
 * room at all. */
static ssize_t write_slowly(struct move *m)
{
    uint8_t piece[PIPE_BUF];
    size_t done = 0, at = 0; /* at: in the first buffer that is left */
    struct move part;
    part.c = m->c;
    part.d = m->d;
    part.count = 1;
    part.writing = true;
    part.at = -1;
    for (int i = 0; i < m->count;) {
        size_t len = 0;
        for (int k = i; k < m->count && len < sizeof piece; k++) {
            size_t skip = k == i ? at : 0, n = WP_MIN(m->iovs[k].iov_len - skip, sizeof piece - len);
            memcpy(piece + len, (const uint8_t *)m->iovs[k].iov_base + skip, n);
            len += n;
        }
        part.iovs[0] = (struct iovec){.iov_base = piece, .iov_len = len};
        ssize_t n = move_slowly(&part);
        if (n < 0) {
            return n == STOPPED || done == 0 ? n : (ssize_t)done;
        }
        done += (size_t)n;
        at += (size_t)n;
        while (i < m->count && at >= m->iovs[i].iov_len) {
            at -= m->iovs[i++].iov_len;
        }
    }
    return (ssize_t)done;
}

/* Bytes, an errno negated, or STOPPED. */
static ssize_t move_host(struct move *m)
{
    bool may_block = m->d->type != WASI_TYPE_REGULAR_FILE && m->at < 0;
    if (may_block) {
        return m->writing ? write_slowly(m) : move_slowly(m);
    }
    ssize_t n = -EINTR;
    while (n == -EINTR) {
        n = ask_host(m);
    }
    return n;
}

/* ---- both ---- */

/* Before output: how much of it is within the limit? */
static int limit_output(struct move *m, bool *ret_over)
{
    struct wrt_wasi *w = m->c->w;
    uint64_t left = w->output_max == 0 ? UINT64_MAX : w->output_max - w->output_used;
    *ret_over = m->size > left;
    if (*ret_over && left == 0) {
        wrt_host_stop(w->store, WRT_STOP_OUTPUT, "more than %llu bytes", (unsigned long long)w->output_max);
        return WASI_STOPPED;
    }
    if (*ret_over) {
        shorten(m, (size_t)left);
    }
    return WASI_SUCCESS;
}

static ssize_t move_bytes(struct move *m)
{
    if (m->count == 0) {
        return 0;
    }
    if (m->d->host >= 0) {
        return move_host(m);
    }
    return m->writing ? keep_output(m) : read_input(m);
}

static int run(struct move *m, uint32_t ret_at)
{
    uint8_t *ret = wrt_wasi_at(m->c, ret_at, 4);
    if (!ret) {
        return WASI_STOPPED;
    }
    bool output = m->writing && m->d->kind == WASI_STREAM, over = false;
    if (output && limit_output(m, &over) != WASI_SUCCESS) {
        return WASI_STOPPED;
    }
    ssize_t n = move_bytes(m);
    if (n < 0) {
        return n == STOPPED ? WASI_STOPPED : wrt_wasi_errno((int)-n);
    }
    wrt_wasi_charge(m->c, (uint64_t)n);
    if (output) {
        m->c->w->output_used += (uint64_t)n;
        if (over && m->c->w->output_used == m->c->w->output_max) {
            return limit_output(m, &over); /* what was left is out: the rest is too much */
        }
    }
    wrt_wasi_put32(ret, (uint32_t)n);
    return WASI_SUCCESS;
}

static int begin(struct move *m, struct wrt_wasi_call *c, bool writing, uint64_t rights)
{
    m->c = c;
    m->writing = writing;
    m->at = -1;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_FILE, rights, &m->d);
    return code != WASI_SUCCESS
               ? code
               : wrt_wasi_iovs(c, wrt_wasi_arg(c, 1), wrt_wasi_arg(c, 2), m->iovs, &m->count, &m->size);
}

static int at_offset(struct move *m)
{
    if (m->d->kind == WASI_STREAM) {
        return WASI_SPIPE;
    }
    if (m->c->slots[3] > INT64_MAX) {
        return WASI_INVAL;
    }
    m->at = (int64_t)m->c->slots[3];
    return WASI_SUCCESS;
}

int wrt_wasi_fd_read(struct wrt_wasi_call *c)
{
    struct move m;
    int code = begin(&m, c, false, WASI_FD_READ);
    return code != WASI_SUCCESS ? code : run(&m, wrt_wasi_arg(c, 3));
}

int wrt_wasi_fd_write(struct wrt_wasi_call *c)
{
    struct move m;
    int code = begin(&m, c, true, WASI_FD_WRITE);
    return code != WASI_SUCCESS ? code : run(&m, wrt_wasi_arg(c, 3));
}

int wrt_wasi_fd_pread(struct wrt_wasi_call *c)
{
    struct move m;
    int code = begin(&m, c, false, WASI_FD_READ);
    code = code != WASI_SUCCESS ? code : at_offset(&m);
    return code != WASI_SUCCESS ? code : run(&m, wrt_wasi_arg(c, 4));
}

int wrt_wasi_fd_pwrite(struct wrt_wasi_call *c)
{
    struct move m;
    int code = begin(&m, c, true, WASI_FD_WRITE);
    code = code != WASI_SUCCESS ? code : at_offset(&m);
    return code != WASI_SUCCESS ? code : run(&m, wrt_wasi_arg(c, 4));
}
