/* SPDX-License-Identifier: Apache-2.0
 *
 * Final names of the files store. A proven part is renamed to its path, beneath the folder, never through a symlink; a
 * symlink at the path itself is replaced. Further paths with the same content get copies, proven once more. */
#include "base/fs.h"
#include "base/mem.h"
#include "oci/store-files.h"
#include "oci/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CHUNK ((size_t)128 * 1024)

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* What is at the entry's path: 1 with *ret set, 0 nothing, -1. A symlink there is told as such. */
static int probe(const struct files_store *f, const struct files_entry *e, struct stat *ret, struct wp_err *err)
{
    WP_AUTO_FD int fd = wp_fs_open_beneath(f->dirfd, e->path, O_PATH | O_NOFOLLOW, 0, e->shown, err);
    if (fd < 0) {
        if (errno != ENOENT) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    return fstat(fd, ret) == 0 ? 1 : wp_fs_fail(err, errno, "cannot read '%s'", e->shown);
}

/* 1: the file at the entry's path holds its content (proven; *ret_seen tells which file), 0: not, -1. */
static int holds(const struct files_store *f, const struct files_entry *e, struct stat *ret_seen, struct wp_err *err)
{
    struct stat st;
    int there = probe(f, e, &st, err);
    if (there <= 0) {
        return there;
    }
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != e->slot->desc.size) {
        return 0;
    }
    int fd = wp_fs_open_beneath(f->dirfd, e->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, e->shown, err);
    if (fd < 0) {
        /* A file that we may not read can still be replaced. */
        wp_err_clear(err);
        return 0;
    }
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(wp_reader_fd(fd, e->shown), &e->slot->desc);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return 0;
    }
    if (wp_read_drain(r, err) == 0) {
        *ret_seen = st;
        return 1;
    }
    if (err->code != WP_E_INTEGRITY) {
        return -1;
    }
    wp_err_clear(err);
    return 0;
}

int files_look(struct files_store *f, struct files_slot *slot, struct wp_err *err)
{
    if (slot->state != FILES_UNKNOWN) {
        return 0;
    }
    for (size_t i = 0; i < f->entry_count; i++) {
        int n = f->entries[i].slot == slot ? holds(f, &f->entries[i], &slot->seen, err) : 0;
        if (n < 0) {
            return -1;
        }
        if (n == 1) {
            slot->state = FILES_PLACED;
            slot->at = i;
            return 0;
        }
    }
    slot->state = FILES_MISSING;
    return 0;
}

static int clobbers(const struct files_entry *e, struct wp_err *err)
{
    wp_fail(err, WP_E_EXISTS, "'%s' exists already with other content", e->shown);
    return wp_hint(err, "move it away, or choose another folder");
}

int files_check_target(struct files_store *f, size_t entry, struct wp_err *err)
{
    const struct files_entry *e = &f->entries[entry];
    struct stat st;
    int there = probe(f, e, &st, err);
    if (there <= 0) {
        return there;
    }
    if (S_ISDIR(st.st_mode)) {
        return wp_fail(err, WP_E_EXISTS, "'%s' is a folder, where a file is to be written", e->shown);
    }
    if (!f->no_clobber || (e->slot->state == FILES_PLACED && e->slot->at == entry)) {
        return 0;
    }
    int same = holds(f, e, &st, err);
    if (same != 0) {
        return same < 0 ? -1 : 0;
    }
    return clobbers(e, err);
}

int files_open_content(struct files_store *f, struct files_slot *slot, int *ret_fd, struct wp_err *err)
{
    if (slot->state == FILES_STAGED) {
        *ret_fd = wp_fs_open_beneath(f->part_fd, slot->part, O_RDONLY, 0, slot->part, err);
    } else if (slot->state == FILES_PLACED) {
        const struct files_entry *e = &f->entries[slot->at];
        *ret_fd = wp_fs_open_beneath(f->dirfd, e->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, e->shown, err);
    } else {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_NOT_FOUND, "%s has no content %s", f->base.label,
                       oci_digest_text(&slot->desc.digest, text));
    }
    return *ret_fd < 0 ? -1 : 0;
}

/* The folder the entry's file goes to, made when absent. ret_name: the last component. */
static int open_parent(const struct files_store *f, const struct files_entry *e, const char **ret_name,
                       struct wp_err *err)
{
    const char *slash = strrchr(e->path, '/');
    *ret_name = slash != NULL ? slash + 1 : e->path;
    if (slash == NULL) {
        return wp_fs_open_beneath(f->dirfd, ".", O_RDONLY | O_DIRECTORY, 0, f->base.label, err);
    }
    if (wp_fs_mkdirs_beneath(f->dirfd, e->path, err) < 0) {
        return wp_wrap(err, "%s", f->base.label);
    }
    WP_AUTO_FREE char *above = wp_xstrndup(e->path, (size_t)(slash - e->path));
    return wp_fs_open_beneath(f->dirfd, above, O_RDONLY | O_DIRECTORY, 0, e->shown, err);
}

