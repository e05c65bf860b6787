/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sign/temp-key.h"

#include "sign/key.h"
#include "tests/unit/unit.h"

void temp_write_pub(const struct temp_folder *t, const char *path)
{
    SIG_AUTO_KEY struct sig_key *key = NULL;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    struct wp_err err;
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &key, &err), 0);
    sig_pub_pem(sig_key_pub(key), &pem);
    temp_write(t, path, wp_buf_span(&pem));
}
