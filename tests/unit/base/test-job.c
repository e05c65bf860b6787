/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: cancelling from anywhere, items and their totals. */
#include "base/job.h"
#include "base/mem.h"
#include "base/pool.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <signal.h>

static bool is_awake(const struct wp_job *job)
{
    struct pollfd p = {.fd = wp_job_wake_fd(job), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void test_cancel(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct wp_job *job = wp_job_new();
    assert_false(wp_job_cancelled(job));
    assert_false(is_awake(job));
    assert_int_equal(wp_job_check(job, &err), 0);
    assert_int_equal(wp_job_sleep(job, 1, &err), 0);
    wp_job_cancel(job, SIGTERM);
    wp_job_cancel(job, SIGINT);
    assert_true(wp_job_cancelled(job));
    assert_int_equal(wp_job_signal(job), SIGTERM);
    assert_true(is_awake(job));
    assert_int_equal(wp_job_check(job, &err), -1);
    assert_int_equal(err.code, WP_E_INTERRUPTED);
    assert_string_equal(err.msg, "interrupted");
    /* An hour, had it not been cancelled; for every sleeper, not only the first. */
    for (int i = 0; i < 2; i++) {
        wp_err_clear(&err);
        assert_int_equal(wp_job_sleep(job, 3600000, &err), -1);
        assert_int_equal(err.code, WP_E_INTERRUPTED);
    }
    wp_job_free(job);
}

struct sleeper {
    struct wp_job *job;
    int result;
};

static void sleep_long(void *arg)
{
    struct sleeper *s = arg;
    struct wp_err err = {0};
    s->result = wp_job_sleep(s->job, 3600000, &err);
}

static void test_wakes_sleeper(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct sleeper s = {.job = wp_job_new()};
    struct wp_thread *t = NULL;
    assert_int_equal(wp_thread_start("sleeper", sleep_long, &s, &t, &err), 0);
    wp_job_cancel(s.job, 0);
    wp_thread_join(t);
    assert_int_equal(s.result, -1);
    assert_int_equal(wp_job_signal(s.job), 0);
    wp_job_free(s.job);
}

static struct wp_job *signalled;

/* wp_job_cancel promises to be async-signal-safe, which is what is tested. */
static void on_signal(int signum)
{
    wp_job_cancel(signalled, signum); /* NOLINT(bugprone-signal-handler,cert-sig30-c) */
}

static void test_from_handler(void **state)
{
    (void)state;
    signalled = wp_job_new();
    void (*before)(int) = signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    signal(SIGUSR1, before);
    assert_true(wp_job_cancelled(signalled));
    assert_int_equal(wp_job_signal(signalled), SIGUSR1);
    wp_job_free(signalled);
}

static void test_items(void **state)
{
    (void)state;
    struct wp_job *job = wp_job_new();
    struct wp_item *items[5];
    for (size_t i = 0; i < 5; i++) {
        items[i] = wp_item_begin(job, i == 0 ? "evil\x1b[2J" : "blob", 100 * (i + 1));
    }
    wp_item_add(items[0], 60, true);
    wp_item_rewind(items[0], 10);
    wp_item_add(items[0], 90, true);
    wp_item_end(items[0], WP_ITEM_DONE);
    wp_item_add(items[1], 200, false);
    wp_item_end(items[1], WP_ITEM_PRESENT);
    wp_item_end(items[2], WP_ITEM_MOUNTED);
    wp_item_end(items[3], WP_ITEM_FAILED);
    struct wp_job_totals t;
    wp_job_totals(job, &t);
    assert_int_equal(t.items, 5);
    assert_int_equal(t.active, 1);
    assert_int_equal(t.done, 1);
    assert_int_equal(t.present, 1);
    assert_int_equal(t.mounted, 1);
    assert_int_equal(t.failed, 1);
    assert_int_equal(t.bytes_total, 1500);
    assert_int_equal(t.bytes_done, 300);
    assert_int_equal(t.bytes_moved, 150);
    struct wp_item_view v[3];
    assert_int_equal(wp_job_items(job, 0, v, 3), 3);
    assert_string_equal(v[0].label, "evil\\x1b[2J");
    assert_int_equal(v[0].done, 100);
    assert_int_equal(v[0].total, 100);
    assert_int_equal(v[0].state, WP_ITEM_DONE);
    assert_true(v[0].ended_ms >= v[0].began_ms);
    assert_int_equal(wp_job_items(job, 3, v, 3), 2);
    assert_int_equal(v[1].state, WP_ITEM_ACTIVE);
    assert_int_equal(v[1].ended_ms, 0);
    assert_int_equal(wp_job_items(job, 5, v, 3), 0);
    assert_int_equal(wp_job_items(job, 99, v, 3), 0);
    wp_job_free(job);
}

static int use_items(void *arg, size_t i, struct wp_err *err)
{
    struct wp_job *job = arg;
    struct wp_item *item = wp_item_begin(job, "blob", 1000);
    struct wp_item_view v[4];
    for (int n = 0; n < 100; n++) {
        wp_item_add(item, 10, true);
        (void)wp_job_items(job, i, v, 4);
    }
    wp_item_end(item, WP_ITEM_DONE);
    return wp_job_check(job, err);
}

static void test_many_threads(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct wp_job *job = wp_job_new();
    assert_int_equal(wp_pool_run(8, 100, use_items, job, &err), 0);
    struct wp_job_totals t;
    wp_job_totals(job, &t);
    assert_int_equal(t.items, 100);
    assert_int_equal(t.done, 100);
    assert_int_equal(t.bytes_done, 100000);
    assert_int_equal(t.bytes_moved, 100000);
    wp_job_free(job);
}

static void test_no_job(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct wp_job_totals t = {.items = 9};
    struct wp_item_view v;
    wp_job_cancel(NULL, 1);
    assert_false(wp_job_cancelled(NULL));
    assert_int_equal(wp_job_signal(NULL), 0);
    assert_int_equal(wp_job_check(NULL, &err), 0);
    assert_int_equal(wp_job_wake_fd(NULL), -1);
    assert_int_equal(wp_job_sleep(NULL, 1, &err), 0);
    assert_null(wp_item_begin(NULL, "x", 1));
    wp_item_add(NULL, 1, true);
    wp_item_rewind(NULL, 0);
    wp_item_end(NULL, WP_ITEM_DONE);
    assert_int_equal(wp_job_items(NULL, 0, &v, 1), 0);
    wp_job_totals(NULL, &t);
    assert_int_equal(t.items, 0);
    wp_job_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel), cmocka_unit_test(test_wakes_sleeper), cmocka_unit_test(test_from_handler),
        cmocka_unit_test(test_items),  cmocka_unit_test(test_many_threads),  cmocka_unit_test(test_no_job),
    };
    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
