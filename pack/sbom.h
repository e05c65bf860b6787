/* SPDX-License-Identifier: Apache-2.0
 *
 * What a module tells of itself as a bill of materials: CycloneDX 1.6 and SPDX 2.3, from its sections (dependency list
 * of cargo-auditable, producers, imports, nested modules). The same input gives the same bytes. Nothing is guessed:
 * what no section says is left out, or NOASSERTION where SPDX wants a word. */
#pragma once

#include "base/buf.h"
#include "pack/module.h"

enum pack_sbom_kind { PACK_SBOM_CYCLONEDX, PACK_SBOM_SPDX };
struct pack_sbom {
    enum pack_sbom_kind kind;
    const struct pack_module *module;
    struct wp_span bytes;      /* of the module: what is in it is hashed */
    const char *name;          /* of the artifact */
    const char *version;       /* NULL: unknown, here and below */
    const char *file;          /* name of the module's file */
    const char *licenses;      /* as declared by whoever packs it */
    const char *reference;     /* "host/repo" it lies in */
    const char *digest;        /* of the artifact's manifest there, "sha256:…" */
    const char *wpack_version; /* of what writes this */
    int64_t created;           /* SOURCE_DATE_EPOCH or 0 */
};
void pack_sbom_write(const struct pack_sbom *in, struct wp_buf *b);

#define PACK_MT_CYCLONEDX "application/vnd.cyclonedx+json"
#define PACK_MT_SPDX      "application/spdx+json"
const char *pack_sbom_media_type(enum pack_sbom_kind kind);
