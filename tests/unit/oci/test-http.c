/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's policy against a scripted transport: each row of a script is one request that has to come, exactly so,
 * and the reply it gets. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/http-client.h"
#include "oci/http-retry.h"
#include "tests/unit/unit.h"

struct turn {
    const char *request;       /* "GET https://…" */
    const char *authorization; /* that has to come; NULL: none may */
    int status;                /* 0: a network error; -1: the network breaks in the body */
    const char *headers[3];    /* "Name: value" */
    const char *body;
    const char *sent; /* the request's body, or NULL */
};

struct script {
    struct http_transport base;
    const struct turn *turns;
    size_t count, at;
    bool endless; /* replies come with a body that never ends */
    uint64_t endless_read;
    bool insecure_seen, own_cert_seen;
    struct wp_job *cancel; /* cancelled by the first request */
};

struct endless {
    struct wp_reader base;
    struct script *script;
    bool broken;
};

static ssize_t endless_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct endless *e = WP_DOWNCAST(struct endless, r);
    if (e->broken) {
        return wp_fail(err, WP_E_NETWORK, "broke off");
    }
    e->script->endless_read += len;
    memset(buf, '{', len);
    return (ssize_t)len;
}

static void endless_close(struct wp_reader *r)
{
    free(WP_DOWNCAST(struct endless, r));
}

static void check_sent(const struct turn *t, const struct http_req *req)
{
    struct wp_err err = {0};
    WP_AUTO_READER struct wp_reader *r = NULL;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (!t->sent) {
        assert_null(req->body);
        return;
    }
    assert_int_equal(req->body->open(req->body, 0, &r, &err), 0);
    assert_int_equal(wp_read_all(r, &b, 1000, "sent", &err), 0);
    assert_string_equal(b.ptr, t->sent);
    assert_int_equal(req->body_size, b.len);
    wp_item_add(req->item, b.len, true);
}

static int script_send(struct http_transport *base, const struct http_exchange *x, struct http_resp *ret,
                       struct wp_reader **ret_body, struct wp_err *err)
{
    struct script *s = WP_DOWNCAST(struct script, base);
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    wp_buf_printf(&got, "%s %s", x->req->method, x->req->url);
    if (s->at == s->count) {
        fail_msg("one request too many: %s", got.ptr);
    }
    const struct turn *t = &s->turns[s->at++];
    assert_string_equal(got.ptr, t->request);
    assert_string_equal(x->authorization ? x->authorization : "(none)", t->authorization ? t->authorization : "(none)");
    s->insecure_seen = x->tls->insecure;
    s->own_cert_seen = x->tls->cert_file != NULL;
    check_sent(t, x->req);
    if (s->cancel) {
        wp_job_cancel(s->cancel, 2);
    }
    if (t->status == 0) {
        return wp_fail(err, WP_E_NETWORK, "no connection");
    }
    struct http_resp resp = {.status = t->status > 0 ? t->status : 200};
    struct http_header *headers = wp_arena_alloc(&resp.arena, 3, sizeof *headers);
    for (size_t i = 0; i < 3 && t->headers[i]; i++) {
        const char *colon = strchr(t->headers[i], ':');
        headers[resp.header_count].name = wp_arena_strn(&resp.arena, t->headers[i], (size_t)(colon - t->headers[i]));
        headers[resp.header_count++].value = wp_arena_str(&resp.arena, colon + 2);
    }
    resp.headers = headers;
    if (s->endless || t->status < 0) {
        struct endless *e = wp_xcalloc(1, sizeof *e);
        *e = (struct endless){{endless_read, endless_close}, s, t->status < 0};
        *ret_body = &e->base;
    } else {
        *ret_body = wp_reader_mem(wp_span_str(t->body ? t->body : ""));
    }
    *ret = resp;
    return 0;
}

struct fixture {
    struct script script;
    struct oci_creds_opts creds_opts;
    struct oci_creds *creds;
    struct http_opts opts;
    struct http_client *client;
    struct wp_err err;
    struct wp_buf trace;
};

