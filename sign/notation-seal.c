/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing as Notary does: the payload about a target, an envelope around it, by the key of a chain's leaf
 * (sign/notation.h). */
#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/notation-int.h"
#include "sign/notation.h"

#include <limits.h>
#include <openssl/ts.h>

/* {"targetArtifact":{…}}, keys sorted. */
static int write_payload(const struct sig_notation_sign *in, struct wp_arena *a, struct wp_span *ret,
                         struct wp_err *err)
{
    struct oci_desc target = {
        .media_type = in->target->media_type, .digest = in->target->digest, .size = in->target->size};
    for (size_t i = 0; i < in->annotation_count; i++) {
        if (wp_str_starts(in->annotations[i].key, SIG_NOTARY_PREFIX)) {
            return wp_fail(err, WP_E_INPUT, "annotation '%s': what begins with '%s' is reserved",
                           in->annotations[i].key, SIG_NOTARY_PREFIX);
        }
    }
    struct oci_annotation *sorted = wp_arena_alloc(a, in->annotation_count + 1, sizeof(*sorted));
    for (size_t i = 0; i < in->annotation_count; i++) {
        sorted[i] = in->annotations[i];
    }
    target.annotations = sorted;
    target.annotation_count = oci_annotations_sort(sorted, in->annotation_count);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&text);
    wp_jo_object(&o);
    wp_jo_key(&o, "targetArtifact");
    oci_desc_write(&o, &target);
    wp_jo_object_end(&o);
    *ret = wp_arena_bytes(a, wp_buf_span(&text));
    return 0;
}

/* The key belongs to the leaf, and Notary's rules let it sign now. */
static int check_chain(struct sig_key *key, const struct sig_certs *chain, const struct sig_notation_sign *in,
                       struct wp_arena *a, enum sig_alg *ret, struct wp_err *err)
{
    SIG_AUTO_PUB struct sig_pub *leaf = NULL;
    const struct sig_pub_facts *mine = sig_pub_facts(sig_key_pub(key));
    const char *subject = sig_cert_subject(chain->items[0], a);
    if (X509_get0_pubkey(chain->items[0]) == NULL) {
        return wp_fail(err, WP_E_INPUT, "certificate '%s' has a key of an unknown kind", subject);
    }
    if (sig_pub_of_cert(chain->items[0], subject, &leaf, err) < 0) {
        return -1;
    }
    const struct sig_pub_facts *theirs = sig_pub_facts(leaf);
    if (mine->spki.len != theirs->spki.len || memcmp(mine->spki.ptr, theirs->spki.ptr, mine->spki.len) != 0) {
        wp_fail(err, WP_E_INPUT, "the key is not that of the first certificate, '%s'", subject);
        return wp_hint(err, "the chain begins with the certificate of the key and ends with the root");
    }
    *ret = sig_chain_alg(theirs);
    if (*ret == SIG_ALG_NONE) {
        return wp_fail(err, WP_E_INPUT, "Notary knows ECDSA of 256, 384 and 521 bits and RSA of 2048, 3072 and 4096");
    }
    if (sig_chain_check(chain, a, err) < 0 || sig_chain_at(chain, in->signing_time, "when it signs", a, err) < 0) {
        err->code = WP_E_INPUT;
        return -1;
    }
    if (in->expiry != 0 && in->expiry <= in->signing_time) {
        return wp_fail(err, WP_E_INPUT, "the signature would expire before it is made");
    }
    return 0;
}

static int sign(struct sig_key *key, enum sig_alg alg, struct wp_span tbs, struct wp_buf *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
    const struct sig_message m = {.bytes = tbs};
    const struct sig_pub *pub = sig_key_pub(key);
    if (sig_pub_facts(pub)->kind != SIG_KIND_ECDSA) {
        return sig_key_sign(key, alg, &m, ret, err);
    }
    if (sig_key_sign(key, alg, &m, &der, err) < 0) {
        return -1;
    }
    return sig_ecdsa_to_raw(pub, wp_buf_span(&der), ret)
               ? 0
               : wp_fail(err, WP_E_OTHER, "the key gave a signature that is none");
}

/* Envelopes hold the token, not the response that brings it. */
static int token_of(struct wp_span response, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    const unsigned char *p = response.ptr;
    unsigned char *der = NULL;
    TS_RESP *parsed = response.len <= INT_MAX ? d2i_TS_RESP(NULL, &p, (long)response.len) : NULL;
    PKCS7 *token = parsed != NULL ? TS_RESP_get_token(parsed) : NULL;
    int len = token != NULL ? i2d_PKCS7(token, &der) : 0;
    if (len > 0) {
        *ret = wp_arena_bytes(a, wp_span(der, (size_t)len));
    }
    OPENSSL_free(der);
    TS_RESP_free(parsed);
    return len > 0 ? 0 : wp_fail(err, WP_E_OTHER, "the timestamp authority's reply holds no token");
}

static int stamp(const struct sig_notation_sign *in, struct sig_envelope *e, struct wp_arena *a, struct wp_err *err)
{
    struct wp_span response;
    if (in->stamp == NULL) {
        return 0;
    }
    if (in->stamp(in->stamp_arg, e->signature, a, &response, err) < 0) {
        return -1;
    }
    return token_of(response, a, &e->timestamp, err);
}

static const char *thumbprints(const struct sig_envelope *e, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&text);
    wp_jo_array(&o);
    for (size_t i = 0; i < e->chain_count; i++) {
        uint8_t hash[WP_HASH_MAX];
        char hex[2 * WP_HASH_MAX + 1];
        wp_hash_bytes(WP_SHA256, e->chain[i], hash);
        wp_hex(hash, wp_hash_size(WP_SHA256), hex);
        wp_jo_str(&o, hex);
    }
    wp_jo_array_end(&o);
    return wp_arena_str(a, text.ptr);
}

static void take_chain(const struct sig_certs *chain, struct wp_arena *a, struct sig_envelope *e)
{
    struct wp_span *der = wp_arena_alloc(a, chain->count, sizeof(*der));
    for (size_t i = 0; i < chain->count; i++) {
        der[i] = sig_cert_der(chain->items[i], a);
    }
    e->chain = der;
    e->chain_count = chain->count;
}

int sig_notation_seal(struct sig_key *key, const struct sig_notation_sign *in, struct wp_buf *ret,
                      const char **ret_thumbprints, struct wp_arena *a, struct wp_err *err)
{
    const struct sig_wire *wire = in->cose ? &sig_wire_cose : &sig_wire_jws;
    SIG_AUTO_CERTS struct sig_certs chain = SIG_CERTS_INIT;
    struct sig_envelope e = {
        .signing_time = in->signing_time,
        .has_expiry = in->expiry != 0,
        .expiry = in->expiry,
        .agent = in->agent,
    };
    if (sig_certs_read(in->chain, "certificate chain", WP_LIMIT_CERTIFICATES, &chain, err) < 0 ||
        check_chain(key, &chain, in, a, &e.alg, err) < 0 || write_payload(in, a, &e.payload, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf protected = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf tbs = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf signature = WP_BUF_INIT;
    take_chain(&chain, a, &e);
    wire->protect(&e, &protected);
    e.protected = wp_buf_span(&protected);
    wire->to_be_signed(&e, &tbs);
    if (sign(key, e.alg, wp_buf_span(&tbs), &signature, err) < 0) {
        return -1;
    }
    e.signature = wp_buf_span(&signature);
    if (stamp(in, &e, a, err) < 0) {
        return -1;
    }
    wire->write(&e, ret);
    *ret_thumbprints = thumbprints(&e, a);
    return 0;
}
