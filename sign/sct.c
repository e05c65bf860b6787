/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed certificate timestamps inside certificates (RFC 6962, section 3.2): a log that the trusted root knows has seen
 * what was to become the signer's certificate. What it signed is the certificate without the timestamps, and the hash
 * of the issuer's key. */
#include "base/hash.h"
#include "base/mem.h"
#include "sign/cert.h"
#include "sign/material-int.h"

#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

/* More than any authority asks for. */
#define SCTS_MAX 16
#define PRECERT  1

static void put_number(struct wp_buf *b, uint64_t n, unsigned bytes)
{
    while (bytes-- > 0) {
        wp_buf_add_char(b, (char)(n >> (8 * bytes) & 0xff));
    }
}

static void issuer_key_hash(X509 *issuer, uint8_t ret[WP_HASH_MAX])
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &der);
    if (len <= 0) {
        wp_out_of_memory();
    }
    wp_hash_bytes(WP_SHA256, wp_span(der, (size_t)len), ret);
    OPENSSL_free(der);
}

/* The certificate as the log saw it. */
static void put_precertificate(X509 *leaf, struct wp_buf *b)
{
    X509 *copy = X509_dup(leaf);
    uint8_t *der = NULL;
    if (copy == NULL) {
        wp_out_of_memory();
    }
    X509_EXTENSION_free(X509_delete_ext(copy, X509_get_ext_by_NID(copy, NID_ct_precert_scts, -1)));
    int len = i2d_re_X509_tbs(copy, &der);
    if (len <= 0) {
        wp_out_of_memory();
    }
    put_number(b, (uint64_t)len, 3);
    wp_buf_add(b, der, (size_t)len);
    OPENSSL_free(der);
    X509_free(copy);
}

/* What the log signed. */
static void put_signed(struct sig_checking *c, const SCT *sct, struct wp_buf *b)
{
    uint8_t hash[WP_HASH_MAX];
    uint8_t *extensions = NULL;
    size_t len = SCT_get0_extensions(sct, &extensions);
    issuer_key_hash(c->issuer, hash);
    put_number(b, 0, 2); /* version 1, certificate_timestamp */
    put_number(b, SCT_get_timestamp(sct), 8);
    put_number(b, PRECERT, 2);
    wp_buf_add(b, hash, 32);
    put_precertificate(c->leaf, b);
    put_number(b, len, 2);
    wp_buf_add(b, extensions != NULL ? extensions : (const uint8_t *)"", len);
}

static bool is_by(struct sig_checking *c, const SCT *sct, const struct sig_root_log *log)
{
    uint8_t *id = NULL;
    uint8_t *signature = NULL;
    size_t id_len = SCT_get0_log_id(sct, &id);
    size_t signature_len = SCT_get0_signature(sct, &signature);
    int64_t at = (int64_t)(SCT_get_timestamp(sct) / 1000);
    if (id_len != sizeof(log->id) || memcmp(id, log->id, sizeof(log->id)) != 0 || !sig_period_has(&log->valid, at) ||
        at > c->demand->now + SIG_TOKEN_AHEAD) {
        return false;
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    put_signed(c, sct, &text);
    const struct sig_message message = {.bytes = wp_buf_span(&text)};
    return sig_root_log_signed(log, &message, wp_span(signature, signature_len));
}

static bool is_known(struct sig_checking *c, const SCT *sct)
{
    for (size_t i = 0; SCT_get_version(sct) == SCT_VERSION_V1 && i < c->root->ctlog_count; i++) {
        if (is_by(c, sct, &c->root->ctlogs[i])) {
            return true;
        }
    }
    return false;
}

int sig_check_sct(struct sig_checking *c, struct wp_err *err)
{
    if (c->root->ctlog_count == 0) {
        return 0;
    }
    STACK_OF(SCT) *list = X509_get_ext_d2i(c->leaf, NID_ct_precert_scts, NULL, NULL);
    ERR_clear_error();
    if (list == NULL) {
        return sig_refuse(c, "sct", err, "no log of certificates has seen the signer's certificate");
    }
    bool known = false;
    for (int i = 0; !known && i < sk_SCT_num(list) && i < SCTS_MAX; i++) {
        known = is_known(c, sk_SCT_value(list, i));
    }
    SCT_LIST_free(list);
    ERR_clear_error();
    if (!known) {
        return sig_refuse(c, "sct", err, "no log of certificates that '%s' knows has seen the signer's certificate",
                          c->root->name);
    }
    return 0;
}
