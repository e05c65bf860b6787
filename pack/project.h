/* SPDX-License-Identifier: Apache-2.0
 *
 * wpack.json, the manifest a developer writes (schemas/wpack.schema.json), and what is known without one. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "oci/desc.h"
#include "pack/project-tests.h"

/* NULL or 0: not given. Strings live in the arena given to pack_project_read. */
struct pack_project {
    const char *module; /* path, relative to the folder of wpack.json already joined; "-": standard input */
    const char *name, *version, *description, *licenses, *authors, *source, *homepage, *world;
    const struct oci_annotation *annotations; /* sorted */
    size_t annotation_count;
    const char *const *targets; /* NULL-terminated; never NULL ({"cncf"} by default) */
    const char *const *unused;  /* NULL-terminated; never NULL: members that are checked but that this version does not
                                 * act on ("files", "permissions"), for a note to the user */
    const struct pack_test *tests;
    size_t test_count;
    struct pack_limits limits;
};
/* path: the file, or a folder that holds wpack.json. Validates against the embedded schema; messages carry line:column
 * and the nearest key (WP_E_INPUT). */
int pack_project_read(const char *path, struct wp_arena *a, struct pack_project *ret, struct wp_err *err) WP_MUST_USE;
/* The same for text that is already in memory: name for messages, folder that `module` is relative to ("" or "dir"). */
int pack_project_parse(struct wp_span text, const char *name, const char *folder, struct wp_arena *a,
                       struct pack_project *ret, struct wp_err *err) WP_MUST_USE;
