/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes in memory behind a descriptor: read once, then sealed, so that another process can be given them without a copy
 * and nobody can change them any more (memfd_create(2)). And files mapped for reading. */
#pragma once

#include "base/io.h"

/* All that r gives, at most limit bytes (else WP_E_LIMIT; what names the thing read). The descriptor is the caller's.
 */
int wp_memfile_read(struct wp_reader *r, uint64_t limit, const char *what, WP_OWN int *ret_fd, uint64_t *ret_size,
                    struct wp_err *err) WP_MUST_USE;
/* The first size bytes behind fd, read-only. Where the file may shrink, touching them may raise SIGBUS. */
int wp_map(int fd, uint64_t size, struct wp_span *ret, struct wp_err *err) WP_MUST_USE;
/* Empties *bytes; of nothing is fine. */
void wp_unmap(struct wp_span *bytes);
