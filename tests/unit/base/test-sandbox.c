/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process in the cell cannot do, a row each: it is killed, or (under a sanitizer, or with the filter taken away)
 * the call is refused. And what the cell says when the kernel lacks one of its layers. */
#include "base/sandbox.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a process in the cell ended. */
enum { SUCCEEDED = 0, REFUSED = 1, NO_CELL = 2 };

static pid_t test_program;
static int port;

static long attack_open(void)
{
    return syscall(__NR_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}
static long attack_open_old(void)
{
#ifdef __NR_open
    return syscall(__NR_open, "/etc/passwd", O_RDONLY);
#else
    return attack_open();
#endif
}
static long attack_create(void)
{
    return syscall(__NR_openat, AT_FDCWD, "/tmp/wpack-cell", O_RDWR | O_CREAT, 0600);
}
static long attack_openat2(void)
{
    const uint64_t how[3] = {O_RDONLY, 0, 0};
    return syscall(__NR_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how));
}
static long attack_unlink(void)
{
    return syscall(__NR_unlinkat, AT_FDCWD, "/tmp/wpack-cell-none", 0);
}
static long attack_stat(void)
{
    char room[256];
    return syscall(__NR_statx, AT_FDCWD, "/etc/passwd", 0, 0x7ff, room);
}
static long attack_truncate(void)
{
    return syscall(__NR_ftruncate, STDERR_FILENO, 0);
}
static long attack_socket(void)
{
    return syscall(__NR_socket, AF_INET, SOCK_STREAM, 0);
}
static long attack_unix_socket(void)
{
    return syscall(__NR_socket, AF_UNIX, SOCK_STREAM, 0);
}
static long attack_connect(void)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return syscall(__NR_connect, STDERR_FILENO, &to, sizeof(to));
}
static long attack_execve(void)
{
    char *argv[] = {(char[]){"true"}, NULL};
    return syscall(__NR_execve, "/bin/true", argv, argv + 1);
}
static long attack_execveat(void)
{
    char *argv[] = {(char[]){"true"}, NULL};
    return syscall(__NR_execveat, AT_FDCWD, "/bin/true", argv, argv + 1, 0);
}
static long attack_ptrace(void)
{
    return syscall(__NR_ptrace, PTRACE_SEIZE, test_program, 0, 0);
}
static long attack_read_memory(void)
{
    return syscall(__NR_process_vm_readv, test_program, NULL, 0, NULL, 0, 0);
}
static long attack_fork(void)
{
    long pid = syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        _exit(0);
    }
    return pid;
}
static long attack_clone3(void)
{
    const uint64_t args[11] = {0, 0, 0, 0, SIGCHLD};
    long pid = syscall(__NR_clone3, args, sizeof(args));
    if (pid == 0) {
        _exit(0);
    }
    return pid;
}
static long attack_namespace(void)
{
    return syscall(__NR_unshare, CLONE_NEWUSER);
}
static long attack_clone_namespace(void)
{
    return syscall(__NR_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
}
static long attack_kill_parent(void)
{
    return syscall(__NR_kill, test_program, 0);
}
static long attack_tgkill_parent(void)
{
    return syscall(__NR_tgkill, test_program, test_program, 0);
}
static long attack_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -1 : 0;
}
static long attack_made_code(void)
{
    static uint8_t room[8192];
    void *page = (void *)(((uintptr_t)room + 4095) & ~(uintptr_t)4095);
    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static long attack_privileges(void)
{
    return syscall(__NR_setuid, 0);
}
static long attack_dumpable(void)
{
    return syscall(__NR_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static long attack_ioctl(void)
{
    return syscall(__NR_ioctl, STDERR_FILENO, 0x5412, "x"); /* TIOCSTI: typing for the user */
}
static long attack_limits(void)
{
    const struct rlimit more = {64, 64};
    return syscall(__NR_prlimit64, 0, RLIMIT_NOFILE, &more, NULL);
}
static long attack_mount(void)
{
    return syscall(__NR_mount, "none", "/mnt", "tmpfs", 0, NULL);
}
static long attack_keys(void)
{
    return syscall(__NR_add_key, "user", "x", "y", 1, -3);
}
static long attack_bpf(void)
{
    return syscall(__NR_bpf, 0, NULL, 0);
}
static long attack_ring(void)
{
    return syscall(__NR_io_uring_setup, 8, NULL);
}
static long attack_memory_file(void)
{
    return syscall(__NR_memfd_create, "x", 0);
}
static long attack_descriptor(void)
{
    return syscall(__NR_dup, STDERR_FILENO);
}
static long attack_inherited(void)
{
    return syscall(__NR_write, 3, "x", 1); /* was open in the parent */
}

static const struct attack {
    const char *name;
    long (*attempt)(void);
    bool without_filter; /* the other layers refuse it, too */
} attacks[] = {
    {"openat", attack_open, true},
    {"open", attack_open_old, true},
    {"openat to create", attack_create, true},
    {"openat2", attack_openat2, true},
    {"unlinkat", attack_unlink, true},
    {"statx", attack_stat, false},
    {"ftruncate", attack_truncate, false},
    {"socket", attack_socket, true},
    {"unix socket", attack_unix_socket, true},
    {"connect", attack_connect, true},
    {"execve", attack_execve, true},
    {"execveat", attack_execveat, true},
    {"ptrace", attack_ptrace, true},
    {"process_vm_readv", attack_read_memory, false},
    {"fork", attack_fork, false},
    {"clone3", attack_clone3, false},
    {"unshare", attack_namespace, false},
    {"clone with a namespace", attack_clone_namespace, false},
    {"kill of the parent", attack_kill_parent, true},
    {"tgkill of the parent", attack_tgkill_parent, true},
    {"mmap of code", attack_code, false},
    {"mprotect to code", attack_made_code, false},
    {"setuid", attack_privileges, false},
    {"prctl", attack_dumpable, false},
    {"ioctl", attack_ioctl, true},
    {"prlimit64", attack_limits, false},
    {"mount", attack_mount, true},
    {"add_key", attack_keys, false},
    {"bpf", attack_bpf, false},
    {"io_uring_setup", attack_ring, false},
    {"memfd_create", attack_memory_file, true},
    {"dup", attack_descriptor, true},
    {"write to an inherited descriptor", attack_inherited, true},
};

/* What the tests do in a process of its own; never returns to cmocka. */
typedef int(body_fn)(void *arg);

/* The wait status of body in a child. */
static int in_child(body_fn *body, void *arg)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(30); /* rather red than for ever */
        _exit(body(arg));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* A filter of the test's own that makes one system call fail, as an old kernel would. */
static int take_away(uint32_t nr, unsigned errnum)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnum),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog prog = {.len = WP_ARRAY_LEN(code), .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) != 0;
}

struct
try {
    const struct attack *attack;
    struct wp_sandbox_plan plan;
    bool without_filter;
};

static int run_attack(void *arg)
{
    const struct try *t = arg;
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    if (t->without_filter && take_away(__NR_seccomp, ENOSYS) != 0) {
        return NO_CELL;
    }
    if (wp_sandbox_enter(&t->plan, &state, &err) < 0 || state.seccomp == t->without_filter) {
        return NO_CELL;
    }
    return t->attack->attempt() >= 0 ? SUCCEEDED : REFUSED;
}

static void check_denied(struct try *t)
{
    int status = in_child(run_attack, t);
    bool killed = WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGXFSZ);
    bool refused = WIFEXITED(status) && WEXITSTATUS(status) == REFUSED;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_CELL) {
        fail_msg("%s: there was no cell", t->attack->name);
    }
    /* Writing is allowed; what was open is not there any more. */
    bool enough = WP_SANITIZED || t->without_filter || t->attack->attempt == attack_inherited;
    if (!killed && !(refused && enough)) {
        fail_msg("%s: status 0x%x", t->attack->name, status);
    }
}

