/* SPDX-License-Identifier: Apache-2.0
 *
 * Running a program (base/program.h). */
#include "base/program.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REAP_STEP_MS = 5 };

struct child {
    const struct wp_program *program;
    pid_t pid;
    uint64_t deadline_ms;
};

/* Standard input as an anonymous file: nothing to block on, no SIGPIPE when the program does not read it. */
static int fill_input(int fd, struct wp_span input, struct wp_err *err)
{
    if (fd < 0) {
        return wp_fail_errno(err, errno, "cannot make a memory file");
    }
    if (wp_write_all(fd, input.ptr, input.len, "a memory file", err) < 0) {
        return -1;
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? wp_fail_errno(err, errno, "cannot rewind a memory file") : 0;
}

static void destroy_attr(posix_spawnattr_t *attr)
{
    posix_spawnattr_destroy(attr);
}

static void destroy_actions(posix_spawn_file_actions_t *actions)
{
    posix_spawn_file_actions_destroy(actions);
}

static int spawn(const struct wp_program *p, int in, int out, pid_t *ret_pid)
{
    posix_spawnattr_t attr WP_CLEANUP(destroy_attr);
    posix_spawn_file_actions_t actions WP_CLEANUP(destroy_actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!p->talks) {
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    /* libcurl's sockets, and what our caller left open, are not for a program that may stay around. */
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    /* Worker threads have all signals blocked; the program must not inherit that. */
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    /* POSIX: the words are not written to. */
    return posix_spawnp(ret_pid, p->argv[0], &actions, &attr, (char *const *)(uintptr_t)p->argv, p->envp);
}

/* All output, 0; -1 on time-out or excess. */
static int read_output(int fd, const struct child *child, struct wp_buf *b, struct wp_err *err)
{
    const struct wp_program *p = child->program;
    size_t before = b->len;
    for (;;) {
        uint64_t now = wp_time_mono_ms();
        if (now >= child->deadline_ms) {
            return wp_fail(err, WP_E_OTHER, "%s did not answer in time", p->what);
        }
        struct pollfd fds = {.fd = fd, .events = POLLIN};
        if (poll(&fds, 1, (int)WP_MIN(child->deadline_ms - now, 1000)) <= 0) {
            continue;
        }
        char chunk[4096];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return wp_fail_errno(err, errno, "%s", p->what);
        }
        if (n > 0 && wp_buf_add_bounded(b, chunk, (size_t)n, before + p->output_max, "its output", err) < 0) {
            return wp_wrap(err, "%s", p->what);
        }
        explicit_bzero(chunk, sizeof chunk);
    }
}

/* Waits for the end until the deadline, then makes an end. *ret: did it exit with status 0? */
static int reap(const struct child *child, bool *ret, struct wp_err *err)
{
    int status = 0;
    for (;;) {
        pid_t got = waitpid(child->pid, &status, WNOHANG);
        if (got == child->pid) {
            *ret = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return wp_fail_errno(err, errno, "%s", child->program->what);
        }
        if (wp_time_mono_ms() >= child->deadline_ms) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &status, 0);
            return wp_fail(err, WP_E_OTHER, "%s did not end in time", child->program->what);
        }
        poll(NULL, 0, REAP_STEP_MS);
    }
}

static int start(const struct wp_program *p, int in, int out, pid_t *ret_pid, struct wp_err *err)
{
    int errnum = spawn(p, in, out, ret_pid);
    if (errnum == ENOENT) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s is not in PATH", p->what);
    }
    return errnum == 0 ? 0 : wp_fail_errno(err, errnum, "cannot run %s", p->what);
}

int wp_program_run(const struct wp_program *p, struct wp_buf *output, bool *ret_done, struct wp_err *err)
{
    WP_AUTO_FD int in = memfd_create("input", MFD_CLOEXEC);
    int ends[2];
    if (fill_input(in, p->input, err) < 0) {
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return wp_fail_errno(err, errno, "cannot make a pipe");
    }
    WP_AUTO_FD int out_read = ends[0];
    WP_AUTO_FD int out_write = ends[1];
    struct child child = {.program = p, .deadline_ms = wp_time_mono_ms() + p->timeout_ms};
    if (start(p, in, out_write, &child.pid, err) < 0) {
        return -1;
    }
    wp_close_p(&out_write);
    struct wp_err late = {0};
    int rc = read_output(out_read, &child, output, err);
    if (rc < 0) {
        child.deadline_ms = 0;
    }
    return reap(&child, ret_done, rc < 0 ? &late : err) < 0 ? -1 : rc;
}
