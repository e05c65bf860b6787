/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's format before bundles: "simple signing" payloads (containers/image, docs/containers-signature.5.md; cosign,
 * specs/SIGNATURE_SPEC.md), signatures in annotations of layers. */
#pragma once

#include "sign/bundle.h"

#define SIG_MT_SIMPLE "application/vnd.dev.cosign.simplesigning.v1+json"
#define SIG_MT_DSSE   "application/vnd.dsse.envelope.v1+json"

/* The payload, as Go writes it. annotations: user's, sorted; none: "optional":null. */
void sig_cosign_payload(const char *docker_reference, const struct oci_digest *digest,
                        const struct oci_annotation *annotations, size_t count, struct wp_buf *b);
/* Annotations of the layer that carries signature (base64 inside) and, where there is one, chain, log entry, timestamp.
 */
size_t sig_cosign_annotations(struct wp_span signature, const struct sig_material *m, const char *predicate_type,
                              struct wp_arena *a, const struct oci_annotation **ret);
/* A DSSE envelope of one signature as JSON, for .att layers and files. */
void sig_dsse_envelope(const char *payload_type, struct wp_span payload, struct wp_span signature, const char *keyid,
                       struct wp_buf *b);
