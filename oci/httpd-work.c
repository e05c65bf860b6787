/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers: what may wait for the disk does so here, so that the event loops keep moving. Threads start when there is
 * more to do than others are free for, and stay. */
#include "base/pool.h"
#include "oci/httpd-int.h"

void httpd_workers_init(struct httpd_workers *w)
{
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->more, NULL);
}

void httpd_work_now(struct request *q)
{
    const struct httpd_handler *handler = &q->h->handler;
    if (q->stage == STAGE_BEGINNING) {
        handler->begin(handler->arg, &q->pub);
        /* Without a body the end is near: one way to the worker and back is enough. */
        if (!q->waits || q->pub.status != 0 || httpd_req_has_body(&q->pub)) {
            return;
        }
    }
    handler->end(handler->arg, &q->pub);
}

/* NULL: no more will come. */
static struct request *next_request(struct httpd_workers *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->idle++;
    while (w->first == NULL && !w->ending) {
        (void)pthread_cond_wait(&w->more, &w->lock);
    }
    w->idle--;
    struct request *q = w->first;
    if (q != NULL) {
        w->first = q->next;
        w->waiting--;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return q;
}

static void work(void *arg)
{
    struct httpd_workers *w = arg;
    for (struct request *q = next_request(w); q != NULL; q = next_request(w)) {
        /* Once resumed, the request is its loop's again and may be gone. */
        const struct httpd *h = q->h;
        struct MHD_Connection *con = q->con;
        httpd_work_now(q);
        h->lib.resume_connection(con);
    }
}

/* Under the lock: is there a thread for one request more? */
static bool thread_for_one(struct httpd_workers *w)
{
    if (w->idle > w->waiting || w->count == HTTPD_WORKERS) {
        return true;
    }
    struct wp_err ignored = {0};
    if (wp_thread_start("httpd-worker", work, w, &w->threads[w->count], &ignored) == 0) {
        w->count++;
    }
    return w->count > 0;
}

bool httpd_work(struct request *q)
{
    struct httpd_workers *w = &q->h->workers;
    (void)pthread_mutex_lock(&w->lock);
    bool taken = !w->ending && thread_for_one(w);
    if (taken) {
        q->h->lib.suspend_connection(q->con);
        q->next = NULL;
        if (w->first == NULL) {
            w->first = q;
        } else {
            w->last->next = q;
        }
        w->last = q;
        w->waiting++;
        (void)pthread_cond_signal(&w->more);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return taken;
}

void httpd_workers_end(struct httpd_workers *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->ending = true;
    (void)pthread_cond_broadcast(&w->more);
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->count; i++) {
        wp_thread_join(w->threads[i]);
    }
}

void httpd_workers_done(struct httpd_workers *w)
{
    (void)pthread_cond_destroy(&w->more);
    (void)pthread_mutex_destroy(&w->lock);
}
