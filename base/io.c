/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers and sources over memory and files (base/io.h). Every reader here repeats its failure at each later call. */
#include "base/io.h"

#include "base/fs.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

#define READ_CHUNK ((size_t)64 * 1024)

ssize_t wp_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    return r->read(r, buf, len, err);
}

void wp_reader_close(struct wp_reader *r)
{
    if (r != NULL) {
        r->close(r);
    }
}

void wp_reader_close_p(struct wp_reader **r)
{
    wp_reader_close(*r);
    *r = NULL;
}

struct mem_reader {
    struct wp_reader base;
    struct wp_span rest;
};

static ssize_t mem_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err WP_UNUSED)
{
    struct mem_reader *m = WP_DOWNCAST(struct mem_reader, r);
    size_t n = WP_MIN(len, m->rest.len);
    if (n == 0) {
        return 0;
    }
    memcpy(buf, m->rest.ptr, n);
    m->rest = wp_span(m->rest.ptr + n, m->rest.len - n);
    return (ssize_t)n;
}

static void mem_close(struct wp_reader *r)
{
    free(r);
}

struct wp_reader *wp_reader_mem(struct wp_span bytes)
{
    struct mem_reader *m = wp_xcalloc(1, sizeof(*m));
    m->base = (struct wp_reader){.read = mem_read, .close = mem_close};
    m->rest = bytes;
    return &m->base;
}

struct fd_reader {
    struct wp_reader base;
    int fd;
    int errnum; /* of the failure to repeat, or 0 */
    char *name;
};

static ssize_t fd_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct fd_reader *f = WP_DOWNCAST(struct fd_reader, r);
    ssize_t n = -1;
    if (f->errnum == 0) {
        do {
            n = read(f->fd, buf, len);
        } while (n < 0 && errno == EINTR);
        if (n >= 0) {
            return n;
        }
        f->errnum = errno;
    }
    return wp_fs_fail(err, f->errnum, "cannot read '%s'", f->name);
}

static void fd_close(struct wp_reader *r)
{
    struct fd_reader *f = WP_DOWNCAST(struct fd_reader, r);
    close(f->fd);
    free(f->name);
    free(f);
}

struct wp_reader *wp_reader_fd(int fd, const char *name)
{
    struct fd_reader *f = wp_xcalloc(1, sizeof(*f));
    f->base = (struct wp_reader){.read = fd_read, .close = fd_close};
    f->fd = fd;
    f->name = wp_xstrdup(name);
    return &f->base;
}

int wp_read_all(struct wp_reader *r, struct wp_buf *b, uint64_t limit, const char *what, struct wp_err *err)
{
    uint64_t got = 0;
    for (;;) {
        /* One byte more than allowed is asked for: it tells too large from exactly as large. */
        uint64_t room = limit - got;
        size_t want = room >= READ_CHUNK ? READ_CHUNK : (size_t)room + 1;
        wp_buf_reserve(b, want);
        ssize_t n = wp_read(r, b->ptr + b->len, want, err);
        if (n <= 0) {
            b->ptr[b->len] = '\0';
            return n < 0 ? -1 : 0;
        }
        if ((uint64_t)n > room) {
            b->ptr[b->len] = '\0';
            return wp_fail(err, WP_E_LIMIT, "%s is larger than %" PRIu64 " bytes", what, limit);
        }
        b->len += (size_t)n;
        got += (uint64_t)n;
    }
}

int wp_read_drain(struct wp_reader *r, struct wp_err *err)
{
    WP_AUTO_FREE uint8_t *waste = wp_xmalloc(READ_CHUNK);
    ssize_t n = 0;
    do {
        n = wp_read(r, waste, READ_CHUNK, err);
    } while (n > 0);
    return n < 0 ? -1 : 0;
}

int wp_write_all(int fd, const void *bytes, size_t len, const char *name, struct wp_err *err)
{
    const uint8_t *p = bytes;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
            continue;
        }
        int errnum = n == 0 ? EIO : errno;
        if (errnum == EAGAIN) {
            /* Somebody else's non-blocking pipe, handed to us as standard output. */
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            (void)poll(&wait, 1, -1);
        } else if (errnum != EINTR) {
            return wp_fs_fail(err, errnum, "cannot write '%s'", name);
        }
    }
    return 0;
}

static int mem_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    const struct wp_source_mem *m = WP_DOWNCAST(struct wp_source_mem, src);
    if (offset > m->bytes.len) {
        return wp_fail(err, WP_E_OTHER, "cannot start at byte %" PRIu64 " of %zu", offset, m->bytes.len);
    }
    *ret = wp_reader_mem(wp_span(m->bytes.ptr + offset, m->bytes.len - (size_t)offset));
    return 0;
}

struct wp_source_mem wp_source_mem(struct wp_span bytes)
{
    return (struct wp_source_mem){
        .base = {.open = mem_open},
        .bytes = {.ptr = bytes.ptr != NULL ? bytes.ptr : (const uint8_t *)"", .len = bytes.len},
    };
}

static int file_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    const struct wp_source_file *f = WP_DOWNCAST(struct wp_source_file, src);
    uint64_t size = 0;
    WP_AUTO_FD int fd = wp_fs_open_file(f->path, &size, err);
    if (fd < 0) {
        return -1;
    }
    if (offset > size) {
        return wp_fail(err, WP_E_IO, "cannot start at byte %" PRIu64 " of '%s', which has %" PRIu64, offset, f->path,
                       size);
    }
    if (offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        return wp_fs_fail(err, errno, "cannot read '%s'", f->path);
    }
    *ret = wp_reader_fd(wp_steal_fd(&fd), f->path);
    return 0;
}

struct wp_source_file wp_source_file(const char *path)
{
    return (struct wp_source_file){.base = {.open = file_open}, .path = path};
}
