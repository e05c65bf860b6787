/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread waits for SIGINT, SIGTERM and SIGHUP, for the end, and for the next 100 ms tick. The first signal cancels
 * the job, which keeps its state; a second one ends the process at once, which loses nothing either: nothing partial
 * has a final name. */
#include "cmd/progress.h"

#include "base/mem.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { TICK_MS = 100, DELAY_MS = 1000, MAX_LINES = 8, NAME = 27, BAR = 20, LEAST_BAR = 6, LEAST_NAME = 8, VIEWS = 32 };

struct cmd_progress {
    struct wp_job *job;
    struct cmd_out *out;
    bool tty, lines, events;
    pthread_mutex_t lock; /* of reported: the thread and whoever flushes */
    int signals, stop;    /* signalfd, eventfd */
    atomic_bool ended;
    struct wp_thread *thread;
    uint64_t began_ms;
    size_t reported; /* items before this index have had their line */
    uint64_t last_bytes, last_ms;
    double rate; /* bytes per second, smoothed */
};

static void set_of_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

void progress_block_signals(void)
{
    sigset_t set;
    set_of_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static const char *state_word(enum wp_item_state state)
{
    switch (state) {
    case WP_ITEM_DONE:
        return "done";
    case WP_ITEM_PRESENT:
        return "present";
    case WP_ITEM_MOUNTED:
        return "mounted";
    case WP_ITEM_FAILED:
        return "failed";
    case WP_ITEM_ACTIVE:
        break;
    }
    return "";
}

static void report_line(const struct cmd_progress *p, const struct wp_item_view *v)
{
    char size[WP_SIZE_TEXT];
    char took[WP_SIZE_TEXT];
    wp_size_text(v->total, size);
    if (v->state == WP_ITEM_DONE || v->state == WP_ITEM_FAILED) {
        out_fact(p->out, state_word(v->state), "%s  %s  %s", v->label, size,
                 wp_duration_text(v->ended_ms - v->began_ms, took));
    } else {
        out_fact(p->out, state_word(v->state), "%s  %s", v->label, size);
    }
}

static void report_event(const struct cmd_progress *p, const struct wp_item_view *v)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "t", "blob");
    wp_jo_kstr(&j, "state", state_word(v->state));
    wp_jo_kstr(&j, "name", v->label);
    wp_jo_ku64(&j, "size", v->total);
    wp_jo_ku64(&j, "ms", v->ended_ms - v->began_ms);
    wp_jo_object_end(&j);
    out_json(p->out, &b);
}

/* Every item that has ended, in order of their begin. */
static void report_ended(struct cmd_progress *p)
{
    struct wp_item_view v;
    pthread_mutex_lock(&p->lock);
    while (wp_job_items(p->job, p->reported, &v, 1) == 1 && v.state != WP_ITEM_ACTIVE) {
        if (p->events) {
            report_event(p, &v);
        } else if (p->lines) {
            report_line(p, &v);
        }
        p->reported++;
    }
    pthread_mutex_unlock(&p->lock);
}

void progress_flush(struct cmd_progress *p)
{
    if (p != NULL) {
        report_ended(p);
    }
}

static void update_rate(struct cmd_progress *p, uint64_t bytes, uint64_t now)
{
    if (now <= p->last_ms) {
        return;
    }
    double seconds = (double)(now - p->last_ms) / 1000.0;
    double current = bytes > p->last_bytes ? (double)(bytes - p->last_bytes) / seconds : 0.0;
    p->rate = p->rate <= 0.0 ? current : 0.85 * p->rate + 0.15 * current;
    p->last_bytes = bytes;
    p->last_ms = now;
}

static void add_bar(struct wp_buf *b, uint64_t done, uint64_t total, size_t width)
{
    /* In shares of 2^16, so that no product overflows. */
    uint64_t share = total == 0 ? 0 : (uint64_t)(65536.0 * (double)WP_MIN(done, total) / (double)total);
    for (size_t i = 0; i < width; i++) {
        wp_buf_add_str(b, i < share * width / 65536 ? "━" : "─");
    }
}

/* One line no wider than the terminal, or the block could not be erased: first the bar gives way, then the tail, then
 * the name. Returns false, adding nothing, where even that is too wide. */
