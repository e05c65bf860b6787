/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done to an open file beside moving its bytes: place, room, durability. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A file of the host, not a stream. */
static int file(struct wrt_wasi_call *c, uint64_t rights, int no_file, struct wrt_wasi_desc **ret)
{
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_FILE, 0, ret);
    if (code == WASI_SUCCESS && (*ret)->kind != WASI_FILE) {
        return no_file;
    }
    return code != WASI_SUCCESS ? code : wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_FILE, rights, ret);
}

static int seek(struct wrt_wasi_call *c, uint64_t rights, int64_t offset, int whence, uint32_t ret_at)
{
    uint8_t *ret = wrt_wasi_at(c, ret_at, 8);
    struct wrt_wasi_desc *d = NULL;
    if (!ret) {
        return WASI_STOPPED;
    }
    int code = file(c, rights, WASI_SPIPE, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    off_t at = lseek(d->host, offset, whence);
    if (at < 0) {
        return wrt_wasi_errno(errno);
    }
    wrt_wasi_put64(ret, (uint64_t)at);
    return WASI_SUCCESS;
}

int wrt_wasi_fd_seek(struct wrt_wasi_call *c)
{
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END}, unstable[] = {SEEK_CUR, SEEK_END, SEEK_SET};
    uint32_t whence = wrt_wasi_arg(c, 2);
    int64_t offset = (int64_t)c->slots[1];
    if (whence > 2) {
        return WASI_INVAL;
    }
    int by = c->unstable ? unstable[whence] : whences[whence];
    uint64_t rights = by == SEEK_CUR && offset == 0 ? WASI_FD_TELL : WASI_FD_SEEK | WASI_FD_TELL;
    return seek(c, rights, offset, by, wrt_wasi_arg(c, 3));
}

int wrt_wasi_fd_tell(struct wrt_wasi_call *c)
{
    return seek(c, WASI_FD_TELL, 0, SEEK_CUR, wrt_wasi_arg(c, 1));
}

static int sync_by(struct wrt_wasi_call *c, int (*call)(int), uint64_t right)
{
    struct wrt_wasi_desc *d = NULL;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, right, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    return call(d->host) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
}

int wrt_wasi_fd_sync(struct wrt_wasi_call *c)
{
    return sync_by(c, fsync, WASI_FD_SYNC);
}

int wrt_wasi_fd_datasync(struct wrt_wasi_call *c)
{
    return sync_by(c, fdatasync, WASI_FD_DATASYNC);
}

int wrt_wasi_fd_advise(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = file(c, WASI_FD_ADVISE, WASI_SPIPE, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    /* normal .. noreuse: an advice changes nothing that could be seen, so that none is given */
    return c->slots[1] > INT64_MAX || c->slots[2] > INT64_MAX || wrt_wasi_arg(c, 3) > 5 ? WASI_INVAL : WASI_SUCCESS;
}

int wrt_wasi_fd_allocate(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = file(c, WASI_FD_ALLOCATE, WASI_SPIPE, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (c->slots[1] > INT64_MAX || c->slots[2] > INT64_MAX || c->slots[2] == 0) {
        return WASI_INVAL;
    }
    if (fallocate(d->host, 0, (off_t)c->slots[1], (off_t)c->slots[2]) != 0) {
        return wrt_wasi_errno(errno);
    }
    wrt_wasi_charge(c, c->slots[2]); /* as if they were written */
    return WASI_SUCCESS;
}

int wrt_wasi_fd_filestat_set_size(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = file(c, WASI_FD_FILESTAT_SET_SIZE, WASI_INVAL, &d);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (c->slots[1] > INT64_MAX) {
        return WASI_INVAL;
    }
    return ftruncate(d->host, (off_t)c->slots[1]) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
}