/* Streams are no names: what may read and wait may not do anything else more. */
static void test_attacks_with_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(attacks); i++) {
        struct try t = {.attack = &attacks[i], .plan = {.cpu_seconds = 5, .streams = true}};
        check_denied(&t);
    }
}

static void test_attacks_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(attacks); i++) {
        struct try t = {.attack = &attacks[i], .plan = {.cpu_seconds = 5}};
        check_denied(&t);
    }
}

/* Where threads may be started, clone3 is not there, so that libc takes clone, whose flags can be seen. */
static void test_attacks_with_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(attacks); i++) {
        struct try t = {.attack = &attacks[i], .plan = {.threads = true}};
        if (attacks[i].attempt == attack_clone3) {
            int status = in_child(run_attack, &t);
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), REFUSED);
        } else {
            check_denied(&t);
        }
    }
}

static unsigned landlock_abi(void)
{
    long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, 1);
    return abi > 0 ? (unsigned)abi : 0;
}

/* What rlimits, closed descriptors and Landlock refuse when there is no filter. */
static void test_attacks_without_filter(void **state)
{
    (void)state;
    if (landlock_abi() < 6) {
        print_message("SKIP: this kernel's Landlock is older than ABI 6\n");
        skip();
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(attacks); i++) {
        if (attacks[i].without_filter) {
            struct try t = {.attack = &attacks[i], .without_filter = true};
            check_denied(&t);
        }
    }
}