static void on_trace(void *arg, const char *line)
{
    struct fixture *f = arg;
    wp_buf_add_str(&f->trace, line);
    wp_buf_add_char(&f->trace, '\n');
}

#define HOST  "reg.example.com"
#define BASE  "https://reg.example.com"
#define SCOPE "repository:a/b:pull"

static void begin(struct fixture *f)
{
    *f = (struct fixture){.opts = {.retries = 2, .retry_first_ms = 1}};
    f->trace = (struct wp_buf)WP_BUF_INIT;
    f->script.base.send = script_send;
    f->opts.trace = on_trace;
    f->opts.trace_arg = f;
}

static void play(struct fixture *f, const char *host, const struct turn *turns, size_t count)
{
    f->script.turns = turns;
    f->script.count = count;
    f->creds = oci_creds_new(&f->creds_opts);
    f->client = http_client_new(&f->script.base, host, f->creds, &f->opts);
}

static void end(struct fixture *f)
{
    assert_int_equal(f->script.at, f->script.count);
    http_client_free(f->client);
    oci_creds_free(f->creds);
    wp_buf_done(&f->trace);
}

#define PLAY(f, turns) play(f, HOST, turns, WP_ARRAY_LEN(turns))

/* GET of path below BASE with SCOPE. */
static int get(struct fixture *f, const char *url, struct wp_buf *b)
{
    HTTP_AUTO_RESP struct http_resp resp = {0};
    struct http_call call = {.req = {.method = "GET", .url = url}, .scope = SCOPE, .body_limit = 1000};
    wp_buf_cut(b, 0);
    return http_client_read(f->client, &call, &resp, b, &f->err);
}

static void must_get(struct fixture *f, const char *url, const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (get(f, url, &b) != 0) {
        fail_msg("%s", f->err.msg);
    }
    assert_string_equal(b.ptr, want);
}

static void must_fail(struct fixture *f, const char *url, enum wp_code code, const char *msg)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_int_equal(get(f, url, &b), -1);
    assert_string_equal(f->err.msg, msg);
    assert_int_equal(f->err.code, code);
    assert_int_equal(b.len, 0);
}

static void test_base(void **state)
{
    (void)state;
    const struct {
        const char *host, *base;
        bool plain;
    } rows[] = {
        {"ghcr.io", "https://ghcr.io", false},
        {"docker.io", "https://registry-1.docker.io", false},
        {"index.docker.io", "https://registry-1.docker.io", false},
        {"reg:5000", "http://reg:5000", true},
        {"localhost:5000", "http://localhost:5000", false},
        {"127.0.0.1", "http://127.0.0.1", false},
        {"127.200.0.1:1", "http://127.200.0.1:1", false},
        {"[::1]:5000", "http://[::1]:5000", false},
        {"localhost.example.com", "https://localhost.example.com", false},
        {"10.0.0.1", "https://10.0.0.1", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct fixture f;
        begin(&f);
        f.opts.plain_http = rows[i].plain;
        play(&f, rows[i].host, NULL, 0);
        assert_string_equal(http_client_base(f.client), rows[i].base);
        end(&f);
    }
}

static void test_owns(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    play(&f, HOST, NULL, 0);
    assert_true(http_client_owns(f.client, BASE "/v2/"));
    assert_true(http_client_owns(f.client, "https://REG.example.com:443/x"));
    assert_false(http_client_owns(f.client, "http://reg.example.com:443/"));
    assert_false(http_client_owns(f.client, "https://reg.example.com:444/"));
    assert_false(http_client_owns(f.client, "https://reg.example.com.evil.com/"));
    assert_false(http_client_owns(f.client, "https://reg.example.com@evil.com/"));
    assert_false(http_client_owns(f.client, "//reg.example.com/"));
    end(&f);
}

/* base64 of "u:p" */
#define BASIC "Basic dTpw"

static void login(struct fixture *f)
{
    begin(f);
    f->creds_opts.username = "u";
    f->creds_opts.password = "p";
}

static void test_basic(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic realm=\"x\""}, NULL, NULL},
        {"GET " BASE "/1", BASIC, 200, {NULL}, "one", NULL},
        {"GET " BASE "/2", BASIC, 200, {NULL}, "two", NULL}, /* known by now */
    };
    struct fixture f;
    login(&f);
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    must_get(&f, BASE "/2", "two");
    assert_null(strstr(f.trace.ptr, "dTpw"));
    assert_non_null(strstr(f.trace.ptr, "> GET " BASE "/2 (authorization: Basic …)\n< 200 GET " BASE "/2 ("));
    end(&f);
}

