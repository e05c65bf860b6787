/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sign/sigstore.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"
#include "sign/cosign.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/log.h"
#include "sign/material-int.h"
#include "tests/unit/unit.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static const uint8_t artifact[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

/* ---- bytes ---- */

static struct wp_span der_of_key(struct sigstore *s, EVP_PKEY *key)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    struct wp_span ret = wp_arena_bytes(&s->a, wp_span(der, (size_t)len));
    OPENSSL_free(der);
    return ret;
}

static struct wp_span der_of(struct sigstore *s, X509 *cert)
{
    return sig_cert_der(cert, &s->a);
}

static struct wp_span sign_with(struct sigstore *s, EVP_PKEY *key, const EVP_MD *md, struct wp_span bytes)
{
    uint8_t sig[512];
    size_t len = sizeof(sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &len, bytes.ptr, bytes.len), 1);
    EVP_MD_CTX_free(ctx);
    return wp_arena_bytes(&s->a, wp_span(sig, len));
}

/* Logs sign with SHA-256, whatever their curve is. */
static struct wp_span sign(struct sigstore *s, EVP_PKEY *key, struct wp_span bytes)
{
    return sign_with(s, key, EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256(), bytes);
}

static const EVP_MD *hash_of_key(EVP_PKEY *key)
{
    if (EVP_PKEY_get_id(key) == EVP_PKEY_ED25519) {
        return NULL;
    }
    int bits = EVP_PKEY_get_bits(key);
    return bits == 384 ? EVP_sha384() : bits == 521 ? EVP_sha512() : EVP_sha256();
}

static const char *b64(struct sigstore *s, struct wp_span bytes)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_base64(&b, bytes, false);
    return wp_arena_str(&s->a, b.ptr);
}

static const char *hex_hash(struct sigstore *s, struct wp_span bytes)
{
    uint8_t hash[WP_HASH_MAX];
    char *hex = wp_arena_alloc(&s->a, 65, 1);
    wp_hash_bytes(WP_SHA256, bytes, hash);
    wp_hex(hash, 32, hex);
    return hex;
}

static struct wp_span hash_of(struct sigstore *s, struct wp_span bytes)
{
    uint8_t hash[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA256, bytes, hash);
    return wp_arena_bytes(&s->a, wp_span(hash, 32));
}

/* ---- identifiers of logs ---- */

static const char *const rekor2_name = "log2.example.com";

static struct wp_span log_id(struct sigstore *s, const struct notary_cert *log)
{
    return hash_of(s, der_of_key(s, log->key));
}

/* C2SP signed-note: name, line break, algorithm, key. */
static struct wp_span log2_id(struct sigstore *s)
{
    uint8_t raw[32];
    size_t len = sizeof(raw);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_int_equal(EVP_PKEY_get_raw_public_key(s->rekor2.key, raw, &len), 1);
    wp_buf_printf(&b, "%s\n", rekor2_name);
    wp_buf_add_char(&b, 1);
    wp_buf_add(&b, raw, len);
    return hash_of(s, wp_buf_span(&b));
}

/* ---- certificates ---- */

static void put_be(struct wp_buf *b, uint64_t n, unsigned bytes)
{
    while (bytes-- > 0) {
        wp_buf_add_char(b, (char)(n >> (8 * bytes) & 0xff));
    }
}

