/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams. A reader's end of file means: everything it promises holds. A source is content that can be opened again at
 * an offset, which retries, redirects and resumed transfers need. Readers belong to one thread; a source may be opened
 * from several. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

struct wp_reader {
    /* len > 0. > 0: bytes placed in buf; 0: end, and all promises hold; -1: err is set, now and at every later call. */
    ssize_t (*read)(struct wp_reader *r, void *buf, size_t len, struct wp_err *err);
    /* Releases r itself. Closing before the end is allowed and proves nothing. */
    void (*close)(struct wp_reader *r);
};

ssize_t wp_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err) WP_MUST_USE;
/* NULL is fine. */
void wp_reader_close(WP_OWN struct wp_reader *r);
void wp_reader_close_p(struct wp_reader **r);
#define WP_AUTO_READER WP_CLEANUP(wp_reader_close_p)

/* A reader over borrowed bytes, or over an owned descriptor (closed with it; name is copied, used in messages). */
WP_OWN struct wp_reader *wp_reader_mem(struct wp_span bytes);
WP_OWN struct wp_reader *wp_reader_fd(WP_OWN int fd, const char *name);

/* Read to the end into b (appended). WP_E_LIMIT as soon as more than limit bytes came; what names the thing read. */
int wp_read_all(struct wp_reader *r, struct wp_buf *b, uint64_t limit, const char *what,
                struct wp_err *err) WP_MUST_USE;
/* Read to the end and forget what came: for readers whose end is a proof. */
int wp_read_drain(struct wp_reader *r, struct wp_err *err) WP_MUST_USE;
/* Write all bytes to fd, restarting after signals and short writes. name is used in messages. */
int wp_write_all(int fd, const void *bytes, size_t len, const char *name, struct wp_err *err) WP_MUST_USE;

struct wp_source {
    /* A reader that starts at offset (<= size of the content). */
    int (*open)(struct wp_source *src, uint64_t offset, WP_OWN struct wp_reader **ret, struct wp_err *err);
};

/* Sources over borrowed bytes and over a regular file (path borrowed, opened anew at each open). Values, not owned. */
struct wp_source_mem {
    struct wp_source base;
    struct wp_span bytes;
};
struct wp_source_file {
    struct wp_source base;
    const char *path;
};
struct wp_source_mem wp_source_mem(struct wp_span bytes);
struct wp_source_file wp_source_file(const char *path);
