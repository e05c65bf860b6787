/* SPDX-License-Identifier: Apache-2.0
 *
 * The fallback list of referrers (distribution-spec, "Referrers Tag Schema"): an index of descriptors under the tag
 * "sha256-<hex>". Shared by the registry store and the layout. */
#pragma once

#include "oci/manifest.h"

/* Is m, found under the fallback tag of subject, a list of referrers? Some registries answer the image itself
 * (oras#2148): it must be an index other than the subject. */
bool oci_referrers_is_list(const struct oci_manifest *m, const struct oci_digest *self,
                           const struct oci_digest *subject);
/* The descriptor that lists a referrer: media type, digest and size of its bytes, artifactType (or config media type)
 * and all annotations. Lives in a. */
struct oci_desc oci_referrers_entry(struct wp_arena *a, const struct oci_manifest *m, struct wp_span bytes);
/* The list `old` (bytes, empty span: none yet) with the n entries added (or replaced, same digest), or removed when
 * remove is set. Existing entries keep order and all members this program knows. 1: ret holds the new index; 0: nothing
 * to do. */
int oci_referrers_edit(struct wp_span old, const struct oci_desc *entries, size_t n, bool remove, struct wp_buf *ret,
                       struct wp_err *err) WP_MUST_USE;
