/* SPDX-License-Identifier: Apache-2.0
 *
 * Media types of the content-addressed world: one table. What an artifact means is pack's business. */
#pragma once

#include "base/base.h"

#define OCI_MT_MANIFEST         "application/vnd.oci.image.manifest.v1+json"
#define OCI_MT_INDEX            "application/vnd.oci.image.index.v1+json"
#define OCI_MT_ARTIFACT         "application/vnd.oci.artifact.manifest.v1+json"
#define OCI_MT_DOCKER_MANIFEST  "application/vnd.docker.distribution.manifest.v2+json"
#define OCI_MT_DOCKER_LIST      "application/vnd.docker.distribution.manifest.list.v2+json"
#define OCI_MT_CONFIG           "application/vnd.oci.image.config.v1+json"
#define OCI_MT_EMPTY            "application/vnd.oci.empty.v1+json"
#define OCI_MT_OCTETS           "application/octet-stream"

#define OCI_ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"
#define OCI_ANNOTATION_TITLE    "org.opencontainers.image.title"
#define OCI_ANNOTATION_CREATED  "org.opencontainers.image.created"

#define OCI_EMPTY_JSON          "{}"
#define OCI_EMPTY_DIGEST        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

enum oci_manifest_kind { OCI_NOT_MANIFEST, OCI_MANIFEST, OCI_INDEX };

struct oci_mediatype_row {
    const char *name;
    enum oci_manifest_kind kind;
    const char *summary; /* for people: "OCI image manifest" */
};
extern const struct oci_mediatype_row oci_mediatypes[]; /* ends with name == NULL */

/* Parameters after ';' and case are ignored. Unknown and NULL: OCI_NOT_MANIFEST. */
enum oci_manifest_kind oci_mediatype_kind(const char *media_type);
/* RFC 6838 "type/subtype" of allowed characters, optional parameters refused; at most 255 bytes. */
bool oci_mediatype_is(const char *text);
/* The Accept header that names every manifest type of the table. */
extern const char oci_mediatype_accept[];
