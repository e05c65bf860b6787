/* SPDX-License-Identifier: Apache-2.0
 *
 * Credential helpers (docker/docker-credential-helpers): a program in PATH, a verb as its argument, the server's
 * address on standard input, JSON on standard output. It is run without a shell, its output is bounded, its time too.
 */
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "oci/creds-parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000, REAP_STEP_MS = 5 };

struct child {
    pid_t pid;
    uint64_t deadline_ms;
};

static bool is_name(const char *suffix)
{
    size_t n = 0;
    while (isalnum((unsigned char)suffix[n]) || (suffix[n] && strchr("._-", suffix[n]))) {
        n++;
    }
    return n > 0 && n <= 128 && suffix[n] == '\0';
}

/* Standard input as an anonymous file: nothing to block on, no SIGPIPE when the helper does not read it. */
static int fill_input(int fd, const char *input, struct wp_err *err)
{
    if (fd < 0) {
        return wp_fail_errno(err, errno, "cannot make a memory file");
    }
    if (wp_write_all(fd, input, strlen(input), "a memory file", err) < 0) {
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

static int spawn(const char *program, const char *verb, int in, int out, pid_t *ret_pid)
{
    posix_spawnattr_t attr WP_CLEANUP(destroy_attr);
    posix_spawn_file_actions_t actions WP_CLEANUP(destroy_actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
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
    WP_AUTO_FREE char *arg0 = wp_xstrdup(program);
    WP_AUTO_FREE char *arg1 = wp_xstrdup(verb);
    char *const argv[] = {arg0, arg1, NULL};
    return posix_spawnp(ret_pid, program, &actions, &attr, argv, environ);
}

/* All output, 0; -1 on time-out or excess. */
static int read_output(int fd, const struct child *child, const char *program, struct wp_buf *b, struct wp_err *err)
{
    for (;;) {
        uint64_t now = wp_time_mono_ms();
        if (now >= child->deadline_ms) {
            return wp_fail(err, WP_E_OTHER, "credential helper '%s' did not answer in time", program);
        }
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)WP_MIN(child->deadline_ms - now, 1000)) <= 0) {
            continue;
        }
        char chunk[4096];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return wp_fail_errno(err, errno, "credential helper '%s'", program);
        }
        if (n > 0 && wp_buf_add_bounded(b, chunk, (size_t)n, WP_LIMIT_HELPER_OUTPUT, "its output", err) < 0) {
            return wp_wrap(err, "credential helper '%s'", program);
        }
    }
}

/* Waits for the end until the deadline, then makes an end. *ret: did it exit with status 0? */
static int reap(const struct child *child, const char *program, bool *ret, struct wp_err *err)
{
    int status = 0;
    for (;;) {
        pid_t got = waitpid(child->pid, &status, WNOHANG);
        if (got == child->pid) {
            *ret = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return wp_fail_errno(err, errno, "credential helper '%s'", program);
        }
        if (wp_time_mono_ms() >= child->deadline_ms) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &status, 0);
            return wp_fail(err, WP_E_OTHER, "credential helper '%s' did not end in time", program);
        }
        poll(NULL, 0, REAP_STEP_MS);
    }
}

static enum creds_helper_result fail_with_words(const char *program, const char *verb, const struct wp_buf *out,
                                                struct wp_err *err)
{
    if (strstr(out->ptr, "credentials not found")) {
        return CREDS_HELPER_NOT_FOUND;
    }
    /* What a helper prints when it fails is a message, but a broken one may print anything, credentials too: one line,
     * cut, and nothing that looks like JSON. */
    int len = out->ptr[strspn(out->ptr, " \t\r\n")] == '{' ? 0 : (int)WP_MIN(strcspn(out->ptr, "\r\n"), 200);
    wp_fail(err, WP_E_OTHER, "credential helper '%s' failed at '%s'%s%.*s", program, verb, len > 0 ? ": " : "", len,
            out->ptr);
    return CREDS_HELPER_FAILED;
}

