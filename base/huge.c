/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of a key derivation in huge pages. scrypt fills 64 MiB and more before it answers; libsodium maps them by
 * itself, ready to use (MAP_POPULATE), and in pages of 4 KiB the kernel takes a fifth of the whole time for that. There
 * is no way to hand it other memory, so the program's own mmap stands before libc's, as an allocator's malloc does:
 * what is mapped so, and large, is put on huge pages where the system has left that to programs (transparent_hugepage:
 * madvise). Every other call goes to the kernel as it is. */
#include "base/base.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The sanitizers have one of their own; elsewhere the system call counts pages, not bytes. */
#if !WP_SANITIZED && (defined(__x86_64__) || defined(__aarch64__))

static bool wants_huge(const void *at, size_t len, int flags)
{
    const int filled = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    const size_t from = (size_t)16 << 20;
    return at == NULL && len >= from && (flags & filled) == filled;
}

/* The header's names are reserved ones. NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
__attribute__((visibility("default"))) void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
    bool huge = wants_huge(at, len, flags);
    void *got = (void *)syscall(SYS_mmap, at, len, prot, huge ? flags & ~MAP_POPULATE : flags, fd, offset);
    if (huge && got != MAP_FAILED) {
        (void)madvise(got, len, MADV_HUGEPAGE);
        (void)madvise(got, len, MADV_POPULATE_WRITE); /* Linux 5.14; elsewhere page by page as they are touched */
    }
    return got;
}

#endif
