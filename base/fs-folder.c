/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders that survive a crash (base/fs.h): mkdir -p, and syncing many descriptors as one. Side by side they share the
 * journal's commits and the disk's flushes; one after the other each would wait for its own. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SYNCS = 4 };

/* ---- together, later ---- */

void wp_fs_later_add(struct wp_fs_later *later, int fd, bool own, const char *shown)
{
    later->rows = wp_xrealloc(later->rows, later->count + 1, sizeof(*later->rows));
    later->rows[later->count++] = (struct wp_fs_later_row){.fd = fd, .own = own, .shown = wp_xstrdup(shown)};
}

void wp_fs_later_cut(struct wp_fs_later *later, size_t count)
{
    while (later->count > count) {
        struct wp_fs_later_row *row = &later->rows[--later->count];
        if (row->own) {
            wp_close_p(&row->fd);
        }
        free(row->shown);
    }
}

void wp_fs_later_done(struct wp_fs_later *later)
{
    wp_fs_later_cut(later, 0);
    free(later->rows);
    later->rows = NULL;
}

static int sync_row(void *arg, size_t i, struct wp_err *err)
{
    const struct wp_fs_later_row *row = &((const struct wp_fs_later *)arg)->rows[i];
    return wp_fs_sync(row->fd, row->shown, err);
}

int wp_fs_later_sync(struct wp_fs_later *later, struct wp_err *err)
{
    if (wp_pool_run(SYNCS, later->count, sync_row, later, err) < 0) {
        return -1;
    }
    wp_fs_later_cut(later, 0);
    return 0;
}

/* ---- mkdir -p ---- */

/* What holds an existing folder: its entry there may not be durable yet. It need not be readable; then it is none of
 * ours. */
static void note_above(const char *path, struct wp_fs_later *later)
{
    WP_AUTO_FREE char *above = wp_xasprintf("%s/..", path);
    WP_AUTO_FD int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        wp_fs_later_add(later, wp_steal_fd(&fd), true, above);
    }
}

int wp_fs_mkdirs_later(const char *path, struct wp_fs_later *later, struct wp_err *err)
{
    if (path[0] == '\0') {
        return wp_fail(err, WP_E_NOT_FOUND, "cannot make a folder without a name");
    }
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        note_above(path, later);
        return 0;
    }
    WP_AUTO_FREE char *upper = wp_xstrdup(path);
    size_t len = strlen(upper);
    while (len > 1 && upper[len - 1] == '/') {
        upper[--len] = '\0';
    }
    char *slash = strrchr(upper, '/');
    const char *name = slash != NULL ? slash + 1 : upper;
    WP_AUTO_FREE char *last = wp_xstrdup(name);
    if (slash == upper) {
        slash++;
    }
    if (slash != NULL) {
        *slash = '\0';
    }
    const char *above = slash != NULL ? upper : ".";
    /* Whoever finds the new folder trusts in those above it. */
    if (slash != NULL && wp_fs_mkdirs(above, err) < 0) {
        return -1;
    }
    WP_AUTO_FD int dirfd = wp_fs_open_dir(above, err);
    if (dirfd < 0) {
        return -1;
    }
    if (mkdirat(dirfd, last, 0777) < 0 && errno != EEXIST && errno != EISDIR) {
        return wp_fs_fail(err, errno, "cannot make folder '%s'", path);
    }
    /* Also where it is there by now: whoever made it may have ended before this. */
    wp_fs_later_add(later, wp_steal_fd(&dirfd), true, path);
    WP_AUTO_FD int fd = wp_fs_open_dir(path, err);
    return fd < 0 ? -1 : 0;
}

int wp_fs_mkdirs(const char *path, struct wp_err *err)
{
    struct wp_fs_later later = {0};
    int n = wp_fs_mkdirs_later(path, &later, err);
    n = n == 0 ? wp_fs_later_sync(&later, err) : n;
    wp_fs_later_done(&later);
    return n;
}
