/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary's trust policy: what a statement becomes, and what refuses the file. */
#include "base/mem.h"
#include "sign/notation-int.h"
#include "sign/policy-int.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/sign/notary.h"
#include "tests/unit/unit.h"

#define STORE "truststore/x509/ca/test"

static int setup(void **state)
{
    static const char *const folders[] = {"truststore",
                                          "truststore/x509",
                                          "truststore/x509/ca",
                                          STORE,
                                          "truststore/x509/ca/empty",
                                          "truststore/x509/tsa",
                                          "truststore/x509/tsa/time",
                                          "truststore/x509/signingAuthority",
                                          "truststore/x509/signingAuthority/sa"};
    const struct notary_spec spec = {
        .key = "P-256", .name = "C=US/ST=WA/O=acme/CN=root", .extensions = NOTARY_CA_EXTENSIONS};
    if (temp_folder_setup(state) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    const struct temp_folder *t = *state;
    struct notary_cert root = notary_issue(&spec, NULL);
    notary_pem(root.cert, &pem);
    for (size_t i = 0; i < WP_ARRAY_LEN(folders); i++) {
        temp_mkdir(t, folders[i]);
    }
    temp_write(t, STORE "/a.pem", wp_buf_span(&pem));
    temp_write(t, STORE "/b.crt", wp_buf_span(&pem));
    temp_write(t, "truststore/x509/tsa/time/root", wp_buf_span(&pem));
    temp_write(t, "truststore/x509/signingAuthority/sa/root", wp_buf_span(&pem));
    notary_cert_done(&root);
    return 0;
}

static int parse(const struct temp_folder *t, const char *text, struct sig_policy **ret, struct wp_err *err)
{
    *err = (struct wp_err){0};
    return sig_policy_parse(wp_span_str(text), temp_path(t, "trustpolicy.json"), NULL, ret, err);
}

/* One statement with these members besides its name. */
static char *document(const char *members)
{
    return wp_xasprintf("{\"version\":\"1.0\",\"trustPolicies\":[{\"name\":\"one\",%s}]}", members);
}

#define TRUST "\"trustStores\":[\"ca:test\"],\"trustedIdentities\":[\"*\"]"

static void test_levels(void **state)
{
    (void)state;
#define E SIG_NOTATION_ENFORCE
#define L SIG_NOTATION_LOG
#define S SIG_NOTATION_SKIP
    static const struct {
        const char *verification;
        enum sig_notation_check authenticity, timestamp, expiry, revocation;
        bool after;
    } rows[] = {
        {"\"level\":\"strict\"", E, E, E, E, false},
        {"\"level\":\"permissive\"", E, L, L, L, false},
        {"\"level\":\"audit\"", L, L, L, L, false},
        {"\"level\":\"strict\",\"override\":{}", E, E, E, E, false},
        {"\"level\":\"strict\",\"override\":{\"authenticity\":\"log\"}", L, E, E, E, false},
        {"\"level\":\"strict\",\"override\":{\"authenticTimestamp\":\"log\"}", E, L, E, E, false},
        {"\"level\":\"strict\",\"override\":{\"expiry\":\"log\"}", E, E, L, E, false},
        {"\"level\":\"strict\",\"override\":{\"revocation\":\"log\"}", E, E, E, L, false},
        {"\"level\":\"strict\",\"override\":{\"revocation\":\"skip\"}", E, E, E, S, false},
        {"\"level\":\"audit\",\"override\":{\"authenticity\":\"enforce\",\"expiry\":\"enforce\"}", E, L, E, L, false},
        {"\"level\":\"strict\",\"verifyTimestamp\":\"always\"", E, E, E, E, false},
        {"\"level\":\"strict\",\"verifyTimestamp\":\"afterCertExpiry\"", E, E, E, E, true},
    };
#undef E
#undef L
#undef S
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_POLICY struct sig_policy *p = NULL;
        struct wp_err err;
        WP_AUTO_FREE char *members = wp_xasprintf(
            "\"registryScopes\":[\"*\"],\"signatureVerification\":{%s},\"trustStores\":[\"ca:test\",\"tsa:time\","
            "\"signingAuthority:sa\"],\"trustedIdentities\":[\"x509.subject: C=US, ST=WA, O=acme\"]",
            rows[i].verification);
        WP_AUTO_FREE char *text = document(members);
        if (parse(*state, text, &p, &err) < 0) {
            fail_msg("%s: %s", rows[i].verification, err.msg);
        }
        assert_int_equal(p->rule_count, 1);
        const struct sig_rule *r = &p->rules[0];
        assert_int_equal(r->action, SIG_ACTION_REQUIRE);
        assert_int_equal(r->need_count, 1);
        assert_int_equal(r->group_count, 1);
        assert_int_equal(r->needs[0].threshold, 1);
        assert_int_equal(r->needs[0].demand_count, 1);
        const struct sig_demand *d = &r->needs[0].demands[0];
        assert_int_equal(d->formats, 1U << SIG_NOTATION);
        const struct sig_store *s = d->store;
        assert_int_equal(s->authenticity, rows[i].authenticity);
        assert_int_equal(s->timestamp, rows[i].timestamp);
        assert_int_equal(s->expiry, rows[i].expiry);
        assert_int_equal(s->revocation, rows[i].revocation);
        assert_int_equal(s->timestamp_after_expiry_only, rows[i].after);
        assert_int_equal(s->ca.count, 2);
        assert_int_equal(s->tsa.count, 1);
        assert_int_equal(s->authority.count, 1);
        assert_int_equal(s->identity_count, 1);
        assert_false(s->anyone);
    }
}

