/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp tokens over OpenSSL (sign/token.h). */
#include "sign/token.h"

#include "base/mem.h"

#include <openssl/objects.h>
#include <openssl/x509_vfy.h>

#define SECURITY_LEVEL 2

bool sig_token_hash_strong(TS_TST_INFO *info)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    X509_ALGOR *alg = imprint != NULL ? TS_MSG_IMPRINT_get_algo(imprint) : NULL;
    if (alg == NULL) {
        return false;
    }
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR_get0(&object, NULL, NULL, alg);
    int nid = OBJ_obj2nid(object);
    return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

WP_OWN X509_STORE *sig_token_store(int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL) {
        wp_out_of_memory();
    }
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    return store;
}

WP_OWN TS_VERIFY_CTX *sig_token_ctx(struct wp_span bytes, WP_OWN X509_STORE *store,
                                    WP_OWN STACK_OF(X509) * certificates)
{
    TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
    BIO *data = BIO_new_mem_buf(bytes.ptr, (int)bytes.len);
    if (ctx == NULL || data == NULL) {
        wp_out_of_memory();
    }
    /* All three are ctx's from here on. */
    (void)TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_DATA);
    (void)TS_VERIFY_CTX_set_data(ctx, data);
    (void)TS_VERIFY_CTX_set_store(ctx, store);
    (void)TS_VERIFY_CTX_set_certs(ctx, certificates);
    return ctx;
}