static void add_sct(struct sigstore *s, const struct sigstore_plan *plan)
{
    uint8_t *tbs = NULL;
    uint64_t at = (uint64_t)(plan->sct == SIGSTORE_EARLY_SCT ? NOTARY_FROM - 10 : SIGSTORE_AT) * 1000;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
    int len = i2d_re_X509_tbs(s->leaf.cert, &tbs);
    struct wp_span issuer = hash_of(s, der_of_key(s, s->authority.key));
    put_be(&text, 0, 2);
    put_be(&text, at, 8);
    put_be(&text, 1, 2);
    wp_buf_add(&text, issuer.ptr, issuer.len);
    put_be(&text, (uint64_t)len, 3);
    wp_buf_add(&text, tbs, (size_t)len);
    put_be(&text, 0, 2);
    OPENSSL_free(tbs);
    EVP_PKEY *key = plan->sct == SIGSTORE_STRANGE_SCT ? s->rekor.key : s->ct.key;
    struct wp_span sig = sign(s, key, wp_buf_span(&text));
    struct wp_span id = log_id(s, &s->ct);
    size_t one = 1 + 32 + 8 + 2 + 2 + 2 + sig.len;
    bool longer = one + 4 > 127;
    put_be(&list, 4, 1);
    if (longer) {
        put_be(&list, 0x81, 1);
    }
    put_be(&list, one + 4, 1);
    put_be(&list, one + 2, 2);
    put_be(&list, one, 2);
    put_be(&list, 0, 1);
    wp_buf_add(&list, id.ptr, id.len);
    put_be(&list, at, 8);
    put_be(&list, 0, 2);
    put_be(&list, 0x0403, 2);
    put_be(&list, sig.len, 2);
    wp_buf_add(&list, sig.ptr, sig.len);
    assert_true(one + 4 < 256);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, (const uint8_t *)list.ptr, (int)list.len);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_NID(NULL, NID_ct_precert_scts, 0, value);
    assert_int_equal(X509_add_ext(s->leaf.cert, ext, -1), 1);
    assert_true(X509_sign(s->leaf.cert, s->authority.key, EVP_sha256()) > 0);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(value);
}

static void issue(struct sigstore *s, const struct sigstore_plan *plan)
{
    const char *identity = plan->identity != NULL ? plan->identity : "URI:" SIGSTORE_IDENTITY;
    const char *uses = plan->leaf_extensions != NULL
                           ? plan->leaf_extensions
                           : "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning";
    const char *extensions = wp_arena_printf(&s->a,
                                             "%s\nsubjectAltName=critical,%s\n"
                                             "1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:" SIGSTORE_ISSUER
                                             "\n1.3.6.1.4.1.57264.1.20=ASN1:UTF8String:push",
                                             uses, identity);
    s->anchor = notary_issue(&(struct notary_spec){.key = "P-384#ca",
                                                   .name = "O=example/CN=root",
                                                   .extensions = NOTARY_CA_EXTENSIONS,
                                                   .from = plan->root_from,
                                                   .to = plan->root_to},
                             NULL);
    s->authority = notary_issue(
        &(struct notary_spec){.key = "P-256#authority",
                              .name = "O=example/CN=intermediate",
                              .extensions = wp_arena_printf(
                                  &s->a, NOTARY_CA_EXTENSIONS "\n%s",
                                  plan->authority_uses != NULL ? plan->authority_uses : "extendedKeyUsage=codeSigning"),
                              .from = plan->authority_from,
                              .to = plan->authority_to},
        &s->anchor);
    s->leaf = notary_issue(&(struct notary_spec){.key = plan->leaf_key != NULL ? plan->leaf_key : "P-256#leaf",
                                                 .name = "",
                                                 .extensions = extensions,
                                                 .from = plan->leaf_from != 0 ? plan->leaf_from : SIGSTORE_EARLY,
                                                 .to = plan->leaf_to != 0 ? plan->leaf_to : SIGSTORE_LATE},
                           &s->authority);
    if (plan->sct != SIGSTORE_NO_SCT) {
        add_sct(s, plan);
    }
}

/* ---- the trusted root ---- */

static void put_log(struct sigstore *s, struct wp_buf *b, const char *url, const struct notary_cert *log,
                    struct wp_span id, const char *details, int64_t until)
{
    char from[WP_TIME_TEXT];
    char to[WP_TIME_TEXT];
    const char *end = until == 0 ? "null" : wp_arena_printf(&s->a, "\"%s\"", wp_time_rfc3339(until, to));
    wp_buf_printf(b,
                  "{\"baseUrl\":\"%s\",\"hashAlgorithm\":\"SHA2_256\",\"publicKey\":{\"rawBytes\":\"%s\","
                  "\"keyDetails\":\"%s\",\"validFor\":{\"start\":\"%s\",\"end\":%s}},\"logId\":{\"keyId\":\"%s\"}}",
                  url, b64(s, der_of_key(s, log->key)), details, wp_time_rfc3339(NOTARY_FROM, from), end, b64(s, id));
}

