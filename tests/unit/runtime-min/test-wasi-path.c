/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths of a guest, by openat2 and by the walk: what is beneath is found, nothing else ever is, also while somebody
 * moves folders and links about. */
#include "../unit.h"
#include "runtime-min/wasi-parts.h"
#include "wasi-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static int set_up(void **state)
{
    static struct wasi_tree tree;
    wasi_tree_make(&tree);
    *state = &tree;
    return 0;
}

static int tear_down(void **state)
{
    wasi_tree_check_outside(*state);
    wasi_tree_remove(*state);
    return 0;
}

enum { FOLLOW, NOFOLLOW };
struct path_case {
    const char *path;
    int how;
    const char *is; /* NULL: refused */
    int error;      /* with any: that of openat2, which the walk may say in other words */
    int other;
};

static const struct path_case cases[] = {
    {"file", FOLLOW, "file", 0, 0},
    {"./file", FOLLOW, "file", 0, 0},
    {".//.///file", FOLLOW, "file", 0, 0},
    {"dir/../file", FOLLOW, "file", 0, 0},
    {"dir/nested/../../file", FOLLOW, "file", 0, 0},
    {"dir/nested/deep", FOLLOW, "dir/nested/deep", 0, 0},
    {"dirlink/nested/deep", FOLLOW, "dir/nested/deep", 0, 0},
    {"dirlink/../file", FOLLOW, "file", 0, 0},
    {"dirlink/nested/../back", FOLLOW, "file", 0, 0},
    {"link", FOLLOW, "file", 0, 0},
    {"chain", FOLLOW, "file", 0, 0},
    {"winding", FOLLOW, "file", 0, 0},
    {"dir/back", FOLLOW, "file", 0, 0},
    {".", FOLLOW, ".", 0, 0},
    {"./", FOLLOW, ".", 0, 0},
    {"dir/..", FOLLOW, ".", 0, 0},
    {"dir/../", FOLLOW, ".", 0, 0},
    {"dir/", FOLLOW, "dir", 0, 0},
    {"dir///", FOLLOW, "dir", 0, 0},
    {"dirlink/", FOLLOW, "dir", 0, 0},
    {"dirlink/", NOFOLLOW, "dir", 0, 0},
    {"dirlink/.", NOFOLLOW, "dir", 0, 0},
    {"file", NOFOLLOW, "file", 0, 0},
    {"link", NOFOLLOW, NULL, ELOOP, ELOOP},
    {"out", NOFOLLOW, NULL, ELOOP, ELOOP},
    {"loop", FOLLOW, NULL, ELOOP, ELOOP},
    {"ping/", FOLLOW, NULL, ELOOP, ELOOP},
    {"ping/file", FOLLOW, NULL, ELOOP, ELOOP},
    {"missing", FOLLOW, NULL, ENOENT, ENOENT},
    {"dangling", FOLLOW, NULL, ENOENT, ENOENT},
    {"missing/file", FOLLOW, NULL, ENOENT, ENOENT},
    {"dangling/file", FOLLOW, NULL, ENOENT, ENOENT},
    {"", FOLLOW, NULL, ENOENT, ENOENT},
    {"file/", FOLLOW, NULL, ENOTDIR, ENOTDIR},
    {"file/.", FOLLOW, NULL, ENOTDIR, ENOTDIR},
    {"file/..", FOLLOW, NULL, ENOTDIR, ENOTDIR},
    {"link/", FOLLOW, NULL, ENOTDIR, ENOTDIR},
    {"link/x", FOLLOW, NULL, ENOTDIR, ENOTDIR},
    {"..", FOLLOW, NULL, EXDEV, EXDEV},
    {"../", FOLLOW, NULL, EXDEV, EXDEV},
    {"../root/file", FOLLOW, NULL, EXDEV, EXDEV},
    {"../outside/secret", FOLLOW, NULL, EXDEV, EXDEV},
    {"dir/../../outside/secret", FOLLOW, NULL, EXDEV, EXDEV},
    {"dirlink/../../outside/secret", FOLLOW, NULL, EXDEV, EXDEV},
    {"/", FOLLOW, NULL, EXDEV, EXDEV},
    {"/file", FOLLOW, NULL, EXDEV, EXDEV},
    {"//file", FOLLOW, NULL, EXDEV, EXDEV},
    {"/etc/passwd", FOLLOW, NULL, EXDEV, EXDEV},
    {"out", FOLLOW, NULL, EXDEV, EXDEV},
    {"dir-out/secret", FOLLOW, NULL, EXDEV, EXDEV},
    {"dir-out/", NOFOLLOW, NULL, EXDEV, EXDEV},
    {"dir-out", FOLLOW, NULL, EXDEV, EXDEV},
    {"winding-out", FOLLOW, NULL, EXDEV, EXDEV},
    {"dir/nested/up", FOLLOW, NULL, EXDEV, EXDEV},
    {"out-and-in", FOLLOW, NULL, EXDEV, EXDEV},
    {"absolute", FOLLOW, NULL, EXDEV, EXDEV},
    {"magic", FOLLOW, NULL, EXDEV, EXDEV},
    {"magic/etc/passwd", FOLLOW, NULL, EXDEV, EXDEV},
};

