/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"
#include "sign/notation-int.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

#define P     "io.cncf.notary."
#define CRIT  "\"alg\":\"ES256\",\"crit\":[\"" P "signingScheme\"],\"cty\":\"" SIG_NOTARY_PAYLOAD "\","
#define PLAIN "\"" P "signingScheme\":\"notary.x509\",\"" P "signingTime\":\"2026-01-02T03:04:05Z\""
#define SA    "\"" P "signingScheme\":\"notary.x509.signingAuthority\","
#define AT    "\"" P "authenticSigningTime\":\"2026-01-02T03:04:05Z\""

/* {"payload":…,"protected":base64url(protected),…}; the rest as given or as it should be. */
static void envelope(const char *protected, const char *rest, struct wp_buf *ret)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_base64(&text, wp_span_str(protected), true);
    wp_buf_printf(ret, "{\"payload\":\"e30\",\"protected\":\"%s\",%s}", text.ptr,
                  rest != NULL ? rest : "\"header\":{\"x5c\":[\"AAAA\"]},\"signature\":\"AAAA\"");
}

static int read_it(const char *protected, const char *rest, struct wp_arena *a, struct sig_envelope *e,
                   struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    envelope(protected, rest, &text);
    return sig_wire_jws.read(wp_buf_span(&text), a, e, err);
}

static void test_read(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct sig_envelope e;
    struct wp_err err = {0};
    assert_int_equal(read_it("{" CRIT PLAIN ",\"x\":{\"y\":[1]},\"" P "expiry\":null}", NULL, &a, &e, &err), 0);
    assert_int_equal(e.alg, SIG_ALG_ECDSA_P256_SHA256);
    assert_false(e.authority || e.has_expiry);
    assert_int_equal(e.signing_time, 1767323045);
    assert_int_equal(e.chain_count, 1);
    assert_int_equal(e.chain[0].len, 3);
    assert_memory_equal(e.payload.ptr, "{}", 2);
    assert_int_equal(e.signature.len, 3);
    assert_null(e.timestamp.ptr);
    assert_null(e.agent);
    assert_true(e.tbs.len == e.protected.len + 4 && memcmp(e.tbs.ptr + e.protected.len, ".e30", 4) == 0);

    /* Times with an offset, as notation before 1.0 wrote them; an authority; all that may be beside the signature. */
    assert_int_equal(read_it("{\"alg\":\"PS512\",\"crit\":[\"" P "expiry\",\"" P "authenticSigningTime\",\"" P
                             "signingScheme\"],\"cty\":\"" SIG_NOTARY_PAYLOAD "\"," SA AT ",\"" P
                             "expiry\":\"2026-01-02T11:04:06+08:00\"}",
                             "\"header\":{\"x5c\":[\"AAAA\",\"AAEC\"],\"" P "signingAgent\":\"a\",\"" P
                             "timestampSignature\":\"AQ==\"},\"signature\":\"AAAA\"",
                             &a, &e, &err),
                     0);
    assert_int_equal(e.alg, SIG_ALG_RSA_PSS_SHA512);
    assert_true(e.authority && e.has_expiry && e.expiry == e.signing_time + 1);
    assert_string_equal(e.agent, "a");
    assert_int_equal(e.timestamp.len, 1);
    assert_int_equal(e.chain_count, 2);
}

static const struct {
    const char *protected, *rest, *words;
} refused[] = {
    {"", NULL, "the envelope: /protected: is not base64url without padding"},
    {"[]", NULL, "its protected header: must be an object, not an array"},
    {"{}", NULL, "its protected header: /crit: is missing"},
    {"{" CRIT "\"" P "signingTime\":\"2026-01-02T03:04:05Z\"}", NULL, "'" P "signingScheme' is missing"},
    {"{" CRIT "\"" P "signingScheme\":\"notary.x509\"}", NULL, "'" P "signingTime' is missing"},
    {"{" CRIT PLAIN "," AT "}", NULL,
     "'" P "authenticSigningTime' must not be there in the signing scheme 'notary.x509'"},
    {"{" CRIT SA AT "}", NULL, "'" P "authenticSigningTime' is not marked critical"},
    {"{" CRIT PLAIN ",\"" P "expiry\":\"2026-01-03T00:00:00Z\"}", NULL, "'" P "expiry' is not marked critical"},
    {"{" CRIT PLAIN ",\"" P "expiry\":3}", NULL,
     "its protected header: /" P "expiry: must be a string, not an integer"},
    {"{" CRIT PLAIN ",\"" P "other\":3}", NULL, "the attribute '" P "other' is not known"},
    {"{" CRIT PLAIN ",\"" P "verificationPluginMinVersion\":\"1.0.0\"}", NULL,
     "'" P "verificationPluginMinVersion' asks for a verification plugin, and there are none here"},
    {"{" CRIT PLAIN ",\"CRIT\":[]}", NULL, NULL},
    {"{" CRIT PLAIN "}", "\"header\":{\"x5c\":[\"AAAA\"]},\"signature\":\"AA==\"",
     "the envelope: /signature: is not base64url without padding"},
    {"{" CRIT PLAIN "}", "\"header\":{\"x5c\":[\"A_-A\"]},\"signature\":\"AAAA\"",
     "the envelope: /header/x5c/0: is not base64"},
    {"{" CRIT PLAIN "}", "\"header\":{\"x5c\":\"AAAA\"},\"signature\":\"AAAA\"",
     "the envelope: /header/x5c: must be an array, not a string"},
    {"{" CRIT PLAIN "}",
     "\"header\":{\"x5c\":[\"AA\",\"AA\",\"AA\",\"AA\",\"AA\",\"AA\",\"AA\",\"AA\",\"AA\",\"AA\",\"AA\"]},"
     "\"signature\":\"AAAA\"",
     "the envelope: /header/x5c: 11 certificates, 1 to 10 are possible"},
    {"{" CRIT PLAIN "}", "\"header\":[],\"signature\":\"AAAA\"",
     "the envelope: /header: must be an object, not an array"},
    {"{" CRIT PLAIN "}", "\"signatures\":[]", "the envelope: /signatures: is no member of a Notary envelope"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct sig_envelope e;
        struct wp_err err = {0};
        if (read_it(refused[i].protected, refused[i].rest, &a, &e, &err) == 0) {
            fail_msg("row %zu was accepted", i);
        }
        assert_int_equal(err.code, WP_E_INPUT);
        assert_true(refused[i].words == NULL || wp_str_eq(err.msg, refused[i].words) ||
                    (print_message("row %zu: %s\n", i, err.msg), false));
    }
}

