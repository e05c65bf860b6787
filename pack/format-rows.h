/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the format table, each in its own file, and what builds of all formats share. Private to pack/. */
#pragma once

#include "pack/format.h"

extern const struct pack_format pack_format_cncf;

/* Put bytes that outlive out into it under d: a memory store holds them by reference, others take a copy. */
int pack_put(struct oci_store *out, const struct oci_desc *d, struct wp_span bytes, struct wp_arena *a,
             struct wp_err *err) WP_MUST_USE;
