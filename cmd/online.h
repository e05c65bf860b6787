/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing with an identity: which services, and the token that says who is there, from options, files and the
 * environments of CI systems. */
#pragma once

#include "cmd/target.h"
#include "sign/online.h"

/* Embedded in the options of a command that signs; ONLINE_ROWS(struct opts, member) are its rows. */
struct online_opts {
    bool keyless;
    const char *token, *fulcio, *rekor, *timestamp, *config;
    uint64_t rekor_version;
};
#define ONLINE_ROWS(type, member)                                                                           \
    {.name = "keyless",                                                                                     \
     .kind = OPT_FLAG,                                                                                      \
     .offset = offsetof(type, member.keyless),                                                              \
     .env = "",                                                                                             \
     .help = "sign with the identity that the CI vouches for, not with a key"},                             \
        {.name = "oidc-token",                                                                              \
         .kind = OPT_STR,                                                                                   \
         .offset = offsetof(type, member.token),                                                            \
         .arg = "FILE",                                                                                     \
         .env = "",                                                                                         \
         .help = "file with the identity token (default: SIGSTORE_ID_TOKEN, or the CI is asked)"},          \
        {.name = "signing-config",                                                                          \
         .kind = OPT_STR,                                                                                   \
         .offset = offsetof(type, member.config),                                                           \
         .arg = "FILE",                                                                                     \
         .help = "Sigstore's signing_config.json: which services to use"},                                  \
        {.name = "fulcio-url",                                                                              \
         .kind = OPT_STR,                                                                                   \
         .offset = offsetof(type, member.fulcio),                                                           \
         .arg = "URL",                                                                                      \
         .help = "certificate authority for identities"},                                                   \
        {.name = "rekor-url",                                                                               \
         .kind = OPT_STR,                                                                                   \
         .offset = offsetof(type, member.rekor),                                                            \
         .arg = "URL",                                                                                      \
         .help = "transparency log to enter the signature in"},                                             \
        {.name = "rekor-version",                                                                           \
         .kind = OPT_UINT,                                                                                  \
         .offset = offsetof(type, member.rekor_version),                                                    \
         .arg = "N",                                                                                        \
         .help = "API of --rekor-url: 1 or 2 (default: 1)"},                                                \
    {                                                                                                       \
        .name = "timestamp-url", .kind = OPT_STR, .offset = offsetof(type, member.timestamp), .arg = "URL", \
        .alias = "timestamp-server-url", .help = "timestamp authority (RFC 3161)"                           \
    }

/* True where the options ask for a service. */
bool online_wanted(const struct online_opts *o);
/* The services, and the way to their clients. ret borrows c. */
int online_open(struct cmd_ctx *c, const struct online_opts *o, struct sig_online *ret, struct wp_err *err) WP_MUST_USE;
/* 0 where online_token will have somewhere to take one from, else WP_E_USAGE. */
int online_check_token(const struct online_opts *o, struct wp_err *err) WP_MUST_USE;
/* The identity token: --oidc-token, SIGSTORE_ID_TOKEN, or what GitHub Actions gives to jobs with `id-token: write`. In
 * the run's arena, to be wiped by the caller. */
int online_token(struct cmd_ctx *c, const struct online_opts *o, char **ret, struct wp_err *err) WP_MUST_USE;
