/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/store.h"
#include "tests/unit/sign/fake-signature.h"
#include "tests/unit/unit.h"

#define REF "registry.example/team/app:1.0"

static struct wp_arena arena;
static const struct sig_demand a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};

struct asked {
    int rc;
    struct sig_report report;
    struct wp_err err;
};

static struct asked judge(const struct sig_demand *demands, size_t n, unsigned threshold,
                          const struct fake_signature *fakes, size_t count)
{
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct asked r = {.rc = 0};
    static const char *const places[] = {"first", "second", "third", "fourth", "fifth"};
    struct sig_candidate *list = wp_arena_alloc(&arena, count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        list[i] = fake_candidate(&fakes[i], places[i]);
    }
    assert_int_equal(sig_policy_of(demands, n, threshold, &p, &r.err), 0);
    const struct sig_question q = fake_question(REF, list, count);
    r.rc = sig_judge(p, &q, &arena, &r.report, &r.err);
    assert_int_equal(r.rc == 0, r.report.verdict == SIG_SATISFIED);
    assert_int_equal(r.report.err.code, r.rc == 0 ? WP_E_OK : r.err.code);
    return r;
}
#define JUDGE(threshold, fakes, ...)                                                                                  \
    judge((struct sig_demand[]){__VA_ARGS__}, sizeof((struct sig_demand[]){__VA_ARGS__}) / sizeof(struct sig_demand), \
          threshold, fakes, WP_ARRAY_LEN(fakes))

/* ---- five answers ---- */

static void test_satisfied(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {{.key_id = "X"}, {.satisfies = " b ", .key_id = "B"}};
    struct asked r = JUDGE(1, fakes, a, b);
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.report.result_count, 1);
    assert_int_equal(r.report.found_count, 2);
    assert_int_equal(r.report.results[0].good_count, 1);
    assert_int_equal(r.report.results[0].proof_count, 2);
    assert_string_equal(r.report.results[0].proofs[0].candidate->where, "second");
    assert_string_equal(r.report.results[0].what, "signed by 'a' or 'b'");
}

static void test_nothing_found(void **state)
{
    (void)state;
    struct asked r = judge(&a, 1, 1, NULL, 0);
    assert_int_equal(r.report.verdict, SIG_NONE);
    assert_int_equal(r.err.code, WP_E_NO_SIGNATURE);
    assert_holds(r.err.msg, "registry.example/team/app@sha256:1234: it is not signed");
    assert_holds(r.err.hint, "wpack sign --key KEY " REF);
}

static void test_only_attestations(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {
        {.satisfies = " a ", .key_id = "A", .predicate = "https://spdx.dev/Document"}};
    struct asked r = JUDGE(1, fakes, a);
    assert_int_equal(r.report.verdict, SIG_NONE);
    assert_holds(r.err.msg, "it is not signed; 1 attestation of it is there");
}

static void test_no_such_attestation(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {{.satisfies = " a ", .key_id = "A"}};
    const struct sig_demand spdx = {.name = "a", .predicate = {SIG_MATCH_EXACT, "https://spdx.dev/Document"}};
    struct asked r = JUDGE(1, fakes, spdx);
    assert_int_equal(r.report.verdict, SIG_NONE);
    assert_holds(r.err.msg, "it has no attestation https://spdx.dev/Document");
    assert_holds(r.err.hint, "wpack attest --type https://spdx.dev/Document --key KEY " REF);
}

static void test_not_trusted(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {
        {.failed = "parse"}, {.key_id = "X", .signer = "key X"}, {.failed = "parse"}};
    struct asked r = JUDGE(1, fakes, a);
    assert_int_equal(r.report.verdict, SIG_NOT_SATISFIED);
    assert_int_equal(r.err.code, WP_E_UNSATISFIED);
    assert_holds(r.err.msg, "signed, but by nobody who is trusted here: fake: second: failed at signature for 'a'; "
                            "2 more do not count either");
    assert_holds(r.err.hint, "--key FILE");
    assert_int_equal(r.report.results[0].good_count, 0);
    assert_string_equal(r.report.results[0].proofs[0].candidate->where, "second");
}