static void test_basic_refused(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic realm=x"}, NULL, NULL},
        {"GET " BASE "/1", BASIC, 401, {"WWW-Authenticate: Basic realm=x"}, NULL, NULL},
    };
    struct fixture f;
    login(&f);
    PLAY(&f, turns);
    must_fail(&f, BASE "/1", WP_E_DENIED,
              HOST " denied GET '" BASE "/1' (401); logged in as 'u' from the command line or environment");
    assert_string_equal(f.err.hint, "log in with 'wpack login " HOST "'");
    end(&f);
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
    begin(&f);
    PLAY(&f, turns);
    must_fail(&f, BASE "/1", WP_E_DENIED,
              HOST " denied GET '" BASE
                   "/1' (401 UNAUTHORIZED: who \\x1b[2J are you); no credentials for it were found");
    end(&f);
}

#define REALM  "https://auth.example.com/token"
#define BEARER "WWW-Authenticate: Bearer realm=\"" REALM "\",service=\"reg\",scope=\"" SCOPE "\""
#define ASK    "GET " REALM "?service=reg&scope=repository:a/b:pull"

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
    login(&f);
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    must_get(&f, BASE "/2", "two");
    must_get(&f, BASE "/3", "three");
    must_fail(&f, BASE "/4", WP_E_DENIED,
              HOST " denied GET '" BASE "/4' (401); logged in as 'u' from the command line or environment");
    assert_null(strstr(f.trace.ptr, "T1"));
    end(&f);
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
    begin(&f);
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    for (unsigned i = 0; i < 2; i++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        struct http_call call = {.req = {.method = "POST", .url = BASE "/2"},
                                 .scope = "repository:a/b:pull,push repository:c:pull"};
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), 0);
        assert_int_equal(resp.status, 201);
    }
    end(&f);
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
    begin(&f);
    f.creds_opts.identity_token = "id+token&";
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    must_get(&f, BASE "/2", "two");
    assert_null(strstr(f.trace.ptr, "id+token"));
    assert_null(strstr(f.trace.ptr, "id%2Btoken"));
    end(&f);
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
    begin(&f);
    f.creds_opts.registry_token = "ready";
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    must_fail(&f, BASE "/2", WP_E_DENIED,
              HOST " denied GET '" BASE "/2' (401); logged in with a token from the command line or environment");
    end(&f);
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
    login(&f);
    PLAY(&f, turns);
    must_fail(&f, BASE "/1", WP_E_DENIED,
              HOST " denied GET '" BASE
                   "/1' (401); the credentials from the command line or environment were not sent to the token server "
                   "'https://evil.test/t': it is a host of another domain");
    end(&f);
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
    login(&f);
    f.opts.realm_hosts = extra;
    f.opts.tls = (struct http_tls){.insecure = true, .cert_file = "c"};
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    assert_true(f.script.insecure_seen && f.script.own_cert_seen);
    end(&f);
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
        login(&f);
        PLAY(&f, turns);
        must_fail(&f, BASE "/1", WP_E_OTHER, rows[i].msg);
        end(&f);
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
        login(&f);
        PLAY(&f, turns);
        must_fail(&f, BASE "/1", rows[i].code, rows[i].msg);
        end(&f);
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
    login(&f);
    PLAY(&f, turns);
    must_get(&f, BASE "/1", "one");
    end(&f);
}

