/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom the user trusts: options, with what the environment says, become demands; those that contradict each other or
 * lead nowhere are refused; where nothing was asked for there is no policy, and only there. */
#include "base/hash.h"
#include "cmd/trust.h"
#include "sign/policy-int.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/sign/notary.h"
#include "tests/unit/sign/temp-key.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

struct opts {
    struct trust_opts trust;
};
static const struct opt rows[] = {TRUST_ROWS(struct opts, trust), {0}};

#define ROOT     "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}"
#define ACCEPTS  "{\"version\":1,\"default\":\"accept-unsigned\",\"rules\":[]}"
#define REJECTS  "{\"version\":1,\"default\":\"reject\",\"rules\":[]}"
#define ISSUER   "https://issuer.example"
#define IDENTITY "ann@example.com"

static int setup(void **state)
{
    if (temp_folder_setup(state) < 0) {
        return -1;
    }
    const struct temp_folder *t = *state;
    const struct notary_spec spec = {.key = "P-256", .name = "C=US/ST=WA/O=acme", .extensions = NOTARY_CA_EXTENSIONS};
    struct notary_cert ca = notary_issue(&spec, NULL);
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    notary_pem(ca.cert, &pem);
    notary_cert_done(&ca);
    temp_write_pub(t, "a.pub");
    temp_write_pub(t, "b.pub");
    temp_write(t, "ca.pem", wp_buf_span(&pem));
    temp_write(t, "root.json", wp_span_str(ROOT));
    temp_write(t, "accepts.json", wp_span_str(ACCEPTS));
    temp_write(t, "rejects.json", wp_span_str(REJECTS));
    return chdir(t->path);
}

static int forget(void **state)
{
    (void)state;
    char name[64];
    for (size_t i = 0; rows[i].name != NULL; i++) {
        const char *variable = opt_env_name(&rows[i], name);
        if (variable != NULL) {
            unsetenv(variable);
        }
    }
    return 0;
}

/* ---- a command line ---- */

struct asked {
    struct wp_arena arena;
    struct cmd_ctx c;
    struct opts o;
    struct trust trust;
    struct wp_err err;
    int rc;
};

/* Words with blanks between them. */
static void ask(struct asked *k, const char *line)
{
    static const struct cmd cmd = {.name = "look"};
    *k = (struct asked){.arena = WP_ARENA_INIT};
    char *words[32] = {wp_arena_str(&k->arena, "wpack")};
    char *rest = wp_arena_str(&k->arena, line);
    int n = 1;
    for (char *word = strsep(&rest, " "); word != NULL && n < 31; word = strsep(&rest, " ")) {
        if (*word != '\0') {
            words[n++] = word;
        }
    }
    const struct opt_group group = {.title = "Options", .rows = rows, .into = &k->o};
    struct opt_rest left = {0};
    assert_int_equal(opt_parse(&k->arena, &group, 1, n, words, &left, &k->err), 0);
    assert_int_equal(left.arg_count, 0);
    k->c = (struct cmd_ctx){.cmd = &cmd, .arena = &k->arena, .opts = &k->o, .given = left.given};
    k->rc = trust_open(&k->c, &k->o.trust, &k->trust, &k->err);
}

static void asked_done(struct asked *k)
{
    trust_done(&k->trust);
    wp_arena_done(&k->arena);
}
#define ASKED_AUTO WP_CLEANUP(asked_done)

static const struct sig_need *need_of(const struct asked *k)
{
    if (k->rc < 0) {
        fail_msg("%s", k->err.msg);
    }
    assert_non_null(k->trust.policy);
    const struct sig_rule *r = &k->trust.policy->fallback;
    assert_int_equal(r->action, SIG_ACTION_REQUIRE);
    assert_int_equal(r->need_count, 1);
    assert_int_equal(r->group_count, 1);
    assert_int_equal(k->trust.policy->rule_count, 0);
    return r->needs;
}

/* ---- nothing, and nobody ---- */

static void test_nothing_is_asked(void **state)
{
    (void)state;
    ASKED_AUTO struct asked k;
    ask(&k, "");
    assert_int_equal(k.rc, 0);
    assert_null(k.trust.policy);
    struct sig_report r;
    const struct trust_manifest none = {.desc = NULL};
    assert_int_equal(trust_gate(&k.c, &k.trust, NULL, &none, &none, &r, &k.err), 0);
    assert_int_equal(r.verdict, SIG_ACCEPTED_UNSIGNED);
    assert_int_equal(r.result_count, 0);
}

