/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp tokens in Notary envelopes (RFC 3161 TimeStampToken, not the response around it): over the signature's
 * bytes, by an authority whose root is in the store, whose certificates were valid then
 * (trust-store-trust-policy.md, "Authentic timestamp"). */
#include "base/mem.h"
#include "base/time.h"
#include "sign/notation-int.h"
#include "sign/token.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>

/* ETSI EN 319 421's baseline policy promises a second where a token says nothing. */
#define BASELINE_POLICY "0.4.0.2023.1.1"

static void pkcs7_free_p(PKCS7 **p7)
{
    PKCS7_free(*p7);
    *p7 = NULL;
}

static void info_free_p(TS_TST_INFO **info)
{
    TS_TST_INFO_free(*info);
    *info = NULL;
}

static void store_free_p(X509_STORE **store)
{
    X509_STORE_free(*store);
    *store = NULL;
}

static void stack_free_p(STACK_OF(X509) * *stack)
{
    sk_X509_free(*stack);
    *stack = NULL;
}

static int fail(struct wp_err *err, const char *what)
{
    return wp_fail(err, WP_E_UNSATISFIED, "the timestamp %s", what);
}

/* Parts of a second count as one. Numbers that are none, or larger than a day, as wide as time is. */
static int64_t accuracy_of(TS_TST_INFO *info)
{
    enum { DAY = 86400 };
    char policy[64] = "";
    const TS_ACCURACY *a = TS_TST_INFO_get_accuracy(info);
    const ASN1_INTEGER *whole = a != NULL ? TS_ACCURACY_get_seconds(a) : NULL;
    const ASN1_INTEGER *millis = a != NULL ? TS_ACCURACY_get_millis(a) : NULL;
    const ASN1_INTEGER *micros = a != NULL ? TS_ACCURACY_get_micros(a) : NULL;
    int64_t n = 0;
    if (whole != NULL && (ASN1_INTEGER_get_int64(&n, whole) != 1 || n < 0 || n > DAY)) {
        return INT32_MAX;
    }
    if (millis != NULL || micros != NULL) {
        return n + 1;
    }
    (void)OBJ_obj2txt(policy, sizeof(policy), TS_TST_INFO_get_policy_id(info), 1);
    return n == 0 && wp_str_eq(policy, BASELINE_POLICY) ? 1 : n;
}

/* The store's roots, at that time. */
static X509_STORE *roots_at(const struct sig_store *s, int64_t at)
{
    X509_STORE *store = sig_token_store(at);
    for (size_t i = 0; i < s->tsa.count; i++) {
        if (X509_STORE_add_cert(store, s->tsa.items[i]) != 1) {
            wp_out_of_memory();
        }
    }
    return store;
}

static bool verify(PKCS7 *token, struct wp_span bytes, X509_STORE *roots)
{
    if (X509_STORE_up_ref(roots) != 1) {
        wp_out_of_memory();
    }
    TS_VERIFY_CTX *ctx = sig_token_ctx(bytes, roots, NULL);
    bool yes = TS_RESP_verify_token(ctx, token) == 1;
    TS_VERIFY_CTX_free(ctx);
    ERR_clear_error();
    return yes;
}

/* The authority's certificates from the one that signed up to the root, as its token was believed. */
static int chain_of(PKCS7 *token, X509_STORE *roots, struct sig_certs *ret, struct wp_err *err)
{
    WP_CLEANUP(stack_free_p) STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool ok = signers != NULL && ctx != NULL && sk_X509_num(signers) == 1 &&
              X509_STORE_CTX_init(ctx, roots, sk_X509_value(signers, 0), token->d.sign->cert) == 1 &&
              X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_TIMESTAMP_SIGN) == 1 && X509_verify_cert(ctx) == 1;
    STACK_OF(X509) *chain = ok ? X509_STORE_CTX_get0_chain(ctx) : NULL;
    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if (X509_up_ref(cert) != 1) {
            wp_out_of_memory();
        }
        sig_certs_add(ret, cert);
    }
    X509_STORE_CTX_free(ctx);
    return ok ? 0 : fail(err, "is signed by an authority that the trust store does not know");
}

int sig_store_stamp(const struct sig_store *s, struct wp_span token, struct wp_span bytes, int64_t now,
                    struct wp_arena *a, struct sig_stamp *ret, struct wp_err *err)
{
    const unsigned char *p = token.ptr;
    WP_CLEANUP(pkcs7_free_p)
    PKCS7 *p7 = token.len <= INT_MAX ? d2i_PKCS7(NULL, &p, (long)token.len) : NULL;
    if (p7 == NULL || p != token.ptr + token.len || !PKCS7_type_is_signed(p7) || bytes.len > INT_MAX) {
        return fail(err, "is no token of RFC 3161");
    }
    WP_CLEANUP(info_free_p) TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(p7);
    if (info == NULL || !sig_asn1_time(TS_TST_INFO_get_time(info), &ret->at)) {
        return fail(err, "holds no time");
    }
    if (!sig_token_hash_strong(info)) {
        return fail(err, "is over a hash that is none of SHA-256, SHA-384 and SHA-512");
    }
    if (ret->at > now + SIG_TOKEN_AHEAD) {
        return fail(err, "is from the future");
    }
    ret->accuracy = accuracy_of(info);
    WP_CLEANUP(store_free_p) X509_STORE *roots = roots_at(s, ret->at);
    if (!verify(p7, bytes, roots)) {
        return fail(err, "does not hold: it is not over this signature, or its own signature or authority is not "
                         "trusted");
    }
    if (chain_of(p7, roots, &ret->chain, err) < 0) {
        return -1;
    }
    ret->authority = sig_cert_subject(ret->chain.items[0], a);
    return 0;
}
