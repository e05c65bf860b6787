/* SPDX-License-Identifier: Apache-2.0
 *
 * The server side of HTTP over libmicrohttpd 0.9.75 or newer: connections, event loops in threads of the library's (the
 * exception to "threads live in base/pool"), time limits, start and end. */
#include "base/mem.h"
#include "base/time.h"
#include "oci/httpd-int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS ((size_t)HTTPD_LOOPS * HTTPD_PER_LOOP)
#define MIN_CONNECTIONS 64U
#define MIN_GROUP       4U    /* loops: each switch of threads that is spared counts, and so does a full one's wait */
#define FULL_MS         100   /* until room is looked for again */
#define LOOK_MS         1000U /* between two looks for slow connections */
#define IDLE_MS         30000U
#define HEADERS_MS      10000U
#define SLOW_BODY_MS    10000U
#define SLOW_BODY_FLOOR 1024U /* bytes per second */

/* ---- connections ---- */

static void on_connection(void *cls, struct MHD_Connection *con, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct httpd_loop *loop = cls;
    struct httpd *h = loop->h;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = h->lib.get_connection_info(con, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct conn *c = wp_xcalloc(1, sizeof(*c));
        c->fd = info != NULL ? info->connect_fd : -1;
        atomic_store(&c->deadline_ms, wp_time_mono_ms() + h->limits.headers_ms);
        *context = c;
        httpd_refuse_tls(c->fd);
        (void)pthread_mutex_lock(&h->lock);
        c->next = h->conns;
        if (h->conns != NULL) {
            h->conns->prev = c;
        }
        h->conns = c;
        h->open++;
        (void)pthread_mutex_unlock(&h->lock);
        return;
    }
    struct conn *c = *context;
    *context = NULL;
    (void)pthread_mutex_lock(&h->lock);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        h->conns = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    h->open--;
    (void)pthread_mutex_unlock(&h->lock);
    (void)atomic_fetch_sub(&loop->load, 1);
    free(c);
}

static bool too_slow(const struct httpd *h, struct conn *c, uint64_t now)
{
    uint64_t deadline = atomic_load(&c->deadline_ms);
    if (deadline != 0 && now > deadline) {
        return true;
    }
    uint64_t since = atomic_load(&c->body_since_ms);
    if (since == 0 || now < since + h->limits.body_ms) {
        return false;
    }
    return atomic_load(&c->body_bytes) < (now - since) * SLOW_BODY_FLOOR / 1000;
}

static void reap(struct httpd *h)
{
    uint64_t now = wp_time_mono_ms();
    (void)pthread_mutex_lock(&h->lock);
    for (struct conn *c = h->conns; c != NULL; c = c->next) {
        if (c->fd >= 0 && too_slow(h, c, now)) {
            (void)shutdown(c->fd, SHUT_RDWR);
        }
    }
    (void)pthread_mutex_unlock(&h->lock);
}

/* Who is full leaves the others in the listening socket's queue. */
static bool has_room(struct httpd *h)
{
    (void)pthread_mutex_lock(&h->lock);
    bool room = h->open < h->limit;
    (void)pthread_mutex_unlock(&h->lock);
    return room;
}

/* ---- event loops ---- */

static size_t keep_escapes(void *cls, struct MHD_Connection *con, char *text)
{
    (void)cls;
    (void)con;
    return strlen(text);
}

static bool loop_start(struct httpd_loop *loop)
{
    struct httpd *h = loop->h;
    /* The library's threads inherit the mask: signals stay with the program's own. */
    sigset_t all;
    sigset_t old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    loop->daemon = h->lib.start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
        NULL, httpd_on_request, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTPD_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        HTTPD_PER_LOOP, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_MS / 1000, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, httpd_on_target, h, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, httpd_on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, loop,
        MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return loop->daemon != NULL;
}

/* Few loops with many connections each do most work for each switch between threads: one group of loops is filled
 * before the next is begun, within it the least loaded comes next. NULL: all are full. */
static struct httpd_loop *loop_for_next(struct httpd *h)
{
    for (size_t from = 0; from < HTTPD_LOOPS; from += h->group) {
        struct httpd_loop *best = &h->loops[from];
        for (size_t i = from + 1; i < WP_MIN(from + h->group, (size_t)HTTPD_LOOPS); i++) {
            if (atomic_load(&h->loops[i].load) < atomic_load(&best->load)) {
                best = &h->loops[i];
            }
        }
        if (atomic_load(&best->load) < HTTPD_PER_LOOP) {
            return best->daemon != NULL || loop_start(best) ? best : NULL;
        }
    }
    return NULL;
}

/* False: there is no room, or no file for another one. */
static bool take_connections(struct httpd *h)
{
    while (has_room(h)) {
        struct httpd_loop *loop = loop_for_next(h);
        if (loop == NULL) {
            return false;
        }
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);
        int fd = accept4(h->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED) {
            return errno == EAGAIN;
        }
        if (fd < 0) {
            continue;
        }
        (void)atomic_fetch_add(&loop->load, 1);
        /* It closes fd itself when it does not want it. */
        if (h->lib.add_connection(loop->daemon, fd, (const struct sockaddr *)&from, len) != MHD_YES) {
            (void)atomic_fetch_sub(&loop->load, 1);
        }
    }
    return false;
}

