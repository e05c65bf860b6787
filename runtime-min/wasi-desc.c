/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of descriptors: the guest's numbers, what is behind them and what they may be used for (rights). No number
 * of the host is ever shown. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int wrt_wasi_desc(const struct wrt_wasi_call *c, uint32_t fd, enum wrt_wasi_kind kind, uint64_t rights,
                  struct wrt_wasi_desc **ret)
{
    if (fd >= c->w->desc_room || c->w->descs[fd].kind == WASI_CLOSED) {
        return WASI_BADF;
    }
    struct wrt_wasi_desc *d = &c->w->descs[fd];
    if (kind == WASI_DIR && d->kind != WASI_DIR) {
        return WASI_NOTDIR;
    }
    if (kind == WASI_FILE && d->kind == WASI_DIR) {
        return WASI_ISDIR;
    }
    if ((d->base & rights) != rights) {
        return d->read_only && (rights & WASI_DIR_WRITING) != 0 ? WASI_ROFS : WASI_NOTCAPABLE;
    }
    *ret = d;
    return WASI_SUCCESS;
}

int wrt_wasi_desc_new(struct wrt_wasi *w, uint32_t *ret)
{
    uint32_t fd = 0;
    while (fd < w->desc_room && w->descs[fd].kind != WASI_CLOSED) {
        fd++;
    }
    if (fd == w->desc_room) {
        uint32_t room = WP_MIN(WP_MAX(2 * w->desc_room, 16u), (uint32_t)WP_LIMIT_WASI_DESCRIPTORS);
        struct wrt_wasi_desc *more = room > fd ? realloc(w->descs, room * sizeof *more) : NULL;
        if (!more) {
            return room > fd ? WASI_NOMEM : WASI_MFILE;
        }
        memset(more + fd, 0, (room - fd) * sizeof *more);
        w->descs = more;
        w->desc_room = room;
    }
    *ret = fd;
    return WASI_SUCCESS;
}

void wrt_wasi_desc_close(struct wrt_wasi *w, struct wrt_wasi_desc *d)
{
    if (d->kind == WASI_CLOSED) {
        return;
    }
    wrt_wasi_listing_free(w, d->listing);
    struct stat st;
    if (w->virtual_clock && d->host >= 0 && !d->borrowed && fstat(d->host, &st) == 0 && st.st_nlink == 0) {
        wrt_wasi_forget(w, &st);
    }
    if (d->host >= 0 && !d->borrowed) {
        close(d->host);
    }
    *d = (struct wrt_wasi_desc){.kind = WASI_CLOSED};
}

int wrt_wasi_fd_close(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, 0, &d);
    if (code == WASI_SUCCESS) {
        wrt_wasi_desc_close(c->w, d);
    }
    return code;
}

int wrt_wasi_fd_renumber(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *from = NULL, *to = NULL;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, 0, &from);
    if (code == WASI_SUCCESS) {
        code = wrt_wasi_desc(c, wrt_wasi_arg(c, 1), WASI_CLOSED, 0, &to);
    }
    if (code != WASI_SUCCESS || from == to) {
        return code;
    }
    wrt_wasi_desc_close(c->w, to);
    *to = *from;
    *from = (struct wrt_wasi_desc){.kind = WASI_CLOSED};
    return WASI_SUCCESS;
}

/* ---- what is known of one ---- */

int wrt_wasi_fd_fdstat_get(struct wrt_wasi_call *c)
{
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 1), 24);
    struct wrt_wasi_desc *d = NULL;
    if (!at) {
        return WASI_STOPPED;
    }
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, 0, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    memset(at, 0, 24);
    at[0] = d->type;
    wrt_wasi_put16(at + 2, d->flags);
    wrt_wasi_put64(at + 8, d->base);
    wrt_wasi_put64(at + 16, d->inheriting);
    return WASI_SUCCESS;
}

int wrt_wasi_fd_fdstat_set_flags(struct wrt_wasi_call *c)
{
    uint32_t flags = wrt_wasi_arg(c, 1);
    struct wrt_wasi_desc *d = NULL;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, WASI_FD_FDSTAT_SET_FLAGS, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    uint32_t changed = flags ^ d->flags;
    if ((flags & ~(uint32_t)WASI_F_ALL) != 0) {
        return WASI_INVAL;
    }
    if ((changed & (WASI_F_DSYNC | WASI_F_RSYNC | WASI_F_SYNC)) != 0) {
        return WASI_NOTSUP; /* Linux cannot change them */
    }
    /* Streams are shared with whoever started us: there all flags are only ours. */
    if ((changed & WASI_F_APPEND) != 0 && d->kind == WASI_FILE) {
        int now = fcntl(d->host, F_GETFL);
        if (now < 0 || fcntl(d->host, F_SETFL, (flags & WASI_F_APPEND) != 0 ? now | O_APPEND : now & ~O_APPEND) != 0) {
            return wrt_wasi_errno(errno);
        }
    }
    d->flags = (uint16_t)flags;
    return WASI_SUCCESS;
}

int wrt_wasi_fd_fdstat_set_rights(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, 0, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if ((c->slots[1] & ~d->base) != 0 || (c->slots[2] & ~d->inheriting) != 0) {
        return WASI_NOTCAPABLE;
    }
    d->base = c->slots[1];
    d->inheriting = c->slots[2];
    return WASI_SUCCESS;
}

/* ---- folders that were given to begin with ---- */

static int preopen(struct wrt_wasi_call *c, struct wrt_wasi_desc **ret)
{
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, 0, ret);
    return code == WASI_SUCCESS && !(*ret)->preopen ? WASI_BADF : code;
}

int wrt_wasi_fd_prestat_get(struct wrt_wasi_call *c)
{
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 1), 8);
    struct wrt_wasi_desc *d = NULL;
    if (!at) {
        return WASI_STOPPED;
    }
    int code = preopen(c, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    memset(at, 0, 8);
    wrt_wasi_put32(at + 4, (uint32_t)strlen(d->preopen));
    return WASI_SUCCESS;
}

int wrt_wasi_fd_prestat_dir_name(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = preopen(c, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    size_t len = strlen(d->preopen);
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 1), wrt_wasi_arg(c, 2));
    if (!at) {
        return WASI_STOPPED;
    }
    if (wrt_wasi_arg(c, 2) < len) {
        return WASI_NAMETOOLONG;
    }
    memcpy(at, d->preopen, len);
    return WASI_SUCCESS;
}
