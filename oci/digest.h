/* SPDX-License-Identifier: Apache-2.0
 *
 * Content digests (image-spec, descriptor.md "Digests"). oci_digest_parse is the only way text becomes part of a path
 * or URL: what it accepts is sha256 with 64 or sha512 with 128 lower-case hex digits, nothing else. */
#pragma once

#include "base/err.h"
#include "base/hash.h"

#define OCI_DIGEST_TEXT (8 + 2 * WP_HASH_MAX) /* "sha512:" + hex + NUL */

struct oci_digest {
    enum wp_hash_alg alg; /* 0: none */
    uint8_t bytes[WP_HASH_MAX];
};

/* WP_E_INPUT with a message that quotes the text and says what is wrong. */
int oci_digest_parse(const char *text, struct oci_digest *ret, struct wp_err *err) WP_MUST_USE;
bool oci_digest_is(const char *text);
/* "sha256:…"; returns ret. */
char *oci_digest_text(const struct oci_digest *d, char ret[OCI_DIGEST_TEXT]);
/* "sha256" / "sha512" */
const char *oci_digest_alg_name(enum wp_hash_alg alg);
/* false for unknown names */
bool oci_digest_alg_parse(const char *name, enum wp_hash_alg *ret);
bool oci_digest_equal(const struct oci_digest *a, const struct oci_digest *b);
void oci_digest_of(enum wp_hash_alg alg, struct wp_span bytes, struct oci_digest *ret);
/* For hash tables. Digests that others only claim are as they chose them: without a seed that they do not know a
 * document could make every look-up a walk over all of the table. */
uint64_t oci_digest_hash(const struct oci_digest *d, uint64_t seed);
/* A seed nobody knows. */
uint64_t oci_digest_seed(void);
/* Path of the blob inside a layout: "blobs/sha256/<hex>"; ret has OCI_BLOB_PATH bytes. Returns ret. */
#define OCI_BLOB_PATH (OCI_DIGEST_TEXT + 8)
char *oci_digest_blob_path(const struct oci_digest *d, char ret[OCI_BLOB_PATH]);
/* The fallback tag of referrers, "sha256-<hex>", cut to 64 hex digits (distribution-spec, "Referrers Tag Schema"). */
char *oci_digest_referrers_tag(const struct oci_digest *d, char ret[OCI_DIGEST_TEXT]);
