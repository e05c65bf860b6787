/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealed memory: whole, bounded, and nobody's to change. */
#include "base/mem.h"
#include "base/memfile.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t content[700000];

static int hold(size_t len, uint64_t limit, int *ret_fd, uint64_t *ret_size, struct wp_err *err)
{
    WP_AUTO_READER struct wp_reader *r = wp_reader_mem(wp_span(content, len));
    return wp_memfile_read(r, limit, "the thing", ret_fd, ret_size, err);
}

static void test_whole(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 4096, 256 * 1024, 256 * 1024 + 1, sizeof(content)};
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        WP_AUTO_FD int fd = -1;
        uint64_t size = 99;
        struct wp_span bytes;
        struct wp_err err;
        assert_int_equal(hold(sizes[i], sizes[i], &fd, &size, &err), 0);
        assert_int_equal(size, sizes[i]);
        assert_int_equal(wp_map(fd, size, &bytes, &err), 0);
        assert_int_equal(bytes.len, sizes[i]);
        assert_memory_equal(bytes.ptr, content, sizes[i]);
        wp_unmap(&bytes);
        assert_null(bytes.ptr);
        wp_unmap(&bytes);
    }
}

static void test_limit(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 100, 256 * 1024, sizeof(content)};
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        int fd = -1;
        uint64_t size = 0;
        struct wp_err err;
        assert_int_equal(hold(sizes[i], sizes[i] - 1, &fd, &size, &err), -1);
        assert_int_equal(err.code, WP_E_LIMIT);
        assert_int_equal(strncmp(err.msg, "the thing is larger than ", 25), 0);
        assert_int_equal(fd, -1);
    }
}

static void test_sealed(void **state)
{
    (void)state;
    WP_AUTO_FD int fd = -1;
    uint64_t size = 0;
    struct wp_err err;
    assert_int_equal(hold(5000, 5000, &fd, &size, &err), 0);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 10), -1);
    assert_int_equal(ftruncate(fd, 10000), -1);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

static ssize_t broken_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    (void)r;
    (void)buf;
    (void)len;
    return wp_fail(err, WP_E_NETWORK, "the line is cut");
}

static void broken_close(struct wp_reader *r)
{
    (void)r;
}

static void test_reader_that_fails(void **state)
{
    (void)state;
    struct wp_reader r = {.read = broken_read, .close = broken_close};
    int fd = -1;
    uint64_t size = 0;
    struct wp_err err;
    assert_int_equal(wp_memfile_read(&r, 10, "x", &fd, &size, &err), -1);
    assert_string_equal(err.msg, "the line is cut");
    assert_int_equal(fd, -1);
}

static void test_map_of_nothing(void **state)
{
    (void)state;
    struct wp_span bytes;
    struct wp_err err;
    assert_int_equal(wp_map(-1, 10, &bytes, &err), -1);
    assert_int_equal(wp_map(-1, 0, &bytes, &err), 0);
    assert_int_equal(bytes.len, 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(content); i++) {
        content[i] = (uint8_t)(i * 31 % 251);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),          cmocka_unit_test(test_limit),
        cmocka_unit_test(test_sealed),         cmocka_unit_test(test_reader_that_fails),
        cmocka_unit_test(test_map_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
