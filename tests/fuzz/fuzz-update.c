/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack test --update` on any wpack.json that is valid: what is written is valid, too, has the same tests, and is left
 * alone by a second time. And any bytes as an answer of the process that runs modules. */
#include "cmd/tests.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const differs[] = {"differs", NULL};

static void update(struct wp_span text, struct wp_arena *a, const struct run_answer *answer, struct wp_buf *ret)
{
    struct pack_project p;
    struct wp_err err = {.code = WP_E_OK};
    if (pack_project_parse(text, "wpack.json", "", a, &p, &err) < 0) {
        return;
    }
    struct test_result *results = wp_arena_alloc(a, p.test_count + 1, sizeof(*results));
    for (size_t i = 0; i < p.test_count; i++) {
        results[i] = (struct test_result){.test = &p.tests[i], .answer = *answer, .failures = differs};
    }
    const struct test_suite s = {.project = &p, .results = results, .a = a};
    if (p.test_count == 0) {
        return;
    }
    if (tests_update(text, "wpack.json", &s, ret, &err) < 0) {
        wp_buf_cut(ret, 0); /* a key with escapes is not found */
        return;
    }
    struct pack_project again;
    if (pack_project_parse(wp_buf_span(ret), "wpack.json", "", a, &again, &err) < 0 ||
        again.test_count != p.test_count) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct run_result results[] = {{"i32", "-5"}, {"f64", "nan"}};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf once = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf twice = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf trapped = WP_BUF_INIT;
    struct run_answer answer;
    struct wp_err err = {.code = WP_E_OK};
    if (run_answer_read(wp_span(data, size), &a, &answer, &err) < 0 && err.code == WP_E_OK) {
        abort();
    }
    answer = (struct run_answer){.ran = "",
                                 .detail = "",
                                 .exit = 3,
                                 .fuel = 77,
                                 .stop = WRT_STOP_EXIT,
                                 .results = results,
                                 .result_count = 2,
                                 .output = {wp_span("a \"b\"\n", 6)}};
    update(wp_span(data, size), &a, &answer, &once);
    if (once.len > 0) {
        update(wp_buf_span(&once), &a, &answer, &twice);
        if (twice.len != once.len || memcmp(once.ptr, twice.ptr, once.len) != 0) {
            abort();
        }
    }
    answer.stop = WRT_STOP_UNREACHABLE;
    update(wp_span(data, size), &a, &answer, &trapped);
    return 0;
}