static void test_redirects(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/0", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, NULL},
        {"GET " BASE "/0", BASIC, 307, {"Location: /1"}, NULL, NULL},
        {"GET " BASE "/1", BASIC, 302, {"Location: https://cdn.test/x?Signature=secret&n=1"}, NULL, NULL},
        {"GET https://cdn.test/x?Signature=secret&n=1", NULL, 303, {"Location: " BASE ":444/y"}, NULL, NULL},
        {"GET " BASE ":444/y", NULL, 308, {"Location: //reg.example.com/z"}, NULL, NULL},
        {"GET " BASE "/z", BASIC, 200, {NULL}, "there", NULL},
    };
    struct fixture f;
    login(&f);
    PLAY(&f, turns);
    must_get(&f, BASE "/0", "there");
    assert_null(strstr(f.trace.ptr, "secret"));
    assert_non_null(strstr(f.trace.ptr, "> GET https://cdn.test/x?Signature=…&n=1\n"));
    end(&f);
}

static void test_redirects_refused(void **state)
{
    (void)state;
    const struct {
        const char *location, *msg;
    } rows[] = {
        {"Location: http://reg.example.com/",
         "URL 'http://reg.example.com/' sent by 'reg.example.com' is refused: it would leave https for http"},
        {"Location: ftp://a/", "URL 'ftp://a/' sent by 'reg.example.com' is refused: it is neither http nor https"},
        {"Location: https://u:p@b.test/",
         "URL 'https://…@b.test/' sent by 'reg.example.com' is refused: it names a user"},
        {"Location: https://127.0.0.1:99/",
         "redirect to 'https://127.0.0.1:99/' is refused: it leads from a public registry into an inner network"},
        {"Location: https://[::ffff:10.0.0.1]/",
         "redirect to 'https://[::ffff:10.0.0.1]/' is refused: it leads from a public registry into an inner network"},
        {"Location: https://2130706433/",
         "redirect to 'https://2130706433/' is refused: it leads from a public registry into an inner network"},
        {"Location: https://metadata.google.internal./",
         "redirect to 'https://metadata.google.internal./' is refused: it leads from a public registry into an inner "
         "network"},
        {"Location: ", "'" BASE "/0' sent an empty URL"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct turn turns[] = {{"GET " BASE "/0", NULL, 307, {rows[i].location}, NULL, NULL}};
        struct fixture f;
        login(&f);
        PLAY(&f, turns);
        must_fail(&f, BASE "/0", WP_E_OTHER, rows[i].msg);
        end(&f);
    }
}

static void test_inner_registry_may_redirect_inside(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET https://10.0.0.1/0", NULL, 307, {"Location: https://10.0.0.2/"}, NULL, NULL},
        {"GET https://10.0.0.2/", NULL, 200, {NULL}, "ok", NULL},
    };
    struct fixture f;
    begin(&f);
    play(&f, "10.0.0.1", turns, WP_ARRAY_LEN(turns));
    must_get(&f, "https://10.0.0.1/0", "ok");
    end(&f);
}

static void test_redirect_loop(void **state)
{
    (void)state;
    const struct turn hop = {"GET " BASE "/0", NULL, 307, {"Location: /0"}, NULL, NULL};
    const struct turn turns[] = {hop, hop, hop, hop, hop, hop};
    struct fixture f;
    begin(&f);
    PLAY(&f, turns);
    must_fail(&f, BASE "/0", WP_E_OTHER, "'" BASE "/0' redirects more than 5 times");
    end(&f);
}

