/* SPDX-License-Identifier: Apache-2.0
 *
 * The `signature` section of a module, read and written: tool-conventions' Signatures.md as it stands, and as wasmsign2
 * writes it, with a length in front of each set and each signature. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SIG_MODULE_HASH     32
#define SIG_MODULE_SETS_MAX 64
#define SIG_MODULE_PART_MAX 64 /* hashes of one set */
#define SIG_MODULE_SIG_MAX  256

/* One signature: the key's name, which nobody vouches for, and 64 bytes. */
struct sig_module_sig {
    struct wp_span key_id, bytes;
};
/* Hashes, each of all that precedes a place in the module, the last one of the whole, and the signatures over them. */
struct sig_module_set {
    struct wp_span hashes;
    struct sig_module_sig *sigs;
    size_t sig_count;
};
struct sig_module_section {
    struct sig_module_set *sets;
    size_t set_count;
};
/* The section's content behind its name. WP_E_MODULE: neither of the two framings, or more than the limits. */
int sig_module_section_read(struct wp_span payload, struct wp_arena *a, struct sig_module_section *ret,
                            struct wp_err *err) WP_MUST_USE;
/* The whole section, id and size included, as wasmsign2 writes it; appended. */
void sig_module_section_write(const struct sig_module_section *s, struct wp_buf *ret);
/* What the signatures of a set are over; appended. */
void sig_module_message(struct wp_span hashes, struct wp_buf *ret);

/* What a module consists of, to somebody who signs it. */
struct sig_module_parts {
    struct wp_span signature; /* content of the signature section; ptr NULL: there is none */
    struct wp_span rest;      /* all but the preamble and the signature section, as it lies in the module */
    struct wp_span hashes;    /* of rest up to the end of each delimiter, and of all of it: SIG_MODULE_HASH each */
    bool minimal;             /* sizes of sections are written in as few bytes as can be */
};
/* WP_E_MODULE: no module; signature sections that are not the first section, more delimiters than a set may have. */
int sig_module_parts(struct wp_span module, struct wp_arena *a, struct sig_module_parts *ret,
                     struct wp_err *err) WP_MUST_USE;
