/* SPDX-License-Identifier: Apache-2.0
 *
 * Bundles as text: written, read again, and what is refused before anything is believed. */
#include "base/limits.h"
#include "sign/log.h"
#include "tests/unit/sign/sigstore.h"
#include "tests/unit/unit.h"

#define TYPE     "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\","
#define KEY      "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"h\"}}"
#define MESSAGE  "\"messageSignature\":{\"signature\":\"aGk=\"}"
#define ENTRY(x) "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"h\"},\"tlogEntries\":[{" x "}]}"
#define WHO \
    "\"logId\":{\"keyId\":\"aGk=\"},\"kindVersion\":{\"kind\":\"k\",\"version\":\"v\"},\"canonicalizedBody\":\"aGk=\""
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static int read_text(const char *text, struct wp_arena *a, struct sig_bundle *ret, struct wp_err *err)
{
    return sig_bundle_read(wp_span_str(text), "b", a, ret, err);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "b: empty, not JSON"},
        {"[]", "b: must be an object, not an array"},
        {"{}", "b: /mediaType: is missing"},
        {"{\"mediaType\":null}", "b: /mediaType: is missing"},
        {"{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=99.9\"}",
         "b: /mediaType: 'application/vnd.dev.sigstore.bundle+json;version=99.9' is no version of Sigstore bundles "
         "known "
         "here, v0.1 to v0.3 are"},
        {TYPE KEY "}", "b: must have one of messageSignature, dsseEnvelope"},
        {TYPE KEY "," MESSAGE ",\"dsseEnvelope\":{}}", "b: must have one of messageSignature, dsseEnvelope"},
        {TYPE KEY "," MESSAGE ",\"extra\":1}", "b: /extra: a field that is not known"},
        {TYPE KEY "," MESSAGE "," MESSAGE "}", "b: invalid JSON at byte 151: duplicate key \"messageSignature\""},
        {TYPE MESSAGE "}", "b: /verificationMaterial: is missing"},
        {TYPE "\"verificationMaterial\":{}," MESSAGE "}",
         "b: /verificationMaterial: must have one of publicKey, certificate, x509CertificateChain"},
        {TYPE "\"verificationMaterial\":{\"publicKey\":{},\"certificate\":{\"rawBytes\":\"aGk=\"}}," MESSAGE "}",
         "b: /verificationMaterial: must have one of publicKey, certificate, x509CertificateChain"},
        {TYPE "\"verificationMaterial\":{\"x509CertificateChain\":{\"certificates\":[]}}," MESSAGE "}",
         "b: /verificationMaterial/x509CertificateChain: bundles of version 0.3 have the signer's certificate alone"},
        {TYPE "\"verificationMaterial\":{\"certificate\":{}}," MESSAGE "}",
         "b: /verificationMaterial/certificate/rawBytes: is missing"},
        {TYPE ENTRY("") "," MESSAGE "}", "b: /verificationMaterial/tlogEntries/0/logId: is missing"},
        {TYPE ENTRY("\"logIndex\":\"-1\"," WHO) "," MESSAGE "}",
         "b: /verificationMaterial/tlogEntries/0/logIndex: '-1' is not a number from 0 to 2^63 - 1"},
        {TYPE ENTRY(WHO) "," MESSAGE "}",
         "b: /verificationMaterial/tlogEntries/0: needs an inclusionProof with a checkpoint"},
        {TYPE ENTRY(WHO ",\"inclusionProof\":{\"rootHash\":\"" HASH "\"}") "," MESSAGE "}",
         "b: /verificationMaterial/tlogEntries/0: needs an inclusionProof with a checkpoint"},
        {TYPE ENTRY(WHO ",\"inclusionProof\":{\"rootHash\":\"" HASH "\",\"hashes\":[\"aGk=\"]}") "," MESSAGE "}",
         "b: /verificationMaterial/tlogEntries/0/inclusionProof/hashes/0: 2 bytes, not the 32 of SHA-256"},
        {TYPE KEY ",\"messageSignature\":{}}", "b: /messageSignature/signature: is missing"},
        {TYPE KEY ",\"messageSignature\":{\"signature\":\"@\"}}", "b: /messageSignature/signature: is not base64"},
        {TYPE KEY ",\"messageSignature\":{\"signature\":\"aGk=\",\"messageDigest\":{\"digest\":\"aGk=\"}}}",
         "b: /messageSignature/messageDigest/algorithm: does not say which hash function"},
        {TYPE KEY ",\"dsseEnvelope\":{\"payload\":\"aGk=\",\"payloadType\":\"t\",\"signatures\":[]}}",
         "b: /dsseEnvelope/signatures: an envelope in a bundle has one signature, this one has 0"},
        {TYPE KEY ",\"dsseEnvelope\":{\"payload\":\"aGk=\",\"payloadType\":\"t\",\"signatures\":[{},{}]}}",
         "b: /dsseEnvelope/signatures: an envelope in a bundle has one signature, this one has 2"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct sig_bundle b = {.minor = 99};
        assert_int_equal(read_text(rows[i].text, &a, &b, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, WP_E_UNSATISFIED);
        assert_int_equal(b.minor, 99);
    }
}

