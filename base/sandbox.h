/* SPDX-License-Identifier: Apache-2.0
 *
 * A cell for a process that reads hostile bytes: from here on it may compute, write to the descriptors it has and end;
 * it cannot open, connect, execute, trace, signal or fork. Layers that do not need each other: rlimits, no new
 * privileges, not dumpable, no descriptors beyond those named, Landlock with nothing allowed, and a seccomp filter that
 * kills the process at any other system call. Whoever runs a module may be granted more, and names it: streams, and
 * the files beneath some folders. There is no way back. Linux; libc and kernel headers only. */
#pragma once

#include "base/base.h"
#include "base/err.h"

/* A folder, open, beneath which files may be opened, and unless it is read_only written, made and removed. Held by
 * Landlock; without it the calls that take names are not restricted to it. */
struct wp_sandbox_dir {
    int fd;
    bool read_only;
};
struct wp_sandbox_plan {    /* zero: nothing is granted */
    uint64_t address_space; /* bytes; 0: not limited */
    uint64_t cpu_seconds;   /* 0: not limited */
    bool threads;           /* may be started; else the process stays alone */
    bool shrinks;           /* it may give up more later: enter a further filter, of a plan that grants less */
    bool streams;           /* it may read and wait, and what it writes to may be a file that grows */
    const int *keep;        /* descriptors that stay beside the standard three */
    size_t keep_count;
    const struct wp_sandbox_dir *dirs; /* among keep; any: streams are meant, too */
    size_t dir_count;
};

struct wp_sandbox_state {
    unsigned landlock;                              /* ABI in use; 0: the kernel has none */
    bool seccomp;                                   /* the filter holds */
    const char *landlock_missing, *seccomp_missing; /* why, for messages; NULL: nothing is missing */
};

/* Enter, with one thread only. What every supported kernel has must work, or it is an error; Landlock and seccomp may
 * be missing, and *ret says so. */
int wp_sandbox_enter(const struct wp_sandbox_plan *plan, struct wp_sandbox_state *ret, struct wp_err *err) WP_MUST_USE;

/* ---- its layers ---- */

/* Close all descriptors but these and the standard three. */
void wp_sandbox_close(const int *keep, size_t count);
/* 0, or -1 with errno set. */
int wp_sandbox_filter(const struct wp_sandbox_plan *plan) WP_MUST_USE;
