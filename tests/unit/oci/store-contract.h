/* SPDX-License-Identifier: Apache-2.0
 *
 * One suite for every store: it checks the promises of oci/store.h on whatever it is given. A target tells how to get
 * an empty store and what this kind of store cannot do; all flags false is the full contract. */
#pragma once

#include "oci/mediatype.h"
#include "oci/store.h"
#include "tests/unit/unit.h"

struct contract_target {
    const char *kind; /* what ops->kind must be */
    void *arg;
    /* A new, empty store; called before each check, failing it (fail_msg) when there is none. */
    struct oci_store *(*open)(void *arg);
    /* After each check, when its stores are closed: dispose of what lies behind. NULL: nothing to do. */
    void (*reset)(void *arg);
    /* One more store over the same content, while the first is open or after its close. NULL: nothing lasts. */
    struct oci_store *(*reopen)(void *arg);
    /* Put these bytes in the place of digest's content, behind the store's back. NULL: there is no such way. */
    void (*corrupt)(void *arg, const struct oci_digest *digest, struct wp_span bytes);
    /* Parts, temporary files, open upload sessions: 0 is expected after content was refused. NULL: not asked. */
    size_t (*leftovers)(void *arg);

    bool one_repo;               /* names are tags; a colon is no part of them */
    bool no_ingest;              /* ingest is WP_E_UNSUPPORTED */
    bool no_open_blob;           /* open_blob is WP_E_UNSUPPORTED */
    bool no_needed;              /* needed is WP_E_UNSUPPORTED */
    bool no_atomic_bind;         /* several names with OCI_BIND_ATOMIC are WP_E_UNSUPPORTED */
    bool no_sha512;              /* sha256 only */
    bool names_without_desc;     /* each_name gives NULL descriptors */
    bool lists_unbound_referrer; /* a referrer is listed from its push on */
};

/* Runs all checks; returns the number of failed ones, as cmocka does. */
int contract_run(struct contract_target *t);

/* ---- for the suite's own files ---- */
struct contract {
    struct contract_target *t;
    struct oci_store *s;
    struct wp_arena a; /* for what a check needs */
};
extern const struct CMUnitTest contract_content_tests[];
extern const size_t contract_content_count;
extern const struct CMUnitTest contract_name_tests[];
extern const size_t contract_name_count;

/* len bytes that look random and differ by seed. */
struct wp_span contract_bytes(struct wp_arena *a, size_t len, unsigned seed);
struct oci_desc contract_desc(enum wp_hash_alg alg, struct wp_span bytes, const char *media_type);
/* A manifest with the empty config, one layer (both pushed to s) and the annotation "seed"; subject and artifact_type
 * may be NULL. Its descriptor, and its bytes in *ret_bytes, live in a; it is not pushed itself. */
struct oci_desc contract_manifest(struct oci_store *s, struct wp_arena *a, const char *seed,
                                  const struct oci_desc *subject, const char *artifact_type, struct wp_span *ret_bytes);
/* Fail the check unless expr, which uses &err, succeeds (fails with code expected and a message). err is clear then. */
#define CONTRACT_OK(expr)              contract_ok((expr) >= 0, #expr, &err)
#define CONTRACT_FAILS(expr, expected) contract_fails((expr) == -1, #expr, (expected), &err)
void contract_ok(bool ok, const char *expr, struct wp_err *err);
void contract_fails(bool failed, const char *expr, enum wp_code expected, struct wp_err *err);
