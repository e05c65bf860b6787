/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that wants out: every function that takes a path, with every path that leads out, by both ways of resolving;
 * rights, read-only folders, texts and pointers that are none. */
#include "wasi-guest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { READ_WRITE = WASI_FD_READ | WASI_FD_WRITE };

/* ---- names ---- */

static const char *const outside[] = {
    "../outside/secret",
    "../outside/dir",
    "../outside/new",
    "..",
    "../",
    "../..",
    "/",
    "/etc/passwd",
    "/../outside/secret",
    "dir/../../outside/secret",
    "dir/nested/../../../outside/secret",
    "dirlink/../../outside/secret",
    "./../outside/file",
    "dir-out/secret",
    "dir-out/dir",
    "dir-out/new",
    "dir-out/../root/file",
    "out-and-in/",
    "magic/etc/passwd",
    "dir-out/",
    "dir-out/.",
    "dir-out/..",
};
/* Out only when followed. */
static const char *const followed[] = {"out",        "dir-out",  "winding-out", "dir/nested/up",
                                       "out-and-in", "absolute", "magic"};

static void expect_error(int code, const char *what, const char *path)
{
    if (code <= WASI_SUCCESS) {
        fail_msg("%s '%s': %d", what, path, code);
    }
}

static void try_path(struct guest *g, const char *path)
{
    uint32_t len = guest_text(g, AT_PATH, path);
    memset(g->mem + AT_DATA, 0, 4096);
    for (uint64_t lookup = 0; lookup < 2; lookup++) {
        for (uint64_t oflags = 0; oflags < 16; oflags++) {
            for (uint64_t rights = 0; rights < 3; rights++) {
                const uint64_t asked[] = {0, WASI_FD_READ, READ_WRITE};
                expect_error(CALL(g, path_open, 3, lookup, AT_PATH, len, oflags, asked[rights], 0, 0, AT_RET), "open",
                             path);
            }
        }
        expect_error(CALL(g, path_filestat_get, 3, lookup, AT_PATH, len, AT_DATA), "filestat_get", path);
        expect_error(CALL(g, path_filestat_set_times, 3, lookup, AT_PATH, len, 5, 5, 5), "set_times", path);
    }
    expect_error(CALL(g, path_create_directory, 3, AT_PATH, len), "create_directory", path);
    expect_error(CALL(g, path_remove_directory, 3, AT_PATH, len), "remove_directory", path);
    expect_error(CALL(g, path_unlink_file, 3, AT_PATH, len), "unlink_file", path);
    expect_error(CALL(g, path_readlink, 3, AT_PATH, len, AT_DATA, 4096, AT_RET), "readlink", path);
    uint32_t other = guest_text(g, AT_PATH2, "file");
    expect_error(CALL(g, path_link, 3, 0, AT_PATH, len, 3, AT_PATH2, other), "link from", path);
    expect_error(CALL(g, path_link, 3, 0, AT_PATH2, other, 3, AT_PATH, len), "link to", path);
    expect_error(CALL(g, path_rename, 3, AT_PATH, len, 3, AT_PATH2, other), "rename from", path);
    expect_error(CALL(g, path_rename, 3, AT_PATH2, other, 3, AT_PATH, len), "rename to", path);
    expect_error(CALL(g, path_symlink, AT_PATH2, other, 3, AT_PATH, len), "symlink", path);
}

static void test_out(void **state)
{
    struct guest *g = *state;
    for (int walk = 0; walk < 2; walk++) {
        g->w->walk = walk || !wrt_wasi_has_openat2();
        unsigned before = guest_host_descriptors();
        for (size_t i = 0; i < WP_ARRAY_LEN(outside); i++) {
            try_path(g, outside[i]);
        }
        for (size_t i = 0; i < WP_ARRAY_LEN(followed); i++) {
            uint32_t len = guest_text(g, AT_PATH, followed[i]);
            for (uint64_t oflags = 0; oflags < 16; oflags++) {
                expect_error(CALL(g, path_open, 3, 1, AT_PATH, len, oflags, READ_WRITE, 0, 0, AT_RET), "open",
                             followed[i]);
            }
            assert_int_equal(CALL(g, path_filestat_get, 3, 1, AT_PATH, len, AT_DATA), WASI_PERM);
            assert_int_equal(CALL(g, path_filestat_set_times, 3, 1, AT_PATH, len, 5, 5, 5), WASI_PERM);
            assert_int_equal(CALL(g, path_filestat_get, 3, 0, AT_PATH, len, AT_DATA), WASI_SUCCESS);
            assert_int_equal(g->mem[AT_DATA + 16], WASI_TYPE_SYMBOLIC_LINK);
        }
        assert_int_equal(guest_host_descriptors(), before);
    }
    assert_int_equal(guest_open(g, 3, 1, "../outside/secret", 0, WASI_FD_READ, 0), -WASI_PERM);
    assert_int_equal(guest_open(g, 3, 1, "dangling-out", WASI_O_CREAT, READ_WRITE, 0), -WASI_PERM);
}