static void test_scopes(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct wp_err err;
    static const struct {
        const char *repository, *scope, *where;
    } rows[] = {
        {"a.example/x", "a.example/x", "one"},
        {"a.example:5000/x/y", "a.example:5000/x/y", "one"},
        {"a.example/free", "a.example/free", "two"},
        {"a.example/x/z", "*", "three"},
        {"b.example/x", "*", "three"},
        {"c.example/x", "c.example/x", "one"},
        {"docker.io/library/hello", "docker.io/library/hello", "one"},
        {"local/layout", "local/layout", "one"},
        {NULL, "*", "three"},
    };
    const char *text =
        "{\"version\":\"1.0\",\"trustPolicies\":["
        "{\"name\":\"three\",\"registryScopes\":[\"*\"],\"signatureVerification\":{\"level\":\"audit\"}," TRUST "},"
        "{\"name\":\"one\",\"registryScopes\":[\"a.example/x\",\"a.example:5000/x/y\","
        "\"C.Example/x\",\"docker.io/hello\",\"local/layout\"],"
        "\"signatureVerification\":{\"level\":\"strict\"}," TRUST "},"
        "{\"name\":\"two\",\"registryScopes\":[\"a.example/free\"],\"signatureVerification\":{\"level\":\"skip\"},"
        "\"trustStores\":[]}]}";
    if (parse(*state, text, &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct sig_question q = {.artifact = {.name = "it", .repository = rows[i].repository}};
        const char *scope = NULL;
        const struct sig_rule *r = p->find(p, &q, &scope);
        assert_string_equal(scope, rows[i].scope);
        assert_int_equal(r->action, wp_str_eq(rows[i].where, "two") ? SIG_ACTION_ACCEPT : SIG_ACTION_REQUIRE);
        assert_true(r->need_count == 0 || wp_str_eq(r->needs[0].id, rows[i].where));
    }
}

/* Statements share a store where they trust the same, to the word, and only there. */
static void test_shared_stores(void **state)
{
    static const struct {
        const char *verification, *stores, *identities;
        size_t same; /* as the statement of that place */
    } rows[] = {
        {"{\"level\":\"strict\"}", "[\"ca:test\"]", "[\"*\"]", 0},
        {"{\"level\":\"strict\"}", "[\"ca:test\"]", "[\"*\"]", 0},
        {"{\"level\":\"audit\"}", "[\"ca:test\"]", "[\"*\"]", 2},
        {"{\"level\":\"strict\"}", "[\"ca:test\",\"tsa:time\"]", "[\"*\"]", 3},
        {"{\"level\":\"strict\"}", "[\"ca:test\"]", "[\"x509.subject: C=US, ST=WA, O=acme\"]", 4},
        {"{\"level\":\"strict\"}", "[\"ca:test\"]", "[\"x509.subject: C=US, ST=WA, O=other\"]", 5},
        {"{\"level\":\"strict\", \"override\":{\"expiry\":\"log\"}}", "[\"ca:test\"]", "[\"*\"]", 6},
        {"{ \"level\": \"audit\" }", "[ \"ca:test\" ]", "[\"*\"]", 2},
    };
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct wp_err err;
    wp_buf_add_str(&text, "{\"version\":\"1.0\",\"trustPolicies\":[");
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        wp_buf_printf(&text,
                      "%s{\"name\":\"s%zu\",\"registryScopes\":[\"a.example/x%zu\"],\"signatureVerification\":%s,"
                      "\"trustStores\":%s,\"trustedIdentities\":%s}",
                      i > 0 ? "," : "", i, i, rows[i].verification, rows[i].stores, rows[i].identities);
    }
    wp_buf_add_str(&text, "]}");
    if (parse(*state, text.ptr, &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct sig_demand *d = &p->rules[i].needs[0].demands[0];
        char name[8];
        (void)snprintf(name, sizeof(name), "s%zu", i);
        assert_string_equal(d->name, name);
        for (size_t k = 0; k < WP_ARRAY_LEN(rows); k++) {
            bool same = d->store == p->rules[k].needs[0].demands[0].store;
            assert_int_equal(same, rows[i].same == rows[k].same);
        }
    }
}

/* No statement is about it: nothing is admitted. */
static void test_no_scope(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct wp_err err;
    const char *scope = "x";
    WP_AUTO_FREE char *text =
        document("\"registryScopes\":[\"a.example/x\"],\"signatureVerification\":{\"level\":\"strict\"}," TRUST);
    const struct sig_question q = {.artifact = {.name = "it", .repository = "a.example/y"}};
    assert_int_equal(parse(*state, text, &p, &err), 0);
    assert_int_equal(p->find(p, &q, &scope)->action, SIG_ACTION_REJECT);
    assert_null(scope);
}

#define ALL    "\"registryScopes\":[\"*\"],"
#define STRICT "\"signatureVerification\":{\"level\":\"strict\"},"

static const struct {
    const char *members, *words; /* behind the place */
} refused[] = {
    {STRICT TRUST, "/trustPolicies/0/registryScopes: is missing"},
    {ALL TRUST, "/trustPolicies/0/signatureVerification: is missing"},
    {ALL STRICT "\"trustedIdentities\":[\"*\"]", "/trustPolicies/0/trustStores: is missing"},
    {ALL STRICT "\"trustStores\":[\"ca:test\"]", "/trustPolicies/0/trustedIdentities: is missing"},
    {ALL STRICT TRUST ",\"TrustStores\":[]",
     "/trustPolicies/0/TrustStores: 'TrustStores' is no member of a Notary trust policy"},
    {ALL "\"signatureVerification\":{}," TRUST, "/trustPolicies/0/signatureVerification/level: is missing"},
    {ALL "\"signatureVerification\":{\"level\":\"Strict\"}," TRUST,
     "/trustPolicies/0/signatureVerification/level: 'Strict': strict, permissive, audit or skip are possible"},
    {ALL "\"signatureVerification\":{\"level\":\"strict\",\"override\":{\"revocation\":\"off\"}}," TRUST,
     "/trustPolicies/0/signatureVerification/override/revocation: 'off': enforce or log or skip are possible"},
    {ALL "\"signatureVerification\":{\"level\":\"strict\",\"override\":{\"authenticity\":\"skip\"}}," TRUST,
     "/trustPolicies/0/signatureVerification/override/authenticity: 'skip': enforce or log are possible"},
    {ALL "\"signatureVerification\":{\"level\":\"skip\"}," TRUST,
     "/trustPolicies/0/trustStores: stands beside the level 'skip', which asks for nothing"},
    {"\"registryScopes\":[\"a.example\"]," STRICT TRUST,
     "/trustPolicies/0/registryScopes/0: 'a.example' is no repository (such as registry.example/team/app)"},
    {"\"registryScopes\":[\"a.example/x:1\"]," STRICT TRUST,
     "/trustPolicies/0/registryScopes/0: 'a.example/x:1' is no repository (such as registry.example/team/app)"},
    {"\"registryScopes\":[\"a.example/X\"]," STRICT TRUST,
     "/trustPolicies/0/registryScopes/0: 'a.example/X' is no repository (such as registry.example/team/app)"},
    {"\"registryScopes\":[\"/x\"]," STRICT TRUST,
     "/trustPolicies/0/registryScopes/0: '/x' is no repository (such as registry.example/team/app)"},
    {"\"registryScopes\":[\"a.example/x\",\"*\"]," STRICT TRUST,
     "/trustPolicies/0/registryScopes/1: '*' stands beside others"},
    {"\"registryScopes\":[\"a.example/x\",\"A.example/x\"]," STRICT TRUST,
     "/trustPolicies/0/registryScopes/1: 'A.example/x' stands in a statement already"},
    {ALL STRICT "\"trustStores\":[\"ca:..\"],\"trustedIdentities\":[\"*\"]",
     "/trustPolicies/0/trustStores/0: 'ca:..' names no trust store: ca:NAME, signingAuthority:NAME or tsa:NAME"},
    {ALL STRICT "\"trustStores\":[\"test\"],\"trustedIdentities\":[\"*\"]",
     "/trustPolicies/0/trustStores/0: 'test' names no trust store: ca:NAME, signingAuthority:NAME or tsa:NAME"},
    {ALL STRICT "\"trustStores\":[\"tsa:time\"],\"trustedIdentities\":[\"*\"]",
     "/trustPolicies/0: one: no certificate is trusted"},
    {ALL STRICT "\"trustStores\":[\"ca:test\"],\"trustedIdentities\":[\"x509.subject: C=US\"]",
     "/trustPolicies/0: trusted identity 'x509.subject: C=US': ST is missing, C, ST and O must be there"},
    {ALL STRICT "\"trustStores\":[\"ca:test\"],\"trustedIdentities\":[\"x509.subject: C=US, ST=WA, O=a, O=b\"]",
     "/trustPolicies/0: trusted identity 'x509.subject: C=US, ST=WA, O=a, O=b': O stands there twice"},
};

static void test_refused(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        SIG_AUTO_POLICY struct sig_policy *p = NULL;
        struct wp_err err;
        WP_AUTO_FREE char *text = document(refused[i].members);
        if (parse(*state, text, &p, &err) == 0) {
            fail_msg("accepted: %s", refused[i].members);
        }
        const char *place = strstr(err.msg, "trustpolicy.json:1:");
        assert_non_null(place);
        place = strstr(place, ": /");
        assert_non_null(place);
        assert_string_equal(place + 2, refused[i].words);
        assert_int_equal(err.code, WP_E_INPUT);
    }
}

