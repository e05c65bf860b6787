/* SPDX-License-Identifier: Apache-2.0
 *
 * PEM (RFC 7468): labelled base64, several blocks in one text. What stands around blocks is not looked at: `openssl
 * x509 -text` puts words there. And lines, which the files of minisign and OpenSSH consist of. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct sig_pem {
    struct wp_span label; /* "PUBLIC KEY" */
    struct wp_span body;  /* lines of base64 */
};
/* The next block; *text is moved behind it. 1; 0: no more; -1: WP_E_INPUT, a block without an end. */
int sig_pem_next(struct wp_span *text, const char *name, struct sig_pem *ret, struct wp_err *err) WP_MUST_USE;
bool sig_pem_is(const struct sig_pem *p, const char *label);
/* The bytes, appended. Wipes what it needed in between; ret is the caller's to wipe. WP_E_INPUT: no base64, or empty.
 */
int sig_pem_decode(const struct sig_pem *p, const char *name, struct wp_buf *ret, struct wp_err *err) WP_MUST_USE;
/* A block, 64 columns wide, appended. */
void sig_pem_write(const char *label, struct wp_span bytes, struct wp_buf *b);
/* Nothing but blanks and line breaks. */
bool sig_blank(struct wp_span text);
/* The next line without its end (LF, CR LF); *text is moved behind it. False: there is none. */
bool sig_line(struct wp_span *text, struct wp_span *ret);
bool sig_starts(struct wp_span text, const char *word);
