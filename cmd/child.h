/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting a process for what may fall to its input: with the descriptors it is meant to have, hardly an environment,
 * no signal handled or ignored by inheritance, and an answer that is read to a ceiling. It is the program executed
 * anew, or, where that is asked for, a copy of this process: sooner there, but it knows what this process has in
 * memory, and where. What it does then is its own file's business (cmd/look-child.c, cmd/run-child.c). */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

struct child_plan {
    char *const *argv;       /* what it is executed with */
    void (*copy)(void *arg); /* what a copy does, without return; NULL: there is something that it must not know */
    void *arg;
    int standard[3]; /* what becomes 0, 1 and 2; each at least 3, or its own number */
    const int *keep; /* descriptors that stay open under their numbers, each at least 3 */
    size_t keep_count;
    bool own_session; /* what is typed at the terminal is the parent's business */
    bool ignore_pipe; /* a closed pipe is an answer of write(2) there, too */
    const char *what; /* "the reader of modules": in messages */
};
/* Will it be a copy? Where one is asked for and this process has a single thread; never under sanitizers. */
bool child_is_copy(const struct child_plan *plan);
int child_start(const struct child_plan *plan, pid_t *ret, struct wp_err *err) WP_MUST_USE;
/* One read of its answer: 1 there may be more, 0 the end, -1 (also of more than limit bytes). */
int child_take(int fd, struct wp_buf *b, uint64_t limit, const char *what, struct wp_err *err) WP_MUST_USE;
/* Its wait status. */
int child_wait(pid_t pid);
/* It died of a signal that no child should die of. Returns -1. */
int child_fail_signal(int signum, const char *what, struct wp_err *err);
