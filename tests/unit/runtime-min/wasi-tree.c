/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of a guest and what lies beside it. */
#include "wasi-tree.h"

#include "../unit.h"
#include "base/base.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const folders[] = {"outside", "outside/dir", "root", "root/dir", "root/dir/nested"};
static const char *const links[][2] = {
    {"file", "root/link"},
    {"dir", "root/dirlink"},
    {"link", "root/chain"},
    {"dir/nested/../../file", "root/winding"},
    {"../file", "root/dir/back"},
    {"loop", "root/loop"},
    {"pong", "root/ping"},
    {"ping", "root/pong"},
    {"missing", "root/dangling"},
    {"../outside/new", "root/dangling-out"},
    {"../outside/secret", "root/out"},
    {"../outside", "root/dir-out"},
    {"dir/../../outside/secret", "root/winding-out"},
    {"../../../outside/secret", "root/dir/nested/up"},
    {"../root/file", "root/out-and-in"},
    {"/proc/self/root", "root/magic"},
};

void wasi_tree_file(const struct wasi_tree *t, const char *name, const char *text)
{
    int fd = openat(t->top_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

void wasi_tree_make(struct wasi_tree *t)
{
    snprintf(t->top, sizeof t->top, "/tmp/wpack-wasi-XXXXXX");
    assert_non_null(mkdtemp(t->top));
    t->top_fd = open(t->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < WP_ARRAY_LEN(folders); i++) {
        assert_int_equal(mkdirat(t->top_fd, folders[i], 0777), 0);
    }
    wasi_tree_file(t, "outside/secret", "secret");
    wasi_tree_file(t, "outside/file", "not this one");
    wasi_tree_file(t, "root/file", "inside");
    wasi_tree_file(t, "root/dir/nested/deep", "deep");
    for (size_t i = 0; i < WP_ARRAY_LEN(links); i++) {
        assert_int_equal(symlinkat(links[i][0], t->top_fd, links[i][1]), 0);
    }
    char absolute[128];
    snprintf(absolute, sizeof absolute, "%s/root/file", t->top);
    assert_int_equal(symlinkat(absolute, t->top_fd, "root/absolute"), 0);
    t->root_fd = openat(t->top_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    t->outside_fd = openat(t->top_fd, "outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(t->root_fd >= 0 && t->outside_fd >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void wasi_tree_remove(struct wasi_tree *t)
{
    close(t->outside_fd);
    close(t->root_fd);
    close(t->top_fd);
    assert_int_equal(nftw(t->top, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

bool wasi_tree_is_outside(const struct wasi_tree *t, const struct stat *st)
{
    static const char *const names[] = {".", "..", "dir", "file", "secret", "new"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        struct stat other;
        if (fstatat(t->outside_fd, names[i], &other, AT_SYMLINK_NOFOLLOW) == 0 && other.st_ino == st->st_ino &&
            other.st_dev == st->st_dev) {
            return true;
        }
    }
    return false;
}

void wasi_tree_check_outside(const struct wasi_tree *t)
{
    struct stat st;
    assert_int_equal(fstatat(t->outside_fd, "secret", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_size, 6);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(fstatat(t->outside_fd, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_size, 12);
    assert_int_equal(fstatat(t->outside_fd, "dir", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_not_equal(fstatat(t->outside_fd, "new", &st, AT_SYMLINK_NOFOLLOW), 0);
}