static void test_first_version(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_bundle b;
    const char *type = "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.1\",";
    const char *chain = "\"verificationMaterial\":{\"x509_certificate_chain\":{\"certificates\":[{\"raw_bytes\":"
                        "\"aGk=\"},{\"rawBytes\":\"aG8=\"}]},\"tlogEntries\":[{" WHO "%s}]}," MESSAGE "}";
    const char *promised = wp_arena_printf(&a, ",\"inclusionPromise\":{\"signedEntryTimestamp\":\"aGk=\"}");
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_printf(&text, "%s", type);
    wp_buf_printf(&text, chain, promised);
    assert_int_equal(read_text(text.ptr, &a, &b, &err), 0);
    assert_int_equal(b.minor, 1);
    assert_int_equal(b.material.certificate_count, 2);
    assert_int_equal(b.material.entries[0].log_index, 0);
    assert_false(b.material.entries[0].proof_required);
    assert_false(b.material.entries[0].has_proof);
    wp_buf_cut(&text, 0);
    wp_buf_printf(&text, "%s", type);
    wp_buf_printf(&text, chain, "");
    assert_int_equal(read_text(text.ptr, &a, &b, &err), -1);
    assert_string_equal(err.msg,
                        "b: /verificationMaterial/tlogEntries/0: bundles of version 0.1 need an inclusionPromise");
}

static void test_written(void **state)
{
    (void)state;
    static const char hint[] = "h+/=";
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err err = {0};
    struct sig_bundle read;
    const struct sig_bundle b = {.material = {.hint = hint},
                                 .is_dsse = true,
                                 .payload_type = SIG_PAYLOAD_INTOTO,
                                 .payload = {(const uint8_t *)"{}", 2},
                                 .signature = {(const uint8_t *)"sig", 3}};
    sig_bundle_write(&b, NULL, 0, &text);
    assert_int_equal(read_text(text.ptr, &a, &read, &err), 0);
    assert_true(read.is_dsse && read.minor == 3);
    assert_string_equal(read.material.hint, hint);
    assert_string_equal(read.payload_type, SIG_PAYLOAD_INTOTO);
    assert_int_equal(read.payload.len, 2);
    assert_memory_equal(read.signature.ptr, "sig", 3);
}

/* A bundle with everything in it, read and written to the same bytes. */
static void test_round_trip(void **state)
{
    (void)state;
    static const struct sigstore_plan plans[] = {
        {.log = SIGSTORE_V1, .stamped = SIGSTORE_AT},
        {.log = SIGSTORE_V2, .dsse = true, .by_key = "P-256#key"},
        {.dsse = true, .by_key = "ED25519"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(plans); i++) {
        struct sigstore s;
        struct wp_err err = {0};
        struct sig_bundle read;
        WP_AUTO_BUF struct wp_buf once = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf twice = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf entry = WP_BUF_INIT;
        sigstore_init(&s, &plans[i]);
        sigstore_text(&s, &once);
        assert_int_equal(read_text(once.ptr, &s.a, &read, &err), 0);
        struct wp_json_out o = wp_json_out(&entry);
        if (read.material.entry_count != 0) {
            sig_log_entry_write(&o, &read.material.entries[0]);
        }
        struct wp_span entries = wp_buf_span(&entry);
        sig_bundle_write(&read, &entries, read.material.entry_count, &twice);
        assert_string_equal(once.ptr, twice.ptr);
        sigstore_done(&s);
    }
}

/* What writers in other languages leave out, and put in. */
static void test_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"\"logIndex\":\"0\",", ""},
        {"\"logIndex\":\"0\"", "\"logIndex\":null"},
        {"\"logIndex\":\"0\"", "\"log_index\":0"},
        {"\"algorithm\":\"SHA2_256\"", "\"algorithm\":1"},
        {"\"messageSignature\"", "\"dsseEnvelope\":null,\"messageSignature\""},
        {"\"signature\":\"", "\"signature\":\"\\n"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct sigstore s;
        struct sig_proof p;
        struct wp_err err = {0};
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT});
        sigstore_text(&s, &text);
        const char *at = strstr(text.ptr, rows[i].from);
        assert_non_null(at);
        const char *changed =
            wp_arena_printf(&s.a, "%.*s%s%s", (int)(at - text.ptr), text.ptr, rows[i].to, at + strlen(rows[i].from));
        const struct sig_candidate c = {
            .format = sig_format_of(SIG_MT_BUNDLE), .where = "b", .bytes = wp_span_str(changed)};
        if (sig_check(&c, &s.art, &s.d, &s.a, &p, &err) != 1) {
            fail_msg("%s: %s", rows[i].to, err.msg);
        }
        sigstore_done(&s);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_bundle b;
    struct wp_span huge = wp_span("", WP_LIMIT_STATEMENT / 3 * 4 + WP_LIMIT_SIGNATURE + 1);
    assert_int_equal(sig_bundle_read(huge, "b", &a, &b, &err), -1);
    assert_int_equal(err.code, WP_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_first_version), cmocka_unit_test(test_written),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_spellings),     cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
