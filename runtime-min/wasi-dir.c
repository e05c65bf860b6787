/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a folder. Its names are read at once and sorted when reading begins (cookie 0), so that cookies are places
 * in that list: they stay true while the folder changes, and the order is the same everywhere. Names that are no UTF-8
 * have no name in the guest's world and are left out. */
#include "base/num.h"
#include "runtime-min/wasi-parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry {
    uint64_t ino;
    uint32_t name; /* where in names */
    uint16_t len;
    uint8_t type;
};
struct wrt_wasi_listing {
    struct entry *items;
    char *names;
    size_t count, room, names_len, names_room;
};

static size_t bytes_of(const struct wrt_wasi_listing *l)
{
    return l->room * sizeof *l->items + l->names_room;
}

void wrt_wasi_listing_free(struct wrt_wasi *w, struct wrt_wasi_listing *l)
{
    if (l) {
        w->listing_bytes -= bytes_of(l);
        free(l->items);
        free(l->names);
        free(l);
    }
}

/* ---- reading it at once ---- */

static int make_room(struct wrt_wasi *w, struct wrt_wasi_listing *l, size_t len)
{
    size_t room = l->count == l->room ? WP_MAX(2 * l->room, 64u) : l->room;
    size_t names = len > l->names_room - l->names_len ? WP_MAX(2 * l->names_room, 1024u) : l->names_room;
    size_t more = (room - l->room) * sizeof *l->items + (names - l->names_room);
    if (more > WP_LIMIT_WASI_LISTINGS - w->listing_bytes) {
        return WASI_NOMEM;
    }
    struct entry *items = reallocarray(l->items, room, sizeof *items);
    l->items = items ? items : l->items;
    char *text = realloc(l->names, names);
    l->names = text ? text : l->names;
    if (!items || !text) {
        return WASI_NOMEM;
    }
    l->room = room;
    l->names_room = names;
    w->listing_bytes += more;
    return WASI_SUCCESS;
}

static int add(struct wrt_wasi *w, struct wrt_wasi_listing *l, const char *name, uint64_t ino, uint8_t type)
{
    size_t len = strlen(name);
    int code = make_room(w, l, len + 1);
    if (code != WASI_SUCCESS) {
        return code;
    }
    memcpy(l->names + l->names_len, name, len + 1);
    l->items[l->count++] =
        (struct entry){.ino = ino, .name = (uint32_t)l->names_len, .len = (uint16_t)len, .type = type};
    l->names_len += len + 1;
    return WASI_SUCCESS;
}

static uint8_t type_of(int fd, const struct dirent64 *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN) {
        return wrt_wasi_type((mode_t)DTTOIF(e->d_type));
    }
    return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? wrt_wasi_type(st.st_mode) : WASI_TYPE_UNKNOWN;
}

static int read_names(struct wrt_wasi *w, int fd, struct wrt_wasi_listing *l)
{
    _Alignas(struct dirent64) char buf[16384];
    for (;;) {
        ssize_t n = getdents64(fd, buf, sizeof buf);
        if (n <= 0) {
            return n == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
        }
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *e = (const struct dirent64 *)(const void *)(buf + at);
            at += e->d_reclen;
            bool dots = wp_str_eq(e->d_name, ".") || wp_str_eq(e->d_name, "..");
            if (dots || !wp_utf8_is(wp_span_str(e->d_name))) {
                continue;
            }
            int code = add(w, l, e->d_name, e->d_ino, type_of(fd, e));
            if (code != WASI_SUCCESS) {
                return code;
            }
        }
    }
}

static int by_name(const void *a, const void *b, void *names)
{
    const struct entry *x = a, *y = b;
    return strcmp((const char *)names + x->name, (const char *)names + y->name);
}

/* In the virtual world numbers are given in the order of the names. */
static void number(struct wrt_wasi *w, int fd, struct wrt_wasi_listing *l)
{
    for (size_t i = 2; w->virtual_clock && i < l->count; i++) {
        struct stat st;
        bool there = fstatat(fd, l->names + l->items[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0;
        l->items[i].ino = there ? wrt_wasi_number(w, st.st_dev, st.st_ino) : 0;
    }
}

static int read_folder(struct wrt_wasi *w, int host, struct wrt_wasi_listing *l)
{
    struct stat st;
    int fd = openat(host, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return wrt_wasi_errno(errno);
    }
    int code = fstat(fd, &st) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
    if (code == WASI_SUCCESS) {
        code = add(w, l, ".", wrt_wasi_number(w, st.st_dev, st.st_ino), WASI_TYPE_DIRECTORY);
    }
    if (code == WASI_SUCCESS) {
        code = add(w, l, "..", 0, WASI_TYPE_DIRECTORY); /* it may be outside: no number */
    }
    if (code == WASI_SUCCESS) {
        code = read_names(w, fd, l);
    }
    if (code == WASI_SUCCESS) {
        qsort_r(l->items + 2, l->count - 2, sizeof *l->items, by_name, l->names);
        number(w, fd, l);
    }
    close(fd);
    return code;
}

static int begin(struct wrt_wasi_call *c, struct wrt_wasi_desc *d)
{
    wrt_wasi_listing_free(c->w, d->listing);
    d->listing = NULL;
    struct wrt_wasi_listing *l = calloc(1, sizeof *l);
    int code = l ? read_folder(c->w, d->host, l) : WASI_NOMEM;
    if (code != WASI_SUCCESS) {
        wrt_wasi_listing_free(c->w, l);
        return code;
    }
    wrt_wasi_charge(c, bytes_of(l));
    d->listing = l;
    return WASI_SUCCESS;
}

/* ---- giving it out ---- */

/* As much of an entry as there is room for. */
static size_t put(const struct wrt_wasi_listing *l, size_t i, uint8_t *at, size_t room)
{
    uint8_t head[24] = {0};
    wrt_wasi_put64(head, i + 1);
    wrt_wasi_put64(head + 8, l->items[i].ino);
    wrt_wasi_put32(head + 16, l->items[i].len);
    head[20] = l->items[i].type;
    size_t n = WP_MIN(room, sizeof head);
    memcpy(at, head, n);
    size_t name = WP_MIN(room - n, l->items[i].len);
    memcpy(at + n, l->names + l->items[i].name, name);
    return n + name;
}

int wrt_wasi_fd_readdir(struct wrt_wasi_call *c)
{
    size_t room = wrt_wasi_arg(c, 2);
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 1), room), *ret = wrt_wasi_at(c, wrt_wasi_arg(c, 4), 4);
    struct wrt_wasi_desc *d = NULL;
    if (!at || !ret) {
        return WASI_STOPPED;
    }
    uint64_t cookie = c->slots[3];
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_DIR, WASI_FD_READDIR, &d);
    if (code == WASI_SUCCESS && (cookie == 0 || !d->listing)) {
        code = begin(c, d);
    }
    if (code != WASI_SUCCESS) {
        return code;
    }
    size_t used = 0;
    /* A cookie that was never given out names no entry: the end. */
    for (uint64_t i = cookie; i < d->listing->count && used < room; i++) {
        used += put(d->listing, (size_t)i, at + used, room - used);
    }
    wrt_wasi_charge(c, used);
    wrt_wasi_put32(ret, (uint32_t)used);
    return WASI_SUCCESS;
}