static void put_authority(struct sigstore *s, struct wp_buf *b, const char *uri, X509 *first, X509 *second)
{
    char from[WP_TIME_TEXT];
    char to[WP_TIME_TEXT];
    wp_buf_printf(b,
                  "{\"uri\":\"%s\",\"certChain\":{\"certificates\":[{\"rawBytes\":\"%s\"},{\"rawBytes\":\"%s\"}]},"
                  "\"validFor\":{\"start\":\"%s\",\"end\":\"%s\"}}",
                  uri, b64(s, der_of(s, first)), b64(s, der_of(s, second)), wp_time_rfc3339(NOTARY_FROM, from),
                  wp_time_rfc3339(NOTARY_TO, to));
}

/* The algorithm that the registry has for the key. */
static const char *details_of(const struct notary_cert *log)
{
    int bits = EVP_PKEY_get_bits(log->key);
    return bits == 384   ? "PKIX_ECDSA_P384_SHA_384"
           : bits == 521 ? "PKIX_ECDSA_P521_SHA_512"
                         : "PKIX_ECDSA_P256_SHA_256";
}

static void make_root(struct sigstore *s, const struct sigstore_plan *plan)
{
    struct wp_buf *b = &s->root_json;
    struct wp_err err = {0};
    wp_buf_add_str(b, "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[");
    put_log(s, b, "https://rekor.example.com", &s->rekor, log_id(s, &s->rekor), details_of(&s->rekor), plan->log_to);
    wp_buf_add_char(b, ',');
    put_log(s, b, "https://log2.example.com/", &s->rekor2, log2_id(s), "PKIX_ED25519", plan->log_to);
    wp_buf_add_str(b, "],\"ctlogs\":[");
    put_log(s, b, "https://ct.example.com/2026", &s->ct, log_id(s, &s->ct), details_of(&s->ct), 0);
    wp_buf_add_str(b, "],\"certificateAuthorities\":[");
    put_authority(s, b, "https://fulcio.example.com", s->authority.cert, s->anchor.cert);
    wp_buf_add_str(b, "],\"timestampAuthorities\":[");
    put_authority(s, b, "https://tsa.example.com/api", s->tsa.cert, s->tsa_anchor.cert);
    wp_buf_add_str(b, "]}");
    if (sig_root_read(wp_buf_span(b), "root.json", &s->root, &err) < 0) {
        fail_msg("%s", err.msg);
    }
}

/* ---- the log ---- */

static const char *signer_pem(struct sigstore *s)
{
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    if (s->pub != NULL) {
        sig_pub_pem(s->pub, &pem);
    } else {
        notary_pem(s->leaf.cert, &pem);
    }
    return b64(s, wp_buf_span(&pem));
}

static struct wp_span message_of(struct sigstore *s)
{
    if (!s->b.is_dsse) {
        return s->older ? s->b.payload : wp_span(artifact, sizeof(artifact));
    }
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    sig_dsse_pae(s->b.payload_type, s->b.payload, &pae);
    return wp_arena_bytes(&s->a, wp_buf_span(&pae));
}

static const char *hex_hash_row(struct sigstore *s, struct wp_span bytes)
{
    return wp_arena_printf(&s->a, "{\"algorithm\":\"sha256\",\"value\":\"%s\"}", hex_hash(s, bytes));
}

static const char *spec_hashedrekord(struct sigstore *s)
{
    return wp_arena_printf(&s->a,
                           "{\"data\":{\"hash\":%s},\"signature\":{\"content\":\"%s\",\"publicKey\":{"
                           "\"content\":\"%s\"}}}",
                           hex_hash_row(s, message_of(s)), b64(s, s->b.signature), signer_pem(s));
}