enum creds_helper_result creds_helper_run(const char *suffix, const char *verb, const char *input, uint64_t timeout_ms,
                                          struct wp_buf *output, struct wp_err *err)
{
    if (!is_name(suffix)) {
        wp_fail(err, WP_E_INPUT, "'%s' is no name of a credential helper", suffix);
        return CREDS_HELPER_FAILED;
    }
    WP_AUTO_FREE char *program = wp_xasprintf("docker-credential-%s", suffix);
    WP_AUTO_FD int in = memfd_create("input", MFD_CLOEXEC);
    int ends[2];
    if (fill_input(in, input, err) < 0) {
        return CREDS_HELPER_FAILED;
    }
    if (pipe2(ends, O_CLOEXEC) < 0) {
        wp_fail_errno(err, errno, "cannot make a pipe");
        return CREDS_HELPER_FAILED;
    }
    WP_AUTO_FD int out_read = ends[0];
    WP_AUTO_FD int out_write = ends[1];
    struct child child = {.deadline_ms = wp_time_mono_ms() + (timeout_ms ? timeout_ms : TIMEOUT_MS)};
    int errnum = spawn(program, verb, in, out_write, &child.pid);
    if (errnum == ENOENT) {
        wp_fail(err, WP_E_NOT_FOUND, "credential helper '%s' is not in PATH", program);
        return CREDS_HELPER_FAILED;
    }
    if (errnum != 0) {
        wp_fail_errno(err, errnum, "cannot run credential helper '%s'", program);
        return CREDS_HELPER_FAILED;
    }
    wp_close_p(&out_write);
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    bool done = false;
    struct wp_err late = {0};
    int rc = read_output(out_read, &child, program, &out, err);
    if (rc < 0) {
        child.deadline_ms = 0;
    }
    rc = reap(&child, program, &done, rc < 0 ? &late : err) < 0 ? -1 : rc;
    enum creds_helper_result result = CREDS_HELPER_FAILED;
    if (rc == 0) {
        result = done ? CREDS_HELPER_OK : fail_with_words(program, verb, &out, err);
    }
    if (result == CREDS_HELPER_OK && output) {
        wp_buf_add(output, out.ptr, out.len);
    }
    explicit_bzero(out.ptr, out.len);
    return result;
}

static int parse_get(const char *suffix, struct wp_span out, struct wp_arena *a, struct oci_cred *ret,
                     struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err ignored = {0};
    const char *user = NULL;
    const char *secret = NULL;
    if (wp_json_parse(out, "helper", false, WP_E_OTHER, &doc, &ignored) == 0) {
        struct wp_json root = wp_json_root(doc);
        struct wp_json u = wp_json_get(&root, "Username");
        struct wp_json s = wp_json_get(&root, "Secret");
        if (wp_json_opt_str(&u, &user, &ignored) < 0 || wp_json_str(&s, &secret, &ignored) < 0) {
            secret = NULL;
        }
    }
    if (!secret) {
        /* Without the text: it may hold the secret. */
        return wp_fail(err, WP_E_OTHER,
                       "credential helper 'docker-credential-%s' printed something else than credentials", suffix);
    }
    struct oci_cred cred = {.source = wp_arena_printf(a, "helper '%s'", suffix)};
    if (user && wp_str_eq(user, "<token>")) {
        cred.identity_token = wp_arena_str(a, secret);
    } else {
        cred.username = wp_arena_str(a, user ? user : "");
        cred.password = wp_arena_str(a, secret);
    }
    *ret = cred;
    return 0;
}

enum creds_helper_result creds_helper_get(const char *suffix, const char *key, uint64_t timeout_ms, struct wp_arena *a,
                                          struct oci_cred *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    enum creds_helper_result result = creds_helper_run(suffix, "get", key, timeout_ms, &out, err);
    if (result != CREDS_HELPER_OK) {
        return result;
    }
    struct oci_cred cred = {0};
    int rc = parse_get(suffix, wp_buf_span(&out), a, &cred, err);
    explicit_bzero(out.ptr, out.len);
    if (rc < 0) {
        return CREDS_HELPER_FAILED;
    }
    /* Some helpers answer an unknown server with empty strings. */
    if ((cred.password && !*cred.password) || (cred.identity_token && !*cred.identity_token)) {
        return CREDS_HELPER_NOT_FOUND;
    }
    *ret = cred;
    return CREDS_HELPER_OK;
}