static void store_refused(void **state, const char *store, const char *words)
{
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct wp_err err;
    WP_AUTO_FREE char *members =
        wp_xasprintf(ALL STRICT "\"trustStores\":[\"%s\"],\"trustedIdentities\":[\"*\"]", store);
    WP_AUTO_FREE char *text = document(members);
    assert_int_equal(parse(*state, text, &p, &err), -1);
    if (strstr(err.msg, words) == NULL) {
        fail_msg("%s", err.msg);
    }
}

/* What lies in a store is a file there, and a certificate that vouches. */
static void test_stores(void **state)
{
    const struct temp_folder *t = *state;
    const struct notary_spec leaf = {
        .key = "P-256#2", .name = "C=US/ST=WA/O=acme/CN=leaf", .extensions = NOTARY_LEAF_EXTENSIONS};
    const struct notary_spec spec = {
        .key = "P-256", .name = "C=US/ST=WA/O=acme/CN=root", .extensions = NOTARY_CA_EXTENSIONS};
    struct notary_cert root = notary_issue(&spec, NULL);
    struct notary_cert signer = notary_issue(&leaf, &root);
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    notary_pem(signer.cert, &pem);
    store_refused(state, "ca:empty", "there is no certificate in '");
    store_refused(state, "ca:absent", "there is no certificate in '");
    temp_mkdir(t, "truststore/x509/ca/odd");
    temp_write(t, "truststore/x509/ca/odd/x", wp_span_str("hello\n"));
    store_refused(state, "ca:odd", "no certificate in it");
    temp_write(t, "truststore/x509/ca/odd/x", wp_buf_span(&pem));
    store_refused(state, "ca:odd", "is neither a certificate authority nor signed by itself");
    temp_symlink(t, "../test", "truststore/x509/ca/link");
    store_refused(state, "ca:link", "truststore/x509/ca/link");
    temp_mkdir(t, "truststore/x509/ca/linked");
    temp_symlink(t, "../test/a.pem", "truststore/x509/ca/linked/a.pem");
    store_refused(state, "ca:linked", "truststore/x509/ca/linked/a.pem");
    temp_mkdir(t, "truststore/x509/ca/deep");
    temp_mkdir(t, "truststore/x509/ca/deep/er");
    store_refused(state, "ca:deep", "truststore/x509/ca/deep/er");
    temp_mkdir(t, "truststore/crl");
    temp_write(t, "truststore/crl/x", wp_span_str("hello\n"));
    store_refused(state, "ca:test", "no revocation list in it");
    wp_buf_cut(&pem, 0);
    notary_crl(&root, NULL, NOTARY_FROM, NOTARY_TO, true, &pem);
    temp_write(t, "truststore/crl/x", wp_buf_span(&pem));
    store_refused(state, "ca:test", "a revocation list with critical extensions (partial, indirect or delta)");
    notary_cert_done(&root);
    notary_cert_done(&signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shared_stores, setup, temp_folder_teardown),
        cmocka_unit_test_setup_teardown(test_levels, setup, temp_folder_teardown),
        cmocka_unit_test_setup_teardown(test_scopes, setup, temp_folder_teardown),
        cmocka_unit_test_setup_teardown(test_no_scope, setup, temp_folder_teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, temp_folder_teardown),
        cmocka_unit_test_setup_teardown(test_stores, setup, temp_folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
