/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures in stores: finding every candidate of a manifest — referrers by API or fallback tag, cosign's
 * sha256-<hex>.sig and .att — and putting new ones there. */
#pragma once

#include "base/job.h"
#include "oci/store.h"
#include "sign/sig.h"

struct sig_list {
    struct sig_candidate *items;
    size_t count;
    size_t others; /* referrers that are no signature of a format known here */
};
/* All candidates of subject, in the store's order, layers proven. repo: where tags are looked for ("" or "host's
 * repository" as oci_store's names want it). WP_E_CANNOT_TELL where a list, a tag or a listed referrer could not be
 * read (a missing tag is no such case, a 429, 500, timeout, a denied one, or content that is not its digest is): the
 * message keeps the store's words. A referrer whose manifest names another subject is none. artifactType of a listing
 * is not believed: every referrer is looked into. More than WP_LIMIT_REFERRERS referrers, WP_LIMIT_SIGNATURES
 * candidates or WP_LIMIT_SIGNATURE_BYTES of them cannot be told either. */
int sig_find(struct oci_store *s, const char *repo, const struct oci_desc *subject, struct wp_job *job,
             struct wp_arena *a, struct sig_list *ret, struct wp_err *err) WP_MUST_USE;
/* "sha256-<hex>.sig", in front of it "repo:" where repo is not "". In the arena. */
char *sig_tag_name(struct wp_arena *a, const char *repo, const struct oci_digest *digest, const char *suffix);

/* A referrer manifest with one layer, as cosign 3 writes bundles and notation envelopes: put into memory store `out`
 * with its blobs, ready for oci_copy by digest. */
struct sig_attach {
    const struct oci_desc *subject;
    const char *artifact_type; /* NULL: none in the manifest (Notary's older form) */
    const char *config_type;   /* media type of the config "{}" */
    const char *layer_type;
    struct wp_span layer;
    const struct oci_annotation *annotations; /* sorted */
    size_t annotation_count;
};
int sig_attach_build(const struct sig_attach *at, struct oci_store *out, struct wp_arena *a, struct oci_desc *ret_desc,
                     struct wp_span *ret_bytes, struct wp_err *err) WP_MUST_USE;

/* cosign's older place: one more layer in the manifest under the tag sha256-<hex>.sig or .att of store s, read, added
 * to, written and read again until it stays; WP_E_NETWORK in words where others keep winning. */
struct sig_tag_layer {
    const struct oci_desc *subject;
    const char *suffix; /* "sig", "att" */
    const char *layer_type;
    struct wp_span layer;
    const struct oci_annotation *annotations; /* of the layer, sorted */
    size_t annotation_count;
};
int sig_tag_add(struct oci_store *s, const char *repo, const struct sig_tag_layer *l, struct wp_job *job,
                struct wp_arena *a, struct oci_desc *ret_desc, struct wp_err *err) WP_MUST_USE;
