/* SPDX-License-Identifier: Apache-2.0
 *
 * Challenges as registries send them and as attackers would, and the rule for token servers. */
#include "base/base.h"
#include "oci/auth.h"
#include "tests/unit/unit.h"

struct row {
    const char *value;
    enum http_auth_scheme scheme;
    const char *realm, *service, *scope, *error;
};

static void check(const char *got, const char *want)
{
    assert_string_equal(got ? got : "(null)", want ? want : "(null)");
}

static void test_challenges(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {" , ,", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Basic", HTTP_AUTH_BASIC, NULL, NULL, NULL, NULL},
        {"basic realm=\"a b\"", HTTP_AUTH_BASIC, "a b", NULL, NULL, NULL},
        {"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a:pull,push\",error=\"invalid_token\"",
         HTTP_AUTH_BEARER, "https://a/t", "s", "repository:a:pull,push", "invalid_token"},
        {"BEARER Realm=https://a/t , SERVICE = s", HTTP_AUTH_BEARER, "https://a/t", "s", NULL, NULL},
        {"Bearer realm=\"a\\\"b\\\\c\"", HTTP_AUTH_BEARER, "a\"b\\c", NULL, NULL, NULL},
        {"Bearer realm=\"a\",realm=\"b\"", HTTP_AUTH_BEARER, "a", NULL, NULL, NULL},
        {"Bearer realm=\"a\", Basic realm=\"b\"", HTTP_AUTH_BEARER, "a", NULL, NULL, NULL},
        {"Basic realm=\"b\", Bearer realm=\"a\"", HTTP_AUTH_BEARER, "a", NULL, NULL, NULL},
        {"Negotiate YWJj==, Basic realm=\"b\"", HTTP_AUTH_BASIC, "b", NULL, NULL, NULL},
        {"Negotiate abc=, Bearer realm=\"a\"", HTTP_AUTH_BEARER, "a", NULL, NULL, NULL},
        {"Digest realm=\"d\", nonce=\"Bearer realm=x\", Basic", HTTP_AUTH_BASIC, NULL, NULL, NULL, NULL},
        {"Bearer", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Bearer service=\"s\"", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Bearer service=\"s\", Basic", HTTP_AUTH_BASIC, NULL, NULL, NULL, NULL},
        {"Bearer realm=\"unterminated", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Bearer realm=\"x\\", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Bearer realm=", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Bearer realm==", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"Bearer realm=,service=s", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"realm=\"a\"", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"(\"), Basic", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
        {"(x), Basic", HTTP_AUTH_BASIC, NULL, NULL, NULL, NULL},
        {"Bearerrealm=\"a\"", HTTP_AUTH_NONE, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct http_challenge c;
        http_challenge_parse(&a, rows[i].value, &c);
        if (c.scheme != rows[i].scheme) {
            fail_msg("'%s': scheme %d", rows[i].value, (int)c.scheme);
        }
        check(c.realm, rows[i].realm);
        check(c.service, rows[i].service);
        check(c.scope, rows[i].scope);
        check(c.error, rows[i].error);
    }
}

static void test_realms(void **state)
{
    (void)state;
    static const char *const extra[] = {"sso.corp.test", NULL};
    static const char other[] = "it is a host of another domain";
    static const char address[] = "it is another host";
    static const struct {
        const char *base, *realm, *problem;
    } rows[] = {
        {"https://ghcr.io", "https://ghcr.io/token", NULL},
        {"https://ghcr.io", "https://GHCR.io:8443/token", NULL},
        {"https://registry-1.docker.io", "https://auth.docker.io/token", NULL},
        {"https://registry.gitlab.com", "https://gitlab.com/jwt/auth", NULL},
        {"https://reg.example.co.uk", "https://auth.example.co.uk/", NULL},
        {"https://reg.example.co.uk", "https://evil.co.uk/", other},
        {"https://reg.bbc.uk", "https://auth.bbc.uk/", NULL},
        {"https://reg.bbc.uk", "https://auth.itv.uk/", other},
        {"https://a.azurecr.io", "https://a.azurecr.io/oauth2/token", NULL},
        {"https://a.azurecr.io", "https://evil.azurecr.io/oauth2/token", other},
        {"https://1.dkr.ecr.us-east-1.amazonaws.com", "https://b.s3.us-east-1.amazonaws.com/", other},
        {"https://azurecr.io", "https://evil.azurecr.io/", other},
        {"https://me.github.io", "https://you.github.io/", other},
        {"https://reg.example.com", "https://example.com.evil.test/", other},
        {"https://reg.example.com", "https://evilexample.com/", other},
        {"https://com", "https://evil.com/", other},
        {"https://reg", "https://auth/", other},
        {"https://localhost", "https://evil.localhost/", other},
        {"https://reg.example.com", "https://sso.corp.test/t", NULL},
        {"https://reg.example.com", "https://sub.sso.corp.test/t", other},
        {"https://reg.example.com", "http://reg.example.com/t", "it uses plain HTTP"},
        {"http://reg.example.com", "http://reg.example.com:81/t", NULL},
        {"http://reg.example.com", "https://auth.example.com/t", NULL},
        {"http://127.0.0.1:5000", "http://127.0.0.1:5001/t", NULL},
        {"http://127.0.0.1:5000", "http://127.0.0.2/t", address},
        {"http://127.0.0.1:5000", "http://localhost/t", address},
        {"https://10.1.2.3", "https://9.1.2.3/", address},
        {"https://reg.example.com", "https://169.254.169.254/", address},
        {"https://reg.example.com", "https://0xa9fea9fe/", address},
        {"https://[fe80::1]", "https://[fe80::1]/t", NULL},
        {"https://[fe80::1]", "https://[fe80::2]/t", address},
        {"https://reg.example.com", "https://u@reg.example.com/", "its address is not a plain http or https URL"},
        {"https://reg.example.com", "/token", "its address is not a plain http or https URL"},
        {"https://reg.example.com", "https://reg.example.com\\@evil.test/",
         "its address is not a plain http or https URL"},
        {"https://reg.example.me.uk", "https://evil.me.uk/", other},
        {"https://reg.example.sch.uk", "https://auth.example.sch.uk/", NULL},
        {"https://a.uk.com", "https://evil.uk.com/", other},
        {"https://reg.io.", "https://evil.io./", other},
        {"https://me.github.io.", "https://you.github.io./", other},
        {"https://reg.io.", "https://reg.io./token", NULL},
        {"https://reg.io", "https://reg.io./token", other},
        {"gopher://x", "https://x/", "the registry's own address is not understood"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const char *problem = http_realm_problem(rows[i].base, rows[i].realm, extra);
        if (!wp_str_eq(problem ? problem : "", rows[i].problem ? rows[i].problem : "")) {
            fail_msg("%s for %s: %s", rows[i].realm, rows[i].base, problem ? problem : "allowed");
        }
    }
    assert_non_null(http_realm_problem("https://reg.example.com", "https://sso.corp.test/t", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenges),
        cmocka_unit_test(test_realms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
