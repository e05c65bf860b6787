/* SPDX-License-Identifier: Apache-2.0
 *
 * Image manifests, indexes, Docker's v2s2 counterparts and the retired artifact manifest: one reading, one writing.
 * Reading refuses what two readers could understand differently (CVE-2021-41190): `manifests` beside `layers` or
 * `config`, a mediaType that disagrees with how the document was announced, keys that differ in case only. */
#pragma once

#include "oci/desc.h"
#include "oci/mediatype.h"

struct oci_manifest {
    enum oci_manifest_kind kind;
    const char *media_type; /* of the document, from its own member or from how it was announced */
    bool has_media_type;    /* the document carries the member itself */
    const char *artifact_type;
    struct oci_desc config;        /* OCI_MANIFEST; media_type NULL when the document has none (artifact manifest) */
    const struct oci_desc *layers; /* OCI_MANIFEST: layers (or blobs of an artifact manifest) */
    size_t layer_count;
    const struct oci_desc *manifests; /* OCI_INDEX */
    size_t manifest_count;
    const struct oci_desc *subject; /* NULL: none */
    const struct oci_annotation *annotations;
    size_t annotation_count;
};

/* announced: media type from the descriptor or Content-Type, or NULL when unknown (then the member or the shape
 * decides). what: for messages, e.g. "manifest sha256:…". Everything in ret lives in a. Code: WP_E_INTEGRITY. */
int oci_manifest_parse(struct wp_span bytes, const char *announced, const char *what, struct wp_arena *a,
                       struct oci_manifest *ret, struct wp_err *err) WP_MUST_USE;
/* Canonical JSON: keys sorted, no blanks, no newline; absent members left out. media_type is always written. */
void oci_manifest_write(const struct oci_manifest *m, struct wp_buf *b);
/* The descriptor of manifest bytes: sha256, size, media type (borrowed from m). */
struct oci_desc oci_manifest_desc(const struct oci_manifest *m, struct wp_span bytes);
/* What a referrer list shows for m: artifactType, else the config's media type; NULL for neither. */
const char *oci_manifest_artifact_type(const struct oci_manifest *m);
/* Every descriptor that m points at: config, layers, manifests (not the subject). Non-zero stops. */
int oci_manifest_each(const struct oci_manifest *m, int (*fn)(void *arg, const struct oci_desc *d, struct wp_err *err),
                      void *arg, struct wp_err *err);
