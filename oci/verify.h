/* SPDX-License-Identifier: Apache-2.0
 *
 * The proof. A verifying reader hands out the last bytes of content only after size and digest have matched: whoever
 * reads to the end holds proven content, whoever sends it on never completes a wrong upload. */
#pragma once

#include "base/io.h"
#include "oci/desc.h"

/* Reads src (owned) against want. Short, long or different content is WP_E_INTEGRITY ("blob sha256:…: has 12 bytes,
 * expected 13"), now and at every later call. At least the final byte is held back until all of it has been proven.
 * Unknown size: only the digest counts. An empty blob is proven at its first read. */
WP_OWN struct wp_reader *oci_verify_reader(WP_OWN struct wp_reader *src, const struct oci_desc *want);
/* Does what bytes hold match want? what names it in the message. */
int oci_verify_bytes(struct wp_span bytes, const struct oci_desc *want, const char *what,
                     struct wp_err *err) WP_MUST_USE;
