/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting a child, by execution (posix_spawn: no copy of this process's memory) or as a copy, and taking its answer.
 */
#include "cmd/child.h"

#include "base/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024, ENVIRONMENT = 8 };

/* The child gets no variable that it does not need to start: they hold passwords. */
static void pick_environment(char *ret[ENVIRONMENT + 1])
{
    static const char *const wanted[] = {"LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
    size_t n = 0;
    for (char **e = environ; *e != NULL && n < ENVIRONMENT; e++) {
        for (size_t i = 0; i < (WP_SANITIZED ? WP_ARRAY_LEN(wanted) : 1); i++) {
            if (wp_str_starts(*e, wanted[i])) {
                ret[n++] = *e;
                break;
            }
        }
    }
    ret[n] = NULL;
}

static int spawn(const struct child_plan *plan, posix_spawn_file_actions_t *files, posix_spawnattr_t *attr, pid_t *ret)
{
    char *environment[ENVIRONMENT + 1];
    sigset_t ignored; /* what may be so here; handlers do not survive execution anyway */
    sigset_t none;
    sigemptyset(&none);
    sigemptyset(&ignored);
    if (!plan->ignore_pipe) {
        sigaddset(&ignored, SIGPIPE);
    }
    sigaddset(&ignored, SIGXCPU);
    sigaddset(&ignored, SIGABRT);
    posix_spawnattr_setsigdefault(attr, &ignored);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setflags(
        attr, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (plan->own_session ? POSIX_SPAWN_SETSID : 0)));
    pick_environment(environment);
    int errnum = posix_spawn(ret, "/proc/self/exe", files, attr, plan->argv, environment);
    if (errnum == ENOENT) {
        const char *typed = (const char *)getauxval(AT_EXECFN); /* where there is no /proc */
        errnum = posix_spawn(ret, typed, files, attr, plan->argv, environment);
    }
    return errnum;
}

static int execute(const struct child_plan *plan, pid_t *ret)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    for (int fd = 0; fd < 3; fd++) {
        if (plan->standard[fd] != fd) {
            posix_spawn_file_actions_adddup2(&files, plan->standard[fd], fd);
        }
    }
    for (size_t i = 0; i < plan->keep_count; i++) {
        /* To its own number: that it shall stay open. */
        posix_spawn_file_actions_adddup2(&files, plan->keep[i], plan->keep[i]);
    }
    int errnum = spawn(plan, &files, &attr, ret);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return errnum;
}

/* ---- a copy ---- */

bool child_is_copy(const struct child_plan *plan)
{
    return plan->copy != NULL && !WP_SANITIZED && __libc_single_threaded != 0;
}

/* The variables lie in the memory that the kernel made for this process, and what the command did not ask for lies
 * nowhere else. */
static void forget_environment(void)
{
    for (char **e = environ; *e != NULL; e++) {
        memset(*e, 0, strlen(*e));
    }
    environ[0] = NULL;
}

/* As posix_spawn does it above. Signals that came meanwhile end it at the last step. */
static void become(const struct child_plan *plan)
{
    sigset_t none;
    sigemptyset(&none);
    forget_environment();
    if (plan->own_session) {
        (void)setsid();
    }
    for (int fd = 0; fd < 3; fd++) {
        if (plan->standard[fd] != fd && dup2(plan->standard[fd], fd) < 0) {
            _exit(1);
        }
    }
    wp_sandbox_close(plan->keep, plan->keep_count);
    (void)signal(SIGPIPE, plan->ignore_pipe ? SIG_IGN : SIG_DFL);
    (void)signal(SIGXCPU, SIG_DFL);
    (void)signal(SIGABRT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    plan->copy(plan->arg);
    _exit(1);
}

static int copy(const struct child_plan *plan, pid_t *ret)
{
    pid_t pid = fork();
    if (pid == 0) {
        become(plan);
    }
    *ret = pid;
    return pid < 0 ? errno : 0;
}

int child_start(const struct child_plan *plan, pid_t *ret, struct wp_err *err)
{
    int errnum = child_is_copy(plan) ? copy(plan, ret) : execute(plan, ret);
    if (errnum == 0) {
        return 0;
    }
    wp_fail_errno(err, errnum, "cannot start %s", plan->what);
    err->code = WP_E_OTHER;
    return -1;
}

int child_take(int fd, struct wp_buf *b, uint64_t limit, const char *what, struct wp_err *err)
{
    wp_buf_reserve(b, CHUNK);
    ssize_t n = read(fd, b->ptr + b->len, CHUNK);
    if (n < 0) {
        return errno == EINTR ? 1 : wp_fail_errno(err, errno, "cannot read the answer of %s", what);
    }
    b->len += (size_t)n;
    b->ptr[b->len] = '\0';
    return b->len > limit ? wp_fail(err, WP_E_OTHER, "%s answers without end", what) : n > 0;
}

int child_wait(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int child_fail_signal(int signum, const char *what, struct wp_err *err)
{
    if (signum == SIGKILL) {
        wp_fail(err, WP_E_OTHER, "%s was killed", what);
        return wp_hint(err, "the machine may be short of memory");
    }
    if (signum == SIGSYS) {
        wp_fail(err, WP_E_OTHER, "%s was stopped by its sandbox: it tried what is not allowed there", what);
    } else {
        wp_fail(err, WP_E_OTHER, "%s died of signal %d (%s)", what, signum, sigdescr_np(signum));
    }
    return wp_hint(err, "this is a defect of wpack: please report it, with the file if you can");
}
