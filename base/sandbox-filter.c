/* SPDX-License-Identifier: Apache-2.0
 *
 * The system calls of a process in the cell (seccomp(2), linux/seccomp.h): a list of what is allowed, everything else
 * kills. Sanitizers make calls of their own when they have something to say; under them the others fail with EPERM. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define OTHERWISE (WP_SANITIZED ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS)

#ifdef OUR_ARCH

/* Speculative store bypass stays as it is: the cell holds nothing that its inmate may not read, and older kernels make
 * every filtered process slower for it. */
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* How libc makes a thread. */
#define THREAD_FLAGS                                                                                   \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* Memory, waiting, time, writing, ending. Reading is not among them: what is to be read is mapped before. */
static const uint32_t always[] = {
    __NR_write,     __NR_mmap,          __NR_munmap,          __NR_mremap,         __NR_mprotect,
    __NR_madvise,   __NR_brk,           __NR_futex,           __NR_rt_sigprocmask, __NR_rt_sigreturn,
    __NR_getrandom, __NR_clock_gettime, __NR_clock_getres,    __NR_gettimeofday,   __NR_sched_yield,
    __NR_getpid,    __NR_gettid,        __NR_restart_syscall, __NR_exit,           __NR_exit_group,
};
static const uint32_t of_threads[] = {__NR_set_robust_list, __NR_rseq, __NR_rt_sigaction};
/* Reading and waiting, on descriptors that are there. */
static const uint32_t of_streams[] = {
    __NR_readv,
    __NR_writev,
    __NR_ppoll,
#ifdef __NR_poll
    __NR_poll,
#endif
};
/* Files by name, beneath folders that Landlock guards, and by descriptor. */
static const uint32_t of_files[] = {
    __NR_openat,     __NR_openat2, __NR_newfstatat, __NR_fstat,     __NR_getdents64, __NR_close,     __NR_lseek,
    __NR_preadv,     __NR_pwritev, __NR_fsync,      __NR_fdatasync, __NR_fallocate,  __NR_ftruncate, __NR_utimensat,
    __NR_readlinkat, __NR_mkdirat, __NR_unlinkat,   __NR_symlinkat, __NR_linkat,
#ifdef __NR_renameat
    __NR_renameat,
#endif
    __NR_renameat2,  __NR_pread64, __NR_pwrite64,
};
static const uint32_t fcntl_commands[] = {F_GETFL, F_SETFL};
static const uint32_t of_sanitizers[] = {__NR_sigaltstack, __NR_rt_sigaction, __NR_sched_getaffinity};

enum { ROOM = 256 };

struct program {
    struct sock_filter code[ROOM];
    unsigned short len;
};

static void add(struct program *p, uint16_t code, uint32_t k, unsigned yes, unsigned no)
{
    p->code[p->len++] = (struct sock_filter){.code = code, .jt = (uint8_t)yes, .jf = (uint8_t)no, .k = k};
}

static void load(struct program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void give(struct program *p, uint32_t answer)
{
    add(p, BPF_RET | BPF_K, answer, 0, 0);
}

/* The number is loaded; when it is this one, the answer. */
static void rule(struct program *p, uint32_t nr, uint32_t answer)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
    give(p, answer);
}

/* Offset of the lower half of an argument; both machines are little-endian. */
static size_t argument(unsigned i)
{
    return offsetof(struct seccomp_data, args) + 8 * (size_t)i;
}

/* nr is allowed only with the lower half of argument i equal to want. */
static void rule_equal(struct program *p, uint32_t nr, unsigned i, uint32_t want)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4);
    load(p, argument(i));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, want, 0, 1);
    give(p, SECCOMP_RET_ALLOW);
    give(p, OTHERWISE);
}

/* nr is allowed only with the lower half of argument i among these. */
static void rule_among(struct program *p, uint32_t nr, unsigned i, const uint32_t *want, unsigned n)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 2 * n + 2);
    load(p, argument(i));
    for (unsigned k = 0; k < n; k++) {
        rule(p, want[k], SECCOMP_RET_ALLOW);
    }
    give(p, OTHERWISE);
}

/* nr is refused when any of the bits is set in argument i; else the next rule decides, the number loaded again. */
static void refuse_bits(struct program *p, uint32_t nr, unsigned i, uint32_t bits)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4);
    load(p, argument(i));
    add(p, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    give(p, OTHERWISE);
    load(p, offsetof(struct seccomp_data, nr));
}

static void write_program(struct program *p, const struct wp_sandbox_plan *plan)
{
    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
    give(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    /* Numbers of x32 have this bit and match nothing below; said once, so that it stays true. */
    add(p, BPF_JMP | BPF_JSET | BPF_K, 0x40000000u, 0, 1);
    give(p, SECCOMP_RET_KILL_PROCESS);
    refuse_bits(p, __NR_mmap, 2, PROT_EXEC);
    refuse_bits(p, __NR_mprotect, 2, PROT_EXEC);
    for (size_t i = 0; i < WP_ARRAY_LEN(always); i++) {
        rule(p, always[i], SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; WP_SANITIZED && i < WP_ARRAY_LEN(of_sanitizers); i++) {
        rule(p, of_sanitizers[i], SECCOMP_RET_ALLOW);
    }
    /* An abort is told to this process only. */
    rule_equal(p, __NR_tgkill, 0, (uint32_t)getpid());
    for (size_t i = 0; plan->streams && i < WP_ARRAY_LEN(of_streams); i++) {
        rule(p, of_streams[i], SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; plan->dir_count > 0 && i < WP_ARRAY_LEN(of_files); i++) {
        rule(p, of_files[i], SECCOMP_RET_ALLOW);
    }
    if (plan->dir_count > 0) {
        rule_among(p, __NR_fcntl, 1, fcntl_commands, WP_ARRAY_LEN(fcntl_commands));
    }
    if (plan->threads) {
        for (size_t i = 0; i < WP_ARRAY_LEN(of_threads); i++) {
            rule(p, of_threads[i], SECCOMP_RET_ALLOW);
        }
        /* The flags of clone3 lie in memory, out of sight: without it libc falls back to clone. */
        rule(p, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
        rule_equal(p, __NR_clone, 0, THREAD_FLAGS);
        rule_equal(p, __NR_prctl, 0, PR_SET_NAME);
    }
    if (plan->shrinks) {
        rule_equal(p, __NR_seccomp, 0, SECCOMP_SET_MODE_FILTER);
    }
    give(p, OTHERWISE);
}

int wp_sandbox_filter(const struct wp_sandbox_plan *plan)
{
    struct program p = {.len = 0};
    write_program(&p, plan);
    const struct sock_fprog prog = {.len = p.len, .filter = p.code};
    if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog) == 0) {
        return 0;
    }
    if (errno != EINVAL) {
        return -1;
    }
    return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

#else

int wp_sandbox_filter(const struct wp_sandbox_plan *plan WP_UNUSED)
{
    errno = ENOTSUP; /* no list for this machine */
    return -1;
}

#endif
