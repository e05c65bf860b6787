/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing with an identity in place of a key: Fulcio (a certificate for an OpenID token), Rekor v1 and v2 (a log
 * entry), timestamp authorities (RFC 3161). Everything that comes back is checked before it is used. */
#pragma once

#include "oci/http.h"
#include "sign/material.h"

/* The services, by URL; NULL: not used. */
struct sig_services {
    const char *fulcio, *rekor, *timestamp;
    unsigned rekor_version; /* 1, 2 */
};
/* From Sigstore's signing configuration (SigningConfig v0.2, JSON): the newest of each kind that is valid at `now`. In
 * the arena. */
int sig_services_load(const char *path, int64_t now, struct wp_arena *a, struct sig_services *ret,
                      struct wp_err *err) WP_MUST_USE;

struct sig_online {
    /* The client that talks to the host of a URL; owned by the giver. */
    int (*client)(void *arg, const char *url, struct http_client **ret, struct wp_err *err);
    void *arg;
    struct wp_job *job;
    struct sig_services services;
};
/* A fresh P-256 key and its certificate chain (DER, leaf first; in the arena) for the token. */
int sig_online_certificate(const struct sig_online *on, const char *token, struct wp_arena *a,
                           WP_OWN struct sig_key **ret, const struct wp_span **ret_chain, size_t *ret_count,
                           struct wp_err *err) WP_MUST_USE;
/* A log entry for s by the certificate or (certificate_count 0) the key: finished TransparencyLogEntry JSON in the
 * arena, and the same parsed. */
int sig_online_log(const struct sig_online *on, const struct sig_signed *s, const struct sig_material *m,
                   const struct sig_pub *pub, struct wp_arena *a, struct wp_span *ret_json, struct sig_log_entry *ret,
                   struct wp_err *err) WP_MUST_USE;
/* A TimeStampResp over bytes (the signature), checked for its nonce and imprint. */
int sig_online_timestamp(const struct sig_online *on, struct wp_span bytes, struct wp_arena *a, struct wp_span *ret,
                         struct wp_err *err) WP_MUST_USE;
/* A token's claims that matter: who, and the issuer; the token itself is not judged here. */
int sig_token_claims(const char *token, struct wp_arena *a, const char **ret_subject, const char **ret_issuer,
                     struct wp_err *err) WP_MUST_USE;
