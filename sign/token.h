/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp tokens (RFC 3161) as OpenSSL checks them, for both that carry them: Sigstore's material and Notary's
 * envelopes. Who may have signed one is each one's own question. */
#pragma once

#include "base/base.h"

#include <openssl/ts.h>

#define SIG_TOKEN_AHEAD 300 /* seconds that an authority's clock may be ahead of this machine's */

/* Over a hash that can be trusted. */
bool sig_token_hash_strong(TS_TST_INFO *info);
/* Trust for a token's signer at that time: as strong as 112 bits, roots are added by the caller. */
WP_OWN X509_STORE *sig_token_store(int64_t at);
/* To check version, imprint over bytes (at most INT_MAX of them) and signature. certificates NULL: those in the token
 * alone. */
WP_OWN TS_VERIFY_CTX *sig_token_ctx(struct wp_span bytes, WP_OWN X509_STORE *store,
                                    WP_OWN STACK_OF(X509) * certificates);
