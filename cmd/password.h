/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords of keys, for commands that sign or make keys: from a file or descriptor that was named, from the
 * environment, from the terminal. Never from standard input unasked, and never from the command line. */
#pragma once

#include "cmd/cmd.h"
#include "sign/key.h"

/* Filled by password_init, before anything is opened and anything runs. */
struct password {
    struct cmd_ctx *c;
    const char *file, *fd;        /* --password-file, --password-fd; NULL: not given */
    struct sig_secret *key, *pin; /* of the environment; NULL: not set */
    struct sig_ask ask;           /* for sig_key_open; lives as long as this */
};
/* Takes WPACK_KEY_PASSWORD or COSIGN_PASSWORD (empty counts), WPACK_PKCS11_PIN or COSIGN_PKCS11_PIN out of the
 * environment, where no child and nobody who looks into /proc finds them any more, and keeps this process out of cores
 * and debuggers. */
void password_init(struct password *p, struct cmd_ctx *c, const char *file, const char *fd);
void password_done(struct password *p);
#define PASSWORD_AUTO WP_CLEANUP(password_done)