static const char *spec_rekord(struct sigstore *s)
{
    return wp_arena_printf(&s->a,
                           "{\"data\":{\"hash\":%s},\"signature\":{\"content\":\"%s\",\"format\":\"x509\","
                           "\"publicKey\":{\"content\":\"%s\"}}}",
                           hex_hash_row(s, message_of(s)), b64(s, s->b.signature), signer_pem(s));
}

static const char *spec_dsse(struct sigstore *s)
{
    return wp_arena_printf(&s->a,
                           "{\"envelopeHash\":%s,\"payloadHash\":%s,\"signatures\":[{\"signature\":\"%s\","
                           "\"verifier\":\"%s\"}]}",
                           hex_hash_row(s, s->envelope), hex_hash_row(s, s->b.payload), b64(s, s->b.signature),
                           signer_pem(s));
}

static const char *spec_intoto(struct sigstore *s)
{
    return wp_arena_printf(&s->a, "{\"content\":{\"hash\":%s,\"payloadHash\":%s},\"publicKey\":\"%s\"}",
                           hex_hash_row(s, s->envelope), hex_hash_row(s, s->b.payload), signer_pem(s));
}

static const char *spec_intoto_v2(struct sigstore *s)
{
    return wp_arena_printf(&s->a,
                           "{\"content\":{\"envelope\":{\"payloadType\":\"%s\",\"signatures\":[{\"publicKey\":\"%s\","
                           "\"sig\":\"%s\"}]},\"hash\":%s,\"payloadHash\":%s}}",
                           s->b.payload_type, signer_pem(s), b64(s, wp_span_str(b64(s, s->b.signature))),
                           hex_hash_row(s, s->envelope), hex_hash_row(s, s->b.payload));
}

/* ---- of the second version ---- */

static const char *hash_row_v2(struct sigstore *s, struct wp_span bytes)
{
    return wp_arena_printf(&s->a, "{\"algorithm\":\"SHA2_256\",\"digest\":\"%s\"}", b64(s, hash_of(s, bytes)));
}

static const char *signature_row_v2(struct sigstore *s)
{
    struct wp_span raw = s->pub != NULL ? sig_pub_facts(s->pub)->spki : s->b.material.certificates[0];
    const char *details =
        s->pub != NULL ? sig_pub_details(s->pub, sig_pub_facts(s->pub)->alg) : "PKIX_ECDSA_P256_SHA_256";
    return wp_arena_printf(
        &s->a, "{\"content\":\"%s\",\"verifier\":{\"keyDetails\":\"%s\",\"%s\":{\"rawBytes\":\"%s\"}}}",
        b64(s, s->b.signature), details, s->pub != NULL ? "publicKey" : "x509Certificate", b64(s, raw));
}

static const char *spec_hashedrekord_v2(struct sigstore *s)
{
    return wp_arena_printf(&s->a, "{\"hashedRekordV002\":{\"data\":%s,\"signature\":%s}}",
                           hash_row_v2(s, message_of(s)), signature_row_v2(s));
}

static const char *spec_dsse_v2(struct sigstore *s)
{
    return wp_arena_printf(&s->a, "{\"dsseV002\":{\"payloadHash\":%s,\"signatures\":[%s]}}",
                           hash_row_v2(s, s->b.payload), signature_row_v2(s));
}

static const struct entry_kind {
    const char *name, *kind, *version;
    const char *(*spec)(struct sigstore *s);
} entry_kinds[] = {
    {"hashedrekord 0.0.1", "hashedrekord", "0.0.1", spec_hashedrekord},
    {"hashedrekord 0.0.2", "hashedrekord", "0.0.2", spec_hashedrekord_v2},
    {"rekord 0.0.1", "rekord", "0.0.1", spec_rekord},
    {"dsse 0.0.1", "dsse", "0.0.1", spec_dsse},
    {"dsse 0.0.2", "dsse", "0.0.2", spec_dsse_v2},
    {"intoto 0.0.1", "intoto", "0.0.1", spec_intoto},
    {"intoto 0.0.2", "intoto", "0.0.2", spec_intoto_v2},
};

