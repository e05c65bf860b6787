/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the HTTP server share; nobody else includes this. A few event loops, each a thread of the library's
 * with its connections; workers for the parts of a request that may wait for the disk. A request belongs to its loop,
 * or, while its connection is suspended, to one worker. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "oci/httpd.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define HTTPD_LIBRARY "libmicrohttpd.so.12"
/* None may have 128 events at once: then libmicrohttpd 0.9.75 asks the kernel for more and sleeps until there are,
 * whatever is to be done. */
#define HTTPD_PER_LOOP 126U
#define HTTPD_LOOPS    16U
#define HTTPD_WORKERS  16U
#define HTTPD_MEMORY   ((size_t)16 << 10) /* for the headers of one request, and a piece of its body */

#define MHD_SYMBOLS(X)                     \
    X(start_daemon)                        \
    X(stop_daemon)                         \
    X(add_connection)                      \
    X(suspend_connection)                  \
    X(resume_connection)                   \
    X(get_version)                         \
    X(lookup_connection_value)             \
    X(get_connection_values_n)             \
    X(get_connection_info)                 \
    X(create_response_from_buffer)         \
    X(create_response_from_fd_at_offset64) \
    X(add_response_header)                 \
    X(queue_response)                      \
    X(destroy_response)

struct mhd {
    void *handle;
#define MHD_FIELD(name) __typeof__ (&MHD_##name)(name);
    MHD_SYMBOLS(MHD_FIELD)
#undef MHD_FIELD
};

struct conn {
    struct conn *prev, *next;
    int fd;
    _Atomic uint64_t deadline_ms;   /* for the headers of the next request; 0: none */
    _Atomic uint64_t body_since_ms; /* 0: no body is coming */
    _Atomic uint64_t body_bytes;
};

struct httpd_loop {
    struct httpd *h;
    struct MHD_Daemon *daemon; /* NULL until it is needed */
    _Atomic unsigned load;     /* connections given to it that have not ended */
};

struct httpd_workers {
    pthread_mutex_t lock; /* all of this */
    pthread_cond_t more;
    struct request *first, *last;
    size_t waiting, idle, count;
    bool ending;
    struct wp_thread *threads[HTTPD_WORKERS];
};

struct httpd_kept;

struct httpd {
    struct mhd lib;
    struct httpd_handler handler;
    struct oci_serve_limits limits;
    int listen_fd;
    struct httpd_loop loops[HTTPD_LOOPS];
    size_t group; /* so many loops are filled before the next ones are begun */
    struct httpd_workers workers;
    struct httpd_kept *kept;
    pthread_mutex_t lock; /* conns, open */
    pthread_cond_t idle;
    struct conn *conns;
    size_t open;           /* connections taken, until they end */
    size_t limit;          /* of them */
    _Atomic size_t active; /* requests between their first line and `done` */
    _Atomic bool stopping;
};

struct header {
    struct header *next;
    const char *name;
    char value[];
};

enum stage { STAGE_NEW, STAGE_BEGINNING, STAGE_BODY, STAGE_ENDING };

struct request {
    struct httpd_req pub;
    struct httpd *h;
    struct MHD_Connection *con;
    struct conn *conn;
    struct request *next;   /* in the workers' queue */
    const char *target_end; /* where the library holds what follows the target */
    struct header *headers;
    const char *key; /* the reply is the same whenever this is; NULL: it is not kept */
    struct wp_buf body;
    int fd;
    uint64_t offset;
    uint64_t began_us;
    uint64_t taken; /* body bytes that the handler was given */
    enum stage stage;
    bool waits; /* its begin and end are a worker's */
    bool seen, queued;
    char method[16];
    /* What the request needs of memory: most find room in space. */
    struct wp_arena arena;
    size_t used;
    char space[1024];
};

/* ---- httpd-lib.c ---- */
bool httpd_library_open(struct mhd *ret);

/* ---- httpd-request.c: the library's callbacks ---- */
void *httpd_on_target(void *cls, const char *target, struct MHD_Connection *con);
enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *con, const char *url, const char *method,
                                 const char *version, const char *body, size_t *body_len, void **con_cls);
void httpd_on_completed(void *cls, struct MHD_Connection *con, void **con_cls, enum MHD_RequestTerminationCode why);

/* ---- httpd-framing.c ---- */
/* What two readers could understand differently, or NULL. Sets the length. */
const char *httpd_framing_problem(struct request *q, const char *version);

/* ---- httpd-reply.c ---- */
/* Memory until done, not zeroed. */
void *httpd_request_alloc(struct request *q, size_t size);
enum MHD_Result httpd_queue_reply(struct request *q);
WP_OWN struct httpd_kept *httpd_kept_new(void);
void httpd_kept_free(const struct mhd *lib, WP_OWN struct httpd_kept *k);

/* ---- httpd-work.c ---- */
void httpd_workers_init(struct httpd_workers *w);
/* Suspends the connection, does what the stage asks for on another thread and resumes it. False: no thread can be had;
 * nothing was done. */
bool httpd_work(struct request *q);
/* What the stage asks for. */
void httpd_work_now(struct request *q);
/* Ends the threads once the queue is empty; what comes later is refused. */
void httpd_workers_end(struct httpd_workers *w);
void httpd_workers_done(struct httpd_workers *w);
