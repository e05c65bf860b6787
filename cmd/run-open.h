/* SPDX-License-Identifier: Apache-2.0
 *
 * The module to run behind what the user typed: a file, standard input, or the layer of an artifact that is one. */
#pragma once

#include "cmd/look.h"

struct run_source {
    const char *shown;  /* as typed; "standard input" */
    const char *name;   /* what the guest is called: "app.wasm" */
    const char *pinned; /* "base@sha256:…"; NULL: a file */
};
/* platform: of an index; NULL: not chosen. */
int run_open(struct cmd_ctx *c, const char *text, const char *platform, struct look_content *ret,
             struct run_source *ret_source, struct wp_err *err) WP_MUST_USE;
