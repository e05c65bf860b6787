/* SPDX-License-Identifier: Apache-2.0
 *
 * Files (base/fs.h): opening and making beneath a folder, atomic replacement, locks. */
#include "base/fs.h"

#include "base/job.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *errno_hint(int errnum)
{
    switch (errnum) {
    case ENOSPC:
        return "free some space (or inodes: see 'df -i') and run the command again: what is complete is kept";
    case EDQUOT:
        return "your quota on this file system is used up: free some space and run the command again";
    case EROFS:
        return "the file system is mounted read-only: choose another folder or remount it";
    case EACCES:
    case EPERM:
        return "check the permissions of the file and of the folders above it";
    case EMFILE:
    case ENFILE:
        return "too many files are open: raise the limit (ulimit -n) or run fewer jobs at once";
    case EFBIG:
        return "the file system or the process (ulimit -f) does not allow files of this size";
    case ELOOP:
        return "symbolic links are not followed here: remove the link or name the folder it leads to";
    default:
        return NULL;
    }
}

int wp_fs_fail(struct wp_err *err, int errnum, const char *fmt, ...)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    va_list args;
    va_start(args, fmt);
    wp_buf_vprintf(&text, fmt, args);
    va_end(args);
    wp_fail_errno(err, errnum, "%s", text.ptr);
    const char *hint = errno_hint(errnum);
    return hint != NULL ? wp_hint(err, "%s", hint) : -1;
}

/* ---- opening ---- */

static bool may_create(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

/* One component, never a symlink. A folder that is a symlink shows as ENOTDIR; ELOOP says what it is. */
static int open_component(int dirfd, const char *name, int flags, unsigned mode)
{
    int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0 && errno == ENOTDIR) {
        struct stat st;
        bool link = fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
        errno = link ? ELOOP : ENOTDIR;
    }
    return fd;
}

/* Takes the first component off *path into name (empty ones are skipped). False at the end or when it is too long. */
static bool next_component(const char **path, char name[NAME_MAX + 1], bool *ret_last)
{
    *path += strspn(*path, "/");
    size_t len = strcspn(*path, "/");
    if (len == 0 || len > NAME_MAX) {
        errno = len == 0 ? ENOENT : ENAMETOOLONG;
        return false;
    }
    memcpy(name, *path, len);
    name[len] = '\0';
    *path += len;
    *ret_last = (*path)[strspn(*path, "/")] == '\0';
    return true;
}

/* What openat2 does, for kernels (and seccomp filters) without it. */
static int open_walk(int dirfd, const char *path, int flags, unsigned mode)
{
    if (path[0] == '/') {
        errno = EXDEV;
        return -1;
    }
    WP_AUTO_FD int at = -1;
    char name[NAME_MAX + 1];
    bool last = false;
    while (next_component(&path, name, &last)) {
        if (wp_str_eq(name, "..")) {
            errno = EXDEV;
            return -1;
        }
        int base = at >= 0 ? at : dirfd;
        if (last) {
            return open_component(base, name, flags, mode);
        }
        int fd = open_component(base, name, O_PATH | O_DIRECTORY, 0);
        if (fd < 0) {
            return -1;
        }
        wp_close_p(&at);
        at = fd;
    }
    return -1;
}

static int open_beneath(int dirfd, const char *path, int flags, unsigned mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = may_create(flags) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    for (;;) {
        long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
        if (fd >= 0) {
            return (int)fd;
        }
        if (errno == ENOSYS || errno == EPERM) {
            return open_walk(dirfd, path, flags, mode);
        }
        /* EAGAIN: a rename elsewhere raced with the walk. */
        if (errno != EAGAIN && errno != EINTR) {
            return -1;
        }
    }
}

int wp_fs_open_beneath(int dirfd, const char *path, int flags, unsigned mode, const char *shown, struct wp_err *err)
{
    int fd = open_beneath(dirfd, path, flags, mode);
    if (fd >= 0) {
        return fd;
    }
    int errnum = errno;
    if (errnum == EXDEV) {
        wp_fail(err, WP_E_IO, "cannot open '%s': it leads out of its folder", shown);
    } else {
        wp_fs_fail(err, errnum, "cannot %s '%s'", may_create(flags) ? "create" : "open", shown);
    }
    errno = errnum;
    return -1;
}

