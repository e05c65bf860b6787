/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code as text, for tests. */
#pragma once

#include "base/buf.h"
#include "runtime-min/exec.h"

/* One instruction after the other, "; " between them: its name and its fields, results first. A branch target is
 * "@WORD+P", its word and what it adds to the fuel; a function "fINDEX", a cell of a global "g". Each instruction that
 * something branches to begins with its word and a colon. Instructions in chains (slot.h) read like any other. */
void slot_text(struct wp_buf *b, const struct wrt_func *f);
