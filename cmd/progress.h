/* SPDX-License-Identifier: Apache-2.0
 *
 * The coordinator of a long command: takes the signals, reads the job's counters every 100 ms, draws. One line per
 * finished blob; on a terminal, after one second, below them one line per active blob and a total. With --format jsonl
 * the finished blobs are events on stdout. */
#pragma once

#include "base/err.h"
#include "base/job.h"

struct cmd_out;
struct cmd_global;
struct cmd_progress;

/* Block the signals that end a run; before any thread starts. */
void progress_block_signals(void);
/* lines: a line per finished item (else only what a terminal shows while it runs). */
int progress_start(struct wp_job *job, struct cmd_out *out, const struct cmd_global *g, bool lines,
                   WP_OWN struct cmd_progress **ret, struct wp_err *err) WP_MUST_USE;
/* The lines of all that has ended so far, now: a summary comes after them. NULL is fine. */
void progress_flush(struct cmd_progress *p);
/* Draws what is left to draw, gives the line back, joins. NULL is fine. */
void progress_stop(WP_OWN struct cmd_progress *p);
