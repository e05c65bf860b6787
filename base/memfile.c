/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealed memory and mapped files (base/memfile.h). */
#include "base/memfile.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

static int fill(int fd, struct wp_reader *r, uint64_t limit, const char *what, uint64_t *ret_size, struct wp_err *err)
{
    WP_AUTO_FREE uint8_t *chunk = wp_xmalloc(CHUNK);
    uint64_t got = 0;
    for (;;) {
        ssize_t n = wp_read(r, chunk, CHUNK, err);
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            *ret_size = got;
            return 0;
        }
        if ((uint64_t)n > limit - got) {
            return wp_fail(err, WP_E_LIMIT, "%s is larger than %" PRIu64 " bytes", what, limit);
        }
        if (wp_write_all(fd, chunk, (size_t)n, what, err) < 0) {
            return -1;
        }
        got += (uint64_t)n;
    }
}

int wp_memfile_read(struct wp_reader *r, uint64_t limit, const char *what, int *ret_fd, uint64_t *ret_size,
                    struct wp_err *err)
{
    WP_AUTO_FD int fd = memfd_create("wpack", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return wp_fail_errno(err, errno, "cannot hold %s in memory", what);
    }
    if (fill(fd, r, limit, what, ret_size, err) < 0) {
        return -1;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return wp_fail_errno(err, errno, "cannot seal %s in memory", what);
    }
    *ret_fd = wp_steal_fd(&fd);
    return 0;
}

int wp_map(int fd, uint64_t size, struct wp_span *ret, struct wp_err *err)
{
    if (size == 0) {
        *ret = wp_span("", 0);
        return 0;
    }
    void *at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) {
        return wp_fail_errno(err, errno, "cannot map %" PRIu64 " bytes", size);
    }
    *ret = wp_span(at, (size_t)size);
    return 0;
}

void wp_unmap(struct wp_span *bytes)
{
    if (bytes->len > 0) {
        munmap((void *)(uintptr_t)bytes->ptr, bytes->len);
    }
    *bytes = (struct wp_span){0};
}
