/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of uploads: consecutive parts of one content, read through the proof exactly once as long as nothing
 * breaks; a part that is asked for again is read again from the content's start. Private to the registry store. */
#pragma once

#include "oci/verify.h"

struct oci_upload_body {
    struct wp_source base;
    struct wp_source *src; /* borrowed, like want */
    const struct oci_desc *want;
    uint64_t start, len; /* the part that base.open reads; its end is the end of the content at the latest */
    struct wp_reader *proof;
    uint64_t pos;         /* of proof */
    struct wp_err failed; /* what the source said: code != WP_E_OK, nothing can be read any more */
};
void oci_upload_body_init(struct oci_upload_body *b, struct wp_source *src, const struct oci_desc *want);
void oci_upload_body_done(struct oci_upload_body *b);
/* Read the whole through the proof without sending it (an empty content has nothing to hold back). */
int oci_upload_body_prove(struct oci_upload_body *b, struct wp_err *err) WP_MUST_USE;