/* An upload's Location on another host gets nothing of ours, not even after it asks. */
static void test_foreign_location(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/0", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, NULL},
        {"GET " BASE "/0", BASIC, 200, {NULL}, "", NULL},
        {"PUT https://evil.test/up?_state=abc", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, "data"},
    };
    struct fixture f;
    login(&f);
    f.opts.tls = (struct http_tls){.insecure = true, .cert_file = "c"};
    PLAY(&f, turns);
    must_get(&f, BASE "/0", "");
    struct wp_source_mem src = wp_source_mem(wp_span_str("data"));
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {
        .req = {.method = "PUT", .url = "https://evil.test/up?_state=abc", .body = &src.base, .body_size = 4},
        .scope = SCOPE};
    assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), -1);
    assert_int_equal(f.err.code, WP_E_DENIED);
    assert_string_equal(f.err.msg, "'https://evil.test/up?_state=…' denied PUT (401); credentials go to " BASE " only");
    assert_false(f.script.insecure_seen || f.script.own_cert_seen);
    end(&f);
}

static void test_retries(void **state)
{
    (void)state;
    static const int statuses[] = {408, 429, 500, 502, 503, 504, 0, -1};
    for (size_t i = 0; i < WP_ARRAY_LEN(statuses); i++) {
        const struct turn bad = {"GET " BASE "/1", NULL, statuses[i], {NULL}, NULL, NULL};
        const struct turn good = {"GET " BASE "/1", NULL, 200, {NULL}, "one", NULL};
        const struct turn turns[] = {bad, bad, good};
        struct fixture f;
        begin(&f);
        PLAY(&f, turns);
        must_get(&f, BASE "/1", "one");
        end(&f);

        const struct turn never[] = {bad, bad, bad};
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        begin(&f);
        PLAY(&f, never);
        assert_int_equal(get(&f, BASE "/1", &b), -1);
        assert_int_equal(f.err.code, WP_E_NETWORK);
        assert_true(wp_str_starts(f.err.msg, "after 3 attempts: "));
        end(&f);
    }
}

static void test_not_retried(void **state)
{
    (void)state;
    const struct {
        int status;
        enum wp_code code;
        const char *msg;
    } rows[] = {
        {400, WP_E_OTHER, HOST " failed (400 M: x): GET '" BASE "/1'"},
        {403, WP_E_DENIED, HOST " denied GET '" BASE "/1' (403 M: x); no credentials for it were found"},
        {404, WP_E_NOT_FOUND, "'" BASE "/1' not found (404 M: x)"},
        {409, WP_E_OTHER, HOST " failed (409 M: x): GET '" BASE "/1'"},
        {413, WP_E_OTHER, HOST " failed (413 M: x): GET '" BASE "/1'"},
        {416, WP_E_OTHER, HOST " failed (416 M: x): GET '" BASE "/1'"},
        {501, WP_E_OTHER, HOST " failed (501 M: x): GET '" BASE "/1'"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct turn turns[] = {{"GET " BASE "/1",
                                      NULL,
                                      rows[i].status,
                                      {NULL},
                                      "{\"errors\":[{\"code\":\"M\",\"message\":\"x\"}]}",
                                      NULL}};
        struct fixture f;
        begin(&f);
        PLAY(&f, turns);
        must_fail(&f, BASE "/1", rows[i].code, rows[i].msg);
        end(&f);
    }
}

static void test_no_retry(void **state)
{
    (void)state;
    const struct turn turns[] = {{"GET " BASE "/1", NULL, 503, {NULL}, NULL, NULL}};
    struct fixture f;
    begin(&f);
    PLAY(&f, turns);
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {.req = {.method = "GET", .url = BASE "/1"}, .no_retry = true};
    assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), -1);
    assert_string_equal(f.err.msg, HOST " failed (503): GET '" BASE "/1'");
    end(&f);
}

static void test_retry_after_too_long(void **state)
{
    (void)state;
    const struct turn turns[] = {{"GET " BASE "/1", NULL, 429, {"Retry-After: 3600"}, NULL, NULL}};
    struct fixture f;
    begin(&f);
    PLAY(&f, turns);
    must_fail(&f, BASE "/1", WP_E_NETWORK,
              HOST " is limiting us (429): GET '" BASE "/1'; asked to wait 3600 s, limit is 300 s");
    end(&f);
}

