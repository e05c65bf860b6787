/* SPDX-License-Identifier: Apache-2.0
 *
 * Files: opening beneath a folder on kernels with and without openat2, replacement, locks, words for errno. */
#include "base/fs.h"
#include "base/job.h"
#include "base/mem.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- beneath ---- */

struct beneath_row {
    const char *path;
    int errnum; /* 0: opens */
    enum wp_code code;
};

static const struct beneath_row beneath_table[] = {
    {"file", 0, WP_E_OK},
    {"sub/file", 0, WP_E_OK},
    {".", 0, WP_E_OK},
    {"sub", 0, WP_E_OK},
    {"none", ENOENT, WP_E_NOT_FOUND},
    {"file/x", ENOTDIR, WP_E_NOT_FOUND},
    {"link", ELOOP, WP_E_IO},
    {"folder-link/file", ELOOP, WP_E_IO},
    {"sub/up/file", ELOOP, WP_E_IO},
    {"chain/file", ELOOP, WP_E_IO},
    {"..", EXDEV, WP_E_IO},
    {"../file", EXDEV, WP_E_IO},
    {"sub/../../file", EXDEV, WP_E_IO},
    {"/etc/passwd", EXDEV, WP_E_IO},
};

static void plant(const struct temp_folder *t)
{
    temp_write(t, "file", wp_span_str("top"));
    temp_mkdir(t, "sub");
    temp_write(t, "sub/file", wp_span_str("below"));
    temp_symlink(t, "file", "link");
    temp_symlink(t, "sub", "folder-link");
    temp_symlink(t, "..", "sub/up");
    temp_symlink(t, "folder-link", "chain");
}

/* The index of the first row that is not as it should be, or -1. Runs in a child, too: no assertions here. */
static int wrong_row(int dirfd)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(beneath_table); i++) {
        const struct beneath_row *row = &beneath_table[i];
        struct wp_err err = {0};
        errno = 0;
        int fd = wp_fs_open_beneath(dirfd, row->path, O_RDONLY, 0, row->path, &err);
        int errnum = fd < 0 ? errno : 0;
        bool closes = fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
        wp_close_p(&fd);
        if (errnum != row->errnum || err.code != row->code || (errnum == 0) != closes ||
            (errnum != 0 && strstr(err.msg, row->path) == NULL)) {
            return (int)i;
        }
    }
    struct wp_err err = {0};
    int fd = wp_fs_open_beneath(dirfd, "link", O_WRONLY | O_CREAT | O_TRUNC, 0666, "link", &err);
    int through = fd >= 0 ? 1000 : -1;
    wp_close_p(&fd);
    fd = wp_fs_open_beneath(dirfd, "sub/new", O_WRONLY | O_CREAT | O_EXCL, 0600, "sub/new", &err);
    int made = fd >= 0 ? -1 : 1001;
    wp_close_p(&fd);
    return through >= 0 ? through : made;
}

static void test_beneath(void **state)
{
    struct temp_folder *t = *state;
    plant(t);
    assert_int_equal(wrong_row(t->fd), -1);
    assert_temp_file(t, "file", wp_span_str("top"));
    assert_true(temp_is_there(t, "sub/new"));
}

