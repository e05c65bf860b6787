/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps from an authority (RFC 3161). Version, imprint and nonce of the reply must answer the request; who signed
 * it is judged with the finished bundle. */
#include "base/hash.h"
#include "sign/online-int.h"

#include <openssl/rand.h>
#include <openssl/ts.h>

#define WHAT "timestamp authority"
/* Long enough that nobody guesses it. */
#define NONCE_BYTES 16

static TS_REQ *new_request(struct wp_span bytes)
{
    uint8_t digest[WP_HASH_MAX];
    uint8_t nonce[NONCE_BYTES];
    wp_hash_bytes(WP_SHA256, bytes, digest);
    if (RAND_bytes(nonce, sizeof(nonce)) != 1) {
        return NULL;
    }
    nonce[0] &= 0x7f; /* a positive number */
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    BIGNUM *number = BN_bin2bn(nonce, sizeof(nonce), NULL);
    ASN1_INTEGER *value = number == NULL ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    bool ok = request != NULL && imprint != NULL && algorithm != NULL && value != NULL &&
              X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
              TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
              TS_MSG_IMPRINT_set_msg(imprint, digest, (int)wp_hash_size(WP_SHA256)) == 1 &&
              TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1 &&
              TS_REQ_set_nonce(request, value) == 1 && TS_REQ_set_cert_req(request, 1) == 1;
    ASN1_INTEGER_free(value);
    BN_free(number);
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    if (!ok) {
        TS_REQ_free(request);
        return NULL;
    }
    return request;
}

static int check_reply(TS_REQ *request, struct wp_span reply, struct wp_err *err)
{
    const uint8_t *at = reply.ptr;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)reply.len);
    if (response == NULL || at != reply.ptr + reply.len) {
        TS_RESP_free(response);
        return wp_fail(err, WP_E_OTHER, "its reply is no timestamp response");
    }
    TS_VERIFY_CTX *ctx = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    /* Whose signature it is, is the trusted root's question. */
    bool ok = ctx != NULL && TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_NONCE) != 0 &&
              TS_RESP_get_tst_info(response) != NULL && TS_RESP_verify_response(ctx, response) == 1;
    TS_VERIFY_CTX_free(ctx);
    TS_RESP_free(response);
    return ok ? 0 : wp_fail(err, WP_E_OTHER, "its reply is no timestamp for this request");
}

static int ask(const struct sig_online *on, TS_REQ *request, struct wp_arena *a, struct wp_buf *ret, struct wp_err *err)
{
    static const int created[] = {200, 201, 0};
    uint8_t *der = NULL;
    int len = i2d_TS_REQ(request, &der);
    if (len <= 0) {
        return wp_fail(err, WP_E_OTHER, "no timestamp request could be made");
    }
    const struct online_post post = {.base = on->services.timestamp,
                                     .type = "application/timestamp-query",
                                     .accept = "application/timestamp-reply",
                                     .body = wp_span(der, (size_t)len),
                                     .statuses = created,
                                     .what = WHAT};
    int got = online_post(on, &post, a, ret, NULL, NULL, err);
    CRYPTO_free(der, "", 0);
    if (got == 0 && check_reply(request, wp_buf_span(ret), err) < 0) {
        return wp_wrap(err, WHAT " %s", on->services.timestamp);
    }
    return got;
}

int sig_online_timestamp(const struct sig_online *on, struct wp_span bytes, struct wp_arena *a, struct wp_span *ret,
                         struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf reply = WP_BUF_INIT;
    TS_REQ *request = new_request(bytes);
    if (request == NULL) {
        return wp_fail(err, WP_E_OTHER, "no timestamp request could be made");
    }
    int got = ask(on, request, a, &reply, err);
    TS_REQ_free(request);
    if (got == 0) {
        *ret = wp_arena_bytes(a, wp_buf_span(&reply));
    }
    return got;
}