#define WHO   "--certificate-identity " IDENTITY
#define BY    "--certificate-oidc-issuer " ISSUER
#define STORE "--trust-store ca.pem --trusted-identity *"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } lines[] = {
        {"--policy accepts.json --key a.pub", "--policy says who is trusted; so do the other options"},
        {"--policy accepts.json " WHO, "--policy says who is trusted"},
        {"--policy accepts.json " BY, "--policy says who is trusted"},
        {"--policy accepts.json --certificate-identity-regexp .*", "--policy says who is trusted"},
        {"--policy accepts.json --certificate-oidc-issuer-regexp .*", "--policy says who is trusted"},
        {"--policy accepts.json --trust-store ca.pem", "--policy says who is trusted"},
        {"--policy accepts.json --trusted-identity *", "--policy says who is trusted"},
        {"--policy accepts.json --crl x", "--policy says who is trusted"},
        {"--policy accepts.json --trusted-root root.json", "--trusted-root names nobody who is trusted"},
        {"--policy accepts.json --require-tlog", "--require-tlog names nobody"},
        {"--policy accepts.json --insecure-ignore-tlog", "--insecure-ignore-tlog names nobody"},
        {"--policy accepts.json --threshold 1", "--threshold names nobody"},
        {"--trusted-root root.json", "--trusted-root names nobody"},
        {"--require-tlog", "--require-tlog names nobody"},
        {"--insecure-ignore-tlog", "--insecure-ignore-tlog names nobody"},
        {"--threshold 2", "--threshold names nobody"},
        {"--trust-dir .", "--trust-dir names nobody"},
        {"--trust-dir . --key a.pub", "--trust-dir names nobody"},
        {"--key a.pub --require-tlog --insecure-ignore-tlog", "exclude each other"},
        {"--key a.pub --require-tlog", "--require-tlog needs --trusted-root"},
        {BY, "an issuer is named, but not who"},
        {WHO, "and none is named"},
        {WHO " " BY, "--trusted-root is missing"},
        {WHO " " BY " --certificate-identity-regexp .* --trusted-root root.json", "as text and as regular expression"},
        {WHO " " BY " --certificate-oidc-issuer-regexp .* --trusted-root root.json",
         "as text and as regular expression"},
        {"--certificate-identity-regexp \\d " BY " --trusted-root root.json", "no part of POSIX extended"},
        {WHO " --certificate-oidc-issuer-regexp ( --trusted-root root.json", "is no regular expression"},
        {"--trusted-identity *", "--trust-store is missing"},
        {"--crl ca.pem", "--trust-store is missing"},
        {"--trust-store ca.pem", "who is meant?"},
        {"--trust-store tsa:ca.pem --trusted-identity *", "no certificate is trusted"},
        {"--key none.pub", "--key: "},
        {"--key a.pub --key none.pub", "none.pub"},
        {"--key root.json", "--key: "},
        {"--threshold 0", "look: --threshold 0 would accept what nobody signed"},
        {"--key a.pub --threshold 0", "look: --threshold 0 would accept"},
        {"--policy accepts.json --threshold 0", "look: --threshold 0 would accept"},
        {"--key a.pub --threshold 2", "2 signers are asked for, but only 1 is named"},
        {"--key a.pub --key a.pub --threshold 2", "are the same key"},
        {"--key a.pub --threshold 4294967297", "4294967295 signers are asked for"},
        {"--key a.pub --trusted-root none.json", "none.json"},
        {"--policy none.json", "none.json"},
        {"--policy a.pub", "a.pub"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(lines); i++) {
        ASKED_AUTO struct asked k;
        ask(&k, lines[i].line);
        if (k.rc == 0 || strstr(k.err.msg, lines[i].message) == NULL) {
            fail_msg("%s: %s", lines[i].line, k.rc == 0 ? "accepted" : k.err.msg);
        }
        assert_null(k.trust.policy);
    }
}

static void test_annotations_beside_a_policy(void **state)
{
    (void)state;
    const char *items[] = {"env=prod"};
    ASKED_AUTO struct asked k;
    ask(&k, "--policy accepts.json");
    assert_int_equal(k.rc, 0);
    trust_done(&k.trust);
    k.o.trust.annotations = (struct opt_list){.items = items, .count = 1};
    assert_int_equal(trust_open(&k.c, &k.o.trust, &k.trust, &k.err), -1);
    assert_string_equal(k.err.msg, "look: --policy says what must be proven, and --annotation would add to it");
    assert_null(k.trust.policy);
}

/* ---- demands ---- */

