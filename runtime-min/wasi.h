/* SPDX-License-Identifier: Apache-2.0
 *
 * WASI preview 1 for modules that run in a store: the 46 functions of wasi_snapshot_preview1 (witx, snapshot 1; the
 * older name wasi_unstable is answered where the shapes are equal). Nothing of the machine is visible but what the
 * options give: no folder, no variable, no descriptor, no network. The world may be virtual (fixed clock, seeded
 * random, streams in memory): the same run then gives the same bytes.
 *
 * A path is resolved beneath the folder it starts from, whatever others do to the tree meanwhile: openat2 with
 * RESOLVE_BENEATH, or, where the kernel has none, component by component without following links that lead out. A
 * pointer that leads out of the guest's memory is a trap (WRT_STOP_MEMORY_BOUNDS). Bytes moved cost fuel, one
 * instruction for 64 of them.
 *
 * What the process around has to do: ignore SIGPIPE and SIGXFSZ, so that a closed pipe or a file size limit is an errno
 * for the guest. A filter of system calls has to let through, beside what memory takes (mmap, munmap, mremap, brk):
 * in wrt_wasi_new  newfstatat, ioctl (TCGETS), clock_gettime, openat2 (may fail with ENOSYS or EPERM)
 * always           clock_gettime, clock_getres, getrandom, readv, writev, poll, ppoll
 * with folders     openat2, openat, close, newfstatat, getdents64, lseek, preadv, pwritev, fcntl (F_GETFL, F_SETFL),
 *                  fsync, fdatasync, fallocate, ftruncate, utimensat, readlinkat, mkdirat, unlinkat, symlinkat,
 *                  linkat, renameat; of other architectures fstat, pread, ppoll under the names they have there */
#pragma once

#include "runtime-min/run.h"

struct wrt_wasi;

struct wrt_wasi_dir {
    const char *guest; /* name the guest sees: "/" or "/data" */
    int fd;            /* the folder, O_DIRECTORY; borrowed */
    bool read_only;
};
struct wrt_wasi_options {    /* zero: nothing at all */
    const char *const *args; /* the first is the program's name */
    size_t arg_count;
    const char *const *env; /* NAME=VALUE */
    size_t env_count;
    const struct wrt_wasi_dir *dirs; /* descriptors 3, 4, … of the guest */
    size_t dir_count;

    bool own_stdio;       /* streams are the process's descriptors 0, 1, 2; else memory, below */
    struct wp_span input; /* what the guest reads from 0 */
    uint64_t output_max;  /* bytes of 1 and 2 together, also of own_stdio; beyond: WRT_STOP_OUTPUT. 0: no limit of
                             own_stdio, 16 MiB of memory */

    bool virtual_clock; /* realtime and monotonic begin at clock_ns and go on by 1 us at each look; sleeping moves them
                         */
    uint64_t clock_ns;
    bool seeded; /* random_get gives a stream made from seed */
    uint64_t seed;
};

/* s must not have another one. args, env and dirs are copied but for the folders' descriptors, which like the bytes of
 * input have to stay. To be freed by the caller, no call of the store under way; its functions must not be called
 * after it. */
int wrt_wasi_new(struct wrt_store *s, const struct wrt_wasi_options *o, WP_OWN struct wrt_wasi **ret,
                 struct wp_err *err) WP_MUST_USE;
void wrt_wasi_free(WP_OWN struct wrt_wasi *w);
/* An import of a WASI module: 1 and the function, 0 when it is not WASI's (or WASI has no such function). */
int wrt_wasi_import(struct wrt_wasi *w, const struct wrt_import *import, struct wrt_value *ret,
                    struct wp_err *err) WP_MUST_USE;
/* What the guest wrote to 1 and 2; memory streams only. Borrowed. */
struct wp_span wrt_wasi_output(const struct wrt_wasi *w, int stream);
