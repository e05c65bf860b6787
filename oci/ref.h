/* SPDX-License-Identifier: Apache-2.0
 *
 * References as users type them:
 *   host[:port]/repo[:tag[,tag2…]][@digest]     a registry; the host is required, there is no silent docker.io
 *   oci:DIR[:name][@digest]                     a layout folder; name is a tag or repo:tag ("ocidir://" is an alias)
 *   oci-archive:FILE[:name][@digest]            a layout in a tar file
 * "docker://" and "oci://" before a registry reference are stripped. repo and tag by the grammar of distribution-spec
 * "Pulling manifests"; host + repo at most 255 characters; docker.io stands for registry-1.docker.io (with library/ for
 * one-component names), index.docker.io likewise. "sha256-<64 hex>" in the place of a tag is a tag.
 *
 * The names of Docker Hub all become "docker.io" here; that its API is served by registry-1.docker.io is known to
 * http_client alone. DIR and FILE cannot hold a ':'; an '@' in them is kept unless a digest follows it. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "oci/digest.h"

enum oci_ref_kind { OCI_REF_REGISTRY, OCI_REF_LAYOUT, OCI_REF_ARCHIVE };

struct oci_ref {
    enum oci_ref_kind kind;
    const char *host;        /* registry: as typed, lower-case, "docker.io" normalised; else NULL */
    const char *repo;        /* registry: without host; else NULL */
    const char *path;        /* layout, archive: folder or file; else NULL */
    const char *name;        /* registry: the (first) tag; layout: "tag" or "repo:tag"; NULL when none was given */
    const char *const *more; /* further tags ("a,b,c": b, c), NULL-terminated, never NULL */
    bool has_digest;
    struct oci_digest digest;
};

/* Strings live in a. WP_E_USAGE with what is wrong and a hint ("a reference names its host: try
 * docker.io/library/hello:1"). */
int oci_ref_parse(struct wp_arena *a, const char *text, struct oci_ref *ret, struct wp_err *err) WP_MUST_USE;
/* True when text can only mean a registry, layout or archive reference (has a known prefix, or a host with '.' or ':'
 * or "localhost" followed by '/'). */
bool oci_ref_looks_like(const char *text);
/* What is wrong with it, or NULL. */
const char *oci_ref_repo_problem(const char *repo);
const char *oci_ref_tag_problem(const char *tag);
/* "host/repo", "oci:DIR" — what a digest is appended to with '@'. */
char *oci_ref_base(struct wp_arena *a, const struct oci_ref *ref);
char *oci_ref_text(struct wp_arena *a, const struct oci_ref *ref);

/* Splits a store name "repo:tag" or "tag" at the last ':' (none after the last '/'): *ret_repo is "" for a bare tag.
 * Both live in a. */
void oci_name_split(struct wp_arena *a, const char *name, const char **ret_repo, const char **ret_tag);
/* May name ("tag", "repo:tag", or a registry's "host:port/repo:tag" kept as it was typed) be given to content? A digest
 * text may not. WP_E_USAGE with label in front and the part that is wrong. */
int oci_name_check(const char *name, const char *label, struct wp_err *err) WP_MUST_USE;
