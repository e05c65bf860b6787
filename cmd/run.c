/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent's side of a run: write the order, start the child, wait for its answer, its end or a signal, and have
 * words for each way in which it can end. */
#include "cmd/run.h"

#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/child.h"
#include "cmd/out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNER "the process that runs the module"
enum { BYTES_PER_THREAD = 256 * 1024, OWN_KEPT = 5 };

static int complete(struct run_order *o, const struct run_request *r, struct wp_err *err)
{
    const char *mode = r->look->sandbox == NULL ? "auto" : r->look->sandbox;
    o->cell = wp_str_eq(mode, "off") ? RUN_CELL_OFF : wp_str_eq(mode, "require") ? RUN_CELL_REQUIRE : RUN_CELL_AUTO;
    o->module_fd = (uint64_t)r->content->fd;
    o->module_size = r->content->size;
    uint64_t useful = 1 + r->content->size / BYTES_PER_THREAD;
    o->threads = useful == 1 ? 1 : WP_MIN(look_processors(), useful);
    if (r->look->features != NULL && wrt_features_parse(r->look->features, &o->features, err) < 0) {
        return wp_wrap(err, "--features");
    }
    /* No feature at all is a choice, too: a bit that means nothing tells it from no choice. */
    o->features |= r->look->features == NULL ? 0 : UINT64_C(1) << 63;
    return 0;
}

static int write_order(const struct run_order *o, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    run_order_write(o, &b);
    WP_AUTO_FD int fd = memfd_create("order", MFD_CLOEXEC);
    if (fd < 0) {
        return wp_fail_errno(err, errno, "cannot hold an order in memory");
    }
    return wp_write_all(fd, b.ptr, b.len, "the order", err) < 0 ? -1 : wp_steal_fd(&fd);
}

/* What the child inherits beside its standard descriptors. */
static size_t kept(const struct run_order *o, int *list)
{
    const uint64_t fds[] = {o->module_fd, o->answer_fd, o->trace_fd, o->profile_fd};
    size_t n = 0;
    for (size_t i = 0; i < WP_ARRAY_LEN(fds); i++) {
        if (fds[i] != RUN_NO_FD && fds[i] > STDERR_FILENO) {
            list[n++] = (int)fds[i];
        }
    }
    for (size_t i = 0; i < o->dir_count; i++) {
        list[n++] = o->dirs[i].fd;
    }
    return n;
}

static void run_copy(void *order)
{
    run_child_ordered(order);
}

/* A file of this machine, nothing fetched, neither password nor token given: the child may know all that is known here.
 */
static bool holds_nothing(const struct cmd_ctx *c, const struct run_request *r)
{
    const struct cmd_registry *own = &c->registry;
    return r->content->is_file && c->net == NULL && own->password == NULL && own->identity_token == NULL &&
           own->registry_token == NULL;
}

static int execute(struct child_plan *plan, const struct run_order *o, int *keep, pid_t *ret, struct wp_err *err)
{
    WP_AUTO_FD int order = write_order(o, err);
    char number[24];
    if (order < 0) {
        return -1;
    }
    (void)snprintf(number, sizeof(number), "%d", order);
    static char program[] = "wpack";
    static char word[] = RUN_WORD;
    char *const argv[] = {program, word, number, NULL};
    keep[plan->keep_count++] = order;
    plan->argv = argv;
    return child_start(plan, ret, err);
}