int wp_fs_open_dir(const char *path, struct wp_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : wp_fs_fail(err, errno, "cannot open folder '%s'", path);
}

/* fd of a regular file, owned. Opened without waiting, so that a named pipe cannot hold us up. */
static int check_regular(int owned_fd, const char *shown, uint64_t *ret_size, struct wp_err *err)
{
    WP_AUTO_FD int fd = owned_fd;
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return wp_fs_fail(err, errno, "cannot read '%s'", shown);
    }
    if (!S_ISREG(st.st_mode)) {
        return wp_fail(err, WP_E_INPUT, "'%s' is %s, not a regular file", shown,
                       S_ISDIR(st.st_mode) ? "a folder" : "a pipe or device");
    }
    *ret_size = (uint64_t)st.st_size;
    return wp_steal_fd(&fd);
}

int wp_fs_open_file(const char *path, uint64_t *ret_size, struct wp_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return wp_fs_fail(err, errno, "cannot open '%s'", path);
    }
    return check_regular(fd, path, ret_size, err);
}

/* ---- folders ---- */

int wp_fs_sync(int fd, const char *shown, struct wp_err *err)
{
    int n = 0;
    do {
        n = fsync(fd);
    } while (n < 0 && errno == EINTR);
    /* Some file systems cannot sync folders; then there is nothing more to do for them. */
    if (n < 0 && errno != EINVAL && errno != ENOTSUP) {
        return wp_fs_fail(err, errno, "cannot make '%s' durable", shown);
    }
    return 0;
}

/* The folder `name` in dirfd, made when absent, durable. */
static int enter_folder(int dirfd, const char *name, const char *shown, struct wp_err *err)
{
    if (mkdirat(dirfd, name, 0777) < 0 && errno != EEXIST && errno != EISDIR) {
        return wp_fs_fail(err, errno, "cannot make folder '%s'", shown);
    }
    /* Also where it is there: whoever made it may have ended before this. */
    if (wp_fs_sync(dirfd, shown, err) < 0) {
        return -1;
    }
    int fd = open_component(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
    return fd >= 0 ? fd : wp_fs_fail(err, errno, "cannot open folder '%s'", shown);
}

/* The folders of path (without its last component unless whole) made beneath dirfd. */
static int make_folders(int dirfd, const char *path, bool whole, struct wp_err *err)
{
    WP_AUTO_FD int at = -1;
    char name[NAME_MAX + 1];
    bool last = false;
    const char *rest = path;
    while (next_component(&rest, name, &last) && (whole || !last)) {
        if (wp_str_eq(name, "..")) {
            return wp_fail(err, WP_E_IO, "cannot make folder '%s': it leads out of its folder", path);
        }
        int fd = enter_folder(at >= 0 ? at : dirfd, name, path, err);
        if (fd < 0) {
            return -1;
        }
        wp_close_p(&at);
        at = fd;
    }
    return 0;
}

int wp_fs_mkdirs_beneath(int dirfd, const char *path, struct wp_err *err)
{
    return make_folders(dirfd, path, false, err);
}

/* ---- whole files ---- */

static int read_fd(int owned_fd, uint64_t size, uint64_t limit, const char *shown, struct wp_buf *b, struct wp_err *err)
{
    WP_AUTO_READER struct wp_reader *r = wp_reader_fd(owned_fd, shown);
    WP_AUTO_FREE char *what = wp_xasprintf("'%s'", shown);
    if (size > limit) {
        return wp_fail(err, WP_E_LIMIT, "%s is larger than %" PRIu64 " bytes", what, limit);
    }
    return wp_read_all(r, b, limit, what, err);
}

int wp_fs_read(const char *path, uint64_t limit, struct wp_buf *b, struct wp_err *err)
{
    uint64_t size = 0;
    int fd = wp_fs_open_file(path, &size, err);
    return fd < 0 ? -1 : read_fd(fd, size, limit, path, b, err);
}

int wp_fs_read_at(int dirfd, const char *path, uint64_t limit, const char *shown, struct wp_buf *b, struct wp_err *err)
{
    uint64_t size = 0;
    int fd = wp_fs_open_beneath(dirfd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0, shown, err);
    if (fd >= 0) {
        fd = check_regular(fd, shown, &size, err);
    }
    return fd < 0 ? -1 : read_fd(fd, size, limit, shown, b, err);
}

void wp_fs_temp_name(const char *prefix, char *ret, size_t ret_size)
{
    uint8_t bytes[8];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        /* Only uniqueness is asked for, and O_EXCL has the last word on it. */
        uint64_t n = wp_time_mono_ms() ^ ((uint64_t)(uintptr_t)ret << 16) ^ ((uint64_t)getpid() << 40);
        memcpy(bytes, &n, sizeof(bytes));
    }
    char hex[2 * sizeof(bytes) + 1];
    wp_hex(bytes, sizeof(bytes), hex);
    snprintf(ret, ret_size, "%s%s", prefix, hex);
}

