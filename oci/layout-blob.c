/* SPDX-License-Identifier: Apache-2.0
 *
 * Content of a layout on disk: reading, proving, and files on their way to a final name. The order is always: write and
 * hash, compare size and digest, fsync, rename; the folder is synced in batches (layout_flush) before a name in
 * index.json can lead to it. */
#include "base/fs.h"
#include "base/mem.h"
#include "oci/layout-int.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define HASH_CHUNK ((size_t)256 * 1024)
#define SMALL      ((uint64_t)4 << 20) /* may wait for company */
#define WRITE_OUT  ((uint64_t)1 << 20) /* written out behind the download's back each time it has grown so much */
/* A file is touched when somebody relies on it, not at every look. */
#define TOUCH_AFTER_S 60

/* ---- files without a final name ---- */

int layout_temp(struct layout *l, struct layout_file *f, struct wp_err *err)
{
    wp_fs_temp_name("", f->name, sizeof(f->name));
    WP_AUTO_FREE char *shown = layout_shown(l, ".wpack/tmp");
    int fd = openat(l->tmp, f->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return wp_fs_fail(err, errno, "cannot create a file in '%s'", shown);
    }
    f->l = l;
    f->fd = fd;
    f->dir = l->tmp;
    f->keep = false;
    f->synced = false;
    return wp_fs_lock(fd, 0, true, false, NULL, err) < 0 ? -1 : 0;
}

void layout_file_drop_p(struct layout_file *f)
{
    if (f->fd < 0) {
        return;
    }
    if (!f->keep) {
        (void)unlinkat(f->dir, f->name, 0);
    }
    wp_close_p(&f->fd);
}

int layout_file_sync(struct layout_file *f, const struct oci_digest *digest, struct wp_err *err)
{
    if (!f->synced && wp_fs_sync(f->fd, f->name, err) < 0) {
        char path[OCI_BLOB_PATH];
        return wp_wrap(err, "%s/%s", f->l->path, oci_digest_blob_path(digest, path));
    }
    f->synced = true;
    return 0;
}

int layout_file_name(struct layout_file *f, const struct oci_digest *digest, struct wp_err *err)
{
    LAYOUT_AUTO_FILE struct layout_file own = *f;
    f->fd = -1;
    struct layout *l = own.l;
    char path[OCI_BLOB_PATH];
    WP_AUTO_FREE char *shown = layout_shown(l, oci_digest_blob_path(digest, path));
    int dir = layout_blob_dir(l, digest->alg, true, err);
    if (dir < 0) {
        return -1;
    }
    if (renameat(own.dir, own.name, dir, strrchr(path, '/') + 1) < 0) {
        return wp_fs_fail(err, errno, "cannot give '%s' its name", shown);
    }
    own.keep = true;
    layout_blob_dir_touched(l, digest->alg);
    return 0;
}

int layout_file_publish(struct layout_file *f, const struct oci_digest *digest, struct wp_err *err)
{
    struct layout *l = f->l;
    if (layout_file_sync(f, digest, err) < 0 || layout_file_name(f, digest, err) < 0) {
        return -1;
    }
    /* A server acknowledges each upload by itself. */
    return (l->flags & OCI_LAYOUT_LOCK_OPS) != 0 ? layout_flush(l, -1, NULL, err) : 0;
}

int layout_put_root(struct layout *l, const char *name, struct wp_span bytes, struct wp_err *err)
{
    LAYOUT_AUTO_FILE struct layout_file f = LAYOUT_FILE_INIT;
    WP_AUTO_FREE char *shown = layout_shown(l, name);
    if (layout_temp(l, &f, err) < 0 || wp_write_all(f.fd, bytes.ptr, bytes.len, shown, err) < 0 ||
        layout_flush(l, f.fd, shown, err) < 0) {
        return -1;
    }
    if (renameat(f.dir, f.name, l->root, name) < 0) {
        return wp_fs_fail(err, errno, "cannot replace '%s'", shown);
    }
    f.keep = true;
    return wp_fs_sync(l->root, l->path, err);
}

int layout_sync_root(struct layout *l, const char *name, struct wp_err *err)
{
    WP_AUTO_FREE char *shown = layout_shown(l, name);
    WP_AUTO_FD int fd = wp_fs_open_beneath(l->root, name, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0, shown, err);
    if (fd < 0 && err->code != WP_E_NOT_FOUND) {
        return -1;
    }
    wp_err_clear(err);
    return layout_flush(l, fd, shown, err) < 0 ? -1 : wp_fs_sync(l->root, l->path, err);
}

