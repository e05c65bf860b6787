/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats by name and type, texts as they must be, and the one place that answers yes. */
#include "base/mem.h"
#include "sign/formats.h"
#include "tests/unit/unit.h"

/* ---- formats ---- */

static void test_types(void **state WP_UNUSED)
{
    static const struct {
        const char *type;
        int id; /* -1: none */
    } rows[] = {
        {"application/vnd.dev.sigstore.bundle.v0.3+json", SIG_BUNDLE},
        {"application/vnd.dev.sigstore.bundle+json;version=0.1", SIG_BUNDLE},
        {"Application/VND.dev.sigstore.bundle.v0.9+json", SIG_BUNDLE},
        {"application/vnd.dev.cosign.simplesigning.v1+json", SIG_COSIGN},
        {"application/vnd.dsse.envelope.v1+json", SIG_COSIGN},
        {"application/jose+json", SIG_NOTATION},
        {"application/cose", SIG_NOTATION},
        {"application/vnd.dsse.envelope.v1+json2", -1},
        {"application/json", -1},
        {"", -1},
        {NULL, -1},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct sig_format *f = sig_format_of(rows[i].type);
        assert_int_equal(f != NULL ? (int)f->id : -1, rows[i].id);
    }
}

static void test_names(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    const struct sig_format *f = NULL;
    for (size_t i = 0; i < SIG_FORMATS; i++) {
        assert_int_equal(sig_formats[i]->id, i);
        assert_int_equal(sig_format_find(sig_formats[i]->name, &f, &err), 0);
        assert_ptr_equal(f, sig_formats[i]);
    }
    assert_int_equal(sig_format_find("cosing", &f, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    assert_string_equal(err.hint, "did you mean 'cosign'?");
    assert_int_equal(sig_format_find("x509-pgp-whatever", &f, &err), -1);
    assert_string_equal(err.hint, "bundle, cosign, notation, minisign, module");
}

/* ---- texts ---- */

static void test_match(void **state WP_UNUSED)
{
    static const struct {
        const char *pattern, *text;
        unsigned kind;
        bool yes;
    } rows[] = {
        {"a@b", "a@b", SIG_MATCH_EXACT, true},
        {"a@b", "a@bc", SIG_MATCH_EXACT, false},
        {"a@b", "A@b", SIG_MATCH_EXACT, false},
        {"a*", "ab", SIG_MATCH_EXACT, false},
        {"", "", SIG_MATCH_EXACT, true},
        {"host/team/*", "host/team/app", SIG_MATCH_GLOB, true},
        {"host/team/*", "host/team/app/x", SIG_MATCH_GLOB, false},
        {"host/team/*", "host/team/", SIG_MATCH_GLOB, true},
        {"host/team/*", "host/team", SIG_MATCH_GLOB, false},
        {"host/**", "host/team/app/x", SIG_MATCH_GLOB, true},
        {"host/**/x", "host/team/app/x", SIG_MATCH_GLOB, true},
        {"host/**/x", "host/team/app/y", SIG_MATCH_GLOB, false},
        {"**", "any/thing", SIG_MATCH_GLOB, true},
        {"**", "", SIG_MATCH_GLOB, true},
        {"*", "any/thing", SIG_MATCH_GLOB, false},
        {"*ab", "aab", SIG_MATCH_GLOB, true},
        {"a*b*c", "a1b2b3c", SIG_MATCH_GLOB, true},
        {"a*b*c", "a1b2/b3c", SIG_MATCH_GLOB, false},
        {"a**b*c", "a/b/b1c", SIG_MATCH_GLOB, true},
        {"a**b*c", "a/b/b/c", SIG_MATCH_GLOB, false},
        {"*x**y", "axbx/y", SIG_MATCH_GLOB, true},
        {"a?c", "abc", SIG_MATCH_GLOB, false}, /* one meaning only */
        {"a", "ab", SIG_MATCH_GLOB, false},
        {"ab", "a", SIG_MATCH_GLOB, false},
        {"a+b", "aab", SIG_MATCH_REGEXP, true},
        {"a+b", "xaab", SIG_MATCH_REGEXP, false},
        {"a+b", "aabx", SIG_MATCH_REGEXP, false},
        {"^a+b$", "aab", SIG_MATCH_REGEXP, true},
        {"a|ab", "ab", SIG_MATCH_REGEXP, true},
        {"a|b", "ab", SIG_MATCH_REGEXP, false},
        {"a|b|c.*", "cd", SIG_MATCH_REGEXP, true},
        {"a)|b", "a evil", SIG_MATCH_REGEXP, false}, /* no way out of what holds it */
        {"a)|b", "evil b)", SIG_MATCH_REGEXP, false},
        {"a", "a\nb", SIG_MATCH_REGEXP, false},
        {".*@example\\.com", "dev@example.com", SIG_MATCH_REGEXP, true},
        {".*@example\\.com", "dev@examplescom", SIG_MATCH_REGEXP, false},
        {".*@example\\.com", "dev@example.com.evil", SIG_MATCH_REGEXP, false},
        {"(", "(", SIG_MATCH_REGEXP, false},
        {NULL, "x", SIG_MATCH_ANY, true},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct sig_match m = {.kind = rows[i].kind, .text = rows[i].pattern};
        if (sig_match(&m, rows[i].text) != rows[i].yes) {
            fail_msg("'%s' and '%s': not %s", rows[i].pattern, rows[i].text, rows[i].yes ? "a match" : "apart");
        }
        if (rows[i].kind != SIG_MATCH_ANY) {
            assert_false(sig_match(&m, NULL));
        }
    }
}

static void test_long_text(void **state WP_UNUSED)
{
    WP_AUTO_FREE char *text = wp_xcalloc(2050, 1);
    memset(text, 'a', 2048);
    const struct sig_match all = {.kind = SIG_MATCH_REGEXP, .text = "a*"};
    assert_true(sig_match(&all, text));
    text[2048] = 'a';
    assert_false(sig_match(&all, text));
}

static void test_match_check(void **state WP_UNUSED)
{
    static const char *const good[] = {"a+", "https://github\\.com/[^/]+/x", "a{2,3}", "\\.", ""};
    static const char *const bad[] = {"\\d+", "(?i)a", "\\w", "a\\b", "(", "[", "a{3,2}", "*(", "(a)\\1", "\\Qx\\E"};
    struct wp_err err = {0};
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        const struct sig_match m = {.kind = SIG_MATCH_REGEXP, .text = good[i]};
        if (sig_match_check(&m, &err) != 0) {
            fail_msg("%s", err.msg);
        }
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        const struct sig_match m = {.kind = SIG_MATCH_REGEXP, .text = bad[i]};
        if (sig_match_check(&m, &err) != -1) {
            fail_msg("'%s' is taken", bad[i]);
        }
        assert_int_equal(err.code, WP_E_INPUT);
        assert_non_null(strstr(err.msg, bad[i]));
    }
    const struct sig_match glob = {.kind = SIG_MATCH_GLOB, .text = "("};
    assert_int_equal(sig_match_check(&glob, &err), 0);
}

/* ---- the answer ---- */

struct answer {
    int rc;
    const char *failed;
    size_t times;
};
static struct answer answer;

static int check(const struct sig_candidate *c, const struct sig_artifact *art WP_UNUSED,
                 const struct sig_demand *d WP_UNUSED, struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    struct sig_time *t = wp_arena_alloc(a, 2, sizeof(*t));
    t[0] = (struct sig_time){.at = 1000, .source = "log"};
    t[1] = (struct sig_time){.at = 2000, .source = "authority"};
    ret->times = t;
    ret->time_count = answer.times;
    ret->failed = answer.failed;
    if (answer.rc != 1) {
        wp_fail(err, WP_E_CERTIFICATE, "%s: expired", c->where);
    }
    return answer.rc;
}

static const struct sig_format format = {.id = SIG_BUNDLE, .name = "bundle", .check = check};
static const struct sig_candidate candidate = {.format = &format, .where = "it"};

static int ask(const struct sig_demand *d, struct answer with, struct wp_arena *a, struct sig_proof *ret,
               struct wp_err *err)
{
    static const struct sig_artifact art = {.name = "a"};
    answer = with;
    wp_err_clear(err);
    return sig_check(&candidate, &art, d, a, ret, err);
}

static void test_yes(void **state WP_UNUSED)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct sig_demand d = {.name = "k", .now = 5000};
    struct sig_proof p;
    struct wp_err err = {0};
    assert_int_equal(ask(&d, (struct answer){.rc = 1, .failed = "left over"}, &a, &p, &err), 1);
    assert_null(p.failed);
    assert_null(p.why);
    assert_ptr_equal(p.demand, &d);
    assert_ptr_equal(p.candidate, &candidate);
}

