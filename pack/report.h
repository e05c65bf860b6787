/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts of a module as one HTML page: no script, nothing fetched, everything foreign escaped. */
#pragma once

#include "base/buf.h"
#include "pack/module.h"

struct pack_report {
    const struct pack_module *module; /* read with `functions` for the picture */
    const char *title;                /* file or artifact */
    const char *reference;            /* pinned by digest; NULL: a file */
    const char *generator;            /* "wpack 0.1.0" */
};

/* The page appended to b. Same facts, same bytes. */
void pack_report_html(struct wp_buf *b, const struct pack_report *r, struct wp_arena *a);