static const struct entry_kind *kind_of(const struct sigstore *s, const struct sigstore_plan *plan)
{
    const char *name = plan->kind != NULL         ? plan->kind
                       : plan->log == SIGSTORE_V2 ? "hashedrekord 0.0.2"
                       : s->b.is_dsse             ? "dsse 0.0.1"
                                                  : "hashedrekord 0.0.1";
    size_t i = 0;
    while (!wp_str_eq(entry_kinds[i].name, name)) {
        assert_true(++i < WP_ARRAY_LEN(entry_kinds));
    }
    return &entry_kinds[i];
}

void sigstore_log_again(struct sigstore *s, const struct sigstore_plan *plan)
{
    bool v2 = plan->log == SIGSTORE_V2;
    struct sig_log_entry *e = &s->log_entry;
    const struct notary_cert *log = v2 ? &s->rekor2 : &s->rekor;
    const char *origin = v2 ? rekor2_name : "rekor.example.com - 1234";
    uint8_t leaf[32];
    sig_merkle_leaf(e->canonical_body, leaf);
    assert_true(
        sig_merkle_root(leaf, e->proof_index, e->proof_size, e->proof_hashes, e->proof_hash_count, s->root_hash));
    e->proof_root = wp_span(s->root_hash, 32);
    const char *text =
        wp_arena_printf(&s->a, "%s\n%llu\n%s\n", origin, (unsigned long long)e->proof_size, b64(s, e->proof_root));
    struct wp_span sig = sign(s, log->key, wp_span_str(text));
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    wp_buf_add(&line, e->log_id.ptr, 4);
    wp_buf_add(&line, sig.ptr, sig.len);
    e->checkpoint = wp_span_str(wp_arena_printf(&s->a, "%s\n\xe2\x80\x94 %s %s\n", text,
                                                v2 ? rekor2_name : "rekor.example.com", b64(s, wp_buf_span(&line))));
    if (!v2 && !plan->no_promise) {
        char id[65];
        wp_hex(e->log_id.ptr, 32, id);
        e->set =
            sign(s, log->key,
                 wp_span_str(wp_arena_printf(
                     &s->a, "{\"body\":\"%s\",\"integratedTime\":%lld,\"logID\":\"%s\",\"logIndex\":%llu}",
                     b64(s, e->canonical_body), (long long)e->integrated_time, id, (unsigned long long)e->log_index)));
    }
}

static void log_it(struct sigstore *s, const struct sigstore_plan *plan)
{
    bool v2 = plan->log == SIGSTORE_V2;
    const struct entry_kind *kind = kind_of(s, plan);
    memset(s->sibling, 7, sizeof(s->sibling));
    s->hashes[0] = wp_span(s->sibling, sizeof(s->sibling));
    s->log_entry = (struct sig_log_entry){
        .canonical_body = wp_span_str(wp_arena_printf(&s->a, "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"spec\":%s}",
                                                      kind->version, kind->kind, kind->spec(s))),
        .log_id = v2 ? log2_id(s) : log_id(s, &s->rekor),
        .log_index = v2 ? 0 : 1000,
        .integrated_time = v2                      ? 0
                           : plan->integrated != 0 ? plan->integrated
                                                   : SIGSTORE_AT,
        .has_proof = !plan->no_proof,
        .proof_index = 0,
        .proof_size = 2,
        .proof_hashes = s->hashes,
        .proof_hash_count = 1,
        .kind = kind->kind,
        .version = kind->version,
    };
    sigstore_log_again(s, plan);
}

/* ---- the bundle ---- */

/* What names the artifact in the bundle: SHA-256, but for keys whose own hash is another one. */
static enum sig_alg named_by(const struct sigstore *s, const struct sigstore_plan *plan)
{
    bool own = s->pub != NULL && sig_pub_facts(s->pub)->kind != SIG_KIND_ED25519 && plan->hash == NULL;
    return own ? SIG_ALG_NONE : SIG_ALG_ECDSA_P256_SHA256;
}