/* Whatever is not exactly 1 is no. */
static void test_no(void **state WP_UNUSED)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct sig_demand d = {.name = "k", .now = 5000};
    struct sig_proof p;
    struct wp_err err = {0};
    static const int codes[] = {0, -1, 2};
    for (size_t i = 0; i < WP_ARRAY_LEN(codes); i++) {
        assert_int_equal(ask(&d, (struct answer){.rc = codes[i]}, &a, &p, &err), 0);
        assert_string_equal(p.failed, "signature");
        assert_string_equal(p.why, "it: expired");
        assert_int_equal(err.code, WP_E_CERTIFICATE);
    }
    assert_int_equal(ask(&d, (struct answer){.failed = "expired"}, &a, &p, &err), 0);
    assert_string_equal(p.failed, "expired");
}

static void test_formats_demanded(void **state WP_UNUSED)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct sig_demand d = {.name = "k", .now = 5000, .formats = 1U << SIG_COSIGN | 1U << SIG_NOTATION};
    struct sig_proof p;
    struct wp_err err = {0};
    assert_int_equal(ask(&d, (struct answer){.rc = 1}, &a, &p, &err), 0);
    assert_string_equal(p.failed, "format");
    assert_string_equal(p.why, "it: signatures in the format bundle are not accepted of 'k'");
    d.formats |= 1U << SIG_BUNDLE;
    assert_int_equal(ask(&d, (struct answer){.rc = 1}, &a, &p, &err), 1);
}