static void *add_one(void *arg)
{
    pthread_setname_np(pthread_self(), "worker");
    ++*(int *)arg;
    return NULL;
}

/* ---- folders ---- */

/* A folder with a file in it, granted. */
struct grant {
    bool read_only;
    int fd;
};

static int run_in_folder(void *arg)
{
    const struct grant *g = arg;
    const struct wp_sandbox_dir dir = {g->fd, g->read_only};
    const struct wp_sandbox_plan plan = {
        .streams = true, .keep = &g->fd, .keep_count = 1, .dirs = &dir, .dir_count = 1};
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    if (wp_sandbox_enter(&plan, &state, &err) < 0) {
        return 10;
    }
    int file = openat(g->fd, "file", O_RDONLY);
    if (file < 0 || lseek(file, 0, SEEK_END) != 5 || close(file) != 0) {
        return 11;
    }
    int made = openat(g->fd, "new", O_RDWR | O_CREAT, 0600);
    if ((made >= 0) == g->read_only || (made < 0 && errno != EACCES)) {
        return 12;
    }
    if (made >= 0 &&
        (unlinkat(g->fd, "new", 0) != 0 || mkdirat(g->fd, "d", 0700) != 0 || unlinkat(g->fd, "d", AT_REMOVEDIR) != 0)) {
        return 13;
    }
    if (g->read_only && (unlinkat(g->fd, "file", 0) == 0 || mkdirat(g->fd, "d", 0700) == 0)) {
        return 14;
    }
    /* Outside, by every way that names know. */
    static const char *const outside[] = {"/etc/passwd", "../../etc/passwd", "/proc/self/environ", "link"};
    for (size_t i = 0; i < WP_ARRAY_LEN(outside); i++) {
        if (openat(g->fd, outside[i], O_RDONLY) >= 0 || openat(AT_FDCWD, outside[i], O_RDONLY) >= 0) {
            return 15;
        }
    }
    return openat(AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY) < 0 ? 0 : 16;
}

static void test_folders(void **state)
{
    (void)state;
    if (landlock_abi() == 0) {
        print_message("SKIP: this kernel has no Landlock\n");
        skip();
    }
    char path[] = "/tmp/wpack-cell-XXXXXX";
    assert_non_null(mkdtemp(path));
    struct grant g = {.fd = open(path, O_RDONLY | O_DIRECTORY)};
    int file = openat(g.fd, "file", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(file, "12345", 5), 5);
    close(file);
    assert_int_equal(symlinkat("/etc/passwd", g.fd, "link"), 0);
    assert_int_equal(in_child(run_in_folder, &g), 0);
    g.read_only = true;
    assert_int_equal(in_child(run_in_folder, &g), 0);
    unlinkat(g.fd, "file", 0);
    unlinkat(g.fd, "link", 0);
    close(g.fd);
    rmdir(path);
}

/* What a granted folder does not grant. Names outside are refused, everything else kills. */
static void test_attacks_with_a_folder(void **state)
{
    (void)state;
    if (landlock_abi() < 3) {
        print_message("SKIP: this kernel's Landlock is older than ABI 3\n");
        skip();
    }
    int fd = open("/usr/share", O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    const struct wp_sandbox_dir dir = {fd, true};
    for (size_t i = 0; i < WP_ARRAY_LEN(attacks); i++) {
        struct try t = {.attack = &attacks[i],
                        .plan = {.streams = true, .keep = &fd, .keep_count = 1, .dirs = &dir, .dir_count = 1}};
        if (attacks[i].attempt == attack_truncate || attacks[i].attempt == attack_inherited) {
            continue; /* of a descriptor that is there: may be done */
        }
        int status = in_child(run_attack, &t);
        if (WIFEXITED(status) && WEXITSTATUS(status) != REFUSED) {
            fail_msg("%s: status 0x%x", attacks[i].name, status);
        }
    }
    close(fd);
}

/* A further filter takes away what the first one let through. */
static int run_shrink(void *arg WP_UNUSED)
{
    struct wp_sandbox_plan plan = {.threads = true, .shrinks = true};
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    pthread_t thread;
    int n = 0;
    if (wp_sandbox_enter(&plan, &state, &err) < 0 || pthread_create(&thread, NULL, add_one, &n) != 0) {
        return 10;
    }
    pthread_join(thread, NULL);
    plan = (struct wp_sandbox_plan){0};
    if (wp_sandbox_filter(&plan) != 0) {
        return 11;
    }
    return pthread_create(&thread, NULL, add_one, &n) == 0 ? 12 : 13;
}

static void test_shrinking(void **state)
{
    (void)state;
    int status = in_child(run_shrink, NULL);
    if (WP_SANITIZED) {
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 13);
    } else {
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    }
}

