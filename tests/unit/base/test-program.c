/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs that are run: what they read and print, how they end, what stops them. */
#include "base/program.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(const char *script, const char *input, struct wp_buf *out, bool *done, struct wp_err *err)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    char variable[] = "GIVEN=yes";
    char path[] = "PATH=/usr/bin:/bin";
    char *envp[] = {variable, path, NULL};
    const struct wp_program p = {.argv = argv,
                                 .envp = envp,
                                 .what = "the program 'sh'",
                                 .input = wp_span_str(input),
                                 .timeout_ms = 60000,
                                 .output_max = 1000};
    *err = (struct wp_err){0};
    return wp_program_run(&p, out, done, err);
}

static void test_answers(void **state)
{
    (void)state;
    struct wp_err err;
    bool done = false;
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    wp_buf_add_str(&out, "before ");
    assert_int_equal(run("cat; echo $GIVEN; echo unseen >&2", "input ", &out, &done, &err), 0);
    assert_true(done);
    assert_string_equal(out.ptr, "before input yes\n");
    assert_int_equal(run("echo why; exit 3", "never read", &out, &done, &err), 0);
    assert_false(done);
    assert_non_null(strstr(out.ptr, "why"));
    assert_int_equal(run("kill -9 $$", "", &out, &done, &err), 0);
    assert_false(done);
}

/* Nothing but the three streams is open, whatever the caller forgot to close. */
static void test_descriptors(void **state)
{
    (void)state;
    struct wp_err err;
    bool done = false;
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    int left = open("/dev/null", O_RDONLY); /* NOLINT: inherited on purpose */
    assert_int_equal(dup2(left, 99), 99);
    assert_int_equal(run("if [ -e /proc/self/fd/99 ]; then echo open; else echo closed; fi", "", &out, &done, &err), 0);
    close(left);
    close(99);
    assert_string_equal(out.ptr, "closed\n");
}

static void test_stopped(void **state)
{
    (void)state;
    struct wp_err err;
    bool done = false;
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    assert_int_equal(run("while :; do echo much; done", "", &out, &done, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_non_null(strstr(err.msg, "the program 'sh': its output is larger than"));
    const char *const endless[] = {"sh", "-c", "while :; do :; done", NULL};
    const char *const absent[] = {"/nowhere/program", NULL};
    char *none[] = {NULL};
    struct wp_program p = {.argv = endless, .envp = none, .what = "the program", .timeout_ms = 1, .output_max = 1};
    p.input = wp_span_str("");
    assert_int_equal(wp_program_run(&p, &out, &done, &err), -1);
    assert_int_equal(err.code, WP_E_OTHER);
    assert_non_null(strstr(err.msg, "in time"));
    p.argv = absent;
    assert_int_equal(wp_program_run(&p, &out, &done, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
