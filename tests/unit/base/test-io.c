/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers and sources over memory and files. */
#include "base/io.h"
#include "base/mem.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void test_mem(void **state)
{
    (void)state;
    struct wp_err err = {0};
    WP_AUTO_READER struct wp_reader *r = wp_reader_mem(wp_span_str("hello"));
    char got[8] = "";
    assert_int_equal(wp_read(r, got, 2, &err), 2);
    assert_int_equal(wp_read(r, got + 2, 6, &err), 3);
    assert_string_equal(got, "hello");
    assert_int_equal(wp_read(r, got, 8, &err), 0);
    assert_int_equal(wp_read(r, got, 8, &err), 0);
    WP_AUTO_READER struct wp_reader *none = wp_reader_mem(wp_span(NULL, 0));
    assert_int_equal(wp_read(none, got, 8, &err), 0);
    wp_reader_close(NULL);
}

static void test_fd(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    temp_write(t, "file", wp_span_str("hello"));
    int fd = openat(t->fd, "file", O_RDONLY | O_CLOEXEC);
    char name[] = "the file";
    struct wp_reader *r = wp_reader_fd(fd, name);
    name[0] = 'X';
    char got[8] = "";
    assert_int_equal(wp_read(r, got, 8, &err), 5);
    assert_string_equal(got, "hello");
    assert_int_equal(wp_read(r, got, 8, &err), 0);
    wp_reader_close_p(&r);
    assert_null(r);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_fd_sticks(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    /* A folder cannot be read; after dup2 the descriptor could, but the reader has failed. */
    int fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    WP_AUTO_READER struct wp_reader *r = wp_reader_fd(fd, "x");
    char got[8];
    assert_int_equal(wp_read(r, got, 8, &err), -1);
    assert_string_equal(err.msg, "cannot read 'x': Is a directory");
    temp_write(t, "file", wp_span_str("hello"));
    int other = openat(t->fd, "file", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup2(other, fd), fd);
    close(other);
    wp_err_clear(&err);
    assert_int_equal(wp_read(r, got, 8, &err), -1);
    assert_string_equal(err.msg, "cannot read 'x': Is a directory");
}

static void test_read_all(void **state)
{
    (void)state;
    struct wp_err err = {0};
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300000};
    char *bytes = wp_xmalloc(300000);
    memset(bytes, 'x', 300000);
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        wp_buf_add_str(&b, "<");
        WP_AUTO_READER struct wp_reader *r = wp_reader_mem(wp_span(bytes, sizes[i]));
        assert_int_equal(wp_read_all(r, &b, sizes[i], "a thing", &err), 0);
        assert_int_equal(b.len, sizes[i] + 1);
        assert_int_equal(b.ptr[b.len], '\0');
        assert_int_equal(b.ptr[0], '<');
        if (sizes[i] > 0) {
            assert_memory_equal(b.ptr + 1, bytes, sizes[i]);
            WP_AUTO_READER struct wp_reader *again = wp_reader_mem(wp_span(bytes, sizes[i]));
            assert_int_equal(wp_read_all(again, &b, sizes[i] - 1, "a thing", &err), -1);
            assert_int_equal(err.code, WP_E_LIMIT);
            assert_true(wp_str_starts(err.msg, "a thing is larger than "));
        }
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_READER struct wp_reader *r = wp_reader_mem(wp_span(bytes, 10));
    assert_int_equal(wp_read_all(r, &b, UINT64_MAX, "a thing", &err), 0);
    assert_int_equal(b.len, 10);
    free(bytes);
}

static void test_write_all(void **state)
{
    (void)state;
    struct wp_err err = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(wp_write_all(ends[1], "hello", 5, "pipe", &err), 0);
    assert_int_equal(wp_write_all(ends[1], "", 0, "pipe", &err), 0);
    char got[8] = "";
    assert_int_equal(read(ends[0], got, 8), 5);
    assert_string_equal(got, "hello");
    close(ends[0]);
    void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
    int n = wp_write_all(ends[1], "x", 1, "pipe", &err);
    signal(SIGPIPE, handler);
    close(ends[1]);
    assert_int_equal(n, -1);
    assert_int_equal(err.code, WP_E_PIPE);
}

static void assert_source(struct wp_source *src, uint64_t offset, const char *want)
{
    struct wp_err err = {0};
    WP_AUTO_READER struct wp_reader *r = NULL;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_int_equal(src->open(src, offset, &r, &err), 0);
    assert_int_equal(wp_read_all(r, &b, 100, "source", &err), 0);
    assert_string_equal(b.ptr, want);
}

static void test_sources(void **state)
{
    struct temp_folder *t = *state;
    struct wp_err err = {0};
    struct wp_reader *r = NULL;
    temp_write(t, "file", wp_span_str("hello"));
    struct wp_source_mem mem = wp_source_mem(wp_span_str("hello"));
    struct wp_source_file file = wp_source_file(temp_path(t, "file"));
    struct wp_source *sources[] = {&mem.base, &file.base};
    for (size_t i = 0; i < WP_ARRAY_LEN(sources); i++) {
        assert_source(sources[i], 0, "hello");
        assert_source(sources[i], 2, "llo");
        assert_source(sources[i], 5, "");
        assert_source(sources[i], 0, "hello");
        assert_int_equal(sources[i]->open(sources[i], 6, &r, &err), -1);
        assert_true(wp_str_starts(err.msg, "cannot start at byte 6 of "));
    }
    struct wp_source_mem none = wp_source_mem(wp_span(NULL, 0));
    assert_source(&none.base, 0, "");
    assert_int_equal(unlinkat(t->fd, "file", 0), 0);
    assert_int_equal(file.base.open(&file.base, 0, &r, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
}

static void test_read_drain(void **state)
{
    (void)state;
    struct wp_err err = {0};
    char one = 0;
    WP_AUTO_READER struct wp_reader *r = wp_reader_mem(wp_span_str("hello"));
    assert_int_equal(wp_read_drain(r, &err), 0);
    assert_int_equal(wp_read(r, &one, 1, &err), 0);
    WP_AUTO_READER struct wp_reader *closed = wp_reader_fd(-1, "nothing");
    assert_int_equal(wp_read_drain(closed, &err), -1);
    assert_int_equal(err.code, WP_E_IO);
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mem),
        CHECK(test_fd),
        CHECK(test_fd_sticks),
        cmocka_unit_test(test_read_all),
        cmocka_unit_test(test_read_drain),
        cmocka_unit_test(test_write_all),
        CHECK(test_sources),
    };
    return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
