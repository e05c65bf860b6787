/* SPDX-License-Identifier: Apache-2.0
 *
 * What a statement about tests says was run (cmd/attest.h, ATTEST_RUNS): read from bytes that somebody else wrote,
 * without running, opening or printing anything. */
#pragma once

#include "pack/project-tests.h"
#include "sign/statement.h"

/* Texts borrow from the statement, the rest lives in the arena given to verify_runs_read. Not to be moved while it is
 * read: places in it know their parents. */
struct verify_runs {
    struct sig_statement statement; /* owned */
    struct wp_json runs, list;      /* the member, and its tests with their outcomes */
    const struct pack_test *tests;  /* what each is given; never none */
    size_t test_count;
    struct pack_limits limits; /* of each: none is 0, the time at most WP_LIMIT_REPLAY_TIME */
    const char *name;          /* of the program */
    const char *features;      /* as --features has them; NULL: not said */
    const char *interpreter;   /* "wpack 0.1.0" */
    uint8_t module[32];        /* its SHA-256 */
};
/* WP_E_SMOKE where the statement holds no runs, or others than it says passed; what is no statement is as
 * sig_statement_read says. verify_runs_done is due in any case. */
int verify_runs_read(struct wp_span statement, struct wp_arena *a, struct verify_runs *ret,
                     struct wp_err *err) WP_MUST_USE;
void verify_runs_done(struct verify_runs *r);
#define VERIFY_RUNS_AUTO WP_CLEANUP(verify_runs_done)