static int give_name(const struct files_store *f, const struct files_entry *e, int from, const char *from_name, int to,
                     const char *to_name, struct wp_err *err)
{
    int n = renameat2(from, from_name, to, to_name, f->no_clobber ? RENAME_NOREPLACE : 0);
    if (n < 0 && errno == EINVAL) {
        /* A file system without the flag; files_check_target has looked. */
        n = renameat(from, from_name, to, to_name);
    }
    if (n < 0) {
        return errno == EEXIST ? clobbers(e, err) : wp_fs_fail(err, errno, "cannot write '%s'", e->shown);
    }
    return wp_fs_sync(to, e->shown, err);
}

static int copy_proven(struct wp_reader *r, int fd, const char *shown, struct wp_err *err)
{
    WP_AUTO_FREE uint8_t *buf = wp_xmalloc(CHUNK);
    for (;;) {
        ssize_t n = wp_read(r, buf, CHUNK, err);
        if (n <= 0) {
            return n < 0 ? -1 : wp_fs_sync(fd, shown, err);
        }
        if (wp_write_all(fd, buf, (size_t)n, shown, err) < 0) {
            return -1;
        }
    }
}

/* The slot is placed at another entry's path. */
static int place_copy(struct files_store *f, const struct files_entry *e, int folder, const char *name,
                      struct wp_err *err)
{
    int from = -1;
    if (files_open_content(f, e->slot, &from, err) < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *r = oci_verify_reader(wp_reader_fd(from, e->shown), &e->slot->desc);
    char temp[32];
    wp_fs_temp_name(".wpack-", temp, sizeof(temp));
    WP_AUTO_FD int fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, f->mode);
    if (fd < 0) {
        return wp_fs_fail(err, errno, "cannot write '%s'", e->shown);
    }
    if (copy_proven(r, fd, e->shown, err) < 0 || give_name(f, e, folder, temp, folder, name, err) < 0) {
        unlinkat(folder, temp, 0);
        return -1;
    }
    return 0;
}

/* 1: nothing is to be done, the file proven before is still the one at the path. */
static int is_settled(const struct files_store *f, const struct files_entry *e, struct wp_err *err)
{
    struct stat st;
    int there = probe(f, e, &st, err);
    if (there < 0) {
        return -1;
    }
    if (there == 1 && same_file(&st, &e->slot->seen)) {
        return 1;
    }
    int same = holds(f, e, &e->slot->seen, err);
    return same != 0 ? same : wp_fail(err, WP_E_INTEGRITY, "'%s' was changed while it was in use", e->shown);
}

/* The file at the entry's path is proven. Whoever wrote it may have been stopped before it was durable. */
static int make_durable(const struct files_store *f, const struct files_entry *e, struct wp_err *err)
{
    WP_AUTO_FD int fd = wp_fs_open_beneath(f->dirfd, e->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, e->shown, err);
    const char *name = NULL;
    WP_AUTO_FD int folder = fd < 0 ? -1 : open_parent(f, e, &name, err);
    return folder < 0 || wp_fs_sync(fd, e->shown, err) < 0 ? -1 : wp_fs_sync(folder, e->shown, err);
}

static int exchanged(const struct files_entry *e, struct wp_err *err)
{
    return wp_fail(err, WP_E_INTEGRITY, "'%s': its part was exchanged after it had been proven", e->shown);
}

/* Whoever may write to the folder of parts could put another file in the place of the proven one. */
static int place_part(const struct files_store *f, const struct files_entry *e, int folder, const char *name,
                      struct wp_err *err)
{
    struct stat *proven = &e->slot->seen;
    struct stat st;
    if (fstatat(f->part_fd, e->slot->part, &st, AT_SYMLINK_NOFOLLOW) < 0 || !same_file(&st, proven)) {
        return exchanged(e, err);
    }
    if (give_name(f, e, f->part_fd, e->slot->part, folder, name, err) < 0) {
        return -1;
    }
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return wp_fs_fail(err, errno, "cannot read '%s'", e->shown);
    }
    if (st.st_ino != proven->st_ino || st.st_dev != proven->st_dev) {
        unlinkat(folder, name, 0);
        return exchanged(e, err);
    }
    *proven = st;
    return 0;
}

int files_place(struct files_store *f, size_t entry, struct wp_err *err)
{
    struct files_entry *e = &f->entries[entry];
    struct files_slot *slot = e->slot;
    if (slot->state == FILES_PLACED && slot->at == entry) {
        return is_settled(f, e, err) < 0 ? -1 : make_durable(f, e, err);
    }
    struct stat st;
    if (slot->state == FILES_PLACED && f->no_clobber) {
        int same = holds(f, e, &st, err);
        if (same != 0) {
            return same < 0 ? -1 : make_durable(f, e, err);
        }
    }
    const char *name = NULL;
    WP_AUTO_FD int folder = open_parent(f, e, &name, err);
    if (folder < 0) {
        return -1;
    }
    if (slot->state != FILES_STAGED) {
        return place_copy(f, e, folder, name, err);
    }
    if (place_part(f, e, folder, name, err) < 0) {
        return -1;
    }
    slot->state = FILES_PLACED;
    slot->at = entry;
    return 0;
}