/* A kernel (or seccomp filter) that answers openat2 with errnum: in a child, because a filter stays. */
static int wrong_row_without_openat2(int dirfd, unsigned errnum)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnum),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = WP_ARRAY_LEN(code), .filter = code};
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
            _exit(200);
        }
        if (syscall(SYS_openat2, dirfd, ".", NULL, 0) != -1 || errno != (int)errnum) {
            _exit(201);
        }
        int wrong = wrong_row(dirfd);
        _exit(wrong < 0 ? 0 : WP_MIN(wrong, 100) + 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_beneath_without_openat2(void **state)
{
    struct temp_folder *t = *state;
    plant(t);
    assert_int_equal(wrong_row_without_openat2(t->fd, ENOSYS), 0);
    assert_int_equal(unlinkat(t->fd, "sub/new", 0), 0);
    assert_int_equal(wrong_row_without_openat2(t->fd, EPERM), 0);
    assert_temp_file(t, "file", wp_span_str("top"));
}

/* ---- folders ---- */

static void test_create(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    assert_int_equal(wp_fs_create(temp_path(t, "new"), wp_span_str("one"), 0600, &err), 0);
    assert_temp_file(t, "new", wp_span_str("one"));
    assert_int_equal(wp_fs_create(temp_path(t, "new"), wp_span_str("two"), 0600, &err), -1);
    assert_int_equal(err.code, WP_E_EXISTS);
    assert_temp_file(t, "new", wp_span_str("one"));
    temp_symlink(t, "nowhere", "link");
    assert_int_equal(wp_fs_create(temp_path(t, "link"), wp_span_str("x"), 0600, &err), -1);
    assert_int_equal(err.code, WP_E_EXISTS);
    assert_int_equal(wp_fs_create(temp_path(t, "absent/new"), wp_span_str("x"), 0600, &err), -1);
    assert_temp_list(t, ".", "link new ");
}

static void test_mkdirs(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    assert_int_equal(wp_fs_mkdirs(temp_path(t, "a/b//c/"), &err), 0);
    assert_int_equal(wp_fs_mkdirs(temp_path(t, "a/b/c"), &err), 0);
    assert_temp_list(t, "a/b/c", "");
    /* The user's own links are followed. */
    temp_symlink(t, "a", "link");
    assert_int_equal(wp_fs_mkdirs(temp_path(t, "link/d"), &err), 0);
    assert_temp_list(t, "a", "b d ");
    temp_write(t, "file", wp_span_str(""));
    assert_int_equal(wp_fs_mkdirs(temp_path(t, "file/x"), &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_non_null(strstr(err.msg, "/file'"));
    assert_int_equal(wp_fs_mkdirs(temp_path(t, "file"), &err), -1);
    assert_int_equal(wp_fs_mkdirs("", &err), -1);
    assert_int_equal(wp_fs_mkdirs("/", &err), 0);
}

static void test_later(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    struct wp_fs_later later = {0};
    assert_int_equal(wp_fs_later_sync(&later, &err), 0);
    assert_int_equal(wp_fs_mkdirs_later(temp_path(t, "a/b/c"), &later, &err), 0);
    assert_temp_list(t, "a/b/c", "");
    /* What is above the last folder is not put off. */
    assert_int_equal(later.count, 1);
    assert_int_equal(wp_fs_mkdirs_later(temp_path(t, "a/b/c"), &later, &err), 0);
    assert_int_equal(later.count, 2);
    /* One that fails keeps them all. */
    int closed = dup(t->fd);
    close(closed);
    wp_fs_later_add(&later, closed, false, "gone");
    assert_int_equal(wp_fs_later_sync(&later, &err), -1);
    assert_int_equal(err.code, WP_E_IO);
    assert_non_null(strstr(err.msg, "cannot make 'gone' durable"));
    assert_int_equal(later.count, 3);
    wp_fs_later_cut(&later, 2);
    wp_fs_later_add(&later, t->fd, false, "folder");
    assert_int_equal(wp_fs_later_sync(&later, &err), 0);
    assert_int_equal(later.count, 0);
    wp_fs_later_done(&later);
    assert_true(fcntl(t->fd, F_GETFD) >= 0);
}

static void test_mkdirs_beneath(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    assert_int_equal(wp_fs_mkdirs_beneath(t->fd, "x/y/file", &err), 0);
    assert_temp_list(t, "x", "y ");
    assert_temp_list(t, "x/y", "");
    assert_int_equal(wp_fs_mkdirs_beneath(t->fd, "file", &err), 0);
    assert_false(temp_is_there(t, "file"));
    temp_mkdir(t, "victim");
    temp_symlink(t, "victim", "link");
    assert_int_equal(wp_fs_mkdirs_beneath(t->fd, "link/y/file", &err), -1);
    assert_int_equal(err.code, WP_E_IO);
    assert_temp_list(t, "victim", "");
    assert_int_equal(wp_fs_mkdirs_beneath(t->fd, "x/../../evil/file", &err), -1);
    assert_non_null(strstr(err.msg, "leads out of its folder"));
}

/* ---- whole files ---- */

static void test_read(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    temp_write(t, "file", wp_span_str("12345"));
    wp_buf_add_str(&b, "0");
    assert_int_equal(wp_fs_read(temp_path(t, "file"), 5, &b, &err), 0);
    assert_string_equal(b.ptr, "012345");
    assert_int_equal(wp_fs_read(temp_path(t, "file"), 4, &b, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_non_null(strstr(err.msg, "/file' is larger than 4 bytes"));
    assert_int_equal(wp_fs_read(temp_path(t, "none"), 4, &b, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_int_equal(wp_fs_read(t->path, 4, &b, &err), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    assert_non_null(strstr(err.msg, "is a folder, not a regular file"));
    /* A pipe that nobody writes to does not hold us up. */
    assert_int_equal(mkfifoat(t->fd, "pipe", 0600), 0);
    assert_int_equal(wp_fs_read(temp_path(t, "pipe"), 4, &b, &err), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    assert_int_equal(wp_fs_read_at(t->fd, "file", 5, "shown/file", &b, &err), 0);
    temp_symlink(t, "file", "link");
    assert_int_equal(wp_fs_read_at(t->fd, "link", 5, "shown/link", &b, &err), -1);
    assert_non_null(strstr(err.msg, "shown/link"));
    assert_string_equal(b.ptr, "01234512345");
    /* Files whose size is not told (st_size 0) meet the limit while being read. */
    wp_buf_cut(&b, 0);
    assert_int_equal(wp_fs_read("/proc/self/maps", 10, &b, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
}

static void test_replace(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    struct stat st;
    mode_t before = umask(022);
    assert_int_equal(wp_fs_replace_at(t->fd, "file", wp_span_str("one"), 0600, "file", &err), 0);
    umask(before);
    assert_temp_file(t, "file", wp_span_str("one"));
    assert_int_equal(fstatat(t->fd, "file", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(wp_fs_replace_at(t->fd, "file", wp_span_str(""), 0666, "file", &err), 0);
    assert_temp_file(t, "file", wp_span_str(""));

    temp_write(t, "victim", wp_span_str("precious"));
    temp_mkdir(t, "sub");
    temp_symlink(t, "../victim", "sub/link");
    assert_int_equal(wp_fs_replace_at(t->fd, "sub/link", wp_span_str("new"), 0666, "sub/link", &err), 0);
    assert_temp_file(t, "sub/link", wp_span_str("new"));
    assert_temp_file(t, "victim", wp_span_str("precious"));

    temp_symlink(t, "sub", "sub-link");
    assert_int_equal(wp_fs_replace_at(t->fd, "sub-link/x", wp_span_str("new"), 0666, "sub-link/x", &err), -1);
    assert_int_equal(err.code, WP_E_IO);
    assert_int_equal(wp_fs_replace(temp_path(t, "sub-link/x"), wp_span_str("user"), 0666, &err), 0);
    assert_temp_file(t, "sub/x", wp_span_str("user"));

    assert_int_equal(wp_fs_replace_at(t->fd, "none/x", wp_span_str("new"), 0666, "none/x", &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    temp_mkdir(t, "folder");
    assert_int_equal(wp_fs_replace_at(t->fd, "folder", wp_span_str("new"), 0666, "folder", &err), -1);
    /* Nothing temporary stays behind, after failures neither. */
    assert_temp_list(t, ".", "file folder sub sub-link victim ");
}

static void test_temp_names(void **state)
{
    (void)state;
    char one[24];
    char two[24];
    wp_fs_temp_name(".wpack-", one, sizeof(one));
    wp_fs_temp_name(".wpack-", two, sizeof(two));
    assert_int_equal(strlen(one), 23);
    assert_true(wp_str_starts(one, ".wpack-"));
    assert_int_equal(strspn(one + 7, "0123456789abcdef"), 16);
    assert_string_not_equal(one, two);
}

/* ---- words ---- */

static void test_words(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        const char *msg;
        const char *hint; /* part of it; NULL: none */
    } table[] = {
        {ENOSPC, "cannot write 'x': No space left on device", "free some space"},
        {EDQUOT, "cannot write 'x': Disk quota exceeded", "quota"},
        {EROFS, "cannot write 'x': Read-only file system", "mounted read-only"},
        {EACCES, "cannot write 'x': Permission denied", "permissions"},
        {EMFILE, "cannot write 'x': Too many open files", "ulimit -n"},
        {EIO, "cannot write 'x': Input/output error", NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        struct wp_err err = {0};
        assert_int_equal(wp_fs_fail(&err, table[i].errnum, "cannot write '%s'", "x"), -1);
        assert_int_equal(err.code, WP_E_IO);
        assert_string_equal(err.msg, table[i].msg);
        if (table[i].hint == NULL) {
            assert_string_equal(err.hint, "");
        } else {
            assert_non_null(strstr(err.hint, table[i].hint));
        }
    }
}

static void test_full_disk(void **state)
{
    (void)state;
    struct wp_err err = {0};
    WP_AUTO_FD int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(wp_write_all(fd, "x", 1, "/dev/full", &err), -1);
    assert_string_equal(err.msg, "cannot write '/dev/full': No space left on device");
    assert_true(err.hint[0] != '\0');
}

/* ---- locks ---- */

static void test_locks(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    temp_write(t, "lock", wp_span_str(""));
    WP_AUTO_FD int a = openat(t->fd, "lock", O_RDWR | O_CLOEXEC);
    WP_AUTO_FD int b = openat(t->fd, "lock", O_RDWR | O_CLOEXEC);
    assert_int_equal(wp_fs_lock(a, 0, false, false, NULL, &err), 1);
    assert_int_equal(wp_fs_lock(b, 0, false, false, NULL, &err), 1);
    assert_int_equal(wp_fs_lock(b, 0, true, false, NULL, &err), 0);
    assert_int_equal(wp_fs_lock(b, 1, true, false, NULL, &err), 1);
    assert_int_equal(wp_fs_lock(a, 1, false, false, NULL, &err), 0);
    wp_fs_unlock(a, 0);
    assert_int_equal(wp_fs_lock(b, 0, true, false, NULL, &err), 1);
    assert_int_equal(wp_fs_lock(a, 0, false, false, NULL, &err), 0);
    /* A wait ends when the job does. */
    struct wp_job *job = wp_job_new();
    wp_job_cancel(job, 0);
    int n = wp_fs_lock(a, 0, true, true, job, &err);
    wp_job_free(job);
    assert_int_equal(n, -1);
    assert_int_equal(err.code, WP_E_INTERRUPTED);
    /* The lock ends with its descriptor, without closing others of the same process. */
    wp_close_p(&b);
    assert_int_equal(wp_fs_lock(a, 0, true, true, NULL, &err), 1);
    assert_int_equal(wp_fs_lock(a, 1, true, false, NULL, &err), 1);
    assert_int_equal(wp_fs_lock(-1, 0, true, false, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_IO);
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(test_beneath),
        CHECK(test_beneath_without_openat2),
        CHECK(test_mkdirs),
        CHECK(test_later),
        CHECK(test_mkdirs_beneath),
        CHECK(test_read),
        CHECK(test_replace),
        CHECK(test_create),
        cmocka_unit_test(test_temp_names),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_full_disk),
        CHECK(test_locks),
    };
    return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
