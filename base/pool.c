/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads (base/pool.h). Every thread started here has all signals blocked: they are the main thread's business. */
#include "base/pool.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define THREAD_NAME 16 /* the kernel's ceiling, NUL included */

struct wp_thread {
    pthread_t id;
    char name[THREAD_NAME];
    void (*fn)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    struct wp_thread *t = arg;
    pthread_setname_np(pthread_self(), t->name);
    t->fn(t->arg);
    return NULL;
}

int wp_thread_start(const char *name, void (*fn)(void *arg), void *arg, struct wp_thread **ret, struct wp_err *err)
{
    struct wp_thread *t = wp_xcalloc(1, sizeof(*t));
    memcpy(t->name, name, WP_MIN(strlen(name), sizeof(t->name) - 1));
    t->fn = fn;
    t->arg = arg;
    /* Blocked before the start: a new thread inherits the mask, so there is no moment without it. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int errnum = pthread_create(&t->id, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errnum != 0) {
        free(t);
        return wp_fail_errno(err, errnum, "cannot start thread '%s'", name);
    }
    *ret = t;
    return 0;
}

void wp_thread_join(struct wp_thread *t)
{
    if (t != NULL) {
        pthread_join(t->id, NULL);
        free(t);
    }
}

struct pool {
    size_t count;
    int (*fn)(void *arg, size_t i, struct wp_err *err);
    void *arg;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* guards first */
    struct wp_err first;
};

static void pool_work(void *arg)
{
    struct pool *p = arg;
    struct wp_err err = {0};
    while (!atomic_load(&p->failed)) {
        size_t i = atomic_fetch_add(&p->next, 1);
        if (i >= p->count) {
            return;
        }
        if (p->fn(p->arg, i, &err) >= 0) {
            continue;
        }
        pthread_mutex_lock(&p->lock);
        if (!atomic_load(&p->failed)) {
            p->first = err;
            atomic_store(&p->failed, true);
        }
        pthread_mutex_unlock(&p->lock);
        return;
    }
}

int wp_pool_run(unsigned threads, size_t count, int (*fn)(void *arg, size_t i, struct wp_err *err), void *arg,
                struct wp_err *err)
{
    struct pool p = {.count = count, .fn = fn, .arg = arg};
    pthread_mutex_init(&p.lock, NULL);
    size_t helpers = WP_MIN((size_t)threads, count);
    helpers = helpers > 0 ? helpers - 1 : 0;
    WP_AUTO_FREE struct wp_thread **started = wp_xcalloc(helpers + 1, sizeof(struct wp_thread *));
    for (size_t i = 0; i < helpers; i++) {
        struct wp_err ignored = {0};
        /* Fewer threads than wished for are slower, not wrong. */
        if (wp_thread_start("wpack-pool", pool_work, &p, &started[i], &ignored) < 0) {
            break;
        }
    }
    pool_work(&p);
    for (size_t i = 0; i < helpers; i++) {
        wp_thread_join(started[i]);
    }
    pthread_mutex_destroy(&p.lock);
    if (atomic_load(&p.failed)) {
        *err = p.first;
        return -1;
    }
    return 0;
}
