/* SPDX-License-Identifier: Apache-2.0
 *
 * Entering the cell, from the outer layers to the innermost: the filter comes last because it forbids the rest. */
#include "base/sandbox.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STANDARD = 3 }; /* descriptors that stay */

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

/* Nothing in the file system, the network or other processes: -1 with errno set where the kernel has no Landlock. */
static int landlock_nothing(unsigned *ret_abi)
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
    int rc = (int)syscall(__NR_landlock_restrict_self, fd, 0);
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
    if (limit(RLIMIT_CORE, 0, 0, "core files", err) < 0 || limit(RLIMIT_FSIZE, 0, 0, "file size", err) < 0 ||
        limit(RLIMIT_NOFILE, STANDARD, STANDARD, "descriptors", err) < 0) {
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

static void close_others(void)
{
    if (syscall(__NR_close_range, STANDARD, ~0u, 0) == 0) {
        return;
    }
    struct rlimit l;
    int end = getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_max < 65536 ? (int)l.rlim_max : 65536;
    for (int fd = STANDARD; fd < end; fd++) {
        close(fd);
    }
}

int wp_sandbox_enter(const struct wp_sandbox_plan *plan, struct wp_sandbox_state *ret, struct wp_err *err)
{
    *ret = (struct wp_sandbox_state){0};
    close_others();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return wp_fail_errno(err, errno, "cannot give up privileges");
    }
    if (landlock_nothing(&ret->landlock) != 0) {
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