/* Links that the guest makes itself. */
static void test_own_links(void **state)
{
    struct guest *g = *state;
    uint32_t len = guest_text(g, AT_PATH, "mine");
    uint32_t target = guest_text(g, AT_PATH2, "/etc/passwd");
    assert_int_equal(CALL(g, path_symlink, AT_PATH2, target, 3, AT_PATH, len), WASI_PERM);
    target = guest_text(g, AT_PATH2, "../outside/new");
    assert_int_equal(CALL(g, path_symlink, AT_PATH2, target, 3, AT_PATH, len), WASI_SUCCESS);
    assert_int_equal(guest_open(g, 3, 1, "mine", WASI_O_CREAT | WASI_O_TRUNC, READ_WRITE, 0), -WASI_PERM);
    /* A second name of the link is a link still, and what it leads to is not linked. */
    assert_int_equal(CALL(g, path_link, 3, 1, AT_PATH, len, 3, AT_PATH2, 4), WASI_INVAL);
    len = guest_text(g, AT_PATH, "out");
    target = guest_text(g, AT_PATH2, "again");
    assert_int_equal(CALL(g, path_link, 3, 0, AT_PATH, len, 3, AT_PATH2, target), WASI_SUCCESS);
    assert_int_equal(CALL(g, path_filestat_get, 3, 0, AT_PATH2, target, AT_DATA), WASI_SUCCESS);
    assert_int_equal(g->mem[AT_DATA + 16], WASI_TYPE_SYMBOLIC_LINK);
    /* What an absolute link says is a name of the machine. */
    len = guest_text(g, AT_PATH, "absolute");
    assert_int_equal(CALL(g, path_readlink, 3, AT_PATH, len, AT_DATA, 64, AT_RET), WASI_PERM);
    /* With a slash behind it a link is what it leads to: whether there is anything shows in no errno. */
    static const char *const slashed[] = {"dir-out/", "out/", "dangling-out/", "mine/"};
    for (size_t i = 0; i < 2 * WP_ARRAY_LEN(slashed); i++) {
        g->w->walk = i % 2 || !wrt_wasi_has_openat2();
        len = guest_text(g, AT_PATH, slashed[i / 2]);
        assert_int_equal(CALL(g, path_readlink, 3, AT_PATH, len, AT_DATA, 64, AT_RET), WASI_PERM);
        assert_int_equal(CALL(g, path_link, 3, 0, AT_PATH, len, 3, AT_PATH2, 4), WASI_PERM);
        assert_int_equal(CALL(g, path_filestat_get, 3, 0, AT_PATH, len, AT_DATA), WASI_PERM);
        assert_int_equal(CALL(g, path_filestat_set_times, 3, 0, AT_PATH, len, 5, 5, 5), WASI_PERM);
    }
    /* No call sees dots as its name. */
    assert_int_equal(guest_path(g, wrt_wasi_path_remove_directory, 3, ".."), WASI_INVAL);
    assert_int_equal(guest_path(g, wrt_wasi_path_remove_directory, 3, "dir/.."), WASI_INVAL);
    assert_int_equal(guest_path(g, wrt_wasi_path_remove_directory, 3, "../"), WASI_INVAL);
    assert_int_equal(guest_path(g, wrt_wasi_path_create_directory, 3, ".."), WASI_EXIST);
    assert_int_equal(guest_path(g, wrt_wasi_path_unlink_file, 3, "."), WASI_ISDIR);
    /* A folder that went out of reach by renaming has its .. refused, too. */
    int fd = guest_open(g, 3, 0, "dir/nested", WASI_O_DIRECTORY, WASI_DIR_RIGHTS, 0);
    assert_true(fd > 4);
    assert_int_equal(guest_open(g, (uint32_t)fd, 1, "..", 0, 0, 0), -WASI_PERM);
    assert_int_equal(guest_open(g, (uint32_t)fd, 1, "../../file", 0, 0, 0), -WASI_PERM);
}

