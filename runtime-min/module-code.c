/* SPDX-License-Identifier: Apache-2.0
 *
 * All function bodies, on several threads. They are handed out in chunks of about equal size; whichever thread is
 * faster, the fault that is told is that of the lowest function. */
#include "base/pool.h"
#include "runtime-min/module-parts.h"

#include <pthread.h>

enum { CHUNK = 256 * 1024, THREADS_MAX = 64 };

struct work {
    struct wrt_module *m;
    const uint32_t *starts; /* first function of each chunk, and the end */
    uint64_t left;        /* bytes that each thread may hold, whatever their number: the verdict must not hang on it */
    pthread_mutex_t lock; /* of all that follows */
    struct wrt_scratch *idle[THREADS_MAX];
    unsigned idle_count;
    uint64_t used;
    uint32_t fault; /* lowest function at fault, counted without imports, or WRT_NO_INDEX */
    struct wp_err err;
};

static struct wrt_scratch *take_scratch(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    struct wrt_scratch *s = w->idle_count > 0 ? w->idle[--w->idle_count] : NULL;
    pthread_mutex_unlock(&w->lock);
    return s ? s : wrt_scratch_new(w->left);
}

static void leave_scratch(struct work *w, struct wrt_scratch *s)
{
    pthread_mutex_lock(&w->lock);
    w->idle[w->idle_count++] = s;
    pthread_mutex_unlock(&w->lock);
}

static bool below_fault(struct work *w, uint32_t func)
{
    pthread_mutex_lock(&w->lock);
    bool below = func < w->fault;
    pthread_mutex_unlock(&w->lock);
    return below;
}

static void note_fault(struct work *w, uint32_t func, const struct wp_err *err)
{
    pthread_mutex_lock(&w->lock);
    if (func < w->fault) {
        w->fault = func;
        w->err = *err;
    }
    pthread_mutex_unlock(&w->lock);
}

/* Only lack of memory ends the pool; a fault in a function leaves lower ones to be looked at. */
static int one_chunk(void *arg, size_t i, struct wp_err *err)
{
    struct work *w = arg;
    uint32_t from = w->starts[i], to = w->starts[i + 1];
    if (!below_fault(w, from)) {
        return 0;
    }
    struct wrt_scratch *s = take_scratch(w);
    if (!s) {
        return wp_fail(err, WP_E_LIMIT, "out of memory");
    }
    for (uint32_t f = from; f < to; f++) {
        if (wrt_code_validate(w->m, f, s, err) < 0) {
            note_fault(w, f, err);
            break;
        }
    }
    leave_scratch(w, s);
    return 0;
}

/* Where chunks begin: each holds CHUNK bytes or one function. */
static uint32_t *cut(const struct wrt_module *m, struct wrt_mem *mem, size_t *ret_count, struct wp_err *err)
{
    uint64_t bytes = m->code_count > 0 ? m->code[m->code_count - 1].offset - m->code[0].offset : 0;
    size_t most = (size_t)(bytes / CHUNK) + 2, n = 0;
    uint32_t *starts = wrt_alloc(mem, most + 1, sizeof(*starts), err);
    if (!starts) {
        return NULL;
    }
    for (uint32_t f = 0; f < m->code_count; f++) {
        if (n == 0 || m->code[f].offset - m->code[starts[n - 1]].offset >= CHUNK) {
            starts[n++] = f;
        }
    }
    starts[n] = m->code_count;
    *ret_count = n;
    return starts;
}

static int run(struct work *w, unsigned threads, size_t chunks, struct wp_err *err)
{
    int rc = wp_pool_run(WP_MIN(WP_MAX(threads, 1u), (unsigned)THREADS_MAX), chunks, one_chunk, w, err);
    while (w->idle_count > 0) {
        struct wrt_scratch *s = w->idle[--w->idle_count];
        w->used |= wrt_scratch_used(s);
        wrt_scratch_free(s);
    }
    return rc;
}

int wrt_module_validate_code(struct wrt_module *m, unsigned threads, struct wrt_mem *mem, uint32_t *ret_func,
                             struct wp_err *err)
{
    struct work w = {.m = m, .lock = PTHREAD_MUTEX_INITIALIZER, .fault = WRT_NO_INDEX};
    size_t chunks = 0;
    *ret_func = WRT_NO_INDEX;
    w.starts = cut(m, mem, &chunks, err);
    w.left = mem->limit - mem->used;
    if (!w.starts || run(&w, threads, chunks, err) < 0) {
        return -1;
    }
    m->used |= w.used;
    if (w.fault != WRT_NO_INDEX) {
        *err = w.err;
        *ret_func = m->func_imports + w.fault;
        return -1;
    }
    /* A tag belongs to the form of exceptions that the code uses, else to the standard's. */
    if (m->tag_count > 0 && (m->used & WRT_F_LEGACY_EXCEPTIONS) == 0) {
        m->used |= WRT_F_EXCEPTIONS & m->features;
    }
    return 0;
}