static void test_times(void **state WP_UNUSED)
{
    static const struct {
        int64_t not_before, not_after, now;
        size_t times; /* 1: 1000; 2: and 2000 */
        bool yes;
    } rows[] = {
        {0, 0, 5000, 0, true},
        {0, 0, 5000, 2, true},
        {1000, 0, 5000, 2, true},
        {1001, 0, 5000, 2, false},
        {0, 2000, 5000, 2, true},
        {0, 1999, 5000, 2, false},
        {0, 1999, 5000, 1, true},
        {1001, 0, 5000, 1, false},
        {1000, 1000, 5000, 1, true},
        /* Nothing proves when. */
        {0, 5000, 5000, 0, true},
        {0, 4999, 5000, 0, false},
        {1, 0, 5000, 0, false},
        {1, 9000, 5000, 0, false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        const struct sig_demand d = {
            .name = "k", .not_before = rows[i].not_before, .not_after = rows[i].not_after, .now = rows[i].now};
        struct sig_proof p;
        struct wp_err err = {0};
        int rc = ask(&d, (struct answer){.rc = 1, .times = rows[i].times}, &a, &p, &err);
        if (rc != rows[i].yes) {
            fail_msg("row %zu: %d, %s", i, rc, err.msg);
        }
        if (rc == 0) {
            assert_string_equal(p.failed, "time-limit");
            assert_int_equal(err.code, WP_E_UNSATISFIED);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),       cmocka_unit_test(test_names),
        cmocka_unit_test(test_match),       cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_match_check), cmocka_unit_test(test_yes),
        cmocka_unit_test(test_no),          cmocka_unit_test(test_formats_demanded),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests_name("sign/sig", tests, NULL, NULL);
}
