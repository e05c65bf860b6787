/* SPDX-License-Identifier: Apache-2.0
 *
 * Entering the cell, from the outer layers to the innermost: the filter comes last because it forbids the rest. */
#include "base/sandbox.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STANDARD = 3, OPEN_FILES = 1024 }; /* descriptors that stay; that who uses files may have open */

/* linux/landlock.h of the build machine may be older than the kernel: its numbers, which never change. */
struct landlock_attr {
    uint64_t fs, net, scoped;
};
#define LANDLOCK_ASK_VERSION 1u
#define FS_ABI_1             UINT64_C(0x1fff)    /* execute, read, write, make, remove: all kinds */
#define FS_ABI_2             (UINT64_C(1) << 13) /* refer */
#define FS_ABI_3             (UINT64_C(1) << 14) /* truncate */
#define FS_ABI_5             (UINT64_C(1) << 15) /* ioctl on devices */
#define NET_ABI_4            UINT64_C(3)         /* bind and connect TCP */
#define SCOPED_ABI_6         UINT64_C(3)         /* abstract unix sockets, signals */
#define FS_READ              UINT64_C(0xc)       /* files, folders */
/* Files, folders and links may be written, made and removed; never executed; no devices, sockets or pipes. */
#define FS_WRITE (UINT64_C(0x11b2) | FS_ABI_2 | FS_ABI_3)

struct landlock_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));
#define LANDLOCK_BENEATH 1

static int landlock_allow(int ruleset, uint64_t handled, const struct wp_sandbox_dir *dir)
{
    const struct landlock_beneath rule = {
        .allowed = (dir->read_only ? FS_READ : FS_READ | FS_WRITE) & handled,
        .parent = dir->fd,
    };
    return (int)syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_BENEATH, &rule, 0);
}

/* Nothing in the file system (but those folders), the network or other processes: -1 with errno set where the kernel
 * has no Landlock. */
static int landlock_enter(const struct wp_sandbox_plan *plan, unsigned *ret_abi)
{
    long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
    if (abi <= 0) {
        return -1;
    }
    const struct landlock_attr attr = {
        .fs = FS_ABI_1 | (abi >= 2 ? FS_ABI_2 : 0) | (abi >= 3 ? FS_ABI_3 : 0) | (abi >= 5 ? FS_ABI_5 : 0),
        .net = abi >= 4 ? NET_ABI_4 : 0,
        .scoped = abi >= 6 ? SCOPED_ABI_6 : 0,
    };
    /* A kernel that knows fewer members takes the longer form where the rest is zero. */
    int fd = (int)syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (fd < 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; i < plan->dir_count && rc == 0; i++) {
        rc = landlock_allow(fd, attr.fs, &plan->dirs[i]);
    }
    rc = rc == 0 ? (int)syscall(__NR_landlock_restrict_self, fd, 0) : rc;
    int errnum = errno;
    close(fd);
    errno = errnum;
    *ret_abi = rc == 0 ? (unsigned)abi : 0;
    return rc;
}

static int limit(__rlimit_resource_t what, uint64_t soft, uint64_t hard, const char *name, struct wp_err *err)
{
    struct rlimit now;
    if (getrlimit(what, &now) != 0) {
        return wp_fail_errno(err, errno, "cannot read the limit of %s", name);
    }
    /* Limits of the surroundings are never raised. */
    const struct rlimit set = {.rlim_cur = WP_MIN((rlim_t)soft, now.rlim_max),
                               .rlim_max = WP_MIN((rlim_t)hard, now.rlim_max)};
    return setrlimit(what, &set) == 0 ? 0 : wp_fail_errno(err, errno, "cannot limit %s", name);
}

static int set_limits(const struct wp_sandbox_plan *plan, struct wp_err *err)
{
    uint64_t cpu = plan->cpu_seconds;
    uint64_t files = STANDARD;
    for (size_t i = 0; i < plan->keep_count; i++) {
        files = WP_MAX(files, (uint64_t)plan->keep[i] + 1);
    }
    files += plan->dir_count > 0 ? OPEN_FILES : 0;
    if (limit(RLIMIT_CORE, 0, 0, "core files", err) < 0 || limit(RLIMIT_NOFILE, files, files, "descriptors", err) < 0) {
        return -1;
    }
    if (!plan->streams && limit(RLIMIT_FSIZE, 0, 0, "file size", err) < 0) {
        return -1;
    }
    if (cpu > 0 && limit(RLIMIT_CPU, cpu, cpu + 1, "CPU time", err) < 0) {
        return -1;
    }
    if (plan->address_space > 0 && limit(RLIMIT_AS, plan->address_space, plan->address_space, "memory", err) < 0) {
        return -1;
    }
    /* Threads count as processes of the user, whose other ones are none of our business. */
    return plan->threads ? 0 : limit(RLIMIT_NPROC, 0, 0, "processes", err);
}

static void close_range_of(unsigned first, unsigned last)
{
    if (first > last || syscall(__NR_close_range, first, last, 0) == 0) {
        return;
    }
    struct rlimit l;
    unsigned end = getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_max < 65536 ? (unsigned)l.rlim_max : 65536;
    for (unsigned fd = first; fd <= last && fd < end; fd++) {
        close((int)fd);
    }
}

void wp_sandbox_close(const int *keep, size_t count)
{
    unsigned first = STANDARD;
    for (;;) {
        unsigned next = ~0u; /* the lowest that is kept from there on */
        for (size_t i = 0; i < count; i++) {
            unsigned fd = (unsigned)keep[i];
            next = fd >= first && fd < next ? fd : next;
        }
        if (next == ~0u) {
            close_range_of(first, ~0u);
            return;
        }
        if (next > first) {
            close_range_of(first, next - 1);
        }
        first = next + 1;
    }
}

int wp_sandbox_enter(const struct wp_sandbox_plan *plan, struct wp_sandbox_state *ret, struct wp_err *err)
{
    *ret = (struct wp_sandbox_state){0};
    wp_sandbox_close(plan->keep, plan->keep_count);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return wp_fail_errno(err, errno, "cannot give up privileges");
    }
    if (landlock_enter(plan, &ret->landlock) != 0) {
        ret->landlock_missing = strerrordesc_np(errno);
    }
    if (set_limits(plan, err) < 0) {
        return -1;
    }
    ret->seccomp = wp_sandbox_filter(plan) == 0;
    if (!ret->seccomp) {
        ret->seccomp_missing = strerrordesc_np(errno);
    }
    return 0;
}
