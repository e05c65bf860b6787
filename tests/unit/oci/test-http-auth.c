/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's credentials: Basic, Bearer, identity tokens, and which token servers may see them. */
#include "tests/unit/oci/http-script.h"

static void test_basic(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic realm=\"x\""}, NULL, NULL},
        {"GET " BASE "/1", BASIC, 200, {NULL}, "one", NULL},
        {"GET " BASE "/2", BASIC, 200, {NULL}, "two", NULL}, /* known by now */
    };
    struct fixture f;
    script_login(&f);
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    script_must_get(&f, BASE "/2", "two");
    assert_null(strstr(f.trace.ptr, "dTpw"));
    assert_non_null(strstr(f.trace.ptr, "> GET " BASE "/2 (authorization: Basic …)\n< 200 GET " BASE "/2 ("));
    script_end(&f);
}

static void test_basic_refused(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic realm=x"}, NULL, NULL},
        {"GET " BASE "/1", BASIC, 401, {"WWW-Authenticate: Basic realm=x"}, NULL, NULL},
    };
    struct fixture f;
    script_login(&f);
    PLAY(&f, turns);
    script_must_fail(&f, BASE "/1", WP_E_DENIED,
                     HOST " denied GET '" BASE "/1' (401); logged in as 'u' from the command line or environment");
    assert_string_equal(f.err.hint, "log in with 'wpack login " HOST "'");
    script_end(&f);
}

/* A file that the user named and that cannot be read is not the same as having no credentials. */
static void test_broken_config(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic realm=x"}, NULL, NULL},
    };
    struct fixture f;
    script_begin(&f);
    f.creds_opts.registry_config = "/proc/self/cmdline";
    PLAY(&f, turns);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_int_equal(script_get(&f, BASE "/1", &b), -1);
    assert_int_equal(f.err.code, WP_E_INPUT);
    assert_non_null(strstr(f.err.msg, "/proc/self/cmdline"));
    script_end(&f);
}

static void test_no_credentials(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1",
         NULL,
         401,
         {"WWW-Authenticate: Basic realm=x"},
         "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"who \\u001b[2J are you\"}]}",
         NULL},
    };
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    script_must_fail(&f, BASE "/1", WP_E_DENIED,
                     HOST " denied GET '" BASE
                          "/1' (401 UNAUTHORIZED: who \\x1b[2J are you); no credentials for it were found");
    script_end(&f);
}

#define REALM "https://auth.example.com/token"

static void test_bearer(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {ASK, BASIC, 200, {NULL}, "{\"token\":\"T1\",\"expires_in\":300}", NULL},
        {"GET " BASE "/1", "Bearer T1", 200, {NULL}, "one", NULL},
        {"GET " BASE "/2", "Bearer T1", 200, {NULL}, "two", NULL},
        /* gone stale: renewed once */
        {"GET " BASE "/3", "Bearer T1", 401, {BEARER}, NULL, NULL},
        {ASK, BASIC, 200, {NULL}, "{\"access_token\":\"T2\"}", NULL},
        {"GET " BASE "/3", "Bearer T2", 200, {NULL}, "three", NULL},
        /* no use: once, then it is final */
        {"GET " BASE "/4", "Bearer T2", 401, {BEARER}, NULL, NULL},
        {ASK, BASIC, 200, {NULL}, "{\"token\":\"T3\"}", NULL},
        {"GET " BASE "/4", "Bearer T3", 401, {BEARER}, NULL, NULL},
    };
    struct fixture f;
    script_login(&f);
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    script_must_get(&f, BASE "/2", "two");
    script_must_get(&f, BASE "/3", "three");
    script_must_fail(&f, BASE "/4", WP_E_DENIED,
                     HOST " denied GET '" BASE "/4' (401); logged in as 'u' from the command line or environment");
    assert_null(strstr(f.trace.ptr, "T1"));
    script_end(&f);
}

static void test_scopes_that_only_the_registry_names(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/c",
         NULL,
         401,
         {"WWW-Authenticate: Bearer realm=\"" REALM "\",scope=\" registry:catalog:*  plain plain2 plain\""},
         NULL,
         NULL},
        {"GET " REALM "?scope=registry:catalog:%2A&scope=plain&scope=plain2",
         NULL,
         200,
         {NULL},
         "{\"token\":\"C\"}",
         NULL},
        {"GET " BASE "/c", "Bearer C", 200, {NULL}, "names", NULL},
    };
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {.req = {.method = "GET", .url = BASE "/c"}};
    assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), 0);
    assert_int_equal(resp.status, 200);
    script_end(&f);
}

