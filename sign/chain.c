/* SPDX-License-Identifier: Apache-2.0
 *
 * The signer's certificate (RFC 5280; Fulcio's certificate specification): it may sign code, and at every time that was
 * proven it and every certificate up to an anchor of the trusted root was valid. OpenSSL builds and checks the chain,
 * it has no notion of code signing: that is looked at here. */
#include "base/mem.h"
#include "base/time.h"
#include "sign/cert.h"
#include "sign/material-int.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define DEPTH_MAX 8
/* 112 bits: RSA of 2048, no SHA-1. */
#define SECURITY_LEVEL 2

static bool may_sign_code(X509 *cert, bool any)
{
    uint32_t uses = X509_get_extended_key_usage(cert);
    return (uses & XKU_CODE_SIGN) != 0 || (any && (uses & XKU_ANYEKU) != 0);
}

static int check_leaf(struct sig_checking *c, struct wp_err *err)
{
    uint32_t flags = X509_get_extension_flags(c->leaf);
    if ((flags & EXFLAG_INVALID) != 0) {
        return sig_refuse(c, "chain", err, "the signer's certificate has extensions that cannot be read");
    }
    if ((flags & EXFLAG_CA) != 0 || sig_cert_self_issued(c->leaf)) {
        return sig_refuse(c, "chain", err, "the signer's certificate is that of an authority");
    }
    if ((flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(c->leaf) & KU_DIGITAL_SIGNATURE) == 0) {
        return sig_refuse(c, "chain", err, "the signer's certificate is not for signatures (key usage)");
    }
    if ((flags & EXFLAG_XKUSAGE) == 0 || !may_sign_code(c->leaf, false)) {
        return sig_refuse(c, "chain", err, "the signer's certificate is not for code signing (extended key usage)");
    }
    return 0;
}

static STACK_OF(X509) * helpers_of(struct sig_checking *c, const struct sig_root_authority *ca)
{
    STACK_OF(X509) *ret = sk_X509_new_null();
    bool ok = ret != NULL;
    for (size_t i = 0; ok && i + 1 < ca->certificates.count; i++) {
        ok = sk_X509_push(ret, sig_cert_share(ca->certificates.items[i])) > 0;
    }
    for (size_t i = 1; ok && i < c->material->certificate_count; i++) {
        X509 *cert = NULL;
        struct wp_err unread;
        ok = sig_cert_of_der(c->material->certificates[i], "certificate", &cert, &unread) < 0 ||
             sk_X509_push(ret, cert) > 0;
    }
    if (!ok) {
        wp_out_of_memory();
    }
    return ret;
}

static bool authorities_may_sign_code(X509_STORE_CTX *ctx)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    for (int i = 1; i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if ((X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) != 0 && !may_sign_code(cert, true)) {
            return false;
        }
    }
    return true;
}

/* X509_V_OK, or why not. */
static int verify_in(struct sig_checking *c, const struct sig_root_authority *ca, int64_t at, X509_STORE *store,
                     X509_STORE_CTX *ctx, STACK_OF(X509) * helpers)
{
    if (X509_STORE_add_cert(store, ca->certificates.items[ca->certificates.count - 1]) != 1 ||
        X509_STORE_CTX_init(ctx, store, c->leaf, helpers) != 1) {
        wp_out_of_memory();
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(ctx) != 1) {
        int why = X509_STORE_CTX_get_error(ctx);
        return why != X509_V_OK ? why : X509_V_ERR_UNSPECIFIED;
    }
    if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) < 2 || !authorities_may_sign_code(ctx)) {
        return X509_V_ERR_INVALID_PURPOSE;
    }
    X509_free(c->issuer);
    c->issuer = sig_cert_share(sk_X509_value(X509_STORE_CTX_get0_chain(ctx), 1));
    return X509_V_OK;
}

static int verify_by(struct sig_checking *c, const struct sig_root_authority *ca, int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *helpers = helpers_of(c, ca);
    if (store == NULL || ctx == NULL) {
        wp_out_of_memory();
    }
    int why = verify_in(c, ca, at, store, ctx, helpers);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    while (sk_X509_num(helpers) > 0) {
        X509_free(sk_X509_pop(helpers));
    }
    sk_X509_free(helpers);
    ERR_clear_error();
    return why;
}

/* How telling a reason is: of several authorities, the one that issued the certificate says most. */
static unsigned weight(int why)
{
    switch (why) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return 1;
    default:
        return 2;
    }
}

static int refuse_at(struct sig_checking *c, int why, const struct sig_time *t, struct wp_err *err)
{
    char when[WP_TIME_TEXT];
    (void)wp_time_rfc3339(t->at, when);
    if (why == X509_V_OK) {
        return sig_refuse(c, "chain", err, "no certificate authority of '%s' is trusted for %s (%s)", c->root->name,
                          when, t->source);
    }
    bool time = why == X509_V_ERR_CERT_HAS_EXPIRED || why == X509_V_ERR_CERT_NOT_YET_VALID;
    return sig_refuse(c, time ? "expired" : "chain", err, "the signer's certificate does not hold at %s (%s): %s", when,
                      t->source, X509_verify_cert_error_string(why));
}

static int check_at(struct sig_checking *c, const struct sig_time *t, struct wp_err *err)
{
    int worst = X509_V_OK;
    for (size_t i = 0; i < c->root->ca_count; i++) {
        const struct sig_root_authority *ca = &c->root->cas[i];
        if (!sig_period_has(&ca->valid, t->at)) {
            continue;
        }
        int why = verify_by(c, ca, t->at);
        if (why == X509_V_OK) {
            return 0;
        }
        worst = worst == X509_V_OK || weight(why) > weight(worst) ? why : worst;
    }
    return refuse_at(c, worst, t, err);
}

int sig_check_chain(struct sig_checking *c, struct wp_err *err)
{
    const struct sig_time now = {.at = c->demand->now, .source = "now"};
    if (check_leaf(c, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < c->time_count; i++) {
        if (check_at(c, &c->times[i], err) < 0) {
            return -1;
        }
    }
    return c->time_count == 0 ? check_at(c, &now, err) : 0;
}
