/* SPDX-License-Identifier: Apache-2.0
 *
 * The module to run behind what the user typed: a file, standard input, or the layer of an artifact that is one. */
#pragma once

#include "cmd/look.h"
#include "cmd/trust.h"

struct run_source {
    const char *shown;  /* as typed; "standard input" */
    const char *name;   /* what the guest is called: "app.wasm" */
    const char *pinned; /* "base@sha256:…"; NULL: a file */
};
/* platform: of an index; NULL: not chosen. trust: what has to be proven first; NULL: nothing. What was judged is what
 * is run: the bytes of a file are then held in memory. */
int run_open(struct cmd_ctx *c, const char *text, const char *platform, const struct trust *trust,
             struct look_content *ret, struct run_source *ret_source, struct wp_err *err) WP_MUST_USE;
