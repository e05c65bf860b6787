/* SPDX-License-Identifier: Apache-2.0
 *
 * What formats have in common that carry nothing but a signature by an Ed25519 key: minisign's files, the section of a
 * module. */
#pragma once

#include "sign/sig.h"

/* 0 where a bare signature may satisfy d at all: it asks for an Ed25519 key and for nothing that only certificates,
 * logs, timestamps or statements have. Else -1 and ret->failed. */
int sig_plain_admits(const struct sig_candidate *c, const struct sig_demand *d, struct sig_proof *ret,
                     struct wp_err *err) WP_MUST_USE;
/* "key f4E… of wpack.pub" and the like: who signed, into ret. note: what else is to be told, or "". */
void sig_plain_signer(const struct sig_demand *d, const char *note, struct wp_arena *a, struct sig_proof *ret);
