/* SPDX-License-Identifier: Apache-2.0
 *
 * The OCI image layout on disk (image-spec, image-layout.md) as a store, and its housekeeping. Promises: after a
 * successful return everything named is durable (blobs: temporary file, fsync, rename, folder fsync; then index.json,
 * replaced atomically under an OFD lock); readers never see a half-written file; many processes may write at once.
 *
 * Names. One layout holds many repositories: org.opencontainers.image.ref.name is the bare tag for names without a
 * repository, "repo:tag" else; both are read. Untagged manifests (referrers) stand in index.json as plain descriptors;
 * those with a subject are also listed in an index named by the fallback tag "sha256-<hex>", so that oras, regctl and
 * cosign find them; listings leave those names out, resolve finds them.
 * `.wpack/` holds part/<alg>-<hex> (resumable downloads), tmp/, and lock: byte 0 is held shared by writers and
 * exclusively by gc, byte 1 exclusively while index.json is replaced. */
#pragma once

#include "oci/store.h"

/* LATE saves turns of the disk: the new layout is one, durably, with the first bind, upload or large blob, or at close;
 * until then others do not see it. */
enum oci_layout_flags {
    OCI_LAYOUT_READ = 0,          /* must exist; nothing is ever written, not even .wpack/ */
    OCI_LAYOUT_WRITE = 1 << 0,    /* hold the content lock shared until close */
    OCI_LAYOUT_CREATE = 1 << 1,   /* make the layout where the folder is absent or empty; implies WRITE */
    OCI_LAYOUT_LOCK_OPS = 1 << 2, /* with WRITE: hold the lock per operation only (a server that runs for months) */
    OCI_LAYOUT_LATE = 1 << 3      /* with CREATE: not at once */
};

/* WP_E_NOT_FOUND when path is no layout ("has no oci-layout file") and CREATE is not asked. */
int oci_layout_open(const char *path, unsigned flags, WP_OWN struct oci_store **ret, struct wp_err *err) WP_MUST_USE;

struct oci_fsck_report {
    uint64_t blobs, bytes; /* read and hashed */
    uint64_t damaged;      /* wrong content or size under a digest's name */
    uint64_t missing;      /* named by index.json or a manifest, not there */
    uint64_t unreachable;  /* fine, but nothing names them (gc would remove them) */
    uint64_t strays;       /* files that do not belong to a layout */
    uint64_t parts;        /* resumable parts and temporary files */
};
/* One problem found; path is relative to the layout. */
typedef void(oci_fsck_fn)(void *arg, const char *path, const char *problem);
/* Hash everything, follow everything. Returns 0 also when there are problems: the report tells. s must be a layout. */
int oci_layout_fsck(struct oci_store *s, struct wp_job *job, oci_fsck_fn *fn, void *arg, struct oci_fsck_report *ret,
                    struct wp_err *err) WP_MUST_USE;

struct oci_gc_opts {
    bool dry_run;
    uint64_t min_age_s; /* spare files younger than this (default of the command: 3600) */
    struct wp_job *job;
};
struct oci_gc_report {
    uint64_t removed, removed_bytes; /* or what would be, in a dry run */
    uint64_t kept, kept_bytes;
    uint64_t parts; /* of removed: parts and temporary files */
};
/* Remove what no name reaches (manifests, their content, referrers of what is kept stay). s must be open for writing
 * and not be used otherwise meanwhile. Waits, until the job is cancelled, for other handles that hold the content lock.
 * A manifest that cannot be read ends it with WP_E_INTEGRITY before anything is removed. fn may be NULL. */
int oci_layout_gc(struct oci_store *s, const struct oci_gc_opts *opts,
                  void (*fn)(void *arg, const char *path, uint64_t bytes), void *arg, struct oci_gc_report *ret,
                  struct wp_err *err) WP_MUST_USE;
