/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys that programs and tokens hold. */
#include "sign/key-int.h"

int sig_key_exec(const char *spec, struct sig_key **ret, struct wp_err *err)
{
    (void)ret;
    return wp_fail(err, WP_E_UNSUPPORTED, "%s: keys in other hands cannot be used", spec);
}

int sig_key_pkcs11(const char *uri, const struct sig_ask *ask, struct sig_key **ret, struct wp_err *err)
{
    (void)ask;
    return sig_key_exec(uri, ret, err);
}
