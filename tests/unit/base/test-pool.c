/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: every index once, the first error wins and stops the rest, signals stay with the main thread. */
#include "base/mem.h"
#include "base/pool.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>

enum { COUNT = 1000 };

struct tally {
    atomic_uint seen[COUNT];
    atomic_uint calls;
    size_t fail_at;
    pthread_barrier_t together;
};

static int count_index(void *arg, size_t i, struct wp_err *err)
{
    struct tally *t = arg;
    atomic_fetch_add(&t->seen[i], 1);
    atomic_fetch_add(&t->calls, 1);
    return i == t->fail_at ? wp_fail(err, WP_E_POLICY, "index %zu", i) : 0;
}

static void test_every_index_once(void **state)
{
    (void)state;
    static const unsigned threads[] = {0, 1, 2, 8, 2000};
    for (size_t k = 0; k < WP_ARRAY_LEN(threads); k++) {
        struct wp_err err = {0};
        struct tally *t = wp_xcalloc(1, sizeof(*t));
        t->fail_at = COUNT;
        size_t count = threads[k] == 2000 ? 20 : COUNT;
        int n = wp_pool_run(threads[k], count, count_index, t, &err);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(atomic_load(&t->seen[i]), i < count ? 1 : 0);
        }
        free(t);
        assert_int_equal(n, 0);
        assert_int_equal(err.code, WP_E_OK);
    }
}

static void test_nothing_to_do(void **state)
{
    (void)state;
    struct wp_err err = {0};
    assert_int_equal(wp_pool_run(8, 0, count_index, NULL, &err), 0);
}

static void test_error_stops(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct tally *t = wp_xcalloc(1, sizeof(*t));
    t->fail_at = 10;
    assert_int_equal(wp_pool_run(1, COUNT, count_index, t, &err), -1);
    unsigned calls = atomic_load(&t->calls);
    free(t);
    assert_int_equal(err.code, WP_E_POLICY);
    assert_string_equal(err.msg, "index 10");
    assert_int_equal(calls, 11);
}

/* Both workers are inside before either fails; each fails once and takes no further index. */
static int fail_together(void *arg, size_t i, struct wp_err *err)
{
    struct tally *t = arg;
    atomic_fetch_add(&t->calls, 1);
    pthread_barrier_wait(&t->together);
    return wp_fail(err, i == 0 ? WP_E_POLICY : WP_E_DENIED, "index %zu", i);
}

static void test_one_error_of_two(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct tally *t = wp_xcalloc(1, sizeof(*t));
    pthread_barrier_init(&t->together, NULL, 2);
    assert_int_equal(wp_pool_run(2, COUNT, fail_together, t, &err), -1);
    unsigned calls = atomic_load(&t->calls);
    pthread_barrier_destroy(&t->together);
    free(t);
    assert_int_equal(calls, 2);
    assert_true((err.code == WP_E_POLICY && wp_str_eq(err.msg, "index 0")) ||
                (err.code == WP_E_DENIED && wp_str_eq(err.msg, "index 1")));
}

struct ending {
    pthread_t main;
    pthread_key_t key; /* set in the helper: its destructor tells that the helper has ended */
    pthread_barrier_t together;
    sem_t ended;
    atomic_uint calls;
};

static void helper_ended(void *arg)
{
    sem_post(&((struct ending *)arg)->ended);
}

static int fail_in_helper(void *arg, size_t i, struct wp_err *err)
{
    struct ending *e = arg;
    if (atomic_fetch_add(&e->calls, 1) >= 2) {
        return 0;
    }
    pthread_barrier_wait(&e->together);
    if (!pthread_equal(pthread_self(), e->main)) {
        pthread_setspecific(e->key, e);
        return wp_fail(err, WP_E_POLICY, "index %zu", i);
    }
    return sem_wait(&e->ended);
}

/* A worker that had no error takes no further index once another has failed. */
static void test_error_stops_others(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct ending e = {.main = pthread_self()};
    pthread_key_create(&e.key, helper_ended);
    pthread_barrier_init(&e.together, NULL, 2);
    sem_init(&e.ended, 0, 0);
    int n = wp_pool_run(2, COUNT, fail_in_helper, &e, &err);
    sem_destroy(&e.ended);
    pthread_barrier_destroy(&e.together);
    pthread_key_delete(e.key);
    assert_int_equal(n, -1);
    assert_int_equal(err.code, WP_E_POLICY);
    assert_int_equal(atomic_load(&e.calls), 2);
}

struct look {
    bool blocked;
    char name[16];
};

static void look_around(void *arg)
{
    struct look *l = arg;
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    l->blocked = sigismember(&set, SIGINT) == 1 && sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGCHLD) == 1;
    pthread_getname_np(pthread_self(), l->name, sizeof(l->name));
}

static void test_thread(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct look l = {0};
    struct wp_thread *t = NULL;
    assert_int_equal(wp_thread_start("a-name-that-is-too-long", look_around, &l, &t, &err), 0);
    wp_thread_join(t);
    assert_true(l.blocked);
    assert_string_equal(l.name, "a-name-that-is-");
    sigset_t ours;
    pthread_sigmask(SIG_SETMASK, NULL, &ours);
    assert_int_equal(sigismember(&ours, SIGINT), 0);
    wp_thread_join(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_index_once),   cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_error_stops),        cmocka_unit_test(test_one_error_of_two),
        cmocka_unit_test(test_error_stops_others), cmocka_unit_test(test_thread),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