static void test_names(void **state)
{
    struct guest *g = *state;
    static const struct {
        const char *bytes;
        uint32_t len;
        int code;
    } rows[] = {
        {"file\0x", 6, WASI_INVAL},      {"\0", 1, WASI_INVAL},       {"a\xff", 2, WASI_ILSEQ},
        {"\xed\xa0\x80", 3, WASI_ILSEQ}, {"\xc0\xaf", 2, WASI_ILSEQ}, {"", 0, WASI_NOENT},
        {"\xe2\x80\xa6", 3, WASI_NOENT},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        memcpy(g->mem + AT_PATH, rows[i].bytes, rows[i].len);
        assert_int_equal(CALL(g, path_open, 3, 0, AT_PATH, rows[i].len, 0, 0, 0, 0, AT_RET), rows[i].code);
        assert_int_equal(CALL(g, path_unlink_file, 3, AT_PATH, rows[i].len), rows[i].code);
    }
    memset(g->mem + AT_DATA, 'a', 200000);
    assert_int_equal(CALL(g, path_open, 3, 0, AT_DATA, 200000, 0, 0, 0, 0, AT_RET), WASI_NAMETOOLONG);
    assert_int_equal(CALL(g, path_open, 3, 0, AT_DATA, 4096, 0, 0, 0, 0, AT_RET), WASI_NAMETOOLONG);
    assert_int_equal(CALL(g, path_open, 3, 0, AT_DATA, 4095, 0, 0, 0, 0, AT_RET), WASI_NAMETOOLONG);
    assert_int_equal(CALL(g, path_open, 3, 0, AT_DATA, 256, 0, 0, 0, 0, AT_RET), WASI_NAMETOOLONG);
    assert_int_equal(CALL(g, path_create_directory, 3, AT_DATA, 256), WASI_NAMETOOLONG);
    assert_int_equal(CALL(g, path_open, 3, 2, AT_PATH, 4, 0, 0, 0, 0, AT_RET), WASI_INVAL);
    assert_int_equal(CALL(g, path_open, 3, 0, AT_PATH, 4, 16, 0, 0, 0, AT_RET), WASI_INVAL);
    assert_int_equal(CALL(g, path_open, 3, 0, AT_PATH, 4, 0, 0, 0, 32, AT_RET), WASI_INVAL);
}

/* ---- pointers ---- */

static void expect_trap(struct guest *g, int code)
{
    assert_int_equal(code, WASI_STOPPED);
    assert_int_equal(guest_stopped(g), WRT_STOP_MEMORY_BOUNDS);
}

