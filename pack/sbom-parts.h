/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of pack/sbom*.c. */
#pragma once

#include "base/json.h"
#include "base/time.h"
#include "pack/sbom.h"

#define SBOM_UUID 37
/* Made of everything that tells this document from another (RFC 9562, version 8). Returns ret. */
char *sbom_uuid(const struct pack_sbom *in, char ret[SBOM_UUID]);
/* "pkg:cargo/serde@1.0.0" (package-url/purl-spec) appended; false: it is in no public registry. */
bool sbom_crate_url(const struct pack_dependency *d, struct wp_buf *b);
/* "pkg:oci/app@sha256%3A…?repository_url=host%2Fteam%2Fapp" appended; false: it lies in no registry. */
bool sbom_artifact_url(const struct pack_sbom *in, struct wp_buf *b);
#define SBOM_HEX 65
char *sbom_sha256(struct wp_span bytes, char ret[SBOM_HEX]);
struct wp_span sbom_nested_bytes(const struct pack_sbom *in, size_t i);
/* "core module at 0x1f". Returns ret. */
#define SBOM_NAME 48
char *sbom_nested_name(const struct pack_module *m, size_t i, char ret[SBOM_NAME]);
const char *sbom_licenses(const struct pack_sbom *in);
const char *sbom_version(const struct pack_sbom *in);
/* A producer that is a program or library and has a name: not the language. */
bool sbom_is_tool(const struct pack_producer *p);
/* That the program itself is: its version may be what nobody else says. NULL: none. */
const struct pack_dependency *sbom_root(const struct pack_module *m);

void sbom_cyclonedx(const struct pack_sbom *in, struct wp_buf *b);
void sbom_spdx(const struct pack_sbom *in, struct wp_buf *b);
