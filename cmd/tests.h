/* SPDX-License-Identifier: Apache-2.0
 *
 * The tests of wpack.json: each in a process and a virtual world of its own, its outcome held against what is expected.
 * `wpack test` shows them, build and push refuse a module for them. */
#pragma once

#include "cmd/run.h"
#include "pack/project.h"

struct test_result {
    const struct pack_test *test;
    bool skipped; /* by the filter */
    bool passed;
    struct run_answer answer; /* known as far as it ran */
    struct run_cost cost;
    struct wp_err err;           /* why it did not run */
    const char *const *failures; /* what differs, a line each, some of them indented; NULL-terminated */
    const char *const *frames;   /* of a trap that was not meant; NULL-terminated */
};

struct test_suite {
    const struct look_opts *look;
    const struct look_content *content;
    const char *name; /* of the program, its argument 0 */
    const struct pack_project *project;
    const char *filter;          /* a part of the names; NULL: all */
    struct test_result *results; /* project->test_count; in a */
    size_t passed, failed;
    struct wp_arena *a;
};
/* Runs them all, in order; shows each as it ends (may be NULL). -1: the rest was not run (interrupted). */
int tests_run(struct cmd_ctx *c, struct test_suite *s, void (*show)(struct cmd_ctx *c, const struct test_result *r),
              struct wp_err *err) WP_MUST_USE;

/* What a run of a test may use. */
struct wrt_budget tests_budget(const struct pack_limits *l);

/* The test that every module has: it can be instantiated. */
enum tests_implicit { TESTS_OK, TESTS_SKIPPED, TESTS_FAILED };
/* TESTS_SKIPPED: nothing here provides its imports, r->err says which. TESTS_FAILED: WP_E_SMOKE or WP_E_LIMIT that of
 * the module, else of the process. */
enum tests_implicit tests_instantiate(struct cmd_ctx *c, const struct test_suite *s, struct test_result *r);

/* What differs between the outcome and what is expected; NULL-terminated, empty where all is well. (tests-expect.c) */
const char *const *tests_expect(const struct pack_test *t, const struct run_answer *r, struct wp_arena *a);

/* A report for other programs (JUnit's XML, as most of them read it). (tests-junit.c) */
void tests_junit(const struct test_suite *s, struct wp_buf *b);

/* The text of wpack.json with the expectations of the tests that ran as they were observed, all else byte for byte.
 * (tests-update.c) */
int tests_update(struct wp_span text, const char *name, const struct test_suite *s, struct wp_buf *ret,
                 struct wp_err *err) WP_MUST_USE;
