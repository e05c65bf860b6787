/* SPDX-License-Identifier: Apache-2.0
 *
 * minisign's signature files (jedisct1/minisign; signify's are read, too). */
#pragma once

#include "sign/sig.h"

/* The four lines, prehashed. trusted: printable UTF-8, at most 8192 bytes, no line break. WP_E_INPUT: a key that is no
 * Ed25519. */
int sig_minisign_seal(struct sig_key *key, struct wp_span file, const char *trusted, struct wp_buf *ret,
                      struct wp_err *err) WP_MUST_USE;
