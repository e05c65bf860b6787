/* SPDX-License-Identifier: Apache-2.0
 *
 * Guarded memory: what it holds, what is read into it, what is left behind. */
#include "sign/secret.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_bytes(void **state)
{
    (void)state;
    SIG_AUTO_SECRET struct sig_secret *zero = sig_secret_new(3);
    assert_memory_equal(zero->ptr, "\0\0\0\0", 4);
    SIG_AUTO_SECRET struct sig_secret *s = sig_secret_of("secret", 6);
    assert_int_equal(s->len, 6);
    assert_memory_equal(s->ptr, "secret", 7);
    sig_secret_cut(s, 2);
    assert_int_equal(s->len, 2);
    assert_memory_equal(s->ptr, "se\0\0\0\0", 7);
    SIG_AUTO_SECRET struct sig_secret *empty = sig_secret_of(NULL, 0);
    assert_int_equal(empty->len, 0);
    assert_string_equal((char *)empty->ptr, "");
    sig_secret_free(NULL);
    char text[] = "wiped";
    sig_wipe(text, 5);
    assert_memory_equal(text, "\0\0\0\0\0", 6);
    sig_wipe(NULL, 0);
}

/* A byte beyond the end ends the process: nothing is read past a secret by accident. */
static void test_guard(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct sig_secret *s = sig_secret_of("x", 1);
        volatile uint8_t *p = s->ptr;
        signal(SIGSEGV, SIG_DFL);
        _exit(p[2] == 0 ? 3 : 4);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 1); /* sanitizers end with a status */
}

static void test_read(void **state)
{
    const struct temp_folder *t = *state;
    struct wp_err err = {0};
    SIG_AUTO_SECRET struct sig_secret *s = NULL;
    SIG_AUTO_SECRET struct sig_secret *none = NULL;
    temp_write(t, "k", wp_span_str("content"));
    assert_int_equal(sig_secret_read(temp_path(t, "k"), 7, &s, &err), 0);
    assert_int_equal(s->len, 7);
    assert_string_equal((char *)s->ptr, "content");
    assert_int_equal(sig_secret_read(temp_path(t, "k"), 6, &none, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_int_equal(sig_secret_read(temp_path(t, "absent"), 6, &none, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    temp_mkdir(t, "folder");
    assert_int_equal(sig_secret_read(temp_path(t, "folder"), 6, &none, &err), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    assert_null(none);
}

static void test_read_pipe(void **state)
{
    (void)state;
    struct wp_err err = {0};
    int ends[2];
    SIG_AUTO_SECRET struct sig_secret *s = NULL;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "12345", 5), 5);
    close(ends[1]);
    assert_int_equal(sig_secret_read_fd(ends[0], 4, 4, "a pipe", &s, &err), -1);
    assert_null(s);
    close(ends[0]);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "1234", 4), 4);
    close(ends[1]);
    assert_int_equal(sig_secret_read_fd(ends[0], 4, 4, "a pipe", &s, &err), 0);
    assert_string_equal((char *)s->ptr, "1234");
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_guard),
        cmocka_unit_test_setup_teardown(test_read, temp_folder_setup, temp_folder_teardown),
        cmocka_unit_test(test_read_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
