/* SPDX-License-Identifier: Apache-2.0
 *
 * What the user sees. stdout carries the result only; notes, warnings, progress and errors go to stderr. Foreign text
 * is escaped here on its way to a person. Lines are whole: progress is lifted for them and drawn again. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

struct cmd_out; /* shared between threads */
struct cmd_global;

WP_OWN struct cmd_out *out_new(void);
void out_free(WP_OWN struct cmd_out *o);
void out_configure(struct cmd_out *o, const struct cmd_global *g);

/* A line of the result (a newline is added). What is formatted is escaped and stays one line; newlines at the very
 * begin of fmt are blank lines. In JSON mode nothing: the command prints its object instead. */
void out_line(struct cmd_out *o, const char *fmt, ...) WP_PRINTF(2, 3);
/* The same in bold, where there are colours. */
void out_heading(struct cmd_out *o, const char *fmt, ...) WP_PRINTF(2, 3);
/* "text  kind", the latter dimmed. */
void out_pair(struct cmd_out *o, const char *text, const char *kind);
/* Raw bytes of the result, whatever the mode. Errors show at out_finish. */
void out_bytes(struct cmd_out *o, struct wp_span bytes);
/* One JSON value and a newline. */
void out_json(struct cmd_out *o, const struct wp_buf *json);
/* What was found out before a failure, a JSON object: in JSON mode out_error adds its member `error` to it, so that
 * stdout still holds one value. */
void out_json_failed(struct cmd_out *o, const struct wp_buf *json);
/* A line for people on stderr, escaped; not with --quiet, not in JSON mode. */
void out_note(struct cmd_out *o, const char *fmt, ...) WP_PRINTF(2, 3);
/* "  label         text", the label column 14 wide. */
void out_fact(struct cmd_out *o, const char *label, const char *fmt, ...) WP_PRINTF(3, 4);
/* "wpack: warning: …" on stderr, also with --quiet. */
void out_warn(struct cmd_out *o, const char *fmt, ...) WP_PRINTF(2, 3);
/* The error in words on stderr, and in JSON mode as an object on stdout. */
void out_error(struct cmd_out *o, const struct wp_err *e, bool json);
/* A line that belongs to the error before it: on stderr, also with --quiet, not in JSON mode. */
void out_after(struct cmd_out *o, const char *line);
/* What the process will end with, where it is not the status of the error's code; for the member `exit`. */
void out_failure_status(struct cmd_out *o, int status);
/* Flush stdout: 0, or WP_E_PIPE when its reader went away, WP_E_IO in words when it is full or closed. */
int out_finish(struct cmd_out *o, struct wp_err *err) WP_MUST_USE;

/* For cmd/progress.c: replace the status block at the bottom of the terminal (NULL or "": none). */
void out_status(struct cmd_out *o, const char *block, unsigned lines);
bool out_is_tty(const struct cmd_out *o); /* stderr takes a status block */
unsigned out_width(const struct cmd_out *o);