static void test_keys(void **state)
{
    (void)state;
    ASKED_AUTO struct asked k;
    ask(&k, "--key a.pub --key b.pub");
    const struct sig_need *need = need_of(&k);
    assert_int_equal(need->threshold, 1);
    assert_int_equal(need->demand_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct sig_demand *d = &need->demands[i];
        assert_string_equal(d->name, i == 0 ? "a.pub" : "b.pub");
        assert_non_null(d->key);
        assert_null(d->who);
        assert_null(d->store);
        assert_null(d->root);
        assert_int_equal(d->log, SIG_LOG_OPTIONAL);
        assert_int_equal(d->name_rule, SIG_NAME_IGNORED);
        assert_int_equal(d->predicate.kind, SIG_MATCH_ANY);
        assert_int_equal(d->formats, 0);
        assert_true(d->now != 0);
        assert_false(d->timestamp_required);
    }
    assert_ptr_not_equal(need->demands[0].key, need->demands[1].key);
}

static void test_all_ways_together(void **state)
{
    (void)state;
    ASKED_AUTO struct asked k;
    ask(&k, "--key a.pub " WHO " --certificate-oidc-issuer-regexp https://.* --trusted-root root.json " STORE
            " --threshold 3");
    const struct sig_need *need = need_of(&k);
    const struct sig_demand *d = need->demands;
    assert_int_equal(need->threshold, 3);
    assert_int_equal(need->demand_count, 3);
    assert_true(d[0].key != NULL && d[0].who == NULL && d[0].store == NULL);
    assert_true(d[1].key == NULL && d[1].who != NULL && d[1].store == NULL);
    assert_true(d[2].key == NULL && d[2].who == NULL && d[2].store != NULL);
    assert_int_equal(d[1].who->identity.kind, SIG_MATCH_EXACT);
    assert_string_equal(d[1].who->identity.text, IDENTITY);
    assert_int_equal(d[1].who->issuer.kind, SIG_MATCH_REGEXP);
    assert_string_equal(d[1].who->issuer.text, "https://.*");
    assert_int_equal(d[0].log, SIG_LOG_OPTIONAL);
    assert_int_equal(d[1].log, SIG_LOG_REQUIRED); /* a certificate lives for minutes */
    assert_true(d[0].root != NULL && d[0].root == d[1].root);
    assert_null(d[2].root); /* Notary's authorities of time are its own */
    assert_string_equal(d[1].name, IDENTITY);
    assert_string_equal(d[2].name, "ca.pem");
}

static void test_logs(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum sig_log_rule of_keys, of_identities;
    } lines[] = {
        {"", SIG_LOG_OPTIONAL, SIG_LOG_REQUIRED},
        {"--require-tlog", SIG_LOG_REQUIRED, SIG_LOG_REQUIRED},
        {"--insecure-ignore-tlog", SIG_LOG_IGNORED, SIG_LOG_IGNORED},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(lines); i++) {
        ASKED_AUTO struct asked k;
        char line[256];
        (void)snprintf(line, sizeof(line), "--key a.pub " WHO " " BY " --trusted-root root.json " STORE " %s",
                       lines[i].line);
        ask(&k, line);
        const struct sig_demand *d = need_of(&k)->demands;
        assert_int_equal(d[0].log, lines[i].of_keys);
        assert_int_equal(d[1].log, lines[i].of_identities);
        assert_int_equal(d[2].log, lines[i].of_keys);
    }
}

static void test_what_is_signed(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool any;
        int kind;
        const char *text;
    } types[] = {
        {NULL, false, SIG_MATCH_ANY, NULL},
        {NULL, true, SIG_MATCH_GLOB, "**"},
        {"slsa", false, SIG_MATCH_EXACT, "https://slsa.dev/provenance/v1"},
        {"https://example.com/x", false, SIG_MATCH_EXACT, "https://example.com/x"},
    };
    const char *items[] = {"env=prod"};
    for (size_t i = 0; i < WP_ARRAY_LEN(types); i++) {
        ASKED_AUTO struct asked k;
        ask(&k, "--key a.pub " STORE);
        trust_done(&k.trust);
        k.o.trust.type = types[i].type;
        k.o.trust.any_type = types[i].any;
        k.o.trust.annotations = (struct opt_list){.items = items, .count = 1};
        k.rc = trust_open(&k.c, &k.o.trust, &k.trust, &k.err);
        const struct sig_need *need = need_of(&k);
        for (size_t d = 0; d < need->demand_count; d++) {
            assert_int_equal(need->demands[d].predicate.kind, types[i].kind);
            assert_true(types[i].text == NULL || wp_str_eq(need->demands[d].predicate.text, types[i].text));
            assert_int_equal(need->demands[d].annotation_count, 1);
            assert_string_equal(need->demands[d].annotations[0].key, "env");
            assert_string_equal(need->demands[d].annotations[0].value, "prod");
        }
    }
    ASKED_AUTO struct asked bad;
    ask(&bad, "--key a.pub");
    trust_done(&bad.trust);
    bad.o.trust.type = "nonsense";
    assert_int_equal(trust_open(&bad.c, &bad.o.trust, &bad.trust, &bad.err), -1);
    assert_null(bad.trust.policy);
}

