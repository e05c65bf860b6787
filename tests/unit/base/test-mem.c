/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation: copies, zero sizes, and the end of the program when there is none left. */
#include "base/mem.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* So that the sanitizer answers a hopeless size as the C library does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_copies(void **state)
{
    (void)state;
    WP_AUTO_FREE char *s = wp_xstrdup("hello");
    assert_string_equal(s, "hello");
    WP_AUTO_FREE char *n = wp_xstrndup("hello", 3);
    assert_string_equal(n, "hel");
    WP_AUTO_FREE char *shorter = wp_xstrndup("hi", 10);
    assert_string_equal(shorter, "hi");
    WP_AUTO_FREE char *f = wp_xasprintf("%s-%d", "a", 5);
    assert_string_equal(f, "a-5");
}

static void test_zero(void **state)
{
    (void)state;
    WP_AUTO_FREE void *m = wp_xmalloc(0);
    WP_AUTO_FREE void *c = wp_xcalloc(0, 8);
    WP_AUTO_FREE void *r = wp_xrealloc(NULL, 0, 8);
    assert_non_null(m);
    assert_non_null(c);
    assert_non_null(r);
    WP_AUTO_FREE unsigned char *z = wp_xcalloc(16, 1);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(z[i], 0);
    }
}

static void test_steal(void **state)
{
    (void)state;
    WP_AUTO_FREE char *a = wp_xstrdup("x");
    WP_AUTO_FREE char *b = WP_STEAL(a);
    assert_null(a);
    assert_string_equal(b, "x");
}

static void test_close(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    int copy = fd;
    wp_close_p(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(fcntl(copy, F_GETFD), -1);
    wp_close_p(&fd);
}

static void hopeless_malloc(void)
{
    volatile size_t size = SIZE_MAX / 2 - 100;
    free(wp_xmalloc(size));
}

static void hopeless_calloc(void)
{
    volatile size_t count = SIZE_MAX / 4;
    free(wp_xcalloc(count, 16));
}

static void hopeless_realloc(void)
{
    volatile size_t count = SIZE_MAX / 4;
    free(wp_xrealloc(NULL, count, 16));
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static void (*const rows[])(void) = {hopeless_malloc, hopeless_calloc, hopeless_realloc};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        int fds[2];
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            dup2(fds[1], STDERR_FILENO);
            rows[i]();
            _exit(0);
        }
        close(fds[1]);
        char text[4096];
        size_t len = 0;
        for (ssize_t n = 0; (n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0;) {
            len += (size_t)n;
        }
        text[len] = '\0';
        close(fds[0]);
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 23);
        /* A sanitizer says something before. */
        static const char line[] = "wpack: out of memory\n";
        assert_true(len >= sizeof(line) - 1);
        assert_string_equal(text + len - (sizeof(line) - 1), line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies), cmocka_unit_test(test_zero),          cmocka_unit_test(test_steal),
        cmocka_unit_test(test_close),  cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
