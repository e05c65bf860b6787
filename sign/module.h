/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures inside a module: the `signature` section of WebAssembly's tool-conventions (Signatures.md) and as
 * wasmsign2 writes it. The verdict is about the whole module: a module cut at a delimiter is not the one that was
 * signed. */
#pragma once

#include "sign/sig.h"

/* module with one more signature by key, over its bytes as they are; an existing signature section over the same hash
 * gets one more signature. WP_E_INPUT: no module, non-minimal section sizes, a key that is no Ed25519. */
int sig_module_seal(struct sig_key *key, struct wp_span module, struct wp_buf *ret, struct wp_err *err) WP_MUST_USE;
/* Whether there is a signature section: the candidate for sig_check (format SIG_MODULE, bytes the module); 0: none. */
int sig_module_find(struct wp_span module, const char *name, struct wp_arena *a, struct sig_candidate *ret,
                    struct wp_err *err) WP_MUST_USE;