static void test_cancelled(void **state)
{
    (void)state;
    const struct turn turns[] = {{"GET " BASE "/1", NULL, 429, {"Retry-After: 200"}, NULL, NULL}};
    struct fixture f;
    begin(&f);
    PLAY(&f, turns);
    struct wp_job *job = wp_job_new();
    HTTP_AUTO_RESP struct http_resp resp = {0};
    WP_AUTO_READER struct wp_reader *body = NULL;
    struct http_call call = {.req = {.method = "GET", .url = BASE "/1"}, .job = job};
    f.script.cancel = job;
    for (unsigned i = 0; i < 2; i++) { /* while it waits, and before anything is sent */
        wp_err_clear(&f.err);
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), -1);
        assert_int_equal(f.err.code, WP_E_INTERRUPTED);
    }
    end(&f);
    wp_job_free(job);
}

/* After a 401 and after a failure the body comes again, and the item counts it once. */
static void test_body_is_sent_anew(void **state)
{
    (void)state;
    const struct turn rows[][2] = {
        {{"PUT " BASE "/1", NULL, 401, {"WWW-Authenticate: Basic"}, NULL, "data"},
         {"PUT " BASE "/1", BASIC, 201, {NULL}, NULL, "data"}},
        {{"PUT " BASE "/1", NULL, 503, {NULL}, NULL, "data"}, {"PUT " BASE "/1", NULL, 201, {NULL}, NULL, "data"}},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct fixture f;
        login(&f);
        PLAY(&f, rows[i]);
        struct wp_job *job = wp_job_new();
        struct wp_item *item = wp_item_begin(job, "blob", 104);
        wp_item_add(item, 100, true);
        struct wp_source_mem src = wp_source_mem(wp_span_str("data"));
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        struct http_req req = {.method = "PUT", .url = BASE "/1", .body = &src.base, .body_size = 4};
        struct http_call call = {.req = req, .job = job};
        call.req.item = item;
        call.req.item_from = 100;
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), 0);
        struct wp_item_view view;
        assert_int_equal(wp_job_items(job, 0, &view, 1), 1);
        assert_int_equal(view.done, 104);
        end(&f);
        wp_job_free(job);
    }
}

static void test_answers(void **state)
{
    (void)state;
    static const int accept[] = {202, 416, 0};
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 404, {NULL}, "gone", NULL},
        {"GET " BASE "/1", NULL, 416, {NULL}, NULL, NULL},
        {"GET " BASE "/1", NULL, 200, {NULL}, NULL, NULL},
    };
    struct fixture f;
    begin(&f);
    PLAY(&f, turns);
    for (unsigned i = 0; i < 3; i++) {
        HTTP_AUTO_RESP struct http_resp resp = {0};
        WP_AUTO_READER struct wp_reader *body = NULL;
        struct http_call call = {.req = {.method = "GET", .url = BASE "/1"}, .expect_404 = i == 0};
        call.accept = i > 0 ? accept : NULL;
        assert_int_equal(http_client_send(f.client, &call, &resp, &body, &f.err), i == 2 ? -1 : 0);
        assert_int_equal(resp.status, i == 0 ? 404 : i == 1 ? 416 : 0);
    }
    end(&f);
}

static void test_endless_bodies(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"GET " BASE "/1", NULL, 200, {NULL}, NULL, NULL},
        {"GET " BASE "/1", NULL, 404, {NULL}, NULL, NULL},
        {"GET " BASE "/1", NULL, 401, {BEARER}, NULL, NULL},
        {ASK, NULL, 200, {NULL}, NULL, NULL},
    };
    struct fixture f;
    begin(&f);
    f.script.endless = true;
    PLAY(&f, turns);
    must_fail(&f, BASE "/1", WP_E_LIMIT, "the reply of '" BASE "/1' is larger than 1000 bytes");
    must_fail(&f, BASE "/1", WP_E_NOT_FOUND, "'" BASE "/1' not found (404)");
    must_fail(&f, BASE "/1", WP_E_LIMIT, "the token server's reply is larger than 65536 bytes");
    assert_true(f.script.endless_read < 4 * WP_LIMIT_TOKEN_BODY);
    end(&f);
}

