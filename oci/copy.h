/* SPDX-License-Identifier: Apache-2.0
 *
 * The one copy: push, pull, mirror, export, import. Manifests and referrers first (small, bounded, by digest, proven),
 * then the question at the door (admit), then blobs in parallel, then manifests bottom-up, names last in one bind.
 * Present content is skipped; on failure the destination holds only whole, proven content and no new name. Success is
 * told when the destination lists the referrers that were brought. */
#pragma once

#include "oci/store.h"

struct oci_copy_opts {
    struct wp_job *job;
    unsigned jobs;          /* blobs at once; 0: 4 */
    bool no_referrers;      /* else: referrers of every manifest copied, recursively, and the tags
                             * sha256-<hex>.sig / .att / .sbom of the source */
    const char *platform;   /* "os/arch[/variant]": of an index take only the matching manifest; NULL: all */
    unsigned bind_flags;    /* enum oci_bind_flags for the final bind */
    const char *mount_from; /* see oci_push_opts */
    bool dry_run;           /* plan and report, write nothing */
    /* What src_name leads to, where the caller has resolved it: no second request. Proven here all the same. */
    const struct oci_desc *root;
    struct wp_span root_bytes;
    /* Asked once, after the manifests of the closure are known and before any layer moves. view answers resolve,
     * referrers and fetch with exactly what will be copied. 0 admits, -1 refuses with err. */
    int (*admit)(void *arg, struct oci_store *view, const struct oci_desc *root, struct wp_err *err);
    void *admit_arg;
};

struct oci_copy_result {
    struct oci_desc root; /* lives in the arena given */
    uint64_t manifests;   /* in the closure */
    uint64_t referrers;   /* of those */
    uint64_t blobs, blobs_present, blobs_mounted, blobs_copied;
    uint64_t bytes; /* of the closure */
    uint64_t bytes_copied;
    uint64_t skipped_referrers; /* listed, but naming another subject: not taken */
};

/* Details. Signature tags are looked for in the repository of src_name (for a digest: in the one that has a name for
 * it) and get the repository of the first destination name. In the one bind referrers come first, then signature tags,
 * then the names asked for. A dry run asks admit too. Layers of types that must not be distributed are left out where
 * the source lacks them. A referrer that is listed and not there fails the copy: nobody is to lose a signature in
 * silence.
 *
 * src_name: what to copy (tag, repo:tag, digest text; NULL: the only name). dst_names: names to bind, n of them; 0:
 * keep reachable without a name. Messages say which side failed. */
int oci_copy(struct oci_store *src, const char *src_name, struct oci_store *dst, const char *const *dst_names, size_t n,
             const struct oci_copy_opts *opts, struct wp_arena *a, struct oci_copy_result *ret,
             struct wp_err *err) WP_MUST_USE;

/* True when "os/arch[/variant]" matches p (NULL never does); "wasi/wasm" and "wasip1/wasm" are compared as written. */
bool oci_platform_match(const char *want, const struct oci_platform *p);