static void check_case(const struct wasi_tree *t, const struct path_case *k, bool walk)
{
    struct stat got, want;
    int fd = wrt_wasi_beneath(walk, t->root_fd, k->path, O_RDONLY | (k->how == NOFOLLOW ? O_NOFOLLOW : 0), 0);
    if (!k->is) {
        if (fd != -k->error && fd != -k->other) {
            fail_msg("'%s' (%s): %d", k->path, walk ? "walk" : "openat2", fd);
        }
        return;
    }
    if (fd < 0) {
        fail_msg("'%s' (%s): %s", k->path, walk ? "walk" : "openat2", strerror(-fd));
    }
    assert_int_equal(fstat(fd, &got), 0);
    assert_int_equal(fstatat(t->root_fd, k->is, &want, 0), 0);
    assert_int_equal(got.st_ino, want.st_ino);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

static void test_paths(void **state)
{
    for (int walk = 0; walk < 2; walk++) {
        if (walk == 0 && !wrt_wasi_has_openat2()) {
            print_message("the kernel has no openat2\n");
            continue;
        }
        for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
            check_case(*state, &cases[i], walk);
        }
    }
}

static void test_create(void **state)
{
    const struct wasi_tree *t = *state;
    for (int walk = 0; walk < 2; walk++) {
        const int make = O_WRONLY | O_CREAT;
        int fd = wrt_wasi_beneath(walk, t->root_fd, "dangling", make, 0666); /* makes what the link names, inside */
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(unlinkat(t->root_fd, "missing", 0), 0);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "dangling", make | O_NOFOLLOW, 0666), -ELOOP);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "dangling", make | O_EXCL, 0666), -EEXIST);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "dangling-out", make, 0666), -EXDEV);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "dangling-out", make | O_EXCL, 0666), -EEXIST);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "dir-out/new", make, 0666), -EXDEV);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "../outside/new", make, 0666), -EXDEV);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "new/", make, 0666), -EISDIR);
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, "out", O_WRONLY | O_TRUNC, 0), -EXDEV);
    }
}

static void test_parent(void **state)
{
    const struct wasi_tree *t = *state;
    static const struct {
        const char *path, *folder, *name;
        bool slash, dots;
    } rows[] = {
        {"file", ".", "file", false, false},
        {"dir/nested/deep", "dir/nested", "deep", false, false},
        {"dirlink/x", "dir", "x", false, false},
        {"out", ".", "out", false, false}, /* the last is not looked at */
        {"dir//nested//", "dir", "nested//", true, false},
        {"dir/..", "dir", "..", false, true},
        {"dir/./", "dir", "./", true, true},
        {"..", ".", "..", false, true},
        {".", ".", ".", false, true},
    };
    for (size_t i = 0; i < 2 * WP_ARRAY_LEN(rows); i++) {
        struct wrt_wasi_place p;
        struct stat got, want;
        assert_int_equal(wrt_wasi_parent(i % 2, t->root_fd, rows[i / 2].path, &p), 0);
        assert_int_equal(fstatat(p.dir, "", &got, AT_EMPTY_PATH), 0);
        assert_int_equal(fstatat(t->root_fd, rows[i / 2].folder, &want, 0), 0);
        assert_int_equal(got.st_ino, want.st_ino);
        assert_string_equal(p.name, rows[i / 2].name);
        assert_int_equal(p.slash, rows[i / 2].slash);
        assert_int_equal(p.dots, rows[i / 2].dots);
        wrt_wasi_place_done(&p);
        assert_true(fcntl(t->root_fd, F_GETFD) >= 0);
    }
    static const char *const out[] = {"../x", "dir-out/x", "/x", "dir/../../x", "magic/x", "out-and-in/x"};
    for (size_t i = 0; i < 2 * WP_ARRAY_LEN(out); i++) {
        struct wrt_wasi_place p;
        assert_int_equal(wrt_wasi_parent(i % 2, t->root_fd, out[i / 2], &p), -EXDEV);
    }
}

