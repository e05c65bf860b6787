/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a writer stays, and what is known of the time in which it wrote. */
#include "base/time.h"
#include "oci/settle.h"
#include "tests/unit/unit.h"

struct place {
    atomic_uint looks;
    unsigned fails_after; /* so many looks; 0: never */
};

static int look(void *arg, struct wp_err *err)
{
    struct place *p = arg;
    unsigned n = atomic_fetch_add(&p->looks, 1) + 1;
    return p->fails_after != 0 && n > p->fails_after ? wp_fail(err, WP_E_NETWORK, "gone") : 0;
}

static void sleep_ms(uint64_t ms)
{
    struct wp_job *job = wp_job_new();
    struct wp_err err = {0};
    assert_int_equal(wp_job_sleep(job, ms, &err), 0);
    wp_job_free(job);
}

static void test_stay(void **state)
{
    (void)state;
    assert_int_equal(oci_settle_stay(300, 0), 300);
    assert_int_equal(oci_settle_stay(300, 99), 300);
    assert_int_equal(oci_settle_stay(300, 200), 600);
    assert_int_equal(oci_settle_stay(300, 1000000), 5000);
}

/* As long as others stay, nothing can have been undone for good. */
static void test_a_quick_write(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct place p = {.looks = 0};
    struct oci_watch w = {.look = look, .arg = &p, .stay_ms = 60000};
    assert_int_equal(oci_watch_look(&w, &err), 0);
    assert_false(oci_watch_is_old(&w));
    oci_watch_begin(&w);
    assert_true(oci_watch_end(&w));
    assert_int_equal(p.looks, 1);
}

static void test_a_long_write_is_looked_on(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct place p = {.looks = 0};
    struct oci_watch w = {.look = look, .arg = &p, .stay_ms = 1000};
    assert_int_equal(oci_watch_look(&w, &err), 0);
    oci_watch_begin(&w);
    while (atomic_load(&p.looks) < 6) {
        sleep_ms(1);
    }
    (void)oci_watch_end(&w);
    assert_true(wp_time_boot_ms() - w.looked_ms < 60000);
}

static void test_what_was_not_seen_is_told(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct place p = {.looks = 0, .fails_after = 1};
    struct oci_watch w = {.look = look, .arg = &p, .stay_ms = 20};
    assert_int_equal(oci_watch_look(&w, &err), 0);
    oci_watch_begin(&w);
    sleep_ms(50);
    assert_false(oci_watch_end(&w));
    assert_true(w.gap_ms >= 50 && atomic_load(&p.looks) > 1);
    assert_true(oci_watch_is_old(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stay),
        cmocka_unit_test(test_a_quick_write),
        cmocka_unit_test(test_a_long_write_is_looked_on),
        cmocka_unit_test(test_what_was_not_seen_is_told),
    };
    return cmocka_run_group_tests_name("oci/settle", tests, NULL, NULL);
}
