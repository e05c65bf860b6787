/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/sign/fake-signature.h"
#include "tests/unit/unit.h"

static struct wp_arena arena;
static char data[1024]; /* the key, base64 of its PEM */

static int setup(void **state)
{
    if (temp_folder_setup(state) < 0) {
        return -1;
    }
    const struct temp_folder *t = *state;
    SIG_AUTO_KEY struct sig_key *key = NULL;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err err;
    assert_int_equal(sig_key_generate(SIG_KEY_ECDSA_P256, &key, &err), 0);
    sig_pub_pem(sig_key_pub(key), &pem);
    temp_write(t, "a.pub", wp_buf_span(&pem));
    wp_base64(&text, wp_buf_span(&pem), false);
    assert_true(text.len < sizeof(data));
    memcpy(data, text.ptr, text.len + 1);
    return 0;
}

static int parse(const struct temp_folder *t, const char *text, struct sig_policy **ret, struct wp_err *err)
{
    *err = (struct wp_err){0};
    return sig_policy_parse(wp_span_str(text), temp_path(t, "policy.json"), NULL, ret, err);
}

static struct sig_policy *load(const struct temp_folder *t, const char *text)
{
    struct sig_policy *p = NULL;
    struct wp_err err;
    if (parse(t, text, &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static struct sig_report ask(const struct sig_policy *p, const char *reference, const struct fake_signature *f,
                             struct wp_err *err)
{
    struct sig_report report;
    struct sig_candidate *c = wp_arena_alloc(&arena, 1, sizeof(*c));
    *c = fake_candidate(f, "somewhere");
    const struct sig_question q = fake_question(reference, c, f != NULL ? 1 : 0);
    *err = (struct wp_err){0};
    int rc = sig_judge(p, &q, &arena, &report, err);
    assert_int_equal(rc == 0, report.verdict == SIG_SATISFIED || report.verdict == SIG_ACCEPTED_UNSIGNED);
    return report;
}

static enum sig_verdict verdict(const struct sig_policy *p, const char *reference, const struct fake_signature *f)
{
    struct wp_err err;
    return ask(p, reference, f, &err).verdict;
}

/* ---- scopes ---- */

#define ACCEPT "[{\"type\":\"insecureAcceptAnything\"}]"
#define REJECT "[{\"type\":\"reject\"}]"

static void test_scopes(void **state)
{
    static const struct {
        const char *reference, *scope;
    } rows[] = {
        {"host.example/ns/app:1.0", "docker:host.example/ns/app:1.0"},
        {"host.example/ns/app:2.0", "docker:host.example/ns/app"},
        {"host.example/ns/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "docker:host.example/ns/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"host.example/ns/deeper/app:1", "docker:host.example/ns"},
        {"host.example/nso/app:1", "docker:host.example"},
        {"host.example:5000/ns/app:1", "docker:*.example"},
        {"a.b.example/ns/app", "docker:*.b.example"},
        {"b.example/ns/app", "docker:*.example"},
        {"other/ns/app", NULL},
        {"localhost/ns/app", "docker:"},
        {"oci:/srv/mirror/one:tag", "oci:/srv/mirror/one:tag"},
        {"oci:/srv/mirror/one:else", "oci:/srv/mirror"},
        {"oci:/srv/mirrors/one:else", "oci:"},
        {"oci-archive:/srv/mirror/one.tar", NULL},
    };
    SIG_AUTO_POLICY struct sig_policy *p =
        load(*state,
             "{\"default\":" REJECT ",\"transports\":{\"docker\":{"
             "\"\":" ACCEPT ",\"host.example\":" ACCEPT ",\"host.example/ns\":" ACCEPT
             ",\"host.example/ns/app\":" ACCEPT ",\"host.example/ns/app:1.0\":" ACCEPT
             ",\"host.example/ns/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\":" ACCEPT
             ",\"*.example\":" ACCEPT ",\"*.b.example\":" ACCEPT "},"
             "\"oci\":{\"\":" ACCEPT ",\"/srv/mirror\":" ACCEPT ",\"/srv/mirror/one:tag\":" ACCEPT "}}}");
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err;
        struct sig_report r = ask(p, rows[i].reference, NULL, &err);
        assert_int_equal(r.verdict, rows[i].scope != NULL ? SIG_ACCEPTED_UNSIGNED : SIG_REJECTED);
        if (rows[i].scope != NULL) {
            assert_string_equal(r.scope, rows[i].scope);
        } else {
            assert_null(r.scope);
        }
    }
}

/* ---- requirements ---- */

static void test_kinds(void **state)
{
    const struct fake_signature good = {.satisfies = " a.pub ", .key_id = "A"};
    const struct fake_signature other = {.satisfies = " b.pub ", .key_id = "B"};
    SIG_AUTO_POLICY struct sig_policy *p = load(
        *state,
        "{\"default\":" REJECT ",\"transports\":{\"docker\":{"
        "\"h.example/any\":" ACCEPT ",\"h.example/no\":" REJECT ","
        "\"h.example/gpg\":[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"/x\"}],"
        "\"h.example/both\":[{\"type\":\"insecureAcceptAnything\"},{\"type\":\"reject\"}],"
        "\"h.example/signed\":[{\"type\":\"insecureAcceptAnything\"},"
        "{\"type\":\"sigstoreSigned\",\"keyPath\":\"a.pub\",\"signedIdentity\":{\"type\":\"matchRepository\"}}]}}}");
    struct wp_err err;
    assert_int_equal(verdict(p, "h.example/any:1", NULL), SIG_ACCEPTED_UNSIGNED);
    assert_int_equal(verdict(p, "h.example/no:1", &good), SIG_REJECTED);
    assert_int_equal(verdict(p, "h.example/both:1", &good), SIG_REJECTED);
    assert_int_equal(verdict(p, "h.example/signed:1", &good), SIG_SATISFIED);
    assert_int_equal(verdict(p, "h.example/signed:1", &other), SIG_NOT_SATISFIED);
    assert_int_equal(verdict(p, "h.example/signed:1", NULL), SIG_NONE);
    assert_int_equal(verdict(p, "h.example/else:1", &good), SIG_REJECTED);
    struct sig_report r = ask(p, "h.example/gpg:1", &good, &err);
    assert_int_equal(r.verdict, SIG_REJECTED);
    assert_int_equal(err.code, WP_E_POLICY);
    assert_holds(err.msg, "signatures by GPG (signedBy) are asked for, and cannot be verified here");
}

static void test_key_data(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *p =
        load(*state, wp_arena_printf(&arena,
                                     "{\"default\":[{\"type\":\"sigstoreSigned\",\"keyDatas\":[\"%s\"],"
                                     "\"signedIdentity\":{\"type\":\"matchRepository\"}}]}",
                                     data));
    assert_int_equal(verdict(p, "h.example/x:1", NULL), SIG_NONE);
}

/* The fake format takes its signer's name as what the older format states. */
static void test_identities(void **state)
{
    static const struct {
        const char *identity, *reference, *stated;
        bool holds;
    } rows[] = {
        {"", "registry.example/team/app:1", "registry.example/team/app:1", true},
        {"", "registry.example/team/app:1", "registry.example/team/app", false},
        {"", "registry.example/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "registry.example/team/app", true},
        {",\"signedIdentity\":{\"type\":\"matchExact\"}", "registry.example/team/app",
         "registry.example/team/app:latest", true},
        {",\"signedIdentity\":{\"type\":\"matchExact\"}", "registry.example/team/app:1", "registry.example/team/app:2",
         false},
        {",\"signedIdentity\":{\"type\":\"matchExact\"}",
         "registry.example/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "registry.example/team/app", false},
        {",\"signedIdentity\":{\"type\":\"exactReference\",\"dockerReference\":\"else.example/y:3\"}",
         "registry.example/team/app:1", "else.example/y:3", true},
        {",\"signedIdentity\":{\"type\":\"exactReference\",\"dockerReference\":\"else.example/y:3\"}",
         "registry.example/team/app:1", "registry.example/team/app:1", false},
        {",\"signedIdentity\":{\"type\":\"remapIdentity\",\"prefix\":\"registry.example/"
         "team\",\"signedPrefix\":\"up.example\"}",
         "registry.example/team/app:1", "up.example/app:1", true},
        {",\"signedIdentity\":{\"type\":\"remapIdentity\",\"prefix\":\"registry.example/"
         "te\",\"signedPrefix\":\"up.example\"}",
         "registry.example/team/app:1", "registry.example/team/app:1", true},
        {",\"signedIdentity\":{\"type\":\"remapIdentity\",\"prefix\":\"registry.example/"
         "team\",\"signedPrefix\":\"up.example\"}",
         "registry.example/team/app:1", "registry.example/team/app:1", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct fake_signature f = {.satisfies = " a.pub ", .key_id = "A", .signer = rows[i].stated};
        struct wp_err err;
        SIG_AUTO_POLICY struct sig_policy *p = load(
            *state, wp_arena_printf(&arena, "{\"default\":[{\"type\":\"sigstoreSigned\",\"keyPath\":\"a.pub\"%s}]}",
                                    rows[i].identity));
        struct sig_report r = ask(p, rows[i].reference, &f, &err);
        /* By repository the fake format asks for nothing. */
        if ((r.verdict == SIG_SATISFIED) != rows[i].holds) {
            fail_msg("row %zu: %s", i, err.msg);
        }
    }
}

/* ---- what is refused ---- */

#define SIGNED(rest) "{\"default\":[{\"type\":\"sigstoreSigned\"" rest "}]}"

static const struct {
    const char *text, *message;
} refused[] = {
    {"{\"default\":[]}", "asks for nothing"},
    {"{\"transports\":{}}", "/default: is missing"},
    {"{\"default\":" REJECT ",\"more\":1}", "policy.json:1:"},
    {"{\"default\":" REJECT ",\"transports\":{\"docker\":{\"\":[]}}}", "asks for nothing"},
    {"{\"default\":" REJECT ",\"transports\":{\"docker\":[]}}", "/transports/docker: "},
    {"{\"default\":[{\"type\":\"sigstore\"}]}", "'sigstore' is no requirement known here"},
    {"{\"default\":[{\"type\":\"reject\",\"more\":1}]}", "unknown key of reject"},
    {SIGNED(""), "exactly one of"},
    {SIGNED(",\"keyPath\":\"a.pub\",\"fulcio\":{}"), "exactly one of"},
    {SIGNED(",\"keyPath\":\"a.pub\",\"keyData\":\"QUJD\""), "stands beside 'keyPath'"},
    {SIGNED(",\"keyPaths\":[]"), "not empty"},
    {SIGNED(",\"keyPath\":\"none.pub\""), "/default/0/keyPath: "},
    {SIGNED(",\"keyData\":\"!\""), "is not base64"},
    {SIGNED(",\"keyData\":\"QUJD\""), "policy.json:1:"},
    {SIGNED(",\"keyPath\":\"a.pub\",\"keypath\":\"a.pub\""), "unknown key of sigstoreSigned"},
    {SIGNED(",\"pki\":{}"), "not supported"},
    {SIGNED(",\"fulcio\":{\"caPath\":\"a.pub\",\"oidcIssuer\":\"i\",\"subjectEmail\":\"s\"}"), "naming a log"},
    {SIGNED(",\"fulcio\":{\"oidcIssuer\":\"i\",\"subjectEmail\":\"s\"}"), "caPath or caData is missing"},
    {SIGNED(",\"fulcio\":{\"caPath\":\"a.pub\",\"subjectEmail\":\"s\"}"), "/oidcIssuer: is missing"},
    {SIGNED(",\"keyPath\":\"a.pub\",\"signedIdentity\":{\"type\":\"any\"}"), "'any' is no kind of signedIdentity"},
    {SIGNED(",\"keyPath\":\"a.pub\",\"signedIdentity\":{\"type\":\"matchExact\",\"prefix\":\"x\"}"), "unknown key"},
    {SIGNED(",\"keyPath\":\"a.pub\",\"signedIdentity\":{\"type\":\"exactReference\"}"), "/dockerReference: is missing"},
};

static void test_refused(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        struct sig_policy *p = NULL;
        struct wp_err err;
        if (parse(*state, refused[i].text, &p, &err) == 0) {
            fail_msg("accepted: %s", refused[i].text);
        }
        assert_null(p);
        assert_int_equal(err.code, WP_E_INPUT);
        assert_holds(err.msg, refused[i].message);
        assert_holds(err.msg, "policy.json:1:");
    }
}

static int teardown(void **state)
{
    wp_arena_done(&arena);
    return temp_folder_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scopes),     cmocka_unit_test(test_kinds),   cmocka_unit_test(test_key_data),
        cmocka_unit_test(test_identities), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
