/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded by tests/crash/run.py into programs under test. CRASH_NOSYNC=all|dirs|files: fsync and its kind say yes and
 * do nothing (for everything, folders or files), so that the harness can show that it sees what is missing then.
 * CRASH_SHORT=1: write and pwrite take at most half of what they are given. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int skipped(int fd)
{
    const char *what = getenv("CRASH_NOSYNC");
    struct stat st;
    if (what == NULL || fstat(fd, &st) < 0) {
        return 0;
    }
    return strcmp(what, "all") == 0 || (strcmp(what, "dirs") == 0 && S_ISDIR(st.st_mode)) ||
           (strcmp(what, "files") == 0 && S_ISREG(st.st_mode));
}

static size_t some(size_t len)
{
    return getenv("CRASH_SHORT") != NULL && len > 1 ? len / 2 : len;
}

int fsync(int fd)
{
    return skipped(fd) ? 0 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return skipped(fd) ? 0 : (int)syscall(SYS_fdatasync, fd);
}

int sync_file_range(int fd, off_t offset, off_t bytes, unsigned flags)
{
    return skipped(fd) ? 0 : (int)syscall(SYS_sync_file_range, fd, offset, bytes, flags);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    return syscall(SYS_write, fd, buf, some(len));
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    return syscall(SYS_pwrite64, fd, buf, some(len), offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off_t offset)
{
    return pwrite(fd, buf, len, offset);
}