bool layout_file_idle(int dir, const char *name)
{
    WP_AUTO_FD int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct wp_err ignored = {0};
    return fd >= 0 && wp_fs_lock(fd, 0, true, false, NULL, &ignored) == 1;
}

/* ---- reading and proving ---- */

int layout_blob_open(struct layout *l, const struct oci_digest *digest, int *ret_fd, struct stat *ret_st,
                     struct wp_err *err)
{
    /* It may stand for something wrong that has the name now. */
    if (layout_waits(l, digest) && layout_settle(l, err) < 0) {
        return -1;
    }
    int dir = layout_blob_dir(l, digest->alg, false, err);
    if (dir < 0) {
        bool absent = err->code == WP_E_NOT_FOUND;
        if (absent) {
            wp_err_clear(err);
        }
        return absent ? 0 : -1;
    }
    char path[OCI_BLOB_PATH];
    oci_digest_blob_path(digest, path);
    WP_AUTO_FD int fd = openat(dir, strrchr(path, '/') + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    /* What is no regular file is no content: a push puts one in its place. */
    if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO)) {
        return 0;
    }
    if (fd < 0 || fstat(fd, ret_st) < 0) {
        return wp_fs_fail(err, errno, "cannot open '%s/%s'", l->path, path);
    }
    if (!S_ISREG(ret_st->st_mode)) {
        return 0;
    }
    *ret_fd = wp_steal_fd(&fd);
    return 1;
}

int layout_hash_fd(int fd, enum wp_hash_alg alg, const char *shown, struct wp_job *job, struct wp_item *item,
                   struct oci_digest *ret, struct wp_err *err)
{
    WP_AUTO_HASH struct wp_hash *hash = wp_hash_new(alg);
    WP_AUTO_FREE uint8_t *chunk = wp_xmalloc(HASH_CHUNK);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (;;) {
        if (wp_job_check(job, err) < 0) {
            return -1;
        }
        ssize_t n = read(fd, chunk, HASH_CHUNK);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return wp_fs_fail(err, errno, "cannot read '%s'", shown);
        }
        if (n == 0) {
            break;
        }
        wp_hash_add(hash, chunk, (size_t)n);
        wp_item_add(item, (uint64_t)n, false);
    }
    *ret = (struct oci_digest){.alg = alg};
    wp_hash_end(hash, ret->bytes);
    return 0;
}

/* Spare the file from gc, as far as its owner lets us. */
static void touch(int fd, const struct stat *st)
{
    if (st->st_mtime + TOUCH_AFTER_S < time(NULL)) {
        (void)futimens(fd, NULL);
    }
}

/* Whoever wrote it may not have synced it, and what is relied on must outlive a power loss. */
static int make_durable(const struct layout *l, int fd, struct wp_err *err)
{
    int n = 0;
    do {
        n = fdatasync(fd);
    } while (n < 0 && errno == EINTR);
    return n == 0 || errno == EINVAL || errno == EROFS
               ? 0
               : wp_fs_fail(err, errno, "cannot make content of '%s' durable", l->path);
}

/* The same with progress, for push. */
static int present(struct layout *l, const struct oci_desc *d, bool proven, struct wp_job *job, struct wp_err *err)
{
    WP_AUTO_FD int fd = -1;
    struct stat st = {0};
    int found = layout_blob_open(l, &d->digest, &fd, &st, err);
    if (found <= 0) {
        return found;
    }
    if (d->size != OCI_SIZE_UNKNOWN && (uint64_t)st.st_size != d->size) {
        return OCI_ABSENT;
    }
    if (proven) {
        char path[OCI_BLOB_PATH];
        WP_AUTO_FREE char *shown = layout_shown(l, oci_digest_blob_path(&d->digest, path));
        struct oci_digest got;
        if (layout_hash_fd(fd, d->digest.alg, shown, job, NULL, &got, err) < 0) {
            return -1;
        }
        if (!oci_digest_equal(&got, &d->digest)) {
            return OCI_ABSENT;
        }
    }
    if ((l->flags & OCI_LAYOUT_WRITE) != 0) {
        if (proven && make_durable(l, fd, err) < 0) {
            return -1;
        }
        touch(fd, &st);
        layout_blob_dir_touched(l, d->digest.alg);
    }
    return OCI_PRESENT;
}