static bool add_item_line(struct wp_buf *b, size_t width, const char *label, uint64_t done, uint64_t total,
                          const char *tail)
{
    char a[WP_SIZE_TEXT];
    char z[WP_SIZE_TEXT];
    char numbers[2 * WP_SIZE_TEXT + 8];
    snprintf(numbers, sizeof(numbers), " %s / %s", wp_size_text(done, a), wp_size_text(total, z));
    size_t fixed = 2 + strlen(numbers) + strlen(tail);
    if (width < fixed + LEAST_NAME) {
        fixed -= strlen(tail);
        tail = "";
    }
    if (width < fixed + LEAST_NAME) {
        return false;
    }
    size_t room = width - fixed;
    size_t bar = room < NAME + 1 + LEAST_BAR ? 0 : WP_MIN(room - NAME - 1, (size_t)BAR);
    size_t columns = WP_MIN(bar > 0 ? room - bar - 1 : room, (size_t)NAME);
    char name[NAME + 1];
    wp_escape_to(name, columns + 1, wp_span_str(label));
    wp_buf_printf(b, "  %s", name);
    for (size_t i = wp_columns(name); i < columns; i++) {
        wp_buf_add_char(b, ' ');
    }
    if (bar > 0) {
        wp_buf_add_char(b, ' ');
        add_bar(b, done, total, bar);
    }
    wp_buf_printf(b, "%s%s\n", numbers, tail);
    return true;
}

static void draw(struct cmd_progress *p)
{
    uint64_t now = wp_time_mono_ms();
    struct wp_job_totals t;
    wp_job_totals(p->job, &t);
    update_rate(p, t.bytes_moved, now);
    if (now - p->began_ms < DELAY_MS || t.active == 0) {
        out_status(p->out, NULL, 0);
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    unsigned lines = 0;
    size_t width = out_width(p->out) - 1;
    struct wp_item_view views[VIEWS];
    size_t n = wp_job_items(p->job, p->reported, views, VIEWS);
    for (size_t i = 0; i < n && lines < MAX_LINES; i++) {
        if (views[i].state == WP_ITEM_ACTIVE &&
            add_item_line(&b, width, views[i].label, views[i].done, views[i].total, "")) {
            lines++;
        }
    }
    char tail[64] = "";
    if (p->rate > 1.0) {
        char rate[WP_SIZE_TEXT];
        char left[WP_SIZE_TEXT];
        uint64_t rest = t.bytes_total > t.bytes_done ? t.bytes_total - t.bytes_done : 0;
        snprintf(tail, sizeof(tail), "  %s/s  %s left", wp_size_text((uint64_t)p->rate, rate),
                 wp_duration_text((uint64_t)((double)rest * 1000.0 / p->rate), left));
    }
    lines += add_item_line(&b, width, "total", t.bytes_done, t.bytes_total, tail) ? 1 : 0;
    out_status(p->out, b.ptr, lines);
}

static void take_signal(struct cmd_progress *p)
{
    struct signalfd_siginfo info;
    if (read(p->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return;
    }
    if (wp_job_cancelled(p->job)) {
        _exit(130);
    }
    wp_job_cancel(p->job, (int)info.ssi_signo);
}

static void run(void *arg)
{
    struct cmd_progress *p = arg;
    struct pollfd fds[] = {{.fd = p->signals, .events = POLLIN}, {.fd = p->stop, .events = POLLIN}};
    bool ended = false;
    while (!ended) {
        int n = poll(fds, WP_ARRAY_LEN(fds), TICK_MS);
        ended = atomic_load(&p->ended);
        if (n > 0 && fds[0].revents != 0) {
            take_signal(p);
        }
        report_ended(p);
        if (p->tty) {
            draw(p);
        }
    }
}

static void progress_free(struct cmd_progress *p)
{
    wp_close_p(&p->signals);
    wp_close_p(&p->stop);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

int progress_start(struct wp_job *job, struct cmd_out *out, const struct cmd_global *g, bool lines,
                   struct cmd_progress **ret, struct wp_err *err)
{
    struct cmd_progress *p = wp_xcalloc(1, sizeof(*p));
    p->job = job;
    p->out = out;
    p->tty = out_is_tty(out);
    p->lines = lines && !g->quiet && !wp_str_eq(g->progress, "none");
    p->events = wp_str_eq(g->format, "jsonl");
    pthread_mutex_init(&p->lock, NULL);
    p->began_ms = p->last_ms = wp_time_mono_ms();
    sigset_t set;
    set_of_signals(&set);
    p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    p->stop = eventfd(0, EFD_CLOEXEC);
    if (p->signals < 0 || p->stop < 0) {
        wp_fail_errno(err, errno, "cannot wait for signals");
        progress_free(p);
        return -1;
    }
    if (wp_thread_start("progress", run, p, &p->thread, err) < 0) {
        progress_free(p);
        return -1;
    }
    *ret = p;
    return 0;
}

void progress_stop(struct cmd_progress *p)
{
    if (p == NULL) {
        return;
    }
    /* The descriptor saves waiting for the tick, no more: nothing hangs should it fail. */
    atomic_store(&p->ended, true);
    (void)eventfd_write(p->stop, 1);
    wp_thread_join(p->thread);
    if (p->tty) {
        out_status(p->out, NULL, 0);
    }
    report_ended(p);
    progress_free(p);
}