static int start(const struct cmd_ctx *c, const struct run_request *r, struct run_order *o, pid_t *ret,
                 struct wp_err *err)
{
    WP_AUTO_FD int nothing = -1;
    WP_AUTO_FREE int *keep = wp_xcalloc(o->dir_count + OWN_KEPT, sizeof(*keep));
    struct child_plan plan = {
        .copy = holds_nothing(c, r) ? run_copy : NULL,
        .arg = o,
        .keep = keep,
        .keep_count = kept(o, keep),
        .own_session = r->signals < 0,
        .ignore_pipe = true,
        .what = RUNNER,
    };
    for (int i = 0; i < 3; i++) {
        if (r->standard[i] < 0 && nothing < 0 && (nothing = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) {
            return wp_fail_errno(err, errno, "cannot open /dev/null");
        }
        plan.standard[i] = r->standard[i] < 0 ? nothing : r->standard[i];
    }
    plan.standard[2] = WP_SANITIZED && r->standard[2] < 0 ? STDERR_FILENO : plan.standard[2];
    return child_is_copy(&plan) ? child_start(&plan, ret, err) : execute(&plan, o, keep, ret, err);
}

/* A signal that came: on to the child, which knows no other answer than to end. */
static int take_signal(const struct run_request *r, pid_t pid)
{
    struct signalfd_siginfo info;
    if (r->signals < 0 || read(r->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return 0;
    }
    kill(pid, (int)info.ssi_signo);
    return (int)info.ssi_signo;
}

enum ended { ENDED_ANSWER, ENDED_SIGNAL, ENDED_JOB, ENDED_TIME, ENDED_ERROR };

static enum ended collect(struct cmd_ctx *c, const struct run_request *r, pid_t pid, int answer, struct wp_buf *b,
                          int *ret_signal, struct wp_err *err)
{
    uint64_t begin = wp_time_mono_ms();
    struct pollfd ready[2] = {{.fd = answer, .events = POLLIN},
                              {.fd = r->signals >= 0 ? r->signals : wp_job_wake_fd(c->job), .events = POLLIN}};
    for (;;) {
        uint64_t spent = wp_time_mono_ms() - begin;
        if (r->kill_ms > 0 && spent >= r->kill_ms) {
            return ENDED_TIME;
        }
        int wait = r->kill_ms == 0 ? -1 : (int)WP_MIN(r->kill_ms - spent, (uint64_t)INT32_MAX);
        if (poll(ready, 2, wait) < 0 && errno != EINTR) {
            (void)wp_fail_errno(err, errno, "cannot wait for " RUNNER);
            return ENDED_ERROR;
        }
        if (r->signals < 0 && wp_job_check(c->job, err) < 0) {
            return ENDED_JOB;
        }
        if (ready[1].revents != 0 && r->signals >= 0 && (*ret_signal = take_signal(r, pid)) != 0) {
            return ENDED_SIGNAL;
        }
        int rc = ready[0].revents != 0 ? child_take(answer, b, WP_LIMIT_RUN_ANSWER, RUNNER, err) : 1;
        if (rc <= 0) {
            return rc == 0 ? ENDED_ANSWER : ENDED_ERROR;
        }
        ready[0].revents = 0;
        ready[1].revents = 0;
    }
}

static uint64_t micro(const struct timeval *t)
{
    return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

static int wait_for(pid_t pid, struct run_cost *ret)
{
    int status = 0;
    struct rusage usage = {0};
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    ret->cpu_ms = (micro(&usage.ru_utime) + micro(&usage.ru_stime)) / 1000;
    ret->resident = (uint64_t)usage.ru_maxrss * WP_KIB;
    return status;
}

static int fail_interrupted(struct run_cost *cost, int signum, struct wp_err *err)
{
    cost->signal = signum;
    return wp_fail(err, WP_E_INTERRUPTED, "interrupted");
}

static int fail_time(struct wp_err *err)
{
    wp_fail(err, WP_E_LIMIT, "%s", wrt_stop_text(WRT_STOP_DEADLINE));
    return wp_hint(err, "--timeout gives it more time");
}

/* The child is gone: how. */
static int judge(int status, const struct run_request *r, struct run_cost *cost, struct wp_err *err)
{
    if (status == 0) {
        return 0;
    }
    if (!WIFSIGNALED(status)) {
        if (WEXITSTATUS(status) == wp_code_status(WP_E_LIMIT)) {
            return wp_fail(err, WP_E_OTHER, "%s ran out of memory", RUNNER);
        }
        wp_fail(err, WP_E_OTHER, "%s ended with status %d and no answer", RUNNER, WEXITSTATUS(status));
        return wp_hint(err, "this is a defect of wpack: please report it, with the file if you can");
    }
    int signum = WTERMSIG(status);
    if (signum == SIGXCPU) {
        return fail_time(err);
    }
    if (r->signals >= 0 && (signum == SIGINT || signum == SIGTERM || signum == SIGHUP || signum == SIGQUIT)) {
        return fail_interrupted(cost, signum, err);
    }
    return child_fail_signal(signum, RUNNER, err);
}

static int ask(struct cmd_ctx *c, const struct run_request *r, struct run_order *o, struct wp_buf *answer,
               struct run_cost *cost, struct wp_err *err)
{
    int ends[2];
    pid_t pid = 0;
    int signum = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return wp_fail_errno(err, errno, "cannot make a pipe");
    }
    o->answer_fd = (uint64_t)ends[1];
    uint64_t begin = wp_time_mono_ms();
    int rc = start(c, r, o, &pid, err);
    close(ends[1]);
    if (rc < 0) {
        close(ends[0]);
        return -1;
    }
    enum ended how = collect(c, r, pid, ends[0], answer, &signum, err);
    close(ends[0]);
    if (how != ENDED_ANSWER) {
        kill(pid, SIGKILL);
    }
    int status = wait_for(pid, cost);
    cost->ms = wp_time_mono_ms() - begin;
    switch (how) {
    case ENDED_SIGNAL:
        return fail_interrupted(cost, signum, err);
    case ENDED_TIME:
        return fail_time(err);
    case ENDED_JOB:
    case ENDED_ERROR:
        return -1;
    case ENDED_ANSWER:
        break;
    }
    return judge(status, r, cost, err);
}

int run_module(struct cmd_ctx *c, const struct run_request *r, struct wp_arena *a, struct run_answer *ret,
               struct run_cost *ret_cost, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf answer = WP_BUF_INIT;
    struct run_order o = r->order;
    *ret = (struct run_answer){.ran = "", .detail = ""};
    *ret_cost = (struct run_cost){0};
    if (complete(&o, r, err) < 0 || ask(c, r, &o, &answer, ret_cost, err) < 0) {
        return -1;
    }
    int rc = run_answer_read(wp_arena_bytes(a, wp_buf_span(&answer)), a, ret, err);
    if (o.cell == RUN_CELL_AUTO) {
        look_warn_missing(c, ret->cell_missing, "run");
    }
    return rc;
}

/* ---- words ---- */

static const char *raise_hint(enum wrt_stop stop)
{
    switch (stop) {
    case WRT_STOP_FUEL:
        return "--fuel gives it more instructions";
    case WRT_STOP_DEADLINE:
        return "--timeout gives it more time";
    case WRT_STOP_MEMORY:
        return "--memory gives it more";
    case WRT_STOP_OUTPUT:
        return "--output-max lets it write more";
    default:
        return NULL;
    }
}

int run_fail_stop(const struct run_answer *r, struct wp_err *err)
{
    const char *text = wrt_stop_text(r->stop);
    const char *open = r->detail[0] == '\0' ? "" : " (";
    const char *close = r->detail[0] == '\0' ? "" : ")";
    if (!wrt_stop_is_limit(r->stop)) {
        return wp_fail(err, WP_E_SMOKE, "trap: %s%s%s%s", text, open, r->detail, close);
    }
    char number[WP_NUMBER_TEXT];
    wp_fail(err, WP_E_LIMIT, "%s%s%s%s, after %s instructions", text, open, r->detail, close,
            wp_number_text(r->fuel, number));
    const char *hint = raise_hint(r->stop);
    return hint == NULL ? -1 : wp_hint(err, "%s", hint);
}

const char *run_frame_text(const struct run_answer *r, size_t i, struct wp_arena *a)
{
    const struct run_frame *f = &r->frames[i];
    const char *own = wp_arena_printf(a, "function %" PRIu64, f->function);
    const bool named = !wp_str_eq(f->name, own);
    return wp_arena_printf(a, "#%zu %s%s%s%s at byte 0x%" PRIx64, i, named ? f->name : own, named ? " (" : "",
                           named ? own : "", named ? ")" : "", f->offset);
}
