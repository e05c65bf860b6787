/* SPDX-License-Identifier: Apache-2.0
 *
 * Who signs, for every command that does: a key or a certificate, from options; what it seals, and where the result
 * goes. */
#pragma once

#include "cmd/online.h"
#include "sign/bundle.h"
#include "sign/find.h"

/* Embedded in the options of a command that signs; SIGN_ROWS(struct opts, sign) are its rows. */
struct sign_opts {
    const char *key, *password_file, *password_fd;
    struct online_opts online;
};
/* The password of a key file has no option that would hold it: others read command lines. */
#define SIGN_PASSWORD_ROWS(type, member)                                                                             \
    {.name = "password-file",                                                                                        \
     .kind = OPT_STR,                                                                                                \
     .offset = offsetof(type, member.password_file),                                                                 \
     .arg = "FILE",                                                                                                  \
     .help = "the key's password is the first line of FILE"},                                                        \
    {                                                                                                                \
        .name = "password-fd", .kind = OPT_STR, .offset = offsetof(type, member.password_fd), .arg = "N", .env = "", \
        .help = "the key's password is the first line read from descriptor N"                                        \
    }
#define SIGN_ROWS(type, member)                                  \
    {.letter = 'k',                                              \
     .name = "key",                                              \
     .kind = OPT_STR,                                            \
     .offset = offsetof(type, member.key),                       \
     .arg = "KEY",                                               \
     .env = "WPACK_SIGN_KEY",                                    \
     .help = "private key: a file, exec:PROGRAM or pkcs11:..."}, \
        SIGN_PASSWORD_ROWS(type, member), ONLINE_ROWS(type, member.online)

/* Opened once, signs as often as is asked. */
struct signer {
    struct sig_key *key; /* owned; made with the first signature where the signer is an identity, NULL until then */
    const struct sig_pub *pub;          /* with the key */
    const char *name;                   /* for people, with the key: "release.key (ECDSA P-256 with SHA-256)" */
    const struct online_opts *identity; /* how to show it, where there is no key to open */
    int64_t time;                       /* when it signs: now, or SOURCE_DATE_EPOCH */
    const struct wp_span *certificates; /* DER, leaf first; NULL: a key */
    size_t certificate_count;
    struct sig_online online; /* services that attest the signature */
};
/* WP_E_USAGE where the options name nobody. A key is opened, an identity is asked for with the first signature. o has
 * to live as long as the signer. */
int signer_open(struct cmd_ctx *c, const struct sign_opts *o, struct signer *ret, struct wp_err *err) WP_MUST_USE;
void signer_done(struct signer *s);
#define SIGNER_AUTO WP_CLEANUP(signer_done)

/* WP_E_UNSUPPORTED where what will attest the signature has no place in cosign's older format. */
int signer_check_cosign(const struct signer *s, struct wp_err *err) WP_MUST_USE;

/* A signature with what makes it believed, in the run's arena. */
struct sealed {
    struct wp_span signature;
    struct sig_material material;
    struct wp_span entry;  /* TransparencyLogEntry as JSON; ptr NULL: none */
    struct wp_span bundle; /* the same as Sigstore bundle v0.3 */
};
/* A statement (or another payload) in a DSSE envelope. */
int signer_seal_payload(struct cmd_ctx *c, struct signer *s, const char *payload_type, struct wp_span payload,
                        struct sealed *ret, struct wp_err *err) WP_MUST_USE;
/* The bytes of a file. */
int signer_seal_bytes(struct cmd_ctx *c, struct signer *s, struct wp_span bytes, struct sealed *ret,
                      struct wp_err *err) WP_MUST_USE;

/* The bundle as a referrer of subject in t's store, as cosign 3 writes it, and there is proof that it is listed there
 * before this returns. ret: the referrer's manifest. */
int signer_attach_bundle(struct cmd_ctx *c, const struct signer *s, struct cmd_target *t,
                         const struct oci_desc *subject, struct wp_span bundle, const char *predicate_type,
                         struct oci_desc *ret, struct wp_err *err) WP_MUST_USE;
/* All of it: cosign's statement about subject, sealed and attached. */
int signer_sign(struct cmd_ctx *c, struct signer *s, struct cmd_target *t, const struct oci_desc *subject,
                const struct oci_annotation *annotations, size_t annotation_count, struct oci_desc *ret,
                struct wp_err *err) WP_MUST_USE;
/* Any referrer of one layer; the same promise. */
int signer_attach(struct cmd_ctx *c, struct cmd_target *t, const struct sig_attach *at, struct oci_desc *ret,
                  struct wp_err *err) WP_MUST_USE;
/* Where names of t's artifact stand in its store, for sig_find and sig_tag_add: "" or the repository of a layout's
 * name; where none was typed, that of a name which leads to the digest. */
const char *signer_repo(struct cmd_ctx *c, const struct cmd_target *t);
/* "host/repo" as those who verify will call it; NULL: a layout that does not say. */
const char *signer_repository(struct cmd_ctx *c, const struct cmd_target *t);
