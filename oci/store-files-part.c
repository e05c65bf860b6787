/* SPDX-License-Identifier: Apache-2.0
 *
 * Resumable parts of the files store: `.wpack/part/<alg>-<hex>` beneath the target folder. What an earlier run left is
 * read back through the proof before the source is asked for the rest, so a part may hold anything, and only costs time
 * when it is wrong. One process at a time uses the parts of a folder. */
#include "base/fs.h"
#include "base/mem.h"
#include "oci/store-files.h"
#include "oci/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define LOCK_PATH ".wpack/pull.lock"
#define PART_DIR  ".wpack/part"
#define CHUNK     ((size_t)128 * 1024)

/* ---- the folder of parts ---- */

/* Open and lock the lock file; the last user unlinks it, so the one locked must still be the one with the name. */
static int take_lock(struct files_store *f, struct wp_job *job, struct wp_err *err)
{
    for (;;) {
        if (wp_fs_mkdirs_beneath(f->dirfd, LOCK_PATH, err) < 0) {
            return wp_wrap(err, "%s", f->base.label);
        }
        WP_AUTO_FD int fd = wp_fs_open_beneath(f->dirfd, LOCK_PATH, O_RDWR | O_CREAT, 0666, LOCK_PATH, err);
        if (fd < 0) {
            if (errno == ENOENT) {
                continue; /* the other one has just removed the folder */
            }
            return wp_wrap(err, "%s", f->base.label);
        }
        if (wp_fs_lock(fd, 0, true, true, job, err) < 0) {
            return -1;
        }
        struct stat ours;
        struct stat named;
        WP_AUTO_FD int again = openat(f->dirfd, LOCK_PATH, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (again >= 0 && fstat(fd, &ours) == 0 && fstat(again, &named) == 0 && ours.st_ino == named.st_ino &&
            ours.st_dev == named.st_dev) {
            f->lock_fd = wp_steal_fd(&fd);
            return 0;
        }
    }
}

static int open_parts_locked(struct files_store *f, struct wp_job *job, struct wp_err *err)
{
    if (f->part_fd >= 0) {
        return 0;
    }
    if (f->lock_fd < 0 && take_lock(f, job, err) < 0) {
        return -1;
    }
    if (wp_fs_mkdirs_beneath(f->dirfd, PART_DIR "/x", err) < 0) {
        return wp_wrap(err, "%s", f->base.label);
    }
    f->part_fd = wp_fs_open_beneath(f->dirfd, PART_DIR, O_RDONLY | O_DIRECTORY, 0, PART_DIR, err);
    return f->part_fd < 0 ? wp_wrap(err, "%s", f->base.label) : 0;
}

static int open_parts(struct files_store *f, struct wp_job *job, struct wp_err *err)
{
    pthread_mutex_lock(&f->lock);
    int n = open_parts_locked(f, job, err);
    pthread_mutex_unlock(&f->lock);
    return n;
}

void files_part_tidy(struct files_store *f)
{
    pthread_mutex_lock(&f->lock);
    wp_close_p(&f->part_fd);
    if (f->lock_fd >= 0) {
        /* Each fails while something is left in it. A folder that is in use keeps its lock file. */
        if (unlinkat(f->dirfd, PART_DIR, AT_REMOVEDIR) == 0 || errno == ENOENT) {
            unlinkat(f->dirfd, LOCK_PATH, 0);
            unlinkat(f->dirfd, ".wpack", AT_REMOVEDIR);
        }
        wp_close_p(&f->lock_fd);
    }
    pthread_mutex_unlock(&f->lock);
}

/* ---- what is there, then the rest ---- */

struct resume_reader {
    struct wp_reader base;
    int fd; /* the part, borrowed */
    const char *shown;
    uint64_t at;
    uint64_t prefix; /* bytes of the part to use */
    uint64_t size;   /* of the content */
    struct wp_source *src;
    struct wp_reader *rest;
};

static ssize_t resume_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct resume_reader *x = WP_DOWNCAST(struct resume_reader, r);
    if (x->at < x->prefix) {
        ssize_t n = pread(x->fd, buf, (size_t)WP_MIN((uint64_t)len, x->prefix - x->at), (off_t)x->at);
        if (n < 0) {
            return wp_fs_fail(err, errno, "cannot read the part of '%s'", x->shown);
        }
        if (n == 0) {
            return wp_fail(err, WP_E_INTEGRITY, "the part of '%s' became shorter", x->shown);
        }
        x->at += (uint64_t)n;
        return n;
    }
    if (x->prefix > 0 && x->prefix == x->size) {
        return 0;
    }
    if (x->rest == NULL && x->src->open(x->src, x->prefix, &x->rest, err) < 0) {
        return -1;
    }
    return wp_read(x->rest, buf, len, err);
}

