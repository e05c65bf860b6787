/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps (RFC 3161) over a signature's bytes, or over those of the envelope that it stands in, as cosign 2 has them
 * of attestations; by an authority of the trusted root that was valid then. Every one that is there must hold. OpenSSL
 * checks the token; who may have signed it is checked here. */
#include "base/mem.h"
#include "base/time.h"
#include "sign/cert.h"
#include "sign/material-int.h"
#include "sign/token.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

static STACK_OF(X509) * certificates_of(const struct sig_root_authority *tsa)
{
    STACK_OF(X509) *ret = sk_X509_new_null();
    for (size_t i = 0; i < tsa->certificates.count; i++) {
        if (ret == NULL || sk_X509_push(ret, sig_cert_share(tsa->certificates.items[i])) <= 0) {
            wp_out_of_memory();
        }
    }
    return ret;
}

static X509_STORE *store_of(const struct sig_root_authority *tsa, int64_t at)
{
    X509_STORE *store = sig_token_store(at);
    if (X509_STORE_add_cert(store, tsa->certificates.items[tsa->certificates.count - 1]) != 1) {
        wp_out_of_memory();
    }
    (void)X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(store), X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

/* Where the root names the very certificate that signs, another one of the same authority does not do. */
static bool signed_by_leaf(TS_RESP *resp, const struct sig_root_authority *tsa)
{
    if ((X509_get_extension_flags(tsa->certificates.items[0]) & EXFLAG_CA) != 0) {
        return true;
    }
    STACK_OF(X509) *certificates = certificates_of(tsa);
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(resp), certificates, 0);
    bool yes = sk_X509_num(signers) == 1 && sig_cert_same(sk_X509_value(signers, 0), tsa->certificates.items[0]);
    sk_X509_free(signers);
    while (sk_X509_num(certificates) > 0) {
        X509_free(sk_X509_pop(certificates));
    }
    sk_X509_free(certificates);
    return yes;
}

static bool is_over(TS_RESP *resp, struct wp_span bytes, const struct sig_root_authority *tsa, int64_t at)
{
    TS_VERIFY_CTX *ctx = sig_token_ctx(bytes, store_of(tsa, at), certificates_of(tsa));
    bool yes = TS_RESP_verify_response(ctx, resp) == 1 && signed_by_leaf(resp, tsa);
    TS_VERIFY_CTX_free(ctx);
    ERR_clear_error();
    return yes;
}

static bool is_by(TS_RESP *resp, const struct sig_signed *s, const struct sig_root_authority *tsa, int64_t at)
{
    return is_over(resp, s->signature, tsa, at) || (s->envelope.ptr != NULL && is_over(resp, s->envelope, tsa, at));
}

static int check_response(struct sig_checking *c, TS_RESP *resp, struct wp_err *err)
{
    char when[WP_TIME_TEXT];
    TS_TST_INFO *info = TS_RESP_get_tst_info(resp);
    int64_t at = 0;
    if (info == NULL || !sig_asn1_time(TS_TST_INFO_get_time(info), &at)) {
        return sig_refuse(c, "timestamp", err, "a timestamp says no time");
    }
    (void)wp_time_rfc3339(at, when);
    if (!sig_token_hash_strong(info)) {
        return sig_refuse(c, "timestamp", err, "the timestamp of %s is over a hash that is not trusted", when);
    }
    if (at > c->demand->now + SIG_TOKEN_AHEAD) {
        return sig_refuse(c, "timestamp", err, "the timestamp is from the future, %s", when);
    }
    for (size_t i = 0; i < c->root->tsa_count; i++) {
        const struct sig_root_authority *tsa = &c->root->tsas[i];
        if (sig_period_has(&tsa->valid, at) && is_by(resp, c->sealed, tsa, at)) {
            c->times[c->time_count++] =
                (struct sig_time){.at = at, .source = wp_arena_printf(c->arena, "timestamp authority %s", tsa->name)};
            return 0;
        }
    }
    return sig_refuse(c, "timestamp", err,
                      "the timestamp of %s is not over this signature by an authority that '%s' trusts for then", when,
                      c->root->name);
}

static int check_timestamp(struct sig_checking *c, struct wp_span der, struct wp_err *err)
{
    const uint8_t *at = der.ptr;
    TS_RESP *resp = der.len <= INT_MAX ? d2i_TS_RESP(NULL, &at, (long)der.len) : NULL;
    ERR_clear_error();
    if (resp == NULL || at != der.ptr + der.len) {
        TS_RESP_free(resp);
        return sig_refuse(c, "timestamp", err, "a timestamp is no reply of a timestamp authority (RFC 3161)");
    }
    int r = check_response(c, resp, err);
    TS_RESP_free(resp);
    return r;
}

int sig_check_timestamps(struct sig_checking *c, struct wp_err *err)
{
    for (size_t i = 0; i < c->material->timestamp_count; i++) {
        if (check_timestamp(c, c->material->timestamps[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}