static void test_pointers(void **state)
{
    struct guest *g = *state;
    const uint32_t end = GUEST_MEM, far = 0xfffffff0u;
    uint32_t len = guest_text(g, AT_PATH, "new");
    expect_trap(g, CALL(g, path_open, 3, 0, AT_PATH, len, WASI_O_CREAT, READ_WRITE, 0, 0, end - 3));
    expect_trap(g, CALL(g, path_open, 3, 0, far, len, 0, 0, 0, 0, AT_RET));
    expect_trap(g, CALL(g, path_open, 3, 0, AT_PATH, 0xffffffffu, 0, 0, 0, 0, AT_RET));
    assert_int_equal(faccessat(g->tree.root_fd, "new", F_OK, 0), -1); /* nothing was done before the trap */
    expect_trap(g, CALL(g, fd_fdstat_get, 3, end - 23));
    assert_int_equal(CALL(g, fd_fdstat_get, 3, end - 24), WASI_SUCCESS);
    expect_trap(g, CALL(g, fd_filestat_get, 3, far));
    expect_trap(g, CALL(g, clock_time_get, 0, 0, end - 7));
    expect_trap(g, CALL(g, random_get, 1, 0xffffffffu));
    expect_trap(g, CALL(g, args_sizes_get, AT_RET, end));
    expect_trap(g, CALL(g, fd_prestat_get, 3, end - 7));
    expect_trap(g, CALL(g, fd_readdir, 3, end - 10, 11, 0, AT_RET));
    expect_trap(g, CALL(g, path_filestat_get, 3, 0, AT_PATH, len, end - 63));
    expect_trap(g, CALL(g, fd_seek, 3, 0, 0, end - 7));
    /* Vectors: the array, one buffer, their number. */
    wrt_wasi_put32(g->mem + AT_IOVS, end - 4);
    wrt_wasi_put32(g->mem + AT_IOVS + 4, 5);
    expect_trap(g, CALL(g, fd_write, 1, AT_IOVS, 1, AT_RET));
    expect_trap(g, CALL(g, fd_write, 1, AT_IOVS, 0xffffffffu, AT_RET));
    expect_trap(g, CALL(g, fd_read, 0, AT_IOVS, 1, AT_RET));
    memset(g->mem + AT_IOVS, 0, 8);                                     /* nothing wrong with the first of them */
    expect_trap(g, CALL(g, fd_write, 1, AT_IOVS, 0x20000001u, AT_RET)); /* times 8 is 8 in 32 bits */
    wrt_wasi_put32(g->mem + AT_IOVS, 0xffffffffu);
    wrt_wasi_put32(g->mem + AT_IOVS + 4, 0xffffffffu);
    expect_trap(g, CALL(g, fd_write, 1, AT_IOVS, 1, AT_RET));
    assert_int_equal(wrt_wasi_output(g->w, 1).len, 0);
    expect_trap(g, CALL(g, poll_oneoff, 0, 0, 0xffffffffu, AT_RET));
    expect_trap(g, CALL(g, poll_oneoff, 0, 0, 0x05555556u, AT_RET)); /* times 48 is 32 in 32 bits */
}

/* ---- rights ---- */

static void test_rights(void **state)
{
    struct guest *g = *state;
    const uint64_t all = WASI_DIR_RIGHTS;
    assert_int_equal(CALL(g, fd_fdstat_set_rights, 3, UINT64_MAX, 0), WASI_NOTCAPABLE);
    /* What writes falls, one after the other, and does not come back. */
    int fd = guest_open(g, 3, 0, "dir", WASI_O_DIRECTORY, all, 0);
    assert_true(fd > 0);
    uint32_t dir = (uint32_t)fd;
    assert_int_equal(CALL(g, fd_fdstat_set_rights, dir, all & ~(uint64_t)WASI_PATH_FILESTAT_SET_SIZE, WASI_ALL_RIGHTS),
                     WASI_SUCCESS);
    assert_int_equal(CALL(g, fd_fdstat_set_rights, dir, all, WASI_ALL_RIGHTS), WASI_NOTCAPABLE);
    assert_int_equal(guest_open(g, dir, 0, "nested/deep", WASI_O_TRUNC, 0, 0), -WASI_NOTCAPABLE);
    const uint64_t few = WASI_PATH_OPEN | WASI_FD_READDIR;
    assert_int_equal(CALL(g, fd_fdstat_set_rights, dir, few, few | WASI_FD_READ), WASI_SUCCESS);
    assert_int_equal(guest_open(g, dir, 0, "new", WASI_O_CREAT, 0, 0), -WASI_NOTCAPABLE);
    assert_int_equal(guest_open(g, dir, 0, "nested/deep", 0, WASI_FD_WRITE, 0), -WASI_NOTCAPABLE);
    assert_int_equal(guest_path(g, wrt_wasi_path_unlink_file, dir, "back"), WASI_NOTCAPABLE);
    assert_int_equal(guest_path(g, wrt_wasi_path_create_directory, dir, "new"), WASI_NOTCAPABLE);
    assert_int_equal(guest_path(g, wrt_wasi_path_remove_directory, dir, "nested"), WASI_NOTCAPABLE);
    /* Beneath it nobody gets more than it hands on. */
    fd = guest_open(g, dir, 0, "nested", WASI_O_DIRECTORY, all, 0);
    assert_true(fd > 0);
    assert_int_equal(guest_path(g, wrt_wasi_path_unlink_file, (uint32_t)fd, "deep"), WASI_NOTCAPABLE);
    fd = guest_open(g, dir, 0, "nested/deep", 0, WASI_FD_READ, 0);
    assert_true(fd > 0);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, (uint32_t)fd, 1), WASI_NOTCAPABLE);
    assert_int_equal(CALL(g, fd_filestat_set_size, (uint32_t)fd, 0), WASI_NOTCAPABLE);
    assert_int_equal(CALL(g, fd_allocate, (uint32_t)fd, 0, 10), WASI_NOTCAPABLE);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, (uint32_t)fd, 100), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), 4);
}

