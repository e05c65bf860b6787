/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors as plain values. The lowest level that knows writes the message, upper levels wrap context around it, only
 * cmd/main.c prints. One table makes the enum, the exit status, the JSON slug and the documentation; statuses are
 * API and are never renumbered. libc only. */
#pragma once

#include "base/base.h"

#include <stdarg.h>

/* X(NAME, exit status, JSON slug, meaning) */
#define WP_ERR_CODES(X)                                                                                 \
    X(OK, 0, "ok", "done")                                                                              \
    X(OTHER, 1, "other", "an error not listed here")                                                    \
    X(IO, 1, "io", "a file, folder, disk or output could not be read or written")                       \
    X(EXISTS, 1, "exists", "something is already there and was not to be replaced")                     \
    X(UNSUPPORTED, 1, "unsupported", "the store, registry or file kind cannot do this")                 \
    X(USAGE, 2, "usage", "the command line is wrong")                                                   \
    X(INPUT, 2, "invalid-input", "an input file is wrong (with line:column where it has lines)")        \
    X(NOT_FOUND, 3, "not-found", "a reference, tag, blob or file is not there")                         \
    X(DENIED, 4, "denied", "the registry refused the credentials (401, 403)")                           \
    X(NETWORK, 5, "network", "the network or registry failed after all retries; running again resumes") \
    X(INTEGRITY, 6, "integrity", "content does not match its digest or size, or a store is damaged")    \
    X(NO_SIGNATURE, 10, "no-signature", "no signature")                                                 \
    X(NO_SIGNED_REF, 11, "signed-reference-not-found", "the signed reference is not there")             \
    X(UNSATISFIED, 12, "signature-mismatch", "signatures are there, none satisfies")                    \
    X(CERTIFICATE, 13, "certificate", "a certificate problem")                                          \
    X(CANNOT_TELL, 14, "cannot-tell", "the list of signatures could not be read")                       \
    X(MODULE, 20, "module-invalid", "not a valid WebAssembly module or component")                      \
    X(SMOKE, 21, "smoke-test-failed", "a smoke test failed or the module trapped")                      \
    X(POLICY, 22, "policy-denied", "a capability or policy denied it")                                  \
    X(LIMIT, 23, "limit", "a limit was reached: size, count, memory, fuel, time, quota")                \
    X(PARTIAL, 30, "partial", "some items failed and the rest was done")                                \
    X(INTERRUPTED, 130, "interrupted", "stopped by a signal; state is kept, running again resumes")     \
    X(PIPE, 141, "pipe-closed", "the reader of the output went away")

enum wp_code {
#define WP_ERR_ENUM(name, status, slug, meaning) WP_E_##name,
    WP_ERR_CODES(WP_ERR_ENUM)
#undef WP_ERR_ENUM
        WP_E_COUNT
};

/* One error. A zeroed value means "no error". Copied freely; one per job or thread. */
struct wp_err {
    enum wp_code code;
    bool has_at; /* at: the byte of a binary input that the message is about */
    uint64_t at;
    char msg[1536];  /* one line, no full stop, foreign control bytes escaped */
    char hint[1024]; /* empty, or what to do next; may hold several lines */
};

/* Set code and message, replacing what was there (and its hint). Always returns -1, so that `return wp_fail(...)`
 * reads as one thought. Control bytes, invalid UTF-8 and bidirectional overrides in the finished text are escaped here
 * (as \n, \x1b, \u{202e}): callers may format foreign strings with plain %s. Longer text ends in "...". */
int wp_fail(struct wp_err *err, enum wp_code code, const char *fmt, ...) WP_PRINTF(3, 4);
int wp_vfail(struct wp_err *err, enum wp_code code, const char *fmt, va_list args) WP_PRINTF(3, 0);
/* As wp_fail with ": strerror(errnum)" appended and the code chosen by errnum: ENOENT and ENOTDIR are NOT_FOUND,
 * EEXIST is EXISTS, ECONNREFUSED, ETIMEDOUT and their like NETWORK, EPIPE is PIPE, all others IO. */
int wp_fail_errno(struct wp_err *err, int errnum, const char *fmt, ...) WP_PRINTF(3, 4);
/* Put "context: " in front of the message; the code stays. Always returns -1. */
int wp_wrap(struct wp_err *err, const char *fmt, ...) WP_PRINTF(2, 3);
/* Set the hint: an action, in words the user can type. Replaces an earlier one. Returns -1. */
int wp_hint(struct wp_err *err, const char *fmt, ...) WP_PRINTF(2, 3);
void wp_err_clear(struct wp_err *err);

int wp_code_status(enum wp_code code);
const char *wp_code_slug(enum wp_code code);
const char *wp_code_meaning(enum wp_code code);
