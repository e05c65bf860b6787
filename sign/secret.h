/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that nobody else may see: locked, guarded and wiped memory (libsodium). Where the system lets no memory be
 * locked they are still wiped and kept out of cores. */
#pragma once

#include "base/base.h"
#include "base/err.h"

struct sig_secret {
    uint8_t *ptr; /* followed by a NUL byte that len does not count */
    size_t len;
};

/* Zeroed, len bytes. */
WP_OWN struct sig_secret *sig_secret_new(size_t len);
WP_OWN struct sig_secret *sig_secret_of(const void *bytes, size_t len);
void sig_secret_free(WP_OWN struct sig_secret *s);
void sig_secret_free_p(struct sig_secret **s);
#define SIG_AUTO_SECRET WP_CLEANUP(sig_secret_free_p)
/* A regular file, at most limit bytes, read without leaving copies. */
int sig_secret_read(const char *path, uint64_t limit, WP_OWN struct sig_secret **ret, struct wp_err *err) WP_MUST_USE;
/* From a descriptor to its end: at most size bytes. */
int sig_secret_read_fd(int fd, uint64_t size, uint64_t limit, const char *name, WP_OWN struct sig_secret **ret,
                       struct wp_err *err) WP_MUST_USE;
/* Shorten to len (<= s->len); the rest is wiped. */
void sig_secret_cut(struct sig_secret *s, size_t len);
void sig_wipe(void *bytes, size_t len);
