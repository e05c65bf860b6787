/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder for one test. */
#include "tests/unit/base/temp-folder.h"

#include "base/mem.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

int temp_folder_setup(void **state)
{
    struct temp_folder *t = wp_xcalloc(1, sizeof(*t));
    const char *tmp = getenv("TMPDIR");
    snprintf(t->path, sizeof(t->path), "%s/wpack-unit-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(t->path));
    t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(t->fd >= 0);
    *state = t;
    return 0;
}

static int remove_one(const char *path, const struct stat *st WP_UNUSED, int type WP_UNUSED, struct FTW *at WP_UNUSED)
{
    return remove(path);
}

int temp_folder_teardown(void **state)
{
    struct temp_folder *t = *state;
    close(t->fd);
    int n = nftw(t->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(t);
    return n;
}

const char *temp_path(const struct temp_folder *t, const char *path)
{
    static char ring[4][1024];
    static unsigned next;
    char *text = ring[next++ % WP_ARRAY_LEN(ring)];
    snprintf(text, sizeof(ring[0]), "%s/%s", t->path, path);
    return text;
}

void temp_write(const struct temp_folder *t, const char *path, struct wp_span bytes)
{
    int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    assert_int_equal(close(fd), 0);
}

void temp_mkdir(const struct temp_folder *t, const char *path)
{
    assert_int_equal(mkdirat(t->fd, path, 0777), 0);
}

void temp_symlink(const struct temp_folder *t, const char *target, const char *path)
{
    assert_int_equal(symlinkat(target, t->fd, path), 0);
}

bool temp_is_there(const struct temp_folder *t, const char *path)
{
    struct stat st;
    return fstatat(t->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void assert_temp_file(const struct temp_folder *t, const char *path, struct wp_span bytes)
{
    struct stat st;
    if (fstatat(t->fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) {
        fail_msg("'%s' is not a regular file", path);
    }
    assert_int_equal(st.st_size, bytes.len);
    char *got = wp_xmalloc(bytes.len + 1);
    int fd = openat(t->fd, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, got, bytes.len + 1);
    close(fd);
    bool same = n == (ssize_t)bytes.len && memcmp(got, bytes.ptr, bytes.len) == 0;
    free(got);
    if (!same) {
        fail_msg("'%s' has other content", path);
    }
}

void assert_temp_list(const struct temp_folder *t, const char *path, const char *names)
{
    struct dirent **list = NULL;
    int n = scandirat(t->fd, path, &list, NULL, alphasort);
    assert_true(n >= 0);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (int i = 0; i < n; i++) {
        if (!wp_str_eq(list[i]->d_name, ".") && !wp_str_eq(list[i]->d_name, "..")) {
            wp_buf_printf(&b, "%s ", list[i]->d_name);
        }
        free(list[i]);
    }
    free(list);
    assert_string_equal(b.ptr, names);
}
