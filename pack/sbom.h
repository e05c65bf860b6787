/* SPDX-License-Identifier: Apache-2.0
 *
 * What a module tells of itself as a bill of materials: CycloneDX 1.6 and SPDX 2.3, from its sections (dependency list
 * of cargo-auditable, producers, imports, nested modules). The same input gives the same bytes. */
#pragma once

#include "base/buf.h"
#include "oci/desc.h"
#include "pack/module.h"

enum pack_sbom_kind { PACK_SBOM_CYCLONEDX, PACK_SBOM_SPDX };
struct pack_sbom {
    enum pack_sbom_kind kind;
    const struct pack_module *module;
    const char *name, *version; /* of the artifact; version NULL: unknown */
    const char *digest_hex;     /* sha256 of the module */
    uint64_t size;
    const char *reference; /* "host/repo@sha256:…" or NULL */
    int64_t created;       /* SOURCE_DATE_EPOCH or 0 */
};
void pack_sbom_write(const struct pack_sbom *in, struct wp_buf *b);
#define PACK_MT_CYCLONEDX "application/vnd.cyclonedx+json"
#define PACK_MT_SPDX      "application/spdx+json"

/* SLSA provenance v1 predicate from what this process saw; the environment comes as rows, cmd/ reads it. */
struct pack_provenance {
    const char *builder_id; /* required: the user or the CI row says it */
    const char *build_type;
    const char *source_uri, *source_ref, *source_digest; /* git commit; NULL: unknown, here and below */
    const char *invocation_id, *started_on, *finished_on;
    const char *manifest_digest; /* of wpack.json, "sha256:…" */
    const char *module_digest;
    const char *wpack_version;
    const struct oci_annotation *parameters; /* sorted */
    size_t parameter_count;
};
void pack_provenance_write(const struct pack_provenance *in, struct wp_buf *b);