static int write_temp(int fd, struct wp_span bytes, const char *shown, struct wp_err *err)
{
    if (wp_write_all(fd, bytes.ptr, bytes.len, shown, err) < 0 || wp_fs_sync(fd, shown, err) < 0) {
        return -1;
    }
    return 0;
}

/* name: one component in dirfd. how: 0, RENAME_NOREPLACE. */
static int put_in(int dirfd, const char *name, struct wp_span bytes, unsigned mode, unsigned how, const char *shown,
                  struct wp_err *err)
{
    char temp[32];
    wp_fs_temp_name(".wpack-", temp, sizeof(temp));
    WP_AUTO_FD int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) {
        return wp_fs_fail(err, errno, "cannot write '%s'", shown);
    }
    int n = write_temp(fd, bytes, shown, err);
    if (n == 0 && renameat2(dirfd, temp, dirfd, name, how) < 0) {
        n = wp_fs_fail(err, errno, how == 0 ? "cannot replace '%s'" : "cannot create '%s'", shown);
    }
    if (n < 0) {
        unlinkat(dirfd, temp, 0);
        return -1;
    }
    return wp_fs_sync(dirfd, shown, err);
}

int wp_fs_replace_at(int dirfd, const char *path, struct wp_span bytes, unsigned mode, const char *shown,
                     struct wp_err *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return put_in(dirfd, path, bytes, mode, 0, shown, err);
    }
    WP_AUTO_FREE char *above = wp_xstrndup(path, (size_t)(slash - path));
    WP_AUTO_FD int folder = wp_fs_open_beneath(dirfd, above, O_RDONLY | O_DIRECTORY, 0, shown, err);
    return folder < 0 ? -1 : put_in(folder, slash + 1, bytes, mode, 0, shown, err);
}

static int put(const char *path, struct wp_span bytes, unsigned mode, unsigned how, struct wp_err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    WP_AUTO_FREE char *above = slash == NULL ? wp_xstrdup(".") : wp_xstrndup(path, (size_t)(slash - path) + 1);
    WP_AUTO_FD int folder = wp_fs_open_dir(above, err);
    return folder < 0 ? -1 : put_in(folder, name, bytes, mode, how, path, err);
}

int wp_fs_replace(const char *path, struct wp_span bytes, unsigned mode, struct wp_err *err)
{
    return put(path, bytes, mode, 0, err);
}

int wp_fs_create(const char *path, struct wp_span bytes, unsigned mode, struct wp_err *err)
{
    return put(path, bytes, mode, RENAME_NOREPLACE, err);
}

/* ---- locks ---- */

static int set_lock(int fd, unsigned slot, short type, int command)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)slot, .l_len = 1};
    int n = 0;
    do {
        n = fcntl(fd, command, &lock);
    } while (n < 0 && errno == EINTR);
    return n;
}

int wp_fs_lock(int fd, unsigned slot, bool exclusive, bool wait, struct wp_job *job, struct wp_err *err)
{
    short type = exclusive ? F_WRLCK : F_RDLCK;
    /* Without a job nobody can ask for an early end, and the kernel's queue is the fair one. */
    int command = wait && job == NULL ? F_OFD_SETLKW : F_OFD_SETLK;
    uint64_t pause = 1;
    while (set_lock(fd, slot, type, command) < 0) {
        if (errno != EAGAIN && errno != EACCES) {
            return wp_fail_errno(err, errno, "cannot lock the store");
        }
        if (!wait) {
            return 0;
        }
        if (wp_job_sleep(job, pause, err) < 0) {
            return -1;
        }
        pause = WP_MIN(2 * pause, 50);
    }
    return 1;
}

void wp_fs_unlock(int fd, unsigned slot)
{
    (void)set_lock(fd, slot, F_UNLCK, F_OFD_SETLK);
}
