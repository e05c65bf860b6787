/* SPDX-License-Identifier: Apache-2.0
 *
 * A layout in a temporary folder. */
#include "tests/unit/oci/layout-helper.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/time.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void place_make(struct layout_place *p)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(p->dir, sizeof(p->dir), "%s/wpack-layout-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_true(n > 0 && (size_t)n < sizeof(p->dir));
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(p->path, sizeof(p->path), "%s/layout", p->dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void place_remove(struct layout_place *p)
{
    if (p->dir[0] != '\0') {
        (void)nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        p->dir[0] = '\0';
    }
}

int place_setup(void **state)
{
    struct layout_place *p = wp_xcalloc(1, sizeof(*p));
    place_make(p);
    *state = p;
    return 0;
}

int place_teardown(void **state)
{
    place_remove(*state);
    free(*state);
    return 0;
}

struct oci_store *place_open(struct layout_place *p, unsigned flags)
{
    struct wp_err err = {0};
    struct oci_store *s = NULL;
    CONTRACT_OK(oci_layout_open(p->path, flags, &s, &err));
    assert_non_null(s);
    return s;
}

char *place_path(const struct layout_place *p, struct wp_arena *a, const char *name)
{
    return wp_arena_printf(a, "%s/%s", p->path, name);
}

void place_write(const struct layout_place *p, const char *name, struct wp_span bytes)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    char *path = place_path(p, &a, name);
    char *folder = wp_arena_strn(&a, path, (size_t)(strrchr(path, '/') - path));
    CONTRACT_OK(wp_fs_mkdirs(folder, &err));
    /* In place, as a program without care would. */
    WP_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    CONTRACT_OK(wp_write_all(fd, bytes.ptr, bytes.len, path, &err));
}

const char *place_read(const struct layout_place *p, struct wp_arena *a, const char *name)
{
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (wp_fs_read(place_path(p, a, name), UINT64_C(1) << 26, &b, &err) < 0) {
        return NULL;
    }
    return wp_arena_strn(a, b.ptr, b.len);
}

bool place_has(const struct layout_place *p, const char *name)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    return access(place_path(p, &a, name), F_OK) == 0;
}

bool place_has_blob(const struct layout_place *p, const struct oci_digest *digest)
{
    char path[OCI_BLOB_PATH];
    return place_has(p, oci_digest_blob_path(digest, path));
}

void place_age(const struct layout_place *p, const char *name, unsigned seconds)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct timespec times[2] = {{.tv_sec = wp_time_now() - (time_t)seconds},
                                {.tv_sec = wp_time_now() - (time_t)seconds}};
    assert_int_equal(utimensat(AT_FDCWD, place_path(p, &a, name), times, AT_SYMLINK_NOFOLLOW), 0);
}

/* Names of a folder, or their number only when age is 0. */
static size_t each_file(const struct layout_place *p, const char *folder, unsigned age)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    DIR *dir = opendir(place_path(p, &a, folder));
    size_t n = 0;
    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.') {
            n++;
            if (age > 0) {
                place_age(p, wp_arena_printf(&a, "%s/%s", folder, e->d_name), age);
            }
        }
    }
    (void)closedir(dir);
    return n;
}

void place_age_blobs(const struct layout_place *p, unsigned seconds)
{
    (void)each_file(p, "blobs/sha256", seconds);
    (void)each_file(p, "blobs/sha512", seconds);
}

size_t place_count(const struct layout_place *p, const char *folder)
{
    return each_file(p, folder, 0);
}

int place_without_call(long nr, unsigned errnum, int (*fn)(void *arg), void *arg)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnum),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = WP_ARRAY_LEN(code), .filter = code};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
            _exit(200);
        }
        _exit(fn(arg));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}