struct missing {
    uint32_t nr;
    unsigned errnum;
    bool landlock, seccomp;
    const char *words;
};

static int run_missing(void *arg)
{
    const struct missing *m = arg;
    const struct wp_sandbox_plan plan = {0};
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    if (m->nr != 0 && take_away(m->nr, m->errnum) != 0) {
        return 10;
    }
    if (wp_sandbox_enter(&plan, &state, &err) < 0) {
        return 11;
    }
    const char *why = m->landlock ? state.seccomp_missing : state.landlock_missing;
    bool as_told = (state.landlock > 0) == m->landlock && state.seccomp == m->seccomp &&
                   (state.landlock_missing == NULL) == m->landlock && (state.seccomp_missing == NULL) == m->seccomp;
    if (!as_told) {
        return 12;
    }
    return (why == NULL) == (m->words == NULL) && (why == NULL || strcmp(why, m->words) == 0) ? 0 : 13;
}

static void test_missing_layers_are_told(void **state)
{
    (void)state;
    if (landlock_abi() == 0) {
        print_message("SKIP: this kernel has no Landlock\n");
        skip();
    }
    struct missing rows[] = {
        {0, 0, true, true, NULL},
        {__NR_landlock_create_ruleset, ENOSYS, false, true, "Function not implemented"},
        {__NR_landlock_create_ruleset, EOPNOTSUPP, false, true, "Operation not supported"},
        {__NR_landlock_restrict_self, E2BIG, false, true, "Argument list too long"},
        {__NR_seccomp, ENOSYS, true, false, "Function not implemented"},
        {__NR_seccomp, EINVAL, true, false, "Invalid argument"},
        {__NR_close_range, ENOSYS, true, true, NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        int status = in_child(run_missing, &rows[i]);
        if (status != 0) {
            fail_msg("row %zu: status 0x%x", i, status);
        }
    }
}

/* ---- what must still work ---- */

static int run_work(void *arg)
{
    const struct wp_sandbox_plan *plan = arg;
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    if (wp_sandbox_enter(plan, &state, &err) < 0) {
        return 10;
    }
    size_t size = 1;
    char *room = NULL;
    for (; size <= (size_t)32 << 20; size *= 2) {
        char *more = realloc(room, size);
        if (more == NULL) {
            return 11;
        }
        room = more;
        room[size - 1] = 1;
    }
    free(room);
    int sum = 0;
    for (int i = 0; plan->threads && i < 8; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, add_one, &sum) != 0) {
            return 12;
        }
        pthread_join(thread, NULL);
    }
    return sum == (plan->threads ? 8 : 0) && write(STDERR_FILENO, "", 0) == 0 ? 0 : 13;
}

static void test_work_goes_on(void **state)
{
    (void)state;
    struct wp_sandbox_plan alone = {.address_space = WP_SANITIZED ? 0 : UINT64_C(1) << 30, .cpu_seconds = 60};
    struct wp_sandbox_plan threads = {.address_space = WP_SANITIZED ? 0 : UINT64_C(4) << 30, .threads = true};
    assert_int_equal(in_child(run_work, &alone), 0);
    assert_int_equal(in_child(run_work, &threads), 0);
}

static int run_abort(void *arg)
{
    const struct wp_sandbox_plan plan = {0};
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    (void)arg;
    if (wp_sandbox_enter(&plan, &state, &err) < 0) {
        return 10;
    }
    abort();
}

/* A failed check of libc is seen as what it is. */
static void test_abort_is_an_abort(void **state)
{
    (void)state;
    int status = in_child(run_abort, NULL);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static int run_spin(void *arg)
{
    const struct wp_sandbox_plan plan = {.cpu_seconds = 1};
    struct wp_sandbox_state state;
    struct wp_err err = {0};
    (void)arg;
    if (wp_sandbox_enter(&plan, &state, &err) < 0) {
        return 10;
    }
    for (volatile unsigned n = 0;; n++) {
    }
}

static void test_time_is_limited(void **state)
{
    (void)state;
    int status = in_child(run_spin, NULL);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXCPU);
}

static int listen_somewhere(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        return -1;
    }
    port = ntohs(at.sin_port);
    test_program = getpid();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attacks_alone),
        cmocka_unit_test(test_attacks_with_streams),
        cmocka_unit_test(test_attacks_with_a_folder),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_shrinking),
        cmocka_unit_test(test_attacks_with_threads),
        cmocka_unit_test(test_attacks_without_filter),
        cmocka_unit_test(test_missing_layers_are_told),
        cmocka_unit_test(test_work_goes_on),
        cmocka_unit_test(test_abort_is_an_abort),
        cmocka_unit_test(test_time_is_limited),
    };
    return cmocka_run_group_tests(tests, listen_somewhere, NULL);
}
