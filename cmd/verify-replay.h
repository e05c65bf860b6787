/* SPDX-License-Identifier: Apache-2.0
 *
 * `verify --replay`: the runs that an attestation tells of are made again, here, and have to come out the same. The
 * statement's signature is the caller's business, and comes first. */
#pragma once

#include "cmd/attest.h"

/* What was replayed, for the report. */
struct replay_result {
    size_t tests;
    uint64_t fuel;           /* of all of them */
    const char *interpreter; /* "wpack 0.1.0", as the statement has it; NULL: not got so far */
};
/* What is replayed: the artifact as it was resolved, and the in-toto statement about it, or about a manifest that it,
 * an index, leads to. */
struct replay_request {
    struct cmd_target *target;
    struct oci_desc desc;
    struct wp_span bytes; /* of the manifest */
    const char *sandbox;  /* as look_opts.sandbox; which features a module may use, the statement says */
    struct wp_span statement;
};
/* A statement about an index runs on the manifest there that holds the module. WP_E_SMOKE names the first difference,
 * and is the answer too where the statement holds no runs. */
int verify_replay(struct cmd_ctx *c, const struct replay_request *in, struct replay_result *ret,
                  struct wp_err *err) WP_MUST_USE;