/* Deep trees, long names and long texts end in an errno; nothing stays open. */
static void test_bounds(void **state)
{
    const struct wasi_tree *t = *state;
    char path[WASI_PATH_MAX + 100];
    int before = dup(0);
    close(before);
    for (int walk = 0; walk < 2; walk++) {
        memset(path, 'a', sizeof path);
        path[300] = 0;
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, path, O_RDONLY, 0), -ENAMETOOLONG);
        path[300] = 'a';
        path[sizeof path - 1] = 0;
        assert_int_equal(wrt_wasi_beneath(walk, t->root_fd, path, O_RDONLY, 0), -ENAMETOOLONG);
        size_t len = 0;
        while (len + 7 < WASI_PATH_MAX) { /* there and back, again and again */
            memcpy(path + len, "dir/../", 7);
            len += 7;
        }
        path[len] = 0;
        int fd = wrt_wasi_beneath(walk, t->root_fd, path, O_RDONLY, 0);
        assert_true(fd >= 0);
        close(fd);
    }
    /* 300 folders deep: more than the walk holds open */
    int at = dup(t->root_fd);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(mkdirat(at, "d", 0777), 0);
        int next = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    close(at);
    for (int i = 0; i < 300; i++) {
        memcpy(path + (size_t)2 * (size_t)i, "d/", 3);
    }
    int fd = wrt_wasi_beneath(false, t->root_fd, path, O_RDONLY, 0);
    assert_true(fd >= 0 || fd == -ENAMETOOLONG);
    if (fd >= 0) {
        close(fd);
    }
    assert_int_equal(wrt_wasi_beneath(true, t->root_fd, path, O_RDONLY, 0), -ENAMETOOLONG);
    /* A link that grows with each step. */
    char target[2000];
    memset(target, 'x', sizeof target);
    for (size_t i = 1; i < sizeof target; i += 2) {
        target[i] = '/';
    }
    memcpy(target, "grow/", 5);
    target[sizeof target - 1] = 0;
    assert_int_equal(symlinkat(target, t->root_fd, "grow"), 0);
    for (int walk = 0; walk < 2; walk++) {
        fd = wrt_wasi_beneath(walk, t->root_fd, "grow/file", O_RDONLY, 0);
        assert_true(fd == -ELOOP || fd == -ENAMETOOLONG);
    }
    int after = dup(0);
    close(after);
    assert_int_equal(before, after);
}

/* ---- while somebody moves things ---- */

struct mover {
    const struct wasi_tree *t;
    bool names_only;
    _Atomic bool stop;
};

static void *move_about(void *arg)
{
    struct mover *m = arg;
    int top = m->t->top_fd;
    while (!m->stop) {
        /* a name is a file or folder, then a link that leads out */
        (void)renameat2(top, "root/last", top, "root/last-link", RENAME_EXCHANGE);
        if (m->names_only) {
            continue;
        }
        (void)renameat2(top, "root/swap", top, "root/swap-link", RENAME_EXCHANGE);
        /* a folder goes out and comes back, so that its .. is elsewhere for a while */
        (void)renameat(top, "root/dir/nested", top, "outside/nested");
        (void)renameat(top, "outside/nested", top, "root/dir/nested");
    }
    return NULL;
}

static unsigned race(const struct wasi_tree *t, bool walk, const char *const *paths, size_t count)
{
    unsigned opened = 0;
    for (unsigned i = 0; i < 30000; i++) {
        struct stat st;
        int fd = wrt_wasi_beneath(walk, t->root_fd, paths[i % count], O_RDONLY, 0);
        if (fd >= 0) {
            opened++;
            assert_int_equal(fstat(fd, &st), 0);
            assert_false(wasi_tree_is_outside(t, &st));
            close(fd);
        }
        fd = wrt_wasi_beneath(walk, t->root_fd, i % 2 ? "swap/new" : "last-new", O_WRONLY | O_CREAT, 0666);
        if (fd >= 0) {
            close(fd);
        }
    }
    return opened;
}

static void test_race(void **state)
{
    static const char *const paths[] = {
        "last",
        "dir/nested/../../file",
        "dir/nested/../../secret",
        "dir/nested/../../outside/secret",
        "dir/nested/../secret",
        "dir/nested/../dir",
        "dir/nested/..",
        "dir/nested/../..",
        "swap",
        "swap/secret",
        "swap/../file",
        "swap/../../outside/secret",
    };
    const struct wasi_tree *t = *state;
    assert_int_equal(mkdirat(t->root_fd, "swap", 0777), 0);
    assert_int_equal(symlinkat("../outside", t->root_fd, "swap-link"), 0);
    wasi_tree_file(t, "root/last", "mine");
    assert_int_equal(symlinkat("../outside/secret", t->root_fd, "last-link"), 0);
    assert_int_equal(symlinkat("../outside/new", t->root_fd, "last-new"), 0);
    for (int i = 0; i < 4; i++) {
        bool walk = i % 2, names_only = i / 2;
        struct mover m = {.t = t, .names_only = names_only};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, move_about, &m), 0);
        unsigned opened =
            walk || wrt_wasi_has_openat2() ? race(t, walk, paths, names_only ? 1 : WP_ARRAY_LEN(paths)) : 1;
        m.stop = true;
        pthread_join(thread, NULL);
        assert_true(opened > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_create, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_race, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
