/* SPDX-License-Identifier: Apache-2.0
 *
 * Trusted roots: reading, what is refused and where, parts, the line about one. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/root-int.h"
#include "tests/unit/sign/sigstore.h"
#include "tests/unit/unit.h"

#define TYPE  "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\""
#define ID    "\"logId\":{\"keyId\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}"
#define ED    "\"rawBytes\":\"MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=\""
#define SINCE "\"validFor\":{\"start\":\"2025-01-01T00:00:00Z\"}"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", ": empty, not JSON"},
        {"{}", ": /mediaType: is missing"},
        {"{\"mediaType\":\"text/plain\"}",
         ": /mediaType: 'text/plain' is no trusted root of Sigstore of a version known here"},
        {TYPE ",\"tlogs\":{}}", ": /tlogs: must be an array, not an object"},
        {TYPE ",\"tlogs\":[{}]}", ": /tlogs/0/publicKey: is missing"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{" ED "}}]}", ": /tlogs/0/publicKey/validFor/start: is missing"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{" ED ",\"validFor\":{\"start\":null}}}]}",
         ": /tlogs/0/publicKey/validFor/start: is missing"},
        {TYPE ",\"ctlogs\":[{\"publicKey\":{" ED ",\"validFor\":{\"end\":\"2025-01-01T00:00:00Z\"}}}]}",
         ": /ctlogs/0/publicKey/validFor/start: is missing"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{" ED "," SINCE "}}]}", ": /tlogs/0/logId: is missing"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"aGk=\"," SINCE "}}]}",
         ": /tlogs/0/publicKey/rawBytes: key: no public key that could be read (SubjectPublicKeyInfo)"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{" ED ",\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\"," SINCE "}," ID "}]}",
         ": /tlogs/0/publicKey/keyDetails: is not what the key is"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{" ED ",\"keyDetails\":\"ML_DSA_44\"," SINCE "}," ID "}]}",
         ": /tlogs/0/publicKey/keyDetails: 'ML_DSA_44' is a value that is not known"},
        {TYPE ",\"tlogs\":[{\"publicKey\":{" ED "," SINCE "},\"logId\":{\"keyId\":\"aGk=\"}}]}",
         ": /tlogs/0/logId/keyId: 2 bytes, not 32"},
        {TYPE ",\"tlogs\":[{\"checkpointKeyId\":{\"keyId\":\"AQID\"},\"publicKey\":{" ED "," SINCE "}," ID "}]}",
         ": /tlogs/0/checkpointKeyId/keyId: 3 bytes, not 4 to 32"},
        {TYPE ",\"tlogs\":[{\"hashAlgorithm\":\"SHA2_512\",\"publicKey\":{" ED "," SINCE "}," ID "}]}",
         ": /tlogs/0/hashAlgorithm: logs that hash with SHA-256 are known here"},
        {TYPE ",\"certificateAuthorities\":[{\"certChain\":{\"certificates\":[]}," SINCE "}]}",
         ": /certificateAuthorities/0/certChain: has no certificate"},
        {TYPE ",\"certificateAuthorities\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"aGk=\"}]}," SINCE "}]}",
         ": /certificateAuthorities/0/certChain/certificates/0/rawBytes: certificate: not a certificate"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        SIG_AUTO_ROOT struct sig_root *r = NULL;
        assert_int_equal(sig_root_read(wp_span_str(rows[i].text), "r", &r, &err), -1);
        const char *behind_place = strstr(err.msg, ": ");
        assert_non_null(behind_place);
        assert_string_equal(behind_place, rows[i].message);
        assert_int_equal(err.code, WP_E_INPUT);
    }
}

static void test_read(void **state)
{
    (void)state;
    struct sigstore s;
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    const struct sig_root *r = s.root;
    assert_string_equal(sig_root_name(r), "root.json");
    assert_string_equal(sig_root_summary(r, &s.a),
                        "2 transparency logs, 1 timestamp authority, 1 certificate authority; "
                        "newest from 2026-01-01");
    assert_string_equal(r->logs[0].name, "rekor.example.com");
    assert_string_equal(r->logs[1].name, "log2.example.com");
    assert_string_equal(r->ctlogs[0].name, "ct.example.com/2026");
    assert_int_equal(r->logs[0].alg, SIG_ALG_ECDSA_P256_SHA256);
    assert_int_equal(r->logs[1].alg, SIG_ALG_ED25519);
    assert_memory_equal(r->logs[1].note_hint, r->logs[1].id, 4);
    assert_true(r->logs[0].valid.from == NOTARY_FROM && r->logs[0].valid.until == INT64_MAX);
    assert_int_equal(r->cas[0].certificates.count, 2);
    assert_true(sig_period_has(&r->tsas[0].valid, NOTARY_FROM) && sig_period_has(&r->tsas[0].valid, NOTARY_TO));
    assert_false(sig_period_has(&r->tsas[0].valid, NOTARY_FROM - 1));
    assert_false(sig_period_has(&r->tsas[0].valid, NOTARY_TO + 1));
    sigstore_done(&s);
}

static void test_unknown_fields(void **state)
{
    (void)state;
    struct wp_err err = {0};
    SIG_AUTO_ROOT struct sig_root *r = NULL;
    const char *text =
        TYPE ",\"new\":1,\"tlogs\":[{\"operator\":\"x\",\"checkpoint_key_id\":{\"keyId\":"
             "\"AQIDBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"},\"publicKey\":{" ED "," SINCE "}," ID "}]}";
    if (sig_root_read(wp_span_str(text), "r", &r, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    assert_memory_equal(r->logs[0].note_hint, "\1\2\3\4", 4);
    assert_int_equal(r->logs[0].alg, SIG_ALG_ED25519);
    /* As version 0.2 of the format wants it: the four bytes that stand in notes. */
    SIG_AUTO_ROOT struct sig_root *short_id = NULL;
    text = TYPE ",\"tlogs\":[{\"checkpointKeyId\":{\"keyId\":\"AQIDBA==\"},\"publicKey\":{" ED "," SINCE "}," ID "}]}";
    if (sig_root_read(wp_span_str(text), "r", &short_id, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    assert_memory_equal(short_id->logs[0].note_hint, "\1\2\3\4", 4);
}

/* Every algorithm of a log's key, by its name and by its number (sigstore_common.proto). */
static void test_algorithms(void **state)
{
    (void)state;
    static const struct {
        const char *key, *name;
        unsigned number;
        enum sig_alg alg; /* NONE: not for this key */
    } rows[] = {
        {"P-256#a", "PKIX_ECDSA_P256_SHA_256", 5, SIG_ALG_ECDSA_P256_SHA256},
        {"P-256#a", "PKIX_ECDSA_P256_HMAC_SHA_256", 6, SIG_ALG_ECDSA_P256_SHA256},
        {"P-384#a", "PKIX_ECDSA_P384_SHA_384", 12, SIG_ALG_ECDSA_P384_SHA384},
        {"P-521#a", "PKIX_ECDSA_P521_SHA_512", 13, SIG_ALG_ECDSA_P521_SHA512},
        {"P-384#a", "PKIX_ECDSA_P384_SHA_256", 19, SIG_ALG_ECDSA_P384_SHA256},
        {"P-521#a", "PKIX_ECDSA_P521_SHA_256", 20, SIG_ALG_ECDSA_P521_SHA256},
        {"P-256#a", "PKIX_ECDSA_P384_SHA_256", 19, SIG_ALG_NONE},
        {"P-256#a", "PKIX_ED25519", 7, SIG_ALG_NONE},
        {"ED25519", "PKIX_ED25519", 7, SIG_ALG_ED25519},
        {"ED25519", "PKIX_ED25519_PH", 8, SIG_ALG_ED25519_PH},
        {"RSA2048", "PKIX_RSA_PKCS1V15_2048_SHA256", 9, SIG_ALG_RSA_PKCS1_SHA256},
        {"RSA2048", "PKIX_RSA_PSS_2048_SHA256", 16, SIG_ALG_RSA_PSS_SHA256},
        {"RSA2048", "PKIX_ECDSA_P521_SHA_256", 20, SIG_ALG_NONE},
        {"P-256#a", "", 14, SIG_ALG_NONE},
        {"P-256#a", "", 15, SIG_ALG_NONE},
        {"P-256#a", "", 21, SIG_ALG_NONE},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct notary_cert cert = notary_issue(&(struct notary_spec){.key = rows[i].key, .name = "CN=log"}, NULL);
        uint8_t *der = NULL;
        int len = i2d_PUBKEY(cert.key, &der);
        WP_AUTO_BUF struct wp_buf key = WP_BUF_INIT;
        wp_base64(&key, wp_span(der, (size_t)len), false);
        OPENSSL_free(der);
        notary_cert_done(&cert);
        for (int by_number = rows[i].name[0] == '\0'; by_number < 2; by_number++) {
            WP_AUTO_FREE char *details =
                by_number ? wp_xasprintf("%u", rows[i].number) : wp_xasprintf("\"%s\"", rows[i].name);
            WP_AUTO_FREE char *text = wp_xasprintf(
                TYPE ",\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"%s\",\"keyDetails\":%s," SINCE "}," ID "}]}", key.ptr,
                details);
            struct wp_err err = {0};
            SIG_AUTO_ROOT struct sig_root *r = NULL;
            int rc = sig_root_read(wp_span_str(text), "r", &r, &err);
            assert_int_equal(rc, rows[i].alg != SIG_ALG_NONE ? 0 : -1);
            assert_true(rc < 0 || r->logs[0].alg == rows[i].alg);
        }
    }
}

static void test_parts(void **state)
{
    (void)state;
    struct sigstore s;
    struct wp_err err = {0};
    const struct wp_span none = {0};
    SIG_AUTO_ROOT struct sig_root *r = NULL;
    SIG_AUTO_ROOT struct sig_root *alone = NULL;
    SIG_AUTO_ROOT struct sig_root *bad = NULL;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    notary_pem(s.authority.cert, &pem);
    assert_int_equal(sig_root_of_parts("p", wp_buf_span(&pem), NULL, 0, none, &alone, &err), 0);
    assert_int_equal(alone->ca_count, 1); /* without a root among them the last is the anchor */
    notary_pem(s.anchor.cert, &pem);
    notary_pem(s.tsa_anchor.cert, &pem);
    assert_int_equal(sig_root_of_parts("p", wp_buf_span(&pem), NULL, 0, wp_buf_span(&pem), &r, &err), 0);
    assert_int_equal(r->ca_count, 2);
    assert_int_equal(r->cas[0].certificates.count, 2);
    assert_true(sig_cert_same(r->cas[0].certificates.items[1], s.anchor.cert));
    assert_true(sig_cert_same(r->cas[1].certificates.items[1], s.tsa_anchor.cert));
    assert_int_equal(r->tsa_count, 2);
    assert_string_equal(sig_root_summary(r, &s.a),
                        "0 transparency logs, 2 timestamp authorities, 2 certificate authorities");
    assert_int_equal(sig_root_of_parts("p", wp_span_str("x"), NULL, 0, none, &bad, &err), -1);
    assert_string_equal(err.msg, "p: no certificate in it");
    const struct wp_span key = wp_span_str("x");
    assert_int_equal(sig_root_of_parts("p", none, &key, 1, none, &bad, &err), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    sigstore_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_read),  cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_algorithms), cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
