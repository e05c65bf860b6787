/* SPDX-License-Identifier: Apache-2.0
 *
 * What both encodings of Notary envelopes are asked: a reading is the same when it is written and read again; nothing
 * is accepted for another artifact, whatever the store does not enforce; every part behind the signature takes any
 * bytes. */
#pragma once

#include "base/mem.h"
#include "sign/formats.h"
#include "sign/notation-int.h"

#include <stdlib.h>

#define NOW INT64_C(1795402400) /* the certificates of the corpus are valid */

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static const char root_pem[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIB6TCCAY+gAwIBAgIUNNn4971vELSXa+3bmuLHZ5qjZkwwCgYIKoZIzj0EAwIw\n"
                               "QjELMAkGA1UEBhMCVVMxCzAJBgNVBAgMAldBMRMwEQYDVQQKDAp3cGFjayB0ZXN0\n"
                               "MREwDwYDVQQDDAhkZXYgcm9vdDAeFw0yNjExMjMwMjUyNTZaFw0yNjEyMjMwMjUy\n"
                               "NTZaMEIxCzAJBgNVBAYTAlVTMQswCQYDVQQIDAJXQTETMBEGA1UECgwKd3BhY2sg\n"
                               "dGVzdDERMA8GA1UEAwwIZGV2IHJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
                               "AAT+ObpFBQACf+bKTiEs3buHka4xxtVelrPwm/BuJ1jSCWxMsw9A1MlgGIBHe2Zb\n"
                               "uA4ppVC9sTTsJ509+TO6l9pmo2MwYTAdBgNVHQ4EFgQUFaVbmNaspzqda8zB5kcU\n"
                               "uWwsDNAwHwYDVR0jBBgwFoAUFaVbmNaspzqda8zB5kcUuWwsDNAwDwYDVR0TAQH/\n"
                               "BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIhANMOlt99\n"
                               "9dro6pAqXGRVlq/sojkexCtozzwstge769vYAiBsZ/u0A+5U03kP4wfm8wmtwZP2\n"
                               "dlKzMEWSLhQm1qQl4w==\n"
                               "-----END CERTIFICATE-----\n";
static const char tsa_pem[] = "-----BEGIN CERTIFICATE-----\n"
                              "MIIBojCCAUegAwIBAgIUcYzA9MYkRuSLjZCDJuVXmZJI6nswCgYIKoZIzj0EAwIw\n"
                              "HjENMAsGA1UECgwEdGltZTENMAsGA1UEAwwEcm9vdDAeFw0yNjExMjMwMjUyNTda\n"
                              "Fw0yNjEyMjMwMjUyNTdaMB4xDTALBgNVBAoMBHRpbWUxDTALBgNVBAMMBHJvb3Qw\n"
                              "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQIE4xBXtPXN/RQD5dWFz8zKeJNiWqz\n"
                              "ctf7kt2jYDznUVCY+R/qFGinQ8IzozQPbLaFPhVaASBxhoOqcL6aq+ZBo2MwYTAd\n"
                              "BgNVHQ4EFgQUgO+21lvYMe/UtKatas7b+spcvXEwHwYDVR0jBBgwFoAUgO+21lvY\n"
                              "Me/UtKatas7b+spcvXEwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQw\n"
                              "CgYIKoZIzj0EAwIDSQAwRgIhAIAYQzHXRv+KJfUVskoPq+S9pHICZQ+WCkBi2hbV\n"
                              "rDtvAiEA/xdFaxLPkf2YKRNWRNar8iO9UnVclXt8EXqCZEi5fWI=\n"
                              "-----END CERTIFICATE-----\n";

/* strict: all is enforced; else nothing that need not be. Made once. */
static struct sig_store *store_of(bool strict)
{
    static struct sig_store *made[2];
    if (made[strict] != NULL) {
        return made[strict];
    }
    const struct sig_store_file root = {.name = "root", .bytes = wp_span_str(root_pem)};
    const struct sig_store_file tsa = {.name = "tsa", .bytes = wp_span_str(tsa_pem)};
    const char *who = strict ? "x509.subject: C=US, ST=WA, O=wpack test" : "*";
    const enum sig_notation_check how = strict ? SIG_NOTATION_ENFORCE : SIG_NOTATION_LOG;
    const struct sig_store_parts parts = {
        .name = "store",
        .ca = &root,
        .ca_count = 1,
        .tsa = &tsa,
        .tsa_count = 1,
        .timestamp_after_expiry_only = strict,
        .identities = &who,
        .identity_count = 1,
        .authenticity = how,
        .timestamp = how,
        .expiry = how,
        .revocation = how,
    };
    struct wp_err err = {0};
    must(sig_store_new(&parts, &made[strict], &err) == 0);
    return made[strict];
}

static void ask(struct wp_span bytes, const char *media_type, const char *content, bool strict, struct wp_arena *a)
{
    struct sig_proof proof;
    struct wp_err err = {0};
    struct sig_artifact art = {.name = "it",
                               .desc = {.media_type = "application/vnd.oci.image.manifest.v1+json", .size = 3}};
    const struct sig_demand d = {.name = "d", .store = store_of(strict), .now = NOW};
    const struct sig_candidate c = {
        .format = &sig_format_notation, .where = "it", .bytes = bytes, .media_type = media_type};
    oci_digest_of(WP_SHA256, wp_span_str(content), &art.desc.digest);
    int rc = sig_check(&c, &art, &d, a, &proof, &err);
    must(rc == 0 || rc == 1);
    must((proof.failed == NULL) == (rc == 1) && (err.code == WP_E_OK) == (rc == 1));
    must(rc == 0 || wp_str_eq(content, "abc"));
}

static void again(const struct sig_wire *wire, const struct sig_envelope *e, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf tbs = WP_BUF_INIT;
    struct sig_envelope second;
    struct wp_err err = {0};
    wire->write(e, &text);
    must(wire->read(wp_buf_span(&text), a, &second, &err) == 0);
    must(second.alg == e->alg && second.authority == e->authority && second.signing_time == e->signing_time);
    must(second.has_expiry == e->has_expiry && second.expiry == e->expiry && second.chain_count == e->chain_count);
    must(second.payload.len == e->payload.len && second.timestamp.len == e->timestamp.len);
    wire->to_be_signed(e, &tbs);
    must(second.tbs.len == tbs.len && memcmp(second.tbs.ptr, tbs.ptr, tbs.len) == 0);
}

/* What stands behind the signature, which no changed bytes get past. */
static void parts(const struct sig_envelope *e, struct wp_arena *a)
{
    SIG_AUTO_CERTS struct sig_certs chain = SIG_CERTS_INIT;
    struct sig_stamp stamp = {.chain = SIG_CERTS_INIT};
    struct wp_err err = {0};
    for (size_t i = 0; i < e->chain_count; i++) {
        X509 *cert = NULL;
        if (sig_cert_of_der(e->chain[i], "c", &cert, &err) == 0) {
            sig_certs_add(&chain, cert);
            (void)sig_store_means(store_of(true), cert, a);
            (void)sig_cert_period(cert, a);
        }
    }
    must(sig_chain_check(&chain, a, &err) == 0 || err.code == WP_E_CERTIFICATE);
    must(sig_store_revoked(store_of(true), &chain, NOW, a, &err) == 0 || err.code == WP_E_CERTIFICATE);
    must(sig_chain_at(&chain, NOW, NULL, a, &err) == 0 || err.code == WP_E_CERTIFICATE);
    if (e->timestamp.ptr != NULL &&
        sig_store_stamp(store_of(true), e->timestamp, e->signature, NOW, a, &stamp, &err) == 0) {
        must(stamp.chain.count > 1 && stamp.authority != NULL);
    }
    sig_certs_done(&stamp.chain);
}

static void ask_all(const struct sig_wire *wire, struct wp_span bytes)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct sig_envelope e;
    struct wp_err err = {0};
    if (wire->read(bytes, &a, &e, &err) != 0) {
        must(err.code == WP_E_INPUT && err.msg[0] != '\0');
    } else {
        must(e.alg != SIG_ALG_NONE && e.chain_count > 0 && e.tbs.len > 0 && e.signature.len > 0);
        again(wire, &e, &a);
        parts(&e, &a);
    }
    ask(bytes, wire->media_type, "abc", true, &a);
    ask(bytes, wire->media_type, "abc", false, &a);
    ask(bytes, wire->media_type, "abd", false, &a);
}
