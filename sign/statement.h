/* SPDX-License-Identifier: Apache-2.0
 *
 * What signatures are put under: DSSE's pre-authentication encoding (secure-systems-lab/dsse, protocol.md) and in-toto
 * statements (in-toto/attestation, spec/v1/statement.md). */
#pragma once

#include "base/json.h"
#include "sign/sig.h"

#define SIG_PAYLOAD_INTOTO "application/vnd.in-toto+json"
#define SIG_STATEMENT_V1   "https://in-toto.io/Statement/v1"
/* What cosign 3 states of an artifact it signs. */
#define SIG_PREDICATE_SIGN "https://sigstore.dev/cosign/sign/v1"

/* "DSSEv1 SP LEN(type) SP type SP LEN(body) SP body" appended. */
void sig_dsse_pae(const char *payload_type, struct wp_span payload, struct wp_buf *b);

/* Short names as cosign knows them: "slsaprovenance1", "spdx", "spdxjson", "cyclonedx", "vuln", "openvex", "link",
 * "custom", "slsaprovenance", "slsaprovenance02", and ours "sbom" (any), "slsa", "test". Rows of one table, for help
 * too. */
struct sig_predicate_row {
    const char *name, *uri, *summary;
};
extern const struct sig_predicate_row sig_predicates[]; /* ends with name == NULL */
/* The URI for a short name or a URI; WP_E_USAGE with the nearest name otherwise, and for "sbom" (uri NULL), which
 * stands for several. */
int sig_predicate_uri(const char *text, const char **ret, struct wp_err *err) WP_MUST_USE;
/* What an attestation's predicateType must be for a short name or a URI; "sbom" too. *ret borrows text. */
int sig_predicate_match(const char *text, struct sig_match *ret, struct wp_err *err) WP_MUST_USE;

struct sig_statement {
    const char *predicate_type;
    struct wp_json predicate; /* of doc; absent where there is none */
    struct wp_json subjects;
    struct wp_json_doc *doc;
};
/* Statement v1 and v0.1. name for messages. Refused: wrong _type, no subject, a subject without digest. */
int sig_statement_read(struct wp_span payload, const char *name, struct sig_statement *ret,
                       struct wp_err *err) WP_MUST_USE;
void sig_statement_done(struct sig_statement *s);
#define SIG_AUTO_STATEMENT WP_CLEANUP(sig_statement_done)
/* True where a subject's digest is exactly this one; annotations of that subject in *ret_annotations (may be NULL). */
bool sig_statement_is_about(const struct sig_statement *s, const struct oci_digest *digest,
                            struct wp_json *ret_annotations);
/* A statement about one digest: keys in the order in-toto shows them. subject_name NULL: none. predicate: finished
 * JSON. */
void sig_statement_write(struct wp_buf *b, const char *subject_name, const struct oci_digest *digest,
                         const struct oci_annotation *annotations, size_t annotation_count, const char *predicate_type,
                         struct wp_span predicate);