static void test_read_only(void **state)
{
    struct guest *g = *state;
    int below = guest_open(g, 4, 0, "dir", WASI_O_DIRECTORY, WASI_ALL_RIGHTS & ~(uint64_t)WASI_FILE_WRITING, 0);
    assert_true(below > 4);
    assert_int_equal(CALL(g, fd_renumber, (uint32_t)below, 3), WASI_SUCCESS); /* 3 is gone, its number is this one */
    for (uint32_t fd = 3; fd < 5; fd++) {
        const char *file = fd == 3 ? "nested/deep" : "dir/nested/deep";
        uint32_t len = guest_text(g, AT_PATH, file), other = guest_text(g, AT_PATH2, "new");
        assert_int_equal(CALL(g, path_filestat_set_times, fd, 0, AT_PATH, len, 0, 0, WASI_MTIM), WASI_ROFS);
        assert_int_equal(CALL(g, path_link, fd, 0, AT_PATH, len, fd, AT_PATH2, other), WASI_ROFS);
        assert_int_equal(CALL(g, path_rename, fd, AT_PATH, len, fd, AT_PATH2, other), WASI_ROFS);
        assert_int_equal(CALL(g, path_symlink, AT_PATH, len, fd, AT_PATH2, other), WASI_ROFS);
        assert_int_equal(CALL(g, fd_filestat_set_times, fd, 0, 0, WASI_MTIM), WASI_ROFS);
        assert_int_equal(guest_path(g, wrt_wasi_path_unlink_file, fd, file), WASI_ROFS);
        assert_int_equal(guest_path(g, wrt_wasi_path_remove_directory, fd, "nested"), WASI_ROFS);
        assert_int_equal(guest_path(g, wrt_wasi_path_create_directory, fd, "new"), WASI_ROFS);
        assert_int_equal(guest_open(g, fd, 0, file, WASI_O_TRUNC, 0, 0), -WASI_ROFS);
        assert_int_equal(guest_open(g, fd, 0, "new", WASI_O_CREAT, 0, 0), -WASI_ROFS);
        const uint64_t writing[] = {WASI_FD_WRITE, WASI_FD_ALLOCATE, WASI_FD_FILESTAT_SET_SIZE, READ_WRITE};
        for (size_t i = 0; i < WP_ARRAY_LEN(writing); i++) {
            assert_int_equal(guest_open(g, fd, 0, file, 0, writing[i], 0), -WASI_ROFS);
        }
        int open = guest_open(g, fd, 0, file, 0, WASI_ALL_RIGHTS & ~(uint64_t)WASI_FILE_WRITING, 0);
        assert_true(open > 0);
        assert_int_equal(CALL(g, fd_filestat_set_times, (uint32_t)open, 0, 0, WASI_MTIM), WASI_ROFS);
        assert_int_equal(guest_move(g, wrt_wasi_fd_write, (uint32_t)open, 1), WASI_NOTCAPABLE);
        assert_int_equal(guest_move(g, wrt_wasi_fd_read, (uint32_t)open, 10), WASI_SUCCESS);
    }
    /* A file of a read-only folder gets no second name in one that may be written. */
    guest_world(g, (struct wrt_wasi_options){.arg_count = 0});
    uint32_t len = guest_text(g, AT_PATH, "file"), other = guest_text(g, AT_PATH2, "new");
    assert_int_equal(CALL(g, path_link, 4, 0, AT_PATH, len, 3, AT_PATH2, other), WASI_ROFS);
    assert_int_equal(CALL(g, path_rename, 4, AT_PATH, len, 3, AT_PATH2, other), WASI_ROFS);
    assert_int_equal(CALL(g, path_rename, 3, AT_PATH, len, 4, AT_PATH2, other), WASI_ROFS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_out, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_own_links, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_names, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_pointers, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_rights, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_read_only, guest_set_up, guest_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