int layout_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    return present(WP_DOWNCAST(struct layout, s), d, proven, NULL, err);
}

/* ---- push ---- */

struct transfer {
    struct layout *l;
    const struct oci_desc *d;
    struct wp_job *job;
    struct wp_item *item;
    struct layout_file *f;
    struct wp_hash *hash;
    uint8_t *chunk;
    uint64_t done;  /* bytes in the file, all hashed */
    uint64_t begun; /* of these, on their way to the disk */
};

/* Is the file that fd holds still the part of that name? Its last owner may have published it in the meantime. */
static bool part_is_mine(int dir, const char *name, int fd)
{
    struct stat a;
    struct stat b;
    return fstat(fd, &a) == 0 && fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev && S_ISREG(a.st_mode);
}

/* The part of d, or a private temporary file while another process is writing that one. */
static int open_part(struct layout *l, const struct oci_desc *d, struct layout_file *f, struct wp_err *err)
{
    char name[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, name);
    *strchr(name, ':') = '-';
    for (int tries = 0; tries < 3; tries++) {
        WP_AUTO_FD int fd = openat(l->part, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
        if (fd < 0) {
            return wp_fs_fail(err, errno, "cannot create '%s/.wpack/part/%s'", l->path, name);
        }
        int locked = wp_fs_lock(fd, 0, true, false, NULL, err);
        if (locked < 0) {
            return -1;
        }
        if (locked == 0) {
            break;
        }
        if (part_is_mine(l->part, name, fd)) {
            f->l = l;
            f->fd = wp_steal_fd(&fd);
            f->dir = l->part;
            f->keep = false;
            f->synced = false;
            memcpy(f->name, name, sizeof(name));
            return 0;
        }
    }
    return layout_temp(l, f, err);
}

static int transfer_restart(struct transfer *t, struct wp_err *err)
{
    if (ftruncate(t->f->fd, 0) < 0 || lseek(t->f->fd, 0, SEEK_SET) < 0) {
        return wp_fs_fail(err, errno, "cannot empty '%s/.wpack/part/%s'", t->l->path, t->f->name);
    }
    wp_hash_reset(t->hash);
    t->done = 0;
    t->begun = 0;
    wp_item_rewind(t->item, 0);
    return 0;
}

/* Hash what an earlier attempt left. */
static int transfer_prefix(struct transfer *t, struct wp_err *err)
{
    for (;;) {
        if (wp_job_check(t->job, err) < 0) {
            return -1;
        }
        ssize_t n = read(t->f->fd, t->chunk, HASH_CHUNK);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return wp_fs_fail(err, errno, "cannot read '%s/.wpack/part/%s'", t->l->path, t->f->name);
        }
        if (n == 0) {
            break;
        }
        wp_hash_add(t->hash, t->chunk, (size_t)n);
        t->done += (uint64_t)n;
        wp_item_add(t->item, (uint64_t)n, false);
    }
    return t->d->size != OCI_SIZE_UNKNOWN && t->done > t->d->size ? transfer_restart(t, err) : 0;
}

/* Read src to its end, but not past the size that was promised. */
static int transfer_rest(struct transfer *t, struct wp_source *src, struct wp_err *err)
{
    WP_AUTO_READER struct wp_reader *r = NULL;
    if (src->open(src, t->done, &r, err) < 0) {
        return -1;
    }
    while (t->d->size == OCI_SIZE_UNKNOWN || t->done <= t->d->size) {
        if (wp_job_check(t->job, err) < 0) {
            return -1;
        }
        ssize_t n = wp_read(r, t->chunk, HASH_CHUNK, err);
        if (n <= 0) {
            return (int)n;
        }
        if (wp_write_all(t->f->fd, t->chunk, (size_t)n, t->l->path, err) < 0) {
            return -1;
        }
        wp_hash_add(t->hash, t->chunk, (size_t)n);
        t->done += (uint64_t)n;
        wp_item_add(t->item, (uint64_t)n, true);
        if (t->done - t->begun >= WRITE_OUT) {
            /* What the disk does now, the fsync at the end need not wait for; an error shows there. */
            (void)sync_file_range(t->f->fd, (off_t)t->begun, (off_t)(t->done - t->begun), SYNC_FILE_RANGE_WRITE);
            t->begun = t->done;
        }
    }
    return 0;
}

