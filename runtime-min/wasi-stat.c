/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of files. In the virtual world all that another run could see differently is left out: times and
 * devices are 0, a folder has no size and one link, and files have numbers in the order of their appearance. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Files by device and number of the host: an open-addressed table. */
struct wrt_wasi_numbered {
    struct numbered {
        uint64_t dev, ino, number; /* number 0: nothing here */
        bool gone;                 /* whoever comes with these next is another file */
    } * items;
    uint32_t room, used; /* room: a power of two */
    uint64_t last;       /* number given out */
};

uint8_t wrt_wasi_type(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return WASI_TYPE_BLOCK_DEVICE;
    case S_IFCHR:
        return WASI_TYPE_CHARACTER_DEVICE;
    case S_IFDIR:
        return WASI_TYPE_DIRECTORY;
    case S_IFREG:
        return WASI_TYPE_REGULAR_FILE;
    case S_IFLNK:
        return WASI_TYPE_SYMBOLIC_LINK;
    case S_IFSOCK:
        return WASI_TYPE_SOCKET_STREAM;
    default:
        return WASI_TYPE_UNKNOWN;
    }
}

/* ---- numbers ---- */

static struct numbered *find(const struct wrt_wasi_numbered *t, uint64_t dev, uint64_t ino)
{
    uint64_t hash = (ino ^ dev << 32 ^ dev >> 32) * 0x9e3779b97f4a7c15u;
    uint32_t i = (uint32_t)(hash >> 32) & (t->room - 1);
    while (t->items[i].number != 0 && (t->items[i].dev != dev || t->items[i].ino != ino)) {
        i = (i + 1) & (t->room - 1);
    }
    return &t->items[i];
}

static bool grow(struct wrt_wasi_numbered *t)
{
    struct wrt_wasi_numbered more = {.room = t->room ? 2 * t->room : 64, .used = t->used, .last = t->last};
    more.items = more.room <= 2 * WP_LIMIT_WASI_NUMBERED ? calloc(more.room, sizeof *more.items) : NULL;
    if (!more.items) {
        return false;
    }
    for (uint32_t i = 0; i < t->room; i++) {
        if (t->items[i].number != 0) {
            *find(&more, t->items[i].dev, t->items[i].ino) = t->items[i];
        }
    }
    free(t->items);
    *t = more;
    return true;
}

uint64_t wrt_wasi_number(struct wrt_wasi *w, uint64_t dev, uint64_t ino)
{
    if (!w->virtual_clock) {
        return ino;
    }
    if (!w->numbered) {
        w->numbered = calloc(1, sizeof *w->numbered);
    }
    struct wrt_wasi_numbered *t = w->numbered;
    if (!t || (t->used >= t->room / 2 && !grow(t))) {
        return 0;
    }
    struct numbered *n = find(t, dev, ino);
    if (n->number == 0) {
        *n = (struct numbered){.dev = dev, .ino = ino, .number = ++t->last};
        t->used++;
    } else if (n->gone) {
        n->number = ++t->last;
        n->gone = false;
    }
    return n->number;
}

void wrt_wasi_forget(struct wrt_wasi *w, const struct stat *st)
{
    if (w->numbered && w->numbered->room > 0) {
        struct numbered *n = find(w->numbered, st->st_dev, st->st_ino);
        n->gone = n->number != 0;
    }
}

void wrt_wasi_numbered_free(struct wrt_wasi *w)
{
    if (w->numbered) {
        free(w->numbered->items);
        free(w->numbered);
    }
}

/* ---- what the guest gets ---- */

uint32_t wrt_wasi_filestat_size(const struct wrt_wasi_call *c)
{
    return c->unstable ? 56 : 64;
}

static uint64_t nanoseconds(struct timespec t)
{
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void wrt_wasi_put_filestat(const struct wrt_wasi_call *c, uint8_t *at, const struct stat *st)
{
    bool plain = c->w->virtual_clock, folder = S_ISDIR(st->st_mode);
    uint64_t links = plain && folder ? 1 : st->st_nlink;
    memset(at, 0, wrt_wasi_filestat_size(c));
    wrt_wasi_put64(at, plain ? 0 : st->st_dev);
    wrt_wasi_put64(at + 8, wrt_wasi_number(c->w, st->st_dev, st->st_ino));
    at[16] = wrt_wasi_type(st->st_mode);
    uint8_t *rest = at + 32;
    if (c->unstable) { /* links are 32 bits there, right behind the type */
        wrt_wasi_put32(at + 20, (uint32_t)WP_MIN(links, UINT32_MAX));
        rest = at + 24;
    } else {
        wrt_wasi_put64(at + 24, links);
    }
    wrt_wasi_put64(rest, plain && folder ? 0 : (uint64_t)st->st_size);
    if (!plain) {
        wrt_wasi_put64(rest + 8, nanoseconds(st->st_atim));
        wrt_wasi_put64(rest + 16, nanoseconds(st->st_mtim));
        wrt_wasi_put64(rest + 24, nanoseconds(st->st_ctim));
    }
}

int wrt_wasi_fd_filestat_get(struct wrt_wasi_call *c)
{
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 1), wrt_wasi_filestat_size(c));
    struct wrt_wasi_desc *d = NULL;
    if (!at) {
        return WASI_STOPPED;
    }
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, WASI_FD_FILESTAT_GET, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (d->kind == WASI_STREAM) { /* which file a stream is does not concern the guest */
        memset(at, 0, wrt_wasi_filestat_size(c));
        at[16] = d->type;
        return WASI_SUCCESS;
    }
    struct stat st;
    if (fstat(d->host, &st) != 0) {
        return wrt_wasi_errno(errno);
    }
    wrt_wasi_put_filestat(c, at, &st);
    return WASI_SUCCESS;
}

/* ---- times ---- */

static struct timespec time_to_set(struct wrt_wasi *w, uint64_t ns, bool set, bool now)
{
    if (now && w->virtual_clock && wrt_wasi_now(w, WASI_CLOCK_REALTIME, &ns)) {
        set = true;
    } else if (now) {
        return (struct timespec){.tv_nsec = UTIME_NOW};
    }
    if (!set) {
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    }
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
}

int wrt_wasi_times(struct wrt_wasi *w, uint64_t atim, uint64_t mtim, uint32_t flags, struct timespec ret[2])
{
    bool both = (flags & WASI_ATIM && flags & WASI_ATIM_NOW) || (flags & WASI_MTIM && flags & WASI_MTIM_NOW);
    if (both || flags > 15) {
        return WASI_INVAL;
    }
    ret[0] = time_to_set(w, atim, flags & WASI_ATIM, flags & WASI_ATIM_NOW);
    ret[1] = time_to_set(w, mtim, flags & WASI_MTIM, flags & WASI_MTIM_NOW);
    return WASI_SUCCESS;
}

int wrt_wasi_fd_filestat_set_times(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    struct timespec times[2];
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, WASI_FD_FILESTAT_SET_TIMES, &d);
    if (code == WASI_SUCCESS && d->read_only) {
        code = WASI_ROFS;
    }
    if (code == WASI_SUCCESS) {
        code = wrt_wasi_times(c->w, c->slots[1], c->slots[2], wrt_wasi_arg(c, 3), times);
    }
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (d->kind == WASI_DIR) { /* may be a descriptor that only names it */
        return utimensat(d->host, ".", times, 0) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
    }
    return futimens(d->host, times) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
}
