/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the registry store share: the store itself, requests below its repository, manifests as the
 * registry gave them. Private to oci/store-registry.c and oci/registry-*.c (and their tests, which shorten waits and
 * chunks). */
#pragma once

#include "oci/registry.h"

#include <stdatomic.h>

enum oci_registry_api { OCI_API_UNKNOWN, OCI_API_YES, OCI_API_NO };

struct oci_registry {
    struct oci_store base;
    struct http_client *client; /* borrowed */
    struct wp_job *job;         /* borrowed, or NULL */
    char *label;                /* "host/repo" */
    char *repo;
    char *url; /* "https://host/v2/repo" */
    char *scope_pull, *scope_push, *scope_delete;
    uint64_t chunk_size;       /* bytes per PATCH, unless the registry asks for more */
    _Atomic int referrers_api; /* enum oci_registry_api: learned from replies */
};

/* A call with the store's job; url must outlive it. */
struct http_call oci_registry_call(const struct oci_registry *r, const char *method, const char *url,
                                   const char *scope);
/* "…/manifests/<ref>", "…/blobs/<digest>": ref is a digest text or a checked tag. */
char *oci_registry_manifest_url(const struct oci_registry *r, struct wp_arena *a, const char *ref);
char *oci_registry_blob_url(const struct oci_registry *r, struct wp_arena *a, const struct oci_digest *digest);
/* The endpoint of d, by its media type. */
char *oci_registry_content_url(const struct oci_registry *r, struct wp_arena *a, const struct oci_desc *d);
bool oci_registry_is_manifest(const struct oci_desc *d);
/* WP_E_USAGE unless tag is one. */
int oci_registry_check_tag(const struct oci_registry *r, const char *tag, struct wp_err *err) WP_MUST_USE;
/* WP_E_NOT_FOUND "host/repo:1.2 not found (404 MANIFEST_UNKNOWN)"; ref is a tag, digest text or NULL (the repository);
 * body is the reply's, its error code is quoted. Returns -1. */
int oci_registry_not_found(const struct oci_registry *r, const char *ref, struct wp_span body, struct wp_err *err);
/* The first error code of an error body ("NAME_UNKNOWN"), in a, or "". */
const char *oci_registry_error_code(struct wp_arena *a, struct wp_span body);
/* DELETE url. The status: success, or 400 or 405 with the registry's code (in a) where it will not; -1 for the rest,
 * 404 among them. ref names it in messages. */
int oci_registry_delete(struct oci_registry *r, struct wp_arena *a, const char *url, const char *ref,
                        const char **ret_code, struct wp_err *err) WP_MUST_USE;
/* The same with the registry's message: "MANIFEST_INVALID: manifest invalid". */
const char *oci_registry_error_words(struct wp_arena *a, struct wp_span body);
/* WP_E_INTEGRITY when the reply's content is encoded: what arrives would not be what the digest is about. */
int oci_registry_refuse_encoding(const struct http_resp *resp, const char *what, struct wp_err *err) WP_MUST_USE;
/* Hold a Docker-Content-Digest header, where there is one, against bytes. */
int oci_registry_check_digest_header(const struct http_resp *resp, struct wp_span bytes, const char *what,
                                     struct wp_err *err) WP_MUST_USE;
/* The wait before attempt n (0: none). */
int oci_registry_wait(const struct oci_registry *r, unsigned n, struct wp_err *err) WP_MUST_USE;

/* A manifest as the registry gave it; all of it lives in the arena given. */
struct oci_registry_manifest {
    struct wp_span bytes;
    const char *media_type; /* of the Content-Type when it names a manifest, else NULL */
    struct oci_digest digest;
    const char *etag; /* or NULL */
    struct wp_span error_body;
};
/* 1: there, and proven (a digest as ref: against it; a tag: against Docker-Content-Digest). 0: 404, error_body is set.
 */
int oci_registry_get_manifest(struct oci_registry *r, const char *ref, struct wp_arena *a,
                              struct oci_registry_manifest *ret, struct wp_err *err) WP_MUST_USE;
/* PUT bytes under ref; if_match may be NULL. 1: done; 0: refused with 412 (only with if_match). *ret_subject, may be
 * NULL: the registry said that it lists the manifest under its subject. */
int oci_registry_put_manifest(struct oci_registry *r, const char *ref, const char *media_type, struct wp_span bytes,
                              const char *if_match, bool *ret_subject, struct wp_err *err) WP_MUST_USE;
/* One listing: GET url and every next page; fn gets each page's body. */
typedef int(oci_registry_page_fn)(void *arg, const struct http_resp *resp, struct wp_span body, struct wp_err *err);
/* 1: all pages seen; 0: the first page was 404 (or a status of none_too) and *ret_error, in a, its body. what: "tags of
 * host/repo". */
struct oci_registry_listing {
    const char *url, *what, *scope;
    const char *accept; /* header, or NULL */
    struct wp_job *job;
    int none_too; /* a further status that means the same as 404; 0: none */
};
int oci_registry_pages(struct http_client *client, const struct oci_registry_listing *listing, oci_registry_page_fn *fn,
                       void *arg, struct wp_arena *a, struct wp_span *ret_error, struct wp_err *err) WP_MUST_USE;

/* The verbs, each in the file of its noun. */
int oci_registry_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, WP_OWN struct wp_reader **ret,
                       struct wp_err *err);
int oci_registry_upload(struct oci_registry *r, const struct oci_desc *d, struct wp_source *src,
                        const struct oci_push_opts *opts, struct wp_err *err);
int oci_registry_push_manifest(struct oci_registry *r, const struct oci_desc *d, struct wp_source *src,
                               struct wp_err *err);
int oci_registry_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags,
                      struct wp_err *err);
int oci_registry_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err);
int oci_registry_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                           struct wp_err *err);
/* The list under the fallback tag: 1 with its manifest, 0 when the tag is not there or answers the subject itself (a
 * registry that resolves digests written as tags, oras#2148) or something else that is no list (*ret_foreign). */
int oci_registry_fallback_read(struct oci_registry *r, const struct oci_digest *subject, struct wp_arena *a,
                               struct oci_registry_manifest *ret, bool *ret_foreign, struct wp_err *err) WP_MUST_USE;
/* What a fallback list has to hold, or no longer holds. */
struct oci_registry_listed {
    struct oci_digest subject;
    struct oci_desc entry;
};
/* Add the entries to the lists of their subjects, or remove them, and see to it that concurrent writers of the same
 * lists did not undo it (registry-fallback.c). */
int oci_registry_fallback_edit(struct oci_registry *r, const struct oci_registry_listed *list, size_t n, bool remove,
                               struct wp_err *err) WP_MUST_USE;
