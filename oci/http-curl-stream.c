/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl pushes, wpack pulls: a reader that drives its own multi handle and pauses the transfer while enough bytes are
 * waiting to be read. Errors of the callbacks are kept in the stream and win over libcurl's own. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"
#include "oci/http-curl.h"

#include <strings.h>

enum {
    RING_BYTES = 256 * 1024,
    POLL_MAX_MS = 1000,
    LARGE_BYTES = 16 * 1024 * 1024,
    REPLY_PATIENCE = 4, /* a registry hashes a large blob before it answers: that many stall times */
    DRAIN_TURNS = 4,
};

static void moved(struct curl_stream *s)
{
    s->progress_ms = wp_time_mono_ms();
}

/* ---- callbacks: request ---- */

/* The types are libcurl's. NOLINTNEXTLINE(readability-non-const-parameter) */
static int on_connected(void *arg, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
    struct curl_stream *s = arg;
    (void)primary_ip;
    (void)local_ip;
    (void)primary_port;
    (void)local_port;
    s->connected = true;
    moved(s);
    return CURL_PREREQFUNC_OK;
}

static size_t on_read(char *buf, size_t size, size_t count, void *arg)
{
    struct curl_stream *s = arg;
    uint64_t left = s->upload_size - s->upload_sent;
    size_t want = (size_t)WP_MIN(size * count, left);
    if (want == 0) {
        return 0;
    }
    if (!s->upload && s->source->open(s->source, s->upload_sent, &s->upload, &s->fail) < 0) {
        return CURL_READFUNC_ABORT;
    }
    ssize_t n = wp_read(s->upload, buf, want, &s->fail);
    if (n < 0) {
        return CURL_READFUNC_ABORT;
    }
    if (n == 0) {
        wp_fail(&s->fail, WP_E_IO, "content to be sent ended after %llu of %llu bytes",
                (unsigned long long)s->upload_sent, (unsigned long long)s->upload_size);
        return CURL_READFUNC_ABORT;
    }
    s->upload_sent += (uint64_t)n;
    wp_item_add(s->item, (uint64_t)n, true);
    moved(s);
    return (size_t)n;
}

/* libcurl starts over by itself when a kept connection turns out to be dead. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct curl_stream *s = arg;
    if (origin != SEEK_SET || offset < 0) {
        return CURL_SEEKFUNC_FAIL;
    }
    wp_reader_close(s->upload);
    s->upload = NULL;
    s->upload_sent = (uint64_t)offset;
    wp_item_rewind(s->item, s->item_from + s->upload_sent);
    return CURL_SEEKFUNC_OK;
}

/* ---- callbacks: reply ---- */

static size_t trim(const char *line, size_t len)
{
    while (len > 0 && strchr("\r\n \t", line[len - 1])) {
        len--;
    }
    return len;
}

static void begin_reply(struct curl_stream *s, const char *line, size_t len)
{
    wp_arena_done(&s->arena);
    s->arena = (struct wp_arena)WP_ARENA_INIT;
    s->header_count = 0;
    s->status = 0;
    const char *blank = memchr(line, ' ', len);
    char digits[4] = {0};
    uint64_t status = 0;
    if (blank && (size_t)(blank - line) + 4 <= len) {
        memcpy(digits, blank + 1, 3);
        s->status = wp_parse_u64(digits, 100, 999, &status) ? (int)status : 0;
    }
    s->reply_begun = true;
    moved(s);
}

static void add_header(struct curl_stream *s, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon || colon == line) {
        return;
    }
    const char *value = colon + 1;
    const char *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    if (s->header_count == s->header_cap) {
        s->header_cap = s->header_cap ? 2 * s->header_cap : 32;
        s->headers = wp_xrealloc(s->headers, s->header_cap, sizeof *s->headers);
    }
    s->headers[s->header_count++] =
        (struct http_header){.name = wp_arena_strn(&s->arena, line, (size_t)(colon - line)),
                             .value = wp_arena_strn(&s->arena, value, (size_t)(end - value))};
}

/* Lines of interim replies (1xx), the final one, and of trailers. Lines count as no progress: a server that drips
 * headers is as stuck as one that sends none. */