static void test_bearer_expiry_and_scopes(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {ASK, NULL, 200, {NULL}, "{\"token\":\"T1\"}", NULL},
        {"GET " BASE "/1", "Bearer T1", 200, {NULL}, "one", NULL},
        /* another scope: asked for without a 401 first */
        {"GET " REALM "?service=reg&scope=repository:a/b:pull,push&scope=repository:c:pull",
         NULL,
         200,
         {NULL},
         "{\"token\":\"T2\"}",
         NULL},
        {"POST " BASE "/2", "Bearer T2", 201, {NULL}, NULL, NULL},
        /* what the registry asks for beyond ours is asked for, too */
        {"POST " BASE "/2",
         "Bearer T2",
         401,
         {"WWW-Authenticate: Bearer realm=\"" REALM "\",scope=\"repository:a/b:push repository:d:pull\""},
         NULL,
         NULL},
        {"GET " REALM "?scope=repository:a/b:pull,push&scope=repository:c:pull&scope=repository:d:pull",
         NULL,
         200,
         {NULL},
         "{\"token\":\"T3\"}",
         NULL},
        {"POST " BASE "/2", "Bearer T3", 201, {NULL}, NULL, NULL},
    };
    struct fixture f;
    script_begin(&f);
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    for (unsigned i = 0; i < 2; i++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        struct http_call call = {.req = {.method = "POST", .url = BASE "/2"},
                                 .scope = "repository:a/b:pull,push repository:c:pull"};
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), 0);
        assert_int_equal(resp.status, 201);
    }
    script_end(&f);
}

#define FORM \
    "grant_type=refresh_token&client_id=wpack&service=reg&scope=repository:a/b:pull&refresh_token=id%2Btoken%26"

static void test_identity_token(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {"POST " REALM, NULL, 200, {NULL}, "{\"access_token\":\"T1\"}", FORM},
        {"GET " BASE "/1", "Bearer T1", 200, {NULL}, "one", NULL},
        {"GET " BASE "/2", "Bearer T1", 401, {BEARER}, NULL, NULL},
        {"POST " REALM, NULL, 405, {NULL}, NULL, FORM},
        {ASK, "Basic PHRva2VuPjppZCt0b2tlbiY=", 200, {NULL}, "{\"token\":\"T2\"}", NULL},
        {"GET " BASE "/2", "Bearer T2", 200, {NULL}, "two", NULL},
    };
    struct fixture f;
    script_begin(&f);
    f.creds_opts.identity_token = "id+token&";
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    script_must_get(&f, BASE "/2", "two");
    assert_null(strstr(f.trace.ptr, "id+token"));
    assert_null(strstr(f.trace.ptr, "id%2Btoken"));
    script_end(&f);
}

#define RENEWED_FORM(repo, token) \
    "grant_type=refresh_token&client_id=wpack&service=reg&scope=repository:" repo ":pull&refresh_token=" token

/* Each identity token is good once; the one that comes along is sent the next time, for other repositories, too. */
static void test_identity_token_renewed(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {"POST " REALM,
         NULL,
         200,
         {NULL},
         "{\"access_token\":\"T1\",\"refresh_token\":\"second-one\"}",
         RENEWED_FORM("a/b", "first-one")},
        {"GET " BASE "/1", "Bearer T1", 200, {NULL}, "one", NULL},
        {"POST " REALM,
         NULL,
         200,
         {NULL},
         "{\"access_token\":\"T2\",\"refresh_token\":\"third-one\"}",
         RENEWED_FORM("c", "second-one")},
        {"GET " BASE "/c", "Bearer T2", 200, {NULL}, "two", NULL},
        {"GET " BASE "/1", "Bearer T1", 401, {BEARER}, NULL, NULL},
        {"POST " REALM,
         NULL,
         401,
         {NULL},
         "{\"details\":\"third-one is not known\"}",
         RENEWED_FORM("a/b", "third-one")},
    };
    struct fixture f;
    script_begin(&f);
    f.creds_opts.identity_token = "first-one";
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    struct http_call call = {.req = {.method = "GET", .url = BASE "/c"}, .scope = "repository:c:pull"};
    assert_int_equal(http_client_read(f.client, &call, &resp, &body, &f.err), 0);
    script_must_fail(&f, BASE "/1", WP_E_DENIED,
                     "token server '" REALM
                     "' refused the identity token from the command line or environment (401 *** "
                     "is not known)");
    script_end(&f);
}

static void test_registry_token(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {"GET " BASE "/1", "Bearer ready", 200, {NULL}, "one", NULL},
        {"GET " BASE "/2", "Bearer ready", 401, {BEARER}, NULL, NULL},
    };
    struct fixture f;
    script_begin(&f);
    f.creds_opts.registry_token = "ready";
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    script_must_fail(&f, BASE "/2", WP_E_DENIED,
                     HOST " denied GET '" BASE
                          "/2' (401); logged in with a token from the command line or environment");
    script_end(&f);
}

