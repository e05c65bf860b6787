/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/sign/fake-signature.h"
#include "tests/unit/sign/temp-key.h"
#include "tests/unit/unit.h"

#include <dirent.h>

#define EXAMPLES "schemas/examples/policy/invalid"
#define REF      "registry.example/team/app:1.0"
#define ROOT     "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}"
#define SLSA     "https://slsa.dev/provenance/v1"

static struct wp_arena arena;

static int setup(void **state)
{
    if (temp_folder_setup(state) < 0) {
        return -1;
    }
    const struct temp_folder *t = *state;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    struct wp_err err;
    temp_mkdir(t, "keys");
    temp_write_pub(t, "keys/a.pub");
    temp_write_pub(t, "keys/b.pub");
    assert_int_equal(wp_fs_read(temp_path(t, "keys/a.pub"), 4096, &pem, &err), 0);
    temp_write(t, "keys/a-again.pub", wp_buf_span(&pem));
    temp_write(t, "root.json", wp_span_str(ROOT));
    return 0;
}

static struct sig_policy *load(const struct temp_folder *t, const char *text)
{
    struct sig_policy *p = NULL;
    struct wp_err err = {0};
    if (sig_policy_parse(wp_span_str(text), temp_path(t, "policy.json"), NULL, &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static struct sig_report ask_at(const struct sig_policy *p, const char *reference, const struct fake_signature *fakes,
                                size_t n, struct wp_err *err)
{
    struct sig_report report;
    struct sig_candidate *list = wp_arena_alloc(&arena, n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = fake_candidate(&fakes[i], "somewhere");
    }
    const struct sig_question q = fake_question(reference, list, n);
    *err = (struct wp_err){0};
    int rc = sig_judge(p, &q, &arena, &report, err);
    assert_int_equal(rc == 0, report.verdict == SIG_SATISFIED || report.verdict == SIG_ACCEPTED_UNSIGNED);
    return report;
}

static enum sig_verdict verdict_at(const struct sig_policy *p, const char *reference,
                                   const struct fake_signature *fakes, size_t n)
{
    struct wp_err err;
    return ask_at(p, reference, fakes, n, &err).verdict;
}

static const struct fake_signature by_a[] = {{.satisfies = " keys/a.pub ", .key_id = "A"}};
static const struct fake_signature by_b[] = {{.satisfies = " keys/b.pub ", .key_id = "B"}};
static const struct fake_signature by_both[] = {{.satisfies = " keys/a.pub ", .key_id = "A"},
                                                {.satisfies = " keys/b.pub ", .key_id = "B"}};

/* ---- what is refused ---- */

#define RULES(rules) "{\"version\":1,\"default\":\"reject\",\"rules\":[" rules "]}"
#define RULE(rest)   RULES("{\"scope\":\"h.example/x\"," rest "}")
#define NEED(rest)   RULE("\"require\":[{\"id\":\"r\"," rest "}]")
#define KEY_A        "\"type\":\"key\",\"keys\":[\"keys/a.pub\"]"
#define SAYS(rest)   RULE("\"require\":[{\"id\":\"k\"," KEY_A "},{\"id\":\"r\",\"type\":\"attestation\"," rest "}]")

static const struct {
    const char *text, *message;
} refused[] = {
    {"[]", "no trust policy"},
    {"{}", "no trust policy"},
    {"{\"rules\":[]}", "/version: is missing"},
    {"{\"version\":1,\"rules\":[]}", "/default: is missing"},
    {"{\"version\":2,\"default\":\"reject\",\"rules\":[]}", "/version: "},
    {"{\"version\":1,\"default\":\"accept\",\"rules\":[]}", "/default: "},
    {RULES("{\"scop\":\"h/x\"}"), "policy.json:1:43: /rules/0/scop: unknown key; did you mean 'scope'?"},
    {RULES("{\"scope\":\"h.example/x\"}"), "requires nothing"},
    {RULES("{\"scope\":\"h.example\",\"action\":\"reject\"}"), "names a host and no repository"},
    {RULES("{\"scope\":\"*\",\"action\":\"reject\"}"), "names a host and no repository"},
    {RULES("{\"scope\":\"h.example/x:1\",\"action\":\"reject\"}"), "names a tag"},
    {RULES("{\"scope\":\"h.example/X\",\"action\":\"reject\"}"), "upper-case"},
    {RULES("{\"scope\":\"h.example/***\",\"action\":\"reject\"}"), "is no pattern"},
    {RULES("{\"scope\":\"index.docker.io/x/y\",\"action\":\"reject\"}"), "another name of docker.io"},
    {RULES("{\"scope\":\"h.example/x\",\"action\":\"reject\"},{\"scope\":\"h.example/"
           "x\",\"action\":\"accept-unsigned\"}"),
     "as narrow as"},
    {RULES("{\"scope\":\"h.example/*a*\",\"action\":\"reject\"},{\"scope\":\"h.example/*-x\",\"action\":\"reject\"},"
           "{\"scope\":\"h.example/*ax\",\"action\":\"reject\"},{\"scope\":\"h.example/*b*\",\"action\":\"reject\"}"),
     "the scope 'h.example/*b*' is as narrow as 'h.example/*a*'"},
    {RULE("\"action\":\"reject\",\"require\":[{\"id\":\"r\"," KEY_A "}]"), "what is required is not asked for"},
    {RULE("\"anyOf\":[\"nobody\"]"), "no requirement here is called 'nobody'"},
    {RULE("\"require\":[{\"id\":\"r\"," KEY_A "},{\"id\":\"r\"," KEY_A "}]"), "another requirement is called 'r'"},
    {RULE("\"require\":[{\"id\":\"r\"," KEY_A "},{\"id\":\"s\"," KEY_A "}],\"allOf\":[\"r\"]"), "asked for by neither"},
    {NEED("\"type\":\"key\""), "/keys: is missing"},
    {NEED("\"type\":\"gpg\""), "/type: "},
    {NEED("\"type\":\"key\",\"keys\":[\"keys/none.pub\"]"), "/rules/0/require/0/keys/0: "},
    {NEED("\"type\":\"key\",\"keys\":[\"root.json\"]"), "/rules/0/require/0/keys/0: "},
    {NEED("\"type\":\"key\",\"keys\":[\"keys/a.pub\",\"keys/a-again.pub\"]"), "is the same key as 'keys/a.pub'"},
    {NEED(KEY_A ",\"threshold\":0"), "/threshold: "},
    {NEED(KEY_A ",\"threshold\":2"), "2 must have signed, but 1 is named"},
    {NEED(KEY_A ",\"issuer\":\"x\""), "a requirement of the type 'key' has none"},
    {NEED(KEY_A ",\"formats\":[\"pgp\"]"), "/formats/0: "},
    {NEED(KEY_A ",\"tlog\":\"required\""), "\"trustedRoot\" is missing"},
    {NEED(KEY_A ",\"timestamp\":\"required\""), "\"trustedRoot\" is missing"},
    {NEED(KEY_A ",\"trustedRoot\":\"none.json\""), "/trustedRoot: "},
    {NEED(KEY_A ",\"notAfter\":\"2026-13-01T00:00:00Z\""), "is no point in time"},
    {NEED("\"type\":\"key\",\"keys\":[{\"file\":\"keys/a.pub\",\"notBefore\":\"2026-02-01T00:00:00Z\","
          "\"notAfter\":\"2026-01-01T00:00:00Z\"}]"),
     "no time lies between"},
    {NEED("\"type\":\"keyless\",\"identity\":\"a\",\"issuer\":\"b\""), "/trustedRoot: is missing"},
    {NEED("\"type\":\"keyless\",\"identity\":\"a\",\"trustedRoot\":\"root.json\""), "/issuer: is missing"},
    {NEED("\"type\":\"keyless\",\"issuer\":\"a\",\"trustedRoot\":\"root.json\""), "/identity: is missing"},
    {NEED("\"type\":\"keyless\",\"identity\":{\"regexp\":\"\\\\d+\"},\"issuer\":\"b\",\"trustedRoot\":\"root.json\""),
     "is no part of POSIX"},
    {NEED("\"type\":\"keyless\",\"identity\":{\"regexp\":\"a\",\"glob\":\"b\"},\"issuer\":\"b\",\"trustedRoot\":\"root."
          "json\""),
     "is one of exact, glob and regexp"},
    {NEED("\"type\":\"keyless\",\"identity\":\"a\",\"issuer\":\"b\",\"trustedRoot\":\"root.json\",\"tlog\":"
          "\"optional\""),
     "a certificate lives for minutes"},
    {NEED("\"type\":\"keyless\",\"identity\":\"a\",\"issuer\":\"b\",\"trustedRoot\":\"root.json\","
          "\"identities\":[{\"identity\":\"a\",\"issuer\":\"b\"}]"),
     "one or the other"},
    {NEED("\"type\":\"notation\",\"identities\":[\"*\"]"), "which certificates are believed?"},
    {NEED("\"type\":\"notation\",\"ca\":[\"keys/a.pub\"],\"identities\":[\"*\"]"), "keys/a.pub"},
    {SAYS("\"predicateType\":\"slsa\""), "/signedBy: is missing"},
    {SAYS("\"signedBy\":[\"k\"]"), "/predicateType: is missing"},
    {SAYS("\"signedBy\":[\"r\"],\"predicateType\":\"slsa\""), "no requirement here is called 'r'"},
    {SAYS("\"signedBy\":[\"k\"],\"predicateType\":\"slsaa\""), "/predicateType: "},
    {SAYS("\"signedBy\":[\"k\"],\"predicateType\":\"slsa\",\"conditions\":[{\"path\":\"/a\"}]"), "asks for nothing"},
    {SAYS("\"signedBy\":[\"k\"],\"predicateType\":\"slsa\",\"conditions\":[{\"path\":\"a\",\"equals\":1}]"), "/path: "},
    {SAYS("\"signedBy\":[\"k\"],\"predicateType\":\"slsa\",\"conditions\":[{\"path\":\"/"
          "a\",\"exists\":false,\"equals\":1}]"),
     "must not be there cannot be held"},
    {SAYS("\"signedBy\":[\"k\"],\"predicateType\":\"slsa\",\"conditions\":[{\"path\":\"/a\",\"maxAge\":\"0d\"}]"),
     "is no length of time"},
    {SAYS("\"signedBy\":[\"k\"],\"predicateType\":\"slsa\",\"conditions\":[{\"path\":\"/a\",\"regexp\":\"(\"}]"),
     "is no regular expression"},
};

static void test_refused(void **state)
{
    const struct temp_folder *t = *state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        struct sig_policy *p = NULL;
        struct wp_err err = {0};
        if (sig_policy_parse(wp_span_str(refused[i].text), temp_path(t, "policy.json"), NULL, &p, &err) == 0) {
            fail_msg("accepted: %s", refused[i].text);
        }
        assert_null(p);
        assert_int_equal(err.code, WP_E_INPUT);
        assert_holds(err.msg, refused[i].message);
        assert_holds(err.msg, "policy.json:1:");
    }
}

/* The examples of the schema: those to be refused are so at the same place by the reader, in the words of NAME.expect.
 */
static void test_examples(void **state)
{
    (void)state;
    DIR *d = opendir(EXAMPLES);
    size_t n = 0;
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
        struct sig_policy *p = NULL;
        struct wp_err err = {0};
        const char *end = strstr(e->d_name, ".json");
        if (end == NULL) {
            continue;
        }
        const char *stem = wp_arena_printf(&arena, EXAMPLES "/%.*s", (int)(end - e->d_name), e->d_name);
        assert_int_equal(wp_fs_read(wp_arena_printf(&arena, "%s.json", stem), 65536, &text, &err), 0);
        assert_int_equal(wp_fs_read(wp_arena_printf(&arena, "%s.expect", stem), 65536, &want, &err), 0);
        assert_int_equal(sig_policy_parse(wp_buf_span(&text), "wpack-policy.json", NULL, &p, &err), -1);
        assert_string_equal(wp_arena_printf(&arena, "%s\n", err.msg), want.ptr);
        n++;
    }
    (void)closedir(d);
    assert_true(n >= 20);
}

static void test_missing_file(void **state)
{
    const struct temp_folder *t = *state;
    struct sig_policy *p = NULL;
    struct wp_err err = {0};
    assert_int_equal(sig_policy_load(temp_path(t, "none.json"), NULL, &p, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
}

/* ---- requirements ---- */

static void test_keys(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *p = load(
        *state, "{\"version\":1,\"default\":\"reject\",\"rules\":[{\"scope\":\"registry.example/team/*\",\"require\":["
                "{\"id\":\"release\",\"type\":\"key\",\"keys\":[\"keys/a.pub\",\"keys/b.pub\"],\"threshold\":2}]}]}");
    struct wp_err err;
    assert_int_equal(verdict_at(p, REF, by_both, 2), SIG_SATISFIED);
    struct sig_report r = ask_at(p, REF, by_a, 1, &err);
    assert_int_equal(r.verdict, SIG_NOT_SATISFIED);
    assert_holds(err.msg, "'release' is required: not signed by enough: signed by 1 of the 2");
    assert_string_equal(r.scope, "registry.example/team/*");
    assert_holds(r.policy, "/policy.json");
    assert_string_equal(r.results[0].id, "release");
    assert_int_equal(verdict_at(p, "registry.example/other/app:1", by_both, 2), SIG_REJECTED);
    r = ask_at(p, "registry.example/other/app:1", by_both, 2, &err);
    assert_int_equal(err.code, WP_E_POLICY);
    assert_holds(err.msg, "no rule of ");
    assert_null(r.scope);
}

/* What a requirement says holds for each of its keys, unless the key says more. */
static void test_common_members(void **state)
{
    static const struct {
        const char *members;
        bool holds;
    } rows[] = {
        {"\"keys\":[\"keys/a.pub\"],\"formats\":[\"cosign\"]", true},
        {"\"keys\":[\"keys/a.pub\"],\"formats\":[\"bundle\",\"notation\"]", false},
        {"\"keys\":[\"keys/a.pub\"],\"notAfter\":\"2027-01-14T00:00:00Z\"", false},
        {"\"keys\":[\"keys/a.pub\"],\"notAfter\":\"2027-01-16T00:00:00Z\"", true},
        {"\"keys\":[{\"file\":\"keys/"
         "a.pub\",\"notAfter\":\"2027-01-16T00:00:00Z\"}],\"notAfter\":\"2027-01-14T00:00:00Z\"",
         true},
        {"\"keys\":[{\"file\":\"keys/a.pub\",\"notAfter\":\"2027-01-14T00:00:00Z\"}]", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_POLICY struct sig_policy *p = load(
            *state, wp_arena_printf(&arena,
                                    "{\"version\":1,\"default\":\"reject\",\"rules\":[{\"scope\":\"**\",\"require\":["
                                    "{\"id\":\"r\",\"type\":\"key\",%s}]}]}",
                                    rows[i].members));
        assert_int_equal(verdict_at(p, REF, by_a, 1), rows[i].holds ? SIG_SATISFIED : SIG_NOT_SATISFIED);
    }
}

#define GROUPS(rest)                                                                   \
    RULES("{\"scope\":\"registry.example/team/app\",\"require\":[{\"id\":\"a\"," KEY_A \
          "},{\"id\":\"b\",\"type\":\"key\",\"keys\":[\"keys/b.pub\"]}]" rest "}")

static void test_groups(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *all = load(*state, GROUPS(""));
    SIG_AUTO_POLICY struct sig_policy *any = load(*state, GROUPS(",\"anyOf\":[\"a\",\"b\"]"));
    SIG_AUTO_POLICY struct sig_policy *mixed = load(*state, GROUPS(",\"anyOf\":[\"a\",\"b\"],\"allOf\":[\"b\"]"));
    assert_int_equal(verdict_at(all, REF, by_both, 2), SIG_SATISFIED);
    assert_int_equal(verdict_at(all, REF, by_a, 1), SIG_NOT_SATISFIED);
    assert_int_equal(verdict_at(all, REF, by_b, 1), SIG_NOT_SATISFIED);
    assert_int_equal(verdict_at(any, REF, by_a, 1), SIG_SATISFIED);
    assert_int_equal(verdict_at(any, REF, by_b, 1), SIG_SATISFIED);
    assert_int_equal(verdict_at(any, REF, NULL, 0), SIG_NONE);
    assert_int_equal(verdict_at(mixed, REF, by_a, 1), SIG_NOT_SATISFIED);
    assert_int_equal(verdict_at(mixed, REF, by_b, 1), SIG_SATISFIED);
}

static void test_shared_signers(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *p =
        load(*state, "{\"version\":1,\"default\":\"accept-unsigned\",\"signers\":[{\"id\":\"a\"," KEY_A
                     "},{\"id\":\"b\",\"type\":\"key\",\"keys\":[\"keys/b.pub\"]}],\"rules\":["
                     "{\"scope\":\"registry.example/team/app\",\"anyOf\":[\"a\"]},"
                     "{\"scope\":\"registry.example/team/*\",\"allOf\":[\"a\",\"b\"]}]}");
    assert_int_equal(verdict_at(p, REF, by_a, 1), SIG_SATISFIED);
    assert_int_equal(verdict_at(p, "registry.example/team/other", by_a, 1), SIG_NOT_SATISFIED);
    assert_int_equal(verdict_at(p, "registry.example/team/other", by_both, 2), SIG_SATISFIED);
    assert_int_equal(verdict_at(p, "registry.example/else/other", NULL, 0), SIG_ACCEPTED_UNSIGNED);
}

static void test_identities(void **state)
{
    SIG_AUTO_POLICY struct sig_policy *p = load(
        *state,
        RULES("{\"scope\":\"registry.example/team/app\",\"require\":[{\"id\":\"ci\",\"type\":\"keyless\","
              "\"trustedRoot\":\"root.json\",\"threshold\":2,\"identities\":["
              "{\"identity\":{\"glob\":\"https://ci.example/org/*/build@refs/tags/**\"},\"issuer\":\"https://issuer\"},"
              "{\"identity\":{\"regexp\":\"[a-z]+@example.com\"},\"issuer\":\"https://issuer\"}]}]}"));
    const struct fake_signature two[] = {{.satisfies = " https://ci.example/org/*/build@refs/tags/** ", .key_id = "1"},
                                         {.satisfies = " [a-z]+@example.com ", .key_id = "2"}};
    assert_int_equal(verdict_at(p, REF, two, 2), SIG_SATISFIED);
    assert_int_equal(verdict_at(p, REF, two, 1), SIG_NOT_SATISFIED);
}

/* ---- attestations ---- */

#define STATEMENT                                                                                            \
    "{\"predicate\":{\"builder\":{\"id\":\"https://ci.example/1\"},\"n\":3,\"at\":\"2027-01-10T00:00:00Z\"," \
    "\"late\":\"2027-06-01T00:00:00Z\",\"epoch\":1799000000,\"tags\":[\"x\",\"y\"],\"none\":null}}"

static const struct {
    const char *condition;
    bool holds;
} conditions[] = {
    {"{\"path\":\"/predicate/builder/id\",\"equals\":\"https://ci.example/1\"}", true},
    {"{\"path\":\"/predicate/builder/id\",\"equals\":\"https://ci.example/2\"}", false},
    {"{\"path\":\"/predicate/builder\",\"equals\":{\"id\":\"https://ci.example/1\"}}", true},
    {"{\"path\":\"/predicate/builder/name\",\"equals\":\"x\"}", false},
    {"{\"path\":\"/predicate/builder/id\",\"glob\":\"https://ci.example/*\"}", true},
    {"{\"path\":\"/predicate/builder/id\",\"glob\":\"https://*\"}", false},
    {"{\"path\":\"/predicate/builder/id\",\"regexp\":\"https://ci[.]example/[0-9]\"}", true},
    {"{\"path\":\"/predicate/builder/id\",\"regexp\":\"ci[.]example\"}", false},
    {"{\"path\":\"/predicate/n\",\"glob\":\"*\"}", false},
    {"{\"path\":\"/predicate/n\",\"in\":[1,2,3]}", true},
    {"{\"path\":\"/predicate/n\",\"in\":[1,2]}", false},
    {"{\"path\":\"/predicate/n\",\"min\":3,\"max\":3}", true},
    {"{\"path\":\"/predicate/n\",\"min\":3.5}", false},
    {"{\"path\":\"/predicate/n\",\"max\":2}", false},
    {"{\"path\":\"/predicate/builder/id\",\"min\":0}", false},
    {"{\"path\":\"/predicate/tags\",\"contains\":\"y\"}", true},
    {"{\"path\":\"/predicate/tags\",\"contains\":\"z\"}", false},
    {"{\"path\":\"/predicate/n\",\"contains\":3}", false},
    {"{\"path\":\"/predicate/tags/1\",\"equals\":\"y\"}", true},
    {"{\"path\":\"/predicate/tags/2\",\"exists\":true}", false},
    {"{\"path\":\"/predicate/tags/2\",\"exists\":false}", true},
    {"{\"path\":\"/predicate/tags\",\"exists\":false}", false},
    {"{\"path\":\"/predicate/none\",\"exists\":true}", true},
    {"{\"path\":\"/predicate/none\",\"equals\":null}", true},
    {"{\"path\":\"/predicate/at\",\"notBefore\":\"2027-01-01T00:00:00Z\",\"notAfter\":\"2027-02-01T00:00:00Z\"}", true},
    {"{\"path\":\"/predicate/at\",\"notBefore\":\"2027-01-11T00:00:00Z\"}", false},
    {"{\"path\":\"/predicate/at\",\"notAfter\":\"2027-01-09T00:00:00Z\"}", false},
    {"{\"path\":\"/predicate/at\",\"maxAge\":\"10d\"}", true}, /* now is 2027-01-15 */
    {"{\"path\":\"/predicate/at\",\"maxAge\":\"24h\"}", false},
    {"{\"path\":\"/predicate/late\",\"maxAge\":\"999d\"}", false},
    {"{\"path\":\"/predicate/epoch\",\"maxAge\":\"12d\"}", true},
    {"{\"path\":\"/predicate/epoch\",\"maxAge\":\"11d\"}", false},
    {"{\"path\":\"/predicate/tags\",\"maxAge\":\"10d\"}", false},
};

static void test_conditions(void **state)
{
    const struct fake_signature stated[] = {
        {.satisfies = " keys/a.pub ", .key_id = "A", .predicate = SLSA, .statement = STATEMENT}};
    for (size_t i = 0; i < WP_ARRAY_LEN(conditions); i++) {
        struct wp_err err;
        const char *text = wp_arena_printf(
            &arena,
            "{\"version\":1,\"default\":\"reject\",\"rules\":[{\"scope\":\"**\",\"require\":[{\"id\":\"k\"," KEY_A
            "},{\"id\":\"built\",\"type\":\"attestation\",\"predicateType\":\"slsa\",\"signedBy\":[\"k\"],"
            "\"conditions\":[%s]}],\"allOf\":[\"built\"]}]}",
            conditions[i].condition);
        SIG_AUTO_POLICY struct sig_policy *p = load(*state, text);
        struct sig_report r = ask_at(p, REF, stated, 1, &err);
        if ((r.verdict == SIG_SATISFIED) != conditions[i].holds) {
            fail_msg("%s: %s", conditions[i].condition, err.msg);
        }
        if (!conditions[i].holds) {
            assert_int_equal(r.verdict, SIG_NOT_SATISFIED);
            assert_holds(err.msg, "'built' is required: attested, but not what is asked for");
            assert_string_equal(r.results[0].proofs[0].failed, "condition");
        }
    }
}

static void test_attested_by_whom(void **state)
{
    static const struct fake_signature other_signer[] = {
        {.satisfies = " keys/b.pub ", .key_id = "B", .predicate = SLSA, .statement = "{}"}};
    static const struct fake_signature other_type[] = {
        {.satisfies = " keys/a.pub ", .key_id = "A", .predicate = "https://spdx.dev/Document", .statement = "{}"}};
    static const struct fake_signature no_json[] = {
        {.satisfies = " keys/a.pub ", .key_id = "A", .predicate = SLSA, .statement = "{"}};
    static const struct fake_signature no_statement[] = {
        {.satisfies = " keys/a.pub ", .key_id = "A", .predicate = SLSA}};
    SIG_AUTO_POLICY struct sig_policy *p = load(
        *state, RULES("{\"scope\":\"**\",\"require\":[{\"id\":\"k\"," KEY_A
                      "},{\"id\":\"built\",\"type\":\"attestation\",\"predicateType\":\"slsa\",\"signedBy\":[\"k\"],"
                      "\"conditions\":[{\"path\":\"/x\",\"exists\":false}]}],\"allOf\":[\"built\"]}"));
    assert_int_equal(verdict_at(p, REF, other_signer, 1), SIG_NOT_SATISFIED);
    assert_int_equal(verdict_at(p, REF, other_type, 1), SIG_NONE);
    assert_int_equal(verdict_at(p, REF, by_a, 1), SIG_NONE);
    assert_int_equal(verdict_at(p, REF, no_json, 1), SIG_NOT_SATISFIED);
    assert_int_equal(verdict_at(p, REF, no_statement, 1), SIG_NOT_SATISFIED);
}

/* ---- scopes ---- */

static void test_narrowest_scope(void **state)
{
    static const struct {
        const char *reference, *scope;
    } rows[] = {
        {"registry.example/team/app:1", "registry.example/team/app"},
        {"registry.example/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "registry.example/team/app"},
        {"registry.example/team/other:1", "registry.example/team/*"},
        {"registry.example/team/sub/other:1", "registry.example/**"},
        {"registry.example/team/sub/app:1", "registry.example/team/*/app"},
        {"REGISTRY.example/team/app:1", "registry.example/team/app"},
        {"other.example/team/app:1", "**"},
        {"docker.io/library/hello:1", "docker.io/library/hello"},
        {"index.docker.io/hello:1", "docker.io/library/hello"},
        {"localhost:5000/x/y", "localhost:5000/x/*"},
    };
    SIG_AUTO_POLICY struct sig_policy *p =
        load(*state, "{\"version\":1,\"default\":\"reject\",\"rules\":["
                     "{\"scope\":\"**\",\"action\":\"accept-unsigned\"},"
                     "{\"scope\":[\"registry.example/**\",\"localhost:5000/x/*\"],\"action\":\"accept-unsigned\"},"
                     "{\"scope\":\"registry.example/team/app\",\"action\":\"accept-unsigned\"},"
                     "{\"scope\":\"registry.example/team/*\",\"action\":\"accept-unsigned\"},"
                     "{\"scope\":\"docker.io/hello\",\"action\":\"accept-unsigned\"},"
                     "{\"scope\":\"registry.example/team/*/app\",\"action\":\"accept-unsigned\"}]}");
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err;
        struct sig_report r = ask_at(p, rows[i].reference, NULL, 0, &err);
        assert_string_equal(r.scope, rows[i].scope);
    }
}

/* Scopes of two rules, which are as narrow and may match the same names, or (NULL) not. */
static void test_scopes_clash(void **state)
{
    static const struct {
        const char *first, *second, *clash;
    } rows[] = {
        {"h.example/a", "h.example/b", NULL},
        {"h.example/a", "h.example/a", "the scope 'h.example/a' is as narrow as 'h.example/a'"},
        {"h.example/*a*\",\"h.example/*b*", "h.example/c*", NULL}, /* within one rule all is well */
        {"h.example/*a*\",\"h.example/*b*", "h.example/*c", "'h.example/*c' is as narrow as 'h.example/*b*'"},
        {"h.example/*c", "h.example/*a*\",\"h.example/*cd", "'h.example/*a*' is as narrow as 'h.example/*c'"},
        {"h.example/*b*a", "h.example/*cb", NULL},
        {"h.example/*b*a\",\"h.example/*dd*", "h.example/*cb", "'h.example/*cb' is as narrow as 'h.example/*dd*'"},
        {"h.example/x*ab", "h.example/x*a*b", "'h.example/x*a*b' is as narrow as 'h.example/x*ab'"},
        {"h.example/x*ab", "h.example/y*a*b", NULL},
        {"h.example/x**ab", "h.example/x*ab", NULL}, /* the latter is narrower */
        {"h.example/*", "h.example/**", NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_POLICY struct sig_policy *p = NULL;
        struct wp_err err = {0};
        const char *text = wp_arena_printf(&arena,
                                           "{\"version\":1,\"default\":\"reject\",\"rules\":["
                                           "{\"scope\":[\"%s\"],\"action\":\"reject\"},"
                                           "{\"scope\":[\"%s\"],\"action\":\"accept-unsigned\"}]}",
                                           rows[i].first, rows[i].second);
        int rc = sig_policy_parse(wp_span_str(text), temp_path(*state, "policy.json"), NULL, &p, &err);
        if (rc != (rows[i].clash != NULL ? -1 : 0) || (rc < 0 && strstr(err.msg, rows[i].clash) == NULL)) {
            fail_msg("%s, %s: %s", rows[i].first, rows[i].second, rc < 0 ? err.msg : "accepted");
        }
        assert_true(rc == 0 || strstr(err.msg, ": /rules/1: ") != NULL);
    }
}

static void test_local_scopes(void **state)
{
    const struct temp_folder *t = *state;
    struct wp_err err;
    temp_mkdir(t, "mirror");
    temp_mkdir(t, "other");
    temp_symlink(t, "mirror", "link");
    SIG_AUTO_POLICY struct sig_policy *p = load(t, "{\"version\":1,\"default\":\"reject\",\"rules\":["
                                                   "{\"scope\":\"oci:mirror\",\"action\":\"accept-unsigned\"},"
                                                   "{\"scope\":\"oci:mirror:team/*\",\"action\":\"reject\"},"
                                                   "{\"scope\":\"oci:*\",\"action\":\"accept-unsigned\"}]}");
    const char *base = temp_path(t, "");
    const char *folder = wp_arena_strn(&arena, base, strlen(base) - 1);
    const struct {
        const char *reference, *scope_end;
    } rows[] = {
        {"mirror:1", "/mirror"},     {"link:1", "/mirror"},          {"./mirror/:1", "/mirror"},
        {"mirror:a/b:1", "/mirror"}, {"mirror:team/b:1", ":team/*"}, {"other:1", "/*"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct sig_report r = ask_at(p, wp_arena_printf(&arena, "oci:%s/%s", folder, rows[i].reference), NULL, 0, &err);
        assert_non_null(r.scope);
        assert_string_equal(r.scope + strlen(r.scope) - strlen(rows[i].scope_end), rows[i].scope_end);
    }
    assert_int_equal(verdict_at(p, "registry.example/x/y:1", NULL, 0), SIG_REJECTED);
}

static int teardown(void **state)
{
    wp_arena_done(&arena);
    return temp_folder_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_examples),
        cmocka_unit_test(test_missing_file),    cmocka_unit_test(test_keys),
        cmocka_unit_test(test_common_members),  cmocka_unit_test(test_groups),
        cmocka_unit_test(test_shared_signers),  cmocka_unit_test(test_identities),
        cmocka_unit_test(test_conditions),      cmocka_unit_test(test_attested_by_whom),
        cmocka_unit_test(test_narrowest_scope), cmocka_unit_test(test_local_scopes),
        cmocka_unit_test(test_scopes_clash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
