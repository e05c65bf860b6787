/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

/* Whether the mapping that begins there has the flag, as /proc/self/smaps tells. */
static bool has_flag(const void *at, const char *flag)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    char line[1024];
    bool mine = false;
    bool has = false;
    while (fgets(line, sizeof(line), f) != NULL) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            mine = from <= (unsigned long)at && (unsigned long)at < to;
        } else if (mine && strncmp(line, "VmFlags:", 8) == 0) {
            has = strstr(line, flag) != NULL;
        }
    }
    (void)fclose(f);
    return has;
}

static uint8_t *map(size_t len, int flags)
{
    uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    for (size_t i = 0; i < len; i += MIB) {
        assert_int_equal(p[i], 0);
        p[i] = 1;
    }
    p[len - 1] = 1;
    return p;
}

static void test_large_and_filled_is_huge(void **state)
{
    (void)state;
    if (WP_SANITIZED || access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0) {
        skip();
    }
    uint8_t *huge = map(64 * (size_t)MIB + 3200, MAP_POPULATE);
    assert_true(has_flag(huge, " hg"));
    assert_int_equal(munmap(huge, 64 * (size_t)MIB + 3200), 0);
    uint8_t *on_demand = map(64 * (size_t)MIB, 0);
    assert_false(has_flag(on_demand, " hg"));
    assert_int_equal(munmap(on_demand, 64 * (size_t)MIB), 0);
    uint8_t *small = map(4 * (size_t)MIB, MAP_POPULATE);
    assert_false(has_flag(small, " hg"));
    assert_int_equal(munmap(small, 4 * (size_t)MIB), 0);
}

static void test_the_rest_is_the_kernels(void **state)
{
    (void)state;
    errno = 0;
    assert_ptr_equal(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
    assert_int_equal(errno, EINVAL);
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), 8192), 0);
    assert_int_equal(pwrite(fileno(f), "second", 6, 4096), 6);
    char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(f), 4096);
    assert_ptr_not_equal(p, MAP_FAILED);
    assert_memory_equal(p, "second", 6);
    assert_int_equal(munmap(p, 4096), 0);
    (void)fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_and_filled_is_huge),
        cmocka_unit_test(test_the_rest_is_the_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