static void test_foreign_realm(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Bearer realm=\"https://evil.test/t\""}, NULL, NULL},
        {"GET https://evil.test/t?scope=repository:a/b:pull", NULL, 200, {NULL}, "{\"token\":\"anon\"}", NULL},
        {"GET " BASE "/1", "Bearer anon", 401, {"WWW-Authenticate: Bearer realm=\"https://evil.test/t\""}, NULL, NULL},
    };
    struct fixture f;
    script_login(&f);
    PLAY(&f, turns);
    script_must_fail(
        &f, BASE "/1", WP_E_DENIED,
        HOST " denied GET '" BASE
             "/1' (401); the credentials from the command line or environment were not sent to the token server "
             "'https://evil.test/t': it is a host of another domain");
    script_end(&f);
}

static void test_realm_host_allowed(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Bearer realm=\"https://sso.test/t\""}, NULL, NULL},
        {"GET https://sso.test/t?scope=repository:a/b:pull", BASIC, 200, {NULL}, "{\"token\":\"T\"}", NULL},
        {"GET " BASE "/1", "Bearer T", 200, {NULL}, "one", NULL},
    };
    static const char *const extra[] = {"sso.test", NULL};
    struct fixture f;
    script_login(&f);
    f.opts.realm_hosts = extra;
    f.opts.tls = (struct http_tls){.insecure = true, .cert_file = "c"};
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    assert_true(f.script.insecure_seen && f.script.own_cert_seen);
    script_end(&f);
}

static void test_bad_realms(void **state)
{
    (void)state;
    const struct {
        const char *challenge, *msg;
    } rows[] = {
        {"WWW-Authenticate: Bearer realm=\"http://auth.example.com/t\"",
         "token server 'http://auth.example.com/t' is refused: it would leave https for http"},
        {"WWW-Authenticate: Bearer realm=\"https://169.254.169.254/t\"",
         "token server 'https://169.254.169.254/t' is refused: it leads from a public registry into an inner network"},
        {"WWW-Authenticate: Bearer realm=\"https://u@auth.example.com/t\"",
         "token server 'https://…@auth.example.com/t' is refused: it names a user"},
        {"WWW-Authenticate: Bearer realm=\"/t\"", "token server '/t' is refused: it is neither http nor https"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct turn turns[] = {{"GET " BASE "/1", NULL, 401, {rows[i].challenge}, NULL, NULL}};
        struct fixture f;
        script_login(&f);
        PLAY(&f, turns);
        script_must_fail(&f, BASE "/1", WP_E_OTHER, rows[i].msg);
        script_end(&f);
    }
}

static void test_token_server_replies(void **state)
{
    (void)state;
    const struct {
        int status;
        const char *body;
        enum wp_code code;
        const char *msg;
    } rows[] = {
        {200, "{}", WP_E_OTHER, "token server '" REALM "' sent no token"},
        {200, "{\"token\":\"\"}", WP_E_OTHER, "token server '" REALM "' sent no token"},
        {200, "secret", WP_E_OTHER, "token server '" REALM "' sent a reply that is not JSON"},
        {200, "{\"token\":\"a\\r\\nX: y\"}", WP_E_OTHER,
         "token server '" REALM "' sent a token with a blank or control byte"},
        {401, "{\"error\":\"invalid_grant\",\"error_description\":\"no\"}", WP_E_DENIED,
         "token server '" REALM
         "' refused the password of 'u' from the command line or environment (401 invalid_grant: no)"},
        {302, "", WP_E_OTHER, "token server '" REALM "' answered 302"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct turn turns[] = {
            {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
            {ASK, BASIC, rows[i].status, {"Location: https://evil.test/"}, rows[i].body, NULL},
        };
        struct fixture f;
        script_login(&f);
        PLAY(&f, turns);
        script_must_fail(&f, BASE "/1", rows[i].code, rows[i].msg);
        script_end(&f);
    }
}

static void test_token_server_is_retried(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {ASK, BASIC, 503, {"Retry-After: 0"}, NULL, NULL},
        {ASK, BASIC, 200, {NULL}, "{\"token\":\"T\"}", NULL},
        {"GET " BASE "/1", "Bearer T", 200, {NULL}, "one", NULL},
    };
    struct fixture f;
    script_login(&f);
    PLAY(&f, turns);
    script_must_get(&f, BASE "/1", "one");
    script_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_basic_refused),
        cmocka_unit_test(test_broken_config),
        cmocka_unit_test(test_no_credentials),
        cmocka_unit_test(test_bearer),
        cmocka_unit_test(test_scopes_that_only_the_registry_names),
        cmocka_unit_test(test_bearer_expiry_and_scopes),
        cmocka_unit_test(test_identity_token),
        cmocka_unit_test(test_identity_token_renewed),
        cmocka_unit_test(test_registry_token),
        cmocka_unit_test(test_foreign_realm),
        cmocka_unit_test(test_realm_host_allowed),
        cmocka_unit_test(test_bad_realms),
        cmocka_unit_test(test_token_server_replies),
        cmocka_unit_test(test_token_server_is_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
