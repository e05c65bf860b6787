/* SPDX-License-Identifier: Apache-2.0
 *
 * Another program, run to its end: without a shell, with nothing of ours open, its output and its time bounded. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct wp_program {
    const char *const *argv; /* ends with NULL; argv[0] is looked for in PATH */
    char *const *envp;       /* ends with NULL */
    const char *what;        /* for messages: "credential helper 'docker-credential-pass'" */
    struct wp_span input;    /* its standard input */
    uint64_t timeout_ms;
    uint64_t output_max;
    bool talks; /* its standard error is ours; else nobody sees it */
};
/* 0: it ended; *ret_done: with status 0. What it printed is appended to output in either case, and the caller's to
 * wipe. WP_E_NOT_FOUND: there is no such program; WP_E_LIMIT, WP_E_OTHER: it printed too much, took too long, and was
 * killed.
 */
int wp_program_run(const struct wp_program *p, struct wp_buf *output, bool *ret_done, struct wp_err *err) WP_MUST_USE;