/* ---- the environment ---- */

static void test_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("WPACK_POLICY", "accepts.json", 1), 0);
    ASKED_AUTO struct asked set;
    ask(&set, "");
    assert_int_equal(set.rc, 0);
    assert_string_equal(sig_policy_name(set.trust.policy), "accepts.json");
    ASKED_AUTO struct asked typed;
    ask(&typed, "--policy rejects.json");
    assert_string_equal(sig_policy_name(typed.trust.policy), "rejects.json");
    ASKED_AUTO struct asked both;
    ask(&both, "--key a.pub"); /* neither is left out */
    assert_int_equal(both.rc, -1);
    assert_non_null(strstr(both.err.hint, "WPACK_POLICY counts"));
    assert_int_equal(setenv("WPACK_POLICY", "none.json", 1), 0);
    ASKED_AUTO struct asked lost;
    ask(&lost, "");
    assert_int_equal(lost.rc, -1);
    assert_null(lost.trust.policy);
    assert_int_equal(setenv("WPACK_POLICY", "", 1), 0); /* as if it were not there */
    ASKED_AUTO struct asked empty;
    ask(&empty, "");
    assert_int_equal(empty.rc, 0);
    assert_null(empty.trust.policy);
    (void)forget(NULL);
    assert_int_equal(setenv("WPACK_KEY", "a.pub", 1), 0);
    ASKED_AUTO struct asked replaced;
    ask(&replaced, "--key b.pub");
    assert_int_equal(need_of(&replaced)->demand_count, 1);
    assert_string_equal(need_of(&replaced)->demands[0].name, "b.pub");
    (void)forget(NULL);
    assert_int_equal(setenv("WPACK_THRESHOLD", "2", 1), 0);
    ASKED_AUTO struct asked vain;
    ask(&vain, "");
    assert_int_equal(vain.rc, -1);
    (void)forget(NULL);
}

/* ---- one question ---- */

static void test_judged(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum wp_hash_alg alg;
        enum sig_verdict verdict;
        enum wp_code code;
    } lines[] = {
        {"--policy accepts.json", WP_SHA256, SIG_ACCEPTED_UNSIGNED, WP_E_OK},
        {"--policy rejects.json", WP_SHA256, SIG_REJECTED, WP_E_POLICY},
        {"--key a.pub", WP_SHA256, SIG_NONE, WP_E_NO_SIGNATURE},
        /* nobody can have signed it, whatever a policy lets pass */
        {"--policy accepts.json", WP_SHA512, SIG_NOT_SATISFIED, WP_E_UNSUPPORTED},
        {"--key a.pub", WP_SHA512, SIG_NOT_SATISFIED, WP_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(lines); i++) {
        ASKED_AUTO struct asked k;
        struct oci_desc desc = {.size = 1};
        struct sig_report r;
        ask(&k, lines[i].line);
        assert_int_equal(k.rc, 0);
        oci_digest_of(lines[i].alg, wp_span_str("x"), &desc.digest);
        const struct trust_subject s = {.file = "x.wasm", .desc = &desc, .bytes = wp_span_str("x")};
        int rc = trust_judge(&k.c, &k.trust, &s, &r, &k.err);
        assert_int_equal(rc, lines[i].code == WP_E_OK ? 0 : -1);
        assert_int_equal(r.verdict, lines[i].verdict);
        assert_int_equal(r.err.code, lines[i].code);
        assert_true(rc == 0 || k.err.code == lines[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_asked),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_annotations_beside_a_policy),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_all_ways_together),
        cmocka_unit_test(test_logs),
        cmocka_unit_test(test_what_is_signed),
        cmocka_unit_test_teardown(test_environment, forget),
        cmocka_unit_test(test_judged),
    };
    (void)forget(NULL);
    return cmocka_run_group_tests(tests, setup, temp_folder_teardown);
}