static void sign_it(struct sigstore *s, const struct sigstore_plan *plan)
{
    struct sig_bundle *b = &s->b;
    EVP_PKEY *key = s->leaf.key;
    if (plan->by_key != NULL) {
        struct wp_err err = {0};
        s->signer = notary_issue(&(struct notary_spec){.key = plan->by_key, .name = "CN=key"}, NULL);
        key = s->signer.key;
        assert_int_equal(sig_pub_of_evp(key, "release.pub", &s->pub, &err), 0);
        b->material.hint = sig_pub_facts(s->pub)->id;
    } else {
        struct wp_span *leaf = wp_arena_alloc(&s->a, 1, sizeof(*leaf));
        *leaf = der_of(s, s->leaf.cert);
        b->material.certificates = leaf;
        b->material.certificate_count = 1;
    }
    b->is_dsse = plan->dsse;
    s->older = plan->older;
    if (plan->older && !plan->dsse) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        sig_cosign_payload("example.com/app", &s->art.desc.digest, NULL, 0, &text);
        b->payload = wp_arena_bytes(&s->a, wp_buf_span(&text));
    } else if (plan->dsse) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        sig_statement_write(&text, NULL, &s->art.desc.digest, NULL, 0, SIG_PREDICATE_SIGN, wp_span_str("{}"));
        b->payload_type = SIG_PAYLOAD_INTOTO;
        b->payload = wp_span_str(wp_arena_str(&s->a, plan->payload != NULL ? plan->payload : text.ptr));
    } else {
        sig_bundle_name(b, s->pub, named_by(s, plan), s->art.bytes, &s->a);
    }
    const EVP_MD *md = plan->hash != NULL ? EVP_get_digestbyname(plan->hash) : hash_of_key(key);
    b->signature = sign_with(s, key, md, message_of(s));
    if (plan->dsse) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        sig_dsse_envelope(b->payload_type, b->payload, b->signature, NULL, &text);
        s->envelope = wp_arena_bytes(&s->a, wp_buf_span(&text));
    }
    if (plan->stamped != 0) {
        struct wp_span *stamp = wp_arena_alloc(&s->a, 1, sizeof(*stamp));
        *stamp = notary_stamp(&s->tsa, b->signature, plan->stamped, &s->a);
        b->material.timestamps = stamp;
        b->material.timestamp_count = 1;
    }
}

void sigstore_init(struct sigstore *s, const struct sigstore_plan *plan)
{
    *s = (struct sigstore){.root_json = WP_BUF_INIT};
    s->rekor = notary_issue(
        &(struct notary_spec){.key = plan->log_key != NULL ? plan->log_key : "P-256#rekor", .name = "CN=rekor"}, NULL);
    s->rekor2 = notary_issue(&(struct notary_spec){.key = "ED25519", .name = "CN=rekor2"}, NULL);
    s->ct = notary_issue(
        &(struct notary_spec){.key = plan->ct_key != NULL ? plan->ct_key : "P-256#ct", .name = "CN=ct"}, NULL);
    s->tsa_anchor = notary_issue(
        &(struct notary_spec){.key = "P-256#tsa", .name = "CN=tsa root", .extensions = NOTARY_CA_EXTENSIONS}, NULL);
    s->tsa = notary_issue(&(struct notary_spec){.key = "P-256#stamp",
                                                .name = "CN=tsa",
                                                .extensions = NOTARY_TSA_EXTENSIONS,
                                                .from = plan->tsa_from,
                                                .to = plan->tsa_to},
                          &s->tsa_anchor);
    issue(s, plan);
    make_root(s, plan);
    s->art = (struct sig_artifact){.name = "module.wasm", .bytes = wp_span(artifact, sizeof(artifact))};
    oci_digest_of(WP_SHA256, s->art.bytes, &s->art.desc.digest);
    sign_it(s, plan);
    if (plan->log != SIGSTORE_NO_LOG) {
        log_it(s, plan);
    }
    s->who = (struct sig_who){.identity = {SIG_MATCH_EXACT, SIGSTORE_IDENTITY},
                              .issuer = {SIG_MATCH_EXACT, SIGSTORE_ISSUER}};
    s->d = (struct sig_demand){.name = "test",
                               .key = s->pub,
                               .who = s->pub == NULL ? &s->who : NULL,
                               .root = s->root,
                               .log = s->pub == NULL ? SIG_LOG_REQUIRED : SIG_LOG_OPTIONAL,
                               .now = SIGSTORE_AT + 3600};
}