static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct curl_stream *s = arg;
    size_t len = size * count;
    s->header_bytes += len;
    if (s->header_bytes > WP_LIMIT_HEADERS) {
        wp_fail(&s->fail, WP_E_LIMIT, "'%s' sends more than %llu bytes of headers", s->origin.host,
                (unsigned long long)WP_LIMIT_HEADERS);
        return 0;
    }
    if (s->headers_done) {
        return len;
    }
    size_t text = trim(line, len);
    if (text >= 5 && strncasecmp(line, "HTTP/", 5) == 0 && !memchr(line, ':', 5)) {
        begin_reply(s, line, text);
    } else if (text > 0) {
        add_header(s, line, text);
    } else if (s->status >= 200) {
        s->headers_done = true;
        moved(s);
    }
    return len;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *arg)
{
    struct curl_stream *s = arg;
    size_t len = size * count;
    if (s->in_at > 0 && s->in_at == s->in.len) {
        wp_buf_cut(&s->in, 0);
        s->in_at = 0;
    }
    if (s->in.len - s->in_at >= RING_BYTES) {
        s->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    wp_buf_add(&s->in, bytes, len);
    moved(s);
    return len;
}

void curl_stream_attach(struct curl_stream *s)
{
    const struct curl_api *api = s->api;
    CURL *easy = s->lane->easy;
    api->easy_setopt(easy, CURLOPT_ERRORBUFFER, s->errbuf);
    api->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    api->easy_setopt(easy, CURLOPT_HEADERDATA, s);
    api->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    api->easy_setopt(easy, CURLOPT_WRITEDATA, s);
    if (s->source) {
        api->easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        api->easy_setopt(easy, CURLOPT_READDATA, s);
        api->easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
        api->easy_setopt(easy, CURLOPT_SEEKDATA, s);
    }
    /* A libcurl without it (before 7.80): the stall time then covers connecting, too. */
    s->connected = api->easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected) != CURLE_OK;
    api->easy_setopt(easy, CURLOPT_PREREQDATA, s);
    moved(s);
}

/* ---- driving ---- */

static int keep_failure(struct curl_stream *s, struct wp_err *err)
{
    *err = s->fail;
    return -1;
}

static int end_of_transfer(struct curl_stream *s, CURLcode code)
{
    s->finished = true;
    if (code == CURLE_OK || s->fail.code != WP_E_OK) {
        return s->fail.code == WP_E_OK ? 0 : -1;
    }
    return curl_stream_fail(s, code, &s->fail);
}

/* Lets libcurl work without waiting. -1: s->fail is set. */
static int perform(struct curl_stream *s)
{
    int running = 0;
    CURLMcode mc = s->api->multi_perform(s->lane->multi, &running);
    if (mc != CURLM_OK) {
        s->finished = true;
        return wp_fail(&s->fail, WP_E_OTHER, "libcurl: %s", s->api->multi_strerror(mc));
    }
    int queued = 0;
    for (CURLMsg *m; (m = s->api->multi_info_read(s->lane->multi, &queued));) {
        if (m->msg == CURLMSG_DONE && m->easy_handle == s->lane->easy) {
            return end_of_transfer(s, m->data.result);
        }
    }
    return 0;
}

static uint64_t patience_ms(const struct curl_stream *s)
{
    if (!s->connected) {
        return WP_MAX(s->connect_ms, s->stall_ms);
    }
    bool sent = s->source && s->upload_sent == s->upload_size;
    bool waits_for_verdict = sent && s->upload_size >= LARGE_BYTES && !s->reply_begun;
    return waits_for_verdict ? s->stall_ms * REPLY_PATIENCE : s->stall_ms;
}

