/* SPDX-License-Identifier: Apache-2.0
 *
 * Sigstore bundles (sigstore/protobuf-specs, sigstore_bundle.proto; JSON by protobuf's rules): reading v0.1 to v0.3,
 * writing v0.3. */
#pragma once

#include "sign/material.h"
#include "sign/statement.h"

#define SIG_MT_BUNDLE "application/vnd.dev.sigstore.bundle.v0.3+json"

struct sig_bundle {
    struct sig_material material;
    struct wp_span signature;
    bool is_dsse;
    const char *payload_type; /* DSSE */
    struct wp_span payload;
    const char *digest_alg; /* message signature, as "SHA2_256"; NULL: no digest given */
    struct wp_span digest;
    unsigned minor; /* of the version: 1, 2, 3 */
};
/* WP_E_UNSATISFIED "…: /verificationMaterial/…: …" where it is no bundle as the specification has it. In the arena. */
int sig_bundle_read(struct wp_span text, const char *name, struct wp_arena *a, struct sig_bundle *ret,
                    struct wp_err *err) WP_MUST_USE;
/* The v0.3 JSON of b, appended, keys in the order cosign writes them. Log entries are given as finished JSON
 * (TransparencyLogEntry), as the logs' clients made them; material.entries is not looked at. */
void sig_bundle_write(const struct sig_bundle *b, const struct wp_span *entries_json, size_t entry_count,
                      struct wp_buf *ret);

/* Names what a message signature of pub with alg (SIG_ALG_NONE: the key's) is over by the hash that is signed, as
 * cosign does; by SHA-256 where the bytes themselves are. In the arena. */
void sig_bundle_name(struct sig_bundle *b, const struct sig_pub *pub, enum sig_alg alg, struct wp_span bytes,
                     struct wp_arena *a);

/* As sig_format.check; where: for messages. Of a file any statement about it will do as a plain signature, of a
 * manifest only cosign's own (sign/claim.h). */
int sig_bundle_check(const struct sig_bundle *b, const char *where, const struct sig_artifact *art,
                     const struct sig_demand *d, struct wp_arena *a, struct sig_proof *ret, struct wp_err *err);
