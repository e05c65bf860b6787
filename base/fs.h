/* SPDX-License-Identifier: Apache-2.0
 *
 * Files. Writing is always: temporary file in the same folder, fsync, rename, folder synced; nothing partial ever has
 * a final name. Paths made from foreign text go through wp_fs_name_check and are opened beneath a folder without
 * following symlinks (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, with an O_NOFOLLOW walk where the kernel lacks
 * it). Messages carry the path and errno in words. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"

#include <sys/stat.h>

/* NULL when name may be used as one path component of a file to be written, else the reason ("is empty", "is '.'",
 * "is '..'", "contains '/'", "contains '\\'", "contains a control byte", "is longer than 255 bytes", "is not UTF-8",
 * "starts with a drive letter", "is a reserved name": .wpack and the device names of other systems). */
const char *wp_fs_name_problem(const char *name);
/* The same for a relative path of such components, e.g. "assets/app.wasm" (at most 4096 bytes; also "is absolute",
 * "has an empty component"). */
const char *wp_fs_path_problem(const char *path);

/* As wp_fail_errno, with a hint where the reader can do something: no space, read-only, no permission, too many open
 * files, a symlink where none is followed. Returns -1. */
int wp_fs_fail(struct wp_err *err, int errnum, const char *fmt, ...) WP_PRINTF(3, 4);

/* mkdir -p, mode 0777 & ~umask. The folders are durable on return, here and below, also those that an earlier run made
 * and was stopped before it synced. */
int wp_fs_mkdirs(const char *path, struct wp_err *err) WP_MUST_USE;

/* What has yet to become durable and may do so together: a few folders, a file. Start with {0}. */
struct wp_fs_later_row {
    int fd;
    bool own;
    char *shown;
};
struct wp_fs_later {
    struct wp_fs_later_row *rows;
    size_t count;
};
/* own: fd is closed when its row goes. */
void wp_fs_later_add(struct wp_fs_later *later, int fd, bool own, const char *shown);
/* All are synced, side by side, and gone from the list; after an error all stay. */
int wp_fs_later_sync(struct wp_fs_later *later, struct wp_err *err) WP_MUST_USE;
/* The rows from that place on go unsynced. */
void wp_fs_later_cut(struct wp_fs_later *later, size_t count);
void wp_fs_later_done(struct wp_fs_later *later);
/* As wp_fs_mkdirs; the last folder is durable when what this adds to later is. */
int wp_fs_mkdirs_later(const char *path, struct wp_fs_later *later, struct wp_err *err) WP_MUST_USE;
/* Open a folder, O_CLOEXEC | O_DIRECTORY. Returns the descriptor. */
int wp_fs_open_dir(const char *path, struct wp_err *err) WP_MUST_USE;
/* Open path (relative, already checked or made by us) beneath dirfd without following any symlink. flags and mode as
 * open(2). Returns the descriptor, or -1 with errno kept for the caller too. shown is the path for messages. */
int wp_fs_open_beneath(int dirfd, const char *path, int flags, unsigned mode, const char *shown,
                       struct wp_err *err) WP_MUST_USE;
/* mkdir -p of the folders above the last component of path, beneath dirfd, never through a symlink. */
int wp_fs_mkdirs_beneath(int dirfd, const char *path, struct wp_err *err) WP_MUST_USE;
/* A regular file for reading (symlinks followed), its size in *ret_size. Returns the descriptor. Folders, pipes and
 * devices are WP_E_INPUT. */
int wp_fs_open_file(const char *path, uint64_t *ret_size, struct wp_err *err) WP_MUST_USE;
/* Whole regular file into b (appended); WP_E_LIMIT when it is larger than limit. */
int wp_fs_read(const char *path, uint64_t limit, struct wp_buf *b, struct wp_err *err) WP_MUST_USE;
int wp_fs_read_at(int dirfd, const char *path, uint64_t limit, const char *shown, struct wp_buf *b,
                  struct wp_err *err) WP_MUST_USE;
int wp_fs_sync(int fd, const char *shown, struct wp_err *err) WP_MUST_USE;
/* Replace path (beneath dirfd, never through a symlink) atomically and durably with bytes. mode as open(2). */
int wp_fs_replace_at(int dirfd, const char *path, struct wp_span bytes, unsigned mode, const char *shown,
                     struct wp_err *err) WP_MUST_USE;
/* As above for a path from the user: the folder part may be a symlink, the file itself is replaced, not followed. */
int wp_fs_replace(const char *path, struct wp_span bytes, unsigned mode, struct wp_err *err) WP_MUST_USE;
/* As wp_fs_replace, but WP_E_EXISTS where something has the name, a symlink too; that stays as it is. */
int wp_fs_create(const char *path, struct wp_span bytes, unsigned mode, struct wp_err *err) WP_MUST_USE;
/* A fresh random name "<prefix><16 hex>" into ret (ret_size >= strlen(prefix) + 17). */
void wp_fs_temp_name(const char *prefix, char *ret, size_t ret_size);

/* Open file description locks (F_OFD_SETLK) on byte `slot` of an open lock file. wait: block until granted or the job's
 * cancel flag is up (polled every 50 ms). Returns 1 granted, 0 busy (wait == false), -1 error. The lock ends with the
 * descriptor or with wp_fs_unlock. job may be NULL. */
struct wp_job;
int wp_fs_lock(int fd, unsigned slot, bool exclusive, bool wait, struct wp_job *job, struct wp_err *err) WP_MUST_USE;
void wp_fs_unlock(int fd, unsigned slot);