/* Waits until the network or the job's wake descriptor has something. */
static int wait_turn(struct curl_stream *s)
{
    if (wp_job_check(s->job, &s->fail) < 0) {
        return -1;
    }
    uint64_t quiet = wp_time_mono_ms() - s->progress_ms;
    uint64_t patience = patience_ms(s);
    if (quiet >= patience) {
        return wp_fail(&s->fail, WP_E_NETWORK, "'%s' has sent and taken nothing for %llu.%llu s", s->origin.host,
                       (unsigned long long)(quiet / 1000), (unsigned long long)(quiet % 1000 / 100));
    }
    struct curl_waitfd wake = {.fd = wp_job_wake_fd(s->job), .events = CURL_WAIT_POLLIN};
    int ms = (int)WP_MIN(patience - quiet, POLL_MAX_MS);
    CURLMcode mc = s->api->multi_poll(s->lane->multi, &wake, wake.fd >= 0 ? 1 : 0, ms, NULL);
    if (mc != CURLM_OK) {
        return wp_fail(&s->fail, WP_E_OTHER, "libcurl: %s", s->api->multi_strerror(mc));
    }
    return wp_job_check(s->job, &s->fail);
}

int curl_stream_headers(struct curl_stream *s, struct wp_err *err)
{
    for (;;) {
        int rc = perform(s);
        /* What broke off behind the headers is for the reader to tell, after the bytes that came along with them. */
        if (s->headers_done && (s->fail.code == WP_E_OK || (s->fail.code == WP_E_NETWORK && !s->source))) {
            return 0;
        }
        /* A final reply that came while the request's body was still under way is a reply, whatever became of the
         * sending; the body's own errors are not. */
        if (s->headers_done && s->fail.code == WP_E_NETWORK && s->source && s->finished && s->status >= 400) {
            wp_err_clear(&s->fail);
            return 0;
        }
        if (rc < 0) {
            return keep_failure(s, err);
        }
        if (s->finished) {
            return wp_fail(err, WP_E_NETWORK, "'%s' ended the connection without a reply", s->origin.host);
        }
        if (wait_turn(s) < 0) {
            return keep_failure(s, err);
        }
    }
}

static size_t waiting(const struct curl_stream *s)
{
    return s->in.len - s->in_at;
}

static int resume(struct curl_stream *s)
{
    s->paused = false;
    /* May call on_write before it returns. */
    CURLcode code = s->api->easy_pause(s->lane->easy, CURLPAUSE_CONT);
    return code == CURLE_OK || s->fail.code != WP_E_OK ? 0 : curl_stream_fail(s, code, &s->fail);
}

static ssize_t stream_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct curl_stream *s = WP_DOWNCAST(struct curl_stream, r);
    moved(s); /* time the caller took between reads is not the server's */
    while (waiting(s) == 0) {
        if (s->fail.code != WP_E_OK) {
            return keep_failure(s, err);
        }
        if (s->finished) {
            return 0;
        }
        if (s->paused && resume(s) < 0) {
            return keep_failure(s, err);
        }
        if (waiting(s) == 0 && perform(s) == 0 && waiting(s) == 0 && !s->finished && !s->paused) {
            (void)wait_turn(s);
        }
    }
    size_t n = WP_MIN(len, waiting(s));
    memcpy(buf, s->in.ptr + s->in_at, n);
    s->in_at += n;
    return (ssize_t)n;
}

/* A reply whose last bytes have come already is taken to its end: the connection can then be used again. */
static void drain(struct curl_stream *s)
{
    for (unsigned i = 0; i < DRAIN_TURNS && !s->finished && s->fail.code == WP_E_OK; i++) {
        wp_buf_cut(&s->in, 0);
        s->in_at = 0;
        if ((s->paused && resume(s) < 0) || perform(s) < 0) {
            return;
        }
    }
}

static void stream_close(struct wp_reader *r)
{
    struct curl_stream *s = WP_DOWNCAST(struct curl_stream, r);
    if (s->added) {
        if (s->headers_done) {
            drain(s);
        }
        s->api->multi_remove_handle(s->lane->multi, s->lane->easy);
    }
    s->api->easy_reset(s->lane->easy);
    /* With HTTP/2 libcurl would send the next attempt into the connection that has just fallen silent. */
    curl_lane_release(s->transport, s->lane, s->fail.code == WP_E_NETWORK);
    s->api->slist_free_all(s->request_headers);
    wp_reader_close(s->upload);
    wp_arena_done(&s->arena);
    free(s->headers);
    wp_buf_done(&s->in);
    free(s);
}

void curl_stream_reader(struct curl_stream *s)
{
    s->base.read = stream_read;
    s->base.close = stream_close;
}