static void test_error_words(void **state)
{
    (void)state;
    const struct {
        const char *body, *words;
    } rows[] = {
        {"", ""},
        {"{\"errors\":[]}", ""},
        {"{\"errors\":[{\"code\":\"A\"},{\"code\":\"B\"}]}", "A"},
        {"{\"errors\":[{\"code\":\"denied\",\"message\":\"DENIED\"}]}", "denied"},
        {"{\"errors\":[{\"message\":\"m\"}]}", "m"},
        {"{\"errors\":[3]}", ""},
        {"{\"details\":\"bad\"}", "bad"},
        {"{\"message\":\"bad\"}", "bad"},
        {"  page not found\nmore", "page not found"},
        {"<html>oh</html>", ""},
        {"{\"errors\":[{\"code\":\"A\"", ""},
        {"\xff\xfe", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        http_error_words(wp_span_str(rows[i].body), &b);
        assert_string_equal(b.ptr, rows[i].words);
    }
    char longer[1000];
    memset(longer, 'a', sizeof longer);
    memcpy(longer + 299, "é", 2);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    http_error_words(wp_span(longer, sizeof longer), &b);
    assert_int_equal(b.len, 299 + 3);
    assert_string_equal(b.ptr + 297, "aa...");
}

static void test_retry_arithmetic(void **state)
{
    (void)state;
    assert_int_equal(http_retry_backoff_ms(500, 1, 0), 375);
    assert_int_equal(http_retry_backoff_ms(500, 1, 250), 625);
    assert_int_equal(http_retry_backoff_ms(500, 3, 0), 1500);
    assert_int_equal(http_retry_backoff_ms(500, 100, 15000), 37500);
    assert_int_equal(http_retry_backoff_ms(UINT64_MAX, 2, 0), 22500);
    const struct {
        const char *value;
        bool good;
        uint64_t ms;
    } rows[] = {
        {"0", true, 0},
        {"120", true, 120000},
        {"99999999999999999999", true, UINT64_C(4294967295000)},
        {"-1", false, 0},
        {"1.5", false, 0},
        {"", false, 0},
        {"soon", false, 0},
        {"Thu, 01 Jan 1970 00:16:50 GMT", true, 10000},
        {"Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint64_t ms = 0;
        assert_int_equal(http_retry_after_ms(rows[i].value, 1000, &ms), rows[i].good);
        assert_int_equal(ms, rows[i].ms);
    }
    assert_false(http_retry_status(501));
    assert_false(http_retry_status(404));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_owns),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_basic_refused),
        cmocka_unit_test(test_no_credentials),
        cmocka_unit_test(test_bearer),
        cmocka_unit_test(test_bearer_expiry_and_scopes),
        cmocka_unit_test(test_identity_token),
        cmocka_unit_test(test_registry_token),
        cmocka_unit_test(test_foreign_realm),
        cmocka_unit_test(test_realm_host_allowed),
        cmocka_unit_test(test_bad_realms),
        cmocka_unit_test(test_token_server_replies),
        cmocka_unit_test(test_token_server_is_retried),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_redirects_refused),
        cmocka_unit_test(test_inner_registry_may_redirect_inside),
        cmocka_unit_test(test_redirect_loop),
        cmocka_unit_test(test_foreign_location),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_not_retried),
        cmocka_unit_test(test_no_retry),
        cmocka_unit_test(test_retry_after_too_long),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_body_is_sent_anew),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_endless_bodies),
        cmocka_unit_test(test_error_words),
        cmocka_unit_test(test_retry_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
