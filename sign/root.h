/* SPDX-License-Identifier: Apache-2.0
 *
 * Sigstore's trusted root: which certificate authorities, transparency logs, certificate logs and timestamp
 * authorities are believed, and when (sigstore/protobuf-specs, sigstore_trustroot.proto, as JSON). A root without logs
 * of certificates asks for no timestamps by them (SCT). Immutable, shared.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

struct sig_root;
/* WP_E_INPUT with file:line:column. Validity of every log key must have a start. */
int sig_root_read(struct wp_span text, const char *name, WP_OWN struct sig_root **ret, struct wp_err *err) WP_MUST_USE;
int sig_root_load(const char *path, WP_OWN struct sig_root **ret, struct wp_err *err) WP_MUST_USE;
/* Certificate authorities alone, from PEM (roots and intermediates), as --ca-roots and policy.json's fulcio.caPath
 * give; tlog keys and timestamp authorities may be added. NULL spans: none. */
int sig_root_of_parts(const char *name, struct wp_span ca_pem, const struct wp_span *log_keys, size_t log_key_count,
                      struct wp_span tsa_pem, WP_OWN struct sig_root **ret, struct wp_err *err) WP_MUST_USE;
void sig_root_free(WP_OWN struct sig_root *r);
void sig_root_free_p(struct sig_root **r);
#define SIG_AUTO_ROOT WP_CLEANUP(sig_root_free_p)
const char *sig_root_name(const struct sig_root *r);
/* "2 transparency logs, 1 timestamp authority, 2 certificate authorities; newest key from 2025-07-04" */
const char *sig_root_summary(const struct sig_root *r, struct wp_arena *a);