/* The signer is told where the signature held. */
static void test_signer_is_told(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {{.failed = "annotation", .key_id = "X", .signer = "key X"}};
    assert_holds(JUDGE(1, fakes, a).err.msg, "failed at annotation for 'a' (signed by key X)");
}

/* What is announced as something else was not asked, whatever it fails. */
static void test_announced(void **state)
{
    (void)state;
    const struct fake_signature fake = {.key_id = "X"};
    const struct sig_demand sbom = {.name = "a", .predicate = {SIG_MATCH_EXACT, "https://spdx.dev/Document"}};
    struct sig_candidate list[] = {fake_candidate(&fake, "here")};
    const struct {
        const struct sig_demand *demand;
        const char *announced;
        enum sig_verdict verdict;
    } rows[] = {
        {&a, "https://spdx.dev/Document", SIG_NONE},
        {&a, NULL, SIG_NOT_SATISFIED},
        {&sbom, "https://slsa.dev/provenance/v1", SIG_NONE},
        {&sbom, NULL, SIG_NONE},
    };
    list[0].manifest.media_type = OCI_MT_MANIFEST;
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_POLICY struct sig_policy *p = NULL;
        struct sig_report report;
        struct wp_err err = {0};
        list[0].announced = rows[i].announced;
        const struct sig_question q = fake_question(REF, list, 1);
        assert_int_equal(sig_policy_of(rows[i].demand, 1, 1, &p, &err), 0);
        assert_int_equal(sig_judge(p, &q, &arena, &report, &err), -1);
        assert_int_equal(report.verdict, rows[i].verdict);
    }
}