/* ---- life ---- */

static uint64_t look_ms(const struct httpd *h)
{
    uint64_t least = WP_MIN(WP_MIN(h->limits.headers_ms, h->limits.idle_ms), h->limits.body_ms);
    return WP_MAX(WP_MIN(least / 2, LOOK_MS), 1);
}

void httpd_run(struct httpd *h, int wake)
{
    uint64_t end = wp_time_mono_ms() + look_ms(h);
    for (;;) {
        bool room = take_connections(h);
        uint64_t now = wp_time_mono_ms();
        if (now >= end) {
            break;
        }
        struct pollfd fds[2] = {{.fd = wake, .events = POLLIN}, {.fd = h->listen_fd, .events = POLLIN}};
        int left = (int)(end - now);
        if ((poll(fds, room ? 2 : 1, room ? left : WP_MIN(left, FULL_MS)) < 0 && errno != EINTR) ||
            fds[0].revents != 0) {
            break;
        }
    }
    reap(h);
}

/* Half of the files that may be open: each connection may be sending one. */
static unsigned connection_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return MAX_CONNECTIONS;
    }
    return (unsigned)WP_MAX(WP_MIN(files.rlim_cur / 2, MAX_CONNECTIONS), MIN_CONNECTIONS);
}

static size_t loop_group(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return WP_MIN(WP_MAX(processors > 0 ? (size_t)processors : 1, MIN_GROUP), HTTPD_LOOPS);
}

static void httpd_free(struct httpd *h)
{
    wp_close_p(&h->listen_fd);
    httpd_kept_free(&h->lib, h->kept);
    httpd_workers_done(&h->workers);
    (void)pthread_cond_destroy(&h->idle);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given != 0 ? given : otherwise;
}

int httpd_start(const char *addr, const struct httpd_handler *handler, const struct oci_serve_limits *limits,
                WP_OWN struct httpd **ret, char ret_addr[HTTPD_ADDR_TEXT], struct wp_err *err)
{
    struct mhd lib;
    if (!httpd_library_open(&lib)) {
        (void)wp_fail(err, WP_E_UNSUPPORTED, "serving needs the library " HTTPD_LIBRARY ", which is not there");
        return wp_hint(err, "install libmicrohttpd (Debian: apt install libmicrohttpd12)");
    }
    int fd = -1;
    if (httpd_listen(addr, &fd, ret_addr, err) != 0) {
        return -1;
    }
    struct httpd *h = wp_xcalloc(1, sizeof(*h));
    h->lib = lib;
    h->handler = *handler;
    h->listen_fd = fd;
    h->limit = connection_limit();
    h->group = loop_group();
    h->kept = httpd_kept_new();
    httpd_workers_init(&h->workers);
    for (size_t i = 0; i < HTTPD_LOOPS; i++) {
        h->loops[i].h = h;
    }
    h->limits = (struct oci_serve_limits){.headers_ms = or_default(limits->headers_ms, HEADERS_MS),
                                          .idle_ms = or_default(limits->idle_ms, IDLE_MS),
                                          .body_ms = or_default(limits->body_ms, SLOW_BODY_MS)};
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&h->idle, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&h->lock, NULL);
    if (!loop_start(&h->loops[0])) {
        httpd_free(h);
        return wp_fail(err, WP_E_IO, "the HTTP server for '%s' does not start", addr);
    }
    *ret = h;
    return 0;
}

static void wait_idle(struct httpd *h, uint64_t grace_ms)
{
    uint64_t end = wp_time_mono_ms() + grace_ms;
    for (;;) {
        reap(h);
        uint64_t now = wp_time_mono_ms();
        uint64_t until = WP_MIN(end, now + 1000);
        struct timespec ts = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000 * 1000000)};
        (void)pthread_mutex_lock(&h->lock);
        bool idle = atomic_load(&h->active) == 0;
        if (!idle && now < end) {
            (void)pthread_cond_timedwait(&h->idle, &h->lock, &ts);
            idle = atomic_load(&h->active) == 0;
        }
        (void)pthread_mutex_unlock(&h->lock);
        if (idle || now >= end) {
            return;
        }
    }
}

void httpd_stop(WP_OWN struct httpd *h, uint64_t grace_ms)
{
    atomic_store(&h->stopping, true);
    wp_close_p(&h->listen_fd);
    h->listen_fd = -1;
    wait_idle(h, grace_ms);
    /* The library must not end while a connection is suspended. */
    httpd_workers_end(&h->workers);
    for (size_t i = 0; i < HTTPD_LOOPS; i++) {
        if (h->loops[i].daemon != NULL) {
            h->lib.stop_daemon(h->loops[i].daemon);
        }
    }
    httpd_free(h);
}