void sigstore_done(struct sigstore *s)
{
    struct notary_cert *certs[] = {&s->anchor, &s->authority, &s->leaf, &s->tsa_anchor, &s->tsa,
                                   &s->rekor,  &s->rekor2,    &s->ct,   &s->signer};
    for (size_t i = 0; i < WP_ARRAY_LEN(certs); i++) {
        notary_cert_done(certs[i]);
    }
    sig_root_free(s->root);
    sig_pub_free(s->pub);
    wp_buf_done(&s->root_json);
    wp_arena_done(&s->a);
}

void sigstore_text(struct sigstore *s, struct wp_buf *ret)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    bool logged = s->log_entry.kind != NULL;
    if (logged) {
        struct wp_json_out o = wp_json_out(&json);
        sig_log_entry_write(&o, &s->log_entry);
    }
    struct wp_span entry = wp_buf_span(&json);
    sig_bundle_write(&s->b, &entry, logged ? 1 : 0, ret);
}

static int ask_older(struct sigstore *s, struct sig_proof *ret, struct wp_err *err)
{
    struct sig_material m = s->b.material;
    m.entries = &s->log_entry;
    m.entry_count = s->log_entry.kind != NULL ? 1 : 0;
    const char *type = s->b.is_dsse ? SIG_PREDICATE_SIGN : NULL;
    struct sig_candidate c = {.format = &sig_format_cosign,
                              .where = "layer",
                              .bytes = s->b.is_dsse ? s->envelope : s->b.payload,
                              .media_type = s->b.is_dsse ? SIG_MT_DSSE : SIG_MT_SIMPLE};
    c.annotation_count = sig_cosign_annotations(s->b.signature, &m, type, &s->a, &c.annotations);
    return sig_check(&c, &s->art, &s->d, &s->a, ret, err);
}

int sigstore_ask(struct sigstore *s, struct sig_proof *ret, struct wp_err *err)
{
    if (s->older) {
        return ask_older(s, ret, err);
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    sigstore_text(s, &text);
    const struct sig_candidate c = {
        .format = &sig_format_bundle, .where = "bundle", .bytes = wp_arena_bytes(&s->a, wp_buf_span(&text))};
    return sig_check(&c, &s->art, &s->d, &s->a, ret, err);
}

void sigstore_expect(struct sigstore *s, const char *failed, const char *words)
{
    struct sig_proof p;
    struct wp_err err = {0};
    int r = sigstore_ask(s, &p, &err);
    if (failed == NULL) {
        if (r != 1) {
            fail_msg("%s: %s", p.failed, err.msg);
        }
        return;
    }
    assert_int_equal(r, 0);
    if (!wp_str_eq(p.failed, failed) || strstr(err.msg, words) == NULL) {
        fail_msg("%s: %s; not %s: …%s…", p.failed, err.msg, failed, words);
    }
}

void sigstore_expect_of(const struct sigstore_plan *plan, const char *failed, const char *words)
{
    struct sigstore s;
    sigstore_init(&s, plan);
    sigstore_expect(&s, failed, words);
    sigstore_done(&s);
}

struct wp_span sigstore_bent(struct sigstore *s, struct wp_span bytes, size_t at)
{
    uint8_t *copy = wp_arena_alloc(&s->a, bytes.len, 1);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[at] ^= 1;
    return wp_span(copy, bytes.len);
}