/* Each check that may be the nearest has its own words. */
static void test_words_differ(void **state)
{
    (void)state;
    static const struct {
        const char *failed, *words;
    } rows[] = {
        {"annotation", "without an annotation"},
        {"time-limit", "at a time that is not accepted"},
        {"name", "under another name"},
        {"digest", "what is signed is something else"},
        {"subject", "what is signed is something else"},
        {"log", "no transparency log proves it"},
        {"timestamp", "no time can be proven"},
        {"format", "in a format that is not accepted"},
        {"parse", "no signature that is there can be read"},
        {"unheard of", "not as it is asked for"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct fake_signature fakes[] = {{.failed = rows[i].failed, .key_id = "X"}};
        struct asked r = JUDGE(1, fakes, a);
        assert_int_equal(r.err.code, WP_E_UNSATISFIED);
        assert_holds(r.err.msg, rows[i].words);
    }
}

static void test_identity_hint(void **state)
{
    (void)state;
    struct fake_signature fakes[] = {{.failed = "identity", .identity = "dev@example.com", .issuer = "https://issuer"}};
    struct asked r = JUDGE(1, fakes, a);
    assert_holds(r.err.hint, "--certificate-identity 'dev@example.com' --certificate-oidc-issuer 'https://issuer'");
    fakes[0].identity = "dev'; rm -rf ~'";
    r = JUDGE(1, fakes, a);
    assert_null(strstr(r.err.hint, "rm -rf"));
}

static void test_certificate(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {{.key_id = "X"}, {.failed = "expired", .code = WP_E_CERTIFICATE}};
    struct asked r = JUDGE(1, fakes, a);
    assert_int_equal(r.report.verdict, SIG_BAD_CERTIFICATE);
    assert_int_equal(r.err.code, WP_E_CERTIFICATE);
    assert_holds(r.err.msg, "its certificate was not valid then: fake: second");
}

/* The question's time is what limits are held against (fake_question: 2027-01-15). */
static void test_time_limits(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {{.satisfies = " a ", .key_id = "A"}};
    const struct sig_demand over = {.name = "a", .not_after = 1799999999};
    const struct sig_demand good = {.name = "a", .not_after = 1800000001};
    const struct sig_demand late = {.name = "a", .not_before = 1};
    struct asked r = JUDGE(1, fakes, over);
    assert_int_equal(r.report.verdict, SIG_NOT_SATISFIED);
    assert_holds(r.err.msg, "at a time that is not accepted");
    assert_int_equal(JUDGE(1, fakes, good).rc, 0);
    assert_int_equal(JUDGE(1, fakes, late).report.verdict, SIG_NOT_SATISFIED);
}

/* ---- a store that cannot tell ---- */

static int cannot_list(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                       struct wp_err *err)
{
    (void)s, (void)subject, (void)fn, (void)arg;
    return wp_fail(err, WP_E_NETWORK, "registry.example answered 500");
}

static int lists_nothing(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                         struct wp_err *err)
{
    (void)s, (void)subject, (void)fn, (void)arg, (void)err;
    return 0;
}

static int resolves_nothing(struct oci_store *s, const char *name, struct wp_arena *in, struct oci_desc *ret_desc,
                            struct wp_span *ret_bytes, struct wp_err *err)
{
    (void)s, (void)in, (void)ret_desc, (void)ret_bytes;
    return wp_fail(err, WP_E_NOT_FOUND, "no %s", name);
}

static void test_cannot_tell(void **state)
{
    (void)state;
    static const struct oci_store_ops ops = {.kind = "broken", .referrers = cannot_list, .resolve = resolves_nothing};
    struct oci_store broken = {.ops = &ops, .label = "registry.example/team/app"};
    const struct fake_signature fakes[] = {{.satisfies = " a ", .key_id = "A"}};
    const struct sig_candidate given = fake_candidate(&fakes[0], "--bundle");
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct sig_report report;
    struct wp_err err = {0};
    struct sig_question q = fake_question(REF, NULL, 0);
    q.store = &broken;
    q.repo = "";
    assert_int_equal(sig_policy_of(&a, 1, 1, &p, &err), 0);
    assert_int_equal(sig_judge(p, &q, &arena, &report, &err), -1);
    assert_int_equal(report.verdict, SIG_UNKNOWN);
    assert_int_equal(err.code, WP_E_CANNOT_TELL);
    assert_holds(err.msg, "registry.example answered 500");
    /* What is at hand proves all that is asked: nothing else matters. */
    q.given = &given;
    q.given_count = 1;
    assert_int_equal(sig_judge(p, &q, &arena, &report, &err), 0);
}

static void test_where_was_looked(void **state)
{
    (void)state;
    static const struct oci_store_ops ops = {.kind = "empty", .referrers = lists_nothing, .resolve = resolves_nothing};
    struct oci_store empty = {.ops = &ops, .label = "registry.example/team/app"};
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct sig_report report;
    struct wp_err err = {0};
    struct sig_question q = fake_question(REF, NULL, 0);
    q.store = &empty;
    q.repo = "";
    assert_int_equal(sig_policy_of(&a, 1, 1, &p, &err), 0);
    assert_int_equal(sig_judge(p, &q, &arena, &report, &err), -1);
    assert_int_equal(report.verdict, SIG_NONE);
    assert_holds(err.msg, "no referrer is a signature (bundle, cosign, notation), there is no tag sha256-");
}

/* ---- k of n ---- */

static void test_threshold(void **state)
{
    (void)state;
    const struct fake_signature two[] = {{.satisfies = " a ", .key_id = "A"}, {.satisfies = " b ", .key_id = "B"}};
    const struct fake_signature one[] = {{.satisfies = " a ", .key_id = "A"}, {.key_id = "X"}};
    assert_int_equal(JUDGE(2, two, a, b, c).rc, 0);
    struct asked r = JUDGE(2, one, a, b, c);
    assert_int_equal(r.report.verdict, SIG_NOT_SATISFIED);
    assert_holds(r.err.msg, "not signed by enough: signed by 1 of the 2 that are asked for: 'a'; second: failed at");
    assert_string_equal(r.report.results[0].what, "signed by 2 of 'a', 'b' and 'c'");
}

static void test_same_signer_counts_once(void **state)
{
    (void)state;
    static const struct fake_signature pairs[][2] = {
        /* one key, twice under one demand, and under two */
        {{.satisfies = " a ", .key_id = "A"}, {.satisfies = " a ", .key_id = "A"}},
        {{.satisfies = " a ", .key_id = "A"}, {.satisfies = " b ", .key_id = "A"}},
        /* one person with two keys */
        {{.satisfies = " a ", .key_id = "A", .identity = "dev@x", .issuer = "i"},
         {.satisfies = " b ", .key_id = "B", .identity = "dev@x", .issuer = "i"}},
        /* one entry of a log */
        {{.satisfies = " a ", .key_id = "A", .log = "rekor", .log_index = 7},
         {.satisfies = " b ", .key_id = "B", .log = "rekor", .log_index = 7}},
        /* two keys under one demand */
        {{.satisfies = " a ", .key_id = "A"}, {.satisfies = " a ", .key_id = "B"}},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(pairs); i++) {
        struct asked r = JUDGE(2, pairs[i], a, b);
        assert_int_equal(r.report.verdict, SIG_NOT_SATISFIED);
        assert_int_equal(r.report.results[0].good_count, 2);
    }
    /* one signature that satisfies both */
    const struct fake_signature both[] = {{.satisfies = " a b ", .key_id = "A"}};
    assert_int_equal(JUDGE(2, both, a, b).report.verdict, SIG_NOT_SATISFIED);
    /* what differs does count */
    const struct fake_signature two[] = {
        {.satisfies = " a ", .key_id = "A", .identity = "dev@x", .issuer = "i", .log = "rekor", .log_index = 7},
        {.satisfies = " b ", .key_id = "B", .identity = "dev@x", .issuer = "j", .log = "rekor", .log_index = 8}};
    assert_int_equal(JUDGE(2, two, a, b).rc, 0);
}

/* Whoever comes first must not take the only place of somebody else. */
static void test_pairs_are_matched(void **state)
{
    (void)state;
    const struct fake_signature fakes[] = {{.satisfies = " a b ", .key_id = "B"}, {.satisfies = " a ", .key_id = "A"}};
    assert_int_equal(JUDGE(2, fakes, a, b).rc, 0);
    const struct fake_signature chain[] = {{.satisfies = " a b ", .key_id = "1"},
                                           {.satisfies = " a b c ", .key_id = "2"},
                                           {.satisfies = " a ", .key_id = "3"}};
    struct asked r = JUDGE(3, chain, a, b, c);
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.report.results[0].good_count, 3);
}

