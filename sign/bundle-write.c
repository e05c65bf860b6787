/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a bundle v0.3 (sign/bundle.h): members in the order of sigstore_bundle.proto, as protobuf's own writers have
 * them. */
#include "base/num.h"
#include "sign/bundle.h"
#include "sign/material-int.h"

void sig_bundle_name(struct sig_bundle *b, const struct sig_pub *pub, enum sig_alg alg, struct wp_span bytes,
                     struct wp_arena *a)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    const struct sig_message m = {.bytes = bytes};
    switch (sig_algs[alg != SIG_ALG_NONE ? alg : sig_pub_facts(pub)->alg].hash_bits) {
    case 384:
        b->digest_alg = "SHA2_384";
        break;
    case 512:
        b->digest_alg = "SHA2_512";
        break;
    default:
        b->digest_alg = "SHA2_256";
        break;
    }
    size_t len = sig_named_digest(&m, b->digest_alg, digest);
    b->digest = wp_arena_bytes(a, wp_span(digest, len));
}

static void put_bytes(struct wp_json_out *o, const char *key, struct wp_span bytes)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_base64(&text, bytes, false);
    wp_jo_kstr(o, key, text.ptr);
}

static void put_signer(struct wp_json_out *o, const struct sig_material *m)
{
    wp_jo_key(o, m->certificate_count != 0 ? "certificate" : "publicKey");
    wp_jo_object(o);
    if (m->certificate_count != 0) {
        put_bytes(o, "rawBytes", m->certificates[0]);
    } else if (m->hint != NULL) {
        wp_jo_kstr(o, "hint", m->hint);
    }
    wp_jo_object_end(o);
}

static void put_timestamps(struct wp_json_out *o, const struct sig_material *m)
{
    wp_jo_key(o, "timestampVerificationData");
    wp_jo_object(o);
    wp_jo_key(o, "rfc3161Timestamps");
    wp_jo_array(o);
    for (size_t i = 0; i < m->timestamp_count; i++) {
        wp_jo_object(o);
        put_bytes(o, "signedTimestamp", m->timestamps[i]);
        wp_jo_object_end(o);
    }
    wp_jo_array_end(o);
    wp_jo_object_end(o);
}

static void put_material(struct wp_json_out *o, const struct sig_material *m, const struct wp_span *entries_json,
                         size_t entry_count)
{
    wp_jo_object(o);
    put_signer(o, m);
    if (entry_count != 0) {
        wp_jo_key(o, "tlogEntries");
        wp_jo_array(o);
        for (size_t i = 0; i < entry_count; i++) {
            wp_jo_raw(o, entries_json[i]);
        }
        wp_jo_array_end(o);
    }
    if (m->timestamp_count != 0) {
        put_timestamps(o, m);
    }
    wp_jo_object_end(o);
}

static void put_message(struct wp_json_out *o, const struct sig_bundle *b)
{
    wp_jo_key(o, "messageSignature");
    wp_jo_object(o);
    if (b->digest_alg != NULL) {
        wp_jo_key(o, "messageDigest");
        wp_jo_object(o);
        wp_jo_kstr(o, "algorithm", b->digest_alg);
        put_bytes(o, "digest", b->digest);
        wp_jo_object_end(o);
    }
    put_bytes(o, "signature", b->signature);
    wp_jo_object_end(o);
}

static void put_envelope(struct wp_json_out *o, const struct sig_bundle *b)
{
    wp_jo_key(o, "dsseEnvelope");
    wp_jo_object(o);
    put_bytes(o, "payload", b->payload);
    wp_jo_kstr(o, "payloadType", b->payload_type);
    wp_jo_key(o, "signatures");
    wp_jo_array(o);
    wp_jo_object(o);
    put_bytes(o, "sig", b->signature);
    wp_jo_object_end(o);
    wp_jo_array_end(o);
    wp_jo_object_end(o);
}

void sig_bundle_write(const struct sig_bundle *b, const struct wp_span *entries_json, size_t entry_count,
                      struct wp_buf *ret)
{
    struct wp_json_out o = wp_json_out(ret);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "mediaType", SIG_MT_BUNDLE);
    wp_jo_key(&o, "verificationMaterial");
    put_material(&o, &b->material, entries_json, entry_count);
    if (b->is_dsse) {
        put_envelope(&o, b);
    } else {
        put_message(&o, b);
    }
    wp_jo_object_end(&o);
}
