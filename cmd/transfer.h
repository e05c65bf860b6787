/* SPDX-License-Identifier: Apache-2.0
 *
 * What push, pull, copy, attach and build have in common around oci_copy: this run's options in, a report out. */
#pragma once

#include "cmd/target.h"
#include "oci/copy.h"
#include "pack/format.h"

/* Options of oci_copy with the run's job and concurrency. */
struct oci_copy_opts transfer_opts(struct cmd_ctx *c);
/* "  label         where  5 blobs, 25.6 KiB; 3 there already"; where may be "". */
void transfer_note(struct cmd_ctx *c, const char *label, const char *where, bool dry_run,
                   const struct oci_copy_result *r);
/* Members of the JSON report, inside an open object: digest, mediaType, size, blobs{…}, referrers, bytes… */
void transfer_json(struct wp_json_out *o, const struct oci_copy_result *r);
/* The last line: "base@sha256:…" on stdout, or the JSON object {"reference":…,"tags":[…],…}. Where a run has several
 * results, `list` (else NULL) collects the objects: a writer inside an open array. */
void transfer_report(struct cmd_ctx *c, const char *pinned, const char *const *tags, size_t tag_count,
                     const struct oci_copy_result *r, struct wp_json_out *list);
/* "FILE:type/subtype" in two; the type only where a '/' follows the last ':' and no file has the whole name. */
struct pack_file transfer_file(struct cmd_ctx *c, const char *text);
/* -a KEY=VALUE rows as a sorted annotation list in the run's arena. */
int transfer_annotations(struct cmd_ctx *c, const struct opt_list *list, const struct oci_annotation **ret,
                         size_t *ret_count, struct wp_err *err) WP_MUST_USE;
