/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's format before bundles: "simple signing" payloads (containers/image, docs/containers-signature.5.md; cosign,
 * specs/SIGNATURE_SPEC.md), signatures in annotations of layers. */
#pragma once

#include "sign/bundle.h"

#define SIG_MT_SIMPLE        "application/vnd.dev.cosign.simplesigning.v1+json"
#define SIG_MT_DSSE          "application/vnd.dsse.envelope.v1+json"

#define SIG_COSIGN_TYPE      "cosign container image signature"
#define SIG_NOTE_SIGNATURE   "dev.cosignproject.cosign/signature"
#define SIG_NOTE_BUNDLE      "dev.sigstore.cosign/bundle"
#define SIG_NOTE_CERTIFICATE "dev.sigstore.cosign/certificate"
#define SIG_NOTE_CHAIN       "dev.sigstore.cosign/chain"
#define SIG_NOTE_TIMESTAMP   "dev.sigstore.cosign/rfc3161timestamp"
#define SIG_NOTE_PREDICATE   "predicateType"

/* The payload, as Go writes it. annotations: user's, sorted; none: "optional":null. */
void sig_cosign_payload(const char *docker_reference, const struct oci_digest *digest,
                        const struct oci_annotation *annotations, size_t count, struct wp_buf *b);
/* Annotations of the layer that carries signature (base64 inside) and, where there is one, chain, log entry, timestamp.
 * predicate_type: of an attestation, whose envelope carries the signature; else NULL. */
size_t sig_cosign_annotations(struct wp_span signature, const struct sig_material *m, const char *predicate_type,
                              struct wp_arena *a, const struct oci_annotation **ret);
/* A DSSE envelope of one signature as JSON, for .att layers and logs: cosign wants to find the same bytes in both. */
void sig_dsse_envelope(const char *payload_type, struct wp_span payload, struct wp_span signature, const char *keyid,
                       struct wp_buf *b);

/* What a layer's annotations say of the signer, the log and the time, and the signature (ptr NULL: none, as on
 * attestations). WP_E_UNSATISFIED. In the arena. */
int sig_cosign_material(const char *where, const struct oci_annotation *annotations, size_t count, struct wp_arena *a,
                        struct sig_material *ret, struct wp_span *ret_signature, struct wp_err *err) WP_MUST_USE;

struct sig_payload {
    struct wp_json_doc *doc;
    const char *reference, *digest; /* docker-reference, docker-manifest-digest */
    struct wp_json optional;        /* absent where it is null */
};
/* WP_E_UNSATISFIED: something else than a payload of the type that cosign signs. */
int sig_payload_read(struct wp_span text, const char *name, struct sig_payload *ret, struct wp_err *err) WP_MUST_USE;
void sig_payload_done(struct sig_payload *p);
#define SIG_AUTO_PAYLOAD WP_CLEANUP(sig_payload_done)
