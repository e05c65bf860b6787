/* SPDX-License-Identifier: Apache-2.0
 *
 * The predicate of SLSA provenance v1 (slsa.dev/spec/v1.0/provenance): what was built, from what, by whom, as far as
 * the process that writes it saw it or was told. It is a claim of whoever signs it: build level 1, no more. */
#pragma once

#include "base/buf.h"
#include "oci/desc.h"

#define PACK_BUILD_TYPE "https://wpack.dev/build/v1"

struct pack_provenance {
    const char *builder_id;                              /* required: the user or the CI's row says it */
    const char *build_type;                              /* NULL: PACK_BUILD_TYPE */
    const char *source_uri, *source_ref, *source_commit; /* git; NULL: unknown, here and below */
    const char *workflow;                                /* what the CI ran */
    const char *invocation_id, *started_on, *finished_on;
    const char *project_sha256;              /* of wpack.json, hex */
    const char *module_name, *module_sha256; /* that was packed, hex */
    const char *wpack_version;
    const struct oci_annotation *parameters; /* told by the user; sorted */
    size_t parameter_count;
    const struct oci_annotation *environment; /* what the CI says of itself; sorted */
    size_t environment_count;
};
void pack_provenance_write(const struct pack_provenance *in, struct wp_buf *b);