static void resume_close(struct wp_reader *r)
{
    struct resume_reader *x = WP_DOWNCAST(struct resume_reader, r);
    wp_reader_close(x->rest);
    free(x);
}

static int write_at(int fd, const uint8_t *bytes, size_t len, uint64_t at, const char *shown, struct wp_err *err)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, bytes, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return wp_fs_fail(err, n < 0 ? errno : EIO, "cannot write '%s'", shown);
        }
        bytes += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

/* Bring the part, whose first prefix bytes are to be used, to the end of the content. */
static int transfer(int fd, uint64_t prefix, const struct files_slot *slot, const char *shown, struct wp_source *src,
                    const struct oci_push_opts *opts, struct wp_err *err)
{
    struct resume_reader *x = wp_xcalloc(1, sizeof(*x));
    *x = (struct resume_reader){.base = {.read = resume_read, .close = resume_close},
                                .fd = fd,
                                .shown = shown,
                                .prefix = prefix,
                                .size = slot->desc.size,
                                .src = src};
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(&x->base, &slot->desc);
    WP_AUTO_FREE uint8_t *buf = wp_xmalloc(CHUNK);
    uint64_t at = 0;
    for (;;) {
        if (wp_job_check(opts->job, err) < 0) {
            return -1;
        }
        ssize_t got = wp_read(r, buf, CHUNK, err);
        if (got <= 0) {
            return got < 0 ? -1 : 0;
        }
        size_t n = (size_t)got;
        size_t old = at < prefix ? (size_t)WP_MIN((uint64_t)n, prefix - at) : 0;
        if (write_at(fd, buf + old, n - old, at + old, shown, err) < 0) {
            return -1;
        }
        at += n;
        wp_item_add(opts->item, old, false);
        wp_item_add(opts->item, n - old, true);
    }
}

/* The part, never one that has a second name: writing would reach a file elsewhere. Nor somebody else's, which its
 * owner could write to after the proof. */
static int open_part(const struct files_store *f, const struct files_slot *slot, const char *shown, uint64_t *ret_size,
                     struct wp_err *err)
{
    for (int again = 0; again < 2; again++) {
        WP_AUTO_FD int fd =
            openat(f->part_fd, slot->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, f->mode);
        int errnum = fd < 0 ? errno : 0;
        struct stat st;
        if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid()) {
            *ret_size = (uint64_t)st.st_size;
            return wp_steal_fd(&fd);
        }
        bool odd = fd >= 0 || errnum == ELOOP || errnum == EACCES || errnum == ENXIO;
        if (!odd || unlinkat(f->part_fd, slot->part, 0) < 0) {
            return wp_fs_fail(err, errnum != 0 ? errnum : errno, "cannot write the part of '%s'", shown);
        }
    }
    return wp_fail(err, WP_E_IO, "cannot write the part of '%s': somebody else keeps replacing it", shown);
}

static int restart(int fd, const char *shown, const struct oci_push_opts *opts, struct wp_err *err)
{
    wp_item_rewind(opts->item, 0);
    return ftruncate(fd, 0) < 0 ? wp_fs_fail(err, errno, "cannot write '%s'", shown) : 0;
}

int files_part_fill(struct files_store *f, struct files_slot *slot, const char *shown, struct wp_source *src,
                    const struct oci_push_opts *opts, struct wp_err *err)
{
    if (open_parts(f, opts->job, err) < 0) {
        return -1;
    }
    uint64_t size = 0;
    WP_AUTO_FD int fd = open_part(f, slot, shown, &size, err);
    if (fd < 0) {
        return -1;
    }
    if (size > slot->desc.size) {
        size = 0;
        if (restart(fd, shown, opts, err) < 0) {
            return -1;
        }
    }
    int n = transfer(fd, size, slot, shown, src, opts, err);
    if (n < 0 && err->code == WP_E_INTEGRITY && size > 0) {
        wp_err_clear(err);
        n = restart(fd, shown, opts, err) < 0 ? -1 : transfer(fd, 0, slot, shown, src, opts, err);
    }
    if (n == 0) {
        n = wp_fs_sync(fd, shown, err);
    }
    if (n == 0 && fstat(fd, &slot->seen) < 0) {
        n = wp_fs_fail(err, errno, "cannot read the part of '%s'", shown);
    }
    struct stat st;
    if (n < 0 && (err->code == WP_E_INTEGRITY || (fstat(fd, &st) == 0 && st.st_size == 0))) {
        unlinkat(f->part_fd, slot->part, 0);
    }
    return n;
}
