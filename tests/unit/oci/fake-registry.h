/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry in memory behind the transport interface: what it holds is real, and how it misbehaves is set by
 * switches, which may be changed between requests. Every request is one line of the log ("PUT /v2/a/manifests/v1"). */
#pragma once

#include "oci/http.h"

struct fake_registry {
    struct http_transport base;
    const char *origin; /* "http://127.0.0.1:5000": requests elsewhere fail the test's transport */

    bool no_referrers_api; /* 404, and no OCI-Subject */
    bool no_mount;         /* 202 */
    bool head_405;
    bool no_delete;          /* 405 */
    bool no_tag_delete;      /* 400 for tags, digests are deleted */
    bool no_range;           /* 200 to a Range request */
    bool no_upload_state;    /* 404 to GET of an upload */
    bool relative_locations; /* with a query */
    bool etags;              /* sent with manifests, If-Match obeyed */
    bool patch_204;
    bool answers_digest_tags;     /* manifests/sha256-<hex> is sha256:<hex> (oras#2148) */
    const char *digest_header;    /* Docker-Content-Digest of every reply instead of the true one */
    const char *content_range;    /* of every 206 instead of the true one */
    const char *content_encoding; /* of every 200 */
    const char *content_type;     /* of manifests and referrers, instead of the true one */
    const char *link;             /* of listings, instead of the true one */
    uint64_t chunk_min;           /* OCI-Chunk-Min-Length */
    uint64_t max_body;            /* larger request bodies are 413; 0: none */
    size_t per_page;              /* tags and referrers; 0: all */
    size_t break_at;              /* a GET's body breaks off after so many bytes; 0: never */
    unsigned breaks;              /* so many times */
    size_t upload_break_at;       /* an upload's body breaks off after so many bytes, which are kept */
    unsigned upload_breaks;       /* so many times */
    const char *fail_method;      /* these requests answer fail_status, fail_count times */
    int fail_status;
    unsigned fail_count;
    const char *fail_code;  /* of the error body; NULL: TOOMANYREQUESTS */
    unsigned drop_tag_puts; /* so many times, a PUT of a sha256-… tag is answered 201 and lost to "another writer" */
    const char *dropped_put_leaves; /* the digest that such a tag then has, or NULL: what it had */

    struct wp_buf log;
    struct fake_state *state;
};

struct fake_registry *fake_registry_new(const char *origin);
void fake_registry_free(struct fake_registry *f);
/* How many log lines begin with prefix. */
unsigned fake_registry_count(const struct fake_registry *f, const char *prefix);
void fake_registry_forget_log(struct fake_registry *f);
/* Uploads begun and neither completed nor cancelled. */
size_t fake_registry_open_uploads(const struct fake_registry *f);
/* Everything gone; switches stay. */
void fake_registry_clear(struct fake_registry *f);
/* Other bytes in the place of the blob or manifest with this digest, in all repositories. */
void fake_registry_corrupt(struct fake_registry *f, const char *digest, struct wp_span bytes);
/* Store a manifest or blob as it is, without any check. kind: "manifest", "blob"; tag may be NULL. */
void fake_registry_plant(struct fake_registry *f, const char *repo, const char *kind, const char *digest,
                         const char *type, struct wp_span bytes, const char *tag);
/* The bytes of a blob; ptr NULL when it is not there. */
struct wp_span fake_registry_blob(const struct fake_registry *f, const char *repo, const char *digest);
/* The digest a tag points at; NULL. */
const char *fake_registry_tag(const struct fake_registry *f, const char *repo, const char *tag);
