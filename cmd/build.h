/* SPDX-License-Identifier: Apache-2.0
 *
 * From a module or wpack.json to an artifact in memory: what `build` does, and `push` on the way. */
#pragma once

#include "cmd/look.h"
#include "oci/store.h"
#include "pack/format.h"

struct build_plan {
    const char *module;                       /* path or "-"; NULL: from the project */
    const char *project;                      /* wpack.json or its folder; NULL: none */
    const struct oci_annotation *annotations; /* of the command line; sorted */
    size_t annotation_count;
    const struct look_opts *look;
    bool no_test;
};
struct build_result {
    struct oci_store *store;     /* memory; owned by the caller; refers to bytes of `content` */
    struct look_content content; /* the module, in memory: what was validated is what is packed */
    uint64_t ms;                 /* that took */
    struct pack_project project;
    struct pack_module module;
    struct oci_desc desc;
    struct wp_span bytes;
};
void build_result_done(struct build_result *r);
#define BUILD_AUTO WP_CLEANUP(build_result_done)
#define BUILD_RESULT_INIT            \
    {                                \
        .content = LOOK_CONTENT_INIT \
    }
/* SOURCE_DATE_EPOCH (reproducible-builds.org), or otherwise: 0 for what is built, never "now". */
int build_created(int64_t otherwise, int64_t *ret, struct wp_err *err) WP_MUST_USE;
/* Reads and validates the module once, all of it before any of it is packed; formats are built one after the other by
 * build_format. */
int build_read(struct cmd_ctx *c, const struct build_plan *plan, struct build_result *ret,
               struct wp_err *err) WP_MUST_USE;
int build_format(struct cmd_ctx *c, const struct build_plan *plan, const struct pack_format *format,
                 struct build_result *r, struct wp_err *err) WP_MUST_USE;
/* Runs the tests of the project, or the one that every module has; WP_E_SMOKE when one fails. What was done on stderr.
 */
int build_test(struct cmd_ctx *c, const struct build_plan *plan, const struct build_result *r,
               struct wp_err *err) WP_MUST_USE;
/* The facts of the module on stderr, and warnings about what will not run. */
void build_describe(struct cmd_ctx *c, const struct build_result *r);
