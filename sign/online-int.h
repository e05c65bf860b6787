/* SPDX-License-Identifier: Apache-2.0
 *
 * What the clients of Sigstore's services share; private to sign/online*.c. */
#pragma once

#include "sign/online.h"

struct online_post {
    const char *base;   /* of the service, as configured */
    const char *path;   /* "/api/v2/signingCert"; NULL: base is the whole URL */
    const char *type;   /* Content-Type of the body */
    const char *accept; /* of the reply */
    struct wp_span body;
    const int *statuses; /* that are answers, ends with 0 */
    const char *what;    /* "certificate authority" */
};
/* The reply's body appended to ret. Redirects are not followed for a POST. *ret_status and *ret_location (in the
 * arena; NULL: none) may be NULL. */
int online_post(const struct sig_online *on, const struct online_post *p, struct wp_arena *a, struct wp_buf *ret,
                int *ret_status, const char **ret_location, struct wp_err *err) WP_MUST_USE;
int online_get(const struct sig_online *on, const char *url, const char *what, struct wp_buf *ret,
               struct wp_err *err) WP_MUST_USE;
/* Base64 of bytes, in the arena. */
const char *online_base64(struct wp_arena *a, struct wp_span bytes);
