/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent's side: start the child on a descriptor, take its answer, say in words how it ended when there is none. */
#include "cmd/look.h"

#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "cmd/child.h"
#include "cmd/look-int.h"
#include "cmd/out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define READER "the reader of modules"
enum { BYTES_PER_THREAD = 256 * 1024 };

static int collect(int fd, const struct wp_job *job, struct wp_buf *b, struct wp_err *err)
{
    struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = wp_job_wake_fd(job), .events = POLLIN}};
    for (;;) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR) {
            return wp_fail_errno(err, errno, "cannot wait for the reader of modules");
        }
        if (wp_job_check(job, err) < 0) {
            return -1;
        }
        int rc = ready[0].revents != 0 ? child_take(fd, b, WP_LIMIT_LOOK_ANSWER, READER, err) : 1;
        if (rc <= 0) {
            return rc;
        }
    }
}

static int fail_status(int status, struct wp_err *err)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        return wp_fail(err, WP_E_LIMIT, "reading it takes too much time: the reader was stopped");
    }
    if (WIFSIGNALED(status)) {
        return child_fail_signal(WTERMSIG(status), READER, err);
    }
    if (WEXITSTATUS(status) == wp_code_status(WP_E_LIMIT)) {
        return wp_fail(err, WP_E_LIMIT, "reading it takes more memory than it may");
    }
    wp_fail(err, WP_E_OTHER, "the reader of modules ended with status %d and no answer", WEXITSTATUS(status));
    return wp_hint(err, "this is a defect of wpack: please report it, with the file if you can");
}

/* The answer of a child about what is behind fd. */
static int ask(int fd, char *const argv[], const struct wp_job *job, struct wp_buf *b, struct wp_err *err)
{
    int ends[2];
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return wp_fail_errno(err, errno, "cannot make a pipe");
    }
    const struct child_plan plan = {
        .argv = argv,
        .standard = {fd, ends[1], WP_SANITIZED ? STDERR_FILENO : ends[1]},
        .own_session = true,
        .what = READER,
    };
    int rc = child_start(&plan, &pid, err);
    close(ends[1]);
    if (rc < 0) {
        close(ends[0]);
        return wp_hint(err, "--sandbox=off reads them in this process");
    }
    rc = collect(ends[0], job, b, err);
    close(ends[0]);
    if (rc < 0) {
        kill(pid, SIGKILL);
    }
    int status = child_wait(pid);
    return rc < 0 || status == 0 ? rc : fail_status(status, err);
}

void look_warn_missing(struct cmd_ctx *c, const char *missing, const char *what)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    if (missing != NULL && !atomic_flag_test_and_set(&warned)) {
        out_warn(c->out, "this kernel lacks %s: modules %s in a weaker sandbox", missing, what);
    }
}

static int fail_changed(const struct look_content *content, struct wp_err *err)
{
    struct stat now;
    if (!content->is_file ||
        (fstat(content->fd, &now) == 0 && now.st_size == content->st.st_size &&
         now.st_mtim.tv_sec == content->st.st_mtim.tv_sec && now.st_mtim.tv_nsec == content->st.st_mtim.tv_nsec)) {
        return 0;
    }
    wp_fail(err, WP_E_IO, "the file changed while it was read");
    return wp_hint(err, "run it again when its writer is done");
}

/* Without a child, with the same answer. A file is read first: it might shrink under a mapping. */
static int look_here(const struct look_content *content, const struct pack_read *how, struct wp_buf *out,
                     struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    struct wp_span bytes = content->bytes;
    if (content->is_file) {
        WP_AUTO_READER struct wp_reader *r = wp_reader_fd(dup(content->fd), "the file");
        if (lseek(content->fd, 0, SEEK_SET) != 0) {
            return wp_fail_errno(err, errno, "cannot read the file");
        }
        if (wp_read_all(r, &file, content->size, "the file", err) < 0) {
            return -1;
        }
        bytes = wp_buf_span(&file);
    }
    look_answer_write(bytes, how, NULL, out);
    return 0;
}

static int complete(const struct look_opts *o, const struct look_content *content, struct pack_read *how,
                    struct wp_err *err)
{
    unsigned useful = (unsigned)WP_MIN(1 + content->size / BYTES_PER_THREAD, 1024u);
    how->load.threads = WP_MIN(WP_MAX(how->load.threads, 1u), useful);
    how->fault = NULL;
    if (how->load.features != 0 || o->features == NULL) {
        return 0;
    }
    if (wrt_features_parse(o->features, &how->load.features, err) < 0) {
        return wp_wrap(err, "--features");
    }
    /* No feature at all is a choice, too: a bit that means nothing tells it from no choice. */
    how->load.features |= UINT64_C(1) << 63;
    return 0;
}

int look_module(struct cmd_ctx *c, const struct look_opts *o, const struct look_content *content,
                const struct pack_read *how, struct wp_arena *a, struct pack_module *ret, struct wrt_fault *ret_fault,
                struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf answer = WP_BUF_INIT;
    struct pack_read asked = *how;
    struct wrt_fault fault = {.offset = UINT64_MAX, .function = WRT_NO_INDEX};
    struct look_cell cell = {0};
    struct look_args args;
    const char *sandbox = o->sandbox == NULL ? "auto" : o->sandbox;
    if (ret_fault != NULL) {
        *ret_fault = fault;
    }
    if (complete(o, content, &asked, err) < 0) {
        return -1;
    }
    look_args_write(sandbox, &asked, &args);
    int rc = wp_str_eq(sandbox, "off") ? look_here(content, &asked, &answer, err)
                                       : ask(content->fd, args.argv, c->job, &answer, err);
    if (rc == 0) {
        rc = look_answer_read(wp_buf_span(&answer), content->size, a, ret, &fault, &cell, err);
    }
    if (wp_str_eq(sandbox, "auto")) {
        look_warn_missing(c, cell.missing, "are read");
    }
    if (ret_fault != NULL) {
        *ret_fault = fault;
    }
    /* Last, because it explains the rest: a child that touches what was cut off dies. */
    return fail_changed(content, err) < 0 ? -1 : rc;
}

unsigned look_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return (unsigned)WP_MIN(WP_MAX(n, 1), 64);
}

char *look_functions_text(const struct pack_module *m, char ret[LOOK_TEXT])
{
    (void)snprintf(ret, LOOK_TEXT, "%" PRIu64 " %s", m->functions, m->functions == 1 ? "function" : "functions");
    return ret;
}

char *look_time_text(uint64_t ms, char ret[LOOK_TEXT])
{
    if (ms < 100) {
        (void)snprintf(ret, LOOK_TEXT, "%" PRIu64 " ms", ms);
    } else {
        (void)snprintf(ret, LOOK_TEXT, "%.2f s", (double)ms / 1000.0);
    }
    return ret;
}
