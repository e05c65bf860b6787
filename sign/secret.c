/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that nobody else may see (sign/secret.h): libsodium's guarded memory. Where RLIMIT_MEMLOCK lets no more be
 * locked, sodium_malloc goes on without; guard pages, MADV_DONTDUMP and the wiping stay. */
#include "sign/secret.h"

#include "base/fs.h"
#include "base/mem.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

struct sig_secret *sig_secret_new(size_t len)
{
    if (sodium_init() < 0) {
        wp_die("libsodium cannot be started", 1);
    }
    struct sig_secret *s = wp_xcalloc(1, sizeof(*s));
    s->ptr = sodium_malloc(len + 1);
    if (s->ptr == NULL) {
        wp_out_of_memory();
    }
    sodium_memzero(s->ptr, len + 1);
    s->len = len;
    return s;
}

struct sig_secret *sig_secret_of(const void *bytes, size_t len)
{
    struct sig_secret *s = sig_secret_new(len);
    if (len > 0) {
        memcpy(s->ptr, bytes, len);
    }
    return s;
}

void sig_secret_free(struct sig_secret *s)
{
    if (s != NULL) {
        sodium_free(s->ptr);
        free(s);
    }
}

void sig_secret_free_p(struct sig_secret **s)
{
    sig_secret_free(*s);
    *s = NULL;
}

void sig_secret_cut(struct sig_secret *s, size_t len)
{
    sig_wipe(s->ptr + len, s->len - len);
    s->len = len;
}

int sig_secret_read(const char *path, uint64_t limit, struct sig_secret **ret, struct wp_err *err)
{
    uint64_t size = 0;
    WP_AUTO_FD int fd = wp_fs_open_file(path, &size, err);
    if (fd < 0) {
        return -1;
    }
    return sig_secret_read_fd(fd, size, limit, path, ret, err);
}

/* More than was announced is not read: one byte beyond says that there is more. */
int sig_secret_read_fd(int fd, uint64_t size, uint64_t limit, const char *name, struct sig_secret **ret,
                       struct wp_err *err)
{
    if (size > limit) {
        return wp_fail(err, WP_E_LIMIT, "%s is larger than %llu bytes", name, (unsigned long long)limit);
    }
    SIG_AUTO_SECRET struct sig_secret *s = sig_secret_new((size_t)size + 1);
    size_t have = 0;
    while (have < s->len) {
        ssize_t n = read(fd, s->ptr + have, s->len - have);
        if (n < 0 && errno != EINTR) {
            return wp_fs_fail(err, errno, "%s: cannot be read", name);
        }
        if (n == 0) {
            break;
        }
        have += n > 0 ? (size_t)n : 0;
    }
    if (have > size) {
        return wp_fail(err, WP_E_INPUT, "%s: grew while it was read, or is larger than %llu bytes", name,
                       (unsigned long long)size);
    }
    sig_secret_cut(s, have);
    *ret = WP_STEAL(s);
    return 0;
}

void sig_wipe(void *bytes, size_t len)
{
    if (len > 0) {
        explicit_bzero(bytes, len);
    }
}