static int transfer_proof(struct transfer *t, struct wp_err *err)
{
    char want[OCI_DIGEST_TEXT];
    oci_digest_text(&t->d->digest, want);
    if (t->d->size != OCI_SIZE_UNKNOWN && t->done != t->d->size) {
        return wp_fail(err, WP_E_INTEGRITY, "blob %s: has %s%" PRIu64 " bytes, expected %" PRIu64, want,
                       t->done > t->d->size ? "at least " : "", t->done, t->d->size);
    }
    struct oci_digest got = {.alg = t->d->digest.alg};
    wp_hash_end(t->hash, got.bytes);
    if (!oci_digest_equal(&got, &t->d->digest)) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_INTEGRITY, "blob %s: content does not match, its digest is %s", want,
                       oci_digest_text(&got, text));
    }
    return 0;
}

static bool has_bytes(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_size > 0;
}

static int transfer_run(struct transfer *t, struct wp_source *src, struct wp_err *err)
{
    if (transfer_prefix(t, err) < 0) {
        return -1;
    }
    bool resumed = t->done > 0;
    bool complete = t->d->size != OCI_SIZE_UNKNOWN && t->done == t->d->size && resumed;
    if ((complete || transfer_rest(t, src, err) == 0) && transfer_proof(t, err) == 0) {
        return 0;
    }
    if (!resumed || err->code != WP_E_INTEGRITY) {
        return -1;
    }
    /* The part was damaged, or belongs to content that the source has since replaced. */
    wp_err_clear(err);
    if (transfer_restart(t, err) < 0 || transfer_rest(t, src, err) < 0) {
        return -1;
    }
    return transfer_proof(t, err);
}

int layout_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src, const struct oci_push_opts *opts,
                struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    struct wp_job *job = opts != NULL ? opts->job : NULL;
    struct wp_item *item = opts != NULL ? opts->item : NULL;
    LAYOUT_AUTO_GUARD struct layout_guard guard = LAYOUT_GUARD_INIT;
    if (layout_enter(l, job, &guard, err) < 0) {
        return -1;
    }
    int found = present(l, d, true, job, err);
    if (found != OCI_ABSENT) {
        wp_item_add(item, found > 0 && d->size != OCI_SIZE_UNKNOWN ? d->size : 0, false);
        return found < 0 ? -1 : 0;
    }
    LAYOUT_AUTO_FILE struct layout_file f = LAYOUT_FILE_INIT;
    /* Large content does not gain from company, and its part outlives an interruption better than a file in a batch. */
    bool waits = opts != NULL && opts->until_bind && (l->flags & OCI_LAYOUT_LOCK_OPS) == 0 &&
                 (d->size == OCI_SIZE_UNKNOWN || d->size <= SMALL);
    if ((!waits && layout_bear(l, err) < 0) || layout_blob_dir(l, d->digest.alg, true, err) < 0 ||
        open_part(l, d, &f, err) < 0) {
        return -1;
    }
    WP_AUTO_HASH struct wp_hash *hash = wp_hash_new(d->digest.alg);
    WP_AUTO_FREE uint8_t *chunk = wp_xmalloc(HASH_CHUNK);
    struct transfer t = {.l = l, .d = d, .job = job, .item = item, .f = &f, .hash = hash, .chunk = chunk};
    if (transfer_run(&t, src, err) < 0) {
        f.keep = f.dir == l->part && err->code != WP_E_INTEGRITY && has_bytes(f.fd);
        return -1;
    }
    return waits && t.done <= SMALL ? layout_publish_later(l, &f, &d->digest, err)
                                    : layout_file_publish(&f, &d->digest, err);
}

int layout_stage_bytes(struct layout *l, const struct oci_desc *d, struct wp_span bytes, struct layout_file *f,
                       struct wp_err *err)
{
    int found = present(l, d, true, NULL, err);
    if (found != OCI_ABSENT) {
        return found < 0 ? -1 : 0;
    }
    if (layout_temp(l, f, err) < 0 || wp_write_all(f->fd, bytes.ptr, bytes.len, l->path, err) < 0) {
        return -1;
    }
    return 1;
}

int layout_put_bytes(struct layout *l, const struct oci_desc *d, struct wp_span bytes, struct wp_err *err)
{
    LAYOUT_AUTO_FILE struct layout_file f = LAYOUT_FILE_INIT;
    int n = layout_stage_bytes(l, d, bytes, &f, err);
    return n == 1 ? layout_file_publish(&f, &d->digest, err) : n;
}