static void test_thresholds_refused(void **state)
{
    (void)state;
    const struct sig_demand demands[] = {a, b};
    struct sig_policy *p = NULL;
    struct wp_err err;
    assert_int_equal(sig_policy_of(demands, 2, 0, &p, &err), -1);
    assert_holds(err.msg, "a threshold of 0");
    assert_int_equal(sig_policy_of(demands, 2, 3, &p, &err), -1);
    assert_string_equal(err.msg, "3 signers are asked for, but only 2 are named");
    assert_int_equal(err.code, WP_E_USAGE);
    assert_int_equal(sig_policy_of(demands, 0, 1, &p, &err), -1);
    assert_null(p);
}

static void test_same_key_refused(void **state)
{
    (void)state;
    SIG_AUTO_KEY struct sig_key *key = NULL;
    struct sig_policy *p = NULL;
    struct wp_err err;
    assert_int_equal(sig_key_generate(SIG_KEY_ED25519, &key, &err), 0);
    const struct sig_demand demands[] = {{.name = "one", .key = sig_key_pub(key)},
                                         {.name = "two", .key = sig_key_pub(key)}};
    assert_int_equal(sig_policy_of(demands, 2, 2, &p, &err), -1);
    assert_string_equal(err.msg, "'one' and 'two' are the same key: it would count once");
    SIG_AUTO_POLICY struct sig_policy *any = NULL;
    assert_int_equal(sig_policy_of(demands, 2, 1, &any, &err), 0);
}

static int teardown(void **state)
{
    (void)state;
    wp_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_satisfied),
        cmocka_unit_test(test_nothing_found),
        cmocka_unit_test(test_only_attestations),
        cmocka_unit_test(test_no_such_attestation),
        cmocka_unit_test(test_not_trusted),
        cmocka_unit_test(test_signer_is_told),
        cmocka_unit_test(test_announced),
        cmocka_unit_test(test_words_differ),
        cmocka_unit_test(test_identity_hint),
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_time_limits),
        cmocka_unit_test(test_cannot_tell),
        cmocka_unit_test(test_where_was_looked),
        cmocka_unit_test(test_threshold),
        cmocka_unit_test(test_same_signer_counts_once),
        cmocka_unit_test(test_pairs_are_matched),
        cmocka_unit_test(test_thresholds_refused),
        cmocka_unit_test(test_same_key_refused),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