/* What is written is read again as it was. */
static void test_write(void **state)
{
    (void)state;
    static const struct wp_span chain[] = {{(const uint8_t *)"abc", 3}, {(const uint8_t *)"d", 1}};
    for (int more = 0; more < 2; more++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf protected = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf tbs = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        struct sig_envelope again;
        struct wp_err err = {0};
        struct sig_envelope e = {.alg = SIG_ALG_ECDSA_P384_SHA384,
                                 .signing_time = 1767323045,
                                 .has_expiry = more != 0,
                                 .expiry = 1767323046,
                                 .payload = wp_span_str("{\"a\":1}"),
                                 .signature = wp_span_str("signature"),
                                 .chain = chain,
                                 .chain_count = 2,
                                 .agent = more != 0 ? "agent" : NULL};
        e.timestamp = more != 0 ? wp_span_str("token") : wp_span(NULL, 0);
        sig_wire_jws.protect(&e, &protected);
        e.protected = wp_buf_span(&protected);
        sig_wire_jws.to_be_signed(&e, &tbs);
        sig_wire_jws.write(&e, &text);
        assert_int_equal(sig_wire_jws.read(wp_buf_span(&text), &a, &again, &err), 0);
        assert_int_equal(again.alg, e.alg);
        assert_int_equal(again.signing_time, e.signing_time);
        assert_int_equal(again.has_expiry, e.has_expiry);
        assert_int_equal(again.tbs.len, tbs.len);
        assert_memory_equal(again.tbs.ptr, tbs.ptr, tbs.len);
        assert_memory_equal(again.signature.ptr, "signature", 9);
        assert_int_equal(again.chain_count, 2);
        assert_int_equal(again.timestamp.len, e.timestamp.len);
        assert_int_equal(again.agent != NULL, more != 0);
    }
}

/* Without needle. */
static void cut(struct wp_buf *text, const char *needle)
{
    const char *at = strstr(text->ptr, needle);
    assert_non_null(at);
    size_t before = (size_t)(at - text->ptr);
    memmove(text->ptr + before, at + strlen(needle), text->len - before - strlen(needle) + 1);
    text->len -= strlen(needle);
}

/* notation-core-go's expected output, byte by byte, but for attributes of its own that wpack never writes. */
static void test_conformance(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf theirs = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf ours = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf decoded = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct sig_envelope e = {.alg = SIG_ALG_ECDSA_P256_SHA256, .has_expiry = true};
    struct wp_err err = {0};
    const char *text = NULL;
    vectors_or_skip();
    vectors_read("notation/core-jws-conformance.json", &file);
    assert_int_equal(wp_json_parse(wp_buf_span(&file), "vector", false, WP_E_INPUT, &doc, &err), 0);
    struct wp_json root = wp_json_root(doc);
    struct wp_json protected = wp_json_get(&root, "protected");
    assert_int_equal(wp_json_str(&protected, &text, &err), 0);
    assert_true(wp_unbase64(&theirs, text, strlen(text), true));
    assert_int_equal(sig_wire_jws.read(wp_buf_span(&file), &a, &e, &err), -1);
    assert_string_equal(err.msg, "the critical attribute 'signedCritKey1' is not known");
    cut(&theirs, "\"signedCritKey1\",");
    cut(&theirs, ",\"signedCritKey1\":\"signedCritValue1\",\"signedKey1\":\"signedValue1\",\"signedKey2\":"
                 "\"signedValue1\",\"signedKey3\":\"signedValue1\",\"signedKey4\":\"signedValue1\"");
    e = (struct sig_envelope){.alg = SIG_ALG_ECDSA_P256_SHA256, .has_expiry = true};
    assert_true(wp_time_parse_rfc3339("2022-08-29T13:50:00Z", &e.signing_time));
    assert_true(wp_time_parse_rfc3339("2099-08-30T13:50:00Z", &e.expiry));
    sig_wire_jws.protect(&e, &ours);
    assert_true(wp_unbase64(&decoded, ours.ptr, ours.len, true));
    assert_string_equal(decoded.ptr, theirs.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
