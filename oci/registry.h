/* SPDX-License-Identifier: Apache-2.0
 *
 * One repository of a registry as a store (distribution-spec 1.1). Downloads go on with Range after a broken
 * connection; uploads are monolithic, or chunked where the registry asks (OCI-Chunk-Min-Length) or refuses the whole;
 * every Location is used as given; tags are paged; referrers by API or fallback tag, both ways. */
#pragma once

#include "oci/http.h"
#include "oci/store.h"

/* client is borrowed and may serve several stores. repo without host. */
int oci_registry_open(struct http_client *client, const char *host, const char *repo, WP_OWN struct oci_store **ret,
                      struct wp_err *err) WP_MUST_USE;
/* Repositories of the registry, sorted as it gives them (_catalog). */
int oci_registry_catalog(struct http_client *client, struct wp_job *job,
                         int (*fn)(void *arg, const char *repo, struct wp_err *err), void *arg,
                         struct wp_err *err) WP_MUST_USE;
/* GET /v2/ with the credentials at hand: does login work? */
int oci_registry_ping(struct http_client *client, struct wp_err *err) WP_MUST_USE;
/* The job whose cancel flag and limits the store's requests obey from now on (NULL: none). Not while requests run. */
void oci_registry_set_job(struct oci_store *s, struct wp_job *job);
