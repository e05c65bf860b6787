/* SPDX-License-Identifier: Apache-2.0
 *
 * DSSE's encoding, in-toto statements, names of predicate types. */
#include "sign/statement.h"
#include "tests/unit/unit.h"

#define HEX  "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HEAD "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"https://a.example/b\","

static void test_pae(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    sig_dsse_pae("http://example.com/HelloWorld", wp_span_str("hello world"), &b);
    assert_string_equal(b.ptr, "DSSEv1 29 http://example.com/HelloWorld 11 hello world"); /* protocol.md's own */
    wp_buf_cut(&b, 0);
    sig_dsse_pae("", wp_span("", 0), &b);
    assert_string_equal(b.ptr, "DSSEv1 0  0 ");
}

static void test_write(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct oci_digest digest;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct oci_annotation annotations[] = {{"a", "1"}, {"b", "<&>"}};
    assert_int_equal(oci_digest_parse("sha256:" HEX, &digest, &err), 0);
    sig_statement_write(&b, NULL, &digest, NULL, 0, SIG_PREDICATE_SIGN, wp_span("", 0));
    assert_string_equal(b.ptr,
                        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":\"" HEX
                        "\"}}],\"predicateType\":\"https://sigstore.dev/cosign/sign/v1\",\"predicate\":{}}");
    wp_buf_cut(&b, 0);
    sig_statement_write(&b, "app.wasm", &digest, annotations, 2, "https://a.example/b", wp_span_str("{\"x\":[1]}"));
    assert_string_equal(b.ptr, "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"app.wasm\","
                               "\"digest\":{\"sha256\":\"" HEX "\"},\"annotations\":{\"a\":\"1\",\"b\":\"<&>\"}}],"
                               "\"predicateType\":\"https://a.example/b\",\"predicate\":{\"x\":[1]}}");
    SIG_AUTO_STATEMENT struct sig_statement s = {0};
    struct wp_json found;
    const char *text = NULL;
    assert_int_equal(sig_statement_read(wp_buf_span(&b), "s", &s, &err), 0);
    assert_string_equal(s.predicate_type, "https://a.example/b");
    assert_int_equal(wp_json_len(&s.predicate), 1);
    assert_true(sig_statement_is_about(&s, &digest, &found));
    struct wp_json value = wp_json_get(&found, "b");
    assert_int_equal(wp_json_str(&value, &text, &err), 0);
    assert_string_equal(text, "<&>");
    digest.bytes[31] ^= 1;
    assert_false(sig_statement_is_about(&s, &digest, NULL));
}

static void test_about(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct oci_digest digest;
    assert_int_equal(oci_digest_parse("sha256:" HEX, &digest, &err), 0);
    static const struct {
        const char *digests;
        bool yes;
    } rows[] = {
        {"{\"sha256\":\"" HEX "\"}", true},
        {"{\"sha512\":\"00\",\"sha256\":\"" HEX "\"}", true},
        {"{\"sha512\":\"" HEX "\"}", false},
        {"{\"sha256\":\"2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824\"}", false},
        {"{\"sha256\":\"" HEX "0\"}", false},
        {"{\"sha256\":\"2cf24dba\"}", false},
        {"{\"sha256\":7}", false},
        {"{\"SHA256\":\"" HEX "\"}", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        SIG_AUTO_STATEMENT struct sig_statement s = {0};
        wp_buf_printf(&b, HEAD "\"subject\":[{\"digest\":{\"sha256\":\"\"}},{\"digest\":%s}]}", rows[i].digests);
        assert_int_equal(sig_statement_read(wp_buf_span(&b), "s", &s, &err), 0);
        assert_int_equal(sig_statement_is_about(&s, &digest, NULL), rows[i].yes);
        assert_int_equal(wp_json_kind(&s.predicate), WP_JSON_ABSENT);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "s: empty, not JSON"},
        {"[]", "s: must be an object, not an array"},
        {"{}", "s: /_type: is missing"},
        {"{\"_type\":\"https://in-toto.io/Statement/v2\"}",
         "s: /_type: 'https://in-toto.io/Statement/v2' is no in-toto statement of version 1 or 0.1"},
        {HEAD "\"subject\":{}}", "s: /subject: must be an array, not an object"},
        {HEAD "\"subject\":[]}", "s: /subject: names no subject"},
        {HEAD "\"subject\":null}", "s: /subject: must be an array, not null"},
        {HEAD "\"subject\":[7]}", "s: /subject/0: must be an object, not an integer"},
        {HEAD "\"subject\":[{\"name\":\"x\"}]}", "s: /subject/0/digest: is missing"},
        {HEAD "\"subject\":[{\"digest\":{}}]}", "s: /subject/0/digest: names no digest"},
        {HEAD "\"subject\":[{\"digest\":{\"sha256\":\"\"},\"Digest\":{}}]}",
         "s: /subject/0/Digest: differs from the key 'digest' in case only, readers would disagree"},
        {HEAD "\"predicatetype\":\"x\"}",
         "s: /predicatetype: differs from the key 'predicateType' in case only, readers would disagree"},
        {"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"a\":\"b\"}}]}",
         "s: /predicateType: is missing"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        SIG_AUTO_STATEMENT struct sig_statement s = {0};
        assert_int_equal(sig_statement_read(wp_span_str(rows[i].text), "s", &s, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, WP_E_UNSATISFIED);
        assert_null(s.doc);
    }
}

static void test_predicates(void **state)
{
    (void)state;
    struct wp_err err = {0};
    const char *uri = NULL;
    struct sig_match m;
    for (const struct sig_predicate_row *r = sig_predicates; r->name != NULL; r++) {
        assert_int_equal(sig_predicate_uri(r->name, &uri, &err), r->uri != NULL ? 0 : -1);
        assert_true(r->uri == NULL || wp_str_eq(uri, r->uri));
        assert_int_equal(sig_predicate_match(r->name, &m, &err), 0);
    }
    assert_int_equal(sig_predicate_uri("https://a.example/b", &uri, &err), 0);
    assert_string_equal(uri, "https://a.example/b");
    assert_int_equal(sig_predicate_uri("cyclonexd", &uri, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    assert_string_equal(err.hint, "did you mean 'cyclonedx'?");
    static const char *const bad[] = {"", "spdx ", "a b:c", "https:", ":x", "x:y\n"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_int_equal(sig_predicate_uri(bad[i], &uri, &err), -1);
    }
    assert_int_equal(sig_predicate_match("sbom", &m, &err), 0);
    assert_true(sig_match(&m, "https://spdx.dev/Document") && sig_match(&m, "https://cyclonedx.org/bom/v1.6"));
    assert_false(sig_match(&m, "https://spdx.dev/Documents") || sig_match(&m, "https://slsa.dev/provenance/v1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pae),     cmocka_unit_test(test_write),      cmocka_unit_test(test_about),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_predicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
