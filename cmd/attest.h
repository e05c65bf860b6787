/* SPDX-License-Identifier: Apache-2.0
 *
 * What `wpack attest` states of an artifact, made here: bills of materials, provenance, test runs. Each is the
 * predicate of an in-toto statement, JSON appended to a buffer. */
#pragma once

#include "cmd/look.h"
#include "cmd/target.h"
#include "oci/manifest.h"
#include "pack/sbom.h"

/* The artifact that is spoken of. */
struct attest_subject {
    struct cmd_target *target;
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest manifest;
    const struct look_opts *look;
};
/* Its layer that is a module; NULL: none. */
const struct oci_desc *attest_layer(const struct attest_subject *s);
/* The module itself, in memory; ret_file: the name of its file. */
int attest_open_module(struct cmd_ctx *c, const struct attest_subject *s, struct look_content *ret,
                       const char **ret_file, struct wp_err *err) WP_MUST_USE;

/* ---- attest-sbom.c ---- */

/* "cyclonedx", "spdx", "sbom" (which is the former). False: none of them. */
bool attest_sbom_kind(const char *word, enum pack_sbom_kind *ret);
const char *attest_sbom_predicate(enum pack_sbom_kind kind);
int attest_sbom(struct cmd_ctx *c, const struct attest_subject *s, enum pack_sbom_kind kind, struct wp_buf *b,
                struct wp_err *err) WP_MUST_USE;
/* The same of what was built a moment ago and lies nowhere yet. */
struct build_result;
int attest_sbom_of_build(struct cmd_ctx *c, const struct build_result *r, enum pack_sbom_kind kind, struct wp_buf *b,
                         struct wp_err *err) WP_MUST_USE;

/* ---- attest-slsa.c ---- */

#define ATTEST_SLSA "https://slsa.dev/provenance/v1"
struct attest_slsa_opts {
    const char *builder_id, *build_type, *source_uri, *source_ref, *source_commit, *invocation_id;
    const char *started_on, *finished_on, *project;
    struct opt_list parameters;
};
int attest_slsa(struct cmd_ctx *c, const struct attest_subject *s, const struct attest_slsa_opts *o, struct wp_buf *b,
                struct wp_err *err) WP_MUST_USE;

/* What a CI system says of the build that runs, from the environment. (attest-ci.c) */
struct attest_ci {
    const char *name; /* "GitHub Actions"; NULL: none is known here, and all else is NULL, too */
    const char *builder_id, *source_uri, *source_ref, *source_commit, *workflow, *invocation_id, *started_on;
    const struct oci_annotation *environment; /* sorted */
    size_t environment_count;
};
void attest_ci_read(struct wp_arena *a, struct attest_ci *ret);

/* ---- attest-test.c ---- */

/* in-toto's test result (attestation/spec/predicates/test-result.md), with a member of ours that holds all that is
 * needed to run the tests again: who does not know it reads the rest. */
#define ATTEST_TEST "https://in-toto.io/attestation/test-result/v0.1"
#define ATTEST_RUNS "https://wpack.dev/test-run/v1"
struct wp_json_out;
struct run_answer;
/* The value of "outcome": how a run ended, what it wrote and what it cost. */
void attest_outcome(struct wp_json_out *j, const struct run_answer *r);
/* Runs the tests of a project on the module; WP_E_SMOKE where one fails. */
int attest_test(struct cmd_ctx *c, const struct attest_subject *s, const char *project, struct wp_buf *b,
                struct wp_err *err) WP_MUST_USE;
